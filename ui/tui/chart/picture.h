// Pictures in cells. With 256 and more colours and UTF-8 a cell holds two pixels, one above the other ("▀" in two colours);
// with less each cell is one character: label maps are letters, one for each class, others a ramp of brightness.
//
// A picture keeps its shape: a cell counts as twice as high as it is wide.
#ifndef SL_UI_TUI_PICTURE_H
#define SL_UI_TUI_PICTURE_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"
#include "ui/tui/model.h"

// Where a picture of so many pixels stands in an area: as large as fits, in its middle at the top.
sl_rect sl_picture_place(sl_rect area, int width, int height);
// How many columns it takes where there are so many rows for it; at least 1.
int sl_picture_columns(int rows, int width, int height);

typedef struct sl_picture_style {
    sl_theme theme;
    int void_label; // of label maps; -1: none
    bool heat;      // grey stands for a share, which has the colours of heat.h
} sl_picture_style;

// Fills all of `place` with the picture, whatever its shape; clipped at the frame. Pixels that share a cell or half of it are
// averaged; of a label map the class that most of them have is shown.
void sl_picture_draw(sl_frame *frame, sl_rect place, const sl_picture *picture, sl_picture_style style);
// The same, as a picture in pixels where the frame takes those.
void sl_picture_show(sl_frame *frame, sl_rect place, const sl_picture *picture, sl_picture_style style);
// Whether label maps are drawn as letters, and the letter of a class.
bool sl_picture_letters(const sl_frame *frame, sl_theme theme);
uint32_t sl_picture_letter(int label);

// The pixel of a picture that was made `width` x `height` (the same means and majorities as above). 0xRRGGBB
uint32_t sl_picture_pixel(const sl_picture *picture, int width, int height, int x, int y);

#endif
