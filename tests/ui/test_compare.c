// The Compare screen, drawn from a fixed model of up to 64 runs and held against files cell by cell; and what its keys and the
// mouse do.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "tests/support/model_compare.h"
#include "ui/tui/app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct { int width, height; } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {240, 70}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static sl_app app;
static sl_frame frame;
static sl_snapshot *model;

static void draw(void) {
    sl_app_draw(&app, &frame);
}

static void begin(int width, int height, int count) {
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = model = sl_test_compared(count);
    app.now = SL_TEST_TIME;
    for (int i = 0; i < count; i++) sl_app_mark(&app, i + 1, true);
    assert_ok(sl_frame_resize(&frame, width, height));
    draw();
    sl_app_push(&app, SL_ON_COMPARE);
    draw();
}

static void end(void) {
    sl_app_close(&app);
    sl_frame_free(&frame);
}

static void press(sl_key key) {
    sl_app_input(&app, &(sl_input){.key = key});
    draw();
}

static void type(const char *text) {
    for (; *text; text++) sl_app_input(&app, &(sl_input){.key = SL_KEY_CHARACTER, .character = (unsigned char)*text});
    draw();
}

static void mouse(sl_key key, int x, int y) {
    sl_app_input(&app, &(sl_input){.key = key, .x = x, .y = y});
    draw();
}

static void forget_message(void) {
    app.now += 10;
    draw();
}

static sl_request asked(void) {
    sl_request request;
    sl_app_request(&app, &request);
    return request;
}

// Nothing in it would move a terminal's cursor, and without UTF-8 all of it is ASCII.
static void check_printable(void) {
    for (int at = 0; at < frame.width * frame.height; at++) {
        uint32_t character = frame.cells[at].character;
        assert_false(character != 0 && (character < 32 || character == 127));
        if (!frame.utf8 && frame.width >= 60) assert_in_range(character, 32, 126);
    }
}

static void held(const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
    check_printable();
}

// Column and row of a text in the frame.
static bool find(const char *text, int *x, int *y) {
    for (*y = 0; *y < frame.height; ++*y) {
        const char *row = sl_test_row(&frame, *y), *at = strstr(row, text);
        if (!at) continue;
        for (*x = 0; row < at; row++) *x += ((unsigned char)*row & 0xC0) != 0x80; // characters, all of one column here
        return true;
    }
    return false;
}

static sl_frame_cell cell_at(int x, int y) {
    return frame.cells[y * frame.width + x];
}

// ---- frames -----------------------------------------------------------------------------------------------------------------

static void test_frames(void **state) {
    for (int i = 0; i < SIZES; i++) {
        begin(sizes[i].width, sizes[i].height, 12);
        held("compare");
        end();
    }
    begin(80, 24, 12);
    app.utf8 = false;
    draw();
    held("compare_ascii");
    app.utf8 = true;
    app.theme.depth = SL_DEPTH_NONE;
    draw();
    held("compare_nocolor");
    app.theme.depth = SL_DEPTH_TRUE;
    type("g");
    type("g");
    forget_message();
    held("compare_runs");
    press(SL_KEY_ENTER);
    press(SL_KEY_LEFT);
    held("compare_large");
    end();
}

static void test_numbers_of_runs(void **state) {
    static const int counts[] = {1, 2, 64};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char name[32];
        begin(i == 2 ? 120 : 80, i == 2 ? 40 : 24, counts[i]);
        snprintf(name, sizeof name, "compare_of_%d", counts[i]);
        held(name);
        end();
    }
}

static void test_empty(void **state) {
    static const sl_snapshot nothing = {.complete = true, .time = SL_TEST_TIME};
    begin(80, 24, 12);
    app.snapshot = NULL;
    draw();
    assert_true(sl_test_shows(&frame, "reading ..."));
    app.snapshot = &nothing; // another screen's
    draw();
    assert_true(sl_test_shows(&frame, "reading ..."));
    model->detail_count = 0;
    model->time++;
    app.snapshot = model;
    draw();
    assert_true(sl_test_shows(&frame, "these runs are in the file no more"));
    model->complete = false;
    draw();
    assert_true(sl_test_shows(&frame, "reading ..."));
    end();
    begin(80, 24, 2);
    app.mark_count = 0;
    app.snapshot = &nothing;
    draw();
    assert_true(sl_test_shows(&frame, "no runs yet"));
    sl_app_set_filter(&app, "seed = 9");
    draw();
    assert_true(sl_test_shows(&frame, "no run fits the filter"));
    sl_app_set_filter(&app, NULL);
    // Runs that have logged nothing; a table that is not there yet, or cannot be.
    model = sl_test_compared(2);
    sl_run_detail details[2] = {model->details[0], model->details[1]};
    details[0].series_count = details[1].series_count = 0;
    model->details = details;
    model->report = (sl_report){.kind = SL_REPORT_COMPARE};
    app.snapshot = model;
    draw();
    assert_true(sl_test_shows(&frame, "these runs have logged nothing yet"));
    assert_true(sl_test_shows(&frame, "working out the table"));
    model->report.problem = "none of 2 runs is done (2 running)";
    draw();
    assert_true(sl_test_shows(&frame, "none of 2 runs is done (2 running)"));
    end();
}

