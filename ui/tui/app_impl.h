// What the files of the application share.
#ifndef SL_UI_TUI_APP_IMPL_H
#define SL_UI_TUI_APP_IMPL_H

#include "ui/tui/app.h"

// While a question is open: takes the input; and draws the last line.
void sl_prompt_input(sl_app *app, const sl_input *input);
void sl_prompt_draw(const sl_app *app, sl_frame *frame, sl_rect line);

// The screens.
extern const sl_screen sl_screen_runs, sl_screen_run, sl_screen_compare, sl_screen_diff, sl_screen_confusion, sl_screen_samples,
    sl_screen_health, sl_screen_help;

#endif
