/* A tokenizer from the arrays of a GGUF file. Such a file names its splitting rule instead of
 * spelling it out; the rules it may name are listed here. */
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

#define MAX_TOKENS (1u << 24)

enum { TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_USER = 4 };

#define SUFFIXES "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define TAIL "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LLAMA3                                                                                     \
  SUFFIXES "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" TAIL
#define QWEN2 SUFFIXES "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" TAIL
#define QWEN35                                                                                     \
  SUFFIXES "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| "                                       \
           "?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" TAIL
#define GPT4O                                                                                      \
  "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" SUFFIXES "?|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER \
  "*" SUFFIXES "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" TAIL
#define TEKKEN                                                                                     \
  "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER              \
  "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" TAIL
#define DEEPSEEK3                                                                                  \
  "[!\"#$%&'()*+,\\-./"                                                                            \
  ":;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "               \
  "?[\\p{P}\\p{S}]+[\\r\\n]*" TAIL

typedef struct rule {
  const char *names; /* separated by blanks */
  const char *patterns[4];
  bool nfc, ignore_merges;
} rule;

static const rule rules[] = {
    {"gpt-2 gpt2 phi-2 mpt olmo jais roberta-bpe gigachat jina-es jina-de jina-v2-es jina-v2-de "
     "a.x-4.0 mellum modern-bert",
     {LM_PATTERN_GPT2},
     false,
     false},
    {"smollm starcoder refact command-r codeshell exaone minerva-7b",
     {"\\p{N}", LM_PATTERN_GPT2},
     false,
     false},
    {"llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2", {LLAMA3}, false, true},
    {"dbrx smaug-bpe chatglm-bpe glm4", {LLAMA3}, false, false},
    {"qwen2 deepseek-r1-qwen megrez kormo", {QWEN2}, true, false},
    {"stablelm2 hunyuan", {QWEN2}, false, false},
    {"qwen35", {QWEN35}, true, false},
    {"gpt-4o llama4", {GPT4O}, false, true},
    {"tekken", {TEKKEN}, false, true},
    {"deepseek-v3",
     {"\\p{N}{1,3}", "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+", DEEPSEEK3},
     false,
     false},
    {"falcon", {"[\\p{P}\\$\\+<=>\\^~\\|`]+", LM_PATTERN_GPT2, "[0-9][0-9][0-9]"}, false, false},
};

static bool names_it(const char *names, const char *name) {
  size_t len = strlen(name);
  for (const char *p = names; *p;) {
    size_t n = strcspn(p, " ");
    if (n == len && !memcmp(p, name, n)) return true;
    p += n + (p[n] == ' ');
  }
  return false;
}

static int set_rule(lm_tokenizer *t, const char *name) {
  for (size_t i = 0; name && i < sizeof rules / sizeof *rules; i++) {
    const rule *r = rules + i;
    if (!names_it(r->names, name)) continue;
    t->ignore_merges = r->ignore_merges;
    if (r->nfc && !lm_tok_add_norm(t, LM_NORM_NFC)) return 1;
    for (size_t k = 0; k < 4 && r->patterns[k]; k++)
      if (lm_tok_add_split(t, r->patterns[k], LM_ISOLATED, false)) return 1;
    return !lm_tok_add_pre(t, LM_PRE_BYTE_MAP);
  }
  return lm_fail(LM_UNSUPPORTED, "[tokenizer] splitting rule %s (tokenizer.ggml.pre)",
                 name ? name : "not given");
}

