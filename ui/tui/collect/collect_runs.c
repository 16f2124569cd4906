// The rows of the table `run`: all of them now and then, those that may have changed at every refresh; and which the filter
// wants.
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Texts from anywhere are cut to a bounded length.
static const char select_runs[] =
    "SELECT r.id, r.experiment, r.step, r.steps, r.seed, r.resumes, r.pid, r.state, r.start_time, r.session_time, r.heartbeat,"
    " r.end_time, r.seconds_before, r.uuid, substr(r.name, 1, 16000),"
    " (SELECT substr(e.name, 1, 16000) FROM experiment e WHERE e.id = r.experiment), substr(r.method, 1, 1000),"
    " substr(r.error, 1, 4000), substr(r.host, 1, 1000), substr(r.device, 1, 1000),"
    " (SELECT group_concat(substr(t.tag, 1, 200), ', ') FROM tag t WHERE t.run = r.id),"
    " (SELECT c.fork_step FROM cell c WHERE c.run = r.id),"
    " (SELECT p.value FROM param p WHERE p.run = r.id AND p.name = 'batch'),"
    // Whether it stands still: asked of those that run.
    " CASE r.state WHEN 'running' THEN (SELECT v.kind FROM event v WHERE v.run = r.id AND v.kind IN ('paused', 'continued')"
    "  AND v.time >= r.session_time ORDER BY v.step DESC, v.id DESC LIMIT 1) END"
    " FROM run r WHERE NOT EXISTS (SELECT 1 FROM removed x WHERE x.run = r.id)";
enum {
    COLUMN_STATE = 7,
    COLUMN_STARTED,
    COLUMN_SESSION,
    COLUMN_HEARTBEAT,
    COLUMN_ENDED,
    COLUMN_BEFORE,
    COLUMN_UUID,
    COLUMN_NAME,
    COLUMN_EXPERIMENT,
    COLUMN_METHOD,
    COLUMN_ERROR,
    COLUMN_HOST,
    COLUMN_DEVICE,
    COLUMN_TAGS,
    COLUMN_FORK,
    COLUMN_BATCH,
    COLUMN_PAUSED,
};

void sl_known_run_free(sl_known_run *run) {
    if (!run) return;
    char *const texts[] = {run->uuid, run->name,   run->experiment, run->method, run->error, run->host,
                           run->tags, run->device, run->split,      run->alarm,  run->varies};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) sl_free(texts[i]);
    sl_free(run->findings);
    sl_free(run->choices);
    sl_free(run);
}

