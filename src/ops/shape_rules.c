/* How views are transformed. They are linear: forward mode runs the operation on the tangent,
 * derived from the gradient. A view's further axis stays where it is wherever strides allow that.
 */
#include "core/prim.h"
#include "ops/rules_help.h"

mx_array *mx_cannot_follow(const mx_op *op, const mx_array *a) {
  char was[200], now[200];
  mx_fail(MX_VALUE, "[%s] cannot follow an input whose shape changes from %s to %s",
          mx_prim_name(op->prim), mx_shape_text(was, sizeof was, op->in[0]->shape, op->in[0]->ndim),
          mx_shape_text(now, sizeof now, a->shape, a->ndim));
  return NULL;
}

/* A length that was given as a number may have been meant as that of an axis, or of several merged.
 * If that has changed, only who gave it can tell. */
static bool stale(const mx_op *op, const mx_array *a, mx_ints words) {
  const mx_array *was = op->in[0];
  if (a->ndim != was->ndim) return true;
  for (int k = 0; k < words.n; k++) {
    for (int i = 0; i < a->ndim && words.p[k] > 1; i++) {
      int64_t product = 1;
      bool changed = false;
      for (int j = i; j < a->ndim && product < words.p[k]; j++) {
        if (__builtin_mul_overflow(product, was->shape[j], &product)) break;
        changed = changed || was->shape[j] != a->shape[j];
        if (changed && product == words.p[k]) return true;
      }
    }
  }
  return false;
}

/* ---- reshape ---- */

/* Words that undo a reshape. Between two axes that both sides share (or the ends), lengths are
 * numbers, but that axes split off a single one multiply up to it. */
static void inverse_words(const mx_op *op, const mx_array *in, int n, int64_t *inverse) {
  const int64_t *words = op->params + 1;
  for (int i = 0, j = 0; i < in->ndim;) {
    int i2 = in->ndim, j2 = j;
    for (; j2 < n; j2++) {
      int64_t from = MX_LENGTH_FROM(words[j2]);
      if (!MX_LENGTH_OF_INPUT(words[j2]) || from != MX_LENGTH_TO(words[j2])) continue;
      i2 = (int)from;
      break;
    }
    if (i2 - i == 1 && j2 > j) {
      inverse[i] = MX_LENGTH(j, j2 - 1);
    } else {
      for (int k = i; k < i2; k++) inverse[k] = in->shape[k];
    }
    if (i2 < in->ndim) inverse[i2] = MX_LENGTH(j2, j2);
    i = i2 + 1;
    j = j2 + 1;
  }
}

int mx_vjp_reshape(const mx_vjp_call *c) {
  int64_t words[MX_MAX_NDIM];
  inverse_words(c->op, c->in[0], c->out[0]->ndim, words);
  return MX_GRAD(c, 0, mx_reshape_words(c->g[0], (mx_ints){words, c->in[0]->ndim}, c->s));
}

int mx_remake_reshape(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_ints words = {op->params + 1, op->out[0]->ndim};
  return mx_remade(out, stale(op, in[0], words) ? mx_cannot_follow(op, in[0])
                                                : mx_reshape_words(in[0], words, op->stream));
}

/* Words for an input with one more axis at the front, which the result has too. */
static void words_past(const int64_t *words, int n, int64_t *past) {
  past[0] = MX_LENGTH(0, 0);
  for (int i = 0; i < n; i++)
    past[1 + i] = MX_LENGTH_OF_INPUT(words[i])
                      ? MX_LENGTH(MX_LENGTH_FROM(words[i]) + 1, MX_LENGTH_TO(words[i]) + 1)
                      : words[i];
}

int mx_vmap_reshape(const mx_vmap_call *c) {
  int64_t words[MX_MAX_NDIM + 1];
  int n = c->op->n_params - 1;
  words_past(c->op->params + 1, n, words);
  mx_array *a = mx_vmap_front(c, 0, true);
  return mx_vmap_done(c, mx_reshape_words(a, (mx_ints){words, n + 1}, c->s), 0);
}

