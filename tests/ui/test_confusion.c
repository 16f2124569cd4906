// The Confusion screen, drawn from matrices of 2 to 150 classes in every size and held against files cell by cell; what its keys
// and the mouse do, and what it says where there is nothing to show.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/app.h"
#include "ui/tui/chart/heat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct { int width, height; } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {240, 70}};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 150, EVALUATIONS = 4 };

static sl_app app;
static sl_frame frame;
static sl_snapshot snapshot;
static sl_run_detail details[2];
static int64_t counts[MOST * MOST];
static const int64_t steps[EVALUATIONS] = {200, 400, 600, 800};
static double iou[EVALUATIONS * MOST];
static char long_names[MOST][40];
static const char *names[MOST];

static const char *const streets[] = {"sky",  "building", "pole", "road",       "pavement", "tree",
                                      "sign", "fence",    "car",  "pedestrian", "bicyclist"};
static const char *const things[] = {"background", "aeroplane", "bicycle", "bird",  "boat",  "bottle", "bus",
                                     "car",        "cat",       "chair",   "cow",   "table", "dog",    "horse",
                                     "motorbike",  "person",    "plant",   "sheep", "sofa",  "train",  "monitor"};
static const char *const hostile[] = {"\033[31mred",
                                      "new\nline",
                                      "\xff\xfe",
                                      "\u6708\u5149\u6708\u5149\u6708\u5149",
                                      "",
                                      "a name that goes on and on and on and on and on and on and on and on and on and on"};

// Classes of falling frequency; each is right the less the rarer it is, and mistaken for a few others.
static void fill(size_t classes) {
    uint64_t seed = 11;
    for (size_t i = 0; i < classes; i++) {
        double pixels = 5e6 / (1 + (double)i * (double)i), right = 0.95 - 0.9 * (double)i / (double)classes;
        for (size_t k = 0; k < classes; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            double share = (double)(seed >> 40) / (1 << 24);
            double wrong = share > 0.7 ? (1 - right) * share / (2 + (double)(k * k) / 4) : 0;
            counts[i * classes + k] = (int64_t)(pixels * (i == k ? right : wrong));
        }
        for (int e = 0; e < EVALUATIONS; e++) iou[(size_t)e * classes + i] = fmax(0, right - 0.1 * (EVALUATIONS - e));
        snprintf(long_names[i], sizeof long_names[i], "class number %zu", i + 1);
        names[i] = classes == 11 ? streets[i] : classes == 21 ? things[i] : classes == 6 ? hostile[i] : long_names[i];
    }
    if (classes == 2) counts[1] = 345678, counts[2] = 23456;
    if (classes > 4) // one that never occurs, and one that is never predicted
        for (size_t i = 0; i < classes; i++) counts[4 * classes + i] = counts[i * classes + 2] = 0;
    for (int i = 0; i < 2; i++)
        details[i] = (sl_run_detail){.run = sl_test_snapshot()->runs[i],
                                     .class_names = names,
                                     .evaluation_steps = steps,
                                     .iou = iou,
                                     .classes = classes,
                                     .evaluations = EVALUATIONS,
                                     .confusion = counts,
                                     .confusion_step = 800,
                                     .confusion_split = "val",
                                     .split = "val"};
    snapshot = *sl_test_snapshot();
    snapshot.details = details;
    snapshot.detail_count = 2;
}

static void redraw(void) {
    sl_app_draw(&app, &frame);
}

static void begin(size_t classes, int width, int height) {
    fill(classes);
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = &snapshot;
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    assert_ok(sl_frame_resize(&frame, width, height));
    redraw();
    app.selected = 12;
    sl_app_push(&app, SL_ON_CONFUSION);
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

// Where a text begins in the frame, in cells.
static void find(const char *text, int *x, int *y) {
    for (*y = 0; *y < frame.height; (*y)++) {
        const char *row = sl_test_row(&frame, *y), *at = strstr(row, text);
        if (!at) continue;
        *x = 0;
        for (; row < at; row++) *x += ((unsigned char)*row & 0xC0) != 0x80;
        return;
    }
    fail_msg("\"%s\" is not shown", text);
}

// In 120 columns the selected class stands at the end of the first line.
static void assert_chosen(const char *name) {
    const char *row = sl_test_row(&frame, 1);
    size_t length = strlen(row), size = strlen(name);
    if (length < size || strcmp(row + length - size, name) != 0) fail_msg("the selected class is not %s: %s", name, row);
}

static void click(int x, int y) {
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = x, .y = y});
    redraw();
}

static int64_t wanted_step(void) {
    sl_request request;
    sl_app_request(&app, &request);
    assert_int_equal(request.run_count, 1);
    assert_int_equal(request.runs[0], app.selected);
    return request.confusion_step;
}

