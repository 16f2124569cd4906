// Fills the dashboard's model (model.h) from the database: on a thread of its own, with a connection that only reads.
//
// Each refresh is one short transaction; none is open between refreshes, so that no writer ever waits for a viewer. What was read
// of a run is kept, and only what is new is read again: an idle refresh costs one look at the file. A file that is not there yet,
// deleted, replaced, locked or damaged is told in sl_snapshot.problem; the last rows stay, and the collector goes on by itself as
// soon as it can.
#ifndef SL_UI_TUI_COLLECT_H
#define SL_UI_TUI_COLLECT_H

#include "core/base/status.h"
#include "core/base/text.h"
#include "db/db.h"
#include "ui/tui/model.h"

enum { SL_DETAIL_MOST = 64, SL_COLUMNS_MOST = 4096, SL_REPORT_MOST = 1000 };

typedef enum sl_axis {
    SL_AXIS_STEP,
    SL_AXIS_TIME, // seconds since the run was started
} sl_axis;

typedef enum sl_sort {
    SL_SORT_NEWEST, // by id
    SL_SORT_NAME,
    SL_SORT_EXPERIMENT, // then by what varies
    SL_SORT_METHOD,
    SL_SORT_STATE, // running, paused, dead, diverged, failed, stopped, done
    SL_SORT_STEP,
    SL_SORT_MIOU,
    SL_SORT_BEST,
    SL_SORT_SEG,
    SL_SORT_SEMI,
    SL_SORT_DISCRIMINATOR,
    SL_SORT_KEPT,
    SL_SORT_SPEED, // steps a second
    SL_SORT_LEFT,
    SL_SORT_HEARTBEAT,
    SL_SORT_STARTED,
    SL_SORT_DURATION,
    SL_SORT_COUNT,
} sl_sort;

// A text that is made by sl_collect_options.report after the rows and details were handed over, and anew, with pauses, when what
// it is made of has changed.
typedef struct sl_report_request {
    sl_report_kind kind;
    const int64_t *runs; // COMPARE: at most SL_REPORT_MOST; DIFF: two
    size_t run_count;
    const char *metric, *against; // of COMPARE, as the command takes them; NULL: mean IoU, no baseline
} sl_report_request;

// What the screens need. Zeroed, it asks for the table of all runs, newest first, and no details.
typedef struct sl_request {
    const int64_t *runs;    // in detail, in this order; a run that is not there is left out
    size_t run_count;       // at most SL_DETAIL_MOST
    int columns;            // of each series, at most; 0: 200
    sl_axis axis;           // what sl_series_column.x is
    double from, to;        // only points at steps from `from` to `to`; both 0: all
    const char *filter;     // an expression as `semiluna compare` takes it; NULL or "": all runs
    sl_sort sort;           // rows without the value come last, equal ones newest first
    bool reverse;           // each sort has its natural order (newest, A to Z, greatest first); this turns it round
    size_t limit;           // rows of the table after sorting; 0: all
    const char *split;      // of IoU by class and confusion; NULL: "val", else the first by name
    int64_t confusion_step; // the newest matrix up to this step; 0: the newest of all
    sl_report_request report;
    bool samples;                            // pictures of samples: of one image, of each of the runs in detail,
    const char *sample_split, *sample_image; //   this one; both NULL: the first
    bool sample_past;                        //   at the newest evaluation up to `sample_step`, else the first that there is;
    int64_t sample_step;                     //   not: the newest of all
} sl_request;

typedef struct sl_collect_options {
    // Makes of a filter a condition over `run r`, as SQL without parameters; an error's message is shown to the person. Called on
    // the collector's thread alone. NULL: any filter is an error.
    sl_status (*compile)(void *user, const char *filter, sl_text *sql);
    // Called on the collector's thread when a newer snapshot can be taken. It must not call the collector; NULL: none.
    void (*ready)(void *user);
    void *user;
    double interval; // seconds between refreshes; 0: a quarter
    int patience;    // how many milliseconds a refresh waits for a lock; 0: 250
    // Makes a report, as it is printed but with the ids of a cell's runs between \1 and \2 before it, and \1\2 before the title
    // of a column of cells; an error's message is shown in its place. Called on the collector's thread alone. NULL: there are
    // none.
    sl_status (*report)(void *user, const sl_report_request *wanted, sl_text *out);
} sl_collect_options;

typedef struct sl_collector sl_collector;

// Starts the thread. The file need not be there (yet). SL_ERR_MEMORY, SL_ERR_LIBRARY (no thread).
sl_status sl_collector_open(const char *path, const sl_collect_options *options, sl_collector **out);
void sl_collector_close(sl_collector *collector); // NULL is fine; all snapshots must have been released

// Asks for other things from now on (copied) and refreshes at once. *serial, which may be NULL, receives a number: snapshots
// whose `serial` is at least that answer this request.
sl_status sl_collector_ask(sl_collector *collector, const sl_request *request, uint64_t *serial);

// The newest snapshot, or NULL when there is none yet. It stays as it is until it is released.
const sl_snapshot *sl_collector_take(sl_collector *collector);
void sl_collector_release(sl_collector *collector, const sl_snapshot *snapshot); // NULL is fine
// Waits until there is a whole snapshot (sl_snapshot.complete) for the request `serial`, at most so long; false: there is none
// yet.
bool sl_collector_wait(sl_collector *collector, uint64_t serial, double seconds);

// One whole snapshot without a thread, for pictures and tests; freed with sl_snapshot_free. It always gives one, unless memory is
// exhausted: what is wrong with the file is in its `problem`.
sl_status sl_collect(const char *path, const sl_collect_options *options, const sl_request *request, sl_snapshot **out);
void sl_snapshot_free(sl_snapshot *snapshot); // NULL is fine

#endif
