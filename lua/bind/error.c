// Lua errors: where they are said to be, and what they say.
#include "lua/bind/bind.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// The embedded library's chunks are named "=semiluna/NAME.lua".
static bool in_library(const lua_Debug *frame) {
    size_t length = strlen(frame->source);
    return frame->source[0] == '=' && length > 4 && strcmp(frame->source + length - 4, ".lua") == 0;
}

// Pushes "file:line: " of the nearest line that the script's author wrote; "" where there is none.
static void push_where(lua_State *L) {
    lua_Debug frame;
    for (int level = 0; level < 100 && lua_getstack(L, level, &frame); level++) {
        if (!lua_getinfo(L, "Sl", &frame) || frame.currentline <= 0 || in_library(&frame)) continue;
        lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
        return;
    }
    lua_pushliteral(L, "");
}

static const char *function_name(lua_State *L) {
    const char *name = lua_type(L, lua_upvalueindex(1)) == LUA_TSTRING ? lua_tostring(L, lua_upvalueindex(1)) : NULL;
    return name ? name : "semiluna";
}

int sl_bind_raise(lua_State *L) {
    push_where(L);
    lua_insert(L, -2);
    lua_concat(L, 2);
    for (;;) lua_error(L); // does not return
}

int sl_bind_error(lua_State *L, const char *format, ...) {
    luaL_checkstack(L, 8, NULL);
    lua_pushfstring(L, "%s: ", function_name(L));
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_concat(L, 2);
    sl_bind_raise(L);
}

void sl_bind_check(lua_State *L, sl_status status) {
    if (status == SL_OK) return;
    luaL_checkstack(L, 8, NULL);
    const char *message = sl_error_message();
    lua_pushstring(L, message[0] ? message : "failed without a message"); // copied before a finalizer can replace it
    sl_bind_raise(L);
}

int sl_bind_argument_error(lua_State *L, int argument, const char *what, const char *message) {
    const char *name = function_name(L);
    if (strchr(name, ':')) {
        argument--;
        if (argument == 0) sl_bind_error(L, "self: %s; call it with a colon", message);
    }
    sl_bind_error(L, "argument %d (%s): %s", argument, what, message);
}

int sl_bind_type_error(lua_State *L, int argument, const char *what, const char *expected) {
    luaL_checkstack(L, 8, NULL);
    const char *got;
    if (luaL_getmetafield(L, argument, "__name") == LUA_TSTRING)
        got = lua_tostring(L, -1);
    else if (lua_type(L, argument) == LUA_TNONE)
        got = "nothing";
    else
        got = luaL_typename(L, argument);
    if (strncmp(got, "semiluna.", 9) == 0) got += 9;
    sl_bind_argument_error(L, argument, what, lua_pushfstring(L, "%s expected, got %s", expected, got));
}

int sl_bind_message_handler(lua_State *L) {
    const char *message = lua_tostring(L, 1);
    const char *wanted = getenv("SEMILUNA_TRACEBACK");
    if (!message || !wanted || !*wanted || strcmp(wanted, "0") == 0 || strstr(message, "\nstack traceback:")) return 1;
    luaL_traceback(L, L, message, 1);
    return 1;
}
