// The terminal: ncurses prepares it, reads its keys and gives it back; frames are written to it by what changed, in as many
// colours as it has, which ncurses' colour pairs cannot say.
//
// One terminal at a time. It is given back on close, on exit, on signals that end the program and before a crash is reported;
// Ctrl-Z gives it back until the program goes on.
#ifndef SL_UI_TUI_TERMINAL_H
#define SL_UI_TUI_TERMINAL_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"
#include "ui/tui/input.h"

typedef struct sl_terminal sl_terminal;

// Takes the terminal of standard input and output. SL_ERR_UNSUPPORTED, with what to do, where there is none that can do it:
// output into a file, TERM not set, unknown or dumb.
sl_status sl_terminal_open(sl_terminal **out);
sl_status sl_terminal_check(void);             // whether it could be opened
void sl_terminal_close(sl_terminal *terminal); // NULL is fine

void sl_terminal_size(const sl_terminal *terminal, int *width, int *height);
bool sl_terminal_utf8(const sl_terminal *terminal); // by locale and TERM
sl_theme sl_terminal_theme(const sl_terminal *terminal);

// Writes what differs from the last frame, all of it with `whole`. SL_ERR_IO: the terminal is gone.
sl_status sl_terminal_show(sl_terminal *terminal, const sl_frame *frame, sl_theme theme, bool whole);

// Pictures over cells: "auto" asks the terminal whether it knows kitty's protocol or sixels and uses what it says it does,
// "kitty" and "sixel" do not ask, "cells" is without.
void sl_terminal_ask_pictures(sl_terminal *terminal, const char *how);
bool sl_terminal_pictures(const sl_terminal *terminal); // whether it shows them, by now

// The next input, or SL_KEY_NONE after so many milliseconds or once woken.
sl_input sl_terminal_wait(sl_terminal *terminal, int milliseconds);
// Ends a wait; from any thread.
void sl_terminal_wake(sl_terminal *terminal);

int sl_terminal_ended_by(void); // the signal that told the program to end, or 0

void sl_terminal_mouse(sl_terminal *terminal, bool on); // nothing where it has none

#endif
