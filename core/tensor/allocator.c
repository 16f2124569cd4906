#include "core/tensor/allocator.h"
#include "core/base/memory.h"

#include <pthread.h>
#include <stdlib.h>

// Under AddressSanitizer a cached block is off limits until it is handed out again.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

// Blocks are rounded up to a few size classes, so that a block fits the next tensor of about its size: multiples of 64 bytes up
// to 4 KiB, then eight classes an octave (at most 12.5 % is wasted).
enum { SMALL = 4096, GRAIN = 64, SMALL_CLASSES = SMALL / GRAIN + 1, OCTAVES = 36, CLASSES = SMALL_CLASSES + OCTAVES * 8 };

typedef struct free_block {
    struct free_block *next;
    size_t size;
} free_block;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static free_block *free_lists[CLASSES];
static sl_memory_stats stats;
static sl_memory_pressure_hook pressure_hook;
static void *pressure_user;
static size_t pressure_mark;
static size_t highest; // most bytes ever in use

static int class_of(size_t bytes) {
    if (bytes <= SMALL) return bytes ? (int)((bytes + GRAIN - 1) / GRAIN) : 1;
    int octave = 63 - __builtin_clzll(bytes - 1); // bytes in (2^octave, 2^(octave+1)]
    size_t step = (size_t)1 << (octave - 3);
    size_t steps = (bytes - ((size_t)1 << octave) + step - 1) / step; // 1 .. 8
    return SMALL_CLASSES + (octave - 12) * 8 + (int)steps - 1;
}

static size_t size_of_class(int index) {
    if (index < SMALL_CLASSES) return (size_t)index * GRAIN;
    int octave = 12 + (index - SMALL_CLASSES) / 8, steps = (index - SMALL_CLASSES) % 8 + 1;
    return ((size_t)8 + (size_t)steps) << (octave - 3);
}

// Takes `bytes` of cached blocks out, the largest first, as one list to be freed. The lock is held.
static free_block *take_out(size_t bytes) {
    free_block *list = NULL;
    size_t taken = 0;
    for (int i = CLASSES - 1; i > 0 && taken < bytes; i--)
        while (free_lists[i] && taken < bytes) {
            free_block *block = free_lists[i];
            free_lists[i] = block->next;
            block->next = list;
            list = block;
            taken += size_of_class(i);
        }
    stats.cached -= taken;
    return list;
}

static void give_back(free_block *list) {
    while (list) {
        free_block *next = list->next;
        ASAN_UNPOISON_MEMORY_REGION(list, list->size);
        sl_aligned_free(list, list->size);
        list = next;
    }
}

// The class of a cached block for a request of this class: its own, or a little larger (at most half as large again), or, when
// there is none, its own. The lock is held.
static int class_to_take(int index) {
    enum { LARGER = 4 };
    for (int i = index; index >= SMALL_CLASSES && i <= index + LARGER && i < CLASSES; i++)
        if (free_lists[i]) return i;
    return index;
}

sl_status sl_block_get(size_t bytes, size_t *block_bytes, void **out) {
    *out = NULL;
    if (bytes > (size_t)1 << 40) return sl_error(SL_ERR_MEMORY, "%zu bytes are more than any memory holds", bytes);
    int index = class_of(bytes);
    size_t size = size_of_class(index);
    enum { PRESSURE_LEAST = 64 << 20, SLACK = 32 << 20 };

    pthread_mutex_lock(&lock);
    sl_memory_pressure_hook hook = NULL;
    size_t now = stats.now + size;
    if (pressure_hook && now > pressure_mark + (pressure_mark / 4 > PRESSURE_LEAST ? pressure_mark / 4 : PRESSURE_LEAST)) {
        pressure_mark = now;
        hook = pressure_hook;
    }
    pthread_mutex_unlock(&lock);
    if (hook) {
        hook(pressure_user, now);
        pthread_mutex_lock(&lock);
        pressure_mark = stats.now + size; // what is still in use is the new base
        pthread_mutex_unlock(&lock);
    }

    pthread_mutex_lock(&lock);
    stats.requests++;
    index = class_to_take(index);
    size = size_of_class(index);
    free_block *block = free_lists[index], *surplus = NULL;
    if (block) {
        ASAN_UNPOISON_MEMORY_REGION(block, size);
        free_lists[index] = block->next;
        stats.cached -= size;
    } else {
        stats.system++;
    }
    stats.now += size;
    if (stats.now > stats.peak) stats.peak = stats.now;
    if (stats.now < pressure_mark / 2) pressure_mark = stats.now;
    // Blocks of other sizes must not pile up beyond what tensors ever needed at once: for a new block, old ones go.
    if (stats.peak > highest) highest = stats.peak;
    if (!block && stats.now + stats.cached > highest + SLACK) surplus = take_out(stats.now + stats.cached - highest - SLACK);
    pthread_mutex_unlock(&lock);
    give_back(surplus);

    if (!block) block = sl_aligned_malloc(size);
    if (!block) { // the cache may hold, in other sizes, what is missing
        sl_memory_trim();
        block = sl_aligned_malloc(size);
    }
    if (!block) {
        pthread_mutex_lock(&lock);
        stats.now -= size;
        now = stats.now;
        pthread_mutex_unlock(&lock);
        return sl_error(SL_ERR_MEMORY, "out of memory for %.1f MiB (%.1f MiB in use by tensors)", (double)size / 0x1p20,
                        (double)now / 0x1p20);
    }
    *out = block;
    *block_bytes = size;
    return SL_OK;
}

void sl_block_put(void *pointer, size_t size) {
    if (!pointer) return;
    int index = class_of(size);
    free_block *block = pointer;
    pthread_mutex_lock(&lock);
    *block = (free_block){free_lists[index], size};
    free_lists[index] = block;
    stats.now -= size;
    stats.cached += size;
    ASAN_POISON_MEMORY_REGION(block + 1, size - sizeof *block);
    pthread_mutex_unlock(&lock);
}

void sl_memory_trim(void) {
    pthread_mutex_lock(&lock);
    free_block *list = take_out(SIZE_MAX);
    pthread_mutex_unlock(&lock);
    give_back(list);
}

sl_memory_stats sl_memory_stats_get(void) {
    pthread_mutex_lock(&lock);
    sl_memory_stats copy = stats;
    pthread_mutex_unlock(&lock);
    return copy;
}

void sl_memory_stats_reset_peak(void) {
    pthread_mutex_lock(&lock);
    stats.peak = stats.now;
    pthread_mutex_unlock(&lock);
}

void sl_memory_pressure_hook_set(sl_memory_pressure_hook hook, void *user) {
    pthread_mutex_lock(&lock);
    pressure_hook = hook;
    pressure_user = user;
    pressure_mark = stats.now;
    pthread_mutex_unlock(&lock);
}
