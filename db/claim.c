// Claims of work: which process trains a cell. Taken in one transaction, so that of many processes that ask at once one gets it.
#include "db/db_impl.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

// This process, as claims know it.
typedef struct self {
    char host[SL_HOST_BYTES];
    int64_t pid, start;
} self;

static self who_am_i(void) {
    self me;
    sl_process_host(me.host);
    me.pid = getpid();
    me.start = sl_process_start(me.pid);
    return me;
}

static sl_status check_hash(const sl_db *db, const char *hash) {
    if (hash && *hash) return SL_OK;
    return sl_error(SL_ERR_ARGUMENT, "%s: a claim needs a hash", db->path);
}

// Reads the claim's row. *held: there is one whose process is alive; *mine: it is this process.
static sl_status look(sl_db *db, const char *hash, const self *me, bool *held, bool *mine, sl_db_holder *holder) {
    sl_db_cursor *cursor;
    bool row;
    sl_db_value key = sl_db_text(hash);
    *held = *mine = false;
    SL_TRY(sl_db_query(db,
                       "SELECT c.host, c.pid, c.process_start, c.run, max(c.heartbeat, coalesce(r.heartbeat, 0))"
                       " FROM claim c LEFT JOIN run r ON r.id = c.run WHERE c.hash = ?1",
                       &key, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row) {
        const char *host = sl_db_cursor_value(cursor, 0).text;
        int64_t start = sl_db_cursor_value(cursor, 2).integer;
        double heartbeat = sl_db_cursor_value(cursor, 4).real;
        snprintf(holder->host, sizeof holder->host, "%s", host);
        holder->pid = sl_db_cursor_value(cursor, 1).integer;
        holder->run = sl_db_cursor_value(cursor, 3).integer; // 0 for NULL
        bool here = strcmp(host, me->host) == 0;
        *mine = here && holder->pid == me->pid && start == me->start;
        *held = here ? sl_process_lives(holder->pid, start) : heartbeat >= sl_db_now() - SL_DB_DEAD_SECONDS;
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status take(sl_db *db, const char *hash, bool *taken, sl_db_holder *holder) {
    self me = who_am_i();
    bool held, mine;
    SL_TRY(look(db, hash, &me, &held, &mine, holder));
    *taken = !held || mine;
    if (!*taken || mine) return SL_OK;
    sl_db_value values[] = {sl_db_text(hash), sl_db_text(me.host), sl_db_integer(me.pid), sl_db_integer(me.start),
                            sl_db_real(sl_db_now())};
    return sl_db_execute(db,
                         "INSERT OR REPLACE INTO claim(hash, host, pid, process_start, time, heartbeat)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?5)",
                         values, COUNT(values));
}

sl_status sl_db_claim_take(sl_db *db, const char *hash, bool *taken, sl_db_holder *holder) {
    bool own;
    *taken = false;
    *holder = (sl_db_holder){0};
    SL_TRY(check_hash(db, hash));
    SL_TRY(sl_db_begin(db, &own));
    sl_status status = sl_db_end(db, own, take(db, hash, taken, holder));
    if (status != SL_OK) *taken = false;
    return status;
}

sl_status sl_db_claim_holder(sl_db *db, const char *hash, bool *held, sl_db_holder *holder) {
    bool mine;
    *held = false;
    *holder = (sl_db_holder){0};
    SL_TRY(check_hash(db, hash));
    self me = who_am_i();
    return look(db, hash, &me, held, &mine, holder);
}

sl_status sl_db_claim_of_run(sl_db *db, int64_t run, bool *held) {
    sl_db_cursor *cursor;
    bool row, mine;
    sl_db_value key = sl_db_integer(run);
    self me = who_am_i();
    *held = false;
    SL_TRY(sl_db_query(db, "SELECT hash FROM claim WHERE run = ?1", &key, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    while (status == SL_OK && row && !*held) {
        sl_db_holder holder;
        status = look(db, sl_db_cursor_value(cursor, 0).text, &me, held, &mine, &holder);
        if (mine) *held = false;
        if (status == SL_OK) status = sl_db_cursor_next(cursor, &row);
    }
    sl_db_cursor_close(cursor);
    return status;
}

// Changes the claim's row where it is this process's; *held tells whether it is.
static sl_status change(sl_db *db, const char *sql, const char *hash, int64_t run, bool *held) {
    *held = false;
    SL_TRY(check_hash(db, hash));
    self me = who_am_i();
    sl_db_value values[] = {sl_db_text(hash),        sl_db_text(me.host),     sl_db_integer(me.pid),
                            sl_db_integer(me.start), sl_db_real(sl_db_now()), sl_db_integer(run)};
    SL_TRY(sl_db_execute(db, sql, values, COUNT(values)));
    *held = sqlite3_changes(db->handle) > 0;
    return SL_OK;
}

#define MINE " WHERE hash = ?1 AND host = ?2 AND pid = ?3 AND process_start = ?4"

sl_status sl_db_claim_run(sl_db *db, const char *hash, int64_t run, bool *held) {
    return change(db, "UPDATE claim SET run = ?6, heartbeat = ?5" MINE, hash, run, held);
}

sl_status sl_db_claim_beat(sl_db *db, const char *hash, bool *held) {
    return change(db, "UPDATE claim SET heartbeat = ?5" MINE, hash, 0, held);
}

sl_status sl_db_claim_release(sl_db *db, const char *hash) {
    bool held;
    return change(db, "DELETE FROM claim" MINE, hash, 0, &held);
}
