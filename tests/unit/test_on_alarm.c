// --on-alarm on a snapshot made by hand: once for each run and kind of finding, again after it was away for long, never for
// notes; what the command finds in its environment; failures told once; a queue instead of hundreds of processes.
#include "core/base/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"
#include "ui/health.h"
#include "ui/tui/on_alarm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder;
static char log_path[4096];

static sl_finding_row strong = {SL_FINDING_D_STRONG, SL_SEVERITY_WARN, "D too strong", "it is too strong: lower it"},
                      note = {SL_FINDING_KEPT_ALL, SL_SEVERITY_NOTE, "keeps everything", "as asked for"},
                      both[] = {{SL_FINDING_DIVERGED, SL_SEVERITY_BAD, "diverged", "the run diverged"},
                                {SL_FINDING_SPIKE, SL_SEVERITY_WARN, "loss spike", "seg jumped"}};

static sl_run_row run_of(int64_t id, const sl_finding_row *findings, size_t count) {
    return (sl_run_row){.id = id,
                        .uuid = "0",
                        .name = "n",
                        .experiment = "e",
                        .state = SL_STATE_RUNNING,
                        .findings = findings,
                        .finding_count = count};
}

static sl_snapshot snapshot_of(const sl_run_row *runs, size_t count) {
    return (sl_snapshot){
        .complete = true, .runs = runs, .run_count = count, .running = (int)count, .disk_free = 5e11, .disk_total = 1e12};
}

// What the commands wrote, and nothing afterwards.
static sl_text take_log(void) {
    sl_text text = {0};
    if (access(log_path, F_OK) == 0) assert_ok(sl_text_read_file(log_path, &text));
    remove(log_path);
    if (!text.data) assert_ok(sl_text_append(&text, "%s", ""));
    return text;
}

static int lines_of_log(void) {
    sl_text text = take_log();
    int lines = 0;
    for (const char *at = text.data; (at = strchr(at, '\n')); at++) lines++;
    sl_text_free(&text);
    return lines;
}

// Lets all commands end; fails where one has failed.
static int settled(sl_on_alarm *alarm) {
    size_t count;
    assert_int_equal(sl_on_alarm_wait(alarm, &count), 0);
    return lines_of_log();
}

static sl_on_alarm *logging(const char *what) {
    char command[5000];
    sl_on_alarm *alarm;
    snprintf(command, sizeof command, "printf '%%s\\n' \"%s\" >>'%s'", what, log_path);
    assert_ok(sl_on_alarm_new(command, "/data/x.db", false, &alarm));
    return alarm;
}

static void test_once(void **state) {
    sl_run_row runs[] = {run_of(1, &strong, 1), run_of(2, both, 2), run_of(3, &note, 1), run_of(4, NULL, 0)};
    sl_snapshot snapshot = snapshot_of(runs, 4);
    sl_on_alarm *alarm = logging("$SEMILUNA_RUN $SEMILUNA_ALARM");
    assert_ok(sl_on_alarm_look(alarm, NULL, 1000));
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1000));
    assert_int_equal(settled(alarm), 3); // one of run 1, two of run 2, no note
    for (int i = 1; i < 50; i++) assert_ok(sl_on_alarm_look(alarm, &snapshot, 1000 + i));
    assert_int_equal(settled(alarm), 0);
    // Another kind in the same run is new.
    runs[3] = run_of(4, &strong, 1);
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1060));
    assert_int_equal(settled(alarm), 1);
    // It comes and goes: not new. Away for a minute: new.
    sl_run_row well = run_of(1, NULL, 0), ill = runs[0];
    for (int i = 0; i < 20; i++) {
        runs[0] = i % 2 ? ill : well;
        assert_ok(sl_on_alarm_look(alarm, &snapshot, 1100 + 10 * i));
    }
    assert_int_equal(settled(alarm), 0);
    runs[0] = well;
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 2000));
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 2061));
    runs[0] = ill;
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 2062));
    assert_int_equal(settled(alarm), 1);
    // Runs that a filter hides, a snapshot that is not whole, and a file that cannot be read say nothing of what has gone.
    sl_snapshot hidden = snapshot_of(runs + 3, 1), part = snapshot, broken = snapshot;
    sl_run_row all_well[] = {well, run_of(2, NULL, 0), run_of(3, NULL, 0), run_of(4, NULL, 0)};
    part.complete = false;
    part.runs = broken.runs = all_well;
    broken.problem = "the file is gone";
    for (int i = 0; i < 3; i++) {
        assert_ok(sl_on_alarm_look(alarm, i == 0 ? &hidden : i == 1 ? &part : &broken, 3000 + 1000 * i));
        assert_ok(sl_on_alarm_look(alarm, i == 0 ? &hidden : i == 1 ? &part : &broken, 3100 + 1000 * i));
        assert_ok(sl_on_alarm_look(alarm, &snapshot, 3200 + 1000 * i));
    }
    assert_int_equal(settled(alarm), 0);
    sl_on_alarm_free(alarm);
}

