/* The language-model runtime. An engine is a loaded model: weights, tokenizer, chat template; it
 * never changes while sessions use it. A session is one timeline: tokens fed so far, their
 * key-value cache, the logits that follow. Functions return 0, or nonzero with lm_error_kind /
 * lm_error_text (error.h) saying why. */
#ifndef LM_LM_H
#define LM_LM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lm/error.h"
#include "lm/sample.h"
#include "lm/tokenizer.h"

typedef struct lm_engine lm_engine;
typedef struct lm_session lm_session;

/* Called while something long goes on, with the share done in 0..1. Nonzero stops it: the call
 * then fails with LM_INTERRUPTED. */
typedef struct lm_progress {
  int (*fn)(void *ctx, double done);
  void *ctx;
} lm_progress;

/* path: a .gguf file, or a folder in Hugging Face's layout (config.json, *.safetensors,
 * tokenizer.json), plain or quantized by MLX. progress may be NULL. */
int lm_engine_load(lm_engine **out, const char *path, const lm_progress *progress);
void lm_engine_free(lm_engine *e);

lm_tokenizer *lm_engine_tokenizer(const lm_engine *e);
/* The chat template's text, NULL where the model has none. */
const char *lm_engine_chat_template(const lm_engine *e);
int lm_engine_set_chat_template(lm_engine *e, const char *text);
/* Tokens that the model was trained to see at once; 0 where it does not say. */
int64_t lm_engine_context_length(const lm_engine *e);
int64_t lm_engine_vocabulary(const lm_engine *e);

/* The prompt text of a conversation. messages: a JSON array of {"role", "content", ...}; extra: a
 * JSON object of further template variables, or NULL. The caller frees *text. */
int lm_engine_chat_prompt(const lm_engine *e, const char *messages, const char *extra,
                          bool add_generation_prompt, char **text);

int lm_session_new(lm_session **out, const lm_engine *e);
void lm_session_free(lm_session *s);
const lm_engine *lm_session_engine(const lm_session *s);
/* Feeds tokens, `step` at a time (0: 2,048); afterwards the logits of the token after the last are
 * there. */
int lm_session_feed(lm_session *s, const int32_t *ids, size_t n, size_t step,
                    const lm_progress *progress);
/* lm_engine_vocabulary floats, the session's own until the next feed; the caller may change them.
 * NULL before the first feed. */
float *lm_session_logits(lm_session *s);
/* Tokens fed. */
size_t lm_session_length(const lm_session *s);
/* Forgets all tokens past the first n. */
int lm_session_rewind(lm_session *s, size_t n);

/* ---- generation ---- */

typedef struct lm_generation {
  lm_sampler_params sampling;
  size_t max_tokens;
  size_t prefill_step;          /* 0: 2,048 */
  const lm_progress *prefill;   /* may be NULL */
  /* Text as it becomes certain; nonzero stops the generation. May be NULL. */
  int (*text)(void *ctx, const char *text, size_t len);
  /* Each token, before its text; nonzero stops. May be NULL. */
  int (*token)(void *ctx, int32_t id);
  void *ctx;
} lm_generation;

typedef enum lm_finish { LM_FINISH_LENGTH, LM_FINISH_STOP, LM_FINISH_CANCELLED } lm_finish;

typedef struct lm_statistics {
  size_t prompt_tokens, generated_tokens;
  double prompt_seconds, generation_seconds;
  lm_finish finish;
} lm_statistics;

/* Feeds the prompt, then samples until an end token, max_tokens, or a callback says stop. An end
 * token is counted but not shown. stats may be NULL. */
int lm_generate(lm_session *s, const int32_t *prompt, size_t n, const lm_generation *g,
                lm_statistics *stats);

/* Bytes that arrays took at the most since the process began. */
size_t lm_peak_memory(void);

#endif
