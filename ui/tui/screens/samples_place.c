#include "ui/tui/screens/samples_place.h"
#include "ui/tui/chart/picture.h"
#include "ui/tui/frame/layout.h"

#include <string.h>

enum { LEAST_ROWS = 6, LEAST_COLUMNS = 12, GAP = 2, LEGEND = 22 };

// So many columns and rows of panels, and what is left for the legend.
typedef struct plan {
    int columns, rows;
    int width, height; // of a picture
    int row_height;    // from one row of panels to the next
    int score;         // cells of a picture
    enum { BELOW, CORNER, RIGHT } legend;
} plan;

static int rows_below(const sl_samples_shape *shape, int height) {
    return shape->classes == 0 ? 0 : height < 20 ? 1 : 2;
}

// A plan with the legend in one place; its score is 0 where that cannot be.
static plan try(sl_rect area, const sl_samples_shape *shape, int count, int columns, int rows, int legend) {
    plan p = {.columns = columns, .rows = rows, .legend = legend};
    int above = shape->runs > 1 ? 2 : 1; // rows of words over each row of pictures
    int height = area.height - (legend == BELOW ? rows_below(shape, area.height) : 0);
    int width = area.width - (legend == RIGHT ? LEGEND + GAP : 0);
    p.row_height = height / rows;
    sl_rect picture =
        sl_picture_place((sl_rect){0, 0, (width + GAP) / columns - GAP, p.row_height - above}, shape->width, shape->height);
    // As low as they are, rows stand close.
    p.row_height = picture.height + above;
    p.width = picture.width;
    p.height = picture.height;
    bool corner = shape->runs == 1 && columns * rows > count;
    bool fits = picture.height >= LEAST_ROWS && picture.width >= LEAST_COLUMNS && (legend != CORNER || corner);
    p.score = fits ? picture.width * picture.height : 0;
    return p;
}

// Of two runs each has a row; what both share, the image and its truth, stands in the first column.
static plan best_plan(sl_rect area, const sl_samples_shape *shape, int count) {
    int shared = shape->kinds[SL_SAMPLE_IMAGE] + shape->kinds[SL_SAMPLE_TRUTH];
    if (shape->runs > 1) count = 2 * (count - shared + (shared > 0));
    static const int legends[] = {CORNER, RIGHT, BELOW};
    plan best = {0};
    for (int rows = shape->runs; rows <= (shape->runs > 1 ? shape->runs : count); rows++) {
        int columns = (count + rows - 1) / rows;
        for (size_t i = 0; i < sizeof legends / sizeof *legends; i++) {
            plan p = try(area, shape, count, columns, rows, legends[i]);
            if (p.score > best.score) best = p;
        }
    }
    return best;
}

static sl_rect panel(sl_rect area, const plan *p, int column, int row, int above) {
    return (sl_rect){area.x + column * (p->width + GAP), area.y + row * p->row_height + above - 1, p->width, p->height + 1};
}

// Returns how many panels there are.
static int put_one(sl_rect area, const sl_samples_shape *shape, const plan *p, sl_samples_layout *out) {
    int at = 0;
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
        if (!shape->kinds[kind]) continue;
        out->panels[0][kind] = panel(area, p, at % p->columns, at / p->columns, 1);
        at++;
    }
    return at;
}

static void put_two(sl_rect area, const sl_samples_shape *shape, const plan *p, sl_samples_layout *out) {
    int column = 0, shared = 0, used = p->columns * (p->width + GAP) - GAP;
    for (int kind = SL_SAMPLE_IMAGE; kind <= SL_SAMPLE_TRUTH; kind++)
        if (shape->kinds[kind]) out->panels[0][kind] = panel(area, p, 0, shared++, 2);
    column = shared > 0;
    int x = area.x + column * (p->width + GAP);
    for (int kind = SL_SAMPLE_PREDICTION; kind < SL_SAMPLE_KINDS; kind++) {
        if (!shape->kinds[kind]) continue;
        for (int run = 0; run < SL_SAMPLES_RUNS; run++) out->panels[run][kind] = panel(area, p, column, run, 2);
        column++;
    }
    // A line may be longer than its pictures, but not where the legend is.
    int end = p->legend == RIGHT ? area.x + used : area.x + area.width;
    for (int run = 0; run < SL_SAMPLES_RUNS; run++) out->lines[run] = (sl_rect){x, area.y + run * p->row_height, end - x, 1};
    if (column <= (shared > 0)) memset(out->lines, 0, sizeof out->lines);
}

