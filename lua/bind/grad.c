// Running a function with gradients off, or with the leaves frozen.
#include "core/tensor/tape.h"
#include "lua/bind/bind.h"

// Calls argument 1 with the others under a setting, which is restored also when the function fails.
static int call_under(lua_State *L, bool (*set)(bool), bool on) {
    sl_bind_function_argument(L, 1, "function");
    luaL_checkstack(L, 4, NULL);
    lua_pushcfunction(L, sl_bind_message_handler);
    lua_insert(L, 1);
    bool before = set(on);
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1);
    set(before);
    if (status != LUA_OK) return lua_error(L);
    return lua_gettop(L) - 1;
}

static int no_grad(lua_State *L) {
    return call_under(L, sl_grad_set, false);
}
static int frozen(lua_State *L) {
    return call_under(L, sl_freeze_set, true);
}

const sl_bind_function sl_bind_grad_functions[] = {
    {"no_grad", no_grad, "(function, ...) -> its results", "Calls the function with the arguments while nothing is recorded.",
     NULL},
    {"frozen", frozen, "(function, ...) -> its results",
     "Calls the function while leaves are constants: what it computes is recorded, the leaves get no gradient.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
