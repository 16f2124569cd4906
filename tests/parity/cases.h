// What the parity test runs: for each op, random shapes, values and attributes, and the tolerance. For test_parity.c alone.
#ifndef SL_TEST_PARITY_CASES_H
#define SL_TEST_PARITY_CASES_H

#include "core/base/random.h"
#include "core/tensor/op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parity_case {
    sl_random random;
    int trial;
    sl_op op;
    sl_op_attributes attributes;
    sl_tensor *in[SL_OP_MAX_INPUTS];
} parity_case;

static void must(sl_status status) {
    if (status == SL_OK) return;
    fprintf(stderr, "%s\n", sl_error_message());
    exit(1);
}

// ---- random inputs

static int pick(parity_case *c, int least, int most) {
    return least + (int)sl_random_below(&c->random, (uint64_t)(most - least + 1));
}
static bool chance(parity_case *c, double share) {
    return sl_random_uniform(&c->random) < share;
}
static int choose(parity_case *c, const int *list, int count) {
    return list[pick(c, 0, count - 1)];
}
static int channels(parity_case *c) {
    static const int list[] = {1, 2, 3, 5, 8, 11, 13, 16, 21, 24, 32, 33, 48, 64, 65, 96, 130};
    return choose(c, list, sizeof list / sizeof *list);
}
static int extent(parity_case *c) {
    static const int list[] = {1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 21, 33};
    return choose(c, list, sizeof list / sizeof *list);
}

static sl_tensor *normal(parity_case *c, sl_shape shape, double scale, double offset) {
    sl_tensor *t;
    must(sl_tensor_new(SL_F32, shape, &t));
    for (int64_t i = 0; i < sl_tensor_count(t); i++) sl_tensor_f32(t)[i] = (float)(offset + scale * sl_random_normal(&c->random));
    return t;
}
static sl_tensor *positive(parity_case *c, sl_shape shape) {
    sl_tensor *t = normal(c, shape, 1, 0);
    for (int64_t i = 0; i < sl_tensor_count(t); i++) sl_tensor_f32(t)[i] = 0.1f + fabsf(sl_tensor_f32(t)[i]);
    return t;
}
static sl_shape any_image(parity_case *c) {
    return sl_shape_image(pick(c, 1, 3), channels(c), extent(c), extent(c));
}
// Labels of `classes`, some ignored (all of them now and then).
static sl_tensor *labels(parity_case *c, sl_shape map, int classes, int ignore) {
    sl_tensor *t;
    sl_dtype dtype = chance(c, 0.5) ? SL_U8 : SL_I64;
    double ignored = chance(c, 0.1) ? 1.0 : chance(c, 0.5) ? 0.2 : 0.0;
    must(sl_tensor_new(dtype, map, &t));
    for (int64_t i = 0; i < sl_tensor_count(t); i++) {
        int label = sl_random_uniform(&c->random) < ignored ? ignore : pick(c, 0, classes - 1);
        if (dtype == SL_U8)
            sl_tensor_u8(t)[i] = (uint8_t)label;
        else
            sl_tensor_i64(t)[i] = label;
    }
    return t;
}
static sl_shape map_of(sl_shape s) {
    return sl_shape_map(s.n, s.h, s.w);
}

// ---- one function an op that fills inputs and attributes

// Layers whose geometry decides how they are computed: n, in, out, height, width, kernel, stride, padding, dilation.
// clang-format off
static const int layers[][9] = {
    {1, 3, 16, 33, 35, 7, 2, 3, 1},    // the stem
    {2, 21, 64, 20, 20, 4, 2, 1, 1},   // the discriminator's first layer, and its last
    {2, 64, 1, 20, 20, 4, 2, 1, 1},
    {2, 128, 7, 21, 21, 3, 1, 6, 6},   // a classifier on many channels, at all rates
    {1, 256, 11, 11, 9, 3, 1, 12, 12},
    {1, 512, 21, 9, 9, 3, 1, 18, 18},
    {2, 512, 19, 7, 7, 3, 1, 24, 24},
    {1, 64, 3, 5, 6, 3, 1, 0, 1},
    {2, 64, 64, 15, 13, 3, 1, 1, 1},   // 3x3 layers of the trunk, at all dilations
    {1, 64, 96, 21, 21, 3, 1, 2, 2},
    {1, 96, 64, 17, 19, 3, 1, 4, 4},
    {1, 32, 48, 17, 19, 3, 1, 4, 4},
    {2, 96, 100, 13, 14, 3, 1, 1, 1},
    {2, 64, 65, 14, 18, 3, 1, 0, 1},   // without padding, and with more than the kernel's
    {1, 64, 64, 12, 13, 3, 1, 5, 2},
    {1, 64, 256, 14, 14, 1, 1, 0, 1},  // 1x1, also of stride 2
    {2, 96, 64, 15, 15, 1, 2, 0, 1},
    {1, 1, 1, 1, 1, 1, 1, 0, 1},
    {1, 5, 6, 3, 3, 3, 1, 30, 30},     // all taps but the middle one in the padding
};
// clang-format on

