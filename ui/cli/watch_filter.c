#include "ui/cli/watch_filter.h"
#include "core/base/memory.h"
#include "lua/host.h"

struct sl_watch_filter {
    char *path;
    lua_State *state; // made when it is first needed
};

sl_status sl_watch_filter_new(const char *path, sl_watch_filter **out) {
    *out = NULL;
    sl_watch_filter *filter = sl_calloc(1, sizeof *filter);
    if (!filter || !(filter->path = sl_strdup(path))) {
        sl_free(filter);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    *out = filter;
    return SL_OK;
}

void sl_watch_filter_free(sl_watch_filter *filter) {
    if (!filter) return;
    sl_host_free(filter->state);
    sl_free(filter->path);
    sl_free(filter);
}

sl_status sl_watch_filter_compile(void *user, const char *text, sl_text *sql) {
    sl_watch_filter *filter = user;
    if (!filter->state) SL_TRY(sl_host_new(&filter->state));
    const sl_host_argument arguments[] = {{"filter", text}, {"db", filter->path}};
    return sl_host_text(filter->state, "semiluna.analysis.watched", "condition", arguments, 2, sql);
}
