/* Owns the reading of architectures from config.json and from gguf metadata. */
#include "lm/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/metadata.h"

/* Sizes beyond these are not models but damage. */
#define MAX_DIM (1 << 24)
#define MAX_LAYERS 4096
#define MAX_GROUP 1024

static int check(const lm_config *c) {
  const struct {
    const char *name;
    int64_t v, max;
  } sizes[] = {{"number of layers", c->layers, MAX_LAYERS},
               {"hidden size", c->hidden, MAX_DIM},
               {"number of heads", c->heads, MAX_DIM},
               {"number of key-value heads", c->kv_heads, MAX_DIM},
               {"head size", c->head_dim, MAX_DIM},
               {"feed-forward size", c->feed_forward, MAX_DIM},
               {"vocabulary", c->vocabulary, MAX_DIM},
               {"rope dimensions", c->rope_dims, MAX_DIM}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i].v < 1 || sizes[i].v > sizes[i].max)
      return lm_fail(LM_DAMAGED, "the model's %s is %lld", sizes[i].name, (long long)sizes[i].v);
  if (c->heads > MAX_DIM / c->head_dim)
    return lm_fail(LM_DAMAGED, "%lld attention heads of size %lld", (long long)c->heads,
                   (long long)c->head_dim);
  if (c->heads % c->kv_heads)
    return lm_fail(LM_DAMAGED, "%lld heads cannot share %lld key-value heads", (long long)c->heads,
                   (long long)c->kv_heads);
  if (c->rope_dims % 2 || c->rope_dims > c->head_dim)
    return lm_fail(LM_DAMAGED, "rope over %lld of %lld dimensions", (long long)c->rope_dims,
                   (long long)c->head_dim);
  if (!(c->norm_eps > 0) || !(c->rope_base > 0) || !(c->rope_factor > 0) || !isfinite(c->rope_base))
    return lm_fail(LM_DAMAGED, "a norm or rope constant of the model is out of range");
  return 0;
}

static bool supported(const char *architecture) {
  return strcmp(architecture, "llama") == 0 || strcmp(architecture, "mistral") == 0;
}

static int unsupported(const char *architecture) {
  return lm_fail(LM_UNSUPPORTED, "model architecture '%s' is not supported (llama is)",
                 architecture);
}

/* ---- config.json ---- */

