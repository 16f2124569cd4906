#include "ui/tui/screens/compare_mean.h"
#include "ui/tui/chart/chart.h"

#include <math.h>

// The value of a curve at x; *at is the column from which the search goes on, for x that ascend. NAN: it has none there.
static double value_at(const sl_series *series, double x, size_t *at) {
    while (*at + 1 < series->count && series->columns[*at + 1].x <= x) ++*at;
    const sl_series_column *left = &series->columns[*at];
    if (left->x == x) return left->last;
    if (x < left->x || *at + 1 == series->count) return NAN;
    const sl_series_column *right = left + 1;
    return left->last + (right->last - left->last) * (x - left->x) / (right->x - left->x);
}

typedef struct spread {
    double mean, low, high;
} spread;

static spread spread_of(const double *values, size_t count, bool deviation) {
    spread s = {NAN, NAN, NAN};
    double sum = 0, squares = 0;
    if (count == 0) return s;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        s.low = fmin(s.low, values[i]);
        s.high = fmax(s.high, values[i]);
    }
    s.mean = sum / (double)count;
    if (!deviation) return s;
    for (size_t i = 0; i < count; i++) squares += (values[i] - s.mean) * (values[i] - s.mean);
    double one = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    s.low = s.mean - one;
    s.high = s.mean + one;
    return s;
}

sl_series *sl_compare_mean(sl_arena *arena, const sl_series *const *of, size_t count, bool deviation, double smooth,
                           sl_series_column **band) {
    const sl_series *longest = of[0];
    for (size_t i = 1; i < count; i++)
        if (of[i]->count && (!longest->count || of[i]->columns[of[i]->count - 1].x > longest->columns[longest->count - 1].x))
            longest = of[i];
    sl_series *out = sl_arena_alloc(arena, 1, sizeof *out);
    sl_series_column *columns = sl_arena_alloc(arena, longest->count, sizeof *columns);
    *band = sl_arena_alloc(arena, longest->count, sizeof **band);
    size_t *at = sl_arena_alloc(arena, count, sizeof *at);
    double *values = sl_arena_alloc(arena, count, sizeof *values);
    if (!out || !columns || !*band || !at || !values) return NULL;
    sl_smoother low = {0}, high = {0};
    for (size_t k = 0; k < longest->count; k++) {
        double x = longest->columns[k].x;
        size_t there = 0;
        for (size_t i = 0; i < count; i++) {
            double value = of[i]->count ? value_at(of[i], x, &at[i]) : NAN;
            if (isfinite(value)) values[there++] = value;
        }
        spread s = spread_of(values, there, deviation);
        columns[k] = (sl_series_column){x, s.mean, s.mean, s.mean};
        if (smooth > 0) {
            s.low = sl_smoother_next(&low, smooth, s.low);
            s.high = sl_smoother_next(&high, smooth, s.high);
        }
        (*band)[k] = (sl_series_column){x, s.low, s.high, s.mean};
    }
    *out = (sl_series){.name = longest->name, .columns = columns, .count = longest->count};
    return out;
}
