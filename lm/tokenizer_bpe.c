/* The vocabulary, the merges and the byte-pair encoding of one word. The two hash tables are sized
 * before they are filled and stay at most half full, so a look-up always ends; a token's text never
 * moves within the arena's offsets. */
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

#define NO_KEY UINT64_MAX /* no id reaches 2^32 - 1 */
#define NOT_A_TOKEN UINT32_MAX
#define SHORT_WORD 40 /* symbols; a scan beats the heap up to about here */
#define WORD_SLOTS 4096
#define WORD_BYTES 24
#define WORD_IDS 8

/* A direct-mapped memory of words; only short ones are kept. */
struct lm_word {
  uint64_t hash;
  uint8_t len, count; /* len 0: empty */
  char text[WORD_BYTES];
  int32_t ids[WORD_IDS];
};

uint64_t lm_hash(const char *p, size_t len) {
  uint64_t h = len * 0x9E3779B97F4A7C15u, v;
  for (; len >= 8; p += 8, len -= 8) {
    memcpy(&v, p, 8);
    h = (h ^ v) * 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
  }
  v = 0;
  if (len >= 4) {
    uint32_t low, high;
    memcpy(&low, p, 4);
    memcpy(&high, p + len - 4, 4);
    v = (uint64_t)high << 32 | low;
  } else if (len) {
    v = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[len / 2] << 8 | (uint8_t)p[len - 1];
  }
  h = (h ^ v) * 0xD6E8FEB86659FD93u;
  h ^= h >> 32;
  h *= 0xD6E8FEB86659FD93u;
  return h ^ h >> 29;
}

static int table_mask(size_t count, size_t *mask) {
  if (count > SIZE_MAX / 64) return lm_nomem("tokenizer");
  size_t cap = 16;
  while (cap < count * 2) cap *= 2;
  *mask = cap - 1;
  return 0;
}

int lm_index_init(lm_index *x, size_t count) {
  if (table_mask(count, &x->mask)) return 1;
  x->slots = calloc(x->mask + 1, sizeof *x->slots);
  return x->slots ? 0 : lm_nomem("tokenizer");
}

static struct lm_index_slot *index_find(const lm_tokenizer *t, const lm_index *x, const char *p,
                                        size_t len) {
  uint64_t h = lm_hash(p, len);
  uint32_t tag = (uint32_t)(h >> 32);
  for (size_t i = h & x->mask;; i = (i + 1) & x->mask) {
    struct lm_index_slot *s = x->slots + i;
    if (!s->id_plus_one) return s;
    const lm_token *token = t->tokens + (s->id_plus_one - 1);
    if (s->tag == tag && token->len == len && !memcmp(t->arena.data + token->offset, p, len))
      return s;
  }
}

int lm_index_set(lm_tokenizer *t, lm_index *x, const char *p, size_t len, uint32_t id) {
  struct lm_index_slot *s = index_find(t, x, p, len);
  if (!s->id_plus_one && ++x->count > (x->mask + 1) / 2)
    return lm_fail(LM_FAILED, "[tokenizer] more tokens than were counted");
  s->tag = (uint32_t)(lm_hash(p, len) >> 32);
  s->id_plus_one = id + 1;
  return 0;
}

int32_t lm_index_get(const lm_tokenizer *t, const lm_index *x, const char *p, size_t len) {
  return x->slots ? (int32_t)index_find(t, x, p, len)->id_plus_one - 1 : -1;
}

static size_t merge_slot(const lm_merges *m, uint64_t key) {
  uint64_t h = key * 0x9E3779B97F4A7C15u;
  return (h ^ h >> 32) & m->mask;
}

int lm_merges_init(lm_merges *m, size_t count) {
  if (table_mask(count, &m->mask)) return 1;
  m->keys = malloc((m->mask + 1) * sizeof *m->keys);
  m->values = malloc((m->mask + 1) * sizeof *m->values);
  if (!m->keys || !m->values) return lm_nomem("tokenizer");
  memset(m->keys, 0xFF, (m->mask + 1) * sizeof *m->keys);
  return 0;
}

