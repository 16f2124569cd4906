#include "ui/tui/terminal/sixel.h"
#include "core/base/memory.h"

#include <stdbool.h>
#include <string.h>

// Sixels of one colour in a band: a character for each column, runs of more than three shortened. `end` columns are written.
static sl_status append_run(sl_text *out, int count, char character) {
    if (count > 3) return sl_text_append(out, "!%d%c", count, character);
    char same[3] = {character, character, character};
    return sl_text_append_bytes(out, same, (size_t)count);
}

static sl_status append_color(sl_text *out, const uint8_t *band, int width, int rows, int color) {
    int run = 0;
    char last = 0;
    for (int x = 0; x < width; x++) {
        int bits = 0;
        for (int y = 0; y < rows; y++) bits |= (band[y * width + x] == color) << y;
        char character = (char)('?' + bits);
        if (run > 0 && character != last) {
            SL_TRY(append_run(out, run, last));
            run = 0;
        }
        last = character;
        run++;
    }
    return last == '?' ? SL_OK : append_run(out, run, last); // nothing follows at the end of the row
}

static sl_status append_band(sl_text *out, const uint8_t *band, int width, int rows, int colors) {
    bool used[256] = {false}, first = true;
    for (int i = 0; i < width * rows; i++) used[band[i]] = true;
    for (int color = 0; color < colors; color++) {
        if (!used[color]) continue;
        SL_TRY(sl_text_append(out, "%s#%d", first ? "" : "$", color));
        first = false;
        SL_TRY(append_color(out, band, width, rows, color));
    }
    return SL_OK;
}

static sl_status append_picture(sl_text *out, const uint8_t *indices, int width, int height, const uint32_t *colors, int count) {
    // Square pixels, and nothing but these.
    SL_TRY(sl_text_append(out, "\033P0;1;0q\"1;1;%d;%d", width, height));
    for (int i = 0; i < count; i++) {
        int percent[3];
        for (int c = 0; c < 3; c++) percent[c] = (int)((colors[i] >> (16 - 8 * c) & 255) * 100 + 127) / 255;
        SL_TRY(sl_text_append(out, "#%d;2;%d;%d;%d", i, percent[0], percent[1], percent[2]));
    }
    for (int y = 0; y < height; y += 6) {
        int rows = height - y < 6 ? height - y : 6;
        if (y > 0) SL_TRY(sl_text_append_bytes(out, "-", 1));
        SL_TRY(append_band(out, indices + (size_t)y * (size_t)width, width, rows, count));
    }
    return sl_text_append(out, "\033\\");
}

sl_status sl_sixel_append(sl_text *out, const uint32_t *pixels, int width, int height) {
    size_t count = (size_t)width * (size_t)height, before = out->length;
    uint32_t colors[256];
    int color_count;
    if (width < 1 || height < 1) return SL_OK;
    uint8_t *indices = sl_malloc(count);
    if (!indices) return sl_error(SL_ERR_MEMORY, "out of memory for a picture");
    sl_status status = sl_colors_reduce(pixels, count, 256, colors, &color_count, indices);
    if (status == SL_OK) status = append_picture(out, indices, width, height, colors, color_count);
    sl_free(indices);
    if (status != SL_OK) out->length = before;
    return status;
}
