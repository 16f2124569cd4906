// What the dashboard shows, as plain numbers and texts: collect.h fills it from the database, layout and drawing read it. Nothing
// in here knows a terminal or SQL. All memory belongs to the snapshot.
#ifndef SL_UI_TUI_MODEL_H
#define SL_UI_TUI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sl_run_state {
    SL_STATE_RUNNING,
    SL_STATE_PAUSED,
    SL_STATE_DONE,
    SL_STATE_STOPPED,
    SL_STATE_FAILED,
    SL_STATE_DIVERGED,
    SL_STATE_DEAD, // says it runs, but its process is gone
} sl_run_state;

// What is wrong with a run, by health.h: sl_finding_kind and sl_severity, a few words, and a sentence or two.
typedef struct sl_finding_row {
    int kind, severity;
    const char *alarm, *text;
} sl_finding_row;

// One row of the table of runs. Numbers that are not known are NAN (real) or -1 (whole).
typedef struct sl_run_row {
    int64_t id;
    const char *uuid, *name, *experiment, *method, *error, *host, *device;
    const char *varies; // the options in which the runs of its experiment differ, short: "T=.5 1/8 s2"
    sl_run_state state;
    int64_t step, steps, seed;
    double miou, best_miou;          // 0 .. 1
    double seg, semi, discriminator; // newest losses
    double kept;                     // share of pixels, 0 .. 1
    double steps_per_second, images_per_second, seconds_left, heartbeat_age, started, duration;
    const char *alarm;  // the worst finding of health.h in two or three words, or NULL
    int alarm_severity; // sl_severity of health.h; -1 without an alarm
    const char *tags;   // "paper, pruned"
    double memory, cpu; // of its process, where that runs on this machine: resident bytes, and 1.88 for 188 %; else NAN or 0
    double ended;       // seconds since 1970; 0 or NAN: it has not, or it is not known when
    // Of a run that trains, or that ended ill: all that is wrong, worst first.
    const sl_finding_row *findings;
    size_t finding_count;
} sl_run_row;

bool sl_state_trains(sl_run_state state); // or is paused
// What tells a run from others: what varies, else its name; never NULL.
const char *sl_run_called(const sl_run_row *run);

// A logged series, reduced to at most as many columns as were asked for: each has the least, greatest and last value of its
// steps, so that spikes stay visible.
typedef struct sl_series_column {
    double x; // the step (or seconds) of its last point
    double low, high, last;
} sl_series_column;

typedef struct sl_series {
    const char *name; // "seg", "miou", "option.method.threshold"
    const sl_series_column *columns;
    size_t count;
    const sl_series_column *declared; // the schedule as declared, or NULL
    size_t declared_count;
} sl_series;

typedef struct sl_event_row {
    int64_t step;
    double time;
    const char *kind, *text;
} sl_event_row;

// A command that was sent to the run, newest first.
typedef struct sl_command_row {
    int64_t id, step; // step: at which it was answered, or -1
    double time;
    const char *name, *argument, *answer; // argument "" where there is none; answer NULL while it waits
} sl_command_row;

// An option that can be given another value while the run trains.
typedef struct sl_number_row {
    const char *name, *value; // as the run began: "method.threshold", "0.2" or "poly(0.01, 0.9)"
    double present;           // what was used last; NAN: nothing yet
} sl_number_row;

// Pictures of samples: what the network makes of a few images at each evaluation.
typedef enum sl_sample_kind {
    SL_SAMPLE_IMAGE,
    SL_SAMPLE_TRUTH,
    SL_SAMPLE_PREDICTION,
    SL_SAMPLE_CONFIDENCE,
    SL_SAMPLE_KEPT, // the prediction where it is trusted, dark elsewhere
    SL_SAMPLE_KINDS,
} sl_sample_kind;

typedef struct sl_picture {
    int width, height;
    const uint8_t *rgb;    // rows of pixels of 3 bytes; NULL: there is none
    const uint8_t *labels; // of a label map: each pixel's class; or NULL
    const char *problem;   // why there is none, or NULL
} sl_picture;

