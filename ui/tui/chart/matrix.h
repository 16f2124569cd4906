// What a confusion matrix says: how well each class is found, and what is taken for what. Plain numbers from plain numbers.
#ifndef SL_UI_TUI_MATRIX_H
#define SL_UI_TUI_MATRIX_H

#include <stddef.h>
#include <stdint.h>

// counts[truth * classes + prediction], pixels; less than 0 counts as 0.
typedef struct sl_matrix {
    const int64_t *counts;
    size_t classes;
} sl_matrix;

typedef struct sl_matrix_class {
    double truth, predicted, hit;  // pixels that are of the class, that were taken for it, and both
    double iou, precision, recall; // 0 .. 1; NAN where there is nothing to divide by
} sl_matrix_class;

// Fills `classes` entries, and returns the mean IoU over those that occur (NAN: none).
double sl_matrix_classes(sl_matrix matrix, sl_matrix_class *out);

// What a count is a share of.
typedef enum sl_matrix_share {
    SL_MATRIX_OF_TRUTH,      // the pixels that are of the class of its row
    SL_MATRIX_OF_PREDICTION, // the pixels that were taken for the class of its column
    SL_MATRIX_OF_MOST,       // the greatest count, on a logarithmic scale: to be looked at
    SL_MATRIX_SHARES,
} sl_matrix_share;

// All values of a matrix as shares, NAN where there is nothing to divide by.
void sl_matrix_values(sl_matrix matrix, const sl_matrix_class *classes, sl_matrix_share share, double *values);

// One class taken for another.
typedef struct sl_matrix_pair {
    size_t truth, prediction;
    int64_t pixels;
    double share; // of truth or of prediction; of SL_MATRIX_OF_MOST: of truth
} sl_matrix_pair;

// The worst pairs, at most `most`: by share, or with SL_MATRIX_OF_MOST by pixels. `truth` and `prediction` choose those of a
// class; SL_MATRIX_ANY: all. Returns how many there are.
#define SL_MATRIX_ANY SIZE_MAX
size_t sl_matrix_pairs(sl_matrix matrix, const sl_matrix_class *classes, sl_matrix_share share, size_t truth, size_t prediction,
                       sl_matrix_pair *pairs, size_t most);

#endif
