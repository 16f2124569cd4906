#include "ui/tui/screens/compare_legend.h"
#include "ui/tui/chart/chart.h"
#include "ui/tui/screens/compare_place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIGN = 2, VALUE = 7, COUNT_BYTES = 24 };

uint32_t sl_compare_sign(const sl_compare_legend *legend, int color, bool utf8, sl_style *style) {
    static const sl_chart several = {.count = 2};
    *style = (sl_style){sl_series_color(color), 0, SL_ATTR_BOLD};
    return legend->letters ? (uint32_t)sl_chart_letter(color) : utf8 ? 0x2501 : (uint32_t)sl_chart_mark(&several, color);
}

// "(3)" of several runs, else "".
static const char *count_text(const sl_compare_line *line, char out[COUNT_BYTES]) {
    out[0] = '\0';
    if (line->count > 1) snprintf(out, COUNT_BYTES, "(%zu)", line->count);
    return out;
}

static int entry_width(const sl_compare_line *line, bool utf8) {
    char count[COUNT_BYTES];
    int columns = (int)strlen(count_text(line, count));
    return SIGN + sl_text_columns(line->label, utf8) + (columns ? columns + 1 : 0) + 1 + VALUE;
}

int sl_compare_legend_width(const sl_compare_legend *legend, bool utf8) {
    int width = 0;
    for (size_t i = 0; i < legend->set->count; i++) {
        int columns = entry_width(&legend->set->lines[i], utf8);
        if (columns > width) width = columns;
    }
    return width;
}

static const char *value_text(const sl_compare_legend *legend, size_t index, char text[SL_NUMBER_SIZE]) {
    text[0] = '\0';
    if (legend->chart < 0) return text;
    const sl_chart *chart = &legend->set->charts[legend->chart].chart;
    const short *line_of = legend->set->made[legend->chart].line_of;
    for (size_t i = 0; i < chart->count; i++) {
        double x;
        if (line_of[i] != (short)index) continue;
        sl_chart_number(chart, sl_chart_reading(chart, &chart->lines[i], &x), text);
        return isnan(x) ? strcpy(text, "-") : text;
    }
    return strcpy(text, "-");
}

static void draw_entry(const sl_compare_legend *legend, sl_frame *frame, sl_rect room, size_t index) {
    const sl_compare_line *line = &legend->set->lines[index];
    char count[COUNT_BYTES], text[SL_NUMBER_SIZE];
    bool picked = line->key == legend->picked;
    sl_style style, dim = {SL_COLOR_DIM, 0, 0},
                    plain = {picked ? SL_COLOR_ACCENT : SL_COLOR_DEFAULT, 0, picked ? SL_ATTR_BOLD : 0};
    uint32_t sign = sl_compare_sign(legend, line->color, frame->utf8, &style);
    if (picked) style.attributes |= SL_ATTR_REVERSE;
    sl_frame_put(frame, room, room.x, room.y, style, sign);
    style.attributes = 0;
    value_text(legend, index, text);
    int right = room.x + room.width - (int)strlen(text);
    sl_frame_text(frame, room, right, room.y, style, text);
    int columns = (int)strlen(count_text(line, count));
    sl_rect label = {room.x + SIGN, room.y, right - 1 - room.x - SIGN - (columns ? columns + 1 : 0), 1};
    int after = sl_frame_text(frame, label, label.x, label.y, plain, line->label);
    if (after > label.x + label.width) after = label.x + label.width;
    if (columns) sl_frame_text(frame, room, after + 1, room.y, dim, count);
}

static void draw_title(const sl_compare_legend *legend, sl_frame *frame, sl_rect room) {
    static const char *const modes[] = {"runs", "means and range", "means \xC2\xB1 sd"};
    char text[SL_NUMBER_SIZE], title[128];
    sl_style bold = {SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, accent = {SL_COLOR_ACCENT, 0, 0};
    if (legend->chart >= 0) {
        const sl_chart *chart = &legend->set->charts[legend->chart].chart;
        if (chart->has_cursor)
            snprintf(title, sizeof title, "%s%s", chart->by_time ? "" : "at ", sl_chart_x_text(chart, chart->cursor, text));
        else
            snprintf(title, sizeof title, "newest");
        int right = room.x + room.width - (int)strlen(title);
        sl_frame_text(frame, room, right, room.y, chart->has_cursor ? accent : (sl_style){SL_COLOR_DIM, 0, 0}, title);
        room.width = right - 1 - room.x;
    }
    sl_frame_text(frame, room, room.x, room.y, bold, modes[legend->set->mode]);
}

// Where entries stand, and how many of them.
typedef struct places {
    sl_rect area;
    int width, in_row; // of an entry; entries side by side
    size_t shown;      // one place is left for how many are not
} places;

enum { GAP = 2 };

static places place(const sl_compare_legend *legend, sl_rect area, bool rows, bool utf8) {
    places p = {.area = area, .width = area.width, .in_row = 1};
    if (rows)
        sl_rect_take_top(&p.area, 1); // the title
    else {
        p.width = sl_compare_entry_width(area.width, sl_compare_legend_width(legend, utf8));
        p.in_row = (area.width + GAP) / (p.width + GAP);
        if (p.in_row < 1) p.in_row = 1;
    }
    size_t room = p.area.height > 0 ? (size_t)p.in_row * (size_t)p.area.height : 0, count = legend->set->count;
    p.shown = count <= room ? count : room > 0 ? room - 1 : 0;
    return p;
}

static sl_rect entry_at(const places *p, size_t index) {
    int column = (int)(index % (size_t)p->in_row), row = (int)(index / (size_t)p->in_row);
    return (sl_rect){p->area.x + column * (p->width + GAP), p->area.y + row, p->width, 1};
}

int sl_compare_legend_at(const sl_compare_legend *legend, sl_rect area, bool rows, bool utf8, int x, int y) {
    places p = place(legend, area, rows, utf8);
    for (size_t i = 0; i < p.shown; i++)
        if (sl_rect_holds(entry_at(&p, i), x, y)) return (int)i;
    return -1;
}

void sl_compare_legend_draw(const sl_compare_legend *legend, sl_frame *frame, sl_rect area, bool rows) {
    if (area.width <= 0 || area.height <= 0) return;
    places p = place(legend, area, rows, frame->utf8);
    if (rows) draw_title(legend, frame, sl_rect_take_top(&area, 1));
    for (size_t i = 0; i < p.shown; i++) draw_entry(legend, frame, entry_at(&p, i), i);
    if (p.shown == legend->set->count || p.area.height <= 0) return;
    sl_rect last = entry_at(&p, p.shown);
    sl_frame_printf(frame, last, last.x, last.y, (sl_style){SL_COLOR_DIM, 0, 0}, "and %zu more", legend->set->count - p.shown);
}
