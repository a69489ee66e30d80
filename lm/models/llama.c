/* The llama family: embedding, blocks of attention and gated feed-forward with RMS norms, rotary
 * positions, grouped key-value heads, a head that may be the embedding. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lm/error.h"
#include "lm/graph.h"
#include "lm/model.h"
#include "mlx/c/fast.h"
#include "mlx/c/ops.h"

#define CACHE_STEP 256 /* the least that a cache grows by; then it doubles */

typedef struct layer {
  mlx_array attention_norm, feed_forward_norm;
  lm_linear q, k, v, o, gate, up, down;
} layer;

struct lm_model {
  lm_config c;
  mlx_stream stream;
  mlx_dtype dtype; /* of activations */
  lm_linear embedding, head;
  mlx_array norm;
  mlx_array freqs; /* of rope where they are not powers of a base */
  layer *layers;
};

/* ---- loading ---- */

/* llama3: long wavelengths are stretched by the factor, short ones kept, with a ramp in between. */
static float stretched(const lm_config *c, double freq) {
  double wavelength = 2 * 3.14159265358979323846 * freq;
  double low = (double)c->rope_original / c->rope_low,
         high = (double)c->rope_original / c->rope_high;
  if (wavelength < high)
    return (float)freq;
  if (wavelength > low)
    return (float)(freq * c->rope_factor);
  double smooth =
      ((double)c->rope_original / wavelength - c->rope_low) / (c->rope_high - c->rope_low);
  return (float)(freq / ((1 - smooth) / c->rope_factor + smooth));
}

/* Rope divides positions by these. A gguf brings factors in a tensor, a folder a rule. */
static int load_freqs(lm_model *m, const lm_weights *w) {
  const lm_config *c = &m->c;
  int n = (int)(c->rope_dims / 2);
  mlx_array factors;
  if (lm_weights_tensor(w, "rope_freqs.weight", &n, 1, true, &factors))
    return 1;
  const float *factor = NULL;
  int bad = 0;
  if (factors.ctx && mlx_array_dtype(factors) == MLX_FLOAT32)
    factor = mlx_array_data_float32(factors);
  if (factor || c->rope_kind == LM_ROPE_LLAMA3) {
    float *f = malloc((size_t)n * sizeof *f);
    for (int i = 0; f && i < n; i++) {
      double freq = pow(c->rope_base, 2.0 * i / (double)c->rope_dims);
      f[i] = factor ? (float)freq * factor[i] : stretched(c, freq);
    }
    m->freqs = f ? mlx_array_new_data(f, &n, 1, MLX_FLOAT32) : mlx_array_new();
    free(f);
    bad = m->freqs.ctx ? 0 : lm_nomem("rope frequencies");
  }
  mlx_array_free(factors);
  return bad;
}

static int load_layer(layer *l, const lm_config *c, const lm_weights *w, int i) {
  char name[96];
  const int hidden = (int)c->hidden;
  const int64_t q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
  const struct {
    const char *name;
    lm_linear *to;
    int64_t rows, columns;
  } linears[] = {{"self_attn.q_proj", &l->q, q, c->hidden},
                 {"self_attn.k_proj", &l->k, kv, c->hidden},
                 {"self_attn.v_proj", &l->v, kv, c->hidden},
                 {"self_attn.o_proj", &l->o, c->hidden, q},
                 {"mlp.gate_proj", &l->gate, c->feed_forward, c->hidden},
                 {"mlp.up_proj", &l->up, c->feed_forward, c->hidden},
                 {"mlp.down_proj", &l->down, c->hidden, c->feed_forward}};
  for (size_t k = 0; k < sizeof linears / sizeof *linears; k++) {
    snprintf(name, sizeof name, "model.layers.%d.%s", i, linears[k].name);
    if (lm_weights_linear(w, name, linears[k].rows, linears[k].columns, false, linears[k].to))
      return 1;
  }
  snprintf(name, sizeof name, "model.layers.%d.input_layernorm.weight", i);
  if (lm_weights_tensor(w, name, &hidden, 1, false, &l->attention_norm))
    return 1;
  snprintf(name, sizeof name, "model.layers.%d.post_attention_layernorm.weight", i);
  return lm_weights_tensor(w, name, &hidden, 1, false, &l->feed_forward_norm);
}

