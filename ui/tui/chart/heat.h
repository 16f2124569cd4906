// Heat: values from 0 to 1 as colours in cells. A strip shows how the rows (classes) go over the columns (evaluations); a matrix
// shows each value in a cell of its own, with the number where there is room.
//
// With 256 and more colours a cell's background is the colour; with fewer its character tells how much: " ░▒▓█", or " .:=+*#%@"
// in ASCII. Values that are no number are absent and look it; others are moved to 0 or 1.
#ifndef SL_UI_TUI_HEAT_H
#define SL_UI_TUI_HEAT_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"

// From dark violet over blue and green to yellow: the lighter, the more. Few colours get the nearest of eight steps.
sl_color sl_heat_color(sl_depth depth, double value);
// The same for what is wrong, such as a class taken for another: from the same dark violet over red to orange.
sl_color sl_heat_wrong_color(sl_depth depth, double value);
// Black or white, whichever is read better on an RGB colour.
sl_color sl_heat_text_color(sl_color background);
// `width` cells of one colour, from x on.
void sl_heat_cell(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_depth depth, double value);
void sl_heat_wrong_cell(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_depth depth, double value);
// What the colours mean, "0 ░▒▓█ 100", from x on; returns the column after it.
enum { SL_HEAT_LEGEND_COLUMNS = 16 };
int sl_heat_legend(sl_frame *frame, sl_rect clip, int x, int y, sl_depth depth);

// ---- strip ------------------------------------------------------------------------------------------------------------------

typedef struct sl_heat_strip {
    const char *title;        // NULL: there is no row for it
    const char *const *names; // of the rows
    const double *values;     // values[column * rows + row]; NAN: absent
    const int64_t *steps;     // of the columns, ascending; NULL: there is no row for them
    size_t rows, columns;
    sl_depth depth;
    bool worst_first; // the rows by the values that stand at the right; else as they come
    bool has_selected;
    size_t selected; // a column: marked, and its values stand at the right instead of the last column's
    int scroll;      // so many rows are above the area
    int widest;      // cells are at most so wide; 0: 3
} sl_heat_strip;

// Parts there is no room for have width or height 0.
typedef struct sl_heat_strip_layout {
    sl_rect title, names, cells, numbers, axis; // cells: just those that are drawn
    int first, rows;                            // the rows in sight; first: the scroll, so that no row stays empty
    int cell_width, columns;                    // drawn columns: each stands for one column or, where there are more, for several
    size_t of;                                  // columns that there are
} sl_heat_strip_layout;

void sl_heat_strip_place(const sl_heat_strip *strip, sl_rect area, bool utf8, sl_heat_strip_layout *layout);
void sl_heat_strip_draw(sl_frame *frame, sl_rect area, const sl_heat_strip *strip);
// The column that is drawn in a column of the frame, of several the last; -1: none.
long sl_heat_strip_at(const sl_heat_strip_layout *layout, int x);

// ---- matrix -----------------------------------------------------------------------------------------------------------------

typedef struct sl_heat_matrix {
    const char *title; // what the rows and columns are: "truth down, prediction across"; or NULL
    const char *const *row_names, *const *column_names;
    const double *values; // values[row * columns + column]; NAN: absent
    size_t rows, columns;
    sl_depth depth;
    bool has_selected;
    size_t row, column; // the selected cell; column >= columns: the whole row
    int scroll_row, scroll_column;
    bool diagonal;         // what is not on the diagonal is wrong, and looks it; the diagonal's numbers are underlined
    const int64_t *counts; // what is written in the cells instead of the value in percent, shortened: "12k"; or NULL
    int tallest, widest;   // rows may be so many lines tall, and cells so many columns wide; 0: 1 and 6
} sl_heat_matrix;

// How the names of the columns are written.
typedef enum sl_heat_heads {
    SL_HEAT_NONE,    // there is no room
    SL_HEAT_NAMES,   // as they are
    SL_HEAT_SHORT,   // their beginnings, which tell them apart
    SL_HEAT_UPRIGHT, // letter below letter
    SL_HEAT_LETTERS, // a letter each, which stands before the name of the row too, or in a list below
} sl_heat_heads;

typedef struct sl_heat_matrix_layout {
    sl_rect title, heads, names, cells, list;
    sl_heat_heads kind;
    bool letters_at_rows;                       // the rows are called as the columns, and have their letters
    int cell_width;                             // from 1 on
    int row_height;                             // lines
    bool numbers;                               // in the cells
    int first_row, rows, first_column, columns; // in sight; the selected cell always is
} sl_heat_matrix_layout;

void sl_heat_matrix_place(const sl_heat_matrix *matrix, sl_rect area, bool utf8, sl_heat_matrix_layout *layout);
void sl_heat_matrix_draw(sl_frame *frame, sl_rect area, const sl_heat_matrix *matrix);
// The cell at a place of the frame; false: none.
bool sl_heat_matrix_at(const sl_heat_matrix_layout *layout, int x, int y, size_t *row, size_t *column);

#endif
