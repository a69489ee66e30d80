/* Builders of block quantization: modes, groups, shapes, dtypes. */
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

typedef struct mode_info {
  const char *name;
  int group, bits; /* defaults; the only choice where fixed */
  bool affine;
} mode_info;

/* In the order of MX_QUANT_AFFINE.. of the product engine. */
static const mode_info modes[] = {
    {"affine", 64, 4, true}, {"mxfp4", 32, 4, false}, {"nvfp4", 16, 4, false}, {"mxfp8", 32, 8, false}};

/* Fills mode, group and bits of the parameters from a call's arguments. */
static int parse_mode(const char *op, const char *mode, mlx_optional_int group,
                      mlx_optional_int bits, mx_quant_params *p) {
  const mode_info *m = NULL;
  for (size_t i = 0; i < sizeof modes / sizeof *modes && !m; i++)
    if (mode && strcmp(mode, modes[i].name) == 0)
      m = &modes[i];
  if (!m)
    return mx_fail(MX_VALUE, "[%s] unknown mode '%s': affine, mxfp4, mxfp8 and nvfp4 are known", op,
                   mode ? mode : "");
  p->mode = m - modes;
  p->group = group.has_value ? group.value : m->group;
  p->bits = bits.has_value ? bits.value : m->bits;
  if (!m->affine) {
    if (p->group != m->group || p->bits != m->bits)
      return mx_fail(MX_VALUE, "[%s] mode %s has groups of %d and %d bits, got %d and %d", op,
                     m->name, m->group, m->bits, (int)p->group, (int)p->bits);
    return 0;
  }
  if (p->group != 32 && p->group != 64 && p->group != 128)
    return mx_fail(MX_VALUE, "[%s] group size %d: 32, 64 and 128 are supported", op, (int)p->group);
  if (p->bits < 1 || p->bits > 8 || p->bits == 7)
    return mx_fail(MX_VALUE, "[%s] %d bits: 1, 2, 3, 4, 5, 6 and 8 are supported", op, (int)p->bits);
  return 0;
}

static bool half_or_single(mlx_dtype t) {
  return t == MLX_FLOAT16 || t == MLX_BFLOAT16 || t == MLX_FLOAT32;
}

static int check_global(const char *op, const mx_quant_params *p, const mx_array *global) {
  if (!global)
    return 0;
  if (strcmp(modes[p->mode].name, "nvfp4") != 0)
    return mx_fail(MX_VALUE, "[%s] only mode nvfp4 takes a global scale", op);
  if (global->size != 1 || global->dtype != MLX_FLOAT32)
    return mx_fail(MX_VALUE, "[%s] the global scale must be one float32", op);
  return 0;
}

int mx_quantize(mx_vec *res, mx_array *w, mlx_optional_int group_size, mlx_optional_int bits,
                const char *mode, mx_array *global_scale, mx_stream *s) {
  mx_quant_params p = {0};
  char text[256];
  if (!w || parse_mode("quantize", mode, group_size, bits, &p) ||
      check_global("quantize", &p, global_scale))
    return 1;
  mlx_dtype t = (mlx_dtype)w->dtype;
  mx_shape_text(text, sizeof text, w->shape, w->ndim);
  if (!mx_is_float(t))
    return mx_fail(MX_VALUE, "[quantize] only float dtypes, got %s", mx_dtype_name(t));
  if (t == MLX_FLOAT64)
    return mx_fail(MX_RUNTIME, "[quantize] float64 is not supported");
  if (w->ndim < 2)
    return mx_fail(MX_VALUE, "[quantize] at least two dimensions are needed, got shape %s", text);
  int64_t k = w->shape[w->ndim - 1];
  if (k % p.group)
    return mx_fail(MX_VALUE, "[quantize] the last axis must be a multiple of the group size %d, got shape %s",
                   (int)p.group, text);
  bool affine = modes[p.mode].affine;
  int64_t codes[MX_MAX_NDIM], groups[MX_MAX_NDIM];
  memcpy(codes, w->shape, (size_t)w->ndim * sizeof *codes);
  memcpy(groups, w->shape, (size_t)w->ndim * sizeof *groups);
  codes[w->ndim - 1] = k * p.bits / 32;
  groups[w->ndim - 1] = k / p.group;
  if (p.mode == 2 && w->size % 32)
    return mx_fail(MX_VALUE, "[quantize] mode nvfp4 needs a multiple of 32 elements, got shape %s", text);
  mx_spec out[] = {{MLX_UINT32, w->ndim, codes, NULL},
                   {affine ? t : MLX_UINT8, w->ndim, groups, NULL},
                   {t, w->ndim, groups, NULL}};
  mx_array *in[] = {mx_row_major(w, s), global_scale};
  if (!in[0] || mx_vec_alloc(res, affine ? 3 : 2, "quantize"))
    return 1;
  return mx_node_multi(MX_PRIM_QUANTIZE, (int)res->n, out, res->p, 2, in, MX_WORDS(p), s);
}

