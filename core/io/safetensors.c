// Opening a safetensors file: the header is parsed and every entry checked before any of its data can be asked for.
#include "core/io/safetensors.h"

#include "core/base/memory.h"
#include "core/io/safetensors_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const sl_file_dtype_info file_dtypes[] = {
    {"F64", SL_FILE_F64, 8},   {"F32", SL_FILE_F32, 4},       {"F16", SL_FILE_F16, 2},       {"BF16", SL_FILE_BF16, 2},
    {"I64", SL_FILE_I64, 8},   {"U8", SL_FILE_U8, 1},         {"BOOL", SL_FILE_BOOL, 1},     {"I32", SL_FILE_OTHER, 4},
    {"I16", SL_FILE_OTHER, 2}, {"I8", SL_FILE_OTHER, 1},      {"U64", SL_FILE_OTHER, 8},     {"U32", SL_FILE_OTHER, 4},
    {"U16", SL_FILE_OTHER, 2}, {"F8_E4M3", SL_FILE_OTHER, 1}, {"F8_E5M2", SL_FILE_OTHER, 1}, {"C64", SL_FILE_OTHER, 8},
};

static const sl_file_dtype_info *dtype_find(const char *name) {
    for (size_t i = 0; i < sizeof file_dtypes / sizeof *file_dtypes; i++)
        if (strcmp(file_dtypes[i].name, name) == 0) return &file_dtypes[i];
    return NULL;
}

static int compare_begin(const void *left, const void *right) {
    const sl_safetensors_entry *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1; // empty tensors stand before the one that begins with them
    return strcmp(a->name, b->name);
}

static int compare_name(const void *left, const void *right) {
    const sl_safetensors_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static sl_status entry_shape(const char *path, const json_t *shape, sl_safetensors_entry *entry, uint64_t *bytes) {
    if (!json_is_array(shape))
        return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\" has no \"shape\" list in the header", path, entry->name);
    if (json_array_size(shape) > SL_SAFETENSORS_MAX_RANK)
        return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\" has %zu dimensions, more than %d", path, entry->name,
                        json_array_size(shape), SL_SAFETENSORS_MAX_RANK);
    entry->rank = (int)json_array_size(shape);
    // The product of the extents that are not zero must fit as well, so that no later product can overflow.
    int64_t product = entry->dtype->size;
    bool empty = false;
    for (int i = 0; i < entry->rank; i++) {
        const json_t *value = json_array_get(shape, (size_t)i);
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\": extent %d of its shape is not a whole number of at least 0", path,
                            entry->name, i);
        int64_t extent = json_integer_value(value);
        if (i < 4) entry->dims[i] = extent;
        if (extent == 0)
            empty = true;
        else if (__builtin_mul_overflow(product, extent, &product))
            return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\": its shape is larger than any file", path, entry->name);
    }
    *bytes = empty ? 0 : (uint64_t)product;
    return SL_OK;
}

static sl_status entry_parse(const char *path, const char *name, const json_t *value, uint64_t data_bytes,
                             sl_safetensors_entry *entry) {
    entry->name = name;
    if (!json_is_object(value))
        return sl_error(SL_ERR_FORMAT, "%s: the header entry of tensor \"%s\" is not an object", path, name);
    const json_t *dtype = json_object_get(value, "dtype");
    if (!json_is_string(dtype)) return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\" has no \"dtype\" in the header", path, name);
    entry->dtype = dtype_find(json_string_value(dtype));
    if (entry->dtype == NULL)
        return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\": unknown dtype \"%.32s\"", path, name, json_string_value(dtype));
    uint64_t bytes = 0;
    SL_TRY(entry_shape(path, json_object_get(value, "shape"), entry, &bytes));

    const json_t *offsets = json_object_get(value, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last) || json_integer_value(first) < 0 ||
        json_integer_value(last) < json_integer_value(first))
        return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\": \"data_offsets\" is not a pair [begin, end] with 0 <= begin <= end",
                        path, name);
    entry->begin = (uint64_t)json_integer_value(first);
    entry->end = (uint64_t)json_integer_value(last);
    if (entry->end > data_bytes)
        return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\" ends at byte %llu of the data, which has %llu", path, name,
                        (unsigned long long)entry->end, (unsigned long long)data_bytes);
    if (entry->end - entry->begin != bytes)
        return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\" has %llu bytes of data, its shape and dtype %s need %llu", path, name,
                        (unsigned long long)(entry->end - entry->begin), entry->dtype->name, (unsigned long long)bytes);
    return SL_OK;
}

static sl_status metadata_check(const char *path, const json_t *metadata) {
    if (!json_is_object(metadata)) return sl_error(SL_ERR_FORMAT, "%s: \"__metadata__\" is not an object", path);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)metadata, key, value) {
        if (!json_is_string(value))
            return sl_error(SL_ERR_FORMAT, "%s: \"__metadata__\": the value of \"%s\" is not a string", path, key);
    }
    return SL_OK;
}

// The ranges must follow one another without a gap or an overlap, from the first byte to the last.
static sl_status layout_check(const sl_safetensors *file, uint64_t data_bytes) {
    uint64_t position = 0;
    for (size_t i = 0; i < file->count; i++) {
        const sl_safetensors_entry *entry = &file->entries[i];
        if (entry->begin < position)
            return sl_error(SL_ERR_FORMAT, "%s: tensor \"%s\" begins at byte %llu, inside tensor \"%s\", which ends at %llu",
                            file->path, entry->name, (unsigned long long)entry->begin, file->entries[i - 1].name,
                            (unsigned long long)position);
        if (entry->begin > position)
            return sl_error(SL_ERR_FORMAT, "%s: bytes %llu to %llu before tensor \"%s\" belong to no tensor", file->path,
                            (unsigned long long)position, (unsigned long long)entry->begin, entry->name);
        position = entry->end;
    }
    if (position != data_bytes)
        return sl_error(SL_ERR_FORMAT, "%s: the last %llu bytes belong to no tensor", file->path,
                        (unsigned long long)(data_bytes - position));
    return SL_OK;
}

