// SGD, Adam and AdamW over a list of tensors; the arithmetic of an update is the backend's.
#include "core/nn/optimizer.h"

#include "core/backend/backend.h"
#include "core/base/memory.h"
#include "core/nn/optimizer_impl.h"
#include "core/tensor/tape.h"
#include <math.h>

sl_optimizer_options sl_optimizer_options_default(sl_optimizer_kind kind) {
    sl_optimizer_options options = {.kind = kind, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .head_lr = 1};
    if (kind == SL_OPTIMIZER_SGD) options.momentum = 0.9;
    if (kind == SL_OPTIMIZER_ADAMW) options.weight_decay = 0.01;
    return options;
}

const char *sl_optimizer_buffer_name(const sl_optimizer_options *options, int buffer) {
    if (options->kind == SL_OPTIMIZER_SGD) return buffer == 0 && options->momentum != 0 ? "momentum" : NULL;
    return buffer == 0 ? "m" : "v";
}

static sl_status options_check(const sl_optimizer_options *options) {
    if (options->kind != SL_OPTIMIZER_SGD && options->kind != SL_OPTIMIZER_ADAM && options->kind != SL_OPTIMIZER_ADAMW)
        return sl_error(SL_ERR_ARGUMENT, "optimizer: kind %d is unknown", (int)options->kind);
    if (!(options->weight_decay >= 0 && isfinite(options->weight_decay)))
        return sl_error(SL_ERR_ARGUMENT, "optimizer: weight_decay is %g, it must be at least 0", options->weight_decay);
    if (!(options->head_lr >= 0 && isfinite(options->head_lr)))
        return sl_error(SL_ERR_ARGUMENT, "optimizer: head_lr is %g, it must be at least 0", options->head_lr);
    if (options->kind == SL_OPTIMIZER_SGD) {
        if (!(options->momentum >= 0 && isfinite(options->momentum)))
            return sl_error(SL_ERR_ARGUMENT, "sgd: momentum is %g, it must be at least 0", options->momentum);
        if (options->nesterov && options->momentum == 0)
            return sl_error(SL_ERR_ARGUMENT, "sgd: nesterov needs a momentum above 0");
        return SL_OK;
    }
    if (!(options->beta1 >= 0 && options->beta1 < 1))
        return sl_error(SL_ERR_ARGUMENT, "adam: beta1 is %g, not in [0, 1)", options->beta1);
    if (!(options->beta2 >= 0 && options->beta2 < 1))
        return sl_error(SL_ERR_ARGUMENT, "adam: beta2 is %g, not in [0, 1)", options->beta2);
    if (!(options->eps >= 0 && isfinite(options->eps)))
        return sl_error(SL_ERR_ARGUMENT, "adam: eps is %g, it must be at least 0", options->eps);
    return SL_OK;
}

static sl_status optimizer_new_empty(const sl_optimizer_options *options, size_t capacity, sl_optimizer **out) {
    *out = NULL;
    SL_TRY(options_check(options));
    sl_optimizer *optimizer = sl_calloc(1, sizeof *optimizer);
    if (optimizer != NULL) optimizer->slots = sl_calloc(capacity, sizeof *optimizer->slots);
    if (optimizer == NULL || optimizer->slots == NULL) {
        sl_optimizer_free(optimizer);
        return sl_error(SL_ERR_MEMORY, "no memory for an optimizer of %zu tensors", capacity);
    }
    optimizer->options = *options;
    *out = optimizer;
    return SL_OK;
}

static sl_status slot_add(sl_optimizer *optimizer, const char *name, sl_tensor *tensor, double lr_factor) {
    if (sl_tensor_dtype(tensor) != SL_F32)
        return sl_error(SL_ERR_ARGUMENT, "optimizer: %s is of dtype %s; only f32 can be trained", name,
                        sl_dtype_name(sl_tensor_dtype(tensor)));
    sl_optimizer_slot *slot = &optimizer->slots[optimizer->count];
    *slot = (sl_optimizer_slot){.lr_factor = lr_factor};
    slot->name = sl_strdup(name);
    if (slot->name == NULL) return sl_error(SL_ERR_MEMORY, "no memory for the optimizer's state of %s", name);
    slot->tensor = sl_tensor_retain(tensor);
    optimizer->count++;
    return SL_OK;
}

