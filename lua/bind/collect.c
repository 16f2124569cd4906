// Running Lua's collector when tensors grow: it does not know how large what its small userdata hold is.
#include "core/tensor/allocator.h"
#include "lua/bind/bind.h"
#include <pthread.h>

static pthread_t lua_thread;
static lua_State *collector; // a coroutine with nothing to do but this, so that finalizers run on an idle stack
static bool collecting;

bool sl_bind_collecting(void) {
    return collecting;
}

static void collect(void *user, size_t now) {
    (void)now;
    if (user != collector || collecting || !pthread_equal(pthread_self(), lua_thread)) return;
    collecting = true;
    lua_gc(collector, LUA_GCCOLLECT);
    collecting = false;
}

// The collector coroutine's guard: when the state closes, the hook goes.
static int forget(lua_State *L) {
    lua_State *const *own = lua_touserdata(L, 1);
    if (*own == collector) {
        sl_memory_pressure_hook_set(NULL, NULL);
        collector = NULL;
    }
    return 0;
}

void sl_bind_collect_under_pressure(lua_State *L) {
    luaL_checkstack(L, 4, NULL);
    lua_State **own = lua_newuserdatauv(L, sizeof *own, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, forget);
    lua_setfield(L, -2, "__gc");
    *own = lua_newthread(L);
    lua_setiuservalue(L, -3, 1);
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, "semiluna.collector");
    lua_getfield(L, LUA_REGISTRYINDEX, "semiluna.collector");
    collector = *(lua_State **)lua_touserdata(L, -1);
    lua_pop(L, 1);
    lua_thread = pthread_self();
    sl_memory_pressure_hook_set(collect, collector);
}
