// core.descriptions: the bindings as a table, for the Lua reference.
#include "lua/bind/bind.h"

static void set_text(lua_State *L, const char *key, const char *text) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

// Appends a row to the table at index 1, leaving the row on top for the caller to complete and pop.
static void push_row(lua_State *L, const char *kind, const char *prefix, const char *separator, const char *name) {
    lua_createtable(L, 0, 6);
    lua_pushvalue(L, -1);
    lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
    set_text(L, "kind", kind);
    lua_pushfstring(L, "%s%s%s", prefix, separator, name);
    lua_setfield(L, -2, "name");
}

static void describe(lua_State *L, const char *kind, const char *class, const char *prefix, const char *separator,
                     const sl_bind_function *functions) {
    for (; functions && functions->name; functions++) {
        push_row(L, kind, prefix, separator, functions->name);
        set_text(L, "class", class);
        set_text(L, "signature", functions->signature);
        set_text(L, "help", functions->help);
        sl_bind_push_options(L, functions->options);
        lua_setfield(L, -2, "options");
        lua_pop(L, 1);
    }
}

int sl_bind_descriptions(lua_State *L) {
    static const sl_bind_function close[] = {
        {"close", NULL, "()", "Frees it now; using it afterwards is an error. Closing twice is fine.", NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    luaL_checkstack(L, 12, NULL);
    lua_settop(L, 0);
    lua_newtable(L);
    for (int i = 0; sl_bind_groups[i].table; i++)
        describe(L, "function", NULL, sl_bind_groups[i].table, ".", sl_bind_groups[i].functions);
    for (int i = 0; sl_bind_classes[i]; i++) {
        const sl_bind_class *class = sl_bind_classes[i];
        if (!class->help) continue; // internal
        push_row(L, "class", class->name, "", "");
        set_text(L, "class", class->name);
        set_text(L, "help", class->help);
        lua_pop(L, 1);
        describe(L, "method", class->name, class->name, ":", class->methods);
        describe(L, "method", class->name, class->name, ":", close);
        describe(L, "operator", class->name, class->name, ".", class->metamethods);
    }
    return 1;
}
