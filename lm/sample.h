/* Sampling a token from logits, by MLX-LM's rules: logit bias, then repetition, presence and
   frequency penalties; temperature 0 is argmax; otherwise top_p, min_p, xtc and top_k in this
   order, and one draw from softmax(log-probabilities / temperature). The same seed gives the tokens
   that MLX-LM gives. */
#ifndef LM_SAMPLE_H
#define LM_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct lm_logit_bias {
  int32_t id;
  float bias;
} lm_logit_bias;

/* Zeroed it is greedy; lm_sampler_defaults gives MLX-LM's values of the rest. The arrays are
 * copied. */
typedef struct lm_sampler_params {
  float temp;                 /* 0: argmax */
  float top_p;                /* off unless between 0 and 1 */
  float min_p;                /* 0: off; at most 1 */
  int min_tokens_to_keep;     /* by min_p; at least 1 */
  int top_k;                  /* off unless between 0 and the vocabulary's size */
  float xtc_probability;      /* 0: off */
  float xtc_threshold;        /* 0 to 0.5 */
  const int32_t *xtc_special; /* tokens that xtc never removes */
  size_t n_xtc_special;
  float repetition_penalty;                  /* 0: off */
  float presence_penalty, frequency_penalty; /* 0: off */
  /* How many of the last tokens each penalty sees; 0: all of them. */
  int repetition_context, presence_context, frequency_context;
  const lm_logit_bias *logit_bias;
  size_t n_logit_bias;
  uint64_t seed;
} lm_sampler_params;

typedef struct lm_sampler lm_sampler;

lm_sampler_params lm_sampler_defaults(void);
int lm_sampler_new(const lm_sampler_params *params, lm_sampler **out);
void lm_sampler_free(lm_sampler *s);

/* The next token, or -1 after recording an error. `logits` (n of them) are changed. `recent` are
   the tokens so far, the prompt's too; only the penalties read them. One sampler belongs to one
   thread at a time. */
int32_t lm_sampler_sample(lm_sampler *s, float *logits, size_t n, const int32_t *recent,
                          size_t n_recent);

#endif
