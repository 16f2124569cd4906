// What the bindings share: descriptors, handles, arguments, options, errors.
//
// A function or method is a row of a const table (name, C function, signature, help, options), from which come its registration,
// its error messages and its place in the Lua reference. Every object a script holds is a full userdata with a sl_handle in it;
// it is created closed, given its metatable, and only then acquires its object, so that an error at any point leaks nothing.
#ifndef SL_LUA_BIND_BIND_H
#define SL_LUA_BIND_BIND_H

#include "core/base/status.h"
#include "core/tensor/op.h"
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

// The loader of "semiluna.core": pushes the module's table.
int sl_bind_open(lua_State *L);

// ---- descriptors ------------------------------------------------------------------------------------------------------------

typedef enum sl_option_type {
    SL_OPTION_INT,    // int
    SL_OPTION_LONG,   // int64_t or uint64_t
    SL_OPTION_REAL,   // double
    SL_OPTION_FLOAT,  // float
    SL_OPTION_BOOL,   // bool
    SL_OPTION_TEXT,   // const char *, borrowed from the table
    SL_OPTION_CHOICE, // int: the place in `choices`
    SL_OPTION_INTS,   // int[length]; a single number stands for all
    SL_OPTION_REALS,  // double[length]
    SL_OPTION_FLOATS, // float[length]
    SL_OPTION_OTHER,  // read by the function itself
} sl_option_type;

// One key of an option table. Its default is what the target struct holds before; `fallback` says it in words.
typedef struct sl_option {
    const char *name;
    sl_option_type type;
    size_t offset;
    const char *fallback; // NULL: the option is required
    const char *help;
    double least, most; // both 0: any
    int length;
    const char *const *choices; // ended by NULL
} sl_option;

typedef struct sl_bind_function {
    const char *name;
    lua_CFunction function;
    const char *signature;    // "(first, count) -> tensor"
    const char *help;         // one sentence
    const sl_option *options; // ended by name == NULL; or NULL
} sl_bind_function;

typedef struct sl_bind_class {
    const char *name; // "tensor"
    const char *type; // "semiluna.tensor"
    const char *help;
    sl_status (*release)(void *object);           // frees it; the status is reported by close() alone
    void (*describe)(lua_State *L, void *object); // pushes one string; NULL: the name alone
    const sl_bind_function *methods;
    const sl_bind_function *metamethods; // beside __gc, __close, __tostring and __index; or NULL
} sl_bind_class;

extern const sl_bind_class sl_bind_tensor, sl_bind_model, sl_bind_optimizer, sl_bind_dataset, sl_bind_loader, sl_bind_confusion,
    sl_bind_reliability, sl_bind_random, sl_bind_checkpoint_writer, sl_bind_checkpoint, sl_bind_db, sl_bind_cursor,
    sl_bind_writer;

extern const sl_bind_function sl_bind_tensor_functions[], sl_bind_grad_functions[], sl_bind_model_functions[],
    sl_bind_optimizer_functions[], sl_bind_dataset_functions[], sl_bind_loader_functions[], sl_bind_confusion_functions[],
    sl_bind_reliability_functions[], sl_bind_random_functions[], sl_bind_checkpoint_functions[], sl_bind_image_functions[],
    sl_bind_runtime_functions[], sl_bind_db_functions[], sl_bind_writer_functions[], sl_bind_system_functions[],
    sl_bind_process_functions[], sl_bind_json_functions[], sl_bind_guard_functions[], sl_bind_scope_functions[];

// The tensors' operators, and tensor:keep().
extern const sl_bind_function sl_bind_tensor_metamethods[];
int sl_bind_tensor_keep(lua_State *L);

// Pushes the table of ops (core.ops), and the array that describes them (core.op_list()).
void sl_bind_push_ops(lua_State *L);
int sl_bind_op_list(lua_State *L);
// core.descriptions().
int sl_bind_descriptions(lua_State *L);
// All functions and classes, for registering and describing them.
typedef struct sl_bind_group {
    const char *table; // "core" or "core.system"
    const sl_bind_function *functions;
} sl_bind_group;
extern const sl_bind_group sl_bind_groups[];         // ended by table == NULL
extern const sl_bind_class *const sl_bind_classes[]; // ended by NULL

// Adds functions to the table on top, under their full names ("core.tensor") for messages.
void sl_bind_register(lua_State *L, const char *prefix, const char *separator, const sl_bind_function *functions);

void sl_bind_class_register(lua_State *L, const sl_bind_class *class);

// ---- errors -----------------------------------------------------------------------------------------------------------------

