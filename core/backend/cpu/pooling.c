// max_pool and global_avg_pool, vectorised over the channels.
#include "core/backend/cpu/cpu.h"

#include <math.h>
#include <string.h>

enum { TILE = 64 };

typedef struct job {
    const sl_op_attributes *a;
    sl_shape in, out;
    const float *from;
    float *to;
    int64_t *index;
    const int64_t *taken;
} job;

// The input rows (or columns) first .. last-1 under the window of output o; a window may lie wholly in the padding.
SL_INLINE void window(const sl_op_attributes *a, int64_t size, int64_t o, int64_t *first, int64_t *last) {
    int64_t start = o * a->stride - a->padding, end = start + a->kernel;
    *first = start < 0 ? 0 : start;
    *last = end > size ? size : end;
}

// One output pixel, `count` channels; the first of equals wins, and NaN wins.
SL_INLINE void pool_tile(const job *j, const float *image, int64_t oh, int64_t ow, int64_t count, float *y, int64_t *index) {
    float best[TILE];
    int32_t where[TILE];
    int64_t top, bottom, left, right;
    window(j->a, j->in.h, oh, &top, &bottom);
    window(j->a, j->in.w, ow, &left, &right);
#pragma omp simd
    for (int64_t c = 0; c < count; c++) {
        best[c] = -INFINITY;
        where[c] = -1;
    }
    for (int64_t ih = top; ih < bottom; ih++)
        for (int64_t iw = left; iw < right; iw++) {
            int32_t at = (int32_t)(ih * j->in.w + iw);
            const float *x = image + at * j->in.c;
#pragma omp simd
            for (int64_t c = 0; c < count; c++) {
                int take = (where[c] < 0) | !(x[c] <= best[c]); // larger, or NaN
                best[c] = take ? x[c] : best[c];
                where[c] = take ? at : where[c];
            }
        }
#pragma omp simd
    for (int64_t c = 0; c < count; c++) {
        y[c] = best[c];
        index[c] = where[c];
    }
}

// Output rows.
SL_CLONES static void max_pool(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->in.c;
    for (int64_t row = first; row < last; row++) {
        const float *image = j->from + row / j->out.h * j->in.h * j->in.w * channels;
        for (int64_t ow = 0; ow < j->out.w; ow++) {
            int64_t to = (row * j->out.w + ow) * channels, c = 0;
            for (; c + TILE <= channels; c += TILE)
                pool_tile(j, image + c, row % j->out.h, ow, TILE, j->to + to + c, j->index + to + c);
            if (c < channels) pool_tile(j, image + c, row % j->out.h, ow, channels - c, j->to + to + c, j->index + to + c);
        }
    }
}

// The windows first .. last-1 of `outputs` that hold input i.
SL_INLINE void holders(const sl_op_attributes *a, int64_t outputs, int64_t i, int64_t *first, int64_t *last) {
    int64_t lowest = i + a->padding - a->kernel + 1, highest = i + a->padding;
    *first = lowest <= 0 ? 0 : (lowest + a->stride - 1) / a->stride;
    *last = highest / a->stride + 1 > outputs ? outputs : highest / a->stride + 1;
}

// Rows of the gradient of x: each pixel collects from the windows that chose it, so threads never meet.
SL_CLONES static void max_pool_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->in.c;
    for (int64_t row = first; row < last; row++) {
        int64_t n = row / j->in.h, ih = row % j->in.h, top, bottom;
        holders(j->a, j->out.h, ih, &top, &bottom);
        for (int64_t iw = 0; iw < j->in.w; iw++) {
            int64_t left, right, at = ih * j->in.w + iw;
            float *gx = j->to + (row * j->in.w + iw) * channels;
            memset(gx, 0, sizeof *gx * (size_t)channels);
            holders(j->a, j->out.w, iw, &left, &right);
            for (int64_t oh = top; oh < bottom; oh++)
                for (int64_t ow = left; ow < right; ow++) {
                    int64_t from = ((n * j->out.h + oh) * j->out.w + ow) * channels;
                    const float *gy = j->from + from;
                    const int64_t *taken = j->taken + from;
#pragma omp simd
                    for (int64_t c = 0; c < channels; c++) gx[c] += taken[c] == at ? gy[c] : 0.0f;
                }
        }
    }
}

sl_status sl_cpu_max_pool_forward(const sl_op_call *call) {
    job j = {.a = &call->attributes,
             .in = call->in_shape[0],
             .out = sl_tensor_shape(call->out[0]),
             .from = sl_tensor_f32(call->in[0]),
             .to = sl_tensor_f32(call->out[0]),
             .index = sl_tensor_i64(call->out[1])};
    if (j.in.h * j.in.w > INT32_MAX || j.a->dilation != 1) return SL_ERR_UNSUPPORTED;
    int64_t window_size = (int64_t)j.a->kernel * j.a->kernel;
    sl_cpu_for(j.out.n * j.out.h, sl_cpu_grain(j.out.w * j.out.c * window_size), max_pool, &j);
    return SL_OK;
}

sl_status sl_cpu_max_pool_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {.a = &call->attributes,
             .in = call->in_shape[0],
             .out = sl_tensor_shape(call->grad_out[0]),
             .from = sl_tensor_f32(call->grad_out[0]),
             .to = sl_tensor_f32(call->grad_in[0]),
             .taken = sl_tensor_i64(call->out[1])};
    if (j.a->dilation != 1) return SL_ERR_UNSUPPORTED;
    sl_cpu_for(j.in.n * j.in.h, sl_cpu_grain(j.in.w * j.in.c * 4), max_pool_gradient, &j);
    return SL_OK;
}

// Channels of one image, in double.
SL_CLONES static void average(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->in.c, pixels = j->in.h * j->in.w;
    for (int64_t at = first; at < last;) { // first .. last runs over images x channels
        int64_t n = at / channels, c = at % channels, count = channels - c < TILE ? channels - c : TILE;
        if (count > last - at) count = last - at;
        double sum[TILE];
        for (int64_t k = 0; k < count; k++) sum[k] = 0.0;
        for (int64_t i = 0; i < pixels; i++) {
            const float *x = j->from + (n * pixels + i) * channels + c;
#pragma omp simd
            for (int64_t k = 0; k < count; k++) sum[k] += x[k];
        }
        for (int64_t k = 0; k < count; k++) j->to[at + k] = (float)(sum[k] / (double)pixels);
        at += count;
    }
}

SL_CLONES static void average_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->in.c, pixels = j->in.h * j->in.w;
    float size = (float)pixels;
    for (int64_t i = first; i < last; i++) {
        const float *gy = j->from + i / pixels * channels;
        float *gx = j->to + i * channels;
#pragma omp simd
        for (int64_t c = 0; c < channels; c++) gx[c] = gy[c] / size;
    }
}

sl_status sl_cpu_global_avg_pool_forward(const sl_op_call *call) {
    job j = {.in = call->in_shape[0], .from = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0])};
    sl_cpu_for(j.in.n * j.in.c, sl_cpu_grain(j.in.h * j.in.w), average, &j);
    return SL_OK;
}

sl_status sl_cpu_global_avg_pool_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = {.in = call->in_shape[0], .from = sl_tensor_f32(call->grad_out[0]), .to = sl_tensor_f32(call->grad_in[0])};
    sl_cpu_for(j.in.n * j.in.h * j.in.w, sl_cpu_grain(j.in.c), average_gradient, &j);
    return SL_OK;
}
