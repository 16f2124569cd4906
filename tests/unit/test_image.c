// Reading and writing images that the test makes itself, and real ones whose pixels OpenCV decoded.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include <dirent.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_same(const sl_image *a, const sl_image *b) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    assert_memory_equal(a->pixels, b->pixels, (size_t)a->width * (size_t)a->height * (size_t)a->channels);
}

static void test_color_round_trip(void **state) {
    (void)state;
    sl_image picture = test_picture(31, 17, 3, 1), back;
    const char *path = test_path("color.png");
    assert_ok(sl_image_write_png(path, &picture, NULL));
    assert_ok(sl_image_read_color(path, &back));
    assert_same(&picture, &back);
    int width, height;
    assert_ok(sl_image_read_size(path, &width, &height));
    assert_int_equal(width, 31);
    assert_int_equal(height, 17);
    sl_image_clear(&back);
    assert_null(back.pixels);
    sl_image_clear(&back); // twice is fine
    sl_image_clear(&picture);
}

static void test_label_round_trip(void **state) {
    (void)state;
    uint8_t palette[768];
    sl_image_voc_palette(palette);
    sl_image labels = test_labels(23, 19, 21, 3), back, colors;
    for (int with_palette = 0; with_palette < 2; with_palette++) {
        const char *path = test_path("label%d.png", with_palette);
        assert_ok(sl_image_write_png(path, &labels, with_palette ? palette : NULL));
        assert_ok(sl_image_read_label(path, &back));
        assert_same(&labels, &back);
        assert_ok(sl_image_read_color(path, &colors)); // the palette's colours, or grey three times
        for (int i = 0; i < 23 * 19; i++)
            for (int c = 0; c < 3; c++)
                assert_int_equal(colors.pixels[i * 3 + c],
                                 with_palette ? palette[labels.pixels[i] * 3 + 2 - c] : labels.pixels[i]);
        sl_image_clear(&back);
        sl_image_clear(&colors);
    }
    sl_image_clear(&labels);
}

static void test_voc_palette(void **state) {
    (void)state;
    uint8_t palette[768];
    sl_image_voc_palette(palette);
    const uint8_t expected[][4] = {{0, 0, 0, 0}, {1, 128, 0, 0}, {15, 192, 128, 128}, {20, 0, 64, 128}, {255, 224, 224, 192}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_memory_equal(palette + expected[i][0] * 3, expected[i] + 1, 3);
}

static void test_label_kinds(void **state) {
    (void)state;
    sl_image label;
    for (int depth = 1; depth <= 8; depth *= 2)
        for (int interlaced = 0; interlaced < 2; interlaced++) {
            const char *path = test_path("palette%d-%d.png", depth, interlaced);
            test_write_png(path, 21, 9, PNG_COLOR_TYPE_PALETTE, depth, interlaced);
            assert_ok(sl_image_read_label(path, &label));
            for (int y = 0; y < 9; y++)
                for (int x = 0; x < 21; x++) assert_int_equal(label.pixels[y * 21 + x], (x + y * 5) % (1 << depth));
            sl_image_clear(&label);
        }
    static const struct {
        int type, depth;
        const char *words;
    } refused[] = {{PNG_COLOR_TYPE_RGB, 8, "holds colours"},       {PNG_COLOR_TYPE_RGB, 16, "holds colours"},
                   {PNG_COLOR_TYPE_RGB_ALPHA, 8, "holds colours"}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8, "holds colours"},
                   {PNG_COLOR_TYPE_GRAY, 16, "16-bit grey"},       {PNG_COLOR_TYPE_GRAY, 4, "4-bit grey"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *path = test_path("refused%zu.png", i);
        test_write_png(path, 6, 5, refused[i].type, refused[i].depth, false);
        assert_error(sl_image_read_label(path, &label), SL_ERR_FORMAT, refused[i].words);
        assert_non_null(strstr(sl_error_message(), path));
        assert_null(label.pixels);
        assert_ok(sl_image_read_color(path, &label)); // as a picture it is fine
        sl_image_clear(&label);
    }
    sl_image picture = test_picture(8, 8, 3, 1);
    const char *jpeg = test_path("label.jpg");
    test_write_jpeg(jpeg, &picture, (test_jpeg){0});
    assert_error(sl_image_read_label(jpeg, &label), SL_ERR_FORMAT, "JPEG");
    sl_image_clear(&picture);
}

static void test_png_colors(void **state) {
    (void)state;
    sl_image image;
    const char *path = test_path("deep.png");
    test_write_png(path, 5, 4, PNG_COLOR_TYPE_GRAY, 16, false); // the high byte is taken
    assert_ok(sl_image_read_color(path, &image));
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 15; x++) assert_int_equal(image.pixels[y * 15 + x], x / 3 * 2 + y * 5);
    sl_image_clear(&image);
    path = test_path("alpha.png");
    test_write_png(path, 5, 4, PNG_COLOR_TYPE_RGB_ALPHA, 8, true); // red, green, blue, alpha count up
    assert_ok(sl_image_read_color(path, &image));
    assert_int_equal(image.channels, 3);
    for (int c = 0; c < 3; c++) assert_int_equal(image.pixels[3 * 3 + c], 3 * 4 + 2 - c);
    sl_image_clear(&image);
}

