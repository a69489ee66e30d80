/* Compiled functions: traced once a kind of arguments, then replayed.
 *
 * Traces stand in one cache for all functions and threads, keyed by function, constants, the
 * default stream, and the arguments' dtypes and shapes (a shapeless function: dtypes and ranks; its
 * trace is then made again for each shape without calling the function, where the operations know
 * how). The cache drops what was not used for longest beyond a number of traces and of bytes. */
#ifndef MX_TRANSFORMS_COMPILE_H
#define MX_TRANSFORMS_COMPILE_H

#include "mlx/c/compile.h"
#include "transforms/program.h"
#include "transforms/trace.h"

typedef struct mx_compiled {
  mx_fun fun;
  uint64_t space; /* of ids: 0 those of callers of mlx_detail_compile, 1 those of mx_compile_id */
  uint64_t id;
  bool shapeless;
  const uint64_t *constants;
  size_t n_constants;
} mx_compiled;

uint64_t mx_compile_id(void); /* never given before */
/* Arrays of the scope in, arrays of the scope out; out->p is allocated, also on failure. */
int mx_compiled_call(const mx_compiled *c, mx_vec in, mx_vec *out);

void mx_compile_erase(uint64_t space, uint64_t id);
void mx_compile_clear(void);
int mx_compile_set_mode(mlx_compile_mode mode);

/* Counters, for tests and benchmarks. */
typedef struct mx_compile_stats {
  uint64_t traces, remade, hits, evicted;
  size_t entries, bytes;
} mx_compile_stats;
mx_compile_stats mx_compile_stats_now(void);
/* Limits of the cache; returns the previous ones. */
typedef struct mx_compile_limits {
  size_t entries, bytes;
} mx_compile_limits;
mx_compile_limits mx_compile_set_limits(mx_compile_limits l);

#endif
