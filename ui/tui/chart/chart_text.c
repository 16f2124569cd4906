#include "ui/tui/chart/chart_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

static int draw_entry(const sl_chart_drawing *d, sl_rect clip, int x, int y, size_t index) {
    const sl_chart *chart = d->chart;
    char text[SL_NUMBER_SIZE];
    double at, value = sl_chart_reading(chart, &chart->lines[index], &at);
    sl_style style = sl_chart_style(d, index);
    style.attributes = SL_ATTR_BOLD;
    int color = chart->lines[index].color;
    uint32_t sign = !d->frame->utf8  ? (chart->lines[index].behind ? '.' : (uint32_t)sl_chart_mark(chart, color))
                    : chart->letters ? (uint32_t)sl_chart_letter(color)
                                     : 0x2501;
    sl_frame_put(d->frame, clip, x, y, style, sign);
    x = sl_frame_text(d->frame, clip, x + 2, y, (sl_style){0}, sl_chart_label(&chart->lines[index]));
    style.attributes = 0;
    return sl_frame_text(d->frame, clip, x + 1, y, style, isnan(at) ? "-" : sl_chart_number(chart, value, text));
}

static bool rest_fits(const sl_chart_drawing *d, size_t from, int room) {
    for (size_t i = from; i < d->chart->count && room >= 0; i++)
        room -= sl_chart_entry_columns(d->chart, i, d->frame->utf8) + (i > from ? 2 : 0);
    return room >= 0;
}

void sl_chart_draw_legend(const sl_chart_drawing *d, sl_rect area) {
    int x = area.x, y = area.y, right = area.x + area.width, bottom = area.y + area.height;
    for (size_t i = 0; i < d->chart->count; i++) {
        int columns = sl_chart_entry_columns(d->chart, i, d->frame->utf8);
        int more = y + 1 == bottom && !rest_fits(d, i, right - x) ? 5 : 0; // room for how many are left out
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

// The value of a single line and its best, at the right; returns the column before which there is room for the title.
static int draw_reading(const sl_chart_drawing *d, sl_rect title) {
    const sl_chart *chart = d->chart;
    const sl_series *series = chart->lines[0].series;
    char text[SL_NUMBER_SIZE], where[SL_NUMBER_SIZE], line[2 * SL_NUMBER_SIZE + 16];
    int right = title.x + title.width, name = chart->title ? sl_text_columns(chart->title, d->frame->utf8) : 0;
    if (!series || series->count == 0) return right; // what is declared alone
    double x, best, value = sl_chart_reading(chart, &chart->lines[0], &x);
    int room = title.width - name - 1;
    sl_chart_number(chart, value, text);
    if (isnan(x)) snprintf(text, sizeof text, "-");
    if (!chart->percent && room < 7 && !isnan(x))
        sl_number_text(text, value, room < 3 ? 3 : room); // shorter, for the name's sake
    int size = (int)strlen(text);
    if (size < title.width) {
        sl_style style = {.foreground = isnan(x)       ? SL_COLOR_DIM
                                        : isnan(value) ? SL_COLOR_BAD
                                                       : sl_chart_style(d, 0).foreground,
                          .attributes = SL_ATTR_BOLD};
        sl_frame_text(d->frame, title, right - size, title.y, style, text);
        right -= size + 1;
    }
    if (!sl_chart_best(chart, &x, &best)) return right;
    snprintf(line, sizeof line, "best %s @%s", sl_chart_number(chart, best, text), sl_chart_x_text(chart, x, where));
    size = (int)strlen(line);
    if (right - size - 2 < title.x + name) return right;
    sl_frame_text(d->frame, title, right - size - 1, title.y, (sl_style){.foreground = SL_COLOR_GOOD}, line);
    return right - size - 2;
}

void sl_chart_draw_title(const sl_chart_drawing *d) {
    const sl_chart *chart = d->chart;
    sl_rect title = d->at.title;
    if (title.height <= 0) return;
    sl_style style = {.foreground = chart->selected ? SL_COLOR_ACCENT : SL_COLOR_TITLE,
                      .attributes = chart->selected ? SL_ATTR_BOLD | SL_ATTR_REVERSE : SL_ATTR_BOLD};
    int right = chart->count == 1 && !d->at.empty ? draw_reading(d, title) : title.x + title.width;
    sl_rect room = {title.x, title.y, right - title.x, 1};
    int x = sl_frame_text(d->frame, room, title.x, title.y, style, chart->title ? chart->title : "");
    if (chart->log && x + 4 <= right) x = sl_frame_text(d->frame, room, x + 1, title.y, dim, "log");
    bool beside = !chart->quiet && chart->count > 1 && d->at.legend.height == 0;
    if (beside && right - x > 8) sl_chart_draw_legend(d, (sl_rect){x + 2, title.y, right - x - 2, 1});
}
