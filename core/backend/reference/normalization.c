// batch_norm: y = gamma (x - mean) / std + beta [+ z] [then ReLU].
#include "core/backend/reference/reference.h"

#include <math.h>

// Channels are handled in tiles, each by one thread from the first pixel to the last.
enum { CHANNEL_TILE = 16 };

typedef struct planes {
    int64_t pixels, channels;
} planes;

static planes planes_of(sl_shape x) {
    return (planes){x.n * x.h * x.w, x.c};
}

// Mean and (biased) variance of `count` channels from `first` on; two passes, so that a large mean costs no digits.
static void statistics(planes p, const float *x, int64_t first, int64_t count, double *mean, double *variance) {
    for (int64_t c = 0; c < count; c++) mean[c] = variance[c] = 0.0;
    for (int64_t i = 0; i < p.pixels; i++)
        for (int64_t c = 0; c < count; c++) mean[c] += x[i * p.channels + first + c];
    for (int64_t c = 0; c < count; c++) mean[c] /= (double)p.pixels;
    for (int64_t i = 0; i < p.pixels; i++)
        for (int64_t c = 0; c < count; c++) {
            double d = x[i * p.channels + first + c] - mean[c];
            variance[c] += d * d;
        }
    for (int64_t c = 0; c < count; c++) variance[c] /= (double)p.pixels;
}

sl_status sl_reference_batch_norm_forward(const sl_op_call *call) {
    const sl_op_attributes *a = &call->attributes;
    planes p = planes_of(call->in_shape[0]);
    const float *x = sl_tensor_f32(call->in[0]), *gamma = sl_tensor_f32(call->in[1]), *beta = sl_tensor_f32(call->in[2]);
    // The running statistics are inputs that training updates in place.
    float *running_mean = sl_tensor_f32(call->in[3]), *running_var = sl_tensor_f32(call->in[4]);
    const float *z = call->in[5] ? sl_tensor_f32(call->in[5]) : NULL;
    float *y = sl_tensor_f32(call->out[0]), *kept_mean = sl_tensor_f32(call->out[1]), *kept_inv_std = sl_tensor_f32(call->out[2]);
    double unbias = p.pixels > 1 ? (double)p.pixels / (double)(p.pixels - 1) : 1.0;

#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t first = 0; first < p.channels; first += CHANNEL_TILE) {
        int64_t count = p.channels - first < CHANNEL_TILE ? p.channels - first : CHANNEL_TILE;
        double mean[CHANNEL_TILE], variance[CHANNEL_TILE], factor[CHANNEL_TILE];
        if (a->training) statistics(p, x, first, count, mean, variance);
        for (int64_t c = 0; c < count; c++) {
            int64_t k = first + c;
            if (a->training) {
                running_mean[k] = (float)((1.0 - a->momentum) * running_mean[k] + a->momentum * mean[c]);
                running_var[k] = (float)((1.0 - a->momentum) * running_var[k] + a->momentum * variance[c] * unbias);
            } else {
                mean[c] = running_mean[k];
                variance[c] = running_var[k];
            }
            double inv_std = 1.0 / sqrt(variance[c] + a->eps);
            kept_mean[k] = (float)mean[c];
            kept_inv_std[k] = (float)inv_std;
            factor[c] = gamma[k] * inv_std;
        }
        for (int64_t i = 0; i < p.pixels; i++)
            for (int64_t c = 0; c < count; c++) {
                int64_t at = i * p.channels + first + c;
                double value = (x[at] - mean[c]) * factor[c] + beta[first + c];
                if (z) value += z[at];
                y[at] = a->relu && value < 0.0 ? 0.0f : (float)value;
            }
    }
    return SL_OK;
}

sl_status sl_reference_batch_norm_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const sl_op_attributes *a = &call->attributes;
    planes p = planes_of(call->in_shape[0]);
    const float *x = sl_tensor_f32(call->in[0]), *gamma = sl_tensor_f32(call->in[1]);
    const float *y = a->relu ? sl_tensor_f32(call->out[0]) : NULL;
    const float *kept_mean = sl_tensor_f32(call->out[1]), *kept_inv_std = sl_tensor_f32(call->out[2]);
    const float *gy = sl_tensor_f32(call->grad_out[0]);
    float *gx = call->grad_in[0] ? sl_tensor_f32(call->grad_in[0]) : NULL;
    float *g_gamma = call->grad_in[1] ? sl_tensor_f32(call->grad_in[1]) : NULL;
    float *g_beta = call->grad_in[2] ? sl_tensor_f32(call->grad_in[2]) : NULL;
    float *gz = call->grad_in[5] ? sl_tensor_f32(call->grad_in[5]) : NULL;

#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t first = 0; first < p.channels; first += CHANNEL_TILE) {
        int64_t count = p.channels - first < CHANNEL_TILE ? p.channels - first : CHANNEL_TILE;
        double sum[CHANNEL_TILE] = {0}, sum_normalized[CHANNEL_TILE] = {0};
        for (int64_t i = 0; i < p.pixels; i++)
            for (int64_t c = 0; c < count; c++) {
                int64_t at = i * p.channels + first + c;
                double g = y && y[at] <= 0.0f ? 0.0 : gy[at];
                sum[c] += g;
                sum_normalized[c] += g * (x[at] - (double)kept_mean[first + c]) * kept_inv_std[first + c];
            }
        for (int64_t c = 0; c < count; c++) {
            if (g_beta) g_beta[first + c] = (float)sum[c];
            if (g_gamma) g_gamma[first + c] = (float)sum_normalized[c];
        }
        if (!gx && !gz) continue;
        for (int64_t i = 0; i < p.pixels; i++)
            for (int64_t c = 0; c < count; c++) {
                int64_t at = i * p.channels + first + c, k = first + c;
                double g = y && y[at] <= 0.0f ? 0.0 : gy[at];
                if (gz) gz[at] = (float)g;
                if (!gx) continue;
                // With batch statistics x also acts through the mean and the variance.
                if (a->training) {
                    double normalized = (x[at] - (double)kept_mean[k]) * kept_inv_std[k];
                    g -= (sum[c] + normalized * sum_normalized[c]) / (double)p.pixels;
                }
                gx[at] = (float)(gamma[k] * (double)kept_inv_std[k] * g);
            }
    }
    return SL_OK;
}
