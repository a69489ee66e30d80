// Promises: with the same seed and options the tokens are those of MLX-LM; a filter keeps exactly
// what it must; wrong options and wrong logits are errors; a failed allocation is an error and
// leaks nothing; a vocabulary of 150,000 takes milliseconds.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "allocations.h"
#include "lm/error.h"
#include "lm/sample.h"

// ---- against MLX-LM ----

static float option(const json_t *c, const char *name, double missing) {
  const json_t *v = json_object_get(c, name);
  return (float)(v ? json_number_value(v) : missing);
}

static void fill(float *x, size_t n, uint32_t salt, uint32_t step, float scale) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t h = (i + salt * 7919u + step * 104729u) * 2654435761u;
    h = (h ^ h >> 15) * 2246822519u;
    h ^= h >> 13;
    x[i] = ((float)(h >> 8) / 16777216.0f - 0.5f) * scale;
  }
}

static size_t read_ids(const json_t *list, int32_t *out) {
  size_t n = json_array_size(list);
  for (size_t i = 0; i < n; i++) out[i] = (int32_t)json_integer_value(json_array_get(list, i));
  return n;
}

static lm_sampler *make(const json_t *c, int32_t *special, lm_logit_bias *bias) {
  lm_sampler_params p = lm_sampler_defaults();
  lm_sampler *s;
  p.temp = option(c, "temp", 0);
  p.top_p = option(c, "top_p", 0);
  p.min_p = option(c, "min_p", 0);
  p.min_tokens_to_keep = (int)option(c, "min_tokens_to_keep", 1);
  p.top_k = (int)option(c, "top_k", 0);
  p.xtc_probability = option(c, "xtc_probability", 0);
  p.xtc_threshold = option(c, "xtc_threshold", 0.1);
  p.xtc_special = special;
  p.n_xtc_special = read_ids(json_object_get(c, "xtc_special_tokens"), special);
  p.repetition_penalty = option(c, "repetition_penalty", 0);
  p.repetition_context = (int)option(c, "repetition_context_size", 20);
  p.presence_penalty = option(c, "presence_penalty", 0);
  p.presence_context = (int)option(c, "presence_context_size", 20);
  p.frequency_penalty = option(c, "frequency_penalty", 0);
  p.frequency_context = (int)option(c, "frequency_context_size", 20);
  p.seed = (uint64_t)json_integer_value(json_object_get(c, "seed"));
  const json_t *b = json_object_get(c, "logit_bias");
  p.logit_bias = bias;
  p.n_logit_bias = json_array_size(b);
  for (size_t i = 0; i < p.n_logit_bias; i++) {
    const json_t *one = json_array_get(b, i);
    bias[i] = (lm_logit_bias){(int32_t)json_integer_value(json_array_get(one, 0)),
                              (float)json_number_value(json_array_get(one, 1))};
  }
  if (lm_sampler_new(&p, &s)) fail_msg("%s", lm_error_text());
  return s;
}

static void test_same_tokens(void **state) {
  (void)state;
  char path[512];
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/sample/cases.json", root ? root : "tests/data");
  json_t *cases = json_load_file(path, 0, NULL), *c;
  assert_non_null(cases);
  assert_true(json_array_size(cases) >= 100);
  float *x = malloc(49152 * sizeof *x);
  size_t k;
  json_array_foreach(cases, k, c) {
    int32_t special[8], ids[64], want[64];
    lm_logit_bias bias[8];
    size_t n = (size_t)json_integer_value(json_object_get(c, "n"));
    size_t have = read_ids(json_object_get(c, "prompt"), ids);
    size_t steps = read_ids(json_object_get(c, "tokens"), want);
    lm_sampler *s = make(c, special, bias);
    for (size_t i = 0; i < steps; i++) {
      fill(x, n, (uint32_t)json_integer_value(json_object_get(c, "salt")), (uint32_t)i,
           option(c, "scale", 0));
      int32_t got = lm_sampler_sample(s, x, n, ids, have);
      if (got != want[i]) fail_msg("case %zu, token %zu: %d, not %d", k, i, got, want[i]);
      ids[have++] = got;
    }
    lm_sampler_free(s);
  }
  free(x);
  json_decref(cases);
}

