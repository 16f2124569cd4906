// The mathematics of one pixel, written once for every backend: C and CUDA both compile this file, so what a machine without a
// GPU tests is what the GPU computes.
//
// A pixel's channels are contiguous (memory is channels-last). Everything is stable for logits of any finite size.
#ifndef SL_TENSOR_PIXEL_H
#define SL_TENSOR_PIXEL_H

#include <math.h>
#include <stdint.h>

#ifdef __CUDACC__
#define SL_PIXEL static inline __host__ __device__
#else
#define SL_PIXEL static inline
#endif

SL_PIXEL float sl_pixel_sigmoid(float x) {
    if (x >= 0.0f) return 1.0f / (1.0f + expf(-x));
    float e = expf(x);
    return e / (1.0f + e);
}

// Binary cross-entropy of the logit x against target t in [0, 1]; its derivative by x is sigmoid(x) - t.
SL_PIXEL float sl_pixel_bce(float x, float t) {
    return (x > 0.0f ? x : 0.0f) - x * t + log1pf(expf(-fabsf(x)));
}
SL_PIXEL float sl_pixel_bce_gradient(float x, float t) {
    return sl_pixel_sigmoid(x) - t;
}

// Whether the discriminator's logit d says that a pixel's prediction may become its label. As PyTorch's `sigmoid(d) < threshold`
// in float32, negated: a threshold of 0 keeps every pixel, one above 1 none.
SL_PIXEL int sl_pixel_is_confident(float d, float threshold) {
    return !(sl_pixel_sigmoid(d) < threshold);
}

// The first channel with the largest value.
SL_PIXEL int sl_pixel_argmax(const float *x, int channels) {
    int best = 0;
    for (int c = 1; c < channels; c++)
        if (x[c] > x[best]) best = c;
    return best;
}

// log(sum(exp(x))) = max + log_sum, kept apart: added up, a large maximum would swallow the rest.
typedef struct sl_pixel_lse {
    float max, log_sum;
} sl_pixel_lse;

SL_PIXEL sl_pixel_lse sl_pixel_log_sum_exp(const float *x, int channels) {
    sl_pixel_lse lse;
    lse.max = x[0];
    for (int c = 1; c < channels; c++)
        if (x[c] > lse.max) lse.max = x[c];
    float sum = 0.0f;
    for (int c = 0; c < channels; c++) sum += expf(x[c] - lse.max);
    lse.log_sum = logf(sum);
    return lse;
}

SL_PIXEL void sl_pixel_softmax(const float *x, int channels, float *y) {
    float max = x[0], sum = 0.0f;
    for (int c = 1; c < channels; c++)
        if (x[c] > max) max = x[c];
    for (int c = 0; c < channels; c++) sum += (y[c] = expf(x[c] - max));
    for (int c = 0; c < channels; c++) y[c] /= sum;
}

// From y = softmax(x) and the gradient of y to the gradient of x. `gx` may be `gy`.
SL_PIXEL void sl_pixel_softmax_gradient(const float *y, const float *gy, int channels, float *gx) {
    float sum = 0.0f;
    for (int c = 0; c < channels; c++) sum += gy[c] * y[c];
    for (int c = 0; c < channels; c++) gx[c] = y[c] * (gy[c] - sum);
}

SL_PIXEL void sl_pixel_log_softmax(const float *x, int channels, float *y) {
    sl_pixel_lse lse = sl_pixel_log_sum_exp(x, channels);
    for (int c = 0; c < channels; c++) y[c] = (x[c] - lse.max) - lse.log_sum;
}

// From y = log_softmax(x) and the gradient of y to the gradient of x. `gx` may be `gy`.
SL_PIXEL void sl_pixel_log_softmax_gradient(const float *y, const float *gy, int channels, float *gx) {
    float sum = 0.0f;
    for (int c = 0; c < channels; c++) sum += gy[c];
    for (int c = 0; c < channels; c++) gx[c] = gy[c] - expf(y[c]) * sum;
}

SL_PIXEL float sl_pixel_cross_entropy(const float *x, int channels, int label) {
    sl_pixel_lse lse = sl_pixel_log_sum_exp(x, channels);
    return (lse.max - x[label]) + lse.log_sum;
}

// factor * (softmax(x) - one_hot(label))
SL_PIXEL void sl_pixel_cross_entropy_gradient(const float *x, int channels, int label, float factor, float *gx) {
    sl_pixel_softmax(x, channels, gx);
    gx[label] -= 1.0f;
    for (int c = 0; c < channels; c++) gx[c] *= factor;
}

// Where along one axis of `in` samples the sample `index` of `out` lies: between `low` and `high`, with these weights (they add
// up to 1). align_corners: the outer samples' centres coincide; otherwise the outer edges do (half-pixel centres, clamped at the
// border). The position is a ratio of whole numbers and is divided as such, so it carries no rounding of a float scale.
typedef struct sl_pixel_tap {
    int low, high;
    float low_weight, high_weight;
} sl_pixel_tap;

SL_PIXEL sl_pixel_tap sl_pixel_bilinear_tap(int index, int in, int out, int align_corners) {
    int64_t numerator, denominator;
    if (align_corners) {
        numerator = (int64_t)index * (in - 1);
        denominator = out > 1 ? out - 1 : 1;
    } else {
        numerator = (2 * (int64_t)index + 1) * in - out;
        denominator = 2 * (int64_t)out;
        if (numerator < 0) numerator = 0;
    }
    sl_pixel_tap tap;
    tap.low = (int)(numerator / denominator);
    tap.high = tap.low < in - 1 ? tap.low + 1 : in - 1;
    tap.high_weight = (float)((double)(numerator % denominator) / (double)denominator);
    tap.low_weight = 1.0f - tap.high_weight;
    return tap;
}

#endif
