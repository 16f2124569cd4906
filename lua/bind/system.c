// core.system: clocks, files, the terminal, signals, and what this machine and build are.
#define _GNU_SOURCE
#include "core/backend/backend.h"
#include "core/base/cpu.h"
#include "core/base/text.h"
#include "db/db.h"
#include "lua/bind/bind.h"
#include "lua/bind/digest.h"
#include "lua/bind/signals.h"
#include "lua/host.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void push_clock(lua_State *L, clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    lua_pushnumber(L, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
}

static int system_clock(lua_State *L) {
    push_clock(L, CLOCK_MONOTONIC);
    return 1;
}

static int system_time(lua_State *L) {
    push_clock(L, CLOCK_REALTIME);
    return 1;
}

static int system_isatty(lua_State *L) {
    lua_pushboolean(L, isatty((int)sl_bind_integer(L, 1, "file descriptor", 0, INT32_MAX)));
    return 1;
}

static int system_width(lua_State *L) {
    struct winsize size = {0};
    int columns = 0;
    for (int fd = 1; fd <= 2 && columns == 0; fd++)
        if (ioctl(fd, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
    const char *told = getenv("COLUMNS");
    if (columns == 0 && told) columns = (int)strtol(told, NULL, 10);
    lua_pushinteger(L, columns > 0 ? columns : 80);
    return 1;
}

static int system_height(lua_State *L) {
    struct winsize size = {0};
    int lines = 0;
    for (int fd = 1; fd <= 2 && lines == 0; fd++)
        if (ioctl(fd, TIOCGWINSZ, &size) == 0) lines = size.ws_row;
    const char *told = getenv("LINES");
    if (lines == 0 && told) lines = (int)strtol(told, NULL, 10);
    lua_pushinteger(L, lines > 0 ? lines : 24);
    return 1;
}

static int system_hostname(lua_State *L) {
    char name[256];
    if (gethostname(name, sizeof name) != 0) name[0] = '\0';
    name[sizeof name - 1] = '\0';
    lua_pushstring(L, name);
    return 1;
}

static int system_pid(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)getpid());
    return 1;
}

static int system_cpu(lua_State *L) {
    char text[128];
    lua_pushstring(L, sl_cpu_features(text, sizeof text));
    return 1;
}

// "oneDNN 3.2.0" of the backend's "oneDNN 3.2.0, OpenMP ...".
static int system_versions(lua_State *L) {
    lua_pushliteral(L, "semiluna " SEMILUNA_VERSION);
    const sl_backend *cpu = sl_backend_cpu();
    if (cpu) {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, cpu->about, strcspn(cpu->about, ","));
    }
    lua_pushfstring(L, ", %s", sl_host_library());
    lua_pushfstring(L, ", %s", sl_db_library());
    lua_concat(L, lua_gettop(L));
    return 1;
}

// ---- signals -----------------------------------------------------------------------------------------------------------------

static int system_catch_signals(lua_State *L) {
    int problem = sl_signals_catch();
    if (problem != 0) sl_bind_error(L, "%s", strerror(problem));
    return 0;
}

static int system_signal(lua_State *L) {
    bool by_terminal;
    int noted = sl_signals_noted(&by_terminal);
    if (!noted) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, noted == SIGINT ? "INT" : "TERM");
    lua_pushboolean(L, by_terminal);
    return 2;
}

// ---- files -------------------------------------------------------------------------------------------------------------------

static int system_sha256(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING) sl_bind_type_error(L, 1, "text", "string");
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    char digest[SL_DIGEST_TEXT];
    sl_digest_bytes(text, length, digest);
    lua_pushstring(L, digest);
    return 1;
}

static int system_sha256_file(lua_State *L) {
    char digest[SL_DIGEST_TEXT];
    int64_t bytes = 0;
    sl_bind_check(L, sl_digest_file(sl_bind_string(L, 1, "path"), digest, &bytes));
    lua_pushinteger(L, bytes);
    lua_pushstring(L, digest);
    return 2;
}

static int system_mkdir(lua_State *L) {
    const char *path = sl_bind_string(L, 1, "path");
    size_t length = strlen(path);
    char *partial = sl_bind_scratch(L, length, 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        struct stat status;
        if (mkdir(partial, 0777) == 0 || (stat(partial, &status) == 0 && S_ISDIR(status.st_mode))) continue;
        sl_bind_error(L, "%s: %s", partial, strerror(stat(partial, &status) == 0 ? ENOTDIR : errno));
    }
    return 0;
}

