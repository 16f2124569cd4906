#include "ui/tui/watch.h"
#include "core/base/log.h"
#include "ui/tui/app.h"
#include "ui/tui/on_alarm.h"
#include "ui/tui/screens/runs_table.h"
#include "ui/tui/terminal/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK = 250, INPUTS = 200 }; // milliseconds between frames; inputs taken before the next frame

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct watch {
    sl_app app;
    sl_terminal *terminal;
    sl_collector *collector;
    sl_tell *tell;
    sl_frame frame;
    sl_text asked, wanted; // requests as texts, to see whether they differ
    const sl_snapshot *snapshot;
    uint64_t serial; // of the last request
    bool awaited;    // it is not answered yet
    const sl_watch_options *options;
    sl_on_alarm *alarm; // of --on-alarm, or NULL
    double alarmed;     // it has seen the snapshot of this time
} watch;

static void nobody(void *user, const char *line) {}
// On the threads of the collector and of what is sent.
static void on_ready(void *user) {
    sl_terminal_wake(((watch *)user)->terminal);
}
static sl_status on_compile(void *user, const char *filter, sl_text *sql) {
    const sl_watch_options *options = ((watch *)user)->options;
    if (!options->compile) return sl_error(SL_ERR_UNSUPPORTED, "there are no filters here");
    return options->compile(options->compile_user, filter, sql);
}
static sl_status on_report(void *user, const sl_report_request *wanted, sl_text *out) {
    const sl_watch_options *options = ((watch *)user)->options;
    if (!options->report) return sl_error(SL_ERR_UNSUPPORTED, "there are no such texts here");
    return options->report(options->report_user, wanted, out);
}

// ---- asking -----------------------------------------------------------------------------------------------------------------

static sl_status request_text(const sl_request *request, sl_text *out) {
    out->length = 0;
    SL_TRY(sl_text_append(out, "%d %d %.17g %.17g %d %d %zu %lld %s\n", request->columns, (int)request->axis, request->from,
                          request->to, (int)request->sort, request->reverse, request->limit, (long long)request->confusion_step,
                          request->split ? request->split : ""));
    for (size_t i = 0; i < request->run_count; i++) SL_TRY(sl_text_append(out, "%lld ", (long long)request->runs[i]));
    const sl_report_request *report = &request->report;
    SL_TRY(sl_text_append(out, "\n%d %s\n%s\n", (int)report->kind, report->metric ? report->metric : "",
                          report->against ? report->against : ""));
    for (size_t i = 0; report->kind && i < report->run_count; i++)
        SL_TRY(sl_text_append(out, "%lld ", (long long)report->runs[i]));
    SL_TRY(sl_text_append(out, "\n%d %d %lld %s\n%s\n", request->samples, request->sample_past, (long long)request->sample_step,
                          request->sample_split ? request->sample_split : "",
                          request->sample_image ? request->sample_image : ""));
    return sl_text_append(out, "\n%s", request->filter ? request->filter : "");
}

// Whether the application wants something else than before, which then is in *request.
static sl_status changed(watch *w, sl_request *request, bool *out) {
    sl_app_request(&w->app, request);
    SL_TRY(request_text(request, &w->wanted));
    *out = !w->asked.data || strcmp(w->asked.data, w->wanted.data) != 0;
    sl_text swap = w->asked;
    w->asked = w->wanted;
    w->wanted = swap;
    return SL_OK;
}

static sl_status ask(watch *w) {
    sl_request request;
    bool differs;
    SL_TRY(changed(w, &request, &differs));
    if (!differs) return SL_OK;
    w->awaited = true;
    return sl_collector_ask(w->collector, &request, &w->serial);
}

// ---- the loop ---------------------------------------------------------------------------------------------------------------

// Whether there is a newer snapshot.
static bool take_snapshot(watch *w) {
    const sl_snapshot *newest = sl_collector_take(w->collector);
    bool newer = newest && newest != w->snapshot;
    if (!newer) {
        sl_collector_release(w->collector, newest);
        return false;
    }
    w->app.snapshot = newest;
    sl_collector_release(w->collector, w->snapshot);
    w->snapshot = newest;
    return true;
}

static sl_status send(void *user, const sl_order *order) {
    return sl_tell_send(((watch *)user)->tell, order);
}

// Whether something has come of a command.
static bool hear(watch *w) {
    sl_tell_news news;
    bool heard = false;
    while (sl_tell_next(w->tell, &news)) {
        sl_app_hear(&w->app, &news);
        heard = true;
    }
    return heard;
}

static bool take_notice(watch *w) {
    const char *text = w->options->notice ? w->options->notice(w->options->notice_user) : NULL;
    if (!text) return false;
    sl_app_say(&w->app, SL_COLOR_ACCENT, "%s", text);
    w->app.message_until = INFINITY;
    return true;
}

