// Sentences over several rows, with the options that they name told apart.
#ifndef SL_UI_TUI_WORDS_H
#define SL_UI_TUI_WORDS_H

#include "ui/tui/frame/frame.h"

// The bytes of text that stand in a row of so many columns: whole words where that is possible, and at least one character.
size_t sl_words_row(const char *text, int width, bool utf8);

// How many rows of so many columns a text takes, at most `most`.
int sl_words_rows(const char *text, int width, int most, bool utf8);

// Draws the text from the top of the area on, over at most `most` rows; what is more is cut. Options, such as method.threshold,
// get the style `options`. Returns the rows.
int sl_words_draw(sl_frame *frame, sl_rect area, int most, sl_style style, sl_style options, const char *text);

// The next option that a text names: where it begins, its bytes in *bytes; NULL: none.
const char *sl_words_option(const char *text, size_t *bytes);

#endif
