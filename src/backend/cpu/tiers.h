/* The instruction-set tier in use: what the CPU has, capped by MLX_CPU_ISA (ref, avx2, avx512,
 * avx512bf16, neon) and by what this library was built with. */
#ifndef MX_CPU_TIERS_H
#define MX_CPU_TIERS_H

/* Tiers of one architecture are ordered: 0 ref, then avx2, avx512, avx512bf16; or 0 ref, 1 neon. */
int mx_cpu_tier(void);
const char *mx_cpu_tier_name(void);

/* MX_FILL_TIERS(fill_product, &table): fills a kernel table from the portable tier upwards. The
 * functions are declared with MX_DECLARE_TIERS(fill_product, mx_product_kernels). */
#if defined(__x86_64__)
#define MX_DECLARE_TIERS(fn, type) \
  void mx_ref_##fn(type *k);       \
  void mx_avx2_##fn(type *k);      \
  void mx_avx512_##fn(type *k);    \
  void mx_avx512bf16_##fn(type *k)
#define MX_FILL_TIERS(fn, table)   \
  do {                             \
    int tier = mx_cpu_tier();      \
    mx_ref_##fn(table);            \
    if (tier >= 1)                 \
      mx_avx2_##fn(table);         \
    if (tier >= 2)                 \
      mx_avx512_##fn(table);       \
    if (tier >= 3)                 \
      mx_avx512bf16_##fn(table);   \
  } while (0)
#elif defined(__aarch64__)
#define MX_DECLARE_TIERS(fn, type) \
  void mx_ref_##fn(type *k);       \
  void mx_neon_##fn(type *k)
#define MX_FILL_TIERS(fn, table)   \
  do {                             \
    mx_ref_##fn(table);            \
    if (mx_cpu_tier() >= 1)        \
      mx_neon_##fn(table);         \
  } while (0)
#else
#define MX_DECLARE_TIERS(fn, type) void mx_ref_##fn(type *k)
#define MX_FILL_TIERS(fn, table) mx_ref_##fn(table)
#endif

#endif
