#include "ui/tui/chart/scale.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/frame/unicode.h"
#include "ui/tui/frame/words.h"
#include "ui/tui/screens/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sl_style dim = {SL_COLOR_DIM, 0, 0};

int sl_run_title_draw(sl_frame *frame, sl_rect row, const char *title, bool selected) {
    sl_style style = {selected ? SL_COLOR_ACCENT : SL_COLOR_TITLE, 0, SL_ATTR_BOLD | (selected ? SL_ATTR_REVERSE : 0)};
    return sl_frame_text(frame, row, row.x, row.y, style, title);
}

// ---- wrapping ---------------------------------------------------------------------------------------------------------------

int sl_run_wrap(sl_frame *frame, sl_rect area, int most, bool utf8, sl_style style, const char *text) {
    enum { ROW_BYTES = 4096 };
    char row[ROW_BYTES];
    int rows = 0;
    if (area.width < 2) return 1;
    while (rows < most && (rows == 0 || *text)) {
        size_t bytes = sl_words_row(text, area.width, utf8);
        if (bytes >= ROW_BYTES) bytes = ROW_BYTES - 1;
        bool last = rows + 1 == most && text[bytes] != '\0';
        memcpy(row, text, bytes);
        row[bytes] = '\0';
        // The last row shows that there is more by being cut.
        if (frame) sl_frame_text(frame, area, area.x, area.y + rows, style, last ? text : row);
        text += bytes;
        while (*text == ' ' || *text == '\n') text++;
        rows++;
    }
    return rows;
}

// ---- options ----------------------------------------------------------------------------------------------------------------

static bool varies(const sl_run_detail *detail, size_t option) {
    return detail->option_varies && detail->option_varies[option];
}

// What a scheduled option is now, where that is not what was declared.
static bool value_now(const sl_run_detail *detail, size_t option, char out[SL_NUMBER_SIZE]) {
    for (size_t i = 0; i < detail->series_count; i++) {
        const sl_series *series = &detail->series[i];
        if (strncmp(series->name, "option.", 7) != 0 || strcmp(series->name + 7, detail->option_names[option]) != 0) continue;
        if (series->count == 0) return false;
        double value = series->columns[series->count - 1].last;
        char *end;
        double declared = strtod(detail->option_values[option], &end);
        if (*end == '\0' && end != detail->option_values[option] && fabs(declared - value) <= 1e-9 * fabs(value)) return false;
        snprintf(out, SL_NUMBER_SIZE, "%.4g", value);
        return true;
    }
    return false;
}

// The option that stands in a row: those that vary first.
static size_t option_at(const sl_run_detail *detail, size_t row) {
    size_t seen = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < detail->option_count; i++)
            if (varies(detail, i) == (pass == 0) && seen++ == row) return i;
    return 0;
}

static int names_width(const sl_run_detail *detail, int most, bool utf8) {
    int width = 0;
    for (size_t i = 0; i < detail->option_count && width < most; i++) {
        int columns = sl_text_columns(detail->option_names[i], utf8);
        if (columns > width) width = columns;
    }
    return width < most ? width : most;
}

// Of a path that is too long the end tells most.
static void draw_value(sl_frame *frame, sl_rect room, sl_style style, const char *text) {
    enum { PATH_MOST = 500 };
    int columns = sl_text_columns(text, frame->utf8);
    if (columns > room.width && columns < PATH_MOST && room.width > 8 && strchr(text, '/')) {
        sl_frame_put(frame, room, room.x, room.y, dim, frame->utf8 ? 0x2026 : '~');
        sl_rect_take_left(&room, 1);
        while (*text && columns > room.width) {
            sl_unicode_next(&text);
            columns = sl_text_columns(text, frame->utf8);
        }
    }
    sl_frame_text(frame, room, room.x, room.y, style, text);
}

static void draw_option(const sl_run_detail *detail, sl_frame *frame, sl_rect line, int names, size_t option) {
    char now[SL_NUMBER_SIZE];
    bool differs = varies(detail, option);
    sl_style name = differs ? (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD} : dim, value = {0};
    if (differs) value.attributes = SL_ATTR_BOLD;
    if (differs) sl_frame_put(frame, line, line.x, line.y, name, frame->utf8 ? 0x25C6 : '*');
    sl_rect room = {line.x + 2, line.y, names, 1};
    sl_frame_text(frame, room, room.x, room.y, name, detail->option_names[option]);
    sl_rect right = {room.x + names + 1, line.y, line.x + line.width - room.x - names - 1, 1};
    if (value_now(detail, option, now)) {
        int width = (int)strlen(now) + 5;
        if (right.width > 2 * width) {
            sl_rect there = sl_rect_take_right(&right, width);
            sl_frame_printf(frame, there, there.x, there.y, (sl_style){SL_COLOR_TITLE, 0, 0}, " now %s", now);
        }
    }
    draw_value(frame, right, value, detail->option_values[option]);
}

static void clamp(int *scroll, int rows, int height) {
    int last = rows > height ? rows - height : 0;
    *scroll = *scroll < 0 ? 0 : *scroll > last ? last : *scroll;
}

// "3-20 of 64" at the right of a title, where not all is in sight.
static void draw_place(sl_frame *frame, sl_rect row, int x, int scroll, int height, int rows) {
    char text[64];
    if (rows <= height) return;
    int width = snprintf(text, sizeof text, "%d-%d of %d", scroll + 1, scroll + height, rows);
    if (row.x + row.width - width > x) sl_frame_text(frame, row, row.x + row.width - width, row.y, dim, text);
}

int sl_run_options_draw(const sl_run_detail *detail, sl_frame *frame, sl_rect area, bool selected, int *scroll) {
    int rows = (int)detail->option_count, count = 0;
    if (area.height <= 0) return rows;
    for (size_t i = 0; i < detail->option_count; i++) count += varies(detail, i);
    sl_rect top = sl_rect_take_top(&area, 1);
    int x = sl_run_title_draw(frame, top, "options", selected);
    if (count > 0 && top.x + top.width - x > 44)
        x = sl_frame_text(frame, top, x + 2, top.y, dim, frame->utf8 ? "◆ what the runs differ in" : "* what the runs differ in");
    clamp(scroll, rows, area.height);
    draw_place(frame, top, x + 1, *scroll, area.height, rows);
    int names = names_width(detail, area.width * 3 / 5, frame->utf8);
    for (int i = 0; i < area.height && *scroll + i < rows; i++)
        draw_option(detail, frame, (sl_rect){area.x, area.y + i, area.width, 1}, names, option_at(detail, (size_t)(*scroll + i)));
    if (rows == 0) sl_frame_text(frame, area, area.x, area.y, dim, "none are recorded");
    return rows;
}
