// DeepLabv2: the dilated trunk and a head of dilated 3x3 convolutions (atrous spatial pyramid pooling) whose results are summed.
#include "core/base/memory.h"
#include "core/nn/resnet.h"
#include <stdio.h>

typedef struct deeplab_v2 {
    sl_resnet trunk;
    sl_conv branches[SL_DEEPLAB_MAX_RATES];
    int rates; // how many branches are summed
} deeplab_v2;

static const int aspp_rates[SL_DEEPLAB_MAX_RATES] = {6, 12, 18, 24};

sl_deeplab_v2_options sl_deeplab_v2_options_default(void) {
    return (sl_deeplab_v2_options){
        .classes = 21,
        .blocks = {3, 4, 23, 3},
        .base_width = 64,
        .rates = SL_DEEPLAB_MAX_RATES,
        .branches = SL_DEEPLAB_MAX_RATES,
        .stride_place = SL_STRIDE_IN_1X1,
        .train_affine = false,
        .momentum = 0.1,
        .eps = 1e-5,
    };
}

static sl_status options_check(const sl_deeplab_v2_options *options) {
    if (options->classes < 1 || options->classes > 255)
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: classes is %d, not in 1 to 255", options->classes);
    for (int i = 0; i < 4; i++)
        if (options->blocks[i] < 1 || options->blocks[i] > 1000)
            return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: blocks[%d] is %d, not in 1 to 1000", i + 1, options->blocks[i]);
    if (options->base_width < 1 || options->base_width > 4096)
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: base_width is %d, not in 1 to 4096", options->base_width);
    if (options->rates < 1 || options->rates > SL_DEEPLAB_MAX_RATES)
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: rates is %d, not in 1 to %d", options->rates, SL_DEEPLAB_MAX_RATES);
    if (options->branches < options->rates || options->branches > SL_DEEPLAB_MAX_RATES)
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: branches is %d, not in %d (rates) to %d", options->branches, options->rates,
                        SL_DEEPLAB_MAX_RATES);
    if (options->stride_place != SL_STRIDE_IN_1X1 && options->stride_place != SL_STRIDE_IN_3X3)
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: stride_place is %d, not 0 (1x1) or 1 (3x3)", (int)options->stride_place);
    if (!(options->momentum >= 0 && options->momentum <= 1))
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: momentum is %g, not in 0 to 1", options->momentum);
    if (!(options->eps > 0 && options->eps <= 1))
        return sl_error(SL_ERR_ARGUMENT, "deeplab_v2: eps is %g, not in 0 to 1", options->eps);
    return SL_OK;
}

static sl_status head_register(sl_model *model, const sl_deeplab_v2_options *options, deeplab_v2 *network) {
    for (int i = 0; i < options->branches; i++) {
        sl_conv_spec spec = {
            .in = 8 * SL_RESNET_EXPANSION * (int64_t)options->base_width,
            .out = options->classes,
            .kernel = 3,
            .stride = 1,
            .padding = aspp_rates[i],
            .dilation = aspp_rates[i],
            .bias = true,
            .group = SL_GROUP_HEAD,
            .initial = SL_INITIAL_NORMAL,
            .weight_scale = 0.01,
        };
        char name[64];
        snprintf(name, sizeof name, "layer5.conv2d_list.%d", i);
        SL_TRY(sl_conv_register(model, name, &spec, &network->branches[i]));
    }
    network->rates = options->rates;
    return SL_OK;
}

static sl_status head_forward(const deeplab_v2 *network, sl_tensor *features, sl_tensor **out) {
    sl_tensor *sum = NULL;
    SL_TRY(sl_conv_run(&network->branches[0], features, &sum));
    sl_status status = SL_OK;
    for (int i = 1; status == SL_OK && i < network->rates; i++) {
        sl_tensor *branch = NULL, *next[SL_OP_MAX_OUTPUTS] = {NULL};
        status = sl_conv_run(&network->branches[i], features, &branch);
        if (status == SL_OK) {
            sl_tensor *inputs[SL_OP_MAX_INPUTS] = {sum, branch};
            status = sl_op_run(SL_OP_add, inputs, NULL, next);
        }
        sl_tensor_free(branch);
        if (status == SL_OK) {
            sl_tensor_free(sum);
            sum = next[0];
        }
    }
    if (status != SL_OK) {
        sl_tensor_free(sum);
        return status;
    }
    *out = sum;
    return SL_OK;
}

static sl_status network_forward(const void *opaque, sl_tensor *x, bool training, sl_tensor **out) {
    const deeplab_v2 *network = opaque;
    sl_tensor *features = NULL;
    SL_TRY(sl_resnet_forward(&network->trunk, x, training, &features));
    sl_status status = head_forward(network, features, out);
    sl_tensor_free(features);
    return status;
}

static void network_free(void *opaque) {
    deeplab_v2 *network = opaque;
    sl_resnet_clear(&network->trunk);
    sl_free(network);
}

sl_status sl_model_new_deeplab_v2(const sl_deeplab_v2_options *options, uint64_t seed, sl_model **out) {
    *out = NULL;
    SL_TRY(options_check(options));
    sl_model *model = NULL;
    SL_TRY(sl_model_new_empty("deeplab_v2", &model));
    deeplab_v2 *network = sl_calloc(1, sizeof *network);
    sl_status status = network != NULL ? SL_OK : sl_error(SL_ERR_MEMORY, "no memory for a deeplab_v2 model");
    if (status == SL_OK) {
        model->network = network;
        model->network_free = network_free;
        model->forward = network_forward;
        status = sl_resnet_register(model, options, &network->trunk);
    }
    if (status == SL_OK) status = head_register(model, options, network);
    if (status != SL_OK) {
        sl_model_free(model);
        return status;
    }
    sl_model_initialise(model, seed, SL_STREAM_WEIGHTS);
    *out = model;
    return SL_OK;
}
