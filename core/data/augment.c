#include "core/data/augment.h"
#include "core/data/dataset.h"
#include "core/io/image_resize.h"

#include <string.h>

void sl_augment_values(float value[3][256], const float mean[3], float divisor) {
    for (int c = 0; c < 3; c++)
        for (int byte = 0; byte < 256; byte++) value[c][byte] = ((float)byte - mean[c]) / divisor;
}

// One row of the crop: `width` pixels of `row`, then padding; mirrored, the other way round.
static void put_pixels(const sl_augment *augment, const uint8_t *row, int width, bool mirrored, float *out) {
    int crop = augment->crop_width;
    int step = mirrored ? -3 : 3;
    if (mirrored) {
        memset(out, 0, (size_t)(crop - width) * 3 * sizeof *out);
        out += (crop - 1) * 3;
    } else {
        memset(out + width * 3, 0, (size_t)(crop - width) * 3 * sizeof *out);
    }
    for (int x = 0; x < width; x++, row += 3, out += step)
        for (int c = 0; c < 3; c++) out[c] = augment->value[c][row[c]];
}

static void put_labels(int crop, const uint8_t *row, int width, bool mirrored, uint8_t *out) {
    memset(out, SL_IGNORE_LABEL, (size_t)crop);
    if (!mirrored)
        memcpy(out, row, (size_t)width);
    else
        for (int x = 0; x < width; x++) out[crop - 1 - x] = row[x];
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

sl_status sl_augment_crop(const sl_augment *augment, sl_random random, const sl_image *image, const sl_image *label,
                          float *pixels, uint8_t *labels) {
    int height = augment->crop_height, width = augment->crop_width;
    double factor = augment->scale_least + (augment->scale_most - augment->scale_least) * sl_random_uniform(&random);
    sl_resize resize = sl_resize_by(image, factor);
    int spare_y = resize.height > height ? resize.height - height : 0, spare_x = resize.width > width ? resize.width - width : 0;
    int y = (int)sl_random_below(&random, (uint64_t)spare_y + 1), x = (int)sl_random_below(&random, (uint64_t)spare_x + 1);
    bool mirrored = sl_random_uniform(&random) < 0.5 && augment->mirror;
    int inner_height = smaller(height, resize.height), inner_width = smaller(width, resize.width);

    sl_image window, label_window;
    SL_TRY(sl_resize_linear_window(image, &resize, x, y, inner_width, inner_height, &window));
    sl_status status = sl_resize_nearest_window(label, &resize, x, y, inner_width, inner_height, &label_window);
    for (int row = 0; status == SL_OK && row < inner_height; row++) {
        put_pixels(augment, window.pixels + (size_t)row * (size_t)inner_width * 3, inner_width, mirrored,
                   pixels + (size_t)row * (size_t)width * 3);
        put_labels(width, label_window.pixels + (size_t)row * (size_t)inner_width, inner_width, mirrored,
                   labels + (size_t)row * (size_t)width);
    }
    if (status == SL_OK) {
        size_t below = (size_t)(height - inner_height) * (size_t)width, used = (size_t)inner_height * (size_t)width;
        memset(pixels + used * 3, 0, below * 3 * sizeof *pixels);
        memset(labels + used, SL_IGNORE_LABEL, below);
        sl_image_clear(&label_window);
    }
    sl_image_clear(&window);
    return status;
}
