// The Confusion screen: which classes are taken for which, at one evaluation of one run.
#include "core/base/memory.h"
#include "ui/tui/app_impl.h"
#include "ui/tui/chart/heat.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/screens/confusion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct confusion {
    sl_matrix_share share;
    int64_t step;  // the evaluation that is wanted; 0: always the newest
    size_t chosen; // the selected class
    size_t other;  // what it is taken for, where a cell is selected; else SL_MATRIX_ANY
    int64_t run;   // whose class that is
    int first_pair, first_class;
    double miou;
    // of the matrix that was drawn last
    sl_matrix_class *classes;
    double *values;
    size_t capacity; // classes there is room for
    sl_confusion_places places;
    sl_heat_matrix_layout cells;
} confusion;

static sl_status open_confusion(sl_app *app, void *state) {
    confusion *c = state;
    c->share = (sl_matrix_share)sl_config_number(&app->config, "confusion.share", 0, SL_MATRIX_SHARES - 1, SL_MATRIX_OF_TRUTH);
    c->other = SL_MATRIX_ANY;
    c->miou = NAN;
    return SL_OK;
}

static void close_confusion(sl_app *app, void *state) {
    confusion *c = state;
    sl_free(c->classes);
    sl_free(c->values);
}

static void request(sl_app *app, void *state, sl_request *wanted) {
    const confusion *c = state;
    if (app->selected == 0) return;
    wanted->runs = &app->selected;
    wanted->run_count = 1;
    wanted->columns = 8; // of series, which are not shown
    wanted->confusion_step = c->step;
}

// ---- what is shown ----------------------------------------------------------------------------------------------------------

static bool make_room(confusion *c, size_t classes) {
    if (classes <= c->capacity) return true;
    sl_free(c->classes);
    sl_free(c->values);
    c->classes = sl_malloc(classes * sizeof *c->classes);
    c->values = sl_malloc(classes * classes * sizeof *c->values);
    c->capacity = c->classes && c->values ? classes : 0;
    return c->capacity > 0;
}

// The detail with a matrix, or NULL. Works out what its numbers say.
static const sl_run_detail *look(sl_app *app, confusion *c, sl_confusion_shown *shown) {
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    c->miou = NAN;
    if (!detail || !detail->confusion || detail->classes == 0 || !make_room(c, detail->classes)) return NULL;
    if (c->run != app->selected) { // another run's classes may be others
        c->run = app->selected;
        c->other = SL_MATRIX_ANY;
    }
    if (c->chosen >= detail->classes) c->chosen = detail->classes - 1;
    if (c->other != SL_MATRIX_ANY && c->other >= detail->classes) c->other = SL_MATRIX_ANY;
    sl_matrix matrix = {detail->confusion, detail->classes};
    c->miou = sl_matrix_classes(matrix, c->classes);
    *shown = (sl_confusion_shown){.matrix = matrix,
                                  .classes = c->classes,
                                  .names = detail->class_names,
                                  .share = c->share,
                                  .chosen = c->chosen,
                                  .other = c->other,
                                  .first_pair = c->first_pair,
                                  .first_class = c->first_class};
    return detail;
}

