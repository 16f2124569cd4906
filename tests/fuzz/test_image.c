// Seeded mutations of small PNG and JPEG files: whatever the bytes, reading ends in an image of a sane size or in an error that
// names the file. Meant to be run under ASan and UBSan as well.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/base/random.h"
#include "core/io/image_impl.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 2000 }; // for each of the files

typedef struct tally {
    int decoded, refused;
} tally;

static void check(const sl_image_source *source, bool jpeg, tally *result) {
    for (sl_image_want want = SL_IMAGE_COLOR; want <= SL_IMAGE_SIZE; want++) {
        sl_image image;
        sl_status status = (jpeg ? sl_jpeg_decode : sl_png_decode)(source, want, &image);
        if (status == SL_OK) {
            assert_in_range(image.width, 1, 65535);
            assert_in_range(image.height, 1, 65535);
            if (want != SL_IMAGE_SIZE) { // every byte was written
                volatile uint64_t hash = test_image_hash(&image);
                (void)hash;
            }
            sl_image_clear(&image);
            result->decoded++;
        } else {
            assert_null(image.pixels);
            assert_non_null(strstr(sl_error_message(), source->path));
            result->refused++;
        }
    }
}

// One to four changes: a bit, a byte, a run of one value, a piece moved, a cut, a 16-bit length.
static size_t mutate(unsigned char *bytes, size_t size, sl_random *random) {
    int changes = 1 + (int)sl_random_below(random, 4);
    while (changes-- > 0 && size > 4) {
        size_t at = (size_t)sl_random_below(random, size), span = 1 + (size_t)sl_random_below(random, 16);
        if (span > size - at) span = size - at;
        switch (sl_random_below(random, 6)) {
        case 0: bytes[at] ^= (unsigned char)(1 << sl_random_below(random, 8)); break;
        case 1: bytes[at] = (unsigned char)sl_random_below(random, 256); break;
        case 2: memset(bytes + at, sl_random_below(random, 2) ? 0xff : 0, span); break;
        case 3: memmove(bytes + sl_random_below(random, size - span + 1), bytes + at, span); break;
        case 4: size = at + 1; break;
        default:
            bytes[at] = (unsigned char)sl_random_below(random, 4);
            if (at + 1 < size) bytes[at + 1] = (unsigned char)sl_random_below(random, 256);
        }
    }
    return size;
}

// A PNG whose checksums are right again, so that the mutations reach the code behind them.
static void mend_checksums(unsigned char *bytes, size_t size) {
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - at - 12) return;
        uint32_t crc = 0xffffffffu;
        for (size_t i = at + 4; i < at + 8 + length; i++) {
            crc ^= bytes[i];
            for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        }
        crc = ~crc;
        for (size_t i = 0; i < 4; i++) bytes[at + 8 + length + i] = (unsigned char)(crc >> (24 - 8 * i));
        at += 12 + length;
    }
}

static void fuzz(const char *path, bool jpeg, uint64_t stream, tally *result) {
    size_t size;
    unsigned char *bytes = test_read(path, &size), *copy = malloc(size);
    assert_non_null(copy);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        sl_random random = sl_random_at(20240501, (uint32_t)(SL_STREAM_USER + stream), round);
        memcpy(copy, bytes, size);
        size_t left = mutate(copy, size, &random);
        if (!jpeg && round % 2) mend_checksums(copy, left);
        unsigned char *exact = malloc(left); // so that a read beyond the end is noticed
        assert_non_null(exact);
        memcpy(exact, copy, left);
        check(&(sl_image_source){path, exact, left}, jpeg, result);
        free(exact);
    }
    free(copy);
    free(bytes);
}

static void test_png(void **state) {
    (void)state;
    static const struct {
        int type, depth;
        bool interlaced;
    } kinds[] = {{PNG_COLOR_TYPE_PALETTE, 8, false},
                 {PNG_COLOR_TYPE_PALETTE, 2, true},
                 {PNG_COLOR_TYPE_GRAY, 8, false},
                 {PNG_COLOR_TYPE_RGB, 8, true},
                 {PNG_COLOR_TYPE_RGB_ALPHA, 16, false}};
    tally result = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *path = test_path("fuzz%zu.png", i);
        test_write_png(path, 19, 13, kinds[i].type, kinds[i].depth, kinds[i].interlaced);
        fuzz(path, false, i, &result);
    }
    printf("PNG: %d refused, %d decoded\n", result.refused, result.decoded);
    assert_true(result.refused > 1000 && result.decoded > 100); // the mutations are neither harmless nor all caught at the door
}

static void test_jpeg_files(void **state) {
    (void)state;
    sl_image picture = test_picture(33, 27, 3, 6);
    static const test_jpeg kinds[] = {
        {.quality = 75}, {.quality = 75, .progressive = true}, {.grey = true}, {.quality = 30, .orientation = 6}};
    tally result = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *path = test_path("fuzz%zu.jpg", i);
        test_write_jpeg(path, &picture, kinds[i]);
        fuzz(path, true, 16 + i, &result);
    }
    sl_image_clear(&picture);
    printf("JPEG: %d refused, %d decoded\n", result.refused, result.decoded);
    assert_true(result.refused > 1000 && result.decoded > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_png), cmocka_unit_test(test_jpeg_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
