// Matrix products by oneDNN.
#ifndef SL_BACKEND_CPU_MATMUL_H
#define SL_BACKEND_CPU_MATMUL_H

#include "core/base/status.h"
#include <stdbool.h>
#include <stdint.h>

// `batch` products c (rows x columns) = a (rows x depth) b (depth x columns), all row by row and one after another. Where
// `a_turned`, a lies as depth x rows; where `b_turned`, b as columns x depth.
typedef struct sl_matmul {
    int64_t batch, rows, columns, depth;
    bool a_turned, b_turned;
} sl_matmul;
sl_status sl_matmul_run(const sl_matmul *m, const float *a, const float *b, float *c);

#endif
