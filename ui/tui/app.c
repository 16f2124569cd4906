#include "ui/tui/app.h"
#include "core/base/memory.h"
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/present.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const sl_screen *const sl_screens[] = {&sl_screen_runs,   &sl_screen_run,       &sl_screen_compare,
                                       &sl_screen_diff,   &sl_screen_confusion, &sl_screen_samples,
                                       &sl_screen_health, &sl_screen_help,      NULL};

static const sl_screen *by_id(sl_screen_id id) {
    for (const sl_screen *const *screen = sl_screens; *screen; screen++)
        if ((*screen)->id == id) return *screen;
    return NULL;
}

const sl_screen *sl_screen_find(const char *name) {
    for (const sl_screen *const *screen = sl_screens; *screen; screen++)
        if (!strcmp((*screen)->name, name)) return *screen;
    return NULL;
}

static unsigned all_screens(void) {
    unsigned bits = 0;
    for (const sl_screen *const *screen = sl_screens; *screen; screen++) bits |= (*screen)->id;
    return bits;
}

static struct sl_level *top(sl_app *app) {
    return &app->levels[app->depth - 1];
}

// ---- opening and closing ----------------------------------------------------------------------------------------------------

static sl_status open_level(sl_app *app, const sl_screen *screen) {
    if (app->depth == SL_LEVELS) return sl_error(SL_ERR_ARGUMENT, "too many screens are open");
    void *state = sl_calloc(1, screen->size ? screen->size : 1);
    if (!state) return sl_error(SL_ERR_MEMORY, "out of memory");
    sl_status status = screen->open ? screen->open(app, state) : SL_OK;
    if (status != SL_OK)
        sl_free(state);
    else
        app->levels[app->depth++] = (struct sl_level){screen, state};
    return status;
}

static void close_level(sl_app *app) {
    struct sl_level *level = top(app);
    if (level->screen->close) level->screen->close(app, level->state);
    sl_free(level->state);
    app->depth--;
}

sl_status sl_app_open(sl_app *app, const sl_config *config) {
    memset(app, 0, sizeof *app);
    if (config) app->config = *config;
    app->theme.light = sl_config_number(&app->config, "light", 0, 1, 0);
    app->mouse = sl_config_number(&app->config, "mouse", 0, 1, 1);
    app->sort = (sl_sort)sl_config_number(&app->config, "sort", 0, SL_SORT_COUNT - 1, SL_SORT_NEWEST);
    app->reverse = sl_config_number(&app->config, "reverse", 0, 1, 0);
    app->utf8 = true;
    app->theme.depth = SL_DEPTH_TRUE;
    return open_level(app, &sl_screen_runs);
}

void sl_app_close(sl_app *app) {
    while (app->depth > 0) close_level(app);
    sl_steering_close(app);
    sl_free(app->filter);
    sl_free(app->marks);
    app->filter = NULL;
    app->marks = NULL;
}

void sl_app_push(sl_app *app, sl_screen_id id) {
    const sl_screen *screen = by_id(id);
    for (int i = 0; i < app->depth; i++)
        if (app->levels[i].screen->id == id) {
            while (app->depth > i + 1) close_level(app);
            return;
        }
    if (screen && open_level(app, screen) != SL_OK) sl_app_say(app, SL_COLOR_WARN, "%s", sl_error_message());
}

void sl_app_pop(sl_app *app) {
    if (app->depth > 1) close_level(app);
}

// ---- what screens share -----------------------------------------------------------------------------------------------------

void sl_app_say(sl_app *app, sl_color color, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(app->message, sizeof app->message, format, arguments);
    va_end(arguments);
    app->message_color = color;
    app->message_until = app->now + 5;
    app->message_keep = 0;
}

void sl_app_step_run(sl_app *app, int by) {
    const sl_snapshot *snapshot = app->snapshot;
    if (!snapshot || snapshot->run_count == 0) return;
    long at = 0, last = (long)snapshot->run_count - 1;
    while (at < last && snapshot->runs[at].id != app->selected) at++;
    at += by;
    app->selected = snapshot->runs[at < 0 ? 0 : at > last ? last : at].id;
}

