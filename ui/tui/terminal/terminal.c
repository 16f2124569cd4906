#include "ui/tui/terminal/terminal.h"
#include "core/base/memory.h"
#include "ui/tui/terminal/terminal_impl.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char mouse_on[] = "\033[?1000h\033[?1002h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1002l\033[?1000l";

// A capability that is a string, or NULL.
static const char *capability(const char *name) {
    const char *text = tigetstr((char *)name);
    return text == (char *)-1 ? NULL : text;
}

static bool begins_with(const char *text, const char *start) {
    return text && !strncmp(text, start, strlen(start));
}

static double steady(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// ---- opening and closing ----------------------------------------------------------------------------------------------------

sl_status sl_terminal_check(void) {
    const char *term = getenv("TERM");
    static const char instead[] = "`semiluna watch --snapshot` and `--once` print without one";
    int problem = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return sl_error(SL_ERR_UNSUPPORTED, "the dashboard needs a terminal; %s", instead);
    if (!term || !*term)
        return sl_error(SL_ERR_UNSUPPORTED, "TERM is not set, so it is not known what the terminal can do; %s", instead);
    if (setupterm((char *)term, STDOUT_FILENO, &problem) != OK)
        return sl_error(
            SL_ERR_UNSUPPORTED,
            "the terminal type \"%s\" (TERM) is not known on this machine; TERM=xterm-256color or TERM=vt100 may do; %s", term,
            instead);
    bool fits = begins_with(capability("cup"), "\033[%i%p1%d;%p2%dH");
    del_curterm(cur_term);
    if (!fits) return sl_error(SL_ERR_UNSUPPORTED, "the terminal type \"%s\" (TERM) cannot place text; %s", term, instead);
    return SL_OK;
}

// What the type of the terminal and the environment say that it can do.
static void find_abilities(sl_terminal *terminal, const char *term) {
    static const char *const no_braille[] = {"linux", "vt1", "vt2", "vt3", "vt4", "vt5", "ansi", "cons25", "pcansi", "sun"};
    terminal->colors = tigetnum((char *)"colors");
    terminal->direct = tigetflag((char *)"RGB") > 0 || tigetflag((char *)"Tc") > 0 || begins_with(capability("RGB"), "8");
    terminal->has_mouse = terminal->synchronized = capability("kmous") != NULL;
    terminal->scrolls_at_end = tigetflag((char *)"am") > 0 && tigetflag((char *)"xenl") <= 0;
    terminal->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    for (size_t i = 0; i < sizeof no_braille / sizeof *no_braille; i++)
        if (begins_with(term, no_braille[i])) terminal->utf8 = false;
}

// Leaves out padding, "$<5/>": what writes it when the program crashes cannot wait.
static void append_capability(char *out, size_t bytes, const char *name) {
    const char *text = capability(name);
    size_t length = strlen(out);
    while (text && *text && length + 1 < bytes) {
        const char *end = begins_with(text, "$<") ? strchr(text, '>') : NULL;
        if (end)
            text = end + 1;
        else
            out[length++] = *text++;
    }
    out[length] = 0;
}

static void measure(sl_terminal *terminal) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        terminal->width = size.ws_col;
        terminal->height = size.ws_row;
        terminal->pictures.cell_width = size.ws_xpixel / size.ws_col;
        terminal->pictures.cell_height = size.ws_ypixel / size.ws_row;
    } else {
        terminal->width = COLS > 0 ? COLS : 80;
        terminal->height = LINES > 0 ? LINES : 24;
    }
}

static void take_modes(sl_terminal *terminal) {
    struct termios now;
    cbreak();
    noecho();
    nonl();
    // Ctrl-S shall not freeze it.
    if (tcgetattr(STDIN_FILENO, &now) == 0) {
        now.c_iflag &= ~(tcflag_t)IXON;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
    }
    def_prog_mode();
    doupdate(); // writes what ncurses holds back
    keypad(terminal->pad, TRUE);
    curs_set(0);
    if (terminal->mouse) sl_terminal_write(mouse_on, sizeof mouse_on - 1);
    terminal->known = false;
}

static sl_status take(sl_terminal *terminal, const char *term) {
    char restore[256] = "";
    // Not from the environment alone: windows change their size.
    use_env(TRUE);
    use_tioctl(TRUE);
    set_escdelay(25);
    terminal->screen = newterm((char *)term, stdout, stdin);
    if (!terminal->screen) return sl_error(SL_ERR_LIBRARY, "ncurses could not take the terminal (TERM=%s)", term);
    terminal->pad = newpad(1, 1);
    if (!terminal->pad) return sl_error(SL_ERR_MEMORY, "out of memory");
    find_abilities(terminal, term);
    nodelay(terminal->pad, TRUE);
    keypad(terminal->pad, TRUE); // reads the keys of TERM, which what follows goes before
    sl_terminal_define_keys(terminal->has_mouse);
    // Synchronised updates end, the mouse is the terminal's again, keys, cursor and screen are as they were.
    snprintf(restore, sizeof restore, "%s%s\033[0m", terminal->synchronized ? "\033[?2026l" : "",
             terminal->has_mouse ? mouse_off : "");
    append_capability(restore, sizeof restore, "rmkx");
    append_capability(restore, sizeof restore, "cnorm");
    append_capability(restore, sizeof restore, "rmcup");
    sl_signals_take(restore);
    measure(terminal);
    take_modes(terminal);
    return SL_OK;
}

