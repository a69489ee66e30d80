/* Functions of arrays and what can be done with them: gradients, tangents, maps, custom rules.
 *
 * All of it builds graphs and never evaluates; results belong to the open scope, and their lists to
 * the caller (mx_vec_alloc). A function under transformation runs once, on arrays that stand for
 * its arguments, in a session (core/session.h), so that its graph is there afterwards even where
 * the function evaluated something. Gradient arguments have values; those of a map or of compile
 * are placeholders, and evaluating what depends on one is a ValueError. */
#ifndef MX_TRANSFORMS_TRACE_H
#define MX_TRANSFORMS_TRACE_H

#include "core/session.h"
#include "ops/build.h"
#include "ops/rules.h"

typedef struct mx_fun {
  /* Fills *out (mx_vec_alloc) with arrays that belong to the open scope. */
  int (*call)(void *ctx, mx_vec in, mx_vec *out);
  void *ctx;
} mx_fun;

/* Runs f on placeholders of the dtypes and shapes of `like`, row major, all in the calling thread's
 * session, which the caller has opened. Fills both lists, or neither. */
int mx_trace_fun(mx_vec *in, mx_vec *out, mx_fun f, mx_vec like);

/* ---- gradients ---- */

/* Outputs, and the gradients of sum(output * cotangent) for each primal: of its shape and dtype. */
int mx_vjp(mx_vec *out, mx_vec *grads, mx_fun f, mx_vec primals, mx_vec cotangents);
/* Outputs, of which the first must be a scalar, and its gradient for the inputs of these numbers.
 */
int mx_value_and_grad(mx_vec *out, mx_vec *grads, mx_fun f, mx_vec in, const int *argnums,
                      size_t n_argnums);
/* Outputs, and their tangents. */
int mx_jvp(mx_vec *out, mx_vec *tangents_out, mx_fun f, mx_vec primals, mx_vec tangents);

/* ---- maps ---- */

/* axes: -1 for an input that every run sees whole. s_in are what the function ran on. */
int mx_vmap_trace(mx_vec *s_in, mx_vec *s_out, mx_fun f, mx_vec in, const int *axes, size_t n_axes);
/* The traced outputs over whole inputs. out_axes: where the further axis stands; -1: last, of an
 * output that must not depend on it. */
int mx_vmap_replace(mx_vec *out, mx_vec in, mx_vec s_in, mx_vec s_out, const int *axes,
                    size_t n_axes, const int *out_axes, size_t n_out_axes);
int mx_vmap(mx_vec *out, mx_fun f, mx_vec in, const int *axes, size_t n_axes, const int *out_axes,
            size_t n_out_axes);

/* ---- custom rules ---- */

/* The payload of MX_PRIM_CUSTOM_FUNCTION. A rule that is NULL is that of the function itself. Lists
 * that are filled are as those of mx_fun. */
typedef struct mx_custom mx_custom;
struct mx_custom {
  mx_payload head;
  int (*vjp)(mx_custom *c, mx_vec primals, mx_vec cotangents, mx_vec outputs, mx_vec *grads);
  int (*jvp)(mx_custom *c, mx_vec primals, mx_vec tangents, const int *argnums, size_t n,
             mx_vec *out);
  /* out_axes has room for one number an output of the function. */
  int (*vmap)(mx_custom *c, mx_vec in, const int *axes, mx_vec *out, int *out_axes, size_t n_out);
};
/* f(in), with the rules of c. */
int mx_custom_apply(mx_vec *out, mx_fun f, mx_custom *c, mx_vec in);
/* The gradients that a checkpointed f gives: it runs again, once the cotangents are there. */
int mx_checkpoint_vjp(mx_fun f, mx_vec primals, mx_vec cotangents, mx_vec *grads);

/* ---- the part of a graph that depends on some arrays ---- */

typedef struct mx_dep { /* an operation, or an array that stands for an argument */
  mx_array *first;      /* its first output */
  bool depends;
  size_t value; /* number of its first output among all values */
} mx_dep;

typedef struct mx_deps {
  uint32_t session, floor;
  bool past_zero; /* through operations without gradients */
  mx_dep *seen;
  size_t n_seen, cap_seen, n_values;
  uint32_t *order; /* places in `seen` of the operations that depend, inputs first */
  size_t n_order, cap_order;
  size_t max_in, max_out;
  struct mx_dep_frame *stack;
  size_t n_stack, cap_stack;
} mx_deps;

/* `from`: arrays that joined one session; nothing below them is looked at. Linear, without
 * recursion. */
int mx_deps_find(mx_deps *d, mx_vec from, mx_vec to, bool past_zero);
void mx_deps_free(mx_deps *d);
/* The number of a value that depends on `from`; -1 for any other array. */
static inline ptrdiff_t mx_deps_value(const mx_deps *d, const mx_array *a) {
  const mx_array *o = a->owner;
  if (o->session != d->session || o->mark >= d->n_seen || d->seen[o->mark].first != o ||
      !d->seen[o->mark].depends)
    return -1;
  return (ptrdiff_t)(d->seen[o->mark].value + a->index);
}
/* Arrays with the values of `from` that the calling thread's open session knows. */
int mx_arguments(mx_vec *to, mx_vec from);
/* Gradients of sum(to * cotangent) for `from`, NULL where nothing flows; cotangents may be NULL. */
int mx_pull(mx_vec from, mx_vec to, mx_array *const *cotangents, mx_array **grads);

#endif
