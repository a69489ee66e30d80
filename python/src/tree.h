/* Trees of arrays: nested dicts, lists and tuples, whose leaves are everything else.
 *
 * Leaves come in one order everywhere: that of the elements, for a dict that of insertion. A tree
 * is rebuilt of plain dicts and lists; a tuple keeps its class, so named tuples stay what they are.
 */
#ifndef MXP_TREE_H
#define MXP_TREE_H

#include "core.h"
#include "mlx/c/vector.h"

/* The leaf that stands for an array in a tree that is kept without its arrays. */
extern PyObject *mxp_hole;

bool mxp_is_tree(PyObject *o); /* a dict, list or tuple */
/* A tuple of the class of `like` (a namedtuple, too); steals the list. */
PyObject *mxp_tuple_like(PyObject *like, PyObject *list);

/* ---- arrays out of trees ---- */

typedef struct mxp_leaves {
  mx_array **p; /* retained */
  size_t n, capacity;
} mxp_leaves;

int mxp_leaves_add(mxp_leaves *l, mx_array *a);
void mxp_leaves_free(mxp_leaves *l);
/* A new vector handle of the leaves; nonzero with an exception set. */
int mxp_leaves_vector(const mxp_leaves *l, mlx_vector_array *v);

enum mxp_others {
  MXP_IGNORE_OTHERS, /* leaves that are no arrays */
  MXP_REFUSE_OTHERS, /* are an error */
  MXP_WITH_STATE     /* ignored, but the random state is a list of its key */
};
/* Appends the arrays of a tree. Nonzero with an exception set. */
int mxp_collect(mxp_leaves *l, PyObject *tree, enum mxp_others others);

/* ---- trees out of arrays ---- */

/* A new tree with what fn gives for each leaf, a new reference. */
typedef PyObject *mxp_leaf_fn(void *ctx, PyObject *leaf);
PyObject *mxp_tree_map(PyObject *tree, mxp_leaf_fn *fn, void *ctx);
/* The tree with holes for its arrays. */
PyObject *mxp_skeleton(PyObject *tree);
/* The tree with the arrays of a vector, from number *at on, in place of its arrays and holes. */
PyObject *mxp_build(PyObject *tree, mlx_vector_array values, size_t *at);
/* Writes the arrays of a vector into the places of `live` that `skeleton` names: into the same
 * dicts and lists, making what is missing. Array objects in tuples get a new value. */
int mxp_fill(PyObject *live, PyObject *skeleton, mlx_vector_array values, size_t *at);

/* ---- the random state as a leaf (random.c) ---- */

bool mxp_is_random_state(PyObject *o);
mx_array *mxp_random_key(void); /* retained; NULL with an exception set */
int mxp_set_random_key(mx_array *key);

#endif
