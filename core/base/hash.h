// FNV-1a, 64 bits: for tables in memory and for telling whether something has changed. Nobody is kept from making two things
// alike.
#ifndef SL_BASE_HASH_H
#define SL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SL_HASH_START UINT64_C(0xCBF29CE484222325)

// Goes on with a hash, at first SL_HASH_START.
static inline uint64_t sl_hash(uint64_t hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
    return hash;
}

#endif