bool sl_app_marked(const sl_app *app, int64_t run) {
    for (size_t i = 0; i < app->mark_count; i++)
        if (app->marks[i] == run) return true;
    return false;
}

void sl_app_mark(sl_app *app, int64_t run, bool mark) {
    if (sl_app_marked(app, run) == mark) return;
    if (!mark) {
        size_t kept = 0;
        for (size_t i = 0; i < app->mark_count; i++)
            if (app->marks[i] != run) app->marks[kept++] = app->marks[i];
        app->mark_count = kept;
        return;
    }
    if (app->mark_count == app->mark_capacity) {
        size_t capacity = app->mark_capacity ? 2 * app->mark_capacity : 16;
        int64_t *marks = sl_realloc(app->marks, capacity * sizeof *marks);
        if (!marks) {
            sl_app_say(app, SL_COLOR_BAD, "no memory for more marks");
            return;
        }
        app->marks = marks;
        app->mark_capacity = capacity;
    }
    app->marks[app->mark_count++] = run;
}

void sl_app_set_filter(sl_app *app, const char *filter) {
    char *copy = filter && *filter ? sl_strdup(filter) : NULL;
    if (filter && *filter && !copy) {
        sl_app_say(app, SL_COLOR_BAD, "no memory for the filter");
        return;
    }
    sl_free(app->filter);
    app->filter = copy;
}

const sl_run_row *sl_app_row(const sl_app *app, int64_t run) {
    for (size_t i = 0; app->snapshot && i < app->snapshot->run_count; i++)
        if (app->snapshot->runs[i].id == run) return &app->snapshot->runs[i];
    return NULL;
}

const sl_run_detail *sl_app_detail(const sl_app *app, int64_t run) {
    for (size_t i = 0; app->snapshot && i < app->snapshot->detail_count; i++)
        if (app->snapshot->details[i].run.id == run) return &app->snapshot->details[i];
    return NULL;
}

void sl_app_request(sl_app *app, sl_request *request) {
    *request = (sl_request){.filter = app->filter, .sort = app->sort, .reverse = app->reverse};
    struct sl_level *level = top(app);
    if (level->screen->request) level->screen->request(app, level->state, request);
    sl_steering_request(app, request);
}

// ---- input ------------------------------------------------------------------------------------------------------------------

static void act_everywhere(sl_app *app, const sl_binding *binding) {
    switch (binding->action) {
    case SL_ACTION_QUIT: app->quit = true; break;
    case SL_ACTION_BACK: sl_app_pop(app); break;
    case SL_ACTION_HELP: sl_app_push(app, SL_ON_HELP); break;
    case SL_ACTION_REDRAW: app->redraw = true; break;
    case SL_ACTION_OPEN: sl_app_push(app, binding->opens); break;
    case SL_ACTION_NEXT_RUN: sl_app_step_run(app, 1); break;
    case SL_ACTION_PREVIOUS_RUN: sl_app_step_run(app, -1); break;
    case SL_ACTION_MOUSE:
        app->mouse = !app->mouse;
        sl_config_set_number(&app->config, "mouse", app->mouse);
        sl_app_say(app, SL_COLOR_DEFAULT, "%s",
                   app->mouse ? "the mouse selects and scrolls here" : "the mouse selects text, as the terminal does it");
        break;
    case SL_ACTION_THEME:
        app->theme.light = !app->theme.light;
        sl_config_set_number(&app->config, "light", app->theme.light);
        break;
    default: sl_steering_act(app, binding->action);
    }
}

