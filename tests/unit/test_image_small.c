// Pictures in memory: small PNGs written and read again, means and picks of pixels, and bytes that are no picture.
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/io/image.h"
#include "tests/support/cmocka.h"
#include <png.h>
#include <string.h>

static void test_labels(void **state) {
    // 2, 4, 16 and more colours: 1, 2, 4 and 8 bits a pixel.
    static const int counts[] = {1, 2, 3, 4, 5, 16, 17, 256};
    static const int depths[] = {1, 1, 2, 2, 4, 4, 8, 8};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        uint8_t pixels[7 * 5], palette[768], read[768];
        int colors;
        for (int i = 0; i < 768; i++) palette[i] = (uint8_t)(i * 7);
        for (int i = 0; i < 35; i++) pixels[i] = (uint8_t)(i * 11 % counts[k]);
        sl_text png = {0};
        sl_image out;
        assert_ok(sl_image_encode_png("labels", &(sl_image){7, 5, 1, pixels}, palette, counts[k], &png));
        assert_int_equal(png.data[24], depths[k]);
        assert_int_equal(png.data[25], PNG_COLOR_TYPE_PALETTE);
        assert_ok(sl_image_decode_png("labels", png.data, png.length, 100, &out, read, &colors));
        assert_int_equal(colors, counts[k]);
        assert_memory_equal(read, palette, (size_t)(3 * colors));
        assert_int_equal(out.channels, 1);
        assert_memory_equal(out.pixels, pixels, 35);
        sl_image_clear(&out);
        sl_text_free(&png);
    }
}

static void test_colors_and_grey(void **state) {
    uint8_t pixels[4 * 3 * 3], palette[768];
    int colors;
    for (int i = 0; i < 36; i++) pixels[i] = (uint8_t)(i * 7);
    for (int channels = 1; channels <= 3; channels += 2) {
        sl_text png = {0};
        sl_image out;
        assert_ok(sl_text_append(&png, "before"));
        assert_ok(sl_image_encode_png("x", &(sl_image){4, 3, channels, pixels}, NULL, 0, &png));
        assert_ok(sl_image_decode_png("x", png.data + 6, png.length - 6, 100, &out, palette, &colors));
        assert_int_equal(colors, 0);
        assert_int_equal(out.channels, channels);
        assert_int_equal(out.width, 4);
        assert_int_equal(out.height, 3);
        assert_memory_equal(out.pixels, pixels, (size_t)(12 * channels));
        sl_image_clear(&out);
        assert_error(sl_image_decode_png("x", png.data + 6, png.length - 6, 3, &out, palette, &colors), SL_ERR_FORMAT,
                     "x: damaged");
        assert_null(out.pixels);
        sl_text_free(&png);
    }
    sl_text png = {0};
    assert_error(sl_image_encode_png("x", &(sl_image){4, 3, 1, pixels}, palette, 257, &png), SL_ERR_ARGUMENT, "not 257");
    assert_error(sl_image_encode_png("x", &(sl_image){0, 3, 1, pixels}, NULL, 0, &png), SL_ERR_ARGUMENT, "0x3");
}

static void test_shrinking(void **state) {
    uint8_t grey[] = {0, 10, 20, 30, 40, 50}, wide[] = {0, 100, 200}, color[] = {1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9};
    sl_image out;
    assert_ok(sl_image_shrink(&(sl_image){3, 2, 1, grey}, 3, 2, &out)); // as it is
    assert_memory_equal(out.pixels, grey, 6);
    sl_image_clear(&out);
    assert_ok(sl_image_shrink(&(sl_image){3, 2, 1, grey}, 1, 1, &out));
    assert_int_equal(out.pixels[0], 25);
    sl_image_clear(&out);
    assert_ok(sl_image_shrink(&(sl_image){3, 1, 1, wide}, 2, 1, &out)); // (0 + 50) / 1.5 and (50 + 200) / 1.5
    assert_int_equal(out.pixels[0], 33);
    assert_int_equal(out.pixels[1], 167);
    sl_image_clear(&out);
    assert_ok(sl_image_shrink(&(sl_image){2, 2, 3, color}, 1, 2, &out));
    assert_memory_equal(out.pixels, ((uint8_t[]){2, 3, 4, 6, 7, 8}), 6);
    sl_image_clear(&out);
    assert_error(sl_image_shrink(&(sl_image){3, 2, 1, grey}, 4, 2, &out), SL_ERR_ARGUMENT, "smaller as 4x2");
    // The mean of all pixels stays.
    static uint8_t noise[101 * 67];
    sl_random random = sl_random_at(3, 0, 1);
    double before = 0, after = 0;
    for (int i = 0; i < 101 * 67; i++) before += noise[i] = (uint8_t)sl_random_below(&random, 256);
    assert_ok(sl_image_shrink(&(sl_image){101, 67, 1, noise}, 13, 11, &out));
    for (int i = 0; i < 13 * 11; i++) after += out.pixels[i];
    sl_image_clear(&out);
    assert_true(before / (101 * 67) - after / (13 * 11) < 0.5 && after / (13 * 11) - before / (101 * 67) < 0.5);

    assert_ok(sl_image_pick(&(sl_image){6, 1, 1, grey}, 2, 1, &out)); // the middle of three
    assert_memory_equal(out.pixels, ((uint8_t[]){10, 40}), 2);
    sl_image_clear(&out);
    assert_ok(sl_image_pick(&(sl_image){3, 2, 1, grey}, 3, 2, &out));
    assert_memory_equal(out.pixels, grey, 6);
    sl_image_clear(&out);
}

// Bytes that were changed or cut give an error or a picture, and never more.
static void test_damage(void **state) {
    static uint8_t pixels[40 * 30];
    uint8_t palette[768] = {0};
    int colors, errors = 0;
    sl_text png = {0};
    sl_image out;
    sl_random random = sl_random_at(5, 0, 2);
    for (int i = 0; i < 1200; i++) pixels[i] = (uint8_t)(i / 40 % 5);
    assert_ok(sl_image_encode_png("x", &(sl_image){40, 30, 1, pixels}, palette, 12, &png));
    for (int i = 0; i < 3000; i++) {
        sl_text copy = {0};
        assert_ok(sl_text_append_bytes(&copy, png.data, png.length));
        size_t length = i % 3 ? png.length : sl_random_below(&random, (uint32_t)png.length);
        for (int k = 0; k < 3 && i % 3; k++) copy.data[sl_random_below(&random, (uint32_t)length)] ^= (char)(1 << k);
        sl_status status = sl_image_decode_png("x", copy.data, length, 1024, &out, palette, &colors);
        if (status != SL_OK) {
            assert_null(out.pixels);
            errors++;
        }
        sl_image_clear(&out);
        sl_text_free(&copy);
    }
    assert_error(sl_image_decode_png("x", "", 0, 1024, &out, palette, &colors), SL_ERR_FORMAT, "x: damaged PNG");
    print_message("3000 damaged pictures: %d told\n", errors);
    assert_true(errors > 2900);
    sl_text_free(&png);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_colors_and_grey),
        cmocka_unit_test(test_shrinking),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
