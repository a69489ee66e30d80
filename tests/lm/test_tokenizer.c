// Promises: every kind of tokenizer.json gives the ids, the text and the streamed text that the
// Hugging Face package gives; GGUF arrays give the same as the tokenizer.json they came from;
// damaged or unknown files are errors that name the cause; long hostile texts take linear time; a
// failed allocation is an error, leaks nothing and leaves the tokenizer working.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "allocations.h"
#include "lm/error.h"
#include "lm/tokenizer.h"

// ---- helpers ----

static char *read_file(const char *name, size_t *len) {
  char path[512];
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/tokenizer/%s", root ? root : "tests/data", name);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  long size = ftell(f);
  assert_true(size >= 0);
  rewind(f);
  char *data = malloc((size_t)size + 1);
  assert_non_null(data);
  *len = fread(data, 1, (size_t)size, f);
  assert_int_equal(*len, size);
  data[size] = '\0';
  fclose(f);
  return data;
}

static lm_tokenizer *load(const char *name) {
  char file[64];
  size_t len;
  snprintf(file, sizeof file, "%s.json", name);
  char *text = read_file(file, &len);
  lm_tokenizer *t = NULL;
  if (lm_tokenizer_from_json(&t, text, len, NULL, 0)) fail_msg("%s: %s", name, lm_error_text());
  free(text);
  return t;
}

static json_t *load_json(const char *name) {
  size_t len;
  char *text = read_file(name, &len);
  json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
  assert_non_null(root);
  free(text);
  return root;
}

// Feeds the ids one by one: each part must be whole characters, and all parts the whole text.
static char *stream(const lm_tokenizer *t, const int32_t *ids, size_t count, bool skip,
                    size_t *len) {
  lm_detok *d;
  char *out = malloc(1);
  *len = 0;
  assert_int_equal(lm_detok_new(&d, t, skip), 0);
  for (size_t i = 0; i <= count; i++) {
    const char *part;
    size_t n;
    int rc = i < count ? lm_detok_feed(d, ids[i], &part, &n) : lm_detok_finish(d, &part, &n);
    assert_int_equal(rc, 0);
    assert_true(n == 0 || ((unsigned char)part[0] & 0xC0) != 0x80);
    out = realloc(out, *len + n + 1);
    memcpy(out + *len, part, n);
    *len += n;
  }
  lm_detok_free(d);
  return out;
}

static void check_case(const char *name, const lm_tokenizer *t, const json_t *text,
                       const json_t *c) {
  json_int_t how = json_integer_value(json_array_get(c, 0));
  const json_t *want = json_array_get(c, 1), *decoded = json_array_get(c, 2);
  const char *s = json_string_value(text);
  size_t len = json_string_length(text), count, n;
  bool skip = how & 4;
  int32_t *ids;
  char *back;
  if (lm_tokenizer_encode(t, s, len, how & 1, how & 2, &ids, &count))
    fail_msg("%s: %s", name, lm_error_text());
  for (size_t i = 0; i < count || i < json_array_size(want); i++)
    if (i >= count || ids[i] != json_integer_value(json_array_get(want, i)))
      fail_msg("%s: id %zu of \"%s\" is not %lld", name, i, s,
               (long long)json_integer_value(json_array_get(want, i)));
  if (!decoded) decoded = text;
  assert_int_equal(lm_tokenizer_decode(t, ids, count, skip, &back, &n), 0);
  if (n != json_string_length(decoded) || memcmp(back, json_string_value(decoded), n) != 0)
    fail_msg("%s: \"%s\" decodes to \"%s\"", name, s, back);
  free(back);
  back = stream(t, ids, count, skip, &n);
  if (n != json_string_length(decoded) || memcmp(back, json_string_value(decoded), n) != 0)
    fail_msg("%s: \"%s\" streams other text than it decodes to", name, s);
  free(back);
  free(ids);
}

