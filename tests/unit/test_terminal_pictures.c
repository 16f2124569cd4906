// Which pictures a terminal shows: new ones are sent once, others taken away, cells under sixels written again; answers of
// terminals.
#include "tests/support/cmocka.h"
#include "ui/tui/terminal/terminal_pictures.h"

#include <string.h>

static sl_frame frame, shown;
static sl_text out;
static sl_pictures pictures;

static uint32_t red(const void *source, int width, int height, int x, int y) {
    return 0xFF0000;
}

static void put(int x, int y, int width, int height, uint64_t identity) {
    sl_frame_picture picture = {{x, y, width, height}, 2, 2, NULL, red, identity};
    assert_true(sl_frame_put_picture(&frame, &picture));
}

static int begin(void **state) {
    memset(&pictures, 0, sizeof pictures);
    pictures.cell_width = 3;
    pictures.cell_height = 6;
    assert_ok(sl_frame_resize(&frame, 20, 10));
    assert_ok(sl_frame_resize(&shown, 20, 10));
    frame.pixels = true;
    return 0;
}

static int end(void **state) {
    sl_frame_free(&frame);
    sl_frame_free(&shown);
    sl_text_free(&out);
    return 0;
}

// What a frame brings to the terminal.
static const char *show(void) {
    out.length = 0;
    assert_ok(sl_text_append(&out, "%s", ""));
    assert_ok(sl_pictures_remove(&pictures, &frame, &shown, &out));
    assert_ok(sl_text_append(&out, "|"));
    assert_ok(sl_pictures_add(&pictures, &frame, &out));
    return out.data;
}

static int marked(void) {
    int count = 0;
    for (int i = 0; i < 200; i++) count += shown.cells[i].character == 1;
    return count;
}

static void test_kitty(void **state) {
    pictures.graphics = SL_GRAPHICS_KITTY;
    put(2, 1, 4, 2, 77);
    assert_string_equal(show(), "|\033[2;3H\033_Ga=T,q=2,f=24,s=2,v=2,c=4,r=2,C=1,i=6165506,p=1,m=0;/wAA/wAA/wAA/wAA\033\\");
    assert_string_equal(show(), "|"); // it is there
    put(10, 1, 4, 2, 78);
    assert_non_null(strstr(show(), "|\033[2;11H\033_Ga=T"));
    // Another picture in the place of the first.
    sl_frame_clear(&frame);
    put(2, 1, 4, 2, 79);
    put(10, 1, 4, 2, 78);
    const char *text = show();
    static const char begins[] = "\033_Ga=d,d=I,i=6165506,q=2\033\\|\033[2;3H\033_Ga=T";
    assert_memory_equal(text, begins, sizeof begins - 1);
    assert_null(strstr(text, "[2;11H"));
    // Words over a picture: it makes room, and comes back.
    sl_frame_text(&frame, (sl_rect){0, 0, 20, 10}, 11, 2, (sl_style){0}, "a");
    assert_non_null(strstr(show(), "a=d,d=I,i=6165514"));
    sl_frame_put(&frame, (sl_rect){0, 0, 20, 10}, 11, 2, (sl_style){0}, ' ');
    assert_non_null(strstr(show(), "|\033[2;11H"));
    // All gone.
    sl_frame_clear(&frame);
    text = show();
    assert_true(strstr(text, "i=6165506") && strstr(text, "i=6165514") && text[strlen(text) - 1] == '|');
    put(2, 1, 4, 2, 79);
    show();
    out.length = 0;
    assert_ok(sl_pictures_clear(&pictures, &out));
    assert_string_equal(out.data, "\033_Ga=d,d=I,i=6165506,q=2\033\\");
    assert_int_equal(pictures.count, 0);
}

static void test_sixel(void **state) {
    pictures.graphics = SL_GRAPHICS_SIXEL;
    put(2, 1, 4, 2, 77);
    assert_string_equal(show(), "|\033[2;3H\033P0;1;0q\"1;1;12;12#0;2;100;0;0#0!12~-#0!12~\033\\");
    assert_string_equal(show(), "|");
    assert_int_equal(marked(), 0);
    sl_frame_clear(&frame);
    put(3, 1, 4, 2, 77); // moved
    assert_non_null(strstr(show(), "|\033[2;4H\033P"));
    assert_int_equal(marked(), 8); // the cells it covered are written again
    sl_frame_clear(&frame);
    assert_string_equal(show(), "|");
    assert_int_equal(marked(), 10);
    // A terminal that does not tell its pixels has no sixels.
    pictures.cell_height = 0;
    assert_false(sl_pictures_possible(&pictures));
    put(3, 1, 4, 2, 77);
    assert_string_equal(show(), "|");
}

static void test_frames(void **state) {
    frame.pixels = false;
    sl_frame_picture picture = {{0, 0, 2, 2}, 2, 2, NULL, red, 1};
    assert_false(sl_frame_put_picture(&frame, &picture));
    frame.pixels = true;
    const sl_rect bad[] = {{-1, 0, 2, 2}, {19, 0, 2, 2}, {0, 9, 2, 2}, {0, 0, 0, 2}, {0, 0, 2, -1}, {0, 0, 21, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        picture.place = bad[i];
        assert_false(sl_frame_put_picture(&frame, &picture));
    }
    picture.place = (sl_rect){0, 0, 2, 2};
    for (int i = 0; i < SL_FRAME_PICTURES; i++) assert_true(sl_frame_put_picture(&frame, &picture));
    assert_false(sl_frame_put_picture(&frame, &picture));
    sl_frame_clear(&frame);
    assert_int_equal(frame.picture_count, 0);
}

static void test_answers(void **state) {
    assert_string_equal(sl_pictures_question, "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c");
    assert_false(sl_pictures_kitty_answer(&pictures, "i=31;ENOENT:no"));
    assert_false(sl_pictures_kitty_answer(&pictures, "i=32;OK"));
    assert_false(sl_pictures_kitty_answer(&pictures, ""));
    assert_int_equal(pictures.graphics, SL_GRAPHICS_NONE);
    assert_false(sl_pictures_attributes_answer(&pictures, "1;2c")); // a VT100
    assert_false(sl_pictures_attributes_answer(&pictures, "4c"));   // a class, no attribute
    assert_false(sl_pictures_attributes_answer(&pictures, "62;14;24;42c"));
    assert_false(sl_pictures_attributes_answer(&pictures, "62;4")); // cut
    assert_int_equal(pictures.graphics, SL_GRAPHICS_NONE);
    assert_true(sl_pictures_attributes_answer(&pictures, "62;4;22c"));
    assert_int_equal(pictures.graphics, SL_GRAPHICS_SIXEL);
    assert_true(sl_pictures_kitty_answer(&pictures, "i=31;OK"));
    assert_int_equal(pictures.graphics, SL_GRAPHICS_KITTY);
    assert_false(sl_pictures_attributes_answer(&pictures, "62;4c")); // kitty's is better
    assert_int_equal(pictures.graphics, SL_GRAPHICS_KITTY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_kitty), TEST(test_sixel), TEST(test_frames), TEST(test_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
