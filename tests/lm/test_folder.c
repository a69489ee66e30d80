// Promises: a model folder gives the logits that the real MLX-LM gives, whatever its dtype,
// quantization, sharding, rotary scaling, biases and head; so does a gguf file. What is missing,
// damaged, contradictory or not supported is an error that names it, never a crash.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lm/lm.h"
#include "lm/tiny.h"

static json_t *recording;

static int open_recording(void **state) {
  (void)state;
  char path[512];
  tiny_data(path, sizeof path, "tiny.json");
  recording = json_load_file(path, 0, NULL);
  return recording ? 0 : fprintf(stderr, "%s cannot be read\n", path);
}

static int close_recording(void **state) {
  (void)state;
  json_decref(recording);
  return 0;
}

// ---- right folders ----

static double size_of(const json_t *v) {
  double sum = 0;
  for (size_t i = 0; i < json_array_size(v); i++)
    sum += json_number_value(json_array_get(v, i)) * json_number_value(json_array_get(v, i));
  return sqrt(sum / (double)json_array_size(v));
}

static double distance(const double *v, const json_t *want) {
  double sum = 0;
  for (size_t i = 0; i < json_array_size(want); i++) {
    double d = v[i] - json_number_value(json_array_get(want, i));
    sum += d * d;
  }
  return sqrt(sum / (double)json_array_size(want));
}

// In float32 the logits are those of MLX-LM. In half precision, where both round at every
// operation, they are about as near to the exact ones (those weights, computed in float32) as
// MLX-LM's.
static void compare(const char *name, lm_session *s, const json_t *want, const json_t *exact) {
  const float *v = lm_session_logits(s);
  size_t stride = (size_t)json_integer_value(json_object_get(recording, "stride"));
  size_t n = json_array_size(want);
  double ours[1024], theirs[1024];
  assert_true(n > 0 && n <= 1024);
  assert_int_equal(n * stride, lm_engine_vocabulary(lm_session_engine(s)));
  for (size_t i = 0; i < n; i++) {
    ours[i] = v[i * stride];
    theirs[i] = json_number_value(json_array_get(want, i));
  }
  double error = distance(ours, exact ? exact : want) / size_of(want);
  double allowed = exact ? 3 * distance(theirs, exact) / size_of(want) : 1e-5;
  if (getenv("MLX_TEST_VERBOSE")) printf("%-40s %.2e of %.2e\n", name, error, allowed);
  if (!(error <= allowed))
    fail_msg("%s: logits are off by %.2e, allowed %.2e", name, error, allowed);
}

// Logits of a path after the recorded prompt and after the steps.
static void run(const char *name, const char *path, const json_t *rows, const json_t *exact) {
  int32_t ids[64];
  const json_t *prompt = json_object_get(recording, "prompt"),
               *steps = json_object_get(recording, "steps");
  size_t n = json_array_size(prompt);
  for (size_t i = 0; i < n; i++) ids[i] = (int32_t)json_integer_value(json_array_get(prompt, i));
  lm_engine *e;
  lm_session *s;
  if (lm_engine_load(&e, path, NULL)) fail_msg("%s: %s", name, lm_error_text());
  assert_int_equal(lm_session_new(&s, e), 0);
  if (lm_session_feed(s, ids, n, 4, NULL)) fail_msg("%s: %s", name, lm_error_text());
  compare(name, s, json_array_get(rows, 0), json_array_get(exact, 0));
  for (size_t i = 0; i < json_array_size(steps); i++) {
    int32_t id = (int32_t)json_integer_value(json_array_get(steps, i));
    assert_int_equal(lm_session_feed(s, &id, 1, 0, NULL), 0);
  }
  compare(name, s, json_array_get(rows, 1), json_array_get(exact, 1));
  lm_session_free(s);
  lm_engine_free(e);
}

