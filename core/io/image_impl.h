// What the image files share.
#ifndef SL_IO_IMAGE_IMPL_H
#define SL_IO_IMAGE_IMPL_H

#include "core/io/image.h"
#include <stdbool.h>
#include <stddef.h>

// A side of 65,535 pixels is the most that a JPEG can say; 2^27 pixels (400 MB as BGR) are more than any data set here holds, and
// a damaged header should not ask for more.
enum { SL_IMAGE_MAX_SIDE = 65535, SL_IMAGE_MAX_PIXELS = 1 << 27 };

// The bytes of a file, named for messages.
typedef struct sl_image_source {
    const char *path;
    const unsigned char *bytes;
    size_t size;
} sl_image_source;

typedef enum sl_image_want { SL_IMAGE_COLOR, SL_IMAGE_LABEL, SL_IMAGE_SIZE, SL_IMAGE_AS_IT_IS } sl_image_want;

// Pixels are not initialised. `name` is for the message.
sl_status sl_image_new(const char *name, int width, int height, int channels, sl_image *out);

// SL_IMAGE_SIZE fills width and height alone. `out` is empty after an error.
sl_status sl_png_decode(const sl_image_source *source, sl_image_want want, sl_image *out);
sl_status sl_jpeg_decode(const sl_image_source *source, sl_image_want want, sl_image *out);

// EXIF orientation (1 to 8; 1 when absent or damaged) from the payload of a JPEG's APP1 segment.
int sl_exif_orientation(const unsigned char *payload, size_t size);
// Turns and mirrors the image as the orientation says.
sl_status sl_image_orient(const char *name, sl_image *image, int orientation);

#endif
