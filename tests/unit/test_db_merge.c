// Copying runs between files: every table comes along, order and repetition make no difference, newer copies replace older ones,
// older schemas are read, and a damaged or foreign file changes nothing.
#include "core/base/text.h"
#include "db/db_impl.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;

static sl_db *open_new(const char *name) {
    sl_db *db;
    assert_ok(sl_db_open(sl_test_path(folder, name), SL_DB_WRITE, &db));
    return db;
}

// Rows in every table that belongs to a run; with numbers of their own, so that ids differ between files.
static void fill(const char *name, int salt) {
    const char *path = sl_test_path(folder, name);
    sl_db *db;
    sl_db_value key = sl_db_integer(salt);
    char sql[300];
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    for (int i = 0; i < salt; i++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO experiment(name, created) VALUES('other %d', %d); INSERT INTO metric_name(name) VALUES('m%d')", i,
                 100 + salt, salt - i);
        assert_ok(sl_db_execute(db, sql, NULL, 0));
    }
    sl_db_close(db);
    sl_test_database_fill(path);
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_execute(db,
                            "INSERT INTO cell SELECT id, 'hash' || ?1 || id, 'o', 's', 'l', NULL, NULL FROM run;"
                            "INSERT INTO curve SELECT id, 'method.threshold', 0, 0.2 FROM run;"
                            "INSERT INTO split VALUES('common', 'a b c'), ('own' || ?1, 'd e f');"
                            "INSERT INTO run_split SELECT id, 'train', 3, 'common' FROM run; INSERT INTO run_split SELECT id, "
                            "'val', 3, 'own' || ?1 FROM run;"
                            "INSERT INTO environment SELECT id, 'CAMVID', '/data' FROM run;"
                            "INSERT INTO confidence SELECT id, 'val', 10, 1, 0, 99, 1234567890123 FROM run;"
                            "INSERT INTO sample SELECT id, 'val', 'a', 'prediction', 10, 5, 4, 3, x'89504e4700ff' FROM run;"
                            "INSERT INTO fork SELECT 'prefix', id, 10, 'runs/' || uuid FROM run WHERE id = 1;"
                            "INSERT INTO fork SELECT 'own' || ?1, id, 10, 'runs/' || uuid FROM run WHERE id = 3;"
                            "INSERT INTO command(run, time, name) VALUES(1, 5, 'stop');"
                            "INSERT INTO claim VALUES('hash', 1, 'h', 1, 1, 0, 0)",
                            &key, 1));
    sl_db_close(db);
}

static void append_rows(sl_db *db, const char *sql, sl_text *out) {
    sl_db_cursor *cursor;
    bool row;
    assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
    for (;;) {
        assert_ok(sl_db_cursor_next(cursor, &row));
        if (!row) break;
        for (int i = 0; i < sl_db_cursor_columns(cursor); i++) {
            sl_db_value value = sl_db_cursor_value(cursor, i);
            if (value.type == SL_DB_INTEGER) assert_ok(sl_text_append(out, "|%lld", (long long)value.integer));
            if (value.type == SL_DB_REAL) assert_ok(sl_text_append(out, "|%.17g", value.real));
            if (value.type == SL_DB_TEXT) assert_ok(sl_text_append(out, "|%s", value.text));
            if (value.type == SL_DB_BLOB) assert_ok(sl_text_append(out, "|"));
            for (size_t k = 0; value.type == SL_DB_BLOB && k < value.bytes; k++)
                assert_ok(sl_text_append(out, "%02x", (unsigned char)value.text[k]));
            if (value.type == SL_DB_NULL) assert_ok(sl_text_append(out, "|-"));
        }
        assert_ok(sl_text_append(out, "\n"));
    }
    sl_db_cursor_close(cursor);
}

