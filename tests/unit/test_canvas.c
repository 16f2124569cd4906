// The canvas of dots: every dot in its place, lines clipped without being bent, broken lines, areas, in braille and in ASCII.
#include "tests/support/cells.h"
#include "tests/support/cmocka.h"
#include "ui/tui/chart/canvas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style series = {.foreground = SL_COLOR_SERIES};

static void test_dots(void **state) {
    // One dot in each place of a braille cell.
    static const char *const alone[] = {"⠁\n", "⠂\n", "⠄\n", "⡀\n", "⠈\n", "⠐\n", "⠠\n", "⢀\n"};
    sl_pen pen = {.style = series};
    for (int i = 0; i < 8; i++) {
        sl_frame frame = sl_test_blank(1, 1, true);
        sl_canvas canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 1, 1});
        assert_int_equal(canvas.dots_x, 2);
        assert_int_equal(canvas.dots_y, 4);
        sl_canvas_dot(&canvas, i / 4, i % 4, &pen);
        sl_test_rows("one dot", &frame, alone[i]);
        sl_frame_free(&frame);
    }
    // They add up, and the last pen colours the cell.
    sl_frame frame = sl_test_blank(3, 2, true);
    sl_canvas canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 3, 2});
    sl_canvas_dot(&canvas, 0, 0, &pen);
    sl_canvas_dot(&canvas, 1, 3, &pen);
    sl_canvas_dot(&canvas, 5, 7, &pen);
    pen.style.foreground = SL_COLOR_BAD;
    sl_canvas_dot(&canvas, 0, 1, &pen);
    sl_test_rows("dots add up", &frame,
                 "⢃\n"
                 "  ⢀\n");
    assert_string_equal(sl_test_colors(&frame, 0), "b..");
    assert_string_equal(sl_test_colors(&frame, 1), "..0");
    // What is no dot gives way.
    sl_frame_put(&frame, canvas.area, 0, 0, series, '|');
    sl_canvas_dot(&canvas, 1, 0, &pen);
    sl_test_rows("a sign gives way", &frame,
                 "⠈\n"
                 "  ⢀\n");
    sl_frame_free(&frame);
}

static void test_ascii_dots(void **state) {
    sl_frame frame = sl_test_blank(4, 1, false);
    sl_canvas canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 4, 1});
    assert_int_equal(canvas.dots_x, 4);
    assert_int_equal(canvas.dots_y, 2);
    sl_pen pen = {.style = series}, mark = {.style = series, .mark = '*'};
    sl_canvas_dot(&canvas, 0, 0, &pen);
    sl_canvas_dot(&canvas, 1, 1, &pen);
    sl_canvas_dot(&canvas, 2, 0, &pen);
    sl_canvas_dot(&canvas, 2, 1, &pen);
    sl_canvas_dot(&canvas, 3, 1, &mark);
    sl_test_rows("dots in ASCII", &frame, "'.:*\n");
    sl_frame_free(&frame);
}

static void test_outside(void **state) {
    sl_frame frame = sl_test_blank(6, 4, true);
    sl_rect area = {2, 1, 2, 2};
    sl_canvas canvas = sl_canvas_over(&frame, area);
    sl_pen pen = {.style = series};
    for (int x = -9; x < 20; x++)
        for (int y = -9; y < 20; y++) sl_canvas_dot(&canvas, x, y, &pen);
    sl_test_rows("only the area", &frame,
                 "\n"
                 "  ⣿⣿\n"
                 "  ⣿⣿\n"
                 "\n");
    // An area that is partly outside of the frame.
    sl_frame_clear(&frame);
    canvas = sl_canvas_over(&frame, (sl_rect){-1, 3, 3, 9});
    for (int x = 0; x < canvas.dots_x; x++)
        for (int y = 0; y < canvas.dots_y; y++) sl_canvas_dot(&canvas, x, y, &pen);
    sl_test_rows("partly outside", &frame,
                 "\n"
                 "\n"
                 "\n"
                 "⣿⣿\n");
    // Areas of nothing.
    sl_frame_clear(&frame);
    for (int i = 0; i < 4; i++) {
        canvas = sl_canvas_over(&frame, (sl_rect){1, 1, i == 0 ? 0 : i == 1 ? 3 : -2, i == 1 ? 0 : 3});
        sl_canvas_dot(&canvas, 0, 0, &pen);
        sl_canvas_line(&canvas, 0, 0, 9, 9, &pen);
        sl_canvas_shade(&canvas, 0, 0, 9, &pen);
    }
    assert_true(sl_test_clean_outside(&frame, (sl_rect){0}));
    sl_frame_free(&frame);
}

