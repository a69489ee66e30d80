/* The tokenizer's door: making and freeing, encoding, and what others may ask of a vocabulary. */
#include "lm/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

void lm_tokenizer_free(lm_tokenizer *t) {
  if (!t) return;
  lm_buf_free(&t->arena);
  free(t->tokens);
  free(t->model.slots);
  free(t->extra.slots);
  free(t->merges.keys);
  free(t->merges.values);
  lm_buf_free(&t->word_prefix);
  lm_buf_free(&t->word_suffix);
  for (size_t i = 0; i < t->norm_count; i++) lm_norm_free(t->norms + i);
  for (size_t i = 0; i < t->pre_count; i++) lm_pre_free(t->pres + i);
  for (size_t i = 0; i < t->dec_count; i++) lm_dec_free(t->decs + i);
  free(t->norms);
  free(t->pres);
  free(t->decs);
  free(t->added);
  free(t->raw.nodes);
  free(t->normal.nodes);
  lm_regex_free(t->word_char);
  free(t->before);
  free(t->after);
  free(t->eos);
  free(t);
}

/* ---- stages ---- */

static void *append(void **list, size_t *count, size_t size) {
  char *p = realloc(*list, (*count + 1) * size);
  if (!p) {
    lm_nomem("tokenizer");
    return NULL;
  }
  *list = p;
  return memset(p + size * (*count)++, 0, size);
}

lm_norm *lm_tok_add_norm(lm_tokenizer *t, lm_norm_kind kind) {
  void *list = t->norms;
  lm_norm *n = append(&list, &t->norm_count, sizeof *n);
  t->norms = list;
  if (n) n->kind = kind;
  return n;
}

lm_pre *lm_tok_add_pre(lm_tokenizer *t, lm_pre_kind kind) {
  void *list = t->pres;
  lm_pre *p = append(&list, &t->pre_count, sizeof *p);
  t->pres = list;
  if (p) p->kind = kind;
  return p;
}

lm_dec *lm_tok_add_dec(lm_tokenizer *t, lm_dec_kind kind) {
  void *list = t->decs;
  lm_dec *d = append(&list, &t->dec_count, sizeof *d);
  t->decs = list;
  if (d) d->kind = kind;
  return d;
}

int lm_tok_add_split(lm_tokenizer *t, const char *pattern, lm_behavior behavior, bool invert) {
  lm_pre *p = lm_tok_add_pre(t, LM_PRE_SPLIT);
  if (!p) return 1;
  p->behavior = behavior;
  p->invert = invert;
  return lm_regex_new(&p->match.regex, pattern, strlen(pattern));
}

/* Behind a stage that makes one text of all tokens, only what works on parts of it can follow. */
static int check_decoders(lm_tokenizer *t) {
  bool fused = false;
  for (size_t i = 0; i < t->dec_count; i++) {
    lm_dec *d = t->decs + i;
    if (fused && d->kind != LM_DEC_STRIP && d->kind != LM_DEC_FUSE)
      return lm_fail(LM_UNSUPPORTED,
                     "[tokenizer] a decoder behind Fuse or ByteLevel other than Strip");
    d->fused = fused;
    fused |= d->kind == LM_DEC_FUSE || d->kind == LM_DEC_BYTE_LEVEL;
  }
  return 0;
}

int lm_tok_finish(lm_tokenizer *t) {
  if (check_decoders(t) || lm_added_build(t)) return 1;
  lm_pre *last = t->pre_count ? t->pres + t->pre_count - 1 : NULL;
  if (last && last->kind == LM_PRE_BYTE_MAP && !t->word_prefix.len && !t->word_suffix.len) {
    t->byte_words = true;
    lm_pre_free(last);
    t->pre_count--;
  }
  return 0;
}

/* ---- encoding ---- */

