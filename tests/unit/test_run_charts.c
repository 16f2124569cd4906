// Which charts are made of which series, and in which order; steps and seconds.
#include "tests/support/cmocka.h"
#include "ui/tui/screens/run_charts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 300 };
static sl_series series[MOST];
static sl_series_column columns[] = {{1, 1, 1, 1}, {5, 0.5, 2, 1.5}};
static sl_run_detail detail;
static sl_run_chart charts[SL_RUN_CHARTS];
static size_t count;

static void with(const char *const *names) {
    detail = (sl_run_detail){.series = series};
    for (; names[detail.series_count]; detail.series_count++)
        series[detail.series_count] = (sl_series){.name = names[detail.series_count], .columns = columns, .count = 2};
    count = sl_run_charts_make(&detail, charts, SL_RUN_CHARTS);
}

// "miou+miou_authors" where a chart has these two.
static void assert_chart(size_t index, const char *expected) {
    char got[500] = "";
    if (index >= count) fail_msg("there are %zu charts, no chart %zu (%s)", count, index, expected);
    for (size_t i = 0; i < charts[index].count; i++) {
        if (i) strcat(got, "+");
        strcat(got, charts[index].lines[i].series->name);
    }
    if (strcmp(got, expected) != 0) fail_msg("chart %zu is %s, expected %s", index, got, expected);
    assert_string_equal(charts[index].name, charts[index].lines[0].series->name);
}

static void test_order(void **state) {
    static const char *const names[] = {"zeta",
                                        "lr",
                                        "option.method.threshold",
                                        "adv",
                                        "D_truth",
                                        "lr_discriminator",
                                        "seg_ema",
                                        "D",
                                        "kept",
                                        "semi",
                                        "D_labeled",
                                        "seg",
                                        "pixel_accuracy",
                                        "miou_authors",
                                        "semi_adv",
                                        "miou",
                                        "D_unlabeled",
                                        "alpha_ema",
                                        "miou_train",
                                        "confidence_b",
                                        "confidence_a",
                                        "alpha",
                                        "alone_ema",
                                        NULL};
    static const char *const expected[] = {"miou+miou_authors",
                                           "seg+seg_ema",
                                           "semi",
                                           "kept",
                                           "D",
                                           "D_labeled+D_unlabeled+D_truth",
                                           "confidence_b+confidence_a",
                                           "adv+semi_adv",
                                           "pixel_accuracy",
                                           "zeta",
                                           "miou_train",
                                           "alpha+alpha_ema",
                                           "alone_ema",
                                           "lr+lr_discriminator",
                                           "option.method.threshold"};
    with(names);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) assert_chart(i, expected[i]);
    assert_int_equal(count, sizeof expected / sizeof *expected);
    assert_string_equal(charts[0].title, "mIoU %");
    assert_true(charts[0].percent && charts[0].best == SL_BEST_HIGH && charts[0].kind == SL_RUN_EVALUATION);
    assert_true(charts[1].log && charts[1].kind == SL_RUN_METRIC && charts[1].lines[0].behind && !charts[1].lines[1].behind);
    assert_true(charts[3].percent && charts[3].y_high == 1);
    assert_true(charts[10].percent);
    assert_string_equal(charts[6].lines[0].label, "b");
    assert_string_equal(charts[13].lines[1].label, "discriminator");
    assert_string_equal(charts[14].title, "method.threshold");
    assert_true(charts[14].kind == SL_RUN_SCHEDULE && charts[14].lines[0].steps && !charts[13].lines[0].steps);
}

static void test_few(void **state) {
    with((const char *const[]){NULL});
    assert_int_equal(count, 0);
    with((const char *const[]){"miou_authors", "semi_adv", "seg_ema", "", "_ema", "option.", "lr_", NULL});
    assert_chart(0, "miou_authors");
    assert_chart(1, "semi_adv");
    assert_chart(2, "+_ema"); // a series without a name, and its mean
    assert_chart(3, "seg_ema");
    assert_chart(4, "lr_");
    assert_chart(5, "option.");
    assert_int_equal(count, 6);
}