/* The caller sets no more pairs than it announced. */
void lm_merges_set(lm_merges *m, uint32_t left, uint32_t right, uint32_t rank, uint32_t id) {
  uint64_t key = (uint64_t)left << 32 | right;
  size_t i = merge_slot(m, key);
  while (m->keys[i] != NO_KEY && m->keys[i] != key) i = (i + 1) & m->mask;
  m->keys[i] = key;
  m->values[i] = (struct lm_merge){rank, id};
}

const struct lm_merge *lm_merges_get(const lm_merges *m, uint32_t left, uint32_t right) {
  uint64_t key = (uint64_t)left << 32 | right;
  for (size_t i = merge_slot(m, key); m->keys[i] != NO_KEY; i = (i + 1) & m->mask)
    if (m->keys[i] == key) return m->values + i;
  return NULL;
}

/* ---- building ---- */

int lm_tok_arena(lm_tokenizer *t, const char *p, size_t len, uint32_t *offset) {
  if (len >= UINT32_MAX - t->arena.len)
    return lm_fail(LM_UNSUPPORTED, "[tokenizer] more than 4 GiB of tokens");
  if (lm_buf_reserve(&t->arena, len + 1)) return 1;
  *offset = (uint32_t)t->arena.len;
  return lm_buf_add(&t->arena, p, len) || lm_buf_add(&t->arena, "", 1);
}

int lm_tok_resize(lm_tokenizer *t, size_t size) {
  if (size <= t->size) return 0;
  lm_token *tokens = realloc(t->tokens, size * sizeof *tokens);
  if (!tokens) return lm_nomem("tokenizer");
  memset(tokens + t->size, 0, (size - t->size) * sizeof *tokens);
  t->tokens = tokens;
  t->size = size;
  return 0;
}

int lm_tok_set(lm_tokenizer *t, uint32_t id, const char *p, size_t len) {
  lm_token *token = t->tokens + id;
  if (lm_tok_arena(t, p, len, &token->offset)) return 1;
  token->shown = token->offset;
  token->len = token->shown_len = (uint32_t)len;
  token->present = true;
  if (len > t->longest) t->longest = len;
  return 0;
}

static bool is_spelled(const lm_tokenizer *t, size_t id, const char *p, size_t len) {
  return id < t->size && t->tokens[id].present && t->tokens[id].len == len &&
         !memcmp(t->arena.data + t->tokens[id].offset, p, len);
}

/* Merges and the tokens they make mostly stand in the same order. */
static int32_t find_made(lm_tokenizer *t, const char *p, size_t len) {
  if (is_spelled(t, t->next_made, p, len)) return (int32_t)t->next_made++;
  int32_t id = lm_index_get(t, &t->model, p, len);
  if (id >= 0) t->next_made = (size_t)id + 1;
  return id;
}

int lm_tok_merge(lm_tokenizer *t, const char *a, size_t a_len, const char *b, size_t b_len,
                 uint32_t rank) {
  char stack[256], *joined = stack;
  size_t skip = t->word_prefix.len < b_len ? t->word_prefix.len : b_len, len = a_len + b_len - skip;
  int32_t left = lm_index_get(t, &t->model, a, a_len), right = lm_index_get(t, &t->model, b, b_len),
          id = -1;
  if (len > sizeof stack && len <= t->longest && !(joined = malloc(len)))
    return lm_nomem("tokenizer");
  if (len <= sizeof stack || len <= t->longest) {
    memcpy(joined, a, a_len);
    memcpy(joined + a_len, b + skip, b_len - skip);
    id = find_made(t, joined, len);
  }
  if (joined != stack) free(joined);
  if (left < 0 || right < 0 || id < 0)
    return lm_fail(LM_DAMAGED, "[tokenizer] merge %u (%.*s + %.*s) is not of the vocabulary", rank,
                   (int)(a_len < 64 ? a_len : 64), a, (int)(b_len < 64 ? b_len : 64), b);
  lm_merges_set(&t->merges, (uint32_t)left, (uint32_t)right, rank, (uint32_t)id);
  return 0;
}

/* Where a space mark follows something else; len: nowhere. */
static size_t cut_at(const char *p, size_t len) {
  for (size_t i = 1; i + 2 < len; i++)
    if ((uint8_t)p[i] == 0xE2 && !memcmp(p + i, LM_SPACE_MARK, 3) &&
        (i < 3 || memcmp(p + i - 3, LM_SPACE_MARK, 3) != 0))
      return i;
  return len;
}

