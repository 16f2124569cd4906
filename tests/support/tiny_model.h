// Small models for tests, and what tests do with them.
#ifndef SL_TEST_TINY_MODEL_H
#define SL_TEST_TINY_MODEL_H

#include "tests/support/cmocka.h"

#include "core/nn/model.h"

#include <math.h>
#include <string.h>

static inline sl_deeplab_v2_options tiny_options(void) {
    sl_deeplab_v2_options options = sl_deeplab_v2_options_default();
    for (int i = 0; i < 4; i++) options.blocks[i] = i == 1 ? 2 : 1;
    options.base_width = 4;
    options.classes = 5;
    options.train_affine = true;
    return options;
}

static inline sl_model *tiny_model(uint64_t seed) {
    sl_model *model;
    sl_deeplab_v2_options options = tiny_options();
    assert_ok(sl_model_new_deeplab_v2(&options, seed, &model));
    return model;
}

static inline sl_model *tiny_discriminator(uint64_t seed) {
    sl_model *model;
    assert_ok(sl_model_new_discriminator(&(sl_discriminator_options){.classes = 5, .base_width = 4}, seed, &model));
    return model;
}

static inline sl_tensor *waves(sl_shape shape) { // some input
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_F32, shape, &tensor));
    for (int64_t i = 0; i < sl_tensor_count(tensor); i++)
        sl_tensor_f32(tensor)[i] = (float)(sin(0.7 * (double)i) + cos(0.013 * (double)i));
    return tensor;
}

static inline sl_tensor *value(const sl_model *model, const char *name) {
    const sl_parameter *parameter = sl_model_parameter_find(model, name);
    if (parameter == NULL) fail_msg("no parameter %s", name);
    return parameter->tensor;
}

static inline bool same_values(const sl_tensor *a, const sl_tensor *b) {
    return sl_shape_equal(sl_tensor_shape(a), sl_tensor_shape(b)) &&
           memcmp(sl_tensor_data(a), sl_tensor_data(b), sl_tensor_bytes(a)) == 0;
}

// Gives batch norm something to do: values that are not 1 and 0.
static inline void shake(sl_model *model) {
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        const sl_parameter *p = sl_model_parameter(model, i);
        if (strstr(p->name, "conv2d_list") == NULL && sl_tensor_shape(p->tensor).rank != 1) continue;
        for (int64_t k = 0; k < sl_tensor_count(p->tensor); k++)
            sl_tensor_f32(p->tensor)[k] += 0.2f * (float)sin((double)(k * 3 + (int64_t)i));
    }
}

static inline void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance)) fail_msg("%g is not within %g of %g", found, tolerance, expected);
}

#endif
