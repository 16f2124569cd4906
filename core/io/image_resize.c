// Resizing in OpenCV's arithmetic: half-pixel centres computed in double and rounded to float, weights of 11 bits, the vertical
// pass on horizontal sums shortened by 4 bits.
#include "core/io/image_resize.h"
#include "core/base/memory.h"
#include "core/io/image_impl.h"

#include <math.h>
#include <string.h>

enum { WEIGHT_ONE = 2048 };

// Result = source[left] * weight_left + source[right] * weight_right.
typedef struct tap {
    int left, right, weight_left, weight_right;
} tap;

int sl_image_scaled_extent(int extent, double factor) {
    double scaled = rint(extent * factor); // half to even, as cvRound
    if (!(scaled >= 1)) return 1;
    return scaled > SL_IMAGE_MAX_SIDE * 64.0 ? SL_IMAGE_MAX_SIDE * 64 : (int)scaled;
}

// OpenCV copies an image whose size does not change, whatever the factor.
static sl_resize fixed_if_same(const sl_image *source, sl_resize resize) {
    if (resize.width == source->width && resize.height == source->height) resize.step_x = resize.step_y = 1;
    return resize;
}

sl_resize sl_resize_to(const sl_image *source, int width, int height) {
    sl_resize resize = {width, height, 1.0 / ((double)width / source->width), 1.0 / ((double)height / source->height)};
    return fixed_if_same(source, resize);
}

sl_resize sl_resize_by(const sl_image *source, double factor) {
    sl_resize resize = {sl_image_scaled_extent(source->width, factor), sl_image_scaled_extent(source->height, factor),
                        1.0 / factor, 1.0 / factor};
    return fixed_if_same(source, resize);
}

static tap linear_tap(int position, double step, int extent) {
    float where = (float)((position + 0.5) * step - 0.5);
    int left = (int)floorf(where);
    float fraction = where - (float)left;
    tap result = {.weight_left = (int)lrintf((1.0f - fraction) * WEIGHT_ONE), .weight_right = (int)lrintf(fraction * WEIGHT_ONE)};
    result.left = left < 0 ? 0 : left < extent ? left : extent - 1;
    result.right = left + 1 < 0 ? 0 : left + 1 < extent ? left + 1 : extent - 1;
    return result;
}

static int nearest_tap(int position, double step, int extent) {
    int at = (int)floor(position * step);
    return at < extent - 1 ? at : extent - 1;
}

static sl_status window_new(const sl_image *source, const sl_resize *resize, int x, int y, int width, int height, sl_image *out) {
    *out = (sl_image){0};
    if (!source->pixels || x < 0 || y < 0 || width < 1 || height < 1 || x > resize->width - width ||
        y > resize->height - height || !(resize->step_x > 0 && resize->step_x < 1e6) ||
        !(resize->step_y > 0 && resize->step_y < 1e6))
        return sl_error(SL_ERR_ARGUMENT, "an image of %dx%d cannot be resized to %dx%d (window of %dx%d at %d,%d)", source->width,
                        source->height, resize->width, resize->height, width, height, x, y);
    return sl_image_new("resized image", width, height, source->channels, out);
}

// One source row at the window's columns. With one channel or three, the inner loop unrolls.
static void horizontal(const uint8_t *row, const tap *taps, int width, int channels, int32_t *out) {
    if (channels == 3) {
        for (int x = 0; x < width; x++, out += 3) {
            const uint8_t *left = row + taps[x].left * 3, *right = row + taps[x].right * 3;
            int a = taps[x].weight_left, b = taps[x].weight_right;
            out[0] = left[0] * a + right[0] * b;
            out[1] = left[1] * a + right[1] * b;
            out[2] = left[2] * a + right[2] * b;
        }
        return;
    }
    for (int x = 0; x < width; x++)
        for (int c = 0; c < channels; c++)
            *out++ =
                row[taps[x].left * channels + c] * taps[x].weight_left + row[taps[x].right * channels + c] * taps[x].weight_right;
}

static void vertical(const int32_t *restrict upper, const int32_t *restrict lower, int a, int b, size_t count,
                     uint8_t *restrict out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)(((a * (upper[i] >> 4) >> 16) + (b * (lower[i] >> 4) >> 16) + 2) >> 2);
}

