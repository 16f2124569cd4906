// The Health screen, drawn from runs that are ill in every way and from runs that are well, in every size and held against files
// cell by cell; what its keys and the mouse do.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/health.h"
#include "ui/tui/app.h"
#include "ui/tui/findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct { int width, height; } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {240, 70}};
enum { SIZES = sizeof sizes / sizeof *sizes, RUNS = 12 };

static sl_app app;
static sl_frame frame;
static sl_snapshot snapshot;
static sl_run_row rows[RUNS];
static sl_run_detail details[2];

static const sl_finding_row starved[] = {
    {SL_FINDING_D_STRONG, SL_SEVERITY_WARN, "D too strong",
     "the discriminator is too strong: its loss is about 0.024, below 0.1, so it teaches the network little and trusts few "
     "pixels: "
     "lower method.discriminator_lr or method.discriminator_width"},
    {SL_FINDING_STARVED, SL_SEVERITY_WARN, "bicyclist starved",
     "bicyclist gets no pseudo-labels (0 of 1.7 M kept pixels of the last evaluation): lower method.threshold, or raise "
     "method.semi_start until it is known"},
    {SL_FINDING_KEPT_ALL, SL_SEVERITY_NOTE, "keeps everything",
     "the threshold of 0 keeps 100 % of the unlabelled pixels, right or wrong: raise method.threshold"},
};
static const sl_finding_row diverged = {
    SL_FINDING_DIVERGED, SL_SEVERITY_BAD, "diverged",
    "the run diverged (step 203: seg is nan): lower optimizer.lr or method.lambda_adv, or start "
    "with sl.warmup"};
static const sl_finding_row dead = {
    SL_FINDING_HEARTBEAT, SL_SEVERITY_BAD, "no heartbeat",
    "no sign of life for 4000 s: look at the machine it runs on, or go on with `semiluna run --resume`"};
static const sl_finding_row hostile = {
    SL_FINDING_DIVERGED, SL_SEVERITY_BAD, "failed",
    "the run failed: no space left\033[2J on the device\nwhile \xff\xfe writing \u6708\u5149 and "
    "averylongwordwithoutanyblankinitthatgoesonandonandonandonandonandonandonandonandonandonandonandon"};
static const char *const option_names[] = {"method.discriminator_lr", "method.threshold", "optimizer.lr"};
static const char *const option_values[] = {"poly(0.0001, 0.9)", "0.2", "0.01"};

// The fixed model; in sickness, or in health.
static void fill(bool ill) {
    static const sl_series_column now = {812, 0.5, 0.5, 0.5};
    static const sl_series used = {.name = "option.method.threshold", .columns = &now, .count = 1};
    snapshot = *sl_test_snapshot();
    for (int i = 0; i < RUNS; i++) {
        rows[i] = snapshot.runs[i];
        if (!ill && rows[i].state >= SL_STATE_FAILED) rows[i].state = SL_STATE_DONE;
    }
    if (ill) {
        rows[0].findings = starved, rows[0].finding_count = 3;
        rows[3].findings = &diverged, rows[3].finding_count = 1;
        rows[6].findings = &dead, rows[6].finding_count = 1;
        rows[8].findings = &hostile, rows[8].finding_count = 1;
    }
    for (int i = 0; i < 2; i++)
        details[i] = (sl_run_detail){.run = rows[i],
                                     .option_names = option_names,
                                     .option_values = option_values,
                                     .option_count = 3,
                                     .series = &used,
                                     .series_count = 1};
    snapshot.runs = rows;
    snapshot.details = details;
    snapshot.detail_count = 2;
}

static void redraw(void) {
    sl_app_draw(&app, &frame);
}

static void begin(bool ill, int width, int height) {
    fill(ill);
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = &snapshot;
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    assert_ok(sl_frame_resize(&frame, width, height));
    redraw();
    sl_app_push(&app, SL_ON_HEALTH);
    redraw();
}

static void end(void) {
    sl_app_close(&app);
    sl_frame_free(&frame);
}

static void press(sl_key key) {
    sl_app_input(&app, &(sl_input){.key = key});
    redraw();
}

static void type(const char *text) {
    for (; *text; text++) sl_app_input(&app, &(sl_input){.key = SL_KEY_CHARACTER, .character = (unsigned char)*text});
    redraw();
}

static void held(const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
}

static void assert_shows(const char *text) {
    if (!sl_test_shows(&frame, text)) fail_msg("\"%s\" is not shown", text);
}

// The line that the person stands on.
static void assert_here(const char *part) {
    for (int y = 0; y < frame.height; y++) {
        const char *row = sl_test_row(&frame, y);
        if (*row != '>') continue;
        if (!strstr(row, part)) fail_msg("expected to stand on \"%s\", but it is \"%s\"", part, row);
        return;
    }
    fail_msg("the person stands nowhere");
}

