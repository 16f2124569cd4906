// From every older version to the newest, and one step further than there is.
#include "db/db_impl.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <stdio.h>
#include <string.h>

static const char *folder;

static void raw(const char *path, const char *sql) {
    sqlite3 *handle;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%.60s...: %s", sql, message);
    sqlite3_close(handle);
}

static void raw_views(const char *path) {
    for (int i = 0; sl_db_schema_current.views[i]; i++) raw(path, sl_db_schema_current.views[i]);
}

// A file as the program of version `version` would have made it: the steps up to there, without today's views.
static void make_version(const char *path, int version) {
    char pragma[120];
    for (int i = 0; i < version; i++) raw(path, sl_db_schema_current.steps[i]);
    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %d", version ? SL_DB_APPLICATION_ID : 0,
             version);
    raw(path, pragma);
    if (version >= 1)
        raw(path, "INSERT INTO experiment VALUES(1, 'old', 0);"
                  "INSERT INTO run(id, uuid, experiment, name, state, start_time, session_time, heartbeat, step)"
                  " VALUES(5, '00000000-0000-4000-8000-000000000005', 1, 'old', 'done', 10, 10, 20, 7);"
                  "INSERT INTO metric_name VALUES(3, 'seg');"
                  "INSERT INTO metric_value VALUES(5, 3, 7, 0.5, 20);"
                  "INSERT INTO class_iou VALUES(5, 'val', 7, 0, 'road', 0.25);"
                  "CREATE VIEW my_own AS SELECT name FROM run");
}

static void schema_text(sl_db *db, char *out, size_t size) {
    sl_db_cursor *cursor;
    bool row;
    size_t length = 0;
    *out = '\0';
    assert_ok(sl_db_query(
        db, "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE name <> 'my_own' ORDER BY 1", NULL,
        0, &cursor));
    for (;;) {
        assert_ok(sl_db_cursor_next(cursor, &row));
        if (!row) break;
        length += (size_t)snprintf(out + length, size - length, "%s\n", sl_db_cursor_value(cursor, 0).text);
        assert_true(length < size);
    }
    sl_db_cursor_close(cursor);
}

static void test_every_older_version(void **state) {
    static char fresh[40000], migrated[40000];
    sl_db *db;
    assert_ok(sl_db_open(sl_test_path(folder, "fresh.db"), SL_DB_WRITE, &db));
    schema_text(db, fresh, sizeof fresh);
    assert_true(strlen(fresh) > 1000);
    sl_db_close(db);
    for (int version = 0; version <= sl_db_schema_current.version; version++) {
        char name[40];
        snprintf(name, sizeof name, "version%d.db", version);
        const char *path = sl_test_path(folder, name);
        make_version(path, version);
        if (version == sl_db_schema_current.version) raw_views(path);
        assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
        schema_text(db, migrated, sizeof migrated);
        assert_string_equal(migrated, fresh);
        assert_int_equal(sl_test_integer(db, "PRAGMA user_version"), sl_db_schema_current.version);
        assert_int_equal(sl_test_integer(db, "PRAGMA application_id"), SL_DB_APPLICATION_ID);
        if (version >= 1) {
            assert_int_equal(sl_test_integer(db, "SELECT step FROM final_metric WHERE run = 5 AND name = 'seg' AND value = 0.5"),
                             7);
            assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary WHERE miou = 0.25 AND duration = 10"), 1);
            assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM my_own"), 1);
        }
        sl_db_close(db);
        print_message("version %d -> %d: same schema as a new file, rows kept\n", version, sl_db_schema_current.version);
    }
}

// The schema of a program one version ahead: a table made anew (the hard case with foreign keys) and a new view.
static const char next_step[] =
    "ALTER TABLE run ADD COLUMN priority INTEGER NOT NULL DEFAULT 3;"
    "CREATE TABLE experiment_new(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL, owner TEXT);"
    "INSERT INTO experiment_new SELECT id, name, created, 'me' FROM experiment;"
    "DROP TABLE experiment; ALTER TABLE experiment_new RENAME TO experiment;";
static const char broken_step[] = "ALTER TABLE run ADD COLUMN extra INTEGER; INSERT INTO no_such_table VALUES(1);";

