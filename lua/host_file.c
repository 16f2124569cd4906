// As the plain `lua` program: running a file, and the read-eval-print loop.
#define _GNU_SOURCE
#include "lua/bind/bind.h"
#include "lua/host.h"
#include "lua/host_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- a file ------------------------------------------------------------------------------------------------------------------

typedef struct file_call {
    const char *path; // NULL or "-": standard input
    int argc;
    char **argv;
} file_call;

// The modules beside the file come before all others.
static void search_beside(lua_State *L, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return; // the current folder is searched anyway
    lua_pushlstring(L, path, (size_t)(slash - path));
    const char *folder = lua_tostring(L, -1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", folder, folder, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 3);
}

static int run_file(lua_State *L) {
    const file_call *call = lua_touserdata(L, 1);
    const char *path = call->path && strcmp(call->path, "-") != 0 ? call->path : NULL;
    lua_createtable(L, call->argc, 1);
    lua_pushstring(L, path ? path : "-");
    lua_rawseti(L, -2, 0);
    for (int i = 0; i < call->argc; i++) {
        lua_pushstring(L, call->argv[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setglobal(L, "arg");
    if (path) search_beside(L, path);
    if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
    luaL_checkstack(L, call->argc, "too many arguments");
    for (int i = 0; i < call->argc; i++) lua_pushstring(L, call->argv[i]);
    lua_call(L, call->argc, 0);
    lua_pushinteger(L, 0);
    return 1;
}

int sl_host_file(lua_State *state, const char *path, int argc, char **argv) {
    file_call call = {path, argc, argv};
    return sl_host_protected(state, run_file, &call);
}

// ---- typing lines ------------------------------------------------------------------------------------------------------------

typedef struct repl {
    char *line; // getline's
    size_t room;
    bool terminal;
} repl;

// The next line without its end; NULL at the end of the input.
static const char *read_line(repl *session, const char *prompt) {
    if (session->terminal) fputs(prompt, stdout);
    fflush(stdout);
    ssize_t length = getline(&session->line, &session->room, stdin);
    if (length < 0) return NULL;
    if (length > 0 && session->line[length - 1] == '\n') session->line[length - 1] = '\0';
    return session->line;
}

// Whether the message on top says that the chunk ended too soon.
static bool is_incomplete(lua_State *L, int status) {
    size_t length;
    const char *message = lua_tolstring(L, -1, &length);
    return status == LUA_ERRSYNTAX && length >= 5 && strcmp(message + length - 5, "<eof>") == 0;
}

// Compiles the line at index 3 as an expression, else as a statement that may take further lines. Leaves a function, or an error
// message; returns whether it is a function.
static bool compile(lua_State *L, repl *session) {
    lua_pushfstring(L, "return %s", lua_tostring(L, 3));
    const char *text = lua_tostring(L, -1);
    if (luaL_loadbufferx(L, text, strlen(text), "=typed", "t") == LUA_OK) return true;
    for (;;) {
        lua_settop(L, 3);
        text = lua_tostring(L, 3);
        int status = luaL_loadbufferx(L, text, strlen(text), "=typed", "t");
        if (status == LUA_OK) return true;
        if (!is_incomplete(L, status)) return false;
        const char *more = read_line(session, ">> ");
        if (!more) return false;
        lua_pushfstring(L, "%s\n%s", text, more);
        lua_replace(L, 3);
    }
}

static int print_values(lua_State *L) {
    for (int i = 1, top = lua_gettop(L); i <= top; i++) {
        printf("%s%s", i > 1 ? "\t" : "", luaL_tolstring(L, i, NULL));
        lua_pop(L, 1);
    }
    putchar('\n');
    return 0;
}

// Index 2 is the message handler. Runs what compile left on top; true when it went well, with the results from index 4 on.
static bool evaluate(lua_State *L, repl *session) {
    if (!compile(L, session)) return false;
    lua_replace(L, 3);
    lua_settop(L, 3);
    if (lua_pcall(L, 0, LUA_MULTRET, 2) != LUA_OK) return false;
    int count = lua_gettop(L) - 2;
    if (count == 0) return true;
    lua_pushcfunction(L, print_values);
    lua_insert(L, 3);
    return lua_pcall(L, count, 0, 2) == LUA_OK;
}

static int run_repl(lua_State *L) {
    repl *session = lua_touserdata(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "semiluna");
    lua_call(L, 1, 1);
    lua_setglobal(L, "sl");
    if (session->terminal) printf("Semiluna " SEMILUNA_VERSION ", " LUA_RELEASE "; the library is sl; Ctrl-D ends\n");
    for (;;) {
        lua_settop(L, 1);
        lua_pushcfunction(L, sl_bind_message_handler);
        const char *line = read_line(session, "> ");
        if (!line) break;
        lua_pushstring(L, line);
        if (evaluate(L, session)) continue;
        fflush(stdout);
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
    }
    if (session->terminal) putchar('\n');
    lua_pushinteger(L, 0);
    return 1;
}

int sl_host_repl(lua_State *state) {
    repl session = {NULL, 0, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    int status = sl_host_protected(state, run_repl, &session);
    free(session.line);
    return status;
}
