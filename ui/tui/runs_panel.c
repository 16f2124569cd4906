#include "ui/tui/runs_panel.h"
#include "ui/tui/chart.h"
#include "ui/tui/layout.h"
#include "ui/tui/present.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST = 34, MOST = 72, CLASSES = 256 };

sl_rect sl_runs_panel_place(sl_rect *area) {
    int width = area->width * 3 / 10;
    if (width < LEAST) width = LEAST;
    if (width > MOST) width = MOST;
    return sl_rect_take_right(area, area->width >= SL_PANEL_FROM ? width : 0);
}

int sl_runs_panel_columns(sl_rect panel) {
    return panel.width * 2;
} // two braille dots a cell

static const sl_series *find(const sl_run_detail *detail, const char *name) {
    for (size_t i = 0; i < detail->series_count; i++)
        if (!strcmp(detail->series[i].name, name) && detail->series[i].count > 0) return &detail->series[i];
    return NULL;
}

// A chart of the series that there are; false: none.
static bool draw_chart(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, const char *title,
                       const char *const *names, sl_chart chart) {
    sl_chart_line lines[3] = {{0}};
    chart.lines = lines;
    chart.title = title;
    chart.letters = app->theme.depth == SL_DEPTH_NONE;
    for (; *names && chart.count < 3; names++) {
        const sl_series *series = find(detail, *names);
        if (series) lines[chart.count++] = (sl_chart_line){.series = series, .color = (int)chart.count};
    }
    if (chart.count == 0) return false;
    sl_chart_draw(frame, area, &chart);
    return true;
}

// ---- classes ----------------------------------------------------------------------------------------------------------------

typedef struct class_iou {
    const char *name;
    double iou;
} class_iou;

// The classes of the newest evaluation from the worst on; those that do not occur are left out.
static size_t worst_classes(const sl_run_detail *detail, class_iou *out) {
    size_t count = 0;
    if (detail->evaluations == 0) return 0;
    const double *newest = detail->iou + (detail->evaluations - 1) * detail->classes;
    for (size_t i = 0; i < detail->classes && count < CLASSES; i++) {
        if (isnan(newest[i])) continue;
        size_t at = count++;
        for (; at > 0 && out[at - 1].iou > newest[i]; at--) out[at] = out[at - 1];
        out[at] = (class_iou){detail->class_names[i], newest[i]};
    }
    return count;
}

static void draw_classes(const sl_run_detail *detail, sl_frame *frame, sl_rect area) {
    class_iou classes[CLASSES];
    size_t count = worst_classes(detail, classes);
    if (count == 0 || area.height < 2) return;
    sl_frame_text(frame, area, area.x, area.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, "IoU of classes, worst first");
    int names = 0;
    for (size_t i = 0; i < count; i++) {
        int columns = sl_text_columns(classes[i].name, frame->utf8);
        if (columns > names) names = columns;
    }
    if (names > area.width / 2) names = area.width / 2;
    for (int i = 0; i + 1 < area.height && (size_t)i < count; i++) {
        int y = area.y + 1 + i, bar = area.width - names - 7;
        char number[SL_SHORT_BYTES];
        sl_color color = classes[i].iou < 0.1 ? SL_COLOR_BAD : classes[i].iou < 0.3 ? SL_COLOR_WARN : SL_COLOR_GOOD;
        sl_frame_text(frame, (sl_rect){area.x, y, names, 1}, area.x, y, (sl_style){0}, classes[i].name);
        sl_frame_printf(frame, area, area.x + names + 1, y, (sl_style){0}, "%4s", sl_show_percent(classes[i].iou, number));
        sl_show_bar(frame, area, area.x + names + 6, y, bar, (sl_style){color, 0, 0}, classes[i].iou);
    }
}

// ---- the panel --------------------------------------------------------------------------------------------------------------

static void draw_head(const sl_run_row *run, sl_frame *frame, sl_rect area) {
    char left[SL_SHORT_BYTES];
    const char *what = run->varies && *run->varies ? run->varies : run->name ? run->name : "";
    sl_frame_printf(frame, area, area.x, area.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, "%.6s %s",
                    run->uuid ? run->uuid : "", what);
    int x =
        sl_frame_text(frame, area, area.x, area.y + 1, (sl_style){sl_state_color(run->state), 0, 0}, sl_state_name(run->state)) +
        1;
    if (run->step >= 0) x = sl_frame_printf(frame, area, x, area.y + 1, (sl_style){0}, "at step %lld", (long long)run->step) + 1;
    if (run->state == SL_STATE_RUNNING && !isnan(run->seconds_left))
        sl_frame_printf(frame, area, x, area.y + 1, (sl_style){0}, "ends in %s", sl_show_span(run->seconds_left, left));
}

void sl_runs_panel_draw(const sl_app *app, sl_frame *frame, sl_rect panel) {
    static const char *const miou[] = {"miou", NULL}, *const losses[] = {"seg", NULL},
                             *const others[] = {"D", "semi", "adv", NULL};
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    for (int y = panel.y; y < panel.y + panel.height; y++)
        sl_frame_put(frame, panel, panel.x, y, (sl_style){SL_COLOR_DIM, 0, 0}, 0x2502);
    sl_rect_take_left(&panel, 2);
    if (!detail) return;
    draw_head(&detail->run, frame, sl_rect_take_top(&panel, 3));
    int classes = detail->evaluations ? (int)detail->classes + 1 : 0;
    // Curves first; classes get what is left, and at most all they need.
    int charts = panel.height < 14 ? 1 : panel.height < 30 ? 2 : 3, height = (panel.height - classes) / charts;
    if (height < 7) height = panel.height / (charts + 1) < 7 ? 7 : panel.height / (charts + 1);
    if (height > panel.height) height = panel.height;
    if (height > 20) height = 20;
    if (draw_chart(app, detail, frame, (sl_rect){panel.x, panel.y, panel.width, height}, "mIoU %", miou,
                   (sl_chart){.percent = true, .best = SL_BEST_HIGH}))
        sl_rect_take_top(&panel, height);
    if (charts > 1 && draw_chart(app, detail, frame, (sl_rect){panel.x, panel.y, panel.width, height}, "segmentation loss",
                                 losses, (sl_chart){.log = true}))
        sl_rect_take_top(&panel, height);
    if (charts > 2 && draw_chart(app, detail, frame, (sl_rect){panel.x, panel.y, panel.width, height}, "other losses", others,
                                 (sl_chart){.log = true}))
        sl_rect_take_top(&panel, height);
    draw_classes(detail, frame, panel);
}
