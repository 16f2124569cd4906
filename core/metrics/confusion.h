// The confusion matrix and what follows from it.
#ifndef SL_METRICS_CONFUSION_H
#define SL_METRICS_CONFUSION_H

#include "core/tensor/tensor.h"

// counts[truth * classes + prediction], pixels.
typedef struct sl_confusion {
    int classes;
    int64_t *counts;
} sl_confusion;

sl_status sl_confusion_init(sl_confusion *confusion, int classes);
void sl_confusion_clear(sl_confusion *confusion); // frees
// Adds a label map and a prediction map (u8 or i64, same extents); pixels whose truth is `ignore_label` are left out. A truth or
// prediction outside the classes is SL_ERR_DATA.
sl_status sl_confusion_add(sl_confusion *confusion, const sl_tensor *truth, const sl_tensor *prediction, int ignore_label);

// Intersection over union of a class: NAN when its union is empty.
double sl_confusion_iou(const sl_confusion *confusion, int class_index);

typedef enum sl_iou_convention {
    SL_IOU_STANDARD,    // classes with an empty union are left out; one never hit counts as 0
    SL_IOU_AUTHORS,     // every class without a hit is left out, as in the authors' evaluation script
    SL_IOU_ABSENT_ZERO, // every class counts; an empty union gives 0
} sl_iou_convention;
double sl_confusion_mean_iou(const sl_confusion *confusion, sl_iou_convention convention); // NAN when no class counts
double sl_confusion_pixel_accuracy(const sl_confusion *confusion);

#endif
