/* Sorting and selecting along an axis. The kernel wants the axis last; other axes are moved there
 * and back as views. */
#include "core/dtype.h"
#include "core/params.h"
#include "gen/ops.h"
#include "ops/build.h"

/* A node over axis `axis` of a, `count` long in the result. */
static mx_array *along_last(enum mx_prim prim, mx_array *a, int64_t kth, int axis, mx_stream *s) {
  int at;
  const char *op = prim == MX_PRIM_PARTITION || prim == MX_PRIM_ARGPARTITION ? "partition" : "sort";
  if (!a || mx_axis(op, axis, a->ndim, &at)) return NULL;
  int64_t n = a->shape[at];
  if (op[0] == 'p') {
    if (kth < -n || kth >= n) {
      mx_fail(MX_VALUE, "[%s] Received invalid kth %lld for an axis of length %lld.", op,
              (long long)kth, (long long)n);
      return NULL;
    }
    kth += kth < 0 ? n : 0;
  }
  mx_array *rows = mx_row_major(mx_moveaxis(a, at, -1, s), s);
  if (!rows) return NULL;
  bool args = prim == MX_PRIM_ARGSORT || prim == MX_PRIM_ARGPARTITION;
  mx_sort_params p = {rows->ndim - 1, kth};
  mx_spec out = {args ? MLX_UINT32 : (mlx_dtype)rows->dtype, rows->ndim, rows->shape, NULL};
  mx_array *r = mx_node(prim, out, 1, &rows, MX_WORDS(p), s);
  return mx_moveaxis(r, -1, at, s);
}

mx_array *mx_sort_axis(mx_array *a, int axis, mx_stream *s) {
  return along_last(MX_PRIM_SORT, a, 0, axis, s);
}
mx_array *mx_sort(mx_array *a, mx_stream *s) {
  return mx_sort_axis(mx_flatten(a, 0, -1, s), 0, s);
}
mx_array *mx_argsort_axis(mx_array *a, int axis, mx_stream *s) {
  return along_last(MX_PRIM_ARGSORT, a, 0, axis, s);
}
mx_array *mx_argsort(mx_array *a, mx_stream *s) {
  return mx_argsort_axis(mx_flatten(a, 0, -1, s), 0, s);
}
mx_array *mx_partition_axis(mx_array *a, int kth, int axis, mx_stream *s) {
  return along_last(MX_PRIM_PARTITION, a, kth, axis, s);
}
mx_array *mx_partition(mx_array *a, int kth, mx_stream *s) {
  return mx_partition_axis(mx_flatten(a, 0, -1, s), kth, 0, s);
}
mx_array *mx_argpartition_axis(mx_array *a, int kth, int axis, mx_stream *s) {
  return along_last(MX_PRIM_ARGPARTITION, a, kth, axis, s);
}
mx_array *mx_argpartition(mx_array *a, int kth, mx_stream *s) {
  return mx_argpartition_axis(mx_flatten(a, 0, -1, s), kth, 0, s);
}

mx_array *mx_topk_axis(mx_array *a, int k, int axis, mx_stream *s) {
  int64_t start[MX_MAX_NDIM] = {0}, one[MX_MAX_NDIM];
  int at;
  if (!a || mx_axis("topk", axis, a->ndim, &at)) return NULL;
  int64_t n = a->shape[at];
  if (k < 0 || k > n) {
    mx_fail(MX_VALUE, "[topk] Received invalid k=%d along axis %d of length %lld.", k, at,
            (long long)n);
    return NULL;
  }
  for (int i = 0; i < a->ndim; i++) one[i] = 1;
  start[at] = n - k;
  mx_array *split = k > 0 && k < n ? mx_partition_axis(a, (int)(n - k), at, s) : a;
  if (!split) return NULL;
  mx_array *top = mx_slice(split, (mx_ints){start, a->ndim}, (mx_ints){a->shape, a->ndim},
                           (mx_ints){one, a->ndim}, s);
  return top ? mx_sort_axis(top, at, s) : NULL;
}

mx_array *mx_topk(mx_array *a, int k, mx_stream *s) {
  return mx_topk_axis(mx_flatten(a, 0, -1, s), k, 0, s);
}
