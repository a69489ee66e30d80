/* Owns maps: a function is traced on one slice of its inputs, then each operation that depends on a
 * slice is made again over the whole axis. */
#include <stdlib.h>
#include <string.h>

#include "core/stream.h"
#include "gen/ops.h"
#include "transforms/trace.h"

/* ---- axes ---- */

static int check_axes(mx_vec in, const int *axes, size_t n_axes, int64_t *size) {
  char text[200];
  *size = -1;
  if (n_axes != in.n)
    return mx_fail(MX_VALUE,
                   "[vmap] The number of in axes (%zu) must match the number of inputs (%zu).",
                   n_axes, in.n);
  for (size_t i = 0; i < in.n; i++) {
    const mx_array *a = in.p[i];
    if (axes[i] == -1) continue;
    if (axes[i] < 0 || axes[i] >= a->ndim)
      return mx_fail(MX_INDEX, "[vmap] Invalid vectorization axis %d for array with shape %s",
                     axes[i], mx_shape_text(text, sizeof text, a->shape, a->ndim));
    if (*size >= 0 && *size != a->shape[axes[i]])
      return mx_fail(MX_VALUE, "[vmap] Inconsistent axis sizes: %lld and %lld.", (long long)*size,
                     (long long)a->shape[axes[i]]);
    *size = a->shape[axes[i]];
  }
  if (*size < 0) return mx_fail(MX_VALUE, "[vmap] At least one of in_axes must be non-None.");
  return 0;
}

/* What stands for one slice of a. */
static mx_array *slice_placeholder(const mx_array *a, int axis) {
  int64_t shape[MX_MAX_NDIM];
  for (int i = 0, k = 0; i < a->ndim; i++)
    if (i != axis) shape[k++] = a->shape[i];
  mx_array *p = mx_placeholder((mx_spec){(mlx_dtype)a->dtype, a->ndim - 1, shape, NULL});
  if (p) mx_session_enter(p);
  return p;
}

int mx_vmap_trace(mx_vec *s_in, mx_vec *s_out, mx_fun f, mx_vec in, const int *axes,
                  size_t n_axes) {
  int64_t size;
  *s_in = *s_out = (mx_vec){NULL, 0};
  if (check_axes(in, axes, n_axes, &size) || mx_vec_alloc(s_in, in.n, "vmap")) return 1;
  mx_session_open();
  int bad = 0;
  for (size_t i = 0; i < in.n && !bad; i++)
    bad = !(s_in->p[i] = axes[i] < 0 ? in.p[i] : slice_placeholder(in.p[i], axes[i]));
  bad = bad || f.call(f.ctx, *s_in, s_out);
  mx_session_close();
  if (bad) {
    free(s_in->p);
    *s_in = (mx_vec){NULL, 0};
  }
  return bad;
}

/* ---- the whole axis ---- */

typedef struct mapping {
  mx_deps deps;
  int64_t size;
  mx_array **value; /* by number: the array over all slices ... */
  int *axis;        /* ... and its further axis; -1: it has none */
  mx_array **in;    /* of one operation */
  int *in_axis;
} mapping;

static int map_op(mapping *m, const mx_dep *d) {
  const mx_op *op = d->first->op;
  bool any = false;
  for (int i = 0; i < op->n_in; i++) {
    ptrdiff_t at = op->in[i] ? mx_deps_value(&m->deps, op->in[i]) : -1;
    m->in[i] = at < 0 ? op->in[i] : m->value[at];
    m->in_axis[i] = at < 0 ? -1 : m->axis[at];
    any = any || m->in_axis[i] >= 0;
    if (m->in[i] && m->in[i]->ndim == MX_MAX_NDIM && m->in_axis[i] < 0)
      return mx_fail(MX_VALUE, "[vmap] more than %d dimensions", MX_MAX_NDIM);
  }
  mx_array **out = m->value + d->value;
  int *out_axis = m->axis + d->value;
  for (int k = 0; k < op->n_out; k++) {
    if (op->out[k]->ndim == MX_MAX_NDIM)
      return mx_fail(MX_VALUE, "[vmap] more than %d dimensions", MX_MAX_NDIM);
    out_axis[k] = -1;
  }
  if (!any) return mx_remake_same(op, m->in, out);
  mx_vmap_call c = {op, m->in, m->in_axis, m->size, out, out_axis, op->stream};
  return mx_vmap_op(&c);
}