static int row_of(const char *text) {
    for (int y = 0; y < frame.height; y++)
        if (strstr(sl_test_row(&frame, y), text)) return y;
    fail_msg("\"%s\" is not shown", text);
    return 0;
}

static void test_frames(void **state) {
    for (int i = 0; i < SIZES; i++) {
        begin(true, sizes[i].width, sizes[i].height);
        held("health");
        for (int k = 0; k < 3; k++) type("j"); // what the options are now
        held("health_fourth");
        end();
        begin(false, sizes[i].width, sizes[i].height);
        held("health_well");
        end();
    }
    begin(true, 80, 24);
    app.utf8 = false;
    redraw();
    held("health_ascii");
    for (int i = 0; i < 80 * 24; i++) assert_in_range(frame.cells[i].character, 32, 126);
    app.utf8 = true;
    app.theme.depth = SL_DEPTH_NONE;
    redraw();
    held("health_nocolor");
    end();
}

static void test_moving(void **state) {
    sl_request request;
    begin(true, 100, 40);
    assert_shows("6 findings");
    assert_shows("4 of 12 runs are ill");
    assert_shows("2 train");
    assert_shows("60 % full, 400 GB free");
    assert_here("77e0f3"); // the worst first, as the table has them
    press(SL_KEY_DOWN);
    assert_here("5ca1ab");
    type("j");
    assert_here("feedfa");
    type("j");
    assert_here("D too strong");
    // What the option is now, and asked for its run alone.
    assert_shows("method.discriminator_lr = poly(0.0001, 0.9)");
    sl_app_request(&app, &request);
    assert_int_equal(request.run_count, 1);
    assert_int_equal(request.runs[0], 12);
    type("j");
    assert_here("bicyclist starved");
    assert_shows("method.threshold = 0.2 (now 0.5)");
    type("j");
    assert_here("keeps everything"); // notes last
    type("j");
    assert_here("discriminator loss, least");
    sl_app_request(&app, &request);
    assert_int_equal(request.run_count, 0);
    press(SL_KEY_ENTER); // nothing to open
    assert_here("discriminator loss, least");
    press(SL_KEY_END);
    assert_here("points of a metric");
    press(SL_KEY_PAGE_UP);
    press(SL_KEY_HOME);
    assert_here("77e0f3");
    press(SL_KEY_PAGE_DOWN);
    for (int i = 0; i < 100; i++) press(SL_KEY_UP);
    assert_here("77e0f3");
    // The finding is stood on whatever becomes of the list around it.
    type("jjjj");
    assert_here("bicyclist starved");
    rows[3].finding_count = rows[6].finding_count = 0;
    redraw();
    assert_here("bicyclist starved");
    assert_shows("2 of 12 runs are ill");
    rows[0].finding_count = 1; // it goes: on what stands near
    redraw();
    assert_here("D too strong");
    rows[0].finding_count = rows[8].finding_count = 0;
    redraw();
    assert_shows("all is well");
    assert_shows("nothing found");
    end();
}

static void test_opening(void **state) {
    begin(true, 100, 40);
    type("jjj");
    press(SL_KEY_ENTER);
    assert_int_equal(app.selected, 12);
    assert_int_equal(app.levels[app.depth - 1].screen->id, SL_ON_RUN);
    type("q"); // back where it was
    assert_here("D too strong");
    press(SL_KEY_HOME);
    press(SL_KEY_ENTER);
    assert_int_equal(app.selected, 9);
    type("a");
    assert_here("77e0f3");
    press(SL_KEY_ENTER);
    type("]a"); // back from another run: that comes first
    assert_int_equal(app.selected, 8);
    assert_shows("aa55d0 T=.2 1/4 s1: nothing is wrong with it");
    assert_here("77e0f3");
    // Run by run.
    type("[");
    assert_int_equal(app.selected, 9);
    assert_here("77e0f3");
    type("[[[");
    assert_int_equal(app.selected, 12);
    assert_here("D too strong");
    end();
    // Opened from a run: its findings first, however mild.
    begin(true, 100, 40);
    type("qj");
    press(SL_KEY_ENTER);
    type("a");
    assert_here("D too strong");
    type("jj");
    assert_here("keeps everything");
    type("j");
    assert_here("77e0f3");
    press(SL_KEY_ENTER); // the Run screen below shows the other
    assert_int_equal(app.selected, 9);
    assert_int_equal(app.levels[app.depth - 1].screen->id, SL_ON_RUN);
    type("q");
    assert_shows("12 runs");
    end();
    // A run that has ended well is judged by what it left, where it is asked for.
    static const char *const sentences[] = {"the discriminator is too strong: lower method.discriminator_lr"};
    static const int severities[] = {SL_SEVERITY_WARN};
    begin(true, 100, 40);
    rows[1].state = SL_STATE_DONE;
    details[1].findings = sentences;
    details[1].finding_severities = severities;
    details[1].finding_count = 1;
    app.selected = 11;
    type("q");
    type("jj"); // onto it
    press(SL_KEY_ENTER);
    type("a");
    assert_int_equal(app.selected, 11);
    assert_here("1b80aa");
    assert_shows("done at step 640");
    sl_request request;
    sl_app_request(&app, &request);
    assert_true(request.run_count >= 1 && request.runs[0] == 11);
    end();
}

