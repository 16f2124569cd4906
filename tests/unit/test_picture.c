// Pictures in cells: exact cells of small pictures, means, majorities, shapes, letters, ramps, clipping.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/chart/picture.h"

#include <string.h>

static sl_frame frame;
static const sl_picture_style colored = {{SL_DEPTH_TRUE, false}, -1, false}, grey = {{SL_DEPTH_8, false}, -1, false};

static void begin(int width, int height, bool utf8) {
    assert_ok(sl_frame_resize(&frame, width, height));
    frame.utf8 = utf8;
}

static int end(void **state) {
    sl_frame_free(&frame);
    return 0;
}

static void assert_cell(int x, int y, uint32_t character, sl_color foreground, sl_color background) {
    const sl_frame_cell *cell = &frame.cells[y * frame.width + x];
    if (cell->character != character || cell->style.foreground != foreground || cell->style.background != background)
        fail_msg("cell %d, %d is U+%04X %07x on %07x", x, y, cell->character, cell->style.foreground, cell->style.background);
}

static void assert_rect(sl_rect a, int x, int y, int width, int height) {
    if (a.x != x || a.y != y || a.width != width || a.height != height) fail_msg("%d, %d, %dx%d", a.x, a.y, a.width, a.height);
}

static void test_places(void **state) {
    sl_rect area = {5, 3, 40, 10};
    assert_rect(sl_picture_place(area, 100, 100), 15, 3, 20, 10); // a cell is twice as high as wide
    assert_rect(sl_picture_place(area, 200, 100), 5, 3, 40, 10);
    assert_rect(sl_picture_place(area, 400, 100), 5, 3, 40, 5);
    assert_rect(sl_picture_place(area, 100, 1000), 24, 3, 2, 10);
    assert_rect(sl_picture_place(area, 1000, 1), 5, 3, 40, 1);
    assert_rect(sl_picture_place(area, 1, 1000), 24, 3, 1, 10);
    assert_rect(sl_picture_place((sl_rect){0, 0, 3, 3}, 2, 2), 0, 0, 3, 2);
    assert_rect(sl_picture_place((sl_rect){7, 8, 0, 3}, 2, 2), 7, 8, 0, 0);
    assert_rect(sl_picture_place(area, 0, 2), 5, 3, 0, 0);
    assert_int_equal(sl_picture_columns(9, 64, 64), 18);
    assert_int_equal(sl_picture_columns(9, 160, 120), 24);
    assert_int_equal(sl_picture_columns(0, 160, 120), 1);
}

static void test_half_blocks(void **state) {
    static const uint8_t rgb[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 0}; // red, green; blue, green
    sl_picture picture = {.width = 2, .height = 2, .rgb = rgb};
    begin(4, 2, true);
    sl_picture_draw(&frame, (sl_rect){1, 0, 2, 1}, &picture, colored);
    assert_cell(0, 0, ' ', 0, 0);
    assert_cell(1, 0, 0x2580, SL_COLOR_RGB(255, 0, 0), SL_COLOR_RGB(0, 0, 255));
    assert_cell(2, 0, ' ', SL_COLOR_DEFAULT, SL_COLOR_RGB(0, 255, 0)); // both halves alike
    assert_cell(3, 0, ' ', 0, 0);
    // Larger: whole pixels, cell by cell.
    sl_picture_draw(&frame, (sl_rect){0, 0, 4, 2}, &picture, colored);
    assert_cell(0, 0, ' ', SL_COLOR_DEFAULT, SL_COLOR_RGB(255, 0, 0));
    assert_cell(1, 1, ' ', SL_COLOR_DEFAULT, SL_COLOR_RGB(0, 0, 255));
    // Smaller: the mean of all four.
    sl_picture_draw(&frame, (sl_rect){0, 0, 1, 1}, &(sl_picture){.width = 2, .height = 2, .rgb = rgb}, colored);
    assert_cell(0, 0, 0x2580, SL_COLOR_RGB(128, 128, 0), SL_COLOR_RGB(0, 128, 128));
    // In thirds: a pixel counts as far as it is in.
    static const uint8_t three[] = {0, 0, 0, 90, 90, 90, 240, 240, 240};
    assert_int_equal(sl_picture_pixel(&(sl_picture){.width = 3, .height = 1, .rgb = three}, 2, 1, 0, 0), 0x1e1e1e);
    assert_int_equal(sl_picture_pixel(&(sl_picture){.width = 3, .height = 1, .rgb = three}, 2, 1, 1, 0), 0xbebebe);
    // Clipped at the frame on every side.
    sl_picture_draw(&frame, (sl_rect){-3, -2, 20, 9}, &picture, colored);
    sl_picture_draw(&frame, (sl_rect){30, 30, 2, 2}, &picture, colored);
    sl_picture_draw(&frame, (sl_rect){0, 0, 0, 2}, &picture, colored);
    sl_picture_draw(&frame, (sl_rect){0, 0, 2, 2}, &(sl_picture){.problem = "none"}, colored);
}

