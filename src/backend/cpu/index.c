/* Gathering and scattering. Indices come as row-major int64; every one is wrapped and checked
 * before memory is touched, so an index out of range is an IndexError and never a stray access. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/cpu/combine.h"
#include "backend/cpu/copy.h"
#include "backend/cpu/engines.h"
#include "base/error.h"
#include "base/pool.h"
#include "core/params.h"

#define GRAIN_BYTES (64 << 10)

static int bad_index(const char *op, int64_t index, int64_t length) {
  return mx_fail(MX_INDEX, "[%s] index %lld is out of range for an axis of length %lld", op,
                 (long long)index, (long long)length);
}

/* The first index that is out of range; workers leave it here. */
typedef struct fault {
  atomic_bool any;
  atomic_llong index, length;
} fault;

static bool wrap(int64_t *i, int64_t room, int64_t length, fault *f) {
  int64_t at = *i < 0 ? *i + length : *i;
  if (at < 0 || at > room) {
    atomic_store(&f->index, *i);
    atomic_store(&f->length, length);
    atomic_store(&f->any, true);
    return false;
  }
  *i = at;
  return true;
}

static int report(const char *op, fault *f) {
  return atomic_load(&f->any) ? bad_index(op, atomic_load(&f->index), atomic_load(&f->length)) : 0;
}

static int64_t grain_of(int64_t bytes) {
  return bytes >= GRAIN_BYTES ? 1 : GRAIN_BYTES / (bytes > 0 ? bytes : 1);
}

/* ---- a small strided block ---- */

/* Merged axes of a block whose other side is dense. */
typedef struct block {
  int n;
  int64_t shape[MX_MAX_NDIM], strides[MX_MAX_NDIM];
  int64_t size;
} block;

static void make_block(block *b, const int64_t *shape, const int64_t *strides, int ndim) {
  b->n = 0;
  b->size = 1;
  for (int i = 0; i < ndim; i++) {
    b->size *= shape[i];
    if (shape[i] == 1) continue;
    int k = b->n - 1;
    if (k >= 0 && b->strides[k] == strides[i] * shape[i]) {
      b->shape[k] *= shape[i];
      b->strides[k] = strides[i];
    } else {
      b->shape[b->n] = shape[i];
      b->strides[b->n++] = strides[i];
    }
  }
  if (b->n == 0) {
    b->shape[0] = b->strides[0] = 1;
    b->n = 1;
  }
}

static void copy_line(char *d, const char *s, int64_t n, int64_t stride, size_t item) {
  switch (item) {
  case 1:
    for (int64_t i = 0; i < n; i++) d[i] = s[i * stride];
    break;
  case 2:
    for (int64_t i = 0; i < n; i++) memcpy(d + 2 * i, s + 2 * i * stride, 2);
    break;
  case 4:
    for (int64_t i = 0; i < n; i++) memcpy(d + 4 * i, s + 4 * i * stride, 4);
    break;
  default:
    for (int64_t i = 0; i < n; i++) memcpy(d + 8 * i, s + 8 * i * stride, 8);
  }
}

/* Where line `k` of the block (all axes but the last) begins. */
static int64_t line_offset(const block *b, int64_t k) {
  int64_t off = 0;
  for (int i = b->n - 2; i >= 0; i--) {
    off += k % b->shape[i] * b->strides[i];
    k /= b->shape[i];
  }
  return off;
}

/* The block at src, to rows at dst. */
static void read_block(char *dst, const char *src, const block *b, size_t item) {
  int64_t n = b->shape[b->n - 1], stride = b->strides[b->n - 1];
  if (b->size == 0) return;
  if (b->n == 1 && stride == 1) {
    memcpy(dst, src, (size_t)n * item);
    return;
  }
  for (int64_t k = 0, lines = b->size / n; k < lines; k++)
    copy_line(dst + k * n * (int64_t)item, src + line_offset(b, k) * (int64_t)item, n, stride,
              item);
}

/* ---- gather ---- */

