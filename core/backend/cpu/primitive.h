// oneDNN primitives, kept by what they compute, so that a step in its steady state creates none.
#ifndef SL_BACKEND_CPU_PRIMITIVE_H
#define SL_BACKEND_CPU_PRIMITIVE_H

#include "core/backend/cpu/onednn.h"
#include "core/tensor/tensor.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a primitive computes: its kind and sizes. Unused places are 0.
typedef enum sl_primitive_kind {
    SL_PRIMITIVE_FORWARD = 1,
    SL_PRIMITIVE_DATA,
    SL_PRIMITIVE_WEIGHTS,
    SL_PRIMITIVE_MATMUL
} sl_primitive_kind;
typedef struct sl_primitive_key {
    int64_t number[14]; // [0] is the kind; the number of threads is added by sl_primitive_begin
} sl_primitive_key;

enum { SL_PRIMITIVE_ARGUMENTS = 4 };

// An argument of a primitive. Its data pointer is set for each run. Where oneDNN wants another order than ours, `reorder` copies
// the data from or to (outputs) our order, described by `plain`, on each run.
typedef struct sl_primitive_argument {
    int name; // DNNL_ARG_...
    bool output;
    dnnl_memory_t memory;
    dnnl_primitive_t reorder; // NULL: none is needed
    dnnl_memory_t plain;
    size_t bytes; // of `memory`, where there is a reorder
} sl_primitive_argument;

typedef struct sl_primitive {
    dnnl_primitive_t primitive;
    int count;
    sl_primitive_argument arguments[SL_PRIMITIVE_ARGUMENTS];
    dnnl_memory_t scratchpad; // NULL when it needs none
    size_t scratchpad_bytes;
} sl_primitive;

// Creates the primitive of a key. On failure it may leave `primitive` half made: what stands there is destroyed.
// SL_ERR_UNSUPPORTED: oneDNN has nothing fast for it; that is remembered too.
typedef sl_status (*sl_primitive_maker)(const void *context, sl_primitive *primitive);

// Finds or makes the primitive and keeps other threads out until sl_primitive_end. On failure nothing is kept out.
sl_status sl_primitive_begin(const sl_primitive_key *key, sl_primitive_maker make, const void *context, sl_primitive **out);
void sl_primitive_end(void);

// Runs it on these data, one pointer an argument, with the reorders it needs; scratch memory comes from the tensors' allocator.
sl_status sl_primitive_run(sl_primitive *primitive, void *const data[SL_PRIMITIVE_ARGUMENTS]);

// For makers: adds an argument with the memory descriptor that the primitive wants for it, and a reorder where that is not
// `plain`.
sl_status sl_primitive_add(sl_primitive *primitive, const_dnnl_primitive_desc_t desc, int name, bool output,
                           const_dnnl_memory_desc_t plain);
// Reads how much scratch memory it needs.
sl_status sl_primitive_add_scratchpad(sl_primitive *primitive, const_dnnl_primitive_desc_t desc);
// The attributes that makers create their descriptors with (scratch memory given by the caller). Borrowed.
sl_status sl_primitive_attributes(const_dnnl_primitive_attr_t *out);

#endif
