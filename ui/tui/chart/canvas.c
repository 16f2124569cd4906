#include "ui/tui/chart/canvas.h"

#include <math.h>
#include <stdlib.h>

enum { BRAILLE = 0x2800 };
static const double far_away = 1e12;

// The bit of a braille character's dot, by row and column.
static const uint8_t braille_bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
// ASCII of two dots: nothing, the upper, the lower, both.
static const char ascii_dots[4] = {' ', '\'', '.', ':'};

sl_canvas sl_canvas_over(sl_frame *frame, sl_rect area) {
    sl_canvas canvas = {.frame = frame, .area = area};
    canvas.dots_x = area.width > 0 ? area.width * (frame->utf8 ? 2 : 1) : 0;
    canvas.dots_y = area.height > 0 ? area.height * (frame->utf8 ? 4 : 2) : 0;
    return canvas;
}

// The dots that stand in a character.
static unsigned dots_of(uint32_t character, bool utf8) {
    if (utf8) return character >= BRAILLE && character < BRAILLE + 256 ? character - BRAILLE : 0;
    for (unsigned i = 1; i < 4; i++) {
        if (character == (uint32_t)ascii_dots[i]) return i;
    }
    return 0;
}

void sl_canvas_dot(const sl_canvas *canvas, int x, int y, const sl_pen *pen) {
    if (x < 0 || y < 0 || x >= canvas->dots_x || y >= canvas->dots_y) return;
    sl_frame *frame = canvas->frame;
    int column = canvas->area.x + (frame->utf8 ? x / 2 : x), row = canvas->area.y + y / (frame->utf8 ? 4 : 2);
    if (column < 0 || row < 0 || column >= frame->width || row >= frame->height) return;
    unsigned dots = dots_of(frame->cells[(size_t)row * (size_t)frame->width + (size_t)column].character, frame->utf8);
    uint32_t character;
    if (frame->utf8) {
        character = BRAILLE + (dots | braille_bits[y % 4][x % 2]);
    } else {
        character = (uint32_t)(pen->mark ? pen->mark : ascii_dots[dots | (1u << (y % 2))]);
    }
    sl_frame_put(frame, canvas->area, column, row, pen->style, character);
}

// Cuts a line at low <= value <= high of one coordinate (Liang and Barsky): the shares of it that are left. False: nothing is.
static bool clip(double from, double to, double low, double high, double *start, double *stop) {
    double delta = to - from;
    if (delta == 0) return from >= low && from <= high;
    double enter = ((delta > 0 ? low : high) - from) / delta, leave = ((delta > 0 ? high : low) - from) / delta;
    if (enter > *start) *start = enter;
    if (leave < *stop) *stop = leave;
    return *start <= *stop;
}

static bool is_on(const sl_pen *pen) {
    return pen->off <= 0 || pen->on <= 0 || pen->at % (pen->on + pen->off) < pen->on;
}

void sl_canvas_line(const sl_canvas *canvas, double x0, double y0, double x1, double y1, sl_pen *pen) {
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1)) return;
    // From far outside a line comes in as from not so far, where its length is a number.
    x0 = fmax(-far_away, fmin(far_away, x0)), y0 = fmax(-far_away, fmin(far_away, y0));
    x1 = fmax(-far_away, fmin(far_away, x1)), y1 = fmax(-far_away, fmin(far_away, y1));
    double start = 0, stop = 1;
    if (!clip(x0, x1, -0.49, canvas->dots_x - 0.51, &start, &stop)) return;
    if (!clip(y0, y1, -0.49, canvas->dots_y - 0.51, &start, &stop)) return;
    int x = (int)lround(x0 + start * (x1 - x0)), y = (int)lround(y0 + start * (y1 - y0));
    int end_x = (int)lround(x0 + stop * (x1 - x0)), end_y = (int)lround(y0 + stop * (y1 - y0));
    int dx = abs(end_x - x), dy = -abs(end_y - y), step_x = x < end_x ? 1 : -1, step_y = y < end_y ? 1 : -1;
    for (int off = dx + dy;;) {
        if (is_on(pen)) sl_canvas_dot(canvas, x, y, pen);
        if (x == end_x && y == end_y) return;
        pen->at++;
        int twice = 2 * off;
        if (twice >= dy) {
            off += dy;
            x += step_x;
        }
        if (twice <= dx) {
            off += dx;
            y += step_y;
        }
    }
}

void sl_canvas_shade(const sl_canvas *canvas, int x, double y0, double y1, const sl_pen *pen) {
    if (isnan(y0) || isnan(y1)) return;
    double low = fmax(0, fmin(y0, y1)), high = fmin(canvas->dots_y - 1, fmax(y0, y1));
    for (int y = (int)lround(fmin(low, canvas->dots_y)); y <= (int)lround(fmax(high, -1)); y++) {
        if ((y + 2 * (x % 2)) % 4 == 0) sl_canvas_dot(canvas, x, y, pen);
    }
}
