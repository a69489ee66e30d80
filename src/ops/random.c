/* Random numbers from Threefry bits. Bit for bit what MLX draws from the same key.
 * Owns the thread's state: a key that every draw without a key splits in two, keeping the first. */
#include "ops/random.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/dtype.h"
#include "core/params.h"
#include "core/session.h"
#include "gen/ops.h"
#include "ops/build.h"

/* ---- state ---- */

static pthread_key_t state_key;
static pthread_once_t state_once = PTHREAD_ONCE_INIT;
static int state_failed;
static uint64_t start_ms; /* one for all threads, as in MLX */

static void release_state(void *a) {
  mx_release(a);
}

static void make_state_key(void) {
  struct timespec t;
  state_failed = pthread_key_create(&state_key, release_state);
  clock_gettime(CLOCK_REALTIME, &t);
  start_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int mx_random_set_state(mx_array *key) {
  pthread_once(&state_once, make_state_key);
  if (!key) return 1;
  if (state_failed) return mx_nomem("random");
  mx_array *old = pthread_getspecific(state_key);
  mx_retain(key);
  if (pthread_setspecific(state_key, key)) {
    mx_release(key);
    return mx_nomem("random");
  }
  mx_release(old);
  return 0;
}

mx_array *mx_random_state(void) {
  pthread_once(&state_once, make_state_key);
  mx_array *key = state_failed ? NULL : pthread_getspecific(state_key);
  if (!key && mx_random_seed(start_ms)) return NULL;
  return key ? key : pthread_getspecific(state_key);
}

mx_array *mx_random_key(uint64_t seed) {
  uint32_t words[2] = {(uint32_t)(seed >> 32), (uint32_t)seed};
  return mx_from_host(words, (const int64_t[]){2}, 1, MLX_UINT32);
}

int mx_random_seed(uint64_t seed) {
  return mx_random_set_state(mx_random_key(seed));
}

/* The key given, or one split off the state. */
static mx_array *key_or_state(mx_array *key, mx_stream *s) {
  if (key) return key;
  mx_array *state = mx_random_state(), *next, *mine;
  if (!state || mx_random_split(&next, &mine, state, s) || mx_random_set_state(next)) return NULL;
  return mine;
}

/* ---- bits ---- */

static mx_array *draw(mx_ints shape, int width, enum mx_draw kind, mx_array *key, mx_stream *s) {
  if (!(key = key_or_state(key, s))) return NULL;
  if (key->dtype != MLX_UINT32 || key->ndim != 1 || key->shape[0] != 2) {
    char text[200];
    mx_fail(MX_VALUE, "[bits] Expected a key of shape (2) and dtype uint32 but got %s %s.",
            mx_dtype_name((mlx_dtype)key->dtype),
            mx_shape_text(text, sizeof text, key->shape, key->ndim));
    return NULL;
  }
  mlx_dtype t = kind != MX_DRAW_BITS ? MLX_FLOAT32
                : width == 1         ? MLX_UINT8
                : width == 2         ? MLX_UINT16
                                     : MLX_UINT32;
  if (!(key = mx_row_major(key, s))) return NULL;
  mx_bits_params p = {width, kind};
  if (shape.n) mx_session_pin_shapes();
  return mx_node(MX_PRIM_RANDOM_BITS, (mx_spec){t, shape.n, shape.p, NULL}, 1, &key, MX_WORDS(p),
                 s);
}

mx_array *mx_random_bits(mx_ints shape, int width, mx_array *key, mx_stream *s) {
  if (width == 1 || width == 2 || width == 4) return draw(shape, width, MX_DRAW_BITS, key, s);
  mx_fail(MX_VALUE, "[bits] Bit width must be in {1, 2, 4} but got %d.", width);
  return NULL;
}

mx_array *mx_random_split_num(mx_array *key, int num, mx_stream *s) {
  return key ? mx_random_bits(MX_INTS(num, 2), 4, key, s) : NULL;
}

int mx_random_split(mx_array **res_0, mx_array **res_1, mx_array *key, mx_stream *s) {
  mx_array *both = mx_random_split_num(key, 2, s);
  for (int i = 0; i < 2; i++) {
    mx_array *row =
        both ? mx_slice(both, MX_INTS(i, 0), MX_INTS(i + 1, 2), MX_INTS(1, 1), s) : NULL;
    *(i ? res_1 : res_0) = row ? mx_squeeze_axis(row, 0, s) : NULL;
  }
  return !*res_0 || !*res_1;
}

/* ---- uniform ---- */

static mx_array *scalar_op(mx_array *(*op)(mx_array *, mx_array *, mx_stream *), mx_array *a,
                           double v, mx_stream *s) {
  mx_array *k = a ? mx_scalar(v, (mlx_dtype)a->dtype) : NULL;
  return k ? op(a, k, s) : NULL;
}

static int float_only(const char *op, mlx_dtype t) {
  if (mx_dtype_valid(t) && mx_is_float(t)) return 0;
  return mx_fail(MX_VALUE, "[%s] can only generate floats, not %s", op,
                 mx_dtype_valid(t) ? mx_dtype_name(t) : "an invalid dtype");
}

/* A parameter's shape must broadcast to the result's. */
static int fits(const char *op, const mx_array *a, mx_ints shape) {
  bool ok = a->ndim <= shape.n;
  for (int i = 1; ok && i <= a->ndim; i++)
    ok = a->shape[a->ndim - i] == 1 || a->shape[a->ndim - i] == shape.p[shape.n - i];
  if (ok) return 0;
  char x[200], y[200];
  return mx_fail(MX_VALUE, "[%s] a parameter of shape %s does not broadcast to %s", op,
                 mx_shape_text(x, sizeof x, a->shape, a->ndim),
                 mx_shape_text(y, sizeof y, shape.p, shape.n));
}

static double below_one(mlx_dtype t) {
  return t == MLX_FLOAT16 ? 1 - 0x1p-11 : t == MLX_BFLOAT16 ? 1 - 0x1p-8 : 1 - 0x1p-24;
}

/* [0, 1) in dtype t */
static mx_array *unit(mx_ints shape, mlx_dtype t, mx_array *key, mx_stream *s) {
  if (t == MLX_FLOAT64) {
    mx_fail(MX_RUNTIME, "[uniform] float64 is not supported");
    return NULL;
  }
  mx_array *u = draw(shape, 4, MX_DRAW_UNIT, key, s);
  if (t != MLX_FLOAT32) u = mx_cast(scalar_op(mx_minimum, u, below_one(t), s), t, s);
  return u;
}

mx_array *mx_random_uniform(mx_array *low, mx_array *high, mx_ints shape, mlx_dtype dtype,
                            mx_array *key, mx_stream *s) {
  if (!low || !high || float_only("uniform", dtype)) return NULL;
  low = mx_cast(low, dtype, s);
  high = mx_cast(high, dtype, s);
  mx_array *range = low && high ? mx_subtract(high, low, s) : NULL;
  if (!range || fits("uniform", range, shape)) return NULL;
  mx_array *u = unit(shape, dtype, key, s);
  u = u ? mx_multiply(u, range, s) : NULL;
  return u ? mx_add(u, low, s) : NULL;
}

mx_array *mx_random_bernoulli(mx_array *p, mx_ints shape, mx_array *key, mx_stream *s) {
  if (!p) return NULL;
  if (!mx_is_float((mlx_dtype)p->dtype)) {
    mx_fail(MX_VALUE, "[bernoulli] bernoulli probability `p` must be a float type.");
    return NULL;
  }
  if (fits("bernoulli", p, shape)) return NULL;
  mx_array *bits = mx_cast(mx_random_bits(shape, 4, key, s), MLX_FLOAT32, s);
  mx_array *edge = mx_scalar(0x1.000002p32, MLX_FLOAT32);
  mx_array *limit = edge ? mx_multiply(p, edge, s) : NULL;
  return bits && limit ? mx_less(bits, limit, s) : NULL;
}

mx_array *mx_random_randint(mx_array *low, mx_array *high, mx_ints shape, mlx_dtype dtype,
                            mx_array *key, mx_stream *s) {
  if (!low || !high) return NULL;
  bool truth = mx_dtype_valid(dtype) && mx_dtype_kind(dtype) == MX_KIND_BOOL;
  if (!mx_dtype_valid(dtype) || mx_is_inexact(dtype)) {
    mx_fail(MX_VALUE, "[randint] randint only accepts integer dtypes and bool.");
    return NULL;
  }
  mx_array *u = mx_random_uniform(low, high, shape, MLX_FLOAT32, key, s);
  u = mx_cast(u ? mx_floor(u, s) : NULL, dtype, s);
  low = mx_cast(low, dtype, s);
  mx_array *most = scalar_op(mx_subtract, truth ? high : mx_cast(high, dtype, s), 1, s);
  most = mx_cast(most, dtype, s);
  u = u && most ? mx_minimum(u, most, s) : NULL;
  return u && low ? mx_maximum(u, low, s) : NULL;
}

/* ---- normal ---- */

mx_array *mx_random_normal_broadcast(mx_ints shape, mlx_dtype dtype, mx_array *loc, mx_array *scale,
                                     mx_array *key, mx_stream *s) {
  int64_t pairs[MX_MAX_NDIM];
  bool paired = dtype == MLX_COMPLEX64;
  if (!paired && float_only("normal", dtype)) return NULL;
  mx_ints want = shape;
  if (paired && shape.n > 0 && shape.n <= MX_MAX_NDIM) {
    memcpy(pairs, shape.p, (size_t)shape.n * sizeof *pairs);
    pairs[shape.n - 1] *= 2;
    want.p = pairs;
  } else if (paired) {
    pairs[0] = 2;
    want = (mx_ints){pairs, 1};
  }
  mx_array *u = draw(want, 4, MX_DRAW_NORMAL, key, s);
  if (paired) {
    u = u ? mx_view(u, MLX_COMPLEX64, s) : NULL;
    u = u ? mx_reshape(u, shape, s) : NULL;
  } else {
    // The product of the two factors is rounded first, as in MLX.
    mx_array *factor = mx_scalar(M_SQRT2, dtype);
    if (factor && scale) factor = mx_multiply(factor, mx_cast(scale, dtype, s), s);
    u = mx_cast(u, dtype, s);
    u = u && factor ? mx_multiply(u, factor, s) : NULL;
    scale = NULL;
  }
  if (u && scale) u = mx_multiply(u, mx_cast(scale, dtype, s), s);
  if (u && loc) u = mx_add(u, mx_cast(loc, dtype, s), s);
  return u;
}

mx_array *mx_random_normal(mx_ints shape, mlx_dtype dtype, float loc, float scale, mx_array *key,
                           mx_stream *s) {
  mlx_dtype t = mx_dtype_valid(dtype) ? dtype : MLX_FLOAT32;
  mx_array *l = loc != 0 ? mx_scalar(loc, t) : NULL, *k = scale != 1 ? mx_scalar(scale, t) : NULL;
  if ((loc != 0 && !l) || (scale != 1 && !k)) return NULL;
  return mx_random_normal_broadcast(shape, dtype, l, k, key, s);
}

/* erf or its inverse; in float32, where it matters to the draw, bit for bit as MLX computes it. */
static mx_array *drawn_erf(mx_array *x, bool inverse, mx_stream *s) {
  if (!x || x->dtype != MLX_FLOAT32) return !x ? NULL : inverse ? mx_erfinv(x, s) : mx_erf(x, s);
  mx_random_erf_params p = {inverse};
  if (!(x = mx_row_major(x, s))) return NULL;
  return mx_node(MX_PRIM_RANDOM_ERF, (mx_spec){MLX_FLOAT32, x->ndim, x->shape, NULL}, 1, &x,
                 MX_WORDS(p), s);
}

mx_array *mx_random_truncated_normal(mx_array *lower, mx_array *upper, mx_ints shape,
                                     mlx_dtype dtype, mx_array *key, mx_stream *s) {
  if (!lower || !upper || float_only("truncated_normal", dtype)) return NULL;
  lower = mx_cast(lower, dtype, s);
  upper = mx_cast(upper, dtype, s);
  mx_array *a = scalar_op(mx_divide, lower, M_SQRT2, s),
           *b = scalar_op(mx_divide, upper, M_SQRT2, s);
  a = drawn_erf(a, false, s);
  b = drawn_erf(b, false, s);
  mx_array *u = a && b ? mx_random_uniform(a, b, shape, dtype, key, s) : NULL;
  u = scalar_op(mx_multiply, drawn_erf(u, true, s), M_SQRT2, s);
  u = u ? mx_minimum(u, upper, s) : NULL;
  return u ? mx_maximum(u, lower, s) : NULL;
}

mx_array *mx_random_gumbel(mx_ints shape, mlx_dtype dtype, mx_array *key, mx_stream *s) {
  if (float_only("gumbel", dtype)) return NULL;
  if (dtype == MLX_FLOAT32) return draw(shape, 4, MX_DRAW_GUMBEL, key, s);
  mx_array *u = unit(shape, dtype, key, s);
  for (int i = 0; u && i < 2; i++) {
    u = mx_log(u, s);
    u = u ? mx_negative(u, s) : NULL;
  }
  return u;
}

mx_array *mx_random_laplace(mx_ints shape, mlx_dtype dtype, float loc, float scale, mx_array *key,
                            mx_stream *s) {
  if (float_only("laplace", dtype)) return NULL;
  mx_array *u = mx_cast(draw(shape, 4, MX_DRAW_LAPLACE, key, s), dtype, s);
  if (scale != 1) u = scalar_op(mx_multiply, u, scale, s);
  if (loc != 0) u = scalar_op(mx_add, u, loc, s);
  return u;
}

/* ---- choices ---- */

/* One distribution, many draws: searches the running sum of the weights. */
static mx_array *inverse_cdf(mx_array *logits, mx_ints shape, mx_array *key, mx_stream *s) {
  mx_array *x = mx_flatten(logits, 0, -1, s);
  mx_array *most = x ? mx_max(x, true, s) : NULL;
  mx_array *w = most ? mx_subtract(x, most, s) : NULL;
  w = w ? mx_exp(w, s) : NULL;
  mx_array *total = w ? mx_sum(w, true, s) : NULL,
           *before = w ? mx_cumsum(w, 0, false, false, s) : NULL;
  if (!total || !before) return NULL;
  mx_array *zero = mx_scalar(0, (mlx_dtype)w->dtype), *one = mx_scalar(1, (mlx_dtype)w->dtype);
  mx_array *u =
      zero && one ? mx_random_uniform(zero, one, shape, (mlx_dtype)w->dtype, key, s) : NULL;
  total = mx_reshape(total, (mx_ints){NULL, 0}, s);
  u = u && total ? mx_multiply(u, total, s) : NULL;
  mx_array *at = u ? mx_searchsorted(before, u, "right", s) : NULL;
  return scalar_op(mx_subtract, at, 1, s);
}

static mx_array *float_logits(mx_array *logits, mx_stream *s) {
  return logits ? mx_cast(logits, mx_at_least_float((mlx_dtype)logits->dtype), s) : NULL;
}

/* shape with the length of the axis inserted, counted from the end as the axis is in logits */
static mx_array *categorical(mx_array *logits, int at, mx_ints shape, mx_array *key, mx_stream *s) {
  int64_t wide[MX_MAX_NDIM + 1];
  if (shape.n >= MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[categorical] too many dimensions");
    return NULL;
  }
  int place = at + shape.n - (logits->ndim - 1);
  for (int i = 0, k = 0; i <= shape.n; i++) wide[i] = i == place ? logits->shape[at] : shape.p[k++];
  mx_array *g = mx_random_gumbel((mx_ints){wide, shape.n + 1}, MLX_FLOAT32, key, s);
  mx_array *sum = g ? mx_add(g, logits, s) : NULL;
  return sum ? mx_argmax_axis(sum, place, false, s) : NULL;
}

static bool one_distribution(const mx_array *logits, int at) {
  return logits->size == logits->shape[at];
}

mx_array *mx_random_categorical_shape(mx_array *logits, int axis, mx_ints shape, mx_array *key,
                                      mx_stream *s) {
  int64_t batch[MX_MAX_NDIM], full[MX_MAX_NDIM];
  int at, n = 0, ndim = shape.n;
  if (!logits || mx_axis("categorical", axis, logits->ndim, &at)) return NULL;
  for (int i = 0; i < logits->ndim; i++)
    if (i != at) batch[n++] = logits->shape[i];
  if (shape.n > MX_MAX_NDIM) return NULL;
  if (shape.n) memcpy(full, shape.p, (size_t)shape.n * sizeof *full);
  if (mx_broadcast_shape("categorical", full, &ndim, batch, n)) return NULL;
  if (ndim != shape.n || (ndim && memcmp(full, shape.p, (size_t)ndim * sizeof *full))) {
    mx_fail(MX_VALUE, "[categorical] Requested shape is not broadcast compatible with the logits");
    return NULL;
  }
  if (!(logits = float_logits(logits, s))) return NULL;
  if (one_distribution(logits, at) && shape.n > 0) return inverse_cdf(logits, shape, key, s);
  return categorical(logits, at, shape, key, s);
}

mx_array *mx_random_categorical_num_samples(mx_array *logits_, int axis, int num_samples,
                                            mx_array *key, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM + 1];
  int at, n = 0;
  if (!logits_ || mx_axis("categorical", axis, logits_->ndim, &at)) return NULL;
  for (int i = 0; i < logits_->ndim; i++)
    if (i != at) shape[n++] = logits_->shape[i];
  shape[n++] = num_samples;
  mx_array *logits = float_logits(logits_, s);
  if (logits && one_distribution(logits, at))
    return inverse_cdf(logits, (mx_ints){shape, n}, key, s);
  logits = logits ? mx_expand_dims(logits, -1, s) : NULL;
  return logits ? categorical(logits, at, (mx_ints){shape, n}, key, s) : NULL;
}