typedef struct gather_ctx {
  const char *src;
  char *dst;
  const mx_array *a;
  const int64_t **index;
  const int64_t *axes;
  int64_t room[MX_MAX_NDIM]; /* largest start, by place in axes */
  int64_t n_axes;
  block slice;
  size_t item;
  fault fault;
} gather_ctx;

static void gather_chunk(void *ctx, int64_t begin, int64_t end) {
  gather_ctx *g = ctx;
  int64_t bytes = g->slice.size * (int64_t)g->item;
  for (int64_t i = begin; i < end; i++) {
    int64_t off = 0;
    for (int64_t k = 0; k < g->n_axes; k++) {
      int64_t at = g->index[k][i], axis = g->axes[k];
      if (!wrap(&at, g->room[k], g->a->shape[axis], &g->fault)) return;
      off += at * g->a->strides[axis];
    }
    read_block(g->dst + i * bytes, g->src + off * (int64_t)g->item, &g->slice, g->item);
  }
}

int mx_cpu_gather(const mx_step *step) {
  const mx_gather_params *p = (const mx_gather_params *)step->op->params;
  mx_array *a = step->in[0], *out = step->out[0];
  const int64_t *index[MX_MAX_NDIM], *sizes = p->lists + p->n_axes;
  if (mx_out_alloc(out)) return 1;
  gather_ctx g = {.src = mx_data(a),
                  .dst = mx_data(out),
                  .a = a,
                  .index = index,
                  .axes = p->lists,
                  .n_axes = p->n_axes,
                  .item = mx_itemsize(a)};
  for (int64_t k = 0; k < p->n_axes; k++) {
    index[k] = mx_data(step->in[1 + k]);
    g.room[k] = a->shape[p->lists[k]] - (sizes[p->lists[k]] ? sizes[p->lists[k]] : 1);
  }
  make_block(&g.slice, sizes, a->strides, a->ndim);
  if (out->size == 0) return 0;
  int64_t n = out->size / g.slice.size;
  mx_parallel_for(n, grain_of(g.slice.size * (int64_t)g.item), gather_chunk, &g);
  return report("gather", &g.fault);
}

/* ---- take ---- */

typedef struct take_ctx {
  const char *src;
  char *dst;
  const int64_t *index;
  int64_t count, length, stride; /* indices; of the axis */
  block outer, inner;
  size_t item;
  fault fault;
} take_ctx;

static int64_t block_offset(const block *b, int64_t k) {
  int64_t off = 0;
  for (int i = b->n - 1; i >= 0; i--) {
    off += k % b->shape[i] * b->strides[i];
    k /= b->shape[i];
  }
  return off;
}

static void take_chunk(void *ctx, int64_t begin, int64_t end) {
  take_ctx *t = ctx;
  int64_t item = (int64_t)t->item, bytes = t->inner.size * item;
  int64_t o = begin / t->count, i = begin % t->count, base = block_offset(&t->outer, o);
  for (int64_t u = begin; u < end; u++) {
    int64_t at = t->index[i];
    if (!wrap(&at, t->length - 1, t->length, &t->fault)) return;
    read_block(t->dst + u * bytes, t->src + (base + at * t->stride) * item, &t->inner, t->item);
    if (++i < t->count) continue;
    i = 0;
    base = block_offset(&t->outer, ++o);
  }
}

int mx_cpu_take(const mx_step *step) {
  const mx_along_axis_params *p = (const mx_along_axis_params *)step->op->params;
  mx_array *a = step->in[0], *index = step->in[1], *out = step->out[0];
  int at = (int)p->axis;
  if (mx_out_alloc(out)) return 1;
  take_ctx t = {.src = mx_data(a),
                .dst = mx_data(out),
                .index = mx_data(index),
                .count = index->size,
                .length = a->shape[at],
                .stride = a->strides[at],
                .item = mx_itemsize(a)};
  if (out->size == 0) return 0;
  make_block(&t.outer, a->shape, a->strides, at);
  make_block(&t.inner, a->shape + at + 1, a->strides + at + 1, a->ndim - at - 1);
  int64_t bytes = t.inner.size * (int64_t)t.item;
  mx_parallel_for(t.outer.size * t.count, grain_of(bytes), take_chunk, &t);
  return report("take", &t.fault);
}

