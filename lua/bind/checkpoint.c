// Checkpoints: safetensors files of weights, optimizer states and strings.
#include "core/io/safetensors.h"
#include "core/nn/optimizer.h"
#include "lua/bind/bind.h"
#include "lua/bind/digest.h"

static int new_writer(lua_State *L) {
    sl_handle *handle = sl_bind_new(L, &sl_bind_checkpoint_writer);
    sl_safetensors_writer *made = NULL;
    sl_status status = sl_safetensors_writer_new(&made);
    return sl_bind_adopt(L, handle, made, status);
}

static int open_checkpoint(lua_State *L) {
    const char *path = sl_bind_string(L, 1, "path");
    sl_handle *handle = sl_bind_new(L, &sl_bind_checkpoint);
    sl_safetensors *made = NULL;
    sl_status status = sl_safetensors_open(path, &made);
    return sl_bind_adopt(L, handle, made, status);
}

const sl_bind_function sl_bind_checkpoint_functions[] = {
    {"checkpoint_writer", new_writer, "() -> checkpoint writer", "Collects tensors and strings for a safetensors file.", NULL},
    {"checkpoint_open", open_checkpoint, "(path) -> checkpoint", "Opens a safetensors file; a damaged one is an error.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- writing -----------------------------------------------------------------------------------------------------------------

static sl_safetensors_writer *writer_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_checkpoint_writer);
}

static int writer_tensor(lua_State *L) {
    sl_safetensors_writer *self = writer_of(L);
    const char *name = sl_bind_string(L, 2, "name");
    sl_bind_check(L, sl_safetensors_writer_add(self, name, sl_bind_tensor_get(L, 3, "tensor")));
    return 0;
}

static int writer_model(lua_State *L) {
    sl_safetensors_writer *self = writer_of(L);
    const char *prefix = sl_bind_string(L, 2, "prefix");
    const sl_shared_model *model = sl_bind_get(L, 3, "model", &sl_bind_model);
    sl_bind_check(L, sl_model_save(model->model, self, prefix));
    return 0;
}

static int writer_optimizer(lua_State *L) {
    sl_safetensors_writer *self = writer_of(L);
    const char *prefix = sl_bind_string(L, 2, "prefix");
    const sl_bound_optimizer *optimizer = sl_bind_get(L, 3, "optimizer", &sl_bind_optimizer);
    sl_bind_check(L, sl_optimizer_save(optimizer->optimizer, self, prefix));
    return 0;
}

static int writer_meta(lua_State *L) {
    sl_safetensors_writer *self = writer_of(L);
    const char *key = sl_bind_string(L, 2, "key");
    sl_bind_check(L, sl_safetensors_writer_metadata(self, key, sl_bind_string(L, 3, "value")));
    return 0;
}

static int writer_save(lua_State *L) {
    sl_safetensors_writer *self = writer_of(L);
    const char *path = sl_bind_string(L, 2, "path");
    sl_bind_check(L, sl_safetensors_writer_save(self, path));
    char digest[SL_DIGEST_TEXT];
    int64_t bytes = 0;
    sl_bind_check(L, sl_digest_file(path, digest, &bytes));
    lua_pushinteger(L, bytes);
    lua_pushstring(L, digest);
    return 2;
}

static const sl_bind_function writer_methods[] = {
    {"tensor", writer_tensor, "(name, tensor)", "Adds a tensor; do not change it before saving.", NULL},
    {"model", writer_model, "(prefix, model)", "Adds a model's parameters and buffers under the prefix.", NULL},
    {"optimizer", writer_optimizer, "(prefix, optimizer)", "Adds an optimizer's state under the prefix.", NULL},
    {"meta", writer_meta, "(key, value)", "Adds a string.", NULL},
    {"save", writer_save, "(path) -> bytes, sha256",
     "Writes all to a temporary file, syncs it and renames it over the path: the old file stays until the new one is whole.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status writer_release(void *writer) {
    sl_safetensors_writer_free(writer);
    return SL_OK;
}

const sl_bind_class sl_bind_checkpoint_writer = {
    "checkpoint writer", "semiluna.checkpoint writer", "A checkpoint in the making.", writer_release, NULL, writer_methods, NULL,
};

// ---- reading -----------------------------------------------------------------------------------------------------------------

static sl_safetensors *file_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_checkpoint);
}

static int checkpoint_names(lua_State *L) {
    const sl_safetensors *self = file_of(L);
    size_t count = sl_safetensors_count(self);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, sl_safetensors_name(self, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int checkpoint_has(lua_State *L) {
    const sl_safetensors *self = file_of(L);
    lua_pushboolean(L, sl_safetensors_has(self, sl_bind_string(L, 2, "name")));
    return 1;
}

static int checkpoint_tensor(lua_State *L) {
    const sl_safetensors *self = file_of(L);
    const char *name = sl_bind_string(L, 2, "name");
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_safetensors_get(self, name, &made);
    return sl_bind_adopt(L, handle, made, status);
}

static int checkpoint_meta(lua_State *L) {
    const sl_safetensors *self = file_of(L);
    lua_pushstring(L, sl_safetensors_metadata(self, sl_bind_string(L, 2, "key"))); // NULL gives nil
    return 1;
}

static int checkpoint_model(lua_State *L) {
    const sl_safetensors *self = file_of(L);
    const char *prefix = sl_bind_string(L, 2, "prefix");
    const sl_shared_model *model = sl_bind_get(L, 3, "model", &sl_bind_model);
    size_t missing = 0;
    sl_bind_check(L, sl_model_load(model->model, self, prefix, sl_bind_bool_or(L, 4, "strict", true), &missing));
    lua_pushinteger(L, (lua_Integer)missing);
    return 1;
}

static int checkpoint_optimizer(lua_State *L) {
    const sl_safetensors *self = file_of(L);
    const char *prefix = sl_bind_string(L, 2, "prefix");
    const sl_bound_optimizer *optimizer = sl_bind_get(L, 3, "optimizer", &sl_bind_optimizer);
    sl_bind_check(L, sl_optimizer_load(optimizer->optimizer, self, prefix));
    return 0;
}

static const sl_bind_function checkpoint_methods[] = {
    {"names", checkpoint_names, "() -> {names}", "The names of all tensors.", NULL},
    {"has", checkpoint_has, "(name) -> boolean", "Whether there is a tensor of this name.", NULL},
    {"tensor", checkpoint_tensor, "(name) -> tensor", "A tensor of the file.", NULL},
    {"meta", checkpoint_meta, "(key) -> string | nil", "A string of the file.", NULL},
    {"model", checkpoint_model, "(prefix, model, strict=true) -> integer",
     "Copies values by name into a model; returns how many parameters were missing from the file.", NULL},
    {"optimizer", checkpoint_optimizer, "(prefix, optimizer)", "Restores an optimizer's state.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status checkpoint_release(void *file) {
    sl_safetensors_close(file);
    return SL_OK;
}

static void checkpoint_describe(lua_State *L, void *object) {
    lua_pushfstring(L, "checkpoint of %d tensors", (int)sl_safetensors_count(object));
}

const sl_bind_class sl_bind_checkpoint = {
    "checkpoint",
    "semiluna.checkpoint",
    "A safetensors file, open for reading.",
    checkpoint_release,
    checkpoint_describe,
    checkpoint_methods,
    NULL,
};
