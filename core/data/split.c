// Which images are labelled.
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/data/dataset_impl.h"

#include <math.h>
#include <string.h>

void sl_split_fraction(size_t count, double fraction, uint64_t seed, uint32_t *labeled, size_t *labeled_count,
                       uint32_t *unlabeled, size_t *unlabeled_count) {
    *labeled_count = *unlabeled_count = 0;
    if (count == 0) return;
    sl_random random = sl_random_at(seed, SL_STREAM_SPLIT, 0);
    sl_random_permutation(&random, labeled, (uint32_t)count);
    double wanted = floor(fraction * (double)count + 0.5);
    size_t first = !(wanted >= 1) ? 1 : wanted >= (double)count ? count : (size_t)wanted;
    memcpy(unlabeled, labeled + first, (count - first) * sizeof *unlabeled);
    *labeled_count = first;
    *unlabeled_count = count - first;
}

sl_status sl_split_read(const char *path, const sl_dataset *dataset, uint32_t **indices, size_t *count) {
    *indices = NULL;
    *count = 0;
    sl_list list;
    SL_TRY(sl_list_read(path, &list));
    sl_status status = SL_OK;
    uint32_t *found = sl_malloc(list.count * sizeof *found);
    if (!found) status = sl_error(SL_ERR_MEMORY, "%s: out of memory for a list of %zu images", path, list.count);
    for (size_t i = 0; status == SL_OK && i < list.count; i++) {
        long at = sl_dataset_find(dataset, list.ids[i]);
        if (at < 0)
            status = sl_error(SL_ERR_DATA, "%s:%d: \"%s\" is not an image of the dataset (%zu images, the first is \"%s\")", path,
                              list.lines[i], list.ids[i], sl_dataset_count(dataset), sl_dataset_id(dataset, 0));
        else
            found[i] = (uint32_t)at;
    }
    if (status == SL_OK) {
        *indices = found;
        *count = list.count;
    } else {
        sl_free(found);
    }
    sl_list_free(&list);
    return status;
}

static sl_status in_both(const char *id) {
    return sl_error(SL_ERR_DATA,
                    "the image \"%s\" is both in the labelled and in the unlabelled list; take it out of one of them", id);
}

sl_status sl_split_check_disjoint(const uint32_t *labeled, size_t labeled_count, const uint32_t *unlabeled,
                                  size_t unlabeled_count, const sl_dataset *dataset) {
    size_t count = sl_dataset_count(dataset);
    uint8_t *seen = sl_calloc(count, 1);
    if (!seen) return sl_error(SL_ERR_MEMORY, "out of memory for a split of %zu images", count);
    sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < labeled_count + unlabeled_count; i++) {
        uint32_t index = i < labeled_count ? labeled[i] : unlabeled[i - labeled_count];
        if (index >= count)
            status = sl_error(SL_ERR_ARGUMENT, "a split names image %u of a dataset of %zu", index, count);
        else if (i < labeled_count)
            seen[index] = 1;
        else if (seen[index])
            status = in_both(sl_dataset_id(dataset, index));
    }
    sl_free(seen);
    return status;
}

sl_status sl_dataset_check_disjoint(const sl_dataset *labeled, const sl_dataset *unlabeled) {
    for (size_t i = 0; i < sl_dataset_count(labeled); i++) {
        const char *id = sl_dataset_id(labeled, i);
        if (sl_dataset_find(unlabeled, id) >= 0) return in_both(id);
    }
    return SL_OK;
}
