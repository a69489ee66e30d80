/* Reading and writing by index. Builders check shapes, broadcast the indices and hand them on as
 * row-major int64; the values of indices are checked by the kernels. */
#include <string.h>

#include "core/dtype.h"
#include "core/params.h"
#include "gen/ops.h"
#include "ops/build.h"

static mx_array *value_error(const char *op, const char *what, const mx_array *a) {
  char text[200];
  mx_fail(MX_VALUE, "[%s] %s: shape %s", op, what,
          mx_shape_text(text, sizeof text, a->shape, a->ndim));
  return NULL;
}

static mx_ints shape_of(const mx_array *a) {
  return (mx_ints){a->shape, a->ndim};
}

static mx_spec like(const mx_array *a) {
  return (mx_spec){(mlx_dtype)a->dtype, a->ndim, a->shape, NULL};
}

/* Integers of any width as int64, broadcast to a shape, in rows. */
static mx_array *indices_as(const char *op, mx_array *i, mx_ints shape, mx_stream *s) {
  if (!i) return NULL;
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)i->dtype);
  if (kind != MX_KIND_UINT && kind != MX_KIND_INT) {
    mx_fail(MX_VALUE, "[%s] Got indices with invalid dtype %s. Indices must be integral.", op,
            mx_dtype_name((mlx_dtype)i->dtype));
    return NULL;
  }
  if (i->dtype == MLX_UINT64) { /* what does not fit must not wrap into range */
    mx_array *most = mx_scalar(0x1.fffffffffffffp62, MLX_UINT64);
    i = most ? mx_minimum(i, most, s) : NULL;
  }
  i = mx_broadcast_to(mx_cast(i, MLX_INT64, s), shape, s);
  return mx_row_major(i, s);
}

/* ---- gather, take ---- */

/* The common shape of the index arrays and, after `lead` free places, the arrays themselves. */
static int index_inputs(const char *op, const mx_array *a, mx_vec indices, mx_ints axes,
                        mx_array **in, int64_t *shape, int *ndim, mx_stream *s) {
  bool seen[MX_MAX_NDIM];
  *ndim = 0;
  if ((size_t)axes.n != indices.n)
    return mx_fail(MX_VALUE, "[%s] %d axes for %zu index arrays", op, axes.n, indices.n);
  if (mx_axes_mask(op, axes, false, a->ndim, seen)) return 1;
  for (size_t i = 0; i < indices.n; i++)
    if (!indices.p[i] ||
        mx_broadcast_shape(op, shape, ndim, indices.p[i]->shape, indices.p[i]->ndim))
      return 1;
  for (size_t i = 0; i < indices.n; i++)
    if (!(in[i] = indices_as(op, indices.p[i], (mx_ints){shape, *ndim}, s))) return 1;
  return 0;
}

mx_array *mx_gather(mx_array *a, mx_vec indices, mx_ints axes, mx_ints slice_sizes, mx_stream *s) {
  int64_t shape[2 * MX_MAX_NDIM], words[1 + 2 * MX_MAX_NDIM];
  mx_array *in[MX_MAX_NDIM + 1];
  int ndim;
  if (!a) return NULL;
  if (index_inputs("gather", a, indices, axes, in + 1, shape, &ndim, s)) return NULL;
  if (slice_sizes.n != a->ndim)
    return value_error("gather", "slice_sizes must have a length for every axis", a);
  if (ndim + a->ndim > MX_MAX_NDIM) return value_error("gather", "too many dimensions", a);
  for (int i = 0; i < a->ndim; i++) {
    int64_t n = slice_sizes.p[i];
    if (n < 0 || n > a->shape[i]) return value_error("gather", "a slice leaves the array", a);
    shape[ndim + i] = words[1 + axes.n + i] = n;
  }
  words[0] = axes.n;
  for (int i = 0; i < axes.n; i++) words[1 + i] = axes.p[i] + (axes.p[i] < 0 ? a->ndim : 0);
  in[0] = a;
  mx_spec out = {(mlx_dtype)a->dtype, ndim + a->ndim, shape, NULL};
  return mx_node(MX_PRIM_GATHER, out, axes.n + 1, in, 1 + axes.n + a->ndim, words, s);
}

mx_array *mx_gather_single(mx_array *a, mx_array *indices, int axis, mx_ints slice_sizes,
                           mx_stream *s) {
  return mx_gather(a, (mx_vec){&indices, 1}, MX_INTS(axis), slice_sizes, s);
}

