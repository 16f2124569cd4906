// The Runs screen and Help, drawn from a fixed model in every size and held against files cell by cell; and what its keys do.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct { int width, height; } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {240, 70}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static sl_app app;
static sl_frame frame;

static void begin(int width, int height) {
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = sl_test_snapshot();
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    assert_ok(sl_frame_resize(&frame, width, height));
    sl_app_draw(&app, &frame);
}

static void end(void) {
    sl_app_close(&app);
    sl_frame_free(&frame);
}

static void press(sl_key key) {
    sl_app_input(&app, &(sl_input){.key = key});
    sl_app_draw(&app, &frame);
}

static void type(const char *text) {
    for (; *text; text++) sl_app_input(&app, &(sl_input){.key = SL_KEY_CHARACTER, .character = (unsigned char)*text});
    sl_app_draw(&app, &frame);
}

// The row that the person stands on.
static const char *here(void) {
    for (int y = 0; y < frame.height; y++)
        if (frame.cells[y * frame.width].character == '>') return sl_test_row(&frame, y);
    return "";
}

static void assert_here(const char *part) {
    if (!strstr(here(), part)) fail_msg("expected to stand on \"%s\", but it is \"%s\"", part, here());
}

static void held(const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
}

static void test_frames(void **state) {
    for (int i = 0; i < SIZES; i++) {
        begin(sizes[i].width, sizes[i].height);
        held("runs");
        type("F"); // means over seeds
        type("j");
        app.now += 10; // the message is gone
        sl_app_draw(&app, &frame);
        held("runs_cells");
        end();
        begin(sizes[i].width, sizes[i].height);
        press(SL_KEY_F1);
        held("help");
        end();
    }
    begin(80, 24);
    app.utf8 = false;
    sl_app_draw(&app, &frame);
    held("runs_ascii");
    for (int i = 0; i < 80 * 24; i++) assert_in_range(frame.cells[i].character, 32, 126);
    end();
}

static void test_small(void **state) {
    static const int small[][2] = {{59, 16}, {60, 15}, {20, 5}, {1, 1}, {0, 0}, {200, 2}};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        begin(small[i][0], small[i][1]);
        if (small[i][0] >= 30 && small[i][1] >= 4) assert_true(sl_test_shows(&frame, "needs 60x16"));
        type("q");
        assert_true(app.quit);
        end();
    }
}

static void test_moving(void **state) {
    begin(80, 24);
    assert_here("threshold");
    press(SL_KEY_DOWN);
    assert_here("9f31c2");
    assert_int_equal(app.selected, 12);
    type("jj");
    assert_here("c2d901");
    press(SL_KEY_UP);
    assert_here("1b80aa");
    press(SL_KEY_END);
    assert_here("c0ffee");
    press(SL_KEY_HOME);
    press(SL_KEY_PAGE_DOWN);
    press(SL_KEY_PAGE_UP);
    assert_here("threshold");
    for (int i = 0; i < 50; i++) press(SL_KEY_UP);
    assert_here("threshold");
    // The run is stood on whatever becomes of the table around it.
    type("jj");
    assert_int_equal(app.selected, 11);
    sl_snapshot fewer = *sl_test_snapshot();
    fewer.runs++;
    fewer.run_count--;
    app.snapshot = &fewer;
    sl_app_draw(&app, &frame);
    assert_here("1b80aa");
    fewer.run_count = 0;
    sl_app_draw(&app, &frame);
    assert_true(sl_test_shows(&frame, "no runs yet"));
    assert_int_equal(app.selected, 0);
    type("jk x*Uo");
    press(SL_KEY_ENTER);
    end();
}

static void test_marks(void **state) {
    begin(80, 24);
    type("j  ");
    assert_int_equal(app.mark_count, 2);
    assert_true(sl_app_marked(&app, 12) && sl_app_marked(&app, 11));
    assert_here("c2d901");
    type("k ");
    assert_int_equal(app.mark_count, 1);
    type("gg"); // without groups and with them again
    press(SL_KEY_HOME);
    type(" "); // the whole group
    assert_int_equal(app.mark_count, 7);
    press(SL_KEY_HOME);
    type(" ");
    assert_int_equal(app.mark_count, 0);
    type("*");
    assert_int_equal(app.mark_count, 12);
    assert_true(sl_test_shows(&frame, "12 marked"));
    type("U");
    assert_int_equal(app.mark_count, 0);
    end();
}

static void test_filter(void **state) {
    sl_request request;
    begin(80, 24);
    type("/seed = 22");
    assert_true(sl_test_shows(&frame, " filter seed = 22"));
    press(SL_KEY_BACKSPACE);
    sl_app_request(&app, &request);
    assert_null(request.filter);
    press(SL_KEY_ENTER);
    sl_app_request(&app, &request);
    assert_string_equal(request.filter, "seed = 2");
    assert_true(sl_test_shows(&frame, " filter seed = 2"));
    assert_true(sl_test_shows(&frame, "12 of 12 runs"));
    type("/");
    type("\x15other"); // Ctrl-U
    press(SL_KEY_ESCAPE);
    sl_app_request(&app, &request);
    assert_string_equal(request.filter, "seed = 2");
    sl_snapshot wrong = *sl_test_snapshot();
    wrong.filter_problem = "no option \"sed\". Did you mean \"seed\"?";
    app.snapshot = &wrong;
    sl_app_draw(&app, &frame);
    assert_true(sl_test_shows(&frame, "Did you mean"));
    wrong.filter_problem = "column 9: a number or a text in quotes has to stand here; a text is written 'x'";
    sl_app_draw(&app, &frame);
    assert_non_null(strstr(sl_test_row(&frame, 20), " filter seed = 2"));
    assert_non_null(
        strstr(sl_test_row(&frame, 21), " column 9: a number or a text in quotes has to stand here; a text is written"));
    press(SL_KEY_ESCAPE);
    sl_app_request(&app, &request);
    assert_null(request.filter);
    wrong.problem = "semiluna.db: the file is gone";
    sl_app_draw(&app, &frame);
    assert_true(sl_test_shows(&frame, "the file is gone"));
    end();
}

