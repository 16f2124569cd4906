// A logged series in a few columns: the least, the greatest and the last value of 2^shift steps each. SQLite walks the primary
// key from column to column; no point leaves it but the last of each. What is there stays, and only newer steps are read; when
// they become too many, columns are joined two by two.
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>

enum { SHIFT_MOST = 61 };

void sl_known_series_free(sl_known_series *series) {
    sl_free(series->name);
    sl_free(series->columns);
    *series = (sl_known_series){0};
}

static double least(double a, double b) {
    return isnan(a) || b < a ? b : a;
}

static double greatest(double a, double b) {
    return isnan(a) || b > a ? b : a;
}

// Appends a column; one that lies in the same stretch of steps as the last is joined to it.
static sl_status append(sl_known_series *series, const sl_known_column *column) {
    sl_known_column *last = series->count ? &series->columns[series->count - 1] : NULL;
    if (last && last->step >> series->shift == column->step >> series->shift) {
        last->low = least(last->low, column->low);
        last->high = greatest(last->high, column->high);
        last->step = column->step;
        last->time = column->time;
        last->last = column->last;
        return SL_OK;
    }
    SL_TRY(sl_grow((void **)&series->columns, series->count, &series->capacity, sizeof *series->columns));
    series->columns[series->count++] = *column;
    return SL_OK;
}

static void widen(sl_known_series *series) {
    size_t count = series->count;
    series->shift++;
    series->count = 0;
    for (size_t i = 0; i < count; i++) {
        sl_known_column column = series->columns[i];
        append(series, &column); // never more than there were: it needs no memory
    }
}

typedef struct reading {
    sl_known_series *series;
    size_t most;
} reading;

static sl_status take_column(void *user, const sl_db_cursor *row) {
    reading *r = user;
    sl_known_column column = {sl_row_integer(row, 0, 0), sl_row_number(row, 1), sl_row_number(row, 3), sl_row_number(row, 4),
                              sl_row_number(row, 2)};
    SL_TRY(append(r->series, &column));
    while (r->series->count > r->most && r->series->shift < SHIFT_MOST) widen(r->series);
    return SL_OK;
}

static sl_status take_ends(void *user, const sl_db_cursor *row) {
    double *ends = user;
    ends[0] = sl_row_number(row, 0);
    ends[1] = sl_row_number(row, 1);
    return SL_OK;
}

// The finest columns in which the steps that there are find room.
static sl_status choose_shift(sl_db *db, const sl_db_value *parameters, size_t most, sl_known_series *series) {
    double ends[2] = {NAN, NAN};
    series->shift = 0;
    SL_TRY(sl_each_row(db,
                       "SELECT (SELECT min(step) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step > ?3 AND step <= ?4),"
                       " (SELECT max(step) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step > ?3 AND step <= ?4)",
                       parameters, 4, take_ends, ends));
    while (series->shift < SHIFT_MOST && (ends[1] - ends[0]) / ldexp(1, series->shift) + 1 > (double)most) series->shift++;
    return SL_OK;
}

sl_status sl_series_read(sl_db *db, int64_t run, int64_t from, int64_t to, size_t most, sl_known_series *series) {
    // Steps beyond these are nobody's, and their sums would not be numbers.
    const int64_t edge = INT64_C(1) << 61;
    int64_t since = from < -edge ? -edge : from - 1, until = to > edge ? edge : to;
    if (series->count) since = series->columns[series->count - 1].step;
    sl_db_value parameters[] = {sl_db_integer(run),   sl_db_integer(series->name_id),
                                sl_db_integer(since), sl_db_integer(until),
                                sl_db_integer(0),     sl_db_integer((int64_t)(4 * most + 64))};
    if (series->count == 0) SL_TRY(choose_shift(db, parameters, most, series));
    parameters[4] = sl_db_integer(series->shift);
    reading r = {series, most};
    return sl_each_row(db,
                       // a: the first step of each column that there is.
                       "WITH RECURSIVE c(a) AS ("
                       " SELECT min(step) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step > ?3 AND step <= ?4"
                       " UNION ALL SELECT (SELECT min(step) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step >= ((c.a "
                       ">> ?5) + 1) << ?5"
                       "  AND step <= ?4) FROM c WHERE c.a IS NOT NULL LIMIT ?6),"
                       " d(a, b) AS (SELECT a, min(?4, (((a >> ?5) + 1) << ?5) - 1) FROM c WHERE a IS NOT NULL)"
                       " SELECT v.step, v.time, v.value,"
                       "  (SELECT min(value) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step BETWEEN d.a AND d.b),"
                       "  (SELECT max(value) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step BETWEEN d.a AND d.b)"
                       " FROM d CROSS JOIN metric_value v ON v.run = ?1 AND v.name_id = ?2 AND v.step ="
                       "  (SELECT max(step) FROM metric_value WHERE run = ?1 AND name_id = ?2 AND step BETWEEN d.a AND d.b)",
                       parameters, 6, take_column, &r);
}
