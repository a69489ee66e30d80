/* Owns the tensors of a model file and their names. */
#include "lm/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/graph.h"
#include "mlx/c/io.h"
#include "mlx/c/io_types.h"

#define MAX_NAME 256

/* ---- names ---- */

static const struct {
  const char *hf, *gguf;
} names[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "ffn_norm"},
    {"rope_freqs", "rope_freqs"},
};

/* "model.layers.3.mlp.up_proj.weight" -> "blk.3.ffn_up.weight" */
static void gguf_name(const char *name, char *to, size_t n) {
  char block[32] = "", module[MAX_NAME];
  int layer, used = 0;
  if (sscanf(name, "model.layers.%d.%n", &layer, &used) == 1 && used) {
    snprintf(block, sizeof block, "blk.%d.", layer);
    name += used;
  }
  const char *dot = strrchr(name, '.');
  size_t len = dot ? (size_t)(dot - name) : strlen(name);
  snprintf(module, sizeof module, "%.*s", (int)len, name);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(module, names[i].hf) == 0) {
      snprintf(to, n, "%s%s%s", block, names[i].gguf, dot ? dot : "");
      return;
    }
  snprintf(to, n, "%s", name);
}

/* Fails only when memory runs out; *has says whether there is such a tensor. */
static int find(const lm_weights *w, const char *name, mlx_array *out, bool *has) {
  char key[MAX_NAME];
  int bad;
  if (w->gguf) {
    gguf_name(name, key, sizeof key);
    bad = mlx_io_gguf_get_array(out, w->file, key);
  } else {
    bad = mlx_map_string_to_array_get(out, w->map, name);
  }
  *has = !bad;
  return bad && lm_mlx_no_memory() ? lm_nomem(name) : 0;
}

/* The same where the tensor must be there. */
static int need(const lm_weights *w, const char *name, mlx_array *out) {
  bool has;
  return find(w, name, out, &has) ||
         (has ? 0 : lm_fail(LM_DAMAGED, "the model has no tensor %s", name));
}

/* ---- tensors ---- */

static void shape_text(char *to, size_t n, const int *shape, int ndim) {
  size_t at = 0;
  to[0] = '\0';
  for (int i = 0; i < ndim && at < n; i++)
    at += (size_t)snprintf(to + at, n - at, i ? ", %d" : "%d", shape[i]);
}

static int check_shape(const char *name, mlx_array a, const int *shape, int ndim) {
  const int *have = mlx_array_shape(a);
  int n = (int)mlx_array_ndim(a);
  if (!have)
    return lm_fail_mlx(name);
  if (n == ndim && memcmp(have, shape, (size_t)ndim * sizeof *shape) == 0)
    return 0;
  char x[128], y[128];
  shape_text(x, sizeof x, have, n);
  shape_text(y, sizeof y, shape, ndim);
  return lm_fail(LM_DAMAGED, "tensor %s has shape (%s), expected (%s)", name, x, y);
}

int lm_weights_tensor(const lm_weights *w, const char *name, const int *shape, int ndim,
                      bool optional, mlx_array *out) {
  bool has = true;
  *out = mlx_array_new();
  if (optional ? find(w, name, out, &has) : need(w, name, out))
    return 1;
  if (!has || !check_shape(name, *out, shape, ndim))
    return 0;
  mlx_array_free(*out);
  *out = mlx_array_new();
  return 1;
}

/* Group and bits of a quantized module. A gguf's are those of its blocks: 32 numbers, and as many
 * bits as the packed row is long. */
static int quantization(const lm_weights *w, const char *module, int64_t columns, lm_linear *l) {
  if (!w->gguf)
    return lm_config_quantization(w->json, module, &l->group, &l->bits);
  int64_t words = mlx_array_dim(l->w, -1);
  l->group = 32;
  l->bits = (int)(words * 32 / columns);
  return 0;
}

static int quantized(const lm_weights *w, const char *module, int64_t rows, int64_t columns,
                     lm_linear *l) {
  char name[MAX_NAME];
  snprintf(name, sizeof name, "%s.biases", module);
  if (need(w, name, &l->biases) || quantization(w, module, columns, l))
    return 1;
  int64_t group = l->group, bits = l->bits;
  if (bits < 1 || bits > 8 || group < 32 || group > 128 || columns % group || columns * bits % 32)
    return lm_fail(LM_DAMAGED, "tensor %s cannot be quantized in groups of %d and %d bits", module,
                   l->group, l->bits);
  const int codes[] = {(int)rows, (int)(columns * bits / 32)},
            groups[] = {(int)rows, (int)(columns / group)};
  return check_shape(module, l->w, codes, 2) || check_shape(module, l->scales, groups, 2) ||
         check_shape(module, l->biases, groups, 2);
}

