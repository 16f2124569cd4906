// The reference backend: every gradient against finite differences, and what the golden set does not hold (labels, counts, ties,
// nothing counted, wrong labels, the number of threads).
#include "core/backend/backend.h"
#include "core/base/random.h"
#include "core/base/thread.h"
#include "core/tensor/tape.h"
#include "tests/support/cmocka.h"
#include "tests/support/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static sl_tensor *noise(sl_shape shape, uint64_t sample) {
    sl_tensor *tensor;
    sl_random random = sl_random_at(7, SL_STREAM_USER, sample);
    assert_ok(sl_tensor_new(SL_F32, shape, &tensor));
    for (int64_t i = 0; i < sl_tensor_count(tensor); i++) sl_tensor_f32(tensor)[i] = (float)sl_random_normal(&random);
    return tensor;
}

static sl_tensor *labels(sl_shape shape, int classes, uint64_t sample) { // one in six is 255
    sl_tensor *tensor;
    sl_random random = sl_random_at(7, SL_STREAM_USER, sample);
    assert_ok(sl_tensor_new(SL_U8, shape, &tensor));
    for (int64_t i = 0; i < sl_tensor_count(tensor); i++)
        sl_tensor_u8(tensor)[i] = sl_random_below(&random, 6) ? (uint8_t)sl_random_below(&random, (uint64_t)classes) : 255;
    return tensor;
}

static sl_tensor *label_row(const uint8_t *values, int64_t count) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_U8, sl_shape_map(1, 1, count), &tensor));
    memcpy(sl_tensor_u8(tensor), values, (size_t)count);
    return tensor;
}

static sl_tensor *image_row(const float *values, int64_t channels, int64_t pixels) { // pixel by pixel
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_F32, sl_shape_image(1, channels, 1, pixels), &tensor));
    memcpy(sl_tensor_f32(tensor), values, sl_tensor_bytes(tensor));
    return tensor;
}

static void free_all(sl_tensor **tensors, int count) {
    for (int i = 0; i < count; i++) {
        sl_tensor_free(tensors[i]);
        tensors[i] = NULL;
    }
}

// ---- finite differences

typedef struct row {
    sl_op op;
    sl_tensor *inputs[SL_OP_MAX_INPUTS];
    sl_op_attributes attributes;
} row;

// The sum of output 0 times `factor`, in double.
static double projected(const row *r, const sl_tensor *factor) {
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    assert_ok(sl_op_run(r->op, r->inputs, &r->attributes, outputs));
    double sum = 0.0;
    for (int64_t i = 0; i < sl_tensor_count(outputs[0]); i++)
        sum += (double)sl_tensor_f32(outputs[0])[i] * sl_tensor_f32(factor)[i];
    free_all(outputs, SL_OP_MAX_OUTPUTS);
    return sum;
}

// The central difference at every element of input `i`.
static sl_tensor *difference(const row *r, int i, const sl_tensor *factor) {
    sl_tensor *gradient;
    float *x = sl_tensor_f32(r->inputs[i]);
    const double step = 1.0 / 256;
    assert_ok(sl_tensor_new(SL_F32, sl_tensor_shape(r->inputs[i]), &gradient));
    for (int64_t k = 0; k < sl_tensor_count(gradient); k++) {
        float kept = x[k];
        x[k] = kept + (float)step;
        double above = projected(r, factor), high = x[k];
        x[k] = kept - (float)step;
        double below = projected(r, factor), low = x[k];
        x[k] = kept;
        sl_tensor_f32(gradient)[k] = (float)((above - below) / (high - low));
    }
    return gradient;
}

