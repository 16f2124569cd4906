#include "ui/tui/collect/process.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Clocks may be set while a process runs, and the kernel counts starts in hundredths of a second.
static const double tolerance = 2, least_distance = 0.5;

typedef struct reading {
    char state;
    double busy, age, memory; // age: seconds since it was started
} reading;

static double seconds(clockid_t clock) {
    struct timespec now;
    return clock_gettime(clock, &now) == 0 ? (double)now.tv_sec + (double)now.tv_nsec * 1e-9 : NAN;
}

// Fields 3 (state), 14 and 15 (processor time), 22 (start) and 24 (resident pages) of /proc/PID/stat. The name before them, in
// parentheses, may itself hold spaces and parentheses.
static bool read_stat(int64_t pid, reading *out) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *end = strrchr(line, ')');
    unsigned long long user, system, start;
    long long pages;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    if (!end || sscanf(end + 1,
                       " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %*u"
                       " %lld",
                       &out->state, &user, &system, &start, &pages) != 5)
        return false;
    out->busy = ((double)user + (double)system) / ticks;
    out->age = seconds(CLOCK_BOOTTIME) - (double)start / ticks;
    out->memory = (double)pages * (double)sysconf(_SC_PAGESIZE);
    return true;
}

void sl_process_look(sl_process_use *use, int64_t pid, double since, double now) {
    reading seen;
    if (use->looked && now - use->at < least_distance && !isnan(use->memory)) return;
    if (pid <= 0 || !read_stat(pid, &seen) || seen.state == 'Z' || seen.state == 'X' ||
        !(seconds(CLOCK_REALTIME) - seen.age <= since + tolerance)) {
        *use = (sl_process_use){.memory = NAN, .cpu = NAN};
        return;
    }
    bool first = !use->looked || seen.busy < use->busy;
    double used = first ? seen.busy : seen.busy - use->busy, time = first ? seen.age : now - use->at;
    use->cpu = time > 0 ? used / time : NAN;
    use->memory = seen.memory;
    use->busy = seen.busy;
    use->at = now;
    use->looked = true;
}
