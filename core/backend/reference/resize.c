// bilinear: resizing to height x width, both corner conventions.
#include "core/backend/reference/reference.h"
#include "core/base/memory.h"
#include "core/tensor/pixel.h"

sl_status sl_reference_bilinear_forward(const sl_op_call *call) {
    sl_shape in = call->in_shape[0], out = sl_tensor_shape(call->out[0]);
    const float *x = sl_tensor_f32(call->in[0]);
    float *y = sl_tensor_f32(call->out[0]);
    bool corners = call->attributes.align_corners;
#pragma omp parallel for collapse(2) num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < out.n; n++)
        for (int64_t oh = 0; oh < out.h; oh++) {
            sl_pixel_tap v = sl_pixel_bilinear_tap((int)oh, (int)in.h, (int)out.h, corners);
            const float *top = x + (n * in.h + v.low) * in.w * in.c, *bottom = x + (n * in.h + v.high) * in.w * in.c;
            for (int64_t ow = 0; ow < out.w; ow++) {
                sl_pixel_tap u = sl_pixel_bilinear_tap((int)ow, (int)in.w, (int)out.w, corners);
                float *pixel = y + ((n * out.h + oh) * out.w + ow) * out.c;
                for (int64_t c = 0; c < out.c; c++) {
                    double above = (double)u.low_weight * top[u.low * in.c + c] + (double)u.high_weight * top[u.high * in.c + c];
                    double below =
                        (double)u.low_weight * bottom[u.low * in.c + c] + (double)u.high_weight * bottom[u.high * in.c + c];
                    pixel[c] = (float)(v.low_weight * above + v.high_weight * below);
                }
            }
        }
    return SL_OK;
}

// Adds the gradients of one image's output to `sum` (H, W, C).
static void spread(sl_shape in, sl_shape out, bool corners, const float *gy, double *sum) {
    for (int64_t oh = 0; oh < out.h; oh++) {
        sl_pixel_tap v = sl_pixel_bilinear_tap((int)oh, (int)in.h, (int)out.h, corners);
        for (int64_t ow = 0; ow < out.w; ow++) {
            sl_pixel_tap u = sl_pixel_bilinear_tap((int)ow, (int)in.w, (int)out.w, corners);
            const float *g = gy + (oh * out.w + ow) * out.c;
            double *top_left = sum + (v.low * in.w + u.low) * in.c, *top_right = sum + (v.low * in.w + u.high) * in.c;
            double *bottom_left = sum + (v.high * in.w + u.low) * in.c, *bottom_right = sum + (v.high * in.w + u.high) * in.c;
            for (int64_t c = 0; c < out.c; c++) {
                top_left[c] += (double)v.low_weight * u.low_weight * g[c];
                top_right[c] += (double)v.low_weight * u.high_weight * g[c];
                bottom_left[c] += (double)v.high_weight * u.low_weight * g[c];
                bottom_right[c] += (double)v.high_weight * u.high_weight * g[c];
            }
        }
    }
}

sl_status sl_reference_bilinear_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_shape in = call->in_shape[0], out = sl_tensor_shape(call->grad_out[0]);
    const float *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = sl_tensor_f32(call->grad_in[0]);
    int64_t count = in.n * in.h * in.w * in.c;
    double *sum = sl_calloc((size_t)count, sizeof *sum);
    if (!sum) return sl_error(SL_ERR_MEMORY, "bilinear: out of memory for %lld sums", (long long)count);
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < in.n; n++)
        spread(in, out, call->attributes.align_corners, gy + n * out.h * out.w * out.c, sum + n * in.h * in.w * in.c);
    for (int64_t i = 0; i < count; i++) gx[i] = (float)sum[i];
    sl_free(sum);
    return SL_OK;
}
