// The dashboard without its terminal: a stack of screens, what they share, questions and messages. Input goes in, frames come
// out, so that all of it runs in tests; watch.h joins it with a terminal and a collector.
//
// To add a screen: write screen_NAME.c with a `const sl_screen`, add it to sl_screens in app.c, and give keys.c the keys it
// needs. Moving about in it and opening it come from there.
#ifndef SL_UI_TUI_APP_H
#define SL_UI_TUI_APP_H

#include "ui/tui/chart/line_colors.h"
#include "ui/tui/collect/collect.h"
#include "ui/tui/config.h"
#include "ui/tui/frame/frame.h"
#include "ui/tui/frame/theme.h"
#include "ui/tui/keys.h"
#include "ui/tui/model.h"
#include "ui/tui/tell/tell.h"

typedef struct sl_app sl_app;

typedef struct sl_screen {
    sl_screen_id id;
    const char *name; // one word: "runs", as `watch --screen` takes it
    size_t size;      // bytes of its state, zeroed when it is opened
    // Every entry but `draw` may be NULL.
    sl_status (*open)(sl_app *app, void *state); // an error: it is not opened, and the message shown
    void (*close)(sl_app *app, void *state);
    // What it needs of the collector. *request holds filter and sort already; arrays must live until the next call of the screen.
    void (*request)(sl_app *app, void *state, sl_request *request);
    // A few words for the first line, beside the screen's name.
    void (*title)(sl_app *app, void *state, char *out, size_t bytes);
    // Draws into `area`, which lies between the first line and the last and is at least 60x14. app->snapshot may be NULL.
    void (*draw)(sl_app *app, void *state, sl_frame *frame, sl_rect area);
    // An action of the key table; false: not its own, then app.c does what it does everywhere.
    bool (*act)(sl_app *app, void *state, sl_action action);
    // Mouse events, in cells of the frame; and keys that the table does not have for this screen.
    bool (*input)(sl_app *app, void *state, const sl_input *input);
} sl_screen;

extern const sl_screen *const sl_screens[]; // ended by NULL
const sl_screen *sl_screen_find(const char *name);

// Answers to questions: `text` is what was typed, or "" for a yes. Not called when the person says no.
typedef void (*sl_answer)(sl_app *app, int64_t run, const char *text);

// Something that may be chosen while a text is typed.
enum { SL_CHOICE_BYTES = 128, SL_CHOICES = 100 };
typedef struct sl_choice {
    char text[SL_CHOICE_BYTES], about[SL_CHOICE_BYTES];
} sl_choice;
// Those that fit `word`, which is being typed, at most `most`; returns how many. Called whenever they are drawn.
typedef size_t (*sl_choices)(sl_app *app, int64_t run, const char *word, sl_choice *out, size_t most);

enum { SL_LEVELS = 8, SL_LINE_BYTES = 512, SL_NEWS_KEPT = 16, SL_SMALLEST_WIDTH = 60, SL_SMALLEST_HEIGHT = 16 };

struct sl_app {
    // What screens may read:
    const sl_snapshot *snapshot; // the newest, or NULL
    double now;                  // seconds since 1970
    bool utf8, read_only;
    sl_theme theme;
    bool pixels;      // whether the terminal shows pictures
    bool mouse;       // whether the terminal is asked for mouse events
    sl_config config; // set what is to be remembered
    char *filter;     // of all screens; NULL: none. Changed by sl_app_set_filter
    sl_sort sort;     // of the rows, and
    bool reverse;     //   whether turned round
    int64_t selected; // the run that the person stands on; 0: none
    int64_t *marks;   // runs, in the order in which they were marked
    size_t mark_count;
    char baseline[SL_LINE_BYTES];           // of Compare's table, as `compare --against` takes it; "": none
    sl_line_colors run_colors, cell_colors; // of the lines of runs, and of runs that differ in their seeds alone
    const char *database;                   // the file
    // Sends a command to runs, and returns at once; what comes of it is handed to sl_app_hear. NULL: there is nobody who could.
    sl_status (*send)(void *user, const sl_order *order);
    void *send_user;
    bool quit, redraw; // to end; to forget what the terminal shows

    // What app.c alone uses:
    struct sl_level {
        const sl_screen *screen;
        void *state;
    } levels[SL_LEVELS];
    int depth;
    size_t mark_capacity;
    char message[SL_LINE_BYTES];
    sl_color message_color;
    double message_until, message_keep; // until when it is shown, and no key takes it away
    struct sl_prompt {
        bool open, yes_no;
        sl_choices choices; // or NULL
        bool words;         // what is typed is words NAME=VALUE: the names are offered
        int chosen;         // of those that fit, or -1
        char label[SL_LINE_BYTES], text[SL_LINE_BYTES];
        size_t length, cursor; // bytes of text
        int64_t run;
        sl_answer answer;
    } prompt;
    // The command that is being asked about, and what has come of others and is not shown yet: see steering.c.
    struct sl_steering {
        sl_action action;
        bool goes_on; // pause: of a run that is paused
        int64_t *runs;
        size_t count, capacity, left_out; // left_out: marked runs that are not meant
        char number[SL_CHOICE_BYTES];
        char argument[SL_LINE_BYTES];
        sl_tell_news news[SL_NEWS_KEPT];
        size_t news_count;
    } steering;
};

// Opens the dashboard on its first screen. `config` NULL: nothing is remembered. The rest of the fields may be set afterwards.
sl_status sl_app_open(sl_app *app, const sl_config *config);
void sl_app_close(sl_app *app);

void sl_app_input(sl_app *app, const sl_input *input);
// Something has come of a command that was sent: it is shown as soon as nothing is being asked.
void sl_app_hear(sl_app *app, const sl_tell_news *news);
// Clears the frame and draws all of it.
void sl_app_draw(sl_app *app, sl_frame *frame);
// What is to be asked of the collector now.
void sl_app_request(sl_app *app, sl_request *request);

// ---- for screens ------------------------------------------------------------------------------------------------------------

// Opens a screen; one that is open already becomes the uppermost, and what lies on it is closed.
void sl_app_push(sl_app *app, sl_screen_id id);
void sl_app_pop(sl_app *app); // not the first

// Shows a message in the last line for some seconds.
void sl_app_say(sl_app *app, sl_color color, const char *format, ...) __attribute__((format(printf, 3, 4)));
// Asks for a text, beginning with `initial`; or whether to go on. `run` is handed to the answer.
void sl_app_ask(sl_app *app, const char *label, const char *initial, int64_t run, sl_answer answer);
void sl_app_confirm(sl_app *app, const char *question, int64_t run, sl_answer answer);
// Offers choices for the text that is being asked for; `words`: for each of the words NAME=VALUE in it.
void sl_app_offer(sl_app *app, sl_choices choices, bool words);

// Stands on the run `by` rows further down the table (up where negative), so far as there is one.
void sl_app_step_run(sl_app *app, int by);

bool sl_app_marked(const sl_app *app, int64_t run);
void sl_app_mark(sl_app *app, int64_t run, bool mark);   // says so where there is no memory
void sl_app_set_filter(sl_app *app, const char *filter); // "" or NULL: none

// The row and the detail of a run in the snapshot, or NULL.
const sl_run_row *sl_app_row(const sl_app *app, int64_t run);
const sl_run_detail *sl_app_detail(const sl_app *app, int64_t run);

#endif
