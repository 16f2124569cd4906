// Questions in the last line: a text, edited as shells do; or yes and no.
#include "ui/tui/app_impl.h"
#include "ui/tui/unicode.h"

#include <stdio.h>
#include <string.h>

void sl_app_ask(sl_app *app, const char *label, const char *initial, int64_t run, sl_answer answer) {
    app->prompt = (struct sl_prompt){.open = true, .run = run, .answer = answer};
    snprintf(app->prompt.label, SL_LINE_BYTES, "%s", label);
    if (initial && strlen(initial) < SL_LINE_BYTES) strcpy(app->prompt.text, initial);
    app->prompt.length = app->prompt.cursor = strlen(app->prompt.text);
}

void sl_app_confirm(sl_app *app, const char *question, int64_t run, sl_answer answer) {
    sl_app_ask(app, question, NULL, run, answer);
    app->prompt.yes_no = true;
}

// The beginning of the character before, and of the one after the cursor.
static size_t before(const struct sl_prompt *prompt) {
    size_t at = prompt->cursor;
    while (at > 0 && (prompt->text[--at] & 0xC0) == 0x80) {
    }
    return at;
}
static size_t after(const struct sl_prompt *prompt) {
    size_t at = prompt->cursor;
    if (at < prompt->length) at++;
    while (at < prompt->length && (prompt->text[at] & 0xC0) == 0x80) at++;
    return at;
}

static void remove_bytes(struct sl_prompt *prompt, size_t from, size_t to) {
    memmove(prompt->text + from, prompt->text + to, prompt->length - to + 1);
    prompt->length -= to - from;
    prompt->cursor = from;
}

static void type(struct sl_prompt *prompt, uint32_t character) {
    char bytes[4];
    size_t count = sl_unicode_write(character, bytes);
    if (prompt->length + count >= SL_LINE_BYTES) return;
    memmove(prompt->text + prompt->cursor + count, prompt->text + prompt->cursor, prompt->length - prompt->cursor + 1);
    memcpy(prompt->text + prompt->cursor, bytes, count);
    prompt->length += count;
    prompt->cursor += count;
}

static void close_prompt(sl_app *app, bool answered) {
    // Copied, as the answer may ask the next question.
    struct sl_prompt prompt = app->prompt;
    app->prompt.open = false;
    if (answered && prompt.answer) prompt.answer(app, prompt.run, prompt.text);
}

static void edit(sl_app *app, const sl_input *input) {
    struct sl_prompt *prompt = &app->prompt;
    uint32_t control = input->key == SL_KEY_CHARACTER && input->character < 32 ? input->character + 64 : 0;
    if (input->key == SL_KEY_LEFT || control == 'B')
        prompt->cursor = before(prompt);
    else if (input->key == SL_KEY_RIGHT || control == 'F')
        prompt->cursor = after(prompt);
    else if (input->key == SL_KEY_HOME || control == 'A')
        prompt->cursor = 0;
    else if (input->key == SL_KEY_END || control == 'E')
        prompt->cursor = prompt->length;
    else if (input->key == SL_KEY_BACKSPACE)
        remove_bytes(prompt, before(prompt), prompt->cursor);
    else if (input->key == SL_KEY_DELETE || control == 'D')
        remove_bytes(prompt, prompt->cursor, after(prompt));
    else if (control == 'U')
        remove_bytes(prompt, 0, prompt->cursor);
    else if (control == 'K')
        remove_bytes(prompt, prompt->cursor, prompt->length);
    else if (control == 'W') {
        size_t from = prompt->cursor;
        while (from > 0 && prompt->text[from - 1] == ' ') from--;
        while (from > 0 && prompt->text[from - 1] != ' ') from--;
        remove_bytes(prompt, from, prompt->cursor);
    } else if (input->key == SL_KEY_CHARACTER && input->character >= 32 && sl_unicode_width(input->character) > 0)
        type(prompt, input->character);
}

void sl_prompt_input(sl_app *app, const sl_input *input) {
    bool control_c = input->key == SL_KEY_CHARACTER && input->character == 3;
    if (input->key == SL_KEY_ESCAPE || control_c)
        close_prompt(app, false);
    else if (app->prompt.yes_no && input->key == SL_KEY_CHARACTER)
        close_prompt(app, input->character == 'y' || input->character == 'Y');
    else if (app->prompt.yes_no)
        return; // no other key is a yes, also not enter
    else if (input->key == SL_KEY_ENTER)
        close_prompt(app, true);
    else
        edit(app, input);
}

void sl_prompt_draw(const sl_app *app, sl_frame *frame, sl_rect line) {
    const struct sl_prompt *prompt = &app->prompt;
    sl_style strong = {SL_COLOR_ACCENT, SL_COLOR_DEFAULT, SL_ATTR_BOLD}, plain = {0};
    if (prompt->yes_no) {
        // The question may be cut, how to answer it may not.
        static const char answers[] = "  y: yes, any other key: no";
        sl_rect question = line;
        question.width -= (int)sizeof answers;
        int x = sl_frame_text(frame, question, line.x + 1, line.y, strong, prompt->label);
        int most = question.x + question.width;
        sl_frame_text(frame, line, x < most ? x : most, line.y, plain, answers);
        return;
    }
    int x = sl_frame_text(frame, line, line.x + 1, line.y, strong, prompt->label) + 1;
    int most = line.x + line.width / 2;
    if (x > most) x = most;
    // The text scrolls so that the cursor is seen.
    sl_rect room = {x, line.y, line.x + line.width - x, 1};
    const char *text = prompt->text;
    char head[SL_LINE_BYTES];
    snprintf(head, sizeof head, "%.*s", (int)prompt->cursor, prompt->text);
    int cursor = sl_text_columns(head, frame->utf8);
    while (cursor > room.width - 2 && *text && text < prompt->text + prompt->cursor) {
        sl_unicode_next(&text);
        snprintf(head, sizeof head, "%.*s", (int)(prompt->text + prompt->cursor - text), text);
        cursor = sl_text_columns(head, frame->utf8);
    }
    sl_frame_text(frame, room, x, line.y, plain, text);
    const sl_frame_cell *cell = &frame->cells[(size_t)line.y * (size_t)frame->width + (size_t)(x + cursor)];
    bool within = x + cursor < line.x + line.width;
    if (within)
        sl_frame_put(frame, line, x + cursor, line.y, (sl_style){0, 0, SL_ATTR_REVERSE}, cell->character ? cell->character : ' ');
}
