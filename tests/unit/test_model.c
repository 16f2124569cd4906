// Models: their parameters, initial values, modes, freezing, blending.
#include "tests/support/cmocka.h"
#include "tests/support/tiny_model.h"

#include "core/base/thread.h"
#include "core/nn/model.h"
#include "core/tensor/op.h"
#include "core/tensor/tape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- parameters

static void test_names(void **state) {
    static const char *const part[] = {"conv1.weight", "bn1", "conv2.weight",        "bn2",
                                       "conv3.weight", "bn3", "downsample.0.weight", "downsample.1"};
    static const char *const norm[] = {"weight", "bias", "running_mean", "running_var"};
    static const int blocks[] = {1, 2, 1, 1};
    char expected[64];
    sl_model *model = tiny_model(1);
    size_t at = 0;
#define EXPECT(...) \
    (snprintf(expected, sizeof expected, __VA_ARGS__), assert_string_equal(sl_model_parameter(model, at++)->name, expected))
    EXPECT("conv1.weight");
    for (int i = 0; i < 4; i++) EXPECT("bn1.%s", norm[i]);
    for (int layer = 0; layer < 4; layer++)
        for (int block = 0; block < blocks[layer]; block++)
            for (int k = 0; k < (block == 0 ? 8 : 6); k++) {
                if (k % 2 == 0) EXPECT("layer%d.%d.%s", layer + 1, block, part[k]);
                for (int i = 0; k % 2 == 1 && i < 4; i++) EXPECT("layer%d.%d.%s.%s", layer + 1, block, part[k], norm[i]);
            }
    for (int i = 0; i < 4; i++) {
        EXPECT("layer5.conv2d_list.%d.weight", i);
        EXPECT("layer5.conv2d_list.%d.bias", i);
    }
    assert_int_equal(at, sl_model_parameter_count(model));
    assert_null(sl_model_parameter(model, at));
    assert_null(sl_model_parameter_find(model, "layer9.weight"));
    assert_string_equal(sl_model_kind(model), "deeplab_v2");
    for (size_t i = 0; i < at; i++) {
        const sl_parameter *p = sl_model_parameter(model, i);
        bool running = strstr(p->name, "running_") != NULL;
        assert_int_equal(p->buffer, running);
        assert_int_equal(p->trainable, !running);
        assert_int_equal(sl_tensor_requires_grad(p->tensor), !running);
        assert_int_equal(p->group, strncmp(p->name, "layer5", 6) == 0 ? SL_GROUP_HEAD : SL_GROUP_TRUNK);
    }
    sl_model_free(model);

    static const char *const names[] = {"conv1", "conv2", "conv3", "conv4", "classifier"};
    model = tiny_discriminator(1);
    at = 0;
    for (int i = 0; i < 5; i++) {
        EXPECT("%s.weight", names[i]);
        EXPECT("%s.bias", names[i]);
    }
#undef EXPECT
    assert_int_equal(at, sl_model_parameter_count(model));
    assert_string_equal(sl_model_kind(model), "discriminator");
    sl_model_free(model);
}

// PyTorch's ResNet-50 and -101 without their classifier have 23,508,032 and 42,500,160 parameters, of which 53,120 and 105,344
// are batch norm's.
static void test_counts(void **state) {
    const int64_t head = 4 * (2048 * 21 * 9 + 21);
    sl_deeplab_v2_options options = sl_deeplab_v2_options_default();
    sl_model *model;
    options.train_affine = false;
    assert_ok(sl_model_new_deeplab_v2(&options, 1, &model));
    assert_int_equal(sl_model_trainable_count(model), 42500160 - 105344 + head);
    assert_int_equal(sl_model_parameter_count(model), 104 * 5 + 8);
    assert_false(sl_model_parameter_find(model, "bn1.weight")->trainable);
    assert_false(sl_tensor_requires_grad(value(model, "bn1.weight")));
    sl_model_free(model);
    options.blocks[2] = 6;
    options.train_affine = true;
    assert_ok(sl_model_new_deeplab_v2(&options, 1, &model));
    assert_int_equal(sl_model_trainable_count(model), 23508032 + head);
    sl_model_free(model);
    sl_discriminator_options paper = {.classes = 21, .base_width = 64};
    assert_ok(sl_model_new_discriminator(&paper, 1, &model));
    assert_int_equal(sl_model_trainable_count(model),
                     16 * (21 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 128 + 256 + 512 + 1);
    sl_model_free(model);
    print_message("parameters counted: resnet101, resnet50, discriminator\n");
}

// ---- initial values

static void moments(const sl_tensor *tensor, double *mean, double *deviation, double *least, double *most) {
    double sum = 0, squares = 0;
    int64_t count = sl_tensor_count(tensor);
    *least = INFINITY;
    *most = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        double v = sl_tensor_f32(tensor)[i];
        sum += v;
        squares += v * v;
        *least = fmin(*least, v);
        *most = fmax(*most, v);
    }
    *mean = sum / (double)count;
    *deviation = sqrt(squares / (double)count - *mean * *mean);
}