// A script may log anything, any number of times.
static void test_many(void **state) {
    static char texts[MOST][24];
    detail = (sl_run_detail){.series = series, .series_count = MOST};
    for (int i = 0; i < MOST; i++) {
        snprintf(texts[i], sizeof texts[i], "m%03d", i);
        series[i] = (sl_series){.name = texts[i], .columns = columns, .count = 2};
    }
    assert_int_equal(sl_run_charts_make(&detail, charts, SL_RUN_CHARTS), SL_RUN_CHARTS);
    assert_int_equal(sl_run_charts_make(&detail, charts, 5), 5);
    for (int i = 0; i < MOST; i++) snprintf(texts[i], sizeof texts[i], "confidence_%03d", i);
    count = sl_run_charts_make(&detail, charts, SL_RUN_CHARTS);
    assert_int_equal(charts[0].count, SL_RUN_LINES);
    assert_int_equal(count, 1 + SL_RUN_CHARTS - SL_RUN_LINES); // what has no room there has charts of its own
}

// A learning rate shows its option already, unless that is another.
static void test_rates(void **state) {
    static const sl_series_column plan[] = {{0, 1, 1, 1}, {9, 2, 2, 2}}, other[] = {{0, 1, 1, 1}, {9, 3, 3, 3}};
    static sl_series_column small[] = {{1, 1e-3, 1e-3, 1e-3}};
    with((const char *const[]){"lr", "option.optimizer.lr", "option.method.threshold", NULL});
    assert_int_equal(count, 3); // nothing was declared: all are shown
    for (int i = 0; i < 3; i++) {
        series[i].declared = plan;
        series[i].declared_count = 2;
    }
    count = sl_run_charts_make(&detail, charts, SL_RUN_CHARTS);
    assert_int_equal(count, 1); // the threshold would be the same curve, too
    series[2].declared = other;
    count = sl_run_charts_make(&detail, charts, SL_RUN_CHARTS);
    assert_int_equal(count, 2);
    assert_chart(1, "option.method.threshold");
    with((const char *const[]){"lr", "lr_discriminator", NULL});
    assert_false(charts[0].log);
    series[1].columns = small;
    series[1].count = 1;
    count = sl_run_charts_make(&detail, charts, SL_RUN_CHARTS);
    assert_true(charts[0].log); // a thousandth of the other: only logarithms show both
}

static void near(double actual, double expected) {
    if (!(fabs(actual - expected) <= 1e-9)) fail_msg("%.17g, expected %.17g", actual, expected);
}

static void test_clock(void **state) {
    static const double steps[] = {10, 20, 30, 50}, times[] = {100, 110, 110, 150};
    double low, high;
    with((const char *const[]){"seg", "miou", NULL});
    series[1].count = 0;
    assert_true(sl_run_charts_span(&detail, &low, &high));
    near(low, 1);
    near(high, 5);
    series[0].count = 0;
    assert_false(sl_run_charts_span(&detail, &low, &high));
    near(sl_run_x_of_step(&detail, false, 7), 7);
    near(sl_run_step_of_x(&detail, false, 7), 7);
    near(sl_run_x_of_step(&detail, true, 7), 7); // no clock: nothing else to go by
    detail.clock_steps = steps;
    detail.clock_times = times;
    detail.clock_count = 4;
    near(sl_run_x_of_step(&detail, true, 10), 100);
    near(sl_run_x_of_step(&detail, true, 15), 105);
    near(sl_run_x_of_step(&detail, true, 25), 110);
    near(sl_run_x_of_step(&detail, true, 50), 150);
    near(sl_run_x_of_step(&detail, true, 58), 160); // at the pace of the whole
    near(sl_run_x_of_step(&detail, true, 2), 90);
    near(sl_run_step_of_x(&detail, true, 130), 40);
    near(sl_run_step_of_x(&detail, true, 160), 58);
    near(sl_run_step_of_x(&detail, true, 105), 15);
    detail.clock_count = 1;
    near(sl_run_x_of_step(&detail, true, 99), 100);
    assert_true(isnan(sl_run_x_of_step(&detail, true, NAN)) || sl_run_x_of_step(&detail, true, NAN) == 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order), cmocka_unit_test(test_few),   cmocka_unit_test(test_many),
        cmocka_unit_test(test_rates), cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