// ---- which runs -------------------------------------------------------------------------------------------------------------

static void test_runs(void **state) {
    begin(80, 24, 12);
    sl_request request = asked();
    assert_int_equal(request.run_count, 12);
    for (int i = 0; i < 12; i++) assert_int_equal(request.runs[i], i + 1);
    assert_int_equal(request.report.kind, SL_REPORT_COMPARE);
    assert_int_equal(request.report.run_count, 12);
    assert_null(request.report.metric);
    assert_string_equal(request.report.against, "");
    assert_true(sl_test_shows(&frame, "compare 12 marked runs"));
    // In their order of ids, whatever the order of marks.
    app.mark_count = 0;
    sl_app_mark(&app, 9, true);
    sl_app_mark(&app, 2, true);
    request = asked();
    assert_int_equal(request.run_count, 2);
    assert_int_equal(request.runs[0], 2);
    assert_int_equal(request.report.runs[1], 9);
    // Without marks those of the experiment.
    app.mark_count = 0;
    app.selected = 5;
    draw();
    assert_true(sl_test_shows(&frame, "compare 12 runs of threshold, none marked"));
    request = asked();
    assert_int_equal(request.run_count, 12);
    // More than there can be curves of.
    for (int i = 1; i <= 1100; i++) sl_app_mark(&app, i, true);
    draw();
    request = asked();
    assert_int_equal(request.run_count, SL_DETAIL_MOST);
    assert_int_equal(request.report.run_count, SL_REPORT_MOST);
    assert_true(sl_test_shows(&frame, "1100 marked runs, curves of the first 64"));
    assert_true(sl_test_shows(&frame, "table of the first 1000 runs"));
    // Those are the first that were marked.
    app.mark_count = 0;
    for (int i = 1100; i > 0; i--) sl_app_mark(&app, i, true);
    request = asked();
    assert_int_equal(request.runs[0], 1100 - SL_DETAIL_MOST + 1);
    assert_int_equal(request.report.runs[SL_REPORT_MOST - 1], 1100 - SL_DETAIL_MOST);
    end();
}

// The colour of the sign before a label of the legend.
static sl_color color_of(const char *label) {
    int x = 0, y = 0;
    if (!find(label, &x, &y)) fail_msg("no \"%s\" in the frame", label);
    return cell_at(x - 2, y).style.foreground;
}

static void test_colors(void **state) {
    begin(120, 40, 12);
    // The same in the legend, in the curves, and in the table.
    sl_color second = color_of("T=.1 1/8");
    assert_int_equal(second, SL_COLOR_SERIES + 1);
    int x = 0, y = 0;
    assert_true(find("0.1        1/8", &x, &y));
    int sign = 0;
    for (x = 1; x < 80; x++)
        if (cell_at(x, y).character == 0x2501) sign = x;
    assert_true(sign > 0);
    assert_int_equal(cell_at(sign, y).style.foreground, second);
    bool drawn = false;
    for (int i = 2; i < 12; i++)
        for (int k = 5; k < 40; k++)
            drawn = drawn || (cell_at(k, i).character >= 0x2801 && cell_at(k, i).style.foreground == second);
    assert_true(drawn);
    // As others go, come back, and the screen is left.
    sl_run_detail fewer[12];
    memcpy(fewer, model->details, sizeof fewer);
    model->details = fewer + 3;
    model->detail_count = 6;
    model->time += 1;
    draw();
    assert_false(sl_test_shows(&frame, "T=.0 1/4"));
    assert_int_equal(color_of("T=.1 1/8"), second);
    assert_int_equal(color_of("T=.2 1/4"), SL_COLOR_SERIES + 2);
    sl_app_pop(&app);
    draw();
    sl_app_push(&app, SL_ON_COMPARE);
    draw();
    assert_int_equal(color_of("T=.1 1/8"), second);
    app.snapshot = sl_test_compared(12);
    draw();
    assert_int_equal(color_of("T=.0 1/4"), SL_COLOR_SERIES);
    assert_int_equal(color_of("T=.1 1/8"), second);
    end();
}

// ---- keys -------------------------------------------------------------------------------------------------------------------

