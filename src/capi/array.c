/* Owns the array handles of the C API: making, reading, evaluating. */
#include "mlx/c/array.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "capi/capi.h"
#include "core/print.h"

/* ---- what all of the C API shares ---- */

mx_array *mx_in(const mlx_array a, const char *op) {
  if (!a.ctx)
    mx_fail(MX_VALUE, "[%s] expected a non-empty array", op);
  return a.ctx;
}

static void replace(mlx_array *res, mx_array *r) {
  mx_array *old = res->ctx;
  res->ctx = r;
  mx_release(old);
}

int mx_return(mlx_array *res, mx_array *r, mx_scope s) {
  r = mx_scope_close(s, r);
  if (!r)
    return mx_report();
  if (!res) {
    mx_release(r);
    return mx_fail(MX_VALUE, "no place for the result"), mx_report();
  }
  replace(res, r);
  return 0;
}

int mx_return_many(mlx_array **res, mx_array **r, int n, int bad, mx_scope s) {
  for (int i = 0; i < n && !bad; i++)
    if (res[i])
      mx_retain(r[i]);
  mx_scope_close(s, NULL);
  if (bad)
    return mx_report();
  for (int i = 0; i < n; i++)
    if (res[i])
      replace(res[i], r[i]);
  return 0;
}

static int check_list(const void *p, size_t n, const char *op) {
  if (n && !p)
    return mx_fail(MX_VALUE, "[%s] a list without data", op);
  if (n > INT_MAX / 2)
    return mx_fail(MX_VALUE, "[%s] a list of %zu integers", op, n);
  return 0;
}

int mx_in_ints(mx_int_list *l, const int *p, size_t n, const char *op) {
  l->many = NULL;
  if (check_list(p, n, op))
    return 1;
  if (n > sizeof l->few / sizeof *l->few && !(l->many = malloc(n * sizeof *l->many)))
    return mx_nomem(op);
  int64_t *to = l->many ? l->many : l->few;
  for (size_t i = 0; i < n; i++)
    to[i] = p[i];
  l->v = (mx_ints){to, (int)n};
  return 0;
}

int mx_in_i64s(mx_int_list *l, const int64_t *p, size_t n, const char *op) {
  l->many = NULL;
  if (check_list(p, n, op))
    return 1;
  l->v = (mx_ints){p, (int)n};
  return 0;
}

/* ---- making ---- */

size_t mlx_dtype_size(mlx_dtype dtype) {
  return mx_dtype_valid(dtype) ? (size_t)mx_dtype_bytes(dtype) : 0;
}

mlx_array mlx_array_new(void) {
  return (mlx_array){NULL};
}

int mlx_array_free(mlx_array arr) {
  mx_release(arr.ctx);
  return 0;
}

int mlx_array_set(mlx_array *arr, const mlx_array src) {
  if (mx_no_place(arr, "array_set"))
    return 1;
  replace(arr, src.ctx ? mx_retain(src.ctx) : NULL);
  return 0;
}

static int to_shape(int64_t *to, const int *shape, int dim) {
  if (dim < 0 || dim > MX_MAX_NDIM || (dim && !shape))
    return mx_fail(MX_VALUE, "[array] %d dimensions, between 0 and %d are supported", dim,
                   MX_MAX_NDIM);
  for (int i = 0; i < dim; i++)
    to[i] = shape[i];
  return 0;
}

int mlx_array_set_data(mlx_array *arr, const void *data, const int *shape, int dim,
                       mlx_dtype dtype) {
  mx_scope s = mx_scope_open();
  int64_t dims[MX_MAX_NDIM];
  mx_array *r = NULL;
  if (!mx_dtype_valid(dtype))
    mx_fail(MX_VALUE, "[array] invalid dtype");
  else if (!to_shape(dims, shape, dim)) {
    int64_t size = mx_shape_size("array", dims, dim, dtype);
    if (size > 0 && !data)
      mx_fail(MX_VALUE, "[array] no data");
    else if (size >= 0)
      r = mx_from_host(data, dims, dim, dtype);
  }
  return mx_return(arr, r, s);
}

mlx_array mlx_array_new_data(const void *data, const int *shape, int dim, mlx_dtype dtype) {
  mlx_array a = {NULL};
  mlx_array_set_data(&a, data, shape, dim, dtype);
  return a;
}

typedef struct lent {
  void *data;
  void (*dtor)(void *);
} lent;

