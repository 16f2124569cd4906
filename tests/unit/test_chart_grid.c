// What keys and the mouse do with charts side by side: choosing, cursor, zoom, logarithms, one alone.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/screens/chart_grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHARTS = 6, POINTS = 100 };

static sl_series_column columns[POINTS];
static const sl_series series = {.name = "seg", .columns = columns, .count = POINTS};
static const sl_chart_line line = {.series = &series};
static const char *const keys[CHARTS] = {"miou", "seg", "semi", "kept", "D", "adv"};
static sl_grid_chart charts[CHARTS];
static sl_chart_grid grid;
static sl_app app;
static sl_frame frame;
static double high = 1000;

static void draw_some(int count, const char *const *names) {
    for (int i = 0; i < count; i++)
        charts[i] = (sl_grid_chart){.key = names[i], .chart = {.title = names[i], .lines = &line, .count = 1}};
    assert_ok(sl_frame_resize(&frame, 100, 30));
    sl_chart_grid_draw(&grid, &frame, (sl_rect){0, 0, 100, 30}, charts, count, 10, high);
}

static void draw(void) {
    draw_some(CHARTS, keys);
}

static void act(sl_action action) {
    assert_true(sl_chart_grid_act(&grid, &app, action));
    draw();
}

static void mouse(sl_key key, int x, int y) {
    sl_chart_grid_input(&grid, &app, &(sl_input){.key = key, .x = x, .y = y});
    draw();
}

static int begin(void **state) {
    for (int i = 0; i < POINTS; i++) {
        double value = 1 + sin(i / 10.0);
        columns[i] = (sl_series_column){10 * (i + 1), value, value, value};
    }
    grid = (sl_chart_grid){0};
    high = 1000;
    frame.utf8 = true;
    assert_ok(sl_app_open(&app, NULL));
    draw();
    return 0;
}

static int end(void **state) {
    sl_app_close(&app);
    sl_frame_free(&frame);
    return 0;
}

static const char *selected(void) {
    return sl_chart_grid_selected(&grid, charts)->key;
}

static void test_choosing(void **state) {
    assert_string_equal(selected(), "miou");
    int across = grid.grid.columns;
    assert_true(across == 2 || across == 3);
    act(SL_ACTION_NEXT);
    assert_string_equal(selected(), "seg");
    act(SL_ACTION_PREVIOUS);
    act(SL_ACTION_PREVIOUS); // round
    assert_string_equal(selected(), "adv");
    act(SL_ACTION_DOWN);
    assert_string_equal(selected(), "adv");
    act(SL_ACTION_UP);
    assert_string_equal(selected(), keys[CHARTS - 1 - across]);
    // It is the same chart while others come and go; where it is gone itself, one at its place.
    static const char *const fewer[] = {"seg", "D", "adv"};
    act(SL_ACTION_NEXT);
    sl_chart_grid_choose(&grid, 4);
    draw_some(3, fewer);
    assert_string_equal(selected(), "D");
    draw();
    assert_string_equal(selected(), "D");
    sl_chart_grid_choose(&grid, 0);
    draw_some(3, fewer);
    assert_string_equal(selected(), "seg");
    draw_some(0, NULL);
    assert_null(sl_chart_grid_selected(&grid, charts));
    static const sl_action all[] = {SL_ACTION_NEXT,     SL_ACTION_PREVIOUS, SL_ACTION_UP,        SL_ACTION_DOWN,
                                    SL_ACTION_LEFT,     SL_ACTION_RIGHT,    SL_ACTION_FIRST,     SL_ACTION_LAST,
                                    SL_ACTION_ENTER,    SL_ACTION_LOG,      SL_ACTION_PAGE_DOWN, SL_ACTION_ZOOM_IN,
                                    SL_ACTION_ZOOM_OUT, SL_ACTION_ZOOM_ALL, SL_ACTION_PAGE_UP};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        sl_chart_grid_act(&grid, &app, all[i]); // without any chart
        draw_some(0, NULL);
    }
}

static void test_alone(void **state) {
    act(SL_ACTION_NEXT);
    act(SL_ACTION_ENTER);
    assert_int_equal(grid.seen_count, 1);
    assert_true(sl_test_shows(&frame, "seg"));
    assert_false(sl_test_shows(&frame, "miou"));
    act(SL_ACTION_NEXT);
    assert_true(sl_test_shows(&frame, "semi"));
    act(SL_ACTION_BACK);
    assert_true(sl_test_shows(&frame, "miou"));
    assert_false(sl_chart_grid_act(&grid, &app, SL_ACTION_BACK)); // the screen's
}

static void test_cursor(void **state) {
    assert_false(grid.has_cursor);
    act(SL_ACTION_LEFT);
    assert_true(grid.has_cursor && grid.cursor == 1000);
    double before = grid.cursor;
    act(SL_ACTION_LEFT);
    assert_true(grid.cursor < before && grid.cursor > 900);
    act(SL_ACTION_RIGHT);
    assert_true(fabs(grid.cursor - 1000) < 1e-6);
    act(SL_ACTION_RIGHT);
    assert_false(grid.has_cursor);
    act(SL_ACTION_FIRST);
    assert_true(grid.has_cursor && fabs(grid.cursor - 10) < 1e-6);
    act(SL_ACTION_LEFT);
    assert_true(grid.has_cursor && fabs(grid.cursor - 10) < 1e-6);
    for (int i = 0; i < 400 && grid.has_cursor; i++) act(SL_ACTION_RIGHT); // all the way
    assert_false(grid.has_cursor);
    act(SL_ACTION_LAST);
    assert_true(fabs(grid.cursor - 1000) < 1e-6);
}

