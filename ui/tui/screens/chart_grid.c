#include "ui/tui/screens/chart_grid.h"
#include "core/base/hash.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_WIDTH = 34, LEAST_HEIGHT = 7 };

// How much of an average is the past; a value counts for about 1 / (1 - share) steps of the chart.
static const double shares[] = {0, 0.5, 0.8, 0.9, 0.95, 0.98};
enum { SHARES = sizeof shares / sizeof *shares };

double sl_chart_grid_smooth(const sl_chart_grid *grid) {
    return shares[grid->smoothness < 0 || grid->smoothness >= SHARES ? 0 : grid->smoothness];
}

void sl_chart_grid_open(sl_chart_grid *grid, const sl_config *config) {
    grid->smoothness = sl_config_number(config, "charts.smooth", 0, SHARES - 1, 0);
    grid->by_time = sl_config_number(config, "charts.time", 0, 1, 0);
    const char *at = sl_config_get(config, "charts.log");
    unsigned long key;
    for (int used; at && grid->turned_count < SL_GRID_TURNED && sscanf(at, "%8lx%n", &key, &used) == 1; at += used)
        grid->turned[grid->turned_count++] = (uint32_t)key;
}

// As many as there is room for, the newest first.
static void remember_turned(const sl_chart_grid *grid, sl_config *config) {
    char text[SL_CONFIG_BYTES] = "";
    size_t length = 0;
    for (int i = grid->turned_count; i > 0 && length + 10 < sizeof text; i--)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%08lx", length ? " " : "",
                                   (unsigned long)grid->turned[i - 1]);
    sl_config_set(config, "charts.log", text);
}

static uint64_t hash(const char *key) {
    uint64_t value = sl_hash(SL_HASH_START, key, strlen(key));
    return value ? value : 1;
}

static int turned_at(const sl_chart_grid *grid, uint64_t key) {
    int i = 0;
    while (i < grid->turned_count && grid->turned[i] != (uint32_t)key) i++;
    return i;
}

// ---- what is seen of x -------------------------------------------------------------------------------------------------------

static void find_ends(sl_chart_grid *grid, double low, double high) {
    grid->low = isfinite(low) ? low : 0;
    grid->high = isfinite(high) && high > grid->low ? high : grid->low;
    grid->from = grid->low;
    grid->to = grid->high;
    if (!(grid->span > 0) || grid->span >= grid->high - grid->low) {
        grid->span = 0;
        return;
    }
    if (grid->right < grid->high) grid->to = fmax(grid->right, grid->low + grid->span);
    grid->from = grid->to - grid->span;
}

static void look_at(sl_chart_grid *grid, double from, double span) {
    grid->span = span;
    from = fmax(from, grid->low);
    grid->right = from + span >= grid->high - 1e-9 * (grid->high - grid->low) ? INFINITY : from + span;
    find_ends(grid, grid->low, grid->high);
}

// Around `middle`, which stays where it is in the picture.
static void zoom(sl_chart_grid *grid, double factor, double middle) {
    double span = grid->to - grid->from, least = (grid->high - grid->low) * 1e-6;
    if (!(span > 0)) return;
    double next = fmax(span * factor, least), share = (middle - grid->from) / span;
    if (!grid->by_time && next < 4) next = fmin(span, 4); // steps
    if (next >= grid->high - grid->low) next = 0;
    look_at(grid, middle - share * next, next);
}

bool sl_chart_grid_range(const sl_chart_grid *grid, double *from, double *to) {
    if (!(grid->span > 0)) return false;
    double part = grid->span / 4;
    *from = floor(grid->from / part - 1) * part;
    *to = ceil(grid->to / part + 1) * part;
    return true;
}

