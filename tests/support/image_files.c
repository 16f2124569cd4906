#include "tests/support/image_files.h"
#include "tests/support/folder.h"

#include <png.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// This one needs stdio.h first.
#include <jpeglib.h>

static void need(bool good, const char *what) {
    if (good) return;
    fprintf(stderr, "the test cannot go on: %s\n", what);
    exit(1);
}

static const char *folder;

static void remove_folder(void) {
    sl_test_folder_remove(folder);
}

const char *test_folder(void) {
    if (folder) return folder;
    folder = sl_test_folder();
    atexit(remove_folder);
    return folder;
}

static char *next_path(void) {
    static char paths[8][1024];
    static int next;
    return paths[next++ % 8];
}

const char *test_path(const char *format, ...) {
    char *path = next_path();
    int used = snprintf(path, 1024, "%s/", test_folder());
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + used, 1024 - (size_t)used, format, arguments);
    va_end(arguments);
    for (char *slash = strchr(path + used, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    return path;
}

static bool absent;

const char *test_shared(const char *name) {
    char *path = next_path();
    snprintf(path, 1024, "%s/../shared/%s", SL_SOURCE_DIR, name);
    if (access(path, R_OK) == 0) return path;
    absent = true;
    printf("SKIPPED: what needs ../shared/%s, which is not there\n", name);
    return NULL;
}

bool test_shared_was_absent(void) {
    return absent;
}

void test_write(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    need(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, path);
}

void test_write_text(const char *path, const char *text) {
    test_write(path, text, strlen(text));
}

unsigned char *test_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    need(file && fseek(file, 0, SEEK_END) == 0, path);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    need(bytes && fread(bytes, 1, *size, file) == *size, path);
    fclose(file);
    return bytes;
}

static sl_image new_image(int width, int height, int channels) {
    sl_image image = {width, height, channels, malloc((size_t)width * (size_t)height * (size_t)channels)};
    need(image.pixels != NULL, "memory");
    return image;
}

static unsigned step(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

sl_image test_picture(int width, int height, int channels, unsigned seed) {
    sl_image image = new_image(width, height, channels);
    uint8_t *at = image.pixels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) *at++ = (uint8_t)((x * (3 + c) + y * (7 - c)) % 200 + (int)(step(&seed) % 50));
    return image;
}

sl_image test_labels(int width, int height, int classes, unsigned seed) {
    sl_image image = new_image(width, height, 1);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            unsigned block = (unsigned)(x / 4 + 31 * (y / 4)) + seed;
            image.pixels[y * width + x] = x % 4 == 3 && y % 4 == 1 ? 255 : (uint8_t)(step(&block) % (unsigned)classes);
        }
    return image;
}

static void write_orientation(struct jpeg_compress_struct *info, int orientation) {
    unsigned char exif[] = {'E',  'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                            0x01, 0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
    exif[25] = (unsigned char)orientation;
    jpeg_write_marker(info, JPEG_APP0 + 1, exif, sizeof exif);
}

void test_write_jpeg(const char *path, const sl_image *image, test_jpeg options) {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    need(file != NULL, path);
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, file);
    info.image_width = (unsigned)image->width;
    info.image_height = (unsigned)image->height;
    info.input_components = image->channels;
    info.in_color_space = image->channels == 3 ? JCS_EXT_BGR : JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    if (options.grey) jpeg_set_colorspace(&info, JCS_GRAYSCALE);
    jpeg_set_quality(&info, options.quality ? options.quality : 90, TRUE);
    if (options.progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    if (options.orientation) write_orientation(&info, options.orientation);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = image->pixels + (size_t)info.next_scanline * (size_t)image->width * (size_t)image->channels;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    need(fclose(file) == 0, path);
}

void test_write_png(const char *path, int width, int height, int color_type, int depth, bool interlaced) {
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    need(file && png, path);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, color_type,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    int colors = depth < 8 ? 1 << depth : 256;
    if (color_type == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[256];
        for (int i = 0; i < colors; i++) palette[i] = (png_color){(png_byte)(i * 3), (png_byte)(255 - i), (png_byte)(i * 7)};
        png_set_PLTE(png, info, palette, colors);
    }
    png_write_info(png, info);
    if (depth < 8) png_set_packing(png);
    int channels = png_get_channels(png, info), bytes = depth == 16 ? 2 : 1;
    size_t stride = (size_t)width * (size_t)channels * (size_t)bytes;
    png_bytep pixels = malloc(stride * (size_t)height), *rows = malloc((size_t)height * sizeof *rows);
    need(pixels && rows, "memory");
    for (int y = 0; y < height; y++) {
        rows[y] = pixels + (size_t)y * stride;
        for (size_t x = 0; x < stride; x++) rows[y][x] = (png_byte)((x + (size_t)y * 5) % (size_t)colors);
    }
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    free(pixels);
    free(rows);
    need(fclose(file) == 0, path);
}

uint64_t test_hash(const void *bytes, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *at = bytes; size-- > 0; at++) hash = (hash ^ *at) * 0x100000001b3u;
    return hash;
}

uint64_t test_image_hash(const sl_image *image) {
    return test_hash(image->pixels, (size_t)image->width * (size_t)image->height * (size_t)image->channels);
}
