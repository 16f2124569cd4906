// The Runs screen: the table of runs, what the filter is, and a few words on the run that the person stands on.
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/screens/runs_panel.h"
#include "ui/tui/screens/runs_table.h"

#include <stdio.h>
#include <string.h>

enum { FOLDS = 128, NAMES_LOOKED_AT = 400 };

typedef struct runs {
    sl_runs_view view;
    sl_runs_table table;
    int grouped;  // 1, 0; -1: where there are several experiments
    sl_fold fold; // of groups that have none of their own
    struct {
        uint64_t group;
        sl_fold fold;
    } folds[FOLDS];
    size_t fold_count;
    uint64_t key; // of the line the person stands on
    size_t at;    // where it was
    size_t top;   // the first line shown
    sl_rect list; // where the lines are
    sl_rect panel;
    bool paneled; // the panel is wanted where there is room
    double clicked;
    size_t clicked_at;
} runs;

static sl_status open_runs(sl_app *app, void *state) {
    runs *r = state;
    r->grouped = sl_config_number(&app->config, "runs.grouped", 0, 1, -1);
    r->paneled = sl_config_number(&app->config, "runs.panel", 0, 1, 1);
    r->fold = (sl_fold)sl_config_number(&app->config, "runs.fold", 0, SL_FOLD_COUNT - 1, SL_FOLD_RUNS);
    return SL_OK;
}

static void close_runs(sl_app *app, void *state) {
    sl_runs_view_free(&((runs *)state)->view);
}

// ---- lines ------------------------------------------------------------------------------------------------------------------

static sl_fold fold_of(const void *user, uint64_t group) {
    const runs *r = user;
    for (size_t i = 0; i < r->fold_count; i++)
        if (r->folds[i].group == group) return r->folds[i].fold;
    return r->fold;
}

static void set_fold(runs *r, uint64_t group, sl_fold fold) {
    size_t i = 0;
    while (i < r->fold_count && r->folds[i].group != group) i++;
    if (i == FOLDS) i = 0; // the oldest is forgotten
    r->folds[i].group = group;
    r->folds[i].fold = fold;
    if (i == r->fold_count) r->fold_count++;
}

static bool is_grouped(const sl_app *app, const runs *r) {
    if (r->grouped >= 0) return r->grouped;
    const sl_snapshot *snapshot = app->snapshot;
    for (size_t i = 1; i < snapshot->run_count; i++)
        if (sl_runs_group(&snapshot->runs[i]) != sl_runs_group(&snapshot->runs[0])) return true;
    return false;
}

static const sl_runs_line *line_at(const runs *r) {
    return r->at < r->view.count ? &r->view.lines[r->at] : NULL;
}

// Makes the lines of the newest snapshot and finds again where the person stood: the same line, else what now stands at its
// place.
static void update(sl_app *app, runs *r) {
    const sl_snapshot *snapshot = app->snapshot;
    if (!snapshot) return;
    if (sl_runs_view_make(&r->view, snapshot->runs, snapshot->run_count, is_grouped(app, r), fold_of, r) != SL_OK) {
        sl_runs_view_free(&r->view); // the old lines speak of rows that may be gone
        sl_app_say(app, SL_COLOR_BAD, "no memory for the table");
    }
    for (size_t i = 0; i < r->view.count; i++)
        if (r->view.lines[i].key == r->key) r->at = i;
    if (r->at >= r->view.count) r->at = r->view.count ? r->view.count - 1 : 0;
    const sl_runs_line *line = line_at(r);
    r->key = line ? line->key : 0;
    app->selected = line ? snapshot->runs[line->row].id : 0;
}

static void go(sl_app *app, runs *r, long by) {
    long at = (long)r->at + by, last = (long)r->view.count - 1;
    r->at = (size_t)(at < 0 || last < 0 ? 0 : at > last ? last : at);
    const sl_runs_line *line = line_at(r);
    r->key = line ? line->key : 0;
    app->selected = line && app->snapshot ? app->snapshot->runs[line->row].id : 0;
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    const sl_snapshot *snapshot = app->snapshot;
    if (!snapshot)
        snprintf(out, bytes, "runs");
    else if (app->mark_count)
        snprintf(out, bytes, "%zu runs, %zu marked", snapshot->run_count, app->mark_count);
    else
        snprintf(out, bytes, snapshot->run_count == 1 ? "1 run" : "%zu runs", snapshot->run_count);
}

