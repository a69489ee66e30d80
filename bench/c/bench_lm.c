// Speed of the language-model runtime, for bench/lm.py: one run, one JSON line.
//
//   bench_lm MODEL PROMPT_TOKENS GENERATED_TOKENS      (threads: MLX_NUM_THREADS)
//
// The same work as bench/llama_worker.py: load, a 16-token prompt to its first token, greedy decoding
// after it, then on an empty cache a long prompt and decoding after that.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "lm/lm.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int32_t best(const float *logits, int64_t n) {
  int64_t top = 0;
  for (int64_t i = 1; i < n; i++)
    if (logits[i] > logits[top]) top = i;
  return (int32_t)top;
}

// Feeds tokens and gives the greedy next one; negative on failure.
static int32_t feed(lm_session *s, int64_t vocabulary, const int32_t *ids, size_t n) {
  if (lm_session_feed(s, ids, n, 0, NULL)) return -1;
  return best(lm_session_logits(s), vocabulary);
}

// Tokens a second of `count` greedy steps from `token` on; negative on failure.
static double decode(lm_session *s, int64_t vocabulary, int32_t token, int count) {
  double start = now();
  for (int i = 0; i < count; i++) {
    token = feed(s, vocabulary, &token, 1);
    if (token < 0) return -1;
  }
  return count / (now() - start);
}

static int measure(const char *path, const int32_t *ids, int prompt, int generated) {
  enum { short_prompt = 16 };
  lm_engine *engine = NULL;
  lm_session *session = NULL;
  int failed = 1;
  double start = now();
  if (lm_engine_load(&engine, path, NULL) || lm_session_new(&session, engine)) goto fail;
  double loaded = now();
  int64_t vocabulary = lm_engine_vocabulary(engine);
  int32_t token = feed(session, vocabulary, ids, short_prompt);
  double first = now();
  if (token < 0) goto fail;
  double empty = decode(session, vocabulary, token, generated);
  if (empty < 0 || lm_session_rewind(session, 0)) goto fail;
  double begin = now();
  token = feed(session, vocabulary, ids, (size_t)prompt);
  double prefill = prompt / (now() - begin);
  if (token < 0) goto fail;
  double after = decode(session, vocabulary, token, generated);
  if (after < 0) goto fail;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"load_s\": %.6f, \"first_token_s\": %.6f, \"prefill\": %.3f, \"decode\": %.3f, "
         "\"decode_empty\": %.3f, \"rss_mb\": %.1f}\n",
         loaded - start, first - start, prefill, after, empty, (double)usage.ru_maxrss / 1024);
  failed = 0;

fail:
  if (failed) fprintf(stderr, "bench_lm: %s\n", lm_error_text());
  lm_session_free(session);
  lm_engine_free(engine);
  return failed;
}

int main(int argc, char **argv) {
  int prompt = argc > 2 ? atoi(argv[2]) : 512, generated = argc > 3 ? atoi(argv[3]) : 128;
  if (argc < 2 || prompt < 16 || prompt > 1 << 20 || generated < 1) {
    fprintf(stderr, "usage: bench_lm MODEL [PROMPT_TOKENS >= 16] [GENERATED_TOKENS]\n");
    return 2;
  }
  int32_t *ids = malloc((size_t)prompt * sizeof *ids);
  if (!ids) {
    fprintf(stderr, "bench_lm: out of memory\n");
    return 1;
  }
  for (int i = 0; i < prompt; i++) ids[i] = (int32_t)(((int64_t)i * 7919 + 11) % 49000 + 100);
  int failed = measure(argv[1], ids, prompt, generated);
  free(ids);
  return failed;
}
