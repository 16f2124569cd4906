// The mean of several curves, and how far they spread around it.
#ifndef SL_UI_TUI_COMPARE_MEAN_H
#define SL_UI_TUI_COMPARE_MEAN_H

#include "ui/tui/arena.h"
#include "ui/tui/model.h"

// At the places of the curve that goes on longest the mean of all that have a value there, on straight lines between their
// columns. *band, of as many columns, receives the least and the greatest of them, or with `deviation` the mean and the sample
// standard deviation to either side; averaged as chart.h does where `smooth` is not 0. NULL: no memory. `count` is 1 or more.
sl_series *sl_compare_mean(sl_arena *arena, const sl_series *const *of, size_t count, bool deviation, double smooth,
                           sl_series_column **band);

#endif