// Frees the row's inputs.
static int check_row(row r) {
    const sl_op_info *info = sl_op_info_get(r.op);
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    int compared = 0;
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++)
        if (r.inputs[i] && info->differentiable >> i & 1) assert_ok(sl_tensor_set_requires_grad(r.inputs[i], true));
    assert_ok(sl_op_run(r.op, r.inputs, &r.attributes, outputs));
    sl_tensor *factor = noise(sl_tensor_shape(outputs[0]), 99);
    assert_ok(sl_backward_from(outputs[0], factor));
    bool before = sl_grad_set(false);
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        if (!r.inputs[i] || !(info->differentiable >> i & 1)) continue;
        sl_tensor *expected = difference(&r, i, factor);
        sl_comparison comparison = {.tolerance = 4e-3};
        char name[64];
        snprintf(name, sizeof name, "gradient of %s by %s", info->name, info->input_names[i]);
        sl_comparison_tensor(&comparison, name, sl_tensor_grad(r.inputs[i]), expected);
        if (!sl_comparison_ok(&comparison)) fail_msg("%s", comparison.message);
        compared++;
        sl_tensor_free(expected);
    }
    sl_grad_set(before);
    sl_tensor_free(factor);
    free_all(outputs, SL_OP_MAX_OUTPUTS);
    free_all(r.inputs, SL_OP_MAX_INPUTS);
    return compared;
}

// Keeps values away from the kink of a ReLU, where a finite difference is neither slope.
static sl_tensor *away_from_zero(sl_tensor *tensor) {
    for (int64_t i = 0; i < sl_tensor_count(tensor); i++) {
        float *x = &sl_tensor_f32(tensor)[i];
        if (fabsf(*x) < 0.02f) *x = *x < 0.0f ? -0.02f : 0.02f;
    }
    return tensor;
}

static sl_tensor *filled(int64_t count, double value) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_vector(count), value, &tensor));
    return tensor;
}

static row row_for(sl_op op) {
    row r = {.op = op, .attributes = sl_op_attributes_default(op)};
    sl_shape s = sl_shape_image(2, 3, 5, 4);
    r.inputs[0] = noise(s, 1);
    switch (op) {
    case SL_OP_conv2d:
        r.inputs[1] = noise(sl_shape_image(4, 3, 3, 2), 2);
        r.inputs[2] = noise(sl_shape_vector(4), 3);
        r.attributes.stride = 2;
        r.attributes.padding = 2;
        r.attributes.dilation = 2;
        break;
    case SL_OP_batch_norm:
        r.inputs[1] = noise(sl_shape_vector(3), 2);
        r.inputs[2] = noise(sl_shape_vector(3), 3);
        r.inputs[3] = filled(3, 0.0);
        r.inputs[4] = filled(3, 1.0);
        r.inputs[5] = noise(s, 4);
        r.attributes.training = true;
        break;
    case SL_OP_add: r.attributes.alpha = -0.5; // fall through
    case SL_OP_mul: r.inputs[1] = noise(s, 2); break;
    case SL_OP_concat: r.inputs[1] = noise(sl_shape_image(2, 2, 5, 4), 2); break;
    case SL_OP_scale: r.attributes.factor = -1.5; break;
    case SL_OP_relu:
    case SL_OP_leaky_relu: away_from_zero(r.inputs[0]); break;
    case SL_OP_max_pool: r.attributes.ceil_mode = true; break;
    case SL_OP_bilinear:
        r.attributes.height = 7;
        r.attributes.width = 3;
        break;
    case SL_OP_cross_entropy:
        r.inputs[1] = labels(sl_shape_map(2, 5, 4), 3, 5);
        r.inputs[2] = filled(3, 0.7);
        sl_tensor_f32(r.inputs[2])[1] = 2.0f;
        break;
    case SL_OP_bce_with_logits: r.inputs[1] = labels(s, 1, 6); break; // 0, or 255: ignored
    case SL_OP_masked_cross_entropy: // one channel leads clearly, so that a difference does not change the pseudo-label
        r.inputs[1] = noise(sl_shape_image(2, 1, 5, 4), 7);
        for (int64_t i = 0; i < 40; i++) sl_tensor_f32(r.inputs[0])[3 * i + i % 3] += 8.0f;
        break;
    case SL_OP_sigmoid:
    case SL_OP_mean:
    case SL_OP_global_avg_pool:
    case SL_OP_softmax:
    case SL_OP_log_softmax: break;
    default: fail_msg("no row for the op %s", sl_op_info_get(op)->name);
    }
    return r;
}