void sl_app_input(sl_app *app, const sl_input *input) {
    struct sl_level *level = top(app);
    if (input->key == SL_KEY_QUIT)
        app->quit = true;
    else if (input->key == SL_KEY_REDRAW)
        app->redraw = true;
    else if (input->key == SL_KEY_NONE || input->key == SL_KEY_RESIZE)
        return;
    else if (app->prompt.open)
        sl_prompt_input(app, input);
    else {
        const sl_binding *binding = sl_binding_find(level->screen->id, all_screens(), app->read_only, input);
        if (app->now >= app->message_keep) app->message_until = 0; // read by now
        if (binding && level->screen->act && level->screen->act(app, level->state, binding->action)) return;
        if (binding)
            act_everywhere(app, binding);
        else if (level->screen->input)
            level->screen->input(app, level->state, input);
    }
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

// How many runs are in which state: in words, or where there is no room with their signs.
static void draw_counts(const sl_snapshot *snapshot, sl_frame *frame, sl_rect line, int x) {
    const struct {
        sl_run_state state;
        int count;
    } all[] = {{SL_STATE_RUNNING, snapshot->running},
               {SL_STATE_DONE, snapshot->done},
               {SL_STATE_STOPPED, snapshot->stopped},
               {SL_STATE_FAILED, snapshot->failed},
               {SL_STATE_DEAD, snapshot->dead}};
    enum { STATES = sizeof all / sizeof *all };
    int width = 0;
    for (int i = 0; i < STATES; i++)
        if (all[i].count > 0) width += snprintf(NULL, 0, "%d %s", all[i].count, sl_state_name(all[i].state)) + 2;
    bool words = x + width - 2 <= line.x + line.width;
    for (int i = 0; i < STATES; i++) {
        sl_style style = {sl_state_color(all[i].state), SL_COLOR_DEFAULT, 0};
        if (all[i].count <= 0) continue;
        x = sl_frame_printf(frame, line, x, line.y, style, "%d ", all[i].count);
        if (words) x = sl_frame_text(frame, line, x, line.y, style, sl_state_name(all[i].state)) + 2;
        if (!words) sl_frame_put(frame, line, x - 1, line.y, style, sl_state_symbol(all[i].state, frame->utf8));
        if (!words) x++;
    }
}

// What the runs of this machine use, left of `right`; returns where that begins.
static int draw_use(const sl_snapshot *snapshot, sl_frame *frame, sl_rect line, int right) {
    double cpu = 0, memory = 0;
    char share[SL_SHORT_BYTES], bytes[SL_SHORT_BYTES], text[3 * SL_SHORT_BYTES];
    for (size_t i = 0; snapshot && i < snapshot->run_count; i++) {
        if (snapshot->runs[i].cpu > 0) cpu += snapshot->runs[i].cpu;
        if (snapshot->runs[i].memory > 0) memory += snapshot->runs[i].memory;
    }
    if (!(memory > 0)) return right;
    int width = snprintf(text, sizeof text, "cpu %s  mem %s", sl_show_whole_percent(cpu, share), sl_show_bytes(memory, bytes));
    right -= width + 2;
    sl_frame_text(frame, line, right, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, text);
    return right;
}

static void draw_header(sl_app *app, sl_frame *frame, sl_rect line) {
    const sl_snapshot *snapshot = app->snapshot;
    struct sl_level *level = top(app);
    char clock[SL_SHORT_BYTES], title[SL_LINE_BYTES] = "";
    sl_style strong = {SL_COLOR_TITLE, SL_COLOR_DEFAULT, SL_ATTR_BOLD}, dim = {SL_COLOR_DIM, 0, 0};
    sl_show_clock(app->now, clock);
    int right = line.width - 1 - (int)strlen(clock);
    sl_frame_text(frame, line, right, line.y, dim, clock);
    if (line.width >= 100) right = draw_use(snapshot, frame, line, right);
    sl_rect room = {line.x, line.y, right - 2, 1};
    int x = sl_frame_text(frame, room, 1, line.y, strong, "semiluna") + 2;
    if (level->screen->title)
        level->screen->title(app, level->state, title, sizeof title);
    else
        snprintf(title, sizeof title, "%s", level->screen->name);
    // The name of the file where there is room left of it.
    const char *slash = app->database ? strrchr(app->database, '/') : NULL, *file = slash ? slash + 1 : app->database;
    if (file && app->depth == 1 && line.width >= 80) {
        int width = sl_text_columns(file, frame->utf8);
        if (width > 24) width = 24;
        room.width -= width + 2;
        sl_frame_text(frame, (sl_rect){room.x + room.width, line.y, width, 1}, room.x + room.width, line.y, dim, file);
        room.width -= 2;
    }
    x = sl_frame_text(frame, room, x, line.y, (sl_style){SL_COLOR_ACCENT, 0, 0}, title) + 2;
    if (!snapshot || app->depth > 1) return;
    draw_counts(snapshot, frame, room, x);
}

static int hint_width(const sl_binding *binding) {
    char name[SL_CHORD_BYTES];
    return (int)(strlen(sl_chord_name(binding->chords[0], name)) + strlen(binding->hint)) + 3;
}

static int draw_hint(sl_frame *frame, sl_rect line, int x, const sl_binding *binding) {
    char name[SL_CHORD_BYTES];
    x = sl_frame_text(frame, line, x, line.y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD},
                      sl_chord_name(binding->chords[0], name));
    return sl_frame_text(frame, line, x + 1, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, binding->hint) + 2;
}

