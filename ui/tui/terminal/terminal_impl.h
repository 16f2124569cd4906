// What the files of the terminal share.
#ifndef SL_UI_TUI_TERMINAL_IMPL_H
#define SL_UI_TUI_TERMINAL_IMPL_H

#include "core/base/text.h"
#include "ui/tui/terminal/terminal.h"
#include "ui/tui/terminal/terminal_pictures.h"

struct sl_terminal {
    void *screen, *pad; // SCREEN and WINDOW of ncurses
    int width, height, colors;
    bool utf8, direct;
    bool synchronized; // updates may be marked as belonging together
    bool has_mouse, mouse;
    bool scrolls_at_end; // a character in the last cell scrolls
    sl_frame shown;      // what the terminal shows
    sl_theme shown_theme;
    bool known; // whether it is as `shown` says
    sl_text out;
    sl_pictures pictures;
    double asked; // when it was asked what it can show, of the steady clock; 0: not, or it has answered
};

// Signals and wake-ups, kept until they are asked for.
typedef enum sl_notice {
    SL_NOTICE_WAKE,
    SL_NOTICE_RESIZE,
    SL_NOTICE_INTERRUPT,
    SL_NOTICE_END,
    SL_NOTICE_SUSPEND,
    SL_NOTICE_CONTINUE,
    SL_NOTICE_COUNT,
} sl_notice;

// Before ncurses takes the terminal: remembers its modes and the signals' handlers. After: takes the signals; `restore` is what
// gives the terminal back when the program crashes.
sl_status sl_signals_prepare(void);
void sl_signals_take(const char *restore);
void sl_signals_give_back(void);
int sl_signals_descriptor(void);           // readable once there is a notice
void sl_signals_drain(void);               // before notices are looked at
bool sl_signals_noticed(sl_notice notice); // and forgets it
void sl_signals_notice(sl_notice notice);
void sl_signals_stop(void); // stops the program as Ctrl-Z does; returns when it goes on

// terminal_input.c: makes known to ncurses what terminals send; the next input, or false: nothing has come in.
void sl_terminal_define_keys(bool mouse);
void sl_terminal_define_answers(void);
bool sl_terminal_read(sl_terminal *terminal, sl_input *out);

// Writes all of it; SL_ERR_IO.
sl_status sl_terminal_write(const char *bytes, size_t count);

#endif
