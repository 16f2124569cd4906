// Few colours for a picture, by halving the group of colours that is spread widest (median cut).
#include "core/base/memory.h"
#include "ui/tui/terminal/sixel.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct tone {
    uint32_t rgb;
    uint32_t count; // pixels
    int group;
} tone;

typedef struct group {
    size_t first, count; // of tones
    int channel;         // shift of the one that is spread widest
    uint64_t weight;     // how far, and by how many pixels
} group;

typedef struct reduction {
    tone *tones;
    size_t tone_count;
    uint32_t *slots; // hash table: place of a tone + 1
    size_t mask;
    group groups[256];
    int group_count;
} reduction;

static size_t slot_of(const reduction *r, uint32_t rgb) {
    size_t slot = (rgb * 2654435761u >> 7) & r->mask;
    while (r->slots[slot] && r->tones[r->slots[slot] - 1].rgb != rgb) slot = (slot + 1) & r->mask;
    return slot;
}

static sl_status count_tones(reduction *r, const uint32_t *pixels, size_t count) {
    size_t size = 1024;
    while (size < 2 * count) size *= 2;
    r->mask = size - 1;
    r->slots = sl_calloc(size, sizeof *r->slots);
    r->tones = sl_malloc((count ? count : 1) * sizeof *r->tones);
    if (!r->slots || !r->tones) return sl_error(SL_ERR_MEMORY, "out of memory for a picture's colours");
    for (size_t i = 0; i < count; i++) {
        size_t slot = slot_of(r, pixels[i]);
        if (!r->slots[slot]) {
            r->tones[r->tone_count] = (tone){.rgb = pixels[i]};
            r->slots[slot] = (uint32_t)++r->tone_count;
        }
        r->tones[r->slots[slot] - 1].count++;
    }
    return SL_OK;
}

// Greens and reds are told apart better than blues.
static void measure(const reduction *r, group *g) {
    static const int shifts[] = {16, 8, 0}, weights[] = {3, 4, 2};
    uint64_t pixels = 0;
    int widest = -1;
    for (size_t i = 0; i < g->count; i++) pixels += r->tones[g->first + i].count;
    for (int c = 0; c < 3; c++) {
        int low = 255, high = 0;
        for (size_t i = 0; i < g->count; i++) {
            int value = (int)(r->tones[g->first + i].rgb >> shifts[c] & 255);
            if (value < low) low = value;
            if (value > high) high = value;
        }
        if ((high - low) * weights[c] <= widest) continue;
        widest = (high - low) * weights[c];
        g->channel = shifts[c];
    }
    g->weight = g->count > 1 ? (uint64_t)widest * (uint64_t)widest * pixels : 0;
}

static int compare(const tone *a, const tone *b, int channel) {
    int difference = (int)(a->rgb >> channel & 255) - (int)(b->rgb >> channel & 255);
    return difference ? difference : (a->rgb > b->rgb) - (a->rgb < b->rgb);
}
static int by_red(const void *a, const void *b) {
    return compare(a, b, 16);
}
static int by_green(const void *a, const void *b) {
    return compare(a, b, 8);
}
static int by_blue(const void *a, const void *b) {
    return compare(a, b, 0);
}

// Halves the pixels of the group that most needs it. False: none does.
static bool halve(reduction *r) {
    group *widest = &r->groups[0];
    for (int i = 1; i < r->group_count; i++)
        if (r->groups[i].weight > widest->weight) widest = &r->groups[i];
    if (widest->weight == 0) return false;
    tone *tones = r->tones + widest->first;
    uint64_t pixels = 0, before = 0;
    qsort(tones, widest->count, sizeof *tones, widest->channel == 16 ? by_red : widest->channel == 8 ? by_green : by_blue);
    for (size_t i = 0; i < widest->count; i++) pixels += tones[i].count;
    size_t half = 0;
    while (half + 1 < widest->count && 2 * (before + tones[half].count) <= pixels) before += tones[half++].count;
    if (half == 0) half = 1;
    group *other = &r->groups[r->group_count++];
    *other = (group){.first = widest->first + half, .count = widest->count - half};
    widest->count = half;
    measure(r, widest);
    measure(r, other);
    return true;
}

static uint32_t mean_of(const reduction *r, const group *g) {
    uint64_t sums[3] = {0}, pixels = 0;
    for (size_t i = 0; i < g->count; i++) {
        const tone *t = &r->tones[g->first + i];
        pixels += t->count;
        for (int c = 0; c < 3; c++) sums[c] += (uint64_t)(t->rgb >> 8 * c & 255) * t->count;
    }
    uint32_t rgb = 0;
    for (int c = 2; c >= 0; c--) rgb = rgb << 8 | (uint32_t)((sums[c] + pixels / 2) / pixels);
    return rgb;
}

static void assign(reduction *r, uint32_t *colors) {
    for (int i = 0; i < r->group_count; i++) {
        colors[i] = mean_of(r, &r->groups[i]);
        for (size_t k = 0; k < r->groups[i].count; k++) r->tones[r->groups[i].first + k].group = i;
    }
    // Sorting has moved them.
    memset(r->slots, 0, (r->mask + 1) * sizeof *r->slots);
    for (size_t i = 0; i < r->tone_count; i++) r->slots[slot_of(r, r->tones[i].rgb)] = (uint32_t)i + 1;
}

sl_status sl_colors_reduce(const uint32_t *pixels, size_t pixel_count, int most, uint32_t colors[256], int *count,
                           uint8_t *indices) {
    reduction r = {0};
    sl_status status = count_tones(&r, pixels, pixel_count);
    *count = 0;
    if (status == SL_OK && pixel_count > 0) {
        r.groups[0] = (group){.count = r.tone_count};
        r.group_count = 1;
        measure(&r, &r.groups[0]);
        while (r.group_count < most && r.group_count < 256 && halve(&r)) {
        }
        assign(&r, colors);
        for (size_t i = 0; i < pixel_count; i++) indices[i] = (uint8_t)r.tones[r.slots[slot_of(&r, pixels[i])] - 1].group;
        *count = r.group_count;
    }
    sl_free(r.slots);
    sl_free(r.tones);
    return status;
}
