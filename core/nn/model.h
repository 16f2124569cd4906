// Models: named parameters and buffers, and a forward function.
//
// Names are PyTorch's ("layer1.0.conv1.weight", "layer5.conv2d_list.0.bias", "classifier.weight"), so that its weights map by
// name.
#ifndef SL_NN_MODEL_H
#define SL_NN_MODEL_H

#include "core/io/safetensors.h"
#include "core/tensor/tensor.h"

typedef struct sl_model sl_model;

typedef enum sl_parameter_group { SL_GROUP_TRUNK, SL_GROUP_HEAD } sl_parameter_group;

typedef struct sl_parameter {
    const char *name;
    sl_tensor *tensor;
    bool buffer;              // running statistics: stored, not trained
    bool trainable;           // false: never gets a gradient, never updated (frozen batch-norm affine)
    sl_parameter_group group; // HEAD gets the optimizer's head multiplier
} sl_parameter;

typedef enum sl_stride_place { SL_STRIDE_IN_1X1, SL_STRIDE_IN_3X3 } sl_stride_place; // the authors' layout, torchvision's

enum { SL_DEEPLAB_MAX_RATES = 4 };

// DeepLabv2 on a bottleneck ResNet of output stride 8 (Chen et al., TPAMI 2018; He et al., CVPR 2016).
typedef struct sl_deeplab_v2_options {
    int classes;
    int blocks[4];  // {3,4,23,3}: ResNet-101; {3,4,6,3}: ResNet-50
    int base_width; // 64 in the paper
    int rates;      // how many of the ASPP branches 6, 12, 18, 24 are summed, 1 to 4
    int branches;   // how many branches have weights (>= rates; the authors' code has 4 and sums 2)
    sl_stride_place stride_place;
    bool train_affine;    // batch norm's gamma and beta are trained
    double momentum, eps; // batch norm; 0.1 and 1e-5
} sl_deeplab_v2_options;

sl_deeplab_v2_options sl_deeplab_v2_options_default(void);

// The fully convolutional discriminator (Hung et al., BMVC 2018, section 3.2): five 4x4 convolutions of stride 2 and padding 1,
// widths w, 2w, 4w, 8w, 1 with w = base_width (64), leaky ReLU 0.2 between them.
typedef struct sl_discriminator_options {
    int classes;
    int base_width;
} sl_discriminator_options;

// Models with the usual initialisation, drawn from `seed`: trunk convolutions He normal (fan out), head normal(0, 0.01) with zero
// bias, batch norm 1 and 0; discriminator uniform(+-1/sqrt(fan_in)) for weights and biases as PyTorch does by default.
sl_status sl_model_new_deeplab_v2(const sl_deeplab_v2_options *options, uint64_t seed, sl_model **out);
sl_status sl_model_new_discriminator(const sl_discriminator_options *options, uint64_t seed, sl_model **out);
void sl_model_free(sl_model *model);

const char *sl_model_kind(const sl_model *model); // "deeplab_v2", "discriminator"
size_t sl_model_parameter_count(const sl_model *model);
const sl_parameter *sl_model_parameter(const sl_model *model, size_t index);          // in state-dict order
const sl_parameter *sl_model_parameter_find(const sl_model *model, const char *name); // NULL when unknown
int64_t sl_model_trainable_count(const sl_model *model);                              // numbers, not tensors

// deeplab_v2: x (N,3,H,W) -> logits (N,classes,h,w), h = w = input / 8 rounded as the strides do. discriminator: x
// (N,classes,H,W)
// -> logits (N,1,h,w). Neither is upsampled. `training` selects batch statistics. The weights get no gradient while sl_freeze_set
// is on. `x` is not consumed.
sl_status sl_model_forward(sl_model *model, sl_tensor *x, bool training, sl_tensor **out);

// Copies values by name from a file's tensors whose name is `prefix` + parameter name. With `strict` every parameter must be
// there and every tensor under the prefix be used; otherwise missing ones keep their values and `*missing` (may be NULL) counts
// them. A wrong shape or dtype is always an error that names the tensor. "num_batches_tracked" is ignored.
sl_status sl_model_load(sl_model *model, const sl_safetensors *file, const char *prefix, bool strict, size_t *missing);
// Adds the model's tensors to a writer under `prefix`.
sl_status sl_model_save(const sl_model *model, sl_safetensors_writer *writer, const char *prefix);
// Makes `model` = decay x model + (1 - decay) x other for all parameters and buffers (an EMA teacher). Same kind and shapes.
sl_status sl_model_blend(sl_model *model, const sl_model *other, double decay);
void sl_model_clear_grad(sl_model *model);

#endif
