// The histogram of confidence: against counting by hand, the edges of its bins, void pixels, what it refuses.
#include "core/metrics/reliability.h"
#include "tests/support/cmocka.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 4, BINS = 100, PIXELS = 5000 };

typedef struct maps {
    sl_tensor *label, *prediction, *confidence;
} maps;

static maps new_maps(int64_t count) {
    maps m;
    assert_ok(sl_tensor_new_zeros(SL_U8, sl_shape_map(1, 1, count), &m.label));
    assert_ok(sl_tensor_new_zeros(SL_U8, sl_shape_map(1, 1, count), &m.prediction));
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_image(1, 1, 1, count), &m.confidence));
    return m;
}

static void free_maps(maps m) {
    sl_tensor_free(m.label);
    sl_tensor_free(m.prediction);
    sl_tensor_free(m.confidence);
}

static uint32_t draw(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int64_t count_of(const sl_reliability *r, int class_index, int correct, int bin) {
    return r->counts[(class_index * 2 + correct) * r->bins + bin];
}

static void test_brute_force(void **state) {
    sl_reliability r;
    maps m = new_maps(PIXELS);
    uint32_t seed = 7;
    uint8_t *label = sl_tensor_u8(m.label), *prediction = sl_tensor_u8(m.prediction);
    float *confidence = sl_tensor_f32(m.confidence);
    for (int i = 0; i < PIXELS; i++) {
        label[i] = draw(&seed) % 5 == 0 ? 255 : (uint8_t)(draw(&seed) % CLASSES);
        prediction[i] = (uint8_t)(draw(&seed) % CLASSES);
        // Edges of bins and values between them.
        confidence[i] = draw(&seed) % 2 ? (float)(draw(&seed) % 101) / 100.0f : (float)draw(&seed) / (float)(1 << 24);
    }
    assert_ok(sl_reliability_init(&r, CLASSES, BINS));
    assert_ok(sl_reliability_add(&r, m.label, m.prediction, m.confidence, 255));
    int64_t sum = 0;
    for (int k = 0; k < CLASSES; k++)
        for (int correct = 0; correct < 2; correct++)
            for (int b = 0; b < BINS; b++) {
                int64_t expected = 0;
                float low = (float)(b / 100.0), high = b == BINS - 1 ? 2.0f : (float)((b + 1) / 100.0);
                for (int i = 0; i < PIXELS; i++)
                    expected += label[i] != 255 && prediction[i] == k && (label[i] == k) == correct && confidence[i] >= low &&
                                confidence[i] < high;
                assert_int_equal(count_of(&r, k, correct, b), expected);
                sum += expected;
            }
    assert_true(sum > PIXELS / 2 && sum < PIXELS);
    // What a threshold keeps is what the method's own test keeps, on every edge of a bin.
    for (int place = 0; place <= BINS; place++) {
        int64_t kept = 0, expected = 0;
        for (int k = 0; k < CLASSES * 2; k++)
            for (int b = place; b < BINS; b++) kept += r.counts[k * BINS + b];
        for (int i = 0; i < PIXELS; i++) expected += label[i] != 255 && place < BINS && !(confidence[i] < (float)(place / 100.0));
        assert_int_equal(kept, expected);
    }
    // Adding again doubles; label maps of i64 count alike.
    sl_tensor *wide;
    sl_reliability twice;
    assert_ok(sl_tensor_new(SL_I64, sl_shape_map(1, 1, PIXELS), &wide));
    for (int i = 0; i < PIXELS; i++) sl_tensor_i64(wide)[i] = label[i];
    assert_ok(sl_reliability_init(&twice, CLASSES, BINS));
    for (int i = 0; i < 2; i++) assert_ok(sl_reliability_add(&twice, wide, m.prediction, m.confidence, 255));
    for (size_t i = 0; i < sl_reliability_count(&r); i++) assert_int_equal(twice.counts[i], 2 * r.counts[i]);
    sl_tensor_free(wide);
    free_maps(m);
    sl_reliability_clear(&r);
    sl_reliability_clear(&twice);
    sl_reliability_clear(&twice);
}

static void test_edges(void **state) {
    sl_reliability r;
    const float values[] = {0.0f, -0.0f, 1.0f, 0.29f, 0.57f, nextafterf(0.29f, 0.0f), nextafterf(1.0f, 0.0f)};
    const int bins[] = {0, 0, 99, 29, 57, 28, 99};
    enum { COUNT = sizeof values / sizeof *values };
    maps m = new_maps(COUNT);
    memcpy(sl_tensor_f32(m.confidence), values, sizeof values);
    assert_ok(sl_reliability_init(&r, 1, BINS));
    assert_ok(sl_reliability_add(&r, m.label, m.prediction, m.confidence, 255));
    int64_t expected[BINS] = {0};
    for (int i = 0; i < COUNT; i++) expected[bins[i]]++;
    for (int b = 0; b < BINS; b++) assert_int_equal(count_of(&r, 0, 1, b), expected[b]);
    sl_reliability_clear(&r);
    free_maps(m);
}

static void test_empty_and_void(void **state) {
    sl_reliability r;
    maps m = new_maps(3), none = new_maps(0);
    memset(sl_tensor_u8(m.label), 255, 3); // nothing else is looked at then
    memset(sl_tensor_u8(m.prediction), 200, 3);
    sl_tensor_f32(m.confidence)[1] = NAN;
    assert_ok(sl_reliability_init(&r, 2, 3));
    assert_ok(sl_reliability_add(&r, m.label, m.prediction, m.confidence, 255));
    assert_ok(sl_reliability_add(&r, none.label, none.prediction, none.confidence, 255));
    for (size_t i = 0; i < sl_reliability_count(&r); i++) assert_int_equal(r.counts[i], 0);
    assert_int_equal(sl_reliability_count(&r), 12);
    sl_reliability_clear(&r);
    free_maps(m);
    free_maps(none);
}

static void test_refusals(void **state) {
    sl_reliability r;
    assert_error(sl_reliability_init(&r, 0, 100), SL_ERR_ARGUMENT, "0 classes");
    assert_error(sl_reliability_init(&r, 2, 0), SL_ERR_ARGUMENT, "0 bins");
    assert_ok(sl_reliability_init(&r, 2, 100));
    maps m = new_maps(2), longer = new_maps(3);
    float *confidence = sl_tensor_f32(m.confidence);
    const float bad[] = {NAN, -0.001f, 1.001f, INFINITY};
    for (int i = 0; i < 4; i++) {
        confidence[1] = bad[i];
        assert_error(sl_reliability_add(&r, m.label, m.prediction, m.confidence, 255), SL_ERR_DATA,
                     "at image 0, row 0, column 1 is not in 0 to 1");
    }
    confidence[1] = 0.5f;
    sl_tensor_u8(m.prediction)[1] = 2;
    assert_error(sl_reliability_add(&r, m.label, m.prediction, m.confidence, 255), SL_ERR_DATA, "label 0 and prediction 2");
    sl_tensor_u8(m.prediction)[1] = 0;
    sl_tensor_u8(m.label)[1] = 9;
    assert_error(sl_reliability_add(&r, m.label, m.prediction, m.confidence, 255), SL_ERR_DATA, "label 9 and prediction 0");
    assert_error(sl_reliability_add(&r, m.label, m.prediction, longer.confidence, 255), SL_ERR_ARGUMENT, "confidence 1x1x1x3");
    assert_error(sl_reliability_add(&r, m.label, m.prediction, m.prediction, 255), SL_ERR_ARGUMENT, "f32, not u8");
    assert_error(sl_reliability_add(&r, m.confidence, m.prediction, m.confidence, 255), SL_ERR_ARGUMENT, "f32 and u8");
    for (size_t i = 0; i < sl_reliability_count(&r); i++) assert_int_equal(r.counts[i], 0); // nothing was counted on the way
    sl_reliability_clear(&r);
    free_maps(m);
    free_maps(longer);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_brute_force), cmocka_unit_test(test_edges),
                                       cmocka_unit_test(test_empty_and_void), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
