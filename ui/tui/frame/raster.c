// Frames as pixels: the font twice as large with its steps smoothed; lines, blocks and braille drawn by rule, so that they join
// exactly.
#include "core/base/memory.h"
#include "ui/tui/frame/glyphs.h"
#include "ui/tui/frame/print.h"

#include <string.h>

enum { WIDTH = SL_CELL_WIDTH, HEIGHT = SL_CELL_HEIGHT, SMALL_WIDTH = WIDTH / 2, SMALL_HEIGHT = HEIGHT / 2, TOP = 2 };

// How much of each pixel is the foreground, 0 to 255. A wide character has two cells of columns.
typedef struct mask {
    int width;
    uint8_t at[HEIGHT][2 * WIDTH];
} mask;

static void fill(mask *m, int x, int y, int width, int height, uint8_t value) {
    for (int row = y; row < y + height; row++)
        for (int column = x; column < x + width; column++)
            if (row >= 0 && row < HEIGHT && column >= 0 && column < m->width) m->at[row][column] = value;
}

// ---- the font ---------------------------------------------------------------------------------------------------------------

// Each dot becomes four; a corner takes its neighbours' value where those two agree and the others do not, which turns stairs
// into slopes.
static void draw_glyph(mask *m, bool dots[SL_GLYPH_ROWS][SL_GLYPH_COLUMNS]) {
    bool small[SMALL_HEIGHT + 2][SMALL_WIDTH + 2] = {{false}};
    for (int y = 0; y < SL_GLYPH_ROWS; y++)
        for (int x = 0; x < SL_GLYPH_COLUMNS; x++) small[y + TOP + 1][x + 1] = dots[y][x];
    for (int y = 1; y <= SMALL_HEIGHT; y++)
        for (int x = 1; x <= SMALL_WIDTH; x++) {
            bool here = small[y][x], up = small[y - 1][x], down = small[y + 1][x], left = small[y][x - 1],
                 right = small[y][x + 1];
            bool turns = up != down && left != right;
            uint8_t *top = &m->at[2 * y - 2][2 * x - 2], *bottom = &m->at[2 * y - 1][2 * x - 2];
            top[0] = (turns && left == up ? left : here) ? 255 : 0;
            top[1] = (turns && right == up ? right : here) ? 255 : 0;
            bottom[0] = (turns && left == down ? left : here) ? 255 : 0;
            bottom[1] = (turns && right == down ? right : here) ? 255 : 0;
        }
}

// ---- by rule ----------------------------------------------------------------------------------------------------------------

enum { LEFT = 1, RIGHT = 2, UP = 4, DOWN = 8, HEAVY = 16, DASHED = 32, DOUBLE = 64 };
static const struct {
    uint16_t character, arms;
} lines[] = {
    {0x2500, LEFT | RIGHT},
    {0x2501, LEFT | RIGHT | HEAVY},
    {0x2502, UP | DOWN},
    {0x2503, UP | DOWN | HEAVY},
    {0x2504, LEFT | RIGHT | DASHED},
    {0x2506, UP | DOWN | DASHED},
    {0x2508, LEFT | RIGHT | DASHED},
    {0x250A, UP | DOWN | DASHED},
    {0x250C, RIGHT | DOWN},
    {0x2510, LEFT | DOWN},
    {0x2514, RIGHT | UP},
    {0x2518, LEFT | UP},
    {0x251C, RIGHT | UP | DOWN},
    {0x2524, LEFT | UP | DOWN},
    {0x252C, LEFT | RIGHT | DOWN},
    {0x2534, LEFT | RIGHT | UP},
    {0x253C, LEFT | RIGHT | UP | DOWN},
    {0x254C, LEFT | RIGHT | DASHED},
    {0x254E, UP | DOWN | DASHED},
    {0x2550, LEFT | RIGHT | DOUBLE},
    {0x2551, UP | DOWN | DOUBLE},
    {0x256D, RIGHT | DOWN},
    {0x256E, LEFT | DOWN},
    {0x256F, LEFT | UP},
    {0x2570, RIGHT | UP},
    {0x2574, LEFT},
    {0x2575, UP},
    {0x2576, RIGHT},
    {0x2577, DOWN},
};

static bool draw_line(mask *m, uint32_t character) {
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        unsigned arms = lines[i].arms;
        if (lines[i].character != character) continue;
        int thick = arms & HEAVY ? 4 : 2, x = (WIDTH - thick) / 2, y = (HEIGHT - thick) / 2;
        if (arms & DOUBLE) {
            for (int side = -3; side <= 3; side += 6)
                if (arms & LEFT)
                    fill(m, 0, y + side, WIDTH, 2, 255);
                else
                    fill(m, x + side, 0, 2, HEIGHT, 255);
            return true;
        }
        if (arms & LEFT) fill(m, 0, y, x + thick, thick, 255);
        if (arms & RIGHT) fill(m, x, y, WIDTH - x, thick, 255);
        if (arms & UP) fill(m, x, 0, thick, y + thick, 255);
        if (arms & DOWN) fill(m, x, y, thick, HEIGHT - y, 255);
        if (arms & DASHED && arms & LEFT)
            for (int at = 2; at < WIDTH; at += 4) fill(m, at, 0, 2, HEIGHT, 0);
        if (arms & DASHED && arms & UP)
            for (int at = 3; at < HEIGHT; at += 6) fill(m, 0, at, WIDTH, 3, 0);
        return true;
    }
    return false;
}

