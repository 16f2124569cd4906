#include "ui/tui/chart/picture.h"
#include "core/base/hash.h"
#include "ui/tui/chart/heat.h"

#include <string.h>

// ---- where ------------------------------------------------------------------------------------------------------------------

int sl_picture_columns(int rows, int width, int height) {
    if (width < 1 || height < 1 || rows < 1) return 1;
    int64_t columns = ((int64_t)4 * rows * width + height) / (2 * (int64_t)height);
    return columns < 1 ? 1 : columns > 10000 ? 10000 : (int)columns;
}

sl_rect sl_picture_place(sl_rect area, int width, int height) {
    if (area.width < 1 || area.height < 1 || width < 1 || height < 1) return (sl_rect){area.x, area.y, 0, 0};
    int columns = sl_picture_columns(area.height, width, height), rows = area.height;
    if (columns > area.width) {
        columns = area.width;
        // The height that goes with it, to the nearest half of a cell.
        rows = (int)(((int64_t)columns * height + width / 2) / width + 1) / 2;
        if (rows < 1) rows = 1;
        if (rows > area.height) rows = area.height;
    }
    return (sl_rect){area.x + (area.width - columns) / 2, area.y, columns, rows};
}

// ---- pixels -----------------------------------------------------------------------------------------------------------------

// The part of the source that a pixel of the result stands for, in units of which one of the source's has `size`.
typedef struct span {
    int64_t from, to;
    int first, last, size;
} span;

static span span_of(int at, int size, int source) {
    span s = {(int64_t)at * source, (int64_t)(at + 1) * source, 0, 0, size};
    s.first = (int)(s.from / size);
    s.last = (int)((s.to - 1) / size);
    return s;
}

static int64_t share(const span *s, int at) {
    int64_t left = (int64_t)at * s->size, right = left + s->size;
    return (s->to < right ? s->to : right) - (s->from > left ? s->from : left);
}

static uint32_t mean(const sl_picture *picture, const span *x, const span *y) {
    int64_t sums[3] = {0}, whole = 0;
    for (int v = y->first; v <= y->last; v++)
        for (int u = x->first; u <= x->last; u++) {
            int64_t weight = share(y, v) * share(x, u);
            const uint8_t *rgb = picture->rgb + 3 * ((size_t)v * (size_t)picture->width + (size_t)u);
            whole += weight;
            for (int c = 0; c < 3; c++) sums[c] += weight * rgb[c];
        }
    uint32_t result = 0;
    for (int c = 0; c < 3; c++) result = result << 8 | (uint32_t)((sums[c] + whole / 2) / whole);
    return result;
}

// The pixel whose class most of the part has; of equal ones the first.
static size_t most_common(const sl_picture *picture, const span *x, const span *y) {
    int64_t weights[256], most = 0; // of classes that are `known`
    size_t places[256], best = 0;
    uint64_t known[4] = {0};
    for (int v = y->first; v <= y->last; v++)
        for (int u = x->first; u <= x->last; u++) {
            size_t at = (size_t)v * (size_t)picture->width + (size_t)u;
            int label = picture->labels[at];
            if (!(known[label / 64] >> label % 64 & 1)) {
                known[label / 64] |= (uint64_t)1 << label % 64;
                places[label] = at;
                weights[label] = 0;
            }
            weights[label] += share(y, v) * share(x, u);
        }
    for (int label = 0; label < 256; label++)
        if (known[label / 64] >> label % 64 & 1 && weights[label] > most) {
            most = weights[label];
            best = places[label];
        }
    return best;
}

uint32_t sl_picture_pixel(const sl_picture *picture, int width, int height, int x, int y) {
    span across = span_of(x, width, picture->width), down = span_of(y, height, picture->height);
    if (!picture->labels) return mean(picture, &across, &down);
    const uint8_t *rgb = picture->rgb + 3 * most_common(picture, &across, &down);
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

// ---- cells ------------------------------------------------------------------------------------------------------------------

static sl_color color_of(uint32_t rgb, sl_picture_style style) {
    if (style.heat) return sl_heat_color(style.theme.depth, (rgb & 255) / 255.0);
    return SL_COLOR_RGB(rgb >> 16, rgb >> 8 & 255, rgb & 255);
}

bool sl_picture_letters(const sl_frame *frame, sl_theme theme) {
    return !frame->utf8 || theme.depth < SL_DEPTH_256;
}

uint32_t sl_picture_letter(int label) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    return (unsigned char)letters[label >= 0 ? label % (int)(sizeof letters - 1) : 0];
}

