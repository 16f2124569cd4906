// The histogram of confidence.
#include "core/metrics/reliability.h"
#include "core/base/memory.h"
#include "core/data/dataset.h"
#include "lua/bind/bind.h"

static int new_reliability(lua_State *L) {
    int classes = (int)sl_bind_integer(L, 1, "classes", 1, SL_MAX_CLASSES);
    int bins = (int)sl_bind_integer_or(L, 2, "bins", 1, 65536, 100);
    sl_handle *handle = sl_bind_new(L, &sl_bind_reliability);
    sl_reliability *reliability = sl_calloc(1, sizeof *reliability);
    if (!reliability) sl_bind_check(L, sl_error(SL_ERR_MEMORY, "out of memory for a histogram of confidence"));
    handle->object = reliability;
    sl_bind_check(L, sl_reliability_init(reliability, classes, bins));
    return 1;
}

const sl_bind_function sl_bind_reliability_functions[] = {
    {"reliability", new_reliability, "(classes, bins=100) -> reliability", "An empty histogram of confidence.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_reliability *self_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_reliability);
}

static int reliability_add(lua_State *L) {
    sl_reliability *self = self_of(L);
    const sl_tensor *label = sl_bind_tensor_get(L, 2, "label"), *prediction = sl_bind_tensor_get(L, 3, "prediction"),
                    *confidence = sl_bind_tensor_get(L, 4, "confidence");
    int ignore = (int)sl_bind_integer_or(L, 5, "ignore_label", -1, INT32_MAX, SL_IGNORE_LABEL);
    sl_bind_check(L, sl_reliability_add(self, label, prediction, confidence, ignore));
    return 0;
}

static int reliability_counts(lua_State *L) {
    const sl_reliability *self = self_of(L);
    size_t count = sl_reliability_count(self);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, self->counts[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int reliability_pixels(lua_State *L) {
    const sl_reliability *self = self_of(L);
    int64_t sum = 0;
    for (size_t i = 0; i < sl_reliability_count(self); i++) sum += self->counts[i];
    lua_pushinteger(L, sum);
    return 1;
}

static int reliability_classes(lua_State *L) {
    lua_pushinteger(L, self_of(L)->classes);
    return 1;
}

static int reliability_bins(lua_State *L) {
    lua_pushinteger(L, self_of(L)->bins);
    return 1;
}

static const sl_bind_function methods[] = {
    {"add", reliability_add, "(label, prediction, confidence, ignore_label=255)",
     "Counts the pixels of a label map, a prediction map and a map of confidence from 0 to 1 (f32, one channel); those with the "
     "ignore label are left out.",
     NULL},
    {"counts", reliability_counts, "() -> {integers}",
     "Pixels, one number for each predicted class, for wrong and right, and for each bin: the bins of class 0 where it was "
     "wrong, "
     "those where it was right, then class 1.",
     NULL},
    {"pixels", reliability_pixels, "() -> integer", "How many pixels were counted.", NULL},
    {"classes", reliability_classes, "() -> integer", "How many classes there are.", NULL},
    {"bins", reliability_bins, "() -> integer", "How many bins there are.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status reliability_release(void *object) {
    sl_reliability_clear(object);
    sl_free(object);
    return SL_OK;
}

static void reliability_describe(lua_State *L, void *object) {
    const sl_reliability *self = object;
    lua_pushfstring(L, "histogram of confidence, %d classes and %d bins", self->classes, self->bins);
}

const sl_bind_class sl_bind_reliability = {
    "reliability",
    "semiluna.reliability",
    "Pixels counted by predicted class, by whether they are right, and by confidence.",
    reliability_release,
    reliability_describe,
    methods,
    NULL,
};
