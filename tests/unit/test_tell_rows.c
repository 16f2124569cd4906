// What the dashboard tells runs, as rows of a small database: commands and their answers, of one run and of several; tags and
// notes; what is refused; a locked file; and that nothing is lost or left behind when the dashboard is closed.
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/tui/collect/collect.h"
#include "ui/tui/tell/tell.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *folder, *path;
static sl_db *db;
static sl_tell *tell;
static int64_t live[3], done, dead;
static atomic_int readies;

static void ready(void *user) {
    atomic_fetch_add((atomic_int *)user, 1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// A run of the process `pid`.
static int64_t run_of(const char *name, int64_t pid) {
    char uuid[37], host[256] = "";
    int64_t run;
    gethostname(host, sizeof host - 1);
    assert_ok(sl_db_run_new(db,
                            &(sl_run_info){.experiment = "told",
                                           .name = name,
                                           .script_text = "return",
                                           .method = "m",
                                           .steps = 900,
                                           .git_dirty = -1,
                                           .host = host,
                                           .pid = pid},
                            &run, uuid));
    return run;
}

static int begin(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "told.db");
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    // A process other than this one that lives.
    for (int i = 0; i < 3; i++) live[i] = run_of("live", (int64_t)getppid());
    done = run_of("finished", 1);
    assert_ok(sl_db_run_finish(db, done, "done", 900, NULL));
    dead = run_of("gone", 0);
    assert_ok(
        sl_db_execute(db, "UPDATE run SET heartbeat = heartbeat - 7200, step = 5 WHERE id = (SELECT max(id) FROM run)", NULL, 0));
    atomic_store(&readies, 0);
    assert_ok(sl_tell_open(path, ready, &readies, &tell));
    return 0;
}

static int end(void **state) {
    sl_tell_close(tell, NULL);
    sl_db_close(db);
    sl_test_folder_remove(folder);
    return 0;
}

static void give(const char *name, const char *argument, const int64_t *runs, size_t count) {
    assert_ok(sl_tell_send(tell, &(sl_order){name, argument, runs, count}));
}

static const char *kinds[] = {"waiting", "sent", "late", "done", "refused", "failed"};

// The next news, which must be of this kind and contain the text.
static void expect(sl_tidings kind, const char *text) {
    sl_tell_news news;
    for (double until = now() + 10; now() < until; usleep(2000)) {
        if (!sl_tell_next(tell, &news)) continue;
        print_message("  %s: %s\n", kinds[news.kind], news.text);
        if (news.kind != kind || !strstr(news.text, text))
            fail_msg("expected %s with \"%s\", got %s: %s", kinds[kind], text, kinds[news.kind], news.text);
        return;
    }
    fail_msg("expected %s: \"%s\", got nothing", kinds[kind], text);
}

static int64_t newest(void) {
    return sl_test_integer(db, "SELECT max(id) FROM command");
}

static void test_one(void **state) {
    give("set", "method.threshold=0.3", live, 1);
    expect(SL_TIDINGS_SENT, "sent: set method.threshold=0.3; waiting");
    assert_int_equal(sl_tell_waiting(tell), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM command WHERE name = 'set' AND argument = 'method.threshold=0.3'"
                                         " AND answered IS NULL AND run = (SELECT min(id) FROM run)"),
                     1);
    assert_ok(sl_db_command_answer(db, newest(), 812, "done at step 812: method.threshold is 0.3 from now on, and was 0.2"));
    expect(SL_TIDINGS_DONE, ": done at step 812: method.threshold is 0.3");
    give("set", "method.treshold=0.3", live, 1);
    expect(SL_TIDINGS_SENT, "sent");
    assert_ok(sl_db_command_answer(db, newest(), 813, "refused: no such option \"method.treshold\""));
    expect(SL_TIDINGS_REFUSED, "refused: no such option");
    assert_int_equal(sl_tell_waiting(tell), 0);
    assert_true(atomic_load(&readies) >= 4);
}

