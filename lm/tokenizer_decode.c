/* Decoding: ids become text one at a time, through the decoder's stages. Each stage holds back what
 * a later token could change, and no more; decoding a whole list feeds the same stages. */
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

typedef struct stage_state {
  lm_buf held;        /* bytes of an unfinished character or run of byte tokens */
  bool begun;         /* metaspace: the first token is through */
  bool left_done;     /* strip */
  size_t left, right; /* strip: dropped so far; characters held back */
} stage_state;

struct lm_detok {
  const lm_tokenizer *t;
  bool skip_special, begun;
  lm_scan *scan;
  lm_buf out;
  stage_state *states;
};

static int push(lm_detok *d, size_t stage, const char *p, size_t len);

int lm_detok_new(lm_detok **out, const lm_tokenizer *t, bool skip_special) {
  lm_detok *d = calloc(1, sizeof *d);
  if (!d) return lm_nomem("tokenizer");
  d->t = t;
  d->skip_special = skip_special;
  d->states = calloc(t->dec_count + 1, sizeof *d->states);
  if (!d->states || lm_scan_new(&d->scan) || lm_buf_reserve(&d->out, 64)) {
    lm_detok_free(d);
    return lm_nomem("tokenizer");
  }
  *out = d;
  return 0;
}

void lm_detok_reset(lm_detok *d) {
  d->begun = false;
  d->out.len = 0;
  for (size_t i = 0; i < d->t->dec_count; i++) {
    lm_buf held = d->states[i].held;
    held.len = 0;
    d->states[i] = (stage_state){.held = held};
  }
}

void lm_detok_free(lm_detok *d) {
  if (!d) return;
  for (size_t i = 0; d->states && i < d->t->dec_count; i++) lm_buf_free(&d->states[i].held);
  free(d->states);
  lm_scan_free(d->scan);
  lm_buf_free(&d->out);
  free(d);
}

/* Passes on the whole characters among the bytes held; ill-formed parts become U+FFFD. */
static int drain_bytes(lm_detok *d, size_t stage, bool all) {
  lm_buf *held = &d->states[stage].held;
  size_t i = 0, good = 0; /* bytes before good are passed on */
  int fail = 0;
  while (i < held->len && !fail) {
    uint32_t c;
    int n = lm_utf8_next(held->data + i, held->len - i, &c);
    if (n > 0) {
      i += (size_t)n;
      continue;
    }
    if (n == 0 && !all) break;
    fail = (good < i && push(d, stage + 1, held->data + good, i - good)) ||
           push(d, stage + 1, REPLACEMENT, 3);
    i = n ? i + (size_t)-n : held->len;
    good = i;
  }
  fail = fail || (good < i && push(d, stage + 1, held->data + good, i - good));
  if (held->len > i) memmove(held->data, held->data + i, held->len - i);
  held->len -= i;
  return fail;
}

/* A token that is not wholly of the byte alphabet stands for its own bytes. */
static int push_byte_level(lm_detok *d, size_t stage, const char *p, size_t len) {
  lm_buf *held = &d->states[stage].held;
  size_t start = held->len;
  if (lm_buf_reserve(held, len)) return 1;
  for (size_t i = 0; i < len;) {
    uint32_t c;
    i += lm_utf8_get(p + i, &c);
    int byte = lm_char_to_byte(c);
    if (byte < 0) {
      held->len = start;
      if (lm_buf_add(held, p, len)) return 1;
      break;
    }
    held->data[held->len++] = (char)byte;
  }
  return drain_bytes(d, stage, false);
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                : -1;
}

static int drain_run(lm_detok *d, size_t stage) {
  lm_buf *held = &d->states[stage].held;
  size_t len = held->len;
  held->len = 0;
  if (len && lm_utf8_check(held->data, len) == len) return push(d, stage + 1, held->data, len);
  for (size_t i = 0; i < len; i++)
    if (push(d, stage + 1, REPLACEMENT, 3)) return 1;
  return 0;
}

/* A run of byte tokens is one text if it is UTF-8 as a whole, which only its end tells. */
static int push_byte_fallback(lm_detok *d, size_t stage, const char *p, size_t len) {
  if (len == 6 && !memcmp(p, "<0x", 3) && p[5] == '>') {
    int high = hex_digit(p[3]), low = hex_digit(p[4]);
    char byte = (char)(high * 16 + low);
    if (high >= 0 && low >= 0) return lm_buf_add(&d->states[stage].held, &byte, 1);
  }
  return drain_run(d, stage) || push(d, stage + 1, p, len);
}

static int push_replace(lm_detok *d, size_t stage, const char *p, size_t len) {
  const lm_dec *dec = d->t->decs + stage;
  lm_norm n = {.kind = LM_NORM_REPLACE, .match = dec->match, .text = dec->text};
  lm_buf text = {0};
  int fail = lm_normalize(&n, 1, d->scan, p, len, &text) || push(d, stage + 1, text.data, text.len);
  lm_buf_free(&text);
  return fail;
}

