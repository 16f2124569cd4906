// The collector's thread, and handing over: what it reads belongs to it alone; requests go in and snapshots come out by pointer,
// under one mutex that is never held while reading.
#include "ui/tui/collect/collect.h"
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include "ui/tui/thread.h"
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define BUDGET_SECONDS 0.03 // of one transaction, about
// It rests so many times as long as it has worked, unless there is more to read: then soon, but not for ever.
enum { REST = 9, PARTS_MOST = 400 };

// A snapshot that was handed out, or is to be.
typedef struct handed {
    struct handed *next; // older
    sl_snapshot *snapshot;
    size_t users;
} handed;

struct sl_collector {
    sl_collection *collection; // the thread's
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, news; // for the thread; for those who wait
    sl_collect_options options;
    // under the mutex
    bool closing, asked;
    sl_request request; // for the thread to copy: the collector's own memory
    uint64_t serial;
    handed *newest;
    uint64_t complete; // the serial of the newest whole snapshot
};

// Frees what nobody uses any more, but the newest. With the mutex.
static void sweep(sl_collector *collector) {
    handed **place = collector->newest ? &collector->newest->next : &collector->newest;
    while (*place) {
        handed *old = *place;
        if (old->users) {
            place = &old->next;
            continue;
        }
        *place = old->next;
        sl_snapshot_free(old->snapshot);
        sl_free(old);
    }
}

static void hand_over(sl_collector *collector, sl_snapshot *snapshot) {
    handed *entry = sl_calloc(1, sizeof *entry);
    if (!entry) {
        sl_snapshot_free(snapshot);
        collector->collection->asked = true; // the next refresh makes another
        return;
    }
    entry->snapshot = snapshot;
    pthread_mutex_lock(&collector->mutex);
    entry->next = collector->newest;
    collector->newest = entry;
    if (snapshot->complete) collector->complete = snapshot->serial;
    sweep(collector);
    pthread_cond_broadcast(&collector->news);
    pthread_mutex_unlock(&collector->mutex);
    if (collector->options.ready) collector->options.ready(collector->options.user);
}

// Waits until something is asked or `seconds` have passed. With the mutex.
static void rest(sl_collector *collector, double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double whole = floor(seconds), nanoseconds = (double)until.tv_nsec + (seconds - whole) * 1e9;
    until.tv_sec += (time_t)whole + (nanoseconds >= 1e9);
    until.tv_nsec = (long)(nanoseconds >= 1e9 ? nanoseconds - 1e9 : nanoseconds);
    while (!collector->closing && !collector->asked)
        if (pthread_cond_timedwait(&collector->wake, &collector->mutex, &until) == ETIMEDOUT) break;
}

static void *collect(void *user) {
    sl_collector *collector = user;
    sl_collection *collection = collector->collection;
    int parts = 0;
    pthread_mutex_lock(&collector->mutex);
    while (!collector->closing) {
        sl_request request = {0};
        uint64_t serial = collector->serial;
        bool asked = collector->asked;
        if (asked) request = collector->request;
        if (asked) collector->request = (sl_request){0};
        collector->asked = false;
        pthread_mutex_unlock(&collector->mutex);

        double began = sl_seconds_worked();
        sl_snapshot *snapshot = NULL;
        sl_status status = asked ? sl_collection_ask(collection, &request, serial) : SL_OK;
        sl_request_free(&request);
        if (status == SL_OK) status = sl_collection_refresh(collection, BUDGET_SECONDS, &snapshot);
        if (snapshot) hand_over(collector, snapshot);
        double worked = sl_seconds_worked() - began, pause = fmax(collector->options.interval, REST * worked);
        parts = collection->pending && status == SL_OK ? parts + 1 : 0;
        if (parts > 0 && parts < PARTS_MOST) pause = worked / 10; // the next part soon, in a transaction of its own

        pthread_mutex_lock(&collector->mutex);
        rest(collector, pause);
    }
    pthread_mutex_unlock(&collector->mutex);
    return NULL;
}

