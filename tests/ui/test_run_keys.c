// What the keys and the mouse do on the Run screen, as the frames show it; and any of them in any order.
#include "tests/ui/run_screen.h"

#include <math.h>

// ---- keys -------------------------------------------------------------------------------------------------------------------

static void test_request(void **state) {
    begin(120, 40);
    sl_request request = asked();
    assert_int_equal(request.run_count, 1);
    assert_int_equal(request.runs[0], 12);
    assert_int_equal(request.axis, SL_AXIS_STEP);
    assert_true(request.from == 0 && request.to == 0);
    assert_in_range(request.columns, 60, 256);
    press(SL_KEY_ENTER); // more room, more columns
    assert_true(asked().columns > request.columns);
    press(SL_KEY_ESCAPE);
    // Closer, at the end; around the cursor; all again.
    type("+");
    request = asked();
    assert_true(request.from > 100 && request.from < 500 && request.to >= 812);
    shows("406 to 812");
    type("+");
    shows("609 to 812");
    type("-");
    shows("406 to 812");
    type("0");
    assert_true(asked().from == 0 && asked().to == 0);
    press(SL_KEY_HOME);
    type("++");
    request = asked();
    assert_true(request.from <= 1 && request.to < 500 && request.to > 200);
    shows("1 to 204");
    type("0");
    // Over time: with the clock of the run, back to steps.
    type("z");
    assert_int_equal(asked().axis, SL_AXIS_TIME);
    variant();
    detail.by_time = true;
    static sl_series series[32];
    static sl_series_column columns[32][256];
    for (size_t i = 0; i < detail.series_count; i++) {
        series[i] = detail.series[i];
        for (size_t k = 0; k < series[i].count; k++) {
            columns[i][k] = series[i].columns[k];
            columns[i][k].x = 10 + columns[i][k].x / 3.1;
        }
        series[i].columns = columns[i];
        series[i].declared = NULL;
        series[i].declared_count = 0;
    }
    detail.series = series;
    app.snapshot = &changed;
    draw();
    shows("over time");
    shows("2m"); // two minutes on the axis
    type("+");
    request = asked();
    assert_int_equal(request.axis, SL_AXIS_TIME);
    assert_true(request.from > 100 && request.from < 500 && request.to >= 812); // steps all the same
    type("z");
    assert_int_equal(asked().axis, SL_AXIS_STEP);
    // Keys that come before the other axis is there do nothing that would be of the one before.
    app.snapshot = sl_test_run_snapshot();
    draw();
    for (const char *key = "zz+++><"; *key; key++)
        sl_app_input(&app, &(sl_input){.key = SL_KEY_CHARACTER, .character = (uint32_t)*key});
    draw();
    assert_true(asked().from == 0 && asked().to == 0);
    shows("standard 36.8");
    // The best is the run's: of a part of the curve none is marked.
    shows("best 78.4");
    type("+");
    shows_not("best 78.4");
    end();
}

