// The results database: one SQLite file that many processes may log into at once.
//
// A connection belongs to one thread at a time. Errors name the file and say what to do (not a database, locked, read-only, full
// disk, newer schema).
#ifndef SL_DB_DB_H
#define SL_DB_DB_H

#include "core/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sl_db sl_db;

typedef enum sl_db_mode {
    SL_DB_READ,   // read-only; the file must exist; an older schema is read as it is
    SL_DB_WRITE,  // created or migrated as needed; WAL
    SL_DB_CHANGE, // as WRITE, but the file must exist
} sl_db_mode;

sl_status sl_db_open(const char *path, sl_db_mode mode, sl_db **out);
// The same, waiting at most so long for other processes' locks, then and later.
sl_status sl_db_open_waiting(const char *path, sl_db_mode mode, int milliseconds, sl_db **out);
void sl_db_close(sl_db *db); // NULL is fine
const char *sl_db_path(const sl_db *db);
// How long a call waits while other processes lock the file. At first 2 minutes for writing (a long wait is told, by sl_log) and
// 5 seconds for reading, which a lock hardly ever keeps out.
void sl_db_patience(sl_db *db, int milliseconds);
// Whether this thread's last error from the database was that another program has the file locked: it may be tried again.
bool sl_db_was_locked(void);

// "SQLite 3.40.1": the library in use.
const char *sl_db_library(void);

// ---- values, parameters and rows --------------------------------------------------------------------------------------------

typedef enum sl_db_type { SL_DB_NULL, SL_DB_INTEGER, SL_DB_REAL, SL_DB_TEXT, SL_DB_BLOB } sl_db_type;
typedef struct sl_db_value {
    sl_db_type type;
    int64_t integer;
    double real;
    const char *text; // TEXT and BLOB, borrowed
    size_t bytes;     // of text, without the closing zero
} sl_db_value;

sl_db_value sl_db_null(void);
sl_db_value sl_db_integer(int64_t value);
sl_db_value sl_db_real(double value);     // infinities are kept; NAN is stored as NULL, as SQLite has no NaN
sl_db_value sl_db_text(const char *text); // borrowed while the call lasts; NULL gives SL_DB_NULL
sl_db_value sl_db_blob(const void *data, size_t bytes);

// Runs one or several statements; rows are dropped. Each takes its parameters (?1, ?2, ...) from the same list. "BEGIN IMMEDIATE"
// and "COMMIT" may enclose the calls below.
sl_status sl_db_execute(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count);

typedef struct sl_db_cursor sl_db_cursor;
// A query's rows one by one. On a read-only connection nothing can be changed; a statement that would write is an error.
sl_status sl_db_query(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, sl_db_cursor **out);
int sl_db_cursor_columns(const sl_db_cursor *cursor);
const char *sl_db_cursor_name(const sl_db_cursor *cursor, int column);
sl_status sl_db_cursor_next(sl_db_cursor *cursor, bool *has_row);
sl_db_value sl_db_cursor_value(const sl_db_cursor *cursor, int column); // valid until the next call of next or close
void sl_db_cursor_close(sl_db_cursor *cursor);

// ---- runs -------------------------------------------------------------------------------------------------------------------

// What is known of a run when it starts. All strings are copied; NULL is stored as NULL.
typedef struct sl_run_info {
    const char *experiment, *name;         // name may be repeated; the id is unique
    const char *script_path, *script_text; // the text is hashed (SHA-256) into script_hash
    const char *method;
    const char *git_commit;
    int git_dirty; // 1, 0, -1: unknown
    int64_t seed, steps;
    const char *host, *device, *versions; // versions: one line, "semiluna 0.1.0, oneDNN 3.2.0, ..."
    int64_t pid;
    int threads;
} sl_run_info;

