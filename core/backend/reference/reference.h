// The reference bodies: plain C that defines what each op computes. The other backends are checked against it, and fall back on
// it.
//
// Sums run in double and in an order that does not depend on the number of threads, so results are bit-identical for any.
#ifndef SL_BACKEND_REFERENCE_H
#define SL_BACKEND_REFERENCE_H

#include "core/backend/backend.h"
#include "core/base/thread.h"

#define X(name)                                                      \
    sl_status sl_reference_##name##_forward(const sl_op_call *call); \
    sl_status sl_reference_##name##_backward(const sl_op_call *call);
SL_OP_LIST(X)
#undef X

void sl_reference_accumulate(float *sum, const float *addend, int64_t count);
void sl_reference_sgd(float *parameter, const float *gradient, float *momentum, int64_t count, const sl_sgd_update *update);
void sl_reference_adam(float *parameter, const float *gradient, float *m, float *v, int64_t count, const sl_adam_update *update);

// When no gradient arrives at the first output, fills the wanted gradients with zeros and returns true: the backward body is
// done.
bool sl_reference_no_gradient(const sl_op_call *call);

// Whole sums over many pixels are cut into this many parts, added up in order.
enum { SL_REFERENCE_PARTS = 64 };
static inline int64_t sl_reference_part(int64_t count, int part) {
    return count * part / SL_REFERENCE_PARTS;
}

// Element i of a label map (u8 or i64).
static inline int64_t sl_reference_label(const sl_tensor *map, int64_t i) {
    return sl_tensor_dtype(map) == SL_U8 ? sl_tensor_u8(map)[i] : sl_tensor_i64(map)[i];
}
// Fails, naming value and pixel, when a label is neither among the classes nor the ignore label.
sl_status sl_reference_check_labels(const char *op, const sl_tensor *map, int64_t classes, int64_t ignore_label);

#endif
