// Option tables, read by their descriptors.
#include "core/base/text.h"
#include "lua/bind/bind.h"
#include <math.h>
#include <string.h>

static const char *const type_names[] = {
    [SL_OPTION_INT] = "whole number", [SL_OPTION_LONG] = "whole number",  [SL_OPTION_REAL] = "number",
    [SL_OPTION_FLOAT] = "number",     [SL_OPTION_BOOL] = "boolean",       [SL_OPTION_TEXT] = "string",
    [SL_OPTION_CHOICE] = "string",    [SL_OPTION_INTS] = "whole numbers", [SL_OPTION_REALS] = "numbers",
    [SL_OPTION_FLOATS] = "numbers",   [SL_OPTION_OTHER] = "value",
};

int sl_bind_unknown(lua_State *L, const char *kind, const char *name, const char *const *names, size_t count) {
    const char *nearest = sl_text_nearest(name, names, count);
    if (nearest) sl_bind_error(L, "no such %s \"%s\". Did you mean \"%s\"?", kind, name, nearest);
    if (count == 0) sl_bind_error(L, "no such %s \"%s\"; there are none", kind, name);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (size_t i = 0; i < count; i++) {
        luaL_addstring(&text, i ? ", " : "");
        luaL_addstring(&text, names[i]);
    }
    luaL_pushresult(&text);
    sl_bind_error(L, "no such %s \"%s\"; there are: %s", kind, name, lua_tostring(L, -1));
}

static int __attribute__((noreturn)) wrong_type(lua_State *L, const sl_option *option, int value) {
    const char *got = luaL_tolstring(L, value, NULL);
    bool list = option->length > 0;
    if (list)
        sl_bind_error(L, "option \"%s\": a list of %d %s expected, got %s", option->name, option->length,
                      type_names[option->type], got);
    sl_bind_error(L, "option \"%s\": a %s expected, got %s", option->name, type_names[option->type], got);
}

// The number at `value`, checked against the range.
static double number(lua_State *L, const sl_option *option, int value, bool whole) {
    if (lua_type(L, value) != LUA_TNUMBER) wrong_type(L, option, value);
    double x = lua_tonumber(L, value);
    int is_whole = 1;
    if (whole) (void)lua_tointegerx(L, value, &is_whole);
    if (!is_whole) wrong_type(L, option, value);
    bool ranged = option->least != 0 || option->most != 0;
    if (isnan(x) || (ranged && !(x >= option->least && x <= option->most))) {
        if (isinf(option->most))
            sl_bind_error(L, "option \"%s\": %f is less than %f", option->name, x, option->least);
        else
            sl_bind_error(L, "option \"%s\": %f is not between %f and %f", option->name, x, option->least, option->most);
    }
    return x;
}

static void store_number(lua_State *L, const sl_option *option, int value, char *place, int index) {
    switch (option->type) {
    case SL_OPTION_INT:
    case SL_OPTION_INTS: {
        double x = number(L, option, value, true);
        if (!(fabs(x) <= 2147483647.0)) sl_bind_error(L, "option \"%s\": %f is too large", option->name, x);
        ((int *)(void *)place)[index] = (int)x;
        break;
    }
    case SL_OPTION_LONG:
        (void)number(L, option, value, true);
        *(int64_t *)(void *)place = lua_tointeger(L, value);
        break;
    case SL_OPTION_FLOAT:
    case SL_OPTION_FLOATS: ((float *)(void *)place)[index] = (float)number(L, option, value, false); break;
    default: ((double *)(void *)place)[index] = number(L, option, value, false); break;
    }
}

static void store_list(lua_State *L, const sl_option *option, int value, char *place) {
    if (lua_type(L, value) == LUA_TNUMBER) {
        for (int i = 0; i < option->length; i++) store_number(L, option, value, place, i);
        return;
    }
    if (lua_type(L, value) != LUA_TTABLE || (int)lua_rawlen(L, value) != option->length) wrong_type(L, option, value);
    for (int i = 0; i < option->length; i++) {
        lua_rawgeti(L, value, i + 1);
        store_number(L, option, lua_gettop(L), place, i);
        lua_pop(L, 1);
    }
}