sl_status sl_optimizer_new(sl_model *model, const sl_optimizer_options *options, sl_optimizer **out) {
    sl_optimizer *optimizer = NULL;
    *out = NULL;
    SL_TRY(optimizer_new_empty(options, sl_model_parameter_count(model), &optimizer));
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        const sl_parameter *parameter = sl_model_parameter(model, i);
        if (parameter->buffer || !parameter->trainable) continue;
        double factor = parameter->group == SL_GROUP_HEAD ? options->head_lr : 1;
        sl_status status = slot_add(optimizer, parameter->name, parameter->tensor, factor);
        if (status != SL_OK) {
            sl_optimizer_free(optimizer);
            return status;
        }
    }
    *out = optimizer;
    return SL_OK;
}

sl_status sl_optimizer_new_on(sl_tensor *const *tensors, const char *const *names, size_t count,
                              const sl_optimizer_options *options, sl_optimizer **out) {
    sl_optimizer *optimizer = NULL;
    *out = NULL;
    SL_TRY(optimizer_new_empty(options, count, &optimizer));
    for (size_t i = 0; i < count; i++) {
        sl_status status = slot_add(optimizer, names[i], tensors[i], 1);
        if (status != SL_OK) {
            sl_optimizer_free(optimizer);
            return status;
        }
    }
    *out = optimizer;
    return SL_OK;
}

void sl_optimizer_free(sl_optimizer *optimizer) {
    if (optimizer == NULL) return;
    for (size_t i = 0; i < optimizer->count; i++) {
        sl_optimizer_slot *slot = &optimizer->slots[i];
        for (int k = 0; k < SL_OPTIMIZER_BUFFERS; k++) sl_tensor_free(slot->buffers[k]);
        sl_tensor_free(slot->tensor);
        sl_free(slot->name);
    }
    sl_free(optimizer->slots);
    sl_free(optimizer);
}

// The gradient to step with, or NULL when the tensor is to be left as it is.
static sl_tensor *slot_gradient(const sl_optimizer_slot *slot) {
    return sl_tensor_requires_grad(slot->tensor) ? sl_tensor_grad(slot->tensor) : NULL;
}

// Makes the missing buffers of all slots, so that an update cannot fail half way.
static sl_status buffers_make(sl_optimizer *optimizer) {
    for (size_t i = 0; i < optimizer->count; i++) {
        sl_optimizer_slot *slot = &optimizer->slots[i];
        if (slot_gradient(slot) == NULL) continue;
        for (int k = 0; k < SL_OPTIMIZER_BUFFERS; k++) {
            if (slot->buffers[k] != NULL || sl_optimizer_buffer_name(&optimizer->options, k) == NULL) continue;
            SL_TRY(sl_tensor_new_zeros(SL_F32, sl_tensor_shape(slot->tensor), &slot->buffers[k]));
        }
    }
    return SL_OK;
}

static void slot_step(const sl_optimizer_options *options, sl_optimizer_slot *slot, const sl_tensor *gradient, double lr) {
    float *buffers[SL_OPTIMIZER_BUFFERS] = {NULL};
    for (int k = 0; k < SL_OPTIMIZER_BUFFERS; k++)
        if (slot->buffers[k] != NULL) buffers[k] = sl_tensor_f32(slot->buffers[k]);
    float *values = sl_tensor_f32(slot->tensor);
    const float *slopes = sl_tensor_f32(gradient);
    int64_t count = sl_tensor_count(slot->tensor);
    slot->step++;
    if (options->kind == SL_OPTIMIZER_SGD) {
        sl_sgd_update update = {
            .lr = lr * slot->lr_factor,
            .momentum = options->momentum,
            .weight_decay = options->weight_decay,
            .nesterov = options->nesterov,
            .first = slot->step == 1,
        };
        sl_backend_get()->sgd(values, slopes, buffers[0], count, &update);
    } else {
        sl_adam_update update = {
            .lr = lr * slot->lr_factor,
            .beta1 = options->beta1,
            .beta2 = options->beta2,
            .eps = options->eps,
            .weight_decay = options->weight_decay,
            .decoupled = options->kind == SL_OPTIMIZER_ADAMW,
            .step = slot->step,
        };
        sl_backend_get()->adam(values, slopes, buffers[0], buffers[1], count, &update);
    }
}

sl_status sl_optimizer_step(sl_optimizer *optimizer, double lr) {
    if (!(lr >= 0 && isfinite(lr))) return sl_error(SL_ERR_ARGUMENT, "optimizer: learning rate %g, it must be at least 0", lr);
    SL_TRY(buffers_make(optimizer));
    for (size_t i = 0; i < optimizer->count; i++) {
        const sl_tensor *gradient = slot_gradient(&optimizer->slots[i]);
        if (gradient != NULL) slot_step(&optimizer->options, &optimizer->slots[i], gradient, lr);
    }
    return SL_OK;
}
