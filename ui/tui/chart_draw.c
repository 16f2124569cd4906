#include "ui/tui/canvas.h"
#include "ui/tui/chart_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

// How lines are broken where there are no colours: dots on, dots off.
static const int patterns[][2] = {{1, 0}, {4, 2}, {1, 1}, {7, 2}, {2, 2}, {1, 3}, {10, 3}, {3, 1}};

// What the parts of one drawing share.
typedef struct drawing {
    sl_frame *frame;
    const sl_chart *chart;
    sl_chart_layout at;
    sl_canvas canvas;
} drawing;

static sl_style style_of(const drawing *d, size_t index) {
    return (sl_style){.foreground = sl_series_color(d->chart->lines[index].color)};
}

static double dot_x(const drawing *d, double x) {
    return sl_scale_place(&d->at.x, x) * (d->canvas.dots_x - 1);
}

static double dot_y(const drawing *d, double y) {
    return (1 - sl_scale_place(&d->at.y, y)) * (d->canvas.dots_y - 1);
}

static int column_of(const drawing *d, double x) {
    double place = sl_scale_place(&d->at.x, x);
    return d->at.plot.x + (int)lround(fmax(-1, fmin(2, place)) * (d->at.plot.width - 1));
}

static int row_of(const drawing *d, double y) {
    double place = 1 - sl_scale_place(&d->at.y, y);
    int dots = d->frame->utf8 ? 4 : 2;
    return d->at.plot.y + (int)floor((fmax(-1, fmin(2, place)) * (d->canvas.dots_y - 1) + 0.5) / dots);
}

// ---- axes
// -----------------------------------------------------------------------------------------------------------------------

static void draw_y_axis(const drawing *d) {
    sl_rect numbers = d->at.numbers, plot = d->at.plot;
    if (numbers.width <= 0) return;
    int line = numbers.x + numbers.width - 1;
    for (int y = plot.y; y < plot.y + plot.height; y++) sl_frame_put(d->frame, numbers, line, y, dim, 0x2502);
    int last = plot.y + plot.height;
    for (int i = 0; i < d->at.y_ticks.count; i++) { // upwards; no two in one row
        int row = row_of(d, d->at.y_ticks.values[i]);
        if (row < plot.y || row >= last) continue;
        last = row;
        sl_frame_put(d->frame, numbers, line, row, dim, 0x2524);
        if (numbers.width < 2) continue;
        sl_rect room = {numbers.x, row, numbers.width - 1, 1};
        sl_frame_text(d->frame, room, line - (int)strlen(d->at.y_ticks.texts[i]), row, dim, d->at.y_ticks.texts[i]);
    }
}

static void draw_x_axis(const drawing *d) {
    sl_rect axis = d->at.axis, plot = d->at.plot;
    if (axis.height <= 0) return;
    sl_frame_fill(d->frame, (sl_rect){plot.x, axis.y, plot.width, 1}, dim, 0x2500);
    if (d->at.numbers.width > 0) sl_frame_put(d->frame, axis, plot.x - 1, axis.y, dim, 0x2514);
    int row = axis.y + axis.height - 1, right = plot.x + plot.width, free = plot.x;
    for (int i = 0; i < d->at.x_ticks.count; i++) {
        const char *text = d->at.x_ticks.texts[i];
        int size = (int)strlen(text), column = column_of(d, d->at.x_ticks.values[i]);
        if (column < plot.x || column >= right) continue;
        if (axis.height > 1) sl_frame_put(d->frame, axis, column, axis.y, dim, 0x252C);
        int start = column - size / 2;
        start = start < plot.x ? plot.x : start + size > right ? right - size : start;
        if (start < free || start < plot.x) continue;
        sl_frame_text(d->frame, axis, start, row, dim, text);
        free = start + size + 1;
    }
}

