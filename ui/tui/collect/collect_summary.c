// The numbers of the table of runs: newest losses, mean IoU now and best, speed; and whether a run is well.
#include "core/base/memory.h"
#include "ui/health.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <string.h>

enum { CHUNK = 50, SPEED_POINTS = 64, SEG = 0, DISCRIMINATOR = 2, METRICS = 4 };

// Which column of the table a metric fills. The first of a column that there is counts.
static const struct {
    const char *name;
    int column;
} names[] = {{"seg", SEG}, {"semi", 1}, {"D", DISCRIMINATOR}, {"d_loss", DISCRIMINATOR}, {"kept", 3}};

typedef struct reading {
    sl_collection *collection;
    sl_text ids, metrics;
} reading;

static sl_status take_name(void *user, const sl_db_cursor *row) {
    sl_collection *c = user;
    sl_db_value name = sl_db_cursor_value(row, 1);
    for (size_t i = 0; name.type == SL_DB_TEXT && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name.text) == 0 && c->metric_ids[names[i].column] < 0)
            c->metric_ids[names[i].column] = sl_row_integer(row, 0, -1);
    return SL_OK;
}

static sl_status find_metrics(sl_collection *c) {
    for (int i = 0; i < METRICS; i++) c->metric_ids[i] = -1;
    return sl_each_row(c->db,
                       "SELECT id, name FROM metric_name WHERE name IN ('seg', 'semi', 'D', 'd_loss', 'kept') ORDER BY name",
                       NULL, 0, take_name, c);
}

// ---- losses ------------------------------------------------------------------------------------------------------------------

static sl_status take_metric(void *user, const sl_db_cursor *row) {
    sl_collection *c = user;
    sl_known_run *run = sl_runs_find(c, sl_row_integer(row, 0, 0));
    int64_t id = sl_row_integer(row, 1, -2);
    for (int i = 0; run && i < METRICS; i++)
        if (c->metric_ids[i] == id) run->metrics[i] = sl_row_number(row, 2);
    return SL_OK;
}

static sl_status read_losses(reading *r) {
    sl_db_value parameters[] = {sl_db_text(r->ids.data), sl_db_text(r->metrics.data)};
    return sl_each_row(
        r->collection->db,
        "SELECT v.run, v.name_id, v.value FROM json_each(?1) i CROSS JOIN json_each(?2) n CROSS JOIN metric_value v"
        " ON v.run = i.value AND v.name_id = n.value AND v.step ="
        " (SELECT max(w.step) FROM metric_value w WHERE w.run = i.value AND w.name_id = n.value)",
        parameters, 2, take_metric, r->collection);
}

// ---- evaluations -------------------------------------------------------------------------------------------------------------

typedef struct evaluation {
    sl_known_run *run;
    int64_t since; // the newest that was known, or INT64_MIN
} evaluation;

typedef struct evaluations {
    sl_collection *collection;
    evaluation list[CHUNK];
    size_t count;
} evaluations;

// Lists the runs whose newest evaluation is another than the one known. Its value is always taken: it may have been half written.
static sl_status take_newest(void *user, const sl_db_cursor *row) {
    evaluations *all = user;
    sl_known_run *run = sl_runs_find(all->collection, sl_row_integer(row, 0, 0));
    if (!run || all->count == CHUNK) return SL_OK;
    int64_t step = sl_row_integer(row, 2, -1);
    sl_db_value split = sl_db_cursor_value(row, 1);
    bool same = run->split && split.type == SL_DB_TEXT && strcmp(run->split, split.text) == 0 && run->evaluation >= 0;
    if (same && run->evaluation == step) { // overwritten, perhaps: the value is always taken
        run->miou = sl_row_number(row, 3);
        return SL_OK;
    }
    SL_TRY(sl_row_text(row, 1, &run->split));
    int64_t since = same && run->evaluation < step ? run->evaluation : INT64_MIN;
    if (since == INT64_MIN) run->best_before = NAN;
    run->evaluation = step;
    run->miou = sl_row_number(row, 3);
    all->list[all->count++] = (evaluation){run, since};
    return SL_OK;
}

static sl_status take_best(void *user, const sl_db_cursor *row) {
    sl_known_run *run = sl_runs_find(user, sl_row_integer(row, 0, 0));
    double best = sl_row_number(row, 1);
    if (run && !(run->best_before >= best)) run->best_before = isnan(best) ? run->best_before : best;
    return SL_OK;
}

