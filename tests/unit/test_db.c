// The file itself: made, migrated, opened by readers, and every way in which that can fail.
#include "db/db_impl.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <grp.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder;

static const char *path_of(const char *name) {
    return sl_test_path(folder, name);
}

static void write_file(const char *path, const void *data, size_t bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static sl_status try_open(const char *path, sl_db_mode mode) {
    sl_db *db;
    sl_status status = sl_db_open(path, mode, &db);
    if (status != SL_OK) assert_null(db);
    sl_db_close(db);
    return status;
}

// As a user who may not do everything; in a child, so that the rest of the test keeps its rights. True when the child's checks
// hold.
static bool as_nobody(bool (*check)(const char *path), const char *path) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0 && (setgroups(0, NULL) || setgid(65534) || setuid(65534))) _exit(2);
        _exit(check(path) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool said(sl_status status, sl_status code, const char *part) {
    if (status == code && strstr(sl_error_message(), part)) return true;
    fprintf(stderr, "status %d, \"%s\"; expected %d with \"%s\"\n", status, sl_error_message(), code, part);
    return false;
}

static void test_new_file(void **state) {
    const char *path = path_of("new.db");
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_string_equal(sl_db_path(db), path);
    assert_int_equal(sl_test_integer(db, "PRAGMA user_version"), sl_db_schema_current.version);
    assert_int_equal(sl_test_integer(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(sl_test_integer(db, "PRAGMA synchronous"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('experiment', 'run', 'param',"
                            "'metric_name', 'metric_value', 'class_iou', 'confusion', 'artifact', 'event', 'tag', 'note',"
                            "'command')"),
        12);
    // Each view can be read.
    const char *views[] = {"metric", "final_metric", "class_iou_latest", "evaluation", "run_summary"};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", views[i]);
        assert_int_equal(sl_test_integer(db, sql), 0);
    }
    sl_db_close(db);
    assert_ok(try_open(path, SL_DB_WRITE)); // and again
    assert_ok(try_open(path, SL_DB_READ));
}

static void test_open_errors(void **state) {
    assert_error(try_open(path_of("none.db"), SL_DB_READ), SL_ERR_IO, "run something first, or name one with --db");
    assert_int_not_equal(access(path_of("none.db"), F_OK), 0); // reading makes no file
    assert_error(try_open("", SL_DB_WRITE), SL_ERR_ARGUMENT, "file name");
    assert_error(try_open(folder, SL_DB_WRITE), SL_ERR_IO, "folder");
    assert_error(try_open(path_of("no/such/folder.db"), SL_DB_WRITE), SL_ERR_IO, "there is no folder");
    char junk[8192];
    memset(junk, 'x', sizeof junk);
    write_file(path_of("junk.db"), junk, sizeof junk);
    assert_error(try_open(path_of("junk.db"), SL_DB_READ), SL_ERR_FORMAT, "junk.db: not an SQLite database");
    assert_error(try_open(path_of("junk.db"), SL_DB_WRITE), SL_ERR_FORMAT, "not an SQLite database");
    write_file(path_of("short.db"), junk, 10);
    assert_error(try_open(path_of("short.db"), SL_DB_WRITE), SL_ERR_FORMAT, "not an SQLite database");
    write_file(path_of("empty.db"), junk, 0);
    assert_error(try_open(path_of("empty.db"), SL_DB_READ), SL_ERR_FORMAT, "no runs in it");
    assert_ok(try_open(path_of("empty.db"), SL_DB_WRITE)); // as SQLite itself sees it: a new database
}

static void raw(const char *path, const char *sql) {
    sqlite3 *handle;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
    sqlite3_close(handle);
}

static void test_foreign_and_newer(void **state) {
    raw(path_of("foreign.db"), "CREATE TABLE bookmarks(url); INSERT INTO bookmarks VALUES('x')");
    assert_error(try_open(path_of("foreign.db"), SL_DB_WRITE), SL_ERR_FORMAT, "not one of Semiluna's");
    assert_error(try_open(path_of("foreign.db"), SL_DB_READ), SL_ERR_FORMAT, "not one of Semiluna's");
    sqlite3 *handle;
    sqlite3_stmt *mode;
    assert_int_equal(sqlite3_open(path_of("foreign.db"), &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, "PRAGMA journal_mode", -1, &mode, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(mode), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(mode, 0), "delete"); // not even its journal was changed
    sqlite3_finalize(mode);
    sqlite3_close(handle);

    const char *newer = path_of("newer.db");
    assert_ok(try_open(newer, SL_DB_WRITE));
    raw(newer, "PRAGMA user_version = 1000");
    assert_error(try_open(newer, SL_DB_READ), SL_ERR_FORMAT, "newer Semiluna (schema version 1000");
    assert_error(try_open(newer, SL_DB_WRITE), SL_ERR_FORMAT, "update Semiluna");
}

static void test_damaged(void **state) {
    const char *path = path_of("damaged.db");
    sl_test_database_fill(path);
    raw(path, "PRAGMA wal_checkpoint(TRUNCATE)");
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    fseek(file, 0, SEEK_END);
    long pages = ftell(file) / 4096;
    for (long page = 1; page < pages; page++) {
        fseek(file, page * 4096, SEEK_SET);
        fwrite(junk, 1, sizeof junk, file);
    }
    fclose(file);
    sl_db *db;
    sl_db_cursor *cursor;
    bool row = true;
    sl_status status = sl_db_open(path, SL_DB_READ, &db);
    if (status == SL_OK) status = sl_db_query(db, "SELECT * FROM run", NULL, 0, &cursor);
    if (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        sl_db_cursor_close(cursor);
    }
    assert_error(status, SL_ERR_FORMAT, "damaged");
    sl_db_close(db);
}

static void test_locked(void **state) {
    const char *path = path_of("locked.db");
    sl_db *holder, *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &holder));
    assert_ok(sl_db_open_waiting(path, SL_DB_WRITE, 100, &db));
    assert_ok(sl_db_execute(holder, "BEGIN IMMEDIATE", NULL, 0));
    sl_run_info info = {.name = "x"};
    int64_t run;
    char uuid[37];
    assert_error(sl_db_run_new(db, &info, &run, uuid), SL_ERR_IO, "locked by another program (waited 0.1 s)");
    assert_ok(try_open(path, SL_DB_READ)); // a writer does not keep readers out
    assert_ok(sl_db_execute(holder, "ROLLBACK", NULL, 0));
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    sl_db_close(db);
    sl_db_close(holder);
    // A program that locks the whole file, in the older journal mode
    const char *old = path_of("old.db");
    raw(old, "CREATE TABLE t(x)");
    sqlite3 *other;
    assert_int_equal(sqlite3_open(old, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_error(sl_db_open_waiting(old, SL_DB_WRITE, 50, &db), SL_ERR_IO, "locked by another program");
    assert_error(sl_db_open_waiting(old, SL_DB_READ, 50, &db), SL_ERR_IO, "locked by another program");
    sqlite3_close(other);
}

static bool check_read_only_file(const char *path) {
    return said(try_open(path, SL_DB_WRITE), SL_ERR_IO, "read-only") && said(try_open(path, SL_DB_READ), SL_OK, "");
}

static bool check_unreadable(const char *path) {
    return said(try_open(path, SL_DB_READ), SL_ERR_IO, "cannot be read (Permission denied)");
}

static bool check_no_folder_rights(const char *path) {
    return said(try_open(path, SL_DB_WRITE), SL_ERR_IO, "no right to write to the folder");
}

static bool check_reads_four(const char *path) {
    sl_db *db;
    if (sl_db_open(path, SL_DB_READ, &db) != SL_OK) {
        fprintf(stderr, "%s\n", sl_error_message());
        return false;
    }
    bool right = sl_test_integer(db, "SELECT count(*) FROM run_summary") == 4;
    sl_db_close(db);
    return right;
}

static bool check_wal_unreachable(const char *path) {
    return said(try_open(path, SL_DB_READ), SL_ERR_IO, "copy both files to a folder");
}

static void test_read_only(void **state) {
    const char *path = path_of("mine.db");
    sl_test_database_fill(path);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    // In a folder without the right to write: the -shm file that WAL needs cannot be made.
    assert_true(as_nobody(check_read_only_file, path));
    assert_true(as_nobody(check_reads_four, path));
    assert_true(as_nobody(check_no_folder_rights, path_of("other.db")));
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(path, 0000), 0);
    assert_true(as_nobody(check_unreadable, path));
    assert_int_equal(chmod(path, 0644), 0);
    // While a writer is at work its -shm file is there.
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_execute(db, "UPDATE run SET step = step + 1", NULL, 0));
    assert_int_equal(chmod(folder, 0555), 0);
    assert_true(as_nobody(check_reads_four, path));
    // A crash left rows in the -wal alone and nobody may make the -shm: they are not passed over.
    char wal[4096 * 4];
    FILE *file = fopen(sl_test_path(folder, "mine.db-wal"), "rb");
    assert_non_null(file);
    size_t bytes = fread(wal, 1, sizeof wal, file);
    fclose(file);
    assert_true(bytes > 0);
    assert_int_equal(chmod(folder, 0755), 0);
    sl_db_close(db);
    write_file(path_of("mine.db-wal"), wal, bytes);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_true(as_nobody(check_wal_unreachable, path));
    assert_int_equal(chmod(folder, 0755), 0);
}

static bool check_name_with_marks(const char *path) {
    return check_reads_four(path);
}

static void test_immutable_name(void **state) {
    const char *path = path_of("50% of a?#b.db");
    sl_test_database_fill(path);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_true(as_nobody(check_name_with_marks, path));
    assert_int_equal(chmod(folder, 0755), 0);
}

static void test_reading_changes_nothing(void **state) {
    const char *path = path_of("read.db"), *other = path_of("attached.db");
    sl_db *db;
    sl_test_database_fill(path);
    assert_ok(sl_db_open(path, SL_DB_READ, &db));
    char attach[500], into[500];
    snprintf(attach, sizeof attach, "ATTACH '%s' AS o", other);
    snprintf(into, sizeof into, "VACUUM INTO '%s'", other);
    const char *refused[] = {"INSERT INTO tag VALUES(1, 'x')",
                             "DELETE FROM run",
                             "UPDATE run SET name = 'x'",
                             "DROP TABLE run",
                             "CREATE TABLE x(y)",
                             "CREATE TEMP TABLE x(y)",
                             "PRAGMA user_version = 7",
                             "PRAGMA query_only = 0",
                             "PRAGMA journal_mode = DELETE",
                             "PRAGMA wal_checkpoint",
                             "VACUUM",
                             "REINDEX",

                             "WITH a AS (SELECT 1) DELETE FROM run",
                             "EXPLAIN DELETE FROM run",
                             "SELECT load_extension('x')",
                             attach,
                             into};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        sl_db_cursor *cursor;
        assert_error(sl_db_query(db, refused[i], NULL, 0, &cursor), SL_ERR_ARGUMENT, "opened for reading only");
        assert_error(sl_db_execute(db, refused[i], NULL, 0), SL_ERR_ARGUMENT, "opened for reading only");
    }
    assert_int_not_equal(access(other, F_OK), 0);
    assert_error(sl_db_execute(db, "UPDATE sqlite_master SET sql = ''", NULL, 0), SL_ERR_ARGUMENT, "may not be modified");
    const char *allowed[] = {"SELECT count(*) FROM run",
                             "WITH a(x) AS (VALUES(1), (2)) SELECT count(*) FROM a",
                             "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < 3) SELECT max(x) FROM a",
                             "PRAGMA user_version",
                             "SELECT count(*) FROM pragma_table_info('run')",
                             "SELECT count(*) FROM json_each('[1, 2]')"};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) assert_true(sl_test_integer(db, allowed[i]) >= 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run"), 4);
    sl_db_close(db);
}

static void test_statements(void **state) {
    sl_db *db;
    sl_db_cursor *cursor;
    bool row;
    assert_ok(sl_db_open(path_of("values.db"), SL_DB_WRITE, &db));
    assert_ok(sl_db_execute(db, "CREATE TABLE v(a, b, c, d, e, f); -- a comment after it\n", NULL, 0));
    sl_db_value values[] = {sl_db_integer(INT64_MIN), sl_db_real(-0.1),        sl_db_text("zw\xc3\xb6lf"),
                            sl_db_blob("a\0b", 3),    sl_db_real((double)NAN), sl_db_real((double)-INFINITY)};
    assert_ok(sl_db_execute(db, "INSERT INTO v VALUES(?1, ?2, ?3, ?4, ?5, ?6)", values, 6));
    assert_ok(sl_db_query(db, "SELECT *, NULL AS none FROM v WHERE a = ?1", values, 1, &cursor));
    assert_int_equal(sl_db_cursor_columns(cursor), 7);
    assert_string_equal(sl_db_cursor_name(cursor, 6), "none");
    assert_ok(sl_db_cursor_next(cursor, &row));
    assert_true(row);
    assert_true(sl_db_cursor_value(cursor, 0).integer == INT64_MIN);
    assert_true(sl_db_cursor_value(cursor, 1).real == -0.1);
    assert_string_equal(sl_db_cursor_value(cursor, 2).text, "zw\xc3\xb6lf");
    sl_db_value blob = sl_db_cursor_value(cursor, 3);
    assert_int_equal(blob.type, SL_DB_BLOB);
    assert_int_equal(blob.bytes, 3);
    assert_memory_equal(blob.text, "a\0b", 3);
    assert_int_equal(sl_db_cursor_value(cursor, 4).type, SL_DB_NULL); // NaN
    assert_true(sl_db_cursor_value(cursor, 5).real == (double)-INFINITY);
    assert_ok(sl_db_cursor_next(cursor, &row));
    assert_false(row);
    sl_db_cursor_close(cursor);
    assert_error(sl_db_execute(db, "SELEC 1", NULL, 0), SL_ERR_ARGUMENT, "syntax error");
    assert_error(sl_db_query(db, "SELECT x FROM nowhere", NULL, 0, &cursor), SL_ERR_ARGUMENT, "no such table: nowhere");
    assert_error(sl_db_query(db, "SELECT 1; SELECT 2", NULL, 0, &cursor), SL_ERR_ARGUMENT, "one statement");
    assert_error(sl_db_query(db, "  -- nothing", NULL, 0, &cursor), SL_ERR_ARGUMENT, "empty statement");
    assert_error(sl_db_query(db, "SELECT ?2", values, 1, &cursor), SL_ERR_ARGUMENT, "2 parameters, 1 were given");
    assert_ok(sl_db_query(db, "SELECT 1 ; -- the end", NULL, 0, &cursor));
    sl_db_cursor_close(cursor);
    assert_error(sl_db_execute(db, "INSERT INTO tag VALUES(99, 'x')", NULL, 0), SL_ERR_DATA, "FOREIGN KEY");
    sl_db_close(db);
}

// A disk that fills up: a limit on the size of files of this process (the child's).
static bool check_full(const char *path) {
    struct rlimit limit = {300000, 300000};
    sl_db *db;
    signal(SIGXFSZ, SIG_IGN);
    if (sl_db_open(path, SL_DB_WRITE, &db) != SL_OK || setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    sl_status status = SL_OK;
    char *text = calloc(1, 5000);
    if (!text) return false;
    memset(text, 'x', 4999);
    int rows = 0;
    for (; rows < 1000 && status == SL_OK; rows++) {
        sl_run_info info = {.name = "x", .script_text = text};
        int64_t run;
        char uuid[37];
        status = sl_db_run_new(db, &info, &run, uuid);
    }
    free(text);
    bool right = said(status, SL_ERR_IO, "the disk is full (File too large)") && rows < 1000;
    // What was committed before is whole.
    right = right && sl_test_integer(db, "SELECT count(*) FROM run") == rows - 1 &&
            sl_test_integer(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1;
    sl_db_close(db);
    return right;
}

static void test_full_disk(void **state) {
    assert_int_equal(chmod(folder, 0777), 0);
    assert_true(as_nobody(check_full, path_of("limited.db")));
    // The result code of a full disk proper
    sl_db *db;
    sl_status status = SL_OK;
    assert_ok(sl_db_open(path_of("full.db"), SL_DB_WRITE, &db));
    assert_ok(sl_db_execute(db, "PRAGMA max_page_count = 60", NULL, 0));
    for (int i = 0; i < 100000 && status == SL_OK; i++) {
        sl_run_info info = {.name = "x"};
        int64_t run;
        char uuid[37];
        status = sl_db_run_new(db, &info, &run, uuid);
    }
    assert_error(status, SL_ERR_IO, "disk is full");
    assert_error(status, SL_ERR_IO, "full.db");
    sl_db_close(db);
}

static int make_folder(void **state) {
    folder = sl_test_folder();
    return 0;
}

static int remove_folder(void **state) {
    chmod(folder, 0755);
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_new_file),   TEST(test_open_errors), TEST(test_foreign_and_newer), TEST(test_damaged),
        TEST(test_locked),     TEST(test_read_only),   TEST(test_immutable_name),    TEST(test_reading_changes_nothing),
        TEST(test_statements), TEST(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
