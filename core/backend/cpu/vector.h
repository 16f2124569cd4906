// exp and log of floats in a form that compilers vectorise, accurate to about 1 unit in the last place.
#ifndef SL_BACKEND_CPU_VECTOR_H
#define SL_BACKEND_CPU_VECTOR_H

#include "core/backend/cpu/cpu.h"
#include <string.h>

SL_INLINE float sl_vector_from_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
SL_INLINE int32_t sl_vector_bits(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// exp(x) for x <= 88; results under the smallest normal number are 0. x = n log 2 + r; exp(r) by its series to r^7, whose rest is
// under 6e-9 for |r| <= log(2) / 2.
SL_INLINE float sl_vector_exp(float x) {
    float at = x < -87.3f ? -87.3f : x; // NaN stays NaN
    at = at > 88.0f ? 88.0f : at;
    float shifted = at * 1.44269504f + 12582912.0f; // 1.5 * 2^23: the sum's last bits are n
    float n = shifted - 12582912.0f;
    float r = at - n * 0.693359375f; // log 2 in two parts, the first of few digits
    r = r - n * -2.12194440e-4f;
    float p = 1.98412698e-4f;
    p = p * r + 1.38888889e-3f;
    p = p * r + 8.33333333e-3f;
    p = p * r + 4.16666667e-2f;
    p = p * r + 1.66666667e-1f;
    p = p * r + 0.5f;
    p = p * (r * r) + r + 1.0f;
    float power = sl_vector_from_bits((int32_t)((uint32_t)(sl_vector_bits(shifted) - 0x4B400000 + 127) << 23));
    return x < -87.3f ? 0.0f : p * power;
}

SL_INLINE float sl_vector_sigmoid(float x) {
    float e = sl_vector_exp(x < 0.0f ? x : -x); // exp(-|x|)
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// log(1 + x) for x in [0, 1]: 2 atanh(s) with s = x / (2 + x) <= 1/3, by its series.
SL_INLINE float sl_vector_log1p(float x) {
    float s = x / (2.0f + x), q = s * s;
    float p = 1.0f / 15.0f;
    p = p * q + 1.0f / 13.0f;
    p = p * q + 1.0f / 11.0f;
    p = p * q + 1.0f / 9.0f;
    p = p * q + 1.0f / 7.0f;
    p = p * q + 1.0f / 5.0f;
    p = p * q + 1.0f / 3.0f;
    return 2.0f * s + 2.0f * s * (q * p);
}

#endif
