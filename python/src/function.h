/* What the transformations share: function objects, calls on traced arrays, what graphs keep. */
#ifndef MXP_FUNCTION_H
#define MXP_FUNCTION_H

#include "mlx/c/closure.h"
#include "tree.h"

/* ---- function objects ---- */

/* What a transformation makes of a function: callable, and named, documented and signed as the
 * function is. */
typedef struct mxp_function {
  PyObject_HEAD PyObject *fun; /* NULL: no Python function below */
  PyObject *keep[3];           /* what the transformation has besides */
  PyObject *(*call)(struct mxp_function *f, PyObject *args, PyObject *kw);
  void *data;
  void (*drop)(void *data); /* frees data */
} mxp_function;

/* data goes to drop also on failure. */
mxp_function *mxp_function_new(PyObject *fun,
                               PyObject *(*call)(mxp_function *, PyObject *, PyObject *),
                               void *data, void (*drop)(void *));
/* Whether an argument is callable; else raises TypeError. */
bool mxp_callable(PyObject *fun, const char *fn);

/* ---- calls on traced arrays ---- */

struct mxp_slot;

/* Arguments with other arrays in place of their own. Plain dicts, lists and tuples are copied. An
 * instance of a subclass (a Module) stays itself: it is written into, and undone. */
typedef struct mxp_bound {
  mlx_vector_array in;
  size_t at;     /* how many of `in` have found their place */
  bool in_place; /* all trees are written into, and the random state, too */
  struct mxp_slot *slots;
  size_t n, capacity;
} mxp_bound;

mxp_bound mxp_bind_begin(mlx_vector_array in);
/* A tree with its arrays and holes replaced; a new reference. */
PyObject *mxp_bind(mxp_bound *b, PyObject *tree);
int mxp_bind_call(mxp_bound *b, PyObject *args, PyObject *kw, PyObject **new_args,
                  PyObject **new_kw);
/* Everything was bound: else raises. */
int mxp_bind_complete(const mxp_bound *b);
/* Puts back what was written into, a place that the function wrote to only when `all`. Leaves a
 * pending exception alone. */
void mxp_bind_end(mxp_bound *b, bool all);

/* Sets a closure's result. Nonzero with an exception set. */
int mxp_give(mlx_vector_array *res, const mxp_leaves *l);
/* The arrays of a tree of results. */
int mxp_give_tree(mlx_vector_array *res, PyObject *tree, enum mxp_others others);
/* What a closure returns when a Python exception is set. */
int mxp_raised(void);

/* ---- what graphs keep ---- */

/* A call whose function graphs may call again. The last closure that owns it may die in any thread,
 * with locks held, so its objects are let go of later, under the interpreter's lock. */
enum { MXP_FUN, MXP_ARGS, MXP_KW, MXP_OUT, MXP_RULES, MXP_KEPT };

typedef struct mxp_payload {
  atomic_int refs;
  struct mxp_payload *next;
  PyObject *o[MXP_KEPT]; /* MXP_OUT: the skeleton of what the function returned; MXP_RULES is
                            custom.c's */
} mxp_payload;

mxp_payload *mxp_payload_new(PyObject *fun, PyObject *args, PyObject *kw); /* one reference */
mxp_payload *mxp_payload_retain(mxp_payload *p);
void mxp_payload_drop(void *p); /* the destructor of a closure */
/* Lets go of what has died; needs the interpreter's lock. */
void mxp_sweep(void);
/* Calls the function as `transform` makes it; takes over the payload, NULL with an exception set.
 */
PyObject *mxp_call_kept(mxp_payload *p,
                        int (*transform)(mlx_closure *res, mlx_closure fun, mxp_payload *p));

#endif