static void test_gradients(void **state) {
    int ops = 0, compared = 0;
    for (int op = 0; op < SL_OP_COUNT; op++) {
        if (!sl_op_info_get((sl_op)op)->differentiable) continue;
        ops++;
        compared += check_row(row_for((sl_op)op));
    }
    row r = row_for(SL_OP_batch_norm);
    r.attributes.training = false;
    r.attributes.relu = true;
    for (int64_t i = 0; i < sl_tensor_count(r.inputs[0]); i++) sl_tensor_f32(r.inputs[5])[i] = i % 2 ? 20.0f : -20.0f;
    compared += check_row(r);
    r = row_for(SL_OP_concat);
    r.attributes.dim = 0;
    sl_tensor_free(r.inputs[1]);
    r.inputs[1] = noise(sl_shape_image(1, 3, 5, 4), 2);
    compared += check_row(r);
    r = row_for(SL_OP_bilinear);
    r.attributes.align_corners = true;
    compared += check_row(r);
    r = row_for(SL_OP_conv2d);
    r.attributes.dilation = 1;
    r.attributes.stride = 1;
    compared += check_row(r);
    printf("%d gradients of %d ops compared with finite differences\n", compared, ops);
}

// ---- labels

static void test_argmax_and_one_hot(void **state) {
    const float pixels[] = {1, 3, 3, /**/ 2, 2, 2, /**/ -INFINITY, -5, -4};
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL}, *x = image_row(pixels, 3, 3);
    assert_ok(sl_op_run(SL_OP_argmax, (sl_tensor *[]){x}, NULL, outputs));
    assert_memory_equal(sl_tensor_u8(outputs[0]), ((const uint8_t[]){1, 0, 2}), 3);
    free_all(outputs, 1);
    sl_tensor_free(x);

    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_one_hot);
    attributes.classes = 2;
    sl_tensor *map = label_row((const uint8_t[]){1, 255, 0}, 3);
    assert_ok(sl_op_run(SL_OP_one_hot, (sl_tensor *[]){map}, &attributes, outputs));
    assert_memory_equal(sl_tensor_f32(outputs[0]), ((const float[]){0, 1, 0, 0, 1, 0}), 6 * sizeof(float));
    free_all(outputs, 1);
    assert_ok(sl_op_run(SL_OP_equal, (sl_tensor *[]){map}, NULL, outputs));
    assert_memory_equal(sl_tensor_u8(outputs[0]), ((const uint8_t[]){0, 1, 0}), 3);
    free_all(outputs, 1);
    sl_tensor_u8(map)[2] = 2;
    assert_error(sl_op_run(SL_OP_one_hot, (sl_tensor *[]){map}, &attributes, outputs), SL_ERR_DATA,
                 "label 2 at image 0, row 0, column 2");
    sl_tensor_free(map);
}

static void test_label_maps_are_joined(void **state) {
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL}, *a = label_row((const uint8_t[]){1, 2}, 2),
              *b = label_row((const uint8_t[]){3, 4}, 2);
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_concat);
    attributes.dim = 0;
    assert_ok(sl_op_run(SL_OP_concat, (sl_tensor *[]){a, b}, &attributes, outputs));
    assert_int_equal(sl_tensor_dtype(outputs[0]), SL_U8);
    assert_memory_equal(sl_tensor_u8(outputs[0]), ((const uint8_t[]){1, 2, 3, 4}), 4);
    free_all(outputs, 1);
    sl_tensor_free(a);
    sl_tensor_free(b);
}

// ---- losses

static void test_cross_entropy_counts(void **state) {
    const float pixels[] = {0, 0, /**/ 1e4f, -1e4f, /**/ 1e4f, -1e4f};
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL}, *x = image_row(pixels, 2, 3),
              *target = label_row((const uint8_t[]){0, 0, 255}, 3);
    assert_ok(sl_tensor_set_requires_grad(x, true));
    assert_ok(sl_op_run(SL_OP_cross_entropy, (sl_tensor *[]){x, target, NULL}, NULL, outputs));
    assert_true(fabs(sl_tensor_item(outputs[0]) - log(2.0) / 2.0) < 1e-7);
    assert_int_equal(*sl_tensor_i64(outputs[1]), 2);
    free_all(outputs, 2);

    sl_tensor_u8(target)[1] = 1; // as wrong as can be: the loss is the distance of the logits, not infinite
    assert_ok(sl_op_run(SL_OP_cross_entropy, (sl_tensor *[]){x, target, NULL}, NULL, outputs));
    assert_true(fabs(sl_tensor_item(outputs[0]) - (log(2.0) + 2e4) / 2.0) < 1e-2);
    free_all(outputs, 2);

    sl_tensor_u8(target)[2] = 2;
    assert_error(sl_op_run(SL_OP_cross_entropy, (sl_tensor *[]){x, target, NULL}, NULL, outputs), SL_ERR_DATA,
                 "label 2 at image 0, row 0, column 2");

    memset(sl_tensor_u8(target), 255, 3); // nothing counts
    assert_ok(sl_op_run(SL_OP_cross_entropy, (sl_tensor *[]){x, target, NULL}, NULL, outputs));
    assert_true(sl_tensor_item(outputs[0]) == 0.0);
    assert_int_equal(*sl_tensor_i64(outputs[1]), 0);
    assert_ok(sl_backward(outputs[0], 1.0));
    for (int i = 0; i < 6; i++) assert_true(sl_tensor_f32(sl_tensor_grad(x))[i] == 0.0f);
    free_all(outputs, 2);
    sl_tensor_free(x);
    sl_tensor_free(target);
}

