// A text of several lines (sl_report) in a part of the screen: scrolled, sentences wrapped, the cells of a table in columns with
// a sign before each.
#ifndef SL_UI_TUI_REPORT_VIEW_H
#define SL_UI_TUI_REPORT_VIEW_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/model.h"

typedef struct sl_report_view {
    int top, left; // scrolled by so many rows and columns
    // Of the last drawing: where, and how many rows and columns all of it takes.
    sl_rect area;
    int rows, columns;
} sl_report_view;

typedef struct sl_report_look {
    sl_style style;
    bool wrapped; // it is a sentence, not a row of a table
} sl_report_look;

typedef struct sl_report_looks {
    // How a line looks; called for each from the first on. NULL: plain, and wrapped where it has no columns.
    sl_report_look (*line)(void *user, const char *line, size_t bytes);
    // The sign of a cell about some runs; false: none.
    bool (*cell)(void *user, const sl_report_cell *cell, uint32_t *sign, sl_style *style);
    void *user;
} sl_report_looks;

// Rows that the text takes in so many columns.
int sl_report_view_rows(const sl_report *report, int width, bool utf8, const sl_report_looks *looks);
void sl_report_view_draw(sl_report_view *view, sl_frame *frame, sl_rect area, const sl_report *report,
                         const sl_report_looks *looks);
// Scrolls as far as there is something.
void sl_report_view_scroll(sl_report_view *view, int rows, int columns);
// "3-9 of 12" where not all rows are seen, else "".
void sl_report_view_words(const sl_report_view *view, char *out, size_t bytes);

// Whether a line has columns: two blanks between words.
bool sl_report_has_columns(const char *line, size_t bytes);

#endif
