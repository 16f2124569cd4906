// What the files of the application share.
#ifndef SL_UI_TUI_APP_IMPL_H
#define SL_UI_TUI_APP_IMPL_H

#include "ui/tui/app.h"

// While a question is open: takes the input; and draws the last line.
void sl_prompt_input(sl_app *app, const sl_input *input);
void sl_prompt_draw(sl_app *app, sl_frame *frame, sl_rect line);
// The word that is being typed, and those that fit it; returns how many.
size_t sl_prompt_choices(sl_app *app, const char **word, sl_choice *out);
// Text in as many lines as it takes, at most a few, the last of which is `line`, with `reserved` columns left free at its end.
// Returns the column after it.
int sl_draw_wrapped(sl_frame *frame, sl_rect line, sl_style style, const char *text, int reserved);

// Steering: what keys ask and send, what is to be asked of the collector for it, and what has come of it.
bool sl_steering_act(sl_app *app, sl_action action);
void sl_steering_request(sl_app *app, sl_request *request);
void sl_steering_show(sl_app *app);
void sl_steering_close(sl_app *app);

// The screens.
extern const sl_screen sl_screen_runs, sl_screen_run, sl_screen_compare, sl_screen_diff, sl_screen_confusion, sl_screen_samples,
    sl_screen_health, sl_screen_help;

#endif
