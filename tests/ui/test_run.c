// The Run screen, drawn from fixed models in every size and held against files cell by cell; what its keys and the mouse do, as
// the frames show it.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
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

static void draw(void) {
    sl_app_draw(&app, &frame);
}

static void begin_with(const sl_snapshot *snapshot, int64_t run, int width, int height) {
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = snapshot;
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    app.selected = run;
    sl_app_push(&app, SL_ON_RUN);
    assert_ok(sl_frame_resize(&frame, width, height));
    draw();
}

static void begin(int width, int height) {
    begin_with(sl_test_run_snapshot(), 12, width, height);
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

// The keys of the last line, which other screens add to, are held in one frame of each size alone.
static void held(const char *name) {
    char full[64];
    app.now += 10; // messages are gone
    draw();
    app.now -= 10;
    if (strcmp(name, "run") != 0) sl_frame_fill(&frame, (sl_rect){0, frame.height - 1, frame.width, 1}, (sl_style){0}, ' ');
    snprintf(full, sizeof full, "%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
}

static sl_request asked(void) {
    sl_request request;
    sl_app_request(&app, &request);
    return request;
}

static void shows(const char *text) {
    if (sl_test_shows(&frame, text)) return;
    for (int y = 0; y < frame.height; y++) printf("%s\n", sl_test_row(&frame, y));
    fail_msg("\"%s\" is not shown", text);
}

static void shows_not(const char *text) {
    if (sl_test_shows(&frame, text)) fail_msg("\"%s\" is shown", text);
}

// Whether the title that begins so is that of the selected part: in reverse.
static bool is_selected(const char *text) {
    for (int y = 1; y < frame.height - 1; y++)
        for (int x = 0; x + (int)strlen(text) <= frame.width; x++) {
            const sl_frame_cell *cell = &frame.cells[y * frame.width + x];
            size_t i = 0;
            while (text[i] && cell[i].character == (unsigned char)text[i] && cell[i].style.attributes & SL_ATTR_REVERSE) i++;
            if (!text[i]) return true;
        }
    return false;
}

static void selected(const char *text) {
    if (is_selected(text)) return;
    for (int y = 0; y < frame.height; y++) printf("%s\n", sl_test_row(&frame, y));
    fail_msg("\"%s\" is not selected", text);
}

// Where a text stands; fails where it does not.
static void find(const char *text, int *x, int *y) {
    size_t length = strlen(text);
    for (*y = 0; *y < frame.height; ++*y)
        for (*x = 0; *x + (int)length <= frame.width; ++*x) {
            size_t i = 0;
            while (i < length && frame.cells[*y * frame.width + *x + (int)i].character == (unsigned char)text[i]) i++;
            if (i == length) return;
        }
    fail_msg("\"%s\" is not shown", text);
}

// A copy of the whole model whose detail may be changed.
static sl_snapshot changed;
static sl_run_detail detail;
static sl_run_row rows[16];

static const sl_snapshot *variant(void) {
    const sl_snapshot *whole = sl_test_run_snapshot();
    changed = *whole;
    memcpy(rows, whole->runs, whole->run_count * sizeof *rows);
    changed.runs = rows;
    detail = whole->details[0];
    changed.details = &detail;
    return &changed;
}

// ---- frames -----------------------------------------------------------------------------------------------------------------

static void test_frames(void **state) {
    for (int i = 0; i < SIZES; i++) {
        begin(sizes[i].width, sizes[i].height);
        held("run");
        press(SL_KEY_LEFT);
        for (int k = 0; k < 10; k++) press(SL_KEY_LEFT);
        press(SL_KEY_TAB);
        press(SL_KEY_ENTER);
        held("run_large");
        end();
    }
    begin(80, 24);
    app.utf8 = false;
    draw();
    held("run_ascii");
    for (int i = 0; i < 80 * 24; i++) assert_in_range(frame.cells[i].character, 32, 126);
    end();
    begin(80, 24);
    app.theme.depth = SL_DEPTH_NONE;
    draw();
    held("run_nocolor");
    for (int i = 0; i < 80 * 24; i++) { // no colour alone tells anything: there is none
        assert_true(frame.cells[i].style.background < 0x1000000u);
    }
    end();
    // Each of the other parts alone.
    static const struct {
        const char *name;
        int back;
    } parts[] = {{"run_history", 1}, {"run_options", 2}, {"run_classes", 3}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (int k = 0; k < 2; k++) {
            begin(sizes[k].width, sizes[k].height);
            for (int n = 0; n < parts[i].back; n++) press(SL_KEY_BACKTAB);
            if (k == 1) press(SL_KEY_ENTER);
            held(parts[i].name);
            end();
        }
}

static void test_other_runs(void **state) {
    static const int at[][2] = {{60, 16}, {80, 24}, {120, 40}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        // Nothing is logged yet.
        const sl_snapshot *snapshot = variant();
        detail = (sl_run_detail){.run = rows[0],
                                 .option_names = detail.option_names,
                                 .option_values = detail.option_values,
                                 .option_count = detail.option_count,
                                 .threads = 2,
                                 .pid = 4711};
        detail.run.step = 0;
        detail.run.miou = detail.run.best_miou = detail.run.seg = detail.run.semi = detail.run.discriminator = NAN;
        detail.run.kept = detail.run.steps_per_second = detail.run.images_per_second = detail.run.seconds_left = NAN;
        detail.run.memory = detail.run.cpu = 0;
        begin_with(snapshot, 12, at[i][0], at[i][1]);
        held("run_new");
        shows("nothing has been logged yet");
        for (int k = 0; k < 6; k++) press(SL_KEY_TAB);
        type("yzwW+-0");
        press(SL_KEY_LEFT);
        press(SL_KEY_ENTER);
        end();
        // Diverged.
        static const sl_series_column lost[] = {{50, 1, 3, 2}, {100, 2, 9, 8}, {150, 8, 300, 200}, {200, NAN, NAN, NAN}};
        static const sl_series series[] = {{.name = "seg", .columns = lost, .count = 4}};
        static const char *const finding = "the run diverged (the loss seg is nan at step 203): lower optimizer.lr or "
                                           "method.lambda_adv, or start with sl.warmup";
        static const int bad = 2;
        variant();
        detail = (sl_run_detail){.run = rows[3],
                                 .series = series,
                                 .series_count = 1,
                                 .findings = &finding,
                                 .finding_severities = &bad,
                                 .finding_count = 1,
                                 .threads = -1,
                                 .pid = -1};
        detail.run.ended = SL_TEST_TIME - 7200;
        begin_with(&changed, 9, at[i][0], at[i][1]);
        held("run_diverged");
        end();
    }
}

// ---- what there may be ------------------------------------------------------------------------------------------------------

static void test_many_metrics(void **state) {
    enum { METRICS = 40 };
    static sl_series series[METRICS];
    static char names[METRICS][24];
    static sl_series_column columns[METRICS][20];
    variant();
    for (int i = 0; i < METRICS; i++) {
        snprintf(names[i], sizeof names[i], "metric_%02d", i);
        for (int k = 0; k < 20; k++) columns[i][k] = (sl_series_column){40 * k + 1, i + k, i + k, i + k};
        series[i] = (sl_series){.name = names[i], .columns = columns[i], .count = 20};
    }
    detail.series = series;
    detail.series_count = METRICS;
    begin_with(&changed, 12, 120, 40);
    held("run_many");
    selected("metric_00");
    for (int i = 1; i < METRICS; i++) {
        press(SL_KEY_TAB);
        selected(names[i]);
    }
    press(SL_KEY_TAB);
    selected("IoU of classes");
    press(SL_KEY_TAB);
    selected("options");
    press(SL_KEY_TAB);
    selected("history");
    press(SL_KEY_TAB);
    selected("metric_00");
    press(SL_KEY_BACKTAB);
    selected("history");
    press(SL_KEY_TAB);
    press(SL_KEY_DOWN);
    selected("metric_03"); // three side by side
    press(SL_KEY_PAGE_DOWN);
    assert_false(is_selected("metric_03"));
    press(SL_KEY_PAGE_UP);
    press(SL_KEY_UP);
    selected("metric_00");
    press(SL_KEY_UP);
    selected("metric_00");
    mouse(SL_KEY_WHEEL_DOWN, 50, 15);
    selected("metric_03");
    mouse(SL_KEY_WHEEL_UP, 50, 15);
    selected("metric_00");
    end();
}

static void test_many_classes(void **state) {
    enum { MOST = 150, EVALUATIONS = 30 };
    static double iou[EVALUATIONS * MOST];
    static int64_t steps[EVALUATIONS];
    static char texts[MOST][24];
    static const char *names[MOST];
    static const int counts[] = {21, 150};
    for (size_t n = 0; n < 2; n++) {
        int classes = counts[n];
        variant();
        for (int i = 0; i < EVALUATIONS; i++) steps[i] = 27 * (i + 1);
        for (int k = 0; k < classes; k++) {
            snprintf(texts[k], sizeof texts[k], "class %d", k);
            names[k] = texts[k];
            for (int i = 0; i < EVALUATIONS; i++) iou[i * classes + k] = (i + 1) / 30.0 * (k + 1) / (classes + 1);
        }
        iou[EVALUATIONS * classes - 1] = NAN; // absent
        detail.iou = iou;
        detail.evaluation_steps = steps;
        detail.evaluations = EVALUATIONS;
        detail.classes = (size_t)classes;
        detail.class_names = names;
        char name[32];
        snprintf(name, sizeof name, "run_%d_classes", classes);
        begin_with(&changed, 12, 80, 24);
        held(name);
        shows("worst class 0 ");
        end();
        begin_with(&changed, 12, 120, 40);
        held(name);
        // All of them can be seen: alone, and scrolled.
        for (int i = 0; i < 3; i++) press(SL_KEY_BACKTAB);
        selected("IoU of classes");
        press(SL_KEY_ENTER);
        char last[24];
        snprintf(last, sizeof last, "class %d", classes - 2); // the last that is not absent
        for (int i = 0; i < 10; i++) press(SL_KEY_PAGE_DOWN);
        shows(last);
        press(SL_KEY_HOME);
        shows("class 0 ");
        press(SL_KEY_ESCAPE);
        shows("segmentation loss");
        mouse(SL_KEY_WHEEL_DOWN, 5, 35);
        end();
    }
}

static void test_hostile(void **state) {
    static const char *const bad = "\033[31mred\nline\xff\x01\u202E \u6708\u5149";
    static char long_text[10001];
    static sl_series_column columns[] = {{1, -INFINITY, INFINITY, NAN}, {2, -1e300, 1e300, 1e300}, {3, 0, 0, 0}};
    static sl_series series[3];
    static const char *names[2], *values[2];
    static sl_event_row event;
    static sl_command_row command;
    memset(long_text, 'x', 10000);
    for (int i = 0; i < 10000; i += 97) long_text[i] = "\033 \n"[i % 3];
    for (int i = 0; i < 3; i++)
        series[i] = (sl_series){.name = i == 0 ? bad : i == 1 ? long_text : "", .columns = columns, .count = 3};
    for (int i = 0; i < SIZES; i++) {
        variant();
        rows[0].name = rows[0].experiment = rows[0].varies = rows[0].host = i % 2 ? long_text : bad;
        rows[0].error = rows[0].device = rows[0].tags = rows[0].method = i % 2 ? bad : long_text;
        detail.run = rows[0];
        detail.series = series;
        detail.series_count = 3;
        names[0] = values[1] = bad;
        names[1] = values[0] = long_text;
        detail.option_names = names;
        detail.option_values = values;
        detail.option_count = 2;
        detail.class_names = (const char *const[]){bad, long_text, "", bad, bad, bad, bad, bad, bad, bad, bad};
        detail.notes = (const char *const[]){long_text, bad};
        detail.note_times = NULL;
        detail.note_count = 2;
        detail.findings = (const char *const[]){long_text, bad};
        detail.finding_count = 2;
        event = (sl_event_row){.step = INT64_MAX, .time = NAN, .kind = bad, .text = long_text};
        command =
            (sl_command_row){.id = 1, .step = INT64_MIN, .time = INFINITY, .name = long_text, .argument = bad, .answer = bad};
        detail.events = &event;
        detail.event_count = 1;
        detail.commands = &command;
        detail.command_count = 1;
        detail.script_path = detail.versions = detail.git_commit = bad;
        begin_with(&changed, 12, sizes[i].width, sizes[i].height);
        if (i == 1) held("run_hostile");
        for (int k = 0; k < 8; k++) {
            press(SL_KEY_TAB);
            press(SL_KEY_ENTER);
            press(SL_KEY_DOWN);
            for (int at = 0; at < frame.width * frame.height; at++) {
                uint32_t character = frame.cells[at].character;
                assert_false(character != 0 && (character < 32 || character == 127 || character == 0x202E));
            }
            press(SL_KEY_ENTER);
        }
        end();
    }
}

static void test_nothing(void **state) {
    sl_snapshot none = *sl_test_run_snapshot();
    begin_with(NULL, 0, 80, 24);
    shows("reading ...");
    assert_int_equal(asked().run_count, 0);
    app.snapshot = &none;
    none.run_count = none.detail_count = 0;
    draw();
    shows("no run is chosen");
    app.selected = 99;
    draw();
    shows("not in the file any more");
    none.problem = "semiluna.db: the file is gone";
    draw();
    shows("nothing can be read yet");
    shows("the file is gone");
    none = *sl_test_run_snapshot();
    none.detail_count = 0;
    app.selected = 12;
    draw();
    shows("reading ...");
    type("yzwW+-0jk");
    press(SL_KEY_LEFT);
    press(SL_KEY_TAB);
    press(SL_KEY_ENTER);
    end();
    begin_with(sl_test_run_snapshot(), 0, 80, 24); // nobody has chosen: the first of the table
    assert_int_equal(app.selected, 12);
    shows("run 9f31c2  1 of 12");
    end();
}

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

static void test_any_size(void **state) {
    begin(60, 16);
    int count = 0;
    for (int width = 60; width <= 260; width += 7)
        for (int height = 16; height <= 80; height += 3) {
            assert_ok(sl_frame_resize(&frame, width, height));
            draw();
            shows("running");
            shows("mIoU");
            shows("bicyclist"); // the worst class, or what is wrong with it
            count++;
        }
    printf("drawn in %d sizes\n", count);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),       cmocka_unit_test(test_other_runs), cmocka_unit_test(test_many_metrics),
        cmocka_unit_test(test_many_classes), cmocka_unit_test(test_hostile),    cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_request),      cmocka_unit_test(test_cursor),     cmocka_unit_test(test_view),
        cmocka_unit_test(test_parts),        cmocka_unit_test(test_other_run),  cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_any_keys),     cmocka_unit_test(test_any_size),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
