// The comparison helper must fail where it should: everything else rests on it.
#include "tests/support/cmocka.h"
#include "tests/support/compare.h"

#include <math.h>
#include <string.h>

static sl_tensor *ramp(void) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_F32, sl_shape_image(2, 3, 4, 5), &tensor));
    float planar[120];
    for (int i = 0; i < 120; i++) planar[i] = (float)(i - 60) / 60.0f;
    sl_tensor_from_planar(tensor, planar);
    return tensor;
}

// Changes element n=1 c=2 h=3 w=4, the last.
static void set_last(sl_tensor *tensor, float value) {
    sl_tensor_f32(tensor)[sl_tensor_count(tensor) - 1] = value;
}

static void test_equal(void **state) {
    sl_tensor *a = ramp(), *b = ramp();
    sl_comparison c = {.tolerance = 0.0};
    assert_true(sl_comparison_tensor(&c, "x", a, b));
    assert_true(sl_comparison_ok(&c));
    assert_int_equal(c.compared, 1);
    assert_true(c.worst == 0.0);
    sl_tensor_free(a);
    sl_tensor_free(b);
}

static void test_one_element(void **state) {
    sl_tensor *a = ramp(), *b = ramp();
    set_last(a, (float)(59.0 / 60.0 + 0.01));
    sl_comparison c = {.tolerance = 0.02};
    assert_true(sl_comparison_tensor(&c, "x", a, b));
    assert_true(c.worst > 0.0099 && c.worst < 0.0101);
    c = (sl_comparison){.tolerance = 0.005};
    assert_false(sl_comparison_tensor(&c, "x", a, b));
    assert_false(sl_comparison_ok(&c));
    assert_non_null(strstr(c.message, "x: element n=1 c=2 h=3 w=4 of 2x3x4x5 is 0.99333"));
    assert_non_null(strstr(c.message, "expected 0.98333"));
    assert_non_null(strstr(c.message, "tolerance 0.005 (1 of 120 elements differ)"));
    c = (sl_comparison){.tolerance = 0.0, .absolute = 0.011};
    assert_true(sl_comparison_tensor(&c, "x", a, b));
    sl_tensor_free(a);
    sl_tensor_free(b);
}

static void test_not_finite(void **state) {
    float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sl_tensor *a = ramp(), *b = ramp();
        set_last(a, bad[i]);
        sl_comparison c = {.tolerance = 1e30};
        assert_false(sl_comparison_tensor(&c, "actual", a, b));
        c = (sl_comparison){.tolerance = 1e-6};
        assert_false(sl_comparison_tensor(&c, "expected", b, a));
        c = (sl_comparison){.tolerance = 1e-6};
        assert_false(sl_comparison_tensor(&c, "both", a, a));
        assert_non_null(strstr(c.message, "not finite"));
        c = (sl_comparison){.tolerance = 1e-6};
        assert_false(sl_comparison_number(&c, "actual", bad[i], 1.0));
        assert_false(sl_comparison_number(&c, "expected", 1.0, bad[i]));
        assert_int_equal(c.failures, 2);
        sl_tensor_free(a);
        sl_tensor_free(b);
    }
}

static void test_wrong_shape_and_dtype(void **state) {
    sl_tensor *a = ramp(), *turned, *bytes;
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_image(2, 3, 5, 4), &turned));
    assert_ok(sl_tensor_new_zeros(SL_U8, sl_shape_image(2, 3, 4, 5), &bytes));
    sl_comparison c = {.tolerance = 1e30};
    assert_false(sl_comparison_tensor(&c, "x", turned, a));
    assert_string_equal(c.message, "x: shape 2x3x5x4, expected 2x3x4x5");
    c = (sl_comparison){.tolerance = 1e30};
    assert_false(sl_comparison_tensor(&c, "x", bytes, a));
    assert_string_equal(c.message, "x: dtype u8, expected f32");
    sl_tensor_free(a);
    sl_tensor_free(turned);
    sl_tensor_free(bytes);
}

static void test_doubled_gradient(void **state) {
    sl_tensor *a = ramp(), *b = ramp();
    for (int i = 0; i < 120; i++) sl_tensor_f32(a)[i] *= 2.0f;
    sl_comparison c = {.tolerance = 0.5};
    assert_false(sl_comparison_tensor(&c, "g_x", a, b));
    assert_true(c.worst == 1.0);
    sl_tensor_free(a);
    sl_tensor_free(b);
}

static void test_zeros_are_exact(void **state) {
    sl_tensor *zeros, *tiny;
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_vector(3), &zeros));
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_vector(3), 1e-30, &tiny));
    sl_comparison c = {.tolerance = 1e-3};
    assert_true(sl_comparison_tensor(&c, "zeros", zeros, zeros));
    assert_false(sl_comparison_tensor(&c, "zeros", tiny, zeros));
    sl_tensor_free(zeros);
    sl_tensor_free(tiny);
}

static void test_nothing_compared(void **state) {
    sl_comparison c = {.tolerance = 1.0};
    assert_false(sl_comparison_ok(&c));
    assert_string_equal(c.message, "nothing was compared");
    sl_tensor *empty;
    assert_ok(sl_tensor_new(SL_F32, sl_shape_image(0, 3, 4, 5), &empty));
    c = (sl_comparison){.tolerance = 1.0};
    assert_false(sl_comparison_tensor(&c, "x", empty, empty));
    assert_non_null(strstr(c.message, "no element to compare"));
    c = (sl_comparison){.tolerance = 1.0};
    assert_false(sl_comparison_tensor(&c, "g_x", NULL, empty));
    assert_string_equal(c.message, "g_x: missing");
    sl_tensor_free(empty);
}

static void test_first_failure_is_kept(void **state) {
    sl_comparison c = {.tolerance = 1e-6};
    assert_true(sl_comparison_number(&c, "one", 1.0, 1.0));
    assert_false(sl_comparison_number(&c, "two", 2.1, 2.0));
    assert_false(sl_comparison_number(&c, "three", 3.1, 3.0));
    assert_int_equal(c.failures, 2);
    assert_int_equal(c.compared, 3);
    assert_true(strncmp(c.message, "two:", 4) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_one_element),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_wrong_shape_and_dtype),
        cmocka_unit_test(test_doubled_gradient),
        cmocka_unit_test(test_zeros_are_exact),
        cmocka_unit_test(test_nothing_compared),
        cmocka_unit_test(test_first_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
