/* What an index means for an array: one item for each axis that it names, and for each new axis. */
#ifndef MXP_INDEX_H
#define MXP_INDEX_H

#include "core.h"

typedef enum mxp_item_kind { MXP_SLICE, MXP_INTEGER, MXP_NEW, MXP_ARRAY, MXP_MASK } mxp_item_kind;

typedef struct mxp_index_item {
  mxp_item_kind kind;
  int axis;                          /* of the array; meaningless for NEW */
  int64_t start, stop, step, length; /* SLICE, adjusted to the axis; start: also INTEGER */
  int64_t first, last, by;           /* of both as they were written, whatever the axis's length */
  bool full;                         /* SLICE: all of the axis */
  mx_array *a;                       /* ARRAY, MASK */
} mxp_index_item;

#define MXP_MAX_ITEMS (3 * MX_MAX_NDIM)

typedef struct mxp_index {
  mxp_index_item items[MXP_MAX_ITEMS];
  int n, arrays, masks, integers, news, partial; /* partial: slices that are not full */
} mxp_index;

enum mxp_update { MXP_SET, MXP_ADD, MXP_PROD, MXP_MAX, MXP_MIN };

/* Nonzero with an exception set. Masks become arrays of indices unless keep_masks. */
int mxp_read_index(mxp_index *ix, mx_array *x, PyObject *o, bool keep_masks);
/* x with value written (or combined) where the index says; NULL with an exception set. */
mx_array *mxp_updated(mx_array *x, PyObject *index, PyObject *value, enum mxp_update how);
mx_array *mxp_updated_node(mx_array *x, PyObject *index, mx_array *value, enum mxp_update how);

#endif