static void test_several(void **state) {
    give("pause", "", live, 3);
    expect(SL_TIDINGS_SENT, "sent: pause to 3 runs; waiting");
    int64_t last = newest();
    for (int i = 2; i >= 0; i--) assert_ok(sl_db_command_answer(db, last - i, 1, "done at step 1"));
    expect(SL_TIDINGS_DONE, "pause: done by 3 runs");
    // Another order is sent and answered while the first waits.
    give("checkpoint", "", live, 2);
    expect(SL_TIDINGS_SENT, "sent: checkpoint to 2 runs");
    last = newest();
    give("evaluate", "", live + 2, 1);
    expect(SL_TIDINGS_SENT, "sent: evaluate");
    assert_int_equal(sl_tell_waiting(tell), 2);
    assert_ok(sl_db_command_answer(db, newest(), 3, "done at step 3: miou 0.5"));
    expect(SL_TIDINGS_DONE, "done at step 3: miou 0.5");
    assert_ok(sl_db_command_answer(db, last, 2, "refused: the disk is full"));
    assert_ok(sl_db_command_answer(db, last - 1, 2, "done at step 2"));
    expect(SL_TIDINGS_REFUSED, "checkpoint: done by 1 of 2 runs; ");
    // One of those that are told has ended meanwhile.
    const int64_t mixed[] = {live[0], done, dead};
    give("stop", "", mixed, 3);
    expect(SL_TIDINGS_SENT, "sent: stop to 3 runs");
    assert_ok(sl_db_command_answer(db, newest(), 4, "done at step 4: stopped"));
    expect(SL_TIDINGS_REFUSED, "stop: done by 1 of 3 runs; ");
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM command WHERE name = 'stop'"), 1);
}

static void test_not_trained(void **state) {
    const struct {
        int64_t run;
        const char *command, *text;
    } cases[] = {
        {done, "set",
         "(finished) is not being trained (it is done, at step 900): `semiluna run SCRIPT --set NAME=VALUE` trains another"},
        {done, "pause", "(it is done, at step 900): `semiluna show 4` has its results"},
        {dead, "evaluate",
         "(its process ended without a word, about step 5): its last checkpoint is measured by `semiluna eval 5`"},
        {dead, "set", "`semiluna run --resume 5` goes on with it, then tell it"},
        {dead, "stop", "`semiluna run --resume 5` goes on with it"},
        {99, "stop", "run 99 is not there any more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        give(cases[i].command, "", &cases[i].run, 1);
        expect(SL_TIDINGS_REFUSED, cases[i].text);
    }
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM command"), 0);
}

static void test_tag_and_note(void **state) {
    const int64_t both[] = {live[0], done};
    give("tag", "paper", both, 2);
    expect(SL_TIDINGS_DONE, "tag paper: done by 2 runs");
    give("tag", "draft", &done, 1);
    expect(SL_TIDINGS_DONE, ": done: tag draft");
    give("tag", "-paper", &done, 1);
    expect(SL_TIDINGS_DONE, ": done: tag -paper");
    give("note", "-5 was too low; \"it\" was 'so'", &dead, 1);
    expect(SL_TIDINGS_DONE, ": done: note");
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM tag"), 2);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM tag WHERE tag = 'draft' AND run = 4"), 1);
    assert_int_equal(
        sl_test_integer(db, "SELECT count(*) FROM note WHERE run = 5 AND text = '-5 was too low; \"it\" was ''so'''"), 1);
    // All of it is the run's history.
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM command WHERE answer = 'done' AND answered IS NOT NULL"), 5);
    assert_int_equal(sl_test_integer(db, "SELECT step FROM command WHERE run = 4 AND name = 'tag' LIMIT 1"), 900);
}

static void test_no_answer(void **state) {
    give("pause", "", live, 1);
    expect(SL_TIDINGS_SENT, "sent");
    assert_ok(sl_db_execute(db, "UPDATE run SET heartbeat = heartbeat - 7200", NULL, 0));
    expect(SL_TIDINGS_REFUSED, "no answer: its process has ended without a word");
}

static void test_locked(void **state) {
    sl_db *other;
    assert_ok(sl_db_open(path, SL_DB_CHANGE, &other));
    assert_ok(sl_db_execute(other, "BEGIN IMMEDIATE", NULL, 0));
    double began = now();
    give("pause", "", live, 1);
    give("tag", "later", live, 1);
    assert_true(now() - began < 0.1); // nobody waits here
    expect(SL_TIDINGS_WAITING, "waiting for the database: another program has it locked");
    usleep(300000);
    sl_tell_news news;
    assert_false(sl_tell_next(tell, &news));
    assert_ok(sl_db_execute(other, "COMMIT", NULL, 0));
    sl_db_close(other);
    expect(SL_TIDINGS_SENT, "sent: pause");
    expect(SL_TIDINGS_DONE, "tag later");
    assert_int_equal(sl_tell_waiting(tell), 1);
}