static void check_line(double x0, double y0, double x1, double y1, const char *expected) {
    sl_frame frame = sl_test_blank(5, 2, true);
    sl_canvas canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 5, 2});
    sl_pen pen = {.style = series};
    char what[128];
    snprintf(what, sizeof what, "line from %g,%g to %g,%g", x0, y0, x1, y1);
    sl_canvas_line(&canvas, x0, y0, x1, y1, &pen);
    sl_test_rows(what, &frame, expected);
    sl_frame_clear(&frame);
    sl_canvas_line(&canvas, x1, y1, x0, y0, &pen);
    if (x0 == x1 || y0 == y1) sl_test_rows("the same turned round", &frame, expected);
    sl_frame_free(&frame);
}

static void test_lines(void **state) {
    check_line(0, 0, 9, 0, "⠉⠉⠉⠉⠉\n\n");
    check_line(3, 0, 3, 7, " ⢸\n ⢸\n");
    check_line(0, 0, 7, 7, "⠑⢄\n  ⠑⢄\n");
    check_line(4, 4, 4, 4, "\n  ⠁\n");
    check_line(0.4, 0.4, 9.4, 3.4, "⠉⠒⠢⠤⣀\n\n");
    // The ends are where nothing is seen: the slope stays.
    check_line(-7, -7, 14, 14, "⠑⢄\n  ⠑⢄\n");
    check_line(-1e6, 2, 1e6, 2, "⠤⠤⠤⠤⠤\n\n");
    check_line(2, -1e300, 2, 1e300, " ⡇\n ⡇\n");
    check_line(-1e308, 3, 1e308, 3, "⣀⣀⣀⣀⣀\n\n");
    check_line(-5, 1, -1, 5, "\n\n");
    check_line(20, -20, 30, 30, "\n\n");
    // What is no number is not drawn.
    check_line(NAN, 0, 9, 0, "\n\n");
    check_line(0, INFINITY, 9, 0, "\n\n");
    check_line(0, 0, 9, -INFINITY, "\n\n");
}

static void test_broken(void **state) {
    sl_frame frame = sl_test_blank(8, 2, true);
    sl_canvas canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 8, 2});
    sl_pen pen = {.style = series, .on = 3, .off = 2};
    // The pattern goes on from line to line: 3 dots, 2 left out.
    sl_canvas_line(&canvas, 0, 0, 8, 0, &pen);
    sl_canvas_line(&canvas, 8, 0, 15, 0, &pen);
    pen = (sl_pen){.style = series, .on = 1, .off = 1};
    sl_canvas_line(&canvas, 0, 4, 15, 4, &pen);
    sl_test_rows("broken lines", &frame,
                 "⠉⠁⠈⠉ ⠉⠁⠈\n"
                 "⠁⠁⠁⠁⠁⠁⠁⠁\n");
    sl_frame_free(&frame);
}

static void test_areas(void **state) {
    sl_frame frame = sl_test_blank(4, 2, true);
    sl_canvas canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 4, 2});
    sl_pen pen = {.style = series};
    for (int x = 0; x < 4; x++) sl_canvas_shade(&canvas, x, 0, 7, &pen);
    sl_canvas_shade(&canvas, 4, -1e300, INFINITY, &pen);
    sl_canvas_shade(&canvas, 5, 6, 1, &pen); // either way round
    sl_canvas_shade(&canvas, 6, NAN, 3, &pen);
    sl_canvas_shade(&canvas, 6, 8, 99, &pen);
    sl_canvas_shade(&canvas, 7, -5, -1, &pen);
    sl_test_rows("areas", &frame,
                 "⠡⠡⠡\n"
                 "⠡⠡⠡\n");
    sl_frame_free(&frame);
    frame = sl_test_blank(4, 2, false);
    canvas = sl_canvas_over(&frame, (sl_rect){0, 0, 4, 2});
    for (int x = 0; x < 4; x++) sl_canvas_shade(&canvas, x, 0, 3, &pen);
    sl_test_rows("areas in ASCII", &frame,
                 "' '\n"
                 " ' '\n");
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dots),  cmocka_unit_test(test_ascii_dots), cmocka_unit_test(test_outside),
        cmocka_unit_test(test_lines), cmocka_unit_test(test_broken),     cmocka_unit_test(test_areas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