// ---- what each filter keeps ----

// Which of the tokens a..e, with probabilities .4 .2 .2 .15 .05, a few thousand draws give.
static void expect_kept(lm_sampler_params p, const char *want) {
  static const float probs[] = {0.4f, 0.2f, 0.2f, 0.15f, 0.05f};
  bool seen[5] = {false};
  char got[6], *at = got;
  lm_sampler *s;
  p.temp = 1;
  assert_int_equal(lm_sampler_new(&p, &s), 0);
  for (int i = 0; i < 4000; i++) {
    float x[5];
    for (int k = 0; k < 5; k++) x[k] = logf(probs[k]) + 3;
    int32_t id = lm_sampler_sample(s, x, 5, NULL, 0);
    assert_in_range(id, 0, 4);
    seen[id] = true;
  }
  for (int k = 0; k < 5; k++)
    if (seen[k]) *at++ = (char)('a' + k);
  *at = 0;
  assert_string_equal(got, want);
  lm_sampler_free(s);
}

static void test_filters(void **state) {
  (void)state;
  static const int32_t special[] = {0};
  lm_sampler_params d = lm_sampler_defaults(), p;
  expect_kept(d, "abcde");
  p = d, p.top_p = 0.3f, expect_kept(p, "a");
  p = d, p.top_p = 0.5f, expect_kept(p, "abc");
  p = d, p.top_p = 0.9f, expect_kept(p, "abcd");
  p = d, p.top_p = 1.0f, expect_kept(p, "abcde");
  p = d, p.min_p = 0.45f, expect_kept(p, "abc");
  p = d, p.min_p = 1.0f, expect_kept(p, "a");
  p = d, p.min_p = 1.0f, p.min_tokens_to_keep = 4, expect_kept(p, "abcd");
  p = d, p.top_k = 1, expect_kept(p, "a");
  p = d, p.top_k = 2, expect_kept(p, "ab");
  p = d, p.top_k = 3, expect_kept(p, "abc");
  p = d, p.top_k = 99, expect_kept(p, "abcde");
  p = d, p.xtc_probability = 1, p.xtc_threshold = 0.1f, expect_kept(p, "de");
  p = d, p.xtc_probability = 1, p.xtc_threshold = 0.45f, expect_kept(p, "abcde");
  p = d, p.xtc_probability = 1, p.xtc_threshold = 0.1f, p.xtc_special = special,
  p.n_xtc_special = 1;
  expect_kept(p, "ade");
  p = d, p.top_p = 0.9f, p.top_k = 3, p.min_p = 0.4f, expect_kept(p, "abc");
}

// ---- errors ----

static void expect_refused(lm_sampler_params p, const char *part) {
  lm_sampler *s;
  assert_int_not_equal(lm_sampler_new(&p, &s), 0);
  assert_null(s);
  assert_int_equal(lm_error_kind(), LM_BAD_ARGUMENT);
  if (!strstr(lm_error_text(), part)) fail_msg("'%s' lacks '%s'", lm_error_text(), part);
}

