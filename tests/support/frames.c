#include "tests/support/frames.h"
#include "core/base/text.h"
#include "tests/support/cmocka.h"
#include "ui/tui/frame/print.h"
#include "ui/tui/frame/unicode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sl_test_row(const sl_frame *frame, int y) {
    enum { BUFFERS = 4, BYTES = 4096 };
    static char buffers[BUFFERS][BYTES];
    static int next;
    char *out = buffers[next++ % BUFFERS];
    size_t length = 0, end = 0;
    for (int x = 0; x < frame->width && length + 5 < BYTES; x++) {
        uint32_t character = frame->cells[y * frame->width + x].character;
        if (character) length += sl_unicode_write(character, out + length);
        if (character != ' ') end = length;
    }
    out[end] = 0;
    return out;
}

bool sl_test_shows(const sl_frame *frame, const char *text) {
    for (int y = 0; y < frame->height; y++)
        if (strstr(sl_test_row(frame, y), text)) return true;
    return false;
}

static void write_file(const char *path, const sl_text *text) {
    FILE *file = fopen(path, "w");
    if (!file || fwrite(text->data, 1, text->length, file) != text->length || fclose(file) != 0)
        fail_msg("cannot write %s", path);
    printf("wrote %s: look at it\n", path);
}

void sl_test_frame(const sl_frame *frame, const char *name) {
    char path[4096];
    const char *update = getenv("SEMILUNA_UPDATE_FRAMES");
    sl_text drawn = {0}, stored = {0};
    snprintf(path, sizeof path, "%s/tests/ui/golden/%s.txt", SL_SOURCE_DIR, name);
    assert_ok(sl_frame_as_text(frame, &drawn));
    if (update && *update) {
        write_file(path, &drawn);
        sl_text_free(&drawn);
        return;
    }
    assert_ok(sl_text_read_file(path, &stored));
    const char *at = stored.data;
    for (int y = 0; y < frame->height; y++) {
        const char *end = strchr(at, '\n');
        if (!end) fail_msg("%s: has %d rows, the frame has %d", path, y, frame->height);
        // Character by character, so that the column can be told.
        const char *row = at;
        for (int x = 0; x < frame->width; x++) {
            uint32_t got = frame->cells[y * frame->width + x].character;
            if (got == 0) continue;
            uint32_t expected = row < end ? sl_unicode_next(&row) : ' ';
            if (got != expected)
                fail_msg("%s, row %d, column %d\nexpected: %.*s\ndrawn:    %s\n(SEMILUNA_UPDATE_FRAMES=1 writes the file anew)",
                         path, y + 1, x + 1, (int)(end - at), at, sl_test_row(frame, y));
        }
        if (row < end) fail_msg("%s, row %d: is longer than the frame", path, y + 1);
        at = end + 1;
    }
    if (*at) fail_msg("%s: has more than the frame's %d rows", path, frame->height);
    printf("%s: compared %d x %d cells\n", name, frame->width, frame->height);
    sl_text_free(&drawn);
    sl_text_free(&stored);
}
