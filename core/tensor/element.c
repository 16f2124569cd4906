// Reading, filling, converting and rearranging elements.
#include "core/base/memory.h"
#include "core/tensor/tensor.h"

#include <math.h>
#include <string.h>

uint16_t sl_bf16_from_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40); // NaN stays NaN
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

float sl_bf16_to_f32(uint16_t value) {
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, 4);
    return result;
}

static double element(const void *data, sl_dtype dtype, int64_t index) {
    switch (dtype) {
    case SL_F32: return ((const float *)data)[index];
    case SL_BF16: return sl_bf16_to_f32(((const uint16_t *)data)[index]);
    case SL_I64: return (double)((const int64_t *)data)[index];
    default: return ((const uint8_t *)data)[index];
    }
}

static void element_set(void *data, sl_dtype dtype, int64_t index, double value) {
    switch (dtype) {
    case SL_F32: ((float *)data)[index] = (float)value; break;
    case SL_BF16: ((uint16_t *)data)[index] = sl_bf16_from_f32((float)value); break;
    case SL_I64: ((int64_t *)data)[index] = value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : INT64_MIN; break;
    default: ((uint8_t *)data)[index] = value >= 255 ? 255 : value > 0 ? (uint8_t)value : 0;
    }
}

double sl_tensor_get(const sl_tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w) {
    sl_shape shape = sl_tensor_shape(tensor);
    return element(sl_tensor_data(tensor), sl_tensor_dtype(tensor), ((n * shape.h + h) * shape.w + w) * shape.c + c);
}

double sl_tensor_item(const sl_tensor *tensor) {
    return element(sl_tensor_data(tensor), sl_tensor_dtype(tensor), 0);
}

void sl_tensor_fill(sl_tensor *tensor, double value) {
    int64_t count = sl_tensor_count(tensor);
    float *f32 = sl_tensor_f32(tensor);
    if (f32) {
        for (int64_t i = 0; i < count; i++) f32[i] = (float)value;
        return;
    }
    for (int64_t i = 0; i < count; i++) element_set(sl_tensor_data(tensor), sl_tensor_dtype(tensor), i, value);
}

sl_status sl_tensor_copy(sl_tensor *destination, const sl_tensor *source) {
    char to[96], from[96];
    sl_shape a = sl_tensor_shape(destination), b = sl_tensor_shape(source);
    if (!sl_shape_equal(a, b) || sl_tensor_dtype(destination) != sl_tensor_dtype(source))
        return sl_error(SL_ERR_ARGUMENT, "cannot copy a tensor of %s %s into one of %s %s", sl_shape_text(b, from),
                        sl_dtype_name(sl_tensor_dtype(source)), sl_shape_text(a, to),
                        sl_dtype_name(sl_tensor_dtype(destination)));
    memmove(sl_tensor_data(destination), sl_tensor_data(source), sl_tensor_bytes(source));
    return SL_OK;
}

sl_status sl_tensor_convert(const sl_tensor *source, sl_dtype dtype, sl_tensor **out) {
    SL_TRY(sl_tensor_new_on(sl_tensor_device(source), dtype, sl_tensor_shape(source), out));
    int64_t count = sl_tensor_count(source);
    for (int64_t i = 0; i < count; i++)
        element_set(sl_tensor_data(*out), dtype, i, element(sl_tensor_data(source), sl_tensor_dtype(source), i));
    return SL_OK;
}

// Moves elements between the two orders; `size` is the bytes of one.
static void rearrange(char *packed, char *planar, sl_shape shape, size_t size, bool to_planar) {
    int64_t area = shape.h * shape.w;
    for (int64_t n = 0; n < shape.n; n++)
        for (int64_t i = 0; i < area; i++)
            for (int64_t c = 0; c < shape.c; c++) {
                char *a = packed + (size_t)((n * area + i) * shape.c + c) * size;
                char *b = planar + (size_t)((n * shape.c + c) * area + i) * size;
                if (to_planar)
                    memcpy(b, a, size);
                else
                    memcpy(a, b, size);
            }
}

void sl_tensor_to_planar(const sl_tensor *tensor, void *planar) {
    rearrange(sl_tensor_data(tensor), planar, sl_tensor_shape(tensor), sl_dtype_size(sl_tensor_dtype(tensor)), true);
}

void sl_tensor_from_planar(sl_tensor *tensor, const void *planar) {
    // Read only in this direction; the cast keeps one loop for both.
    rearrange(sl_tensor_data(tensor), (char *)(uintptr_t)planar, sl_tensor_shape(tensor), sl_dtype_size(sl_tensor_dtype(tensor)),
              false);
}
