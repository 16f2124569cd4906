// The writer's thread: when to write, and what to do when it fails.
#include "core/base/memory.h"
#include "db/writer_impl.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const sl_writer_options sl_writer_default = {
    .capacity = 65536, .batch = 16384, .interval_ms = 200, .busy_ms = SL_DB_WRITE_MS, .beat_ms = 10000};

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static const char *metric_name(void *user, int index) {
    sl_writer *writer = user;
    pthread_mutex_lock(&writer->lock);
    const char *name = writer->names[index];
    pthread_mutex_unlock(&writer->lock);
    return name; // never moved or freed while the thread runs
}

// When the thread should write next, on the monotonic clock; -1: not before news.
static double due_time(const sl_writer *writer, double last) {
    size_t rows = writer->tail - writer->head;
    bool fresh = false;
    double soon = last + writer->options.interval_ms / 1000.0, due = -1;
    for (int i = 0; i < SL_WRITER_BEATS; i++) {
        const sl_beat *beat = &writer->beats[i];
        if (beat->run == 0) continue;
        double when = beat->written + (beat->fresh ? 1.0 : writer->options.beat_ms / 1000.0);
        if (when < soon) when = soon;
        if (due < 0 || when < due) due = when;
        fresh |= beat->fresh;
    }
    // After a failure a full queue is no reason to hurry: it would be a busy loop.
    bool hurry = writer->closing || writer->flushing > 0 || (rows >= writer->options.batch && writer->failure == SL_OK);
    if (hurry && (rows > 0 || (fresh && writer->closing))) return 0;
    if (rows > 0 && (due < 0 || soon < due)) due = soon;
    return due;
}

static void wait_until(sl_writer *writer, double when) {
    if (when < 0) {
        pthread_cond_wait(&writer->news, &writer->lock);
        return;
    }
    struct timespec time = {.tv_sec = (time_t)when, .tv_nsec = (long)((when - (double)(time_t)when) * 1e9)};
    pthread_cond_timedwait(&writer->news, &writer->lock, &time);
}

static int take_beats(sl_writer *writer, double now, bool all, sl_beat *out) {
    int count = 0;
    for (int i = 0; i < SL_WRITER_BEATS; i++) {
        sl_beat *beat = &writer->beats[i];
        double pause = beat->fresh ? (all ? 0 : 1.0) : writer->options.beat_ms / 1000.0;
        if (beat->run == 0 || beat->written + pause > now) continue;
        // A run without news is still alive: this process is.
        if (!beat->fresh) beat->time = sl_db_now();
        out[count++] = *beat;
    }
    return count;
}

static void beats_written(sl_writer *writer, double now, const int64_t *runs, const sl_beat *written, int count) {
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < SL_WRITER_BEATS; j++) {
            sl_beat *beat = &writer->beats[j];
            if (beat->run != runs[i]) continue;
            beat->written = now;
            if (beat->time <= written[i].time) beat->fresh = false;
            if (written[i].run == 0 && !beat->fresh) beat->run = 0;
        }
    }
}

// One transaction. The lock is held before and after, not during.
static void attempt(sl_writer *writer) {
    double now = monotonic();
    size_t first = writer->head, rows = writer->tail - first;
    sl_beat beats[SL_WRITER_BEATS];
    int64_t runs[SL_WRITER_BEATS];
    if (rows > writer->options.batch) rows = writer->options.batch;
    int beat_count = take_beats(writer, now, writer->closing || writer->flushing > 0, beats);
    for (int i = 0; i < beat_count; i++) runs[i] = beats[i].run;
    uint64_t number = ++writer->attempts;
    sl_refused refused = {0};
    pthread_mutex_unlock(&writer->lock);

    sl_status status = sl_store_write(writer->store, writer->ring, writer->options.capacity - 1, first, rows, beats, beat_count,
                                      metric_name, writer, &refused);
    if (status == SL_OK) sl_writer_rows_free(writer, first, rows);

    pthread_mutex_lock(&writer->lock);
    writer->failure = status;
    if (status == SL_OK) {
        writer->head += rows;
        writer->stats.rows += rows - refused.rows - refused.samples;
        writer->stats.samples_lost += refused.samples;
        writer->stats.transactions++;
        beats_written(writer, now, runs, beats, beat_count);
        if (refused.rows && writer->refused.rows == 0)
            writer->refused = refused;
        else
            writer->refused.rows += refused.rows;
    } else {
        writer->failed_attempt = number;
        snprintf(writer->message, sizeof writer->message, "%s", sl_error_message());
    }
    pthread_cond_broadcast(&writer->done);
}

