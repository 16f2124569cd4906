#include "ui/tui/screens/compare_lines.h"
#include "ui/tui/screens/compare_mean.h"
#include "ui/tui/screens/run_charts.h"
#include "ui/tui/screens/runs_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- lines ------------------------------------------------------------------------------------------------------------------

static const char *or_empty(const char *text) {
    return text ? text : "";
}

bool sl_compare_has_cells(const sl_snapshot *snapshot) {
    uint64_t keys[SL_DETAIL_MOST];
    for (size_t i = 0; snapshot && i < snapshot->detail_count && i < SL_DETAIL_MOST; i++) {
        keys[i] = sl_runs_cell(&snapshot->details[i].run);
        for (size_t k = 0; k < i; k++)
            if (keys[k] == keys[i]) return true;
    }
    return false;
}

static bool several_experiments(const sl_snapshot *snapshot) {
    for (size_t i = 1; i < snapshot->detail_count; i++)
        if (sl_runs_group(&snapshot->details[i].run) != sl_runs_group(&snapshot->details[0].run)) return true;
    return false;
}

static void label_of(sl_compare_line *line, const sl_run_row *run, bool grouped, bool experiments) {
    char cell[SL_COMPARE_LABEL];
    const char *what = or_empty(run->varies), *experiment = experiments ? or_empty(run->experiment) : "";
    if (grouped) {
        sl_runs_cell_label(run, cell, sizeof cell);
        what = cell;
    }
    if (!*what) what = grouped ? or_empty(run->method) : or_empty(run->name);
    snprintf(line->label, sizeof line->label, "%.6s%s%.40s%s%.40s", grouped ? "" : or_empty(run->uuid), grouped ? "" : " ",
             experiment, *experiment ? " " : "", what);
}

static void make_lines(sl_compare_set *set, const sl_snapshot *snapshot, sl_line_colors *colors) {
    short of[SL_DETAIL_MOST];
    uint64_t keys[SL_LINES_MOST];
    int given[SL_LINES_MOST];
    bool grouped = set->mode != SL_COMPARE_RUNS, experiments = several_experiments(snapshot);
    size_t details = snapshot->detail_count < SL_DETAIL_MOST ? snapshot->detail_count : SL_DETAIL_MOST, member = 0;
    for (size_t i = 0; i < details; i++) {
        const sl_run_row *run = &snapshot->details[i].run;
        uint64_t key = grouped ? sl_runs_cell(run) : sl_runs_key(run);
        size_t at = 0;
        while (at < set->count && set->lines[at].key != key) at++;
        sl_compare_line *line = &set->lines[at];
        of[i] = (short)at;
        if (at == set->count) {
            *line = (sl_compare_line){.key = key};
            label_of(line, run, grouped, experiments);
            keys[set->count++] = key;
        }
        line->count++;
    }
    for (size_t k = 0; k < set->count; k++) {
        set->lines[k].first = member;
        for (size_t i = 0; i < details; i++)
            if (of[i] == (short)k) set->members[member++] = &snapshot->details[i];
    }
    sl_line_colors_give(colors, keys, set->count, given);
    for (size_t k = 0; k < set->count; k++) set->lines[k].color = given[k];
}

int sl_compare_line_of(const sl_compare_set *set, const int64_t *runs, size_t count) {
    int found = -1;
    for (size_t k = 0; k < set->count; k++)
        for (size_t m = 0; m < set->lines[k].count; m++) {
            int64_t id = set->members[set->lines[k].first + m]->run.id;
            for (size_t i = 0; i < count; i++) {
                if (runs[i] != id) continue;
                if (found >= 0 && found != (int)k) return -1;
                found = (int)k;
            }
        }
    return found;
}

// ---- charts -----------------------------------------------------------------------------------------------------------------

static const sl_series *find_series(const sl_run_detail *detail, const char *name) {
    for (size_t i = 0; i < detail->series_count; i++)
        if (detail->series[i].count > 0 && !strcmp(detail->series[i].name, name)) return &detail->series[i];
    return NULL;
}

// One series of each name.
static size_t all_series(const sl_compare_set *set, size_t members, sl_series *out, size_t most) {
    size_t count = 0;
    for (size_t m = 0; m < members; m++)
        for (size_t i = 0; i < set->members[m]->series_count && count < most; i++) {
            const sl_series *series = &set->members[m]->series[i];
            size_t at = 0;
            while (at < count && strcmp(out[at].name, series->name) != 0) at++;
            if (at == count && series->count > 0) out[count++] = *series;
        }
    return count;
}

static void find_span(sl_compare_set *set, size_t members) {
    set->low = set->high = NAN;
    for (size_t m = 0; m < members; m++) {
        double low, high;
        if (!sl_run_charts_span(set->members[m], &low, &high)) continue;
        set->low = fmin(set->low, low);
        set->high = fmax(set->high, high);
    }
}

// The line of a chart; false: it has no values. *failed: no memory.
static bool make_line(sl_compare_set *set, const sl_compare_line *line, const char *name, double smooth, sl_chart_line *out,
                      bool *failed) {
    const sl_series *of[SL_DETAIL_MOST];
    size_t count = 0;
    for (size_t m = 0; m < line->count; m++) {
        const sl_series *series = find_series(set->members[line->first + m], name);
        if (series) of[count++] = series;
    }
    *out = (sl_chart_line){.label = line->label, .color = line->color};
    if (count == 0) return false;
    if (count == 1) {
        out->series = of[0];
        return true;
    }
    sl_series_column *band = NULL;
    out->series = sl_compare_mean(&set->arena, of, count, set->mode == SL_COMPARE_SPREAD, smooth, &band);
    out->band = band;
    out->band_count = out->series ? out->series->count : 0;
    if (!out->series) *failed = true;
    return out->series != NULL;
}

