/* What every builder uses. A builder checks its arguments, decides dtype, shape and layout, and makes
 * the node; its prototype is generated from the `c` lines of the op table into gen/ops.h:
 *   array a -> mx_array *a (NULL means that making it failed: pass NULL on); array? -> may be absent (NULL)
 *   arrays v -> mx_vec v;  ints, i64s -> mx_ints;  oint, ofloat, odtype -> mlx_optional_*
 *   result: array -> returns mx_array * (NULL: error recorded); otherwise returns int and fills
 *   `mx_vec *res` (arrays) or res_0, res_1 ...
 * All nodes belong to the open scope. */
#ifndef MX_OPS_BUILD_H
#define MX_OPS_BUILD_H

#include "base/error.h"
#include "core/array.h"
#include "core/scope.h"
#include "mlx/c/optional.h"

typedef struct mx_ints {
  const int64_t *p;
  int n;
} mx_ints;

/* Arrays; as a result the builder allocates p with malloc and the caller frees it. */
typedef struct mx_vec {
  mx_array **p;
  size_t n;
} mx_vec;
int mx_vec_alloc(mx_vec *v, size_t n, const char *op);

#define MX_INTS(...) \
  ((mx_ints){(const int64_t[]){__VA_ARGS__}, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))})

/* Words of a parameter struct (all fields int64_t or double). */
#define MX_WORDS(s) (int)(sizeof(s) / sizeof(int64_t)), (const int64_t *)&(s)

/* axis in [-ndim, ndim) to [0, ndim); IndexError otherwise. */
int mx_axis(const char *op, int64_t axis, int ndim, int *out);
/* Several axes into a mask by axis (empty `axes` with all=true means every axis). Duplicates: ValueError. */
int mx_axes_mask(const char *op, mx_ints axes, bool all, int ndim, bool *mask);
/* Broadcasts shape b into a (a has room for MX_MAX_NDIM); ValueError naming both shapes. */
int mx_broadcast_shape(const char *op, int64_t *a, int *a_ndim, const int64_t *b, int b_ndim);

/* Elementwise: dtype rules come from the table; inputs broadcast and are cast inside the graph. */
mx_array *mx_unary(enum mx_prim prim, mx_array *a, mx_stream *s);
mx_array *mx_binary(enum mx_prim prim, mx_array *a, mx_array *b, mx_stream *s);
mx_array *mx_ternary(enum mx_prim prim, mx_array *a, mx_array *b, mx_array *c, mx_stream *s);

/* a itself where it is already so. */
mx_array *mx_cast(mx_array *a, mlx_dtype t, mx_stream *s);
mx_array *mx_row_major(mx_array *a, mx_stream *s);
/* gather_mm and gather_qmm: both index lists broadcast, int64, over the flattened batch. */
int mx_gather_indices(const char *op, const mx_array *a, const mx_array *b, mx_array **lhs,
                      mx_array **rhs, mx_stream *s);
/* Reshapes by the words of core/params.h: lengths that follow the input's. */
mx_array *mx_reshape_words(mx_array *a, mx_ints words, mx_stream *s);
/* What number_of_elements, as `op`, gives for an array; axis `skip` of it is none of its own. */
mx_array *mx_count_again(const mx_op *op, mx_array *a, int skip);
/* First element, and number of elements, of a slice of every axis: bounds wrap once and are clipped. */
int mx_slice_bounds(const char *op, const mx_array *a, mx_ints start, mx_ints stop, mx_ints step,
                    int64_t *from, int64_t *length);
/* mx_slice with bounds that mean the same for arrays of other lengths, so that a graph without
 * shapes keeps them: INT64_MAX and INT64_MIN are beyond either end. */
mx_array *mx_slice_as_written(mx_array *a, mx_ints start, mx_ints stop, mx_ints strides,
                              mx_stream *s);
/* A node of the class `view`: shares a's memory from element `offset` of a on. The first parameter
 * word of every view primitive is that offset; a family's own words follow. */
mx_array *mx_view_node(enum mx_prim prim, mx_array *a, int ndim, const int64_t *shape,
                  const int64_t *strides, int64_t offset, int n_params, const int64_t *params,
                  mx_stream *s);

#endif
