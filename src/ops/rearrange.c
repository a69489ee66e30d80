/* Operations that move elements about, built from views, gathers and concatenation: they have no
 * primitive of their own. */
#include <limits.h>
#include <string.h>

#include "core/dtype.h"
#include "gen/ops.h"
#include "ops/build.h"

static mx_array *value_error(const char *op, const char *what, const mx_array *a) {
  char text[200];
  mx_fail(MX_VALUE, "[%s] %s: shape %s", op, what,
          mx_shape_text(text, sizeof text, a->shape, a->ndim));
  return NULL;
}

/* Elements [from, to) of one axis, by step. */
static mx_array *part(mx_array *a, int axis, int64_t from, int64_t to, int64_t step, mx_stream *s) {
  int64_t start[MX_MAX_NDIM] = {0}, stop[MX_MAX_NDIM], by[MX_MAX_NDIM];
  if (!a) return NULL;
  for (int i = 0; i < a->ndim; i++) {
    stop[i] = a->shape[i];
    by[i] = 1;
  }
  start[axis] = from;
  stop[axis] = to;
  by[axis] = step;
  return mx_slice(a, (mx_ints){start, a->ndim}, (mx_ints){stop, a->ndim}, (mx_ints){by, a->ndim},
                  s);
}

static mx_array *join2(mx_array *a, mx_array *b, int axis, mx_stream *s) {
  mx_array *in[] = {a, b};
  return a && b ? mx_concatenate_axis((mx_vec){in, 2}, axis, s) : NULL;
}

/* ---- flip, roll ---- */

mx_array *mx_flip_axes(mx_array *a, mx_ints axes, mx_stream *s) {
  int64_t start[MX_MAX_NDIM], stop[MX_MAX_NDIM], by[MX_MAX_NDIM];
  bool turn[MX_MAX_NDIM];
  if (!a || mx_axes_mask("flip", axes, false, a->ndim, turn)) return NULL;
  for (int i = 0; i < a->ndim; i++) {
    start[i] = turn[i] ? a->shape[i] : 0;
    stop[i] = turn[i] ? -a->shape[i] - 1 : a->shape[i];
    by[i] = turn[i] ? -1 : 1;
  }
  return mx_slice(a, (mx_ints){start, a->ndim}, (mx_ints){stop, a->ndim}, (mx_ints){by, a->ndim},
                  s);
}

mx_array *mx_flip_axis(mx_array *a, int axis, mx_stream *s) {
  return mx_flip_axes(a, MX_INTS(axis), s);
}

mx_array *mx_flip(mx_array *a, mx_stream *s) {
  int64_t all[MX_MAX_NDIM];
  if (!a) return NULL;
  for (int i = 0; i < a->ndim; i++) all[i] = i;
  return mx_flip_axes(a, (mx_ints){all, a->ndim}, s);
}

static mx_array *roll_one(mx_array *a, int64_t shift, int axis, mx_stream *s) {
  int64_t n = a->shape[axis];
  if (n == 0) return a;
  shift %= n;
  shift += shift < 0 ? n : 0;
  if (shift == 0) return a;
  return join2(part(a, axis, n - shift, n, 1, s), part(a, axis, 0, n - shift, 1, s), axis, s);
}

static int64_t total(mx_ints v) {
  int64_t sum = 0;
  for (int i = 0; i < v.n; i++) sum += v.p[i];
  return sum;
}

mx_array *mx_roll_axes(mx_array *a, mx_ints shift, mx_ints axes, mx_stream *s) {
  if (!a) return NULL;
  if (axes.n == 0) return a;
  if (shift.n < axes.n) return value_error("roll", "fewer shifts than axes", a);
  for (int i = 0; a && i < axes.n; i++) {
    int at;
    if (mx_axis("roll", axes.p[i], a->ndim, &at)) return NULL;
    a = roll_one(a, shift.p[i], at, s);
  }
  return a;
}