static void *thread_main(void *user) {
    sl_writer *writer = user;
    double last = 0;
    pthread_mutex_lock(&writer->lock);
    for (;;) {
        double due = due_time(writer, last);
        bool closing = writer->closing;
        if (closing && due != 0) break; // nothing is left
        if (due < 0 || due > monotonic()) {
            wait_until(writer, due);
            continue;
        }
        attempt(writer);
        last = monotonic();
        // An attempt begun after the wish to close was the last one.
        if (closing && writer->failure != SL_OK) break;
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

static void destroy(sl_writer *writer) {
    sl_writer_rows_free(writer, writer->head, writer->tail - writer->head);
    sl_store_close(writer->store);
    for (int i = 0; i < writer->name_count; i++) sl_free(writer->names[i]);
    sl_free(writer->names);
    sl_free(writer->slots);
    sl_free(writer->ring);
    sl_free(writer->path);
    sl_free(writer);
}

static sl_status start(sl_writer *writer) {
    pthread_condattr_t attributes;
    sigset_t all, before;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->news, &attributes);
    pthread_cond_init(&writer->done, &attributes);
    pthread_condattr_destroy(&attributes);
    // Signals are for the thread that trains.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, thread_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) return SL_OK;
    return sl_error(SL_ERR_IO, "%s: no thread for the writer: %s", writer->path, strerror(error));
}

static void stop(sl_writer *writer) {
    pthread_cond_destroy(&writer->news);
    pthread_cond_destroy(&writer->done);
    pthread_mutex_destroy(&writer->lock);
}

sl_status sl_writer_open_with(const char *path, const sl_writer_options *options, sl_writer **out) {
    *out = NULL;
    sl_writer *writer = sl_calloc(1, sizeof *writer);
    if (!writer) return sl_error(SL_ERR_MEMORY, "%s: out of memory", path);
    writer->options = *options;
    sl_status status = sl_store_open(path, options->busy_ms, &writer->store);
    if (status == SL_OK) {
        writer->path = sl_strdup(path);
        writer->ring = sl_calloc(options->capacity, sizeof *writer->ring);
        if (!writer->path || !writer->ring) status = sl_error(SL_ERR_MEMORY, "%s: out of memory for the writer's queue", path);
    }
    if (status == SL_OK && (status = start(writer)) != SL_OK) stop(writer);
    if (status != SL_OK) {
        destroy(writer);
        return status;
    }
    *out = writer;
    return SL_OK;
}

sl_status sl_writer_open(const char *path, sl_writer **out) {
    return sl_writer_open_with(path, &sl_writer_default, out);
}

// The news of rows that were refused, told once.
static sl_status tell_refused(sl_writer *writer) {
    if (writer->refused.rows == 0) return SL_OK;
    size_t rows = writer->refused.rows;
    writer->refused.rows = 0;
    return sl_error(SL_ERR_DATA, "%s (%zu row%s left out)", writer->refused.message, rows, rows == 1 ? "" : "s");
}

sl_status sl_writer_flush(sl_writer *writer) {
    pthread_mutex_lock(&writer->lock);
    size_t target = writer->tail;
    uint64_t begun = writer->attempts;
    writer->flushing++;
    pthread_cond_signal(&writer->news);
    // Given up when an attempt that began after this call has failed.
    while (writer->head < target && !(writer->failure != SL_OK && writer->failed_attempt > begun))
        pthread_cond_wait(&writer->done, &writer->lock);
    writer->flushing--;
    sl_status status = writer->head < target ? sl_error(writer->failure, "%s", writer->message) : tell_refused(writer);
    pthread_mutex_unlock(&writer->lock);
    return status;
}

sl_status sl_writer_close(sl_writer *writer) {
    if (!writer) return SL_OK;
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_cond_signal(&writer->news);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    size_t lost = writer->tail - writer->head;
    sl_status status = tell_refused(writer);
    if (lost > 0) status = sl_error(writer->failure, "%s (%zu rows were not written)", writer->message, lost);
    stop(writer);
    destroy(writer);
    return status;
}

sl_writer_stats sl_writer_stats_get(const sl_writer *writer) {
    sl_writer *open = (sl_writer *)writer; // the lock is the only thing that changes
    pthread_mutex_lock(&open->lock);
    sl_writer_stats stats = open->stats;
    pthread_mutex_unlock(&open->lock);
    return stats;
}
