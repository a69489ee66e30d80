/* Builders of matrix products: shapes, broadcasting of the batch, dtypes. */
#include <stdio.h>
#include <string.h>

#include "core/params.h"
#include "core/session.h"
#include "gen/ops.h"

/* "(2,3) and (4,5)" */
static const char *shapes(char *buf, size_t n, const mx_array *a, const mx_array *b) {
  char x[200], y[200];
  mx_shape_text(x, sizeof x, a->shape, a->ndim);
  mx_shape_text(y, sizeof y, b->shape, b->ndim);
  snprintf(buf, n, "%s and %s", x, y);
  return buf;
}

/* The dtype of a product, or -1 with an error: floats and complex only. */
static int product_dtype(const char *op, const mx_array *a, const mx_array *b) {
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  if (mx_is_inexact(t))
    return (int)t;
  mx_fail(MX_VALUE, "[%s] only float and complex dtypes have a product, got %s and %s", op,
          mx_dtype_name((mlx_dtype)a->dtype), mx_dtype_name((mlx_dtype)b->dtype));
  return -1;
}

/* Shape of a @ b for inputs of two dimensions and more. */
static int product_shape(const char *op, const mx_array *a, const mx_array *b, int64_t *shape,
                         int *ndim) {
  char text[512];
  if (a->shape[a->ndim - 1] != b->shape[b->ndim - 2])
    return mx_fail(MX_VALUE,
                   "[%s] last axis of the first input must match the second to last of the second: "
                   "shapes %s",
                   op, shapes(text, sizeof text, a, b));
  *ndim = a->ndim - 2;
  memcpy(shape, a->shape, (size_t)*ndim * sizeof *shape);
  if (mx_broadcast_shape(op, shape, ndim, b->shape, b->ndim - 2))
    return 1;
  shape[(*ndim)++] = a->shape[a->ndim - 2];
  shape[(*ndim)++] = b->shape[b->ndim - 1];
  return 0;
}

/* A vector becomes a row (front) or a column. */
static mx_array *as_matrix(mx_array *a, bool row, mx_stream *s) {
  return a && a->ndim == 1 ? mx_expand_dims(a, row ? 0 : 1, s) : a;
}

static bool scalar_input(const char *op, const mx_array *a, const mx_array *b) {
  char text[512];
  if (a->ndim && b->ndim)
    return false;
  mx_fail(MX_VALUE, "[%s] inputs need at least one dimension: shapes %s", op,
          shapes(text, sizeof text, a, b));
  return true;
}

/* Takes out the axes that as_matrix put in. */
static mx_array *drop_axes(mx_array *r, bool row, bool column, mx_stream *s) {
  if (r && column)
    r = mx_squeeze_axis(r, -1, s);
  if (r && row)
    r = mx_squeeze_axis(r, column ? -1 : -2, s);
  return r;
}

/* Of integers, which MLX refuses: both over one batch, in rows. */
static mx_array *integer_product(mx_array *a, mx_array *b, mlx_dtype t, mx_stream *s) {
  bool row = a->ndim == 1, column = b->ndim == 1;
  int64_t shape[2 * MX_MAX_NDIM], whole[2 * MX_MAX_NDIM];
  int ndim;
  a = as_matrix(mx_cast(a, t, s), true, s);
  b = as_matrix(mx_cast(b, t, s), false, s);
  if (!a || !b || product_shape("matmul", a, b, shape, &ndim))
    return NULL;
  memcpy(whole, shape, (size_t)ndim * sizeof *shape);
  whole[ndim - 1] = a->shape[a->ndim - 1];
  mx_array *x = mx_row_major(mx_broadcast_to(a, (mx_ints){whole, ndim}, s), s);
  whole[ndim - 2] = b->shape[b->ndim - 2];
  whole[ndim - 1] = b->shape[b->ndim - 1];
  mx_array *in[] = {x, mx_row_major(mx_broadcast_to(b, (mx_ints){whole, ndim}, s), s)};
  if (!in[0] || !in[1])
    return NULL;
  mx_array *r = mx_node(MX_PRIM_INTEGER_MATMUL, (mx_spec){t, ndim, shape, NULL}, 2, in, 0, NULL, s);
  return drop_axes(r, row, column, s);
}

