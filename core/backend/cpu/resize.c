// bilinear: the positions and weights along each axis are computed once a call; rows are joined first, then columns.
#include "core/backend/cpu/cpu.h"
#include "core/tensor/pixel.h"

#include <string.h>

// One axis. Output o lies between inputs low[o] and high[o]. Input i takes part in outputs first[i] .. last[i]-1, a contiguous
// run, since low and high never fall.
typedef struct axis {
    int64_t in, out;
    int *low, *high, *first, *last;
    float *low_weight, *high_weight;
    sl_tensor *memory;
} axis;

static sl_status axis_new(int64_t in, int64_t out, bool corners, axis *a) {
    *a = (axis){.in = in, .out = out};
    SL_TRY(sl_tensor_new(SL_U8, sl_shape_vector((int64_t)sizeof(int) * 2 * (in + out) + (int64_t)sizeof(float) * 2 * out),
                         &a->memory));
    a->low = sl_tensor_data(a->memory);
    a->high = a->low + out;
    a->first = a->high + out;
    a->last = a->first + in;
    a->low_weight = (float *)(a->last + in);
    a->high_weight = a->low_weight + out;
    for (int64_t i = 0; i < in; i++) a->first[i] = a->last[i] = 0;
    for (int64_t o = 0; o < out; o++) {
        sl_pixel_tap tap = sl_pixel_bilinear_tap((int)o, (int)in, (int)out, corners);
        a->low[o] = tap.low;
        a->high[o] = tap.high;
        a->low_weight[o] = tap.low_weight;
        a->high_weight[o] = tap.high_weight;
        for (int i = tap.low; i <= tap.high; i++) {
            if (a->last[i] == 0) a->first[i] = (int)o;
            a->last[i] = (int)o + 1;
        }
    }
    return SL_OK;
}

// What output o takes of input i.
static float share(const axis *a, int64_t o, int64_t i) {
    return (a->low[o] == i ? a->low_weight[o] : 0.0f) + (a->high[o] == i ? a->high_weight[o] : 0.0f);
}

typedef struct job {
    axis v, u;             // vertical, horizontal
    int64_t channels, row; // row: floats of scratch for one thread
    const float *from;
    float *to, *rows;
    int64_t count;
    int parts;
} job;

static sl_status job_new(const sl_op_call *call, sl_shape in, sl_shape out, int64_t row, job *j, sl_tensor **rows) {
    bool corners = call->attributes.align_corners;
    *rows = NULL;
    SL_TRY(axis_new(in.h, out.h, corners, &j->v));
    sl_status status = axis_new(in.w, out.w, corners, &j->u);
    if (status == SL_OK) status = sl_tensor_new(SL_F32, sl_shape_vector(j->parts * row), rows);
    if (status != SL_OK) {
        sl_tensor_free(j->v.memory);
        sl_tensor_free(j->u.memory);
        return status;
    }
    j->row = row;
    j->rows = sl_tensor_f32(*rows);
    return SL_OK;
}

static void job_free(job *j, sl_tensor *rows) {
    sl_tensor_free(j->v.memory);
    sl_tensor_free(j->u.memory);
    sl_tensor_free(rows);
}

SL_INLINE void join(const float *a, const float *b, float wa, float wb, int64_t count, float *to) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) to[i] = wa * a[i] + wb * b[i];
}
SL_INLINE void add_scaled(const float *from, float factor, int64_t count, float *to) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) to[i] += factor * from[i];
}

// Output rows.
SL_CLONES static void forward(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const axis *v = &j->v, *u = &j->u;
    int64_t channels = j->channels, in_row = u->in * channels;
    float *row = j->rows + sl_cpu_part(j->count, j->parts, first) * j->row;
    for (int64_t at = first; at < last; at++) {
        int64_t n = at / v->out, oh = at % v->out;
        const float *x = j->from + n * v->in * in_row;
        float *y = j->to + at * u->out * channels;
        join(x + v->low[oh] * in_row, x + v->high[oh] * in_row, v->low_weight[oh], v->high_weight[oh], in_row, row);
        if (channels == 1) {
            const int *low = u->low, *high = u->high;
            const float *low_weight = u->low_weight, *high_weight = u->high_weight;
#pragma omp simd
            for (int64_t ow = 0; ow < u->out; ow++) y[ow] = low_weight[ow] * row[low[ow]] + high_weight[ow] * row[high[ow]];
            continue;
        }
        for (int64_t ow = 0; ow < u->out; ow++)
            join(row + u->low[ow] * channels, row + u->high[ow] * channels, u->low_weight[ow], u->high_weight[ow], channels,
                 y + ow * channels);
    }
}

// Rows of the gradient of x: all output rows that took from it are joined first, then their pixels.
SL_CLONES static void backward(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const axis *v = &j->v, *u = &j->u;
    int64_t channels = j->channels, out_row = u->out * channels;
    float *row = j->rows + sl_cpu_part(j->count, j->parts, first) * j->row;
    for (int64_t at = first; at < last; at++) {
        int64_t n = at / v->in, ih = at % v->in;
        memset(row, 0, sizeof *row * (size_t)out_row);
        for (int64_t oh = v->first[ih]; oh < v->last[ih]; oh++)
            add_scaled(j->from + (n * v->out + oh) * out_row, share(v, oh, ih), out_row, row);
        float *gx = j->to + at * u->in * channels;
        memset(gx, 0, sizeof *gx * (size_t)(u->in * channels));
        for (int64_t iw = 0; iw < u->in; iw++)
            for (int64_t ow = u->first[iw]; ow < u->last[iw]; ow++)
                add_scaled(row + ow * channels, share(u, ow, iw), channels, gx + iw * channels);
    }
}

sl_status sl_cpu_bilinear_forward(const sl_op_call *call) {
    sl_shape in = call->in_shape[0], out = sl_tensor_shape(call->out[0]);
    int64_t grain = sl_cpu_grain(out.w * out.c);
    job j = {.channels = in.c, .from = sl_tensor_f32(call->in[0]), .to = sl_tensor_f32(call->out[0]), .count = out.n * out.h};
    j.parts = sl_cpu_parts(j.count, grain);
    sl_tensor *rows;
    SL_TRY(job_new(call, in, out, in.w * in.c, &j, &rows));
    sl_cpu_for(j.count, grain, forward, &j);
    job_free(&j, rows);
    return SL_OK;
}

sl_status sl_cpu_bilinear_backward(const sl_op_call *call) {
    if (sl_cpu_no_gradient(call)) return SL_OK;
    sl_shape in = call->in_shape[0], out = sl_tensor_shape(call->grad_out[0]);
    int64_t grain = sl_cpu_grain(out.w * out.c * (2 * out.h / in.h + 1));
    job j = {
        .channels = in.c, .from = sl_tensor_f32(call->grad_out[0]), .to = sl_tensor_f32(call->grad_in[0]), .count = in.n * in.h};
    j.parts = sl_cpu_parts(j.count, grain);
    sl_tensor *rows;
    SL_TRY(job_new(call, in, out, out.w * out.c, &j, &rows));
    sl_cpu_for(j.count, grain, backward, &j);
    job_free(&j, rows);
    return SL_OK;
}
