// A window of a resized image, so that a crop costs what the crop needs. The pixels are those of the whole resized image.
#ifndef SL_IO_IMAGE_RESIZE_H
#define SL_IO_IMAGE_RESIZE_H

#include "core/io/image.h"

typedef struct sl_resize {
    int width, height;     // of the whole result
    double step_x, step_y; // source pixels to one pixel of the result
} sl_resize;

sl_resize sl_resize_to(const sl_image *source, int width, int height);
sl_resize sl_resize_by(const sl_image *source, double factor);

// The window's corner (x, y) and extents lie inside the result. `out` is a new image.
sl_status sl_resize_linear_window(const sl_image *source, const sl_resize *resize, int x, int y, int width, int height,
                                  sl_image *out);
sl_status sl_resize_nearest_window(const sl_image *source, const sl_resize *resize, int x, int y, int width, int height,
                                   sl_image *out);

#endif
