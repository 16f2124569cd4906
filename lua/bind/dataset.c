// Datasets and splits. Image numbers count from 1; class numbers are those of the label files, from 0.
#include "core/data/dataset.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/data/loader.h"
#include "lua/bind/bind.h"
#include <math.h>

static const float no_mean[3] = {0, 0, 0};

static sl_labeled_dataset *labeled_at(lua_State *L, int argument, const char *what) {
    return sl_bind_get(L, argument, what, &sl_bind_dataset);
}

static sl_dataset *self_of(lua_State *L) {
    return labeled_at(L, 1, "self")->dataset;
}

// An image number, as 0..count-1.
static size_t image_at(lua_State *L, int argument, const sl_dataset *dataset) {
    return sl_bind_place(L, argument, "image", sl_dataset_count(dataset));
}

// ---- opening -----------------------------------------------------------------------------------------------------------------

// Pushes a handle with an empty record in it, into which a dataset is then opened.
static sl_labeled_dataset *new_record(lua_State *L, bool labels) {
    sl_handle *handle = sl_bind_new(L, &sl_bind_dataset);
    sl_labeled_dataset *record = sl_calloc(1, sizeof *record);
    if (!record) sl_bind_check(L, sl_error(SL_ERR_MEMORY, "out of memory for a dataset"));
    record->labels = labels;
    handle->object = record;
    return record;
}