static void conv2d(parity_case *c) {
    int g[9];
    if (c->trial < (int)(sizeof layers / sizeof *layers)) {
        memcpy(g, layers[c->trial], sizeof g);
    } else {
        int64_t work;
        do {
            int drawn[9] = {pick(c, 1, 3), channels(c),   channels(c),
                            extent(c),     extent(c),     pick(c, 1, 5),
                            pick(c, 1, 3), pick(c, 0, 4), chance(c, 0.6) ? 1 : pick(c, 2, 12)};
            memcpy(g, drawn, sizeof g);
            if (chance(c, 0.5)) g[7] = g[8] * (g[5] / 2); // the padding that keeps the size
            work = (int64_t)g[0] * g[1] * g[2] * g[3] * g[4] * g[5] * g[5];
        } while (work > 4000000 || g[3] + 2 * g[7] < g[8] * (g[5] - 1) + 1 || g[4] + 2 * g[7] < g[8] * (g[5] - 1) + 1);
    }
    c->in[0] = normal(c, sl_shape_image(g[0], g[1], g[3], g[4]), 1, chance(c, 0.3) ? 1 : 0);
    c->in[1] = normal(c, sl_shape_image(g[2], g[1], g[5], g[5]), 1.0 / sqrt((double)g[1] * g[5] * g[5]), 0);
    if (chance(c, 0.5)) c->in[2] = normal(c, sl_shape_vector(g[2]), 1, 0);
    c->attributes.stride = g[6];
    c->attributes.padding = g[7];
    c->attributes.dilation = g[8];
}

static void batch_norm(parity_case *c) {
    sl_shape s = any_image(c);
    if (c->trial % 8 == 0) s.c = c->trial % 16 == 0 ? 256 : 300;
    c->attributes.training = s.n * s.h * s.w > 1 && chance(c, 0.7);
    c->attributes.relu = chance(c, 0.5);
    c->attributes.eps = chance(c, 0.5) ? 1e-5 : 1e-3;
    c->in[0] = normal(c, s, chance(c, 0.8) ? 1 : 0.1, chance(c, 0.5) ? 0 : 5);
    c->in[1] = normal(c, sl_shape_vector(s.c), 1, 1);
    c->in[2] = normal(c, sl_shape_vector(s.c), 1, 0);
    c->in[3] = normal(c, sl_shape_vector(s.c), 1, 0);
    c->in[4] = positive(c, sl_shape_vector(s.c));
    if (chance(c, 0.5)) c->in[5] = normal(c, s, 1, 0);
}

