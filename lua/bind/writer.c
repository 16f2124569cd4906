// The writer that logs without making training wait.
#include "db/writer.h"
#include "core/metrics/confusion.h"
#include "lua/bind/bind.h"

static int open_writer(lua_State *L) {
    const char *path = sl_bind_string(L, 1, "path");
    sl_handle *handle = sl_bind_new(L, &sl_bind_writer);
    sl_writer *made = NULL;
    sl_status status = sl_writer_open(path, &made);
    return sl_bind_adopt(L, handle, made, status);
}

const sl_bind_function sl_bind_writer_functions[] = {
    {"writer", open_writer, "(path) -> writer", "A writer with its own connection and thread.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_writer *self_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_writer);
}
static int64_t run_of(lua_State *L) {
    return sl_bind_integer(L, 2, "run", 1, INT64_MAX);
}
static int64_t step_of(lua_State *L) {
    return sl_bind_integer(L, 3, "step", 0, INT64_MAX);
}

static int writer_metric(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *name = sl_bind_string(L, 4, "name");
    sl_bind_check(L, sl_writer_metric(self, run, step, name, sl_bind_number(L, 5, "value")));
    return 0;
}

static int writer_class_iou(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *split = sl_bind_string(L, 4, "split");
    int class_index = (int)sl_bind_integer(L, 5, "class", 0, 65535);
    const char *name = sl_bind_string(L, 6, "class name");
    sl_bind_check(L, sl_writer_class_iou(self, run, step, split, class_index, name, sl_bind_number(L, 7, "iou")));
    return 0;
}

static int writer_confusion(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *split = sl_bind_string(L, 4, "split");
    const sl_confusion *confusion = sl_bind_get(L, 5, "confusion", &sl_bind_confusion);
    sl_bind_check(L, sl_writer_confusion(self, run, step, split, confusion->classes, confusion->counts));
    return 0;
}

static int writer_evaluation(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *split = sl_bind_string(L, 4, "split");
    const sl_confusion *confusion = sl_bind_get(L, 5, "confusion", &sl_bind_confusion);
    sl_bind_table(L, 6, "class names");
    int classes = confusion->classes;
    const char **names = sl_bind_scratch(L, (size_t)classes, sizeof *names);
    double *ious = sl_bind_scratch(L, (size_t)classes, sizeof *ious);
    for (int i = 0; i < classes; i++) {
        // The table keeps the text.
        names[i] = lua_rawgeti(L, 6, i + 1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        ious[i] = sl_confusion_iou(confusion, i);
        lua_pop(L, 1);
    }
    sl_bind_check(L, sl_writer_evaluation(self, run, step, split, classes, names, ious, confusion->counts));
    return 0;
}

static int writer_confidence(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *split = sl_bind_string(L, 4, "split");
    sl_bind_table(L, 5, "counts");
    int classes = (int)sl_bind_integer(L, 6, "classes", 1, 65535);
    size_t count = (size_t)lua_rawlen(L, 5), rows = (size_t)classes * 2;
    if (count == 0 || count % rows != 0 || count / rows > 65536)
        sl_bind_argument_error(L, 5, "counts", "expected as many numbers for each class, wrong and right");
    int64_t *counts = sl_bind_scratch(L, count, sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        int whole;
        lua_rawgeti(L, 5, (lua_Integer)i + 1);
        counts[i] = lua_tointegerx(L, -1, &whole);
        if (!whole || counts[i] < 0) sl_bind_argument_error(L, 5, "counts", "expected whole numbers of at least 0");
        lua_pop(L, 1);
    }
    sl_bind_check(L, sl_writer_confidence(self, run, step, split, classes, (int)(count / rows), counts));
    return 0;
}

static int writer_sample(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *split = sl_bind_string(L, 4, "split"), *image = sl_bind_string(L, 5, "image"),
               *kind = sl_bind_string(L, 6, "kind");
    int width = (int)sl_bind_integer(L, 7, "width", 1, 65535), height = (int)sl_bind_integer(L, 8, "height", 1, 65535);
    size_t bytes;
    if (lua_type(L, 9) != LUA_TSTRING) sl_bind_type_error(L, 9, "png", "string");
    const char *png = lua_tolstring(L, 9, &bytes);
    sl_bind_check(L, sl_writer_sample(self, run, step, split, image, kind, width, height, png, bytes));
    return 0;
}

static int writer_event(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *kind = sl_bind_string(L, 4, "kind");
    sl_bind_check(L, sl_writer_event(self, run, step, kind, sl_bind_string_or(L, 5, "text", "")));
    return 0;
}

static int writer_artifact(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L), step = step_of(L);
    const char *kind = sl_bind_string(L, 4, "kind"), *path = sl_bind_string(L, 5, "path");
    int64_t bytes = sl_bind_integer(L, 6, "bytes", 0, INT64_MAX);
    sl_bind_check(L, sl_writer_artifact(self, run, step, kind, path, bytes, sl_bind_string_or(L, 7, "sha256", NULL)));
    return 0;
}

static int writer_heartbeat(lua_State *L) {
    sl_writer *self = self_of(L);
    int64_t run = run_of(L);
    sl_bind_check(L, sl_writer_heartbeat(self, run, step_of(L)));
    return 0;
}

static int writer_flush(lua_State *L) {
    sl_bind_check(L, sl_writer_flush(self_of(L)));
    return 0;
}

static int writer_stats(lua_State *L) {
    sl_writer_stats stats = sl_writer_stats_get(self_of(L));
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, (lua_Integer)stats.rows);
    lua_setfield(L, -2, "rows");
    lua_pushinteger(L, (lua_Integer)stats.transactions);
    lua_setfield(L, -2, "transactions");
    lua_pushinteger(L, (lua_Integer)stats.waits);
    lua_setfield(L, -2, "waits");
    lua_pushinteger(L, (lua_Integer)stats.samples_lost);
    lua_setfield(L, -2, "samples_lost");
    return 1;
}