static void test_frames(void **state) {
    static const size_t classes[] = {2, 11, 21, 150};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < SIZES; i++) {
            char name[32];
            begin(classes[k], sizes[i].width, sizes[i].height);
            if (classes[k] > 11) type("jjj");
            snprintf(name, sizeof name, "confusion_%zu", classes[k]);
            held(name);
            end();
        }
    begin(11, 120, 40);
    type("y");
    held("confusion_of_prediction");
    type("y");
    held("confusion_pixels");
    end();
    begin(6, 120, 40);
    held("confusion_hostile");
    end();
}

static void test_plain(void **state) {
    begin(11, 80, 24);
    app.utf8 = false;
    redraw();
    held("confusion_ascii");
    for (int i = 0; i < 80 * 24; i++) assert_in_range(frame.cells[i].character, 32, 126);
    app.utf8 = true;
    app.theme.depth = SL_DEPTH_NONE;
    redraw();
    held("confusion_nocolor");
    int x = 0, y = 0, underlined = 0;
    find("sky", &x, &y);
    for (int row = 0; row < 24; row++)
        for (int column = 0; column < 80; column++) {
            sl_style style = frame.cells[row * 80 + column].style;
            underlined += style.attributes & SL_ATTR_UNDERLINE ? 1 : 0;
            assert_true(style.background == SL_COLOR_DEFAULT || style.foreground < SL_COLOR_ROLES);
        }
    assert_true(underlined >= 11); // the diagonal
    end();
    // In colours right and wrong differ even where they are as much.
    begin(2, 80, 24);
    counts[0] = counts[1] = counts[2] = counts[3] = 50;
    redraw();
    sl_color right = 0, wrong = 0;
    for (int i = 0; i < 80 * 24; i++) {
        if (frame.cells[i].style.background == sl_heat_color(SL_DEPTH_TRUE, 0.5)) right++;
        if (frame.cells[i].style.background == sl_heat_wrong_color(SL_DEPTH_TRUE, 0.5)) wrong++;
    }
    assert_true(right >= 12 && right == wrong);
    end();
}

static void test_classes(void **state) {
    begin(11, 120, 40);
    assert_chosen("sky");
    press(SL_KEY_DOWN);
    assert_chosen("building");
    type("k");
    for (int i = 0; i < 40; i++) press(SL_KEY_UP); // not beyond the first
    press(SL_KEY_PAGE_DOWN);
    for (int i = 0; i < 40; i++) press(SL_KEY_DOWN);
    assert_chosen("bicyclist");
    // What it says of a class is what its row and column say.
    double truth = 0, predicted = 0;
    for (int i = 0; i < 11; i++) truth += (double)counts[10 * 11 + i], predicted += (double)counts[i * 11 + 10];
    char text[64];
    snprintf(text, sizeof text, "recall %.1f", 100 * (double)counts[120] / truth);
    assert_shows(text);
    snprintf(text, sizeof text, "precision %.1f", 100 * (double)counts[120] / predicted);
    assert_shows(text);
    snprintf(text, sizeof text, "IoU %.1f", 100 * (double)counts[120] / (truth + predicted - (double)counts[120]));
    assert_shows(text);
    press(SL_KEY_PAGE_UP);
    assert_chosen("sky");
    // A class that never occurs has no share of truth; one that is never predicted none of prediction.
    for (int i = 0; i < 20; i++) press(SL_KEY_UP);
    type("jjjj");
    assert_shows("recall -");
    type("kk");
    assert_shows("precision -");
    end();
    begin(150, 80, 24);
    for (int i = 0; i < 149; i++) type("j");
    assert_shows("class number 150");
    assert_shows("\u2193139-150 \u219292-150"); // where in the matrix it is
    end();
}

static void test_evaluations(void **state) {
    begin(11, 100, 30);
    assert_shows("step 800");
    assert_shows("val 4 of 4");
    assert_int_equal(wanted_step(), 0);
    press(SL_KEY_LEFT);
    assert_int_equal(wanted_step(), 600);
    press(SL_KEY_LEFT);
    type("h");
    assert_int_equal(wanted_step(), 200);
    for (int i = 0; i < 5; i++) press(SL_KEY_LEFT);
    assert_int_equal(wanted_step(), 200);
    details[0].confusion_step = 200; // as it comes from the collector
    redraw();
    assert_shows("step 200");
    assert_shows("val 1 of 4");
    type("l");
    assert_int_equal(wanted_step(), 400);
    press(SL_KEY_END);
    assert_int_equal(wanted_step(), 0);
    press(SL_KEY_HOME);
    assert_int_equal(wanted_step(), 200);
    for (int i = 0; i < 4; i++) press(SL_KEY_RIGHT);
    assert_int_equal(wanted_step(), 0);
    assert_shows("always the newest");
    // Another run: its own matrix, at the same step.
    press(SL_KEY_LEFT);
    type("]");
    assert_int_equal(app.selected, 11);
    assert_int_equal(wanted_step(), 600);
    assert_shows("1b80aa");
    type("[");
    assert_int_equal(app.selected, 12);
    type("q");
    assert_shows("12 runs");
    end();
}