static void run_case(const json_t *c, bool sharded) {
  const char *dtype = json_string_value(json_object_get(c, "dtype"));
  char folder[256];
  tiny_folder(folder, sizeof folder);
  bool half = strcmp(dtype, "float16") == 0, brain = strcmp(dtype, "bfloat16") == 0;
  tiny_write(folder, json_object_get(c, "config"),
             half ? MLX_FLOAT16 : brain ? MLX_BFLOAT16 : MLX_FLOAT32, sharded);
  run(json_string_value(json_object_get(c, "name")), folder, json_object_get(c, "logits"),
      json_object_get(c, "exact"));
  tiny_remove(folder);
}

static void test_folders(void **state) {
  (void)state;
  size_t i;
  const json_t *c;
  json_array_foreach(json_object_get(recording, "cases"), i, c) run_case(c, false);
}

static void test_shards(void **state) {
  (void)state;
  const json_t *cases = json_object_get(recording, "cases");
  run_case(json_array_get(cases, 0), true);
  run_case(json_array_get(cases, 7), true);
}

static void test_saved_by_mlx_lm(void **state) {
  (void)state;
  char path[512];
  tiny_data(path, sizeof path, "tiny");
  run("tiny", path, json_object_get(recording, "folder"),
      json_object_get(recording, "folder_exact"));
}

static void test_gguf(void **state) {
  (void)state;
  char path[512];
  tiny_data(path, sizeof path, "tiny.gguf");
  run("tiny.gguf", path, json_object_get(recording, "gguf"), NULL);
}

// ---- wrong folders ----

static void refused(const char *path, lm_kind kind, const char *says) {
  lm_engine *e = NULL;
  lm_error_clear();
  if (!lm_engine_load(&e, path, NULL)) fail_msg("loaded in spite of: %s", says);
  if (!strstr(lm_error_text(), says))
    fail_msg("error '%s' does not say '%s'", lm_error_text(), says);
  if (lm_error_kind() != kind) fail_msg("kind %d of: %s", lm_error_kind(), lm_error_text());
}

static void whole_folder(char *folder, size_t n) {
  tiny_folder(folder, n);
  tiny_write(folder,
             json_object_get(json_array_get(json_object_get(recording, "cases"), 0), "config"),
             MLX_FLOAT32, false);
}

static void test_missing(void **state) {
  (void)state;
  char folder[256], path[512];
  refused("/no/such/model", LM_NOT_FOUND, "/no/such/model");
  refused("", LM_BAD_ARGUMENT, "no model");
  refused("/dev/null", LM_BAD_ARGUMENT, "/dev/null");
  static const char *const files[] = {"config.json", "model.safetensors", "tokenizer.json"};
  for (size_t i = 0; i < 3; i++) {
    whole_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/%s", folder, files[i]);
    assert_int_equal(unlink(path), 0);
    refused(folder, LM_NOT_FOUND, files[i]);
    tiny_remove(folder);
  }
  tiny_folder(folder, sizeof folder);
  refused(folder, LM_NOT_FOUND, "config.json");
  tiny_remove(folder);
}

