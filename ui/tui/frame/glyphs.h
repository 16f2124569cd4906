// A small font for pictures of the dashboard: ASCII and the few signs that it uses, drawn for it. Lines, blocks and braille are
// not in it, they are drawn by rule (raster.c).
#ifndef SL_UI_TUI_GLYPHS_H
#define SL_UI_TUI_GLYPHS_H

#include <stdbool.h>
#include <stdint.h>

enum { SL_GLYPH_COLUMNS = 5, SL_GLYPH_ROWS = 9 };

// The dots of a character; false where the font has none.
bool sl_glyph_find(uint32_t character, bool dots[SL_GLYPH_ROWS][SL_GLYPH_COLUMNS]);

#endif
