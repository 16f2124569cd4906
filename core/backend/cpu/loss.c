// Losses: means over the pixels that count, 0 with a zero gradient when none does.
#include "core/backend/cpu/cpu.h"
#include "core/backend/cpu/pixels.h"
#include "core/backend/reference/reference.h"
#include "core/tensor/pixel.h"

#include <math.h>
#include <string.h>

enum { MOST_PARTS = 256 };

// What one thread found on its pixels.
typedef struct part {
    double loss, weight;
    int64_t count;
    bool bad_label;
} part;

typedef struct job {
    const float *x, *d, *weight;
    const uint8_t *labels8; // one of the two, or neither
    const int64_t *labels64;
    uint8_t *pseudo;
    float *gx;
    int64_t channels, pixels, ignore_label;
    float target, threshold;
    double factor;
    int parts;
    part *found;
} job;

SL_INLINE int64_t label_at(const job *j, int64_t i) {
    return j->labels8 ? j->labels8[i] : j->labels64[i];
}

// Cut as sl_cpu_for will cut it; SL_ERR_UNSUPPORTED beyond any machine's threads.
static sl_status run(job *j, sl_cpu_body body, int64_t steps, part found[MOST_PARTS], part *sum) {
    int64_t grain = sl_cpu_grain(steps);
    j->parts = sl_cpu_parts(j->pixels, grain);
    j->found = found;
    if (j->parts > MOST_PARTS) return SL_ERR_UNSUPPORTED;
    memset(found, 0, sizeof *found * (size_t)j->parts);
    sl_cpu_for(j->pixels, grain, body, j);
    *sum = (part){0.0, 0.0, 0, false};
    for (int i = 0; i < j->parts; i++) {
        sum->loss += found[i].loss;
        sum->weight += found[i].weight;
        sum->count += found[i].count;
        sum->bad_label |= found[i].bad_label;
    }
    return SL_OK;
}

static void finish(const sl_op_call *call, part sum) {
    *sl_tensor_f32(call->out[0]) = sum.weight > 0.0 ? (float)(sum.loss / sum.weight) : 0.0f;
    *sl_tensor_i64(call->out[1]) = sum.count;
}

static job job_of(const sl_op_call *call) {
    sl_shape s = call->in_shape[0];
    return (job){.x = sl_tensor_f32(call->in[0]),
                 .channels = s.c,
                 .pixels = s.n * s.h * s.w,
                 .ignore_label = call->attributes.ignore_label};
}

static job cross_entropy_job(const sl_op_call *call) {
    job j = job_of(call);
    j.labels8 = sl_tensor_u8(call->in[1]);
    j.labels64 = sl_tensor_i64(call->in[1]);
    j.weight = call->in[2] ? sl_tensor_f32(call->in[2]) : NULL;
    return j;
}

SL_CLONES static void cross_entropy(void *context, int64_t first, int64_t last) {
    const job *j = context;
    part sum = {0.0, 0.0, 0, false};
    int64_t channels = j->channels, run_length = sl_pixels_in_run(channels);
    float exponentials[SL_PIXELS_RUN], gap[SL_PIXELS_RUN], weight[SL_PIXELS_RUN]; // gap: largest logit less the label's
    for (int64_t at = first; at < last; at += run_length) {
        int64_t end = last - at < run_length ? last : at + run_length, count = 0;
        for (int64_t i = at; i < end; i++) {
            int64_t label = label_at(j, i);
            if (label == j->ignore_label) continue;
            if (label < 0 || label >= channels) {
                sum.bad_label = true;
                continue;
            }
            const float *x = j->x + i * channels;
            float max = sl_pixels_max(x, channels);
            sl_pixels_shift(x, max, channels, exponentials + count * channels);
            gap[count] = max - x[label];
            weight[count++] = j->weight ? j->weight[label] : 1.0f;
        }
        sl_pixels_exp(exponentials, count * channels);
        for (int64_t i = 0; i < count; i++) {
            sum.loss += (double)weight[i] * (double)(gap[i] + logf(sl_pixels_sum(exponentials + i * channels, channels)));
            sum.weight += weight[i];
        }
        sum.count += count;
    }
    j->found[sl_cpu_part(j->pixels, j->parts, first)] = sum;
}