mx_array *mx_roll_axis(mx_array *a, mx_ints shift, int axis, mx_stream *s) {
  return mx_roll_axes(a, MX_INTS(total(shift)), MX_INTS(axis), s);
}

mx_array *mx_roll(mx_array *a, mx_ints shift, mx_stream *s) {
  mx_array *flat = mx_flatten(a, 0, -1, s);
  mx_array *rolled = flat ? roll_one(flat, total(shift), 0, s) : NULL;
  return rolled ? mx_reshape(rolled, (mx_ints){a->shape, a->ndim}, s) : NULL;
}

/* ---- split ---- */

static int cut(mx_vec *res, mx_array *a, int axis, const int64_t *at, size_t n, mx_stream *s) {
  if (mx_vec_alloc(res, n + 1, "split")) return 1;
  for (size_t i = 0; i <= n; i++) {
    int64_t from = i ? at[i - 1] : 0, to = i < n ? at[i] : a->shape[axis];
    res->p[i] = part(a, axis, from, to, 1, s);
    if (!res->p[i]) return 1;
  }
  return 0;
}

int mx_split(mx_vec *res, mx_array *a, int num_splits, int axis, mx_stream *s) {
  int at;
  if (!a || mx_axis("split", axis, a->ndim, &at)) return 1;
  int64_t n = a->shape[at];
  if (num_splits <= 0 || n % num_splits)
    return mx_fail(MX_VALUE, "[split] axis of length %lld cannot be cut into %d equal parts",
                   (long long)n, num_splits);
  if (mx_vec_alloc(res, (size_t)num_splits, "split")) return 1;
  for (int64_t i = 0; i < num_splits; i++) {
    res->p[i] = part(a, at, i * (n / num_splits), (i + 1) * (n / num_splits), 1, s);
    if (!res->p[i]) return 1;
  }
  return 0;
}

int mx_split_sections(mx_vec *res, mx_array *a, mx_ints indices, int axis, mx_stream *s) {
  int at;
  if (!a || mx_axis("split", axis, a->ndim, &at)) return 1;
  return cut(res, a, at, indices.p, (size_t)indices.n, s);
}

int mx_unstack(mx_vec *res, mx_array *x, int axis, mx_stream *s) {
  int at;
  if (!x || mx_axis("unstack", axis, x->ndim, &at)) return 1;
  if (mx_vec_alloc(res, (size_t)x->shape[at], "unstack")) return 1;
  for (int64_t i = 0; i < x->shape[at]; i++) {
    mx_array *p = part(x, at, i, i + 1, 1, s);
    res->p[i] = p ? mx_squeeze_axis(p, at, s) : NULL;
    if (!res->p[i]) return 1;
  }
  return 0;
}

/* ---- repetition ---- */

int mx_meshgrid(mx_vec *res, mx_vec arrays, bool sparse, const char *indexing, mx_stream *s) {
  bool xy = !strcmp(indexing, "xy");
  if (!xy && strcmp(indexing, "ij"))
    return mx_fail(MX_VALUE, "[meshgrid] indexing must be xy or ij, not %s", indexing);
  int n = (int)arrays.n;
  if (arrays.n > MX_MAX_NDIM) return mx_fail(MX_VALUE, "[meshgrid] too many arrays");
  if (mx_vec_alloc(res, arrays.n, "meshgrid")) return 1;
  int64_t full[MX_MAX_NDIM];
  for (int i = 0; i < n; i++) {
    int64_t shape[MX_MAX_NDIM];
    int at = xy && n > 1 && i < 2 ? 1 - i : i;
    for (int k = 0; k < n; k++) shape[k] = 1;
    shape[at] = full[at] = arrays.p[i]->size;
    res->p[i] = mx_reshape(arrays.p[i], (mx_ints){shape, n}, s);
    if (!res->p[i]) return 1;
  }
  for (int i = 0; i < n && !sparse; i++)
    if (!(res->p[i] = mx_broadcast_to(res->p[i], (mx_ints){full, n}, s))) return 1;
  return 0;
}

