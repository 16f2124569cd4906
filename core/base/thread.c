#include "core/base/thread.h"

#include <omp.h>

static int thread_count;

void sl_threads_set(int count) {
    thread_count = count > 0 ? count : omp_get_num_procs();
    omp_set_num_threads(thread_count);
}

int sl_threads_get(void) {
    if (!thread_count) thread_count = omp_get_max_threads();
    return thread_count;
}
