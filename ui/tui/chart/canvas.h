// A canvas of dots over some cells of a frame: braille characters of 2 x 4 dots where the frame has UTF-8, else ASCII of 1 x 2
// dots (' . :) or a mark. A cell has one colour: that of the last pen that put a dot into it. The dots are in the frame itself,
// so that a canvas needs no memory; what else stands in a cell gives way to a dot.
#ifndef SL_UI_TUI_CANVAS_H
#define SL_UI_TUI_CANVAS_H

#include "ui/tui/frame/frame.h"

typedef struct sl_canvas {
    sl_frame *frame;
    sl_rect area;       // in cells
    int dots_x, dots_y; // dots count from 0, from the left and from the top
} sl_canvas;

typedef struct sl_pen {
    sl_style style;
    char mark;   // in ASCII the character of a dot; 0: as fine as ASCII can
    int on, off; // broken lines: so many dots are drawn, so many left out; off = 0: whole lines
    int at;      // where in the pattern the pen is; lines move it on
} sl_pen;

sl_canvas sl_canvas_over(sl_frame *frame, sl_rect area);

// Dots and parts of lines outside the canvas are left out. Lines go between the nearest dots to two places and cost no more than
// what is seen of them; places that are no numbers are not drawn.
void sl_canvas_dot(const sl_canvas *canvas, int x, int y, const sl_pen *pen);
void sl_canvas_line(const sl_canvas *canvas, double x0, double y0, double x1, double y1, sl_pen *pen);
// Areas: of column x from row y0 to row y1 each fourth dot, so that lines stand out from them.
void sl_canvas_shade(const sl_canvas *canvas, int x, double y0, double y1, const sl_pen *pen);

#endif