static void test_initial_values(void **state) {
    sl_deeplab_v2_options options = tiny_options();
    options.base_width = 32;
    sl_model *model;
    double mean, deviation, least, most;
    assert_ok(sl_model_new_deeplab_v2(&options, 3, &model));
    static const struct {
        const char *name;
        double fan_out;
    } convs[] = {{"conv1.weight", 32 * 49}, {"layer2.0.conv2.weight", 64 * 9}, {"layer4.0.downsample.0.weight", 1024}};
    for (int i = 0; i < 3; i++) {
        moments(value(model, convs[i].name), &mean, &deviation, &least, &most);
        double expected = sqrt(2 / convs[i].fan_out), count = (double)sl_tensor_count(value(model, convs[i].name));
        assert_near(mean, 0, 5 * expected / sqrt(count));
        assert_near(deviation, expected, 5 * expected / sqrt(2 * count));
        assert_true(most > 2.5 * expected && least < -2.5 * expected); // a normal distribution has tails
    }
    moments(value(model, "layer5.conv2d_list.3.weight"), &mean, &deviation, &least, &most);
    assert_near(deviation, 0.01, 1e-4);
    static const struct {
        const char *name;
        double value;
    } constants[] = {{"layer5.conv2d_list.0.bias", 0},
                     {"bn1.weight", 1},
                     {"layer3.0.bn3.bias", 0},
                     {"bn1.running_mean", 0},
                     {"layer1.0.downsample.1.running_var", 1}};
    for (int i = 0; i < 5; i++) {
        moments(value(model, constants[i].name), &mean, &deviation, &least, &most);
        assert_true(least == constants[i].value && most == constants[i].value);
    }
    sl_model_free(model);

    assert_ok(sl_model_new_discriminator(&(sl_discriminator_options){.classes = 21, .base_width = 64}, 3, &model));
    moments(value(model, "conv3.weight"), &mean, &deviation, &least, &most);
    double bound = 1 / sqrt(128 * 16);
    assert_true(least >= -bound && most <= bound && least < -0.999 * bound && most > 0.999 * bound);
    assert_near(deviation, bound / sqrt(3), 0.01 * bound);
    moments(value(model, "conv3.bias"), &mean, &deviation, &least, &most);
    assert_true(least >= -bound && most <= bound && deviation > bound / 3);
    sl_model_free(model);
}

static void test_initial_values_depend_on_the_seed_alone(void **state) {
    int before = sl_threads_get();
    sl_threads_set(1);
    sl_model *one = tiny_model(7);
    sl_threads_set(3);
    sl_model *three = tiny_model(7), *other = tiny_model(8);
    sl_threads_set(before);
    sl_deeplab_v2_options options = tiny_options();
    options.branches = options.rates = 2;
    sl_model *fewer;
    assert_ok(sl_model_new_deeplab_v2(&options, 7, &fewer));
    for (size_t i = 0; i < sl_model_parameter_count(one); i++) {
        const sl_parameter *p = sl_model_parameter(one, i);
        assert_true(same_values(p->tensor, sl_model_parameter(three, i)->tensor));
        bool drawn = sl_tensor_shape(p->tensor).rank == 4;
        assert_int_equal(same_values(p->tensor, sl_model_parameter(other, i)->tensor), !drawn);
        const sl_parameter *there = sl_model_parameter_find(fewer, p->name);
        if (there != NULL) assert_true(same_values(p->tensor, there->tensor));
    }
    assert_false(same_values(value(one, "layer5.conv2d_list.0.weight"), value(one, "layer5.conv2d_list.1.weight")));
    assert_null(sl_model_parameter_find(fewer, "layer5.conv2d_list.2.weight"));
    sl_model_free(one);
    sl_model_free(three);
    sl_model_free(other);
    sl_model_free(fewer);
}

