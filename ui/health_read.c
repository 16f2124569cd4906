// Reading what the findings are computed from: a few look-ups by key for each run.
#include "core/base/memory.h"
#include "ui/health.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { CLASSES_MOST = 256, BINS = 100 };

// What a run's facts refer to while they are checked.
typedef struct reading {
    sl_db *db;
    int64_t run;
    sl_health_facts facts;
    char *state, *error, *split;
    double started, session, now;
    int64_t evaluation; // the step of the newest histogram
    sl_class_confidence classes[CLASSES_MOST];
} reading;

void sl_health_disk(const char *path, double *available, double *total) {
    *available = *total = NAN;
    const char *slash = strrchr(path, '/');
    char *folder = slash ? sl_strdup(path) : NULL;
    if (folder) folder[slash == path ? 1 : slash - path] = '\0';
    struct statvfs info;
    if (statvfs(folder ? folder : ".", &info) == 0 && info.f_blocks > 0) {
        *available = (double)info.f_bavail * (double)info.f_frsize;
        *total = (double)info.f_blocks * (double)info.f_frsize;
    }
    sl_free(folder);
}

static double number_of(sl_db_value value) {
    return value.type == SL_DB_REAL ? value.real : value.type == SL_DB_INTEGER ? (double)value.integer : NAN;
}

static sl_status copy_text(sl_db_value value, char **out) {
    if (value.type != SL_DB_TEXT) return SL_OK;
    *out = sl_strdup(value.text);
    return *out ? SL_OK : sl_error(SL_ERR_MEMORY, "out of memory");
}

static bool is_gone(sl_db_value host, sl_db_value pid) {
    char here[256];
    if (gethostname(here, sizeof here) != 0 || host.type != SL_DB_TEXT || pid.type != SL_DB_INTEGER || pid.integer <= 0)
        return false;
    here[sizeof here - 1] = '\0';
    return strcmp(here, host.text) == 0 && kill((pid_t)pid.integer, 0) != 0 && errno == ESRCH;
}

// ---- the run and its options -------------------------------------------------------------------------------------------------

static sl_status read_run(reading *r) {
    sl_db_value id = sl_db_integer(r->run);
    sl_db_cursor *cursor;
    bool row;
    SL_TRY(sl_db_query(r->db,
                       "SELECT state, substr(error, 1, 1000), step, heartbeat, host, pid, start_time, session_time, steps FROM "
                       "run WHERE id = ?1",
                       &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row) {
        status = copy_text(sl_db_cursor_value(cursor, 0), &r->state);
        if (status == SL_OK) status = copy_text(sl_db_cursor_value(cursor, 1), &r->error);
        r->facts.step = sl_db_cursor_value(cursor, 2).integer;
        bool running = r->state && strcmp(r->state, "running") == 0;
        if (running) r->facts.heartbeat_age = fmax(0, r->now - number_of(sl_db_cursor_value(cursor, 3)));
        r->facts.process_gone = running && is_gone(sl_db_cursor_value(cursor, 4), sl_db_cursor_value(cursor, 5));
        r->started = number_of(sl_db_cursor_value(cursor, 6));
        r->session = number_of(sl_db_cursor_value(cursor, 7));
        sl_db_value steps = sl_db_cursor_value(cursor, 8);
        if (steps.type == SL_DB_INTEGER) r->facts.steps = steps.integer;
    }
    sl_db_cursor_close(cursor);
    r->facts.state = r->state;
    r->facts.error = r->error;
    return status;
}

// A text that is a number and nothing else, or NAN.
static double plain_number(const char *text) {
    char *end;
    double value = strtod(text, &end);
    return end != text && *end == '\0' ? value : NAN;
}

static sl_status read_options(reading *r) {
    sl_db_value id = sl_db_integer(r->run);
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(r->db, "SELECT name, value FROM param WHERE run = ?1 AND name IN ('method.threshold', 'evaluate.every')",
                       &id, 1, &cursor));
    sl_status status;
    while ((status = sl_db_cursor_next(cursor, &row)) == SL_OK && row) {
        sl_db_value name = sl_db_cursor_value(cursor, 0), value = sl_db_cursor_value(cursor, 1);
        if (name.type != SL_DB_TEXT || value.type != SL_DB_TEXT) continue;
        double number = plain_number(value.text);
        if (strcmp(name.text, "method.threshold") == 0)
            r->facts.threshold = number;
        else if (number >= 1 && number < 1e15)
            r->facts.evaluate_every = (int64_t)number;
    }
    sl_db_cursor_close(cursor);
    return status;
}

