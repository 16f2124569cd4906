// Optimizers over a model's trainable parameters, or over a script's own tensors.
#include "core/nn/optimizer.h"
#include "core/base/memory.h"
#include "lua/bind/bind.h"
#include <math.h>
#include <string.h>

static const char *const kinds[] = {"sgd", "adam", "adamw", NULL}; // as sl_optimizer_kind

typedef struct optimizer_options {
    sl_optimizer_options optimizer;
    int kind;
} optimizer_options;

#define PLACE(field) offsetof(optimizer_options, optimizer.field)
static const sl_option descriptors[] = {
    {"kind", SL_OPTION_CHOICE, offsetof(optimizer_options, kind), "\"sgd\"", "the rule of the update", 0, 0, 0, kinds},
    {"momentum", SL_OPTION_REAL, PLACE(momentum), "the kind's usual value", "sgd: share of the last update that goes on", 0, 1, 0,
     NULL},
    {"nesterov", SL_OPTION_BOOL, PLACE(nesterov), "false", "sgd: Nesterov's momentum", 0, 0, 0, NULL},
    {"beta1", SL_OPTION_REAL, PLACE(beta1), "0.9", "adam, adamw: decay of the first moment", 0, 1, 0, NULL},
    {"beta2", SL_OPTION_REAL, PLACE(beta2), "0.999", "adam, adamw: decay of the second moment", 0, 1, 0, NULL},
    {"eps", SL_OPTION_REAL, PLACE(eps), "1e-8", "adam, adamw: added to the divisor", 0, 1, 0, NULL},
    {"weight_decay", SL_OPTION_REAL, PLACE(weight_decay), "the kind's usual value", "pull of the weights towards zero", 0, 1e6, 0,
     NULL},
    {"head_lr", SL_OPTION_REAL, PLACE(head_lr), "1", "the head's learning rate is this times the trunk's", 0, 1e6, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};
#undef PLACE

// An array of tensors, or of {name=, tensor=}, at argument 1. Tensors stay valid while the table does.
static size_t read_tensors(lua_State *L, sl_tensor ***tensors, const char ***names) {
    size_t count = lua_rawlen(L, 1);
    if (count == 0) sl_bind_argument_error(L, 1, "model", "a model or a list of tensors expected, got an empty table");
    *tensors = sl_bind_scratch(L, count, sizeof **tensors);
    *names = sl_bind_scratch(L, count, sizeof **names);
    lua_createtable(L, (int)count, 0); // keeps the names
    int kept = lua_gettop(L);
    for (size_t i = 0; i < count; i++) {
        lua_Integer place = (lua_Integer)i + 1;
        lua_rawgeti(L, 1, place);
        int value = lua_gettop(L);
        if (lua_type(L, value) == LUA_TTABLE) {
            lua_getfield(L, value, "name");
            (*names)[i] = sl_bind_string(L, value + 1, "name of a tensor");
            lua_pushvalue(L, value + 1);
            lua_rawseti(L, kept, place);
            lua_getfield(L, value, "tensor");
            (*tensors)[i] = sl_bind_tensor_get(L, value + 2, "tensor of a list");
        } else {
            (*tensors)[i] = sl_bind_tensor_get(L, value, "tensor of a list");
            (*names)[i] = lua_pushfstring(L, "%I", (LUAI_UACINT)place);
            lua_pushvalue(L, -1);
            lua_rawseti(L, kept, place);
        }
        lua_settop(L, kept);
    }
    return count;
}

static int new_optimizer(lua_State *L) {
    lua_settop(L, 2);
    sl_shared_model *model = sl_bind_try(L, 1, "model", &sl_bind_model);
    if (!model && lua_type(L, 1) != LUA_TTABLE) sl_bind_type_error(L, 1, "model", "model");
    optimizer_options options = {.kind = SL_OPTIMIZER_SGD};
    if (lua_istable(L, 2) && lua_getfield(L, 2, "kind") != LUA_TNIL) // its defaults depend on the kind
        for (int i = 0; kinds[i]; i++)
            if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), kinds[i]) == 0) options.kind = i;
    options.optimizer = sl_optimizer_options_default((sl_optimizer_kind)options.kind);
    sl_bind_options(L, 2, "options", descriptors, &options);
    options.optimizer.kind = (sl_optimizer_kind)options.kind;

    sl_tensor **tensors = NULL;
    const char **names = NULL;
    size_t count = model ? 0 : read_tensors(L, &tensors, &names);
    sl_handle *handle = sl_bind_new(L, &sl_bind_optimizer);
    sl_bound_optimizer *bound = sl_calloc(1, sizeof *bound);
    if (!bound) sl_bind_check(L, sl_error(SL_ERR_MEMORY, "out of memory for an optimizer"));
    handle->object = bound;
    if (model) {
        bound->model = sl_shared_model_retain(model);
        sl_bind_check(L, sl_optimizer_new(model->model, &options.optimizer, &bound->optimizer));
    } else {
        sl_bind_check(L, sl_optimizer_new_on(tensors, names, count, &options.optimizer, &bound->optimizer));
    }
    return 1;
}

const sl_bind_function sl_bind_optimizer_functions[] = {
    {"optimizer", new_optimizer, "(model | {tensors}, {kind=, ...}) -> optimizer",
     "An optimizer over the model's trainable parameters, or over tensors (or {name=, tensor=}) in one group.", descriptors},
    {NULL, NULL, NULL, NULL, NULL},
};

static int optimizer_step(lua_State *L) {
    sl_bound_optimizer *self = sl_bind_get(L, 1, "self", &sl_bind_optimizer);
    sl_bind_check(L, sl_optimizer_step(self->optimizer, sl_bind_number(L, 2, "lr")));
    return 0;
}

static const sl_bind_function methods[] = {
    {"step", optimizer_step, "(lr)", "One step along the gradients with this learning rate; the gradients stay until cleared.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status optimizer_release(void *object) {
    sl_bound_optimizer *bound = object;
    sl_optimizer_free(bound->optimizer);
    sl_shared_model_free(bound->model);
    sl_free(bound);
    return SL_OK;
}

const sl_bind_class sl_bind_optimizer = {
    "optimizer", "semiluna.optimizer", "Updates parameters from their gradients.", optimizer_release, NULL, methods, NULL,
};
