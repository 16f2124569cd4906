// A frame: the cells of one picture of the terminal, in memory. Drawing writes into frames and never to a terminal, so that
// whatever is drawn can be printed, tested and rendered without one; terminal.h shows a frame through ncurses, snapshot.h prints
// it.
//
// A cell holds one character of one or two columns. Text from anywhere (names, notes, errors) may be put into a frame as it is:
// control characters, escape sequences, bytes that are no UTF-8, and characters of no width are shown as visible escapes, never
// passed on.
#ifndef SL_UI_TUI_FRAME_H
#define SL_UI_TUI_FRAME_H

#include "core/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sl_rect {
    int x, y, width, height; // in cells; width and height may be 0
} sl_rect;

// What two rectangles have in common; width or height is 0 where that is nothing.
sl_rect sl_rect_common(sl_rect a, sl_rect b);

// A colour: a role of the theme (what it is for, so that dark, light, 8-colour and NO_COLOR terminals each find their own), or
// RGB for pictures and heat maps.
typedef uint32_t sl_color;
enum {
    SL_COLOR_DEFAULT, // the terminal's own
    SL_COLOR_DIM,     // axes, borders, what matters less
    SL_COLOR_TITLE,
    SL_COLOR_ACCENT, // what is selected
    SL_COLOR_GOOD,   // done, best
    SL_COLOR_WARN,   // stopped, stale
    SL_COLOR_BAD,    // failed, diverged, dead
    SL_COLOR_RUN,    // running
    SL_COLOR_SERIES, // SL_COLOR_SERIES + k: the k-th series of a chart, k < SL_COLOR_SERIES_COUNT; stable by k
    SL_COLOR_SERIES_COUNT = 8,
    SL_COLOR_ROLES = SL_COLOR_SERIES + SL_COLOR_SERIES_COUNT,
};
#define SL_COLOR_RGB(r, g, b) (0x1000000u | (uint32_t)(r) << 16 | (uint32_t)(g) << 8 | (uint32_t)(b))

enum { SL_ATTR_BOLD = 1, SL_ATTR_REVERSE = 2, SL_ATTR_UNDERLINE = 4 };

typedef struct sl_style {
    sl_color foreground, background;
    unsigned attributes;
} sl_style;
bool sl_style_same(sl_style a, sl_style b);

typedef struct sl_frame_cell {
    uint32_t character; // Unicode; 0: the right half of the wide character before it
    sl_style style;
} sl_frame_cell;

// A picture in pixels over blank cells, for terminals that show them. What it is drawn from belongs to who draws it, and lives as
// long as the frame is shown.
typedef struct sl_frame_picture {
    sl_rect place;
    int width, height; // of its own pixels: more of them say nothing more
    const void *source;
    // The pixel at x, y when it is made so large, 0xRRGGBB.
    uint32_t (*pixel)(const void *source, int width, int height, int x, int y);
    uint64_t identity; // pictures that look alike have the same
} sl_frame_picture;

enum { SL_FRAME_PICTURES = 16 };

typedef struct sl_frame {
    int width, height;
    bool utf8;            // false: only ASCII may be put; drawing chooses its characters by it
    bool pixels;          // whether pictures may be put
    sl_frame_cell *cells; // height rows of width cells
    sl_frame_picture pictures[SL_FRAME_PICTURES];
    int picture_count;
} sl_frame;

// Makes an empty frame of blanks, or gives an existing one another size (its content is cleared). SL_ERR_MEMORY.
sl_status sl_frame_resize(sl_frame *frame, int width, int height);
void sl_frame_free(sl_frame *frame); // the cells; the struct is the caller's
void sl_frame_clear(sl_frame *frame);

// All of these clip at `clip` (a rectangle of the frame) and at the frame's edges.
// Puts text from column x on, escaped as above; returns the column after it, were there room. Cut text ends in "…" (or "~").
int sl_frame_text(sl_frame *frame, sl_rect clip, int x, int y, sl_style style, const char *text);
int sl_frame_printf(sl_frame *frame, sl_rect clip, int x, int y, sl_style style, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void sl_frame_put(sl_frame *frame, sl_rect clip, int x, int y, sl_style style, uint32_t character);
void sl_frame_fill(sl_frame *frame, sl_rect area, sl_style style, uint32_t character);
// Puts a picture; false: there is no room for more, or they are not shown here.
bool sl_frame_put_picture(sl_frame *frame, const sl_frame_picture *picture);
// A border with a title in its upper edge; returns the area inside.
sl_rect sl_frame_box(sl_frame *frame, sl_rect area, sl_style style, const char *title);

// Columns that text takes in a frame, escapes included.
int sl_text_columns(const char *text, bool utf8);

#endif
