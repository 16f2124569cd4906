// The pictures of frames on a terminal that shows pixels: which of them it shows, what has to be taken away and what is new.
#ifndef SL_UI_TUI_TERMINAL_PICTURES_H
#define SL_UI_TUI_TERMINAL_PICTURES_H

#include "core/base/text.h"
#include "ui/tui/frame/frame.h"

typedef enum sl_graphics {
    SL_GRAPHICS_NONE,
    SL_GRAPHICS_SIXEL,
    SL_GRAPHICS_KITTY,
} sl_graphics;

typedef struct sl_pictures {
    sl_graphics graphics;
    int cell_width, cell_height; // pixels; 0: not known, then there are no sixels
    struct {
        sl_rect place;
        uint64_t identity;
    } shown[SL_FRAME_PICTURES];
    int count;
} sl_pictures;

// Whether pictures can be shown.
bool sl_pictures_possible(const sl_pictures *pictures);
// Before the cells of a frame are written: takes away what it does not have. `shown` is what the terminal shows: cells under
// sixels that go are marked there as something else, so that they are written again.
sl_status sl_pictures_remove(sl_pictures *pictures, const sl_frame *frame, sl_frame *shown, sl_text *out);
// After that: what the frame has and the terminal does not show yet.
sl_status sl_pictures_add(sl_pictures *pictures, const sl_frame *frame, sl_text *out);
// Takes all away; with NULL the terminal has done so itself.
sl_status sl_pictures_clear(sl_pictures *pictures, sl_text *out);

// What is asked of a terminal, whose answers tell what it can do; and each answer, from what begins it ("\033_G", "\033[?") on:
// true where it says that there are pictures from now on.
extern const char sl_pictures_question[];
bool sl_pictures_kitty_answer(sl_pictures *pictures, const char *rest);      // "i=31;OK"
bool sl_pictures_attributes_answer(sl_pictures *pictures, const char *rest); // "62;4;22c"

#endif
