// Characters of text: reading UTF-8, and how many columns each takes in a terminal.
#ifndef SL_UI_TUI_UNICODE_H
#define SL_UI_TUI_UNICODE_H

#include <stddef.h>
#include <stdint.h>

// Reads the character at *text and moves *text past it. Of bytes that are no UTF-8 (also surrogates and longer forms than needed)
// one is passed and SL_UNICODE_BAD + that byte returned. 0 at the end, where *text stays.
enum { SL_UNICODE_BAD = 0x40000000 };
uint32_t sl_unicode_next(const char **text);

// Writes a character as UTF-8 without a closing zero; returns the bytes, 1 to 4. What is no character is written as U+FFFD.
size_t sl_unicode_write(uint32_t character, char out[4]);

// 1 or 2 columns; 0 for what must not be sent to a terminal as it is: control characters, characters of no width (accents that
// combine, joiners, marks that turn the direction of text), surrogates, what is no character.
int sl_unicode_width(uint32_t character);

#endif
