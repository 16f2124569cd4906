// What happened to a run: events, commands with their answers and notes, in the order of their times.
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/screens/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1024, TEXT_BYTES = 20000, WRAPPED = 12 };

static const sl_style dim = {SL_COLOR_DIM, 0, 0};

typedef struct entry {
    enum { COMMAND, EVENT, NOTE } kind;
    size_t index;
    double time;
} entry;

static bool is(const char *text, const char *other) {
    return text && strcmp(text, other) == 0;
}

// Whether a command tells the same: its answer stands in the list already.
static bool is_told(const sl_run_detail *detail, const sl_event_row *event) {
    bool steered = is(event->kind, "steered"), paused = is(event->kind, "paused");
    for (size_t i = 0; (steered || paused) && i < detail->command_count; i++) {
        const sl_command_row *command = &detail->commands[i];
        if (command->step != event->step || !command->answer || strncmp(command->answer, "done", 4) != 0) continue;
        if (steered ? is(command->name, "set") || is(command->name, "extend") : is(command->name, "pause")) return true;
    }
    return false;
}

static int newest_first(const void *a, const void *b) {
    const entry *one = a, *other = b;
    double first = isnan(one->time) ? -INFINITY : one->time, second = isnan(other->time) ? -INFINITY : other->time;
    if (first != second) return first < second ? 1 : -1;
    if (one->kind != other->kind) return (int)one->kind - (int)other->kind;
    return (one->index > other->index) - (one->index < other->index);
}

static int gather(const sl_run_detail *detail, entry *out) {
    int count = 0;
    for (size_t i = 0; i < detail->command_count && count < MOST; i++)
        out[count++] = (entry){COMMAND, i, detail->commands[i].time};
    for (size_t i = 0; i < detail->event_count && count < MOST; i++)
        if (!is_told(detail, &detail->events[i])) out[count++] = (entry){EVENT, i, detail->events[i].time};
    for (size_t i = 0; i < detail->note_count && count < MOST; i++)
        out[count++] = (entry){NOTE, i, detail->note_times ? detail->note_times[i] : NAN};
    qsort(out, (size_t)count, sizeof *out, newest_first);
    return count;
}

int sl_run_history_count(const sl_run_detail *detail) {
    return (int)(detail->command_count + detail->event_count + detail->note_count);
}

// The text of an entry, the step where it has one (else -1), and its colour.
static sl_color tell(const sl_run_detail *detail, const entry *e, bool utf8, char *out, int64_t *step) {
    const char *arrow = utf8 ? "→" : "->";
    *step = -1;
    if (e->kind == NOTE) {
        snprintf(out, TEXT_BYTES, "note: %s", detail->notes[e->index]);
        return SL_COLOR_TITLE;
    }
    if (e->kind == EVENT) {
        const sl_event_row *event = &detail->events[e->index];
        *step = event->step;
        snprintf(out, TEXT_BYTES, "%s%s%s", event->kind, event->text && *event->text ? " " : "", event->text ? event->text : "");
        return is(event->kind, "warning") || is(event->kind, "pruned") ? SL_COLOR_WARN : SL_COLOR_DEFAULT;
    }
    const sl_command_row *command = &detail->commands[e->index];
    *step = command->step;
    const char *argument = command->argument ? command->argument : "";
    snprintf(out, TEXT_BYTES, "%s%s%s %s %s", command->name, *argument ? " " : "", argument, arrow,
             command->answer ? command->answer : "waits for an answer");
    if (!command->answer) return SL_COLOR_ACCENT;
    return strncmp(command->answer, "done", 4) == 0 ? SL_COLOR_GOOD : SL_COLOR_WARN;
}

// Columns of when it was and at which step.
enum { AGE = 7, STEP = 8, STEP_FROM = 44 };

static int entry_rows(sl_frame *frame, sl_rect area, bool utf8, bool whole, sl_color color, const char *text) {
    if (!whole) {
        if (frame) sl_frame_text(frame, area, area.x, area.y, (sl_style){color, 0, 0}, text);
        return 1;
    }
    return sl_run_wrap(frame, area, WRAPPED, utf8, (sl_style){color, 0, 0}, text);
}

int sl_run_history_draw(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, bool selected, bool whole,
                        int *scroll) {
    static char text[TEXT_BYTES];
    entry entries[MOST];
    char age[SL_SHORT_BYTES], number[SL_SHORT_BYTES];
    int64_t step;
    int count = gather(detail, entries), rows = 0;
    if (area.height <= 0) return count;
    sl_rect top = sl_rect_take_top(&area, 1);
    sl_run_title_draw(frame, top, "history", selected);
    bool steps = area.width >= STEP_FROM;
    sl_rect line = area;
    sl_rect_take_left(&line, AGE + (steps ? STEP : 0));
    for (int i = 0; i < count && (whole || rows <= area.height); i++) {
        sl_color color = tell(detail, &entries[i], frame->utf8, text, &step);
        rows += entry_rows(NULL, line, frame->utf8, true, color, text);
    }
    whole = whole || rows <= area.height; // long texts are cut only to show more of them
    if (!whole) rows = count;
    int last = rows > area.height ? rows - area.height : 0, skip;
    *scroll = *scroll < 0 ? 0 : *scroll > last ? last : *scroll;
    skip = *scroll;
    for (int i = 0, y = area.y - skip; i < count && y < area.y + area.height; i++) {
        sl_color color = tell(detail, &entries[i], frame->utf8, text, &step);
        sl_rect here = {line.x, y, line.width, area.y + area.height - y};
        int taken = entry_rows(NULL, here, frame->utf8, whole, color, text);
        if (y >= area.y) { // one that begins above is out of sight
            entry_rows(frame, here, frame->utf8, whole, color, text);
            sl_frame_text(frame, area, area.x, y, dim,
                          isfinite(entries[i].time) ? sl_show_age(app->now - entries[i].time, age) : "-");
            if (steps && step >= 0) sl_frame_printf(frame, area, area.x + AGE, y, dim, "@%s", sl_show_count(step, number));
        }
        y += taken;
    }
    if (count == 0) sl_frame_text(frame, area, area.x, area.y, dim, "nothing yet");
    return rows;
}
