// The interpreter: making a state, finding the library, calling into it, reporting errors.
#include "lua/host.h"
#include "core/base/memory.h"
#include "lua/bind/alloc.h"
#include "lua/bind/bind.h"
#include "lua/embedded.h"
#include "lua/host_impl.h"
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the library -------------------------------------------------------------------------------------------------------------

// Pushes the whole content of a file, or nothing.
static int close_stream(lua_State *L) {
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

static bool push_file(lua_State *L, const char *path) {
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0); // the collector closes it when memory runs out
    stream->closef = NULL;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    stream->f = fopen(path, "rb");
    if (!stream->f) {
        lua_pop(L, 1);
        return false;
    }
    stream->closef = close_stream;
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    size_t count;
    do {
        char *room = luaL_prepbuffer(&text);
        count = fread(room, 1, LUAL_BUFFERSIZE, stream->f);
        luaL_addsize(&text, count);
    } while (count > 0);
    luaL_pushresult(&text);
    bool failed = ferror(stream->f) != 0;
    stream->closef = NULL;
    fclose(stream->f);
    lua_remove(L, -2);
    if (failed) lua_pop(L, 1);
    return !failed;
}

static const sl_embedded_file *find_embedded(const char *module) {
    for (const sl_embedded_file *file = sl_embedded_files; file->module; file++)
        if (strcmp(file->module, module) == 0) return file;
    return NULL;
}

static const char *library_folder(void) {
    const char *folder = getenv("SEMILUNA_LUA");
    return folder && *folder ? folder : NULL;
}

static bool is_library_name(const char *module) {
    return strncmp(module, "semiluna", 8) == 0 && (module[8] == '\0' || module[8] == '.');
}

// Pushes the text of a library module and the name of its chunk.
static bool push_module(lua_State *L, const char *module) {
    const char *folder = library_folder();
    if (!is_library_name(module)) return false;
    const char *path = luaL_gsub(L, module, ".", "/");
    const sl_embedded_file *embedded = folder ? NULL : find_embedded(module);
    if (embedded) {
        lua_pushlstring(L, embedded->text, embedded->bytes);
        lua_pushfstring(L, "=%s.lua", path);
    } else if (folder) {
        static const char *const endings[] = {".lua", "/init.lua"};
        size_t i = 0;
        for (; i < 2; i++) {
            const char *file = lua_pushfstring(L, "%s/%s%s", folder, path, endings[i]);
            if (push_file(L, file)) break;
            lua_pop(L, 1);
        }
        if (i == 2) {
            lua_pop(L, 1);
            return false;
        }
        lua_insert(L, -2);
        lua_pushfstring(L, "=%s", lua_tostring(L, -1));
        lua_remove(L, -2);
    } else {
        lua_pop(L, 1);
        return false;
    }
    lua_remove(L, -3);
    return true;
}

bool sl_host_push_source(lua_State *L, const char *module) {
    luaL_checkstack(L, 8, NULL);
    if (!push_module(L, module)) return false;
    lua_pop(L, 1);
    return true;
}

// package.searchers: library modules from the folder SEMILUNA_LUA, else from the program itself.
static int search_library(lua_State *L) {
    const char *module = luaL_checkstring(L, 1);
    if (!push_module(L, module)) {
        if (!is_library_name(module)) return 0;
        const char *folder = library_folder();
        lua_pushfstring(L, "no module '%s' in the library%s%s", module, folder ? " at " : "", folder ? folder : "");
        return 1;
    }
    size_t length;
    const char *text = lua_tolstring(L, -2, &length), *name = lua_tostring(L, -1);
    if (luaL_loadbufferx(L, text, length, name, "t") != LUA_OK) return lua_error(L);
    lua_insert(L, -2);
    lua_pushfstring(L, "%s", lua_tostring(L, -1) + 1);
    lua_remove(L, -2);
    return 2;
}

// ---- the state ---------------------------------------------------------------------------------------------------------------

static int set_up(lua_State *L) {
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, sl_bind_open);
    lua_setfield(L, -2, "semiluna.core");
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) { // second, after the preloaded ones
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search_library);
    lua_rawseti(L, -2, 2);
    sl_bind_collect_under_pressure(L);
    return 0;
}

sl_status sl_host_new(lua_State **out) {
    *out = NULL;
    sl_lua_memory *memory = sl_calloc(1, sizeof *memory);
    lua_State *L = memory ? lua_newstate(sl_lua_alloc, memory) : NULL;
    if (!L) {
        sl_free(memory);
        return sl_error(SL_ERR_MEMORY, "out of memory for the Lua interpreter");
    }
    lua_pushcfunction(L, set_up);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) {
        *out = L;
        return SL_OK;
    }
    sl_status status = sl_error(SL_ERR_MEMORY, "starting the Lua interpreter: %s", lua_tostring(L, -1));
    sl_host_free(L);
    return status;
}

void sl_host_free(lua_State *state) {
    if (!state) return;
    void *memory;
    (void)lua_getallocf(state, &memory);
    lua_close(state);
    sl_free(memory);
}

// ---- reporting ---------------------------------------------------------------------------------------------------------------

