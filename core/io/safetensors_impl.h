// An opened safetensors file. Names, metadata and dtype names are borrowed from the parsed header.
#ifndef SL_IO_SAFETENSORS_IMPL_H
#define SL_IO_SAFETENSORS_IMPL_H

#include "core/io/safetensors.h"
#include <jansson.h>

enum { SL_SAFETENSORS_MAX_RANK = 64 };
#define SL_SAFETENSORS_MAX_HEADER ((uint64_t)100 * 1000 * 1000)

typedef enum sl_file_dtype {
    SL_FILE_F64,
    SL_FILE_F32,
    SL_FILE_F16,
    SL_FILE_BF16,
    SL_FILE_I64,
    SL_FILE_U8,
    SL_FILE_BOOL,
    SL_FILE_OTHER, // known to the format, but not read by us
} sl_file_dtype;

typedef struct sl_file_dtype_info {
    const char *name;
    sl_file_dtype kind;
    uint8_t size;
} sl_file_dtype_info;

typedef struct sl_safetensors_entry {
    const char *name;
    const sl_file_dtype_info *dtype;
    int rank;
    int64_t dims[4];     // the first four when the rank is higher
    uint64_t begin, end; // in bytes from the start of the data
} sl_safetensors_entry;

struct sl_safetensors {
    char *path;
    uint8_t *map;
    size_t map_bytes;
    const uint8_t *data;
    json_t *header;
    const json_t *metadata;        // NULL when there is none
    sl_safetensors_entry *entries; // ordered by begin
    const sl_safetensors_entry **by_name;
    size_t count;
};

// The entry of this name, or NULL.
const sl_safetensors_entry *sl_safetensors_entry_find(const sl_safetensors *file, const char *name);

#endif
