/* Views: reshape, transpose, slice and their kin. Invariant: a view's every element lies inside the
 * elements of its input; what strides cannot express is copied to rows first. */
#include <limits.h>
#include <string.h>

#include "core/dtype.h"
#include "core/params.h"
#include "core/session.h"
#include "gen/ops.h"
#include "ops/build.h"

static mx_array *value_error(const char *op, const char *what, const mx_array *a) {
  char text[200];
  mx_fail(MX_VALUE, "[%s] %s: shape %s", op, what,
          mx_shape_text(text, sizeof text, a->shape, a->ndim));
  return NULL;
}

/* ---- reshape ---- */

/* Fills the length given as -1 and checks the number of elements. */
static int infer_shape(const char *op, const mx_array *a, mx_ints want, int64_t *shape) {
  char from[200], to[200];
  int64_t known = 1;
  int open = -1;
  if (want.n > MX_MAX_NDIM) return mx_fail(MX_VALUE, "[%s] %d dimensions are too many", op, want.n);
  for (int i = 0; i < want.n; i++) {
    shape[i] = want.p[i];
    if (shape[i] == -1) {
      if (open >= 0) return mx_fail(MX_VALUE, "[%s] only one length can be inferred", op);
      open = i;
    } else if (shape[i] < 0 || __builtin_mul_overflow(known, shape[i], &known)) {
      return mx_fail(MX_VALUE, "[%s] invalid shape %s", op,
                     mx_shape_text(to, sizeof to, want.p, want.n));
    }
  }
  if (open >= 0 && known > 0 && a->size % known == 0) {
    shape[open] = a->size / known;
    known = a->size;
  } else if (open >= 0) {
    known = -1;
  }
  if (known == a->size) return 0;
  return mx_fail(MX_VALUE, "[%s] cannot reshape array of shape %s into shape %s", op,
                 mx_shape_text(from, sizeof from, a->shape, a->ndim),
                 mx_shape_text(to, sizeof to, want.p, want.n));
}

/* Strides that show a's elements under `shape`; false where no strides can. */
static bool reshape_strides(const mx_array *a, const int64_t *shape, int ndim, int64_t *strides) {
  if (a->size == 0 || a->row_contiguous) {
    mx_row_strides(strides, shape, ndim);
    return true;
  }
  int i = a->ndim - 1, j = ndim - 1;
  while (i >= 0 || j >= 0) {
    if (j >= 0 && shape[j] == 1) {
      strides[j--] = 0;
      continue;
    }
    if (i >= 0 && a->shape[i] == 1) {
      i--;
      continue;
    }
    /* The shortest groups of old and new axes with the same number of elements. */
    int64_t have = a->shape[i], want = shape[j];
    int i0 = i, j0 = j;
    while (have != want) {
      if (have < want) {
        i0--;
        if (a->shape[i0] != 1 && a->strides[i0] != a->strides[i] * have) return false;
        have *= a->shape[i0];
      } else {
        want *= shape[--j0];
      }
    }
    int64_t step = a->strides[i];
    for (; j >= j0; j--) {
      strides[j] = step;
      step *= shape[j];
    }
    i = i0 - 1;
  }
  return true;
}

/* `words` say how each length follows from the input's, see core/params.h. */
static mx_array *reshape_to(mx_array *a, const int64_t *shape, int ndim, const int64_t *words,
                            mx_stream *s) {
  int64_t strides[MX_MAX_NDIM];
  if (a->ndim == ndim && (ndim == 0 || !memcmp(a->shape, shape, (size_t)ndim * sizeof *shape)))
    return a;
  if (!reshape_strides(a, shape, ndim, strides)) {
    if (!(a = mx_row_major(a, s))) return NULL;
    mx_row_strides(strides, shape, ndim);
  }
  return mx_view_node(MX_PRIM_RESHAPE, a, ndim, shape, strides, 0, ndim, words, s);
}

