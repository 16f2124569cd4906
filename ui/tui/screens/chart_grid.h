// Charts side by side that share an axis of x, and what keys and the mouse do with them: choosing, a cursor, zoom, smoothing,
// logarithms, one chart alone. Screens give the charts; what the person chose is kept here.
#ifndef SL_UI_TUI_CHART_GRID_H
#define SL_UI_TUI_CHART_GRID_H

#include "ui/tui/app.h"
#include "ui/tui/chart/chart.h"
#include "ui/tui/frame/layout.h"

typedef struct sl_grid_chart {
    const char *key; // a chart is known by it while others come and go
    // Title, lines, percent, best, y axis, letters, quiet; log: unless the person turns it round. The rest is set here.
    sl_chart chart;
    bool unsmoothed; // its values are few: they are never averaged
    double beyond;   // the end of its axis while all x is seen, where that is further than what there is of x: what is declared
} sl_grid_chart;

enum { SL_GRID_CHARTS = 256, SL_GRID_TURNED = 64, SL_GRID_SEEN = 64, SL_GRID_POINTS = 64 };

typedef struct sl_chart_grid {
    int least_width, least_height; // of a chart; 0: 34 and 7
    // What the person chose. Zeroed is fine.
    uint64_t selected; // the hash of its key; 0: the first
    bool large;        // it alone
    int smoothness;    // 0: none
    bool by_time;
    bool has_cursor;
    double cursor;
    double span;                     // of x that is seen; 0: all
    double right;                    // where that ends; INFINITY: at the end, also when the end moves on
    uint64_t turned[SL_GRID_TURNED]; // charts whose log was turned round
    int turned_count;
    // Of the last drawing.
    sl_rect area;
    sl_grid grid;
    int at, count, scroll; // at: the selected chart
    uint64_t keys[SL_GRID_CHARTS];
    double low, high; // all x there is
    double from, to;  // what is seen of it
    struct sl_grid_seen {
        int index;
        sl_rect cell, plot;
        double from, to; // of its axis
    } seen[SL_GRID_SEEN];
    int seen_count;
    // Where the values of the selected chart are, if these are so few that the cursor goes from one to the next.
    double points[SL_GRID_POINTS];
    int point_count;
    double clicked;
    bool elsewhere; // set by screens: something else is selected than a chart
} sl_chart_grid;

// Takes up what was remembered of the last time.
void sl_chart_grid_open(sl_chart_grid *grid, const sl_config *config);

// `low` to `high`: all x that there is, whatever the charts hold of it. `charts`, at most SL_GRID_CHARTS, are filled in as they
// are drawn.
void sl_chart_grid_draw(sl_chart_grid *grid, sl_frame *frame, sl_rect area, sl_grid_chart *charts, int count, double low,
                        double high);
// The chart that is selected; NULL where there is none.
const sl_grid_chart *sl_chart_grid_selected(const sl_chart_grid *grid, const sl_grid_chart *charts);

// Chooses a chart: the first, the last, or so far as there is one.
void sl_chart_grid_choose(sl_chart_grid *grid, int at);

// False: the action, or the event, is not the grid's.
bool sl_chart_grid_act(sl_chart_grid *grid, sl_app *app, sl_action action);
bool sl_chart_grid_input(sl_chart_grid *grid, sl_app *app, const sl_input *input);

// Columns of a series that the charts have room for: of all x, or of what sl_chart_grid_range gives.
int sl_chart_grid_columns(const sl_chart_grid *grid);
// False: all x is seen. Else a stretch around what is seen, which stays the same while a curve grows a little.
bool sl_chart_grid_range(const sl_chart_grid *grid, double *from, double *to);

// "smooth 0.85, 400 to 800, over time", for the title; "" where nothing is out of the ordinary.
void sl_chart_grid_words(const sl_chart_grid *grid, char *out, size_t bytes);

// The share of the past in an average, 0 for none.
double sl_chart_grid_smooth(const sl_chart_grid *grid);

#endif
