/* Half-precision host types, where the compiler has them. Same names, types and prototypes as mlx-c. */
#ifndef MLX_HALF_H
#define MLX_HALF_H

#if defined(__aarch64__)
#include <arm_bf16.h>
#include <arm_fp16.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#if defined(__ARM_FEATURE_FP16_SCALAR_ARITHMETIC) || defined(__aarch64__)
#define HAS_FLOAT16
typedef __fp16 float16_t;
#endif
#if defined(__ARM_FEATURE_BF16) || defined(__aarch64__)
#define HAS_BFLOAT16
typedef __bf16 bfloat16_t;
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
