// What a dataset is made of. For core/data alone.
#ifndef SL_DATA_DATASET_IMPL_H
#define SL_DATA_DATASET_IMPL_H

#include "core/data/dataset.h"
#include <stdatomic.h>

typedef struct sl_classes {
    int count;
    char **names;
    uint8_t (*colors)[3]; // RGB
} sl_classes;

// `count` classes with the VOC palette, called "class 0" and so on (VOC's names when there are 21). Freed with sl_classes_free.
sl_status sl_classes_new(int count, sl_classes *out);
// `names` are copied; the first is the background's.
sl_status sl_classes_from_names(const char *const *names, int count, sl_classes *out);
// Lines "name [r g b]". The error names file and line.
sl_status sl_classes_read(const char *path, sl_classes *out);
void sl_classes_free(sl_classes *classes);

// Which index has an id: a hash table over ids that the caller keeps.
typedef struct sl_id_index {
    const char *const *ids;
    uint32_t *slots; // index + 1; 0 is free
    size_t mask;
} sl_id_index;

// `count` places; none is filled yet.
sl_status sl_id_index_new(const char *const *ids, size_t count, sl_id_index *out);
// Adds ids[position], or gives the position of an equal id that is there already. -1: added.
long sl_id_index_add(sl_id_index *index, size_t position);
long sl_id_index_find(const sl_id_index *index, const char *id);
void sl_id_index_free(sl_id_index *index);

// A list file, one image a line.
typedef struct sl_list {
    size_t count;
    const char **ids;
    const char **images; // relative path, or NULL when the line is an id alone
    const char **labels; // the same
    int *lines;          // counted from 1
    sl_id_index index;
    char *content, *names; // what the pointers point into
} sl_list;

// Fails when the file cannot be read, is empty or names an image twice; the message names file and line.
sl_status sl_list_read(const char *path, sl_list *out);
void sl_list_free(sl_list *list);

// A kind of dataset. `read` decodes without checking what the caller checks for every kind; `label` may be NULL.
typedef struct sl_dataset_kind {
    sl_status (*read)(const sl_dataset *dataset, size_t index, sl_image *image, sl_image *label);
    sl_status (*size)(const sl_dataset *dataset, size_t index, int *width, int *height);
    const char *(*id)(const sl_dataset *dataset, size_t index);
    long (*find)(const sl_dataset *dataset, const char *id);
    // What a message calls the label (a path), and the image. NULL: the id.
    const char *(*label_path)(const sl_dataset *dataset, size_t index);
    const char *(*image_path)(const sl_dataset *dataset, size_t index);
    void (*free)(sl_dataset *dataset); // the whole of it, after the base's parts
} sl_dataset_kind;

typedef struct sl_cache sl_cache;

// First member of each kind's structure. A subset has a parent and indices, and no kind, classes or cache.
struct sl_dataset {
    atomic_int references;
    size_t count;
    const sl_dataset_kind *kind;
    sl_classes classes;
    sl_cache *cache;
    sl_dataset *parent;
    uint32_t *indices;
    uint32_t *positions; // of the parent's images in this subset, + 1
};

// Completes a dataset whose kind, count and classes are set: one reference and an empty cache.
sl_status sl_dataset_init(sl_dataset *dataset);

// A decoded sample, borrowed from the cache or owned by `own`.
typedef struct sl_sample {
    const sl_image *image, *label;
    sl_image own[2];
} sl_sample;

// As sl_dataset_read with the label, without copying what the cache holds. The dataset must outlive the sample.
sl_status sl_dataset_borrow(const sl_dataset *dataset, size_t index, sl_sample *out);
void sl_sample_release(sl_sample *sample);

// The cache (cache.c).
sl_status sl_cache_new(size_t count, size_t limit, sl_cache **out);
void sl_cache_free(sl_cache *cache);
void sl_cache_set_limit(sl_cache *cache, size_t limit);
bool sl_cache_get(const sl_cache *cache, size_t index, const sl_image **image, const sl_image **label);
// Takes over both images when there is room for them (then both are empty afterwards). False: the caller keeps them.
bool sl_cache_put(sl_cache *cache, size_t index, sl_image *image, sl_image *label);

#endif
