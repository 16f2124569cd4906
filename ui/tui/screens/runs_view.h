// The lines of the table of runs: groups by experiment, in them the cells (runs that differ in their seeds alone), and the runs,
// as far as they are unfolded. Numbers in, lines out.
#ifndef SL_UI_TUI_RUNS_VIEW_H
#define SL_UI_TUI_RUNS_VIEW_H

#include "core/base/status.h"
#include "ui/tui/model.h"

typedef enum sl_fold {
    SL_FOLD_RUNS,  // all runs
    SL_FOLD_CELLS, // a line for each cell
    SL_FOLD_LINE,  // one line for all
    SL_FOLD_COUNT,
} sl_fold;

typedef enum sl_runs_kind { SL_RUNS_GROUP, SL_RUNS_CELL, SL_RUNS_RUN } sl_runs_kind;

typedef struct sl_runs_line {
    sl_runs_kind kind;
    uint64_t key;   // stays the same while the table changes
    uint64_t group; // of its experiment
    size_t row;     // the run, or the first of them
    size_t count;   // runs
    size_t cells;   // of a group
    sl_fold fold;   // of a group
    int states[SL_STATE_DEAD + 1];
    // Of the newest mIoU of those that have one: how many, mean, sample standard deviation (NAN below two), least and greatest.
    size_t measured;
    double mean, deviation, low, high;
} sl_runs_line;

typedef struct sl_runs_view {
    sl_runs_line *lines;
    size_t count;
    size_t groups; // experiments among the rows, also where they are not grouped
} sl_runs_view;

// Which fold a group has; `group` as in the lines.
typedef sl_fold (*sl_fold_of)(const void *user, uint64_t group);

// Makes the lines anew. Groups stand in the order of their first row, cells and runs likewise. SL_ERR_MEMORY: the lines are as
// before.
sl_status sl_runs_view_make(sl_runs_view *view, const sl_run_row *rows, size_t count, bool grouped, sl_fold_of fold,
                            const void *user);
void sl_runs_view_free(sl_runs_view *view);

// Keys of a row's line, group and cell.
uint64_t sl_runs_key(const sl_run_row *row);
uint64_t sl_runs_group(const sl_run_row *row);
uint64_t sl_runs_cell(const sl_run_row *row);

// What a cell's runs have in common: `varies` without the seed.
void sl_runs_cell_label(const sl_run_row *row, char *out, size_t bytes);

#endif
