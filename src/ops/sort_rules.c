/* How sorting is transformed: gradients go back to where the elements came from. The primitives
 * work along the last axis. */
#include "ops/leading.h"
#include "ops/rules_help.h"

static mx_array *again(const mx_op *op, mx_array *a) {
  int kth = (int)((const mx_sort_params *)op->params)->kth;
  switch (op->prim) {
  case MX_PRIM_SORT:
    return mx_sort_axis(a, -1, op->stream);
  case MX_PRIM_ARGSORT:
    return mx_argsort_axis(a, -1, op->stream);
  case MX_PRIM_PARTITION:
    return mx_partition_axis(a, kth, -1, op->stream);
  default:
    return mx_argpartition_axis(a, kth, -1, op->stream);
  }
}

#define SORT(name)                                                                                 \
  int mx_remake_##name(const mx_op *op, mx_array *const *in, mx_array **out) {                     \
    return mx_remade(out, again(op, in[0]));                                                       \
  }                                                                                                \
  int mx_vmap_##name(const mx_vmap_call *c) {                                                      \
    return mx_vmap_leading(c, mx_remake_##name);                                                   \
  }
SORT(sort)
SORT(argsort)
SORT(partition)
SORT(argpartition)

static int put_back(const mx_vjp_call *c, mx_array *from) {
  mx_array *zeros = mx_zeros_of(c->in[0], c->s);
  return MX_GRAD(c, 0, zeros && from ? mx_scatter_add_axis(zeros, from, c->g[0], -1, c->s) : NULL);
}

int mx_vjp_sort(const mx_vjp_call *c) {
  return put_back(c, mx_argsort_axis(c->in[0], -1, c->s));
}

int mx_vjp_partition(const mx_vjp_call *c) {
  int kth = (int)((const mx_sort_params *)c->op->params)->kth;
  return put_back(c, mx_argpartition_axis(c->in[0], kth, -1, c->s));
}