static void test_errors(void **state) {
  (void)state;
  const lm_sampler_params d = lm_sampler_defaults();
  lm_sampler_params p;
  p = d, p.temp = -1, expect_refused(p, "temperature");
  p = d, p.temp = NAN, expect_refused(p, "temperature");
  p = d, p.min_p = 1.5f, expect_refused(p, "min_p");
  p = d, p.min_p = 0.5f, p.min_tokens_to_keep = 0, expect_refused(p, "min_tokens_to_keep");
  p = d, p.xtc_probability = 2, expect_refused(p, "xtc_probability");
  p = d, p.xtc_threshold = 0.6f, expect_refused(p, "xtc_threshold");
  p = d, p.repetition_penalty = -1, expect_refused(p, "repetition");
  p = d, p.presence_penalty = INFINITY, expect_refused(p, "penalty");
  p = d, p.frequency_context = -1, expect_refused(p, "context");
  lm_sampler *s;
  float bad[] = {1, NAN}, none[] = {-INFINITY, -INFINITY}, fine[] = {1, 2};
  const int32_t wrong[] = {0, 2};
  const lm_logit_bias bias = {5, 1};
  p = d, p.repetition_penalty = 1.5f;
  assert_int_equal(lm_sampler_new(&p, &s), 0);
  assert_int_equal(lm_sampler_sample(s, bad, 2, NULL, 0), -1);
  assert_int_equal(lm_sampler_sample(s, none, 2, NULL, 0), -1);
  assert_int_equal(lm_sampler_sample(s, fine, 0, NULL, 0), -1);
  assert_int_equal(lm_sampler_sample(s, fine, 2, wrong, 2), -1);
  assert_int_equal(lm_sampler_sample(s, fine, 2, wrong, 1), 1);
  lm_sampler_free(s);
  p = d, p.logit_bias = &bias, p.n_logit_bias = 1;
  assert_int_equal(lm_sampler_new(&p, &s), 0);
  assert_int_equal(lm_sampler_sample(s, fine, 2, NULL, 0), -1);
  lm_sampler_free(s);
  lm_sampler_free(NULL);
}

#ifdef COUNTS_ALLOCATIONS
static int use_all(void) {
  static const int32_t ids[] = {0, 1, 1};
  static const lm_logit_bias bias = {0, 1};
  lm_sampler_params p = lm_sampler_defaults();
  lm_sampler *s;
  float x[] = {1, 2, 3};
  p.temp = 1;
  p.xtc_special = ids;
  p.n_xtc_special = 1;
  p.logit_bias = &bias;
  p.n_logit_bias = 1;
  p.repetition_penalty = 1.5f;
  if (lm_sampler_new(&p, &s)) return 1;
  int rc = lm_sampler_sample(s, x, 3, ids, 3) < 0;
  lm_sampler_free(s);
  return rc;
}

static void test_allocations(void **state) {
  (void)state;
  int failures = 0;
  for (long i = 0;; i++, failures++) {
    long before = blocks_alive;
    allocations_left = i;
    int rc = use_all();
    bool done = allocations_left >= 0;
    allocations_left = -1;
    assert_int_equal(blocks_alive, before);
    if (done) break;
    assert_int_not_equal(rc, 0);
    assert_int_equal(lm_error_kind(), LM_MEMORY);
  }
  assert_true(failures >= 6);
}
#endif

// ---- speed: far above what it takes, far below what sorting or a quadratic pass would ----

static void test_speed(void **state) {
  (void)state;
  const size_t n = 150000;
  float *logits = malloc(n * sizeof *logits), *x = malloc(n * sizeof *x);
  lm_sampler_params p = lm_sampler_defaults();
  lm_sampler *s;
  p.temp = 1;
  p.top_p = 0.95f;
  p.min_p = 0.01f;
  p.min_tokens_to_keep = 5;
  p.top_k = 100;
  p.xtc_probability = 1;
  assert_int_equal(lm_sampler_new(&p, &s), 0);
  fill(logits, n, 1, 1, 20);
  clock_t start = clock();
  for (int i = 0; i < 10; i++) {
    memcpy(x, logits, n * sizeof *x);
    assert_true(lm_sampler_sample(s, x, n, NULL, 0) >= 0);
  }
  double each = (double)(clock() - start) / CLOCKS_PER_SEC / 10;
  if (each > 0.2) fail_msg("a token took %.1f ms", each * 1e3);
  lm_sampler_free(s);
  free(logits);
  free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_tokens), cmocka_unit_test(test_filters),
      cmocka_unit_test(test_errors),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(test_allocations),
#endif
      cmocka_unit_test(test_speed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
