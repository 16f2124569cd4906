#include "core/tensor/op_infer.h"

#include <limits.h>
#include <string.h>

#define INT(field, fallback, least, most, help) \
    { #field, SL_ATTRIBUTE_INT, offsetof(sl_op_attributes, field), fallback, least, most, help }
#define BOOL(field, fallback, help) \
    { #field, SL_ATTRIBUTE_BOOL, offsetof(sl_op_attributes, field), fallback, 0, 1, help }
#define REAL(field, fallback, least, most, help) \
    { #field, SL_ATTRIBUTE_REAL, offsetof(sl_op_attributes, field), fallback, least, most, help }
#define END \
    { NULL, 0, 0, 0, 0, 0, NULL }
#define IGNORE_LABEL INT(ignore_label, 255, INT_MIN, INT_MAX, "pixels with this label are left out")

static const sl_attribute_info no_attributes[] = {END};
static const sl_attribute_info conv2d_attributes[] = {
    INT(stride, 1, 1, 1024, "step of the window, both axes"),
    INT(padding, 0, 0, 65536, "zeros added on each side"),
    INT(dilation, 1, 1, 65536, "distance between the kernel's taps"),
    END,
};
static const sl_attribute_info batch_norm_attributes[] = {
    BOOL(training, 0, "use batch statistics and update the running ones"),
    BOOL(relu, 0, "apply ReLU to the result"),
    REAL(momentum, 0.1, 0, 1, "share of the batch statistics in the update of the running ones"),
    REAL(eps, 1e-5, 0, 1, "added to the variance"),
    END,
};
static const sl_attribute_info leaky_relu_attributes[] = {REAL(slope, 0.01, 0, 1e9, "slope below zero"), END};
static const sl_attribute_info add_attributes[] = {
    REAL(alpha, 1, -1e30, 1e30, "factor of the second input"),
    BOOL(relu, 0, "apply ReLU to the sum"),
    END,
};
static const sl_attribute_info scale_attributes[] = {REAL(factor, 1, -1e30, 1e30, "the factor"), END};
static const sl_attribute_info concat_attributes[] = {INT(dim, 1, 0, 1, "0: batch, 1: channels"), END};
static const sl_attribute_info max_pool_attributes[] = {
    INT(kernel, 3, 1, 1024, "size of the window"),
    INT(stride, 2, 1, 1024, "step of the window"),
    INT(padding, 1, 0, 512, "padding on each side, never the maximum"),
    INT(dilation, 1, 1, 1, "not supported beyond 1"),
    BOOL(ceil_mode, 0, "round the size of the result up"),
    END,
};
static const sl_attribute_info bilinear_attributes[] = {
    INT(height, 1, 1, 1 << 20, "height of the result"),
    INT(width, 1, 1, 1 << 20, "width of the result"),
    BOOL(align_corners, 0, "corner pixels map onto each other (true) or pixel areas do (false)"),
    END,
};
static const sl_attribute_info ignore_attributes[] = {IGNORE_LABEL, END};
static const sl_attribute_info bce_attributes[] = {REAL(target, 1, 0, 1, "what the logits are held against"), END};
static const sl_attribute_info masked_cross_entropy_attributes[] = {
    REAL(threshold, 0.2, -1e30, 1e30, "pixels whose confidence sigmoid(d) is below it are left out"),
    IGNORE_LABEL,
    END,
};
static const sl_attribute_info one_hot_attributes[] = {
    INT(classes, 1, 1, 255, "channels of the result"),
    INT(ignore_label, 255, INT_MIN, INT_MAX, "pixels with this label get zeros"),
    END,
};
static const sl_attribute_info equal_attributes[] = {INT(label, 255, INT_MIN, INT_MAX, "the label looked for"), END};

enum { IN0 = 1, IN1 = 2, IN2 = 4, IN5 = 32 }; // bits of sl_op_info.differentiable

static const sl_op_info infos[SL_OP_COUNT] = {
    [SL_OP_conv2d] = {.name = "conv2d",
                      .help = "Two-dimensional convolution (cross-correlation).",
                      .least_inputs = 2,
                      .most_inputs = 3,
                      .outputs = 1,
                      .input_names = {"x", "weight", "bias"},
                      .output_names = {"y"},
                      .differentiable = IN0 | IN1 | IN2,
                      .save = SL_SAVE_IN0 | SL_SAVE_IN1,
                      .attributes = conv2d_attributes,
                      .infer = sl_infer_conv2d},
    [SL_OP_batch_norm] = {.name = "batch_norm",
                          .help = "Batch normalisation, then the residual z is added and ReLU applied where asked for.",
                          .least_inputs = 5,
                          .most_inputs = 6,
                          .outputs = 3,
                          .input_names = {"x", "gamma", "beta", "running_mean", "running_var", "z"},
                          .output_names = {"y", "mean", "inv_std"},
                          .differentiable = IN0 | IN1 | IN2 | IN5,
                          .save = SL_SAVE_IN0 | SL_SAVE_IN1 | SL_SAVE_OUT0_IF_RELU | SL_SAVE_OUT1 | SL_SAVE_OUT2,
                          .attributes = batch_norm_attributes,
                          .infer = sl_infer_batch_norm},
    [SL_OP_relu] = {.name = "relu",
                    .help = "max(x, 0).",
                    .least_inputs = 1,
                    .most_inputs = 1,
                    .outputs = 1,
                    .input_names = {"x"},
                    .output_names = {"y"},
                    .differentiable = IN0,
                    .save = SL_SAVE_OUT0,
                    .attributes = no_attributes,
                    .infer = sl_infer_relu},
    [SL_OP_leaky_relu] = {.name = "leaky_relu",
                          .help = "x where positive, slope x elsewhere.",
                          .least_inputs = 1,
                          .most_inputs = 1,
                          .outputs = 1,
                          .input_names = {"x"},
                          .output_names = {"y"},
                          .differentiable = IN0,
                          .save = SL_SAVE_OUT0,
                          .attributes = leaky_relu_attributes,
                          .infer = sl_infer_leaky_relu},
    [SL_OP_sigmoid] = {.name = "sigmoid",
                       .help = "1 / (1 + exp(-x)).",
                       .least_inputs = 1,
                       .most_inputs = 1,
                       .outputs = 1,
                       .input_names = {"x"},
                       .output_names = {"y"},
                       .differentiable = IN0,
                       .save = SL_SAVE_OUT0,
                       .attributes = no_attributes,
                       .infer = sl_infer_sigmoid},
    [SL_OP_add] = {.name = "add",
                   .help = "x + alpha z, then ReLU where asked for.",
                   .least_inputs = 2,
                   .most_inputs = 2,
                   .outputs = 1,
                   .input_names = {"x", "z"},
                   .output_names = {"y"},
                   .differentiable = IN0 | IN1,
                   .save = SL_SAVE_OUT0_IF_RELU,
                   .attributes = add_attributes,
                   .infer = sl_infer_add},
    [SL_OP_mul] = {.name = "mul",
                   .help = "Elementwise product.",
                   .least_inputs = 2,
                   .most_inputs = 2,
                   .outputs = 1,
                   .input_names = {"x", "z"},
                   .output_names = {"y"},
                   .differentiable = IN0 | IN1,
                   .save = SL_SAVE_IN0 | SL_SAVE_IN1,
                   .attributes = no_attributes,
                   .infer = sl_infer_mul},
    [SL_OP_scale] = {.name = "scale",
                     .help = "factor x.",
                     .least_inputs = 1,
                     .most_inputs = 1,
                     .outputs = 1,
                     .input_names = {"x"},
                     .output_names = {"y"},
                     .differentiable = IN0,
                     .attributes = scale_attributes,
                     .infer = sl_infer_scale},
    [SL_OP_mean] = {.name = "mean",
                    .help = "Mean of all elements.",
                    .least_inputs = 1,
                    .most_inputs = 1,
                    .outputs = 1,
                    .input_names = {"x"},
                    .output_names = {"y"},
                    .differentiable = IN0,
                    .attributes = no_attributes,
                    .infer = sl_infer_mean},
    [SL_OP_concat] = {.name = "concat",
                      .help = "Joins two tensors along the batch or the channels.",
                      .least_inputs = 2,
                      .most_inputs = 2,
                      .outputs = 1,
                      .input_names = {"x", "z"},
                      .output_names = {"y"},
                      .differentiable = IN0 | IN1,
                      .attributes = concat_attributes,
                      .infer = sl_infer_concat},
    [SL_OP_max_pool] = {.name = "max_pool",
                        .help = "Largest value of each window, and where it stood in its plane.",
                        .least_inputs = 1,
                        .most_inputs = 1,
                        .outputs = 2,
                        .input_names = {"x"},
                        .output_names = {"y", "index"},
                        .differentiable = IN0,
                        .save = SL_SAVE_OUT1,
                        .attributes = max_pool_attributes,
                        .infer = sl_infer_max_pool},
    [SL_OP_global_avg_pool] = {.name = "global_avg_pool",
                               .help = "Mean of each channel's plane.",
                               .least_inputs = 1,
                               .most_inputs = 1,
                               .outputs = 1,
                               .input_names = {"x"},
                               .output_names = {"y"},
                               .differentiable = IN0,
                               .attributes = no_attributes,
                               .infer = sl_infer_global_avg_pool},
    [SL_OP_bilinear] = {.name = "bilinear",
                        .help = "Bilinear resize to height x width.",
                        .least_inputs = 1,
                        .most_inputs = 1,
                        .outputs = 1,
                        .input_names = {"x"},
                        .output_names = {"y"},
                        .differentiable = IN0,
                        .attributes = bilinear_attributes,
                        .infer = sl_infer_bilinear},
    [SL_OP_softmax] = {.name = "softmax",
                       .help = "Softmax over the channels of each pixel.",
                       .least_inputs = 1,
                       .most_inputs = 1,
                       .outputs = 1,
                       .input_names = {"x"},
                       .output_names = {"y"},
                       .differentiable = IN0,
                       .save = SL_SAVE_OUT0,
                       .attributes = no_attributes,
                       .infer = sl_infer_softmax},
    [SL_OP_log_softmax] = {.name = "log_softmax",
                           .help = "Logarithm of the softmax over the channels of each pixel.",
                           .least_inputs = 1,
                           .most_inputs = 1,
                           .outputs = 1,
                           .input_names = {"x"},
                           .output_names = {"y"},
                           .differentiable = IN0,
                           .save = SL_SAVE_OUT0,
                           .attributes = no_attributes,
                           .infer = sl_infer_log_softmax},
    [SL_OP_argmax] = {.name = "argmax",
                      .help = "Class with the largest value at each pixel; the lowest wins a tie.",
                      .least_inputs = 1,
                      .most_inputs = 1,
                      .outputs = 1,
                      .input_names = {"x"},
                      .output_names = {"label"},
                      .attributes = no_attributes,
                      .infer = sl_infer_argmax},
    [SL_OP_cross_entropy] = {.name = "cross_entropy",
                             .help =
                                 "Softmax cross-entropy against a label map, averaged over the pixels not ignored (weighted by "
                                 "class where weights are given); 0 when all are ignored.",
                             .least_inputs = 2,
                             .most_inputs = 3,
                             .outputs = 2,
                             .input_names = {"x", "target", "weight"},
                             .output_names = {"loss", "count"},
                             .differentiable = IN0,
                             .save = SL_SAVE_IN0 | SL_SAVE_IN1 | SL_SAVE_IN2 | SL_SAVE_OUT1,
                             .attributes = ignore_attributes,
                             .infer = sl_infer_cross_entropy},
    [SL_OP_bce_with_logits] = {.name = "bce_with_logits",
                               .help = "Binary cross-entropy of logits against a constant target, averaged over the pixels not "
                                       "ignored; 0 when all are.",
                               .least_inputs = 1,
                               .most_inputs = 2,
                               .outputs = 2,
                               .input_names = {"x", "ignore"},
                               .output_names = {"loss", "count"},
                               .differentiable = IN0,
                               .save = SL_SAVE_IN0 | SL_SAVE_IN1 | SL_SAVE_OUT1,
                               .attributes = bce_attributes,
                               .infer = sl_infer_bce_with_logits},
    [SL_OP_masked_cross_entropy] = {.name = "masked_cross_entropy",
                                    .help =
                                        "Cross-entropy against the network's own argmax on the pixels that the discriminator's "
                                        "logits d hold for real; 0 when none is kept. No gradient reaches d.",
                                    .least_inputs = 2,
                                    .most_inputs = 2,
                                    .outputs = 3,
                                    .input_names = {"x", "d"},
                                    .output_names = {"loss", "count", "label"},
                                    .differentiable = IN0,
                                    .save = SL_SAVE_IN0 | SL_SAVE_OUT1 | SL_SAVE_OUT2,
                                    .attributes = masked_cross_entropy_attributes,
                                    .infer = sl_infer_masked_cross_entropy},
    [SL_OP_one_hot] = {.name = "one_hot",
                       .help = "One channel per class, 1 where the label is that class.",
                       .least_inputs = 1,
                       .most_inputs = 1,
                       .outputs = 1,
                       .input_names = {"label"},
                       .output_names = {"y"},
                       .attributes = one_hot_attributes,
                       .infer = sl_infer_one_hot},
    [SL_OP_equal] = {.name = "equal",
                     .help = "1 where the label map equals a label, 0 elsewhere.",
                     .least_inputs = 1,
                     .most_inputs = 1,
                     .outputs = 1,
                     .input_names = {"label"},
                     .output_names = {"y"},
                     .attributes = equal_attributes,
                     .infer = sl_infer_equal},
};

const sl_op_info *sl_op_info_get(sl_op op) {
    return &infos[op];
}

sl_op_attributes sl_op_attributes_default(sl_op op) {
    sl_op_attributes attributes = {0};
    for (const sl_attribute_info *info = infos[op].attributes; info->name; info++) {
        void *field = (char *)&attributes + info->offset;
        switch (info->type) {
        case SL_ATTRIBUTE_INT: *(int *)field = (int)info->fallback; break;
        case SL_ATTRIBUTE_BOOL: *(bool *)field = info->fallback != 0; break;
        case SL_ATTRIBUTE_REAL: *(double *)field = info->fallback; break;
        }
    }
    return attributes;
}

sl_op sl_op_find(const char *name) {
    for (int op = 0; op < SL_OP_COUNT; op++)
        if (!strcmp(infos[op].name, name)) return (sl_op)op;
    return SL_OP_COUNT;
}
