// The convolutions of one training step (ResNet-101 DeepLabv2 and the discriminator), each on its own: oneDNN with the memory
// orders it likes best, which is the bound, against the CPU backend on its channels-last memory.
//
//     bench_convolution [--crop 321] [--batch 2] [--threads 2] [--seconds 0.2] [--only TEXT]
//
// Prints the best time of each, GFLOP/s, and the totals weighted by how often a step runs each.
#include "core/backend/backend.h"
#include "core/base/thread.h"
#include "core/tensor/tensor.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FORWARD, DATA, WEIGHTS, KINDS };
static const char *const kind_names[KINDS] = {"forward", "data", "weights"};

typedef struct layer {
    const char *name;
    int in, out, size, kernel, stride, padding, dilation;
    bool bias;
    int count[KINDS]; // how often one training step runs it
} layer;

static struct {
    int crop, batch, threads;
    double seconds;
    const char *only;
} options = {321, 2, 2, 0.2, NULL};

static void must(sl_status status) {
    if (status == SL_OK) return;
    fprintf(stderr, "bench_convolution: %s\n", sl_error_message());
    exit(1);
}
#define DNNL(expression)                                                                                 \
    do {                                                                                                 \
        dnnl_status_t status_ = (expression);                                                            \
        if (status_ != dnnl_success) {                                                                   \
            fprintf(stderr, "bench_convolution: oneDNN status %d from %s\n", (int)status_, #expression); \
            exit(1);                                                                                     \
        }                                                                                                \
    } while (0)

// With one thread the processor's time is taken, which other programs disturb less.
static double now(void) {
    struct timespec t;
    clock_gettime(options.threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int out_size(const layer *l) {
    return (l->size + 2 * l->padding - l->dilation * (l->kernel - 1) - 1) / l->stride + 1;
}

static double gflop(const layer *l) {
    double outputs = (double)options.batch * out_size(l) * out_size(l) * l->out;
    return 2e-9 * outputs * l->in * l->kernel * l->kernel;
}

// ---- the layers

// A step runs the network forward and back on two batches, the discriminator forward on four, back to its input on two of them
// (the network learns from it), back to its weights on the other two.
#define NETWORK(times) \
    { 2 * (times), 2 * (times), 2 * (times) }

static int layers_fill(layer *l) {
    int half = (options.crop - 1) / 2 + 1,
        quarter = (half - 1 + 1) / 2 + 1; // stem; max pool of 3, stride 2, padding 1, rounded up
    int eighth = (quarter - 1) / 2 + 1, count = 0;
    if ((quarter - 1) * 2 >= half + 1) quarter--;
    eighth = (quarter - 1) / 2 + 1;
    l[count++] = (layer){"stem 3-64 7x7/2", 3, 64, options.crop, 7, 2, 3, 1, false, {2, 0, 2}};
    const layer trunk[] = {
        {"1: 64-64 1x1", 64, 64, quarter, 1, 1, 0, 1, false, NETWORK(1)},
        {"1: 64-64 3x3", 64, 64, quarter, 3, 1, 1, 1, false, NETWORK(3)},
        {"1: 64-256 1x1", 64, 256, quarter, 1, 1, 0, 1, false, NETWORK(4)},
        {"1: 256-64 1x1", 256, 64, quarter, 1, 1, 0, 1, false, NETWORK(2)},
        {"2: 256-128 1x1/2", 256, 128, quarter, 1, 2, 0, 1, false, NETWORK(1)},
        {"2: 256-512 1x1/2", 256, 512, quarter, 1, 2, 0, 1, false, NETWORK(1)},
        {"2: 128-128 3x3", 128, 128, eighth, 3, 1, 1, 1, false, NETWORK(4)},
        {"2: 128-512 1x1", 128, 512, eighth, 1, 1, 0, 1, false, NETWORK(4)},
        {"2: 512-128 1x1", 512, 128, eighth, 1, 1, 0, 1, false, NETWORK(3)},
        {"3: 512-256 1x1", 512, 256, eighth, 1, 1, 0, 1, false, NETWORK(1)},
        {"3: 512-1024 1x1", 512, 1024, eighth, 1, 1, 0, 1, false, NETWORK(1)},
        {"3: 256-256 3x3 d2", 256, 256, eighth, 3, 1, 2, 2, false, NETWORK(23)},
        {"3: 256-1024 1x1", 256, 1024, eighth, 1, 1, 0, 1, false, NETWORK(23)},
        {"3: 1024-256 1x1", 1024, 256, eighth, 1, 1, 0, 1, false, NETWORK(22)},
        {"4: 1024-512 1x1", 1024, 512, eighth, 1, 1, 0, 1, false, NETWORK(1)},
        {"4: 1024-2048 1x1", 1024, 2048, eighth, 1, 1, 0, 1, false, NETWORK(1)},
        {"4: 512-512 3x3 d4", 512, 512, eighth, 3, 1, 4, 4, false, NETWORK(3)},
        {"4: 512-2048 1x1", 512, 2048, eighth, 1, 1, 0, 1, false, NETWORK(3)},
        {"4: 2048-512 1x1", 2048, 512, eighth, 1, 1, 0, 1, false, NETWORK(2)},
        {"head 3x3 d6", 2048, 21, eighth, 3, 1, 6, 6, true, NETWORK(1)},
        {"head 3x3 d12", 2048, 21, eighth, 3, 1, 12, 12, true, NETWORK(1)},
        {"head 3x3 d18", 2048, 21, eighth, 3, 1, 18, 18, true, NETWORK(1)},
        {"head 3x3 d24", 2048, 21, eighth, 3, 1, 24, 24, true, NETWORK(1)},
    };
    memcpy(l + count, trunk, sizeof trunk);
    count += (int)(sizeof trunk / sizeof *trunk);
    int size = options.crop;
    const int widths[6] = {21, 64, 128, 256, 512, 1};
    static char names[5][32];
    for (int i = 0; i < 5; i++) {
        snprintf(names[i], sizeof names[i], "D: %d-%d 4x4/2", widths[i], widths[i + 1]);
        l[count] = (layer){names[i], widths[i], widths[i + 1], size, 4, 2, 1, 1, true, {4, i == 0 ? 2 : 4, 2}};
        size = out_size(&l[count++]);
    }
    return count;
}

// ---- oneDNN in its own orders

static dnnl_engine_t engine;
static dnnl_stream_t stream;

typedef struct raw {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[4];
    int count;
} raw;

static void raw_add(raw *r, const_dnnl_primitive_desc_t desc, int argument) {
    dnnl_memory_t memory;
    void *data;
    const_dnnl_memory_desc_t md = dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, argument);
    DNNL(dnnl_memory_create(&memory, md, engine, DNNL_MEMORY_ALLOCATE));
    DNNL(dnnl_memory_get_data_handle(memory, &data));
    for (size_t i = 0; i < dnnl_memory_desc_get_size(md) / sizeof(float); i++)
        ((float *)data)[i] = (float)(i % 1000) * 1e-3f - 0.5f;
    r->arguments[r->count++] = (dnnl_exec_arg_t){argument, memory};
}

static raw raw_new(const layer *l, int kind) {
    dnnl_memory_desc_t x, w, y, bias = NULL;
    const dnnl_dims_t xs = {options.batch, l->in, l->size, l->size}, ws = {l->out, l->in, l->kernel, l->kernel};
    const dnnl_dims_t ys = {options.batch, l->out, out_size(l), out_size(l)}, bs = {l->out};
    const dnnl_dims_t strides = {l->stride, l->stride}, dilates = {l->dilation - 1, l->dilation - 1};
    const dnnl_dims_t padding = {l->padding, l->padding};
    DNNL(dnnl_memory_desc_create_with_tag(&x, 4, xs, dnnl_f32, dnnl_format_tag_any));
    DNNL(dnnl_memory_desc_create_with_tag(&w, 4, ws, dnnl_f32, dnnl_format_tag_any));
    DNNL(dnnl_memory_desc_create_with_tag(&y, 4, ys, dnnl_f32, dnnl_format_tag_any));
    if (l->bias) DNNL(dnnl_memory_desc_create_with_tag(&bias, 1, bs, dnnl_f32, dnnl_a));
    dnnl_primitive_desc_t forward, desc;
    DNNL(dnnl_convolution_forward_primitive_desc_create(&forward, engine, dnnl_forward_training, dnnl_convolution_direct, x, w,
                                                        bias, y, strides, dilates, padding, padding, NULL));
    desc = forward;
    if (kind == DATA)
        DNNL(dnnl_convolution_backward_data_primitive_desc_create(&desc, engine, dnnl_convolution_direct, x, w, y, strides,
                                                                  dilates, padding, padding, forward, NULL));
    if (kind == WEIGHTS)
        DNNL(dnnl_convolution_backward_weights_primitive_desc_create(&desc, engine, dnnl_convolution_direct, x, w, bias, y,
                                                                     strides, dilates, padding, padding, forward, NULL));
    raw r = {.count = 0};
    DNNL(dnnl_primitive_create(&r.primitive, desc));
    raw_add(&r, desc, kind == DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC);
    raw_add(&r, desc, kind == WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS);
    raw_add(&r, desc, kind == FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST);
    if (l->bias && kind != DATA) raw_add(&r, desc, kind == WEIGHTS ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS);
    if (desc != forward) dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_desc_destroy(forward);
    dnnl_memory_desc_destroy(x);
    dnnl_memory_desc_destroy(w);
    dnnl_memory_desc_destroy(y);
    if (bias) dnnl_memory_desc_destroy(bias);
    return r;
}

static void raw_run(raw *r) {
    DNNL(dnnl_primitive_execute(r->primitive, stream, r->count, r->arguments));
    DNNL(dnnl_stream_wait(stream));
}

static void raw_free(raw *r) {
    for (int i = 0; i < r->count; i++) dnnl_memory_destroy(r->arguments[i].memory);
    dnnl_primitive_destroy(r->primitive);
}

// ---- the backend

typedef struct own {
    sl_op_call call;
    sl_tensor *x, *w, *b, *y;
    int kind;
} own;

static sl_tensor *filled(sl_shape shape) {
    sl_tensor *t;
    must(sl_tensor_new(SL_F32, shape, &t));
    for (int64_t i = 0; i < sl_tensor_count(t); i++) sl_tensor_f32(t)[i] = (float)(i % 1000) * 1e-3f - 0.5f;
    return t;
}

static own own_new(const layer *l, int kind) {
    own o = {.kind = kind};
    o.x = filled(sl_shape_image(options.batch, l->in, l->size, l->size));
    o.w = filled(sl_shape_image(l->out, l->in, l->kernel, l->kernel));
    o.y = filled(sl_shape_image(options.batch, l->out, out_size(l), out_size(l)));
    o.b = l->bias ? filled(sl_shape_vector(l->out)) : NULL;
    sl_op_call *c = &o.call;
    c->op = SL_OP_conv2d;
    c->attributes = sl_op_attributes_default(SL_OP_conv2d);
    c->attributes.stride = l->stride;
    c->attributes.padding = l->padding;
    c->attributes.dilation = l->dilation;
    c->in_shape[0] = sl_tensor_shape(o.x);
    c->in_shape[1] = sl_tensor_shape(o.w);
    c->in_shape[2] = o.b ? sl_tensor_shape(o.b) : (sl_shape){.rank = -1};
    c->in[0] = kind == DATA ? NULL : o.x;
    c->in[1] = kind == WEIGHTS ? NULL : o.w;
    c->in[2] = kind == FORWARD ? o.b : NULL;
    if (kind == FORWARD) c->out[0] = o.y;
    if (kind != FORWARD) c->grad_out[0] = o.y;
    if (kind == DATA) c->grad_in[0] = o.x;
    if (kind == WEIGHTS) c->grad_in[1] = o.w;
    if (kind == WEIGHTS) c->grad_in[2] = o.b;
    return o;
}

static void own_run(own *o) {
    const sl_backend *backend = sl_backend_cpu();
    must((o->kind == FORWARD ? backend->forward : backend->backward)[SL_OP_conv2d](&o->call));
}

static void own_free(own *o) {
    sl_tensor_free(o->x);
    sl_tensor_free(o->w);
    sl_tensor_free(o->b);
    sl_tensor_free(o->y);
}

// ---- measuring

// Best times of both, run alternately until the time for them is used up, so that noise meets both.
static void measure(const layer *l, int kind, double best[2]) {
    raw r = raw_new(l, kind);
    own o = own_new(l, kind);
    raw_run(&r); // the first run of each makes what it keeps
    own_run(&o);
    best[0] = best[1] = 1e9;
    double start = now();
    for (int round = 0; round < 2 || now() - start < options.seconds; round++) {
        double t0 = now();
        raw_run(&r);
        double t1 = now();
        own_run(&o);
        double t2 = now();
        if (t1 - t0 < best[0]) best[0] = t1 - t0;
        if (t2 - t1 < best[1]) best[1] = t2 - t1;
    }
    raw_free(&r);
    own_free(&o);
}

static bool parse(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        if (!strcmp(argv[i], "--crop"))
            options.crop = atoi(value);
        else if (!strcmp(argv[i], "--batch"))
            options.batch = atoi(value);
        else if (!strcmp(argv[i], "--threads"))
            options.threads = atoi(value);
        else if (!strcmp(argv[i], "--seconds"))
            options.seconds = atof(value);
        else if (!strcmp(argv[i], "--only"))
            options.only = value;
        else
            return false;
    }
    return argc % 2 == 1 && options.crop >= 33 && options.batch >= 1 && options.threads >= 1;
}

int main(int argc, char **argv) {
    if (!parse(argc, argv)) {
        fprintf(stderr, "usage: bench_convolution [--crop 321] [--batch 2] [--threads 2] [--seconds 0.2] [--only TEXT]\n");
        return 2;
    }
    sl_threads_set(options.threads);
    DNNL(dnnl_engine_create(&engine, dnnl_cpu, 0));
    DNNL(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    printf("%s, %d threads, crop %d, batch %d\n\n", sl_backend_cpu()->about, options.threads, options.crop, options.batch);
    printf("%-20s %-8s %7s %5s  %10s %7s  %10s %7s  %6s\n", "layer", "what", "GFLOP", "times", "oneDNN ms", "GFLOP/s",
           "backend ms", "GFLOP/s", "ratio");

    layer layers[64];
    int count = layers_fill(layers);
    double total[KINDS][2] = {{0}}, work[KINDS] = {0};
    for (int i = 0; i < count; i++) {
        const layer *l = &layers[i];
        for (int kind = 0; kind < KINDS; kind++) {
            if (l->count[kind] == 0 || (options.only && !strstr(l->name, options.only))) continue;
            double best[2], g = gflop(l);
            measure(l, kind, best);
            printf("%-20s %-8s %7.2f %5d  %10.2f %7.0f  %10.2f %7.0f  %6.2f\n", l->name, kind_names[kind], g, l->count[kind],
                   best[0] * 1e3, g / best[0], best[1] * 1e3, g / best[1], best[1] / best[0]);
            fflush(stdout);
            work[kind] += g * l->count[kind];
            for (int k = 0; k < 2; k++) total[kind][k] += best[k] * l->count[kind];
        }
    }
    printf("\nof a training step   %8s %10s %8s %10s %8s %6s\n", "GFLOP", "oneDNN s", "GFLOP/s", "backend s", "GFLOP/s", "ratio");
    double all[3] = {0};
    for (int kind = 0; kind < KINDS; kind++) {
        printf("%-20s %8.0f %10.3f %8.0f %10.3f %8.0f %6.2f\n", kind_names[kind], work[kind], total[kind][0],
               work[kind] / total[kind][0], total[kind][1], work[kind] / total[kind][1], total[kind][1] / total[kind][0]);
        all[0] += work[kind];
        all[1] += total[kind][0];
        all[2] += total[kind][1];
    }
    printf("%-20s %8.0f %10.3f %8.0f %10.3f %8.0f %6.2f\n", "all", all[0], all[1], all[0] / all[1], all[2], all[0] / all[2],
           all[2] / all[1]);
    return 0;
}
