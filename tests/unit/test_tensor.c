// Shapes, tensors, views, bf16, planar order, the caching allocator.
#include "tests/support/cmocka.h"

#include "core/base/memory.h"
#include "core/tensor/allocator.h"
#include "core/tensor/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_shapes(void **state) {
    char text[96];
    int64_t dims[4] = {2, 3, 5, 7}, back[4];
    for (int rank = 0; rank <= 4; rank++) {
        sl_shape shape;
        assert_ok(sl_shape_from_dims(rank, dims, &shape));
        sl_shape_to_dims(shape, back);
        assert_memory_equal(back, dims, (size_t)rank * sizeof *dims);
    }
    assert_string_equal(sl_shape_text(sl_shape_image(2, 3, 321, 321), text), "2x3x321x321");
    assert_string_equal(sl_shape_text(sl_shape_scalar(), text), "scalar");
    sl_shape shape;
    assert_error(sl_shape_from_dims(5, dims, &shape), SL_ERR_ARGUMENT, "not 5");
    dims[1] = -3;
    assert_error(sl_shape_from_dims(2, dims, &shape), SL_ERR_ARGUMENT, "-3");
}

static void test_planar_order(void **state) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_F32, sl_shape_image(2, 3, 4, 5), &tensor));
    float planar[120], back[120];
    for (int i = 0; i < 120; i++) planar[i] = (float)i;
    sl_tensor_from_planar(tensor, planar);
    assert_true(sl_tensor_get(tensor, 1, 2, 3, 4) == 119);
    assert_true(sl_tensor_get(tensor, 1, 0, 2, 1) == 60 + 10 + 1);
    assert_true(sl_tensor_f32(tensor)[1] == 20); // the second channel of the first pixel lies next to the first
    sl_tensor_to_planar(tensor, back);
    assert_memory_equal(planar, back, sizeof planar);
    sl_tensor_free(tensor);
}

static void test_views(void **state) {
    sl_tensor *tensor, *view, *other;
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_image(4, 2, 3, 3), &tensor));
    assert_ok(sl_tensor_view_batch(tensor, 1, 2, &view));
    sl_tensor_fill(view, 7);
    sl_tensor_free(tensor); // the view keeps the storage
    assert_true(sl_tensor_get(view, 1, 1, 2, 2) == 7);
    assert_ok(sl_tensor_view_shape(view, sl_shape_vector(36), &other));
    assert_true(sl_tensor_f32(other) == sl_tensor_f32(view));
    sl_tensor_free(other);
    assert_error(sl_tensor_view_batch(view, 1, 2, &other), SL_ERR_ARGUMENT, "batch of 2");
    assert_error(sl_tensor_view_batch(view, INT64_MAX, 2, &other), SL_ERR_ARGUMENT, "batch of 2");
    assert_error(sl_tensor_view_shape(view, sl_shape_vector(35), &other), SL_ERR_ARGUMENT, "counts differ");
    sl_tensor_free(view);
}

static void test_bf16(void **state) {
    static const struct {
        float from, to;
    } cases[] = {{1, 1}, {1.00390625f, 1}, {1.01171875f, 1.015625f}, {-3.140625f, -3.140625f}, {3.4e38f, INFINITY}, {0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(sl_bf16_to_f32(sl_bf16_from_f32(cases[i].from)) == cases[i].to);
    assert_true(isnan(sl_bf16_to_f32(sl_bf16_from_f32(NAN))));
    uint32_t tricky = 0x7F800001; // a NaN whose upper half is an infinity's
    float value;
    memcpy(&value, &tricky, 4);
    assert_true(isnan(sl_bf16_to_f32(sl_bf16_from_f32(value))));

    sl_tensor *f32, *bf16, *u8;
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_vector(3), 300.0, &f32));
    assert_ok(sl_tensor_convert(f32, SL_BF16, &bf16));
    assert_ok(sl_tensor_convert(bf16, SL_U8, &u8));
    assert_true(sl_tensor_get(bf16, 0, 2, 0, 0) == 300);
    assert_int_equal(sl_tensor_u8(u8)[0], 255);
    assert_null(sl_tensor_f32(bf16));
    assert_error(sl_tensor_copy(f32, bf16), SL_ERR_ARGUMENT, "bf16");
    sl_tensor_free(f32);
    sl_tensor_free(bf16);
    sl_tensor_free(u8);
}

