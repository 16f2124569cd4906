// Frames as text, with escape sequences and as pixels; what colours become in every kind of terminal.
#include "core/base/memory.h"
#include "tests/support/cmocka.h"
#include "ui/tui/frame/glyphs.h"
#include "ui/tui/frame/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sl_frame frame;
#define ALL ((sl_rect){0, 0, frame.width, frame.height})

static void begin(int width, int height) {
    frame = (sl_frame){.utf8 = true};
    assert_ok(sl_frame_resize(&frame, width, height));
}

static void test_text(void **state) {
    sl_text out = {0};
    begin(8, 3);
    sl_frame_text(&frame, ALL, 1, 0, (sl_style){SL_COLOR_BAD, 0, 0}, "月 x");
    sl_frame_text(&frame, ALL, 0, 2, (sl_style){0}, "12345678");
    assert_ok(sl_frame_as_text(&frame, &out));
    assert_string_equal(out.data, " 月 x\n\n12345678\n");
    sl_text_free(&out);
    sl_frame_free(&frame);
}

static void test_ansi(void **state) {
    sl_text out = {0};
    begin(6, 2);
    sl_frame_text(&frame, ALL, 0, 0, (sl_style){SL_COLOR_RGB(1, 2, 3), SL_COLOR_RGB(250, 0, 9), SL_ATTR_BOLD | SL_ATTR_UNDERLINE},
                  "ab");
    sl_frame_text(&frame, ALL, 2, 0, (sl_style){0}, "c");
    sl_frame_fill(&frame, (sl_rect){0, 1, 3, 1}, (sl_style){0, 0, SL_ATTR_REVERSE}, ' ');
    assert_ok(sl_frame_as_ansi(&frame, (sl_theme){SL_DEPTH_TRUE, false}, &out));
    assert_string_equal(out.data, "\033[0;1;4;38;2;1;2;3;48;2;250;0;9mab\033[0mc\n\033[0;7m   \033[0m\n");
    sl_text_free(&out);
    sl_frame_free(&frame);
}

static const char *sgr(sl_depth depth, bool light, sl_style style) {
    static char out[SL_SGR_MOST];
    size_t length = sl_theme_sgr((sl_theme){depth, light}, style, out);
    assert_int_equal(length, strlen(out));
    return out;
}

static void test_depths(void **state) {
    sl_style bad = {SL_COLOR_BAD, SL_COLOR_DEFAULT, 0}, picture = {SL_COLOR_RGB(255, 255, 255), SL_COLOR_RGB(0, 0, 250), 0};
    assert_string_equal(sgr(SL_DEPTH_8, false, bad), "\033[0;31m");
    assert_string_equal(sgr(SL_DEPTH_NONE, false, bad), "\033[0;1m");
    assert_string_equal(sgr(SL_DEPTH_NONE, false, (sl_style){0, SL_COLOR_GOOD, 0}), "\033[0;7m");
    assert_string_equal(sgr(SL_DEPTH_8, false, picture), "\033[0;37;44m");
    assert_string_equal(sgr(SL_DEPTH_256, false, picture), "\033[0;38;5;231;48;5;21m");
    assert_string_equal(sgr(SL_DEPTH_256, false, (sl_style){SL_COLOR_RGB(8, 8, 8), SL_COLOR_RGB(120, 121, 122), 0}),
                        "\033[0;38;5;232;48;5;243m");
    assert_string_not_equal(sgr(SL_DEPTH_TRUE, true, bad), "\033[0;38;2;244;112;103m");
    // No role, no depth and no nonsense gives more than there is room for, or a colour where there are none.
    int styles = 0;
    for (int depth = SL_DEPTH_NONE; depth <= SL_DEPTH_TRUE; depth++)
        for (sl_color front = 0; front < SL_COLOR_ROLES + 3; front++)
            for (unsigned attributes = 0; attributes < 8; attributes++, styles++) {
                const char *text = sgr((sl_depth)depth, front & 1, (sl_style){front, SL_COLOR_RGB(255, 255, 255), attributes});
                assert_true(strlen(text) < SL_SGR_MOST && text[strlen(text) - 1] == 'm');
                if (depth == SL_DEPTH_NONE) assert_true(!strstr(text, ";3") && !strstr(text, ";48"));
            }
    printf("compared %d styles\n", styles);
}

