// What the files of this room share: the connection, its error texts, the schema's steps.
#ifndef SL_DB_DB_IMPL_H
#define SL_DB_DB_IMPL_H

#include "db/db.h"
#include <sqlite3.h>

#define SL_DB_APPLICATION_ID 0x534c554e // "SLUN" in the file's header
#define SL_DB_READ_MS 5000              // how long a reader waits for a lock: in WAL mode it hardly ever meets one
#define SL_DB_WRITE_MS 120000           // and a writer: what it has to say must not be lost to somebody's long transaction
#define SL_DB_TELL_MS 3000              // a longer wait is told
#define SL_DB_DEAD_SECONDS 60           // a heartbeat older than this means: the process is gone

struct sl_db {
    sqlite3 *handle;
    char *path;
    sl_db_mode mode;
    int busy_ms;
    double wait_began; // of the wait for a lock that goes on
    bool wait_told;
    bool refused; // the authorizer of a reading connection turned a statement down
};

// Turns an SQLite result code into a status and a message that names the file and says what to do.
sl_status sl_db_fail(const sl_db *db, int code);

// A transaction that nests: inside one of the caller's, begin and commit do nothing (*own is false) and the caller's end counts.
sl_status sl_db_begin(sl_db *db, bool *own);
// Commits when `status` is SL_OK, else rolls back; returns `status` or the commit's error.
sl_status sl_db_end(sl_db *db, bool own, sl_status status);

// Runs a query for its first row's first column: integer, or fallback when there is no row or it is NULL.
sl_status sl_db_integer_of(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, int64_t fallback,
                           int64_t *out);

double sl_db_now(void); // seconds since 1970

// ---- processes of this machine ----------------------------------------------------------------------------------------------

#define SL_HOST_BYTES 256
void sl_process_host(char host[SL_HOST_BYTES]);
// When a process was started, in the kernel's ticks; 0: there is none, or it is not known.
int64_t sl_process_start(int64_t pid);
// Whether the process `pid` that was started at `start` (0: not known) lives.
bool sl_process_lives(int64_t pid, int64_t start);

// Whether another process that lives holds a claim for the run.
sl_status sl_db_claim_of_run(sl_db *db, int64_t run, bool *held);

// ---- schema -----------------------------------------------------------------------------------------------------------------

// Step i takes a file from version i to version i + 1. Steps are never changed once released: a new version is a new step.
typedef struct sl_db_schema {
    const char *const *steps;
    int version; // number of steps
    // Views are dropped before and made anew after any step, so they always fit the tables; the drops also name views of older
    // versions that are no more.
    const char *drop_views;
    const char *const *views; // a statement each; ended by NULL
} sl_db_schema;

extern const char sl_db_views_drop[];
extern const char *const sl_db_views[];

extern const sl_db_schema sl_db_schema_current;

// Brings an open file to the schema's version, all steps in one transaction; a failure leaves the file as it was. A file that is
// not empty and not ours, or from a newer version, is SL_ERR_FORMAT. *version receives what the file had before (0: it was
// empty).
sl_status sl_db_migrate(sl_db *db, const sl_db_schema *schema, int *version);
// Checks only: version and whether the file is ours.
sl_status sl_db_check(sl_db *db, const sl_db_schema *schema, int *version);
// For reading a file of an older version as it lies there: tables that it does not have are empty ones of the connection's own,
// and today's views stand before the file's. (A step that changes a table, rather than adding some, needs more than this.)
sl_status sl_db_stand_in(sl_db *db, const sl_db_schema *schema, int version);

#endif