static void draw_cursor(const drawing *d) {
    if (!d->chart->has_cursor) return;
    int column = column_of(d, d->chart->cursor);
    if (column < d->at.plot.x || column >= d->at.plot.x + d->at.plot.width) return;
    sl_style style = {.foreground = SL_COLOR_ACCENT};
    for (int i = 0; i < d->at.plot.height; i++) sl_frame_put(d->frame, d->at.plot, column, d->at.plot.y + i, style, 0x2502);
    if (d->at.axis.height <= 0) return;
    char text[SL_NUMBER_SIZE];
    int size = (int)strlen(sl_chart_x_text(d->chart, d->chart->cursor, text));
    int start = column - size / 2, right = d->at.plot.x + d->at.plot.width;
    if (start + size > right) start = right - size;
    if (start < d->at.plot.x) start = d->at.plot.x;
    style.attributes = SL_ATTR_BOLD;
    sl_frame_text(d->frame, d->at.axis, start, d->at.axis.y + d->at.axis.height - 1, style, text);
}

// ---- lines
// ----------------------------------------------------------------------------------------------------------------------

static void draw_band(const drawing *d, size_t index) {
    const sl_chart_line *line = &d->chart->lines[index];
    sl_pen pen = {.style = style_of(d, index), .mark = '.'};
    pen.style.foreground = d->chart->count > 1 ? pen.style.foreground : SL_COLOR_DIM;
    double before = NAN, before_low = NAN, before_high = NAN;
    for (size_t i = 0; i < line->band_count; i++) {
        const sl_series_column *column = &line->band[i];
        if (!sl_scale_shows(column->low, d->chart->log) || !sl_scale_shows(column->high, d->chart->log)) {
            before = NAN;
            continue;
        }
        double x = dot_x(d, column->x), low = dot_y(d, column->low), high = dot_y(d, column->high);
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

// Straight lines or steps between the columns' last values.
static void draw_declared(const drawing *d, const sl_series *series) {
    sl_pen pen = {.style = dim, .mark = '-', .on = 1, .off = d->frame->utf8 ? 2 : 0};
    double before_x = NAN, before_y = NAN;
    for (size_t i = 0; i < series->declared_count; i++) {
        double value = series->declared[i].last, x = dot_x(d, series->declared[i].x);
        double y = sl_scale_shows(value, d->chart->log) ? dot_y(d, value) : NAN;
        sl_canvas_line(&d->canvas, before_x, before_y, x, before_y, &pen);
        sl_canvas_line(&d->canvas, x, before_y, x, y, &pen);
        before_x = x;
        before_y = y;
    }
    sl_canvas_line(&d->canvas, before_x, before_y, d->canvas.dots_x - 1, before_y, &pen);
}

static void mark_gap(const drawing *d, double x) {
    double place = sl_scale_place(&d->at.x, x);
    if (!(place >= 0 && place <= 1)) return;
    sl_frame_put(d->frame, d->at.plot, column_of(d, x), d->at.plot.y + d->at.plot.height - 1,
                 (sl_style){.foreground = SL_COLOR_BAD, .attributes = SL_ATTR_BOLD}, 'x');
}

// The stroke of a column, from its least to its greatest value.
static void stroke_of(const drawing *d, const sl_series_column *column, double value, double *top, double *bottom) {
    *top = *bottom = dot_y(d, value);
    if (isfinite(column->high)) *top = fmin(*top, dot_y(d, column->high));
    if (isfinite(column->low)) *bottom = fmax(*bottom, fmin(dot_y(d, column->low), d->canvas.dots_y - 1));
}

static void draw_dot(const drawing *d, double x, double y, sl_pen *pen) {
    if (d->frame->utf8) sl_canvas_line(&d->canvas, x + (x < 1 ? 1 : -1), y, x, y, pen); // a dot alone is hard to see
    sl_canvas_line(&d->canvas, x, y, x, y, pen);
}

// `smooth`: the average instead of the values and their strokes.
static void draw_values(const drawing *d, size_t index, sl_pen *pen, double smooth) {
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
            continue;
        }
        double here = dot_x(d, column->x), top = dot_y(d, value), bottom = top, last = top;
        if (!(smooth > 0)) stroke_of(d, column, value, &top, &bottom);
        if (line->steps) {
            sl_canvas_line(&d->canvas, x, y, here, y, pen);
            sl_canvas_line(&d->canvas, here, y, here, last, pen);
        } else {
            sl_canvas_line(&d->canvas, x, y, here, fmax(top, fmin(bottom, y)), pen); // to the nearer end of the stroke
        }
        if (bottom - top >= 0.5) {
            sl_pen whole = {.style = pen->style, .mark = pen->mark};
            sl_canvas_line(&d->canvas, here, top, here, bottom, &whole);
        }
        x = here;
        y = last;
        length++;
    }
    if (line->steps) sl_canvas_line(&d->canvas, x, y, d->canvas.dots_x - 1, y, pen);
    if (length == 1) draw_dot(d, x, y, pen);
}

