// What the files of the host and the bindings share.
#ifndef SL_LUA_HOST_IMPL_H
#define SL_LUA_HOST_IMPL_H

#include <lua.h>
#include <stdbool.h>

// Pushes the text of a library module (from SEMILUNA_LUA, else embedded); pushes nothing and returns false when there is none.
bool sl_host_push_source(lua_State *L, const char *module);

// Calls a C function, which finds `call` at index 1 and returns an exit status, and empties the stack. An error is printed as one
// line (with a traceback when SEMILUNA_TRACEBACK is set); its status is 1, or 2 for wrong use.
int sl_host_protected(lua_State *state, lua_CFunction function, void *call);

#endif
