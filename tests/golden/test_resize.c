// Resizing of images and labels against OpenCV.
#include "core/io/image.h"
#include "tests/support/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The files hold height x width [x channels]; that is the order of an sl_image too.
static sl_image image_of(const sl_tensor *tensor) {
    int64_t dims[4] = {1, 1, 1, 1};
    sl_shape_to_dims(sl_tensor_shape(tensor), dims);
    return (sl_image){.width = (int)dims[1],
                      .height = (int)dims[0],
                      .channels = sl_tensor_shape(tensor).rank == 3 ? (int)dims[2] : 1,
                      .pixels = sl_tensor_u8(tensor)};
}

// Resizes `source` by the factor in the name, as the fixture was made (cv2.resize with fx and fy). Images may be off by one grey
// level, labels not at all.
static sl_status check_size(sl_golden_case *golden, const char *name, const sl_tensor *source, const sl_tensor *expected,
                            bool label, int64_t *inexact) {
    sl_image from = image_of(source), to = image_of(expected), result = {0};
    sl_tensor *actual = NULL;
    double factor = strtod(strrchr(name, 'x') + 1, NULL);
    sl_status status = label ? sl_image_scale_nearest(&from, factor, &result) : sl_image_scale_linear(&from, factor, &result);
    if (status == SL_OK) status = sl_tensor_new(SL_U8, sl_tensor_shape(expected), &actual);
    if (status == SL_OK && (result.width != to.width || result.height != to.height || result.channels != to.channels)) {
        sl_comparison_fail(&golden->comparison, "%s: size %dx%dx%d", name, result.width, result.height, result.channels);
    } else if (status == SL_OK) {
        memcpy(sl_tensor_u8(actual), result.pixels, sl_tensor_bytes(actual));
        for (int64_t i = 0; i < sl_tensor_count(actual); i++) *inexact += sl_tensor_u8(actual)[i] != to.pixels[i];
        golden->comparison.absolute = label ? 0.0 : 1.0;
        sl_comparison_tensor(&golden->comparison, name, actual, expected);
    }
    sl_tensor_free(actual);
    sl_image_clear(&result);
    return status;
}

// All tensors "<source>_x<scale>" of the file.
static sl_status check_source(sl_golden_case *golden, const char *source_name, bool label) {
    sl_tensor *source = NULL;
    int64_t inexact = 0;
    size_t length = strlen(source_name);
    sl_status status = sl_safetensors_get(golden->tensors, source_name, &source);
    for (size_t i = 0; i < sl_safetensors_count(golden->tensors) && status == SL_OK; i++) {
        const char *name = sl_safetensors_name(golden->tensors, i);
        if (strncmp(name, source_name, length) || strncmp(name + length, "_x", 2)) continue;
        sl_tensor *expected = NULL;
        status = sl_safetensors_get(golden->tensors, name, &expected);
        if (status == SL_OK) status = check_size(golden, name, source, expected, label, &inexact);
        sl_tensor_free(expected);
    }
    printf("      %s: %lld values are not exactly the same\n", source_name, (long long)inexact);
    sl_tensor_free(source);
    return status;
}

static sl_status check(sl_golden_case *golden) {
    SL_TRY(check_source(golden, "image", false));
    return check_source(golden, "label", true);
}

int main(int argc, char **argv) {
    const sl_golden_test test = {.family = SL_GOLDEN_RESIZE, .body = check, .floor = 0.0, .any_backend = true};
    return sl_golden_run(&test, argc > 1 ? argv[1] : NULL);
}
