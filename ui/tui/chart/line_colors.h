// Which colour the line of a run or of a group of runs has: the same as long as the dashboard is open, whatever else is shown.
#ifndef SL_UI_TUI_LINE_COLORS_H
#define SL_UI_TUI_LINE_COLORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Lines that are shown at once, and those that are remembered.
enum { SL_LINES_MOST = 64, SL_LINES_KNOWN = 512 };

typedef struct sl_line_colors {
    struct sl_line_color {
        uint64_t key;
        short color; // 0, 1, ... counted beyond the colours that there are
        bool shown;
    } known[SL_LINES_KNOWN];
    size_t count;
} sl_line_colors;

// Gives each of at most SL_LINES_MOST lines a colour that no other of them has: the one it had before, unless a line that was
// shown since has it now. New ones get the first that none has, and that none had if there is one of the first eight.
void sl_line_colors_give(sl_line_colors *colors, const uint64_t *keys, size_t count, int *out);

#endif