mx_array *mx_reshape(mx_array *a, mx_ints shape, mx_stream *s) {
  int64_t want[MX_MAX_NDIM];
  if (!a || infer_shape("reshape", a, shape, want)) return NULL;
  return reshape_to(a, want, shape.n, shape.p, s);
}

mx_array *mx_reshape_words(mx_array *a, mx_ints words, mx_stream *s) {
  int64_t want[MX_MAX_NDIM];
  if (!a) return NULL;
  if (words.n > MX_MAX_NDIM) return value_error("reshape", "too many dimensions", a);
  for (int i = 0; i < words.n; i++) {
    int64_t w = words.p[i];
    want[i] = w;
    if (!MX_LENGTH_OF_INPUT(w)) continue;
    int64_t from = MX_LENGTH_FROM(w), to = MX_LENGTH_TO(w);
    if (to >= a->ndim) return value_error("reshape", "the input has lost dimensions", a);
    want[i] = 1;
    for (int64_t k = from; k <= to; k++)
      if (__builtin_mul_overflow(want[i], a->shape[k], &want[i]))
        return value_error("reshape", "too large", a);
  }
  if (infer_shape("reshape", a, (mx_ints){want, words.n}, want)) return NULL;
  return reshape_to(a, want, words.n, words.p, s);
}

mx_array *mx_flatten(mx_array *a, int start_axis, int end_axis, mx_stream *s) {
  if (!a) return NULL;
  int64_t shape[MX_MAX_NDIM + 1], words[MX_MAX_NDIM + 1];
  int n = a->ndim, from = start_axis + (start_axis < 0 ? n : 0);
  int to = end_axis + (end_axis < 0 ? n : 0), k = 0;
  if (n == 0) return mx_reshape(a, MX_INTS(1), s);
  from = from < 0 ? 0 : from;
  to = to >= n ? n - 1 : to;
  if (to < from || from >= n) {
    mx_fail(MX_VALUE, "[flatten] axes %d to %d of an array of %d dimensions", start_axis, end_axis,
            n);
    return NULL;
  }
  for (int i = 0; i < n; i++) {
    if (i > from && i <= to) {
      shape[k - 1] *= a->shape[i];
    } else {
      words[k] = MX_LENGTH(i, i == from ? to : i);
      shape[k++] = a->shape[i];
    }
  }
  return reshape_to(a, shape, k, words, s);
}

mx_array *mx_unflatten(mx_array *a, int axis, mx_ints shape, mx_stream *s) {
  int64_t want[2 * MX_MAX_NDIM], words[MX_MAX_NDIM];
  int at;
  if (!a || mx_axis("unflatten", axis, a->ndim, &at)) return NULL;
  if (shape.n == 0) return value_error("unflatten", "the new shape is empty", a);
  if (shape.n + a->ndim - 1 > MX_MAX_NDIM)
    return value_error("unflatten", "too many dimensions", a);
  mx_array axis_only = {.size = a->shape[at], .shape = &a->shape[at], .ndim = 1};
  if (infer_shape("unflatten", &axis_only, shape, want + at)) return NULL;
  memcpy(want, a->shape, (size_t)at * sizeof *want);
  memcpy(want + at + shape.n, a->shape + at + 1, (size_t)(a->ndim - at - 1) * sizeof *want);
  int ndim = a->ndim - 1 + shape.n;
  for (int i = 0; i < ndim; i++) {
    int own = i < at ? i : i - shape.n + 1;
    words[i] = i < at || i >= at + shape.n ? MX_LENGTH(own, own) : shape.p[i - at];
  }
  return reshape_to(a, want, ndim, words, s);
}

/* ---- axes of length 1 ---- */

static mx_array *squeeze_mask(mx_array *a, const bool *drop, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
  int n = 0;
  uint64_t bits = 0;
  for (int i = 0; i < a->ndim; i++) {
    bits |= (uint64_t)drop[i] << i;
    if (drop[i]) continue;
    shape[n] = a->shape[i];
    strides[n++] = a->strides[i];
  }
  if (n == a->ndim) return a;
  return mx_view_node(MX_PRIM_SQUEEZE, a, n, shape, strides, 0, 1, (int64_t *)&bits, s);
}

