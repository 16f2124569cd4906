// Writing a safetensors file so that a reader finds either the old file or the new one, whole.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/io/safetensors.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct writer_item {
    char *name;
    sl_tensor *tensor;
    size_t order; // in which it was added
} writer_item;

struct sl_safetensors_writer {
    writer_item *items;
    size_t count, capacity;
    json_t *header; // one key for each tensor from the time it is added; filled in when saving
    json_t *metadata;
};

static const char *dtype_file_name(sl_dtype dtype) {
    switch (dtype) {
    case SL_F32: return "F32";
    case SL_BF16: return "BF16";
    case SL_I64: return "I64";
    case SL_U8: return "U8";
    }
    return "?";
}

sl_status sl_safetensors_writer_new(sl_safetensors_writer **out) {
    *out = NULL;
    sl_safetensors_writer *writer = sl_calloc(1, sizeof *writer);
    if (writer == NULL) return sl_error(SL_ERR_MEMORY, "no memory for a safetensors writer");
    writer->header = json_object();
    writer->metadata = json_object();
    if (writer->header == NULL || writer->metadata == NULL) {
        sl_safetensors_writer_free(writer);
        return sl_error(SL_ERR_MEMORY, "no memory for a safetensors writer");
    }
    *out = writer;
    return SL_OK;
}

void sl_safetensors_writer_free(sl_safetensors_writer *writer) {
    if (writer == NULL) return;
    for (size_t i = 0; i < writer->count; i++) {
        sl_free(writer->items[i].name);
        sl_tensor_free(writer->items[i].tensor);
    }
    json_decref(writer->header);
    json_decref(writer->metadata);
    sl_free(writer->items);
    sl_free(writer);
}

// jansson refuses text that is not UTF-8 with the same NULL as for exhausted memory; this tells them apart.
static sl_status text_check(const char *what, const char *text) {
    json_t *probe = json_string(text);
    if (probe == NULL) return sl_error(SL_ERR_ARGUMENT, "safetensors: %s \"%s\" is not valid UTF-8", what, text);
    json_decref(probe);
    return SL_OK;
}

sl_status sl_safetensors_writer_add(sl_safetensors_writer *writer, const char *name, sl_tensor *tensor) {
    SL_TRY(text_check("tensor name", name));
    if (strcmp(name, "__metadata__") == 0)
        return sl_error(SL_ERR_ARGUMENT, "safetensors: a tensor cannot be called \"__metadata__\"");
    if (json_object_get(writer->header, name) != NULL)
        return sl_error(SL_ERR_ARGUMENT, "safetensors: tensor \"%s\" was added twice", name);
    if (writer->count == writer->capacity) {
        size_t capacity = writer->capacity == 0 ? 64 : 2 * writer->capacity;
        writer_item *items = sl_realloc(writer->items, capacity * sizeof *items);
        if (items == NULL) return sl_error(SL_ERR_MEMORY, "no memory to collect tensor \"%s\"", name);
        writer->items = items;
        writer->capacity = capacity;
    }
    char *copy = sl_strdup(name);
    if (copy == NULL || json_object_set_new(writer->header, name, json_null()) != 0) {
        sl_free(copy);
        return sl_error(SL_ERR_MEMORY, "no memory to collect tensor \"%s\"", name);
    }
    writer->items[writer->count] = (writer_item){copy, sl_tensor_retain(tensor), writer->count};
    writer->count++;
    return SL_OK;
}

sl_status sl_safetensors_writer_metadata(sl_safetensors_writer *writer, const char *key, const char *value) {
    SL_TRY(text_check("metadata key", key));
    SL_TRY(text_check("metadata value", value));
    if (json_object_set_new(writer->metadata, key, json_string(value)) != 0)
        return sl_error(SL_ERR_MEMORY, "no memory for metadata \"%s\"", key);
    return SL_OK;
}

