// The confusion matrix: counting by hand, the conventions of the mean, labels out of range.
#include "core/metrics/confusion.h"
#include "tests/support/cmocka.h"

#include <math.h>
#include <string.h>

static sl_tensor *row(const uint8_t *values, int64_t count) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_U8, sl_shape_map(1, 1, count), &tensor));
    memcpy(sl_tensor_u8(tensor), values, (size_t)count);
    return tensor;
}

static void add(sl_confusion *confusion, const uint8_t *truth, const uint8_t *prediction, int64_t count) {
    sl_tensor *t = row(truth, count), *p = row(prediction, count), *wide;
    assert_ok(sl_confusion_add(confusion, t, p, 255));
    sl_confusion again; // the same from i64
    assert_ok(sl_confusion_init(&again, confusion->classes));
    assert_ok(sl_tensor_new(SL_I64, sl_shape_map(1, 1, count), &wide));
    for (int64_t i = 0; i < count; i++) sl_tensor_i64(wide)[i] = truth[i];
    assert_ok(sl_confusion_add(&again, wide, p, 255));
    assert_memory_equal(again.counts, confusion->counts, sizeof *again.counts * (size_t)(again.classes * again.classes));
    sl_confusion_clear(&again);
    sl_tensor_free(t);
    sl_tensor_free(p);
    sl_tensor_free(wide);
}

static void test_counts_and_conventions(void **state) {
    // Class 0: 2 hits of 3; class 1: never hit; class 2: 1 hit of 2; class 3: absent. An ignored pixel may hold any prediction.
    sl_confusion c;
    assert_ok(sl_confusion_init(&c, 4));
    assert_true(isnan(sl_confusion_mean_iou(&c, SL_IOU_STANDARD)));
    assert_true(isnan(sl_confusion_pixel_accuracy(&c)));
    assert_true(sl_confusion_mean_iou(&c, SL_IOU_ABSENT_ZERO) == 0.0);
    add(&c, (const uint8_t[]){0, 0, 1, 2, 2, 255}, (const uint8_t[]){0, 0, 0, 2, 1, 77}, 6);
    assert_int_equal(c.counts[0 * 4 + 0], 2);
    assert_int_equal(c.counts[1 * 4 + 0], 1);
    assert_int_equal(c.counts[2 * 4 + 1], 1);
    assert_true(fabs(sl_confusion_iou(&c, 0) - 2.0 / 3.0) < 1e-15);
    assert_true(sl_confusion_iou(&c, 1) == 0.0);
    assert_true(sl_confusion_iou(&c, 2) == 0.5);
    assert_true(isnan(sl_confusion_iou(&c, 3)) && isnan(sl_confusion_iou(&c, 4)) && isnan(sl_confusion_iou(&c, -1)));
    assert_true(fabs(sl_confusion_mean_iou(&c, SL_IOU_STANDARD) - (2.0 / 3.0 + 0.5) / 3.0) < 1e-15);
    assert_true(fabs(sl_confusion_mean_iou(&c, SL_IOU_AUTHORS) - (2.0 / 3.0 + 0.5) / 2.0) < 1e-15);
    assert_true(fabs(sl_confusion_mean_iou(&c, SL_IOU_ABSENT_ZERO) - (2.0 / 3.0 + 0.5) / 4.0) < 1e-15);
    assert_true(fabs(sl_confusion_pixel_accuracy(&c) - 3.0 / 5.0) < 1e-15);
    sl_confusion_clear(&c);
    sl_confusion_clear(&c);
}

static void test_refusals(void **state) {
    sl_confusion c;
    assert_error(sl_confusion_init(&c, 0), SL_ERR_ARGUMENT, "0 classes");
    assert_ok(sl_confusion_init(&c, 2));
    sl_tensor *good = row((const uint8_t[]){0, 1}, 2), *bad = row((const uint8_t[]){0, 2}, 2),
              *longer = row((const uint8_t[]){0, 1, 1}, 3);
    sl_tensor *reals;
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_map(1, 1, 2), &reals));
    assert_error(sl_confusion_add(&c, bad, good, 255), SL_ERR_DATA, "label 2 at image 0, row 0, column 1");
    assert_error(sl_confusion_add(&c, good, bad, 255), SL_ERR_DATA, "prediction 2 at image 0, row 0, column 1");
    assert_error(sl_confusion_add(&c, good, longer, 255), SL_ERR_ARGUMENT, "the truth is 1x1x2 but the prediction 1x1x3");
    assert_error(sl_confusion_add(&c, good, reals, 255), SL_ERR_ARGUMENT, "u8 and f32");
    for (int i = 0; i < 4; i++) assert_int_equal(c.counts[i], 0); // nothing was counted on the way
    sl_tensor_free(good);
    sl_tensor_free(bad);
    sl_tensor_free(longer);
    sl_tensor_free(reals);
    sl_confusion_clear(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts_and_conventions), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
