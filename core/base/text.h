// Growing strings and the nearest known name, for messages.
#ifndef SL_BASE_TEXT_H
#define SL_BASE_TEXT_H

#include "core/base/status.h"
#include <stddef.h>

// A growing string; zero-initialise, use, sl_text_free. `data` is NULL or zero-terminated.
typedef struct sl_text {
    char *data;
    size_t length, capacity;
} sl_text;

sl_status sl_text_append(sl_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
sl_status sl_text_append_bytes(sl_text *text, const char *bytes, size_t count);
void sl_text_free(sl_text *text);

// The candidate nearest to `name` by edit distance, or NULL when none is near enough to suggest.
const char *sl_text_nearest(const char *name, const char *const *candidates, size_t count);

// Reads a whole file into *text (a zero byte is added). The error names the file.
sl_status sl_text_read_file(const char *path, sl_text *text);

#endif
