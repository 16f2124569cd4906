// The run that the person stands on, beside the table, or beneath a short one: its curves and the classes it finds hardest.
#ifndef SL_UI_TUI_RUNS_PANEL_H
#define SL_UI_TUI_RUNS_PANEL_H

#include "ui/tui/app.h"

enum { SL_PANEL_FROM = 120 }; // columns of the frame

// Takes the panel's place from the right of *area; of no width where there is no room for it.
sl_rect sl_runs_panel_place(sl_rect *area);
// The same from the bottom, where `rows` leave enough over.
sl_rect sl_runs_panel_place_beneath(sl_rect *area, int rows);
// Columns of the series that it wants.
int sl_runs_panel_columns(sl_rect panel);
void sl_runs_panel_draw(const sl_app *app, sl_frame *frame, sl_rect panel, bool beneath);

#endif
