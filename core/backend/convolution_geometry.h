// The extents of a convolution, as the backends' bodies need them.
#ifndef SL_BACKEND_CONVOLUTION_GEOMETRY_H
#define SL_BACKEND_CONVOLUTION_GEOMETRY_H

#include "core/backend/backend.h"

typedef struct sl_convolution {
    int64_t batch, in, height, width;         // x
    int64_t out, kernel_height, kernel_width; // weight
    int64_t out_height, out_width;            // y
    int64_t stride, padding, dilation;
} sl_convolution;

// Of a conv2d call; `y` is its output, or the output's gradient.
static inline sl_convolution sl_convolution_of(const sl_op_call *call, const sl_tensor *y) {
    sl_shape x = call->in_shape[0], w = call->in_shape[1], out = sl_tensor_shape(y);
    const sl_op_attributes *a = &call->attributes;
    return (sl_convolution){.batch = x.n,
                            .in = x.c,
                            .height = x.h,
                            .width = x.w,
                            .out = w.n,
                            .kernel_height = w.h,
                            .kernel_width = w.w,
                            .out_height = out.h,
                            .out_width = out.w,
                            .stride = a->stride,
                            .padding = a->padding,
                            .dilation = a->dilation};
}

#endif