mx_array *mx_squeeze(mx_array *a, mx_stream *s) {
  bool drop[MX_MAX_NDIM];
  if (!a) return NULL;
  mx_session_pin_shapes();
  for (int i = 0; i < a->ndim; i++) drop[i] = a->shape[i] == 1;
  return squeeze_mask(a, drop, s);
}

mx_array *mx_squeeze_axes(mx_array *a, mx_ints axes, mx_stream *s) {
  bool drop[MX_MAX_NDIM];
  if (!a || mx_axes_mask("squeeze", axes, false, a->ndim, drop)) return NULL;
  for (int i = 0; i < a->ndim; i++)
    if (drop[i] && a->shape[i] != 1) return value_error("squeeze", "an axis is not of length 1", a);
  return squeeze_mask(a, drop, s);
}

mx_array *mx_squeeze_axis(mx_array *a, int axis, mx_stream *s) {
  return mx_squeeze_axes(a, MX_INTS(axis), s);
}

mx_array *mx_expand_dims_axes(mx_array *a, mx_ints axes, mx_stream *s) {
  bool fresh[MX_MAX_NDIM];
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
  if (!a) return NULL;
  int n = a->ndim + axes.n;
  if (n > MX_MAX_NDIM) return value_error("expand_dims", "too many dimensions", a);
  if (mx_axes_mask("expand_dims", axes, false, n, fresh)) return NULL;
  uint64_t bits = 0;
  for (int i = n - 1, j = a->ndim - 1; i >= 0; i--) {
    bits |= (uint64_t)fresh[i] << i;
    shape[i] = fresh[i] ? 1 : a->shape[j];
    strides[i] = !fresh[i] ? a->strides[j] : i + 1 < n ? shape[i + 1] * strides[i + 1] : 1;
    j -= !fresh[i];
  }
  if (axes.n == 0) return a;
  return mx_view_node(MX_PRIM_EXPAND_DIMS, a, n, shape, strides, 0, 1, (int64_t *)&bits, s);
}

mx_array *mx_expand_dims(mx_array *a, int axis, mx_stream *s) {
  return mx_expand_dims_axes(a, MX_INTS(axis), s);
}

mx_array *mx_atleast_1d(mx_array *a, mx_stream *s) {
  return a && a->ndim == 0 ? mx_expand_dims(a, 0, s) : a;
}

mx_array *mx_atleast_2d(mx_array *a, mx_stream *s) {
  if (!a || a->ndim >= 2) return a;
  return a->ndim == 0 ? mx_expand_dims_axes(a, MX_INTS(0, 1), s) : mx_expand_dims(a, 0, s);
}

mx_array *mx_atleast_3d(mx_array *a, mx_stream *s) {
  if (!a || a->ndim >= 3) return a;
  mx_ints axes = a->ndim == 0 ? MX_INTS(0, 1, 2) : a->ndim == 1 ? MX_INTS(0, 2) : MX_INTS(2);
  return mx_expand_dims_axes(a, axes, s);
}

/* ---- order of axes ---- */

mx_array *mx_transpose_axes(mx_array *a, mx_ints axes, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM], order[MX_MAX_NDIM];
  bool seen[MX_MAX_NDIM], same = true;
  if (!a) return NULL;
  if (axes.n != a->ndim) return value_error("transpose", "the axes do not match the array", a);
  if (mx_axes_mask("transpose", axes, false, a->ndim, seen)) return NULL;
  for (int i = 0; i < axes.n; i++) {
    order[i] = axes.p[i] + (axes.p[i] < 0 ? a->ndim : 0);
    shape[i] = a->shape[order[i]];
    strides[i] = a->strides[order[i]];
    same = same && order[i] == i;
  }
  if (same) return a;
  return mx_view_node(MX_PRIM_TRANSPOSE, a, a->ndim, shape, strides, 0, axes.n, order, s);
}

