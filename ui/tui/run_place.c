#include "ui/tui/run_place.h"

// From these sizes on (of the screen without its first and last line) there is room for more.
enum { TALL = 28, SMALL = 16, ASIDE = 160, EVENTS_FROM = 76, OPTIONS_FROM = 110 };

static int least(int a, int b) {
    return a < b ? a : b;
}

static int within(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static sl_rect take_line(sl_rect *rest, sl_run_layout *layout, int index, bool right) {
    sl_rect line = right ? sl_rect_take_right(rest, 1) : sl_rect_take_bottom(rest, 1);
    layout->lines[index] = line;
    return line;
}

// Options and history in a column at the right, where that leaves the charts wide.
static void place_aside(sl_rect *rest, const sl_run_amounts *amounts, sl_run_layout *layout) {
    int width = within(rest->width / 4, 44, 64);
    sl_rect side = sl_rect_take_right(rest, width);
    take_line(rest, layout, 0, true);
    sl_rect_take_left(&side, 1);
    if (amounts->options > 0) {
        int history = amounts->history > 0 ? within(amounts->history + 2, 6, side.height / 2) : 0;
        layout->options = sl_rect_take_top(&side, least(amounts->options + 1, side.height - history));
        if (side.height > 0) sl_rect_take_top(&side, 1);
    }
    layout->history = side;
}

// History, and where it is wide options, beside the classes at the bottom.
static void place_below(sl_rect below, const sl_run_amounts *amounts, sl_run_layout *layout) {
    bool classes = amounts->classes > 0 && amounts->evaluations > 0;
    bool options = amounts->options > 0 && (below.width >= OPTIONS_FROM || !classes);
    bool history = below.width >= EVENTS_FROM || !(classes || options);
    int parts = classes + options + history;
    if (options) {
        layout->options = sl_rect_take_right(&below, parts == 1 ? below.width : (below.width - 4) / parts);
        if (parts > 1) sl_rect_take_right(&below, 2);
    }
    if (history) {
        layout->history = sl_rect_take_right(&below, classes ? (below.width - 2) * 9 / 20 : below.width);
        if (classes) sl_rect_take_right(&below, 2);
    }
    if (classes) layout->classes = below;
    layout->strip = classes;
}

void sl_run_place(sl_rect area, const sl_run_amounts *amounts, sl_run_layout *layout) {
    *layout = (sl_run_layout){0};
    sl_rect rest = area;
    bool tall = area.height >= TALL, small = area.height < SMALL, aside = area.width >= ASIDE && tall;
    layout->header = sl_rect_take_top(&rest, small ? 2 : 3);
    layout->alarms = sl_rect_take_top(&rest, least(amounts->alarm_rows, small ? 1 : tall ? 4 : 2));
    if (tall) sl_rect_take_top(&rest, 1);
    if (aside && (amounts->options > 0 || amounts->history > 0)) place_aside(&rest, amounts, layout);
    aside = layout->options.height > 0 || layout->history.height > 0;

    bool classes = amounts->classes > 0 && amounts->evaluations > 0;
    int wanted = classes ? amounts->classes + 2 : aside ? 0 : within(amounts->history + 1, 4, 9);
    int most = tall ? rest.height * 2 / 5 : rest.height / 3;
    if (amounts->charts == 0) most = rest.height;
    if (least(wanted, most) >= 5 || (wanted > 0 && wanted <= most)) {
        sl_rect below = sl_rect_take_bottom(&rest, least(wanted, most));
        if (tall) sl_rect_take_bottom(&rest, 1);
        if (aside) {
            layout->classes = below;
            layout->strip = classes;
        } else
            place_below(below, amounts, layout);
    } else if (classes) {
        layout->classes = sl_rect_take_bottom(&rest, rest.height >= 14 ? 2 : 1);
    }
    layout->charts = rest;
}

sl_rect sl_run_place_alone(sl_rect area, sl_rect *header) {
    *header = sl_rect_take_top(&area, 1);
    return area;
}
