// What the collector's files share: what was read of the database so far. collect.c has the thread; source.c the connection;
// collect_runs.c, collect_summary.c and collect_varies.c the table of runs; collect_detail.c and series.c single runs;
// collect_build.c makes snapshots of it all.
#ifndef SL_UI_TUI_COLLECT_IMPL_H
#define SL_UI_TUI_COLLECT_IMPL_H

#include "ui/tui/arena.h"
#include "ui/tui/collect/collect.h"
#include "ui/tui/collect/process.h"
#include <sys/stat.h>

// ---- rows --------------------------------------------------------------------------------------------------------------------

typedef sl_status (*sl_row_visit)(void *user, const sl_db_cursor *row);
// Calls `visit` with each row of a query.
sl_status sl_each_row(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, sl_row_visit visit, void *user);
double sl_row_number(const sl_db_cursor *row, int column);                    // NAN where it is none
int64_t sl_row_integer(const sl_db_cursor *row, int column, int64_t missing); // real numbers are cut
// Makes *slot a copy of a column's text (NULL where it is none); an equal text stays where it is.
sl_status sl_row_text(const sl_db_cursor *row, int column, char **slot);
// Makes room for one thing more; `*items` grows by doubling.
sl_status sl_grow(void **items, size_t count, size_t *capacity, size_t size);
double sl_seconds_now(void);    // since 1970
double sl_seconds_steady(void); // of a clock that is never set
double sl_seconds_worked(void); // of a processor, by this thread

// ---- runs --------------------------------------------------------------------------------------------------------------------

typedef struct sl_known_run {
    int64_t id, experiment_id;
    char *uuid, *name, *experiment, *method, *error, *host, *device, *tags;
    sl_run_state state; // as stored, and PAUSED; DEAD is found when a snapshot is made
    int64_t step, steps, seed, resumes, pid, fork_step;
    double started, session, heartbeat, ended, before, batch;
    unsigned generation; // of the reading that saw it last
    bool selected;       // by the filter
    bool gone;           // its process, on this machine
    sl_process_use use;  // of its process, on this machine

    // collect_summary.c
    bool summarised, waiting; // waiting: something may be new
    char *split;
    int64_t evaluation;       // step of the newest, or -1
    double miou, best_before; // best_before: of the evaluations before the newest
    double metrics[4];        // seg, semi, discriminator, kept
    double speed;             // steps a second
    double checked;           // when its health was looked at
    char *alarm;
    int alarm_severity;
    struct sl_finding *findings; // worst first
    size_t finding_count;
    bool judged; // of a run that does not train: by its state and its error as they are

    // collect_varies.c
    bool options_read;
    uint16_t *choices; // of its experiment's options: number of the value, from 1; 0: it has none
    size_t choice_count;
    char *varies;
    uint64_t varies_version;
} sl_known_run;

typedef struct sl_known_option {
    char *name;
    char **values; // that occur
    size_t value_count, value_capacity;
    bool varies, follows; // follows: the variant's name says already what it is
} sl_known_option;

typedef struct sl_known_experiment {
    int64_t id;
    sl_known_option *options;
    size_t option_count, option_capacity;
    uint64_t version; // counts up with what varies
    bool touched;     // runs were added
} sl_known_experiment;

// ---- series ------------------------------------------------------------------------------------------------------------------

typedef struct sl_known_column {
    int64_t step;
    double time, low, high, last;
} sl_known_column;

typedef struct sl_known_series {
    int64_t name_id;
    char *name;
    int shift; // a column spans 2^shift steps
    sl_known_column *columns;
    size_t count, capacity;
} sl_known_series;

void sl_known_series_free(sl_known_series *series);
// Reads what is new of a series at steps from `from` to `to`, into at most `most` columns.
sl_status sl_series_read(sl_db *db, int64_t run, int64_t from, int64_t to, size_t most, sl_known_series *series);

// ---- single runs -------------------------------------------------------------------------------------------------------------

typedef struct sl_known_detail {
    int64_t run;
    // What was read is of this run, and answers this request; where one of them has changed all is read anew.
    char uuid[40];
    int64_t resumes, from, to;
    size_t columns;
    bool stale, was_live; // stale: something may be new
    size_t next;          // the series at which reading stopped because time was up; 0: it did not

    // read anew at each refresh, into memory of its own
    sl_arena memory;
    sl_run_detail fields; // options, events, commands, notes, findings and texts
    sl_series *declared;  // schedules, by the option's name
    size_t declared_count;

    // what grows
    sl_known_series *series;
    size_t series_count, series_capacity;
    char *split, *split_wanted;
    char **class_names;
    size_t classes;
    int64_t *evaluation_steps;
    double *iou;
    size_t evaluations;
    int64_t *confusion, confusion_step;
    size_t confusion_classes;
    sl_samples *samples; // shared with snapshots
    uint64_t samples_seen;
} sl_known_detail;

// ---- all of it ---------------------------------------------------------------------------------------------------------------

