#define _GNU_SOURCE
#include "lua/bind/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

// Who stops a whole group of processes often sends to each and to the group: what comes so soon after the first is the same wish.
enum { SAME_WISH_MS = 100 };

static volatile sig_atomic_t caught, from_terminal;
static volatile int64_t caught_ms;
static int wake = -1;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    int before = errno;
    if (caught && now_ms() - caught_ms >= SAME_WISH_MS) _exit(128 + number);
    if (!caught) {
        caught_ms = now_ms();
        from_terminal = info->si_code == SI_KERNEL;
        caught = number;
        uint64_t one = 1;
        if (wake >= 0 && write(wake, &one, sizeof one) < 0) {
        } // it is full: readable anyhow
    }
    errno = before;
}

int sl_signals_catch(void) {
    if (wake < 0) wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0) return errno;
    struct sigaction action = {.sa_sigaction = note_signal, .sa_flags = SA_RESTART | SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    return sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ? errno : 0;
}

int sl_signals_noted(bool *by_terminal) {
    *by_terminal = caught && from_terminal;
    return caught;
}

int sl_signals_wake(void) {
    return wake;
}

void sl_signals_heard(void) {
    uint64_t count;
    if (wake >= 0 && read(wake, &count, sizeof count) < 0) {
    } // nothing was there
}
