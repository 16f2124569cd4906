// What an optimizer keeps for each tensor it updates.
#ifndef SL_NN_OPTIMIZER_IMPL_H
#define SL_NN_OPTIMIZER_IMPL_H

#include "core/nn/optimizer.h"

enum { SL_OPTIMIZER_BUFFERS = 2 };

typedef struct sl_optimizer_slot {
    char *name;
    sl_tensor *tensor;
    double lr_factor;
    int64_t step;                             // how often it has been updated
    sl_tensor *buffers[SL_OPTIMIZER_BUFFERS]; // made by the first update
} sl_optimizer_slot;

struct sl_optimizer {
    sl_optimizer_options options;
    sl_optimizer_slot *slots;
    size_t count;
};

// The names of the buffers an optimizer with these options has; NULL where it has none.
const char *sl_optimizer_buffer_name(const sl_optimizer_options *options, int buffer);

#endif
