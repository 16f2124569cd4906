// The prefetching loader.
#include "core/data/loader.h"
#include "core/base/random.h"
#include "lua/bind/bind.h"
#include <math.h>
#include <string.h>

typedef struct loader_options {
    sl_loader_options loader;
    int crop[2];
    double scale[2];
} loader_options;

#define PLACE(field) offsetof(loader_options, loader.field)
static const sl_option descriptors[] = {
    {"batch", SL_OPTION_INT, PLACE(batch), "1", "images a batch", 1, 65536, 0, NULL},
    {"crop", SL_OPTION_INTS, offsetof(loader_options, crop), "{321, 321}", "height and width of the crop, or one number for both",
     1, 16384, 2, NULL},
    {"scale", SL_OPTION_REALS, offsetof(loader_options, scale), "{0.5, 1.5}", "least and largest random scale", 0.01, 100, 2,
     NULL},
    {"mirror", SL_OPTION_BOOL, PLACE(mirror), "true", "mirror half of the crops", 0, 0, 0, NULL},
    {"mean", SL_OPTION_FLOATS, PLACE(mean), "the ImageNet mean", "subtracted from blue, green, red", -1e6, 1e6, 3, NULL},
    {"divisor", SL_OPTION_FLOAT, PLACE(divisor), "1", "then divided by it", 1e-6, 1e6, 0, NULL},
    {"seed", SL_OPTION_LONG, PLACE(seed), "1", "of order and augmentation", 0, HUGE_VAL, 0, NULL},
    {"stream", SL_OPTION_OTHER, 0, "\"labeled\"", "\"labeled\", \"unlabeled\", \"ground_truth\" or a number: which draws", 0, 0,
     0, NULL},
    {"threads", SL_OPTION_INT, PLACE(threads), "1", "workers that decode ahead; 0: none", 0, 256, 0, NULL},
    {"ahead", SL_OPTION_INT, PLACE(ahead), "2", "batches decoded ahead at the most", 0, 1024, 0, NULL},
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};
#undef PLACE

static uint32_t read_stream(lua_State *L, int table) {
    static const char *const names[] = {"labeled", "unlabeled", "ground_truth"};
    static const uint32_t numbers[] = {SL_STREAM_LABELED, SL_STREAM_UNLABELED, SL_STREAM_GROUND_TRUTH};
    if (lua_getfield(L, table, "stream") == LUA_TNUMBER) {
        int whole;
        lua_Integer number = lua_tointegerx(L, -1, &whole);
        if (!whole || number < 0 || number > UINT32_MAX) sl_bind_error(L, "option \"stream\": not a number from 0 to 2^32-1");
        return (uint32_t)number;
    }
    if (lua_isnil(L, -1)) return SL_STREAM_LABELED;
    if (lua_type(L, -1) != LUA_TSTRING)
        sl_bind_error(L, "option \"stream\": a name or number expected, got %s", luaL_typename(L, -1));
    const char *name = lua_tostring(L, -1);
    for (size_t i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0) return numbers[i];
    sl_bind_unknown(L, "stream", name, names, 3);
}

static int new_loader(lua_State *L) {
    lua_settop(L, 2);
    sl_labeled_dataset *dataset = sl_bind_get(L, 1, "dataset", &sl_bind_dataset);
    loader_options options = {.loader = sl_loader_options_default()};
    options.loader.seed = 1;
    options.loader.threads = 1;
    options.loader.stream = SL_STREAM_LABELED;
    options.crop[0] = options.loader.crop_height;
    options.crop[1] = options.loader.crop_width;
    options.scale[0] = options.loader.scale_least;
    options.scale[1] = options.loader.scale_most;
    sl_bind_options(L, 2, "options", descriptors, &options);
    options.loader.crop_height = options.crop[0];
    options.loader.crop_width = options.crop[1];
    options.loader.scale_least = options.scale[0];
    options.loader.scale_most = options.scale[1];
    if (lua_istable(L, 2)) options.loader.stream = read_stream(L, 2);
    sl_handle *handle = sl_bind_new(L, &sl_bind_loader);
    sl_loader *made = NULL;
    sl_status status = sl_loader_new(dataset->dataset, &options.loader, &made);
    return sl_bind_adopt(L, handle, made, status);
}

const sl_bind_function sl_bind_loader_functions[] = {
    {"loader", new_loader, "(dataset, {batch=, crop=, ...}) -> loader",
     "Batches of augmented crops; the same seed gives the same batches whatever the number of threads.", descriptors},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_loader *self_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_loader);
}

static int loader_next(lua_State *L) {
    sl_loader *self = self_of(L);
    sl_handle *image_handle = sl_bind_new(L, &sl_bind_tensor), *label_handle = sl_bind_new(L, &sl_bind_tensor);
    sl_tensor *images = NULL, *labels = NULL;
    sl_status status = sl_loader_next(self, &images, &labels);
    image_handle->object = images;
    label_handle->object = labels;
    sl_bind_check(L, status);
    return 2;
}

static int loader_position(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)sl_loader_position(self_of(L)));
    return 1;
}

static int loader_seek(lua_State *L) {
    sl_loader *self = self_of(L);
    sl_bind_check(L, sl_loader_seek(self, (uint64_t)sl_bind_integer(L, 2, "position", 0, INT64_MAX)));
    return 0;
}

static const sl_bind_function methods[] = {
    {"next", loader_next, "() -> images, labels",
     "The next batch: images (N,3,H,W) f32 and labels (N,H,W) u8, 255 where there is padding or no label.", NULL},
    {"position", loader_position, "() -> integer", "Samples handed out so far.", NULL},
    {"seek", loader_seek, "(position)", "Goes on from that position of the stream.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status loader_release(void *loader) {
    sl_loader_free(loader);
    return SL_OK;
}

const sl_bind_class sl_bind_loader = {
    "loader", "semiluna.loader", "A stream of batches.", loader_release, NULL, methods, NULL,
};
