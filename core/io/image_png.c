// PNG by libpng. Its errors arrive by longjmp: each function that calls setjmp has no local that changes afterwards; everything
// that must be freed lies in the caller's structure.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/io/image_impl.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct png_work {
    png_structp png;
    png_infop info;
    const sl_image_source *source; // reading
    size_t at;
    sl_text *sink; // writing
    sl_image image;
    png_bytep *rows;
    uint8_t *palette; // NULL: not asked for; writing: NULL for grey
    int colors;       // of the palette
    int most_side;    // pixels; 0: as many as images may have
    bool out_of_memory;
    sl_status own; // an error that was worded here
    char message[160];
} png_work;

static void on_error(png_structp png, png_const_charp message) {
    png_work *work = png_get_error_ptr(png);
    snprintf(work->message, sizeof work->message, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static png_voidp on_malloc(png_structp png, png_alloc_size_t size) {
    png_work *work = png_get_mem_ptr(png);
    void *block = sl_malloc(size);
    if (!block) work->out_of_memory = true;
    return block;
}

static void on_free(png_structp png, png_voidp block) {
    (void)png;
    sl_free(block);
}

static void on_read(png_structp png, png_bytep out, size_t size) {
    png_work *work = png_get_io_ptr(png);
    if (size > work->source->size - work->at) png_error(png, "the file ends too early");
    memcpy(out, work->source->bytes + work->at, size);
    work->at += size;
}

static void on_write(png_structp png, png_bytep bytes, size_t size) {
    png_work *work = png_get_io_ptr(png);
    if (sl_text_append_bytes(work->sink, (const char *)bytes, size) != SL_OK) {
        work->out_of_memory = true;
        png_error(png, "out of memory");
    }
}

static void on_flush(png_structp png) {
    (void)png;
}

static sl_status status_of(const png_work *work, const char *path) {
    if (work->own != SL_OK) return work->own;
    if (work->out_of_memory) return sl_error(SL_ERR_MEMORY, "%s: out of memory", path);
    return sl_error(SL_ERR_FORMAT, "%s: damaged PNG: %s", path, work->message);
}

static bool want_colors(png_work *work, int type, int depth) {
    png_structp png = work->png;
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (depth == 16) png_set_strip_16(png);
    png_set_strip_alpha(png);
    if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
    png_set_bgr(png);
    return true;
}

static bool want_indices(png_work *work, int type, int depth) {
    const char *path = work->source->path;
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_packing(work->png);
        return true;
    }
    if (type == PNG_COLOR_TYPE_GRAY && depth == 8) return true;
    if (type & PNG_COLOR_MASK_COLOR || type & PNG_COLOR_MASK_ALPHA)
        work->own =
            sl_error(SL_ERR_FORMAT,
                     "%s: the label file holds colours, not class indices; save it as a palette PNG or as 8-bit grey", path);
    else
        work->own =
            sl_error(SL_ERR_FORMAT,
                     "%s: the label file holds %d-bit grey values, not class indices; save it as a palette PNG or as 8-bit grey",
                     path, depth);
    return false;
}

// Colours as BGR, palettes as indices, grey as 8 bits.
static void want_as_it_is(png_work *work, int type, int depth) {
    png_structp png = work->png;
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_colorp colors = NULL;
        png_get_PLTE(png, work->info, &colors, &work->colors);
        for (int i = 0; i < work->colors && work->palette; i++)
            memcpy(work->palette + 3 * i, (uint8_t[3]){colors[i].red, colors[i].green, colors[i].blue}, 3);
        png_set_packing(png);
        return;
    }
    if (type & PNG_COLOR_MASK_COLOR)
        want_colors(work, type, depth);
    else {
        if (depth < 8) png_set_expand_gray_1_2_4_to_8(png);
        if (depth == 16) png_set_strip_16(png);
        png_set_strip_alpha(png);
    }
}

static bool decode(png_work *work, sl_image_want want) {
    png_structp png = work->png;
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_read_fn(png, work, on_read);
    png_uint_32 most_side = work->most_side > 0 ? (png_uint_32)work->most_side : SL_IMAGE_MAX_SIDE;
    png_set_user_limits(png, most_side, most_side);
    png_set_chunk_malloc_max(png, want == SL_IMAGE_AS_IT_IS ? 1 << 20 : 1 << 24);
    if (want == SL_IMAGE_AS_IT_IS) png_set_chunk_cache_max(png, 16); // what beside pixels is in it is of no use here
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_read_info(png, work->info);
    int width = (int)png_get_image_width(png, work->info), height = (int)png_get_image_height(png, work->info);
    if (want == SL_IMAGE_SIZE) {
        work->image = (sl_image){.width = width, .height = height};
        return true;
    }
    int type = png_get_color_type(png, work->info), depth = png_get_bit_depth(png, work->info);
    if (want == SL_IMAGE_AS_IT_IS)
        want_as_it_is(work, type, depth);
    else if (!(want == SL_IMAGE_COLOR ? want_colors : want_indices)(work, type, depth))
        return false;
    png_set_interlace_handling(png);
    png_read_update_info(png, work->info);

    int channels =
        want == SL_IMAGE_COLOR || (want == SL_IMAGE_AS_IT_IS && (type & PNG_COLOR_MASK_COLOR) && !(type & PNG_COLOR_MASK_PALETTE))
            ? 3
            : 1;
    work->own = sl_image_new(work->source->path, width, height, channels, &work->image);
    if (work->own != SL_OK) return false;
    size_t stride = (size_t)width * (size_t)channels;
    if (png_get_rowbytes(png, work->info) != stride) png_error(png, "unexpected row size");
    work->rows = sl_malloc((size_t)height * sizeof *work->rows);
    if (!work->rows) {
        work->out_of_memory = true;
        return false;
    }
    for (int y = 0; y < height; y++) work->rows[y] = work->image.pixels + (size_t)y * stride;
    png_read_image(png, work->rows);
    png_read_end(png, NULL);
    return true;
}

