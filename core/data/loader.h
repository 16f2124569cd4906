// The prefetching loader: batches of augmented crops from one stream.
//
// Sample k of a stream is decided by (seed, stream, k) alone: the image is element k mod n of the stream's (k div n)-th
// permutation, its scale, crop position and mirror are draws at address k. So batches do not depend on the number or timing of
// threads, and a stream is resumed by its position.
#ifndef SL_DATA_LOADER_H
#define SL_DATA_LOADER_H

#include "core/data/dataset.h"
#include "core/tensor/tensor.h"

typedef struct sl_loader sl_loader;

typedef struct sl_loader_options {
    int batch;
    int crop_height, crop_width;
    double scale_least, scale_most; // random scale; 1 and 1 for none
    bool mirror;
    float mean[3]; // BGR, subtracted
    float divisor; // then divided; 1 for the published weights
    uint64_t seed;
    uint32_t stream; // sl_random_stream
    int threads;     // workers; 0: decode in the caller
    int ahead;       // batches decoded ahead at the most; 0 gives 2
} sl_loader_options;

// Batch 1, crop 321, scale 0.5 to 1.5, mirror, the ImageNet BGR mean, divisor 1, the labelled stream, one thread, two batches
// ahead.
sl_loader_options sl_loader_options_default(void);

// The dataset is retained. Batches that cannot fit into this machine's memory are refused. One thread at a time may use a loader.
sl_status sl_loader_new(sl_dataset *dataset, const sl_loader_options *options, sl_loader **out);
void sl_loader_free(sl_loader *loader); // stops the workers

// The next batch: images (batch,3,crop,crop) f32, labels (batch,crop,crop) u8 (padding: image 0 after the mean, label 255). An
// error in a worker (which names the file) is returned by the call whose batch it spoiled; that batch is skipped.
sl_status sl_loader_next(sl_loader *loader, sl_tensor **images, sl_tensor **labels);
// Samples handed out so far; set to resume (drops what was decoded ahead).
uint64_t sl_loader_position(const sl_loader *loader);
sl_status sl_loader_seek(sl_loader *loader, uint64_t position);

// One whole image as the evaluation needs it: (1,3,H,W) with mean and divisor applied, label (1,H,W) u8 (NULL: not wanted; all
// 255 where the dataset has no labels).
sl_status sl_dataset_tensor(const sl_dataset *dataset, size_t index, const float mean[3], float divisor, sl_tensor **image,
                            sl_tensor **label);

#endif
