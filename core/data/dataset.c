// What all datasets share: references, subsets, checks, the cache.
#include "core/base/memory.h"
#include "core/data/dataset_impl.h"

#include <string.h>

static const size_t default_cache_bytes = (size_t)256 << 20;

sl_status sl_dataset_init(sl_dataset *dataset) {
    atomic_init(&dataset->references, 1);
    return sl_cache_new(dataset->count, default_cache_bytes, &dataset->cache);
}

sl_dataset *sl_dataset_retain(sl_dataset *dataset) {
    if (dataset) atomic_fetch_add(&dataset->references, 1);
    return dataset;
}

void sl_dataset_free(sl_dataset *dataset) {
    if (!dataset || atomic_fetch_sub(&dataset->references, 1) != 1) return;
    sl_cache_free(dataset->cache);
    sl_classes_free(&dataset->classes);
    if (dataset->parent) {
        sl_dataset_free(dataset->parent);
        sl_free(dataset->indices);
        sl_free(dataset->positions);
        sl_free(dataset);
    } else {
        dataset->kind->free(dataset);
    }
}

sl_status sl_dataset_new_subset(sl_dataset *parent, const uint32_t *indices, size_t count, sl_dataset **out) {
    *out = NULL;
    if (count == 0) return sl_error(SL_ERR_DATA, "a subset of no images; the list or split it comes from is empty");
    for (size_t i = 0; i < count; i++)
        if (indices[i] >= parent->count)
            return sl_error(SL_ERR_ARGUMENT, "a subset names image %u of a dataset of %zu", indices[i], parent->count);
    sl_dataset *subset = sl_calloc(1, sizeof *subset);
    uint32_t *copy = sl_malloc(count * sizeof *copy), *positions = sl_calloc(parent->count, sizeof *positions);
    if (!subset || !copy || !positions) {
        sl_free(subset);
        sl_free(copy);
        sl_free(positions);
        return sl_error(SL_ERR_MEMORY, "out of memory for a subset of %zu images", count);
    }
    memcpy(copy, indices, count * sizeof *copy);
    for (size_t i = count; i-- > 0;) positions[indices[i]] = (uint32_t)i + 1;
    atomic_init(&subset->references, 1);
    subset->count = count;
    subset->parent = sl_dataset_retain(parent);
    subset->indices = copy;
    subset->positions = positions;
    *out = subset;
    return SL_OK;
}

// The dataset that holds the images, and the index there.
static const sl_dataset *resolve(const sl_dataset *dataset, size_t *index) {
    while (dataset->parent) {
        *index = dataset->indices[*index];
        dataset = dataset->parent;
    }
    return dataset;
}

static const sl_dataset *root_of(const sl_dataset *dataset) {
    while (dataset->parent) dataset = dataset->parent;
    return dataset;
}

size_t sl_dataset_count(const sl_dataset *dataset) {
    return dataset->count;
}

int sl_dataset_classes(const sl_dataset *dataset) {
    return root_of(dataset)->classes.count;
}

const char *sl_dataset_class_name(const sl_dataset *dataset, int class_index) {
    const sl_classes *classes = &root_of(dataset)->classes;
    return class_index >= 0 && class_index < classes->count ? classes->names[class_index] : NULL;
}

const uint8_t *sl_dataset_class_color(const sl_dataset *dataset, int class_index) {
    const sl_classes *classes = &root_of(dataset)->classes;
    return class_index >= 0 && class_index < classes->count ? classes->colors[class_index] : NULL;
}

const char *sl_dataset_id(const sl_dataset *dataset, size_t index) {
    if (index >= dataset->count) return NULL;
    const sl_dataset *root = resolve(dataset, &index);
    return root->kind->id(root, index);
}

void sl_dataset_files(const sl_dataset *dataset, size_t index, const char **image, const char **label) {
    *image = *label = NULL;
    if (index >= dataset->count) return;
    const sl_dataset *root = resolve(dataset, &index);
    if (root->kind->image_path) *image = root->kind->image_path(root, index);
    if (root->kind->label_path) *label = root->kind->label_path(root, index);
    if (*image && *label && strcmp(*image, *label) == 0) *label = NULL; // opened without labels
}

long sl_dataset_find(const sl_dataset *dataset, const char *id) {
    if (!dataset->parent) return dataset->kind->find(dataset, id);
    long at = sl_dataset_find(dataset->parent, id);
    return at < 0 ? -1 : (long)dataset->positions[at] - 1;
}

void sl_dataset_cache_limit(sl_dataset *dataset, size_t bytes) {
    sl_cache_set_limit(root_of(dataset)->cache, bytes);
}

static sl_status check_index(const sl_dataset *dataset, size_t index) {
    if (index < dataset->count) return SL_OK;
    return sl_error(SL_ERR_ARGUMENT, "image %zu of a dataset of %zu", index, dataset->count);
}

