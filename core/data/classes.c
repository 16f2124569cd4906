// Names and colours of classes.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/data/dataset_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sl_classes_free(sl_classes *classes) {
    for (int i = 0; classes->names && i < classes->count; i++) sl_free(classes->names[i]);
    sl_free(classes->names);
    sl_free(classes->colors);
    *classes = (sl_classes){0};
}

static sl_status allocate(int count, sl_classes *out) {
    *out = (sl_classes){.count = count};
    out->names = sl_calloc((size_t)count, sizeof *out->names);
    out->colors = sl_malloc((size_t)count * sizeof *out->colors);
    if (!out->names || !out->colors) {
        sl_classes_free(out);
        return sl_error(SL_ERR_MEMORY, "out of memory for the names of %d classes", count);
    }
    uint8_t palette[768];
    sl_image_voc_palette(palette);
    memcpy(out->colors, palette, (size_t)count * 3);
    return SL_OK;
}

sl_status sl_classes_from_names(const char *const *names, int count, sl_classes *out) {
    SL_TRY(allocate(count, out));
    for (int i = 0; i < count; i++) {
        char numbered[24];
        snprintf(numbered, sizeof numbered, "class %d", i);
        out->names[i] = sl_strdup(names ? names[i] : numbered);
        if (!out->names[i]) {
            sl_classes_free(out);
            return sl_error(SL_ERR_MEMORY, "out of memory for the names of %d classes", count);
        }
    }
    return SL_OK;
}

sl_status sl_classes_new(int count, sl_classes *out) {
    static const char *const voc[21] = {"background", "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",
                                        "car",        "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",
                                        "motorbike",  "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};
    return sl_classes_from_names(count == 21 ? voc : NULL, count, out);
}

// Takes "r g b" off the end of a line. False when the last three words are not numbers of 0 to 255.
static bool take_color(char *line, uint8_t color[3]) {
    char *end = line + strlen(line);
    for (int i = 2; i >= 0; i--) {
        while (end > line && (end[-1] == ' ' || end[-1] == '\t')) end--;
        char *start = end;
        while (start > line && start[-1] >= '0' && start[-1] <= '9') start--;
        if (start == end || end - start > 3 || start == line || (start[-1] != ' ' && start[-1] != '\t')) return false;
        long value = strtol(start, NULL, 10);
        if (value > 255) return false;
        color[i] = (uint8_t)value;
        end = start;
    }
    while (end > line && (end[-1] == ' ' || end[-1] == '\t')) end--;
    if (end == line) return false;
    *end = '\0';
    return true;
}

static char *trim(char *line) {
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length && strchr(" \t\r", line[length - 1])) line[--length] = '\0';
    return line;
}

static sl_status add_class(const char *path, int number, char *line, sl_classes *classes) {
    line = trim(line);
    if (!*line || *line == '#') return SL_OK;
    if (classes->count == SL_MAX_CLASSES)
        return sl_error(SL_ERR_DATA, "%s:%d: more than %d classes; 255 is the ignore label", path, number, SL_MAX_CLASSES);
    take_color(line, classes->colors[classes->count]);
    for (int i = 0; i < classes->count; i++)
        if (strcmp(classes->names[i], line) == 0)
            return sl_error(SL_ERR_DATA, "%s:%d: the class \"%s\" is there already", path, number, line);
    if (!(classes->names[classes->count] = sl_strdup(line))) return sl_error(SL_ERR_MEMORY, "%s: out of memory", path);
    classes->count++;
    return SL_OK;
}

sl_status sl_classes_read(const char *path, sl_classes *out) {
    *out = (sl_classes){0};
    sl_text text = {0};
    sl_status status = sl_text_read_file(path, &text);
    if (status == SL_OK) status = allocate(SL_MAX_CLASSES, out);
    out->count = 0;
    char *at = text.data;
    for (int number = 1; status == SL_OK && at; number++) {
        char *end = strchr(at, '\n');
        if (end) *end = '\0';
        status = add_class(path, number, at, out);
        at = end ? end + 1 : NULL;
    }
    if (status == SL_OK && out->count == 0) status = sl_error(SL_ERR_DATA, "%s:1: the file names no class", path);
    sl_text_free(&text);
    if (status != SL_OK) sl_classes_free(out);
    return status;
}
