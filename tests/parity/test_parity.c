// The CPU backend against the reference one: every op of the list, on random shapes, forward and all gradients.
//
// A registered op without a row here is a failure, and so is an op that the CPU backend hands to the reference unless its row
// says so. Gradients are those of a random combination of the outputs. SEMILUNA_PARITY_SEED and SEMILUNA_PARITY_FACTOR (times as
// many cases) widen the search.
#include "tests/parity/cases.h"
#include "tests/support/compare.h"

#include "core/backend/backend.h"
#include "core/base/log.h"
#include "core/base/thread.h"
#include "core/tensor/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIPPED = 77 };

// ---- running a case on one backend

typedef struct result {
    sl_tensor *in[SL_OP_MAX_INPUTS]; // own copies: training updates running statistics in place
    sl_tensor *out[SL_OP_MAX_OUTPUTS];
} result;

static void forward(const parity_case *c, const char *backend, unsigned wanted, result *r) {
    must(sl_backend_use(backend));
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        if (!c->in[i]) continue;
        must(sl_tensor_new_copy(c->in[i], &r->in[i]));
        must(sl_tensor_set_requires_grad(r->in[i], wanted >> i & 1));
    }
    must(sl_op_run(c->op, r->in, &c->attributes, r->out));
}

static void result_free(result *r) {
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) sl_tensor_free(r->in[i]);
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++) sl_tensor_free(r->out[i]);
}

// A gradient for the first output, 0 where rounding has put the two results on different sides of a ReLU's corner.
static sl_tensor *output_gradient(parity_case *c, const result *expected, const result *actual, int64_t *corners) {
    sl_tensor *gradient = normal(c, sl_tensor_shape(expected->out[0]), 1, 0);
    const float *a = sl_tensor_f32(actual->out[0]), *b = sl_tensor_f32(expected->out[0]);
    bool corner = c->op == SL_OP_relu || c->op == SL_OP_leaky_relu || c->attributes.relu;
    for (int64_t i = 0; corner && i < sl_tensor_count(gradient); i++)
        if ((a[i] > 0) != (b[i] > 0)) {
            sl_tensor_f32(gradient)[i] = 0;
            ++*corners;
        }
    return gradient;
}

// Which inputs are to have a gradient: all that can, or some.
static unsigned wanted_inputs(parity_case *c) {
    unsigned can = 0;
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++)
        if (c->in[i] && sl_op_info_get(c->op)->differentiable >> i & 1) can |= 1u << i;
    if (chance(c, 0.6)) return can;
    unsigned some = can & (unsigned)pick(c, 0, 63);
    return some ? some : can;
}

static bool same_bits(const sl_tensor *a, const sl_tensor *b) {
    return a == b || (a && b && memcmp(sl_tensor_data(a), sl_tensor_data(b), sl_tensor_bytes(a)) == 0);
}

// The same call again gives the same bits.
static void check_repeat(const parity_case *c, unsigned wanted, const result *first, const sl_tensor *gradient,
                         sl_comparison *comparison) {
    const char *name = sl_op_info_get(c->op)->name;
    result again = {{0}, {0}};
    forward(c, "cpu", wanted, &again);
    if (gradient) must(sl_backward_from(again.out[0], gradient));
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++)
        if (!same_bits(first->out[i], again.out[i]))
            sl_comparison_fail(comparison, "%s case %d: a second run differs", name, c->trial);
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++)
        if (wanted >> i & 1 && !same_bits(sl_tensor_grad(first->in[i]), sl_tensor_grad(again.in[i])))
            sl_comparison_fail(comparison, "%s case %d: the gradient of input %d differs in a second run", name, c->trial, i);
    result_free(&again);
}