// All that is recorded of runs in a text that does not depend on the file's own numbers. *tables counts the tables with rows.
static char *contents(const char *name, int *tables) {
    sl_db *db;
    sl_db_cursor *cursor;
    bool row;
    sl_text text = {0};
    assert_ok(sl_db_open(sl_test_path(folder, name), SL_DB_READ, &db));
    append_rows(db, "SELECT name, created FROM experiment e WHERE EXISTS (SELECT 1 FROM run WHERE experiment = e.id) ORDER BY 1",
                &text);
    append_rows(db, "SELECT * FROM split ORDER BY 1", &text);
    append_rows(
        db,
        "SELECT r.uuid, m.name, m.step, m.value, m.time FROM metric m JOIN run r ON r.id = m.run ORDER BY r.uuid, m.name, m.step",
        &text);
    assert_ok(sl_db_query(db,
                          "SELECT m.name, group_concat(quote(c.name), ', ') FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                          " WHERE m.type = 'table' AND c.name NOT IN ('id', 'run', 'experiment')"
                          " AND (m.name = 'run' OR EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'run'))"
                          " AND m.name NOT IN ('metric_value', 'claim', 'removed') GROUP BY m.name",
                          NULL, 0, &cursor));
    *tables = 0;
    for (;;) {
        assert_ok(sl_db_cursor_next(cursor, &row));
        if (!row) break;
        char sql[2000], columns[600];
        size_t before = text.length;
        const char *table = sl_db_cursor_value(cursor, 0).text;
        snprintf(columns, sizeof columns, "%s", sl_db_cursor_value(cursor, 1).text);
        for (char *p = columns; *p; p++)
            if (*p == '\'') *p = '"';
        assert_ok(sl_text_append(&text, "%s\n", table));
        if (strcmp(table, "run") == 0)
            snprintf(sql, sizeof sql, "SELECT %s, (SELECT name FROM experiment WHERE id = experiment) FROM run ORDER BY uuid",
                     columns);
        else
            snprintf(sql, sizeof sql, "SELECT (SELECT uuid FROM run WHERE id = t.run) AS u, %s FROM \"%s\" t ORDER BY u, %s",
                     columns, table, columns);
        append_rows(db, sql, &text);
        if (text.length > before + strlen(table) + 1) ++*tables;
    }
    sl_db_cursor_close(cursor);
    sl_db_close(db);
    return text.data;
}

static void merge(const char *into, const char *const *names, size_t count, int64_t added, int64_t replaced, int64_t kept) {
    sl_db *db = open_new(into);
    sl_db_copied sum = {0};
    for (size_t i = 0; i < count; i++) {
        sl_db_copied one;
        assert_ok(sl_db_copy_runs(db, sl_test_path(folder, names[i]), NULL, 0, &one));
        sum.added += one.added;
        sum.replaced += one.replaced;
        sum.kept += one.kept;
    }
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    sl_db_close(db);
    assert_int_equal(sum.added, added);
    assert_int_equal(sum.replaced, replaced);
    assert_int_equal(sum.kept, kept);
}

static void assert_same(const char *a, const char *b) {
    int tables;
    char *one = contents(a, &tables), *other = contents(b, &tables);
    assert_true(tables >= 15);
    if (strcmp(one, other) != 0) {
        size_t at = 0;
        while (one[at] == other[at]) at++;
        fail_msg("%s and %s differ from byte %zu on:\n%.200s\nagainst\n%.200s", a, b, at, one + at, other + at);
    }
    free(one);
    free(other);
}

static void execute(const char *name, const char *sql) {
    sl_db *db = open_new(name);
    assert_ok(sl_db_execute(db, sql, NULL, 0));
    sl_db_close(db);
}

static int64_t ask(const char *name, const char *sql) {
    sl_db *db;
    assert_ok(sl_db_open(sl_test_path(folder, name), SL_DB_READ, &db));
    int64_t value = sl_test_integer(db, sql);
    sl_db_close(db);
    return value;
}

static void test_one(void **state) {
    fill("a.db", 3);
    execute("a.db", "DELETE FROM split WHERE sha256 NOT IN (SELECT sha256 FROM run_split)");
    merge("copy.db", (const char *[]){"a.db"}, 1, 4, 0, 0);
    assert_same("a.db", "copy.db");
    assert_int_equal(ask("copy.db", "SELECT count(*) FROM claim"), 0); // a claim is of a process of its own machine
    int tables;
    char *text = contents("copy.db", &tables);
    print_message("%d tables of runs, %zu bytes of text: the copy is equal\n", tables, strlen(text));
    free(text);
}

// Every table with a column `run` is copied, or left out for a reason.
static void test_no_table_is_forgotten(void **state) {
    fill("a.db", 1);
    merge("copy.db", (const char *[]){"a.db"}, 1, 4, 0, 0);
    sl_db *db = open_new("copy.db");
    sl_db_cursor *cursor;
    bool row;
    int tables = 0;
    assert_ok(sl_db_query(db,
                          "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND"
                          " c.name = 'run' AND m.name NOT IN ('claim', 'removed')",
                          NULL, 0, &cursor));
    for (; sl_db_cursor_next(cursor, &row) == SL_OK && row; tables++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", sl_db_cursor_value(cursor, 0).text);
        if (sl_test_integer(db, sql) == 0) fail_msg("%s was not copied", sl_db_cursor_value(cursor, 0).text);
    }
    sl_db_cursor_close(cursor);
    sl_db_close(db);
    assert_true(tables >= 15);
}

static void copy_file(const char *from, const char *to) {
    char command[600];
    snprintf(command, sizeof command, "cp '%s' '%s'", sl_test_path(folder, from), sl_test_path(folder, to));
    assert_int_equal(system(command), 0);
}