static void test_disk(void **state) {
    sl_finding_row full = {SL_FINDING_DISK, SL_SEVERITY_BAD, "disk full", "full"};
    sl_run_row runs[] = {run_of(7, &full, 1), run_of(8, &full, 1), run_of(9, &full, 1)};
    sl_snapshot snapshot = snapshot_of(runs, 3);
    snapshot.disk_free = 1e8;
    sl_on_alarm *alarm = logging("$SEMILUNA_RUN $SEMILUNA_SEVERITY $SEMILUNA_ALARM");
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
    size_t count;
    assert_int_equal(sl_on_alarm_wait(alarm, &count), 0);
    sl_text text = take_log();
    assert_string_equal(text.data, "7 bad disk full\n"); // once, whatever the number of runs
    sl_text_free(&text);
    sl_on_alarm_free(alarm);
    alarm = logging("x");
    for (int i = 0; i < 3; i++) runs[i].state = SL_STATE_DONE, runs[i].finding_count = 0; // nobody suffers from it
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
    assert_int_equal(settled(alarm), 0);
    sl_on_alarm_free(alarm);
}

static void test_hostile(void **state) {
    static char huge[300000];
    memset(huge, 'a', sizeof huge - 1);
    for (size_t i = 3001; i + 3 < sizeof huge; i += 3) memcpy(huge + i, "\xe6\x9c\x88", 3); // wide, cut nowhere in the middle
    char name[512];
    snprintf(name, sizeof name, "$(touch %s/owned) `touch %s/owned`; touch %s/owned\nX=1\033[31m '\" \\ %%s \xff", folder, folder,
             folder);
    sl_finding_row finding = strong;
    finding.text = huge;
    sl_run_row run = run_of(5, &finding, 1);
    run.name = name;
    run.experiment = NULL;
    sl_snapshot snapshot = snapshot_of(&run, 1);
    setenv("SEMILUNA_NAME", "of the person's own", 1);
    sl_on_alarm *alarm = logging("[$SEMILUNA_NAME][$SEMILUNA_EXPERIMENT][$SEMILUNA_DB][${#SEMILUNA_TEXT}]");
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
    size_t count;
    assert_int_equal(sl_on_alarm_wait(alarm, &count), 0);
    assert_int_equal(count, 1);
    sl_text text = take_log();
    char expected[1024];
    for (char *at = name; *at; at++)
        if ((unsigned char)*at < 32) *at = ' ';
    snprintf(expected, sizeof expected, "[%s][][/data/x.db][", name);
    assert_memory_equal(text.data, expected, strlen(expected));
    assert_true(atoi(text.data + strlen(expected)) > 3000 && atoi(text.data + strlen(expected)) <= 4000);
    assert_true(access(sl_test_path(folder, "owned"), F_OK) != 0);
    sl_text_free(&text);
    sl_on_alarm_free(alarm);
    unsetenv("SEMILUNA_NAME");
}

static void test_failures(void **state) {
    sl_run_row runs[] = {run_of(1, &strong, 1), run_of(2, both, 2)};
    sl_snapshot snapshot = snapshot_of(runs, 2);
    static const struct {
        const char *command, *says;
    } cases[] = {{"exit 3", "ended with status 3"},
                 {"kill -9 $$", "ended by signal 9"},
                 {"no-such-program-at-all", "ended with status 127"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sl_on_alarm *alarm;
        const char *said = NULL;
        int times = 0;
        assert_ok(sl_on_alarm_new(cases[i].command, "x.db", false, &alarm));
        assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
        for (int round = 0; round < 300; round++) {
            const char *complaint = sl_on_alarm_reap(alarm, 1 + round * 0.01);
            if (complaint) said = complaint, times++;
            usleep(2000);
        }
        assert_int_equal(times, 1);
        assert_non_null(strstr(said, cases[i].says));
        size_t count;
        assert_int_equal(sl_on_alarm_wait(alarm, &count), 3);
        assert_int_equal(count, 3);
        sl_on_alarm_free(alarm);
    }
    sl_on_alarm *alarm;
    assert_ok(sl_on_alarm_new("sleep 0.3", "x.db", false, &alarm));
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
    assert_null(sl_on_alarm_reap(alarm, 50));
    const char *complaint = sl_on_alarm_reap(alarm, 100);
    assert_true(complaint && strstr(complaint, "for a minute"));
    assert_null(sl_on_alarm_reap(alarm, 200));
    size_t count;
    assert_int_equal(sl_on_alarm_wait(alarm, &count), 0);
    sl_on_alarm_free(alarm);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0); // no child is left behind
}

// Two hundred findings at once: few processes at a time, and all are told.
static void test_many(void **state) {
    enum { RUNS = 200 };
    static sl_run_row runs[RUNS];
    for (int i = 0; i < RUNS; i++) runs[i] = run_of(i + 1, &strong, 1);
    sl_snapshot snapshot = snapshot_of(runs, RUNS);
    sl_on_alarm *alarm = logging("$SEMILUNA_RUN");
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
    size_t count;
    assert_int_equal(sl_on_alarm_wait(alarm, &count), 0);
    assert_int_equal(count, RUNS);
    assert_int_equal(lines_of_log(), RUNS);
    sl_on_alarm_free(alarm);
    // Freed while some wait.
    alarm = logging("x");
    assert_ok(sl_on_alarm_look(alarm, &snapshot, 1));
    sl_on_alarm_free(alarm);
    while (waitpid(-1, NULL, 0) > 0) {
    }
    assert_in_range(lines_of_log(), 0, 8);
}

static int set_up(void **state) {
    folder = sl_test_folder();
    snprintf(log_path, sizeof log_path, "%s", sl_test_path(folder, "log"));
    return 0;
}

static int tear_down(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),     cmocka_unit_test(test_disk), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
