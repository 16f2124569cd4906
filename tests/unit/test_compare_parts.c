// What the Compare screen is made of: means over curves, colours that stay, where its parts stand, texts with tables.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "tests/support/model_compare.h"
#include "ui/tui/chart/chart.h"
#include "ui/tui/screens/compare_lines.h"
#include "ui/tui/screens/compare_mean.h"
#include "ui/tui/screens/compare_place.h"
#include "ui/tui/screens/report_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- means ------------------------------------------------------------------------------------------------------------------

#define POINT(at, value) \
    { at, value, value, value }

static void assert_column(const sl_series_column *column, double x, double value) {
    if (column->x != x || !(fabs(column->last - value) < 1e-12 || (isnan(value) && isnan(column->last))))
        fail_msg("%g at %g, expected %g at %g", column->last, column->x, value, x);
}

static void test_mean(void **state) {
    static const sl_series_column a[] = {POINT(1, 1), POINT(2, 2), POINT(4, 4), POINT(8, 8)},
                                  b[] = {POINT(1, 3), POINT(3, 5), POINT(4, NAN)}, c[] = {POINT(4, 10)};
    const sl_series one = {.name = "seg", .columns = a, .count = 4}, two = {.name = "seg", .columns = b, .count = 3},
                    three = {.name = "seg", .columns = c, .count = 1}, none = {.name = "seg"};
    const sl_series *const of[] = {&three, &two, &none, &one};
    sl_arena arena = {0};
    sl_series_column *band;
    sl_series *mean = sl_compare_mean(&arena, of, 4, false, 0, &band);
    assert_non_null(mean);
    assert_string_equal(mean->name, "seg");
    assert_int_equal(mean->count, 4);
    assert_column(&mean->columns[0], 1, 2); // 1 and 3
    assert_column(&mean->columns[1], 2, 3); // 2 and 4, which lies between 3 and 5
    assert_column(&mean->columns[2], 4, 7); // 4 and 10; what is no number does not count
    assert_column(&mean->columns[3], 8, 8); // the others have ended
    assert_true(band[0].low == 1 && band[0].high == 3);
    assert_true(band[1].low == 2 && band[1].high == 4);
    assert_true(band[2].low == 4 && band[2].high == 10);
    assert_true(band[3].low == 8 && band[3].high == 8);
    mean = sl_compare_mean(&arena, of, 4, true, 0, &band);
    assert_true(fabs(band[0].high - (2 + sqrt(2))) < 1e-12 && fabs(band[0].low - (2 - sqrt(2))) < 1e-12);
    assert_true(band[3].low == 8 && band[3].high == 8);
    // The band is averaged as the chart averages the line.
    mean = sl_compare_mean(&arena, of, 4, false, 0.5, &band);
    assert_column(&mean->columns[1], 2, 3);
    sl_smoother low = {0}, high = {0};
    sl_smoother_next(&low, 0.5, 1);
    sl_smoother_next(&high, 0.5, 3);
    assert_true(band[1].low == sl_smoother_next(&low, 0.5, 2) && band[1].high == sl_smoother_next(&high, 0.5, 4));
    // Nothing at all.
    const sl_series *const empty[] = {&none, &none};
    mean = sl_compare_mean(&arena, empty, 2, false, 0, &band);
    assert_int_equal(mean->count, 0);
    sl_arena_free(&arena);
}

// ---- lines ------------------------------------------------------------------------------------------------------------------

