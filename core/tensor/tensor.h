// Tensors.
//
// The logical shape is always N, C, H, W; memory is channels-last (N, H, W, C), contiguous. A tensor of lower rank keeps its rank
// for files and messages and is stored as: rank 0 (1,1,1,1); rank 1 (1,C,1,1); rank 2 (N,C,1,1); rank 3 (N,1,H,W), the shape of a
// label map. A convolution weight (out, in, kh, kw) is a rank-4 tensor like any other. Storage is reference-counted; a view
// shares it.
#ifndef SL_TENSOR_TENSOR_H
#define SL_TENSOR_TENSOR_H

#include "core/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sl_tensor sl_tensor;

typedef enum sl_dtype { SL_F32, SL_BF16, SL_I64, SL_U8 } sl_dtype;

typedef enum sl_device_kind { SL_DEVICE_CPU, SL_DEVICE_CUDA } sl_device_kind;
typedef struct sl_device {
    sl_device_kind kind;
    int index;
} sl_device;

// Rank and the four logical extents N, C, H, W (1 where the rank has none).
typedef struct sl_shape {
    int rank;
    int64_t n, c, h, w;
} sl_shape;

sl_shape sl_shape_scalar(void);
sl_shape sl_shape_vector(int64_t c);
sl_shape sl_shape_map(int64_t n, int64_t h, int64_t w); // rank 3
sl_shape sl_shape_image(int64_t n, int64_t c, int64_t h, int64_t w);
// From `rank` extents in PyTorch's order, as they stand in a file. Fails when rank > 4 or an extent is negative.
sl_status sl_shape_from_dims(int rank, const int64_t *dims, sl_shape *out);
void sl_shape_to_dims(sl_shape shape, int64_t dims[4]); // writes `rank` extents
int64_t sl_shape_count(sl_shape shape);
bool sl_shape_equal(sl_shape a, sl_shape b); // extents alike (rank may differ)
// "2x3x321x321" of the rank's extents, for messages. `buffer` has at least 96 bytes; returns it.
const char *sl_shape_text(sl_shape shape, char *buffer);

const char *sl_dtype_name(sl_dtype dtype); // "f32", "bf16", "i64", "u8"
size_t sl_dtype_size(sl_dtype dtype);

// A new tensor on the CPU, not initialised. Free with sl_tensor_free.
sl_status sl_tensor_new(sl_dtype dtype, sl_shape shape, sl_tensor **out);
sl_status sl_tensor_new_on(sl_device device, sl_dtype dtype, sl_shape shape, sl_tensor **out);
sl_status sl_tensor_new_zeros(sl_dtype dtype, sl_shape shape, sl_tensor **out);
sl_status sl_tensor_new_full(sl_dtype dtype, sl_shape shape, double value, sl_tensor **out);
sl_status sl_tensor_new_copy(const sl_tensor *source, sl_tensor **out); // own storage, detached

sl_tensor *sl_tensor_retain(sl_tensor *tensor); // NULL gives NULL
void sl_tensor_free(sl_tensor *tensor);         // drops one reference; NULL is fine

sl_shape sl_tensor_shape(const sl_tensor *tensor);
sl_dtype sl_tensor_dtype(const sl_tensor *tensor);
sl_device sl_tensor_device(const sl_tensor *tensor);
int64_t sl_tensor_count(const sl_tensor *tensor);
size_t sl_tensor_bytes(const sl_tensor *tensor);

// Channels-last data, borrowed. The typed ones return NULL when the dtype is another.
void *sl_tensor_data(const sl_tensor *tensor);
float *sl_tensor_f32(const sl_tensor *tensor);
int64_t *sl_tensor_i64(const sl_tensor *tensor);
uint8_t *sl_tensor_u8(const sl_tensor *tensor);

// Element (n, c, h, w) as a number, whatever the dtype. Indices are the caller's responsibility.
double sl_tensor_get(const sl_tensor *tensor, int64_t n, int64_t c, int64_t h, int64_t w);
// The only element of a tensor with one element.
double sl_tensor_item(const sl_tensor *tensor);

// Views share storage and carry no gradient history. `first`..`first+count-1` along N; or the same elements under another shape,
// where the channels-last order of both is the same sequence.
sl_status sl_tensor_view_batch(sl_tensor *tensor, int64_t first, int64_t count, sl_tensor **out);
sl_status sl_tensor_view_shape(sl_tensor *tensor, sl_shape shape, sl_tensor **out);
// The same storage without gradient history.
sl_status sl_tensor_detach(sl_tensor *tensor, sl_tensor **out);

void sl_tensor_fill(sl_tensor *tensor, double value);
sl_status sl_tensor_copy(sl_tensor *destination, const sl_tensor *source); // same extents and dtype
sl_status sl_tensor_convert(const sl_tensor *source, sl_dtype dtype, sl_tensor **out);

// Rearranges between channels-last memory and the planar (N, C, H, W) order that files use. `planar` holds sl_tensor_bytes().
void sl_tensor_to_planar(const sl_tensor *tensor, void *planar);
void sl_tensor_from_planar(sl_tensor *tensor, const void *planar);

// bfloat16, rounded to nearest even.
uint16_t sl_bf16_from_f32(float value);
float sl_bf16_to_f32(uint16_t value);

#endif
