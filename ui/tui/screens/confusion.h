// The parts of the Confusion screen: where they stand, and drawing each from plain numbers.
#ifndef SL_UI_TUI_CONFUSION_H
#define SL_UI_TUI_CONFUSION_H

#include "ui/tui/chart/matrix.h"
#include "ui/tui/frame/frame.h"

#include <stdbool.h>

// Parts there is no room for are empty.
typedef struct sl_confusion_places {
    sl_rect matrix;
    sl_rect line;        // the selected class in one line, where there is no room for more
    sl_rect chosen;      // the selected class
    sl_rect pairs;       // the worst pairs
    sl_rect classes;     // a table of all classes
    sl_rect strip;       // their IoU over the evaluations
    int tallest, widest; // what the matrix's cells may grow to
} sl_confusion_places;

// `names`: columns of the longest name.
sl_confusion_places sl_confusion_put(sl_rect area, size_t classes, size_t evaluations, int names);

typedef struct sl_confusion_shown {
    sl_matrix matrix;
    const sl_matrix_class *classes;
    const char *const *names;
    sl_matrix_share share;
    size_t chosen;   // the selected class
    size_t other;    // and the one that it is taken for, where a cell is selected; else SL_MATRIX_ANY
    int first_pair;  // pairs above are scrolled away
    int first_class; // of the table
} sl_confusion_shown;

const char *sl_confusion_share_text(sl_matrix_share share); // "% of truth"

void sl_confusion_draw_line(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown);
void sl_confusion_draw_chosen(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown);
void sl_confusion_draw_pairs(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown);
void sl_confusion_draw_classes(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown);

// How many pairs there can be to scroll through.
int sl_confusion_pairs_most(size_t classes);

// The pair, or class, in a line of the frame; false: none.
bool sl_confusion_pair_at(sl_rect area, const sl_confusion_shown *shown, int y, sl_matrix_pair *pair);
bool sl_confusion_class_at(sl_rect area, const sl_confusion_shown *shown, int y, size_t *index);

#endif
