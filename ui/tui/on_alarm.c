#define _GNU_SOURCE
#include "ui/tui/on_alarm.h"
#include "core/base/memory.h"
#include "ui/health.h"
#include "ui/tui/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { CHILDREN = 4, GONE_SECONDS = 60, LONG_SECONDS = 60, VALUE_BYTES = 4000, VARIABLES = 7 };

// A finding that was told of.
typedef struct told {
    int64_t run; // 0: the disk
    int kind;
    double gone; // since when it is away; 0: it is there
    bool seen;
} told;

// A command that is to be run: its variables, "NAME=value".
typedef struct waiting {
    struct waiting *next;
    char *variables[VARIABLES];
} waiting;

struct sl_on_alarm {
    char *command, *database;
    bool shown;
    told *told;
    size_t told_count, told_capacity;
    waiting *first, **last;
    struct child {
        pid_t process; // 0: none
        double started;
    } children[CHILDREN];
    size_t count, failed;
    bool complained;
    char complaint[160];
    sl_finding_list findings;
};

sl_status sl_on_alarm_new(const char *command, const char *database, bool shown, sl_on_alarm **out) {
    sl_on_alarm *alarm = *out = sl_calloc(1, sizeof *alarm);
    if (!alarm) return sl_error(SL_ERR_MEMORY, "out of memory");
    alarm->command = sl_strdup(command);
    alarm->database = sl_strdup(database);
    alarm->shown = shown;
    alarm->last = &alarm->first;
    if (alarm->command && alarm->database) return SL_OK;
    sl_on_alarm_free(alarm);
    *out = NULL;
    return sl_error(SL_ERR_MEMORY, "out of memory");
}

static void free_waiting(waiting *one) {
    for (int i = 0; i < VARIABLES; i++) sl_free(one->variables[i]);
    sl_free(one);
}

void sl_on_alarm_free(sl_on_alarm *alarm) {
    if (!alarm) return;
    while (alarm->first) {
        waiting *one = alarm->first;
        alarm->first = one->next;
        free_waiting(one);
    }
    sl_findings_free(&alarm->findings);
    sl_free(alarm->told);
    sl_free(alarm->command);
    sl_free(alarm->database);
    sl_free(alarm);
}

// ---- variables --------------------------------------------------------------------------------------------------------------

// "NAME=value" in one line of bounded length: a name may be megabytes, and no environment holds that.
static char *variable(const char *name, const char *value) {
    size_t head = strlen(name) + 1, size = value ? strnlen(value, VALUE_BYTES) : 0;
    if (size == VALUE_BYTES) // no half of a character
        while (size > 0 && ((unsigned char)value[size] & 0xC0) == 0x80) size--;
    char *text = sl_malloc(head + size + 1);
    if (!text) return NULL;
    snprintf(text, head + 1, "%s=", name);
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)value[i];
        text[head + i] = byte < 0x20 || byte == 0x7F ? ' ' : value[i];
    }
    text[head + size] = '\0';
    return text;
}

static sl_status enqueue(sl_on_alarm *alarm, const sl_finding_item *item, const sl_run_row *run) {
    char number[32];
    snprintf(number, sizeof number, "%lld", run ? (long long)run->id : 0LL);
    waiting *one = sl_calloc(1, sizeof *one);
    if (!one) return sl_error(SL_ERR_MEMORY, "out of memory");
    const struct {
        const char *name, *value;
    } all[VARIABLES] = {
        {"SEMILUNA_RUN", number},
        {"SEMILUNA_NAME", run ? run->name : ""},
        {"SEMILUNA_EXPERIMENT", run ? run->experiment : ""},
        {"SEMILUNA_SEVERITY", item->severity >= SL_SEVERITY_BAD ? "bad" : "warn"},
        {"SEMILUNA_ALARM", item->alarm},
        {"SEMILUNA_TEXT", item->text},
        {"SEMILUNA_DB", alarm->database},
    };
    for (int i = 0; i < VARIABLES; i++)
        if (!(one->variables[i] = variable(all[i].name, all[i].value))) {
            free_waiting(one);
            return sl_error(SL_ERR_MEMORY, "out of memory");
        }
    *alarm->last = one;
    alarm->last = &one->next;
    return SL_OK;
}

