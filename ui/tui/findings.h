// All that is wrong with the runs of a snapshot, in one list, the worst first: the Health screen shows it, and `--on-alarm` acts
// on it.
#ifndef SL_UI_TUI_FINDINGS_H
#define SL_UI_TUI_FINDINGS_H

#include "core/base/status.h"
#include "ui/tui/model.h"

enum { SL_FINDING_KIND_UNKNOWN = -1 };

// Points into the snapshot that it was made of.
typedef struct sl_finding_item {
    const sl_run_row *run; // NULL: the disk's, which is of no single run
    int kind, severity;    // of health.h; a run that has ended well is known by its sentences alone: SL_FINDING_KIND_UNKNOWN
    const char *alarm;     // a few words, "" where there are none
    const char *text;
    size_t order; // among equally bad ones
} sl_finding_item;

typedef struct sl_finding_list {
    sl_finding_item *items;
    size_t count, capacity;
    size_t ill; // runs with more than a note
    int worst;  // severity of all, or -1
    char disk[400];
} sl_finding_list;

// Fills the list anew. `first`, which may be 0: the run whose findings stand before all others; `detail`, which may be NULL: of
// that run, so that what is known of one that has ended is listed too. SL_ERR_MEMORY.
sl_status sl_findings_gather(const sl_snapshot *snapshot, int64_t first, const sl_run_detail *detail, sl_finding_list *list);
void sl_findings_free(sl_finding_list *list);

#endif
