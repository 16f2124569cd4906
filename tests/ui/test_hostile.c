// Texts that would do something to a terminal, in every place of the database that holds a text: all screens drawn in many sizes,
// as text and with colours, show them escaped and send nothing to the terminal but printable characters and their own colours.
// The same for values of the wrong type.
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "tests/support/frames.h"
#include "tests/support/printable.h"
#include "tests/support/watched.h"
#include "ui/tui/app.h"
#include "ui/tui/frame/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// What is put before every text, and what of it a frame shows once it is escaped.
static const struct {
    const char *bytes, *shown;
} hostile[] = {
    {"\033[31m\033]0;title\a", "\\x1b[31m"},
    {"\xe2\x80\xae\xe2\x81\xa6right to left", "\\u{202e}\\u{2066}"},
    {"\xff\xc3(\xed\xa0\x80\xf8", "\\xff\\xc3("},
    {"\r\n\t\b\177\x01", "\\r\\n\\t\\x08\\x7f\\x01"},
    {"\xc2\x9b"
     "2J\xc2\x85",
     "\\u{9b}2J"},
    {"\xe2\x80\x8b\xef\xbb\xbf\xe2\x81\xa0", "\\u{200b}\\u{feff}"},
    {"e\xcc\x81\xcc\x81\xcc\x81", "e\\u{301}"},
    {"\xe6\x9c\x88\xf0\x9f\x8c\x99", "\xe6\x9c\x88\xf0\x9f\x8c\x99"},
    {"\033P1$r\033\\", "\\x1bP1$r"},
    {"\xf3\xa0\x80\x81\xe2\x80\xa8", "\\u{e0001}"},
};
enum { ENOUGH = 6, KINDS = sizeof hostile / sizeof *hostile, RUNS = KINDS, LONG = 10000, BUFFER = LONG + 200 };

// A run has one kind of them in all its places; the last three are long as well.
static const char *disguise(int number, const char *plain) {
    static char buffers[4][BUFFER];
    static int next;
    char *out = buffers[next++ % 4];
    const char *bytes = hostile[number % KINDS].bytes;
    size_t length = (size_t)snprintf(out, BUFFER, "%s%s", bytes, plain), step = strlen(bytes);
    while (number >= RUNS - 3 && length < LONG) {
        memcpy(out + length, bytes, step);
        length += step;
    }
    out[length] = 0;
    return out;
}