static void test_next_version(void **state) {
    const char *path = sl_test_path(folder, "next.db");
    int known = sl_db_schema_current.version, before;
    const char *steps[20];
    for (int i = 0; i < known; i++) steps[i] = sl_db_schema_current.steps[i];
    make_version(path, known);
    raw_views(path);
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_execute(db, "PRAGMA foreign_keys = OFF", NULL, 0)); // as opening has it while it migrates

    // A step that fails leaves the file as it was.
    steps[known] = broken_step;
    sl_db_schema next = {steps, known + 1, sl_db_schema_current.drop_views, sl_db_schema_current.views};
    assert_error(sl_db_migrate(db, &next, &before), SL_ERR_ARGUMENT, "no such table: no_such_table");
    assert_error(SL_ERR_ARGUMENT, SL_ERR_ARGUMENT, "bringing schema version");
    assert_int_equal(sl_test_integer(db, "PRAGMA user_version"), known);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_table_info('run') WHERE name = 'extra'"), 0);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary"), 1);

    steps[known] = next_step;
    char drop[1000];
    const char *views[40];
    int count = 0;
    snprintf(drop, sizeof drop, "%s DROP VIEW IF EXISTS busy;", sl_db_schema_current.drop_views);
    while (sl_db_schema_current.views[count]) views[count] = sl_db_schema_current.views[count], count++;
    views[count++] = "CREATE VIEW busy AS SELECT id FROM run WHERE priority > 2;";
    views[count] = NULL;
    next = (sl_db_schema){steps, known + 1, drop, views};
    assert_ok(sl_db_migrate(db, &next, &before));
    assert_int_equal(before, known);
    assert_int_equal(sl_test_integer(db, "PRAGMA user_version"), known + 1);
    assert_int_equal(sl_test_integer(db, "SELECT id FROM busy"), 5);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary WHERE experiment = 'old'"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM experiment WHERE owner = 'me'"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), 1); // nothing was deleted along with the old table
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_ok(sl_db_migrate(db, &next, &before)); // a second time does nothing
    assert_int_equal(before, known + 1);
    sl_db_close(db);

    // And today's program says that the file is newer.
    assert_error(sl_db_open(path, SL_DB_WRITE, &db), SL_ERR_FORMAT, "newer Semiluna");
}

// A reader takes an older file as it is; what the file does not have yet is empty.
static void test_reading_older(void **state) {
    sl_db *db;
    for (int version = 1; version < sl_db_schema_current.version; version++) {
        char name[40];
        snprintf(name, sizeof name, "read%d.db", version);
        make_version(sl_test_path(folder, name), version);
        assert_ok(sl_db_open(sl_test_path(folder, name), SL_DB_READ, &db));
        assert_int_equal(sl_test_integer(db, "PRAGMA user_version"), version);
        assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary WHERE miou = 0.25 AND duration = 10"), 1);
        assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM my_own"), 1);
        // Whatever a new file has can be asked of it.
        sl_db *fresh;
        sl_db_cursor *cursor;
        bool row;
        int names = 0;
        assert_ok(sl_db_open(sl_test_path(folder, "fresh.db"), SL_DB_WRITE, &fresh));
        assert_ok(sl_db_query(fresh, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')", NULL, 0, &cursor));
        for (; sl_db_cursor_next(cursor, &row) == SL_OK && row; names++) {
            char sql[200];
            snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", sl_db_cursor_value(cursor, 0).text);
            assert_true(sl_test_integer(db, sql) >= 0);
        }
        sl_db_cursor_close(cursor);
        sl_db_close(fresh);
        assert_error(sl_db_execute(db, "INSERT INTO removed VALUES(5, 0)", NULL, 0), SL_ERR_ARGUMENT, "reading only");
        assert_error(sl_db_execute(db, "DELETE FROM temp.sample", NULL, 0), SL_ERR_ARGUMENT, "reading only");
        assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name = 'sample'"),
                         0);
        sl_db_close(db);
        print_message("version %d read as it is: %d tables and views can be asked\n", version, names);
    }
}

static int make_folder(void **state) {
    folder = sl_test_folder();
    return 0;
}

static int remove_folder(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_older_version, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_next_version, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_reading_older, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