static sl_status show(watch *w) {
    int width, height;
    bool whole = w->app.redraw;
    sl_terminal_size(w->terminal, &width, &height);
    w->app.now = seconds(CLOCK_REALTIME);
    w->app.redraw = false;
    w->app.pixels = sl_terminal_pictures(w->terminal);
    SL_TRY(sl_frame_resize(&w->frame, width, height));
    sl_app_draw(&w->app, &w->frame);
    sl_terminal_mouse(w->terminal, w->app.mouse);
    return sl_terminal_show(w->terminal, &w->frame, w->app.theme, whole);
}

// Runs the command of --on-alarm for what is new in the snapshot. Whether there is something to say of it.
static bool look_for_alarms(watch *w) {
    if (!w->alarm) return false;
    double now = seconds(CLOCK_REALTIME);
    if (w->snapshot && w->snapshot->time != w->alarmed) {
        if (sl_on_alarm_look(w->alarm, w->snapshot, now) != SL_OK) sl_app_say(&w->app, SL_COLOR_BAD, "%s", sl_error_message());
        w->alarmed = w->snapshot->time;
    }
    const char *complaint = sl_on_alarm_reap(w->alarm, now);
    if (complaint) sl_app_say(&w->app, SL_COLOR_WARN, "%s", complaint);
    return complaint != NULL;
}

// News wait until the next frame is due, unless the person asked for them; what the person does is shown at once.
static sl_status loop(watch *w) {
    double shown = -1, clock = -1;
    bool news = true;
    while (!w->app.quit) {
        double now = seconds(CLOCK_MONOTONIC), second = floor(seconds(CLOCK_REALTIME));
        bool due = now - shown >= TICK / 1000.0, answered = false;
        if (due || w->awaited) news = take_snapshot(w) || news;
        if (due) news = hear(w) || news;
        if (due) news = look_for_alarms(w) || news;
        if (due) news = take_notice(w) || news;
        if (w->awaited && w->snapshot && w->snapshot->serial >= w->serial) {
            answered = true;
            w->awaited = false;
        }
        if (answered || (due && (news || second != clock))) {
            SL_TRY(show(w));
            SL_TRY(ask(w));
            shown = now;
            clock = second;
            news = false;
        }
        int patience = news ? TICK - (int)(1000 * (now - shown)) : TICK;
        sl_input input = sl_terminal_wait(w->terminal, patience < 1 ? 1 : patience > TICK ? TICK : patience);
        if (input.key == SL_KEY_NONE) continue;
        w->app.now = seconds(CLOCK_REALTIME);
        for (int i = 0; i < INPUTS && input.key != SL_KEY_NONE && !w->app.quit; i++) {
            sl_app_input(&w->app, &input);
            input = sl_terminal_wait(w->terminal, 0);
        }
        shown = -1;
        news = true;
        SL_TRY(ask(w));
    }
    return SL_OK;
}

static sl_status open_app(sl_app *app, const sl_watch_options *options, const sl_config *config) {
    SL_TRY(sl_app_open(app, config));
    app->database = options->database;
    app->read_only = options->read_only;
    app->selected = options->run;
    app->now = seconds(CLOCK_REALTIME);
    sl_app_set_filter(app, options->filter);
    return SL_OK;
}

static sl_status open_screen(sl_app *app, const sl_watch_options *options) {
    const sl_screen *screen = options->screen ? sl_screen_find(options->screen) : NULL;
    if (options->screen && !screen) return sl_error(SL_ERR_ARGUMENT, "there is no screen \"%s\"", options->screen);
    if (screen) sl_app_push(app, screen->id);
    return SL_OK;
}

static sl_status run(watch *w) {
    SL_TRY(open_screen(&w->app, w->options));
    if (w->options->on_alarm) SL_TRY(sl_on_alarm_new(w->options->on_alarm, w->options->database, false, &w->alarm));
    SL_TRY(sl_terminal_open(&w->terminal));
    w->app.utf8 = !w->options->ascii && sl_terminal_utf8(w->terminal);
    sl_theme theme = sl_terminal_theme(w->terminal);
    w->app.theme.depth = theme.depth;
    const char *pictures = w->options->pictures ? w->options->pictures : getenv("SEMILUNA_PICTURES");
    if (w->app.utf8 && theme.depth >= SL_DEPTH_256)
        sl_terminal_ask_pictures(w->terminal, pictures && *pictures ? pictures : "auto");
    if (!sl_config_get(&w->app.config, "light")) w->app.theme.light = theme.light;
    sl_collect_options collect = {.compile = on_compile, .report = on_report, .ready = on_ready, .user = w};
    SL_TRY(sl_collector_open(w->options->database, &collect, &w->collector));
    SL_TRY(sl_tell_open(w->options->database, on_ready, w, &w->tell));
    w->app.send = send;
    w->app.send_user = w;
    SL_TRY(ask(w));
    return loop(w);
}

