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