static int64_t get_int(const json_t *j, const char *key, int64_t otherwise) {
  const json_t *v = json_object_get(j, key);
  return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static double get_number(const json_t *j, const char *key, double otherwise) {
  const json_t *v = json_object_get(j, key);
  return json_is_number(v) ? json_number_value(v) : otherwise;
}

static bool get_bool(const json_t *j, const char *key, bool otherwise) {
  const json_t *v = json_object_get(j, key);
  return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

static int rope_from_json(lm_config *c, const json_t *json) {
  /* transformers 5 writes rope_parameters with rope_theta inside; before, rope_scaling */
  const json_t *r = json_object_get(json, "rope_scaling");
  if (!json_is_object(r))
    r = json_object_get(json, "rope_parameters");
  c->rope_base = (float)get_number(json, "rope_theta", get_number(r, "rope_theta", 10000));
  c->rope_factor = 1;
  c->rope_traditional = get_bool(json, "rope_traditional", false);
  c->rope_dims = c->head_dim;
  if (!json_is_object(r))
    return 0;
  const char *type = json_string_value(json_object_get(r, "rope_type"));
  if (!type)
    type = json_string_value(json_object_get(r, "type"));
  if (!type || strcmp(type, "default") == 0)
    return 0;
  c->rope_factor = (float)get_number(r, "factor", 1);
  if (strcmp(type, "linear") == 0) {
    c->rope_kind = LM_ROPE_LINEAR;
  } else if (strcmp(type, "llama3") == 0) {
    c->rope_kind = LM_ROPE_LLAMA3;
    c->rope_low = (float)get_number(r, "low_freq_factor", 1);
    c->rope_high = (float)get_number(r, "high_freq_factor", 4);
    c->rope_original = get_int(r, "original_max_position_embeddings", 8192);
    if (c->rope_original < 1 || !(c->rope_high > c->rope_low) || !(c->rope_low > 0))
      return lm_fail(LM_DAMAGED, "config.json: rope_scaling is out of range");
  } else {
    return lm_fail(LM_UNSUPPORTED, "rope_scaling type '%s' is not supported", type);
  }
  return 0;
}

int lm_config_from_json(lm_config *c, const json_t *json) {
  *c = (lm_config){0};
  const char *type = json_string_value(json_object_get(json, "model_type"));
  if (!type)
    return lm_fail(LM_DAMAGED, "config.json has no model_type");
  snprintf(c->architecture, sizeof c->architecture, "%s", type);
  if (!supported(type))
    return unsupported(type);
  c->layers = get_int(json, "num_hidden_layers", 0);
  c->hidden = get_int(json, "hidden_size", 0);
  c->heads = get_int(json, "num_attention_heads", 0);
  c->kv_heads = get_int(json, "num_key_value_heads", c->heads);
  c->head_dim = get_int(json, "head_dim", c->heads > 0 ? c->hidden / c->heads : 0);
  c->feed_forward = get_int(json, "intermediate_size", 0);
  c->vocabulary = get_int(json, "vocab_size", 0);
  c->context = get_int(json, "max_position_embeddings", 0);
  c->norm_eps = (float)get_number(json, "rms_norm_eps", 1e-5);
  c->tied = get_bool(json, "tie_word_embeddings", true);
  if (rope_from_json(c, json) || check(c))
    return 1;
  return lm_config_quantization(json, "", &c->group, &c->bits);
}

int lm_config_quantization(const json_t *json, const char *module, int *group, int *bits) {
  const json_t *q = json_object_get(json, "quantization");
  if (!json_is_object(q))
    q = json_object_get(json, "quantization_config");
  *group = *bits = 0;
  if (!json_is_object(q))
    return 0;
  const json_t *own = *module ? json_object_get(q, module) : NULL;
  if (json_is_false(own))
    return 0;
  const char *mode = json_string_value(json_object_get(q, "mode"));
  if (json_is_object(own) && json_object_get(own, "mode"))
    mode = json_string_value(json_object_get(own, "mode"));
  if (mode && strcmp(mode, "affine") != 0)
    return lm_fail(LM_UNSUPPORTED, "quantization mode '%s' is not supported", mode);
  int64_t g = get_int(own, "group_size", get_int(q, "group_size", 64));
  int64_t b = get_int(own, "bits", get_int(q, "bits", 4));
  if (g < 1 || g > MAX_GROUP || b < 1 || b > 8)
    return lm_fail(LM_DAMAGED, "config.json: quantization of %s in groups of %lld and %lld bits",
                   *module ? module : "the model", (long long)g, (long long)b);
  *group = (int)g;
  *bits = (int)b;
  return 0;
}

/* ---- gguf ---- */

static int64_t get(lm_metadata *m, const lm_config *c, const char *key, int64_t otherwise) {
  char name[160];
  snprintf(name, sizeof name, "%s%s", c->architecture, key);
  return lm_metadata_int(m, name, otherwise);
}

static float get_float(lm_metadata *m, const lm_config *c, const char *key, double otherwise) {
  char name[160];
  snprintf(name, sizeof name, "%s%s", c->architecture, key);
  return (float)lm_metadata_float(m, name, otherwise);
}

static int gguf_rope(lm_config *c, lm_metadata *m) {
  char key[160];
  c->rope_base = get_float(m, c, ".rope.freq_base", 10000);
  c->rope_dims = get(m, c, ".rope.dimension_count", c->head_dim);
  c->rope_factor = 1;
  c->rope_traditional = true; /* the format stores the rows of q and k as neighbouring pairs */
  snprintf(key, sizeof key, "%s.rope.scaling.type", c->architecture);
  char *kind = lm_metadata_string(m, key);
  int bad = 0;
  if (kind && strcmp(kind, "linear") == 0) {
    c->rope_kind = LM_ROPE_LINEAR;
    c->rope_factor = get_float(m, c, ".rope.scaling.factor", 1);
  } else if (kind && strcmp(kind, "none") != 0) {
    bad = lm_fail(LM_UNSUPPORTED, "rope scaling '%s' is not supported", kind);
  }
  free(kind);
  return bad;
}

static int gguf_architecture(lm_config *c, lm_metadata *m) {
  char *name = lm_metadata_string(m, "general.architecture");
  if (!name)
    return lm_metadata_check(m) || lm_fail(LM_DAMAGED, "the gguf file has no general.architecture");
  snprintf(c->architecture, sizeof c->architecture, "%s", name);
  int bad = supported(name) ? 0 : unsupported(name);
  free(name);
  return bad;
}

int lm_config_from_gguf(lm_config *c, mlx_io_gguf g) {
  lm_metadata m = {.file = g};
  *c = (lm_config){0};
  if (gguf_architecture(c, &m))
    return 1;
  c->layers = get(&m, c, ".block_count", 0);
  c->hidden = get(&m, c, ".embedding_length", 0);
  c->heads = get(&m, c, ".attention.head_count", 0);
  c->kv_heads = get(&m, c, ".attention.head_count_kv", c->heads);
  c->head_dim = get(&m, c, ".attention.key_length", c->heads > 0 ? c->hidden / c->heads : 0);
  c->feed_forward = get(&m, c, ".feed_forward_length", 0);
  c->context = get(&m, c, ".context_length", 0);
  c->vocabulary = get(&m, c, ".vocab_size", 0);
  c->norm_eps = get_float(&m, c, ".attention.layer_norm_rms_epsilon", 1e-5);
  if (get(&m, c, ".expert_count", 0) > 0)
    return lm_fail(LM_UNSUPPORTED, "mixtures of experts are not supported");
  if (c->vocabulary == 0) { /* older files: as many as there are tokens */
    size_t n;
    free(lm_metadata_strings(&m, "tokenizer.ggml.tokens", &n));
    c->vocabulary = (int64_t)n;
  }
  return gguf_rope(c, &m) || lm_metadata_check(&m) || check(c);
}
