// The bin: runs that no listing shows, until they are brought back or deleted for good.
#include "db/db_impl.h"

static sl_status no_run(const sl_db *db, int64_t run) {
    return sl_error(SL_ERR_ARGUMENT, "%s: there is no run %lld", db->path, (long long)run);
}

static sl_status check_idle(sl_db *db, int64_t run) {
    bool alive;
    SL_TRY(sl_db_run_alive(db, run, &alive));
    if (!alive) return SL_OK;
    return sl_error(SL_ERR_ARGUMENT, "%s: run %lld is being trained: stop it first", db->path, (long long)run);
}

static sl_status put_in(sl_db *db, int64_t run) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_real(sl_db_now())};
    SL_TRY(check_idle(db, run));
    SL_TRY(sl_db_execute(db, "INSERT OR IGNORE INTO removed(run, time) SELECT id, ?2 FROM run WHERE id = ?1", values, 2));
    int64_t there;
    SL_TRY(sl_db_integer_of(db, "SELECT 1 FROM run WHERE id = ?1", values, 1, 0, &there));
    return there ? SL_OK : no_run(db, run);
}

sl_status sl_db_run_remove(sl_db *db, int64_t run) {
    bool own;
    SL_TRY(sl_db_begin(db, &own));
    return sl_db_end(db, own, put_in(db, run));
}

sl_status sl_db_run_restore(sl_db *db, int64_t run) {
    sl_db_value id = sl_db_integer(run);
    return sl_db_execute(db, "DELETE FROM removed WHERE run = ?1", &id, 1);
}

static sl_status purge(sl_db *db, int64_t run) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_real(sl_db_now())};
    int64_t binned;
    SL_TRY(sl_db_integer_of(db, "SELECT 1 FROM removed WHERE run = ?1", values, 1, 0, &binned));
    if (!binned)
        return sl_error(SL_ERR_ARGUMENT, "%s: run %lld is not in the bin: `semiluna rm %lld` puts it there", db->path,
                        (long long)run, (long long)run);
    SL_TRY(check_idle(db, run));
    // What only this run referred to goes with it.
    return sl_db_execute(db,
                         "INSERT OR REPLACE INTO purged(uuid, time) SELECT uuid, ?2 FROM run WHERE id = ?1;"
                         "DELETE FROM run WHERE id = ?1;"
                         "DELETE FROM split WHERE sha256 NOT IN (SELECT sha256 FROM run_split);"
                         "DELETE FROM experiment WHERE id NOT IN (SELECT experiment FROM run);",
                         values, 2);
}

sl_status sl_db_run_purge(sl_db *db, int64_t run) {
    bool own;
    SL_TRY(sl_db_begin(db, &own));
    return sl_db_end(db, own, purge(db, run));
}
