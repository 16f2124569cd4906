// Tensors out of an opened safetensors file.
#include "core/base/memory.h"
#include "core/io/safetensors_impl.h"
#include <string.h>

static float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023, bits;
    if (exponent == 31) {
        bits = sign | 0x7f800000 | fraction << 13;
    } else if (exponent != 0) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        float value = (float)fraction * 0x1p-24f; // subnormal or zero
        return sign != 0 ? -value : value;
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const sl_safetensors_entry *entry_require(const sl_safetensors *file, const char *name, sl_status *status) {
    const sl_safetensors_entry *entry = sl_safetensors_entry_find(file, name);
    *status = entry != NULL ? SL_OK : sl_error(SL_ERR_ARGUMENT, "%s: no tensor \"%s\" in it", file->path, name);
    return entry;
}

static sl_status entry_shape(const sl_safetensors *file, const sl_safetensors_entry *entry, sl_shape *out) {
    if (entry->rank > 4)
        return sl_error(SL_ERR_UNSUPPORTED, "%s: tensor \"%s\" has %d dimensions; at most 4 can be read", file->path, entry->name,
                        entry->rank);
    return sl_shape_from_dims(entry->rank, entry->dims, out);
}

sl_status sl_safetensors_shape(const sl_safetensors *file, const char *name, sl_shape *out) {
    sl_status status;
    const sl_safetensors_entry *entry = entry_require(file, name, &status);
    return entry != NULL ? entry_shape(file, entry, out) : status;
}

// Fills `planar` (floats) from elements of another floating type; memcpy, since nothing aligns data in the file.
static void convert_to_f32(const sl_safetensors_entry *entry, const uint8_t *data, int64_t count, float *planar) {
    for (int64_t i = 0; i < count; i++) {
        if (entry->dtype->kind == SL_FILE_F64) {
            double value;
            memcpy(&value, data + 8 * i, sizeof value);
            planar[i] = (float)value;
        } else {
            uint16_t value;
            memcpy(&value, data + 2 * i, sizeof value);
            planar[i] = half_to_float(value);
        }
    }
}

static sl_status tensor_fill(const sl_safetensors *file, const sl_safetensors_entry *entry, sl_tensor *tensor) {
    const uint8_t *data = file->data + entry->begin;
    sl_file_dtype kind = entry->dtype->kind;
    bool convert = kind == SL_FILE_F64 || kind == SL_FILE_F16;
    if (!convert && (uintptr_t)data % entry->dtype->size == 0) {
        sl_tensor_from_planar(tensor, data);
    } else {
        void *planar = sl_malloc(sl_tensor_bytes(tensor));
        if (planar == NULL) return sl_error(SL_ERR_MEMORY, "%s: no memory to read tensor \"%s\"", file->path, entry->name);
        if (convert)
            convert_to_f32(entry, data, sl_tensor_count(tensor), planar);
        else
            memcpy(planar, data, sl_tensor_bytes(tensor));
        sl_tensor_from_planar(tensor, planar);
        sl_free(planar);
    }
    if (kind == SL_FILE_BOOL) {
        uint8_t *bytes = sl_tensor_u8(tensor);
        for (int64_t i = 0; i < sl_tensor_count(tensor); i++) bytes[i] = bytes[i] != 0;
    }
    return SL_OK;
}

sl_status sl_safetensors_get(const sl_safetensors *file, const char *name, sl_tensor **out) {
    *out = NULL;
    sl_status status;
    const sl_safetensors_entry *entry = entry_require(file, name, &status);
    if (entry == NULL) return status;
    sl_dtype dtype;
    switch (entry->dtype->kind) {
    case SL_FILE_F64:
    case SL_FILE_F32:
    case SL_FILE_F16: dtype = SL_F32; break;
    case SL_FILE_BF16: dtype = SL_BF16; break;
    case SL_FILE_I64: dtype = SL_I64; break;
    case SL_FILE_U8:
    case SL_FILE_BOOL: dtype = SL_U8; break;
    default:
        return sl_error(SL_ERR_UNSUPPORTED, "%s: tensor \"%s\" is of dtype %s, which is not read here", file->path, name,
                        entry->dtype->name);
    }
    sl_shape shape;
    SL_TRY(entry_shape(file, entry, &shape));
    sl_tensor *tensor = NULL;
    status = sl_tensor_new(dtype, shape, &tensor);
    if (status == SL_OK) status = tensor_fill(file, entry, tensor);
    if (status != SL_OK) {
        sl_tensor_free(tensor);
        return status;
    }
    *out = tensor;
    return SL_OK;
}
