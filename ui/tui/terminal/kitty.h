// Pictures by kitty's graphics protocol, which kitty, WezTerm, Ghostty, Konsole and others understand: pixels in base64, scaled
// by the terminal to the cells they are to cover.
#ifndef SL_UI_TUI_KITTY_H
#define SL_UI_TUI_KITTY_H

#include "core/base/text.h"
#include <stdint.h>

// Appends what shows the picture of `width` x `height` pixels, 0xRRGGBB each, as number `id` over so many columns and rows from
// the cursor on, which stays where it is. No answer is asked for.
sl_status sl_kitty_append(sl_text *out, uint32_t id, const uint32_t *pixels, int width, int height, int columns, int rows);
// Takes a picture away.
sl_status sl_kitty_delete(sl_text *out, uint32_t id);

#endif