sl_status sl_watch(const sl_watch_options *options) {
    char path[4096];
    sl_config config = {0};
    watch w = {.options = options};
    bool remembers = sl_config_path(path, sizeof path);
    if (remembers && sl_config_read(&config, path) != SL_OK) remembers = false; // it is not ours to overwrite
    SL_TRY(open_app(&w.app, options, &config));
    sl_log_sink_set(nobody, NULL); // what is told line by line would stand across the frame
    sl_status status = run(&w);
    sl_collector_release(w.collector, w.snapshot);
    sl_collector_close(w.collector);
    sl_on_alarm_free(w.alarm);
    sl_text unsent = {0};
    sl_tell_close(w.tell, &unsent);
    sl_terminal_close(w.terminal);
    sl_log_sink_set(NULL, NULL);
    if (options->ended_by) *options->ended_by = sl_terminal_ended_by();
    if (unsent.data) fprintf(stderr, "%s", unsent.data);
    sl_text_free(&unsent);
    // Layout that cannot be kept is no failure of what the person did.
    if (status == SL_OK && remembers && sl_config_write(&w.app.config, path) != SL_OK) sl_log("%s", sl_error_message());
    sl_app_close(&w.app);
    sl_frame_free(&w.frame);
    sl_text_free(&w.asked);
    sl_text_free(&w.wanted);
    return status;
}

// ---- without a terminal -----------------------------------------------------------------------------------------------------

static sl_status collect_once(watch *w, const sl_request *request) {
    sl_collect_options collect = {.compile = on_compile, .report = on_report, .user = w};
    sl_snapshot *snapshot = NULL;
    SL_TRY(sl_collect(w->options->database, &collect, request, &snapshot));
    sl_snapshot_free((sl_snapshot *)w->snapshot);
    w->app.snapshot = w->snapshot = snapshot;
    w->app.now = snapshot->time;
    if (snapshot->problem) return sl_error(SL_ERR_IO, "%s", snapshot->problem);
    if (snapshot->filter_problem) return sl_error(SL_ERR_ARGUMENT, "%s", snapshot->filter_problem);
    return SL_OK;
}

// What a screen wants may follow from what it was given: the run that the person stands on is known once there are runs.
static sl_status settle(watch *w, sl_frame *frame) {
    enum { ROUNDS = 4 };
    bool differs = true;
    for (int round = 0; round < ROUNDS && differs; round++) {
        sl_request request;
        SL_TRY(changed(w, &request, &differs));
        if (differs) SL_TRY(collect_once(w, &request));
        sl_app_draw(&w->app, frame);
        if (round == 0) SL_TRY(open_screen(&w->app, w->options));
    }
    sl_app_draw(&w->app, frame);
    return SL_OK;
}

static void close_picture(watch *w) {
    sl_app_close(&w->app);
    sl_snapshot_free((sl_snapshot *)w->snapshot);
    sl_text_free(&w->asked);
    sl_text_free(&w->wanted);
}

sl_status sl_watch_snapshot(const sl_watch_options *options, sl_theme theme, int width, int height, sl_frame *frame) {
    watch w = {.options = options};
    SL_TRY(open_app(&w.app, options, NULL));
    w.app.theme = theme;
    w.app.utf8 = !options->ascii;
    sl_status status = sl_frame_resize(frame, width, height);
    if (status == SL_OK) status = settle(&w, frame);
    close_picture(&w);
    return status;
}

sl_status sl_watch_once(const sl_watch_options *options, sl_theme theme, bool colored, int width, sl_text *out) {
    watch w = {.options = options};
    sl_request request;
    SL_TRY(open_app(&w.app, options, NULL));
    w.app.utf8 = !options->ascii;
    sl_app_request(&w.app, &request);
    sl_status status = collect_once(&w, &request);
    if (status == SL_OK) status = sl_runs_table_print(&w.app, theme, colored, width, out);
    close_picture(&w);
    return status;
}

sl_status sl_watch_alarms(const sl_watch_options *options) {
    watch w = {.options = options};
    sl_request request;
    size_t count = 0, failed = 0;
    SL_TRY(open_app(&w.app, options, NULL));
    sl_app_request(&w.app, &request);
    sl_status status = collect_once(&w, &request);
    if (status == SL_OK) status = sl_on_alarm_new(options->on_alarm, options->database, true, &w.alarm);
    if (status == SL_OK) status = sl_on_alarm_look(w.alarm, w.snapshot, seconds(CLOCK_REALTIME));
    if (status == SL_OK) failed = sl_on_alarm_wait(w.alarm, &count);
    sl_on_alarm_free(w.alarm);
    close_picture(&w);
    if (failed) return sl_error(SL_ERR_IO, "--on-alarm: the command failed for %zu of %zu findings", failed, count);
    return status;
}