static void test_environment(void **state) {
    unsetenv("NO_COLOR");
    unsetenv("COLORTERM");
    unsetenv("COLORFGBG");
    assert_int_equal(sl_theme_detect(-1, false).depth, SL_DEPTH_NONE);
    assert_int_equal(sl_theme_detect(8, false).depth, SL_DEPTH_8);
    assert_int_equal(sl_theme_detect(256, false).depth, SL_DEPTH_256);
    assert_int_equal(sl_theme_detect(256, true).depth, SL_DEPTH_TRUE);
    assert_false(sl_theme_detect(256, false).light);
    setenv("COLORTERM", "truecolor", 1);
    assert_int_equal(sl_theme_detect(256, false).depth, SL_DEPTH_TRUE);
    assert_int_equal(sl_theme_detect(8, false).depth, SL_DEPTH_8);
    setenv("NO_COLOR", "", 1);
    assert_int_equal(sl_theme_detect(256, false).depth, SL_DEPTH_TRUE);
    setenv("NO_COLOR", "1", 1);
    assert_int_equal(sl_theme_detect(256, false).depth, SL_DEPTH_NONE);
    setenv("COLORFGBG", "0;15", 1);
    assert_true(sl_theme_detect(256, false).light);
    setenv("COLORFGBG", "15;default;0", 1);
    assert_false(sl_theme_detect(256, false).light);
}

// The brightness of a cell's pixels, in all and of each quarter.
static void cell_pixels(const uint8_t *pixels, int x, int count[5]) {
    memset(count, 0, 5 * sizeof *count);
    for (int row = 0; row < SL_CELL_HEIGHT; row++)
        for (int column = 0; column < SL_CELL_WIDTH; column++) {
            size_t at = ((size_t)row * (size_t)frame.width * SL_CELL_WIDTH + (size_t)(x * SL_CELL_WIDTH + column)) * 3;
            if (pixels[at] < 128) continue;
            count[0]++;
            count[1 + (row >= SL_CELL_HEIGHT / 2) * 2 + (column >= SL_CELL_WIDTH / 2)]++;
        }
}

static void test_pixels(void **state) {
    static const uint32_t characters[] = {'A', ' ', 0x2588, 0x2580, 0x2598, 0x2500, 0x28FF, 0x2801, 0x258C, 0x6708, 0x1F319};
    enum { QUARTER = SL_CELL_WIDTH * SL_CELL_HEIGHT / 4 };
    uint8_t *pixels;
    int count[5];
    begin(14, 1);
    int x = 0;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++, x++) {
        sl_frame_put(&frame, ALL, x, 0, (sl_style){SL_COLOR_RGB(255, 255, 255), SL_COLOR_RGB(0, 0, 0), 0}, characters[i]);
        if (characters[i] == 0x6708) x++;
    }
    assert_ok(sl_frame_as_pixels(&frame, (sl_theme){SL_DEPTH_TRUE, false}, &pixels));
    cell_pixels(pixels, 0, count);
    assert_in_range(count[0], 40, 120);
    cell_pixels(pixels, 1, count);
    assert_int_equal(count[0], 0);
    cell_pixels(pixels, 2, count);
    assert_int_equal(count[0], 4 * QUARTER);
    cell_pixels(pixels, 3, count);
    assert_true(count[1] == QUARTER && count[2] == QUARTER && count[3] == 0 && count[4] == 0);
    cell_pixels(pixels, 4, count);
    assert_true(count[1] == QUARTER && count[0] == QUARTER);
    cell_pixels(pixels, 5, count);
    assert_int_equal(count[0], 2 * SL_CELL_WIDTH);
    cell_pixels(pixels, 6, count);
    assert_true(count[1] == count[4] && count[2] == count[3] && count[1] == count[2] && count[0] > 0);
    int all_dots = count[0];
    cell_pixels(pixels, 7, count);
    assert_int_equal(count[0] * 8, all_dots);
    assert_int_equal(count[0], count[1]);
    cell_pixels(pixels, 8, count);
    assert_true(count[1] == QUARTER && count[3] == QUARTER && count[0] == 2 * QUARTER);
    cell_pixels(pixels, 9, count);
    assert_true(count[0] > 0); // a hollow box over two cells
    cell_pixels(pixels, 10, count);
    assert_true(count[0] > 0);
    sl_free(pixels);
    sl_frame_free(&frame);
}

static void test_font(void **state) {
    bool dots[SL_GLYPH_ROWS][SL_GLYPH_COLUMNS], other[SL_GLYPH_ROWS][SL_GLYPH_COLUMNS];
    for (uint32_t a = '!'; a <= '~'; a++) {
        if (!sl_glyph_find(a, dots)) fail_msg("no glyph for %c", (int)a);
        for (uint32_t b = a + 1; b <= '~'; b++) {
            assert_true(sl_glyph_find(b, other));
            if (!memcmp(dots, other, sizeof dots)) fail_msg("%c and %c look the same", (int)a, (int)b);
        }
    }
    static const uint32_t used[] = {0xB1,   0x2026, 0x2016, 0x25CF, 0x25CB, 0x25A0, 0x25B2,
                                    0x25BC, 0x25BE, 0x25B8, 0x25B6, 0x25C6, 0x2713, 0x2717};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        if (!sl_glyph_find(used[i], dots)) fail_msg("no glyph for U+%04X", (unsigned)used[i]);
    assert_false(sl_glyph_find(0x6708, dots));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text),   cmocka_unit_test(test_ansi),
                                       cmocka_unit_test(test_depths), cmocka_unit_test(test_environment),
                                       cmocka_unit_test(test_pixels), cmocka_unit_test(test_font)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
