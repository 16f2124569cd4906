// Which processes of this machine live. A pid is given out again after its process has ended, so a process is known by its pid
// and the time it was started.
#include "db/db_impl.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Fields 3 (state) and 22 (start time, in ticks since the machine was started) of /proc/PID/stat. The name before them, in
// parentheses, may itself hold spaces and parentheses.
static bool read_stat(int64_t pid, char *state, long long *start) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *name_end = strrchr(line, ')');
    return name_end && sscanf(name_end + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld",
                              state, start) == 2;
}

int64_t sl_process_start(int64_t pid) {
    char state;
    long long start;
    if (pid <= 0 || !read_stat(pid, &state, &start)) return 0;
    return state == 'Z' || state == 'X' ? 0 : start; // killed and not yet waited for: it has ended
}

bool sl_process_lives(int64_t pid, int64_t start) {
    char state;
    long long started;
    if (pid <= 0 || (kill((pid_t)pid, 0) != 0 && errno != EPERM)) return false;
    if (!read_stat(pid, &state, &started))
        return kill((pid_t)pid, 0) == 0 || errno == EPERM; // ended just now, or there is no /proc
    return state != 'Z' && state != 'X' && (start <= 0 || started == start);
}

void sl_process_host(char host[SL_HOST_BYTES]) {
    if (gethostname(host, SL_HOST_BYTES) != 0) host[0] = '\0';
    host[SL_HOST_BYTES - 1] = '\0';
}