/* Inserts an axis of `times` copies at `axis` (before it when outer) and merges it with the axis.
 */
static mx_array *copies(mx_array *a, int axis, int64_t times, bool outer, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM + 1];
  if (!a || times == 1) return a;
  mx_array *wide = mx_expand_dims(a, axis + !outer, s);
  if (!wide) return NULL;
  memcpy(shape, wide->shape, (size_t)wide->ndim * sizeof *shape);
  shape[axis + !outer] = times;
  wide = mx_broadcast_to(wide, (mx_ints){shape, wide->ndim}, s);
  return wide ? mx_flatten(wide, axis, axis + 1, s) : NULL;
}

mx_array *mx_tile(mx_array *arr, mx_ints reps, mx_stream *s) {
  int64_t fresh[MX_MAX_NDIM];
  if (!arr) return NULL;
  int n = arr->ndim > reps.n ? arr->ndim : reps.n;
  if (n > MX_MAX_NDIM) return value_error("tile", "too many dimensions", arr);
  for (int i = 0; i < n - arr->ndim; i++) fresh[i] = i;
  mx_array *r = mx_expand_dims_axes(arr, (mx_ints){fresh, n - arr->ndim}, s);
  for (int i = 0; i < reps.n; i++) {
    if (reps.p[i] < 0) return value_error("tile", "a negative number of repetitions", arr);
    r = copies(r, n - reps.n + i, reps.p[i], true, s);
  }
  return r;
}

mx_array *mx_repeat_axis(mx_array *arr, int repeats, int axis, mx_stream *s) {
  int at;
  if (!arr || mx_axis("repeat", axis, arr->ndim, &at)) return NULL;
  if (repeats < 0) return value_error("repeat", "a negative number of repetitions", arr);
  return copies(arr, at, repeats, false, s);
}

mx_array *mx_repeat(mx_array *arr, int repeats, mx_stream *s) {
  mx_array *flat = mx_flatten(arr, 0, -1, s);
  return flat ? mx_repeat_axis(flat, repeats, 0, s) : NULL;
}

/* ---- pad ---- */

typedef struct pad_axis {
  int axis;
  int64_t low, high;
} pad_axis;

static mx_array *pad_constant(mx_array *a, const pad_axis *p, int n, mx_array *value,
                              mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], start[MX_MAX_NDIM] = {0}, stop[MX_MAX_NDIM], one[MX_MAX_NDIM];
  if (!value) return NULL;
  for (int i = 0; i < a->ndim; i++) {
    stop[i] = shape[i] = a->shape[i];
    one[i] = 1;
  }
  for (int i = 0; i < n; i++) {
    int64_t wide;
    if (__builtin_add_overflow(p[i].low, p[i].high, &wide) ||
        __builtin_add_overflow(shape[p[i].axis], wide, &shape[p[i].axis]))
      return value_error("pad", "the result is too large", a);
    start[p[i].axis] = p[i].low;
    stop[p[i].axis] = p[i].low + a->shape[p[i].axis];
  }
  value = mx_cast(value, (mlx_dtype)a->dtype, s);
  mx_array *field = mx_broadcast_to(value, (mx_ints){shape, a->ndim}, s);
  if (!field) return NULL;
  return mx_slice_update(field, a, (mx_ints){start, a->ndim}, (mx_ints){stop, a->ndim},
                         (mx_ints){one, a->ndim}, s);
}

static mx_array *pad_edge(mx_array *a, pad_axis p, mx_stream *s) {
  int64_t n = a->shape[p.axis];
  mx_array *r = a;
  if (n == 0) return value_error("pad", "no edge to repeat", a);
  if (p.low > INT_MAX || p.high > INT_MAX) return value_error("pad", "the width is too large", a);
  if (p.low) {
    mx_array *first = part(a, p.axis, 0, 1, 1, s);
    r = join2(first ? mx_repeat_axis(first, (int)p.low, p.axis, s) : NULL, r, p.axis, s);
  }
  if (r && p.high) {
    mx_array *last = part(a, p.axis, n - 1, n, 1, s);
    r = join2(r, last ? mx_repeat_axis(last, (int)p.high, p.axis, s) : NULL, p.axis, s);
  }
  return r;
}