static int load(lm_model *m, const lm_weights *w) {
  const lm_config *c = &m->c;
  const int hidden = (int)c->hidden;
  if (lm_weights_linear(w, "model.embed_tokens", c->vocabulary, c->hidden, false, &m->embedding) ||
      lm_weights_tensor(w, "model.norm.weight", &hidden, 1, false, &m->norm))
    return 1;
  bool own_head = w->gguf || !c->tied; /* a gguf says so by having the tensor */
  if (own_head &&
      lm_weights_linear(w, "lm_head", c->vocabulary, c->hidden, w->gguf, &m->head))
    return 1;
  m->c.tied = m->head.w.ctx == NULL;
  /* norms are kept in the dtype that activations have */
  m->dtype = mlx_array_dtype(m->norm);
  m->layers = calloc((size_t)c->layers, sizeof *m->layers);
  if (!m->layers)
    return lm_nomem("model");
  for (int i = 0; i < c->layers; i++)
    if (load_layer(&m->layers[i], c, w, i))
      return 1;
  return load_freqs(m, w);
}

int lm_model_new(lm_model **out, const lm_config *c, const lm_weights *w, mlx_stream s) {
  lm_model *m = calloc(1, sizeof *m);
  if (!m)
    return lm_nomem("model");
  m->c = *c;
  m->stream = s;
  if (load(m, w)) {
    lm_model_free(m);
    return 1;
  }
  *out = m;
  return 0;
}

static void free_layer(layer *l) {
  lm_linear *linears[] = {&l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down};
  for (size_t k = 0; k < sizeof linears / sizeof *linears; k++)
    lm_linear_free(linears[k]);
  mlx_array_free(l->attention_norm);
  mlx_array_free(l->feed_forward_norm);
}

void lm_model_free(lm_model *m) {
  if (!m)
    return;
  for (int64_t i = 0; m->layers && i < m->c.layers; i++)
    free_layer(&m->layers[i]);
  free(m->layers);
  lm_linear_free(&m->embedding);
  lm_linear_free(&m->head);
  mlx_array_free(m->norm);
  mlx_array_free(m->freqs);
  free(m);
}

const lm_config *lm_model_config(const lm_model *m) {
  return &m->c;
}

/* ---- the key-value cache ---- */

int lm_cache_new(lm_cache *c, const lm_model *m) {
  *c = (lm_cache){.n_layers = m->c.layers};
  c->layers = calloc((size_t)m->c.layers, sizeof *c->layers);
  return c->layers ? 0 : lm_nomem("key-value cache");
}

void lm_cache_free(lm_cache *c) {
  for (int64_t i = 0; c->layers && i < c->n_layers; i++) {
    mlx_array_free(c->layers[i].k);
    mlx_array_free(c->layers[i].v);
  }
  free(c->layers);
  *c = (lm_cache){0};
}

/* src with `update` at positions from.. of axis 2; the memory of src is reused when nobody else has
 * it. */
static mlx_array put(lm_graph *g, mlx_array src, mlx_array update, int from) {
  const int *u = mlx_array_shape(update);
  const int start[] = {0, 0, from, 0}, step[] = {1, 1, 1, 1};
  if (!u)
    return lm_graph_check(g, 1), mlx_array_new();
  const int stop[] = {u[0], u[1], from + u[2], u[3]};
  return LM_OP(g, mlx_slice_update, src, update, start, 4, stop, 4, step, 4);
}