/* Shapes and dtypes of codes and scales that belong together; the number of elements of a row. */
static int check_quantized(const char *op, const mx_array *w, const mx_array *scales,
                           const mx_array *biases, const mx_quant_params *p, int64_t *row) {
  char a[200], b[200];
  bool affine = modes[p->mode].affine;
  mx_shape_text(a, sizeof a, w->shape, w->ndim);
  mx_shape_text(b, sizeof b, scales->shape, scales->ndim);
  if (w->dtype != MLX_UINT32)
    return mx_fail(MX_VALUE, "[%s] the codes must be uint32, got %s", op, mx_dtype_name((mlx_dtype)w->dtype));
  if (affine && !biases)
    return mx_fail(MX_VALUE, "[%s] mode affine needs biases", op);
  if (!affine && biases)
    return mx_fail(MX_VALUE, "[%s] mode %s has no biases", op, modes[p->mode].name);
  if (affine ? !half_or_single((mlx_dtype)scales->dtype) || biases->dtype != scales->dtype
             : scales->dtype != MLX_UINT8)
    return mx_fail(MX_VALUE, "[%s] scales of dtype %s do not fit mode %s", op,
                   mx_dtype_name((mlx_dtype)scales->dtype), modes[p->mode].name);
  bool fits = w->ndim >= 2 && scales->ndim == w->ndim &&
              (!biases || (biases->ndim == scales->ndim &&
                           !memcmp(biases->shape, scales->shape, (size_t)scales->ndim * 8)));
  for (int i = 0; i < w->ndim - 1 && fits; i++)
    fits = w->shape[i] == scales->shape[i];
  if (fits)
    fits = w->shape[w->ndim - 1] * 32 == scales->shape[w->ndim - 1] * p->group * p->bits;
  if (!fits)
    return mx_fail(MX_VALUE,
                   "[%s] codes of shape %s and scales of shape %s do not fit together for groups of "
                   "%d and %d bits",
                   op, a, b, (int)p->group, (int)p->bits);
  *row = scales->shape[scales->ndim - 1] * p->group;
  return 0;
}

/* Casts of scales to one half or single dtype, when the biases have another. */
static int same_dtype(mx_array **scales, mx_array **biases, mx_stream *s) {
  if (!*biases || (*scales)->dtype == (*biases)->dtype)
    return 0;
  mlx_dtype t = mx_promote((mlx_dtype)(*scales)->dtype, (mlx_dtype)(*biases)->dtype);
  *scales = mx_cast(*scales, t, s);
  *biases = mx_cast(*biases, t, s);
  return !*scales || !*biases;
}