static int add_tokens(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  if (a->token_count == 0 || a->token_count > MAX_TOKENS)
    return lm_fail(LM_DAMAGED, "[tokenizer] %zu tokens", a->token_count);
  size_t bytes = 0;
  for (size_t i = 0; i < a->token_count; i++)
    if (__builtin_add_overflow(bytes, a->tokens[i].len + 1, &bytes))
      return lm_fail(LM_DAMAGED, "[tokenizer] token sizes");
  if (lm_buf_reserve(&t->arena, bytes) || lm_tok_resize(t, a->token_count) ||
      lm_index_init(&t->model, a->token_count))
    return 1;
  for (size_t i = 0; i < a->token_count; i++) {
    const lm_span *s = a->tokens + i;
    if (lm_utf8_check(s->data, s->len) != s->len)
      return lm_fail(LM_DAMAGED, "[tokenizer] token %zu is not UTF-8", i);
    if (lm_tok_set(t, (uint32_t)i, s->data, s->len) ||
        lm_index_set(t, &t->model, s->data, s->len, (uint32_t)i))
      return 1;
  }
  lm_tok_finish_model(t);
  return 0;
}

static int add_added(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  size_t count = 0;
  for (size_t i = 0; a->types && i < a->token_count; i++)
    count += a->types[i] == TYPE_CONTROL || a->types[i] == TYPE_USER || a->types[i] == TYPE_UNKNOWN;
  if (lm_index_init(&t->extra, count)) return 1;
  for (size_t i = 0; count && i < a->token_count; i++) {
    lm_added how = {.id = (int32_t)i, .special = a->types[i] != TYPE_USER};
    if (a->types[i] != TYPE_CONTROL && a->types[i] != TYPE_USER && a->types[i] != TYPE_UNKNOWN)
      continue;
    if (lm_added_add(t, a->tokens[i].data, a->tokens[i].len, &how)) return 1;
  }
  return 0;
}

static int add_merges(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  if (a->merge_count > MAX_TOKENS)
    return lm_fail(LM_DAMAGED, "[tokenizer] %zu merges", a->merge_count);
  if (lm_merges_init(&t->merges, a->merge_count)) return 1;
  for (size_t i = 0; i < a->merge_count; i++) {
    const lm_span *s = a->merges + i;
    const char *gap = s->len > 1 ? memchr(s->data + 1, ' ', s->len - 1) : NULL;
    if (!gap) return lm_fail(LM_DAMAGED, "[tokenizer] merge %zu is not a pair", i);
    size_t left = (size_t)(gap - s->data);
    if (lm_tok_merge(t, s->data, left, gap + 1, s->len - left - 1, (uint32_t)i)) return 1;
  }
  return 0;
}

static int set_ids(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  const int32_t ids[] = {a->bos, a->eos, a->unk, a->pad};
  for (int i = 0; i < 4; i++)
    if (ids[i] < -1 || (ids[i] >= 0 && (size_t)ids[i] >= a->token_count))
      return lm_fail(LM_DAMAGED, "[tokenizer] special id %d of %zu tokens", (int)ids[i],
                     a->token_count);
  t->bos = a->bos;
  t->unk = a->unk;
  t->pad = a->pad;
  if (a->add_bos && a->bos >= 0) {
    if (!(t->before = malloc(sizeof *t->before))) return lm_nomem("tokenizer");
    t->before[t->before_count++] = a->bos;
  }
  if (a->add_eos && a->eos >= 0) {
    if (!(t->after = malloc(sizeof *t->after))) return lm_nomem("tokenizer");
    t->after[t->after_count++] = a->eos;
  }
  return lm_tokenizer_set_eos(t, &a->eos, a->eos >= 0);
}

static int load_bpe(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  t->model_unk = a->unk; /* for bytes that the vocabulary lacks */
  return add_tokens(t, a) || add_merges(t, a) ||
         (a->add_space_prefix && !lm_tok_add_pre(t, LM_PRE_PREFIX_SPACE)) || set_rule(t, a->pre) ||
         !lm_tok_add_dec(t, LM_DEC_BYTE_LEVEL);
}

/* ---- SentencePiece: pairs merge in the order of the score of what they make ---- */

typedef struct ranked {
  float score;
  uint32_t id;
} ranked;

