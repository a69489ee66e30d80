/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MX_GEN_RULES_H
#define MX_GEN_RULES_H

#include "ops/rules.h"

int mx_vjp_conv_general(const mx_vjp_call *c);
int mx_jvp_conv_general(const mx_jvp_call *c);
int mx_vmap_conv_general(const mx_vmap_call *c);
int mx_remake_conv_general(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_matmul(const mx_vjp_call *c);
int mx_jvp_matmul(const mx_jvp_call *c);
int mx_vmap_matmul(const mx_vmap_call *c);
int mx_remake_matmul(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_addmm(const mx_vjp_call *c);
int mx_jvp_addmm(const mx_jvp_call *c);
int mx_vmap_addmm(const mx_vmap_call *c);
int mx_remake_addmm(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_gather_mm(const mx_vjp_call *c);
int mx_vmap_gather_mm(const mx_vmap_call *c);
int mx_remake_gather_mm(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_segmented_mm(const mx_vjp_call *c);
int mx_vmap_segmented_mm(const mx_vmap_call *c);
int mx_remake_segmented_mm(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_hadamard_transform(const mx_vjp_call *c);
int mx_vmap_hadamard_transform(const mx_vmap_call *c);
int mx_remake_hadamard_transform(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vmap_stop_gradient(const mx_vmap_call *c);
int mx_vjp_depends(const mx_vjp_call *c);
int mx_jvp_depends(const mx_jvp_call *c);
int mx_vmap_depends(const mx_vmap_call *c);
int mx_remake_depends(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_custom_function(const mx_vjp_call *c);
int mx_jvp_custom_function(const mx_jvp_call *c);
int mx_vmap_custom_function(const mx_vmap_call *c);
int mx_vjp_reshape(const mx_vjp_call *c);
int mx_vmap_reshape(const mx_vmap_call *c);
int mx_remake_reshape(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_squeeze(const mx_vjp_call *c);
int mx_vmap_squeeze(const mx_vmap_call *c);
int mx_remake_squeeze(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_expand_dims(const mx_vjp_call *c);
int mx_vmap_expand_dims(const mx_vmap_call *c);
int mx_remake_expand_dims(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_transpose(const mx_vjp_call *c);
int mx_vmap_transpose(const mx_vmap_call *c);
int mx_remake_transpose(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_broadcast_to(const mx_vjp_call *c);
int mx_vmap_broadcast_to(const mx_vmap_call *c);
int mx_remake_broadcast_to(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_slice(const mx_vjp_call *c);
int mx_vmap_slice(const mx_vmap_call *c);
int mx_remake_slice(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_as_strided(const mx_vjp_call *c);
int mx_vmap_as_strided(const mx_vmap_call *c);
int mx_remake_as_strided(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_diagonal(const mx_vjp_call *c);
int mx_vmap_diagonal(const mx_vmap_call *c);
int mx_remake_diagonal(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_view(const mx_vjp_call *c);
int mx_vmap_view(const mx_vmap_call *c);
int mx_remake_view(const mx_op *op, mx_array *const *in, mx_array **out);
int mx_vjp_contiguous(const mx_vjp_call *c);
int mx_vmap_contiguous(const mx_vmap_call *c);
int mx_remake_contiguous(const mx_op *op, mx_array *const *in, mx_array **out);

#endif
