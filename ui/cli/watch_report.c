#include "ui/cli/watch_report.h"
#include "core/base/memory.h"
#include "lua/host.h"

#include <stdio.h>

struct sl_watch_report {
    char *path;
    lua_State *state; // made when it is first needed
};

sl_status sl_watch_report_new(const char *path, sl_watch_report **out) {
    *out = NULL;
    sl_watch_report *report = sl_calloc(1, sizeof *report);
    if (!report || !(report->path = sl_strdup(path))) {
        sl_free(report);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    *out = report;
    return SL_OK;
}

void sl_watch_report_free(sl_watch_report *report) {
    if (!report) return;
    sl_host_free(report->state);
    sl_free(report->path);
    sl_free(report);
}

static sl_status compare(sl_watch_report *report, const sl_report_request *wanted, sl_text *out) {
    sl_text runs = {0};
    sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < wanted->run_count; i++)
        status = sl_text_append(&runs, "%s%lld", i ? ", " : "", (long long)wanted->runs[i]);
    sl_host_argument arguments[4] = {{"db", report->path}, {"runs", runs.data ? runs.data : ""}};
    size_t count = 2;
    if (wanted->metric) arguments[count++] = (sl_host_argument){"metric", wanted->metric};
    if (wanted->against) arguments[count++] = (sl_host_argument){"against", wanted->against};
    if (status == SL_OK) status = sl_host_text(report->state, "semiluna.commands.watch_report", "compare", arguments, count, out);
    sl_text_free(&runs);
    return status;
}

static sl_status diff(sl_watch_report *report, const sl_report_request *wanted, sl_text *out) {
    char a[24], b[24];
    snprintf(a, sizeof a, "%lld", (long long)wanted->runs[0]);
    snprintf(b, sizeof b, "%lld", (long long)wanted->runs[1]);
    const sl_host_argument arguments[] = {{"db", report->path}, {"a", a}, {"b", b}};
    return sl_host_text(report->state, "semiluna.commands.watch_report", "diff", arguments, 3, out);
}

sl_status sl_watch_report_make(void *user, const sl_report_request *wanted, sl_text *out) {
    sl_watch_report *report = user;
    if (!report->state) SL_TRY(sl_host_new(&report->state));
    return wanted->kind == SL_REPORT_DIFF ? diff(report, wanted, out) : compare(report, wanted, out);
}
