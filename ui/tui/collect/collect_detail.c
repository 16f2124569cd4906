// Single runs: what grows is read on from where it was, the rest anew.
#include "core/base/memory.h"
#include "ui/health.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SERIES_MOST = 256,
    OPTIONS_MOST = 2000,
    EVENTS_MOST = 500,
    COMMANDS_MOST = 100,
    NUMBERS_MOST = 100,
    NOTES_MOST = 100,
    DECLARED_MOST = 50000
};

static sl_status no_memory(void) {
    return sl_error(SL_ERR_MEMORY, "out of memory");
}

// What a visit of rows fills: lists in the detail's memory, of at most so many.
typedef struct filling {
    sl_known_detail *detail;
    size_t most;
} filling;

// A text that is never NULL.
static const char *text_of(sl_known_detail *d, const sl_db_cursor *row, int column, int *failed) {
    sl_db_value value = sl_db_cursor_value(row, column);
    return sl_arena_text(&d->memory, value.type == SL_DB_TEXT ? value.text : "", failed);
}

static const char *text_or_null(sl_known_detail *d, const sl_db_cursor *row, int column, int *failed) {
    return sl_db_cursor_value(row, column).type == SL_DB_TEXT ? text_of(d, row, column, failed) : NULL;
}

// ---- series ------------------------------------------------------------------------------------------------------------------

static sl_status take_name(void *user, const sl_db_cursor *row) {
    sl_known_detail *d = user;
    int64_t id = sl_row_integer(row, 0, -1);
    for (size_t i = 0; i < d->series_count; i++)
        if (d->series[i].name_id == id) return SL_OK;
    if (d->series_count == SERIES_MOST) return SL_OK;
    SL_TRY(sl_grow((void **)&d->series, d->series_count, &d->series_capacity, sizeof *d->series));
    sl_known_series *series = &d->series[d->series_count];
    *series = (sl_known_series){.name_id = id};
    SL_TRY(sl_row_text(row, 1, &series->name));
    if (!series->name && !(series->name = sl_strdup(""))) return no_memory();
    d->series_count++;
    return SL_OK;
}

// The order in which people look for them; others come between the losses and the learning rates, by name.
static int rank_of(const char *name) {
    static const char *const first[] = {"seg",  "seg_ema", "adv",  "semi",         "semi_adv",
                                        "kept", "D",       "miou", "miou_authors", "pixel_accuracy"};
    enum { COUNT = sizeof first / sizeof *first };
    for (int i = 0; i < COUNT; i++)
        if (strcmp(name, first[i]) == 0) return i;
    return strncmp(name, "option.", 7) == 0                          ? COUNT + 2
           : strcmp(name, "lr") == 0 || strncmp(name, "lr_", 3) == 0 ? COUNT + 1
                                                                     : COUNT;
}

static int by_rank(const void *a, const void *b) {
    const sl_known_series *one = a, *other = b;
    int difference = rank_of(one->name) - rank_of(other->name);
    return difference ? difference : strcmp(one->name, other->name);
}

static sl_status find_series(sl_collection *c, sl_known_detail *d) {
    sl_db_value run = sl_db_integer(d->run);
    size_t known = d->series_count;
    // From name to name along the primary key, whatever the number of points.
    SL_TRY(sl_each_row(
        c->db,
        "WITH RECURSIVE t(n) AS (SELECT min(name_id) FROM metric_value WHERE run = ?1 UNION ALL"
        " SELECT (SELECT min(name_id) FROM metric_value WHERE run = ?1 AND name_id > t.n) FROM t WHERE t.n IS NOT NULL"
        " LIMIT 1000) SELECT t.n, substr(m.name, 1, 1000) FROM t JOIN metric_name m ON m.id = t.n",
        &run, 1, take_name, d));
    if (d->series_count > known) qsort(d->series, d->series_count, sizeof *d->series, by_rank);
    return SL_OK;
}

static sl_status read_series(sl_collection *c, sl_known_detail *d, double deadline) {
    for (size_t i = d->next; i < d->series_count; i++) {
        SL_TRY(sl_series_read(c->db, d->run, d->from, d->to, d->columns, &d->series[i]));
        d->next = i + 1 < d->series_count ? i + 1 : 0;
        if (d->next && sl_seconds_steady() > deadline) return SL_OK;
    }
    d->stale = false;
    return SL_OK;
}

// ---- lists -------------------------------------------------------------------------------------------------------------------

