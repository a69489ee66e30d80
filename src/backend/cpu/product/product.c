/* The door of matrix products: checks, normal forms, and the choice of a path.
 * Invariant: after normal form, a product has at least one output and one step of K, and its batch
 * is folded into its rows where the operands allow it. */
#include "backend/cpu/product/driver.h"
#include "base/error.h"

enum { SHORT_K = 256 }; /* for a whole tile of columns; less for fewer */

/* --- one product of a batch ------------------------------------------------------------------------ */

static int64_t matrix_number(const mx_matrix *x, int64_t batch) {
  return x->index ? x->index[batch] : batch;
}

static char *matrix_at(const mx_matrix *x, int64_t batch) {
  return (char *)x->data + matrix_number(x, batch) * x->batch_stride * mx_dtype_bytes(x->dtype);
}

static mx_codes codes_at(const mx_product *p, int64_t batch) {
  const mx_quant *q = &p->quant;
  int64_t number = matrix_number(&p->b, batch), group = number * q->batch_stride;
  int64_t size = q->mode == MX_QUANT_AFFINE ? mx_dtype_bytes(q->dtype) : 1;
  mx_codes c = {.mode = q->mode, .bits = q->bits, .group = q->group, .dtype = q->dtype};
  c.words = (const uint32_t *)p->b.data + number * p->b.batch_stride;
  c.scales = (const char *)q->scales + group * size;
  c.biases = q->biases ? (const char *)q->biases + group * size : NULL;
  c.factor = q->global_scale;
  c.row_codes = q->transposed ? p->k : p->n;
  c.word_stride = p->b.row_stride;
  c.group_stride = q->row_stride;
  return c;
}

void mx_product_at(const mx_product *p, const mx_product_kernels *k, int64_t batch, mx_one *one) {
  *one = (mx_one){.p = p, .kernels = k, .out = matrix_at(&p->out, batch)};
  one->a = (mx_lanes){matrix_at(&p->a, batch), p->a.dtype, p->a.row_stride, p->a.col_stride};
  if (p->quant.mode == MX_QUANT_NONE) {
    one->b = (mx_lanes){matrix_at(&p->b, batch), p->b.dtype, p->b.col_stride, p->b.row_stride};
  } else {
    one->q = codes_at(p, batch);
  }
  if (p->beta != 0 && p->c.data) one->c = matrix_at(&p->c, batch);
}

void mx_product_finish(const mx_one *one, int64_t i, int64_t j, int64_t n, const float *acc) {
  const mx_product *p = one->p;
  mx_epilogue e = {.alpha = p->alpha, .beta = p->beta};
  if (one->c) {
    int64_t at = i * p->c.row_stride + j * p->c.col_stride;
    e.c = one->c + at * mx_dtype_bytes(p->c.dtype);
    e.c_dtype = p->c.dtype;
    e.c_stride = p->c.col_stride;
  }
  if (p->bias) {
    e.bias = (const char *)p->bias + j * p->bias_stride * mx_dtype_bytes(p->bias_dtype);
    e.bias_dtype = p->bias_dtype;
    e.bias_stride = p->bias_stride;
  }
  int64_t at = i * p->out.row_stride + j * p->out.col_stride;
  char *dst = one->out + at * mx_dtype_bytes(p->out.dtype);
  one->kernels->finish(&e, acc, n, dst, p->out.dtype, p->out.col_stride);
}

/* --- normal forms ------------------------------------------------------------------------------------- */

static bool folds(const mx_matrix *x, int64_t m) {
  return !x->index && x->batch_stride == m * x->row_stride;
}

/* A batch that shares B is one product of more rows. */
static void fold_batch(mx_product *p) {
  if (p->batch == 1) return;
  if (p->b.index || p->b.batch_stride != 0) return;
  if (p->quant.mode != MX_QUANT_NONE && p->quant.batch_stride != 0) return;
  bool c = p->beta != 0 && p->c.data;
  if (p->m == 1) {
    p->a.row_stride = p->a.batch_stride;
    p->c.row_stride = p->c.batch_stride;
    p->out.row_stride = p->out.batch_stride;
  }
  if (!folds(&p->a, p->m) || !folds(&p->out, p->m) || (c && !folds(&p->c, p->m))) return;
  p->m *= p->batch;
  p->batch = 1;
}

static mx_matrix transposed(mx_matrix x) {
  int64_t row = x.row_stride;
  x.row_stride = x.col_stride;
  x.col_stride = row;
  return x;
}

/* Sums over a short K are not worth a dot product each: a tile with a few idle columns is faster. */
static bool too_short(const mx_product *p) {
  return p->a.col_stride == 1 && p->k * mx_product_table()->nr < SHORT_K * p->n;
}

