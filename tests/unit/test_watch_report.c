// The dashboard's reports against what `semiluna compare` and `semiluna diff` print, and when they are made.
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/cli/watch_report.h"
#include "ui/tui/collect/collect.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DONE = 6, RUNS = 8 };

static int64_t add_run(sl_db *db, int number) {
    char seed[8], uuid[37];
    snprintf(seed, sizeof seed, "%d", number % 3 + 1);
    sl_run_info info = {.experiment = "grid",
                        .name = "grid \"odd\" \033[31m name",
                        .method = "advsemiseg",
                        .seed = number % 3 + 1,
                        .steps = 100,
                        .host = "testhost",
                        .device = "cpu",
                        .versions = "semiluna test",
                        .script_path = "grid.lua",
                        .script_text = number < 3 ? "-- one\nreturn 1\n" : "-- one\nreturn 2\n",
                        .pid = getpid(),
                        .threads = 1};
    int64_t run;
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    assert_ok(sl_db_run_param(db, run, "seed", "integer", seed));
    assert_ok(sl_db_run_param(db, run, "method.threshold", "number", number / 3 % 2 ? "0.2" : "0"));
    assert_ok(sl_db_run_param(db, run, "data.labeled", "number", "0.125"));
    return run;
}

// Two cells of three seeds that are done, one run that goes on, one that was stopped.
static void fill(const char *path) {
    sl_db *db;
    sl_writer *writer;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_writer_open(path, &writer));
    for (int i = 0; i < RUNS; i++) {
        int64_t run = add_run(db, i), right = 60 + 3 * i;
        assert_int_equal(run, i + 1);
        const int64_t counts[4] = {right, 100 - right, 20, 80 - i};
        for (int step = 1; step <= 100; step++) assert_ok(sl_writer_metric(writer, run, step, "seg", (2.0 + i) / step));
        assert_ok(sl_writer_metric(writer, run, 100, "miou", 0.5));
        assert_ok(sl_writer_class_iou(writer, run, 100, "val", 0, "road", 0.5));
        assert_ok(sl_writer_class_iou(writer, run, 100, "val", 1, "sky", 0.5));
        assert_ok(sl_writer_confusion(writer, run, 100, "val", 2, counts));
    }
    assert_ok(sl_writer_close(writer));
    for (int64_t run = 1; run <= DONE; run++) assert_ok(sl_db_run_finish(db, run, "done", 100, NULL));
    assert_ok(sl_db_run_finish(db, 8, "stopped", 100, NULL));
    sl_db_close(db);
}

// What the program prints, without the newline at its end.
static void printed(const char *command, char *out, size_t bytes) {
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t length = fread(out, 1, bytes - 1, pipe);
    int status = pclose(pipe);
    if (status != 0) fail_msg("%s: status %d", command, status);
    assert_true(length > 0 && out[length - 1] == '\n');
    out[length - 1] = '\0';
}

static sl_snapshot *collected(const char *path, sl_watch_report *report, const sl_report_request *wanted) {
    sl_snapshot *snapshot;
    sl_collect_options options = {.report = sl_watch_report_make, .user = report};
    assert_ok(sl_collect(path, &options, &(sl_request){.report = *wanted}, &snapshot));
    assert_null(snapshot->problem);
    assert_int_equal(snapshot->run_count, RUNS);
    assert_int_equal(snapshot->report.kind, wanted->kind);
    return snapshot;
}

static const int64_t all[RUNS] = {1, 2, 3, 4, 5, 6, 7, 8};

static void test_same_text(void **state) {
    const struct {
        sl_report_request wanted;
        const char *command;
    } cases[] = {
        {{SL_REPORT_COMPARE, all, RUNS, NULL, NULL}, "compare 'id in (1, 2, 3, 4, 5, 6, 7, 8)'"},
        {{SL_REPORT_COMPARE, all, 4, "", ""}, "compare 'id in (1, 2, 3, 4)'"},
        {{SL_REPORT_COMPARE, all, 6, NULL, "method.threshold=0"}, "compare 'id in (1,2,3,4,5,6)' --against method.threshold=0"},
        {{SL_REPORT_COMPARE, all, 6, "seg", NULL}, "compare 'id in (1,2,3,4,5,6)' --metric seg"},
        {{SL_REPORT_COMPARE, all, 1, NULL, NULL}, "compare 'id in (1)'"},
        {{SL_REPORT_DIFF, (const int64_t[]){1, 5}, 2, NULL, NULL}, "diff 1 5"},
        {{SL_REPORT_DIFF, (const int64_t[]){8, 7}, 2, NULL, NULL}, "diff 8 7"},
        {{SL_REPORT_DIFF, (const int64_t[]){1, 2}, 2, NULL, NULL}, "diff 1 2"},
    };
    const char *program = getenv("SEMILUNA"), *folder = sl_test_folder(), *path = sl_test_path(folder, "report.db");
    if (!program) skip();
    static char expected[100000], command[4096];
    sl_watch_report *report;
    fill(path);
    assert_ok(sl_watch_report_new(path, &report));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(command, sizeof command, "'%s' %s --db '%s'", program, cases[i].command, path);
        printed(command, expected, sizeof expected);
        sl_snapshot *snapshot = collected(path, report, &cases[i].wanted);
        assert_null(snapshot->report.problem);
        assert_string_equal(snapshot->report.text, expected);
        sl_snapshot_free(snapshot);
    }
    sl_watch_report_free(report);
    sl_test_folder_remove(folder);
    print_message("%zu texts are those of the commands\n", sizeof cases / sizeof *cases);
}

