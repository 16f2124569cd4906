// What a confusion matrix says, against counting by hand; what heat does for one; where the parts of the Confusion screen stand;
// and sentences over several rows.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/chart/heat.h"
#include "ui/tui/chart/matrix.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/words.h"
#include "ui/tui/screens/confusion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void near(double a, double b) {
    if (!(fabs(a - b) <= 1e-12)) fail_msg("%.17g is not %.17g", a, b);
}

static const int64_t counts[] = {80, 15, 5, 0, 0, 0, 10, 0, 30}; // the second class never occurs

static void test_numbers(void **state) {
    sl_matrix matrix = {counts, 3};
    sl_matrix_class classes[3];
    double values[9];
    near(sl_matrix_classes(matrix, classes), (80.0 / 110 + 0 + 30.0 / 45) / 3);
    near(classes[0].truth, 100);
    near(classes[0].predicted, 90);
    near(classes[0].iou, 80.0 / 110);
    near(classes[0].precision, 80.0 / 90);
    near(classes[0].recall, 0.8);
    near(classes[1].iou, 0); // predicted, but never right
    near(classes[1].precision, 0);
    assert_true(isnan(classes[1].recall));
    sl_matrix_values(matrix, classes, SL_MATRIX_OF_TRUTH, values);
    near(values[1], 0.15);
    near(values[6], 0.25);
    assert_true(isnan(values[3]));
    sl_matrix_values(matrix, classes, SL_MATRIX_OF_PREDICTION, values);
    near(values[6], 10.0 / 90);
    near(values[1], 1);
    sl_matrix_values(matrix, classes, SL_MATRIX_OF_MOST, values);
    near(values[0], 1);
    near(values[3], 0);
    assert_true(values[1] > 0.5 && values[1] < 1);
    // Nothing at all, and what no evaluation counts.
    int64_t none[4] = {0, -5, 0, 0}, huge[4] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    assert_true(isnan(sl_matrix_classes((sl_matrix){none, 2}, classes)));
    near(sl_matrix_classes((sl_matrix){huge, 2}, classes), 1.0 / 3);
    assert_true(isnan(sl_matrix_classes((sl_matrix){none, 0}, classes)));
}

static void test_pairs(void **state) {
    sl_matrix matrix = {counts, 3};
    sl_matrix_class classes[3];
    sl_matrix_pair pairs[9];
    sl_matrix_classes(matrix, classes);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_TRUTH, SL_MATRIX_ANY, SL_MATRIX_ANY, pairs, 9), 3);
    assert_true(pairs[0].truth == 2 && pairs[0].prediction == 0 && pairs[0].pixels == 10);
    near(pairs[0].share, 0.25);
    near(pairs[1].share, 0.15);
    near(pairs[2].share, 0.05);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_MOST, SL_MATRIX_ANY, SL_MATRIX_ANY, pairs, 9), 3);
    assert_int_equal(pairs[0].pixels, 15);
    assert_int_equal(pairs[2].pixels, 5);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_PREDICTION, SL_MATRIX_ANY, SL_MATRIX_ANY, pairs, 1), 1);
    near(pairs[0].share, 1);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_TRUTH, 0, SL_MATRIX_ANY, pairs, 9), 2);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_TRUTH, SL_MATRIX_ANY, 2, pairs, 9), 1);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_TRUTH, 1, SL_MATRIX_ANY, pairs, 9), 0);
    assert_int_equal(sl_matrix_pairs(matrix, classes, SL_MATRIX_OF_TRUTH, 0, 0, pairs, 0), 0);
    // The worst of many, whatever their order.
    static int64_t many[40 * 40];
    static sl_matrix_class all[40];
    uint64_t seed = 5;
    for (int i = 0; i < 1600; i++) many[i] = (int64_t)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 50);
    matrix = (sl_matrix){many, 40};
    sl_matrix_classes(matrix, all);
    assert_int_equal(sl_matrix_pairs(matrix, all, SL_MATRIX_OF_TRUTH, SL_MATRIX_ANY, SL_MATRIX_ANY, pairs, 9), 9);
    int better = 0;
    for (size_t i = 0; i < 1600; i++)
        if (i / 40 != i % 40) better += (double)many[i] / all[i / 40].truth > pairs[8].share;
    assert_int_equal(better, 8);
    for (int i = 1; i < 9; i++) assert_true(pairs[i].share <= pairs[i - 1].share);
}

