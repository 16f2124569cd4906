// What the collector makes of a database: rows, series, evaluations, filters, sorting; hostile texts; many runs.
#include "core/base/memory.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/health.h"
#include "ui/tui/collect/collect.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder, *path;

static sl_snapshot *collect(const sl_request *request) {
    sl_snapshot *snapshot;
    assert_ok(sl_collect(path, NULL, request, &snapshot));
    assert_non_null(snapshot);
    assert_true(snapshot->complete);
    return snapshot;
}

static const sl_run_row *row_of(const sl_snapshot *snapshot, int64_t id) {
    for (size_t i = 0; i < snapshot->run_count; i++)
        if (snapshot->runs[i].id == id) return &snapshot->runs[i];
    fail_msg("run %lld is not there", (long long)id);
    return NULL;
}

static const sl_series *series_of(const sl_run_detail *detail, const char *name) {
    for (size_t i = 0; i < detail->series_count; i++)
        if (strcmp(detail->series[i].name, name) == 0) return &detail->series[i];
    return NULL;
}

static void near(double actual, double expected) {
    if (!(fabs(actual - expected) <= 1e-9)) fail_msg("%.17g, expected %.17g", actual, expected);
}

// ---- rows --------------------------------------------------------------------------------------------------------------------

static void test_rows(void **state) {
    sl_test_database_fill(path);
    sl_snapshot *s = collect(&(sl_request){0});
    assert_string_equal(s->database, path);
    assert_null(s->problem);
    assert_int_equal(s->run_count, 4);
    assert_int_equal(s->total, 4);
    assert_true(s->disk_free > 0 && s->disk_total >= s->disk_free);
    for (size_t i = 0; i < 4; i++) assert_int_equal(s->runs[i].id, 4 - (int64_t)i); // newest first
    const sl_run_row *alpha = row_of(s, 1), *beta = row_of(s, 2), *second = row_of(s, 3), *gamma = row_of(s, 4);
    assert_int_equal(alpha->state, SL_STATE_DONE);
    assert_int_equal(beta->state, SL_STATE_DIVERGED);
    assert_int_equal(second->state, SL_STATE_RUNNING);
    assert_int_equal(gamma->state, SL_STATE_DEAD);
    assert_true(s->done == 1 && s->failed == 1 && s->running == 1 && s->dead == 1 && s->stopped == 0);
    assert_string_equal(alpha->name, "alpha");
    assert_string_equal(alpha->experiment, "first");
    assert_string_equal(alpha->tags, "paper");
    assert_int_equal(alpha->step, 300);
    assert_int_equal(alpha->steps, 300);
    near(alpha->miou, 0.4);
    near(alpha->best_miou, (0.7 + 0.6 + 0.1) / 3);
    near(alpha->seg, 2.0 / 300);
    assert_true(isnan(alpha->semi) && isnan(alpha->heartbeat_age) && isnan(alpha->seconds_left));
    near(second->miou, 0.5); // the class that is absent does not count
    assert_true(second->heartbeat_age >= 0 && second->heartbeat_age < 60);
    assert_true(gamma->heartbeat_age > 7000);
    assert_string_equal(beta->error, "step 7: the loss term seg is not a number");
    assert_true(isnan(beta->seg) && isnan(beta->miou));
    assert_string_equal(beta->alarm, "diverged");
    assert_string_equal(gamma->alarm, "no heartbeat");
    assert_int_equal(gamma->alarm_severity, 2);
    assert_null(alpha->alarm);
    assert_true(alpha->finding_count == 0 && beta->finding_count == 1 && gamma->finding_count >= 1);
    assert_int_equal(beta->findings[0].kind, SL_FINDING_DIVERGED);
    assert_int_equal(beta->findings[0].severity, SL_SEVERITY_BAD);
    assert_string_equal(beta->findings[0].alarm, "diverged");
    assert_non_null(strstr(beta->findings[0].text, "step 7: the loss term seg is not a number"));
    assert_int_equal(gamma->findings[0].kind, SL_FINDING_HEARTBEAT);
    assert_non_null(strstr(gamma->findings[0].text, "no sign of life"));
    // Runs 1 and 2 differ in threshold and seed; 3 and 4 likewise.
    assert_string_equal(alpha->varies, "T=.2 s1");
    assert_string_equal(gamma->varies, "T=.5 s4");
    sl_snapshot_free(s);
}

