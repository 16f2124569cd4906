// How many augmented crops a second the loader makes, with a consumer that does nothing else.
//
//   bench_loader [CAMVID [SECONDS]]      default ../shared/data/camvid, 2 seconds a row; prints Markdown
//
// "decoded" reads and decodes the files for every sample, "kept" finds decoded images in the cache, as from the second epoch on.
#include "core/data/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 4 };

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static sl_status take(sl_loader *loader) {
    sl_tensor *images, *labels;
    SL_TRY(sl_loader_next(loader, &images, &labels));
    sl_tensor_free(images);
    sl_tensor_free(labels);
    return SL_OK;
}

static sl_status measure(const char *name, sl_dataset *dataset, int crop, int threads, bool kept, double seconds) {
    sl_loader_options options = sl_loader_options_default();
    options.batch = BATCH;
    options.crop_height = options.crop_width = crop;
    options.threads = threads;
    options.divisor = 58;
    sl_loader *loader;
    sl_dataset_cache_limit(dataset, kept ? (size_t)1 << 30 : 0);
    SL_TRY(sl_loader_new(dataset, &options, &loader));
    // Filling the cache, or the ring, is not measured.
    sl_status status = SL_OK;
    size_t before = kept ? sl_dataset_count(dataset) / BATCH + 1 : 2;
    for (size_t i = 0; status == SL_OK && i < before; i++) status = take(loader);
    double start = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID), elapsed = 0;
    int images = 0;
    while (status == SL_OK && (elapsed = now(CLOCK_MONOTONIC) - start) < seconds) {
        status = take(loader);
        images += BATCH;
    }
    processor = now(CLOCK_PROCESS_CPUTIME_ID) - processor;
    sl_loader_free(loader);
    if (status == SL_OK)
        printf("| %s | %d | %s | %d | %.0f | %.2f | %.2f |\n", name, crop, kept ? "kept" : "decoded", threads, images / elapsed,
               1e3 * elapsed / images * BATCH, 1e3 * processor / images);
    return status;
}

static sl_status measure_all(const char *camvid, double seconds) {
    sl_dataset *dataset;
    printf(
        "| data | crop | images are | threads | images/s | ms a batch of %d | CPU ms an image |\n|---|--:|---|--:|--:|--:|--:|\n",
        BATCH);
    sl_status status = SL_OK;
    for (int kept = 0; status == SL_OK && kept < 2; kept++) { // a data set of its own, as nothing leaves a cache
        SL_TRY(sl_dataset_open_voc(&(sl_voc_options){.root = camvid, .list = "train", .labels = true}, &dataset));
        for (int threads = 0; status == SL_OK && threads <= 2; threads++)
            for (int crop = 161; status == SL_OK && crop <= 321; crop += 160)
                status = measure("CamVid 480x360", dataset, crop, threads, kept, seconds);
        sl_dataset_free(dataset);
    }
    for (int kept = 0; status == SL_OK && kept < 2; kept++) {
        SL_TRY(sl_dataset_open_synthetic(&(sl_synthetic_options){.width = 64, .height = 64, .classes = 6, .count = 96, .seed = 1},
                                         &dataset));
        for (int threads = 0; status == SL_OK && threads <= 2; threads++)
            status = measure("synthetic 64x64", dataset, 64, threads, kept, seconds);
        sl_dataset_free(dataset);
    }
    return status;
}

int main(int count, char **arguments) {
    double seconds = count > 2 ? atof(arguments[2]) : 2;
    sl_status status = measure_all(count > 1 ? arguments[1] : "../shared/data/camvid", seconds > 0 ? seconds : 2);
    if (status != SL_OK) fprintf(stderr, "bench_loader: %s\n", sl_error_message());
    return status == SL_OK ? 0 : 1;
}
