// The orientation that a camera notes in a JPEG's EXIF data. cv2.imread applies it.
#include "core/base/memory.h"
#include "core/io/image_impl.h"

#include <string.h>

static unsigned number(const unsigned char *bytes, int count, bool little) {
    unsigned value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[little ? count - 1 - i : i];
    return value;
}

// The payload is a TIFF file: byte order, 42, offset of the first directory; a directory is a count and entries of 12 bytes.
int sl_exif_orientation(const unsigned char *payload, size_t size) {
    enum { TAG = 0x0112, SHORT = 3, ENTRY = 12 };
    if (size < 8) return 1;
    bool little = memcmp(payload, "II", 2) == 0;
    if (!little && memcmp(payload, "MM", 2) != 0) return 1;
    if (number(payload + 2, 2, little) != 42) return 1;
    size_t at = number(payload + 4, 4, little);
    if (at > size - 2) return 1;
    unsigned entries = number(payload + at, 2, little);
    at += 2;
    for (unsigned i = 0; i < entries && size - at >= ENTRY; i++, at += ENTRY) {
        if (number(payload + at, 2, little) != TAG || number(payload + at + 2, 2, little) != SHORT) continue;
        unsigned value = number(payload + at + 8, 2, little);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

sl_status sl_image_orient(const char *name, sl_image *image, int orientation) {
    if (orientation <= 1 || orientation > 8) return SL_OK;
    bool transposed = orientation >= 5;
    // Where the result's pixel (x, y) comes from: transposed or not, then mirrored along the source's axes.
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    sl_image turned;
    int width = transposed ? image->height : image->width, height = transposed ? image->width : image->height;
    SL_TRY(sl_image_new(name, width, height, image->channels, &turned));
    size_t channels = (size_t)image->channels;
    uint8_t *out = turned.pixels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, out += channels) {
            int sx = transposed ? y : x, sy = transposed ? x : y;
            if (mirror_x) sx = image->width - 1 - sx;
            if (mirror_y) sy = image->height - 1 - sy;
            memcpy(out, image->pixels + ((size_t)sy * (size_t)image->width + (size_t)sx) * channels, channels);
        }
    sl_image_clear(image);
    *image = turned;
    return SL_OK;
}
