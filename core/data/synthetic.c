// Scenes of textured shapes, drawn on demand. Scene n of a seed is the same bytes on every machine: draws are in statements of
// their own, as C leaves the order of a call's arguments open.
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/data/dataset_impl.h"
#include "core/data/synthetic_shape.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 28, MOST_SHAPES = 7, GRID = 5, MAX_SIDE = 8192 };

typedef struct synthetic_dataset {
    sl_dataset base;
    sl_synthetic_options options;
    char (*ids)[ID_SIZE];
} synthetic_dataset;

// What is drawn at one place; two colours that the texture mixes.
typedef struct shape {
    int class_index;
    int center_x, center_y;     // pixels x 2
    int reach;                  // pixels around the centre that it may cover
    int cosine, sine;           // x 2^14 to shape units, per half pixel
    int turn_cosine, turn_sine; // x 2^10, for the texture
    int period, phase;          // pixels x 16
    int first[3], second[3];    // BGR
} shape;

static int between(sl_random *random, int least, int most) {
    return least + (int)sl_random_below(random, (uint64_t)(most - least + 1));
}

// Hue, saturation and value in 0..1536, 0..255, 0..255; a hue outside goes round.
static void set_color(int hue, int saturation, int value, int bgr[3]) {
    hue = (hue % 1536 + 1536) % 1536;
    int part = hue & 255, low = value * (255 - saturation) / 255;
    int rising = value - value * saturation / 255 * (255 - part) / 255, falling = value - value * saturation / 255 * part / 255;
    const int rgb[6][3] = {{value, rising, low},  {falling, value, low}, {low, value, rising},
                           {low, falling, value}, {rising, low, value},  {value, low, falling}};
    for (int c = 0; c < 3; c++) bgr[2 - c] = rgb[hue >> 8][c];
}

// The hue hints at the class but its spread overlaps the neighbours': outline and texture must decide.
static shape draw_shape(sl_random *random, const sl_synthetic_options *options) {
    int side = options->width < options->height ? options->width : options->height;
    shape s = {.class_index = between(random, 1, options->classes - 1)};
    int radius = between(random, side * 16 / 100, side * 30 / 100);
    if (radius < 3) radius = 3;
    s.center_x = between(random, 0, 2 * options->width);
    s.center_y = between(random, 0, 2 * options->height);
    s.reach = radius * 3 / 2 + 1;
    double t = sl_random_uniform(random) * 2 - 1, scale = 1 / (1 + t * t); // a rational point of the half circle
    double cosine = (1 - t * t) * scale, sine = 2 * t * scale;
    s.turn_cosine = (int)lrint(cosine * 1024);
    s.turn_sine = (int)lrint(sine * 1024);
    s.cosine = (int)lrint(cosine * (SL_SHAPE_UNIT * 8192.0) / radius);
    s.sine = (int)lrint(sine * (SL_SHAPE_UNIT * 8192.0) / radius);
    s.period = between(random, 16 * 3, 16 * 5);
    if (side > 128) s.period = s.period * side / 128;
    s.phase = between(random, 0, s.period - 1);
    int hue = s.class_index * 580 + between(random, -120, 120), saturation = between(random, 110, 225);
    int value = between(random, 110, 240), turn = between(random, -90, 90), duller = between(random, 40, 100);
    int darker = between(random, 45, 75);
    set_color(hue, saturation, value, s.first);
    set_color(hue + turn, saturation * duller / 100, value * darker / 100, s.second);
    return s;
}

// Places where the shape lies get its number in `owner` and its colours in `pixels`.
static void paint_shape(const shape *s, int number, int width, int height, uint8_t *owner, uint8_t *pixels) {
    int left = s->center_x / 2 - s->reach, right = s->center_x / 2 + s->reach;
    int top = s->center_y / 2 - s->reach, bottom = s->center_y / 2 + s->reach;
    if (left < 0) left = 0;
    if (top < 0) top = 0;
    if (right >= width) right = width - 1;
    if (bottom >= height) bottom = height - 1;
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            int64_t dx = 2 * x + 1 - s->center_x, dy = 2 * y + 1 - s->center_y;
            int u = (int)((dx * s->cosine + dy * s->sine) >> 14), v = (int)((dy * s->cosine - dx * s->sine) >> 14);
            if (!sl_shape_covers(s->class_index, u, v)) continue;
            int p = (int)((dx * s->turn_cosine + dy * s->turn_sine) >> 7) + s->phase;
            int q = (int)((dy * s->turn_cosine - dx * s->turn_sine) >> 7) + s->phase;
            int mix = sl_shape_texture(s->class_index, p, q, s->period);
            size_t at = (size_t)y * (size_t)width + (size_t)x;
            owner[at] = (uint8_t)number;
            for (int c = 0; c < 3; c++)
                pixels[at * 3 + (size_t)c] = (uint8_t)(s->first[c] + (s->second[c] - s->first[c]) * mix / 256);
        }
}

