// Runs from one database file into another, by uuid.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "db/db_impl.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// What belongs to a run, beside the numbers (metric_value), which name their metric by a number of the file's own, and what is
// not copied: claims (they are of this machine's processes) and the bin.
typedef struct owned_table {
    const char *name, *columns;
    const char *conflict; // what an INSERT adds; "" where there can be none
    bool merged;          // rows of several copies of a run are put together: people write them, in any copy
} owned_table;

static const owned_table tables[] = {
    {"param", "name, type, value", "", false},
    {"class_iou", "split, step, class_index, class_name, iou", "", false},
    {"confusion", "split, step, truth, prediction, pixels", "", false},
    {"confidence", "split, step, class_index, correct, bin, pixels", "", false},
    {"sample", "split, image, kind, step, time, width, height, png", "", false},
    {"artifact", "step, kind, path, bytes, sha256, time", "", false},
    {"event", "step, time, kind, text", "", false},
    {"command", "time, name, argument, step, answer, answered", "", false},
    {"cell", "hash, options_hash, script_hash, library_hash, parent, fork_step", "", false},
    {"curve", "name, step, value", "", false},
    {"environment", "name, value", "", false},
    {"run_split", "name, images, sha256", "", false},
    // Of several runs that offer the same warm-up, one is kept that does not depend on the order of merging.
    {"fork", "prefix, step, path",
     " ON CONFLICT(prefix) DO UPDATE SET run = excluded.run, step = excluded.step, path = excluded.path"
     " WHERE (SELECT uuid FROM run WHERE id = excluded.run) < (SELECT uuid FROM run WHERE id = fork.run)",
     false},
    {"tag", "tag", " ON CONFLICT DO NOTHING", true},
    {"note", "time, text", "", true},
};
enum { TABLES = sizeof tables / sizeof *tables };

// All of `run` but its ids and its experiment.
#define RUN_COLUMNS                                                                                                           \
    "name, method, state, step, steps, seed, start_time, session_time, heartbeat, end_time, seconds_before, resumes, error, " \
    "host, pid, device, threads, versions, git_commit, git_dirty, script_path, script_hash, script_text"

typedef struct name_pair {
    int64_t there, here; // metric_name.id in the two files; here 0: not asked for yet
} name_pair;

typedef struct copier {
    sl_db *from, *to;
    sqlite3_stmt *read[TABLES], *write[TABLES];
    sqlite3_stmt *read_run, *add_run, *replace_run, *read_metric, *write_metric;
    name_pair *names;
    size_t name_count;
} copier;

static sl_status prepare(sl_db *db, const char *sql, sqlite3_stmt **out) {
    int code = sqlite3_prepare_v2(db->handle, sql, -1, out, NULL);
    return code == SQLITE_OK ? SL_OK : sl_db_fail(db, code);
}

static int column_count(const char *columns) {
    int count = 1;
    for (; *columns; columns++) count += *columns == ',';
    return count;
}

// "?first, ?first+1, ..."
static sl_status append_places(sl_text *sql, int first, int count) {
    for (int i = 0; i < count; i++) SL_TRY(sl_text_append(sql, "%s?%d", i ? ", " : "", first + i));
    return SL_OK;
}

static sl_status prepare_table(copier *c, int i) {
    const owned_table *table = &tables[i];
    sl_text sql = {0};
    sl_status status = sl_text_append(&sql, "SELECT %s FROM %s WHERE run = ?1", table->columns, table->name);
    if (status == SL_OK) status = prepare(c->from, sql.data, &c->read[i]);
    sl_text_free(&sql);
    // Notes have no key: one that is there already, of the same moment and text, is the same note.
    bool note = strcmp(table->name, "note") == 0;
    if (status == SL_OK) status = sl_text_append(&sql, "INSERT INTO %s(run, %s) SELECT ", table->name, table->columns);
    if (status == SL_OK) status = append_places(&sql, 1, 1 + column_count(table->columns));
    if (status == SL_OK)
        status = sl_text_append(
            &sql, " WHERE %s%s",
            note ? "NOT EXISTS (SELECT 1 FROM note n WHERE n.run = ?1 AND n.time IS ?2 AND n.text IS ?3)" : "1", table->conflict);
    if (status == SL_OK) status = prepare(c->to, sql.data, &c->write[i]);
    sl_text_free(&sql);
    return status;
}