static void agrees_with_the_oracle(void **state) {
  (void)state;
  json_t *root = load_json("expected.json"), *texts = json_object_get(root, "texts"), *cases, *c;
  const char *name;
  size_t i;
  assert_true(json_object_size(json_object_get(root, "tokenizers")) >= 15);
  json_object_foreach(json_object_get(root, "tokenizers"), name, cases) {
    lm_tokenizer *t = load(name);
    assert_int_equal(json_array_size(cases), json_array_size(texts));
    json_array_foreach(cases, i, c) check_case(name, t, json_array_get(texts, i), c);
    lm_tokenizer_free(t);
  }
  json_decref(root);
}

// ---- GGUF arrays ----

typedef struct gguf {
  lm_tokenizer_arrays a;
  lm_span *tokens, *merges;
  int32_t *types;
  json_t *root;
} gguf;

static lm_span span_of(const json_t *s) {
  return (lm_span){json_string_value(s), json_string_length(s)};
}

static void gguf_open(gguf *g, const char *file, const char *pre) {
  memset(g, 0, sizeof *g);
  g->root = load_json(file);
  const json_t *model = json_object_get(g->root, "model"),
               *merges = json_object_get(model, "merges");
  json_t *vocab = json_object_get(model, "vocab"), *id, *added;
  const char *key;
  size_t count = json_object_size(vocab), i;
  g->tokens = calloc(count, sizeof *g->tokens);
  g->types = calloc(count, sizeof *g->types);
  json_object_foreach(vocab, key, id) {
    g->tokens[json_integer_value(id)] = (lm_span){key, strlen(key)};
    g->types[json_integer_value(id)] = 1;
  }
  json_array_foreach(json_object_get(g->root, "added_tokens"), i, added)
      g->types[json_integer_value(json_object_get(added, "id"))] = 3;
  g->merges = calloc(json_array_size(merges), sizeof *g->merges);
  for (i = 0; i < json_array_size(merges); i++) g->merges[i] = span_of(json_array_get(merges, i));
  g->a = (lm_tokenizer_arrays){.model = "gpt2",
                               .pre = pre,
                               .tokens = g->tokens,
                               .token_count = count,
                               .types = g->types,
                               .merges = g->merges,
                               .merge_count = json_array_size(merges),
                               .bos = 1,
                               .eos = 2,
                               .unk = -1,
                               .pad = 2};
}

static void gguf_close(gguf *g) {
  free(g->tokens);
  free(g->types);
  free(g->merges);
  json_decref(g->root);
}

static void arrays_agree_with_the_oracle(void **state) {
  (void)state;
  gguf g;
  lm_tokenizer *t;
  gguf_open(&g, "smollm.json", "smollm");
  if (lm_tokenizer_from_arrays(&t, &g.a)) fail_msg("%s", lm_error_text());
  json_t *root = load_json("expected.json"), *c;
  size_t i, count, len;
  json_array_foreach(json_object_get(json_object_get(root, "tokenizers"), "smollm"), i, c)
      check_case("arrays", t, json_array_get(json_object_get(root, "texts"), i), c);
  assert_int_equal(lm_tokenizer_size(t), g.a.token_count);
  assert_int_equal(lm_tokenizer_bos(t), 1);
  assert_int_equal(lm_tokenizer_pad(t), 2);
  assert_int_equal(lm_tokenizer_eos(t, &count)[0], 2);
  assert_int_equal(count, 1);
  assert_true(lm_tokenizer_is_special(t, 2));
  assert_false(lm_tokenizer_is_special(t, 3));
  assert_int_equal(lm_tokenizer_id(t, "<|im_end|>", 10), 2);
  assert_int_equal(lm_tokenizer_id(t, "not a token", 11), -1);
  assert_string_equal(lm_tokenizer_piece(t, 2, &len), "<|im_end|>");
  assert_int_equal(len, 10);
  assert_null(lm_tokenizer_piece(t, -1, &len));
  assert_null(lm_tokenizer_piece(t, (int32_t)g.a.token_count, &len));
  const int32_t ends[] = {2, 0};
  assert_int_equal(lm_tokenizer_set_eos(t, ends, 2), 0);
  assert_true(lm_tokenizer_is_eos(t, 0) && lm_tokenizer_is_eos(t, 2) && !lm_tokenizer_is_eos(t, 1));
  lm_tokenizer_free(t);
  json_decref(root);
  gguf_close(&g);
}

