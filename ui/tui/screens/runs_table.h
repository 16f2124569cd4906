// The columns of the table of runs: which there is room for, and how each is drawn.
#ifndef SL_UI_TUI_RUNS_TABLE_H
#define SL_UI_TUI_RUNS_TABLE_H

#include "ui/tui/app.h"
#include "ui/tui/screens/runs_view.h"

enum { SL_TABLE_MOST = 20 };

typedef struct sl_runs_table {
    sl_rect area;                                 // of which the first line is the titles
    sl_rect name;                                 // the column of names; the height means nothing
    int step_width;                               // set before it is placed; 0: the widest
    int columns[SL_TABLE_MOST], x[SL_TABLE_MOST]; // which columns, from left to right, and where
    int width[SL_TABLE_MOST];
    int count;
    double best; // of all rows, to be shown as such
} sl_runs_table;

// `name_width`: what the names would like.
void sl_runs_table_place(sl_runs_table *table, sl_rect area, int name_width);
void sl_runs_table_titles(const sl_runs_table *table, const sl_app *app, sl_frame *frame);
void sl_runs_table_line(const sl_runs_table *table, const sl_app *app, const sl_runs_view *view, const sl_runs_line *line,
                        sl_frame *frame, int y, bool selected);

// Appends all lines of the table to *out, grouped where there are several experiments.
sl_status sl_runs_table_print(const sl_app *app, sl_theme theme, bool colored, int width, sl_text *out);
// The width of the names in some lines of the table.
int sl_runs_name_width(const sl_app *app, const sl_runs_view *view, size_t from, size_t count);
int sl_runs_step_width(const sl_snapshot *snapshot); // of what is written of steps
double sl_runs_best(const sl_snapshot *snapshot);    // mIoU of the best of several runs; above 1 where there is none

// By what a click on a title sorts; -1: by nothing. And the sort after this one, of those whose columns are seen.
int sl_runs_table_sort_at(const sl_runs_table *table, int x);
sl_sort sl_runs_table_next_sort(const sl_runs_table *table, sl_sort sort);
const char *sl_sort_name(sl_sort sort);

// How a run is called in the table: the start of its id, its name where that tells more, what varies.
void sl_runs_label(const sl_runs_view *view, const sl_run_row *row, char *out, size_t bytes);

#endif