/* ---- axes of length 1 ---- */

static int masked_axes(const mx_op *op, int ndim, int64_t *axes) {
  int n = 0;
  for (int i = 0; i < ndim; i++)
    if ((uint64_t)op->params[1] >> i & 1) axes[n++] = i;
  return n;
}

int mx_vjp_squeeze(const mx_vjp_call *c) {
  int64_t axes[MX_MAX_NDIM];
  int n = masked_axes(c->op, c->in[0]->ndim, axes);
  return MX_GRAD(c, 0, mx_expand_dims_axes(c->g[0], (mx_ints){axes, n}, c->s));
}

int mx_remake_squeeze(const mx_op *op, mx_array *const *in, mx_array **out) {
  int64_t axes[MX_MAX_NDIM];
  int n = masked_axes(op, in[0]->ndim, axes);
  return mx_remade(out, mx_squeeze_axes(in[0], (mx_ints){axes, n}, op->stream));
}

int mx_vmap_squeeze(const mx_vmap_call *c) {
  int64_t axes[MX_MAX_NDIM];
  int at = c->axis[0], n = masked_axes(c->op, c->in[0]->ndim - 1, axes), before = 0;
  for (int i = 0; i < n; i++) {
    before += axes[i] < at;
    axes[i] = mx_past((int)axes[i], at);
  }
  return mx_vmap_done(c, mx_squeeze_axes(c->in[0], (mx_ints){axes, n}, c->s), at - before);
}

int mx_vjp_expand_dims(const mx_vjp_call *c) {
  int64_t axes[MX_MAX_NDIM];
  int n = masked_axes(c->op, c->out[0]->ndim, axes);
  return MX_GRAD(c, 0, mx_squeeze_axes(c->g[0], (mx_ints){axes, n}, c->s));
}

int mx_remake_expand_dims(const mx_op *op, mx_array *const *in, mx_array **out) {
  int64_t axes[MX_MAX_NDIM];
  int n = masked_axes(op, op->out[0]->ndim, axes);
  return mx_remade(out, mx_expand_dims_axes(in[0], (mx_ints){axes, n}, op->stream));
}

int mx_vmap_expand_dims(const mx_vmap_call *c) {
  int64_t axes[MX_MAX_NDIM];
  int n = masked_axes(c->op, c->op->out[0]->ndim, axes), at = c->axis[0], k = 0;
  /* Before the axis that stood at `at` of the input, in the result. */
  for (int i = 0; i < n && axes[i] <= at + k; i++) k++;
  for (int i = 0; i < n; i++) axes[i] = mx_past((int)axes[i], at + k);
  return mx_vmap_done(c, mx_expand_dims_axes(c->in[0], (mx_ints){axes, n}, c->s), at + k);
}

/* ---- order of axes ---- */

int mx_vjp_transpose(const mx_vjp_call *c) {
  int64_t back[MX_MAX_NDIM];
  int n = c->in[0]->ndim;
  for (int i = 0; i < n; i++) back[c->op->params[1 + i]] = i;
  return MX_GRAD(c, 0, mx_transpose_axes(c->g[0], (mx_ints){back, n}, c->s));
}

int mx_remake_transpose(const mx_op *op, mx_array *const *in, mx_array **out) {
  mx_ints order = {op->params + 1, op->out[0]->ndim};
  return mx_remade(out, mx_transpose_axes(in[0], order, op->stream));
}

int mx_vmap_transpose(const mx_vmap_call *c) {
  int64_t order[MX_MAX_NDIM];
  int n = c->in[0]->ndim, at = c->axis[0];
  order[0] = at;
  for (int i = 1; i < n; i++) order[i] = mx_past((int)c->op->params[i], at);
  return mx_vmap_done(c, mx_transpose_axes(c->in[0], (mx_ints){order, n}, c->s), 0);
}

/* ---- broadcasting ---- */

int mx_vjp_broadcast_to(const mx_vjp_call *c) {
  return MX_GRAD(c, 0, mx_unbroadcast(c->g[0], c->in[0], c->s));
}