int lm_weights_linear(const lm_weights *w, const char *module, int64_t rows, int64_t columns,
                      bool optional, lm_linear *l) {
  char name[MAX_NAME];
  bool has = true, scales;
  *l = (lm_linear){0};
  snprintf(name, sizeof name, "%s.weight", module);
  if (optional ? find(w, name, &l->w, &has) : need(w, name, &l->w))
    return 1;
  if (!has)
    return 0;
  snprintf(name, sizeof name, "%s.scales", module);
  const int plain[] = {(int)rows, (int)columns}, one[] = {(int)rows};
  int bad = find(w, name, &l->scales, &scales) ||
            (scales ? quantized(w, module, rows, columns, l) : check_shape(module, l->w, plain, 2));
  snprintf(name, sizeof name, "%s.bias", module);
  bad = bad || lm_weights_tensor(w, name, one, 1, true, &l->bias);
  if (bad)
    lm_linear_free(l);
  return bad;
}

void lm_linear_free(lm_linear *l) {
  mlx_array_free(l->w);
  mlx_array_free(l->scales);
  mlx_array_free(l->biases);
  mlx_array_free(l->bias);
  *l = (lm_linear){0};
}

/* ---- folders ---- */

#define AT_END 2 /* what an iterator's next says there; 1 is an error */

static int add_all(lm_weights *w, mlx_map_string_to_array part) {
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(part);
  mlx_array value = mlx_array_new();
  const char *key;
  int bad = !it.ctx;
  while (!bad && (bad = mlx_map_string_to_array_iterator_next(&key, &value, it)) == 0)
    bad = mlx_map_string_to_array_insert(w->map, key, value);
  mlx_array_free(value);
  mlx_map_string_to_array_iterator_free(it);
  return bad == AT_END ? 0 : lm_nomem("weights");
}

static int add_shard(lm_weights *w, const char *path, mlx_stream s) {
  mlx_map_string_to_array part = mlx_map_string_to_array_new();
  mlx_map_string_to_string meta = mlx_map_string_to_string_new();
  int bad = mlx_load_safetensors(&part, &meta, path, s) ? lm_fail_file(path) : add_all(w, part);
  mlx_map_string_to_string_free(meta);
  mlx_map_string_to_array_free(part);
  return bad;
}

static int one_shard(lm_weights *w, const char *dir, const char *file, mlx_stream s) {
  char path[4096];
  if (strchr(file, '/') || snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
    return lm_fail(LM_DAMAGED, "the index of %s names the file '%s'", dir, file);
  return add_shard(w, path, s);
}

#define MAX_SHARDS 4096

static bool seen(const char **names, int n, const char *name) {
  for (int i = n - 1; i >= 0; i--) /* entries of one shard mostly follow each other */
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

static int load_index(lm_weights *w, const char *dir, json_t *index, mlx_stream s,
                      const lm_progress *progress) {
  json_t *map = json_object_get(index, "weight_map"), *file;
  const char *key, *shards[MAX_SHARDS];
  double n = (double)json_object_size(map), done = 0;
  int n_shards = 0;
  if (!json_is_object(map))
    return lm_fail(LM_DAMAGED, "the index of %s has no weight_map", dir);
  json_object_foreach(map, key, file) {
    const char *name = json_string_value(file);
    done++;
    if (!name || seen(shards, n_shards, name))
      continue;
    if (n_shards == MAX_SHARDS)
      return lm_fail(LM_DAMAGED, "the index of %s names more than %d files", dir, MAX_SHARDS);
    shards[n_shards++] = name;
    if (one_shard(w, dir, name, s))
      return 1;
    if (progress && progress->fn(progress->ctx, done / n))
      return lm_fail(LM_INTERRUPTED, "loading was interrupted");
  }
  return 0;
}

int lm_weights_from_folder(lm_weights *w, const char *dir, json_t *json, json_t *index,
                           mlx_stream s, const lm_progress *progress) {
  *w = (lm_weights){.json = json, .map = mlx_map_string_to_array_new()};
  if (!w->map.ctx)
    return lm_nomem("weights");
  return index ? load_index(w, dir, index, s, progress)
               : one_shard(w, dir, "model.safetensors", s);
}

void lm_weights_free(lm_weights *w) {
  if (w->gguf)
    mlx_io_gguf_free(w->file);
  mlx_map_string_to_array_free(w->map);
  *w = (lm_weights){0};
}
