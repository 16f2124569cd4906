// Pictures of samples: what there is of a run, and the pictures of one image at one evaluation, decoded.
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "ui/picture_file.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES_MOST = 256, STEPS_MOST = 4096 };

// What snapshots show, its memory, and by how many it is held.
typedef struct held_samples {
    sl_samples shown; // first: the address of one is that of the other
    sl_arena arena;
    atomic_int users;
} held_samples;

const sl_samples *sl_samples_share(sl_samples *samples) {
    if (samples) atomic_fetch_add(&((held_samples *)samples)->users, 1);
    return samples;
}

void sl_samples_release(const sl_samples *samples) {
    held_samples *held = (held_samples *)samples;
    if (!held || atomic_fetch_sub(&held->users, 1) > 1) return;
    sl_arena_free(&held->arena);
    sl_free(held);
}

static sl_status no_memory(void) {
    return sl_error(SL_ERR_MEMORY, "out of memory");
}

// ---- what there is -----------------------------------------------------------------------------------------------------------

typedef struct listing {
    sl_arena *arena;
    const sl_request *request;
    const char **splits, **images;
    int64_t *steps;
    size_t image_count, step_count, image;
    uint64_t signature; // of all that was read
} listing;

static void sign(listing *l, const void *bytes, size_t count) {
    l->signature = sl_hash(l->signature, bytes, count);
}

static void sign_text(listing *l, const char *text) {
    sign(l, text, strlen(text) + 1);
}

static void sign_number(listing *l, const sl_db_cursor *row, int column) {
    int64_t number = sl_row_integer(row, column, 0);
    sign(l, &number, sizeof number);
}

static const char *copy_column(sl_arena *arena, const sl_db_cursor *row, int column, int *failed) {
    sl_db_value value = sl_db_cursor_value(row, column);
    return sl_arena_text(arena, value.type == SL_DB_TEXT ? value.text : "", failed);
}

static sl_status take_image(void *user, const sl_db_cursor *row) {
    listing *l = user;
    int failed = 0;
    const char *split = copy_column(l->arena, row, 0, &failed), *image = copy_column(l->arena, row, 1, &failed);
    if (failed || l->image_count == IMAGES_MOST) return failed ? no_memory() : SL_OK;
    const sl_request *request = l->request;
    bool wanted = (!request->sample_split || strcmp(split, request->sample_split) == 0) &&
                  (!request->sample_image || strcmp(image, request->sample_image) == 0);
    if (wanted && l->image == IMAGES_MOST) l->image = l->image_count;
    l->splits[l->image_count] = split;
    l->images[l->image_count++] = image;
    sign_text(l, split);
    sign_text(l, image);
    sign_number(l, row, 2);
    return SL_OK;
}

static sl_status take_step(void *user, const sl_db_cursor *row) {
    listing *l = user;
    if (l->step_count < STEPS_MOST) l->steps[l->step_count++] = sl_row_integer(row, 0, 0);
    sign_number(l, row, 0);
    sign_number(l, row, 1);
    return SL_OK;
}

static sl_status list(sl_collection *c, sl_known_detail *d, listing *l) {
    l->splits = sl_arena_alloc(l->arena, IMAGES_MOST, sizeof *l->splits);
    l->images = sl_arena_alloc(l->arena, IMAGES_MOST, sizeof *l->images);
    l->steps = sl_arena_alloc(l->arena, STEPS_MOST, sizeof *l->steps);
    if (!l->splits || !l->images || !l->steps) return no_memory();
    sl_db_value parameters[] = {sl_db_integer(d->run), sl_db_null(), sl_db_null()};
    SL_TRY(
        sl_each_row(c->db,
                    "SELECT split, image, count(*) FROM sample WHERE run = ?1 AND length(image) < 1000 AND length(split) < 1000"
                    " GROUP BY split, image ORDER BY split <> 'val', split, image LIMIT 256",
                    parameters, 1, take_image, l));
    if (l->image == IMAGES_MOST) {
        l->image = l->image_count;
        return SL_OK;
    }
    parameters[1] = sl_db_text(l->splits[l->image]);
    parameters[2] = sl_db_text(l->images[l->image]);
    return sl_each_row(c->db,
                       "SELECT step, count(*) FROM sample WHERE run = ?1 AND split = ?2 AND image = ?3"
                       " AND kind IN ('prediction', 'confidence', 'kept') GROUP BY step ORDER BY step LIMIT 4096",
                       parameters, 3, take_step, l);
}

// The place of the step that is asked for.
static size_t choose_step(const listing *l) {
    size_t at = l->step_count;
    if (!l->request->sample_past || at == 0) return at ? at - 1 : 0;
    while (at > 1 && l->steps[at - 1] > l->request->sample_step) at--;
    return at - 1;
}

// ---- pictures ----------------------------------------------------------------------------------------------------------------