static void test_paused(void **state) {
    sl_db *db;
    sl_test_database_fill(path);
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    sl_db_value now = sl_db_real(4e9);
    assert_ok(sl_db_execute(db, "INSERT INTO event(run, step, time, kind, text) VALUES(3, 50, ?1, 'paused', NULL)", &now, 1));
    sl_snapshot *s = collect(&(sl_request){0});
    assert_int_equal(row_of(s, 3)->state, SL_STATE_PAUSED);
    assert_int_equal(s->running, 1);
    assert_true(isnan(row_of(s, 3)->seconds_left));
    sl_snapshot_free(s);
    assert_ok(sl_db_execute(db, "INSERT INTO event(run, step, time, kind, text) VALUES(3, 50, ?1, 'continued', NULL)", &now, 1));
    s = collect(&(sl_request){0});
    assert_int_equal(row_of(s, 3)->state, SL_STATE_RUNNING);
    sl_snapshot_free(s);
    assert_ok(sl_db_run_remove(db, 1)); // the bin is not shown
    s = collect(&(sl_request){0});
    assert_int_equal(s->run_count, 3);
    sl_snapshot_free(s);
    sl_db_close(db);
}

static void test_sorting(void **state) {
    sl_test_database_fill(path);
    const struct {
        sl_sort sort;
        bool reverse;
        const char *order;
    } cases[] = {
        {SL_SORT_NEWEST, false, "4321"},     {SL_SORT_NEWEST, true, "1234"},  {SL_SORT_NAME, false, "3124"},
        {SL_SORT_EXPERIMENT, false, "1234"}, {SL_SORT_STATE, false, "3421"},  {SL_SORT_MIOU, false, "3142"},
        {SL_SORT_MIOU, true, "1342"}, // what has none stays last
        {SL_SORT_STEP, false, "1342"},       {SL_SORT_METHOD, false, "4312"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sl_snapshot *s = collect(&(sl_request){.sort = cases[i].sort, .reverse = cases[i].reverse});
        char order[5] = "";
        for (size_t k = 0; k < 4; k++) order[k] = (char)('0' + s->runs[k].id);
        if (strcmp(order, cases[i].order) != 0) fail_msg("sort %d: %s, expected %s", cases[i].sort, order, cases[i].order);
        sl_snapshot_free(s);
    }
    for (int sort = 0; sort < SL_SORT_COUNT; sort++) { // each is a sort, not a crash
        sl_snapshot *s = collect(&(sl_request){.sort = (sl_sort)sort, .limit = 2});
        assert_int_equal(s->run_count, 2);
        assert_int_equal(s->total, 4);
        sl_snapshot_free(s);
    }
}

static sl_status compile(void *user, const char *filter, sl_text *sql) {
    if (strcmp(filter, "bad") == 0) return sl_error(SL_ERR_ARGUMENT, "column 1: bad");
    return sl_text_append(sql, "%s", filter);
}

static void test_filter(void **state) {
    sl_test_database_fill(path);
    sl_collect_options options = {.compile = compile};
    sl_snapshot *s;
    assert_ok(sl_collect(path, &options, &(sl_request){.filter = "r.seed >= 3"}, &s));
    assert_int_equal(s->run_count, 2);
    assert_int_equal(s->total, 4);
    assert_null(s->filter_problem);
    assert_int_equal(s->done, 0); // counts are of what is shown
    sl_snapshot_free(s);
    assert_ok(sl_collect(path, &options, &(sl_request){.filter = "bad"}, &s));
    assert_string_equal(s->filter_problem, "column 1: bad");
    assert_int_equal(s->run_count, 4);
    sl_snapshot_free(s);
    assert_ok(sl_collect(path, &options, &(sl_request){.filter = "no such column"}, &s)); // a compiler's mistake
    assert_non_null(s->filter_problem);
    assert_null(s->problem);
    assert_int_equal(s->run_count, 4);
    sl_snapshot_free(s);
    assert_ok(sl_collect(path, NULL, &(sl_request){.filter = "r.seed = 3"}, &s));
    assert_non_null(s->filter_problem);
    sl_snapshot_free(s);
}

// ---- details -----------------------------------------------------------------------------------------------------------------

static void test_detail(void **state) {
    sl_test_database_fill(path);
    int64_t runs[] = {1, 77, 3};
    sl_snapshot *s = collect(&(sl_request){.runs = runs, .run_count = 3, .columns = 10});
    assert_int_equal(s->detail_count, 2); // 77 is not there
    const sl_run_detail *d = &s->details[0];
    assert_int_equal(d->run.id, 1);
    assert_int_equal(s->details[1].run.id, 3);
    const sl_series *seg = series_of(d, "seg"), *lr = series_of(d, "lr");
    assert_non_null(seg);
    assert_ptr_equal(seg, &d->series[0]);
    assert_true(lr > seg);
    assert_true(seg->count <= 10 && seg->count >= 5);
    near(seg->columns[0].high, 2.0); // step 1
    near(seg->columns[seg->count - 1].x, 300);
    near(seg->columns[seg->count - 1].last, 2.0 / 300);
    for (size_t i = 1; i < seg->count; i++) {
        near(seg->columns[i].low, 2.0 / seg->columns[i].x); // it falls: the last is the least
        near(seg->columns[i].last, seg->columns[i].low);
        near(seg->columns[i].high, 2.0 / (seg->columns[i - 1].x + 1)); // and no point is left out
    }
    assert_int_equal(d->evaluations, 3);
    assert_int_equal(d->classes, 3);
    assert_string_equal(d->split, "val");
    assert_string_equal(d->class_names[2], "pole");
    near(d->iou[1 * 3 + 0], 0.7);
    assert_int_equal(d->evaluation_steps[1], 200);
    assert_non_null(d->confusion);
    assert_int_equal(d->confusion_step, 300);
    assert_int_equal(d->confusion[1 * 3 + 0], 3);
    assert_int_equal(d->option_count, 3);
    assert_string_equal(d->option_names[1], "method.threshold");
    assert_string_equal(d->option_values[1], "0.2");
    assert_int_equal(d->event_count, 1);
    assert_string_equal(d->events[0].kind, "checkpoint");
    assert_int_equal(d->note_count, 1);
    assert_string_equal(d->notes[0], "the good one");
    assert_string_equal(d->versions, "semiluna test");
    assert_true(isnan(s->details[1].iou[2])); // void is absent
    sl_snapshot_free(s);
    // An older matrix, and the curves of some steps only.
    s = collect(&(sl_request){.runs = runs, .run_count = 1, .columns = 1000, .confusion_step = 250, .from = 100, .to = 149});
    assert_int_equal(s->details[0].confusion_step, 200);
    seg = series_of(&s->details[0], "seg");
    assert_int_equal(seg->count, 50);
    near(seg->columns[0].x, 100);
    near(seg->columns[49].x, 149);
    sl_snapshot_free(s);
    s = collect(&(sl_request){.runs = runs, .run_count = 1, .axis = SL_AXIS_TIME, .split = "test"});
    seg = series_of(&s->details[0], "seg");
    assert_true(seg->count > 0 && fabs(seg->columns[0].x) < 60); // seconds since the start
    assert_int_equal(s->details[0].evaluations, 0);              // there is no such split
    assert_null(s->details[0].confusion);
    sl_snapshot_free(s);
}

// Against the plainest way to compute the same.
static void check_series(const sl_series *series, const double *values, int count, size_t most) {
    assert_true(series->count <= most);
    int at = 0;
    for (size_t i = 0; i < series->count; i++) {
        double low = NAN, high = NAN, last = NAN;
        for (; at < count && at <= (int)series->columns[i].x; at++) {
            if (!(low <= values[at])) low = isnan(values[at]) ? low : values[at];
            if (!(high >= values[at])) high = isnan(values[at]) ? high : values[at];
            last = values[at];
        }
        const sl_series_column *column = &series->columns[i];
        assert_true((isnan(low) && isnan(column->low)) || low == column->low);
        assert_true((isnan(high) && isnan(column->high)) || high == column->high);
        assert_true((isnan(last) && isnan(column->last)) || last == column->last);
    }
    assert_int_equal(at, count); // all of them
}

static void test_growing(void **state) {
    enum { POINTS = 3000 };
    static double values[POINTS];
    static const int counts[] = {1, 2, 7, 50, 51, 200, 1000, 1001, 2999, 3000};
    sl_db *db;
    sl_writer *writer;
    sl_collector *collector;
    int64_t run;
    char uuid[37];
    srand(5);
    for (int i = 0; i < POINTS; i++) values[i] = i % 97 == 3 ? NAN : i == 1234 ? INFINITY : rand() / (double)RAND_MAX;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    sl_run_info info = {.experiment = "e", .name = "n", .steps = POINTS, .pid = getpid()};
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    assert_ok(sl_writer_open(path, &writer));
    assert_ok(sl_collector_open(path, &(sl_collect_options){.interval = 0.01}, &collector));
    sl_request request = {.runs = &run, .run_count = 1, .columns = 40};
    uint64_t serial;
    assert_ok(sl_collector_ask(collector, &request, &serial));
    assert_true(sl_collector_wait(collector, serial, 10));
    int written = 0, rounds = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (; written < counts[i]; written++) {
            assert_ok(sl_writer_metric(writer, run, written, "seg", values[written]));
            if (written % 100 == 99) assert_ok(sl_writer_class_iou(writer, run, written, "val", 0, "road", written / 1e4));
        }
        assert_ok(sl_writer_heartbeat(writer, run, written));
        assert_ok(sl_writer_flush(writer));
        bool there = false;
        for (int tries = 0; tries < 500 && !there; tries++) {
            usleep(10000);
            const sl_snapshot *s = sl_collector_take(collector);
            const sl_series *seg = s && s->detail_count ? series_of(&s->details[0], "seg") : NULL;
            there = seg && seg->columns[seg->count - 1].x == written - 1;
            if (there) check_series(seg, values, written, 40);
            if (there && written >= 100) {
                const sl_run_detail *d = &s->details[0];
                there = d->evaluations == (size_t)written / 100;
                if (there) near(d->run.miou, d->iou[d->evaluations - 1]);
                if (there) near(d->run.best_miou, d->iou[d->evaluations - 1]);
            }
            sl_collector_release(collector, s);
        }
        if (!there) fail_msg("%d points were never seen", written);
        rounds++;
    }
    // Resumed from step 100: what was logged after it is gone from the curve, too.
    assert_ok(sl_writer_close(writer));
    assert_ok(sl_db_run_finish(db, run, "stopped", POINTS, NULL));
    assert_ok(sl_db_run_resume(db, run, 100, &info));
    bool there = false;
    for (int tries = 0; tries < 500 && !there; tries++) {
        usleep(10000);
        const sl_snapshot *s = sl_collector_take(collector);
        const sl_series *seg = series_of(&s->details[0], "seg");
        there = seg && seg->columns[seg->count - 1].x == 100;
        if (there) check_series(seg, values, 101, 40);
        if (there) assert_int_equal(s->details[0].evaluations, 1);
        sl_collector_release(collector, s);
    }
    assert_true(there);
    sl_collector_close(collector);
    sl_db_close(db);
    print_message("%d lengths compared column by column\n", rounds);
}