static mlx_array first_positions(lm_graph *g, mlx_array a, int n) {
  const int *dims = mlx_array_shape(a);
  const int start[] = {0, 0, 0, 0}, step[] = {1, 1, 1, 1};
  if (!dims)
    return lm_graph_check(g, 1), mlx_array_new();
  const int stop[] = {dims[0], dims[1], n, dims[3]};
  return LM_OP(g, mlx_slice, a, start, 4, stop, 4, step, 4);
}

/* Makes room for `need` positions, keeping the first `used`. */
static void grow(lm_graph *g, const lm_model *m, mlx_array *a, int64_t capacity, int used) {
  const int shape[] = {1, (int)m->c.kv_heads, (int)capacity, (int)m->c.head_dim};
  mlx_array bigger = LM_OP(g, mlx_zeros, shape, 4, m->dtype);
  if (used)
    bigger = put(g, bigger, first_positions(g, *a, used), 0);
  if (!g->failed)
    lm_graph_check(g, mlx_array_set(a, bigger));
}

static void reserve(lm_graph *g, const lm_model *m, lm_cache *c, int used, int need) {
  if (need <= c->capacity)
    return;
  int64_t capacity = c->capacity ? c->capacity * 2 : CACHE_STEP;
  while (capacity < need)
    capacity *= 2;
  for (int64_t i = 0; i < c->n_layers; i++) {
    grow(g, m, &c->layers[i].k, capacity, used);
    grow(g, m, &c->layers[i].v, capacity, used);
  }
  if (!g->failed)
    c->capacity = capacity;
}

/* ---- the pass ---- */

static mlx_array linear(lm_graph *g, const lm_linear *l, mlx_array x) {
  mlx_array y;
  if (l->bits) {
    mlx_optional_int group = {l->group, true}, bits = {l->bits, true};
    y = LM_OP(g, mlx_quantized_matmul, x, l->w, l->scales, l->biases, true, group, bits, "affine");
  } else {
    y = LM_OP(g, mlx_matmul, x, LM_OP(g, mlx_transpose, l->w));
  }
  return l->bias.ctx ? LM_OP(g, mlx_add, y, l->bias) : y;
}

static mlx_array embed(lm_graph *g, const lm_model *m, mlx_array ids) {
  const lm_linear *e = &m->embedding;
  mlx_array rows = LM_OP(g, mlx_take_axis, e->w, ids, 0);
  if (!e->bits)
    return LM_OP(g, mlx_astype, rows, m->dtype);
  mlx_optional_int group = {e->group, true}, bits = {e->bits, true};
  mlx_optional_dtype same = {MLX_FLOAT32, false};
  /* in the activations' dtype, which may be wider than that of the scales */
  mlx_array scales = LM_OP(g, mlx_astype, LM_OP(g, mlx_take_axis, e->scales, ids, 0), m->dtype);
  mlx_array biases = LM_OP(g, mlx_astype, LM_OP(g, mlx_take_axis, e->biases, ids, 0), m->dtype);
  return LM_OP(g, mlx_dequantize, rows, scales, biases, group, bits, "affine", mlx_array_new(),
               same);
}

/* (1, n, heads*dim) -> (1, heads, n, dim) */
static mlx_array split_heads(lm_graph *g, mlx_array x, int n, int64_t heads, int64_t dim) {
  const int shape[] = {1, n, (int)heads, (int)dim}, order[] = {0, 2, 1, 3};
  return LM_OP(g, mlx_transpose_axes, LM_OP(g, mlx_reshape, x, shape, 4), order, 4);
}

static mlx_array rope(lm_graph *g, const lm_model *m, mlx_array x, int from) {
  const lm_config *c = &m->c;
  mlx_optional_float base = {c->rope_base, m->freqs.ctx == NULL};
  float scale = c->rope_kind == LM_ROPE_LINEAR ? 1 / c->rope_factor : 1;
  return LM_OP(g, mlx_fast_rope, x, (int)c->rope_dims, c->rope_traditional, base, scale, from,
               m->freqs);
}

