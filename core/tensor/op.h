// Operations: what they are called, what they take, and running them.
//
// Each op is declared once, in SL_OP_LIST below; the enum, the names, the backends' dispatch slots, the Lua functions and the
// list that the parity test walks all come from it. A new op is: a line here, its sl_op_info in op_info.c, a forward and a
// backward body in the reference backend (others where it pays), a row in tests/parity.
#ifndef SL_TENSOR_OP_H
#define SL_TENSOR_OP_H

#include "core/tensor/tensor.h"

// X(name)                 inputs -> outputs; [optional]
#define SL_OP_LIST(X)                                                                                               \
    X(conv2d)               /* x, weight, [bias] -> y */                                                            \
    X(batch_norm)           /* x, gamma, beta, running_mean, running_var, [z] -> y, mean, inv_std */                \
    X(relu)                 /* x -> y */                                                                            \
    X(leaky_relu)           /* x -> y */                                                                            \
    X(sigmoid)              /* x -> y */                                                                            \
    X(add)                  /* x, z -> y = x + alpha z, then ReLU if relu */                                        \
    X(mul)                  /* x, z -> y, elementwise */                                                            \
    X(scale)                /* x -> y = factor x */                                                                 \
    X(mean)                 /* x -> scalar */                                                                       \
    X(concat)               /* x, z -> y, along dim 0 (batch) or 1 (channels) */                                    \
    X(max_pool)             /* x -> y, index (i64; position in the input plane) */                                  \
    X(global_avg_pool)      /* x -> y (N,C,1,1) */                                                                  \
    X(bilinear)             /* x -> y (N,C,height,width) */                                                         \
    X(softmax)              /* x -> y, over channels */                                                             \
    X(log_softmax)          /* x -> y, over channels */                                                             \
    X(argmax)               /* x -> label map (u8), lowest index wins a tie; no gradient */                         \
    X(cross_entropy)        /* x, target (u8 or i64 map), [class weight] -> loss, count (i64: pixels counted) */    \
    X(bce_with_logits)      /* x, [ignore (u8, nonzero = ignored)] -> loss, count; against the constant `target` */ \
    X(masked_cross_entropy) /* x, d (logits, one channel) -> loss, count kept, pseudo-label map (u8) */             \
    X(one_hot)              /* label map -> (N,classes,H,W) f32; the ignore label gives zeros; no gradient */       \
    X(equal)                /* label map -> u8 map, 1 where it equals `label`; no gradient */

typedef enum sl_op {
#define X(name) SL_OP_##name,
    SL_OP_LIST(X)
#undef X
        SL_OP_COUNT
} sl_op;

enum { SL_OP_MAX_INPUTS = 6, SL_OP_MAX_OUTPUTS = 3 };

// Attributes of all ops in one struct; an op reads the ones its info lists. Start from sl_op_attributes_default(op).
typedef struct sl_op_attributes {
    int kernel, stride, padding, dilation; // conv2d, max_pool (conv2d takes its kernel from the weight)
    bool ceil_mode;                        // max_pool
    bool training;                         // batch_norm: batch statistics and an update of the running ones
    bool relu;                             // batch_norm, add
    double momentum, eps;                  // batch_norm
    double slope;                          // leaky_relu
    double alpha;                          // add
    double factor;                         // scale
    int dim;                               // concat
    int height, width;                     // bilinear: size of the result
    bool align_corners;                    // bilinear
    int ignore_label;                      // cross_entropy, masked_cross_entropy, one_hot
    double target;                         // bce_with_logits: 0 or 1
    double threshold;                      // masked_cross_entropy: pixels with sigmoid(d) < threshold are ignored
    int classes;                           // one_hot
    int label;                             // equal
} sl_op_attributes;

typedef enum sl_attribute_type { SL_ATTRIBUTE_INT, SL_ATTRIBUTE_BOOL, SL_ATTRIBUTE_REAL } sl_attribute_type;

typedef struct sl_attribute_info {
    const char *name;
    sl_attribute_type type;
    size_t offset; // in sl_op_attributes
    double fallback, least, most;
    const char *help;
} sl_attribute_info;

// What the tape keeps for the backward body. What is not kept is NULL there.
typedef enum sl_op_save {
    SL_SAVE_IN0 = 1, // bit i: input i
    SL_SAVE_IN1 = 2,
    SL_SAVE_IN2 = 4,
    SL_SAVE_OUT0 = 256, // bit 8 + i: output i
    SL_SAVE_OUT1 = 512,
    SL_SAVE_OUT2 = 1024,
    SL_SAVE_OUT0_IF_RELU = 4096, // output 0 where the attribute relu is on: its sign tells where the gradient passes
} sl_op_save;

struct sl_op_call;

typedef struct sl_op_info {
    const char *name;
    const char *help; // one sentence, for the Lua reference
    int least_inputs, most_inputs, outputs;
    const char *input_names[SL_OP_MAX_INPUTS];
    const char *output_names[SL_OP_MAX_OUTPUTS];
    unsigned differentiable;             // bit i: input i gets a gradient (0: the op has no backward)
    unsigned save;                       // sl_op_save bits
    const sl_attribute_info *attributes; // ended by name == NULL
    // Checks inputs and attributes and says what the outputs are. The message names the op and the extents.
    sl_status (*infer)(const struct sl_op_call *call, sl_dtype dtypes[SL_OP_MAX_OUTPUTS], sl_shape shapes[SL_OP_MAX_OUTPUTS]);
} sl_op_info;

const sl_op_info *sl_op_info_get(sl_op op);
sl_op_attributes sl_op_attributes_default(sl_op op);
// Index of the op with this name, or SL_OP_COUNT.
sl_op sl_op_find(const char *name);

// Runs an op and, unless gradients are off, records it. `inputs` has sl_op_info.most_inputs places, NULL for an absent optional;
// `attributes` may be NULL for the defaults. `outputs` receives sl_op_info.outputs new tensors; free each.
sl_status sl_op_run(sl_op op, sl_tensor *const *inputs, const sl_op_attributes *attributes, sl_tensor **outputs);

#endif