static sl_status start(sl_collector *collector) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&collector->mutex, NULL);
    pthread_cond_init(&collector->wake, &attributes);
    pthread_cond_init(&collector->news, &attributes);
    pthread_condattr_destroy(&attributes);
    int code = sl_thread_start(&collector->thread, collect, collector);
    if (code == 0) return SL_OK;
    pthread_cond_destroy(&collector->wake);
    pthread_cond_destroy(&collector->news);
    pthread_mutex_destroy(&collector->mutex);
    return sl_error(SL_ERR_LIBRARY, "the dashboard's thread cannot be started (%s)", strerror(code));
}

sl_status sl_collector_open(const char *path, const sl_collect_options *options, sl_collector **out) {
    *out = NULL;
    sl_collector *collector = sl_calloc(1, sizeof *collector);
    if (!collector) return sl_error(SL_ERR_MEMORY, "out of memory");
    sl_status status = sl_collection_new(path, options, &collector->collection);
    if (status == SL_OK) {
        collector->options = collector->collection->options;
        status = start(collector);
    }
    if (status != SL_OK) {
        sl_collection_free(collector->collection);
        sl_free(collector);
        return status;
    }
    *out = collector;
    return SL_OK;
}

void sl_collector_close(sl_collector *collector) {
    if (!collector) return;
    pthread_mutex_lock(&collector->mutex);
    collector->closing = true;
    pthread_cond_broadcast(&collector->wake);
    pthread_mutex_unlock(&collector->mutex);
    pthread_join(collector->thread, NULL);
    while (collector->newest) {
        handed *next = collector->newest->next;
        sl_snapshot_free(collector->newest->snapshot);
        sl_free(collector->newest);
        collector->newest = next;
    }
    sl_request_free(&collector->request);
    sl_collection_free(collector->collection);
    pthread_cond_destroy(&collector->wake);
    pthread_cond_destroy(&collector->news);
    pthread_mutex_destroy(&collector->mutex);
    sl_free(collector);
}

sl_status sl_collector_ask(sl_collector *collector, const sl_request *request, uint64_t *serial) {
    sl_request copy;
    SL_TRY(sl_request_copy(request, &copy));
    pthread_mutex_lock(&collector->mutex);
    sl_request_free(&collector->request);
    collector->request = copy;
    collector->asked = true;
    collector->serial++;
    if (serial) *serial = collector->serial;
    pthread_cond_broadcast(&collector->wake);
    pthread_mutex_unlock(&collector->mutex);
    return SL_OK;
}

const sl_snapshot *sl_collector_take(sl_collector *collector) {
    pthread_mutex_lock(&collector->mutex);
    handed *entry = collector->newest;
    if (entry) entry->users++;
    pthread_mutex_unlock(&collector->mutex);
    return entry ? entry->snapshot : NULL;
}

void sl_collector_release(sl_collector *collector, const sl_snapshot *snapshot) {
    if (!snapshot) return;
    pthread_mutex_lock(&collector->mutex);
    for (handed *entry = collector->newest; entry; entry = entry->next)
        if (entry->snapshot == snapshot && entry->users) entry->users--;
    sweep(collector);
    pthread_mutex_unlock(&collector->mutex);
}

bool sl_collector_wait(sl_collector *collector, uint64_t serial, double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double end = (double)until.tv_sec + (double)until.tv_nsec * 1e-9 + seconds;
    until.tv_sec = (time_t)end;
    until.tv_nsec = (long)((end - floor(end)) * 1e9);
    pthread_mutex_lock(&collector->mutex);
    while (collector->complete < serial || !collector->newest || !collector->newest->snapshot->complete)
        if (pthread_cond_timedwait(&collector->news, &collector->mutex, &until) == ETIMEDOUT) break;
    bool there = collector->complete >= serial && collector->newest && collector->newest->snapshot->complete;
    pthread_mutex_unlock(&collector->mutex);
    return there;
}