mx_array *mx_random_categorical(mx_array *logits, int axis, mx_array *key, mx_stream *s) {
  int64_t shape[MX_MAX_NDIM];
  int at, n = 0;
  if (!logits || mx_axis("categorical", axis, logits->ndim, &at)) return NULL;
  for (int i = 0; i < logits->ndim; i++)
    if (i != at) shape[n++] = logits->shape[i];
  return mx_random_categorical_shape(logits, axis, (mx_ints){shape, n}, key, s);
}

mx_array *mx_random_permutation_arange(int x, mx_array *key, mx_stream *s) {
  return mx_argsort_axis(mx_random_bits(MX_INTS(x), 4, key, s), 0, s);
}

mx_array *mx_random_permutation(mx_array *x, int axis, mx_array *key, mx_stream *s) {
  int at;
  if (!x || mx_axis("permutation", axis, x->ndim, &at)) return NULL;
  if (x->shape[at] > INT_MAX) {
    mx_fail(MX_VALUE, "[permutation] the axis is too long");
    return NULL;
  }
  return mx_take_axis(x, mx_random_permutation_arange((int)x->shape[at], key, s), at, s);
}

/* The root of a covariance: U diag(sqrt(S)) Vt. */
static mx_array *covariance_root(mx_array *cov, mx_stream *s) {
  mx_vec f = {NULL, 0};
  if (mx_linalg_svd(&f, cov, true, s)) {
    free(f.p);
    return NULL;
  }
  mx_array *u = f.p[0], *w = f.p[1], *vt = f.p[2];
  free(f.p);
  w = mx_sqrt(w, s);
  w = w ? mx_expand_dims(w, -2, s) : NULL;
  u = w ? mx_multiply(u, w, s) : NULL;
  return u ? mx_matmul(u, vt, s) : NULL;
}

