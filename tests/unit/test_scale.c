// Axes: places, round ticks and their texts, numbers in few columns; with huge, tiny, equal and impossible values.
#include "tests/support/cmocka.h"
#include "ui/tui/chart/scale.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void test_places(void **state) {
    sl_scale scale = sl_scale_new(-2, 6, false);
    assert_float_equal(sl_scale_place(&scale, -2), 0, 1e-12);
    assert_float_equal(sl_scale_place(&scale, 6), 1, 1e-12);
    assert_float_equal(sl_scale_place(&scale, 0), 0.25, 1e-12);
    assert_float_equal(sl_scale_place(&scale, 14), 2, 1e-12);
    assert_float_equal(sl_scale_value(&scale, 0.25), 0, 1e-12);
    scale = sl_scale_new(0.01, 100, true);
    assert_float_equal(sl_scale_place(&scale, 1), 0.5, 1e-12);
    assert_float_equal(sl_scale_value(&scale, 0.75), 10, 1e-9);
    assert_true(sl_scale_place(&scale, 0) < -1000);
    assert_true(sl_scale_place(&scale, -1) < -1000);
    assert_true(sl_scale_shows(1e-300, true));
    assert_false(sl_scale_shows(0, true));
    assert_false(sl_scale_shows(-1, true));
    assert_true(sl_scale_shows(-1, false));
    assert_false(sl_scale_shows(NAN, false));
    assert_false(sl_scale_shows(INFINITY, true));
}

// Equal values lie in the middle, whatever they are, and all numbers of the axis are numbers.
static void test_constant(void **state) {
    static const double values[] = {0, 1, -3, 812, 1e-300, 1e300, -1e308, DBL_MAX, DBL_MIN, 5e-324, 1e15};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (int log = 0; log < 2; log++) {
            if (!sl_scale_shows(values[i], log)) continue;
            sl_scale scale = sl_scale_new(values[i], values[i], log);
            double place = sl_scale_place(&scale, values[i]);
            if (!(scale.constant && scale.low < scale.high && isfinite(scale.high - scale.low) && fabs(place) < 1e9))
                fail_msg("%g, log %d: %g to %g, place %g", values[i], log, scale.low, scale.high, place);
            if (fabs(values[i]) < 1e299 && !(fabs(place - 0.5) < 1e-6)) fail_msg("%g, log %d: place %g", values[i], log, place);
        }
    sl_scale scale = sl_scale_new(3, 3, false);
    sl_ticks ticks;
    sl_scale_ticks(&scale, 5, SL_TICK_NUMBER, &ticks);
    assert_int_equal(ticks.count, 1);
    assert_string_equal(ticks.texts[0], "3");
    assert_float_equal(ticks.values[0], 3, 1e-12);
}

// Ends the wrong way round, and beyond what doubles hold the difference of.
static void test_ends(void **state) {
    sl_scale scale = sl_scale_new(5, 2, false);
    assert_true(scale.low < scale.high);
    scale = sl_scale_new(-DBL_MAX, DBL_MAX, false);
    assert_true(isfinite(scale.high - scale.low));
    sl_ticks ticks;
    sl_scale_ticks(&scale, 4, SL_TICK_NUMBER, &ticks);
    assert_true(ticks.count >= 2);
}

static void check_ticks(double low, double high, bool log, int about, sl_tick_kind kind, const char *expected) {
    sl_scale scale = sl_scale_new(low, high, log);
    sl_ticks ticks;
    sl_scale_ticks(&scale, about, kind, &ticks);
    char got[SL_TICKS * (SL_NUMBER_SIZE + 1)] = "";
    size_t length = 0;
    for (int i = 0; i < ticks.count; i++)
        length += (size_t)snprintf(got + length, sizeof got - length, i ? " %s" : "%s", ticks.texts[i]);
    if (strcmp(got, expected))
        fail_msg("%g to %g%s, about %d, kind %d: \"%s\", expected \"%s\"", low, high, log ? " log" : "", about, (int)kind, got,
                 expected);
}

