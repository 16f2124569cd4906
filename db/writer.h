// The writer: a thread of its own that batches rows into transactions, so that training never waits for the disk.
//
// Rows go into a bounded queue. When the disk is slower than training for long, the queue fills and the caller waits; that is
// counted in the statistics. A write error (full disk, file gone) is kept and returned by the next flush or close; rows stay
// queued meanwhile and the write is tried again; a call that finds the queue full after a failed write returns its error. A row
// that breaks a constraint (its run was deleted) is left out; the next flush or close says how many and why (SL_ERR_DATA), once.
//
// Pictures of samples are the first to go: where there is no room for a batch, it is written without them.
//
// A writer may be used by several threads at once, but not by a process forked after it was opened.
#ifndef SL_DB_WRITER_H
#define SL_DB_WRITER_H

#include "db/db.h"

typedef struct sl_writer sl_writer;

enum { SL_SAMPLE_BYTES = 4 << 20 }; // of a picture of a sample, at most

typedef struct sl_writer_stats {
    uint64_t rows, transactions, waits; // waits: how often a caller found the queue full
    uint64_t samples_lost;              // for which there was no room
} sl_writer_stats;

// Opens its own connection to the file (created when absent).
sl_status sl_writer_open(const char *path, sl_writer **out);
// Writes what is queued and closes. NULL is fine. The status is that of the last rows.
sl_status sl_writer_close(sl_writer *writer);

// All queue a row and return; strings are copied. A row with the same key overwrites the earlier one.
sl_status sl_writer_metric(sl_writer *writer, int64_t run, int64_t step, const char *name, double value);
sl_status sl_writer_class_iou(sl_writer *writer, int64_t run, int64_t step, const char *split, int class_index,
                              const char *class_name,
                              double iou); // NAN: the class is absent, stored as NULL
sl_status sl_writer_confusion(sl_writer *writer, int64_t run, int64_t step, const char *split, int classes,
                              const int64_t *counts);
// All class IoUs of an evaluation and its confusion matrix, written together: whoever reads never sees a mean over the first few
// classes. (Where they do not fit into the queue at once, they may come in several pieces.)
sl_status sl_writer_evaluation(sl_writer *writer, int64_t run, int64_t step, const char *split, int classes,
                               const char *const *class_names, const double *ious, const int64_t *counts);
// A histogram of confidence: counts[(class * 2 + correct) * bins + bin], as core/metrics/reliability.h has it.
sl_status sl_writer_confidence(sl_writer *writer, int64_t run, int64_t step, const char *split, int classes, int bins,
                               const int64_t *counts);
// A picture of a sample: `kind` is "image", "truth", "prediction", "confidence" or "kept", `png` its file.
sl_status sl_writer_sample(sl_writer *writer, int64_t run, int64_t step, const char *split, const char *image, const char *kind,
                           int width, int height, const void *png, size_t bytes);
sl_status sl_writer_event(sl_writer *writer, int64_t run, int64_t step, const char *kind, const char *text);
sl_status sl_writer_artifact(sl_writer *writer, int64_t run, int64_t step, const char *kind, const char *path, int64_t bytes,
                             const char *sha256);
// The run's progress: at most one update of the database a second. A run that was heard of once is marked alive while the writer
// is open, at least every 10 seconds, however long its steps take; one that has finished is left alone. For up to 16 runs at a
// time.
sl_status sl_writer_heartbeat(sl_writer *writer, int64_t run, int64_t step);

// Waits until all rows queued so far are committed. Call it before a checkpoint's name is given to anyone: what was logged up to
// the checkpoint's step must be there when the run is resumed from it.
sl_status sl_writer_flush(sl_writer *writer);
sl_writer_stats sl_writer_stats_get(const sl_writer *writer);

#endif
