// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011).
//
// A draw is addressed by (seed, stream, sample, draw), so it does not depend on what other threads draw, or when.
#ifndef SL_BASE_RANDOM_H
#define SL_BASE_RANDOM_H

#include <stdint.h>

// What a stream of numbers is for. Never renumber: checkpoints and published seeds depend on it.
typedef enum sl_random_stream {
    SL_STREAM_WEIGHTS = 1, // initial weights of the segmentation network; sample = parameter index
    SL_STREAM_DISCRIMINATOR = 2,
    SL_STREAM_SPLIT = 3,    // which images are labelled
    SL_STREAM_SCENE = 4,    // synthetic scenes; sample = scene number
    SL_STREAM_LABELED = 16, // order and augmentation of the labelled stream; sample = sample number
    SL_STREAM_UNLABELED = 17,
    SL_STREAM_GROUND_TRUTH = 18,
    SL_STREAM_USER = 64, // scripts' own draws start here
} sl_random_stream;

typedef struct sl_random {
    uint64_t seed;
    uint32_t stream;
    uint64_t sample;
    uint32_t draw; // the next draw's number
} sl_random;

sl_random sl_random_at(uint64_t seed, uint32_t stream, uint64_t sample);

// The raw generator: four 32-bit words for a 128-bit counter and a 64-bit key.
void sl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

uint32_t sl_random_u32(sl_random *random);
double sl_random_uniform(sl_random *random);                 // [0, 1), 53 bits
double sl_random_normal(sl_random *random);                  // mean 0, standard deviation 1
uint64_t sl_random_below(sl_random *random, uint64_t limit); // 0 .. limit-1, unbiased; limit > 0

// Element `index` of a random permutation of 0 .. count-1 that (seed, stream, sample) decides: `out` receives all of it.
void sl_random_permutation(sl_random *random, uint32_t *out, uint32_t count);

#endif
