// Recording. For core/tensor alone.
#ifndef SL_TENSOR_TAPE_IMPL_H
#define SL_TENSOR_TAPE_IMPL_H

#include "core/backend/backend.h"
#include "core/tensor/tensor_impl.h"

// Records a finished op on its outputs when gradients are on and one of its inputs wants one.
sl_status sl_tape_record(const sl_op_call *call, sl_tensor *const *inputs);

#endif
