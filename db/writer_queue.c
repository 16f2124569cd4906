// The callers' side of the writer: rows into the queue.
#include "core/base/memory.h"
#include "db/writer_impl.h"
#include <stdio.h>
#include <string.h>

static sl_status no_memory(const sl_writer *writer) {
    return sl_error(SL_ERR_MEMORY, "%s: out of memory for a row of the log", writer->path);
}

// ---- metric names -----------------------------------------------------------------------------------------------------------

static size_t hash(const char *text) { // FNV-1a
    size_t h = 14695981039346656037ULL;
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 1099511628211ULL;
    return h;
}

// The slot of `name`, or the free one where it belongs.
static size_t find_slot(const sl_writer *writer, const char *name) {
    size_t slot = hash(name) & (writer->slot_count - 1);
    while (writer->slots[slot] && strcmp(writer->names[writer->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & (writer->slot_count - 1);
    return slot;
}

static sl_status grow_slots(sl_writer *writer) {
    size_t count = writer->slot_count ? writer->slot_count * 2 : 64;
    int *slots = sl_calloc(count, sizeof *slots);
    if (!slots) return no_memory(writer);
    sl_free(writer->slots);
    writer->slots = slots;
    writer->slot_count = count;
    for (int i = 0; i < writer->name_count; i++) slots[find_slot(writer, writer->names[i])] = i + 1;
    return SL_OK;
}

// The number of a metric's name, given at its first use. With the lock held.
static sl_status name_index(sl_writer *writer, const char *name, int *index) {
    if ((size_t)writer->name_count * 2 >= writer->slot_count) SL_TRY(grow_slots(writer));
    size_t slot = find_slot(writer, name);
    if (!writer->slots[slot]) {
        if (writer->name_count == writer->name_capacity) {
            int capacity = writer->name_capacity ? writer->name_capacity * 2 : 32;
            char **names = sl_realloc(writer->names, (size_t)capacity * sizeof *names);
            if (!names) return no_memory(writer);
            writer->names = names;
            writer->name_capacity = capacity;
        }
        char *copy = sl_strdup(name);
        if (!copy) return no_memory(writer);
        writer->names[writer->name_count++] = copy;
        writer->slots[slot] = writer->name_count;
    }
    *index = writer->slots[slot] - 1;
    return SL_OK;
}

// ---- rows -------------------------------------------------------------------------------------------------------------------

void sl_writer_rows_free(sl_writer *writer, size_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sl_row *row = &writer->ring[(first + i) & (writer->options.capacity - 1)];
        sl_free(row->extra);
        row->extra = NULL;
    }
}

// A place in the queue, waiting for one when it is full; with the lock held. An error when the thread cannot write at present:
// then nobody knows whether waiting helps.
static sl_status wait_for_room(sl_writer *writer) {
    if (writer->tail - writer->head < writer->options.capacity) return SL_OK;
    writer->stats.waits++;
    while (writer->tail - writer->head == writer->options.capacity) {
        if (writer->failure != SL_OK) return sl_error(writer->failure, "%s (and the queue is full)", writer->message);
        pthread_cond_wait(&writer->done, &writer->lock);
    }
    return SL_OK;
}

// A row into the queue, with the lock held.
static sl_status push(sl_writer *writer, sl_row *row, const char *metric) {
    sl_status status = wait_for_room(writer);
    if (status == SL_OK && metric) status = name_index(writer, metric, &row->name);
    if (status != SL_OK) {
        sl_free(row->extra);
        return status;
    }
    writer->ring[writer->tail & (writer->options.capacity - 1)] = *row;
    writer->tail++;
    // The thread sleeps without a time limit only when there is nothing to do, and hurries when a batch is full.
    size_t rows = writer->tail - writer->head;
    if (rows == 1 || rows == writer->options.batch) pthread_cond_signal(&writer->news);
    return SL_OK;
}

static sl_status put(sl_writer *writer, sl_row *row, const char *metric) {
    row->time = sl_db_now();
    pthread_mutex_lock(&writer->lock);
    sl_status status = push(writer, row, metric);
    pthread_mutex_unlock(&writer->lock);
    return status;
}

// A copy of three strings (NULL stays NULL) and some counts (NULL: room for them) in one allocation.
static sl_row_extra *make_extra(const char *a, const char *b, const char *c, int64_t number, const int64_t *counts,
                                size_t count) {
    const char *texts[3] = {a, b, c};
    size_t sizes[3], size = sizeof(sl_row_extra) + count * sizeof *counts;
    for (int i = 0; i < 3; i++) {
        sizes[i] = texts[i] ? strlen(texts[i]) + 1 : 0;
        size += sizes[i];
    }
    sl_row_extra *extra = sl_malloc(size);
    if (!extra) return NULL;
    int64_t *own = (int64_t *)(extra + 1);
    if (counts) memcpy(own, counts, count * sizeof *counts);
    char *place = (char *)(own + count);
    for (int i = 0; i < 3; i++) {
        extra->text[i] = texts[i] ? memcpy(place, texts[i], sizes[i]) : NULL;
        place += sizes[i];
    }
    extra->number = number;
    extra->counts = own;
    extra->count = count;
    extra->png = NULL;
    return extra;
}

static sl_status required(const sl_writer *writer, const char *what, const char *text) {
    return text && *text ? SL_OK : sl_error(SL_ERR_ARGUMENT, "%s: %s must not be empty", writer->path, what);
}

sl_status sl_writer_metric(sl_writer *writer, int64_t run, int64_t step, const char *name, double value) {
    SL_TRY(required(writer, "a metric's name", name));
    sl_row row = {.kind = SL_ROW_METRIC, .run = run, .step = step, .value = value};
    return put(writer, &row, name);
}

sl_status sl_writer_class_iou(sl_writer *writer, int64_t run, int64_t step, const char *split, int class_index,
                              const char *class_name, double iou) {
    SL_TRY(required(writer, "the split of a class IoU", split));
    sl_row row = {.kind = SL_ROW_CLASS_IOU, .run = run, .step = step, .value = iou};
    row.extra = make_extra(split, class_name, NULL, class_index, NULL, 0);
    return row.extra ? put(writer, &row, NULL) : no_memory(writer);
}

sl_status sl_writer_confusion(sl_writer *writer, int64_t run, int64_t step, const char *split, int classes,
                              const int64_t *counts) {
    SL_TRY(required(writer, "the split of a confusion matrix", split));
    if (classes < 1 || classes > 65536)
        return sl_error(SL_ERR_ARGUMENT, "%s: a confusion matrix of %d classes", writer->path, classes);
    sl_row row = {.kind = SL_ROW_CONFUSION, .run = run, .step = step};
    row.extra = make_extra(split, NULL, NULL, classes, counts, (size_t)classes * (size_t)classes);
    return row.extra ? put(writer, &row, NULL) : no_memory(writer);
}

sl_status sl_writer_evaluation(sl_writer *writer, int64_t run, int64_t step, const char *split, int classes,
                               const char *const *class_names, const double *ious, const int64_t *counts) {
    SL_TRY(required(writer, "the split of an evaluation", split));
    if (classes < 1 || classes > 65536)
        return sl_error(SL_ERR_ARGUMENT, "%s: an evaluation of %d classes", writer->path, classes);
    sl_row *rows = sl_calloc((size_t)classes + 1, sizeof *rows);
    if (!rows) return no_memory(writer);
    double now = sl_db_now();
    bool whole = true;
    for (int i = 0; i <= classes; i++) {
        rows[i] = (sl_row){.kind = i < classes ? SL_ROW_CLASS_IOU : SL_ROW_CONFUSION, .run = run, .step = step, .time = now};
        if (i < classes) rows[i].value = ious[i];
        rows[i].extra = i < classes ? make_extra(split, class_names[i], NULL, i, NULL, 0)
                                    : make_extra(split, NULL, NULL, classes, counts, (size_t)classes * (size_t)classes);
        whole = whole && rows[i].extra;
    }
    sl_status status = whole ? SL_OK : no_memory(writer);
    int given = 0;
    pthread_mutex_lock(&writer->lock);
    while (status == SL_OK && given <= classes) status = push(writer, &rows[given++], NULL);
    pthread_mutex_unlock(&writer->lock);
    while (given <= classes) sl_free(rows[given++].extra);
    sl_free(rows);
    return status;
}

sl_status sl_writer_confidence(sl_writer *writer, int64_t run, int64_t step, const char *split, int classes, int bins,
                               const int64_t *counts) {
    SL_TRY(required(writer, "the split of a histogram of confidence", split));
    if (classes < 1 || classes > 65536 || bins < 1 || bins > 65536)
        return sl_error(SL_ERR_ARGUMENT, "%s: a histogram of confidence of %d classes and %d bins", writer->path, classes, bins);
    sl_row row = {.kind = SL_ROW_CONFIDENCE, .run = run, .step = step};
    row.extra = make_extra(split, NULL, NULL, bins, counts, (size_t)classes * 2 * (size_t)bins);
    return row.extra ? put(writer, &row, NULL) : no_memory(writer);
}

sl_status sl_writer_sample(sl_writer *writer, int64_t run, int64_t step, const char *split, const char *image, const char *kind,
                           int width, int height, const void *png, size_t bytes) {
    SL_TRY(required(writer, "the split of a sample", split));
    SL_TRY(required(writer, "the image of a sample", image));
    SL_TRY(required(writer, "the kind of a sample", kind));
    if (bytes == 0 || bytes > SL_SAMPLE_BYTES || width < 1 || height < 1)
        return sl_error(SL_ERR_ARGUMENT, "%s: a picture of %dx%d pixels in %zu bytes; 1 to %d bytes are stored", writer->path,
                        width, height, bytes, SL_SAMPLE_BYTES);
    // The picture's bytes lie where counts would.
    size_t count = (bytes + sizeof(int64_t) - 1) / sizeof(int64_t);
    sl_row row = {.kind = SL_ROW_SAMPLE, .run = run, .step = step};
    row.extra = make_extra(split, image, kind, (int64_t)bytes, NULL, count);
    if (!row.extra) return no_memory(writer);
    memcpy((void *)row.extra->counts, png, bytes);
    row.extra->png = row.extra->counts;
    row.extra->size[0] = width;
    row.extra->size[1] = height;
    return put(writer, &row, NULL);
}

sl_status sl_writer_event(sl_writer *writer, int64_t run, int64_t step, const char *kind, const char *text) {
    SL_TRY(required(writer, "the kind of an event", kind));
    sl_row row = {.kind = SL_ROW_EVENT, .run = run, .step = step};
    row.extra = make_extra(kind, text, NULL, 0, NULL, 0);
    return row.extra ? put(writer, &row, NULL) : no_memory(writer);
}

sl_status sl_writer_artifact(sl_writer *writer, int64_t run, int64_t step, const char *kind, const char *path, int64_t bytes,
                             const char *sha256) {
    SL_TRY(required(writer, "the kind of an artifact", kind));
    SL_TRY(required(writer, "the path of an artifact", path));
    sl_row row = {.kind = SL_ROW_ARTIFACT, .run = run, .step = step};
    row.extra = make_extra(kind, path, sha256, bytes, NULL, 0);
    return row.extra ? put(writer, &row, NULL) : no_memory(writer);
}

sl_status sl_writer_heartbeat(sl_writer *writer, int64_t run, int64_t step) {
    double now = sl_db_now();
    pthread_mutex_lock(&writer->lock);
    // The run's own place, else a free one, else the one longest without news.
    sl_beat *beat = &writer->beats[0];
    for (int i = 0; i < SL_WRITER_BEATS; i++) {
        sl_beat *other = &writer->beats[i];
        if (other->run == run) {
            beat = other;
            break;
        }
        if (beat->run != 0 && (other->run == 0 || other->time < beat->time)) beat = other;
    }
    if (beat->run != run) *beat = (sl_beat){.run = run};
    beat->step = step;
    beat->time = now;
    if (!beat->fresh) pthread_cond_signal(&writer->news);
    beat->fresh = true;
    pthread_mutex_unlock(&writer->lock);
    return SL_OK;
}