static void test_zoom(void **state) {
    double from, to;
    char words[100];
    assert_false(sl_chart_grid_range(&grid, &from, &to));
    act(SL_ACTION_ZOOM_IN); // at the end
    assert_true(fabs(grid.to - 1000) < 1e-6 && fabs(grid.from - 505) < 1);
    assert_true(sl_chart_grid_range(&grid, &from, &to));
    assert_true(from <= grid.from && to >= grid.to);
    sl_chart_grid_words(&grid, words, sizeof words);
    assert_non_null(strstr(words, "505 to 1000"));
    // The end goes on, and is followed; what is read changes seldom.
    int changes = 0;
    double was = from;
    for (high = 1000; high < 1100; high += 2) {
        draw();
        assert_true(fabs(grid.to - high) < 1e-6 && fabs(grid.to - grid.from - 495) < 1);
        assert_true(sl_chart_grid_range(&grid, &from, &to));
        assert_true(from <= grid.from && to >= grid.to);
        changes += from != was;
        was = from;
    }
    assert_true(changes <= 2);
    high = 1000;
    draw();
    // Around the cursor, which stays where it is.
    act(SL_ACTION_ZOOM_ALL);
    assert_false(sl_chart_grid_range(&grid, &from, &to));
    sl_chart_grid_act(&grid, &app, SL_ACTION_FIRST);
    draw();
    for (int i = 0; i < 10; i++) act(SL_ACTION_RIGHT);
    double cursor = grid.cursor, share = (cursor - grid.from) / (grid.to - grid.from);
    act(SL_ACTION_ZOOM_IN);
    act(SL_ACTION_ZOOM_IN);
    assert_true(grid.cursor == cursor);
    assert_true(fabs((cursor - grid.from) / (grid.to - grid.from) - share) < 0.01);
    // And on over the edge of what is seen.
    double edge = grid.to;
    for (int i = 0; i < 400 && grid.has_cursor && grid.cursor <= edge; i++) act(SL_ACTION_RIGHT);
    assert_true(grid.has_cursor && grid.cursor > edge && grid.cursor <= grid.to);
    for (int i = 0; i < 8; i++) act(SL_ACTION_ZOOM_OUT);
    assert_false(sl_chart_grid_range(&grid, &from, &to));
    for (int i = 0; i < 60; i++) act(SL_ACTION_ZOOM_IN); // there is an end to it
    assert_true(grid.to - grid.from >= 3.9);
    int most = sl_chart_grid_columns(&grid);
    assert_in_range(most, 1, SL_COLUMNS_MOST);
}

static void test_looks(void **state) {
    bool before = charts[0].chart.log;
    act(SL_ACTION_LOG);
    assert_true(charts[0].chart.log != before);
    assert_false(charts[1].chart.log);
    act(SL_ACTION_LOG);
    assert_true(charts[0].chart.log == before);
    for (int i = 0; i < 20; i++) act(SL_ACTION_SMOOTHER);
    assert_true(sl_chart_grid_smooth(&grid) > 0.9 && sl_chart_grid_smooth(&grid) < 1);
    for (int i = 0; i < 20; i++) act(SL_ACTION_ROUGHER);
    assert_true(sl_chart_grid_smooth(&grid) == 0);
    act(SL_ACTION_SMOOTHER);
    act(SL_ACTION_X_AXIS);
    sl_chart_grid again = {0};
    sl_chart_grid_open(&again, &app.config);
    assert_true(again.by_time && again.smoothness == grid.smoothness);
}

static void test_mouse(void **state) {
    const struct sl_grid_seen seen = grid.seen[3];
    mouse(SL_KEY_MOUSE_PRESS, seen.plot.x, seen.plot.y + 1);
    assert_string_equal(selected(), "kept");
    assert_true(grid.has_cursor && fabs(grid.cursor - 10) < 15);
    mouse(SL_KEY_MOUSE_DRAG, seen.plot.x + seen.plot.width - 1, seen.plot.y + 1);
    assert_true(fabs(grid.cursor - 1000) < 15);
    app.now += 5;
    mouse(SL_KEY_MOUSE_PRESS, seen.cell.x, seen.cell.y);
    mouse(SL_KEY_MOUSE_PRESS, seen.cell.x, seen.cell.y); // twice
    assert_true(grid.large);
    app.now += 5;
    mouse(SL_KEY_MOUSE_PRESS, 3, 3);
    mouse(SL_KEY_MOUSE_PRESS, 3, 3);
    assert_false(grid.large);
    mouse(SL_KEY_MOUSE_RIGHT, seen.plot.x, seen.plot.y);
    assert_false(grid.has_cursor);
    int middle = seen.plot.x + seen.plot.width / 2;
    mouse(SL_KEY_WHEEL_UP, middle, seen.plot.y);
    assert_true(grid.span > 0 && grid.from > 10 && grid.to < 1000);
    mouse(SL_KEY_WHEEL_DOWN, middle, seen.plot.y);
    assert_true(grid.span == 0);
    assert_false(sl_chart_grid_input(&grid, &app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = -3, .y = 500}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_choosing, begin, end), cmocka_unit_test_setup_teardown(test_alone, begin, end),
        cmocka_unit_test_setup_teardown(test_cursor, begin, end),   cmocka_unit_test_setup_teardown(test_zoom, begin, end),
        cmocka_unit_test_setup_teardown(test_looks, begin, end),    cmocka_unit_test_setup_teardown(test_mouse, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
