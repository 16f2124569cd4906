#include "ui/picture_file.h"
#include "core/base/memory.h"
#include "core/io/image.h"

#include <string.h>

void sl_picture_file_clear(sl_picture_file *file) {
    sl_free(file->rgb);
    sl_free(file->labels);
    *file = (sl_picture_file){0};
}

static void fill(const sl_image *image, sl_picture_file *out) {
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++) {
        uint8_t *rgb = out->rgb + 3 * i;
        if (image->channels == 3) {
            for (int c = 0; c < 3; c++) rgb[c] = image->pixels[3 * i + 2 - (size_t)c];
        } else if (out->colors == 0) {
            memset(rgb, image->pixels[i], 3);
        } else {
            int index = image->pixels[i] < out->colors ? image->pixels[i] : out->colors - 1;
            out->labels[i] = (uint8_t)index;
            memcpy(rgb, out->palette + 3 * index, 3);
        }
    }
}

sl_status sl_picture_file_read(const void *png, size_t bytes, sl_picture_file *out) {
    sl_image image;
    *out = (sl_picture_file){0};
    if (bytes > SL_PICTURE_BYTES)
        return sl_error(SL_ERR_FORMAT, "it takes %zu bytes; at most %d are read", bytes, SL_PICTURE_BYTES);
    SL_TRY(sl_image_decode_png("it cannot be shown", png, bytes, SL_PICTURE_SIDE, &image, out->palette, &out->colors));
    size_t count = (size_t)image.width * (size_t)image.height;
    out->width = image.width;
    out->height = image.height;
    out->rgb = sl_malloc(3 * count);
    if (out->colors) out->labels = sl_malloc(count);
    bool there = out->rgb && (!out->colors || out->labels);
    if (there) fill(&image, out);
    sl_image_clear(&image);
    if (there) return SL_OK;
    sl_picture_file_clear(out);
    return sl_error(SL_ERR_MEMORY, "out of memory for a picture");
}
