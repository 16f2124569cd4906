// Other programs, without a shell: core.system.git asks git about a folder; spawn, wait and kill are for child processes that
// work beside this one.
#define _GNU_SOURCE
#include "lua/bind/bind.h"
#include "lua/bind/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PATIENCE_MS = 3000 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Starts a program with its output in a pipe, the other streams at /dev/null. Returns the pipe's end, or -1.
static int start(char *const *arguments, pid_t *process) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (!failed) {
        failed |= posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        failed |= posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
        failed |= posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        if (!failed) failed = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(pipe_ends[1]);
    if (!failed) return pipe_ends[0];
    close(pipe_ends[0]);
    return -1;
}

// Runs a program and keeps the first bytes of its output. False when it cannot be started, fails, or takes too long (it is
// killed).
static bool run(char *const *arguments, char *output, size_t size) {
    pid_t process;
    int out = start(arguments, &process);
    if (out < 0) return false;
    size_t length = 0;
    int64_t deadline = now_ms() + PATIENCE_MS;
    bool ended = false;
    while (!ended) {
        struct pollfd wait = {.fd = out, .events = POLLIN};
        int64_t left = deadline - now_ms();
        int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) break;
        char chunk[4096];
        ssize_t count = read(out, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR) continue;
        ended = count <= 0;
        size_t room = size - 1 - length, taken = count > 0 ? (size_t)count : 0;
        if (taken > room) taken = room;
        memcpy(output + length, chunk, taken);
        length += taken;
    }
    output[length] = '\0';
    close(out);
    if (!ended) kill(process, SIGKILL);
    int status = 0;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR) return false;
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int system_git(lua_State *L) {
    const char *folder = sl_bind_string_or(L, 1, "folder", ".");
    char *path = sl_bind_scratch(L, strlen(folder) + 1, 1);
    memcpy(path, folder, strlen(folder) + 1);
    char git[] = "git", in[] = "-C", lock[] = "--no-optional-locks", parse[] = "rev-parse", verify[] = "--verify",
         head[] = "HEAD";
    char state[] = "status", porcelain[] = "--porcelain", untracked[] = "--untracked-files=no";
    char commit[128], changes[16];
    char *const ask_commit[] = {git, in, path, parse, verify, head, NULL};
    if (!run(ask_commit, commit, sizeof commit)) {
        lua_pushnil(L);
        lua_pushnil(L);
        return 2;
    }
    commit[strcspn(commit, "\r\n")] = '\0';
    lua_pushstring(L, commit);
    char *const ask_state[] = {git, in, path, lock, state, porcelain, untracked, NULL};
    if (run(ask_state, changes, sizeof changes))
        lua_pushboolean(L, changes[0] != '\0');
    else
        lua_pushnil(L);
    return 2;
}

// ---- child processes ---------------------------------------------------------------------------------------------------------

enum { MOST_CHILDREN = 1024, LOOK_AGAIN_MS = 50 };

// Those that were started and whose end nobody has been told yet. `ended` becomes readable when the process ends; -1 where the
// system has no such descriptors: then wait looks every LOOK_AGAIN_MS.
typedef struct child {
    pid_t pid;
    int ended;
} child;
static child children[MOST_CHILDREN];
static int child_count;

typedef struct spawn_options {
    const char *program, *output;
    bool append, session;
} spawn_options;

