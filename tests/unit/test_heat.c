// Heat: colours that grow ever lighter and carry readable text, strips cell by cell, in every number of colours.
#include "tests/support/cells.h"
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/chart/heat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- colours ----------------------------------------------------------------------------------------------------------------

// The share of light of a colour as the standard for contrast has it.
static double light_of(sl_color color) {
    static const double weights[] = {0.0722, 0.7152, 0.2126};
    double light = 0;
    for (int i = 0; i < 3; i++) {
        double part = (color >> 8 * i & 255) / 255.0;
        light += weights[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return light;
}

static void test_ramps(void **state) {
    for (int wrong = 0; wrong < 2; wrong++)
        for (int depth = SL_DEPTH_256; depth <= SL_DEPTH_TRUE; depth++) {
            double before = -1, least_contrast = 99;
            int steps = 0;
            for (int i = 0; i <= 1000; i++) {
                sl_color color = (wrong ? sl_heat_wrong_color : sl_heat_color)((sl_depth)depth, i / 1000.0);
                double light = light_of(color), text = light_of(sl_heat_text_color(color));
                // Channels are whole numbers, so that a step may be a little darker.
                if (!(light >= before - 0.002)) fail_msg("depth %d: %g is darker than what is less", depth, i / 1000.0);
                steps += light > before + 1e-6;
                before = fmax(light, before);
                double contrast = (fmax(light, text) + 0.05) / (fmin(light, text) + 0.05);
                least_contrast = fmin(least_contrast, contrast);
            }
            assert_true(steps >= (depth == SL_DEPTH_256 ? 8 : 100));
            if (!(least_contrast > 4.3)) fail_msg("depth %d: text has a contrast of %g alone", depth, least_contrast);
            printf("%s, depth %d: %d steps, contrast of text at least %.1f\n", wrong ? "wrong" : "right", depth, steps,
                   least_contrast);
        }
    // The ends, and what lies beyond.
    assert_int_equal(sl_heat_color(SL_DEPTH_TRUE, -1), sl_heat_color(SL_DEPTH_TRUE, 0));
    assert_int_equal(sl_heat_color(SL_DEPTH_TRUE, INFINITY), sl_heat_color(SL_DEPTH_TRUE, 1));
    assert_int_equal(sl_heat_color(SL_DEPTH_256, 9), sl_heat_color(SL_DEPTH_256, 1));
    assert_int_equal(sl_heat_color(SL_DEPTH_TRUE, NAN), sl_heat_color(SL_DEPTH_TRUE, 0));
}

// With 256 colours the terminal shows those that are meant: the eight steps stay eight.
static void test_palette(void **state) {
    char seen[16][SL_SGR_MOST];
    for (int i = 0; i < 16; i++) {
        sl_color color = i < 8 ? sl_heat_color(SL_DEPTH_256, (i + 0.5) / 8) : sl_heat_wrong_color(SL_DEPTH_256, (i - 7.5) / 8);
        sl_theme_sgr((sl_theme){SL_DEPTH_256, false}, (sl_style){.background = color}, seen[i]);
        for (int j = i & 8; j < i; j++) assert_string_not_equal(seen[i], seen[j]);
    }
    assert_string_equal(seen[0], "\033[0;48;5;54m");
}

static void test_shades(void **state) {
    sl_frame frame = sl_test_blank(12, 2, true);
    static const double values[] = {NAN, 0, 0.02, 0.25, 0.3, 0.5, 0.75, 1, 7, -7};
    for (int i = 0; i < 10; i++) sl_heat_cell(&frame, (sl_rect){0, 0, 12, 2}, i, 0, 1, SL_DEPTH_8, values[i]);
    sl_heat_cell(&frame, (sl_rect){0, 0, 12, 2}, 0, 1, 3, SL_DEPTH_NONE, NAN);
    sl_heat_cell(&frame, (sl_rect){0, 0, 12, 2}, 3, 1, 3, SL_DEPTH_NONE, 0.6);
    sl_heat_cell(&frame, (sl_rect){0, 0, 12, 2}, 11, 1, 3, SL_DEPTH_NONE, 0.6);
    sl_test_rows("shades", &frame,
                 "· ░▒▒▓███\n"
                 " · ▓▓▓     ▓\n");
    sl_frame_free(&frame);
    frame = sl_test_blank(16, 2, false);
    for (int i = 0; i < 10; i++) sl_heat_cell(&frame, (sl_rect){0, 0, 12, 2}, i, 0, 1, SL_DEPTH_NONE, values[i]);
    sl_heat_legend(&frame, (sl_rect){0, 0, 16, 2}, 0, 1, SL_DEPTH_NONE);
    sl_test_rows("shades in ASCII", &frame,
                 "- .==*%@@\n"
                 "0 .:==+*#%%@ 100\n");
    sl_frame_free(&frame);
}

// ---- strips -----------------------------------------------------------------------------------------------------------------

static const char *const classes[] = {"sky", "road", "bicyclist", "fence"};
enum { CLASSES = 4, EVALUATIONS = 300 };
static double iou[EVALUATIONS * CLASSES];
static int64_t steps[EVALUATIONS];

// Sky rises to 1, road to 0.75, a bicyclist to 0.1 after a dip; no fence is seen before the fourth evaluation.
static int prepare(void **state) {
    for (int i = 0; i < EVALUATIONS; i++) {
        double share = fmin(1, (i + 1) / 10.0);
        steps[i] = 250 * (i + 1);
        iou[i * CLASSES] = share;
        iou[i * CLASSES + 1] = 0.75 * share;
        iou[i * CLASSES + 2] = i == 5 ? 0 : 0.1 * share;
        iou[i * CLASSES + 3] = i < 3 ? NAN : 0.3;
    }
    return 0;
}

static sl_frame draw_strip(sl_heat_strip strip, int width, int height, bool utf8) {
    sl_frame frame = sl_test_blank(width, height, utf8);
    strip.names = classes;
    strip.values = iou;
    strip.rows = CLASSES;
    strip.steps = steps;
    sl_heat_strip_draw(&frame, (sl_rect){0, 0, width, height}, &strip);
    return frame;
}

static void test_strip(void **state) {
    sl_frame frame = draw_strip((sl_heat_strip){.title = "IoU", .columns = 10}, 50, 6, true);
    sl_test_rows("ten evaluations, three cells each", &frame,
                 "IoU                          0 ░░▒▒▒▓▓███ 100\n"
                 "sky       ░░░░░░▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓█████████  100\n"
                 "road      ░░░░░░░░░▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓███ 75.0\n"
                 "bicyclist    ░░░░░░░░░░░░   ░░░░░░░░░░░░ 10.0\n"
                 "fence      ·  ·  · ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 30.0\n"
                 "          250   750   1250  1750     2500\n");
    assert_string_equal(sl_test_colors(&frame, 3), "bbbbbbbbb................................bbbb....."); // the worst
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.title = "IoU", .columns = 10, .worst_first = true}, 35, 6, false);
    sl_test_rows("worst first, in ASCII, two cells each", &frame,
                 "IoU                0 .:==+*#%%@ 100\n"
                 "bicyclist   ........  ........ 10.0\n"
                 "fence     - - - ============== 30.0\n"
                 "road      ..::::==++++****##%% 75.0\n"
                 "sky       ..::==++****##%%@@@@  100\n"
                 "          250      1500    2500\n");
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.columns = EVALUATIONS}, 50, 5, true);
    sl_test_rows("300 evaluations in few columns", &frame,
                 "sky       ▒██████████████████████████████████  100\n"
                 "road      ▒▓█████████████████████████████████ 75.0\n"
                 "bicyclist ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 10.0\n"
                 "fence     ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 30.0\n"
                 "          2000    23500     45000         75000\n");
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.title = "IoU", .columns = 1}, 40, 6, true);
    sl_test_rows("one evaluation", &frame,
                 "IoU  0 ░░▒▒▒▓▓███ 100\n"
                 "sky       ░░░ 10.0\n"
                 "road      ░░░  7.5\n"
                 "bicyclist      1.0\n"
                 "fence      ·     -\n"
                 "          250\n");
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.title = "IoU"}, 40, 4, true);
    sl_test_rows("no evaluation", &frame,
                 "IoU                     0 ░░▒▒▒▓▓███ 100\n"
                 "no evaluation yet\n"
                 "\n"
                 "\n");
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.columns = 3, .widest = 8}, 40, 5, true);
    sl_test_rows("wider cells", &frame,
                 "sky       ░░░░░░░░░░░░░░░░▒▒▒▒▒▒▒▒ 30.0\n"
                 "road      ░░░░░░░░░░░░░░░░░░░░░░░░ 22.5\n"
                 "bicyclist         ░░░░░░░░░░░░░░░░  3.0\n"
                 "fence        ·       ·       ·        -\n"
                 "            250     500     750\n");
    sl_frame_free(&frame);
}

