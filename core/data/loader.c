// A ring of batches that workers fill, sample by sample, in the stream's order. Tensors are allocated by the caller of
// sl_loader_next, never by a worker, so that whatever an allocation sets off (a collector) runs on the caller's thread.
#include "core/data/loader.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/data/augment.h"
#include "core/data/dataset_impl.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// The place in the ring of one batch.
typedef struct batch_slot {
    sl_tensor *images, *labels; // NULL: not armed, nothing may be written
    float *pixels;
    uint8_t *label_pixels;
    int done;          // samples written or failed
    int failed_sample; // the first one that failed
    sl_status status;
    char message[1024];
} batch_slot;

typedef struct job {
    batch_slot *slot;
    int place; // in the batch
    uint64_t sample;
    size_t image;
} job;

struct sl_loader {
    sl_dataset *dataset;
    sl_loader_options options;
    sl_augment augment;
    pthread_mutex_t lock;
    pthread_cond_t work, ready;
    pthread_t *workers;
    int worker_count;
    bool stop, paused;
    int active; // workers at a sample
    batch_slot *slots;
    uint64_t start;     // the stream's position of batch 0
    uint64_t consumed;  // batches handed out since
    uint64_t producing; // the batch whose samples are given out
    int place;          // the next of its samples
    uint32_t *order;    // the permutation of epoch `epoch`
    uint64_t epoch;
};

sl_loader_options sl_loader_options_default(void) {
    return (sl_loader_options){.batch = 1,
                               .crop_height = 321,
                               .crop_width = 321,
                               .scale_least = 0.5,
                               .scale_most = 1.5,
                               .mirror = true,
                               .mean = {104.00698793f, 116.66876762f, 122.67891434f},
                               .divisor = 1,
                               .stream = SL_STREAM_LABELED,
                               .threads = 1,
                               .ahead = 2};
}

// The image of a sample: an element of its epoch's permutation. Permutations have addresses of their own, above all samples'.
static size_t image_of(sl_loader *loader, uint64_t sample) {
    size_t count = sl_dataset_count(loader->dataset);
    uint64_t epoch = sample / count;
    if (loader->epoch != epoch) {
        sl_random random = sl_random_at(loader->options.seed, loader->options.stream, (uint64_t)1 << 63 | epoch);
        sl_random_permutation(&random, loader->order, (uint32_t)count);
        loader->epoch = epoch;
    }
    return loader->order[sample % count];
}

// The next sample to make, under the lock. False when the ring is full.
static bool take_job(sl_loader *loader, job *out) {
    if (loader->paused || loader->producing >= loader->consumed + (uint64_t)loader->options.ahead) return false;
    batch_slot *slot = &loader->slots[loader->producing % (uint64_t)loader->options.ahead];
    if (!slot->images) return false;
    uint64_t batch = (uint64_t)loader->options.batch;
    out->slot = slot;
    out->place = loader->place;
    out->sample = loader->start + loader->producing * batch + (uint64_t)loader->place;
    out->image = image_of(loader, out->sample);
    if (++loader->place == loader->options.batch) {
        loader->place = 0;
        loader->producing++;
    }
    return true;
}

static sl_status make_sample(const sl_loader *loader, const job *task) {
    const sl_loader_options *o = &loader->options;
    sl_sample sample;
    SL_TRY(sl_dataset_borrow(loader->dataset, task->image, &sample));
    size_t area = (size_t)o->crop_height * (size_t)o->crop_width, place = (size_t)task->place;
    sl_status status =
        sl_augment_crop(&loader->augment, sl_random_at(o->seed, o->stream, task->sample), sample.image, sample.label,
                        task->slot->pixels + place * area * 3, task->slot->label_pixels + place * area);
    sl_sample_release(&sample);
    return status;
}

// Under the lock. Of several failures the first sample's is kept, so that the message does not depend on timing.
static void finish_job(const job *task, sl_status status, const char *message) {
    batch_slot *slot = task->slot;
    slot->done++;
    if (status == SL_OK || (slot->status != SL_OK && slot->failed_sample < task->place)) return;
    slot->status = status;
    slot->failed_sample = task->place;
    strncpy(slot->message, message, sizeof slot->message - 1);
}

