// Softmax arithmetic on a run of pixels at once: the exponentials of many pixels' channels are computed as one flat array.
#ifndef SL_BACKEND_CPU_PIXELS_H
#define SL_BACKEND_CPU_PIXELS_H

#include "core/backend/cpu/vector.h"

// Runs are about this many floats, which stay in the first cache.
enum { SL_PIXELS_RUN = 2048 };
static inline int64_t sl_pixels_in_run(int64_t channels) {
    return channels < SL_PIXELS_RUN ? SL_PIXELS_RUN / channels : 1;
}

SL_INLINE float sl_pixels_max(const float *x, int64_t channels) {
    float max = x[0];
#pragma omp simd reduction(max : max)
    for (int64_t c = 1; c < channels; c++) max = x[c] > max ? x[c] : max;
    return max;
}
SL_INLINE float sl_pixels_sum(const float *x, int64_t channels) {
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int64_t c = 0; c < channels; c++) sum += x[c];
    return sum;
}
// y = x - by; returns nothing. `y` may be `x`.
SL_INLINE void sl_pixels_shift(const float *x, float by, int64_t channels, float *y) {
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) y[c] = x[c] - by;
}
SL_INLINE void sl_pixels_scale(float *y, float factor, int64_t channels) {
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) y[c] *= factor;
}
SL_INLINE void sl_pixels_exp(float *y, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) y[i] = sl_vector_exp(y[i]);
}

#endif