int mx_remake_broadcast_to(const mx_op *op, mx_array *const *in, mx_array **out) {
  int64_t shape[MX_MAX_NDIM];
  mx_ints words = {op->params + 1, op->out[0]->ndim};
  if (stale(op, in[0], words)) return mx_remade(out, mx_cannot_follow(op, in[0]));
  for (int i = 0; i < words.n; i++) {
    int64_t w = words.p[i];
    shape[i] = w;
    if (!MX_LENGTH_OF_INPUT(w)) continue;
    if (MX_LENGTH_FROM(w) >= in[0]->ndim) return mx_remade(out, mx_cannot_follow(op, in[0]));
    shape[i] = in[0]->shape[MX_LENGTH_FROM(w)];
  }
  return mx_remade(out, mx_broadcast_to(in[0], (mx_ints){shape, words.n}, op->stream));
}

int mx_vmap_broadcast_to(const mx_vmap_call *c) {
  int64_t shape[MX_MAX_NDIM + 1], fresh[MX_MAX_NDIM];
  mx_array *a = mx_vmap_front(c, 0, true);
  int n = c->op->out[0]->ndim;
  if (!a) return 1;
  int lead = n + 1 - a->ndim;
  for (int i = 0; i < lead; i++) fresh[i] = 1 + i;
  shape[0] = c->size;
  if (n) memcpy(shape + 1, c->op->out[0]->shape, (size_t)n * sizeof *shape);
  a = mx_expand_dims_axes(a, (mx_ints){fresh, lead}, c->s);
  return mx_vmap_done(c, mx_broadcast_to(a, (mx_ints){shape, n + 1}, c->s), 0);
}

/* ---- slices ---- */

int mx_vjp_slice(const mx_vjp_call *c) {
  const mx_array *a = c->in[0];
  mx_bounds b;
  const int64_t *from = c->op->params + 1, *step = from + a->ndim;
  mx_bounds_of(&b, a, from, step, c->out[0]->shape);
  mx_array *zeros = mx_zeros_of(a, c->s);
  return MX_GRAD(c, 0, mx_slice_update(zeros, c->g[0], MX_START(b), MX_STOP(b), MX_STEP(b), c->s));
}

/* Bounds that are numbers: what they mean for another length only their giver knows. */
int mx_remake_slice(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_array *a = in[0];
  mx_bounds b;
  int n = op->in[0]->ndim;
  const int64_t *from = op->params + 1, *step = from + n;
  if (a->ndim == n && n && op->n_params == 1 + 4 * (uint32_t)n)
    return mx_remade(out, mx_slice_as_written(in[0], (mx_ints){step + n, n},
                                              (mx_ints){step + 2 * n, n}, (mx_ints){step, n},
                                              op->stream));
  if (!mx_same_shape(op->in[0], a)) return mx_remade(out, mx_cannot_follow(op, a));
  mx_bounds_of(&b, a, from, step, op->out[0]->shape);
  return mx_remade(out, mx_slice(in[0], MX_START(b), MX_STOP(b), MX_STEP(b), op->stream));
}

int mx_vmap_slice(const mx_vmap_call *c) {
  const mx_array *a = c->in[0];
  int at = c->axis[0];
  mx_bounds b = {.n = a->ndim};
  const int64_t *from = c->op->params + 1, *step = from + b.n - 1;
  for (int i = 0; i < b.n; i++) {
    int k = i < at ? i : i - 1;
    if (i == at)
      mx_bounds_whole(&b, i, a->shape[i]);
    else
      mx_bounds_set(&b, i, from[k], step[k], c->op->out[0]->shape[k], a->shape[i]);
  }
  return mx_vmap_done(c, mx_slice(c->in[0], MX_START(b), MX_STOP(b), MX_STEP(b), c->s), at);
}

