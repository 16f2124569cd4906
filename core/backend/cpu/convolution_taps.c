// A convolution as one matrix product and shifted sums: z[q, t O + o] = x[q, :] . w[o, t, :] for all pixels q, taps t and outputs
// o; then y[p, o] is the sum over t of z at the pixel that tap t sees from p.
#include "core/backend/cpu/convolution.h"
#include "core/backend/cpu/matmul.h"

#include <string.h>

bool sl_taps_suit(const sl_convolution *g) {
    int64_t taps = sl_convolution_taps(g);
    return g->stride == 1 && taps > 1 && (g->dilation > 1 || g->out < 16) && g->in >= 64 && 2 * g->out * taps <= g->in;
}

typedef struct job {
    const sl_convolution *g;
    const float *from, *bias;
    float *to;
} job;

// Weights between their order O, taps, I and the product's taps, O, I.
static void to_taps_first(void *context, int64_t first, int64_t last) {
    job *j = context;
    int64_t taps = sl_convolution_taps(j->g), in = j->g->in, out = j->g->out;
    for (int64_t i = first; i < last; i++)
        memcpy(j->to + (i % taps * out + i / taps) * in, j->from + i * in, sizeof(float) * (size_t)in);
}
static void from_taps_first(void *context, int64_t first, int64_t last) {
    job *j = context;
    int64_t taps = sl_convolution_taps(j->g), in = j->g->in, out = j->g->out;
    for (int64_t i = first; i < last; i++)
        memcpy(j->to + i * in, j->from + (i % taps * out + i / taps) * in, sizeof(float) * (size_t)in);
}

SL_CLONES static void add_tap(float *to, const float *from, int64_t count) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

// Rows of y from z.
static void gather(void *context, int64_t first, int64_t last) {
    job *j = context;
    const sl_convolution *g = j->g;
    int64_t columns = sl_convolution_taps(g) * g->out;
    for (int64_t row = first; row < last; row++) {
        int64_t n = row / g->out_height, oh = row % g->out_height;
        for (int64_t ow = 0; ow < g->out_width; ow++) {
            float *y = j->to + (row * g->out_width + ow) * g->out;
            if (j->bias)
                memcpy(y, j->bias, sizeof *y * (size_t)g->out);
            else
                memset(y, 0, sizeof *y * (size_t)g->out);
            for (int64_t kh = 0; kh < g->kernel_height; kh++) {
                int64_t ih = oh - g->padding + kh * g->dilation;
                if (ih < 0 || ih >= g->height) continue;
                for (int64_t kw = 0; kw < g->kernel_width; kw++) {
                    int64_t iw = ow - g->padding + kw * g->dilation;
                    if (iw < 0 || iw >= g->width) continue;
                    const float *z = j->from + ((n * g->height + ih) * g->width + iw) * columns;
                    add_tap(y, z + (kh * g->kernel_width + kw) * g->out, g->out);
                }
            }
        }
    }
}

// Rows of the gradient of z from gy: every tap of an input pixel sees one output pixel, or none.
static void scatter(void *context, int64_t first, int64_t last) {
    job *j = context;
    const sl_convolution *g = j->g;
    int64_t columns = sl_convolution_taps(g) * g->out;
    size_t bytes = sizeof(float) * (size_t)g->out;
    for (int64_t row = first; row < last; row++) {
        int64_t n = row / g->height, ih = row % g->height;
        for (int64_t iw = 0; iw < g->width; iw++) {
            float *gz = j->to + (row * g->width + iw) * columns;
            for (int64_t kh = 0; kh < g->kernel_height; kh++)
                for (int64_t kw = 0; kw < g->kernel_width; kw++, gz += g->out) {
                    int64_t oh = ih + g->padding - kh * g->dilation, ow = iw + g->padding - kw * g->dilation;
                    if (oh < 0 || oh >= g->out_height || ow < 0 || ow >= g->out_width)
                        memset(gz, 0, bytes);
                    else
                        memcpy(gz, j->from + ((n * g->out_height + oh) * g->out_width + ow) * g->out, bytes);
                }
        }
    }
}

