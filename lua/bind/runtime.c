// The build, the backend, threads and memory.
#include "core/backend/backend.h"
#include "core/base/thread.h"
#include "core/tensor/allocator.h"
#include "lua/bind/bind.h"
#include "lua/embedded.h"
#include "lua/host_impl.h"
#include <string.h>

static int version(lua_State *L) {
    lua_pushliteral(L, SEMILUNA_VERSION);
    return 1;
}

static int backends(lua_State *L) {
    int count = 0;
    lua_newtable(L);
    if (sl_backend_cpu()) {
        lua_pushstring(L, sl_backend_cpu()->name);
        lua_rawseti(L, -2, ++count);
    }
    lua_pushstring(L, sl_backend_reference.name);
    lua_rawseti(L, -2, ++count);
    return 1;
}

static int use_backend(lua_State *L) {
    sl_bind_check(L, sl_backend_use(sl_bind_string(L, 1, "name")));
    return 0;
}

static int backend(lua_State *L) {
    lua_pushstring(L, sl_backend_get()->name);
    lua_pushstring(L, sl_backend_get()->about);
    return 2;
}

static int threads(lua_State *L) {
    if (!lua_isnoneornil(L, 1)) sl_threads_set((int)sl_bind_integer(L, 1, "count", 0, 4096));
    lua_pushinteger(L, sl_threads_get());
    return 1;
}

typedef struct memory_options {
    bool reset_peak, trim;
} memory_options;

static const sl_option memory_descriptors[] = {
    {"reset_peak", SL_OPTION_BOOL, offsetof(memory_options, reset_peak), "false", "afterwards, start the peak anew", 0, 0, 0,
     NULL},
    {"trim", SL_OPTION_BOOL, offsetof(memory_options, trim), "false", "first, give the cached blocks back to the system", 0, 0, 0,
     NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

static int memory(lua_State *L) {
    memory_options options = {false, false};
    sl_bind_options(L, 1, "options", memory_descriptors, &options);
    if (options.trim) sl_memory_trim();
    sl_memory_stats stats = sl_memory_stats_get();
    if (options.reset_peak) sl_memory_stats_reset_peak();
    lua_createtable(L, 0, 5);
    const struct {
        const char *name;
        uint64_t value;
    } fields[] = {{"now", stats.now},
                  {"peak", stats.peak},
                  {"cached", stats.cached},
                  {"requests", stats.requests},
                  {"system", stats.system}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushinteger(L, (lua_Integer)fields[i].value);
        lua_setfield(L, -2, fields[i].name);
    }
    return 1;
}

static int source(lua_State *L) {
    if (!sl_host_push_source(L, sl_bind_string(L, 1, "module"))) lua_pushnil(L);
    return 1;
}

// What kind of handle a value is.
static int kind_of(lua_State *L) {
    for (int i = 0; sl_bind_classes[i]; i++)
        if (luaL_testudata(L, 1, sl_bind_classes[i]->type)) {
            lua_pushstring(L, sl_bind_classes[i]->name);
            return 1;
        }
    lua_pushnil(L);
    return 1;
}

const sl_bind_function sl_bind_runtime_functions[] = {
    {"version", version, "() -> string", "The version of Semiluna.", NULL},
    {"backends", backends, "() -> {names}", "The backends of this build.", NULL},
    {"use_backend", use_backend, "(name)", "Selects the backend.", NULL},
    {"backend", backend, "() -> name, about", "The backend in use, and its library.", NULL},
    {"threads", threads, "(count) -> integer", "How many threads kernels use; given a count, sets it (0: all processors).", NULL},
    {"memory", memory, "({reset_peak=, trim=}) -> {now=, peak=, cached=, requests=, system=}",
     "Bytes of tensors now and at most, bytes cached, blocks handed out and how many of them asked the system.",
     memory_descriptors},
    {"type", kind_of, "(value) -> string | nil", "\"tensor\", \"model\", ... for an object of the core, nil for other values.",
     NULL},
    {"source", source, "(module) -> string | nil", "The text of a module of the library.", NULL},
    {"op_list", sl_bind_op_list, "() -> {{name=, help=, inputs=, outputs=, attributes=}, ...}", "What the ops are.", NULL},
    {"descriptions", sl_bind_descriptions, "() -> {{name=, kind=, class=, signature=, help=, options=}, ...}",
     "Every function, class and method of the core.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
