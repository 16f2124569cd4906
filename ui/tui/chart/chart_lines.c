#include "ui/tui/chart/chart_impl.h"

#include <math.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

// How lines are broken where there are no colours: dots on, dots off.
static const int patterns[][2] = {{1, 0}, {4, 2}, {1, 1}, {7, 2}, {2, 2}, {1, 3}, {10, 3}, {3, 1}};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

static void draw_band(const sl_chart_drawing *d, size_t index) {
    const sl_chart_line *line = &d->chart->lines[index];
    sl_pen pen = {.style = sl_chart_style(d, index), .mark = '.'};
    pen.style.foreground = d->chart->count > 1 ? pen.style.foreground : SL_COLOR_DIM;
    double before = NAN, before_low = NAN, before_high = NAN;
    for (size_t i = 0; line->band && i < line->band_count; i++) {
        const sl_series_column *column = &line->band[i];
        if (!sl_scale_shows(column->low, d->chart->log) || !sl_scale_shows(column->high, d->chart->log)) {
            before = NAN;
            continue;
        }
        double x = sl_chart_dot_x(d, column->x), low = sl_chart_dot_y(d, column->low), high = sl_chart_dot_y(d, column->high);
        if (isnan(before)) {
            before = x;
            before_low = low;
            before_high = high;
        }
        double from = fmax(0, ceil(before)), to = fmin(d->canvas.dots_x - 1, floor(x));
        for (double dot = from; dot <= to; dot++) {
            double share = x > before ? (dot - before) / (x - before) : 1;
            double y0 = before_high + share * (high - before_high), y1 = before_low + share * (low - before_low);
            sl_canvas_shade(&d->canvas, (int)dot, y0, y1, &pen);
        }
        before = x;
        before_low = low;
        before_high = high;
    }
}

// A declared value holds until the next.
static void draw_declared(const sl_chart_drawing *d, const sl_series *series) {
    sl_pen pen = {.style = dim, .mark = '-', .on = 1, .off = d->frame->utf8 ? 2 : 0};
    double before_x = NAN, before_y = NAN;
    for (size_t i = 0; i < series->declared_count; i++) {
        double value = series->declared[i].last, x = sl_chart_dot_x(d, series->declared[i].x);
        double y = sl_scale_shows(value, d->chart->log) ? sl_chart_dot_y(d, value) : NAN;
        sl_canvas_line(&d->canvas, before_x, before_y, x, before_y, &pen);
        sl_canvas_line(&d->canvas, x, before_y, x, y, &pen);
        before_x = x;
        before_y = y;
    }
    sl_canvas_line(&d->canvas, before_x, before_y, d->canvas.dots_x - 1, before_y, &pen);
}

static void mark_gap(const sl_chart_drawing *d, double x) {
    double place = sl_scale_place(&d->at.x, x);
    if (!(place >= 0 && place <= 1)) return;
    sl_frame_put(d->frame, d->at.plot, sl_chart_column(d, x), d->at.plot.y + d->at.plot.height - 1,
                 (sl_style){.foreground = SL_COLOR_BAD, .attributes = SL_ATTR_BOLD}, 'x');
}

static void draw_stroke(const sl_chart_drawing *d, double x, double top, double bottom, const sl_pen *pen) {
    sl_pen whole = {.style = pen->style, .mark = pen->mark};
    sl_canvas_line(&d->canvas, x, top, x, bottom, &whole);
}

// The stroke of a column, from its least to its greatest value.
static void stroke_of(const sl_chart_drawing *d, const sl_series_column *column, double value, double *top, double *bottom) {
    *top = *bottom = sl_chart_dot_y(d, value);
    if (isfinite(column->high)) *top = fmin(*top, sl_chart_dot_y(d, column->high));
    if (isfinite(column->low)) *bottom = fmax(*bottom, fmin(sl_chart_dot_y(d, column->low), d->canvas.dots_y - 1));
}

static void draw_dot(const sl_chart_drawing *d, double x, double y, sl_pen *pen) {
    if (d->frame->utf8) sl_canvas_line(&d->canvas, x + (x < 1 ? 1 : -1), y, x, y, pen); // a dot alone is hard to see
    sl_canvas_line(&d->canvas, x, y, x, y, pen);
}

static double end_of_steps(const sl_chart_drawing *d, double x) {
    double right = d->canvas.dots_x - 1, now = d->chart->now;
    return now == 0 || isnan(now) ? right : fmin(right, fmax(x, sl_chart_dot_x(d, now)));
}

