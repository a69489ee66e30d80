/* The lazy graph: array nodes, the operations that make them, buffers, scopes.
 *
 * A node is one value: dtype, shape, strides, and either the operation that will compute it or the
 * buffer that holds it. Its layout (strides) is fixed when it is made, so views are known before
 * anything runs. A single-output node carries its operation in its own block; the outputs of a
 * multi-output operation are siblings that live and die together under the first one's count.
 *
 * Ownership: every node made belongs to the open scope of its thread (scope.h); whoever keeps one
 * retains it. A pending node owns its inputs; once evaluated it lets go of them. */
#ifndef MX_CORE_ARRAY_H
#define MX_CORE_ARRAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/dtype.h"
#include "gen/prims.h"

typedef struct mx_array mx_array;
typedef struct mx_op mx_op;
typedef struct mx_buffer mx_buffer;
typedef struct mx_stream mx_stream;

/* ---- buffers ---- */

/* Memory with one owner count. host may lie inside the struct's own block (small), in an allocation
 * of the caching allocator, in a mapped file or with a caller who gave a destructor. */
struct mx_buffer {
  atomic_int refs;
  bool writable; /* false for mapped files and memory lent by a caller: never donated */
  void *host;
  size_t size; /* usable bytes */
  void (*dtor)(mx_buffer *);
  void *payload; /* for dtor */
};

/* `size` bytes, 64-byte aligned, not zeroed; NULL with an error recorded. */
mx_buffer *mx_buffer_new(size_t size);
/* Wraps memory of somebody else: dtor(b) runs when the last reference goes and frees payload's things. */
mx_buffer *mx_buffer_wrap(void *host, size_t size, bool writable, void (*dtor)(mx_buffer *), void *payload);
mx_buffer *mx_buffer_retain(mx_buffer *b);
void mx_buffer_release(mx_buffer *b);

/* ---- operations ---- */

/* One application of a primitive. Parameters are 64-bit words: a family declares a struct of
 * int64_t/double fields (lists last) and reads it through params, so that comparing, hashing and
 * writing an operation to a file is one piece of code for all of them. */
struct mx_op {
  uint16_t prim; /* enum mx_prim */
  uint16_t n_in, n_out; /* n_in is 0 once evaluated */
  uint32_t n_params; /* words */
  mx_stream *stream;
  mx_array **in;  /* owned references; NULL entries are absent optional inputs */
  mx_array **out; /* the outputs, not owned */
  int64_t *params;
};

/* What an operation of a primitive flagged `payload` carries beside words: its second parameter word
 * points to one, of which each such operation holds a reference until it has run. */
typedef struct mx_payload {
  atomic_int refs;
  void (*dtor)(struct mx_payload *p);
} mx_payload;
void mx_payload_release(mx_payload *p); /* NULL is fine */

/* ---- nodes ---- */

enum mx_state { MX_PENDING, MX_QUEUED, MX_READY };

struct mx_array {
  atomic_int refs; /* of owner, counts for all siblings */
  atomic_uchar state;
  uint8_t dtype;  /* mlx_dtype */
  uint8_t ndim;
  bool row_contiguous; /* strides are those of C order (axes of length 1 do not count) */
  uint16_t index;      /* which output of op */
  mx_array *owner;     /* itself, or the first sibling */
  mx_op *op;           /* what makes it; NULL for a leaf. Its inputs go when it has run */
  mx_buffer *buf;      /* NULL until evaluated */
  int64_t offset;      /* bytes from buf->host to element 0 */
  int64_t size;        /* elements */
  int64_t *shape;      /* ndim lengths */
  int64_t *strides;    /* ndim element strides, may be 0 or negative */
  int32_t plan;        /* scratch of the planner, under the graph lock */
  uint32_t uses;       /* scratch of the planner */
  uint32_t session, level; /* whose transformation it is part of: see session.h; at the owner */
  uint32_t mark;       /* scratch of the transformations of its session's thread, at the owner */
  mx_array *next;      /* link of the release stack, or of a session's list */
  _Atomic(int *) shape32; /* mlx-c's int shape, made when asked for */
  _Atomic(size_t *) strides_c;
};

#define MX_MAX_NDIM 64

static inline mx_array *mx_retain(mx_array *a) {
  atomic_fetch_add_explicit(&a->owner->refs, 1, memory_order_relaxed);
  return a;
}
/* The operation has run (or is given up): lets go of its inputs, unless a transformation needs them. */
void mx_op_done(mx_op *op);
void mx_release(mx_array *a); /* NULL is fine; frees graphs of any depth without recursion */

static inline bool mx_ready(const mx_array *a) {
  return atomic_load_explicit(&a->state, memory_order_acquire) == MX_READY;
}
/* Element 0 of an evaluated array. */
static inline void *mx_data(const mx_array *a) {
  return (char *)a->buf->host + a->offset;
}
static inline size_t mx_itemsize(const mx_array *a) {
  return (size_t)mx_dtype_bytes((mlx_dtype)a->dtype);
}
static inline size_t mx_nbytes(const mx_array *a) {
  return (size_t)a->size * mx_itemsize(a);
}
/* Row-major strides for a shape. */
void mx_row_strides(int64_t *strides, const int64_t *shape, int ndim);
/* Product of lengths; negative with an error recorded when a length is negative or the byte size overflows. */
int64_t mx_shape_size(const char *op, const int64_t *shape, int ndim, mlx_dtype dtype);
/* "(2,3)" into a buffer of the caller; returns it. */
const char *mx_shape_text(char *buf, size_t n, const int64_t *shape, int ndim);

/* ---- making nodes: all of them go to the open scope; NULL with an error recorded ---- */

typedef struct mx_spec { /* what an output is; strides NULL means row major */
  mlx_dtype dtype;
  int ndim;
  const int64_t *shape;
  const int64_t *strides;
} mx_spec;

/* A node computed by prim from inputs. A NULL in `in` is allowed where the primitive's input is optional. */
mx_array *mx_node(enum mx_prim prim, mx_spec out, int n_in, mx_array *const *in, int n_params,
                  const int64_t *params, mx_stream *s);
/* Several outputs: fills out[0..n_out). Returns nonzero on failure. */
int mx_node_multi(enum mx_prim prim, int n_out, const mx_spec *specs, mx_array **out, int n_in,
                  mx_array *const *in, int n_params, const int64_t *params, mx_stream *s);
/* The operation again over other inputs, as many as it was made with and of the same dtypes, shapes
 * and strides: parameters, stream and outputs as they stand. The outputs belong to the caller, under
 * one reference, and not to the scope. `op` must never have run. */
int mx_node_clone(const mx_op *op, mx_array *const *in, mx_array **out);
/* A pending array that no operation makes: it stands for an argument while a function is traced, and
 * evaluating what depends on it is an error. */
mx_array *mx_placeholder(mx_spec spec);
/* An evaluated array over a buffer (takes over the reference, also on failure). */
mx_array *mx_leaf(mx_spec spec, mx_buffer *buf, int64_t offset);
/* An evaluated array holding a copy of host data, row major. */
mx_array *mx_from_host(const void *data, const int64_t *shape, int ndim, mlx_dtype dtype);
mx_array *mx_scalar(double value, mlx_dtype dtype);

/* ---- evaluation, reached through one hook that src/graph sets ---- */

extern int (*mx_eval_hook)(mx_array *const *arrays, size_t n, bool wait);
int mx_eval(mx_array *const *arrays, size_t n);
static inline int mx_eval1(mx_array *a) {
  return mx_ready(a) ? 0 : mx_eval(&a, 1);
}

#endif
