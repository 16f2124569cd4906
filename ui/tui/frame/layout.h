// Where things stand: rectangles from sizes and numbers, nothing else, so that all of it is tested without a terminal.
#ifndef SL_UI_TUI_LAYOUT_H
#define SL_UI_TUI_LAYOUT_H

#include "ui/tui/frame/frame.h"

bool sl_rect_is_empty(sl_rect rect);
bool sl_rect_holds(sl_rect rect, int x, int y);

// Each takes so much (at most all there is) from one side of *rest, and returns it.
sl_rect sl_rect_take_top(sl_rect *rest, int rows);
sl_rect sl_rect_take_bottom(sl_rect *rest, int rows);
sl_rect sl_rect_take_left(sl_rect *rest, int columns);
sl_rect sl_rect_take_right(sl_rect *rest, int columns);

// A grid of equal cells for `count` charts.
typedef struct sl_grid {
    sl_rect area;
    int columns, rows; // of the grid that is seen
    int total_rows;    // of all charts; more than `rows`: it scrolls
    int gap;           // blank columns between cells
} sl_grid;

// Cells at least so large: all charts at once in cells of a good shape where that can be, else as many as there is room for;
// always at least one cell of a non-empty area.
sl_grid sl_grid_new(sl_rect area, int count, int least_width, int least_height);
// The place of a chart when the grid is scrolled by `scroll` rows; empty where it is out of sight.
sl_rect sl_grid_cell(const sl_grid *grid, int index, int scroll);
// The nearest scroll to the wanted one that leaves no row empty.
int sl_grid_scroll(const sl_grid *grid, int wanted);

#endif
