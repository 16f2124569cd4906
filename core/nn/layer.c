// Convolution and batch-norm layers.
#include "core/nn/model_impl.h"

sl_status sl_conv_register(sl_model *model, const char *name, const sl_conv_spec *spec, sl_conv *out) {
    *out = (sl_conv){.stride = spec->stride, .padding = spec->padding, .dilation = spec->dilation};
    sl_parameter_spec weight = {
        .prefix = name,
        .suffix = ".weight",
        .shape = sl_shape_image(spec->out, spec->in, spec->kernel, spec->kernel),
        .trainable = true,
        .group = spec->group,
        .initial = spec->initial,
        .init_scale = spec->weight_scale,
    };
    SL_TRY(sl_model_register(model, &weight, &out->weight));
    if (!spec->bias) return SL_OK;
    sl_parameter_spec bias = weight;
    bias.suffix = ".bias";
    bias.shape = sl_shape_vector(spec->out);
    bias.initial = spec->bias_scale == 0 ? SL_INITIAL_CONSTANT : spec->initial;
    bias.init_scale = spec->bias_scale;
    return sl_model_register(model, &bias, &out->bias);
}

sl_status sl_norm_register(sl_model *model, const char *name, int64_t channels, bool train_affine, double momentum, double eps,
                           sl_norm *out) {
    *out = (sl_norm){.momentum = momentum, .eps = eps};
    sl_parameter_spec spec = {.prefix = name, .shape = sl_shape_vector(channels), .group = SL_GROUP_TRUNK};
    spec.trainable = train_affine;
    spec.suffix = ".weight";
    spec.init_scale = 1;
    SL_TRY(sl_model_register(model, &spec, &out->gamma));
    spec.suffix = ".bias";
    spec.init_scale = 0;
    SL_TRY(sl_model_register(model, &spec, &out->beta));
    spec.trainable = false;
    spec.buffer = true;
    spec.suffix = ".running_mean";
    SL_TRY(sl_model_register(model, &spec, &out->mean));
    spec.suffix = ".running_var";
    spec.init_scale = 1;
    return sl_model_register(model, &spec, &out->variance);
}

sl_status sl_conv_run(const sl_conv *conv, sl_tensor *x, sl_tensor **out) {
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_conv2d);
    attributes.stride = conv->stride;
    attributes.padding = conv->padding;
    attributes.dilation = conv->dilation;
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {x, conv->weight, conv->bias};
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    *out = NULL;
    SL_TRY(sl_op_run(SL_OP_conv2d, inputs, &attributes, outputs));
    *out = outputs[0];
    return SL_OK;
}

sl_status sl_conv_through(const sl_conv *conv, sl_tensor **value) {
    sl_tensor *result;
    SL_TRY(sl_conv_run(conv, *value, &result));
    sl_tensor_free(*value);
    *value = result;
    return SL_OK;
}

static sl_status op_replace(sl_op op, sl_tensor *const *inputs, const sl_op_attributes *attributes, sl_tensor **value) {
    sl_tensor *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    SL_TRY(sl_op_run(op, inputs, attributes, outputs));
    for (int i = 1; i < SL_OP_MAX_OUTPUTS; i++) sl_tensor_free(outputs[i]);
    sl_tensor_free(*value);
    *value = outputs[0];
    return SL_OK;
}

sl_status sl_norm_through(const sl_norm *norm, sl_tensor *residual, bool relu, bool training, sl_tensor **value) {
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_batch_norm);
    attributes.training = training;
    attributes.relu = relu;
    attributes.momentum = norm->momentum;
    attributes.eps = norm->eps;
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {*value, norm->gamma, norm->beta, norm->mean, norm->variance, residual};
    return op_replace(SL_OP_batch_norm, inputs, &attributes, value);
}

sl_status sl_op_through(sl_op op, const sl_op_attributes *attributes, sl_tensor **value) {
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {*value};
    return op_replace(op, inputs, attributes, value);
}
