#include "core/backend/cpu/cpu.h"
#include "core/backend/cpu/onednn.h"
#include "core/backend/reference/reference.h"

#include <pthread.h>

#define FORWARD(name) [SL_OP_##name] = sl_cpu_##name##_forward,
#define BACKWARD(name) [SL_OP_##name] = sl_cpu_##name##_backward,

static sl_backend table = {
    .name = "cpu",
    // mean, concat, argmax, one_hot and equal move memory or little of it: the reference bodies are as good as any.
    .forward = {SL_CPU_OPS(FORWARD)[SL_OP_mean] = sl_reference_mean_forward, [SL_OP_concat] = sl_reference_concat_forward,
                [SL_OP_argmax] = sl_reference_argmax_forward, [SL_OP_one_hot] = sl_reference_one_hot_forward,
                [SL_OP_equal] = sl_reference_equal_forward},
    .backward = {SL_CPU_OPS(BACKWARD)[SL_OP_mean] = sl_reference_mean_backward, [SL_OP_concat] = sl_reference_concat_backward},
    .accumulate = sl_cpu_accumulate,
    .sgd = sl_cpu_sgd,
    .adam = sl_cpu_adam,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void describe(void) {
    table.about = sl_onednn_about();
}

const sl_backend *sl_backend_cpu(void) {
    pthread_once(&once, describe);
    return &table;
}

bool sl_cpu_no_gradient(const sl_op_call *call) {
    return sl_reference_no_gradient(call);
}
