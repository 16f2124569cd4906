// batch_norm: y = gamma (x - mean) / std + beta [+ z] [then ReLU]. What costs time is the passes over memory: two forward in
// training (statistics, result), one in evaluation; two backward (sums, gradients).
//
// Threads take runs of pixels. Within a run, blocks of a few pixels and channels that stay in the first cache are summed in
// float, the blocks in double.
#include "core/backend/cpu/cpu.h"

#include <math.h>

enum { ROWS = 32, TILE = 64 };

typedef struct job {
    int64_t pixels, channels;
    int parts;
    const float *x, *z, *y, *gy;
    const float *mean, *factor, *beta; // factor = gamma / std
    const float *slope, *offset;       // backward: gx = factor g + slope (x - mean) + offset; NULL: factor g
    float *to, *gz;
    double *first_sum, *second_sum; // `parts` times `channels`: mean and sum of squares about it; sums of g and of g (x - mean)
    bool relu;
} job;

// Mean and sum of squared deviations of one block, merged into those of the `before` pixels so far (Chan et al. 1979). The
// deviations are taken from the block's own mean, so a large mean costs no digits.
SL_INLINE void block_statistics(const float *x, int64_t stride, int64_t rows, int64_t count, double before, double *mean,
                                double *squares) {
    float center[TILE], first[TILE], second[TILE];
    float share = 1.0f / (float)rows;
#pragma omp simd
    for (int64_t c = 0; c < count; c++) center[c] = first[c] = second[c] = 0.0f;
    for (int64_t r = 0; r < rows; r++)
#pragma omp simd
        for (int64_t c = 0; c < count; c++) center[c] += x[r * stride + c];
#pragma omp simd
    for (int64_t c = 0; c < count; c++) center[c] *= share;
    for (int64_t r = 0; r < rows; r++)
#pragma omp simd
        for (int64_t c = 0; c < count; c++) {
            float d = x[r * stride + c] - center[c];
            first[c] += d;
            second[c] += d * d;
        }
    double weight = (double)rows / (before + (double)rows), cross = before * weight;
#pragma omp simd
    for (int64_t c = 0; c < count; c++) {
        double rest = (double)first[c] * share;
        double delta = (double)center[c] + rest - mean[c];
        mean[c] += delta * weight;
        squares[c] += (double)second[c] - (double)first[c] * rest + delta * delta * cross;
    }
}

SL_CLONES static void statistics(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, part = sl_cpu_part(j->pixels, j->parts, first) * channels;
    double *mean = j->first_sum + part, *squares = j->second_sum + part;
    for (int64_t c = 0; c < channels; c++) mean[c] = squares[c] = 0.0;
    for (int64_t at = first; at < last; at += ROWS) {
        int64_t rows = last - at < ROWS ? last - at : ROWS, c = 0;
        for (; c + TILE <= channels; c += TILE)
            block_statistics(j->x + at * channels + c, channels, rows, TILE, (double)(at - first), mean + c, squares + c);
        if (c < channels)
            block_statistics(j->x + at * channels + c, channels, rows, channels - c, (double)(at - first), mean + c, squares + c);
    }
}

SL_INLINE void normalize_row(const float *x, const float *z, int64_t channels, const float *mean, const float *factor,
                             const float *beta, bool relu, float *y) {
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) {
        float value = (x[c] - mean[c]) * factor[c] + beta[c];
        if (z) value += z[c];
        y[c] = relu && value < 0.0f ? 0.0f : value;
    }
}

SL_CLONES static void normalize(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels;
    const float *x = j->x, *z = j->z, *mean = j->mean, *factor = j->factor, *beta = j->beta;
    float *y = j->to;
    for (int64_t at = first * channels; at < last * channels; at += channels) {
        if (z && j->relu)
            normalize_row(x + at, z + at, channels, mean, factor, beta, true, y + at);
        else if (z)
            normalize_row(x + at, z + at, channels, mean, factor, beta, false, y + at);
        else if (j->relu)
            normalize_row(x + at, NULL, channels, mean, factor, beta, true, y + at);
        else
            normalize_row(x + at, NULL, channels, mean, factor, beta, false, y + at);
    }
}

// Merges the parts into the first one's place.
static void merge_statistics(const job *j) {
    int64_t channels = j->channels;
    double before = 0.0;
    for (int part = 0; part < j->parts; part++) {
        double size = (double)(sl_cpu_part_first(j->pixels, j->parts, part + 1) - sl_cpu_part_first(j->pixels, j->parts, part));
        double weight = size / (before + size), cross = before * weight;
        const double *mean = j->first_sum + part * channels, *squares = j->second_sum + part * channels;
        for (int64_t c = 0; part > 0 && c < channels; c++) {
            double delta = mean[c] - j->first_sum[c];
            j->first_sum[c] += delta * weight;
            j->second_sum[c] += squares[c] + delta * delta * cross;
        }
        before += size;
    }
}

// Scratch memory of a call: two arrays of sums a part, and four of floats a channel.
typedef struct scratch {
    sl_tensor *sums, *floats;
} scratch;