static int normalize_and_split(lm_work *w, const char *p, size_t len, bool at_start,
                               bool parse_special) {
  const lm_tokenizer *t = w->t;
  if (lm_normalize_keeps(t->norms, t->norm_count, p, len))
    return lm_added_split(w, &t->normal, parse_special, p, len, at_start, lm_pretokenize);
  lm_buf text = {0};
  int fail =
      lm_normalize(t->norms, t->norm_count, w->scan, p, len, &text) ||
      lm_added_split(w, &t->normal, parse_special, text.data, text.len, at_start, lm_pretokenize);
  lm_buf_free(&text);
  return fail;
}

static int encode_parsing(lm_work *w, const char *p, size_t len, bool at_start) {
  return normalize_and_split(w, p, len, at_start, true);
}

static int encode_plain(lm_work *w, const char *p, size_t len, bool at_start) {
  return normalize_and_split(w, p, len, at_start, false);
}

static int add_all(lm_work *w, const int32_t *ids, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (lm_work_add(w, ids[i])) return 1;
  return 0;
}

int lm_tokenizer_encode(const lm_tokenizer *t, const char *text, size_t len, bool add_special,
                        bool parse_special, int32_t **ids, size_t *count) {
  size_t good = lm_utf8_check(text, len);
  if (good != len)
    return lm_fail(LM_BAD_ARGUMENT, "[tokenizer] the text is not UTF-8 at byte %zu", good);
  lm_work w;
  int fail = lm_work_init(&w, t) || (add_special && add_all(&w, t->before, t->before_count)) ||
             lm_added_split(&w, &t->raw, parse_special, text, len, true,
                            parse_special ? encode_parsing : encode_plain) ||
             (add_special && add_all(&w, t->after, t->after_count));
  if (!fail) {
    *ids = w.ids;
    *count = w.count;
    w.ids = NULL;
  }
  lm_work_free(&w);
  return fail;
}

/* ---- the vocabulary ---- */

static const lm_token *token_at(const lm_tokenizer *t, int32_t id) {
  return id >= 0 && (size_t)id < t->size && t->tokens[id].present ? t->tokens + id : NULL;
}

size_t lm_tokenizer_size(const lm_tokenizer *t) {
  return t->size;
}

const char *lm_tokenizer_piece(const lm_tokenizer *t, int32_t id, size_t *len) {
  const lm_token *token = token_at(t, id);
  if (!token) return NULL;
  *len = token->shown_len;
  return t->arena.data + token->shown;
}

int32_t lm_tokenizer_id(const lm_tokenizer *t, const char *piece, size_t len) {
  int32_t id = lm_index_get(t, &t->extra, piece, len);
  return id >= 0 ? id : lm_index_get(t, &t->model, piece, len);
}

bool lm_tokenizer_is_special(const lm_tokenizer *t, int32_t id) {
  const lm_token *token = token_at(t, id);
  return token && token->special;
}

int32_t lm_tokenizer_bos(const lm_tokenizer *t) {
  return t->bos;
}

int32_t lm_tokenizer_unk(const lm_tokenizer *t) {
  return t->unk;
}

int32_t lm_tokenizer_pad(const lm_tokenizer *t) {
  return t->pad;
}

const int32_t *lm_tokenizer_eos(const lm_tokenizer *t, size_t *count) {
  *count = t->eos_count;
  return t->eos;
}

bool lm_tokenizer_is_eos(const lm_tokenizer *t, int32_t id) {
  for (size_t i = 0; i < t->eos_count; i++)
    if (t->eos[i] == id) return true;
  return false;
}

int lm_tokenizer_set_eos(lm_tokenizer *t, const int32_t *ids, size_t count) {
  int32_t *eos = malloc((count ? count : 1) * sizeof *eos);
  if (!eos) return lm_nomem("tokenizer");
  if (count) memcpy(eos, ids, count * sizeof *eos);
  free(t->eos);
  t->eos = eos;
  t->eos_count = count;
  return 0;
}