static void *worker_main(void *argument) {
    sl_loader *loader = argument;
    job task;
    pthread_mutex_lock(&loader->lock);
    while (!loader->stop) {
        if (!take_job(loader, &task)) {
            pthread_cond_wait(&loader->work, &loader->lock);
            continue;
        }
        loader->active++;
        pthread_mutex_unlock(&loader->lock);
        sl_status status = make_sample(loader, &task);
        pthread_mutex_lock(&loader->lock);
        loader->active--;
        finish_job(&task, status, status == SL_OK ? "" : sl_error_message());
        if (task.slot->done == loader->options.batch || loader->active == 0) pthread_cond_broadcast(&loader->ready);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

static sl_status check_options(const sl_loader_options *o) {
    if (o->batch < 1 || o->crop_height < 1 || o->crop_width < 1)
        return sl_error(SL_ERR_ARGUMENT, "a batch of %d crops of %dx%d; all three must be at least 1", o->batch, o->crop_height,
                        o->crop_width);
    if (!(o->scale_least > 0) || !(o->scale_most >= o->scale_least) || !(o->scale_most <= 64))
        return sl_error(SL_ERR_ARGUMENT, "scales from %g to %g; they must be above 0, in order and at most 64", o->scale_least,
                        o->scale_most);
    if (!isfinite(o->mean[0]) || !isfinite(o->mean[1]) || !isfinite(o->mean[2]) || !isfinite(o->divisor) || o->divisor == 0)
        return sl_error(SL_ERR_ARGUMENT, "mean %g %g %g and divisor %g; they must be finite, the divisor not 0", o->mean[0],
                        o->mean[1], o->mean[2], o->divisor);
    if (o->threads < 0 || o->threads > 256 || o->ahead < 0 || o->ahead > 1024)
        return sl_error(SL_ERR_ARGUMENT, "%d loader threads, %d batches ahead; at most 256 and 1024", o->threads, o->ahead);
    return SL_OK;
}

// The system grants more memory than there is and ends the program that uses it; a crop that cannot fit is refused here.
static sl_status check_memory(const sl_loader_options *o) {
    double bytes = (double)o->batch * o->crop_height * o->crop_width * (3.0 * sizeof(float) + 1) * (o->ahead + 1);
    double pages = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (pages > 0 && bytes > pages)
        return sl_error(
            SL_ERR_MEMORY,
            "%d batches of %d crops of %dx%d need %.1f GiB, but this machine has %.1f; choose a smaller crop or batch",
            o->ahead + 1, o->batch, o->crop_height, o->crop_width, bytes / 0x1p30, pages / 0x1p30);
    return SL_OK;
}

// Signals are the main thread's.
static sl_status start_workers(sl_loader *loader) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (failure == 0 && loader->worker_count < loader->options.threads) {
        failure = pthread_create(&loader->workers[loader->worker_count], NULL, worker_main, loader);
        if (failure == 0) loader->worker_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure ? sl_error(SL_ERR_IO, "a loader thread cannot be started: %s", strerror(failure)) : SL_OK;
}

sl_status sl_loader_new(sl_dataset *dataset, const sl_loader_options *options, sl_loader **out) {
    *out = NULL;
    SL_TRY(check_options(options));
    sl_loader *loader = sl_calloc(1, sizeof *loader);
    if (!loader) return sl_error(SL_ERR_MEMORY, "out of memory for a loader");
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->ready, NULL);
    loader->dataset = sl_dataset_retain(dataset);
    loader->options = *options;
    sl_loader_options *o = &loader->options;
    if (o->threads == 0)
        o->ahead = 1;
    else if (o->ahead == 0)
        o->ahead = 2;
    loader->epoch = UINT64_MAX;
    loader->augment = (sl_augment){.crop_height = o->crop_height,
                                   .crop_width = o->crop_width,
                                   .scale_least = o->scale_least,
                                   .scale_most = o->scale_most,
                                   .mirror = o->mirror};
    sl_augment_values(loader->augment.value, o->mean, o->divisor);
    loader->slots = sl_calloc((size_t)o->ahead, sizeof *loader->slots);
    loader->workers = sl_calloc((size_t)o->threads, sizeof *loader->workers);
    loader->order = sl_malloc(sl_dataset_count(dataset) * sizeof *loader->order);
    sl_status status = SL_OK;
    if (!loader->slots || !loader->workers || !loader->order) status = sl_error(SL_ERR_MEMORY, "out of memory for a loader");
    if (status == SL_OK) status = check_memory(o);
    if (status == SL_OK) status = start_workers(loader);
    if (status == SL_OK)
        *out = loader;
    else
        sl_loader_free(loader);
    return status;
}

static void disarm(batch_slot *slot) {
    slot->images = slot->labels = NULL;
    slot->pixels = NULL;
    slot->label_pixels = NULL;
}

void sl_loader_free(sl_loader *loader) {
    if (!loader) return;
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    for (int i = 0; i < loader->worker_count; i++) pthread_join(loader->workers[i], NULL);
    for (int i = 0; loader->slots && i < loader->options.ahead; i++) {
        sl_tensor_free(loader->slots[i].images);
        sl_tensor_free(loader->slots[i].labels);
    }
    pthread_cond_destroy(&loader->work);
    pthread_cond_destroy(&loader->ready);
    pthread_mutex_destroy(&loader->lock);
    sl_dataset_free(loader->dataset);
    sl_free(loader->slots);
    sl_free(loader->workers);
    sl_free(loader->order);
    sl_free(loader);
}

// Gives an empty slot tensors to write into.
static sl_status arm(sl_loader *loader, batch_slot *slot) {
    if (slot->images) return SL_OK;
    const sl_loader_options *o = &loader->options;
    sl_tensor *images = NULL, *labels = NULL;
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_image(o->batch, 3, o->crop_height, o->crop_width), &images));
    sl_status status = sl_tensor_new(SL_U8, sl_shape_map(o->batch, o->crop_height, o->crop_width), &labels);
    if (status != SL_OK) {
        sl_tensor_free(images);
        return status;
    }
    pthread_mutex_lock(&loader->lock);
    *slot =
        (batch_slot){.images = images, .labels = labels, .pixels = sl_tensor_f32(images), .label_pixels = sl_tensor_u8(labels)};
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    return SL_OK;
}

