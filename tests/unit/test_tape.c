// Recording and gradients: sums over several uses, no_grad, freezing, detach, freeing as backward goes, misuse.
#include "tests/support/cmocka.h"

#include "core/backend/backend.h"
#include "core/tensor/allocator.h"
#include "core/tensor/op.h"
#include "core/tensor/tape.h"

#include <string.h>

static sl_tensor *leaf(double value, bool requires_grad) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_image(1, 2, 3, 3), value, &tensor));
    assert_ok(sl_tensor_set_requires_grad(tensor, requires_grad));
    return tensor;
}

static sl_tensor *run2(sl_op op, sl_tensor *a, sl_tensor *b) {
    sl_tensor *in[SL_OP_MAX_INPUTS] = {a, b}, *out[SL_OP_MAX_OUTPUTS];
    assert_ok(sl_op_run(op, in, NULL, out));
    return out[0];
}

static sl_tensor *mean_of(sl_tensor *x) {
    return run2(SL_OP_mean, x, NULL);
}

static void test_product_rule(void **state) {
    sl_tensor *a = leaf(3, true), *b = leaf(5, true), *ab = run2(SL_OP_mul, a, b), *aab = run2(SL_OP_mul, ab, a),
              *loss = mean_of(aab);
    assert_true(sl_tensor_item(loss) == 45);
    assert_ok(sl_backward(loss, 18));                     // 18 elements: the mean's division cancels
    assert_true(sl_tensor_item(sl_tensor_grad(a)) == 30); // d(a^2 b)/da = 2ab, through two uses
    assert_true(sl_tensor_item(sl_tensor_grad(b)) == 9);
    sl_tensor *product = run2(SL_OP_mul, a, b), *again = mean_of(product); // gradients add up until cleared
    assert_ok(sl_backward(again, 18));
    assert_true(sl_tensor_item(sl_tensor_grad(a)) == 35);
    sl_tensor_clear_grad(a);
    assert_null(sl_tensor_grad(a));
    assert_error(sl_backward(loss, 1), SL_ERR_ARGUMENT, "earlier backward");
    sl_tensor *all[] = {a, b, ab, aab, loss, product, again};
    for (int i = 0; i < 7; i++) sl_tensor_free(all[i]);
}

static void test_constants(void **state) {
    sl_tensor *a = leaf(3, true), *c = leaf(5, false), *detached, *y, *z, *loss;
    y = run2(SL_OP_mul, a, c);
    assert_true(sl_tensor_requires_grad(y));
    assert_ok(sl_tensor_detach(y, &detached));
    assert_false(sl_tensor_requires_grad(detached));
    z = run2(SL_OP_mul, detached, a);
    loss = mean_of(z);
    assert_ok(sl_backward(loss, 18));
    assert_true(sl_tensor_item(sl_tensor_grad(a)) == 15); // the detached factor counts as a constant
    assert_null(sl_tensor_grad(c));
    sl_tensor_free(loss);

    bool before = sl_grad_set(false);
    sl_tensor *unrecorded = run2(SL_OP_mul, a, c);
    sl_grad_set(before);
    assert_true(sl_grad_get());
    assert_false(sl_tensor_requires_grad(unrecorded));
    assert_error(sl_backward_from(unrecorded, unrecorded), SL_ERR_ARGUMENT, "depends on nothing");
    sl_tensor *all[] = {a, c, detached, y, z, unrecorded};
    for (int i = 0; i < 6; i++) sl_tensor_free(all[i]);
}

// The discriminator's weights while the segmentation network is trained against it: x learns through w, w does not.
static void test_freeze(void **state) {
    sl_tensor *x = leaf(2, true), *w = leaf(7, true), *hidden = run2(SL_OP_mul, x, x);
    bool before = sl_freeze_set(true);
    sl_tensor *y = run2(SL_OP_mul, hidden, w);
    sl_freeze_set(before);
    sl_tensor *loss = mean_of(y);
    assert_ok(sl_backward(loss, 18));
    assert_true(sl_tensor_item(sl_tensor_grad(x)) == 28);
    assert_null(sl_tensor_grad(w));
    sl_tensor *all[] = {x, w, hidden, y, loss};
    for (int i = 0; i < 5; i++) sl_tensor_free(all[i]);
}

