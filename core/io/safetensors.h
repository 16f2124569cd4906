// The safetensors format: 8 bytes of header length, a JSON header, raw little-endian data in planar order. A file is read with
// every length, offset, shape and dtype checked; nothing in it is ever executed.
#ifndef SL_IO_SAFETENSORS_H
#define SL_IO_SAFETENSORS_H

#include "core/tensor/tensor.h"

typedef struct sl_safetensors sl_safetensors;
typedef struct sl_safetensors_writer sl_safetensors_writer;

// Opens and checks a file (mapped, not read whole). The error names the file, the tensor and what is wrong with it.
sl_status sl_safetensors_open(const char *path, sl_safetensors **out);
void sl_safetensors_close(sl_safetensors *file);

size_t sl_safetensors_count(const sl_safetensors *file);
// Names in the order of their data in the file.
const char *sl_safetensors_name(const sl_safetensors *file, size_t index);
bool sl_safetensors_has(const sl_safetensors *file, const char *name);
const char *sl_safetensors_path(const sl_safetensors *file); // as it was opened, for messages
// Shape as in the file. Fails when there is no such tensor, or it has more than 4 dimensions.
sl_status sl_safetensors_shape(const sl_safetensors *file, const char *name, sl_shape *out);
// Element type as it is called in the file ("F32"), or NULL when there is no such tensor.
const char *sl_safetensors_dtype(const sl_safetensors *file, const char *name);
// A new tensor. F32, BF16, I64, U8 and BOOL (as u8) map to our dtypes, F16 and F64 become f32; other dtypes are an error.
sl_status sl_safetensors_get(const sl_safetensors *file, const char *name, sl_tensor **out);
// A string of "__metadata__", or NULL. Borrowed.
const char *sl_safetensors_metadata(const sl_safetensors *file, const char *key);

// Collects tensors (retained, not copied: do not change them before saving), then writes them in one go: to a temporary file
// beside `path`, synced, renamed over it, the folder synced. On failure the old file is untouched and the temporary one is gone.
sl_status sl_safetensors_writer_new(sl_safetensors_writer **out);
sl_status sl_safetensors_writer_add(sl_safetensors_writer *writer, const char *name, sl_tensor *tensor);
sl_status sl_safetensors_writer_metadata(sl_safetensors_writer *writer, const char *key, const char *value);
sl_status sl_safetensors_writer_save(sl_safetensors_writer *writer, const char *path);
void sl_safetensors_writer_free(sl_safetensors_writer *writer);

#endif
