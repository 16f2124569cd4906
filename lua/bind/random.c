// Counter-based random numbers for scripts.
#include "core/base/random.h"
#include "core/base/memory.h"
#include "lua/bind/bind.h"

static int new_random(lua_State *L) {
    uint64_t seed = (uint64_t)sl_bind_integer_or(L, 1, "seed", INT64_MIN, INT64_MAX, 1);
    uint32_t stream = (uint32_t)sl_bind_integer_or(L, 2, "stream", 0, UINT32_MAX, SL_STREAM_USER);
    uint64_t sample = (uint64_t)sl_bind_integer_or(L, 3, "sample", 0, INT64_MAX, 0);
    sl_handle *handle = sl_bind_new(L, &sl_bind_random);
    sl_random *random = sl_malloc(sizeof *random);
    if (!random) sl_bind_check(L, sl_error(SL_ERR_MEMORY, "out of memory for a random generator"));
    *random = sl_random_at(seed, stream, sample);
    handle->object = random;
    return 1;
}

const sl_bind_function sl_bind_random_functions[] = {
    {"random", new_random, "(seed=1, stream=64, sample=0) -> random",
     "Random numbers that depend on (seed, stream, sample) and the number of the draw alone; scripts' own streams start at 64.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_random *self_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_random);
}

static int random_uniform(lua_State *L) {
    lua_pushnumber(L, sl_random_uniform(self_of(L)));
    return 1;
}

static int random_normal(lua_State *L) {
    lua_pushnumber(L, sl_random_normal(self_of(L)));
    return 1;
}

static int random_below(lua_State *L) {
    sl_random *self = self_of(L);
    lua_pushinteger(L, (lua_Integer)sl_random_below(self, (uint64_t)sl_bind_integer(L, 2, "limit", 1, INT64_MAX)));
    return 1;
}

static int random_integer(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)sl_random_u32(self_of(L)));
    return 1;
}

static int random_permutation(lua_State *L) {
    sl_random *self = self_of(L);
    uint32_t count = (uint32_t)sl_bind_integer(L, 2, "count", 0, INT32_MAX);
    uint32_t *places = sl_bind_scratch(L, count, sizeof *places);
    sl_random_permutation(self, places, count);
    lua_createtable(L, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        lua_pushinteger(L, (lua_Integer)places[i] + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int random_draw(lua_State *L) {
    sl_random *self = self_of(L);
    if (!lua_isnoneornil(L, 2)) self->draw = (uint32_t)sl_bind_integer(L, 2, "draw", 0, UINT32_MAX);
    lua_pushinteger(L, (lua_Integer)self->draw);
    return 1;
}

static const sl_bind_function methods[] = {
    {"uniform", random_uniform, "() -> number", "Uniform in [0, 1).", NULL},
    {"normal", random_normal, "() -> number", "Normal, mean 0, standard deviation 1.", NULL},
    {"below", random_below, "(limit) -> integer", "One of 0 .. limit-1, all alike.", NULL},
    {"integer", random_integer, "() -> integer", "32 random bits.", NULL},
    {"permutation", random_permutation, "(count) -> {integers}", "The numbers 1 .. count in random order.", NULL},
    {"draw", random_draw, "(number) -> integer", "The number of the next draw; given one, goes there.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status random_release(void *random) {
    sl_free(random);
    return SL_OK;
}

const sl_bind_class sl_bind_random = {
    "random", "semiluna.random", "A stream of random numbers.", random_release, NULL, methods, NULL,
};