static void test_configs(void **state) {
  (void)state;
  // what replaces one value of the config: JSON text, the kind of error, what it names
  static const struct {
    const char *change;
    lm_kind kind;
    const char *says;
  } cases[] = {
      {"{\"model_type\": \"gpt9\"}", LM_UNSUPPORTED, "gpt9"},
      {"{\"model_type\": 3}", LM_DAMAGED, "model_type"},
      {"{\"hidden_size\": 0}", LM_DAMAGED, "hidden size"},
      {"{\"hidden_size\": -64}", LM_DAMAGED, "hidden size"},
      {"{\"hidden_size\": 128}", LM_DAMAGED, "shape (288, 64), expected (288, 128)"},
      {"{\"hidden_size\": 9223372036854775807}", LM_DAMAGED, "hidden size"},
      {"{\"hidden_size\": 1e30}", LM_DAMAGED, "hidden size"},
      {"{\"num_hidden_layers\": 3}", LM_DAMAGED, "model.layers.2."},
      {"{\"num_hidden_layers\": 100000}", LM_DAMAGED, "number of layers"},
      {"{\"num_attention_heads\": 0}", LM_DAMAGED, "heads"},
      {"{\"num_attention_heads\": 16777216}", LM_DAMAGED, "head size"},
      {"{\"num_key_value_heads\": 3}", LM_DAMAGED, "key-value heads"},
      {"{\"head_dim\": 16777216}", LM_DAMAGED, "heads of size 16777216"},
      {"{\"num_attention_heads\": 16777216, \"head_dim\": 16777216}", LM_DAMAGED,
       "heads of size 16777216"},
      {"{\"head_dim\": 15}", LM_DAMAGED, "rope"},
      {"{\"intermediate_size\": 65}", LM_DAMAGED, "gate_proj"},
      {"{\"vocab_size\": 289}", LM_DAMAGED, "embed_tokens"},
      {"{\"vocab_size\": 99999999999}", LM_DAMAGED, "vocabulary"},
      {"{\"rms_norm_eps\": -1}", LM_DAMAGED, "norm"},
      {"{\"rope_theta\": 0}", LM_DAMAGED, "rope"},
      {"{\"rope_theta\": 1e300}", LM_DAMAGED, "rope"},
      {"{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2}}", LM_UNSUPPORTED, "yarn"},
      {"{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 0}}", LM_DAMAGED, "rope"},
      {"{\"rope_scaling\": {\"type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 9}}",
       LM_DAMAGED, "rope_scaling"},
      {"{\"tie_word_embeddings\": false, \"quantization\": {\"mode\": \"mxfp4\"}}", LM_UNSUPPORTED,
       "mxfp4"},
  };
  char folder[256];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const json_t *whole =
        json_object_get(json_array_get(json_object_get(recording, "cases"), 0), "config");
    whole_folder(folder, sizeof folder);
    json_t *config = json_copy((json_t *)whole), *change = json_loads(cases[i].change, 0, NULL);
    assert_non_null(change);
    json_object_update(config, change);
    char *text = json_dumps(config, 0);
    tiny_text(folder, "config.json", text, strlen(text));
    refused(folder, cases[i].kind, cases[i].says);
    free(text);
    json_decref(change);
    json_decref(config);
    tiny_remove(folder);
  }
}

// A quantized folder whose config says other groups and bits than its tensors have.
static void test_quantized_configs(void **state) {
  (void)state;
  static const struct {
    const char *json, *says;
  } cases[] = {
      {"{\"group_size\": 32, \"bits\": 8}", "shape (288, 8), expected (288, 16)"},
      {"{\"group_size\": 64, \"bits\": 4}", "shape (288, 2), expected (288, 1)"},
      {"{\"group_size\": 0, \"bits\": 4}", "groups of 0"},
      {"{\"group_size\": -32, \"bits\": 4}", "groups of -32"},
      {"{\"group_size\": 32, \"bits\": 0}", "0 bits"},
      {"{\"group_size\": 32, \"bits\": 7}", "expected (288, 14)"},
      {"{\"group_size\": 4294967328, \"bits\": 4294967300}", "groups of 4294967328"},
      {"{\"group_size\": 32, \"bits\": -4}", "-4 bits"},
      {"3", "model.embed_tokens"},
  };
  char folder[256];
  const json_t *c = json_array_get(json_object_get(recording, "cases"), 4);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tiny_folder(folder, sizeof folder);
    tiny_write(folder, json_object_get(c, "config"), MLX_FLOAT32, false);
    json_t *config = json_copy(json_object_get(c, "config"));
    json_object_set_new(config, "quantization",
                        json_loads(cases[i].json, JSON_DECODE_ANY, NULL));
    char *text = json_dumps(config, 0);
    tiny_text(folder, "config.json", text, strlen(text));
    refused(folder, LM_DAMAGED, cases[i].says);
    free(text);
    json_decref(config);
    tiny_remove(folder);
  }
}