/* The view of zeros says whether the strides stay inside. */
mx_array *mx_spread_strided(mx_array *g, mx_ints shape, mx_ints strides, int64_t offset,
                            mx_stream *s) {
  int64_t words[MX_MAX_NDIM + 1] = {offset};
  mx_array *in = mx_row_major(g, s), *zero = g ? mx_scalar(0, (mlx_dtype)g->dtype) : NULL;
  mx_array *like = zero ? mx_broadcast_to(zero, shape, s) : NULL;
  if (!in || !like || !mx_as_strided(like, mx_shape_of(g), strides, (size_t)offset, s)) return NULL;
  for (int i = 0; i < strides.n; i++) words[1 + i] = strides.p[i];
  mx_spec spec = {(mlx_dtype)g->dtype, shape.n, shape.p, NULL};
  return mx_node(MX_PRIM_SPREAD_STRIDED, spec, 1, &in, 1 + strides.n, words, s);
}

int mx_vjp_as_strided(const mx_vjp_call *c) {
  const mx_array *a = c->in[0], *out = c->out[0];
  return MX_GRAD(c, 0, mx_spread_strided(c->g[0], mx_shape_of(a),
                                         (mx_ints){out->strides, out->ndim},
                                         c->op->params[0], c->s));
}

static mx_ints strides_of(const mx_op *op) {
  return (mx_ints){op->params + 1, (int)op->n_params - 1};
}

int mx_vjp_spread_strided(const mx_vjp_call *c) {
  return MX_GRAD(c, 0, mx_as_strided(c->g[0], mx_shape_of(c->in[0]), strides_of(c->op),
                                     (size_t)c->op->params[0], c->s));
}

int mx_remake_spread_strided(const mx_op *op, mx_array *const *in, mx_array **out) {
  if (!mx_same_shape(in[0], op->in[0])) return mx_remade(out, mx_cannot_follow(op, in[0]));
  return mx_remade(out, mx_spread_strided(in[0], mx_shape_of(op->out[0]), strides_of(op),
                                          op->params[0], op->stream));
}

int mx_jvp_spread_strided(const mx_jvp_call *c) {
  return mx_remake_spread_strided(c->op, c->t, c->out_t);
}

int mx_vmap_spread_strided(const mx_vmap_call *c) {
  int64_t shape[MX_MAX_NDIM + 1], strides[MX_MAX_NDIM + 1];
  const mx_array *out = c->op->out[0];
  mx_ints own = strides_of(c->op);
  shape[0] = c->size;
  strides[0] = out->size;
  memcpy(shape + 1, out->shape, (size_t)out->ndim * sizeof *shape);
  memcpy(strides + 1, own.p, (size_t)own.n * sizeof *strides);
  mx_array *g = mx_vmap_front(c, 0, true);
  return mx_vmap_done(c, mx_spread_strided(g, (mx_ints){shape, out->ndim + 1},
                                           (mx_ints){strides, own.n + 1}, c->op->params[0], c->s),
                      0);
}

int mx_remake_as_strided(const mx_op *op, mx_array *const *in, mx_array **out) {
  const mx_array *r = op->out[0];
  if (in[0]->size != op->in[0]->size) return mx_remade(out, mx_cannot_follow(op, in[0]));
  return mx_remade(out, mx_as_strided(in[0], mx_shape_of(r), (mx_ints){r->strides, r->ndim},
                                      (size_t)op->params[0], op->stream));
}

int mx_vmap_as_strided(const mx_vmap_call *c) {
  int64_t shape[MX_MAX_NDIM + 1], strides[MX_MAX_NDIM + 1];
  const mx_array *out = c->op->out[0];
  mx_array *a = mx_vmap_front(c, 0, true);
  if (!a) return 1;
  shape[0] = c->size;
  strides[0] = c->size ? a->size / c->size : 0;
  for (int i = 0; i < out->ndim; i++) {
    shape[1 + i] = out->shape[i];
    strides[1 + i] = out->strides[i];
  }
  a = mx_as_strided(a, (mx_ints){shape, out->ndim + 1}, (mx_ints){strides, out->ndim + 1},
                    (size_t)c->op->params[0], c->s);
  return mx_vmap_done(c, a, 0);
}

/* ---- diagonals ---- */

/* Planes as rows of their elements, the diagonal of each filled by a slice with a stride, and the
 * axes back where they were. */
