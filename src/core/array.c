/* Owns the making and freeing of nodes.
 *
 * A node, its shape and strides, its operation, and the operation's lists lie in one block. Freeing
 * runs over an explicit stack threaded through the nodes themselves, so a graph of any depth is
 * freed without recursion and without allocating. */
#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"
#include "core/prim.h"
#include "core/scope.h"
#include "core/session.h"

/* ---- shapes ---- */

void mx_row_strides(int64_t *strides, const int64_t *shape, int ndim) {
  uint64_t step = 1; /* wraps where a later axis is empty and the strides are never used */
  for (int i = ndim - 1; i >= 0; i--) {
    strides[i] = (int64_t)step;
    step *= (uint64_t)shape[i];
  }
}

const char *mx_shape_text(char *buf, size_t n, const int64_t *shape, int ndim) {
  size_t at = (size_t)snprintf(buf, n, "(");
  for (int i = 0; i < ndim && at < n; i++)
    at += (size_t)snprintf(buf + at, n - at, ndim == 1 ? "%lld," : i ? ",%lld" : "%lld",
                           (long long)shape[i]);
  if (at < n)
    snprintf(buf + at, n - at, ")");
  return buf;
}

int64_t mx_shape_size(const char *op, const int64_t *shape, int ndim, mlx_dtype dtype) {
  char text[256];
  if (ndim < 0 || ndim > MX_MAX_NDIM)
    return -mx_fail(MX_VALUE, "[%s] %d dimensions, at most %d are supported", op, ndim, MX_MAX_NDIM);
  int64_t size = 1;
  bool over = false, empty = false;
  for (int i = 0; i < ndim; i++) {
    if (shape[i] < 0)
      return -mx_fail(MX_VALUE, "[%s] negative dimension in shape %s", op,
                      mx_shape_text(text, sizeof text, shape, ndim));
    empty = empty || shape[i] == 0;
    over = __builtin_mul_overflow(size, shape[i], &size) || over;
  }
  if (empty)
    return 0;
  int64_t bytes;
  if (over || __builtin_mul_overflow(size, (int64_t)mx_dtype_bytes(dtype), &bytes))
    return -mx_fail(MX_VALUE, "[%s] shape %s of %s is larger than the address space", op,
                    mx_shape_text(text, sizeof text, shape, ndim), mx_dtype_name(dtype));
  return size;
}

static bool is_row_contiguous(const int64_t *shape, const int64_t *strides, int ndim) {
  int64_t step = 1;
  for (int i = ndim - 1; i >= 0; i--) {
    if (shape[i] == 1)
      continue;
    if (strides[i] != step)
      return false;
    step *= shape[i];
  }
  return true;
}

/* ---- nodes ---- */

static void init_array(mx_array *a, int64_t *dims, const mx_spec *spec, int64_t size) {
  memset(a, 0, sizeof *a);
  atomic_init(&a->refs, 1);
  a->dtype = (uint8_t)spec->dtype;
  a->ndim = (uint8_t)spec->ndim;
  a->owner = a;
  a->size = size;
  a->shape = dims;
  a->strides = dims + spec->ndim;
  if (spec->ndim)
    memcpy(a->shape, spec->shape, (size_t)spec->ndim * sizeof(int64_t));
  if (spec->strides && spec->ndim)
    memcpy(a->strides, spec->strides, (size_t)spec->ndim * sizeof(int64_t));
  else
    mx_row_strides(a->strides, spec->shape, spec->ndim);
  a->row_contiguous =
      !spec->strides || size == 0 || is_row_contiguous(a->shape, a->strides, spec->ndim);
}

static size_t dims_bytes(const mx_spec *spec) {
  return 2 * (size_t)spec->ndim * sizeof(int64_t);
}

static mx_payload *payload_of(const mx_op *op) {
  return mx_prim_payload(op->prim) ? (mx_payload *)(intptr_t)op->params[1] : NULL;
}

/* The operation's list of inputs takes its references. */
static void hold_inputs(mx_op *op, mx_array *const *in) {
  mx_payload *p = payload_of(op);
  if (p)
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
  uint32_t traced = 0;
  for (int i = 0; i < op->n_in; i++) {
    op->in[i] = in[i] ? mx_retain(in[i]) : NULL;
    traced |= in[i] ? in[i]->owner->session : 0;
  }
  if (traced)
    mx_session_inherit(op->out[0], op->n_in, op->in);
}

