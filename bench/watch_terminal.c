// What `semiluna watch` costs as a person meets it, in a terminal of its own: how long from its start until the table of runs
// stands there, how soon a key is answered, how much of a processor it takes while nothing happens, and its memory.
//
//   bench_watch_terminal PROGRAM FILE TEXT [SECONDS]     TEXT: what the first frame shows once runs are in it
#include "bench/pty.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 7 };

int main(int count, char **arguments) {
    static pty t;
    if (count < 4) {
        fprintf(stderr, "usage: %s PROGRAM FILE TEXT [SECONDS]\n", arguments[0]);
        return 2;
    }
    double seconds = count > 4 ? atof(arguments[4]) : 20, times[ROUNDS], mib, key = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        double began = pty_now();
        pty_start(&t, arguments[1], arguments[2], NULL);
        if (!isfinite(pty_await(&t, arguments[3], 10))) {
            fprintf(stderr, "\"%s\" did not appear\n", arguments[3]);
            return 1;
        }
        times[i] = pty_now() - began;
        if (i < ROUNDS - 1) pty_stop(&t);
    }
    printf("from start to the table:");
    for (int i = 0; i < ROUNDS; i++) printf(" %.0f", 1000 * times[i]);
    printf(" ms\n");
    pty_listen(&t, 3); // all numbers are there
    for (int i = 0; i < ROUNDS; i++) {
        pty_say(&t, "j");
        double began = pty_now();
        struct pollfd wait = {t.master, POLLIN, 0};
        poll(&wait, 1, 1000);
        if (pty_now() - began < key) key = pty_now() - began;
        pty_listen(&t, 0.3);
    }
    double used = pty_processor(t.pid, &mib), began = pty_now();
    long bytes = pty_listen(&t, seconds);
    used = pty_processor(t.pid, &mib) - used;
    printf("a key is answered after %.1f ms\nidle: %.2f %% of a processor over %.0f s, %.0f bytes/s written, %.1f MiB resident\n",
           1000 * key, 100 * used / (pty_now() - began), seconds, (double)bytes / seconds, mib);
    pty_stop(&t);
    return 0;
}
