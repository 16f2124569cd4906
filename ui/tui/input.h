// What a person does at the terminal.
#ifndef SL_UI_TUI_INPUT_H
#define SL_UI_TUI_INPUT_H

#include <stdint.h>

typedef enum sl_key {
    SL_KEY_NONE,      // nothing came in the time given
    SL_KEY_CHARACTER, // .character: printable, or control and a letter: 1 to 26
    SL_KEY_ENTER,
    SL_KEY_ESCAPE,
    SL_KEY_TAB,
    SL_KEY_BACKTAB,
    SL_KEY_BACKSPACE,
    SL_KEY_DELETE,
    SL_KEY_UP,
    SL_KEY_DOWN,
    SL_KEY_LEFT,
    SL_KEY_RIGHT,
    SL_KEY_HOME,
    SL_KEY_END,
    SL_KEY_PAGE_UP,
    SL_KEY_PAGE_DOWN,
    SL_KEY_F1, // SL_KEY_F1 + n is F(n + 1), up to F12
    SL_KEY_F12 = SL_KEY_F1 + 11,
    SL_KEY_MOUSE_PRESS, // the left button, at .x and .y
    SL_KEY_MOUSE_DRAG,  // moved with it held
    SL_KEY_MOUSE_RELEASE,
    SL_KEY_MOUSE_RIGHT,
    SL_KEY_WHEEL_UP,
    SL_KEY_WHEEL_DOWN,
    SL_KEY_RESIZE, // the terminal has another size
    SL_KEY_REDRAW, // what the terminal shows is not known any more
    SL_KEY_QUIT,   // the program was told to end (SIGTERM, SIGHUP, SIGINT), or the terminal is gone
    SL_KEY_COUNT,
} sl_key;

typedef struct sl_input {
    sl_key key;
    uint32_t character;
    int x, y; // of the mouse
} sl_input;

#endif
