// Comparing tensors: the one place where tests decide whether numbers agree.
//
// The error of an element is |actual - expected| over the scale of the expected tensor, its largest magnitude. An all-zero tensor
// has scale 0 and must be met exactly. NaN or infinity on either side, another dtype or shape, a tensor without elements, and a
// comparison of nothing at all are failures.
#ifndef SL_TEST_COMPARE_H
#define SL_TEST_COMPARE_H

#include "core/tensor/tensor.h"

// Start from {.tolerance = ...}; add what is to agree; ask sl_comparison_ok at the end.
typedef struct sl_comparison {
    double tolerance; // of the relative error
    double absolute;  // difference that is allowed besides
    int compared;     // tensors and numbers compared so far
    int failures;
    double worst;      // largest relative error so far, of finite ones
    char message[512]; // of the first failure: which tensor, which element, both values, by how much, tolerance
} sl_comparison;

// Each returns whether this one agrees. `actual` may be NULL: a failure ("missing").
bool sl_comparison_tensor(sl_comparison *comparison, const char *name, const sl_tensor *actual, const sl_tensor *expected);
bool sl_comparison_number(sl_comparison *comparison, const char *name, double actual, double expected);
// Records a failure that is not about numbers.
bool sl_comparison_fail(sl_comparison *comparison, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Whether all agreed. A comparison that compared nothing has failed, and says so in `message`.
bool sl_comparison_ok(sl_comparison *comparison);

#endif
