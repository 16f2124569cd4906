// `run --watch` and `sweep --watch`: training with the dashboard in the same terminal.
#ifndef SL_UI_CLI_WATCHED_H
#define SL_UI_CLI_WATCHED_H

#include "ui/cli/command.h"

#define SL_OPTION_WATCH \
    { "watch", 0, NULL, "show the dashboard meanwhile; leaving it does not end the training", NULL, false }

// Starts the command without --watch as a process of its own, shows the dashboard on what it trains as soon as it does, and when
// the person has left it what the command prints, until it ends. Returns its exit status.
int sl_watch_command(const sl_arguments *arguments);

#endif
