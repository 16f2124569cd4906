// A model's forward pass against the same network written out by hand, for both places of the stride and all numbers of rates.
#include "tests/support/cmocka.h"
#include "tests/support/tiny_model.h"

#include "core/tensor/op.h"
#include "core/tensor/tape.h"

#include <stdio.h>

static sl_tensor *op1(sl_op op, sl_op_attributes attributes, sl_tensor *a, sl_tensor *b, sl_tensor *c) {
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {a, b, c}, *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    assert_ok(sl_op_run(op, inputs, &attributes, outputs));
    for (int i = 1; i < SL_OP_MAX_OUTPUTS; i++) sl_tensor_free(outputs[i]);
    return outputs[0];
}

static sl_tensor *by_hand_conv(const sl_model *model, const char *name, sl_tensor *x, int stride, int padding, int dilation) {
    char weight[80], bias[80];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_conv2d);
    attributes.stride = stride;
    attributes.padding = padding;
    attributes.dilation = dilation;
    const sl_parameter *b = sl_model_parameter_find(model, bias);
    return op1(SL_OP_conv2d, attributes, x, value(model, weight), b != NULL ? b->tensor : NULL);
}

// Batch norm in eval mode, in place, by its formula.
static void by_hand_norm(const sl_model *model, const char *name, sl_tensor *x, bool relu) {
    static const char *const parts[4] = {"weight", "bias", "running_mean", "running_var"};
    const float *p[4];
    for (int i = 0; i < 4; i++) {
        char full[80];
        snprintf(full, sizeof full, "%s.%s", name, parts[i]);
        p[i] = sl_tensor_f32(value(model, full));
    }
    int64_t channels = sl_tensor_shape(x).c;
    float *v = sl_tensor_f32(x);
    for (int64_t i = 0; i < sl_tensor_count(x); i++) {
        int64_t c = i % channels;
        v[i] = (float)((v[i] - p[2][c]) / sqrt(p[3][c] + 1e-5) * p[0][c] + p[1][c]);
        if (relu && v[i] < 0) v[i] = 0;
    }
}

static sl_tensor *by_hand_conv_norm(const sl_model *model, const char *block, const char *conv, const char *norm, sl_tensor *x,
                                    int stride, int padding, int dilation, bool relu) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", block, conv);
    sl_tensor *y = by_hand_conv(model, name, x, stride, padding, dilation);
    snprintf(name, sizeof name, "%s%s", block, norm);
    by_hand_norm(model, name, y, relu);
    return y;
}

static sl_tensor *by_hand_block(const sl_model *model, const char *block, sl_tensor *x, int stride, int dilation,
                                sl_stride_place place) {
    int first = place == SL_STRIDE_IN_1X1 ? stride : 1, second = place == SL_STRIDE_IN_1X1 ? 1 : stride;
    char down[64];
    snprintf(down, sizeof down, "%sdownsample.0.weight", block);
    bool projects = sl_model_parameter_find(model, down) != NULL;
    sl_tensor *a = by_hand_conv_norm(model, block, "conv1", "bn1", x, first, 0, 1, true);
    sl_tensor *b = by_hand_conv_norm(model, block, "conv2", "bn2", a, second, dilation, dilation, true);
    sl_tensor *c = by_hand_conv_norm(model, block, "conv3", "bn3", b, 1, 0, 1, false);
    sl_tensor *shortcut =
        projects ? by_hand_conv_norm(model, block, "downsample.0", "downsample.1", x, stride, 0, 1, false) : sl_tensor_retain(x);
    assert_true(sl_shape_equal(sl_tensor_shape(c), sl_tensor_shape(shortcut)));
    for (int64_t i = 0; i < sl_tensor_count(c); i++) {
        float sum = sl_tensor_f32(c)[i] + sl_tensor_f32(shortcut)[i];
        sl_tensor_f32(c)[i] = sum > 0 ? sum : 0;
    }
    sl_tensor_free(a);
    sl_tensor_free(b);
    sl_tensor_free(shortcut);
    return c;
}

