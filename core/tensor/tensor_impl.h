// What a tensor is made of. For core/tensor alone.
#ifndef SL_TENSOR_TENSOR_IMPL_H
#define SL_TENSOR_TENSOR_IMPL_H

#include "core/tensor/tensor.h"
#include <stdatomic.h>

typedef struct sl_node sl_node;

typedef struct sl_storage {
    atomic_int references;
    sl_device device;
    size_t bytes; // of the block, which may be larger than the tensor
    void *data;
} sl_storage;

struct sl_tensor {
    atomic_int references;
    sl_dtype dtype;
    sl_shape shape;
    sl_storage *storage;
    size_t offset; // bytes into the storage
    bool requires_grad;
    sl_tensor *grad;   // leaves
    sl_node *producer; // owned; NULL for leaves
    int slot;          // which output of the producer
};

// Another header over the same storage, without history.
sl_status sl_tensor_alias(const sl_tensor *tensor, sl_shape shape, size_t offset, sl_tensor **out);

// Drops a reference to a record (tape.c).
void sl_node_free(sl_node *node);

#endif