static void test_bce_extremes(void **state) {
    const float logits[] = {1e4f, -1e4f, 0.0f};
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL}, *x = image_row(logits, 1, 3), *ignore;
    assert_ok(sl_tensor_new_zeros(SL_U8, sl_shape_image(1, 1, 1, 3), &ignore));
    sl_tensor_u8(ignore)[1] = 1;
    assert_ok(sl_op_run(SL_OP_bce_with_logits, (sl_tensor *[]){x, ignore}, NULL, outputs));
    assert_true(fabs(sl_tensor_item(outputs[0]) - log(2.0) / 2.0) < 1e-7);
    assert_int_equal(*sl_tensor_i64(outputs[1]), 2);
    free_all(outputs, 2);
    assert_ok(sl_op_run(SL_OP_bce_with_logits, (sl_tensor *[]){x, NULL}, NULL, outputs));
    assert_true(fabs(sl_tensor_item(outputs[0]) - (log(2.0) + 1e4) / 3.0) < 1e-3);
    free_all(outputs, 2);
    memset(sl_tensor_u8(ignore), 1, 3);
    assert_ok(sl_op_run(SL_OP_bce_with_logits, (sl_tensor *[]){x, ignore}, NULL, outputs));
    assert_true(sl_tensor_item(outputs[0]) == 0.0);
    assert_int_equal(*sl_tensor_i64(outputs[1]), 0);
    free_all(outputs, 2);
    sl_tensor_free(x);
    sl_tensor_free(ignore);
}

static void test_masked_cross_entropy(void **state) {
    const float pixels[] = {0, 1, /**/ 5, 5, /**/ -1, -2}, confidence[] = {1.0f, -1.0f, 0.0f};
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL}, *x = image_row(pixels, 2, 3), *d = image_row(confidence, 1, 3);
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_masked_cross_entropy);
    assert_ok(sl_tensor_set_requires_grad(x, true));
    assert_ok(sl_tensor_set_requires_grad(d, true));
    attributes.threshold = 0.5; // exactly the third pixel's confidence: kept
    assert_ok(sl_op_run(SL_OP_masked_cross_entropy, (sl_tensor *[]){x, d}, &attributes, outputs));
    assert_memory_equal(sl_tensor_u8(outputs[2]), ((const uint8_t[]){1, 255, 0}), 3);
    assert_int_equal(*sl_tensor_i64(outputs[1]), 2);
    assert_true(fabs(sl_tensor_item(outputs[0]) - log(1.0 + exp(-1.0))) < 1e-6);
    assert_ok(sl_backward(outputs[0], 1.0));
    assert_null(sl_tensor_grad(d));
    assert_true(sl_tensor_f32(sl_tensor_grad(x))[2] == 0.0f && sl_tensor_f32(sl_tensor_grad(x))[3] == 0.0f);
    free_all(outputs, 3);

    const struct {
        double threshold;
        int64_t kept;
    } cases[] = {{0.0, 3}, {0.2, 3}, {0.7, 1}, {1.1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attributes.threshold = cases[i].threshold;
        assert_ok(sl_op_run(SL_OP_masked_cross_entropy, (sl_tensor *[]){x, d}, &attributes, outputs));
        assert_int_equal(*sl_tensor_i64(outputs[1]), cases[i].kept);
        if (cases[i].kept == 0) assert_true(sl_tensor_item(outputs[0]) == 0.0);
        free_all(outputs, 3);
    }
    attributes.ignore_label = 1;
    assert_error(sl_op_run(SL_OP_masked_cross_entropy, (sl_tensor *[]){x, d}, &attributes, outputs), SL_ERR_ARGUMENT,
                 "ignore label is 1");
    sl_tensor_free(x);
    sl_tensor_free(d);
}

