// The Diff screen, drawn from a fixed text and held against files cell by cell; and which two runs it is about.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "tests/support/model_compare.h"
#include "ui/tui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct { int width, height; } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {240, 70}};
enum { SIZES = sizeof sizes / sizeof *sizes };

// As `semiluna diff` prints it; names hold what no terminal should get.
static const char text[] =
    "run 3 (threshold) and run 20 (\u6708\u5149 \033[31m\xff)\n"
    "they differ in: method.lambda_semi (0, 0.1); seed (3, 2); script\n"
    "and in what can change the last digits: threads (1, 2)\n"
    "they part at step 1: seg is 2.30012 and 2.48124\n"
    "\n"
    "can explain  what                    run 3          run 20\n"
    "the result   method.lambda_semi      0              0.1             acts from step 401 on: not where they part\n"
    "the result   script                  1f3a90c1b2d3   77e0f3aa9b8c\n"
    "the result   seed                    3              2\n"
    "last digits  threads                 1              2\n"
    "nothing      variant                 + adversarial  + semi, T = 0.2\n"
    "\n"
    "split labeled, only in run 3 (threshold): 0001TP_006930, 0001TP_006960, 0001TP_007200, 0001TP_007440, and 41 more\n"
    "\n"
    "--- run 3 (threshold)\n"
    "+++ run 20 (\u6708\u5149 \033[31m\xff)\n"
    "@@ -1,4 +1,5 @@\n"
    " local sl = require \"semiluna\"\n"
    "-return sl.experiment { steps = 800,  method = \"supervised\" }\n"
    "+return sl.experiment {\n"
    "+\tsteps = 800,  method = \"advsemiseg\", \033[2J a line that goes on and on and on and on and on and on and on and on and "
    "on\n"
    "+}\n"
    "(12 lines more: --format json has all of them)\n"
    "\n"
    "metric         differs from step     run 3    run 20  by more than 1 %     run 3    run 20\n"
    "seg                            1   2.30012   2.48124                 1   2.30012   2.48124\n"
    "D                              1  0.694127  0.693121                11  0.693914   0.70791\n"
    "the same at every step: lr, lr_discriminator, option.method.discriminator_lr, option.method.lambda_adv, "
    "option.optimizer.lr\n"
    "only run 20 (threshold) has kept, option.method.threshold, semi, semi_adv\n"
    "\n"
    "result      run 3    run 20   change\n"
    "state        done      done\n"
    "step          800       800\n"
    "mIoU %       21.7      25.1     +3.4\n"
    "seg      0.953348  0.678281   -0.275\n"
    "time         6:13      3:21";

static sl_app app;
static sl_frame frame;
static sl_snapshot *model;
static char copy[sizeof text];

static void draw(void) {
    sl_app_draw(&app, &frame);
}