typedef struct decoding {
    held_samples *held;
    sl_picture *picture;
    int colors[SL_SAMPLE_KINDS];
    uint8_t palette[768]; // of the label map that has most colours
    int palette_colors;
    sl_sample_kind kind;
} decoding;

static sl_status take_file(decoding *g, const sl_picture_file *file) {
    size_t count = (size_t)file->width * (size_t)file->height;
    uint8_t *rgb = sl_arena_alloc(&g->held->arena, 3 * count, 1), *labels = NULL;
    if (file->labels && !(labels = sl_arena_alloc(&g->held->arena, count, 1))) return no_memory();
    if (!rgb) return no_memory();
    memcpy(rgb, file->rgb, 3 * count);
    if (labels) memcpy(labels, file->labels, count);
    *g->picture = (sl_picture){.width = file->width, .height = file->height, .rgb = rgb, .labels = labels};
    g->colors[g->kind] = file->colors;
    if (g->kind != SL_SAMPLE_KEPT && file->colors > g->palette_colors) {
        memcpy(g->palette, file->palette, sizeof g->palette);
        g->palette_colors = file->colors;
    }
    return SL_OK;
}

static sl_status take_picture(void *user, const sl_db_cursor *row) {
    decoding *g = user;
    sl_db_value png = sl_db_cursor_value(row, 0);
    double time = sl_row_number(row, 1);
    if (g->kind != SL_SAMPLE_IMAGE && g->kind != SL_SAMPLE_TRUTH && !(time <= g->held->shown.time)) g->held->shown.time = time;
    sl_picture_file file;
    sl_status status = png.type != SL_DB_BLOB ? sl_error(SL_ERR_FORMAT, "it is no picture, or one of too many bytes")
                                              : sl_picture_file_read(png.text, png.bytes, &file);
    if (status == SL_ERR_MEMORY) return status;
    if (status != SL_OK) {
        int failed = 0;
        g->picture->problem = sl_arena_text(&g->held->arena, sl_error_message(), &failed);
        return failed ? no_memory() : SL_OK;
    }
    status = take_file(g, &file);
    sl_picture_file_clear(&file);
    return status;
}

static sl_status read_pictures(sl_collection *c, sl_known_detail *d, held_samples *held, decoding *g) {
    static const char *const kinds[SL_SAMPLE_KINDS] = {"image", "truth", "prediction", "confidence", "kept"};
    const sl_samples *shown = &held->shown;
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
        bool fixed = kind == SL_SAMPLE_IMAGE || kind == SL_SAMPLE_TRUTH;
        if (!fixed && shown->at >= shown->step_count) continue;
        sl_db_value parameters[] = {sl_db_integer(d->run), sl_db_text(shown->splits[shown->image]),
                                    sl_db_text(shown->images[shown->image]), sl_db_text(kinds[kind]),
                                    fixed ? sl_db_null() : sl_db_integer(shown->steps[shown->at])};
        g->kind = (sl_sample_kind)kind;
        g->picture = &held->shown.pictures[kind];
        SL_TRY(sl_each_row(c->db,
                           "SELECT CASE WHEN length(png) <= 4194304 THEN png END, time FROM sample WHERE run = ?1 AND split = ?2"
                           " AND image = ?3 AND kind = ?4 AND step = coalesce(?5, step) ORDER BY step DESC LIMIT 1",
                           parameters, 5, take_picture, g));
    }
    return SL_OK;
}

// ---- what follows from them --------------------------------------------------------------------------------------------------

static bool same_size(const sl_picture *a, const sl_picture *b) {
    return a->width == b->width && a->height == b->height;
}

// The mask of what is kept becomes the prediction where it is kept.
static void show_kept(sl_samples *shown) {
    sl_picture *kept = &shown->pictures[SL_SAMPLE_KEPT];
    const sl_picture *prediction = &shown->pictures[SL_SAMPLE_PREDICTION];
    size_t count = (size_t)kept->width * (size_t)kept->height, white = 0;
    if (!kept->labels) return;
    bool whole = prediction->labels && same_size(kept, prediction);
    uint8_t *rgb = (uint8_t *)kept->rgb, *labels = (uint8_t *)kept->labels;
    for (size_t i = 0; i < count; i++) {
        bool is = labels[i] != 0;
        white += is;
        if (!is)
            memset(rgb + 3 * i, 24, 3);
        else if (whole)
            memcpy(rgb + 3 * i, prediction->rgb + 3 * i, 3);
        if (whole) labels[i] = is ? prediction->labels[i] : (uint8_t)shown->void_label;
    }
    if (!whole) kept->labels = NULL;
    shown->kept = count ? (double)white / (double)count : NAN;
}

static int by_pixels(const void *a, const void *b) {
    const sl_sample_class *one = a, *other = b;
    int left = one->truth + one->predicted, right = other->truth + other->predicted;
    return left != right ? (left < right) - (left > right) : (one->index > other->index) - (one->index < other->index);
}