static void expect_ids(const lm_tokenizer *t, const char *text, bool special, const int32_t *want,
                       size_t n) {
  int32_t *ids;
  size_t count;
  if (lm_tokenizer_encode(t, text, strlen(text), special, true, &ids, &count))
    fail_msg("%s", lm_error_text());
  assert_int_equal(count, n);
  assert_memory_equal(ids, want, n * sizeof *ids);
  free(ids);
}

#define MARKED_AB                                                                                  \
  "\xE2\x96\x81"                                                                                   \
  "ab"

// Pairs merge by the score of what they make; what no token spells falls back to bytes.
static void scores_order_the_merges(void **state) {
  (void)state;
  const char *pieces[] = {"<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "\xE2\x96\x81",
                          "a",     "b",   "c",    "ab",     "bc",     MARKED_AB};
  const int32_t types[] = {2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 1};
  const float scores[] = {0, 0, 0, 0, 0, -9, -9, -9, -9, -2, -1, -3};
  lm_span tokens[12];
  for (int i = 0; i < 12; i++) tokens[i] = (lm_span){pieces[i], strlen(pieces[i])};
  lm_tokenizer_arrays a = {.model = "llama",
                           .tokens = tokens,
                           .token_count = 12,
                           .types = types,
                           .scores = scores,
                           .bos = 1,
                           .eos = 2,
                           .unk = 0,
                           .pad = -1,
                           .add_bos = true,
                           .add_space_prefix = true};
  lm_tokenizer *t;
  assert_int_equal(lm_tokenizer_from_arrays(&t, &a), 0);
  expect_ids(t, "ab", true, (const int32_t[]){1, 11}, 2);
  expect_ids(t, "abc ab", true, (const int32_t[]){1, 5, 6, 10, 11}, 5);
  expect_ids(t, "\xC3\xA9", false, (const int32_t[]){5, 3, 4}, 3);
  expect_ids(t, "xyb", false, (const int32_t[]){5, 0, 7}, 3);
  char *text;
  size_t len;
  assert_int_equal(
      lm_tokenizer_decode(t, (const int32_t[]){1, 5, 3, 4, 11, 3}, 6, true, &text, &len), 0);
  assert_string_equal(text, "\xC3\xA9 ab\xEF\xBF\xBD");
  free(text);
  lm_tokenizer_free(t);
}

// ---- config, errors ----

static void config_names_tokens(void **state) {
  (void)state;
  static const char config[] = "{\"added_tokens_decoder\":{\"900\":{\"content\":\"<tool>\","
                               "\"special\":false,\"normalized\":false}},"
                               "\"bos_token\":\"<|im_start|>\",\"eos_token\":{\"content\":\"<|im_"
                               "end|>\"},\"pad_token\":null,"
                               "\"add_bos_token\":true,\"add_eos_token\":false}";
  size_t len, n;
  char *text = read_file("smollm.json", &len);
  lm_tokenizer *t;
  if (lm_tokenizer_from_json(&t, text, len, config, sizeof config - 1))
    fail_msg("%s", lm_error_text());
  assert_int_equal(lm_tokenizer_bos(t), 1);
  assert_int_equal(lm_tokenizer_eos(t, &n)[0], 2);
  assert_int_equal(lm_tokenizer_pad(t), -1);
  assert_int_equal(lm_tokenizer_size(t), 901);
  expect_ids(t, "<tool><|im_end|>", true, (const int32_t[]){1, 900, 2}, 3);
  expect_ids(t, "<tool>", false, (const int32_t[]){900}, 1);
  lm_tokenizer_free(t);
  free(text);
}

static void expect_error(const char *model, const char *rest, lm_kind kind, const char *what) {
  char json[1024];
  lm_tokenizer *t = NULL;
  snprintf(json, sizeof json, "{\"model\":%s%s}", model, rest);
  lm_error_clear();
  if (!lm_tokenizer_from_json(&t, json, strlen(json), NULL, 0)) {
    lm_tokenizer_free(t);
    fail_msg("no error: %s", json);
  }
  if (lm_error_kind() != kind || !strstr(lm_error_text(), what))
    fail_msg("%s: %s (%d)", json, lm_error_text(), lm_error_kind());
}

