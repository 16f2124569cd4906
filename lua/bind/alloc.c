#include "lua/bind/alloc.h"
#include "core/base/memory.h"

void *sl_lua_alloc(void *user, void *pointer, size_t old_size, size_t new_size) {
    sl_lua_memory *memory = user;
    if (!pointer) old_size = 0; // Lua passes the kind of object there
    if (new_size == 0) {
        memory->used -= old_size;
        sl_free(pointer);
        return NULL;
    }
    if (memory->limit && new_size > old_size && memory->used - old_size + new_size > memory->limit) {
        memory->refused = true;
        return NULL;
    }
    void *moved = sl_realloc(pointer, new_size);
    if (!moved) {
        if (new_size > old_size) return NULL;
        return pointer; // shrinking must not fail
    }
    memory->used = memory->used - old_size + new_size;
    return moved;
}
