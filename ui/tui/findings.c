#define _GNU_SOURCE // qsort_r
#include "ui/tui/findings.h"
#include "core/base/memory.h"
#include "ui/health.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sl_status add(sl_finding_list *list, sl_finding_item item) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 32;
        sl_finding_item *items = sl_realloc(list->items, capacity * sizeof *items);
        if (!items) return sl_error(SL_ERR_MEMORY, "out of memory for the list of findings");
        list->items = items;
        list->capacity = capacity;
    }
    item.order = list->count;
    list->items[list->count++] = item;
    if (item.severity > list->worst) list->worst = item.severity;
    return SL_OK;
}

// The disk is judged once, for all runs.
static sl_status add_disk(const sl_snapshot *snapshot, sl_finding_list *list) {
    sl_health_facts facts;
    sl_finding finding;
    sl_health_facts_init(&facts);
    facts.disk_free = snapshot->disk_free;
    facts.disk_total = snapshot->disk_total;
    if (sl_health_check(&facts, &finding, 1) == 0) return SL_OK;
    snprintf(list->disk, sizeof list->disk, "%s", finding.text);
    return add(list, (sl_finding_item){NULL, SL_FINDING_DISK, (int)finding.severity,
                                       finding.severity == SL_SEVERITY_BAD ? "disk full" : "disk nearly full", list->disk, 0});
}

static sl_status add_row(const sl_run_row *run, sl_finding_list *list) {
    bool ill = false;
    for (size_t i = 0; i < run->finding_count; i++) {
        const sl_finding_row *finding = &run->findings[i];
        if (finding->kind == SL_FINDING_DISK) continue;
        ill = ill || finding->severity > SL_SEVERITY_NOTE;
        SL_TRY(add(list, (sl_finding_item){run, finding->kind, finding->severity, finding->alarm, finding->text, 0}));
    }
    list->ill += ill;
    return SL_OK;
}

static sl_status add_detail(const sl_run_row *run, const sl_run_detail *detail, sl_finding_list *list) {
    for (size_t i = 0; i < detail->finding_count; i++)
        SL_TRY(add(list,
                   (sl_finding_item){run, SL_FINDING_KIND_UNKNOWN, detail->finding_severities[i], "", detail->findings[i], 0}));
    return SL_OK;
}

static int compare(const void *a, const void *b, void *user) {
    const sl_finding_item *one = a, *other = b;
    int64_t first = *(const int64_t *)user;
    bool one_first = one->run && one->run->id == first, other_first = other->run && other->run->id == first;
    if (one_first != other_first) return one_first ? -1 : 1;
    if (one->severity != other->severity) return one->severity > other->severity ? -1 : 1;
    if (!one->run != !other->run) return one->run ? 1 : -1;
    return (one->order > other->order) - (one->order < other->order); // as the table has the runs
}

sl_status sl_findings_gather(const sl_snapshot *snapshot, int64_t first, const sl_run_detail *detail, sl_finding_list *list) {
    list->count = list->ill = 0;
    list->worst = -1;
    if (!snapshot) return SL_OK;
    SL_TRY(add_disk(snapshot, list));
    for (size_t i = 0; i < snapshot->run_count; i++) {
        const sl_run_row *run = &snapshot->runs[i];
        bool ended = run->state == SL_STATE_DONE || run->state == SL_STATE_STOPPED;
        if (ended && run->id == first && detail && detail->run.id == first) SL_TRY(add_detail(run, detail, list));
        SL_TRY(add_row(run, list));
    }
    if (list->count > 1) qsort_r(list->items, list->count, sizeof *list->items, compare, &first);
    return SL_OK;
}

void sl_findings_free(sl_finding_list *list) {
    sl_free(list->items);
    *list = (sl_finding_list){0};
}
