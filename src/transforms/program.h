/* A traced function as straight-line code: operations in order over numbered values, ready to be
 * made again over other inputs. Values 0 .. n_in - 1 are the inputs, then come the constants, then
 * what the operations make.
 *
 * Invariant: a program never changes once made, so any number of threads replay one. Its operations
 * are private nodes that never run; equal ones were merged and unused ones dropped, which changes
 * no bit of a result. */
#ifndef MX_TRANSFORMS_PROGRAM_H
#define MX_TRANSFORMS_PROGRAM_H

#include "ops/build.h"

typedef struct mx_code {
  size_t n_ops;
  mx_op **ops;
  int32_t *src;     /* the values that the operations read, one after another; -1: absent */
  int32_t *out;     /* the program's outputs */
  size_t n_values;
  int max_in;       /* most inputs of one operation */
} mx_code;

typedef struct mx_program {
  atomic_int refs;
  int n_in, n_out;
  mx_array **in;     /* the arrays that it was traced with: dtypes, shapes and strides */
  size_t n_const;
  mx_array **consts; /* evaluated or not; when pending they are computed once for all calls */
  mx_code plain;     /* one node an operation, for other transformations to see */
  mx_code fused;     /* one node a group of elementwise operations */
  mx_array **nodes;  /* the operations' first outputs, retained */
  size_t n_nodes;
  bool pinned;       /* serves the shapes of `in` alone, though it was traced for any */
  size_t bytes;      /* memory that would not be there without it */
} mx_program;

enum mx_program_flags { MX_PROGRAM_SIMPLIFY = 1, MX_PROGRAM_FUSE = 2 };

/* Of the pending graph between `in` and `out`, which the caller still holds one reference each of;
 * what does not depend on `in` is constant. NULL with an error. */
mx_program *mx_program_make(mx_vec in, mx_vec out, int flags);
mx_program *mx_program_retain(mx_program *p);
void mx_program_release(mx_program *p); /* NULL is fine */

/* New nodes for code over `in`, whose dtypes and shapes are those of p->in, into out[0 .. n_out).
 * They belong to the scope. */
int mx_program_replay(const mx_program *p, const mx_code *code, mx_array *const *in,
                      mx_array **out);
/* What a call does: replays over `in`, put in rows where p->in is. As groups, unless a
 * transformation around it traces an argument or a constant and needs to see every operation. */
int mx_program_call(const mx_program *p, mx_array *const *in, mx_array **out);
/* As replay of p->plain, over inputs of other shapes: each operation is made by its remake rule. */
int mx_program_remake(const mx_program *p, mx_array *const *in, mx_array **out);

#endif