static sl_status prepare_run(copier *c) {
    sl_text sql = {0};
    SL_TRY(prepare(c->from,
                   "SELECT e.experiment_name, e.created, " RUN_COLUMNS " FROM run r"
                   " JOIN (SELECT id AS experiment_id, name AS experiment_name, created FROM experiment) e"
                   " ON experiment_id = r.experiment WHERE r.id = ?1",
                   &c->read_run));
    SL_TRY(prepare(c->from, "SELECT step, value, time FROM metric_value WHERE run = ?1 AND name_id = ?2", &c->read_metric));
    SL_TRY(
        prepare(c->to, "INSERT INTO metric_value(run, name_id, step, value, time) VALUES(?1, ?2, ?3, ?4, ?5)", &c->write_metric));
    sl_status status = sl_text_append(&sql, "INSERT INTO run(uuid, experiment, " RUN_COLUMNS ") VALUES(");
    if (status == SL_OK) status = append_places(&sql, 1, 2 + column_count(RUN_COLUMNS));
    if (status == SL_OK) status = sl_text_append(&sql, ")");
    if (status == SL_OK) status = prepare(c->to, sql.data, &c->add_run);
    sl_text_free(&sql);
    if (status == SL_OK) status = sl_text_append(&sql, "UPDATE run SET (experiment, " RUN_COLUMNS ") = (");
    if (status == SL_OK) status = append_places(&sql, 2, 1 + column_count(RUN_COLUMNS));
    if (status == SL_OK) status = sl_text_append(&sql, ") WHERE uuid = ?1");
    if (status == SL_OK) status = prepare(c->to, sql.data, &c->replace_run);
    sl_text_free(&sql);
    return status;
}

