// What processes use: of this one, of others that got its number, of those that have ended; and in the rows of the dashboard.
#include "db/db.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/tui/collect/collect.h"
#include "ui/tui/collect/process.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void work(double time) {
    double until = seconds(CLOCK_THREAD_CPUTIME_ID) + time;
    while (seconds(CLOCK_THREAD_CPUTIME_ID) < until) {
    }
}

static void test_this(void **state) {
    sl_process_use use = {0};
    double now = seconds(CLOCK_REALTIME), began = seconds(CLOCK_MONOTONIC);
    sl_process_look(&use, getpid(), now, began);
    if (isnan(use.memory)) {
        print_message("skipped: there is no /proc here\n");
        skip();
    }
    assert_true(use.memory > 1e5 && use.memory < 1e11);
    assert_true(use.cpu >= 0);
    // Memory that is touched is counted, and only what was used since.
    enum { MORE = 64 << 20 };
    double before = use.memory;
    char *more = malloc(MORE);
    assert_non_null(more);
    memset(more, 1, MORE);
    work(0.6);
    double later = seconds(CLOCK_MONOTONIC);
    sl_process_look(&use, getpid(), now, later);
    assert_true(more[MORE / 2] == 1);
    assert_true(use.memory >= before + MORE / 2);
    double most = 1.1 + 0.1 / (later - began), least = 0.5 / (later - began);
    if (!(use.cpu >= least && use.cpu <= most)) fail_msg("used %g, expected %g to %g", use.cpu, least, most);
    free(more);
    // Too soon: nothing changes.
    sl_process_use same = use;
    sl_process_look(&use, getpid(), now, later + 0.1);
    assert_memory_equal(&same, &use, sizeof use);
}

static void test_others(void **state) {
    double now = seconds(CLOCK_REALTIME);
    sl_process_use use = {0};
    sl_process_look(&use, getpid(), now - 3600, 1); // this process was not there an hour ago
    assert_true(isnan(use.memory) && isnan(use.cpu));
    sl_process_look(&use, 0, now, 3);
    assert_true(isnan(use.memory));
    sl_process_look(&use, getpid(), NAN, 5);
    assert_true(isnan(use.memory));
    pid_t child = fork();
    if (child == 0) _exit(0);
    siginfo_t ended;
    assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    sl_process_look(&use, child, seconds(CLOCK_REALTIME), 7); // not waited for yet
    assert_true(isnan(use.memory));
    assert_int_equal(waitpid(child, NULL, 0), child);
    sl_process_look(&use, child, seconds(CLOCK_REALTIME), 9);
    assert_true(isnan(use.memory) && isnan(use.cpu));
    // Found again, it begins anew.
    sl_process_look(&use, getpid(), seconds(CLOCK_REALTIME), 11);
    assert_true(isnan(use.memory) || use.memory > 0);
}

static void test_rows(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "process.db");
    char here[256] = "";
    assert_int_equal(gethostname(here, sizeof here - 1), 0);
    sl_test_database_fill(path);
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    sl_db_value values[] = {sl_db_text(here), sl_db_integer(getpid())};
    assert_ok(sl_db_execute(db, "UPDATE run SET host = ?1, pid = ?2", values, 2));
    sl_snapshot *snapshot;
    assert_ok(sl_collect(path, NULL, &(sl_request){0}, &snapshot));
    for (size_t i = 0; i < snapshot->run_count; i++) {
        const sl_run_row *row = &snapshot->runs[i];
        // One that gives no sign of life though its process is there has a row like those that run.
        if (row->state != SL_STATE_RUNNING && row->state != SL_STATE_DEAD)
            assert_true(isnan(row->memory) && isnan(row->cpu));
        else if (row->state == SL_STATE_RUNNING && access("/proc/self/stat", R_OK) == 0)
            assert_true(row->memory > 1e5 && row->cpu >= 0);
        assert_true(row->state == SL_STATE_RUNNING || row->state == SL_STATE_DEAD || row->ended > 1e9);
    }
    sl_snapshot_free(snapshot);
    assert_ok(sl_db_execute(db, "UPDATE run SET host = 'elsewhere'", NULL, 0));
    sl_db_close(db);
    assert_ok(sl_collect(path, NULL, &(sl_request){0}, &snapshot));
    for (size_t i = 0; i < snapshot->run_count; i++) assert_true(isnan(snapshot->runs[i].memory));
    sl_snapshot_free(snapshot);
    sl_test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