static void test_shares(void **state) {
    begin(11, 120, 40);
    assert_shows("worst pairs, % of truth");
    type("y");
    assert_shows("worst pairs, % of prediction");
    assert_int_equal(sl_config_number(&app.config, "confusion.share", 0, 9, 9), 1);
    type("y");
    assert_shows("worst pairs by pixels");
    type("y");
    assert_shows("worst pairs, % of truth");
    end();
}

static void test_mouse(void **state) {
    int x = 0, y = 0;
    begin(11, 120, 40);
    find("building ", &x, &y);
    click(x + 2, y);
    assert_chosen("building");
    click(12 + 3 + 1, y); // its first cell: the sky
    assert_shows("building is taken for sky:");
    find("\u2192", &x, &y); // the worst pair
    click(x, y);
    assert_shows(" is taken for ");
    end();
    begin(21, 120, 40);
    find("\u2192 ", &x, &y);
    char first[200];
    snprintf(first, sizeof first, "%s", sl_test_row(&frame, y));
    for (int i = 0; i < 5; i++) sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_DOWN, .x = x, .y = y});
    redraw();
    if (!strcmp(first, sl_test_row(&frame, y))) fail_msg("the pairs are not scrolled");
    for (int i = 0; i < 9; i++) sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_UP, .x = x, .y = y});
    redraw();
    assert_string_equal(first, sl_test_row(&frame, y));
    end();
    begin(11, 120, 40);
    find("prec.", &x, &y); // the table of classes
    click(x, y + 4);
    assert_chosen("road");
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_DOWN, .x = 3, .y = 8});
    redraw();
    assert_chosen("sign");
    click(119, 0); // nothing is there
    click(-1, 500);
    assert_chosen("sign");
    end();
}

static void test_nothing(void **state) {
    static const char *const option = "evaluate.every", *const value = "500", *const zero = "nil";
    begin(11, 80, 24);
    app.snapshot = NULL;
    redraw();
    assert_shows("reading");
    app.snapshot = &snapshot;
    snapshot.detail_count = 0;
    redraw();
    assert_shows("reading");
    sl_snapshot empty = {.complete = true};
    app.snapshot = &empty;
    app.selected = 0;
    redraw();
    assert_shows("semiluna run SCRIPT records one");
    type("jkhly[]");
    empty.problem = "semiluna.db: the file is gone";
    redraw();
    assert_shows("nothing can be read yet");
    app.snapshot = &snapshot;
    app.selected = 12;
    snapshot.detail_count = 2;
    details[0].confusion = NULL;
    redraw();
    assert_shows("no confusion matrix of this evaluation");
    press(SL_KEY_LEFT);
    assert_int_equal(wanted_step(), 600);
    details[0].evaluations = 0;
    details[0].option_names = &option;
    details[0].option_values = &value;
    details[0].option_count = 1;
    details[0].run.step = 100;
    redraw();
    held("confusion_not_evaluated");
    assert_shows("the first evaluation comes at step 500");
    details[0].run.step = 1100;
    redraw();
    assert_shows("does the function of `evaluate` ask for a mIoU?");
    details[0].option_values = &zero;
    redraw();
    assert_shows("at its end");
    details[0].run.state = SL_STATE_DONE;
    redraw();
    assert_shows("semiluna eval RUN");
    type("jkhly");
    // A matrix of nothing but zeros.
    fill(11);
    memset(counts, 0, sizeof counts);
    redraw();
    assert_shows("mIoU -");
    assert_shows("nothing is taken for anything else");
    // Numbers that no evaluation gives.
    for (int i = 0; i < 121; i++) counts[i] = i % 3 ? INT64_MAX : INT64_MIN;
    for (int i = 0; i < 3; i++) type("yj");
    end();
}

// Keys of every kind, in any order and in any size: nothing hangs, and what is drawn is printable.
static void test_any_keys(void **state) {
    static const size_t classes[] = {2, 11, 21, 150, 6, 1};
    uint64_t seed = 3;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : 20000;
    begin(11, 100, 30);
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
        sl_app_push(&app, SL_ON_CONFUSION);
        if (random % 17 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        if (random % 101 == 0) fill(classes[(random >> 9) % 6]);
        app.snapshot = random % 50 ? &snapshot : NULL;
        app.selected = random % 7 ? 12 : 11;
        app.theme.depth = (sl_depth)((random >> 11) % 4);
        app.utf8 = random % 3;
        if (i % 4 == 0 || random % 17 == 0) redraw();
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
        cmocka_unit_test(test_frames),      cmocka_unit_test(test_plain),    cmocka_unit_test(test_classes),
        cmocka_unit_test(test_evaluations), cmocka_unit_test(test_shares),   cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_nothing),     cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
