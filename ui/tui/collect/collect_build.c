// A snapshot of what is known: filtered, sorted, limited, and copied into memory of its own.
#define _GNU_SOURCE // qsort_r
#include "core/base/memory.h"
#include "ui/health.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// The snapshot that people see, and its memory.
typedef struct held_snapshot {
    sl_snapshot shown; // first: the address of one is that of the other
    sl_arena arena;
} held_snapshot;

void sl_snapshot_free(sl_snapshot *snapshot) {
    if (!snapshot) return;
    held_snapshot *held = (held_snapshot *)snapshot;
    for (size_t i = 0; i < snapshot->detail_count; i++) sl_samples_release(snapshot->details[i].samples);
    sl_arena_free(&held->arena);
    sl_free(held);
}

typedef struct building {
    sl_collection *collection;
    sl_arena *arena;
    double now;
    int failed; // memory ran out
} building;

static const char *text(building *b, const char *value) {
    return sl_arena_text(b->arena, value ? value : "", &b->failed);
}

static const char *text_or_null(building *b, const char *value) {
    return sl_arena_text(b->arena, value, &b->failed);
}

static void *copy(building *b, const void *items, size_t count, size_t size) {
    void *memory = sl_arena_alloc(b->arena, count, size);
    if (!memory)
        b->failed = 1;
    else if (count)
        memcpy(memory, items, count * size);
    return memory;
}

// ---- rows --------------------------------------------------------------------------------------------------------------------

static sl_run_state state_of(const sl_known_run *run, double now) {
    double age = now - run->heartbeat;
    return sl_run_is_live(run) && (age > 60 || (run->gone && age > 25)) ? SL_STATE_DEAD : run->state;
}

// What is wrong with a run. One that is dead since it was looked at has that too.
static void fill_findings(building *b, const sl_known_run *run, sl_run_row *row) {
    bool told = row->state != SL_STATE_DEAD;
    for (size_t i = 0; i < run->finding_count; i++) told = told || run->findings[i].kind == SL_FINDING_HEARTBEAT;
    size_t count = run->finding_count + !told;
    if (count == 0) return;
    sl_finding_row *findings = sl_arena_alloc(b->arena, count, sizeof *findings);
    if (!findings) {
        b->failed = 1;
        return;
    }
    if (!told) {
        char sentence[200];
        snprintf(sentence, sizeof sentence,
                 "no sign of life for %.0f s: look at the machine it runs on, or go on with `semiluna run --resume`",
                 row->heartbeat_age);
        *findings = (sl_finding_row){SL_FINDING_HEARTBEAT, SL_SEVERITY_BAD, "no heartbeat", text(b, sentence)};
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        const sl_finding *from = &run->findings[i];
        findings[i + !told] = (sl_finding_row){(int)from->kind, (int)from->severity, text(b, from->alarm), text(b, from->text)};
    }
    row->findings = findings;
    row->finding_count = count;
}

static void fill_row(building *b, sl_known_run *run, sl_run_row *row) {
    bool live = sl_run_is_live(run);
    double left = run->steps > run->step && run->step >= 0 ? (double)(run->steps - run->step) : 0;
    double trained = (isfinite(run->ended) ? run->ended : run->heartbeat) - run->session;
    *row = (sl_run_row){
        .id = run->id,
        .uuid = text(b, run->uuid),
        .name = text(b, run->name),
        .experiment = text(b, run->experiment),
        .method = text(b, run->method),
        .error = text_or_null(b, run->error),
        .host = text(b, run->host),
        .device = text(b, run->device),
        .varies = text(b, sl_varies_text(b->collection, run)),
        .state = state_of(run, b->now),
        .step = run->step,
        .steps = run->steps,
        .seed = run->seed,
        .miou = run->miou,
        .best_miou = fmax(run->best_before, run->miou), // fmax passes over what is no number
        .seg = run->metrics[0],
        .semi = run->metrics[1],
        .discriminator = run->metrics[2],
        .kept = run->metrics[3],
        .steps_per_second = run->speed,
        .images_per_second = run->speed * run->batch,
        .heartbeat_age = live ? fmax(0, b->now - run->heartbeat) : NAN,
        .started = run->started,
        .duration = (isfinite(run->before) ? run->before : 0) + (trained > 0 ? trained : 0),
        .alarm = text_or_null(b, run->alarm),
        .alarm_severity = run->alarm ? run->alarm_severity : -1,
        .tags = text(b, run->tags),
        .memory = run->use.memory,
        .cpu = run->use.cpu,
        .ended = live ? NAN : run->ended,
    };
    row->seconds_left = row->state == SL_STATE_RUNNING && run->speed > 0 && run->steps >= 0 ? left / run->speed : NAN;
    if (row->state == SL_STATE_DEAD && !row->alarm) {
        row->alarm = text(b, "no heartbeat");
        row->alarm_severity = SL_SEVERITY_BAD;
    }
    fill_findings(b, run, row);
}

