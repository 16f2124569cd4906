// What a model is made of: the registry of its parameters, and the layers that use them.
#ifndef SL_NN_MODEL_IMPL_H
#define SL_NN_MODEL_IMPL_H

#include "core/base/random.h"
#include "core/nn/model.h"
#include "core/tensor/op.h"

// How a parameter starts; `init_scale` is the standard deviation or the bound.
typedef enum sl_initial { SL_INITIAL_CONSTANT, SL_INITIAL_NORMAL, SL_INITIAL_UNIFORM } sl_initial;

typedef struct sl_model_entry {
    sl_parameter parameter; // its name is owned
    sl_initial initial;
    double init_scale; // the constant, the standard deviation, or the bound
} sl_model_entry;

struct sl_model {
    const char *kind;
    sl_model_entry *entries;
    size_t count, capacity;
    void *network; // the layers, of the model's own type; its tensors are borrowed from the entries
    sl_status (*forward)(const void *network, sl_tensor *x, bool training, sl_tensor **out);
    void (*network_free)(void *network);
};

// An empty model, without a network.
sl_status sl_model_new_empty(const char *kind, sl_model **out);

// What `sl_model_register` needs to know of a parameter. `name` is built from prefix and suffix ("layer1.0.conv1" ".weight").
typedef struct sl_parameter_spec {
    const char *prefix, *suffix;
    sl_shape shape;
    bool buffer, trainable;
    sl_parameter_group group;
    sl_initial initial;
    double init_scale;
} sl_parameter_spec;

// Adds a parameter (its values not yet set); *out borrows its tensor.
sl_status sl_model_register(sl_model *model, const sl_parameter_spec *spec, sl_tensor **out);

// Sets every parameter to its initial values. Each draws from its own generator (seed, stream, index), so that the result depends
// neither on threads nor on what other parameters there are after it.
void sl_model_initialise(sl_model *model, uint64_t seed, sl_random_stream stream);

// ---- layers; the `_through` functions replace *value by their result and drop the reference to what was there. On failure
// *value is unchanged.

typedef struct sl_conv {
    sl_tensor *weight, *bias; // bias may be NULL
    int stride, padding, dilation;
} sl_conv;

typedef struct sl_norm {
    sl_tensor *gamma, *beta, *mean, *variance;
    double momentum, eps;
} sl_norm;

typedef struct sl_conv_spec {
    int64_t in, out;
    int kernel, stride, padding, dilation;
    bool bias;
    sl_parameter_group group;
    sl_initial initial;
    double weight_scale, bias_scale; // a bias_scale of 0 makes zeros
} sl_conv_spec;

sl_status sl_conv_register(sl_model *model, const char *name, const sl_conv_spec *spec, sl_conv *out);
sl_status sl_norm_register(sl_model *model, const char *name, int64_t channels, bool train_affine, double momentum, double eps,
                           sl_norm *out);

sl_status sl_conv_run(const sl_conv *conv, sl_tensor *x, sl_tensor **out);
sl_status sl_conv_through(const sl_conv *conv, sl_tensor **value);
// Batch norm, plus `residual` unless it is NULL, then ReLU if `relu`.
sl_status sl_norm_through(const sl_norm *norm, sl_tensor *residual, bool relu, bool training, sl_tensor **value);
// An op of one input with one output of interest.
sl_status sl_op_through(sl_op op, const sl_op_attributes *attributes, sl_tensor **value);

#endif