static void test_cursor(void **state) {
    begin(120, 40);
    shows("best 38.4 @700");
    // From evaluation to evaluation in the chart of mean IoU, and all charts and classes are read there.
    press(SL_KEY_LEFT);
    shows("standard 36.8");
    press(SL_KEY_LEFT);
    shows("standard 38.4");
    shows("as the authors 40.7");
    press(SL_KEY_LEFT);
    press(SL_KEY_LEFT);
    shows("standard 36.3");
    static char before[4096];
    snprintf(before, sizeof before, "%s", sl_test_row(&frame, 10));
    // Column by column in others.
    press(SL_KEY_TAB);
    press(SL_KEY_LEFT);
    shows("standard 36.3");
    for (int i = 0; i < 9; i++) press(SL_KEY_LEFT);
    shows("standard 25.0");
    press(SL_KEY_END);
    shows("standard 36.8");
    press(SL_KEY_RIGHT);
    press(SL_KEY_HOME);
    shows("standard 15.6");
    for (int i = 0; i < 120; i++) press(SL_KEY_RIGHT); // beyond the end it is gone, and begins anew
    // Classes: the cursor from evaluation to evaluation there too.
    press(SL_KEY_END);
    press(SL_KEY_RIGHT);
    for (int i = 0; i < 14; i++) press(SL_KEY_TAB);
    for (int i = 0; i < 20 && !is_selected("IoU of classes"); i++) press(SL_KEY_TAB);
    selected("IoU of classes");
    shows("worst bicyclist 0.9");
    press(SL_KEY_LEFT);
    press(SL_KEY_LEFT);
    shows("worst bicyclist 1.0");
    for (int i = 0; i < 20 && !is_selected("mIoU %"); i++) press(SL_KEY_TAB);
    shows("standard 38.4");
    shows("700");
    for (int i = 0; i < 20 && !is_selected("IoU of classes"); i++) press(SL_KEY_BACKTAB);
    press(SL_KEY_RIGHT);
    press(SL_KEY_RIGHT);
    shows("worst bicyclist 0.9");
    end();
}

static void test_view(void **state) {
    begin(120, 40);
    press(SL_KEY_TAB);
    selected("segmentation loss");
    shows("segmentation loss log");
    type("y");
    shows_not("segmentation loss log");
    assert_non_null(sl_config_get(&app.config, "charts.log"));
    type("ww");
    shows("smoothed over");
    assert_int_equal(sl_config_number(&app.config, "charts.smooth", 0, 9, 0), 2);
    app.now += 10;
    draw();
    shows("smooth 0.8");
    sl_config kept = app.config;
    end();
    // Remembered.
    assert_ok(sl_app_open(&app, &kept));
    app.snapshot = sl_test_run_snapshot();
    app.now = SL_TEST_TIME;
    app.selected = 12;
    sl_app_push(&app, SL_ON_RUN);
    assert_ok(sl_frame_resize(&frame, 120, 40));
    draw();
    shows_not("segmentation loss log");
    shows("smooth 0.8");
    type("WW");
    shows_not("smooth 0.8");
    press(SL_KEY_TAB);
    type("y");
    shows("segmentation loss log");
    assert_int_equal(sl_config_number(&app.config, "charts.smooth", 0, 9, 5), 0);
    end();
}

static void test_parts(void **state) {
    begin(80, 24);
    press(SL_KEY_BACKTAB);
    selected("history");
    press(SL_KEY_BACKTAB); // there is no room for options here: they are seen alone
    selected("options");
    shows("data.labeled");
    shows_not("mIoU %  ");
    press(SL_KEY_ESCAPE);
    shows("segmentation loss");
    shows_not("data.labeled");
    press(SL_KEY_BACKTAB);
    press(SL_KEY_ENTER);
    shows("looks better than seed 2");
    shows("done at step 700");
    shows("refused: unknown option");
    shows("waits for an answer");
    shows("the loader fell behind");
    shows_not("steered"); // the command tells it
    press(SL_KEY_ENTER);
    press(SL_KEY_ESCAPE);
    assert_string_equal(app.levels[app.depth - 1].screen->name, "runs");
    end();
    // Options that differ come first, and what a scheduled one is now.
    begin(240, 70);
    int x, y, other, below;
    find("data.labeled", &x, &y);
    find("batch", &other, &below);
    assert_true(y < below);
    shows("0.5");
    shows("now 0.3");
    end();
}

static void test_other_run(void **state) {
    begin(80, 24);
    type("]");
    assert_int_equal(app.selected, 11);
    shows("run 1b80aa  2 of 12");
    shows("reading ...");
    assert_int_equal(asked().runs[0], 11);
    type("[");
    shows("run 9f31c2  1 of 12");
    shows("segmentation loss");
    type("?"); // help begins with the screen that it was opened from
    assert_non_null(strstr(sl_test_row(&frame, 2), "On the run screen"));
    press(SL_KEY_ESCAPE);
    type("q");
    assert_string_equal(app.levels[app.depth - 1].screen->name, "runs");
    end();
}

