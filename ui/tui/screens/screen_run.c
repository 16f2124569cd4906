// The Run screen: all that is known of one run. Is it learning? Which class is worst? What goes wrong?
#include "ui/tui/app_impl.h"
#include "ui/tui/screens/chart_grid.h"
#include "ui/tui/screens/run_charts.h"
#include "ui/tui/screens/run_parts.h"
#include "ui/tui/screens/run_place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What keys act on.
typedef enum part {
    PART_CHARTS,
    PART_CLASSES,
    PART_OPTIONS,
    PART_HISTORY,
    PARTS,
} part;

typedef struct run_screen {
    sl_run_chart made[SL_RUN_CHARTS];
    sl_grid_chart charts[SL_RUN_CHARTS];
    int chart_count;
    sl_chart_grid grid;
    part part;
    bool large;        // the part alone; of charts the grid knows
    int scroll[PARTS]; // rows, not of charts
    sl_run_layout at;
    sl_rect alone; // the part that is seen alone, or empty
    sl_run_classes classes;
    // All x of the run, found while all of it was asked for.
    int64_t run;
    bool by_time;
    double low, high;
    double clicked;
} run_screen;

static sl_status open_run(sl_app *app, void *state) {
    run_screen *r = state;
    sl_chart_grid_open(&r->grid, &app->config);
    r->grid.least_height = SL_RUN_CHART_HEIGHT;
    r->low = r->high = NAN;
    return SL_OK;
}

// The run that is shown: where nobody has chosen one yet, the first of the table.
static const sl_run_detail *detail_of(sl_app *app) {
    if (app->selected == 0 && app->snapshot && app->snapshot->run_count > 0) app->selected = app->snapshot->runs[0].id;
    return sl_app_detail(app, app->selected);
}

static bool has_part(const sl_run_detail *detail, int chart_count, part which) {
    switch (which) {
    case PART_CHARTS: return chart_count > 0;
    case PART_CLASSES: return detail->evaluations > 0 && detail->classes > 0;
    case PART_OPTIONS: return detail->option_count > 0;
    default: return sl_run_history_count(detail) > 0;
    }
}

// ---- charts -----------------------------------------------------------------------------------------------------------------

// All x that there is. What was seen once counts, so that looking closer loses nothing.
static void find_ends(run_screen *r, const sl_run_detail *detail) {
    double low, high;
    if (r->run != detail->run.id || r->by_time != detail->by_time) r->low = r->high = NAN;
    r->run = detail->run.id;
    r->by_time = detail->by_time;
    if (!sl_run_charts_span(detail, &low, &high)) low = high = NAN;
    if (!detail->by_time && detail->run.step > 0) high = fmax(high, (double)detail->run.step);
    r->low = fmin(r->low, low);
    r->high = fmax(r->high, high);
}

static double declared_end(const sl_run_chart *chart) {
    double end = 0;
    for (size_t i = 0; i < chart->count; i++) {
        const sl_series *series = chart->lines[i].series;
        if (series->declared_count) end = fmax(end, series->declared[series->declared_count - 1].x);
    }
    return end;
}

static void make_charts(const sl_app *app, run_screen *r, const sl_run_detail *detail) {
    find_ends(r, detail);
    r->chart_count = (int)sl_run_charts_make(detail, r->made, SL_RUN_CHARTS);
    for (int i = 0; i < r->chart_count; i++) {
        const sl_run_chart *made = &r->made[i];
        r->charts[i] = (sl_grid_chart){.key = made->name,
                                       .chart = {.title = made->title,
                                                 .lines = made->lines,
                                                 .count = made->count,
                                                 .y_low = made->y_low,
                                                 .y_high = made->y_high,
                                                 .percent = made->percent,
                                                 // Of a part of the curve the best is not the run's.
                                                 .best = r->grid.span > 0 ? SL_BEST_NONE : made->best,
                                                 .log = made->log,
                                                 .by_time = detail->by_time,
                                                 .letters = app->theme.depth == SL_DEPTH_NONE},
                                       .unsmoothed = made->kind != SL_RUN_METRIC,
                                       .beyond = detail->by_time ? 0 : declared_end(made)};
    }
}

