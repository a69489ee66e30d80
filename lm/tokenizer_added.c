/* Added tokens: pieces found in a text before the model sees it. Of the tokens that begin at one
 * place the longest wins, and the leftmost place first. Each trie is a tree of bytes whose nodes
 * are only appended. */
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

#define MAX_ADDED 1024 /* bytes; bounds the look-ahead of a search */
#define WORD_CHAR "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}]"

/* The id in `how` counts only where the vocabulary does not have the text yet. */
int lm_added_add(lm_tokenizer *t, const char *p, size_t len, const lm_added *how) {
  if (len == 0) return 0;
  if (len > MAX_ADDED)
    return lm_fail(LM_UNSUPPORTED, "[tokenizer] an added token of %zu bytes", len);
  lm_added a = *how;
  int32_t known = lm_index_get(t, &t->extra, p, len), old = known;
  if (old < 0) old = lm_index_get(t, &t->model, p, len);
  if (old >= 0) {
    a.id = old;
  } else {
    if (t->tokens[a.id].present)
      return lm_fail(LM_DAMAGED, "[tokenizer] added token %.*s has the id %d of another",
                     (int)(len > 64 ? 64 : len), p, (int)a.id);
    size_t longest = t->longest;
    if (lm_tok_set(t, (uint32_t)a.id, p, len)) return 1;
    t->longest = longest; /* the model's own only */
  }
  if (lm_index_set(t, &t->extra, p, len, (uint32_t)a.id)) return 1;
  t->tokens[a.id].special |= a.special;
  for (size_t i = 0; known >= 0 && i < t->added_count; i++)
    if (t->added[i].id == a.id) {
      a.offset = t->added[i].offset;
      a.len = t->added[i].len;
      t->added[i] = a;
      return 0;
    }
  lm_added *added = realloc(t->added, (t->added_count + 1) * sizeof *added);
  if (!added) return lm_nomem("tokenizer");
  t->added = added;
  a.offset = t->tokens[a.id].offset;
  a.len = (uint32_t)len;
  t->added[t->added_count++] = a;
  return 0;
}

static int trie_node(lm_trie *trie, uint8_t byte, uint32_t *at) {
  if (trie->count == trie->cap) {
    size_t cap = trie->cap ? trie->cap * 2 : 256;
    struct lm_trie_node *nodes =
        cap > UINT32_MAX ? NULL : realloc(trie->nodes, cap * sizeof *nodes);
    if (!nodes) return lm_nomem("tokenizer");
    trie->nodes = nodes;
    trie->cap = cap;
  }
  *at = (uint32_t)trie->count;
  trie->nodes[trie->count++] = (struct lm_trie_node){.byte = byte, .added = -1};
  return 0;
}

/* 0 is no node: the root is nobody's child. */
static uint32_t trie_child(const lm_trie *trie, uint32_t node, uint8_t byte) {
  if (node == 0) return trie->first[byte];
  uint32_t child = trie->nodes[node].child;
  while (child && trie->nodes[child].byte != byte) child = trie->nodes[child].sibling;
  return child;
}

static int trie_add(lm_trie *trie, const char *p, size_t len, int32_t added) {
  uint32_t node = 0, next;
  if (!trie->count && trie_node(trie, 0, &node)) return 1;
  for (size_t i = 0; i < len; i++, node = next) {
    uint8_t byte = (uint8_t)p[i];
    next = trie_child(trie, node, byte);
    if (next) continue;
    if (trie_node(trie, byte, &next)) return 1;
    if (node == 0) {
      trie->first[byte] = next;
    } else {
      trie->nodes[next].sibling = trie->nodes[node].child;
      trie->nodes[node].child = next;
    }
  }
  if (len && trie->nodes[node].added < 0) trie->nodes[node].added = added;
  return 0;
}

/* A token that is looked for after normalization is looked for in its normalized spelling, and
 * decodes to that. */
