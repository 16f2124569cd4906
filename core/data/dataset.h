// Datasets: numbered images with labels.
#ifndef SL_DATA_DATASET_H
#define SL_DATA_DATASET_H

#include "core/io/image.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct sl_dataset sl_dataset;

enum { SL_IGNORE_LABEL = 255, SL_MAX_CLASSES = 255 };

// The VOC layout: root/JPEGImages/ID.jpg (or .png), root/SegmentationClass/ID.png.
//
// A line of the list is an id, an image file name (its extension is taken off to give the id), or an image and a label path
// relative to root, as in "/JPEGImages/ID.jpg /SegmentationClassAug/ID.png". Blank lines and "#" comments are skipped.
typedef struct sl_voc_options {
    const char *root;
    const char *list;         // a path, or a name under root/ImageSets/Segmentation (or root/ImageSets) with or without ".txt"
    const char *classes_file; // lines "name [r g b]", a path or relative to root; NULL: root/classes.txt if present
    int classes;              // 0: as many as classes_file has, or 21
    bool labels;              // false: label files are not needed (unlabelled images)
} sl_voc_options;
// Fails on an empty list, a duplicate id, a missing file; the message names the list and the line. A class without a name is
// called "class N"; one without a colour has the VOC palette's.
sl_status sl_dataset_open_voc(const sl_voc_options *options, sl_dataset **out);

// Seeded scenes of textured shapes with occlusion, noise and a void border (ignore label), drawn on demand; needs no files.
typedef struct sl_synthetic_options {
    int width, height, classes, count; // classes: background and up to 15 kinds of shape; 2 to 16
    uint64_t seed;
    uint64_t first; // number of the first scene, so that training and validation scenes differ
} sl_synthetic_options;
sl_status sl_dataset_open_synthetic(const sl_synthetic_options *options, sl_dataset **out);

// The images `indices` of another dataset, in that order. The parent is retained.
sl_status sl_dataset_new_subset(sl_dataset *parent, const uint32_t *indices, size_t count, sl_dataset **out);

sl_dataset *sl_dataset_retain(sl_dataset *dataset);
void sl_dataset_free(sl_dataset *dataset);

size_t sl_dataset_count(const sl_dataset *dataset);
int sl_dataset_classes(const sl_dataset *dataset);
const char *sl_dataset_class_name(const sl_dataset *dataset, int class_index);
const uint8_t *sl_dataset_class_color(const sl_dataset *dataset, int class_index); // RGB
const char *sl_dataset_id(const sl_dataset *dataset, size_t index);
// The files of image `index` and of its label, borrowed; NULL where it has none (scenes that are drawn, images without labels).
void sl_dataset_files(const sl_dataset *dataset, size_t index, const char **image, const char **label);
// Index of the image with this id, or -1.
long sl_dataset_find(const sl_dataset *dataset, const char *id);
// Width and height of image `index`, from its header.
sl_status sl_dataset_size(const sl_dataset *dataset, size_t index, int *width, int *height);
// Decoded images are kept for the next epoch while they fit in this many bytes (256 MiB at first, for each data set opened; a
// subset shares its parent's). Less than what is kept already only stops the growth.
void sl_dataset_cache_limit(sl_dataset *dataset, size_t bytes);
// Reads image `index` (BGR) and, unless `label` is NULL, its label map (all SL_IGNORE_LABEL where the dataset has no labels).
// Thread-safe. Labels are checked: an index that is neither
// a class nor the ignore label is SL_ERR_DATA with file, value and pixel; so are an image and a label of different sizes.
sl_status sl_dataset_read(const sl_dataset *dataset, size_t index, sl_image *image, sl_image *label);
// Checks image `index` without training on it (decodes both files, keeps nothing).
sl_status sl_dataset_check(const sl_dataset *dataset, size_t index);

// Splits 0..count-1 by a seeded permutation: the first round(fraction x count) (at least 1, at most count) are `labeled`, the
// rest `unlabeled`. Arrays of `count` places each.
void sl_split_fraction(size_t count, double fraction, uint64_t seed, uint32_t *labeled, size_t *labeled_count,
                       uint32_t *unlabeled, size_t *unlabeled_count);
// Reads a list of ids (one a line; blank lines and "#" comments skipped; for VOC-style lines "/JPEGImages/ID.jpg ..." the ID is
// taken) as indices into `dataset`. Errors name file and line: empty, duplicate, unknown.
sl_status sl_split_read(const char *path, const sl_dataset *dataset, uint32_t **indices, size_t *count); // sl_free(*indices)

#endif
