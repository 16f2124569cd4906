// The views over evaluations and removed runs, against values worked out by hand and by the core's own metrics.
#include "core/base/random.h"
#include "core/metrics/confusion.h"
#include "db/db_impl.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *folder, *path;
static sl_db *db;

static double real_of(const char *sql) {
    sl_db_cursor *cursor;
    bool row;
    assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
    assert_ok(sl_db_cursor_next(cursor, &row));
    assert_true(row);
    sl_db_value value = sl_db_cursor_value(cursor, 0);
    sl_db_cursor_close(cursor);
    return value.type == SL_DB_REAL ? value.real : value.type == SL_DB_INTEGER ? (double)value.integer : (double)NAN;
}

static void assert_near(const char *sql, double expected) {
    double value = real_of(sql);
    if (!(fabs(value - expected) <= 1e-12)) fail_msg("%s: %.17g, expected %.17g", sql, value, expected);
}

static int64_t new_run(const char *name) {
    sl_run_info info = {.experiment = "views", .name = name, .steps = 100};
    int64_t run;
    char uuid[37];
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    return run;
}

static void evaluate(int64_t run, int64_t step, const char *split, const sl_confusion *confusion) {
    sl_writer *writer;
    char name[20];
    assert_ok(sl_writer_open(path, &writer));
    for (int i = 0; i < confusion->classes; i++) {
        snprintf(name, sizeof name, "class %d", i);
        assert_ok(sl_writer_class_iou(writer, run, step, split, i, name, sl_confusion_iou(confusion, i)));
    }
    assert_ok(sl_writer_confusion(writer, run, step, split, confusion->classes, confusion->counts));
    assert_ok(sl_writer_close(writer));
}

static void test_by_hand(void **state) {
    // Rows are the truth. Class 2 is there and never hit, class 3 is predicted by mistake alone, class 4 does not occur at all.
    int64_t counts[25] = {6, 1, 0, 1, 0, /**/ 2, 4, 0, 0, 0, /**/ 1, 3, 0, 0, 0, /**/ 0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 0};
    sl_confusion confusion = {.classes = 5, .counts = counts};
    int64_t run = new_run("hand"), other = new_run("other");
    evaluate(run, 10, "val", &confusion);
    counts[0] = 60;
    evaluate(run, 20, "val", &confusion);
    evaluate(run, 10, "test", &confusion);
    evaluate(other, 10, "val", &confusion);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_counts WHERE run = 1 AND split = 'val' AND step = 10"), 5);
    static const int expected[5][3] = {{8, 9, 6}, {6, 8, 4}, {4, 0, 0}, {0, 1, 0}, {0, 0, 0}};
    for (int i = 0; i < 5; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM class_counts WHERE run = 1 AND split = 'val' AND step = 10 AND class_index = %d"
                 " AND class_name = 'class %d' AND truth = %d AND predicted = %d AND hit = %d",
                 i, i, expected[i][0], expected[i][1], expected[i][2]);
        if (sl_test_integer(db, sql) != 1) fail_msg("class %d: %s", i, sql);
    }
    double a = 6.0 / 11, b = 4.0 / 10;
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM convention"), 4);
#define OF_FIRST " FROM convention WHERE run = 1 AND split = 'val' AND step = 10"
    assert_near("SELECT standard" OF_FIRST, (a + b + 0 + 0) / 4);
    assert_near("SELECT authors" OF_FIRST, (a + b) / 2);
    assert_near("SELECT absent_zero" OF_FIRST, (a + b) / 5);
    assert_near("SELECT absent_zero FROM convention WHERE run = 2", (60.0 / 65 + b) / 5);
    // Joined, and without a confusion matrix
    assert_near("SELECT c.standard FROM run_summary r JOIN convention c ON c.run = r.id AND c.split = r.split AND c.step = "
                "r.miou_step WHERE r.name = 'hand'",
                (60.0 / 65 + b) / 4);
    assert_ok(sl_db_execute(db, "DELETE FROM confusion WHERE run = 2", NULL, 0));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM convention WHERE run = 2 AND standard IS NULL AND authors IS NULL"
                                         " AND absent_zero IS NULL"),
                     1);
}