mx_array *mx_matmul(mx_array *a, mx_array *b, mx_stream *s) {
  if (!a || !b || scalar_input("matmul", a, b))
    return NULL;
  bool row = a->ndim == 1, column = b->ndim == 1;
  mlx_dtype common = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  if (common != MLX_BOOL && !mx_is_inexact(common))
    return integer_product(a, b, common, s);
  int t = product_dtype("matmul", a, b);
  if (t < 0)
    return NULL;
  a = as_matrix(mx_cast(a, (mlx_dtype)t, s), true, s);
  b = as_matrix(mx_cast(b, (mlx_dtype)t, s), false, s);
  int64_t shape[2 * MX_MAX_NDIM];
  int ndim;
  if (!a || !b || product_shape("matmul", a, b, shape, &ndim))
    return NULL;
  mx_array *in[] = {a, b};
  mx_array *r = mx_node(MX_PRIM_MATMUL, (mx_spec){(mlx_dtype)t, ndim, shape, NULL}, 2, in, 0, NULL, s);
  return drop_axes(r, row, column, s);
}

/* Whether c is added to a product of `dims` in a graph without shapes, where broadcasting it first
 * would take the lengths for constants; to the same bits, which halves do not have. */
static bool added_later(const mx_array *c, const mx_array *a, const mx_array *b, mx_ints dims) {
  bool same = c->ndim == dims.n, fits = c->ndim <= dims.n;
  for (int i = 0; fits && i < c->ndim; i++) {
    int64_t n = c->shape[i], want = dims.p[dims.n - c->ndim + i];
    same = same && n == want;
    fits = n == want || n == 1;
  }
  uint32_t mine = mx_session_mine();
  return fits && !same && mx_session_shapeless() && mx_itemsize(c) > 2 &&
         (mx_session_has(mine, a) || mx_session_has(mine, b));
}

mx_array *mx_addmm(mx_array *c, mx_array *a, mx_array *b, float alpha, float beta, mx_stream *s) {
  if (!a || !b || !c || scalar_input("addmm", a, b))
    return NULL;
  bool row = a->ndim == 1, column = b->ndim == 1;
  int t = product_dtype("addmm", a, b);
  if (t < 0)
    return NULL;
  t = (int)mx_promote((mlx_dtype)t, (mlx_dtype)c->dtype);
  a = as_matrix(mx_cast(a, (mlx_dtype)t, s), true, s);
  b = as_matrix(mx_cast(b, (mlx_dtype)t, s), false, s);
  c = mx_cast(c, (mlx_dtype)t, s);
  int64_t shape[2 * MX_MAX_NDIM];
  int ndim;
  if (!a || !b || !c || product_shape("addmm", a, b, shape, &ndim))
    return NULL;
  int64_t dims[2 * MX_MAX_NDIM];
  int n = 0; /* the shape that the caller sees, which c broadcasts to */
  for (int i = 0; i < ndim; i++)
    if (!(row && i == ndim - 2) && !(column && i == ndim - 1))
      dims[n++] = shape[i];
  if (alpha == 1 && beta == 1 && !row && !column && added_later(c, a, b, (mx_ints){dims, n}))
    return mx_add(mx_matmul(a, b, s), c, s);
  c = mx_broadcast_to(c, (mx_ints){dims, n}, s);
  if (c && row)
    c = mx_expand_dims(c, column ? -1 : -2, s);
  if (c && column)
    c = mx_expand_dims(c, -1, s);
  if (!c)
    return NULL;
  mx_array *in[] = {a, b, c};
  mx_addmm_params p = {alpha, beta};
  mx_array *r = mx_node(MX_PRIM_ADDMM, (mx_spec){(mlx_dtype)t, ndim, shape, NULL}, 3, in,
                        MX_WORDS(p), s);
  return drop_axes(r, row, column, s);
}

/* ---- products picked by index ---- */

