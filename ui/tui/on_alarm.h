// `watch --on-alarm COMMAND`: runs a command for each new finding of the Health screen that is more than a note.
//
// The command goes to /bin/sh as the person wrote it; what is known of the finding are environment variables, so that no text of
// a database is ever read by the shell: SEMILUNA_RUN (its number), SEMILUNA_NAME, SEMILUNA_EXPERIMENT, SEMILUNA_SEVERITY (warn or
// bad), SEMILUNA_ALARM (a few words), SEMILUNA_TEXT (a sentence or two), SEMILUNA_DB (the file). Control characters in them are
// blanks, and long ones are cut.
#ifndef SL_UI_TUI_ON_ALARM_H
#define SL_UI_TUI_ON_ALARM_H

#include "core/base/status.h"
#include "ui/tui/model.h"

#include <stdbool.h>

typedef struct sl_on_alarm sl_on_alarm;

// `shown`: the commands' output goes to standard error; else nowhere, since it would stand across the dashboard.
sl_status sl_on_alarm_new(const char *command, const char *database, bool shown, sl_on_alarm **out);
// Forgets the commands that still run, which go on. NULL is fine.
void sl_on_alarm_free(sl_on_alarm *alarm);

// Starts commands for the findings that are new: each once for a run and a kind of finding, until that has been away for a minute
// of `now` (seconds); the disk's is once for all runs. A few run at a time, the rest wait in a queue. Runs that are not in the
// snapshot are left as they are. Never waits. SL_ERR_MEMORY.
sl_status sl_on_alarm_look(sl_on_alarm *alarm, const sl_snapshot *snapshot, double now);

// Takes note of commands that have ended, and starts those that wait. Returns a sentence the first time that one could not be
// started, failed, or runs for longer than a minute; else NULL.
const char *sl_on_alarm_reap(sl_on_alarm *alarm, double now);

// Waits until all have ended, and returns how many have failed. *count: of so many.
size_t sl_on_alarm_wait(sl_on_alarm *alarm, size_t *count);

#endif
