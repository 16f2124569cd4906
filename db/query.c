// Statements, their parameters and their rows.
#include "core/base/memory.h"
#include "db/db_impl.h"
#include <string.h>

sl_db_value sl_db_null(void) {
    return (sl_db_value){.type = SL_DB_NULL};
}

sl_db_value sl_db_integer(int64_t value) {
    return (sl_db_value){.type = SL_DB_INTEGER, .integer = value};
}

sl_db_value sl_db_real(double value) {
    return (sl_db_value){.type = SL_DB_REAL, .real = value};
}

sl_db_value sl_db_text(const char *text) {
    return text ? (sl_db_value){.type = SL_DB_TEXT, .text = text, .bytes = strlen(text)} : sl_db_null();
}

sl_db_value sl_db_blob(const void *data, size_t bytes) {
    return (sl_db_value){.type = SL_DB_BLOB, .text = data, .bytes = bytes};
}

struct sl_db_cursor {
    sl_db *db;
    sqlite3_stmt *statement;
};

static int bind(sqlite3_stmt *statement, int index, const sl_db_value *value) {
    switch (value->type) {
    case SL_DB_NULL: return sqlite3_bind_null(statement, index);
    case SL_DB_INTEGER: return sqlite3_bind_int64(statement, index, value->integer);
    case SL_DB_REAL: return sqlite3_bind_double(statement, index, value->real); // SQLite makes NULL of NAN
    case SL_DB_TEXT: return sqlite3_bind_text64(statement, index, value->text, value->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    case SL_DB_BLOB: return sqlite3_bind_blob64(statement, index, value->text, value->bytes, SQLITE_TRANSIENT);
    }
    return SQLITE_MISUSE;
}

// The first statement of `sql` with its parameters bound; *statement is NULL when only space and comments are left. *rest is what
// follows it.
static sl_status prepare(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, sqlite3_stmt **statement,
                         const char **rest) {
    db->refused = false;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, statement, rest);
    if (db->refused || (code == SQLITE_OK && *statement && db->mode == SL_DB_READ && !sqlite3_stmt_readonly(*statement))) {
        sqlite3_finalize(*statement);
        *statement = NULL;
        return sl_error(SL_ERR_ARGUMENT, "%s: opened for reading only: a statement that changes something is refused", db->path);
    }
    if (code != SQLITE_OK) return sl_db_fail(db, code);
    size_t wanted = *statement ? (size_t)sqlite3_bind_parameter_count(*statement) : 0;
    if (wanted > count) {
        sqlite3_finalize(*statement);
        *statement = NULL;
        return sl_error(SL_ERR_ARGUMENT, "%s: the statement has %zu parameters, %zu were given", db->path, wanted, count);
    }
    for (size_t i = 0; i < wanted; i++) {
        code = bind(*statement, (int)i + 1, &parameters[i]);
        if (code == SQLITE_OK) continue;
        sl_status status = sl_db_fail(db, code);
        sqlite3_finalize(*statement);
        *statement = NULL;
        return status;
    }
    return SL_OK;
}

sl_status sl_db_execute(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count) {
    while (*sql) {
        sqlite3_stmt *statement;
        SL_TRY(prepare(db, sql, parameters, count, &statement, &sql));
        if (!statement) continue;
        int code;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) continue;
        sl_status status = code == SQLITE_DONE ? SL_OK : sl_db_fail(db, code);
        sqlite3_finalize(statement);
        SL_TRY(status);
    }
    return SL_OK;
}

sl_status sl_db_query(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, sl_db_cursor **out) {
    *out = NULL;
    sqlite3_stmt *statement, *more = NULL;
    const char *rest;
    SL_TRY(prepare(db, sql, parameters, count, &statement, &rest));
    if (!statement) return sl_error(SL_ERR_ARGUMENT, "%s: an empty statement", db->path);
    // A second statement would never run: better said than dropped.
    int code = sqlite3_prepare_v2(db->handle, rest, -1, &more, NULL);
    sqlite3_finalize(more);
    if (code != SQLITE_OK || more) {
        sqlite3_finalize(statement);
        return sl_error(SL_ERR_ARGUMENT, "%s: one statement at a time, please: more follows the first ;", db->path);
    }
    sl_db_cursor *cursor = sl_calloc(1, sizeof *cursor);
    if (!cursor) {
        sqlite3_finalize(statement);
        return sl_error(SL_ERR_MEMORY, "%s: out of memory", db->path);
    }
    *cursor = (sl_db_cursor){db, statement};
    *out = cursor;
    return SL_OK;
}

int sl_db_cursor_columns(const sl_db_cursor *cursor) {
    return sqlite3_column_count(cursor->statement);
}

const char *sl_db_cursor_name(const sl_db_cursor *cursor, int column) {
    const char *name = sqlite3_column_name(cursor->statement, column);
    return name ? name : "";
}

sl_status sl_db_cursor_next(sl_db_cursor *cursor, bool *has_row) {
    int code = sqlite3_step(cursor->statement);
    *has_row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SL_OK : sl_db_fail(cursor->db, code);
}

sl_db_value sl_db_cursor_value(const sl_db_cursor *cursor, int column) {
    sqlite3_stmt *statement = cursor->statement;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return sl_db_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT: return sl_db_real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(statement, column);
        return (sl_db_value){
            .type = SL_DB_TEXT, .text = text ? text : "", .bytes = (size_t)sqlite3_column_bytes(statement, column)};
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_column_blob(statement, column);
        return sl_db_blob(data ? data : "", (size_t)sqlite3_column_bytes(statement, column));
    }
    default: return sl_db_null();
    }
}

void sl_db_cursor_close(sl_db_cursor *cursor) {
    if (!cursor) return;
    sqlite3_finalize(cursor->statement);
    sl_free(cursor);
}

sl_status sl_db_integer_of(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, int64_t fallback,
                           int64_t *out) {
    sl_db_cursor *cursor;
    bool row;
    *out = fallback;
    SL_TRY(sl_db_query(db, sql, parameters, count, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row) {
        sl_db_value value = sl_db_cursor_value(cursor, 0);
        if (value.type == SL_DB_INTEGER) *out = value.integer;
    }
    sl_db_cursor_close(cursor);
    return status;
}

sl_status sl_db_begin(sl_db *db, bool *own) {
    *own = sqlite3_get_autocommit(db->handle) != 0;
    return *own ? sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0) : SL_OK;
}

sl_status sl_db_end(sl_db *db, bool own, sl_status status) {
    if (!own) return status;
    if (status == SL_OK) status = sl_db_execute(db, "COMMIT", NULL, 0);
    // Without touching the message of what went wrong.
    if (status != SL_OK && !sqlite3_get_autocommit(db->handle)) sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
