// Runs: their life, how they are named, what a resumed one loses, the views over them, commands, and the plans of the listings.
#include "db/db_impl.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder, *path;
static sl_db *db;

static double real_of(const char *sql) {
    sl_db_cursor *cursor;
    bool row;
    assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
    assert_ok(sl_db_cursor_next(cursor, &row));
    sl_db_value value = row ? sl_db_cursor_value(cursor, 0) : sl_db_null();
    sl_db_cursor_close(cursor);
    return value.type == SL_DB_REAL ? value.real : value.type == SL_DB_INTEGER ? (double)value.integer : (double)NAN;
}

static void text_of(const char *sql, char *out, size_t size) {
    sl_db_cursor *cursor;
    bool row;
    assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
    assert_ok(sl_db_cursor_next(cursor, &row));
    sl_db_value value = row ? sl_db_cursor_value(cursor, 0) : sl_db_null();
    snprintf(out, size, "%s", value.type == SL_DB_TEXT ? value.text : "(none)");
    sl_db_cursor_close(cursor);
}

static void assert_text(const char *sql, const char *expected) {
    char text[2000];
    text_of(sql, text, sizeof text);
    assert_string_equal(text, expected);
}

static void assert_real(const char *sql, double expected) {
    double value = real_of(sql);
    if (!(fabs(value - expected) <= 1e-12)) fail_msg("%s: %.17g, expected %.17g", sql, value, expected);
}