static int add_normalized(lm_tokenizer *t, const lm_buf *text, size_t i) {
  const lm_added *a = t->added + i;
  lm_token *token = t->tokens + a->id;
  if (trie_add(&t->normal, text->data, text->len, (int32_t)i)) return 1;
  if (text->len == a->len && !memcmp(text->data, t->arena.data + a->offset, a->len)) return 0;
  token->shown_len = (uint32_t)text->len;
  return lm_tok_arena(t, text->data, text->len, &token->shown);
}

int lm_added_build(lm_tokenizer *t) {
  lm_buf text = {0};
  lm_scan *scan = NULL;
  int fail = lm_scan_new(&scan);
  for (size_t i = 0; i < t->added_count && !fail; i++) {
    lm_added *a = t->added + i;
    const char *p = t->arena.data + a->offset;
    text.len = 0;
    if (!a->normalized)
      fail = trie_add(&t->raw, p, a->len, (int32_t)i);
    else
      fail = lm_normalize(t->norms, t->norm_count, scan, p, a->len, &text) ||
             add_normalized(t, &text, i);
    if (!fail && a->single_word && !t->word_char)
      fail = lm_regex_new(&t->word_char, WORD_CHAR, strlen(WORD_CHAR));
  }
  lm_buf_free(&text);
  lm_scan_free(scan);
  return fail;
}

static size_t char_before(const char *p, size_t at) {
  do at--;
  while (((uint8_t)p[at] & 0xC0) == 0x80);
  return at;
}

static int is_word_char(lm_work *w, const char *p, size_t at, size_t end, bool *yes) {
  size_t from, to;
  return lm_regex_find(w->t->word_char, w->scan, p + at, end - at, 0, yes, &from, &to);
}

static int stands_alone(lm_work *w, const char *p, size_t len, size_t from, size_t to, bool *yes) {
  uint32_t c;
  bool word_before = false, word_behind = false;
  if (from && is_word_char(w, p, char_before(p, from), from, &word_before)) return 1;
  if (to < len && is_word_char(w, p, to, to + lm_utf8_get(p + to, &c), &word_behind)) return 1;
  *yes = !word_before && !word_behind;
  return 0;
}

static const lm_added *longest_at(const lm_tokenizer *t, const lm_trie *trie, const char *p,
                                  size_t len, size_t at, size_t *end) {
  const lm_added *best = NULL;
  uint32_t node = 0;
  for (size_t i = at; i < len && (node = trie_child(trie, node, (uint8_t)p[i])); i++)
    if (trie->nodes[node].added >= 0) {
      best = t->added + trie->nodes[node].added;
      *end = i + 1;
    }
  return best;
}

/* Takes in the white space that the token asks for. */
static void widen(const lm_added *a, const char *p, size_t len, size_t *from, size_t *to) {
  uint32_t c;
  size_t start = *from;
  while (a->lstrip && start) {
    size_t before = char_before(p, start);
    lm_utf8_get(p + before, &c);
    if (!lm_char_is_space(c)) break;
    start = before;
  }
  *from = start;
  while (a->rstrip && *to < len) {
    size_t n = lm_utf8_get(p + *to, &c);
    if (!lm_char_is_space(c)) break;
    *to += n;
  }
}

int lm_added_split(lm_work *w, const lm_trie *trie, bool parse_special, const char *p, size_t len,
                   bool at_start, lm_text_fn rest) {
  size_t done = 0;
  for (size_t i = 0, end = 0; trie->count && i < len;) {
    const lm_added *a = trie->first[(uint8_t)p[i]] ? longest_at(w->t, trie, p, len, i, &end) : NULL;
    if (!a) {
      i++;
      continue;
    }
    size_t from = i, to = end;
    bool wanted = parse_special || !a->special;
    i = end;
    if (wanted && a->single_word && stands_alone(w, p, len, from, to, &wanted)) return 1;
    if (!wanted) continue;
    widen(a, p, len, &from, &to);
    if (done < from && rest(w, p + done, from - done, at_start && done == 0)) return 1;
    if (lm_work_add(w, a->id)) return 1;
    done = to;
  }
  return done < len ? rest(w, p + done, len - done, at_start && done == 0) : 0;
}
