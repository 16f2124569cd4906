#include "tests/support/printable.h"
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/frame/unicode.h"

#include <string.h>

// Written down here once more, so that a hole in the program's own table is seen.
static bool harmful(uint32_t c) {
    static const uint32_t ranges[][2] = {
        {0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},          {0x0300, 0x036F}, {0x061C, 0x061C}, {0x1160, 0x11FF},
        {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},      {0x2060, 0x206F}, {0x20D0, 0x20F0}, {0xD800, 0xF8FF},
        {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F},   {0xFEFF, 0xFEFF},      {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A},
        {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE0FFF}, {0xF0000, 0xFFFFFFFF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

static bool is_color(sl_color color) {
    return color < SL_COLOR_ROLES || (color >> 24) == 1;
}

static void cell_fails(const sl_frame *frame, int x, int y, const char *what) {
    const sl_frame_cell *cell = &frame->cells[(size_t)y * (size_t)frame->width + (size_t)x];
    fail_msg("%dx%d, row %d, column %d: %s: character U+%04X, colours %#x on %#x\n%s", frame->width, frame->height, y + 1, x + 1,
             what, (unsigned)cell->character, (unsigned)cell->style.foreground, (unsigned)cell->style.background,
             sl_test_row(frame, y));
}

void sl_test_frame_sound(const sl_frame *frame) {
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            const sl_frame_cell *cell = &frame->cells[(size_t)y * (size_t)frame->width + (size_t)x];
            uint32_t c = cell->character;
            bool wide = c && sl_unicode_width(c) == 2;
            if (c == 0 && (x == 0 || sl_unicode_width(cell[-1].character) != 2 || cell[-1].character == 0))
                cell_fails(frame, x, y, "the right half of nothing");
            if (wide && (x + 1 == frame->width || cell[1].character != 0)) cell_fails(frame, x, y, "half of a wide character");
            if (c != 0 && harmful(c)) cell_fails(frame, x, y, "not printable");
            if (!frame->utf8 && (c < 0x20 || c > 0x7E)) cell_fails(frame, x, y, "not ASCII");
            if (!is_color(cell->style.foreground) || !is_color(cell->style.background)) cell_fails(frame, x, y, "no colour");
        }
}

// Past a sequence of colours, or NULL where it is another.
static const char *past_color(const char *at, const char *end) {
    if (end - at < 3 || at[1] != '[') return NULL;
    for (at += 2; at < end && ((*at >= '0' && *at <= '9') || *at == ';'); at++) continue;
    return at < end && *at == 'm' ? at + 1 : NULL;
}

void sl_test_printable(const char *bytes, size_t count, bool colors) {
    const char *at = bytes, *end = bytes + count;
    while (at < end) {
        const char *here = at;
        if (*at == '\n') {
            at++;
            continue;
        }
        if (colors && *at == '\033') {
            at = past_color(at, end);
            if (!at) fail_msg("byte %zu: an escape sequence that is no colour: ESC %.20s", (size_t)(here - bytes), here + 1);
            continue;
        }
        uint32_t c = sl_unicode_next(&at);
        if (at == here || c >= SL_UNICODE_BAD || harmful(c))
            fail_msg("byte %zu: the character U+%04X would reach the terminal", (size_t)(here - bytes), (unsigned)c);
    }
}
