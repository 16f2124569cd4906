// Sixels: exact bytes of small pictures, larger ones decoded again by a decoder of the test's own, and reduction to few colours.
#include "core/base/random.h"
#include "tests/support/cmocka.h"
#include "ui/tui/terminal/sixel.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 400 * 400 };

static uint32_t decoded[MOST], pixels[MOST];

// A terminal's side: fills `decoded` and returns the size that the sequence declares.
static void decode(const sl_text *sixel, int *width, int *height) {
    uint32_t colors[256] = {0};
    const char *at = sixel->data;
    int x = 0, y = 0, color = 0, used = 0;
    assert_non_null(at);
    assert_memory_equal(at, "\033P0;1;0q", 8);
    at += 8;
    assert_int_equal(sscanf(at, "\"1;1;%d;%d%n", width, height, &used), 2);
    at += used;
    assert_true(*width * *height <= MOST);
    for (int i = 0; i < *width * *height; i++) decoded[i] = 0xFFFFFFFF;
    while (*at && *at != '\033') {
        int count = 1, red, green, blue, number;
        if (*at == '#' && sscanf(at, "#%d;2;%d;%d;%d%n", &number, &red, &green, &blue, &used) == 4) {
            assert_in_range(number, 0, 255);
            assert_true(red <= 100 && green <= 100 && blue <= 100);
            colors[number] =
                (uint32_t)(red * 255 / 100) << 16 | (uint32_t)(green * 255 / 100) << 8 | (uint32_t)(blue * 255 / 100);
            at += used;
            continue;
        }
        if (*at == '#') {
            color = (int)strtol(at + 1, (char **)&at, 10);
            continue;
        }
        if (*at == '$' || *at == '-') {
            x = 0;
            y += *at++ == '-' ? 6 : 0;
            continue;
        }
        if (*at == '!') count = (int)strtol(at + 1, (char **)&at, 10);
        assert_in_range(*at, '?', '~');
        for (; count > 0; count--, x++)
            for (int bit = 0; bit < 6; bit++)
                if ((*at - '?') >> bit & 1) {
                    assert_true(x < *width && y + bit < *height);
                    decoded[(y + bit) * *width + x] = colors[color];
                }
        at++;
    }
    assert_string_equal(at, "\033\\");
}

static void test_exact(void **state) {
    static const uint32_t two[] = {0xFF0000, 0xFF0000, 0x0000FF};
    sl_text out = {0};
    assert_ok(sl_text_append(&out, "before"));
    assert_ok(sl_sixel_append(&out, two, 3, 1));
    // Blue is the lesser half of what is widest apart.
    assert_string_equal(out.data, "before\033P0;1;0q\"1;1;3;1#0;2;0;0;100#1;2;100;0;0#0??@$#1@@\033\\");
    sl_text_free(&out);
    // Seven rows of one colour: two bands; ten columns as a run.
    uint32_t white[70];
    for (int i = 0; i < 70; i++) white[i] = 0xFFFFFF;
    assert_ok(sl_sixel_append(&out, white, 10, 7));
    assert_string_equal(out.data, "\033P0;1;0q\"1;1;10;7#0;2;100;100;100#0!10~-#0!10@\033\\");
    sl_text_free(&out);
    assert_ok(sl_sixel_append(&out, white, 0, 7));
    assert_null(out.data);
}

static bool near(uint32_t a, uint32_t b, int most) {
    for (int shift = 0; shift < 24; shift += 8) {
        int difference = (int)(a >> shift & 255) - (int)(b >> shift & 255);
        if (difference > most || -difference > most) return false;
    }
    return true;
}

static void round_trip(int width, int height, int tolerance, const char *what) {
    sl_text out = {0};
    int w, h;
    assert_ok(sl_sixel_append(&out, pixels, width, height));
    decode(&out, &w, &h);
    assert_true(w == width && h == height);
    for (int i = 0; i < w * h; i++)
        if (!near(decoded[i], pixels[i], tolerance)) fail_msg("%s, pixel %d: %06x, not %06x", what, i, decoded[i], pixels[i]);
    print_message("%s: %dx%d in %zu bytes\n", what, w, h, out.length);
    sl_text_free(&out);
}

static void test_pictures(void **state) {
    sl_random random = sl_random_at(1, 0, 2);
    // Labels: few colours, in areas. Colours are told in hundredths, so they are off by two at most.
    for (int i = 0; i < 300 * 200; i++) pixels[i] = (uint32_t)((i % 300) / 60 * 0x203010 + (i / 300) / 33 * 0x102030);
    round_trip(300, 200, 2, "a label map");
    for (int i = 0; i < 256; i++) pixels[i] = (uint32_t)i * 0x010101;
    round_trip(16, 16, 2, "all greys");
    for (int i = 0; i < 161 * 121; i++) // like a photo: smooth, and a little noise
        pixels[i] = (uint32_t)(i % 161 + sl_random_below(&random, 8)) << 16 | (uint32_t)(i / 161 + 60) << 8 |
                    (uint32_t)(100 + sl_random_below(&random, 8));
    round_trip(161, 121, 16, "many colours");
    for (int size = 1; size < 14; size++) {
        for (int i = 0; i < size * size; i++) pixels[i] = (uint32_t)sl_random_below(&random, 0x1000000);
        round_trip(size, size, 2, "noise");
    }
}

static void test_reducing(void **state) {
    uint32_t colors[256];
    static uint8_t indices[MOST];
    int count;
    sl_random random = sl_random_at(4, 0, 2);
    for (int i = 0; i < 5000; i++) pixels[i] = (uint32_t)sl_random_below(&random, 0x1000000);
    for (int most = 1; most <= 256; most *= 4) {
        double error = 0;
        assert_ok(sl_colors_reduce(pixels, 5000, most, colors, &count, indices));
        assert_int_equal(count, most);
        for (int i = 0; i < 5000; i++) {
            assert_true(indices[i] < count);
            for (int shift = 0; shift < 24; shift += 8)
                error += abs((int)(pixels[i] >> shift & 255) - (int)(colors[indices[i]] >> shift & 255));
        }
        error /= 5000 * 3;
        print_message("noise in %d colours: off by %.1f\n", most, error);
        assert_true(error < (most == 1 ? 70 : most == 4 ? 55 : most == 16 ? 36 : most == 64 ? 24 : 16));
    }
    assert_ok(sl_colors_reduce(pixels, 0, 256, colors, &count, indices));
    assert_int_equal(count, 0);
    pixels[0] = pixels[1] = 0x123456;
    pixels[2] = 0x123457;
    assert_ok(sl_colors_reduce(pixels, 3, 2, colors, &count, indices));
    assert_true(count == 2 && indices[0] == indices[1] && indices[0] != indices[2] && colors[indices[0]] == 0x123456);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exact), cmocka_unit_test(test_pictures),
                                       cmocka_unit_test(test_reducing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
