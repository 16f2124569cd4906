// Charts of several lines cell by cell: areas around them, averages, the cursor, legends, no colours; and charts in any area.
#include "tests/support/cells.h"
#include "tests/support/cmocka.h"
#include "tests/support/curves.h"
#include "ui/tui/chart/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static sl_series_column loss_columns[SL_TEST_LOSS], rise_columns[SL_TEST_RISE];
static sl_series loss, rise;

static int prepare(void **state) {
    loss = sl_test_loss(loss_columns);
    rise = sl_test_rise(rise_columns);
    return 0;
}

static sl_frame draw(const sl_chart *chart, int width, int height, bool utf8) {
    sl_frame frame = sl_test_blank(width, height, utf8);
    sl_chart_draw(&frame, (sl_rect){0, 0, width, height}, chart);
    return frame;
}

static void test_bands(void **state) {
    sl_series_column band[13];
    for (int i = 0; i < 13; i++) band[i] = (sl_series_column){100 * i, loss_columns[i].last - 0.4, loss_columns[i].last + 0.4, 0};
    band[7].high = NAN; // seeds are lacking
    sl_chart_line lines[2] = {{.series = &loss, .label = "mean of 3", .band = band, .band_count = 13},
                              {.series = &loss, .color = 1}};
    sl_chart chart = {.title = "loss", .lines = lines, .count = 1};
    sl_frame frame = draw(&chart, 40, 10, true);
    sl_test_rows("spread over seeds", &frame,
                 "loss                              0.3000\n"
                 " │⠡⠠⠠⠠\n"
                 " │⠫⠳⠣⡥⣡⣡⠡⠡⠠⠠⠠\n"
                 "2┤⠁⠡⠡⠡⠡⠡⠹⠩⠳⢳⠥⣡⣡⠡⠡⠠⠠⠠\n"
                 " │     ⠁⠁⠁⠡⠡⠡⠡⠩⠩⠳⠳⠥⢥⣡⡀\n"
                 "1┤            ⠁⠁⠁⠡⠡⠡⠡⠉⠑⠒⠖⠤⢄⣡⡡⠡⠠⠠⠠\n"
                 " │                         ⠡⠩⠩⠷⠳⠥⢥⣡⠡⠡⠠⠠⠠\n"
                 " │                         ⠁⠁⠁⠡⠡⠡⠡⠡⠩⠹⠳⠥⢥\n"
                 "0┤                                ⠁⠁⠁⠡⠡⠡\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    assert_string_equal(sl_test_colors(&frame, 2), ".d000000ddddd..........................."); // a single one is dim
    sl_frame_free(&frame);
    frame = draw(&chart, 40, 10, false);
    sl_test_rows("spread over seeds in ASCII", &frame,
                 "loss                              0.3000\n"
                 " |.\n"
                 " |*****. .\n"
                 "2+. . .******** .\n"
                 " |     . . . .********\n"
                 "1+            . . . .******** .\n"
                 " |                         * ******. .\n"
                 " |                          . . . .*****\n"
                 "0+                                 . . .\n"
                 " +0 ----------- 500 ---------- 1000 ----\n");
    sl_frame_free(&frame);
    chart.count = 2;
    frame = draw(&chart, 40, 10, true);
    assert_non_null(strchr(sl_test_colors(&frame, 3), '0')); // of several each has its colour
    sl_frame_free(&frame);
}

static void test_smoothing(void **state) {
    sl_smoother smoother = {0};
    assert_float_equal(sl_smoother_next(&smoother, 0.9, 4), 4, 1e-12); // not 0.4: no bias to the beginning
    assert_float_equal(sl_smoother_next(&smoother, 0.9, 4), 4, 1e-12);
    assert_float_equal(sl_smoother_next(&smoother, 0.9, 1), (0.9 * 0.9 * 4 + 0.9 * 4 + 1) / (0.9 * 0.9 + 0.9 + 1), 1e-12);
    double before = smoother.sum;
    assert_true(isnan(sl_smoother_next(&smoother, 0.9, NAN)));
    assert_float_equal(smoother.sum, before, 0);
    smoother = (sl_smoother){0};
    assert_float_equal(sl_smoother_next(&smoother, 0, 3), 3, 0);
    assert_float_equal(sl_smoother_next(&smoother, 0, 5), 5, 0);
    // Title and axis are of the averages where there are several lines.
    sl_series_column columns[9];
    for (int i = 0; i < 9; i++) columns[i] = sl_test_point(i, i % 2 ? 3 : 1);
    sl_series series = {.name = "a", .columns = columns, .count = 9};
    sl_chart_line lines[2] = {{.series = &series}, {.series = &series, .label = "b", .color = 1}};
    sl_chart chart = {.title = "t", .lines = lines, .count = 2, .smooth = 0.9, .y_low = 1, .y_high = 3};
    sl_frame frame = draw(&chart, 40, 7, true);
    sl_test_rows("averages", &frame,
                 "t  ━ a 1.881  ━ b 1.881\n"
                 "3┤\n"
                 " │\n"
                 "2┤   ⢀⠔⠢⢄⣀   ⢀⡠⠔⠒⠢⠤⠤⣀⣀⡠⠤⠔⠒⠒⠤⠤⣀⣀⡠⠤⠤⠒⠒⠢⠤⢄⣀\n"
                 " │  ⡰⠁    ⠉⠒⠊⠁\n"
                 "1┤⡠⠊\n"
                 " └0 ────── 2 ─────── 4 ────── 6 ────── 8\n");
    sl_frame_free(&frame);
}

static void test_cursor(void **state) {
    sl_chart_line lines[2] = {{.series = &loss}, {.series = &rise, .color = 1}};
    sl_chart chart = {.title = "both", .lines = lines, .count = 2, .has_cursor = true, .cursor = 312};
    sl_frame frame = draw(&chart, 48, 9, true);
    sl_test_rows("values at the cursor", &frame,
                 "both  ━ seg 1.800  ━ miou 0.2200\n"
                 " │⠓⠒⠤⠤⣄⣀      │\n"
                 "2┤      ⠉⠙⠑⠒⠢⢤⢄⣀⡀\n"
                 " │            │ ⠈⠋⠒⠒⠤⡤⣀⣀\n"
                 " │            │         ⠉⠋⠒⠒⢤⢄⣀⡀\n"
                 "1┤            │                ⠈⠙⠑⠒⠢⡤⣀⣀\n"
                 " │            │                        ⠉⠋⠒⠒⢤⠤⢄⣀⣀\n"
                 " │    ⣀⣀⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠂                         ⠘\n"
                 " └0 ──────── 312 ── 500 ───────────── 1000 ─────\n"); // the ticks that its step would touch are left out
    assert_string_equal(sl_test_colors(&frame, 8), ".dd.dddddddd.aaa.dd.ddd.ddddddddddddd.dddd.ddddd");
    sl_frame_free(&frame);
    // A cursor where nothing is drawn reads the nearest value, one that is no number the newest.
    chart.cursor = 1e9;
    frame = draw(&chart, 48, 6, true);
    sl_test_rows("a cursor outside", &frame,
                 "both  ━ seg 0.3000  ━ miou 0.2100\n"
                 "2┤⠋⠉⠒⠒⠖⠒⠤⢤⠤⢄⣀⣀\n"
                 " │           ⠈⠉⠉⠉⠓⠒⠒⠒⠦⠤⣀⣀⣀⣀\n"
                 "1┤                         ⠉⠉⠉⠑⠒⠒⠒⠢⠤⠤⠤⣀⣀⣀⣀\n"
                 " │    ⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠄                  ⠁ ⠉⠙⠉⠑⠒⠲\n"
                 " └0 ─────────────── 500 ───────────── 1000 ─────\n");
    sl_frame_free(&frame);
    chart.cursor = NAN;
    frame = draw(&chart, 48, 6, true);
    sl_test_rows("a cursor nowhere", &frame,
                 "both  ━ seg 0.3000  ━ miou 0.2100\n"
                 "2┤⠋⠉⠒⠒⠖⠒⠤⢤⠤⢄⣀⣀\n"
                 " │           ⠈⠉⠉⠉⠓⠒⠒⠒⠦⠤⣀⣀⣀⣀\n"
                 "1┤                         ⠉⠉⠉⠑⠒⠒⠒⠢⠤⠤⠤⣀⣀⣀⣀\n"
                 " │    ⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠄                  ⠁ ⠉⠙⠉⠑⠒⠲\n"
                 " └0 ─────────────── 500 ───────────── 1000 ─────\n");
    sl_frame_free(&frame);
    // A line of steps is read where the cursor is: the value that holds there.
    sl_series_column steps[] = {sl_test_point(0, 1), sl_test_point(100, 2)};
    sl_series series = {.name = "s", .columns = steps, .count = 2};
    sl_chart_line held = {.series = &series, .steps = true};
    chart = (sl_chart){.title = "held", .lines = &held, .count = 1, .has_cursor = true, .cursor = 90};
    frame = draw(&chart, 30, 5, true);
    sl_test_rows("what holds at the cursor", &frame,
                 "held                         1\n"
                 "2.0┤                       │ ⢸\n"
                 "1.5┤                       │ ⢸\n"
                 "1.0┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸\n"
                 "   └0 ───────── 50 ────── 90 ─\n");
    sl_frame_free(&frame);
}

static void test_cursor_places(void **state) {
    sl_chart_line line = {.series = &loss};
    sl_chart chart = {.title = "x", .lines = &line, .count = 1, .has_cursor = true};
    for (int utf8 = 0; utf8 < 2; utf8++)
        for (int width = 3; width < 90; width++) {
            sl_chart_layout at;
            sl_frame frame = sl_test_blank(width, 8, utf8);
            sl_chart_place(&chart, (sl_rect){0, 0, width, 8}, utf8, &at);
            for (int column = at.plot.x; column < at.plot.x + at.plot.width; column++) {
                // The step of a column is drawn in that column.
                chart.cursor = sl_chart_x_at(&at, column);
                if (at.plot.width > 1) assert_true(chart.cursor >= 0 && chart.cursor <= 1200);
                sl_chart_draw(&frame, (sl_rect){0, 0, width, 8}, &chart);
                int seen = 0;
                for (int y = at.plot.y; y < at.plot.y + at.plot.height; y++)
                    seen += frame.cells[y * width + column].style.foreground == SL_COLOR_ACCENT;
                if (seen < 3) fail_msg("%d wide: the cursor of column %d is not there", width, column);
            }
            sl_frame_free(&frame);
        }
    assert_int_equal(sl_series_nearest(&loss, 349), 3);
    assert_int_equal(sl_series_nearest(&loss, 351), 4);
    assert_int_equal(sl_series_nearest(&loss, -5), 0);
    assert_int_equal(sl_series_nearest(&loss, INFINITY), 12);
    assert_int_equal(sl_series_nearest(&loss, NAN), -1);
    assert_int_equal(sl_series_nearest(NULL, 1), -1);
    sl_series none = {0};
    assert_int_equal(sl_series_nearest(&none, 1), -1);
}

static void test_legends(void **state) {
    static const char *const labels[] = {"seg", "semi", "D labeled", "D unlabeled", "ground truth", "月光"};
    sl_chart_line lines[6];
    for (int i = 0; i < 6; i++) lines[i] = (sl_chart_line){.series = i % 2 ? &rise : &loss, .label = labels[i], .color = i};
    sl_chart chart = {.title = "losses", .lines = lines, .count = 2};
    sl_frame frame = draw(&chart, 40, 6, true);
    sl_test_rows("beside the title", &frame,
                 "losses  ━ seg 0.3000  ━ semi 0.2100\n"
                 "2┤⠋⠑⠒⠖⠒⠤⢤⠤⣀⣀\n"
                 " │         ⠈⠉⠉⠙⠒⠒⠲⠤⢄⣀⣀⡀\n"
                 "1┤                    ⠈⠉⠉⠑⠒⠒⠢⠤⠤⠤⣀⣀⣀\n"
                 " │   ⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤               ⠈ ⠉⠙⠉⠒⠲\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    assert_string_equal(sl_test_colors(&frame, 0), "tttttt..0.....000000..1......111111.....");
    sl_frame_free(&frame);
    chart.count = 6;
    frame = draw(&chart, 48, 12, true);
    sl_test_rows("rows of its own", &frame,
                 "losses\n"
                 "━ seg 0.3000  ━ semi 0.2100  ━ D labeled 0.3000\n"
                 "━ D unlabeled 0.2100  ━ ground truth 0.3000\n"
                 "━ 月光 0.2100\n"
                 " │⠓⠒⠤⠤⣄⣀\n"
                 "2┤      ⠉⠙⠑⠒⠢⢤⢄⣀⡀\n"
                 " │              ⠈⠋⠒⠒⠤⡤⣀⣀\n"
                 " │                      ⠉⠋⠒⠒⢤⢄⣀⡀\n"
                 "1┤                             ⠈⠙⠑⠒⠢⡤⣀⣀\n"
                 " │                                     ⠉⠋⠒⠒⢤⠤⢄⣀⣀\n"
                 " │    ⣀⣀⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠂                         ⠘\n"
                 " └0 ─────────────── 500 ───────────── 1000 ─────\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 40, 6, true);
    sl_test_rows("more than there is room for", &frame,
                 "losses\n"
                 "━ seg 0.3000  ━ semi 0.2100  +4\n"
                 "2┤⠉⠑⠒⠒⠒⠤⠤⠤⠤⢤⣀⣀⣀⣀\n"
                 "1┤              ⠉⠉⠉⠑⠒⠒⠢⠤⠤⠤⠤⣄⣀⣀⣀⣀\n"
                 " │   ⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤              ⠉⠉⠉⠒⠒⠒⠤⠤\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    sl_frame_free(&frame);
    chart.quiet = true;
    frame = draw(&chart, 40, 6, true);
    sl_test_rows("no legend", &frame,
                 "losses\n"
                 "2┤⠋⠑⠒⠖⠒⠤⢤⠤⣀⣀\n"
                 " │         ⠈⠉⠉⠙⠒⠒⠲⠤⢄⣀⣀⡀\n"
                 "1┤                    ⠈⠉⠉⠑⠒⠒⠢⠤⠤⠤⣀⣀⣀\n"
                 " │   ⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤               ⠈ ⠉⠙⠉⠒⠲\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    sl_frame_free(&frame);
}

static void test_without_colors(void **state) {
    sl_series_column flat[2] = {sl_test_point(0, 1.2), sl_test_point(1200, 1.2)},
                     close[2] = {sl_test_point(0, 1), sl_test_point(1200, 1.15)};
    sl_series second = {.name = "flat", .columns = flat, .count = 2}, third = {.name = "close", .columns = close, .count = 2};
    sl_chart_line lines[3] = {{.series = &loss}, {.series = &second, .color = 1}, {.series = &third, .color = 2}};
    sl_chart chart = {.title = "three", .lines = lines, .count = 3, .letters = true};
    sl_frame frame = draw(&chart, 44, 12, true);
    sl_test_rows("letters and broken lines", &frame,
                 "three\n"
                 "A seg 0.3000  B flat 1.200  C close 1.150\n"
                 " │⠗⠤⠤⣀\n"
                 "2┤   ⠈⠑⠒⠢⡤⣀⣀\n"
                 " │          ⠹⠢⠤⢄⡀\n"
                 " │              ⠋⠒⠒⢤⡀\n"
                 " │⣀⣀ ⣀⣀ ⣀⣀ ⣀⣀ ⣀⣀ ⣀⣀⠈⣈⣉⠑⣖⣤⢄⣀⣀ ⣀⣀ ⣀⣀ ⣀⣀ ⣀⣀ ⣀⣀B\n"
                 "1┤⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠋⠒⠒⢦⡂⠂⠂⠂⠁⠁⠁⠁⠁⠁⠁⠁⠁C\n"
                 " │                           ⠈⠈⠉⠑⡦⣀⣀\n"
                 " │                                  ⠙⠢⠤⢄⣀\n"
                 " │                                      ⠁⠉⠉A\n"
                 " └0 ───────────── 500 ─────────── 1000 ─────\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 44, 12, false);
    sl_test_rows("a character for each", &frame,
                 "three\n"
                 "* seg 0.3000  + flat 1.200  o close 1.150\n"
                 " |****\n"
                 "2+   ******\n"
                 " |       * ******\n"
                 " |              *****\n"
                 " |++++++++++++++++++++++++++++++++++++++++++\n"
                 "1+oooooooooooooooooooooooooooooooooooooooooo\n"
                 " |                           * ******\n"
                 " |                                  ******\n"
                 " |                                      * **\n"
                 " +0 ------------- 500 ----------- 1000 -----\n");
    sl_frame_free(&frame);
}

static void test_small_areas(void **state) {
    sl_chart_line line = {.series = &loss};
    sl_chart chart = {.title = "loss", .lines = &line, .count = 1};
    sl_frame frame = draw(&chart, 8, 3, true);
    sl_test_rows("8x3", &frame,
                 "loss 0.3\n"
                 "⠑⠒⠤⣀⡀\n"
                 "    ⠈⠓⠤⢄\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 12, 5, true);
    sl_test_rows("12x5", &frame,
                 "loss  0.3000\n"
                 "┤⠓⠢⢄⣀\n"
                 "┤   ⠈⠙⠲⣄⡀\n"
                 "│       ⠉⠑⠢⢤\n"
                 "└0 ──── 1000\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 9, 1, true);
    sl_test_rows("9x1", &frame, "⠉⠙⠒⠒⠒⠤⠤⢄⣀\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 1, 1, true);
    sl_test_rows("1x1", &frame, "⢳\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 0, 0, true);
    sl_frame_free(&frame);
}

static void test_areas(void **state) {
    enum { WIDTH = 46, HEIGHT = 10 };
    sl_chart_line lines[2] = {{.series = &loss}, {.series = &rise, .color = 1}};
    sl_chart chart = {.title = "both", .lines = lines, .count = 2, .letters = true, .has_cursor = true, .cursor = 500};
    sl_frame whole = draw(&chart, WIDTH, HEIGHT, true), frame = sl_test_blank(60, 14, true);
    for (int x = -WIDTH; x <= 60; x += 7)
        for (int y = -HEIGHT; y <= 14; y += 3) {
            sl_rect area = {x, y, WIDTH, HEIGHT};
            sl_frame_clear(&frame);
            sl_chart_draw(&frame, area, &chart);
            assert_true(sl_test_clean_outside(&frame, area));
            for (int row = 0; row < HEIGHT; row++)
                for (int column = 0; column < WIDTH; column++) {
                    int fx = x + column, fy = y + row;
                    if (fx < 0 || fy < 0 || fx >= frame.width || fy >= frame.height) continue;
                    uint32_t here = frame.cells[fy * frame.width + fx].character,
                             there = whole.cells[row * WIDTH + column].character;
                    bool cut = here == 0x2026 || here == ' '; // where text meets the frame's edge
                    if (here != there && !cut) fail_msg("at %d,%d: U+%04x, not U+%04x", x, y, here, there);
                }
        }
    sl_frame_free(&whole);
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands),         cmocka_unit_test(test_smoothing), cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_cursor_places), cmocka_unit_test(test_legends),   cmocka_unit_test(test_without_colors),
        cmocka_unit_test(test_small_areas),   cmocka_unit_test(test_areas),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
