// Convolutions by oneDNN. x and y stay in our order (nhwc), in which it is as fast as in its own, but for the weight gradient of
// strided ones: there copies in its order pay. For the weights oneDNN picks its own, which costs a copy of them a call, less than
// 2 % of the time of any layer that matters.
#include "core/backend/cpu/convolution.h"
#include "core/backend/cpu/primitive.h"

#include <string.h>

typedef struct plan {
    const sl_convolution *g;
    sl_primitive_kind kind;
    bool bias;
} plan;

// Descriptors of one convolution; all NULL at first, destroyed together.
typedef struct descriptors {
    dnnl_memory_desc_t x, w, bias, y;             // as oneDNN is asked for them: any order, or ours
    dnnl_memory_desc_t plain_x, plain_w, plain_y; // ours
    dnnl_primitive_desc_t forward, backward;
} descriptors;

static void descriptors_destroy(descriptors *d) {
    dnnl_memory_desc_t memory[] = {d->x, d->w, d->bias, d->y, d->plain_x, d->plain_w, d->plain_y};
    dnnl_primitive_desc_t primitive[] = {d->forward, d->backward};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        if (memory[i]) dnnl_memory_desc_destroy(memory[i]);
    for (size_t i = 0; i < sizeof primitive / sizeof *primitive; i++)
        if (primitive[i]) dnnl_primitive_desc_destroy(primitive[i]);
}

static sl_status describe_memory(const plan *p, descriptors *d) {
    const sl_convolution *g = p->g;
    const dnnl_dims_t x = {g->batch, g->in, g->height, g->width}, w = {g->out, g->in, g->kernel_height, g->kernel_width};
    const dnnl_dims_t bias = {g->out}, y = {g->batch, g->out, g->out_height, g->out_width};
    bool copies = p->kind == SL_PRIMITIVE_WEIGHTS && g->stride > 1 && g->in % 16 == 0 && g->kernel_height > 1;
    dnnl_format_tag_t order = copies ? dnnl_format_tag_any : dnnl_nhwc;
    SL_DNNL(dnnl_memory_desc_create_with_tag(&d->x, 4, x, dnnl_f32, order));
    SL_DNNL(dnnl_memory_desc_create_with_tag(&d->y, 4, y, dnnl_f32, order));
    SL_DNNL(dnnl_memory_desc_create_with_tag(&d->w, 4, w, dnnl_f32, dnnl_format_tag_any));
    SL_DNNL(dnnl_memory_desc_create_with_tag(&d->plain_x, 4, x, dnnl_f32, dnnl_nhwc));
    SL_DNNL(dnnl_memory_desc_create_with_tag(&d->plain_y, 4, y, dnnl_f32, dnnl_nhwc));
    SL_DNNL(dnnl_memory_desc_create_with_tag(&d->plain_w, 4, w, dnnl_f32, dnnl_acdb)); // O, kh, kw, I
    if (p->bias) SL_DNNL(dnnl_memory_desc_create_with_tag(&d->bias, 1, bias, dnnl_f32, dnnl_a));
    return SL_OK;
}