// ---- hostile files -----------------------------------------------------------------------------------------------------------

static void test_hostile(void **state) {
    sl_db *db;
    sl_test_database_fill(path);
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    static char name[10001];
    memset(name, 'x', 10000);
    memcpy(name, "\x1b[2J\x07\xff\xfe\"'\\\n", 11);
    sl_db_value values[] = {sl_db_text(name)};
    assert_ok(
        sl_db_execute(db,
                      "UPDATE run SET name = ?1, error = ?1, host = ?1, device = ?1, method = ?1, versions = ?1 WHERE id = 2;"
                      "UPDATE experiment SET name = ?1 WHERE id = 1; INSERT INTO tag(run, tag) VALUES(2, ?1);"
                      "INSERT INTO note(run, time, text) VALUES(2, 0, ?1);"
                      "INSERT INTO event(run, step, time, kind, text) VALUES(2, 1, 0, ?1, ?1), (2, 1, 'x', x'00ff', NULL);"
                      "INSERT INTO param(run, name, type, value) VALUES(2, ?1, ?1, ?1);"
                      "INSERT INTO metric_name(name) VALUES(?1);"
                      "INSERT INTO command(run, time, name, argument, answer) VALUES(2, 0, ?1, ?1, ?1);"
                      "INSERT INTO curve(run, name, step, value) VALUES(2, ?1, 0, 1.0);"
                      "INSERT INTO class_iou(run, split, step, class_index, class_name, iou) VALUES"
                      " (2, ?1, 1, 0, ?1, 0.5), (2, ?1, 1, -5, ?1, 0.5), (2, ?1, 1, 1000000000000, ?1, 0.5);"
                      "INSERT INTO confusion(run, split, step, truth, prediction, pixels) VALUES"
                      " (2, ?1, 1, 0, 0, 5), (2, ?1, 1, -1, 99999999999, 5), (2, ?1, 1, 255, 255, 'many');"
                      // steps at the edges of what a number can be
                      "INSERT INTO metric_value(run, name_id, step, value, time) VALUES(2, 1, -9223372036854775808, 1, 0),"
                      " (2, 1, 9223372036854775807, 2, 0), (2, 1, -3, 3, 'when'), (2, 1, 4611686018427387904, 'text', 0),"
                      " (2, (SELECT id FROM metric_name WHERE name = ?1), 1, 9e999, 0);"
                      "UPDATE run SET step = -7, steps = 'many', seed = 1e300, heartbeat = -1, session_time = 9e99 WHERE id = 4",
                      values, 1));
    int64_t runs[] = {2, 4};
    sl_snapshot *s = collect(&(sl_request){.runs = runs, .run_count = 2, .columns = 5, .sort = SL_SORT_EXPERIMENT});
    assert_null(s->problem);
    assert_int_equal(s->run_count, 4);
    const sl_run_detail *d = &s->details[0];
    assert_string_equal(d->run.name, name);
    assert_true(strlen(d->run.error) <= 4000);
    assert_int_equal(d->classes, 256); // no more than that, whatever the file says
    assert_int_equal(d->event_count, 3);
    for (size_t i = 0; i < d->series_count; i++) assert_true(d->series[i].count <= 5);
    // Steps beyond 2^61 are nobody's.
    const sl_series *seg = series_of(d, "seg");
    assert_non_null(seg);
    near(seg->columns[seg->count - 1].x, 7);
    sl_snapshot_free(s);
    s = collect(&(sl_request){.runs = runs, .run_count = 2, .columns = 1, .from = -1e300, .to = 1e300, .axis = SL_AXIS_TIME});
    sl_snapshot_free(s);
    s = collect(&(sl_request){.runs = runs, .run_count = 2, .columns = 1, .from = NAN, .to = NAN, .axis = SL_AXIS_TIME});
    sl_snapshot_free(s);
    sl_db_close(db);
}