void lm_tok_finish_model(lm_tokenizer *t) {
  static const char hex[] = "0123456789ABCDEF";
  t->cuts = !t->ignore_merges && !t->word_prefix.len && !t->word_suffix.len &&
            lm_index_get(t, &t->model, LM_SPACE_MARK, 3) >= 0;
  for (size_t i = 0; i < t->size && t->cuts; i++)
    t->cuts = cut_at(t->arena.data + t->tokens[i].offset, t->tokens[i].len) == t->tokens[i].len;
  for (unsigned i = 0; i < 256; i++) {
    char name[6] = {'<', '0', 'x', hex[i >> 4], hex[i & 15], '>'}, text[2];
    uint32_t c = lm_byte_to_char((uint8_t)i);
    size_t len = c < 0x80 ? 1 : 2;
    text[0] = (char)(c < 0x80 ? c : 0xC0 | c >> 6);
    text[1] = (char)(0x80 | (c & 0x3F));
    t->byte_ids[i] = lm_index_get(t, &t->model, text, len);
    t->fallback_ids[i] = lm_index_get(t, &t->model, name, 6);
  }
}

/* ---- encoding ---- */

static int grow(void **data, size_t *cap, size_t need, size_t size) {
  if (need <= *cap) return 0;
  size_t next = *cap * 2 > need ? *cap * 2 : need < 64 ? 64 : need;
  if (next > SIZE_MAX / size) return lm_nomem("tokenizer");
  void *p = realloc(*data, next * size);
  if (!p) return lm_nomem("tokenizer");
  *data = p;
  *cap = next;
  return 0;
}

/* Leaves w for lm_work_free, whatever it returns. */
int lm_work_init(lm_work *w, const lm_tokenizer *t) {
  *w = (lm_work){.t = t, .cap = 64};
  w->ids = malloc(w->cap * sizeof *w->ids);
  w->words = calloc(WORD_SLOTS, sizeof *w->words);
  return w->ids && w->words ? lm_scan_new(&w->scan) : lm_nomem("tokenizer");
}

int lm_work_add(lm_work *w, int32_t id) {
  if (w->count == w->cap) {
    void *ids = w->ids;
    if (grow(&ids, &w->cap, w->count + 1, sizeof *w->ids)) return 1;
    w->ids = ids;
  }
  w->ids[w->count++] = id;
  return 0;
}

void lm_work_free(lm_work *w) {
  lm_scan_free(w->scan);
  free(w->ids);
  free(w->symbols);
  free(w->heap);
  free(w->words);
  lm_buf_free(&w->piece);
}

static int add_symbol(lm_work *w, int32_t id) {
  if (w->symbol_count >= INT32_MAX)
    return lm_fail(LM_UNSUPPORTED, "[tokenizer] a word of more than 2^31 symbols");
  if (w->symbol_count == w->symbol_cap) {
    void *symbols = w->symbols;
    if (grow(&symbols, &w->symbol_cap, w->symbol_count + 1, sizeof *w->symbols)) return 1;
    w->symbols = symbols;
  }
  w->symbols[w->symbol_count++].id = (uint32_t)id;
  return 0;
}

static int merge_short(lm_work *w) {
  const lm_merges *m = &w->t->merges;
  uint32_t ids[SHORT_WORD], rank[SHORT_WORD], made[SHORT_WORD];
  size_t n = w->symbol_count;
  ids[0] = w->symbols[0].id;
  for (size_t i = 1; i < n; i++) {
    ids[i] = w->symbols[i].id;
    const struct lm_merge *found = lm_merges_get(m, ids[i - 1], ids[i]);
    rank[i - 1] = found ? found->rank : NOT_A_TOKEN;
    made[i - 1] = found ? found->id : 0;
  }
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; i++)
      if (rank[i] < rank[best]) best = i;
    if (rank[best] == NOT_A_TOKEN) break;
    ids[best] = made[best];
    n--;
    for (size_t i = best + 1; i < n; i++) {
      ids[i] = ids[i + 1];
      rank[i - 1] = rank[i];
      made[i - 1] = made[i];
    }
    for (size_t i = best ? best - 1 : 0; i <= best && i + 1 < n; i++) {
      const struct lm_merge *found = lm_merges_get(m, ids[i], ids[i + 1]);
      rank[i] = found ? found->rank : NOT_A_TOKEN;
      made[i] = found ? found->id : 0;
    }
  }
  for (size_t i = 0; i < n; i++)
    if (lm_work_add(w, (int32_t)ids[i])) return 1;
  return 0;
}

