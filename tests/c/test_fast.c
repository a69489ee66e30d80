/* Fused operations against plain loops in float64, over dtypes, lengths, layouts and conventions;
 * refusals; that neither threads nor cuts show. Conventions and errors were taken from MLX. */
#include "values.h"

static const mlx_dtype types[] = {MLX_FLOAT32, MLX_FLOAT16, MLX_BFLOAT16, MLX_FLOAT64};
static const double tols[] = {2e-5, 4e-3, 3e-2, 1e-6};

/* --- norms --- */

static void norms(void **state) {
  (void)state;
  for (int t = 0; t < 4; t++) {
    for (int64_t n = 2; n < 700; n += 1 + n / 4) {
      mx_scope scope = mx_scope_open();
      mx_array *x = noisy(MX_INTS(3, n), 3, types[t], n), *w = noisy(MX_INTS(n), 1, types[t], 1);
      mx_array *b = noisy(MX_INTS(n), 1, types[t], 2);
      double *xv = values(x), *wv = values(w), *bv = values(b);
      double *rms = malloc((size_t)(6 * n) * sizeof *rms), *ln = rms + 3 * n;
      assert_non_null(rms);
      for (int r = 0; r < 3; r++) {
        double sum = 0, squares = 0, off = 0, *row = xv + r * n;
        for (int64_t i = 0; i < n; i++) sum += row[i];
        for (int64_t i = 0; i < n; i++) squares += row[i] * row[i];
        for (int64_t i = 0; i < n; i++) off += pow(row[i] - sum / (double)n, 2);
        for (int64_t i = 0; i < n; i++) {
          rms[r * n + i] = row[i] / sqrt(squares / (double)n + 1e-5) * wv[i];
          ln[r * n + i] = (row[i] - sum / (double)n) / sqrt(off / (double)n + 1e-5) * wv[i] + bv[i];
        }
      }
      check_values(mx_fast_rms_norm(x, w, 1e-5f, S), rms, 3 * n, tols[t], "rms_norm");
      check_values(mx_fast_layer_norm(x, w, b, 1e-5f, S), ln, 3 * n, tols[t], "layer_norm");
      /* The same rows from a strided view. */
      mx_array *turned = mx_row_major(mx_transpose_axes(x, MX_INTS(1, 0), S), S);
      mx_array *r = mx_fast_rms_norm(mx_transpose_axes(turned, MX_INTS(1, 0), S), w, 1e-5f, S);
      check_values(r, rms, 3 * n, tols[t], "rms_norm of a view");
      free(xv);
      free(wv);
      free(bv);
      free(rms);
      mx_scope_close(scope, NULL);
    }
  }
}