static void count_pixels(const sl_samples *shown, sl_sample_class *classes) {
    const sl_picture *truth = &shown->pictures[SL_SAMPLE_TRUTH], *prediction = &shown->pictures[SL_SAMPLE_PREDICTION];
    const sl_picture *first = prediction->labels ? prediction : truth;
    bool both = truth->labels && prediction->labels && same_size(truth, prediction);
    size_t count = (size_t)first->width * (size_t)first->height;
    for (size_t i = 0; i < count; i++) {
        int is = truth->labels && (both || first == truth) ? truth->labels[i] : -1;
        if (is == shown->void_label) continue;
        if (is >= 0) classes[is].truth++;
        if (prediction->labels) classes[prediction->labels[i]].predicted++;
        if (both && is == prediction->labels[i]) classes[is].hit++;
    }
}

static void sum_up(sl_samples *shown, const sl_sample_class *classes, size_t count) {
    int known = 0, present = 0, hits = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        int together = classes[i].truth + classes[i].predicted - classes[i].hit;
        known += classes[i].truth;
        hits += classes[i].hit;
        if (together > 0) sum += (double)classes[i].hit / together;
        present += together > 0;
    }
    bool judged = known > 0 && shown->pictures[SL_SAMPLE_TRUTH].labels && shown->pictures[SL_SAMPLE_PREDICTION].labels &&
                  same_size(&shown->pictures[SL_SAMPLE_TRUTH], &shown->pictures[SL_SAMPLE_PREDICTION]);
    shown->right = judged ? (double)hits / known : NAN;
    shown->miou = judged ? sum / present : NAN;
}

// The classes that occur. The last colour of a palette is that of void: samples.lua writes it so.
static sl_status find_classes(const sl_known_detail *d, held_samples *held, const decoding *g) {
    sl_samples *shown = &held->shown;
    sl_sample_class *classes = sl_arena_alloc(&held->arena, 256, sizeof *classes);
    if (!classes) return no_memory();
    if (g->palette_colors == 0) return SL_OK;
    shown->void_label = g->palette_colors - 1;
    size_t count = (size_t)shown->void_label;
    for (size_t i = 0; i < count; i++) {
        int failed = 0;
        const char *name = i < d->classes ? d->class_names[i] : NULL;
        classes[i].index = (int)i;
        classes[i].name = sl_arena_text(&held->arena, name, &failed);
        if (failed) return no_memory();
        memcpy(classes[i].rgb, g->palette + 3 * i, 3);
    }
    count_pixels(shown, classes);
    sum_up(shown, classes, count);
    qsort(classes, count, sizeof *classes, by_pixels);
    while (count > 0 && classes[count - 1].truth + classes[count - 1].predicted == 0) count--;
    shown->classes = classes;
    shown->class_count = count;
    return SL_OK;
}

// ---- all of it ---------------------------------------------------------------------------------------------------------------

static sl_status make(sl_collection *c, sl_known_detail *d, held_samples *held) {
    sl_samples *shown = &held->shown;
    listing l = {.arena = &held->arena, .request = &c->request, .image = IMAGES_MOST, .signature = SL_HASH_START};
    SL_TRY(list(c, d, &l));
    *shown = (sl_samples){.splits = l.splits,
                          .images = l.images,
                          .image_count = l.image_count,
                          .image = l.image,
                          .steps = l.steps,
                          .step_count = l.step_count,
                          .at = choose_step(&l),
                          .time = NAN,
                          .void_label = -1,
                          .miou = NAN,
                          .right = NAN,
                          .kept = NAN};
    // Pictures are decoded again only where others are asked for, or may have taken their place.
    sign(&l, &shown->image, sizeof shown->image);
    sign(&l, &shown->at, sizeof shown->at);
    sign(&l, d->uuid, sizeof d->uuid);
    sign(&l, &d->resumes, sizeof d->resumes);
    sign(&l, &d->classes, sizeof d->classes);
    if (d->samples && d->samples_seen == l.signature) return SL_OK;
    d->samples_seen = l.signature;
    if (shown->image == shown->image_count) return SL_OK;
    decoding g = {.held = held};
    SL_TRY(read_pictures(c, d, held, &g));
    SL_TRY(find_classes(d, held, &g));
    show_kept(shown);
    return SL_OK;
}

sl_status sl_samples_read(sl_collection *c, sl_known_detail *d) {
    if (!c->request.samples) {
        sl_samples_release(d->samples);
        d->samples = NULL;
        return SL_OK;
    }
    held_samples *held = sl_calloc(1, sizeof *held);
    if (!held) return no_memory();
    held->users = 1;
    uint64_t seen = d->samples_seen;
    sl_status status = make(c, d, held);
    bool news = status == SL_OK && (!d->samples || d->samples_seen != seen);
    if (status != SL_OK) d->samples_seen = 0;
    if (news) {
        sl_samples_release(d->samples);
        d->samples = &held->shown;
    } else
        sl_samples_release(&held->shown);
    return status;
}