// Smooth patches of two colours with a faint weave.
static void paint_background(sl_random *random, int width, int height, uint8_t *pixels) {
    int first[3], second[3], grid[GRID][GRID];
    for (int i = 0; i < 2; i++) {
        int hue = between(random, 0, 1535), saturation = between(random, 10, 90), value = between(random, 60, 210);
        set_color(hue, saturation, value, i ? second : first);
    }
    for (int i = 0; i < GRID * GRID; i++) grid[i / GRID][i % GRID] = between(random, 0, 256);
    int slope_x = between(random, -24, 24), slope_y = between(random, -24, 24), strength = between(random, 0, 22);
    for (int y = 0; y < height; y++) {
        int gy = y * (GRID - 1) * 256 / height, row = gy >> 8, fy = gy & 255;
        for (int x = 0; x < width; x++) {
            int gx = x * (GRID - 1) * 256 / width, column = gx >> 8, fx = gx & 255;
            int upper = grid[row][column] * (256 - fx) + grid[row][column + 1] * fx;
            int lower = grid[row + 1][column] * (256 - fx) + grid[row + 1][column + 1] * fx;
            int mix = (upper * (256 - fy) + lower * fy) >> 16,
                weave = ((x * slope_x + y * slope_y) >> 4 & 7) * strength / 7 - strength / 2;
            for (int c = 0; c < 3; c++) {
                int value = first[c] + (second[c] - first[c]) * mix / 256 + weave;
                *pixels++ = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
    }
}

// Light that changes over the scene, and noise of about `strength` grey levels, four bytes of Philox for each channel.
static void add_light_and_noise(sl_random *random, int width, int height, uint8_t *pixels) {
    int level = between(random, 200, 290), tilt_x = between(random, -70, 70), tilt_y = between(random, -70, 70);
    int strength = between(random, 6, 16);
    const uint32_t key[2] = {(uint32_t)random->seed, (uint32_t)(random->seed >> 32)};
    uint32_t counter[4] = {0x80000000u, random->stream, (uint32_t)random->sample, (uint32_t)(random->sample >> 32)}, word[4];
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            sl_philox(counter, key, word);
            counter[0]++;
            int light = level + tilt_x * (2 * x - width) / width + tilt_y * (2 * y - height) / height;
            for (int c = 0; c < 3; c++, pixels++) {
                int sum = (int)(word[c] & 255) + (int)(word[c] >> 8 & 255) + (int)(word[c] >> 16 & 255) + (int)(word[c] >> 24);
                int value = *pixels * light / 256 + (sum - 510) * strength / 148; // the sum's standard deviation is 148
                *pixels = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
}

// A pixel next to another owner's is void, so that a border of two pixels, one on either side, carries no label.
static void write_labels(const uint8_t *owner, const shape *shapes, int width, int height, uint8_t *labels) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, owner++) {
            int own = *owner;
            bool border = (x > 0 && owner[-1] != own) || (x + 1 < width && owner[1] != own) || (y > 0 && owner[-width] != own) ||
                          (y + 1 < height && owner[width] != own);
            *labels++ = border ? SL_IGNORE_LABEL : own ? (uint8_t)shapes[own - 1].class_index : 0;
        }
}

static sl_status synthetic_read(const sl_dataset *dataset, size_t index, sl_image *image, sl_image *label) {
    const sl_synthetic_options *o = &((const synthetic_dataset *)dataset)->options;
    size_t count = (size_t)o->width * (size_t)o->height;
    uint8_t *pixels = sl_malloc(count * 3), *labels = label ? sl_malloc(count) : NULL, *owner = sl_calloc(count, 1);
    if (!pixels || !owner || (label && !labels)) {
        sl_free(pixels);
        sl_free(labels);
        sl_free(owner);
        return sl_error(SL_ERR_MEMORY, "out of memory for a scene of %dx%d", o->width, o->height);
    }
    sl_random random = sl_random_at(o->seed, SL_STREAM_SCENE, o->first + index);
    shape shapes[MOST_SHAPES];
    int shape_count = between(&random, 3, MOST_SHAPES);
    paint_background(&random, o->width, o->height, pixels);
    for (int i = 0; i < shape_count; i++) {
        shapes[i] = draw_shape(&random, o);
        paint_shape(&shapes[i], i + 1, o->width, o->height, owner, pixels);
    }
    add_light_and_noise(&random, o->width, o->height, pixels);
    if (label) write_labels(owner, shapes, o->width, o->height, labels);
    sl_free(owner);
    *image = (sl_image){o->width, o->height, 3, pixels};
    if (label) *label = (sl_image){o->width, o->height, 1, labels};
    return SL_OK;
}

static sl_status synthetic_size(const sl_dataset *dataset, size_t index, int *width, int *height) {
    const synthetic_dataset *synthetic = (const synthetic_dataset *)dataset;
    *width = synthetic->options.width;
    *height = synthetic->options.height;
    return SL_OK;
}

static const char *synthetic_id(const sl_dataset *dataset, size_t index) {
    return ((const synthetic_dataset *)dataset)->ids[index];
}

static void write_id(char id[ID_SIZE], uint64_t number) {
    snprintf(id, ID_SIZE, "scene_%06" PRIu64, number);
}

static long synthetic_find(const sl_dataset *dataset, const char *id) {
    const synthetic_dataset *synthetic = (const synthetic_dataset *)dataset;
    unsigned long long number;
    if (sscanf(id, "scene_%llu", &number) != 1 || number < synthetic->options.first) return -1;
    uint64_t index = number - synthetic->options.first;
    return index < dataset->count && strcmp(synthetic->ids[index], id) == 0 ? (long)index : -1;
}

static void synthetic_free(sl_dataset *dataset) {
    synthetic_dataset *synthetic = (synthetic_dataset *)dataset;
    sl_free(synthetic->ids);
    sl_free(synthetic);
}

static const sl_dataset_kind synthetic_kind = {
    .read = synthetic_read, .size = synthetic_size, .id = synthetic_id, .find = synthetic_find, .free = synthetic_free};

static sl_status check_options(const sl_synthetic_options *o) {
    if (o->width < 8 || o->height < 8 || o->width > MAX_SIDE || o->height > MAX_SIDE)
        return sl_error(SL_ERR_ARGUMENT, "synthetic scenes of %dx%d; a side has 8 to %d pixels", o->width, o->height, MAX_SIDE);
    if (o->classes < 2 || o->classes > SL_SHAPE_CLASSES)
        return sl_error(SL_ERR_ARGUMENT, "synthetic scenes of %d classes; 2 to %d are possible", o->classes, SL_SHAPE_CLASSES);
    if (o->count < 1) return sl_error(SL_ERR_ARGUMENT, "%d synthetic scenes; at least 1 is needed", o->count);
    if (o->first > UINT64_MAX - (uint64_t)o->count)
        return sl_error(SL_ERR_ARGUMENT, "synthetic scenes from number %" PRIu64 " on do not fit a 64-bit number", o->first);
    return SL_OK;
}

sl_status sl_dataset_open_synthetic(const sl_synthetic_options *options, sl_dataset **out) {
    *out = NULL;
    SL_TRY(check_options(options));
    synthetic_dataset *synthetic = sl_calloc(1, sizeof *synthetic);
    if (!synthetic) return sl_error(SL_ERR_MEMORY, "out of memory for a dataset");
    atomic_init(&synthetic->base.references, 1);
    synthetic->base.kind = &synthetic_kind;
    synthetic->base.count = (size_t)options->count;
    synthetic->options = *options;
    synthetic->ids = sl_malloc(synthetic->base.count * sizeof *synthetic->ids);
    sl_status status = SL_OK;
    if (!synthetic->ids) status = sl_error(SL_ERR_MEMORY, "out of memory for %d synthetic scenes", options->count);
    for (size_t i = 0; status == SL_OK && i < synthetic->base.count; i++) write_id(synthetic->ids[i], options->first + i);
    if (status == SL_OK) status = sl_classes_from_names(sl_shape_names, options->classes, &synthetic->base.classes);
    if (status == SL_OK) status = sl_dataset_init(&synthetic->base);
    if (status == SL_OK)
        *out = &synthetic->base;
    else
        sl_dataset_free(&synthetic->base);
    return status;
}