static void test_any_order(void **state) {
    static const char *const names[] = {"a.db", "b.db", "c.db", "a2.db"};
    fill("a.db", 1);
    fill("b.db", 4);
    fill("c.db", 2);
    // A later copy of the runs of a.db: one has gone on, one was resumed from an earlier step, one got a tag and a note only.
    copy_file("a.db", "a2.db");
    execute("a2.db", "UPDATE run SET heartbeat = heartbeat + 50, step = 120, state = 'done' WHERE id = 3;"
                     "INSERT INTO metric_value SELECT 3, id, 120, 0.5, 0 FROM metric_name WHERE name = 'seg';"
                     "UPDATE run SET resumes = 1, step = 100 WHERE id = 1; DELETE FROM metric_value WHERE run = 1 AND step > 100;"
                     "DELETE FROM class_iou WHERE run = 1 AND step > 100;"
                     "INSERT INTO tag VALUES(2, 'odd'), (1, 'second'); INSERT INTO note(run, time, text) VALUES(2, 7, 'look')");
    execute("a.db", "INSERT INTO tag VALUES(2, 'first')");
    static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}, {1, 0, 3, 2}};
    static const int replaced[] = {2, 0, 0, 2};
    for (int i = 0; i < 4; i++) {
        char into[40];
        const char *order[4];
        snprintf(into, sizeof into, "order%d.db", i);
        for (int j = 0; j < 4; j++) order[j] = names[orders[i][j]];
        merge(into, order, 4, 12, replaced[i], 4 - replaced[i]);
        assert_same("order0.db", into);
        merge(into, order, 4, 0, 0, 16); // a second time
        assert_same("order0.db", into);
    }
    assert_int_equal(ask("order0.db", "SELECT count(*) FROM run"), 12);
    assert_int_equal(ask("order0.db", "SELECT count(*) FROM fork WHERE prefix = 'prefix'"), 1);
    assert_int_equal(ask("order0.db", "SELECT count(*) FROM tag WHERE tag IN ('odd', 'first', 'second')"), 3);
    assert_int_equal(ask("order0.db", "SELECT count(*) FROM note"), 4); // one each, and 'look', none twice
    assert_int_equal(ask("order0.db", "SELECT count(*) FROM run WHERE state = 'done' AND step = 120"), 1);
    print_message("3 files and a later copy of one, merged in 4 orders, twice each: the same\n");
}

static void test_some(void **state) {
    fill("a.db", 1);
    sl_db *db = open_new("a.db"), *to = open_new("to.db");
    char uuid[2][40];
    for (int i = 0; i < 2; i++) {
        sl_db_cursor *cursor;
        bool row;
        sl_db_value id = sl_db_integer(2 + i);
        assert_ok(sl_db_query(db, "SELECT uuid FROM run WHERE id = ?1", &id, 1, &cursor));
        assert_ok(sl_db_cursor_next(cursor, &row));
        snprintf(uuid[i], sizeof uuid[i], "%s", sl_db_cursor_value(cursor, 0).text);
        sl_db_cursor_close(cursor);
    }
    const char *both[] = {uuid[0], uuid[1]}, *wrong[] = {uuid[0], "no-such-run"};
    sl_db_copied copied;
    assert_error(sl_db_copy_runs(to, sl_test_path(folder, "a.db"), wrong, 2, &copied), SL_ERR_ARGUMENT,
                 "there is no run no-such-run");
    assert_int_equal(copied.added, 0);
    assert_int_equal(sl_test_integer(to, "SELECT count(*) FROM run"), 0);
    assert_ok(sl_db_copy_runs(to, sl_test_path(folder, "a.db"), both, 2, &copied));
    assert_int_equal(copied.added, 2);
    assert_int_equal(sl_test_integer(to, "SELECT count(*) FROM run"), 2);
    assert_ok(sl_db_copy_runs(to, sl_test_path(folder, "a.db"), both, 0, &copied)); // none
    assert_int_equal(copied.added + copied.kept, 0);
    assert_error(sl_db_copy_runs(db, sl_test_path(folder, "a.db"), NULL, 0, &copied), SL_ERR_ARGUMENT, "is the one to copy");
    // What lies in the source's bin stays there; what lies in this file's bin stays in it.
    assert_ok(sl_db_execute(db, "INSERT INTO removed VALUES(1, 0)", NULL, 0));
    assert_ok(sl_db_execute(to, "INSERT INTO removed SELECT id, 0 FROM run ORDER BY id LIMIT 1", NULL, 0));
    assert_ok(sl_db_copy_runs(to, sl_test_path(folder, "a.db"), NULL, 0, &copied));
    assert_int_equal(copied.added, 1);
    assert_int_equal(sl_test_integer(to, "SELECT count(*) FROM run"), 3);
    assert_int_equal(sl_test_integer(to, "SELECT count(*) FROM removed"), 1);
    sl_db_close(db);
    sl_db_close(to);
}

