// 3x3 convolutions of stride 1, of any dilation, by minimal filtering (Winograd; Lavin and Gray, CVPR 2016): a tile of 2x2
// outputs takes 16 multiplications a channel pair instead of 36. With x's 4x4 tile d, the weights g and the outputs y,
//     y = A' ((G g G') . (B' d B)) A,
// where the products, for all channels and tiles, are 16 matrix products. The gradients are the same lines read backwards:
//     gx: y's line for gy with g turned by 180 degrees;    gg = G' (sum of (A gy A') . (B' d B)) G.
// The factors are 0, 1 and 1/2, so little accuracy is lost. A dilated convolution is a plain one on each of the interleaved
// grids.
//
// One row of the 4x4 at a time is transformed, multiplied and added up, which keeps the scratch memory to a quarter.
#include "core/backend/cpu/convolution.h"
#include "core/backend/cpu/matmul.h"

enum { SIDE = 4 };

// Tiles are numbered image by image, row by row; tile (row i, column j) holds the outputs at row[i], row[i] + dilation and at
// column[j], column[j] + dilation.
typedef struct grid {
    int64_t batch, height, width; // of the input
    int64_t out_height, out_width;
    int64_t padding, dilation;
    int64_t rows, columns;
    int *row, *column;
    sl_tensor *memory;
} grid;

// How many tiles `size` outputs make along one axis.
static int64_t starts(int64_t size, int64_t dilation, int *list) {
    int64_t count = 0;
    for (int64_t phase = 0; phase < dilation; phase++)
        for (int64_t at = phase; at < size; at += 2 * dilation) {
            if (list) list[count] = (int)at;
            count++;
        }
    return count;
}

static int64_t tiles_of(const grid *t) {
    return t->batch * t->rows * t->columns;
}

static sl_status grid_new(int64_t batch, int64_t height, int64_t width, int64_t out_height, int64_t out_width, int64_t padding,
                          int64_t dilation, grid *t) {
    *t = (grid){batch, height, width, out_height, out_width, padding, dilation, 0, 0, NULL, NULL, NULL};
    t->rows = starts(out_height, dilation, NULL);
    t->columns = starts(out_width, dilation, NULL);
    SL_TRY(sl_tensor_new(SL_U8, sl_shape_vector((int64_t)sizeof(int) * (t->rows + t->columns)), &t->memory));
    t->row = sl_tensor_data(t->memory);
    t->column = t->row + t->rows;
    starts(out_height, dilation, t->row);
    starts(out_width, dilation, t->column);
    return SL_OK;
}

bool sl_winograd_suit(const sl_convolution *g) {
    if (g->kernel_height != 3 || g->kernel_width != 3 || g->stride != 1 || g->in < 64 || g->out < 64) return false;
    int64_t tiles = g->batch * starts(g->out_height, g->dilation, NULL) * starts(g->out_width, g->dilation, NULL);
    int64_t outputs = g->batch * g->out_height * g->out_width;
    return tiles >= 64 && 5 * tiles <= 2 * outputs; // few outputs of the tiles wasted
}

// What the loops work on: tiles or (filter, input channel) rows; `part` is the row of the 4x4.
typedef struct job {
    const grid *tiles;
    int64_t channels, in, out;
    int part;
    const float *from, *bias, *zeros;
    float *to;
    bool turned;
} job;