// ---- modes

static void test_modes(void **state) {
    sl_model *model = tiny_model(2);
    sl_tensor *x = waves(sl_shape_image(2, 3, 33, 33)), *y, *mean;
    assert_ok(sl_tensor_new_copy(value(model, "bn1.running_mean"), &mean));

    bool before = sl_grad_set(false);
    assert_ok(sl_model_forward(model, x, false, &y));
    assert_false(sl_tensor_requires_grad(y));
    assert_true(same_values(mean, value(model, "bn1.running_mean"))); // eval mode leaves the statistics
    sl_tensor_free(y);
    sl_grad_set(before);

    assert_ok(sl_model_forward(model, x, true, &y));
    assert_true(sl_tensor_requires_grad(y));
    assert_false(same_values(mean, value(model, "bn1.running_mean")));
    sl_tensor *ones;
    assert_ok(sl_tensor_new_full(SL_F32, sl_tensor_shape(y), 1, &ones));
    assert_ok(sl_backward_from(y, ones));
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        const sl_parameter *p = sl_model_parameter(model, i);
        assert_int_equal(sl_tensor_grad(p->tensor) != NULL, p->trainable);
    }
    sl_model_clear_grad(model);
    for (size_t i = 0; i < sl_model_parameter_count(model); i++)
        assert_null(sl_tensor_grad(sl_model_parameter(model, i)->tensor));
    sl_tensor_free(ones);
    sl_tensor_free(y);
    sl_tensor_free(mean);
    sl_tensor_free(x);
    sl_model_free(model);
}

static void test_frozen_affine(void **state) {
    sl_deeplab_v2_options options = tiny_options();
    options.train_affine = false;
    sl_model *model;
    assert_ok(sl_model_new_deeplab_v2(&options, 2, &model));
    sl_tensor *x = waves(sl_shape_image(2, 3, 33, 33)), *y, *ones;
    assert_ok(sl_model_forward(model, x, true, &y));
    assert_ok(sl_tensor_new_full(SL_F32, sl_tensor_shape(y), 1, &ones));
    assert_ok(sl_backward_from(y, ones));
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        const sl_parameter *p = sl_model_parameter(model, i);
        bool norm = strstr(p->name, "bn") != NULL || strstr(p->name, "downsample.1") != NULL;
        assert_int_equal(sl_tensor_grad(p->tensor) != NULL, !norm);
    }
    sl_tensor_free(ones);
    sl_tensor_free(y);
    sl_tensor_free(x);
    sl_model_free(model);
}

static void test_freezing(void **state) {
    sl_model *model = tiny_discriminator(2);
    sl_tensor *x = waves(sl_shape_image(1, 5, 65, 49)), *y, *ones;
    assert_ok(sl_tensor_set_requires_grad(x, true));
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {x}, *scaled; // stands for the network's output
    assert_ok(sl_op_run(SL_OP_scale, inputs, NULL, &scaled));
    bool before = sl_freeze_set(true);
    assert_ok(sl_model_forward(model, scaled, true, &y));
    sl_freeze_set(before);
    assert_int_equal(sl_tensor_shape(y).h, 2);
    assert_int_equal(sl_tensor_shape(y).w, 1);
    assert_ok(sl_tensor_new_full(SL_F32, sl_tensor_shape(y), 1, &ones));
    assert_ok(sl_backward_from(y, ones));
    assert_non_null(sl_tensor_grad(x));
    for (size_t i = 0; i < sl_model_parameter_count(model); i++)
        assert_null(sl_tensor_grad(sl_model_parameter(model, i)->tensor));
    sl_tensor_free(y);

    assert_ok(sl_model_forward(model, x, true, &y));
    assert_ok(sl_backward_from(y, ones));
    for (size_t i = 0; i < sl_model_parameter_count(model); i++)
        assert_non_null(sl_tensor_grad(sl_model_parameter(model, i)->tensor));
    sl_tensor_free(ones);
    sl_tensor_free(scaled);
    sl_tensor_free(y);
    sl_tensor_free(x);
    sl_model_free(model);
}