mx_array *mx_random_multivariate_normal(mx_array *mean, mx_array *cov, mx_ints shape,
                                        mlx_dtype dtype, mx_array *key, mx_stream *s) {
  if (!mean || !cov)
    return NULL;
  if (dtype != MLX_FLOAT32) {
    mx_fail(MX_VALUE, "[multivariate_normal] dtype must be float32, got %s", mx_dtype_name(dtype));
    return NULL;
  }
  int64_t n = mean->ndim ? mean->shape[mean->ndim - 1] : -1;
  if (n < 0 || cov->ndim < 2 || cov->shape[cov->ndim - 1] != n || cov->shape[cov->ndim - 2] != n) {
    mx_fail(MX_VALUE, "[multivariate_normal] a mean of %d and a covariance of %d dimensions do not fit",
            mean->ndim, cov->ndim);
    return NULL;
  }
  int64_t full[MX_MAX_NDIM + 1];
  int ndim = shape.n;
  if (ndim >= MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[multivariate_normal] more than %d dimensions", MX_MAX_NDIM);
    return NULL;
  }
  if (ndim)
    memcpy(full, shape.p, (size_t)ndim * sizeof *full);
  if (mx_broadcast_shape("multivariate_normal", full, &ndim, mean->shape, mean->ndim - 1) ||
      mx_broadcast_shape("multivariate_normal", full, &ndim, cov->shape, cov->ndim - 2))
    return NULL;
  full[ndim++] = n;
  mx_array *root = covariance_root(mx_cast(cov, MLX_FLOAT32, s), s);
  mx_array *z = mx_random_normal((mx_ints){full, ndim}, MLX_FLOAT32, 0, 1, key, s);
  z = z ? mx_expand_dims(z, -1, s) : NULL;
  z = z && root ? mx_matmul(root, z, s) : NULL;
  z = z ? mx_squeeze_axis(z, -1, s) : NULL;
  mean = mx_cast(mean, MLX_FLOAT32, s);
  return z && mean ? mx_add(z, mean, s) : NULL;
}
