/* Matrix-product primitives on the product engine: strides and batches of nodes become its operands. */
#include <stdlib.h>

#include "backend/cpu/engines.h"
#include "backend/cpu/product/product.h"
#include "base/error.h"
#include "core/params.h"

/* The last two axes of a node as a matrix; its batch is described by the caller. */
static mx_matrix matrix(const mx_array *a) {
  int n = a->ndim;
  return (mx_matrix){.data = mx_data(a),
                     .dtype = (mlx_dtype)a->dtype,
                     .row_stride = a->strides[n - 2],
                     .col_stride = a->strides[n - 1]};
}

/* One stride that walks all of some axes, where they have one; axes of length 1 do not count. */
static bool one_stride(const int64_t *shape, const int64_t *strides, int n, int64_t *stride) {
  bool any = false;
  int64_t expect = 0;
  *stride = 0;
  for (int i = n - 1; i >= 0; i--) {
    if (shape[i] == 1)
      continue;
    if (any && strides[i] != expect)
      return false;
    if (!any)
      *stride = strides[i];
    any = true;
    expect = strides[i] * shape[i];
  }
  return true;
}

/* The strides by which a's batch follows the output's: 0 along axes that broadcast. */
static void batch_strides(const mx_array *a, const mx_array *out, int64_t *strides) {
  int lead = out->ndim - a->ndim;
  for (int i = 0; i < out->ndim - 2; i++)
    strides[i] = i < lead || a->shape[i - lead] == 1 ? 0 : a->strides[i - lead];
}

/* Element offsets of each matrix of the batch, in the order of the output's batch. */
static int64_t *batch_offsets(const mx_array *a, const mx_array *out, int64_t batch) {
  int64_t *at = malloc((size_t)(batch ? batch : 1) * sizeof *at);
  if (!at) {
    mx_nomem("matmul");
    return NULL;
  }
  int64_t strides[MX_MAX_NDIM];
  batch_strides(a, out, strides);
  for (int64_t b = 0; b < batch; b++) {
    int64_t rest = b, offset = 0;
    for (int i = out->ndim - 3; i >= 0; i--) {
      offset += rest % out->shape[i] * strides[i];
      rest /= out->shape[i];
    }
    at[b] = offset;
  }
  return at;
}

/* Fills an operand's batch: one stride where there is one, else a list of offsets to free later. */
static int set_batch(mx_matrix *m, const mx_array *a, const mx_array *out, int64_t batch,
                     int64_t **owned) {
  int64_t strides[MX_MAX_NDIM];
  *owned = NULL;
  batch_strides(a, out, strides);
  if (one_stride(out->shape, strides, out->ndim - 2, &m->batch_stride))
    return 0;
  m->batch_stride = 1;
  m->index = *owned = batch_offsets(a, out, batch);
  return *owned == NULL;
}

static int64_t batch_of(const mx_array *out) {
  int64_t n = 1;
  for (int i = 0; i < out->ndim - 2; i++)
    n *= out->shape[i];
  return n;
}

/* The batch of `a` is more rows of one matrix when b is one matrix and one stride walks all rows. */
static void fold_batch(mx_product *p, const mx_array *a, const mx_array *b, const mx_array *out) {
  for (int i = 0; i < b->ndim - 2; i++)
    if (b->shape[i] != 1)
      return;
  int64_t stride;
  if (a->ndim != out->ndim || !one_stride(a->shape, a->strides, a->ndim - 1, &stride))
    return;
  p->a.row_stride = stride;
  p->m *= p->batch;
  p->batch = 1;
}

static mx_product shape_of(const mx_array *a, mx_array *out) {
  mx_product p = {.m = out->shape[out->ndim - 2],
                  .n = out->shape[out->ndim - 1],
                  .k = a->shape[a->ndim - 1],
                  .batch = batch_of(out),
                  .alpha = 1,
                  .a = matrix(a)};
  return p;
}

static int set_out(mx_product *p, mx_array *out) {
  if (mx_out_alloc(out))
    return 1;
  p->out = matrix(out);
  p->out.batch_stride = p->m * p->n;
  return 0;
}

