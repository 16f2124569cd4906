#include "ui/tui/frame/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Of each role: RGB on dark, RGB on light, and the nearest of the eight colours of old on dark and on light (-1: the default).
static const struct role {
    uint32_t dark, light;
    int old_dark, old_light;
    bool bold; // where there are no colours
} roles[SL_COLOR_ROLES] = {
    [SL_COLOR_DEFAULT] = {0xD3D7DE, 0x24292F, -1, -1, false},  [SL_COLOR_DIM] = {0x7D8590, 0x6E7781, -1, -1, false},
    [SL_COLOR_TITLE] = {0xF0F3F6, 0x0A0C10, -1, -1, true},     [SL_COLOR_ACCENT] = {0x6CB6FF, 0x0550AE, 6, 4, true},
    [SL_COLOR_GOOD] = {0x6BC46D, 0x116329, 2, 2, false},       [SL_COLOR_WARN] = {0xE0A336, 0x8A4600, 3, 3, true},
    [SL_COLOR_BAD] = {0xF47067, 0xB31D28, 1, 1, true},         [SL_COLOR_RUN] = {0x39C5CF, 0x0A6A75, 6, 6, false},
    [SL_COLOR_SERIES + 0] = {0x56B4E9, 0x0072B2, 6, 4, false}, [SL_COLOR_SERIES + 1] = {0xE69F00, 0xB35900, 3, 3, false},
    [SL_COLOR_SERIES + 2] = {0x2FBF8F, 0x00734F, 2, 2, false}, [SL_COLOR_SERIES + 3] = {0xDD86B5, 0x9C3D75, 5, 5, false},
    [SL_COLOR_SERIES + 4] = {0xF0E442, 0x7A6C00, 3, 3, false}, [SL_COLOR_SERIES + 5] = {0xE5734A, 0xA83200, 1, 1, false},
    [SL_COLOR_SERIES + 6] = {0xB39DDB, 0x5E35B1, 4, 4, false}, [SL_COLOR_SERIES + 7] = {0xA8ADB5, 0x57606A, -1, -1, false},
};
static const uint32_t dark_background = 0x0F1318, light_background = 0xFFFFFF;

static bool is_rgb(sl_color color) {
    return color & 0x1000000u;
}
static const struct role *role_of(sl_color color) {
    return &roles[color < SL_COLOR_ROLES ? color : SL_COLOR_DEFAULT];
}

uint32_t sl_theme_rgb(sl_theme theme, sl_color color, bool background) {
    if (is_rgb(color)) return color & 0xFFFFFF;
    if (background && role_of(color) == &roles[SL_COLOR_DEFAULT]) return theme.light ? light_background : dark_background;
    return theme.light ? role_of(color)->light : role_of(color)->dark;
}

sl_theme sl_theme_detect(int colors, bool direct) {
    const char *none = getenv("NO_COLOR"), *term = getenv("COLORTERM"), *ground = getenv("COLORFGBG");
    sl_theme theme = {SL_DEPTH_NONE, false};
    bool all = direct || (term && (!strcasecmp(term, "truecolor") || !strcasecmp(term, "24bit")));
    // A terminal of eight colours that is said to have all of them (the variable came along from elsewhere) has eight.
    if (!none || !*none)
        theme.depth = colors < 8                        ? SL_DEPTH_NONE
                      : all && (colors > 255 || direct) ? SL_DEPTH_TRUE
                      : colors > 255                    ? SL_DEPTH_256
                                                        : SL_DEPTH_8;
    // "15;0" or "0;default;15": the last is the background, of which 7 and 9 to 15 are light.
    const char *last = ground ? strrchr(ground, ';') : NULL;
    if (last && last[1] >= '0' && last[1] <= '9') {
        int number = atoi(last + 1);
        theme.light = number == 7 || number > 8;
    }
    return theme;
}

// ---- escape sequences -------------------------------------------------------------------------------------------------------

static int distance(uint32_t a, uint32_t b) {
    int red = (int)(a >> 16 & 255) - (int)(b >> 16 & 255), green = (int)(a >> 8 & 255) - (int)(b >> 8 & 255);
    int blue = (int)(a & 255) - (int)(b & 255);
    return 3 * red * red + 4 * green * green + 2 * blue * blue;
}

// The nearest of the cube and the greys of 256 colours.
static int nearest_256(uint32_t rgb) {
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    uint32_t cube = 0;
    int number = 16, grey = ((int)(rgb >> 16 & 255) + (int)(rgb >> 8 & 255) + (int)(rgb & 255)) / 3;
    for (int shift = 16; shift >= 0; shift -= 8) {
        int value = rgb >> shift & 255, best = 0;
        for (int i = 1; i < 6; i++)
            if (abs(levels[i] - value) < abs(levels[best] - value)) best = i;
        cube |= (uint32_t)levels[best] << shift;
        number += best * (shift == 16 ? 36 : shift == 8 ? 6 : 1);
    }
    int step = grey < 8 ? 0 : (grey - 3) / 10 > 23 ? 23 : (grey - 3) / 10;
    uint32_t level = (uint32_t)(8 + 10 * step);
    return distance(level * 0x10101, rgb) < distance(cube, rgb) ? 232 + step : number;
}

static int nearest_8(uint32_t rgb) {
    static const uint32_t old[] = {0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5};
    int best = 0;
    for (int i = 1; i < 8; i++)
        if (distance(old[i], rgb) < distance(old[best], rgb)) best = i;
    return best;
}

// Appends ";38;5;203" or what the theme has instead, nothing for the default.
static size_t append_color(sl_theme theme, sl_color color, bool background, char *out, size_t room) {
    int base = background ? 40 : 30, written = 0;
    bool plain = !is_rgb(color) && role_of(color) == &roles[SL_COLOR_DEFAULT];
    if (plain || theme.depth == SL_DEPTH_NONE) return 0;
    uint32_t rgb = sl_theme_rgb(theme, color, background);
    if (theme.depth == SL_DEPTH_TRUE)
        written = snprintf(out, room, ";%d;2;%u;%u;%u", base + 8, rgb >> 16, rgb >> 8 & 255, rgb & 255);
    else if (theme.depth == SL_DEPTH_256)
        written = snprintf(out, room, ";%d;5;%d", base + 8, nearest_256(rgb));
    else {
        int number = is_rgb(color) ? nearest_8(rgb) : theme.light ? role_of(color)->old_light : role_of(color)->old_dark;
        if (number >= 0) written = snprintf(out, room, ";%d", base + number);
    }
    return (size_t)written;
}

size_t sl_theme_sgr(sl_theme theme, sl_style style, char out[SL_SGR_MOST]) {
    unsigned attributes = style.attributes;
    if (theme.depth == SL_DEPTH_NONE) {
        if (!is_rgb(style.foreground) && role_of(style.foreground)->bold) attributes |= SL_ATTR_BOLD;
        if (!is_rgb(style.background) && style.background != SL_COLOR_DEFAULT) attributes |= SL_ATTR_REVERSE;
    }
    size_t length = (size_t)snprintf(out, SL_SGR_MOST, "\033[0%s%s%s", attributes & SL_ATTR_BOLD ? ";1" : "",
                                     attributes & SL_ATTR_UNDERLINE ? ";4" : "", attributes & SL_ATTR_REVERSE ? ";7" : "");
    length += append_color(theme, style.foreground, false, out + length, SL_SGR_MOST - length);
    length += append_color(theme, style.background, true, out + length, SL_SGR_MOST - length);
    out[length++] = 'm';
    out[length] = 0;
    return length;
}
