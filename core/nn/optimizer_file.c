// An optimizer's state into and out of safetensors files: for each tensor NAME its count of updates, "NAME.step", and, once it
// has been updated, its buffers: "NAME.momentum" (SGD), "NAME.m" and "NAME.v" (Adam, AdamW).
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/nn/optimizer_impl.h"
#include <string.h>

static sl_status name_make(sl_text *name, const char *prefix, const sl_optimizer_slot *slot, const char *part) {
    name->length = 0;
    return sl_text_append(name, "%s%s.%s", prefix, slot->name, part);
}

static sl_status slot_save(const sl_optimizer *optimizer, const sl_optimizer_slot *slot, sl_safetensors_writer *writer,
                           const char *prefix, sl_text *name) {
    sl_tensor *step = NULL;
    SL_TRY(name_make(name, prefix, slot, "step"));
    SL_TRY(sl_tensor_new(SL_I64, sl_shape_scalar(), &step));
    sl_tensor_i64(step)[0] = slot->step;
    sl_status status = sl_safetensors_writer_add(writer, name->data, step);
    sl_tensor_free(step);
    for (int k = 0; status == SL_OK && slot->step > 0 && k < SL_OPTIMIZER_BUFFERS; k++) {
        const char *part = sl_optimizer_buffer_name(&optimizer->options, k);
        if (part == NULL) continue;
        status = name_make(name, prefix, slot, part);
        if (status == SL_OK) status = sl_safetensors_writer_add(writer, name->data, slot->buffers[k]);
    }
    return status;
}

sl_status sl_optimizer_save(const sl_optimizer *optimizer, sl_safetensors_writer *writer, const char *prefix) {
    sl_text name = {0};
    sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < optimizer->count; i++)
        status = slot_save(optimizer, &optimizer->slots[i], writer, prefix, &name);
    sl_text_free(&name);
    return status;
}

static sl_status part_get(const sl_safetensors *file, const char *name, sl_dtype dtype, sl_shape shape, sl_tensor **out) {
    if (!sl_safetensors_has(file, name))
        return sl_error(SL_ERR_DATA, "%s: no tensor \"%s\": the state of another optimizer, or of another model",
                        sl_safetensors_path(file), name);
    SL_TRY(sl_safetensors_get(file, name, out));
    sl_shape found = sl_tensor_shape(*out);
    if (sl_tensor_dtype(*out) == dtype && found.rank == shape.rank && sl_shape_equal(found, shape)) return SL_OK;
    char found_text[96], text[96];
    sl_status status = sl_error(SL_ERR_DATA, "%s: tensor \"%s\" is %s %s, the optimizer's is %s %s", sl_safetensors_path(file),
                                name, sl_dtype_name(sl_tensor_dtype(*out)), sl_shape_text(found, found_text),
                                sl_dtype_name(dtype), sl_shape_text(shape, text));
    sl_tensor_free(*out);
    *out = NULL;
    return status;
}

// Reads a slot's state into `loaded`, of which only step and buffers are used. `*used` counts the tensors read.
static sl_status slot_load(const sl_optimizer *optimizer, const sl_optimizer_slot *slot, const sl_safetensors *file,
                           const char *prefix, sl_text *name, sl_optimizer_slot *loaded, size_t *used) {
    sl_tensor *step = NULL;
    SL_TRY(name_make(name, prefix, slot, "step"));
    SL_TRY(part_get(file, name->data, SL_I64, sl_shape_scalar(), &step));
    loaded->step = sl_tensor_i64(step)[0];
    sl_tensor_free(step);
    ++*used;
    if (loaded->step < 0)
        return sl_error(SL_ERR_DATA, "%s: tensor \"%s\" is %lld, a count of updates must be at least 0",
                        sl_safetensors_path(file), name->data, (long long)loaded->step);
    for (int k = 0; loaded->step > 0 && k < SL_OPTIMIZER_BUFFERS; k++) {
        const char *part = sl_optimizer_buffer_name(&optimizer->options, k);
        if (part == NULL) continue;
        SL_TRY(name_make(name, prefix, slot, part));
        SL_TRY(part_get(file, name->data, SL_F32, sl_tensor_shape(slot->tensor), &loaded->buffers[k]));
        ++*used;
    }
    return SL_OK;
}

// Every name under the prefix was read if their number is that of the tensors read, since names are unique.
static sl_status leftover_check(const sl_safetensors *file, const char *prefix, size_t used) {
    size_t under = 0;
    for (size_t i = 0; i < sl_safetensors_count(file); i++)
        if (strncmp(sl_safetensors_name(file, i), prefix, strlen(prefix)) == 0) under++;
    if (under == used) return SL_OK;
    return sl_error(SL_ERR_DATA, "%s: %zu tensors under \"%s\", this optimizer has %zu: the state of another optimizer or model",
                    sl_safetensors_path(file), under, prefix, used);
}

sl_status sl_optimizer_load(sl_optimizer *optimizer, const sl_safetensors *file, const char *prefix) {
    sl_optimizer_slot *loaded = sl_calloc(optimizer->count, sizeof *loaded);
    if (loaded == NULL) return sl_error(SL_ERR_MEMORY, "%s: no memory to load the optimizer's state", sl_safetensors_path(file));
    sl_text name = {0};
    size_t used = 0;
    sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < optimizer->count; i++)
        status = slot_load(optimizer, &optimizer->slots[i], file, prefix, &name, &loaded[i], &used);
    if (status == SL_OK) status = leftover_check(file, prefix, used);
    sl_text_free(&name);
    // All was read: exchange, so that what is freed below is the old state. After a failure it is the new one.
    for (size_t i = 0; i < optimizer->count; i++) {
        sl_optimizer_slot *slot = &optimizer->slots[i];
        for (int k = 0; k < SL_OPTIMIZER_BUFFERS; k++) {
            sl_tensor *old = slot->buffers[k];
            if (status == SL_OK) slot->buffers[k] = loaded[i].buffers[k];
            sl_tensor_free(status == SL_OK ? old : loaded[i].buffers[k]);
        }
        if (status == SL_OK) slot->step = loaded[i].step;
    }
    sl_free(loaded);
    return status;
}
