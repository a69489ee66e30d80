/* Builders of what the array API standard has beyond MLX. Where the shape of a result depends on
 * values, these are evaluated here: the indices that follow are leaves. */
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "gen/ops.h"

static mx_array *flat(mx_array *a, mx_stream *s) {
  return a && a->ndim != 1 ? mx_flatten(a, 0, -1, s) : a;
}

/* Evaluated, in rows. NULL with an error. */
static mx_array *values_of(mx_array *a, mx_stream *s) {
  a = mx_row_major(a, s);
  return a && !mx_eval_hook(&a, 1, true) ? a : NULL;
}

/* A vector of n indices to be filled. */
static mx_array *indices(int64_t n, mlx_dtype t) {
  mx_buffer *b = mx_buffer_new((size_t)n * (size_t)mx_dtype_bytes(t));
  return b ? mx_leaf((mx_spec){t, 1, &n, NULL}, b, 0) : NULL;
}

static void put(mx_array *a, int64_t i, int64_t value) {
  if (a->dtype == MLX_INT32)
    ((int32_t *)mx_data(a))[i] = (int32_t)value;
  else
    ((int64_t *)mx_data(a))[i] = value;
}

static mlx_dtype index_dtype(int64_t size) {
  return size > INT32_MAX ? MLX_INT64 : MLX_INT32;
}

/* ---- isin ---- */

mx_array *mx_isin(mx_array *a, mx_array *b, bool invert, mx_stream *s) {
  if (!a || !b) return NULL;
  mlx_dtype t = mx_promote((mlx_dtype)a->dtype, (mlx_dtype)b->dtype);
  if (t == MLX_BOOL) t = MLX_UINT8;
  a = mx_cast(a, t, s);
  b = flat(mx_cast(b, t, s), s);
  if (!a || !b) return NULL;
  if (b->size == 0) {
    mx_array *all = mx_scalar(invert, MLX_BOOL);
    return all ? mx_full((mx_ints){a->shape, a->ndim}, all, MLX_BOOL, s) : NULL;
  }
  mx_array *sorted = mx_sort_axis(b, 0, s);
  mx_array *last = mx_scalar((double)(b->size - 1), MLX_UINT32);
  mx_array *at = sorted ? mx_searchsorted(sorted, a, "left", s) : NULL;
  at = at && last ? mx_minimum(at, last, s) : NULL;
  mx_array *near = at ? mx_take_axis(sorted, at, 0, s) : NULL;
  if (!near) return NULL;
  return invert ? mx_not_equal(near, a, s) : mx_equal(near, a, s);
}

/* ---- nonzero ---- */

/* The places of set bytes as one index array for each axis. */
static void fill_places(const mx_array *set, mx_array **out) {
  const uint8_t *p = mx_data(set);
  int64_t at[MX_MAX_NDIM] = {0}, n = 0;
  for (int64_t i = 0; i < set->size; i++) {
    for (int k = 0; p[i] && k < set->ndim; k++) put(out[k], n, at[k]);
    n += p[i];
    for (int k = set->ndim - 1; k >= 0 && ++at[k] == set->shape[k]; k--) at[k] = 0;
  }
}

int mx_nonzero(mx_vec *res, mx_array *a, mx_stream *s) {
  if (!a) return 1;
  if (!a->ndim) return mx_fail(MX_VALUE, "[nonzero] an array without axes has no indices");
  mx_array *zero = mx_scalar(0, (mlx_dtype)a->dtype);
  mx_array *set = zero ? values_of(mx_not_equal(a, zero, s), s) : NULL;
  if (!set || mx_vec_alloc(res, (size_t)a->ndim, "nonzero")) return 1;
  int64_t n = 0;
  for (int64_t i = 0; i < set->size; i++) n += ((const uint8_t *)mx_data(set))[i];
  for (int k = 0; k < a->ndim; k++)
    if (!(res->p[k] = indices(n, index_dtype(a->size)))) return 1;
  if (n) fill_places(set, res->p);
  return 0;
}

/* ---- unique ---- */

typedef struct distinct {
  mx_array *values, *first, *inverse, *counts;
} distinct;

/* Where a sorted vector's element differs from the one before: evaluated bytes, none for the
 * first. */
static mx_array *changes(mx_array *sorted, mx_stream *s) {
  int64_t n = sorted->size;
  mx_array *upper = mx_slice(sorted, MX_INTS(1), MX_INTS(n), MX_INTS(1), s);
  mx_array *lower = mx_slice(sorted, MX_INTS(0), MX_INTS(n - 1), MX_INTS(1), s);
  return upper && lower ? values_of(mx_not_equal(upper, lower, s), s) : NULL;
}

/* Of each group of equal elements where it starts and how many there are; of each element which
 * group it is in. */
static int group(const mx_array *change, int64_t n, mx_array **start, mx_array **which,
                 mx_array **counts) {
  const uint8_t *p = change ? mx_data(change) : NULL;
  int64_t groups = n > 0;
  for (int64_t i = 0; i + 1 < n; i++) groups += p[i];
  mlx_dtype t = index_dtype(n);
  if (!(*start = indices(groups, t)) || !(*which = indices(n, t)) ||
      !(*counts = indices(groups, t)))
    return 1;
  int64_t from = 0, at = 0;
  for (int64_t i = 0; i < n; i++) {
    if (i && p[i - 1]) {
      put(*counts, at++, i - from);
      from = i;
    }
    if (i == from) put(*start, at, i);
    put(*which, i, at);
  }
  if (n) put(*counts, at, n - from);
  return 0;
}