static bool draw_block(mask *m, uint32_t character) {
    // Quadrants of U+2596 to U+259F: 1 upper left, 2 upper right, 4 lower left, 8 lower right.
    static const uint8_t quadrants[] = {4, 8, 1, 13, 9, 7, 11, 2, 6, 14};
    if (character == 0x2580)
        fill(m, 0, 0, WIDTH, HEIGHT / 2, 255);
    else if (character >= 0x2581 && character <= 0x2588) {
        int height = HEIGHT * (int)(character - 0x2580) / 8;
        fill(m, 0, HEIGHT - height, WIDTH, height, 255);
    } else if (character >= 0x2589 && character <= 0x258F)
        fill(m, 0, 0, (WIDTH * (int)(0x2590 - character) + 4) / 8, HEIGHT, 255);
    else if (character == 0x2590)
        fill(m, WIDTH / 2, 0, WIDTH / 2, HEIGHT, 255);
    else if (character >= 0x2591 && character <= 0x2593)
        fill(m, 0, 0, WIDTH, HEIGHT, (uint8_t)(64 * (character - 0x2590)));
    else if (character == 0x2594)
        fill(m, 0, 0, WIDTH, HEIGHT / 8, 255);
    else if (character == 0x2595)
        fill(m, WIDTH - WIDTH / 8, 0, WIDTH / 8, HEIGHT, 255);
    else if (character >= 0x2596 && character <= 0x259F) {
        for (int i = 0; i < 4; i++)
            if (quadrants[character - 0x2596] >> i & 1)
                fill(m, i % 2 * (WIDTH / 2), i / 2 * (HEIGHT / 2), WIDTH / 2, HEIGHT / 2, 255);
    } else
        return false;
    return true;
}

static bool draw_braille(mask *m, uint32_t character) {
    // The eight dots in the order of the bits: column and row.
    static const uint8_t columns[] = {0, 0, 0, 1, 1, 1, 0, 1}, rows[] = {0, 1, 2, 0, 1, 2, 3, 3};
    if (character < 0x2800 || character > 0x28FF) return false;
    for (int i = 0; i < 8; i++) {
        if (!(character >> i & 1)) continue;
        int x = columns[i] * (WIDTH / 2), y = rows[i] * (HEIGHT / 4);
        fill(m, x + 2, y + 1, 2, 4, 255);
        fill(m, x + 1, y + 2, 4, 2, 255);
    }
    return true;
}

static void draw_character(mask *m, const sl_frame_cell *cell) {
    bool dots[SL_GLYPH_ROWS][SL_GLYPH_COLUMNS];
    uint32_t character = cell->character;
    if (character == ' ' || draw_line(m, character) || draw_block(m, character) || draw_braille(m, character)) return;
    if (sl_glyph_find(character, dots)) {
        draw_glyph(m, dots);
        if (cell->style.attributes & SL_ATTR_BOLD)
            for (int y = 0; y < HEIGHT; y++)
                for (int x = m->width - 1; x > 0; x--) m->at[y][x] |= m->at[y][x - 1];
        return;
    }
    fill(m, 1, 4, m->width - 2, 16, 255);
    fill(m, 2, 5, m->width - 4, 14, 0);
}

// ---- the picture ------------------------------------------------------------------------------------------------------------

static void paint(const mask *m, sl_theme theme, sl_style style, uint8_t *pixels, size_t stride) {
    uint32_t front = sl_theme_rgb(theme, style.foreground, false), back = sl_theme_rgb(theme, style.background, true);
    if (style.attributes & SL_ATTR_REVERSE) {
        uint32_t other = front;
        front = back;
        back = other;
    }
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < m->width; x++)
            for (int channel = 0; channel < 3; channel++) {
                unsigned in_front = front >> 8 * channel & 255, behind = back >> 8 * channel & 255, share = m->at[y][x];
                pixels[(size_t)y * stride + (size_t)(3 * x + channel)] =
                    (uint8_t)((in_front * share + behind * (255 - share) + 127) / 255);
            }
}

sl_status sl_frame_as_pixels(const sl_frame *frame, sl_theme theme, uint8_t **pixels) {
    size_t stride = (size_t)frame->width * WIDTH * 3;
    *pixels = sl_malloc(stride * (size_t)frame->height * HEIGHT);
    if (!*pixels) return sl_error(SL_ERR_MEMORY, "no memory for a picture of %dx%d cells", frame->width, frame->height);
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            const sl_frame_cell *cell = &frame->cells[(size_t)y * (size_t)frame->width + (size_t)x];
            if (cell->character == 0) continue;
            mask m;
            memset(&m, 0, sizeof m);
            m.width = x + 1 < frame->width && cell[1].character == 0 ? 2 * WIDTH : WIDTH;
            draw_character(&m, cell);
            if (cell->style.attributes & SL_ATTR_UNDERLINE) fill(&m, 0, HEIGHT - 2, m.width, 2, 255);
            paint(&m, theme, cell->style, *pixels + (size_t)y * HEIGHT * stride + (size_t)x * WIDTH * 3, stride);
        }
    return SL_OK;
}