mx_array *mx_transpose(mx_array *a, mx_stream *s) {
  int64_t order[MX_MAX_NDIM];
  if (!a) return NULL;
  for (int i = 0; i < a->ndim; i++) order[i] = a->ndim - 1 - i;
  return mx_transpose_axes(a, (mx_ints){order, a->ndim}, s);
}

mx_array *mx_swapaxes(mx_array *a, int axis1, int axis2, mx_stream *s) {
  int64_t order[MX_MAX_NDIM];
  int i, j;
  if (!a || mx_axis("swapaxes", axis1, a->ndim, &i) || mx_axis("swapaxes", axis2, a->ndim, &j))
    return NULL;
  for (int k = 0; k < a->ndim; k++) order[k] = k == i ? j : k == j ? i : k;
  return mx_transpose_axes(a, (mx_ints){order, a->ndim}, s);
}

mx_array *mx_matrix_transpose(mx_array *a, mx_stream *s) {
  if (!a) return NULL;
  if (a->ndim < 2) return value_error("matrix_transpose", "two dimensions are needed", a);
  return mx_swapaxes(a, -1, -2, s);
}

mx_array *mx_moveaxis(mx_array *a, int source, int destination, mx_stream *s) {
  int64_t order[MX_MAX_NDIM];
  int from, to;
  if (!a || mx_axis("moveaxis", source, a->ndim, &from) ||
      mx_axis("moveaxis", destination, a->ndim, &to))
    return NULL;
  for (int i = 0, k = 0; i < a->ndim; i++) {
    if (i == to) {
      order[i] = from;
      continue;
    }
    if (k == from) k++;
    order[i] = k++;
  }
  return mx_transpose_axes(a, (mx_ints){order, a->ndim}, s);
}

/* ---- broadcasting ---- */

mx_array *mx_broadcast_to(mx_array *a, mx_ints shape, mx_stream *s) {
  int64_t strides[MX_MAX_NDIM], full[MX_MAX_NDIM], words[MX_MAX_NDIM];
  char from[200], to[200];
  if (!a) return NULL;
  int n = shape.n, lead = n - a->ndim;
  if (n > MX_MAX_NDIM) return value_error("broadcast_to", "too many dimensions", a);
  if (n) memcpy(full, shape.p, (size_t)n * sizeof *full);
  bool fits = lead >= 0;
  for (int i = 0; fits && i < n; i++) {
    bool own = i >= lead && a->shape[i - lead] == full[i];
    strides[i] = own ? a->strides[i - lead] : 0;
    words[i] = own ? MX_LENGTH(i - lead, i - lead) : full[i];
    if (!own) mx_session_pin_shapes();
    fits = own || i < lead || a->shape[i - lead] == 1;
  }
  if (!fits) {
    mx_fail(MX_VALUE, "[broadcast_to] cannot broadcast array of shape %s to shape %s",
            mx_shape_text(from, sizeof from, a->shape, a->ndim),
            mx_shape_text(to, sizeof to, full, n));
    return NULL;
  }
  if (mx_shape_size("broadcast_to", full, n, (mlx_dtype)a->dtype) < 0) return NULL;
  if (n == a->ndim && (n == 0 || !memcmp(full, a->shape, (size_t)n * sizeof *full))) return a;
  return mx_view_node(MX_PRIM_BROADCAST_TO, a, n, full, strides, 0, n, words, s);
}

int mx_broadcast_arrays(mx_vec *res, mx_vec inputs, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  int ndim = 0;
  for (size_t i = 0; i < inputs.n; i++)
    if (mx_broadcast_shape("broadcast_arrays", shape, &ndim, inputs.p[i]->shape, inputs.p[i]->ndim))
      return 1;
  if (mx_vec_alloc(res, inputs.n, "broadcast_arrays")) return 1;
  for (size_t i = 0; i < inputs.n; i++) {
    res->p[i] = mx_broadcast_to(inputs.p[i], (mx_ints){shape, ndim}, s);
    if (!res->p[i]) return 1;
  }
  return 0;
}

