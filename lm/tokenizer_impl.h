/* What the tokenizer's own files share. A tokenizer is built once by a loader through the lm_tok_*
 * calls below and only read afterwards; all that changes during a call lives in that call. */
#ifndef LM_TOKENIZER_IMPL_H
#define LM_TOKENIZER_IMPL_H

#include "lm/tokenizer.h"

typedef struct lm_regex lm_regex;

/* ---- tokenizer_text.c: bytes and characters ---- */

typedef struct lm_buf {
  char *data;
  size_t len, cap;
} lm_buf;

int lm_buf_reserve(lm_buf *b, size_t more);
int lm_buf_add(lm_buf *b, const void *data, size_t len);
int lm_buf_add_char(lm_buf *b, uint32_t c);
void lm_buf_free(lm_buf *b);

/* Decodes one character. Returns its length; 0: the bytes end inside it; below 0: minus the length
 * of a maximal ill-formed part, which stands for one U+FFFD. */
int lm_utf8_next(const char *p, size_t len, uint32_t *c);
/* Length and value of the character at p in text that was checked before. */
size_t lm_utf8_get(const char *p, uint32_t *c);
size_t lm_utf8_check(const char *p, size_t len); /* the length of the well-formed start */

bool lm_char_is_space(uint32_t c);
bool lm_char_is_numeric(uint32_t c);
bool lm_char_is_punctuation(uint32_t c);

/* The byte-level alphabet of GPT-2: a printable character for each byte. */
uint32_t lm_byte_to_char(uint8_t byte);
int lm_char_to_byte(uint32_t c); /* -1: not in the alphabet */
int lm_byte_map(lm_buf *out, const char *p, size_t len);

/* ---- tokenizer_regex.c ---- */

#define LM_SPACE_MARK "\xE2\x96\x81" /* U+2581, a space in SentencePiece's spelling */
#define LM_PATTERN_GPT2                                                                            \
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

typedef struct lm_scan lm_scan; /* what one thread needs to run any regex */
int lm_scan_new(lm_scan **out);
void lm_scan_free(lm_scan *s);

int lm_regex_new(lm_regex **out, const char *pattern, size_t len); /* Oniguruma's syntax */
void lm_regex_free(lm_regex *re);
/* The first match at or after `from`: *found tells whether there is one. */
int lm_regex_find(const lm_regex *re, lm_scan *scan, const char *text, size_t len, size_t from,
                  bool *found, size_t *begin, size_t *end);

/* What a split or a replacement looks for. */
typedef enum lm_match_kind { LM_MATCH_REGEX, LM_MATCH_TEXT, LM_MATCH_CLASS } lm_match_kind;
typedef struct lm_matcher {
  lm_match_kind kind;
  lm_regex *regex;
  lm_buf text;
  bool (*is_member)(uint32_t c);
} lm_matcher;

typedef struct lm_match_iter {
  size_t from, last_end;
  bool any;
} lm_match_iter;

int lm_matcher_next(const lm_matcher *m, lm_match_iter *it, lm_scan *scan, const char *text,
                    size_t len, bool *found, size_t *begin, size_t *end);
void lm_matcher_free(lm_matcher *m);

/* ---- stages ---- */

typedef enum lm_norm_kind {
  LM_NORM_NFC,
  LM_NORM_NFD,
  LM_NORM_NFKC,
  LM_NORM_NFKD,
  LM_NORM_LOWERCASE,
  LM_NORM_STRIP_ACCENTS,
  LM_NORM_STRIP,
  LM_NORM_PREPEND,
  LM_NORM_REPLACE,
  LM_NORM_BYTE_LEVEL
} lm_norm_kind;

typedef struct lm_norm {
  lm_norm_kind kind;
  lm_matcher match; /* replace */
  lm_buf text;      /* prepend, replace: what is put in */
  bool left, right; /* strip */
} lm_norm;

