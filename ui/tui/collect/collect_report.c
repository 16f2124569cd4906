// Reports: texts about several runs, made by the callback while no transaction is open.
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The least seconds between two of the same request, and how many times as long as it took to make one.
enum { COMPARE_SECONDS = 3, DIFF_SECONDS = 5, TIMES = 20 };

static void forget(sl_known_report *report) {
    sl_arena_free(&report->memory);
    sl_free(report->text);
    sl_free(report->problem);
    report->text = report->problem = NULL;
    report->shown = (sl_report){.kind = report->shown.kind};
}

void sl_report_free(sl_known_report *report) {
    forget(report);
    *report = (sl_known_report){0};
}

// ---- when -------------------------------------------------------------------------------------------------------------------

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_runs(const sl_report_request *a, const sl_report_request *b) {
    return a->run_count == b->run_count && (a->run_count == 0 || memcmp(a->runs, b->runs, a->run_count * sizeof *a->runs) == 0);
}

void sl_report_ask(sl_collection *c, const sl_report_request *wanted) {
    const sl_report_request *before = &c->request.report;
    sl_known_report *report = &c->report;
    if (wanted->kind == before->kind && same_runs(wanted, before) && same_text(wanted->metric, before->metric) &&
        same_text(wanted->against, before->against))
        return;
    // The table of other runs stays until the new one is there; another kind of text, or a difference of others, does not.
    if (wanted->kind != before->kind || wanted->kind == SL_REPORT_DIFF) forget(report);
    report->shown.kind = wanted->kind;
    report->seen = 0;
    report->at = 0;
    report->look = true;
}

static uint64_t mix_text(uint64_t value, const char *text) {
    return text ? sl_hash(value, text, strlen(text) + 1) : sl_hash(value, "", 1);
}

// Of what the text depends on, as far as rows tell it; never 0.
static uint64_t signature(const sl_collection *c) {
    const sl_report_request *wanted = &c->request.report;
    uint64_t value = SL_HASH_START;
    for (size_t i = 0; i < wanted->run_count; i++) {
        const sl_known_run *run = sl_runs_find(c, wanted->runs[i]);
        if (!run) continue;
        value = sl_hash(value, &run->id, sizeof run->id);
        value = sl_hash(value, &run->state, sizeof run->state);
        value = sl_hash(value, &run->resumes, sizeof run->resumes);
        value = mix_text(mix_text(value, run->uuid), run->tags);
        // A table is of runs that are done; what they measure after that is an evaluation of its own.
        if (run->state == SL_STATE_DONE || wanted->kind == SL_REPORT_DIFF)
            value = sl_hash(value, &run->evaluation, sizeof run->evaluation);
        if (wanted->kind == SL_REPORT_DIFF) value = sl_hash(value, &run->step, sizeof run->step);
    }
    return value ? value : 1;
}

bool sl_report_due(sl_collection *c) {
    sl_known_report *report = &c->report;
    if (c->request.report.kind == SL_REPORT_NONE || !report->look) return false;
    if (report->at > 0) {
        double least = c->request.report.kind == SL_REPORT_DIFF ? DIFF_SECONDS : COMPARE_SECONDS;
        if (sl_seconds_steady() < report->at + fmax(least, TIMES * report->took)) return false;
    }
    report->look = signature(c) != report->seen;
    return report->look;
}

// ---- making -----------------------------------------------------------------------------------------------------------------

// "\1" "12 13" "\2": takes it out of the text and keeps it as a cell. Returns what follows.
static const char *take_cell(sl_known_report *report, sl_report_cell *cell, const char *from, size_t at, int *failed) {
    const char *end = strchr(from, '\2');
    if (!end) return from + 1; // no mark of ours
    int64_t *runs = sl_arena_alloc(&report->memory, (size_t)(end - from) / 2 + 1, sizeof *runs);
    *cell = (sl_report_cell){.at = at, .runs = runs};
    if (!runs) *failed = 1;
    for (const char *p = from + 1; runs && p < end;) {
        char *after;
        runs[cell->run_count] = strtoll(p, &after, 10);
        if (after == p || after > end) break;
        cell->run_count++;
        p = after;
    }
    return end + 1;
}

static sl_status take_text(sl_known_report *report, char *text) {
    size_t count = 0, length = 0;
    int failed = 0;
    for (const char *p = text; *p; p++) count += *p == '\1';
    sl_report_cell *cells = sl_arena_alloc(&report->memory, count, sizeof *cells);
    if (!cells) return sl_error(SL_ERR_MEMORY, "out of memory");
    for (const char *p = text; *p;) {
        if (*p != '\1') {
            text[length++] = *p++;
            continue;
        }
        sl_report_cell cell = {0};
        p = take_cell(report, &cell, p, length, &failed);
        if (cell.runs) cells[report->shown.cell_count++] = cell;
    }
    text[length] = '\0';
    report->text = text;
    report->shown.text = text;
    report->shown.cells = cells;
    return failed ? sl_error(SL_ERR_MEMORY, "out of memory") : SL_OK;
}

static sl_status set_problem(sl_known_report *report, const char *problem) {
    report->problem = sl_strdup(problem);
    report->shown.problem = report->problem;
    return report->problem ? SL_OK : sl_error(SL_ERR_MEMORY, "out of memory");
}

// The runs that there are, in the order asked for.
static sl_status call(sl_collection *c, sl_text *out) {
    sl_report_request wanted = c->request.report;
    int64_t *runs = sl_malloc(wanted.run_count * sizeof *runs);
    if (!runs) return sl_error(SL_ERR_MEMORY, "out of memory");
    size_t count = 0;
    for (size_t i = 0; i < wanted.run_count; i++)
        if (sl_runs_find(c, wanted.runs[i])) runs[count++] = wanted.runs[i];
    wanted.runs = runs;
    wanted.run_count = count;
    sl_status status = SL_OK;
    if (count < (wanted.kind == SL_REPORT_DIFF ? 2 : 1))
        status = sl_error(SL_ERR_ARGUMENT, wanted.kind == SL_REPORT_DIFF ? "it takes two runs" : "there are no runs to compare");
    else if (!c->options.report)
        status = sl_error(SL_ERR_UNSUPPORTED, "there are no such texts here");
    else
        status = c->options.report(c->options.user, &wanted, out);
    sl_free(runs);
    return status;
}

sl_status sl_report_make(sl_collection *c) {
    sl_known_report *report = &c->report;
    sl_text text = {0};
    double began = sl_seconds_steady();
    uint64_t of = signature(c);
    sl_status status = call(c, &text);
    if (status == SL_OK && !text.data) status = sl_text_append(&text, "%s", ""); // an empty text is one
    if (status == SL_ERR_MEMORY) {
        sl_text_free(&text);
        return status;
    }
    forget(report);
    if (status == SL_OK) {
        status = take_text(report, text.data);
        if (status != SL_OK) report->text = text.data; // freed with the rest
    } else {
        sl_text_free(&text);
        status = set_problem(report, sl_error_message());
    }
    report->at = sl_seconds_steady();
    report->took = report->at - began;
    report->shown.took = report->took;
    report->seen = of;
    return status;
}