/* An output with its further axis where it was asked for. */
static mx_array *place(const mapping *m, mx_array *a, int axis, int want, mx_stream *s) {
  char text[200];
  int ndim = a->ndim - (axis >= 0) + 1;
  if (want == -1 && axis >= 0) {
    mx_fail(MX_VALUE, "[vmap] Axis -1 invalid for output with %d dimensions.", a->ndim);
    return NULL;
  }
  if (want == -1) want = ndim - 1;
  if (want < 0 || want >= ndim) {
    mx_fail(MX_INDEX, "[vmap] Invalid output vectorization axis %d for array with shape %s", want,
            mx_shape_text(text, sizeof text, a->shape, a->ndim));
    return NULL;
  }
  if (axis >= 0) return axis == want ? a : mx_moveaxis(a, axis, want, s);
  int64_t shape[MX_MAX_NDIM + 1];
  if (!(a = mx_expand_dims(a, want, s))) return NULL;
  for (int i = 0; i < a->ndim; i++) shape[i] = i == want ? m->size : a->shape[i];
  return mx_broadcast_to(a, (mx_ints){shape, a->ndim}, s);
}

static int go(mapping *m, mx_vec whole, mx_vec from, const int *axes, mx_vec s_out,
              const int *out_axes, mx_vec *out) {
  const mx_deps *d = &m->deps;
  for (size_t i = 0; i < from.n; i++) {
    ptrdiff_t at = mx_deps_value(d, from.p[i]);
    m->value[at] = whole.p[i];
    m->axis[at] = axes[i];
  }
  for (size_t k = 0; k < d->n_order; k++)
    if (map_op(m, &d->seen[d->order[k]])) return 1;
  if (mx_vec_alloc(out, s_out.n, "vmap")) return 1;
  mx_stream *s = mx_default_stream(mx_default_device());
  for (size_t i = 0; i < s_out.n; i++) {
    ptrdiff_t at = mx_deps_value(d, s_out.p[i]);
    out->p[i] = at < 0 ? place(m, s_out.p[i], -1, out_axes[i], s)
                       : place(m, m->value[at], m->axis[at], out_axes[i], s);
    if (!out->p[i]) return 1;
  }
  return 0;
}

static int replace(mapping *m, mx_vec whole, mx_vec from, const int *axes, mx_vec s_out,
                   const int *out_axes, mx_vec *out) {
  if (mx_deps_find(&m->deps, from, s_out, true)) return 1;
  m->value = calloc(m->deps.n_values + 1, sizeof *m->value);
  m->axis = malloc((m->deps.n_values + 1) * sizeof *m->axis);
  m->in = malloc((m->deps.max_in + 1) * sizeof *m->in);
  m->in_axis = malloc((m->deps.max_in + 1) * sizeof *m->in_axis);
  int bad = m->value && m->axis && m->in && m->in_axis
                ? go(m, whole, from, axes, s_out, out_axes, out)
                : mx_nomem("vmap");
  free(m->value);
  free(m->axis);
  free(m->in);
  free(m->in_axis);
  mx_deps_free(&m->deps);
  return bad;
}

int mx_vmap_replace(mx_vec *out, mx_vec in, mx_vec s_in, mx_vec s_out, const int *axes,
                    size_t n_axes, const int *out_axes, size_t n_out_axes) {
  mapping m = {.size = -1};
  *out = (mx_vec){NULL, 0};
  if (in.n != s_in.n)
    return mx_fail(MX_VALUE, "[vmap] %zu inputs, but %zu were traced", in.n, s_in.n);
  if (n_out_axes != s_out.n)
    return mx_fail(MX_VALUE,
                   "[vmap] The number of out axes (%zu) must match the number of outputs (%zu).",
                   n_out_axes, s_out.n);
  if (check_axes(in, axes, n_axes, &m.size)) return 1;
  /* The mapped inputs alone, packed. */
  mx_vec whole = {NULL, 0}, from = {NULL, 0};
  int *at = malloc((in.n + 1) * sizeof *at);
  int bad = at ? mx_vec_alloc(&whole, in.n, "vmap") || mx_vec_alloc(&from, in.n, "vmap")
               : mx_nomem("vmap");
  size_t n = 0;
  for (size_t i = 0; i < in.n && !bad; i++) {
    if (axes[i] < 0) continue;
    whole.p[n] = in.p[i];
    from.p[n] = s_in.p[i];
    at[n++] = axes[i];
  }
  whole.n = from.n = n;
  bad = bad || replace(&m, whole, from, at, s_out, out_axes, out);
  free(at);
  free(whole.p);
  free(from.p);
  if (bad) {
    free(out->p);
    *out = (mx_vec){NULL, 0};
  }
  return bad;
}

int mx_vmap(mx_vec *out, mx_fun f, mx_vec in, const int *axes, size_t n_axes, const int *out_axes,
            size_t n_out_axes) {
  mx_vec s_in, s_out;
  *out = (mx_vec){NULL, 0};
  if (mx_vmap_trace(&s_in, &s_out, f, in, axes, n_axes)) return 1;
  int bad = mx_vmap_replace(out, in, s_in, s_out, axes, n_axes, out_axes, n_out_axes);
  free(s_in.p);
  free(s_out.p);
  return bad;
}