static void test_cells(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "report.db");
    sl_watch_report *report;
    fill(path);
    assert_ok(sl_watch_report_new(path, &report));
    sl_snapshot *snapshot = collected(path, report, &(sl_report_request){SL_REPORT_COMPARE, all, RUNS, NULL, NULL});
    const sl_report *made = &snapshot->report;
    // A column under one title: the cells T = 0 and T = 0.2, in that order.
    assert_int_equal(made->cell_count, 3);
    assert_memory_equal(made->text + made->cells[0].at, "mIoU %", 6);
    assert_int_equal(made->cells[0].run_count, 0);
    for (size_t k = 1; k < 3; k++) {
        assert_int_equal(made->cells[k].run_count, 3);
        for (size_t i = 0; i < 3; i++) assert_in_range(made->cells[k].runs[i], 3 * k - 2, 3 * k);
        assert_non_null(strstr(made->text + made->cells[k].at, "\xC2\xB1"));
    }
    assert_null(strpbrk(made->text, "\1\2\033"));
    sl_snapshot_free(snapshot);
    sl_watch_report_free(report);
    sl_test_folder_remove(folder);
}

static void test_problems(void **state) {
    const struct {
        sl_report_request wanted;
        const char *problem;
    } cases[] = {
        {{SL_REPORT_COMPARE, (const int64_t[]){7, 8}, 2, NULL, NULL}, "none of 2 runs is done (1 running, 1 stopped)"},
        {{SL_REPORT_COMPARE, all, 6, "nothing", NULL}, "--metric nothing: no run in"},
        {{SL_REPORT_COMPARE, all, 6, NULL, "threshold"}, "write it as option=value"},
        {{SL_REPORT_COMPARE, all, 6, NULL, "threshold=7"}, "its values are 0, 0.2"},
        {{SL_REPORT_COMPARE, (const int64_t[]){77}, 1, NULL, NULL}, "no runs to compare"},
        {{SL_REPORT_DIFF, all, 1, NULL, NULL}, "two runs"},
        {{SL_REPORT_DIFF, (const int64_t[]){3, 3}, 2, NULL, NULL}, "the same run"},
    };
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "report.db");
    sl_watch_report *report;
    fill(path);
    assert_ok(sl_watch_report_new(path, &report));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sl_snapshot *snapshot = collected(path, report, &cases[i].wanted);
        assert_null(snapshot->report.text);
        assert_non_null(snapshot->report.problem);
        if (!strstr(snapshot->report.problem, cases[i].problem) || strchr(snapshot->report.problem, '\n'))
            fail_msg("\"%s\" does not say \"%s\"", snapshot->report.problem, cases[i].problem);
        sl_snapshot_free(snapshot);
    }
    sl_watch_report_free(report);
    // Without anybody who makes reports.
    sl_snapshot *snapshot;
    assert_ok(sl_collect(path, NULL, &(sl_request){.report = cases[0].wanted}, &snapshot));
    assert_non_null(snapshot->report.problem);
    sl_snapshot_free(snapshot);
    sl_test_folder_remove(folder);
    print_message("%zu problems told\n", sizeof cases / sizeof *cases);
}

// ---- when -------------------------------------------------------------------------------------------------------------------

static atomic_int made;

static sl_status count(void *user, const sl_report_request *wanted, sl_text *out) {
    made++;
    for (size_t i = 0; i < wanted->run_count; i++) SL_TRY(sl_text_append(out, "\1%lld\2run ", (long long)wanted->runs[i]));
    return sl_text_append(out, "made");
}

static void wait_for(int wanted, int tenths) {
    for (int i = 0; i < tenths && made < wanted; i++) usleep(100000);
    assert_int_equal(made, wanted);
}

static const char *asked(sl_collector *collector, const sl_report_request *wanted, char *out, size_t bytes) {
    uint64_t serial;
    assert_ok(sl_collector_ask(collector, &(sl_request){.report = *wanted}, &serial));
    assert_true(sl_collector_wait(collector, serial, 20));
    const sl_snapshot *snapshot = sl_collector_take(collector);
    snprintf(out, bytes, "%s", snapshot->report.text ? snapshot->report.text : "");
    sl_collector_release(collector, snapshot);
    return out;
}

static void test_when(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "report.db");
    char text[200];
    sl_collector *collector;
    sl_db *db;
    sl_writer *writer;
    fill(path);
    made = 0;
    assert_ok(sl_collector_open(path, &(sl_collect_options){.report = count, .interval = 0.02}, &collector));
    sl_report_request wanted = {SL_REPORT_COMPARE, all, 3, NULL, NULL};
    assert_string_equal(asked(collector, &wanted, text, sizeof text), "run run run made");
    assert_int_equal(made, 1);
    // The same again, and what a run that goes on logs, are no reasons.
    asked(collector, &wanted, text, sizeof text);
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_writer_open(path, &writer));
    assert_ok(sl_writer_metric(writer, 7, 101, "seg", 1));
    assert_ok(sl_writer_close(writer));
    usleep(500000);
    assert_int_equal(made, 1);
    // Others are: at once where other runs are asked for, after a while where a run's state has changed.
    wanted.run_count = 2;
    assert_string_equal(asked(collector, &wanted, text, sizeof text), "run run made");
    assert_int_equal(made, 2);
    wanted = (sl_report_request){SL_REPORT_COMPARE, (const int64_t[]){7, 99}, 2, NULL, NULL};
    assert_string_equal(asked(collector, &wanted, text, sizeof text), "run made");
    assert_int_equal(made, 3);
    assert_ok(sl_db_run_finish(db, 7, "done", 101, NULL));
    usleep(300000);
    assert_int_equal(made, 3);
    wait_for(4, 60);
    // None is made where none is asked for.
    asked(collector, &(sl_report_request){0}, text, sizeof text);
    assert_string_equal(text, "");
    sl_db_close(db);
    sl_collector_close(collector);
    assert_int_equal(made, 4);
    sl_test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
