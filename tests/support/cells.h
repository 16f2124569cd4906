// Small frames held against rows that are written in the test itself.
#ifndef SL_TEST_CELLS_H
#define SL_TEST_CELLS_H

#include "ui/tui/frame/frame.h"

// A blank frame, freed by sl_frame_free.
sl_frame sl_test_blank(int width, int height, bool utf8);

// Compares the rows of a frame, without their trailing blanks, with a text that has a line for each; fails with all of the frame,
// as it would be written in the test, where one differs.
void sl_test_rows(const char *what, const sl_frame *frame, const char *expected);

// The foregrounds of a row, a letter each: of roles "." default, "d" dim, "t" title, "a" accent, "g" good, "w" warn, "b" bad, "r"
// run, "0" to "7" series; "#" RGB.
const char *sl_test_colors(const sl_frame *frame, int y);

// Whether nothing but blanks in the default style lies outside an area.
bool sl_test_clean_outside(const sl_frame *frame, sl_rect area);

#endif