mx_array *mx_take_axis(mx_array *a, mx_array *indices, int axis, mx_stream *s) {
  int64_t shape[2 * MX_MAX_NDIM];
  int at;
  if (!a || !indices || mx_axis("take", axis, a->ndim, &at)) return NULL;
  if (a->shape[at] == 0 && indices->size > 0)
    return value_error("take", "Cannot do a non-empty take from an empty axis", a);
  int n = a->ndim - 1 + indices->ndim;
  if (n > MX_MAX_NDIM) return value_error("take", "too many dimensions", a);
  memcpy(shape, a->shape, (size_t)at * sizeof *shape);
  if (indices->ndim) memcpy(shape + at, indices->shape, (size_t)indices->ndim * sizeof *shape);
  memcpy(shape + at + indices->ndim, a->shape + at + 1, (size_t)(a->ndim - at - 1) * sizeof *shape);
  mx_array *in[] = {a, indices_as("gather", indices, shape_of(indices), s)};
  mx_along_axis_params p = {at, 0};
  if (!in[1]) return NULL;
  return mx_node(MX_PRIM_TAKE, (mx_spec){(mlx_dtype)a->dtype, n, shape, NULL}, 2, in, MX_WORDS(p),
                 s);
}

mx_array *mx_take(mx_array *a, mx_array *indices, mx_stream *s) {
  return mx_take_axis(mx_flatten(a, 0, -1, s), indices, 0, s);
}

/* ---- along an axis ---- */

/* Broadcasts the axes other than `at` of both against each other; a keeps its own along it. */
static int along(const char *op, mx_array **a, mx_array **indices, int at, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM], own = (*a)->shape[at], count = (*indices)->shape[at];
  int ndim = (*a)->ndim;
  memcpy(shape, (*a)->shape, (size_t)ndim * sizeof *shape);
  for (int i = 0; i < ndim; i++) {
    int64_t x = shape[i], y = (*indices)->shape[i];
    if (i == at) continue;
    if (x != y && x != 1 && y != 1) {
      value_error(op, "indices do not broadcast to the array", *indices);
      return 1;
    }
    shape[i] = x == 1 ? y : x;
  }
  shape[at] = own;
  *a = mx_broadcast_to(*a, (mx_ints){shape, ndim}, s);
  shape[at] = count;
  *indices = indices_as(op, *indices, (mx_ints){shape, ndim}, s);
  return !*a || !*indices;
}

static int along_checked(const char *op, mx_array **a, mx_array **indices, int axis, int *at,
                         mx_stream *s) {
  if (!*a || !*indices || mx_axis(op, axis, (*a)->ndim, at)) return 1;
  if ((*a)->ndim != (*indices)->ndim)
    return mx_fail(MX_VALUE, "[%s] Indices of dimension %d does not match array of dimension %d.",
                   op, (*indices)->ndim, (*a)->ndim);
  return along(op, a, indices, *at, s);
}

mx_array *mx_take_along_axis(mx_array *a, mx_array *indices, int axis, mx_stream *s) {
  int at;
  if (along_checked("take_along_axis", &a, &indices, axis, &at, s)) return NULL;
  mx_array *in[] = {a, indices};
  mx_along_axis_params p = {at, 0};
  mx_spec out = {(mlx_dtype)a->dtype, indices->ndim, indices->shape, NULL};
  return mx_node(MX_PRIM_TAKE_ALONG_AXIS, out, 2, in, MX_WORDS(p), s);
}

static mx_array *write_along(const char *op, enum mx_prim prim, enum mx_combine mode, mx_array *a,
                             mx_array *indices, mx_array *values, int axis, mx_stream *s) {
  int at;
  if (!values || along_checked(op, &a, &indices, axis, &at, s)) return NULL;
  values = mx_broadcast_to(mx_cast(values, (mlx_dtype)a->dtype, s), shape_of(indices), s);
  mx_array *in[] = {a, indices, mx_row_major(values, s)};
  mx_along_axis_params p = {at, mode};
  return in[2] ? mx_node(prim, like(a), 3, in, MX_WORDS(p), s) : NULL;
}

mx_array *mx_put_along_axis(mx_array *a, mx_array *indices, mx_array *values, int axis,
                            mx_stream *s) {
  return write_along("put_along_axis", MX_PRIM_PUT_ALONG_AXIS, MX_COMBINE_SET, a, indices, values,
                     axis, s);
}