// to[b][tile][c] = row `part` of B' d B.
SL_CLONES static void transform_input(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const grid *t = j->tiles;
    int64_t channels = j->channels, plane = tiles_of(t) * channels;
    static const int upper[SIDE] = {0, 1, 2, 1}, lower[SIDE] = {2, 2, 1, 3}; // rows joined: upper + sign * lower
    float sign = j->part == 1 ? 1.0f : -1.0f;
    for (int64_t tile = first; tile < last; tile++) {
        int64_t n = tile / (t->rows * t->columns), i = tile / t->columns % t->rows, k = tile % t->columns;
        int64_t ih[2] = {t->row[i] - t->padding + upper[j->part] * t->dilation,
                         t->row[i] - t->padding + lower[j->part] * t->dilation};
        const float *x[2][SIDE];
        for (int r = 0; r < 2; r++)
            for (int s = 0; s < SIDE; s++) {
                int64_t iw = t->column[k] - t->padding + s * t->dilation;
                bool inside = ih[r] >= 0 && ih[r] < t->height && iw >= 0 && iw < t->width;
                x[r][s] = inside ? j->from + ((n * t->height + ih[r]) * t->width + iw) * channels : j->zeros;
            }
        float *v0 = j->to + tile * channels, *v1 = v0 + plane, *v2 = v1 + plane, *v3 = v2 + plane;
#pragma omp simd
        for (int64_t c = 0; c < channels; c++) {
            float d0 = x[0][0][c] + sign * x[1][0][c], d1 = x[0][1][c] + sign * x[1][1][c];
            float d2 = x[0][2][c] + sign * x[1][2][c], d3 = x[0][3][c] + sign * x[1][3][c];
            v0[c] = d0 - d2;
            v1[c] = d1 + d2;
            v2[c] = d2 - d1;
            v3[c] = d1 - d3;
        }
    }
}

// Where the outputs of a tile lie; NULL outside the image.
SL_INLINE void tile_outputs(const grid *t, int64_t tile, int64_t channels, float *y, float *out[2][2]) {
    int64_t n = tile / (t->rows * t->columns), i = tile / t->columns % t->rows, k = tile % t->columns;
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 2; s++) {
            int64_t oh = t->row[i] + r * t->dilation, ow = t->column[k] + s * t->dilation;
            bool inside = oh < t->out_height && ow < t->out_width;
            out[r][s] = inside ? y + ((n * t->out_height + oh) * t->out_width + ow) * channels : NULL;
        }
}

// Adds (or sets, where it is the first) the part's share of y = A' m A.
SL_CLONES static void transform_output(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, plane = tiles_of(j->tiles) * channels;
    for (int64_t tile = first; tile < last; tile++) {
        float *y[2][2];
        tile_outputs(j->tiles, tile, channels, j->to, y);
        const float *m0 = j->from + tile * channels, *m1 = m0 + plane, *m2 = m1 + plane, *m3 = m2 + plane;
        for (int r = 0; r < 2; r++) {
            if (j->part == (r == 0 ? 3 : 0)) continue; // A has a 0 there
            bool set = j->part == r;
            float sign = r == 1 && j->part >= 2 ? -1.0f : 1.0f;
            const float *base = set ? j->bias : NULL;
            for (int s = 0; s < 2; s++) {
                float *to = y[r][s];
                if (!to) continue;
                const float *before = set ? base : to;
                const float *a = s == 0 ? m0 : m1, *b = s == 0 ? m1 : m2, *c3 = s == 0 ? m2 : m3;
                float inner = s == 0 ? 1.0f : -1.0f;
#pragma omp simd
                for (int64_t c = 0; c < channels; c++) to[c] = before[c] + sign * (a[c] + inner * (b[c] + c3[c]));
            }
        }
    }
}

// to[b][tile][c] = row `part` of A gy A'.
SL_CLONES static void transform_output_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t channels = j->channels, plane = tiles_of(j->tiles) * channels;
    static const float upper[SIDE] = {1, 1, 1, 0}, lower[SIDE] = {0, 1, -1, -1};
    float a = upper[j->part], b = lower[j->part];
    for (int64_t tile = first; tile < last; tile++) {
        float *gy[2][2];
        tile_outputs(j->tiles, tile, channels, (float *)(uintptr_t)j->from, gy); // only read below
        const float *g[2][2];
        for (int r = 0; r < 2; r++)
            for (int s = 0; s < 2; s++) g[r][s] = gy[r][s] ? gy[r][s] : j->zeros;
        float *w0 = j->to + tile * channels, *w1 = w0 + plane, *w2 = w1 + plane, *w3 = w2 + plane;
#pragma omp simd
        for (int64_t c = 0; c < channels; c++) {
            float left = a * g[0][0][c] + b * g[1][0][c], right = a * g[0][1][c] + b * g[1][1][c];
            w0[c] = left;
            w1[c] = left + right;
            w2[c] = left - right;
            w3[c] = -right;
        }
    }
}

