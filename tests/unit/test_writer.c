// The writer: every kind of row, overwriting, flushing, heartbeats, and what happens when the disk says no.
#include "core/base/memory.h"
#include "db/writer_impl.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *folder;
static char path[400];
static sl_db *db;

static int64_t new_run(void) {
    sl_run_info info = {.experiment = "e", .name = "n", .steps = 100};
    int64_t run;
    char uuid[37];
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    return run;
}

static void test_overwrite(void **state) {
    sl_writer *writer;
    int64_t run = new_run();
    static const int64_t first[4] = {1, 2, 3, 4}, second[4] = {0, 7, 0, 1};
    // Two classes, wrong and right, three bins.
    static const int64_t sure[2][12] = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {0, 0, 0, 0, 0, 21, 0, 0, 0, 22, 0, 0}};
    assert_ok(sl_writer_open(path, &writer));
    for (int round = 0; round < 2; round++) {
        assert_ok(sl_writer_metric(writer, run, 1, "seg", 1.0 + round));
        assert_ok(sl_writer_metric(writer, run, 1, "semi", round ? (double)NAN : 5.0));
        assert_ok(sl_writer_class_iou(writer, run, 1, "val", 0, "road", 0.25 * (1 + round)));
        assert_ok(sl_writer_class_iou(writer, run, 1, "val", 1, NULL, (double)NAN));
        assert_ok(sl_writer_confusion(writer, run, 1, "val", 2, round ? second : first));
        assert_ok(sl_writer_confidence(writer, run, 1, "val", 2, 3, sure[round]));
        assert_ok(sl_writer_artifact(writer, run, round, "checkpoint", "a/b.safetensors", 100 + round, round ? "ff" : NULL));
        assert_ok(sl_writer_flush(writer)); // visible now
        assert_int_equal(sl_test_integer(db, "SELECT value FROM metric WHERE name = 'seg'"), 1 + round);
    }
    assert_ok(sl_writer_event(writer, run, 3, "note", NULL));
    assert_ok(sl_writer_close(writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE name = 'semi' AND value IS NULL"), 1);
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM class_iou WHERE class_index = 0 AND iou = 0.5 AND class_name = 'road'"), 1);
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM class_iou WHERE class_index = 1 AND iou IS NULL AND class_name IS NULL"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM confusion"), 2); // the old matrix is gone, zeros are left out
    assert_int_equal(sl_test_integer(db, "SELECT pixels FROM confusion WHERE truth = 0 AND prediction = 1"), 7);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM confidence"), 2); // so of a histogram
    assert_int_equal(
        sl_test_integer(db, "SELECT pixels FROM confidence WHERE class_index = 0 AND correct = 1 AND bin = 2 AND split = 'val'"),
        21);
    assert_int_equal(sl_test_integer(db, "SELECT pixels FROM confidence WHERE class_index = 1 AND correct = 1 AND bin = 0"), 22);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM artifact WHERE bytes = 101 AND step = 1 AND sha256 = 'ff'"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM artifact"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM event WHERE kind = 'note' AND text IS NULL AND step = 3"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric_value WHERE time BETWEEN strftime('%s', 'now') - 60 AND"
                                         " strftime('%s', 'now') + 1"),
                     2);
}