static const sl_option spawn_descriptors[] = {
    {"program", SL_OPTION_TEXT, offsetof(spawn_options, program), "the first argument",
     "the file to run, whatever the first argument calls it", 0, 0, 0, NULL},
    {"output", SL_OPTION_TEXT, offsetof(spawn_options, output), "this program's", "the file for what it prints, errors included",
     0, 0, 0, NULL},
    {"append", SL_OPTION_BOOL, offsetof(spawn_options, append), "false", "add to the file, rather than begin it anew", 0, 0, 0,
     NULL},
    {"session", SL_OPTION_BOOL, offsetof(spawn_options, session), "false",
     "a session of its own, which a key pressed in this terminal does not reach", 0, 0, 0, NULL},
    {"env", SL_OPTION_OTHER, 0, "{}", "environment variables by name; false takes one away", 0, 0, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

// The texts of the list at `table`, ended by NULL; they belong to it.
static char **read_arguments(lua_State *L, int table) {
    sl_bind_table(L, table, "arguments");
    size_t count = lua_rawlen(L, table);
    if (count == 0) sl_bind_argument_error(L, table, "arguments", "the program to start is missing");
    char **arguments = sl_bind_scratch(L, count + 1, sizeof *arguments);
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        const char *text = lua_rawgeti(L, table, (lua_Integer)i + 1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        if (!text || strlen(text) != length) sl_bind_argument_error(L, table, "arguments", "texts expected, without zero bytes");
        arguments[i] = (char *)(uintptr_t)text; // posix_spawn writes nothing there
        lua_pop(L, 1);
    }
    arguments[count] = NULL;
    return arguments;
}

// Whether the variable "NAME=value" has a name that is a key of the table.
static bool is_replaced(lua_State *L, int table, const char *variable) {
    lua_pushlstring(L, variable, strcspn(variable, "="));
    bool found = lua_rawget(L, table) != LUA_TNIL;
    lua_pop(L, 1);
    return found;
}

// This process's environment with the changes of options.env; the new texts are kept on the stack.
static char **read_environment(lua_State *L, int options) {
    if (lua_isnoneornil(L, options) || lua_getfield(L, options, "env") == LUA_TNIL) return environ;
    int table = lua_gettop(L);
    sl_bind_table(L, table, "env");
    size_t most = 1, count = 0;
    for (char **variable = environ; *variable; variable++) most++;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) most++;
    char **list = sl_bind_scratch(L, most, sizeof *list);
    for (char **variable = environ; *variable; variable++)
        if (!is_replaced(L, table, *variable)) list[count++] = *variable;
    lua_newtable(L);
    int texts = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_settop(L, texts + 1)) {
        bool removed = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
        if (lua_type(L, -2) != LUA_TSTRING || (!removed && lua_type(L, -1) != LUA_TSTRING))
            sl_bind_error(L, "%s", "env: names with texts or false expected");
        if (removed) continue;
        list[count++] = (char *)(uintptr_t)lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
        lua_rawseti(L, texts, (lua_Integer)count);
    }
    list[count] = NULL;
    return list;
}

// Starts a program with nothing to read, `output` (or -1) for what it prints, and signals as if it had been started by a shell.
static int start_child(const char *program, char *const *arguments, char *const *environment, int output, bool session,
                       pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) return failed;
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        sigset_t none, usual;
        sigemptyset(&none);
        sigemptyset(&usual);
        sigaddset(&usual, SIGINT); // os.execute and background jobs of a shell ignore it
        sigaddset(&usual, SIGTERM);
        failed = posix_spawnattr_setsigmask(&attributes, &none);
        if (!failed) failed = posix_spawnattr_setsigdefault(&attributes, &usual);
        if (!failed)
            failed = posix_spawnattr_setflags(
                &attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (session ? POSIX_SPAWN_SETSID : 0)));
        if (!failed) failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        if (!failed && output >= 0) failed = posix_spawn_file_actions_adddup2(&actions, output, 1);
        if (!failed && output >= 0) failed = posix_spawn_file_actions_adddup2(&actions, output, 2);
        if (!failed) failed = posix_spawnp(pid, program, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static int system_spawn(lua_State *L) {
    spawn_options options = {0};
    lua_settop(L, 2);
    luaL_checkstack(L, 16, NULL);
    sl_bind_options(L, 2, "options", spawn_descriptors, &options);
    char **arguments = read_arguments(L, 1), **environment = read_environment(L, 2);
    if (child_count == MOST_CHILDREN) sl_bind_error(L, "%d processes are running: wait for one first", MOST_CHILDREN);
    int output = -1;
    if (options.output) {
        output = open(options.output, O_WRONLY | O_CREAT | O_CLOEXEC | (options.append ? O_APPEND : O_TRUNC), 0666);
        if (output < 0) sl_bind_error(L, "%s: %s", options.output, strerror(errno));
    }
    pid_t pid = 0;
    const char *program = options.program ? options.program : arguments[0];
    int failed = start_child(program, arguments, environment, output, options.session, &pid);
    if (output >= 0) close(output);
    if (failed) sl_bind_error(L, "%s cannot be started: %s", program, strerror(failed));
    children[child_count++] = (child){pid, (int)syscall(SYS_pidfd_open, pid, 0)};
    lua_pushinteger(L, pid);
    return 1;
}

static child *find_child(pid_t pid) {
    for (int i = 0; i < child_count; i++)
        if (children[i].pid == pid) return &children[i];
    return NULL;
}

// The child at argument 1.
static child *child_at(lua_State *L) {
    pid_t pid = (pid_t)sl_bind_integer(L, 1, "process", 1, INT32_MAX);
    child *found = find_child(pid);
    if (!found) sl_bind_error(L, "process %d was not started here, or has been waited for already", (int)pid);
    return found;
}

// A name where there is one: "KILL".
static void push_signal_name(lua_State *L, int number) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},   {SIGTRAP, "TRAP"},
        {SIGABRT, "ABRT"}, {SIGBUS, "BUS"},   {SIGFPE, "FPE"},   {SIGKILL, "KILL"}, {SIGSEGV, "SEGV"},
        {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGTERM, "TERM"}, {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) {
            lua_pushstring(L, names[i].name);
            return;
        }
    lua_pushfstring(L, "%d", number);
}