sl_status sl_loader_next(sl_loader *loader, sl_tensor **images, sl_tensor **labels) {
    *images = *labels = NULL;
    int ahead = loader->options.ahead;
    batch_slot *slot = &loader->slots[loader->consumed % (uint64_t)ahead];
    SL_TRY(arm(loader, slot));
    // The rest of the ring only saves time: where memory is short, it stays shorter until the next call.
    for (int i = 1; i < ahead; i++)
        if (arm(loader, &loader->slots[(loader->consumed + (uint64_t)i) % (uint64_t)ahead]) != SL_OK) break;

    pthread_mutex_lock(&loader->lock);
    if (loader->worker_count == 0) {
        job task;
        while (slot->done < loader->options.batch && take_job(loader, &task)) {
            sl_status one = make_sample(loader, &task);
            finish_job(&task, one, one == SL_OK ? "" : sl_error_message());
        }
    }
    while (slot->done < loader->options.batch) pthread_cond_wait(&loader->ready, &loader->lock);
    sl_tensor *image_batch = slot->images, *label_batch = slot->labels;
    sl_status status = slot->status;
    disarm(slot);
    loader->consumed++;
    pthread_mutex_unlock(&loader->lock);

    if (status != SL_OK) {
        sl_tensor_free(image_batch);
        sl_tensor_free(label_batch);
        return sl_error(status, "%s", slot->message);
    }
    *images = image_batch;
    *labels = label_batch;
    if (loader->worker_count > 0) (void)arm(loader, slot);
    return SL_OK;
}

uint64_t sl_loader_position(const sl_loader *loader) {
    return loader->start + loader->consumed * (uint64_t)loader->options.batch;
}

sl_status sl_loader_seek(sl_loader *loader, uint64_t position) {
    if (position >> 62) return sl_error(SL_ERR_ARGUMENT, "a stream has no position %llu", (unsigned long long)position);
    if (position == sl_loader_position(loader)) return SL_OK;
    pthread_mutex_lock(&loader->lock);
    loader->paused = true;
    while (loader->active > 0) pthread_cond_wait(&loader->ready, &loader->lock);
    for (int i = 0; i < loader->options.ahead; i++) {
        loader->slots[i].done = 0;
        loader->slots[i].status = SL_OK;
    }
    loader->start = position;
    loader->consumed = loader->producing = 0;
    loader->place = 0;
    loader->paused = false;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    return SL_OK;
}
