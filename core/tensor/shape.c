#include "core/tensor/tensor.h"

#include <stdio.h>

sl_shape sl_shape_scalar(void) {
    return (sl_shape){0, 1, 1, 1, 1};
}
sl_shape sl_shape_vector(int64_t c) {
    return (sl_shape){1, 1, c, 1, 1};
}
sl_shape sl_shape_map(int64_t n, int64_t h, int64_t w) {
    return (sl_shape){3, n, 1, h, w};
}
sl_shape sl_shape_image(int64_t n, int64_t c, int64_t h, int64_t w) {
    return (sl_shape){4, n, c, h, w};
}

sl_status sl_shape_from_dims(int rank, const int64_t *dims, sl_shape *out) {
    if (rank < 0 || rank > 4) return sl_error(SL_ERR_ARGUMENT, "a tensor has 0 to 4 dimensions, not %d", rank);
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0) return sl_error(SL_ERR_ARGUMENT, "dimension %d of a tensor is %lld, less than 0", i, (long long)dims[i]);
    switch (rank) {
    case 0: *out = sl_shape_scalar(); break;
    case 1: *out = sl_shape_vector(dims[0]); break;
    case 2: *out = (sl_shape){2, dims[0], dims[1], 1, 1}; break;
    case 3: *out = sl_shape_map(dims[0], dims[1], dims[2]); break;
    default: *out = sl_shape_image(dims[0], dims[1], dims[2], dims[3]);
    }
    return SL_OK;
}

void sl_shape_to_dims(sl_shape shape, int64_t dims[4]) {
    switch (shape.rank) {
    case 0: break;
    case 1: dims[0] = shape.c; break;
    case 2: dims[0] = shape.n, dims[1] = shape.c; break;
    case 3: dims[0] = shape.n, dims[1] = shape.h, dims[2] = shape.w; break;
    default: dims[0] = shape.n, dims[1] = shape.c, dims[2] = shape.h, dims[3] = shape.w;
    }
}

int64_t sl_shape_count(sl_shape shape) {
    return shape.n * shape.c * shape.h * shape.w;
}

bool sl_shape_equal(sl_shape a, sl_shape b) {
    return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w;
}

const char *sl_shape_text(sl_shape shape, char *buffer) {
    int64_t dims[4];
    int length = 0;
    if (shape.rank == 0) snprintf(buffer, 96, "scalar");
    sl_shape_to_dims(shape, dims);
    for (int i = 0; i < shape.rank && i < 4; i++)
        length += snprintf(buffer + length, 96 - (size_t)length, i ? "x%lld" : "%lld", (long long)dims[i]);
    return buffer;
}

const char *sl_dtype_name(sl_dtype dtype) {
    static const char *const names[] = {[SL_F32] = "f32", [SL_BF16] = "bf16", [SL_I64] = "i64", [SL_U8] = "u8"};
    return names[dtype];
}

size_t sl_dtype_size(sl_dtype dtype) {
    static const size_t sizes[] = {[SL_F32] = 4, [SL_BF16] = 2, [SL_I64] = 8, [SL_U8] = 1};
    return sizes[dtype];
}