static void test_sorting(void **state) {
    sl_request request;
    begin(120, 40);
    sl_app_request(&app, &request);
    assert_int_equal(request.sort, SL_SORT_NEWEST);
    assert_int_equal(request.run_count, 1);
    assert_int_equal(request.runs[0], 12);
    bool seen[SL_SORT_COUNT] = {false};
    int steps = 0;
    do {
        type("o");
        assert_false(seen[app.sort]);
        seen[app.sort] = true;
        steps++;
    } while (app.sort != SL_SORT_NEWEST);
    assert_true(steps >= 8 && seen[SL_SORT_MIOU] && seen[SL_SORT_SEG]);
    type("O");
    sl_app_request(&app, &request);
    assert_true(request.reverse);
    assert_int_equal(sl_config_number(&app.config, "reverse", 0, 1, 5), 1);
    // A click on a title.
    const char *titles = sl_test_row(&frame, 1);
    int x = (int)(strstr(titles, "mIoU") - titles);
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = x, .y = 1});
    assert_int_equal(app.sort, SL_SORT_MIOU);
    assert_false(app.reverse);
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = x, .y = 1});
    assert_true(app.reverse);
    // And on a line; the wheel.
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = 10, .y = 4});
    sl_app_draw(&app, &frame);
    assert_here("1b80aa");
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_DOWN, .x = 10, .y = 4});
    sl_app_draw(&app, &frame);
    assert_here("aa55d0");
    end();
}

// The chosen run: beneath where the table leaves room, beside it where the screen is wide.
static void test_panel(void **state) {
    begin(100, 40);
    type("j");
    assert_non_null(strstr(sl_test_row(&frame, 17), "\xE2\x94\x80 9f31c2 T=.5"));
    assert_true(sl_test_shows(&frame, "mIoU %"));
    assert_true(sl_test_shows(&frame, "segmentation loss"));
    assert_true(sl_test_shows(&frame, "IoU of classes, worst first"));
    type("v");
    assert_false(sl_test_shows(&frame, "mIoU %"));
    type("v");
    assert_ok(sl_frame_resize(&frame, 100, 24)); // no room
    sl_app_draw(&app, &frame);
    assert_false(sl_test_shows(&frame, "mIoU %"));
    assert_ok(sl_frame_resize(&frame, 100, 29));
    sl_app_draw(&app, &frame);
    assert_true(sl_test_shows(&frame, "mIoU %"));
    assert_ok(sl_frame_resize(&frame, 120, 24));
    sl_app_draw(&app, &frame);
    assert_non_null(strstr(sl_test_row(&frame, 1), "\xE2\x94\x82 9f31c2 T=.5"));
    end();
}

static void test_folding(void **state) {
    begin(100, 40);
    int runs = 0;
    type("v"); // the table alone
    type("f"); // the first group: cells
    assert_true(sl_test_shows(&frame, "27.1 ± 1.0"));
    assert_true(sl_test_shows(&frame, "deadbe"));
    assert_false(sl_test_shows(&frame, "9f31c2"));
    type("f"); // one line
    assert_false(sl_test_shows(&frame, "27.1 ± 1.0"));
    assert_true(sl_test_shows(&frame, "20.0-33.1"));
    press(SL_KEY_ENTER); // open again
    assert_true(sl_test_shows(&frame, "9f31c2"));
    type("FF");
    for (int y = 2; y < 38; y++) runs += strstr(sl_test_row(&frame, y), "deadbe") != NULL;
    assert_int_equal(runs, 0);
    assert_int_equal(sl_config_number(&app.config, "runs.fold", 0, 9, 9), 2);
    end();
}

// Keys of every kind, in any order: nothing hangs, and what is drawn is printable.
static void test_any_keys(void **state) {
    uint64_t seed = 7;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : 30000;
    begin(100, 30);
    for (int i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t random = (uint32_t)(seed >> 33);
        sl_input input = {
            .key = (sl_key)(random % SL_KEY_COUNT), .x = (int)(random >> 8) % 130 - 5, .y = (int)(random >> 16) % 40 - 3};
        static const uint32_t characters[] = {0x6708, 0x301, 0x1F319, 0x7F, 1, 21, 23, 11};
        input.character = random >> 20 & 7 ? 32 + (random >> 5) % 95 : characters[random >> 9 & 7];
        if (random % 3 == 0) input.key = SL_KEY_CHARACTER;
        app.now += 0.1;
        sl_app_input(&app, &input);
        app.quit = false;
        if (random % 17 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        sl_snapshot changing = *sl_test_snapshot();
        changing.run_count = (random >> 3) % 13;
        app.snapshot = random % 50 ? random % 5 ? sl_test_snapshot() : &changing : NULL;
        sl_app_draw(&app, &frame);
        for (int at = 0; at < frame.width * frame.height; at++) {
            uint32_t character = frame.cells[at].character;
            assert_false(character != 0 && (character < 32 || character == 127));
        }
        app.snapshot = NULL; // `changing` ends here
    }
    printf("pressed %d keys\n", count);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames), cmocka_unit_test(test_small),   cmocka_unit_test(test_moving),
        cmocka_unit_test(test_marks),  cmocka_unit_test(test_filter),  cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_panel),  cmocka_unit_test(test_folding), cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
