#include "ui/tui/screens/runs_view.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- keys -------------------------------------------------------------------------------------------------------------------

// The closing zero is taken along, so that "ab" "c" and "a" "bc" differ.
static uint64_t hash(uint64_t value, const char *text, size_t bytes) {
    return sl_hash(sl_hash(value, text, bytes), "", 1);
}

// The bytes of `varies` before its last word, where that is the seed: "s12".
static size_t without_seed(const char *varies) {
    size_t length = strlen(varies), at = length;
    while (at > 0 && isdigit((unsigned char)varies[at - 1])) at--;
    if (at == length || at == 0 || varies[at - 1] != 's') return length;
    if (at == 1) return 0;
    return varies[at - 2] == ' ' ? at - 2 : length;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

uint64_t sl_runs_key(const sl_run_row *row) {
    return hash(0x1234567, (const char *)&row->id, sizeof row->id);
}
uint64_t sl_runs_group(const sl_run_row *row) {
    const char *name = or_empty(row->experiment);
    return hash(SL_HASH_START, name, strlen(name));
}
uint64_t sl_runs_cell(const sl_run_row *row) {
    const char *varies = or_empty(row->varies), *method = or_empty(row->method);
    uint64_t key = hash(sl_runs_group(row) + 1, varies, without_seed(varies));
    return hash(key, method, strlen(method));
}

void sl_runs_cell_label(const sl_run_row *row, char *out, size_t bytes) {
    const char *varies = or_empty(row->varies);
    snprintf(out, bytes, "%.*s", (int)without_seed(varies), varies);
}

// ---- gathering --------------------------------------------------------------------------------------------------------------

// Groups or cells in the order of their first row, found by key.
typedef struct set {
    sl_runs_line *items;
    size_t count;
    uint32_t *slots; // index + 1
    size_t mask;
} set;

static bool set_open(set *s, size_t most) {
    s->count = 0;
    s->mask = 15;
    while (s->mask < 2 * most) s->mask = 2 * s->mask + 1;
    s->items = sl_malloc((most + 1) * sizeof *s->items);
    s->slots = sl_calloc(s->mask + 1, sizeof *s->slots);
    return s->items && s->slots;
}

static void set_close(set *s) {
    sl_free(s->items);
    sl_free(s->slots);
}

static sl_runs_line *set_get(set *s, uint64_t key, sl_runs_kind kind, uint64_t group, size_t row) {
    size_t at = (key ^ key >> 32) & s->mask;
    for (; s->slots[at]; at = (at + 1) & s->mask)
        if (s->items[s->slots[at] - 1].key == key) return &s->items[s->slots[at] - 1];
    s->items[s->count] = (sl_runs_line){.kind = kind, .key = key, .group = group, .row = row, .low = NAN, .high = NAN};
    s->slots[at] = (uint32_t)++s->count;
    return &s->items[s->count - 1];
}

// `mean` holds the sum of the values and `deviation` that of their squared distances from the running mean, until `finish`.
static void gather(sl_runs_line *line, const sl_run_row *row) {
    line->count++;
    line->states[row->state]++;
    if (isnan(row->miou)) return;
    double difference = row->miou - line->mean;
    line->measured++;
    line->mean += difference / (double)line->measured;
    line->deviation += difference * (row->miou - line->mean);
    line->low = fmin(line->low, row->miou);
    line->high = fmax(line->high, row->miou);
}

static void finish(sl_runs_line *line) {
    line->deviation = line->measured > 1 ? sqrt(line->deviation / (double)(line->measured - 1)) : NAN;
    if (line->measured == 0) line->mean = NAN;
}

static sl_runs_line line_of_run(const sl_run_row *rows, size_t row) {
    sl_runs_line line = {.kind = SL_RUNS_RUN,
                         .key = sl_runs_key(&rows[row]),
                         .group = sl_runs_group(&rows[row]),
                         .row = row,
                         .low = NAN,
                         .high = NAN};
    gather(&line, &rows[row]);
    finish(&line);
    return line;
}

// Lines of one group below its own.
static void put_members(sl_runs_view *view, const sl_run_row *rows, const uint64_t *keys, size_t count, const sl_runs_line *group,
                        const set *cells) {
    if (group->fold == SL_FOLD_RUNS)
        for (size_t i = group->row; i < count; i++)
            if (keys[i] == group->key) view->lines[view->count++] = line_of_run(rows, i);
    if (group->fold == SL_FOLD_CELLS)
        for (size_t i = 0; i < cells->count; i++)
            if (cells->items[i].group == group->key) view->lines[view->count++] = cells->items[i];
}

sl_status sl_runs_view_make(sl_runs_view *view, const sl_run_row *rows, size_t count, bool grouped, sl_fold_of fold,
                            const void *user) {
    set groups = {0}, cells = {0};
    bool opened = set_open(&groups, count);
    opened = set_open(&cells, count) && opened;
    sl_runs_line *lines = opened ? sl_malloc((3 * count + 1) * sizeof *lines) : NULL;
    uint64_t *keys = lines ? sl_malloc(count * sizeof *keys) : NULL; // of the rows' groups
    if (!keys) {
        sl_free(lines);
        set_close(&groups);
        set_close(&cells);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    sl_free(view->lines);
    *view = (sl_runs_view){.lines = lines};
    for (size_t i = 0; i < count; i++) {
        uint64_t group = keys[i] = sl_runs_group(&rows[i]);
        gather(set_get(&groups, group, SL_RUNS_GROUP, group, i), &rows[i]);
        gather(set_get(&cells, sl_runs_cell(&rows[i]), SL_RUNS_CELL, group, i), &rows[i]);
    }
    for (size_t i = 0; i < cells.count; i++) {
        finish(&cells.items[i]);
        set_get(&groups, cells.items[i].group, SL_RUNS_GROUP, 0, 0)->cells++;
    }
    view->groups = groups.count;
    for (size_t i = 0; grouped && i < groups.count; i++) {
        finish(&groups.items[i]);
        groups.items[i].fold = fold ? fold(user, groups.items[i].key) : SL_FOLD_RUNS;
        view->lines[view->count++] = groups.items[i];
        put_members(view, rows, keys, count, &groups.items[i], &cells);
    }
    for (size_t i = 0; !grouped && i < count; i++) view->lines[view->count++] = line_of_run(rows, i);
    sl_free(keys);
    set_close(&groups);
    set_close(&cells);
    return SL_OK;
}

void sl_runs_view_free(sl_runs_view *view) {
    sl_free(view->lines);
    *view = (sl_runs_view){0};
}
