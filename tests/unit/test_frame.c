// Frames: text of every kind is put cell by cell as expected, nothing leaves the clip, and hostile text stays visible.
#include "tests/support/cmocka.h"
#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/unicode.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sl_style plain = {0, 0, 0};

// A row of a frame as UTF-8, trailing blanks and all; "<" for the right half of a wide character.
static const char *row(const sl_frame *frame, int y) {
    static char out[4096];
    size_t length = 0;
    for (int x = 0; x < frame->width; x++) {
        uint32_t character = frame->cells[y * frame->width + x].character;
        length += sl_unicode_write(character ? character : '<', out + length);
    }
    out[length] = 0;
    return out;
}

static sl_frame frame_of(int width, int height, bool utf8) {
    sl_frame frame = {.utf8 = utf8};
    assert_ok(sl_frame_resize(&frame, width, height));
    return frame;
}

#define ALL(frame) ((sl_rect){0, 0, (frame).width, (frame).height})

static void check_text(bool utf8, int width, int x, const char *text, const char *expected, int after) {
    sl_frame frame = frame_of(width, 1, utf8);
    int got = sl_frame_text(&frame, ALL(frame), x, 0, plain, text);
    if (strcmp(row(&frame, 0), expected) || got != after)
        fail_msg("\"%s\" at %d of %d columns gave \"%s\" and %d; expected \"%s\" and %d", text, x, width, row(&frame, 0), got,
                 expected, after);
    sl_frame_free(&frame);
}

static void test_text(void **state) {
    check_text(true, 8, 1, "abc", " abc    ", 4);
    check_text(true, 3, 0, "abc", "abc", 3);
    check_text(true, 3, 0, "abcd", "ab…", 4);
    check_text(false, 3, 0, "abcd", "ab~", 4);
    check_text(true, 3, -2, "abcd", "cd ", 2);
    check_text(true, 3, 3, "abcd", "   ", 7);
    check_text(true, 1, 0, "ab", "…", 2);
    check_text(true, 6, 0, "é±x", "é±x   ", 3);
    check_text(false, 6, 0, "é±x→", "?+-x> ", 5);
    check_text(true, 6, 0, "", "      ", 0);
}

static void test_wide(void **state) {
    check_text(true, 6, 0, "月a神", "月<a神< ", 5);
    check_text(true, 4, 0, "月a神", "月<a…", 5);
    check_text(true, 4, 0, "a月神", "a月<…", 5);
    check_text(true, 4, 0, "月神b", "月< …", 5);
    check_text(true, 4, -1, "月ab", " ab ", 3);
    check_text(false, 6, 0, "月a", "??a   ", 3);
    // What covers one half of a wide character blanks the other.
    sl_frame frame = frame_of(6, 1, true);
    sl_frame_text(&frame, ALL(frame), 0, 0, plain, "月神日");
    sl_frame_put(&frame, ALL(frame), 1, 0, plain, 'x');
    sl_frame_put(&frame, ALL(frame), 2, 0, plain, 'y');
    assert_string_equal(row(&frame, 0), " xy 日<");
    sl_frame_text(&frame, ALL(frame), 3, 0, plain, "月");
    assert_string_equal(row(&frame, 0), " xy月< ");
    sl_frame_put(&frame, ALL(frame), 5, 0, plain, 0x65E5); // no room for its right half
    assert_string_equal(row(&frame, 0), " xy月< ");
    sl_frame_free(&frame);
}