mx_array *mx_scatter_add_axis(mx_array *a, mx_array *indices, mx_array *values, int axis,
                              mx_stream *s) {
  return write_along("scatter_add_axis", MX_PRIM_SCATTER_ADD_AXIS, MX_COMBINE_ADD, a, indices,
                     values, axis, s);
}

/* ---- scatter ---- */

static mx_array *scatter(enum mx_combine mode, mx_array *a, mx_vec indices, mx_array *updates,
                         mx_ints axes, mx_stream *s) {
  int64_t shape[2 * MX_MAX_NDIM], words[2 + MX_MAX_NDIM];
  mx_array *in[MX_MAX_NDIM + 2];
  int ndim;
  if (!a || !updates) return NULL;
  if (index_inputs("scatter", a, indices, axes, in + 2, shape, &ndim, s)) return NULL;
  bool fits = updates->ndim == ndim + a->ndim;
  for (int i = 0; fits && i < updates->ndim; i++)
    fits = i < ndim ? updates->shape[i] == shape[i] : updates->shape[i] <= a->shape[i - ndim];
  if (!fits) {
    char x[200], y[200], z[200];
    mx_fail(
        MX_VALUE,
        "[scatter] Updates of shape %s do not go with indices of shape %s and an array of shape %s",
        mx_shape_text(x, sizeof x, updates->shape, updates->ndim),
        mx_shape_text(y, sizeof y, shape, ndim), mx_shape_text(z, sizeof z, a->shape, a->ndim));
    return NULL;
  }
  words[0] = mode;
  words[1] = axes.n;
  for (int i = 0; i < axes.n; i++) words[2 + i] = axes.p[i] + (axes.p[i] < 0 ? a->ndim : 0);
  in[0] = a;
  in[1] = mx_row_major(mx_cast(updates, (mlx_dtype)a->dtype, s), s);
  return in[1] ? mx_node(MX_PRIM_SCATTER, like(a), axes.n + 2, in, 2 + axes.n, words, s) : NULL;
}

mx_array *mx_scatter(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes, mx_stream *s) {
  return scatter(MX_COMBINE_SET, a, indices, updates, axes, s);
}
mx_array *mx_scatter_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
                            mx_stream *s) {
  return scatter(MX_COMBINE_SET, a, (mx_vec){&indices, 1}, updates, MX_INTS(axis), s);
}
mx_array *mx_scatter_add(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
                         mx_stream *s) {
  return scatter(MX_COMBINE_ADD, a, indices, updates, axes, s);
}
mx_array *mx_scatter_add_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
                                mx_stream *s) {
  return scatter(MX_COMBINE_ADD, a, (mx_vec){&indices, 1}, updates, MX_INTS(axis), s);
}
mx_array *mx_scatter_max(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
                         mx_stream *s) {
  return scatter(MX_COMBINE_MAX, a, indices, updates, axes, s);
}
mx_array *mx_scatter_max_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
                                mx_stream *s) {
  return scatter(MX_COMBINE_MAX, a, (mx_vec){&indices, 1}, updates, MX_INTS(axis), s);
}
mx_array *mx_scatter_min(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
                         mx_stream *s) {
  return scatter(MX_COMBINE_MIN, a, indices, updates, axes, s);
}
mx_array *mx_scatter_min_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
                                mx_stream *s) {
  return scatter(MX_COMBINE_MIN, a, (mx_vec){&indices, 1}, updates, MX_INTS(axis), s);
}
mx_array *mx_scatter_prod(mx_array *a, mx_vec indices, mx_array *updates, mx_ints axes,
                          mx_stream *s) {
  return scatter(MX_COMBINE_PROD, a, indices, updates, axes, s);
}
mx_array *mx_scatter_prod_single(mx_array *a, mx_array *indices, mx_array *updates, int axis,
                                 mx_stream *s) {
  return scatter(MX_COMBINE_PROD, a, (mx_vec){&indices, 1}, updates, MX_INTS(axis), s);
}

/* ---- slices ---- */