static const sl_bind_function methods[] = {
    {"metric", writer_metric, "(run, step, name, value)", "Queues a number.", NULL},
    {"class_iou", writer_class_iou, "(run, step, split, class, class_name, iou)",
     "Queues a class's IoU; NaN: the class is absent.", NULL},
    {"confusion", writer_confusion, "(run, step, split, confusion)", "Queues a confusion matrix.", NULL},
    {"evaluation", writer_evaluation, "(run, step, split, confusion, class_names)",
     "Queues a confusion matrix and the IoU of each class, which are written together.", NULL},
    {"confidence", writer_confidence, "(run, step, split, counts, classes)",
     "Queues a histogram of confidence: the counts of a reliability, one list for all classes.", NULL},
    {"sample", writer_sample, "(run, step, split, image, kind, width, height, png)", "Queues a picture of a sample, a PNG.",
     NULL},
    {"event", writer_event, "(run, step, kind, text)", "Queues something that happened.", NULL},
    {"artifact", writer_artifact, "(run, step, kind, path, bytes, sha256)", "Queues a file that was written.", NULL},
    {"heartbeat", writer_heartbeat, "(run, step)", "Queues the sign that the run is alive.", NULL},
    {"flush", writer_flush, "()", "Waits until everything queued so far is on disk.", NULL},
    {"stats", writer_stats, "() -> {rows=, transactions=, waits=, samples_lost=}",
     "Rows and transactions so far, how often a caller had to wait because the queue was full, and the pictures of samples for "
     "which "
     "there was no room.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status writer_release(void *writer) {
    return sl_writer_close(writer);
}

const sl_bind_class sl_bind_writer = {
    "writer",
    "semiluna.writer",
    "Logs rows through a thread of its own; close() writes what is queued.",
    writer_release,
    NULL,
    methods,
    NULL,
};
