// The tables, the views and the way from older versions.
#include "core/base/text.h"
#include "db/db_impl.h"
#include <string.h>

// Times are seconds since 1970, as REAL. docs/database.md describes every column.
static const char step_1[] =
    "CREATE TABLE experiment("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL);"
    // script_text comes last: it is long, and a listing that does not ask for it need not read over it.
    "CREATE TABLE run("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, experiment INTEGER NOT NULL REFERENCES experiment(id),"
    "  name TEXT NOT NULL, method TEXT,"
    "  state TEXT NOT NULL CHECK(state IN ('running', 'done', 'stopped', 'failed', 'diverged')),"
    "  step INTEGER NOT NULL DEFAULT 0, steps INTEGER, seed INTEGER,"
    "  start_time REAL NOT NULL, session_time REAL NOT NULL, heartbeat REAL NOT NULL, end_time REAL,"
    "  seconds_before REAL NOT NULL DEFAULT 0, resumes INTEGER NOT NULL DEFAULT 0, error TEXT,"
    "  host TEXT, pid INTEGER, device TEXT, threads INTEGER, versions TEXT,"
    "  git_commit TEXT, git_dirty INTEGER, script_path TEXT, script_hash TEXT, script_text TEXT);"
    "CREATE INDEX run_experiment ON run(experiment);"
    "CREATE INDEX run_name ON run(name);"
    "CREATE INDEX run_state ON run(state);"
    "CREATE TABLE param("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name TEXT NOT NULL, type TEXT NOT NULL, value TEXT,"
    "  PRIMARY KEY(run, name)) WITHOUT ROWID;"
    "CREATE INDEX param_value ON param(name, value);"
    "CREATE TABLE metric_name(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE metric_value("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name_id INTEGER NOT NULL REFERENCES metric_name(id),"
    "  step INTEGER NOT NULL, value REAL, time REAL NOT NULL, PRIMARY KEY(run, name_id, step)) WITHOUT ROWID;"
    "CREATE TABLE class_iou("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, split TEXT NOT NULL, step INTEGER NOT NULL,"
    "  class_index INTEGER NOT NULL, class_name TEXT, iou REAL, PRIMARY KEY(run, split, step, class_index)) WITHOUT ROWID;"
    "CREATE TABLE confusion("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, split TEXT NOT NULL, step INTEGER NOT NULL,"
    "  truth INTEGER NOT NULL, prediction INTEGER NOT NULL, pixels INTEGER NOT NULL,"
    "  PRIMARY KEY(run, split, step, truth, prediction)) WITHOUT ROWID;"
    "CREATE TABLE artifact("
    "  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, step INTEGER NOT NULL, kind TEXT NOT "
    "NULL,"
    "  path TEXT NOT NULL, bytes INTEGER, sha256 TEXT, time REAL NOT NULL, UNIQUE(run, path));"
    "CREATE TABLE event("
    "  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, step INTEGER NOT NULL, time REAL NOT "
    "NULL,"
    "  kind TEXT NOT NULL, text TEXT);"
    "CREATE INDEX event_run ON event(run, step);"
    "CREATE TABLE tag("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, tag TEXT NOT NULL, PRIMARY KEY(run, tag)) WITHOUT ROWID;"
    "CREATE INDEX tag_tag ON tag(tag);"
    "CREATE TABLE note("
    "  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, time REAL NOT NULL, text TEXT NOT "
    "NULL);"
    "CREATE INDEX note_run ON note(run);"
    "CREATE TABLE command("
    "  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, time REAL NOT NULL, name TEXT NOT NULL,"
    "  argument TEXT, step INTEGER, answer TEXT, answered REAL);"
    "CREATE INDEX command_run ON command(run);"
    "CREATE INDEX command_waiting ON command(run, id) WHERE answered IS NULL;";

// Ablations: what a run is as a cell of a plan, claims of work, forked warm-ups, what the run saw, and how sure it was.
static const char step_2[] =
    "CREATE TABLE cell("
    "  run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE, hash TEXT NOT NULL, options_hash TEXT NOT NULL,"
    "  script_hash TEXT NOT NULL, library_hash TEXT NOT NULL, parent TEXT, fork_step INTEGER);"
    "CREATE INDEX cell_hash ON cell(hash);"
    "CREATE INDEX cell_options ON cell(options_hash);"
    "CREATE TABLE claim("
    "  hash TEXT PRIMARY KEY, run INTEGER REFERENCES run(id) ON DELETE SET NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,"
    "  process_start INTEGER NOT NULL, time REAL NOT NULL, heartbeat REAL NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX claim_run ON claim(run);"
    "CREATE TABLE fork("
    "  prefix TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, step INTEGER NOT NULL,"
    "  path TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX fork_run ON fork(run);"
    "CREATE TABLE curve("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name TEXT NOT NULL, step INTEGER NOT NULL, value REAL NOT NULL,"
    "  PRIMARY KEY(run, name, step)) WITHOUT ROWID;"
    "CREATE TABLE split(sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);"
    "CREATE TABLE run_split("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name TEXT NOT NULL, images INTEGER NOT NULL,"
    "  sha256 TEXT NOT NULL REFERENCES split(sha256), PRIMARY KEY(run, name)) WITHOUT ROWID;"
    "CREATE TABLE file_hash("
    "  path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified REAL NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE environment("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name TEXT NOT NULL, value TEXT, PRIMARY KEY(run, name))"
    "  WITHOUT ROWID;"
    "CREATE TABLE confidence("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, split TEXT NOT NULL, step INTEGER NOT NULL,"
    "  class_index INTEGER NOT NULL, correct INTEGER NOT NULL, bin INTEGER NOT NULL, pixels INTEGER NOT NULL,"
    "  PRIMARY KEY(run, split, step, class_index, correct, bin)) WITHOUT ROWID;"
    "CREATE TABLE removed(run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE, time REAL NOT NULL);"
    "CREATE TABLE purged(uuid TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID;";