// ---- metrics -----------------------------------------------------------------------------------------------------------------

// The newest points of the first of the names (separated by a space) that the run has logged.
static sl_status read_recent(reading *r, const char *names, sl_recent *recent) {
    recent->count = 0;
    while (*names && recent->count == 0) {
        size_t length = strcspn(names, " ");
        sl_db_value values[] = {sl_db_integer(r->run), sl_db_text(names), sl_db_integer(SL_RECENT_MOST)};
        values[1].bytes = length;
        sl_db_cursor *cursor;
        bool row = true;
        SL_TRY(sl_db_query(
            r->db,
            "SELECT step, value FROM metric_value WHERE run = ?1 AND name_id = (SELECT id FROM metric_name WHERE name = ?2)"
            " ORDER BY step DESC LIMIT ?3",
            values, 3, &cursor));
        sl_status status;
        while ((status = sl_db_cursor_next(cursor, &row)) == SL_OK && row && recent->count < SL_RECENT_MOST) {
            recent->steps[recent->count] = sl_db_cursor_value(cursor, 0).integer;
            recent->values[recent->count++] = number_of(sl_db_cursor_value(cursor, 1));
        }
        sl_db_cursor_close(cursor);
        SL_TRY(status);
        names += length + (names[length] == ' ');
    }
    for (size_t i = 0, j = recent->count; i + 1 < j; i++) { // oldest first
        double value = recent->values[i];
        int64_t step = recent->steps[i];
        j--;
        recent->values[i] = recent->values[j], recent->steps[i] = recent->steps[j];
        recent->values[j] = value, recent->steps[j] = step;
    }
    return SL_OK;
}

// Whether a series goes on with the losses, or ended long ago (a part that was switched off).
static bool is_current(const sl_recent *recent, const sl_recent *seg) {
    if (recent->count == 0) return false;
    return seg->count == 0 || recent->steps[recent->count - 1] >= seg->steps[0];
}

static sl_status read_metrics(reading *r) {
    sl_health_facts *facts = &r->facts;
    SL_TRY(read_recent(r, "seg", &facts->seg));
    SL_TRY(read_recent(r, "semi", &facts->semi_loss));
    SL_TRY(read_recent(r, "D d_loss", &facts->discriminator));
    SL_TRY(read_recent(r, "kept", &facts->kept));
    SL_TRY(read_recent(r, "D_labeled confidence_labeled", &facts->labeled_confidence));
    SL_TRY(read_recent(r, "D_unlabeled confidence_unlabeled", &facts->unlabeled_confidence));
    facts->adversarial = is_current(&facts->discriminator, &facts->seg);
    facts->semi = is_current(&facts->kept, &facts->seg);
    sl_recent used; // the threshold in force, which a schedule or a command may have changed
    SL_TRY(read_recent(r, "option.method.threshold", &used));
    if (used.count) facts->threshold = used.values[used.count - 1];
    return SL_OK;
}

// ---- evaluations -------------------------------------------------------------------------------------------------------------

