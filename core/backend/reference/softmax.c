// softmax and log_softmax over the channels of each pixel.
#include "core/backend/reference/reference.h"
#include "core/tensor/pixel.h"

typedef void (*pixel_forward)(const float *x, int channels, float *y);
typedef void (*pixel_backward)(const float *y, const float *gy, int channels, float *gx);

static sl_status forward(const sl_op_call *call, pixel_forward body) {
    sl_shape s = call->in_shape[0];
    if (s.c == 0) return SL_OK;
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < s.n * s.h * s.w; i++) body(x + i * s.c, (int)s.c, y + i * s.c);
    return SL_OK;
}

static sl_status backward(const sl_op_call *call, pixel_backward body) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_shape s = call->in_shape[0];
    if (s.c == 0) return SL_OK;
    const float *y = sl_tensor_f32(call->out[0]), *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < s.n * s.h * s.w; i++) body(y + i * s.c, gy + i * s.c, (int)s.c, gx + i * s.c);
    return SL_OK;
}

sl_status sl_reference_softmax_forward(const sl_op_call *call) {
    return forward(call, sl_pixel_softmax);
}
sl_status sl_reference_softmax_backward(const sl_op_call *call) {
    return backward(call, sl_pixel_softmax_gradient);
}
sl_status sl_reference_log_softmax_forward(const sl_op_call *call) {
    return forward(call, sl_pixel_log_softmax);
}
sl_status sl_reference_log_softmax_backward(const sl_op_call *call) {
    return backward(call, sl_pixel_log_softmax_gradient);
}
