#include "ui/tui/screens/compare_place.h"

#include <string.h>

enum { BESIDE_FROM = 100, LEGEND_LEAST = 20, LEGEND_MOST = 48, TABLE_LEAST = 4, CHARTS_LEAST = 6, GAP = 2 };

static int limit(int value, int low, int high) {
    return value > high ? high : value < low ? low : value;
}

// Two entries side by side rather than one long label whole.
int sl_compare_entry_width(int room, int wanted) {
    return limit(wanted, 1, limit((room - GAP) / 2, 1, room > 0 ? room : 1));
}

// Rows of the legend under the charts.
static int legend_rows(sl_rect area, int height, const sl_compare_amounts *amounts) {
    int each = sl_compare_entry_width(area.width - 1, amounts->entry_width) + GAP,
        in_row = (area.width + GAP - 2) / (each > 0 ? each : 1);
    if (in_row < 1) in_row = 1;
    return limit((amounts->lines + in_row - 1) / in_row, amounts->lines > 0 ? 1 : 0, limit(height / 7, 1, 8));
}

void sl_compare_place(sl_rect area, const sl_compare_amounts *amounts, sl_compare_layout *layout) {
    int height = area.height;
    memset(layout, 0, sizeof *layout);
    if (amounts->parts == SL_COMPARE_TABLE) {
        layout->rule = sl_rect_take_top(&area, 1);
        layout->table = area;
        return;
    }
    if (amounts->parts == SL_COMPARE_BOTH && amounts->table_rows > 0) {
        int most = limit(area.height * 2 / 5, TABLE_LEAST, area.height);
        layout->table = sl_rect_take_bottom(&area, limit(amounts->table_rows, 1, most));
        layout->rule = sl_rect_take_bottom(&area, 1);
    }
    layout->beside = area.width >= BESIDE_FROM && amounts->lines > 0;
    if (layout->beside) {
        int width = limit(amounts->entry_width, LEGEND_LEAST, limit(area.width / 3, LEGEND_LEAST, LEGEND_MOST));
        sl_rect_take_right(&area, 1);
        layout->legend = sl_rect_take_right(&area, width);
        layout->border = sl_rect_take_right(&area, 3);
        layout->border = (sl_rect){layout->border.x + 1, layout->border.y, 1, layout->border.height};
    } else {
        int rows = legend_rows(area, height, amounts);
        if (area.height - rows < CHARTS_LEAST) rows = limit(area.height - CHARTS_LEAST, 0, rows);
        layout->legend = sl_rect_take_bottom(&area, rows);
        sl_rect_take_left(&layout->legend, 1);
    }
    sl_rect_take_left(&area, 1);
    if (!layout->beside) sl_rect_take_right(&area, 1);
    layout->charts = area;
}
