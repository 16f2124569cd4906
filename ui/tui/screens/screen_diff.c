// The Diff screen: why two runs differ, as `semiluna diff` tells it.
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/screens/report_view.h"

#include <stdio.h>
#include <string.h>

typedef struct diff {
    sl_report_view view;
    int64_t runs[2];
    // Where the lines stand that are being looked at: inside the script, or at the beginning of a block.
    const char *text; // all of it
    bool in_script, begins;
} diff;

// ---- which runs -------------------------------------------------------------------------------------------------------------

// The two marked runs, or the marked one and the one that the person stands on. NULL, or what is missing.
static const char *choose_runs(const sl_app *app, diff *d) {
    d->runs[0] = d->runs[1] = 0;
    if (app->mark_count > 2)
        return "More than two runs are marked: U in the table of runs takes the marks away, space marks two.";
    if (app->mark_count == 0)
        return "Mark two runs with space in the table of runs; or mark one and stand on the other. Then d tells why they differ.";
    d->runs[0] = app->marks[0];
    d->runs[1] = app->mark_count == 2 ? app->marks[1] : app->selected;
    if (d->runs[0] == d->runs[1] || d->runs[1] == 0)
        return "One run is marked, and it is the one you stand on: stand on another in the table of runs, or mark a second.";
    return NULL;
}

static void request(sl_app *app, void *state, sl_request *wanted) {
    diff *d = state;
    if (choose_runs(app, d)) return;
    wanted->report = (sl_report_request){.kind = SL_REPORT_DIFF, .runs = d->runs, .run_count = 2};
}

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    diff *d = state;
    const char *missing = choose_runs(app, d);
    if (missing) {
        snprintf(out, bytes, "diff");
        return;
    }
    int at = snprintf(out, bytes, "diff ");
    for (int i = 0; i < 2 && (size_t)at < bytes; i++) {
        const sl_run_row *row = sl_app_row(app, d->runs[i]);
        const char *what = row ? sl_run_called(row) : "";
        at += snprintf(out + at, bytes - (size_t)at, "%s%lld%s%.40s", i ? " and " : "", (long long)d->runs[i], *what ? " " : "",
                       what);
    }
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static bool starts(const char *line, size_t bytes, const char *with) {
    size_t length = strlen(with);
    return bytes >= length && memcmp(line, with, length) == 0;
}

// Blocks are divided by empty lines: what it comes down to, what differs, the scripts, metrics, results.
static sl_report_look look_of(void *user, const char *line, size_t bytes) {
    diff *d = user;
    if (line == d->text) d->in_script = d->begins = false;
    bool columns = sl_report_has_columns(line, bytes), begins = d->begins;
    sl_report_look look = {{0}, !columns};
    d->begins = bytes == 0;
    if (starts(line, bytes, "--- ") && begins) d->in_script = true;
    if (bytes == 0) d->in_script = false;
    if (d->in_script) {
        look.wrapped = false;
        if (starts(line, bytes, "--- ") || starts(line, bytes, "+++ "))
            look.style.attributes = SL_ATTR_BOLD;
        else if (bytes > 0)
            look.style.foreground = line[0] == '+'   ? SL_COLOR_GOOD
                                    : line[0] == '-' ? SL_COLOR_BAD
                                    : line[0] == '@' ? SL_COLOR_ACCENT
                                                     : SL_COLOR_DEFAULT;
    } else if (begins && columns)
        look.style = (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}; // titles of a table
    else if (starts(line, bytes, "the result  "))
        look.style.foreground = SL_COLOR_WARN;
    else if (starts(line, bytes, "nothing  "))
        look.style.foreground = SL_COLOR_DIM;
    else if (starts(line, bytes, "they differ in: ") || starts(line, bytes, "they part at "))
        look.style.foreground = SL_COLOR_ACCENT;
    return look;
}

static sl_report_look look_of_words(void *user, const char *line, size_t bytes) {
    return (sl_report_look){{*(const sl_color *)user, 0, 0}, true};
}

static void draw_scroll(const diff *d, sl_frame *frame, sl_rect line) {
    char where[64];
    sl_report_view_words(&d->view, where, sizeof where);
    int x = line.x + line.width - (int)strlen(where) - 1;
    sl_frame_text(frame, line, x, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, where);
    if (d->view.columns > d->view.area.width)
        sl_frame_text(frame, (sl_rect){line.x, line.y, x - 2 - line.x, 1}, line.x + 1, line.y, (sl_style){SL_COLOR_DIM, 0, 0},
                      frame->utf8 ? "lines go on: \xE2\x86\x90 \xE2\x86\x92" : "lines go on: left, right");
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    diff *d = state;
    const char *missing = choose_runs(app, d);
    const sl_report *report = app->snapshot ? &app->snapshot->report : NULL;
    bool there = report && report->kind == SL_REPORT_DIFF;
    sl_rect text = area;
    sl_rect last = sl_rect_take_bottom(&text, 1);
    sl_rect_take_left(&text, 1);
    sl_rect_take_right(&text, 1);
    if (!missing && there && report->text) {
        d->text = report->text;
        sl_report_looks looks = {look_of, NULL, d};
        sl_report_view_draw(&d->view, frame, text, report, &looks);
        draw_scroll(d, frame, last);
        return;
    }
    sl_color color = missing ? SL_COLOR_DEFAULT : there && report->problem ? SL_COLOR_WARN : SL_COLOR_DIM;
    sl_report said = {.text = missing ? missing : there && report->problem ? report->problem : "comparing the two runs ..."};
    sl_report_looks looks = {look_of_words, NULL, &color};
    sl_rect_take_top(&text, 1);
    sl_report_view_draw(&d->view, frame, text, &said, &looks);
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static bool act(sl_app *app, void *state, sl_action action) {
    sl_report_view *view = &((diff *)state)->view;
    int page = view->area.height > 1 ? view->area.height - 1 : 1, side = view->area.width / 4 > 0 ? view->area.width / 4 : 1;
    switch (action) {
    case SL_ACTION_UP: sl_report_view_scroll(view, -1, 0); return true;
    case SL_ACTION_DOWN: sl_report_view_scroll(view, 1, 0); return true;
    case SL_ACTION_PAGE_UP: sl_report_view_scroll(view, -page, 0); return true;
    case SL_ACTION_PAGE_DOWN: sl_report_view_scroll(view, page, 0); return true;
    case SL_ACTION_FIRST: sl_report_view_scroll(view, -view->rows, -view->columns); return true;
    case SL_ACTION_LAST: sl_report_view_scroll(view, view->rows, 0); return true;
    case SL_ACTION_TEXT_LEFT: sl_report_view_scroll(view, 0, -side); return true;
    case SL_ACTION_TEXT_RIGHT: sl_report_view_scroll(view, 0, side); return true;
    default: return false;
    }
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    sl_report_view *view = &((diff *)state)->view;
    if (event->key == SL_KEY_WHEEL_UP) sl_report_view_scroll(view, -3, 0);
    if (event->key == SL_KEY_WHEEL_DOWN) sl_report_view_scroll(view, 3, 0);
    return event->key == SL_KEY_WHEEL_UP || event->key == SL_KEY_WHEEL_DOWN;
}

const sl_screen sl_screen_diff = {.id = SL_ON_DIFF,
                                  .name = "diff",
                                  .size = sizeof(diff),
                                  .request = request,
                                  .title = title,
                                  .draw = draw,
                                  .act = act,
                                  .input = input};
