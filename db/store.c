// Rows from the writer's queue into the file: one transaction a batch, prepared statements.
#include "core/base/memory.h"
#include "db/writer_impl.h"
#include <stdio.h>
#include <string.h>

typedef enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    METRIC,
    NAME_ADD,
    NAME_GET,
    CLASS_IOU,
    CONFUSION_CLEAR,
    CONFUSION,
    CONFIDENCE_CLEAR,
    CONFIDENCE,
    EVENT,
    ARTIFACT,
    SAMPLE,
    BEAT,
    STATEMENTS
} statement;

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [METRIC] = "INSERT INTO metric_value(run, name_id, step, value, time) VALUES(?1, ?2, ?3, ?4, ?5)"
               " ON CONFLICT(run, name_id, step) DO UPDATE SET value = excluded.value, time = excluded.time",
    [NAME_ADD] = "INSERT OR IGNORE INTO metric_name(name) VALUES(?1)",
    [NAME_GET] = "SELECT id FROM metric_name WHERE name = ?1",
    [CLASS_IOU] =
        "INSERT INTO class_iou(run, split, step, class_index, class_name, iou) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT(run, split, step, class_index) DO UPDATE SET class_name = excluded.class_name, iou = excluded.iou",
    [CONFUSION_CLEAR] = "DELETE FROM confusion WHERE run = ?1 AND split = ?2 AND step = ?3",
    [CONFUSION] = "INSERT INTO confusion(run, split, step, truth, prediction, pixels) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [CONFIDENCE_CLEAR] = "DELETE FROM confidence WHERE run = ?1 AND split = ?2 AND step = ?3",
    [CONFIDENCE] =
        "INSERT INTO confidence(run, split, step, class_index, correct, bin, pixels) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [EVENT] = "INSERT INTO event(run, step, time, kind, text) VALUES(?1, ?2, ?3, ?4, ?5)",
    [ARTIFACT] = "INSERT INTO artifact(run, step, time, kind, path, bytes, sha256) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                 " ON CONFLICT(run, path) DO UPDATE SET step = excluded.step, time = excluded.time, kind = excluded.kind,"
                 " bytes = excluded.bytes, sha256 = excluded.sha256",
    [SAMPLE] = "INSERT OR REPLACE INTO sample(run, step, time, split, image, kind, width, height, png)"
               " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [BEAT] = "UPDATE run SET heartbeat = ?2, step = ?3 WHERE id = ?1 AND state = 'running'",
};

struct sl_store {
    sl_db *db;
    sqlite3_stmt *statements[STATEMENTS];
    int64_t *name_ids; // metric_name.id by the writer's own number; 0: not asked for yet
    int name_count;
};

sl_status sl_store_open(const char *path, int busy_ms, sl_store **out) {
    *out = NULL;
    sl_store *store = sl_calloc(1, sizeof *store);
    if (!store) return sl_error(SL_ERR_MEMORY, "%s: out of memory", path);
    sl_status status = sl_db_open_waiting(path, SL_DB_WRITE, busy_ms, &store->db);
    for (int i = 0; i < STATEMENTS && status == SL_OK; i++) {
        int code = sqlite3_prepare_v3(store->db->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);
        if (code != SQLITE_OK) status = sl_db_fail(store->db, code);
    }
    if (status != SL_OK) {
        sl_store_close(store);
        return status;
    }
    *out = store;
    return SL_OK;
}

void sl_store_close(sl_store *store) {
    if (!store) return;
    for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(store->statements[i]);
    sl_db_close(store->db);
    sl_free(store->name_ids);
    sl_free(store);
}

// Runs a statement whose parameters are bound and makes it ready for the next time.
static sl_status run(sl_store *store, statement which) {
    sqlite3_stmt *s = store->statements[which];
    int code = sqlite3_step(s);
    sl_status status = code == SQLITE_DONE || code == SQLITE_ROW ? SL_OK : sl_db_fail(store->db, code);
    sqlite3_reset(s);
    return status;
}

static void bind_text(sqlite3_stmt *s, int index, const char *text) {
    // The queue keeps the text while the statement runs; NULL binds NULL.
    sqlite3_bind_text(s, index, text, -1, SQLITE_STATIC);
}

