// Which charts are made of a run's series, and in which order: what belongs together in one, the most telling first.
#ifndef SL_UI_TUI_RUN_CHARTS_H
#define SL_UI_TUI_RUN_CHARTS_H

#include "ui/tui/chart/chart.h"

typedef enum sl_run_chart_kind {
    SL_RUN_METRIC,     // logged at every step or so
    SL_RUN_EVALUATION, // now and then; never smoothed
    SL_RUN_SCHEDULE,   // a number that was declared
} sl_run_chart_kind;

enum { SL_RUN_CHARTS = 256, SL_RUN_LINES = 8 };

typedef struct sl_run_chart {
    const char *name; // of its first series: the chart is known by it
    const char *title;
    sl_run_chart_kind kind;
    sl_chart_line lines[SL_RUN_LINES];
    size_t count;
    bool percent, log; // log: unless the person wants it otherwise
    sl_best best;
    double y_low, y_high; // both 0: as the data
} sl_run_chart;

// Returns how many there are, at most `most`. The texts are the detail's.
size_t sl_run_charts_make(const sl_run_detail *detail, sl_run_chart *out, size_t most);

// The values that all charts of a run span on the axis of x: false where there are none.
bool sl_run_charts_span(const sl_run_detail *detail, double *low, double *high);

// From steps to the x of the series and back: the same, or by the run's clock. Steps beyond what is known go on at the same pace.
double sl_run_x_of_step(const sl_run_detail *detail, bool by_time, double step);
double sl_run_step_of_x(const sl_run_detail *detail, bool by_time, double x);

#endif
