// How numbers, times and states are written in the dashboard.
#ifndef SL_UI_TUI_PRESENT_H
#define SL_UI_TUI_PRESENT_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/model.h"

enum { SL_SHORT_BYTES = 32 };

// All return `out`; "-" where a number is not known (NAN), "inf" where it is infinite.
const char *sl_show_loss(double value, char out[SL_SHORT_BYTES]);          // three digits: "0.913", "12.3", "4.6e-05"
const char *sl_show_percent(double share, char out[SL_SHORT_BYTES]);       // of 0 .. 1: "27.9"
const char *sl_show_whole_percent(double share, char out[SL_SHORT_BYTES]); // "61 %"
const char *sl_show_rate(double value, char out[SL_SHORT_BYTES]);          // "3.1", "120"
const char *sl_show_span(double seconds, char out[SL_SHORT_BYTES]);        // "0:42", "2:05", "3:12:41", "2 d 03 h"
const char *sl_show_age(double seconds, char out[SL_SHORT_BYTES]);         // "3 s", "12 min", "5 h", "9 d"
const char *sl_show_clock(double time, char out[SL_SHORT_BYTES]);          // "12:41:07", local
const char *sl_show_date(double time, char out[SL_SHORT_BYTES]);           // "2026-03-01 12:41", local
const char *sl_show_count(int64_t value, char out[SL_SHORT_BYTES]);        // "812", "123k", "4.5M"
const char *sl_show_bytes(double bytes, char out[SL_SHORT_BYTES]);         // "412 MiB", "1.6 GiB"

const char *sl_state_name(sl_run_state state);
sl_color sl_state_color(sl_run_state state);
uint32_t sl_state_symbol(sl_run_state state, bool utf8); // of one column
sl_color sl_severity_color(int severity);                // of health.h

// A bar of `width` cells, filled in eighths of a cell where there is UTF-8. NAN: an empty one.
void sl_show_bar(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_style style, double share);

#endif
