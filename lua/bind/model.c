// Models: DeepLabv2 and the discriminator.
#include "core/nn/model.h"
#include "core/base/memory.h"
#include "lua/bind/bind.h"
#include <math.h>

sl_shared_model *sl_shared_model_retain(sl_shared_model *shared) {
    shared->references++;
    return shared;
}

void sl_shared_model_free(sl_shared_model *shared) {
    if (!shared || --shared->references > 0) return;
    sl_model_free(shared->model);
    sl_free(shared);
}

static sl_model *model_at(lua_State *L, int argument, const char *what) {
    sl_shared_model *shared = sl_bind_get(L, argument, what, &sl_bind_model);
    return shared->model;
}

static sl_model *self_of(lua_State *L) {
    return model_at(L, 1, "self");
}

// ---- making ------------------------------------------------------------------------------------------------------------------

// Gives the model to the handle, or frees it.
static int adopt_model(lua_State *L, sl_handle *handle, sl_model *model, sl_status status) {
    sl_bind_check(L, status);
    sl_shared_model *shared = sl_malloc(sizeof *shared);
    if (!shared) {
        sl_model_free(model);
        sl_bind_check(L, sl_error(SL_ERR_MEMORY, "out of memory for a model"));
    }
    *shared = (sl_shared_model){1, model};
    handle->object = shared;
    return 1;
}

typedef struct deeplab_options {
    sl_deeplab_v2_options model;
    int stride_place;
    uint64_t seed;
} deeplab_options;

static const char *const stride_places[] = {"1x1", "3x3", NULL}; // as sl_stride_place

