// Threads beside the one that has the terminal.
#ifndef SL_UI_TUI_THREAD_H
#define SL_UI_TUI_THREAD_H

#include <pthread.h>

// As pthread_create; signals (a resized terminal, an end, a stop) are never for this thread. Returns its error, or 0.
int sl_thread_start(pthread_t *thread, void *(*work)(void *user), void *user);

#endif