// Pushes pid, status and signal when the child has ended, and forgets it.
static bool collect(lua_State *L, child *waited) {
    int status;
    pid_t got;
    while ((got = waitpid(waited->pid, &status, WNOHANG)) < 0 && errno == EINTR) {
    }
    if (got == 0) return false;
    lua_pushinteger(L, waited->pid);
    if (waited->ended >= 0) close(waited->ended);
    *waited = children[--child_count];
    bool killed = got > 0 && WIFSIGNALED(status);
    lua_pushinteger(L, got < 0  ? 255
                       : killed ? 128 + WTERMSIG(status)
                                : WEXITSTATUS(status)); // got < 0: somebody took its status
    if (killed)
        push_signal_name(L, WTERMSIG(status));
    else
        lua_pushnil(L);
    return true;
}

// Sleeps until a child ends, a signal is noted (then it returns true) or the time is over.
static bool sleep_until(lua_State *L, const child *only, int64_t milliseconds) {
    int count = only ? 1 : child_count;
    const child *first = only ? only : children;
    struct pollfd *polls = sl_bind_scratch(L, (size_t)count + 1, sizeof *polls);
    for (int i = 0; i < count; i++) {
        polls[i] = (struct pollfd){.fd = first[i].ended, .events = POLLIN};
        if (first[i].ended < 0 && milliseconds > LOOK_AGAIN_MS) milliseconds = LOOK_AGAIN_MS;
    }
    polls[count] = (struct pollfd){.fd = sl_signals_wake(), .events = POLLIN};
    bool heard = poll(polls, (nfds_t)count + 1, (int)milliseconds) > 0 && polls[count].revents;
    if (heard) sl_signals_heard();
    lua_pop(L, 1);
    return heard;
}

static int system_wait(lua_State *L) {
    child *only = lua_isnoneornil(L, 1) ? NULL : child_at(L);
    double seconds = sl_bind_number_or(L, 2, "seconds", INFINITY);
    if (!(seconds >= 0)) sl_bind_argument_error(L, 2, "seconds", "a time that is not negative expected");
    if (!only && child_count == 0 && isinf(seconds)) sl_bind_error(L, "%s", "no process is running: this would never end");
    int64_t deadline = seconds < 1e9 ? now_ms() + (int64_t)ceil(seconds * 1e3) : INT64_MAX;
    for (;;) {
        if (only && collect(L, only)) return 3;
        for (int i = 0; !only && i < child_count; i++)
            if (collect(L, &children[i])) return 3;
        int64_t left = deadline - now_ms();
        if (left <= 0 || sleep_until(L, only, left < 3600000 ? left : 3600000)) return 0;
    }
}

static int system_kill(lua_State *L) {
    static const char *const names[] = {"INT", "TERM", "KILL", "STOP", "CONT", NULL};
    static const int numbers[] = {SIGINT, SIGTERM, SIGKILL, SIGSTOP, SIGCONT};
    const child *target = child_at(L);
    int choice = sl_bind_choice(L, 2, "signal", names, 1);
    lua_pushboolean(L, kill(target->pid, numbers[choice]) == 0);
    return 1;
}

static int system_end_with(lua_State *L) {
    pid_t parent = (pid_t)sl_bind_integer(L, 1, "parent", 1, INT32_MAX);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) sl_bind_error(L, "%s", strerror(errno));
    if (getppid() != parent) raise(SIGTERM); // it has ended already
    return 0;
}

static int system_executable(lua_State *L) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length < 0 || length == (ssize_t)sizeof path)
        sl_bind_error(L, "/proc/self/exe: %s", strerror(length < 0 ? errno : ENAMETOOLONG));
    lua_pushlstring(L, path, (size_t)length);
    return 1;
}

const sl_bind_function sl_bind_process_functions[] = {
    {"git", system_git, "(folder=\".\") -> commit | nil, dirty | nil",
     "The commit checked out in the folder's repository and whether tracked files are changed; nil without git or a repository.",
     NULL},
    {"spawn", system_spawn, "({arguments}, {options}) -> pid",
     "Starts a program, the first of the arguments, and does not wait for it.", spawn_descriptors},
    {"wait", system_wait, "(pid=nil, seconds=nil) -> pid, status, signal | nil",
     "Waits for a child process, or any (nil), to end. Nothing comes back when the time is over or a signal has been noted.",
     NULL},
    {"kill", system_kill, "(pid, signal=\"TERM\") -> boolean", "Sends INT, TERM, KILL, STOP or CONT to a child process.", NULL},
    {"end_with", system_end_with, "(parent)", "From now on this process is sent SIGTERM when its parent ends.", NULL},
    {"executable", system_executable, "() -> path", "The file of this program.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
