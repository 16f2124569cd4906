// Random keys, text, mouse, sizes, colours and times for the dashboard, with a collector on a database that another thread writes
// to: nothing crashes, hangs or is slow, every frame is sound, and no run is told anything without a question that was confirmed.
//
//   SEMILUNA_FUZZ_SECONDS   how long (10)
//   SEMILUNA_FUZZ_SEED      of the keys; what other threads do in between is not repeated
// ctest: slow
#include "core/base/memory.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "tests/support/printable.h"
#include "tests/support/watched.h"
#include "ui/tui/app.h"
#include "ui/tui/frame/print.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 14, MOST_RUNS = 60, WIDEST = 300, HIGHEST = 100, GUARD = 4096, LAST = 64, HANG_SECONDS = 60 };
#define SLOW_SECONDS 0.1 // of a processor, for a frame or an input

static uint64_t seed;

static uint32_t any(uint32_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return below ? (uint32_t)(seed >> 20) % below : 0;
}

static bool chance(uint32_t percent) {
    return any(100) < percent;
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// ---- what happened last, told when it fails ---------------------------------------------------------------------------------

static char last[LAST][100];
static atomic_ulong progress;
static atomic_bool finished;

static void remember(const char *what, int a, int b) {
    unsigned long at = atomic_fetch_add(&progress, 1);
    snprintf(last[at % LAST], sizeof last[0], "%s %d %d", what, a, b);
}

static void tell_last(void) {
    unsigned long at = atomic_load(&progress);
    fprintf(stderr, "the last that was done:\n");
    for (unsigned long i = at > LAST ? at - LAST : 0; i < at; i++) fprintf(stderr, "  %s\n", last[i % LAST]);
}

static void *guard_against_hangs(void *user) {
    unsigned long before = 0;
    for (int still = 0; !atomic_load(&finished); sleep(1)) {
        unsigned long now = atomic_load(&progress);
        still = now == before ? still + 1 : 0;
        before = now;
        if (still < HANG_SECONDS) continue;
        fprintf(stderr, "nothing has happened for %d seconds\n", HANG_SECONDS);
        tell_last();
        abort();
    }
    return NULL;
}

// ---- the database and who writes to it --------------------------------------------------------------------------------------

static const char *path;
static int64_t commands_of_others; // those that are there from the beginning

typedef struct writing {
    sl_db *db;
    sl_writer *writer;
    uint64_t seed; // of its own
    int64_t step, runs;
} writing;

static uint32_t some(writing *w, uint32_t below) {
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->seed >> 33) % below;
}

static void new_run(writing *w) {
    sl_run_info info = {.experiment = some(w, 2) ? "first" : "a new one",
                        .name = "later",
                        .method = "advsemiseg",
                        .script_text = "return",
                        .seed = some(w, 3),
                        .steps = 100000,
                        .host = "elsewhere",
                        .pid = 1};
    char uuid[37];
    if (w->runs >= MOST_RUNS) return;
    assert_ok(sl_db_run_new(w->db, &info, &w->runs, uuid));
    assert_ok(sl_db_run_param(w->db, w->runs, "method.threshold", "schedule", some(w, 2) ? "0.1" : "0.9"));
}

static void answer_commands(writing *w, int64_t run) {
    sl_db_command command;
    bool found;
    assert_ok(sl_db_command_next(w->db, run, &command, &found));
    if (found) assert_ok(sl_db_command_answer(w->db, command.id, w->step, some(w, 2) ? "done" : "refused: just so"));
}

static void change(writing *w, const char *sql, int64_t run) {
    sl_db_value value = sl_db_integer(run);
    assert_ok(sl_db_execute(w->db, sql, &value, 1));
}

