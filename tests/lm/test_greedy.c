// Promises: greedy output on the default model equals that of the real MLX-LM on the same weights,
// and so do the logits to 1e-3; chat template and tokenizer give its prompt; however a prompt is
// cut into chunks, the tokens are the same; a session that rewinds gives what a fresh one gives.
//
//   test_greedy [all] [MODEL [RECORDING]]
//
// Without `all`, four of the recorded cases and half of their tokens: this runs in CI several
// times. The model is that of the environment's MLX_TEST_MODEL otherwise, and the test is skipped
// without one.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lm/lm.h"

#define NEAR_TIE 1e-3
#define LOGIT_TOLERANCE 1e-3

static const char *model, *recording = "greedy_q4.json";
static bool all;
static lm_engine *engine;
static json_t *cases;
static double worst; // of all logits compared, relative

// ---- the recording ----

static const size_t few[] = {0, 6, 11, 16}; // those that recorded logits of short prompts

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 1 // by a factor of a hundred
#else
#define SLOW 0
#endif

static size_t n_cases(void) {
  return all ? json_array_size(cases) : SLOW ? 1 : sizeof few / sizeof *few;
}

static json_t *nth(size_t i) {
  return json_array_get(cases, all ? i : few[i]);
}

static size_t n_tokens(void) {
  return all ? 64 : SLOW ? 6 : 32;
}

static size_t ids_of(const json_t *c, const char *key, int32_t *ids, size_t cap) {
  const json_t *list = json_object_get(c, key);
  size_t n = json_array_size(list);
  assert_true(n > 0 && n <= cap);
  for (size_t i = 0; i < n; i++) ids[i] = (int32_t)json_integer_value(json_array_get(list, i));
  return n;
}

static int open_all(void **state) {
  (void)state;
  char path[512];
  const char *root = getenv("MLX_TEST_DATA");
  if (!model) return 0;
  snprintf(path, sizeof path, "%s/lm/%s", root ? root : "tests/data", recording);
  json_t *file = json_load_file(path, 0, NULL);
  cases = json_incref(json_object_get(file, "cases"));
  json_decref(file);
  if (!cases) return fprintf(stderr, "%s cannot be read\n", path), 1;
  if (lm_engine_load(&engine, model, NULL)) return fprintf(stderr, "%s\n", lm_error_text()), 1;
  return 0;
}

static int close_all(void **state) {
  (void)state;
  if (model) printf("largest relative difference of a logit: %.2e\n", worst);
  lm_engine_free(engine);
  json_decref(cases);
  return 0;
}

static void need_model(void) {
  if (model) return;
  puts("skipped: MLX_TEST_MODEL names no model (./dev test fetches it)");
  skip();
}

// ---- runs ----

static lm_session *session(void) {
  lm_session *s;
  if (lm_session_new(&s, engine)) fail_msg("%s", lm_error_text());
  return s;
}

static void feed(lm_session *s, const int32_t *ids, size_t n, size_t step) {
  if (lm_session_feed(s, ids, n, step, NULL)) fail_msg("%s", lm_error_text());
}

static int32_t argmax(const float *v) {
  int64_t n = lm_engine_vocabulary(engine);
  int32_t best = 0;
  for (int32_t i = 1; i < n; i++)
    if (v[i] > v[best]) best = i;
  return best;
}

// Relative to the size that a logit of the row has, at least.
static void near(double have, double want, double typical, const char *where) {
  double error = fabs(have - want) / fmax(fabs(want), typical);
  if (error > worst) worst = error;
  if (!(error < LOGIT_TOLERANCE)) fail_msg("%s: logit %.6f, recorded %.6f", where, have, want);
}

static double typical_logit(const float *v) {
  int64_t n = lm_engine_vocabulary(engine);
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (double)v[i] * v[i];
  return sqrt(sum / (double)n);
}

static void compare_logits(const json_t *c, const float *v) {
  const json_t *recorded = json_object_get(c, "logits"),
               *values = json_object_get(recorded, "values");
  size_t stride = (size_t)json_integer_value(json_object_get(recorded, "stride"));
  double typical = typical_logit(v), n = (double)lm_engine_vocabulary(engine);
  for (size_t i = 0; i < json_array_size(values); i++)
    near(v[i * stride], json_number_value(json_array_get(values, i)), typical, "prompt");
  if (recorded)
    near(typical, json_number_value(json_object_get(recorded, "norm")) / sqrt(n), 0, "norm");
}

// The recorded best two of a step against ours.
static void compare_top(const json_t *c, size_t at, const float *v) {
  const json_t *two = json_array_get(json_object_get(c, "top2"), at);
  double typical = typical_logit(v);
  for (size_t k = 0; k < 2; k++) {
    const json_t *pair = json_array_get(two, k);
    near(v[json_integer_value(json_array_get(pair, 0))],
         json_number_value(json_array_get(pair, 1)), typical, "step");
  }
}

// True when the token is the recorded one; a near-tie is told and ends the case.
static bool same_token(const json_t *c, size_t index, size_t at, int32_t have, int32_t want) {
  if (have == want) return true;
  const json_t *two = json_array_get(json_object_get(c, "top2"), at);
  const json_t *first = json_array_get(two, 0), *second = json_array_get(two, 1);
  double margin = json_number_value(json_array_get(first, 1)) -
                  json_number_value(json_array_get(second, 1));
  if (have != json_integer_value(json_array_get(second, 0)) || margin >= NEAR_TIE)
    fail_msg("case %zu, step %zu: token %d, recorded %d (margin %.5f)", index, at, have, want,
             margin);
  printf("case %zu, step %zu: a near-tie of %d and %d, margin %.5f\n", index, at, have, want,
         margin);
  return false;
}