static sl_status scratch_new(job *j, bool with_sums, scratch *s) {
    j->parts = sl_cpu_parts(j->pixels, sl_cpu_grain(j->channels));
    *s = (scratch){NULL, NULL};
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_vector(4 * j->channels), &s->floats));
    if (!with_sums) return SL_OK;
    sl_status status = sl_cpu_doubles(2 * j->parts * j->channels, &s->sums);
    if (status != SL_OK) {
        sl_tensor_free(s->floats);
        return status;
    }
    j->first_sum = sl_tensor_data(s->sums);
    j->second_sum = j->first_sum + j->parts * j->channels;
    return SL_OK;
}

static void scratch_free(scratch *s) {
    sl_tensor_free(s->sums);
    sl_tensor_free(s->floats);
}

static void run(job *j, sl_cpu_body body) {
    sl_cpu_for(j->pixels, sl_cpu_grain(j->channels), body, j);
}

sl_status sl_cpu_batch_norm_forward(const sl_op_call *call) {
    const sl_op_attributes *a = &call->attributes;
    sl_shape s = call->in_shape[0];
    const float *gamma = sl_tensor_f32(call->in[1]);
    float *running_mean = sl_tensor_f32(call->in[3]), *running_var = sl_tensor_f32(call->in[4]); // training updates them in place
    float *kept_mean = sl_tensor_f32(call->out[1]), *kept_inv_std = sl_tensor_f32(call->out[2]);
    job j = {.pixels = s.n * s.h * s.w,
             .channels = s.c,
             .x = sl_tensor_f32(call->in[0]),
             .z = call->in[5] ? sl_tensor_f32(call->in[5]) : NULL,
             .to = sl_tensor_f32(call->out[0]),
             .mean = kept_mean,
             .beta = sl_tensor_f32(call->in[2]),
             .relu = a->relu};
    scratch memory;
    SL_TRY(scratch_new(&j, a->training, &memory));
    float *factor = sl_tensor_f32(memory.floats);
    j.factor = factor;
    if (a->training) {
        run(&j, statistics);
        merge_statistics(&j);
    }
    double unbias = j.pixels > 1 ? (double)j.pixels / (double)(j.pixels - 1) : 1.0;
    for (int64_t c = 0; c < s.c; c++) {
        double mean = running_mean[c], variance = running_var[c];
        if (a->training) {
            mean = j.first_sum[c];
            variance = j.second_sum[c] / (double)j.pixels;
            running_mean[c] = (float)((1.0 - a->momentum) * running_mean[c] + a->momentum * mean);
            running_var[c] = (float)((1.0 - a->momentum) * running_var[c] + a->momentum * variance * unbias);
        }
        double inv_std = 1.0 / sqrt(variance + a->eps);
        kept_mean[c] = (float)mean;
        kept_inv_std[c] = (float)inv_std;
        factor[c] = (float)(gamma[c] * inv_std);
    }
    run(&j, normalize);
    scratch_free(&memory);
    return SL_OK;
}

// Adds the block's sums of g and of g (x - mean); g is gy, or 0 where y is not positive. Writes g to gz unless that is NULL.
SL_INLINE void block_sums(const float *x, const float *y, const float *gy, float *gz, int64_t stride, int64_t rows, int64_t count,
                          const float *mean, double *sum, double *sum_deviation) {
    float first[TILE], second[TILE];
#pragma omp simd
    for (int64_t c = 0; c < count; c++) first[c] = second[c] = 0.0f;
    for (int64_t r = 0; r < rows; r++)
#pragma omp simd
        for (int64_t c = 0; c < count; c++) {
            int64_t at = r * stride + c;
            float g = y && y[at] <= 0.0f ? 0.0f : gy[at];
            first[c] += g;
            second[c] += g * (x[at] - mean[c]);
            if (gz) gz[at] = g;
        }
#pragma omp simd
    for (int64_t c = 0; c < count; c++) {
        sum[c] += first[c];
        sum_deviation[c] += second[c];
    }
}

SL_INLINE void tile_sums(const job *j, int64_t at, int64_t rows, int64_t count, const float *mean, double *sum,
                         double *deviation) {
    const float *x = j->x + at, *y = j->y ? j->y + at : NULL, *gy = j->gy + at;
    float *gz = j->gz ? j->gz + at : NULL;
    if (j->y && j->gz)
        block_sums(x, y, gy, gz, j->channels, rows, count, mean, sum, deviation);
    else if (j->y)
        block_sums(x, y, gy, NULL, j->channels, rows, count, mean, sum, deviation);
    else if (j->gz)
        block_sums(x, NULL, gy, gz, j->channels, rows, count, mean, sum, deviation);
    else
        block_sums(x, NULL, gy, NULL, j->channels, rows, count, mean, sum, deviation);
}