// The evaluation that the cursor stands on or after; -1: the newest.
static long evaluation_at_cursor(const run_screen *r, const sl_run_detail *detail) {
    if (!r->grid.has_cursor) return -1;
    return sl_run_evaluation_at(detail, sl_run_step_of_x(detail, detail->by_time, r->grid.cursor) + 0.5);
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    const sl_run_detail *detail = detail_of(app);
    const sl_run_row *row = detail ? &detail->run : sl_app_row(app, app->selected);
    if (!row) {
        snprintf(out, bytes, "run");
        return;
    }
    int length = snprintf(out, bytes, "run %.6s", row->uuid ? row->uuid : "");
    const sl_snapshot *snapshot = app->snapshot;
    for (size_t i = 0; snapshot && i < snapshot->run_count && length > 0 && (size_t)length < bytes; i++)
        if (snapshot->runs[i].id == row->id)
            snprintf(out + length, bytes - (size_t)length, "  %zu of %zu", i + 1, snapshot->run_count);
}

static void draw_nothing(const sl_app *app, sl_frame *frame, sl_rect area) {
    const sl_snapshot *snapshot = app->snapshot;
    bool gone = snapshot && snapshot->complete && app->selected != 0 && !sl_app_row(app, app->selected);
    const char *text = !snapshot                                                 ? "reading ..."
                       : snapshot->problem                                       ? "nothing can be read yet"
                       : snapshot->complete && snapshot->run_count == 0 && !gone ? "no run is chosen: q shows the table"
                       : gone && !app->filter ? "this run is not in the file any more: q shows the table"
                                              : "reading ...";
    int x = area.x + (area.width - (int)strlen(text)) / 2;
    sl_frame_text(frame, area, x, area.y + area.height / 2, (sl_style){SL_COLOR_DIM, 0, 0}, text);
}

static void draw_charts(run_screen *r, const sl_run_detail *detail, sl_frame *frame, sl_rect area) {
    if (sl_rect_is_empty(area)) return;
    if (r->chart_count == 0) {
        bool live = sl_state_trains(detail->run.state);
        const char *text = live ? "nothing has been logged yet: the first step comes soon" : "this run has logged nothing";
        int x = area.x + (area.width - (int)strlen(text)) / 2;
        sl_frame_text(frame, area, x, area.y + area.height / 2, (sl_style){SL_COLOR_DIM, 0, 0}, text);
        r->grid.seen_count = r->grid.count = 0;
        return;
    }
    // Two charts side by side, at the least, where each can have an axis with numbers.
    r->grid.least_width = area.width < 2 * SL_RUN_CHART_WIDTH + 2 ? SL_RUN_NARROW_WIDTH : SL_RUN_CHART_WIDTH;
    sl_chart_grid_draw(&r->grid, frame, area, r->charts, r->chart_count, r->low, r->high);
}

static void draw_part(sl_app *app, run_screen *r, const sl_run_detail *detail, sl_frame *frame, part which, sl_rect area,
                      bool alone) {
    bool selected = r->part == which;
    switch (which) {
    case PART_CHARTS: draw_charts(r, detail, frame, area); break;
    case PART_CLASSES:
        sl_run_classes_draw(app, detail, frame, area, selected, alone, evaluation_at_cursor(r, detail), &r->scroll[which],
                            &r->classes);
        break;
    case PART_OPTIONS: sl_run_options_draw(detail, frame, area, selected, &r->scroll[which]); break;
    default: sl_run_history_draw(app, detail, frame, area, selected, alone, &r->scroll[which]); break;
    }
}

// What is out of the ordinary in how the charts are shown, and which of them are in sight.
static void tell_view(const run_screen *r, char *out, size_t bytes) {
    sl_chart_grid_words(&r->grid, out, bytes);
    size_t length = strlen(out);
    const sl_grid *grid = &r->grid.grid;
    int first = r->grid.scroll * grid->columns, last = first + grid->columns * grid->rows;
    if (last > r->chart_count) last = r->chart_count;
    if (r->grid.large && r->part == PART_CHARTS)
        snprintf(out + length, bytes - length, "%schart %d of %d", length ? ", " : "", r->grid.at + 1, r->chart_count);
    else if (grid->total_rows > grid->rows && grid->rows > 0)
        snprintf(out + length, bytes - length, "%scharts %d-%d of %d", length ? ", " : "", first + 1, last, r->chart_count);
}