mx_array *mx_dequantize(mx_array *w, mx_array *scales, mx_array *biases, mlx_optional_int group_size,
                        mlx_optional_int bits, const char *mode, mx_array *global_scale,
                        mlx_optional_dtype dtype, mx_stream *s) {
  mx_quant_params p = {0};
  int64_t row;
  if (!w || !scales || same_dtype(&scales, &biases, s) ||
      parse_mode("dequantize", mode, group_size, bits, &p) ||
      check_global("dequantize", &p, global_scale) ||
      check_quantized("dequantize", w, scales, biases, &p, &row))
    return NULL;
  bool affine = modes[p.mode].affine;
  mlx_dtype t = affine ? (mlx_dtype)scales->dtype : global_scale ? MLX_FLOAT32 : MLX_BFLOAT16;
  if (dtype.has_value && !affine)
    t = dtype.value;
  if (!half_or_single(t)) {
    mx_fail(MX_VALUE, "[dequantize] float16, bfloat16 and float32 are supported, got %s",
            mx_dtype_name(t));
    return NULL;
  }
  int64_t shape[MX_MAX_NDIM];
  memcpy(shape, w->shape, (size_t)w->ndim * sizeof *shape);
  shape[w->ndim - 1] = row;
  mx_array *in[] = {mx_row_major(w, s), mx_row_major(scales, s),
                    biases ? mx_row_major(biases, s) : NULL, global_scale};
  if (!in[0] || !in[1] || (biases && !in[2]))
    return NULL;
  mx_array *r = mx_node(MX_PRIM_DEQUANTIZE, (mx_spec){t, w->ndim, shape, NULL}, 4, in, MX_WORDS(p), s);
  return r && dtype.has_value ? mx_cast(r, dtype.value, s) : r;
}

/* What quantized_matmul and gather_qmm share: checks, and the result's dtype and last two axes. */
static int prepare(const char *op, mx_array **x_, mx_array **w, mx_array **scales, mx_array **biases,
                   bool transpose, mx_quant_params *p, mlx_dtype *t, int64_t *n, mx_stream *s) {
  char a[200], b[200];
  int64_t row;
  mx_array *x = *x_;
  if (same_dtype(scales, biases, s) || check_quantized(op, *w, *scales, *biases, p, &row))
    return 1;
  if (modes[p->mode].affine && !mx_is_inexact((mlx_dtype)x->dtype)) {
    *x_ = x = mx_cast(x, (mlx_dtype)(*scales)->dtype, s);
    if (!x)
      return 1;
  }
  if (x->ndim < 1 || !mx_is_float((mlx_dtype)x->dtype) || x->dtype == MLX_FLOAT64)
    return mx_fail(MX_VALUE, "[%s] x must be float16, bfloat16 or float32 with at least one axis, got %s of %d",
                   op, mx_dtype_name((mlx_dtype)x->dtype), x->ndim);
  int64_t k = transpose ? row : (*w)->shape[(*w)->ndim - 2];
  *n = transpose ? (*w)->shape[(*w)->ndim - 2] : row;
  if (x->shape[x->ndim - 1] != k)
    return mx_fail(MX_VALUE, "[%s] x of shape %s does not fit codes of shape %s (%s, %d bits)", op,
                   mx_shape_text(a, sizeof a, x->shape, x->ndim),
                   mx_shape_text(b, sizeof b, (*w)->shape, (*w)->ndim),
                   transpose ? "transposed" : "not transposed", (int)p->bits);
  *t = (mlx_dtype)x->dtype;
  if (modes[p->mode].affine)
    *t = mx_promote(*t, (mlx_dtype)(*scales)->dtype);
  p->transpose = transpose;
  *w = mx_row_major(*w, s);
  *scales = mx_row_major(*scales, s);
  if (*biases && !(*biases = mx_row_major(*biases, s)))
    return 1;
  return !*w || !*scales;
}