static sl_status decode_with(png_work *work, sl_image_want want, sl_image *out) {
    *out = (sl_image){0};
    work->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, work, on_error, on_warning, work, on_malloc, on_free);
    if (work->png) work->info = png_create_info_struct(work->png);
    bool done = work->info && decode(work, want);
    if (!work->info) work->out_of_memory = true;
    sl_status status = done ? SL_OK : status_of(work, work->source->path);
    png_destroy_read_struct(work->png ? &work->png : NULL, &work->info, NULL);
    sl_free(work->rows);
    if (done)
        *out = work->image;
    else
        sl_image_clear(&work->image);
    return status;
}

sl_status sl_png_decode(const sl_image_source *source, sl_image_want want, sl_image *out) {
    png_work work = {.source = source};
    return decode_with(&work, want, out);
}

sl_status sl_image_decode_png(const char *name, const void *bytes, size_t size, int most_side, sl_image *out,
                              uint8_t palette[768], int *colors) {
    sl_image_source source = {name, bytes, size};
    png_work work = {.source = &source, .most_side = most_side, .palette = palette};
    memset(palette, 0, 768);
    sl_status status = decode_with(&work, SL_IMAGE_AS_IT_IS, out);
    *colors = status == SL_OK ? work.colors : 0;
    return status;
}

static bool encode(png_work *work, const sl_image *image) {
    png_structp png = work->png;
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_write_fn(png, work, on_write, on_flush);
    const uint8_t *palette = work->palette;
    int type = image->channels == 3 ? PNG_COLOR_TYPE_RGB : palette ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_GRAY;
    int depth = type != PNG_COLOR_TYPE_PALETTE || work->colors > 16 ? 8 : work->colors > 4 ? 4 : work->colors > 2 ? 2 : 1;
    png_set_IHDR(png, work->info, (png_uint_32)image->width, (png_uint_32)image->height, depth, type, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_color colors[256];
        for (int i = 0; i < work->colors; i++) colors[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
        png_set_PLTE(png, work->info, colors, work->colors);
    }
    png_write_info(png, work->info);
    if (image->channels == 3) png_set_bgr(png);
    png_set_packing(png);
    size_t stride = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height; y++) png_write_row(png, image->pixels + (size_t)y * stride);
    png_write_end(png, NULL);
    return true;
}

// Readers see the old file or the whole new one.
static sl_status replace_file(const char *path, const sl_text *content) {
    sl_text temporary = {0};
    sl_status status = sl_text_append(&temporary, "%s.%ld.tmp", path, (long)getpid());
    if (status != SL_OK) return status;
    FILE *file = fopen(temporary.data, "wb");
    bool good = file && fwrite(content->data, 1, content->length, file) == content->length;
    if (file && fclose(file) != 0) good = false;
    if (good && rename(temporary.data, path) != 0) good = false;
    if (!good) {
        status = sl_error(SL_ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
        if (file) unlink(temporary.data);
    }
    sl_text_free(&temporary);
    return status;
}

sl_status sl_image_encode_png(const char *name, const sl_image *image, const uint8_t *palette, int colors, sl_text *out) {
    if (!image->pixels || image->width < 1 || image->height < 1 || (image->channels != 1 && image->channels != 3))
        return sl_error(SL_ERR_ARGUMENT, "%s: a PNG needs 1 or 3 channels and at least one pixel, not %dx%d with %d channels",
                        name, image->width, image->height, image->channels);
    if (palette && (colors < 1 || colors > 256))
        return sl_error(SL_ERR_ARGUMENT, "%s: a palette has 1 to 256 colours, not %d", name, colors);
    size_t before = out->length;
    png_work work = {.sink = out, .palette = (uint8_t *)palette, .colors = colors};
    work.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning, &work, on_malloc, on_free);
    if (work.png) work.info = png_create_info_struct(work.png);
    bool done = work.info && encode(&work, image);
    if (!work.info) work.out_of_memory = true;
    png_destroy_write_struct(work.png ? &work.png : NULL, &work.info);
    if (done) return SL_OK;
    out->length = before;
    return work.out_of_memory ? sl_error(SL_ERR_MEMORY, "%s: out of memory", name)
                              : sl_error(SL_ERR_LIBRARY, "%s: libpng: %s", name, work.message);
}

sl_status sl_image_write_png(const char *path, const sl_image *image, const uint8_t *palette) {
    sl_text content = {0};
    sl_status status = sl_image_encode_png(path, image, palette, 256, &content);
    if (status == SL_OK) status = replace_file(path, &content);
    sl_text_free(&content);
    return status;
}
