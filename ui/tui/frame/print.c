#include "ui/tui/frame/print.h"
#include "ui/tui/frame/unicode.h"

#include <string.h>

// The columns of a row up to the last that shows something.
static int used(const sl_frame *frame, const sl_frame_cell *row, bool styled) {
    int width = frame->width;
    while (width > 0 && row[width - 1].character == ' ' &&
           (!styled || (row[width - 1].style.background == SL_COLOR_DEFAULT &&
                        !(row[width - 1].style.attributes & (SL_ATTR_REVERSE | SL_ATTR_UNDERLINE)))))
        width--;
    return width;
}

static sl_status append_character(sl_text *out, uint32_t character) {
    char bytes[4];
    return character ? sl_text_append_bytes(out, bytes, sl_unicode_write(character, bytes)) : SL_OK;
}

sl_status sl_frame_as_text(const sl_frame *frame, sl_text *out) {
    for (int y = 0; y < frame->height; y++) {
        const sl_frame_cell *row = frame->cells + (size_t)y * (size_t)frame->width;
        int width = used(frame, row, false);
        for (int x = 0; x < width; x++) SL_TRY(append_character(out, row[x].character));
        SL_TRY(sl_text_append_bytes(out, "\n", 1));
    }
    return SL_OK;
}

sl_status sl_frame_as_ansi(const sl_frame *frame, sl_theme theme, sl_text *out) {
    char sequence[SL_SGR_MOST];
    for (int y = 0; y < frame->height; y++) {
        const sl_frame_cell *row = frame->cells + (size_t)y * (size_t)frame->width;
        int width = used(frame, row, true);
        sl_style now = {0};
        for (int x = 0; x < width; x++) {
            if (!sl_style_same(row[x].style, now))
                SL_TRY(sl_text_append_bytes(out, sequence, sl_theme_sgr(theme, row[x].style, sequence)));
            now = row[x].style;
            SL_TRY(append_character(out, row[x].character));
        }
        if (!sl_style_same(now, (sl_style){0})) SL_TRY(sl_text_append_bytes(out, "\033[0m", 4));
        SL_TRY(sl_text_append_bytes(out, "\n", 1));
    }
    return SL_OK;
}
