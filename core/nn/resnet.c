#include "core/nn/resnet.h"

#include "core/base/memory.h"
#include <math.h>
#include <stdio.h>

// He et al., ICCV 2015: normal with variance 2 / (fan out).
static sl_status trunk_conv(sl_model *model, const char *name, int64_t in, int64_t out, int kernel, int stride, int dilation,
                            sl_conv *conv) {
    sl_conv_spec spec = {.in = in, .out = out, .kernel = kernel, .stride = stride, .dilation = dilation};
    spec.padding = dilation * (kernel / 2);
    spec.group = SL_GROUP_TRUNK;
    spec.initial = SL_INITIAL_NORMAL;
    spec.weight_scale = sqrt(2.0 / ((double)out * kernel * kernel));
    return sl_conv_register(model, name, &spec, conv);
}

typedef struct block_place {
    int layer, number; // "layer{layer}.{number}"
    int64_t in, width;
    int stride, dilation;
} block_place;

static sl_status block_register(sl_model *model, const sl_deeplab_v2_options *options, const block_place *place,
                                sl_bottleneck *block) {
    char name[64];
    const int64_t width = place->width, out = SL_RESNET_EXPANSION * width;
    const int stride1 = options->stride_place == SL_STRIDE_IN_1X1 ? place->stride : 1, stride2 = place->stride / stride1;
    const double momentum = options->momentum, eps = options->eps;
    const bool affine = options->train_affine;
#define NAME(part) (snprintf(name, sizeof name, "layer%d.%d.%s", place->layer, place->number, part), name)
    SL_TRY(trunk_conv(model, NAME("conv1"), place->in, width, 1, stride1, 1, &block->conv1));
    SL_TRY(sl_norm_register(model, NAME("bn1"), width, affine, momentum, eps, &block->norm1));
    SL_TRY(trunk_conv(model, NAME("conv2"), width, width, 3, stride2, place->dilation, &block->conv2));
    SL_TRY(sl_norm_register(model, NAME("bn2"), width, affine, momentum, eps, &block->norm2));
    SL_TRY(trunk_conv(model, NAME("conv3"), width, out, 1, 1, 1, &block->conv3));
    SL_TRY(sl_norm_register(model, NAME("bn3"), out, affine, momentum, eps, &block->norm3));
    block->projects = place->number == 0;
    if (!block->projects) return SL_OK;
    SL_TRY(trunk_conv(model, NAME("downsample.0"), place->in, out, 1, place->stride, 1, &block->project));
    return sl_norm_register(model, NAME("downsample.1"), out, affine, momentum, eps, &block->project_norm);
#undef NAME
}

sl_status sl_resnet_register(sl_model *model, const sl_deeplab_v2_options *options, sl_resnet *out) {
    static const int strides[4] = {1, 2, 1, 1}, dilations[4] = {1, 1, 2, 4};
    *out = (sl_resnet){0};
    const int64_t base = options->base_width;
    SL_TRY(trunk_conv(model, "conv1", 3, base, 7, 2, 1, &out->stem));
    SL_TRY(sl_norm_register(model, "bn1", base, options->train_affine, options->momentum, options->eps, &out->stem_norm));

    size_t count = 0;
    for (int layer = 0; layer < 4; layer++) count += (size_t)options->blocks[layer];
    out->blocks = sl_calloc(count, sizeof *out->blocks);
    if (out->blocks == NULL) return sl_error(SL_ERR_MEMORY, "no memory for %zu residual blocks", count);
    int64_t in = base;
    for (int layer = 0; layer < 4; layer++) {
        int64_t width = base << layer;
        for (int number = 0; number < options->blocks[layer]; number++) {
            block_place place = {layer + 1, number, in, width, number == 0 ? strides[layer] : 1, dilations[layer]};
            SL_TRY(block_register(model, options, &place, &out->blocks[out->block_count]));
            out->block_count++;
            in = SL_RESNET_EXPANSION * width;
        }
    }
    return SL_OK;
}

void sl_resnet_clear(sl_resnet *resnet) {
    sl_free(resnet->blocks);
    *resnet = (sl_resnet){0};
}

// Replaces *value by the block's result. The shortcut is taken before *value is dropped, and each activation lives no longer than
// the op that reads it (or the tape, which keeps what backward needs).
static sl_status block_through(const sl_bottleneck *block, bool training, sl_tensor **value) {
    sl_tensor *shortcut = sl_tensor_retain(*value);
    sl_status status = SL_OK;
    if (block->projects) {
        status = sl_conv_through(&block->project, &shortcut);
        if (status == SL_OK) status = sl_norm_through(&block->project_norm, NULL, false, training, &shortcut);
    }
    if (status == SL_OK) status = sl_conv_through(&block->conv1, value);
    if (status == SL_OK) status = sl_norm_through(&block->norm1, NULL, true, training, value);
    if (status == SL_OK) status = sl_conv_through(&block->conv2, value);
    if (status == SL_OK) status = sl_norm_through(&block->norm2, NULL, true, training, value);
    if (status == SL_OK) status = sl_conv_through(&block->conv3, value);
    if (status == SL_OK) status = sl_norm_through(&block->norm3, shortcut, true, training, value);
    sl_tensor_free(shortcut);
    return status;
}

static sl_status trunk_through(const sl_resnet *resnet, bool training, sl_tensor **value) {
    sl_op_attributes pool = sl_op_attributes_default(SL_OP_max_pool);
    pool.kernel = 3;
    pool.stride = 2;
    pool.padding = 1;
    pool.ceil_mode = true;
    SL_TRY(sl_norm_through(&resnet->stem_norm, NULL, true, training, value));
    SL_TRY(sl_op_through(SL_OP_max_pool, &pool, value));
    for (int i = 0; i < resnet->block_count; i++) SL_TRY(block_through(&resnet->blocks[i], training, value));
    return SL_OK;
}

sl_status sl_resnet_forward(const sl_resnet *resnet, sl_tensor *x, bool training, sl_tensor **out) {
    sl_tensor *value = NULL;
    *out = NULL;
    SL_TRY(sl_conv_run(&resnet->stem, x, &value));
    sl_status status = trunk_through(resnet, training, &value);
    if (status != SL_OK) {
        sl_tensor_free(value);
        return status;
    }
    *out = value;
    return SL_OK;
}
