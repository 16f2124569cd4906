// The collector and a file that is not there, deleted, replaced, locked, damaged or old: it says so in one sentence, keeps the
// last rows, and recovers by itself. And eight processes that log while it looks: none is held up.
#include "db/db_impl.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/tui/collect/collect.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *folder, *path;
static sl_collector *collector;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void watch(void) {
    static const int64_t runs[] = {1, 3};
    assert_ok(sl_collector_open(path, &(sl_collect_options){.interval = 0.02, .patience = 50}, &collector));
    assert_ok(sl_collector_ask(collector, &(sl_request){.runs = runs, .run_count = 2}, NULL));
}

// Waits for a snapshot with so many rows, whose problem contains `problem` (NULL: has none).
static void expect(const char *problem, size_t rows) {
    char last[600] = "no snapshot";
    for (double end = now() + 20; now() < end; usleep(5000)) {
        const sl_snapshot *s = sl_collector_take(collector);
        bool there = s && s->complete && s->serial == 1 && s->run_count == rows &&
                     (problem ? s->problem && strstr(s->problem, problem) : !s->problem);
        // The curves are there, too, and stay.
        if (there && rows) there = s->detail_count >= 1 && s->details[0].series_count > 0;
        if (s) snprintf(last, sizeof last, "%zu rows, problem \"%s\"", s->run_count, s->problem ? s->problem : "");
        if (there && s->problem) {
            assert_null(strchr(s->problem, '\n'));
            print_message("  \"%s\"\n", strrchr(s->problem, '/'));
        }
        sl_collector_release(collector, s);
        if (there) return;
    }
    fail_msg("expected %zu rows, problem \"%s\"; got %s", rows, problem ? problem : "", last);
}

static void remove_files(void) {
    char name[500];
    const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static void execute(const char *sql) {
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_CHANGE, &db));
    assert_ok(sl_db_execute(db, sql, NULL, 0));
    sl_db_close(db);
}

static void test_absent_and_deleted(void **state) {
    watch();
    expect("no database", 0);
    sl_test_database_fill(path); // the first run
    expect(NULL, 4);
    remove_files();
    expect("moved or deleted", 4);
    sl_test_database_fill(path);
    execute("DELETE FROM run WHERE id = 2");
    expect(NULL, 3);
    assert_int_equal(rename(path, sl_test_path(folder, "elsewhere.db")), 0);
    expect("moved or deleted", 3);
    assert_int_equal(mkdir(path, 0700), 0);
    expect("folder", 3);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rename(sl_test_path(folder, "elsewhere.db"), path), 0);
    expect(NULL, 3);
}

static void test_replaced(void **state) {
    const char *original = path, *other = sl_test_path(folder, "other.db");
    sl_test_database_fill(path);
    watch();
    expect(NULL, 4);
    path = other;
    sl_test_database_fill(path);
    execute("DELETE FROM run WHERE id > 2; UPDATE run SET name = 'other', uuid = 'other' || id; PRAGMA journal_mode = DELETE");
    path = original;
    remove_files();
    assert_int_equal(rename(other, path), 0);
    expect(NULL, 2);
    const sl_snapshot *s = sl_collector_take(collector);
    assert_string_equal(s->runs[0].name, "other"); // nothing of the former file's rows
    sl_collector_release(collector, s);
}

static void put_bytes(const char *bytes, size_t count, off_t at, bool cut) {
    int file = open(path, O_WRONLY | (cut ? O_TRUNC : 0));
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, bytes, count, at), count);
    assert_int_equal(close(file), 0);
}