// The filter, and how many runs it leaves; or what is wrong with it, in a line of its own where it is long.
static void draw_filter(const sl_app *app, sl_frame *frame, sl_rect *area) {
    const sl_snapshot *snapshot = app->snapshot;
    const char *problem = snapshot ? snapshot->filter_problem : NULL;
    sl_style dim = {SL_COLOR_DIM, 0, 0}, accent = {SL_COLOR_ACCENT, 0, 0}, bad = {SL_COLOR_BAD, 0, 0};
    int label = 10 + sl_text_columns(app->filter, frame->utf8);
    if (problem && label + sl_text_columns(problem, frame->utf8) > area->width) {
        sl_rect below = sl_rect_take_bottom(area, 1);
        sl_frame_text(frame, below, below.x + 1, below.y, bad, problem);
        problem = NULL;
    }
    sl_rect line = sl_rect_take_bottom(area, 1), room = line;
    char counts[64] = "";
    if (snapshot && !snapshot->filter_problem) {
        int width = snprintf(counts, sizeof counts, "%zu of %zu run%s", snapshot->run_count, snapshot->total,
                             snapshot->total == 1 ? "" : "s") +
                    1;
        sl_frame_text(frame, line, line.x + line.width - width, line.y, dim, counts);
        room.width -= width + 1;
    }
    int x = sl_frame_text(frame, room, line.x + 1, line.y, dim, "filter ");
    x = sl_frame_text(frame, room, x, line.y, accent, app->filter) + 2;
    if (problem) sl_frame_text(frame, room, x, line.y, bad, problem);
}

// Appends a part to a line of parts.
static int put_part(sl_frame *frame, sl_rect line, int x, sl_color color, const char *label, const char *text) {
    if (!text || !*text || x >= line.x + line.width - 4) return x;
    if (label) x = sl_frame_text(frame, line, x, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, label) + 1;
    return sl_frame_text(frame, line, x, line.y, (sl_style){color, 0, 0}, text) + 2;
}

// What there is no column for: why it failed, what is wrong, where it runs.
static void draw_about(const sl_app *app, const runs *r, sl_frame *frame, sl_rect line) {
    const sl_runs_line *at = line_at(r);
    char where[64];
    if (!at) return;
    if (r->view.count > (size_t)r->list.height) {
        int width = snprintf(where, sizeof where, "%zu of %zu", r->at + 1, r->view.count) + 2;
        line.width -= width;
        sl_frame_text(frame, (sl_rect){line.x + line.width, line.y, width, 1}, line.x + line.width + 1, line.y,
                      (sl_style){SL_COLOR_DIM, 0, 0}, where);
    }
    const sl_run_row *row = &app->snapshot->runs[at->row];
    int x = line.x + 1;
    if (at->kind == SL_RUNS_RUN) {
        x = put_part(frame, line, x, SL_COLOR_BAD, NULL, row->error);
        x = put_part(frame, line, x, sl_severity_color(row->alarm_severity), NULL, row->alarm);
        x = put_part(frame, line, x, SL_COLOR_DEFAULT, NULL, row->name);
    }
    x = put_part(frame, line, x, SL_COLOR_DEFAULT, "of", row->experiment);
    if (at->kind == SL_RUNS_GROUP) {
        char text[64];
        snprintf(text, sizeof text, "%zu runs in %zu cell%s", at->count, at->cells, at->cells == 1 ? "" : "s");
        put_part(frame, line, x, SL_COLOR_DEFAULT, NULL, text);
        return;
    }
    x = put_part(frame, line, x, SL_COLOR_DEFAULT, "by", row->method);
    if (at->kind == SL_RUNS_CELL) return;
    x = put_part(frame, line, x, SL_COLOR_DEFAULT, "on", row->host);
    x = put_part(frame, line, x, SL_COLOR_DEFAULT, NULL, row->device);
    put_part(frame, line, x, SL_COLOR_DEFAULT, "tags", row->tags);
}

static void draw_nothing(const sl_app *app, sl_frame *frame, sl_rect area) {
    const sl_snapshot *snapshot = app->snapshot;
    const char *text = !snapshot || (!snapshot->complete && snapshot->run_count == 0) ? "reading ..."
                       : snapshot->problem                                            ? "nothing can be read yet"
                       : app->filter                                                  ? "no run fits the filter; esc shows all"
                                     : "no runs yet: semiluna run SCRIPT records one";
    int x = area.x + (area.width - (int)strlen(text)) / 2;
    sl_frame_text(frame, area, x, area.y + area.height / 2, (sl_style){SL_COLOR_DIM, 0, 0}, text);
}