static void check_case(parity_case *c, sl_comparison *comparison, int64_t *corners) {
    const sl_op_info *info = sl_op_info_get(c->op);
    unsigned wanted = wanted_inputs(c);
    result expected = {{0}, {0}}, actual = {{0}, {0}};
    char name[128];
    forward(c, "reference", wanted, &expected);
    forward(c, "cpu", wanted, &actual);
    for (int i = 0; i < info->outputs; i++) {
        snprintf(name, sizeof name, "%s case %d: %s", info->name, c->trial, info->output_names[i]);
        sl_comparison_tensor(comparison, name, actual.out[i], expected.out[i]);
    }
    for (int i = 3; c->op == SL_OP_batch_norm && i <= 4; i++) {
        snprintf(name, sizeof name, "%s case %d: %s after the call", info->name, c->trial, info->input_names[i]);
        sl_comparison_tensor(comparison, name, actual.in[i], expected.in[i]);
    }
    sl_tensor *gradient = wanted ? output_gradient(c, &expected, &actual, corners) : NULL;
    if (wanted) {
        must(sl_backend_use("reference"));
        must(sl_backward_from(expected.out[0], gradient));
        must(sl_backend_use("cpu"));
        must(sl_backward_from(actual.out[0], gradient));
    }
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        if (!(wanted >> i & 1)) continue;
        snprintf(name, sizeof name, "%s case %d: gradient of %s", info->name, c->trial, info->input_names[i]);
        sl_comparison_tensor(comparison, name, sl_tensor_grad(actual.in[i]), sl_tensor_grad(expected.in[i]));
    }
    if (c->trial % 4 == 0) check_repeat(c, wanted, &actual, gradient, comparison);
    sl_tensor_free(gradient);
    result_free(&expected);
    result_free(&actual);
}

static bool check_op(sl_op op, uint64_t seed, int factor) {
    const char *name = sl_op_info_get(op)->name;
    if (!rows[op].make) {
        printf("FAIL  %s: registered, but has no row in %s\n", name, __FILE__);
        return false;
    }
    // Sums whose terms cancel may be off by a little of their largest term, whatever is left of them.
    sl_comparison comparison = {.tolerance = rows[op].tolerance, .absolute = rows[op].tolerance > 0 ? 1e-7 : 0};
    int64_t corners = 0;
    for (int trial = 0; trial < rows[op].trials * factor; trial++) {
        parity_case c = {.random = sl_random_at(seed, SL_STREAM_USER + (uint32_t)op, (uint64_t)trial),
                         .trial = trial,
                         .op = op,
                         .attributes = sl_op_attributes_default(op)};
        sl_threads_set(trial % 3 == 2 ? 1 : 2);
        rows[op].make(&c);
        check_case(&c, &comparison, &corners);
        for (int i = 0; i < SL_OP_MAX_INPUTS; i++) sl_tensor_free(c.in[i]);
    }
    if (corners > 20 * factor) sl_comparison_fail(&comparison, "%s: %lld outputs differ in sign", name, (long long)corners);
    bool ok = sl_comparison_ok(&comparison);
    printf("%s  %-21s %3d cases, %4d tensors, worst %.2e, tolerance %.1e%s%s\n", ok ? "ok  " : "FAIL", name,
           rows[op].trials * factor, comparison.compared, comparison.worst, comparison.tolerance, ok ? "" : ": ",
           comparison.message);
    fflush(stdout);
    return ok;
}

// The core says once when an op falls back on the reference backend: then nothing was compared.
static int fallbacks;
static void note_fallback(void *user, const char *line) {
    printf("note  %s\n", line);
    if (strstr(line, "the reference one runs")) fallbacks++;
}

static bool has_fast_convolutions(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false; // there oneDNN may have none for some shapes, and the reference body rightly runs
#endif
}

int main(void) {
    if (!sl_backend_cpu()) {
        printf("skip  this build has no CPU backend (SEMILUNA_ONEDNN=OFF)\n");
        return SKIPPED;
    }
    const char *seed_text = getenv("SEMILUNA_PARITY_SEED"), *factor_text = getenv("SEMILUNA_PARITY_FACTOR");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 1;
    int factor = factor_text ? atoi(factor_text) : 1, failed = 0;
    if (factor < 1) factor = 1;
    sl_log_sink_set(note_fallback, NULL);
    for (int op = 0; op < SL_OP_COUNT; op++) failed += !check_op((sl_op)op, seed, factor);
    if (fallbacks && has_fast_convolutions()) {
        printf("FAIL  %d ops fell back on the reference backend\n", fallbacks);
        failed++;
    }
    printf("%d ops, %s against reference, seed %llu, 1 and 2 threads: %d failed\n", SL_OP_COUNT, sl_backend_cpu()->about,
           (unsigned long long)seed, failed);
    return failed != 0;
}
