/* What a model file says of its architecture, whichever kind of file it was. */
#ifndef LM_CONFIG_H
#define LM_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mlx/c/io_types.h"

typedef enum lm_rope_kind { LM_ROPE_PLAIN, LM_ROPE_LINEAR, LM_ROPE_LLAMA3 } lm_rope_kind;

typedef struct lm_config {
  char architecture[64]; /* as the file names it */
  int64_t layers, hidden, heads, kv_heads, head_dim, feed_forward, vocabulary, context;
  float norm_eps;
  float rope_base, rope_factor; /* factor: positions are divided by it (linear) */
  int64_t rope_dims;
  bool rope_traditional; /* pairs are neighbours, not halves */
  lm_rope_kind rope_kind;
  float rope_low, rope_high; /* llama3: low and high frequency factor */
  int64_t rope_original;     /* llama3: context before stretching */
  bool tied;                 /* the head is the embedding */
  int group, bits;           /* MLX quantization of a folder; bits 0: none */
} lm_config;

/* From config.json; names the unsupported thing. */
int lm_config_from_json(lm_config *c, const json_t *json);
int lm_config_from_gguf(lm_config *c, mlx_io_gguf gguf);
/* quantization of one module in config.json: group and bits, bits 0 where it is not quantized. */
int lm_config_quantization(const json_t *json, const char *module, int *group, int *bits);

#endif