static mx_array *slice_update(enum mx_combine mode, mx_array *src, mx_array *update, mx_ints start,
                              mx_ints stop, mx_ints strides, mx_stream *s) {
  int64_t words[1 + 2 * MX_MAX_NDIM], shape[MX_MAX_NDIM];
  if (!src || !update) return NULL;
  if (mx_slice_bounds("slice_update", src, start, stop, strides, words + 1, shape)) return NULL;
  int n = src->ndim;
  words[0] = mode;
  for (int i = 0; i < n; i++) words[1 + n + i] = shape[i] > 1 ? strides.p[i] : 1;
  while (update && update->ndim > n && update->shape[0] == 1)
    update = mx_squeeze_axis(update, 0, s);
  update = mx_broadcast_to(mx_cast(update, (mlx_dtype)src->dtype, s), (mx_ints){shape, n}, s);
  if (!update || update->size == 0) return update ? src : NULL;
  if (mode != MX_COMBINE_SET) update = mx_row_major(update, s);
  mx_array *in[] = {src, update};
  return update ? mx_node(MX_PRIM_SLICE_UPDATE, like(src), 2, in, 1 + 2 * n, words, s) : NULL;
}

mx_array *mx_slice_update(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
                          mx_ints strides, mx_stream *s) {
  return slice_update(MX_COMBINE_SET, src, update, start, stop, strides, s);
}
mx_array *mx_slice_update_add(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
                              mx_ints strides, mx_stream *s) {
  return slice_update(MX_COMBINE_ADD, src, update, start, stop, strides, s);
}
mx_array *mx_slice_update_max(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
                              mx_ints strides, mx_stream *s) {
  return slice_update(MX_COMBINE_MAX, src, update, start, stop, strides, s);
}
mx_array *mx_slice_update_min(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
                              mx_ints strides, mx_stream *s) {
  return slice_update(MX_COMBINE_MIN, src, update, start, stop, strides, s);
}
mx_array *mx_slice_update_prod(mx_array *src, mx_array *update, mx_ints start, mx_ints stop,
                               mx_ints strides, mx_stream *s) {
  return slice_update(MX_COMBINE_PROD, src, update, start, stop, strides, s);
}

static mx_array *dynamic_start(const char *op, const mx_array *a, mx_array *start, mx_ints axes,
                               int64_t *words, mx_stream *s) {
  bool seen[MX_MAX_NDIM];
  if (!start || mx_axes_mask(op, axes, false, a->ndim, seen)) return NULL;
  if (start->size != axes.n || start->ndim > 1)
    return value_error(op, "start must have one element for every axis", start);
  words[0] = axes.n;
  for (int i = 0; i < axes.n; i++) words[1 + i] = axes.p[i] + (axes.p[i] < 0 ? a->ndim : 0);
  return indices_as(op, start, shape_of(start), s);
}

mx_array *mx_slice_dynamic(mx_array *a, mx_array *start, mx_ints axes, mx_ints slice_size,
                           mx_stream *s) {
  int64_t words[1 + MX_MAX_NDIM];
  if (!a || !(start = dynamic_start("slice", a, start, axes, words, s))) return NULL;
  if (slice_size.n != a->ndim) return value_error("slice", "a size is needed for every axis", a);
  for (int i = 0; i < a->ndim; i++)
    if (slice_size.p[i] < 0 || slice_size.p[i] > a->shape[i])
      return value_error("slice", "a slice leaves the array", a);
  mx_array *in[] = {a, start};
  mx_spec out = {(mlx_dtype)a->dtype, a->ndim, slice_size.p, NULL};
  return mx_node(MX_PRIM_SLICE_DYNAMIC, out, 2, in, 1 + axes.n, words, s);
}

mx_array *mx_slice_update_dynamic(mx_array *src, mx_array *update, mx_array *start, mx_ints axes,
                                  mx_stream *s) {
  int64_t words[1 + MX_MAX_NDIM], shape[MX_MAX_NDIM];
  if (!src || !update) return NULL;
  if (!(start = dynamic_start("slice_update", src, start, axes, words, s))) return NULL;
  int n = src->ndim, lead = n - update->ndim;
  if (lead < 0) return value_error("slice_update", "the update has too many dimensions", update);
  for (int i = 0; i < n; i++) {
    shape[i] = i < lead ? src->shape[i] : update->shape[i - lead];
    if (shape[i] > src->shape[i])
      return value_error("slice_update", "the update is too large", update);
  }
  update = mx_broadcast_to(mx_cast(update, (mlx_dtype)src->dtype, s), (mx_ints){shape, n}, s);
  mx_array *in[] = {src, update, start};
  return update ? mx_node(MX_PRIM_SLICE_UPDATE_DYNAMIC, like(src), 3, in, 1 + axes.n, words, s)
                : NULL;
}

