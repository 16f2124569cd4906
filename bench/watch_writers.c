// Whether a dashboard that is open delays those who write: eight processes that each log a run as fast as they can (five metrics
// a step; every 50 steps 11 class IoUs, a flush and a transaction of their own), alone, and while `semiluna watch` shows them in
// a terminal of its own, compared.
//
//   bench_watch_writers PROGRAM FILE [ROUNDS]     FILE: is made anew
#include "bench/pty.h"
#include "db/writer.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 8, STEPS = 15000, EVERY = 50 };

typedef struct result {
    double slowest, all;
    int commits;
} result;

static bool new_run(sl_db *db, int number, int64_t *run) {
    char uuid[37], text[16];
    snprintf(text, sizeof text, "%d", number);
    sl_run_info info = {.experiment = "bench", .name = "w", .method = "advsemiseg", .seed = number, .steps = STEPS};
    return sl_db_run_new(db, &info, run, uuid) == SL_OK && sl_db_run_param(db, *run, "seed", "integer", text) == SL_OK;
}

static bool commit(sl_db *db, sl_writer *writer, int64_t run, int step, result *out) {
    sl_db_value id = sl_db_integer(run);
    double began = pty_now();
    bool fine = sl_writer_flush(writer) == SL_OK &&
                sl_db_execute(db, "BEGIN IMMEDIATE; UPDATE run SET error = NULL WHERE id = ?1; COMMIT", &id, 1) == SL_OK;
    out->slowest = fmax(out->slowest, pty_now() - began);
    out->commits++;
    return fine;
}

static bool log_run(const char *path, int number, result *out) {
    static const char *const names[] = {"seg", "adv", "D", "semi", "kept"};
    sl_db *db;
    sl_writer *writer;
    int64_t run;
    double began = pty_now();
    if (sl_db_open(path, SL_DB_CHANGE, &db) != SL_OK || sl_writer_open(path, &writer) != SL_OK || !new_run(db, number, &run))
        return false;
    for (int step = 1; step <= STEPS; step++) {
        for (int i = 0; i < 5; i++)
            if (sl_writer_metric(writer, run, step, names[i], 1.0 / step) != SL_OK) return false;
        if (sl_writer_heartbeat(writer, run, step) != SL_OK) return false;
        for (int i = 0; i < 11 && step % EVERY == 0; i++)
            if (sl_writer_class_iou(writer, run, step, "val", i, "class", 0.5) != SL_OK) return false;
        if (step % EVERY == 0 && !commit(db, writer, run, step, out)) return false;
    }
    out->all = pty_now() - began;
    bool fine = sl_writer_close(writer) == SL_OK && sl_db_run_finish(db, run, "done", STEPS, NULL) == SL_OK;
    sl_db_close(db);
    return fine;
}

static int make_file(const char *path) {
    char name[4096];
    static const char *const ends[] = {"", "-wal", "-shm"};
    sl_db *db;
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    if (sl_db_open(path, SL_DB_WRITE, &db) != SL_OK) return 1;
    sl_db_close(db);
    return 0;
}

// Begins the writers; what each of them found comes through the pipe.
static void begin(const char *path, int results) {
    for (int i = 0; i < WRITERS; i++) {
        pid_t child = fork();
        if (child < 0) exit(1);
        if (child > 0) continue;
        result found = {0};
        bool fine = log_run(path, i, &found);
        if (!fine) fprintf(stderr, "writer %d: %s\n", i, sl_error_message());
        _exit(write(results, &found, sizeof found) == sizeof found && fine ? 0 : 1);
    }
}

// Waits for the writers, reading what the dashboard writes; returns how many failed.
static int wait_for_all(pty *terminal) {
    int failed = 0;
    for (int left = WRITERS; left > 0;) {
        int status;
        pid_t ended;
        if (terminal) pty_listen(terminal, 0.02);
        if (!terminal) poll(NULL, 0, 20);
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (terminal && ended == terminal->pid) {
                fprintf(stderr, "the dashboard ended\n");
                exit(1);
            }
            left--;
            failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        }
    }
    return failed;
}

static int round_of(const char *program, const char *path, bool watched) {
    static pty terminal;
    int results[2];
    double began = pty_now(), mib = 0, used = 0;
    result worst = {0};
    if (make_file(path) || pipe(results) != 0) {
        fprintf(stderr, "%s\n", sl_error_message());
        return 1;
    }
    if (watched) {
        pty_start(&terminal, program, path, NULL);
        pty_await(&terminal, "no runs yet", 10);
    }
    begin(path, results[1]);
    if (watched) {
        pty_await(&terminal, "8 runs", 20);
        pty_say(&terminal, "*c"); // all eight compared: their curves and the table
    }
    int failed = wait_for_all(watched ? &terminal : NULL);
    for (int i = 0; i < WRITERS - failed; i++) {
        result one;
        if (read(results[0], &one, sizeof one) != sizeof one) break;
        worst.slowest = fmax(worst.slowest, one.slowest);
        worst.all = fmax(worst.all, one.all);
        worst.commits += one.commits;
    }
    double took = pty_now() - began;
    if (watched) {
        used = pty_processor(terminal.pid, &mib);
        pty_stop(&terminal);
    }
    close(results[0]);
    close(results[1]);
    printf("| %s | %.3f s | %d | %d | %.1f s |", watched ? "watched" : "alone", worst.slowest, worst.commits, failed, worst.all);
    if (watched)
        printf(" %.1f %% of a core, %.0f MiB |\n", 100 * used / took, mib);
    else
        printf(" |\n");
    fflush(stdout);
    return failed;
}

int main(int count, char **arguments) {
    int failed = 0, rounds = count > 3 ? atoi(arguments[3]) : 3;
    if (count < 3) {
        fprintf(stderr, "usage: %s PROGRAM FILE [ROUNDS]\n", arguments[0]);
        return 2;
    }
    puts("| | slowest commit | commits | writers that failed | slowest writer | the dashboard |\n"
         "| --- | ---: | ---: | ---: | ---: | ---: |");
    fflush(stdout);
    for (int i = 0; i < 2 * rounds; i++) failed += round_of(arguments[1], arguments[2], i % 2);
    return failed != 0;
}