/* Indices over the batch of `a` when none are given: 0..n-1 in the batch's own shape. */
static mx_array *all_of_batch(const mx_array *a, mx_stream *s) {
  int64_t n = 1;
  for (int i = 0; i < a->ndim - 2; i++)
    n *= a->shape[i];
  mx_array *r = mx_arange(0, (double)n, 1, MLX_UINT32, s);
  return r ? mx_reshape(r, (mx_ints){a->shape, a->ndim - 2}, s) : NULL;
}

int mx_gather_indices(const char *op, const mx_array *a, const mx_array *b, mx_array **lhs,
                      mx_array **rhs, mx_stream *s) {
  if (!*lhs)
    *lhs = all_of_batch(a, s);
  if (!*rhs)
    *rhs = all_of_batch(b, s);
  if (!*lhs || !*rhs)
    return 1;
  if (mx_dtype_kind((mlx_dtype)(*lhs)->dtype) > MX_KIND_INT ||
      mx_dtype_kind((mlx_dtype)(*rhs)->dtype) > MX_KIND_INT)
    return mx_fail(MX_VALUE, "[%s] indices must be integers, got %s and %s", op,
                   mx_dtype_name((mlx_dtype)(*lhs)->dtype), mx_dtype_name((mlx_dtype)(*rhs)->dtype));
  int64_t shape[MX_MAX_NDIM];
  int ndim = (*lhs)->ndim;
  memcpy(shape, (*lhs)->shape, (size_t)ndim * sizeof *shape);
  if (mx_broadcast_shape(op, shape, &ndim, (*rhs)->shape, (*rhs)->ndim))
    return 1;
  mx_ints to = {shape, ndim};
  *lhs = mx_cast(mx_broadcast_to(*lhs, to, s), MLX_INT64, s);
  *rhs = mx_cast(mx_broadcast_to(*rhs, to, s), MLX_INT64, s);
  return !*lhs || !*rhs;
}

mx_array *mx_gather_mm(mx_array *a, mx_array *b, mx_array *lhs, mx_array *rhs, bool sorted_indices,
                       mx_stream *s) {
  char text[512];
  (void)sorted_indices; /* a hint for devices that batch by matrix */
  if (!a || !b)
    return NULL;
  if (!lhs && !rhs)
    return mx_matmul(a, b, s);
  if (scalar_input("gather_mm", a, b))
    return NULL;
  int t = product_dtype("gather_mm", a, b);
  if (t < 0)
    return NULL;
  bool row = a->ndim == 1, column = b->ndim == 1;
  a = as_matrix(mx_cast(a, (mlx_dtype)t, s), true, s);
  b = as_matrix(mx_cast(b, (mlx_dtype)t, s), false, s);
  if (!a || !b || mx_gather_indices("gather_mm", a, b, &lhs, &rhs, s))
    return NULL;
  if (a->shape[a->ndim - 1] != b->shape[b->ndim - 2]) {
    mx_fail(MX_VALUE, "[gather_mm] inner axes differ: shapes %s", shapes(text, sizeof text, a, b));
    return NULL;
  }
  int64_t shape[MX_MAX_NDIM + 2];
  int ndim = lhs->ndim;
  memcpy(shape, lhs->shape, (size_t)ndim * sizeof *shape);
  shape[ndim++] = a->shape[a->ndim - 2];
  shape[ndim++] = b->shape[b->ndim - 1];
  mx_array *in[] = {a, b, mx_row_major(lhs, s), mx_row_major(rhs, s)};
  if (!in[2] || !in[3])
    return NULL;
  mx_array *r = mx_node(MX_PRIM_GATHER_MM, (mx_spec){(mlx_dtype)t, ndim, shape, NULL}, 4, in, 0,
                        NULL, s);
  return drop_axes(r, row, column, s);
}

/* ---- composites ---- */

mx_array *mx_outer(mx_array *a, mx_array *b, mx_stream *s) {
  if (!a || !b)
    return NULL;
  mx_array *column = mx_expand_dims(mx_flatten(a, 0, -1, s), 1, s), *row = mx_flatten(b, 0, -1, s);
  return column && row ? mx_multiply(column, row, s) : NULL;
}

