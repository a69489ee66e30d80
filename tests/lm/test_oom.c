// Promises: whichever allocation fails while a model is loaded, a prompt is rendered, encoded and
// fed, and tokens are drawn, the result is an error of kind LM_MEMORY (or the same tokens, where a
// way around was found), never a crash; nothing leaks; and afterwards the same work succeeds, in
// the same session, too.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "lm/lm.h"
#include "lm/tiny.h"
#include "mlx/c/memory.h"

#ifdef COUNTS_ALLOCATIONS
// Allocation number `at`, from 1, fails, and all after it; 0: none.
static void refuse(long at, bool from_there_on) {
  atomic_store(&allocations_left, -1);
  atomic_store(&allocation_refused, false);
  atomic_store(&allocations_stay_out, from_there_on);
  atomic_store(&allocations_left, at - 1);
}

// ---- the work ----

#define TOKENS 3

typedef struct out {
  int32_t tokens[TOKENS];
  size_t n;
} out;

static int on_token(void *ctx, int32_t id) {
  out *o = ctx;
  o->tokens[o->n++] = id;
  return 0;
}

static int on_text(void *ctx, const char *text, size_t len) {
  (void)ctx, (void)text, (void)len;
  return 0;
}

static int converse(const lm_engine *e, out *o) {
  static const char messages[] = "[{\"role\": \"user\", \"content\": \"the singing rain\"}]";
  char *text = NULL;
  int32_t *ids = NULL;
  size_t n;
  lm_session *s = NULL;
  lm_generation g = {.sampling = lm_sampler_defaults(), .max_tokens = TOKENS, .prefill_step = 16,
                     .token = on_token, .text = on_text, .ctx = o};
  g.sampling.temp = 0.8f;
  g.sampling.top_p = 0.95f;
  g.sampling.top_k = 50;
  g.sampling.repetition_penalty = 1.1f;
  g.sampling.seed = 7;
  int bad = lm_engine_chat_prompt(e, messages, NULL, true, &text) ||
            lm_tokenizer_encode(lm_engine_tokenizer(e), text, strlen(text), true, true, &ids, &n) ||
            lm_session_new(&s, e) || lm_generate(s, ids, n, &g, NULL);
  lm_session_free(s);
  free(ids);
  free(text);
  return bad;
}

static int work(const char *path, out *o) {
  lm_engine *e = NULL;
  *o = (out){.n = 0};
  int bad = lm_engine_load(&e, path, NULL);
  if (!bad) {
    bad = converse(e, o);
    lm_engine_free(e);
  }
  return bad;
}

// Blocks alive when nothing but the process's own caches is.
static long settled(void) {
  mlx_clear_cache();
  return atomic_load(&blocks_alive);
}

static bool failing(const char *path, long at, bool stays_so, const out *want) {
  out got;
  long before = settled();
  lm_error_clear();
  refuse(at, stays_so);
  int bad = work(path, &got);
  bool reached = atomic_load(&allocation_refused);
  refuse(0, false);
  if (bad && lm_error_kind() != LM_MEMORY)
    fail_msg("allocation %ld: the error is of kind %d: %s", at, lm_error_kind(), lm_error_text());
  if (!bad && memcmp(&got, want, sizeof got)) fail_msg("allocation %ld: other tokens", at);
  if (settled() != before)
    fail_msg("allocation %ld: %ld blocks leak (%s)", at, settled() - before,
             bad ? lm_error_text() : "no error");
  return reached;
}

static void each_allocation(const char *name, bool stays_so) {
  char path[512];
  out want, again;
  tiny_data(path, sizeof path, name);
  for (int i = 0; i < 3; i++) // caches of the process fill
    if (work(path, &want)) fail_msg("%s: %s", name, lm_error_text());
  long at = 1;
  while (failing(path, at, stays_so, &want)) at++;
  printf("%s: %ld allocations%s\n", name, at, stays_so ? ", none after the failed one" : "");
  if (work(path, &again)) fail_msg("afterwards: %s", lm_error_text());
  assert_memory_equal(&again, &want, sizeof again);
}

// ---- the promises ----

static void test_folder_one(void **state) {
  (void)state;
  each_allocation("tiny", false);
}

static void test_folder_rest(void **state) {
  (void)state;
  each_allocation("tiny", true);
}

static void test_gguf_one(void **state) {
  (void)state;
  each_allocation("tiny.gguf", false);
}

static void test_gguf_rest(void **state) {
  (void)state;
  each_allocation("tiny.gguf", true);
}

// Feeds a prompt, then one token with an allocation that fails, and that token again when it did.
static bool feed_again(const lm_engine *e, long at, bool stays_so, float *logits) {
  static const int32_t prompt[] = {1, 84, 104, 101, 270, 37}, next = 99;
  lm_session *s;
  assert_int_equal(lm_session_new(&s, e), 0);
  assert_int_equal(lm_session_feed(s, prompt, 6, 0, NULL), 0);
  refuse(at, stays_so);
  int bad = lm_session_feed(s, &next, 1, 0, NULL);
  bool reached = atomic_load(&allocation_refused);
  refuse(0, false);
  if (bad) {
    assert_int_equal(lm_error_kind(), LM_MEMORY);
    assert_int_equal(lm_session_length(s), 6);
    assert_int_equal(lm_session_feed(s, &next, 1, 0, NULL), 0);
  }
  memcpy(logits, lm_session_logits(s), (size_t)lm_engine_vocabulary(e) * sizeof *logits);
  lm_session_free(s);
  return reached;
}

static void test_session_goes_on(void **state) {
  (void)state;
  char path[512];
  lm_engine *e;
  float want[512], got[512];
  tiny_data(path, sizeof path, "tiny.gguf");
  assert_int_equal(lm_engine_load(&e, path, NULL), 0);
  assert_in_range(lm_engine_vocabulary(e), 1, 512);
  size_t bytes = (size_t)lm_engine_vocabulary(e) * sizeof *want;
  feed_again(e, 1L << 40, false, want);
  for (int stays_so = 0; stays_so < 2; stays_so++)
    for (long at = 1; feed_again(e, at, stays_so, got); at++) assert_memory_equal(got, want, bytes);
  lm_engine_free(e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_folder_one), cmocka_unit_test(test_folder_rest),
      cmocka_unit_test(test_gguf_one),   cmocka_unit_test(test_gguf_rest),
      cmocka_unit_test(test_session_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
  puts("skipped: allocations are a sanitizer's here");
  return 0;
}
#endif
