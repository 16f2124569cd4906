// Files that are cut, changed or something else altogether: an error that names the file, never pixels, never a crash.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_refused(const char *path, const char *what, size_t where) {
    sl_image image;
    sl_status status = sl_image_read_color(path, &image);
    if (status != SL_ERR_FORMAT) fail_msg("%s at byte %zu: status %d (%s)", what, where, status, sl_error_message());
    if (!strstr(sl_error_message(), path)) fail_msg("%s at byte %zu: the file is not named: %s", what, where, sl_error_message());
    assert_null(image.pixels);
}

// Cuts the file to every length (in steps) and expects each to be refused.
static int cut(const char *original, const char *what, size_t step) {
    size_t size;
    unsigned char *bytes = test_read(original, &size);
    const char *path = test_path("cut");
    int count = 0;
    for (size_t keep = 0; keep < size; keep += keep + step < size || keep == size - 1 ? step : size - 1 - keep, count++) {
        test_write(path, bytes, keep);
        assert_refused(path, what, keep);
    }
    free(bytes);
    return count;
}

static void test_cut_png(void **state) {
    (void)state;
    sl_image picture = test_picture(20, 16, 3, 2);
    const char *plain = test_path("plain.png"), *woven = test_path("woven.png");
    assert_ok(sl_image_write_png(plain, &picture, NULL));
    test_write_png(woven, 20, 16, PNG_COLOR_TYPE_RGB, 8, true);
    printf("cut PNG files refused: %d\n", cut(plain, "cut PNG", 1) + cut(woven, "cut interlaced PNG", 1));
    sl_image_clear(&picture);
}

static void test_cut_jpeg(void **state) {
    (void)state;
    sl_image picture = test_picture(40, 32, 3, 2);
    int count = 0;
    for (int i = 0; i < 3; i++) {
        const char *path = test_path("whole%d.jpg", i);
        test_write_jpeg(path, &picture, (test_jpeg){.quality = 60, .progressive = i == 1, .grey = i == 2});
        count += cut(path, "cut JPEG", 1);
    }
    printf("cut JPEG files refused: %d\n", count);
    sl_image_clear(&picture);
}

// Checksums cover a PNG, so every changed byte is noticed.
static void test_changed_png(void **state) {
    (void)state;
    sl_image labels = test_labels(20, 16, 5, 2);
    uint8_t palette[768];
    sl_image_voc_palette(palette);
    const char *original = test_path("original.png"), *path = test_path("changed.png");
    assert_ok(sl_image_write_png(original, &labels, palette));
    size_t size;
    unsigned char *bytes = test_read(original, &size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x24;
        test_write(path, bytes, size);
        assert_refused(path, "changed PNG", i);
        bytes[i] ^= 0x24;
    }
    printf("changed PNG files refused: %zu\n", size);
    free(bytes);
    sl_image_clear(&labels);
}

// Zeros in the middle of the entropy-coded data: the library only warns.
static void test_changed_jpeg(void **state) {
    (void)state;
    sl_image picture = test_picture(64, 64, 3, 2);
    const char *path = test_path("hole.jpg");
    test_write_jpeg(path, &picture, (test_jpeg){0});
    size_t size;
    unsigned char *bytes = test_read(path, &size);
    memset(bytes + size / 2, 0xff, 40);
    bytes[size / 2 + 41] = 0xd9;
    test_write(path, bytes, size);
    assert_refused(path, "JPEG with a hole", size / 2);
    free(bytes);
    sl_image_clear(&picture);
}

static void test_huge_headers(void **state) {
    (void)state;
    sl_image picture = test_picture(16, 16, 3, 2);
    const char *path = test_path("huge.jpg");
    test_write_jpeg(path, &picture, (test_jpeg){0});
    size_t size;
    unsigned char *bytes = test_read(path, &size);
    size_t at = 0;
    while (at + 9 < size && !(bytes[at] == 0xff && bytes[at + 1] == 0xc0)) at++; // the frame header: height, then width
    assert_true(at + 9 < size);
    memset(bytes + at + 5, 0xf0, 4);
    test_write(path, bytes, size);
    sl_image image;
    assert_error(sl_image_read_color(path, &image), SL_ERR_FORMAT, "61680x61680 pixels");
    free(bytes);
    sl_image_clear(&picture);

    static const unsigned char header[] = {0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0x7f,
                                           0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8,    2, 0, 0, 0,  0,   0,   0,   0};
    const char *png = test_path("huge.png");
    test_write(png, header, sizeof header);
    assert_refused(png, "PNG of 2^31 pixels a side", 0);
}

static void test_no_images(void **state) {
    (void)state;
    sl_image image;
    int width, height;
    const char *path = test_path("nothing.png");
    test_write(path, "", 0);
    assert_error(sl_image_read_color(path, &image), SL_ERR_FORMAT, "empty");
    assert_error(sl_image_read_label(path, &image), SL_ERR_FORMAT, path);
    assert_error(sl_image_read_size(path, &width, &height), SL_ERR_FORMAT, path);
    test_write_text(path, "P6 1 1 255 abc");
    assert_error(sl_image_read_color(path, &image), SL_ERR_FORMAT, "neither a PNG nor a JPEG");
    assert_error(sl_image_read_color(test_folder(), &image), SL_ERR_IO, test_folder());
    char missing[1100];
    snprintf(missing, sizeof missing, "%s/missing.jpg", test_folder());
    assert_error(sl_image_read_color(missing, &image), SL_ERR_IO, missing);
}

static void test_cut_real_files(void **state) {
    (void)state;
    static const char *const names[] = {"data/camvid/JPEGImages/0001TP_006690.jpg",
                                        "data/camvid/SegmentationClass/0001TP_006690.png",
                                        "data/voc/SegmentationClassAug/2007_000032.png"};
    int count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *original = test_shared(names[i]);
        if (!original) skip();
        size_t size;
        free(test_read(original, &size));
        count += cut(original, names[i], size / 12);
    }
    printf("cut real files refused: %d\n", count);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut_png),       cmocka_unit_test(test_cut_jpeg),
                                       cmocka_unit_test(test_changed_png),   cmocka_unit_test(test_changed_jpeg),
                                       cmocka_unit_test(test_huge_headers),  cmocka_unit_test(test_no_images),
                                       cmocka_unit_test(test_cut_real_files)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    return failures ? 1 : test_shared_was_absent() ? 77 : 0;
}
