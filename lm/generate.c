/* Owns the generation loop: feed the prompt, then sample, show and feed until an end. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lm/lm.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct run {
  lm_session *session;
  const lm_tokenizer *tokenizer;
  size_t vocabulary;
  const lm_generation *g;
  lm_sampler *sampler;
  lm_detok *detok;
  int32_t *tokens; /* the prompt and what was generated: penalties look back over it */
  size_t n, cap;
} run;

static int remember(run *r, const int32_t *ids, size_t n) {
  if (n > r->cap - r->n) {
    size_t cap = r->cap + n + r->cap / 2 + 256;
    int32_t *more = realloc(r->tokens, cap * sizeof *more);
    if (!more)
      return lm_nomem("generate");
    r->tokens = more;
    r->cap = cap;
  }
  memcpy(r->tokens + r->n, ids, n * sizeof *ids);
  r->n += n;
  return 0;
}

/* Hands text on; true when the callback wants to stop. */
static bool show(const run *r, const char *text, size_t len) {
  return len && r->g->text && r->g->text(r->g->ctx, text, len);
}

/* One token: sampled, shown, fed unless it is the last. */
static int step(run *r, lm_statistics *stats, bool *done) {
  const char *text;
  size_t len;
  int32_t id =
      lm_sampler_sample(r->sampler, lm_session_logits(r->session), r->vocabulary, r->tokens, r->n);
  if (id < 0 || remember(r, &id, 1))
    return 1;
  stats->generated_tokens++;
  *done = true;
  if (lm_tokenizer_is_eos(r->tokenizer, id)) {
    stats->finish = LM_FINISH_STOP;
    return 0;
  }
  bool stop = r->g->token && r->g->token(r->g->ctx, id);
  if (lm_detok_feed(r->detok, id, &text, &len))
    return 1;
  if (show(r, text, len) || stop) {
    stats->finish = LM_FINISH_CANCELLED;
    return 0;
  }
  if (stats->generated_tokens == r->g->max_tokens)
    return 0;
  *done = false;
  return lm_session_feed(r->session, &id, 1, 0, NULL);
}

static int loop(run *r, lm_statistics *stats) {
  const char *text;
  size_t len;
  bool done = r->g->max_tokens == 0;
  while (!done)
    if (step(r, stats, &done))
      return 1;
  if (lm_detok_finish(r->detok, &text, &len))
    return 1;
  show(r, text, len);
  return 0;
}

static int prepare(run *r, const int32_t *prompt, size_t n) {
  return remember(r, prompt, n) || lm_sampler_new(&r->g->sampling, &r->sampler) ||
         lm_detok_new(&r->detok, r->tokenizer, true);
}

int lm_generate(lm_session *s, const int32_t *prompt, size_t n, const lm_generation *g,
                lm_statistics *stats) {
  const lm_engine *e = lm_session_engine(s);
  run r = {.session = s,
           .tokenizer = lm_engine_tokenizer(e),
           .vocabulary = (size_t)lm_engine_vocabulary(e),
           .g = g};
  lm_statistics own;
  if (!stats)
    stats = &own;
  *stats = (lm_statistics){.prompt_tokens = n, .finish = LM_FINISH_LENGTH};
  double start = now();
  int bad = prepare(&r, prompt, n) || lm_session_feed(s, prompt, n, g->prefill_step, g->prefill);
  double fed = now();
  bad = bad || loop(&r, stats);
  stats->prompt_seconds = fed - start;
  stats->generation_seconds = now() - fed;
  lm_detok_free(r.detok);
  lm_sampler_free(r.sampler);
  free(r.tokens);
  return bad;
}