/* ---- masks, sorted vectors ---- */

mx_array *mx_masked_scatter(mx_array *a, mx_array *mask, mx_array *src, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  if (!a || !mask || !src) return NULL;
  if (mask->dtype != MLX_BOOL)
    return value_error("masked_scatter", "The mask has to be boolean", mask);
  if (mask->ndim > a->ndim)
    return value_error("masked_scatter", "mask of too many dimensions", mask);
  for (int i = 0; i < mask->ndim; i++)
    if (mask->shape[i] != a->shape[i])
      return value_error("masked_scatter", "the mask does not match the array", mask);
  /* A mask of leading axes holds for whole rows. */
  for (int i = 0; i < a->ndim; i++) shape[i] = i < mask->ndim ? mask->shape[i] : 1;
  mask = mx_broadcast_to(mx_reshape(mask, (mx_ints){shape, a->ndim}, s), shape_of(a), s);
  src = mx_flatten(mx_cast(src, (mlx_dtype)a->dtype, s), 0, -1, s);
  mx_array *in[] = {a, mx_row_major(mask, s), mx_row_major(src, s)};
  return in[1] && in[2] ? mx_node(MX_PRIM_MASKED_SCATTER, like(a), 3, in, 0, NULL, s) : NULL;
}

mx_array *mx_searchsorted(mx_array *sorted_sequence, mx_array *values, const char *side,
                          mx_stream *s) {
  if (!sorted_sequence || !values) return NULL;
  if (sorted_sequence->ndim != 1)
    return value_error("searchsorted", "The sorted sequence must be 1-D", sorted_sequence);
  mx_searchsorted_params p = {!strcmp(side, "right")};
  if (!p.right && strcmp(side, "left")) {
    mx_fail(MX_VALUE, "[searchsorted] Invalid side '%s'. Expected 'left' or 'right'.", side);
    return NULL;
  }
  mlx_dtype t = mx_promote((mlx_dtype)sorted_sequence->dtype, (mlx_dtype)values->dtype);
  mx_array *in[] = {mx_row_major(mx_cast(sorted_sequence, t, s), s),
                    mx_row_major(mx_cast(values, t, s), s)};
  mx_spec out = {MLX_UINT32, values->ndim, values->shape, NULL};
  return in[0] && in[1] ? mx_node(MX_PRIM_SEARCHSORTED, out, 2, in, MX_WORDS(p), s) : NULL;
}

int mx_unique(mx_vec *res, mx_array *a, int size, bool return_index, bool return_inverse,
              bool return_counts, mx_array *fill_value, mx_stream *s) {
  if (!a) return 1;
  if (size < 0) return mx_fail(MX_VALUE, "[unique] Received negative size %d.", size);
  if (a->size == 0 && size > 0 && !fill_value)
    return mx_fail(MX_VALUE,
                   "[unique] A fill value is required for an empty input with a non-zero size.");
  int64_t length = size;
  mx_array *fill = fill_value;
  if (fill && fill->size != 1) return mx_fail(MX_VALUE, "[unique] fill_value must be a scalar");
  mx_array *in[] = {mx_row_major(a, s), NULL};
  if (!in[0]) return 1;
  if (fill) {
    fill = mx_reshape(mx_cast(fill, (mlx_dtype)a->dtype, s), (mx_ints){NULL, 0}, s);
    if (!(in[1] = mx_row_major(fill, s))) return 1;
  }
  mx_spec specs[] = {{(mlx_dtype)a->dtype, 1, &length, NULL},
                     {MLX_UINT32, 1, &length, NULL},
                     {MLX_UINT32, a->ndim, a->shape, NULL},
                     {MLX_INT32, 1, &length, NULL}};
  bool wanted[] = {true, return_index, return_inverse, return_counts};
  mx_array *out[4];
  if (mx_node_multi(MX_PRIM_UNIQUE, 4, specs, out, 2, in, 0, NULL, s)) return 1;
  size_t n = 0;
  for (int i = 0; i < 4; i++) n += wanted[i];
  if (mx_vec_alloc(res, n, "unique")) return 1;
  n = 0;
  for (int i = 0; i < 4; i++)
    if (wanted[i]) res->p[n++] = out[i];
  return 0;
}