// Row `part` of G for g's three rows (or columns).
static const float filter_row[SIDE][3] = {{1.0f, 0.0f, 0.0f}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0.0f, 0.0f, 1.0f}};

// to[b][o][i] = row `part` of G g G'; `turned`: of g turned by 180 degrees, which swaps the first and last row and column.
SL_CLONES static void transform_weights(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t in = j->in, plane = j->in * j->out;
    const float *f = filter_row[j->turned && j->part % 3 == 0 ? 3 - j->part : j->part];
    for (int64_t o = first; o < last; o++) {
        const float *g = j->from + o * 9 * in;
        float *u0 = j->to + (j->turned ? 3 : 0) * plane + o * in, *u1 = j->to + plane + o * in, *u2 = u1 + plane;
        float *u3 = j->to + (j->turned ? 0 : 3) * plane + o * in;
#pragma omp simd
        for (int64_t i = 0; i < in; i++) {
            float a = f[0] * g[i] + f[1] * g[3 * in + i] + f[2] * g[6 * in + i];
            float b = f[0] * g[in + i] + f[1] * g[4 * in + i] + f[2] * g[7 * in + i];
            float c = f[0] * g[2 * in + i] + f[1] * g[5 * in + i] + f[2] * g[8 * in + i];
            u0[i] = a;
            u1[i] = 0.5f * (a + b + c);
            u2[i] = 0.5f * (a - b + c);
            u3[i] = c;
        }
    }
}

// Adds (part 0: sets) the part's share of gg = G' s G.
SL_CLONES static void transform_weight_gradient(void *context, int64_t first, int64_t last) {
    const job *j = context;
    int64_t in = j->in, plane = j->in * j->out;
    const float *f = filter_row[j->part];
    for (int64_t o = first; o < last; o++)
        for (int k = 0; k < 3; k++) {
            float *g = j->to + (o * 9 + k * 3) * in, factor = f[k];
            const float *s0 = j->from + o * in, *s1 = s0 + plane, *s2 = s1 + plane, *s3 = s2 + plane;
            float keep = j->part == 0 ? 0.0f : 1.0f;
            if (j->part == 0)
                for (int64_t i = 0; i < 3 * in; i++) g[i] = 0.0f; // whatever stood there
#pragma omp simd
            for (int64_t i = 0; i < in; i++) {
                float sum = 0.5f * (s1[i] + s2[i]), difference = 0.5f * (s1[i] - s2[i]);
                g[i] = keep * g[i] + factor * (s0[i] + sum);
                g[in + i] = keep * g[in + i] + factor * difference;
                g[2 * in + i] = keep * g[2 * in + i] + factor * (sum + s3[i]);
            }
        }
}

// Scratch: transformed x (4, tiles, in), transformed y (4, tiles, out), transformed weights (4, out, in), and zeros.
typedef struct scratch {
    sl_tensor *x, *y, *w, *zeros;
} scratch;

static sl_status scratch_new(int64_t tiles, int64_t in, int64_t out, scratch *s) {
    *s = (scratch){NULL, NULL, NULL, NULL};
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_vector(SIDE * tiles * in), &s->x));
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_vector(SIDE * tiles * out), &s->y));
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_vector(SIDE * in * out), &s->w));
    return sl_tensor_new_zeros(SL_F32, sl_shape_vector(in > out ? in : out), &s->zeros);
}

static void scratch_free(scratch *s) {
    sl_tensor_free(s->x);
    sl_tensor_free(s->y);
    sl_tensor_free(s->w);
    sl_tensor_free(s->zeros);
}

