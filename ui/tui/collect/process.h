// What processes of this machine use: memory and share of processors, read from /proc.
#ifndef SL_UI_TUI_PROCESS_H
#define SL_UI_TUI_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

// Zeroed before the first look.
typedef struct sl_process_use {
    double memory;   // resident bytes; NAN where not known
    double cpu;      // 1.88: nearly two processors, since the look before; at first, since the process was started; or NAN
    double busy, at; // processor time until the last look, and when that was, both in seconds
    bool looked;
} sl_process_use;

// Looks at the process `pid`, which was alive at `since` (seconds since 1970): one that was started later is another that got the
// same number. `now`: of a clock that is never set. Looks that follow within half a second change nothing.
void sl_process_look(sl_process_use *use, int64_t pid, double since, double now);

#endif
