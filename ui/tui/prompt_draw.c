// How questions and messages look, in the last line and, where they are long, in those above it.
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/unicode.h"

#include <stdio.h>
#include <string.h>

enum { LINES = 5, SHOWN_CHOICES = 10 };

// ---- long text --------------------------------------------------------------------------------------------------------------

static int columns_of(const char *text, size_t bytes, bool utf8) {
    char part[SL_LINE_BYTES];
    snprintf(part, sizeof part, "%.*s", (int)bytes, text);
    return sl_text_columns(part, utf8);
}

// How many bytes of the text a line takes: up to a blank, where there is one.
static size_t line_of(const char *text, int width, bool utf8) {
    size_t fits = 0, length = strlen(text);
    for (size_t at = 0; at <= length; at++) {
        if (text[at] && text[at] != ' ') continue;
        if (columns_of(text, at, utf8) > width) return fits;
        fits = at;
    }
    return fits;
}

int sl_draw_wrapped(sl_frame *frame, sl_rect line, sl_style style, const char *text, int reserved) {
    struct {
        const char *text;
        int bytes;
    } lines[LINES] = {0};
    int count = 0, width = line.width - 2;
    while (count < LINES) {
        size_t length = strlen(text), bytes = line_of(text, width, frame->utf8);
        bool last = columns_of(text, length, frame->utf8) <= width - reserved || count == LINES - 1 || bytes == 0;
        lines[count].text = text;
        lines[count++].bytes = (int)(last ? length : bytes);
        if (last) break;
        text += bytes;
        while (*text == ' ') text++;
    }
    int x = line.x + 1;
    for (int i = 0; i < count; i++) {
        bool last = i == count - 1;
        sl_rect row = {line.x, line.y - (count - 1) + i, line.width - (last ? reserved : 0), 1};
        if (row.y < 0) continue;
        sl_frame_fill(frame, (sl_rect){line.x, row.y, line.width, 1}, (sl_style){0}, ' ');
        x = sl_frame_printf(frame, row, line.x + 1, row.y, style, "%.*s", lines[i].bytes, lines[i].text);
        if (x > row.x + row.width) x = row.x + row.width;
    }
    return x;
}

// ---- questions --------------------------------------------------------------------------------------------------------------

// Above `line`.
static void draw_choices(sl_app *app, sl_frame *frame, sl_rect line) {
    sl_choice choices[SL_CHOICES];
    const char *word;
    int count = (int)sl_prompt_choices(app, &word, choices), width = 0, about = 0;
    int rows = count < SHOWN_CHOICES ? count : SHOWN_CHOICES, chosen = app->prompt.chosen;
    if (rows > line.y - 2) rows = line.y - 2;
    if (count == 0 || rows <= 0) return;
    for (int i = 0; i < count; i++) {
        int columns = sl_text_columns(choices[i].text, frame->utf8), more = sl_text_columns(choices[i].about, frame->utf8);
        if (columns > width) width = columns;
        if (more > about) about = more;
    }
    sl_rect box = {line.x, line.y - rows - 2, width + about + 6, rows + 2};
    if (box.width > line.width) box.width = line.width;
    sl_frame_fill(frame, box, (sl_style){0}, ' ');
    sl_rect inside = sl_frame_box(frame, box, (sl_style){SL_COLOR_DIM, 0, 0}, "");
    int first = chosen >= rows ? chosen - rows + 1 : 0;
    for (int i = 0; i < rows && first + i < count; i++) {
        bool is_chosen = first + i == chosen;
        int y = inside.y + i;
        sl_style style = {SL_COLOR_DEFAULT, 0, is_chosen ? SL_ATTR_REVERSE : 0};
        if (is_chosen) sl_frame_fill(frame, (sl_rect){inside.x, y, inside.width, 1}, style, ' ');
        sl_frame_text(frame, inside, inside.x + 1, y, style, choices[first + i].text);
        style.foreground = is_chosen ? SL_COLOR_DEFAULT : SL_COLOR_DIM;
        sl_frame_text(frame, inside, inside.x + width + 3, y, style, choices[first + i].about);
    }
}

// Returns the uppermost line that it takes: a long label stands above what is typed.
static sl_rect draw_text(const sl_app *app, sl_frame *frame, sl_rect line) {
    const struct sl_prompt *prompt = &app->prompt;
    sl_style strong = {SL_COLOR_ACCENT, SL_COLOR_DEFAULT, SL_ATTR_BOLD}, plain = {0};
    sl_rect top = line;
    int x = line.x + 1;
    if (sl_text_columns(prompt->label, frame->utf8) < line.width / 2 || line.y < 2)
        x = sl_frame_text(frame, line, x, line.y, strong, prompt->label) + 1;
    else {
        top.y--;
        sl_frame_fill(frame, top, plain, ' ');
        sl_frame_text(frame, top, x, top.y, strong, prompt->label);
    }
    if (x > line.x + line.width / 2) x = line.x + line.width / 2;
    // The text scrolls so that the cursor is seen.
    sl_rect room = {x, line.y, line.x + line.width - x, 1};
    const char *text = prompt->text;
    int cursor = columns_of(text, prompt->cursor, frame->utf8);
    while (cursor > room.width - 2 && *text && text < prompt->text + prompt->cursor) {
        sl_unicode_next(&text);
        cursor = columns_of(text, (size_t)(prompt->text + prompt->cursor - text), frame->utf8);
    }
    sl_frame_fill(frame, room, plain, ' ');
    sl_frame_text(frame, room, x, line.y, plain, text);
    const sl_frame_cell *cell = &frame->cells[(size_t)line.y * (size_t)frame->width + (size_t)(x + cursor)];
    bool within = x + cursor < line.x + line.width;
    if (within)
        sl_frame_put(frame, line, x + cursor, line.y, (sl_style){0, 0, SL_ATTR_REVERSE}, cell->character ? cell->character : ' ');
    return top;
}

void sl_prompt_draw(sl_app *app, sl_frame *frame, sl_rect line) {
    if (app->prompt.yes_no) {
        static const char answers[] = "  y: yes, any other key: no";
        sl_style strong = {SL_COLOR_ACCENT, SL_COLOR_DEFAULT, SL_ATTR_BOLD};
        int x = sl_draw_wrapped(frame, line, strong, app->prompt.label, (int)sizeof answers);
        sl_frame_text(frame, line, x, line.y, (sl_style){0}, x == line.x + 1 ? answers + 2 : answers);
        return;
    }
    draw_choices(app, frame, draw_text(app, frame, line));
}