static void test_new_run(void **state) {
    int64_t run, again;
    char uuid[37], other[37];
    sl_run_info info = {.experiment = "e", .name = "n", .script_text = "abc", .seed = -5, .git_dirty = -1};
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    assert_ok(sl_db_run_new(db, &info, &again, other));
    assert_int_not_equal(run, again);
    assert_string_not_equal(uuid, other);
    assert_int_equal(strlen(uuid), 36);
    assert_int_equal(uuid[14], '4'); // version 4
    assert_non_null(strchr("89ab", uuid[19]));
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT script_hash FROM run WHERE id = %lld", (long long)run);
    assert_text(sql, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // the standard's own example
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM run WHERE id = %lld AND uuid = '%s' AND state = 'running' AND seed = -5"
             " AND git_dirty IS NULL AND steps IS NULL AND method IS NULL AND pid IS NULL",
             (long long)run, uuid);
    assert_int_equal(sl_test_integer(db, sql), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM experiment WHERE name = 'e'"), 1);
    // A name for what has none
    sl_run_info bare = {0};
    assert_ok(sl_db_run_new(db, &bare, &run, uuid));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run_summary WHERE name = 'unnamed' AND experiment = 'unnamed'"),
                     1);

    assert_ok(sl_db_run_param(db, run, "a", "number", "1"));
    assert_ok(sl_db_run_param(db, run, "a", "number", "2"));
    assert_text("SELECT value FROM param WHERE name = 'a'", "2");
    assert_error(sl_db_run_param(db, 999999, "a", "number", "1"), SL_ERR_DATA, "FOREIGN KEY");
    assert_error(sl_db_run_finish(db, run, "asleep", 1, NULL), SL_ERR_DATA, "CHECK");
    assert_error(sl_db_run_finish(db, 999999, "done", 1, NULL), SL_ERR_ARGUMENT, "there is no run 999999");
    // All inside a transaction of the caller, which is then given up.
    int64_t runs = sl_test_integer(db, "SELECT count(*) FROM run");
    assert_ok(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    assert_ok(sl_db_run_finish(db, run, "done", 1, NULL));
    assert_ok(sl_db_execute(db, "ROLLBACK", NULL, 0));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run"), runs);
}

static void test_views(void **state) {
    sl_test_database_fill(path);
    assert_text("SELECT group_concat(state) FROM (SELECT state FROM run_summary ORDER BY id)", "done,diverged,running,dead");
    // Means of IoU over classes: the standard one counts a class never hit as 0, the authors' leaves it out; both leave out
    // absent ones.
    assert_real("SELECT miou FROM run_summary WHERE id = 1", (0.6 + 0.6 + 0.0) / 3);
    assert_real("SELECT miou_authors FROM run_summary WHERE id = 1", 0.6);
    assert_real("SELECT best_miou FROM run_summary WHERE id = 1", (0.7 + 0.6 + 0.1) / 3);
    assert_real("SELECT best_miou_authors FROM run_summary WHERE id = 1", 0.6);
    assert_real("SELECT miou FROM run_summary WHERE id = 3", 0.5);
    assert_real("SELECT miou_authors FROM run_summary WHERE id = 3", 0.5);
    assert_int_equal(sl_test_integer(db, "SELECT miou_step FROM run_summary WHERE id = 1"), 300);
    assert_int_equal(sl_test_integer(db, "SELECT best_step FROM run_summary WHERE id = 1"), 200);
    assert_text("SELECT split FROM run_summary WHERE id = 1", "val");
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM run_summary WHERE id IN (2, 4) AND miou IS NULL AND split IS NULL"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM evaluation WHERE run = 1"), 3);
    assert_int_equal(sl_test_integer(db, "SELECT classes FROM evaluation WHERE run = 3"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou_latest WHERE run = 1 AND step = 300"), 3);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou_latest"), 6);
    assert_real("SELECT value FROM final_metric WHERE run = 1 AND name = 'seg'", 2.0 / 300);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM final_metric WHERE run = 1"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM final_metric WHERE run = 2 AND name = 'seg' AND value IS NULL"),
                     1);
    assert_true(isinf(real_of("SELECT value FROM final_metric WHERE run = 2 AND name = 'adv'")));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 1"), 600);
    assert_int_equal(sl_test_integer(db, "SELECT sum(pixels) FROM confusion WHERE run = 1 AND step = 200"), 190);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM confusion WHERE run = 1 AND step = 200"), 6); // zeros are left out
    assert_int_equal(
        sl_test_integer(db, "SELECT pixels FROM confusion WHERE run = 1 AND step = 200 AND truth = 1 AND prediction = 2"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT bytes FROM artifact"), 5678); // the same path once
    // Another split does not move the main one.
    assert_ok(sl_db_execute(db, "INSERT INTO class_iou VALUES(1, 'test', 400, 0, 'road', 0.9)", NULL, 0));
    assert_int_equal(sl_test_integer(db, "SELECT miou_step FROM run_summary WHERE id = 1"), 300);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou_latest WHERE run = 1"), 4);
    // Deleting a run deletes what belongs to it.
    assert_ok(sl_db_execute(db, "DELETE FROM run WHERE id = 1", NULL, 0));
    assert_int_equal(
        sl_test_integer(db, "SELECT (SELECT count(*) FROM metric_value WHERE run = 1) + (SELECT count(*) FROM class_iou WHERE"
                            " run = 1) + (SELECT count(*) FROM param WHERE run = 1) + (SELECT count(*) FROM note)"),
        0);
}

static sl_status find(const char *what, int64_t *run) {
    return sl_db_run_find(db, what, run);
}

static void test_find(void **state) {
    int64_t run;
    assert_error(find("latest", &run), SL_ERR_ARGUMENT, "holds no run yet");
    sl_test_database_fill(path);
    assert_ok(find("2", &run));
    assert_int_equal(run, 2);
    assert_ok(find("latest", &run));
    assert_int_equal(run, 4);
    assert_ok(find("alpha", &run)); // the newest of that name
    assert_int_equal(run, 3);
    char uuid[37];
    text_of("SELECT uuid FROM run WHERE id = 2", uuid, sizeof uuid);
    assert_ok(find(uuid, &run));
    assert_int_equal(run, 2);
    uuid[8] = '\0';
    for (char *p = uuid; *p; p++)
        if (*p >= 'a' && *p <= 'f') *p = (char)(*p - 'a' + 'A');
    assert_ok(find(uuid, &run)); // a prefix, in capitals
    assert_int_equal(run, 2);
    assert_error(find("alhpa", &run), SL_ERR_ARGUMENT, "Did you mean \"alpha\"?");
    assert_error(find("alhpa", &run), SL_ERR_ARGUMENT, "(gamma)"); // the newest ones are listed
    assert_error(find("999", &run), SL_ERR_ARGUMENT, "there is no run \"999\"");
    assert_error(find("", &run), SL_ERR_ARGUMENT, "which run?");
    assert_error(find("' OR 1 --", &run), SL_ERR_ARGUMENT, "there is no run");
    // A prefix of two
    assert_ok(sl_db_execute(db,
                            "UPDATE run SET uuid = 'abcdef01-0000-4000-8000-00000000000' || id WHERE id IN (1, 2);"
                            "UPDATE run SET uuid = 'abcdff01-0000-4000-8000-000000000003' WHERE id = 3;"
                            "UPDATE run SET uuid = '12345678-0000-4000-8000-000000000004' WHERE id = 4",
                            NULL, 0));
    assert_error(find("abcde", &run), SL_ERR_ARGUMENT,
                 "begins the id of 2 runs: abcdef01 (beta), abcdef01 (alpha): give more of it");
    assert_ok(find("abcdf", &run));
    assert_int_equal(run, 3);
    assert_ok(find("1234", &run)); // digits that are no id may begin one
    assert_int_equal(run, 4);
}

static void test_resume(void **state) {
    sl_test_database_fill(path);
    int64_t id;
    sl_run_info info = {.host = "otherhost", .pid = getpid(), .versions = "semiluna next", .steps = 500};
    assert_error(sl_db_run_resume(db, 99, 10, &info), SL_ERR_ARGUMENT, "there is no run 99");
    assert_ok(sl_db_execute(
        db, "UPDATE run SET start_time = 1000, session_time = 1000, end_time = 1060, error = 'x' WHERE id = 1", NULL, 0));
    assert_ok(sl_db_command_send(db, 3, "stop", NULL, &id));
    assert_ok(sl_db_execute(db, "INSERT INTO command(run, time, name) VALUES(1, 0, 'stop')", NULL,
                            0)); // too late for the first session
    assert_ok(sl_db_run_resume(db, 1, 150, &info));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 1 AND step > 150"), 0);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 1"), 300);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou WHERE run = 1"), 3);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM confusion WHERE run = 1 AND step > 150"), 0);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM event WHERE run = 1"), 0);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM artifact WHERE run = 1"), 0);
    // Other runs keep theirs.
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 3"), 50);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM event WHERE run = 2"), 1);
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM run WHERE id = 1 AND state = 'running' AND step = 150 AND steps = 500 AND"
                            " host = 'otherhost' AND error IS NULL AND end_time IS NULL AND resumes = 1 AND seed = 1 AND"
                            " seconds_before = 60 AND start_time = 1000 AND device = 'cpu'"),
        1);
    assert_true(real_of("SELECT duration FROM run_summary WHERE id = 1") < 70); // the pause does not count
    bool found;
    sl_db_command command;
    assert_ok(sl_db_command_next(db, 1, &command, &found));
    assert_false(found); // a stop for the process that is gone stops nobody
    assert_ok(sl_db_command_next(db, 3, &command, &found));
    assert_true(found);
}