// Puts the further lines of a message behind the first, and leaves out where `require` has looked in vain.
static void print_message(const char *message) {
    const char *tried = strstr(message, ":\n\tno field package.preload");
    if (tried && !strstr(message, "\nstack traceback:")) {
        const char *where = strstr(message, " in the library at "); // SEMILUNA_LUA may name a wrong folder
        int length = where ? (int)strcspn(where, "\n") : 0;
        fprintf(stderr, "%.*s%.*s%s\n", (int)(tried - message), message, length, where ? where : "",
                where ? " (SEMILUNA_LUA)" : "");
        return;
    }
    bool traceback = strstr(message, "\nstack traceback:") != NULL;
    for (const char *c = message; *c; c++) {
        if (!traceback && c[0] == '\n' && c[1] == '\t') {
            fputc(' ', stderr);
            c++;
        } else {
            fputc(*c, stderr);
        }
    }
    fputc('\n', stderr);
}

// Makes of the error value at index 1 a message and whether it was wrong use.
static int explain(lua_State *L) {
    bool usage = false;
    if (lua_type(L, 1) == LUA_TTABLE) {
        lua_getfield(L, 1, "usage");
        usage = lua_toboolean(L, -1);
        if (lua_getfield(L, 1, "message") == LUA_TSTRING) lua_replace(L, 1);
        lua_settop(L, 1);
    }
    luaL_tolstring(L, 1, NULL);
    lua_pushboolean(L, usage);
    return 2;
}

// Prints the error value on top of the stack, pops it and returns the exit status.
static int report(lua_State *L) {
    lua_pushcfunction(L, explain);
    lua_insert(L, -2);
    int status = 1;
    fflush(stdout);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK) { // its __tostring failed, or memory is exhausted
        const char *message = lua_tostring(L, -1);
        print_message(message ? message : "an error that cannot be shown");
        lua_pop(L, 1);
        return status;
    }
    status = lua_toboolean(L, -1) ? 2 : 1;
    print_message(lua_tostring(L, -2));
    lua_pop(L, 2);
    return status;
}

int sl_host_protected(lua_State *state, lua_CFunction function, void *call) {
    lua_pushcfunction(state, sl_bind_message_handler);
    lua_pushcfunction(state, function);
    lua_pushlightuserdata(state, call);
    int status = lua_pcall(state, 1, 1, -3) == LUA_OK ? (int)lua_tointeger(state, -1) : report(state);
    lua_settop(state, 0);
    fflush(stdout);
    return status;
}

// ---- calling -----------------------------------------------------------------------------------------------------------------

typedef struct call {
    const char *module, *function;
    const sl_host_argument *arguments;
    size_t count;
} call;

static void push_arguments(lua_State *L, const call *wanted) {
    lua_newtable(L);
    for (size_t i = 0; i < wanted->count; i++) {
        const sl_host_argument *argument = &wanted->arguments[i];
        int before = lua_getfield(L, -1, argument->name);
        if (before == LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushstring(L, argument->value);
            lua_setfield(L, -2, argument->name);
            continue;
        }
        if (before != LUA_TTABLE) { // the second of its name: make a list
            lua_createtable(L, 2, 0);
            lua_insert(L, -2);
            lua_rawseti(L, -2, 1);
            lua_pushvalue(L, -1);
            lua_setfield(L, -3, argument->name);
        }
        lua_pushstring(L, argument->value);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_pop(L, 1);
    }
}

// Calls the function; its result is at the top.
static const call *call_it(lua_State *L) {
    const call *wanted = lua_touserdata(L, 1);
    lua_getglobal(L, "require");
    lua_pushstring(L, wanted->module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, wanted->function);
    push_arguments(L, wanted);
    lua_call(L, 1, 1);
    return wanted;
}

static int run_call(lua_State *L) {
    const call *wanted = call_it(L);
    if (lua_isnil(L, -1)) lua_pushinteger(L, 0);
    if (lua_isboolean(L, -1)) lua_pushinteger(L, lua_toboolean(L, -1) ? 0 : 1);
    int whole;
    (void)lua_tointegerx(L, -1, &whole);
    if (!whole) return luaL_error(L, "%s.%s returned no exit status", wanted->module, wanted->function);
    return 1;
}

int sl_host_call(lua_State *state, const char *module, const char *function, const sl_host_argument *arguments, size_t count) {
    call wanted = {module, function, arguments, count};
    return sl_host_protected(state, run_call, &wanted);
}

static int run_text(lua_State *L) {
    const call *wanted = call_it(L);
    if (lua_type(L, -1) != LUA_TSTRING) return luaL_error(L, "%s.%s returned no text", wanted->module, wanted->function);
    return 1;
}

sl_status sl_host_text(lua_State *state, const char *module, const char *function, const sl_host_argument *arguments,
                       size_t count, sl_text *out) {
    call wanted = {module, function, arguments, count};
    sl_status status;
    lua_pushcfunction(state, run_text);
    lua_pushlightuserdata(state, &wanted);
    if (lua_pcall(state, 1, 1, 0) == LUA_OK) {
        size_t bytes;
        const char *text = lua_tolstring(state, -1, &bytes);
        status = sl_text_append_bytes(out, text, bytes);
    } else {
        lua_pushcfunction(state, explain);
        lua_insert(state, -2);
        bool told = lua_pcall(state, 1, 2, 0) == LUA_OK;
        const char *message = told ? lua_tostring(state, -2) : NULL;
        status = sl_error(SL_ERR_ARGUMENT, "%s", message ? message : "an error that cannot be shown");
    }
    lua_settop(state, 0);
    return status;
}
