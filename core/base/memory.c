#include "core/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static sl_memory_hook memory_hook;
static void *memory_hook_user;

static bool allowed(size_t size) {
    return !memory_hook || memory_hook(memory_hook_user, size);
}

void *sl_malloc(size_t size) {
    return allowed(size) ? malloc(size ? size : 1) : NULL;
}

void *sl_calloc(size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    if (!count || !size) count = size = 1;
    return allowed(count * size) ? calloc(count, size) : NULL;
}

void *sl_realloc(void *pointer, size_t size) {
    return allowed(size) ? realloc(pointer, size ? size : 1) : NULL;
}

void sl_free(void *pointer) {
    free(pointer);
}

void *sl_aligned_malloc(size_t size) {
    enum { ALIGNMENT = 64 };
    if (size > SIZE_MAX - ALIGNMENT || !allowed(size)) return NULL;
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return aligned_alloc(ALIGNMENT, rounded ? rounded : ALIGNMENT);
}

void sl_aligned_free(void *pointer) {
    free(pointer);
}

char *sl_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = sl_malloc(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

void sl_memory_hook_set(sl_memory_hook hook, void *user) {
    memory_hook = hook;
    memory_hook_user = user;
}