/* ---- along an axis ---- */

/* Both arrays are seen as outer x axis x inner; the indexed side keeps its own strides. */
typedef struct along_ctx {
  char *data;           /* the side that is indexed */
  char *rows;           /* the side with one place for every index */
  const int64_t *index; /* outer x count x inner */
  int64_t count, inner, length, stride;
  block outer_block, inner_block; /* of data */
  size_t item;
  mx_combine_fn combine; /* NULL: read */
  fault fault;
} along_ctx;

static void along_one(along_ctx *t, int64_t o, int64_t in0, int64_t in1) {
  int64_t item = (int64_t)t->item, base = block_offset(&t->outer_block, o);
  bool dense = t->inner_block.n == 1;
  int64_t step = t->inner_block.strides[0];
  for (int64_t i = 0; i < t->count; i++) {
    for (int64_t k = in0; k < in1; k++) {
      int64_t place = (o * t->count + i) * t->inner + k, at = t->index[place];
      if (!wrap(&at, t->length - 1, t->length, &t->fault)) return;
      int64_t off = base + at * t->stride + (dense ? k * step : block_offset(&t->inner_block, k));
      char *d = t->data + off * item, *r = t->rows + place * item;
      if (t->combine)
        t->combine(d, 1, r, 1, 1);
      else
        copy_line(r, d, 1, 1, t->item);
    }
  }
}

/* Units are columns of the axis: (outer, inner) pairs; equal indices meet inside one unit only. */
static void along_chunk(void *ctx, int64_t begin, int64_t end) {
  along_ctx *t = ctx;
  while (begin < end) {
    int64_t o = begin / t->inner, in0 = begin % t->inner;
    int64_t in1 = in0 + (end - begin) < t->inner ? in0 + (end - begin) : t->inner;
    along_one(t, o, in0, in1);
    begin += in1 - in0;
  }
}

static int along(const char *op, along_ctx *t, const mx_array *data, const mx_array *index,
                 int at) {
  if (index->size == 0) return 0;
  t->index = mx_data(index);
  t->count = index->shape[at];
  t->length = data->shape[at];
  t->stride = data->strides[at];
  t->item = mx_itemsize(data);
  make_block(&t->outer_block, data->shape, data->strides, at);
  make_block(&t->inner_block, data->shape + at + 1, data->strides + at + 1, data->ndim - at - 1);
  t->inner = t->inner_block.size;
  mx_parallel_for(t->outer_block.size * t->inner, grain_of(t->count * 8), along_chunk, t);
  return report(op, &t->fault);
}

int mx_cpu_take_along_axis(const mx_step *step) {
  const mx_along_axis_params *p = (const mx_along_axis_params *)step->op->params;
  mx_array *out = step->out[0];
  if (mx_out_alloc(out)) return 1;
  along_ctx t = {.data = mx_data(step->in[0]), .rows = mx_data(out)};
  return along("take_along_axis", &t, step->in[0], step->in[1], (int)p->axis);
}

/* The output holds input 0, in its memory where that is free. */
static int out_from(const mx_step *step, mx_array *out) {
  const mx_array *a = step->in[0];
  if (mx_out_donate(step, 0, out)) return 1;
  if (mx_data(out) != mx_data(a))
    mx_cpu_copy_to_rows(mx_data(out), mx_data(a), a->strides, a->shape, a->ndim, mx_itemsize(a));
  return 0;
}

int mx_cpu_scatter_axis(const mx_step *step) {
  const mx_along_axis_params *p = (const mx_along_axis_params *)step->op->params;
  mx_array *out = step->out[0];
  if (out_from(step, out)) return 1;
  along_ctx t = {.data = mx_data(out),
                 .rows = mx_data(step->in[2]),
                 .combine = mx_cpu_combine((enum mx_combine)p->mode, (mlx_dtype)out->dtype)};
  return along(p->mode == MX_COMBINE_SET ? "put_along_axis" : "scatter_add_axis", &t, out,
               step->in[1], (int)p->axis);
}

