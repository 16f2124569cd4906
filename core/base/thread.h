// How many threads kernels may use.
#ifndef SL_BASE_THREAD_H
#define SL_BASE_THREAD_H

// Threads for the parallel loops of kernels. 0 means: all processors this process may run on. Call before the first kernel.
void sl_threads_set(int count);
int sl_threads_get(void);

#endif