sl_status sl_terminal_open(sl_terminal **out) {
    const char *term = getenv("TERM");
    *out = NULL;
    setlocale(LC_CTYPE, "");
    SL_TRY(sl_terminal_check());
    sl_terminal *terminal = sl_calloc(1, sizeof *terminal);
    if (!terminal) return sl_error(SL_ERR_MEMORY, "out of memory");
    sl_status status = sl_signals_prepare();
    if (status == SL_OK) status = take(terminal, term);
    if (status != SL_OK)
        sl_terminal_close(terminal);
    else
        *out = terminal;
    return status;
}

// Answers that come once nobody reads them would be typed into the shell.
static void await_answer(sl_terminal *terminal) {
    enum { PATIENCE = 100 };
    wint_t character;
    if (terminal->asked == 0 || steady() - terminal->asked > 1) return;
    poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, PATIENCE);
    while (wget_wch(terminal->pad, &character) != ERR) {
    }
    terminal->asked = 0;
}

static void leave_modes(sl_terminal *terminal) {
    await_answer(terminal);
    terminal->out.length = 0;
    if (sl_pictures_clear(&terminal->pictures, &terminal->out) == SL_OK && terminal->out.length)
        sl_terminal_write(terminal->out.data, terminal->out.length);
    if (terminal->mouse) sl_terminal_write(mouse_off, sizeof mouse_off - 1);
    sl_terminal_write("\033[0m", 4);
    curs_set(1);
    endwin();
}

void sl_terminal_close(sl_terminal *terminal) {
    if (!terminal) return;
    if (terminal->screen) leave_modes(terminal);
    sl_signals_give_back();
    if (terminal->pad) delwin(terminal->pad);
    if (terminal->screen) delscreen(terminal->screen);
    sl_frame_free(&terminal->shown);
    sl_text_free(&terminal->out);
    sl_free(terminal);
}

void sl_terminal_size(const sl_terminal *terminal, int *width, int *height) {
    *width = terminal->width;
    *height = terminal->height;
}

bool sl_terminal_utf8(const sl_terminal *terminal) {
    return terminal->utf8;
}
sl_theme sl_terminal_theme(const sl_terminal *terminal) {
    return sl_theme_detect(terminal->colors, terminal->direct);
}

bool sl_terminal_pictures(const sl_terminal *terminal) {
    return sl_pictures_possible(&terminal->pictures);
}

void sl_terminal_ask_pictures(sl_terminal *terminal, const char *how) {
    if (!strcmp(how, "kitty")) terminal->pictures.graphics = SL_GRAPHICS_KITTY;
    if (!strcmp(how, "sixel")) terminal->pictures.graphics = SL_GRAPHICS_SIXEL;
    // Terminals that draw no braille have no pictures, and some would write the question on the screen.
    if (strcmp(how, "auto") != 0 || !terminal->utf8 || terminal->colors < 256) return;
    sl_terminal_define_answers();
    sl_terminal_write(sl_pictures_question, strlen(sl_pictures_question));
    terminal->asked = steady();
}

void sl_terminal_mouse(sl_terminal *terminal, bool on) {
    if (!terminal->has_mouse || on == terminal->mouse) return;
    terminal->mouse = on;
    sl_terminal_write(on ? mouse_on : mouse_off, on ? sizeof mouse_on - 1 : sizeof mouse_off - 1);
}

// ---- input ------------------------------------------------------------------------------------------------------------------

// What signals and other threads want; SL_KEY_NONE with *woken: nothing but to be woken.
static sl_key notices(sl_terminal *terminal, bool *woken) {
    *woken = sl_signals_noticed(SL_NOTICE_WAKE);
    if (sl_signals_noticed(SL_NOTICE_END)) return SL_KEY_QUIT;
    if (sl_signals_noticed(SL_NOTICE_SUSPEND)) {
        leave_modes(terminal);
        sl_signals_stop();
        take_modes(terminal);
        measure(terminal);
        return SL_KEY_REDRAW;
    }
    if (sl_signals_noticed(SL_NOTICE_CONTINUE)) {
        reset_prog_mode(); // the shell may have had it
        terminal->known = false;
        measure(terminal);
        return SL_KEY_REDRAW;
    }
    if (sl_signals_noticed(SL_NOTICE_RESIZE)) {
        measure(terminal);
        return SL_KEY_RESIZE;
    }
    return SL_KEY_NONE;
}

sl_input sl_terminal_wait(sl_terminal *terminal, int milliseconds) {
    sl_input input;
    bool woken = false;
    for (int tries = 0; tries < 2; tries++) {
        sl_signals_drain();
        // Interrupts are keys, so that a question can be left with them.
        if (sl_signals_noticed(SL_NOTICE_INTERRUPT)) return (sl_input){.key = SL_KEY_CHARACTER, .character = 3};
        sl_key key = notices(terminal, &woken);
        if (key != SL_KEY_NONE || woken) return (sl_input){.key = key};
        if (sl_terminal_read(terminal, &input)) return input;
        if (tries == 1) break;
        struct pollfd sources[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = sl_signals_descriptor(), .events = POLLIN}};
        poll(sources, 2, milliseconds);
        if (sources[0].revents & (POLLHUP | POLLERR | POLLNVAL)) return (sl_input){.key = SL_KEY_QUIT};
    }
    return (sl_input){.key = SL_KEY_NONE};
}

void sl_terminal_wake(sl_terminal *terminal) {
    sl_signals_notice(SL_NOTICE_WAKE);
}
