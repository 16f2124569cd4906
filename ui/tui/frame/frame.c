#include "ui/tui/frame/frame.h"
#include "core/base/memory.h"
#include "ui/tui/frame/unicode.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

sl_rect sl_rect_common(sl_rect a, sl_rect b) {
    // In long, as a rectangle may lie anywhere.
    long left = a.x > b.x ? a.x : b.x, top = a.y > b.y ? a.y : b.y;
    long right_a = (long)a.x + a.width, right_b = (long)b.x + b.width, right = right_a < right_b ? right_a : right_b;
    long bottom_a = (long)a.y + a.height, bottom_b = (long)b.y + b.height, bottom = bottom_a < bottom_b ? bottom_a : bottom_b;
    return (sl_rect){(int)left, (int)top, right > left ? (int)(right - left) : 0, bottom > top ? (int)(bottom - top) : 0};
}

bool sl_style_same(sl_style a, sl_style b) {
    return a.foreground == b.foreground && a.background == b.background && a.attributes == b.attributes;
}

static sl_rect clipped(const sl_frame *frame, sl_rect clip) {
    return sl_rect_common(clip, (sl_rect){0, 0, frame->width, frame->height});
}

static bool inside(sl_rect area, int x, int y) {
    return x >= area.x && y >= area.y && x - area.x < area.width && y - area.y < area.height;
}

// ---- frames -----------------------------------------------------------------------------------------------------------------

sl_status sl_frame_resize(sl_frame *frame, int width, int height) {
    enum { MOST = 4096 }; // a side; more is a broken terminal
    if (width < 0 || height < 0 || width > MOST || height > MOST)
        return sl_error(SL_ERR_ARGUMENT, "a frame of %dx%d cells: each side must be from 0 to %d", width, height, MOST);
    if (!frame->cells || width != frame->width || height != frame->height) {
        sl_frame_cell *cells = sl_malloc((size_t)width * (size_t)height * sizeof *cells);
        if (!cells) return sl_error(SL_ERR_MEMORY, "no memory for a frame of %dx%d cells", width, height);
        sl_free(frame->cells);
        frame->cells = cells;
        frame->width = width;
        frame->height = height;
    }
    sl_frame_clear(frame);
    return SL_OK;
}

void sl_frame_free(sl_frame *frame) {
    sl_free(frame->cells);
    frame->cells = NULL;
    frame->width = frame->height = 0;
}

void sl_frame_clear(sl_frame *frame) {
    size_t count = (size_t)frame->width * (size_t)frame->height;
    for (size_t i = 0; i < count; i++) frame->cells[i] = (sl_frame_cell){.character = ' '};
    frame->picture_count = 0;
}

// ---- characters -------------------------------------------------------------------------------------------------------------

// What stands for a character that an ASCII frame cannot hold; for drawing, one character alone.
static const struct {
    uint32_t first, last;
    const char *ascii;
} stand_ins[] = {
    {0x00A0, 0x00A0, " "},  {0x00B1, 0x00B1, "+-"}, {0x00B7, 0x00B7, "."},  {0x00D7, 0x00D7, "x"}, {0x2010, 0x2013, "-"},
    {0x2014, 0x2014, "--"}, {0x2018, 0x2019, "'"},  {0x201C, 0x201D, "\""}, {0x2020, 0x2020, "+"}, {0x2022, 0x2022, "*"},
    {0x2026, 0x2026, "~"},  {0x2190, 0x2190, "<"},  {0x2191, 0x2191, "^"},  {0x2192, 0x2192, ">"}, {0x2193, 0x2193, "v"},
    {0x2212, 0x2212, "-"},  {0x2264, 0x2264, "<="}, {0x2265, 0x2265, ">="}, {0x2500, 0x2501, "-"}, {0x2502, 0x2503, "|"},
    {0x2504, 0x2505, "-"},  {0x2506, 0x2507, "|"},  {0x2508, 0x2509, "-"},  {0x250A, 0x250B, "|"}, {0x250C, 0x254B, "+"},
    {0x2550, 0x2550, "="},  {0x2551, 0x2551, "|"},  {0x2552, 0x256C, "+"},  {0x256D, 0x2570, "+"}, {0x2580, 0x2588, "#"},
    {0x2589, 0x258F, "|"},  {0x2590, 0x2590, "|"},  {0x2591, 0x2591, "."},  {0x2592, 0x2592, ":"}, {0x2593, 0x2593, "#"},
    {0x25A0, 0x25A0, "#"},  {0x25B2, 0x25B2, "^"},  {0x25B6, 0x25B6, ">"},  {0x25B8, 0x25B8, ">"}, {0x25BC, 0x25BC, "v"},
    {0x25BE, 0x25BE, "v"},  {0x25C0, 0x25C0, "<"},  {0x25C6, 0x25C6, "@"},  {0x25CB, 0x25CB, "o"}, {0x25CF, 0x25CF, "*"},
    {0x2713, 0x2714, "+"},  {0x2717, 0x2718, "x"},  {0x2800, 0x2800, " "},  {0x2801, 0x28FF, ":"},
};