static void test_linear_ticks(void **state) {
    check_ticks(0, 1, false, 5, SL_TICK_NUMBER, "0 0.2 0.4 0.6 0.8 1.0");
    check_ticks(0, 10, false, 5, SL_TICK_NUMBER, "0 2 4 6 8 10");
    check_ticks(-1, 1, false, 4, SL_TICK_NUMBER, "-1.0 -0.5 0 0.5 1.0");
    check_ticks(0.3, 4.2, false, 5, SL_TICK_NUMBER, "1 2 3 4");
    check_ticks(0.31, 0.34, false, 3, SL_TICK_NUMBER, "0.31 0.32 0.33 0.34");
    check_ticks(6.9e-5, 2.5e-4, false, 4, SL_TICK_NUMBER, "1e-4 1.5e-4 2e-4 2.5e-4");
    check_ticks(0, 25000, false, 5, SL_TICK_NUMBER, "0 5k 10k 15k 20k 25k");
    check_ticks(0, 1.5e6, false, 3, SL_TICK_NUMBER, "0 0.5M 1.0M 1.5M");
    check_ticks(5e6, 5.004e6, false, 4, SL_TICK_NUMBER, "5000k 5001k 5002k 5003k 5004k");
    check_ticks(0, 4e12, false, 4, SL_TICK_NUMBER, "0 1T 2T 3T 4T");
    check_ticks(0, 4e20, false, 4, SL_TICK_NUMBER, "0 1e20 2e20 3e20 4e20");
    check_ticks(0.5, 0.500004, false, 4, SL_TICK_NUMBER, "0.500000 0.500001 0.500002 0.500003 0.500004");
    check_ticks(1e-300, 4e-300, false, 4, SL_TICK_NUMBER, "1e-300 2e-300 3e-300 4e-300");
    // No round number lies between: closer ones are taken.
    check_ticks(1.1, 1.9, false, 1, SL_TICK_NUMBER, "1.2 1.4 1.6 1.8");
}

static void test_kinds(void **state) {
    check_ticks(0, 0.3, false, 3, SL_TICK_PERCENT, "0 10 20 30");
    check_ticks(0.27, 0.281, false, 4, SL_TICK_PERCENT, "27.0 27.5 28.0");
    check_ticks(1, 1200, false, 6, SL_TICK_WHOLE, "200 400 600 800 1000 1200");
    check_ticks(1, 4, false, 8, SL_TICK_WHOLE, "1 2 3 4");
    check_ticks(0, 40000, false, 5, SL_TICK_WHOLE, "0 10k 20k 30k 40k");
    check_ticks(0, 100, false, 4, SL_TICK_TIME, "0 30s 1m 1m30");
    check_ticks(0, 1250, false, 5, SL_TICK_TIME, "0 5m 10m 15m 20m");
    check_ticks(0, 7200, false, 4, SL_TICK_TIME, "0 30m 1h 1h30 2h");
    check_ticks(0, 400000, false, 5, SL_TICK_TIME, "0 1d 2d 3d 4d");
    check_ticks(0, 0.9, false, 3, SL_TICK_TIME, "0 0.5s");
}

static void test_log_ticks(void **state) {
    check_ticks(1e-3, 10, true, 5, SL_TICK_NUMBER, "0.001 0.01 0.1 1 10");
    check_ticks(0.2, 4, true, 5, SL_TICK_NUMBER, "0.2 0.5 1 2");
    check_ticks(1e-12, 1, true, 4, SL_TICK_NUMBER, "1e-12 1e-9 1e-6 0.001 1");
    check_ticks(3, 3.4, true, 5, SL_TICK_NUMBER, "3 3.4");
    check_ticks(0.05, 0.05, true, 5, SL_TICK_NUMBER, "0.02 0.05 0.1");
    check_ticks(1e-300, 1e300, true, 3, SL_TICK_NUMBER, "1e-200 1 1e200");
}