static void test_too_large(void **state) {
    sl_tensor *tensor;
    assert_error(sl_tensor_new(SL_F32, sl_shape_image(1 << 20, 1 << 20, 1 << 20, 1 << 20), &tensor), SL_ERR_MEMORY,
                 "larger than any");
    assert_null(tensor);
    assert_error(sl_tensor_new(SL_F32, sl_shape_image(1 << 14, 1 << 14, 1 << 14, 1), &tensor), SL_ERR_MEMORY, "16384");
    assert_null(tensor);
}

static void test_allocator(void **state) {
    sl_memory_trim();
    sl_memory_stats before = sl_memory_stats_get();
    assert_int_equal(before.cached, 0);
    for (int round = 0; round < 3; round++) {
        sl_tensor *tensors[20];
        for (int i = 0; i < 20; i++) assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_vector(1 + i * i * 1000), &tensors[i]));
        for (int i = 0; i < 20; i++) sl_tensor_free(tensors[i]);
    }
    sl_memory_stats after = sl_memory_stats_get();
    assert_int_equal(after.now, before.now);
    assert_int_equal(after.requests - before.requests, 60);
    assert_int_equal(after.system - before.system, 20); // only the first round asked the system
    assert_true(after.cached > 0);
    sl_memory_trim();
    assert_int_equal(sl_memory_stats_get().cached, 0);

    for (size_t bytes = 0; bytes < 70000; bytes += 37) { // every size class holds what it promises
        void *block;
        size_t size = 0;
        assert_ok(sl_block_get(bytes, &size, &block));
        assert_true(size >= bytes);
        memset(block, 0xAB, size);
        sl_block_put(block, size);
    }
    assert_int_equal(sl_memory_stats_get().now, before.now);
}

// A cached block serves a somewhat smaller tensor, and keeps its size; not a much smaller one.
static void test_larger_block(void **state) {
    sl_memory_trim();
    void *large, *again, *small;
    size_t size, same, other;
    assert_ok(sl_block_get(3 << 20, &size, &large));
    sl_block_put(large, size);
    assert_ok(sl_block_get((3 << 20) - (3 << 18), &same, &again));
    assert_ptr_equal(again, large);
    assert_int_equal(same, size);
    sl_block_put(again, same);
    assert_ok(sl_block_get(1 << 20, &other, &small));
    assert_true(other < size);
    assert_int_equal(sl_memory_stats_get().cached, size);
    sl_block_put(small, other);
    sl_memory_trim();
}

static void count_pressure(void *user, size_t now) {
    ++*(int *)user;
}

static void test_pressure(void **state) {
    int calls = 0;
    sl_memory_pressure_hook_set(count_pressure, &calls);
    sl_tensor *tensors[10];
    for (int i = 0; i < 10; i++) assert_ok(sl_tensor_new(SL_U8, sl_shape_vector(20 << 20), &tensors[i]));
    for (int i = 0; i < 10; i++) sl_tensor_free(tensors[i]);
    sl_memory_pressure_hook_set(NULL, NULL);
    assert_in_range(calls, 2, 4); // 200 MiB in steps of 64 MiB or more
    sl_memory_trim();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),       cmocka_unit_test(test_planar_order), cmocka_unit_test(test_views),
        cmocka_unit_test(test_bf16),         cmocka_unit_test(test_too_large),    cmocka_unit_test(test_allocator),
        cmocka_unit_test(test_larger_block), cmocka_unit_test(test_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
