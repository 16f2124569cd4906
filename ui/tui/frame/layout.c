#include "ui/tui/frame/layout.h"

#include <limits.h>
#include <math.h>

bool sl_rect_is_empty(sl_rect rect) {
    return rect.width <= 0 || rect.height <= 0;
}

bool sl_rect_holds(sl_rect rect, int x, int y) {
    return x >= rect.x && y >= rect.y && x - rect.x < rect.width && y - rect.y < rect.height;
}

static int limit(int value, int low, int high) {
    return value > high ? high : value < low ? low : value;
}

sl_rect sl_rect_take_top(sl_rect *rest, int rows) {
    rows = limit(rows, 0, rest->height > 0 ? rest->height : 0);
    sl_rect taken = {rest->x, rest->y, rest->width, rows};
    rest->y += rows;
    rest->height -= rows;
    return taken;
}

sl_rect sl_rect_take_bottom(sl_rect *rest, int rows) {
    rows = limit(rows, 0, rest->height > 0 ? rest->height : 0);
    rest->height -= rows;
    return (sl_rect){rest->x, rest->y + rest->height, rest->width, rows};
}

sl_rect sl_rect_take_left(sl_rect *rest, int columns) {
    columns = limit(columns, 0, rest->width > 0 ? rest->width : 0);
    sl_rect taken = {rest->x, rest->y, columns, rest->height};
    rest->x += columns;
    rest->width -= columns;
    return taken;
}

sl_rect sl_rect_take_right(sl_rect *rest, int columns) {
    columns = limit(columns, 0, rest->width > 0 ? rest->width : 0);
    rest->width -= columns;
    return (sl_rect){rest->x + rest->width, rest->y, columns, rest->height};
}

// ---- the grid --------------------------------------------------------------------------------------------------------------

// How far the shape of a chart is from that which reads best.
static double misshapen(double width, double height) {
    return fabs(log(width / height / 3.3));
}

sl_grid sl_grid_new(sl_rect area, int count, int least_width, int least_height) {
    sl_grid grid = {.area = area, .gap = 2};
    if (count <= 0 || sl_rect_is_empty(area)) return grid;
    int most_columns = limit((area.width + grid.gap) / (limit(least_width, 1, INT_MAX - grid.gap) + grid.gap), 1, count);
    int most_rows = limit(area.height / limit(least_height, 1, INT_MAX), 1, count);
    grid.columns = most_columns; // of those that show all charts at once the best
    for (int columns = most_columns - 1; columns > 0 && (count + columns - 1) / columns <= most_rows; columns--) {
        double height = (double)area.height / ((count + columns - 1) / columns);
        double now = (double)area.height / ((count + grid.columns - 1) / grid.columns);
        if (misshapen((double)area.width / columns, height) < misshapen((double)area.width / grid.columns, now))
            grid.columns = columns;
    }
    grid.total_rows = (count + grid.columns - 1) / grid.columns;
    grid.columns = (count + grid.total_rows - 1) / grid.total_rows; // 5 charts in 4 columns are 3 + 2
    grid.rows = grid.total_rows < most_rows ? grid.total_rows : most_rows;
    return grid;
}

int sl_grid_scroll(const sl_grid *grid, int wanted) {
    return limit(wanted, 0, grid->total_rows > grid->rows ? grid->total_rows - grid->rows : 0);
}

sl_rect sl_grid_cell(const sl_grid *grid, int index, int scroll) {
    if (grid->columns <= 0 || index < 0) return (sl_rect){0};
    int row = index / grid->columns - sl_grid_scroll(grid, scroll), column = index % grid->columns;
    if (row < 0 || row >= grid->rows) return (sl_rect){0};
    int left = column * (grid->area.width + grid->gap) / grid->columns, top = row * grid->area.height / grid->rows;
    int right = (column + 1) * (grid->area.width + grid->gap) / grid->columns,
        bottom = (row + 1) * grid->area.height / grid->rows;
    return (sl_rect){grid->area.x + left, grid->area.y + top, limit(right - left - grid->gap, 0, grid->area.width), bottom - top};
}
