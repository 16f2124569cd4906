// Checking the arguments of a function.
#include "lua/bind/bind.h"
#include <string.h>

int64_t sl_bind_integer(lua_State *L, int argument, const char *what, int64_t least, int64_t most) {
    int whole = 0;
    if (lua_type(L, argument) != LUA_TNUMBER) sl_bind_type_error(L, argument, what, "whole number");
    int64_t value = lua_tointegerx(L, argument, &whole);
    luaL_checkstack(L, 4, NULL);
    if (!whole)
        sl_bind_argument_error(L, argument, what, lua_pushfstring(L, "%f is not a whole number", lua_tonumber(L, argument)));
    if (value >= least && value <= most) return value;
    if (least > most) sl_bind_argument_error(L, argument, what, "there is nothing to choose from");
    if (most == INT64_MAX)
        lua_pushfstring(L, "%I is less than %I", (LUAI_UACINT)value, (LUAI_UACINT)least);
    else
        lua_pushfstring(L, "%I is not between %I and %I", (LUAI_UACINT)value, (LUAI_UACINT)least, (LUAI_UACINT)most);
    sl_bind_argument_error(L, argument, what, lua_tostring(L, -1));
}

int64_t sl_bind_integer_or(lua_State *L, int argument, const char *what, int64_t least, int64_t most, int64_t fallback) {
    return lua_isnoneornil(L, argument) ? fallback : sl_bind_integer(L, argument, what, least, most);
}

double sl_bind_number(lua_State *L, int argument, const char *what) {
    if (lua_type(L, argument) != LUA_TNUMBER) sl_bind_type_error(L, argument, what, "number");
    return lua_tonumber(L, argument);
}

double sl_bind_number_or(lua_State *L, int argument, const char *what, double fallback) {
    return lua_isnoneornil(L, argument) ? fallback : sl_bind_number(L, argument, what);
}

const char *sl_bind_string(lua_State *L, int argument, const char *what) {
    if (lua_type(L, argument) != LUA_TSTRING) sl_bind_type_error(L, argument, what, "string");
    size_t length;
    const char *text = lua_tolstring(L, argument, &length);
    if (strlen(text) != length) sl_bind_argument_error(L, argument, what, "the string contains a zero byte");
    return text;
}

const char *sl_bind_string_or(lua_State *L, int argument, const char *what, const char *fallback) {
    return lua_isnoneornil(L, argument) ? fallback : sl_bind_string(L, argument, what);
}

bool sl_bind_bool_or(lua_State *L, int argument, const char *what, bool fallback) {
    if (lua_isnoneornil(L, argument)) return fallback;
    if (lua_type(L, argument) != LUA_TBOOLEAN) sl_bind_type_error(L, argument, what, "boolean");
    return lua_toboolean(L, argument);
}

void sl_bind_table(lua_State *L, int argument, const char *what) {
    if (lua_type(L, argument) != LUA_TTABLE) sl_bind_type_error(L, argument, what, "table");
}

void sl_bind_function_argument(lua_State *L, int argument, const char *what) {
    if (lua_type(L, argument) == LUA_TFUNCTION) return;
    if (luaL_getmetafield(L, argument, "__call") == LUA_TNIL) sl_bind_type_error(L, argument, what, "function");
    lua_pop(L, 1);
}

size_t sl_bind_place(lua_State *L, int argument, const char *what, size_t count) {
    return (size_t)(sl_bind_integer(L, argument, what, 1, (int64_t)count) - 1);
}

void *sl_bind_scratch(lua_State *L, size_t count, size_t size) {
    luaL_checkstack(L, 1, NULL);
    if (count > (SIZE_MAX / 2) / (size ? size : 1)) sl_bind_error(L, "%s", "out of memory");
    return lua_newuserdatauv(L, count * size + 1, 0);
}

int sl_bind_choice(lua_State *L, int argument, const char *what, const char *const *choices, int fallback) {
    if (lua_isnoneornil(L, argument) && fallback >= 0) return fallback;
    const char *name = sl_bind_string(L, argument, what);
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], name) == 0) return i;
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    luaL_addstring(&text, "\"");
    luaL_addstring(&text, name);
    luaL_addstring(&text, "\" is none of");
    for (int i = 0; choices[i]; i++) {
        luaL_addstring(&text, i ? ", \"" : " \"");
        luaL_addstring(&text, choices[i]);
        luaL_addstring(&text, "\"");
    }
    luaL_pushresult(&text);
    sl_bind_argument_error(L, argument, what, lua_tostring(L, -1));
}
