// conv2d: choosing the way.
#include "core/backend/cpu/convolution.h"

static bool is_empty(const sl_convolution *g) {
    return g->batch * g->in * g->height * g->width * g->out == 0;
}

sl_status sl_cpu_conv2d_forward(const sl_op_call *call) {
    sl_convolution g = sl_convolution_of(call, call->out[0]);
    if (is_empty(&g)) return SL_ERR_UNSUPPORTED;
    const float *x = sl_tensor_f32(call->in[0]), *w = sl_tensor_f32(call->in[1]);
    const float *bias = call->in[2] ? sl_tensor_f32(call->in[2]) : NULL;
    float *y = sl_tensor_f32(call->out[0]);
    if (sl_taps_suit(&g)) return sl_taps_forward(&g, x, w, bias, y);
    if (sl_winograd_suit(&g)) return sl_winograd_forward(&g, x, w, bias, y);
    return sl_direct_forward(&g, x, w, bias, y);
}

sl_status sl_cpu_conv2d_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    sl_convolution g = sl_convolution_of(call, call->grad_out[0]);
    if (is_empty(&g)) return SL_ERR_UNSUPPORTED;
    const float *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = call->grad_in[0] ? sl_tensor_f32(call->grad_in[0]) : NULL;
    float *gw = call->grad_in[1] ? sl_tensor_f32(call->grad_in[1]) : NULL;
    float *gb = call->grad_in[2] ? sl_tensor_f32(call->grad_in[2]) : NULL;
    bool winograd = sl_winograd_suit(&g);
    if (gx) SL_TRY((winograd ? sl_winograd_data_gradient : sl_direct_data_gradient)(&g, gy, sl_tensor_f32(call->in[1]), gx));
    if (gw && winograd)
        SL_TRY(sl_winograd_weight_gradient(&g, sl_tensor_f32(call->in[0]), gy, gw));
    else if (gw && sl_taps_suit(&g))
        SL_TRY(sl_taps_weight_gradient(&g, sl_tensor_f32(call->in[0]), gy, gw));
    else if (gw)
        return sl_direct_weight_gradient(&g, sl_tensor_f32(call->in[0]), gy, gw, gb);
    return gb ? sl_bias_gradient(&g, gy, gb) : SL_OK;
}
