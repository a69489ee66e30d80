/* Sampling: penalties, filters and the draw, each a few passes over the logits and none a sort.
   A filter removes a token by making its logit -inf, so the steps compose in any number. */
#include "sample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

struct lm_sampler {
  lm_sampler_params p;
  uint32_t key[2]; /* the generator's state, MLX's global one */
  float *seen;     /* scratch of the penalties */
  size_t cap_seen;
  uint32_t *counts; /* scratch of the selections, BUCKETS of them */
  double *mass;
};

enum { BUCKET_BITS = 11, BUCKETS = 1 << BUCKET_BITS };

/* --- MLX's generator: Threefry-2x32 --- */

static void threefry(const uint32_t key[2], uint32_t a, uint32_t b, uint32_t out[2]) {
  static const int turns[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t ks[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bdau};
  a += ks[0];
  b += ks[1];
  for (uint32_t i = 0; i < 5; i++) {
    for (int k = 0; k < 4; k++) {
      int t = turns[i & 1][k];
      a += b;
      b = (b << t | b >> (32 - t)) ^ a;
    }
    a += ks[(i + 1) % 3];
    b += ks[(i + 2) % 3] + i + 1;
  }
  out[0] = a;
  out[1] = b;
}

/* Splits the state, keeps one half and turns the other into a float in [0, 1). */
static float draw_uniform(lm_sampler *s) {
  uint32_t x[2], y[2], use[2], bits[2];
  threefry(s->key, 0, 2, x);
  threefry(s->key, 1, 3, y);
  s->key[0] = x[0];
  s->key[1] = y[0];
  use[0] = x[1];
  use[1] = y[1];
  threefry(use, 0, 0, bits);
  float u = (float)bits[0] / 4294967296.0f;
  return u < 1.0f ? u : nextafterf(1.0f, 0.0f);
}

/* --- parameters --- */

lm_sampler_params lm_sampler_defaults(void) {
  return (lm_sampler_params){.min_tokens_to_keep = 1,
                             .xtc_threshold = 0.1f,
                             .repetition_context = 20,
                             .presence_context = 20,
                             .frequency_context = 20};
}

static int check(const lm_sampler_params *p) {
  if (!(p->temp >= 0) || !isfinite(p->temp))
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] the temperature must be at least 0, got %g",
                   (double)p->temp);
  if (!(p->min_p >= 0 && p->min_p <= 1))
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] min_p must be in [0, 1], got %g", (double)p->min_p);
  if (p->min_p > 0 && p->min_tokens_to_keep < 1)
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] min_tokens_to_keep must be at least 1, got %d",
                   p->min_tokens_to_keep);
  if (!(p->xtc_probability >= 0 && p->xtc_probability <= 1))
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] xtc_probability must be in [0, 1], got %g",
                   (double)p->xtc_probability);
  if (!(p->xtc_threshold >= 0 && p->xtc_threshold <= 0.5f))
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] xtc_threshold must be in [0, 0.5], got %g",
                   (double)p->xtc_threshold);
  if (!(p->repetition_penalty >= 0) || !isfinite(p->repetition_penalty))
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] the repetition penalty must be at least 0, got %g",
                   (double)p->repetition_penalty);
  if (!isfinite(p->presence_penalty) || !isfinite(p->frequency_penalty))
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] a penalty must be finite");
  if (p->repetition_context < 0 || p->presence_context < 0 || p->frequency_context < 0)
    return lm_fail(LM_BAD_ARGUMENT, "[sampler] a context must be at least 0 tokens");
  return 0;
}

static bool copy(const void *from, size_t n, size_t size, const void **out) {
  *out = NULL;
  if (!n) return true;
  void *to = n <= SIZE_MAX / size ? malloc(n * size) : NULL;
  if (to) memcpy(to, from, n * size);
  *out = to;
  return to != NULL;
}

int lm_sampler_new(const lm_sampler_params *params, lm_sampler **out) {
  *out = NULL;
  if (check(params)) return 1;
  lm_sampler *s = calloc(1, sizeof *s);
  if (!s) return lm_nomem("sampler");
  const void *special, *bias;
  s->p = *params;
  s->key[0] = (uint32_t)(params->seed >> 32);
  s->key[1] = (uint32_t)params->seed;
  bool ok = copy(params->xtc_special, params->n_xtc_special, sizeof(int32_t), &special);
  ok = copy(params->logit_bias, params->n_logit_bias, sizeof(lm_logit_bias), &bias) && ok;
  s->p.xtc_special = special;
  s->p.logit_bias = bias;
  s->counts = malloc(BUCKETS * sizeof *s->counts);
  s->mass = malloc(BUCKETS * sizeof *s->mass);
  if (!ok || !s->counts || !s->mass) {
    lm_sampler_free(s);
    return lm_nomem("sampler");
  }
  *out = s;
  return 0;
}