static mlx_array attention(lm_graph *g, const lm_model *m, const layer *l, lm_kv *kv, mlx_array x,
                           int n, int from) {
  const lm_config *c = &m->c;
  mlx_array q = split_heads(g, linear(g, &l->q, x), n, c->heads, c->head_dim);
  mlx_array k = split_heads(g, linear(g, &l->k, x), n, c->kv_heads, c->head_dim);
  mlx_array v = split_heads(g, linear(g, &l->v, x), n, c->kv_heads, c->head_dim);
  q = rope(g, m, q, from);
  k = rope(g, m, k, from);
  mlx_array all_k = put(g, kv->k, k, from), all_v = put(g, kv->v, v, from);
  if (g->failed)
    return mlx_array_new();
  lm_graph_check(g, mlx_array_set(&kv->k, all_k) || mlx_array_set(&kv->v, all_v));
  float scale = 1 / sqrtf((float)c->head_dim);
  mlx_array y = LM_OP(g, mlx_fast_scaled_dot_product_attention, q,
                      first_positions(g, all_k, from + n), first_positions(g, all_v, from + n),
                      scale, n > 1 ? "causal" : "", mlx_array_new(), mlx_array_new());
  const int order[] = {0, 2, 1, 3}, flat[] = {1, n, (int)(c->heads * c->head_dim)};
  y = LM_OP(g, mlx_reshape, LM_OP(g, mlx_transpose_axes, y, order, 4), flat, 3);
  return linear(g, &l->o, y);
}

/* down(silu(gate(x)) * up(x)) */
static mlx_array feed_forward(lm_graph *g, const layer *l, mlx_array x) {
  mlx_array gate = linear(g, &l->gate, x), up = linear(g, &l->up, x);
  mlx_array silu = LM_OP(g, mlx_multiply, gate, LM_OP(g, mlx_sigmoid, gate));
  return linear(g, &l->down, LM_OP(g, mlx_multiply, silu, up));
}

static mlx_array norm(lm_graph *g, const lm_model *m, mlx_array x, mlx_array weight) {
  return LM_OP(g, mlx_fast_rms_norm, x, weight, m->c.norm_eps);
}

/* Logits of the last of n positions, flat float32. */
static void head(lm_graph *g, const lm_model *m, mlx_array x, int n, mlx_array *logits) {
  const int hidden = (int)m->c.hidden, vocabulary = (int)m->c.vocabulary;
  const int start[] = {0, n - 1, 0}, stop[] = {1, n, hidden}, step[] = {1, 1, 1};
  if (n > 1)
    x = LM_OP(g, mlx_slice, x, start, 3, stop, 3, step, 3);
  x = linear(g, m->c.tied ? &m->embedding : &m->head, norm(g, m, x, m->norm));
  x = LM_OP(g, mlx_astype, LM_OP(g, mlx_reshape, x, &vocabulary, 1), MLX_FLOAT32);
  if (!g->failed)
    lm_graph_check(g, mlx_array_set(logits, x));
}

int lm_model_forward(const lm_model *m, lm_cache *cache, const int32_t *ids, int n, int from,
                     mlx_array *logits) {
  lm_graph g;
  const int shape[] = {1, n};
  lm_graph_open(&g, m->stream);
  reserve(&g, m, cache, from, from + n);
  mlx_array tokens = mlx_array_new();
  lm_graph_check(&g, mlx_array_set_data(&tokens, ids, shape, 2, MLX_INT32));
  mlx_array x = embed(&g, m, lm_graph_keep(&g, tokens));
  for (int64_t i = 0; i < m->c.layers && !g.failed; i++) {
    const layer *l = &m->layers[i];
    mlx_array a =
        attention(&g, m, l, &cache->layers[i], norm(&g, m, x, l->attention_norm), n, from);
    x = LM_OP(&g, mlx_add, x, a);
    mlx_array f = feed_forward(&g, l, norm(&g, m, x, l->feed_forward_norm));
    x = LM_OP(&g, mlx_add, x, f);
  }
  if (logits)
    head(&g, m, x, n, logits);
  return lm_graph_close(&g);
}
