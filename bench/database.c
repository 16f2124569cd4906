// How many points a second the writer sustains, and what logging costs a training step.
//
//   bench_database [FILE]      FILE is made and removed (default: bench_database.db in the current folder)
//
// Prints json. Sustained: points queued as fast as the caller can, until the last is committed. Share: a step of 20 ms that logs
// 12 metrics and a heartbeat, as the trainer does; the caller's time alone, measured in a loop that computes for the rest of the
// step, so that the writer's thread runs beside it.
#include "db/writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { METRICS = 12, STEPS = 100000, ROUNDS = 3, PACED_STEPS = 250 };

static const char *const names[METRICS] = {"seg",    "semi",        "adv", "semi_adv",         "discriminator",
                                           "kept",   "seg_ema",     "lr",  "lr_discriminator", "images_per_second",
                                           "memory", "step_seconds"};

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void remove_file(const char *path) {
    char name[4096];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        remove(name);
    }
}

static sl_status new_run(sl_db *db, int64_t *run) {
    char uuid[37];
    sl_run_info info = {.experiment = "bench", .name = "bench", .git_dirty = -1};
    return sl_db_run_new(db, &info, run, uuid);
}

static sl_status log_step(sl_writer *writer, int64_t run, int64_t step) {
    for (int i = 0; i < METRICS; i++) SL_TRY(sl_writer_metric(writer, run, step, names[i], (double)step * 0.001 + i));
    return sl_writer_heartbeat(writer, run, step);
}

// Points per second from the first call to the end of the flush.
static sl_status sustained(const char *path, int64_t run, double *rate, double *cpu, sl_writer_stats *stats) {
    sl_writer *writer;
    SL_TRY(sl_writer_open(path, &writer));
    double begin = seconds(CLOCK_MONOTONIC), cpu_begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    sl_status status = SL_OK;
    for (int step = 0; step < STEPS && status == SL_OK; step++) status = log_step(writer, run, step);
    if (status == SL_OK) status = sl_writer_flush(writer);
    double points = (double)STEPS * METRICS;
    *rate = points / (seconds(CLOCK_MONOTONIC) - begin);
    *cpu = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin) / points;
    *stats = sl_writer_stats_get(writer);
    sl_status closed = sl_writer_close(writer);
    return status != SL_OK ? status : closed;
}

typedef struct paced_times {
    double mean, median, worst; // on the clock
    double processor;           // mean of the thread's own
} paced_times;

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The caller's seconds for each step's logging, at 20 ms a step.
static sl_status paced(const char *path, int64_t run, paced_times *times) {
    sl_writer *writer;
    SL_TRY(sl_writer_open(path, &writer));
    sl_status status = SL_OK;
    double took[PACED_STEPS], next = seconds(CLOCK_MONOTONIC);
    *times = (paced_times){0};
    for (int step = 0; step < PACED_STEPS && status == SL_OK; step++) {
        next += 0.020;
        while (seconds(CLOCK_MONOTONIC) < next) continue; // the step's computing
        double processor = seconds(CLOCK_THREAD_CPUTIME_ID), begin = seconds(CLOCK_MONOTONIC);
        status = log_step(writer, run, step);
        took[step] = seconds(CLOCK_MONOTONIC) - begin;
        times->processor += (seconds(CLOCK_THREAD_CPUTIME_ID) - processor) / PACED_STEPS;
        times->mean += took[step] / PACED_STEPS;
    }
    if (status == SL_OK) {
        qsort(took, PACED_STEPS, sizeof *took, compare);
        times->median = took[PACED_STEPS / 2];
        times->worst = took[PACED_STEPS - 1];
    }
    sl_status closed = sl_writer_close(writer);
    return status != SL_OK ? status : closed;
}

static sl_status bench(const char *path) {
    sl_db *db;
    int64_t run;
    paced_times times;
    SL_TRY(sl_db_open(path, SL_DB_WRITE, &db));
    printf("{\n  \"points_per_round\": %d,\n  \"rounds\": [\n", STEPS * METRICS);
    sl_status status = SL_OK;
    double least = 0;
    for (int round = 0; round < ROUNDS && status == SL_OK; round++) {
        double rate, cpu;
        sl_writer_stats stats;
        status = new_run(db, &run);
        if (status == SL_OK) status = sustained(path, run, &rate, &cpu, &stats);
        if (status != SL_OK) break;
        if (round == 0 || rate < least) least = rate;
        printf("    {\"points_per_second\": %.0f, \"cpu_nanoseconds_per_point\": %.0f, \"transactions\": %llu, \"caller_waits\": "
               "%llu}%s\n",
               rate, cpu * 1e9, (unsigned long long)stats.transactions, (unsigned long long)stats.waits,
               round + 1 < ROUNDS ? "," : "");
        fflush(stdout);
    }
    if (status == SL_OK) status = new_run(db, &run);
    if (status == SL_OK) status = paced(path, run, &times);
    if (status == SL_OK) {
        struct stat info;
        printf("  ],\n  \"least_points_per_second\": %.0f,\n", least);
        printf("  \"step\": {\"milliseconds\": 20, \"metrics\": %d, \"median_microseconds\": %.2f, \"mean_microseconds\": %.2f,"
               " \"worst_microseconds\": %.2f, \"processor_microseconds\": %.2f, \"nanoseconds_per_metric\": %.0f,"
               " \"share_percent\": %.4f, \"processor_share_percent\": %.4f},\n",
               METRICS, times.median * 1e6, times.mean * 1e6, times.worst * 1e6, times.processor * 1e6,
               times.median * 1e9 / METRICS, 100 * times.median / 0.020, 100 * times.processor / 0.020);
        printf("  \"bytes_per_point\": %.1f\n}\n",
               stat(path, &info) == 0 ? (double)info.st_size / ((double)ROUNDS * STEPS * METRICS + PACED_STEPS * METRICS) : 0.0);
        if (!(least >= 100000) || !(times.median / 0.020 < 0.005) || !(times.processor / 0.020 < 0.005))
            status = sl_error(SL_ERR_DATA, "not within the bounds: at least 100,000 points/s, less than 0.5 %% of a step");
    }
    sl_db_close(db);
    return status;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "bench_database.db";
    if (argc > 2 || access(path, F_OK) == 0) {
        fprintf(stderr, argc > 2 ? "usage: bench_database [FILE]\n"
                                 : "bench_database: the file is there already: name one that is not\n");
        return 2;
    }
    sl_status status = bench(path);
    if (status != SL_OK) fprintf(stderr, "bench_database: %s\n", sl_error_message());
    remove_file(path);
    return status == SL_OK ? 0 : 1;
}
