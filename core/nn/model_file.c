// A model's parameters out of and into safetensors files.
#include "core/base/text.h"
#include "core/nn/model_impl.h"
#include <string.h>

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static sl_status shape_check(const sl_parameter *parameter, const sl_safetensors *file, const char *name) {
    sl_shape shape, own = sl_tensor_shape(parameter->tensor);
    SL_TRY(sl_safetensors_shape(file, name, &shape));
    char text[96], own_text[96];
    if (shape.rank != own.rank || !sl_shape_equal(shape, own))
        return sl_error(SL_ERR_DATA, "%s: tensor \"%s\" is %s, the model's is %s", sl_safetensors_path(file), name,
                        sl_shape_text(shape, text), sl_shape_text(own, own_text));
    const char *dtype = sl_safetensors_dtype(file, name);
    if (strcmp(dtype, "F32") != 0 && strcmp(dtype, "F64") != 0 && strcmp(dtype, "F16") != 0 && strcmp(dtype, "BF16") != 0)
        return sl_error(SL_ERR_DATA, "%s: tensor \"%s\" is of dtype %s, the model needs floating-point numbers",
                        sl_safetensors_path(file), name, dtype);
    return SL_OK;
}

// Everything is checked before anything is copied. `name` is a buffer.
static sl_status file_check(const sl_model *model, const sl_safetensors *file, const char *prefix, bool strict, sl_text *name,
                            size_t *missing) {
    for (size_t i = 0; i < model->count; i++) {
        const sl_parameter *parameter = &model->entries[i].parameter;
        name->length = 0;
        SL_TRY(sl_text_append(name, "%s%s", prefix, parameter->name));
        if (sl_safetensors_has(file, name->data)) {
            SL_TRY(shape_check(parameter, file, name->data));
        } else {
            if (strict)
                return sl_error(SL_ERR_DATA, "%s: no tensor \"%s\", which the %s needs", sl_safetensors_path(file), name->data,
                                model->kind);
            ++*missing;
        }
    }
    for (size_t i = 0; strict && i < sl_safetensors_count(file); i++) {
        const char *tensor = sl_safetensors_name(file, i);
        if (strncmp(tensor, prefix, strlen(prefix)) != 0 || ends_with(tensor, "num_batches_tracked")) continue;
        if (sl_model_parameter_find(model, tensor + strlen(prefix)) == NULL)
            return sl_error(SL_ERR_DATA, "%s: tensor \"%s\" is no part of this %s", sl_safetensors_path(file), tensor,
                            model->kind);
    }
    return SL_OK;
}

static sl_status parameter_load(const sl_parameter *parameter, const sl_safetensors *file, const char *name) {
    sl_tensor *tensor = NULL;
    SL_TRY(sl_safetensors_get(file, name, &tensor));
    sl_status status = SL_OK;
    if (sl_tensor_dtype(tensor) != SL_F32) {
        sl_tensor *converted = NULL;
        status = sl_tensor_convert(tensor, SL_F32, &converted);
        sl_tensor_free(tensor);
        tensor = converted;
    }
    if (status == SL_OK) status = sl_tensor_copy(parameter->tensor, tensor);
    sl_tensor_free(tensor);
    return status;
}

sl_status sl_model_load(sl_model *model, const sl_safetensors *file, const char *prefix, bool strict, size_t *missing) {
    sl_text name = {0};
    size_t absent = 0;
    sl_status status = file_check(model, file, prefix, strict, &name, &absent);
    for (size_t i = 0; status == SL_OK && i < model->count; i++) {
        const sl_parameter *parameter = &model->entries[i].parameter;
        name.length = 0;
        status = sl_text_append(&name, "%s%s", prefix, parameter->name);
        if (status == SL_OK && sl_safetensors_has(file, name.data)) status = parameter_load(parameter, file, name.data);
    }
    sl_text_free(&name);
    if (status == SL_OK && missing != NULL) *missing = absent;
    return status;
}

sl_status sl_model_save(const sl_model *model, sl_safetensors_writer *writer, const char *prefix) {
    sl_text name = {0};
    sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < model->count; i++) {
        name.length = 0;
        status = sl_text_append(&name, "%s%s", prefix, model->entries[i].parameter.name);
        if (status == SL_OK) status = sl_safetensors_writer_add(writer, name.data, model->entries[i].parameter.tensor);
    }
    sl_text_free(&name);
    return status;
}