/* ---- parts ---- */

int mx_slice_bounds(const char *op, const mx_array *a, mx_ints start, mx_ints stop, mx_ints step,
                    int64_t *from, int64_t *length) {
  if (start.n != a->ndim || stop.n != a->ndim || step.n != a->ndim)
    return mx_fail(MX_VALUE, "[%s] %d starts, %d stops and %d strides for %d dimensions", op,
                   start.n, stop.n, step.n, a->ndim);
  for (int i = 0; i < a->ndim; i++) {
    int64_t n = a->shape[i], b = start.p[i], e = stop.p[i], by = step.p[i];
    if (by == 0) return mx_fail(MX_VALUE, "[%s] a stride of 0", op);
    if (by == INT64_MIN) by = -INT64_MAX;
    b += b < 0 ? n : 0;
    e += e < 0 ? n : 0;
    int64_t low = by < 0 ? -1 : 0, high = by < 0 ? n - 1 : n;
    b = b < low ? low : b > high ? high : b;
    e = e < low ? low : e > high ? high : e;
    int64_t span = by < 0 ? b - e : e - b, size = by < 0 ? -by : by;
    from[i] = b;
    length[i] = span <= 0 ? 0 : (span - 1) / size + 1;
  }
  return 0;
}

/* Its words: where each axis begins, the steps; as written, also the bounds that were given. */
static mx_array *slice(mx_array *a, mx_ints start, mx_ints stop, mx_ints strides, bool as_written,
                       mx_stream *s) {
  int64_t words[4 * MX_MAX_NDIM], shape[MX_MAX_NDIM], step[MX_MAX_NDIM], offset = 0;
  if (!a || mx_slice_bounds("slice", a, start, stop, strides, words, shape)) return NULL;
  int n = a->ndim;
  bool whole = true, empty = false;
  for (int i = 0; i < n; i++) {
    words[n + i] = strides.p[i];
    whole = whole && shape[i] == a->shape[i] && (words[n + i] == 1 || shape[i] == 0);
    empty = empty || shape[i] == 0;
    /* An axis of one element has no stride: it must not overflow. */
    step[i] = shape[i] > 1 ? a->strides[i] * words[n + i] : a->strides[i];
    offset += words[i] * a->strides[i];
  }
  if (whole && !as_written) {
    mx_session_pin_shapes(); /* of another length, the bounds might cut something off */
    return a;
  }
  for (int i = 0; i < n && as_written; i++) {
    words[2 * n + i] = start.p[i];
    words[3 * n + i] = stop.p[i];
  }
  return mx_view_node(MX_PRIM_SLICE, a, n, shape, empty ? NULL : step, empty ? 0 : offset,
                      (as_written ? 4 : 2) * n, words, s);
}

mx_array *mx_slice(mx_array *a, mx_ints start, mx_ints stop, mx_ints strides, mx_stream *s) {
  return slice(a, start, stop, strides, false, s);
}

mx_array *mx_slice_as_written(mx_array *a, mx_ints start, mx_ints stop, mx_ints strides,
                              mx_stream *s) {
  return slice(a, start, stop, strides, true, s);
}

