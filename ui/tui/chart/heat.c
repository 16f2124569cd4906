#include "ui/tui/chart/heat.h"
#include "ui/tui/frame/layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

// ---- colours ----------------------------------------------------------------------------------------------------------------

// Ever lighter. Those of 256 colours are in the terminal's cube, so that they stay what they are.
static const uint8_t many[][3] = {{52, 14, 92}, {46, 78, 138}, {28, 146, 140}, {104, 202, 88}, {250, 230, 50}};
static const uint32_t few[] = {0x5F0087, 0x005FAF, 0x0087AF, 0x00AFAF, 0x00D787, 0x87D700, 0xD7D700, 0xFFFF5F};
static const uint32_t shades[] = {' ', 0x2591, 0x2592, 0x2593, 0x2588};
static const char ascii_shades[] = " .:=+*#%@";

// What is wrong: red where the others are green.
static const uint8_t wrong_many[][3] = {{52, 14, 92}, {142, 20, 92}, {212, 40, 50}, {240, 112, 24}, {252, 190, 60}};
static const uint32_t wrong_few[] = {0x5F0087, 0x870087, 0xAF005F, 0xD70000, 0xD75F00, 0xFF5F00, 0xFF8700, 0xFFAF5F};

enum { MANY = sizeof many / sizeof *many, FEW = sizeof few / sizeof *few, SHADES = sizeof shades / sizeof *shades };

static double clamp(double value) {
    return value > 0 ? fmin(value, 1) : 0;
}

// Which of `count` equal steps.
static int step_of(double value, int count) {
    int step = (int)(clamp(value) * count);
    return step < count ? step : count - 1;
}

// Which shade: the first, a blank, is for next to nothing alone.
static int shade_of(double value, int count) {
    return value < 0.02 ? 0 : 1 + step_of(value, count - 1);
}

static sl_color color_of(sl_depth depth, double value, bool wrong) {
    const uint8_t(*colors)[3] = wrong ? wrong_many : many;
    if (depth < SL_DEPTH_TRUE) return 0x1000000u | (wrong ? wrong_few : few)[step_of(value, FEW)];
    double place = clamp(value) * (MANY - 1);
    int from = (int)fmin(place, MANY - 2);
    double share = place - from;
    int rgb[3];
    for (int i = 0; i < 3; i++) rgb[i] = (int)lround(colors[from][i] + share * (colors[from + 1][i] - colors[from][i]));
    return SL_COLOR_RGB(rgb[0], rgb[1], rgb[2]);
}

sl_color sl_heat_color(sl_depth depth, double value) {
    return color_of(depth, value, false);
}
sl_color sl_heat_wrong_color(sl_depth depth, double value) {
    return color_of(depth, value, true);
}

sl_color sl_heat_text_color(sl_color background) {
    static const double weights[] = {0.0722, 0.7152, 0.2126}; // of blue, green and red in what the eye sees as light
    double light = 0;
    for (int i = 0; i < 3; i++) light += weights[i] * pow((background >> 8 * i & 255) / 255.0, 2.2);
    return light > 0.18 ? SL_COLOR_RGB(0, 0, 0) : SL_COLOR_RGB(255, 255, 255);
}

static void draw_cell(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_depth depth, double value, bool wrong) {
    sl_style style = {0};
    uint32_t character = ' ';
    if (isnan(value))
        style = dim;
    else if (depth >= SL_DEPTH_256)
        style.background = color_of(depth, value, wrong);
    else
        character =
            frame->utf8 ? shades[shade_of(value, SHADES)] : (uint32_t)ascii_shades[shade_of(value, sizeof ascii_shades - 1)];
    if (style.background) style.foreground = sl_heat_text_color(style.background);
    for (int i = 0; i < width; i++) sl_frame_put(frame, clip, x + i, y, style, character);
    if (isnan(value)) sl_frame_put(frame, clip, x + (width - 1) / 2, y, style, frame->utf8 ? 0x00B7 : '-');
}

void sl_heat_cell(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_depth depth, double value) {
    draw_cell(frame, clip, x, y, width, depth, value, false);
}
void sl_heat_wrong_cell(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_depth depth, double value) {
    draw_cell(frame, clip, x, y, width, depth, value, true);
}