/* Fills the operation that starts at *at in a block and moves *at behind it. */
static mx_op *init_op(char *at, enum mx_prim prim, int n_out, int n_in, int n_params,
                      const int64_t *params, mx_stream *s) {
  mx_op *op = (mx_op *)at;
  at += sizeof *op;
  op->prim = (uint16_t)prim;
  op->n_in = (uint16_t)n_in;
  op->n_out = (uint16_t)n_out;
  op->n_params = (uint32_t)n_params;
  op->stream = s;
  op->params = (int64_t *)at;
  at += (size_t)n_params * sizeof(int64_t);
  op->in = (mx_array **)at;
  at += (size_t)n_in * sizeof(mx_array *);
  op->out = (mx_array **)at;
  if (n_params)
    memcpy(op->params, params, (size_t)n_params * sizeof(int64_t));
  return op;
}

static size_t op_bytes(int n_out, int n_in, int n_params) {
  return sizeof(mx_op) + ((size_t)n_params + (size_t)n_in + (size_t)n_out) * sizeof(int64_t);
}

mx_array *mx_node(enum mx_prim prim, mx_spec out, int n_in, mx_array *const *in, int n_params,
                  const int64_t *params, mx_stream *s) {
  mx_array *a = NULL;
  return mx_node_multi(prim, 1, &out, &a, n_in, in, n_params, params, s) ? NULL : a;
}

int mx_node_multi(enum mx_prim prim, int n_out, const mx_spec *specs, mx_array **out, int n_in,
                  mx_array *const *in, int n_params, const int64_t *params, mx_stream *s) {
  if (!s)
    return 1; /* finding the stream failed, and said so */
  size_t bytes = op_bytes(n_out, n_in, n_params);
  for (int i = 0; i < n_out; i++)
    bytes += sizeof(mx_array) + dims_bytes(&specs[i]);
  char *at = malloc(bytes);
  if (!at)
    return mx_nomem("array");
  mx_array *first = (mx_array *)at;
  for (int i = 0; i < n_out; i++) {
    int64_t size = mx_shape_size("array", specs[i].shape, specs[i].ndim, specs[i].dtype);
    if (size < 0) {
      free(first);
      return 1;
    }
    out[i] = (mx_array *)at;
    init_array(out[i], (int64_t *)(at + sizeof(mx_array)), &specs[i], size);
    out[i]->owner = first;
    out[i]->index = (uint16_t)i;
    at += sizeof(mx_array) + dims_bytes(&specs[i]);
  }
  mx_op *op = init_op(at, prim, n_out, n_in, n_params, params, s);
  for (int i = 0; i < n_out; i++) {
    op->out[i] = out[i];
    out[i]->op = op;
  }
  hold_inputs(op, in);
  return mx_scope_own(first) ? 0 : 1;
}

/* Moves a pointer into one block to the same place of another. */
static void *moved(const void *p, const char *from, char *to) {
  return to + ((const char *)p - from);
}

int mx_node_clone(const mx_op *op, mx_array *const *in, mx_array **out) {
  const char *from = (const char *)op->out[0];
  size_t bytes = (size_t)((const char *)op - from) + op_bytes(op->n_out, op->n_in, (int)op->n_params);
  char *to = malloc(bytes);
  if (!to)
    return mx_nomem("array");
  memcpy(to, from, bytes);
  mx_op *c = moved(op, from, to);
  c->in = moved(op->in, from, to);
  c->out = moved(op->out, from, to);
  c->params = moved(op->params, from, to);
  for (int i = 0; i < c->n_out; i++) {
    mx_array *a = out[i] = c->out[i] = moved(op->out[i], from, to);
    atomic_init(&a->refs, 1);
    atomic_init(&a->state, MX_PENDING);
    atomic_init(&a->shape32, NULL);
    atomic_init(&a->strides_c, NULL);
    a->owner = out[0];
    a->op = c;
    a->shape = moved(a->shape, from, to);
    a->strides = moved(a->strides, from, to);
    a->plan = 0;
    a->uses = a->session = a->level = a->mark = 0;
  }
  hold_inputs(c, in);
  return 0;
}

mx_array *mx_placeholder(mx_spec spec) {
  int64_t size = mx_shape_size("array", spec.shape, spec.ndim, spec.dtype);
  mx_array *a = size < 0 ? NULL : malloc(sizeof *a + dims_bytes(&spec));
  if (!a) {
    if (size >= 0)
      mx_nomem("array");
    return NULL;
  }
  init_array(a, (int64_t *)(a + 1), &spec, size);
  return mx_scope_own(a);
}

