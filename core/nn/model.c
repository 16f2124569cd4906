// The registry of a model's parameters, and what can be done to all of them: load, save, blend, clear.
#include "core/nn/model.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/thread.h"
#include "core/nn/model_impl.h"
#include "core/tensor/tape.h"
#include <string.h>

sl_status sl_model_new_empty(const char *kind, sl_model **out) {
    sl_model *model = sl_calloc(1, sizeof *model);
    *out = model;
    if (model == NULL) return sl_error(SL_ERR_MEMORY, "no memory for a %s", kind);
    model->kind = kind;
    return SL_OK;
}

void sl_model_free(sl_model *model) {
    if (model == NULL) return;
    if (model->network != NULL) model->network_free(model->network);
    for (size_t i = 0; i < model->count; i++) {
        sl_free((char *)model->entries[i].parameter.name);
        sl_tensor_free(model->entries[i].parameter.tensor);
    }
    sl_free(model->entries);
    sl_free(model);
}

sl_status sl_model_register(sl_model *model, const sl_parameter_spec *spec, sl_tensor **out) {
    *out = NULL;
    if (model->count == model->capacity) {
        size_t capacity = model->capacity == 0 ? 64 : 2 * model->capacity;
        sl_model_entry *entries = sl_realloc(model->entries, capacity * sizeof *entries);
        if (entries == NULL) return sl_error(SL_ERR_MEMORY, "no memory for parameter %s%s", spec->prefix, spec->suffix);
        model->entries = entries;
        model->capacity = capacity;
    }
    sl_text name = {0};
    SL_TRY(sl_text_append(&name, "%s%s", spec->prefix, spec->suffix));
    sl_tensor *tensor = NULL;
    sl_status status = sl_tensor_new(SL_F32, spec->shape, &tensor);
    if (status == SL_OK && spec->trainable) status = sl_tensor_set_requires_grad(tensor, true);
    if (status != SL_OK) {
        sl_tensor_free(tensor);
        sl_text_free(&name);
        return status;
    }
    sl_model_entry *entry = &model->entries[model->count++];
    entry->parameter = (sl_parameter){name.data, tensor, spec->buffer, spec->trainable, spec->group};
    entry->initial = spec->initial;
    entry->init_scale = spec->init_scale;
    *out = tensor;
    return SL_OK;
}

const char *sl_model_kind(const sl_model *model) {
    return model->kind;
}
size_t sl_model_parameter_count(const sl_model *model) {
    return model->count;
}

const sl_parameter *sl_model_parameter(const sl_model *model, size_t index) {
    return index < model->count ? &model->entries[index].parameter : NULL;
}

const sl_parameter *sl_model_parameter_find(const sl_model *model, const char *name) {
    for (size_t i = 0; i < model->count; i++)
        if (strcmp(model->entries[i].parameter.name, name) == 0) return &model->entries[i].parameter;
    return NULL;
}

int64_t sl_model_trainable_count(const sl_model *model) {
    int64_t count = 0;
    for (size_t i = 0; i < model->count; i++)
        if (model->entries[i].parameter.trainable) count += sl_tensor_count(model->entries[i].parameter.tensor);
    return count;
}

sl_status sl_model_forward(sl_model *model, sl_tensor *x, bool training, sl_tensor **out) {
    *out = NULL;
    sl_shape shape = sl_tensor_shape(x);
    // The first parameter is the weight of the first convolution.
    int64_t channels = sl_tensor_shape(model->entries[0].parameter.tensor).c;
    char text[96];
    if (shape.rank != 4 || shape.c != channels)
        return sl_error(SL_ERR_ARGUMENT, "%s: the input is %s, it must be N x %lld x H x W", model->kind,
                        sl_shape_text(shape, text), (long long)channels);
    sl_status status = model->forward(model->network, x, training, out);
    return status == SL_OK ? SL_OK : sl_error_prefix(status, "%s", model->kind);
}

void sl_model_clear_grad(sl_model *model) {
    for (size_t i = 0; i < model->count; i++) sl_tensor_clear_grad(model->entries[i].parameter.tensor);
}

sl_status sl_model_blend(sl_model *model, const sl_model *other, double decay) {
    if (!(decay >= 0 && decay <= 1)) return sl_error(SL_ERR_ARGUMENT, "blend: decay is %g, not in 0 to 1", decay);
    if (strcmp(model->kind, other->kind) != 0 || model->count != other->count)
        return sl_error(SL_ERR_ARGUMENT, "blend: a %s of %zu tensors and a %s of %zu do not match", model->kind, model->count,
                        other->kind, other->count);
    for (size_t i = 0; i < model->count; i++) {
        const sl_parameter *a = &model->entries[i].parameter, *b = &other->entries[i].parameter;
        if (strcmp(a->name, b->name) != 0 || !sl_shape_equal(sl_tensor_shape(a->tensor), sl_tensor_shape(b->tensor)))
            return sl_error(SL_ERR_ARGUMENT, "blend: the models' %s and %s do not match", a->name, b->name);
    }
    for (size_t i = 0; i < model->count; i++) {
        float *values = sl_tensor_f32(model->entries[i].parameter.tensor);
        const float *others = sl_tensor_f32(other->entries[i].parameter.tensor);
        int64_t count = sl_tensor_count(model->entries[i].parameter.tensor);
#pragma omp parallel for num_threads(sl_threads_get()) if (count > 65536)
        for (int64_t k = 0; k < count; k++) values[k] = (float)(decay * values[k] + (1 - decay) * others[k]);
    }
    return SL_OK;
}