static void test_strip_selection(void **state) {
    // The marked one's values stand at the right: the worst is another.
    sl_frame frame = draw_strip((sl_heat_strip){.title = "IoU", .columns = 10, .has_selected = true, .selected = 5}, 50, 6, true);
    sl_test_rows("a selected evaluation", &frame,
                 "IoU                          0 ░░▒▒▒▓▓███ 100\n"
                 "sky       ░░░░░░▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓█████████ 60.0\n"
                 "road      ░░░░░░░░░▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓███ 45.0\n"
                 "bicyclist    ░░░░░░░░░░░░   ░░░░░░░░░░░░  0.0\n"
                 "fence      ·  ·  · ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ 30.0\n"
                 "          250   750       ▲1500      2500\n");
    assert_string_equal(sl_test_colors(&frame, 5), "..........ddd...ddd.......aaaaa......dddd.........");
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.columns = 10, .has_selected = true, .selected = 9}, 34, 5, true);
    sl_test_rows("the last one selected", &frame,
                 "sky       ░░▒▒▓▓▓███  100\n"
                 "road      ░░░▒▒▒▓▓▓█ 75.0\n"
                 "bicyclist  ░░░░ ░░░░ 10.0\n"
                 "fence     ···▒▒▒▒▒▒▒ 30.0\n"
                 "          250      ▲2500\n");
    sl_frame_free(&frame);
    // In colours a line goes through all rows.
    frame = draw_strip((sl_heat_strip){.columns = 10, .depth = SL_DEPTH_TRUE, .has_selected = true, .selected = 5}, 50, 5, true);
    for (int y = 0; y < CLASSES; y++) {
        const sl_frame_cell *cell = &frame.cells[y * 50 + 10 + 5 * 3 + 1];
        assert_int_equal(cell->character, 0x2502);
        assert_int_equal(cell->style.background, sl_heat_color(SL_DEPTH_TRUE, iou[5 * CLASSES + y]));
        assert_int_equal(cell[1].character, ' ');
        assert_int_equal(cell[1].style.background, cell->style.background);
    }
    sl_frame_free(&frame);
    frame = draw_strip((sl_heat_strip){.columns = 10, .has_selected = true, .selected = 99}, 34, 5, true);
    assert_false(sl_test_shows(&frame, "▲")); // not there: none
    sl_frame_free(&frame);
}

