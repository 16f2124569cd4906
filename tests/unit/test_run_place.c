// Where the parts of the Run screen stand, in every size.
#include "tests/support/cmocka.h"
#include "ui/tui/screens/run_place.h"

#include <stdio.h>

static bool inside(sl_rect part, sl_rect area) {
    return sl_rect_is_empty(part) || (part.x >= area.x && part.y >= area.y && part.x + part.width <= area.x + area.width &&
                                      part.y + part.height <= area.y + area.height);
}

static int check(const sl_run_amounts *amounts, int width, int height) {
    sl_run_layout at;
    sl_rect area = {0, 1, width, height};
    sl_run_place(area, amounts, &at);
    const struct {
        const char *name;
        sl_rect rect;
    } parts[] = {{"header", at.header},   {"alarms", at.alarms},   {"charts", at.charts}, {"classes", at.classes},
                 {"options", at.options}, {"history", at.history}, {"line", at.line}};
    enum { PARTS = sizeof parts / sizeof *parts };
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].rect.width < 0 || parts[i].rect.height < 0 || !inside(parts[i].rect, area))
            fail_msg("%s is not inside %dx%d", parts[i].name, width, height);
        for (int k = 0; k < i; k++) {
            sl_rect both = sl_rect_common(parts[i].rect, parts[k].rect);
            if (!sl_rect_is_empty(both)) fail_msg("%s and %s overlap in %dx%d", parts[i].name, parts[k].name, width, height);
        }
    }
    // What is always there.
    assert_true(at.header.height >= 2 && at.header.width == width);
    if (amounts->alarm_rows > 0) assert_true(at.alarms.height >= 1);
    if (amounts->charts > 0) assert_true(at.charts.height >= SL_RUN_CHART_HEIGHT && at.charts.width >= SL_RUN_NARROW_WIDTH);
    if (amounts->classes > 0 && amounts->evaluations > 0) assert_true(at.classes.height >= 1);
    if (at.strip) assert_true(at.classes.height >= 4 && at.classes.width >= 30);
    if (!sl_rect_is_empty(at.options)) assert_true(at.options.width >= 24 && at.options.height >= 3);
    if (!sl_rect_is_empty(at.history)) assert_true(at.history.width >= 24 && at.history.height >= 3);
    return 1;
}

static void test_all(void **state) {
    static const int charts[] = {0, 1, 2, 12, 256}, classes[] = {0, 2, 11, 150}, evaluations[] = {0, 1, 300};
    static const int options[] = {0, 3, 64}, history[] = {0, 1, 500}, alarms[] = {0, 1, 5};
    int count = 0;
    for (int width = 60; width <= 300; width += 20)
        for (int height = 14; height <= 90; height += 4)
            for (int n = 0; n < 5 * 4 * 3 * 3 * 3 * 3; n++) {
                sl_run_amounts amounts = {.charts = charts[n % 5],
                                          .classes = classes[n / 5 % 4],
                                          .evaluations = evaluations[n / 20 % 3],
                                          .options = options[n / 60 % 3],
                                          .history = history[n / 180 % 3],
                                          .alarm_rows = alarms[n / 540 % 3],
                                          .class_columns = 17 + 5 * evaluations[n / 20 % 3]};
                if (amounts.class_columns > width) amounts.class_columns = width;
                count += check(&amounts, width, height);
            }
    printf("%d layouts\n", count);
}

// What is seen at the sizes that people have.
static void test_known(void **state) {
    const sl_run_amounts usual = {
        .charts = 12, .classes = 11, .evaluations = 8, .options = 64, .history = 7, .alarm_rows = 3, .class_columns = 58};
    sl_run_layout at;
    sl_run_place((sl_rect){0, 1, 60, 14}, &usual, &at);
    assert_true(!at.strip && at.classes.height == 1 && at.options.height == 0 && at.history.height == 0);
    assert_int_equal(at.charts.height, 10);
    sl_run_place((sl_rect){0, 1, 80, 22}, &usual, &at);
    assert_true(at.strip && at.history.height > 0 && at.options.height == 0);
    assert_true(at.charts.height >= 2 * SL_RUN_CHART_HEIGHT - 1);
    sl_run_place((sl_rect){0, 1, 120, 38}, &usual, &at);
    assert_true(at.strip && at.history.height > 0 && at.options.height > 0 && at.options.y == at.classes.y);
    assert_true(at.charts.height >= 3 * SL_RUN_CHART_HEIGHT);
    sl_run_place((sl_rect){0, 1, 240, 68}, &usual, &at);
    assert_int_equal(at.classes.height, 13); // all classes, a title and the steps
    assert_true(at.options.height > 50 && at.line.height == at.options.height);
    sl_rect header, alone = sl_run_place_alone((sl_rect){0, 1, 60, 14}, &header);
    assert_true(header.height == 1 && alone.height == 13);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