// Which of the run's evaluations the matrix is of, or -1.
static long evaluation_of(const sl_run_detail *detail, int64_t step) {
    for (size_t i = 0; i < detail->evaluations; i++)
        if (detail->evaluation_steps[i] == step) return (long)i;
    return -1;
}

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    confusion *c = state;
    sl_confusion_shown shown;
    const sl_run_detail *detail = look(app, c, &shown);
    const sl_run_row *run = detail ? &detail->run : sl_app_row(app, app->selected);
    char miou[SL_SHORT_BYTES];
    int size = snprintf(out, bytes, "confusion");
    if (run) size += snprintf(out + size, bytes - (size_t)size, " %.6s", run->uuid ? run->uuid : "");
    if (detail) {
        long at = evaluation_of(detail, detail->confusion_step);
        size += snprintf(out + size, bytes - (size_t)size, "  mIoU %s  step %lld  %.20s", sl_show_percent(c->miou, miou),
                         (long long)detail->confusion_step, detail->confusion_split ? detail->confusion_split : "");
        if (at >= 0 && detail->evaluations > 1)
            size += snprintf(out + size, bytes - (size_t)size, " %ld of %zu", at + 1, detail->evaluations);
    }
    if (run && (size_t)size < bytes) snprintf(out + size, bytes - (size_t)size, "  %s", sl_run_called(run));
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static void draw_nothing(const sl_app *app, sl_frame *frame, sl_rect area) {
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    const sl_run_row *run = detail ? &detail->run : NULL;
    bool trains = run && sl_state_trains(run->state);
    const char *every = detail ? sl_run_option(detail, "evaluate.every") : NULL, *first = "", *second = "";
    char text[160];
    if (!app->snapshot || (app->snapshot->run_count > 0 && !detail && !app->snapshot->problem)) {
        first = "reading ...";
    } else if (!detail) {
        first = app->snapshot->problem ? "nothing can be read yet" : "there is no run to show";
        second = app->snapshot->problem ? "" : "semiluna run SCRIPT records one";
    } else if (detail->evaluations == 0) {
        first = "this run has not been evaluated";
        long first_at = every ? atol(every) : 0;
        second = "it is at its end, unless evaluate.every says more";
        if (!trains)
            second = "`semiluna eval RUN` measures it";
        else if (first_at > 0 && run->step > first_at)
            second = "does the function of `evaluate` ask for a mIoU?";
        else if (first_at > 0) {
            snprintf(text, sizeof text, "the first evaluation comes at step %ld", first_at);
            second = text;
        }
    } else {
        first = "there is no confusion matrix of this evaluation";
        second = "the function of `evaluate` makes one with e:miou(\"val\"), or an import may not have had it";
    }
    int y = area.y + area.height / 2 - 1;
    for (int i = 0; i < 2; i++) {
        const char *line = i ? second : first;
        int x = area.x + (area.width - sl_text_columns(line, frame->utf8)) / 2;
        sl_frame_text(frame, area, x < area.x ? area.x : x, y + i, (sl_style){i ? SL_COLOR_DIM : SL_COLOR_DEFAULT, 0, 0}, line);
    }
}

static void draw_matrix(sl_app *app, confusion *c, sl_frame *frame, const sl_run_detail *detail) {
    static const char *const titles[SL_MATRIX_SHARES] = {"truth down, taken for across: % of truth",
                                                         "truth down, taken for across: % of prediction",
                                                         "truth down, taken for across: pixels"};
    sl_matrix matrix = {detail->confusion, detail->classes};
    sl_matrix_values(matrix, c->classes, c->share, c->values);
    sl_heat_matrix heat = {.title = titles[c->share],
                           .row_names = detail->class_names,
                           .column_names = detail->class_names,
                           .values = c->values,
                           .rows = detail->classes,
                           .columns = detail->classes,
                           .depth = app->theme.depth,
                           .has_selected = true,
                           .row = c->chosen,
                           .column = c->other == SL_MATRIX_ANY ? detail->classes : c->other,
                           .scroll_row = c->cells.first_row,
                           .scroll_column = c->cells.first_column,
                           .diagonal = true,
                           .counts = c->share == SL_MATRIX_OF_MOST ? detail->confusion : NULL,
                           .tallest = c->places.tallest,
                           .widest = c->places.widest};
    // The column of the selected class is seen as well as its row.
    if (c->other == SL_MATRIX_ANY) heat.column = c->chosen;
    sl_heat_matrix_place(&heat, c->places.matrix, frame->utf8, &c->cells);
    if (c->other == SL_MATRIX_ANY) heat.column = detail->classes;
    heat.scroll_column = c->cells.first_column;
    sl_heat_matrix_draw(frame, c->places.matrix, &heat);
}

