// Losses: means over the pixels that count, 0 with a zero gradient when none does.
#include "core/backend/reference/reference.h"
#include "core/tensor/pixel.h"

#include <string.h>

// Partial sums of one part of the pixels.
typedef struct part {
    double loss, weight;
    int64_t count;
} part;

static part parts_sum(const part parts[SL_REFERENCE_PARTS]) {
    part sum = {0.0, 0.0, 0};
    for (int i = 0; i < SL_REFERENCE_PARTS; i++) {
        sum.loss += parts[i].loss;
        sum.weight += parts[i].weight;
        sum.count += parts[i].count;
    }
    return sum;
}

static void finish(const sl_op_call *call, const part parts[SL_REFERENCE_PARTS]) {
    part sum = parts_sum(parts);
    *sl_tensor_f32(call->out[0]) = sum.weight > 0.0 ? (float)(sum.loss / sum.weight) : 0.0f;
    *sl_tensor_i64(call->out[1]) = sum.count;
}

// The class weights of pixels that count, added up; the number of such pixels when there are no weights.
static double weight_sum(const sl_tensor *target, const float *weight, int64_t pixels, int64_t ignore_label) {
    part parts[SL_REFERENCE_PARTS];
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int p = 0; p < SL_REFERENCE_PARTS; p++) {
        part sum = {0.0, 0.0, 0};
        for (int64_t i = sl_reference_part(pixels, p); i < sl_reference_part(pixels, p + 1); i++) {
            int64_t label = sl_reference_label(target, i);
            if (label != ignore_label) sum.weight += weight ? weight[label] : 1.0;
        }
        parts[p] = sum;
    }
    return parts_sum(parts).weight;
}

sl_status sl_reference_cross_entropy_forward(const sl_op_call *call) {
    sl_shape s = call->in_shape[0];
    int64_t ignore_label = call->attributes.ignore_label, pixels = s.n * s.h * s.w;
    const sl_tensor *target = call->in[1];
    SL_TRY(sl_reference_check_labels("cross_entropy", target, s.c, ignore_label));
    const float *x = sl_tensor_f32(call->in[0]), *weight = call->in[2] ? sl_tensor_f32(call->in[2]) : NULL;
    part parts[SL_REFERENCE_PARTS];
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int p = 0; p < SL_REFERENCE_PARTS; p++) {
        part sum = {0.0, 0.0, 0};
        for (int64_t i = sl_reference_part(pixels, p); i < sl_reference_part(pixels, p + 1); i++) {
            int64_t label = sl_reference_label(target, i);
            if (label == ignore_label) continue;
            double w = weight ? weight[label] : 1.0;
            sum.loss += w * sl_pixel_cross_entropy(x + i * s.c, (int)s.c, (int)label);
            sum.weight += w;
            sum.count++;
        }
        parts[p] = sum;
    }
    finish(call, parts);
    return SL_OK;
}

// The gradient of one pixel of a cross-entropy; zero for a pixel that does not count (`factor` 0 counts as such).
static void pixel_gradient(const float *x, int64_t channels, int64_t label, double factor, float *gx) {
    if (factor == 0.0)
        memset(gx, 0, sizeof *gx * (size_t)channels);
    else
        sl_pixel_cross_entropy_gradient(x, (int)channels, (int)label, (float)factor, gx);
}

sl_status sl_reference_cross_entropy_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_shape s = call->in_shape[0];
    int64_t ignore_label = call->attributes.ignore_label, pixels = s.n * s.h * s.w;
    const sl_tensor *target = call->in[1];
    const float *x = sl_tensor_f32(call->in[0]), *weight = call->in[2] ? sl_tensor_f32(call->in[2]) : NULL;
    float *gx = sl_tensor_f32(call->grad_in[0]);
    double divisor = weight_sum(target, weight, pixels, ignore_label);
    double factor = divisor > 0.0 ? *sl_tensor_f32(call->grad_out[0]) / divisor : 0.0;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < pixels; i++) {
        int64_t label = sl_reference_label(target, i);
        double w = label == ignore_label ? 0.0 : weight ? weight[label] : 1.0;
        pixel_gradient(x + i * s.c, s.c, label, factor * w, gx + i * s.c);
    }
    return SL_OK;
}