static void test_lines(void **state) {
    static sl_compare_set set;
    static sl_line_colors colors;
    sl_snapshot *model = sl_test_compared(7); // cells of 3, 3, 1
    assert_true(sl_compare_has_cells(model));
    assert_true(sl_compare_make(&set, model, SL_COMPARE_RANGE, 0, &colors));
    assert_int_equal(set.count, 3);
    assert_string_equal(set.lines[1].label, "T=.1 1/8");
    assert_int_equal(set.lines[1].count, 3);
    assert_int_equal(set.lines[2].count, 1);
    assert_int_equal(set.members[set.lines[1].first]->run.id, 4);
    assert_true(set.low == 12 && set.high == 1200);
    // Which charts, in which order: no learning rate, which all have alike.
    const char *expected[] = {"miou", "seg", "semi", "kept", "D", "option.method.threshold"};
    assert_int_equal(set.chart_count, 6);
    for (int i = 0; i < 6; i++) assert_string_equal(set.charts[i].key, expected[i]);
    assert_int_equal(set.charts[2].chart.count, 2); // the first cell has no semi
    assert_int_equal(set.made[2].line_of[0], 1);
    assert_int_equal(set.charts[0].chart.lines[1].band_count, 8);
    assert_int_equal(set.charts[0].chart.lines[2].band_count, 0); // of a single run
    // A line that is picked lies on the others.
    sl_compare_pick(&set, set.lines[0].key);
    assert_int_equal(set.made[0].line_of[2], 0);
    assert_int_equal(set.made[0].line_of[0], 1);
    assert_int_equal(set.charts[0].chart.lines[0].band_count, 0);
    assert_int_equal(set.charts[0].chart.lines[2].band_count, 8);
    sl_compare_pick(&set, 0);
    assert_int_equal(set.made[0].line_of[2], 2);
    // Runs of cells.
    assert_int_equal(sl_compare_line_of(&set, (const int64_t[]){4, 6}, 2), 1);
    assert_int_equal(sl_compare_line_of(&set, (const int64_t[]){4, 99}, 2), 1);
    assert_int_equal(sl_compare_line_of(&set, (const int64_t[]){3, 4}, 2), -1);
    assert_int_equal(sl_compare_line_of(&set, (const int64_t[]){99}, 1), -1);
    // A line for each run.
    assert_true(sl_compare_make(&set, model, SL_COMPARE_RUNS, 0, &colors));
    assert_int_equal(set.count, 7);
    assert_int_equal(set.charts[0].chart.count, 7);
    assert_true(sl_compare_make(&set, NULL, SL_COMPARE_RUNS, 0, &colors));
    assert_int_equal(set.count, 0);
    sl_compare_free(&set);
}

// ---- colours ----------------------------------------------------------------------------------------------------------------

static void test_colors(void **state) {
    static sl_line_colors colors;
    uint64_t keys[SL_LINES_MOST];
    int out[SL_LINES_MOST];
    sl_line_colors_give(&colors, (const uint64_t[]){10, 20, 30}, 3, out);
    assert_true(out[0] == 0 && out[1] == 1 && out[2] == 2);
    // One goes and another comes: it does not take what may be asked back.
    sl_line_colors_give(&colors, (const uint64_t[]){40, 30, 10}, 3, out);
    assert_true(out[0] == 3 && out[1] == 2 && out[2] == 0);
    sl_line_colors_give(&colors, (const uint64_t[]){20, 40}, 2, out);
    assert_true(out[0] == 1 && out[1] == 3);
    // More than there are colours: all different places.
    for (int round = 0; round < 300; round++) {
        bool taken[SL_LINES_MOST] = {false};
        size_t count = (size_t)(round * 7 % SL_LINES_MOST) + 1;
        for (size_t i = 0; i < count; i++) keys[i] = (uint64_t)(1000 + (round * 13 + (int)i * (round % 5 + 1)) % 900);
        sl_line_colors_give(&colors, keys, count, out);
        for (size_t i = 0; i < count; i++) {
            bool again = false; // keys of this test may come twice
            for (size_t k = 0; k < i; k++) again = again || keys[k] == keys[i];
            if (again) continue;
            assert_in_range(out[i], 0, SL_LINES_MOST - 1);
            assert_false(taken[out[i]]);
            taken[out[i]] = true;
        }
        int same[SL_LINES_MOST];
        sl_line_colors_give(&colors, keys, count, same);
        assert_memory_equal(out, same, count * sizeof *out);
        assert_true(colors.count <= SL_LINES_KNOWN);
    }
    // Few lines have colours that are really different, whatever was before.
    sl_line_colors_give(&colors, (const uint64_t[]){1, 2, 3, 4, 5, 6, 7, 8}, 8, out);
    for (int i = 0; i < 8; i++) assert_in_range(out[i], 0, 7);
}

// ---- places -----------------------------------------------------------------------------------------------------------------

static bool inside(sl_rect part, sl_rect area) {
    return part.width == 0 || part.height == 0 ||
           (part.x >= area.x && part.y >= area.y && part.x + part.width <= area.x + area.width &&
            part.y + part.height <= area.y + area.height);
}