// What is sent to runs is hinted at where the run is being trained.
static bool is_hinted(const sl_app *app, const sl_binding *binding) {
    const sl_run_row *row = binding->steers ? sl_app_row(app, app->selected) : NULL;
    return binding->hint && (!binding->steers || (row && sl_state_trains(row->state)));
}

// Help and the way out stand at the right whatever there is room for.
static void draw_hints(sl_app *app, sl_frame *frame, sl_rect line) {
    sl_screen_id screen = top(app)->screen->id;
    int right = line.width, x = 1;
    for (int last = 1; last >= 0; last--)
        for (size_t i = 0; i < sl_binding_count; i++) {
            const sl_binding *binding = &sl_bindings[i];
            bool is_last =
                binding->action == SL_ACTION_HELP || binding->action == SL_ACTION_QUIT || binding->action == SL_ACTION_BACK;
            if (!is_hinted(app, binding) || is_last != last || !sl_binding_holds(binding, screen, all_screens(), app->read_only))
                continue;
            if (last)
                draw_hint(frame, line, right -= hint_width(binding), binding);
            else if (x + hint_width(binding) <= right)
                x = draw_hint(frame, line, x, binding);
        }
}

static void draw_last_line(sl_app *app, sl_frame *frame, sl_rect line) {
    sl_style bad = {SL_COLOR_BAD, SL_COLOR_DEFAULT, 0};
    if (app->prompt.open)
        sl_prompt_draw(app, frame, line);
    else if (app->message_until > app->now)
        sl_draw_wrapped(frame, line, (sl_style){app->message_color, 0, 0}, app->message, 0);
    else if (app->snapshot && app->snapshot->problem)
        sl_frame_text(frame, line, 1, line.y, bad, app->snapshot->problem);
    else
        draw_hints(app, frame, line);
}

void sl_app_draw(sl_app *app, sl_frame *frame) {
    struct sl_level *level = top(app);
    sl_rect all = {0, 0, frame->width, frame->height};
    frame->utf8 = app->utf8;
    frame->pixels = app->pixels;
    sl_frame_clear(frame);
    if (frame->width < SL_SMALLEST_WIDTH || frame->height < SL_SMALLEST_HEIGHT) {
        char lines[2][80];
        snprintf(lines[0], 80, "semiluna watch needs %dx%d", SL_SMALLEST_WIDTH, SL_SMALLEST_HEIGHT);
        snprintf(lines[1], 80, "here are %dx%d (q leaves)", frame->width, frame->height);
        for (int i = 0; i < 2; i++) {
            int x = (frame->width - (int)strlen(lines[i])) / 2;
            sl_frame_text(frame, all, x > 0 ? x : 0, frame->height / 2 - 1 + i, (sl_style){0}, lines[i]);
        }
        return;
    }
    draw_header(app, frame, (sl_rect){0, 0, frame->width, 1});
    level->screen->draw(app, level->state, frame, (sl_rect){0, 1, frame->width, frame->height - 2});
    sl_steering_show(app);
    draw_last_line(app, frame, (sl_rect){0, frame->height - 1, frame->width, 1});
}