static int system_exists(lua_State *L) {
    struct stat status;
    lua_pushboolean(L, stat(sl_bind_string(L, 1, "path"), &status) == 0);
    return 1;
}

static int system_stat(lua_State *L) {
    struct stat status;
    if (stat(sl_bind_string(L, 1, "path"), &status) != 0) return 0;
    lua_pushinteger(L, (lua_Integer)status.st_size);
    lua_pushnumber(L, (double)status.st_mtim.tv_sec + (double)status.st_mtim.tv_nsec * 1e-9);
    lua_pushstring(L, S_ISREG(status.st_mode) ? "file" : S_ISDIR(status.st_mode) ? "folder" : "other");
    return 3;
}

static int system_realpath(lua_State *L) {
    const char *path = sl_bind_string(L, 1, "path");
    char *full = sl_bind_scratch(L, 65536, 1); // longer than any path that realpath gives
    char *found = realpath(path, NULL);
    if (found) {
        size_t length = strlen(found) < 65535 ? strlen(found) : 65535;
        memcpy(full, found, length);
        full[length] = '\0';
        free(found);
        lua_pushstring(L, full);
        return 1;
    }
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", path, strerror(errno));
    return 2;
}

static int system_nearest(lua_State *L) {
    const char *name = sl_bind_string(L, 1, "name");
    sl_bind_table(L, 2, "candidates");
    size_t count = lua_rawlen(L, 2), kept = 0;
    const char **candidates = sl_bind_scratch(L, count, sizeof *candidates);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        if (lua_type(L, -1) == LUA_TSTRING) candidates[kept++] = lua_tostring(L, -1); // the table keeps it
        lua_pop(L, 1);
    }
    lua_pushstring(L, sl_text_nearest(name, candidates, kept)); // NULL gives nil
    return 1;
}

const sl_bind_function sl_bind_system_functions[] = {
    {"clock", system_clock, "() -> seconds", "A clock that only goes forward.", NULL},
    {"time", system_time, "() -> seconds", "Seconds since 1970, with fractions.", NULL},
    {"isatty", system_isatty, "(file descriptor) -> boolean", "Whether it is a terminal: 0 input, 1 output, 2 errors.", NULL},
    {"width", system_width, "() -> columns", "The width of the terminal; $COLUMNS or 80 where there is none.", NULL},
    {"height", system_height, "() -> lines", "The height of the terminal; $LINES or 24 where there is none.", NULL},
    {"hostname", system_hostname, "() -> string", "The name of this machine.", NULL},
    {"pid", system_pid, "() -> integer", "The number of this process.", NULL},
    {"cpu", system_cpu, "() -> string", "The processor's instruction sets that matter, as \"avx2 avx512 amx-bf16\".", NULL},
    {"versions", system_versions, "() -> string", "The versions of the program and its libraries, in one line.", NULL},
    {"catch_signals", system_catch_signals, "()",
     "From now on the first SIGINT or SIGTERM is only noted; a second one ends the process at once with status 130 or 143.",
     NULL},
    {"signal", system_signal, "() -> \"INT\" | \"TERM\" | nil, boolean",
     "The signal that was noted, and whether a key was pressed in the terminal, which sends it to child processes as well.",
     NULL},
    {"sha256", system_sha256, "(text) -> string", "The SHA-256 of a string, as 64 hexadecimal digits.", NULL},
    {"sha256_file", system_sha256_file, "(path) -> bytes, sha256", "The size of a file and its SHA-256.", NULL},
    {"mkdir", system_mkdir, "(path)", "Makes a folder and those above it; one that exists is fine.", NULL},
    {"exists", system_exists, "(path) -> boolean", "Whether there is a file or folder.", NULL},
    {"stat", system_stat, "(path) -> bytes, seconds, kind",
     "The size of a file, when it was changed, and \"file\", \"folder\" or \"other\"; nothing where there is none.", NULL},
    {"realpath", system_realpath, "(path) -> string | nil, message", "The absolute path without links.", NULL},
    {"nearest", system_nearest, "(name, {candidates}) -> string | nil", "The candidate that a misspelt name most likely means.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