mx_array *mx_inner(mx_array *a, mx_array *b, mx_stream *s) {
  char text[512];
  if (!a || !b)
    return NULL;
  if (!a->ndim || !b->ndim)
    return mx_multiply(a, b, s);
  if (a->shape[a->ndim - 1] != b->shape[b->ndim - 1]) {
    mx_fail(MX_VALUE, "[inner] last axes differ: shapes %s", shapes(text, sizeof text, a, b));
    return NULL;
  }
  return mx_tensordot(a, b, MX_INTS(-1), MX_INTS(-1), s);
}

/* The named axes last (left) or first (right), the others before or after them, as a matrix. */
static mx_array *matrix_of(mx_array *a, mx_ints axes, const bool *named, bool left, int64_t *free_dims,
                           int *n_free, mx_stream *s) {
  int64_t order[MX_MAX_NDIM], inner = 1;
  int n = 0;
  if (!left)
    for (int i = 0; i < axes.n; i++)
      order[n++] = axes.p[i] < 0 ? axes.p[i] + a->ndim : axes.p[i];
  for (int i = 0; i < a->ndim; i++)
    if (!named[i]) {
      order[n++] = i;
      free_dims[(*n_free)++] = a->shape[i];
    }
  if (left)
    for (int i = 0; i < axes.n; i++)
      order[n++] = axes.p[i] < 0 ? axes.p[i] + a->ndim : axes.p[i];
  int64_t outer = 1;
  for (int i = 0; i < a->ndim; i++)
    *(named[i] ? &inner : &outer) *= a->shape[i];
  mx_array *t = mx_transpose_axes(a, (mx_ints){order, a->ndim}, s);
  return t ? mx_reshape(t, left ? MX_INTS(outer, inner) : MX_INTS(inner, outer), s) : NULL;
}

mx_array *mx_tensordot(mx_array *a, mx_array *b, mx_ints axes_a, mx_ints axes_b, mx_stream *s) {
  char text[512];
  if (!a || !b)
    return NULL;
  if (axes_a.n != axes_b.n) {
    mx_fail(MX_VALUE, "[tensordot] %d axes of the first input and %d of the second", axes_a.n,
            axes_b.n);
    return NULL;
  }
  bool in_a[MX_MAX_NDIM], in_b[MX_MAX_NDIM];
  if (mx_axes_mask("tensordot", axes_a, false, a->ndim, in_a) ||
      mx_axes_mask("tensordot", axes_b, false, b->ndim, in_b))
    return NULL;
  for (int i = 0; i < axes_a.n; i++) {
    int p, q;
    if (mx_axis("tensordot", axes_a.p[i], a->ndim, &p) || mx_axis("tensordot", axes_b.p[i], b->ndim, &q))
      return NULL;
    if (a->shape[p] != b->shape[q]) {
      mx_fail(MX_VALUE, "[tensordot] axis %d and axis %d differ in length: shapes %s", p, q,
              shapes(text, sizeof text, a, b));
      return NULL;
    }
  }
  int64_t dims[2 * MX_MAX_NDIM];
  int n = 0;
  mx_array *x = matrix_of(a, axes_a, in_a, true, dims, &n, s);
  mx_array *y = matrix_of(b, axes_b, in_b, false, dims, &n, s);
  mx_array *r = x && y ? mx_matmul(x, y, s) : NULL;
  return r ? mx_reshape(r, (mx_ints){dims, n}, s) : NULL;
}

mx_array *mx_tensordot_axis(mx_array *a, mx_array *b, int axis, mx_stream *s) {
  if (!a || !b)
    return NULL;
  int64_t axes_a[MX_MAX_NDIM], axes_b[MX_MAX_NDIM];
  if (axis < 0 || axis > a->ndim || axis > b->ndim) {
    mx_fail(MX_VALUE, "[tensordot] %d axes of inputs with %d and %d dimensions", axis, a->ndim,
            b->ndim);
    return NULL;
  }
  for (int i = 0; i < axis; i++) {
    axes_a[i] = a->ndim - axis + i;
    axes_b[i] = i;
  }
  return mx_tensordot(a, b, (mx_ints){axes_a, axis}, (mx_ints){axes_b, axis}, s);
}
