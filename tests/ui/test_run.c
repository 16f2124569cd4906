// The Run screen, drawn from fixed models in every size and held against files cell by cell; whatever there is of a run.
#include "tests/ui/run_screen.h"

#include <math.h>

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
        cmocka_unit_test(test_any_size),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
