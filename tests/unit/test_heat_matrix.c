// Heat matrices cell by cell: names of columns in every way, numbers, counts, what is selected and what is out of sight.
#include "tests/support/cells.h"
#include "tests/support/cmocka.h"
#include "ui/tui/chart/heat.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 4 };
static const char *const classes[CLASSES] = {"sky", "road", "bicyclist", "fence"};
static const double shares[CLASSES * CLASSES] = {1, 0, 0, 0, 0.004, 0.97, 0.02, 0.006, 0.1, 0.25, 0.6, 0.05, NAN, NAN, NAN, NAN};

static sl_frame draw_matrix(sl_heat_matrix matrix, int width, int height, bool utf8) {
    sl_frame frame = sl_test_blank(width, height, utf8);
    matrix.row_names = classes;
    if (!matrix.column_names) matrix.column_names = classes;
    matrix.values = shares;
    matrix.rows = matrix.columns = CLASSES;
    sl_heat_matrix_draw(&frame, (sl_rect){0, 0, width, height}, &matrix);
    return frame;
}

static void test_matrix(void **state) {
    sl_heat_matrix matrix = {.title = "truth down, prediction across"};
    sl_frame frame = draw_matrix(matrix, 60, 6, true);
    sl_test_rows("beginnings of names", &frame,
                 "truth down, prediction across  0 ░░▒▒▒▓▓███ 100\n"
                 "            sky  road bicyc fence\n"
                 "sky         100\n"
                 "road        0.4  97.0   2.0   0.6\n"
                 "bicyclist  10.0  25.0  60.0   5.0\n"
                 "fence       ·     ·     ·     ·\n");
    sl_frame_free(&frame);
    frame = draw_matrix(matrix, 24, 16, true);
    sl_test_rows("upright names", &frame,
                 "truth down, prediction …\n"
                 "                b\n"
                 "                i\n"
                 "                c\n"
                 "                y\n"
                 "                c  f\n"
                 "             r  l  e\n"
                 "          s  o  i  n\n"
                 "          k  a  s  c\n"
                 "          y  d  t  e\n"
                 "sky      100\n"
                 "road       0 97  2  1\n"
                 "bicycli…  10 25 60  5\n"
                 "fence     ·  ·  ·  ·\n"
                 "\n"
                 "\n");
    sl_frame_free(&frame);
    frame = draw_matrix(matrix, 26, 6, false);
    sl_test_rows("letters", &frame,
                 "truth down, prediction ac~\n"
                 "         sky roa bic fen\n"
                 "sky      100\n"
                 "road       0  97   2   1\n"
                 "bicycli~  10  25  60   5\n"
                 "fence     -   -   -   -\n");
    sl_frame_free(&frame);
    frame = draw_matrix(matrix, 18, 6, true);
    sl_test_rows("no numbers", &frame,
                 "truth down, predi…\n"
                 "       a b c d\n"
                 "a sky  ██\n"
                 "b road   ██░░\n"
                 "c bic… ░░▒▒▓▓░░\n"
                 "d fen… · · · ·\n");
    sl_frame_free(&frame);
    // Columns of other names than the rows: their letters are explained below.
    matrix.column_names = (const char *const[]){"first teacher", "second teacher", "student", "first of all"};
    frame = draw_matrix(matrix, 34, 9, true);
    sl_test_rows("a list of letters", &frame,
                 "truth down, prediction across\n"
                 "            a     b     c     d\n"
                 "sky         100\n"
                 "road        0.4  97.0   2.0   0.6\n"
                 "bicyclist  10.0  25.0  60.0   5.0\n"
                 "fence       ·     ·     ·     ·\n"
                 "a first teacher  b second teacher\n"
                 "c student  d first of all\n"
                 "\n");
    sl_frame_free(&frame);
}

static void test_matrix_colors(void **state) {
    sl_heat_matrix matrix = {.depth = SL_DEPTH_TRUE, .diagonal = true};
    sl_frame frame = draw_matrix(matrix, 60, 5, true);
    for (int row = 0; row < CLASSES; row++)
        for (int column = 0; column < CLASSES; column++) {
            double value = shares[row * CLASSES + column];
            sl_color expected = isnan(value)    ? SL_COLOR_DEFAULT
                                : row == column ? sl_heat_color(SL_DEPTH_TRUE, value)
                                                : sl_heat_wrong_color(SL_DEPTH_TRUE, value);
            for (int x = 10 + 6 * column; x < 16 + 6 * column; x++)
                assert_int_equal(frame.cells[(row + 1) * 60 + x].style.background, expected);
        }
    sl_frame_free(&frame);
    // Without colours numbers alone, the diagonal underlined.
    matrix.depth = SL_DEPTH_NONE;
    frame = draw_matrix(matrix, 60, 5, true);
    assert_int_equal(frame.cells[60 + 14].character, '0');
    assert_int_equal(frame.cells[60 + 14].style.attributes, SL_ATTR_BOLD | SL_ATTR_UNDERLINE);
    assert_int_equal(frame.cells[3 * 60 + 19].style.attributes, 0);
    sl_frame_free(&frame);
}