/* Mirrors the array again and again until the width is reached; skip is 1 where the border element
 * is not repeated. */
static mx_array *pad_mirror(mx_array *a, pad_axis p, int skip, mx_stream *s) {
  int64_t low = p.low, high = p.high;
  if (a->shape[p.axis] == 0) return value_error("pad", "nothing to mirror", a);
  if (a->shape[p.axis] == 1 && skip) return pad_edge(a, p, s);
  while (a && (low || high)) {
    int64_t n = a->shape[p.axis], reach = n - skip;
    int64_t l = low < reach ? low : reach, h = high < reach ? high : reach;
    mx_array *r = a;
    if (l) r = join2(part(a, p.axis, skip + l - 1, skip ? 0 : -n - 1, -1, s), r, p.axis, s);
    if (h)
      r = join2(
          r, part(a, p.axis, n - 1 - skip, n - 1 - skip - h < 0 ? -n - 1 : n - 1 - skip - h, -1, s),
          p.axis, s);
    a = r;
    low -= l;
    high -= h;
  }
  return a;
}

mx_array *mx_pad(mx_array *a, mx_ints axes, mx_ints low_pad_size, mx_ints high_pad_size,
                 mx_array *pad_value, const char *mode, mx_stream *s) {
  pad_axis p[MX_MAX_NDIM];
  bool seen[MX_MAX_NDIM];
  if (!a) return NULL;
  if (axes.n != low_pad_size.n || axes.n != high_pad_size.n)
    return value_error("pad", "axes and widths differ in number", a);
  if (mx_axes_mask("pad", axes, false, a->ndim, seen)) return NULL;
  for (int i = 0; i < axes.n; i++) {
    p[i] = (pad_axis){0, low_pad_size.p[i], high_pad_size.p[i]};
    mx_axis("pad", axes.p[i], a->ndim, &p[i].axis);
    if (p[i].low < 0 || p[i].high < 0) return value_error("pad", "a negative width", a);
  }
  if (!strcmp(mode, "constant")) return pad_constant(a, p, axes.n, pad_value, s);
  bool edge = !strcmp(mode, "edge"), reflect = !strcmp(mode, "reflect");
  if (!edge && !reflect && strcmp(mode, "symmetric")) {
    mx_fail(MX_VALUE, "[pad] unknown mode %s", mode);
    return NULL;
  }
  for (int i = 0; a && i < axes.n; i++)
    a = edge ? pad_edge(a, p[i], s) : pad_mirror(a, p[i], reflect, s);
  return a;
}

mx_array *mx_pad_symmetric(mx_array *a, int pad_width, mx_array *pad_value, const char *mode,
                           mx_stream *s) {
  int64_t axes[MX_MAX_NDIM], width[MX_MAX_NDIM];
  if (!a) return NULL;
  for (int i = 0; i < a->ndim; i++) {
    axes[i] = i;
    width[i] = pad_width;
  }
  mx_ints w = {width, a->ndim};
  return mx_pad(a, (mx_ints){axes, a->ndim}, w, w, pad_value, mode, s);
}

/* ---- matrices ---- */

