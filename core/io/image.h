// Images as bytes: decoding PNG and JPEG, writing PNG.
#ifndef SL_IO_IMAGE_H
#define SL_IO_IMAGE_H

#include "core/base/status.h"
#include "core/base/text.h"
#include <stdint.h>

// Interleaved rows, `channels` bytes a pixel, no padding. `pixels` is freed with sl_image_clear.
typedef struct sl_image {
    int width, height, channels;
    uint8_t *pixels;
} sl_image;

void sl_image_clear(sl_image *image);

// A colour image (PNG or JPEG, told by its content) as BGR, 3 channels, the order that OpenCV and the published weights use; grey
// images are repeated, alpha is dropped, a JPEG's EXIF orientation is applied: what cv2.imread gives. Truncated or damaged files
// are errors that name the file. `out` is empty after an error.
sl_status sl_image_read_color(const char *path, sl_image *out);
// A label PNG as indices, 1 channel: palette indices or 8-bit grey as they are; other kinds are errors
// (16 bits, colours, grey of 1, 2 or 4 bits, which readers scale differently).
sl_status sl_image_read_label(const char *path, sl_image *out);
// Width and height, without decoding the pixels.
sl_status sl_image_read_size(const char *path, int *width, int *height);

// Writes a PNG (temporary file, then rename). channels 1: grey, or palette when `palette` (256 x RGB) is given; 3: BGR.
sl_status sl_image_write_png(const char *path, const sl_image *image, const uint8_t *palette);
// The same, appended to *out; `name` is for messages. The first `colors` entries (1 to 256) of a palette are stored, with as few
// bits a pixel as they need: all pixels must be below that number.
sl_status sl_image_encode_png(const char *name, const sl_image *image, const uint8_t *palette, int colors, sl_text *out);
// A PNG in memory that may come from anybody, of at most `most_side` pixels a side: colours as BGR (3 channels); grey (1 channel,
// *colors 0); or the indices of a palette (1 channel), whose *colors entries are in `palette`.
sl_status sl_image_decode_png(const char *name, const void *bytes, size_t size, int most_side, sl_image *out,
                              uint8_t palette[768], int *colors);
// The VOC palette.
void sl_image_voc_palette(uint8_t palette[768]);

// As cv2.resize: INTER_LINEAR with half-pixel centres and 11-bit fixed-point weights; INTER_NEAREST.
sl_status sl_image_resize_linear(const sl_image *source, int width, int height, sl_image *out);
sl_status sl_image_resize_nearest(const sl_image *source, int width, int height, sl_image *out);

// Each pixel of the smaller image is the mean of those it stands for, rounded. No side may grow.
sl_status sl_image_shrink(const sl_image *source, int width, int height, sl_image *out);
// Each is the one in the middle of those: for labels, which have no mean.
sl_status sl_image_pick(const sl_image *source, int width, int height, sl_image *out);

// As cv2.resize(fx=factor, fy=factor): the size is rounded half to even (at least 1), and source positions follow the factor
// itself, not the rounded size.
int sl_image_scaled_extent(int extent, double factor);
sl_status sl_image_scale_linear(const sl_image *source, double factor, sl_image *out);
sl_status sl_image_scale_nearest(const sl_image *source, double factor, sl_image *out);

#endif
