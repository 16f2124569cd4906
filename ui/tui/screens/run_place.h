// Where the parts of the Run screen stand.
#ifndef SL_UI_TUI_RUN_PLACE_H
#define SL_UI_TUI_RUN_PLACE_H

#include "ui/tui/frame/layout.h"

// What there is to show, in rows and numbers.
typedef struct sl_run_amounts {
    int charts, classes, evaluations, options, history;
    int class_columns; // that classes over evaluations would take
    int alarm_rows;    // that all alarms would take
} sl_run_amounts;

// Parts there is no room for are empty.
typedef struct sl_run_layout {
    sl_rect header, alarms;
    sl_rect charts;
    sl_rect classes; // IoU by class over evaluations, a title above and steps below; or, of one or two rows, the worst now
    sl_rect options;
    sl_rect history;
    bool strip;   // there is room for classes over evaluations
    sl_rect line; // between the parts, one column wide
} sl_run_layout;

enum { SL_RUN_CHART_WIDTH = 36, SL_RUN_NARROW_WIDTH = 28, SL_RUN_CHART_HEIGHT = 6 }; // the least

void sl_run_place(sl_rect area, const sl_run_amounts *amounts, sl_run_layout *layout);
// One part alone, under the first row of the header; *header receives that.
sl_rect sl_run_place_alone(sl_rect area, sl_rect *header);

#endif