static void draw_line(const drawing *d, size_t index) {
    const sl_series *series = d->chart->lines[index].series;
    sl_pen pen = {.style = style_of(d, index), .mark = sl_chart_mark(d->chart, index)};
    if (d->chart->letters && d->chart->count > 1 && d->frame->utf8) {
        pen.on = patterns[index % (sizeof patterns / sizeof *patterns)][0];
        pen.off = patterns[index % (sizeof patterns / sizeof *patterns)][1];
    }
    if (d->chart->smooth > 0 && d->chart->count == 1) {
        sl_pen raw = {.style = dim, .mark = d->frame->utf8 ? 0 : '.'};
        draw_values(d, index, &raw, 0);
        if (!d->frame->utf8) pen.mark = '*';
    }
    draw_values(d, index, &pen, d->chart->smooth);
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->columns[i].last)) mark_gap(d, series->columns[i].x);
    }
}

// Right after the line's end, or beside that where another letter stands.
static void put_letter(const drawing *d, size_t index) {
    const sl_series *series = d->chart->lines[index].series;
    for (size_t i = series->count; i-- > 0;) {
        double value = series->columns[i].last;
        if (!sl_scale_shows(value, d->chart->log)) continue;
        int column = column_of(d, series->columns[i].x), row = row_of(d, value), right = d->at.plot.x + d->at.plot.width - 1;
        column = column + 1 > right ? right : column + 1;
        for (int shift = 0; shift < 9; shift++) {
            int y = row + (shift % 2 ? -(shift + 1) / 2 : shift / 2);
            if (y < d->at.plot.y || y >= d->at.plot.y + d->at.plot.height || column < d->at.plot.x) continue;
            if (y >= d->frame->height || column >= d->frame->width || y < 0 || column < 0) continue;
            uint32_t there = d->frame->cells[(size_t)y * (size_t)d->frame->width + (size_t)column].character;
            if (there >= 'A' && there <= 'z') continue;
            sl_style style = style_of(d, index);
            style.attributes = SL_ATTR_BOLD;
            sl_frame_put(d->frame, d->at.plot, column, y, style, (uint32_t)sl_chart_letter(index));
            return;
        }
        return;
    }
}

// ---- texts
// ----------------------------------------------------------------------------------------------------------------------

static int draw_entry(const drawing *d, sl_rect clip, int x, int y, size_t index) {
    const sl_chart *chart = d->chart;
    char text[SL_NUMBER_SIZE];
    double at, value = sl_chart_reading(chart, &chart->lines[index], &at);
    sl_style style = style_of(d, index);
    style.attributes = SL_ATTR_BOLD;
    uint32_t sign = chart->letters   ? (uint32_t)sl_chart_letter(index)
                    : d->frame->utf8 ? 0x2501
                                     : (uint32_t)sl_chart_mark(chart, index);
    sl_frame_put(d->frame, clip, x, y, style, sign);
    x = sl_frame_text(d->frame, clip, x + 2, y, (sl_style){0}, sl_chart_label(&chart->lines[index]));
    style.attributes = 0;
    return sl_frame_text(d->frame, clip, x + 1, y, style,
                         isnan(value) && chart->lines[index].series->count == 0 ? "-" : sl_chart_number(chart, value, text));
}

static void draw_legend(const drawing *d, sl_rect area) {
    int x = area.x, y = area.y, right = area.x + area.width, bottom = area.y + area.height;
    for (size_t i = 0; i < d->chart->count; i++) {
        int columns = sl_chart_entry_columns(d->chart, i, d->frame->utf8);
        int more = y + 1 == bottom && i + 1 < d->chart->count ? 6 : 0; // room for how many are left out
        if (x > area.x && x + columns + more > right) {
            if (y + 1 == bottom) {
                sl_frame_printf(d->frame, area, x, y, dim, "+%zu", d->chart->count - i);
                return;
            }
            x = area.x;
            y++;
        }
        x = draw_entry(d, area, x, y, i) + 2;
    }
}