// Raises "file:line: function: message". The position is the caller's nearest line outside the embedded library.
int sl_bind_error(lua_State *L, const char *format, ...) __attribute__((noreturn));
// Raises the message on top of the stack, with that position before it.
int sl_bind_raise(lua_State *L) __attribute__((noreturn));
// Raises the core's message unless `status` is SL_OK.
void sl_bind_check(lua_State *L, sl_status status);
// Raises "function: argument N (what): message"; a method's self is not counted.
int sl_bind_argument_error(lua_State *L, int argument, const char *what, const char *message) __attribute__((noreturn));
// Raises "... expected, got TYPE".
int sl_bind_type_error(lua_State *L, int argument, const char *what, const char *expected) __attribute__((noreturn));
// The message handler for protected calls: adds a traceback when SEMILUNA_TRACEBACK is set.
int sl_bind_message_handler(lua_State *L);

// ---- handles ----------------------------------------------------------------------------------------------------------------

typedef struct sl_handle {
    void *object; // NULL: closed
    // The tensors made in one scope (scope.c) are chained.
    struct sl_handle *scope_next, **scope_link; // scope_link NULL: in none
} sl_handle;

// Pushes a closed handle.
sl_handle *sl_bind_new(lua_State *L, const sl_bind_class *class);
// Chains a new tensor handle into the running scope, if there is one; takes a handle out of its scope.
void sl_scope_add(sl_handle *handle);
void sl_scope_remove(sl_handle *handle);
// Gives a new handle its object (NULL on failure), then raises the error if there is one. Returns 1, the handle being one result.
int sl_bind_adopt(lua_State *L, sl_handle *handle, void *object, sl_status status);
// The object of the handle at `argument`; an error when it is another type or closed.
void *sl_bind_get(lua_State *L, int argument, const char *what, const sl_bind_class *class);
// The object, or NULL when the value is no handle of this class; an error when it is closed.
void *sl_bind_try(lua_State *L, int argument, const char *what, const sl_bind_class *class);
sl_tensor *sl_bind_tensor_get(lua_State *L, int argument, const char *what);
// Pushes a handle of a tensor that somebody else owns (retained), or nil for NULL.
void sl_bind_push_tensor(lua_State *L, sl_tensor *borrowed);

// Runs an op on tensors that the Lua stack holds and pushes its outputs; returns how many.
int sl_bind_run_op(lua_State *L, sl_op op, sl_tensor *const *inputs, const sl_op_attributes *attributes);

// A model is shared by its handle and the optimizers over it.
struct sl_model;
typedef struct sl_shared_model {
    int references;
    struct sl_model *model;
} sl_shared_model;
sl_shared_model *sl_shared_model_retain(sl_shared_model *shared);
void sl_shared_model_free(sl_shared_model *shared);

// A dataset and whether its images have labels.
struct sl_dataset;
typedef struct sl_labeled_dataset {
    struct sl_dataset *dataset;
    bool labels;
} sl_labeled_dataset;

typedef struct sl_bound_optimizer {
    struct sl_optimizer *optimizer;
    sl_shared_model *model; // NULL: over tensors
} sl_bound_optimizer;

// ---- arguments --------------------------------------------------------------------------------------------------------------

int64_t sl_bind_integer(lua_State *L, int argument, const char *what, int64_t least, int64_t most);
int64_t sl_bind_integer_or(lua_State *L, int argument, const char *what, int64_t least, int64_t most, int64_t fallback);
double sl_bind_number(lua_State *L, int argument, const char *what);
double sl_bind_number_or(lua_State *L, int argument, const char *what, double fallback);
const char *sl_bind_string(lua_State *L, int argument, const char *what); // without zero bytes
const char *sl_bind_string_or(lua_State *L, int argument, const char *what, const char *fallback);
bool sl_bind_bool_or(lua_State *L, int argument, const char *what, bool fallback);
void sl_bind_table(lua_State *L, int argument, const char *what);
void sl_bind_function_argument(lua_State *L, int argument, const char *what); // or what can be called like one
// A place 1..count in a list, as 0..count-1.
size_t sl_bind_place(lua_State *L, int argument, const char *what, size_t count);

// Memory that the collector owns, left on the stack; never NULL.
void *sl_bind_scratch(lua_State *L, size_t count, size_t size);

// Reads the option table at `argument` (absent: all defaults) into `target`. Errors: an unknown key (naming the nearest known
// one), a wrong type, a value out of range, a required option that is missing. Texts stay valid while the table does.
void sl_bind_options(lua_State *L, int argument, const char *what, const sl_option *options, void *target);
// Raises the error for an unknown option, naming the nearest of `names`.
int sl_bind_unknown(lua_State *L, const char *kind, const char *name, const char *const *names, size_t count)
    __attribute__((noreturn));
// The place of a name in `choices` (ended by NULL); otherwise an error that lists them.
int sl_bind_choice(lua_State *L, int argument, const char *what, const char *const *choices, int fallback);
// Pushes an array that describes the options, for core.descriptions().
void sl_bind_push_options(lua_State *L, const sl_option *options);

// ---- the collector ----------------------------------------------------------------------------------------------------------

// Makes allocation pressure run the collector of this state, from now until it closes.
void sl_bind_collect_under_pressure(lua_State *L);
// True while it does so: finalizers may free handles then, but not use the core.
bool sl_bind_collecting(void);

#endif
