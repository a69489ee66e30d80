/* How each primitive is transformed: the contract between src/transforms, which walks graphs, and
 * the families, which know their mathematics. The table of rules is generated from the `vjp`,
 * `jvp`, `vmap` and `remake` lines of the op table (gen/rules.c).
 *
 * A rule builds nodes in the open scope through the ordinary builders, so that what it makes can be
 * transformed again (gradients of gradients, vmap of gradients). It never evaluates and never looks
 * at data. It returns nonzero with an error recorded when it fails. */
#ifndef MX_OPS_RULES_H
#define MX_OPS_RULES_H

#include "ops/build.h"

/* Reverse mode: cotangents of the outputs to cotangents of the inputs. */
typedef struct mx_vjp_call {
  const mx_op *op;      /* prim, params, stream; its inputs are `in`, whether evaluated or not */
  mx_array *const *in;  /* NULL for an absent optional input */
  mx_array *const *out; /* the outputs as they stand in the graph */
  mx_array *const *g;   /* one an output, of its shape and dtype; NULL where nothing flows */
  const bool *want;     /* inputs whose gradient somebody needs */
  mx_array **grad;      /* to fill for wanted inputs; NULL, as found, says zero. Shape of the input;
                         * the caller casts to the input's dtype and sums what several uses give */
  mx_stream *s;         /* op->stream */
} mx_vjp_call;

/* Forward mode: tangents of the inputs (NULL: zero) to tangents of the outputs (leave NULL: zero).
 */
typedef struct mx_jvp_call {
  const mx_op *op;
  mx_array *const *in;
  mx_array *const *out;
  mx_array *const *t; /* of the inputs' shapes and dtypes */
  mx_array **out_t;   /* shape of the output; the caller casts to its dtype */
  mx_stream *s;
} mx_jvp_call;

/* The same operation over a further axis of its inputs. in[i] has axis[i] more than the input that
 * the operation was made with (-1: it has none, and is what it was). */
typedef struct mx_vmap_call {
  const mx_op *op;
  mx_array *const *in;
  const int *axis;
  int64_t size;   /* length of the further axis */
  mx_array **out; /* to fill: the outputs with the axis ... */
  int *out_axis;  /* ... and where it stands; -1: the output does not depend on it */
  mx_stream *s;
} mx_vmap_call;

typedef struct mx_rules {
  int (*vjp)(const mx_vjp_call *c);
  int (*jvp)(const mx_jvp_call *c);
  int (*vmap)(const mx_vmap_call *c);
  /* The same operation on inputs of other shapes (shapeless compile and export). */
  int (*remake)(const mx_op *op, mx_array *const *in, mx_array **out);
  unsigned char vjp_state; /* enum mx_vjp_state */
} mx_rules;

enum mx_vjp_state {
  MX_VJP_RULE, /* vjp is set */
  MX_VJP_ZERO, /* `vjp none`: nothing flows through (comparisons, indices) */
  MX_VJP_LACKS /* no line: an error that names the operation */
};

/* By enum mx_prim; in gen/rules.c. A missing jvp is derived from vjp by transposing it
 * (src/transforms); for the others the calls below know what to do without a rule. */
extern const mx_rules mx_prim_rules[];

/* ---- applying rules ---- */

/* The primitive's vmap rule; without one an elementwise primitive aligns axes, and any other runs
 * the operation once a slice and stacks the results. */
int mx_vmap_op(const mx_vmap_call *c);
/* The same operation, its parameters unchanged, on inputs of the same shapes and dtypes as those it
 * was made with, whatever their layouts. Fills out[0 .. op->n_out). op must still have its inputs.
 */
int mx_remake_same(const mx_op *op, mx_array *const *in, mx_array **out);
/* A view of several outputs that shows its first inputs (depends) on other inputs. */
int mx_remake_through(const mx_op *op, mx_array *const *in, mx_array **out);
/* The same operation on inputs of other shapes: the primitive's remake rule; an elementwise
 * primitive needs none. ValueError where there is none and the shapes differ. */
int mx_remake(const mx_op *op, mx_array *const *in, mx_array **out);

/* ---- for rules ---- */

/* in[i] with its further axis moved to the front; where it has none, broadcast to one (expand: else
 * returned with an axis of length 1). */
mx_array *mx_vmap_front(const mx_vmap_call *c, int i, bool expand);
/* Runs the operation once a slice and stacks, for a rule that has no better answer. */
int mx_vmap_loop(const mx_vmap_call *c);
/* Zeros of a's shape and dtype (a broadcast scalar). */
mx_array *mx_zeros_of(const mx_array *a, mx_stream *s);
/* g summed over the axes along which `like` was broadcast to g's shape, in like's shape. */
mx_array *mx_unbroadcast(mx_array *g, const mx_array *like, mx_stream *s);
/* A weak scalar: `value` in a's dtype, 0-d. */
mx_array *mx_number(double value, const mx_array *a);
mx_array *mx_imaginary_unit(void); /* complex64, 0-d */
/* A gradient or tangent in the dtype t of what it belongs to; only the real part makes a boolean. */
mx_array *mx_rule_cast(mx_array *a, mlx_dtype t, mx_stream *s);

/* ---- for gen/rules.c ---- */

/* The conjugate of what is complex; anything else as it is. */
mx_array *mx_rule_conjugate(mx_array *a, mx_stream *s);
/* -a; of booleans, which are added up modulo two, a itself. */
mx_array *mx_rule_negative(mx_array *a, mx_stream *s);
/* Gives input i the gradient d (NULL: making it failed), conjugated where asked, in the input's
 * shape. */
int mx_rule_grad(const mx_vjp_call *c, int i, mx_array *d, bool conjugate);
/* Adds what input i contributes to the output's tangent. An operation from complex to real computes
 * it with g = mx_rule_unit; its tangent is real(conj(d) * t). */
int mx_rule_tangent(const mx_jvp_call *c, int i, mx_array **sum, mx_array *d);
mx_array *mx_rule_unit(const mx_jvp_call *c, int i);
int mx_rule_tangent_done(const mx_jvp_call *c, mx_array *sum);

#endif
