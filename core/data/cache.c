// Decoded images kept in memory. Nothing is ever thrown out: for a random order in which each image is read once an epoch,
// keeping the first that came is as good as any choice, and a reader can hold what it was lent without a lock.
#include "core/base/memory.h"
#include "core/data/dataset_impl.h"

typedef struct cache_entry {
    sl_image image, label;
} cache_entry;

struct sl_cache {
    size_t count;
    atomic_size_t limit, used;
    _Atomic(cache_entry *) *entries;
};

sl_status sl_cache_new(size_t count, size_t limit, sl_cache **out) {
    sl_cache *cache = sl_calloc(1, sizeof *cache);
    *out = cache;
    if (cache) cache->entries = sl_calloc(count, sizeof *cache->entries);
    if (!cache || !cache->entries) {
        sl_free(cache);
        *out = NULL;
        return sl_error(SL_ERR_MEMORY, "out of memory for a dataset of %zu images", count);
    }
    cache->count = count;
    atomic_init(&cache->limit, limit);
    atomic_init(&cache->used, 0);
    return SL_OK;
}

void sl_cache_free(sl_cache *cache) {
    if (!cache) return;
    for (size_t i = 0; i < cache->count; i++) {
        cache_entry *entry = atomic_load(&cache->entries[i]);
        if (!entry) continue;
        sl_image_clear(&entry->image);
        sl_image_clear(&entry->label);
        sl_free(entry);
    }
    sl_free(cache->entries);
    sl_free(cache);
}

void sl_cache_set_limit(sl_cache *cache, size_t limit) {
    atomic_store(&cache->limit, limit);
}

bool sl_cache_get(const sl_cache *cache, size_t index, const sl_image **image, const sl_image **label) {
    const cache_entry *entry = atomic_load_explicit(&cache->entries[index], memory_order_acquire);
    if (!entry) return false;
    *image = &entry->image;
    *label = &entry->label;
    return true;
}

static size_t bytes_of(const sl_image *image) {
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels;
}

bool sl_cache_put(sl_cache *cache, size_t index, sl_image *image, sl_image *label) {
    size_t bytes = sizeof(cache_entry) + bytes_of(image) + bytes_of(label);
    if (atomic_fetch_add(&cache->used, bytes) + bytes <= atomic_load(&cache->limit)) {
        cache_entry *entry = sl_malloc(sizeof *entry), *none = NULL;
        if (entry) {
            *entry = (cache_entry){*image, *label};
            if (atomic_compare_exchange_strong(&cache->entries[index], &none, entry)) {
                *image = *label = (sl_image){0};
                return true;
            }
            sl_free(entry); // another thread was faster
        }
    }
    atomic_fetch_sub(&cache->used, bytes);
    return false;
}
