#include "ui/tui/keys.h"

#include <stdio.h>
#include <string.h>

#define KEY(k) \
    { SL_KEY_##k, 0 }
#define CHAR(c) \
    { SL_KEY_CHARACTER, c }
#define CTRL(c) \
    { SL_KEY_CHARACTER, (c)-64 }
#define LISTS (SL_ON_RUNS | SL_ON_HELP | SL_ON_DIFF | SL_ON_HEALTH)
#define CHARTS (SL_ON_RUN | SL_ON_COMPARE)
#define OF_A_RUN (SL_ON_RUN | SL_ON_CONFUSION | SL_ON_SAMPLES | SL_ON_HEALTH)
#define STEERED (SL_ON_RUNS | SL_ON_RUN)

// In the order of the Help screen. The first that fits is taken.
// clang-format off
const sl_binding sl_bindings[] = {
    {{KEY(UP), CHAR('k')}, SL_ACTION_UP, LISTS, 0, false, NULL, "a line up"},
    {{KEY(DOWN), CHAR('j')}, SL_ACTION_DOWN, LISTS, 0, false, NULL, "a line down"},
    {{KEY(UP), CHAR('k')}, SL_ACTION_UP, CHARTS, 0, false, NULL, "to the chart above"},
    {{KEY(DOWN), CHAR('j')}, SL_ACTION_DOWN, CHARTS, 0, false, NULL, "to the chart below"},
    {{KEY(LEFT), CHAR('h')}, SL_ACTION_LEFT, CHARTS, 0, false, NULL, "the cursor, which reads the curves, to the left"},
    {{KEY(RIGHT), CHAR('l')}, SL_ACTION_RIGHT, CHARTS, 0, false, "cursor", "the cursor to the right; past the end it disappears"},
    {{KEY(UP), CHAR('k')}, SL_ACTION_UP, SL_ON_CONFUSION, 0, false, NULL, "to the class above"},
    {{KEY(DOWN), CHAR('j')}, SL_ACTION_DOWN, SL_ON_CONFUSION, 0, false, "class", "to the class below"},
    {{KEY(UP), CHAR('k')}, SL_ACTION_UP, SL_ON_SAMPLES, 0, false, NULL, "to the image before"},
    {{KEY(DOWN), CHAR('j')}, SL_ACTION_DOWN, SL_ON_SAMPLES, 0, false, "image", "to the next image"},
    {{KEY(PAGE_UP), CTRL('B')}, SL_ACTION_PAGE_UP, SL_ON_CONFUSION, 0, false, NULL, "a page of classes up"},
    {{KEY(PAGE_DOWN), CTRL('F')}, SL_ACTION_PAGE_DOWN, SL_ON_CONFUSION, 0, false, NULL, "a page of classes down"},
    {{KEY(LEFT), CHAR('h')}, SL_ACTION_LEFT, SL_ON_CONFUSION | SL_ON_SAMPLES, 0, false, NULL, "to the evaluation before"},
    {{KEY(RIGHT), CHAR('l')}, SL_ACTION_RIGHT, SL_ON_CONFUSION | SL_ON_SAMPLES, 0, false, "step", "to the next evaluation; after the last: always the newest"},
    {{KEY(TAB), KEY(NONE)}, SL_ACTION_NEXT, SL_ON_SAMPLES, 0, false, "picture", "to the next picture: image, ground truth, prediction, confidence, kept"},
    {{KEY(BACKTAB), KEY(NONE)}, SL_ACTION_PREVIOUS, SL_ON_SAMPLES, 0, false, NULL, "to the picture before"},
    {{KEY(ENTER)}, SL_ACTION_ENTER, SL_ON_SAMPLES, 0, false, "large", "the picture alone, as large as the screen, or all of them again"},
    {{KEY(TAB), KEY(NONE)}, SL_ACTION_NEXT, SL_ON_RUN, 0, false, "chart", "to the next chart, then to classes, options and history"},
    {{KEY(TAB), KEY(NONE)}, SL_ACTION_NEXT, SL_ON_COMPARE, 0, false, "chart", "to the next chart"},
    {{KEY(BACKTAB), KEY(NONE)}, SL_ACTION_PREVIOUS, CHARTS, 0, false, NULL, "to the chart before"},
    {{KEY(PAGE_UP), CTRL('B')}, SL_ACTION_PAGE_UP, SL_ON_RUN, 0, false, NULL, "a page of charts up"},
    {{KEY(PAGE_DOWN), CTRL('F')}, SL_ACTION_PAGE_DOWN, SL_ON_RUN, 0, false, NULL, "a page of charts down"},
    {{KEY(PAGE_UP), CTRL('B')}, SL_ACTION_PAGE_UP, SL_ON_COMPARE, 0, false, NULL, "the table a page up"},
    {{KEY(PAGE_DOWN), CTRL('F')}, SL_ACTION_PAGE_DOWN, SL_ON_COMPARE, 0, false, NULL, "the table a page down"},
    {{CHAR(',')}, SL_ACTION_TEXT_LEFT, SL_ON_COMPARE, 0, false, NULL, "a wide table to the left"},
    {{CHAR('.')}, SL_ACTION_TEXT_RIGHT, SL_ON_COMPARE, 0, false, NULL, "and to the right"},
    {{KEY(LEFT), CHAR('h')}, SL_ACTION_TEXT_LEFT, SL_ON_DIFF, 0, false, NULL, "long lines to the left"},
    {{KEY(RIGHT), CHAR('l')}, SL_ACTION_TEXT_RIGHT, SL_ON_DIFF, 0, false, NULL, "and to the right"},
    {{CHAR('g')}, SL_ACTION_GROUP, SL_ON_COMPARE, 0, false, "seeds", "draw each run, the mean over seeds with its range, or with its standard deviation"},
    {{CHAR(']')}, SL_ACTION_NEXT_RUN, SL_ON_COMPARE, 0, false, "pick", "bring the next line to the front, with its band; after the last, none"},
    {{CHAR('[')}, SL_ACTION_PREVIOUS_RUN, SL_ON_COMPARE, 0, false, NULL, "bring the line before to the front"},
    {{CHAR('b')}, SL_ACTION_BASELINE, SL_ON_COMPARE, 0, false, "baseline", "what the table compares with, as `compare --against` takes it"},
    {{CHAR('v')}, SL_ACTION_PANEL, SL_ON_COMPARE, 0, false, NULL, "curves and table, the table alone, the curves alone"},
    {{KEY(HOME), CHAR('<')}, SL_ACTION_FIRST, SL_ON_ALL & ~LISTS, 0, false, NULL, "to the beginning of the curves or evaluations"},
    {{KEY(END), CHAR('>')}, SL_ACTION_LAST, SL_ON_ALL & ~LISTS, 0, false, NULL, "to the end"},
    {{KEY(ENTER)}, SL_ACTION_ENTER, CHARTS, 0, false, "large", "the chart alone, as large as the screen, or all of them again"},
    {{KEY(ENTER)}, SL_ACTION_ENTER, SL_ON_HEALTH, 0, false, "open", "open the run that the finding is of"},
    {{CHAR(']')}, SL_ACTION_NEXT_RUN, OF_A_RUN, 0, false, NULL, "the next run of the table"},
    {{CHAR('[')}, SL_ACTION_PREVIOUS_RUN, OF_A_RUN, 0, false, NULL, "the run before"},
    {{CHAR('y')}, SL_ACTION_NORMALIZE, SL_ON_CONFUSION, 0, false, "share", "shares of what the pixels are, shares of what they were taken for, or counts"},
    {{CHAR('b')}, SL_ACTION_BESIDE, SL_ON_SAMPLES, 0, false, "beside", "show the first marked run beside this one, on the same image, or not"},
    {{KEY(PAGE_UP), CTRL('B')}, SL_ACTION_PAGE_UP, LISTS, 0, false, NULL, "a page up"},
    {{KEY(PAGE_DOWN), CTRL('F')}, SL_ACTION_PAGE_DOWN, LISTS, 0, false, NULL, "a page down"},
    {{KEY(HOME), CHAR('<')}, SL_ACTION_FIRST, LISTS, 0, false, NULL, "to the first line"},
    {{KEY(END), CHAR('>')}, SL_ACTION_LAST, LISTS, 0, false, NULL, "to the last line"},
    {{KEY(ENTER)}, SL_ACTION_ENTER, SL_ON_RUNS, 0, false, "open", "open the run: its curves and all that is known about it; or fold the group"},
    {{CHAR('/')}, SL_ACTION_FILTER, SL_ON_RUNS, 0, false, "filter", "filter the runs by words or an expression, as `compare` takes it"},
    {{CHAR(' ')}, SL_ACTION_MARK, SL_ON_RUNS, 0, false, "mark", "mark the run, or take the mark away; on a group: all of its runs"},
    {{CHAR('*')}, SL_ACTION_MARK_ALL, SL_ON_RUNS, 0, false, NULL, "mark all runs shown"},
    {{CHAR('U')}, SL_ACTION_UNMARK, SL_ON_RUNS, 0, false, NULL, "take all marks away"},
    {{CHAR('p')}, SL_ACTION_PAUSE, STEERED, 0, true, "pause", "pause the run after its current step, or let it continue"},
    {{CHAR('t')}, SL_ACTION_SET, STEERED, 0, true, "set", "give a scheduled number, such as a threshold, another value from now on"},
    {{CHAR('C')}, SL_ACTION_CHECKPOINT, STEERED, 0, true, NULL, "have the run write a checkpoint now"},
    {{CHAR('E')}, SL_ACTION_EVALUATE, STEERED, 0, true, NULL, "have the run evaluate its network now"},
    {{CHAR('X')}, SL_ACTION_EXTEND, STEERED, 0, true, NULL, "change the number of steps the run trains for"},
    {{CHAR('B')}, SL_ACTION_FORK, STEERED, 0, true, NULL, "branch off: begin a new run that goes on from here with options changed"},
    {{CHAR('S')}, SL_ACTION_STOP, STEERED, 0, true, "stop", "stop the run; it can be resumed"},
    {{CHAR('T')}, SL_ACTION_TAG, STEERED, 0, true, NULL, "tag the run; -TAG takes a tag away"},
    {{CHAR('n')}, SL_ACTION_NOTE, STEERED, 0, true, NULL, "write a note about the run"},
    {{CHAR('c')}, SL_ACTION_OPEN, SL_ON_RUNS | SL_ON_RUN, SL_ON_COMPARE, false, "compare", "compare the marked runs: curves and table"},
    {{CHAR('x')}, SL_ACTION_OPEN, (SL_ON_RUNS | OF_A_RUN) & ~SL_ON_CONFUSION, SL_ON_CONFUSION, false, "confusion", "confusion: which classes are taken for which"},
    {{CHAR('s')}, SL_ACTION_OPEN, (SL_ON_RUNS | OF_A_RUN) & ~SL_ON_SAMPLES, SL_ON_SAMPLES, false, "samples", "samples: images, predictions and confidence"},
    {{CHAR('a')}, SL_ACTION_OPEN, (SL_ON_RUNS | OF_A_RUN) & ~SL_ON_HEALTH, SL_ON_HEALTH, false, "alarms", "health: what goes wrong, and which option to change"},
    {{CHAR('d')}, SL_ACTION_OPEN, SL_ON_RUNS | SL_ON_COMPARE, SL_ON_DIFF, false, "diff", "why two marked runs differ, or the marked one and this one"},
    {{CHAR('y')}, SL_ACTION_LOG, CHARTS, 0, false, "log", "the chart's values on a logarithmic or a linear scale"},
    {{CHAR('w')}, SL_ACTION_SMOOTHER, CHARTS, 0, false, "smooth", "smoother curves; the raw ones stay visible behind them"},
    {{CHAR('W')}, SL_ACTION_ROUGHER, CHARTS, 0, false, NULL, "less smooth"},
    {{CHAR('z')}, SL_ACTION_X_AXIS, CHARTS, 0, false, NULL, "curves over steps or over time"},
    {{CHAR('+'), CHAR('=')}, SL_ACTION_ZOOM_IN, CHARTS, 0, false, NULL, "zoom in, around the cursor or at the end"},
    {{CHAR('-')}, SL_ACTION_ZOOM_OUT, CHARTS, 0, false, NULL, "zoom out"},
    {{CHAR('0')}, SL_ACTION_ZOOM_ALL, CHARTS, 0, false, NULL, "zoom out to all steps"},
    {{CHAR('o')}, SL_ACTION_SORT, SL_ON_RUNS, 0, false, "sort", "sort by the next column; or click its title"},
    {{CHAR('O')}, SL_ACTION_REVERSE, SL_ON_RUNS, 0, false, NULL, "reverse the order"},
    {{CHAR('g')}, SL_ACTION_GROUP, SL_ON_RUNS, 0, false, "group", "group the runs by experiment, or not"},
    {{CHAR('f'), KEY(TAB)}, SL_ACTION_FOLD, SL_ON_RUNS, 0, false, "fold", "fold the group: all runs, means over seeds, one line"},
    {{CHAR('F'), KEY(BACKTAB)}, SL_ACTION_FOLD_ALL, SL_ON_RUNS, 0, false, NULL, "fold all groups likewise"},
    {{CHAR('v')}, SL_ACTION_PANEL, SL_ON_RUNS, 0, false, NULL, "show the chosen run beside or beneath the table, where there is room, or not"},
    {{KEY(F1), CHAR('?')}, SL_ACTION_HELP, SL_ON_ALL & ~SL_ON_HELP, 0, false, "help", "this page"},
    {{KEY(ESCAPE), KEY(BACKSPACE)}, SL_ACTION_BACK, SL_ON_ALL, 0, false, NULL, "back; in the table of runs: drop the filter"},
    {{CHAR('m')}, SL_ACTION_MOUSE, SL_ON_ALL, 0, false, NULL, "leave the mouse to the terminal, to select text, or take it back"},
    {{CHAR('L')}, SL_ACTION_THEME, SL_ON_ALL, 0, false, NULL, "colours for a light background, or for a dark one"},
    {{CTRL('L')}, SL_ACTION_REDRAW, SL_ON_ALL, 0, false, NULL, "draw everything anew"},
    {{CHAR('q')}, SL_ACTION_BACK, SL_ON_ALL & ~SL_ON_RUNS, 0, false, "back", "back"},
    {{CHAR('q')}, SL_ACTION_QUIT, SL_ON_RUNS, 0, false, "quit", "leave; the runs go on"},
    {{CHAR('Q'), CTRL('C')}, SL_ACTION_QUIT, SL_ON_ALL, 0, false, NULL, "leave from anywhere"},
};
// clang-format on
const size_t sl_binding_count = sizeof sl_bindings / sizeof *sl_bindings;

bool sl_binding_holds(const sl_binding *binding, sl_screen_id screen, unsigned screens, bool read_only) {
    return binding->screens & screen && !(binding->steers && read_only) && (!binding->opens || binding->opens & screens);
}

const sl_binding *sl_binding_find(sl_screen_id screen, unsigned screens, bool read_only, const sl_input *input) {
    for (size_t i = 0; i < sl_binding_count; i++) {
        if (!sl_binding_holds(&sl_bindings[i], screen, screens, read_only)) continue;
        for (int k = 0; k < 2; k++) {
            sl_chord chord = sl_bindings[i].chords[k];
            if (chord.key == input->key && chord.key != SL_KEY_NONE &&
                (chord.key != SL_KEY_CHARACTER || chord.character == input->character))
                return &sl_bindings[i];
        }
    }
    return NULL;
}

const char *sl_chord_name(sl_chord chord, char out[SL_CHORD_BYTES]) {
    static const char *const names[SL_KEY_COUNT] = {
        [SL_KEY_ENTER] = "enter",    [SL_KEY_ESCAPE] = "esc",       [SL_KEY_TAB] = "tab",
        [SL_KEY_BACKTAB] = "S-tab",  [SL_KEY_BACKSPACE] = "bksp",   [SL_KEY_DELETE] = "del",
        [SL_KEY_UP] = "up",          [SL_KEY_DOWN] = "down",        [SL_KEY_LEFT] = "left",
        [SL_KEY_RIGHT] = "right",    [SL_KEY_HOME] = "home",        [SL_KEY_END] = "end",
        [SL_KEY_PAGE_UP] = "PgUp",   [SL_KEY_PAGE_DOWN] = "PgDn",   [SL_KEY_MOUSE_PRESS] = "click",
        [SL_KEY_WHEEL_UP] = "wheel", [SL_KEY_WHEEL_DOWN] = "wheel",
    };
    if (chord.key == SL_KEY_CHARACTER && chord.character == ' ')
        snprintf(out, SL_CHORD_BYTES, "space");
    else if (chord.key == SL_KEY_CHARACTER && chord.character < 32)
        snprintf(out, SL_CHORD_BYTES, "^%c", (char)(chord.character + 64));
    else if (chord.key == SL_KEY_CHARACTER)
        snprintf(out, SL_CHORD_BYTES, "%c", (char)chord.character);
    else if (chord.key >= SL_KEY_F1 && chord.key <= SL_KEY_F12)
        snprintf(out, SL_CHORD_BYTES, "F%d", (int)(chord.key - SL_KEY_F1 + 1));
    else
        snprintf(out, SL_CHORD_BYTES, "%s", chord.key < SL_KEY_COUNT && names[chord.key] ? names[chord.key] : "");
    return out;
}