static int product(const mx_step *step, mx_product *p, bool folds) {
  const mx_array *a = step->in[0], *b = step->in[1], *out = step->out[0];
  int64_t *list_a = NULL, *list_b = NULL;
  int bad = 0;
  if (folds)
    fold_batch(p, a, b, out);
  if (p->batch > 1)
    bad = set_batch(&p->a, a, out, p->batch, &list_a) || set_batch(&p->b, b, out, p->batch, &list_b);
  bad = bad || mx_product_run(p);
  free(list_a);
  free(list_b);
  return bad;
}

int mx_cpu_matmul(const mx_step *step) {
  mx_product p = shape_of(step->in[0], step->out[0]);
  p.b = matrix(step->in[1]);
  return set_out(&p, step->out[0]) || product(step, &p, true);
}

int mx_cpu_addmm(const mx_step *step) {
  const mx_addmm_params *q = (const mx_addmm_params *)step->op->params;
  const mx_array *c = step->in[2], *out = step->out[0];
  mx_product p = shape_of(step->in[0], step->out[0]);
  int64_t *list = NULL;
  p.b = matrix(step->in[1]);
  p.alpha = (float)q->alpha;
  p.beta = (float)q->beta;
  p.c = matrix(c);
  bool one_row = true; /* c is one row for all: then a's batch may fold into rows */
  for (int i = 0; i < c->ndim - 1; i++)
    one_row = one_row && (c->shape[i] == 1 || c->strides[i] == 0);
  if (set_out(&p, step->out[0]) || set_batch(&p.c, c, out, p.batch, &list))
    return 1;
  if (one_row)
    p.c.row_stride = 0;
  int bad = product(step, &p, one_row);
  free(list);
  return bad;
}

/* ---- by index ---- */

/* Element offsets of the matrices that an index list (row major int64) picks from a's batch. */
static int64_t *picked(const char *op, const mx_array *a, const mx_array *index, int64_t count) {
  int64_t batch = 1;
  for (int i = 0; i < a->ndim - 2; i++)
    batch *= a->shape[i];
  int64_t *at = malloc((size_t)(count ? count : 1) * sizeof *at);
  if (!at) {
    mx_nomem(op);
    return NULL;
  }
  const int64_t *want = mx_data(index);
  for (int64_t k = 0; k < count; k++) {
    int64_t rest = want[k] < 0 ? want[k] + batch : want[k], offset = 0;
    if (rest < 0 || rest >= batch) {
      mx_fail(MX_INDEX, "[%s] index %lld is out of range for a batch of %lld", op,
              (long long)want[k], (long long)batch);
      free(at);
      return NULL;
    }
    for (int i = a->ndim - 3; i >= 0; i--) {
      offset += rest % a->shape[i] * a->strides[i];
      rest /= a->shape[i];
    }
    at[k] = offset;
  }
  return at;
}

int mx_cpu_gather_mm(const mx_step *step) {
  mx_product p = shape_of(step->in[0], step->out[0]);
  p.b = matrix(step->in[1]);
  int64_t *lhs = picked("gather_mm", step->in[0], step->in[2], p.batch);
  int64_t *rhs = lhs ? picked("gather_mm", step->in[1], step->in[3], p.batch) : NULL;
  p.a.index = lhs;
  p.b.index = rhs;
  p.a.batch_stride = p.b.batch_stride = 1;
  int bad = !rhs || set_out(&p, step->out[0]) || mx_product_run(&p);
  free(lhs);
  free(rhs);
  return bad;
}

/* ---- quantized ---- */

static const mx_quant_mode modes[] = {MX_QUANT_AFFINE, MX_QUANT_MXFP4, MX_QUANT_NVFP4,
                                      MX_QUANT_MXFP8};

/* Codes (row major) and their scales as the right operand. */
static void quantized_operand(mx_product *p, const mx_step *step) {
  const mx_quant_params *q = (const mx_quant_params *)step->op->params;
  const mx_array *w = step->in[1], *scales = step->in[2], *biases = step->in[3];
  int n = w->ndim;
  p->b = (mx_matrix){.data = mx_data(w), .dtype = MLX_UINT32, .row_stride = w->shape[n - 1]};
  p->b.batch_stride = w->shape[n - 2] * w->shape[n - 1];
  p->quant = (mx_quant){.mode = modes[q->mode],
                        .transposed = q->transpose,
                        .bits = (int)q->bits,
                        .group = (int)q->group,
                        .scales = mx_data(scales),
                        .biases = biases ? mx_data(biases) : NULL,
                        .dtype = (mlx_dtype)scales->dtype,
                        .global_scale = 1,
                        .row_stride = scales->shape[n - 1],
                        .batch_stride = scales->shape[n - 2] * scales->shape[n - 1]};
}

