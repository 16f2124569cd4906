// Where the pictures of a sample stand: all at once where there is room for them, else one alone; of two runs one above the
// other, or side by side.
#ifndef SL_UI_TUI_SAMPLES_PLACE_H
#define SL_UI_TUI_SAMPLES_PLACE_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/model.h"

enum { SL_SAMPLES_RUNS = 2 };

typedef struct sl_samples_shape {
    int width, height;           // of the pictures, in pixels
    bool kinds[SL_SAMPLE_KINDS]; // that there are
    int runs;                    // 1 or 2
    int alone;                   // a kind: this one alone; -1: all, where there is room for them
    int classes;                 // of the legend
} sl_samples_shape;

// Parts there is no room for are empty.
typedef struct sl_samples_layout {
    sl_rect head, track, legend;
    sl_rect tabs;                                     // the kinds, where one is alone, in place of its title
    bool listed;                                      // the legend is a list, a class in each row
    bool alone;                                       // one kind alone
    sl_rect lines[SL_SAMPLES_RUNS];                   // what each run is; of two alone
    sl_rect panels[SL_SAMPLES_RUNS][SL_SAMPLE_KINDS]; // a title, and below it the picture
} sl_samples_layout;

void sl_samples_place(sl_rect area, const sl_samples_shape *shape, sl_samples_layout *out);

#endif