static void test_seeds(void **state) {
    begin(120, 40, 12);
    assert_true(sl_test_shows(&frame, "means and range"));
    assert_true(sl_test_shows(&frame, "T=.1 1/8 (3)"));
    type("g");
    assert_true(sl_test_shows(&frame, "means \u00B1 sd"));
    type("g");
    assert_false(sl_test_shows(&frame, "(3) "));
    assert_true(sl_test_shows(&frame, "T=.1 1/8 s1"));
    assert_true(sl_test_shows(&frame, "T=.1 1/8 s2"));
    assert_int_equal(sl_config_number(&app.config, "compare.mode", 0, 9, 9), 0);
    type("g");
    assert_true(sl_test_shows(&frame, "means and range"));
    end();
    // Without repetitions: runs.
    begin(120, 40, 2);
    model->detail_count = 1;
    model->time++;
    draw();
    assert_false(sl_test_shows(&frame, "means"));
    end();
}

static void test_charts(void **state) {
    begin(80, 24, 12);
    assert_null(asked().report.metric);
    press(SL_KEY_TAB);
    assert_string_equal(asked().report.metric, "seg");
    press(SL_KEY_BACKTAB);
    assert_null(asked().report.metric);
    // Of what all have alike there is no chart; of a schedule that differs there is one.
    bool threshold = false;
    for (int i = 0; i < 12; i++) {
        assert_false(sl_test_shows(&frame, " lr"));
        threshold = threshold || sl_test_shows(&frame, "method.threshold");
        press(SL_KEY_TAB);
    }
    assert_true(threshold);
    press(SL_KEY_ENTER);
    assert_false(sl_test_shows(&frame, "table of the runs"));
    press(SL_KEY_ESCAPE);
    assert_true(sl_test_shows(&frame, "table of the runs"));
    type("y");
    type("ww");
    assert_true(sl_test_shows(&frame, "smooth 0.8"));
    type("W");
    assert_true(sl_test_shows(&frame, "smooth 0.5"));
    type("W");
    // Zoom: more of fewer steps is asked for.
    sl_request all = asked();
    type("++");
    sl_request closer = asked();
    assert_true(all.from == 0 && all.to == 0);
    assert_true(closer.to >= 1200 && closer.from > 0 && closer.from < 900);
    assert_true(sl_test_shows(&frame, ", 903 to 1200"));
    type("-");
    assert_true(sl_test_shows(&frame, ", 606 to 1200"));
    type("0");
    assert_true(asked().to == 0);
    type("z");
    assert_int_equal(asked().axis, SL_AXIS_TIME);
    assert_true(sl_test_shows(&frame, "over time"));
    type("z");
    assert_int_equal(asked().axis, SL_AXIS_STEP);
    end();
}

static void test_cursor(void **state) {
    begin(120, 40, 12);
    assert_true(sl_test_shows(&frame, "newest"));
    press(SL_KEY_LEFT);
    assert_false(sl_test_shows(&frame, "newest"));
    assert_true(sl_test_shows(&frame, "at 1200"));
    assert_true(sl_test_shows(&frame, "T=.1 1/8 (3)                      34.5"));
    press(SL_KEY_HOME);
    assert_true(sl_test_shows(&frame, "at 12"));
    press(SL_KEY_END);
    press(SL_KEY_RIGHT);
    assert_true(sl_test_shows(&frame, "newest"));
    end();
}

static void test_picking(void **state) {
    begin(120, 40, 12);
    int x = 0, y = 0;
    assert_true(find("T=.1 1/8", &x, &y));
    assert_int_equal(cell_at(x, y).style.attributes & SL_ATTR_BOLD, 0);
    type("]]");
    assert_int_equal(cell_at(x, y).style.attributes & SL_ATTR_BOLD, SL_ATTR_BOLD);
    type("[");
    assert_int_equal(cell_at(x, y).style.attributes & SL_ATTR_BOLD, 0);
    mouse(SL_KEY_MOUSE_PRESS, x, y);
    assert_int_equal(cell_at(x, y).style.attributes & SL_ATTR_BOLD, SL_ATTR_BOLD);
    mouse(SL_KEY_MOUSE_PRESS, x, y);
    assert_int_equal(cell_at(x, y).style.attributes & SL_ATTR_BOLD, 0);
    end();
}