static void store(lua_State *L, const sl_option *option, int value, char *target) {
    char *place = target + option->offset;
    switch (option->type) {
    case SL_OPTION_OTHER: break;
    case SL_OPTION_BOOL:
        if (lua_type(L, value) != LUA_TBOOLEAN) wrong_type(L, option, value);
        *(bool *)(void *)place = lua_toboolean(L, value);
        break;
    case SL_OPTION_TEXT:
    case SL_OPTION_CHOICE: {
        if (lua_type(L, value) != LUA_TSTRING) wrong_type(L, option, value);
        size_t length, count = 0;
        const char *text = lua_tolstring(L, value, &length);
        if (strlen(text) != length) sl_bind_error(L, "option \"%s\": the string contains a zero byte", option->name);
        if (option->type == SL_OPTION_TEXT) {
            *(const char **)(void *)place = text;
            break;
        }
        for (; option->choices[count]; count++)
            if (strcmp(option->choices[count], text) == 0) {
                *(int *)(void *)place = (int)count;
                return;
            }
        lua_pushfstring(L, "value of option \"%s\":", option->name);
        sl_bind_unknown(L, lua_tostring(L, -1), text, option->choices, count);
    }
    case SL_OPTION_INTS:
    case SL_OPTION_REALS:
    case SL_OPTION_FLOATS: store_list(L, option, value, place); break;
    default: store_number(L, option, value, place, 0); break;
    }
}

static size_t count_options(const sl_option *options) {
    size_t count = 0;
    while (options[count].name) count++;
    return count;
}

void sl_bind_options(lua_State *L, int argument, const char *what, const sl_option *options, void *target) {
    size_t count = count_options(options);
    luaL_checkstack(L, 12, NULL);
    bool absent = lua_isnoneornil(L, argument);
    if (!absent) sl_bind_table(L, argument, what);
    if (absent) {
        for (size_t i = 0; i < count; i++)
            if (!options[i].fallback) sl_bind_error(L, "option \"%s\" is required", options[i].name);
        return;
    }
    lua_pushnil(L);
    while (lua_next(L, argument)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            luaL_tolstring(L, -2, NULL);
            sl_bind_error(L, "an option has no name (key %s)", lua_tostring(L, -1));
        }
        const char *key = lua_tostring(L, -2);
        const sl_option *option = options;
        while (option->name && strcmp(option->name, key) != 0) option++;
        if (!option->name) {
            const char **names = sl_bind_scratch(L, count, sizeof *names);
            for (size_t i = 0; i < count; i++) names[i] = options[i].name;
            sl_bind_unknown(L, "option", key, names, count);
        }
        store(L, option, lua_gettop(L), target);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < count; i++) {
        if (options[i].fallback) continue;
        lua_pushstring(L, options[i].name);
        if (lua_rawget(L, argument) == LUA_TNIL) sl_bind_error(L, "option \"%s\" is required", options[i].name);
        lua_pop(L, 1);
    }
}

void sl_bind_push_options(lua_State *L, const sl_option *options) {
    luaL_checkstack(L, 6, NULL);
    lua_newtable(L);
    for (size_t i = 0; options && options[i].name; i++) {
        const sl_option *option = &options[i];
        lua_newtable(L);
        lua_pushstring(L, option->name);
        lua_setfield(L, -2, "name");
        if (option->length > 0)
            lua_pushfstring(L, "%d %s", option->length, type_names[option->type]);
        else
            lua_pushstring(L, type_names[option->type]);
        lua_setfield(L, -2, "type");
        lua_pushstring(L, option->fallback);
        lua_setfield(L, -2, "default");
        lua_pushstring(L, option->help);
        lua_setfield(L, -2, "help");
        if (option->least != 0 || option->most != 0) {
            lua_pushnumber(L, option->least);
            lua_setfield(L, -2, "least");
            lua_pushnumber(L, option->most);
            lua_setfield(L, -2, "most");
        }
        if (option->choices) {
            lua_newtable(L);
            for (int j = 0; option->choices[j]; j++) {
                lua_pushstring(L, option->choices[j]);
                lua_rawseti(L, -2, j + 1);
            }
            lua_setfield(L, -2, "choices");
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}