int sl_heat_legend(sl_frame *frame, sl_rect clip, int x, int y, sl_depth depth) {
    enum { CELLS = SL_HEAT_LEGEND_COLUMNS - 6 };
    sl_frame_text(frame, clip, x, y, dim, "0");
    for (int i = 0; i < CELLS; i++) sl_heat_cell(frame, clip, x + 2 + i, y, 1, depth, (i + 0.5) / CELLS);
    return sl_frame_text(frame, clip, x + 3 + CELLS, y, dim, "100");
}

// ---- places of a strip ------------------------------------------------------------------------------------------------------

enum { NUMBER = 5, WIDEST_CELL = 3 };

static const char *name_of(const sl_heat_strip *strip, size_t row) {
    return strip->names && strip->names[row] ? strip->names[row] : "";
}

static int names_width(const sl_heat_strip *strip, int most, bool utf8) {
    int width = 0;
    for (size_t i = 0; i < strip->rows && width < most; i++) {
        int columns = sl_text_columns(name_of(strip, i), utf8);
        if (columns > width) width = columns;
    }
    return width < most ? width : most;
}

void sl_heat_strip_place(const sl_heat_strip *strip, sl_rect area, bool utf8, sl_heat_strip_layout *layout) {
    memset(layout, 0, sizeof *layout);
    if (sl_rect_is_empty(area)) return;
    sl_rect rest = area;
    if (strip->title && rest.height >= 2) layout->title = sl_rect_take_top(&rest, 1);
    if (strip->steps && rest.height >= 2) layout->axis = sl_rect_take_bottom(&rest, 1);
    layout->rows = strip->rows < (size_t)rest.height ? (int)strip->rows : rest.height;
    if (layout->axis.height) layout->axis.y -= rest.height - layout->rows; // right below the last row
    long last = strip->rows < 1000000 ? (long)strip->rows - layout->rows : 1000000;
    layout->first = strip->scroll < 0 ? 0 : strip->scroll > last ? (int)last : strip->scroll;
    rest.height = layout->rows;

    // Names get at most a third, and where that leaves little they and the numbers go.
    int names = names_width(strip, rest.width / 3, utf8);
    if (names >= 3) {
        layout->names = sl_rect_take_left(&rest, names);
        sl_rect_take_left(&rest, 1);
    }
    bool numbers = rest.width >= 2 * NUMBER;
    layout->cells = rest;
    if (numbers) layout->cells.width -= NUMBER;
    layout->of = strip->columns;
    int width = layout->cells.width, count = strip->columns < (size_t)width ? (int)strip->columns : width;
    if (count <= 0) {
        layout->cells.width = layout->axis.height = 0;
        return;
    }
    layout->columns = count;
    int widest = strip->widest > 0 ? strip->widest : WIDEST_CELL;
    layout->cell_width = width / count < widest ? width / count : widest;
    layout->cells.width = count * layout->cell_width;
    if (numbers) layout->numbers = (sl_rect){layout->cells.x + layout->cells.width, rest.y, NUMBER, rest.height};
    layout->axis.width = rest.width;
    layout->axis.x = rest.x;
}

// The columns for which a drawn column stands: from *from to before the returned.
static size_t columns_of(const sl_heat_strip_layout *layout, int drawn, size_t *from) {
    double each = (double)layout->of / layout->columns;
    *from = (size_t)(drawn * each + 1e-9);
    size_t to = drawn + 1 == layout->columns ? layout->of : (size_t)((drawn + 1) * each + 1e-9);
    return to > *from ? to : *from + 1;
}

static int drawn_of(const sl_heat_strip_layout *layout, size_t column) {
    int drawn = (int)((double)column / (double)layout->of * layout->columns);
    for (size_t from; drawn + 1 < layout->columns && columns_of(layout, drawn, &from) <= column;) drawn++;
    for (size_t from; drawn > 0 && (columns_of(layout, drawn, &from), from > column);) drawn--;
    return drawn;
}

long sl_heat_strip_at(const sl_heat_strip_layout *layout, int x) {
    if (layout->columns <= 0 || x < layout->cells.x || x - layout->cells.x >= layout->cells.width) return -1;
    size_t from;
    return (long)columns_of(layout, (x - layout->cells.x) / layout->cell_width, &from) - 1;
}

