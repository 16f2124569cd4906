#include "ui/tui/arena.h"
#include "core/base/memory.h"
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 256 * 1024 };

struct sl_arena_block {
    sl_arena_block *next;
    size_t size;
    alignas(16) unsigned char bytes[];
};

void *sl_arena_alloc(sl_arena *arena, size_t count, size_t size) {
    if (size && count > (SIZE_MAX - 64) / size) return NULL;
    size_t bytes = (count * size + 15) / 16 * 16;
    if (bytes == 0) bytes = 16;
    if (!arena->blocks || arena->blocks->size - arena->used < bytes) {
        size_t room = bytes > BLOCK ? bytes : BLOCK;
        sl_arena_block *block = sl_malloc(sizeof *block + room);
        if (!block) return NULL;
        block->next = arena->blocks;
        block->size = room;
        arena->blocks = block;
        arena->used = 0;
    }
    void *memory = arena->blocks->bytes + arena->used;
    arena->used += bytes;
    return memset(memory, 0, bytes);
}

const char *sl_arena_text(sl_arena *arena, const char *text, int *failed) {
    if (!text) return NULL;
    size_t size = strlen(text) + 1;
    char *copy = sl_arena_alloc(arena, size, 1);
    if (!copy) {
        *failed = 1;
        return NULL;
    }
    return memcpy(copy, text, size);
}

void sl_arena_free(sl_arena *arena) {
    for (sl_arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        sl_free(block);
    }
    *arena = (sl_arena){0};
}
