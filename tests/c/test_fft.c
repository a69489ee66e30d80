/* Fourier transforms: MLX's answers where they are exact, sums in float64 for every kind of length
 * and layout, inverses, the same bits for any number of threads, and the errors. */
#include <complex.h>

#include "fixture.h"

#define NORM(i) ((mlx_fft_norm)N(i, 2))
FX(fft, mx_fft_fft(IN(0), N(0, 0), N(0, 1), NORM(0), S))
FX(ifft, mx_fft_ifft(IN(0), N(0, 0), N(0, 1), NORM(0), S))
FX(rfft, mx_fft_rfft(IN(0), N(0, 0), N(0, 1), NORM(0), S))
FX(irfft, mx_fft_irfft(IN(0), N(0, 0), N(0, 1), NORM(0), S))
FX(fftn, mx_fft_fftn(IN(0), L(0), L(1), MLX_FFT_NORM_BACKWARD, S))
FX(ifftn, mx_fft_ifftn(IN(0), L(0), L(1), MLX_FFT_NORM_BACKWARD, S))
FX(rfftn, mx_fft_rfftn(IN(0), L(0), L(1), MLX_FFT_NORM_BACKWARD, S))
FX(irfftn, mx_fft_irfftn(IN(0), L(0), L(1), MLX_FFT_NORM_BACKWARD, S))
FX(fftshift, mx_fft_fftshift(IN(0), L(0), S))
FX(ifftshift, mx_fft_ifftshift(IN(0), L(0), S))
FX(fftfreq, mx_fft_fftfreq(N(0, 0), c->doubles[0], S))
FX(rfftfreq, mx_fft_rfftfreq(N(0, 0), c->doubles[0], S))

/* -1: not given */
#define GIVEN(k) ((mlx_optional_int){N(0, k), N(0, k) >= 0})
#define WINDOW (c->n_in > 1 ? c->in[1] : NULL)
FX(stft, mx_fft_stft(IN(0), N(0, 0), GIVEN(1), GIVEN(2), WINDOW, N(0, 3), c->text,
                     MLX_FFT_NORM_BACKWARD, GIVEN(4), S))
FX(istft, mx_fft_istft(IN(0), GIVEN(0), GIVEN(1), GIVEN(2), WINDOW, N(0, 3), MLX_FFT_NORM_BACKWARD,
                       GIVEN(4), GIVEN(5), S))

static const fx_row rows[] = {
    FX_ROW(stft),     FX_ROW(istft),     FX_ROW(fft),     FX_ROW(ifft),     FX_ROW(rfft),
    FX_ROW(irfft),    FX_ROW(fftn),      FX_ROW(ifftn),   FX_ROW(rfftn),    FX_ROW(irfftn),
    FX_ROW(fftshift), FX_ROW(ifftshift), FX_ROW(fftfreq), FX_ROW(rfftfreq), {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("fft.bin", rows), 0);
}

/* ---- against sums ---- */

/* exp(sign 2 pi i e / n), the angle reduced in integers. */
static double complex root(int64_t e, int64_t n, int sign) {
  int64_t r = e % n;
  double a = 2 * 3.14159265358979323846 * (double)(2 * r > n ? r - n : r) / (double)n;
  return cos(a) + sign * I * sin(a);
}

static mx_array *complex_noise(mx_ints shape, int64_t seed) {
  float unit[2] = {0, 1};
  mx_array *i = mx_from_host(unit, NULL, 0, MLX_COMPLEX64);
  mx_array *im = mx_multiply(noisy(shape, 1, MLX_FLOAT32, seed + 1), i, S);
  mx_array *a = mx_add(noisy(shape, 1, MLX_FLOAT32, seed), im, S);
  assert_int_equal(mx_eval1(a), 0);
  return a;
}

enum kind { FORWARD, INVERSE, REAL, TO_REAL };

static mx_array *transform(mx_array *a, enum kind kind, int n, int axis) {
  mlx_fft_norm norm =
      kind == INVERSE || kind == TO_REAL ? MLX_FFT_NORM_FORWARD : MLX_FFT_NORM_BACKWARD;
  return kind == FORWARD   ? mx_fft_fft(a, n, axis, norm, S)
         : kind == INVERSE ? mx_fft_ifft(a, n, axis, norm, S)
         : kind == REAL    ? mx_fft_rfft(a, n, axis, norm, S)
                           : mx_fft_irfft(a, n, axis, norm, S);
}

