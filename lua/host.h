// The Lua interpreter with the library loaded: what the command line needs of it.
#ifndef SL_LUA_HOST_H
#define SL_LUA_HOST_H

#include "core/base/status.h"
#include "core/base/text.h"
#include <stddef.h>

typedef struct lua_State lua_State;

// A state with the standard libraries and `require "semiluna"` from the embedded library (or the folder SEMILUNA_LUA).
sl_status sl_host_new(lua_State **out);
void sl_host_free(lua_State *state);

typedef struct sl_host_argument {
    const char *name;
    const char *value; // strings all: the Lua side converts
} sl_host_argument;

// require(module)[function]{name = value, ...}; a name given several times becomes a list under that name. The function returns
// the program's exit status. A Lua error is printed to stderr as one clear line and becomes status 1 (2 for wrong use: an error
// value that is a table {usage = true, message = ...}).
int sl_host_call(lua_State *state, const char *module, const char *function, const sl_host_argument *arguments, size_t count);

// The same for a function that returns a string, which is appended to *out. Nothing is printed: a Lua error is SL_ERR_ARGUMENT
// with its message.
sl_status sl_host_text(lua_State *state, const char *module, const char *function, const sl_host_argument *arguments,
                       size_t count, sl_text *out);

// As the plain `lua` program: runs a file with arguments, or a read-eval-print loop. Return the exit status.
int sl_host_file(lua_State *state, const char *path, int argc, char **argv);
int sl_host_repl(lua_State *state);

// "Lua 5.4.4".
const char *sl_host_library(void);

#endif
