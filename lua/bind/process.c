// core.system.git: asking git about a folder, without a shell.
#define _GNU_SOURCE
#include "lua/bind/bind.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
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

const sl_bind_function sl_bind_process_functions[] = {
    {"git", system_git, "(folder=\".\") -> commit | nil, dirty | nil",
     "The commit checked out in the folder's repository and whether tracked files are changed; nil without git or a repository.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
