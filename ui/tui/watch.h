// The dashboard as a whole: application, collector and terminal; or a picture of it without a terminal.
#ifndef SL_UI_TUI_WATCH_H
#define SL_UI_TUI_WATCH_H

#include "core/base/text.h"
#include "ui/tui/collect/collect.h"
#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"

typedef struct sl_watch_options {
    const char *database;                                               // the file; it need not be there yet
    const char *filter;                                                 // to begin with, or NULL
    const char *screen;                                                 // to begin with, by its name; NULL: the table of runs
    bool read_only;                                                     // no key sends anything to a run
    bool ascii;                                                         // no characters but those of ASCII
    sl_status (*compile)(void *user, const char *filter, sl_text *sql); // as in collect.h
    void *compile_user;
    sl_status (*report)(void *user, const sl_report_request *wanted, sl_text *out); // likewise
    void *report_user;
    int64_t run; // to stand on first; 0: the first of the table
    // Asked a few times a second: a sentence to show until a key is pressed, or NULL.
    const char *(*notice)(void *user);
    void *notice_user;
    int *ended_by;        // where not NULL: the signal that ended it, or 0
    const char *pictures; // "auto", "cells", "kitty" or "sixel"; NULL: as $SEMILUNA_PICTURES says, else auto
    const char *on_alarm; // a command for each new finding, see on_alarm.h; NULL: none
} sl_watch_options;

// Shows the dashboard until the person leaves it.
sl_status sl_watch(const sl_watch_options *options);

// Draws one frame into *frame, which sl_frame_free frees. A file that cannot be read or a filter that is not understood is an
// error.
sl_status sl_watch_snapshot(const sl_watch_options *options, sl_theme theme, int width, int height, sl_frame *frame);

// The table of runs, all of it, a line each, appended to *out; with colours as the theme has them where `colored`.
sl_status sl_watch_once(const sl_watch_options *options, sl_theme theme, bool colored, int width, sl_text *out);

// Runs the command `on_alarm` for each finding that there is now, and waits for all. An error says how many failed.
sl_status sl_watch_alarms(const sl_watch_options *options);

#endif
