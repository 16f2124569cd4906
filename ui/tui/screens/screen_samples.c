// The Samples screen: what the network makes of a few images, from evaluation to evaluation; two runs on the same image.
#include "core/base/memory.h"
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/screens/samples_view.h"

#include <stdio.h>
#include <string.h>

typedef struct samples {
    char *split, *image; // that is wanted; NULL: the first
    bool past;           // the evaluation up to `step` is wanted, not the newest
    int64_t step;
    bool beside, large;
    int kind; // that stands out
    int64_t runs[SL_SAMPLES_RUNS];
    sl_samples_layout at;
} samples;

static void forget_image(samples *s) {
    sl_free(s->split);
    sl_free(s->image);
    s->split = s->image = NULL;
}

static void close_samples(sl_app *app, void *state) {
    forget_image(state);
}

static sl_status open_samples(sl_app *app, void *state) {
    samples *s = state;
    s->kind = sl_config_number(&app->config, "samples.kind", 0, SL_SAMPLE_KINDS - 1, SL_SAMPLE_PREDICTION);
    s->large = sl_config_number(&app->config, "samples.large", 0, 1, 0);
    return SL_OK;
}

// ---- what is shown ----------------------------------------------------------------------------------------------------------

// The first marked run that is not the one stood on, or 0.
static int64_t other_run(const sl_app *app) {
    for (size_t i = 0; i < app->mark_count; i++)
        if (app->marks[i] != app->selected) return app->marks[i];
    return 0;
}

static const sl_run_detail *detail_of(sl_app *app) {
    if (app->selected == 0 && app->snapshot && app->snapshot->run_count > 0) app->selected = app->snapshot->runs[0].id;
    return sl_app_detail(app, app->selected);
}

// What there is to draw; false: nothing. Where the run does not have the image that was looked at, the first is wanted again.
static bool look(sl_app *app, samples *s, sl_samples_view *view) {
    const sl_run_detail *detail = detail_of(app), *other = s->beside ? sl_app_detail(app, other_run(app)) : NULL;
    if (!detail || !detail->samples || detail->samples->image_count == 0) return false;
    if (detail->samples->image == detail->samples->image_count) {
        forget_image(s);
        return false;
    }
    *view = (sl_samples_view){.theme = app->theme,
                              .samples = {detail->samples, other ? other->samples : NULL},
                              .runs = {&detail->run, other ? &other->run : NULL},
                              .chosen = s->kind,
                              .follows = !s->past};
    return true;
}

static sl_samples_shape shape_of(const samples *s, const sl_samples_view *view) {
    sl_samples_shape shape = {.runs = view->samples[1] ? 2 : 1, .alone = -1, .classes = (int)view->samples[0]->class_count};
    for (int run = 0; run < shape.runs; run++)
        for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
            const sl_picture *picture = &view->samples[run]->pictures[kind];
            shape.kinds[kind] |= picture->rgb || picture->problem;
            if (!picture->rgb || shape.width) continue;
            shape.width = picture->width;
            shape.height = picture->height;
        }
    if (shape.width == 0) shape.width = shape.height = 1;
    if (s->large) shape.alone = s->kind;
    return shape;
}

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    const sl_run_detail *detail = detail_of(app);
    const sl_run_row *run = detail ? &detail->run : sl_app_row(app, app->selected);
    const char *what = run ? sl_run_called(run) : "";
    snprintf(out, bytes, "samples  %.6s  %s", run && run->uuid ? run->uuid : "", what);
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static void draw_nothing(const sl_app *app, sl_frame *frame, sl_rect area) {
    const sl_snapshot *snapshot = app->snapshot;
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    const char *first = "reading ...", *second = "", *stored = detail ? sl_run_option(detail, "evaluate.samples") : NULL;
    if (snapshot && snapshot->problem && !detail)
        first = "nothing can be read yet";
    else if (snapshot && snapshot->complete && snapshot->run_count == 0 && !detail) {
        first = "there is no run to show";
        second = "semiluna run SCRIPT records one";
    } else if (detail && detail->samples && detail->samples->image_count == 0) {
        bool runs = sl_state_trains(detail->run.state);
        bool none = stored && !strcmp(stored, "0");
        first = "this run has stored no pictures";
        second = none      ? "its script says evaluate.samples = 0: 4 stores four images of each split at every evaluation"
                 : !stored ? "it was recorded before there were any: newer runs store them at every evaluation"
                 : runs    ? "they come with its first step, and again with every evaluation"
                           : "semiluna show RUN lists its warnings: there may have been no room for them";
    }
    int y = area.y + area.height / 2 - 1;
    for (int i = 0; i < 2; i++) {
        const char *line = i ? second : first;
        int x = area.x + (area.width - sl_text_columns(line, frame->utf8)) / 2;
        sl_frame_text(frame, area, x < area.x ? area.x : x, y + i, (sl_style){i ? SL_COLOR_DIM : SL_COLOR_DEFAULT, 0, 0}, line);
    }
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    samples *s = state;
    sl_samples_view view;
    s->at = (sl_samples_layout){0};
    if (!look(app, s, &view)) {
        draw_nothing(app, frame, area);
        return;
    }
    sl_samples_shape shape = shape_of(s, &view);
    // What stands out has to be there.
    if (!shape.kinds[s->kind]) {
        int kind = s->kind;
        for (int i = 1; i <= SL_SAMPLE_KINDS && !shape.kinds[kind]; i++) kind = (s->kind + i) % SL_SAMPLE_KINDS;
        view.chosen = kind;
        if (s->large) shape.alone = kind;
    }
    memcpy(view.kinds, shape.kinds, sizeof view.kinds);
    view.width = shape.width;
    view.height = shape.height;
    sl_samples_place(area, &shape, &s->at);
    if (s->at.alone && shape.alone < 0) { // there is no room for all
        shape.alone = view.chosen;
        sl_samples_place(area, &shape, &s->at);
    }
    sl_samples_draw_head(frame, s->at.head, &view);
    sl_samples_draw_track(frame, s->at.track, &view);
    sl_samples_draw_panels(frame, &s->at, &view);
    sl_samples_draw_legend(frame, &s->at, &view);
}