#define PLACE(field) offsetof(sl_voc_options, field)
static const sl_option voc_descriptors[] = {
    {"root", SL_OPTION_TEXT, PLACE(root), NULL, "the folder with JPEGImages and SegmentationClass", 0, 0, 0, NULL},
    {"list", SL_OPTION_TEXT, PLACE(list), NULL, "a list of ids: a path, or a name under ImageSets/Segmentation", 0, 0, 0, NULL},
    {"classes_file", SL_OPTION_TEXT, PLACE(classes_file), "root/classes.txt if present", "lines \"name [r g b]\"", 0, 0, 0, NULL},
    {"classes", SL_OPTION_INT, PLACE(classes), "as many as classes_file has, or 21", "how many classes", 0, 255, 0, NULL},
    {"labels", SL_OPTION_BOOL, PLACE(labels), "true", "false: the images need no label files", 0, 0, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};
#undef PLACE

static int open_voc(lua_State *L) {
    sl_voc_options options = {.labels = true};
    sl_bind_options(L, 1, "options", voc_descriptors, &options);
    sl_labeled_dataset *record = new_record(L, options.labels);
    sl_bind_check(L, sl_dataset_open_voc(&options, &record->dataset));
    return 1;
}

#define PLACE(field) offsetof(sl_synthetic_options, field)
static const sl_option synthetic_descriptors[] = {
    {"width", SL_OPTION_INT, PLACE(width), "64", "of the images", 1, 16384, 0, NULL},
    {"height", SL_OPTION_INT, PLACE(height), "64", "of the images", 1, 16384, 0, NULL},
    {"classes", SL_OPTION_INT, PLACE(classes), "6", "background and up to 15 kinds of shape", 2, 16, 0, NULL},
    {"count", SL_OPTION_INT, PLACE(count), "96", "how many scenes", 1, 1e9, 0, NULL},
    {"seed", SL_OPTION_LONG, PLACE(seed), "1", "of the scenes", 0, HUGE_VAL, 0, NULL},
    {"first", SL_OPTION_LONG, PLACE(first), "0", "number of the first scene, so that training and validation differ", 0, HUGE_VAL,
     0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};
#undef PLACE

static int open_synthetic(lua_State *L) {
    sl_synthetic_options options = {.width = 64, .height = 64, .classes = 6, .count = 96, .seed = 1};
    sl_bind_options(L, 1, "options", synthetic_descriptors, &options);
    sl_labeled_dataset *record = new_record(L, true);
    sl_bind_check(L, sl_dataset_open_synthetic(&options, &record->dataset));
    return 1;
}

// Pushes an array of places as numbers from 1.
static void push_places(lua_State *L, const uint32_t *places, size_t count) {
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, (lua_Integer)places[i] + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int split_fraction(lua_State *L) {
    size_t count = (size_t)sl_bind_integer(L, 1, "count", 1, INT32_MAX);
    double fraction = sl_bind_number(L, 2, "fraction");
    if (!(fraction > 0 && fraction <= 1)) sl_bind_argument_error(L, 2, "fraction", "must be above 0 and at most 1");
    uint64_t seed = (uint64_t)sl_bind_integer(L, 3, "seed", 0, INT64_MAX);
    uint32_t *labeled = sl_bind_scratch(L, count, sizeof *labeled), *unlabeled = sl_bind_scratch(L, count, sizeof *unlabeled);
    size_t labeled_count = 0, unlabeled_count = 0;
    sl_split_fraction(count, fraction, seed, labeled, &labeled_count, unlabeled, &unlabeled_count);
    push_places(L, labeled, labeled_count);
    push_places(L, unlabeled, unlabeled_count);
    return 2;
}

static int split_read(lua_State *L) {
    const char *path = sl_bind_string(L, 1, "path");
    const sl_dataset *dataset = labeled_at(L, 2, "dataset")->dataset;
    // The list is copied into the collector's memory, so that an error while the table is made loses nothing.
    size_t room = sl_dataset_count(dataset), count = 0;
    uint32_t *places = sl_bind_scratch(L, room, sizeof *places), *read = NULL;
    sl_bind_check(L, sl_split_read(path, dataset, &read, &count));
    for (size_t i = 0; i < count && i < room; i++) places[i] = read[i];
    sl_free(read);
    push_places(L, places, count < room ? count : room);
    return 1;
}

const sl_bind_function sl_bind_dataset_functions[] = {
    {"voc", open_voc, "{root=, list=, ...} -> dataset", "Images and labels in the folder layout of PASCAL VOC.", voc_descriptors},
    {"synthetic", open_synthetic, "{width=, height=, classes=, count=, ...} -> dataset",
     "Seeded scenes of textured shapes, drawn on demand; needs no files.", synthetic_descriptors},
    {"split_fraction", split_fraction, "(count, fraction, seed) -> {labeled}, {unlabeled}",
     "Splits the image numbers 1 .. count by a seeded permutation.", NULL},
    {"split_read", split_read, "(path, dataset) -> {image numbers}", "Reads a list of ids as image numbers of the dataset.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- methods -----------------------------------------------------------------------------------------------------------------

static int dataset_count(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)sl_dataset_count(self_of(L)));
    return 1;
}

static int dataset_classes(lua_State *L) {
    lua_pushinteger(L, sl_dataset_classes(self_of(L)));
    return 1;
}

static int class_at(lua_State *L, const sl_dataset *dataset) {
    return (int)sl_bind_integer(L, 2, "class", 0, sl_dataset_classes(dataset) - 1);
}

static int dataset_class_name(lua_State *L) {
    const sl_dataset *self = self_of(L);
    lua_pushstring(L, sl_dataset_class_name(self, class_at(L, self)));
    return 1;
}

static int dataset_class_names(lua_State *L) {
    const sl_dataset *self = self_of(L);
    int count = sl_dataset_classes(self);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushstring(L, sl_dataset_class_name(self, i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int dataset_class_color(lua_State *L) {
    const sl_dataset *self = self_of(L);
    const uint8_t *color = sl_dataset_class_color(self, class_at(L, self));
    lua_createtable(L, 3, 0);
    for (int i = 0; i < 3; i++) {
        lua_pushinteger(L, color[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int dataset_id(lua_State *L) {
    const sl_dataset *self = self_of(L);
    lua_pushstring(L, sl_dataset_id(self, image_at(L, 2, self)));
    return 1;
}

static int dataset_files(lua_State *L) {
    const sl_labeled_dataset *self = labeled_at(L, 1, "self");
    const char *image, *label;
    sl_dataset_files(self->dataset, image_at(L, 2, self->dataset), &image, &label);
    lua_pushstring(L, image); // NULL gives nil
    lua_pushstring(L, self->labels ? label : NULL);
    return 2;
}

static int dataset_find(lua_State *L) {
    const sl_dataset *self = self_of(L);
    long place = sl_dataset_find(self, sl_bind_string(L, 2, "id"));
    if (place < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, place + 1);
    return 1;
}

static int dataset_subset(lua_State *L) {
    sl_labeled_dataset *self = labeled_at(L, 1, "self");
    sl_bind_table(L, 2, "images");
    size_t count = lua_rawlen(L, 2), all = sl_dataset_count(self->dataset);
    uint32_t *places = sl_bind_scratch(L, count, sizeof *places);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        int whole = 0;
        lua_Integer number = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : 0;
        if (!whole || number < 1 || (uint64_t)number > all)
            sl_bind_error(L, "element %d of the list is no image number from 1 to %I", (int)i + 1, (LUAI_UACINT)all);
        places[i] = (uint32_t)(number - 1);
        lua_pop(L, 1);
    }
    sl_labeled_dataset *record = new_record(L, self->labels);
    sl_bind_check(L, sl_dataset_new_subset(self->dataset, places, count, &record->dataset));
    return 1;
}

typedef struct read_options {
    float mean[3], divisor;
    bool label;
} read_options;

static const sl_option read_descriptors[] = {
    {"mean", SL_OPTION_FLOATS, offsetof(read_options, mean), "{0, 0, 0}", "subtracted from blue, green, red", -1e6, 1e6, 3, NULL},
    {"divisor", SL_OPTION_FLOAT, offsetof(read_options, divisor), "1", "then divided by it", 1e-6, 1e6, 0, NULL},
    {"label", SL_OPTION_BOOL, offsetof(read_options, label), "true where there are labels", "read the label too", 0, 0, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

static int dataset_read(lua_State *L) {
    sl_labeled_dataset *self = labeled_at(L, 1, "self");
    size_t image = image_at(L, 2, self->dataset);
    read_options options = {{no_mean[0], no_mean[1], no_mean[2]}, 1, self->labels};
    sl_bind_options(L, 3, "options", read_descriptors, &options);
    sl_handle *image_handle = sl_bind_new(L, &sl_bind_tensor), *label_handle = NULL;
    sl_tensor *pixels = NULL, *label = NULL;
    if (options.label)
        label_handle = sl_bind_new(L, &sl_bind_tensor);
    else
        lua_pushnil(L);
    sl_status status =
        sl_dataset_tensor(self->dataset, image, options.mean, options.divisor, &pixels, options.label ? &label : NULL);
    image_handle->object = pixels;
    if (label_handle) label_handle->object = label;
    sl_bind_check(L, status);
    return 2;
}

static int dataset_size(lua_State *L) {
    const sl_dataset *self = self_of(L);
    int width = 0, height = 0;
    sl_bind_check(L, sl_dataset_size(self, image_at(L, 2, self), &width, &height));
    lua_pushinteger(L, width);
    lua_pushinteger(L, height);
    return 2;
}

static int dataset_check(lua_State *L) {
    const sl_dataset *self = self_of(L);
    sl_bind_check(L, sl_dataset_check(self, image_at(L, 2, self)));
    return 0;
}

static int dataset_labels(lua_State *L) {
    lua_pushboolean(L, labeled_at(L, 1, "self")->labels);
    return 1;
}

static const sl_bind_function methods[] = {
    {"count", dataset_count, "() -> integer", "How many images there are; #dataset is the same.", NULL},
    {"classes", dataset_classes, "() -> integer", "How many classes there are.", NULL},
    {"class_name", dataset_class_name, "(class) -> string", "The name of a class; classes count from 0, as in label files.",
     NULL},
    {"class_names", dataset_class_names, "() -> {names}", "The names of all classes; class 0 stands first.", NULL},
    {"class_color", dataset_class_color, "(class) -> {r, g, b}", "The colour of a class, 0 to 255.", NULL},
    {"id", dataset_id, "(image) -> string", "The id of an image; images count from 1.", NULL},
    {"files", dataset_files, "(image) -> path | nil, path | nil", "The files of an image and of its label, where there are any.",
     NULL},
    {"find", dataset_find, "(id) -> image | nil", "The number of the image with this id.", NULL},
    {"labels", dataset_labels, "() -> boolean", "Whether the images have labels.", NULL},
    {"subset", dataset_subset, "{images} -> dataset", "Some of the images, in that order.", NULL},
    {"read", dataset_read, "(image, {mean=, divisor=, label=}) -> tensor, tensor | nil",
     "The whole image (1,3,H,W), BGR, and its label map (1,H,W).", read_descriptors},
    {"size", dataset_size, "(image) -> width, height", "The size of an image.", NULL},
    {"check", dataset_check, "(image)", "Decodes image and label; what is wrong with them is an error.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const sl_bind_function metamethods[] = {
    {"__len", dataset_count, "#dataset", "How many images there are.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status dataset_release(void *object) {
    sl_labeled_dataset *record = object;
    sl_dataset_free(record->dataset);
    sl_free(record);
    return SL_OK;
}

static void dataset_describe(lua_State *L, void *object) {
    const sl_labeled_dataset *record = object;
    lua_pushfstring(L, "dataset of %d images, %d classes", (int)sl_dataset_count(record->dataset),
                    sl_dataset_classes(record->dataset));
}

const sl_bind_class sl_bind_dataset = {
    "dataset", "semiluna.dataset", "Numbered images with labels.", dataset_release, dataset_describe, methods, metamethods,
};
