#include "ui/tui/chart/chart_impl.h"
#include "ui/tui/frame/layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// The least sizes at which parts of a chart appear.
enum { AXIS_WIDTH = 12, AXIS_HEIGHT = 4, ROOMY_HEIGHT = 14, NUMBERS_WIDTH = 20, NUMBERS_HEIGHT = 3, LEGEND_HEIGHT = 6 };

sl_color sl_series_color(int index) {
    int k = index % SL_COLOR_SERIES_COUNT;
    return (sl_color)(SL_COLOR_SERIES + (k < 0 ? k + SL_COLOR_SERIES_COUNT : k));
}

double sl_smoother_next(sl_smoother *smoother, double share, double value) {
    if (!isfinite(value)) return value;
    smoother->sum = share * smoother->sum + (1 - share) * value;
    smoother->weight = share * smoother->weight + (1 - share);
    return smoother->sum / smoother->weight;
}

char sl_chart_letter(int color) {
    int k = (color % 52 + 52) % 52;
    return (char)(k < 26 ? 'A' + k : 'a' + k - 26);
}

char sl_chart_mark(const sl_chart *chart, int color) {
    return chart->count < 2 ? 0 : "*+ox#@%="[(color % 8 + 8) % 8];
}

// ---- values ----------------------------------------------------------------------------------------------------------------

long sl_series_nearest(const sl_series *series, double x) {
    if (!series || series->count == 0 || isnan(x)) return -1;
    size_t low = 0, high = series->count; // the first column not left of x
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->columns[middle].x < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == series->count) return (long)low - 1;
    if (low > 0 && x - series->columns[low - 1].x < series->columns[low].x - x) low--;
    return (long)low;
}

double sl_chart_reading(const sl_chart *chart, const sl_chart_line *line, double *x) {
    const sl_series *series = line->series;
    *x = NAN;
    if (!series || series->count == 0) return NAN;
    size_t index = series->count - 1;
    // A series that begins later has no value there.
    double distance = index > 0 ? (series->columns[index].x - series->columns[0].x) / (double)index : INFINITY;
    if (chart->has_cursor && chart->cursor < series->columns[0].x - distance) return NAN;
    if (chart->has_cursor && !isnan(chart->cursor)) {
        long nearest = sl_series_nearest(series, chart->cursor);
        if (nearest < 0) return NAN;
        index = (size_t)nearest;
        if (line->steps && index > 0 && series->columns[index].x > chart->cursor) index--;
    }
    *x = series->columns[index].x;
    if (!(chart->smooth > 0)) return series->columns[index].last;
    sl_smoother smoother = {0};
    double value = NAN;
    for (size_t i = 0; i <= index; i++) value = sl_smoother_next(&smoother, chart->smooth, series->columns[i].last);
    return value;
}

bool sl_chart_best(const sl_chart *chart, double *x, double *value) {
    if (chart->best == SL_BEST_NONE || chart->count == 0 || !chart->lines[0].series) return false;
    const sl_series *series = chart->lines[0].series;
    bool found = false;
    for (size_t i = 0; i < series->count; i++) {
        double here = chart->best == SL_BEST_HIGH ? series->columns[i].high : series->columns[i].low;
        if (!sl_scale_shows(here, chart->log) || (found && !(chart->best == SL_BEST_HIGH ? here > *value : here < *value)))
            continue;
        found = true;
        *x = series->columns[i].x;
        *value = here;
    }
    return found;
}

const char *sl_chart_number(const sl_chart *chart, double value, char text[SL_NUMBER_SIZE]) {
    if (chart->percent && isfinite(value)) return sl_percent_text(text, value);
    return sl_number_text(text, value, 7);
}

const char *sl_chart_x_text(const sl_chart *chart, double x, char text[SL_NUMBER_SIZE]) {
    if (chart->by_time) return sl_duration_text(text, x);
    if (fabs(x) < 1e9) {
        snprintf(text, SL_NUMBER_SIZE, "%.0f", x);
        return text;
    }
    return sl_number_text(text, x, 8);
}

int sl_chart_entry_columns(const sl_chart *chart, size_t index, bool utf8) {
    char text[SL_NUMBER_SIZE];
    double x, value = sl_chart_reading(chart, &chart->lines[index], &x);
    return 2 + sl_text_columns(sl_chart_label(&chart->lines[index]), utf8) + 1 + (int)strlen(sl_chart_number(chart, value, text));
}

// ---- ranges ----------------------------------------------------------------------------------------------------------------

typedef struct range {
    double low, high;
} range;

static void widen(range *r, double value, bool log) {
    if (!sl_scale_shows(value, log)) return;
    r->low = fmin(r->low, value); // fmin leaves NAN out
    r->high = fmax(r->high, value);
}

static range range_of_x(const sl_chart *chart) {
    range r = {NAN, NAN};
    for (size_t i = 0; i < chart->count; i++) {
        const sl_series *series = chart->lines[i].series;
        for (size_t j = 0; series && j < series->count; j++) widen(&r, series->columns[j].x, false);
        for (size_t j = 0; chart->lines[i].band && j < chart->lines[i].band_count; j++)
            widen(&r, chart->lines[i].band[j].x, false);
    }
    for (size_t i = 0; isnan(r.low) && i < chart->count; i++) { // nothing has happened yet: what is to happen
        const sl_series *series = chart->lines[i].series;
        for (size_t j = 0; series && j < series->declared_count; j++) widen(&r, series->declared[j].x, false);
    }
    return r;
}

