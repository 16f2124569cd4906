#include "ui/tui/chart/chart_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

sl_style sl_chart_style(const sl_chart_drawing *d, size_t index) {
    const sl_chart_line *line = &d->chart->lines[index];
    return (sl_style){.foreground = line->behind ? SL_COLOR_DIM : sl_series_color(line->color)};
}

double sl_chart_dot_x(const sl_chart_drawing *d, double x) {
    return sl_scale_place(&d->at.x, x) * (d->canvas.dots_x - 1);
}

double sl_chart_dot_y(const sl_chart_drawing *d, double y) {
    return (1 - sl_scale_place(&d->at.y, y)) * (d->canvas.dots_y - 1);
}

// The cells that hold these dots.
int sl_chart_column(const sl_chart_drawing *d, double x) {
    double place = sl_scale_place(&d->at.x, x);
    int dots = d->frame->utf8 ? 2 : 1;
    return d->at.plot.x + (int)floor((fmax(-1, fmin(2, place)) * (d->canvas.dots_x - 1) + 0.5) / dots);
}

int sl_chart_row(const sl_chart_drawing *d, double y) {
    double place = 1 - sl_scale_place(&d->at.y, y);
    int dots = d->frame->utf8 ? 4 : 2;
    return d->at.plot.y + (int)floor((fmax(-1, fmin(2, place)) * (d->canvas.dots_y - 1) + 0.5) / dots);
}

// ---- axes ------------------------------------------------------------------------------------------------------------------

static void draw_y_axis(const sl_chart_drawing *d) {
    sl_rect numbers = d->at.numbers, plot = d->at.plot;
    if (numbers.width <= 0) return;
    int line = numbers.x + numbers.width - 1;
    for (int y = plot.y; y < plot.y + plot.height; y++) sl_frame_put(d->frame, numbers, line, y, dim, 0x2502);
    int last = plot.y + plot.height;
    for (int i = 0; i < d->at.y_ticks.count; i++) { // upwards; no two in one row
        int row = sl_chart_row(d, d->at.y_ticks.values[i]);
        if (row < plot.y || row >= last) continue;
        last = row;
        sl_frame_put(d->frame, numbers, line, row, dim, 0x2524);
        if (numbers.width < 2) continue;
        sl_rect room = {numbers.x, row, numbers.width - 1, 1};
        sl_frame_text(d->frame, room, line - (int)strlen(d->at.y_ticks.texts[i]), row, dim, d->at.y_ticks.texts[i]);
    }
}

// Where a text stands around a column, inside the plot.
static int start_of(const sl_chart_drawing *d, int column, int size) {
    int start = column - size / 2, last = d->at.plot.x + d->at.plot.width - size;
    if (start > last) start = last;
    return start < d->at.plot.x ? d->at.plot.x : start;
}

// Texts that stand in the axis' line have a blank at each side: "-500" would be less than nothing.
static void put_tick(const sl_chart_drawing *d, int start, sl_style style, const char *text) {
    int size = (int)strlen(text), row = d->at.axis.y + d->at.axis.height - 1;
    sl_rect room = sl_rect_common(d->at.axis, (sl_rect){start - 1, row, size + 2, 1});
    if (start == d->at.plot.x) room = (sl_rect){start, row, room.width - 1, 1}; // the corner stays
    sl_frame_fill(d->frame, room, (sl_style){0}, ' ');
    sl_frame_text(d->frame, d->at.axis, start, row, style, text);
}

