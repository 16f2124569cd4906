#include "core/backend/reference/reference.h"

// Ops without a gradient.
#define sl_reference_argmax_backward NULL
#define sl_reference_one_hot_backward NULL
#define sl_reference_equal_backward NULL

#define FORWARD(name) [SL_OP_##name] = sl_reference_##name##_forward,
#define BACKWARD(name) [SL_OP_##name] = sl_reference_##name##_backward,

const sl_backend sl_backend_reference = {
    .name = "reference",
    .about = "plain C, sums in double",
    .forward = {SL_OP_LIST(FORWARD)},
    .backward = {SL_OP_LIST(BACKWARD)},
    .accumulate = sl_reference_accumulate,
    .sgd = sl_reference_sgd,
    .adam = sl_reference_adam,
};

bool sl_reference_no_gradient(const sl_op_call *call) {
    if (call->grad_out[0]) return false;
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++)
        if (call->grad_in[i]) sl_tensor_fill(call->grad_in[i], 0.0);
    return true;
}

sl_status sl_reference_check_labels(const char *op, const sl_tensor *map, int64_t classes, int64_t ignore_label) {
    sl_shape shape = sl_tensor_shape(map);
    int64_t count = sl_tensor_count(map);
    for (int64_t i = 0; i < count; i++) {
        int64_t label = sl_reference_label(map, i);
        if ((label >= 0 && label < classes) || label == ignore_label) continue;
        return sl_error(
            SL_ERR_DATA,
            "%s: label %lld at image %lld, row %lld, column %lld is neither below %lld classes nor the ignore label %lld", op,
            (long long)label, (long long)(i / (shape.h * shape.w)), (long long)(i / shape.w % shape.h), (long long)(i % shape.w),
            (long long)classes, (long long)ignore_label);
    }
    return SL_OK;
}