// Where a run of that id is, or would be.
static size_t place_of(const sl_collection *c, int64_t id) {
    size_t low = 0, high = c->run_count;
    if (high > 0 && c->runs[high - 1]->id < id) return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->runs[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

sl_known_run *sl_runs_find(const sl_collection *c, int64_t id) {
    size_t place = place_of(c, id);
    return place < c->run_count && c->runs[place]->id == id ? c->runs[place] : NULL;
}

bool sl_run_is_live(const sl_known_run *run) {
    return sl_state_trains(run->state);
}

static sl_run_state state_of(const char *text, bool paused) {
    static const struct {
        const char *text;
        sl_run_state state;
    } states[] = {
        {"done", SL_STATE_DONE}, {"stopped", SL_STATE_STOPPED}, {"failed", SL_STATE_FAILED}, {"diverged", SL_STATE_DIVERGED}};
    for (size_t i = 0; text && i < sizeof states / sizeof *states; i++)
        if (strcmp(text, states[i].text) == 0) return states[i].state;
    return paused ? SL_STATE_PAUSED : SL_STATE_RUNNING;
}

static sl_status insert(sl_collection *c, size_t place, int64_t id, sl_known_run **out) {
    SL_TRY(sl_grow((void **)&c->runs, c->run_count, &c->run_capacity, sizeof *c->runs));
    sl_known_run *run = sl_calloc(1, sizeof *run);
    if (!run) return sl_error(SL_ERR_MEMORY, "out of memory");
    run->id = id;
    run->evaluation = -1;
    run->miou = run->best_before = run->speed = NAN;
    run->alarm_severity = -1;
    run->selected = !c->condition;
    for (size_t i = 0; i < 4; i++) run->metrics[i] = NAN;
    memmove(c->runs + place + 1, c->runs + place, (c->run_count - place) * sizeof *c->runs);
    c->runs[place] = run;
    c->run_count++;
    if (c->condition) c->filter_wanted = true;
    *out = run;
    return SL_OK;
}

// The run is another than the one of that id before, or was resumed: nothing that was read of it holds.
static void forget(sl_known_run *run) {
    run->summarised = run->options_read = false;
    run->evaluation = -1;
    run->miou = run->best_before = run->speed = NAN;
    for (size_t i = 0; i < 4; i++) run->metrics[i] = NAN;
    run->checked = 0;
    run->judged = false;
    sl_free(run->alarm);
    run->alarm = NULL;
    run->alarm_severity = -1;
}

static double number_or_nan(sl_db_value value) {
    double number = NAN;
    char end;
    if (value.type == SL_DB_TEXT && sscanf(value.text, "%lf%c", &number, &end) != 1) return NAN;
    return number;
}

static sl_status take_row(void *user, const sl_db_cursor *row) {
    sl_collection *c = user;
    int64_t id = sl_row_integer(row, 0, 0);
    size_t place = place_of(c, id);
    sl_known_run *run = place < c->run_count && c->runs[place]->id == id ? c->runs[place] : NULL;
    if (!run) SL_TRY(insert(c, place, id, &run));
    sl_db_value uuid = sl_db_cursor_value(row, COLUMN_UUID);
    int64_t resumes = sl_row_integer(row, 5, 0), experiment = sl_row_integer(row, 1, 0), step = sl_row_integer(row, 2, -1);
    double heartbeat = sl_row_number(row, COLUMN_HEARTBEAT);
    bool other = !run->uuid || uuid.type != SL_DB_TEXT || strcmp(uuid.text, run->uuid) != 0;
    if (run->uuid && (other || resumes != run->resumes || experiment != run->experiment_id)) {
        if (run->options_read) sl_varies_forget(c, run->experiment_id);
        forget(run);
    }
    sl_db_value state = sl_db_cursor_value(row, COLUMN_STATE), paused = sl_db_cursor_value(row, COLUMN_PAUSED);
    sl_run_state before = run->state;
    run->state =
        state_of(state.type == SL_DB_TEXT ? state.text : NULL, paused.type == SL_DB_TEXT && strcmp(paused.text, "paused") == 0);
    run->waiting = run->waiting || !run->summarised || sl_run_is_live(run) || before != run->state || step != run->step ||
                   heartbeat != run->heartbeat;
    sl_db_value error = sl_db_cursor_value(row, COLUMN_ERROR);
    bool same_error = error.type == SL_DB_TEXT ? run->error && strcmp(error.text, run->error) == 0 : !run->error;
    if (before != run->state || !same_error) run->judged = false;
    run->generation = c->generation;
    run->experiment_id = experiment;
    run->step = step;
    run->steps = sl_row_integer(row, 3, -1);
    run->seed = sl_row_integer(row, 4, -1);
    run->resumes = resumes;
    run->pid = sl_row_integer(row, 6, -1);
    run->started = sl_row_number(row, COLUMN_STARTED);
    run->session = sl_row_number(row, COLUMN_SESSION);
    run->heartbeat = heartbeat;
    run->ended = sl_row_number(row, COLUMN_ENDED);
    run->before = sl_row_number(row, COLUMN_BEFORE);
    run->fork_step = sl_row_integer(row, COLUMN_FORK, 0);
    run->batch = number_or_nan(sl_db_cursor_value(row, COLUMN_BATCH));
    const struct {
        int column;
        char **slot;
    } texts[] = {{COLUMN_UUID, &run->uuid},     {COLUMN_NAME, &run->name},   {COLUMN_EXPERIMENT, &run->experiment},
                 {COLUMN_METHOD, &run->method}, {COLUMN_ERROR, &run->error}, {COLUMN_HOST, &run->host},
                 {COLUMN_DEVICE, &run->device}, {COLUMN_TAGS, &run->tags}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) SL_TRY(sl_row_text(row, texts[i].column, texts[i].slot));
    return SL_OK;
}

// The ids of the runs that are known to be live, as a JSON list.
static sl_status live_ids(const sl_collection *c, sl_text *out) {
    const char *separator = "[";
    for (size_t i = 0; i < c->run_count; i++) {
        if (!sl_run_is_live(c->runs[i])) continue;
        SL_TRY(sl_text_append(out, "%s%lld", separator, (long long)c->runs[i]->id));
        separator = ",";
    }
    return sl_text_append(out, "%s", *separator == '[' ? "[]" : "]");
}

// Runs that the reading of the whole table has not seen are no more.
static void drop_unseen(sl_collection *c) {
    size_t kept = 0;
    for (size_t i = 0; i < c->run_count; i++)
        if (c->runs[i]->generation != c->generation) sl_varies_forget(c, c->runs[i]->experiment_id);
    for (size_t i = 0; i < c->run_count; i++) {
        if (c->runs[i]->generation == c->generation)
            c->runs[kept++] = c->runs[i];
        else
            sl_known_run_free(c->runs[i]);
    }
    c->run_count = kept;
}

// Runs of this machine whose process has ended without a word; asked only once their heartbeat is late.
static void look_for_processes(sl_collection *c) {
    char here[256] = "";
    double now = sl_seconds_now();
    for (size_t i = 0; i < c->run_count; i++) {
        sl_known_run *run = c->runs[i];
        run->gone = false;
        if (!sl_run_is_live(run) || !(now - run->heartbeat > 15) || run->pid <= 0 || !run->host) continue;
        if (!*here && gethostname(here, sizeof here - 1) != 0) return;
        run->gone = strcmp(here, run->host) == 0 && kill((pid_t)run->pid, 0) != 0 && errno == ESRCH;
    }
}

void sl_processes_look(sl_collection *c) {
    char here[256] = "";
    double now = sl_seconds_steady();
    for (size_t i = 0; i < c->run_count; i++) {
        sl_known_run *run = c->runs[i];
        bool live = sl_run_is_live(run) && !run->gone && run->pid > 0 && run->host;
        if (live && !*here && gethostname(here, sizeof here - 1) != 0) return;
        if (live && strcmp(here, run->host) == 0)
            sl_process_look(&run->use, run->pid, run->session, now);
        else
            run->use = (sl_process_use){.memory = NAN, .cpu = NAN};
    }
}

sl_status sl_runs_read(sl_collection *c, bool whole) {
    double began = sl_seconds_worked();
    sl_text sql = {0}, ids = {0};
    sl_status status = sl_text_append(&sql, "%s", select_runs);
    sl_db_value parameters[2] = {sl_db_null(), sl_db_null()};
    c->generation++;
    if (!whole && status == SL_OK) {
        status = live_ids(c, &ids);
        parameters[0] = sl_db_integer(c->run_count ? c->runs[c->run_count - 1]->id : -1);
        parameters[1] = sl_db_text(ids.data);
        // A union of three look-ups by index, not a scan.
        if (status == SL_OK)
            status = sl_text_append(
                &sql, " AND r.id IN (SELECT id FROM run WHERE id > ?1 UNION SELECT id FROM run WHERE state = 'running'"
                      " UNION SELECT value FROM json_each(?2))");
    }
    if (status == SL_OK) status = sl_text_append(&sql, " ORDER BY r.id");
    if (status == SL_OK) status = sl_each_row(c->db, sql.data, parameters, whole ? 0 : 2, take_row, c);
    if (status == SL_OK && whole) {
        drop_unseen(c);
        c->whole_wanted = false;
        c->whole_at = sl_seconds_steady();
        c->whole_took = sl_seconds_worked() - began;
    }
    if (status == SL_OK) look_for_processes(c);
    sl_text_free(&sql);
    sl_text_free(&ids);
    return status;
}

// ---- the filter --------------------------------------------------------------------------------------------------------------

static sl_status select_row(void *user, const sl_db_cursor *row) {
    sl_known_run *run = sl_runs_find(user, sl_row_integer(row, 0, 0));
    if (run) run->selected = true;
    return SL_OK;
}

// The condition that the filter's text means, where it has changed.
static sl_status compile(sl_collection *c) {
    sl_text sql = {0};
    const char *wanted = c->request.filter ? c->request.filter : "";
    sl_free(c->filter_problem);
    c->filter_problem = NULL;
    sl_status status = SL_OK;
    if (*wanted)
        status = c->options.compile ? c->options.compile(c->options.user, wanted, &sql)
                                    : sl_error(SL_ERR_UNSUPPORTED, "filters are not available here");
    if (status == SL_OK) {
        sl_free(c->condition);
        c->condition = *wanted ? sql.data : NULL;
        if (*wanted && !c->condition) c->condition = sl_strdup("1");
    } else {
        sl_text_free(&sql);
        c->filter_problem = sl_strdup(sl_error_message());
    }
    return status == SL_ERR_MEMORY ? status : SL_OK;
}

sl_status sl_runs_filter(sl_collection *c) {
    double began = sl_seconds_worked();
    // What is expensive to work out is not worked out at every refresh.
    if (!c->filter_wanted || (!c->asked && sl_seconds_steady() < c->filter_at + 10 * c->filter_took)) return SL_OK;
    if (c->asked || c->request.filter) SL_TRY(compile(c));
    for (size_t i = 0; i < c->run_count; i++) c->runs[i]->selected = !c->condition;
    c->filter_wanted = false;
    if (!c->condition) return SL_OK;
    sl_text sql = {0};
    sl_status status = sl_text_append(&sql, "SELECT r.id FROM run r WHERE %s", c->condition);
    if (status == SL_OK) status = sl_each_row(c->db, sql.data, NULL, 0, select_row, c);
    sl_text_free(&sql);
    if (status == SL_ERR_ARGUMENT) { // the condition itself
        sl_free(c->filter_problem);
        c->filter_problem = sl_strdup(sl_error_message());
        sl_free(c->condition);
        c->condition = NULL;
        for (size_t i = 0; i < c->run_count; i++) c->runs[i]->selected = true;
        status = SL_OK;
    }
    c->filter_at = sl_seconds_steady();
    c->filter_took = sl_seconds_worked() - began;
    return status;
}