static void test_damaged_files(void **state) {
  (void)state;
  static const struct {
    const char *file, *text, *says;
    lm_kind kind;
  } cases[] = {
      {"config.json", "", "config.json", LM_DAMAGED},
      {"config.json", "{\"model_type\": ", "config.json", LM_DAMAGED},
      {"config.json", "[1]", "config.json", LM_DAMAGED},
      {"tokenizer.json", "{}", "tokenizer", LM_DAMAGED},
      {"tokenizer.json", "\xff\xfe", "tokenizer.json", LM_DAMAGED},
      {"tokenizer_config.json", "nothing", "tokenizer_config.json", LM_DAMAGED},
      {"generation_config.json", "{", "generation_config.json", LM_DAMAGED},
      {"model.safetensors", "", "model.safetensors", LM_DAMAGED},
      {"model.safetensors", "\x10\0\0\0\0\0\0\0{\"a\":1}         ", "model.safetensors",
       LM_DAMAGED},
      {"model.safetensors.index.json", "{}", "weight_map", LM_DAMAGED},
      {"model.safetensors.index.json", "{\"weight_map\": {}}", "model.embed_tokens", LM_DAMAGED},
      {"model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../b\"}}", "../b", LM_DAMAGED},
      {"model.safetensors.index.json", "{\"weight_map\": {\"a\": \"c.safetensors\"}}",
       "c.safetensors", LM_NOT_FOUND},
  };
  char folder[256];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    whole_folder(folder, sizeof folder);
    size_t len = cases[i].text[0] == '\x10' ? 24 : strlen(cases[i].text);
    tiny_text(folder, cases[i].file, cases[i].text, len);
    refused(folder, cases[i].kind, cases[i].says);
    tiny_remove(folder);
  }
}

// Every cut of a file, and every byte of its head changed, is an error or a model, not a crash.
static void cut_and_change(const char *name, const char *path, size_t head) {
  static char data[1 << 20];
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(data, 1, sizeof data, f);
  fclose(f);
  char folder[256], at[512];
  tiny_folder(folder, sizeof folder);
  snprintf(at, sizeof at, "%s/%s", folder, name);
  for (size_t cut = 0; cut < n; cut += cut < 256 ? 17 : n / 41) {
    tiny_text(folder, name, data, cut);
    refused(at, LM_DAMAGED, name);
  }
  for (size_t i = 0; i < head; i += 5) {
    char kept = data[i];
    data[i] = (char)(kept ^ (i % 2 ? 0x81 : 0xff));
    tiny_text(folder, name, data, n);
    data[i] = kept;
    lm_engine *e;
    if (lm_engine_load(&e, at, NULL))
      assert_int_not_equal(strlen(lm_error_text()), 0);
    else
      lm_engine_free(e);
  }
  tiny_remove(folder);
}

static void test_damaged_gguf(void **state) {
  (void)state;
  char path[512];
  tiny_data(path, sizeof path, "tiny.gguf");
  cut_and_change("m.gguf", path, 2000);
}

static void test_truncated_safetensors(void **state) {
  (void)state;
  static char data[1 << 20];
  char folder[256], path[512];
  whole_folder(folder, sizeof folder);
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(data, 1, sizeof data, f);
  fclose(f);
  for (size_t cut = 0; cut < n; cut += 1 + n / 23) {
    tiny_text(folder, "model.safetensors", data, cut);
    refused(folder, LM_DAMAGED, "model.safetensors");
  }
  tiny_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_folders),         cmocka_unit_test(test_shards),
      cmocka_unit_test(test_saved_by_mlx_lm), cmocka_unit_test(test_gguf),
      cmocka_unit_test(test_missing),         cmocka_unit_test(test_configs),
      cmocka_unit_test(test_quantized_configs), cmocka_unit_test(test_damaged_files),
      cmocka_unit_test(test_damaged_gguf),    cmocka_unit_test(test_truncated_safetensors),
  };
  return cmocka_run_group_tests(tests, open_recording, close_recording);
}