static void test_mouse(void **state) {
    begin(120, 40);
    int x, y;
    find("discriminator loss", &x, &y);
    mouse(SL_KEY_MOUSE_PRESS, x + 20, y + 3);
    selected("discriminator loss");
    const char *reading = sl_test_row(&frame, y);
    char first[32], second[32];
    snprintf(first, sizeof first, "%s", strstr(reading, "discriminator loss") + 20);
    mouse(SL_KEY_MOUSE_DRAG, x + 5, y + 3);
    reading = sl_test_row(&frame, y);
    snprintf(second, sizeof second, "%s", strstr(reading, "discriminator loss") + 20);
    assert_string_not_equal(first, second);
    // Twice: alone, and back.
    app.now += 5;
    mouse(SL_KEY_MOUSE_PRESS, x + 5, y + 3);
    app.now += 0.1;
    mouse(SL_KEY_MOUSE_PRESS, x + 5, y + 3);
    shows_not("segmentation loss");
    press(SL_KEY_ESCAPE);
    shows("segmentation loss");
    // Other parts.
    find("options", &x, &y);
    mouse(SL_KEY_MOUSE_PRESS, x + 3, y + 2);
    selected("options");
    int at_x, at_y, then_x, then_y;
    find("batch", &at_x, &at_y);
    mouse(SL_KEY_WHEEL_DOWN, x + 3, y + 2);
    find("batch", &then_x, &then_y);
    assert_int_equal(then_y, at_y - 3);
    mouse(SL_KEY_WHEEL_UP, x + 3, y + 2);
    find("batch", &then_x, &then_y);
    assert_int_equal(then_y, at_y);
    // A click on classes puts the cursor on that evaluation.
    find("IoU of classes", &x, &y);
    mouse(SL_KEY_MOUSE_PRESS, x + 12, y + 1); // after the longest name
    selected("IoU of classes");
    shows("standard 15.6");
    end();
}

// ---- anything ---------------------------------------------------------------------------------------------------------------

static void test_any_keys(void **state) {
    uint64_t seed = 11;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : getenv("SEMILUNA_SANITIZED") ? 5000 : 20000;
    begin(100, 30);
    for (int i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t random = (uint32_t)(seed >> 33);
        sl_input input = {
            .key = (sl_key)(random % SL_KEY_COUNT), .x = (int)(random >> 8) % 130 - 5, .y = (int)(random >> 16) % 40 - 3};
        input.character = 32 + (random >> 5) % 95;
        if (random % 3 == 0) input.key = SL_KEY_CHARACTER;
        app.now += 0.1;
        sl_app_input(&app, &input);
        app.quit = false;
        if (random % 23 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        if (i % 40 == 0) {
            app.selected = 12;
            sl_app_push(&app, SL_ON_RUN);
        }
        // What is there changes under it.
        const sl_snapshot *snapshot = variant();
        if (random % 7 == 0) detail.series_count = (random >> 3) % 12;
        if (random % 11 == 0) detail.evaluations = (random >> 3) % 8;
        if (random % 13 == 0) detail.option_count = detail.command_count = 0;
        if (random % 17 == 0) detail.by_time = true;
        if (random % 29 == 0) detail.finding_count = detail.event_count = detail.clock_count = 0;
        app.snapshot = random % 50 ? snapshot : NULL;
        draw();
        asked();
        for (int at = 0; at < frame.width * frame.height; at++) {
            uint32_t character = frame.cells[at].character;
            assert_false(character != 0 && (character < 32 || character == 127));
        }
    }
    printf("pressed %d keys\n", count);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),  cmocka_unit_test(test_cursor),    cmocka_unit_test(test_view),
        cmocka_unit_test(test_parts),    cmocka_unit_test(test_other_run), cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
