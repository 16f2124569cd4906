// Memory that is freed at once: everything that belongs to a snapshot.
#ifndef SL_UI_TUI_ARENA_H
#define SL_UI_TUI_ARENA_H

#include <stddef.h>

typedef struct sl_arena_block sl_arena_block;
typedef struct sl_arena {
    sl_arena_block *blocks; // newest first
    size_t used;            // of the newest
} sl_arena;

// Zeroed memory for `count` things of `size`, aligned for any of them; NULL when memory is exhausted.
void *sl_arena_alloc(sl_arena *arena, size_t count, size_t size);
// A copy of a string; of NULL, NULL. NULL also when memory is exhausted, which *failed then tells.
const char *sl_arena_text(sl_arena *arena, const char *text, int *failed);
void sl_arena_free(sl_arena *arena);

#endif