typedef enum lm_pre_kind {
  LM_PRE_SPLIT,
  LM_PRE_PREFIX_SPACE,
  LM_PRE_BYTE_MAP,
  LM_PRE_METASPACE
} lm_pre_kind;
typedef enum lm_behavior {
  LM_REMOVED,
  LM_ISOLATED,
  LM_MERGED_WITH_PREVIOUS,
  LM_MERGED_WITH_NEXT,
  LM_CONTIGUOUS
} lm_behavior;
typedef enum lm_prepend { LM_PREPEND_ALWAYS, LM_PREPEND_FIRST, LM_PREPEND_NEVER } lm_prepend;

typedef struct lm_pre {
  lm_pre_kind kind;
  lm_matcher match; /* split */
  lm_behavior behavior;
  bool invert;
  lm_buf text; /* metaspace: what stands for a space */
  lm_prepend prepend;
} lm_pre;

typedef enum lm_dec_kind {
  LM_DEC_BYTE_LEVEL,
  LM_DEC_BYTE_FALLBACK,
  LM_DEC_FUSE,
  LM_DEC_STRIP,
  LM_DEC_REPLACE,
  LM_DEC_METASPACE
} lm_dec_kind;

typedef struct lm_dec {
  lm_dec_kind kind;
  bool fused;       /* strip: the tokens before it come as one */
  lm_matcher match; /* replace */
  lm_buf text;      /* replace: what is put in; metaspace: what stands for a space */
  uint32_t strip;
  size_t left, right;
  bool drop_first; /* metaspace */
} lm_dec;

/* ---- vocabulary and merges: tokenizer_bpe.c ---- */

typedef struct lm_token {
  uint32_t offset, len; /* in the arena, followed by a NUL */
  uint32_t shown,
      shown_len; /* what the id decodes to: the normalized spelling of some added tokens */
  bool present, special;
} lm_token;

typedef struct lm_index { /* text to id; open addressing, at most half full */
  struct lm_index_slot {
    uint32_t tag, id_plus_one;
  } * slots;
  size_t mask, count;
} lm_index;

typedef struct lm_merges { /* (left, right) to rank and new id; at most half full */
  uint64_t *keys;
  struct lm_merge {
    uint32_t rank, id;
  } * values;
  size_t mask, count;
} lm_merges;

typedef struct lm_added {
  uint32_t offset, len; /* the text that is looked for, in the arena */
  int32_t id;
  bool special, lstrip, rstrip, single_word, normalized;
} lm_added;

typedef struct lm_trie { /* bytes of added tokens; child and sibling lists; node 0 is the root */
  struct lm_trie_node {
    uint8_t byte;
    int32_t added; /* index, -1: none ends here */
    uint32_t child, sibling;
  } * nodes;
  size_t count, cap;
  uint32_t first[256]; /* the root's children */
} lm_trie;

struct lm_tokenizer {
  lm_buf arena;
  lm_token *tokens;
  size_t size;    /* of tokens */
  lm_index model; /* the model's own vocabulary */
  lm_index extra; /* added tokens */
  lm_merges merges;
  int32_t byte_ids[256];     /* byte-level alphabet; -1: not in the vocabulary */
  int32_t fallback_ids[256]; /* <0x00> … <0xFF> */
  bool byte_words; /* the last pre-tokenizer's byte mapping is left to the model, which works on
                      bytes */
  bool ignore_merges, byte_fallback, fuse_unk;
  int32_t model_unk;
  lm_buf word_prefix, word_suffix;
  bool cuts;        /* no token has a space mark behind something else, so words end before one */
  size_t next_made; /* while loading: the token that the next merge probably makes */
  size_t longest;   /* of the model's tokens, in bytes */

  lm_norm *norms;
  size_t norm_count;
  lm_pre *pres;
  size_t pre_count;
  lm_dec *decs;
  size_t dec_count;
  bool join_with_space; /* no decoder at all */

  lm_added *added;
  size_t added_count;
  lm_trie raw, normal; /* looked for before and after normalization */
  lm_regex *word_char; /* for single_word tokens */

