// What the files of chart.h share: chart_place.c says where everything is, chart_draw.c draws axes, chart_lines.c curves and
// chart_text.c title and legend.
#ifndef SL_UI_TUI_CHART_IMPL_H
#define SL_UI_TUI_CHART_IMPL_H

#include "ui/tui/chart/canvas.h"
#include "ui/tui/chart/chart.h"

static inline const char *sl_chart_label(const sl_chart_line *line) {
    return line->label ? line->label : line->series && line->series->name ? line->series->name : "";
}

// The best value of the first line, as chart->best says, and its x; false: none.
bool sl_chart_best(const sl_chart *chart, double *x, double *value);
// Columns of one entry of the legend: sign, label, value.
int sl_chart_entry_columns(const sl_chart *chart, size_t index, bool utf8);

// What the parts of one drawing share.
typedef struct sl_chart_drawing {
    sl_frame *frame;
    const sl_chart *chart;
    sl_chart_layout at;
    sl_canvas canvas; // over at.plot
} sl_chart_drawing;

sl_style sl_chart_style(const sl_chart_drawing *d, size_t index);
// Places of values: dots of the canvas, and columns and rows of the frame.
double sl_chart_dot_x(const sl_chart_drawing *d, double x);
double sl_chart_dot_y(const sl_chart_drawing *d, double y);
int sl_chart_column(const sl_chart_drawing *d, double x);
int sl_chart_row(const sl_chart_drawing *d, double y);

void sl_chart_draw_lines(const sl_chart_drawing *d);   // bands, schedules as declared, curves
void sl_chart_draw_letters(const sl_chart_drawing *d); // at the ends of the curves
void sl_chart_draw_title(const sl_chart_drawing *d);
void sl_chart_draw_legend(const sl_chart_drawing *d, sl_rect area);

#endif
