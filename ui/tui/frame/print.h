// A frame without a terminal: as text, as text with colours, as a picture.
#ifndef SL_UI_TUI_PRINT_H
#define SL_UI_TUI_PRINT_H

#include "core/base/text.h"
#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"

// Append one line for each row, ended by \n; blanks at the end of a row are left out where they show nothing. SL_ERR_MEMORY.
sl_status sl_frame_as_text(const sl_frame *frame, sl_text *out);
sl_status sl_frame_as_ansi(const sl_frame *frame, sl_theme theme, sl_text *out);

// Pixels of a frame, in a font of its own: SL_CELL_WIDTH x SL_CELL_HEIGHT each cell. *pixels receives rows of blue, green, red,
// freed with sl_free. Characters that the font lacks are hollow boxes. SL_ERR_MEMORY.
enum { SL_CELL_WIDTH = 12, SL_CELL_HEIGHT = 24 };
sl_status sl_frame_as_pixels(const sl_frame *frame, sl_theme theme, uint8_t **pixels);

#endif