static void lent_back(mx_buffer *b) {
  lent *l = b->payload;
  if (l->dtor)
    l->dtor(l->data);
  free(l);
}

mlx_array mlx_array_new_data_managed_payload(void *data, const int *shape, int dim, mlx_dtype dtype,
                                             void *payload, void (*dtor)(void *)) {
  mx_scope s = mx_scope_open();
  int64_t dims[MX_MAX_NDIM], size = -1;
  mx_array *r = NULL;
  mx_buffer *buf = NULL;
  lent *l = NULL;
  if (!mx_dtype_valid(dtype))
    mx_fail(MX_VALUE, "[array] invalid dtype");
  else if (!to_shape(dims, shape, dim))
    size = mx_shape_size("array", dims, dim, dtype);
  if (size > 0 && !data)
    mx_fail(MX_VALUE, "[array] no data");
  else if (size >= 0 && !(l = malloc(sizeof *l)))
    mx_nomem("array");
  if (l) {
    *l = (lent){payload, dtor};
    buf = mx_buffer_wrap(data, (size_t)size * mlx_dtype_size(dtype), false, lent_back, l);
    if (!buf)
      free(l);
  }
  if (buf)
    r = mx_leaf((mx_spec){dtype, dim, dims, NULL}, buf, 0); /* a failed leaf gives the data back */
  else if (dtor)
    dtor(payload);
  mlx_array a = {NULL};
  mx_return(&a, r, s);
  return a;
}

mlx_array mlx_array_new_data_managed(void *data, const int *shape, int dim, mlx_dtype dtype,
                                     void (*dtor)(void *)) {
  return mlx_array_new_data_managed_payload(data, shape, dim, dtype, data, dtor);
}

#define SCALAR(name, ctype, dtype)                          \
  int mlx_array_set_##name(mlx_array *arr, ctype val) {     \
    return mlx_array_set_data(arr, &val, NULL, 0, dtype);   \
  }                                                         \
  mlx_array mlx_array_new_##name(ctype val) {               \
    return mlx_array_new_data(&val, NULL, 0, dtype);        \
  }
SCALAR(bool, bool, MLX_BOOL)
SCALAR(int, int, MLX_INT32)
SCALAR(float32, float, MLX_FLOAT32)
SCALAR(float, float, MLX_FLOAT32)
SCALAR(float64, double, MLX_FLOAT64)
SCALAR(double, double, MLX_FLOAT64)

int mlx_array_set_complex(mlx_array *arr, float real_val, float imag_val) {
  float v[2] = {real_val, imag_val};
  return mlx_array_set_data(arr, v, NULL, 0, MLX_COMPLEX64);
}

mlx_array mlx_array_new_complex(float real_val, float imag_val) {
  mlx_array a = {NULL};
  mlx_array_set_complex(&a, real_val, imag_val);
  return a;
}

/* ---- properties ---- */

size_t mlx_array_itemsize(const mlx_array arr) {
  return arr.ctx ? mx_itemsize(arr.ctx) : 0;
}

size_t mlx_array_size(const mlx_array arr) {
  return arr.ctx ? (size_t)((mx_array *)arr.ctx)->size : 0;
}

size_t mlx_array_nbytes(const mlx_array arr) {
  return arr.ctx ? mx_nbytes(arr.ctx) : 0;
}

size_t mlx_array_ndim(const mlx_array arr) {
  return arr.ctx ? ((mx_array *)arr.ctx)->ndim : 0;
}

mlx_dtype mlx_array_dtype(const mlx_array arr) {
  return arr.ctx ? (mlx_dtype)((mx_array *)arr.ctx)->dtype : MLX_FLOAT32;
}

const int *mlx_array_shape(const mlx_array arr) {
  mx_array *a = mx_in(arr, "array_shape");
  if (!a)
    return mx_report(), NULL;
  int *have = atomic_load_explicit(&a->shape32, memory_order_acquire);
  if (have)
    return have;
  int *made = malloc(((size_t)a->ndim + 1) * sizeof *made);
  if (!made)
    return mx_nomem("array_shape"), mx_report(), NULL;
  for (int i = 0; i < a->ndim; i++) {
    if (a->shape[i] > INT_MAX) {
      free(made);
      return mx_fail(MX_VALUE, "[array_shape] dimension %d is longer than an int holds", i),
             mx_report(), NULL;
    }
    made[i] = (int)a->shape[i];
  }
  if (atomic_compare_exchange_strong(&a->shape32, &have, made))
    return made;
  free(made);
  return have;
}

