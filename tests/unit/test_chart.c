// Charts cell by cell: curves in braille and ASCII, spikes, gaps, logarithmic axes, few and impossible values, schedules.
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

static void test_curve(void **state) {
    sl_chart_line line = {.series = &rise};
    sl_chart chart = {.title = "mIoU %", .lines = &line, .count = 1, .percent = true, .best = SL_BEST_HIGH};
    sl_frame frame = draw(&chart, 44, 8, true);
    sl_test_rows("one curve", &frame,
                 "mIoU %                  best 22.0 @300  21.0\n"
                 "20┤                ⢀⣀⠤⠒◆⠉⠑⠒⠒⠢⠤⠤⠤⣀⣀⣀⣀⠤⠤⠤⠤⠤⠒⠒⠒\n"
                 "  │            ⣀⠤⠔⠊⠁\n"
                 "  │        ⢀⠤⠒⠉\n"
                 "  │     ⢀⡠⠊⠁\n"
                 "10┤  ⢀⡠⠒⠁\n"
                 "  │⡠⠔⠁\n"
                 "  └100 ──── 200 ───── 300 ───── 400 ──── 500\n");
    assert_string_equal(sl_test_colors(&frame, 0), "tttttt..................gggggggggggggg..0000");
    assert_string_equal(sl_test_colors(&frame, 1), "ddd................0000g00000000000000000000");
    sl_frame_free(&frame);
    frame = draw(&chart, 44, 8, false);
    sl_test_rows("one curve in ASCII", &frame,
                 "mIoU %                  best 22.0 @300  21.0\n"
                 "20+                 ..'@''''................\n"
                 "  |             ..''\n"
                 "  |          .''\n"
                 "  |      ..''\n"
                 "10+   ..'\n"
                 "  |.''\n"
                 "  +100 ---- 200 ----- 300 ----- 400 ---- 500\n");
    sl_frame_free(&frame);
    // Two rows for the axis where there is room; no room for the best in the title.
    chart.selected = true;
    frame = draw(&chart, 24, 16, true);
    sl_test_rows("a high chart", &frame,
                 "mIoU %              21.0\n"
                 "  │         ⢀◆⠒⠤⡀      ⣀\n"
                 "20┤        ⢀⠎   ⠈⠑⠢⠔⠒⠉⠉\n"
                 "  │       ⢀⠎\n"
                 "  │      ⢀⠎\n"
                 "  │     ⢀⠎\n"
                 "15┤    ⢀⠎\n"
                 "  │    ⡜\n"
                 "  │   ⢰⠁\n"
                 "  │  ⢀⠇\n"
                 "10┤  ⡜\n"
                 "  │ ⢰⠁\n"
                 "  │⢀⠇\n"
                 " 5┤⡜\n"
                 "  └─────┬─────────┬─────\n"
                 "       200       400\n");
    assert_int_equal(frame.cells[0].style.attributes, SL_ATTR_BOLD | SL_ATTR_REVERSE);
    sl_frame_free(&frame);
    // The least is best of a loss; of a rising one it is the first.
    chart.best = SL_BEST_LOW;
    frame = draw(&chart, 44, 5, true);
    sl_test_rows("the least is best", &frame,
                 "mIoU %                   best 5.0 @100  21.0\n"
                 "20┤             ⢀⣀⡠⠤⠔⠒⠊⠉⠉⠉⠉⠉⠑⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒\n"
                 "  │      ⣀⡠⠤⠔⠒⠊⠉⠁\n"
                 "10┤◆⠤⠔⠒⠊⠉\n"
                 "  └100 ──── 200 ───── 300 ───── 400 ──── 500\n");
    sl_frame_free(&frame);
}