// ---- sorting -----------------------------------------------------------------------------------------------------------------

// The number by which rows are sorted, greatest first; NAN comes last.
static double key_of(const sl_run_row *row, sl_sort sort) {
    static const double states[] = {[SL_STATE_RUNNING] = 7, [SL_STATE_PAUSED] = 6,  [SL_STATE_DEAD] = 5, [SL_STATE_DIVERGED] = 4,
                                    [SL_STATE_FAILED] = 3,  [SL_STATE_STOPPED] = 2, [SL_STATE_DONE] = 1};
    switch (sort) {
    case SL_SORT_STATE: return states[row->state];
    case SL_SORT_STEP: return row->step < 0 ? NAN : (double)row->step;
    case SL_SORT_MIOU: return row->miou;
    case SL_SORT_BEST: return row->best_miou;
    case SL_SORT_SEG: return row->seg;
    case SL_SORT_SEMI: return row->semi;
    case SL_SORT_DISCRIMINATOR: return row->discriminator;
    case SL_SORT_KEPT: return row->kept;
    case SL_SORT_SPEED: return row->steps_per_second;
    case SL_SORT_LEFT: return row->seconds_left;
    case SL_SORT_HEARTBEAT: return row->heartbeat_age;
    case SL_SORT_STARTED: return row->started;
    case SL_SORT_DURATION: return row->duration;
    default: return (double)row->id;
    }
}

static int compare_texts(const char *a, const char *b) {
    int difference = strcasecmp(a, b);
    return difference ? difference : strcmp(a, b);
}

static int compare_rows(const void *a, const void *b, void *user) {
    const sl_run_row *one = a, *other = b;
    const sl_request *request = user;
    int difference = 0;
    switch (request->sort) {
    case SL_SORT_NAME: difference = compare_texts(one->name, other->name); break;
    case SL_SORT_METHOD: difference = compare_texts(one->method, other->method); break;
    case SL_SORT_EXPERIMENT:
        difference = compare_texts(one->experiment, other->experiment);
        if (!difference) difference = compare_texts(one->varies, other->varies);
        break;
    default: {
        double x = key_of(one, request->sort), y = key_of(other, request->sort);
        if (isnan(x) || isnan(y)) {
            if (isnan(x) != isnan(y)) return isnan(x) ? 1 : -1; // last, whichever way round
            break;
        }
        difference = (x < y) - (x > y);
    }
    }
    if (difference) return request->reverse ? -difference : difference;
    return (one->id < other->id) - (one->id > other->id);
}

static void fill_rows(building *b, sl_snapshot *out) {
    sl_collection *c = b->collection;
    sl_run_row *rows = sl_arena_alloc(b->arena, c->run_count, sizeof *rows);
    if (!rows) {
        b->failed = 1;
        return;
    }
    for (size_t i = 0; i < c->run_count; i++) {
        if (!c->runs[i]->selected) continue;
        sl_run_row *row = &rows[out->run_count++];
        fill_row(b, c->runs[i], row);
        switch (row->state) {
        case SL_STATE_RUNNING:
        case SL_STATE_PAUSED: out->running++; break;
        case SL_STATE_DONE: out->done++; break;
        case SL_STATE_STOPPED: out->stopped++; break;
        case SL_STATE_FAILED:
        case SL_STATE_DIVERGED: out->failed++; break;
        case SL_STATE_DEAD: out->dead++; break;
        }
    }
    qsort_r(rows, out->run_count, sizeof *rows, compare_rows, &c->request);
    if (c->request.limit && out->run_count > c->request.limit) out->run_count = c->request.limit;
    out->runs = rows;
    out->total = c->run_count;
}

// ---- details -----------------------------------------------------------------------------------------------------------------

