// Claims: who gets them, when they are free again, and 64 processes that claim, train and log at once, some of them killed.
#include "db/db_impl.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder, *path;

static sl_db *open_db(void) {
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    return db;
}

static void execute(sl_db *db, const char *sql) {
    assert_ok(sl_db_execute(db, sql, NULL, 0));
}

static bool take(sl_db *db, const char *hash, sl_db_holder *holder) {
    bool taken;
    assert_ok(sl_db_claim_take(db, hash, &taken, holder));
    return taken;
}

static void test_one_process(void **state) {
    sl_db *db = open_db();
    sl_db_holder holder;
    bool held;
    int64_t run;
    char uuid[37], host[SL_HOST_BYTES];
    sl_run_info info = {.name = "x", .pid = getpid()};
    sl_process_host(host);
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    assert_ok(sl_db_claim_run(db, "a", run, &held));
    assert_false(held); // not taken yet
    assert_true(take(db, "a", &holder));
    assert_true(take(db, "a", &holder)); // by itself
    assert_true(take(db, "b", &holder));
    assert_ok(sl_db_claim_run(db, "a", run, &held));
    assert_true(held);
    assert_ok(sl_db_claim_beat(db, "a", &held));
    assert_true(held);
    assert_ok(sl_db_claim_holder(db, "a", &held, &holder));
    assert_true(held);
    assert_string_equal(holder.host, host);
    assert_int_equal(holder.pid, getpid());
    assert_int_equal(holder.run, run);
    assert_true(take(db, "a", &holder)); // keeps its run
    assert_int_equal(sl_test_integer(db, "SELECT run FROM claim WHERE hash = 'a'"), run);
    assert_ok(sl_db_claim_release(db, "a"));
    assert_ok(sl_db_claim_release(db, "a"));
    assert_ok(sl_db_claim_holder(db, "a", &held, &holder));
    assert_false(held);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM claim"), 1);
    assert_error(sl_db_claim_take(db, "", &held, &holder), SL_ERR_ARGUMENT, "needs a hash");
    // In a transaction of the caller, which is given up.
    execute(db, "BEGIN IMMEDIATE");
    assert_true(take(db, "c", &holder));
    execute(db, "ROLLBACK");
    assert_ok(sl_db_claim_holder(db, "c", &held, &holder));
    assert_false(held);
    sl_db_close(db);
}

