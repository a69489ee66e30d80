/* Owns the rule of the tiny model's weights, as make_tiny_data.py has it. */
#include "lm/tiny.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlx/c/io.h"
#include "mlx/c/map.h"
#include "mlx/c/ops.h"
#include "mlx/c/stream.h"
#include "mlx/c/vector.h"

static void must(int bad, const char *what) {
  if (bad) {
    fprintf(stderr, "the test's own preparation failed: %s\n", what);
    exit(1);
  }
}

/* ---- files ---- */

void tiny_data(char *path, size_t n, const char *name) {
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, n, "%s/lm/%s", root ? root : "tests/data", name);
}

void tiny_folder(char *path, size_t n) {
  const char *temp = getenv("TMPDIR");
  snprintf(path, n, "%s/mlx_tiny_XXXXXX", temp ? temp : "/tmp");
  must(!mkdtemp(path), path);
}

void tiny_remove(const char *folder) {
  char path[1024];
  DIR *d = opendir(folder);
  for (const struct dirent *e; d && (e = readdir(d));) {
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    unlink(path);
  }
  if (d) closedir(d);
  rmdir(folder);
}

void tiny_text(const char *dir, const char *name, const void *text, size_t len) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen(path, "wb");
  must(!f || fwrite(text, 1, len, f) != len || fclose(f), path);
}

void tiny_copy(const char *from, const char *dir, const char *name) {
  static char buffer[1 << 20];
  FILE *f = fopen(from, "rb");
  must(!f, from);
  size_t n = fread(buffer, 1, sizeof buffer, f);
  fclose(f);
  tiny_text(dir, name, buffer, n);
}

/* ---- weights ---- */

typedef struct writer {
  mlx_map_string_to_array maps[2]; /* one for each file */
  int files, n;
  json_t *index;
  const json_t *quantization;
  mlx_dtype dtype;
  mlx_stream stream;
} writer;