static int compare_scores(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

static bool can_merge(const lm_tokenizer_arrays *a, size_t i) {
  return !a->types || a->types[i] == 1 || a->types[i] == TYPE_USER;
}

/* Equal scores give equal ranks, so that the leftmost pair goes first. */
static size_t score_merges(lm_tokenizer *t, const lm_tokenizer_arrays *a, const ranked *order,
                           size_t count) {
  uint32_t rank = 0;
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    const lm_span *s = a->tokens + order[i].id;
    rank += i && order[i].score < order[i - 1].score;
    for (size_t k = 1; k < s->len; k++) {
      if (((uint8_t)s->data[k] & 0xC0) == 0x80) continue;
      int32_t left = lm_index_get(t, &t->model, s->data, k);
      int32_t right = left < 0 ? -1 : lm_index_get(t, &t->model, s->data + k, s->len - k);
      if (right < 0) continue;
      found++;
      if (t->merges.keys)
        lm_merges_set(&t->merges, (uint32_t)left, (uint32_t)right, rank, order[i].id);
    }
  }
  return found;
}

static int add_scores(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  if (!a->scores) return lm_fail(LM_DAMAGED, "[tokenizer] no scores (tokenizer.ggml.scores)");
  ranked *order = malloc(a->token_count * sizeof *order);
  if (!order) return lm_nomem("tokenizer");
  size_t count = 0;
  for (size_t i = 0; i < a->token_count; i++)
    if (can_merge(a, i) && a->scores[i] == a->scores[i])
      order[count++] = (ranked){a->scores[i], (uint32_t)i};
  qsort(order, count, sizeof *order, compare_scores);
  int fail = lm_merges_init(
      &t->merges, score_merges(t, a, order, count)); /* before the table is there: counts */
  if (!fail) score_merges(t, a, order, count);
  free(order);
  return fail;
}

static int add_space_marks(lm_tokenizer *t, bool prefix) {
  static const char mark[] = LM_SPACE_MARK;
  lm_norm *n = prefix ? lm_tok_add_norm(t, LM_NORM_PREPEND) : NULL;
  if (prefix && (!n || lm_buf_add(&n->text, mark, 3))) return 1;
  if (!(n = lm_tok_add_norm(t, LM_NORM_REPLACE))) return 1;
  n->match.kind = LM_MATCH_TEXT;
  if (lm_buf_add(&n->match.text, " ", 1) || lm_buf_add(&n->text, mark, 3)) return 1;
  lm_dec *d = lm_tok_add_dec(t, LM_DEC_REPLACE);
  if (!d) return 1;
  d->match.kind = LM_MATCH_TEXT;
  if (lm_buf_add(&d->match.text, mark, 3) || lm_buf_add(&d->text, " ", 1) ||
      !lm_tok_add_dec(t, LM_DEC_BYTE_FALLBACK) || !lm_tok_add_dec(t, LM_DEC_FUSE))
    return 1;
  if (!prefix) return 0;
  if (!(d = lm_tok_add_dec(t, LM_DEC_STRIP))) return 1;
  d->strip = ' ';
  d->left = 1;
  return 0;
}

static int load_sentencepiece(lm_tokenizer *t, const lm_tokenizer_arrays *a) {
  t->byte_fallback = t->fuse_unk = true;
  t->model_unk = a->unk;
  return add_tokens(t, a) || add_scores(t, a) || add_space_marks(t, a->add_space_prefix);
}

int lm_tokenizer_from_arrays(lm_tokenizer **out, const lm_tokenizer_arrays *a) {
  lm_tokenizer *t = calloc(1, sizeof *t);
  if (!t) return lm_nomem("tokenizer");
  t->model_unk = -1;
  int fail;
  if (a->model && !strcmp(a->model, "gpt2"))
    fail = load_bpe(t, a);
  else if (a->model && !strcmp(a->model, "llama"))
    fail = load_sentencepiece(t, a);
  else
    fail = lm_fail(LM_UNSUPPORTED, "[tokenizer] model %s (tokenizer.ggml.model)",
                   a->model ? a->model : "not given");
  fail = fail || add_added(t, a) || set_ids(t, a) || lm_tok_finish(t);
  if (fail) {
    lm_tokenizer_free(t);
    return 1;
  }
  *out = t;
  return 0;
}
