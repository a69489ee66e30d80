/* Owns timelines: tokens fed so far and their cache. Invariant: the cache holds keys and values of
 * exactly `length` tokens; a failed feed leaves the tokens before it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lm/engine.h"
#include "lm/graph.h"
#include "mlx/c/transforms.h"
#include "mlx/c/vector.h"

#define DEFAULT_STEP 2048

struct lm_session {
  const lm_engine *engine;
  lm_cache cache;
  size_t length;
  float *logits; /* vocabulary numbers */
  bool have_logits;
};

int lm_session_new(lm_session **out, const lm_engine *e) {
  lm_session *s = calloc(1, sizeof *s);
  if (!s)
    return lm_nomem("session");
  s->engine = e;
  s->logits = malloc((size_t)lm_engine_vocabulary(e) * sizeof *s->logits);
  if (!s->logits) {
    lm_session_free(s);
    return lm_nomem("session");
  }
  if (lm_cache_new(&s->cache, e->model)) {
    lm_session_free(s);
    return 1;
  }
  *out = s;
  return 0;
}

void lm_session_free(lm_session *s) {
  if (!s)
    return;
  lm_cache_free(&s->cache);
  free(s->logits);
  free(s);
}

/* Evaluates the keys and values of a chunk whose logits nobody needs. */
static int eval_cache(const lm_cache *c) {
  mlx_vector_array all = mlx_vector_array_new();
  int bad = !all.ctx;
  for (int64_t i = 0; i < c->n_layers && !bad; i++)
    bad = mlx_vector_array_append_value(all, c->layers[i].k) ||
          mlx_vector_array_append_value(all, c->layers[i].v);
  bad = bad || mlx_eval(all);
  mlx_vector_array_free(all);
  return bad ? lm_fail_mlx("evaluation") : 0;
}

static int take_logits(lm_session *s, mlx_array logits) {
  const float *v = mlx_array_eval(logits) ? NULL : mlx_array_data_float32(logits);
  if (!v)
    return lm_fail_mlx("evaluation");
  memcpy(s->logits, v, (size_t)lm_engine_vocabulary(s->engine) * sizeof *v);
  return 0;
}

static int feed_chunk(lm_session *s, const int32_t *ids, size_t n, bool last) {
  mlx_array logits = mlx_array_new();
  int bad = lm_model_forward(s->engine->model, &s->cache, ids, (int)n, (int)s->length,
                             last ? &logits : NULL) ||
            (last ? take_logits(s, logits) : eval_cache(&s->cache));
  mlx_array_free(logits);
  return bad;
}

int lm_session_feed(lm_session *s, const int32_t *ids, size_t n, size_t step,
                    const lm_progress *progress) {
  int64_t vocabulary = lm_engine_vocabulary(s->engine);
  if (n == 0)
    return lm_fail(LM_BAD_ARGUMENT, "no tokens to feed");
  if (n > INT_MAX / 2 - s->length)
    return lm_fail(LM_BAD_ARGUMENT, "%zu tokens are more than a session holds", n);
  for (size_t i = 0; i < n; i++)
    if (ids[i] < 0 || ids[i] >= vocabulary)
      return lm_fail(LM_BAD_ARGUMENT, "token %d is outside the vocabulary of %lld", ids[i],
                     (long long)vocabulary);
  if (step == 0)
    step = DEFAULT_STEP;
  s->have_logits = false;
  for (size_t at = 0; at < n; at += step) {
    size_t part = n - at < step ? n - at : step;
    if (feed_chunk(s, ids + at, part, at + part == n))
      return 1;
    s->length += part;
    if (progress && progress->fn(progress->ctx, (double)(at + part) / (double)n))
      return lm_fail(LM_INTERRUPTED, "the prompt was interrupted");
  }
  s->have_logits = true;
  return 0;
}

const lm_engine *lm_session_engine(const lm_session *s) {
  return s->engine;
}

float *lm_session_logits(lm_session *s) {
  return s->have_logits ? s->logits : NULL;
}

size_t lm_session_length(const lm_session *s) {
  return s->length;
}

int lm_session_rewind(lm_session *s, size_t n) {
  if (n > s->length)
    return lm_fail(LM_BAD_ARGUMENT, "cannot rewind from %zu tokens to %zu", s->length, n);
  s->length = n;
  s->have_logits = false;
  return 0;
}