static sl_status append_json_string(sl_text *out, const char *text) {
    SL_TRY(sl_text_append_bytes(out, "\"", 1));
    for (const char *p = text; *p; p++) {
        unsigned char byte = (unsigned char)*p;
        if (byte < 0x20 || byte == '"' || byte == '\\')
            SL_TRY(sl_text_append(out, "\\u%04x", byte));
        else
            SL_TRY(sl_text_append_bytes(out, p, 1));
    }
    return sl_text_append_bytes(out, "\"", 1);
}

static sl_status read_evaluations(reading *r) {
    evaluations all = {.collection = r->collection};
    sl_db_value ids = sl_db_text(r->ids.data);
    // Each LIMIT -1 keeps SQLite from working out again, for each mention, what is below it.
    SL_TRY(sl_each_row(
        r->collection->db,
        "SELECT t.run, t.split, t.step,"
        " (SELECT avg(c.iou) FROM class_iou c WHERE c.run = t.run AND c.split = t.split AND c.step = t.step)"
        " FROM (SELECT s.run, s.split, (SELECT max(c.step) FROM class_iou c WHERE c.run = s.run AND c.split = s.split) AS step"
        "  FROM (SELECT i.value AS run, CASE WHEN EXISTS(SELECT 1 FROM class_iou c WHERE c.run = i.value AND c.split = 'val') "
        "THEN 'val'"
        "   ELSE (SELECT min(c.split) FROM class_iou c WHERE c.run = i.value) END AS split FROM json_each(?1) i LIMIT -1) s"
        "  LIMIT -1) t WHERE t.step IS NOT NULL",
        &ids, 1, take_newest, &all));
    if (all.count == 0) return SL_OK;
    sl_text wanted = {0};
    sl_status status = SL_OK;
    for (size_t i = 0; i < all.count && status == SL_OK; i++) {
        const evaluation *one = &all.list[i];
        status = sl_text_append(&wanted, "%s[%lld,%lld,%lld,", i ? "," : "[", (long long)one->run->id, (long long)one->since,
                                (long long)one->run->evaluation);
        if (status == SL_OK) status = append_json_string(&wanted, one->run->split ? one->run->split : "");
        if (status == SL_OK) status = sl_text_append(&wanted, "]");
    }
    if (status == SL_OK) status = sl_text_append(&wanted, "]");
    sl_db_value list = sl_db_text(wanted.data);
    if (status == SL_OK)
        status = sl_each_row(
            r->collection->db,
            "SELECT w.run, (SELECT avg(c.iou) FROM class_iou c WHERE c.run = w.run AND c.split = w.split"
            " AND c.step >= w.since AND c.step < w.newest GROUP BY c.step ORDER BY avg(c.iou) DESC LIMIT 1)"
            " FROM (SELECT json_extract(value, '$[0]') AS run, json_extract(value, '$[1]') AS since,"
            "  json_extract(value, '$[2]') AS newest, json_extract(value, '$[3]') AS split FROM json_each(?1) LIMIT -1) w",
            &list, 1, take_best, r->collection);
    sl_text_free(&wanted);
    return status;
}

// ---- speed -------------------------------------------------------------------------------------------------------------------

static sl_status take_speed(void *user, const sl_db_cursor *row) {
    sl_known_run *run = user;
    double steps = sl_row_number(row, 0), seconds = sl_row_number(row, 1);
    if (steps > 0 && seconds > 0) run->speed = steps / seconds;
    return SL_OK;
}

// Of a run that trains: over its newest points of this session. Of another: over all its time.
static sl_status read_speed(sl_collection *c, sl_known_run *run) {
    double trained =
        (isfinite(run->before) ? run->before : 0) + fmax(0, (isfinite(run->ended) ? run->ended : run->heartbeat) - run->session);
    double steps = (double)run->step - (double)run->fork_step; // as real numbers: a damaged file may have any
    run->speed = trained > 0 && steps > 0 ? steps / trained : NAN;
    if (!sl_run_is_live(run) || c->metric_ids[SEG] < 0) return SL_OK;
    sl_db_value parameters[] = {sl_db_integer(run->id), sl_db_integer(c->metric_ids[SEG]), sl_db_real(run->session),
                                sl_db_integer(SPEED_POINTS)};
    return sl_each_row(c->db,
                       "SELECT max(step) - min(step), max(time) - min(time) FROM (SELECT step, time FROM metric_value"
                       " WHERE run = ?1 AND name_id = ?2 ORDER BY step DESC LIMIT ?4) WHERE time >= ?3",
                       parameters, 4, take_speed, run);
}