#define GOOD "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[\"a b\"]}"

static void errors_name_the_cause(void **state) {
  (void)state;
  expect_error("{\"type\":\"Unigram\",\"vocab\":[]}", "", LM_UNSUPPORTED, "Unigram");
  expect_error("{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}", "", LM_DAMAGED,
               "merge 0");
  expect_error("{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"ab\"]}", "", LM_DAMAGED,
               "merge 0");
  expect_error("{\"type\":\"BPE\",\"vocab\":{\"a\":4000000000},\"merges\":[]}", "", LM_DAMAGED,
               "id");
  expect_error("{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}", "", LM_DAMAGED,
               "two tokens");
  expect_error("{\"type\":\"BPE\",\"vocab\":{},\"merges\":[],\"dropout\":0.1}", "", LM_UNSUPPORTED,
               "dropout");
  expect_error("3", "", LM_DAMAGED, "no model");
  expect_error("{", "", LM_DAMAGED, "line 1");
  expect_error(GOOD, ",\"normalizer\":{\"type\":\"Precompiled\"}", LM_UNSUPPORTED, "Precompiled");
  expect_error(GOOD, ",\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}", LM_UNSUPPORTED,
               "UnicodeScripts");
  expect_error(GOOD, ",\"decoder\":{\"type\":\"CTC\"}", LM_UNSUPPORTED, "CTC");
  expect_error(GOOD, ",\"post_processor\":{\"type\":\"X\"}", LM_UNSUPPORTED, "post-processor X");
  expect_error(GOOD, ",\"added_tokens\":[{\"id\":1,\"content\":\"c\"}]", LM_DAMAGED,
               "added token c");
  expect_error(GOOD, ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"}}",
               LM_UNSUPPORTED, "(");
  expect_error(GOOD, ",\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?m)a\"}}",
               LM_UNSUPPORTED, "option");
}

static void text_must_be_utf8(void **state) {
  (void)state;
  lm_tokenizer *t = load("gpt2");
  int32_t *ids;
  size_t count;
  assert_int_equal(lm_tokenizer_encode(t, "ab\xED\xA0\x80", 5, true, true, &ids, &count), 1);
  assert_int_equal(lm_error_kind(), LM_BAD_ARGUMENT);
  assert_non_null(strstr(lm_error_text(), "byte 2"));
  lm_tokenizer_free(t);
}

static void arrays_must_agree(void **state) {
  (void)state;
  gguf g;
  lm_tokenizer *t;
  gguf_open(&g, "smollm.json", "no-such-rule");
  assert_int_equal(lm_tokenizer_from_arrays(&t, &g.a), 1);
  assert_int_equal(lm_error_kind(), LM_UNSUPPORTED);
  assert_non_null(strstr(lm_error_text(), "no-such-rule"));
  g.a.pre = "smollm";
  g.a.eos = (int32_t)g.a.token_count;
  assert_int_equal(lm_tokenizer_from_arrays(&t, &g.a), 1);
  assert_int_equal(lm_error_kind(), LM_DAMAGED);
  g.a.eos = 2;
  g.merges[3] = (lm_span){"ab", 2};
  assert_int_equal(lm_tokenizer_from_arrays(&t, &g.a), 1);
  assert_non_null(strstr(lm_error_text(), "merge 3"));
  g.merges[3] = (lm_span){"\xFF \xFE", 3};
  assert_int_equal(lm_tokenizer_from_arrays(&t, &g.a), 1);
  g.tokens[9] = (lm_span){"\xFF", 1};
  assert_int_equal(lm_tokenizer_from_arrays(&t, &g.a), 1);
  assert_non_null(strstr(lm_error_text(), "token 9"));
  gguf_close(&g);
}

// ---- hostile lengths ----