// ---- NaN, threads

static void test_nan_is_not_swallowed(void **state) {
    const sl_op ops[] = {SL_OP_relu, SL_OP_leaky_relu, SL_OP_max_pool, SL_OP_softmax, SL_OP_mean, SL_OP_sigmoid, SL_OP_bilinear};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        row r = row_for(ops[i]);
        sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
        bool found = false;
        sl_tensor_f32(r.inputs[0])[0] = NAN;
        assert_ok(sl_op_run(r.op, r.inputs, &r.attributes, outputs));
        for (int64_t k = 0; k < sl_tensor_count(outputs[0]); k++) found |= isnan(sl_tensor_f32(outputs[0])[k]);
        if (!found) fail_msg("%s swallows NaN", sl_op_info_get(r.op)->name);
        free_all(outputs, SL_OP_MAX_OUTPUTS);
        free_all(r.inputs, SL_OP_MAX_INPUTS);
    }
}

// Output 0 and the gradients of a larger call, one after the other, as computed by `threads` threads.
static sl_tensor *computed_by(int threads, sl_op op) {
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    row r = {.op = op, .attributes = sl_op_attributes_default(op)};
    r.inputs[0] = noise(sl_shape_image(3, 37, 19, 23), 1);
    if (op == SL_OP_conv2d) r.inputs[1] = noise(sl_shape_image(5, 37, 3, 3), 2);
    if (op == SL_OP_cross_entropy) r.inputs[1] = labels(sl_shape_map(3, 19, 23), 37, 3);
    assert_ok(sl_tensor_set_requires_grad(r.inputs[0], true));
    sl_threads_set(threads);
    assert_ok(sl_op_run(op, r.inputs, &r.attributes, outputs));
    sl_tensor *factor = noise(sl_tensor_shape(outputs[0]), 9), *all;
    assert_ok(sl_backward_from(outputs[0], factor));
    sl_threads_set(0);
    int64_t count = sl_tensor_count(outputs[0]);
    assert_ok(sl_tensor_new(SL_F32, sl_shape_vector(count + sl_tensor_count(r.inputs[0])), &all));
    memcpy(sl_tensor_f32(all), sl_tensor_f32(outputs[0]), sl_tensor_bytes(outputs[0]));
    memcpy(sl_tensor_f32(all) + count, sl_tensor_f32(sl_tensor_grad(r.inputs[0])), sl_tensor_bytes(r.inputs[0]));
    sl_tensor_free(factor);
    free_all(outputs, SL_OP_MAX_OUTPUTS);
    free_all(r.inputs, SL_OP_MAX_INPUTS);
    return all;
}

static void test_any_number_of_threads(void **state) {
    const sl_op ops[] = {SL_OP_conv2d,          SL_OP_mean,    SL_OP_cross_entropy, SL_OP_bce_with_logits,
                         SL_OP_global_avg_pool, SL_OP_max_pool};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        sl_tensor *one = computed_by(1, ops[i]);
        for (int threads = 2; threads <= 5; threads += 3) {
            sl_tensor *more = computed_by(threads, ops[i]);
            assert_memory_equal(sl_tensor_f32(one), sl_tensor_f32(more), sl_tensor_bytes(one));
            sl_tensor_free(more);
        }
        sl_tensor_free(one);
    }
}

static int use_reference(void **state) {
    return sl_backend_use("reference") == SL_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_argmax_and_one_hot),
        cmocka_unit_test(test_label_maps_are_joined),
        cmocka_unit_test(test_cross_entropy_counts),
        cmocka_unit_test(test_bce_extremes),
        cmocka_unit_test(test_masked_cross_entropy),
        cmocka_unit_test(test_nan_is_not_swallowed),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, use_reference, NULL);
}