const size_t *mlx_array_strides(const mlx_array arr) {
  mx_array *a = mx_in(arr, "array_strides");
  if (!a)
    return mx_report(), NULL;
  size_t *have = atomic_load_explicit(&a->strides_c, memory_order_acquire);
  if (have)
    return have;
  size_t *made = malloc(((size_t)a->ndim + 1) * sizeof *made);
  if (!made)
    return mx_nomem("array_strides"), mx_report(), NULL;
  for (int i = 0; i < a->ndim; i++)
    made[i] = (size_t)a->strides[i];
  if (atomic_compare_exchange_strong(&a->strides_c, &have, made))
    return made;
  free(made);
  return have;
}

int mlx_array_dim(const mlx_array arr, int dim) {
  mx_array *a = mx_in(arr, "array_dim");
  int at;
  if (!a || mx_axis("array_dim", dim, a->ndim, &at))
    return mx_report(), 0;
  if (a->shape[at] > INT_MAX)
    return mx_fail(MX_VALUE, "[array_dim] dimension %d is longer than an int holds", dim),
           mx_report(), 0;
  return (int)a->shape[at];
}

int mlx_array_tostring(mlx_string *str, const mlx_array arr) {
  mx_array *a = mx_in(arr, "array_tostring");
  char *text = a ? mx_array_text(a) : NULL;
  int bad = text ? mx_string_set(str, text) : 1;
  free(text);
  return bad ? mx_report() : 0;
}

/* ---- values ---- */

int mlx_array_eval(mlx_array arr) {
  mx_array *a = mx_in(arr, "array_eval");
  return a && !mx_eval1(a) ? 0 : mx_report();
}

/* A pointer to the value of a one-element array. */
static const void *item(const mlx_array arr, mlx_dtype *dtype) {
  mx_array *a = mx_in(arr, "item");
  char text[128];
  if (!a)
    return NULL;
  if (a->size != 1) {
    mx_fail(MX_VALUE, "[item] expected an array of one element, got shape %s",
            mx_shape_text(text, sizeof text, a->shape, a->ndim));
    return NULL;
  }
  if (mx_eval1(a))
    return NULL;
  *dtype = (mlx_dtype)a->dtype;
  return mx_data(a);
}

static double as_double(const void *p, mlx_dtype t) {
  switch (t) {
  case MLX_FLOAT16:
    return mx_f16_to_f32(*(const uint16_t *)p);
  case MLX_BFLOAT16:
    return mx_bf16_to_f32(*(const uint16_t *)p);
  case MLX_FLOAT64:
    return *(const double *)p;
  case MLX_FLOAT32:
  case MLX_COMPLEX64:
    return *(const float *)p;
  case MLX_UINT64:
    return (double)*(const uint64_t *)p;
  case MLX_INT64:
    return (double)*(const int64_t *)p;
  case MLX_INT32:
    return *(const int32_t *)p;
  case MLX_UINT32:
    return *(const uint32_t *)p;
  case MLX_INT16:
    return *(const int16_t *)p;
  case MLX_UINT16:
    return *(const uint16_t *)p;
  case MLX_INT8:
    return *(const int8_t *)p;
  default:
    return *(const uint8_t *)p;
  }
}

/* Integers wrap; floats out of an integer's range give its nearest end, nan gives 0. */
static int64_t as_int(const void *p, mlx_dtype t) {
  if (t == MLX_INT64 || t == MLX_UINT64)
    return *(const int64_t *)p;
  double v = as_double(p, t);
  if (v != v)
    return 0;
  const double end = 9223372036854775808.0;
  return v >= end ? INT64_MAX : v < -end ? INT64_MIN : (int64_t)v;
}

#define ITEM(name, ctype, expr)                                    \
  int mlx_array_item_##name(ctype *res, const mlx_array arr) {     \
    mlx_dtype t = MLX_BOOL;                                        \
    const void *p = item(arr, &t);                                 \
    if (!p)                                                        \
      return mx_report();                                          \
    if (mx_no_place(res, "item"))                                  \
      return 1;                                                    \
    *res = (ctype)(expr);                                          \
    return 0;                                                      \
  }
