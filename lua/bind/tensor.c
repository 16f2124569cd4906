// Tensors: making them, looking into them, views and arithmetic.
#include "core/tensor/tensor.h"
#include "core/tensor/tape.h"
#include "lua/bind/bind.h"
#include <math.h>
#include <string.h>

static const char *const dtype_names[] = {"f32", "bf16", "i64", "u8", NULL}; // as sl_dtype

static sl_tensor *self_of(lua_State *L) {
    return sl_bind_tensor_get(L, 1, "self");
}

// ---- making ------------------------------------------------------------------------------------------------------------------

typedef struct tensor_options {
    int dtype;
    double fill;
} tensor_options;

static const sl_option make_options[] = {
    {"shape", SL_OPTION_OTHER, 0, NULL, "the extents, {} to four numbers in the order N, C, H, W", 0, 0, 0, NULL},
    {"dtype", SL_OPTION_CHOICE, offsetof(tensor_options, dtype), "\"f32\"", "the kind of number", 0, 0, 0, dtype_names},
    {"fill", SL_OPTION_REAL, offsetof(tensor_options, fill), "0", "every element's value", -HUGE_VAL, HUGE_VAL, 0, NULL},
    {"data", SL_OPTION_OTHER, 0, "nil", "the elements as a flat list in planar order (w fastest), instead of fill", 0, 0, 0,
     NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};

static sl_shape read_shape(lua_State *L, int table, const char *what) {
    if (lua_type(L, table) != LUA_TTABLE)
        sl_bind_error(L, "%s: a list of extents expected, got %s", what, luaL_typename(L, table));
    size_t rank = lua_rawlen(L, table);
    if (rank > 4) sl_bind_error(L, "%s: at most 4 extents, got %d", what, (int)rank);
    int64_t dims[4] = {1, 1, 1, 1};
    for (size_t i = 0; i < rank; i++) {
        lua_rawgeti(L, table, (lua_Integer)i + 1);
        int whole = 0;
        dims[i] = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : 0;
        if (!whole || dims[i] < 0) sl_bind_error(L, "%s: extent %d is not a whole number >= 0", what, (int)i + 1);
        lua_pop(L, 1);
    }
    sl_shape shape;
    sl_bind_check(L, sl_shape_from_dims((int)rank, dims, &shape));
    return shape;
}

// The number on top of the stack into place `i` of planar data.
static void store_element(lua_State *L, sl_dtype dtype, void *planar, int64_t i) {
    int good = lua_type(L, -1) == LUA_TNUMBER;
    if (dtype == SL_F32 || dtype == SL_BF16) {
        float value = (float)lua_tonumber(L, -1);
        if (dtype == SL_F32)
            ((float *)planar)[i] = value;
        else
            ((uint16_t *)planar)[i] = sl_bf16_from_f32(value);
    } else {
        int whole = 0;
        int64_t value = lua_tointegerx(L, -1, &whole);
        good = good && whole && (dtype == SL_I64 || (value >= 0 && value <= 255));
        if (dtype == SL_I64)
            ((int64_t *)planar)[i] = value;
        else
            ((uint8_t *)planar)[i] = (uint8_t)value;
    }
    if (!good)
        sl_bind_error(L, "data: element %I is %s, which is no %s", (LUAI_UACINT)(i + 1), luaL_tolstring(L, -1, NULL),
                      sl_dtype_name(dtype));
}

static int tensor_new(lua_State *L) {
    tensor_options options = {SL_F32, 0};
    sl_bind_options(L, 1, "options", make_options, &options);
    lua_settop(L, 1);
    lua_getfield(L, 1, "shape"); // 2
    sl_shape shape = read_shape(L, 2, "shape");
    bool has_data = lua_getfield(L, 1, "data") != LUA_TNIL; // 3
    sl_dtype dtype = (sl_dtype)options.dtype;
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor); // 4
    if (!has_data) {
        sl_tensor *made = NULL;
        sl_status status = sl_tensor_new_full(dtype, shape, options.fill, &made);
        return sl_bind_adopt(L, handle, made, status);
    }
    if (lua_type(L, 3) != LUA_TTABLE) sl_bind_error(L, "data: a flat list of numbers expected, got %s", luaL_typename(L, 3));
    int64_t count = sl_shape_count(shape);
    char text[96];
    if ((int64_t)lua_rawlen(L, 3) != count)
        sl_bind_error(L, "data has %I elements, the shape %s needs %I", (LUAI_UACINT)lua_rawlen(L, 3), sl_shape_text(shape, text),
                      (LUAI_UACINT)count);
    void *planar = sl_bind_scratch(L, (size_t)count, sl_dtype_size(dtype));
    for (int64_t i = 0; i < count; i++) {
        lua_rawgeti(L, 3, i + 1);
        store_element(L, dtype, planar, i);
        lua_pop(L, 1);
    }
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_new(dtype, shape, &made);
    sl_bind_adopt(L, handle, made, status);
    sl_tensor_from_planar(handle->object, planar);
    lua_pushvalue(L, 4);
    return 1;
}

