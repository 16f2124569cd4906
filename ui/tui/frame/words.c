#include "ui/tui/frame/words.h"
#include "ui/tui/frame/unicode.h"

#include <string.h>

size_t sl_words_row(const char *text, int width, bool utf8) {
    const char *at = text, *blank = NULL;
    int columns = 0;
    while (*at && *at != '\n') {
        const char *next = at;
        char character[8] = "";
        sl_unicode_next(&next);
        memcpy(character, at, (size_t)(next - at));
        columns += sl_text_columns(character, utf8);
        if (columns > width && at > text) break;
        if (*at == ' ') blank = at;
        at = next;
    }
    bool whole = !*at || *at == '\n' || *at == ' ' || !blank || blank == text;
    return (size_t)((whole ? at : blank) - text);
}

// Past the row, and what parts it from the next.
static const char *next_row(const char *text, size_t bytes) {
    text += bytes;
    if (*text == '\n') return text + 1;
    while (*text == ' ') text++;
    return text;
}

int sl_words_rows(const char *text, int width, int most, bool utf8) {
    int rows = 0;
    while (rows < most && (*text || rows == 0)) {
        text = next_row(text, sl_words_row(text, width, utf8));
        rows++;
    }
    return rows;
}

static bool is_name(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '.';
}

const char *sl_words_option(const char *text, size_t *bytes) {
    static const char *const sections[] = {"method.", "optimizer.", "evaluate.", "checkpoint.", "data.", "model."};
    for (const char *at = text; *at; at++) {
        if (at > text && is_name(at[-1])) continue;
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
            size_t size = strlen(sections[i]);
            if (strncmp(at, sections[i], size) != 0) continue;
            while (is_name(at[size])) size++;
            while (at[size - 1] == '.') size--; // the end of a sentence
            if (size < strlen(sections[i])) continue;
            *bytes = size;
            return at;
        }
    }
    return NULL;
}

static void draw_row(sl_frame *frame, sl_rect row, sl_style style, sl_style options, const char *text) {
    const char *at = text, *option;
    size_t bytes;
    sl_frame_text(frame, row, row.x, row.y, style, text);
    while ((option = sl_words_option(at, &bytes))) {
        char before[1024], name[256];
        size_t size = (size_t)(option - text);
        if (size >= sizeof before || bytes >= sizeof name) return;
        memcpy(before, text, size);
        before[size] = '\0';
        memcpy(name, option, bytes);
        name[bytes] = '\0';
        int x = row.x + sl_text_columns(before, frame->utf8);
        if (x + (int)bytes > row.x + row.width) return;
        sl_frame_text(frame, row, x, row.y, options, name);
        at = option + bytes;
    }
}

int sl_words_draw(sl_frame *frame, sl_rect area, int most, sl_style style, sl_style options, const char *text) {
    char row[1024];
    int rows = 0;
    while (rows < most && (*text || rows == 0)) {
        size_t bytes = sl_words_row(text, area.width, frame->utf8);
        sl_rect place = {area.x, area.y + rows, area.width, 1};
        const char *next = next_row(text, bytes);
        rows++;
        // The last row shows that there is more by being cut.
        if ((rows == most && *next) || bytes >= sizeof row) {
            sl_frame_text(frame, sl_rect_common(place, area), place.x, place.y, style, text);
        } else {
            memcpy(row, text, bytes);
            row[bytes] = '\0';
            draw_row(frame, sl_rect_common(place, area), style, options, row);
        }
        text = next;
    }
    return rows;
}
