// Pictures as the database has them: small PNGs that may come from anybody.
#ifndef SL_UI_PICTURE_FILE_H
#define SL_UI_PICTURE_FILE_H

#include "core/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SL_PICTURE_SIDE = 1024, SL_PICTURE_BYTES = 4 << 20 }; // more is not read

typedef struct sl_picture_file {
    int width, height;
    uint8_t *rgb;         // rows of pixels of 3 bytes
    uint8_t *labels;      // of a label map: the index of each pixel, below `colors`; or NULL
    uint8_t palette[768]; // of a label map, RGB
    int colors;           // of the palette; 0: no label map
} sl_picture_file;

// The error is a sentence without a file's name. `out` is empty then.
sl_status sl_picture_file_read(const void *png, size_t bytes, sl_picture_file *out);
void sl_picture_file_clear(sl_picture_file *file);

#endif
