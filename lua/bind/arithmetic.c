// The operators of tensors. Each counts all its operands as arguments.
#include "core/tensor/tensor.h"
#include "lua/bind/bind.h"

// left + alpha x right.
static int add(lua_State *L, sl_tensor *left, sl_tensor *right, double alpha) {
    sl_tensor *const inputs[SL_OP_MAX_INPUTS] = {left, right};
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_add);
    attributes.alpha = alpha;
    return sl_bind_run_op(L, SL_OP_add, inputs, &attributes);
}

// The tensor at `index`; a number becomes a constant tensor like the other operand.
static sl_tensor *operand(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TNUMBER) return sl_bind_tensor_get(L, index, index == 1 ? "left" : "right");
    sl_tensor *other = sl_bind_tensor_get(L, 3 - index, index == 1 ? "right" : "left");
    sl_handle *handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *made = NULL;
    sl_status status = sl_tensor_new_full(sl_tensor_dtype(other), sl_tensor_shape(other), lua_tonumber(L, index), &made);
    sl_bind_adopt(L, handle, made, status);
    return handle->object;
}

static int scale(lua_State *L, int tensor, double factor) {
    sl_tensor *const inputs[SL_OP_MAX_INPUTS] = {sl_bind_tensor_get(L, tensor, tensor == 1 ? "left" : "right")};
    sl_op_attributes attributes = sl_op_attributes_default(SL_OP_scale);
    attributes.factor = factor;
    return sl_bind_run_op(L, SL_OP_scale, inputs, &attributes);
}

static int tensor_add(lua_State *L) {
    sl_tensor *left = operand(L, 1), *right = operand(L, 2);
    return add(L, left, right, 1);
}

static int tensor_sub(lua_State *L) {
    sl_tensor *left = operand(L, 1), *right = operand(L, 2);
    return add(L, left, right, -1);
}

static int tensor_mul(lua_State *L) {
    if (lua_type(L, 1) == LUA_TNUMBER) return scale(L, 2, lua_tonumber(L, 1));
    if (lua_type(L, 2) == LUA_TNUMBER) return scale(L, 1, lua_tonumber(L, 2));
    sl_tensor *const inputs[SL_OP_MAX_INPUTS] = {sl_bind_tensor_get(L, 1, "left"), sl_bind_tensor_get(L, 2, "right")};
    return sl_bind_run_op(L, SL_OP_mul, inputs, NULL);
}

static int tensor_div(lua_State *L) {
    return scale(L, 1, 1 / sl_bind_number(L, 2, "right"));
}
static int tensor_unm(lua_State *L) {
    return scale(L, 1, -1);
}

static int tensor_len(lua_State *L) {
    lua_pushinteger(L, sl_tensor_count(sl_bind_tensor_get(L, 1, "tensor")));
    return 1;
}

const sl_bind_function sl_bind_tensor_metamethods[] = {
    {"__add", tensor_add, "tensor + tensor, tensor + number", "The sum, elementwise.", NULL},
    {"__sub", tensor_sub, "tensor - tensor, tensor - number", "The difference, elementwise.", NULL},
    {"__mul", tensor_mul, "tensor * tensor, tensor * number", "The product, elementwise.", NULL},
    {"__div", tensor_div, "tensor / number", "The quotient.", NULL},
    {"__unm", tensor_unm, "-tensor", "The negative.", NULL},
    {"__len", tensor_len, "#tensor", "How many elements there are.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
