// Signals of a program that has a terminal: those that mean something become notices for the loop, those of crashes give the
// terminal back before they do what they did before.
#include "ui/tui/terminal/terminal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    int signal;
    sl_notice notice;
} meant[] = {{SIGTERM, SL_NOTICE_END},     {SIGHUP, SL_NOTICE_END},      {SIGINT, SL_NOTICE_INTERRUPT},
             {SIGWINCH, SL_NOTICE_RESIZE}, {SIGTSTP, SL_NOTICE_SUSPEND}, {SIGCONT, SL_NOTICE_CONTINUE}};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS, SIGXCPU};
enum { MEANT = sizeof meant / sizeof *meant, CRASHES = sizeof crashes / sizeof *crashes, STACK = 64 * 1024 };

static struct sigaction before[MEANT], before_crash[CRASHES];
static struct termios modes;
// Set by handlers and by other threads. Their atomic forms take no lock here, which handlers may not.
static atomic_int notices[SL_NOTICE_COUNT], taken, ended_by;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "signal handlers need atomics without locks");
static int ends[2] = {-1, -1};
static char restore[256];
static size_t restore_length;
static char stack[STACK];
static stack_t stack_before;

// Everything in here may be called in a signal handler.
static void give_terminal_back(void) {
    if (!atomic_exchange(&taken, 0)) return;
    ssize_t written = write(STDOUT_FILENO, restore, restore_length);
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

void sl_signals_notice(sl_notice notice) {
    int error = errno;
    notices[notice] = 1;
    ssize_t written = write(ends[1], "", 1); // a full pipe wakes as well
    (void)written;
    errno = error;
}

static void on_signal(int number) {
    for (int i = 0; i < MEANT; i++) {
        if (meant[i].signal != number) continue;
        if (meant[i].notice == SL_NOTICE_END) ended_by = number;
        sl_signals_notice(meant[i].notice);
    }
}

int sl_terminal_ended_by(void) {
    return ended_by;
}

static void on_crash(int number) {
    give_terminal_back();
    for (int i = 0; i < CRASHES; i++)
        if (crashes[i] == number) sigaction(number, &before_crash[i], NULL);
    raise(number); // delivered when this returns
}

static void on_exit_of_program(void) {
    give_terminal_back();
}

sl_status sl_signals_prepare(void) {
    static bool registered;
    if (tcgetattr(STDIN_FILENO, &modes) != 0)
        return sl_error(SL_ERR_IO, "the terminal does not tell its modes: %s", strerror(errno));
    if (pipe(ends) != 0) return sl_error(SL_ERR_IO, "no pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    for (int i = 0; i < MEANT; i++) sigaction(meant[i].signal, NULL, &before[i]);
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], NULL, &before_crash[i]);
    for (int i = 0; i < SL_NOTICE_COUNT; i++) notices[i] = 0;
    ended_by = 0;
    if (!registered) atexit(on_exit_of_program);
    registered = true;
    return SL_OK;
}

static void take_meant(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < MEANT; i++) {
        // What was ignored (nohup) stays so.
        if (before[i].sa_handler == SIG_IGN && (meant[i].signal == SIGHUP || meant[i].signal == SIGTSTP)) continue;
        sigaction(meant[i].signal, &action, NULL);
    }
}

void sl_signals_take(const char *sequence) {
    struct sigaction action;
    stack_t own = {.ss_sp = stack, .ss_size = STACK};
    restore_length = strlen(sequence) < sizeof restore ? strlen(sequence) : 0;
    memcpy(restore, sequence, restore_length);
    taken = 1;
    take_meant();
    sigaltstack(&own, &stack_before); // a stack that ran over cannot run a handler
    memset(&action, 0, sizeof action);
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &action, NULL);
}

void sl_signals_give_back(void) {
    if (ends[0] < 0) return;
    if (taken) {
        taken = 0;
        for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &before_crash[i], NULL);
        sigaltstack(&stack_before, NULL);
    }
    for (int i = 0; i < MEANT; i++) sigaction(meant[i].signal, &before[i], NULL);
    for (int i = 0; i < 2; i++) close(ends[i]);
    ends[0] = ends[1] = -1;
}

int sl_signals_descriptor(void) {
    return ends[0];
}

void sl_signals_drain(void) {
    char bytes[64];
    while (read(ends[0], bytes, sizeof bytes) > 0) {
    }
}

bool sl_signals_noticed(sl_notice notice) {
    return atomic_exchange(&notices[notice], 0); // one that comes in between is not lost
}

void sl_signals_stop(void) {
    struct sigaction plain;
    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    sigemptyset(&plain.sa_mask);
    // While it is stopped the terminal is the shell's, also where the program is killed then.
    taken = 0;
    sigaction(SIGTSTP, &plain, NULL);
    kill(getpid(), SIGTSTP);
    // It goes on here, once it is told to.
    taken = 1;
    take_meant();
    notices[SL_NOTICE_CONTINUE] = notices[SL_NOTICE_SUSPEND] = 0;
}
