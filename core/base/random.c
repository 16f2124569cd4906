#include "core/base/random.h"

#include <math.h>

sl_random sl_random_at(uint64_t seed, uint32_t stream, uint64_t sample) {
    return (sl_random){.seed = seed, .stream = stream, .sample = sample};
}

void sl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

// Every draw has a counter block of its own: (draw, stream, sample); two words of it are used.
static uint64_t draw_u64(sl_random *random) {
    uint32_t counter[4] = {random->draw++, random->stream, (uint32_t)random->sample, (uint32_t)(random->sample >> 32)};
    uint32_t key[2] = {(uint32_t)random->seed, (uint32_t)(random->seed >> 32)}, out[4];
    sl_philox(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

uint32_t sl_random_u32(sl_random *random) {
    return (uint32_t)draw_u64(random);
}

double sl_random_uniform(sl_random *random) {
    return (double)(draw_u64(random) >> 11) * 0x1.0p-53;
}

double sl_random_normal(sl_random *random) { // Box-Muller
    double u = 1.0 - sl_random_uniform(random), v = sl_random_uniform(random);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

uint64_t sl_random_below(sl_random *random, uint64_t limit) {
    uint64_t reject = (UINT64_MAX - limit + 1) % limit; // 2^64 mod limit
    for (;;) {
        uint64_t value = draw_u64(random);
        if (value >= reject) return value % limit;
    }
}

void sl_random_permutation(sl_random *random, uint32_t *out, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) out[i] = i;
    for (uint32_t i = count; i > 1; i--) { // Fisher-Yates
        uint32_t j = (uint32_t)sl_random_below(random, i), swap = out[i - 1];
        out[i - 1] = out[j];
        out[j] = swap;
    }
}
