/* Threefry-2x32 with 20 rounds over a run of counters: plain loops that the compiler turns into
 * vectors of each tier. Integers only, so all tiers agree. */
#include "backend/cpu/random.h"
#include "backend/cpu/simd/tier.h"

#if MX_TIER_AVX512
enum { LANES = 32 };
#elif MX_TIER_AVX2
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif

static inline void round4(uint32_t *restrict a, uint32_t *restrict b, int r0, int r1, int r2,
                          int r3) {
  for (int i = 0; i < LANES; i++) {
    uint32_t x = a[i], y = b[i];
    x += y;
    y = (y << r0 | y >> (32 - r0)) ^ x;
    x += y;
    y = (y << r1 | y >> (32 - r1)) ^ x;
    x += y;
    y = (y << r2 | y >> (32 - r2)) ^ x;
    x += y;
    y = (y << r3 | y >> (32 - r3)) ^ x;
    a[i] = x;
    b[i] = y;
  }
}

static inline void inject(uint32_t *restrict a, uint32_t *restrict b, uint32_t x, uint32_t y) {
  for (int i = 0; i < LANES; i++) {
    a[i] += x;
    b[i] += y;
  }
}

static inline void block(uint32_t *restrict a, uint32_t *restrict b, const uint32_t *key,
                         uint32_t first, uint32_t second) {
  uint32_t k0 = key[0], k1 = key[1], k2 = k0 ^ k1 ^ 0x1bd11bda;
  for (int i = 0; i < LANES; i++) {
    a[i] = first + (uint32_t)i + k0;
    b[i] = second + (uint32_t)i + k1;
  }
  round4(a, b, 13, 15, 26, 6);
  inject(a, b, k1, k2 + 1);
  round4(a, b, 17, 29, 16, 24);
  inject(a, b, k2, k0 + 2);
  round4(a, b, 13, 15, 26, 6);
  inject(a, b, k0, k1 + 3);
  round4(a, b, 17, 29, 16, 24);
  inject(a, b, k1, k2 + 4);
  round4(a, b, 13, 15, 26, 6);
  inject(a, b, k2, k0 + 5);
}

static void threefry(uint32_t *lo, uint32_t *hi, const uint32_t *key, uint32_t first,
                     uint32_t second, int64_t n) {
  uint32_t a[LANES], b[LANES];
  for (int64_t i = 0; i < n; i += LANES) {
    block(a, b, key, first + (uint32_t)i, second + (uint32_t)i);
    int64_t m = n - i < LANES ? n - i : LANES;
    if (m == LANES) {
      __builtin_memcpy(lo + i, a, sizeof a);
      __builtin_memcpy(hi + i, b, sizeof b);
      continue;
    }
    for (int64_t k = 0; k < m; k++) {
      lo[i + k] = a[k];
      hi[i + k] = b[k];
    }
  }
}

void MX_SIMD(fill_random)(mx_random_kernels *k);
void MX_SIMD(fill_random)(mx_random_kernels *k) {
  k->threefry = threefry;
}