// Whoever reads sees all classes of an evaluation, or none, also where the thread had nothing to do before.
static void test_evaluation(void **state) {
    enum { CLASSES = 40, ROUNDS = 8 };
    sl_writer_options quick = sl_writer_default;
    sl_writer *writer;
    int64_t run = new_run(), counts[CLASSES * CLASSES] = {0};
    const char *names[CLASSES] = {"road"};
    double ious[CLASSES] = {0.75, (double)NAN};
    counts[1] = 7;
    quick.interval_ms = 5;
    assert_ok(sl_writer_open_with(path, &quick, &writer));
    assert_error(sl_writer_evaluation(writer, run, 1, "", CLASSES, names, ious, counts), SL_ERR_ARGUMENT, "split");
    assert_error(sl_writer_evaluation(writer, run, 1, "val", 0, names, ious, counts), SL_ERR_ARGUMENT, "0 classes");
    for (int round = 1; round <= ROUNDS; round++) {
        int64_t seen = 0;
        usleep(8000);
        assert_ok(sl_writer_evaluation(writer, run, round, "val", CLASSES, names, ious, counts));
        for (int i = 0; i < 5000 && seen == 0; i++) {
            usleep(200);
            char sql[160];
            snprintf(sql, sizeof sql,
                     "SELECT (SELECT count(*) FROM class_iou WHERE step = %d) + (SELECT count(*) FROM confusion WHERE step = %d)",
                     round, round);
            seen = sl_test_integer(db, sql);
        }
        assert_int_equal(seen, CLASSES + 1);
    }
    assert_ok(sl_writer_close(writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou WHERE class_name = 'road' AND iou = 0.75"), ROUNDS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou WHERE class_index = 1 AND iou IS NULL"), ROUNDS);
    assert_int_equal(sl_test_integer(db, "SELECT sum(pixels) FROM confusion WHERE truth = 0 AND prediction = 1"), 7 * ROUNDS);
    // More than fits into the queue comes in pieces.
    quick.capacity = 16;
    quick.batch = 8;
    assert_ok(sl_writer_open_with(path, &quick, &writer));
    assert_ok(sl_writer_evaluation(writer, run, 100, "val", CLASSES, names, ious, counts));
    assert_ok(sl_writer_close(writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM class_iou WHERE step = 100"), CLASSES);
}

static void test_wrong_use(void **state) {
    sl_writer *writer;
    int64_t counts[1] = {0};
    assert_ok(sl_writer_open(path, &writer));
    assert_error(sl_writer_metric(writer, 1, 1, NULL, 1), SL_ERR_ARGUMENT, "a metric's name");
    assert_error(sl_writer_metric(writer, 1, 1, "", 1), SL_ERR_ARGUMENT, "a metric's name");
    assert_error(sl_writer_class_iou(writer, 1, 1, NULL, 0, "x", 1), SL_ERR_ARGUMENT, "split");
    assert_error(sl_writer_confusion(writer, 1, 1, "val", 0, counts), SL_ERR_ARGUMENT, "0 classes");
    assert_error(sl_writer_confidence(writer, 1, 1, "val", 0, 100, counts), SL_ERR_ARGUMENT, "0 classes and 100 bins");
    assert_error(sl_writer_confidence(writer, 1, 1, "", 1, 1, counts), SL_ERR_ARGUMENT, "must not be empty");
    assert_error(sl_writer_event(writer, 1, 1, NULL, "x"), SL_ERR_ARGUMENT, "kind");
    assert_error(sl_writer_artifact(writer, 1, 1, "x", NULL, 1, NULL), SL_ERR_ARGUMENT, "path");
    assert_ok(sl_writer_close(writer));
    assert_ok(sl_writer_close(NULL));
    assert_error(sl_writer_open(sl_test_path(folder, "no/where.db"), &writer), SL_ERR_IO, "no folder");
    assert_null(writer);
}

// A row whose run is not there is named and left out; the others are kept.
static void test_refused_row(void **state) {
    sl_writer *writer;
    int64_t run = new_run();
    assert_ok(sl_writer_open(path, &writer));
    for (int step = 0; step < 10; step++) {
        assert_ok(sl_writer_metric(writer, run, step, "seg", step));
        assert_ok(sl_writer_metric(writer, 12345, step, "seg", step));
    }
    assert_error(sl_writer_flush(writer), SL_ERR_DATA, "FOREIGN KEY constraint failed (10 rows left out)");
    assert_ok(sl_writer_flush(writer)); // told once
    assert_int_equal(sl_writer_stats_get(writer).rows, 10);
    assert_ok(sl_writer_metric(writer, 12345, 1, "seg", 1));
    assert_error(sl_writer_close(writer), SL_ERR_DATA, "(1 row left out)");
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), 10);
}

// More rows than the queue holds, more names than its tables start with, several threads: the caller waits, nothing is lost.
enum { THREADS = 3, ROWS = 4000 };
static sl_writer *shared_writer;
static int64_t shared_run;