// ---- drawing a strip --------------------------------------------------------------------------------------------------------

// The mean of those that are there.
static double merged(const sl_heat_strip *strip, size_t row, size_t from, size_t to) {
    double sum = 0;
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        double value = strip->values[i * strip->rows + row];
        if (isnan(value)) continue;
        sum += clamp(value);
        count++;
    }
    return count ? sum / (double)count : NAN;
}

static bool is_selected(const sl_heat_strip *strip) {
    return strip->has_selected && strip->selected < strip->columns;
}

// The value that stands at the right.
static double read_row(const sl_heat_strip *strip, size_t row) {
    if (strip->columns == 0) return NAN;
    return strip->values[(is_selected(strip) ? strip->selected : strip->columns - 1) * strip->rows + row];
}

static bool before(const sl_heat_strip *strip, size_t a, size_t b) {
    if (!strip->worst_first) return a < b;
    double first = read_row(strip, a), second = read_row(strip, b);
    if (isnan(first) || isnan(second)) return isnan(first) == isnan(second) ? a < b : isnan(second);
    return first != second ? first < second : a < b;
}

// The row that follows in the order of the strip; `previous` >= rows: the first.
static size_t next_row(const sl_heat_strip *strip, size_t previous) {
    size_t best = strip->rows;
    for (size_t i = 0; i < strip->rows; i++) {
        if (previous < strip->rows && !before(strip, previous, i)) continue;
        if (best == strip->rows || before(strip, i, best)) best = i;
    }
    return best;
}

static size_t worst_row(const sl_heat_strip *strip) {
    size_t worst = strip->rows;
    for (size_t i = 0; i < strip->rows; i++) {
        double value = read_row(strip, i);
        if (!isnan(value) && (worst == strip->rows || value < read_row(strip, worst))) worst = i;
    }
    return worst;
}

static const char *share_text(double value, char out[16]) {
    if (isnan(value))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, clamp(value) >= 0.9995 ? "%.0f" : "%.1f", 100 * clamp(value));
    return out;
}

static void draw_row(sl_frame *frame, const sl_heat_strip *strip, const sl_heat_strip_layout *at, int y, size_t row, bool worst) {
    sl_style style = {.foreground = worst ? SL_COLOR_BAD : SL_COLOR_DEFAULT, .attributes = worst ? SL_ATTR_BOLD : 0};
    sl_rect names = {at->names.x, y, at->names.width, 1};
    sl_frame_text(frame, names, names.x, y, style, name_of(strip, row));
    int selected = is_selected(strip) ? drawn_of(at, strip->selected) : -1;
    for (int i = 0; i < at->columns; i++) {
        size_t from, to = columns_of(at, i, &from);
        int x = at->cells.x + i * at->cell_width;
        double value = merged(strip, row, from, to);
        sl_heat_cell(frame, at->cells, x, y, at->cell_width, strip->depth, value);
        if (i == selected && strip->depth >= SL_DEPTH_256 && !isnan(value)) { // a line through all rows
            sl_color color = sl_heat_color(strip->depth, value);
            sl_frame_put(frame, at->cells, x + (at->cell_width - 1) / 2, y, (sl_style){sl_heat_text_color(color), color, 0},
                         0x2502);
        }
    }
    char text[16];
    int size = (int)strlen(share_text(read_row(strip, row), text));
    sl_frame_text(frame, at->numbers, at->numbers.x + NUMBER - size, y, style, text);
}

// Where a text of some columns stands under a drawn column, inside the axis.
static int place_of(const sl_heat_strip_layout *at, int drawn, int size) {
    int x = at->cells.x + drawn * at->cell_width + (at->cell_width - 1) / 2 - (size - 1) / 2;
    int last = at->axis.x + at->axis.width - size;
    return x > last ? last : x < at->axis.x ? at->axis.x : x;
}

static const char *step_text(int64_t step, char out[24]) {
    if (step > -1000000 && step < 10000000)
        snprintf(out, 24, "%lld", (long long)step);
    else
        snprintf(out, 24, "%.4g", (double)step);
    return out;
}