static void test_strip_places(void **state) {
    // Every column of the data is drawn, in order, and the mouse finds what is drawn.
    for (int columns = 1; columns < EVALUATIONS; columns += columns < 60 ? 1 : 13)
        for (int width = 14; width < 120; width += 3) {
            sl_heat_strip strip = {.names = classes, .values = iou, .rows = CLASSES, .columns = (size_t)columns, .steps = steps};
            sl_heat_strip_layout at;
            sl_heat_strip_place(&strip, (sl_rect){3, 2, width, 6}, true, &at);
            long before = -1;
            for (int x = at.cells.x; x < at.cells.x + at.cells.width; x++) {
                long here = sl_heat_strip_at(&at, x);
                assert_true(here >= before && here < columns);
                if (columns <= at.columns) assert_true(here - before <= 1);
                before = here;
            }
            if (at.cells.width > 0) assert_int_equal(before, columns - 1);
            assert_int_equal(sl_heat_strip_at(&at, at.cells.x - 1), -1);
            assert_int_equal(sl_heat_strip_at(&at, at.cells.x + at.cells.width), -1);
        }
}

static void test_strip_sizes(void **state) {
    sl_heat_strip strip = {.title = "IoU of classes", .columns = 10, .scroll = 1};
    sl_frame frame = draw_strip(strip, 24, 4, true);
    sl_test_rows("scrolled", &frame,
                 "IoU of classes\n"
                 "road     ░░░▒▒▒▓▓▓█ 75.0\n"
                 "bicycli…  ░░░░ ░░░░ 10.0\n"
                 "2-3/4    250     2500\n");
    sl_frame_free(&frame);
    strip.worst_first = true;
    frame = draw_strip(strip, 24, 4, true);
    sl_test_rows("scrolled, worst first", &frame,
                 "IoU of classes\n"
                 "fence    ···▒▒▒▒▒▒▒ 30.0\n"
                 "road     ░░░▒▒▒▓▓▓█ 75.0\n"
                 "2-3/4    250     2500\n");
    sl_frame_free(&frame);
    frame = draw_strip(strip, 8, 3, true);
    sl_test_rows("8x3", &frame,
                 "IoU of …\n"
                 "···▒▒▒▒▒\n"
                 "250 2500\n");
    sl_frame_free(&frame);
    frame = draw_strip(strip, 3, 1, true);
    sl_test_rows("3x1", &frame, "·▒▒\n");
    sl_frame_free(&frame);
    frame = draw_strip(strip, 0, 0, true);
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ramps),       cmocka_unit_test(test_palette),         cmocka_unit_test(test_shades),
        cmocka_unit_test(test_strip),       cmocka_unit_test(test_strip_selection), cmocka_unit_test(test_strip_places),
        cmocka_unit_test(test_strip_sizes),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
