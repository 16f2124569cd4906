// The models of the golden set on every backend of the build: output, gradients by name, running statistics after; and the whole
// ResNet-101 network, whose weights a formula makes.
#include "core/backend/backend.h"
#include "core/nn/model.h"
#include "core/tensor/tape.h"
#include "tests/support/golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sl_status compare_with(sl_golden_case *golden, const char *name, const sl_tensor *actual) {
    sl_tensor *expected = NULL;
    SL_TRY(sl_safetensors_get(golden->tensors, name, &expected));
    sl_comparison_tensor(&golden->comparison, name, actual, expected);
    sl_tensor_free(expected);
    return SL_OK;
}

// A gradient. Weights that the output does not depend on have none here and zeros in PyTorch's.
static sl_status compare_gradient(sl_golden_case *golden, const char *name, sl_tensor *leaf) {
    sl_tensor *zeros = NULL;
    const sl_tensor *gradient = sl_tensor_grad(leaf);
    if (!gradient) {
        SL_TRY(sl_tensor_new_zeros(SL_F32, sl_tensor_shape(leaf), &zeros));
        gradient = zeros;
    }
    sl_status status = compare_with(golden, name, gradient);
    sl_tensor_free(zeros);
    return status;
}

static sl_status backward(const sl_golden_case *golden, sl_tensor *y) {
    sl_tensor *gy = NULL;
    SL_TRY(sl_safetensors_get(golden->tensors, "gy", &gy));
    sl_status status = sl_backward_from(y, gy);
    sl_tensor_free(gy);
    return status;
}

// Everything in the file that starts with g. or after. is compared with the model's tensor of that name; w. was loaded.
static sl_status compare_all(sl_golden_case *golden, const sl_model *model, sl_tensor *x) {
    for (size_t i = 0; i < sl_safetensors_count(golden->tensors); i++) {
        const char *name = sl_safetensors_name(golden->tensors, i);
        const sl_parameter *gradient_of = strncmp(name, "g.", 2) ? NULL : sl_model_parameter_find(model, name + 2);
        const sl_parameter *after = strncmp(name, "after.", 6) ? NULL : sl_model_parameter_find(model, name + 6);
        if (gradient_of)
            SL_TRY(compare_gradient(golden, name, gradient_of->tensor));
        else if (after)
            SL_TRY(compare_with(golden, name, after->tensor));
        else if (!strcmp(name, "g_x"))
            SL_TRY(compare_gradient(golden, name, x));
        else if (strncmp(name, "w.", 2) && strcmp(name, "x") && strcmp(name, "y") && strcmp(name, "gy"))
            return sl_error(SL_ERR_DATA, "the file's tensor \"%s\" has no counterpart in the model", name);
    }
    return SL_OK;
}

static sl_status check_with_weights(sl_golden_case *golden, sl_model *model, bool training) {
    sl_tensor *x = NULL, *y = NULL;
    sl_status status = sl_model_load(model, golden->tensors, "w.", true, NULL);
    if (status == SL_OK) status = sl_safetensors_get(golden->tensors, "x", &x);
    if (status == SL_OK) status = sl_tensor_set_requires_grad(x, true);
    if (status == SL_OK) status = sl_model_forward(model, x, training, &y);
    if (status == SL_OK) status = compare_with(golden, "y", y);
    if (status == SL_OK) status = backward(golden, y);
    if (status == SL_OK) status = compare_all(golden, model, x);
    sl_tensor_free(x);
    sl_tensor_free(y);
    return status;
}

static sl_status check_discriminator(sl_golden_case *golden) {
    sl_discriminator_options options = {.classes = (int)sl_golden_number(golden->entry, "classes", 0),
                                        .base_width = (int)sl_golden_number(golden->entry, "base_width", 0)};
    sl_model *model = NULL;
    SL_TRY(sl_model_new_discriminator(&options, 1, &model));
    sl_status status = check_with_weights(golden, model, true);
    sl_model_free(model);
    return status;
}

static sl_status deeplab_options(const sl_golden_case *golden, sl_deeplab_v2_options *out) {
    static const int aspp_rates[SL_DEEPLAB_MAX_RATES] = {6, 12, 18, 24};
    json_t *rates = json_object_get(golden->entry, "aspp_rates_used"), *blocks = json_object_get(golden->entry, "blocks");
    *out = sl_deeplab_v2_options_default();
    out->classes = (int)sl_golden_number(golden->entry, "classes", 0);
    out->base_width = (int)sl_golden_number(golden->entry, "base_width", 0);
    out->train_affine = true;
    out->rates = (int)json_array_size(rates);
    if (json_array_size(blocks) != 4) return sl_error(SL_ERR_DATA, "\"blocks\" is not a list of four");
    for (size_t i = 0; i < 4; i++) out->blocks[i] = (int)json_integer_value(json_array_get(blocks, i));
    for (int i = 0; i < out->rates; i++)
        if (i >= SL_DEEPLAB_MAX_RATES || json_integer_value(json_array_get(rates, (size_t)i)) != aspp_rates[i])
            return sl_error(SL_ERR_DATA, "\"aspp_rates_used\" is not a beginning of 6, 12, 18, 24");
    out->branches = 0;
    for (char name[64];; out->branches++) {
        snprintf(name, sizeof name, "w.layer5.conv2d_list.%d.weight", out->branches);
        if (!sl_safetensors_has(golden->tensors, name)) return SL_OK;
    }
}

