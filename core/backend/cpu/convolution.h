// The ways a convolution is computed, by geometry. All on channels-last memory; weights lie as O, kh, kw, I.
#ifndef SL_BACKEND_CPU_CONVOLUTION_H
#define SL_BACKEND_CPU_CONVOLUTION_H

#include "core/backend/convolution_geometry.h"
#include "core/backend/cpu/cpu.h"

static inline int64_t sl_convolution_taps(const sl_convolution *g) {
    return g->kernel_height * g->kernel_width;
}

// By oneDNN's convolutions. SL_ERR_UNSUPPORTED where it has nothing but a reference implementation. `bias` and `gb` may be NULL.
sl_status sl_direct_forward(const sl_convolution *g, const float *x, const float *w, const float *bias, float *y);
sl_status sl_direct_data_gradient(const sl_convolution *g, const float *gy, const float *w, float *gx);
sl_status sl_direct_weight_gradient(const sl_convolution *g, const float *x, const float *gy, float *gw, float *gb);

// By one matrix product for all taps and a sum of shifted results: for stride 1 and few output channels (a classifier on many
// channels), where a direct convolution fills no vector registers.
bool sl_taps_suit(const sl_convolution *g);
sl_status sl_taps_forward(const sl_convolution *g, const float *x, const float *w, const float *bias, float *y);
sl_status sl_taps_weight_gradient(const sl_convolution *g, const float *x, const float *gy, float *gw);

// By minimal filtering with matrix products: 3x3 of stride 1 on many channels, at less than half the multiplications.
bool sl_winograd_suit(const sl_convolution *g);
sl_status sl_winograd_forward(const sl_convolution *g, const float *x, const float *w, const float *bias, float *y);
sl_status sl_winograd_data_gradient(const sl_convolution *g, const float *gy, const float *w, float *gx);
sl_status sl_winograd_weight_gradient(const sl_convolution *g, const float *x, const float *gy, float *gw);

// The sum of gy over all pixels, a number an output channel.
sl_status sl_bias_gradient(const sl_convolution *g, const float *gy, float *gb);

#endif
