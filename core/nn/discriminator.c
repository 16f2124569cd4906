// The fully convolutional discriminator (Hung et al., BMVC 2018, section 3.2).
#include "core/base/memory.h"
#include "core/nn/model_impl.h"
#include <math.h>

enum { LAYERS = 5 };

typedef struct discriminator {
    sl_conv convs[LAYERS];
} discriminator;

static sl_status layers_register(sl_model *model, const sl_discriminator_options *options, discriminator *network) {
    static const char *const names[LAYERS] = {"conv1", "conv2", "conv3", "conv4", "classifier"};
    int64_t in = options->classes;
    for (int i = 0; i < LAYERS; i++) {
        int64_t out = i < LAYERS - 1 ? (int64_t)options->base_width << i : 1;
        sl_conv_spec spec = {.in = in, .out = out, .kernel = 4, .stride = 2, .padding = 1, .dilation = 1, .bias = true};
        spec.group = SL_GROUP_TRUNK;
        spec.initial = SL_INITIAL_UNIFORM;
        // PyTorch's default: kaiming_uniform with a = sqrt(5) comes to this bound, the biases' too.
        spec.weight_scale = spec.bias_scale = 1 / sqrt((double)in * 4 * 4);
        SL_TRY(sl_conv_register(model, names[i], &spec, &network->convs[i]));
        in = out;
    }
    return SL_OK;
}

static sl_status network_forward(const void *opaque, sl_tensor *x, bool training, sl_tensor **out) {
    (void)training; // no layer of it behaves differently
    const discriminator *network = opaque;
    sl_op_attributes leaky = sl_op_attributes_default(SL_OP_leaky_relu);
    leaky.slope = 0.2;
    sl_tensor *value = NULL;
    SL_TRY(sl_conv_run(&network->convs[0], x, &value));
    sl_status status = SL_OK;
    for (int i = 1; status == SL_OK && i < LAYERS; i++) {
        status = sl_op_through(SL_OP_leaky_relu, &leaky, &value);
        if (status == SL_OK) status = sl_conv_through(&network->convs[i], &value);
    }
    if (status != SL_OK) {
        sl_tensor_free(value);
        return status;
    }
    *out = value;
    return SL_OK;
}

sl_status sl_model_new_discriminator(const sl_discriminator_options *options, uint64_t seed, sl_model **out) {
    *out = NULL;
    if (options->classes < 1 || options->classes > 255)
        return sl_error(SL_ERR_ARGUMENT, "discriminator: classes is %d, not in 1 to 255", options->classes);
    if (options->base_width < 1 || options->base_width > 4096)
        return sl_error(SL_ERR_ARGUMENT, "discriminator: base_width is %d, not in 1 to 4096", options->base_width);
    sl_model *model = NULL;
    SL_TRY(sl_model_new_empty("discriminator", &model));
    discriminator *network = sl_calloc(1, sizeof *network);
    sl_status status = network != NULL ? SL_OK : sl_error(SL_ERR_MEMORY, "no memory for a discriminator");
    if (status == SL_OK) {
        model->network = network;
        model->network_free = sl_free;
        model->forward = network_forward;
        status = layers_register(model, options, network);
    }
    if (status != SL_OK) {
        sl_model_free(model);
        return status;
    }
    sl_model_initialise(model, seed, SL_STREAM_DISCRIMINATOR);
    *out = model;
    return SL_OK;
}
