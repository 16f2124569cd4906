// The VOC layout.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/data/dataset_impl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct voc_dataset {
    sl_dataset base;
    sl_list list;
    bool labels;
    sl_text paths;                     // zero-terminated, one after the other
    size_t *image_paths, *label_paths; // offsets
} voc_dataset;

static const char *image_path(const sl_dataset *dataset, size_t index) {
    const voc_dataset *voc = (const voc_dataset *)dataset;
    return voc->paths.data + voc->image_paths[index];
}

static const char *label_path(const sl_dataset *dataset, size_t index) {
    const voc_dataset *voc = (const voc_dataset *)dataset;
    return voc->paths.data + voc->label_paths[index];
}

static const char *voc_id(const sl_dataset *dataset, size_t index) {
    return ((const voc_dataset *)dataset)->list.ids[index];
}

static long voc_find(const sl_dataset *dataset, const char *id) {
    return sl_id_index_find(&((const voc_dataset *)dataset)->list.index, id);
}

static sl_status voc_size(const sl_dataset *dataset, size_t index, int *width, int *height) {
    return sl_image_read_size(image_path(dataset, index), width, height);
}

static sl_status voc_read(const sl_dataset *dataset, size_t index, sl_image *image, sl_image *label) {
    const voc_dataset *voc = (const voc_dataset *)dataset;
    SL_TRY(sl_image_read_color(image_path(dataset, index), image));
    if (!label) return SL_OK;
    if (voc->labels) return sl_image_read_label(label_path(dataset, index), label);
    size_t count = (size_t)image->width * (size_t)image->height;
    uint8_t *pixels = sl_malloc(count);
    if (!pixels) return sl_error(SL_ERR_MEMORY, "out of memory for a label map of %dx%d", image->width, image->height);
    memset(pixels, SL_IGNORE_LABEL, count);
    *label = (sl_image){image->width, image->height, 1, pixels};
    return SL_OK;
}

static void voc_free(sl_dataset *dataset) {
    voc_dataset *voc = (voc_dataset *)dataset;
    sl_list_free(&voc->list);
    sl_text_free(&voc->paths);
    sl_free(voc->image_paths);
    sl_free(voc->label_paths);
    sl_free(voc);
}

static const sl_dataset_kind voc_kind = {.read = voc_read,
                                         .size = voc_size,
                                         .id = voc_id,
                                         .find = voc_find,
                                         .label_path = label_path,
                                         .image_path = image_path,
                                         .free = voc_free};

// Puts "root/folder/name extension" behind what `paths` holds already.
static sl_status append_path(sl_text *paths, const char *root, const char *folder, const char *name, const char *extension) {
    while (*name == '/') name++;
    return sl_text_append(paths, "%s/%s%s%s", root, folder, name, extension);
}

// Finds the file of entry `index` and keeps its path; without an extension, the first that exists.
static sl_status find_file(voc_dataset *voc, const sl_voc_options *options, const char *list_path, size_t index, bool label,
                           size_t *offset) {
    static const char *const image_extensions[] = {".jpg", ".png", ".jpeg", ".JPG", ".JPEG", ".PNG", NULL};
    static const char *const label_extensions[] = {".png", ".PNG", NULL}, *const none[] = {"", NULL};
    const char *given = label ? voc->list.labels[index] : voc->list.images[index];
    const char *const *extensions = given ? none : label ? label_extensions : image_extensions;
    const char *folder = label ? "SegmentationClass/" : "JPEGImages/", *name = given ? given : voc->list.ids[index];
    if (given && strchr(given, '/')) folder = "";
    *offset = voc->paths.length;
    for (int i = 0; extensions[i]; i++) {
        voc->paths.length = *offset;
        SL_TRY(append_path(&voc->paths, options->root, folder, name, extensions[i]));
        if (access(voc->paths.data + *offset, R_OK) == 0) return sl_text_append_bytes(&voc->paths, "", 1);
    }
    voc->paths.length = *offset;
    SL_TRY(append_path(&voc->paths, options->root, folder, name, extensions[0]));
    return sl_error(SL_ERR_IO, "%s:%d: the %s of \"%s\" is missing or not readable: %s%s", list_path, voc->list.lines[index],
                    label ? "label" : "image", voc->list.ids[index], voc->paths.data + *offset,
                    given || label ? "" : " (nor with .png or .jpeg)");
}

