// max_pool and global_avg_pool.
#include "core/backend/reference/reference.h"

#include <math.h>
#include <string.h>

// The largest value under the window of output (oh, ow) in one channel, the first of equals; NaN wins, as in PyTorch. `x` points
// at the image's channel.
static int64_t window_max(const sl_op_attributes *a, sl_shape s, const float *x, int64_t oh, int64_t ow) {
    int64_t best = -1;
    for (int64_t kh = 0; kh < a->kernel; kh++) {
        int64_t ih = oh * a->stride - a->padding + kh * a->dilation;
        if (ih < 0 || ih >= s.h) continue;
        for (int64_t kw = 0; kw < a->kernel; kw++) {
            int64_t iw = ow * a->stride - a->padding + kw * a->dilation;
            if (iw < 0 || iw >= s.w) continue;
            int64_t at = ih * s.w + iw;
            if (best < 0 || x[at * s.c] > x[best * s.c] || isnan(x[at * s.c])) best = at;
        }
    }
    return best;
}

sl_status sl_reference_max_pool_forward(const sl_op_call *call) {
    sl_shape in = call->in_shape[0], out = sl_tensor_shape(call->out[0]);
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
    int64_t *index = sl_tensor_i64(call->out[1]);
#pragma omp parallel for collapse(2) num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < out.n; n++)
        for (int64_t oh = 0; oh < out.h; oh++) {
            const float *image = x + n * in.h * in.w * in.c;
            for (int64_t ow = 0; ow < out.w; ow++)
                for (int64_t c = 0; c < out.c; c++) {
                    int64_t to = ((n * out.h + oh) * out.w + ow) * out.c + c;
                    int64_t from = window_max(&call->attributes, in, image + c, oh, ow);
                    index[to] = from;
                    y[to] = from < 0 ? -INFINITY : image[from * in.c + c]; // a window wholly in the padding
                }
        }
    return SL_OK;
}

sl_status sl_reference_max_pool_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_shape in = call->in_shape[0], out = sl_tensor_shape(call->grad_out[0]);
    const float *gy = sl_tensor_f32(call->grad_out[0]);
    const int64_t *index = sl_tensor_i64(call->out[1]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
    int64_t plane = in.h * in.w * in.c, count = out.h * out.w * out.c;
    // Windows overlap, so an image belongs to one thread.
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < in.n; n++) {
        memset(gx + n * plane, 0, sizeof *gx * (size_t)plane);
        for (int64_t i = 0; i < count; i++) {
            int64_t from = index[n * count + i];
            if (from >= 0) gx[n * plane + from * in.c + i % out.c] += gy[n * count + i];
        }
    }
    return SL_OK;
}

sl_status sl_reference_global_avg_pool_forward(const sl_op_call *call) {
    sl_shape in = call->in_shape[0];
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
    int64_t pixels = in.h * in.w;
#pragma omp parallel for collapse(2) num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < in.n; n++)
        for (int64_t c = 0; c < in.c; c++) {
            double sum = 0.0;
            for (int64_t i = 0; i < pixels; i++) sum += x[(n * pixels + i) * in.c + c];
            y[n * in.c + c] = (float)(sum / (double)pixels);
        }
    return SL_OK;
}

sl_status sl_reference_global_avg_pool_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_shape in = call->in_shape[0];
    const float *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
    int64_t pixels = in.h * in.w;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < in.n * pixels; i++)
        for (int64_t c = 0; c < in.c; c++) gx[i * in.c + c] = (float)((double)gy[i / pixels * in.c + c] / (double)pixels);
    return SL_OK;
}
