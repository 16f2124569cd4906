#include "core/backend/cpu/cpu.h"
#include "core/base/thread.h"

int sl_cpu_parts(int64_t count, int64_t grain) {
    int64_t most = grain > 0 ? count / grain : count, threads = sl_threads_get();
    return (int)(most < 1 ? 1 : most < threads ? most : threads);
}

int64_t sl_cpu_part_first(int64_t count, int parts, int part) {
    return count / parts * part + (count % parts < part ? count % parts : part);
}

int sl_cpu_part(int64_t count, int parts, int64_t first) {
    int64_t small = count / parts, larger = count % parts; // the first `larger` parts have one more
    return (int)(first <= larger * (small + 1) ? first / (small + 1) : larger + (first - larger * (small + 1)) / small);
}

void sl_cpu_for(int64_t count, int64_t grain, sl_cpu_body body, void *context) {
    int parts = sl_cpu_parts(count, grain);
    if (count <= 0) return;
    if (parts == 1) {
        body(context, 0, count);
        return;
    }
#pragma omp parallel for num_threads(parts) schedule(static, 1)
    for (int part = 0; part < parts; part++)
        body(context, sl_cpu_part_first(count, parts, part), sl_cpu_part_first(count, parts, part + 1));
}

sl_status sl_cpu_doubles(int64_t count, sl_tensor **out) {
    return sl_tensor_new(SL_U8, sl_shape_vector((int64_t)sizeof(double) * count), out);
}