/* ---- scatter ---- */

/* Writes lines [begin, end) of the slice at every index in order: lines are parallel, indices are
 * not, so that of equal ones the last wins and sums have one order. */
typedef struct scatter_ctx {
  char *dst;
  const char *updates;
  const int64_t *offsets; /* in elements, by index */
  int64_t count;
  block slice;
  int64_t piece, pieces; /* elements of a line a unit takes, units a line */
  size_t item;
  mx_combine_fn combine;
} scatter_ctx;

static void scatter_chunk(void *ctx, int64_t begin, int64_t end) {
  const scatter_ctx *t = ctx;
  int64_t item = (int64_t)t->item, n = t->slice.shape[t->slice.n - 1];
  int64_t stride = t->slice.strides[t->slice.n - 1];
  for (int64_t i = 0; i < t->count; i++) {
    for (int64_t u = begin; u < end; u++) {
      int64_t line = u / t->pieces, from = u % t->pieces * t->piece;
      int64_t len = n - from < t->piece ? n - from : t->piece;
      int64_t to = t->offsets[i] + line_offset(&t->slice, line) + from * stride;
      t->combine(t->dst + to * item, stride,
                 t->updates + (i * t->slice.size + line * n + from) * item, 1, len);
    }
  }
}

static int scatter_offsets(const mx_step *step, const mx_scatter_params *p, const mx_array *out,
                           const int64_t *slice, int64_t *offsets, int64_t count) {
  fault f = {0};
  memset(offsets, 0, (size_t)count * sizeof *offsets);
  for (int64_t k = 0; k < p->n_axes; k++) {
    const int64_t *index = mx_data(step->in[2 + k]);
    int64_t axis = p->axes[k], length = out->shape[axis];
    int64_t room = length - (slice[axis] ? slice[axis] : 1);
    for (int64_t i = 0; i < count; i++) {
      int64_t at = index[i];
      if (!wrap(&at, room, length, &f)) return report("scatter", &f);
      offsets[i] += at * out->strides[axis];
    }
  }
  return 0;
}

int mx_cpu_scatter(const mx_step *step) {
  const mx_scatter_params *p = (const mx_scatter_params *)step->op->params;
  mx_array *updates = step->in[1], *out = step->out[0];
  const int64_t *slice = updates->shape + (updates->ndim - out->ndim);
  if (out_from(step, out)) return 1;
  if (updates->size == 0) return 0;
  scatter_ctx t = {.dst = mx_data(out),
                   .updates = mx_data(updates),
                   .item = mx_itemsize(out),
                   .combine = mx_cpu_combine((enum mx_combine)p->mode, (mlx_dtype)out->dtype)};
  make_block(&t.slice, slice, out->strides, out->ndim);
  t.count = updates->size / t.slice.size;
  int64_t *offsets = malloc((size_t)t.count * sizeof *offsets);
  if (!offsets) return mx_nomem("scatter");
  if (scatter_offsets(step, p, out, slice, offsets, t.count)) {
    free(offsets);
    return 1;
  }
  int64_t n = t.slice.shape[t.slice.n - 1];
  t.offsets = offsets;
  t.piece = n < 256 ? n : 256;
  t.pieces = (n + t.piece - 1) / t.piece;
  mx_parallel_for(t.slice.size / n * t.pieces, grain_of(t.count * t.piece * (int64_t)t.item),
                  scatter_chunk, &t);
  free(offsets);
  return 0;
}

/* ---- slices ---- */

typedef struct lines_ctx {
  char *dst;
  const char *src;
  block to;
  size_t item;
  mx_combine_fn combine;
} lines_ctx;

static void combine_lines(void *ctx, int64_t begin, int64_t end) {
  const lines_ctx *t = ctx;
  int64_t item = (int64_t)t->item, n = t->to.shape[t->to.n - 1];
  for (int64_t k = begin; k < end; k++)
    t->combine(t->dst + line_offset(&t->to, k) * item, t->to.strides[t->to.n - 1],
               t->src + k * n * item, 1, n);
}