sl_status sl_cpu_cross_entropy_forward(const sl_op_call *call) {
    job j = cross_entropy_job(call);
    if (j.channels < 1 || j.channels > SL_PIXELS_RUN) return SL_ERR_UNSUPPORTED;
    part found[MOST_PARTS], sum;
    SL_TRY(run(&j, cross_entropy, 4 * j.channels, found, &sum));
    if (sum.bad_label) return sl_reference_check_labels("cross_entropy", call->in[1], j.channels, j.ignore_label); // says which
    finish(call, sum);
    return SL_OK;
}

static void sum_weights(void *context, int64_t first, int64_t last) {
    const job *j = context;
    double sum = 0.0;
    for (int64_t i = first; i < last; i++) {
        int64_t label = label_at(j, i);
        if (label != j->ignore_label) sum += j->weight ? j->weight[label] : 1.0;
    }
    j->found[sl_cpu_part(j->pixels, j->parts, first)].weight = sum;
}

// gx = factor * weight * (softmax(x) - one_hot(label)), 0 for pixels that do not count.
SL_CLONES static void cross_entropy_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, run_length = sl_pixels_in_run(channels);
    for (int64_t at = first; at < last; at += run_length) {
        int64_t end = last - at < run_length ? last : at + run_length;
        for (int64_t i = at; i < end; i++) {
            float *gx = j->gx + i * channels;
            const float *x = j->x + i * channels;
            if (label_at(j, i) == j->ignore_label)
                memset(gx, 0, sizeof *gx * (size_t)channels);
            else
                sl_pixels_shift(x, sl_pixels_max(x, channels), channels, gx);
        }
        sl_pixels_exp(j->gx + at * channels, (end - at) * channels);
        for (int64_t i = at; i < end; i++) {
            float *gx = j->gx + i * channels;
            int64_t label = label_at(j, i);
            double factor = label == j->ignore_label ? 0.0 : j->factor * (j->weight ? j->weight[label] : 1.0);
            if (factor == 0.0) {
                memset(gx, 0, sizeof *gx * (size_t)channels);
                continue;
            }
            float sum = sl_pixels_sum(gx, channels);
            gx[label] -= sum; // (e - sum) / sum keeps the digits of a probability near 1
            sl_pixels_scale(gx, (float)(factor / sum), channels);
        }
    }
}

static void run_gradient(job *j) {
    sl_cpu_for(j->pixels, sl_cpu_grain(4 * j->channels), cross_entropy_gradient, j);
}

sl_status sl_cpu_cross_entropy_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = cross_entropy_job(call);
    part found[MOST_PARTS], sum;
    SL_TRY(run(&j, sum_weights, 1, found, &sum));
    j.factor = sum.weight > 0.0 ? *sl_tensor_f32(call->grad_out[0]) / sum.weight : 0.0;
    j.gx = sl_tensor_f32(call->grad_in[0]);
    run_gradient(&j);
    return SL_OK;
}

// The label of a pixel is the network's own argmax where the discriminator is confident, else the ignore label.
SL_CLONES static void masked_cross_entropy(void *context, int64_t first, int64_t last) {
    const job *j = context;
    part sum = {0.0, 0.0, 0, false};
    int64_t channels = j->channels, run_length = sl_pixels_in_run(channels);
    float exponentials[SL_PIXELS_RUN];
    for (int64_t at = first; at < last; at += run_length) {
        int64_t end = last - at < run_length ? last : at + run_length, count = 0;
        for (int64_t i = at; i < end; i++) {
            j->pseudo[i] = (uint8_t)j->ignore_label;
            if (!sl_pixel_is_confident(j->d[i], j->threshold)) continue;
            const float *x = j->x + i * channels;
            int label = sl_pixel_argmax(x, (int)channels);
            j->pseudo[i] = (uint8_t)label;
            sl_pixels_shift(x, x[label], channels, exponentials + count++ * channels);
        }
        sl_pixels_exp(exponentials, count * channels);
        for (int64_t i = 0; i < count; i++) sum.loss += logf(sl_pixels_sum(exponentials + i * channels, channels));
        sum.count += count;
    }
    sum.weight = (double)sum.count;
    j->found[sl_cpu_part(j->pixels, j->parts, first)] = sum;
}

