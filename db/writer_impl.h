// The writer's two halves: the queue that callers fill (writer.c) and the rows' way into the file (store.c).
#ifndef SL_DB_WRITER_IMPL_H
#define SL_DB_WRITER_IMPL_H

#include "db/db_impl.h"
#include "db/writer.h"
#include <pthread.h>

typedef enum sl_row_kind {
    SL_ROW_METRIC,
    SL_ROW_CLASS_IOU,
    SL_ROW_CONFUSION,
    SL_ROW_CONFIDENCE,
    SL_ROW_EVENT,
    SL_ROW_ARTIFACT,
    SL_ROW_SAMPLE
} sl_row_kind;

// What does not fit a row of the queue, in one allocation. Which string is which: store.c.
typedef struct sl_row_extra {
    const char *text[3]; // into the same allocation; NULL stays NULL
    int64_t number;      // class index, number of classes, bytes
    const int64_t *counts;
    size_t count;    // of counts
    const void *png; // of a sample: `number` bytes, width and height in `size`
    int size[2];
} sl_row_extra;

typedef struct sl_row {
    sl_row_kind kind;
    int name; // of a metric: its place in the list of names
    int64_t run, step;
    double value, time;
    sl_row_extra *extra; // owned; NULL for a metric
} sl_row;

// A run's progress: rewritten in place by the caller, written at most once a second.
typedef struct sl_beat {
    int64_t run, step; // run 0: a free slot
    double time, written;
    bool fresh; // not written yet
} sl_beat;

enum { SL_WRITER_BEATS = 16 };

typedef struct sl_writer_options {
    size_t capacity; // rows of the queue, a power of two
    size_t batch;    // rows of a transaction, at most
    int interval_ms; // how long rows wait for company
    int busy_ms;     // how long to wait for other processes' locks
    int beat_ms;     // how often a run without news is still marked alive
} sl_writer_options;

extern const sl_writer_options sl_writer_default;

// As sl_writer_open with other sizes and times, for tests.
sl_status sl_writer_open_with(const char *path, const sl_writer_options *options, sl_writer **out);

typedef struct sl_refused {
    size_t rows, samples; // samples: pictures for which there was no room
    char message[512];    // of the first
} sl_refused;

struct sl_writer {
    char *path;
    sl_writer_options options;
    struct sl_store *store; // the thread's alone
    pthread_t thread;
    pthread_mutex_t lock; // over all that follows
    pthread_cond_t news;  // to the thread: rows, a heartbeat, a flush, the end
    pthread_cond_t done;  // to callers: an attempt to write has ended
    // Rows head .. tail-1 wait, at place number & (capacity - 1). The thread reads them without the lock: callers only add.
    sl_row *ring;
    size_t head, tail;
    sl_beat beats[SL_WRITER_BEATS];
    char **names; // of metrics, each once, found through a hash table of places + 1
    int name_count, name_capacity;
    int *slots;
    size_t slot_count;
    int flushing; // callers in flush
    bool closing;
    uint64_t attempts, failed_attempt; // transactions begun; the last of them that failed
    sl_status failure;                 // of the last attempt
    char message[1024];
    sl_refused refused;
    sl_writer_stats stats;
};

void sl_writer_rows_free(sl_writer *writer, size_t first, size_t count);

// ---- store: prepared statements on one connection, used by the writer's thread alone
// -------------------------------------------

typedef struct sl_store sl_store;
sl_status sl_store_open(const char *path, int busy_ms, sl_store **out);
void sl_store_close(sl_store *store);

// The name of metric number `index`; called for each name once.
typedef const char *(*sl_store_name)(void *user, int index);

// Writes rows first .. first+count-1 (of a ring whose size is mask + 1) and the beats in one transaction. On an error nothing of
// it is in the file. beats[i].run is set to 0 where that run has ended. Rows that break a constraint are left out and counted in
// *refused.
sl_status sl_store_write(sl_store *store, const sl_row *ring, size_t mask, size_t first, size_t count, sl_beat *beats,
                         int beat_count, sl_store_name name, void *user, sl_refused *refused);

#endif