static void test_spikes(void **state) {
    // One step of many was 9: the stroke of its column goes there, though its last value does not show it.
    sl_series_column columns[13];
    memcpy(columns, loss_columns, sizeof columns);
    columns[6].high = 9;
    columns[9].low = -3;
    sl_series series = {.name = "seg", .columns = columns, .count = 13};
    sl_chart_line line = {.series = &series};
    sl_chart chart = {.title = "loss", .lines = &line, .count = 1};
    sl_frame frame = draw(&chart, 40, 9, true);
    sl_test_rows("spikes", &frame,
                 "loss                              0.3000\n"
                 " │                   ⡇\n"
                 " │                   ⡇\n"
                 "5┤                   ⡇\n"
                 " │⣀⣀⣀⣀⣀              ⡇\n"
                 " │     ⠉⠉⠉⠉⠉⠉⠉⠙⠒⠒⠒⠒⠒⠒⠓⠢⠤⠤⠤⠤⠤⠤⠤⡤⠤⣀⣀⣀⣀⣀⣀⣀⣀\n"
                 "0┤                            ⡇\n"
                 " │                            ⡇\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    sl_frame_free(&frame);
    frame = draw(&chart, 40, 9, false);
    sl_test_rows("spikes in ASCII", &frame,
                 "loss                              0.3000\n"
                 " |                   :\n"
                 " |                   :\n"
                 "5+                   :\n"
                 " |.....              :\n"
                 " |     ''''''''''''''''':...............\n"
                 "0+                            :\n"
                 " |                            :\n"
                 " +0 ----------- 500 ---------- 1000 ----\n");
    sl_frame_free(&frame);
    // Smoothed, they stay behind the average.
    chart.smooth = 0.5;
    frame = draw(&chart, 40, 9, true);
    sl_test_rows("spikes behind an average", &frame,
                 "loss                              0.4664\n"
                 " │                   ⡇\n"
                 " │                   ⡇\n"
                 "5┤                   ⡇\n"
                 " │⣀⣀⣀⣀⣀              ⡇\n"
                 " │     ⠉⠉⠉⠉⠉⠉⠉⠙⠛⠒⠒⠒⠒⠒⠓⠲⠶⠶⠦⠤⠤⠤⠤⡤⠤⣤⣤⣤⣀⣀⣀⣀⣀\n"
                 "0┤                            ⡇\n"
                 " │                            ⡇\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    assert_string_equal(sl_test_colors(&frame, 1), ".d...................d..................");
    sl_frame_free(&frame);
}

static void test_gaps(void **state) {
    sl_series_column columns[13];
    memcpy(columns, loss_columns, sizeof columns);
    columns[4] = sl_test_point(400, NAN);
    columns[5] = sl_test_point(500, INFINITY);
    columns[8] = (sl_series_column){800, NAN, 1.9, NAN}; // before it became NaN there was a spike
    columns[10] = sl_test_point(1000, NAN);              // a single point is left between
    sl_series series = {.name = "seg", .columns = columns, .count = 13};
    sl_chart_line line = {.series = &series};
    sl_chart chart = {.title = "loss", .lines = &line, .count = 1};
    sl_frame frame = draw(&chart, 40, 9, true);
    sl_test_rows("gaps", &frame,
                 "loss                              0.3000\n"
                 " │⠓⠢⠤⣄⣀\n"
                 "2┤     ⠉⠹⠒⠤⢤               ⠄\n"
                 " │         ⠈\n"
                 " │                   ⠖⠤⢄⡀\n"
                 "1┤                      ⠁     ⡀\n"
                 " │                           ⠈⠃\n"
                 " │            x  x         x     x  ⠘⠑⠒⢤\n"
                 " └0 ─────────── 500 ────────── 1000 ────\n");
    assert_string_equal(sl_test_colors(&frame, 7), ".d............b..b.........b.....b..0000");
    sl_frame_free(&frame);
    // The newest value is what it is.
    series.count = 11;
    frame = draw(&chart, 40, 4, true);
    sl_test_rows("diverged", &frame,
                 "loss                                 nan\n"
                 "2┤⠋⠉⠒⠒⠖⠒⠤⢤⣀⣀⣀⣀                  ⡀\n"
                 " │           ⠈          ⢀⣀⡀\n"
                 "1┤               x   x  ⠈ ⠈⠉⠙   x  ⢀⡄  x\n");
    assert_string_equal(sl_test_colors(&frame, 0), "tttt.................................bbb");
    sl_frame_free(&frame);
}

static void test_log(void **state) {
    sl_series_column columns[9];
    for (int i = 0; i < 9; i++) columns[i] = sl_test_point(i, pow(10, -i / 2.0));
    columns[3] = sl_test_point(3, 0);
    columns[4] = sl_test_point(4, -1);
    columns[6] = (sl_series_column){6, -5, 1, 1e-3}; // a stroke that has no lower end
    sl_series series = {.name = "lr", .columns = columns, .count = 9};
    sl_chart_line line = {.series = &series};
    sl_chart chart = {.title = "rate", .lines = &line, .count = 1, .log = true};
    sl_frame frame = draw(&chart, 40, 11, true);
    sl_test_rows("logarithmic", &frame,
                 "rate log                            1e-4\n"
                 "     1┤⠑⠢⢄⡀                    ⢸\n"
                 "      │   ⠈⠑⠢⣀                 ⢸\n"
                 "   0.1┤       ⠉⠂               ⢸\n"
                 "      │                        ⢸\n"
                 "  0.01┤                        ⢸\n"
                 "      │                    ⠠⠤⠤⠤⢼\n"
                 " 0.001┤                        ⢸⣀\n"
                 "      │                        ⢸ ⠑⠢⢄\n"
                 "0.0001┤                        ⢸    ⠉⠒⠤⣀\n"
                 "      └0 ───── 2 ───── 4 ───── 6 ───── 8\n");
    sl_frame_free(&frame);
    // Nothing that a logarithmic axis could show.
    sl_series none = {.name = "zero", .columns = (sl_series_column[]){{1, 0, 0, 0}, {2, -1, -1, -1}}, .count = 2};
    line.series = &none;
    frame = draw(&chart, 30, 5, true);
    sl_test_rows("nothing positive", &frame,
                 "rate log\n"
                 "\n"
                 "         none above 0\n"
                 "\n"
                 "\n");
    sl_frame_free(&frame);
}

static void check_single(const char *what, const sl_series_column *columns, size_t count, const char *expected) {
    sl_series series = {.name = "x", .columns = columns, .count = count};
    sl_chart_line line = {.series = &series};
    sl_chart chart = {.title = "x", .lines = &line, .count = 1};
    sl_frame frame = draw(&chart, 30, 6, true);
    sl_test_rows(what, &frame, expected);
    sl_frame_free(&frame);
}

static void test_few_values(void **state) {
    check_single("no point", NULL, 0,
                 "x\n"
                 "\n"
                 "\n"
                 "        no values yet\n"
                 "\n"
                 "\n");
    check_single("one point", (sl_series_column[]){{5, 3, 3, 3}}, 1,
                 "x                            3\n"
                 " │\n"
                 " │\n"
                 "3┤             ⠈⠁\n"
                 " │\n"
                 " └───────────── 5 ────────────\n");
    check_single("constant", (sl_series_column[]){{0, 0, 0, 0}, {10, 0, 0, 0}}, 2,
                 "x                            0\n"
                 " │\n"
                 " │\n"
                 "0┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
                 " │\n"
                 " └0 ─────────── 5 ───────── 10\n");
    check_single("one NaN", (sl_series_column[]){{5, NAN, NAN, NAN}}, 1,
                 "x\n"
                 "\n"
                 "\n"
                 "         not a number\n"
                 "\n"
                 "\n");
    check_single("huge", (sl_series_column[]){{0, -1e308, -1e308, -1e308}, {9e17, 1e308, 1e308, 1e308}}, 2,
                 "x                        1e308\n"
                 " 1e300┤           ⢸\n"
                 "      │           ⢸\n"
                 "     0┤           ⡇\n"
                 "-1e300┤           ⡇\n"
                 "      └0 ─────── 5e17 ────────\n");
    check_single("tiny", (sl_series_column[]){{0, 1e-310, 1e-310, 1e-310}, {1, 3e-300, 3e-300, 3e-300}}, 2,
                 "x                       3e-300\n"
                 "      │                 ⢀⣀⠤⠔⠒⠉\n"
                 "2e-300┤           ⢀⣀⠤⠔⠒⠉⠁\n"
                 "      │     ⢀⣀⠤⠔⠒⠉⠁\n"
                 "     0┤⣀⠤⠔⠒⠉⠁\n"
                 "      └0 ─────────────────── 1\n");
    check_single("close", (sl_series_column[]){{0, 0.5, 0.5, 0.5}, {1, 0.500002, 0.500002, 0.500002}}, 2,
                 "x                       0.5000\n"
                 "0.500002┤                ⣀⡠⠔⠒⠉\n"
                 "0.500001┤          ⢀⣀⠤⠒⠊⠉\n"
                 "        │     ⣀⡠⠤⠒⠉⠁\n"
                 "0.500000┤⣀⠤⠔⠊⠉\n"
                 "        └0 ───────────────── 1\n");
    sl_chart chart = {.title = "no line"};
    sl_frame frame = draw(&chart, 30, 4, true);
    sl_test_rows("no line at all", &frame,
                 "no line\n"
                 "\n"
                 "        no values yet\n"
                 "\n");
    sl_frame_free(&frame);
    sl_chart_line line = {0}; // a line without a series
    chart.lines = &line;
    chart.count = 1;
    frame = draw(&chart, 30, 4, true);
    sl_test_rows("no series", &frame,
                 "no line\n"
                 "\n"
                 "        no values yet\n"
                 "\n");
    sl_frame_free(&frame);
}

static void test_time(void **state) {
    sl_series_column columns[4];
    for (int i = 0; i < 4; i++) columns[i] = sl_test_point(1300 * i, i * i);
    sl_series series = {.name = "x", .columns = columns, .count = 4};
    sl_chart_line line = {.series = &series};
    sl_chart chart = {.title = "by time", .lines = &line, .count = 1, .by_time = true, .has_cursor = true, .cursor = 2600};
    sl_frame frame = draw(&chart, 48, 7, true);
    sl_test_rows("by time", &frame,
                 "by time                                        4\n"
                 " │                              │          ⣀⡠⠔⠒⠉\n"
                 " │                              │    ⢀⣀⠤⠒⠊⠉\n"
                 "5┤                             ⢀⣀⡠⠤⠒⠉⠁\n"
                 " │                   ⣀⣀⡠⠤⠤⠔⠒⠒⠉⠉⠁│\n"
                 "0┤⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠊⠉⠉           │\n"
                 " └0 ────── 15m ────── 30m ─── 43:20 ────── 1h ──\n");
    sl_frame_free(&frame);
}

static void test_schedules(void **state) {
    // Declared: 0.2, from 600 on 0.4. Realised: 0.2, from 300 on 0.5 by hand; the run is at 700 of 1200.
    sl_series_column declared[] = {sl_test_point(0, 0.2), sl_test_point(600, 0.4)},
                     real[] = {sl_test_point(1, 0.2), sl_test_point(300, 0.5), sl_test_point(700, 0.5)};
    sl_series series = {.name = "threshold", .columns = real, .count = 3, .declared = declared, .declared_count = 2};
    sl_chart_line line = {.series = &series, .steps = true};
    sl_chart chart = {.title = "threshold", .lines = &line, .count = 1, .x_low = 1, .x_high = 1200, .now = 700};
    sl_frame frame = draw(&chart, 46, 9, true);
    sl_test_rows("declared and realised", &frame,
                 "threshold                               0.5000\n"
                 "0.5┤          ⢸⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁\n"
                 "   │          ⢸\n"
                 "0.4┤          ⢸         ⢀⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐\n"
                 "   │          ⢸         ⠠\n"
                 "0.3┤          ⢸         ⠐\n"
                 "   │          ⢸         ⢈\n"
                 "0.2┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸ ⡀⢀ ⡀⢀ ⡀⢀⠠\n"
                 "   └─────────────── 500 ─────────── 1000 ─────\n");
    assert_string_equal(sl_test_colors(&frame, 1), "dddd..........000000000000000.................");
    assert_string_equal(sl_test_colors(&frame, 3), "dddd..........0.........ddd.dd.dd.dd.dd.dd.dd.");
    sl_frame_free(&frame);
    frame = draw(&chart, 46, 9, false);
    sl_test_rows("declared and realised in ASCII", &frame,
                 "threshold                               0.5000\n"
                 "0.5+          :''''''''''''''\n"
                 "   |          :\n"
                 "0.4+          :         ----------------------\n"
                 "   |          :         -\n"
                 "0.3+          :         -\n"
                 "   |          :         -\n"
                 "0.2+..........:----------\n"
                 "   +--------------- 500 ----------- 1000 -----\n");
    sl_frame_free(&frame);
    // Without a present the value holds to the right end.
    chart.now = 0;
    frame = draw(&chart, 46, 9, true);
    sl_test_rows("held to the end", &frame,
                 "threshold                               0.5000\n"
                 "0.5┤          ⢸⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
                 "   │          ⢸\n"
                 "0.4┤          ⢸         ⢀⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐ ⠂⠐\n"
                 "   │          ⢸         ⠠\n"
                 "0.3┤          ⢸         ⠐\n"
                 "   │          ⢸         ⢈\n"
                 "0.2┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣸ ⡀⢀ ⡀⢀ ⡀⢀⠠\n"
                 "   └─────────────── 500 ─────────── 1000 ─────\n");
    sl_frame_free(&frame);
    // Before the first step there is what is declared.
    series.count = 0;
    frame = draw(&chart, 46, 7, true);
    sl_test_rows("declared alone", &frame,
                 "threshold\n"
                 "0.4┤                    ⢈ ⠁⠈ ⠁⠈ ⠁⠈ ⠁⠈ ⠁⠈ ⠁⠈ ⠁⠈\n"
                 "   │                    ⠠\n"
                 "0.3┤                    ⠐\n"
                 "   │                    ⢈\n"
                 "0.2┤⡀⢀ ⡀⢀ ⡀⢀ ⡀⢀ ⡀⢀ ⡀⢀ ⡀⢀⠠\n"
                 "   └─────────────── 500 ─────────── 1000 ─────\n");
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curve),     cmocka_unit_test(test_spikes),     cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_log),       cmocka_unit_test(test_few_values), cmocka_unit_test(test_time),
        cmocka_unit_test(test_schedules),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