static void test_late(void **state) {
    sl_tell_patience(tell, 0.3, 0.5);
    give("pause", "", live, 1);
    expect(SL_TIDINGS_SENT, "sent");
    expect(SL_TIDINGS_LATE, ": no answer yet to pause; the command is waiting, and `semiluna show 1` will tell its answer");
    assert_ok(sl_db_command_answer(db, newest(), 9, "done at step 9"));
    expect(SL_TIDINGS_DONE, "done at step 9");
    // A file that stays locked.
    assert_ok(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    give("stop", "", live, 1);
    expect(SL_TIDINGS_WAITING, "waiting for the database");
    expect(SL_TIDINGS_FAILED, "not sent: stop: another program keeps the database locked");
    assert_ok(sl_db_execute(db, "ROLLBACK", NULL, 0));
    assert_int_equal(sl_tell_waiting(tell), 0);
    assert_int_equal(newest(), 1);
}

// What was given just before the end is written; what cannot be is told.
static void test_closing(void **state) {
    sl_text unsent = {0};
    give("stop", "", live, 1);
    sl_tell_close(tell, &unsent);
    assert_null(unsent.data);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM command WHERE name = 'stop'"), 1);
    assert_ok(sl_tell_open(path, NULL, NULL, &tell));
    assert_ok(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    give("pause", "", live + 1, 1);
    give("pause", "", live, 3);
    double began = now();
    sl_tell_close(tell, &unsent);
    assert_in_range((int)(10 * (now() - began)), 15, 60);
    assert_string_equal(unsent.data, "not sent, as the database is locked: pause to run 2\n"
                                     "not sent, as the database is locked: pause\n");
    sl_text_free(&unsent);
    assert_ok(sl_db_execute(db, "ROLLBACK", NULL, 0));
    assert_ok(sl_tell_open(path, NULL, NULL, &tell));
}

static void test_trouble(void **state) {
    sl_tell *other;
    sl_tell_news news = {0};
    assert_ok(sl_tell_open(sl_test_path(folder, "none.db"), NULL, NULL, &other));
    assert_ok(sl_tell_send(other, &(sl_order){"pause", "", live, 1}));
    for (double until = now() + 10; now() < until && !sl_tell_next(other, &news);) usleep(2000);
    print_message("  %s\n", news.text);
    assert_int_equal(news.kind, SL_TIDINGS_FAILED);
    assert_non_null(strstr(news.text, "not sent: pause: "));
    sl_tell_close(other, NULL);
    char longer[400];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    give("set", longer, live, 1);
    expect(SL_TIDINGS_FAILED, "not sent: set xxx");
    assert_error(SL_ERR_ARGUMENT, sl_tell_send(tell, &(sl_order){"pause", "", live, 0}), "no run");
    // So many orders that news are dropped, and no answers but their own.
    for (int i = 0; i < 100; i++) give("tag", "often", live, 3);
    while (sl_tell_waiting(tell)) usleep(2000);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM tag WHERE tag = 'often'"), 3);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM command WHERE name = 'tag'"), 300);
}

// What the collector says of numbers that can be set.
static void test_numbers(void **state) {
    assert_ok(sl_db_run_param(db, live[0], "method.threshold", "schedule", "0.2"));
    assert_ok(sl_db_run_param(db, live[0], "optimizer.lr", "schedule", "poly(0.01, 0.9)"));
    assert_ok(sl_db_run_param(db, live[0], "seed", "integer", "3"));
    assert_ok(
        sl_db_execute(db,
                      "INSERT INTO metric_name(id, name) VALUES(1, 'option.optimizer.lr');"
                      "INSERT INTO metric_value(run, name_id, step, value, time) VALUES(1, 1, 1, 0.01, 0), (1, 1, 9, 0.007, 0)",
                      NULL, 0));
    sl_snapshot *snapshot;
    // Whatever steps a screen looks at.
    assert_ok(
        sl_collect(path, &(sl_collect_options){0}, &(sl_request){.runs = live, .run_count = 1, .from = 1, .to = 2}, &snapshot));
    assert_int_equal(snapshot->detail_count, 1);
    const sl_run_detail *d = &snapshot->details[0];
    assert_int_equal(d->number_count, 2);
    assert_string_equal(d->numbers[0].name, "method.threshold");
    assert_string_equal(d->numbers[0].value, "0.2");
    assert_true(d->numbers[0].present != d->numbers[0].present);
    assert_string_equal(d->numbers[1].value, "poly(0.01, 0.9)");
    assert_true(d->numbers[1].present == 0.007);
    sl_snapshot_free(snapshot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one, begin, end),
        cmocka_unit_test_setup_teardown(test_several, begin, end),
        cmocka_unit_test_setup_teardown(test_not_trained, begin, end),
        cmocka_unit_test_setup_teardown(test_tag_and_note, begin, end),
        cmocka_unit_test_setup_teardown(test_no_answer, begin, end),
        cmocka_unit_test_setup_teardown(test_locked, begin, end),
        cmocka_unit_test_setup_teardown(test_closing, begin, end),
        cmocka_unit_test_setup_teardown(test_trouble, begin, end),
        cmocka_unit_test_setup_teardown(test_late, begin, end),
        cmocka_unit_test_setup_teardown(test_numbers, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