static sl_status header_read(sl_safetensors *file, uint64_t data_bytes) {
    file->metadata = json_object_get(file->header, "__metadata__");
    if (file->metadata != NULL) SL_TRY(metadata_check(file->path, file->metadata));
    size_t count = json_object_size(file->header) - (file->metadata != NULL);
    file->entries = sl_calloc(count, sizeof *file->entries);
    file->by_name = sl_calloc(count, sizeof *file->by_name);
    if (file->entries == NULL || file->by_name == NULL)
        return sl_error(SL_ERR_MEMORY, "%s: no memory for the list of %zu tensors", file->path, count);

    const char *name;
    json_t *value;
    json_object_foreach(file->header, name, value) {
        if (value == file->metadata) continue;
        SL_TRY(entry_parse(file->path, name, value, data_bytes, &file->entries[file->count]));
        file->count++;
    }
    qsort(file->entries, file->count, sizeof *file->entries, compare_begin);
    for (size_t i = 0; i < file->count; i++) file->by_name[i] = &file->entries[i];
    qsort(file->by_name, file->count, sizeof *file->by_name, compare_name);
    return layout_check(file, data_bytes);
}

static sl_status file_map(sl_safetensors *file) {
    // O_NONBLOCK, so that a pipe of this name is refused below instead of waited for.
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return sl_error(SL_ERR_IO, "%s: cannot open: %s", file->path, strerror(errno));
    struct stat about;
    sl_status status = SL_OK;
    if (fstat(descriptor, &about) != 0)
        status = sl_error(SL_ERR_IO, "%s: cannot read: %s", file->path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        status = sl_error(SL_ERR_IO, "%s: not a file that can be read as weights", file->path);
    else if (about.st_size < 10)
        status =
            sl_error(SL_ERR_FORMAT, "%s: not a safetensors file: only %lld bytes long", file->path, (long long)about.st_size);
    if (status == SL_OK) {
        void *map = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (map == MAP_FAILED) {
            status = sl_error(SL_ERR_IO, "%s: cannot map: %s", file->path, strerror(errno));
        } else {
            file->map = map;
            file->map_bytes = (size_t)about.st_size;
        }
    }
    close(descriptor);
    return status;
}

static sl_status file_parse(sl_safetensors *file) {
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | file->map[i];
    if (length > SL_SAFETENSORS_MAX_HEADER)
        return sl_error(SL_ERR_FORMAT, "%s: not a safetensors file, or damaged: header length %llu is over the format's limit",
                        file->path, (unsigned long long)length);
    if (length > file->map_bytes - 8)
        return sl_error(SL_ERR_FORMAT, "%s: truncated or damaged: header length %llu, but the file has only %zu bytes",
                        file->path, (unsigned long long)length, file->map_bytes);
    const char *text = (const char *)file->map + 8;
    if (length == 0 || text[0] != '{')
        return sl_error(SL_ERR_FORMAT, "%s: not a safetensors file, or damaged: the header is not a JSON object", file->path);
    json_error_t error;
    file->header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (file->header == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory)
            return sl_error(SL_ERR_MEMORY, "%s: no memory for the header", file->path);
        return sl_error(SL_ERR_FORMAT, "%s: damaged header, at byte %d: %s", file->path, error.position, error.text);
    }
    file->data = file->map + 8 + length;
    return header_read(file, file->map_bytes - 8 - length);
}

sl_status sl_safetensors_open(const char *path, sl_safetensors **out) {
    *out = NULL;
    sl_safetensors *file = sl_calloc(1, sizeof *file);
    if (file == NULL) return sl_error(SL_ERR_MEMORY, "%s: no memory to open it", path);
    sl_status status = SL_OK;
    file->path = sl_strdup(path);
    if (file->path == NULL) status = sl_error(SL_ERR_MEMORY, "%s: no memory to open it", path);
    if (status == SL_OK) status = file_map(file);
    if (status == SL_OK) status = file_parse(file);
    if (status != SL_OK) {
        sl_safetensors_close(file);
        return status;
    }
    *out = file;
    return SL_OK;
}

void sl_safetensors_close(sl_safetensors *file) {
    if (file == NULL) return;
    if (file->map != NULL) munmap(file->map, file->map_bytes);
    json_decref(file->header);
    sl_free(file->entries);
    sl_free(file->by_name);
    sl_free(file->path);
    sl_free(file);
}

size_t sl_safetensors_count(const sl_safetensors *file) {
    return file->count;
}

const char *sl_safetensors_name(const sl_safetensors *file, size_t index) {
    return index < file->count ? file->entries[index].name : NULL;
}

const char *sl_safetensors_path(const sl_safetensors *file) {
    return file->path;
}

const sl_safetensors_entry *sl_safetensors_entry_find(const sl_safetensors *file, const char *name) {
    size_t low = 0, high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(file->by_name[middle]->name, name);
        if (order == 0) return file->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool sl_safetensors_has(const sl_safetensors *file, const char *name) {
    return sl_safetensors_entry_find(file, name) != NULL;
}

const char *sl_safetensors_dtype(const sl_safetensors *file, const char *name) {
    const sl_safetensors_entry *entry = sl_safetensors_entry_find(file, name);
    return entry != NULL ? entry->dtype->name : NULL;
}

const char *sl_safetensors_metadata(const sl_safetensors *file, const char *key) {
    return json_string_value(json_object_get(file->metadata, key));
}