static sl_tensor *by_hand(const sl_model *model, const sl_deeplab_v2_options *options, sl_tensor *image) {
    static const int strides[] = {1, 2, 1, 1}, dilations[] = {1, 1, 2, 4}, rates[] = {6, 12, 18, 24};
    sl_op_attributes pool = sl_op_attributes_default(SL_OP_max_pool);
    pool.kernel = 3;
    pool.stride = 2;
    pool.padding = 1;
    pool.ceil_mode = true;
    sl_tensor *stem = by_hand_conv_norm(model, "", "conv1", "bn1", image, 2, 3, 1, true),
              *x = op1(SL_OP_max_pool, pool, stem, NULL, NULL);
    sl_tensor_free(stem);
    for (int layer = 0; layer < 4; layer++)
        for (int block = 0; block < options->blocks[layer]; block++) {
            char name[32];
            snprintf(name, sizeof name, "layer%d.%d.", layer + 1, block);
            sl_tensor *y =
                by_hand_block(model, name, x, block == 0 ? strides[layer] : 1, dilations[layer], options->stride_place);
            sl_tensor_free(x);
            x = y;
        }
    sl_tensor *sum = NULL;
    for (int i = 0; i < options->rates; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer5.conv2d_list.%d", i);
        sl_tensor *branch = by_hand_conv(model, name, x, 1, rates[i], rates[i]);
        for (int64_t k = 0; sum != NULL && k < sl_tensor_count(sum); k++) sl_tensor_f32(branch)[k] += sl_tensor_f32(sum)[k];
        sl_tensor_free(sum);
        sum = branch;
    }
    sl_tensor_free(x);
    return sum;
}

static int64_t expected_size(int64_t size) { // stem, pool with ceil_mode, layer2
    size = (size - 1) / 2 + 1;
    int64_t pooled = (size - 1 + 1) / 2 + 1; // ceil((size + 2 - 3) / 2) + 1
    if ((pooled - 1) * 2 >= size + 1) pooled--;
    return (pooled - 1) / 2 + 1;
}

static void test_forward_by_hand(void **state) {
    static const int64_t sizes[][2] = {{1, 1}, {2, 3}, {33, 41}, {64, 48}, {65, 17}};
    bool before = sl_grad_set(false);
    int compared = 0;
    for (int place = 0; place < 2; place++)
        for (int rates = 1; rates <= 4; rates++)
            for (int s = 0; s < 5; s++) {
                sl_deeplab_v2_options options = tiny_options();
                options.stride_place = (sl_stride_place)place;
                options.rates = rates;
                sl_model *model;
                assert_ok(sl_model_new_deeplab_v2(&options, 5, &model));
                shake(model);
                sl_tensor *x = waves(sl_shape_image(1, 3, sizes[s][0], sizes[s][1])), *y, *expected = by_hand(model, &options, x);
                assert_ok(sl_model_forward(model, x, false, &y));
                sl_shape shape = sl_tensor_shape(y);
                assert_int_equal(shape.c, 5);
                assert_int_equal(shape.h, expected_size(sizes[s][0]));
                assert_int_equal(shape.w, expected_size(sizes[s][1]));
                assert_true(sl_shape_equal(shape, sl_tensor_shape(expected)));
                double scale = 0;
                for (int64_t i = 0; i < sl_tensor_count(y); i++) scale = fmax(scale, fabs(sl_tensor_f32(expected)[i]));
                assert_true(scale > 0);
                for (int64_t i = 0; i < sl_tensor_count(y); i++)
                    assert_near(sl_tensor_f32(y)[i], sl_tensor_f32(expected)[i], 1e-5 * scale);
                compared++;
                sl_tensor_free(x);
                sl_tensor_free(y);
                sl_tensor_free(expected);
                sl_model_free(model);
            }
    sl_grad_set(before);
    print_message("forward: %d networks and sizes as written out by hand, within 1e-5\n", compared);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forward_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
