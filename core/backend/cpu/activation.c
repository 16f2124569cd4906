// Elementwise ops: one pass over memory each.
#include "core/backend/cpu/cpu.h"
#include "core/backend/cpu/vector.h"

typedef struct job {
    const float *a, *b, *c;
    float *to, *to2;
    float factor;
    bool relu;
} job;

static void run(sl_cpu_body body, job *j, int64_t count, int64_t steps) {
    sl_cpu_for(count, sl_cpu_grain(steps), body, j);
}

SL_CLONES static void relu(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *x = j->a;
    float *y = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

SL_CLONES static void relu_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *y = j->a, *gy = j->b;
    float *gx = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) gx[i] = y[i] <= 0.0f ? 0.0f : gy[i];
}

sl_status sl_cpu_relu_forward(const sl_op_call *call) {
    job j = {.a = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0])};
    run(relu, &j, sl_tensor_count(call->out[0]), 1);
    return SL_OK;
}

sl_status sl_cpu_relu_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {.a = sl_tensor_f32(call->out[0]), .b = sl_tensor_f32(call->grad_out[0]), .to = sl_tensor_f32(call->grad_in[0])};
    run(relu_gradient, &j, sl_tensor_count(call->grad_in[0]), 1);
    return SL_OK;
}

SL_CLONES static void leaky_relu(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *x = j->a, slope = j->factor;
    float *y = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) y[i] = x[i] < 0.0f ? slope * x[i] : x[i];
}

SL_CLONES static void leaky_relu_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *y = j->a, *gy = j->b, slope = j->factor;
    float *gx = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) gx[i] = y[i] <= 0.0f ? slope * gy[i] : gy[i];
}

sl_status sl_cpu_leaky_relu_forward(const sl_op_call *call) {
    job j = {.a = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0]), .factor = (float)call->attributes.slope};
    run(leaky_relu, &j, sl_tensor_count(call->out[0]), 1);
    return SL_OK;
}

sl_status sl_cpu_leaky_relu_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {.a = sl_tensor_f32(call->out[0]),
             .b = sl_tensor_f32(call->grad_out[0]),
             .to = sl_tensor_f32(call->grad_in[0]),
             .factor = (float)call->attributes.slope};
    run(leaky_relu_gradient, &j, sl_tensor_count(call->grad_in[0]), 1);
    return SL_OK;
}

SL_CLONES static void sigmoid(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *x = j->a;
    float *y = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) y[i] = sl_vector_sigmoid(x[i]);
}

SL_CLONES static void sigmoid_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *y = j->a, *gy = j->b;
    float *gx = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) gx[i] = gy[i] * y[i] * (1.0f - y[i]);
}

sl_status sl_cpu_sigmoid_forward(const sl_op_call *call) {
    job j = {.a = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0])};
    run(sigmoid, &j, sl_tensor_count(call->out[0]), 4);
    return SL_OK;
}

sl_status sl_cpu_sigmoid_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {.a = sl_tensor_f32(call->out[0]), .b = sl_tensor_f32(call->grad_out[0]), .to = sl_tensor_f32(call->grad_in[0])};
    run(sigmoid_gradient, &j, sl_tensor_count(call->grad_in[0]), 1);
    return SL_OK;
}

SL_CLONES static void add(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *x = j->a, *z = j->b, alpha = j->factor;
    float *y = j->to;
    if (j->relu) {
#pragma omp simd
        for (int64_t i = first; i < last; i++) {
            float sum = x[i] + alpha * z[i];
            y[i] = sum < 0.0f ? 0.0f : sum;
        }
    } else {
#pragma omp simd
        for (int64_t i = first; i < last; i++) y[i] = x[i] + alpha * z[i];
    }
}

// to = the gradient of x, to2 = the gradient of z; either may be NULL. a = y where ReLU was applied, else NULL.
SL_CLONES static void add_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *y = j->a, *gy = j->b, alpha = j->factor;
    float *gx = j->to, *gz = j->to2;
    if (gx && y) {
#pragma omp simd
        for (int64_t i = first; i < last; i++) gx[i] = y[i] <= 0.0f ? 0.0f : gy[i];
    } else if (gx) {
#pragma omp simd
        for (int64_t i = first; i < last; i++) gx[i] = gy[i];
    }
    if (gz && y) {
#pragma omp simd
        for (int64_t i = first; i < last; i++) gz[i] = y[i] <= 0.0f ? 0.0f : alpha * gy[i];
    } else if (gz) {
#pragma omp simd
        for (int64_t i = first; i < last; i++) gz[i] = alpha * gy[i];
    }
}

sl_status sl_cpu_add_forward(const sl_op_call *call) {
    job j = {.a = sl_tensor_f32(call->in[0]),
             .b = sl_tensor_f32(call->in[1]),
             .to = sl_tensor_f32(call->out[0]),
             .factor = (float)call->attributes.alpha,
             .relu = call->attributes.relu};
    run(add, &j, sl_tensor_count(call->out[0]), 1);
    return SL_OK;
}

sl_status sl_cpu_add_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {.a = call->attributes.relu ? sl_tensor_f32(call->out[0]) : NULL,
             .b = sl_tensor_f32(call->grad_out[0]),
             .to = call->grad_in[0] ? sl_tensor_f32(call->grad_in[0]) : NULL,
             .to2 = call->grad_in[1] ? sl_tensor_f32(call->grad_in[1]) : NULL,
             .factor = (float)call->attributes.alpha};
    run(add_gradient, &j, sl_tensor_count(call->grad_out[0]), 1);
    return SL_OK;
}

SL_CLONES static void multiply(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *a = j->a, *b = j->b;
    float *to = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) to[i] = a[i] * b[i];
}

sl_status sl_cpu_mul_forward(const sl_op_call *call) {
    job j = {.a = sl_tensor_f32(call->in[0]), .b = sl_tensor_f32(call->in[1]), .to = sl_tensor_f32(call->out[0])};
    run(multiply, &j, sl_tensor_count(call->out[0]), 1);
    return SL_OK;
}

sl_status sl_cpu_mul_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    for (int i = 0; i < 2; i++) {
        if (!call->grad_in[i]) continue;
        job j = {
            .a = sl_tensor_f32(call->grad_out[0]), .b = sl_tensor_f32(call->in[1 - i]), .to = sl_tensor_f32(call->grad_in[i])};
        run(multiply, &j, sl_tensor_count(call->grad_in[i]), 1);
    }
    return SL_OK;
}

SL_CLONES static void scale(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *x = j->a, factor = j->factor;
    float *y = j->to;
#pragma omp simd
    for (int64_t i = first; i < last; i++) y[i] = factor * x[i];
}

sl_status sl_cpu_scale_forward(const sl_op_call *call) {
    job j = {.a = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0]), .factor = (float)call->attributes.factor};
    run(scale, &j, sl_tensor_count(call->out[0]), 1);
    return SL_OK;
}

sl_status sl_cpu_scale_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {
        .a = sl_tensor_f32(call->grad_out[0]), .to = sl_tensor_f32(call->grad_in[0]), .factor = (float)call->attributes.factor};
    run(scale, &j, sl_tensor_count(call->grad_in[0]), 1);
    return SL_OK;
}