static void draw_title(const drawing *d) {
    const sl_chart *chart = d->chart;
    sl_rect title = d->at.title;
    if (title.height <= 0) return;
    sl_style style = {.foreground = chart->selected ? SL_COLOR_ACCENT : SL_COLOR_TITLE,
                      .attributes = chart->selected ? SL_ATTR_BOLD | SL_ATTR_REVERSE : SL_ATTR_BOLD};
    char text[SL_NUMBER_SIZE], where[SL_NUMBER_SIZE];
    int right = title.x + title.width;
    if (chart->count == 1 && !d->at.empty) { // the value, at the right
        double x = NAN, value = sl_chart_reading(chart, &chart->lines[0], &x);
        int size = (int)strlen(sl_chart_number(chart, value, text));
        if (size < title.width) {
            sl_style shown = {.foreground = isnan(value) ? SL_COLOR_BAD : style_of(d, 0).foreground, .attributes = SL_ATTR_BOLD};
            sl_frame_text(d->frame, title, right - size, title.y, shown, text);
            right -= size + 1;
        }
        double best_x, best;
        if (sl_chart_best(chart, &best_x, &best)) {
            char line[2 * SL_NUMBER_SIZE + 16];
            snprintf(line, sizeof line, "best %s @%s", sl_chart_number(chart, best, text), sl_chart_x_text(chart, best_x, where));
            int wide = (int)strlen(line), name = chart->title ? sl_text_columns(chart->title, d->frame->utf8) : 0;
            if (right - wide - 2 >= title.x + name) {
                sl_frame_text(d->frame, title, right - wide - 1, title.y, (sl_style){.foreground = SL_COLOR_GOOD}, line);
                right -= wide + 2;
            }
        }
    }
    sl_rect room = {title.x, title.y, right - title.x, 1};
    int x = sl_frame_text(d->frame, room, title.x, title.y, style, chart->title ? chart->title : "");
    if (chart->log && x + 4 <= right) x = sl_frame_text(d->frame, room, x + 1, title.y, dim, "log");
    bool beside = !chart->quiet && chart->count > 1 && d->at.legend.height == 0;
    if (beside && right - x > 8) draw_legend(d, (sl_rect){x + 2, title.y, right - x - 2, 1});
}

static void draw_nothing(const drawing *d) {
    sl_rect plot = d->at.plot;
    const char *text = plot.width >= 14 ? "no values yet" : "none";
    int x = plot.x + (plot.width - (int)strlen(text)) / 2;
    sl_frame_text(d->frame, plot, x < plot.x ? plot.x : x, plot.y + (plot.height - 1) / 2, dim, text);
}

static void draw_best(const drawing *d) {
    double x, value;
    if (!sl_chart_best(d->chart, &x, &value)) return;
    sl_frame_put(d->frame, d->at.plot, column_of(d, x), row_of(d, value),
                 (sl_style){.foreground = SL_COLOR_GOOD, .attributes = SL_ATTR_BOLD}, d->frame->utf8 ? 0x25C6 : '@');
}

void sl_chart_draw(sl_frame *frame, sl_rect area, const sl_chart *chart) {
    if (area.width <= 0 || area.height <= 0) return;
    sl_frame_fill(frame, area, (sl_style){0}, ' ');
    drawing d = {.frame = frame, .chart = chart};
    sl_chart_place(chart, area, frame->utf8, &d.at);
    d.canvas = sl_canvas_over(frame, d.at.plot);
    draw_title(&d);
    if (d.at.legend.height > 0) draw_legend(&d, d.at.legend);
    if (d.at.empty) {
        draw_nothing(&d);
        return;
    }
    draw_y_axis(&d);
    draw_x_axis(&d);
    draw_cursor(&d);
    for (size_t i = 0; i < chart->count; i++) draw_band(&d, i);
    for (size_t i = 0; i < chart->count; i++) {
        if (chart->lines[i].series) draw_declared(&d, chart->lines[i].series);
    }
    for (size_t i = 0; i < chart->count; i++) {
        if (chart->lines[i].series) draw_line(&d, i);
    }
    draw_best(&d);
    for (size_t i = 0; chart->letters && chart->count > 1 && i < chart->count; i++) {
        if (chart->lines[i].series) put_letter(&d, i);
    }
}