typedef struct span {
    int from, to; // columns of the frame, `to` is not in it
} span;

static bool apart(span a, span b) { // with a blank between
    return a.to < b.from || b.to < a.from;
}

// The steps: of the selected column with a sign, of the last, and of as many others as fit at even distances.
static void draw_steps(sl_frame *frame, const sl_heat_strip *strip, const sl_heat_strip_layout *at) {
    if (at->axis.height <= 0 || at->columns <= 0 || !strip->steps) return;
    char text[24];
    int y = at->axis.y, widest = 0;
    span selected = {-10, -10}, last = {-10, -10};
    if (is_selected(strip)) {
        int drawn = drawn_of(at, strip->selected), mark = at->cells.x + drawn * at->cell_width + (at->cell_width - 1) / 2;
        sl_style style = {.foreground = SL_COLOR_ACCENT, .attributes = SL_ATTR_BOLD};
        int size = (int)strlen(step_text(strip->steps[strip->selected], text));
        bool right = mark + 1 + size <= at->axis.x + at->axis.width;
        selected = right ? (span){mark, mark + 1 + size} : (span){mark - size, mark + 1};
        sl_frame_text(frame, at->axis, right ? mark + 1 : mark - size, y, style, text);
        sl_frame_put(frame, at->axis, mark, y, style, 0x25B2);
    }
    static const int distances[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};
    for (int i = 0; i < 2; i++) {
        int size = (int)strlen(step_text(strip->steps[i ? strip->columns - 1 : 0], text));
        if (size > widest) widest = size;
    }
    int every = 0;
    while (distances[every] * at->cell_width < widest + 2) every++;
    for (int pass = 0; pass < 2; pass++) { // first the last one alone
        int free = at->axis.x;
        for (int i = pass == 0 ? at->columns - 1 : 0; i < at->columns; i += distances[every]) {
            size_t from, to = columns_of(at, i, &from);
            int size = (int)strlen(step_text(strip->steps[to - 1], text)), x = place_of(at, i, size);
            span here = {x, x + size};
            if (x < free || !apart(here, selected) || !apart(here, last)) continue;
            if (pass == 0) last = here;
            free = here.to + 1;
            sl_frame_text(frame, at->axis, x, y, dim, text);
        }
    }
}

void sl_heat_strip_draw(sl_frame *frame, sl_rect area, const sl_heat_strip *strip) {
    if (sl_rect_is_empty(area)) return;
    sl_heat_strip_layout at;
    sl_heat_strip_place(strip, area, frame->utf8, &at);
    sl_frame_fill(frame, area, (sl_style){0}, ' ');
    if (at.title.height > 0) {
        sl_style style = {.foreground = SL_COLOR_TITLE, .attributes = SL_ATTR_BOLD};
        int x = sl_frame_text(frame, at.title, at.title.x, at.title.y, style, strip->title) + 2;
        int end = at.numbers.width > 0 ? at.numbers.x + at.numbers.width : at.title.x + at.title.width;
        if (end - SL_HEAT_LEGEND_COLUMNS > x) x = end - SL_HEAT_LEGEND_COLUMNS;
        if (x + SL_HEAT_LEGEND_COLUMNS <= at.title.x + at.title.width)
            sl_heat_legend(frame, at.title, x, at.title.y, strip->depth);
    }
    if (strip->columns == 0 || strip->rows == 0) {
        sl_frame_text(frame, area, area.x, area.y + (at.title.height > 0), dim, "no evaluation yet");
        return;
    }
    size_t row = strip->rows, worst = worst_row(strip);
    for (int i = 0; i < at.first; i++) row = next_row(strip, row);
    for (int i = 0; i < at.rows; i++) {
        row = next_row(strip, row);
        draw_row(frame, strip, &at, at.cells.y + i, row, row == worst);
    }
    draw_steps(frame, strip, &at);
    if ((size_t)at.rows < strip->rows && at.axis.height > 0 && at.names.width > 0) {
        sl_rect room = {at.names.x, at.axis.y, at.names.width, 1};
        sl_frame_printf(frame, room, room.x, room.y, dim, "%d-%d/%zu", at.first + 1, at.first + at.rows, strip->rows);
    }
}
