// Smaller images: means of pixels, or some of them.
#include "core/base/memory.h"
#include "core/io/image_impl.h"

// In whole numbers: a pixel of the result spans `extent` units of each side, one of the source `result` units, so that every
// overlap is a whole number of them.
static int overlap(int64_t from, int64_t to, int64_t at, int result) {
    int64_t left = at * result, right = left + result;
    return (int)((to < right ? to : right) - (from > left ? from : left));
}

static void mean_of(const sl_image *source, int width, int height, int x, int y, uint8_t *out) {
    int64_t left = (int64_t)x * source->width, right = left + source->width;
    int64_t top = (int64_t)y * source->height, bottom = top + source->height;
    uint64_t sums[3] = {0}, whole = (uint64_t)source->width * (uint64_t)source->height;
    for (int64_t v = top / height; v * height < bottom; v++) {
        uint64_t high = (uint64_t)overlap(top, bottom, v, height);
        const uint8_t *row = source->pixels + (size_t)v * (size_t)source->width * (size_t)source->channels;
        for (int64_t u = left / width; u * width < right; u++) {
            uint64_t weight = high * (uint64_t)overlap(left, right, u, width);
            for (int c = 0; c < source->channels; c++) sums[c] += weight * row[u * source->channels + c];
        }
    }
    for (int c = 0; c < source->channels; c++) out[c] = (uint8_t)((sums[c] + whole / 2) / whole);
}

sl_status sl_image_shrink(const sl_image *source, int width, int height, sl_image *out) {
    *out = (sl_image){0};
    if (!source->pixels || width < 1 || height < 1 || width > source->width || height > source->height)
        return sl_error(SL_ERR_ARGUMENT, "an image of %dx%d cannot be made smaller as %dx%d", source->width, source->height,
                        width, height);
    SL_TRY(sl_image_new("a smaller image", width, height, source->channels, out));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            mean_of(source, width, height, x, y,
                    out->pixels + ((size_t)y * (size_t)width + (size_t)x) * (size_t)source->channels);
    return SL_OK;
}

sl_status sl_image_pick(const sl_image *source, int width, int height, sl_image *out) {
    *out = (sl_image){0};
    if (!source->pixels || width < 1 || height < 1)
        return sl_error(SL_ERR_ARGUMENT, "an image of %dx%d cannot be made %dx%d", source->width, source->height, width, height);
    SL_TRY(sl_image_new("a smaller image", width, height, source->channels, out));
    size_t channels = (size_t)source->channels;
    uint8_t *place = out->pixels;
    for (int y = 0; y < height; y++) {
        size_t v = (size_t)(((int64_t)2 * y + 1) * source->height / (2 * height));
        for (int x = 0; x < width; x++) {
            size_t u = (size_t)(((int64_t)2 * x + 1) * source->width / (2 * width));
            for (size_t c = 0; c < channels; c++) *place++ = source->pixels[(v * (size_t)source->width + u) * channels + c];
        }
    }
    return SL_OK;
}
