/* Text to token ids and back: byte-level and SentencePiece-style BPE, read from a Hugging Face
 * tokenizer.json or from the metadata of a GGUF file.
 *
 * A tokenizer never changes while it encodes or decodes, so threads may share one. Functions that
 * return int give 0, or 1 with the reason in lm_error_text(). Text is UTF-8 and may hold NUL bytes.
 */
#ifndef LM_TOKENIZER_H
#define LM_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lm_tokenizer lm_tokenizer;

typedef struct lm_span {
  const char *data;
  size_t len;
} lm_span;

/* What a GGUF file says about its tokenizer. Everything is borrowed for the call alone. */
typedef struct lm_tokenizer_arrays {
  const char *model; /* tokenizer.ggml.model: "gpt2" or "llama" */
  const char *pre;   /* tokenizer.ggml.pre: the splitting rule; NULL where the file has none */
  const lm_span *tokens;
  size_t token_count;
  const int32_t
      *types; /* token_count of: 1 normal, 3 control, 4 user defined, 6 byte; NULL: all normal */
  const float *scores;   /* token_count; needed by "llama" alone */
  const lm_span *merges; /* "a b", most important first; needed by "gpt2" alone */
  size_t merge_count;
  int32_t bos, eos, unk, pad; /* -1: none */
  bool add_bos, add_eos, add_space_prefix;
} lm_tokenizer_arrays;

/* config is the text of tokenizer_config.json, or NULL. */
int lm_tokenizer_from_json(lm_tokenizer **out, const char *json, size_t json_len,
                           const char *config, size_t config_len);
int lm_tokenizer_from_arrays(lm_tokenizer **out, const lm_tokenizer_arrays *arrays);
void lm_tokenizer_free(lm_tokenizer *t);

/* add_special: put in the ids that the model wants around a text (BOS and the like). parse_special:
 * the names of special tokens inside the text become those tokens; without it they are ordinary
 * text. The caller frees *ids, which is never NULL on success. */
int lm_tokenizer_encode(const lm_tokenizer *t, const char *text, size_t len, bool add_special,
                        bool parse_special, int32_t **ids, size_t *count);

/* Ids that name no token are passed over. The caller frees *text, which is always UTF-8 and ends
 * with a NUL that *len does not count. */
int lm_tokenizer_decode(const lm_tokenizer *t, const int32_t *ids, size_t count, bool skip_special,
                        char **text, size_t *len);

/* One more than the largest id. */
size_t lm_tokenizer_size(const lm_tokenizer *t);
/* The token as the vocabulary spells it (byte-level alphabet), NUL-terminated; NULL where the id
 * names none. */
const char *lm_tokenizer_piece(const lm_tokenizer *t, int32_t id, size_t *len);
/* -1 where no token is spelled so. */
int32_t lm_tokenizer_id(const lm_tokenizer *t, const char *piece, size_t len);
bool lm_tokenizer_is_special(const lm_tokenizer *t, int32_t id);

/* -1: the tokenizer has none. */
int32_t lm_tokenizer_bos(const lm_tokenizer *t);
int32_t lm_tokenizer_unk(const lm_tokenizer *t);
int32_t lm_tokenizer_pad(const lm_tokenizer *t);
/* The ids that end a generation. Setting them is for the owner alone, before threads share the
 * tokenizer. */
const int32_t *lm_tokenizer_eos(const lm_tokenizer *t, size_t *count);
bool lm_tokenizer_is_eos(const lm_tokenizer *t, int32_t id);
int lm_tokenizer_set_eos(lm_tokenizer *t, const int32_t *ids, size_t count);

/* Decoding one id at a time. What all calls return, joined, is what lm_tokenizer_decode gives for
 * all the ids; each part is whole UTF-8 characters that no later id can change. The text belongs to
 * the decoder until its next call. */
typedef struct lm_detok lm_detok;
int lm_detok_new(lm_detok **out, const lm_tokenizer *t, bool skip_special);
int lm_detok_feed(lm_detok *d, int32_t id, const char **text, size_t *len);
int lm_detok_finish(lm_detok *d, const char **text,
                    size_t *len); /* flushes; the next feed starts a new text */
void lm_detok_reset(lm_detok *d);
void lm_detok_free(lm_detok *d);

#endif
