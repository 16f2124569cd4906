// The legend of the Compare screen: each line's sign, what it is, and its value in the selected chart.
#ifndef SL_UI_TUI_COMPARE_LEGEND_H
#define SL_UI_TUI_COMPARE_LEGEND_H

#include "ui/tui/screens/compare_lines.h"

typedef struct sl_compare_legend {
    const sl_compare_set *set;
    int chart;       // of the set; -1: none
    bool letters;    // lines are told apart by letters
    uint64_t picked; // the key of a line, or 0
} sl_compare_legend;

// The sign of a line and its colour, as the charts draw it.
uint32_t sl_compare_sign(const sl_compare_legend *legend, int color, bool utf8, sl_style *style);
// Columns that an entry takes at most.
int sl_compare_legend_width(const sl_compare_legend *legend, bool utf8);
// Under a title, one to a row; or flowing, as many as there is room for. What is left out is counted.
int sl_compare_legend_at(const sl_compare_legend *legend, sl_rect area, bool rows, bool utf8, int x, int y); // a line or -1
void sl_compare_legend_draw(const sl_compare_legend *legend, sl_frame *frame, sl_rect area, bool rows);

#endif