static void draw_x_axis(const sl_chart_drawing *d) {
    sl_rect axis = d->at.axis, plot = d->at.plot;
    if (axis.height <= 0) return;
    sl_frame_fill(d->frame, (sl_rect){plot.x, axis.y, plot.width, 1}, dim, 0x2500);
    if (d->at.numbers.width > 0) sl_frame_put(d->frame, axis, plot.x - 1, axis.y, dim, 0x2514);
    int right = plot.x + plot.width, free = plot.x, cursor = right + 2, cursor_end = cursor; // the text that is in the way
    char read[SL_NUMBER_SIZE] = "";
    int at = d->chart->has_cursor ? sl_chart_column(d, d->chart->cursor) : -1;
    if (at >= plot.x && at < right) {
        int size = (int)strlen(sl_chart_x_text(d->chart, d->chart->cursor, read));
        cursor = start_of(d, at, size);
        cursor_end = cursor + size;
    }
    for (int i = 0; i < d->at.x_ticks.count; i++) {
        const char *text = d->at.x_ticks.texts[i];
        int size = (int)strlen(text), column = sl_chart_column(d, d->at.x_ticks.values[i]);
        if (column < plot.x || column >= right) continue;
        if (axis.height > 1) sl_frame_put(d->frame, axis, column, axis.y, dim, 0x252C);
        int start = start_of(d, column, size);
        if (start < free || start + size > right || (start <= cursor_end && start + size >= cursor)) continue;
        put_tick(d, start, dim, text);
        free = start + size + 1;
    }
    if (*read) put_tick(d, cursor, (sl_style){.foreground = SL_COLOR_ACCENT, .attributes = SL_ATTR_BOLD}, read);
}

static void draw_cursor(const sl_chart_drawing *d) {
    if (!d->chart->has_cursor) return;
    int column = sl_chart_column(d, d->chart->cursor);
    if (column < d->at.plot.x || column >= d->at.plot.x + d->at.plot.width) return;
    for (int i = 0; i < d->at.plot.height; i++)
        sl_frame_put(d->frame, d->at.plot, column, d->at.plot.y + i, (sl_style){.foreground = SL_COLOR_ACCENT}, 0x2502);
}

// Why there is no curve.
static const char *nothing(const sl_chart *chart) {
    bool any = false, number = false;
    for (size_t i = 0; i < chart->count; i++) {
        const sl_series *series = chart->lines[i].series;
        for (size_t j = 0; series && j < series->count; j++) {
            any = true;
            number |= (bool)isfinite(series->columns[j].last);
        }
    }
    return !any ? "no values yet" : !number ? "not a number" : chart->log ? "none above 0" : "none in sight";
}

static void draw_nothing(const sl_chart_drawing *d) {
    sl_rect plot = d->at.plot;
    const char *text = plot.width >= 14 ? nothing(d->chart) : "none";
    int x = plot.x + (plot.width - (int)strlen(text)) / 2;
    sl_frame_text(d->frame, plot, x < plot.x ? plot.x : x, plot.y + (plot.height - 1) / 2, dim, text);
}

static void draw_best(const sl_chart_drawing *d) {
    double x, value;
    if (!sl_chart_best(d->chart, &x, &value)) return;
    sl_frame_put(d->frame, d->at.plot, sl_chart_column(d, x), sl_chart_row(d, value),
                 (sl_style){.foreground = SL_COLOR_GOOD, .attributes = SL_ATTR_BOLD}, d->frame->utf8 ? 0x25C6 : '@');
}

void sl_chart_draw(sl_frame *frame, sl_rect area, const sl_chart *chart) {
    if (area.width <= 0 || area.height <= 0) return;
    sl_frame_fill(frame, area, (sl_style){0}, ' ');
    sl_chart_drawing d = {.frame = frame, .chart = chart};
    sl_chart_place(chart, area, frame->utf8, &d.at);
    d.canvas = sl_canvas_over(frame, d.at.plot);
    sl_chart_draw_title(&d);
    if (d.at.legend.height > 0) sl_chart_draw_legend(&d, d.at.legend);
    if (d.at.empty) {
        draw_nothing(&d);
        return;
    }
    draw_y_axis(&d);
    draw_x_axis(&d);
    draw_cursor(&d);
    sl_chart_draw_lines(&d);
    draw_best(&d);
    if (chart->letters && frame->utf8) sl_chart_draw_letters(&d);
}
