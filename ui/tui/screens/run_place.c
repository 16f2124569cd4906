#include "ui/tui/screens/run_place.h"

// From these sizes on (of the screen without its first and last line) there is room for more.
enum { TALL = 28, SMALL = 16, ASIDE = 160, EVENTS_FROM = 74, OPTIONS_FROM = 108, CLASSES_LEAST = 38 };

static int least(int a, int b) {
    return a < b ? a : b;
}

static int within(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static sl_rect inside(sl_rect area) {
    sl_rect_take_left(&area, 1);
    sl_rect_take_right(&area, 1);
    return area;
}

// Options in a column at the right, where that leaves the charts wide.
static void place_aside(sl_rect *rest, sl_run_layout *layout) {
    layout->options = sl_rect_take_right(rest, within(rest->width / 4, 44, 64));
    layout->line = sl_rect_take_right(rest, 1);
    layout->options = inside(layout->options);
}

// Classes at the left, then history, then options where there is room for each.
static void place_below(sl_rect below, const sl_run_amounts *amounts, sl_run_layout *layout) {
    bool classes = amounts->classes > 0 && amounts->evaluations > 0;
    bool options = amounts->options > 0 && layout->options.height == 0 && (below.width >= OPTIONS_FROM || !classes);
    bool history = below.width >= EVENTS_FROM || !(classes || options);
    layout->strip = classes;
    if (classes) {
        int most = options && history   ? (below.width - 4) * 2 / 5
                   : options || history ? (below.width - 2) * 11 / 20
                                        : below.width;
        layout->classes = sl_rect_take_left(&below, within(amounts->class_columns, least(CLASSES_LEAST, most), most));
        if (options || history) sl_rect_take_left(&below, 2);
    }
    if (options) layout->options = sl_rect_take_right(&below, history ? (below.width - 2) / 2 : below.width);
    if (options && history) sl_rect_take_right(&below, 2);
    if (history) layout->history = below;
}

// The rows for classes, history and options below the charts; 0: none.
static int rows_below(const sl_run_amounts *amounts, int height, bool tall, bool aside) {
    bool classes = amounts->classes > 0 && amounts->evaluations > 0;
    int lines = !aside && amounts->options > amounts->history ? amounts->options : amounts->history;
    int wanted = classes ? amounts->classes + 2 : lines == 0 ? 0 : lines < 3 ? 4 : lines + 1;
    int most = tall ? height * 2 / 5 : height / 3;
    if (!classes && amounts->charts > 0 && most > 9) most = 9;
    if (tall && amounts->charts > 6 && height - 1 - most < 3 * SL_RUN_CHART_HEIGHT) // three rows of charts
        most = within(height - 1 - 3 * SL_RUN_CHART_HEIGHT, 8, most);
    if (amounts->charts == 0 && wanted > 0) return height - 3; // above it is said why there are none
    int rows = least(wanted, most);
    return rows >= 5 || rows == wanted ? rows : 0;
}

void sl_run_place(sl_rect area, const sl_run_amounts *amounts, sl_run_layout *layout) {
    *layout = (sl_run_layout){0};
    sl_rect rest = area;
    bool tall = area.height >= TALL, small = area.height < SMALL;
    bool aside = area.width >= ASIDE && tall && amounts->options > 0;
    layout->header = sl_rect_take_top(&rest, small ? 2 : 3);
    layout->alarms = sl_rect_take_top(&rest, least(amounts->alarm_rows, small ? 1 : tall ? 4 : 2));
    if (tall) sl_rect_take_top(&rest, 1);
    if (aside) place_aside(&rest, layout);
    rest = inside(rest);
    int rows = rows_below(amounts, rest.height, tall, aside);
    if (rows > 0) {
        place_below(sl_rect_take_bottom(&rest, rows), amounts, layout);
        if (tall) sl_rect_take_bottom(&rest, 1);
    } else if (amounts->classes > 0 && amounts->evaluations > 0) {
        layout->classes = sl_rect_take_bottom(&rest, rest.height >= 14 ? 2 : 1);
    }
    layout->charts = rest;
}

sl_rect sl_run_place_alone(sl_rect area, sl_rect *header) {
    *header = sl_rect_take_top(&area, 1);
    return inside(area);
}