static void run_case(size_t index, size_t step, bool logits) {
  const json_t *c = nth(index);
  int32_t prompt[4096], want[64];
  size_t n = ids_of(c, "prompt_ids", prompt, 4096);
  assert_int_equal(ids_of(c, "generated_ids", want, 64), 64);
  lm_session *s = session();
  feed(s, prompt, n, step);
  if (logits) compare_logits(c, lm_session_logits(s));
  for (size_t i = 0; i < n_tokens(); i++) {
    const float *v = lm_session_logits(s);
    assert_non_null(v);
    if (!same_token(c, index, i, argmax(v), want[i])) break;
    if (logits) compare_top(c, i, v);
    if (i + 1 < n_tokens()) feed(s, &want[i], 1, 0);
  }
  lm_session_free(s);
}

// ---- the promises ----

static void test_prompts(void **state) {
  (void)state;
  need_model();
  for (size_t i = 0; i < n_cases(); i++) {
    const json_t *c = nth(i);
    int32_t want[4096], *ids;
    size_t n_want = ids_of(c, "prompt_ids", want, 4096), n;
    const char *prompt = json_string_value(json_object_get(c, "prompt"));
    char *text = NULL;
    if (json_is_true(json_object_get(c, "chat"))) {
      json_t *list = json_pack("[{s:s, s:s}]", "role", "user", "content", prompt);
      char *messages = json_dumps(list, 0);
      if (lm_engine_chat_prompt(engine, messages, NULL, true, &text))
        fail_msg("%s", lm_error_text());
      free(messages);
      json_decref(list);
    }
    const char *use = text ? text : prompt;
    assert_int_equal(lm_tokenizer_encode(lm_engine_tokenizer(engine), use, strlen(use), false, true,
                                         &ids, &n), 0);
    assert_int_equal(n, n_want);
    assert_memory_equal(ids, want, n * sizeof *ids);
    free(ids);
    free(text);
  }
}

static void test_tokens_and_logits(void **state) {
  (void)state;
  need_model();
  for (size_t i = 0; i < n_cases(); i++) run_case(i, 0, true);
}

static void test_chunks_of_seven(void **state) {
  (void)state;
  need_model();
  for (size_t i = 0; i < n_cases(); i++) run_case(i, 7, false);
}

static void test_token_by_token(void **state) {
  (void)state;
  need_model();
  for (size_t i = 0; i < n_cases(); i++) run_case(i, 1, false);
}

static void test_rewind(void **state) {
  (void)state;
  need_model();
  int32_t prompt[4096];
  size_t n = ids_of(nth(0), "prompt_ids", prompt, 4096);
  size_t bytes = (size_t)lm_engine_vocabulary(engine) * sizeof(float);
  float *want = malloc(bytes);
  assert_non_null(want);
  lm_session *s = session();
  feed(s, prompt, n, 0);
  feed(s, &prompt[1], 1, 0);
  memcpy(want, lm_session_logits(s), bytes);
  feed(s, prompt, n, 0);
  assert_int_equal(lm_session_rewind(s, n), 0);
  assert_null(lm_session_logits(s));
  feed(s, &prompt[1], 1, 0);
  assert_memory_equal(lm_session_logits(s), want, bytes);
  assert_int_equal(lm_session_length(s), n + 1);
  assert_int_not_equal(lm_session_rewind(s, n + 2), 0);
  free(want);
  lm_session_free(s);
}

typedef struct seen {
  int32_t tokens[64];
  size_t n;
  char text[4096];
  size_t len;
} seen;

static int on_token(void *ctx, int32_t id) {
  seen *o = ctx;
  o->tokens[o->n++] = id;
  return 0;
}

static int on_text(void *ctx, const char *text, size_t len) {
  seen *o = ctx;
  assert_true(o->len + len < sizeof o->text);
  memcpy(o->text + o->len, text, len);
  o->text[o->len += len] = '\0';
  return 0;
}

// lm_generate ends at the recorded run's first end token, with its text up to there.
static void test_generate(void **state) {
  (void)state;
  need_model();
  const json_t *c = nth(0);
  const lm_tokenizer *t = lm_engine_tokenizer(engine);
  int32_t prompt[4096], want[64];
  size_t n = ids_of(c, "prompt_ids", prompt, 4096), end = 0;
  ids_of(c, "generated_ids", want, 64);
  while (end < 64 && !lm_tokenizer_is_eos(t, want[end])) end++;
  seen o = {.n = 0};
  lm_statistics stats;
  lm_generation g = {.sampling = lm_sampler_defaults(), .max_tokens = 64, .text = on_text,
                     .token = on_token, .ctx = &o};
  lm_session *s = session();
  if (lm_generate(s, prompt, n, &g, &stats)) fail_msg("%s", lm_error_text());
  assert_int_equal(stats.finish, LM_FINISH_STOP);
  assert_int_equal(stats.prompt_tokens, n);
  assert_int_equal(stats.generated_tokens, end + 1);
  assert_int_equal(o.n, end);
  assert_memory_equal(o.tokens, want, end * sizeof *want);
  const char *text = json_string_value(json_object_get(c, "text"));
  assert_memory_equal(o.text, text, o.len);
  assert_memory_equal(text + o.len, "<|im_end|>", 10);
  lm_session_free(s);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "all") == 0) all = true, argc--, argv++;
  model = argc > 1 ? argv[1] : getenv("MLX_TEST_MODEL");
  if (argc > 2) recording = argv[2];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prompts),         cmocka_unit_test(test_tokens_and_logits),
      cmocka_unit_test(test_chunks_of_seven), cmocka_unit_test(test_token_by_token),
      cmocka_unit_test(test_rewind),          cmocka_unit_test(test_generate),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