// Pictures of samples. With its rows by number the table's key is an index beside it: what there is can be listed without passing
// over the pictures.
static const char step_3[] =
    "CREATE TABLE sample("
    "  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, split TEXT NOT NULL, image TEXT NOT NULL, kind TEXT NOT NULL,"
    "  step INTEGER NOT NULL, time REAL NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, png BLOB NOT NULL,"
    "  PRIMARY KEY(run, split, image, kind, step));";

static const char *const steps[] = {step_1, step_2, step_3};

const sl_db_schema sl_db_schema_current = {steps, (int)(sizeof steps / sizeof *steps), sl_db_views_drop, sl_db_views};

sl_status sl_db_check(sl_db *db, const sl_db_schema *schema, int *version) {
    sl_db_cursor *cursor;
    bool row;
    // One statement, so that all three are of one moment: another process may be making the file right now.
    SL_TRY(
        sl_db_query(db,
                    "SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id),"
                    " (SELECT count(*) FROM sqlite_master)",
                    NULL, 0, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    int64_t user_version = sl_db_cursor_value(cursor, 0).integer, application = sl_db_cursor_value(cursor, 1).integer,
            tables = sl_db_cursor_value(cursor, 2).integer;
    sl_db_cursor_close(cursor);
    SL_TRY(status);
    bool empty = tables == 0 && user_version == 0 && application == 0;
    if (!empty && application != SL_DB_APPLICATION_ID)
        return sl_error(SL_ERR_FORMAT, "%s: an SQLite database, but not one of Semiluna's: name another file with --db",
                        db->path);
    if (user_version > schema->version)
        return sl_error(SL_ERR_FORMAT,
                        "%s: written by a newer Semiluna (schema version %lld, this program knows %d): update Semiluna", db->path,
                        (long long)user_version, schema->version);
    *version = (int)user_version;
    return SL_OK;
}

static sl_status apply(sl_db *db, const sl_db_schema *schema, int version) {
    SL_TRY(sl_db_execute(db, schema->drop_views, NULL, 0));
    for (int i = version; i < schema->version; i++) SL_TRY(sl_db_execute(db, schema->steps[i], NULL, 0));
    for (const char *const *view = schema->views; *view; view++) SL_TRY(sl_db_execute(db, *view, NULL, 0));
    char pragma[120];
    sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d;", SL_DB_APPLICATION_ID,
                     schema->version);
    return sl_db_execute(db, pragma, NULL, 0);
}

// Appends the statements of `sql` that make tables or views, for the connection's own temporary database.
static sl_status append_temporary(sl_text *out, const char *sql) {
    for (const char *end; (end = strchr(sql, ';')); sql = end + 1) {
        static const char create[] = "CREATE ";
        const char *what = sql + strspn(sql, " ");
        bool wanted = strncmp(what, "CREATE TABLE ", 13) == 0 || strncmp(what, "CREATE VIEW ", 12) == 0;
        if (wanted)
            SL_TRY(sl_text_append(out, "CREATE TEMP %.*s;", (int)(end - what) - (int)strlen(create), what + strlen(create)));
    }
    return SL_OK;
}

sl_status sl_db_stand_in(sl_db *db, const sl_db_schema *schema, int version) {
    if (version == schema->version) return SL_OK;
    sl_text text = {0};
    sl_status status = sl_text_append(&text, "PRAGMA temp_store = MEMORY;");
    for (int i = version; i < schema->version && status == SL_OK; i++) status = append_temporary(&text, schema->steps[i]);
    for (const char *const *view = schema->views; *view && status == SL_OK; view++) status = append_temporary(&text, *view);
    if (status == SL_OK && sqlite3_exec(db->handle, text.data, NULL, NULL, NULL) != SQLITE_OK)
        status = sl_db_fail(db, sqlite3_errcode(db->handle));
    sl_text_free(&text);
    return status;
}

sl_status sl_db_migrate(sl_db *db, const sl_db_schema *schema, int *version) {
    SL_TRY(sl_db_check(db, schema, version));
    if (*version == schema->version) return SL_OK;
    bool own;
    SL_TRY(sl_db_begin(db, &own));
    // Again, now that no other process can be doing the same.
    sl_status status = sl_db_check(db, schema, version);
    if (status == SL_OK && *version < schema->version) {
        status = apply(db, schema, *version);
        if (status != SL_OK) sl_error_prefix(status, "%s: bringing schema version %d to %d", db->path, *version, schema->version);
    }
    return sl_db_end(db, own, status);
}