mx_array *mx_as_strided(mx_array *a, mx_ints shape, mx_ints strides, size_t offset, mx_stream *s) {
  if (!a) return NULL;
  if (shape.n != strides.n || shape.n > MX_MAX_NDIM)
    return value_error("as_strided", "shape and strides must have the same length", a);
  int64_t size = mx_shape_size("as_strided", shape.p, shape.n, (mlx_dtype)a->dtype);
  if (size < 0) return NULL;
  int64_t low = 0, high = 0, span;
  bool inside = size == 0 || (offset < (size_t)a->size && offset <= INT64_MAX);
  for (int i = 0; i < shape.n && inside && size > 0; i++) {
    inside = !__builtin_mul_overflow(shape.p[i] - 1, strides.p[i], &span) &&
             !__builtin_add_overflow(span < 0 ? low : high, span, span < 0 ? &low : &high);
  }
  if (inside && size > 0) inside = low >= -(int64_t)offset && high <= a->size - 1 - (int64_t)offset;
  if (!inside) return value_error("as_strided", "shape, strides and offset leave the input", a);
  if (!(a = mx_row_major(a, s))) return NULL;
  return mx_view_node(MX_PRIM_AS_STRIDED, a, shape.n, shape.p, size ? strides.p : NULL,
                      size ? (int64_t)offset : 0, 0, NULL, s);
}

mx_array *mx_diagonal(mx_array *a, int offset, int axis1, int axis2, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
  int i, j, n = 0;
  if (!a) return NULL;
  if (a->ndim < 2) return value_error("diagonal", "two dimensions are needed", a);
  if (mx_axis("diagonal", axis1, a->ndim, &i) || mx_axis("diagonal", axis2, a->ndim, &j))
    return NULL;
  if (i == j) return value_error("diagonal", "the two axes are the same", a);
  for (int k = 0; k < a->ndim; k++) {
    if (k == i || k == j) continue;
    shape[n] = a->shape[k];
    strides[n++] = a->strides[k];
  }
  int64_t down = offset < 0 ? -(int64_t)offset : 0, right = offset > 0 ? offset : 0;
  int64_t rows = a->shape[i] - down, cols = a->shape[j] - right;
  int64_t length = rows < cols ? rows : cols;
  int64_t at = length > 0 ? down * a->strides[i] + right * a->strides[j] : 0;
  shape[n] = length > 0 ? length : 0;
  strides[n++] = a->strides[i] + a->strides[j];
  return mx_view_node(MX_PRIM_DIAGONAL, a, n, shape, strides, at, 3,
                      (const int64_t[]){offset, i, j}, s);
}

/* ---- bytes ---- */

mx_array *mx_view(mx_array *a, mlx_dtype dtype, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
  if (!a) return NULL;
  if (!mx_dtype_valid(dtype)) return value_error("view", "invalid dtype", a);
  int64_t old = (int64_t)mx_itemsize(a), now = mx_dtype_bytes(dtype);
  int n = a->ndim;
  if (n == 0 && old != now) return value_error("view", "a 0-d array keeps its item size", a);
  if (n > 0 && old != now) {
    if (a->shape[n - 1] * old % now)
      return value_error("view", "the last axis is no whole number of items", a);
    if (!(a = mx_row_major(a, s))) return NULL;
  }
  for (int i = 0; i < n; i++) {
    shape[i] = a->shape[i];
    strides[i] = i == n - 1 || old == now ? a->strides[i] : a->strides[i] * old / now;
  }
  if (n > 0) shape[n - 1] = shape[n - 1] * old / now;
  if (old != now) mx_row_strides(strides, shape, n);
  return mx_node(MX_PRIM_VIEW, (mx_spec){dtype, n, shape, strides}, 1, &a, 1, (const int64_t[]){0},
                 s);
}

mx_array *mx_contiguous(mx_array *a, bool allow_col_major, mx_stream *s) {
  if (!a || !allow_col_major) return mx_row_major(a, s);
  int64_t expect = 1;
  for (int i = 0; i < a->ndim; i++) {
    if (a->shape[i] != 1 && a->strides[i] != expect) return mx_row_major(a, s);
    expect *= a->shape[i];
  }
  return a;
}

mx_array *mx_copy(mx_array *a, mx_stream *s) {
  if (!a) return NULL;
  mx_spec out = {(mlx_dtype)a->dtype, a->ndim, a->shape, NULL};
  return mx_node(MX_PRIM_CONTIGUOUS, out, 1, &a, 0, NULL, s);
}
