// What processor this is, for messages and records.
#ifndef SL_BASE_CPU_H
#define SL_BASE_CPU_H

#include <stddef.h>

// The model's name, or "" where the system does not tell. Writes at most `size` bytes; returns `buffer`.
const char *sl_cpu_model(char *buffer, size_t size);

// The instruction sets that matter to the kernels, "avx2 avx512 amx-bf16"; "" when there are none of them.
const char *sl_cpu_features(char *buffer, size_t size);

#endif
