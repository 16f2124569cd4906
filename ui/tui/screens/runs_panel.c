#include "ui/tui/screens/runs_panel.h"
#include "ui/tui/chart/chart.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST = 34, MOST = 72, CLASSES = 256, LEAST_CHART = 8, MOST_CHART = 16, LEAST_BENEATH = LEAST_CHART + 2 };

sl_rect sl_runs_panel_place(sl_rect *area) {
    int width = area->width * 3 / 10;
    if (width < LEAST) width = LEAST;
    if (width > MOST) width = MOST;
    return sl_rect_take_right(area, area->width >= SL_PANEL_FROM ? width : 0);
}

sl_rect sl_runs_panel_place_beneath(sl_rect *area, int rows) {
    int spare = area->height - rows - 1;
    return sl_rect_take_bottom(area, spare >= LEAST_BENEATH ? spare : 0);
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

// In one column or two, as many as there is room for.
static void draw_classes(const sl_run_detail *detail, sl_frame *frame, sl_rect area, int columns) {
    class_iou classes[CLASSES];
    size_t count = worst_classes(detail, classes);
    if (count == 0 || area.height < 2) return;
    sl_frame_text(frame, area, area.x, area.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, "IoU of classes, worst first");
    int names = 0, rows = area.height - 1, width = (area.width - 2 * (columns - 1)) / columns;
    int wanted = ((int)count + columns - 1) / columns;
    if (rows > wanted) rows = wanted;
    for (size_t i = 0; i < count; i++) {
        int text = sl_text_columns(classes[i].name, frame->utf8);
        if (text > names) names = text;
    }
    if (names > width / 2) names = width / 2;
    for (int i = 0; i < rows * columns && (size_t)i < count; i++) {
        int x = area.x + i / rows * (width + 2), y = area.y + 1 + i % rows, bar = width - names - 7;
        char number[SL_SHORT_BYTES];
        sl_color color = classes[i].iou < 0.1 ? SL_COLOR_BAD : classes[i].iou < 0.3 ? SL_COLOR_WARN : SL_COLOR_GOOD;
        sl_frame_text(frame, (sl_rect){x, y, names, 1}, x, y, (sl_style){0}, classes[i].name);
        sl_frame_printf(frame, area, x + names + 1, y, (sl_style){0}, "%4s", sl_show_percent(classes[i].iou, number));
        sl_show_bar(frame, area, x + names + 6, y, bar, (sl_style){color, 0, 0}, classes[i].iou);
    }
}

// ---- the panel --------------------------------------------------------------------------------------------------------------

static void draw_head(const sl_run_row *run, sl_frame *frame, sl_rect area) {
    char left[SL_SHORT_BYTES];
    const char *what = sl_run_called(run);
    sl_frame_printf(frame, area, area.x, area.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, "%.6s %s",
                    run->uuid ? run->uuid : "", what);
    int x =
        sl_frame_text(frame, area, area.x, area.y + 1, (sl_style){sl_state_color(run->state), 0, 0}, sl_state_name(run->state)) +
        1;
    if (run->step >= 0) x = sl_frame_printf(frame, area, x, area.y + 1, (sl_style){0}, "at step %lld", (long long)run->step) + 1;
    if (run->state == SL_STATE_RUNNING && !isnan(run->seconds_left))
        sl_frame_printf(frame, area, x, area.y + 1, (sl_style){0}, "ends in %s", sl_show_span(run->seconds_left, left));
}

enum { CHARTS = 3 };

// The panel's charts, the most telling first; false: there is nothing to draw yet.
static bool draw_nth(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, int which) {
    static const char *const miou[] = {"miou", NULL}, *const losses[] = {"seg", NULL},
                             *const others[] = {"D", "semi", "adv", NULL};
    switch (which) {
    case 0: return draw_chart(app, detail, frame, area, "mIoU %", miou, (sl_chart){.percent = true, .best = SL_BEST_HIGH});
    case 1: return draw_chart(app, detail, frame, area, "segmentation loss", losses, (sl_chart){.log = true});
    default: return draw_chart(app, detail, frame, area, "other losses", others, (sl_chart){.log = true});
    }
}

static void draw_beside(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect panel) {
    draw_head(&detail->run, frame, sl_rect_take_top(&panel, 3));
    int classes = detail->evaluations ? (int)detail->classes + 1 : 0;
    // Curves first; classes get what is left, and at most all they need.
    int charts = panel.height < 14 ? 1 : panel.height < 30 ? 2 : CHARTS, height = (panel.height - classes) / charts;
    if (height < 7) height = panel.height / (charts + 1) < 7 ? 7 : panel.height / (charts + 1);
    if (height > panel.height) height = panel.height;
    if (height > 20) height = 20;
    for (int i = 0; i < charts; i++)
        if (draw_nth(app, detail, frame, (sl_rect){panel.x, panel.y, panel.width, height}, i)) sl_rect_take_top(&panel, height);
    draw_classes(detail, frame, panel, 1);
}

static void draw_beneath(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect panel) {
    int columns = panel.width >= 72 ? 2 : 1, width = (panel.width - 2 * (columns - 1)) / columns, shown = 0;
    int classes = detail->evaluations ? ((int)detail->classes + columns - 1) / columns + 1 : 0, height = panel.height - classes;
    if (height < LEAST_CHART) height = panel.height - LEAST_CHART < 4 ? panel.height : LEAST_CHART;
    if (height > MOST_CHART) height = MOST_CHART;
    sl_rect top = sl_rect_take_top(&panel, height);
    for (int i = 0; i < CHARTS && shown < columns; i++)
        shown += draw_nth(app, detail, frame, (sl_rect){top.x + shown * (width + 2), top.y, width, height}, i);
    draw_classes(detail, frame, panel, columns);
}

void sl_runs_panel_draw(const sl_app *app, sl_frame *frame, sl_rect panel, bool beneath) {
    const sl_run_detail *detail = sl_app_detail(app, app->selected);
    sl_style dim = {SL_COLOR_DIM, 0, 0};
    if (beneath) {
        sl_rect rule = sl_rect_take_top(&panel, 1);
        for (int x = rule.x; x < rule.x + rule.width; x++) sl_frame_put(frame, rule, x, rule.y, dim, 0x2500);
        if (!detail) return;
        const sl_run_row *run = &detail->run;
        sl_rect title = {rule.x + 2, rule.y, rule.width - 4, 1};
        sl_frame_printf(frame, title, title.x, title.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, " %.6s %s ",
                        run->uuid ? run->uuid : "", sl_run_called(run));
        sl_rect_take_left(&panel, 1);
        draw_beneath(app, detail, frame, panel);
        return;
    }
    for (int y = panel.y; y < panel.y + panel.height; y++) sl_frame_put(frame, panel, panel.x, y, dim, 0x2502);
    sl_rect_take_left(&panel, 2);
    if (detail) draw_beside(app, detail, frame, panel);
}