// The environment with the variables in it; its texts are not its own.
static char **environment_of(const waiting *one) {
    size_t count = 0;
    while (environ[count]) count++;
    char **all = sl_malloc((count + VARIABLES + 1) * sizeof *all);
    if (!all) return NULL;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool replaced = false;
        for (int k = 0; k < VARIABLES; k++) {
            size_t head = (size_t)(strchr(one->variables[k], '=') - one->variables[k]) + 1;
            replaced = replaced || strncmp(environ[i], one->variables[k], head) == 0;
        }
        if (!replaced) all[kept++] = environ[i];
    }
    for (int k = 0; k < VARIABLES; k++) all[kept++] = one->variables[k];
    all[kept] = NULL;
    return all;
}

// ---- processes --------------------------------------------------------------------------------------------------------------

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// In a process group of its own: what is typed in the dashboard's terminal is not meant for it.
static int spawn(const sl_on_alarm *alarm, const waiting *one, pid_t *process) {
    char *arguments[] = {"sh", "-c", alarm->command, NULL}, **environment = environment_of(one);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    if (!environment) return ENOMEM;
    sigemptyset(&none);
    sigfillset(&usual);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (alarm->shown ? 0 : POSIX_SPAWN_SETPGROUP));
    int failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (alarm->shown) {
        failed |= posix_spawn_file_actions_adddup2(&files, 2, 1);
    } else {
        failed |= posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
        failed |= posix_spawn_file_actions_adddup2(&files, 1, 2);
    }
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    failed |= posix_spawn_file_actions_addclosefrom_np(&files, 3);
#endif
    if (!failed) failed = posix_spawn(process, "/bin/sh", &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    sl_free(environment);
    return failed;
}

static void __attribute__((format(printf, 2, 3))) complain(sl_on_alarm *alarm, const char *format, ...) {
    if (alarm->complained || *alarm->complaint) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(alarm->complaint, sizeof alarm->complaint, format, arguments);
    va_end(arguments);
}

static void start_some(sl_on_alarm *alarm, double now) {
    for (int i = 0; i < CHILDREN && alarm->first; i++) {
        struct child *child = &alarm->children[i];
        if (child->process) continue;
        waiting *one = alarm->first;
        int failed = spawn(alarm, one, &child->process);
        alarm->count++;
        child->started = now;
        if (failed) {
            child->process = 0;
            alarm->failed++;
            complain(alarm, "--on-alarm: the command cannot be started (%s); said once", strerror(failed));
        }
        alarm->first = one->next;
        if (!alarm->first) alarm->last = &alarm->first;
        free_waiting(one);
    }
}

static void note_end(sl_on_alarm *alarm, struct child *child, int status) {
    child->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    alarm->failed++;
    if (WIFSIGNALED(status))
        complain(alarm, "--on-alarm: the command was ended by signal %d; said once", WTERMSIG(status));
    else
        complain(alarm, "--on-alarm: the command ended with status %d; said once", WEXITSTATUS(status));
}

const char *sl_on_alarm_reap(sl_on_alarm *alarm, double now) {
    for (int i = 0; i < CHILDREN; i++) {
        struct child *child = &alarm->children[i];
        int status;
        if (!child->process) continue;
        pid_t ended = waitpid(child->process, &status, WNOHANG);
        if (ended == child->process)
            note_end(alarm, child, status);
        else if (ended < 0 && errno != EINTR)
            child->process = 0; // somebody else has waited for it
        else if (now > child->started + LONG_SECONDS)
            complain(alarm, "--on-alarm: a command has been running for a minute; others may have to wait");
    }
    start_some(alarm, now);
    if (alarm->complained || !*alarm->complaint) return NULL;
    alarm->complained = true;
    return alarm->complaint;
}

