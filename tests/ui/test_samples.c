// The Samples screen, drawn from pictures of a street in every size and held against files cell by cell; what its keys and the
// mouse do, and what it says where there is nothing to show.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct { int width, height; } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {240, 70}};
enum { SIZES = sizeof sizes / sizeof *sizes, WIDTH = 96, HEIGHT = 72, CLASSES = 6, VOID = CLASSES, IMAGES = 8, STEPS = 5 };

static sl_app app;
static sl_frame frame;
static sl_snapshot snapshot;
static sl_run_detail details[2];
static sl_samples samples[2];
static uint8_t rgb[2][SL_SAMPLE_KINDS][3 * WIDTH * HEIGHT], labels[2][SL_SAMPLE_KINDS][WIDTH * HEIGHT];
static sl_sample_class classes[2][CLASSES];
static const char *const splits[IMAGES] = {"val", "val", "val", "val", "unlabeled", "unlabeled", "unlabeled", "unlabeled"};
static const char *const images[IMAGES] = {"0016E5_07963",  "0016E5_08051",  "0016E5_08119",   "0016E5_08155",
                                           "0001TP_006690", "0001TP_007260", "Seq05VD_f00210", "\033[31mred\n\u6708\u5149"};
static const int64_t steps[STEPS] = {0, 200, 400, 600, 800};
static const char *const names[CLASSES] = {"sky", "building", "road", "car", "tree", "a class of a long name"};
static const uint8_t colors[CLASSES + 1][3] = {{128, 128, 128}, {128, 0, 0}, {128, 64, 128}, {64, 0, 128},
                                               {128, 128, 0},   {64, 0, 0},  {224, 224, 192}};

// The class at a place of the street.
static int street(int x, int y) {
    if ((x - 70) * (x - 70) + 2 * (y - 52) * (y - 52) < 90) return 3;
    if (y > 36 && 3 * (y - 36) > abs(x - 48)) return 2;
    if (y < 34 && abs(x - 48) < 30 - y) return 0;
    if (x > 62 && y < 40) return 4;
    if (x == 40 || x == 41) return 5;
    return y == 37 ? VOID : 1;
}

static void paint(int run, int kind, int at, int label, const uint8_t *color) {
    memcpy(rgb[run][kind] + 3 * at, color, 3);
    labels[run][kind][at] = (uint8_t)label;
}

// Run 0 is at a good step, run 1 at a bad one.
static void fill_pictures(int run) {
    static const uint8_t dark[3] = {24, 24, 24};
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int at = y * WIDTH + x, truth = street(x, y), shift = run ? 9 : 2,
                guess = street(x < WIDTH - shift ? x + shift : x, y);
            if (guess == VOID || guess == 5) guess = 1;
            if (run && guess == 3) guess = 2;
            int sure = 255 - 3 * abs(x - 48) - 2 * abs(y - 20);
            if (sure < 0) sure = 0;
            uint8_t shade = (uint8_t)(40 + 20 * (truth % 6) + (x * 7 + y * 13) % 32),
                    color[3] = {shade, (uint8_t)(shade + 20), (uint8_t)(shade + 60)};
            uint8_t grey[3] = {(uint8_t)sure, (uint8_t)sure, (uint8_t)sure};
            paint(run, SL_SAMPLE_IMAGE, at, 0, color);
            paint(run, SL_SAMPLE_TRUTH, at, truth, colors[truth]);
            paint(run, SL_SAMPLE_PREDICTION, at, guess, colors[guess]);
            paint(run, SL_SAMPLE_CONFIDENCE, at, 0, grey);
            paint(run, SL_SAMPLE_KEPT, at, sure > 100 ? guess : VOID, sure > 100 ? colors[guess] : dark);
            if (truth == VOID) continue;
            classes[run][truth].truth++;
            classes[run][guess].predicted++;
            classes[run][guess].hit += guess == truth;
        }
}

static void fill(int run) {
    memset(classes[run], 0, sizeof classes[run]);
    for (int i = 0; i < CLASSES; i++) {
        classes[run][i].index = i;
        classes[run][i].name = i == 4 ? NULL : names[i];
        memcpy(classes[run][i].rgb, colors[i], 3);
    }
    fill_pictures(run);
    samples[run] = (sl_samples){.splits = splits,
                                .images = images,
                                .image_count = IMAGES,
                                .steps = steps,
                                .step_count = STEPS,
                                .at = STEPS - 1,
                                .time = SL_TEST_TIME - 3000,
                                .classes = classes[run],
                                .class_count = CLASSES,
                                .void_label = VOID,
                                .miou = run ? 0.21 : 0.574,
                                .right = run ? 0.6 : 0.881,
                                .kept = 0.61};
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++)
        samples[run].pictures[kind] =
            (sl_picture){.width = WIDTH,
                         .height = HEIGHT,
                         .rgb = rgb[run][kind],
                         .labels = kind == SL_SAMPLE_IMAGE || kind == SL_SAMPLE_CONFIDENCE ? NULL : labels[run][kind]};
    details[run] = (sl_run_detail){.run = sl_test_snapshot()->runs[run], .samples = &samples[run]};
}

