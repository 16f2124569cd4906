// What the tests of the Run screen share: an application that shows it, and what a person does there.
#ifndef SL_TEST_RUN_SCREEN_H
#define SL_TEST_RUN_SCREEN_H

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

static inline void draw(void) {
    sl_app_draw(&app, &frame);
}

static inline void begin_with(const sl_snapshot *snapshot, int64_t run, int width, int height) {
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = snapshot;
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    app.selected = run;
    sl_app_push(&app, SL_ON_RUN);
    assert_ok(sl_frame_resize(&frame, width, height));
    draw();
}

static inline void begin(int width, int height) {
    begin_with(sl_test_run_snapshot(), 12, width, height);
}

static inline void end(void) {
    sl_app_close(&app);
    sl_frame_free(&frame);
}

static inline void press(sl_key key) {
    sl_app_input(&app, &(sl_input){.key = key});
    draw();
}

static inline void type(const char *text) {
    for (; *text; text++) sl_app_input(&app, &(sl_input){.key = SL_KEY_CHARACTER, .character = (unsigned char)*text});
    draw();
}

static inline void mouse(sl_key key, int x, int y) {
    sl_app_input(&app, &(sl_input){.key = key, .x = x, .y = y});
    draw();
}

// The keys of the last line, which other screens add to, are held in one frame of each size alone.
static inline void held(const char *name) {
    char full[64];
    app.now += 10; // messages are gone
    draw();
    app.now -= 10;
    if (strcmp(name, "run") != 0) sl_frame_fill(&frame, (sl_rect){0, frame.height - 1, frame.width, 1}, (sl_style){0}, ' ');
    snprintf(full, sizeof full, "%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
}

static inline sl_request asked(void) {
    sl_request request;
    sl_app_request(&app, &request);
    return request;
}

static inline void shows(const char *text) {
    if (sl_test_shows(&frame, text)) return;
    for (int y = 0; y < frame.height; y++) printf("%s\n", sl_test_row(&frame, y));
    fail_msg("\"%s\" is not shown", text);
}

static inline void shows_not(const char *text) {
    if (sl_test_shows(&frame, text)) fail_msg("\"%s\" is shown", text);
}

// Whether the title that begins so is that of the selected part: in reverse.
static inline bool is_selected(const char *text) {
    for (int y = 1; y < frame.height - 1; y++)
        for (int x = 0; x + (int)strlen(text) <= frame.width; x++) {
            const sl_frame_cell *cell = &frame.cells[y * frame.width + x];
            size_t i = 0;
            while (text[i] && cell[i].character == (unsigned char)text[i] && cell[i].style.attributes & SL_ATTR_REVERSE) i++;
            if (!text[i]) return true;
        }
    return false;
}

static inline void selected(const char *text) {
    if (is_selected(text)) return;
    for (int y = 0; y < frame.height; y++) printf("%s\n", sl_test_row(&frame, y));
    fail_msg("\"%s\" is not selected", text);
}

// Where a text stands; fails where it does not.
static inline void find(const char *text, int *x, int *y) {
    size_t length = strlen(text);
    *x = 0;
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

static inline const sl_snapshot *variant(void) {
    const sl_snapshot *whole = sl_test_run_snapshot();
    changed = *whole;
    memcpy(rows, whole->runs, whole->run_count * sizeof *rows);
    changed.runs = rows;
    detail = whole->details[0];
    changed.details = &detail;
    return &changed;
}

#endif