static void *log_many(void *user) {
    int number = *(int *)user;
    for (int i = 0; i < ROWS; i++) {
        char name[32];
        snprintf(name, sizeof name, "metric-%d", i % 200);
        if (sl_writer_metric(shared_writer, shared_run, i * THREADS + number, name, i) != SL_OK) return "failed";
    }
    return NULL;
}

static void test_small_queue(void **state) {
    sl_writer_options options = sl_writer_default;
    options.capacity = 64;
    options.batch = 32;
    shared_run = new_run();
    assert_ok(sl_writer_open_with(path, &options, &shared_writer));
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    assert_ok(sl_writer_flush(shared_writer));
    sl_writer_stats stats = sl_writer_stats_get(shared_writer);
    assert_int_equal(stats.rows, THREADS * ROWS);
    assert_true(stats.waits > 0);
    assert_true(stats.transactions >= THREADS * ROWS / 32);
    assert_ok(sl_writer_close(shared_writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), THREADS * ROWS);
    assert_int_equal(sl_test_integer(db, "SELECT count(DISTINCT name) FROM metric"), 200);
    // Each value stands where it belongs: metric-k of step s holds s / THREADS, and that is k modulo 200.
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM metric WHERE value = step / 3 AND name = 'metric-' || (step / 3 % 200)"),
        THREADS * ROWS);
}

// Without flush or close: rows are in the file after the interval.
static void test_interval(void **state) {
    sl_writer *writer;
    int64_t run = new_run();
    assert_ok(sl_writer_open(path, &writer));
    int64_t found = 0;
    double begin = sl_db_now();
    for (int step = 0; step < 100; step++) assert_ok(sl_writer_metric(writer, run, step, "seg", step));
    for (int i = 0; i < 300 && found < 100; i++) {
        usleep(10000);
        found = sl_test_integer(db, "SELECT count(*) FROM metric");
    }
    assert_int_equal(found, 100);
    // One every 200 ms at most, however slow this machine is at the moment.
    assert_true((double)sl_writer_stats_get(writer).transactions <= 2 + (sl_db_now() - begin) / 0.2);
    assert_ok(sl_writer_close(writer));
}

static void test_heartbeat(void **state) {
    sl_writer_options options = sl_writer_default;
    sl_writer *writer;
    options.beat_ms = 300;
    int64_t run = new_run(), other = new_run();
    assert_ok(sl_db_execute(
        db,
        "CREATE TABLE beats(run); CREATE TRIGGER t AFTER UPDATE OF heartbeat ON run BEGIN INSERT INTO beats VALUES(NEW.id);"
        " END; UPDATE run SET heartbeat = 0; DELETE FROM beats",
        NULL, 0));
    assert_ok(sl_writer_open_with(path, &options, &writer));
    double begin = sl_db_now();
    for (int step = 1; step <= 600; step++) {
        assert_ok(sl_writer_heartbeat(writer, run, step));
        usleep(1000);
    }
    // 600 steps, but one update a second (the first at once)
    int64_t beats = sl_test_integer(db, "SELECT count(*) FROM beats");
    assert_in_range(beats, 1, 2 + (int64_t)(sl_db_now() - begin));
    assert_ok(sl_writer_heartbeat(writer, other, 7));
    // A process that computes for long without a step is alive nevertheless.
    assert_ok(sl_writer_flush(writer));
    usleep(1500000);
    int64_t later = sl_test_integer(db, "SELECT count(*) FROM beats");
    assert_in_range(later, beats + 2, beats + 4 + (int64_t)((sl_db_now() - begin) * 2 / 0.3));
    assert_int_equal(sl_test_integer(db, "SELECT min(heartbeat) > strftime('%s', 'now') - 5 FROM run"), 1);
    // An ended run is left alone.
    assert_ok(sl_db_run_finish(db, run, "done", 650, NULL));
    assert_ok(sl_writer_heartbeat(writer, run, 601));
    assert_ok(sl_writer_heartbeat(writer, other, 8));
    assert_ok(sl_writer_close(writer));
    assert_int_equal(sl_test_integer(db, "SELECT step FROM run WHERE id = 1"), 650);
    assert_int_equal(sl_test_integer(db, "SELECT step FROM run WHERE id = 2"), 8); // the last one is written on closing
}