static void redraw(void) {
    sl_app_draw(&app, &frame);
}

static void begin(int width, int height) {
    fill(0);
    fill(1);
    snapshot = *sl_test_snapshot();
    snapshot.details = details;
    snapshot.detail_count = 2;
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = &snapshot;
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    assert_ok(sl_frame_resize(&frame, width, height));
    redraw();
    app.selected = 12;
    sl_app_push(&app, SL_ON_SAMPLES);
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

static sl_request wanted(void) {
    sl_request request;
    sl_app_request(&app, &request);
    return request;
}

static void test_frames(void **state) {
    for (int i = 0; i < SIZES; i++) {
        begin(sizes[i].width, sizes[i].height);
        held("samples");
        sl_app_mark(&app, 11, true);
        type("b");
        held("samples_beside");
        type("b");
        press(SL_KEY_ENTER);
        held("samples_large");
        end();
    }
    // Without UTF-8, and without colours: letters and a ramp.
    for (int i = 0; i < 2; i++) {
        begin(80, 24);
        app.utf8 = i > 0;
        app.theme.depth = i ? SL_DEPTH_NONE : SL_DEPTH_256;
        redraw();
        held(i ? "samples_plain" : "samples_ascii");
        for (int at = 0; i == 0 && at < 80 * 24; at++) assert_in_range(frame.cells[at].character, 32, 126);
        end();
    }
}

// What there is to be seen of pictures is in the cells' colours, which text does not show.
static void test_colors(void **state) {
    begin(120, 40);
    int own = 0, other = 0;
    for (int i = 0; i < 120 * 40; i++) {
        sl_color back = frame.cells[i].style.background;
        own += back == SL_COLOR_RGB(128, 64, 128); // road
        other += back == SL_COLOR_RGB(1, 2, 3);
    }
    assert_true(own > 200 && other == 0);
    app.theme.depth = SL_DEPTH_8;
    redraw();
    for (int i = 0; i < 120 * 40; i++) assert_true(frame.cells[i].style.background < SL_COLOR_ROLES);
    assert_shows("a sky");
    end();
}

// Where the terminal shows pixels the pictures are of the frame, over blank cells; not without colours.
static void test_pixels(void **state) {
    begin(120, 40);
    app.pixels = true;
    redraw();
    assert_int_equal(frame.picture_count, 5);
    for (int i = 0; i < 5; i++) {
        const sl_frame_picture *picture = &frame.pictures[i];
        assert_true(picture->width == WIDTH && picture->height == HEIGHT);
        for (int y = picture->place.y; y < picture->place.y + picture->place.height; y++)
            for (int x = picture->place.x; x < picture->place.x + picture->place.width; x++)
                assert_true(frame.cells[y * 120 + x].character == ' ' &&
                            frame.cells[y * 120 + x].style.background == SL_COLOR_DEFAULT);
    }
    const sl_frame_picture *truth = &frame.pictures[SL_SAMPLE_TRUTH], *confidence = &frame.pictures[SL_SAMPLE_CONFIDENCE];
    assert_int_equal(truth->pixel(truth->source, WIDTH, HEIGHT, 48, 60), 0x804080);           // road
    assert_int_equal(confidence->pixel(confidence->source, WIDTH, HEIGHT, 48, 20), 0xFAE632); // sure, in the colours of heat
    uint64_t before = frame.pictures[SL_SAMPLE_PREDICTION].identity, same = truth->identity;
    rgb[0][SL_SAMPLE_PREDICTION][5]++;
    redraw();
    assert_true(frame.pictures[SL_SAMPLE_PREDICTION].identity != before && frame.pictures[SL_SAMPLE_TRUTH].identity == same);
    for (int i = 0; i < 2; i++) {
        app.theme.depth = i ? SL_DEPTH_NONE : SL_DEPTH_8;
        redraw();
        assert_int_equal(frame.picture_count, 0);
        assert_shows("a sky");
    }
    app.theme.depth = SL_DEPTH_TRUE;
    press(SL_KEY_F1); // another screen has none
    assert_int_equal(frame.picture_count, 0);
    end();
}

static void test_images(void **state) {
    begin(80, 24);
    assert_shows("val 0016E5_07963  1 of 8");
    sl_request request = wanted();
    assert_true(request.samples && request.run_count == 1 && request.runs[0] == 12 && !request.sample_past);
    assert_null(request.sample_image);
    press(SL_KEY_DOWN);
    assert_string_equal(wanted().sample_image, "0016E5_08051");
    type("jjj"); // before the first has come
    assert_string_equal(wanted().sample_image, "0001TP_006690");
    assert_string_equal(wanted().sample_split, "unlabeled");
    for (int i = 0; i < 9; i++) press(SL_KEY_DOWN);
    assert_string_equal(wanted().sample_image, images[7]); // no further
    samples[0].image = 7;
    redraw();
    assert_shows("\\x1b[31mred\\n");
    for (int i = 0; i < 9; i++) press(SL_KEY_UP);
    assert_string_equal(wanted().sample_image, images[0]);
    // A run that does not have the image shows its own first one.
    samples[0].image = IMAGES;
    redraw();
    assert_null(wanted().sample_image);
    end();
}

static void test_steps(void **state) {
    begin(80, 24);
    assert_shows("step 800");
    assert_shows("5 of 5  newest");
    press(SL_KEY_LEFT);
    assert_true(wanted().sample_past && wanted().sample_step == 600);
    type("hh");
    assert_int_equal(wanted().sample_step, 200);
    samples[0].at = 1;
    redraw();
    assert_shows("step 200");
    assert_shows("2 of 5");
    assert_false(sl_test_shows(&frame, "newest"));
    press(SL_KEY_HOME);
    assert_true(wanted().sample_past && wanted().sample_step == 0);
    press(SL_KEY_LEFT);
    assert_int_equal(wanted().sample_step, 0);
    press(SL_KEY_RIGHT);
    assert_int_equal(wanted().sample_step, 200);
    press(SL_KEY_END);
    assert_false(wanted().sample_past);
    press(SL_KEY_LEFT);
    press(SL_KEY_RIGHT);
    assert_int_equal(wanted().sample_step, 800); // this one, whatever comes
    press(SL_KEY_RIGHT);
    assert_false(wanted().sample_past);
    assert_shows("always the newest evaluation");
    sl_app_input(&app, &(sl_input){.key = SL_KEY_WHEEL_UP, .x = 20, .y = 10});
    assert_int_equal(wanted().sample_step, 600);
    // A click on the track.
    int x = 0, y = 2;
    for (int i = 0; i < 80; i++)
        if (frame.cells[y * 80 + i].character == 0xB7 && x == 0) x = i;
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = x, .y = y});
    assert_int_equal(wanted().sample_step, 0);
    samples[0].step_count = 0;
    samples[0].pictures[SL_SAMPLE_PREDICTION] = samples[0].pictures[SL_SAMPLE_CONFIDENCE] = samples[0].pictures[SL_SAMPLE_KEPT] =
        (sl_picture){0};
    redraw();
    assert_shows("no evaluation yet");
    press(SL_KEY_RIGHT);
    end();
}

