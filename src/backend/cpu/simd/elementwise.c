// All elementwise loops of one instruction set. The bfloat16 tier adds nothing to the one below.
#include "backend/cpu/simd/elementwise_simd.h"

#if defined(MX_TIER_AVX512BF16)
void MX_SIMD(fill_elementwise)(mx_ew_kernels *k) { (void)k; }
#else
void MX_SIMD(fill_elementwise)(mx_ew_kernels *k) {
  MX_SIMD(fill_elementwise_float)(k);
  MX_SIMD(fill_elementwise_double)(k);
  MX_SIMD(fill_elementwise_complex)(k);
  MX_SIMD(fill_elementwise_int)(k);
  MX_SIMD(fill_elementwise_cast)(k);
  MX_SIMD(fill_elementwise_half)(k);
  MX_SIMD(fill_elementwise_joined)(k);
}
#endif
