// The baseline of the Compare screen's table: asked for, with what the runs differ in as choices.
#ifndef SL_UI_TUI_COMPARE_BASELINE_H
#define SL_UI_TUI_COMPARE_BASELINE_H

#include "ui/tui/app.h"

// Asks for app->baseline.
void sl_compare_ask_baseline(sl_app *app);

#endif
