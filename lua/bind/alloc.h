// The Lua state's memory: through the core's hook, counted, and limited while a script is being loaded.
#ifndef SL_LUA_BIND_ALLOC_H
#define SL_LUA_BIND_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sl_lua_memory {
    size_t used;  // bytes
    size_t limit; // 0: none
    bool refused; // the limit has refused an allocation
} sl_lua_memory;

// A lua_Alloc; `memory` is a sl_lua_memory.
void *sl_lua_alloc(void *memory, void *pointer, size_t old_size, size_t new_size);

#endif