SL_CLONES static void gradient_sums(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, part = sl_cpu_part(j->pixels, j->parts, first) * channels;
    double *sum = j->first_sum + part, *deviation = j->second_sum + part;
    for (int64_t c = 0; c < channels; c++) sum[c] = deviation[c] = 0.0;
    for (int64_t at = first; at < last; at += ROWS) {
        int64_t rows = last - at < ROWS ? last - at : ROWS, c = 0;
        for (; c + TILE <= channels; c += TILE) tile_sums(j, at * channels + c, rows, TILE, j->mean + c, sum + c, deviation + c);
        if (c < channels) tile_sums(j, at * channels + c, rows, channels - c, j->mean + c, sum + c, deviation + c);
    }
}

SL_INLINE void gradient_row(const job *j, int64_t at, bool masked, bool batch, bool both) {
    const float *x = j->x + at, *gy = j->gy + at, *factor = j->factor, *mean = j->mean, *slope = j->slope, *offset = j->offset;
    const float *y = masked ? j->y + at : NULL;
    float *gx = j->to + at, *gz = both ? j->gz + at : NULL;
#pragma omp simd
    for (int64_t c = 0; c < j->channels; c++) {
        float g = y && y[c] <= 0.0f ? 0.0f : gy[c];
        if (gz) gz[c] = g;
        gx[c] = batch ? factor[c] * g + (slope[c] * (x[c] - mean[c]) + offset[c]) : factor[c] * g;
    }
}

// The gradient of x; and gz too, where the sums were not needed (evaluation) and it is still to be written.
SL_CLONES static void gradients(void *context, int64_t first, int64_t last) {
    const job *j = context;
    for (int64_t i = first; i < last; i++) {
        int64_t at = i * j->channels;
        if (j->slope && j->y)
            gradient_row(j, at, true, true, false);
        else if (j->slope)
            gradient_row(j, at, false, true, false);
        else if (j->y && j->gz)
            gradient_row(j, at, true, false, true);
        else if (j->y)
            gradient_row(j, at, true, false, false);
        else if (j->gz)
            gradient_row(j, at, false, false, true);
        else
            gradient_row(j, at, false, false, false);
    }
}

SL_CLONES static void mask(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const float *y = j->y, *gy = j->gy;
    float *gz = j->gz;
#pragma omp simd
    for (int64_t i = first * j->channels; i < last * j->channels; i++) gz[i] = y && y[i] <= 0.0f ? 0.0f : gy[i];
}

// Sums over the parts, the gradients of gamma and beta, and the factors of gx.
static void finish_sums(job *j, const sl_op_call *call, const float *inv_std, float *slope, float *offset) {
    float *g_gamma = call->grad_in[1] ? sl_tensor_f32(call->grad_in[1]) : NULL;
    float *g_beta = call->grad_in[2] ? sl_tensor_f32(call->grad_in[2]) : NULL;
    for (int64_t c = 0; c < j->channels; c++) {
        double sum = 0.0, deviation = 0.0;
        for (int part = 0; part < j->parts; part++) {
            sum += j->first_sum[part * j->channels + c];
            deviation += j->second_sum[part * j->channels + c];
        }
        if (g_beta) g_beta[c] = (float)sum;
        if (g_gamma) g_gamma[c] = (float)(deviation * inv_std[c]);
        // With batch statistics x also acts through the mean and the variance.
        double share = j->factor[c] / (double)j->pixels;
        slope[c] = (float)(-share * deviation * inv_std[c] * inv_std[c]);
        offset[c] = (float)(-share * sum);
    }
}

sl_status sl_cpu_batch_norm_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    sl_shape s = call->in_shape[0];
    const float *gamma = sl_tensor_f32(call->in[1]), *inv_std = sl_tensor_f32(call->out[2]);
    job j = {.pixels = s.n * s.h * s.w,
             .channels = s.c,
             .x = sl_tensor_f32(call->in[0]),
             .y = call->attributes.relu ? sl_tensor_f32(call->out[0]) : NULL,
             .gy = sl_tensor_f32(call->grad_out[0]),
             .mean = sl_tensor_f32(call->out[1]),
             .to = call->grad_in[0] ? sl_tensor_f32(call->grad_in[0]) : NULL,
             .gz = call->grad_in[5] ? sl_tensor_f32(call->grad_in[5]) : NULL};
    bool sums = (call->attributes.training && j.to) || call->grad_in[1] || call->grad_in[2];
    scratch memory;
    SL_TRY(scratch_new(&j, sums, &memory));
    float *factor = sl_tensor_f32(memory.floats), *slope = factor + s.c, *offset = slope + s.c;
    for (int64_t c = 0; c < s.c; c++) factor[c] = (float)((double)gamma[c] * inv_std[c]);
    j.factor = factor;
    if (sums) {
        run(&j, gradient_sums);
        finish_sums(&j, call, inv_std, slope, offset);
        if (j.gz) { // it holds g now
            j.gy = j.gz;
            j.gz = NULL;
            j.y = NULL;
        }
    }
    if (call->attributes.training) {
        j.slope = slope;
        j.offset = offset;
    }
    if (j.to)
        run(&j, gradients);
    else if (j.gz)
        run(&j, mask);
    scratch_free(&memory);
    return SL_OK;
}
