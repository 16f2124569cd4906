// One refresh: look at the file, read what is new in a short transaction, make a snapshot.
#include "core/base/memory.h"
#include "ui/health.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <string.h>

enum { WHOLE_SECONDS = 2, DISK_SECONDS = 10, AGES_SECONDS = 1 };

// ---- what is asked for -------------------------------------------------------------------------------------------------------

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

sl_status sl_collection_ask(sl_collection *c, const sl_request *request, uint64_t serial) {
    sl_request copy;
    SL_TRY(sl_request_copy(request, &copy));
    sl_known_detail **details = sl_calloc(copy.run_count, sizeof *details);
    if (!details) {
        sl_request_free(&copy);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    // What was read of runs that are still asked for stays.
    for (size_t i = 0; i < copy.run_count; i++)
        for (size_t k = 0; k < c->detail_count && !details[i]; k++) {
            if (!c->details[k] || c->details[k]->run != copy.runs[i]) continue;
            details[i] = c->details[k];
            c->details[k] = NULL;
        }
    for (size_t k = 0; k < c->detail_count; k++) sl_known_detail_free(c->details[k]);
    sl_free(c->details);
    c->details = details;
    c->detail_count = copy.run_count;
    if (!same_text(copy.filter, c->request.filter)) c->filter_wanted = true;
    sl_report_ask(c, &copy.report);
    sl_request_free(&c->request);
    c->request = copy;
    c->serial = serial;
    c->asked = true;
    return SL_OK;
}

// ---- a refresh ---------------------------------------------------------------------------------------------------------------

static bool anything_live(const sl_collection *c) {
    for (size_t i = c->run_count; i > 0; i--)
        if (sl_run_is_live(c->runs[i - 1])) return true;
    return false;
}

// All of it in one transaction: what it shows belongs together.
static sl_status read_all(sl_collection *c, bool changed, double deadline) {
    double now = sl_seconds_steady();
    bool whole = c->whole_wanted && (c->whole_at == 0 || now >= c->whole_at + fmax(WHOLE_SECONDS, 20 * c->whole_took));
    bool again = c->pending; // something was left the last time
    c->pending = false;
    SL_TRY(sl_db_execute(c->db, "BEGIN", NULL, 0));
    sl_status status = SL_OK;
    if (changed || whole) status = sl_runs_read(c, whole);
    if (status == SL_OK && changed && c->request.filter) c->filter_wanted = true;
    if (status == SL_OK) status = sl_runs_filter(c);
    if (status == SL_OK) status = sl_details_read(c, changed, whole, deadline);
    if (status == SL_OK && (changed || whole || again)) status = sl_summaries_read(c, deadline);
    if (status == SL_OK && (changed || whole || again)) status = sl_varies_read(c, deadline);
    if (status == SL_OK) return sl_db_execute(c->db, "COMMIT", NULL, 0);
    return status; // the connection is given up, and the transaction with it
}

static void look_at_disk(sl_collection *c) {
    double now = sl_seconds_steady();
    if (c->disk_at > 0 && now < c->disk_at + DISK_SECONDS) return;
    sl_health_disk(c->path, &c->disk_free, &c->disk_total);
    c->disk_at = now;
}

sl_status sl_collection_refresh(sl_collection *c, double seconds, sl_snapshot **out) {
    bool changed, had_problem = c->problem != NULL;
    *out = NULL;
    SL_TRY(sl_source_look(c, &changed));
    if (changed) c->whole_wanted = true;
    bool reported = c->db && !c->asked && !c->reading && sl_report_due(c); // rows come first
    if (reported) SL_TRY(sl_report_make(c));
    double now = sl_seconds_steady();
    bool whole_due = c->whole_wanted && now >= c->whole_at + fmax(WHOLE_SECONDS, 20 * c->whole_took);
    if (c->db && (changed || c->asked || c->pending || c->filter_wanted || whole_due)) {
        look_at_disk(c);
        c->report.look = true;
        sl_status status = read_all(c, changed, now + seconds);
        if (status == SL_ERR_MEMORY) {
            sl_source_close(c);
            return status;
        }
        if (status != SL_OK) sl_source_fail(c);
        changed = true;
    } else if (had_problem != (c->problem != NULL)) {
        changed = true;
    }
    if (!c->db) c->pending = false; // nothing more comes for now
    c->reading = c->pending;
    if (c->db && sl_report_due(c)) c->pending = true;
    if (!changed && !reported && !c->asked && !(anything_live(c) && now >= c->built_at + AGES_SECONDS)) return SL_OK;
    sl_processes_look(c);
    SL_TRY(sl_snapshot_build(c, out));
    c->asked = false;
    return SL_OK;
}

// ---- making and freeing ------------------------------------------------------------------------------------------------------

sl_status sl_collection_new(const char *path, const sl_collect_options *options, sl_collection **out) {
    *out = NULL;
    sl_collection *c = sl_calloc(1, sizeof *c);
    if (!c || !(c->path = sl_strdup(path))) {
        sl_free(c);
        return sl_error(SL_ERR_MEMORY, "out of memory");
    }
    if (options) c->options = *options;
    if (c->options.patience <= 0) c->options.patience = 250;
    if (!(c->options.interval > 0)) c->options.interval = 0.25;
    c->disk_free = c->disk_total = NAN;
    c->asked = true;
    *out = c;
    return SL_OK;
}

void sl_collection_free(sl_collection *c) {
    if (!c) return;
    sl_source_close(c);
    for (size_t i = 0; i < c->run_count; i++) sl_known_run_free(c->runs[i]);
    for (size_t i = 0; i < c->experiment_count; i++) sl_known_experiment_free(c->experiments[i]);
    for (size_t i = 0; i < c->detail_count; i++) sl_known_detail_free(c->details[i]);
    sl_request_free(&c->request);
    sl_report_free(&c->report);
    sl_free(c->runs);
    sl_free(c->experiments);
    sl_free(c->details);
    sl_free(c->condition);
    sl_free(c->filter_problem);
    sl_free(c->problem);
    sl_free(c->path);
    sl_free(c);
}

sl_status sl_collect(const char *path, const sl_collect_options *options, const sl_request *request, sl_snapshot **out) {
    sl_collection *c;
    *out = NULL;
    SL_TRY(sl_collection_new(path, options, &c));
    sl_status status = sl_collection_ask(c, request, 1);
    while (status == SL_OK) {
        sl_snapshot *next;
        status = sl_collection_refresh(c, 10, &next);
        if (status == SL_OK && next) {
            sl_snapshot_free(*out);
            *out = next;
        }
        if (*out && !c->pending) break;
    }
    sl_collection_free(c);
    if (status != SL_OK) {
        sl_snapshot_free(*out);
        *out = NULL;
    }
    return status;
}
