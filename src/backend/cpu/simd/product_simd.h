/* What the product kernels' files of one tier share: the tile's size and their parts of the table.
 * Invariant: MR * NR / VL accumulators, one row of B and one broadcast fit the vector registers. */
#ifndef MX_CPU_PRODUCT_SIMD_H
#define MX_CPU_PRODUCT_SIMD_H

#include "backend/cpu/product/kernels.h"
#include "backend/cpu/simd/tier.h"

#if MX_TIER_AVX512
#define MR 12
#define NR 32
#elif MX_TIER_AVX2
#define MR 6
#define NR 16
#elif MX_TIER_NEON
#define MR 8
#define NR 12
#else
#define MR 4
#define NR 8
#endif

void MX_SIMD(fill_product)(mx_product_kernels *k);
void MX_SIMD(fill_product_pack)(mx_product_kernels *k);
void MX_SIMD(fill_product_rows)(mx_product_kernels *k);
void MX_SIMD(fill_product_quant)(mx_product_kernels *k);

/* See mx_product_kernels.decode. */
void MX_SIMD(product_decode)(const mx_codes *q, int64_t r, int64_t start, int64_t n, float *dst);

#endif