static void put_grid(sl_rect area, const sl_samples_shape *shape, const plan *p, sl_samples_layout *out) {
    int at = 0, right = area.x + area.width, used = p->columns * (p->width + GAP);
    int last = area.y + (p->rows - 1) * p->row_height;
    if (shape->runs > 1)
        put_two(area, shape, p, out);
    else
        at = put_one(area, shape, p, out);
    out->listed = p->legend != BELOW;
    if (p->legend == RIGHT)
        out->legend = (sl_rect){area.x + used, area.y, right - area.x - used, area.height};
    else if (p->legend == BELOW)
        out->legend = (sl_rect){area.x, area.y + p->rows * p->row_height, area.width, rows_below(shape, area.height)};
    else {
        int x = area.x + (at - (p->rows - 1) * p->columns) * (p->width + GAP);
        out->legend = (sl_rect){x, last, right - x, area.y + area.height - last};
    }
}

static void put_alone(sl_rect area, const sl_samples_shape *shape, int kind, sl_samples_layout *out) {
    out->alone = true;
    if (shape->runs == 1) out->tabs = (sl_rect){area.x, area.y, area.width, 1};
    out->legend = sl_rect_take_bottom(&area, rows_below(shape, area.height));
    // Where the picture leaves much free beside it, the legend stands there.
    int columns = sl_picture_columns(area.height - 1, shape->width, shape->height);
    if (shape->runs == 1 && shape->classes && area.width - columns >= LEGEND + GAP) {
        area.height += out->legend.height;
        out->legend = sl_rect_take_right(&area, LEGEND);
        sl_rect_take_top(&out->legend, 1);
        sl_rect_take_right(&area, GAP);
        out->listed = true;
    }
    for (int run = 0; run < shape->runs; run++) {
        sl_rect part = area;
        if (shape->runs > 1) part.width = (area.width - GAP) / 2;
        if (shape->runs > 1 && run) part.x += part.width + GAP;
        if (shape->runs > 1) out->lines[run] = sl_rect_take_top(&part, 1);
        sl_rect picture = sl_picture_place((sl_rect){0, 0, part.width, part.height - 1}, shape->width, shape->height);
        out->panels[run][kind] = (sl_rect){part.x, part.y, picture.width, picture.height + 1};
    }
    if (out->listed) out->legend.x = out->panels[0][kind].x + out->panels[0][kind].width + GAP;
    if (out->listed) out->legend.width = LEGEND;
}

void sl_samples_place(sl_rect area, const sl_samples_shape *shape, sl_samples_layout *out) {
    int count = 0, first = -1;
    memset(out, 0, sizeof *out);
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
        if (!shape->kinds[kind]) continue;
        if (first < 0) first = kind;
        count++;
    }
    sl_rect_take_left(&area, 1);
    sl_rect_take_right(&area, 1);
    out->head = sl_rect_take_top(&area, 1);
    out->track = sl_rect_take_top(&area, 1);
    if (area.height >= 24) sl_rect_take_top(&area, 1);
    if (count == 0) return;
    plan best = shape->alone < 0 ? best_plan(area, shape, count) : (plan){0};
    if (best.score > 0)
        put_grid(area, shape, &best, out);
    else
        put_alone(area, shape, shape->alone >= 0 && shape->kinds[shape->alone] ? shape->alone : first, out);
}
