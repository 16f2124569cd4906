#include "ui/tui/chart/line_colors.h"
#include "ui/tui/frame/frame.h"

#include <string.h>

static struct sl_line_color *find(sl_line_colors *colors, uint64_t key) {
    for (size_t i = 0; i < colors->count; i++)
        if (colors->known[i].key == key) return &colors->known[i];
    return NULL;
}

// Makes room for so many by forgetting the oldest that are not shown.
static void make_room(sl_line_colors *colors, size_t wanted) {
    size_t excess = colors->count + wanted > SL_LINES_KNOWN ? colors->count + wanted - SL_LINES_KNOWN : 0, kept = 0;
    for (size_t i = 0; i < colors->count; i++) {
        if (excess > 0 && !colors->known[i].shown)
            excess--;
        else
            colors->known[kept++] = colors->known[i];
    }
    colors->count = kept;
}

// The first colour that is free, of those that nobody had before if one of the first eight is.
static int first_free(const sl_line_colors *colors, const bool *taken) {
    bool had[SL_LINES_MOST] = {false};
    for (size_t i = 0; i < colors->count; i++)
        if (colors->known[i].color < SL_LINES_MOST) had[colors->known[i].color] = true;
    for (int i = 0; i < SL_COLOR_SERIES_COUNT; i++)
        if (!taken[i] && !had[i]) return i;
    int i = 0;
    while (i + 1 < SL_LINES_MOST && taken[i]) i++;
    return i;
}

void sl_line_colors_give(sl_line_colors *colors, const uint64_t *keys, size_t count, int *out) {
    bool taken[SL_LINES_MOST] = {false};
    if (count > SL_LINES_MOST) count = SL_LINES_MOST;
    for (size_t i = 0; i < count; i++) out[i] = -1;
    // Those that were shown and still are, then those that come back, then new ones.
    for (int back = 0; back < 2; back++)
        for (size_t i = 0; i < count; i++) {
            const struct sl_line_color *known = find(colors, keys[i]);
            if (!known || out[i] >= 0 || (!back && !known->shown) || taken[known->color]) continue;
            // More colours are gone round than needed: a line comes back to a smaller place.
            if (back && known->color >= SL_COLOR_SERIES_COUNT && count <= SL_COLOR_SERIES_COUNT) continue;
            out[i] = known->color;
            taken[known->color] = true;
        }
    for (size_t i = 0; i < colors->count; i++) colors->known[i].shown = false;
    size_t fresh = 0;
    for (size_t i = 0; i < count; i++) {
        struct sl_line_color *known = find(colors, keys[i]);
        if (known)
            known->shown = true;
        else
            fresh++;
    }
    make_room(colors, fresh);
    for (size_t i = 0; i < count; i++) {
        struct sl_line_color *known = find(colors, keys[i]);
        if (out[i] < 0) {
            out[i] = first_free(colors, taken);
            taken[out[i]] = true;
        }
        if (!known) {
            known = &colors->known[colors->count++];
            known->key = keys[i];
        }
        known->color = (short)out[i];
        known->shown = true;
    }
}