static void norm_rules(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *h = noisy(MX_INTS(2, 4), 1, MLX_FLOAT16, 1), *i = noisy(MX_INTS(2, 4), 9, MLX_INT32, 1);
  mx_array *w = noisy(MX_INTS(4), 1, MLX_BFLOAT16, 1), *d = noisy(MX_INTS(4), 1, MLX_FLOAT64, 1);
  assert_int_equal(mx_fast_rms_norm(h, NULL, 1e-5f, S)->dtype, MLX_FLOAT16);
  assert_int_equal(mx_fast_rms_norm(h, w, 1e-5f, S)->dtype, MLX_FLOAT32);
  assert_int_equal(mx_fast_rms_norm(h, d, 1e-5f, S)->dtype, MLX_FLOAT64);
  assert_int_equal(mx_fast_rms_norm(i, w, 1e-5f, S)->dtype, MLX_BFLOAT16);
  assert_int_equal(mx_fast_layer_norm(h, NULL, d, 1e-5f, S)->dtype, MLX_FLOAT16);
  CHECK_FAILS(mx_fast_rms_norm(i, NULL, 1e-5f, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rms_norm(h, mx_cast(w, MLX_COMPLEX64, S), 1e-5f, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rms_norm(h, noisy(MX_INTS(3), 1, MLX_FLOAT16, 1), 1e-5f, S), MX_VALUE);
  CHECK_FAILS(mx_fast_layer_norm(h, NULL, noisy(MX_INTS(1, 4), 1, MLX_FLOAT16, 1), 1e-5f, S),
              MX_VALUE);
  CHECK_FAILS(mx_fast_rms_norm(mx_scalar(1, MLX_FLOAT32), NULL, 1e-5f, S), MX_VALUE);
  mx_array *none = noisy(MX_INTS(2, 0), 1, MLX_FLOAT32, 1);
  assert_int_equal(mx_fast_rms_norm(none, NULL, 1e-5f, S)->size, 0);
  mx_scope_close(scope, NULL);
}

/* --- rotary embedding --- */

static const mlx_optional_float no_base = {0, false}, base = {10000, true};

/* x is (B, H, T, D) by value; at[b] the first position. */
static void check_rope(mx_array *r, const double *x, const int64_t *shape, int dims, bool pairs,
                       const double *freqs, double scale, const double *at, double tol) {
  int64_t n = shape[0] * shape[1] * shape[2] * shape[3], half = dims / 2, d = shape[3];
  double *want = malloc((size_t)n * sizeof *want);
  assert_non_null(want);
  memcpy(want, x, (size_t)n * sizeof *want);
  for (int64_t row = 0; row < n / d; row++) {
    double pos = at[row / shape[2] / shape[1]] + (double)(row % shape[2]);
    for (int64_t i = 0; i < half; i++) {
      double angle = pos * scale * (freqs ? 1 / freqs[i] : pow(10000, -2.0 * (double)i / dims));
      int64_t a = row * d + (pairs ? 2 * i : i), b = row * d + (pairs ? 2 * i + 1 : i + half);
      want[a] = x[a] * cos(angle) - x[b] * sin(angle);
      want[b] = x[a] * sin(angle) + x[b] * cos(angle);
    }
  }
  check_values(r, want, n, tol, "rope");
  free(want);
}

static void rope_conventions(void **state) {
  (void)state;
  const int64_t shapes[][5] = {{1, 2, 3, 8, 8}, {2, 3, 5, 64, 64}, {2, 2, 4, 64, 32},
                               {1, 9, 1, 64, 64}, {3, 1, 7, 20, 10}, {2, 1, 3, 6, 2}};
  for (int t = 0; t < 4; t++) {
    for (int k = 0; k < 6; k++) {
      for (int pairs = 0; pairs < 2; pairs++) {
        mx_scope scope = mx_scope_open();
        const int64_t *sh = shapes[k];
        int dims = (int)sh[4];
        /* Heads first as a view of (B, T, H, D). */
        mx_array *x = noisy(MX_INTS(sh[0], sh[2], sh[1], sh[3]), 1, types[t], k);
        x = mx_transpose_axes(x, MX_INTS(0, 2, 1, 3), S);
        double *xv = values(x), freqs[64], five[3] = {5, 5, 5}, each[3] = {0, 11, 4};
        float list[64];
        for (int i = 0; i < dims / 2; i++) freqs[i] = list[i] = 1.5f + (float)i;
        mx_array *f = floats(list, dims / 2);
        mx_array *offsets = mx_cast(mx_slice(FLOATS(0, 11, 4), MX_INTS(0), MX_INTS(sh[0]),
                                             MX_INTS(1), S), MLX_INT64, S);
        check_rope(mx_fast_rope(x, dims, pairs, base, 1, 5, NULL, S), xv, sh, dims, pairs, NULL, 1,
                   five, tols[t]);
        check_rope(mx_fast_rope(x, dims, pairs, no_base, 0.5f, 5, f, S), xv, sh, dims, pairs, freqs,
                   0.5, five, tols[t]);
        check_rope(mx_fast_rope_dynamic(x, dims, pairs, base, 1, mx_scalar(5, MLX_INT32), NULL, S),
                   xv, sh, dims, pairs, NULL, 1, five, tols[t]);
        check_rope(mx_fast_rope_dynamic(x, dims, pairs, base, 1, offsets, NULL, S), xv, sh, dims,
                   pairs, NULL, 1, each, tols[t]);
        free(xv);
        mx_scope_close(scope, NULL);
      }
    }
  }
}

static void rope_refusals(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *x = noisy(MX_INTS(2, 3, 4), 1, MLX_FLOAT32, 1), *f = FLOATS(1, 2);
  assert_non_null(mx_fast_rope(x, 4, false, base, 1, 0, NULL, S));
  CHECK_FAILS(mx_fast_rope(x, 3, false, base, 1, 0, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(x, 6, false, base, 1, 0, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(x, 0, false, base, 1, 0, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(x, 4, false, base, 1, 0, f, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(x, 4, false, no_base, 1, 0, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(x, 2, false, no_base, 1, 0, f, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(mx_cast(x, MLX_INT32, S), 4, false, base, 1, 0, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope(f, 2, false, base, 1, 0, NULL, S), MX_VALUE);
  CHECK_FAILS(mx_fast_rope_dynamic(x, 4, false, base, 1, FLOATS(1), NULL, S), MX_VALUE);
  mx_array *three = mx_cast(FLOATS(1, 2, 3), MLX_INT32, S);
  CHECK_FAILS(mx_fast_rope_dynamic(x, 4, false, base, 1, three, NULL, S), MX_VALUE);
  mx_scope_close(scope, NULL);
}

/* --- attention --- */

typedef struct problem {
  int64_t b, hq, hk, lq, lk, d, dv;
} problem;

enum { PLAIN, CAUSAL, BOOLEAN, ADDED, MODES };

/* q, k, v by value; mask (Lq, Lk) by value, or NULL. */
static double *attend(const problem *p, const double *q, const double *k, const double *v, int mode,
                      const double *mask, const double *sinks) {
  double *out = calloc((size_t)(p->b * p->hq * p->lq * p->dv + 1), sizeof *out);
  double *s = malloc((size_t)p->lk * sizeof *s);
  assert_non_null(out);
  assert_non_null(s);
  for (int64_t row = 0; row < p->b * p->hq * p->lq; row++) {
    int64_t i = row % p->lq, h = row / p->lq % p->hq, b = row / p->lq / p->hq;
    int64_t kv = b * p->hk + h / (p->hq / p->hk);
    double top = sinks ? sinks[h] : -INFINITY, sum = 0;
    for (int64_t c = 0; c < p->lk; c++) {
      double x = 0;
      for (int64_t e = 0; e < p->d; e++)
        x += q[row * p->d + e] * k[(kv * p->lk + c) * p->d + e] / sqrt((double)p->d);
      bool hidden = (mode == CAUSAL && c > i + p->lk - p->lq) ||
                    (mode == BOOLEAN && !mask[i * p->lk + c]);
      s[c] = hidden ? -3e38 : mode == ADDED ? x + mask[i * p->lk + c] : x;
      top = fmax(top, s[c]);
    }
    for (int64_t c = 0; c < p->lk; c++) sum += s[c] = exp(s[c] - top);
    if (sinks) sum += exp(sinks[h] - top);
    for (int64_t c = 0; c < p->lk; c++) {
      for (int64_t e = 0; e < p->dv; e++)
        out[row * p->dv + e] += s[c] / sum * v[(kv * p->lk + c) * p->dv + e];
    }
  }
  free(s);
  return out;
}

static void check_attention(const problem *p, int t, int mode, bool with_sinks) {
  mx_scope scope = mx_scope_open();
  /* Queries and values as views of (B, L, H, D), keys as a part of a longer cache. */
  mx_array *q = noisy(MX_INTS(p->b, p->lq, p->hq, p->d), 2, types[t], 1);
  mx_array *k = noisy(MX_INTS(p->b, p->hk, p->lk + 5, p->d), 2, types[t], 2);
  mx_array *v = noisy(MX_INTS(p->b, p->lk, p->hk, p->dv), 1, types[t], 3);
  q = mx_transpose_axes(q, MX_INTS(0, 2, 1, 3), S);
  v = mx_transpose_axes(v, MX_INTS(0, 2, 1, 3), S);
  k = mx_slice(k, MX_INTS(0, 0, 0, 0), MX_INTS(p->b, p->hk, p->lk, p->d), MX_INTS(1, 1, 1, 1), S);
  mx_array *mask = NULL, *sinks = with_sinks ? noisy(MX_INTS(p->hq), 2, types[t], 4) : NULL;
  if (mode == ADDED) mask = noisy(MX_INTS(p->lq, p->lk), 2, types[t], 5);
  if (mode == BOOLEAN) mask = mx_greater(noisy(MX_INTS(1, p->lq, p->lk), 1, MLX_FLOAT32, 6),
                                         mx_scalar(0, MLX_FLOAT32), S);
  double *qv = values(q), *kv = values(k), *vv = values(v);
  double *mv = mask ? values(mask) : NULL, *sv = sinks ? values(sinks) : NULL;
  double *want = attend(p, qv, kv, vv, mode, mv, sv);
  mx_array *r = mx_fast_scaled_dot_product_attention(
      q, k, v, (float)(1 / sqrt((double)p->d)), mode == CAUSAL ? "causal" : "", mask, sinks, S);
  check_values(r, want, p->b * p->hq * p->lq * p->dv, tols[t], "attention");
  free(qv);
  free(kv);
  free(vv);
  free(mv);
  free(sv);
  free(want);
  mx_scope_close(scope, NULL);
}

/* Streaming and blocked forms, whole and part blocks, odd lengths, grouped heads. */
static void attention_values(void **state) {
  (void)state;
  const problem all[] = {{1, 4, 2, 3, 5, 8, 6},      {2, 4, 4, 1, 70, 64, 64},
                         {1, 8, 2, 1, 600, 64, 64},  {1, 4, 2, 5, 530, 40, 96},
                         {2, 4, 2, 50, 50, 64, 64},  {1, 2, 1, 60, 130, 80, 80},
                         {1, 2, 2, 65, 64, 16, 24},  {1, 1, 1, 20, 5, 8, 8},
                         {1, 2, 1, 4, 2, 4, 4}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    for (int t = 0; t < 4; t++) {
      for (int mode = 0; mode < MODES; mode++) {
        for (int sinks = 0; sinks < 2; sinks++) check_attention(&all[i], t, mode, sinks);
      }
    }
  }
}

static mx_array *sdpa(mx_array *q, mx_array *k, mx_array *v, const char *mode, mx_array *mask) {
  return mx_fast_scaled_dot_product_attention(q, k, v, 0.5f, mode, mask, NULL, S);
}

static void attention_rules(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *q = noisy(MX_INTS(1, 4, 3, 8), 1, MLX_FLOAT32, 1);
  mx_array *k = noisy(MX_INTS(1, 2, 5, 8), 1, MLX_FLOAT32, 2);
  mx_array *h = mx_cast(q, MLX_FLOAT16, S), *m = noisy(MX_INTS(3, 5), 1, MLX_FLOAT32, 3);
  assert_int_equal(sdpa(h, mx_cast(k, MLX_FLOAT16, S), k, "", NULL)->dtype, MLX_FLOAT32);
  assert_int_equal(sdpa(q, k, k, "array", m)->dtype, MLX_FLOAT32);
  assert_non_null(sdpa(q, k, k, "", mx_cast(m, MLX_INT32, S)));
  CHECK_FAILS(sdpa(q, k, k, "foo", NULL), MX_VALUE);
  CHECK_FAILS(sdpa(q, k, k, "array", NULL), MX_VALUE);
  CHECK_FAILS(sdpa(h, mx_cast(k, MLX_FLOAT16, S), mx_cast(k, MLX_FLOAT16, S), "", m), MX_VALUE);
  CHECK_FAILS(sdpa(q, k, k, "", noisy(MX_INTS(3, 4), 1, MLX_FLOAT32, 1)), MX_VALUE);
  CHECK_FAILS(sdpa(q, k, k, "", noisy(MX_INTS(2, 4, 3, 5), 1, MLX_FLOAT32, 1)), MX_VALUE);
  mx_array *whole = mx_cast(k, MLX_INT32, S);
  CHECK_FAILS(sdpa(mx_cast(q, MLX_INT32, S), whole, whole, "", NULL), MX_VALUE);
  CHECK_FAILS(sdpa(m, k, k, "", NULL), MX_VALUE);
  CHECK_FAILS(sdpa(noisy(MX_INTS(1, 3, 3, 8), 1, MLX_FLOAT32, 1), k, k, "", NULL), MX_VALUE);
  CHECK_FAILS(sdpa(noisy(MX_INTS(1, 4, 3, 6), 1, MLX_FLOAT32, 1), k, k, "", NULL), MX_VALUE);
  mx_array *none = noisy(MX_INTS(1, 2, 0, 8), 1, MLX_FLOAT32, 1);
  mx_array *zeros = sdpa(q, none, none, "", NULL);
  double *z = values(zeros);
  for (int i = 0; i < 96; i++) assert_true(z[i] == 0);
  free(z);
  assert_int_equal(sdpa(none, k, k, "", NULL)->size, 0);
  /* All of a row masked by -inf is NaN. */
  mx_array *inf = mx_multiply(mx_abs(mx_sign(m, S), S), mx_scalar(-INFINITY, MLX_FLOAT32), S);
  double *n = values(sdpa(q, k, k, "", inf));
  assert_true(isnan(n[0]) && isnan(n[95]));
  free(n);
  mx_scope_close(scope, NULL);
}

/* Promise: threads do not show, nor how many other rows there are. */
static void attention_cuts(void **state) {
  (void)state;
  int before = mx_thread_count();
  for (int64_t lq = 1; lq <= 100; lq += 99) {
    mx_scope scope = mx_scope_open();
    mx_array *q = noisy(MX_INTS(2, 6, lq, 64), 2, MLX_FLOAT32, 1);
    mx_array *k = noisy(MX_INTS(2, 2, 1300, 64), 2, MLX_FLOAT32, 2), *r[2];
    for (int i = 0; i < 2; i++) {
      mx_set_thread_count(i ? 5 : 1);
      r[i] = sdpa(q, k, k, "causal", NULL);
      assert_int_equal(mx_eval1(r[i]), 0);
    }
    check_same_bits(r[0], r[1]);
    mx_scope_close(scope, NULL);
  }
  mx_set_thread_count(before);
}

/* --- cross entropy and the delta rule --- */

static void cross_entropy(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  mx_array *l = noisy(MX_INTS(4, 50), 9, MLX_FLOAT32, 1);
  const int32_t list[] = {3, -1, 49, 50};
  mx_array *t = mx_from_host(list, (const int64_t[]){4}, 1, MLX_INT32);
  double *x = values(l), want[4];
  for (int r = 0; r < 4; r++) {
    double sum = 0;
    for (int i = 0; i < 50; i++) sum += exp(x[r * 50 + i]);
    want[r] = r == 3 ? NAN : log(sum) - x[r * 50 + (list[r] + 50) % 50];
  }
  free(x);
  check_values(mx_fast_cross_entropy(l, t, S), want, 4, 1e-6, "cross_entropy");
  assert_int_equal(mx_fast_cross_entropy(mx_cast(l, MLX_FLOAT16, S), t, S)->dtype, MLX_FLOAT32);
  CHECK_FAILS(mx_fast_cross_entropy(l, FLOATS(1, 2, 3, 4), S), MX_VALUE);
  CHECK_FAILS(mx_fast_cross_entropy(mx_cast(l, MLX_INT32, S), t, S), MX_VALUE);
  CHECK_FAILS(mx_fast_cross_entropy(mx_scalar(1, MLX_FLOAT32), t, S), MX_VALUE);
  CHECK_FAILS(mx_fast_cross_entropy(noisy(MX_INTS(3, 50), 1, MLX_FLOAT32, 1), t, S), MX_VALUE);
  CHECK_FAILS(mx_fast_cross_entropy(noisy(MX_INTS(4, 0), 1, MLX_FLOAT32, 1), t, S), MX_VALUE);
  mx_scope_close(scope, NULL);
}

enum { T = 5, HK = 2, HV = 4, DK = 3, DV = 6 };

static void delta_rule(void **state) {
  (void)state;
  for (int wide = 0; wide < 2; wide++) {
    mx_scope scope = mx_scope_open();
    mx_array *q = noisy(MX_INTS(2, T, HK, DK), 1, MLX_FLOAT32, 1);
    mx_array *k = noisy(MX_INTS(2, T, HK, DK), 1, MLX_FLOAT32, 2);
    mx_array *v = noisy(MX_INTS(2, T, HV, DV), 1, MLX_FLOAT32, 3);
    mx_array *beta = noisy(MX_INTS(2, T, HV), 1, MLX_FLOAT32, 4);
    mx_ints gates = wide ? MX_INTS(2, T, HV, DK) : MX_INTS(2, T, HV);
    mx_array *gamma = noisy(gates, 1, MLX_FLOAT32, 5);
    mx_array *start = noisy(MX_INTS(2, HV, DV, DK), 1, MLX_FLOAT32, 6), *out, *last;
    mx_array *mask = noisy(MX_INTS(2, T), 1, MLX_FLOAT32, 8);
    mask = mx_greater(mask, mx_scalar(-0.5, MLX_FLOAT32), S);
    double *Q = values(q), *K = values(k), *V = values(v), *B = values(beta), *G = values(gamma);
    double *st = values(start), *M = values(mask), want[2 * T * HV * DV] = {0};
    for (int64_t b = 0; b < 2; b++) {
      for (int64_t t = 0; t < T; t++) {
        for (int64_t e = 0; e < HV * DV && M[b * T + t]; e++) {
          int64_t at = b * T + t, h = e / DV, kv = at * HK + h / (HV / HK);
          double *row = st + (b * HV * DV + e) * DK, seen = 0, y = 0;
          for (int i = 0; i < DK; i++) row[i] *= wide ? G[(at * HV + h) * DK + i] : G[at * HV + h];
          for (int i = 0; i < DK; i++) seen += row[i] * K[kv * DK + i];
          double add = (V[at * HV * DV + e] - seen) * B[at * HV + h];
          for (int i = 0; i < DK; i++) row[i] += add * K[kv * DK + i];
          for (int i = 0; i < DK; i++) y += row[i] * Q[kv * DK + i];
          want[at * HV * DV + e] = y;
        }
      }
    }
    int bad = mx_fast_gated_delta_update(&out, &last, q, k, v, gamma, beta, start, mask, S);
    assert_int_equal(bad, 0);
    check_values(out, want, 2 * T * HV * DV, 1e-5, "delta rule");
    check_values(last, st, 2 * HV * DV * DK, 1e-5, "delta state");
    double *all[] = {Q, K, V, B, G, st, M};
    for (int i = 0; i < 7; i++) free(all[i]);
    mx_scope_close(scope, NULL);
  }
}

int main(void) {
  open_stream();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(norms),            cmocka_unit_test(norm_rules),
      cmocka_unit_test(rope_conventions), cmocka_unit_test(rope_refusals),
      cmocka_unit_test(attention_values), cmocka_unit_test(attention_rules),
      cmocka_unit_test(attention_cuts),   cmocka_unit_test(cross_entropy),
      cmocka_unit_test(delta_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