static void widen_by(range *r, const sl_series_column *columns, size_t count, bool whole, range x, bool log) {
    for (size_t i = 0; i < count; i++) {
        if (columns[i].x < x.low || columns[i].x > x.high) continue;
        widen(r, columns[i].last, log);
        if (whole) widen(r, columns[i].low, log);
        if (whole) widen(r, columns[i].high, log);
    }
}

// The value a line of steps has when it comes into sight.
static void widen_by_held(range *r, const sl_series_column *columns, size_t count, range x, bool log) {
    double held = NAN;
    for (size_t i = 0; i < count && columns[i].x < x.low; i++) held = columns[i].last;
    widen(r, held, log);
}

static range range_of_y(const sl_chart *chart, range x) {
    range r = {NAN, NAN};
    bool raw = !(chart->smooth > 0) || chart->count == 1;
    for (size_t i = 0; i < chart->count; i++) {
        const sl_chart_line *line = &chart->lines[i];
        const sl_series *series = line->series;
        if (!series) continue;
        if (raw) {
            widen_by(&r, series->columns, series->count, true, x, chart->log);
        } else {
            sl_smoother smoother = {0};
            for (size_t j = 0; j < series->count; j++) {
                double value = sl_smoother_next(&smoother, chart->smooth, series->columns[j].last);
                if (series->columns[j].x >= x.low && series->columns[j].x <= x.high) widen(&r, value, chart->log);
            }
        }
        size_t declared = series->declared ? series->declared_count : 0;
        if (line->steps) widen_by_held(&r, series->columns, series->count, x, chart->log);
        widen_by_held(&r, series->declared, declared, x, chart->log);
        widen_by(&r, series->declared, declared, false, x, chart->log);
        widen_by(&r, line->band, line->band ? line->band_count : 0, true, x, chart->log);
    }
    return r;
}

static void apply(range *r, double low, double high, bool log) {
    if (low == 0 && high == 0) return;
    if (sl_scale_shows(low, log)) r->low = low;
    if (sl_scale_shows(high, log)) r->high = high;
    if (isnan(r->low)) r->low = r->high;
    if (isnan(r->high) || r->high < r->low) r->high = r->low;
}

// ---- places ----------------------------------------------------------------------------------------------------------------

static int numbers_width(const sl_ticks *ticks) {
    int width = 1;
    for (int i = 0; i < ticks->count; i++) width = (int)fmax(width, (double)strlen(ticks->texts[i]));
    return width;
}

// Rows of the legend: none where it fits into the title's row.
static int legend_rows(const sl_chart *chart, sl_rect area, bool utf8) {
    if (chart->quiet || chart->count < 2 || area.height < LEGEND_HEIGHT) return 0;
    int rows = 1, used = 0, most = (int)fmax(1, area.height / 4);
    for (size_t i = 0; i < chart->count; i++) {
        int columns = sl_chart_entry_columns(chart, i, utf8);
        if (used > 0 && used + 2 + columns > area.width) {
            if (++rows > most) return most;
            used = 0;
        }
        used += (used > 0 ? 2 : 0) + columns;
    }
    int title = chart->title ? sl_text_columns(chart->title, utf8) : 0;
    return rows == 1 && title + 3 + used <= area.width ? 0 : rows;
}

void sl_chart_place(const sl_chart *chart, sl_rect area, bool utf8, sl_chart_layout *layout) {
    memset(layout, 0, sizeof *layout);
    sl_rect rest = area;
    if (area.height >= 2) layout->title = sl_rect_take_top(&rest, 1);
    layout->legend = sl_rect_take_top(&rest, legend_rows(chart, area, utf8));
    range x = range_of_x(chart);
    apply(&x, chart->x_low, chart->x_high, false);
    range y = isnan(x.low) ? x : range_of_y(chart, x);
    layout->empty = isnan(x.low) || isnan(y.low);
    layout->plot = rest;
    if (layout->empty || rest.width <= 0 || rest.height <= 0) {
        layout->x = layout->y = sl_scale_new(0, 1, false);
        layout->empty = true;
        return;
    }
    apply(&y, chart->y_low, chart->y_high, chart->log);
    layout->x = sl_scale_new(x.low, x.high, false);
    layout->y = sl_scale_new(y.low, y.high, chart->log);

    bool has_axis = rest.height >= AXIS_HEIGHT && rest.width >= AXIS_WIDTH;
    if (has_axis) layout->axis = sl_rect_take_bottom(&rest, rest.height >= ROOMY_HEIGHT ? 2 : 1);
    int about = rest.height / 2 < 2 ? 2 : rest.height / 2 > 8 ? 8 : rest.height / 2;
    sl_scale_ticks(&layout->y, about, chart->percent ? SL_TICK_PERCENT : SL_TICK_NUMBER, &layout->y_ticks);
    if (rest.width >= NUMBERS_WIDTH && rest.height >= NUMBERS_HEIGHT) {
        layout->numbers = sl_rect_take_left(&rest, numbers_width(&layout->y_ticks) + 1);
    } else if (has_axis) {
        layout->numbers = sl_rect_take_left(&rest, 1);
    }
    layout->plot = rest;
    sl_scale_ticks(&layout->x, rest.width / 8, chart->by_time ? SL_TICK_TIME : SL_TICK_WHOLE, &layout->x_ticks);
}

double sl_chart_x_at(const sl_chart_layout *layout, int column) {
    int width = layout->plot.width;
    if (width < 2) return sl_scale_value(&layout->x, 0.5);
    int at = column - layout->plot.x;
    at = at < 0 ? 0 : at >= width ? width - 1 : at;
    return sl_scale_value(&layout->x, at / (double)(width - 1));
}