static sl_status take_option(void *user, const sl_db_cursor *row) {
    filling *f = user;
    sl_run_detail *fields = &f->detail->fields;
    int failed = 0;
    if (fields->option_count == f->most) return SL_OK;
    ((const char **)fields->option_names)[fields->option_count] = text_of(f->detail, row, 0, &failed);
    ((const char **)fields->option_values)[fields->option_count++] = text_of(f->detail, row, 1, &failed);
    return failed ? no_memory() : SL_OK;
}

static sl_status take_number(void *user, const sl_db_cursor *row) {
    filling *f = user;
    sl_run_detail *fields = &f->detail->fields;
    int failed = 0;
    if (fields->number_count == f->most) return SL_OK;
    ((sl_number_row *)fields->numbers)[fields->number_count++] =
        (sl_number_row){text_of(f->detail, row, 0, &failed), text_of(f->detail, row, 1, &failed), sl_row_number(row, 2)};
    return failed ? no_memory() : SL_OK;
}

static sl_status take_event(void *user, const sl_db_cursor *row) {
    filling *f = user;
    sl_run_detail *fields = &f->detail->fields;
    int failed = 0;
    if (fields->event_count == f->most) return SL_OK;
    ((sl_event_row *)fields->events)[fields->event_count++] =
        (sl_event_row){sl_row_integer(row, 0, -1), sl_row_number(row, 1), text_of(f->detail, row, 2, &failed),
                       text_of(f->detail, row, 3, &failed)};
    return failed ? no_memory() : SL_OK;
}

static sl_status take_command(void *user, const sl_db_cursor *row) {
    filling *f = user;
    sl_run_detail *fields = &f->detail->fields;
    int failed = 0;
    if (fields->command_count == f->most) return SL_OK;
    ((sl_command_row *)fields->commands)[fields->command_count++] = (sl_command_row){
        .id = sl_row_integer(row, 0, -1),
        .step = sl_row_integer(row, 1, -1),
        .time = sl_row_number(row, 2),
        .name = text_of(f->detail, row, 3, &failed),
        .argument = text_of(f->detail, row, 4, &failed),
        .answer = text_or_null(f->detail, row, 5, &failed),
    };
    return failed ? no_memory() : SL_OK;
}

static sl_status take_note(void *user, const sl_db_cursor *row) {
    filling *f = user;
    sl_run_detail *fields = &f->detail->fields;
    int failed = 0;
    if (fields->note_count == f->most) return SL_OK;
    ((double *)fields->note_times)[fields->note_count] = sl_row_number(row, 1);
    ((const char **)fields->notes)[fields->note_count++] = text_of(f->detail, row, 0, &failed);
    return failed ? no_memory() : SL_OK;
}

static sl_status take_run(void *user, const sl_db_cursor *row) {
    filling *f = user;
    sl_run_detail *fields = &f->detail->fields;
    int failed = 0;
    fields->versions = text_or_null(f->detail, row, 0, &failed);
    fields->script_path = text_or_null(f->detail, row, 1, &failed);
    fields->git_commit = text_or_null(f->detail, row, 2, &failed);
    fields->threads = sl_row_integer(row, 3, -1);
    fields->pid = sl_row_integer(row, 4, -1);
    fields->resumes = sl_row_integer(row, 5, 0);
    return failed ? no_memory() : SL_OK;
}

// Schedules as declared: one list of points for each name, in the order of names.
typedef struct declaring {
    sl_known_detail *detail;
    sl_series_column *columns;
    size_t count;
} declaring;

static sl_status take_declared(void *user, const sl_db_cursor *row) {
    declaring *all = user;
    sl_known_detail *d = all->detail;
    sl_db_value name = sl_db_cursor_value(row, 0);
    if (name.type != SL_DB_TEXT || all->count == DECLARED_MOST) return SL_OK;
    sl_series *series = d->declared_count ? &d->declared[d->declared_count - 1] : NULL;
    int failed = 0;
    if (!series || strcmp(series->name, name.text) != 0) {
        if (d->declared_count == SERIES_MOST) return SL_OK;
        series = &d->declared[d->declared_count++];
        *series = (sl_series){.name = sl_arena_text(&d->memory, name.text, &failed), .columns = all->columns + all->count};
        if (failed) return no_memory();
    }
    double value = sl_row_number(row, 2);
    all->columns[all->count++] = (sl_series_column){sl_row_number(row, 1), value, value, value};
    series->count++;
    return SL_OK;
}

static sl_status count_row(void *user, const sl_db_cursor *row) {
    *(int64_t *)user = sl_row_integer(row, 0, 0);
    return SL_OK;
}

