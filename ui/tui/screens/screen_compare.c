// The Compare screen: curves of several runs in the same charts, a line for each or for the mean over seeds, and beneath them the
// table that `semiluna compare` prints.
#include "ui/tui/app_impl.h"
#include "ui/tui/screens/compare_baseline.h"
#include "ui/tui/screens/compare_legend.h"
#include "ui/tui/screens/compare_place.h"
#include "ui/tui/screens/report_view.h"
#include "ui/tui/screens/runs_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_COLUMNS = 24000 }; // of each name, of all runs together

typedef struct compare {
    sl_chart_grid grid;
    sl_compare_set set;
    sl_compare_layout at;
    sl_compare_parts parts;
    sl_report_view table;
    uint64_t picked; // the line that is drawn on top; 0: none
    int mode;        // -1: means where there are several seeds
    bool letters;
    // What the set was made of.
    const sl_snapshot *made_of;
    double made_at, made_smooth;
    sl_compare_mode made_mode;
    double low, high; // of x, while all of it was seen
    // What is asked for.
    int64_t runs[SL_REPORT_MOST];
    size_t count, total; // total: before it was cut
    char experiment[64]; // where no run is marked
    char metric[128];
} compare;

static sl_status open_compare(sl_app *app, void *state) {
    compare *c = state;
    sl_chart_grid_open(&c->grid, &app->config);
    c->grid.least_width = 34;
    c->mode = sl_config_number(&app->config, "compare.mode", 0, SL_COMPARE_MODES - 1, -1);
    c->parts = (sl_compare_parts)sl_config_number(&app->config, "compare.parts", 0, SL_COMPARE_PARTS - 1, SL_COMPARE_BOTH);
    c->low = c->high = NAN;
    return SL_OK;
}

static void close_compare(sl_app *app, void *state) {
    sl_compare_free(&((compare *)state)->set);
}

// ---- which runs -------------------------------------------------------------------------------------------------------------

