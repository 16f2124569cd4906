// The CPU backend: convolutions by oneDNN, the rest in loops that the compiler vectorises, shared out over OpenMP threads.
//
// A kernel that is not worth a body of its own takes the reference one (table.c). Every result is bit-identical from run to run
// with the same number of threads: sums are cut into parts that depend on that number alone and are added in order.
#ifndef SL_BACKEND_CPU_CPU_H
#define SL_BACKEND_CPU_CPU_H

#include "core/backend/backend.h"

// Before a hot loop's function: compiled once per instruction set, the best one is chosen when the program starts. Such a
// function must not hold an OpenMP parallel region itself (its outlined body would not be compiled anew); see sl_cpu_for.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GLIBC__)
#define SL_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define SL_CLONES
#endif
// For the small functions such loops call, so that they are compiled for the same instruction set.
#define SL_INLINE static inline __attribute__((always_inline))

#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed" // `omp simd` is a wish; builds with little optimisation do not grant it
#endif

// Calls body(context, first, last) so that the ranges cover 0 .. count-1, one range a thread, in one thread when there are fewer
// than 2 * grain. Which range goes to which thread depends on count, grain and the number of threads alone.
typedef void (*sl_cpu_body)(void *context, int64_t first, int64_t last);
void sl_cpu_for(int64_t count, int64_t grain, sl_cpu_body body, void *context);

// How many ranges sl_cpu_for would make, for sums kept apart; where number `part` starts; the number of the range that starts at
// `first`.
int sl_cpu_parts(int64_t count, int64_t grain);
int64_t sl_cpu_part_first(int64_t count, int parts, int part);
int sl_cpu_part(int64_t count, int parts, int64_t first);

// About this many simple steps (a multiplication, an exponential, a load) are worth waking a thread for.
enum { SL_CPU_GRAIN = 16384 };
// The grain of items that take `steps` each.
static inline int64_t sl_cpu_grain(int64_t steps) {
    return steps >= SL_CPU_GRAIN ? 1 : SL_CPU_GRAIN / (steps > 0 ? steps : 1);
}

// Scratch memory for `count` sums (sl_tensor_data), from the tensors' allocator: a steady step asks the system for nothing.
sl_status sl_cpu_doubles(int64_t count, sl_tensor **out);

// When no gradient arrives at the first output, fills the wanted gradients with zeros and returns true.
bool sl_cpu_no_gradient(const sl_op_call *call);

#define SL_CPU_OPS(X)  \
    X(conv2d)          \
    X(batch_norm)      \
    X(relu)            \
    X(leaky_relu)      \
    X(sigmoid)         \
    X(add)             \
    X(mul)             \
    X(scale)           \
    X(max_pool)        \
    X(global_avg_pool) \
    X(bilinear)        \
    X(softmax)         \
    X(log_softmax)     \
    X(cross_entropy)   \
    X(bce_with_logits) \
    X(masked_cross_entropy)
#define X(name)                                                \
    sl_status sl_cpu_##name##_forward(const sl_op_call *call); \
    sl_status sl_cpu_##name##_backward(const sl_op_call *call);
SL_CPU_OPS(X)
#undef X

void sl_cpu_accumulate(float *sum, const float *addend, int64_t count);
void sl_cpu_sgd(float *parameter, const float *gradient, float *momentum, int64_t count, const sl_sgd_update *update);
void sl_cpu_adam(float *parameter, const float *gradient, float *m, float *v, int64_t count, const sl_adam_update *update);

#endif