// ---- no memory ---------------------------------------------------------------------------------------------------------------

static bool fail_at(void *user, size_t size) {
    (void)size;
    return (*(long *)user)-- != 0;
}

// Every allocation fails once: an error or a picture, no crash, and nothing leaks (which the sanitizers see).
static void test_no_memory(void **state) {
    sl_test_database_fill(path);
    int64_t runs[] = {1, 2, 3};
    sl_request request = {.runs = runs, .run_count = 3, .columns = 20, .filter = "r.id < 4", .split = "val"};
    sl_collect_options options = {.compile = compile};
    long failed = 0, n = 0;
    for (;; n++) {
        long left = n;
        sl_snapshot *s = NULL;
        sl_memory_hook_set(fail_at, &left);
        sl_status status = sl_collect(path, &options, &request, &s);
        sl_memory_hook_set(NULL, NULL);
        if (status != SL_OK) {
            assert_int_equal(status, SL_ERR_MEMORY);
            assert_null(s);
            failed++;
        } else {
            assert_non_null(s);
        }
        bool whole = status == SL_OK && !s->problem && !s->filter_problem && s->run_count == 3;
        sl_snapshot_free(s);
        if (whole && left >= 0) break; // none failed
        assert_true(n < 100000);
    }
    assert_true(failed > 50);
    print_message("%ld allocations failed, one by one; %ld of them ended the collecting\n", n, failed);
}