mx_array *mx_leaf(mx_spec spec, mx_buffer *buf, int64_t offset) {
  int64_t size = mx_shape_size("array", spec.shape, spec.ndim, spec.dtype);
  mx_array *a = size < 0 ? NULL : malloc(sizeof *a + dims_bytes(&spec));
  if (!a) {
    if (size >= 0)
      mx_nomem("array");
    mx_buffer_release(buf);
    return NULL;
  }
  init_array(a, (int64_t *)(a + 1), &spec, size);
  a->buf = buf;
  a->offset = offset;
  atomic_init(&a->state, MX_READY);
  return mx_scope_own(a);
}

mx_array *mx_from_host(const void *data, const int64_t *shape, int ndim, mlx_dtype dtype) {
  int64_t size = mx_shape_size("array", shape, ndim, dtype);
  if (size < 0)
    return NULL;
  size_t bytes = (size_t)size * (size_t)mx_dtype_bytes(dtype);
  mx_buffer *buf = mx_buffer_new(bytes);
  if (!buf)
    return NULL;
  if (bytes)
    memcpy(buf->host, data, bytes);
  return mx_leaf((mx_spec){dtype, ndim, shape, NULL}, buf, 0);
}

/* ---- freeing ---- */

static void free_block(mx_array *a) {
  free(atomic_load_explicit(&a->shape32, memory_order_relaxed));
  free(atomic_load_explicit(&a->strides_c, memory_order_relaxed));
  mx_buffer_release(a->buf);
}

static mx_array *drop(mx_array *a, mx_array *stack) {
  if (!a || atomic_fetch_sub_explicit(&a->owner->refs, 1, memory_order_acq_rel) != 1)
    return stack;
  a = a->owner;
  a->next = stack;
  return a;
}

void mx_payload_release(mx_payload *p) {
  if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
    p->dtor(p);
}

static void drop_payload(mx_op *op) {
  mx_payload *p = payload_of(op);
  if (!p)
    return;
  op->params[1] = 0;
  mx_payload_release(p);
}

void mx_op_release_inputs(mx_op *op) {
  int n = op->n_in;
  op->n_in = 0;
  drop_payload(op);
  for (int i = 0; i < n; i++)
    mx_release(op->in[i]);
}

void mx_op_done(mx_op *op) {
  if (!mx_session_keeps(op->out[0]))
    mx_op_release_inputs(op);
}

void mx_release(mx_array *a) {
  mx_array *stack = drop(a, NULL);
  while (stack) {
    mx_array *top = stack;
    stack = top->next;
    mx_op *op = top->op;
    if (op) {
      drop_payload(op);
      for (int i = 0; i < op->n_in; i++)
        stack = drop(op->in[i], stack);
      for (int i = 1; i < op->n_out; i++)
        free_block(op->out[i]);
    }
    free_block(top);
    free(top);
  }
}

int mx_eval(mx_array *const *arrays, size_t n) {
  return mx_eval_hook(arrays, n, true);
}

mx_array *mx_scalar(double value, mlx_dtype dtype) {
  union {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f[2];
    double d;
  } v = {0};
  switch (dtype) {
  case MLX_BOOL:
    v.u8 = value != 0;
    break;
  case MLX_UINT8:
  case MLX_INT8:
    v.u8 = (uint8_t)(int64_t)value;
    break;
  case MLX_UINT16:
  case MLX_INT16:
    v.u16 = (uint16_t)(int64_t)value;
    break;
  case MLX_UINT32:
  case MLX_INT32:
    v.u32 = (uint32_t)(int64_t)value;
    break;
  case MLX_UINT64:
    v.u64 = value >= 9223372036854775808.0 ? (uint64_t)value : (uint64_t)(int64_t)value;
    break;
  case MLX_INT64:
    v.u64 = (uint64_t)(int64_t)value;
    break;
  case MLX_FLOAT16:
    v.u16 = mx_f32_to_f16((float)value);
    break;
  case MLX_BFLOAT16:
    v.u16 = mx_f32_to_bf16((float)value);
    break;
  case MLX_FLOAT64:
    v.d = value;
    break;
  case MLX_FLOAT32:
  case MLX_COMPLEX64:
    v.f[0] = (float)value;
    break;
  }
  return mx_from_host(&v, NULL, 0, dtype);
}