// Only a run that nobody works on can be resumed.
static void test_resume_alive(void **state) {
    sl_test_database_fill(path);
    int ready[2], end[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(end[1]);
        _exit(read(end[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(end[0]);
    sl_db_value pid = sl_db_integer(child);
    char here[SL_HOST_BYTES];
    sl_process_host(here);
    sl_db_value values[] = {pid, sl_db_text(here)};
    assert_ok(sl_db_execute(db, "UPDATE run SET pid = ?1, host = ?2 WHERE id = 3", values, 2));
    sl_run_info info = {.host = here, .pid = getpid()}, elsewhere = {.host = "elsewhere", .pid = getpid()};
    assert_error(sl_db_run_resume(db, 3, 10, &info), SL_ERR_ARGUMENT, "still running");
    assert_error(sl_db_run_resume(db, 3, 10, &elsewhere), SL_ERR_ARGUMENT, "still running");
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 3"), 50);
    close(end[1]);
    // Ended but not yet waited for: no longer alive. (It needs a moment to end.)
    sl_status status = SL_ERR_ARGUMENT;
    for (int i = 0; i < 200 && status != SL_OK; i++) {
        status = sl_db_run_resume(db, 3, 10, &info);
        if (status != SL_OK) usleep(10000);
    }
    assert_ok(status);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 3"), 10);
    assert_ok(sl_db_run_resume(db, 4, 10, &elsewhere)); // dead for two hours: from anywhere
    close(ready[0]);
    close(ready[1]);
}

static void test_commands(void **state) {
    sl_test_database_fill(path);
    sl_db_command command;
    bool found;
    int64_t first, second;
    assert_ok(sl_db_command_next(db, 3, &command, &found));
    assert_false(found);
    assert_ok(sl_db_command_send(db, 3, "set", "method.threshold=0.3", &first));
    assert_ok(sl_db_command_send(db, 3, "stop", NULL, &second));
    assert_ok(sl_db_command_next(db, 3, &command, &found));
    assert_true(found && command.id == first);
    assert_string_equal(command.name, "set");
    assert_string_equal(command.argument, "method.threshold=0.3");
    assert_ok(sl_db_command_answer(db, first, 51, "ok"));
    assert_error(sl_db_command_answer(db, first, 52, "again"), SL_ERR_ARGUMENT, "waits for an answer");
    assert_ok(sl_db_command_next(db, 3, &command, &found));
    assert_true(found && command.id == second);
    assert_string_equal(command.argument, "");
    assert_ok(sl_db_run_finish(db, 3, "stopped", 60, NULL));
    assert_ok(sl_db_command_next(db, 3, &command, &found));
    assert_false(found);
    assert_text("SELECT answer FROM command WHERE name = 'stop'", "not done: the run has ended");
    assert_error(sl_db_command_send(db, 3, "stop", NULL, NULL), SL_ERR_ARGUMENT, "run 3 is not running");
    assert_error(sl_db_command_send(db, 99, "stop", NULL, NULL), SL_ERR_ARGUMENT, "run 99 is not running");
    assert_error(sl_db_command_send(db, 4, "a-name-that-is-much-longer-than-32-bytes", NULL, NULL), SL_ERR_ARGUMENT,
                 "1 to 31 bytes");
}

// The plan of a query, one step a line.
static void plan_of(const char *sql, char *out, size_t size) {
    char explain[3000];
    sl_db_cursor *cursor;
    bool row;
    size_t length = 0;
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    assert_ok(sl_db_query(db, explain, NULL, 0, &cursor));
    for (;;) {
        assert_ok(sl_db_cursor_next(cursor, &row));
        if (!row) break;
        length += (size_t)snprintf(out + length, size - length, "%s\n", sl_db_cursor_value(cursor, 3).text);
        assert_true(length < size);
    }
    sl_db_cursor_close(cursor);
}

static void test_plans(void **state) {
    sl_test_database_fill(path);
    static const struct {
        const char *sql, *wanted[3];
    } listings[] = {
        {"SELECT * FROM run_summary ORDER BY id DESC LIMIT 20", {"SCAN r\n", "SEARCH e USING INTEGER PRIMARY KEY"}},
        {"SELECT * FROM run_summary WHERE id = 3", {"SEARCH r USING INTEGER PRIMARY KEY"}},
        {"SELECT * FROM run_summary WHERE experiment_id = 1 ORDER BY id DESC LIMIT 20", {"SEARCH r USING INDEX run_experiment"}},
        {"SELECT * FROM run_summary WHERE stored_state = 'running' AND state = 'dead' ORDER BY id DESC",
         {"SEARCH r USING INDEX run_state"}},
        {"SELECT max(id) FROM run WHERE name = 'alpha'", {"SEARCH run USING COVERING INDEX run_name"}},
        {"SELECT id FROM run WHERE uuid >= 'ab' AND uuid < 'abg'", {"SEARCH run USING COVERING INDEX sqlite_autoindex_run"}},
        {"SELECT step, value FROM metric WHERE run = 1 AND name = 'seg' AND step > 10",
         {"SEARCH v USING PRIMARY KEY (run=? AND name_id=? AND step>?)", "SEARCH n USING COVERING INDEX"}},
        {"SELECT * FROM final_metric WHERE run = 1", {"SEARCH v USING PRIMARY KEY (run=? AND name_id=? AND step=?)"}},
        {"SELECT * FROM class_iou_latest WHERE run = 1", {"SEARCH c USING PRIMARY KEY (run=?"}},
        {"SELECT * FROM evaluation WHERE run = 1 AND split = 'val'", {"USING PRIMARY KEY (run=?"}},
        {"SELECT name, value FROM param WHERE run = 1 ORDER BY name", {"SEARCH param USING PRIMARY KEY (run=?)"}},
        {"SELECT run FROM param WHERE name = 'seed' AND value = '3'", {"USING COVERING INDEX param_value"}},
        {"SELECT * FROM event WHERE run = 1 ORDER BY step", {"SEARCH event USING INDEX event_run"}},
        {"SELECT id, name, argument FROM command WHERE run = 1 AND answered IS NULL ORDER BY id LIMIT 1",
         {"USING INDEX command_waiting"}},
        {"SELECT run FROM tag WHERE tag = 'paper'", {"SEARCH tag USING"}},
    };
    for (size_t i = 0; i < sizeof listings / sizeof *listings; i++) {
        char plan[6000];
        plan_of(listings[i].sql, plan, sizeof plan);
        for (int j = 0; j < 3 && listings[i].wanted[j]; j++)
            if (!strstr(plan, listings[i].wanted[j]))
                fail_msg("%s: no \"%s\" in its plan:\n%s", listings[i].sql, listings[i].wanted[j], plan);
        // The big tables are never walked from end to end.
        const char *walks[] = {"SCAN v",           "SCAN w",     "SCAN c\n",   "SCAN d\n",  "SCAN metric_value",
                               "SCAN class_iou\n", "SCAN param", "SCAN event", "SCAN run\n"};
        for (size_t j = 0; j < sizeof walks / sizeof *walks; j++)
            if (strstr(plan, walks[j])) fail_msg("%s: \"%s\" in its plan:\n%s", listings[i].sql, walks[j], plan);
    }
    print_message("%zu plans use their indexes\n", sizeof listings / sizeof *listings);
}

static int open_new(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "runs.db");
    return sl_db_open(path, SL_DB_WRITE, &db) == SL_OK ? 0 : -1;
}

static int close_it(void **state) {
    sl_db_close(db);
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_new, close_it)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_new_run),      TEST(test_views),    TEST(test_find), TEST(test_resume),
                                       TEST(test_resume_alive), TEST(test_commands), TEST(test_plans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