sl_status sl_cpu_masked_cross_entropy_forward(const sl_op_call *call) {
    job j = job_of(call);
    j.d = sl_tensor_f32(call->in[1]);
    j.pseudo = sl_tensor_u8(call->out[2]);
    j.threshold = (float)call->attributes.threshold;
    part found[MOST_PARTS], sum;
    SL_TRY(run(&j, masked_cross_entropy, 4 * j.channels, found, &sum));
    finish(call, sum);
    return SL_OK;
}

sl_status sl_cpu_masked_cross_entropy_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = job_of(call);
    int64_t count = *sl_tensor_i64(call->out[1]);
    j.labels8 = sl_tensor_u8(call->out[2]);
    j.factor = count > 0 ? *sl_tensor_f32(call->grad_out[0]) / (double)count : 0.0;
    j.gx = sl_tensor_f32(call->grad_in[0]);
    run_gradient(&j);
    return SL_OK;
}

SL_CLONES static void bce(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const uint8_t *ignore = j->labels8;
    const float target = j->target;
    part sum = {0.0, 0.0, 0, false};
    float losses[SL_PIXELS_RUN];
    for (int64_t at = first; at < last; at += SL_PIXELS_RUN) {
        int64_t count = last - at < SL_PIXELS_RUN ? last - at : SL_PIXELS_RUN, ignored = 0;
        const float *x = j->x + at;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            float v = x[i], magnitude = v < 0.0f ? -v : v;
            losses[i] = (v < 0.0f ? 0.0f : v) - v * target + sl_vector_log1p(sl_vector_exp(-magnitude));
        }
        for (int64_t i = 0; ignore && i < count; i++)
            if (ignore[at + i]) {
                losses[i] = 0.0f;
                ignored++;
            }
        double loss = 0.0;
#pragma omp simd reduction(+ : loss)
        for (int64_t i = 0; i < count; i++) loss += losses[i];
        sum.loss += loss;
        sum.count += count - ignored;
    }
    sum.weight = (double)sum.count;
    j->found[sl_cpu_part(j->pixels, j->parts, first)] = sum;
}

static job bce_job(const sl_op_call *call) {
    job j = {.x = sl_tensor_f32(call->in[0]), .pixels = sl_tensor_count(call->in[0]), .target = (float)call->attributes.target};
    j.labels8 = call->in[1] ? sl_tensor_u8(call->in[1]) : NULL;
    return j;
}

sl_status sl_cpu_bce_with_logits_forward(const sl_op_call *call) {
    job j = bce_job(call);
    part found[MOST_PARTS], sum;
    SL_TRY(run(&j, bce, 8, found, &sum));
    finish(call, sum);
    return SL_OK;
}

SL_CLONES static void bce_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *x = j->x, factor = (float)j->factor, target = j->target;
    const uint8_t *ignore = j->labels8;
    float *gx = j->gx;
#pragma omp simd
    for (int64_t i = first; i < last; i++) gx[i] = factor * (sl_vector_sigmoid(x[i]) - target);
    if (!ignore) return;
#pragma omp simd
    for (int64_t i = first; i < last; i++) gx[i] = ignore[i] ? 0.0f : gx[i];
}

sl_status sl_cpu_bce_with_logits_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    job j = bce_job(call);
    int64_t count = *sl_tensor_i64(call->out[1]);
    j.factor = count > 0 ? *sl_tensor_f32(call->grad_out[0]) / (double)count : 0.0;
    j.gx = sl_tensor_f32(call->grad_in[0]);
    sl_cpu_for(j.pixels, sl_cpu_grain(8), bce_gradient, &j);
    return SL_OK;
}