// States: "running", "done", "stopped", "failed", "diverged". A "running" run whose heartbeat is old is dead; views show it so.
sl_status sl_db_run_new(sl_db *db, const sl_run_info *info, int64_t *run, char uuid[37]);
// Resuming: state "running", a new pid and host, everything logged after `step` removed (metrics, evaluations, events,
// artifacts), in one transaction. Refused while the run's process is alive. Commands that were waiting are answered as not done.
sl_status sl_db_run_resume(sl_db *db, int64_t run, int64_t step, const sl_run_info *info);
sl_status sl_db_run_param(sl_db *db, int64_t run, const char *name, const char *type, const char *value);
sl_status sl_db_run_finish(sl_db *db, int64_t run, const char *state, int64_t step, const char *error);

// Whether another process is at work on a run: its state is "running", and that process lives (on this machine) or has shown a
// sign of life in the last minute (on another).
sl_status sl_db_run_alive(sl_db *db, int64_t run, bool *alive);

// The run named by id, uuid or a unique prefix of it, name (the newest of that name) or "latest". An error lists near matches.
// Not those in the bin: sl_db_run_find_removed finds them, and no others.
sl_status sl_db_run_find(sl_db *db, const char *what, int64_t *run);
sl_status sl_db_run_find_removed(sl_db *db, const char *what, int64_t *run);

// Puts a run into the bin: no listing shows it, and nothing else changes. Refused while another process is at work on it.
sl_status sl_db_run_remove(sl_db *db, int64_t run);
sl_status sl_db_run_restore(sl_db *db, int64_t run); // takes it out again
// Deletes all rows of a run that lies in the bin; its files stay. Its uuid is kept, so that merging old files does not bring it
// back.
sl_status sl_db_run_purge(sl_db *db, int64_t run);

// ---- runs of several files --------------------------------------------------------------------------------------------------

typedef struct sl_db_copied {
    int64_t added, replaced, kept; // runs
} sl_db_copied;

// Copies runs with all that is recorded of them from the file `path`, which is not changed, in one transaction. `uuids` NULL: all
// but those in the bin. A run that is here already, in the same or a later state, is kept, an older copy is replaced; tags and
// notes of all copies come together. So the order and number of copies make no difference. An error names the file that is at
// fault, and leaves `db` as it was.
sl_status sl_db_copy_runs(sl_db *db, const char *path, const char *const *uuids, size_t count, sl_db_copied *out);

// ---- claims: which process trains a cell ------------------------------------------------------------------------------------
//
// A claim belongs to the process that took it. It is free once that process has ended or, where it ran on another machine, when
// neither the claim's heartbeat nor its run's is younger than 60 seconds.

typedef struct sl_db_holder {
    char host[256];
    int64_t pid, run; // run 0: not begun yet
} sl_db_holder;

// Takes the claim unless another process holds it, which *holder then names. Of many processes that ask at once one gets it.
// Taking what this process holds already is fine.
sl_status sl_db_claim_take(sl_db *db, const char *hash, bool *taken, sl_db_holder *holder);
// Who holds the claim now; for looking only, also on a read-only connection.
sl_status sl_db_claim_holder(sl_db *db, const char *hash, bool *held, sl_db_holder *holder);
// The run that the holder has begun or goes on with. *held: whether this process still holds the claim; if not, nothing is
// changed.
sl_status sl_db_claim_run(sl_db *db, const char *hash, int64_t run, bool *held);
// A sign of life. Needed only while there is no run: a run's own heartbeat counts as well.
sl_status sl_db_claim_beat(sl_db *db, const char *hash, bool *held);
// Gives the claim up; nothing happens where this process does not hold it.
sl_status sl_db_claim_release(sl_db *db, const char *hash);

// ---- commands to a running trainer (written by the dashboard or another terminal) --------------------------------------------

typedef struct sl_db_command {
    int64_t id;
    char name[32]; // "stop", "checkpoint", ...
    char argument[256];
} sl_db_command;
sl_status sl_db_command_send(sl_db *db, int64_t run, const char *name, const char *argument, int64_t *id);
// The oldest command not yet answered; *found tells whether there is one.
sl_status sl_db_command_next(sl_db *db, int64_t run, sl_db_command *out, bool *found);
sl_status sl_db_command_answer(sl_db *db, int64_t id, int64_t step, const char *answer);

#endif
