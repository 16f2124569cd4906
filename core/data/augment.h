// From a decoded image to a crop of floats.
#ifndef SL_DATA_AUGMENT_H
#define SL_DATA_AUGMENT_H

#include "core/base/random.h"
#include "core/io/image.h"
#include <stdbool.h>

typedef struct sl_augment {
    int crop_height, crop_width;
    double scale_least, scale_most;
    bool mirror;
    float value[3][256]; // what a byte becomes, for each channel
} sl_augment;

// Fills `value`: (byte - mean) / divisor, in float.
void sl_augment_values(float value[3][256], const float mean[3], float divisor);

// Scales, crops, pads and mirrors as `random` draws; only what the crop shows is computed. `pixels` receives crop_height x
// crop_width BGR triples, `labels` as many bytes.
sl_status sl_augment_crop(const sl_augment *augment, sl_random random, const sl_image *image, const sl_image *label,
                          float *pixels, uint8_t *labels);

#endif