static void test_misuse(void **state) {
    sl_tensor *a = leaf(1, true), *y = run2(SL_OP_mul, a, a), *labels, *in[SL_OP_MAX_INPUTS] = {a}, *out[SL_OP_MAX_OUTPUTS];
    assert_error(sl_backward(y, 1), SL_ERR_ARGUMENT, "1x2x3x3");
    assert_error(sl_tensor_set_requires_grad(y, true), SL_ERR_ARGUMENT, "leaf");
    assert_ok(sl_tensor_new_zeros(SL_U8, sl_shape_map(1, 3, 3), &labels));
    assert_error(sl_tensor_set_requires_grad(labels, true), SL_ERR_ARGUMENT, "u8");
    assert_error(sl_op_run(SL_OP_mul, in, NULL, out), SL_ERR_ARGUMENT, "mul: z is missing");
    in[1] = labels;
    assert_error(sl_op_run(SL_OP_mul, in, NULL, out), SL_ERR_ARGUMENT, "must be f32, not u8");
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_bilinear);
    attributes.height = 0;
    assert_error(sl_op_run(SL_OP_bilinear, in, &attributes, out), SL_ERR_ARGUMENT, "height is 0");
    assert_null(out[0]);
    sl_tensor_free(a);
    sl_tensor_free(y);
    sl_tensor_free(labels);
}

// A chain of n products keeps n activations; backward gives each back as it goes, so that its peak is not another n.
static void test_frees_as_it_goes(void **state) {
    enum { LENGTH = 64 };
    sl_tensor *x, *y;
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_image(1, 1, 256, 1024), 1, &x)); // 1 MiB
    assert_ok(sl_tensor_set_requires_grad(x, true));
    y = sl_tensor_retain(x);
    size_t before = sl_memory_stats_get().now;
    for (int i = 0; i < LENGTH; i++) {
        sl_tensor *next = run2(SL_OP_mul, y, x);
        sl_tensor_free(y);
        y = next;
    }
    sl_tensor *loss = mean_of(y);
    sl_tensor_free(y);
    size_t kept = sl_memory_stats_get().now - before;
    assert_in_range(kept >> 20, LENGTH - 1, LENGTH + 1);
    sl_memory_stats_reset_peak();
    assert_ok(sl_backward(loss, 1));
    size_t peak = sl_memory_stats_get().peak - before;
    assert_in_range(peak >> 20, LENGTH - 1, LENGTH + 6);
    sl_tensor_free(loss);
    sl_tensor_clear_grad(x);
    assert_int_equal(sl_memory_stats_get().now, before);
    sl_tensor_free(x);
}

// A script that sums its losses and never goes back drops a chain of any length without exhausting the stack.
static void test_long_chain(void **state) {
    sl_tensor *x = leaf(1, true), *y = sl_tensor_retain(x);
    for (int i = 0; i < 300000; i++) {
        sl_tensor *in[SL_OP_MAX_INPUTS] = {y}, *out[SL_OP_MAX_OUTPUTS];
        assert_ok(sl_op_run(SL_OP_scale, in, NULL, out));
        sl_tensor_free(y);
        y = out[0];
    }
    sl_tensor_free(y);
    sl_tensor_free(x);
}

static void test_op_list(void **state) {
    for (int op = 0; op < SL_OP_COUNT; op++) {
        const sl_op_info *info = sl_op_info_get((sl_op)op);
        assert_int_equal(sl_op_find(info->name), op);
        assert_non_null(info->help);
        assert_non_null(info->infer);
        assert_true(info->least_inputs >= 1 && info->least_inputs <= info->most_inputs && info->most_inputs <= SL_OP_MAX_INPUTS);
        for (int i = 0; i < info->most_inputs; i++) assert_non_null(info->input_names[i]);
        for (int i = 0; i < info->outputs; i++) assert_non_null(info->output_names[i]);
        assert_non_null(sl_backend_reference.forward[op]);
        assert_true(!info->differentiable == !sl_backend_reference.backward[op]);
    }
    assert_int_equal(sl_op_find("convolution"), SL_OP_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product_rule), cmocka_unit_test(test_constants),        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_misuse),       cmocka_unit_test(test_frees_as_it_goes), cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_op_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