/* Puts `update` (dense rows unless mode is set) at dst with the given strides. */
static void put(char *dst, const int64_t *strides, const mx_array *update, enum mx_combine mode) {
  size_t item = mx_itemsize(update);
  if (mode == MX_COMBINE_SET) {
    mx_cpu_copy_strided(dst, strides, mx_data(update), update->strides, update->shape, update->ndim,
                        item);
    return;
  }
  lines_ctx t = {.dst = dst,
                 .src = mx_data(update),
                 .item = item,
                 .combine = mx_cpu_combine(mode, (mlx_dtype)update->dtype)};
  make_block(&t.to, update->shape, strides, update->ndim);
  int64_t n = t.to.shape[t.to.n - 1];
  mx_parallel_for(t.to.size / n, grain_of(n * (int64_t)item), combine_lines, &t);
}

int mx_cpu_slice_update(const mx_step *step) {
  const mx_slice_update_params *p = (const mx_slice_update_params *)step->op->params;
  mx_array *update = step->in[1], *out = step->out[0];
  int64_t strides[MX_MAX_NDIM], off = 0;
  if (out_from(step, out)) return 1;
  for (int i = 0; i < out->ndim; i++) {
    off += p->lists[i] * out->strides[i];
    strides[i] = p->lists[out->ndim + i] * out->strides[i];
  }
  put((char *)mx_data(out) + off * (int64_t)mx_itemsize(out), strides, update,
      (enum mx_combine)p->mode);
  return 0;
}

/* Offset in elements of a start that is an array. */
static int dynamic_offset(const char *op, const mx_slice_dynamic_params *p, const mx_array *start,
                          const mx_array *a, const int64_t *size, int64_t *off) {
  const int64_t *at = mx_data(start);
  fault f = {0};
  *off = 0;
  for (int64_t k = 0; k < p->n_axes; k++) {
    int64_t axis = p->axes[k], i = at[k];
    if (!wrap(&i, a->shape[axis] - size[axis], a->shape[axis], &f)) return report(op, &f);
    *off += i * a->strides[axis];
  }
  return 0;
}

int mx_cpu_slice_dynamic(const mx_step *step) {
  const mx_slice_dynamic_params *p = (const mx_slice_dynamic_params *)step->op->params;
  mx_array *a = step->in[0], *out = step->out[0];
  int64_t off;
  if (dynamic_offset("slice", p, step->in[1], a, out->shape, &off) || mx_out_alloc(out)) return 1;
  mx_cpu_copy_to_rows(mx_data(out), (char *)mx_data(a) + off * (int64_t)mx_itemsize(a), a->strides,
                      out->shape, out->ndim, mx_itemsize(a));
  return 0;
}

int mx_cpu_slice_update_dynamic(const mx_step *step) {
  const mx_slice_dynamic_params *p = (const mx_slice_dynamic_params *)step->op->params;
  mx_array *update = step->in[1], *out = step->out[0];
  int64_t off;
  if (dynamic_offset("slice_update", p, step->in[2], out, update->shape, &off)) return 1;
  if (out_from(step, out)) return 1;
  put((char *)mx_data(out) + off * (int64_t)mx_itemsize(out), out->strides, update, MX_COMBINE_SET);
  return 0;
}

/* ---- masks ---- */

int mx_cpu_masked_scatter(const mx_step *step) {
  const mx_array *mask = step->in[1], *src = step->in[2];
  mx_array *out = step->out[0];
  const uint8_t *m = mx_data(mask);
  int64_t wanted = 0, item = (int64_t)mx_itemsize(out);
  for (int64_t i = 0; i < mask->size; i++) wanted += m[i] != 0;
  if (wanted > src->size)
    return mx_fail(MX_RUNTIME, "[masked_scatter] %lld places for a source of %lld elements",
                   (long long)wanted, (long long)src->size);
  if (out_from(step, out)) return 1;
  char *d = mx_data(out);
  const char *s = mx_data(src);
  for (int64_t i = 0; i < out->size; i++) {
    if (!m[i]) continue;
    memcpy(d + i * item, s, (size_t)item);
    s += item;
  }
  return 0;
}