static sl_status read_declared(sl_collection *c, sl_known_detail *d) {
    sl_db_value run = sl_db_integer(d->run);
    int64_t points = 0;
    SL_TRY(sl_each_row(c->db, "SELECT count(*) FROM curve WHERE run = ?1", &run, 1, count_row, &points));
    if (points <= 0) return SL_OK;
    declaring all = {.detail = d};
    all.columns = sl_arena_alloc(&d->memory, points < DECLARED_MOST ? (size_t)points : DECLARED_MOST, sizeof *all.columns);
    d->declared = sl_arena_alloc(&d->memory, SERIES_MOST, sizeof *d->declared);
    if (!all.columns || !d->declared) return no_memory();
    return sl_each_row(c->db,
                       "SELECT substr(name, 1, 1000), step, value FROM curve WHERE run = ?1 ORDER BY name, step LIMIT 50000",
                       &run, 1, take_declared, &all);
}

static sl_status read_findings(sl_collection *c, sl_known_detail *d) {
    sl_finding findings[SL_FINDING_COUNT];
    size_t count;
    int failed = 0;
    SL_TRY(sl_health_run(c->db, d->run, findings, SL_FINDING_COUNT, &count));
    const char **texts = sl_arena_alloc(&d->memory, count, sizeof *texts);
    int *severities = sl_arena_alloc(&d->memory, count, sizeof *severities);
    if (!texts || !severities) return no_memory();
    for (size_t i = 0; i < count; i++) {
        texts[i] = sl_arena_text(&d->memory, findings[i].text, &failed);
        severities[i] = (int)findings[i].severity;
    }
    d->fields.findings = texts;
    d->fields.finding_severities = severities;
    d->fields.finding_count = count;
    return failed ? no_memory() : SL_OK;
}

static sl_status read_lists(sl_collection *c, sl_known_detail *d) {
    sl_arena_free(&d->memory);
    d->fields = (sl_run_detail){.threads = -1, .pid = -1};
    d->declared = NULL;
    d->declared_count = 0;
    d->fields.option_names = sl_arena_alloc(&d->memory, OPTIONS_MOST, sizeof(char *));
    d->fields.option_values = sl_arena_alloc(&d->memory, OPTIONS_MOST, sizeof(char *));
    d->fields.events = sl_arena_alloc(&d->memory, EVENTS_MOST, sizeof(sl_event_row));
    d->fields.commands = sl_arena_alloc(&d->memory, COMMANDS_MOST, sizeof(sl_command_row));
    d->fields.numbers = sl_arena_alloc(&d->memory, NUMBERS_MOST, sizeof(sl_number_row));
    d->fields.notes = sl_arena_alloc(&d->memory, NOTES_MOST, sizeof(char *));
    d->fields.note_times = sl_arena_alloc(&d->memory, NOTES_MOST, sizeof(double));
    if (!d->fields.option_names || !d->fields.option_values || !d->fields.events || !d->fields.commands || !d->fields.notes ||
        !d->fields.note_times)
        return no_memory();
    if (!d->fields.numbers) return no_memory();
    const struct {
        const char *sql;
        size_t most;
        sl_row_visit visit;
    } lists[] = {
        {"SELECT substr(name, 1, 1000), substr(value, 1, 4000) FROM param WHERE run = ?1 ORDER BY name LIMIT ?2", OPTIONS_MOST,
         take_option},
        {"SELECT substr(p.name, 1, 1000), substr(p.value, 1, 1000), (SELECT v.value FROM metric_name n CROSS JOIN metric_value v"
         " ON v.run = p.run AND v.name_id = n.id WHERE n.name = 'option.' || p.name ORDER BY v.step DESC LIMIT 1)"
         " FROM param p WHERE p.run = ?1 AND p.type = 'schedule' ORDER BY p.name LIMIT ?2",
         NUMBERS_MOST, take_number},
        {"SELECT step, time, substr(kind, 1, 200), substr(text, 1, 4000) FROM event WHERE run = ?1 ORDER BY step DESC, id DESC "
         "LIMIT ?2",
         EVENTS_MOST, take_event},
        {"SELECT id, step, time, substr(name, 1, 200), substr(argument, 1, 1000), substr(answer, 1, 4000) FROM command WHERE run "
         "= ?1"
         " ORDER BY id DESC LIMIT ?2",
         COMMANDS_MOST, take_command},
        {"SELECT substr(text, 1, 16000), time FROM note WHERE run = ?1 ORDER BY id DESC LIMIT ?2", NOTES_MOST, take_note},
        {"SELECT substr(versions, 1, 1000), substr(script_path, 1, 4000), git_commit, threads, pid, resumes FROM run WHERE id = "
         "?1 LIMIT ?2",
         1, take_run},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        filling f = {d, lists[i].most};
        sl_db_value parameters[] = {sl_db_integer(d->run), sl_db_integer((int64_t)lists[i].most)};
        SL_TRY(sl_each_row(c->db, lists[i].sql, parameters, 2, lists[i].visit, &f));
    }
    SL_TRY(read_declared(c, d));
    return read_findings(c, d);
}