static void test_disk(void **state) {
    begin(false, 80, 24);
    snapshot.disk_free = 1.5e9;
    redraw();
    assert_here("the disk  disk nearly full");
    assert_shows("only 1.50 GB are left");
    assert_shows("the runs are well");
    press(SL_KEY_ENTER);
    assert_shows("of no single run");
    snapshot.disk_free = 1e8;
    redraw();
    assert_here("disk full");
    snapshot.disk_free = snapshot.disk_total = NAN;
    redraw();
    assert_shows("disk: not known");
    snapshot.disk_free = 2e13, snapshot.disk_total = 4e13;
    redraw();
    assert_shows("20.0 TB free");
    // Each run tells of the disk; it is one disk.
    static const sl_finding_row full = {SL_FINDING_DISK, SL_SEVERITY_BAD, "disk full", "full"};
    for (int i = 0; i < RUNS; i++) rows[i].findings = &full, rows[i].finding_count = 1;
    snapshot.disk_free = 1e8, snapshot.disk_total = 1e12;
    redraw();
    assert_shows("1 finding");
    end();
}

static void test_nothing(void **state) {
    begin(true, 80, 24);
    app.snapshot = NULL;
    redraw();
    assert_shows("reading");
    type("jkq");
    sl_app_push(&app, SL_ON_HEALTH);
    sl_snapshot empty = {.complete = true, .disk_free = NAN, .disk_total = NAN};
    app.snapshot = &empty;
    app.selected = 0;
    redraw();
    assert_shows("no runs yet");
    held("health_empty");
    sl_app_set_filter(&app, "nothing");
    redraw();
    assert_shows("no run fits the filter");
    type("jk[]");
    press(SL_KEY_ENTER);
    press(SL_KEY_END);
    end();
}

static void test_mouse(void **state) {
    begin(true, 100, 40);
    int y = row_of("feedfa");
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = 10, .y = y + 1}); // its text
    redraw();
    assert_here("feedfa");
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_DOWN, .x = 10, .y = y});
    redraw();
    assert_here("D too strong");
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_UP, .x = 10, .y = y});
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = 500, .y = -3});
    redraw();
    assert_here("feedfa");
    y = row_of("5ca1ab");
    for (int i = 0; i < 2; i++) sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = 10, .y = y});
    assert_int_equal(app.selected, 6);
    assert_int_equal(app.levels[app.depth - 1].screen->id, SL_ON_RUN);
    end();
}

// As many as there may be: the list is quick, and the last one can be reached.
static void test_many(void **state) {
    enum { MANY = 3000 };
    static sl_run_row many[MANY];
    begin(true, 80, 24);
    for (int i = 0; i < MANY; i++) {
        many[i] = rows[i % RUNS];
        many[i].id = i + 1;
        many[i].findings = i % 2 ? &diverged : starved;
        many[i].finding_count = i % 2 ? 1 : 3;
    }
    snapshot.runs = many;
    snapshot.run_count = MANY;
    redraw();
    assert_shows("6000 findings");
    assert_shows("3000 of 3000 runs are ill");
    press(SL_KEY_END);
    assert_here("points of a metric");
    for (int i = 0; i < 18; i++) press(SL_KEY_UP);
    assert_here("keeps everything");
    press(SL_KEY_HOME);
    assert_here("diverged");
    end();
}

// Keys of every kind, in any order and in any size: nothing hangs, and what is drawn is printable.
static void test_any_keys(void **state) {
    uint64_t seed = 5;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : 20000;
    begin(true, 100, 30);
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
        sl_app_push(&app, SL_ON_HEALTH);
        if (random % 17 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        if (random % 41 == 0) fill(random & 1024);
        if (random % 43 == 0) snapshot.run_count = (random >> 9) % (RUNS + 1);
        if (random % 47 == 0) snapshot.disk_free = random & 512 ? 1e8 : 1e12;
        app.snapshot = random % 50 ? &snapshot : NULL;
        app.theme.depth = (sl_depth)((random >> 11) % 4);
        app.utf8 = random % 3;
        redraw();
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
        cmocka_unit_test(test_frames), cmocka_unit_test(test_moving),   cmocka_unit_test(test_opening),
        cmocka_unit_test(test_disk),   cmocka_unit_test(test_nothing),  cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_many),   cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
