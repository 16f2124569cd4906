// Running one op on the backend in use, or on the reference one where that has no body. For core/tensor.
#ifndef SL_BACKEND_DISPATCH_H
#define SL_BACKEND_DISPATCH_H

#include "core/backend/backend.h"

sl_status sl_dispatch_forward(const sl_op_call *call);
sl_status sl_dispatch_backward(const sl_op_call *call);

#endif
