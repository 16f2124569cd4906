// Files that the tests of images and datasets make for themselves.
#ifndef SL_TEST_IMAGE_FILES_H
#define SL_TEST_IMAGE_FILES_H

#include "core/io/image.h"
#include <stdbool.h>
#include <stddef.h>

// A fresh folder for this program, removed with all it holds when the program ends.
const char *test_folder(void);
// The path of a printf-formatted name in that folder; folders on the way are made. Valid until the eighth call from now.
const char *test_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
// ../shared/NAME, or NULL (and a line that says so) where it is absent. Valid until the eighth call from now.
const char *test_shared(const char *name);
bool test_shared_was_absent(void);

void test_write(const char *path, const void *bytes, size_t size);
void test_write_text(const char *path, const char *text);
// The whole file; freed with free.
unsigned char *test_read(const char *path, size_t *size);

// Smooth colours with some noise, the same for the same seed. Freed with sl_image_clear.
sl_image test_picture(int width, int height, int channels, unsigned seed);
// A label map of `classes` classes in blocks, with some ignored pixels.
sl_image test_labels(int width, int height, int classes, unsigned seed);

typedef struct test_jpeg {
    int quality;
    bool progressive, grey;
    int orientation; // 0: none
} test_jpeg;
void test_write_jpeg(const char *path, const sl_image *image, test_jpeg options);
// A PNG of libpng's colour type and depth with samples that count up; interlaced or not.
void test_write_png(const char *path, int width, int height, int color_type, int depth, bool interlaced);

uint64_t test_hash(const void *bytes, size_t size); // FNV-1a
uint64_t test_image_hash(const sl_image *image);

#endif
