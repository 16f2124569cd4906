// What goes wrong in adversarial training, computed from what is logged: each finding a plain sentence that names the option to
// change. Used by the dashboard and by `semiluna runs`.
#ifndef SL_UI_HEALTH_H
#define SL_UI_HEALTH_H

#include "db/db.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sl_severity {
    SL_SEVERITY_NOTE, // worth knowing
    SL_SEVERITY_WARN, // the result suffers
    SL_SEVERITY_BAD,  // the run is lost, or soon will be
} sl_severity;

typedef enum sl_finding_kind {
    SL_FINDING_DIVERGED,
    SL_FINDING_HEARTBEAT,    // lost
    SL_FINDING_DISK,         // nearly full
    SL_FINDING_NAN,          // a logged number is none
    SL_FINDING_D_STRONG,     // the discriminator's loss is below its band
    SL_FINDING_D_WEAK,       // above
    SL_FINDING_KEPT_NOTHING, // by the threshold
    SL_FINDING_KEPT_ALL,
    SL_FINDING_STARVED, // a class gets no pseudo-label
    SL_FINDING_SPIKE,   // of a loss
    SL_FINDING_DRIFT,   // confidence on labelled and unlabelled images
    SL_FINDING_NO_EVALUATION,
    SL_FINDING_COUNT,
} sl_finding_kind;

enum { SL_FINDING_BYTES = 400 };
typedef struct sl_finding {
    sl_finding_kind kind;
    sl_severity severity;
    char alarm[40];              // for a column: "D too strong"
    char text[SL_FINDING_BYTES]; // one sentence or two
} sl_finding;

// The newest values of a metric, oldest first; a value that is no number is NAN.
enum { SL_RECENT_MOST = 128 };
typedef struct sl_recent {
    double values[SL_RECENT_MOST];
    int64_t steps[SL_RECENT_MOST];
    size_t count;
} sl_recent;

// Of the pixels predicted as a class at the newest evaluation.
typedef struct sl_class_confidence {
    const char *name;
    int64_t predicted, kept; // kept: those whose confidence reaches the threshold
    int64_t truth;           // pixels that are of the class; -1: not known
} sl_class_confidence;

// The bounds between well and ill, each with its reason; ended by a NULL name. Help and docs are printed from it.
typedef struct sl_health_limit {
    const char *name;
    double value;
    const char *reason;
} sl_health_limit;
extern const sl_health_limit sl_health_limits[];

// What the findings are computed from. Numbers that are not known are NAN or -1; strings that are not, NULL.
typedef struct sl_health_facts {
    const char *state; // as run.state
    const char *error;
    bool adversarial; // the method has a discriminator that learns
    bool semi;        // and learns from its own predictions, at this step
    int64_t step;
    double heartbeat_age; // seconds; NAN where the run has ended
    bool process_gone;    // it ran on this machine, and its process is no more
    double threshold;     // of the confidence, in force
    sl_recent seg, semi_loss, discriminator, kept, labeled_confidence, unlabeled_confidence;
    const sl_class_confidence *classes;
    size_t class_count;
    int64_t evaluate_every, last_evaluation; // steps
    double seconds_since_evaluation;         // or since the start, where there was none
    double disk_free, disk_total;            // bytes of the file system that the database is on
    int64_t steps;                           // of the whole run
} sl_health_facts;

void sl_health_facts_init(sl_health_facts *facts); // nothing known

// Writes the findings, worst first, at most `most`; returns how many there are (not more than `most`).
size_t sl_health_check(const sl_health_facts *facts, sl_finding *findings, size_t most);

// Free and all bytes of the file system on which the file lies; NAN where the system does not say.
void sl_health_disk(const char *path, double *available, double *total);

// Reads the facts of a run from the database and checks them; a few look-ups by key, whatever the run's length.
sl_status sl_health_run(sl_db *db, int64_t run, sl_finding *findings, size_t most, size_t *count);

#endif