int sl_chart_grid_columns(const sl_chart_grid *grid) {
    double columns = 0, from, to;
    for (int i = 0; i < grid->seen_count; i++) columns = fmax(columns, 2.0 * grid->seen[i].plot.width);
    if (columns < 1) columns = 200;
    if (sl_chart_grid_range(grid, &from, &to)) columns *= (to - from) / grid->span;
    columns = 64 * ceil(columns / 64); // not another number for each width of the axis' numbers
    return columns > SL_COLUMNS_MOST ? SL_COLUMNS_MOST : (int)columns;
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static void find_selected(sl_chart_grid *grid, const sl_grid_chart *charts, int count) {
    int at = grid->selected ? grid->at : 0;
    for (int i = 0; i < count; i++) {
        grid->keys[i] = hash(charts[i].key);
        if (grid->keys[i] == grid->selected) at = i;
    }
    grid->count = count;
    grid->at = count == 0 ? 0 : at >= count ? count - 1 : at;
}

static void find_points(sl_chart_grid *grid, const sl_grid_chart *drawn, int width) {
    const sl_series *series = drawn->chart.count ? drawn->chart.lines[0].series : NULL;
    grid->point_count = 0;
    if (!series || !drawn->unsmoothed || drawn->chart.lines[0].steps) return;
    for (size_t i = 0; i < series->count; i++) {
        double x = series->columns[i].x;
        if (!(x >= grid->from && x <= grid->to)) continue;
        if (grid->point_count == SL_GRID_POINTS || grid->point_count >= width / 2) {
            grid->point_count = 0;
            return;
        }
        grid->points[grid->point_count++] = x;
    }
}

static void draw_chart(sl_chart_grid *grid, sl_frame *frame, sl_rect cell, sl_grid_chart *drawn, int index) {
    sl_chart *chart = &drawn->chart;
    sl_chart_layout place;
    if (turned_at(grid, hash(drawn->key)) < grid->turned_count) chart->log = !chart->log;
    chart->selected = index == grid->at && grid->count > 1 && !grid->elsewhere;
    chart->smooth = drawn->unsmoothed ? 0 : sl_chart_grid_smooth(grid);
    chart->has_cursor = grid->has_cursor;
    chart->cursor = grid->cursor;
    chart->x_low = grid->from;
    chart->x_high = !(grid->span > 0) && drawn->beyond > grid->to ? drawn->beyond : grid->to;
    chart->now = grid->high;
    sl_chart_place(chart, cell, frame->utf8, &place);
    if (grid->seen_count < SL_GRID_SEEN)
        grid->seen[grid->seen_count++] = (struct sl_grid_seen){index, cell, place.plot, chart->x_low, chart->x_high};
    if (index == grid->at) find_points(grid, drawn, place.plot.width);
    sl_chart_draw(frame, cell, chart);
}

void sl_chart_grid_draw(sl_chart_grid *grid, sl_frame *frame, sl_rect area, sl_grid_chart *charts, int count, double low,
                        double high) {
    if (count > SL_GRID_CHARTS) count = SL_GRID_CHARTS;
    find_ends(grid, low, high);
    find_selected(grid, charts, count);
    grid->area = area;
    grid->seen_count = 0;
    grid->grid = sl_grid_new(area, grid->large ? 1 : count, grid->least_width ? grid->least_width : LEAST_WIDTH,
                             grid->least_height ? grid->least_height : LEAST_HEIGHT);
    if (count <= 0 || sl_rect_is_empty(area)) return;
    if (grid->large) {
        draw_chart(grid, frame, area, &charts[grid->at], grid->at);
        return;
    }
    int row = grid->grid.columns > 0 ? grid->at / grid->grid.columns : 0;
    if (row < grid->scroll) grid->scroll = row;
    if (row >= grid->scroll + grid->grid.rows) grid->scroll = row - grid->grid.rows + 1;
    grid->scroll = sl_grid_scroll(&grid->grid, grid->scroll);
    for (int i = 0; i < count; i++) {
        sl_rect cell = sl_grid_cell(&grid->grid, i, grid->scroll);
        if (!sl_rect_is_empty(cell)) draw_chart(grid, frame, cell, &charts[i], i);
    }
}

const sl_grid_chart *sl_chart_grid_selected(const sl_chart_grid *grid, const sl_grid_chart *charts) {
    return grid->at < grid->count ? &charts[grid->at] : NULL;
}

void sl_chart_grid_words(const sl_chart_grid *grid, char *out, size_t bytes) {
    char from[SL_NUMBER_SIZE], to[SL_NUMBER_SIZE];
    int at = 0;
    out[0] = '\0';
    if (grid->smoothness > 0) at += snprintf(out, bytes, "smooth %g", sl_chart_grid_smooth(grid));
    if (grid->span > 0 && (size_t)at < bytes) {
        if (grid->by_time) {
            sl_duration_text(from, grid->from);
            sl_duration_text(to, grid->to);
        } else {
            snprintf(from, sizeof from, "%.0f", grid->from);
            snprintf(to, sizeof to, "%.0f", grid->to);
        }
        at += snprintf(out + at, bytes - (size_t)at, "%s%s to %s", at ? ", " : "", from, to);
    }
    if (grid->by_time && (size_t)at < bytes) snprintf(out + at, bytes - (size_t)at, "%sover time", at ? ", " : "");
}

// ---- the cursor -------------------------------------------------------------------------------------------------------------

// The place of the selected chart in the last drawing, or of any chart: they share x.
static const struct sl_grid_seen *seen_chart(const sl_chart_grid *grid) {
    for (int i = 0; i < grid->seen_count; i++)
        if (grid->seen[i].index == grid->at) return &grid->seen[i];
    return grid->seen_count ? &grid->seen[0] : NULL;
}

static double x_of(const struct sl_grid_seen *seen, int column) {
    if (seen->plot.width < 2) return (seen->from + seen->to) / 2;
    return seen->from + (seen->to - seen->from) * column / (seen->plot.width - 1);
}

static void put_cursor(sl_chart_grid *grid, double x) {
    grid->has_cursor = true;
    grid->cursor = fmin(fmax(x, grid->low), grid->high);
}

// To the next value of a chart that has few; false: there is none that way in what is seen.
static bool move_to_point(sl_chart_grid *grid, int by) {
    double little = (grid->to - grid->from) * 1e-9;
    for (int k = 0; k < grid->point_count; k++) {
        double x = grid->points[by < 0 ? grid->point_count - 1 - k : k];
        if (by < 0 ? x >= grid->cursor - little : x <= grid->cursor + little) continue;
        put_cursor(grid, x);
        return true;
    }
    return false;
}

// By a column of the frame; at the edge of what is seen of a larger whole, that moves.
static void move_cursor(sl_chart_grid *grid, int by) {
    const struct sl_grid_seen *seen = seen_chart(grid);
    if (!seen || !(grid->to > grid->from) || seen->plot.width < 2) return;
    if (!grid->has_cursor) {
        put_cursor(grid, by < 0 ? grid->to : grid->from);
        if (by > 0 && grid->point_count > 0) put_cursor(grid, grid->points[0]);
        if (by < 0 && grid->point_count > 0) put_cursor(grid, grid->points[grid->point_count - 1]);
        return;
    }
    if (grid->point_count > 0 && grid->cursor >= grid->from && grid->cursor <= grid->to && move_to_point(grid, by)) return;
    double width = (seen->to - seen->from) / (seen->plot.width - 1), x = grid->cursor + by * width;
    x = seen->from + width * round((x - seen->from) / width); // from column to column
    bool at_end = grid->cursor >= grid->high - width / 100;
    if (by > 0 && (at_end || (grid->point_count > 0 && grid->to >= grid->high))) {
        grid->has_cursor = false;
        return;
    }
    if (grid->point_count > 0 && by < 0 && !(grid->from > grid->low)) return;
    double span = grid->to - grid->from;
    if (grid->span > 0 && (x < grid->from - width / 2 || x > grid->to + width / 2))
        look_at(grid, grid->from + (by < 0 ? -span : span) / 2, grid->span);
    put_cursor(grid, x);
}

static void jump_cursor(sl_chart_grid *grid, bool end) {
    if (!(grid->high > grid->low)) return;
    if (grid->span > 0) look_at(grid, end ? grid->high : grid->low, grid->span);
    put_cursor(grid, end ? grid->high : grid->low);
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void choose(sl_chart_grid *grid, int at, bool round) {
    if (grid->count <= 0) return;
    if (round)
        at = (at % grid->count + grid->count) % grid->count;
    else
        at = at < 0 ? 0 : at >= grid->count ? grid->count - 1 : at;
    grid->at = at;
    grid->selected = grid->keys[at];
}

void sl_chart_grid_choose(sl_chart_grid *grid, int at) {
    choose(grid, at, false);
}

static void turn_log(sl_chart_grid *grid, sl_app *app) {
    if (grid->at >= grid->count) return;
    uint64_t key = grid->keys[grid->at];
    int at = turned_at(grid, key);
    if (at < grid->turned_count)
        memmove(&grid->turned[at], &grid->turned[at + 1], (size_t)(--grid->turned_count - at) * sizeof *grid->turned);
    else if (grid->turned_count < SL_GRID_TURNED)
        grid->turned[grid->turned_count++] = (uint32_t)key;
    remember_turned(grid, &app->config);
}

static void smooth(sl_chart_grid *grid, sl_app *app, int by) {
    int next = grid->smoothness + by;
    grid->smoothness = next < 0 ? 0 : next >= SHARES ? SHARES - 1 : next;
    sl_config_set_number(&app->config, "charts.smooth", grid->smoothness);
    if (grid->smoothness == 0)
        sl_app_say(app, SL_COLOR_DEFAULT, "curves as they are");
    else
        sl_app_say(app, SL_COLOR_DEFAULT, "smoothed over about %.0f points of a curve", 1 / (1 - sl_chart_grid_smooth(grid)));
}

static void turn_axis(sl_chart_grid *grid, sl_app *app) {
    grid->by_time = !grid->by_time;
    grid->has_cursor = false; // it and the zoom were of the other axis
    grid->span = 0;
    grid->low = grid->high = grid->from = grid->to = 0; // what comes before the next drawing changes nothing
    sl_config_set_number(&app->config, "charts.time", grid->by_time);
    sl_app_say(app, SL_COLOR_DEFAULT, grid->by_time ? "curves over the time since the start" : "curves over steps");
}

bool sl_chart_grid_act(sl_chart_grid *grid, sl_app *app, sl_action action) {
    int columns = grid->large || grid->grid.columns < 1 ? 1 : grid->grid.columns;
    int page = grid->large || grid->grid.rows < 1 ? 1 : grid->grid.rows * columns;
    double middle = grid->has_cursor ? grid->cursor : grid->to;
    switch (action) {
    case SL_ACTION_NEXT: choose(grid, grid->at + 1, true); return true;
    case SL_ACTION_PREVIOUS: choose(grid, grid->at - 1, true); return true;
    case SL_ACTION_UP:
        if (grid->at >= columns) choose(grid, grid->at - columns, false);
        return true;
    case SL_ACTION_DOWN:
        if (grid->at / columns < (grid->count - 1) / columns) choose(grid, grid->at + columns, false);
        return true;
    case SL_ACTION_PAGE_UP: choose(grid, grid->at - page, false); return true;
    case SL_ACTION_PAGE_DOWN: choose(grid, grid->at + page, false); return true;
    case SL_ACTION_LEFT: move_cursor(grid, -1); return true;
    case SL_ACTION_RIGHT: move_cursor(grid, 1); return true;
    case SL_ACTION_FIRST: jump_cursor(grid, false); return true;
    case SL_ACTION_LAST: jump_cursor(grid, true); return true;
    case SL_ACTION_ENTER: grid->large = !grid->large && grid->count > 0; return true;
    case SL_ACTION_LOG: turn_log(grid, app); return true;
    case SL_ACTION_SMOOTHER: smooth(grid, app, 1); return true;
    case SL_ACTION_ROUGHER: smooth(grid, app, -1); return true;
    case SL_ACTION_X_AXIS: turn_axis(grid, app); return true;
    case SL_ACTION_ZOOM_IN: zoom(grid, 0.5, middle); return true;
    case SL_ACTION_ZOOM_OUT: zoom(grid, 2, middle); return true;
    case SL_ACTION_ZOOM_ALL: grid->span = 0; return true;
    case SL_ACTION_BACK:
        if (!grid->large) return false;
        grid->large = false;
        return true;
    default: return false;
    }
}

static const struct sl_grid_seen *seen_at(const sl_chart_grid *grid, int x, int y) {
    for (int i = 0; i < grid->seen_count; i++)
        if (sl_rect_holds(grid->seen[i].cell, x, y)) return &grid->seen[i];
    return NULL;
}

bool sl_chart_grid_input(sl_chart_grid *grid, sl_app *app, const sl_input *input) {
    const struct sl_grid_seen *seen = seen_at(grid, input->x, input->y);
    if (!seen) return false;
    bool in_plot = sl_rect_holds(seen->plot, input->x, seen->plot.y);
    double x = x_of(seen, input->x - seen->plot.x);
    switch (input->key) {
    case SL_KEY_MOUSE_PRESS: {
        bool twice = seen->index == grid->at && app->now - grid->clicked < 0.4;
        choose(grid, seen->index, false);
        if (in_plot) put_cursor(grid, x);
        if (twice) grid->large = !grid->large;
        grid->clicked = twice ? 0 : app->now;
        return true;
    }
    case SL_KEY_MOUSE_DRAG:
        if (in_plot) put_cursor(grid, x);
        return true;
    case SL_KEY_MOUSE_RIGHT: grid->has_cursor = false; return true;
    case SL_KEY_WHEEL_UP: zoom(grid, 0.5, in_plot ? x : grid->to); return true;
    case SL_KEY_WHEEL_DOWN: zoom(grid, 2, in_plot ? x : grid->to); return true;
    default: return false;
    }
}
