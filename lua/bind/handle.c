// Handles: full userdata that own an object of the core.
#include "core/base/log.h"
#include "lua/bind/bind.h"
#include <string.h>

sl_handle *sl_bind_new(lua_State *L, const sl_bind_class *class) {
    luaL_checkstack(L, 4, NULL);
    if (sl_bind_collecting()) sl_bind_error(L, "a finalizer may only close objects, not make them");
    sl_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    *handle = (sl_handle){NULL, NULL, NULL};
    luaL_setmetatable(L, class->type);
    if (class == &sl_bind_tensor) sl_scope_add(handle);
    return handle;
}

int sl_bind_adopt(lua_State *L, sl_handle *handle, void *object, sl_status status) {
    handle->object = object;
    sl_bind_check(L, status);
    return 1;
}

static void *open_object(lua_State *L, int argument, const char *what, const sl_bind_class *class, const sl_handle *handle) {
    if (sl_bind_collecting()) sl_bind_error(L, "a finalizer may only close objects, not use them");
    if (!handle->object) {
        luaL_checkstack(L, 4, NULL);
        if (strcmp(what, "self") == 0) sl_bind_error(L, "the %s is closed", class->name);
        sl_bind_argument_error(L, argument, what, lua_pushfstring(L, "the %s is closed", class->name));
    }
    return handle->object;
}

void *sl_bind_get(lua_State *L, int argument, const char *what, const sl_bind_class *class) {
    const sl_handle *handle = luaL_testudata(L, argument, class->type);
    if (!handle) sl_bind_type_error(L, argument, what, class->name);
    return open_object(L, argument, what, class, handle);
}

void *sl_bind_try(lua_State *L, int argument, const char *what, const sl_bind_class *class) {
    const sl_handle *handle = luaL_testudata(L, argument, class->type);
    return handle ? open_object(L, argument, what, class, handle) : NULL;
}

sl_tensor *sl_bind_tensor_get(lua_State *L, int argument, const char *what) {
    return sl_bind_get(L, argument, what, &sl_bind_tensor);
}

void sl_bind_push_tensor(lua_State *L, sl_tensor *borrowed) {
    if (!borrowed) {
        luaL_checkstack(L, 1, NULL);
        lua_pushnil(L);
        return;
    }
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    handle->object = sl_tensor_retain(borrowed);
}

// ---- what all classes have ----------------------------------------------------------------------------------------------------

static const sl_bind_class *class_of_closure(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(2));
}

static sl_handle *own_handle(lua_State *L, const sl_bind_class *class) {
    sl_handle *handle = luaL_testudata(L, 1, class->type);
    if (!handle) sl_bind_type_error(L, 1, "self", class->name);
    return handle;
}

static sl_status release(sl_handle *handle, const sl_bind_class *class) {
    void *object = handle->object;
    handle->object = NULL;
    sl_scope_remove(handle);
    return object ? class->release(object) : SL_OK;
}

// close() and __close. While the core waits for the collector, what a finalizer closes is left to the collector itself: the core
// may be at work on it.
static int handle_close(lua_State *L) {
    const sl_bind_class *class = class_of_closure(L);
    sl_handle *handle = own_handle(L, class);
    if (!sl_bind_collecting()) sl_bind_check(L, release(handle, class));
    return 0;
}

static int handle_gc(lua_State *L) {
    const sl_bind_class *class = class_of_closure(L);
    if (release(own_handle(L, class), class) != SL_OK) sl_log("closing a %s: %s", class->name, sl_error_message());
    return 0;
}

static int handle_tostring(lua_State *L) {
    const sl_bind_class *class = class_of_closure(L);
    sl_handle *handle = own_handle(L, class);
    if (!handle->object)
        lua_pushfstring(L, "%s (closed)", class->name);
    else if (class->describe)
        class->describe(L, handle->object);
    else
        lua_pushfstring(L, "%s: %p", class->name, handle->object);
    return 1;
}

static void set_common(lua_State *L, const sl_bind_class *class, const char *key, const char *name, lua_CFunction function) {
    lua_pushfstring(L, "%s:%s", class->name, name);
    lua_pushlightuserdata(L, (void *)class);
    lua_pushcclosure(L, function, 2);
    lua_setfield(L, -2, key);
}

void sl_bind_class_register(lua_State *L, const sl_bind_class *class) {
    luaL_checkstack(L, 8, NULL);
    luaL_newmetatable(L, class->type);
    set_common(L, class, "__gc", "close", handle_gc);
    set_common(L, class, "__close", "close", handle_close);
    set_common(L, class, "__tostring", "tostring", handle_tostring);
    lua_pushstring(L, class->type); // what getmetatable() gives to scripts
    lua_setfield(L, -2, "__metatable");
    if (class->metamethods) sl_bind_register(L, class->name, ".", class->metamethods);
    lua_newtable(L);
    set_common(L, class, "close", "close", handle_close);
    if (class->methods) sl_bind_register(L, class->name, ":", class->methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