static void test_kinds(void **state) {
    begin(60, 16); // one picture alone, tab by tab
    assert_shows("image  ground truth  prediction  confidence  kept");
    assert_true(frame.cells[3 * 60 + 22].style.foreground == SL_COLOR_ACCENT); // prediction
    press(SL_KEY_TAB);
    assert_true(frame.cells[3 * 60 + 34].style.foreground == SL_COLOR_ACCENT);
    press(SL_KEY_TAB);
    assert_shows("kept 61 %");
    press(SL_KEY_TAB);
    press(SL_KEY_BACKTAB);
    assert_int_equal(sl_config_number(&app.config, "samples.kind", 0, 9, 9), SL_SAMPLE_KEPT);
    end();
    begin(120, 40);
    assert_shows("ground truth");
    press(SL_KEY_ENTER); // the chosen one alone
    assert_shows("image  ground truth  prediction  confidence  kept");
    press(SL_KEY_ENTER);
    // A click chooses, a second one makes large.
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = 5, .y = 10});
    redraw();
    assert_true(frame.cells[4 * 120 + 1].style.foreground == SL_COLOR_ACCENT);
    sl_app_input(&app, &(sl_input){.key = SL_KEY_MOUSE_PRESS, .x = 5, .y = 10});
    redraw();
    assert_shows("image  ground truth  prediction  confidence  kept");
    // A method without confidence: three pictures. What was chosen is not there, so another stands out.
    press(SL_KEY_ENTER);
    for (int i = 0; i < 4; i++) press(SL_KEY_TAB);
    samples[0].pictures[SL_SAMPLE_CONFIDENCE] = samples[0].pictures[SL_SAMPLE_KEPT] = (sl_picture){0};
    redraw();
    assert_false(sl_test_shows(&frame, "confidence"));
    assert_true(frame.cells[4 * 120 + 1].style.foreground == SL_COLOR_ACCENT);
    // A picture that cannot be shown says why in its place.
    samples[0].pictures[SL_SAMPLE_TRUTH] = (sl_picture){.problem = "it cannot be shown: damaged PNG: IDAT: CRC error"};
    redraw();
    assert_shows("it cannot be shown");
    end();
}