static void test_jpeg_kinds(void **state) {
    (void)state;
    sl_image picture = test_picture(50, 37, 3, 5), plain, other;
    for (int i = 0; i < 50 * 37 * 3; i++) picture.pixels[i] = (uint8_t)(picture.pixels[i] / 4 + i % 150 / 2); // smooth enough
    const char *path = test_path("named-wrongly.png"); // the content decides
    test_write_jpeg(path, &picture, (test_jpeg){.quality = 100});
    assert_ok(sl_image_read_color(path, &plain));
    assert_int_equal(plain.width, 50);
    assert_int_equal(plain.height, 37);
    assert_int_equal(plain.channels, 3);
    const char *progressive = test_path("progressive.jpg");
    test_write_jpeg(progressive, &picture, (test_jpeg){.quality = 100, .progressive = true});
    assert_ok(sl_image_read_color(progressive, &other));
    assert_same(&plain, &other); // the same coefficients in another order
    sl_image_clear(&other);

    const char *grey = test_path("grey.jpg");
    test_write_jpeg(grey, &picture, (test_jpeg){.quality = 95, .grey = true});
    assert_ok(sl_image_read_color(grey, &other));
    assert_int_equal(other.channels, 3);
    for (int i = 0; i < 50 * 37; i++) {
        assert_int_equal(other.pixels[i * 3], other.pixels[i * 3 + 1]);
        assert_int_equal(other.pixels[i * 3], other.pixels[i * 3 + 2]);
    }
    sl_image_clear(&other);
    sl_image_clear(&plain);
    sl_image_clear(&picture);
}

// Where pixel (x, y) of the upright image lies in the stored one, by the EXIF standard's words for each orientation: what the
// stored image's row 0 and column 0 are.
static void stored_place(int orientation, int x, int y, int width, int height, int *sx, int *sy) {
    switch (orientation) {
    case 1: *sx = x, *sy = y; break;                          // top, left
    case 2: *sx = width - 1 - x, *sy = y; break;              // top, right
    case 3: *sx = width - 1 - x, *sy = height - 1 - y; break; // bottom, right
    case 4: *sx = x, *sy = height - 1 - y; break;             // bottom, left
    case 5: *sx = y, *sy = x; break;                          // left, top
    case 6: *sx = y, *sy = width - 1 - x; break;              // right, top
    case 7: *sx = height - 1 - y, *sy = width - 1 - x; break; // right, bottom
    default: *sx = height - 1 - y, *sy = x; break;            // left, bottom
    }
}