mx_array *mx_quantized_matmul(mx_array *x, mx_array *w, mx_array *scales, mx_array *biases,
                              bool transpose, mlx_optional_int group_size, mlx_optional_int bits,
                              const char *mode, mx_stream *s) {
  mx_quant_params p = {0};
  mlx_dtype t;
  int64_t n;
  if (!x || !w || !scales || parse_mode("quantized_matmul", mode, group_size, bits, &p) ||
      prepare("quantized_matmul", &x, &w, &scales, &biases, transpose, &p, &t, &n, s))
    return NULL;
  bool row = x->ndim == 1;
  if (row && !(x = mx_expand_dims(x, 0, s)))
    return NULL;
  int64_t shape[2 * MX_MAX_NDIM];
  int ndim = x->ndim - 2;
  memcpy(shape, x->shape, (size_t)ndim * sizeof *shape);
  if (mx_broadcast_shape("quantized_matmul", shape, &ndim, w->shape, w->ndim - 2))
    return NULL;
  shape[ndim++] = x->shape[x->ndim - 2];
  shape[ndim++] = n;
  mx_array *in[] = {x, w, scales, biases};
  mx_array *r = mx_node(MX_PRIM_QUANTIZED_MATMUL, (mx_spec){t, ndim, shape, NULL}, 4, in,
                        MX_WORDS(p), s);
  return r && row ? mx_squeeze_axis(r, -2, s) : r;
}

mx_array *mx_gather_qmm(mx_array *x, mx_array *w, mx_array *scales, mx_array *biases, mx_array *lhs,
                        mx_array *rhs, bool transpose, mlx_optional_int group_size,
                        mlx_optional_int bits, const char *mode, bool sorted_indices, mx_stream *s) {
  mx_quant_params p = {0};
  mlx_dtype t;
  int64_t n;
  (void)sorted_indices; /* a hint for devices that batch by matrix */
  if (!lhs && !rhs)
    return mx_quantized_matmul(x, w, scales, biases, transpose, group_size, bits, mode, s);
  if (!x || !w || !scales || parse_mode("gather_qmm", mode, group_size, bits, &p) ||
      prepare("gather_qmm", &x, &w, &scales, &biases, transpose, &p, &t, &n, s))
    return NULL;
  if (x->ndim < 2) {
    mx_fail(MX_VALUE, "[gather_qmm] x needs at least two dimensions");
    return NULL;
  }
  if (mx_gather_indices("gather_qmm", x, w, &lhs, &rhs, s))
    return NULL;
  int64_t shape[MX_MAX_NDIM + 2];
  int ndim = lhs->ndim;
  memcpy(shape, lhs->shape, (size_t)ndim * sizeof *shape);
  shape[ndim++] = x->shape[x->ndim - 2];
  shape[ndim++] = n;
  mx_array *in[] = {x, w, scales, biases, mx_row_major(lhs, s), mx_row_major(rhs, s)};
  if (!in[4] || !in[5])
    return NULL;
  return mx_node(MX_PRIM_GATHER_QMM, (mx_spec){t, ndim, shape, NULL}, 6, in, MX_WORDS(p), s);
}

mx_array *mx_to_fp8(mx_array *x, mx_stream *s) {
  if (!x)
    return NULL;
  if (!mx_is_float((mlx_dtype)x->dtype)) {
    mx_fail(MX_VALUE, "[to_fp8] only floats have an fp8 form, got %s",
            mx_dtype_name((mlx_dtype)x->dtype));
    return NULL;
  }
  if (x->dtype == MLX_FLOAT64 && !(x = mx_cast(x, MLX_FLOAT32, s)))
    return NULL;
  x = mx_row_major(x, s);
  return x ? mx_node(MX_PRIM_TO_FP8, (mx_spec){MLX_UINT8, x->ndim, x->shape, NULL}, 1, &x, 0, NULL, s)
           : NULL;
}

mx_array *mx_from_fp8(mx_array *x, mlx_dtype dtype, mx_stream *s) {
  if (!x)
    return NULL;
  if (x->dtype != MLX_UINT8 || !mx_dtype_valid(dtype) || !mx_is_float(dtype)) {
    mx_fail(MX_VALUE, "[from_fp8] from uint8 to a float dtype only, got %s to %s",
            mx_dtype_name((mlx_dtype)x->dtype), mx_dtype_name(dtype));
    return NULL;
  }
  mlx_dtype t = half_or_single(dtype) ? dtype : MLX_FLOAT32;
  x = mx_row_major(x, s);
  x = x ? mx_node(MX_PRIM_FROM_FP8, (mx_spec){t, x->ndim, x->shape, NULL}, 1, &x, 0, NULL, s) : NULL;
  return x ? mx_cast(x, dtype, s) : NULL;
}
