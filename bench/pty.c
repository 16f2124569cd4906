#include "bench/pty.h"

#include <math.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double pty_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// ---- its screen -------------------------------------------------------------------------------------------------------------

static void clear(pty *p) {
    for (int y = 0; y < PTY_HEIGHT; y++) {
        memset(p->rows[y], ' ', PTY_WIDTH);
        p->rows[y][PTY_WIDTH] = 0;
    }
}

// Placing the cursor and clearing; colours and modes show nothing here.
static void obey(pty *p) {
    char last = p->sequence[p->length - 1];
    int y = 1, x = 1;
    if (last == 'H') {
        sscanf(p->sequence, "\033[%d;%dH", &y, &x);
        p->y = y - 1;
        p->x = x - 1;
    } else if (last == 'J')
        clear(p);
}

static void put(pty *p, unsigned char byte) {
    if (p->length > 0) {
        if (p->length < PTY_SEQUENCE - 1) p->sequence[p->length++] = (char)byte;
        p->sequence[p->length] = 0;
        bool opens = p->length == 2 && (byte == '[' || byte == ']' || byte == '(' || byte == 'P' || byte == '_');
        if (opens || (p->sequence[1] == '[' && byte < 0x40)) return;
        obey(p);
        p->length = 0;
    } else if (byte == 27)
        p->sequence[p->length++] = 27;
    else if (byte >= 32 && (byte < 0x80 || byte >= 0xC0)) {
        if (p->y >= 0 && p->y < PTY_HEIGHT && p->x >= 0 && p->x < PTY_WIDTH) p->rows[p->y][p->x] = byte < 0x80 ? (char)byte : '?';
        p->x++;
    }
}

static bool shows(const pty *p, const char *text) {
    for (int y = 0; y < PTY_HEIGHT; y++)
        if (strstr(p->rows[y], text)) return true;
    return false;
}

static long listen(pty *p, const char *text, double seconds) {
    static unsigned char bytes[65536];
    long total = 0;
    double end = pty_now() + seconds, left;
    while ((left = end - pty_now()) > 0 && !(text && shows(p, text))) {
        struct pollfd wait = {p->master, POLLIN, 0};
        if (poll(&wait, 1, (int)(1000 * left) + 1) <= 0) continue;
        ssize_t got = read(p->master, bytes, sizeof bytes);
        if (got <= 0) return -1;
        for (ssize_t i = 0; i < got; i++) put(p, bytes[i]);
        total += got;
    }
    return total;
}

long pty_listen(pty *p, double seconds) {
    return listen(p, NULL, seconds);
}

double pty_await(pty *p, const char *text, double seconds) {
    double began = pty_now();
    return listen(p, text, seconds) >= 0 && shows(p, text) ? pty_now() - began : INFINITY;
}

// ---- talking ----------------------------------------------------------------------------------------------------------------

void pty_start(pty *p, const char *program, const char *database, const char *argument) {
    struct winsize size = {PTY_HEIGHT, PTY_WIDTH, 0, 0};
    *p = (pty){0};
    clear(p);
    p->pid = forkpty(&p->master, NULL, NULL, &size);
    if (p->pid < 0) {
        perror("forkpty");
        exit(1);
    }
    if (p->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
        execl(program, program, "watch", "--db", database, argument, (char *)NULL);
        perror(program);
        _exit(127);
    }
}

void pty_say(pty *p, const char *keys) {
    if (write(p->master, keys, strlen(keys)) < 0) perror("write");
}

void pty_stop(pty *p) {
    int status;
    pty_say(p, "Q");
    while (pty_listen(p, 5) >= 0) continue;
    close(p->master);
    waitpid(p->pid, &status, 0);
    if (status) fprintf(stderr, "the dashboard ended with status %d\n", WEXITSTATUS(status));
}

double pty_processor(pid_t pid, double *mib) {
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