static void one_input(parity_case *c) {
    c->in[0] = normal(c, any_image(c), chance(c, 0.7) ? 1 : 30, 0);
}
static void leaky_relu(parity_case *c) {
    one_input(c);
    c->attributes.slope = chance(c, 0.5) ? 0.2 : 0.01;
}
static void two_inputs(parity_case *c) {
    one_input(c);
    c->in[1] = normal(c, sl_tensor_shape(c->in[0]), 1, 0);
}
static void add(parity_case *c) {
    two_inputs(c);
    c->attributes.relu = chance(c, 0.5);
    c->attributes.alpha = chance(c, 0.5) ? 1 : -0.7;
}
static void scale(parity_case *c) {
    one_input(c);
    c->attributes.factor = sl_random_normal(&c->random);
}
static void concat(parity_case *c) {
    sl_shape s = any_image(c), z = s;
    c->attributes.dim = pick(c, 0, 1);
    if (c->attributes.dim == 0)
        z.n = pick(c, 1, 3);
    else
        z.c = channels(c);
    c->in[0] = normal(c, s, 1, 0);
    c->in[1] = normal(c, z, 1, 0);
}
static void max_pool(parity_case *c) {
    sl_op_attributes *a = &c->attributes;
    sl_shape s = any_image(c);
    a->kernel = pick(c, 1, 4);
    a->stride = pick(c, 1, 3);
    a->padding = pick(c, 0, a->kernel / 2);
    a->ceil_mode = chance(c, 0.5);
    if (s.h < a->kernel) s.h = a->kernel;
    if (s.w < a->kernel) s.w = a->kernel;
    c->in[0] = normal(c, s, 1, 0);
    for (int64_t i = 0; chance(c, 0.3) && i < sl_tensor_count(c->in[0]); i++) // ties
        sl_tensor_f32(c->in[0])[i] = roundf(sl_tensor_f32(c->in[0])[i]);
}
static void bilinear(parity_case *c) {
    c->in[0] = normal(c, any_image(c), 1, 0);
    c->attributes.height = pick(c, 1, 60);
    c->attributes.width = pick(c, 1, 60);
    c->attributes.align_corners = chance(c, 0.5);
}
static void cross_entropy(parity_case *c) {
    sl_shape s = any_image(c);
    c->in[0] = normal(c, s, chance(c, 0.7) ? 2 : 60, 0);
    c->in[1] = labels(c, map_of(s), (int)s.c, 255);
    if (chance(c, 0.4)) c->in[2] = positive(c, sl_shape_vector(s.c));
}
static void bce_with_logits(parity_case *c) {
    sl_shape s = sl_shape_image(pick(c, 1, 3), chance(c, 0.8) ? 1 : 3, pick(c, 1, 60), pick(c, 1, 60));
    c->in[0] = normal(c, s, chance(c, 0.7) ? 2 : 60, 0);
    if (chance(c, 0.6)) {
        double ignored = chance(c, 0.15) ? 1.0 : 0.3;
        must(sl_tensor_new(SL_U8, s, &c->in[1]));
        for (int64_t i = 0; i < sl_tensor_count(c->in[1]); i++)
            sl_tensor_u8(c->in[1])[i] = chance(c, ignored) ? (uint8_t)pick(c, 1, 255) : 0;
    }
    c->attributes.target = chance(c, 0.4) ? 0 : chance(c, 0.5) ? 1 : 0.3;
}
static void masked_cross_entropy(parity_case *c) {
    sl_shape s = any_image(c);
    c->in[0] = normal(c, s, chance(c, 0.7) ? 2 : 60, 0);
    c->in[1] = normal(c, sl_shape_image(s.n, 1, s.h, s.w), 2, 0);
    c->attributes.threshold = chance(c, 0.2) ? 1.5 : chance(c, 0.3) ? 0 : sl_random_uniform(&c->random); // 1.5: none is kept
}
static void one_hot(parity_case *c) {
    sl_shape s = map_of(any_image(c));
    c->attributes.classes = pick(c, 1, 30);
    c->in[0] = labels(c, s, c->attributes.classes, 255);
}
static void equal(parity_case *c) {
    c->in[0] = labels(c, map_of(any_image(c)), 5, 255);
    c->attributes.label = chance(c, 0.5) ? 255 : pick(c, 0, 4);
}

// Tolerances are of the largest magnitude of the tensor compared.
typedef struct row {
    void (*make)(parity_case *c);
    int trials;
    double tolerance;
} row;

static const row rows[SL_OP_COUNT] = {
    [SL_OP_conv2d] = {conv2d, 60, 5e-6},
    [SL_OP_batch_norm] = {batch_norm, 60, 1e-5},
    [SL_OP_relu] = {one_input, 15, 0},
    [SL_OP_leaky_relu] = {leaky_relu, 15, 1e-6},
    [SL_OP_sigmoid] = {one_input, 15, 1e-6},
    [SL_OP_add] = {add, 25, 1e-6},
    [SL_OP_mul] = {two_inputs, 15, 1e-6},
    [SL_OP_scale] = {scale, 15, 1e-6},
    [SL_OP_mean] = {one_input, 15, 1e-6},
    [SL_OP_concat] = {concat, 20, 0},
    [SL_OP_max_pool] = {max_pool, 40, 2e-6},
    [SL_OP_global_avg_pool] = {one_input, 20, 1e-6},
    [SL_OP_bilinear] = {bilinear, 50, 3e-6},
    [SL_OP_softmax] = {one_input, 25, 6e-6},
    [SL_OP_log_softmax] = {one_input, 25, 6e-6},
    [SL_OP_argmax] = {one_input, 15, 0},
    [SL_OP_cross_entropy] = {cross_entropy, 50, 2e-6},
    [SL_OP_bce_with_logits] = {bce_with_logits, 40, 2e-6},
    [SL_OP_masked_cross_entropy] = {masked_cross_entropy, 40, 2e-6},
    [SL_OP_one_hot] = {one_hot, 15, 0},
    [SL_OP_equal] = {equal, 10, 0},
};

#endif
