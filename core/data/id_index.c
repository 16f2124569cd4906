#include "core/base/memory.h"
#include "core/data/dataset_impl.h"

#include <string.h>

static size_t hash_of(const char *text) { // FNV-1a
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32);
}

sl_status sl_id_index_new(const char *const *ids, size_t count, sl_id_index *out) {
    *out = (sl_id_index){.ids = ids};
    if (count > INT32_MAX) return sl_error(SL_ERR_DATA, "%zu images in one dataset are too many", count);
    size_t size = 16;
    while (size < 2 * count) size *= 2;
    out->slots = sl_calloc(size, sizeof *out->slots);
    if (!out->slots) return sl_error(SL_ERR_MEMORY, "out of memory for the ids of %zu images", count);
    out->mask = size - 1;
    return SL_OK;
}

// The slot that holds the id, or the free one where it belongs.
static uint32_t *slot_of(const sl_id_index *index, const char *id) {
    size_t at = hash_of(id) & index->mask;
    while (index->slots[at] && strcmp(index->ids[index->slots[at] - 1], id) != 0) at = (at + 1) & index->mask;
    return &index->slots[at];
}

long sl_id_index_add(sl_id_index *index, size_t position) {
    uint32_t *slot = slot_of(index, index->ids[position]);
    if (*slot) return (long)*slot - 1;
    *slot = (uint32_t)position + 1;
    return -1;
}

long sl_id_index_find(const sl_id_index *index, const char *id) {
    return (long)*slot_of(index, id) - 1;
}

void sl_id_index_free(sl_id_index *index) {
    sl_free(index->slots);
    *index = (sl_id_index){0};
}
