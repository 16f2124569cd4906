// Tensors as PNG: files, and small pictures in memory.
#include "core/io/image.h"
#include "core/tensor/tensor.h"
#include "lua/bind/bind.h"
#include <math.h>
#include <string.h>

typedef struct png_options {
    bool palette;
} png_options;

static const sl_option png_descriptors[] = {
    {"palette", SL_OPTION_BOOL, offsetof(png_options, palette), "true", "a label map gets the VOC palette, else it is grey", 0, 0,
     0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

static uint8_t byte_of(double value) {
    if (!(value > 0)) return 0;
    return value >= 255 ? 255 : (uint8_t)lrint(value);
}

// A label map (one image of one channel; whole numbers 0 to 255) or a BGR image.
static int write_png(lua_State *L) {
    const char *path = sl_bind_string(L, 1, "path");
    const sl_tensor *tensor = sl_bind_tensor_get(L, 2, "tensor");
    png_options options = {true};
    sl_bind_options(L, 3, "options", png_descriptors, &options);
    sl_shape shape = sl_tensor_shape(tensor);
    char text[96];
    if (shape.n != 1 || (shape.c != 1 && shape.c != 3) || shape.h < 1 || shape.w < 1 || shape.h > 65535 || shape.w > 65535)
        sl_bind_error(L, "a tensor of shape %s is neither one label map (1,H,W) nor one image (1,3,H,W)",
                      sl_shape_text(shape, text));
    uint8_t *pixels = sl_bind_scratch(L, (size_t)sl_tensor_count(tensor), 1), *place = pixels;
    for (int64_t h = 0; h < shape.h; h++)
        for (int64_t w = 0; w < shape.w; w++)
            for (int64_t c = 0; c < shape.c; c++) *place++ = byte_of(sl_tensor_get(tensor, 0, c, h, w));
    sl_image image = {(int)shape.w, (int)shape.h, (int)shape.c, pixels};
    uint8_t palette[768];
    sl_image_voc_palette(palette);
    sl_bind_check(L, sl_image_write_png(path, &image, shape.c == 1 && options.palette ? palette : NULL));
    return 0;
}

// ---- small pictures ----------------------------------------------------------------------------------------------------------

typedef struct small_options {
    int width, height;
    float mean[3], divisor;
    double threshold; // below 0: none
} small_options;

static const sl_option small_descriptors[] = {
    {"width", SL_OPTION_INT, offsetof(small_options, width), NULL, "of the picture, at most the tensor's", 1, 65535, 0, NULL},
    {"height", SL_OPTION_INT, offsetof(small_options, height), NULL, "the same", 1, 65535, 0, NULL},
    {"colors", SL_OPTION_OTHER, 0, "nil", "of a label map: {{r, g, b}, ...}, those of the classes and last that of what is none",
     0, 0, 0, NULL},
    {"threshold", SL_OPTION_REAL, offsetof(small_options, threshold), "none",
     "of a map of shares: white where they are not below it, else black", 0, 1e9, 0, NULL},
    {"mean", SL_OPTION_FLOATS, offsetof(small_options, mean), "{0, 0, 0}", "that was subtracted from blue, green, red", -1e6, 1e6,
     3, NULL},
    {"divisor", SL_OPTION_FLOAT, offsetof(small_options, divisor), "1", "by which the image was then divided", 1e-6, 1e6, 0,
     NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

// Reads the colours at the top of the stack into a palette; returns how many there are.
static int read_colors(lua_State *L, uint8_t palette[768]) {
    lua_Integer count = luaL_len(L, -1);
    if (count < 1 || count > 256) sl_bind_error(L, "colors: 1 to 256 colours are needed, not %I", (LUAI_UACINT)count);
    for (lua_Integer i = 0; i < count; i++) {
        if (lua_rawgeti(L, -1, i + 1) != LUA_TTABLE) sl_bind_error(L, "colors: number %I is no list", (LUAI_UACINT)i + 1);
        for (int k = 0; k < 3; k++) {
            lua_rawgeti(L, -1, k + 1);
            palette[3 * i + k] = byte_of(lua_tonumber(L, -1));
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    return (int)count;
}

// A label map's pixels: numbers of classes, and `colors` - 1 for what is none.
static void fill_labels(const sl_tensor *tensor, sl_shape shape, int colors, uint8_t *out) {
    for (int64_t h = 0; h < shape.h; h++)
        for (int64_t w = 0; w < shape.w; w++) {
            double label = sl_tensor_get(tensor, 0, 0, h, w);
            *out++ = (uint8_t)(label >= 0 && label < colors - 1 ? (int)label : colors - 1);
        }
}

static void fill_bytes(const sl_tensor *tensor, sl_shape shape, const small_options *options, uint8_t *out) {
    bool image = shape.c == 3;
    for (int64_t h = 0; h < shape.h; h++)
        for (int64_t w = 0; w < shape.w; w++)
            for (int64_t c = 0; c < shape.c; c++) {
                double value = sl_tensor_get(tensor, 0, c, h, w);
                // As sl_pixel_is_confident compares.
                if (options->threshold >= 0)
                    *out++ = !((float)value < (float)options->threshold);
                else
                    *out++ = byte_of(image ? value * (double)options->divisor + (double)options->mean[c] : 255 * value);
            }
}

static sl_status encode(const sl_image *full, const small_options *options, const uint8_t *palette, int colors, sl_text *out) {
    sl_image small;
    SL_TRY((palette ? sl_image_pick : sl_image_shrink)(full, options->width, options->height, &small));
    sl_status status = sl_image_encode_png("a picture", &small, palette, colors, out);
    sl_image_clear(&small);
    return status;
}

static int push_bytes(lua_State *L) {
    const sl_text *text = lua_touserdata(L, 1);
    lua_pushlstring(L, text->data, text->length);
    return 1;
}

static int small_png(lua_State *L) {
    const sl_tensor *tensor = sl_bind_tensor_get(L, 1, "tensor");
    small_options options = {.divisor = 1, .threshold = -1};
    uint8_t palette[768] = {0};
    int colors = 0;
    sl_bind_options(L, 2, "options", small_descriptors, &options);
    sl_shape shape = sl_tensor_shape(tensor);
    char text[96];
    if (shape.n != 1 || (shape.c != 1 && shape.c != 3) || shape.h < options.height || shape.w < options.width ||
        shape.h > 65535 || shape.w > 65535)
        sl_bind_error(L, "a tensor of shape %s is neither one map nor one image of at least %dx%d", sl_shape_text(shape, text),
                      options.width, options.height);
    if (lua_getfield(L, 2, "colors") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        colors = read_colors(L, palette);
    } else if (options.threshold >= 0) {
        memset(palette + 3, 255, 3);
        colors = 2;
    }
    if (colors && shape.c != 1) sl_bind_error(L, "colors and threshold are for maps, not for images");
    uint8_t *pixels = sl_bind_scratch(L, (size_t)sl_tensor_count(tensor), 1);
    if (colors && options.threshold < 0)
        fill_labels(tensor, shape, colors, pixels);
    else
        fill_bytes(tensor, shape, &options, pixels);
    sl_image full = {(int)shape.w, (int)shape.h, (int)shape.c, pixels};
    sl_text png = {0};
    lua_pushcfunction(L, push_bytes);
    lua_pushlightuserdata(L, &png);
    sl_status status = encode(&full, &options, colors ? palette : NULL, colors, &png);
    int called = status == SL_OK ? lua_pcall(L, 1, 1, 0) : LUA_OK; // what it raises must not lose the bytes
    sl_text_free(&png);
    if (called != LUA_OK) return lua_error(L);
    sl_bind_check(L, status);
    return 1;
}

const sl_bind_function sl_bind_image_functions[] = {
    {"write_png", write_png, "(path, tensor, {palette=true})",
     "Writes a label map (1,H,W), or an image (1,3,H,W) of BGR values 0 to 255 (rounded, clamped), as PNG.", png_descriptors},
    {"png", small_png, "(tensor, {width=, height=, colors=, threshold=, mean=, divisor=}) -> string",
     "A small PNG of a label map (1,H,W) in the classes' colours, of a map of shares (1,1,H,W) from 0 to 1 in grey or, with a "
     "threshold, in black and white, or of an image (1,3,H,W) of BGR values.",
     small_descriptors},
    {NULL, NULL, NULL, NULL, NULL},
};