static const struct { int width, height; } sizes[] = {{59, 15}, {60, 16}, {80, 24}, {120, 40}, {240, 70}, {300, 100}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const char *folder, *path;
static sl_collect_options options;
static sl_app app;
static sl_frame frame;
static bool seen[KINDS];
static long drawn;

static void check(void) {
    sl_text text = {0};
    sl_theme theme = {(sl_depth)(drawn % (SL_DEPTH_TRUE + 1)), drawn % 3 == 0};
    sl_app_draw(&app, &frame);
    sl_test_frame_sound(&frame);
    assert_ok(sl_frame_as_text(&frame, &text));
    sl_test_printable(text.data, text.length, false);
    for (int i = 0; i < KINDS; i++) seen[i] = seen[i] || strstr(text.data, hostile[i].shown);
    text.length = 0;
    assert_ok(sl_frame_as_ansi(&frame, theme, &text));
    sl_test_printable(text.data, text.length, true);
    sl_text_free(&text);
    drawn++;
}

// Collects what the screen wants, which may follow from what it was given.
static void settle(void) {
    for (int round = 0; round < 2; round++) {
        sl_request request;
        sl_snapshot *snapshot;
        sl_app_request(&app, &request);
        assert_ok(sl_collect(path, &options, &request, &snapshot));
        sl_snapshot *before = (sl_snapshot *)app.snapshot;
        app.snapshot = snapshot;
        app.now = snapshot->time;
        if (snapshot->problem) fail_msg("%s", snapshot->problem);
        sl_snapshot_free(before);
        check();
    }
}

static void press(sl_key key, uint32_t character) {
    sl_app_input(&app, &(sl_input){.key = key, .character = character});
    app.quit = false;
    check();
}

static void begin(sl_screen_id screen) {
    assert_ok(sl_app_open(&app, NULL));
    app.database = disguise(0, "runs.db");
    settle();
    if (screen != SL_ON_RUNS) sl_app_push(&app, screen);
}

static void end(void) {
    sl_snapshot *last = (sl_snapshot *)app.snapshot;
    sl_app_close(&app);
    sl_snapshot_free(last);
    sl_frame_free(&frame);
}

// The keys of the screen that show more of it, and questions that hold texts of the database.
static void use_keys(sl_screen_id screen) {
    unsigned all = 0;
    for (const sl_screen *const *other = sl_screens; *other; other++) all |= (*other)->id;
    for (size_t i = 0; i < sl_binding_count; i++) {
        const sl_binding *binding = &sl_bindings[i];
        bool leaves = binding->action == SL_ACTION_OPEN || binding->action == SL_ACTION_BACK ||
                      binding->action == SL_ACTION_QUIT || binding->action == SL_ACTION_HELP;
        if (leaves || !sl_binding_holds(binding, screen, all, false)) continue;
        press(binding->chords[0].key, binding->chords[0].character);
        if (binding->steers) press(SL_KEY_ESCAPE, 0); // the question was drawn
        if (app.prompt.open) press(SL_KEY_ESCAPE, 0);
    }
}

static sl_status nothing_sent(void *user, const sl_order *order) {
    fail_msg("\"%s\" was sent without a question", order->name);
    return SL_OK;
}

static void open_at(const sl_screen *screen, int size) {
    assert_ok(sl_frame_resize(&frame, sizes[size].width, sizes[size].height));
    begin(screen->id);
    app.utf8 = size % 2 == 0;
    app.send = nothing_sent;
}

// Every run is looked at on every screen, in every size; two are marked. In each size another is looked at with all keys.
static void draw_screen(const sl_screen *screen) {
    for (int size = 0; size < SIZES; size++) {
        open_at(screen, size);
        for (int64_t run = 1; run <= RUNS; run++) {
            if (screen->id == SL_ON_RUNS) press(run == 1 ? SL_KEY_HOME : SL_KEY_DOWN, 0);
            app.selected = run;
            sl_app_mark(&app, run, true);
            if (run > 2) sl_app_mark(&app, run - 2, false);
            settle();
        }
        end();
        open_at(screen, size);
        app.selected = size + 1;
        sl_app_mark(&app, size + 1, true);
        sl_app_mark(&app, size + 2, true);
        settle();
        use_keys(screen->id);
        end();
    }
}

static void test_texts(void **state) {
    sl_test_watched_fill(path, RUNS, disguise);
    for (const sl_screen *const *screen = sl_screens; *screen; screen++) {
        memset(seen, 0, sizeof seen);
        draw_screen(*screen);
        int kinds = 0;
        for (int i = 0; i < KINDS; i++) kinds += seen[i];
        printf("%s: %d of %d kinds of hostile texts were shown, escaped\n", (*screen)->name, kinds, KINDS);
        if ((*screen)->id == SL_ON_HELP) continue;
        // Health shows runs that something is wrong with; the tables of reports have blanks in the place of control characters.
        if (kinds < ENOUGH) fail_msg("%s: only %d kinds of hostile texts are shown", (*screen)->name, kinds);
    }
    printf("%ld frames drawn\n", drawn);
}

// What no row of Semiluna's has: text in the place of numbers, bytes and numbers in the place of texts, numbers beyond all
// bounds.
static void test_wrong_types(void **state) {
    static const char *const spoil[] = {
        "UPDATE run SET step = 'many', steps = x'00ff', seed = 'none', heartbeat = 'soon' WHERE id % 3 = 0",
        "UPDATE run SET step = 9223372036854775807, steps = -9223372036854775807, start_time = 1e308, heartbeat = -1e308 WHERE "
        "id % 3 = 1",
        "UPDATE run SET steps = 0, step = -5, pid = -1, threads = 'all', error = 12, start_time = 'x', session_time = 'y' WHERE "
        "id % 3 = 2",
        "UPDATE run SET name = x'1b5b324a00ff', method = 7, host = x'', device = NULL, versions = 1.5 WHERE id % 2 = 0",
        "UPDATE metric_value SET value = 'high' WHERE step % 5 = 0",
        "UPDATE metric_value SET value = 9e999, time = 'now' WHERE step % 7 = 0",
        "UPDATE metric_value SET value = -1.7e308 WHERE step % 11 = 0",
        "UPDATE metric_value SET time = 1e300 WHERE step % 13 = 0",
        "UPDATE class_iou SET iou = 'good', class_name = 5 WHERE class_index = 1",
        "UPDATE class_iou SET iou = 1e300 WHERE class_index = 2",
        "UPDATE class_iou SET class_index = 900000000 WHERE class_index = 3 AND run % 2 = 0",
        "UPDATE class_iou SET class_index = -3 WHERE class_index = 3",
        "UPDATE confusion SET pixels = 9223372036854775807 WHERE truth = 1",
        "UPDATE confusion SET pixels = -5 WHERE truth = 2",
        "UPDATE confusion SET truth = 900000000 WHERE truth = 3 AND run % 2 = 0",
        "UPDATE confusion SET prediction = -1 WHERE prediction = 4",
        "UPDATE event SET kind = 3, text = x'1b' WHERE id % 2 = 0",
        "UPDATE event SET step = 'x', time = 'y' WHERE id % 3 = 0",
        "UPDATE param SET value = NULL WHERE run % 2 = 0",
        "UPDATE param SET value = x'1b07' WHERE run % 3 = 0",
        "UPDATE command SET time = 'x', answer = 4, step = 'y'",
        "UPDATE note SET time = 'x', text = x'1b00'",
        "UPDATE sample SET png = x'89504e47' WHERE rowid % 5 = 0",
        "UPDATE sample SET png = 'no picture', width = 'wide' WHERE rowid % 7 = 0",
        "UPDATE sample SET width = -3, height = 1000000000, step = 'x' || rowid WHERE rowid % 11 = 0",
        "UPDATE sample SET png = substr(png, 1, 60) || zeroblob(100) WHERE rowid % 13 = 0",
        "UPDATE sample SET kind = 7, image = x'1b' WHERE rowid = 1",
        "UPDATE curve SET value = 9e999, step = 'x' WHERE step > 0",
    };
    sl_db *db;
    sl_test_watched_fill(path, 8, NULL);
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++)
        if (sl_db_execute(db, spoil[i], NULL, 0) != SL_OK) printf("the database refuses: %s\n", sl_error_message());
    sl_db_close(db);
    for (const sl_screen *const *screen = sl_screens; *screen; screen++) draw_screen(*screen);
    printf("%ld frames drawn\n", drawn);
}

static int setup(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "runs.db");
    static sl_test_reader *reader;
    options = (sl_collect_options){0};
    reader = sl_test_reader_open(path, &options);
    *state = reader;
    drawn = 0;
    return 0;
}

static int teardown(void **state) {
    sl_test_reader_close(*state);
    sl_test_folder_remove(folder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_types, setup, teardown),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