sl_status sl_resize_linear_window(const sl_image *source, const sl_resize *resize, int x, int y, int width, int height,
                                  sl_image *out) {
    SL_TRY(window_new(source, resize, x, y, width, height, out));
    size_t count = (size_t)width * (size_t)source->channels, stride = (size_t)source->width * (size_t)source->channels;
    tap *taps = sl_malloc((size_t)width * sizeof *taps);
    int32_t *sums = sl_malloc(2 * count * sizeof *sums);
    if (!taps || !sums) {
        sl_free(taps);
        sl_free(sums);
        sl_image_clear(out);
        return sl_error(SL_ERR_MEMORY, "out of memory for resizing to %dx%d", resize->width, resize->height);
    }
    for (int i = 0; i < width; i++) {
        taps[i] = linear_tap(x + i, resize->step_x, source->width);
        // Beyond the border the weights are whole, not only the positions clamped.
        if (taps[i].left == taps[i].right) taps[i].weight_left = WEIGHT_ONE, taps[i].weight_right = 0;
    }
    int held[2] = {-1, -1}; // source rows whose sums are held, by parity
    for (int i = 0; i < height; i++) {
        tap rows = linear_tap(y + i, resize->step_y, source->height);
        const int needed[2] = {rows.left, rows.right};
        for (int k = 0; k < 2; k++) {
            int slot = needed[k] & 1;
            if (held[slot] == needed[k]) continue;
            horizontal(source->pixels + (size_t)needed[k] * stride, taps, width, source->channels, sums + (size_t)slot * count);
            held[slot] = needed[k];
        }
        vertical(sums + (size_t)(rows.left & 1) * count, sums + (size_t)(rows.right & 1) * count, rows.weight_left,
                 rows.weight_right, count, out->pixels + (size_t)i * count);
    }
    sl_free(taps);
    sl_free(sums);
    return SL_OK;
}

sl_status sl_resize_nearest_window(const sl_image *source, const sl_resize *resize, int x, int y, int width, int height,
                                   sl_image *out) {
    SL_TRY(window_new(source, resize, x, y, width, height, out));
    int *columns = sl_malloc((size_t)width * sizeof *columns);
    if (!columns) {
        sl_image_clear(out);
        return sl_error(SL_ERR_MEMORY, "out of memory for resizing to %dx%d", resize->width, resize->height);
    }
    size_t channels = (size_t)source->channels, stride = (size_t)source->width * channels;
    for (int i = 0; i < width; i++) columns[i] = nearest_tap(x + i, resize->step_x, source->width);
    uint8_t *to = out->pixels;
    for (int i = 0; i < height; i++) {
        const uint8_t *row = source->pixels + (size_t)nearest_tap(y + i, resize->step_y, source->height) * stride;
        if (channels == 1)
            for (int j = 0; j < width; j++) *to++ = row[columns[j]];
        else
            for (int j = 0; j < width; j++, to += channels) memcpy(to, row + (size_t)columns[j] * channels, channels);
    }
    sl_free(columns);
    return SL_OK;
}

sl_status sl_image_resize_linear(const sl_image *source, int width, int height, sl_image *out) {
    sl_resize resize = sl_resize_to(source, width, height);
    return sl_resize_linear_window(source, &resize, 0, 0, width, height, out);
}

sl_status sl_image_resize_nearest(const sl_image *source, int width, int height, sl_image *out) {
    sl_resize resize = sl_resize_to(source, width, height);
    return sl_resize_nearest_window(source, &resize, 0, 0, width, height, out);
}

sl_status sl_image_scale_linear(const sl_image *source, double factor, sl_image *out) {
    sl_resize resize = sl_resize_by(source, factor);
    return sl_resize_linear_window(source, &resize, 0, 0, resize.width, resize.height, out);
}

sl_status sl_image_scale_nearest(const sl_image *source, double factor, sl_image *out) {
    sl_resize resize = sl_resize_by(source, factor);
    return sl_resize_nearest_window(source, &resize, 0, 0, resize.width, resize.height, out);
}