// y = x filtered by w, which lies as (filters, 3, 3, channels). `turned`: x has `filters` channels, y `channels`, and the
// filters are turned: the gradient of x from that of y.
static sl_status filter(const grid *t, int64_t filters, int64_t channels, bool turned, const float *x, const float *w,
                        const float *bias, float *y) {
    int64_t tiles = tiles_of(t), in = turned ? filters : channels, out = turned ? channels : filters;
    scratch s;
    sl_status status = scratch_new(tiles, in, out, &s);
    if (status == SL_OK) {
        float *v = sl_tensor_f32(s.x), *m = sl_tensor_f32(s.y), *u = sl_tensor_f32(s.w), *zeros = sl_tensor_f32(s.zeros);
        sl_matmul product = {SIDE, tiles, out, in, false, !turned};
        for (int part = 0; part < SIDE && status == SL_OK; part++) {
            job weights = {.in = channels, .out = filters, .part = part, .from = w, .to = u, .turned = turned};
            job input = {.tiles = t, .channels = in, .part = part, .from = x, .to = v, .zeros = zeros};
            job output = {.tiles = t, .channels = out, .part = part, .from = m, .to = y, .bias = bias ? bias : zeros};
            sl_cpu_for(filters, sl_cpu_grain(9 * channels), transform_weights, &weights);
            sl_cpu_for(tiles, sl_cpu_grain(8 * in), transform_input, &input);
            status = sl_matmul_run(&product, v, u, m);
            if (status == SL_OK) sl_cpu_for(tiles, sl_cpu_grain(8 * out), transform_output, &output);
        }
    }
    scratch_free(&s);
    return status;
}

sl_status sl_winograd_forward(const sl_convolution *g, const float *x, const float *w, const float *bias, float *y) {
    grid t;
    SL_TRY(grid_new(g->batch, g->height, g->width, g->out_height, g->out_width, g->padding, g->dilation, &t));
    sl_status status = filter(&t, g->out, g->in, false, x, w, bias, y);
    sl_tensor_free(t.memory);
    return status;
}

sl_status sl_winograd_data_gradient(const sl_convolution *g, const float *gy, const float *w, float *gx) {
    grid t;
    SL_TRY(grid_new(g->batch, g->out_height, g->out_width, g->height, g->width, 2 * g->dilation - g->padding, g->dilation, &t));
    sl_status status = filter(&t, g->out, g->in, true, gy, w, NULL, gx);
    sl_tensor_free(t.memory);
    return status;
}

static sl_status weight_gradient(const sl_convolution *g, const grid *t, const float *x, const float *gy, float *gw) {
    int64_t tiles = tiles_of(t);
    scratch s;
    sl_status status = scratch_new(tiles, g->in, g->out, &s);
    if (status == SL_OK) {
        float *v = sl_tensor_f32(s.x), *m = sl_tensor_f32(s.y), *u = sl_tensor_f32(s.w), *zeros = sl_tensor_f32(s.zeros);
        sl_matmul product = {SIDE, g->out, g->in, tiles, true, false};
        for (int part = 0; part < SIDE && status == SL_OK; part++) {
            job input = {.tiles = t, .channels = g->in, .part = part, .from = x, .to = v, .zeros = zeros};
            job output = {.tiles = t, .channels = g->out, .part = part, .from = gy, .to = m, .zeros = zeros};
            job weights = {.in = g->in, .out = g->out, .part = part, .from = u, .to = gw};
            sl_cpu_for(tiles, sl_cpu_grain(8 * g->in), transform_input, &input);
            sl_cpu_for(tiles, sl_cpu_grain(8 * g->out), transform_output_gradient, &output);
            status = sl_matmul_run(&product, m, v, u);
            if (status == SL_OK) sl_cpu_for(g->out, sl_cpu_grain(9 * g->in), transform_weight_gradient, &weights);
        }
    }
    scratch_free(&s);
    return status;
}

sl_status sl_winograd_weight_gradient(const sl_convolution *g, const float *x, const float *gy, float *gw) {
    grid t;
    SL_TRY(grid_new(g->batch, g->height, g->width, g->out_height, g->out_width, g->padding, g->dilation, &t));
    sl_status status = weight_gradient(g, &t, x, gy, gw);
    sl_tensor_free(t.memory);
    return status;
}