static float *rule(const char *name, int64_t n) {
  float *v = malloc((size_t)n * sizeof *v);
  must(!v, name);
  uint64_t seed = 0xcbf29ce484222325u;
  for (const char *c = name; *c; c++) seed = (seed ^ (unsigned char)*c) * 0x100000001b3u;
  for (int64_t i = 0; i < n; i++) {
    uint64_t x = seed + (uint64_t)(i + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    int k = (int)((x >> 40) % 256) - 128;
    v[i] = strstr(name, "norm") ? 1 + (float)k / 256 : (float)k / 512;
  }
  return v;
}

static void put(writer *w, const char *module, const char *part, mlx_array a) {
  char name[128];
  int file = w->n++ % w->files;
  snprintf(name, sizeof name, "%s.%s", module, part);
  must(mlx_map_string_to_array_insert(w->maps[file], name, a), name);
  if (w->index)
    json_object_set_new(w->index, name, json_string(file ? "b.safetensors" : "a.safetensors"));
}

static int of(const json_t *own, const json_t *all, const char *key) {
  const json_t *v = json_object_get(own, key);
  return (int)json_integer_value(v ? v : json_object_get(all, key));
}

static void put_quantized(writer *w, const char *module, const json_t *own, mlx_array a) {
  mlx_vector_array parts = mlx_vector_array_new();
  mlx_array none = mlx_array_new(), part = mlx_array_new();
  mlx_optional_int group = {of(own, w->quantization, "group_size"), true},
                   bits = {of(own, w->quantization, "bits"), true};
  static const char *const names[] = {"weight", "scales", "biases"};
  must(mlx_quantize(&parts, a, group, bits, "affine", none, w->stream), module);
  for (size_t i = 0; i < 3; i++) {
    must(mlx_vector_array_get(&part, parts, i), module);
    put(w, module, names[i], part);
  }
  mlx_array_free(part);
  mlx_vector_array_free(parts);
}

static void add(writer *w, const char *module, const char *part, int rows, int columns) {
  char name[128];
  snprintf(name, sizeof name, "%s.%s", module, part);
  const int shape[] = {rows, columns};
  float *v = rule(name, (int64_t)rows * (columns ? columns : 1));
  mlx_array wide = mlx_array_new_data(v, shape, columns ? 2 : 1, MLX_FLOAT32), a = mlx_array_new();
  must(mlx_astype(&a, wide, w->dtype, w->stream), name);
  const json_t *own = json_object_get(w->quantization, module);
  if (columns && w->quantization && !json_is_false(own))
    put_quantized(w, module, own, a);
  else
    put(w, module, part, a);
  mlx_array_free(a);
  mlx_array_free(wide);
  free(v);
}

static int get(const json_t *config, const char *key, int otherwise) {
  const json_t *v = json_object_get(config, key);
  return json_is_integer(v) ? (int)json_integer_value(v) : otherwise;
}

static void add_layer(writer *w, const json_t *config, int i) {
  const int hidden = get(config, "hidden_size", 0), heads = get(config, "num_attention_heads", 0);
  const int size = get(config, "head_dim", hidden / heads),
            feed = get(config, "intermediate_size", 0);
  const int q = heads * size, kv = get(config, "num_key_value_heads", heads) * size;
  const struct {
    const char *name;
    int rows, columns;
  } linears[] = {{"self_attn.q_proj", q, hidden},  {"self_attn.k_proj", kv, hidden},
                 {"self_attn.v_proj", kv, hidden}, {"self_attn.o_proj", hidden, q},
                 {"mlp.gate_proj", feed, hidden},  {"mlp.up_proj", feed, hidden},
                 {"mlp.down_proj", hidden, feed}};
  char module[96];
  for (int k = 0; k < 7; k++) {
    snprintf(module, sizeof module, "model.layers.%d.%s", i, linears[k].name);
    add(w, module, "weight", linears[k].rows, linears[k].columns);
    if (json_is_true(json_object_get(config, k < 4 ? "attention_bias" : "mlp_bias")))
      add(w, module, "bias", linears[k].rows, 0);
  }
  snprintf(module, sizeof module, "model.layers.%d.input_layernorm", i);
  add(w, module, "weight", hidden, 0);
  snprintf(module, sizeof module, "model.layers.%d.post_attention_layernorm", i);
  add(w, module, "weight", hidden, 0);
}

static void save(writer *w, const char *dir) {
  mlx_map_string_to_string meta = mlx_map_string_to_string_new();
  for (int i = 0; i < w->files; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.safetensors", dir, w->files == 1 ? "model" : i ? "b" : "a");
    must(mlx_save_safetensors(path, w->maps[i], meta), path);
    mlx_map_string_to_array_free(w->maps[i]);
  }
  mlx_map_string_to_string_free(meta);
}

static void put_json(const char *dir, const char *name, const json_t *json) {
  char *text = json_dumps(json, 0);
  must(!text, name);
  tiny_text(dir, name, text, strlen(text));
  free(text);
}

void tiny_write(const char *dir, const json_t *config, mlx_dtype dtype, bool sharded) {
  writer w = {.files = sharded ? 2 : 1, .dtype = dtype,
              .quantization = json_object_get(config, "quantization"),
              .stream = mlx_default_cpu_stream_new()};
  for (int i = 0; i < w.files; i++) w.maps[i] = mlx_map_string_to_array_new();
  if (sharded) w.index = json_object();
  const int hidden = get(config, "hidden_size", 0), vocabulary = get(config, "vocab_size", 0);
  add(&w, "model.embed_tokens", "weight", vocabulary, hidden);
  add(&w, "model.norm", "weight", hidden, 0);
  if (!json_is_true(json_object_get(config, "tie_word_embeddings")))
    add(&w, "lm_head", "weight", vocabulary, hidden);
  for (int i = 0; i < get(config, "num_hidden_layers", 0); i++) add_layer(&w, config, i);
  save(&w, dir);
  put_json(dir, "config.json", config);
  if (sharded) {
    json_t *index = json_pack("{s:o}", "weight_map", w.index);
    put_json(dir, "model.safetensors.index.json", index);
    json_decref(index);
  }
  static const char *const more[] = {"tokenizer.json", "tokenizer_config.json",
                                     "chat_template.jinja"};
  for (int i = 0; i < 3; i++) {
    char path[1024], name[64];
    snprintf(name, sizeof name, "tiny/%s", more[i]);
    tiny_data(path, sizeof path, name);
    tiny_copy(path, dir, more[i]);
  }
  mlx_stream_free(w.stream);
}
