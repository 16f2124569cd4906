// What comes in from the terminal: keys by ncurses, reports of the mouse, answers on what it can show.
#include "ui/tui/terminal/terminal_impl.h"

#include <curses.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

// Key codes of our own for what begins a report, beyond those of ncurses.
enum { MOUSE_REPORT = 0x3F0, KITTY_REPORT, ATTRIBUTES_REPORT };

// Keys as terminals send them that are not quite what TERM says, such as tmux with TERM=xterm-256color.
void sl_terminal_define_keys(bool mouse) {
    static const struct {
        const char *sequence;
        int code;
    } keys[] = {{"\033[A", KEY_UP},     {"\033[B", KEY_DOWN},  {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
                {"\033[H", KEY_HOME},   {"\033[F", KEY_END},   {"\033OA", KEY_UP},    {"\033OB", KEY_DOWN},
                {"\033OC", KEY_RIGHT},  {"\033OD", KEY_LEFT},  {"\033OH", KEY_HOME},  {"\033OF", KEY_END},
                {"\033[1~", KEY_HOME},  {"\033[7~", KEY_HOME}, {"\033[4~", KEY_END},  {"\033[8~", KEY_END},
                {"\033[3~", KEY_DC},    {"\033[Z", KEY_BTAB},  {"\033OP", KEY_F(1)},  {"\033[11~", KEY_F(1)},
                {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (key_defined(keys[i].sequence) == 0) define_key(keys[i].sequence, keys[i].code);
    if (mouse) define_key("\033[<", MOUSE_REPORT);
}

void sl_terminal_define_answers(void) {
    define_key("\033_G", KITTY_REPORT);
    define_key("\033[?", ATTRIBUTES_REPORT);
}

// ---- sequences --------------------------------------------------------------------------------------------------------------

// What follows in a sequence that has begun, for which slow lines may need a moment; false: nothing.
static bool read_more(sl_terminal *terminal, wint_t *character) {
    enum { MOMENT = 50 };
    if (wget_wch(terminal->pad, character) == OK) return true;
    poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, MOMENT);
    return wget_wch(terminal->pad, character) == OK;
}

// After an escape: whether a sequence begins with it that nobody knows, which then is passed over. Its letters are no keys.
static bool pass_unknown(sl_terminal *terminal) {
    wint_t first, character;
    if (wget_wch(terminal->pad, &first) != OK) return false; // the key alone
    if ((first != '[' && first != 'O') || wget_wch(terminal->pad, &character) != OK) {
        unget_wch((wchar_t)first);
        return false;
    }
    while (character < 0x40 || character > 0x7E)
        if (!read_more(terminal, &character)) break;
    return true;
}

static sl_input mouse_input(int button, int column, int line, bool pressed) {
    sl_input input = {.key = SL_KEY_NONE, .x = column - 1, .y = line - 1};
    button &= ~(4 | 8 | 16); // whatever else is held
    if (button == 64 || button == 65)
        input.key = button == 64 ? SL_KEY_WHEEL_UP : SL_KEY_WHEEL_DOWN;
    else if (button == 32)
        input.key = SL_KEY_MOUSE_DRAG;
    else if (button == 0)
        input.key = pressed ? SL_KEY_MOUSE_PRESS : SL_KEY_MOUSE_RELEASE;
    else if (button == 2 && pressed)
        input.key = SL_KEY_MOUSE_RIGHT;
    return input;
}

// The rest of "\033[<0;12;7M": button, column and line; M pressed or moved, m released.
static sl_input mouse_report(sl_terminal *terminal) {
    int numbers[3] = {0}, count = 0;
    wint_t character = 0;
    while (count < 3 && read_more(terminal, &character)) {
        if (character >= '0' && character <= '9' && numbers[count] < 100000)
            numbers[count] = 10 * numbers[count] + (int)(character - '0');
        else if (character == ';')
            count++;
        else
            break;
    }
    if (count != 2 || (character != 'M' && character != 'm')) return (sl_input){.key = SL_KEY_NONE};
    return mouse_input(numbers[0], numbers[1], numbers[2], character == 'M');
}

// The rest of "\033[M ,&", as terminals send it that know no better: button, column and line, each 32 more; button 3 let go.
static sl_input old_mouse_report(sl_terminal *terminal) {
    wint_t bytes[3];
    for (int i = 0; i < 3; i++)
        if (!read_more(terminal, &bytes[i]) || bytes[i] < 32) return (sl_input){.key = SL_KEY_NONE};
    int button = (int)bytes[0] - 32;
    bool let_go = (button & 3) == 3 && button < 32;
    return mouse_input(let_go ? 0 : button, (int)bytes[1] - 32, (int)bytes[2] - 32, !let_go);
}

// An answer up to what ends it: whether the terminal has pictures from now on.
static bool answer(sl_terminal *terminal, bool kitty) {
    char text[200];
    size_t length = 0;
    wint_t character = 0;
    while (length + 1 < sizeof text && read_more(terminal, &character)) {
        if (kitty && (character == 27 || character == 7)) break;
        text[length++] = character < 127 ? (char)character : '?';
        if (!kitty && character >= 0x40) break;
    }
    text[length] = 0;
    if (kitty && character == 27) read_more(terminal, &character); // the end is "\033\\"
    if (!kitty) terminal->asked = 0;
    return kitty ? sl_pictures_kitty_answer(&terminal->pictures, text) : sl_pictures_attributes_answer(&terminal->pictures, text);
}

static sl_key key_of(wint_t code) {
    if (code >= KEY_F(1) && code <= KEY_F(12)) return SL_KEY_F1 + (sl_key)(code - KEY_F(1));
    switch (code) {
    case KEY_ENTER: return SL_KEY_ENTER;
    case KEY_BTAB: return SL_KEY_BACKTAB;
    case KEY_BACKSPACE: return SL_KEY_BACKSPACE;
    case KEY_DC: return SL_KEY_DELETE;
    case KEY_UP: return SL_KEY_UP;
    case KEY_DOWN: return SL_KEY_DOWN;
    case KEY_LEFT: return SL_KEY_LEFT;
    case KEY_RIGHT: return SL_KEY_RIGHT;
    case KEY_HOME:
    case KEY_A1: return SL_KEY_HOME;
    case KEY_END:
    case KEY_C1: return SL_KEY_END;
    case KEY_PPAGE:
    case KEY_A3: return SL_KEY_PAGE_UP;
    case KEY_NPAGE:
    case KEY_C3: return SL_KEY_PAGE_DOWN;
    default: return SL_KEY_NONE;
    }
}

bool sl_terminal_read(sl_terminal *terminal, sl_input *out) {
    wint_t character = 0;
    int kind = wget_wch(terminal->pad, &character);
    *out = (sl_input){.key = SL_KEY_NONE};
    if (kind == ERR) return false;
    if (kind == KEY_CODE_YES && character == MOUSE_REPORT)
        *out = mouse_report(terminal);
    else if (kind == KEY_CODE_YES && (character == KITTY_REPORT || character == ATTRIBUTES_REPORT))
        out->key = answer(terminal, character == KITTY_REPORT) ? SL_KEY_REDRAW : SL_KEY_NONE;
    else if (kind == KEY_CODE_YES && character == KEY_MOUSE)
        *out = old_mouse_report(terminal);
    else if (kind == KEY_CODE_YES)
        out->key = key_of(character);
    else if (character == '\r' || character == '\n')
        out->key = SL_KEY_ENTER;
    else if (character == '\t')
        out->key = SL_KEY_TAB;
    else if (character == 27)
        out->key = pass_unknown(terminal) ? SL_KEY_NONE : SL_KEY_ESCAPE;
    else if (character == 127 || character == 8)
        out->key = SL_KEY_BACKSPACE;
    else
        *out = (sl_input){.key = SL_KEY_CHARACTER, .character = (uint32_t)character};
    return true;
}