/* Few columns of a tall product are few rows of the transposed one. */
static bool turned(const mx_product *p, mx_product *to) {
  bool c = p->beta != 0 && p->c.data;
  if (p->quant.mode != MX_QUANT_NONE || p->m <= p->n || (c && p->bias) || too_short(p)) return false;
  *to = *p;
  to->m = p->n;
  to->n = p->m;
  to->a = transposed(p->b);
  to->b = transposed(p->a);
  to->out = transposed(p->out);
  to->c = transposed(p->c);
  if (p->bias) {
    to->c = (mx_matrix){p->bias, p->bias_dtype, p->bias_stride, 0, 0, NULL};
    to->beta = 1;
    to->bias = NULL;
  }
  return mx_product_is_rows(to);
}

/* --- paths -------------------------------------------------------------------------------------------- */

/* K = 0: nothing but the epilogue. */
static void no_sum(const mx_product *p, const mx_product_kernels *k) {
  float zeros[256] = {0};
  for (int64_t b = 0; b < p->batch; b++) {
    mx_one one;
    mx_product_at(p, k, b, &one);
    for (int64_t i = 0; i < p->m; i++) {
      for (int64_t j = 0; j < p->n; j += 256) {
        mx_product_finish(&one, i, j, mx_min64(256, p->n - j), zeros);
      }
    }
  }
}

static int run_f32(const mx_product *given) {
  const mx_product_kernels *k = mx_product_table();
  mx_product p = *given, turn;
  if (p.k == 0) {
    no_sum(&p, k);
    return 0;
  }
  fold_batch(&p);
  if (p.k == 1) p.a.col_stride = p.b.row_stride = 1;
  if (p.n == 1 && p.quant.mode == MX_QUANT_NONE) p.b.col_stride = p.b.row_stride == 1 ? p.k : 1;
  if (mx_product_is_rows(&p)) return mx_product_rows(&p, k);
  if (turned(&p, &turn)) return mx_product_rows(&turn, k);
  return mx_product_blocked(&p, k);
}

/* --- complex64: four real products of the planes ----------------------------------------------------- */

static mx_matrix plane(mx_matrix x, int part) {
  x.data = (const char *)x.data + part * 4;
  x.dtype = MLX_FLOAT32;
  x.row_stride *= 2;
  x.col_stride *= 2;
  x.batch_stride *= 2;
  return x;
}

/* out_part = alpha * (a0 b0 + sign * a1 b1) + beta * c_part + bias_part */
static int run_plane(const mx_product *p, int part) {
  mx_product first = *p;
  first.a = plane(p->a, 0);
  first.b = plane(p->b, part);
  first.out = plane(p->out, part);
  if (p->c.data) first.c = plane(p->c, part);
  if (p->bias) {
    first.bias = (const char *)p->bias + part * 4;
    first.bias_dtype = MLX_FLOAT32;
    first.bias_stride = 2 * p->bias_stride;
  }
  if (run_f32(&first)) return 1;
  mx_product second = first;
  second.a = plane(p->a, 1);
  second.b = plane(p->b, 1 - part);
  second.alpha = part ? p->alpha : -p->alpha;
  second.beta = 1;
  second.c = first.out;
  second.bias = NULL;
  return run_f32(&second);
}

static bool is_small_float(mlx_dtype t) {
  return t == MLX_FLOAT16 || t == MLX_BFLOAT16 || t == MLX_FLOAT32;
}

/* Zero after mx_fail for dtypes that no path takes. */
static bool dtypes_agree(const mx_product *p) {
  bool quantized = p->quant.mode != MX_QUANT_NONE, c = p->beta != 0 && p->c.data;
  mlx_dtype t = p->out.dtype;
  if (t == MLX_FLOAT64 || t == MLX_COMPLEX64) {
    return !quantized && p->a.dtype == t && p->b.dtype == t && (!c || p->c.dtype == t) &&
           (!p->bias || p->bias_dtype == t);
  }
  return is_small_float(t) && is_small_float(p->a.dtype) &&
         (quantized || is_small_float(p->b.dtype)) && (!c || is_small_float(p->c.dtype)) &&
         (!p->bias || is_small_float(p->bias_dtype));
}

int mx_product_run(const mx_product *p) {
  if (p->m <= 0 || p->n <= 0 || p->batch <= 0) return 0;
  if (!dtypes_agree(p)) {
    return mx_fail(MX_TYPE, "[matmul] dtypes %d, %d with output dtype %d", (int)p->a.dtype,
                   (int)p->b.dtype, (int)p->out.dtype);
  }
  int failed;
  if (p->out.dtype == MLX_COMPLEX64) {
    failed = run_plane(p, 0) || run_plane(p, 1);
  } else if (p->out.dtype == MLX_FLOAT64) {
    failed = mx_product_f64(p, mx_product_table());
  } else {
    failed = run_f32(p);
  }
  return failed ? mx_nomem("matmul") : 0;
}
