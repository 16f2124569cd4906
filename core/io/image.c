#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/io/image_impl.h"

#include <string.h>

void sl_image_clear(sl_image *image) {
    if (!image) return;
    sl_free(image->pixels);
    *image = (sl_image){0};
}

sl_status sl_image_new(const char *name, int width, int height, int channels, sl_image *out) {
    *out = (sl_image){0};
    if (width < 1 || height < 1 || width > SL_IMAGE_MAX_SIDE || height > SL_IMAGE_MAX_SIDE ||
        (int64_t)width * height > SL_IMAGE_MAX_PIXELS)
        return sl_error(SL_ERR_FORMAT, "%s: an image of %dx%d pixels; at most %dx%d and %d million pixels in all are read", name,
                        width, height, SL_IMAGE_MAX_SIDE, SL_IMAGE_MAX_SIDE, SL_IMAGE_MAX_PIXELS / 1000000);
    size_t bytes = (size_t)width * (size_t)height * (size_t)channels;
    uint8_t *pixels = sl_malloc(bytes);
    if (!pixels) return sl_error(SL_ERR_MEMORY, "%s: out of memory for an image of %dx%d pixels", name, width, height);
    *out = (sl_image){.width = width, .height = height, .channels = channels, .pixels = pixels};
    return SL_OK;
}

static sl_status read_image(const char *path, sl_image_want want, sl_image *out) {
    static const unsigned char png_magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg_magic[3] = {0xff, 0xd8, 0xff};
    *out = (sl_image){0};
    sl_text file = {0};
    sl_status status = sl_text_read_file(path, &file);
    if (status == SL_OK) {
        sl_image_source source = {path, (const unsigned char *)file.data, file.length};
        if (source.size == 0)
            status = sl_error(SL_ERR_FORMAT, "%s: the file is empty", path);
        else if (source.size >= sizeof png_magic && memcmp(source.bytes, png_magic, sizeof png_magic) == 0)
            status = sl_png_decode(&source, want, out);
        else if (source.size >= sizeof jpeg_magic && memcmp(source.bytes, jpeg_magic, sizeof jpeg_magic) == 0)
            status = sl_jpeg_decode(&source, want, out);
        else
            status = sl_error(SL_ERR_FORMAT, "%s: neither a PNG nor a JPEG file", path);
    }
    sl_text_free(&file);
    return status;
}

sl_status sl_image_read_color(const char *path, sl_image *out) {
    return read_image(path, SL_IMAGE_COLOR, out);
}

sl_status sl_image_read_label(const char *path, sl_image *out) {
    return read_image(path, SL_IMAGE_LABEL, out);
}

sl_status sl_image_read_size(const char *path, int *width, int *height) {
    sl_image header;
    *width = *height = 0;
    SL_TRY(read_image(path, SL_IMAGE_SIZE, &header));
    *width = header.width;
    *height = header.height;
    return SL_OK;
}

// Bit j of a class number goes to bit 7 - j/3 of channel j mod 3.
void sl_image_voc_palette(uint8_t palette[768]) {
    memset(palette, 0, 768);
    for (int index = 0; index < 256; index++)
        for (int bit = 0; bit < 8; bit++) palette[index * 3 + bit % 3] |= (uint8_t)((index >> bit & 1) << (7 - bit / 3));
}
