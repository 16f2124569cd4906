// SIGINT and SIGTERM: the first is noted, so that the program can end in good order; the second ends it at once.
#ifndef SL_LUA_BIND_SIGNALS_H
#define SL_LUA_BIND_SIGNALS_H

#include <stdbool.h>

// From now on signals are noted. Returns 0, or the errno of what failed.
int sl_signals_catch(void);
// The signal that was noted, or 0; *by_terminal: a key was pressed, so that the terminal's whole process group has been sent it.
int sl_signals_noted(bool *by_terminal);
// A descriptor that is readable from the moment a signal is noted until sl_signals_heard; -1 before sl_signals_catch.
int sl_signals_wake(void);
void sl_signals_heard(void);

#endif