static void begin(int width, int height) {
    assert_ok(sl_app_open(&app, NULL));
    memcpy(copy, text, sizeof text);
    app.snapshot = model = sl_test_compared(12);
    model->report = sl_test_report(SL_REPORT_DIFF, copy);
    app.now = SL_TEST_TIME;
    sl_app_mark(&app, 3, true);
    sl_app_mark(&app, 10, true);
    assert_ok(sl_frame_resize(&frame, width, height));
    draw();
    sl_app_push(&app, SL_ON_DIFF);
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

static void held(const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
}

static sl_request asked(void) {
    sl_request request;
    sl_app_request(&app, &request);
    return request;
}

static void test_frames(void **state) {
    for (int i = 0; i < SIZES; i++) {
        begin(sizes[i].width, sizes[i].height);
        held("diff");
        end();
    }
    begin(80, 24);
    press(SL_KEY_PAGE_DOWN);
    held("diff_script");
    app.theme.depth = SL_DEPTH_NONE;
    draw();
    held("diff_script"); // nothing is told by colours alone
    app.utf8 = false;
    draw();
    held("diff_ascii");
    for (int i = 0; i < 80 * 24; i++) assert_in_range(frame.cells[i].character, 32, 126);
    end();
}

static sl_color color_of_row(const char *begins) {
    for (int y = 1; y < frame.height - 1; y++)
        if (!strncmp(sl_test_row(&frame, y) + 1, begins, strlen(begins)))
            return frame.cells[y * frame.width + 1].style.foreground;
    fail_msg("no row begins with \"%s\"", begins);
    return 0;
}

static void test_colors(void **state) {
    begin(120, 50);
    assert_int_equal(color_of_row("they differ in"), SL_COLOR_ACCENT);
    assert_int_equal(color_of_row("the result   seed"), SL_COLOR_WARN);
    assert_int_equal(color_of_row("nothing "), SL_COLOR_DIM);
    assert_int_equal(color_of_row("-return"), SL_COLOR_BAD);
    assert_int_equal(color_of_row("+return"), SL_COLOR_GOOD);
    assert_int_equal(color_of_row("@@ "), SL_COLOR_ACCENT);
    assert_int_equal(color_of_row(" local sl"), SL_COLOR_DEFAULT);
    assert_int_equal(color_of_row("metric  "), SL_COLOR_TITLE);
    end();
}

static void test_runs(void **state) {
    begin(80, 24);
    sl_request request = asked();
    assert_int_equal(request.report.kind, SL_REPORT_DIFF);
    assert_int_equal(request.report.run_count, 2);
    assert_int_equal(request.report.runs[0], 3);
    assert_int_equal(request.report.runs[1], 10);
    assert_int_equal(request.run_count, 0);
    assert_true(sl_test_shows(&frame, "diff 3 T=.0 1/4 s3 and 10"));
    // In the order of the marks.
    app.mark_count = 0;
    sl_app_mark(&app, 10, true);
    sl_app_mark(&app, 3, true);
    assert_int_equal(asked().report.runs[0], 10);
    // The marked one and this one.
    sl_app_mark(&app, 3, false);
    app.selected = 5;
    request = asked();
    assert_int_equal(request.report.runs[0], 10);
    assert_int_equal(request.report.runs[1], 5);
    // Where there are not two, what to do is said.
    app.selected = 10;
    draw();
    assert_int_equal(asked().report.kind, SL_REPORT_NONE);
    assert_true(sl_test_shows(&frame, "One run is marked, and it is the one you stand on"));
    app.mark_count = 0;
    draw();
    assert_true(sl_test_shows(&frame, "Mark two runs with space"));
    for (int i = 1; i < 4; i++) sl_app_mark(&app, i, true);
    draw();
    assert_true(sl_test_shows(&frame, "More than two runs are marked"));
    end();
}

static void test_waiting(void **state) {
    begin(80, 24);
    model->report = (sl_report){.kind = SL_REPORT_DIFF};
    draw();
    assert_true(sl_test_shows(&frame, "comparing the two runs"));
    model->report = (sl_report){.kind = SL_REPORT_COMPARE, .text = "a table"};
    draw();
    assert_true(sl_test_shows(&frame, "comparing the two runs"));
    model->report = (sl_report){.kind = SL_REPORT_DIFF, .problem = "\"3\" and \"3\" are the same run, 3"};
    draw();
    assert_true(sl_test_shows(&frame, "are the same run, 3"));
    app.snapshot = NULL;
    draw();
    assert_true(sl_test_shows(&frame, "comparing the two runs"));
    end();
}

static void test_scrolling(void **state) {
    begin(80, 24);
    assert_true(sl_test_shows(&frame, "1-21 of 38"));
    press(SL_KEY_DOWN);
    assert_true(sl_test_shows(&frame, "2-22 of 38"));
    press(SL_KEY_UP);
    press(SL_KEY_PAGE_DOWN);
    assert_true(sl_test_shows(&frame, "18-38 of 38"));
    press(SL_KEY_END);
    assert_true(sl_test_shows(&frame, "time         6:13"));
    press(SL_KEY_DOWN); // no further
    assert_true(strstr(sl_test_row(&frame, 21), "time         6:13"));
    press(SL_KEY_HOME);
    assert_true(sl_test_shows(&frame, "1-21 of 38"));
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_DOWN});
    draw();
    assert_true(sl_test_shows(&frame, "4-24 of 38"));
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_UP});
    draw();
    // Long lines.
    assert_false(sl_test_shows(&frame, "not where they part"));
    assert_true(sl_test_shows(&frame, "lines go on"));
    press(SL_KEY_RIGHT);
    press(SL_KEY_RIGHT);
    assert_true(sl_test_shows(&frame, "not where they part"));
    assert_true(sl_test_shows(&frame, "they differ in: method")); // sentences stay
    press(SL_KEY_LEFT);
    press(SL_KEY_LEFT);
    assert_true(sl_test_shows(&frame, "can explain  what"));
    end();
}

static void test_any_keys(void **state) {
    uint64_t seed = 5;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : getenv("SEMILUNA_SANITIZED") ? 6000 : 20000;
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
        if (random % 31 == 0) sl_app_push(&app, SL_ON_DIFF);
        if (random % 17 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        if (random % 53 == 0) { // any part of the text
            memcpy(copy, text, sizeof text);
            char *from = copy + (random >> 9) % sizeof text, *to = copy + (random >> 17) % sizeof text;
            if (to > from) *to = '\0';
            model->report = sl_test_report(SL_REPORT_DIFF, from);
        }
        if (random % 59 == 0) app.mark_count = (random >> 11) % 3 < app.mark_count ? (random >> 11) % 3 : app.mark_count;
        if (random % 227 == 0) app.utf8 = !app.utf8;
        sl_app_request(&app, &(sl_request){0});
        draw();
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
        cmocka_unit_test(test_frames),  cmocka_unit_test(test_colors),    cmocka_unit_test(test_runs),
        cmocka_unit_test(test_waiting), cmocka_unit_test(test_scrolling), cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