static void test_table(void **state) {
    begin(80, 24, 64);
    assert_true(sl_test_shows(&frame, "1-8 of 25"));
    press(SL_KEY_PAGE_DOWN);
    assert_true(sl_test_shows(&frame, "8-15 of 25"));
    for (int i = 0; i < 9; i++) press(SL_KEY_PAGE_DOWN);
    assert_true(sl_test_shows(&frame, "18-25 of 25"));
    assert_true(sl_test_shows(&frame, "1 run is not done and left out"));
    press(SL_KEY_PAGE_UP);
    assert_true(sl_test_shows(&frame, "11-18 of 25"));
    mouse(SL_KEY_WHEEL_UP, 10, 20);
    assert_true(sl_test_shows(&frame, "8-15 of 25"));
    mouse(SL_KEY_WHEEL_DOWN, 10, 20);
    assert_true(sl_test_shows(&frame, "11-18 of 25"));
    type("v"); // alone
    assert_false(sl_test_shows(&frame, "mIoU %  "));
    assert_true(sl_test_shows(&frame, "of 25"));
    type("v"); // without it
    forget_message();
    assert_false(sl_test_shows(&frame, "of 25"));
    type("v");
    end();
    // Wider than the screen.
    begin(60, 16, 12);
    char text[] = "caption\nrow  \1\2a first wide title  \1\2a second wide title  \1\2the third wide title\n"
                  "one  \1"
                  "1\2cell of one         \1"
                  "4\2cell of two          \1"
                  "7\2cell of three";
    model->report = sl_test_report(SL_REPORT_COMPARE, text);
    draw();
    assert_false(sl_test_shows(&frame, "cell of three"));
    for (int i = 0; i < 5; i++) type(".");
    assert_true(sl_test_shows(&frame, "cell of three"));
    assert_true(sl_test_shows(&frame, "the third wide title"));
    for (int i = 0; i < 9; i++) type(",");
    assert_true(sl_test_shows(&frame, "row"));
    end();
}

static void test_baseline(void **state) {
    begin(80, 24, 12);
    type("b");
    assert_true(sl_test_shows(&frame, "against (OPTION=VALUE"));
    assert_true(sl_test_shows(&frame, "method.threshold=0.2"));
    assert_false(sl_test_shows(&frame, "data.labeled=")); // all alike
    assert_false(sl_test_shows(&frame, "seed="));
    press(SL_KEY_DOWN);
    press(SL_KEY_ENTER);
    assert_string_equal(asked().report.against, "method.threshold=0.0");
    assert_true(sl_test_shows(&frame, "against method.threshold=0.0"));
    type("b");
    type("\x15"); // Ctrl-U
    press(SL_KEY_ENTER);
    assert_string_equal(asked().report.against, "");
    end();
}

static void test_mouse(void **state) {
    begin(120, 40, 12);
    int x = 0, y = 0;
    assert_true(find("segmentation loss", &x, &y));
    mouse(SL_KEY_MOUSE_PRESS, x + 10, y + 3);
    assert_string_equal(asked().report.metric, "seg");
    assert_false(sl_test_shows(&frame, "newest"));
    mouse(SL_KEY_MOUSE_DRAG, x + 20, y + 3);
    mouse(SL_KEY_MOUSE_RIGHT, x + 20, y + 3);
    assert_true(sl_test_shows(&frame, "newest"));
    mouse(SL_KEY_WHEEL_UP, x + 20, y + 3);
    assert_true(asked().to > 0);
    mouse(SL_KEY_WHEEL_DOWN, x + 20, y + 3);
    assert_true(asked().to == 0);
    end();
}

static void test_any_keys(void **state) {
    uint64_t seed = 11;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : getenv("SEMILUNA_SANITIZED") ? 6000 : 20000;
    static const int counts[] = {1, 2, 12, 64, 12, 7};
    begin(100, 30, 64);
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
        if (random % 31 == 0) sl_app_push(&app, SL_ON_COMPARE);
        if (random % 17 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        if (random % 97 == 0) { // another model, of which not all is there
            model = sl_test_compared(counts[(random >> 9) % 6]);
            model->time += (double)(random >> 4);
            if (random >> 12 & 1) model->detail_count /= 2;
            if ((random >> 13) % 3 == 0) model->report.text = NULL;
            if ((random >> 16) % 3 == 0) model->by_time = true;
            app.snapshot = model;
        }
        if (random % 211 == 0) app.snapshot = NULL;
        if (random % 223 == 0) app.utf8 = !app.utf8;
        if (random % 227 == 0) app.theme.depth = (sl_depth)(random >> 9 & 3);
        sl_app_request(&app, &(sl_request){0});
        draw();
        if (random % 7 == 0) check_printable();
    }
    printf("pressed %d keys\n", count);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),   cmocka_unit_test(test_numbers_of_runs), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_runs),     cmocka_unit_test(test_colors),          cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_charts),   cmocka_unit_test(test_cursor),          cmocka_unit_test(test_picking),
        cmocka_unit_test(test_table),    cmocka_unit_test(test_baseline),        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