// What was made of the newest request for a report.
typedef struct sl_known_report {
    sl_report shown; // its text and cells are the report's own
    sl_arena memory; // of the cells
    char *text, *problem;
    uint64_t seen;   // sl_report_signature of what it was made of; 0: of nothing
    double at, took; // when it was made, of the steady clock; 0: not yet
    bool look;       // something was read, or asked, since it was found to be up to date
} sl_known_report;

typedef struct sl_file_mark { // how a file looks from outside
    dev_t device;
    ino_t inode;
    off_t size, wal_size;
    struct timespec modified, wal_modified;
} sl_file_mark;

typedef struct sl_collection {
    char *path;
    sl_collect_options options;

    // source.c
    sl_db *db;
    sl_file_mark mark;
    int64_t data_version;
    char *problem;
    double retry_at; // of the steady clock
    bool was_there;  // the file could be opened once

    // what is asked for; all of it is the collection's own
    sl_request request;
    uint64_t serial;
    bool asked; // since the last snapshot

    // collect_runs.c
    sl_known_run **runs; // ascending by id
    size_t run_count, run_capacity;
    unsigned generation;
    bool whole_wanted; // the whole table is to be read
    double whole_at, whole_took;
    int64_t metric_ids[4];

    // collect_varies.c
    sl_known_experiment **experiments; // ascending by id
    size_t experiment_count, experiment_capacity;

    // the filter
    char *condition; // of the last filter that was understood, as SQL; NULL: all runs
    char *filter_problem;
    bool filter_wanted; // is to be worked out anew
    double filter_at, filter_took;

    // collect_detail.c
    sl_known_detail **details;        // in the order asked for; NULL: not read yet
    size_t detail_count, detail_next; // detail_next: whose turn it is

    sl_known_report report; // collect_report.c
    bool reading;           // rows or details were not read to their end

    double disk_free, disk_total, disk_at, built_at;
    bool pending; // a part was left for the next refresh
} sl_collection;

sl_status sl_collection_new(const char *path, const sl_collect_options *options, sl_collection **out);
void sl_collection_free(sl_collection *collection);
sl_status sl_collection_ask(sl_collection *collection, const sl_request *request, uint64_t serial);
// Reads what is new, in a transaction of about `seconds` at most. *out receives a new snapshot, or NULL where nothing has
// changed. Only exhausted memory is an error.
sl_status sl_collection_refresh(sl_collection *collection, double seconds, sl_snapshot **out);

// source.c: sees to it that there is a connection to the file that stands at the path now. *changed: something was committed
// since the last look. Where there is none, `problem` says why, and the result is SL_OK all the same.
sl_status sl_source_look(sl_collection *collection, bool *changed);
// After an error of a statement: its message becomes the problem, and the connection is given up.
void sl_source_fail(sl_collection *collection);
void sl_source_close(sl_collection *collection);

// These read within the transaction, at least a little and until `deadline` of the steady clock, and set `pending` where
// something is left.
sl_status sl_runs_read(sl_collection *collection, bool whole);
sl_status sl_runs_filter(sl_collection *collection);
sl_known_run *sl_runs_find(const sl_collection *collection, int64_t id);
void sl_known_run_free(sl_known_run *run);
sl_status sl_summaries_read(sl_collection *collection, double deadline);
sl_status sl_varies_read(sl_collection *collection, double deadline);
void sl_varies_forget(sl_collection *collection, int64_t experiment); // its runs have become fewer
void sl_known_experiment_free(sl_known_experiment *experiment);
const char *sl_varies_text(sl_collection *collection, sl_known_run *run); // "" where nothing differs
bool sl_varies_in(const sl_collection *collection, const sl_known_run *run, const char *option);
// What the processes of this machine's live runs use now.
void sl_processes_look(sl_collection *collection);
// whole: also of runs that do not train (notes, tags).
sl_status sl_details_read(sl_collection *collection, bool changed, bool whole, double deadline);
void sl_known_detail_free(sl_known_detail *detail);
// collect_classes.c: IoU by class and the confusion matrix.
sl_status sl_evaluations_read(sl_collection *collection, sl_known_detail *detail);
void sl_evaluations_forget(sl_known_detail *detail);

// collect_request.c: a copy that owns what it holds, cut to what is allowed.
sl_status sl_request_copy(const sl_request *from, sl_request *to);
void sl_request_free(sl_request *request);

// collect_report.c
void sl_report_ask(sl_collection *collection, const sl_report_request *wanted); // before the request is replaced by it
bool sl_report_due(sl_collection *collection);
sl_status sl_report_make(sl_collection *collection); // outside any transaction
void sl_report_free(sl_known_report *report);

// collect_samples.c: what pictures there are, and those that are asked for. They are never changed once made, and shared by the
// snapshots that show them.
sl_status sl_samples_read(sl_collection *collection, sl_known_detail *detail);
const sl_samples *sl_samples_share(sl_samples *samples); // NULL is fine
void sl_samples_release(const sl_samples *samples);

// collect_build.c
sl_status sl_snapshot_build(sl_collection *collection, sl_snapshot **out);
bool sl_run_is_live(const sl_known_run *run); // stored as running

#endif