static int by_id(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

// The marked runs; where none is, those of the experiment that the person stands on.
static void choose_runs(sl_app *app, compare *c) {
    c->count = c->total = 0;
    c->experiment[0] = '\0';
    for (size_t i = 0; i < app->mark_count; i++, c->total++)
        if (c->count < SL_REPORT_MOST) c->runs[c->count++] = app->marks[i];
    if (app->mark_count == 0 && app->snapshot && app->snapshot->run_count > 0) {
        const sl_run_row *here = sl_app_row(app, app->selected);
        if (!here) here = &app->snapshot->runs[0];
        snprintf(c->experiment, sizeof c->experiment, "%s", here->experiment ? here->experiment : "");
        uint64_t group = sl_runs_group(here);
        for (size_t i = 0; i < app->snapshot->run_count; i++) {
            if (sl_runs_group(&app->snapshot->runs[i]) != group) continue;
            c->total++;
            if (c->count < SL_REPORT_MOST) c->runs[c->count++] = app->snapshot->runs[i].id;
        }
    }
    // The first of the table, or of the marks, have curves; in an order that stays while the table's changes.
    size_t curves = c->count < SL_DETAIL_MOST ? c->count : SL_DETAIL_MOST;
    qsort(c->runs, curves, sizeof *c->runs, by_id);
    qsort(c->runs + curves, c->count - curves, sizeof *c->runs, by_id);
}

// ---- lines ------------------------------------------------------------------------------------------------------------------

static sl_compare_mode mode_of(const sl_app *app, const compare *c) {
    if (c->mode >= 0) return (sl_compare_mode)c->mode;
    return sl_compare_has_cells(app->snapshot) ? SL_COMPARE_RANGE : SL_COMPARE_RUNS;
}

// The details are of the runs that this screen asked for, not of another's.
static bool is_answered(const sl_app *app) {
    return app->snapshot && app->snapshot->report.kind == SL_REPORT_COMPARE;
}

// Makes lines and charts anew where something they are made of has changed.
static void update(sl_app *app, compare *c) {
    double smooth = sl_chart_grid_smooth(&c->grid);
    sl_compare_mode mode = mode_of(app, c);
    bool same = c->made_of == app->snapshot && app->snapshot && c->made_at == app->snapshot->time && c->made_mode == mode &&
                c->made_smooth == smooth;
    if (same) return;
    static const sl_snapshot nothing;
    const sl_snapshot *of = is_answered(app) ? app->snapshot : &nothing;
    sl_line_colors *colors = mode == SL_COMPARE_RUNS ? &app->run_colors : &app->cell_colors;
    if (!sl_compare_make(&c->set, of, mode, smooth, colors)) sl_app_say(app, SL_COLOR_BAD, "no memory for the curves");
    c->made_of = app->snapshot;
    c->made_at = app->snapshot ? app->snapshot->time : 0;
    c->made_mode = mode;
    c->made_smooth = smooth;
}

// ---- asking -----------------------------------------------------------------------------------------------------------------

static void request(sl_app *app, void *state, sl_request *wanted) {
    compare *c = state;
    double from, to;
    choose_runs(app, c);
    update(app, c); // names of charts are the snapshot's, and there may be a newer one than was drawn
    wanted->runs = c->runs;
    wanted->run_count = c->count < SL_DETAIL_MOST ? c->count : SL_DETAIL_MOST;
    wanted->columns = sl_chart_grid_columns(&c->grid);
    wanted->axis = c->grid.by_time ? SL_AXIS_TIME : SL_AXIS_STEP;
    if (sl_chart_grid_range(&c->grid, &from, &to)) {
        // Steps are asked for more closely; of time, where each run is at another step, all.
        if (c->grid.by_time)
            wanted->columns = (int)fmin(SL_COLUMNS_MOST, wanted->columns * (c->grid.high - c->grid.low) / (to - from));
        else {
            wanted->from = from;
            wanted->to = to;
        }
    }
    int most = SERIES_COLUMNS / (wanted->run_count ? (int)wanted->run_count : 1);
    if (wanted->columns > most) wanted->columns = most;
    if (c->count == 0) return;
    const sl_grid_chart *chart = sl_chart_grid_selected(&c->grid, c->set.charts);
    if (chart && c->grid.at < c->set.chart_count) snprintf(c->metric, sizeof c->metric, "%s", chart->key);
    wanted->report = (sl_report_request){SL_REPORT_COMPARE, c->runs, c->count, NULL, app->baseline};
    if (*c->metric && strcmp(c->metric, "miou") != 0) wanted->report.metric = c->metric;
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

// All x that there is, also while a part of it is looked at and nothing else was read.
static void find_span(compare *c) {
    if (!(c->grid.span > 0)) {
        c->low = c->set.low;
        c->high = c->set.high;
    }
    c->high = fmax(c->high, c->set.high);
    if (c->set.count > 0 && c->made_of && !c->made_of->by_time)
        for (size_t i = 0; i < c->set.lines[c->set.count - 1].first + c->set.lines[c->set.count - 1].count; i++)
            if (c->grid.span > 0) c->high = fmax(c->high, (double)c->set.members[i]->run.step);
}

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    compare *c = state;
    char words[128];
    choose_runs(app, c);
    int at = snprintf(out, bytes, "compare ");
    if (app->mark_count > 0)
        at += snprintf(out + at, bytes - (size_t)at, "%zu marked run%s", c->total, c->total == 1 ? "" : "s");
    else if (c->total > 0)
        at += snprintf(out + at, bytes - (size_t)at, "%zu run%s of %s, none marked", c->total, c->total == 1 ? "" : "s",
                       c->experiment);
    if (c->total > SL_DETAIL_MOST && (size_t)at < bytes)
        at += snprintf(out + at, bytes - (size_t)at, ", curves of the first %d", SL_DETAIL_MOST);
    sl_chart_grid_words(&c->grid, words, sizeof words);
    if (*words && (size_t)at < bytes) snprintf(out + at, bytes - (size_t)at, ", %s", words);
}

typedef struct looking {
    const sl_app *app;
    const compare *c;
    sl_compare_legend legend;
    size_t line;
    bool utf8;
} looking;

static sl_report_look look_of(void *user, const char *line, size_t bytes) {
    looking *l = user;
    const sl_report *report = &l->app->snapshot->report;
    if (line == report->text) l->line = 0;
    size_t at = (size_t)(line - report->text);
    sl_report_look look = {{0}, !sl_report_has_columns(line, bytes)};
    bool cells = false, header = false;
    for (size_t i = 0; i < report->cell_count; i++) {
        if (report->cells[i].at < at || report->cells[i].at > at + bytes) continue;
        cells = true;
        header = report->cells[i].run_count == 0 && report->cells[0].at == report->cells[i].at;
        break;
    }
    if (header)
        look.style.attributes = SL_ATTR_BOLD;
    else if (!cells)
        look.style.foreground = l->line == 0 ? SL_COLOR_TITLE : SL_COLOR_DIM;
    l->line++;
    return look;
}

static bool sign_of(void *user, const sl_report_cell *cell, uint32_t *sign, sl_style *style) {
    const looking *l = user;
    int line = cell->run_count ? sl_compare_line_of(&l->c->set, cell->runs, cell->run_count) : -1;
    if (line < 0) return false;
    *sign = sl_compare_sign(&l->legend, l->c->set.lines[line].color, l->utf8, style);
    return true;
}

static void draw_rule(const sl_app *app, const compare *c, sl_frame *frame, sl_rect rule) {
    char where[64], name[64] = "table of the runs that are done";
    if (c->total > SL_REPORT_MOST) snprintf(name, sizeof name, "table of the first %d runs, those that are done", SL_REPORT_MOST);
    sl_style dim = {SL_COLOR_DIM, 0, 0};
    if (rule.height <= 0) return;
    sl_frame_fill(frame, rule, dim, 0x2500);
    sl_report_view_words(&c->table, where, sizeof where);
    sl_rect room = {rule.x, rule.y, rule.width - 2, 1};
    if (*where) {
        room.width -= (int)strlen(where) + 3;
        sl_frame_printf(frame, rule, room.x + room.width, rule.y, dim, " %s ", where);
    }
    sl_frame_printf(frame, room, rule.x + 2, rule.y, dim, " %s ", name);
    if (*app->baseline) {
        int x = rule.x + 4 + sl_text_columns(name, frame->utf8);
        sl_frame_printf(frame, room, x, rule.y, (sl_style){SL_COLOR_ACCENT, 0, 0}, " against %s ", app->baseline);
    }
}

static sl_report_look look_of_problem(void *user, const char *line, size_t bytes) {
    return (sl_report_look){{*(const sl_color *)user, 0, 0}, true};
}

static void draw_table(sl_app *app, compare *c, sl_frame *frame, const sl_report *report, const sl_report_looks *looks) {
    sl_rect area = c->at.table;
    sl_rect_take_left(&area, 1);
    sl_rect_take_right(&area, 1);
    if (area.height > 0) sl_report_view_draw(&c->table, frame, area, report, looks);
}

static void draw_nothing(const sl_app *app, const compare *c, sl_frame *frame, sl_rect area) {
    const sl_snapshot *snapshot = app->snapshot;
    const char *text = c->total > 0 && !is_answered(app)  ? "reading ..."
                       : !snapshot || !snapshot->complete ? "reading ..."
                       : snapshot->problem                ? "nothing can be read yet"
                       : c->total == 0 && app->filter     ? "no run fits the filter"
                       : c->total == 0                    ? "no runs yet: semiluna run SCRIPT records one"
                       : snapshot->detail_count == 0
                           ? "these runs are in the file no more; U in the table of runs takes the marks away"
                           : "these runs have logged nothing yet";
    int x = area.x + (area.width - sl_text_columns(text, frame->utf8)) / 2;
    sl_frame_text(frame, area, x < area.x ? area.x : x, area.y + area.height / 2, (sl_style){SL_COLOR_DIM, 0, 0}, text);
}

static void draw_charts(sl_app *app, compare *c, sl_frame *frame, bool letters) {
    sl_compare_pick(&c->set, c->picked);
    for (int i = 0; i < c->set.chart_count; i++) {
        sl_chart *chart = &c->set.charts[i].chart;
        chart->letters = letters;
        chart->by_time = app->snapshot->by_time;
        chart->now = c->high;
    }
    sl_chart_grid_draw(&c->grid, frame, c->at.charts, c->set.charts, c->set.chart_count, c->low, c->high);
}

// The table, or what is to be said in its place.
static const sl_report *report_of(const sl_app *app, sl_report *said, sl_color *color) {
    const sl_report *report = &app->snapshot->report;
    if (report->kind == SL_REPORT_COMPARE && report->text) return report;
    bool wrong = report->kind == SL_REPORT_COMPARE && report->problem;
    *said = (sl_report){.kind = SL_REPORT_COMPARE, .text = wrong ? report->problem : "working out the table ..."};
    *color = wrong ? SL_COLOR_WARN : SL_COLOR_DIM;
    return said;
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    compare *c = state;
    choose_runs(app, c);
    update(app, c);
    c->at = (sl_compare_layout){0};
    if (!app->snapshot || c->set.count == 0) {
        draw_nothing(app, c, frame, area);
        return;
    }
    find_span(c);
    sl_report said;
    sl_color color = SL_COLOR_DEFAULT;
    const sl_report *report = report_of(app, &said, &color);
    bool colors = app->theme.depth != SL_DEPTH_NONE, letters = !colors || c->set.count > SL_COLOR_SERIES_COUNT;
    looking l = {.app = app, .c = c, .utf8 = frame->utf8};
    l.legend = (sl_compare_legend){&c->set, c->set.chart_count ? c->grid.at : -1, letters, c->picked};
    sl_report_looks looks = {look_of, sign_of, &l};
    if (report == &said) looks = (sl_report_looks){look_of_problem, NULL, &color};
    sl_compare_amounts amounts = {(int)c->set.count, sl_compare_legend_width(&l.legend, frame->utf8),
                                  sl_report_view_rows(report, area.width - 2, frame->utf8, &looks),
                                  c->grid.large ? SL_COMPARE_CHARTS : c->parts};
    sl_compare_place(area, &amounts, &c->at);
    c->letters = letters;
    if (c->at.charts.height > 0 && c->set.chart_count == 0)
        draw_nothing(app, c, frame, c->at.charts);
    else if (c->at.charts.height > 0)
        draw_charts(app, c, frame, letters);
    if (l.legend.chart >= 0) l.legend.chart = c->grid.at; // found while drawing
    sl_compare_legend_draw(&l.legend, frame, c->at.legend, c->at.beside);
    for (int y = 0; y < c->at.border.height; y++)
        sl_frame_put(frame, c->at.border, c->at.border.x, c->at.border.y + y, (sl_style){SL_COLOR_DIM, 0, 0}, 0x2502);
    draw_table(app, c, frame, report, &looks);
    draw_rule(app, c, frame, c->at.rule);
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void turn_mode(sl_app *app, compare *c) {
    static const char *const words[] = {"a line for each run", "means over seeds, with the range of the runs",
                                        "means over seeds, with the standard deviation"};
    c->mode = (mode_of(app, c) + 1) % SL_COMPARE_MODES;
    sl_config_set_number(&app->config, "compare.mode", c->mode);
    sl_app_say(app, SL_COLOR_DEFAULT, "%s", words[c->mode]);
}

static void turn_parts(sl_app *app, compare *c) {
    static const char *const words[] = {"curves and table", "the table alone", "the curves alone"};
    c->parts = (c->parts + 1) % SL_COMPARE_PARTS;
    c->grid.large = false;
    sl_config_set_number(&app->config, "compare.parts", (int)c->parts);
    sl_app_say(app, SL_COLOR_DEFAULT, "%s", words[c->parts]);
}

// The next line, or the one before; none after the last.
static void pick(compare *c, int by) {
    int count = (int)c->set.count, at = count;
    for (int i = 0; i < count; i++)
        if (c->set.lines[i].key == c->picked) at = i;
    at = (at + by + count + 1) % (count + 1);
    c->picked = at < count ? c->set.lines[at].key : 0;
}

static bool act(sl_app *app, void *state, sl_action action) {
    compare *c = state;
    int page = c->at.table.height > 1 ? c->at.table.height - 1 : 1, side = c->at.table.width / 4 > 0 ? c->at.table.width / 4 : 1;
    switch (action) {
    case SL_ACTION_PAGE_UP: sl_report_view_scroll(&c->table, -page, 0); return true;
    case SL_ACTION_PAGE_DOWN: sl_report_view_scroll(&c->table, page, 0); return true;
    case SL_ACTION_TEXT_LEFT: sl_report_view_scroll(&c->table, 0, -side); return true;
    case SL_ACTION_TEXT_RIGHT: sl_report_view_scroll(&c->table, 0, side); return true;
    case SL_ACTION_NEXT_RUN: pick(c, 1); return true;
    case SL_ACTION_PREVIOUS_RUN: pick(c, -1); return true;
    case SL_ACTION_GROUP: turn_mode(app, c); return true;
    case SL_ACTION_PANEL: turn_parts(app, c); return true;
    case SL_ACTION_BASELINE: sl_compare_ask_baseline(app); return true;
    default: return sl_chart_grid_act(&c->grid, app, action);
    }
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    compare *c = state;
    if (sl_rect_holds(c->at.table, event->x, event->y)) {
        if (event->key == SL_KEY_WHEEL_UP) sl_report_view_scroll(&c->table, -3, 0);
        if (event->key == SL_KEY_WHEEL_DOWN) sl_report_view_scroll(&c->table, 3, 0);
        return true;
    }
    if (event->key == SL_KEY_MOUSE_PRESS && sl_rect_holds(c->at.legend, event->x, event->y)) {
        const sl_compare_legend legend = {&c->set, -1, c->letters, 0};
        int line = sl_compare_legend_at(&legend, c->at.legend, c->at.beside, app->utf8, event->x, event->y);
        c->picked = line >= 0 && c->set.lines[line].key != c->picked ? c->set.lines[line].key : 0;
        return true;
    }
    return sl_chart_grid_input(&c->grid, app, event);
}

const sl_screen sl_screen_compare = {.id = SL_ON_COMPARE,
                                     .name = "compare",
                                     .size = sizeof(compare),
                                     .open = open_compare,
                                     .close = close_compare,
                                     .request = request,
                                     .title = title,
                                     .draw = draw,
                                     .act = act,
                                     .input = input};