// ---- the rest

static void test_blend(void **state) {
    sl_model *teacher = tiny_model(1), *student = tiny_model(2), *old = tiny_model(1), *other = tiny_discriminator(1);
    sl_tensor_fill(value(student, "bn1.running_mean"), 4);
    assert_ok(sl_model_blend(teacher, student, 0.75));
    assert_true(sl_tensor_f32(value(teacher, "bn1.running_mean"))[0] == 1); // buffers too
    for (size_t i = 0; i < sl_model_parameter_count(teacher); i++) {
        const float *t = sl_tensor_f32(sl_model_parameter(teacher, i)->tensor),
                    *s = sl_tensor_f32(sl_model_parameter(student, i)->tensor),
                    *o = sl_tensor_f32(sl_model_parameter(old, i)->tensor);
        for (int64_t k = 0; k < sl_tensor_count(sl_model_parameter(teacher, i)->tensor); k++)
            assert_near(t[k], 0.75 * o[k] + 0.25 * s[k], 1e-6);
    }
    assert_ok(sl_model_blend(teacher, student, 0));
    assert_true(same_values(value(teacher, "conv1.weight"), value(student, "conv1.weight")));
    assert_error(sl_model_blend(teacher, other, 0.5), SL_ERR_ARGUMENT, "do not match");
    assert_error(sl_model_blend(teacher, student, 1.5), SL_ERR_ARGUMENT, "1.5");
    assert_error(sl_model_blend(teacher, student, NAN), SL_ERR_ARGUMENT, "nan");
    sl_model_free(teacher);
    sl_model_free(student);
    sl_model_free(old);
    sl_model_free(other);
}

static void test_refused_arguments(void **state) {
    sl_model *model;
    sl_deeplab_v2_options options;
#define REFUSED(field, wrong)                         \
    (options = tiny_options(), options.field = wrong, \
     sl_model_new_deeplab_v2(&options, 1, &model) == SL_ERR_ARGUMENT && model == NULL)
    assert_true(REFUSED(classes, 0) && REFUSED(classes, 256) && REFUSED(blocks[2], 0) && REFUSED(base_width, 0) &&
                REFUSED(rates, 0));
    assert_true(REFUSED(rates, 5) && REFUSED(branches, 3) && REFUSED(branches, 5) && REFUSED(momentum, NAN) && REFUSED(eps, 0));
    assert_true(REFUSED(stride_place, (sl_stride_place)2));
    assert_error(sl_model_new_discriminator(&(sl_discriminator_options){0, 4}, 1, &model), SL_ERR_ARGUMENT, "classes is 0");
    assert_error(sl_model_new_discriminator(&(sl_discriminator_options){5, -1}, 1, &model), SL_ERR_ARGUMENT, "base_width is -1");

    model = tiny_model(1);
    sl_tensor *grey = waves(sl_shape_image(1, 1, 9, 9)), *map = waves(sl_shape_map(3, 9, 9)), *y;
    assert_error(sl_model_forward(model, grey, false, &y), SL_ERR_ARGUMENT, "1x1x9x9");
    assert_error(sl_model_forward(model, map, false, &y), SL_ERR_ARGUMENT, "N x 3 x H x W");
    sl_model_free(model);
    model = tiny_discriminator(1);
    sl_tensor *small = waves(sl_shape_image(1, 5, 20, 20));
    assert_error(sl_model_forward(model, small, false, &y), SL_ERR_ARGUMENT, "discriminator");
    assert_null(y);
    sl_tensor_free(grey);
    sl_tensor_free(map);
    sl_tensor_free(small);
    sl_model_free(model);
    sl_model_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_initial_values),
        cmocka_unit_test(test_initial_values_depend_on_the_seed_alone),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_frozen_affine),
        cmocka_unit_test(test_freezing),
        cmocka_unit_test(test_blend),
        cmocka_unit_test(test_refused_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