static sl_status read_split(reading *r) {
    sl_db_value values[] = {sl_db_integer(r->run)};
    sl_db_cursor *cursor;
    bool row;
    SL_TRY(sl_db_query(r->db,
                       "SELECT s, (SELECT max(step) FROM class_iou WHERE run = ?1 AND split = s),"
                       " (SELECT max(step) FROM confidence WHERE run = ?1 AND split = s)"
                       " FROM (SELECT CASE WHEN EXISTS(SELECT 1 FROM class_iou WHERE run = ?1 AND split = 'val') THEN 'val'"
                       "  ELSE (SELECT min(split) FROM class_iou WHERE run = ?1) END AS s LIMIT -1)",
                       values, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row) {
        sl_db_value evaluated = sl_db_cursor_value(cursor, 1), confident = sl_db_cursor_value(cursor, 2);
        status = copy_text(sl_db_cursor_value(cursor, 0), &r->split);
        if (evaluated.type == SL_DB_INTEGER) r->facts.last_evaluation = evaluated.integer;
        r->evaluation = confident.type == SL_DB_INTEGER ? confident.integer : -1;
    }
    sl_db_cursor_close(cursor);
    double since = isfinite(r->session) ? r->session : r->started;
    r->facts.seconds_since_evaluation = r->now - since;
    return status;
}

// A sum that bears numbers whose sum is too large, as only a damaged file has them.
#define PIXELS "CAST(total(pixels) AS INTEGER)"

static sl_status read_classes(reading *r) {
    if (!r->split || r->evaluation < 0 || !isfinite(r->facts.threshold)) return SL_OK;
    // Bin b begins at b / 100: those from the threshold on are kept.
    double bin = ceil(r->facts.threshold * BINS - 1e-9);
    sl_db_value values[] = {sl_db_integer(r->run), sl_db_text(r->split), sl_db_integer(r->evaluation), sl_db_real(bin),
                            sl_db_integer(CLASSES_MOST)};
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(r->db,
                       "SELECT substr(i.class_name, 1, 100),"
                       " (SELECT " PIXELS " FROM confidence c WHERE c.run = ?1 AND c.split = ?2 AND c.step = ?3"
                       "   AND c.class_index = i.class_index),"
                       " (SELECT " PIXELS " FROM confidence c WHERE c.run = ?1 AND c.split = ?2 AND c.step = ?3"
                       "   AND c.class_index = i.class_index AND c.bin >= ?4),"
                       " (SELECT " PIXELS
                       " FROM confusion c WHERE c.run = ?1 AND c.split = ?2 AND c.step = ?3 AND c.truth = i.class_index),"
                       " EXISTS(SELECT 1 FROM confusion c WHERE c.run = ?1 AND c.split = ?2 AND c.step = ?3)"
                       " FROM class_iou i WHERE i.run = ?1 AND i.split = ?2 AND i.step = ?3 ORDER BY i.class_index LIMIT ?5",
                       values, 5, &cursor));
    sl_status status;
    while ((status = sl_db_cursor_next(cursor, &row)) == SL_OK && row && r->facts.class_count < CLASSES_MOST) {
        sl_class_confidence *class = &r->classes[r->facts.class_count++];
        char *name = NULL;
        status = copy_text(sl_db_cursor_value(cursor, 0), &name);
        *class = (sl_class_confidence){
            .name = name,
            .predicted = sl_db_cursor_value(cursor, 1).integer, // a class without rows has 0
            .kept = sl_db_cursor_value(cursor, 2).integer,
            .truth = sl_db_cursor_value(cursor, 4).integer ? sl_db_cursor_value(cursor, 3).integer : -1,
        };
        if (status != SL_OK) break;
    }
    sl_db_cursor_close(cursor);
    r->facts.classes = r->classes;
    return status;
}

// ---- all of it ---------------------------------------------------------------------------------------------------------------

sl_status sl_health_run(sl_db *db, int64_t run, sl_finding *findings, size_t most, size_t *count) {
    struct timespec now;
    *count = 0;
    reading *r = sl_calloc(1, sizeof *r);
    if (!r) return sl_error(SL_ERR_MEMORY, "out of memory");
    clock_gettime(CLOCK_REALTIME, &now);
    r->db = db;
    r->run = run;
    r->now = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    r->evaluation = -1;
    sl_health_facts_init(&r->facts);
    sl_status status = read_run(r);
    if (status == SL_OK) status = read_options(r);
    if (status == SL_OK) status = read_metrics(r);
    if (status == SL_OK) status = read_split(r);
    if (status == SL_OK) status = read_classes(r);
    if (status == SL_OK) {
        if (r->state && strcmp(r->state, "running") == 0)
            sl_health_disk(sl_db_path(db), &r->facts.disk_free, &r->facts.disk_total);
        *count = sl_health_check(&r->facts, findings, most);
    }
    for (size_t i = 0; i < r->facts.class_count; i++) sl_free((void *)r->classes[i].name);
    sl_free(r->state);
    sl_free(r->error);
    sl_free(r->split);
    sl_free(r);
    return status;
}
