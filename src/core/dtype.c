/* Owns the facts of dtypes: one row each, and the promotion table (symmetric, measured on MLX). */
#include "core/dtype.h"

static const struct {
  const char *name;
  unsigned char bytes, kind;
} info[MX_DTYPE_COUNT] = {
    [MLX_BOOL] = {"bool", 1, MX_KIND_BOOL},          [MLX_UINT8] = {"uint8", 1, MX_KIND_UINT},
    [MLX_UINT16] = {"uint16", 2, MX_KIND_UINT},      [MLX_UINT32] = {"uint32", 4, MX_KIND_UINT},
    [MLX_UINT64] = {"uint64", 8, MX_KIND_UINT},      [MLX_INT8] = {"int8", 1, MX_KIND_INT},
    [MLX_INT16] = {"int16", 2, MX_KIND_INT},         [MLX_INT32] = {"int32", 4, MX_KIND_INT},
    [MLX_INT64] = {"int64", 8, MX_KIND_INT},         [MLX_FLOAT16] = {"float16", 2, MX_KIND_FLOAT},
    [MLX_FLOAT32] = {"float32", 4, MX_KIND_FLOAT},   [MLX_FLOAT64] = {"float64", 8, MX_KIND_FLOAT},
    [MLX_BFLOAT16] = {"bfloat16", 2, MX_KIND_FLOAT}, [MLX_COMPLEX64] = {"complex64", 8, MX_KIND_COMPLEX},
};

enum { B = MLX_BOOL, U8 = MLX_UINT8, U16 = MLX_UINT16, U32 = MLX_UINT32, U64 = MLX_UINT64,
       I8 = MLX_INT8, I16 = MLX_INT16, I32 = MLX_INT32, I64 = MLX_INT64, H = MLX_FLOAT16,
       F = MLX_FLOAT32, D = MLX_FLOAT64, BF = MLX_BFLOAT16, C = MLX_COMPLEX64 };

/* clang-format off */
static const unsigned char promotion[MX_DTYPE_COUNT][MX_DTYPE_COUNT] = {
    {B , U8, U16, U32, U64, I8, I16, I32, I64, H , F , D , BF, C  }, /* bool */
    {U8, U8, U16, U32, U64, I16, I16, I32, I64, H , F , D , BF, C  }, /* uint8 */
    {U16, U16, U16, U32, U64, I32, I32, I32, I64, H , F , D , BF, C  }, /* uint16 */
    {U32, U32, U32, U32, U64, I64, I64, I64, I64, H , F , D , BF, C  }, /* uint32 */
    {U64, U64, U64, U64, U64, F , F , F , F , H , F , D , BF, C  }, /* uint64 */
    {I8, I16, I32, I64, F , I8, I16, I32, I64, H , F , D , BF, C  }, /* int8 */
    {I16, I16, I32, I64, F , I16, I16, I32, I64, H , F , D , BF, C  }, /* int16 */
    {I32, I32, I32, I64, F , I32, I32, I32, I64, H , F , D , BF, C  }, /* int32 */
    {I64, I64, I64, I64, F , I64, I64, I64, I64, H , F , D , BF, C  }, /* int64 */
    {H , H , H , H , H , H , H , H , H , H , F , D , F , C  }, /* float16 */
    {F , F , F , F , F , F , F , F , F , F , F , D , F , C  }, /* float32 */
    {D , D , D , D , D , D , D , D , D , D , D , D , D , C  }, /* float64 */
    {BF, BF, BF, BF, BF, BF, BF, BF, BF, F , F , D , BF, C  }, /* bfloat16 */
    {C , C , C , C , C , C , C , C , C , C , C , C , C , C  }, /* complex64 */
};
/* clang-format on */

int mx_dtype_valid(mlx_dtype t) {
  return (unsigned)t < MX_DTYPE_COUNT;
}

int mx_dtype_bytes(mlx_dtype t) {
  return info[t].bytes;
}

mx_kind_of mx_dtype_kind(mlx_dtype t) {
  return (mx_kind_of)info[t].kind;
}

const char *mx_dtype_name(mlx_dtype t) {
  return mx_dtype_valid(t) ? info[t].name : "invalid dtype";
}

mlx_dtype mx_promote(mlx_dtype a, mlx_dtype b) {
  return (mlx_dtype)promotion[a][b];
}