mx_array *mx_kron(mx_array *a, mx_array *b, mx_stream *s) {
  int64_t sa[2 * MX_MAX_NDIM], sb[2 * MX_MAX_NDIM], out[MX_MAX_NDIM];
  if (!a || !b) return NULL;
  int n = a->ndim > b->ndim ? a->ndim : b->ndim;
  if (2 * n > MX_MAX_NDIM) return value_error("kron", "too many dimensions", a);
  for (int i = 0; i < n; i++) {
    int64_t x = i < n - a->ndim ? 1 : a->shape[i - (n - a->ndim)];
    int64_t y = i < n - b->ndim ? 1 : b->shape[i - (n - b->ndim)];
    sa[2 * i] = x;
    sa[2 * i + 1] = sb[2 * i] = 1;
    sb[2 * i + 1] = y;
    if (__builtin_mul_overflow(x, y, &out[i]))
      return value_error("kron", "the result is too large", a);
  }
  mx_array *x = mx_reshape(a, (mx_ints){sa, 2 * n}, s), *y = mx_reshape(b, (mx_ints){sb, 2 * n}, s);
  mx_array *product = x && y ? mx_multiply(x, y, s) : NULL;
  return product ? mx_reshape(product, (mx_ints){out, n}, s) : NULL;
}

mx_array *mx_diag(mx_array *a, int k, mx_stream *s) {
  if (!a) return NULL;
  if (a->ndim == 2) return mx_diagonal(a, k, 0, 1, s);
  if (a->ndim != 1) return value_error("diag", "one or two dimensions are needed", a);
  int64_t low = k < 0 ? -(int64_t)k : 0, right = k > 0 ? k : 0, n = a->size + low + right, cells;
  if (__builtin_mul_overflow(n, n, &cells))
    return value_error("diag", "the result is too large", a);
  mx_array *flat = mx_zeros(MX_INTS(cells), (mlx_dtype)a->dtype, s);
  int64_t first = low * n + right;
  if (!flat || a->size == 0) return flat ? mx_reshape(flat, MX_INTS(n, n), s) : NULL;
  flat = mx_slice_update(flat, a, MX_INTS(first), MX_INTS(first + (a->size - 1) * (n + 1) + 1),
                         MX_INTS(n + 1), s);
  return flat ? mx_reshape(flat, MX_INTS(n, n), s) : NULL;
}

static mx_array *triangle(const char *op, mx_array *x, int k, bool lower, mx_stream *s) {
  if (!x) return NULL;
  if (x->ndim < 2) return value_error(op, "two dimensions are needed", x);
  int64_t rows = x->shape[x->ndim - 2], cols = x->shape[x->ndim - 1];
  if (rows > INT_MAX || cols > INT_MAX) return value_error(op, "too large", x);
  k -= !lower && k > INT_MIN;
  mx_array *keep = mx_tri((int)rows, (int)cols, k, MLX_BOOL, s);
  mx_array *zero = mx_scalar(0, (mlx_dtype)x->dtype);
  if (!keep || !zero) return NULL;
  return lower ? mx_where(keep, x, zero, s) : mx_where(keep, zero, x, s);
}

mx_array *mx_tril(mx_array *x, int k, mx_stream *s) {
  return triangle("tril", x, k, true, s);
}

mx_array *mx_triu(mx_array *x, int k, mx_stream *s) {
  return triangle("triu", x, k, false, s);
}

mx_array *mx_diff(mx_array *a, int n, int axis, mx_stream *s) {
  int at;
  if (!a) return NULL;
  if (n < 0) return value_error("diff", "a negative order", a);
  if (mx_axis("diff", axis, a->ndim, &at)) return NULL;
  for (int i = 0; a && i < n; i++) {
    mx_array *upper = part(a, at, 1, a->shape[at], 1, s);
    mx_array *lower = part(a, at, 0, a->shape[at] ? a->shape[at] - 1 : 0, 1, s);
    if (!upper || !lower) return NULL;
    a = a->dtype == MLX_BOOL ? mx_not_equal(upper, lower, s) : mx_subtract(upper, lower, s);
  }
  return a;
}

mx_array *mx_trace(mx_array *a, int offset, int axis1, int axis2, mlx_dtype dtype, mx_stream *s) {
  mx_array *d = mx_diagonal(a, offset, axis1, axis2, s);
  mx_array *sum = d ? mx_sum_axis(mx_cast(d, dtype, s), -1, false, s) : NULL;
  return mx_cast(sum, dtype, s);
}
