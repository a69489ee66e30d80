/* What closure handles point to, for the capi files that take and make functions. */
#ifndef MX_CAPI_CLOSURE_H
#define MX_CAPI_CLOSURE_H

#include "capi/capi.h"
#include "mlx/c/closure.h"
#include "transforms/trace.h"

typedef struct mx_closure {
  atomic_int refs;
  void (*fn)(void); /* cast back by the handle's type */
  bool plain;       /* fn takes no payload */
  void *payload;
  void (*dtor)(void *);
} mx_closure;

mx_closure *mx_closure_retain(mx_closure *c);
void mx_closure_release(mx_closure *c); /* NULL is fine */
/* The closure of a handle's ctx; NULL with an error naming the call when it is empty. */
mx_closure *mx_in_closure(void *ctx, const char *op);
/* The function of an mlx_closure as the transformations take it: borrowed. */
mx_fun mx_closure_fun(mx_closure *c);

/* Calls into empty results, which belong to the caller; errors are recorded, not reported. */
int mx_call_kwargs(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in,
                   const mlx_map_string_to_array kwargs);
int mx_call_custom(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in_0,
                   const mlx_vector_array in_1, const mlx_vector_array in_2);
int mx_call_custom_jvp(mx_closure *c, mlx_vector_array *res, const mlx_vector_array in_0,
                       const mlx_vector_array in_1, const int *argnums, size_t n);
int mx_call_custom_vmap(mx_closure *c, mlx_vector_array *res_0, mlx_vector_int *res_1,
                        const mlx_vector_array in, const int *axes, size_t n);

/* A new handle's vector of arrays, and the arrays of one that a function filled, which then belong
 * to the open scope. Both leave the reporting of an error to the caller. */
int mx_out_vector(mlx_vector_array *res, mx_vec v);
int mx_own_vector(mx_vec *v, const mlx_vector_array a, const char *op);

#endif
