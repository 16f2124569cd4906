// Steering: what the keys ask before a command is sent to a run, and what is shown of what came of it.
//
// Nothing is sent before a person has said yes to a sentence that says what will be done to which run, or has written a tag or a
// note and pressed enter.
#include "ui/tui/steering.h"
#include "core/base/memory.h"
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/present.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_BYTES = 160, LONG_MESSAGE = 15, KEPT = 2, WAITING_SHOWN = 60 }; // seconds

typedef struct sl_steering steering;

static const struct kind {
    sl_action action;
    const char *name;
    bool several; // makes sense for all marked runs at once
} kinds[] = {
    {SL_ACTION_PAUSE, "pause", true},       {SL_ACTION_STOP, "stop", true},      {SL_ACTION_CHECKPOINT, "checkpoint", true},
    {SL_ACTION_EVALUATE, "evaluate", true}, {SL_ACTION_EXTEND, "extend", false}, {SL_ACTION_SET, "set", false},
    {SL_ACTION_FORK, "fork", false},        {SL_ACTION_TAG, "tag", true},        {SL_ACTION_NOTE, "note", false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct kind *kind_of(sl_action action) {
    for (int i = 0; i < KINDS; i++)
        if (kinds[i].action == action) return &kinds[i];
    return NULL;
}

static const char *name_of(const steering *s) {
    return s->goes_on ? "continue" : kind_of(s->action)->name;
}

// A message long enough to be read slowly.
static void say(sl_app *app, sl_color color, const char *text) {
    sl_app_say(app, color, "%s", text);
    app->message_until = app->now + LONG_MESSAGE;
}

// ---- which runs -------------------------------------------------------------------------------------------------------------

static bool add(sl_app *app, int64_t run) {
    steering *s = &app->steering;
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 16;
        int64_t *runs = sl_realloc(s->runs, capacity * sizeof *runs);
        if (!runs) {
            sl_app_say(app, SL_COLOR_BAD, "out of memory");
            return false;
        }
        s->runs = runs;
        s->capacity = capacity;
    }
    s->runs[s->count++] = run;
    return true;
}

// "run 9f31c2 T=.5 s2"
static const char *run_text(const sl_run_row *row, char out[RUN_BYTES]) {
    snprintf(out, RUN_BYTES, "run %.6s %.120s", row->uuid ? row->uuid : "", sl_run_called(row));
    return out;
}

static void say_refusal(sl_app *app, const sl_run_row *row) {
    sl_text text = {0};
    const char *state = row->state == SL_STATE_DEAD ? "running" : sl_state_name(row->state);
    if (sl_tell_refusal(row->id, row->name ? row->name : "", state, row->step, name_of(&app->steering), &text) == SL_OK)
        say(app, SL_COLOR_WARN, text.data);
    else
        sl_app_say(app, SL_COLOR_BAD, "%s", sl_error_message());
    sl_text_free(&text);
}

// Puts the marked runs that can be told into the list. A pause is a pause as long as one of them is not paused.
static bool take_marked(sl_app *app) {
    steering *s = &app->steering;
    bool anytime = sl_tell_anytime(name_of(s)), all_paused = true;
    size_t trained = 0;
    for (size_t i = 0; i < app->mark_count; i++) {
        const sl_run_row *row = sl_app_row(app, app->marks[i]);
        if (!row || !sl_state_trains(row->state)) continue;
        trained++;
        all_paused = all_paused && row->state == SL_STATE_PAUSED;
    }
    s->goes_on = s->action == SL_ACTION_PAUSE && trained && all_paused;
    for (size_t i = 0; i < app->mark_count; i++) {
        const sl_run_row *row = sl_app_row(app, app->marks[i]);
        bool fits = row && (anytime || sl_state_trains(row->state));
        if (fits && s->action == SL_ACTION_PAUSE) fits = (row->state == SL_STATE_PAUSED) == s->goes_on;
        if (fits && !add(app, row->id)) return false;
    }
    s->left_out = app->mark_count - s->count;
    if (s->count == 0) say(app, SL_COLOR_WARN, "none of the marked runs is being trained; U takes the marks away");
    return s->count > 0;
}

static bool take_one(sl_app *app) {
    steering *s = &app->steering;
    const sl_run_row *row = sl_app_row(app, app->selected);
    if (!row) {
        sl_app_say(app, SL_COLOR_WARN, "there is no run here to tell anything");
        return false;
    }
    s->goes_on = s->action == SL_ACTION_PAUSE && row->state == SL_STATE_PAUSED;
    if (sl_state_trains(row->state) || sl_tell_anytime(name_of(s))) return add(app, row->id);
    say_refusal(app, row);
    return false;
}

// ---- sending ----------------------------------------------------------------------------------------------------------------

static void send(sl_app *app, int64_t run, const char *text) {
    steering *s = &app->steering;
    sl_order order = {name_of(s), s->argument, s->runs, s->count};
    if (app->read_only || s->count == 0) return;
    if (app->send(app->send_user, &order) != SL_OK)
        sl_app_say(app, SL_COLOR_BAD, "not sent: %s", sl_error_message());
    else
        sl_app_say(app, SL_COLOR_DEFAULT, "sending ...");
}

// Asks whether to send what stands in app->steering.
static void confirm(sl_app *app, const sl_text *question, sl_status status) {
    if (status != SL_OK)
        sl_app_say(app, SL_COLOR_BAD, "%s", sl_error_message());
    else if (strlen(app->steering.argument) > SL_ARGUMENT_BYTES)
        sl_app_say(app, SL_COLOR_WARN, "what is sent has at most %d bytes", SL_ARGUMENT_BYTES);
    else
        sl_app_confirm(app, question->data, app->steering.runs[0], send);
}

// "run 9f31c2 T=.5 s2 at step 812", or "3 marked runs"
static sl_status append_runs(const sl_app *app, sl_text *out) {
    const steering *s = &app->steering;
    const sl_run_row *row = sl_app_row(app, s->runs[0]);
    char name[RUN_BYTES];
    if (s->count > 1 || !row) return sl_text_append(out, "%zu marked runs", s->count);
    return sl_text_append(out, "%s at step %lld", run_text(row, name), (long long)row->step);
}

// ---- commands without an argument -------------------------------------------------------------------------------------------

static sl_status append_question(const sl_app *app, sl_text *out) {
    const steering *s = &app->steering;
    bool one = s->count == 1;
    const char *before = s->action == SL_ACTION_STOP ? "stop " : s->action == SL_ACTION_PAUSE && !s->goes_on ? "pause " : "let ";
    SL_TRY(sl_text_append(out, "%s", before));
    SL_TRY(append_runs(app, out));
    if (s->goes_on) return sl_text_append(out, " go on?");
    if (s->action == SL_ACTION_CHECKPOINT) return sl_text_append(out, " write a checkpoint now?");
    if (s->action == SL_ACTION_EVALUATE) return sl_text_append(out, " measure %s now?", one ? "its network" : "their networks");
    if (s->action == SL_ACTION_PAUSE) return sl_text_append(out, "?");
    SL_TRY(sl_text_append(out, "? a checkpoint is written, and `semiluna run --resume "));
    SL_TRY(one ? sl_text_append(out, "%lld", (long long)s->runs[0]) : sl_text_append(out, "RUN"));
    return sl_text_append(out, "` goes on with it");
}

static void ask_plainly(sl_app *app) {
    steering *s = &app->steering;
    sl_text question = {0};
    sl_status status = append_question(app, &question);
    if (status == SL_OK && s->left_out)
        status = sl_text_append(&question, "  (%zu more %s left out)", s->left_out, s->left_out == 1 ? "is" : "are");
    confirm(app, &question, status);
    sl_text_free(&question);
}

// ---- another value ----------------------------------------------------------------------------------------------------------

static void value_typed(sl_app *app, int64_t run, const char *text) {
    steering *s = &app->steering;
    sl_choice number;
    char before[SL_CHOICE_BYTES];
    sl_text question = {0};
    if (!*text) return;
    snprintf(s->argument, sizeof s->argument, "%s=%s", s->number, text);
    bool known = sl_steering_number(app, run, s->number, &number, before);
    sl_status status = sl_text_append(&question, "set %s to %s in ", s->number, text);
    if (status == SL_OK) status = append_runs(app, &question);
    if (status == SL_OK && known && *number.about) status = sl_text_append(&question, ", in place of %s", number.about);
    if (status == SL_OK) status = sl_text_append(&question, "?");
    confirm(app, &question, status);
    sl_text_free(&question);
}

static void number_typed(sl_app *app, int64_t run, const char *text);

// Which number is meant: its name, the end of it, or the only one of those offered. Where none is, or several are, it asks anew.
// True as well where it is not known yet what can be set: the run itself answers then.
static bool number_found(sl_app *app, int64_t run, sl_choice *out, char value[SL_CHOICE_BYTES]) {
    steering *s = &app->steering;
    sl_choice fitting[2];
    bool found = sl_steering_number(app, run, s->number, out, value);
    if (!found && sl_steering_numbers(app, run, "", fitting, 1) == 0) return true;
    if (!found && sl_steering_numbers(app, run, s->number, fitting, 2) == 1)
        found = sl_steering_number(app, run, fitting[0].text, out, value);
    if (found) {
        snprintf(s->number, sizeof s->number, "%s", out->text);
        return true;
    }
    bool several = sl_steering_numbers(app, run, s->number, fitting, 2) > 1;
    char label[SL_CHOICE_BYTES + 64];
    snprintf(label, sizeof label, several ? "which of those with \"%s\"?" : "no number has \"%s\" in its name; which one?",
             s->number);
    sl_app_ask(app, label, several ? s->number : "", run, number_typed);
    sl_app_offer(app, sl_steering_numbers, false);
    return false;
}

static void number_typed(sl_app *app, int64_t run, const char *text) {
    steering *s = &app->steering;
    sl_choice number;
    char label[SL_CHOICE_BYTES + 8], value[SL_CHOICE_BYTES] = "";
    const char *equals = strchr(text, '=');
    int length = (int)(equals ? equals - text : (long)strlen(text));
    while (length > 0 && text[length - 1] == ' ') length--;
    if (length == 0) return;
    snprintf(s->number, sizeof s->number, "%.*s", length, text);
    if (!number_found(app, run, &number, value)) return;
    if (equals) { // the value was typed as well
        for (equals++; *equals == ' ';) equals++;
        value_typed(app, run, equals);
        return;
    }
    snprintf(label, sizeof label, "set %s =", s->number);
    sl_app_ask(app, label, value, run, value_typed);
}

// ---- length, forks, tags and notes ------------------------------------------------------------------------------------------

static void length_typed(sl_app *app, int64_t run, const char *text) {
    steering *s = &app->steering;
    const sl_run_row *row = sl_app_row(app, run);
    const char *digits = text + (*text == '+');
    if (!*text) return;
    if (!*digits || digits[strspn(digits, "0123456789")] || strlen(digits) > 12) {
        sl_app_say(app, SL_COLOR_WARN, "\"%s\" is no number of steps: 30000, or +5000", text);
        return;
    }
    sl_text question = {0};
    char name[RUN_BYTES];
    long long steps = atoll(digits);
    if (*text == '+' && row && row->steps < INT64_MAX - steps) steps += row->steps;
    snprintf(s->argument, sizeof s->argument, "%s", text);
    sl_status status = sl_text_append(&question, "let %s train to step %lld", row ? run_text(row, name) : "the run", steps);
    if (status == SL_OK && row) status = sl_text_append(&question, " in place of %lld", (long long)row->steps);
    if (status == SL_OK) status = sl_text_append(&question, "? schedules are stretched over the new length");
    confirm(app, &question, status);
    sl_text_free(&question);
}

static void fork_typed(sl_app *app, int64_t run, const char *text) {
    steering *s = &app->steering;
    sl_text question = {0};
    if (!*text) return;
    snprintf(s->argument, sizeof s->argument, "%s", text);
    sl_status status = sl_text_append(&question, "begin a new run that goes on from ");
    if (status == SL_OK) status = append_runs(app, &question);
    if (status == SL_OK) status = sl_text_append(&question, " with %s?", text);
    confirm(app, &question, status);
    sl_text_free(&question);
}

// A tag or a note is what it says: it needs no further question.
static void words_typed(sl_app *app, int64_t run, const char *text) {
    steering *s = &app->steering;
    if (!text[strspn(text, " ")]) return;
    if (s->action == SL_ACTION_TAG && strlen(text) > SL_TAG_BYTES) {
        sl_app_say(app, SL_COLOR_WARN, "a tag has at most %d bytes", SL_TAG_BYTES);
        return;
    }
    snprintf(s->argument, sizeof s->argument, "%s", text);
    send(app, run, text);
}

// ---- keys -------------------------------------------------------------------------------------------------------------------

static void ask(sl_app *app) {
    steering *s = &app->steering;
    const sl_run_row *row = sl_app_row(app, s->runs[0]);
    char label[SL_LINE_BYTES], name[RUN_BYTES] = "", steps[32] = "";
    int64_t run = s->runs[0];
    if (row) run_text(row, name);
    if (row && row->steps > 0) snprintf(steps, sizeof steps, "%lld", (long long)row->steps);
    switch (s->action) {
    case SL_ACTION_SET:
        snprintf(label, sizeof label, "set which number of %s?", name);
        sl_app_ask(app, label, "", run, number_typed);
        sl_app_offer(app, sl_steering_numbers, false);
        break;
    case SL_ACTION_EXTEND:
        snprintf(label, sizeof label, "train %s to step (or +MORE)", name);
        sl_app_ask(app, label, steps, run, length_typed);
        break;
    case SL_ACTION_FORK:
        snprintf(label, sizeof label, "new run from %s with NAME=VALUE ...", name);
        sl_app_ask(app, label, "", run, fork_typed);
        sl_app_offer(app, sl_steering_options, true);
        break;
    case SL_ACTION_TAG:
        if (s->count > 1) snprintf(name, sizeof name, "%zu marked runs", s->count);
        snprintf(label, sizeof label, "tag of %s (-TAG takes it away)", name);
        sl_app_ask(app, label, "", run, words_typed);
        break;
    case SL_ACTION_NOTE:
        snprintf(label, sizeof label, "note on %s", name);
        sl_app_ask(app, label, "", run, words_typed);
        break;
    default: ask_plainly(app);
    }
}

bool sl_steering_act(sl_app *app, sl_action action) {
    const struct kind *kind = kind_of(action);
    steering *s = &app->steering;
    if (!kind || app->read_only) return false;
    if (!app->send) {
        sl_app_say(app, SL_COLOR_WARN, "nothing can be sent from here");
        return true;
    }
    s->action = action;
    s->goes_on = false;
    s->count = s->left_out = 0;
    s->argument[0] = s->number[0] = 0;
    bool marked = kind->several && app->mark_count && app->levels[app->depth - 1].screen->id == SL_ON_RUNS;
    if (marked ? take_marked(app) : take_one(app)) ask(app);
    return true;
}

// What can be set, and what it is now, stands in the run's detail.
void sl_steering_request(sl_app *app, sl_request *request) {
    const struct sl_prompt *prompt = &app->prompt;
    bool needed =
        prompt->open && (prompt->answer == number_typed || prompt->answer == value_typed || prompt->answer == fork_typed);
    if (!needed) return;
    for (size_t i = 0; i < request->run_count; i++)
        if (request->runs[i] == prompt->run) return;
    request->runs = &prompt->run;
    request->run_count = 1;
}

// ---- what came of it --------------------------------------------------------------------------------------------------------

void sl_app_hear(sl_app *app, const sl_tell_news *news) {
    steering *s = &app->steering;
    if (s->news_count == SL_NEWS_KEPT) memmove(s->news, s->news + 1, --s->news_count * sizeof *s->news);
    s->news[s->news_count++] = *news;
}

// One after the other, each for a moment, and not while something is being asked.
void sl_steering_show(sl_app *app) {
    steering *s = &app->steering;
    if (s->news_count == 0 || app->prompt.open || app->now < app->message_keep) return;
    sl_tell_news news = s->news[0];
    memmove(s->news, s->news + 1, --s->news_count * sizeof *s->news);
    static const sl_color colors[] = {
        [SL_TIDINGS_WAITING] = SL_COLOR_WARN, [SL_TIDINGS_SENT] = SL_COLOR_DEFAULT, [SL_TIDINGS_LATE] = SL_COLOR_WARN,
        [SL_TIDINGS_DONE] = SL_COLOR_GOOD,    [SL_TIDINGS_REFUSED] = SL_COLOR_BAD,  [SL_TIDINGS_FAILED] = SL_COLOR_BAD};
    say(app, colors[news.kind], news.text);
    bool goes_on = news.kind == SL_TIDINGS_WAITING || news.kind == SL_TIDINGS_SENT; // until the next
    if (goes_on) app->message_until = app->now + WAITING_SHOWN;
    if (!goes_on) app->message_keep = app->now + KEPT;
}

void sl_steering_close(sl_app *app) {
    sl_free(app->steering.runs);
    app->steering = (steering){0};
}
