// core.system.json_encode and json_decode.
#include "lua/bind/bind.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { DEEPEST = 100 };

// A json_t that the collector frees when an error cuts its making short.
static int release_json(lua_State *L) {
    json_t **slot = lua_touserdata(L, 1);
    json_decref(*slot);
    *slot = NULL;
    return 0;
}

static json_t **new_slot(lua_State *L) {
    json_t **slot = lua_newuserdatauv(L, sizeof *slot, 0);
    *slot = NULL;
    if (luaL_newmetatable(L, "semiluna.json")) {
        lua_pushcfunction(L, release_json);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return slot;
}

static void encode(lua_State *L, int value, json_t **out, int depth);

static void need(lua_State *L, bool done) {
    if (!done) sl_bind_error(L, "out of memory, or a string is not UTF-8");
}

// A list when its keys are 1 .. n, n > 0.
static bool is_list(lua_State *L, int table) {
    lua_Integer length = (lua_Integer)lua_rawlen(L, table), keys = 0;
    if (length == 0) return false;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        keys++;
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 || lua_tointeger(L, -1) > length) {
            lua_pop(L, 1);
            return false;
        }
    }
    return keys == length;
}

static void encode_list(lua_State *L, int table, json_t *list, int depth) {
    lua_Integer length = (lua_Integer)lua_rawlen(L, table);
    for (lua_Integer i = 1; i <= length; i++) {
        json_t **element = new_slot(L);
        lua_rawgeti(L, table, i);
        encode(L, lua_gettop(L), element, depth + 1);
        json_t *made = *element;
        *element = NULL;
        need(L, json_array_append_new(list, made) == 0); // takes it over also when it fails
        lua_pop(L, 2);
    }
}

static void encode_object(lua_State *L, int table, json_t *object, int depth) {
    lua_pushnil(L);
    while (lua_next(L, table)) {
        int value = lua_gettop(L);
        if (lua_type(L, value - 1) != LUA_TSTRING && !lua_isinteger(L, value - 1))
            sl_bind_error(L, "a table key of type %s cannot be written as JSON", luaL_typename(L, value - 1));
        lua_pushvalue(L, value - 1); // a copy: lua_tostring would change the key under lua_next
        const char *key = lua_tostring(L, -1);
        json_t **member = new_slot(L);
        encode(L, value, member, depth + 1);
        json_t *made = *member;
        *member = NULL;
        need(L, json_object_set_new(object, key, made) == 0);
        lua_settop(L, value - 1);
    }
}

static void encode_number(lua_State *L, int value, json_t **out) {
    if (lua_isinteger(L, value)) {
        *out = json_integer(lua_tointeger(L, value));
        return;
    }
    double number = lua_tonumber(L, value);
    if (!isfinite(number)) sl_bind_error(L, "%f cannot be written as JSON", number);
    *out = json_real(number);
}

// Writes the value at an index into *out, a slot that the stack holds.
static void encode(lua_State *L, int value, json_t **out, int depth) {
    if (depth > DEEPEST) sl_bind_error(L, "tables are nested deeper than %d; does one contain itself?", DEEPEST);
    luaL_checkstack(L, 10, "JSON");
    switch (lua_type(L, value)) {
    case LUA_TNIL: *out = json_null(); break;
    case LUA_TBOOLEAN: *out = json_boolean(lua_toboolean(L, value)); break;
    case LUA_TNUMBER: encode_number(L, value, out); break;
    case LUA_TSTRING: {
        size_t length;
        const char *text = lua_tolstring(L, value, &length);
        *out = json_stringn(text, length);
        break;
    }
    case LUA_TTABLE: {
        bool list = is_list(L, value);
        *out = list ? json_array() : json_object();
        need(L, *out);
        if (list)
            encode_list(L, value, *out, depth);
        else
            encode_object(L, value, *out, depth);
        break;
    }
    default: sl_bind_error(L, "a %s cannot be written as JSON", luaL_typename(L, value));
    }
    need(L, *out);
}

static int release_text(lua_State *L) {
    char **slot = lua_touserdata(L, 1);
    free(*slot);
    *slot = NULL;
    return 0;
}

static int json_encode_value(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    json_t **slot = new_slot(L);
    encode(L, 1, slot, 0);
    char **text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = NULL;
    if (luaL_newmetatable(L, "semiluna.text")) {
        lua_pushcfunction(L, release_text);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    *text = json_dumps(*slot, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    need(L, *text);
    lua_pushstring(L, *text);
    free(*text);
    *text = NULL;
    json_decref(*slot);
    *slot = NULL;
    return 1;
}

static void push_json(lua_State *L, const json_t *value, int depth) {
    if (depth > DEEPEST) sl_bind_error(L, "the JSON text is nested deeper than %d", DEEPEST);
    luaL_checkstack(L, 6, "JSON");
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        const char *key;
        json_t *member;
        lua_newtable(L);
        json_object_foreach((json_t *)value, key, member) {
            lua_pushstring(L, key);
            push_json(L, member, depth + 1);
            lua_rawset(L, -3);
        }
        break;
    }
    case JSON_ARRAY:
        lua_createtable(L, (int)json_array_size(value), 0);
        for (size_t i = 0; i < json_array_size(value); i++) {
            push_json(L, json_array_get(value, i), depth + 1);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING: lua_pushlstring(L, json_string_value(value), json_string_length(value)); break;
    case JSON_INTEGER: lua_pushinteger(L, json_integer_value(value)); break;
    case JSON_REAL: lua_pushnumber(L, json_real_value(value)); break;
    case JSON_TRUE: lua_pushboolean(L, 1); break;
    case JSON_FALSE: lua_pushboolean(L, 0); break;
    default: lua_pushnil(L); break;
    }
}

static int json_decode_text(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING) sl_bind_type_error(L, 1, "text", "string");
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    json_t **slot = new_slot(L);
    json_error_t error;
    *slot = json_loadb(text, length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!*slot) sl_bind_error(L, "line %d, column %d of the JSON text: %s", error.line, error.column, error.text);
    push_json(L, *slot, 0);
    json_decref(*slot);
    *slot = NULL;
    return 1;
}

const sl_bind_function sl_bind_json_functions[] = {
    {"json_encode", json_encode_value, "(value) -> string",
     "A value as JSON; a table with keys 1 .. n is a list, others (the empty one too) are objects, keys sorted.", NULL},
    {"json_decode", json_decode_text, "(text) -> value", "JSON as a value; null is nil.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