static void test_labels(void **state) {
    // Of a label map no colour is made that it does not have: the most common class wins, of equal ones the lower.
    static const uint8_t rgb[] = {10, 0, 0, 20, 0, 0, 20, 0, 0, 30, 0, 0, 30, 0, 0, 10, 0, 0};
    static const uint8_t labels[] = {0, 1, 1, 2, 2, 0};
    sl_picture picture = {.width = 3, .height = 2, .rgb = rgb, .labels = labels};
    assert_int_equal(sl_picture_pixel(&picture, 1, 1, 0, 0), 0x0a0000); // 2, 2, 2
    assert_int_equal(sl_picture_pixel(&picture, 1, 2, 0, 0), 0x140000);
    assert_int_equal(sl_picture_pixel(&picture, 1, 2, 0, 1), 0x1e0000);
    assert_int_equal(sl_picture_pixel(&picture, 2, 2, 0, 0), 0x0a0000);

    // With less than 256 colours, or none of UTF-8: letters; void is left blank.
    for (int i = 0; i < 3; i++) {
        begin(3, 2, i > 0);
        sl_picture_style style = {{i == 0 ? SL_DEPTH_TRUE : i == 1 ? SL_DEPTH_8 : SL_DEPTH_NONE, false}, 2, false};
        assert_true(sl_picture_letters(&frame, style.theme));
        sl_picture_draw(&frame, (sl_rect){0, 0, 3, 2}, &picture, style);
        assert_string_equal(sl_test_row(&frame, 0), "abb");
        assert_string_equal(sl_test_row(&frame, 1), "  a");
    }
    begin(3, 2, true);
    assert_false(sl_picture_letters(&frame, colored.theme));
    assert_int_equal(sl_picture_letter(0), 'a');
    assert_int_equal(sl_picture_letter(26), 'A');
    assert_int_equal(sl_picture_letter(62), 'a');
}

static void test_ramp(void **state) {
    uint8_t rgb[10 * 3];
    for (int i = 0; i < 10; i++) memset(rgb + 3 * i, 255 * i / 9, 3);
    sl_picture picture = {.width = 10, .height = 1, .rgb = rgb};
    begin(12, 1, true);
    sl_picture_draw(&frame, (sl_rect){0, 0, 10, 1}, &picture, grey);
    sl_frame_put(&frame, (sl_rect){0, 0, 12, 1}, 11, 0, (sl_style){0}, '|');
    assert_string_equal(sl_test_row(&frame, 0), " .:-=+*#%@ |");
    sl_picture_draw(&frame, (sl_rect){0, 0, 10, 1}, &picture, (sl_picture_style){{SL_DEPTH_NONE, true}, -1, false});
    assert_string_equal(sl_test_row(&frame, 0), "@%#*+=-:.  |"); // dark ink on a light background
    // Red, green and blue are of different brightness.
    static const uint8_t primary[] = {255, 0, 0, 0, 255, 0, 0, 0, 255};
    begin(4, 1, false);
    sl_picture_draw(&frame, (sl_rect){0, 0, 3, 1}, &(sl_picture){.width = 3, .height = 1, .rgb = primary}, grey);
    assert_string_equal(sl_test_row(&frame, 0), ":+.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_places, end),
        cmocka_unit_test_teardown(test_half_blocks, end),
        cmocka_unit_test_teardown(test_labels, end),
        cmocka_unit_test_teardown(test_ramp, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
