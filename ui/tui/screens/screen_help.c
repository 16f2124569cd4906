// The Help screen: every key that is understood, from the table that understands them.
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/present.h"

#include <stdio.h>
#include <string.h>

typedef struct help {
    unsigned screens; // that there are
    int scroll, lines, rows;
} help;

static sl_status open_help(sl_app *app, void *state) {
    help *h = state;
    for (const sl_screen *const *screen = sl_screens; *screen; screen++) h->screens |= (*screen)->id;
    return SL_OK;
}

static void names_of(const sl_binding *binding, char out[2 * SL_CHORD_BYTES + 4]) {
    char one[SL_CHORD_BYTES], other[SL_CHORD_BYTES];
    sl_chord_name(binding->chords[0], one);
    sl_chord_name(binding->chords[1], other);
    snprintf(out, 2 * SL_CHORD_BYTES + 4, "%s%s%s", one, *other ? ", " : "", other);
}

// The bytes of text that go into one line of so many columns: whole words, where that is possible.
static int line_of(const char *text, int columns) {
    int length = (int)strlen(text);
    if (length <= columns) return length;
    int end = columns;
    while (end > 0 && text[end] != ' ') end--;
    return end > 0 ? end : columns;
}

static void put_line(help *h, sl_frame *frame, sl_rect area, const char *keys, const char *text) {
    int indent = keys ? 16 : 1, room = area.width - indent - 1;
    sl_style style = {keys ? SL_COLOR_DEFAULT : SL_COLOR_TITLE, SL_COLOR_DEFAULT, keys ? 0 : SL_ATTR_BOLD};
    do {
        int y = area.y + h->lines++ - h->scroll, length = line_of(text, room);
        if (y >= area.y && y < area.y + area.height) {
            if (keys) sl_frame_text(frame, area, area.x + 3, y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, keys);
            sl_frame_printf(frame, area, area.x + indent, y, style, "%.*s", length, text);
        }
        if (keys) keys = "";
        text += length;
        while (*text == ' ') text++;
    } while (*text);
}

static void draw_section(const sl_app *app, help *h, sl_frame *frame, sl_rect area, const char *title, unsigned screen) {
    bool any = false;
    for (size_t i = 0; i < sl_binding_count; i++) {
        const sl_binding *binding = &sl_bindings[i];
        char keys[2 * SL_CHORD_BYTES + 4];
        // What holds on every screen stands in a section of its own.
        bool everywhere = (binding->screens | SL_ON_HELP) == SL_ON_ALL;
        if (everywhere != (screen == SL_ON_ALL) || !(binding->screens & screen) || (screen == SL_ON_HELP) ||
            (binding->steers && app->read_only) || (binding->opens && !(binding->opens & h->screens)))
            continue;
        if (!any) put_line(h, frame, area, NULL, title);
        any = true;
        names_of(binding, keys);
        put_line(h, frame, area, keys, binding->help);
    }
    if (any) h->lines++;
}

static void draw_screen(const sl_app *app, help *h, sl_frame *frame, sl_rect area, const sl_screen *screen) {
    char title[80];
    snprintf(title, sizeof title, "On the %s screen", screen->name);
    draw_section(app, h, frame, area, title, screen->id);
}

static void put_sign(help *h, sl_frame *frame, sl_rect area, sl_color color, uint32_t sign, const char *text) {
    int y = area.y + h->lines++ - h->scroll;
    if (y < area.y || y >= area.y + area.height) return;
    sl_style style = {color, SL_COLOR_DEFAULT, 0};
    sl_frame_put(frame, area, area.x + 3, y, style, sign);
    sl_frame_text(frame, area, area.x + 16, y, style, text);
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    help *h = state;
    h->rows = area.height;
    h->lines = 1;
    const sl_screen *before = app->depth > 1 ? app->levels[app->depth - 2].screen : NULL;
    if (before) draw_screen(app, h, frame, area, before);
    for (const sl_screen *const *screen = sl_screens; *screen; screen++)
        if (*screen != before) draw_screen(app, h, frame, area, *screen);
    draw_section(app, h, frame, area, "Everywhere", SL_ON_ALL);
    put_line(h, frame, area, NULL, "Signs");
    for (int i = SL_STATE_RUNNING; i <= SL_STATE_DEAD; i++)
        put_sign(h, frame, area, sl_state_color((sl_run_state)i), sl_state_symbol((sl_run_state)i, frame->utf8),
                 i == SL_STATE_DEAD ? "dead: says that it runs, but its process is gone" : sl_state_name((sl_run_state)i));
    put_sign(h, frame, area, SL_COLOR_ACCENT, frame->utf8 ? 0x25C6 : '@', "before the state: the run is marked");
    put_sign(h, frame, area, SL_COLOR_WARN, '!', "after the state: something is wrong; a says what");
    // A frame that has grown shows no empty lines that it could fill; then it is drawn once more.
    int most = h->lines > h->rows ? h->lines - h->rows : 0;
    if (h->scroll > most) {
        h->scroll = most;
        sl_frame_fill(frame, area, (sl_style){0}, ' ');
        draw(app, state, frame, area);
    } else if (h->lines - h->scroll > h->rows)
        sl_frame_text(frame, area, area.x + area.width - 8, area.y + area.height - 1, (sl_style){SL_COLOR_DIM, 0, 0}, " (more)");
}

static void move(help *h, long by) {
    int most = h->lines > h->rows ? h->lines - h->rows : 0;
    long scroll = h->scroll + by;
    h->scroll = (int)(scroll < 0 ? 0 : scroll > most ? most : scroll);
}

static bool act(sl_app *app, void *state, sl_action action) {
    help *h = state;
    switch (action) {
    case SL_ACTION_UP: move(h, -1); return true;
    case SL_ACTION_DOWN: move(h, 1); return true;
    case SL_ACTION_PAGE_UP: move(h, 1 - h->rows); return true;
    case SL_ACTION_PAGE_DOWN: move(h, h->rows - 1); return true;
    case SL_ACTION_FIRST: move(h, -100000); return true;
    case SL_ACTION_LAST: move(h, 100000); return true;
    default: return false;
    }
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    if (event->key == SL_KEY_WHEEL_UP) move(state, -3);
    if (event->key == SL_KEY_WHEEL_DOWN) move(state, 3);
    return true;
}

const sl_screen sl_screen_help = {
    .id = SL_ON_HELP, .name = "help", .size = sizeof(help), .open = open_help, .draw = draw, .act = act, .input = input};