/* Number k of a transform of length n without a factor; the input is dense, element i `step` on. */
static double complex sum_of(const mx_array *a, int64_t at, int64_t step, enum kind kind, int64_t n,
                             int64_t k, double *norm) {
  const float *v = mx_data(a);
  double complex sum = 0;
  double square = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t from = kind == TO_REAL && i > n / 2 ? n - i : i;
    double complex x = kind == REAL ? v[at + from * step]
                                    : v[2 * (at + from * step)] + I * v[2 * (at + from * step) + 1];
    if (kind == TO_REAL && (from == 0 || 2 * from == n))
      x = creal(x);
    x = from == i ? x : conj(x);
    square += creal(x) * creal(x) + cimag(x) * cimag(x);
    sum += x * root(i * k % n, n, kind == FORWARD || kind == REAL ? -1 : 1);
  }
  *norm = sqrt(square);
  return sum;
}

/* Some lines and frequencies of shape (outer, length, inner) along axis 1. */
static void check(int64_t outer, int64_t n, int64_t inner, enum kind kind) {
  mx_scope scope = mx_scope_open();
  int64_t in = kind == TO_REAL ? n / 2 + 1 : n, out = kind == REAL ? n / 2 + 1 : n;
  mx_ints shape = MX_INTS(outer, in, inner);
  mx_array *a = kind == REAL ? noisy(shape, 1, MLX_FLOAT32, n) : complex_noise(shape, n);
  assert_int_equal(mx_eval1(a), 0);
  mx_array *r = transform(a, kind, (int)n, 1);
  if (!r || mx_eval1(r)) fail_msg("%s", mx_error_text());
  assert_int_equal(r->shape[1], out);
  const float *got = mx_data(r);
  int64_t lines = outer * inner, line_step = lines > 8 ? lines / 5 : 1,
          step = out > 64 ? out / 7 : 1;
  for (int64_t line = 0; line < lines; line += line_step)
    for (int64_t k = 0; k < out; k += step) {
      double norm;
      int64_t at = line / inner * in * inner + line % inner;
      int64_t place = (line / inner * out + k) * inner + line % inner;
      double complex want = sum_of(a, at, inner, kind, n, k, &norm);
      double complex have = kind == TO_REAL ? got[place] : got[2 * place] + I * got[2 * place + 1];
      if (cabs(want - have) > 6e-7 * norm * (1 + log2((double)n) / 4) + 1e-7)
        fail_msg(
            "length %lld, kind %d, %lldx%lld lines: line %lld, frequency %lld is off by %g of %g",
            (long long)n, kind, (long long)outer, (long long)inner, (long long)line, (long long)k,
            cabs(want - have), norm);
    }
  mx_scope_close(scope, NULL);
}

static void check_all(int64_t outer, int64_t n, int64_t inner) {
  for (int kind = FORWARD; kind <= TO_REAL; kind++) check(outer, n, inner, (enum kind)kind);
}

static void test_lengths(void **state) {
  (void)state;
  open_stream();
  for (int64_t n = 1; n <= 70; n++) {
    check_all(1, n, 1);
    check_all(3, n, 7);
  }
  const int64_t sizes[] = {77,   96,   127,  128,  169,   210,   243,  256,  331,
                           360,  512,  625,  961,  1000,  1009,  1024, 1155, 2310,
                           2401, 4096, 5003, 6561, 10007, 16384, 20736};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    check_all(2, sizes[i], 1);
    check_all(1, sizes[i], 18);
  }
  /* Long lines go in blocks. */
  check_all(1, 65536, 1);
  check_all(1, 1 << 17, 1);
  check_all(2, 3 * 50000, 1);
  check_all(1, 2 * 65537, 1);
  check(1, 99991, 1, FORWARD);
  check(40, 16, 3, FORWARD);
  check(100, 8, 1, REAL);
}

static double worst_of(mx_array *a, mx_array *b) {
  double *v = values(mx_max(mx_abs(mx_subtract(a, b, S), S), false, S)), worst = v[0];
  free(v);
  return worst;
}