static int find_distinct(distinct *d, mx_array *a, mx_stream *s) {
  mx_array *start, *which, *all = flat(a, s);
  if (!all) return 1;
  int64_t n = all->size;
  mx_array *order = mx_argsort_axis(all, 0, s);
  mx_array *sorted = order ? mx_take_axis(all, order, 0, s) : NULL;
  mx_array *change = sorted && n > 1 ? changes(sorted, s) : NULL;
  if (!sorted || (n > 1 && !change) || group(change, n, &start, &which, &d->counts)) return 1;
  d->values = mx_take_axis(sorted, start, 0, s);
  d->first = mx_cast(mx_take_axis(order, start, 0, s), (mlx_dtype)start->dtype, s);
  mx_array *inverse = mx_zeros(MX_INTS(n), (mlx_dtype)which->dtype, s);
  inverse = inverse ? mx_put_along_axis(inverse, order, which, 0, s) : NULL;
  d->inverse = inverse ? mx_reshape(inverse, (mx_ints){a->shape, a->ndim}, s) : NULL;
  return !d->values || !d->first || !d->inverse;
}

int mx_unique_all(mx_array **res_0, mx_array **res_1, mx_array **res_2, mx_array **res_3,
                  mx_array *a, mx_stream *s) {
  distinct d;
  if (!a || find_distinct(&d, a, s)) return 1;
  *res_0 = d.values;
  *res_1 = d.first;
  *res_2 = d.inverse;
  *res_3 = d.counts;
  return 0;
}

int mx_unique_counts(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  distinct d;
  if (!a || find_distinct(&d, a, s)) return 1;
  *res_0 = d.values;
  *res_1 = d.counts;
  return 0;
}

int mx_unique_inverse(mx_array **res_0, mx_array **res_1, mx_array *a, mx_stream *s) {
  distinct d;
  if (!a || find_distinct(&d, a, s)) return 1;
  *res_0 = d.values;
  *res_1 = d.inverse;
  return 0;
}

mx_array *mx_unique_values(mx_array *a, mx_stream *s) {
  distinct d;
  return !a || find_distinct(&d, a, s) ? NULL : d.values;
}

/* ---- repeat ---- */

static mx_array *repeated_indices(const int64_t *counts, int64_t n, int64_t step) {
  int64_t total = 0;
  for (int64_t i = 0; i < n; i++)
    if (counts[i * step] < 0 || __builtin_add_overflow(total, counts[i * step], &total)) {
      mx_fail(MX_VALUE, "[repeat] %lld repetitions of part %lld", (long long)counts[i * step],
              (long long)i);
      return NULL;
    }
  if (mx_shape_size("repeat", &total, 1, MLX_INT64) < 0) return NULL;
  mx_array *out = indices(total, MLX_INT64);
  int64_t *p = out ? mx_data(out) : NULL;
  for (int64_t i = 0, at = 0; p && i < n; i++)
    for (int64_t k = 0; k < counts[i * step]; k++) p[at++] = i;
  return out;
}

mx_array *mx_repeat_counts(mx_array *arr, mx_array *counts, int axis, mx_stream *s) {
  int at;
  if (!arr || !counts || mx_axis("repeat", axis, arr->ndim, &at)) return NULL;
  int64_t n = arr->shape[at];
  mx_kind_of kind = mx_dtype_kind((mlx_dtype)counts->dtype);
  if ((kind != MX_KIND_INT && kind != MX_KIND_UINT) || counts->ndim > 1 ||
      (counts->size != n && counts->size != 1)) {
    mx_fail(MX_VALUE, "[repeat] %lld parts need as many counts, integers; got %lld of %s",
            (long long)n, (long long)counts->size, mx_dtype_name((mlx_dtype)counts->dtype));
    return NULL;
  }
  counts = values_of(mx_cast(counts, MLX_INT64, s), s);
  mx_array *which = counts ? repeated_indices(mx_data(counts), n, counts->size == n) : NULL;
  return which ? mx_take_axis(arr, which, at, s) : NULL;
}

/* ---- moveaxis ---- */

mx_array *mx_moveaxis_axes(mx_array *a, mx_ints source, mx_ints destination, mx_stream *s) {
  bool from[MX_MAX_NDIM], to[MX_MAX_NDIM];
  int64_t order[MX_MAX_NDIM];
  if (!a) return NULL;
  if (source.n != destination.n) {
    mx_fail(MX_VALUE, "[moveaxis] %d axes to %d places", source.n, destination.n);
    return NULL;
  }
  if (mx_axes_mask("moveaxis", source, false, a->ndim, from) ||
      mx_axes_mask("moveaxis", destination, false, a->ndim, to))
    return NULL;
  for (int i = 0; i < source.n; i++) {
    int64_t place = destination.p[i] + (destination.p[i] < 0 ? a->ndim : 0);
    order[place] = source.p[i] + (source.p[i] < 0 ? a->ndim : 0);
  }
  for (int place = 0, axis = 0; place < a->ndim; place++) {
    if (to[place]) continue;
    while (from[axis]) axis++;
    order[place] = axis++;
  }
  return mx_transpose_axes(a, (mx_ints){order, a->ndim}, s);
}
