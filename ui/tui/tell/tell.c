// The thread behind tell.h: takes orders, writes them, awaits answers, and makes sentences of what comes.
#include "ui/tui/tell/tell.h"
#include "core/base/memory.h"
#include "ui/tui/tell/tell_impl.h"
#include "ui/tui/thread.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { ATTEMPT_MS = 200, LOOK_MS = 100, LATE_LOOK_MS = 1000, NEWS = 64 };
static const double usual_patience = 60, closing_patience = 2; // seconds

struct sl_tell {
    char *path;
    void (*ready)(void *user);
    void *user;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool running, closing;
    double file_patience, answer_patience;
    // With the mutex:
    sl_told_order *given; // not yet taken by the thread, the oldest first
    size_t waiting;
    sl_tell_news news[NEWS];
    size_t news_first, news_count;
    // The thread's own, and after its end of who closes it:
    sl_told_order *orders;
    sl_db *db;
    double closing_since;
};

static double steady(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void free_order(sl_told_order *order) {
    for (size_t i = 0; order->runs && i < order->count; i++) sl_free(order->runs[i].answer);
    sl_free(order->runs);
    sl_free(order->argument);
    sl_free(order->name);
    sl_free(order);
}

// ---- news -------------------------------------------------------------------------------------------------------------------

static void post(sl_tell *tell, sl_tidings kind, const char *text) {
    pthread_mutex_lock(&tell->mutex);
    if (tell->news_count == NEWS) { // nobody takes them: the oldest is forgotten
        tell->news_first = (tell->news_first + 1) % NEWS;
        tell->news_count--;
    }
    sl_tell_news *news = &tell->news[(tell->news_first + tell->news_count++) % NEWS];
    news->kind = kind;
    size_t length = strnlen(text, sizeof news->text);
    if (length == sizeof news->text)
        for (length--; length > 0 && (text[length] & 0xC0) == 0x80;) length--; // no half characters
    memcpy(news->text, text, length);
    news->text[length] = 0;
    pthread_mutex_unlock(&tell->mutex);
    if (tell->ready) tell->ready(tell->user);
}

static sl_status append_name(const sl_told_order *order, sl_text *out) {
    SL_TRY(sl_text_append(out, "%s", order->name));
    return *order->argument ? sl_text_append(out, " %s", order->argument) : SL_OK;
}

// What a run has answered, or why it was not asked.
static sl_status append_answer(const sl_told *told, sl_text *out) {
    if (told->command) SL_TRY(sl_text_append(out, "%s: ", told->label));
    return sl_text_append(out, "%s", told->answer);
}

// "9f31c2: done at step 812: ...", or of several runs how many have done it and what the first that has not says.
static sl_status outcome(const sl_told_order *order, bool *all, sl_text *out) {
    size_t done = 0;
    const sl_told *wrong = NULL;
    for (size_t i = 0; i < order->count; i++) {
        done += order->runs[i].done;
        if (!order->runs[i].done && !wrong) wrong = &order->runs[i];
    }
    *all = done == order->count;
    const sl_told *only = &order->runs[0];
    if (order->count == 1 && *only->answer) return append_answer(only, out);
    if (order->count == 1) {
        SL_TRY(sl_text_append(out, "%s: done: ", only->label));
        return append_name(order, out);
    }
    SL_TRY(append_name(order, out));
    if (*all) return sl_text_append(out, ": done by %zu runs", done);
    SL_TRY(sl_text_append(out, ": done by %zu of %zu runs; ", done, order->count));
    SL_TRY(append_answer(wrong, out));
    size_t others = order->count - done - 1;
    return others ? sl_text_append(out, "  (and %zu more)", others) : SL_OK;
}

static void post_text(sl_tell *tell, sl_tidings kind, sl_status status, sl_text *text) {
    post(tell, kind, status == SL_OK ? text->data : "out of memory");
    sl_text_free(text);
}

static void post_sent(sl_tell *tell, const sl_told_order *order) {
    sl_text text = {0};
    sl_status status = sl_text_append(&text, "sent: ");
    if (status == SL_OK) status = append_name(order, &text);
    if (status == SL_OK && order->count > 1) status = sl_text_append(&text, " to %zu runs", order->count);
    if (status == SL_OK) status = sl_text_append(&text, "; waiting");
    post_text(tell, SL_TIDINGS_SENT, status, &text);
}

static void post_late(sl_tell *tell, const sl_told_order *order) {
    sl_text text = {0};
    const sl_told *silent = order->runs;
    while (silent->answered) silent++;
    sl_status status = sl_text_append(&text, "%s: no answer yet to ", silent->label);
    if (status == SL_OK) status = append_name(order, &text);
    if (status == SL_OK)
        status = sl_text_append(&text, "; the command is waiting, and `semiluna show %lld` will tell its answer",
                                (long long)silent->run);
    post_text(tell, SL_TIDINGS_LATE, status, &text);
}

static void post_failed(sl_tell *tell, const sl_told_order *order, const char *why) {
    sl_text text = {0};
    sl_status status = sl_text_append(&text, "not sent: ");
    if (status == SL_OK) status = append_name(order, &text);
    if (status == SL_OK) status = sl_text_append(&text, ": %s", why);
    post_text(tell, SL_TIDINGS_FAILED, status, &text);
}

// ---- one look at an order ---------------------------------------------------------------------------------------------------

static bool is_answered(const sl_told_order *order) {
    for (size_t i = 0; i < order->count; i++)
        if (!order->runs[i].answered) return false;
    return true;
}

// A connection for as long as there is something to do.
static sl_status connect(sl_tell *tell) {
    return tell->db ? SL_OK : sl_db_open_waiting(tell->path, SL_DB_CHANGE, ATTEMPT_MS, &tell->db);
}

static void disconnect(sl_tell *tell) {
    sl_db_close(tell->db);
    tell->db = NULL;
}

// True: there is nothing more to do about it.
static bool send_order(sl_tell *tell, sl_told_order *order) {
    static const char still_locked[] =
        "another program keeps the database locked: let it end its transaction or close it, then try again";
    bool locked = false;
    if (!order->waiting_told) disconnect(tell); // the file of that name may be another one by now
    sl_status status = connect(tell);
    if (status != SL_OK)
        locked = sl_db_was_locked();
    else
        status = sl_tell_write(tell->db, order, &locked);
    if (status == SL_OK) {
        order->sent = true;
        order->since = steady();
        if (!is_answered(order)) post_sent(tell, order);
        return false;
    }
    if (!locked || steady() > order->since + tell->file_patience) {
        post_failed(tell, order, locked ? still_locked : sl_error_message());
        disconnect(tell);
        return true;
    }
    if (!order->waiting_told) post(tell, SL_TIDINGS_WAITING, "waiting for the database: another program has it locked ...");
    order->waiting_told = true;
    return false;
}

static bool look_at(sl_tell *tell, sl_told_order *order) {
    if (!order->sent && send_order(tell, order)) return true;
    if (!order->sent) return false;
    // A file that cannot be read now is looked into again.
    if (!is_answered(order) && (connect(tell) != SL_OK || sl_tell_look(tell->db, order) != SL_OK)) disconnect(tell);
    if (!is_answered(order)) {
        if (!order->late_told && steady() > order->since + tell->answer_patience) {
            post_late(tell, order);
            order->late_told = true;
        }
        return false;
    }
    bool all = false;
    sl_text text = {0};
    sl_status status = outcome(order, &all, &text);
    post_text(tell, all ? SL_TIDINGS_DONE : SL_TIDINGS_REFUSED, status, &text);
    return true;
}

// ---- the thread -------------------------------------------------------------------------------------------------------------

static void take_given(sl_tell *tell) {
    sl_told_order **end = &tell->orders;
    while (*end) end = &(*end)->next;
    *end = tell->given;
    tell->given = NULL;
}

// How long until the next look; INFINITY: until something is given.
static double rest_of(const sl_tell *tell) {
    double rest = INFINITY;
    for (const sl_told_order *order = tell->orders; order; order = order->next)
        rest = fmin(rest, (order->late_told ? LATE_LOOK_MS : LOOK_MS) / 1000.0);
    return rest;
}

// With the mutex.
static void rest(sl_tell *tell, double seconds) {
    struct timespec until;
    if (tell->given || (tell->closing && seconds == INFINITY)) return;
    if (seconds == INFINITY) {
        pthread_cond_wait(&tell->wake, &tell->mutex);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    long nanoseconds = until.tv_nsec + (long)(seconds * 1e9);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_cond_timedwait(&tell->wake, &tell->mutex, &until);
}

// Whether something is not written yet and may still be.
static bool may_write(const sl_tell *tell) {
    if (steady() > tell->closing_since + closing_patience) return false;
    for (const sl_told_order *order = tell->orders; order; order = order->next)
        if (!order->sent) return true;
    return false;
}

static void *work(void *user) {
    sl_tell *tell = user;
    pthread_mutex_lock(&tell->mutex);
    for (;;) {
        take_given(tell);
        bool closing = tell->closing;
        pthread_mutex_unlock(&tell->mutex);
        size_t ended = 0;
        bool blocked = false; // what was given first is written first
        for (sl_told_order **place = &tell->orders; *place;) {
            sl_told_order *order = *place;
            if ((blocked && !order->sent) || !look_at(tell, order)) {
                blocked = blocked || !order->sent;
                place = &order->next;
                continue;
            }
            *place = order->next;
            free_order(order);
            ended++;
        }
        if (!tell->orders) disconnect(tell);
        bool over = closing && !may_write(tell);
        pthread_mutex_lock(&tell->mutex);
        tell->waiting -= ended;
        if (over && !tell->given) break;
        rest(tell, rest_of(tell));
    }
    pthread_mutex_unlock(&tell->mutex);
    disconnect(tell);
    return NULL;
}

// ---- from outside -----------------------------------------------------------------------------------------------------------

sl_status sl_tell_open(const char *path, void (*ready)(void *user), void *user, sl_tell **out) {
    *out = NULL;
    sl_tell *tell = sl_calloc(1, sizeof *tell);
    if (!tell || !(tell->path = sl_strdup(path))) {
        sl_free(tell);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    pthread_condattr_t attributes;
    pthread_mutex_init(&tell->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&tell->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    tell->file_patience = tell->answer_patience = usual_patience;
    tell->ready = ready;
    tell->user = user;
    *out = tell;
    return SL_OK;
}

void sl_tell_close(sl_tell *tell, sl_text *unsent) {
    if (!tell) return;
    pthread_mutex_lock(&tell->mutex);
    tell->closing_since = steady();
    tell->closing = true;
    pthread_cond_signal(&tell->wake);
    pthread_mutex_unlock(&tell->mutex);
    if (tell->running) pthread_join(tell->thread, NULL);
    while (tell->orders) {
        sl_told_order *order = tell->orders;
        tell->orders = order->next;
        if (!order->sent && unsent && sl_text_append(unsent, "not sent, as the database is locked: ") == SL_OK &&
            append_name(order, unsent) == SL_OK && order->count == 1)
            sl_text_append(unsent, " to run %lld", (long long)order->runs[0].run);
        if (!order->sent && unsent) sl_text_append(unsent, "\n");
        free_order(order);
    }
    pthread_cond_destroy(&tell->wake);
    pthread_mutex_destroy(&tell->mutex);
    sl_free(tell->path);
    sl_free(tell);
}

static sl_told_order *copy_order(const sl_order *order) {
    sl_told_order *copy = sl_calloc(1, sizeof *copy);
    if (!copy) return NULL;
    copy->name = sl_strdup(order->name);
    copy->argument = sl_strdup(order->argument ? order->argument : "");
    copy->runs = sl_calloc(order->count, sizeof *copy->runs);
    copy->count = order->count;
    copy->since = steady();
    if (!copy->name || !copy->argument || !copy->runs) {
        free_order(copy);
        return NULL;
    }
    for (size_t i = 0; i < order->count; i++) copy->runs[i].run = order->runs[i];
    return copy;
}

sl_status sl_tell_send(sl_tell *tell, const sl_order *order) {
    if (order->count == 0) return sl_error(SL_ERR_ARGUMENT, "no run to tell");
    sl_told_order *copy = copy_order(order);
    if (!copy) return sl_error(SL_ERR_MEMORY, "out of memory");
    pthread_mutex_lock(&tell->mutex);
    int failed = tell->running ? 0 : sl_thread_start(&tell->thread, work, tell);
    if (!failed) {
        sl_told_order **end = &tell->given;
        while (*end) end = &(*end)->next;
        *end = copy;
        tell->running = true;
        tell->waiting++;
        pthread_cond_signal(&tell->wake);
    }
    pthread_mutex_unlock(&tell->mutex);
    if (!failed) return SL_OK;
    free_order(copy);
    return sl_error(SL_ERR_LIBRARY, "no thread can be started to send it: %s", strerror(failed));
}

bool sl_tell_next(sl_tell *tell, sl_tell_news *out) {
    pthread_mutex_lock(&tell->mutex);
    bool there = tell->news_count > 0;
    if (there) {
        *out = tell->news[tell->news_first];
        tell->news_first = (tell->news_first + 1) % NEWS;
        tell->news_count--;
    }
    pthread_mutex_unlock(&tell->mutex);
    return there;
}

void sl_tell_patience(sl_tell *tell, double answer, double file) {
    tell->answer_patience = answer;
    tell->file_patience = file;
}

size_t sl_tell_waiting(sl_tell *tell) {
    pthread_mutex_lock(&tell->mutex);
    size_t count = tell->waiting;
    pthread_mutex_unlock(&tell->mutex);
    return count;
}