static const char *ascii_of(uint32_t character) {
    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
        if (character >= stand_ins[i].first && character <= stand_ins[i].last) return stand_ins[i].ascii;
    return sl_unicode_width(character) == 2 ? "??" : "?";
}

// A piece of text as shown: one character of one or two columns, or ASCII in its place.
typedef struct piece {
    uint32_t character; // 0: `ascii` instead
    int columns;
    char ascii[16];
} piece;

// The next piece of `text`; false at its end.
static bool next_piece(const char **text, bool utf8, piece *out) {
    uint32_t character = sl_unicode_next(text);
    if (!character) return false;
    *out = (piece){.character = character, .columns = 1};
    if (character >= 0x20 && character < 0x7F) return true;
    out->character = 0;
    if (character >= SL_UNICODE_BAD)
        snprintf(out->ascii, sizeof out->ascii, "\\x%02x", (unsigned)(character & 0xFF));
    else if (character == '\n' || character == '\t' || character == '\r')
        snprintf(out->ascii, sizeof out->ascii, "\\%c", character == '\n' ? 'n' : character == '\t' ? 't' : 'r');
    else if (character < 0x20 || character == 0x7F)
        snprintf(out->ascii, sizeof out->ascii, "\\x%02x", (unsigned)character);
    else if (sl_unicode_width(character) == 0)
        snprintf(out->ascii, sizeof out->ascii, "\\u{%x}", (unsigned)character);
    else if (!utf8)
        snprintf(out->ascii, sizeof out->ascii, "%s", ascii_of(character));
    else
        out->character = character;
    out->columns = out->character ? sl_unicode_width(character) : (int)strlen(out->ascii);
    return true;
}

// The columns of text, counted up to about `most`.
static int columns_of(const char *text, bool utf8, int most) {
    int columns = 0;
    piece next;
    while (columns <= most && next_piece(&text, utf8, &next)) columns += next.columns;
    return columns;
}