sl_status sl_dataset_size(const sl_dataset *dataset, size_t index, int *width, int *height) {
    *width = *height = 0;
    SL_TRY(check_index(dataset, index));
    const sl_dataset *root = resolve(dataset, &index);
    return root->kind->size(root, index, width, height);
}

static const char *name_of(const char *(*path)(const sl_dataset *, size_t), const sl_dataset *root, size_t index) {
    return path ? path(root, index) : root->kind->id(root, index);
}

// Every pixel a class or the ignore label. The first pass has no branch, so that it runs at memory speed.
static sl_status check_labels(const sl_dataset *root, size_t index, const sl_image *label) {
    size_t count = (size_t)label->width * (size_t)label->height;
    int classes = root->classes.count, bad = 0;
    const uint8_t *pixels = label->pixels;
    for (size_t i = 0; i < count; i++) bad |= (pixels[i] >= classes) & (pixels[i] != SL_IGNORE_LABEL);
    for (size_t i = 0; bad && i < count; i++)
        if (pixels[i] >= classes && pixels[i] != SL_IGNORE_LABEL)
            return sl_error(SL_ERR_DATA,
                            "%s: label %d at pixel x=%d, y=%d is neither one of the %d classes (0 to %d) nor the ignore label %d",
                            name_of(root->kind->label_path, root, index), pixels[i], (int)(i % (size_t)label->width),
                            (int)(i / (size_t)label->width), classes, classes - 1, SL_IGNORE_LABEL);
    return SL_OK;
}

static sl_status read_checked(const sl_dataset *root, size_t index, sl_image *image, sl_image *label) {
    *image = (sl_image){0};
    if (label) *label = (sl_image){0};
    sl_status status = root->kind->read(root, index, image, label);
    if (status == SL_OK && label && (image->width != label->width || image->height != label->height))
        status = sl_error(SL_ERR_DATA, "%s is %dx%d but its image %s is %dx%d", name_of(root->kind->label_path, root, index),
                          label->width, label->height, name_of(root->kind->image_path, root, index), image->width, image->height);
    if (status == SL_OK && label) status = check_labels(root, index, label);
    if (status != SL_OK) {
        sl_image_clear(image);
        if (label) sl_image_clear(label);
    }
    return status;
}

sl_status sl_dataset_borrow(const sl_dataset *dataset, size_t index, sl_sample *out) {
    *out = (sl_sample){0};
    SL_TRY(check_index(dataset, index));
    const sl_dataset *root = resolve(dataset, &index);
    if (sl_cache_get(root->cache, index, &out->image, &out->label)) return SL_OK;
    SL_TRY(read_checked(root, index, &out->own[0], &out->own[1]));
    if (sl_cache_put(root->cache, index, &out->own[0], &out->own[1])) {
        sl_cache_get(root->cache, index, &out->image, &out->label);
    } else {
        out->image = &out->own[0];
        out->label = &out->own[1];
    }
    return SL_OK;
}

void sl_sample_release(sl_sample *sample) {
    sl_image_clear(&sample->own[0]);
    sl_image_clear(&sample->own[1]);
    *sample = (sl_sample){0};
}

static sl_status copy_image(const sl_image *from, sl_image *to) {
    size_t bytes = (size_t)from->width * (size_t)from->height * (size_t)from->channels;
    uint8_t *pixels = sl_malloc(bytes);
    if (!pixels) return sl_error(SL_ERR_MEMORY, "out of memory for an image of %dx%d", from->width, from->height);
    memcpy(pixels, from->pixels, bytes);
    *to = *from;
    to->pixels = pixels;
    return SL_OK;
}

sl_status sl_dataset_read(const sl_dataset *dataset, size_t index, sl_image *image, sl_image *label) {
    *image = (sl_image){0};
    if (label) *label = (sl_image){0};
    SL_TRY(check_index(dataset, index));
    const sl_dataset *root = resolve(dataset, &index);
    const sl_image *kept_image, *kept_label;
    if (!sl_cache_get(root->cache, index, &kept_image, &kept_label)) return read_checked(root, index, image, label);
    SL_TRY(copy_image(kept_image, image));
    sl_status status = label ? copy_image(kept_label, label) : SL_OK;
    if (status != SL_OK) sl_image_clear(image);
    return status;
}

sl_status sl_dataset_check(const sl_dataset *dataset, size_t index) {
    sl_image image, label;
    SL_TRY(check_index(dataset, index));
    const sl_dataset *root = resolve(dataset, &index);
    SL_TRY(read_checked(root, index, &image, &label));
    sl_image_clear(&image);
    sl_image_clear(&label);
    return SL_OK;
}