// ---- all of it ---------------------------------------------------------------------------------------------------------------

static void forget(sl_known_detail *d) {
    for (size_t i = 0; i < d->series_count; i++) sl_known_series_free(&d->series[i]);
    d->series_count = 0;
    sl_evaluations_forget(d);
    d->stale = true;
    d->next = 0;
}

void sl_known_detail_free(sl_known_detail *d) {
    if (!d) return;
    forget(d);
    sl_samples_release(d->samples);
    sl_arena_free(&d->memory);
    sl_free(d->series);
    sl_free(d->split_wanted);
    sl_free(d);
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

// What was read for another request, or before the run was resumed, does not count.
static sl_status check(sl_collection *c, sl_known_detail *d, const sl_known_run *run) {
    const sl_request *request = &c->request;
    bool all = request->from == 0 && request->to == 0;
    double edge = ldexp(1, 61);
    int64_t from = all || !(request->from > -edge) ? INT64_MIN : request->from < edge ? (int64_t)ceil(request->from) : INT64_MAX;
    int64_t to = all || !(request->to < edge) ? INT64_MAX : request->to > -edge ? (int64_t)floor(request->to) : INT64_MIN;
    size_t columns = request->columns > 0 ? (size_t)request->columns : 200;
    const char *uuid = run->uuid ? run->uuid : "";
    if (strncmp(d->uuid, uuid, sizeof d->uuid - 1) != 0 || d->resumes != run->resumes || d->from != from || d->to != to ||
        d->columns != columns || !same_text(d->split_wanted, request->split)) {
        forget(d);
        strncpy(d->uuid, uuid, sizeof d->uuid - 1);
        d->resumes = run->resumes;
        d->from = from;
        d->to = to;
        d->columns = columns;
        sl_free(d->split_wanted);
        d->split_wanted = request->split ? sl_strdup(request->split) : NULL;
        if (request->split && !d->split_wanted) return no_memory();
    }
    return SL_OK;
}

// One run, from the beginning or from where time was up.
static sl_status read_detail(sl_collection *c, sl_known_detail *d, double deadline) {
    if (d->next == 0) {
        SL_TRY(read_lists(c, d));
        SL_TRY(sl_evaluations_read(c, d));
        SL_TRY(sl_samples_read(c, d));
        SL_TRY(find_series(c, d));
    }
    return read_series(c, d, deadline);
}

// Those of which something may be new.
static sl_status mark(sl_collection *c, bool changed, bool whole) {
    for (size_t i = 0; i < c->detail_count; i++) {
        sl_known_run *run = sl_runs_find(c, c->request.runs[i]);
        if (!run) continue;
        if (!c->details[i]) {
            if (!(c->details[i] = sl_calloc(1, sizeof *c->details[i]))) return no_memory();
            c->details[i]->run = run->id;
        }
        sl_known_detail *d = c->details[i];
        bool live = sl_run_is_live(run);
        SL_TRY(check(c, d, run));
        if (c->asked || whole || (changed && (live || d->was_live))) d->stale = true;
        d->was_live = live;
    }
    return SL_OK;
}

sl_status sl_details_read(sl_collection *c, bool changed, bool whole, double deadline) {
    SL_TRY(mark(c, changed, whole));
    size_t first = c->detail_next;
    for (size_t k = 0; k < c->detail_count; k++) {
        size_t i = (first + k) % c->detail_count;
        sl_known_detail *d = c->details[i];
        if (!d || !d->stale || !sl_runs_find(c, d->run)) continue;
        SL_TRY(read_detail(c, d, deadline));
        c->detail_next = d->stale ? i : i + 1; // the same goes on, or the next has its turn
        if (sl_seconds_steady() > deadline) break;
    }
    for (size_t i = 0; i < c->detail_count; i++)
        if (c->details[i] && c->details[i]->stale && sl_runs_find(c, c->details[i]->run)) c->pending = true;
    return SL_OK;
}