static bool before(const lm_candidate *a, const lm_candidate *b) {
  return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static int heap_push(lm_work *w, int32_t at) {
  if (at < 0 || w->symbols[at].next < 0) return 0;
  const struct lm_merge *found =
      lm_merges_get(&w->t->merges, w->symbols[at].id, w->symbols[w->symbols[at].next].id);
  if (!found) return 0;
  void *heap = w->heap;
  if (grow(&heap, &w->heap_cap, w->heap_count + 1, sizeof *w->heap)) return 1;
  w->heap = heap;
  lm_candidate c = {found->rank, found->id, at};
  size_t i = w->heap_count++;
  for (; i && before(&c, w->heap + (i - 1) / 2); i = (i - 1) / 2) w->heap[i] = w->heap[(i - 1) / 2];
  w->heap[i] = c;
  return 0;
}

static lm_candidate heap_pop(lm_work *w) {
  lm_candidate top = w->heap[0], last = w->heap[--w->heap_count];
  size_t i = 0;
  for (size_t child; (child = 2 * i + 1) < w->heap_count; i = child) {
    if (child + 1 < w->heap_count && before(w->heap + child + 1, w->heap + child)) child++;
    if (!before(w->heap + child, &last)) break;
    w->heap[i] = w->heap[child];
  }
  w->heap[i] = last;
  return top;
}

/* A candidate whose symbols have changed since it was pushed makes another token, and so is passed
 * over. */
static int merge_long(lm_work *w) {
  int32_t n = (int32_t)w->symbol_count;
  w->heap_count = 0;
  for (int32_t i = 0; i < n; i++) {
    w->symbols[i].prev = i - 1;
    w->symbols[i].next = i + 1 < n ? i + 1 : -1;
  }
  for (int32_t i = 0; i < n; i++)
    if (heap_push(w, i)) return 1;
  while (w->heap_count) {
    lm_candidate c = heap_pop(w);
    lm_symbol *s = w->symbols + c.at;
    if (s->id == NOT_A_TOKEN || s->next < 0) continue;
    lm_symbol *right = w->symbols + s->next;
    const struct lm_merge *found = lm_merges_get(&w->t->merges, s->id, right->id);
    if (!found || found->id != c.id) continue;
    s->id = c.id;
    s->next = right->next;
    right->id = NOT_A_TOKEN;
    if (s->next >= 0) w->symbols[s->next].prev = c.at;
    if (heap_push(w, s->prev) || heap_push(w, c.at)) return 1;
  }
  for (int32_t i = 0; i >= 0; i = w->symbols[i].next)
    if (lm_work_add(w, (int32_t)w->symbols[i].id)) return 1;
  return 0;
}

static int add_unknown(lm_work *w, bool *pending) {
  const lm_tokenizer *t = w->t;
  if (t->model_unk < 0) return 0; /* without an unknown token the character is dropped */
  if (*pending && !t->fuse_unk && add_symbol(w, t->model_unk)) return 1;
  *pending = true;
  return 0;
}

static bool add_bytes(lm_work *w, const char *p, size_t len, int *fail) {
  const lm_tokenizer *t = w->t;
  for (size_t i = 0; i < len; i++)
    if (t->fallback_ids[(uint8_t)p[i]] < 0) return false;
  for (size_t i = 0; i < len && !*fail; i++) *fail = add_symbol(w, t->fallback_ids[(uint8_t)p[i]]);
  return true;
}

/* The piece of one character: itself, with the prefix unless it is first and the suffix if it is
 * last. */
static int spell(lm_work *w, const char **p, size_t *len, bool first, bool last) {
  const lm_buf *prefix = &w->t->word_prefix, *suffix = &w->t->word_suffix;
  bool before_it = !first && prefix->len, after_it = last && suffix->len;
  if (!before_it && !after_it) return 0;
  w->piece.len = 0;
  if ((before_it && lm_buf_add(&w->piece, prefix->data, prefix->len)) ||
      lm_buf_add(&w->piece, *p, *len) ||
      (after_it && lm_buf_add(&w->piece, suffix->data, suffix->len)))
    return 1;
  *p = w->piece.data;
  *len = w->piece.len;
  return 0;
}

static int symbols_of_chars(lm_work *w, const char *p, size_t len) {
  const lm_tokenizer *t = w->t;
  bool pending = false; /* an unknown token is held back, to be one with those behind it */
  for (size_t i = 0, n; i < len; i += n) {
    uint32_t c;
    n = lm_utf8_get(p + i, &c);
    const char *s = p + i;
    size_t s_len = n;
    if (spell(w, &s, &s_len, i == 0, i + n == len)) return 1;
    int32_t id = lm_index_get(t, &t->model, s, s_len);
    int fail = 0;
    if (id >= 0) {
      fail = (pending && add_symbol(w, t->model_unk)) || add_symbol(w, id);
      pending = false;
    } else if (!t->byte_fallback || !add_bytes(w, s, s_len, &fail)) {
      fail = add_unknown(w, &pending);
    }
    if (fail) return 1;
  }
  return pending ? add_symbol(w, t->model_unk) : 0;
}

static int symbols_of_bytes(lm_work *w, const char *p, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (add_symbol(w, w->t->byte_ids[(uint8_t)p[i]])) return 1;
  return 0;
}

static bool knows_bytes(const lm_tokenizer *t, const char *p, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (t->byte_ids[(uint8_t)p[i]] < 0) return false;
  return true;
}

static int encode_word(lm_work *w, const char *p, size_t len) {
  const lm_tokenizer *t = w->t;
  bool by_bytes = t->byte_words && knows_bytes(t, p, len);
  lm_buf mapped = {0};
  int fail = 0;
  if (t->byte_words && (!by_bytes || (t->ignore_merges && len <= t->longest))) {
    if (lm_byte_map(&mapped, p, len)) {
      lm_buf_free(&mapped);
      return 1;
    }
    if (!by_bytes) {
      p = mapped.data;
      len = mapped.len;
    }
  }
  const char *whole = mapped.data ? mapped.data : p;
  size_t whole_len = mapped.data ? mapped.len : len;
  int32_t id = t->ignore_merges && whole_len <= t->longest
                   ? lm_index_get(t, &t->model, whole, whole_len)
                   : -1;
  w->symbol_count = 0;
  if (id >= 0)
    fail = lm_work_add(w, id);
  else
    fail = by_bytes ? symbols_of_bytes(w, p, len) : symbols_of_chars(w, p, len);
  if (!fail && w->symbol_count)
    fail = w->symbol_count <= SHORT_WORD ? merge_short(w) : merge_long(w);
  lm_buf_free(&mapped);
  return fail;
}

static int remembered_word(lm_work *w, const char *p, size_t len) {
  if (len > WORD_BYTES) return encode_word(w, p, len);
  uint64_t h = lm_hash(p, len);
  struct lm_word *known = w->words + (h & (WORD_SLOTS - 1));
  if (known->hash == h && known->len == len && !memcmp(known->text, p, len)) {
    for (size_t i = 0; i < known->count; i++)
      if (lm_work_add(w, known->ids[i])) return 1;
    return 0;
  }
  size_t start = w->count;
  if (encode_word(w, p, len)) return 1;
  if (w->count - start <= WORD_IDS) {
    *known = (struct lm_word){.hash = h, .len = (uint8_t)len, .count = (uint8_t)(w->count - start)};
    memcpy(known->text, p, len);
    if (known->count) memcpy(known->ids, w->ids + start, known->count * sizeof *w->ids);
  }
  return 0;
}

/* A text that no pre-tokenizer has split is still made of words where no token reaches over a space
 * mark. */
int lm_bpe_word(lm_work *w, const char *p, size_t len) {
  while (w->t->cuts && len) {
    size_t n = cut_at(p, len);
    if (remembered_word(w, p, n)) return 1;
    p += n;
    len -= n;
  }
  return len ? remembered_word(w, p, len) : 0;
}
