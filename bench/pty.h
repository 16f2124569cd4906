// A program in a terminal of its own, for measurements. As terminals do, it answers nothing that the program asks, and reads all
// that the program writes.
#ifndef SL_BENCH_PTY_H
#define SL_BENCH_PTY_H

#include <stddef.h>
#include <sys/types.h>

enum { PTY_WIDTH = 120, PTY_HEIGHT = 40, PTY_SEQUENCE = 64 };

typedef struct pty {
    pid_t pid;
    int master;
    char rows[PTY_HEIGHT][PTY_WIDTH + 1]; // what its screen shows; characters that are not ASCII as '?'
    int x, y;                             // of the cursor
    char sequence[PTY_SEQUENCE];          // an escape sequence that has begun
    int length;
} pty;

double pty_now(void); // seconds

// Starts `program watch --db database`, with an argument more unless it is NULL. Ends this program where that fails.
void pty_start(pty *p, const char *program, const char *database, const char *argument);
// Reads for so long; returns the bytes read, or -1 where the program ended.
long pty_listen(pty *p, double seconds);
// Reads until the screen shows `text`; the seconds that this took, INFINITY where it did not come.
double pty_await(pty *p, const char *text, double seconds);
void pty_say(pty *p, const char *keys);
// Says Q and waits for the program's end.
void pty_stop(pty *p);

// Seconds of processor time that a process has taken, and its resident memory.
double pty_processor(pid_t pid, double *mib);

#endif
