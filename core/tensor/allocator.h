// The caching allocator behind tensor storage: freed blocks are kept for the next tensor of about that size, so that a training
// step in its steady state asks the system for nothing.
#ifndef SL_TENSOR_ALLOCATOR_H
#define SL_TENSOR_ALLOCATOR_H

#include "core/base/status.h"
#include <stddef.h>
#include <stdint.h>

typedef struct sl_memory_stats {
    size_t now;        // bytes in use by tensors
    size_t peak;       // most bytes in use since the last sl_memory_stats_reset_peak
    size_t cached;     // bytes kept for reuse
    uint64_t requests; // blocks handed out
    uint64_t system;   // requests that had to ask the system
} sl_memory_stats;

sl_memory_stats sl_memory_stats_get(void);
void sl_memory_stats_reset_peak(void);
void sl_memory_trim(void); // gives the cached blocks back to the system

// Called with the bytes in use when they have grown by a quarter (at least 64 MiB) since its last call, so that a garbage
// collector that holds tensors can run. On the allocating thread, before the allocation. NULL removes it.
typedef void (*sl_memory_pressure_hook)(void *user, size_t now);
void sl_memory_pressure_hook_set(sl_memory_pressure_hook hook, void *user);

// Used by tensors alone.
sl_status sl_block_get(size_t bytes, size_t *block_bytes, void **out); // *block_bytes: what the block holds, at least `bytes`
void sl_block_put(void *block, size_t block_bytes);

#endif
