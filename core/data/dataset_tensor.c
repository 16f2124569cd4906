// Whole images for evaluation.
#include "core/data/augment.h"
#include "core/data/dataset_impl.h"
#include "core/data/loader.h"

#include <math.h>
#include <string.h>

sl_status sl_dataset_tensor(const sl_dataset *dataset, size_t index, const float mean[3], float divisor, sl_tensor **image,
                            sl_tensor **label) {
    *image = NULL;
    if (label) *label = NULL;
    if (!isfinite(mean[0]) || !isfinite(mean[1]) || !isfinite(mean[2]) || !isfinite(divisor) || divisor == 0)
        return sl_error(SL_ERR_ARGUMENT, "mean %g %g %g and divisor %g; they must be finite, the divisor not 0", mean[0], mean[1],
                        mean[2], divisor);
    sl_sample sample;
    SL_TRY(sl_dataset_borrow(dataset, index, &sample));
    int64_t height = sample.image->height, width = sample.image->width;
    sl_status status = sl_tensor_new(SL_F32, sl_shape_image(1, 3, height, width), image);
    if (status == SL_OK && label) status = sl_tensor_new(SL_U8, sl_shape_map(1, height, width), label);
    if (status == SL_OK) {
        float value[3][256], *out = sl_tensor_f32(*image);
        sl_augment_values(value, mean, divisor);
        const uint8_t *pixels = sample.image->pixels;
        for (int64_t i = 0; i < height * width; i++, pixels += 3, out += 3)
            for (int c = 0; c < 3; c++) out[c] = value[c][pixels[c]];
        if (label) memcpy(sl_tensor_u8(*label), sample.label->pixels, (size_t)(height * width));
    } else {
        sl_tensor_free(*image);
        *image = NULL;
    }
    sl_sample_release(&sample);
    return status;
}
