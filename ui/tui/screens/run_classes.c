#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/screens/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {SL_COLOR_DIM, 0, 0};

long sl_run_evaluation_at(const sl_run_detail *detail, double step) {
    long found = detail->evaluations ? 0 : -1;
    for (size_t i = 0; i < detail->evaluations; i++)
        if ((double)detail->evaluation_steps[i] <= step) found = (long)i;
    return found;
}

static double iou_of(const sl_run_detail *detail, size_t evaluation, size_t class) {
    return detail->iou[evaluation * detail->classes + class];
}

// The class that follows `after` from the worst on; `after` >= classes: the worst of all. What is absent has no place.
static size_t next_worst(const sl_run_detail *detail, size_t evaluation, size_t after) {
    size_t found = detail->classes;
    double last = after < detail->classes ? iou_of(detail, evaluation, after) : -INFINITY;
    for (size_t i = 0; i < detail->classes; i++) {
        double iou = iou_of(detail, evaluation, i);
        if (isnan(iou) || iou < last || (after < detail->classes && iou == last && i <= after)) continue;
        if (found == detail->classes || iou < iou_of(detail, evaluation, found)) found = i;
    }
    return found;
}

static sl_color color_of(double iou) {
    return iou < 0.1 ? SL_COLOR_BAD : iou < 0.3 ? SL_COLOR_WARN : SL_COLOR_GOOD;
}

enum { CELL = 5, ALONE_CELL = 12 };

int sl_run_class_columns(const sl_run_detail *detail, int most, bool utf8) {
    int names = 0;
    if (detail->evaluations > (size_t)most) return most;
    for (size_t i = 0; i < detail->classes && names < most; i++) {
        int columns = sl_text_columns(detail->class_names[i], utf8);
        if (columns > names) names = columns;
    }
    int columns = names + 1 + CELL * (int)detail->evaluations + 6;
    return columns < most ? columns : most;
}

void sl_run_classes_draw(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, bool selected, bool alone,
                         long evaluation, int *scroll, sl_run_classes *classes) {
    classes->drawn = false;
    if (sl_rect_is_empty(area)) return;
    sl_rect top = sl_rect_take_top(&area, 1);
    int x = sl_run_title_draw(frame, top, "IoU of classes", selected) + 2;
    if (detail->evaluations == 0) {
        sl_frame_text(frame, area, area.x, area.y, dim, "no evaluation yet");
        return;
    }
    size_t shown = evaluation >= 0 ? (size_t)evaluation : detail->evaluations - 1;
    size_t worst = next_worst(detail, shown, detail->classes);
    sl_heat_strip strip = {.names = detail->class_names,
                           .values = detail->iou,
                           .steps = detail->evaluation_steps,
                           .rows = detail->classes,
                           .columns = detail->evaluations,
                           .depth = app->theme.depth,
                           .worst_first = true,
                           .has_selected = evaluation >= 0,
                           .selected = shown,
                           .scroll = *scroll,
                           .widest = alone ? ALONE_CELL : CELL};
    sl_heat_strip_place(&strip, area, frame->utf8, &classes->at);
    *scroll = classes->at.first;
    classes->drawn = true;
    // The title goes no further than the strip, but names the worst.
    sl_rect room = {x, top.y, top.x + top.width - x, 1};
    int right = classes->at.numbers.width ? classes->at.numbers.x + classes->at.numbers.width : top.x + top.width;
    if (right < x + 20 + SL_HEAT_LEGEND_COLUMNS) right = x + 22 + SL_HEAT_LEGEND_COLUMNS;
    if (right <= top.x + top.width) {
        sl_heat_legend(frame, top, right - SL_HEAT_LEGEND_COLUMNS, top.y, app->theme.depth);
        room.width = right - SL_HEAT_LEGEND_COLUMNS - 2 - x;
    }
    char number[SL_SHORT_BYTES];
    if (worst < detail->classes && room.width > 10) {
        x = sl_frame_text(frame, room, x, top.y, dim, "worst") + 1;
        sl_frame_printf(frame, room, x, top.y, (sl_style){SL_COLOR_BAD, 0, SL_ATTR_BOLD}, "%s %s", detail->class_names[worst],
                        sl_show_percent(iou_of(detail, shown, worst), number));
    }
    sl_heat_strip_draw(frame, area, &strip);
}

void sl_run_worst_draw(const sl_run_detail *detail, sl_frame *frame, sl_rect area) {
    if (sl_rect_is_empty(area) || detail->evaluations == 0) return;
    size_t newest = detail->evaluations - 1, class = detail->classes;
    int x = sl_frame_text(frame, area, area.x, area.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, "worst IoU") + 2, y = area.y;
    while ((class = next_worst(detail, newest, class)) < detail->classes) {
        char number[SL_SHORT_BYTES];
        double iou = iou_of(detail, newest, class);
        sl_show_percent(iou, number);
        int name = sl_text_columns(detail->class_names[class], frame->utf8), width = name + 1 + (int)strlen(number);
        if (x + width > area.x + area.width && x > area.x) {
            x = area.x;
            if (++y == area.y + area.height) return;
        }
        sl_rect room = {x, y, area.x + area.width - x, 1};
        if (room.width < width)
            room.width -= (int)strlen(number) + 1;
        else
            room.width = name;
        sl_frame_text(frame, room, x, y, (sl_style){0}, detail->class_names[class]);
        x = room.x + room.width + 1;
        x = sl_frame_text(frame, area, x, y, (sl_style){color_of(iou), 0, SL_ATTR_BOLD}, number) + 2;
    }
}