// ---- health ------------------------------------------------------------------------------------------------------------------

// Takes over what was found; the worst of it is the alarm, unless that is a note.
static sl_status take_findings(sl_known_run *run, const sl_finding *findings, size_t count) {
    sl_finding *copy = count ? sl_malloc(count * sizeof *copy) : NULL;
    char *alarm = count && findings[0].severity > SL_SEVERITY_NOTE ? sl_strdup(findings[0].alarm) : NULL;
    if ((count && !copy) || (count && findings[0].severity > SL_SEVERITY_NOTE && !alarm)) {
        sl_free(copy);
        sl_free(alarm);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    if (count) memcpy(copy, findings, count * sizeof *copy);
    sl_free(run->findings);
    sl_free(run->alarm);
    run->findings = copy;
    run->finding_count = count;
    run->alarm = alarm;
    run->alarm_severity = alarm ? (int)findings[0].severity : -1;
    return SL_OK;
}

static sl_status read_health(sl_collection *c, sl_known_run *run) {
    sl_finding findings[SL_FINDING_COUNT];
    size_t count;
    SL_TRY(sl_health_run(c->db, run->id, findings, SL_FINDING_COUNT, &count));
    run->checked = sl_seconds_steady();
    run->judged = false;
    return take_findings(run, findings, count);
}

// A run that does not train is judged by how it ended alone.
static sl_status judge_end(sl_known_run *run) {
    bool ill = run->state == SL_STATE_DIVERGED || run->state == SL_STATE_FAILED;
    if (run->judged || (!ill && !run->findings && !run->alarm)) return SL_OK;
    sl_finding findings[SL_FINDING_COUNT];
    sl_health_facts facts;
    sl_health_facts_init(&facts);
    facts.state = run->state == SL_STATE_FAILED ? "failed" : "diverged";
    facts.error = run->error;
    SL_TRY(take_findings(run, findings, ill ? sl_health_check(&facts, findings, SL_FINDING_COUNT) : 0));
    run->judged = true;
    return SL_OK;
}

// ---- all of it ---------------------------------------------------------------------------------------------------------------

static sl_status read_chunk(sl_collection *c, sl_known_run *const *runs, size_t count) {
    reading r = {.collection = c};
    sl_status status = SL_OK;
    for (size_t i = 0; i < count && status == SL_OK; i++)
        status = sl_text_append(&r.ids, "%s%lld", i ? "," : "[", (long long)runs[i]->id);
    if (status == SL_OK) status = sl_text_append(&r.ids, "]");
    if (status == SL_OK)
        status = sl_text_append(&r.metrics, "[%lld,%lld,%lld,%lld]", (long long)c->metric_ids[0], (long long)c->metric_ids[1],
                                (long long)c->metric_ids[2], (long long)c->metric_ids[3]);
    if (status == SL_OK) status = read_losses(&r);
    if (status == SL_OK) status = read_evaluations(&r);
    for (size_t i = 0; i < count && status == SL_OK; i++) {
        status = read_speed(c, runs[i]);
        runs[i]->summarised = true;
        runs[i]->waiting = false;
    }
    sl_text_free(&r.ids);
    sl_text_free(&r.metrics);
    return status;
}

sl_status sl_summaries_read(sl_collection *c, double deadline) {
    sl_known_run *chunk[CHUNK];
    bool some = false;
    SL_TRY(find_metrics(c));
    for (int live = 1; live >= 0; live--) { // what trains comes first, then the newest
        size_t count = 0;
        for (size_t i = c->run_count; i > 0; i--) {
            sl_known_run *run = c->runs[i - 1];
            if (run->waiting && sl_run_is_live(run) == (live == 1)) chunk[count++] = run;
            if (count < CHUNK && !(i == 1 && count > 0)) continue;
            if (some && sl_seconds_steady() > deadline) {
                c->pending = true;
                return SL_OK;
            }
            SL_TRY(read_chunk(c, chunk, count));
            some = true;
            count = 0;
        }
    }
    // A run's health changes slowly: a few of them are looked at with each refresh.
    double now = sl_seconds_steady();
    bool time_left = true;
    for (size_t i = 0; i < c->run_count; i++) {
        sl_known_run *run = c->runs[i];
        if (!sl_run_is_live(run)) {
            SL_TRY(judge_end(run));
        } else if (time_left && !(run->checked > 0 && now < run->checked + 5)) {
            SL_TRY(read_health(c, run));
            time_left = sl_seconds_steady() < deadline;
        }
    }
    return SL_OK;
}
