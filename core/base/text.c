#include "core/base/text.h"
#include "core/base/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static sl_status reserve(sl_text *text, size_t more) {
    if (more >= (size_t)-1 / 2 - text->length) return sl_error(SL_ERR_MEMORY, "text of %zu bytes is too long", more);
    size_t need = text->length + more + 1;
    if (need <= text->capacity) return SL_OK;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < need) capacity *= 2;
    char *data = sl_realloc(text->data, capacity);
    if (!data) return sl_error(SL_ERR_MEMORY, "out of memory for %zu bytes of text", capacity);
    text->data = data;
    text->capacity = capacity;
    return SL_OK;
}

sl_status sl_text_append_bytes(sl_text *text, const char *bytes, size_t count) {
    SL_TRY(reserve(text, count));
    if (count) memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
    return SL_OK;
}

sl_status sl_text_append(sl_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    sl_status status = length < 0 ? sl_error(SL_ERR_ARGUMENT, "bad text format") : reserve(text, (size_t)length);
    if (status == SL_OK) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    return status;
}

void sl_text_free(sl_text *text) {
    sl_free(text->data);
    *text = (sl_text){0};
}

// Edit distance (insert, delete, replace, swap of neighbours), capped: names here are short.
static int edit_distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    int rows[3][LONGEST + 1];
    int n = (int)strnlen(a, LONGEST), m = (int)strnlen(b, LONGEST);
    for (int j = 0; j <= m; j++) rows[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            int best = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < best) best = before[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
                best = earlier[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *sl_text_nearest(const char *name, const char *const *candidates, size_t count) {
    int limit = (int)strlen(name) / 3 + 1, best = limit + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        int distance = edit_distance(name, candidates[i]);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

sl_status sl_text_read_file(const char *path, sl_text *text) {
    FILE *file = fopen(path, "rb");
    if (!file) return sl_error(SL_ERR_IO, "%s: %s", path, strerror(errno));
    char buffer[16384];
    sl_status status = SL_OK;
    size_t count;
    while (status == SL_OK && (count = fread(buffer, 1, sizeof buffer, file)) > 0)
        status = sl_text_append_bytes(text, buffer, count);
    if (status == SL_OK && ferror(file)) status = sl_error(SL_ERR_IO, "%s: %s", path, strerror(errno));
    if (status == SL_OK) status = sl_text_append_bytes(text, "", 0);
    fclose(file);
    return status;
}