// A process that holds a claim until it is killed.
static pid_t start_holder(const char *hash) {
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sl_db *db;
        sl_db_holder holder;
        bool taken;
        if (sl_db_open(path, SL_DB_WRITE, &db) != SL_OK || sl_db_claim_take(db, hash, &taken, &holder) != SL_OK || !taken)
            _exit(1);
        if (write(ready[1], &byte, 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void test_dead_process(void **state) {
    sl_db *db = open_db();
    sl_db_holder holder;
    bool held;
    pid_t child = start_holder("a");
    assert_false(take(db, "a", &holder));
    assert_int_equal(holder.pid, child);
    assert_ok(sl_db_claim_run(db, "a", 1, &held));
    assert_false(held);
    assert_ok(sl_db_claim_release(db, "a")); // another's: nothing happens
    assert_false(take(db, "a", &holder));
    // However long it says nothing: its process lives.
    execute(db, "UPDATE claim SET heartbeat = heartbeat - 7200");
    assert_false(take(db, "a", &holder));
    assert_int_equal(kill(child, SIGSTOP), 0);
    assert_false(take(db, "a", &holder));
    assert_int_equal(kill(child, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0); // ended, but not yet waited for
    assert_ok(sl_db_claim_holder(db, "a", &held, &holder));
    assert_false(held);
    assert_true(take(db, "a", &holder));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ok(sl_db_claim_release(db, "a"));

    // The same pid, but of a process that was started at another time.
    child = start_holder("a");
    execute(db, "UPDATE claim SET process_start = process_start - 1");
    assert_true(take(db, "a", &holder));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    sl_db_close(db);
}

static void test_other_machine(void **state) {
    sl_db *db = open_db();
    sl_db_holder holder;
    bool alive;
    int64_t run;
    char uuid[37];
    sl_run_info info = {.name = "x", .host = "elsewhere", .pid = 1};
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    execute(db, "INSERT INTO claim SELECT 'a', NULL, 'elsewhere', 1, 1, strftime('%s', 'now'), strftime('%s', 'now')");
    assert_false(take(db, "a", &holder));
    assert_string_equal(holder.host, "elsewhere");
    assert_int_equal(holder.run, 0);
    execute(db, "UPDATE claim SET heartbeat = heartbeat - 50");
    assert_false(take(db, "a", &holder));
    execute(db, "UPDATE claim SET heartbeat = heartbeat - 20, run = 1"); // but its run was heard of just now
    assert_false(take(db, "a", &holder));
    assert_int_equal(holder.run, run);
    execute(db, "UPDATE run SET heartbeat = heartbeat - 70");
    assert_ok(sl_db_run_alive(db, run, &alive));
    assert_false(alive);
    assert_true(take(db, "a", &holder));
    sl_db_close(db);
}

// A run whose process could not say for long that it lives is not taken for dead while the process holds its claim.
static void test_silent_run(void **state) {
    sl_db *db = open_db();
    bool alive;
    int64_t run;
    char uuid[37], host[SL_HOST_BYTES];
    sl_process_host(host);
    pid_t child = start_holder("a");
    sl_run_info info = {.name = "x", .host = host, .pid = child};
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    execute(db, "UPDATE claim SET run = 1; UPDATE run SET heartbeat = heartbeat - 7200");
    assert_ok(sl_db_run_alive(db, run, &alive));
    assert_true(alive);
    assert_error(sl_db_run_resume(db, run, 0, &info), SL_ERR_ARGUMENT, "still running");
    assert_error(sl_db_run_remove(db, run), SL_ERR_ARGUMENT, "is being trained");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ok(sl_db_run_alive(db, run, &alive));
    assert_false(alive);
    assert_ok(sl_db_run_remove(db, run));
    sl_db_close(db);
}

// ---- many processes -----------------------------------------------------------------------------------------------------------

#define CHECK(expression)                                                                     \
    do {                                                                                      \
        if ((expression) != SL_OK) {                                                          \
            fprintf(stderr, "process %d: %s: %s\n", number, #expression, sl_error_message()); \
            return 1;                                                                         \
        }                                                                                     \
    } while (0)

enum { POINTS = 60 };

// One cell: a run, its points, its end. `lock` is the test's own witness that nobody else trains this cell at the same time; it
// falls with the process.
static int train(sl_db *db, sl_writer *writer, int number, int cell, const char *hash, useconds_t pause) {
    char name[32], uuid[37];
    int64_t run;
    bool held;
    snprintf(name, sizeof name, "lock-%d", cell);
    int lock = open(sl_test_path(folder, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) {
        fprintf(stderr, "process %d: two at once train cell %d\n", number, cell);
        return 3;
    }
    sl_run_info info = {.experiment = "many", .name = hash, .seed = cell, .steps = POINTS, .pid = getpid()};
    sl_db_value values[] = {sl_db_null(), sl_db_text(hash)};
    CHECK(sl_db_run_new(db, &info, &run, uuid));
    values[0] = sl_db_integer(run);
    CHECK(sl_db_claim_run(db, hash, run, &held));
    if (!held) {
        fprintf(stderr, "process %d: lost the claim of cell %d\n", number, cell);
        return 4;
    }
    CHECK(sl_db_execute(db, "INSERT INTO cell VALUES(?1, ?2, 'o', 's', 'l', NULL, NULL)", values, 2));
    for (int step = 1; step <= POINTS; step++) {
        CHECK(sl_writer_metric(writer, run, step, "seg", cell * 1000.0 + step));
        CHECK(sl_writer_heartbeat(writer, run, step));
        if (pause) usleep(pause);
    }
    CHECK(sl_writer_flush(writer));
    CHECK(sl_db_run_finish(db, run, "done", POINTS, NULL));
    close(lock);
    return 0;
}

static sl_status is_done(sl_db *db, const char *hash, int64_t *done) {
    sl_db_value value = sl_db_text(hash);
    return sl_db_integer_of(db, "SELECT 1 FROM cell c JOIN run r ON r.id = c.run WHERE c.hash = ?1 AND r.state = 'done'", &value,
                            1, 0, done);
}

// Goes round the cells until all are done, as a worker of a sweep does.
static int work(int number, int cells, useconds_t pause) {
    sl_db *db;
    sl_writer *writer;
    CHECK(sl_db_open(path, SL_DB_WRITE, &db));
    CHECK(sl_writer_open(path, &writer));
    for (int left = 1; left > 0;) {
        left = 0;
        for (int i = 0; i < cells; i++) {
            int cell = (i + number * 7) % cells;
            int64_t done;
            char hash[32];
            bool taken;
            sl_db_holder holder;
            snprintf(hash, sizeof hash, "cell-%d", cell);
            CHECK(is_done(db, hash, &done));
            if (done) continue;
            left++;
            CHECK(sl_db_claim_take(db, hash, &taken, &holder));
            if (!taken) continue;
            CHECK(is_done(db, hash, &done)); // by somebody whose claim has just ended
            int status = done ? 0 : train(db, writer, number, cell, hash, pause);
            if (status != 0) return status;
            CHECK(sl_db_claim_release(db, hash));
        }
        if (left) usleep(50000);
    }
    CHECK(sl_writer_close(writer));
    sl_db_close(db);
    return 0;
}

static pid_t start_worker(int number, int cells, useconds_t pause) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(work(number, cells, pause));
    assert_true(child > 0);
    return child;
}

static void check_cells(int cells) {
    sl_db *db = open_db();
    assert_int_equal(
        sl_test_integer(db, "SELECT count(DISTINCT c.hash) FROM cell c JOIN run r ON r.id = c.run WHERE r.state = 'done'"),
        cells);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run WHERE state = 'done'"), cells); // none twice
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM metric m JOIN run r ON r.id = m.run WHERE r.state = 'done'"
                                         " AND m.value = r.seed * 1000.0 + m.step"),
                     cells * POINTS); // and no point is missing or in another's place
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    sl_db_close(db);
}

static void test_sixty_four(void **state) {
    enum { PROCESSES = 64, CELLS = 200 };
    for (int i = 0; i < PROCESSES; i++) start_worker(i, CELLS, 0);
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_true(waitpid(-1, &status, 0) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    check_cells(CELLS);
    sl_db *db = open_db();
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM run"), CELLS);
    assert_int_equal(sl_test_integer(db, "SELECT count(*) FROM claim"), 0);
    print_message("%d processes, %d cells, %lld of them took part: each cell once\n", PROCESSES, CELLS,
                  (long long)sl_test_integer(db, "SELECT count(DISTINCT pid) FROM run"));
    sl_db_close(db);
}

static void test_killed(void **state) {
    enum { PROCESSES = 12, CELLS = 60, KILLS = 20 };
    pid_t children[PROCESSES];
    int kills = 0;
    srand(11);
    for (int i = 0; i < PROCESSES; i++) children[i] = start_worker(i, CELLS, 8000);
    while (kills < KILLS) {
        int which = rand() % PROCESSES, status;
        usleep((useconds_t)(20000 + rand() % 60000));
        kill(children[which], SIGKILL);
        assert_int_equal(waitpid(children[which], &status, 0), children[which]);
        assert_true(WIFSIGNALED(status)); // there is work left for much longer than this
        kills++;
        children[which] = start_worker(PROCESSES + kills, CELLS, 8000);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    check_cells(CELLS);
    sl_db *db = open_db();
    print_message("%d workers killed, %lld cells begun by them and done by others: each done once, never two at once\n", kills,
                  (long long)sl_test_integer(db, "SELECT count(*) FROM run WHERE state = 'running'"));
    sl_db_close(db);
}

static int begin(void **state) {
    folder = sl_test_folder();
    path = sl_test_path(folder, "claims.db");
    return 0;
}

static int end(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_one_process), TEST(test_dead_process), TEST(test_other_machine),
                                       TEST(test_silent_run),  TEST(test_sixty_four),   TEST(test_killed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
