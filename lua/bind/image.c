// Writing tensors as PNG files.
#include "core/io/image.h"
#include "core/tensor/tensor.h"
#include "lua/bind/bind.h"
#include <math.h>

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

const sl_bind_function sl_bind_image_functions[] = {
    {"write_png", write_png, "(path, tensor, {palette=true})",
     "Writes a label map (1,H,W), or an image (1,3,H,W) of BGR values 0 to 255 (rounded, clamped), as PNG.", png_descriptors},
    {NULL, NULL, NULL, NULL, NULL},
};