static void test_damaged(void **state) {
    static char rubbish[200000];
    sl_test_database_fill(path);
    execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    watch();
    expect(NULL, 4);
    memset(rubbish, 'r', sizeof rubbish);
    put_bytes(rubbish, 100, 0, true); // not a database any more
    expect("not an SQLite database", 4);
    remove_files();
    sl_test_database_fill(path);
    execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    expect(NULL, 4);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    put_bytes(rubbish, (size_t)info.st_size - 4096 < sizeof rubbish ? (size_t)info.st_size - 4096 : sizeof rubbish, 4096, false);
    expect("damaged", 4); // the pages of its tables
    remove_files();
    sl_test_database_fill(path);
    expect(NULL, 4);
    put_bytes("", 0, 0, true); // cut to nothing
    remove_files();
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    close(file);
    expect("an empty file", 4);
    remove_files();
    sl_test_database_fill(path);
    expect(NULL, 4);
}

static void test_locked(void **state) {
    sl_test_database_fill(path);
    execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE"); // in WAL mode a reader meets no lock
    watch();
    expect(NULL, 4);
    int ready[2], release[2];
    char byte = 0;
    assert_true(pipe(ready) == 0 && pipe(release) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *handle;
        bool fine =
            sqlite3_open(path, &handle) == SQLITE_OK && sqlite3_busy_timeout(handle, 10000) == SQLITE_OK &&
            sqlite3_exec(handle, "BEGIN EXCLUSIVE; UPDATE run SET name = 'new' WHERE id = 1", NULL, NULL, NULL) == SQLITE_OK;
        if (!fine || write(ready[1], &byte, 1) != 1 || read(release[0], &byte, 1) != 1) _exit(1);
        _exit(sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    expect("locked by another program", 4);
    assert_int_equal(write(release[1], &byte, 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    expect(NULL, 4);
    bool there = false;
    for (double end = now() + 10; now() < end && !there; usleep(5000)) {
        const sl_snapshot *s = sl_collector_take(collector);
        there = strcmp(s->runs[3].name, "new") == 0;
        sl_collector_release(collector, s);
    }
    assert_true(there);
    for (int i = 0; i < 2; i++) close(ready[i]), close(release[i]);
}

static void test_old_and_new(void **state) {
    sqlite3 *handle;
    char sql[200];
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sl_db_schema_current.steps[0], NULL, NULL, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = 1", SL_DB_APPLICATION_ID);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle,
                                  "INSERT INTO experiment VALUES(1, 'old', 0);"
                                  "INSERT INTO run(id, uuid, experiment, name, state, start_time, session_time, heartbeat, step)"
                                  " VALUES(1, 'u', 1, 'old', 'done', 10, 10, 20, 7);"
                                  "INSERT INTO metric_name VALUES(3, 'seg'); INSERT INTO metric_value VALUES(1, 3, 7, 0.5, 20);"
                                  "INSERT INTO class_iou VALUES(1, 'val', 7, 0, 'road', 0.25)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    watch();
    expect(NULL, 1); // an older schema is read as it is
    const sl_snapshot *s = sl_collector_take(collector);
    assert_true(s->runs[0].seg == 0.5 && s->runs[0].miou == 0.25);
    sl_collector_release(collector, s);
    assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    sl_collector_close(collector);
    watch();
    expect("newer Semiluna", 0);
}

// ---- eight writers -----------------------------------------------------------------------------------------------------------

enum { WRITERS = 8, STEPS = 1500 };

// Returns through `tell` the longest that a commit of its took, in seconds; a negative number says that something failed.
static double log_steps(int number) {
    sl_db *db;
    sl_writer *writer;
    int64_t run;
    char uuid[37], name[20];
    double longest = 0;
    snprintf(name, sizeof name, "run-%d", number);
    sl_run_info info = {.experiment = "eight", .name = name, .seed = number, .steps = STEPS, .pid = getpid()};
    if (sl_db_open(path, SL_DB_WRITE, &db) != SL_OK || sl_db_run_new(db, &info, &run, uuid) != SL_OK ||
        sl_writer_open(path, &writer) != SL_OK)
        return -1;
    for (int step = 1; step <= STEPS; step++) {
        static const char *const names[] = {"seg", "semi", "D", "kept", "lr"};
        for (int i = 0; i < 5; i++)
            if (sl_writer_metric(writer, run, step, names[i], 1.0 / step) != SL_OK) return -2;
        if (sl_writer_heartbeat(writer, run, step) != SL_OK) return -3;
        if (step % 50) continue;
        for (int i = 0; i < 11; i++)
            if (sl_writer_class_iou(writer, run, step, "val", i, "c", 0.5) != SL_OK) return -4;
        double began = now();
        if (sl_writer_flush(writer) != SL_OK) return -5;
        if (sl_db_execute(db, "BEGIN IMMEDIATE; INSERT INTO note(run, time, text) VALUES(1, 0, 'x'); COMMIT", NULL, 0) != SL_OK)
            return -6;
        if (now() - began > longest) longest = now() - began;
        usleep(10000);
    }
    if (sl_writer_close(writer) != SL_OK || sl_db_run_finish(db, run, "done", STEPS, NULL) != SL_OK) return -7;
    sl_db_close(db);
    return longest;
}

static double run_writers(bool watched, int *seen) {
    int results[2];
    double longest = 0;
    sl_db *db;
    remove_files();
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    sl_db_close(db);
    assert_int_equal(pipe(results), 0);
    fflush(NULL);
    for (int i = 0; i < WRITERS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child > 0) continue;
        double took = log_steps(i);
        if (took < 0) fprintf(stderr, "writer %d: %g: %s\n", i, took, sl_error_message());
        _exit(write(results[1], &took, sizeof took) == sizeof took && took >= 0 ? 0 : 1);
    }
    static const int64_t runs[] = {1, 2, 3, 4, 5, 6, 7, 8};
    if (watched) {
        assert_ok(sl_collector_open(path, &(sl_collect_options){.interval = 0.02}, &collector));
        assert_ok(sl_collector_ask(collector, &(sl_request){.runs = runs, .run_count = WRITERS}, NULL));
    }
    uint64_t pictures = 0;
    double last = 0;
    for (int left = WRITERS; left > 0;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended > 0) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            left--;
        }
        const sl_snapshot *s = watched ? sl_collector_take(collector) : NULL;
        if (s && s->problem) fail_msg("the viewer was kept out: %s", s->problem);
        if (s && s->time != last) pictures++;
        if (s) last = s->time;
        if (watched) sl_collector_release(collector, s);
        usleep(5000);
    }
    for (int i = 0; i < WRITERS; i++) {
        double took;
        assert_int_equal(read(results[0], &took, sizeof took), sizeof took);
        if (took > longest) longest = took;
    }
    close(results[0]), close(results[1]);
    if (watched) {
        bool there = false;
        for (double end = now() + 20; now() < end && !there; usleep(5000)) { // and it sees all of it
            const sl_snapshot *s = sl_collector_take(collector);
            there = s->done == WRITERS && s->complete && s->detail_count == WRITERS;
            for (size_t i = 0; there && i < WRITERS; i++) {
                const sl_run_detail *d = &s->details[i];
                there = d->evaluations == STEPS / 50 && d->series_count == 5 &&
                        d->series[0].columns[d->series[0].count - 1].x == STEPS;
            }
            sl_collector_release(collector, s);
        }
        assert_true(there);
    }
    *seen = (int)pictures;
    return longest;
}

static void test_eight_writers(void **state) {
    int seen;
    double alone = run_writers(false, &seen), watched = run_writers(true, &seen);
    print_message("8 writers: the slowest of %d commits took %.3f s alone and %.3f s while watched; %d snapshots were taken\n",
                  WRITERS * STEPS / 50, alone, watched, seen);
    assert_true(seen > 2);
    assert_true(watched < SL_DB_WRITE_MS / 1000.0 / 10); // far from giving up
}

static int begin(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "trouble.db");
    collector = NULL;
    return 0;
}

static int end(void **state) {
    sl_collector_close(collector);
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_absent_and_deleted), TEST(test_replaced),     TEST(test_damaged), TEST(test_locked),
        TEST(test_old_and_new),        TEST(test_eight_writers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