static void request(sl_app *app, void *state, sl_request *wanted) {
    samples *s = state;
    if (app->selected == 0) return;
    s->runs[0] = app->selected;
    s->runs[1] = s->beside ? other_run(app) : 0;
    wanted->runs = s->runs;
    wanted->run_count = s->runs[1] ? 2 : 1;
    wanted->columns = 2;
    wanted->samples = true;
    wanted->sample_split = s->split;
    wanted->sample_image = s->image;
    wanted->sample_past = s->past;
    wanted->sample_step = s->step;
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void choose_image(sl_app *app, samples *s, long by) {
    sl_samples_view view;
    if (!look(app, s, &view)) return;
    const sl_samples *shown = view.samples[0];
    long at = (long)shown->image, last = (long)shown->image_count - 1;
    for (long i = 0; s->image && i <= last; i++) // one may be on its way
        if (!strcmp(shown->images[i], s->image) && !strcmp(shown->splits[i], s->split)) at = i;
    at += by;
    if (at < 0 || at > last) return;
    char *split = sl_strdup(shown->splits[at]), *image = sl_strdup(shown->images[at]);
    if (split && image) {
        forget_image(s);
        s->split = split;
        s->image = image;
        return;
    }
    sl_free(split);
    sl_free(image);
}

static void go_to(sl_app *app, samples *s, const sl_samples *shown, long at) {
    long last = (long)shown->step_count - 1;
    if (at > last) {
        s->past = false;
        sl_app_say(app, SL_COLOR_DEFAULT, "always the newest evaluation");
        return;
    }
    s->past = true;
    s->step = shown->steps[at < 0 ? 0 : at];
}

// Moves along the evaluations, from the one that is on its way.
static void go(sl_app *app, samples *s, long by) {
    sl_samples_view view;
    if (!look(app, s, &view) || view.samples[0]->step_count == 0) return;
    const sl_samples *shown = view.samples[0];
    long at = (long)shown->step_count - 1;
    while (s->past && at > 0 && shown->steps[at] > s->step) at--;
    go_to(app, s, shown, at + by);
}

static void choose_kind(sl_app *app, samples *s, int by) {
    sl_samples_view view;
    if (!look(app, s, &view)) return;
    sl_samples_shape shape = shape_of(s, &view);
    for (int i = 0; i < SL_SAMPLE_KINDS; i++) {
        s->kind = (s->kind + by + SL_SAMPLE_KINDS) % SL_SAMPLE_KINDS;
        if (shape.kinds[s->kind]) break;
    }
    sl_config_set_number(&app->config, "samples.kind", s->kind);
}

static void set_large(sl_app *app, samples *s, bool large) {
    s->large = large;
    sl_config_set_number(&app->config, "samples.large", large);
}

static void toggle_beside(sl_app *app, samples *s) {
    if (!s->beside && other_run(app) == 0) {
        sl_app_say(app, SL_COLOR_WARN, "no other run is marked: space marks one in the table of runs");
        return;
    }
    s->beside = !s->beside;
}

static bool act(sl_app *app, void *state, sl_action action) {
    samples *s = state;
    switch (action) {
    case SL_ACTION_UP: choose_image(app, s, -1); return true;
    case SL_ACTION_DOWN: choose_image(app, s, 1); return true;
    case SL_ACTION_LEFT: go(app, s, -1); return true;
    case SL_ACTION_RIGHT: go(app, s, 1); return true;
    case SL_ACTION_FIRST: go(app, s, -1000000); return true;
    case SL_ACTION_LAST: s->past = false; return true;
    case SL_ACTION_NEXT: choose_kind(app, s, 1); return true;
    case SL_ACTION_PREVIOUS: choose_kind(app, s, -1); return true;
    case SL_ACTION_ENTER: set_large(app, s, !s->large); return true;
    case SL_ACTION_BESIDE: toggle_beside(app, s); return true;
    default: return false;
    }
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    samples *s = state;
    sl_samples_view view;
    if (event->key == SL_KEY_WHEEL_UP || event->key == SL_KEY_WHEEL_DOWN) {
        go(app, s, event->key == SL_KEY_WHEEL_UP ? -1 : 1);
        return true;
    }
    if ((event->key != SL_KEY_MOUSE_PRESS && event->key != SL_KEY_MOUSE_DRAG) || !look(app, s, &view)) return false;
    if (sl_rect_holds(s->at.track, event->x, event->y)) {
        long at = sl_samples_track_at(s->at.track, view.samples[0], event->x);
        if (at >= 0) go_to(app, s, view.samples[0], at);
        return true;
    }
    for (int run = 0; run < SL_SAMPLES_RUNS && event->key == SL_KEY_MOUSE_PRESS; run++)
        for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++)
            if (sl_rect_holds(s->at.panels[run][kind], event->x, event->y)) {
                // A click chooses a picture, another makes it large or small again.
                if (s->kind == kind) set_large(app, s, !s->large);
                s->kind = kind;
            }
    return true;
}

const sl_screen sl_screen_samples = {.id = SL_ON_SAMPLES,
                                     .name = "samples",
                                     .size = sizeof(samples),
                                     .open = open_samples,
                                     .close = close_samples,
                                     .request = request,
                                     .title = title,
                                     .draw = draw,
                                     .act = act,
                                     .input = input};
