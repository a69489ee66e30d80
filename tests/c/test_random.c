/* Random numbers: MLX's bits, the state of a thread, refusals. */
#include "fixture.h"

#include "ops/random.h"

static int fx_stream_of_state(fx_case *c, mx_vec *out) {
  mx_array *zero = mx_scalar(0, MLX_FLOAT32), *one = mx_scalar(1, MLX_FLOAT32);
  if (mx_random_seed((uint64_t)c->list[0][0]) || mx_vec_alloc(out, 3, "state"))
    return 1;
  for (int i = 0; i < 2; i++)
    out->p[i] = mx_random_uniform(zero, one, MX_INTS(3), MLX_FLOAT32, NULL, S);
  out->p[2] = mx_random_split_num(mx_random_state(), 2, S);
  return !out->p[0] || !out->p[1] || !out->p[2];
}

#define DTYPE ((mlx_dtype)N(1, 0))
#define D(i) ((float)c->doubles[i])
FX(key, mx_random_key((uint64_t)c->list[0][0]))
FX(split_num, mx_random_split_num(IN(0), N(0, 0), S))
FX(uniform, mx_random_uniform(IN(0), IN(1), L(0), DTYPE, IN(2), S))
FX(normal, mx_random_normal(L(0), DTYPE, D(0), D(1), IN(0), S))
FX(normal_broadcast, mx_random_normal_broadcast(L(0), DTYPE, IN(0), IN(1), IN(2), S))
FX(gumbel, mx_random_gumbel(L(0), DTYPE, IN(0), S))
FX(laplace, mx_random_laplace(L(0), DTYPE, D(0), D(1), IN(0), S))
FX(truncated_normal, mx_random_truncated_normal(IN(0), IN(1), L(0), DTYPE, IN(2), S))
FX(bernoulli, mx_random_bernoulli(IN(0), L(0), IN(1), S))
FX(randint, mx_random_randint(IN(0), IN(1), L(0), DTYPE, IN(2), S))
FX(permutation_arange, mx_random_permutation_arange(N(0, 0), IN(0), S))
FX(permutation, mx_random_permutation(IN(0), N(0, 0), IN(1), S))
FX(categorical, mx_random_categorical(IN(0), N(0, 0), IN(1), S))
FX(categorical_num_samples, mx_random_categorical_num_samples(IN(0), N(0, 0), N(1, 0), IN(1), S))
FX(categorical_shape, mx_random_categorical_shape(IN(0), N(0, 0), L(1), IN(1), S))

static const fx_row rows[] = {FX_ROW(stream_of_state),
                              FX_ROW(key),
                              FX_ROW(split_num),
                              FX_ROW(uniform),
                              FX_ROW(normal),
                              FX_ROW(normal_broadcast),
                              FX_ROW(gumbel),
                              FX_ROW(laplace),
                              FX_ROW(truncated_normal),
                              FX_ROW(bernoulli),
                              FX_ROW(randint),
                              FX_ROW(permutation_arange),
                              FX_ROW(permutation),
                              FX_ROW(categorical),
                              FX_ROW(categorical_num_samples),
                              FX_ROW(categorical_shape),
                              {NULL, NULL}};

static void test_as_mlx(void **state) {
  (void)state;
  open_stream();
  assert_int_equal(fx_file("random.bin", rows), 0);
}

/* One hash, as published: 20 rounds, rotations 13 15 26 6 and 17 29 16 24. */
static void hash(const uint32_t *key, uint32_t *x) {
  static const int turns[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  uint32_t k[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bda};
  x[0] += k[0];
  x[1] += k[1];
  for (uint32_t r = 0; r < 20; r++) {
    int by = turns[r % 8];
    x[0] += x[1];
    x[1] = (x[1] << by | x[1] >> (32 - by)) ^ x[0];
    if (r % 4 == 3) {
      x[0] += k[(r / 4 + 1) % 3];
      x[1] += k[(r / 4 + 2) % 3] + r / 4 + 1;
    }
  }
}

/* Bits of every width and length, against the definition; the vector kernels and their tails. */
static void test_bits(void **state) {
  (void)state;
  open_stream();
  static const int64_t sizes[] = {0, 1, 2, 3, 5, 31, 32, 33, 63, 64, 65, 1000, 100003};
  const uint32_t key[2] = {3, 0x9e3779b9};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    for (int width = 1; width <= 4; width *= 2) {
      mx_scope scope = mx_scope_open();
      mx_array *k = mx_from_host(key, MX_INTS(2).p, 1, MLX_UINT32);
      mx_array *a = mx_random_bits(MX_INTS(sizes[i]), width, k, S);
      assert_non_null(a);
      assert_int_equal(mx_eval1(a), 0);
      int64_t words = (sizes[i] * width + 3) / 4, half = words / 2, odd = words % 2;
      uint32_t *want = calloc((size_t)words + 1, 4);
      for (int64_t w = 0; w < half + odd; w++) {
        uint32_t x[2] = {(uint32_t)w, w < half ? (uint32_t)(w + half + odd) : 0};
        hash(key, x);
        want[w] = x[0];
        if (w < half)
          want[w + half + odd] = x[1];
      }
      assert_memory_equal(mx_data(a), want, (size_t)(sizes[i] * width));
      free(want);
      mx_scope_close(scope, NULL);
    }
  }
}

static void test_refusals(void **state) {
  (void)state;
  open_stream();
  mx_scope scope = mx_scope_open();
  mx_array *one = mx_scalar(1, MLX_FLOAT32), *k = mx_random_key(0), *i = mx_scalar(1, MLX_INT32);
  assert_null(mx_random_bits(MX_INTS(2), 3, k, S));
  assert_null(mx_random_bits(MX_INTS(2), 4, one, S));
  assert_null(mx_random_bits(MX_INTS(2), 4, mx_zeros(MX_INTS(2), MLX_INT32, S), S));
  assert_null(mx_random_uniform(one, one, MX_INTS(2), MLX_INT32, k, S));
  assert_null(mx_random_uniform(mx_ones(MX_INTS(3), MLX_FLOAT32, S), one, MX_INTS(2), MLX_FLOAT32, k, S));
  assert_null(mx_random_bernoulli(i, MX_INTS(2), k, S));
  assert_null(mx_random_randint(i, i, MX_INTS(2), MLX_FLOAT32, k, S));
  assert_null(mx_random_categorical(one, -1, k, S));
  assert_null(mx_random_categorical_shape(mx_ones(MX_INTS(2, 3), MLX_FLOAT32, S), -1, MX_INTS(5), k, S));
  mx_scope_close(scope, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_mlx), cmocka_unit_test(test_bits),
                                     cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