// Two scratch arrays: pixels x (taps O), and weights with the taps first.
typedef struct scratch {
    sl_tensor *z, *w;
} scratch;

static sl_status scratch_new(const sl_convolution *g, scratch *s) {
    int64_t columns = sl_convolution_taps(g) * g->out;
    *s = (scratch){NULL, NULL};
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_vector(g->batch * g->height * g->width * columns), &s->z));
    return sl_tensor_new(SL_F32, sl_shape_vector(columns * g->in), &s->w);
}

static void scratch_free(scratch *s) {
    sl_tensor_free(s->z);
    sl_tensor_free(s->w);
}

sl_status sl_taps_forward(const sl_convolution *g, const float *x, const float *w, const float *bias, float *y) {
    int64_t columns = sl_convolution_taps(g) * g->out;
    scratch s;
    sl_status status = scratch_new(g, &s);
    if (status == SL_OK) {
        float *z = sl_tensor_f32(s.z), *turned = sl_tensor_f32(s.w);
        sl_cpu_for(columns, sl_cpu_grain(g->in), to_taps_first, &(job){g, w, NULL, turned});
        sl_matmul m = {1, g->batch * g->height * g->width, columns, g->in, false, true};
        status = sl_matmul_run(&m, x, turned, z);
        if (status == SL_OK)
            sl_cpu_for(g->batch * g->out_height, sl_cpu_grain(g->out_width * columns), gather, &(job){g, z, bias, y});
    }
    scratch_free(&s);
    return status;
}

sl_status sl_taps_weight_gradient(const sl_convolution *g, const float *x, const float *gy, float *gw) {
    int64_t columns = sl_convolution_taps(g) * g->out;
    scratch s;
    sl_status status = scratch_new(g, &s);
    if (status == SL_OK) {
        float *gz = sl_tensor_f32(s.z), *turned = sl_tensor_f32(s.w);
        sl_cpu_for(g->batch * g->height, sl_cpu_grain(g->width * columns), scatter, &(job){g, gy, NULL, gz});
        sl_matmul m = {1, columns, g->in, g->batch * g->height * g->width, true, false};
        status = sl_matmul_run(&m, gz, x, turned);
        if (status == SL_OK) sl_cpu_for(columns, sl_cpu_grain(g->in), from_taps_first, &(job){g, turned, NULL, gw});
    }
    scratch_free(&s);
    return status;
}

typedef struct bias_job {
    const float *gy;
    double *sums; // out numbers a part
    int64_t out, pixels;
    int parts;
} bias_job;

static void sum_pixels(void *context, int64_t first, int64_t last) {
    bias_job *j = context;
    double *sum = j->sums + sl_cpu_part(j->pixels, j->parts, first) * j->out;
    for (int64_t o = 0; o < j->out; o++) sum[o] = 0.0;
    for (int64_t i = first; i < last; i++)
        for (int64_t o = 0; o < j->out; o++) sum[o] += j->gy[i * j->out + o];
}

sl_status sl_bias_gradient(const sl_convolution *g, const float *gy, float *gb) {
    int64_t pixels = g->batch * g->out_height * g->out_width, grain = sl_cpu_grain(g->out);
    int parts = sl_cpu_parts(pixels, grain);
    sl_tensor *memory;
    SL_TRY(sl_cpu_doubles(parts * g->out, &memory));
    double *sums = sl_tensor_data(memory);
    sl_cpu_for(pixels, grain, sum_pixels, &(bias_job){gy, sums, g->out, pixels, parts});
    for (int64_t o = 0; o < g->out; o++) {
        double sum = 0.0;
        for (int part = 0; part < parts; part++) sum += sums[part * g->out + o];
        gb[o] = (float)sum;
    }
    sl_tensor_free(memory);
    return SL_OK;
}