static int tensor_scalar(lua_State *L) {
    double value = sl_bind_number(L, 1, "value");
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_new_full(SL_F32, sl_shape_scalar(), value, &made);
    return sl_bind_adopt(L, handle, made, status);
}

const sl_bind_function sl_bind_tensor_functions[] = {
    {"tensor", tensor_new, "{shape=, dtype=\"f32\", fill=0 | data={...}} -> tensor", "A new tensor.", make_options},
    {"scalar", tensor_scalar, "(value) -> tensor", "A new f32 tensor of rank 0.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- looking into them -------------------------------------------------------------------------------------------------------

static int tensor_shape(lua_State *L) {
    sl_shape shape = sl_tensor_shape(self_of(L));
    int64_t dims[4];
    sl_shape_to_dims(shape, dims);
    lua_createtable(L, shape.rank, 0);
    for (int i = 0; i < shape.rank; i++) {
        lua_pushinteger(L, dims[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int tensor_dtype(lua_State *L) {
    lua_pushstring(L, sl_dtype_name(sl_tensor_dtype(self_of(L))));
    return 1;
}

static int tensor_count(lua_State *L) {
    lua_pushinteger(L, sl_tensor_count(self_of(L)));
    return 1;
}

static void push_element(lua_State *L, sl_dtype dtype, const void *data, int64_t i) {
    switch (dtype) {
    case SL_F32: lua_pushnumber(L, (double)((const float *)data)[i]); break;
    case SL_BF16: lua_pushnumber(L, (double)sl_bf16_to_f32(((const uint16_t *)data)[i])); break;
    case SL_I64: lua_pushinteger(L, ((const int64_t *)data)[i]); break;
    default: lua_pushinteger(L, ((const uint8_t *)data)[i]); break;
    }
}

static int tensor_item(lua_State *L) {
    const sl_tensor *self = self_of(L);
    char text[96];
    if (sl_tensor_count(self) != 1)
        sl_bind_error(L, "the tensor is %s, not one element", sl_shape_text(sl_tensor_shape(self), text));
    push_element(L, sl_tensor_dtype(self), sl_tensor_data(self), 0);
    return 1;
}

// Indices as many as the rank has, or all four.
static int tensor_get(lua_State *L) {
    const sl_tensor *self = self_of(L);
    sl_shape shape = sl_tensor_shape(self);
    int given = lua_gettop(L) - 1;
    static const char *const names[5][4] = {{0}, {"c"}, {"n", "c"}, {"n", "h", "w"}, {"n", "c", "h", "w"}};
    if (given != 4 && given != shape.rank) {
        char text[96];
        sl_bind_error(L, "%d indices for a tensor of shape %s; give %d or 4", given, sl_shape_text(shape, text), shape.rank);
    }
    int64_t at[4] = {0, 0, 0, 0};
    const int64_t extents[4] = {shape.n, shape.c, shape.h, shape.w};
    for (int i = 0; i < given; i++) {
        const char *name = names[given][i];
        int axis = (int)(strchr("nchw", name[0]) - "nchw");
        at[axis] = (int64_t)sl_bind_place(L, i + 2, name, (size_t)extents[axis]);
    }
    int64_t place = ((at[0] * shape.h + at[2]) * shape.w + at[3]) * shape.c + at[1];
    push_element(L, sl_tensor_dtype(self), sl_tensor_data(self), place);
    return 1;
}

static int tensor_table(lua_State *L) {
    const sl_tensor *self = self_of(L);
    int64_t count = sl_tensor_count(self);
    if (count > INT32_MAX) sl_bind_error(L, "%I elements are too many for a table", (LUAI_UACINT)count);
    void *planar = sl_bind_scratch(L, sl_tensor_bytes(self), 1);
    sl_tensor_to_planar(self, planar);
    lua_createtable(L, (int)count, 0);
    for (int64_t i = 0; i < count; i++) {
        push_element(L, sl_tensor_dtype(self), planar, i);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

// The pixels of a map that are left out of statistics of `self`, one byte each; NULL: none.
static const uint8_t *ignored_of(lua_State *L, const sl_tensor *self) {
    if (lua_isnoneornil(L, 2)) return NULL;
    const sl_tensor *ignored = sl_bind_tensor_get(L, 2, "ignored");
    sl_shape s = sl_tensor_shape(self), map = sl_tensor_shape(ignored);
    char text[96], wanted[96];
    if (sl_tensor_dtype(ignored) != SL_U8 || map.n != s.n || map.h != s.h || map.w != s.w || map.c != 1)
        sl_bind_error(L, "stats: ignored is %s %s, must be u8 %s", sl_shape_text(map, text),
                      sl_dtype_name(sl_tensor_dtype(ignored)), sl_shape_text(sl_shape_map(s.n, s.h, s.w), wanted));
    return sl_tensor_u8(ignored);
}

static int tensor_stats(lua_State *L) {
    const sl_tensor *self = self_of(L);
    const uint8_t *ignored = ignored_of(L, self);
    const float *f32 = sl_tensor_f32(self);
    sl_shape s = sl_tensor_shape(self);
    double least = HUGE_VAL, most = -HUGE_VAL, sum = 0;
    int64_t finite = 0, count = 0, place = 0;
    for (int64_t n = 0; n < s.n; n++)
        for (int64_t h = 0; h < s.h; h++)
            for (int64_t w = 0; w < s.w; w++)
                for (int64_t c = 0; c < s.c; c++, place++) {
                    if (ignored && ignored[place / s.c]) continue;
                    double value = f32 ? (double)f32[place] : sl_tensor_get(self, n, c, h, w);
                    count++;
                    if (!isfinite(value)) continue;
                    finite++;
                    sum += value;
                    if (value < least) least = value;
                    if (value > most) most = value;
                }
    lua_createtable(L, 0, 5);
    lua_pushnumber(L, finite ? least : NAN);
    lua_setfield(L, -2, "min");
    lua_pushnumber(L, finite ? most : NAN);
    lua_setfield(L, -2, "max");
    lua_pushnumber(L, finite ? sum / (double)finite : NAN);
    lua_setfield(L, -2, "mean");
    lua_pushboolean(L, finite == count);
    lua_setfield(L, -2, "finite");
    lua_pushinteger(L, count);
    lua_setfield(L, -2, "count");
    return 1;
}

// ---- copies and views --------------------------------------------------------------------------------------------------------

static int tensor_clone(lua_State *L) {
    const sl_tensor *self = self_of(L);
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_new_copy(self, &made);
    return sl_bind_adopt(L, handle, made, status);
}

static int tensor_detach(lua_State *L) {
    sl_tensor *self = self_of(L);
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_detach(self, &made);
    return sl_bind_adopt(L, handle, made, status);
}

static int tensor_slice(lua_State *L) {
    sl_tensor *self = self_of(L);
    int64_t extent = sl_tensor_shape(self).n;
    int64_t first = (int64_t)sl_bind_place(L, 2, "first", (size_t)extent);
    int64_t count = sl_bind_integer_or(L, 3, "count", 1, extent - first, 1);
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_view_batch(self, first, count, &made);
    return sl_bind_adopt(L, handle, made, status);
}

static int tensor_reshape(lua_State *L) {
    sl_tensor *self = self_of(L);
    sl_bind_table(L, 2, "shape");
    sl_shape shape = read_shape(L, 2, "shape");
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_view_shape(self, shape, &made);
    return sl_bind_adopt(L, handle, made, status);
}

static int tensor_fill(lua_State *L) {
    sl_tensor *self = self_of(L);
    sl_tensor_fill(self, sl_bind_number(L, 2, "value"));
    lua_settop(L, 1);
    return 1;
}

static int tensor_copy(lua_State *L) {
    sl_tensor *self = self_of(L);
    sl_bind_check(L, sl_tensor_copy(self, sl_bind_tensor_get(L, 2, "source")));
    lua_settop(L, 1);
    return 1;
}

static int tensor_to(lua_State *L) {
    const sl_tensor *self = self_of(L);
    sl_dtype dtype = (sl_dtype)sl_bind_choice(L, 2, "dtype", dtype_names, -1);
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_convert(self, dtype, &made);
    return sl_bind_adopt(L, handle, made, status);
}

// ---- gradients ---------------------------------------------------------------------------------------------------------------

static int tensor_requires_grad(lua_State *L) {
    sl_tensor *self = self_of(L);
    if (lua_isnoneornil(L, 2)) {
        lua_pushboolean(L, sl_tensor_requires_grad(self));
        return 1;
    }
    sl_bind_check(L, sl_tensor_set_requires_grad(self, sl_bind_bool_or(L, 2, "on", false)));
    lua_settop(L, 1);
    return 1;
}

static int tensor_grad(lua_State *L) {
    sl_bind_push_tensor(L, sl_tensor_grad(self_of(L)));
    return 1;
}

static int tensor_clear_grad(lua_State *L) {
    sl_tensor_clear_grad(self_of(L));
    return 0;
}

static int tensor_backward(lua_State *L) {
    sl_tensor *self = self_of(L);
    const sl_tensor *gradient = sl_bind_try(L, 2, "gradient", &sl_bind_tensor);
    if (gradient)
        sl_bind_check(L, sl_backward_from(self, gradient));
    else
        sl_bind_check(L, sl_backward(self, sl_bind_number_or(L, 2, "scale", 1)));
    return 0;
}

static const sl_bind_function methods[] = {
    {"shape", tensor_shape, "() -> {extents}", "The extents, as many as the rank has.", NULL},
    {"dtype", tensor_dtype, "() -> string", "\"f32\", \"bf16\", \"i64\" or \"u8\".", NULL},
    {"count", tensor_count, "() -> integer", "How many elements there are; #tensor is the same.", NULL},
    {"item", tensor_item, "() -> number", "The value of a tensor with one element.", NULL},
    {"get", tensor_get, "(n, c, h, w) -> number", "One element; indices from 1, as many as the rank has, or all four.", NULL},
    {"table", tensor_table, "() -> {numbers}", "All elements as a flat list in planar order (w fastest).", NULL},
    {"stats", tensor_stats, "(ignored=nil) -> {min=, max=, mean=, finite=, count=}",
     "Over the finite elements of the `count` ones that are looked at; `finite` tells whether all of them are (min, max and mean "
     "are NaN when none is). Pixels where `ignored`, a u8 map, is not 0 are left out.",
     NULL},
    {"clone", tensor_clone, "() -> tensor", "A copy with storage of its own and no gradient history.", NULL},
    {"detach", tensor_detach, "() -> tensor", "The same storage without gradient history.", NULL},
    {"slice", tensor_slice, "(first, count=1) -> tensor", "A view of images first .. first+count-1, without gradient history.",
     NULL},
    {"reshape", tensor_reshape, "{extents} -> tensor",
     "A view of the same elements under another shape, where their order in memory (N, H, W, C) allows it.", NULL},
    {"fill", tensor_fill, "(value) -> self", "Sets every element.", NULL},
    {"copy", tensor_copy, "(source) -> self", "Copies the elements of a tensor of the same shape and dtype.", NULL},
    {"to", tensor_to, "(dtype) -> tensor", "A copy converted to another dtype.", NULL},
    {"keep", sl_bind_tensor_keep, "() -> self", "Takes the tensor out of core.scope: it stays open when the scope ends.", NULL},
    {"requires_grad", tensor_requires_grad, "(on) -> self | () -> boolean", "Marks a leaf whose gradient is wanted; or asks.",
     NULL},
    {"grad", tensor_grad, "() -> tensor | nil", "The gradient that backward has summed into this leaf.", NULL},
    {"clear_grad", tensor_clear_grad, "()", "Removes the gradient, as if never computed.", NULL},
    {"backward", tensor_backward, "(scale=1 | gradient)",
     "Computes the gradients of all leaves this tensor depends on: of scale times it when it has one element, or from its own "
     "gradient.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status tensor_release(void *tensor) {
    sl_tensor_free(tensor);
    return SL_OK;
}

static void tensor_describe(lua_State *L, void *object) {
    const sl_tensor *tensor = object;
    char text[96];
    lua_pushfstring(L, "tensor %s %s%s", sl_shape_text(sl_tensor_shape(tensor), text), sl_dtype_name(sl_tensor_dtype(tensor)),
                    sl_tensor_requires_grad(tensor) ? " (requires grad)" : "");
}

const sl_bind_class sl_bind_tensor = {
    "tensor", "semiluna.tensor",          "Numbers in up to four dimensions N, C, H, W.", tensor_release, tensor_describe,
    methods,  sl_bind_tensor_metamethods,
};