static void write_something(writing *w) {
    int64_t run = 1 + some(w, (uint32_t)w->runs), live = 1 + 6 * some(w, 2); // the runs 1 and 7 are in training
    sl_test_watched_log(w->writer, live, ++w->step, NULL);
    switch (some(w, 40)) {
    case 0: new_run(w); break;
    case 1: sl_test_watched_evaluate(w->writer, live, w->step, NULL); break;
    case 2: assert_ok(sl_writer_event(w->writer, run, w->step, "checkpoint", "last.safetensors")); break;
    case 3: change(w, "INSERT OR IGNORE INTO tag(run, tag) VALUES(?1, 'later')", run); break;
    case 4: change(w, "DELETE FROM tag WHERE run = ?1", run); break;
    case 5: change(w, "INSERT INTO note(run, time, text) VALUES(?1, 1.8e9, 'noted while watched')", run); break;
    case 6: change(w, "INSERT OR IGNORE INTO removed(run, time) VALUES(?1, 1.8e9)", run); break;
    case 7:
    case 8: change(w, "DELETE FROM removed WHERE ?1", 1); break;
    case 9: change(w, "UPDATE run SET heartbeat = heartbeat - 4000 WHERE id = ?1 AND id NOT IN (1, 7)", run); break;
    case 10: change(w, "UPDATE run SET state = 'failed', error = 'it was so' WHERE id = ?1 AND id NOT IN (1, 7)", run); break;
    case 11: change(w, "UPDATE run SET name = name || 'x' WHERE id = ?1", run); break;
    case 12: change(w, "DELETE FROM class_iou WHERE run = ?1 AND step > 200", run); break;
    case 13: change(w, "DELETE FROM metric_value WHERE run = ?1 AND step > 250", run); break;
    case 14: change(w, "UPDATE param SET value = '0.7' WHERE run = ?1 AND name = 'method.threshold'", run); break;
    default: answer_commands(w, live);
    }
    if (some(w, 10) == 0) assert_ok(sl_writer_flush(w->writer));
}

