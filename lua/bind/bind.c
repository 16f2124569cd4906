// The module semiluna.core: all groups of functions and all classes, and registering them.
#include "lua/bind/bind.h"
#include <string.h>

const sl_bind_group sl_bind_groups[] = {
    {"core", sl_bind_tensor_functions},
    {"core", sl_bind_grad_functions},
    {"core", sl_bind_scope_functions},
    {"core", sl_bind_model_functions},
    {"core", sl_bind_optimizer_functions},
    {"core", sl_bind_dataset_functions},
    {"core", sl_bind_loader_functions},
    {"core", sl_bind_confusion_functions},
    {"core", sl_bind_reliability_functions},
    {"core", sl_bind_random_functions},
    {"core", sl_bind_checkpoint_functions},
    {"core", sl_bind_image_functions},
    {"core", sl_bind_db_functions},
    {"core", sl_bind_writer_functions},
    {"core", sl_bind_runtime_functions},
    {"core.system", sl_bind_system_functions},
    {"core.system", sl_bind_process_functions},
    {"core.system", sl_bind_json_functions},
    {"core.system", sl_bind_guard_functions},
    {NULL, NULL},
};

const sl_bind_class *const sl_bind_classes[] = {
    &sl_bind_tensor,      &sl_bind_model,
    &sl_bind_optimizer,   &sl_bind_dataset,
    &sl_bind_loader,      &sl_bind_confusion,
    &sl_bind_reliability, &sl_bind_random,
    &sl_bind_cursor,      &sl_bind_checkpoint_writer,
    &sl_bind_checkpoint,  &sl_bind_db,
    &sl_bind_writer,      NULL,
};

void sl_bind_register(lua_State *L, const char *prefix, const char *separator, const sl_bind_function *functions) {
    luaL_checkstack(L, 4, NULL);
    for (; functions->name; functions++) {
        bool has_self = strcmp(functions->name, "__call") == 0; // other metamethods count all their operands
        lua_pushfstring(L, "%s%s%s", prefix, has_self ? ":" : separator, functions->name);
        lua_pushcclosure(L, functions->function, 1);
        lua_setfield(L, -2, functions->name);
    }
}

int sl_bind_open(lua_State *L) {
    luaL_checkstack(L, 8, NULL);
    for (int i = 0; sl_bind_classes[i]; i++) sl_bind_class_register(L, sl_bind_classes[i]);
    lua_newtable(L); // core
    lua_newtable(L); // core.system
    for (int i = 0; sl_bind_groups[i].table; i++) {
        lua_pushvalue(L, strcmp(sl_bind_groups[i].table, "core") == 0 ? -2 : -1);
        sl_bind_register(L, sl_bind_groups[i].table, ".", sl_bind_groups[i].functions);
        lua_pop(L, 1);
    }
    lua_setfield(L, -2, "system");
    sl_bind_push_ops(L);
    lua_setfield(L, -2, "ops");
    return 1;
}
