/* A model: weights in place, and the graph of one forward pass. */
#ifndef LM_MODEL_H
#define LM_MODEL_H

#include "lm/config.h"
#include "lm/weights.h"

typedef struct lm_model lm_model;

/* Keys and values of one layer, (1, kv_heads, capacity, head_dim) each; positions past the
 * session's length are not defined. */
typedef struct lm_kv {
  mlx_array k, v;
} lm_kv;

typedef struct lm_cache {
  lm_kv *layers;
  int64_t n_layers, capacity;
} lm_cache;

/* Takes what it needs from w, which may be freed afterwards. */
int lm_model_new(lm_model **out, const lm_config *c, const lm_weights *w, mlx_stream s);
void lm_model_free(lm_model *m);
const lm_config *lm_model_config(const lm_model *m);

/* Builds the pass of n tokens at positions from..from+n-1 and updates the cache's handles to the
 * new, unevaluated keys and values. logits (float32, vocabulary) of the last token, unless NULL. */
int lm_model_forward(const lm_model *m, lm_cache *cache, const int32_t *ids, int n, int from,
                     mlx_array *logits);

int lm_cache_new(lm_cache *c, const lm_model *m);
void lm_cache_free(lm_cache *c);

#endif