static bool is_alone(const run_screen *r) {
    if (r->part == PART_CHARTS) return r->grid.large;
    sl_rect place = r->part == PART_CLASSES ? r->at.classes : r->part == PART_OPTIONS ? r->at.options : r->at.history;
    return r->large || place.height < 3 || (r->part == PART_CLASSES && !r->at.strip);
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    run_screen *r = state;
    const sl_run_detail *detail = detail_of(app);
    r->grid.seen_count = 0;
    r->classes.drawn = false;
    r->chart_count = 0;
    if (!detail) {
        draw_nothing(app, frame, area);
        return;
    }
    make_charts(app, r, detail);
    for (int i = 0; i < PARTS && !has_part(detail, r->chart_count, r->part); i++) r->part = (part)((r->part + 1) % PARTS);
    r->grid.elsewhere = r->part != PART_CHARTS;
    sl_run_amounts amounts = {.charts = r->chart_count,
                              .classes = (int)detail->classes,
                              .evaluations = (int)detail->evaluations,
                              .options = (int)detail->option_count,
                              .history = sl_run_history_count(detail),
                              .class_columns = sl_run_class_columns(detail, area.width, frame->utf8),
                              .alarm_rows = sl_run_alarm_rows(detail, area.width, frame->utf8)};
    sl_run_place(area, &amounts, &r->at);
    char words[160];
    if (is_alone(r)) {
        sl_rect header;
        r->alone = sl_run_place_alone(area, &header);
        draw_part(app, r, detail, frame, r->part, r->alone, true);
        tell_view(r, words, sizeof words);
        sl_run_header_draw(app, detail, frame, header, r->part == PART_CHARTS ? words : "");
        return;
    }
    r->alone = (sl_rect){0};
    sl_frame_fill(frame, r->at.line, (sl_style){SL_COLOR_DIM, 0, 0}, frame->utf8 ? 0x2502 : '|');
    draw_charts(r, detail, frame, r->at.charts);
    tell_view(r, words, sizeof words);
    sl_run_header_draw(app, detail, frame, r->at.header, words);
    sl_run_alarms_draw(detail, frame, r->at.alarms);
    if (r->at.strip)
        draw_part(app, r, detail, frame, PART_CLASSES, r->at.classes, false);
    else
        sl_run_worst_draw(detail, frame, r->at.classes);
    if (r->at.options.height > 0) draw_part(app, r, detail, frame, PART_OPTIONS, r->at.options, false);
    if (r->at.history.height > 0) draw_part(app, r, detail, frame, PART_HISTORY, r->at.history, false);
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void request(sl_app *app, void *state, sl_request *wanted) {
    run_screen *r = state;
    double from, to;
    wanted->axis = r->grid.by_time ? SL_AXIS_TIME : SL_AXIS_STEP;
    wanted->columns = sl_chart_grid_columns(&r->grid);
    if (app->selected == 0) return;
    wanted->runs = &app->selected;
    wanted->run_count = 1;
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    if (!detail || detail->by_time != r->grid.by_time || !sl_chart_grid_range(&r->grid, &from, &to)) return;
    wanted->from = floor(sl_run_step_of_x(detail, detail->by_time, from));
    wanted->to = ceil(sl_run_step_of_x(detail, detail->by_time, to));
    if (wanted->to < 1) wanted->to = 1; // both 0 would be all
}

// To the next part or the one before, after the last chart or before the first.
static void go_to_part(run_screen *r, const sl_run_detail *detail, int by) {
    r->large = r->grid.large = false;
    do {
        r->part = (part)((r->part + PARTS + by) % PARTS);
    } while (!has_part(detail, r->chart_count, r->part) && r->part != PART_CHARTS);
    if (r->part == PART_CHARTS) sl_chart_grid_choose(&r->grid, by > 0 ? 0 : r->chart_count - 1);
}

static int part_height(const run_screen *r) {
    sl_rect place = r->alone.height > 0       ? r->alone
                    : r->part == PART_CLASSES ? r->at.classes
                    : r->part == PART_OPTIONS ? r->at.options
                                              : r->at.history;
    return place.height > 3 ? place.height - 2 : 1;
}

// From evaluation to evaluation, with the cursor of the charts.
static void move_evaluation(run_screen *r, const sl_run_detail *detail, int by) {
    long at = evaluation_at_cursor(r, detail), last = (long)detail->evaluations - 1,
         next = at < 0 ? (by < 0 ? last : 0) : at + by;
    if (next > last) {
        r->grid.has_cursor = false;
        return;
    }
    r->grid.has_cursor = true;
    r->grid.cursor = sl_run_x_of_step(detail, detail->by_time, (double)detail->evaluation_steps[next < 0 ? 0 : next]);
}

// Of the parts that are no charts. Scrolling is put right when it is drawn.
static bool act_on_part(run_screen *r, const sl_run_detail *detail, sl_action action) {
    int *scroll = &r->scroll[r->part], page = part_height(r);
    switch (action) {
    case SL_ACTION_UP: *scroll -= 1; return true;
    case SL_ACTION_DOWN: *scroll += 1; return true;
    case SL_ACTION_PAGE_UP: *scroll -= page; return true;
    case SL_ACTION_PAGE_DOWN: *scroll += page; return true;
    case SL_ACTION_ENTER: r->large = !r->large; return true;
    case SL_ACTION_FIRST: *scroll = 0; return true;
    case SL_ACTION_LAST: *scroll = 1 << 24; return true;
    case SL_ACTION_LEFT:
    case SL_ACTION_RIGHT:
        if (r->part != PART_CLASSES) return false; // the cursor of the charts
        move_evaluation(r, detail, action == SL_ACTION_LEFT ? -1 : 1);
        return true;
    case SL_ACTION_BACK:
        // A part that is seen because it was chosen, though there is no room for it, gives way to the charts.
        if (r->alone.height <= 0 || !has_part(detail, r->chart_count, PART_CHARTS)) return false;
        if (!r->large) r->part = PART_CHARTS;
        r->large = false;
        return true;
    default: return false;
    }
}

static bool act(sl_app *app, void *state, sl_action action) {
    run_screen *r = state;
    const sl_run_detail *detail = detail_of(app);
    if (!detail) return false;
    bool next = action == SL_ACTION_NEXT, previous = action == SL_ACTION_PREVIOUS;
    bool charts = r->part == PART_CHARTS;
    if ((next && (!charts || r->grid.at + 1 >= r->grid.count)) || (previous && (!charts || r->grid.at <= 0))) {
        if (!(charts && r->grid.large)) {
            go_to_part(r, detail, next ? 1 : -1);
            return true;
        }
    }
    if (!charts && act_on_part(r, detail, action)) return true;
    if (!charts && (action == SL_ACTION_BACK || action == SL_ACTION_ENTER)) return false;
    return sl_chart_grid_act(&r->grid, app, action);
}

static part part_at(const run_screen *r, int x, int y) {
    if (r->alone.height > 0) return r->part;
    if (r->at.strip && sl_rect_holds(r->at.classes, x, y)) return PART_CLASSES;
    if (sl_rect_holds(r->at.options, x, y)) return PART_OPTIONS;
    if (sl_rect_holds(r->at.history, x, y)) return PART_HISTORY;
    return PART_CHARTS;
}

static bool input_on_charts(sl_app *app, run_screen *r, const sl_input *event) {
    bool up = event->key == SL_KEY_WHEEL_UP;
    if ((up || event->key == SL_KEY_WHEEL_DOWN) && !r->grid.large) {
        r->part = PART_CHARTS;
        return sl_chart_grid_act(&r->grid, app, up ? SL_ACTION_UP : SL_ACTION_DOWN);
    }
    bool taken = sl_chart_grid_input(&r->grid, app, event);
    if (taken && event->key == SL_KEY_MOUSE_PRESS) r->part = PART_CHARTS;
    return taken;
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    run_screen *r = state;
    const sl_run_detail *detail = detail_of(app);
    if (!detail) return false;
    part over = part_at(r, event->x, event->y);
    if (over == PART_CHARTS) return input_on_charts(app, r, event);
    bool press = event->key == SL_KEY_MOUSE_PRESS;
    if (event->key == SL_KEY_WHEEL_UP || event->key == SL_KEY_WHEEL_DOWN) {
        r->scroll[over] += event->key == SL_KEY_WHEEL_UP ? -3 : 3;
        return true;
    }
    if (!press && event->key != SL_KEY_MOUSE_DRAG) return false;
    if (over == PART_CLASSES && r->classes.drawn && detail->evaluations > 0) {
        long at = sl_heat_strip_at(&r->classes.at, event->x);
        if (at >= 0 && (size_t)at < detail->evaluations) {
            r->grid.has_cursor = true;
            r->grid.cursor = sl_run_x_of_step(detail, detail->by_time, (double)detail->evaluation_steps[at]);
        }
    }
    if (!press) return true;
    bool twice = over == r->part && app->now - r->clicked < 0.4;
    r->clicked = twice ? 0 : app->now;
    if (twice) r->large = !r->large;
    if (!twice && over != r->part) r->large = false;
    r->part = over;
    return true;
}

const sl_screen sl_screen_run = {.id = SL_ON_RUN,
                                 .name = "run",
                                 .size = sizeof(run_screen),
                                 .open = open_run,
                                 .request = request,
                                 .title = title,
                                 .draw = draw,
                                 .act = act,
                                 .input = input};