// A status that says "not with these sizes" becomes SL_ERR_UNSUPPORTED.
static sl_status describe_convolution(const plan *p, descriptors *d) {
    const sl_convolution *g = p->g;
    const dnnl_dims_t strides = {g->stride, g->stride}, dilates = {g->dilation - 1, g->dilation - 1};
    const dnnl_dims_t padding = {g->padding, g->padding};
    const_dnnl_primitive_attr_t attributes;
    SL_TRY(sl_primitive_attributes(&attributes));
    dnnl_engine_t engine = sl_onednn_engine();
    dnnl_status_t status =
        dnnl_convolution_forward_primitive_desc_create(&d->forward, engine, dnnl_forward_training, dnnl_convolution_direct, d->x,
                                                       d->w, d->bias, d->y, strides, dilates, padding, padding, attributes);
    if (status == dnnl_success && p->kind == SL_PRIMITIVE_DATA)
        status =
            dnnl_convolution_backward_data_primitive_desc_create(&d->backward, engine, dnnl_convolution_direct, d->x, d->w, d->y,
                                                                 strides, dilates, padding, padding, d->forward, attributes);
    if (status == dnnl_success && p->kind == SL_PRIMITIVE_WEIGHTS)
        status = dnnl_convolution_backward_weights_primitive_desc_create(&d->backward, engine, dnnl_convolution_direct, d->x,
                                                                         d->w, d->bias, d->y, strides, dilates, padding, padding,
                                                                         d->forward, attributes);
    if (status == dnnl_unimplemented || status == dnnl_invalid_arguments) return SL_ERR_UNSUPPORTED;
    SL_DNNL(status);
    const char *name = "";
    SL_DNNL(dnnl_primitive_desc_query(d->backward ? d->backward : d->forward, dnnl_query_impl_info_str, 0, &name));
    return strncmp(name, "ref", 3) == 0 ? SL_ERR_UNSUPPORTED : SL_OK; // the library's reference is slower than ours
}

static sl_status fill(const plan *p, descriptors *d, sl_primitive *primitive) {
    bool output = p->kind == SL_PRIMITIVE_WEIGHTS;
    int x = p->kind == SL_PRIMITIVE_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC;
    int w = output ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS,
        y = p->kind == SL_PRIMITIVE_FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST;
    SL_TRY(describe_memory(p, d));
    SL_TRY(describe_convolution(p, d));
    dnnl_primitive_desc_t desc = d->backward ? d->backward : d->forward;
    SL_DNNL(dnnl_primitive_create(&primitive->primitive, desc));
    SL_TRY(sl_primitive_add(primitive, desc, x, p->kind == SL_PRIMITIVE_DATA, d->plain_x));
    SL_TRY(sl_primitive_add(primitive, desc, w, p->kind == SL_PRIMITIVE_WEIGHTS, d->plain_w));
    SL_TRY(sl_primitive_add(primitive, desc, y, p->kind == SL_PRIMITIVE_FORWARD, d->plain_y));
    if (p->bias) SL_TRY(sl_primitive_add(primitive, desc, output ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS, output, d->bias));
    return sl_primitive_add_scratchpad(primitive, desc);
}

static sl_status make(const void *context, sl_primitive *primitive) {
    descriptors d = {0};
    sl_status status = fill(context, &d, primitive);
    descriptors_destroy(&d);
    return status;
}

static sl_status run(const sl_convolution *g, sl_primitive_kind kind, const float *x, const float *w, const float *y,
                     const float *bias) {
    plan p = {g, kind, bias != NULL};
    sl_primitive_key key = {{kind, g->batch, g->in, g->height, g->width, g->out, g->kernel_height, g->kernel_width, g->stride,
                             g->padding, g->dilation, p.bias}};
    sl_primitive *primitive;
    SL_TRY(sl_primitive_begin(&key, make, &p, &primitive));
    void *const data[SL_PRIMITIVE_ARGUMENTS] = {(void *)(uintptr_t)x, (void *)(uintptr_t)w, (void *)(uintptr_t)y,
                                                (void *)(uintptr_t)bias}; // oneDNN's handles know no const
    sl_status status = sl_primitive_run(primitive, data);
    sl_primitive_end();
    return status;
}

sl_status sl_direct_forward(const sl_convolution *g, const float *x, const float *w, const float *bias, float *y) {
    return run(g, SL_PRIMITIVE_FORWARD, x, w, y, bias);
}
sl_status sl_direct_data_gradient(const sl_convolution *g, const float *gy, const float *w, float *gx) {
    return run(g, SL_PRIMITIVE_DATA, gx, w, gy, NULL);
}
sl_status sl_direct_weight_gradient(const sl_convolution *g, const float *x, const float *gy, float *gw, float *gb) {
    return run(g, SL_PRIMITIVE_WEIGHTS, x, gw, gy, gb);
}
