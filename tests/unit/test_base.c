// Status messages, text, nearest names, the memory hook, random numbers.
#include "tests/support/cmocka.h"

#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_status_message(void **state) {
    assert_int_equal(sl_error(SL_ERR_DATA, "pixel %d of %s", 7, "a.png"), SL_ERR_DATA);
    assert_string_equal(sl_error_message(), "pixel 7 of a.png");
    assert_int_equal(sl_error_prefix(SL_ERR_DATA, "batch %d", 3), SL_ERR_DATA);
    assert_string_equal(sl_error_message(), "batch 3: pixel 7 of a.png");
    sl_error(SL_ERR_DATA, "again: %s", sl_error_message()); // the message may be its own argument
    assert_string_equal(sl_error_message(), "again: batch 3: pixel 7 of a.png");
    char endless[5000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    sl_error(SL_ERR_DATA, "%s", endless);
    sl_error_prefix(SL_ERR_DATA, "%s", endless);
    assert_true(strlen(sl_error_message()) < 2000);
}

static void test_text(void **state) {
    sl_text text = {0};
    for (int i = 0; i < 500; i++) assert_ok(sl_text_append(&text, "%d,", i));
    assert_int_equal(text.length, strlen(text.data));
    assert_memory_equal(text.data, "0,1,2,3,", 8);
    sl_text_free(&text);
    assert_null(text.data);
    assert_error(sl_text_read_file("/nowhere/at/all", &text), SL_ERR_IO, "/nowhere/at/all");
}

static void test_nearest(void **state) {
    static const char *const names[] = {"lambda_adv", "lambda_semi", "threshold", "semi_start"};
    assert_string_equal(sl_text_nearest("lamda_semi", names, 4), "lambda_semi");
    assert_string_equal(sl_text_nearest("treshold", names, 4), "threshold");
    assert_string_equal(sl_text_nearest("semi_satrt", names, 4), "semi_start");
    assert_null(sl_text_nearest("color", names, 4));
    assert_null(sl_text_nearest("x", names, 0));
}

static bool refuse_large(void *user, size_t size) {
    ++*(int *)user;
    return size < 1000;
}

static void test_memory_hook(void **state) {
    int calls = 0;
    sl_memory_hook_set(refuse_large, &calls);
    void *small = sl_malloc(10), *large = sl_malloc(1000), *zeros = sl_calloc(10, 100), *aligned = sl_aligned_malloc(5000);
    sl_memory_hook_set(NULL, NULL);
    assert_non_null(small);
    assert_null(large);
    assert_null(zeros);
    assert_null(aligned);
    assert_int_equal(calls, 4);
    sl_free(small);
    assert_null(sl_calloc(SIZE_MAX / 2, 4)); // overflow
    aligned = sl_aligned_malloc(100);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    sl_aligned_free(aligned, 100);
}

// Known answers of Philox4x32-10 (the authors' test vectors).
static void test_philox(void **state) {
    static const uint32_t cases[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        sl_philox(cases[i], cases[i] + 4, out);
        assert_memory_equal(out, cases[i] + 6, sizeof out);
    }
}

static void test_random_distributions(void **state) {
    enum { COUNT = 100000 };
    sl_random random = sl_random_at(1, SL_STREAM_USER, 5);
    double sum = 0, squares = 0, normal = 0, normal_squares = 0;
    int below[7] = {0};
    for (int i = 0; i < COUNT; i++) {
        double u = sl_random_uniform(&random), z = sl_random_normal(&random);
        assert_true(u >= 0 && u < 1);
        sum += u, squares += u * u, normal += z, normal_squares += z * z;
        below[sl_random_below(&random, 7)]++;
    }
    assert_true(fabs(sum / COUNT - 0.5) < 0.005);
    assert_true(fabs(squares / COUNT - 1.0 / 3) < 0.005);
    assert_true(fabs(normal / COUNT) < 0.02);
    assert_true(fabs(normal_squares / COUNT - 1) < 0.02);
    for (int i = 0; i < 7; i++) assert_true(abs(below[i] - COUNT / 7) < 600);
}

static void test_random_addresses(void **state) {
    sl_random a = sl_random_at(1, 2, 3), b = sl_random_at(1, 2, 3), c = sl_random_at(1, 2, 4), d = sl_random_at(2, 2, 3),
              e = sl_random_at(1, 3, 3);
    uint32_t first = sl_random_u32(&a);
    assert_int_equal(first, sl_random_u32(&b));
    assert_int_not_equal(first, sl_random_u32(&c));
    assert_int_not_equal(first, sl_random_u32(&d));
    assert_int_not_equal(first, sl_random_u32(&e));

    uint32_t order[100];
    bool seen[100] = {false};
    sl_random_permutation(&a, order, 100);
    int fixed = 0;
    for (uint32_t i = 0; i < 100; i++) {
        assert_true(order[i] < 100 && !seen[order[i]]);
        seen[order[i]] = true;
        fixed += order[i] == i;
    }
    assert_true(fixed < 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_message),   cmocka_unit_test(test_text),   cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_memory_hook),      cmocka_unit_test(test_philox), cmocka_unit_test(test_random_distributions),
        cmocka_unit_test(test_random_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
