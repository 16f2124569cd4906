// core.system.guard: a script's own code within limits of time and memory, so that an endless loop or table ends with an error.
#include "lua/bind/alloc.h"
#include "lua/bind/bind.h"
#include <stdio.h>
#include <time.h>

enum { INSTRUCTIONS = 10000 }; // between two looks at the clock

typedef struct guard {
    double deadline, seconds;
    sl_lua_memory *memory; // NULL: not this host's state
    double mib;
    char place[LUA_IDSIZE + 16]; // "file:line: " where the script was last seen
    struct guard *outer;
} guard;

static guard *running; // of the one thread that runs Lua

static double clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void check_clock(lua_State *L, lua_Debug *frame) {
    if (running && lua_getinfo(L, "Sl", frame) && frame->source[0] == '@')
        snprintf(running->place, sizeof running->place, "%s:%d: ", frame->short_src, frame->currentline);
    const guard *late = running;
    while (late && clock_now() <= late->deadline) late = late->outer;
    if (!late) return;
    lua_sethook(L, check_clock, LUA_MASKCOUNT, 1); // a pcall in the script must not swallow it
    lua_pushfstring(L, "the script ran for more than %f s without returning", late->seconds);
    sl_bind_raise(L);
}

typedef struct guard_options {
    double seconds, mib, memory;
} guard_options;

static const sl_option guard_descriptors[] = {
    {"seconds", SL_OPTION_REAL, offsetof(guard_options, seconds), "60", "limit of time", 0, 1e9, 0, NULL},
    {"mib", SL_OPTION_REAL, offsetof(guard_options, mib), "1024", "limit of the Lua values made meanwhile, in MiB", 1, 1e9, 0,
     NULL},
    {"memory", SL_OPTION_REAL, offsetof(guard_options, memory), "nil", "the same in bytes", 0, 1e15, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

// Calls what stands on the stack under the guard's limits, and restores the ones before.
static int guarded_call(lua_State *L, guard *own, int arguments) {
    lua_Hook hook = lua_gethook(L);
    int mask = lua_gethookmask(L), count = lua_gethookcount(L);
    sl_lua_memory before = own->memory ? *own->memory : (sl_lua_memory){0};
    if (own->memory) {
        double limit = (double)before.used + own->mib * 0x1p20;
        if (limit < 0x1p62 && (before.limit == 0 || limit < (double)before.limit)) own->memory->limit = (size_t)limit;
        own->memory->refused = false;
    }
    own->outer = running;
    running = own;
    lua_sethook(L, check_clock, LUA_MASKCOUNT, INSTRUCTIONS);
    int status = lua_pcall(L, arguments, LUA_MULTRET, 1);
    running = own->outer;
    lua_sethook(L, hook, mask, count);
    bool refused = own->memory && own->memory->refused;
    if (own->memory) {
        own->memory->limit = before.limit;
        own->memory->refused = before.refused;
    }
    if (status != LUA_ERRMEM || !refused) return status;
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    lua_pushfstring(L, "%sthe script used more than %f MiB; is there an endless loop or table in it?", own->place, own->mib);
    return status;
}

static int run_guarded(lua_State *L) {
    sl_bind_function_argument(L, 1, "function");
    lua_settop(L, 2);
    guard_options options = {60, 1024, 0};
    sl_bind_options(L, 2, "limits", guard_descriptors, &options);
    lua_settop(L, 1);
    luaL_checkstack(L, 8, NULL);
    lua_pushcfunction(L, sl_bind_message_handler);
    lua_insert(L, 1);
    void *memory = NULL;
    bool ours = lua_getallocf(L, &memory) == sl_lua_alloc;
    guard own = {
        .deadline = clock_now() + options.seconds,
        .seconds = options.seconds,
        .memory = ours ? memory : NULL,
        .mib = options.memory > 0 ? options.memory / 0x1p20 : options.mib,
    };
    if (guarded_call(L, &own, 0) != LUA_OK) return lua_error(L);
    return lua_gettop(L) - 1;
}

const sl_bind_function sl_bind_guard_functions[] = {
    {"guard", run_guarded, "(function, {seconds=, mib=}) -> its results",
     "Calls a function; running or growing beyond the limits is an error.", guard_descriptors},
    {NULL, NULL, NULL, NULL, NULL},
};