static void test_beside(void **state) {
    begin(120, 40);
    type("b");
    assert_shows("no other run is marked");
    sl_app_mark(&app, 12, true); // itself is no other
    type("b");
    assert_int_equal(wanted().run_count, 1);
    sl_app_mark(&app, 11, true);
    type("b");
    sl_request request = wanted();
    assert_true(request.run_count == 2 && request.runs[0] == 12 && request.runs[1] == 11);
    assert_shows("9f31c2 T=.5 1/8 s3");
    assert_shows("1b80aa T=.5 1/8 s2");
    assert_shows("mIoU 21.0  right 60.0 %");
    // The other run may not have the image, or not be read yet.
    samples[1].image = IMAGES;
    samples[1].step_count = 0;
    memset(samples[1].pictures, 0, sizeof samples[1].pictures);
    redraw();
    assert_shows("this run has no");
    snapshot.detail_count = 1;
    redraw();
    assert_false(sl_test_shows(&frame, "1b80aa"));
    type("b");
    assert_int_equal(wanted().run_count, 1);
    type("]"); // the next run of the table, the same image
    assert_int_equal(app.selected, 11);
    end();
}

static void test_nothing(void **state) {
    static const struct {
        const char *stored;
        sl_run_state state;
        const char *says;
    } cases[] = {{"4", SL_STATE_RUNNING, "they come with its first step"},
                 {"0", SL_STATE_DONE, "evaluate.samples = 0"},
                 {NULL, SL_STATE_DONE, "it was recorded before there were any"},
                 {"4", SL_STATE_DONE, "semiluna show RUN lists its warnings"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < SIZES; k++) {
            const char *option = "evaluate.samples", *value = cases[i].stored;
            begin(sizes[k].width, sizes[k].height);
            samples[0] = (sl_samples){.void_label = -1};
            details[0].option_names = &option;
            details[0].option_values = &value;
            details[0].option_count = value ? 1 : 0;
            details[0].run.state = cases[i].state;
            redraw();
            assert_shows("this run has stored no pictures");
            if (k) assert_shows(cases[i].says);
            press(SL_KEY_DOWN);
            press(SL_KEY_LEFT);
            press(SL_KEY_TAB);
            end();
        }
    begin(80, 24);
    snapshot.detail_count = 0;
    redraw();
    assert_shows("reading ...");
    snapshot.run_count = 0;
    app.selected = 0;
    redraw();
    assert_shows("there is no run to show");
    snapshot.problem = "no database x.db yet";
    redraw();
    assert_shows("nothing can be read yet");
    app.snapshot = NULL;
    redraw();
    assert_shows("reading ...");
    end();
}

// Keys of every kind, in any order, while what there is changes: nothing hangs, and what is drawn is printable.
static void test_any_keys(void **state) {
    uint64_t seed = 5;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : 6000;
    begin(100, 30);
    sl_app_mark(&app, 11, true);
    for (int i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t random = (uint32_t)(seed >> 33);
        static const char keys[] = "hjklb[]<>L\t\r ";
        sl_input input = {
            .key = (sl_key)(random % SL_KEY_COUNT), .x = (int)(random >> 8) % 130 - 5, .y = (int)(random >> 16) % 40 - 3};
        if (random % 3 == 0)
            input = (sl_input){.key = SL_KEY_CHARACTER, .character = (unsigned char)keys[random / 7 % (sizeof keys - 1)]};
        app.now += 0.1;
        sl_app_input(&app, &input);
        app.quit = false;
        sl_app_push(&app, SL_ON_SAMPLES);
        if (random % 17 == 0) assert_ok(sl_frame_resize(&frame, (int)(random >> 7) % 260, (int)(random >> 15) % 80));
        if (random % 5 == 0)
            for (int run = 0; run < 2; run++) {
                fill(run);
                samples[run].at = random / 11 % STEPS;
                samples[run].image = random / 13 % (IMAGES + 1);
                if (random / 17 % 4 == 0) samples[run].pictures[random / 19 % SL_SAMPLE_KINDS] = (sl_picture){0};
                if (random / 23 % 9 == 0) samples[run] = (sl_samples){.void_label = -1};
                if (random / 29 % 9 == 0) samples[run].step_count = samples[run].at = 0;
            }
        app.theme.depth = (sl_depth)(random / 31 % 4);
        app.utf8 = random / 37 % 3;
        snapshot.detail_count = random / 41 % 3;
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
        cmocka_unit_test(test_frames), cmocka_unit_test(test_colors),  cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_images), cmocka_unit_test(test_steps),   cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_beside), cmocka_unit_test(test_nothing), cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