static void test_against_metrics(void **state) {
    enum { RUNS = 12, CLASSES = 9 };
    sl_random random = sl_random_at(5, 0, 0);
    for (int i = 0; i < RUNS; i++) {
        int64_t counts[CLASSES * CLASSES] = {0};
        sl_confusion confusion = {.classes = CLASSES, .counts = counts};
        // Sparse, so that there are classes without a hit, and absent ones.
        for (int j = 0; j < 3 * i; j++)
            counts[sl_random_below(&random, CLASSES * CLASSES)] += (int64_t)sl_random_below(&random, 1000);
        int64_t run = new_run("random");
        evaluate(run, i, "val", &confusion);
        static const char *const names[] = {"standard", "authors", "absent_zero"};
        for (int j = 0; j < 3; j++) {
            char sql[200];
            double expected = sl_confusion_mean_iou(&confusion, (sl_iou_convention)j);
            snprintf(sql, sizeof sql, "SELECT %s FROM convention WHERE run = %lld", names[j], (long long)run);
            double value = real_of(sql);
            bool both_empty = isnan(value) && (isnan(expected) || i == 0);
            if (!both_empty && !(fabs(value - expected) <= 1e-12)) fail_msg("%s: %.17g, expected %.17g", sql, value, expected);
        }
    }
    print_message("%d random confusion matrices of %d classes, three conventions each\n", RUNS, CLASSES);
}

static void test_removed(void **state) {
    int64_t first = new_run("kept"), second = new_run("binned"), run;
    assert_ok(sl_db_run_remove(db, second));
    assert_ok(sl_db_run_remove(db, second)); // it lies there already
    assert_error(sl_db_run_remove(db, 77), SL_ERR_ARGUMENT, "there is no run 77");
    assert_error(sl_db_run_purge(db, first), SL_ERR_ARGUMENT, "is not in the bin");
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT id FROM run_summary"), first);
    assert_ok(sl_db_run_find(db, "latest", &run));
    assert_int_equal(run, first);
    assert_error(sl_db_run_find(db, "binned", &run), SL_ERR_ARGUMENT, "there is no run \"binned\"");
    assert_error(sl_db_run_find(db, "2", &run), SL_ERR_ARGUMENT, "run 2 is in the bin: `semiluna rm --restore 2`");
    assert_ok(sl_db_run_find_removed(db, "2", &run));
    assert_int_equal(run, second);
    assert_ok(sl_db_run_find_removed(db, "binned", &run));
    assert_int_equal(run, second);
    assert_error(sl_db_run_find_removed(db, "1", &run), SL_ERR_ARGUMENT, "run 1 is not in the bin");
    assert_error(sl_db_run_find_removed(db, "kept", &run), SL_ERR_ARGUMENT, "no run \"kept\" in the bin");
    assert_ok(sl_db_run_restore(db, second));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary"), 2);
    // Purged for good, with what it alone referred to.
    assert_ok(
        sl_db_execute(db,
                      "INSERT INTO experiment(name, created) VALUES('alone', 0); UPDATE run SET experiment = 2 WHERE id = 2;"
                      "INSERT INTO split VALUES('a', 'x'), ('b', 'y'); INSERT INTO run_split VALUES(1, 'train', 1, 'a'),"
                      " (2, 'train', 1, 'a'), (2, 'val', 1, 'b')",
                      NULL, 0));
    assert_ok(sl_db_run_remove(db, second));
    assert_ok(sl_db_run_purge(db, second));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM purged"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM split"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM experiment"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_split"), 1);
}

// What was asked for comes by look-ups, however many runs there are.
static void test_plans(void **state) {
    static const char *const queries[] = {
        "SELECT * FROM convention WHERE run = 1",
        ("SELECT c.standard FROM run_summary r JOIN convention c ON c.run = r.id AND c.split = r.split AND c.step = r.miou_step"
         " WHERE r.id = 1"),
        "SELECT * FROM class_counts WHERE run = 1 AND split = 'val' AND step = 10",
        "SELECT * FROM final_metric WHERE run = 1",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        char sql[500];
        sl_db_cursor *cursor;
        bool row;
        int steps = 0;
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", queries[i]);
        assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
        for (;;) {
            assert_ok(sl_db_cursor_next(cursor, &row));
            if (!row) break;
            const char *detail = sl_db_cursor_value(cursor, 3).text;
            steps++;
            // metric_name has a row for each name that there is, not for each run.
            if (strncmp(detail, "SCAN ", 5) == 0 && !strstr(detail, "SCAN n") && !strstr(detail, "SCAN (") &&
                !strstr(detail, "SCAN CONSTANT"))
                fail_msg("%s: %s", queries[i], detail);
            if (strstr(detail, "AUTOMATIC")) fail_msg("%s: %s", queries[i], detail);
        }
        sl_db_cursor_close(cursor);
        assert_true(steps > 0);
    }
    print_message("%zu query plans without a scan of a table that grows\n", sizeof queries / sizeof *queries);
}

static int begin(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "views.db");
    return sl_db_open(path, SL_DB_WRITE, &db) == SL_OK ? 0 : -1;
}

static int end(void **state) {
    sl_db_close(db);
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_by_hand), TEST(test_against_metrics), TEST(test_removed), TEST(test_plans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