void lm_sampler_free(lm_sampler *s) {
  if (!s) return;
  free((void *)(uintptr_t)s->p.xtc_special);
  free((void *)(uintptr_t)s->p.logit_bias);
  free(s->seen);
  free(s->counts);
  free(s->mass);
  free(s);
}

/* --- penalties --- */

typedef struct window {
  const int32_t *ids;
  size_t n;
} window;

static window last(const int32_t *ids, size_t n, int context) {
  size_t take = context && (size_t)context < n ? (size_t)context : n;
  return (window){ids + (n - take), take};
}

/* The logits of the window's tokens before any is changed: a token that occurs twice is changed
 * once. */
static int gather(lm_sampler *s, const float *logits, window w) {
  if (w.n > s->cap_seen) {
    float *grown = realloc(s->seen, w.n * sizeof *grown);
    if (!grown) return lm_nomem("sampler");
    s->seen = grown;
    s->cap_seen = w.n;
  }
  for (size_t i = 0; i < w.n; i++) s->seen[i] = logits[w.ids[i]];
  return 0;
}

static int penalize(lm_sampler *s, float *logits, const int32_t *recent, size_t n_recent) {
  const lm_sampler_params *p = &s->p;
  if (p->repetition_penalty != 0) {
    window w = last(recent, n_recent, p->repetition_context);
    if (gather(s, logits, w)) return 1;
    for (size_t i = 0; i < w.n; i++)
      logits[w.ids[i]] =
          s->seen[i] < 0 ? s->seen[i] * p->repetition_penalty : s->seen[i] / p->repetition_penalty;
  }
  if (p->presence_penalty != 0) {
    window w = last(recent, n_recent, p->presence_context);
    if (gather(s, logits, w)) return 1;
    for (size_t i = 0; i < w.n; i++) logits[w.ids[i]] = s->seen[i] - p->presence_penalty;
  }
  if (p->frequency_penalty != 0) {
    window w = last(recent, n_recent, p->frequency_context);
    for (size_t i = 0; i < w.n; i++) logits[w.ids[i]] -= p->frequency_penalty;
  }
  return 0;
}

static int process(lm_sampler *s, float *logits, size_t n, const int32_t *recent, size_t n_recent) {
  const lm_sampler_params *p = &s->p;
  for (size_t i = 0; i < p->n_logit_bias; i++) {
    int32_t id = p->logit_bias[i].id;
    if (id < 0 || (size_t)id >= n)
      return lm_fail(LM_BAD_ARGUMENT, "[sampler] the biased token %d is not among %zu", id, n);
    logits[id] += p->logit_bias[i].bias;
  }
  if (p->repetition_penalty == 0 && p->presence_penalty == 0 && p->frequency_penalty == 0) return 0;
  for (size_t i = 0; i < n_recent; i++)
    if (recent[i] < 0 || (size_t)recent[i] >= n)
      return lm_fail(LM_BAD_ARGUMENT, "[sampler] the token %d is not among %zu", recent[i], n);
  return penalize(s, logits, recent, n_recent);
}

/* --- selection without sorting: buckets of the bits of a float, finer each round --- */

/* Unsigned order is the floats' order. */
static uint32_t order_of(float f) {
  uint32_t u;
  memcpy(&u, &f, sizeof u);
  return u & 0x80000000u ? ~u : u | 0x80000000u;
}

static float float_of(uint32_t u) {
  float f;
  u = u & 0x80000000u ? u & 0x7fffffffu : ~u;
  memcpy(&f, &u, sizeof f);
  return f;
}

/* The lowest value v such that what lies above v has less than `want` of mass (each value's
   probability, or 1 each where `probs` is false). `left` is what v and its equals must still give.
   Values of -inf count as any other. */
static float select_mass(lm_sampler *s, const float *x, size_t n, bool probs, double want,
                         double *left) {
  uint32_t prefix = 0, mask = 0;
  for (int shift = 32; shift > 0;) {
    int bits = shift < BUCKET_BITS ? shift : BUCKET_BITS;
    shift -= bits;
    memset(s->mass, 0, BUCKETS * sizeof *s->mass);
    memset(s->counts, 0, BUCKETS * sizeof *s->counts);
    for (size_t i = 0; i < n; i++) {
      uint32_t u = order_of(x[i]);
      if ((u & mask) != prefix) continue;
      uint32_t b = u >> shift & ((1u << bits) - 1);
      s->counts[b]++;
      if (probs) s->mass[b] += expf(x[i]);
    }
    uint32_t b = 1u << bits, lowest = 0;
    double above = 0;
    while (b-- > 0) {
      if (!s->counts[b]) continue;
      double here = probs ? s->mass[b] : s->counts[b];
      lowest = b;
      if (above + here >= want) break;
      above += here;
    }
    if (b == UINT32_MAX) b = lowest, above -= probs ? s->mass[b] : s->counts[b];
    want -= above;
    prefix |= b << shift;
    mask |= ((1u << bits) - 1) << shift;
  }
  *left = want;
  return float_of(prefix);
}