static const sl_series *declared_of(const sl_known_detail *d, const char *name) {
    char option[300] = "";
    if (strncmp(name, "option.", 7) == 0)
        snprintf(option, sizeof option, "%s", name + 7);
    else if (strcmp(name, "lr") == 0)
        snprintf(option, sizeof option, "optimizer.lr");
    else if (strncmp(name, "lr_", 3) == 0)
        snprintf(option, sizeof option, "method.%.250s_lr", name + 3);
    for (size_t i = 0; *option && i < d->declared_count; i++)
        if (strcmp(d->declared[i].name, option) == 0) return &d->declared[i];
    return NULL;
}

static void fill_series(building *b, const sl_known_detail *d, const sl_known_run *run, sl_run_detail *out) {
    bool by_time = b->collection->request.axis == SL_AXIS_TIME;
    sl_series *all = sl_arena_alloc(b->arena, d->series_count, sizeof *all);
    if (!all) b->failed = 1;
    for (size_t i = 0; all && i < d->series_count; i++) {
        const sl_known_series *known = &d->series[i];
        sl_series_column *columns = sl_arena_alloc(b->arena, known->count, sizeof *columns);
        if (!columns) {
            b->failed = 1;
            return;
        }
        for (size_t k = 0; k < known->count; k++) {
            const sl_known_column *column = &known->columns[k];
            columns[k] = (sl_series_column){by_time ? column->time - run->started : (double)column->step, column->low,
                                            column->high, column->last};
        }
        all[i] = (sl_series){.name = text(b, known->name), .columns = columns, .count = known->count};
        const sl_series *declared = by_time ? NULL : declared_of(d, known->name);
        if (!declared) continue;
        all[i].declared = copy(b, declared->columns, declared->count, sizeof *declared->columns);
        all[i].declared_count = declared->count;
    }
    out->series = all;
    out->series_count = all ? d->series_count : 0;
}

// The steps and times of the series with the most columns, which is among those logged most often.
static void fill_clock(building *b, const sl_known_detail *d, const sl_known_run *run, sl_run_detail *out) {
    const sl_known_series *most = NULL;
    for (size_t i = 0; i < d->series_count; i++)
        if (!most || d->series[i].count > most->count) most = &d->series[i];
    if (!most || most->count == 0) return;
    double *steps = sl_arena_alloc(b->arena, most->count, sizeof *steps);
    double *times = sl_arena_alloc(b->arena, most->count, sizeof *times);
    if (!steps || !times) {
        b->failed = 1;
        return;
    }
    for (size_t i = 0; i < most->count; i++) {
        steps[i] = (double)most->columns[i].step;
        times[i] = most->columns[i].time - run->started;
    }
    out->clock_steps = steps;
    out->clock_times = times;
    out->clock_count = most->count;
}

static const char *const *copy_texts(building *b, const char *const *texts, size_t count) {
    const char **copies = sl_arena_alloc(b->arena, count, sizeof *copies);
    if (!copies) b->failed = 1;
    for (size_t i = 0; copies && i < count; i++) copies[i] = text(b, texts[i]);
    return copies;
}

static void fill_lists(building *b, const sl_known_detail *d, sl_run_detail *out) {
    const sl_run_detail *from = &d->fields;
    sl_event_row *events = copy(b, from->events, from->event_count, sizeof *events);
    for (size_t i = 0; events && i < from->event_count; i++) {
        events[i].kind = text(b, events[i].kind);
        events[i].text = text(b, events[i].text);
    }
    sl_command_row *commands = copy(b, from->commands, from->command_count, sizeof *commands);
    for (size_t i = 0; commands && i < from->command_count; i++) {
        commands[i].name = text(b, commands[i].name);
        commands[i].argument = text(b, commands[i].argument);
        commands[i].answer = text_or_null(b, commands[i].answer);
    }
    sl_number_row *numbers = copy(b, from->numbers, from->number_count, sizeof *numbers);
    for (size_t i = 0; numbers && i < from->number_count; i++) {
        numbers[i].name = text(b, numbers[i].name);
        numbers[i].value = text(b, numbers[i].value);
    }
    out->numbers = numbers;
    out->number_count = from->number_count;
    out->events = events;
    out->event_count = from->event_count;
    out->commands = commands;
    out->command_count = from->command_count;
    out->option_names = copy_texts(b, from->option_names, from->option_count);
    out->option_values = copy_texts(b, from->option_values, from->option_count);
    out->option_count = from->option_count;
    out->notes = copy_texts(b, from->notes, from->note_count);
    out->note_times = copy(b, from->note_times, from->note_count, sizeof *from->note_times);
    out->note_count = from->note_count;
    out->findings = copy_texts(b, from->findings, from->finding_count);
    out->finding_severities = copy(b, from->finding_severities, from->finding_count, sizeof *from->finding_severities);
    out->finding_count = from->finding_count;
    out->versions = text_or_null(b, from->versions);
    out->script_path = text_or_null(b, from->script_path);
    out->git_commit = text_or_null(b, from->git_commit);
    out->threads = from->threads;
    out->pid = from->pid;
    out->resumes = from->resumes;
}

