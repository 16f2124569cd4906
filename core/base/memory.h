// Host memory. Every allocation of the core passes through here, so that a test can make the n-th one fail.
#ifndef SL_BASE_MEMORY_H
#define SL_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

// As malloc, calloc, realloc and free; NULL when memory is exhausted or the hook says so. Sizes of 0 give a valid pointer.
void *sl_malloc(size_t size);
void *sl_calloc(size_t count, size_t size);
void *sl_realloc(void *pointer, size_t size);
void sl_free(void *pointer);

// 64-byte aligned memory for tensor data. Large pieces are pages of their own, which go back to the system when freed: a heap
// keeps them, cut up. Freed with sl_aligned_free and the same size.
void *sl_aligned_malloc(size_t size);
void sl_aligned_free(void *pointer, size_t size);

// A copy of a string, or NULL when memory is exhausted. Freed with sl_free.
char *sl_strdup(const char *text);

// Called before each allocation above with its size; returning false makes it fail. NULL removes the hook. For tests: set it
// while no other thread allocates.
typedef bool (*sl_memory_hook)(void *user, size_t size);
void sl_memory_hook_set(sl_memory_hook hook, void *user);

#endif
