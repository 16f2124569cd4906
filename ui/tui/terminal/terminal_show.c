// Writing frames: only cells that changed, in one write, marked as one update where the terminal knows that.
#include "ui/tui/frame/unicode.h"
#include "ui/tui/terminal/terminal_impl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

sl_status sl_terminal_write(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written >= 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, 1000);
        else if (errno != EINTR)
            return sl_error(SL_ERR_IO, "cannot write to the terminal: %s", strerror(errno));
    }
    return SL_OK;
}

// Where the cursor stands and in which style it writes; x -1: not known.
typedef struct pen {
    int x, y;
    sl_style style;
    bool styled;
} pen;

static sl_status put_cell(sl_terminal *terminal, pen *p, int x, int y, const sl_frame_cell *cell, sl_theme theme) {
    char sequence[SL_SGR_MOST], bytes[4];
    if (p->x != x || p->y != y) SL_TRY(sl_text_append(&terminal->out, "\033[%d;%dH", y + 1, x + 1));
    if (!p->styled || !sl_style_same(p->style, cell->style))
        SL_TRY(sl_text_append_bytes(&terminal->out, sequence, sl_theme_sgr(theme, cell->style, sequence)));
    p->style = cell->style;
    p->styled = true;
    p->y = y;
    uint32_t character = cell->character;
    int columns = sl_unicode_width(character);
    // A character whose columns the system counts differently, or does not know, would shift what follows.
    bool agreed = character < 0x7F || (terminal->utf8 && wcwidth((wchar_t)character) == columns);
    if (!agreed) SL_TRY(sl_text_append_bytes(&terminal->out, "? ", columns == 2 ? 2 : 1));
    if (agreed) SL_TRY(sl_text_append_bytes(&terminal->out, bytes, sl_unicode_write(character, bytes)));
    p->x = x + columns;
    // Where the terminal counts differently than the system, the next character is placed anew. Lines and braille are beyond
    // doubt.
    bool sure = character < 0x250 || (character >= 0x2500 && character < 0x25A0) || (character >= 0x2800 && character < 0x2900);
    if (p->x >= terminal->width || !sure) p->x = -1;
    return SL_OK;
}

static sl_status put_changes(sl_terminal *terminal, const sl_frame *frame, sl_theme theme) {
    pen p = {.x = -1};
    for (int y = 0; y < frame->height; y++) {
        size_t from = (size_t)y * (size_t)frame->width;
        for (int x = 0; x < frame->width; x++) {
            const sl_frame_cell *cell = &frame->cells[from + (size_t)x], *old = &terminal->shown.cells[from + (size_t)x];
            bool last = x == frame->width - 1 && y == frame->height - 1;
            bool same = cell->character == old->character && sl_style_same(cell->style, old->style);
            if (same || cell->character == 0 || (last && terminal->scrolls_at_end)) continue;
            SL_TRY(put_cell(terminal, &p, x, y, cell, theme));
        }
    }
    return SL_OK;
}

sl_status sl_terminal_show(sl_terminal *terminal, const sl_frame *frame, sl_theme theme, bool whole) {
    bool resized = terminal->shown.width != frame->width || terminal->shown.height != frame->height;
    bool themed = theme.depth != terminal->shown_theme.depth || theme.light != terminal->shown_theme.light;
    terminal->out.length = 0;
    if (terminal->synchronized) SL_TRY(sl_text_append(&terminal->out, "\033[?2026h"));
    size_t prologue = terminal->out.length;
    if (whole || resized || themed || !terminal->known) {
        terminal->known = false;
        SL_TRY(sl_frame_resize(&terminal->shown, frame->width, frame->height));
        SL_TRY(sl_pictures_clear(&terminal->pictures, &terminal->out));
        SL_TRY(sl_text_append(&terminal->out, "\033[0m\033[H\033[2J"));
    }
    SL_TRY(sl_pictures_remove(&terminal->pictures, frame, &terminal->shown, &terminal->out));
    SL_TRY(put_changes(terminal, frame, theme));
    SL_TRY(sl_pictures_add(&terminal->pictures, frame, &terminal->out));
    if (terminal->out.length > prologue) {
        SL_TRY(sl_text_append(&terminal->out, terminal->synchronized ? "\033[0m\033[?2026l" : "\033[0m"));
        SL_TRY(sl_terminal_write(terminal->out.data, terminal->out.length));
    }
    memcpy(terminal->shown.cells, frame->cells, (size_t)frame->width * (size_t)frame->height * sizeof *frame->cells);
    terminal->shown_theme = theme;
    terminal->known = true;
    return SL_OK;
}
