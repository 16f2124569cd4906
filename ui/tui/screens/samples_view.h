// The parts of the Samples screen, drawn from numbers.
#ifndef SL_UI_TUI_SAMPLES_VIEW_H
#define SL_UI_TUI_SAMPLES_VIEW_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"
#include "ui/tui/model.h"
#include "ui/tui/screens/samples_place.h"

extern const char *const sl_sample_titles[SL_SAMPLE_KINDS];

typedef struct sl_samples_view {
    sl_theme theme;
    const sl_samples *samples[SL_SAMPLES_RUNS]; // the second may be NULL
    const sl_run_row *runs[SL_SAMPLES_RUNS];
    int width, height;           // of the pictures, as they were placed
    bool kinds[SL_SAMPLE_KINDS]; // that there are
    int chosen;                  // that stands out
    bool follows;                // the newest evaluation is shown whatever it is
} sl_samples_view;

// Which image it is, of how many, and how well it is understood.
void sl_samples_draw_head(sl_frame *frame, sl_rect line, const sl_samples_view *view);
// The evaluations as dots, and where among them these pictures are.
void sl_samples_draw_track(sl_frame *frame, sl_rect line, const sl_samples_view *view);
// The evaluation of a dot at column x; -1: there is none.
long sl_samples_track_at(sl_rect line, const sl_samples *samples, int x);
void sl_samples_draw_panels(sl_frame *frame, const sl_samples_layout *layout, const sl_samples_view *view);
void sl_samples_draw_legend(sl_frame *frame, const sl_samples_layout *layout, const sl_samples_view *view);

#endif