static void test_heat(void **state) {
    static const char *const names[] = {"one", "two"};
    double values[] = {0.5, 0.5, 0.25, 0.75};
    int64_t numbers[] = {1234567, 999, 123456, 98765432109};
    sl_frame frame = {.utf8 = true};
    assert_ok(sl_frame_resize(&frame, 40, 16));
    sl_heat_matrix matrix = {.row_names = names,
                             .column_names = names,
                             .values = values,
                             .rows = 2,
                             .columns = 2,
                             .depth = SL_DEPTH_TRUE,
                             .diagonal = true,
                             .tallest = 3,
                             .widest = 8};
    sl_heat_matrix_layout at;
    sl_rect area = {0, 0, 40, 16};
    sl_heat_matrix_place(&matrix, area, true, &at);
    assert_int_equal(at.row_height, 3);
    assert_int_equal(at.cell_width, 8);
    assert_int_equal(at.cells.height, 6);
    size_t row, column;
    assert_true(sl_heat_matrix_at(&at, at.cells.x + 15, at.cells.y + 5, &row, &column) && row == 1 && column == 1);
    assert_true(sl_heat_matrix_at(&at, at.cells.x, at.cells.y + 2, &row, &column) && row == 0 && column == 0);
    assert_false(sl_heat_matrix_at(&at, at.cells.x, at.cells.y + 6, &row, &column));
    sl_heat_matrix_draw(&frame, area, &matrix);
    const sl_frame_cell *first = &frame.cells[at.cells.y * 40 + at.cells.x];
    assert_int_equal(first[0].style.background, sl_heat_color(SL_DEPTH_TRUE, 0.5));
    assert_int_equal(first[8].style.background, sl_heat_wrong_color(SL_DEPTH_TRUE, 0.5));
    assert_int_not_equal(first[0].style.background, first[8].style.background);
    assert_int_equal(first[2 * 40].style.background, first[0].style.background); // all of its lines
    assert_true(sl_test_shows(&frame, "50.0") && sl_test_shows(&frame, "75.0"));
    matrix.counts = numbers;
    sl_heat_matrix_draw(&frame, area, &matrix);
    assert_true(sl_test_shows(&frame, "1234567") && sl_test_shows(&frame, "98765M"));
    matrix.widest = 4;
    sl_heat_matrix_draw(&frame, area, &matrix);
    assert_true(sl_test_shows(&frame, "1M 999") && sl_test_shows(&frame, ".1M 99G"));
    matrix.widest = 0;
    matrix.tallest = 0;
    sl_heat_matrix_place(&matrix, area, true, &at);
    assert_true(at.row_height == 1 && at.cell_width == 6);
    // Nothing of a value is the same dark, right or wrong.
    for (int depth = SL_DEPTH_256; depth <= SL_DEPTH_TRUE; depth++)
        assert_int_equal(sl_heat_color((sl_depth)depth, 0), sl_heat_wrong_color((sl_depth)depth, 0));
    sl_frame_free(&frame);
}

static bool inside(sl_rect part, sl_rect area) {
    return sl_rect_is_empty(part) || (part.x >= area.x && part.y >= area.y && part.x + part.width <= area.x + area.width &&
                                      part.y + part.height <= area.y + area.height);
}

// In every size: nothing lies outside or on anything else, the matrix is there, and so is the selected class.
static void test_places(void **state) {
    static const size_t classes[] = {1, 2, 11, 21, 150, 256};
    int checked = 0;
    for (int width = 58; width <= 260; width += 7)
        for (int height = 14; height <= 90; height += 3)
            for (int k = 0; k < 6; k++)
                for (int names = 0; names <= 60; names += 20) {
                    sl_rect area = {1, 1, width, height};
                    sl_confusion_places p = sl_confusion_put(area, classes[k], (size_t)k % 2 * 7, names);
                    const sl_rect parts[] = {p.matrix, p.line, p.chosen, p.pairs, p.classes, p.strip};
                    for (int i = 0; i < 6; i++) {
                        assert_true(inside(parts[i], area));
                        for (int j = 0; j < i; j++)
                            if (!sl_rect_is_empty(parts[i]) && !sl_rect_is_empty(parts[j]))
                                assert_true(sl_rect_is_empty(sl_rect_common(parts[i], parts[j])));
                    }
                    assert_true(p.matrix.width >= 40 && p.matrix.height >= (height < 20 ? 3 : 5));
                    assert_true(p.line.height == 1 || p.chosen.height >= 4);
                    assert_true(p.tallest >= 1 && p.widest >= 6);
                    checked++;
                }
    sl_confusion_put((sl_rect){0, 0, 0, 0}, 5, 5, 5);
    printf("placed %d screens\n", checked);
}

static void test_words(void **state) {
    const char *text = "lower method.threshold, or raise method.semi_start.";
    size_t bytes;
    const char *option = sl_words_option(text, &bytes);
    assert_true(option == text + 6 && bytes == strlen("method.threshold"));
    option = sl_words_option(option + bytes, &bytes);
    assert_true(option && bytes == strlen("method.semi_start")); // without the full stop
    assert_null(sl_words_option(option + bytes, &bytes));
    assert_null(sl_words_option("mymethod.threshold and method. alone", &bytes));
    assert_int_equal(sl_words_rows(text, 100, 9, true), 1);
    assert_int_equal(sl_words_rows(text, 24, 9, true), 3);
    assert_int_equal(sl_words_rows(text, 24, 2, true), 2);
    assert_int_equal(sl_words_rows("", 24, 2, true), 1);
    assert_int_equal(sl_words_rows("one\ntwo", 24, 9, true), 2);
    assert_int_equal(sl_words_rows("aaaaaaaaaa", 4, 9, true), 3);   // no blank
    assert_int_equal(sl_words_rows("\u6708\u5149", 1, 9, true), 2); // wider than the row
    assert_int_equal(sl_words_rows("  blanks   only   between  ", 9, 9, true), 3);
    sl_frame frame = {.utf8 = true};
    sl_style accent = {SL_COLOR_ACCENT, 0, 0};
    assert_ok(sl_frame_resize(&frame, 30, 4));
    assert_int_equal(sl_words_draw(&frame, (sl_rect){2, 0, 24, 4}, 9, (sl_style){0}, accent, text), 3);
    assert_string_equal(sl_test_row(&frame, 0), "  lower method.threshold,");
    assert_string_equal(sl_test_row(&frame, 1), "  or raise");
    assert_int_equal(frame.cells[8].style.foreground, SL_COLOR_ACCENT);
    assert_int_equal(frame.cells[24].style.foreground, SL_COLOR_DEFAULT);
    assert_int_equal(frame.cells[2 * 30 + 2].style.foreground, SL_COLOR_ACCENT);
    sl_frame_clear(&frame);
    assert_int_equal(sl_words_draw(&frame, (sl_rect){2, 0, 24, 4}, 2, (sl_style){0}, accent, text), 2);
    assert_string_equal(sl_test_row(&frame, 1), "  or raise method.semi_st\u2026");
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_pairs), cmocka_unit_test(test_heat),
        cmocka_unit_test(test_places),  cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
