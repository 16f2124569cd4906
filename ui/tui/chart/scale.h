// Axes: from numbers to places, round numbers for the ticks, and how to write numbers in few columns.
#ifndef SL_UI_TUI_SCALE_H
#define SL_UI_TUI_SCALE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sl_scale {
    double low, high; // of a logarithmic axis the logarithms to base 10; low < high
    bool log;
    bool constant; // the values were equal: they lie in the middle
} sl_scale;

// Whether a value has a place on an axis: it is finite, and positive where the axis is logarithmic.
bool sl_scale_shows(double value, bool log);
// An axis for values from low to high, which it shows both; equal ends are moved apart.
sl_scale sl_scale_new(double low, double high, bool log);
// 0 at the low end, 1 at the high end, and beyond; what a logarithmic axis does not show is far below.
double sl_scale_place(const sl_scale *scale, double value);
double sl_scale_value(const sl_scale *scale, double place);

enum { SL_TICKS = 24, SL_NUMBER_SIZE = 32 };

typedef enum sl_tick_kind {
    SL_TICK_NUMBER,
    SL_TICK_PERCENT, // 0.25 is written 25
    SL_TICK_WHOLE,   // steps: only whole numbers
    SL_TICK_TIME,    // seconds, written 30s, 5m, 1h30
} sl_tick_kind;

typedef struct sl_ticks {
    int count; // at least 1
    double values[SL_TICKS];
    char texts[SL_TICKS][SL_NUMBER_SIZE];
} sl_ticks;

// About `about` round values on the axis, ascending, with as many digits as tell them apart.
void sl_scale_ticks(const sl_scale *scale, int about, sl_tick_kind kind, sl_ticks *ticks);

// A number with up to four digits in at most `columns` columns (12 and fewer): 0.4123, 812, 12.3k, 2.5e-4, nan; "#" where none
// fits. Returns `text`.
const char *sl_number_text(char text[SL_NUMBER_SIZE], double value, int columns);
// 0.2834 is 28.3; "-" where it is not known.
const char *sl_percent_text(char text[SL_NUMBER_SIZE], double share);
// Seconds as 12s, 2:05, 1:10:03, 3d 04h; "-" where they are not known.
const char *sl_duration_text(char text[SL_NUMBER_SIZE], double seconds);

#endif
