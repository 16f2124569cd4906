// Whether what is drawn can be sent to any terminal.
#ifndef SL_TEST_PRINTABLE_H
#define SL_TEST_PRINTABLE_H

#include "ui/tui/frame/frame.h"
#include <stddef.h>
#include <stdint.h>

// Each fails the test where it is not so.
// All characters are printable, those of two columns have both their cells, a frame without UTF-8 holds only ASCII, and styles
// are colours that there are.
void sl_test_frame_sound(const sl_frame *frame);
// Bytes that a terminal would get: UTF-8 as it should be, no control character, none that turns the direction of text or has no
// width; besides newlines and, with `colors`, sequences of colours and attributes.
void sl_test_printable(const char *bytes, size_t count, bool colors);

#endif