static void fill_detail(building *b, const sl_known_detail *d, sl_known_run *run, sl_run_detail *out) {
    fill_row(b, run, &out->run);
    fill_lists(b, d, out);
    fill_series(b, d, run, out);
    out->by_time = b->collection->request.axis == SL_AXIS_TIME;
    bool *varies = sl_arena_alloc(b->arena, out->option_count, sizeof *varies);
    if (!varies) b->failed = 1;
    for (size_t i = 0; varies && i < out->option_count; i++) varies[i] = sl_varies_in(b->collection, run, out->option_names[i]);
    out->option_varies = varies;
    fill_clock(b, d, run, out);
    out->split = text_or_null(b, d->split);
    out->class_names = copy_texts(b, (const char *const *)d->class_names, d->classes);
    out->evaluation_steps = copy(b, d->evaluation_steps, d->evaluations, sizeof *d->evaluation_steps);
    out->iou = copy(b, d->iou, d->evaluations * d->classes, sizeof *d->iou);
    out->classes = d->classes;
    out->evaluations = d->evaluations;
    out->samples = b->collection->request.samples ? sl_samples_share(d->samples) : NULL;
    out->confusion_step = -1;
    if (!d->confusion) return;
    out->confusion = copy(b, d->confusion, d->confusion_classes * d->confusion_classes, sizeof *d->confusion);
    out->confusion_step = d->confusion_step;
    out->confusion_split = out->split;
}

static void fill_details(building *b, sl_snapshot *out) {
    sl_collection *c = b->collection;
    sl_run_detail *details = sl_arena_alloc(b->arena, c->detail_count, sizeof *details);
    if (!details) b->failed = 1;
    for (size_t i = 0; details && i < c->detail_count; i++) {
        sl_known_run *run = sl_runs_find(c, c->request.runs[i]);
        if (run && c->details[i]) fill_detail(b, c->details[i], run, &details[out->detail_count++]);
    }
    out->details = details;
}

static void fill_report(building *b, sl_snapshot *out) {
    const sl_report *from = &b->collection->report.shown;
    out->report = *from;
    out->report.text = text_or_null(b, from->text);
    out->report.problem = text_or_null(b, from->problem);
    sl_report_cell *cells = copy(b, from->cells, from->cell_count, sizeof *cells);
    for (size_t i = 0; cells && i < from->cell_count; i++)
        cells[i].runs = copy(b, cells[i].runs, cells[i].run_count, sizeof *cells[i].runs);
    out->report.cells = cells;
    if (!cells) out->report.cell_count = 0;
}

sl_status sl_snapshot_build(sl_collection *c, sl_snapshot **out) {
    held_snapshot *held = sl_calloc(1, sizeof *held);
    *out = NULL;
    if (!held) return sl_error(SL_ERR_MEMORY, "out of memory");
    building b = {.collection = c, .arena = &held->arena, .now = sl_seconds_now()};
    sl_snapshot *shown = &held->shown;
    shown->database = text(&b, c->path);
    shown->problem = text_or_null(&b, c->problem);
    shown->time = b.now;
    shown->serial = c->serial;
    shown->complete = !c->pending;
    shown->filter_problem = text_or_null(&b, c->filter_problem);
    shown->disk_free = c->disk_free;
    shown->disk_total = c->disk_total;
    shown->by_time = c->request.axis == SL_AXIS_TIME;
    fill_rows(&b, shown);
    fill_details(&b, shown);
    fill_report(&b, shown);
    if (b.failed) {
        sl_snapshot_free(shown);
        return sl_error(SL_ERR_MEMORY, "out of memory for what the dashboard shows");
    }
    c->built_at = sl_seconds_steady();
    *out = shown;
    return SL_OK;
}