static void keep_from(float *x, size_t n, float least) {
  for (size_t i = 0; i < n; i++)
    if (x[i] < least) x[i] = -INFINITY;
}

static float maximum(const float *x, size_t n) {
  float m = -INFINITY;
  for (size_t i = 0; i < n; i++) m = x[i] > m ? x[i] : m;
  return m;
}

/* --- the filters, on log-probabilities --- */

static void apply_top_p(lm_sampler *s, float *x, size_t n) {
  double left;
  keep_from(x, n, select_mass(s, x, n, true, s->p.top_p, &left));
}

static void apply_min_p(lm_sampler *s, float *x, size_t n) {
  float least = maximum(x, n) + logf(s->p.min_p);
  if (s->p.min_tokens_to_keep > 1) {
    double left;
    float kth = select_mass(s, x, n, false, s->p.min_tokens_to_keep, &left);
    if (kth < least) least = kth;
  }
  keep_from(x, n, least);
}

static bool is_special(const lm_sampler *s, size_t id) {
  for (size_t i = 0; i < s->p.n_xtc_special; i++)
    if (s->p.xtc_special[i] >= 0 && (size_t)s->p.xtc_special[i] == id) return true;
  return false;
}

/* Removes all the likely tokens but the least likely of them. */
static void apply_xtc(lm_sampler *s, float *x, size_t n) {
  if (draw_uniform(s) > s->p.xtc_probability) return;
  float max = maximum(x, n), least = INFINITY;
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += expf(x[i] - max);
  float total = (float)sum;
  for (size_t i = 0; i < n; i++) {
    if (x[i] < max - 100) continue;
    float prob = expf(x[i] - max) / total;
    if (prob > s->p.xtc_threshold && x[i] < least) least = x[i];
  }
  if (least == INFINITY) return;
  for (size_t i = 0; i < n; i++)
    if (x[i] > least && !is_special(s, i)) x[i] = -INFINITY;
}

/* Exactly k stay; of equals the first. */
static void apply_top_k(lm_sampler *s, float *x, size_t n) {
  double left;
  float kth = select_mass(s, x, n, false, s->p.top_k, &left);
  for (size_t i = 0; i < n; i++) {
    if (x[i] > kth) continue;
    if (x[i] == kth && left > 0)
      left--;
    else
      x[i] = -INFINITY;
  }
}

/* --- the draw --- */

static int32_t argmax(const float *x, size_t n) {
  float best = maximum(x, n);
  for (size_t i = 0; i < n; i++)
    if (x[i] == best) return (int32_t)i;
  return 0;
}

/* Inverse of the cumulative distribution: the last token whose weights before it do not exceed the
   draw. Both sums run in order in float, rounding as MLX's do, since over a large vocabulary that
   decides. */
static int32_t categorical(lm_sampler *s, float *x, size_t n) {
  float inv = 1 / s->p.temp, max, sum = 0, before = 0, u = draw_uniform(s);
  for (size_t i = 0; i < n; i++) x[i] *= inv;
  max = maximum(x, n);
  for (size_t i = 0; i < n; i++) {
    x[i] = x[i] - max < -104 ? 0 : expf(x[i] - max);
    sum += x[i];
  }
  float want = u * sum;
  size_t hit = 0;
  for (size_t i = 0; i < n && before <= want; i++) {
    if (x[i] > 0) hit = i;
    before += x[i];
  }
  return (int32_t)hit;
}

/* Makes log-probabilities of logits. */
static void normalize(float *x, size_t n) {
  float max = maximum(x, n);
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += expf(x[i] - max);
  float lse = (float)((double)max + log(sum));
  for (size_t i = 0; i < n; i++) x[i] -= lse;
}

static int check_logits(const float *x, size_t n) {
  bool bad = false, some = false;
  for (size_t i = 0; i < n; i++) {
    bad |= !(x[i] < INFINITY);
    some |= x[i] > -INFINITY;
  }
  if (bad) return lm_fail(LM_FAILED, "[sampler] a logit is not a number or infinite");
  return some ? 0 : lm_fail(LM_FAILED, "[sampler] no token is possible");
}

int32_t lm_sampler_sample(lm_sampler *s, float *logits, size_t n, const int32_t *recent,
                          size_t n_recent) {
  const lm_sampler_params *p = &s->p;
  if (n == 0 || n > INT32_MAX) {
    lm_fail(LM_BAD_ARGUMENT, "[sampler] %zu logits", n);
    return -1;
  }
  if (process(s, logits, n, recent, n_recent) || check_logits(logits, n)) return -1;
  if (p->temp == 0) return argmax(logits, n);
  normalize(logits, n);
  if (p->top_p > 0 && p->top_p < 1) apply_top_p(s, logits, n);
  if (p->min_p > 0) apply_min_p(s, logits, n);
  if (p->xtc_probability > 0) apply_xtc(s, logits, n);
  if (p->top_k > 0 && (size_t)p->top_k < n) apply_top_k(s, logits, n);
  return categorical(s, logits, n);
}
