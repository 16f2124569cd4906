// The confusion matrix.
#include "core/metrics/confusion.h"
#include "core/base/memory.h"
#include "core/data/dataset.h"
#include "lua/bind/bind.h"

static int new_confusion(lua_State *L) {
    int classes = (int)sl_bind_integer(L, 1, "classes", 1, SL_MAX_CLASSES);
    sl_handle *handle = sl_bind_new(L, &sl_bind_confusion);
    sl_confusion *confusion = sl_calloc(1, sizeof *confusion);
    if (!confusion) sl_bind_check(L, sl_error(SL_ERR_MEMORY, "out of memory for a confusion matrix"));
    handle->object = confusion;
    sl_bind_check(L, sl_confusion_init(confusion, classes));
    return 1;
}

const sl_bind_function sl_bind_confusion_functions[] = {
    {"confusion", new_confusion, "(classes) -> confusion", "An empty confusion matrix.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_confusion *self_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_confusion);
}

static int confusion_add(lua_State *L) {
    sl_confusion *self = self_of(L);
    const sl_tensor *truth = sl_bind_tensor_get(L, 2, "label"), *prediction = sl_bind_tensor_get(L, 3, "prediction");
    int ignore = (int)sl_bind_integer_or(L, 4, "ignore_label", -1, INT32_MAX, SL_IGNORE_LABEL);
    sl_bind_check(L, sl_confusion_add(self, truth, prediction, ignore));
    return 0;
}

static int confusion_table(lua_State *L) {
    const sl_confusion *self = self_of(L);
    lua_createtable(L, self->classes, 0);
    for (int truth = 0; truth < self->classes; truth++) {
        lua_createtable(L, self->classes, 0);
        for (int prediction = 0; prediction < self->classes; prediction++) {
            lua_pushinteger(L, self->counts[(size_t)truth * (size_t)self->classes + (size_t)prediction]);
            lua_rawseti(L, -2, prediction + 1);
        }
        lua_rawseti(L, -2, truth + 1);
    }
    return 1;
}

static int confusion_class_iou(lua_State *L) {
    const sl_confusion *self = self_of(L);
    lua_createtable(L, self->classes, 0);
    for (int i = 0; i < self->classes; i++) {
        lua_pushnumber(L, sl_confusion_iou(self, i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int confusion_miou(lua_State *L) {
    static const char *const conventions[] = {"standard", "authors", "absent_zero", NULL}; // as sl_iou_convention
    const sl_confusion *self = self_of(L);
    int convention = sl_bind_choice(L, 2, "convention", conventions, SL_IOU_STANDARD);
    lua_pushnumber(L, sl_confusion_mean_iou(self, (sl_iou_convention)convention));
    return 1;
}

static int confusion_pixel_accuracy(lua_State *L) {
    lua_pushnumber(L, sl_confusion_pixel_accuracy(self_of(L)));
    return 1;
}

static int confusion_classes(lua_State *L) {
    lua_pushinteger(L, self_of(L)->classes);
    return 1;
}

static const sl_bind_function methods[] = {
    {"add", confusion_add, "(label, prediction, ignore_label=255)",
     "Counts the pixels of a label map and a prediction map; those with the ignore label are left out.", NULL},
    {"table", confusion_table, "() -> {{integers}, ...}",
     "The counts: one row for each true class, one column for each predicted.", NULL},
    {"class_iou", confusion_class_iou, "() -> {numbers}", "The IoU of each class (class 0 first), NaN where its union is empty.",
     NULL},
    {"miou", confusion_miou, "(convention=\"standard\") -> number",
     "Mean IoU, 0 to 1. \"standard\": classes with an empty union are left out; \"authors\": so is every class without a hit; "
     "\"absent_zero\": every class counts.",
     NULL},
    {"pixel_accuracy", confusion_pixel_accuracy, "() -> number", "The share of pixels that are right, 0 to 1.", NULL},
    {"classes", confusion_classes, "() -> integer", "How many classes there are.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status confusion_release(void *object) {
    sl_confusion_clear(object);
    sl_free(object);
    return SL_OK;
}

static void confusion_describe(lua_State *L, void *object) {
    lua_pushfstring(L, "confusion matrix of %d classes", ((const sl_confusion *)object)->classes);
}

const sl_bind_class sl_bind_confusion = {
    "confusion",
    "semiluna.confusion",
    "Pixels counted by true and predicted class.",
    confusion_release,
    confusion_describe,
    methods,
    NULL,
};
