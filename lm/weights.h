/* The named tensors of a model, from a gguf file or from the safetensors of a folder, under the
 * names that Hugging Face's llama uses. */
#ifndef LM_WEIGHTS_H
#define LM_WEIGHTS_H

#include <jansson.h>
#include <stdbool.h>

#include "lm/config.h"
#include "lm/lm.h"
#include "mlx/c/map.h"
#include "mlx/c/stream.h"

typedef struct lm_weights {
  bool gguf;
  mlx_io_gguf file;            /* of a gguf */
  mlx_map_string_to_array map; /* of a folder */
  json_t *json;                /* its config.json, borrowed; NULL for a gguf */
} lm_weights;

/* y = x Wᵀ + bias, W plain or affine-quantized. */
typedef struct lm_linear {
  mlx_array w, scales, biases, bias;
  int group, bits; /* bits 0: plain */
} lm_linear;

/* Reads every shard that the index (model.safetensors.index.json) names, or without one the
 * folder's model.safetensors. json is the folder's config.json; both stay the caller's. */
int lm_weights_from_folder(lm_weights *w, const char *dir, json_t *json, json_t *index,
                           mlx_stream s, const lm_progress *progress);
void lm_weights_free(lm_weights *w);

/* A tensor of the given shape; a module's weight matrix of (rows, columns) with what belongs to it.
 * A missing name is an error unless optional, when the result stays empty. */
int lm_weights_tensor(const lm_weights *w, const char *name, const int *shape, int ndim,
                      bool optional, mlx_array *out);
int lm_weights_linear(const lm_weights *w, const char *module, int64_t rows, int64_t columns,
                      bool optional, lm_linear *out);
void lm_linear_free(lm_linear *l);

#endif
