#include "core/metrics/confusion.h"
#include "core/base/memory.h"

#include <math.h>

sl_status sl_confusion_init(sl_confusion *confusion, int classes) {
    *confusion = (sl_confusion){0};
    if (classes < 1 || classes > 256)
        return sl_error(SL_ERR_ARGUMENT, "confusion matrix: %d classes; expected 1 to 256", classes);
    int64_t *counts = sl_calloc((size_t)classes * (size_t)classes, sizeof *counts);
    if (!counts) return sl_error(SL_ERR_MEMORY, "confusion matrix: out of memory for %d classes", classes);
    *confusion = (sl_confusion){.classes = classes, .counts = counts};
    return SL_OK;
}

void sl_confusion_clear(sl_confusion *confusion) {
    if (!confusion) return;
    sl_free(confusion->counts);
    *confusion = (sl_confusion){0};
}

static int64_t label_at(const sl_tensor *map, int64_t i) {
    return sl_tensor_dtype(map) == SL_U8 ? sl_tensor_u8(map)[i] : sl_tensor_i64(map)[i];
}

static bool is_label_map(const sl_tensor *map) {
    return sl_tensor_dtype(map) == SL_U8 || sl_tensor_dtype(map) == SL_I64;
}

static sl_status out_of_range(const sl_tensor *map, const char *what, int64_t label, int64_t i, int classes) {
    sl_shape s = sl_tensor_shape(map);
    return sl_error(SL_ERR_DATA, "confusion matrix: %s %lld at image %lld, row %lld, column %lld is not one of %d classes", what,
                    (long long)label, (long long)(i / (s.h * s.w)), (long long)(i / s.w % s.h), (long long)(i % s.w), classes);
}

sl_status sl_confusion_add(sl_confusion *confusion, const sl_tensor *truth, const sl_tensor *prediction, int ignore_label) {
    char a[96], b[96];
    if (!is_label_map(truth) || !is_label_map(prediction))
        return sl_error(SL_ERR_ARGUMENT, "confusion matrix: label maps are u8 or i64, not %s and %s",
                        sl_dtype_name(sl_tensor_dtype(truth)), sl_dtype_name(sl_tensor_dtype(prediction)));
    if (!sl_shape_equal(sl_tensor_shape(truth), sl_tensor_shape(prediction)))
        return sl_error(SL_ERR_ARGUMENT, "confusion matrix: the truth is %s but the prediction %s",
                        sl_shape_text(sl_tensor_shape(truth), a), sl_shape_text(sl_tensor_shape(prediction), b));
    // All labels are checked before any is counted, so a failed call leaves the matrix as it was.
    int64_t count = sl_tensor_count(truth);
    int classes = confusion->classes;
    for (int64_t i = 0; i < count; i++) {
        int64_t t = label_at(truth, i), p = label_at(prediction, i);
        if (t == ignore_label) continue;
        if (t < 0 || t >= classes) return out_of_range(truth, "label", t, i, classes);
        if (p < 0 || p >= classes) return out_of_range(prediction, "prediction", p, i, classes);
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t t = label_at(truth, i);
        if (t != ignore_label) confusion->counts[t * classes + label_at(prediction, i)]++;
    }
    return SL_OK;
}

static int64_t hits(const sl_confusion *confusion, int k) {
    return confusion->counts[k * confusion->classes + k];
}

double sl_confusion_iou(const sl_confusion *confusion, int class_index) {
    int n = confusion->classes;
    if (class_index < 0 || class_index >= n) return NAN;
    int64_t united = -hits(confusion, class_index);
    for (int k = 0; k < n; k++) united += confusion->counts[class_index * n + k] + confusion->counts[k * n + class_index];
    return united > 0 ? (double)hits(confusion, class_index) / (double)united : NAN;
}

double sl_confusion_mean_iou(const sl_confusion *confusion, sl_iou_convention convention) {
    double sum = 0.0;
    int counted = 0;
    for (int k = 0; k < confusion->classes; k++) {
        double iou = sl_confusion_iou(confusion, k);
        if (isnan(iou)) {
            if (convention != SL_IOU_ABSENT_ZERO) continue;
            iou = 0.0;
        }
        if (convention == SL_IOU_AUTHORS && hits(confusion, k) == 0) continue;
        sum += iou;
        counted++;
    }
    return counted > 0 ? sum / counted : NAN;
}

double sl_confusion_pixel_accuracy(const sl_confusion *confusion) {
    int64_t all = 0, right = 0;
    for (int k = 0; k < confusion->classes; k++) {
        right += hits(confusion, k);
        for (int j = 0; j < confusion->classes; j++) all += confusion->counts[k * confusion->classes + j];
    }
    return all > 0 ? (double)right / (double)all : NAN;
}
