#include "core/data/synthetic_shape.h"

#include <stdlib.h>

const char *const sl_shape_names[SL_SHAPE_CLASSES] = {"background", "circle",   "square", "stripe",  "cross",   "triangle",
                                                      "ring",       "diamond",  "frame",  "ellipse", "hexagon", "chevron",
                                                      "half",       "crescent", "star",   "dots"};

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

// Points on a grid of nine discs, for the class "dots".
static bool in_dots(int u, int v) {
    if (larger(abs(u), abs(v)) > 990) return false;
    int du = (u + 990) % 660 - 330, dv = (v + 990) % 660 - 330;
    return du * du + dv * dv < 290 * 290;
}

bool sl_shape_covers(int class_index, int u, int v) {
    int au = abs(u), av = abs(v);
    if (au > 1500 || av > 1500) return false;
    int square = u * u + v * v;
    switch (class_index) {
    case 1: return square < 900 * 900;
    case 2: return larger(au, av) < 790;
    case 3: return av < 340 && au < 1400;
    case 4: return smaller(au, av) < 310 && larger(au, av) < 1060;
    case 5: return v > -640 && v < 960 && au * 1600 < (960 - v) * 960;
    case 6: return square < 1040 * 1040 && square > 520 * 520;
    case 7: return au * 5 + av * 8 < 5 * 1180;
    case 8: return larger(au, av) < 920 && larger(au, av) > 480;
    case 9: return u * u + 4 * v * v < 1150 * 1150;
    case 10: return av < 830 && av * 10 + au * 17 < 16600;
    case 11: return au < 1000 && abs(au - v - 400) < 420;
    case 12: return v > -420 && u * u + (v + 420) * (v + 420) < 1100 * 1100;
    case 13: return square < 1060 * 1060 && (u - 480) * (u - 480) + v * v > 820 * 820;
    case 14: return larger(au, av) < 1150 && (au + 160) * (av + 160) < 300000;
    case 15: return in_dots(u, v);
    default: return false;
    }
}

// 0 to 256 over one period, there and back.
static int wave(int value, int period) {
    int phase = value % period;
    if (phase < 0) phase += period;
    return larger(0, 256 - abs(2 * phase - period) * 256 / period);
}

static int hard(int value, int period) {
    return wave(value, period) > 128 ? 256 : 0;
}

int sl_shape_texture(int class_index, int u, int v, int period) {
    switch (class_index % 8) {
    case 1: return wave(u, 4 * period);                                                             // soft bands
    case 2: return hard(u, period) ^ hard(v, period);                                               // checks
    case 3: return hard(v, period);                                                                 // lines along the shape
    case 4: return hard(u + v, period);                                                             // slanted lines
    case 5: return wave(u, period) > 150 && wave(v, period) > 150 ? 256 : 0;                        // spots
    case 6: return hard((int)(((int64_t)u * u + (int64_t)v * v) / (12 * (int64_t)period)), period); // circles that grow denser
    case 7: return hard(u, period);                                                                 // lines across the shape
    default: return smaller(wave(u, 2 * period), wave(v, 2 * period));                              // a soft grid
    }
}
