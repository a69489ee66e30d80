/* What rules of reading and of writing by index share. */
#ifndef MX_OPS_RULES_INDEX_H
#define MX_OPS_RULES_INDEX_H

#include "ops/rules_help.h"

/* 0 .. n-1, of shape (n, 1, ...). */
mx_array *mx_counting(int64_t n, int ndim, mx_stream *s);
/* Whether an input from `first` on has the further axis. */
bool mx_any_batched(const mx_vmap_call *c, int first);
/* The index arrays, inputs `first` and on, with the further axis (or a 1) in front; where `count`,
 * one that counts through it before them. */
int mx_batched_index(const mx_vmap_call *c, int first, bool count, mx_array **index, int *n);
/* The columns of a start, input i, as index arrays; where `count`, one that counts before them. */
int mx_start_columns(const mx_vmap_call *c, int i, bool count, mx_array **index);

#endif