size_t sl_on_alarm_wait(sl_on_alarm *alarm, size_t *count) {
    start_some(alarm, seconds());
    for (int i = 0; i < CHILDREN; i++) {
        struct child *child = &alarm->children[i];
        while (child->process) {
            int status;
            pid_t ended = waitpid(child->process, &status, 0);
            if (ended < 0 && errno == EINTR) continue;
            if (ended == child->process)
                note_end(alarm, child, status);
            else
                child->process = 0;
            start_some(alarm, seconds());
            i = -1; // from the first on: another may have been started there
            break;
        }
    }
    *count = alarm->count;
    return alarm->failed;
}

// ---- findings ---------------------------------------------------------------------------------------------------------------

static told *find_told(sl_on_alarm *alarm, int64_t run, int kind) {
    for (size_t i = 0; i < alarm->told_count; i++)
        if (alarm->told[i].run == run && alarm->told[i].kind == kind) return &alarm->told[i];
    return NULL;
}

static sl_status add_told(sl_on_alarm *alarm, int64_t run, int kind) {
    if (alarm->told_count == alarm->told_capacity) {
        size_t capacity = alarm->told_capacity ? 2 * alarm->told_capacity : 32;
        told *all = sl_realloc(alarm->told, capacity * sizeof *all);
        if (!all) return sl_error(SL_ERR_MEMORY, "out of memory");
        alarm->told = all;
        alarm->told_capacity = capacity;
    }
    alarm->told[alarm->told_count++] = (told){.run = run, .kind = kind, .seen = true};
    return SL_OK;
}

static bool is_shown(const sl_snapshot *snapshot, int64_t run) {
    for (size_t i = 0; i < snapshot->run_count; i++)
        if (snapshot->runs[i].id == run) return true;
    return run == 0;
}

// What has been away for long enough is new when it comes back. A finding whose number lies at its bound comes and goes.
static void forget_gone(sl_on_alarm *alarm, const sl_snapshot *snapshot, double now) {
    size_t kept = 0;
    for (size_t i = 0; i < alarm->told_count; i++) {
        told one = alarm->told[i];
        if (one.seen)
            one.gone = 0;
        else if (one.gone <= 0 && is_shown(snapshot, one.run))
            one.gone = now;
        if (one.gone <= 0 || now < one.gone + GONE_SECONDS) alarm->told[kept++] = one;
    }
    alarm->told_count = kept;
}

sl_status sl_on_alarm_look(sl_on_alarm *alarm, const sl_snapshot *snapshot, double now) {
    const sl_run_row *training = NULL; // the disk's finding is told with the newest run that suffers from it
    if (!snapshot || snapshot->problem) return SL_OK;
    for (size_t i = 0; i < snapshot->run_count && !training; i++)
        if (sl_state_trains(snapshot->runs[i].state)) training = &snapshot->runs[i];
    SL_TRY(sl_findings_gather(snapshot, 0, NULL, &alarm->findings));
    for (size_t i = 0; i < alarm->told_count; i++) alarm->told[i].seen = false;
    for (size_t i = 0; i < alarm->findings.count; i++) {
        const sl_finding_item *item = &alarm->findings.items[i];
        const sl_run_row *run = item->run ? item->run : training;
        if (item->severity < SL_SEVERITY_WARN || !run) continue;
        int64_t id = item->run ? item->run->id : 0;
        told *known = find_told(alarm, id, item->kind);
        if (known) {
            known->seen = true;
            continue;
        }
        SL_TRY(add_told(alarm, id, item->kind));
        SL_TRY(enqueue(alarm, item, run));
    }
    if (snapshot->complete) forget_gone(alarm, snapshot, now);
    start_some(alarm, now);
    return SL_OK;
}