ITEM(bool, bool, as_double(p, t) != 0)
ITEM(uint8, uint8_t, as_int(p, t))
ITEM(uint16, uint16_t, as_int(p, t))
ITEM(uint32, uint32_t, as_int(p, t))
ITEM(uint64, uint64_t, as_int(p, t))
ITEM(int8, int8_t, as_int(p, t))
ITEM(int16, int16_t, as_int(p, t))
ITEM(int32, int32_t, as_int(p, t))
ITEM(int64, int64_t, as_int(p, t))
ITEM(float32, float, as_double(p, t))
ITEM(float64, double, as_double(p, t))
#ifdef HAS_FLOAT16
ITEM(float16, float16_t, as_double(p, t))
#endif

int mlx_array_item_complex64(mlx_complex64_t *res, const mlx_array arr) {
  mlx_dtype t = MLX_BOOL;
  const void *p = item(arr, &t);
  if (!p)
    return mx_report();
  if (mx_no_place(res, "item"))
    return 1;
  float v[2] = {(float)as_double(p, t), t == MLX_COMPLEX64 ? ((const float *)p)[1] : 0};
  memcpy(res, v, sizeof v);
  return 0;
}

#ifdef HAS_BFLOAT16
int mlx_array_item_bfloat16(bfloat16_t *res, const mlx_array arr) {
  mlx_dtype t = MLX_BOOL;
  const void *p = item(arr, &t);
  if (!p)
    return mx_report();
  if (mx_no_place(res, "item"))
    return 1;
  uint16_t v = t == MLX_BFLOAT16 ? *(const uint16_t *)p : mx_f32_to_bf16((float)as_double(p, t));
  memcpy(res, &v, sizeof v);
  return 0;
}
#endif

/* Element 0 of an array of that dtype, evaluated; NULL with an error for another dtype. */
static const void *data(const mlx_array arr, mlx_dtype want) {
  mx_array *a = mx_in(arr, "array_data");
  if (a && a->dtype != want) {
    mx_fail(MX_VALUE, "[array_data] the array is %s, not %s", mx_dtype_name((mlx_dtype)a->dtype),
            mx_dtype_name(want));
    a = NULL;
  }
  return a && !mx_eval1(a) ? mx_data(a) : (mx_report(), NULL);
}

#define DATA(name, ctype, dtype)                              \
  const ctype *mlx_array_data_##name(const mlx_array arr) {   \
    return data(arr, dtype);                                  \
  }
DATA(bool, bool, MLX_BOOL)
DATA(uint8, uint8_t, MLX_UINT8)
DATA(uint16, uint16_t, MLX_UINT16)
DATA(uint32, uint32_t, MLX_UINT32)
DATA(uint64, uint64_t, MLX_UINT64)
DATA(int8, int8_t, MLX_INT8)
DATA(int16, int16_t, MLX_INT16)
DATA(int32, int32_t, MLX_INT32)
DATA(int64, int64_t, MLX_INT64)
DATA(float32, float, MLX_FLOAT32)
DATA(float64, double, MLX_FLOAT64)
DATA(complex64, mlx_complex64_t, MLX_COMPLEX64)
#ifdef HAS_FLOAT16
DATA(float16, float16_t, MLX_FLOAT16)
#endif
#ifdef HAS_BFLOAT16
DATA(bfloat16, bfloat16_t, MLX_BFLOAT16)
#endif

/* ---- state ---- */

#define STATE(name, expr)                                            \
  int _mlx_array_##name(bool *res, const mlx_array arr) {            \
    const mx_array *a = mx_in(arr, #name);                           \
    if (!a)                                                          \
      return mx_report();                                            \
    if (mx_no_place(res, #name))                                     \
      return 1;                                                      \
    *res = (expr);                                                   \
    return 0;                                                        \
  }

static bool col_contiguous(const mx_array *a) {
  int64_t step = 1;
  for (int i = 0; i < a->ndim; i++) {
    if (a->shape[i] != 1 && a->strides[i] != step)
      return a->size == 0;
    step *= a->shape[i];
  }
  return true;
}

/* Its elements fill one range of memory, in whatever order of axes. */
static bool contiguous(const mx_array *a) {
  int64_t span = 1;
  for (int i = 0; i < a->ndim; i++)
    if (a->shape[i] > 1)
      span += (a->shape[i] - 1) * (a->strides[i] < 0 ? -a->strides[i] : a->strides[i]);
  return a->size == 0 || span == a->size;
}

STATE(is_available, mx_ready(a))
STATE(is_contiguous, contiguous(a))
STATE(is_row_contiguous, a->row_contiguous)
STATE(is_col_contiguous, col_contiguous(a))

int _mlx_array_wait(const mlx_array arr) {
  return mlx_array_eval(arr);
}
