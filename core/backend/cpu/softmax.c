// softmax and log_softmax over the channels of each pixel.
#include "core/backend/cpu/cpu.h"
#include "core/backend/cpu/pixels.h"

#include <math.h>

typedef struct job {
    const float *x, *gy;
    float *to;
    int64_t channels;
} job;

SL_CLONES static void softmax(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, run = sl_pixels_in_run(channels);
    for (int64_t at = first; at < last; at += run) {
        int64_t count = last - at < run ? last - at : run;
        const float *x = j->x + at * channels;
        float *y = j->to + at * channels;
        for (int64_t i = 0; i < count; i++)
            sl_pixels_shift(x + i * channels, sl_pixels_max(x + i * channels, channels), channels, y + i * channels);
        sl_pixels_exp(y, count * channels);
        for (int64_t i = 0; i < count; i++)
            sl_pixels_scale(y + i * channels, 1.0f / sl_pixels_sum(y + i * channels, channels), channels);
    }
}

SL_CLONES static void softmax_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels;
    for (int64_t i = first; i < last; i++) {
        const float *y = j->x + i * channels, *gy = j->gy + i * channels;
        float *gx = j->to + i * channels, sum = 0.0f;
#pragma omp simd reduction(+ : sum)
        for (int64_t c = 0; c < channels; c++) sum += gy[c] * y[c];
#pragma omp simd
        for (int64_t c = 0; c < channels; c++) gx[c] = y[c] * (gy[c] - sum);
    }
}

SL_CLONES static void log_softmax(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, run = sl_pixels_in_run(channels);
    for (int64_t at = first; at < last; at += run) {
        int64_t count = last - at < run ? last - at : run;
        const float *x = j->x + at * channels;
        float *y = j->to + at * channels;
        for (int64_t i = 0; i < count; i++)
            sl_pixels_shift(x + i * channels, sl_pixels_max(x + i * channels, channels), channels, y + i * channels);
        sl_pixels_exp(y, count * channels);
        for (int64_t i = 0; i < count; i++) { // y held the exponentials, now the result
            const float *from = x + i * channels;
            float *to = y + i * channels, max = sl_pixels_max(from, channels), log_sum = logf(sl_pixels_sum(to, channels));
#pragma omp simd
            for (int64_t c = 0; c < channels; c++) to[c] = (from[c] - max) - log_sum;
        }
    }
}

SL_CLONES static void log_softmax_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels;
    for (int64_t i = first; i < last; i++) {
        const float *y = j->x + i * channels, *gy = j->gy + i * channels;
        float *gx = j->to + i * channels, sum = sl_pixels_sum(gy, channels);
#pragma omp simd
        for (int64_t c = 0; c < channels; c++) gx[c] = gy[c] - sl_vector_exp(y[c]) * sum;
    }
}

static sl_status forward(const sl_op_call *call, sl_cpu_body body) {
    sl_shape s = call->in_shape[0];
    if (s.c == 0) return SL_OK;
    job j = {.x = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0]), .channels = s.c};
    sl_cpu_for(s.n * s.h * s.w, sl_cpu_grain(4 * s.c), body, &j);
    return SL_OK;
}

static sl_status backward(const sl_op_call *call, sl_cpu_body body) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    sl_shape s = call->in_shape[0];
    if (s.c == 0) return SL_OK;
    job j = {.x = sl_tensor_f32(call->out[0]),
             .gy = sl_tensor_f32(call->grad_out[0]),
             .to = sl_tensor_f32(call->grad_in[0]),
             .channels = s.c};
    sl_cpu_for(s.n * s.h * s.w, sl_cpu_grain(2 * s.c), body, &j);
    return SL_OK;
}

sl_status sl_cpu_softmax_forward(const sl_op_call *call) {
    return forward(call, softmax);
}
sl_status sl_cpu_softmax_backward(const sl_op_call *call) {
    return backward(call, softmax_gradient);
}
sl_status sl_cpu_log_softmax_forward(const sl_op_call *call) {
    return forward(call, log_softmax);
}
sl_status sl_cpu_log_softmax_backward(const sl_op_call *call) {
    return backward(call, log_softmax_gradient);
}
