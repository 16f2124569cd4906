// What can be chosen while a command to a run is typed.
#ifndef SL_UI_TUI_STEERING_H
#define SL_UI_TUI_STEERING_H

#include "ui/tui/app.h"

// As sl_choices: numbers that can be set, with what they are now; options, with what the run began with.
size_t sl_steering_numbers(sl_app *app, int64_t run, const char *word, sl_choice *out, size_t most);
size_t sl_steering_options(sl_app *app, int64_t run, const char *word, sl_choice *out, size_t most);
// The number of this name, which may be short where that is unique, and what it is now.
bool sl_steering_number(sl_app *app, int64_t run, const char *name, sl_choice *out, char value[SL_CHOICE_BYTES]);

#endif
