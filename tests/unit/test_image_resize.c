// Resizing: OpenCV's very bytes, and windows that equal the whole.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/io/image_resize.h"

#include <stdio.h>
#include <string.h>

// FNV-1a of what cv2.resize (OpenCV 5.0) makes of test_picture(width, height, 3, 7), linear, and test_picture(.., 1, 9), nearest;
// with fx = fy = factor, or to the given size where factor is 0.
static const struct {
    int width, height;
    double factor;
    int to_width, to_height;
    uint64_t linear, nearest;
} known[] = {
    {61, 47, 0.5371, 33, 25, 0xe515a0a7599ab996u, 0x1c0394977f5e21bfu},
    {61, 47, 0.9, 55, 42, 0x364a8ff310ee3aefu, 0x897ee1016353f7bbu},
    {61, 47, 1.0, 61, 47, 0x79a1c1fb0ef54910u, 0x3e0e97835838c65u},
    {61, 47, 1.4999, 91, 70, 0x95b337ba1fe095acu, 0x4698bc6286b375b7u},
    {33, 80, 0.61, 20, 49, 0x5dd92d7e9d12fabau, 0xddc324d0157bfd65u},
    {80, 33, 1.234, 99, 41, 0xd4e1122bbfac234bu, 0x4a9f05ff95074d4cu},
    {5, 3, 1.5, 8, 4, 0xf464e9d639d50c9u, 0xa370a213596465adu},
    {3, 5, 0.5001, 2, 3, 0xef17538c99232e9u, 0xb2fd5ec66c2f463u},
    {1, 1, 1.3, 1, 1, 0x4eebda181dbda05fu, 0xaf63ac4c86019afcu},
    {1, 9, 1.5, 2, 14, 0x9a99b22a91ef9899u, 0x367d320f712c34d7u},
    {61, 47, 0, 100, 20, 0x1aad904e256aad33u, 0x8da3f35432d8db70u},
    {61, 47, 0, 17, 90, 0x2e4e078c49d7f0afu, 0x1db7cace93db13f4u},
};

static void test_as_opencv(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        sl_image picture = test_picture(known[i].width, known[i].height, 3, 7),
                 labels = test_picture(known[i].width, known[i].height, 1, 9);
        sl_image linear, nearest;
        if (known[i].factor > 0) {
            assert_ok(sl_image_scale_linear(&picture, known[i].factor, &linear));
            assert_ok(sl_image_scale_nearest(&labels, known[i].factor, &nearest));
        } else {
            assert_ok(sl_image_resize_linear(&picture, known[i].to_width, known[i].to_height, &linear));
            assert_ok(sl_image_resize_nearest(&labels, known[i].to_width, known[i].to_height, &nearest));
        }
        assert_int_equal(linear.width, known[i].to_width);
        assert_int_equal(linear.height, known[i].to_height);
        assert_int_equal(nearest.width, known[i].to_width);
        if (test_image_hash(&linear) != known[i].linear) fail_msg("row %zu, linear: other bytes than OpenCV's", i);
        if (test_image_hash(&nearest) != known[i].nearest) fail_msg("row %zu, nearest: other bytes than OpenCV's", i);
        sl_image_clear(&linear);
        sl_image_clear(&nearest);
        sl_image_clear(&picture);
        sl_image_clear(&labels);
    }
    printf("compared %zu resizings with OpenCV's bytes\n", sizeof known / sizeof *known);
}

static void test_extents(void **state) {
    (void)state;
    assert_int_equal(sl_image_scaled_extent(37, 0.5), 18); // 18.5: half to even
    assert_int_equal(sl_image_scaled_extent(39, 0.5), 20); // 19.5
    assert_int_equal(sl_image_scaled_extent(53, 0.8), 42);
    assert_int_equal(sl_image_scaled_extent(1, 0.1), 1);
}

// Any window of the result holds the result's pixels there.
static void test_windows(void **state) {
    (void)state;
    sl_image picture = test_picture(45, 38, 3, 4), whole, window, whole_nearest;
    unsigned random = 1;
    int count = 0;
    for (double factor = 0.31; factor < 2.3; factor += 0.173) {
        assert_ok(sl_image_scale_linear(&picture, factor, &whole));
        assert_ok(sl_image_scale_nearest(&picture, factor, &whole_nearest));
        sl_resize resize = sl_resize_by(&picture, factor);
        assert_int_equal(resize.width, whole.width);
        for (int i = 0; i < 20; i++, count++) {
            random = random * 1664525u + 1013904223u;
            int width = 1 + (int)(random >> 8) % whole.width, height = 1 + (int)(random >> 16) % whole.height;
            int x = (int)(random >> 4) % (whole.width - width + 1), y = (int)(random >> 12) % (whole.height - height + 1);
            for (int nearest = 0; nearest < 2; nearest++) {
                const sl_image *expected = nearest ? &whole_nearest : &whole;
                assert_ok((nearest ? sl_resize_nearest_window : sl_resize_linear_window)(&picture, &resize, x, y, width, height,
                                                                                         &window));
                for (int row = 0; row < height; row++)
                    assert_memory_equal(window.pixels + row * width * 3, expected->pixels + ((y + row) * whole.width + x) * 3,
                                        (size_t)width * 3);
                sl_image_clear(&window);
            }
        }
        sl_image_clear(&whole);
        sl_image_clear(&whole_nearest);
    }
    printf("compared %d windows with the whole\n", count);
    sl_image_clear(&picture);
}

static void test_refusals(void **state) {
    (void)state;
    sl_image picture = test_picture(5, 5, 3, 4), out;
    assert_error(sl_image_resize_linear(&picture, 0, 4, &out), SL_ERR_ARGUMENT, "cannot be resized");
    assert_error(sl_image_resize_nearest(&picture, 4, -1, &out), SL_ERR_ARGUMENT, "cannot be resized");
    assert_error(sl_image_scale_linear(&picture, 0, &out), SL_ERR_ARGUMENT, "cannot be resized");
    assert_error(sl_image_resize_linear(&picture, 60000, 60000, &out), SL_ERR_FORMAT, "60000x60000");
    sl_resize resize = sl_resize_by(&picture, 2);
    assert_error(sl_resize_linear_window(&picture, &resize, 6, 0, 5, 5, &out), SL_ERR_ARGUMENT, "window");
    sl_image_clear(&picture);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_opencv), cmocka_unit_test(test_extents),
                                       cmocka_unit_test(test_windows), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
