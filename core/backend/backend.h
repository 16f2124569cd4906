// A backend: a table of kernels. See reference/ for the plain one that defines what each computes.
#ifndef SL_BACKEND_BACKEND_H
#define SL_BACKEND_BACKEND_H

#include "core/tensor/op.h"

// One op at work. Forward: `out` are allocated and to be filled. Backward: `in` and `out` hold what the op's info says is kept
// (NULL elsewhere), `grad_out` the gradients of the outputs (NULL: zero), `grad_in` tensors to be overwritten (NULL: not wanted).
typedef struct sl_op_call {
    sl_op op;
    sl_op_attributes attributes;
    const sl_tensor *in[SL_OP_MAX_INPUTS];
    sl_tensor *out[SL_OP_MAX_OUTPUTS];
    sl_shape in_shape[SL_OP_MAX_INPUTS]; // valid in backward also where `in` was not kept; rank -1 for an absent input
    const sl_tensor *grad_out[SL_OP_MAX_OUTPUTS];
    sl_tensor *grad_in[SL_OP_MAX_INPUTS];
} sl_op_call;

typedef sl_status (*sl_kernel)(const sl_op_call *call);

// The update of one optimizer step, on `count` floats. `step` counts from 1.
typedef struct sl_sgd_update {
    double lr, momentum, weight_decay;
    bool nesterov, first; // first: the momentum buffer is to be set, not updated
} sl_sgd_update;
typedef struct sl_adam_update {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled; // AdamW
    int64_t step;
} sl_adam_update;

typedef struct sl_backend {
    const char *name;  // "reference", "cpu", "cuda"
    const char *about; // library and version
    // A NULL slot, or SL_ERR_UNSUPPORTED from one, means the reference body; that is logged once per op.
    sl_kernel forward[SL_OP_COUNT];
    sl_kernel backward[SL_OP_COUNT];
    // All of these must be there.
    void (*accumulate)(float *sum, const float *addend, int64_t count); // sum += addend
    void (*sgd)(float *parameter, const float *gradient, float *momentum, int64_t count, const sl_sgd_update *update);
    void (*adam)(float *parameter, const float *gradient, float *m, float *v, int64_t count, const sl_adam_update *update);
} sl_backend;

extern const sl_backend sl_backend_reference;
// The oneDNN and OpenMP backend, or NULL in a build without it.
const sl_backend *sl_backend_cpu(void);

// The backend that runs tensors on the CPU: "cpu" (default where built) or "reference".
sl_status sl_backend_use(const char *name);
const sl_backend *sl_backend_get(void);

#endif