static sl_status name_id(sl_store *store, int index, sl_store_name name, void *user, int64_t *id) {
    if (index >= store->name_count) {
        int count = index + 64;
        int64_t *ids = sl_realloc(store->name_ids, (size_t)count * sizeof *ids);
        if (!ids) return sl_error(SL_ERR_MEMORY, "%s: out of memory", store->db->path);
        memset(ids + store->name_count, 0, (size_t)(count - store->name_count) * sizeof *ids);
        store->name_ids = ids;
        store->name_count = count;
    }
    *id = store->name_ids[index];
    if (*id) return SL_OK;
    const char *text = name(user, index);
    bind_text(store->statements[NAME_ADD], 1, text);
    SL_TRY(run(store, NAME_ADD));
    sqlite3_stmt *get = store->statements[NAME_GET];
    bind_text(get, 1, text);
    int code = sqlite3_step(get);
    if (code == SQLITE_ROW) *id = store->name_ids[index] = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return code == SQLITE_ROW ? SL_OK : sl_db_fail(store->db, code);
}

// Removes what stands under the row's run, split and step, and binds these three for what takes its place.
static sl_status clear_counts(sl_store *store, const sl_row *row, statement clear, statement insert) {
    const statement both[] = {clear, insert};
    for (int i = 0; i < 2; i++) {
        sqlite3_stmt *s = store->statements[both[i]];
        sqlite3_bind_int64(s, 1, row->run);
        bind_text(s, 2, row->extra->text[0]);
        sqlite3_bind_int64(s, 3, row->step);
    }
    return run(store, clear);
}

static sl_status write_confusion(sl_store *store, const sl_row *row) {
    SL_TRY(clear_counts(store, row, CONFUSION_CLEAR, CONFUSION));
    int64_t classes = row->extra->number;
    sqlite3_stmt *s = store->statements[CONFUSION];
    for (int64_t i = 0; i < classes * classes; i++) {
        if (row->extra->counts[i] == 0) continue;
        sqlite3_bind_int64(s, 4, i / classes);
        sqlite3_bind_int64(s, 5, i % classes);
        sqlite3_bind_int64(s, 6, row->extra->counts[i]);
        SL_TRY(run(store, CONFUSION));
    }
    return SL_OK;
}

static sl_status write_confidence(sl_store *store, const sl_row *row) {
    SL_TRY(clear_counts(store, row, CONFIDENCE_CLEAR, CONFIDENCE));
    int64_t bins = row->extra->number;
    sqlite3_stmt *s = store->statements[CONFIDENCE];
    for (int64_t i = 0; i < (int64_t)row->extra->count; i++) {
        if (row->extra->counts[i] == 0) continue;
        sqlite3_bind_int64(s, 4, i / bins / 2);
        sqlite3_bind_int64(s, 5, i / bins % 2);
        sqlite3_bind_int64(s, 6, i % bins);
        sqlite3_bind_int64(s, 7, row->extra->counts[i]);
        SL_TRY(run(store, CONFIDENCE));
    }
    return SL_OK;
}

static sl_status write_row(sl_store *store, const sl_row *row, sl_store_name name, void *user) {
    static const statement which[] = {[SL_ROW_METRIC] = METRIC, [SL_ROW_CLASS_IOU] = CLASS_IOU, [SL_ROW_CONFUSION] = CONFUSION,
                                      [SL_ROW_EVENT] = EVENT,   [SL_ROW_ARTIFACT] = ARTIFACT,   [SL_ROW_SAMPLE] = SAMPLE};
    sqlite3_stmt *s = store->statements[which[row->kind]];
    const sl_row_extra *extra = row->extra;
    int64_t id;
    if (row->kind == SL_ROW_CONFUSION) return write_confusion(store, row);
    if (row->kind == SL_ROW_CONFIDENCE) return write_confidence(store, row);
    sqlite3_bind_int64(s, 1, row->run);
    switch (row->kind) {
    case SL_ROW_METRIC:
        SL_TRY(name_id(store, row->name, name, user, &id));
        sqlite3_bind_int64(s, 2, id);
        sqlite3_bind_int64(s, 3, row->step);
        sqlite3_bind_double(s, 4, row->value);
        sqlite3_bind_double(s, 5, row->time);
        break;
    case SL_ROW_CLASS_IOU: // split, class name
        bind_text(s, 2, extra->text[0]);
        sqlite3_bind_int64(s, 3, row->step);
        sqlite3_bind_int64(s, 4, extra->number);
        bind_text(s, 5, extra->text[1]);
        sqlite3_bind_double(s, 6, row->value);
        break;
    case SL_ROW_EVENT:    // kind, text
    case SL_ROW_ARTIFACT: // kind, path, hash
        sqlite3_bind_int64(s, 2, row->step);
        sqlite3_bind_double(s, 3, row->time);
        bind_text(s, 4, extra->text[0]);
        bind_text(s, 5, extra->text[1]);
        if (row->kind == SL_ROW_EVENT) break;
        sqlite3_bind_int64(s, 6, extra->number);
        bind_text(s, 7, extra->text[2]);
        break;
    case SL_ROW_SAMPLE: // split, image, kind
        sqlite3_bind_int64(s, 2, row->step);
        sqlite3_bind_double(s, 3, row->time);
        for (int i = 0; i < 3; i++) bind_text(s, 4 + i, extra->text[i]);
        sqlite3_bind_int(s, 7, extra->size[0]);
        sqlite3_bind_int(s, 8, extra->size[1]);
        sqlite3_bind_blob64(s, 9, extra->png, (sqlite3_uint64)extra->number, SQLITE_STATIC);
        break;
    case SL_ROW_CONFUSION:
    case SL_ROW_CONFIDENCE: break;
    }
    return run(store, which[row->kind]);
}