static sl_status find_files(voc_dataset *voc, const sl_voc_options *options, const char *list_path) {
    size_t count = voc->list.count;
    voc->image_paths = sl_malloc(count * sizeof *voc->image_paths);
    voc->label_paths = sl_malloc(count * sizeof *voc->label_paths);
    if (!voc->image_paths || !voc->label_paths)
        return sl_error(SL_ERR_MEMORY, "out of memory for a dataset of %zu images", count);
    for (size_t i = 0; i < count; i++) {
        SL_TRY(find_file(voc, options, list_path, i, false, &voc->image_paths[i]));
        if (options->labels)
            SL_TRY(find_file(voc, options, list_path, i, true, &voc->label_paths[i]));
        else
            voc->label_paths[i] = voc->image_paths[i];
    }
    return SL_OK;
}

// A path as it stands comes first when it looks like one; a bare name is first sought under ImageSets.
static sl_status find_list(const sl_voc_options *options, sl_text *path) {
    const char *list = options->list, *root = options->root;
    size_t length = strlen(list);
    bool looks_like_path = strchr(list, '/') || (length > 4 && strcmp(list + length - 4, ".txt") == 0);
    static const char *const folders[] = {"/ImageSets/Segmentation/", "/ImageSets/", "/"}, *const extensions[] = {".txt", ""};
    for (int pass = 0; pass < 2; pass++) {
        if (looks_like_path == (pass == 0)) {
            path->length = 0;
            SL_TRY(sl_text_append(path, "%s", list));
            if (access(path->data, R_OK) == 0) return SL_OK;
            continue;
        }
        for (int i = 0; i < 3 && list[0] != '/'; i++)
            for (int j = 0; j < 2; j++) {
                path->length = 0;
                SL_TRY(sl_text_append(path, "%s%s%s%s", root, folders[i], list, extensions[j]));
                if (access(path->data, R_OK) == 0) return SL_OK;
            }
    }
    if (access(root, R_OK) != 0) return sl_error(SL_ERR_IO, "%s: the data folder is missing or not readable", root);
    return sl_error(SL_ERR_IO, "the list \"%s\" was found neither as a file nor as %s/ImageSets/Segmentation/%s.txt", list, root,
                    list);
}

static sl_status find_classes(const sl_voc_options *options, sl_classes *out) {
    if (options->classes < 0 || options->classes > SL_MAX_CLASSES)
        return sl_error(SL_ERR_ARGUMENT, "%d classes; 1 to %d are possible", options->classes, SL_MAX_CLASSES);
    sl_text path = {0};
    const char *name = options->classes_file ? options->classes_file : "classes.txt";
    sl_status status = sl_text_append(&path, "%s%s%s", name[0] == '/' ? "" : options->root, name[0] == '/' ? "" : "/", name);
    bool found = status == SL_OK && access(path.data, R_OK) == 0;
    if (status == SL_OK && !found && options->classes_file) {
        if (access(name, R_OK) != 0 && access(options->root, R_OK) != 0)
            status = sl_error(SL_ERR_IO, "%s: the data folder is missing or not readable", options->root);
        else if (name[0] != '/' && access(name, R_OK) != 0)
            status = sl_error(SL_ERR_IO, "%s: there is no such file, and none of this name in the data folder %s", name,
                              options->root);
        path.length = 0;
        if (status == SL_OK) status = sl_text_append(&path, "%s", name);
        found = true;
    }
    if (status == SL_OK) {
        if (found)
            status = sl_classes_read(path.data, out);
        else
            status = sl_classes_new(options->classes ? options->classes : 21, out);
    }
    if (status == SL_OK && options->classes && out->count != options->classes) {
        status = sl_error(SL_ERR_DATA, "%s names %d classes, but %d are asked for", path.data, out->count, options->classes);
        sl_classes_free(out);
    }
    sl_text_free(&path);
    return status;
}

sl_status sl_dataset_open_voc(const sl_voc_options *options, sl_dataset **out) {
    *out = NULL;
    if (!options->root || !options->root[0] || !options->list || !options->list[0])
        return sl_error(SL_ERR_ARGUMENT, "a VOC dataset needs its folder and the name of a list");
    voc_dataset *voc = sl_calloc(1, sizeof *voc);
    if (!voc) return sl_error(SL_ERR_MEMORY, "out of memory for a dataset");
    voc->base.kind = &voc_kind;
    voc->labels = options->labels;
    atomic_init(&voc->base.references, 1);
    sl_text list_path = {0};
    sl_status status = find_list(options, &list_path);
    if (status == SL_OK) status = find_classes(options, &voc->base.classes);
    if (status == SL_OK) status = sl_list_read(list_path.data, &voc->list);
    if (status == SL_OK) status = find_files(voc, options, list_path.data);
    voc->base.count = voc->list.count;
    if (status == SL_OK) status = sl_dataset_init(&voc->base);
    sl_text_free(&list_path);
    if (status == SL_OK)
        *out = &voc->base;
    else
        sl_dataset_free(&voc->base);
    return status;
}
