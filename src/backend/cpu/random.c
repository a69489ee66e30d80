/* Random bits: word i and word i + ceil(N / 2) of N are one Threefry hash of the two counters.
 * Floats are made of the words while those are in the cache. */
#include "backend/cpu/random.h"

#include <pthread.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/cpu/engines.h"
#include "backend/cpu/tiers.h"
#include "base/pool.h"
#include "core/params.h"

MX_DECLARE_TIERS(fill_random, mx_random_kernels);

static mx_random_kernels kernels;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) {
  MX_FILL_TIERS(fill_random, &kernels);
}

#define BLOCK 1024

typedef void (*shape_fn)(uint32_t *words, int64_t n);

typedef struct bits_job {
  uint32_t *words;
  const uint32_t *key;
  int64_t second; /* counter, and place, of the first word of the second half */
  shape_fn shape; /* NULL: bits as they are */
} bits_job;

static void draw(void *ctx, int64_t begin, int64_t end) {
  const bits_job *j = ctx;
  for (int64_t i = begin; i < end; i += BLOCK) {
    int64_t n = end - i < BLOCK ? end - i : BLOCK;
    uint32_t *lo = j->words + i, *hi = j->words + j->second + i;
    kernels.threefry(lo, hi, j->key, (uint32_t)i, (uint32_t)(j->second + i), n);
    if (!j->shape) continue;
    j->shape(lo, n);
    j->shape(hi, n);
  }
}

/* `bytes` bytes at dst; the last word may be cut. */
static void draw_key(char *dst, int64_t bytes, const uint32_t *key, shape_fn shape) {
  int64_t n = (bytes + 3) / 4, half = n / 2, odd = n % 2;
  if (n == 0) return;
  bits_job j = {(uint32_t *)dst, key, half + odd, shape};
  uint32_t last[2];
  mx_parallel_for(half > 0 ? half - 1 : 0, 16 << 10, draw, &j);
  if (half > 0) {
    kernels.threefry(&last[0], &last[1], key, (uint32_t)(half - 1), (uint32_t)(n - 1), 1);
    if (shape) shape(last, 2);
    memcpy(dst + 4 * (half - 1), &last[0], 4);
    memcpy(dst + 4 * (n - 1), &last[1], (size_t)(bytes - 4 * (n - 1)));
  }
  if (odd) {
    kernels.threefry(&last[0], &last[1], key, (uint32_t)half, 0, 1);
    if (shape) shape(last, 1);
    memcpy(dst + 4 * half, &last[0], (size_t)(bytes - 4 * half < 4 ? bytes - 4 * half : 4));
  }
}

/* in[0]: keys (..., 2); each fills an equal share of the output, of bits or (4 bytes wide) floats.
 */
int mx_cpu_random_bits(const mx_step *step) {
  const mx_bits_params *p = (const mx_bits_params *)step->op->params;
  const mx_array *keys = step->in[0];
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  pthread_once(&once, fill);
  int64_t n = keys->size / 2, bytes = n ? (int64_t)mx_nbytes(out) / n : 0;
  const uint32_t *key = mx_data(keys);
  const shape_fn shapes[] = {[MX_DRAW_BITS] = NULL,
                             [MX_DRAW_UNIT] = kernels.unit,
                             [MX_DRAW_NORMAL] = kernels.normal,
                             [MX_DRAW_GUMBEL] = kernels.gumbel,
                             [MX_DRAW_LAPLACE] = kernels.laplace};
  for (int64_t i = 0; i < n; i++)
    draw_key((char *)mx_data(out) + i * bytes, bytes, key + 2 * i, shapes[p->draw]);
  return 0;
}

typedef struct erf_job {
  void (*fn)(const float *src, float *dst, int64_t n);
  const float *src;
  float *dst;
} erf_job;

static void erf_part(void *ctx, int64_t begin, int64_t end) {
  const erf_job *j = ctx;
  j->fn(j->src + begin, j->dst + begin, end - begin);
}

int mx_cpu_random_erf(const mx_step *step) {
  const mx_random_erf_params *p = (const mx_random_erf_params *)step->op->params;
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  pthread_once(&once, fill);
  erf_job j = {p->inverse ? kernels.erfinv : kernels.erf, mx_data(step->in[0]), mx_data(out)};
  mx_parallel_for(out->size, 16 << 10, erf_part, &j);
  return 0;
}