int mx_cpu_quantized_matmul(const mx_step *step) {
  const mx_array *w = step->in[1], *out = step->out[0];
  mx_product p = shape_of(step->in[0], step->out[0]);
  quantized_operand(&p, step);
  if (set_out(&p, step->out[0]))
    return 1;
  fold_batch(&p, step->in[0], w, out);
  if (p.batch == 1)
    return mx_product_run(&p);
  /* which matrix each of the batch takes: w's own batch axes, broadcast */
  int64_t *list = NULL, *which = batch_offsets(w, out, p.batch), matrix_size = p.b.batch_stride;
  int bad = !which || set_batch(&p.a, step->in[0], out, p.batch, &list);
  for (int64_t b = 0; !bad && b < p.batch; b++)
    which[b] = matrix_size ? which[b] / matrix_size : 0;
  p.b.index = which;
  bad = bad || mx_product_run(&p);
  free(which);
  free(list);
  return bad;
}

int mx_cpu_gather_qmm(const mx_step *step) {
  const mx_array *w = step->in[1];
  mx_product p = shape_of(step->in[0], step->out[0]);
  quantized_operand(&p, step);
  int64_t matrix_size = p.b.batch_stride;
  int64_t *lhs = picked("gather_qmm", step->in[0], step->in[4], p.batch);
  int64_t *rhs = lhs ? picked("gather_qmm", w, step->in[5], p.batch) : NULL;
  for (int64_t b = 0; rhs && b < p.batch; b++)
    rhs[b] = matrix_size ? rhs[b] / matrix_size : 0;
  p.a.index = lhs;
  p.a.batch_stride = 1;
  p.b.index = rhs;
  int bad = !rhs || set_out(&p, step->out[0]) || mx_product_run(&p);
  free(lhs);
  free(rhs);
  return bad;
}

static float global_scale(const mx_array *g) {
  return g ? *(const float *)mx_data(g) : 0;
}

int mx_cpu_quantize(const mx_step *step) {
  const mx_quant_params *q = (const mx_quant_params *)step->op->params;
  const mx_array *w = step->in[0];
  for (int o = 0; o < step->n_out; o++)
    if (mx_out_alloc(step->out[o]))
      return 1;
  int64_t k = w->shape[w->ndim - 1], rows = k ? w->size / k : 0;
  if (q->mode == 0)
    return mx_quantize_affine(mx_data(w), (mlx_dtype)w->dtype, rows, k, (int)q->group, (int)q->bits,
                              mx_data(step->out[0]), mx_data(step->out[1]), mx_data(step->out[2]));
  return mx_quantize_fp(modes[q->mode], mx_data(w), (mlx_dtype)w->dtype, rows, k,
                        global_scale(step->in[1]), mx_data(step->out[0]), mx_data(step->out[1]));
}

int mx_cpu_dequantize(const mx_step *step) {
  const mx_quant_params *q = (const mx_quant_params *)step->op->params;
  mx_array *out = step->out[0];
  if (mx_out_alloc(out))
    return 1;
  int64_t k = out->shape[out->ndim - 1], rows = k ? out->size / k : 0;
  if (q->mode == 0)
    return mx_dequantize_affine(mx_data(step->in[0]), mx_data(step->in[1]), mx_data(step->in[2]),
                                (mlx_dtype)out->dtype, rows, k, (int)q->group, (int)q->bits,
                                mx_data(out));
  return mx_dequantize_fp(modes[q->mode], mx_data(step->in[0]), mx_data(step->in[1]),
                          global_scale(step->in[3]), (mlx_dtype)out->dtype, rows, k, mx_data(out));
}

int mx_cpu_to_fp8(const mx_step *step) {
  const mx_array *x = step->in[0];
  if (mx_out_alloc(step->out[0]))
    return 1;
  mx_e4m3_from_floats(mx_data(x), (mlx_dtype)x->dtype, x->size, mx_data(step->out[0]));
  return 0;
}

int mx_cpu_from_fp8(const mx_step *step) {
  const mx_array *x = step->in[0];
  if (mx_out_alloc(step->out[0]))
    return 1;
  mx_e4m3_to_floats(mx_data(x), x->size, (mlx_dtype)step->out[0]->dtype, mx_data(step->out[0]));
  return 0;
}