#define PLACE(field) offsetof(deeplab_options, model.field)
static const sl_option deeplab_descriptors[] = {
    {"classes", SL_OPTION_INT, PLACE(classes), NULL, "how many classes the head tells apart", 1, 255, 0, NULL},
    {"blocks", SL_OPTION_INTS, PLACE(blocks), "{3, 4, 23, 3}", "bottleneck blocks of the four stages", 1, 1000, 4, NULL},
    {"base_width", SL_OPTION_INT, PLACE(base_width), "64", "channels of the first stage", 1, 4096, 0, NULL},
    {"rates", SL_OPTION_INT, PLACE(rates), "as many as are summed in the paper",
     "how many of the dilations 6, 12, 18, 24 are summed", 1, 4, 0, NULL},
    {"branches", SL_OPTION_INT, PLACE(branches), "4", "how many branches of the head have weights, at least rates", 1, 4, 0,
     NULL},
    {"stride_place", SL_OPTION_CHOICE, offsetof(deeplab_options, stride_place), "\"1x1\"",
     "which convolution of a block has the stride: 1x1 as the authors, 3x3 as torchvision", 0, 0, 0, stride_places},
    {"train_affine", SL_OPTION_BOOL, PLACE(train_affine), "false", "train batch norm's gamma and beta", 0, 0, 0, NULL},
    {"momentum", SL_OPTION_REAL, PLACE(momentum), "0.1", "batch norm: share of the batch in the running statistics", 0, 1, 0,
     NULL},
    {"eps", SL_OPTION_REAL, PLACE(eps), "1e-5", "batch norm: added to the variance", 0, 1, 0, NULL},
    {"seed", SL_OPTION_LONG, offsetof(deeplab_options, seed), "1", "of the initial weights", 0, HUGE_VAL, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};
#undef PLACE

static int new_deeplab(lua_State *L) {
    deeplab_options options = {.model = sl_deeplab_v2_options_default(), .seed = 1};
    options.stride_place = options.model.stride_place;
    sl_bind_options(L, 1, "options", deeplab_descriptors, &options);
    options.model.stride_place = (sl_stride_place)options.stride_place;
    sl_handle *handle = sl_bind_new(L, &sl_bind_model);
    sl_model *model = NULL;
    sl_status status = sl_model_new_deeplab_v2(&options.model, options.seed, &model);
    return adopt_model(L, handle, model, status);
}

typedef struct discriminator_options {
    sl_discriminator_options model;
    uint64_t seed;
} discriminator_options;

static const sl_option discriminator_descriptors[] = {
    {"classes", SL_OPTION_INT, offsetof(discriminator_options, model.classes), NULL, "channels of the maps it judges", 1, 255, 0,
     NULL},
    {"base_width", SL_OPTION_INT, offsetof(discriminator_options, model.base_width), "64", "channels of the first convolution", 1,
     4096, 0, NULL},
    {"seed", SL_OPTION_LONG, offsetof(discriminator_options, seed), "1", "of the initial weights", 0, HUGE_VAL, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

static int new_discriminator(lua_State *L) {
    discriminator_options options = {.model = {.base_width = 64}, .seed = 1};
    sl_bind_options(L, 1, "options", discriminator_descriptors, &options);
    sl_handle *handle = sl_bind_new(L, &sl_bind_model);
    sl_model *model = NULL;
    sl_status status = sl_model_new_discriminator(&options.model, options.seed, &model);
    return adopt_model(L, handle, model, status);
}

const sl_bind_function sl_bind_model_functions[] = {
    {"deeplab_v2", new_deeplab, "{classes=, ...} -> model", "DeepLabv2 on a bottleneck ResNet of output stride 8.",
     deeplab_descriptors},
    {"discriminator", new_discriminator, "{classes=, ...} -> model",
     "The fully convolutional discriminator that tells, pixel by pixel, ground truth from prediction.",
     discriminator_descriptors},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- methods -----------------------------------------------------------------------------------------------------------------

static int model_forward(lua_State *L) {
    sl_model *self = self_of(L);
    sl_tensor *x = sl_bind_tensor_get(L, 2, "x");
    bool training = sl_bind_bool_or(L, 3, "training", false);
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_model_forward(self, x, training, &made);
    return sl_bind_adopt(L, handle, made, status);
}

static int model_parameters(lua_State *L) {
    sl_model *self = self_of(L);
    size_t count = sl_model_parameter_count(self);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const sl_parameter *parameter = sl_model_parameter(self, i);
        lua_createtable(L, 0, 5);
        lua_pushstring(L, parameter->name);
        lua_setfield(L, -2, "name");
        sl_bind_push_tensor(L, parameter->tensor);
        lua_setfield(L, -2, "tensor");
        lua_pushboolean(L, parameter->buffer);
        lua_setfield(L, -2, "buffer");
        lua_pushboolean(L, parameter->trainable);
        lua_setfield(L, -2, "trainable");
        lua_pushstring(L, parameter->group == SL_GROUP_HEAD ? "head" : "trunk");
        lua_setfield(L, -2, "group");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int model_trainable_count(lua_State *L) {
    lua_pushinteger(L, sl_model_trainable_count(self_of(L)));
    return 1;
}

static int model_kind(lua_State *L) {
    lua_pushstring(L, sl_model_kind(self_of(L)));
    return 1;
}

static int model_clear_grad(lua_State *L) {
    sl_model_clear_grad(self_of(L));
    return 0;
}

typedef struct load_options {
    const char *prefix;
    bool strict;
} load_options;

static const sl_option load_descriptors[] = {
    {"prefix", SL_OPTION_TEXT, offsetof(load_options, prefix), "\"\"", "what stands before the parameters' names in the file", 0,
     0, 0, NULL},
    {"strict", SL_OPTION_BOOL, offsetof(load_options, strict), "true",
     "every parameter must be in the file, and every tensor under the prefix be used", 0, 0, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

static int model_load(lua_State *L) {
    sl_model *self = self_of(L);
    const char *path = sl_bind_string(L, 2, "path");
    load_options options = {"", true};
    sl_bind_options(L, 3, "options", load_descriptors, &options);
    sl_safetensors *file = NULL;
    size_t missing = 0;
    sl_status status = sl_safetensors_open(path, &file);
    if (status == SL_OK) status = sl_model_load(self, file, options.prefix, options.strict, &missing);
    sl_safetensors_close(file);
    sl_bind_check(L, status);
    lua_pushinteger(L, (lua_Integer)missing);
    return 1;
}

static int model_blend(lua_State *L) {
    sl_model *self = self_of(L);
    sl_bind_check(L, sl_model_blend(self, model_at(L, 2, "other"), sl_bind_number(L, 3, "decay")));
    return 0;
}

static int model_copy_from(lua_State *L) {
    sl_model *self = self_of(L);
    sl_bind_check(L, sl_model_blend(self, model_at(L, 2, "other"), 0));
    return 0;
}

static const sl_bind_function methods[] = {
    {"forward", model_forward, "(x, training=false) -> tensor",
     "The logits of x, not upsampled; training selects batch statistics. model(x, training) is the same.", NULL},
    {"parameters", model_parameters, "() -> {{name=, tensor=, buffer=, trainable=, group=}, ...}",
     "All parameters and buffers in the order of a state dict; group is \"trunk\" or \"head\".", NULL},
    {"trainable_count", model_trainable_count, "() -> integer", "How many numbers are trained.", NULL},
    {"kind", model_kind, "() -> string", "\"deeplab_v2\" or \"discriminator\".", NULL},
    {"clear_grad", model_clear_grad, "()", "Removes the gradients of all parameters.", NULL},
    {"load", model_load, "(path, {prefix=, strict=}) -> integer",
     "Copies values by name from a safetensors file; returns how many parameters were missing from it.", load_descriptors},
    {"blend", model_blend, "(other, decay)", "Makes this model decay x itself + (1 - decay) x other: an EMA teacher.", NULL},
    {"copy_from", model_copy_from, "(other)", "Copies all parameters and buffers of a model of the same shape.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const sl_bind_function metamethods[] = {
    {"__call", model_forward, "model(x, training=false) -> tensor", "As forward.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status model_release(void *shared) {
    sl_shared_model_free(shared);
    return SL_OK;
}

static void model_describe(lua_State *L, void *object) {
    const sl_shared_model *shared = object;
    lua_pushfstring(L, "model %s, %I trainable numbers", sl_model_kind(shared->model),
                    (LUAI_UACINT)sl_model_trainable_count(shared->model));
}

const sl_bind_class sl_bind_model = {
    "model", "semiluna.model", "A network with named parameters.", model_release, model_describe, methods, metamethods,
};
