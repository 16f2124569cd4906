// The confusion matrix and both mean IoU conventions of the golden set.
#include "core/metrics/confusion.h"
#include "tests/support/golden.h"

#include <string.h>

static sl_status compare_matrix(sl_golden_case *golden, const sl_tensor *expected, const sl_tensor *truth,
                                const sl_tensor *prediction) {
    int classes = (int)sl_tensor_shape(expected).n;
    sl_confusion confusion;
    sl_tensor *counts = NULL;
    sl_status status = sl_confusion_init(&confusion, classes);
    if (status == SL_OK) status = sl_confusion_add(&confusion, truth, prediction, 255);
    if (status == SL_OK) status = sl_tensor_new(SL_I64, sl_tensor_shape(expected), &counts);
    if (status == SL_OK) {
        memcpy(sl_tensor_i64(counts), confusion.counts, sl_tensor_bytes(counts));
        sl_comparison_tensor(&golden->comparison, "confusion", counts, expected);
        sl_comparison_number(&golden->comparison, "mean IoU, standard", sl_confusion_mean_iou(&confusion, SL_IOU_STANDARD),
                             sl_golden_number(golden->entry, "mean_iou_classes_present", -1.0));
        sl_comparison_number(&golden->comparison, "mean IoU, authors'", sl_confusion_mean_iou(&confusion, SL_IOU_AUTHORS),
                             sl_golden_number(golden->entry, "mean_iou_skipping_zero_hit_classes", -1.0));
    }
    sl_tensor_free(counts);
    sl_confusion_clear(&confusion);
    return status;
}

static sl_status check(sl_golden_case *golden) {
    sl_tensor *truth = NULL, *prediction = NULL, *expected = NULL;
    sl_status status = sl_safetensors_get(golden->tensors, "gt", &truth);
    if (status == SL_OK) status = sl_safetensors_get(golden->tensors, "prediction", &prediction);
    if (status == SL_OK) status = sl_safetensors_get(golden->tensors, "confusion", &expected);
    if (status == SL_OK) status = compare_matrix(golden, expected, truth, prediction);
    sl_tensor_free(truth);
    sl_tensor_free(prediction);
    sl_tensor_free(expected);
    return status;
}

int main(int argc, char **argv) {
    const sl_golden_test test = {
        .family = SL_GOLDEN_METRICS,
        .body = check,
        .floor = 1e-14, // counts are whole numbers; the means are double
        .any_backend = true,
    };
    return sl_golden_run(&test, argc > 1 ? argv[1] : NULL);
}
