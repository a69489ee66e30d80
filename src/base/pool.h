// The process's one pool of compute threads.
// Invariant: the caller takes part and alone could finish every chunk, so a worker that is late,
// descheduled before its first chunk, or was never created costs speed and nothing else.
#ifndef MX_BASE_POOL_H
#define MX_BASE_POOL_H

#include <stdint.h>

typedef void (*mx_chunk_fn)(void *ctx, int64_t begin, int64_t end);

// Calls fn on disjoint ranges that cover [0, n), each begin a multiple of grain, each range at
// least grain long but for the last. Returns when all are done. n <= grain, one thread, a nested
// call, and a call while another thread has the pool all run inline. An error in a chunk is the
// caller's business: a flag in ctx.
void mx_parallel_for(int64_t n, int64_t grain, mx_chunk_fn fn, void *ctx);

// Threads that take part, the caller among them. The default is the number of cores that the
// process may run on, or MLX_NUM_THREADS.
int mx_thread_count(void);
void mx_set_thread_count(int n);

#endif
