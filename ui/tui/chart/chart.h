// Charts: curves with axes, numbers at round places, a legend and a cursor, in any area from 8x3 cells up (and, without axes,
// below).
//
// A column of a series is a stroke from its least to its greatest value, so that spikes show however many steps it stands for.
// Values that are no number are gaps with a mark at the lower edge.
#ifndef SL_UI_TUI_CHART_H
#define SL_UI_TUI_CHART_H

#include "ui/tui/chart/scale.h"
#include "ui/tui/frame/frame.h"
#include "ui/tui/model.h"

typedef enum sl_best { SL_BEST_NONE, SL_BEST_HIGH, SL_BEST_LOW } sl_best;

typedef struct sl_chart_line {
    const sl_series *series;
    const char *label;            // in the legend; NULL: the series' name
    int color;                    // k of SL_COLOR_SERIES + k, counted on from 0 after the last
    const sl_series_column *band; // from low to high around the line: the spread over seeds; or NULL
    size_t band_count;
    bool steps;  // a value holds until the next one: scheduled numbers
    bool behind; // dim: what another line is the average of
} sl_chart_line;

// Zeroed, with lines, it is a chart as large as its data.
typedef struct sl_chart {
    const char *title;
    const sl_chart_line *lines; // the last is drawn on top
    size_t count;
    double x_low, x_high, y_low, y_high; // ends of the axes; both 0, or NAN: as the data
    double now;                          // up to here the last value of a line of steps holds; 0 or NAN: to the right end
    // 0: as it is; below 1: an exponential average, which is not drawn to its beginning; of a single line the values stay
    // behind it, dim.
    double smooth;
    double cursor; // at this x the values are read
    bool has_cursor;
    bool log;      // y; values of 0 and less are gaps
    bool by_time;  // x is seconds
    bool percent;  // 0.283 is written 28.3
    bool letters;  // no colours: lines are told apart by broken lines, and letters at their ends
    bool selected; // the title says so
    bool quiet;    // no legend
    sl_best best;  // of the first line, marked
} sl_chart;

// Where everything is. Parts there is no room for have width or height 0.
typedef struct sl_chart_layout {
    sl_rect title, legend, numbers, plot, axis;
    bool empty; // there is nothing to draw
    sl_scale x, y;
    sl_ticks x_ticks, y_ticks;
} sl_chart_layout;

void sl_chart_place(const sl_chart *chart, sl_rect area, bool utf8, sl_chart_layout *layout);
// The x at the middle of a column of the frame, for the mouse and for moving the cursor by columns.
double sl_chart_x_at(const sl_chart_layout *layout, int column);
// The index of the column of a series that is nearest to x; -1 where there is none.
long sl_series_nearest(const sl_series *series, double x);

void sl_chart_draw(sl_frame *frame, sl_rect area, const sl_chart *chart);

// Exponential average without bias: zeroed, then one call for each value. NAN leaves it as it is and is returned.
typedef struct sl_smoother {
    double sum, weight;
} sl_smoother;
double sl_smoother_next(sl_smoother *smoother, double share, double value);

// ---- for legends beside a chart ----------------------------------------------------------------------------------------------

sl_color sl_series_color(int index);
// The letter of a line where there are no colours, and its character in ASCII; 0: as fine as ASCII can.
char sl_chart_letter(int color);
char sl_chart_mark(const sl_chart *chart, int color);
// The value of a line that title and legend show: at the cursor, else the newest; smoothed as the line is. *x: where; NAN:
// nowhere.
double sl_chart_reading(const sl_chart *chart, const sl_chart_line *line, double *x);
// Both return `text`: a value in at most 7 columns; and an x, a step as "812", of time "1:10:03".
const char *sl_chart_number(const sl_chart *chart, double value, char text[SL_NUMBER_SIZE]);
const char *sl_chart_x_text(const sl_chart *chart, double x, char text[SL_NUMBER_SIZE]);

#endif