static void test_places(void **state) {
    int places = 0;
    for (int width = 60; width <= 240; width += 4)
        for (int height = 14; height <= 80; height += 3)
            for (int lines = 1; lines <= 64; lines += 9)
                for (int rows = 1; rows <= 60; rows += 7)
                    for (int parts = 0; parts < SL_COMPARE_PARTS; parts++) {
                        sl_rect area = {0, 1, width, height};
                        sl_compare_amounts amounts = {lines, 12 + lines, rows, (sl_compare_parts)parts};
                        sl_compare_layout at;
                        sl_compare_place(area, &amounts, &at);
                        const sl_rect all[] = {at.charts, at.legend, at.rule, at.table, at.border};
                        for (int i = 0; i < 5; i++) {
                            assert_true(inside(all[i], area));
                            for (int k = 0; k < i; k++) {
                                sl_rect common = sl_rect_common(all[i], all[k]);
                                assert_true(common.width <= 0 || common.height <= 0);
                            }
                        }
                        if (parts != SL_COMPARE_TABLE) assert_true(at.charts.height >= 6 && at.charts.width >= 40);
                        if (parts == SL_COMPARE_BOTH) assert_true(at.table.height >= (rows < 4 ? rows : 4));
                        assert_int_equal(at.beside, parts != SL_COMPARE_TABLE && width >= 100);
                        places++;
                    }
    printf("placed %d times\n", places);
}

// ---- texts ------------------------------------------------------------------------------------------------------------------

static sl_frame frame;
static sl_report_view view;

static void show(const sl_report *report, int width, int height, const sl_report_looks *looks) {
    assert_ok(sl_frame_resize(&frame, width, height));
    sl_report_view_draw(&view, &frame, (sl_rect){0, 0, width, height}, report, looks);
}

static bool sign(void *user, const sl_report_cell *cell, uint32_t *character, sl_style *style) {
    if (cell->run_count == 0) return false;
    *character = (uint32_t)('A' + cell->runs[0] - 1);
    *style = (sl_style){0};
    return true;
}

static void test_sentences(void **state) {
    const sl_report report = {.text = "a sentence of some words that go on\n\nnext  in  columns that are not wrapped\nx"};
    frame.utf8 = true;
    view = (sl_report_view){0};
    show(&report, 16, 10, NULL);
    static const char *const rows[] = {"a sentence of", "  some words", "  that go on", "", "next  in  colum\u2026", "x", ""};
    for (int i = 0; i < 7; i++) assert_string_equal(sl_test_row(&frame, i), rows[i]);
    assert_int_equal(view.rows, 6);
    assert_int_equal(sl_report_view_rows(&report, 16, true, NULL), 6);
    // A word that is too long is cut; wide characters count twice.
    const sl_report wide = {
        .text = "\u6708\u5149\u6708\u5149\u6708\u5149\u6708 \u5149\u6708\u5149 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b"};
    show(&wide, 16, 10, NULL);
    assert_string_equal(sl_test_row(&frame, 0), "\u6708\u5149\u6708\u5149\u6708\u5149\u6708");
    assert_string_equal(sl_test_row(&frame, 1), "  \u5149\u6708\u5149");
    assert_string_equal(sl_test_row(&frame, 2), "  aaaaaaaaaaaaa\u2026");
    assert_string_equal(sl_test_row(&frame, 3), "  b");
}

static void test_table(void **state) {
    char text[] = "caption\nname  \1\2title     \1\2other\n\u6708\u5149  \1"
                  "1\2"
                  "1 \u00B1 2  \1"
                  "2\2-\nlonger name  \1"
                  "3\2x  \1"
                  "4\2y\nnote";
    sl_report report = sl_test_report(SL_REPORT_COMPARE, text);
    const sl_report_looks looks = {NULL, sign, NULL};
    frame.utf8 = true;
    view = (sl_report_view){0};
    show(&report, 40, 6, &looks);
    static const char *const rows[] = {
        "caption", "name           title    other", "\u6708\u5149         A 1 \u00B1 2  B -", "longer name  C x      D y", "note",
        ""};
    for (int i = 0; i < 6; i++) assert_string_equal(sl_test_row(&frame, i), rows[i]);
    // In ASCII a sign may take more columns; the columns stay in line.
    frame.utf8 = false;
    show(&report, 40, 6, &looks);
    assert_string_equal(sl_test_row(&frame, 1), "name           title     other");
    assert_string_equal(sl_test_row(&frame, 2), "????         A 1 +- 2  B -");
    frame.utf8 = true;
    // Scrolled, both ways, as far as there is something.
    show(&report, 20, 3, &looks);
    sl_report_view_scroll(&view, 100, 100);
    show(&report, 20, 3, &looks);
    assert_string_equal(sl_test_row(&frame, 2), "note");
    assert_string_equal(sl_test_row(&frame, 1), "me  C x      D y");
    char words[32];
    sl_report_view_words(&view, words, sizeof words);
    assert_string_equal(words, "3-5 of 5");
    sl_report_view_scroll(&view, -100, -100);
    assert_true(view.top == 0 && view.left == 0);
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mean),   cmocka_unit_test(test_lines),     cmocka_unit_test(test_colors),
        cmocka_unit_test(test_places), cmocka_unit_test(test_sentences), cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
