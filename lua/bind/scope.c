// core.scope: tensors made while a function runs are closed when it returns, without waiting for the collector.
#include "core/tensor/tensor.h"
#include "lua/bind/bind.h"

typedef struct scope {
    sl_handle *first;
    struct scope *outer;
} scope;

static scope *running; // of the one thread that runs Lua

void sl_scope_remove(sl_handle *handle) {
    if (!handle->scope_link) return;
    *handle->scope_link = handle->scope_next;
    if (handle->scope_next) handle->scope_next->scope_link = handle->scope_link;
    handle->scope_next = NULL;
    handle->scope_link = NULL;
}

void sl_scope_add(sl_handle *handle) {
    if (!running) return;
    handle->scope_next = running->first;
    handle->scope_link = &running->first;
    if (running->first) running->first->scope_link = &handle->scope_next;
    running->first = handle;
}

static int run_scope(lua_State *L) {
    sl_bind_function_argument(L, 1, "function");
    luaL_checkstack(L, 4, NULL);
    lua_pushcfunction(L, sl_bind_message_handler);
    lua_insert(L, 1);
    scope own = {NULL, running};
    running = &own;
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1);
    running = own.outer;
    int top = lua_gettop(L);
    for (int i = 2; status == LUA_OK && i <= top; i++) { // results live on, in the outer scope
        sl_handle *handle = luaL_testudata(L, i, sl_bind_tensor.type);
        if (!handle || !handle->object) continue;
        sl_scope_remove(handle);
        sl_scope_add(handle);
    }
    while (own.first) {
        sl_handle *handle = own.first;
        void *tensor = handle->object;
        sl_scope_remove(handle);
        handle->object = NULL;
        sl_tensor_free(tensor);
    }
    if (status != LUA_OK) return lua_error(L);
    return top - 1;
}

int sl_bind_tensor_keep(lua_State *L) {
    (void)sl_bind_tensor_get(L, 1, "self");
    sl_scope_remove(lua_touserdata(L, 1));
    lua_settop(L, 1);
    return 1;
}

const sl_bind_function sl_bind_scope_functions[] = {
    {"scope", run_scope, "(function, ...) -> its results",
     "Calls the function with the arguments and closes every tensor made meanwhile, except its direct results (which belong to "
     "the "
     "scope around it) and those kept by tensor:keep().",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
