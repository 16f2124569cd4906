// The keys of the dashboard: one table, from which keys are understood, the Help screen and the line of hints are made.
#ifndef SL_UI_TUI_KEYS_H
#define SL_UI_TUI_KEYS_H

#include "ui/tui/input.h"
#include <stdbool.h>
#include <stddef.h>

// Screens, as bits.
typedef enum sl_screen_id {
    SL_ON_RUNS = 1,
    SL_ON_RUN = 2,
    SL_ON_COMPARE = 4,
    SL_ON_CONFUSION = 8,
    SL_ON_SAMPLES = 16,
    SL_ON_HEALTH = 32,
    SL_ON_HELP = 64,
    SL_ON_DIFF = 128,
    SL_ON_ALL = 255,
} sl_screen_id;

typedef enum sl_action {
    SL_ACTION_NONE,
    SL_ACTION_QUIT, // of every screen, done by app.c
    SL_ACTION_BACK,
    SL_ACTION_HELP,
    SL_ACTION_REDRAW,
    SL_ACTION_MOUSE,
    SL_ACTION_THEME,
    SL_ACTION_OPEN, // the binding's `opens`
    SL_ACTION_ENTER,
    SL_ACTION_UP,
    SL_ACTION_DOWN,
    SL_ACTION_LEFT,
    SL_ACTION_RIGHT,
    SL_ACTION_PAGE_UP,
    SL_ACTION_PAGE_DOWN,
    SL_ACTION_FIRST,
    SL_ACTION_LAST,
    SL_ACTION_MARK,
    SL_ACTION_MARK_ALL,
    SL_ACTION_UNMARK,
    SL_ACTION_FILTER,
    SL_ACTION_SORT,
    SL_ACTION_REVERSE,
    SL_ACTION_GROUP,
    SL_ACTION_FOLD,
    SL_ACTION_FOLD_ALL,
    SL_ACTION_PANEL,
    SL_ACTION_NEXT, // chart, table or part of the screen
    SL_ACTION_PREVIOUS,
    SL_ACTION_NEXT_RUN, // done by app.c where the screen does not
    SL_ACTION_PREVIOUS_RUN,
    SL_ACTION_LOG,
    SL_ACTION_SMOOTHER,
    SL_ACTION_ROUGHER,
    SL_ACTION_X_AXIS,
    SL_ACTION_ZOOM_IN,
    SL_ACTION_ZOOM_OUT,
    SL_ACTION_ZOOM_ALL,
    SL_ACTION_NORMALIZE,
    SL_ACTION_BESIDE,
    SL_ACTION_BASELINE,
    SL_ACTION_TEXT_LEFT, // a text that is wider than its place
    SL_ACTION_TEXT_RIGHT,
    // What is sent to a run.
    SL_ACTION_PAUSE,
    SL_ACTION_STOP,
    SL_ACTION_CHECKPOINT,
    SL_ACTION_EVALUATE,
    SL_ACTION_EXTEND,
    SL_ACTION_SET,
    SL_ACTION_FORK,
    SL_ACTION_TAG,
    SL_ACTION_NOTE,
    SL_ACTION_COUNT,
} sl_action;

typedef struct sl_chord {
    sl_key key;
    uint32_t character; // of SL_KEY_CHARACTER
} sl_chord;

typedef struct sl_binding {
    sl_chord chords[2]; // one key or two for the same
    sl_action action;
    unsigned screens; // where it is understood
    unsigned opens;   // the screen that SL_ACTION_OPEN opens
    bool steers;      // sends something to a run: not understood with --read-only
    const char *hint; // a word for the last line of the screen, or NULL
    const char *help;
} sl_binding;

extern const sl_binding sl_bindings[];
extern const size_t sl_binding_count;

// The binding of a key on a screen, or NULL. `screens`: those that there are.
const sl_binding *sl_binding_find(sl_screen_id screen, unsigned screens, bool read_only, const sl_input *input);
// Whether a binding is understood on a screen at all.
bool sl_binding_holds(const sl_binding *binding, sl_screen_id screen, unsigned screens, bool read_only);

// "space", "enter", "F1", "^L", "j": returns `out`.
enum { SL_CHORD_BYTES = 12 };
const char *sl_chord_name(sl_chord chord, char out[SL_CHORD_BYTES]);

#endif
