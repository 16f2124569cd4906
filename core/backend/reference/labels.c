// Label maps: argmax, one_hot, equal.
#include "core/backend/reference/reference.h"
#include "core/tensor/pixel.h"

sl_status sl_reference_argmax_forward(const sl_op_call *call) {
    sl_shape s = call->in_shape[0];
    const float *x = sl_tensor_f32(call->in[0]);
    uint8_t *labels = sl_tensor_u8(call->out[0]);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < s.n * s.h * s.w; i++) labels[i] = (uint8_t)sl_pixel_argmax(x + i * s.c, (int)s.c);
    return SL_OK;
}

sl_status sl_reference_one_hot_forward(const sl_op_call *call) {
    int64_t classes = call->attributes.classes, count = sl_tensor_count(call->in[0]);
    SL_TRY(sl_reference_check_labels("one_hot", call->in[0], classes, call->attributes.ignore_label));
    float *y = sl_tensor_f32(call->out[0]);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < count; i++) {
        int64_t label = sl_reference_label(call->in[0], i);
        if (label == call->attributes.ignore_label) label = -1;
        for (int64_t c = 0; c < classes; c++) y[i * classes + c] = c == label ? 1.0f : 0.0f;
    }
    return SL_OK;
}

sl_status sl_reference_equal_forward(const sl_op_call *call) {
    int64_t count = sl_tensor_count(call->in[0]);
    uint8_t *y = sl_tensor_u8(call->out[0]);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < count; i++) y[i] = sl_reference_label(call->in[0], i) == call->attributes.label;
    return SL_OK;
}