static sl_status check_deeplab(sl_golden_case *golden) {
    sl_deeplab_v2_options options;
    sl_model *model = NULL;
    SL_TRY(deeplab_options(golden, &options));
    SL_TRY(sl_model_new_deeplab_v2(&options, 1, &model));
    sl_status status = check_with_weights(golden, model, sl_golden_number(golden->entry, "training", 0) != 0);
    sl_model_free(model);
    return status;
}

// The k-th tensor of the index's formula: values in [-scale, scale), written in PyTorch's order.
static sl_status formula(sl_tensor *tensor, uint32_t k, double scale) {
    sl_tensor *planar = NULL; // a rank-1 tensor: its memory is in planar order
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_vector(sl_tensor_count(tensor)), &planar));
    for (int64_t i = 0; i < sl_tensor_count(tensor); i++) {
        uint32_t h = (uint32_t)i * 2654435761u + k * 40503u + 12345u;
        h = (h ^ h >> 15) * 2246822519u;
        h ^= h >> 13;
        sl_tensor_f32(planar)[i] = (float)((h / 4294967296.0 - 0.5) * 2.0 * scale);
    }
    sl_tensor_from_planar(tensor, sl_tensor_data(planar));
    sl_tensor_free(planar);
    return SL_OK;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

static sl_status fill_by_formula(sl_model *model) {
    for (size_t k = 0; k < sl_model_parameter_count(model); k++) {
        const sl_parameter *parameter = sl_model_parameter(model, k);
        sl_shape shape = sl_tensor_shape(parameter->tensor);
        if (shape.rank == 4)
            SL_TRY(formula(parameter->tensor, (uint32_t)k, sqrt(3.0 / (double)(shape.c * shape.h * shape.w))));
        else if (!strncmp(parameter->name, "layer5.", 7))
            SL_TRY(formula(parameter->tensor, (uint32_t)k, 0.05));
        else
            sl_tensor_fill(parameter->tensor,
                           ends_with(parameter->name, ".weight") || ends_with(parameter->name, ".running_var"));
    }
    return SL_OK;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static sl_status check_resnet101(sl_golden_case *golden) {
    if (getenv("SEMILUNA_SANITIZED") && sl_backend_get() == &sl_backend_reference) {
        golden->skipped = "takes minutes in a sanitizer build; the plain build runs it";
        return SL_OK;
    }
    sl_deeplab_v2_options options = sl_deeplab_v2_options_default();
    sl_model *model = NULL;
    sl_tensor *x = NULL, *y = NULL;
    SL_TRY(sl_model_new_deeplab_v2(&options, 1, &model));
    sl_status status = fill_by_formula(model);
    if (status == SL_OK) status = sl_tensor_new(SL_F32, sl_shape_image(1, 3, 321, 321), &x);
    if (status == SL_OK) status = formula(x, 1000, 1.0);
    bool before = sl_grad_set(false);
    double start = seconds();
    if (status == SL_OK) status = sl_model_forward(model, x, false, &y);
    printf("      forward pass of ResNet-101 at 321x321: %.1f s\n", seconds() - start);
    sl_grad_set(before);
    if (status == SL_OK) status = compare_with(golden, "y", y);
    sl_tensor_free(x);
    sl_tensor_free(y);
    sl_model_free(model);
    return status;
}

static sl_status check(sl_golden_case *golden) {
    const char *model = sl_golden_text(golden->entry, "model", "");
    if (!strcmp(model, "fc_discriminator")) return check_discriminator(golden);
    if (!strcmp(model, "deeplab_v2")) return check_deeplab(golden);
    if (!strcmp(model, "deeplab_v2 resnet101, 21 classes, 4 aspp rates, eval mode")) return check_resnet101(golden);
    return sl_error(SL_ERR_UNSUPPORTED, "the model \"%s\" is not understood", model);
}

int main(int argc, char **argv) {
    const sl_golden_test test = {
        .family = SL_GOLDEN_MODELS,
        .body = check,
        .floor = 5e-5, // float32 through a network: batch statistics of few pixels and ReLUs near zero amplify each rounding
    };
    return sl_golden_run(&test, argc > 1 ? argv[1] : NULL);
}
