#include "core/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

enum { ALIGNMENT = 64, PAGES_FROM = 1 << 20 };

void *sl_aligned_malloc(size_t size) {
    if (size > SIZE_MAX - ALIGNMENT || !allowed(size)) return NULL;
    if (size >= PAGES_FROM) {
        void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return pages == MAP_FAILED ? NULL : pages;
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return aligned_alloc(ALIGNMENT, rounded ? rounded : ALIGNMENT);
}

void sl_aligned_free(void *pointer, size_t size) {
    if (pointer && size >= PAGES_FROM)
        munmap(pointer, size);
    else
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