int mx_vjp_diagonal(const mx_vjp_call *c) {
  const mx_array *a = c->in[0];
  int64_t offset = c->op->params[1], order[MX_MAX_NDIM], back[MX_MAX_NDIM], shape[MX_MAX_NDIM];
  int axis1 = (int)c->op->params[2], axis2 = (int)c->op->params[3], n = 0;
  int64_t rows = a->shape[axis1], cols = a->shape[axis2];
  for (int i = 0; i < a->ndim; i++)
    if (i != axis1 && i != axis2) order[n++] = i;
  order[n] = axis1;
  order[n + 1] = axis2;
  for (int i = 0; i < a->ndim; i++) {
    back[order[i]] = i;
    shape[i] = a->shape[order[i]];
  }
  int64_t length = c->out[0]->shape[n];
  mx_bounds b = {.n = n + 1};
  for (int i = 0; i < n; i++) mx_bounds_whole(&b, i, shape[i]);
  mx_bounds_set(&b, n, offset < 0 ? -offset * cols : offset, cols + 1, length, rows * cols);
  mx_array *zero = mx_scalar(0, (mlx_dtype)a->dtype);
  shape[n] = rows * cols;
  mx_array *flat = zero ? mx_broadcast_to(zero, (mx_ints){shape, n + 1}, c->s) : NULL;
  if (flat && length > 0)
    flat = mx_slice_update(flat, c->g[0], MX_START(b), MX_STOP(b), MX_STEP(b), c->s);
  shape[n] = rows;
  shape[n + 1] = cols;
  flat = flat ? mx_reshape(flat, (mx_ints){shape, n + 2}, c->s) : NULL;
  return MX_GRAD(c, 0, mx_transpose_axes(flat, (mx_ints){back, a->ndim}, c->s));
}

int mx_remake_diagonal(const mx_op *op, mx_array *const *in, mx_array **out) {
  const int64_t *p = op->params;
  return mx_remade(out, mx_diagonal(in[0], (int)p[1], (int)p[2], (int)p[3], op->stream));
}

int mx_vmap_diagonal(const mx_vmap_call *c) {
  const int64_t *p = c->op->params;
  int at = c->axis[0], i = mx_past((int)p[2], at), j = mx_past((int)p[3], at);
  return mx_vmap_done(c, mx_diagonal(c->in[0], (int)p[1], i, j, c->s), at - (i < at) - (j < at));
}

/* ---- bytes, copies ---- */

/* float32 and complex64 are the same numbers seen otherwise; other dtypes are no numbers of the
 * input's. */
int mx_vjp_view(const mx_vjp_call *c) {
  mlx_dtype from = (mlx_dtype)c->in[0]->dtype, to = (mlx_dtype)c->out[0]->dtype;
  bool pair =
      (from == MLX_FLOAT32 && to == MLX_COMPLEX64) || (from == MLX_COMPLEX64 && to == MLX_FLOAT32);
  if (from != to && !pair)
    return mx_fail(MX_VALUE, "[view] no gradient flows from %s to %s", mx_dtype_name(to),
                   mx_dtype_name(from));
  return MX_GRAD(c, 0, mx_view(c->g[0], from, c->s));
}

int mx_remake_view(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_view(in[0], (mlx_dtype)op->out[0]->dtype, op->stream));
}

int mx_vmap_view(const mx_vmap_call *c) {
  mlx_dtype t = (mlx_dtype)c->op->out[0]->dtype;
  return mx_vmap_done(c, mx_view(mx_vmap_front(c, 0, true), t, c->s), 0);
}

int mx_vjp_contiguous(const mx_vjp_call *c) {
  c->grad[0] = c->g[0];
  return 0;
}

int mx_remake_contiguous(const mx_op *op, mx_array *const *in, mx_array **out) {
  return mx_remade(out, mx_copy(in[0], op->stream));
}

int mx_vmap_contiguous(const mx_vmap_call *c) {
  return mx_vmap_done(c, mx_copy(c->in[0], c->s), c->axis[0]);
}
