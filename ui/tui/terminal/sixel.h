// Pictures as sixels, which many terminals show: bands of six rows, colour by colour, in at most 256 colours.
#ifndef SL_UI_TUI_SIXEL_H
#define SL_UI_TUI_SIXEL_H

#include "core/base/text.h"
#include <stdint.h>

// Appends the picture of `width` x `height` pixels, 0xRRGGBB each, with the sequence around it. SL_ERR_MEMORY.
sl_status sl_sixel_append(sl_text *out, const uint32_t *pixels, int width, int height);

// At most `most` colours (256 at most) for pixels: those they have where these are few enough, else the means of groups of
// similar ones. indices[i] is the place of pixel i in `colors`; *count how many there are. SL_ERR_MEMORY.
sl_status sl_colors_reduce(const uint32_t *pixels, size_t pixel_count, int most, uint32_t colors[256], int *count,
                           uint8_t *indices);

#endif