int sl_text_columns(const char *text, bool utf8) {
    return columns_of(text, utf8, INT_MAX - 32);
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

// Writes a cell inside the frame; the other half of a wide character that stood there becomes blank.
static void set_cell(sl_frame *frame, int x, int y, sl_style style, uint32_t character) {
    sl_frame_cell *row = frame->cells + (size_t)y * (size_t)frame->width;
    if (row[x].character == 0 && x > 0) row[x - 1].character = ' ';
    if (x + 1 < frame->width && row[x + 1].character == 0) row[x + 1].character = ' ';
    row[x] = (sl_frame_cell){character, style};
}

// `area` lies in the frame. A wide character of which only one half lies in it becomes a blank.
static void put(sl_frame *frame, sl_rect area, int x, int y, sl_style style, uint32_t character, int columns) {
    bool first = inside(area, x, y), second = columns == 2 && x < INT_MAX && inside(area, x + 1, y);
    bool whole = columns == 1 || (first && second);
    if (first) set_cell(frame, x, y, style, whole ? character : ' ');
    if (second && !whole) set_cell(frame, x + 1, y, style, ' ');
    if (second && whole) {
        set_cell(frame, x + 1, y, style, ' ');
        frame->cells[(size_t)y * (size_t)frame->width + (size_t)x].character = character;
        frame->cells[(size_t)y * (size_t)frame->width + (size_t)x + 1].character = 0;
    }
}

void sl_frame_put(sl_frame *frame, sl_rect clip, int x, int y, sl_style style, uint32_t character) {
    int columns = sl_unicode_width(character);
    if (columns == 0) {
        character = '?';
        columns = 1;
    }
    if (!frame->utf8 && character >= 0x7F) {
        const char *ascii = ascii_of(character);
        character = (unsigned char)ascii[0];
        columns = 1;
    }
    put(frame, clipped(frame, clip), x, y, style, character, columns);
}

void sl_frame_fill(sl_frame *frame, sl_rect area, sl_style style, uint32_t character) {
    sl_rect within = clipped(frame, area);
    int step = sl_unicode_width(character) == 2 && frame->utf8 ? 2 : 1;
    for (int y = within.y; y < within.y + within.height; y++)
        for (int x = within.x; x < within.x + within.width; x += step) sl_frame_put(frame, within, x, y, style, character);
}

bool sl_frame_put_picture(sl_frame *frame, const sl_frame_picture *picture) {
    sl_rect place = picture->place, seen = clipped(frame, place);
    bool whole = place.width > 0 && place.height > 0 && seen.width == place.width && seen.height == place.height;
    if (!frame->pixels || !whole || frame->picture_count == SL_FRAME_PICTURES) return false;
    frame->pictures[frame->picture_count++] = *picture;
    return true;
}

int sl_frame_text(sl_frame *frame, sl_rect clip, int x, int y, sl_style style, const char *text) {
    sl_rect area = clipped(frame, clip);
    int right = area.x + area.width;
    // Columns from x to the right edge; text that is longer gives up its last column to the sign that it is cut.
    int room = x >= right ? 0 : (long)right - x > INT_MAX / 2 ? INT_MAX / 2 : right - x;
    int columns = columns_of(text, frame->utf8, INT_MAX - 32), column = 0;
    int after = x > INT_MAX - columns ? INT_MAX : x + columns;
    if (!area.height || y < area.y || y >= area.y + area.height || room == 0) return after;
    int usable = columns > room ? room - 1 : room;
    piece next;
    while (next_piece(&text, frame->utf8, &next) && column + (next.character ? next.columns : 1) <= usable) {
        if (next.character)
            put(frame, area, x + column, y, style, next.character, next.columns);
        else
            for (int i = 0; i < next.columns && column + i < usable; i++)
                put(frame, area, x + column + i, y, style, (unsigned char)next.ascii[i], 1);
        column += next.columns;
    }
    if (columns > room) {
        for (; column < usable; column++) put(frame, area, x + column, y, style, ' ', 1);
        put(frame, area, x + usable, y, style, frame->utf8 ? 0x2026 : '~', 1);
    }
    return after;
}

int sl_frame_printf(sl_frame *frame, sl_rect clip, int x, int y, sl_style style, const char *format, ...) {
    char small[512], *text = small;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof small && (text = sl_malloc((size_t)length + 1))) {
        va_start(arguments, format);
        vsnprintf(text, (size_t)length + 1, format, arguments);
        va_end(arguments);
    } else
        text = small; // without memory the beginning is shown
    int after = length < 0 ? x : sl_frame_text(frame, clip, x, y, style, text);
    if (text != small) sl_free(text);
    return after;
}

sl_rect sl_frame_box(sl_frame *frame, sl_rect area, sl_style style, const char *title) {
    if (area.width < 2 || area.height < 2) return (sl_rect){area.x, area.y, 0, 0};
    int right = area.x + area.width - 1, bottom = area.y + area.height - 1;
    for (int x = area.x + 1; x < right; x++) {
        sl_frame_put(frame, area, x, area.y, style, 0x2500);
        sl_frame_put(frame, area, x, bottom, style, 0x2500);
    }
    for (int y = area.y + 1; y < bottom; y++) {
        sl_frame_put(frame, area, area.x, y, style, 0x2502);
        sl_frame_put(frame, area, right, y, style, 0x2502);
    }
    sl_frame_put(frame, area, area.x, area.y, style, 0x250C);
    sl_frame_put(frame, area, right, area.y, style, 0x2510);
    sl_frame_put(frame, area, area.x, bottom, style, 0x2514);
    sl_frame_put(frame, area, right, bottom, style, 0x2518);
    if (title && *title && area.width >= 7) {
        sl_style bold = {style.foreground == SL_COLOR_DIM ? SL_COLOR_TITLE : style.foreground, style.background,
                         style.attributes | SL_ATTR_BOLD};
        sl_rect edge = {area.x + 3, area.y, area.width - 6, 1};
        int end = sl_frame_text(frame, edge, edge.x, area.y, bold, title), last = edge.x + edge.width;
        sl_frame_put(frame, area, area.x + 2, area.y, style, ' ');
        sl_frame_put(frame, area, end < last ? end : last, area.y, style, ' ');
    }
    return (sl_rect){area.x + 1, area.y + 1, area.width - 2, area.height - 2};
}