static void raw(const char *path, const char *sql) {
    sqlite3 *handle;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%.60s...: %s", sql, message);
    sqlite3_close(handle);
}

static int64_t size_of(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
}

static void test_older_schema(void **state) {
    const char *old = sl_test_path(folder, "old.db");
    raw(old, sl_db_schema_current.steps[0]);
    raw(old, "PRAGMA application_id = 1397511502; PRAGMA user_version = 1;"
             "INSERT INTO experiment VALUES(7, 'old', 3);"
             "INSERT INTO run(id, uuid, experiment, name, state, start_time, session_time, heartbeat, step)"
             " VALUES(5, '00000000-0000-4000-8000-000000000005', 7, 'old', 'done', 10, 10, 20, 7);"
             "INSERT INTO metric_name VALUES(3, 'seg'); INSERT INTO metric_value VALUES(5, 3, 7, 0.5, 20);"
             "INSERT INTO tag VALUES(5, 'paper')");
    int64_t before = size_of(old);
    merge("to.db", (const char *[]){"old.db"}, 1, 1, 0, 0);
    assert_int_equal(ask("to.db", "SELECT count(*) FROM metric m JOIN run_summary r ON r.id = m.run WHERE r.experiment = 'old'"
                                  " AND m.name = 'seg' AND m.step = 7 AND m.value = 0.5"),
                     1);
    assert_int_equal(ask("to.db", "SELECT count(*) FROM tag"), 1);
    assert_int_equal(size_of(old), before);
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(old, &handle), SQLITE_OK);
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 1);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
}

static void test_bad_files(void **state) {
    fill("a.db", 1);
    merge("to.db", (const char *[]){"a.db"}, 1, 4, 0, 0);
    sl_db *to = open_new("to.db");
    sl_db_copied copied;
    const char *text = sl_test_path(folder, "text.db"), *foreign = sl_test_path(folder, "foreign.db");
    FILE *file = fopen(text, "w");
    for (int i = 0; i < 200; i++) fputs("no database at all\n", file);
    fclose(file);
    assert_error(sl_db_copy_runs(to, text, NULL, 0, &copied), SL_ERR_FORMAT, "text.db: not an SQLite database");
    raw(foreign, "CREATE TABLE t(x)");
    assert_error(sl_db_copy_runs(to, foreign, NULL, 0, &copied), SL_ERR_FORMAT, "foreign.db: an SQLite database, but not");
    assert_error(sl_db_copy_runs(to, sl_test_path(folder, "none.db"), NULL, 0, &copied), SL_ERR_IO, "none.db");
    // One that was made, and nothing written yet
    file = fopen(sl_test_path(folder, "empty.db"), "w");
    fclose(file);
    assert_ok(sl_db_copy_runs(to, sl_test_path(folder, "empty.db"), NULL, 0, &copied));
    assert_int_equal(copied.added, 0);
    assert_int_equal(sl_test_integer(to, "SELECT count(*) FROM run"), 4);
    sl_db_close(to);
    // Damaged: pages overwritten here and there. Whatever happens, it is all of the file or nothing of it.
    fill("b.db", 2);
    raw(sl_test_path(folder, "b.db"), "PRAGMA wal_checkpoint(TRUNCATE)");
    int64_t size = size_of(sl_test_path(folder, "b.db"));
    int damaged = 0, whole = 0;
    for (int64_t at = 4096; at < size; at += 3 * 4096) {
        copy_file("b.db", "damaged.db");
        file = fopen(sl_test_path(folder, "damaged.db"), "r+");
        fseek(file, (long)at, SEEK_SET);
        for (int i = 0; i < 2048; i++) fputc(i * 37 & 0xff, file);
        fclose(file);
        char name[40];
        snprintf(name, sizeof name, "target%d.db", damaged + whole);
        sl_db *target = open_new(name);
        sl_status status = sl_db_copy_runs(target, sl_test_path(folder, "damaged.db"), NULL, 0, &copied);
        if (status != SL_OK) {
            assert_non_null(strstr(sl_error_message(), "damaged.db"));
            assert_int_equal(sl_test_integer(target, "SELECT count(*) FROM run"), 0);
            assert_int_equal(sl_test_integer(target, "SELECT count(*) FROM metric_value"), 0);
        }
        sl_db_close(target);
        if (status == SL_OK) assert_same("b.db", name); // an index of the source, or a table that is not copied
        *(status == SL_OK ? &whole : &damaged) += 1;
    }
    assert_true(damaged > whole);
    print_message("%d damaged pages told, naming the file and leaving the target empty; %d not needed: all was copied\n", damaged,
                  whole);
}

static int begin(void **state) {
    folder = sl_test_folder();
    return 0;
}

static int end(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_one),  TEST(test_no_table_is_forgotten), TEST(test_any_order),
                                       TEST(test_some), TEST(test_older_schema),          TEST(test_bad_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