static void *write_on(void *user) {
    writing *w = user;
    while (!atomic_load(&finished)) {
        struct timespec pause = {0, 1000000 * (long)some(w, 12)};
        write_something(w);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

// ---- the dashboard ----------------------------------------------------------------------------------------------------------

static sl_app app;
static sl_collector *collector;
static const sl_snapshot *snapshot;
static sl_tell *tell;
static sl_config config;
static sl_frame frame;
static sl_frame_cell *cells; // with guards before and after those of the frame
static double base_time;
static struct {
    long frames, inputs, orders, pictures, of_screen[16];
    double slowest_frame, slowest_input;
    int64_t told, typed; // rows of commands that were confirmed; of tags and notes that were typed
} done;
static bool confirmed, words; // whether what is being pressed confirms a question; or ends a text

static sl_status send(void *user, const sl_order *order) {
    bool is_words = !strcmp(order->name, "tag") || !strcmp(order->name, "note");
    if (app.read_only) fail_msg("\"%s %s\" is sent, read-only", order->name, order->argument);
    if (!confirmed && !(is_words && words)) fail_msg("\"%s %s\" is sent unasked", order->name, order->argument);
    done.orders++;
    *(is_words ? &done.typed : &done.told) += (int64_t)order->count;
    return sl_tell_send(tell, order);
}

static void open_app(void) {
    assert_ok(sl_app_open(&app, &config));
    app.database = path;
    app.read_only = chance(30);
    app.send = send;
    app.snapshot = snapshot;
    app.now = base_time;
    if (chance(20)) sl_app_set_filter(&app, "seed = 1");
    remember(app.read_only ? "opened, read-only" : "opened", 0, 0);
}

static void close_app(void) {
    config = app.config; // is remembered
    sl_app_close(&app);
}

static uint64_t ask(void) {
    sl_request request;
    uint64_t serial;
    sl_app_request(&app, &request);
    assert_true(request.run_count <= SL_DETAIL_MOST && request.report.run_count <= SL_REPORT_MOST);
    assert_ok(sl_collector_ask(collector, &request, &serial));
    return serial;
}

// The old snapshot is given back, so that nothing may be kept of it.
static void take_snapshot(void) {
    const sl_snapshot *newest = sl_collector_take(collector);
    sl_collector_release(collector, snapshot);
    snapshot = app.snapshot = newest;
    remember("snapshot", newest ? (int)newest->run_count : -1, newest ? (int)newest->detail_count : -1);
}

static void hear(void) {
    sl_tell_news news;
    while (sl_tell_next(tell, &news)) sl_app_hear(&app, &news);
}

static void resize(int width, int height) {
    frame.width = width;
    frame.height = height;
    frame.cells = cells + GUARD;
    remember("size", width, height);
}

static void check_guards(void) {
    size_t used = (size_t)frame.width * (size_t)frame.height, all = (size_t)WIDEST * HIGHEST + 2 * GUARD;
    for (size_t i = 0; i < all; i++) {
        if (i == GUARD) i += used;
        if (cells[i].character != 0x5EA1) fail_msg("a cell outside of %dx%d was written", frame.width, frame.height);
    }
}

// What a terminal that shows pictures would ask of them.
static void use_pictures(void) {
    assert_in_range(frame.picture_count, 0, SL_FRAME_PICTURES);
    for (int i = 0; i < frame.picture_count; i++) {
        const sl_frame_picture *picture = &frame.pictures[i];
        sl_rect place = picture->place, inside = sl_rect_common(place, (sl_rect){0, 0, frame.width, frame.height});
        if (place.width != inside.width || place.height != inside.height || place.width < 1 || place.height < 1)
            fail_msg("a picture of %dx%d cells at %d, %d", place.width, place.height, place.x, place.y);
        int width = 1 + (int)any(300), height = 1 + (int)any(200);
        for (int pixel = 0; pixel < 50; pixel++)
            assert_true(picture->pixel(picture->source, width, height, (int)any((uint32_t)width), (int)any((uint32_t)height)) <=
                        0xFFFFFF);
    }
    done.pictures += frame.picture_count;
}

static void draw(void) {
    size_t used = (size_t)frame.width * (size_t)frame.height, all = (size_t)WIDEST * HIGHEST + 2 * GUARD;
    for (size_t i = 0; i < all; i++) cells[i].character = 0x5EA1;
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    sl_app_draw(&app, &frame);
    double took = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
    if (took > done.slowest_frame) done.slowest_frame = took;
    if (took > SLOW_SECONDS) fail_msg("drawing %dx%d took %.3f s", frame.width, frame.height, took);
    check_guards();
    use_pictures();
    if (used) sl_test_frame_sound(&frame);
    for (unsigned bits = app.levels[app.depth - 1].screen->id, i = 0; bits; bits >>= 1, i++) done.of_screen[i] += bits & 1;
    if (done.frames++ % 16 == 0) {
        sl_text text = {0};
        assert_ok(sl_frame_as_ansi(&frame, app.theme, &text));
        sl_test_printable(text.data, text.length, true);
        sl_text_free(&text);
    }
}

// ---- inputs -----------------------------------------------------------------------------------------------------------------

static unsigned all_screens(void) {
    unsigned bits = 0;
    for (const sl_screen *const *screen = sl_screens; *screen; screen++) bits |= (*screen)->id;
    return bits;
}

static sl_input of_chord(sl_chord chord) {
    return (sl_input){.key = chord.key, .character = chord.character};
}

// A key that means something here; those that open a screen more often than their number.
static sl_input any_binding(void) {
    sl_screen_id screen = app.levels[app.depth - 1].screen->id;
    for (int tries = 0; tries < 50; tries++) {
        const sl_binding *binding = &sl_bindings[any((uint32_t)sl_binding_count)];
        sl_chord chord = binding->chords[binding->chords[1].key != SL_KEY_NONE && any(2)];
        bool leaves = binding->action == SL_ACTION_BACK || binding->action == SL_ACTION_QUIT;
        if (leaves && screen != SL_ON_HELP && chance(70)) continue;
        if (chance(8) || sl_binding_holds(binding, screen, all_screens(), app.read_only)) return of_chord(chord);
    }
    return (sl_input){.key = SL_KEY_DOWN};
}

static sl_input any_character(void) {
    static const char likely[] = "seed = 12 and miou > 0.3 or method.threshold=.5 +1000 -tag 'x' y y y n";
    static const uint32_t odd[] = {0x6708, 0x301, 0x1F319, 0x7F, 0x202E, 0x9B, 0x200B, 0x10FFFF, 0xD800, 0xE9, 27, 0};
    uint32_t character = chance(80)   ? (uint32_t)likely[any(sizeof likely - 1)]
                         : chance(70) ? 32 + any(95)
                         : chance(50) ? 1 + any(26)
                                      : odd[any(sizeof odd / sizeof *odd)];
    return (sl_input){.key = SL_KEY_CHARACTER, .character = character};
}

static sl_input any_mouse(void) {
    static const sl_key keys[] = {SL_KEY_MOUSE_PRESS, SL_KEY_MOUSE_PRESS,   SL_KEY_MOUSE_DRAG, SL_KEY_WHEEL_UP,
                                  SL_KEY_WHEEL_DOWN,  SL_KEY_MOUSE_RELEASE, SL_KEY_MOUSE_RIGHT};
    return (sl_input){.key = keys[any(sizeof keys / sizeof *keys)],
                      .x = chance(3) ? 100000 : (int)any((uint32_t)frame.width + 6) - 3,
                      .y = chance(3) ? -100000 : (int)any((uint32_t)frame.height + 6) - 3};
}

static sl_input in_prompt(void) {
    if (app.prompt.yes_no) return (sl_input){.key = SL_KEY_CHARACTER, .character = "yYnq"[any(4)]};
    if (chance(12)) return (sl_input){.key = SL_KEY_ENTER};
    if (chance(25)) return (sl_input){.key = (sl_key)any(SL_KEY_QUIT)};
    return any_character();
}

static void press(sl_input input) {
    bool asked = app.prompt.open;
    confirmed = asked && app.prompt.yes_no && input.key == SL_KEY_CHARACTER && (input.character | 32) == 'y';
    words = asked && !app.prompt.yes_no && input.key == SL_KEY_ENTER;
    remember(asked ? "in a question, key" : "key", (int)input.key,
             input.key == SL_KEY_CHARACTER ? (int)input.character : input.x * 1000 + input.y);
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    sl_app_input(&app, &input);
    double took = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
    confirmed = words = false;
    if (took > done.slowest_input) done.slowest_input = took;
    if (took > SLOW_SECONDS) fail_msg("the key %d took %.3f s", (int)input.key, took);
    done.inputs++;
    app.quit = false;
}

static void one_input(void) {
    uint32_t kind = any(100);
    if (app.prompt.open && kind < 85)
        press(in_prompt());
    else if (kind < 70)
        press(any_binding());
    else if (kind < 80)
        press(any_character());
    else if (kind < 95)
        press(any_mouse());
    else
        press((sl_input){.key = (sl_key)any(SL_KEY_COUNT), .character = any(0x110000), .x = (int)any(400), .y = (int)any(120)});
}

static void any_surroundings(void) {
    if (chance(5)) resize(1 + (int)any(WIDEST), 1 + (int)any(HIGHEST));
    if (chance(3)) resize(60 + (int)any(180), 16 + (int)any(60));
    if (chance(2)) app.theme = (sl_theme){(sl_depth)any(SL_DEPTH_TRUE + 1), any(2)};
    if (chance(2)) app.utf8 = !app.utf8;
    if (chance(2)) app.pixels = !app.pixels;
    app.now += 0.01 * any(50);
    if (chance(1)) app.now = base_time + (double)any(200000) - 100000;
    if (chance(20)) ask();
    if (chance(25)) take_snapshot();
    if (any(70) == 0) { // as somebody who waits for it
        sl_collector_wait(collector, ask(), 0.5);
        take_snapshot();
    }
    if (any(1000) == 0) app.snapshot = NULL; // as in the beginning
    if (chance(10)) hear();
    if (any(1500) == 0) {
        close_app();
        open_app();
    }
}

// ---- the test ---------------------------------------------------------------------------------------------------------------

static void setup_database(const char *folder, writing *w) {
    path = sl_test_path(folder, "runs.db");
    sl_test_watched_fill(path, RUNS, NULL);
    *w = (writing){.seed = seed, .step = 300, .runs = RUNS};
    assert_ok(sl_db_open(path, SL_DB_WRITE, &w->db));
    assert_ok(sl_writer_open(path, &w->writer));
    commands_of_others = sl_test_integer(w->db, "SELECT count(*) FROM command");
}

static void test_random(void **state) {
    const char *text = getenv("SEMILUNA_FUZZ_SECONDS");
    double length = text && *text ? atof(text) : 10;
    sl_collect_options options = {.interval = 0.05};
    pthread_t guard, other;
    static writing w;
    const char *folder = sl_test_folder();
    setup_database(folder, &w);
    sl_test_reader *reader = sl_test_reader_open(path, &options);
    assert_ok(sl_collector_open(path, &options, &collector));
    assert_ok(sl_tell_open(path, NULL, NULL, &tell));
    cells = calloc((size_t)WIDEST * HIGHEST + 2 * GUARD, sizeof *cells);
    assert_non_null(cells);
    base_time = seconds(CLOCK_REALTIME);
    assert_int_equal(pthread_create(&guard, NULL, guard_against_hangs, NULL), 0);
    assert_int_equal(pthread_create(&other, NULL, write_on, &w), 0);
    resize(120, 40);
    open_app();
    for (double end = seconds(CLOCK_MONOTONIC) + length; seconds(CLOCK_MONOTONIC) < end;) {
        one_input();
        any_surroundings();
        draw();
    }
    close_app();
    sl_collector_release(collector, snapshot);
    sl_collector_close(collector);
    sl_tell_close(tell, NULL);
    sl_test_reader_close(reader);
    atomic_store(&finished, true);
    pthread_join(other, NULL);
    pthread_join(guard, NULL);
    assert_ok(sl_writer_close(w.writer));
    int64_t words_written = sl_test_integer(w.db, "SELECT count(*) FROM command WHERE name IN ('tag', 'note')");
    int64_t rows = sl_test_integer(w.db, "SELECT count(*) FROM command") - words_written - commands_of_others;
    sl_db_close(w.db);
    free(cells);
    sl_test_folder_remove(folder);
    printf("%ld inputs, %ld frames with %ld pictures; slowest %.1f ms and %.1f ms; %ld orders, %" PRId64 " commands of %" PRId64
           " confirmed\n",
           done.inputs, done.frames, done.pictures, 1000 * done.slowest_input, 1000 * done.slowest_frame, done.orders, rows,
           done.told);
    for (int i = 0; sl_screens[i]; i++) {
        int bit = __builtin_ctz(sl_screens[i]->id);
        printf("%s: %ld frames\n", sl_screens[i]->name, done.of_screen[bit]);
        if (done.inputs > 5000 && done.of_screen[bit] == 0) fail_msg("the screen %s was never drawn", sl_screens[i]->name);
    }
    if (rows > done.told || words_written > done.typed)
        fail_msg("%" PRId64 " commands are in the database, %" PRId64 " were confirmed", rows, done.told);
}

static int tell_if_failed(void **state) {
    if (!atomic_load(&finished)) tell_last();
    return 0;
}

int main(void) {
    const char *given = getenv("SEMILUNA_FUZZ_SEED");
    seed = given && *given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u ^ (uint64_t)getpid() << 32;
    if (!seed) seed = 1;
    printf("SEMILUNA_FUZZ_SEED=%" PRIu64 "\n", seed);
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_random, tell_if_failed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
