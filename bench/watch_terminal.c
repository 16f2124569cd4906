// What `semiluna watch` costs as a person meets it, in a terminal of its own: how long from its start until the table of runs
// stands there, how soon a key is answered, how much of a processor it takes while nothing happens, and its memory.
//
//   bench_watch_terminal PROGRAM FILE TEXT [SECONDS]     TEXT: what the first frame shows once runs are in it
//
// As terminals do, it answers nothing that the program asks, and reads all that it writes.
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 120, HEIGHT = 40, ROUNDS = 7, BYTES = 1 << 20 };

typedef struct terminal {
    pid_t pid;
    int master;
    char seen[BYTES]; // what the program wrote since the last look
    size_t length;
} terminal;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void start(terminal *t, const char *program, const char *database) {
    struct winsize size = {HEIGHT, WIDTH, 0, 0};
    t->length = 0;
    t->pid = forkpty(&t->master, NULL, NULL, &size);
    if (t->pid < 0) {
        perror("forkpty");
        exit(1);
    }
    if (t->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
        execl(program, program, "watch", "--db", database, (char *)NULL);
        perror(program);
        _exit(127);
    }
}

// Reads for so long, or until `text` was written; returns the bytes read, or -1 where the program ended.
static long listen(terminal *t, const char *text, double seconds) {
    long total = 0;
    double end = now() + seconds, left;
    while ((left = end - now()) > 0) {
        struct pollfd wait = {t->master, POLLIN, 0};
        if (poll(&wait, 1, (int)(1000 * left) + 1) <= 0) continue;
        if (t->length > BYTES - 70000) t->length = 0;
        ssize_t got = read(t->master, t->seen + t->length, 65536);
        if (got <= 0) return -1;
        t->length += (size_t)got;
        t->seen[t->length] = 0;
        total += got;
        if (text && strstr(t->seen, text)) return total;
    }
    return total;
}

static void say(terminal *t, const char *keys) {
    t->length = 0;
    if (write(t->master, keys, strlen(keys)) < 0) perror("write");
}

static void stop(terminal *t) {
    int status;
    say(t, "Q");
    while (listen(t, NULL, 5) >= 0) continue;
    close(t->master);
    waitpid(t->pid, &status, 0);
    if (status) fprintf(stderr, "the dashboard ended with status %d\n", WEXITSTATUS(status));
}

// Seconds of processor time that the program has taken, and its resident memory.
static double processor(pid_t pid, double *mib) {
    char path[64];
    long user = 0, system = 0, pages = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %*d %*d %*d %*d %*d %*d %*u %*u %ld",
                        &user, &system, &pages) != 3)
        fprintf(stderr, "%s: not read\n", path);
    if (file) fclose(file);
    *mib = (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

int main(int count, char **arguments) {
    static terminal t;
    if (count < 4) {
        fprintf(stderr, "usage: %s PROGRAM FILE TEXT [SECONDS]\n", arguments[0]);
        return 2;
    }
    double seconds = count > 4 ? atof(arguments[4]) : 20, times[ROUNDS], mib, key = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        double began = now();
        start(&t, arguments[1], arguments[2]);
        if (listen(&t, arguments[3], 10) < 0 || !strstr(t.seen, arguments[3])) {
            fprintf(stderr, "\"%s\" did not appear\n", arguments[3]);
            return 1;
        }
        times[i] = now() - began;
        if (i < ROUNDS - 1) stop(&t);
    }
    printf("from start to the table:");
    for (int i = 0; i < ROUNDS; i++) printf(" %.0f", 1000 * times[i]);
    printf(" ms\n");
    listen(&t, NULL, 3); // all numbers are there
    for (int i = 0; i < ROUNDS; i++) {
        say(&t, "j");
        double began = now();
        struct pollfd wait = {t.master, POLLIN, 0};
        poll(&wait, 1, 1000);
        if (now() - began < key) key = now() - began;
        listen(&t, NULL, 0.3);
    }
    double used = processor(t.pid, &mib), began = now();
    long bytes = listen(&t, NULL, seconds);
    used = processor(t.pid, &mib) - used;
    printf("a key is answered after %.1f ms\nidle: %.2f %% of a processor over %.0f s, %.0f bytes/s written, %.1f MiB resident\n",
           1000 * key, 100 * used / (now() - began), seconds, (double)bytes / seconds, mib);
    stop(&t);
    return 0;
}
