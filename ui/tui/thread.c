#include "ui/tui/thread.h"

#include <signal.h>
#include <stddef.h>

int sl_thread_start(pthread_t *thread, void *(*work)(void *user), void *user) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // which the thread inherits
    int failed = pthread_create(thread, NULL, work, user);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}