static void long_texts_are_not_quadratic(void **state) {
  (void)state;
  static const char *const units[] = {"a",  "ab", " ",           "\n", "\xCC\x81\xCC\x96",
                                      "<|", "1",  "\xE2\x96\x81"};
  static const char *const names[] = {"gpt2", "llama3", "qwen2", "kimi", "llama2", "words"};
  const size_t len = 400000;
  char *text = malloc(len);
  clock_t start = clock();
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    lm_tokenizer *t = load(names[k]);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
      int32_t *ids;
      size_t count, n = strlen(units[u]), used = len / n * n;
      for (size_t i = 0; i < used; i++) text[i] = units[u][i % n];
      if (lm_tokenizer_encode(t, text, used, false, true, &ids, &count))
        fail_msg("%s, %s: %s", names[k], units[u], lm_error_text());
      free(ids);
    }
    lm_tokenizer_free(t);
  }
  free(text);
  assert_true((clock() - start) / CLOCKS_PER_SEC <
              60); // about 2 s; quadratic work would take hours
}

// A pattern that backtracks without end meets its limit.
static void hostile_patterns_end(void **state) {
  (void)state;
  static const char json[] =
      "{\"model\":" GOOD ",\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Isolated\","
      "\"pattern\":{\"Regex\":\"(a|aa|b|ab|(a*)*)+[cd]\"}}}";
  lm_tokenizer *t;
  int32_t *ids;
  size_t count;
  char text[200];
  memset(text, 'a', sizeof text);
  if (lm_tokenizer_from_json(&t, json, sizeof json - 1, NULL, 0)) fail_msg("%s", lm_error_text());
  assert_int_equal(lm_tokenizer_encode(t, text, sizeof text, false, true, &ids, &count), 1);
  assert_int_equal(lm_error_kind(), LM_FAILED);
  lm_tokenizer_free(t);
}

// ---- out of memory ----

#ifdef COUNTS_ALLOCATIONS
static int whole_life(const char *json, size_t len, const gguf *g) {
  static const char text[] = "Hello \xC3\xA9 1\xC2\xB2 <|im_end|> x<mask> a\xCC\x81\xCC\xA3 "
                             "wordwordwordwordwordwordwordword word";
  lm_tokenizer *t = NULL;
  int32_t *ids = NULL;
  char *back = NULL;
  size_t count, n;
  if (g ? lm_tokenizer_from_arrays(&t, &g->a)
        : lm_tokenizer_from_json(&t, json, len, "{\"eos_token\":\"</s>\"}", 20))
    return 1;
  int failed = lm_tokenizer_encode(t, text, sizeof text - 1, true, true, &ids, &count) ||
               lm_tokenizer_decode(t, ids, count, true, &back, &n);
  free(back);
  free(ids);
  lm_tokenizer_free(t);
  return failed;
}

static void fail_each_allocation(const char *json, size_t len, const gguf *g) {
  assert_int_equal(whole_life(json, len, g), 0); // what the libraries keep is allocated now
  for (long i = 0;; i += i < 600 ? 1 : 37) {
    long before = blocks_alive;
    lm_error_clear();
    allocations_left = i;
    int failed = whole_life(json, len, g);
    bool reached = allocations_left < 0;
    allocations_left = -1;
    if (blocks_alive != before)
      fail_msg("%ld blocks leak when allocation %ld fails", blocks_alive - before, i);
    if (!reached) {
      assert_int_equal(failed, 0);
      return;
    }
    if (failed && lm_error_kind() != LM_MEMORY)
      fail_msg("allocation %ld failed: %s", i, lm_error_text());
  }
}

static void failed_allocations_are_errors(void **state) {
  (void)state;
  static const char *const names[] = {"llama3.json", "words.json", "llama2.json", "roberta.json"};
  gguf g;
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    size_t len;
    char *json = read_file(names[k], &len);
    fail_each_allocation(json, len, NULL);
    free(json);
  }
  gguf_open(&g, "smollm.json", "smollm");
  fail_each_allocation(NULL, 0, &g);
  gguf_close(&g);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_the_oracle),
      cmocka_unit_test(arrays_agree_with_the_oracle),
      cmocka_unit_test(scores_order_the_merges),
      cmocka_unit_test(config_names_tokens),
      cmocka_unit_test(errors_name_the_cause),
      cmocka_unit_test(text_must_be_utf8),
      cmocka_unit_test(arrays_must_agree),
      cmocka_unit_test(long_texts_are_not_quadratic),
      cmocka_unit_test(hostile_patterns_end),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(failed_allocations_are_errors),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
