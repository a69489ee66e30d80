/* Primitives that treat the axes in front of their own as a batch: a further axis is one more of
 * them, in front. */
#ifndef MX_OPS_LEADING_H
#define MX_OPS_LEADING_H

#include "gen/rules.h"

/* vmap of such a primitive: every input with the further axis in front, and the same operation on
 * them, made by its remake rule. */
int mx_vmap_leading(const mx_vmap_call *c,
                    int (*remake)(const mx_op *op, mx_array *const *in, mx_array **out));

/* a (V, ...) with axes of length 1 put in after the first until it has `ndim`; NULL passes. */
mx_array *mx_lead_align(mx_array *a, int ndim, mx_stream *s);

/* gather_mm, gather_qmm: the index list of input `indices` into the batch of input `matrices`, with
 * the further axis in front and counting through it where the matrices have one. */
mx_array *mx_vmap_picks(const mx_vmap_call *c, int matrices, int indices);

/* Products of matrices picked by index. Indices over a batch of n, those that count from its end
 * wrapped, in one list. */
mx_array *mx_flat_index(mx_array *index, int64_t n, mx_stream *s);
/* Products (N, m, k) added up by the N indices of the matrices of a that they belong to, in a's
 * shape. */
mx_array *mx_scatter_products(mx_array *products, mx_array *index, const mx_array *a,
                              mx_stream *s);
/* (batch, k, n): a[lhs[i]]^T g[i] added up by rhs[i], for a (.., m, k), g (.., m, n). Products are
 * put in order of rhs, so that each sum is one product over a segment of rows, and nothing of a
 * result's size is kept per product. */
mx_array *mx_gathered_sum(mx_array *a, mx_array *lhs, mx_array *g, mx_array *rhs, int64_t batch,
                          mx_stream *s);

/* linalg: the factors of a as they lie in one matrix, the exchanges, and the place of each row of a
 * among those of L. */
int mx_lu_nodes(const char *op, mx_array *a, mx_array **out, mx_stream *s);

/* a with its last two axes exchanged. */
mx_array *mx_turn(mx_array *a, mx_stream *s);
/* The same, conjugated where complex. */
mx_array *mx_adjoint(mx_array *a, mx_stream *s);
/* Halves as float32; others as they are. */
mx_array *mx_wide(mx_array *a, mx_stream *s);
/* a times a number, a itself for 1. */
mx_array *mx_times(mx_array *a, double by, mx_stream *s);

#endif
