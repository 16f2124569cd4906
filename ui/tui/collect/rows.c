// Rows of queries, growing lists and clocks, for the collector.
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <string.h>
#include <time.h>

sl_status sl_each_row(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, sl_row_visit visit, void *user) {
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(db, sql, parameters, count, &cursor));
    sl_status status = SL_OK;
    while (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        status = visit(user, cursor);
    }
    sl_db_cursor_close(cursor);
    return status;
}

double sl_row_number(const sl_db_cursor *row, int column) {
    sl_db_value value = sl_db_cursor_value(row, column);
    return value.type == SL_DB_REAL ? value.real : value.type == SL_DB_INTEGER ? (double)value.integer : NAN;
}

int64_t sl_row_integer(const sl_db_cursor *row, int column, int64_t missing) {
    sl_db_value value = sl_db_cursor_value(row, column);
    if (value.type == SL_DB_INTEGER) return value.integer;
    if (value.type == SL_DB_REAL && fabs(value.real) < 9e18) return (int64_t)value.real;
    return missing;
}

sl_status sl_row_text(const sl_db_cursor *row, int column, char **slot) {
    sl_db_value value = sl_db_cursor_value(row, column);
    const char *text = value.type == SL_DB_TEXT ? value.text : NULL;
    if (!text || !*slot || strcmp(text, *slot) != 0) {
        sl_free(*slot);
        *slot = NULL;
    }
    if (text && !*slot && !(*slot = sl_strdup(text))) return sl_error(SL_ERR_MEMORY, "out of memory");
    return SL_OK;
}

sl_status sl_grow(void **items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) return SL_OK;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *grown = wanted > SIZE_MAX / 2 / size ? NULL : sl_realloc(*items, wanted * size);
    if (!grown) return sl_error(SL_ERR_MEMORY, "out of memory");
    *items = grown;
    *capacity = wanted;
    return SL_OK;
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double sl_seconds_now(void) {
    return seconds_of(CLOCK_REALTIME);
}

double sl_seconds_steady(void) {
    return seconds_of(CLOCK_MONOTONIC);
}

double sl_seconds_worked(void) {
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}
