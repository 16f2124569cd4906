#include "ui/tui/chart/matrix.h"

#include <math.h>
#include <stdbool.h>

static double count_of(sl_matrix matrix, size_t truth, size_t prediction) {
    int64_t count = matrix.counts[truth * matrix.classes + prediction];
    return count > 0 ? (double)count : 0;
}

static double divide(double part, double whole) {
    return whole > 0 ? part / whole : NAN;
}

double sl_matrix_classes(sl_matrix matrix, sl_matrix_class *out) {
    double sum = 0;
    int occur = 0;
    for (size_t i = 0; i < matrix.classes; i++) out[i] = (sl_matrix_class){0};
    for (size_t i = 0; i < matrix.classes; i++)
        for (size_t k = 0; k < matrix.classes; k++) {
            double count = count_of(matrix, i, k);
            out[i].truth += count;
            out[k].predicted += count;
            if (i == k) out[i].hit = count;
        }
    for (size_t i = 0; i < matrix.classes; i++) {
        out[i].recall = divide(out[i].hit, out[i].truth);
        out[i].precision = divide(out[i].hit, out[i].predicted);
        out[i].iou = divide(out[i].hit, out[i].truth + out[i].predicted - out[i].hit);
        if (isnan(out[i].iou)) continue;
        sum += out[i].iou;
        occur++;
    }
    return divide(sum, occur);
}

void sl_matrix_values(sl_matrix matrix, const sl_matrix_class *classes, sl_matrix_share share, double *values) {
    double most = 0;
    for (size_t i = 0; i < matrix.classes; i++)
        for (size_t k = 0; k < matrix.classes; k++) most = fmax(most, count_of(matrix, i, k));
    for (size_t i = 0; i < matrix.classes; i++)
        for (size_t k = 0; k < matrix.classes; k++) {
            double count = count_of(matrix, i, k);
            values[i * matrix.classes + k] = share == SL_MATRIX_OF_TRUTH        ? divide(count, classes[i].truth)
                                             : share == SL_MATRIX_OF_PREDICTION ? divide(count, classes[k].predicted)
                                                                                : divide(log1p(count), log1p(most));
        }
}

static bool worse(const sl_matrix_pair *a, const sl_matrix_pair *b, sl_matrix_share share) {
    if (share != SL_MATRIX_OF_MOST && a->share != b->share) return a->share > b->share;
    return a->pixels > b->pixels;
}

size_t sl_matrix_pairs(sl_matrix matrix, const sl_matrix_class *classes, sl_matrix_share share, size_t truth, size_t prediction,
                       sl_matrix_pair *pairs, size_t most) {
    size_t count = 0;
    if (most == 0) return 0;
    for (size_t i = 0; i < matrix.classes; i++) {
        if (truth != SL_MATRIX_ANY && truth != i) continue;
        for (size_t k = 0; k < matrix.classes; k++) {
            double pixels = count_of(matrix, i, k);
            if (i == k || pixels <= 0 || (prediction != SL_MATRIX_ANY && prediction != k)) continue;
            double whole = share == SL_MATRIX_OF_PREDICTION ? classes[k].predicted : classes[i].truth;
            sl_matrix_pair pair = {i, k, matrix.counts[i * matrix.classes + k], pixels / whole};
            if (count == most && !worse(&pair, &pairs[count - 1], share)) continue;
            size_t at = count < most ? count++ : count - 1;
            for (; at > 0 && worse(&pair, &pairs[at - 1], share); at--) pairs[at] = pairs[at - 1];
            pairs[at] = pair;
        }
    }
    return count;
}