static void draw_strip(sl_app *app, const confusion *c, sl_frame *frame, const sl_run_detail *detail) {
    long at = evaluation_of(detail, detail->confusion_step);
    int rows = c->places.strip.height - 2, scroll = (int)c->chosen - rows / 2;
    sl_heat_strip strip = {.title = "IoU over evaluations",
                           .names = detail->class_names,
                           .values = detail->iou,
                           .steps = detail->evaluation_steps,
                           .rows = detail->classes,
                           .columns = detail->evaluations,
                           .depth = app->theme.depth,
                           .has_selected = at >= 0,
                           .selected = at >= 0 ? (size_t)at : 0,
                           .scroll = scroll};
    sl_heat_strip_draw(frame, c->places.strip, &strip);
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    confusion *c = state;
    sl_confusion_shown shown;
    const sl_run_detail *detail = look(app, c, &shown);
    c->places = (sl_confusion_places){0};
    if (!detail) {
        draw_nothing(app, frame, area);
        return;
    }
    int names = 0;
    for (size_t i = 0; i < detail->classes; i++) {
        int columns = sl_text_columns(detail->class_names[i], frame->utf8);
        if (columns > names) names = columns;
    }
    sl_rect_take_left(&area, 1);
    sl_rect_take_right(&area, 1);
    c->places = sl_confusion_put(area, detail->classes, detail->evaluations, names);
    draw_matrix(app, c, frame, detail);
    if (c->places.strip.height) draw_strip(app, c, frame, detail);
    sl_confusion_draw_line(frame, c->places.line, &shown);
    sl_confusion_draw_chosen(frame, c->places.chosen, &shown);
    sl_confusion_draw_pairs(frame, c->places.pairs, &shown);
    sl_confusion_draw_classes(frame, c->places.classes, &shown);
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void choose(sl_app *app, confusion *c, long by) {
    sl_confusion_shown shown;
    const sl_run_detail *detail = look(app, c, &shown);
    if (!detail) return;
    long at = (long)c->chosen + by, last = (long)detail->classes - 1;
    c->chosen = (size_t)(at < 0 ? 0 : at > last ? last : at);
    c->other = SL_MATRIX_ANY;
}

// Moves along the evaluations. Where a matrix is on its way, from that on.
static void go(sl_app *app, confusion *c, long by) {
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    if (!detail || detail->evaluations == 0) return;
    long last = (long)detail->evaluations - 1, at = last;
    while (c->step && at > 0 && detail->evaluation_steps[at] > c->step) at--;
    at += by;
    c->step = at > last ? 0 : detail->evaluation_steps[at < 0 ? 0 : at];
    if (at > last) sl_app_say(app, SL_COLOR_DEFAULT, "always the newest evaluation");
}

static bool act(sl_app *app, void *state, sl_action action) {
    confusion *c = state;
    int page = c->cells.rows > 1 ? c->cells.rows - 1 : 1;
    switch (action) {
    case SL_ACTION_UP: choose(app, c, -1); return true;
    case SL_ACTION_DOWN: choose(app, c, 1); return true;
    case SL_ACTION_PAGE_UP: choose(app, c, -page); return true;
    case SL_ACTION_PAGE_DOWN: choose(app, c, page); return true;
    case SL_ACTION_LEFT: go(app, c, -1); return true;
    case SL_ACTION_RIGHT: go(app, c, 1); return true;
    case SL_ACTION_FIRST: go(app, c, -1000000); return true;
    case SL_ACTION_LAST: c->step = 0; return true;
    case SL_ACTION_NORMALIZE:
        c->share = (sl_matrix_share)((c->share + 1) % SL_MATRIX_SHARES);
        c->first_pair = 0;
        sl_config_set_number(&app->config, "confusion.share", (int)c->share);
        return true;
    default: return false;
    }
}

static bool press(sl_app *app, confusion *c, const sl_input *event) {
    sl_confusion_shown shown;
    size_t row, column;
    sl_matrix_pair pair;
    if (!look(app, c, &shown)) return false;
    if (sl_heat_matrix_at(&c->cells, event->x, event->y, &row, &column) && sl_rect_holds(c->places.matrix, event->x, event->y)) {
        c->chosen = row;
        c->other = column;
    } else if (sl_rect_holds(c->places.matrix, event->x, event->y) && event->y >= c->cells.cells.y) { // a name
        if (!sl_heat_matrix_at(&c->cells, c->cells.cells.x, event->y, &row, &column)) return false;
        c->chosen = row;
        c->other = SL_MATRIX_ANY;
    } else if (sl_rect_holds(c->places.pairs, event->x, event->y)) {
        if (!sl_confusion_pair_at(c->places.pairs, &shown, event->y, &pair)) return false;
        c->chosen = pair.truth;
        c->other = pair.prediction;
    } else if (sl_rect_holds(c->places.classes, event->x, event->y)) {
        if (!sl_confusion_class_at(c->places.classes, &shown, event->y, &row)) return false;
        c->chosen = row;
        c->other = SL_MATRIX_ANY;
    }
    return true;
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    confusion *c = state;
    if (event->key == SL_KEY_MOUSE_PRESS) return press(app, c, event);
    if (event->key != SL_KEY_WHEEL_UP && event->key != SL_KEY_WHEEL_DOWN) return false;
    int by = event->key == SL_KEY_WHEEL_UP ? -3 : 3;
    if (sl_rect_holds(c->places.pairs, event->x, event->y)) {
        int first = c->first_pair + by, most = sl_confusion_pairs_most(c->capacity) - c->places.pairs.height + 1;
        c->first_pair = first > most ? most : first;
        if (c->first_pair < 0) c->first_pair = 0;
    } else {
        choose(app, c, by);
    }
    return true;
}

const sl_screen sl_screen_confusion = {.id = SL_ON_CONFUSION,
                                       .name = "confusion",
                                       .size = sizeof(confusion),
                                       .open = open_confusion,
                                       .close = close_confusion,
                                       .request = request,
                                       .title = title,
                                       .draw = draw,
                                       .act = act,
                                       .input = input};
