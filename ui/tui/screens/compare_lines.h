// What the Compare screen draws: a line for each run, or for each cell of runs that differ in their seeds alone, and the charts
// of all that was logged of them.
#ifndef SL_UI_TUI_COMPARE_LINES_H
#define SL_UI_TUI_COMPARE_LINES_H

#include "ui/tui/arena.h"
#include "ui/tui/chart/line_colors.h"
#include "ui/tui/screens/chart_grid.h"

typedef enum sl_compare_mode {
    SL_COMPARE_RUNS,
    SL_COMPARE_RANGE,  // the mean over seeds, and from the least to the greatest
    SL_COMPARE_SPREAD, // the mean over seeds, and the sample standard deviation to either side
    SL_COMPARE_MODES,
} sl_compare_mode;

enum { SL_COMPARE_LABEL = 96 };

typedef struct sl_compare_line {
    uint64_t key; // of its run or cell
    char label[SL_COMPARE_LABEL];
    int color;
    size_t first, count; // of its members in sl_compare_set.members
} sl_compare_line;

// A chart's lines in the order of the set's, and as they are drawn.
typedef struct sl_compare_chart {
    sl_chart_line *all, *lines;
    short *all_of, *line_of; // which of the set's they are
    bool log;                // its y, before the person turns it round
} sl_compare_chart;

typedef struct sl_compare_set {
    sl_compare_mode mode;
    sl_compare_line lines[SL_LINES_MOST];
    size_t count;
    const sl_run_detail *members[SL_DETAIL_MOST]; // line by line
    sl_grid_chart charts[SL_GRID_CHARTS];
    sl_compare_chart made[SL_GRID_CHARTS];
    int chart_count;
    double low, high; // all x there is
    sl_arena arena;
} sl_compare_set;

// Whether there is a cell of several runs.
bool sl_compare_has_cells(const sl_snapshot *snapshot);

// Makes it anew of all details of the snapshot, whose series it goes on using. `smooth`: how the charts will average their lines,
// so that bands are averaged likewise. False: no memory; the set is empty then.
bool sl_compare_make(sl_compare_set *set, const sl_snapshot *snapshot, sl_compare_mode mode, double smooth,
                     sl_line_colors *colors);
void sl_compare_free(sl_compare_set *set);

// Makes ready to draw: a line, by its key, over the others, and of bands its own alone; 0: none, and bands where the lines are
// few. Before each drawing.
void sl_compare_pick(sl_compare_set *set, uint64_t key);

// The line that runs are part of, as far as they are there; -1: none, or several.
int sl_compare_line_of(const sl_compare_set *set, const int64_t *runs, size_t count);

#endif