// `smooth`: the average instead of the values and their strokes.
static void draw_values(const sl_chart_drawing *d, size_t index, sl_pen *pen, double smooth) {
    const sl_chart_line *line = &d->chart->lines[index];
    const sl_series *series = line->series;
    sl_smoother smoother = {0};
    double x = NAN, y = NAN; // where the line stands
    int length = 0;          // columns since the last gap
    for (size_t i = 0; i < series->count; i++) {
        const sl_series_column *column = &series->columns[i];
        double value = column->last;
        if (smooth > 0) value = sl_smoother_next(&smoother, smooth, value);
        if (!sl_scale_shows(value, d->chart->log) || isnan(column->x)) {
            if (length == 1) draw_dot(d, x, y, pen);
            x = y = NAN;
            length = 0;
            // What the column has besides its last value is seen nevertheless.
            if (!(smooth > 0) && sl_scale_shows(column->high, d->chart->log)) {
                double top, bottom;
                stroke_of(d, column, column->high, &top, &bottom);
                draw_stroke(d, sl_chart_dot_x(d, column->x), top, bottom, pen);
            }
            continue;
        }
        double here = sl_chart_dot_x(d, column->x), top = sl_chart_dot_y(d, value), bottom = top, last = top;
        if (!(smooth > 0)) stroke_of(d, column, value, &top, &bottom);
        if (line->steps) {
            sl_canvas_line(&d->canvas, x, y, here, y, pen);
            sl_canvas_line(&d->canvas, here, y, here, last, pen);
        } else {
            sl_canvas_line(&d->canvas, x, y, here, fmax(top, fmin(bottom, y)), pen); // to the nearer end of the stroke
        }
        if (bottom - top >= 0.5) draw_stroke(d, here, top, bottom, pen);
        x = here;
        y = last;
        length++;
    }
    if (line->steps) sl_canvas_line(&d->canvas, x, y, end_of_steps(d, x), y, pen);
    if (length == 1) draw_dot(d, x, y, pen);
}

static void draw_line(const sl_chart_drawing *d, size_t index) {
    const sl_series *series = d->chart->lines[index].series;
    int color = d->chart->lines[index].color;
    sl_pen pen = {.style = sl_chart_style(d, index), .mark = sl_chart_mark(d->chart, color)};
    if (d->chart->lines[index].behind && !d->frame->utf8) pen.mark = '.';
    if (d->chart->letters && d->chart->count > 1 && d->frame->utf8) {
        // Other lines of the same colour are broken otherwise, and so are the first eight.
        int pattern = (color % PATTERNS + color / PATTERNS) % PATTERNS;
        pen.on = patterns[pattern < 0 ? 0 : pattern][0];
        pen.off = patterns[pattern < 0 ? 0 : pattern][1];
    }
    if (d->chart->smooth > 0 && d->chart->count == 1) {
        sl_pen raw = {.style = dim, .mark = d->frame->utf8 ? 0 : '.'};
        draw_values(d, index, &raw, 0);
        if (!d->frame->utf8) pen.mark = '*';
    }
    if (!d->frame->utf8 && d->chart->lines[index].band && !pen.mark) pen.mark = '*'; // dots are the band's
    draw_values(d, index, &pen, d->chart->smooth);
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->columns[i].last)) mark_gap(d, series->columns[i].x);
    }
}

enum { LETTERS = 64 }; // more are not told apart

typedef struct place {
    int x, y;
} place;

static bool is_taken(const place *taken, size_t count, int x, int y) {
    for (size_t i = 0; i < count; i++)
        if (taken[i].x == x && taken[i].y == y) return true;
    return false;
}

// Right after the line's end, or above or below that where another letter stands. False: there is no place.
static bool place_letter(const sl_chart_drawing *d, const sl_series *series, const place *taken, size_t count, place *out) {
    size_t last = series->count;
    while (last > 0 && !sl_scale_shows(series->columns[last - 1].last, d->chart->log)) last--;
    if (last == 0) return false;
    sl_rect plot = d->at.plot;
    int row = sl_chart_row(d, series->columns[last - 1].last), right = plot.x + plot.width - 1;
    int column = sl_chart_column(d, series->columns[last - 1].x) + 1;
    out->x = column > right ? right : column < plot.x ? plot.x : column;
    for (int shift = 0; shift < 9; shift++) {
        out->y = row + (shift % 2 ? -(shift + 1) / 2 : shift / 2);
        if (out->y >= plot.y && out->y < plot.y + plot.height && !is_taken(taken, count, out->x, out->y)) return true;
    }
    return false;
}

void sl_chart_draw_lines(const sl_chart_drawing *d) {
    const sl_chart *chart = d->chart;
    for (size_t i = 0; i < chart->count; i++) draw_band(d, i);
    for (size_t i = 0; i < chart->count; i++) {
        if (chart->lines[i].series) draw_declared(d, chart->lines[i].series);
    }
    for (size_t i = 0; i < chart->count; i++) {
        if (chart->lines[i].series) draw_line(d, i);
    }
}

void sl_chart_draw_letters(const sl_chart_drawing *d) {
    place taken[LETTERS];
    size_t count = 0;
    for (size_t i = 0; d->chart->count > 1 && i < d->chart->count && count < LETTERS; i++) {
        const sl_chart_line *line = &d->chart->lines[i];
        if (!line->series || !place_letter(d, line->series, taken, count, &taken[count])) continue;
        sl_style style = sl_chart_style(d, i);
        style.attributes = SL_ATTR_BOLD;
        sl_frame_put(d->frame, d->at.plot, taken[count].x, taken[count].y, style, (uint32_t)sl_chart_letter(line->color));
        count++;
    }
}
