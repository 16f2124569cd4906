#include "tests/support/cells.h"
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"

#include <stdio.h>
#include <string.h>

sl_frame sl_test_blank(int width, int height, bool utf8) {
    sl_frame frame = {.utf8 = utf8};
    assert_ok(sl_frame_resize(&frame, width, height));
    return frame;
}

void sl_test_rows(const char *what, const sl_frame *frame, const char *expected) {
    const char *line = expected;
    int y = 0;
    for (; y < frame->height; y++) {
        const char *end = strchr(line, '\n'), *row = sl_test_row(frame, y);
        if (!end || strlen(row) != (size_t)(end - line) || memcmp(row, line, strlen(row))) break;
        line = end + 1;
    }
    if (y == frame->height && !*line) return;
    for (int i = 0; i < frame->height; i++) {
        fputs("        \"", stderr);
        for (const char *at = sl_test_row(frame, i); *at; at++) fprintf(stderr, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
        fprintf(stderr, "\\n\"%s\n", i == y ? " // differs" : "");
    }
    fail_msg("%s: row %d of %d is not as expected", what, y + 1, frame->height);
}

const char *sl_test_colors(const sl_frame *frame, int y) {
    static char out[4097];
    for (int x = 0; x < frame->width; x++) {
        sl_color color = frame->cells[y * frame->width + x].style.foreground;
        out[x] = color >= SL_COLOR_ROLES ? '#' : ".dtagwbr01234567"[color];
    }
    out[frame->width] = 0;
    return out;
}

bool sl_test_clean_outside(const sl_frame *frame, sl_rect area) {
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            const sl_frame_cell *cell = &frame->cells[y * frame->width + x];
            bool inside = x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height;
            sl_style style = cell->style;
            if (!inside && (cell->character != ' ' || style.foreground || style.background || style.attributes)) return false;
        }
    return true;
}