static void test_hostile(void **state) {
    check_text(true, 24, 0, "a\033[2Jb", "a\\x1b[2Jb               ", 9);
    check_text(true, 24, 0, "a\nb\tc\rd", "a\\nb\\tc\\rd              ", 10);
    check_text(true, 24, 0, "\x7f\xc2\x9b", "\\x7f\\u{9b}              ", 10);
    check_text(true, 24, 0, "\xff\xc0\xaf\xed\xa0\x80", "\\xff\\xc0\\xaf\\xed\\xa0\\x80", 24);
    check_text(true, 24, 0, "e\xcc\x81\xe2\x80\xae", "e\\u{301}\\u{202e}        ", 16);
    check_text(true, 24, 0, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80        ", 16);
    check_text(true, 8, 0, "\xe6\x9c", "\\xe6\\x9c", 8);
    check_text(true, 6, 0, "ab\033[0m", "ab\\x1…", 9);
    // Ten thousand bytes of it: nothing but printable characters arrives, also in ASCII.
    char *text = malloc(10001);
    for (int i = 0; i < 10000; i++) text[i] = (char)(1 + (i * 7 + i / 255) % 255);
    text[10000] = 0;
    for (int utf8 = 0; utf8 < 2; utf8++) {
        sl_frame frame = frame_of(200, 2, utf8);
        int after = sl_frame_text(&frame, ALL(frame), 0, 1, plain, text);
        assert_int_equal(after, sl_text_columns(text, utf8));
        assert_true(after >= 10000);
        for (int x = 0; x < 200; x++) {
            uint32_t character = frame.cells[200 + x].character;
            assert_true(character >= 0x20 && character != 0x7f && (utf8 || character < 0x7f));
            assert_int_equal(frame.cells[x].character, ' ');
        }
        sl_frame_free(&frame);
    }
    free(text);
}

static void test_clip(void **state) {
    sl_frame frame = frame_of(10, 4, true);
    sl_rect clip = {2, 1, 5, 2};
    sl_frame_text(&frame, clip, 0, 0, plain, "above");
    sl_frame_text(&frame, clip, 0, 1, plain, "0123456789");
    sl_frame_text(&frame, clip, 6, 2, plain, "xy");
    sl_frame_text(&frame, clip, 0, 3, plain, "below");
    sl_frame_put(&frame, clip, 7, 1, plain, '!');
    assert_string_equal(row(&frame, 0), "          ");
    assert_string_equal(row(&frame, 1), "  2345…   ");
    assert_string_equal(row(&frame, 2), "      …   ");
    assert_string_equal(row(&frame, 3), "          ");
    // Rectangles and places anywhere.
    static const int far[] = {INT_MIN, INT_MIN + 1, -100, -1, 0, 1, 9, 10, 100, INT_MAX - 1, INT_MAX};
    enum { COUNT = sizeof far / sizeof *far };
    for (int a = 0; a < COUNT; a++)
        for (int b = 0; b < COUNT; b++)
            for (int c = 0; c < COUNT; c++) {
                sl_rect area = {far[a], far[b], far[c] < 0 ? 0 : far[c], far[(c + a) % COUNT] < 0 ? 0 : far[(c + a) % COUNT]};
                sl_frame_text(&frame, area, far[b], far[c], plain, "月 text");
                sl_frame_put(&frame, area, far[b], far[c], plain, 0x6708);
                sl_frame_fill(&frame, area, plain, '.');
            }
    sl_frame_free(&frame);
    frame = frame_of(0, 0, true);
    sl_frame_text(&frame, ALL(frame), 0, 0, plain, "x");
    sl_frame_fill(&frame, ALL(frame), plain, 'x');
    sl_frame_free(&frame);
    assert_error(sl_frame_resize(&frame, 100000, 2), SL_ERR_ARGUMENT, "100000x2");
}

static void test_box(void **state) {
    sl_frame frame = frame_of(12, 3, true);
    sl_rect in = sl_frame_box(&frame, ALL(frame), plain, "mIoU");
    assert_string_equal(row(&frame, 0), "┌─ mIoU ───┐");
    assert_string_equal(row(&frame, 1), "│          │");
    assert_string_equal(row(&frame, 2), "└──────────┘");
    assert_int_equal(in.x * 1000 + in.y * 100 + in.width * 10 + in.height, 1000 + 100 + 100 + 1);
    sl_frame_box(&frame, ALL(frame), plain, "a long title");
    assert_string_equal(row(&frame, 0), "┌─ a lon… ─┐");
    sl_frame_free(&frame);
    frame = frame_of(12, 3, false);
    sl_frame_box(&frame, ALL(frame), plain, "mIoU");
    assert_string_equal(row(&frame, 0), "+- mIoU ---+");
    assert_string_equal(row(&frame, 1), "|          |");
    in = sl_frame_box(&frame, (sl_rect){3, 1, 1, 5}, plain, NULL);
    assert_int_equal(in.width, 0);
    sl_frame_free(&frame);
}

static void test_unicode(void **state) {
    int checked = 0;
    for (uint32_t character = 1; character < 0x110000; character++) {
        if (character >= 0xD800 && character < 0xE000) continue;
        char text[5] = {0};
        size_t bytes = sl_unicode_write(character, text);
        const char *at = text;
        if (sl_unicode_next(&at) != character || at != text + bytes) fail_msg("U+%04X does not come back", character);
        checked++;
    }
    assert_int_equal(sl_unicode_width('a'), 1);
    assert_int_equal(sl_unicode_width(0x28FF), 1);
    assert_int_equal(sl_unicode_width(0x6708), 2);
    assert_int_equal(sl_unicode_width(0x1F319), 2);
    assert_int_equal(sl_unicode_width(0x301), 0);
    assert_int_equal(sl_unicode_width(0x200D), 0);
    assert_int_equal(sl_unicode_width(0x110000), 0);
    printf("compared %d characters\n", checked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text), cmocka_unit_test(test_wide), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_clip), cmocka_unit_test(test_box),  cmocka_unit_test(test_unicode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
