// List files: one image a line, by id, by file name, or by the paths of image and label.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/data/dataset_impl.h"

#include <string.h>
#include <strings.h>

void sl_list_free(sl_list *list) {
    sl_free(list->ids);
    sl_free(list->images);
    sl_free(list->labels);
    sl_free(list->lines);
    sl_id_index_free(&list->index);
    sl_free(list->content);
    sl_free(list->names);
    *list = (sl_list){0};
}

static const char *known_extension(const char *name) {
    static const char *const extensions[] = {".jpg", ".jpeg", ".png"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
        if (strcasecmp(dot, extensions[i]) == 0) return dot;
    return NULL;
}

// A line's words, in place; more than three are counted as three.
static int split_words(char *line, char *words[3]) {
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r", &rest); word && word[0] != '#' && count < 3; word = strtok_r(NULL, " \t\r", &rest))
        words[count++] = word;
    return count;
}

// The id of an image path: its name without folders and extension. An id alone keeps its folders.
static size_t id_span(const char *word, bool is_path, const char **start) {
    const char *slash = strrchr(word, '/'), *extension = known_extension(word);
    *start = is_path && slash ? slash + 1 : word;
    return extension && extension >= *start ? (size_t)(extension - *start) : strlen(*start);
}

static sl_status add_line(const char *path, sl_list *list, int number, char *line, char **name_room) {
    char *words[3];
    int count = split_words(line, words);
    if (count == 0) return SL_OK;
    if (count == 3) return sl_error(SL_ERR_DATA, "%s:%d: more than an image and a label on one line", path, number);
    if (count == 2 && (!known_extension(words[0]) || !known_extension(words[1])))
        return sl_error(SL_ERR_DATA, "%s:%d: \"%s %s\" is neither an id nor the paths of an image and its label", path, number,
                        words[0], words[1]);
    const char *start;
    bool is_path = count == 2 || (strchr(words[0], '/') && known_extension(words[0]));
    size_t length = id_span(words[0], is_path, &start), at = list->count;
    if (length == 0) return sl_error(SL_ERR_DATA, "%s:%d: \"%s\" holds no id", path, number, words[0]);
    memcpy(*name_room, start, length);
    (*name_room)[length] = '\0';
    list->ids[at] = *name_room;
    *name_room += length + 1;
    list->images[at] = is_path ? words[0] : NULL;
    list->labels[at] = count == 2 ? words[1] : NULL;
    list->lines[at] = number;
    long other = sl_id_index_add(&list->index, at);
    if (other >= 0)
        return sl_error(SL_ERR_DATA, "%s:%d: \"%s\" is in the list already, on line %d", path, number, list->ids[at],
                        list->lines[other]);
    list->count++;
    return SL_OK;
}

static sl_status reserve(sl_list *list, size_t lines, size_t bytes) {
    list->ids = sl_malloc(lines * sizeof *list->ids);
    list->images = sl_malloc(lines * sizeof *list->images);
    list->labels = sl_malloc(lines * sizeof *list->labels);
    list->lines = sl_malloc(lines * sizeof *list->lines);
    list->names = sl_malloc(bytes + lines + 1);
    if (!list->ids || !list->images || !list->labels || !list->lines || !list->names)
        return sl_error(SL_ERR_MEMORY, "out of memory for a list of %zu lines", lines);
    return sl_id_index_new(list->ids, lines, &list->index);
}

static sl_status parse(const char *path, sl_list *list, size_t bytes) {
    char *at = list->content;
    if (strlen(at) != bytes) return sl_error(SL_ERR_FORMAT, "%s: not a text file", path);
    size_t lines = 1;
    for (const char *c = at; *c; c++) lines += *c == '\n';
    SL_TRY(reserve(list, lines, bytes));
    if (strncmp(at, "\xef\xbb\xbf", 3) == 0) at += 3;
    char *name_room = list->names;
    for (int number = 1; at; number++) {
        char *end = strchr(at, '\n');
        if (end) *end = '\0';
        SL_TRY(add_line(path, list, number, at, &name_room));
        at = end ? end + 1 : NULL;
    }
    if (list->count == 0) return sl_error(SL_ERR_DATA, "%s:1: the list is empty", path);
    return SL_OK;
}

sl_status sl_list_read(const char *path, sl_list *out) {
    *out = (sl_list){0};
    sl_text text = {0};
    sl_status status = sl_text_read_file(path, &text);
    out->content = text.data;
    if (status == SL_OK) status = parse(path, out, text.length);
    if (status != SL_OK) sl_list_free(out);
    return status;
}
