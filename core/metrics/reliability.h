// How sure a prediction was, crossed with whether it was right: a histogram of confidence for each predicted class, from which
// follows what any threshold would keep, how well confidence tells right from wrong, and how far it can be taken at its word.
#ifndef SL_METRICS_RELIABILITY_H
#define SL_METRICS_RELIABILITY_H

#include "core/tensor/tensor.h"

// counts[(class * 2 + correct) * bins + bin], pixels; `class` is the predicted one, `correct` 1 where it is the true one. Bin b
// holds b / bins <= confidence < (b + 1) / bins, the edges rounded to float as the method's own threshold is; the last holds 1.0,
// too.
typedef struct sl_reliability {
    int classes, bins;
    int64_t *counts;
    float *edges; // bins of them: the lower ones
} sl_reliability;

sl_status sl_reliability_init(sl_reliability *reliability, int classes, int bins); // 1 to 256 classes, 1 to 65536 bins
void sl_reliability_clear(sl_reliability *reliability);                            // frees
size_t sl_reliability_count(const sl_reliability *reliability);                    // how many counts there are
// Adds the pixels of a label map and a prediction map (u8 or i64) and their confidence (f32, one channel, 0 to 1), all of the
// same extents; pixels whose label is `ignore_label` are left out, whatever else they hold. A label or prediction outside the
// classes and a confidence outside 0 to 1 (NaN among them) is SL_ERR_DATA; nothing is counted then.
sl_status sl_reliability_add(sl_reliability *reliability, const sl_tensor *label, const sl_tensor *prediction,
                             const sl_tensor *confidence, int ignore_label);

#endif
