// What the roles of colours (frame.h) look like: on dark and light backgrounds, with 8, 256 or all colours, or none.
#ifndef SL_UI_TUI_THEME_H
#define SL_UI_TUI_THEME_H

#include "ui/tui/frame/frame.h"

typedef enum sl_depth {
    SL_DEPTH_NONE, // bold, underlined and reversed alone
    SL_DEPTH_8,
    SL_DEPTH_256,
    SL_DEPTH_TRUE,
} sl_depth;

typedef struct sl_theme {
    sl_depth depth;
    bool light; // dark text on a light background
} sl_theme;

// What the environment tells: NO_COLOR, COLORTERM, and COLORFGBG for the background (dark where nothing is known). `colors` is
// how many the terminal says it has; `direct`: it says that it has all.
sl_theme sl_theme_detect(int colors, bool direct);

// The escape sequence that sets a style whatever was set before, "\033[0;1;38;5;203m", as ANSI has it; returns its length.
enum { SL_SGR_MOST = 64 };
size_t sl_theme_sgr(sl_theme theme, sl_style style, char out[SL_SGR_MOST]);

// A colour as 0xRRGGBB, for pictures; the default is the theme's own foreground or background.
uint32_t sl_theme_rgb(sl_theme theme, sl_color color, bool background);

#endif