static void test_inverses(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *z = complex_noise(MX_INTS(6, 20, 15), 3),
           *x = noisy(MX_INTS(6, 20, 15), 1, MLX_FLOAT32, 4);
  mx_ints none = {NULL, 0};
  for (int norm = 0; norm < 3; norm++) {
    mlx_fft_norm k = (mlx_fft_norm)norm;
    mx_array *f = mx_fft_fftn(z, none, none, k, S);
    assert_true(worst_of(mx_fft_ifftn(f, none, none, k, S), z) < 2e-6);
    f = mx_fft_rfftn(x, none, none, k, S);
    assert_true(worst_of(mx_fft_irfftn(f, MX_INTS(6, 20, 15), MX_INTS(0, 1, 2), k, S), x) < 2e-6);
    f = mx_fft_fft2(z, none, MX_INTS(-2, -1), k, S);
    assert_true(worst_of(mx_fft_ifft2(f, none, MX_INTS(-2, -1), k, S), z) < 2e-6);
    f = mx_fft_rfft2(x, none, MX_INTS(-1, -2), k, S);
    assert_true(worst_of(mx_fft_irfft2(f, none, MX_INTS(-1, -2), k, S), x) < 2e-6);
  }
  /* Views: reversed, and every other element. */
  mx_array *v = mx_slice(z, MX_INTS(5, 0, 14), MX_INTS(-7, 20, -16), MX_INTS(-1, 2, -3), S);
  mx_array *copy = mx_row_major(v, S);
  for (int axis = 0; axis < 3; axis++)
    check_same_bits(mx_fft_fft(v, 8, axis, MLX_FFT_NORM_BACKWARD, S),
                    mx_fft_fft(copy, 8, axis, MLX_FFT_NORM_BACKWARD, S));
  mx_scope_close(scope, NULL);
}

static void test_same_bits_for_any_threads(void **state) {
  (void)state;
  open_stream();
  const int64_t shapes[][3] = {{1, 1 << 17, 1}, {37, 240, 1}, {3, 100, 50}, {5, 1009, 1}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    mx_scope scope = mx_scope_open();
    mx_array *a = complex_noise((mx_ints){shapes[i], 3}, 9), *first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
      mx_set_thread_count(threads);
      mx_array *r = mx_fft_fft(a, (int)shapes[i][1], 1, MLX_FFT_NORM_BACKWARD, S);
      assert_int_equal(mx_eval1(r), 0);
      if (first) check_same_bits(first, r);
      first = first ? first : r;
    }
    mx_scope_close(scope, NULL);
  }
  mx_set_thread_count(2);
}

static void test_errors(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *a = noisy(MX_INTS(4, 4), 1, MLX_FLOAT32, 0);
  mx_ints none = {NULL, 0};
  mlx_fft_norm k = MLX_FFT_NORM_BACKWARD;
  CHECK_FAILS(mx_fft_fft(a, 0, 0, k, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fft(a, -1, 0, k, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fft(a, 4, 2, k, S), MX_INDEX);
  CHECK_FAILS(mx_fft_fft(mx_scalar(1, MLX_FLOAT32), 1, -1, k, S), MX_INDEX);
  CHECK_FAILS(mx_fft_fft(a, 4, 0, (mlx_fft_norm)7, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fftn(a, none, MX_INTS(0, -2), k, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fftn(a, MX_INTS(2), none, k, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fftn(a, MX_INTS(2), MX_INTS(0, 1), k, S), MX_VALUE);
  CHECK_FAILS(mx_fft_irfftn(mx_ones(MX_INTS(1), MLX_FLOAT32, S), none, none, k, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fftshift(a, MX_INTS(5), S), MX_INDEX);
  CHECK_FAILS(mx_fft_fftfreq(0, 1, S), MX_VALUE);
  CHECK_FAILS(mx_fft_fftfreq(4, 0, S), MX_VALUE);
  mlx_optional_int no = {0, false}, zero = {0, true}, nine = {9, true};
  CHECK_FAILS(mx_fft_stft(a, 0, no, no, NULL, true, "reflect", k, no, S), MX_VALUE);
  CHECK_FAILS(mx_fft_stft(a, 4, zero, no, NULL, true, "reflect", k, no, S), MX_VALUE);
  CHECK_FAILS(mx_fft_stft(a, 4, no, nine, NULL, true, "reflect", k, no, S), MX_VALUE);
  CHECK_FAILS(mx_fft_stft(a, 8, no, no, NULL, false, "reflect", k, no, S), MX_VALUE);
  CHECK_FAILS(mx_fft_stft(a, 4, no, no, a, true, "reflect", k, no, S), MX_VALUE);
  CHECK_FAILS(mx_fft_istft(FLOATS(1, 2), no, no, no, NULL, true, k, no, no, S), MX_VALUE);
  mx_array *empty = mx_fft_fft(mx_zeros(MX_INTS(0, 4), MLX_FLOAT32, S), 4, -1, k, S);
  assert_int_equal(mx_eval1(empty), 0);
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_mlx),   cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_inverses), cmocka_unit_test(test_same_bits_for_any_threads),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
