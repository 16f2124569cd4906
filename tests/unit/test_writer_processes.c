// Eight processes that log into one file at once, readers beside them, and processes killed at any moment.
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 8, STEPS = 2500, METRICS = 4, EVALUATIONS = 25, CLASSES = 3, KILLS = 20 };

static const char *const names[METRICS] = {"seg", "semi", "adv", "lr"};

#define CHECK(expression)                                                                     \
    do {                                                                                      \
        if ((expression) != SL_OK) {                                                          \
            fprintf(stderr, "process %d: %s: %s\n", number, #expression, sl_error_message()); \
            return 1;                                                                         \
        }                                                                                     \
    } while (0)

static double value_of(int number, int step, int metric) {
    return number * 1000000.0 + step + metric * 0.125;
}

// What a training process does, from the making of the file on: nothing was opened before the fork.
static int train(const char *path, int number) {
    sl_db *db;
    sl_writer *writer;
    int64_t run, counts[CLASSES * CLASSES];
    char uuid[37], name[32];
    snprintf(name, sizeof name, "run-%d", number);
    for (int i = 0; i < CLASSES * CLASSES; i++) counts[i] = number + 1;
    sl_run_info info = {.experiment = "eight", .name = name, .seed = number, .steps = STEPS, .pid = getpid()};
    CHECK(sl_db_open(path, SL_DB_WRITE, &db));
    CHECK(sl_db_run_new(db, &info, &run, uuid));
    CHECK(sl_db_run_param(db, run, "seed", "integer", name));
    CHECK(sl_writer_open(path, &writer));
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < METRICS; i++) CHECK(sl_writer_metric(writer, run, step, names[i], value_of(number, step, i)));
        CHECK(sl_writer_heartbeat(writer, run, step));
        if (step % (STEPS / EVALUATIONS)) continue;
        for (int i = 0; i < CLASSES; i++) CHECK(sl_writer_class_iou(writer, run, step, "val", i, "c", 0.5));
        CHECK(sl_writer_confusion(writer, run, step, "val", CLASSES, counts));
        CHECK(sl_writer_event(writer, run, step, "evaluation", "x"));
        CHECK(sl_writer_flush(writer)); // so that the eight meet often
        sl_db_command command;
        bool found;
        CHECK(sl_db_command_next(db, run, &command, &found));
    }
    CHECK(sl_writer_close(writer));
    CHECK(sl_db_run_finish(db, run, "done", STEPS, NULL));
    sl_db_close(db);
    return 0;
}

static void test_eight(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "eight.db");
    pid_t children[PROCESSES];
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) _exit(train(path, i));
        assert_true(children[i] > 0);
    }
    // Readers come and go meanwhile; none is turned away once the file is there.
    int left = PROCESSES, reads = 0, failures = 0;
    while (left > 0) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended > 0) {
            left--;
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) failures++;
            continue;
        }
        usleep(20000);
        sl_db *db;
        if (access(path, F_OK) != 0) continue;
        sl_status opened = sl_db_open(path, SL_DB_READ, &db);
        if (opened == SL_ERR_FORMAT && reads == 0) continue; // made, but still empty
        assert_ok(opened);
        assert_true(sl_test_integer(db, "SELECT count(*) FROM run_summary") >= 0);
        sl_db_close(db);
        reads++;
    }
    assert_int_equal(failures, 0);
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_READ, &db));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run WHERE state = 'done' AND step = 2500"), PROCESSES);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM experiment"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric_name"), METRICS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric_value"), PROCESSES * STEPS * METRICS);
    // Every value is where its process put it.
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM metric m JOIN run r ON r.id = m.run WHERE m.value = r.seed * 1000000.0 + m.step"
                            " + 0.125 * CASE m.name WHEN 'seg' THEN 0 WHEN 'semi' THEN 1 WHEN 'adv' THEN 2 ELSE 3 END"),
        PROCESSES * STEPS * METRICS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou"), PROCESSES * EVALUATIONS * CLASSES);
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM confusion c JOIN run r ON r.id = c.run WHERE c.pixels = r.seed + 1"),
        PROCESSES * EVALUATIONS * CLASSES * CLASSES);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM event"), PROCESSES * EVALUATIONS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    sl_db_close(db);
    print_message("%d processes, %d points each, none missing; %d readers beside them\n", PROCESSES, STEPS * METRICS, reads);
    sl_test_folder_remove(folder);
}

// Logs without end; after each flush it tells its parent the last step that is safe.
static int train_until_killed(const char *path, int number, int tell) {
    sl_db *db;
    sl_writer *writer;
    int64_t run;
    char uuid[37];
    sl_run_info info = {.name = "killed", .seed = number, .pid = getpid()};
    CHECK(sl_db_open(path, SL_DB_WRITE, &db));
    CHECK(sl_db_run_new(db, &info, &run, uuid));
    CHECK(sl_writer_open(path, &writer));
    for (int step = 0;; step++) {
        CHECK(sl_writer_metric(writer, run, step, "seg", step));
        CHECK(sl_writer_event(writer, run, step, "step", "x"));
        if (step % 50 == 49) {
            CHECK(sl_writer_flush(writer));
            if (write(tell, &step, sizeof step) != sizeof step) return 1;
        }
        if (step % 10 == 0) usleep(1000);
    }
}

static void test_kill(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "killed.db");
    srand(7); // the moments differ from kill to kill; whatever they are, the checks hold
    sl_db *db;
    for (int i = 0; i < KILLS; i++) {
        int tell[2], step, safe = -1;
        assert_int_equal(pipe(tell), 0);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            close(tell[0]);
            _exit(train_until_killed(path, i, tell[1]));
        }
        close(tell[1]);
        assert_int_equal(read(tell[0], &safe, sizeof safe), sizeof safe); // it has begun
        usleep((useconds_t)(rand() % 60000));
        assert_int_equal(kill(child, SIGKILL), 0);
        while (read(tell[0], &step, sizeof step) == sizeof step) safe = step;
        close(tell[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));

        char sql[300];
        assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
        int64_t run;
        assert_ok(sl_db_run_find(db, "latest", &run));
        snprintf(sql, sizeof sql, "SELECT count(*) FROM metric WHERE run = %lld", (long long)run);
        int64_t rows = sl_test_integer(db, sql);
        snprintf(sql, sizeof sql, "SELECT max(step) + 1 FROM metric WHERE run = %lld", (long long)run);
        assert_int_equal(sl_test_integer(db, sql), rows); // no gap
        snprintf(sql, sizeof sql, "SELECT count(*) - count(DISTINCT step) FROM event WHERE run = %lld", (long long)run);
        assert_int_equal(sl_test_integer(db, sql), 0); // none doubled
        assert_true(rows >= safe + 1);                 // what was flushed is there
        // Resumed in the middle, by a process whose predecessor left no word.
        sl_run_info info = {.pid = getpid()};
        assert_ok(sl_db_run_resume(db, run, safe, &info));
        snprintf(sql, sizeof sql, "SELECT count(*) FROM metric WHERE run = %lld", (long long)run);
        assert_int_equal(sl_test_integer(db, sql), safe + 1);
        sl_db_close(db);
    }
    assert_ok(sl_db_open(path, SL_DB_READ, &db));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run"), KILLS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    sl_db_close(db);
    print_message("%d processes killed: everything flushed was there, no gap, nothing doubled\n", KILLS);
    sl_test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_eight), cmocka_unit_test(test_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
