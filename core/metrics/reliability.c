#include "core/metrics/reliability.h"
#include "core/base/memory.h"

sl_status sl_reliability_init(sl_reliability *reliability, int classes, int bins) {
    *reliability = (sl_reliability){0};
    if (classes < 1 || classes > 256) return sl_error(SL_ERR_ARGUMENT, "reliability: %d classes; expected 1 to 256", classes);
    if (bins < 1 || bins > 65536) return sl_error(SL_ERR_ARGUMENT, "reliability: %d bins; expected 1 to 65536", bins);
    int64_t *counts = sl_calloc((size_t)classes * 2 * (size_t)bins, sizeof *counts);
    float *edges = sl_malloc((size_t)bins * sizeof *edges);
    if (!counts || !edges) {
        sl_free(counts);
        sl_free(edges);
        return sl_error(SL_ERR_MEMORY, "reliability: out of memory for %d classes and %d bins", classes, bins);
    }
    for (int b = 0; b < bins; b++) edges[b] = (float)((double)b / bins);
    *reliability = (sl_reliability){.classes = classes, .bins = bins, .counts = counts, .edges = edges};
    return SL_OK;
}

void sl_reliability_clear(sl_reliability *reliability) {
    if (!reliability) return;
    sl_free(reliability->counts);
    sl_free(reliability->edges);
    *reliability = (sl_reliability){0};
}

size_t sl_reliability_count(const sl_reliability *reliability) {
    return (size_t)reliability->classes * 2 * (size_t)reliability->bins;
}

static bool is_label_map(const sl_tensor *map) {
    return sl_tensor_dtype(map) == SL_U8 || sl_tensor_dtype(map) == SL_I64;
}

static int64_t label_at(const sl_tensor *map, int64_t i) {
    return sl_tensor_dtype(map) == SL_U8 ? sl_tensor_u8(map)[i] : sl_tensor_i64(map)[i];
}

static sl_status check_maps(const sl_tensor *label, const sl_tensor *prediction, const sl_tensor *confidence) {
    char a[96], b[96], c[96];
    if (!is_label_map(label) || !is_label_map(prediction))
        return sl_error(SL_ERR_ARGUMENT, "reliability: label maps are u8 or i64, not %s and %s",
                        sl_dtype_name(sl_tensor_dtype(label)), sl_dtype_name(sl_tensor_dtype(prediction)));
    if (sl_tensor_dtype(confidence) != SL_F32)
        return sl_error(SL_ERR_ARGUMENT, "reliability: the confidence is f32, not %s",
                        sl_dtype_name(sl_tensor_dtype(confidence)));
    sl_shape s = sl_tensor_shape(label);
    if (!sl_shape_equal(s, sl_tensor_shape(prediction)) || !sl_shape_equal(s, sl_tensor_shape(confidence)))
        return sl_error(SL_ERR_ARGUMENT, "reliability: the label is %s, the prediction %s and the confidence %s",
                        sl_shape_text(s, a), sl_shape_text(sl_tensor_shape(prediction), b),
                        sl_shape_text(sl_tensor_shape(confidence), c));
    return SL_OK;
}

static sl_status check_pixel(const sl_reliability *reliability, sl_shape s, int64_t i, int64_t t, int64_t p, float c) {
    int classes = reliability->classes;
    if (t >= 0 && t < classes && p >= 0 && p < classes && c >= 0.0f && c <= 1.0f) return SL_OK;
    bool in_classes = t >= 0 && t < classes && p >= 0 && p < classes;
    long long image = i / (s.h * s.w), row = i / s.w % s.h, column = i % s.w;
    if (in_classes)
        return sl_error(SL_ERR_DATA, "reliability: confidence %g at image %lld, row %lld, column %lld is not in 0 to 1",
                        (double)c, image, row, column);
    return sl_error(SL_ERR_DATA,
                    "reliability: label %lld and prediction %lld at image %lld, row %lld, column %lld are not of %d classes",
                    (long long)t, (long long)p, image, row, column, classes);
}

static int bin_of(const sl_reliability *reliability, float confidence) {
    int last = reliability->bins - 1, bin = (int)(confidence * (float)reliability->bins);
    if (bin > last) bin = last;
    // The product is rounded; the edges decide.
    while (confidence < reliability->edges[bin]) bin--;
    while (bin < last && confidence >= reliability->edges[bin + 1]) bin++;
    return bin;
}

sl_status sl_reliability_add(sl_reliability *reliability, const sl_tensor *label, const sl_tensor *prediction,
                             const sl_tensor *confidence, int ignore_label) {
    SL_TRY(check_maps(label, prediction, confidence));
    const float *sure = sl_tensor_f32(confidence);
    int64_t count = sl_tensor_count(label);
    for (int64_t i = 0; i < count; i++) {
        int64_t t = label_at(label, i);
        if (t == ignore_label) continue;
        SL_TRY(check_pixel(reliability, sl_tensor_shape(label), i, t, label_at(prediction, i), sure[i]));
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t t = label_at(label, i), p = label_at(prediction, i);
        if (t == ignore_label) continue;
        reliability->counts[(p * 2 + (t == p)) * reliability->bins + bin_of(reliability, sure[i])]++;
    }
    return SL_OK;
}
