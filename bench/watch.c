// What looking costs: how soon the dashboard's collector shows a database, and how much of a processor it takes while nothing
// happens and while runs are logged.
//
//   bench_watch FILE [SECONDS]     a database as `semiluna lua bench/compare.lua make FILE` makes it, and how long to measure
//   (10)
//
// The last part writes to FILE: two runs that log, and go again.
#include "db/writer.h"
#include "ui/tui/collect/collect.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, sl_error_message());
    return 1;
}

static double resident_mib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    if (file) fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

// Percent of a processor over so many seconds of waiting.
static double busy_percent(double seconds) {
    double processor = now(CLOCK_PROCESS_CPUTIME_ID), clock = now(CLOCK_MONOTONIC);
    struct timespec pause = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&pause, NULL);
    return 100 * (now(CLOCK_PROCESS_CPUTIME_ID) - processor) / (now(CLOCK_MONOTONIC) - clock);
}

static double wait_for_first(sl_collector *collector, double began, size_t *rows) {
    const sl_snapshot *snapshot;
    while (!(snapshot = sl_collector_take(collector))) {
        struct timespec pause = {0, 200000};
        nanosleep(&pause, NULL);
    }
    *rows = snapshot->run_count;
    sl_collector_release(collector, snapshot);
    return now(CLOCK_MONOTONIC) - began;
}

static int measure_opening(const char *path, sl_collector **out) {
    double first = INFINITY, whole = INFINITY, detail = INFINITY;
    size_t rows = 0;
    for (int i = 0; i < 5; i++) {
        sl_collector *collector;
        double began = now(CLOCK_MONOTONIC);
        if (sl_collector_open(path, NULL, &collector) != SL_OK) return fail(path);
        first = fmin(first, wait_for_first(collector, began, &rows));
        if (!sl_collector_wait(collector, 0, 30)) return fail("no whole snapshot in 30 s");
        whole = fmin(whole, now(CLOCK_MONOTONIC) - began);
        const sl_snapshot *snapshot = sl_collector_take(collector);
        int64_t run = snapshot->run_count ? snapshot->runs[0].id : 0;
        sl_collector_release(collector, snapshot);
        sl_request request = {.runs = &run, .run_count = 1};
        uint64_t serial;
        began = now(CLOCK_MONOTONIC);
        if (sl_collector_ask(collector, &request, &serial) != SL_OK) return fail("asking");
        if (!sl_collector_wait(collector, serial, 30)) return fail("no detail in 30 s");
        detail = fmin(detail, now(CLOCK_MONOTONIC) - began);
        if (i < 4)
            sl_collector_close(collector);
        else
            *out = collector;
    }
    printf("| the table of %zu runs is there, after | %.0f ms |\n", rows, 1000 * first);
    printf("| with every number in it, after | %.0f ms |\n", 1000 * whole);
    printf("| one run's curves, matrix and events, after | %.1f ms |\n", 1000 * detail);
    return 0;
}

static int measure_logging(const char *path, sl_collector *collector, double seconds) {
    sl_db *db;
    sl_writer *writer;
    int64_t runs[2];
    char uuid[37];
    if (sl_db_open(path, SL_DB_CHANGE, &db) != SL_OK || sl_writer_open(path, &writer) != SL_OK) return fail(path);
    for (int i = 0; i < 2; i++) {
        sl_run_info info = {
            .experiment = "bench", .name = "live", .method = "advsemiseg", .seed = i, .steps = 20000, .pid = getpid()};
        if (sl_db_run_new(db, &info, &runs[i], uuid) != SL_OK) return fail(path);
    }
    sl_request request = {.runs = runs, .run_count = 2};
    if (sl_collector_ask(collector, &request, NULL) != SL_OK) return fail("asking");
    // The writer's share is measured alone first: a process that only logs.
    double used[2] = {0, 0};
    for (int round = 0; round < 2; round++) {
        if (round == 0) sl_collector_close(collector);
        if (round == 1 && (sl_collector_open(path, NULL, &collector) != SL_OK ||
                           sl_collector_ask(collector, &request, NULL) != SL_OK || !sl_collector_wait(collector, 1, 30)))
            return fail(path);
        double processor = now(CLOCK_PROCESS_CPUTIME_ID), began = now(CLOCK_MONOTONIC);
        for (int64_t step = round * 100000; now(CLOCK_MONOTONIC) < began + seconds; step++) {
            static const char *const names[] = {"seg", "adv", "semi", "kept", "d_loss"};
            for (int i = 0; i < 2; i++) {
                for (int k = 0; k < 5; k++)
                    if (sl_writer_metric(writer, runs[i], step, names[k], 1.0 / (double)(step + 1)) != SL_OK) return fail(path);
                if (sl_writer_heartbeat(writer, runs[i], step) != SL_OK) return fail(path);
            }
            busy_percent(0.02); // a step of 20 ms
        }
        used[round] = 100 * (now(CLOCK_PROCESS_CPUTIME_ID) - processor) / (now(CLOCK_MONOTONIC) - began);
    }
    printf("| of a processor while two runs of 50 steps a second log, both in detail | %.1f %% |\n", used[1] - used[0]);
    sl_collector_close(collector);
    if (sl_writer_close(writer) != SL_OK) return fail(path);
    for (int i = 0; i < 2; i++)
        if (sl_db_run_finish(db, runs[i], "stopped", 1, NULL) != SL_OK || sl_db_run_remove(db, runs[i]) != SL_OK ||
            sl_db_run_purge(db, runs[i]) != SL_OK)
            return fail(path);
    sl_db_close(db);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "bench_watch FILE [SECONDS]\n");
        return 2;
    }
    double seconds = argc > 2 ? atof(argv[2]) : 10;
    sl_collector *collector = NULL;
    puts("| | measured |\n| --- | ---: |");
    if (measure_opening(argv[1], &collector)) return 1;
    printf("| of a processor while nothing happens, 4 looks a second | %.2f %% |\n", busy_percent(seconds));
    printf("| memory of the process | %.0f MiB |\n", resident_mib());
    return measure_logging(argv[1], collector, seconds);
}