static sl_status read_names(copier *c) {
    sl_db_cursor *cursor;
    bool row = true;
    int64_t count;
    SL_TRY(sl_db_integer_of(c->from, "SELECT count(*) FROM metric_name", NULL, 0, 0, &count));
    if (!(c->names = sl_calloc((size_t)count + 1, sizeof *c->names)))
        return sl_error(SL_ERR_MEMORY, "%s: out of memory", c->from->path);
    SL_TRY(sl_db_query(c->from, "SELECT id FROM metric_name ORDER BY id", NULL, 0, &cursor));
    sl_status status = SL_OK;
    while (c->name_count < (size_t)count) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        c->names[c->name_count++].there = sl_db_cursor_value(cursor, 0).integer;
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status copier_open(copier *c) {
    for (int i = 0; i < TABLES; i++) SL_TRY(prepare_table(c, i));
    SL_TRY(prepare_run(c));
    return read_names(c);
}

static void copier_close(copier *c) {
    for (int i = 0; i < TABLES; i++) {
        sqlite3_finalize(c->read[i]);
        sqlite3_finalize(c->write[i]);
    }
    sqlite3_finalize(c->read_run);
    sqlite3_finalize(c->add_run);
    sqlite3_finalize(c->replace_run);
    sqlite3_finalize(c->read_metric);
    sqlite3_finalize(c->write_metric);
    sl_free(c->names);
}

// Each row of `read` (its parameters are bound) into `write`, as its parameters from `first` on.
static sl_status copy_rows(copier *c, sqlite3_stmt *read, sqlite3_stmt *write, int first) {
    int code, columns = sqlite3_column_count(read);
    sl_status status = SL_OK;
    while (status == SL_OK && (code = sqlite3_step(read)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            status = sl_db_fail(c->from, code);
            break;
        }
        for (int i = 0; i < columns; i++) sqlite3_bind_value(write, first + i, sqlite3_column_value(read, i));
        code = sqlite3_step(write);
        if (code != SQLITE_DONE) status = sl_db_fail(c->to, code);
        sqlite3_reset(write);
    }
    sqlite3_reset(read);
    return status;
}

static sl_status copy_table(copier *c, int i, int64_t there, int64_t here) {
    sqlite3_bind_int64(c->read[i], 1, there);
    sqlite3_bind_int64(c->write[i], 1, here);
    return copy_rows(c, c->read[i], c->write[i], 2);
}

// metric_name.id in the target of the source's `name`.
static sl_status name_here(copier *c, name_pair *name) {
    sl_db_value id = sl_db_integer(name->there), text;
    sl_db_cursor *cursor;
    bool row;
    SL_TRY(sl_db_query(c->from, "SELECT name FROM metric_name WHERE id = ?1", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    text = sl_db_cursor_value(cursor, 0);
    if (status == SL_OK) status = sl_db_execute(c->to, "INSERT OR IGNORE INTO metric_name(name) VALUES(?1)", &text, 1);
    if (status == SL_OK) status = sl_db_integer_of(c->to, "SELECT id FROM metric_name WHERE name = ?1", &text, 1, 0, &name->here);
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status copy_metrics(copier *c, int64_t there, int64_t here) {
    for (size_t i = 0; i < c->name_count; i++) {
        name_pair *name = &c->names[i];
        sl_db_value key[] = {sl_db_integer(there), sl_db_integer(name->there)};
        int64_t any;
        SL_TRY(sl_db_integer_of(c->from, "SELECT 1 FROM metric_value WHERE run = ?1 AND name_id = ?2 LIMIT 1", key, 2, 0, &any));
        if (!any) continue;
        if (!name->here) SL_TRY(name_here(c, name));
        sqlite3_bind_int64(c->read_metric, 1, there);
        sqlite3_bind_int64(c->read_metric, 2, name->there);
        sqlite3_bind_int64(c->write_metric, 1, here);
        sqlite3_bind_int64(c->write_metric, 2, name->here);
        SL_TRY(copy_rows(c, c->read_metric, c->write_metric, 3));
    }
    return SL_OK;
}

// The texts of the lists that a run names.
static sl_status copy_splits(copier *c, int64_t there) {
    sl_db_value id = sl_db_integer(there);
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(c->from, "SELECT sha256, text FROM split WHERE sha256 IN (SELECT sha256 FROM run_split WHERE run = ?1)",
                       &id, 1, &cursor));
    sl_status status = SL_OK;
    while (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        sl_db_value values[] = {sl_db_cursor_value(cursor, 0), sl_db_cursor_value(cursor, 1)};
        status = sl_db_execute(c->to, "INSERT OR IGNORE INTO split(sha256, text) VALUES(?1, ?2)", values, 2);
    }
    sl_db_cursor_close(cursor);
    return status;
}

// The run's row with its experiment, by the statement `write`.
static sl_status copy_run_row(copier *c, int64_t there, const char *uuid, sqlite3_stmt *write) {
    sqlite3_stmt *read = c->read_run;
    sqlite3_bind_int64(read, 1, there);
    int code = sqlite3_step(read);
    sl_status status = code == SQLITE_ROW ? SL_OK : sl_db_fail(c->from, code);
    int64_t experiment = 0;
    if (status == SL_OK) {
        sl_db_value values[] = {sl_db_text((const char *)sqlite3_column_text(read, 0)),
                                sl_db_real(sqlite3_column_double(read, 1))};
        values[0].bytes = (size_t)sqlite3_column_bytes(read, 0); // it may hold zeros
        status = sl_db_execute(c->to,
                               "INSERT INTO experiment(name, created) VALUES(?1, ?2)"
                               " ON CONFLICT(name) DO UPDATE SET created = min(created, excluded.created)",
                               values, 2);
        if (status == SL_OK)
            status = sl_db_integer_of(c->to, "SELECT id FROM experiment WHERE name = ?1", values, 1, 0, &experiment);
    }
    if (status == SL_OK) {
        sqlite3_bind_text(write, 1, uuid, -1, SQLITE_STATIC);
        sqlite3_bind_int64(write, 2, experiment);
        for (int i = 0; i < column_count(RUN_COLUMNS); i++) sqlite3_bind_value(write, 3 + i, sqlite3_column_value(read, 2 + i));
        code = sqlite3_step(write);
        if (code != SQLITE_DONE) status = sl_db_fail(c->to, code);
        sqlite3_reset(write);
        sqlite3_clear_bindings(write);
    }
    sqlite3_reset(read);
    return status;
}

static sl_status clear_run(sl_db *db, int64_t run) {
    sl_db_value id = sl_db_integer(run);
    for (int i = 0; i < TABLES; i++) {
        char sql[80];
        if (tables[i].merged) continue;
        sqlite3_snprintf(sizeof sql, sql, "DELETE FROM %s WHERE run = ?1", tables[i].name);
        SL_TRY(sl_db_execute(db, sql, &id, 1));
    }
    return sl_db_execute(db, "DELETE FROM metric_value WHERE run = ?1", &id, 1);
}

typedef enum standing { ABSENT, OLDER, SAME_OR_LATER, PURGED } standing;

// How the target's copy of a run compares. A run only ever goes on: it is resumed, shows signs of life, ends.
static sl_status compare(copier *c, int64_t there, const char *uuid, int64_t *here, standing *out) {
    sl_db_value id = sl_db_integer(there), state[4], values[5];
    sl_db_cursor *cursor;
    bool row;
    *out = ABSENT;
    values[0] = sl_db_text(uuid);
    SL_TRY(sl_db_integer_of(c->to, "SELECT id FROM run WHERE uuid = ?1", values, 1, 0, here));
    if (*here == 0) {
        int64_t purged;
        SL_TRY(sl_db_integer_of(c->to, "SELECT 1 FROM purged WHERE uuid = ?1", values, 1, 0, &purged));
        if (purged) *out = PURGED;
        return SL_OK;
    }
    SL_TRY(sl_db_query(c->from, "SELECT resumes, heartbeat, step, state FROM run WHERE id = ?1", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    int64_t older = 0;
    if (status == SL_OK && row) {
        for (int i = 0; i < 4; i++) state[i] = sl_db_cursor_value(cursor, i);
        memcpy(values + 1, state, sizeof state);
        status = sl_db_integer_of(c->to, "SELECT (resumes, heartbeat, step, state) < (?2, ?3, ?4, ?5) FROM run WHERE uuid = ?1",
                                  values, 5, 0, &older);
    }
    sl_db_cursor_close(cursor);
    *out = older ? OLDER : SAME_OR_LATER;
    return status;
}

static sl_status copy_run(copier *c, int64_t there, const char *uuid, sl_db_copied *copied) {
    int64_t here;
    standing how;
    SL_TRY(compare(c, there, uuid, &here, &how));
    if (how == OLDER) SL_TRY(clear_run(c->to, here));
    if (how == PURGED) {
        copied->kept++;
        return SL_OK;
    }
    if (how != SAME_OR_LATER) {
        SL_TRY(copy_run_row(c, there, uuid, how == ABSENT ? c->add_run : c->replace_run));
        if (how == ABSENT) here = sqlite3_last_insert_rowid(c->to->handle);
        SL_TRY(copy_splits(c, there));
        SL_TRY(copy_metrics(c, there, here));
    }
    for (int i = 0; i < TABLES; i++)
        if (tables[i].merged || how != SAME_OR_LATER) SL_TRY(copy_table(c, i, there, here));
    int64_t *const counts[] = {[ABSENT] = &copied->added, [OLDER] = &copied->replaced, [SAME_OR_LATER] = &copied->kept};
    ++*counts[how];
    return SL_OK;
}

// All runs of the source but the removed ones.
static sl_status copy_all(copier *c, sl_db_copied *copied) {
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(
        sl_db_query(c->from, "SELECT id, uuid FROM run WHERE id NOT IN (SELECT run FROM removed) ORDER BY id", NULL, 0, &cursor));
    sl_status status = SL_OK;
    while (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        status = copy_run(c, sl_db_cursor_value(cursor, 0).integer, sl_db_cursor_value(cursor, 1).text, copied);
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status copy_these(copier *c, const char *const *uuids, size_t count, sl_db_copied *copied) {
    for (size_t i = 0; i < count; i++) {
        sl_db_value uuid = sl_db_text(uuids[i]);
        int64_t there;
        SL_TRY(sl_db_integer_of(c->from, "SELECT id FROM run WHERE uuid = ?1", &uuid, 1, 0, &there));
        if (!there) return sl_error(SL_ERR_ARGUMENT, "%s: there is no run %s", c->from->path, uuids[i]);
        SL_TRY(sl_db_execute(c->to, "DELETE FROM purged WHERE uuid = ?1", &uuid, 1)); // it is wanted after all
        SL_TRY(copy_run(c, there, uuids[i], copied));
    }
    return SL_OK;
}

// Both files each as of one moment.
static sl_status copy_in_transaction(copier *c, const char *const *uuids, size_t count, sl_db_copied *copied) {
    bool own;
    SL_TRY(sl_db_execute(c->from, "BEGIN", NULL, 0));
    SL_TRY(sl_db_begin(c->to, &own));
    sl_status status = copier_open(c);
    if (status == SL_OK) status = uuids ? copy_these(c, uuids, count, copied) : copy_all(c, copied);
    copier_close(c);
    return sl_db_end(c->to, own, status);
}

sl_status sl_db_copy_runs(sl_db *db, const char *path, const char *const *uuids, size_t count, sl_db_copied *out) {
    struct stat from, to;
    sl_db_copied copied = {0};
    *out = copied;
    if (path && stat(path, &from) == 0) {
        if (stat(db->path, &to) == 0 && from.st_dev == to.st_dev && from.st_ino == to.st_ino)
            return sl_error(SL_ERR_ARGUMENT, "%s: the database to copy runs from is the one to copy them into", path);
        if (from.st_size == 0 && S_ISREG(from.st_mode) && !uuids) return SL_OK; // its program ended before it wrote anything
    }
    copier c = {.to = db};
    SL_TRY(sl_db_open(path, SL_DB_READ, &c.from));
    sl_status status = copy_in_transaction(&c, uuids, count, &copied);
    sl_db_close(c.from);
    if (status == SL_OK) *out = copied;
    return status;
}