// How bright, in ten steps: more ink for more light, or on a light background for less.
static uint32_t ramp(uint32_t rgb, bool light) {
    static const char inks[] = " .:-=+*#%@";
    unsigned brightness = (299 * (rgb >> 16) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255)) / 1000;
    unsigned step = brightness * 10 / 256;
    return (unsigned char)inks[light ? 9 - step : step];
}

static void draw_character(sl_frame *frame, sl_rect place, const sl_picture *picture, sl_picture_style style, int x, int y) {
    uint32_t rgb, character;
    if (picture->labels) {
        span across = span_of(x, place.width, picture->width), down = span_of(y, place.height, picture->height);
        size_t at = most_common(picture, &across, &down);
        int label = picture->labels[at];
        const uint8_t *pixel = picture->rgb + 3 * at;
        rgb = (uint32_t)pixel[0] << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
        character = label == style.void_label ? ' ' : sl_picture_letter(label);
    } else {
        rgb = sl_picture_pixel(picture, place.width, place.height, x, y);
        character = ramp(rgb, style.theme.light);
    }
    // A dark class is not to vanish on a dark background: its letter tells it.
    sl_color color = picture->labels || style.theme.depth < SL_DEPTH_256 ? SL_COLOR_DEFAULT : color_of(rgb, style);
    sl_frame_put(frame, place, place.x + x, place.y + y, (sl_style){color, SL_COLOR_DEFAULT, 0}, character);
}

void sl_picture_draw(sl_frame *frame, sl_rect place, const sl_picture *picture, sl_picture_style style) {
    if (!picture->rgb || place.width < 1 || place.height < 1) return;
    bool characters = sl_picture_letters(frame, style.theme);
    sl_rect seen = sl_rect_common(place, (sl_rect){0, 0, frame->width, frame->height});
    for (int y = seen.y - place.y; y < seen.y - place.y + seen.height; y++)
        for (int x = seen.x - place.x; x < seen.x - place.x + seen.width; x++) {
            if (characters) {
                draw_character(frame, place, picture, style, x, y);
                continue;
            }
            sl_color top = color_of(sl_picture_pixel(picture, place.width, 2 * place.height, x, 2 * y), style);
            sl_color bottom = color_of(sl_picture_pixel(picture, place.width, 2 * place.height, x, 2 * y + 1), style);
            // Of one colour a blank is enough, and can be compared and sent with less.
            uint32_t character = top == bottom ? ' ' : 0x2580;
            sl_frame_put(frame, place, place.x + x, place.y + y, (sl_style){character == ' ' ? SL_COLOR_DEFAULT : top, bottom, 0},
                         character);
        }
}

// ---- in pixels --------------------------------------------------------------------------------------------------------------

static uint32_t plain_pixel(const void *source, int width, int height, int x, int y) {
    return sl_picture_pixel(source, width, height, x, y);
}

static uint32_t heat_pixel(const void *source, int width, int height, int x, int y) {
    uint32_t grey = sl_picture_pixel(source, width, height, x, y) & 255;
    return sl_heat_color(SL_DEPTH_TRUE, grey / 255.0) & 0xFFFFFF;
}

void sl_picture_show(sl_frame *frame, sl_rect place, const sl_picture *picture, sl_picture_style style) {
    if (!picture->rgb) return;
    if (frame->pixels && style.theme.depth >= SL_DEPTH_256) {
        size_t count = 3 * (size_t)picture->width * (size_t)picture->height;
        uint64_t identity = SL_HASH_START;
        identity = sl_hash(identity, &picture->width, sizeof picture->width);
        identity = sl_hash(identity, &style.heat, sizeof style.heat);
        identity = sl_hash(identity, picture->rgb, count);
        sl_frame_picture shown = {place,   picture->width, picture->height, picture, style.heat ? heat_pixel : plain_pixel,
                                  identity};
        if (sl_frame_put_picture(frame, &shown)) return;
    }
    sl_picture_draw(frame, place, picture, style);
}
