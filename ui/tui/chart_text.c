#include "ui/tui/chart_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

static int draw_entry(const sl_chart_drawing *d, sl_rect clip, int x, int y, size_t index) {
    const sl_chart *chart = d->chart;
    const sl_series *series = chart->lines[index].series;
    char text[SL_NUMBER_SIZE];
    double at, value = sl_chart_reading(chart, &chart->lines[index], &at);
    sl_style style = sl_chart_style(d, index);
    style.attributes = SL_ATTR_BOLD;
    int color = chart->lines[index].color;
    uint32_t sign = !d->frame->utf8  ? (uint32_t)sl_chart_mark(chart, color)
                    : chart->letters ? (uint32_t)sl_chart_letter(color)
                                     : 0x2501;
    sl_frame_put(d->frame, clip, x, y, style, sign);
    x = sl_frame_text(d->frame, clip, x + 2, y, (sl_style){0}, sl_chart_label(&chart->lines[index]));
    style.attributes = 0;
    return sl_frame_text(d->frame, clip, x + 1, y, style,
                         isnan(value) && (!series || series->count == 0) ? "-" : sl_chart_number(chart, value, text));
}

void sl_chart_draw_legend(const sl_chart_drawing *d, sl_rect area) {
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

void sl_chart_draw_title(const sl_chart_drawing *d) {
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
            sl_style shown = {.foreground = isnan(value) ? SL_COLOR_BAD : sl_chart_style(d, 0).foreground,
                              .attributes = SL_ATTR_BOLD};
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
    if (beside && right - x > 8) sl_chart_draw_legend(d, (sl_rect){x + 2, title.y, right - x - 2, 1});
}
