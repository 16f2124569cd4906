// Shape inference and checks of every op: sl_infer_NAME fills dtypes and shapes of the outputs, or says what is wrong.
#ifndef SL_TENSOR_OP_INFER_H
#define SL_TENSOR_OP_INFER_H

#include "core/backend/backend.h"

#define X(name) sl_status sl_infer_##name(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes);
SL_OP_LIST(X)
#undef X

#endif