static void test_jpeg_orientation(void **state) {
    (void)state;
    sl_image picture = test_picture(40, 24, 3, 9), stored, upright;
    const char *path = test_path("stored.jpg");
    test_write_jpeg(path, &picture, (test_jpeg){0});
    assert_ok(sl_image_read_color(path, &stored));
    for (int orientation = 1; orientation <= 8; orientation++) {
        path = test_path("turned%d.jpg", orientation);
        test_write_jpeg(path, &picture, (test_jpeg){.orientation = orientation});
        assert_ok(sl_image_read_color(path, &upright));
        assert_int_equal(upright.width, orientation < 5 ? 40 : 24);
        assert_int_equal(upright.height, orientation < 5 ? 24 : 40);
        for (int y = 0; y < upright.height; y++)
            for (int x = 0; x < upright.width; x++) {
                int sx, sy;
                stored_place(orientation, x, y, upright.width, upright.height, &sx, &sy);
                assert_memory_equal(upright.pixels + (y * upright.width + x) * 3, stored.pixels + (sy * 40 + sx) * 3, 3);
            }
        int width, height;
        assert_ok(sl_image_read_size(path, &width, &height));
        assert_int_equal(width, upright.width);
        assert_int_equal(height, upright.height);
        sl_image_clear(&upright);
    }
    sl_image_clear(&stored);
    sl_image_clear(&picture);
}

static void test_write_failures(void **state) {
    (void)state;
    sl_image picture = test_picture(9, 9, 3, 1), back;
    char path[1100];
    snprintf(path, sizeof path, "%s/no/such/folder/x.png", test_folder());
    assert_error(sl_image_write_png(path, &picture, NULL), SL_ERR_IO, path);
    sl_image empty = {0}, two = picture;
    two.channels = 2;
    assert_error(sl_image_write_png("x.png", &empty, NULL), SL_ERR_ARGUMENT, "x.png");
    assert_error(sl_image_write_png("x.png", &two, NULL), SL_ERR_ARGUMENT, "2 channels");

    const char *target = test_path("folder/kept.png"); // overwritten whole, with nothing left beside it
    assert_ok(sl_image_write_png(target, &picture, NULL));
    picture.pixels[0] ^= 1;
    assert_ok(sl_image_write_png(target, &picture, NULL));
    assert_ok(sl_image_read_color(target, &back));
    assert_same(&picture, &back);
    int files = 0;
    DIR *folder = opendir(test_path("folder"));
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) files += entry->d_name[0] != '.';
    closedir(folder);
    assert_int_equal(files, 1);
    sl_image_clear(&back);
    sl_image_clear(&picture);
}

// What cv2.imread (OpenCV 5.0, libjpeg-turbo 3.1) gives for real images, as FNV-1a of the bytes.
static void test_as_opencv(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t hash;
    } known[] = {{"data/camvid/JPEGImages/0001TP_006690.jpg", 0xa72cfc234ec0fc22u},
                 {"data/camvid/JPEGImages/0006R0_f02670.jpg", 0x8ef0ade31152c5a9u},
                 {"data/camvid/JPEGImages/0016E5_07959.jpg", 0x5a19a480a4cfe985u}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *path = test_shared(known[i].name);
        if (!path) skip();
        sl_image image;
        assert_ok(sl_image_read_color(path, &image));
        assert_int_equal(image.width, 480);
        assert_int_equal(image.height, 360);
        if (test_image_hash(&image) != known[i].hash) fail_msg("%s: other pixels than OpenCV's", path);
        sl_image_clear(&image);
    }
    printf("compared %zu real JPEG files with OpenCV's pixels\n", sizeof known / sizeof *known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_color_round_trip), cmocka_unit_test(test_label_round_trip), cmocka_unit_test(test_voc_palette),
        cmocka_unit_test(test_label_kinds),      cmocka_unit_test(test_png_colors),       cmocka_unit_test(test_jpeg_kinds),
        cmocka_unit_test(test_jpeg_orientation), cmocka_unit_test(test_write_failures),   cmocka_unit_test(test_as_opencv)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    return failures ? 1 : test_shared_was_absent() ? 77 : 0;
}