static void test_many(void **state) {
    enum { RUNS = 1500 };
    sl_db *db;
    sl_collector *collector;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    sl_db_value count = sl_db_integer(RUNS);
    assert_ok(sl_db_execute(
        db,
        "BEGIN; INSERT INTO experiment(id, name, created) VALUES(1, 'many', 0);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
        " INSERT INTO run(id, uuid, experiment, name, state, step, steps, seed, start_time, session_time, heartbeat)"
        " SELECT i, printf('%08x-0000', i), 1, 'run ' || i, 'done', 10, 10, i, i, i, i + 10 FROM n;"
        "INSERT INTO param(run, name, type, value) SELECT id, 'seed', 'integer', id FROM run;"
        "INSERT INTO param(run, name, type, value) SELECT id, 'method.lambda', 'number', id % 7 / 10.0 FROM run;"
        "INSERT INTO param(run, name, type, value) SELECT id, 'same', 'number', 1 FROM run;"
        "INSERT INTO metric_name(id, name) VALUES(1, 'seg');"
        "INSERT INTO metric_value(run, name_id, step, value, time) SELECT id, 1, 10, id, 0 FROM run;"
        "INSERT INTO class_iou(run, split, step, class_index, class_name, iou)"
        " SELECT r.id, 'val', e.value, 0, 'c', (r.id + e.value) / 1e4 FROM run r, json_each('[10, 5]') e; COMMIT",
        &count, 1));
    sl_db_close(db);
    assert_ok(sl_collector_open(path, NULL, &collector));
    assert_true(sl_collector_wait(collector, 0, 30));
    const sl_snapshot *s = sl_collector_take(collector);
    assert_int_equal(s->run_count, RUNS);
    for (size_t i = 0; i < RUNS; i++) {
        const sl_run_row *row = &s->runs[i];
        char varies[40];
        int64_t id = RUNS - (int64_t)i;
        assert_int_equal(row->id, id);
        near(row->seg, (double)id);
        near(row->miou, (double)(id + 10) / 1e4);
        near(row->steps_per_second, 1);
        snprintf(varies, sizeof varies, "lambda=%s%lld s%lld", id % 7 ? "." : "", (long long)(id % 7), (long long)id);
        assert_string_equal(row->varies, varies);
    }
    sl_collector_release(collector, s);
    sl_collector_close(collector);
    print_message("%d runs, each with all its numbers\n", RUNS);
}

static int begin(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "collect.db");
    return 0;
}

static int end(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_rows),    TEST(test_paused),    TEST(test_sorting),
                                       TEST(test_filter),  TEST(test_detail),    TEST(test_growing),
                                       TEST(test_hostile), TEST(test_no_memory), TEST(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