// Locked for longer than the writer waits: an error from flush, and nothing is lost once the lock is gone.
static void test_locked(void **state) {
    sl_writer_options options = sl_writer_default;
    sl_writer *writer;
    options.busy_ms = 50;
    options.capacity = 256;
    options.batch = 128;
    int64_t run = new_run();
    assert_ok(sl_writer_open_with(path, &options, &writer));
    assert_ok(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    for (int step = 0; step < 100; step++) assert_ok(sl_writer_metric(writer, run, step, "seg", step));
    assert_error(sl_writer_flush(writer), SL_ERR_IO, "locked by another program");
    // A full queue that cannot be written is an error, not a wait without end.
    sl_status status = SL_OK;
    int step = 100;
    for (; step < 1000 && status == SL_OK; step++) status = sl_writer_metric(writer, run, step, "seg", step);
    assert_error(status, SL_ERR_IO, "the queue is full");
    assert_int_equal(step - 1, 256);
    assert_ok(sl_db_execute(db, "ROLLBACK", NULL, 0));
    assert_ok(sl_writer_flush(writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), 256);
    // Closed while locked: it says how much is lost.
    assert_ok(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    for (int i = 0; i < 7; i++) assert_ok(sl_writer_event(writer, run, i, "late", "row"));
    assert_error(sl_writer_close(writer), SL_ERR_IO, "(7 rows were not written)");
    assert_ok(sl_db_execute(db, "ROLLBACK", NULL, 0));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM event"), 0);
}

// A full disk, played by a limit on the size of this process's files.
static void test_full_disk(void **state) {
    sl_writer *writer;
    int64_t run = new_run();
    struct rlimit limit, small;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 200000;
    assert_ok(sl_writer_open(path, &writer));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sl_status status = SL_OK;
    for (int step = 0; step < 20000 && status == SL_OK; step++) status = sl_writer_metric(writer, run, step, "seg", step);
    if (status == SL_OK) status = sl_writer_flush(writer);
    sl_status flushed = status;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_error(flushed, SL_ERR_IO, "disk is full");
    // Room was made: the rows were kept and are written now.
    assert_ok(sl_writer_flush(writer));
    assert_ok(sl_writer_close(writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), 20000);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

// Pictures are stored as they are, replaced by newer ones of the same step; where there is no room for them the rest is written.
static void test_samples(void **state) {
    static unsigned char png[60000] = "\x89PNG\0picture";
    sl_writer *writer;
    int64_t run = new_run();
    struct rlimit limit, small;
    assert_ok(sl_writer_open(path, &writer));
    assert_ok(sl_writer_sample(writer, run, 10, "val", "a", "prediction", 8, 6, "old", 3));
    assert_ok(sl_writer_sample(writer, run, 10, "val", "a", "prediction", 8, 6, png, 12));
    assert_error(sl_writer_sample(writer, run, 10, "val", "", "image", 8, 6, png, 12), SL_ERR_ARGUMENT, "the image of a sample");
    assert_error(sl_writer_sample(writer, run, 10, "val", "a", "image", 8, 6, png, 0), SL_ERR_ARGUMENT, "in 0 bytes");
    assert_error(sl_writer_sample(writer, run, 10, "val", "a", "image", 8, 0, png, 9), SL_ERR_ARGUMENT, "8x0");
    assert_error(sl_writer_sample(writer, run, 10, "val", "a", "image", 8, 6, png, SL_SAMPLE_BYTES + 1), SL_ERR_ARGUMENT,
                 "bytes");
    assert_ok(sl_writer_flush(writer));
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM sample WHERE png = x'89504e470070696374757265' AND typeof(png) ="
                                         " 'blob' AND width = 8 AND height = 6 AND time > 0"),
                     1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM sample"), 1);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 400000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sl_status status = SL_OK;
    char image[20];
    for (int i = 0; i < 20 && status == SL_OK; i++) {
        snprintf(image, sizeof image, "image %d", i);
        status = sl_writer_sample(writer, run, 20, "val", image, "image", 8, 6, png, sizeof png);
    }
    if (status == SL_OK) status = sl_writer_metric(writer, run, 20, "seg", 1);
    if (status == SL_OK) status = sl_writer_flush(writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_ok(status);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric WHERE step = 20"), 1);
    int64_t stored = sl_test_integer(db, "SELECT count(*) FROM sample WHERE step = 20"),
            lost = (int64_t)sl_writer_stats_get(writer).samples_lost;
    print_message("room for 400000 bytes: of 20 pictures of 60000 bytes %d are stored, %d lost\n", (int)stored, (int)lost);
    assert_int_equal(stored + lost, 20);
    assert_true(lost > 0);
    // The run is gone: its pictures are left out like any row of it.
    assert_ok(sl_writer_sample(writer, run + 100, 1, "val", "a", "image", 8, 6, png, 12));
    assert_error(sl_writer_flush(writer), SL_ERR_DATA, "1 row left out");
    assert_ok(sl_writer_close(writer));
}

static void test_deleted_file(void **state) {
    sl_writer *writer;
    int64_t run = new_run();
    assert_ok(sl_writer_open(path, &writer));
    assert_ok(sl_writer_metric(writer, run, 1, "seg", 1));
    assert_ok(sl_writer_flush(writer));
    char moved[420];
    snprintf(moved, sizeof moved, "%s.moved", path);
    assert_int_equal(rename(path, moved), 0);
    assert_ok(sl_writer_metric(writer, run, 2, "seg", 2));
    assert_error(sl_writer_flush(writer), SL_ERR_IO, "moved or deleted");
    assert_int_equal(rename(moved, path), 0);
    assert_ok(sl_writer_close(writer)); // back again
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric"), 2);
}

// Every allocation fails once: an error each time, nothing leaks, and what was accepted is written.
static int countdown;
static pthread_t main_thread;

static bool fail_at_zero(void *user, size_t size) {
    return !pthread_equal(pthread_self(), main_thread) || countdown-- != 0;
}

static void test_out_of_memory(void **state) {
    static const int64_t counts[4] = {1, 0, 0, 1};
    int64_t run = new_run();
    int failures = 0;
    main_thread = pthread_self();
    for (int n = 0;; n++) {
        sl_writer *writer = NULL;
        countdown = n;
        sl_memory_hook_set(fail_at_zero, NULL);
        sl_status status = sl_writer_open(path, &writer);
        if (status == SL_OK) {
            sl_status rows[4];
            rows[0] = sl_writer_metric(writer, run, n, "oom", n);
            rows[1] = sl_writer_class_iou(writer, run, n, "val", 0, "road", 0.5);
            rows[2] = sl_writer_confusion(writer, run, n, "val", 2, counts);
            rows[3] = sl_writer_event(writer, run, n, "x", "y");
            int accepted = 0;
            for (int i = 0; i < 4; i++) {
                if (rows[i] == SL_OK)
                    accepted++;
                else
                    status = rows[i];
            }
            sl_memory_hook_set(NULL, NULL);
            assert_ok(sl_writer_flush(writer));
            assert_int_equal(sl_writer_stats_get(writer).rows, accepted);
            assert_ok(sl_writer_close(writer));
        }
        sl_memory_hook_set(NULL, NULL);
        if (status == SL_OK) break;
        assert_int_equal(status, SL_ERR_MEMORY);
        failures++;
        assert_true(n < 1000);
    }
    assert_true(failures > 5);
    print_message("%d allocations failed in turn\n", failures);
}

static int open_new(void **state) {
    folder = sl_test_folder();
    snprintf(path, sizeof path, "%s", sl_test_path(folder, "writer.db"));
    return sl_db_open(path, SL_DB_WRITE, &db) == SL_OK ? 0 : -1;
}

static int close_it(void **state) {
    sl_db_close(db);
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_new, close_it)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_overwrite),   TEST(test_evaluation), TEST(test_wrong_use),    TEST(test_refused_row),
        TEST(test_small_queue), TEST(test_interval),   TEST(test_heartbeat),    TEST(test_locked),
        TEST(test_full_disk),   TEST(test_samples),    TEST(test_deleted_file), TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
