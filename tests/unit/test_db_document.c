// Runs every ```sql block of docs/database.md on a database with runs in it, and holds its tables against the real ones.
#include "core/base/text.h"
#include "db/db_impl.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <stdio.h>
#include <string.h>

static sl_text document;

// What an ablation adds to the runs.
static void add_cells(const char *path) {
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_execute(
        db,
        "INSERT INTO cell SELECT id, 'hash' || id, 'o', 's', 'l', NULL, NULL FROM run;"
        "UPDATE cell SET parent = (SELECT uuid FROM run WHERE id = 1), fork_step = 10 WHERE run = 3;"
        "INSERT INTO claim VALUES('hash3', 3, 'testhost', 1, 1, 0, 0);"
        "INSERT INTO curve VALUES(1, 'optimizer.lr', 0, 0.001), (1, 'optimizer.lr', 300, 0);"
        "INSERT INTO metric_name(name) VALUES('option.optimizer.lr');"
        "INSERT INTO metric_value SELECT 1, id, 1, 0.001, 0 FROM metric_name WHERE name = 'option.optimizer.lr';"
        "INSERT INTO split VALUES('abc', 'a b c'); INSERT INTO run_split SELECT id, 'train', 1, 'abc' FROM run;"
        "INSERT INTO environment VALUES(1, 'CAMVID', '/a'), (3, 'CAMVID', '/b'), (1, 'SAME', 'x'), (3, 'SAME', 'x');"
        "INSERT INTO confidence VALUES(1, 'val', 100, 0, 1, 99, 1000), (1, 'val', 300, 0, 1, 80, 600), (1, 'val', 300, 0, 0, 30, "
        "100),"
        " (1, 'val', 300, 1, 0, 5, 300);",
        NULL, 0));
    sl_db_close(db);
}

static void test_queries(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "document.db");
    sl_test_database_fill(path);
    sl_db *db;
    add_cells(path);
    assert_ok(sl_db_open(path, SL_DB_READ, &db));
    int queries = 0;
    static const char open[] = "\n```sql\n", close[] = "\n```\n";
    for (const char *at = document.data; (at = strstr(at, open));) {
        const char *begin = at + strlen(open), *end = strstr(begin, close);
        assert_non_null(end);
        char sql[3000];
        assert_true((size_t)(end - begin) < sizeof sql);
        snprintf(sql, sizeof sql, "%.*s", (int)(end - begin), begin);
        sl_db_cursor *cursor;
        bool row;
        int rows = 0, numbers = 0;
        assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
        for (;;) {
            assert_ok(sl_db_cursor_next(cursor, &row));
            if (!row) break;
            rows++;
            for (int i = 0; i < sl_db_cursor_columns(cursor); i++) numbers += sl_db_cursor_value(cursor, i).type != SL_DB_NULL;
        }
        sl_db_cursor_close(cursor);
        queries++;
        print_message("query %2d: %d rows: %.60s...\n", queries, rows, sql);
        if (rows == 0 || numbers < 2 * rows) fail_msg("query %d gives nothing to look at:\n%s", queries, sql);
        at = end;
    }
    assert_true(queries >= 10);
    sl_db_close(db);
    sl_test_folder_remove(folder);
}

// Every table, view and column is named in the document as `name`.
static void test_names(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "names.db");
    sl_db *db;
    sl_db_cursor *cursor;
    bool row;
    int names = 0, missing = 0;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(
        sl_db_query(db,
                    "SELECT DISTINCT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' UNION"
                    " SELECT c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.name NOT LIKE 'sqlite%'",
                    NULL, 0, &cursor));
    for (;;) {
        assert_ok(sl_db_cursor_next(cursor, &row));
        if (!row) break;
        char quoted[100];
        snprintf(quoted, sizeof quoted, "`%s`", sl_db_cursor_value(cursor, 0).text);
        names++;
        if (strstr(document.data, quoted)) continue;
        print_message("docs/database.md does not describe %s\n", quoted);
        missing++;
    }
    sl_db_cursor_close(cursor);
    sl_db_close(db);
    sl_test_folder_remove(folder);
    print_message("%d names of tables, views and columns looked up in docs/database.md\n", names);
    assert_true(names > 60);
    assert_int_equal(missing, 0);
}

int main(void) {
    if (sl_text_read_file(SL_SOURCE_DIR "/docs/database.md", &document) != SL_OK) {
        fprintf(stderr, "%s\n", sl_error_message());
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_queries), cmocka_unit_test(test_names)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    sl_text_free(&document);
    return failures;
}