static int push_metaspace(lm_detok *d, size_t stage, const char *p, size_t len) {
  const lm_dec *dec = d->t->decs + stage;
  bool drop = dec->drop_first && !d->states[stage].begun;
  lm_buf text = {0};
  int fail = 0;
  d->states[stage].begun = true;
  for (size_t i = 0, n; i < len && !fail; i += n) {
    n = dec->text.len;
    bool mark = len - i >= n && !memcmp(p + i, dec->text.data, n);
    if (!mark) n = 1;
    if (!mark || !drop) fail = lm_buf_add(&text, mark ? " " : p + i, 1);
  }
  fail = fail || push(d, stage + 1, text.data, text.len);
  lm_buf_free(&text);
  return fail;
}

static int strip_token(lm_detok *d, size_t stage, const char *p, size_t len) {
  const lm_dec *dec = d->t->decs + stage;
  lm_buf mark = {0};
  if (lm_buf_add_char(&mark, dec->strip)) return 1;
  for (size_t i = 0; i < dec->left && len >= mark.len && !memcmp(p, mark.data, mark.len); i++) {
    p += mark.len;
    len -= mark.len;
  }
  for (size_t i = 0;
       i < dec->right && len >= mark.len && !memcmp(p + len - mark.len, mark.data, mark.len); i++)
    len -= mark.len;
  lm_buf_free(&mark);
  return push(d, stage + 1, p, len);
}

static int strip_char(lm_detok *d, size_t stage, const char *p, size_t len, uint32_t c) {
  const lm_dec *dec = d->t->decs + stage;
  stage_state *s = d->states + stage;
  if (c != dec->strip) {
    s->left_done = true;
    for (; s->right; s->right--)
      if (lm_buf_add_char(&s->held, dec->strip)) return 1;
    return lm_buf_add(&s->held, p, len);
  }
  if (!s->left_done && s->left < dec->left) {
    s->left++;
    return 0;
  }
  s->left_done = true;
  if (s->right == dec->right) return lm_buf_add(&s->held, p, len);
  s->right++;
  return 0;
}

/* One long token comes in parts: its start is stripped as it passes, and of its end as much is held
 * back as the end could lose. */
static int push_strip(lm_detok *d, size_t stage, const char *p, size_t len) {
  if (!d->t->decs[stage].fused) return strip_token(d, stage, p, len);
  lm_buf *held = &d->states[stage].held;
  held->len = 0;
  for (size_t i = 0, n; i < len; i += n) {
    uint32_t c;
    n = lm_utf8_get(p + i, &c);
    if (strip_char(d, stage, p + i, n, c)) return 1;
  }
  return push(d, stage + 1, held->data, held->len);
}

static int push(lm_detok *d, size_t stage, const char *p, size_t len) {
  if (stage == d->t->dec_count) return lm_buf_add(&d->out, p, len);
  switch (d->t->decs[stage].kind) {
  case LM_DEC_BYTE_LEVEL:
    return push_byte_level(d, stage, p, len);
  case LM_DEC_BYTE_FALLBACK:
    return push_byte_fallback(d, stage, p, len);
  case LM_DEC_FUSE:
    return push(d, stage + 1, p, len); /* what is behind it knows that tokens are parts */
  case LM_DEC_STRIP:
    return push_strip(d, stage, p, len);
  case LM_DEC_REPLACE:
    return push_replace(d, stage, p, len);
  case LM_DEC_METASPACE:
    return push_metaspace(d, stage, p, len);
  }
  return lm_fail(LM_FAILED, "[tokenizer] unknown decoder");
}

static int feed(lm_detok *d, int32_t id) {
  size_t len;
  const char *piece = lm_tokenizer_piece(d->t, id, &len);
  if (!piece || (d->skip_special && lm_tokenizer_is_special(d->t, id))) return 0;
  if (d->t->join_with_space && d->begun && push(d, 0, " ", 1)) return 1;
  d->begun = true;
  return push(d, 0, piece, len);
}

static int finish(lm_detok *d) {
  for (size_t i = 0; i < d->t->dec_count; i++) {
    lm_dec_kind kind = d->t->decs[i].kind;
    if ((kind == LM_DEC_BYTE_LEVEL && drain_bytes(d, i, true)) ||
        (kind == LM_DEC_BYTE_FALLBACK && drain_run(d, i)))
      return 1;
  }
  return 0;
}

int lm_detok_feed(lm_detok *d, int32_t id, const char **text, size_t *len) {
  d->out.len = 0;
  if (feed(d, id)) return 1;
  *text = d->out.data;
  *len = d->out.len;
  return 0;
}

int lm_detok_finish(lm_detok *d, const char **text, size_t *len) {
  d->out.len = 0;
  if (finish(d)) return 1;
  size_t flushed = d->out.len;
  lm_detok_reset(d);
  *text = d->out.data;
  *len = flushed;
  return 0;
}

int lm_tokenizer_decode(const lm_tokenizer *t, const int32_t *ids, size_t count, bool skip_special,
                        char **text, size_t *len) {
  lm_detok *d;
  if (lm_detok_new(&d, t, skip_special)) return 1;
  int fail = 0;
  for (size_t i = 0; i < count && !fail; i++) fail = feed(d, ids[i]);
  fail = fail || finish(d) || lm_buf_add(&d->out, "", 1);
  if (!fail) {
    *text = d->out.data;
    *len = d->out.len - 1;
    d->out = (lm_buf){0};
  }
  lm_detok_free(d);
  return fail;
}

void lm_dec_free(lm_dec *d) {
  lm_matcher_free(&d->match);
  lm_buf_free(&d->text);
}
