// core.ops: one function per op, made from the list of ops.
#include "lua/bind/bind.h"
#include <string.h>

enum { MAX_ATTRIBUTES = 32 };

int sl_bind_run_op(lua_State *L, sl_op op, sl_tensor *const *inputs, const sl_op_attributes *attributes) {
    int count = sl_op_info_get(op)->outputs;
    sl_handle *handles[SL_OP_MAX_OUTPUTS];
    for (int i = 0; i < count; i++) handles[i] = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    sl_status status = sl_op_run(op, inputs, attributes, outputs);
    for (int i = 0; i < count; i++) handles[i]->object = outputs[i];
    sl_bind_check(L, status);
    return count;
}

static int __attribute__((noreturn)) unknown_attribute(lua_State *L, const sl_op_info *info, const char *key) {
    const char *names[MAX_ATTRIBUTES];
    size_t count = 0;
    for (const sl_attribute_info *a = info->attributes; a->name && count < MAX_ATTRIBUTES; a++) names[count++] = a->name;
    sl_bind_unknown(L, "attribute", key, names, count);
}

static int __attribute__((noreturn)) wrong_attribute(lua_State *L, const sl_attribute_info *attribute, const char *expected) {
    sl_bind_error(L, "attribute \"%s\": a %s expected, got %s", attribute->name, expected, luaL_tolstring(L, -1, NULL));
}

// The value on top of the stack.
static void store_attribute(lua_State *L, const sl_attribute_info *attribute, sl_op_attributes *attributes) {
    void *place = (char *)attributes + attribute->offset;
    if (attribute->type == SL_ATTRIBUTE_BOOL) {
        if (lua_type(L, -1) != LUA_TBOOLEAN) wrong_attribute(L, attribute, "boolean");
        *(bool *)place = lua_toboolean(L, -1);
        return;
    }
    bool whole = attribute->type == SL_ATTRIBUTE_INT;
    const char *expected = whole ? "whole number" : "number";
    if (lua_type(L, -1) != LUA_TNUMBER) wrong_attribute(L, attribute, expected);
    double value = lua_tonumber(L, -1);
    if (!(value >= attribute->least && value <= attribute->most))
        sl_bind_error(L, "attribute \"%s\": %f is not between %f and %f", attribute->name, value, attribute->least,
                      attribute->most);
    if (!whole) {
        *(double *)place = value;
        return;
    }
    int is_whole;
    lua_Integer integer = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole) wrong_attribute(L, attribute, expected);
    *(int *)place = (int)integer;
}

static void read_attributes(lua_State *L, int table, const sl_op_info *info, sl_op_attributes *attributes) {
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (lua_type(L, -2) != LUA_TSTRING) sl_bind_error(L, "an attribute has no name (key %s)", luaL_tolstring(L, -2, NULL));
        const char *key = lua_tostring(L, -2);
        const sl_attribute_info *attribute = info->attributes;
        while (attribute->name && strcmp(attribute->name, key) != 0) attribute++;
        if (!attribute->name) unknown_attribute(L, info, key);
        store_attribute(L, attribute, attributes);
        lua_pop(L, 1);
    }
}

static int call_op(lua_State *L) {
    sl_op op = (sl_op)lua_tointeger(L, lua_upvalueindex(2));
    const sl_op_info *info = sl_op_info_get(op);
    sl_op_attributes attributes = sl_op_attributes_default(op);
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {NULL};
    int given = lua_gettop(L);
    luaL_checkstack(L, 16, NULL);
    if (given > 0 && lua_type(L, given) == LUA_TTABLE) {
        read_attributes(L, given, info, &attributes);
        given--;
    }
    if (given > info->most_inputs)
        sl_bind_error(L, "takes at most %d tensors and a table of attributes, got %d", info->most_inputs, given);
    for (int i = 0; i < info->most_inputs; i++) {
        bool absent = i >= given || lua_isnil(L, i + 1);
        if (absent && i < info->least_inputs) {
            if (i >= given) sl_bind_argument_error(L, i + 1, info->input_names[i], "tensor expected, got nothing");
            sl_bind_type_error(L, i + 1, info->input_names[i], "tensor");
        }
        if (!absent) inputs[i] = sl_bind_tensor_get(L, i + 1, info->input_names[i]);
    }
    return sl_bind_run_op(L, op, inputs, &attributes);
}

void sl_bind_push_ops(lua_State *L) {
    luaL_checkstack(L, 6, NULL);
    lua_createtable(L, 0, SL_OP_COUNT);
    for (int op = 0; op < SL_OP_COUNT; op++) {
        const char *name = sl_op_info_get((sl_op)op)->name;
        lua_pushfstring(L, "core.ops.%s", name);
        lua_pushinteger(L, op);
        lua_pushcclosure(L, call_op, 2);
        lua_setfield(L, -2, name);
    }
}

// ---- what the ops are ---------------------------------------------------------------------------------------------------------

static void set_text(lua_State *L, const char *key, const char *text) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void set_names(lua_State *L, const char *key, const char *const *names, int count, int required) {
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        if (i < required)
            lua_pushstring(L, names[i]);
        else
            lua_pushfstring(L, "[%s]", names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, key);
}

static void push_attribute(lua_State *L, const sl_attribute_info *attribute) {
    static const char *const types[] = {"whole number", "boolean", "number"};
    lua_newtable(L);
    set_text(L, "name", attribute->name);
    set_text(L, "type", types[attribute->type]);
    set_text(L, "help", attribute->help);
    if (attribute->type == SL_ATTRIBUTE_BOOL) {
        lua_pushboolean(L, attribute->fallback != 0);
        lua_setfield(L, -2, "default");
        return;
    }
    bool whole = attribute->type == SL_ATTRIBUTE_INT;
    const double numbers[] = {attribute->fallback, attribute->least, attribute->most};
    static const char *const keys[] = {"default", "least", "most"};
    for (int i = 0; i < 3; i++) {
        if (whole)
            lua_pushinteger(L, (lua_Integer)numbers[i]);
        else
            lua_pushnumber(L, numbers[i]);
        lua_setfield(L, -2, keys[i]);
    }
}

int sl_bind_op_list(lua_State *L) {
    luaL_checkstack(L, 10, NULL);
    lua_createtable(L, SL_OP_COUNT, 0);
    for (int op = 0; op < SL_OP_COUNT; op++) {
        const sl_op_info *info = sl_op_info_get((sl_op)op);
        lua_newtable(L);
        set_text(L, "name", info->name);
        set_text(L, "help", info->help);
        lua_pushboolean(L, info->differentiable != 0);
        lua_setfield(L, -2, "differentiable");
        set_names(L, "inputs", info->input_names, info->most_inputs, info->least_inputs);
        set_names(L, "outputs", info->output_names, info->outputs, info->outputs);
        lua_newtable(L);
        for (int i = 0; info->attributes[i].name; i++) {
            push_attribute(L, &info->attributes[i]);
            lua_rawseti(L, -2, i + 1);
        }
        lua_setfield(L, -2, "attributes");
        lua_rawseti(L, -2, op + 1);
    }
    return 1;
}