static sl_status write_beat(sl_store *store, sl_beat *beat) {
    sqlite3_stmt *s = store->statements[BEAT];
    sqlite3_bind_int64(s, 1, beat->run);
    sqlite3_bind_double(s, 2, beat->time);
    sqlite3_bind_int64(s, 3, beat->step);
    SL_TRY(run(store, BEAT));
    if (sqlite3_changes(store->db->handle) == 0) beat->run = 0;
    return SL_OK;
}

// Some errors have rolled back already. Names added in this transaction are gone with it.
static void roll_back(sl_store *store) {
    if (!sqlite3_get_autocommit(store->db->handle)) {
        sqlite3_step(store->statements[ROLLBACK]);
        sqlite3_reset(store->statements[ROLLBACK]);
    }
    if (store->name_ids) memset(store->name_ids, 0, (size_t)store->name_count * sizeof *store->name_ids);
}

typedef struct batch {
    const sl_row *ring;
    size_t mask, first, count;
    sl_beat *beats;
    int beat_count;
    bool samples; // the pictures too
} batch;

// One transaction. *no_room: it failed for want of room on the disk.
static sl_status write_batch(sl_store *store, const batch *rows, sl_store_name name, void *user, sl_refused *refused,
                             bool *no_room) {
    *refused = (sl_refused){0};
    *no_room = false;
    sl_status status = run(store, BEGIN);
    if (status != SL_OK) return status;
    for (size_t i = 0; i < rows->count && status == SL_OK; i++) {
        const sl_row *row = &rows->ring[(rows->first + i) & rows->mask];
        if (row->kind == SL_ROW_SAMPLE && !rows->samples) {
            refused->samples++;
            continue;
        }
        status = write_row(store, row, name, user);
        // A row that does not fit (its run was deleted) is left out: kept, it would hold up all that follow.
        if (status == SL_ERR_DATA) {
            if (++refused->rows == 1) snprintf(refused->message, sizeof refused->message, "%s", sl_error_message());
            status = SL_OK;
        }
    }
    for (int i = 0; i < rows->beat_count && status == SL_OK; i++) status = write_beat(store, &rows->beats[i]);
    if (status == SL_OK) status = run(store, COMMIT);
    int code = sqlite3_errcode(store->db->handle) & 0xff;
    *no_room = status != SL_OK && (code == SQLITE_FULL || code == SQLITE_IOERR);
    if (status != SL_OK) roll_back(store);
    return status;
}

static bool has_samples(const batch *rows) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->ring[(rows->first + i) & rows->mask].kind == SL_ROW_SAMPLE) return true;
    return false;
}

sl_status sl_store_write(sl_store *store, const sl_row *ring, size_t mask, size_t first, size_t count, sl_beat *beats,
                         int beat_count, sl_store_name name, void *user, sl_refused *refused) {
    // On Linux a deleted file can be written to without an error until it is closed: the rows would be lost unseen.
    int moved = 0;
    if (sqlite3_file_control(store->db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
        return sl_db_fail(store->db, SQLITE_READONLY_DBMOVED);
    batch rows = {ring, mask, first, count, beats, beat_count, true};
    bool no_room;
    sl_status status = write_batch(store, &rows, name, user, refused, &no_room);
    if (status == SL_OK || !no_room || !has_samples(&rows)) return status;
    rows.samples = false;
    return write_batch(store, &rows, name, user, refused, &no_room);
}
