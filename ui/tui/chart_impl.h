// What the files of chart.h share.
#ifndef SL_UI_TUI_CHART_IMPL_H
#define SL_UI_TUI_CHART_IMPL_H

#include "ui/tui/chart.h"

static inline const char *sl_chart_label(const sl_chart_line *line) {
    return line->label ? line->label : line->series && line->series->name ? line->series->name : "";
}

// The letter of a line where there are no colours, and its character in ASCII.
char sl_chart_letter(size_t index);
char sl_chart_mark(const sl_chart *chart, size_t index);

// The value of a line that title and legend show: at the cursor, else the newest; smoothed as the line is. *x: where. NAN: none.
double sl_chart_reading(const sl_chart *chart, const sl_chart_line *line, double *x);
// The best value of the first line, as chart->best says, and its x; false: none.
bool sl_chart_best(const sl_chart *chart, double *x, double *value);
// In at most 7 columns.
const char *sl_chart_number(const sl_chart *chart, double value, char text[SL_NUMBER_SIZE]);
// "step 812" is "812"; of time "1:10:03".
const char *sl_chart_x_text(const sl_chart *chart, double x, char text[SL_NUMBER_SIZE]);

// Columns of one entry of the legend: sign, label, value.
int sl_chart_entry_columns(const sl_chart *chart, size_t index, bool utf8);

#endif