static void draw_table(sl_app *app, runs *r, sl_frame *frame, sl_rect area) {
    // Names around what is seen are enough, and bound the work.
    size_t from = r->top > NAMES_LOOKED_AT / 2 ? r->top - NAMES_LOOKED_AT / 2 : 0;
    r->table.step_width = sl_runs_step_width(app->snapshot);
    sl_runs_table_place(&r->table, area, sl_runs_name_width(app, &r->view, from, NAMES_LOOKED_AT));
    r->table.best = sl_runs_best(app->snapshot);
    sl_runs_table_titles(&r->table, app, frame);
    sl_rect_take_top(&area, 1);
    r->list = area;
    size_t rows = (size_t)area.height;
    if (r->at < r->top) r->top = r->at;
    if (r->at >= r->top + rows) r->top = r->at - rows + 1;
    if (r->top + rows > r->view.count) r->top = r->view.count > rows ? r->view.count - rows : 0;
    for (size_t i = 0; i < rows && r->top + i < r->view.count; i++)
        sl_runs_table_line(&r->table, app, &r->view, &r->view.lines[r->top + i], frame, area.y + (int)i, r->top + i == r->at);
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    runs *r = state;
    update(app, r);
    r->panel = r->paneled && r->view.count ? sl_runs_panel_place(&area) : (sl_rect){0};
    bool beside = r->panel.width > 0;
    if (beside) sl_runs_panel_draw(app, frame, r->panel, false);
    sl_rect about = sl_rect_take_bottom(&area, 1);
    if (app->filter) draw_filter(app, frame, &area);
    if (!beside && r->paneled && r->view.count) {
        r->panel = sl_runs_panel_place_beneath(&area, (int)(r->view.count < 1000 ? r->view.count : 1000) + 1);
        if (r->panel.height > 0) sl_runs_panel_draw(app, frame, r->panel, true);
    }
    r->list = area;
    if (!app->snapshot || r->view.count == 0) {
        draw_nothing(app, frame, area);
        return;
    }
    draw_table(app, r, frame, area);
    draw_about(app, r, frame, about);
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void mark(sl_app *app, const runs *r) {
    const sl_runs_line *line = line_at(r);
    if (!line || !app->snapshot) return;
    const sl_snapshot *snapshot = app->snapshot;
    bool all = true;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < snapshot->run_count; i++) {
            const sl_run_row *row = &snapshot->runs[i];
            uint64_t key = line->kind == SL_RUNS_RUN    ? sl_runs_key(row)
                           : line->kind == SL_RUNS_CELL ? sl_runs_cell(row)
                                                        : sl_runs_group(row);
            if (key != line->key) continue;
            if (pass == 0)
                all = all && sl_app_marked(app, row->id);
            else
                sl_app_mark(app, row->id, !all);
        }
}

static void filter_answered(sl_app *app, int64_t run, const char *text) {
    sl_app_set_filter(app, text);
}

static void sort_by(sl_app *app, sl_sort sort, bool reverse) {
    app->sort = sort;
    app->reverse = reverse;
    sl_config_set_number(&app->config, "sort", (int)sort);
    sl_config_set_number(&app->config, "reverse", reverse);
    sl_app_say(app, SL_COLOR_DEFAULT, "sorted by %s%s", sl_sort_name(sort), reverse ? ", turned round" : "");
}

static void fold(sl_app *app, runs *r, bool all) {
    static const char *const names[] = {"all runs", "means over seeds", "one line"};
    const sl_runs_line *line = line_at(r);
    if (!line || !app->snapshot) return;
    if (!is_grouped(app, r)) {
        r->grouped = 1;
        sl_config_set_number(&app->config, "runs.grouped", 1);
    }
    uint64_t group = line->group;
    sl_fold next = (sl_fold)((fold_of(r, group) + 1) % SL_FOLD_COUNT);
    if (all) {
        r->fold = next;
        r->fold_count = 0;
        sl_config_set_number(&app->config, "runs.fold", (int)next);
    } else
        set_fold(r, group, next);
    r->key = group; // the group's own line stays
    sl_app_say(app, SL_COLOR_DEFAULT, "%s: %s", all ? "every group" : "this group", names[next]);
}