// Whatever the axis: there is a tick, ticks ascend, lie on the axis, and differ in their texts where they are few enough to.
static void test_any_ticks(void **state) {
    unsigned long long random = 88172645463325252ull;
    for (int i = 0; i < 50000; i++) {
        double ends[2];
        for (int k = 0; k < 2; k++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            ends[k] = ((double)(random % 2000001) - 1000000) * pow(10, (double)(random >> 32 & 63) - 32);
        }
        bool log = i % 2;
        if (log) ends[0] = fabs(ends[0]) + 1e-300, ends[1] = fabs(ends[1]) + 1e-300;
        sl_scale scale = sl_scale_new(fmin(ends[0], ends[1]), fmax(ends[0], ends[1]), log);
        sl_ticks ticks;
        sl_scale_ticks(&scale, (int)(random >> 40 & 15), (sl_tick_kind)(random >> 50 & 3), &ticks);
        if (ticks.count < 1 || ticks.count > SL_TICKS) fail_msg("%g to %g: %d ticks", ends[0], ends[1], ticks.count);
        for (int k = 0; k < ticks.count; k++) {
            double place = sl_scale_place(&scale, ticks.values[k]);
            if (!(place > -1e-3 && place < 1 + 1e-3) || (k && !(ticks.values[k] > ticks.values[k - 1])) || !ticks.texts[k][0])
                fail_msg("%g to %g, log %d: tick %d is %g \"%s\" at %g", ends[0], ends[1], log, k, ticks.values[k],
                         ticks.texts[k], place);
        }
    }
    printf("ticks of 50000 axes\n");
}

static void check_number(double value, int columns, const char *expected) {
    char text[SL_NUMBER_SIZE];
    if (strcmp(sl_number_text(text, value, columns), expected))
        fail_msg("%.17g in %d columns: \"%s\", expected \"%s\"", value, columns, text, expected);
}

static void test_numbers(void **state) {
    check_number(0.41234, 7, "0.4123");
    check_number(0.5, 7, "0.5000");
    check_number(812, 7, "812");
    check_number(0, 7, "0");
    check_number(12345, 7, "12345");
    check_number(123456, 7, "123.5k");
    check_number(1234567, 7, "1.235M");
    check_number(2.5e-4, 7, "2.5e-4");
    check_number(-2.5e-4, 7, "-2.5e-4");
    check_number(1e-300, 7, "1e-300");
    check_number(1e300, 7, "1e300");
    check_number(-3.14159, 7, "-3.142");
    check_number(NAN, 7, "nan");
    check_number(INFINITY, 7, "inf");
    check_number(-INFINITY, 7, "-inf");
    // Rounded up to one more digit.
    check_number(0.99996, 7, "1.000");
    check_number(9.9996, 7, "10.00");
    check_number(999.96, 7, "1000");
    check_number(99999.7, 7, "100.0k");
    check_number(999999.9, 7, "1.000M");
    check_number(0.00099996, 7, "0.00100");
    // In fewer columns fewer digits; a sign where none fits.
    check_number(0.41234, 4, "0.41");
    check_number(0.41234, 3, "0.4");
    check_number(0.41234, 2, "#");
    check_number(12345, 4, "12k");
    check_number(12345, 2, "#");
    check_number(-12345, 4, "-12k");
    check_number(1234567, 3, "1M");
    check_number(NAN, 2, "#");
    check_number(1e-300, 3, "#");
    for (int columns = 1; columns <= 12; columns++) // never longer than there is room
        for (double value = 1e-320; value < 1e307; value *= 7.3) {
            char text[SL_NUMBER_SIZE];
            assert_true((int)strlen(sl_number_text(text, -value, columns)) <= columns);
            assert_true((int)strlen(sl_number_text(text, value, columns)) <= columns);
        }
}

static void test_shares_and_times(void **state) {
    char text[SL_NUMBER_SIZE];
    assert_string_equal(sl_percent_text(text, 0.2834), "28.3");
    assert_string_equal(sl_percent_text(text, 1), "100.0");
    assert_string_equal(sl_percent_text(text, -1e-9), "0.0");
    assert_string_equal(sl_percent_text(text, NAN), "-");
    assert_string_equal(sl_percent_text(text, INFINITY), "-");
    assert_string_equal(sl_duration_text(text, 12.4), "12s");
    assert_string_equal(sl_duration_text(text, 59.7), "1:00");
    assert_string_equal(sl_duration_text(text, 125), "2:05");
    assert_string_equal(sl_duration_text(text, 4203), "1:10:03");
    assert_string_equal(sl_duration_text(text, 3 * 86400 + 4 * 3600), "3d 04h");
    assert_string_equal(sl_duration_text(text, -1), "-");
    assert_string_equal(sl_duration_text(text, NAN), "-");
    assert_string_equal(sl_duration_text(text, 1e300), "-");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),       cmocka_unit_test(test_constant), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_linear_ticks), cmocka_unit_test(test_kinds),    cmocka_unit_test(test_log_ticks),
        cmocka_unit_test(test_any_ticks),    cmocka_unit_test(test_numbers),  cmocka_unit_test(test_shares_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
