// Promise: no tokenizer.json and no text crashes, hangs or leaks; what encodes also decodes, and
// streams to the same text. Input: a tokenizer.json, a NUL, and the text to encode; without a NUL the
// text is the input itself.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer.h"

static void stream(const lm_tokenizer *t, const int32_t *ids, size_t count, const char *want,
                   size_t want_len) {
  lm_detok *d;
  size_t done = 0, n;
  const char *part;
  if (lm_detok_new(&d, t, false)) return;
  for (size_t i = 0; i <= count; i++) {
    if (i < count ? lm_detok_feed(d, ids[i], &part, &n) : lm_detok_finish(d, &part, &n)) abort();
    if (n > want_len - done || memcmp(want + done, part, n) != 0) abort();
    done += n;
  }
  if (done != want_len) abort();
  lm_detok_free(d);
}

static void use(const lm_tokenizer *t, const char *text, size_t len) {
  int32_t *ids;
  size_t count, n;
  char *back;
  if (lm_tokenizer_encode(t, text, len, true, true, &ids, &count)) return;
  for (size_t i = 0; i < count; i++)
    if (ids[i] < 0 || (size_t)ids[i] >= lm_tokenizer_size(t)) abort();
  if (!lm_tokenizer_decode(t, ids, count, false, &back, &n)) {
    stream(t, ids, count, back, n);
    free(back);
  }
  free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *json = (const char *)data, *end = memchr(json, 0, size);
  size_t len = end ? (size_t)(end - json) : size;
  const char *text = end ? end + 1 : json;
  size_t text_len = end ? size - len - 1 : size;
  lm_tokenizer *t;
  if (lm_tokenizer_from_json(&t, json, len, NULL, 0)) return 0;
  use(t, text, text_len < 4096 ? text_len : 0);
  lm_tokenizer_free(t);
  return 0;
}