sl_status sl_reference_bce_with_logits_forward(const sl_op_call *call) {
    const float *x = sl_tensor_f32(call->in[0]);
    const uint8_t *ignore = call->in[1] ? sl_tensor_u8(call->in[1]) : NULL;
    float target = (float)call->attributes.target;
    int64_t pixels = sl_tensor_count(call->in[0]);
    part parts[SL_REFERENCE_PARTS];
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int p = 0; p < SL_REFERENCE_PARTS; p++) {
        part sum = {0.0, 0.0, 0};
        for (int64_t i = sl_reference_part(pixels, p); i < sl_reference_part(pixels, p + 1); i++) {
            if (ignore && ignore[i]) continue;
            sum.loss += sl_pixel_bce(x[i], target);
            sum.weight += 1.0;
            sum.count++;
        }
        parts[p] = sum;
    }
    finish(call, parts);
    return SL_OK;
}

sl_status sl_reference_bce_with_logits_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    const float *x = sl_tensor_f32(call->in[0]);
    const uint8_t *ignore = call->in[1] ? sl_tensor_u8(call->in[1]) : NULL;
    float *gx = sl_tensor_f32(call->grad_in[0]), target = (float)call->attributes.target;
    int64_t pixels = sl_tensor_count(call->in[0]), count = *sl_tensor_i64(call->out[1]);
    double factor = count > 0 ? *sl_tensor_f32(call->grad_out[0]) / (double)count : 0.0;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < pixels; i++)
        gx[i] = ignore && ignore[i] ? 0.0f : (float)(factor * sl_pixel_bce_gradient(x[i], target));
    return SL_OK;
}

// The label of a pixel is the network's own argmax where the discriminator is confident, else the ignore label.
sl_status sl_reference_masked_cross_entropy_forward(const sl_op_call *call) {
    sl_shape s = call->in_shape[0];
    const float *x = sl_tensor_f32(call->in[0]), *d = sl_tensor_f32(call->in[1]);
    uint8_t *labels = sl_tensor_u8(call->out[2]), ignore_label = (uint8_t)call->attributes.ignore_label;
    float threshold = (float)call->attributes.threshold;
    int64_t pixels = s.n * s.h * s.w;
    part parts[SL_REFERENCE_PARTS];
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int p = 0; p < SL_REFERENCE_PARTS; p++) {
        part sum = {0.0, 0.0, 0};
        for (int64_t i = sl_reference_part(pixels, p); i < sl_reference_part(pixels, p + 1); i++) {
            labels[i] = ignore_label;
            if (!sl_pixel_is_confident(d[i], threshold)) continue;
            labels[i] = (uint8_t)sl_pixel_argmax(x + i * s.c, (int)s.c);
            sum.loss += sl_pixel_cross_entropy(x + i * s.c, (int)s.c, labels[i]);
            sum.weight += 1.0;
            sum.count++;
        }
        parts[p] = sum;
    }
    finish(call, parts);
    return SL_OK;
}

sl_status sl_reference_masked_cross_entropy_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_shape s = call->in_shape[0];
    const float *x = sl_tensor_f32(call->in[0]);
    const uint8_t *labels = sl_tensor_u8(call->out[2]);
    uint8_t ignore_label = (uint8_t)call->attributes.ignore_label;
    float *gx = sl_tensor_f32(call->grad_in[0]);
    int64_t pixels = s.n * s.h * s.w, count = *sl_tensor_i64(call->out[1]);
    double factor = count > 0 ? *sl_tensor_f32(call->grad_out[0]) / (double)count : 0.0;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < pixels; i++)
        pixel_gradient(x + i * s.c, s.c, labels[i], labels[i] == ignore_label ? 0.0 : factor, gx + i * s.c);
    return SL_OK;
}
