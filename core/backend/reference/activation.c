// Elementwise ops: relu, leaky_relu, sigmoid, add, mul, scale; and mean, concat.
#include "core/backend/reference/reference.h"
#include "core/tensor/pixel.h"

#include <string.h>

#define EACH_ELEMENT \
    _Pragma("omp parallel for num_threads(sl_threads_get()) schedule(static)") for (int64_t i = 0; i < count; i++)

sl_status sl_reference_relu_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
    int64_t count = sl_tensor_count(call->out[0]);
    EACH_ELEMENT y[i] = x[i] < 0.0f ? 0.0f : x[i];
    return SL_OK;
}

sl_status sl_reference_relu_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const float *y = sl_tensor_f32(call->out[0]), *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
    int64_t count = sl_tensor_count(call->grad_in[0]);
    EACH_ELEMENT gx[i] = y[i] <= 0.0f ? 0.0f : gy[i];
    return SL_OK;
}

sl_status sl_reference_leaky_relu_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
    double slope = call->attributes.slope;
    int64_t count = sl_tensor_count(call->out[0]);
    EACH_ELEMENT y[i] = x[i] < 0.0f ? (float)(slope * x[i]) : x[i];
    return SL_OK;
}

// The slope is positive, so y has the sign of x.
sl_status sl_reference_leaky_relu_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const float *y = sl_tensor_f32(call->out[0]), *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
    double slope = call->attributes.slope;
    int64_t count = sl_tensor_count(call->grad_in[0]);
    EACH_ELEMENT gx[i] = y[i] <= 0.0f ? (float)(slope * gy[i]) : gy[i];
    return SL_OK;
}

sl_status sl_reference_sigmoid_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
    int64_t count = sl_tensor_count(call->out[0]);
    EACH_ELEMENT y[i] = sl_pixel_sigmoid(x[i]);
    return SL_OK;
}

sl_status sl_reference_sigmoid_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const float *y = sl_tensor_f32(call->out[0]), *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
    int64_t count = sl_tensor_count(call->grad_in[0]);
    EACH_ELEMENT gx[i] = gy[i] * y[i] * (1.0f - y[i]);
    return SL_OK;
}

sl_status sl_reference_add_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]), *z = sl_tensor_f32(call->in[1]);
    float *y = sl_tensor_f32(call->out[0]);
    double alpha = call->attributes.alpha;
    bool relu = call->attributes.relu;
    int64_t count = sl_tensor_count(call->out[0]);
    EACH_ELEMENT {
        double sum = x[i] + alpha * z[i];
        y[i] = relu && sum < 0.0 ? 0.0f : (float)sum;
    }
    return SL_OK;
}

sl_status sl_reference_add_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const float *y = call->attributes.relu ? sl_tensor_f32(call->out[0]) : NULL, *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = call->grad_in[0] ? sl_tensor_f32(call->grad_in[0]) : NULL;
    float *gz = call->grad_in[1] ? sl_tensor_f32(call->grad_in[1]) : NULL;
    double alpha = call->attributes.alpha;
    int64_t count = sl_tensor_count(call->grad_out[0]);
    EACH_ELEMENT {
        float g = y && y[i] <= 0.0f ? 0.0f : gy[i];
        if (gx) gx[i] = g;
        if (gz) gz[i] = (float)(alpha * g);
    }
    return SL_OK;
}

sl_status sl_reference_mul_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]), *z = sl_tensor_f32(call->in[1]);
    float *y = sl_tensor_f32(call->out[0]);
    int64_t count = sl_tensor_count(call->out[0]);
    EACH_ELEMENT y[i] = x[i] * z[i];
    return SL_OK;
}

sl_status sl_reference_mul_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const float *x = sl_tensor_f32(call->in[0]), *z = sl_tensor_f32(call->in[1]), *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = call->grad_in[0] ? sl_tensor_f32(call->grad_in[0]) : NULL;
    float *gz = call->grad_in[1] ? sl_tensor_f32(call->grad_in[1]) : NULL;
    int64_t count = sl_tensor_count(call->grad_out[0]);
    EACH_ELEMENT {
        if (gx) gx[i] = gy[i] * z[i];
        if (gz) gz[i] = gy[i] * x[i];
    }
    return SL_OK;
}

static void multiply(const float *x, float *y, int64_t count, double factor) {
    EACH_ELEMENT y[i] = (float)(factor * x[i]);
}

sl_status sl_reference_scale_forward(const sl_op_call *call) {
    multiply(sl_tensor_f32(call->in[0]), sl_tensor_f32(call->out[0]), sl_tensor_count(call->out[0]), call->attributes.factor);
    return SL_OK;
}

sl_status sl_reference_scale_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    multiply(sl_tensor_f32(call->grad_out[0]), sl_tensor_f32(call->grad_in[0]), sl_tensor_count(call->grad_in[0]),
             call->attributes.factor);
    return SL_OK;
}

sl_status sl_reference_mean_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]);
    int64_t count = sl_tensor_count(call->in[0]);
    double parts[SL_REFERENCE_PARTS], sum = 0.0;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int part = 0; part < SL_REFERENCE_PARTS; part++) {
        parts[part] = 0.0;
        for (int64_t i = sl_reference_part(count, part); i < sl_reference_part(count, part + 1); i++) parts[part] += x[i];
    }
    for (int part = 0; part < SL_REFERENCE_PARTS; part++) sum += parts[part];
    *sl_tensor_f32(call->out[0]) = (float)(sum / (double)count);
    return SL_OK;
}

sl_status sl_reference_mean_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    double share = *sl_tensor_f32(call->grad_out[0]) / (double)sl_tensor_count(call->grad_in[0]);
    sl_tensor_fill(call->grad_in[0], share);
    return SL_OK;
}

// Along the batch x and z follow one another; along the channels they alternate pixel by pixel.
typedef struct halves {
    int64_t runs;
    size_t x, z; // bytes of each in a run
} halves;

static halves halves_of(const sl_op_call *call, sl_dtype dtype) {
    sl_shape x = call->in_shape[0], z = call->in_shape[1];
    size_t size = sl_dtype_size(dtype);
    if (call->attributes.dim == 0) return (halves){1, (size_t)sl_shape_count(x) * size, (size_t)sl_shape_count(z) * size};
    return (halves){x.n * x.h * x.w, (size_t)x.c * size, (size_t)z.c * size};
}

// Of any dtype: label maps are joined too.
sl_status sl_reference_concat_forward(const sl_op_call *call) {
    halves h = halves_of(call, sl_tensor_dtype(call->out[0]));
    const char *x = sl_tensor_data(call->in[0]), *z = sl_tensor_data(call->in[1]);
    char *y = sl_tensor_data(call->out[0]);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < h.runs; i++) {
        char *run = y + (size_t)i * (h.x + h.z);
        memcpy(run, x + (size_t)i * h.x, h.x);
        memcpy(run + h.x, z + (size_t)i * h.z, h.z);
    }
    return SL_OK;
}

sl_status sl_reference_concat_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    halves h = halves_of(call, SL_F32);
    const char *gy = sl_tensor_data(call->grad_out[0]);
    char *gx = call->grad_in[0] ? sl_tensor_data(call->grad_in[0]) : NULL;
    char *gz = call->grad_in[1] ? sl_tensor_data(call->grad_in[1]) : NULL;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < h.runs; i++) {
        const char *run = gy + (size_t)i * (h.x + h.z);
        if (gx) memcpy(gx + (size_t)i * h.x, run, h.x);
        if (gz) memcpy(gz + (size_t)i * h.z, run + h.x, h.z);
    }
    return SL_OK;
}