static void test_matrix_counts(void **state) {
    static const int64_t counts[CLASSES * CLASSES] = {123456789, 7,  99,        INT64_MAX, 1234, 999499, 999500,
                                                      12,        -5, INT64_MIN, 0,         1000, 100000};
    double ones[CLASSES * CLASSES];
    for (int i = 0; i < CLASSES * CLASSES; i++) ones[i] = 0.5;
    sl_frame frame = sl_test_blank(40, 5, true);
    sl_heat_matrix matrix = {
        .row_names = classes, .column_names = classes, .values = ones, .rows = CLASSES, .columns = CLASSES, .counts = counts};
    sl_heat_matrix_draw(&frame, (sl_rect){0, 0, 40, 5}, &matrix);
    sl_test_rows("counts", &frame,
                 "            sky  road bicyc fence\n"
                 "sky        123M     7    99 9223P\n"
                 "road       1234  999k 1000k    12\n"
                 "bicyclist     0     0     0  1000\n"
                 "fence      100k     0     0     0\n");
    sl_heat_matrix_draw(&frame, (sl_rect){0, 0, 22, 5}, &matrix);
    sl_test_rows("counts in narrow cells", &frame,
                 "         a  b  c  d   bicyc fence\n"
                 "a sky   .1G  7 99 9E     99 9223P\n"
                 "b road   1k 1M 1M 12  1000k    12\n"
                 "c bicy…   0  0  0 1k      0  1000\n"
                 "d fence .1M  0  0  0      0     0\n");
    sl_frame_free(&frame);
}

static void test_matrix_selection(void **state) {
    sl_heat_matrix matrix = {.has_selected = true, .row = 2, .column = 1};
    sl_frame frame = draw_matrix(matrix, 60, 5, true);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 60; x++) {
            bool inside = y == 3 && x >= 16 && x < 22;
            assert_int_equal((frame.cells[y * 60 + x].style.attributes & SL_ATTR_REVERSE) != 0, inside);
        }
    assert_string_equal(sl_test_colors(&frame, 0), "............ddd..aaaa.ddddd.ddddd...........................");
    assert_string_equal(sl_test_colors(&frame, 3), "aaaaaaaaa...................................................");
    sl_frame_free(&frame);
    // A whole row; and it comes into sight whatever the scroll.
    matrix.column = CLASSES;
    matrix.scroll_row = 0;
    frame = draw_matrix(matrix, 60, 3, true);
    sl_test_rows("the selected row is seen", &frame,
                 "↓2-3        sky  road bicyc fence\n"
                 "road        0.4  97.0   2.0   0.6\n"
                 "bicyclist  10.0  25.0  60.0   5.0\n");
    assert_true(frame.cells[2 * 60].style.attributes & SL_ATTR_REVERSE);
    sl_frame_free(&frame);
    // Rows that grow, columns that scroll.
    frame = draw_matrix((sl_heat_matrix){.tallest = 2, .scroll_row = 3}, 60, 10, true);
    sl_test_rows("tall rows", &frame,
                 "            sky  road bicyc fence\n"
                 "sky         100\n"
                 "          ██████\n"
                 "road        0.4  97.0   2.0   0.6\n"
                 "                ██████░░░░░░\n"
                 "bicyclist  10.0  25.0  60.0   5.0\n"
                 "          ░░░░░░▒▒▒▒▒▒▓▓▓▓▓▓░░░░░░\n"
                 "fence       ·     ·     ·     ·\n"
                 "\n"
                 "\n");
    sl_frame_free(&frame);
    frame = draw_matrix((sl_heat_matrix){.scroll_column = 1}, 7, 5, true);
    sl_test_rows("columns out of sight", &frame,
                 "  abcd\n"
                 "a █\n"
                 "b  █░\n"
                 "c ░▒▓░\n"
                 "d ····\n");
    sl_frame_free(&frame);
    frame = sl_test_blank(30, 3, true);
    sl_heat_matrix_draw(&frame, (sl_rect){0, 0, 30, 3}, &(sl_heat_matrix){.title = "confusion"});
    sl_test_rows("nothing", &frame,
                 "confusion  0 ░░▒▒▒▓▓███ 100\n"
                 "nothing to show yet\n"
                 "\n");
    sl_frame_free(&frame);
}

// Names from anywhere do no harm.
static void test_hostile_names(void **state) {
    static const char *const names[CLASSES] = {"\033[31mred", "月光の神", "a\nb", "\xFF\xFE"};
    double values[CLASSES * CLASSES] = {0};
    for (int utf8 = 0; utf8 < 2; utf8++)
        for (int width = 0; width < 60; width += 5)
            for (int height = 0; height < 20; height += 3) {
                sl_frame frame = sl_test_blank(60, 20, utf8);
                sl_rect area = {2, 1, width, height};
                sl_heat_matrix matrix = {.title = names[0],
                                         .row_names = names,
                                         .column_names = names,
                                         .values = values,
                                         .rows = CLASSES,
                                         .columns = CLASSES};
                sl_heat_strip strip = {.title = names[0], .names = names, .values = values, .rows = CLASSES, .columns = CLASSES};
                sl_heat_matrix_draw(&frame, area, &matrix);
                assert_true(sl_test_clean_outside(&frame, area));
                sl_heat_strip_draw(&frame, area, &strip);
                assert_true(sl_test_clean_outside(&frame, area));
                for (int i = 0; i < 60 * 20; i++) assert_true(frame.cells[i].character == 0 || frame.cells[i].character >= ' ');
                sl_frame_free(&frame);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),           cmocka_unit_test(test_matrix_colors), cmocka_unit_test(test_matrix_counts),
        cmocka_unit_test(test_matrix_selection), cmocka_unit_test(test_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
