#include "core/base/memory.h"
#include "core/tensor/allocator.h"
#include "core/tensor/tensor_impl.h"

#include <string.h>

// The bytes of a shape, or a clear error where the product overflows.
static sl_status byte_count(sl_dtype dtype, sl_shape shape, size_t *bytes) {
    const int64_t extents[4] = {shape.n, shape.c, shape.h, shape.w};
    int64_t total = (int64_t)sl_dtype_size(dtype);
    char text[96];
    for (int i = 0; i < 4; i++) {
        if (extents[i] < 0) return sl_error(SL_ERR_ARGUMENT, "a tensor of %s has a negative extent", sl_shape_text(shape, text));
        if (__builtin_mul_overflow(total, extents[i], &total))
            return sl_error(SL_ERR_MEMORY, "a tensor of %s %s is larger than any memory", sl_shape_text(shape, text),
                            sl_dtype_name(dtype));
    }
    *bytes = (size_t)total;
    return SL_OK;
}

static void storage_free(sl_storage *storage) {
    if (atomic_fetch_sub(&storage->references, 1) != 1) return;
    sl_block_put(storage->data, storage->bytes);
    sl_free(storage);
}

sl_status sl_tensor_new_on(sl_device device, sl_dtype dtype, sl_shape shape, sl_tensor **out) {
    *out = NULL;
    if (device.kind != SL_DEVICE_CPU) return sl_error(SL_ERR_UNSUPPORTED, "this build has no CUDA backend");
    size_t bytes = 0;
    SL_TRY(byte_count(dtype, shape, &bytes));
    sl_tensor *tensor = sl_calloc(1, sizeof *tensor);
    sl_storage *storage = sl_calloc(1, sizeof *storage);
    sl_status status = SL_OK;
    if (!tensor || !storage)
        status = sl_error(SL_ERR_MEMORY, "out of memory for a tensor");
    else
        status = sl_block_get(bytes, &storage->bytes, &storage->data);
    if (status != SL_OK) {
        sl_free(tensor);
        sl_free(storage);
        char text[96];
        if (bytes > (1u << 20))
            return sl_error_prefix(status, "a tensor of %s %s", sl_shape_text(shape, text), sl_dtype_name(dtype));
        return status;
    }
    atomic_init(&storage->references, 1);
    storage->device = device;
    atomic_init(&tensor->references, 1);
    tensor->dtype = dtype;
    tensor->shape = shape;
    tensor->storage = storage;
    *out = tensor;
    return SL_OK;
}

sl_status sl_tensor_new(sl_dtype dtype, sl_shape shape, sl_tensor **out) {
    return sl_tensor_new_on((sl_device){SL_DEVICE_CPU, 0}, dtype, shape, out);
}

sl_status sl_tensor_new_zeros(sl_dtype dtype, sl_shape shape, sl_tensor **out) {
    SL_TRY(sl_tensor_new(dtype, shape, out));
    memset(sl_tensor_data(*out), 0, sl_tensor_bytes(*out));
    return SL_OK;
}

sl_status sl_tensor_new_full(sl_dtype dtype, sl_shape shape, double value, sl_tensor **out) {
    SL_TRY(sl_tensor_new(dtype, shape, out));
    sl_tensor_fill(*out, value);
    return SL_OK;
}

sl_status sl_tensor_new_copy(const sl_tensor *source, sl_tensor **out) {
    SL_TRY(sl_tensor_new_on(sl_tensor_device(source), source->dtype, source->shape, out));
    memcpy(sl_tensor_data(*out), sl_tensor_data(source), sl_tensor_bytes(source));
    return SL_OK;
}

sl_tensor *sl_tensor_retain(sl_tensor *tensor) {
    if (tensor) atomic_fetch_add(&tensor->references, 1);
    return tensor;
}

void sl_tensor_free(sl_tensor *tensor) {
    if (!tensor || atomic_fetch_sub(&tensor->references, 1) != 1) return;
    storage_free(tensor->storage);
    sl_tensor_free(tensor->grad);
    sl_node_free(tensor->producer);
    sl_free(tensor);
}

sl_shape sl_tensor_shape(const sl_tensor *tensor) {
    return tensor->shape;
}
sl_dtype sl_tensor_dtype(const sl_tensor *tensor) {
    return tensor->dtype;
}
sl_device sl_tensor_device(const sl_tensor *tensor) {
    return tensor->storage->device;
}
int64_t sl_tensor_count(const sl_tensor *tensor) {
    return sl_shape_count(tensor->shape);
}
size_t sl_tensor_bytes(const sl_tensor *tensor) {
    return (size_t)sl_tensor_count(tensor) * sl_dtype_size(tensor->dtype);
}
void *sl_tensor_data(const sl_tensor *tensor) {
    return (char *)tensor->storage->data + tensor->offset;
}
float *sl_tensor_f32(const sl_tensor *tensor) {
    return tensor->dtype == SL_F32 ? sl_tensor_data(tensor) : NULL;
}
int64_t *sl_tensor_i64(const sl_tensor *tensor) {
    return tensor->dtype == SL_I64 ? sl_tensor_data(tensor) : NULL;
}
uint8_t *sl_tensor_u8(const sl_tensor *tensor) {
    return tensor->dtype == SL_U8 ? sl_tensor_data(tensor) : NULL;
}

sl_status sl_tensor_alias(const sl_tensor *tensor, sl_shape shape, size_t offset, sl_tensor **out) {
    *out = sl_calloc(1, sizeof **out);
    if (!*out) return sl_error(SL_ERR_MEMORY, "out of memory for a view");
    atomic_init(&(*out)->references, 1);
    (*out)->dtype = tensor->dtype;
    (*out)->shape = shape;
    (*out)->storage = tensor->storage;
    (*out)->offset = tensor->offset + offset;
    atomic_fetch_add(&tensor->storage->references, 1);
    return SL_OK;
}

sl_status sl_tensor_view_batch(sl_tensor *tensor, int64_t first, int64_t count, sl_tensor **out) {
    *out = NULL;
    sl_shape shape = tensor->shape;
    if (first < 0 || count < 0 || first > shape.n - count)
        return sl_error(SL_ERR_ARGUMENT, "a view of %lld elements from element %lld of a batch of %lld", (long long)count,
                        (long long)first, (long long)shape.n);
    size_t stride = (size_t)(shape.c * shape.h * shape.w) * sl_dtype_size(tensor->dtype);
    shape.n = count;
    return sl_tensor_alias(tensor, shape, (size_t)first * stride, out);
}

sl_status sl_tensor_view_shape(sl_tensor *tensor, sl_shape shape, sl_tensor **out) {
    *out = NULL;
    char from[96], to[96];
    if (sl_shape_count(shape) != sl_tensor_count(tensor))
        return sl_error(SL_ERR_ARGUMENT, "a tensor of %s cannot be seen as %s: the counts differ",
                        sl_shape_text(tensor->shape, from), sl_shape_text(shape, to));
    return sl_tensor_alias(tensor, shape, 0, out);
}

sl_status sl_tensor_detach(sl_tensor *tensor, sl_tensor **out) {
    return sl_tensor_alias(tensor, tensor->shape, 0, out);
}
