// Questions in the last line: a text, edited as shells do, with choices; or yes and no.
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/unicode.h"

#include <stdio.h>
#include <string.h>

void sl_app_ask(sl_app *app, const char *label, const char *initial, int64_t run, sl_answer answer) {
    app->prompt = (struct sl_prompt){.open = true, .run = run, .answer = answer, .chosen = -1};
    snprintf(app->prompt.label, SL_LINE_BYTES, "%s", label);
    if (initial && strlen(initial) < SL_LINE_BYTES) strcpy(app->prompt.text, initial);
    app->prompt.length = app->prompt.cursor = strlen(app->prompt.text);
}

void sl_app_confirm(sl_app *app, const char *question, int64_t run, sl_answer answer) {
    sl_app_ask(app, question, NULL, run, answer);
    app->prompt.yes_no = true;
}

void sl_app_offer(sl_app *app, sl_choices choices, bool words) {
    app->prompt.choices = choices;
    app->prompt.words = words;
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

// ---- choices ----------------------------------------------------------------------------------------------------------------

size_t sl_prompt_choices(sl_app *app, const char **word, sl_choice *out) {
    struct sl_prompt *prompt = &app->prompt;
    const char *space = prompt->words ? strrchr(prompt->text, ' ') : NULL;
    *word = space ? space + 1 : prompt->text;
    bool names = prompt->choices && prompt->cursor == prompt->length && !strchr(*word, '=');
    return names ? prompt->choices(app, prompt->run, *word, out, SL_CHOICES) : 0;
}

// Puts a choice in the place of the word that is being typed.
static void take_choice(struct sl_prompt *prompt, const char *word, const char *choice) {
    size_t at = (size_t)(word - prompt->text), length = strlen(choice) + prompt->words;
    if (at + length >= SL_LINE_BYTES) return;
    snprintf(prompt->text + at, SL_LINE_BYTES - at, "%s%s", choice, prompt->words ? "=" : "");
    prompt->length = prompt->cursor = at + length;
    prompt->chosen = -1;
}

// Up, down, tab and enter, where there are choices; true: that was all that the key means.
static bool choose(sl_app *app, sl_key key) {
    sl_choice choices[SL_CHOICES];
    const char *word;
    struct sl_prompt *prompt = &app->prompt;
    int count = (int)sl_prompt_choices(app, &word, choices);
    if (prompt->chosen >= count) prompt->chosen = -1;
    if (key == SL_KEY_UP || key == SL_KEY_BACKTAB)
        prompt->chosen = (prompt->chosen < 0 ? count : prompt->chosen) - 1;
    else if (key == SL_KEY_DOWN)
        prompt->chosen = prompt->chosen + 1 < count ? prompt->chosen + 1 : -1;
    else if (count > 0 && (key == SL_KEY_TAB || prompt->chosen >= 0)) {
        take_choice(prompt, word, choices[prompt->chosen > 0 ? prompt->chosen : 0].text);
        return key == SL_KEY_TAB || prompt->words;
    } else
        return false;
    return true;
}

// ---- input ------------------------------------------------------------------------------------------------------------------

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
    else if (input->key == SL_KEY_UP || input->key == SL_KEY_DOWN || input->key == SL_KEY_TAB || input->key == SL_KEY_BACKTAB)
        choose(app, input->key);
    else if (input->key == SL_KEY_ENTER) {
        if (!choose(app, SL_KEY_ENTER)) close_prompt(app, true);
    } else {
        app->prompt.chosen = -1;
        edit(app, input);
    }
}
