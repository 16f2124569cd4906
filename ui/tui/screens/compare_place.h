// Where the parts of the Compare screen stand.
#ifndef SL_UI_TUI_COMPARE_PLACE_H
#define SL_UI_TUI_COMPARE_PLACE_H

#include "ui/tui/frame/layout.h"

typedef enum sl_compare_parts {
    SL_COMPARE_BOTH,
    SL_COMPARE_TABLE, // alone
    SL_COMPARE_CHARTS,
    SL_COMPARE_PARTS,
} sl_compare_parts;

typedef struct sl_compare_amounts {
    int lines, entry_width; // of the legend
    int table_rows;
    sl_compare_parts parts;
} sl_compare_amounts;

// Parts there is no room for, or that are not wanted, are empty.
typedef struct sl_compare_layout {
    sl_rect charts, legend, rule, table;
    bool beside;    // the legend stands to the right of the charts, one entry to a row, under a title
    sl_rect border; // between them, one column
} sl_compare_layout;

// Columns of an entry of a legend that flows in `room` columns, where the longest takes so many.
int sl_compare_entry_width(int room, int wanted);

void sl_compare_place(sl_rect area, const sl_compare_amounts *amounts, sl_compare_layout *layout);

#endif
