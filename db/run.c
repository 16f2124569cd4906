// Runs: their start, their end, their second start.
#include "db/db_impl.h"
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

// A random (version 4) UUID.
static sl_status make_uuid(char uuid[37]) {
    unsigned char b[16];
    size_t have = 0;
    while (have < sizeof b) {
        ssize_t got = getrandom(b + have, sizeof b - have, 0);
        if (got < 0 && errno != EINTR) return sl_error(SL_ERR_IO, "no random numbers for a run's id: %s", strerror(errno));
        if (got > 0) have += (size_t)got;
    }
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    snprintf(uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
             b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return SL_OK;
}

static sl_db_value known_positive(int64_t value) {
    return value > 0 ? sl_db_integer(value) : sl_db_null();
}

static sl_db_value known(int value) {
    return value >= 0 ? sl_db_integer(value) : sl_db_null();
}

static sl_status insert_run(sl_db *db, const sl_run_info *info, const char *uuid, int64_t *run) {
    const char *experiment = info->experiment ? info->experiment : info->name ? info->name : "unnamed";
    char hash[SHA256_DIGEST_STRING_LENGTH];
    if (info->script_text) SHA256Data((const uint8_t *)info->script_text, strlen(info->script_text), hash);
    sl_db_value name[] = {sl_db_text(experiment), sl_db_real(sl_db_now())};
    SL_TRY(sl_db_execute(db, "INSERT OR IGNORE INTO experiment(name, created) VALUES(?1, ?2)", name, 2));
    const sl_db_value values[] = {
        sl_db_text(uuid),
        name[0],
        sl_db_text(info->name ? info->name : experiment),
        sl_db_text(info->method),
        known_positive(info->steps),
        sl_db_integer(info->seed),
        name[1],
        sl_db_text(info->host),
        known_positive(info->pid),
        sl_db_text(info->device),
        known_positive(info->threads),
        sl_db_text(info->versions),
        sl_db_text(info->git_commit),
        known(info->git_dirty),
        sl_db_text(info->script_path),
        sl_db_text(info->script_text ? hash : NULL),
        sl_db_text(info->script_text),
    };
    SL_TRY(sl_db_execute(db,
                         "INSERT INTO run(uuid, experiment, name, method, state, steps, seed, start_time, session_time, "
                         "heartbeat, host, pid, device, threads,"
                         " versions, git_commit, git_dirty, script_path, script_hash, script_text)"
                         " VALUES(?1, (SELECT id FROM experiment WHERE name = ?2), ?3, ?4, 'running', ?5, ?6, ?7, ?7, ?7, ?8, "
                         "?9, ?10, ?11, ?12, ?13, ?14,"
                         " ?15, ?16, ?17)",
                         values, COUNT(values)));
    *run = sqlite3_last_insert_rowid(db->handle);
    return SL_OK;
}

sl_status sl_db_run_new(sl_db *db, const sl_run_info *info, int64_t *run, char uuid[37]) {
    bool own;
    SL_TRY(make_uuid(uuid));
    SL_TRY(sl_db_begin(db, &own));
    return sl_db_end(db, own, insert_run(db, info, uuid, run));
}

static sl_status no_run(const sl_db *db, int64_t run) {
    return sl_error(SL_ERR_ARGUMENT, "%s: there is no run %lld", db->path, (long long)run);
}

// Whether another process is at work on a run, by the run's own row.
static bool row_alive(sl_db_cursor *cursor) {
    char host[SL_HOST_BYTES];
    sl_process_host(host);
    int64_t pid = sl_db_cursor_value(cursor, 0).integer;
    bool fresh = sl_db_cursor_value(cursor, 2).real > sl_db_now() - SL_DB_DEAD_SECONDS;
    sl_db_value where = sl_db_cursor_value(cursor, 1);
    bool here = where.type != SL_DB_TEXT || strcmp(where.text, host) == 0;
    return fresh && (!here || (pid != (int64_t)getpid() && sl_process_lives(pid, 0)));
}

sl_status sl_db_run_alive(sl_db *db, int64_t run, bool *alive) {
    sl_db_cursor *cursor;
    bool row;
    sl_db_value id = sl_db_integer(run);
    *alive = false;
    SL_TRY(sl_db_query(db, "SELECT pid, host, heartbeat FROM run WHERE id = ?1 AND state = 'running'", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row) *alive = row_alive(cursor);
    sl_db_cursor_close(cursor);
    // A process that could not say for a minute that it lives (it was suspended, or the file was locked) still holds its claim.
    return status == SL_OK && row && !*alive ? sl_db_claim_of_run(db, run, alive) : status;
}

// Two processes that log into one run would overwrite each other's rows: resuming a run that is alive is refused.
static sl_status check_not_alive(sl_db *db, int64_t run) {
    bool alive, row;
    SL_TRY(sl_db_run_alive(db, run, &alive));
    if (!alive) return SL_OK;
    sl_db_cursor *cursor;
    sl_db_value id = sl_db_integer(run);
    SL_TRY(sl_db_query(db, "SELECT pid, coalesce(host, 'this machine') FROM run WHERE id = ?1", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row)
        status = sl_error(SL_ERR_ARGUMENT,
                          "%s: run %lld is still running (process %lld on %s): stop it first, or wait %d s after its end",
                          db->path, (long long)run, (long long)sl_db_cursor_value(cursor, 0).integer,
                          sl_db_cursor_value(cursor, 1).text, SL_DB_DEAD_SECONDS);
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status rewind_run(sl_db *db, int64_t run, int64_t step, const sl_run_info *info) {
    int64_t there;
    sl_db_value key[] = {sl_db_integer(run), sl_db_integer(step)};
    SL_TRY(sl_db_integer_of(db, "SELECT 1 FROM run WHERE id = ?1", key, 1, 0, &there));
    if (!there) return no_run(db, run);
    SL_TRY(check_not_alive(db, run));
    SL_TRY(sl_db_execute(db,
                         "DELETE FROM metric_value WHERE run = ?1 AND name_id IN (SELECT id FROM metric_name) AND step > ?2;"
                         "DELETE FROM class_iou WHERE run = ?1 AND step > ?2;"
                         "DELETE FROM confusion WHERE run = ?1 AND step > ?2;"
                         "DELETE FROM event WHERE run = ?1 AND step > ?2;"
                         "DELETE FROM artifact WHERE run = ?1 AND step > ?2;"
                         "DELETE FROM confidence WHERE run = ?1 AND step > ?2;"
                         "DELETE FROM sample WHERE run = ?1 AND step > ?2;"
                         "DELETE FROM fork WHERE run = ?1 AND step > ?2;",
                         key, 2));
    const sl_db_value values[] = {
        key[0],
        key[1],
        sl_db_real(sl_db_now()),
        sl_db_text(info->host),
        known_positive(info->pid),
        sl_db_text(info->device),
        known_positive(info->threads),
        sl_db_text(info->versions),
        known_positive(info->steps),
    };
    // The time between the sessions does not count.
    SL_TRY(
        sl_db_execute(db,
                      "UPDATE run SET state = 'running', step = ?2, error = NULL, resumes = resumes + 1,"
                      " seconds_before = seconds_before + max(0, coalesce(end_time, heartbeat) - session_time),"
                      " session_time = ?3, heartbeat = ?3, end_time = NULL, host = coalesce(?4, host), pid = coalesce(?5, pid),"
                      " device = coalesce(?6, device), threads = coalesce(?7, threads), versions = coalesce(?8, versions),"
                      " steps = coalesce(?9, steps) WHERE id = ?1",
                      values, COUNT(values)));
    // A "stop" meant for the process that is gone must not stop this one.
    return sl_db_execute(db,
                         "UPDATE command SET answered = ?3, step = ?2, answer = 'not done: the run had ended'"
                         " WHERE run = ?1 AND answered IS NULL",
                         values, 3);
}

sl_status sl_db_run_resume(sl_db *db, int64_t run, int64_t step, const sl_run_info *info) {
    bool own;
    SL_TRY(sl_db_begin(db, &own));
    return sl_db_end(db, own, rewind_run(db, run, step, info));
}

sl_status sl_db_run_param(sl_db *db, int64_t run, const char *name, const char *type, const char *value) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_text(name), sl_db_text(type), sl_db_text(value)};
    return sl_db_execute(db,
                         "INSERT INTO param(run, name, type, value) VALUES(?1, ?2, ?3, ?4)"
                         " ON CONFLICT(run, name) DO UPDATE SET type = excluded.type, value = excluded.value",
                         values, COUNT(values));
}

static sl_status finish_run(sl_db *db, int64_t run, const char *state, int64_t step, const char *error) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_text(state), sl_db_integer(step), sl_db_text(error),
                            sl_db_real(sl_db_now())};
    SL_TRY(sl_db_execute(db, "UPDATE run SET state = ?2, step = ?3, error = ?4, end_time = ?5, heartbeat = ?5 WHERE id = ?1",
                         values, COUNT(values)));
    if (sqlite3_changes(db->handle) == 0) return no_run(db, run);
    return sl_db_execute(db,
                         "UPDATE command SET answered = ?5, step = ?3, answer = 'not done: the run has ended'"
                         " WHERE run = ?1 AND answered IS NULL",
                         values, COUNT(values));
}

sl_status sl_db_run_finish(sl_db *db, int64_t run, const char *state, int64_t step, const char *error) {
    bool own;
    SL_TRY(sl_db_begin(db, &own));
    return sl_db_end(db, own, finish_run(db, run, state, step, error));
}
