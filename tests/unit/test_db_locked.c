// A database that another program locks for longer than a minute (under sanitizers for 12 s): training logs on, claims, starts
// and ends of runs wait, nothing is lost and nothing fails; a long wait is told once. The lock is held for real.

// ctest: slow

#include "core/base/log.h"
#include "db/writer.h"
#include "db/writer_impl.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 500 };

static unsigned seconds = 62;
static const char *folder, *path;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// A process that holds the lock, as a long import by hand would.
static pid_t start_lock(unsigned duration) {
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sl_db *db;
        if (sl_db_open(path, SL_DB_WRITE, &db) != SL_OK || sl_db_execute(db, "BEGIN EXCLUSIVE", NULL, 0) != SL_OK) _exit(1);
        if (write(ready[1], &byte, 1) != 1) _exit(1);
        sleep(duration);
        _exit(sl_db_execute(db, "INSERT INTO file_hash VALUES('x', 1, 1, 'y'); COMMIT", NULL, 0) == SL_OK ? 0 : 1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static int lines;
static char last_line[500];

static void count_line(void *user, const char *line) {
    (void)user;
    lines++;
    snprintf(last_line, sizeof last_line, "%s", line);
}

// Each in a process of its own, with what it opened before the lock was taken, or opens now.
static int claim(sl_db *db) {
    bool taken;
    sl_db_holder holder;
    sl_log_sink_set(count_line, NULL);
    if (sl_db_claim_take(db, "cell", &taken, &holder) != SL_OK || !taken) return 1;
    return lines == 1 && strstr(last_line, "locked by another program") ? 0 : 2;
}

static int begin_and_end(sl_db *db) {
    int64_t run;
    char uuid[37];
    sl_run_info info = {.name = "begun", .pid = getpid()};
    sl_log_sink_set(count_line, NULL);
    if (sl_db_run_new(db, &info, &run, uuid) != SL_OK) return 1;
    return sl_db_run_finish(db, run, "done", 0, NULL) == SL_OK ? 0 : 2;
}

static int open_late(sl_db *db) {
    (void)db;
    sl_db *late;
    sl_log_sink_set(count_line, NULL);
    if (sl_db_open(path, SL_DB_WRITE, &late) != SL_OK) return 1;
    int64_t run;
    char uuid[37];
    sl_run_info info = {.name = "late", .pid = getpid()};
    return sl_db_run_new(late, &info, &run, uuid) == SL_OK ? 0 : 2;
}

static int finish(sl_db *db) {
    sl_log_sink_set(count_line, NULL);
    return sl_db_run_finish(db, 1, "done", 7, NULL) == SL_OK ? 0 : 1;
}

static pid_t start(int (*what)(sl_db *db)) {
    fflush(NULL);
    pid_t child = fork();
    if (child != 0) return child;
    sl_db *db; // in WAL mode opening what is up to date needs no lock
    if (sl_db_open(path, SL_DB_WRITE, &db) != SL_OK) _exit(9);
    int status = what(db);
    if (status != 0) fprintf(stderr, "status %d: %s, %d lines, last: %s\n", status, sl_error_message(), lines, last_line);
    _exit(status);
}

static void test_a_minute(void **state) {
    sl_db *db;
    sl_writer *writer;
    int64_t runs[2];
    char uuid[37];
    sl_run_info info = {.name = "trained", .pid = getpid()};
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    for (int i = 0; i < 2; i++) assert_ok(sl_db_run_new(db, &info, &runs[i], uuid));
    sl_db_close(db);
    sl_writer_options options = sl_writer_default;
    options.capacity = 256; // fuller than full: a caller waits, and does not fail
    options.batch = 64;
    pid_t lock = start_lock(seconds), waiting[] = {start(claim), start(begin_and_end), start(open_late), start(finish)};
    double begun = now();
    sl_log_sink_set(count_line, NULL);
    assert_ok(sl_writer_open_with(path, &options, &writer));
    for (int i = 1; i <= ROWS; i++) assert_ok(sl_writer_metric(writer, runs[1], i, "seg", i));
    assert_ok(sl_writer_heartbeat(writer, runs[1], ROWS));
    assert_ok(sl_writer_flush(writer));
    double waited = now() - begun;
    assert_ok(sl_writer_close(writer));
    assert_true(waited > seconds - 2 && waited < seconds + 30);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(last_line, "locked by another program: waiting for it, at most 120 s"));
    int status;
    assert_int_equal(waitpid(lock, &status, 0), lock);
    assert_int_equal(status, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(waitpid(waiting[i], &status, 0), waiting[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    sl_log_sink_set(NULL, NULL);
    assert_ok(sl_db_open(path, SL_DB_READ, &db));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE run = 2 AND value = step"), ROWS);
    assert_int_equal(sl_test_integer(db, "SELECT step FROM run WHERE id = 2 AND state = 'running'"), ROWS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run WHERE name IN ('begun', 'late')"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run WHERE id = 1 AND state = 'done' AND step = 7"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM claim"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM file_hash"), 1);
    sl_db_close(db);
    print_message("locked for %u s: %d rows, a claim, an end, 2 starts waited and were written; \"%s\"\n", seconds, ROWS,
                  last_line);
}

static void test_impatient(void **state) {
    sl_db *db;
    bool taken;
    sl_db_holder holder;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    pid_t lock = start_lock(30);
    double begun = now();
    sl_db_patience(db, 300);
    assert_error(sl_db_claim_take(db, "cell", &taken, &holder), SL_ERR_IO, "locked by another program (waited 0.3 s)");
    assert_true(now() - begun >= 0.3 && now() - begun < 5);
    assert_false(taken);
    kill(lock, SIGKILL);
    assert_int_equal(waitpid(lock, NULL, 0), lock);
    assert_ok(sl_db_claim_take(db, "cell", &taken, &holder)); // a killed program's lock is gone with it
    assert_true(taken);
    sl_db_close(db);
}

static int begin(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "locked.db");
    return 0;
}

static int end(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_impatient), TEST(test_a_minute)};
    if (getenv("SEMILUNA_SANITIZED")) seconds = 12;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