static void request(sl_app *app, void *state, sl_request *wanted) {
    runs *r = state;
    if (r->panel.width == 0 || r->panel.height == 0 || app->selected == 0) return;
    wanted->runs = &app->selected;
    wanted->run_count = 1;
    wanted->columns = sl_runs_panel_columns(r->panel);
}

// What is sent to a run, where the person stands on a group and has marked none: it is not clear which. True: said so.
static bool is_for_a_run(sl_app *app, const runs *r, sl_action action) {
    const sl_runs_line *line = line_at(r);
    if (action < SL_ACTION_PAUSE || action > SL_ACTION_NOTE || app->mark_count || !line || line->kind == SL_RUNS_RUN)
        return false;
    sl_app_say(app, SL_COLOR_WARN, "these are several runs: space marks them, or choose one");
    return true;
}

static bool act(sl_app *app, void *state, sl_action action) {
    runs *r = state;
    update(app, r);
    int page = r->list.height > 1 ? r->list.height - 1 : 1;
    switch (action) {
    case SL_ACTION_UP: go(app, r, -1); return true;
    case SL_ACTION_DOWN: go(app, r, 1); return true;
    case SL_ACTION_PAGE_UP: go(app, r, -page); return true;
    case SL_ACTION_PAGE_DOWN: go(app, r, page); return true;
    case SL_ACTION_FIRST: go(app, r, -(long)r->view.count); return true;
    case SL_ACTION_LAST: go(app, r, (long)r->view.count); return true;
    case SL_ACTION_MARK:
        mark(app, r);
        go(app, r, 1);
        return true;
    case SL_ACTION_MARK_ALL:
        for (size_t i = 0; app->snapshot && i < app->snapshot->run_count; i++) sl_app_mark(app, app->snapshot->runs[i].id, true);
        return true;
    case SL_ACTION_UNMARK: app->mark_count = 0; return true;
    case SL_ACTION_FILTER: sl_app_ask(app, "filter", app->filter, 0, filter_answered); return true;
    case SL_ACTION_SORT: sort_by(app, sl_runs_table_next_sort(&r->table, app->sort), false); return true;
    case SL_ACTION_REVERSE: sort_by(app, app->sort, !app->reverse); return true;
    case SL_ACTION_GROUP:
        r->grouped = !(app->snapshot && is_grouped(app, r));
        sl_config_set_number(&app->config, "runs.grouped", r->grouped);
        return true;
    case SL_ACTION_PANEL:
        r->paneled = !r->paneled;
        sl_config_set_number(&app->config, "runs.panel", r->paneled);
        return true;
    case SL_ACTION_FOLD: fold(app, r, false); return true;
    case SL_ACTION_FOLD_ALL: fold(app, r, true); return true;
    case SL_ACTION_BACK: sl_app_set_filter(app, NULL); return true;
    case SL_ACTION_ENTER:
        if (line_at(r) && line_at(r)->kind != SL_RUNS_RUN)
            fold(app, r, false);
        else if (line_at(r))
            sl_app_push(app, SL_ON_RUN);
        return true;
    default: return is_for_a_run(app, r, action);
    }
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    runs *r = state;
    update(app, r);
    if (event->key == SL_KEY_WHEEL_UP || event->key == SL_KEY_WHEEL_DOWN) {
        go(app, r, event->key == SL_KEY_WHEEL_UP ? -3 : 3);
        return true;
    }
    if (event->key != SL_KEY_MOUSE_PRESS) return false;
    if (event->y == r->table.area.y) {
        int sort = sl_runs_table_sort_at(&r->table, event->x);
        if (sort >= 0) sort_by(app, (sl_sort)sort, sort == (int)app->sort && !app->reverse);
        return true;
    }
    if (!sl_rect_holds(r->list, event->x, event->y)) return false;
    size_t at = r->top + (size_t)(event->y - r->list.y);
    if (at >= r->view.count) return true;
    bool twice = at == r->clicked_at && app->now - r->clicked < 0.5;
    r->clicked = app->now;
    r->clicked_at = at;
    go(app, r, (long)at - (long)r->at);
    if (twice) sl_app_input(app, &(sl_input){.key = SL_KEY_ENTER});
    return true;
}

const sl_screen sl_screen_runs = {.id = SL_ON_RUNS,
                                  .name = "runs",
                                  .size = sizeof(runs),
                                  .open = open_runs,
                                  .close = close_runs,
                                  .request = request,
                                  .title = title,
                                  .draw = draw,
                                  .act = act,
                                  .input = input};
