/* What the C API's own files share: handles to nodes and back, lists, errors.
 *
 * A handle's ctx owns one reference. Inputs are borrowed; the result handle is replaced last, so a
 * failed call leaves it as it was. Every function takes empty handles without crashing. */
#ifndef MX_CAPI_H
#define MX_CAPI_H

#include "base/error.h"
#include "core/array.h"
#include "core/scope.h"
#include "core/stream.h"
#include "mlx/c/array.h"
#include "mlx/c/map.h"
#include "mlx/c/optional.h"
#include "mlx/c/stream.h"
#include "mlx/c/string.h"
#include "mlx/c/vector.h"
#include "ops/build.h"

/* The node of a required handle; NULL with an error naming the call when it is empty. */
mx_array *mx_in(const mlx_array a, const char *op);
static inline mx_array *mx_in_optional(const mlx_array a) {
  return a.ctx;
}
/* The stream of a handle; the default one when it is empty. */
mx_stream *mx_in_stream(const mlx_stream s);

/* An absent text is an empty one, which the operation judges. */
static inline const char *mx_in_text(const char *text) {
  return text ? text : "";
}

/* Borrowed nodes of a vector handle. An empty element is an error. */
int mx_in_vector(mx_vec *v, const mlx_vector_array a, const char *op);

/* int -> int64 lists of a call; short ones live in the struct. */
typedef struct mx_int_list {
  int64_t few[8];
  int64_t *many;
  mx_ints v;
} mx_int_list;
int mx_in_ints(mx_int_list *l, const int *p, size_t n, const char *op);
int mx_in_i64s(mx_int_list *l, const int64_t *p, size_t n, const char *op);
static inline void mx_int_list_free(mx_int_list *l) {
  free(l->many);
}

/* Closes the scope and moves the result into the handle: the tail of every generated wrapper.
 * r NULL: reports the recorded error and returns 1. */
int mx_return(mlx_array *res, mx_array *r, mx_scope s);
int mx_return_vector(mlx_vector_array *res, mx_vec *v, int bad, mx_scope s);
int mx_return_many(mlx_array **res, mx_array **r, int n, int bad, mx_scope s);

/* Gives the recorded error to the handler; returns 1. */
int mx_report(void);
/* Whether a call has no place for its result; then that is reported. */
bool mx_no_place(const void *res, const char *op);

/* Replaces a handle's string; NULL text is an error. */
int mx_string_set(mlx_string *s, const char *text);

#endif