  int32_t *before, *after; /* put around a text */
  size_t before_count, after_count;
  int32_t bos, unk, pad;
  int32_t *eos;
  size_t eos_count;
};

typedef struct lm_symbol {
  uint32_t id;
  int32_t prev, next; /* -1: none */
} lm_symbol;

typedef struct lm_candidate {
  uint32_t rank, id;
  int32_t at;
} lm_candidate;

/* One encode call. */
typedef struct lm_work {
  const lm_tokenizer *t;
  lm_scan *scan;
  int32_t *ids;
  size_t count, cap;
  lm_symbol *symbols;
  size_t symbol_cap, symbol_count;
  lm_candidate *heap;
  size_t heap_cap, heap_count;
  lm_buf piece;
  struct lm_word *words; /* what frequent words came to */
} lm_work;

int lm_work_init(lm_work *w, const lm_tokenizer *t);
int lm_work_add(lm_work *w, int32_t id);
void lm_work_free(lm_work *w);

uint64_t lm_hash(const char *p, size_t len);
int lm_index_init(lm_index *x, size_t count);
int lm_index_set(lm_tokenizer *t, lm_index *x, const char *p, size_t len, uint32_t id);
int32_t lm_index_get(const lm_tokenizer *t, const lm_index *x, const char *p, size_t len);
int lm_merges_init(lm_merges *m, size_t count);
void lm_merges_set(lm_merges *m, uint32_t left, uint32_t right, uint32_t rank, uint32_t id);
const struct lm_merge *lm_merges_get(const lm_merges *m, uint32_t left, uint32_t right);

int lm_tok_arena(lm_tokenizer *t, const char *p, size_t len, uint32_t *offset);
/* Room for ids below size; the ids between are not tokens. */
int lm_tok_resize(lm_tokenizer *t, size_t size);
int lm_tok_set(lm_tokenizer *t, uint32_t id, const char *p, size_t len);
/* a and b are pieces of the vocabulary, and so must be what they join to. */
int lm_tok_merge(lm_tokenizer *t, const char *a, size_t a_len, const char *b, size_t b_len,
                 uint32_t rank);
void lm_tok_finish_model(lm_tokenizer *t);
int lm_bpe_word(lm_work *w, const char *p, size_t len);

/* ---- tokenizer_added.c ---- */

int lm_added_add(lm_tokenizer *t, const char *p, size_t len, const lm_added *how);
int lm_added_build(lm_tokenizer *t); /* after the last one, and after the normalizers */
typedef int (*lm_text_fn)(lm_work *w, const char *p, size_t len, bool at_start);
/* Adds the ids of the tokens found to w and hands the text between them to `rest`. */
int lm_added_split(lm_work *w, const lm_trie *trie, bool parse_special, const char *p, size_t len,
                   bool at_start, lm_text_fn rest);

/* ---- tokenizer_normalize.c, tokenizer_pre.c, tokenizer_decode.c ---- */

bool lm_normalize_keeps(const lm_norm *norms, size_t count, const char *p, size_t len);
int lm_normalize(const lm_norm *norms, size_t count, lm_scan *scan, const char *p, size_t len,
                 lm_buf *out);
void lm_norm_free(lm_norm *n);
int lm_pretokenize(lm_work *w, const char *p, size_t len, bool at_start);
void lm_pre_free(lm_pre *p);
void lm_dec_free(lm_dec *d);

/* Loaders append stages with these: the new one is zeroed. */
lm_norm *lm_tok_add_norm(lm_tokenizer *t, lm_norm_kind kind);
lm_pre *lm_tok_add_pre(lm_tokenizer *t, lm_pre_kind kind);
lm_dec *lm_tok_add_dec(lm_tokenizer *t, lm_dec_kind kind);
int lm_tok_add_split(lm_tokenizer *t, const char *pattern, lm_behavior behavior, bool invert);
/* The last step of every loader: checks what the parts need of each other. */
int lm_tok_finish(lm_tokenizer *t);

#endif