// Means of the same values may differ in their last digits.
static bool alike(double a, double b) {
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

// Whether all lines have the same values, as far as they go.
static bool all_alike(const sl_chart_line *lines, size_t count) {
    const sl_series *first = count ? lines[0].series : NULL;
    for (size_t i = 1; i < count; i++) {
        const sl_series *other = lines[i].series;
        for (size_t k = 0; k < first->count && k < other->count; k++)
            if (first->columns[k].x == other->columns[k].x && !alike(first->columns[k].last, other->columns[k].last))
                return false;
        if (first->count && other->count && first->columns[0].x != other->columns[0].x) return false;
    }
    return true;
}

static bool make_chart(sl_compare_set *set, const sl_run_chart *from, const sl_chart_line *about, const char *title,
                       double smooth) {
    bool failed = false;
    const char *name = about->series->name;
    sl_compare_chart made = {.all = sl_arena_alloc(&set->arena, set->count, sizeof *made.all),
                             .all_of = sl_arena_alloc(&set->arena, set->count, sizeof *made.all_of),
                             .lines = sl_arena_alloc(&set->arena, set->count, sizeof *made.lines),
                             .line_of = sl_arena_alloc(&set->arena, set->count, sizeof *made.line_of),
                             .log = from->log};
    if (!made.all || !made.all_of || !made.lines || !made.line_of) return false;
    sl_grid_chart *grid = &set->charts[set->chart_count];
    *grid = (sl_grid_chart){.key = name,
                            .chart = {.title = title,
                                      .lines = made.lines,
                                      .percent = from->percent,
                                      .y_low = from->y_low,
                                      .y_high = from->y_high,
                                      .quiet = true},
                            .unsmoothed = from->kind != SL_RUN_METRIC};
    for (size_t k = 0; k < set->count && !failed; k++) {
        sl_chart_line *line = &made.all[grid->chart.count];
        if (!make_line(set, &set->lines[k], name, grid->unsmoothed ? 0 : smooth, line, &failed)) continue;
        line->steps = about->steps;
        made.all_of[grid->chart.count++] = (short)k;
    }
    if (failed) return false;
    if (from->kind == SL_RUN_SCHEDULE && all_alike(made.all, grid->chart.count)) return true; // it tells nothing apart
    set->made[set->chart_count++] = made;
    return true;
}

// What a chart is called of which one series is shown: as it is where the others are kinds of that, "seg_ema" of "seg".
static const char *title_of(const sl_run_chart *chart, size_t index) {
    const char *name = chart->lines[index].series->name;
    bool kinds = index == 0 && chart->kind != SL_RUN_SCHEDULE;
    for (size_t i = 1; i < chart->count; i++) kinds = kinds && !strncmp(chart->lines[i].series->name, name, strlen(name));
    return kinds ? chart->title : !strncmp(name, "option.", 7) ? name + 7 : name;
}

static bool make_charts(sl_compare_set *set, size_t members, double smooth) {
    sl_series *series = sl_arena_alloc(&set->arena, SL_GRID_CHARTS, sizeof *series);
    sl_run_chart *charts = sl_arena_alloc(&set->arena, SL_GRID_CHARTS, sizeof *charts);
    if (!series || !charts) return false;
    sl_run_detail all = {.series = series, .series_count = all_series(set, members, series, SL_GRID_CHARTS)};
    size_t count = sl_run_charts_make(&all, charts, SL_GRID_CHARTS);
    // What stands in one chart for a single run has a chart for each here: the first of each, then the others.
    for (size_t k = 0; k < SL_RUN_LINES; k++)
        for (size_t i = 0; i < count; i++) {
            if (k >= charts[i].count || set->chart_count == SL_GRID_CHARTS) continue;
            if (!make_chart(set, &charts[i], &charts[i].lines[k], title_of(&charts[i], k), smooth)) return false;
        }
    return true;
}

void sl_compare_pick(sl_compare_set *set, uint64_t key) {
    enum { BANDS = 3 };
    bool all = set->count <= BANDS;
    for (size_t k = 0; k < set->count; k++) all = all && set->lines[k].key != key;
    for (int i = 0; i < set->chart_count; i++) {
        sl_compare_chart *made = &set->made[i];
        size_t count = 0;
        for (int picked = 0; picked < 2; picked++)
            for (size_t k = 0; k < set->charts[i].chart.count; k++) {
                if ((set->lines[made->all_of[k]].key == key) != picked) continue;
                made->lines[count] = made->all[k];
                if (!picked && !all) made->lines[count].band_count = 0;
                made->line_of[count++] = made->all_of[k];
            }
        set->charts[i].chart.log = made->log;
    }
}

// ---- all of it --------------------------------------------------------------------------------------------------------------

void sl_compare_free(sl_compare_set *set) {
    sl_arena_free(&set->arena);
    set->count = 0;
    set->chart_count = 0;
}

bool sl_compare_make(sl_compare_set *set, const sl_snapshot *snapshot, sl_compare_mode mode, double smooth,
                     sl_line_colors *colors) {
    sl_compare_free(set);
    set->mode = mode;
    set->low = set->high = NAN;
    if (!snapshot || snapshot->detail_count == 0) return true;
    make_lines(set, snapshot, colors);
    size_t members = snapshot->detail_count < SL_DETAIL_MOST ? snapshot->detail_count : SL_DETAIL_MOST;
    find_span(set, members);
    if (make_charts(set, members, smooth)) {
        sl_compare_pick(set, 0);
        return true;
    }
    sl_compare_free(set);
    return false;
}
