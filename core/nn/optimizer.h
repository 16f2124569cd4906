// Optimizers over the trainable parameters of a model, in two groups (trunk, head). Arithmetic as PyTorch's SGD, Adam, AdamW.
// A parameter without a gradient is left as it is.
#ifndef SL_NN_OPTIMIZER_H
#define SL_NN_OPTIMIZER_H

#include "core/nn/model.h"

typedef struct sl_optimizer sl_optimizer;

typedef enum sl_optimizer_kind { SL_OPTIMIZER_SGD, SL_OPTIMIZER_ADAM, SL_OPTIMIZER_ADAMW } sl_optimizer_kind;

typedef struct sl_optimizer_options {
    sl_optimizer_kind kind;
    double momentum;     // SGD
    bool nesterov;       // SGD
    double beta1, beta2; // Adam
    double eps;          // Adam
    double weight_decay;
    double head_lr; // the head group's learning rate is this times the trunk's
} sl_optimizer_options;

sl_optimizer_options sl_optimizer_options_default(sl_optimizer_kind kind);

// `model` must outlive the optimizer.
sl_status sl_optimizer_new(sl_model *model, const sl_optimizer_options *options, sl_optimizer **out);
// For tests and scripts' own tensors: the given leaves in one group. They are retained.
sl_status sl_optimizer_new_on(sl_tensor *const *tensors, const char *const *names, size_t count,
                              const sl_optimizer_options *options, sl_optimizer **out);
void sl_optimizer_free(sl_optimizer *optimizer);

// One step with learning rate `lr` (of the trunk); gradients stay until cleared.
sl_status sl_optimizer_step(sl_optimizer *optimizer, double lr);

// The state (momentum buffers, moments, step counts), named `prefix` + parameter name + ".momentum" and so on. Loading is strict.
sl_status sl_optimizer_save(const sl_optimizer *optimizer, sl_safetensors_writer *writer, const char *prefix);
sl_status sl_optimizer_load(sl_optimizer *optimizer, const sl_safetensors *file, const char *prefix);

#endif