typedef struct sl_sample_class {
    const char *name; // or NULL, where it is not known
    int index;
    uint8_t rgb[3];
    int truth, predicted, hit; // pixels of the pictures: of the class, taken for it, both
} sl_sample_class;

// Of one image of a run.
typedef struct sl_samples {
    const char *const *splits, *const *images; // of all images, those of "val" first
    size_t image_count, image;                 // image: this one; image_count: none
    const int64_t *steps;                      // of its evaluations, ascending
    size_t step_count, at;                     // at: of these pictures; step_count: none
    double time;                               // when they were taken
    sl_picture pictures[SL_SAMPLE_KINDS];
    const sl_sample_class *classes; // that occur, without void, most pixels first; none where there is no label map
    size_t class_count;
    int void_label;           // the label of void in `labels`, or -1
    double miou, right, kept; // shares; of classes that occur, of pixels that are not void, of all pixels; NAN: not known
} sl_samples;

// Everything about one run that a screen may show.
typedef struct sl_run_detail {
    sl_run_row run;
    const sl_series *series;
    size_t series_count;
    const sl_event_row *events; // newest first
    size_t event_count;
    const char *const *option_names, *const *option_values;
    size_t option_count;
    // IoU of each class over evaluations: iou[evaluation * classes + class], NAN where absent.
    const char *const *class_names;
    const int64_t *evaluation_steps;
    const double *iou;
    size_t classes, evaluations;
    // The newest confusion matrix: counts[truth * classes + prediction], or NULL.
    const int64_t *confusion;
    int64_t confusion_step;
    const char *confusion_split;
    const char *split;           // that IoU and confusion are of, or NULL
    const char *const *findings; // sentences of health.h, worst first
    const int *finding_severities;
    size_t finding_count;
    const sl_command_row *commands;
    size_t command_count;
    const char *const *notes; // newest first
    size_t note_count;
    const char *versions, *script_path, *git_commit; // NULL where not known
    int64_t threads, pid, resumes;
    const double *note_times; // of the notes, seconds since 1970; or NULL
    // Which step was when: ascending steps, and the seconds since the start, whatever the axis of the series is.
    const double *clock_steps, *clock_times;
    size_t clock_count;
    bool by_time;                 // x of the series are seconds since the start, not steps
    const bool *option_varies;    // whether the runs of its experiment differ in the option; or NULL
    const sl_number_row *numbers; // by name
    size_t number_count;
    const sl_samples *samples; // NULL: not asked for
} sl_run_detail;

const char *sl_run_option(const sl_run_detail *detail, const char *name); // its value, or NULL

// A text about several runs, as `semiluna compare` and `semiluna diff` print it.
typedef enum sl_report_kind { SL_REPORT_NONE, SL_REPORT_COMPARE, SL_REPORT_DIFF } sl_report_kind;

// Where in the text a cell of its table begins, and of which runs it is: none: the title of a column.
typedef struct sl_report_cell {
    size_t at; // bytes
    const int64_t *runs;
    size_t run_count;
} sl_report_cell;

typedef struct sl_report {
    sl_report_kind kind; // NONE: none was asked for
    const char *text;    // lines; NULL while it is not there yet
    const char *problem; // why there is none, or NULL
    const sl_report_cell *cells;
    size_t cell_count;
    double took; // seconds to make it
} sl_report;

typedef struct sl_snapshot {
    const char *database;         // the file
    const char *problem;          // why it cannot be read at present, or NULL; the rows are then the last that could be
    double time;                  // when it was taken
    uint64_t serial;              // of the request that it answers, see collect.h
    bool complete;                // everything that was asked for is in it; false: the rest of the numbers come soon
    const char *filter_problem;   // why the filter is not understood, or NULL; the rows are then those of the last that was
    size_t total;                 // runs in the file, whatever the filter and limit
    double disk_free, disk_total; // bytes, where the file lies; NAN where not known
    const sl_run_row *runs;
    size_t run_count;
    int running, done, failed, stopped, dead;
    const sl_run_detail *details; // of the runs that were asked for, in that order
    size_t detail_count;
    bool by_time; // x of the series is seconds
    sl_report report;
} sl_snapshot;

#endif
