// Requests travel between threads: each side has a copy of its own.
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <string.h>

void sl_request_free(sl_request *request) {
    sl_free((void *)request->runs);
    sl_free((void *)request->filter);
    sl_free((void *)request->split);
    sl_free((void *)request->sample_split);
    sl_free((void *)request->sample_image);
    sl_free((void *)request->report.runs);
    sl_free((void *)request->report.metric);
    sl_free((void *)request->report.against);
    *request = (sl_request){0};
}

static const int64_t *copy_runs(const int64_t *runs, size_t *count, size_t most, bool *failed) {
    if (*count > most) *count = most;
    int64_t *copy = sl_malloc(*count * sizeof *copy);
    if (!copy) *failed = true;
    if (copy && *count) memcpy(copy, runs, *count * sizeof *copy);
    return copy;
}

// "" is as nothing.
static const char *copy_text(const char *text, bool *failed) {
    if (!text || !*text) return NULL;
    char *copy = sl_strdup(text);
    if (!copy) *failed = true;
    return copy;
}

sl_status sl_request_copy(const sl_request *from, sl_request *to) {
    bool failed = false;
    *to = *from;
    if (to->columns > SL_COLUMNS_MOST) to->columns = SL_COLUMNS_MOST;
    if (to->report.kind == SL_REPORT_NONE) to->report.run_count = 0;
    to->runs = copy_runs(from->runs, &to->run_count, SL_DETAIL_MOST, &failed);
    to->filter = copy_text(from->filter, &failed);
    to->split = copy_text(from->split, &failed);
    to->sample_split = copy_text(from->sample_split, &failed);
    to->sample_image = copy_text(from->sample_image, &failed);
    to->report.runs = copy_runs(from->report.runs, &to->report.run_count, SL_REPORT_MOST, &failed);
    to->report.metric = copy_text(from->report.metric, &failed);
    to->report.against = copy_text(from->report.against, &failed);
    if (!failed) return SL_OK;
    sl_request_free(to);
    return sl_error(SL_ERR_MEMORY, "out of memory");
}