// Wide elements first, so that every tensor's data is aligned to its element; else in the order they were added.
static int compare_item(const void *left, const void *right) {
    const writer_item *a = left, *b = right;
    size_t wide_a = sl_dtype_size(sl_tensor_dtype(a->tensor)), wide_b = sl_dtype_size(sl_tensor_dtype(b->tensor));
    if (wide_a != wide_b) return wide_a > wide_b ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static json_t *entry_describe(const sl_tensor *tensor, uint64_t begin) {
    sl_shape shape = sl_tensor_shape(tensor);
    int64_t dims[4];
    sl_shape_to_dims(shape, dims);
    json_t *list = json_array();
    for (int i = 0; i < shape.rank; i++) {
        if (json_array_append_new(list, json_integer(dims[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype_file_name(sl_tensor_dtype(tensor)), "shape", list, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + sl_tensor_bytes(tensor)));
}

// The length, the JSON text and the spaces that bring the data to a multiple of 8.
static sl_status header_make(sl_safetensors_writer *writer, sl_text *out) {
    json_t *header = json_object();
    bool ok = header != NULL;
    if (ok && json_object_size(writer->metadata) > 0) ok = json_object_set(header, "__metadata__", writer->metadata) == 0;
    uint64_t offset = 0;
    for (size_t i = 0; ok && i < writer->count; i++) {
        const writer_item *item = &writer->items[i];
        ok = json_object_set_new(header, item->name, entry_describe(item->tensor, offset)) == 0;
        offset += sl_tensor_bytes(item->tensor);
    }
    char *text = ok ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    if (text == NULL) return sl_error(SL_ERR_MEMORY, "no memory for the header of %zu tensors", writer->count);

    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    char prefix[8];
    for (int i = 0; i < 8; i++) prefix[i] = (char)(padded >> 8 * i & 255);
    sl_status status = sl_text_append_bytes(out, prefix, sizeof prefix);
    if (status == SL_OK) status = sl_text_append_bytes(out, text, length);
    if (status == SL_OK) status = sl_text_append_bytes(out, "        ", padded - length);
    free(text);
    return status;
}

static sl_status bytes_write(int descriptor, const char *path, const void *bytes, size_t count) {
    const char *position = bytes;
    while (count > 0) {
        size_t part = count < ((size_t)1 << 30) ? count : (size_t)1 << 30;
        ssize_t written = write(descriptor, position, part);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return sl_error(SL_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
        position += written;
        count -= (size_t)written;
    }
    return SL_OK;
}

static sl_status content_write(sl_safetensors_writer *writer, int descriptor, const char *path) {
    sl_text header = {0};
    sl_status status = header_make(writer, &header);
    if (status == SL_OK) status = bytes_write(descriptor, path, header.data, header.length);
    sl_text_free(&header);
    for (size_t i = 0; status == SL_OK && i < writer->count; i++) {
        const sl_tensor *tensor = writer->items[i].tensor;
        size_t bytes = sl_tensor_bytes(tensor);
        void *planar = sl_malloc(bytes);
        if (planar == NULL) return sl_error(SL_ERR_MEMORY, "%s: no memory to write tensor \"%s\"", path, writer->items[i].name);
        sl_tensor_to_planar(tensor, planar);
        status = bytes_write(descriptor, path, planar, bytes);
        sl_free(planar);
    }
    if (status == SL_OK && fsync(descriptor) != 0) status = sl_error(SL_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    return status;
}

// Opens the temporary file under its fixed name (so that one left behind by a killed process is used again, not added to) and
// locks it against another process that saves to the same path.
static sl_status temporary_open(const char *path, const char *temporary, int *out) {
    for (;;) {
        int descriptor = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (descriptor < 0) return sl_error(SL_ERR_IO, "%s: cannot create \"%s\": %s", path, temporary, strerror(errno));
        while (flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
        }
        struct stat held, named;
        // The process that held the lock may have renamed or removed the file meanwhile.
        if (fstat(descriptor, &held) == 0 && lstat(temporary, &named) == 0 && held.st_ino == named.st_ino &&
            held.st_dev == named.st_dev) {
            if (ftruncate(descriptor, 0) == 0) {
                *out = descriptor;
                return SL_OK;
            }
            sl_status status = sl_error(SL_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
            close(descriptor);
            return status;
        }
        close(descriptor);
    }
}

static sl_status folder_open(const char *path, int *out) {
    const char *slash = strrchr(path, '/');
    char *folder = sl_strdup(slash != NULL ? path : ".");
    if (folder == NULL) return sl_error(SL_ERR_MEMORY, "%s: no memory to save", path);
    if (slash != NULL) folder[slash == path ? 1 : slash - path] = '\0';
    *out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    sl_status status = SL_OK;
    if (*out < 0) status = sl_error(SL_ERR_IO, "%s: cannot open the folder \"%s\": %s", path, folder, strerror(errno));
    sl_free(folder);
    return status;
}

static sl_status temporary_write_and_rename(sl_safetensors_writer *writer, const char *path, const char *temporary) {
    int descriptor = -1;
    SL_TRY(temporary_open(path, temporary, &descriptor));
    sl_status status = content_write(writer, descriptor, path);
    if (status == SL_OK && rename(temporary, path) != 0)
        status = sl_error(SL_ERR_IO, "%s: cannot rename \"%s\" to it: %s", path, temporary, strerror(errno));
    if (status != SL_OK) unlink(temporary); // while the lock is held
    close(descriptor);
    return status;
}

sl_status sl_safetensors_writer_save(sl_safetensors_writer *writer, const char *path) {
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return sl_error(SL_ERR_IO, "%s: exists and is not a file; choose another name", path);
    int folder = -1;
    SL_TRY(folder_open(path, &folder));
    qsort(writer->items, writer->count, sizeof *writer->items, compare_item);
    sl_text temporary = {0};
    sl_status status = sl_text_append(&temporary, "%s.tmp", path);
    if (status == SL_OK) status = temporary_write_and_rename(writer, path, temporary.data);
    // Some file systems cannot sync a folder; the rename is then as safe as they make it.
    if (status == SL_OK && fsync(folder) != 0 && errno != EINVAL && errno != ENOTSUP)
        status = sl_error(SL_ERR_IO, "%s: cannot sync its folder: %s", path, strerror(errno));
    sl_text_free(&temporary);
    close(folder);
    return status;
}
