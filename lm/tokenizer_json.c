/* A tokenizer from the text of tokenizer.json and tokenizer_config.json. The parsed files are
 * borrowed during loading; the tokenizer keeps copies. Nothing in them is trusted: what is missing,
 * of the wrong type or out of range is an error that names it. */
#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/json.h"
#include "lm/tokenizer_impl.h"

#define MAX_ID_GAP (1u << 20) /* ids that may stay without a token */
#define MAX_DEPTH 32
#define WHITESPACE_PATTERN "[\\w\\x{200c}\\x{200d}]+|[^\\w\\s\\x{200c}\\x{200d}]+"

static int damaged(const char *what) {
  return lm_fail(LM_DAMAGED, "[tokenizer] tokenizer.json: %s", what);
}

static int unsupported(const char *what, const char *name) {
  return lm_fail(LM_UNSUPPORTED, "[tokenizer] %s %s", what, name);
}

static const char *string_of(const json_t *o, const char *key) {
  return json_string_value(json_object_get(o, key));
}

static const char *type_of(const json_t *o) {
  const char *type = string_of(o, "type");
  return type ? type : "without a type";
}

static bool flag(const json_t *o, const char *key, bool otherwise) {
  const json_t *v = json_object_get(o, key);
  return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

static int copy_text(lm_buf *out, const json_t *s, const char *what) {
  if (!json_is_string(s)) return damaged(what);
  return lm_buf_add(out, json_string_value(s), json_string_length(s));
}

static int read_matcher(lm_matcher *m, const json_t *o) {
  const json_t *pattern = json_object_get(o, "pattern"), *text = json_object_get(pattern, "String");
  const json_t *regex = json_object_get(pattern, "Regex");
  if (json_is_string(regex)) {
    m->kind = LM_MATCH_REGEX;
    return lm_regex_new(&m->regex, json_string_value(regex), json_string_length(regex));
  }
  if (!json_string_length(text)) return damaged("a pattern is neither a String nor a Regex");
  m->kind = LM_MATCH_TEXT;
  return copy_text(&m->text, text, "a pattern");
}

/* Runs `read` for each element of a Sequence. */
typedef int (*read_fn)(lm_tokenizer *t, const json_t *o, int depth);

static int read_list(lm_tokenizer *t, const json_t *list, read_fn read, int depth) {
  if (!json_is_array(list)) return damaged("a Sequence without a list");
  if (depth >= MAX_DEPTH) return unsupported("a Sequence", "nested too deep");
  size_t i;
  json_t *o;
  json_array_foreach(list, i, o) if (read(t, o, depth + 1)) return 1;
  return 0;
}

/* ---- normalizers ---- */

static int read_normalizer(lm_tokenizer *t, const json_t *o, int depth) {
  static const struct {
    const char *name;
    lm_norm_kind kind;
  } plain[] = {{"NFC", LM_NORM_NFC},
               {"NFD", LM_NORM_NFD},
               {"NFKC", LM_NORM_NFKC},
               {"NFKD", LM_NORM_NFKD},
               {"Lowercase", LM_NORM_LOWERCASE},
               {"StripAccents", LM_NORM_STRIP_ACCENTS},
               {"Strip", LM_NORM_STRIP},
               {"Prepend", LM_NORM_PREPEND},
               {"Replace", LM_NORM_REPLACE},
               {"ByteLevel", LM_NORM_BYTE_LEVEL}};
  const char *type = type_of(o);
  if (!o || json_is_null(o)) return 0;
  if (!strcmp(type, "Sequence"))
    return read_list(t, json_object_get(o, "normalizers"), read_normalizer, depth);
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    if (strcmp(type, plain[i].name)) continue;
    lm_norm *n = lm_tok_add_norm(t, plain[i].kind);
    if (!n) return 1;
    n->left = flag(o, "strip_left", true);
    n->right = flag(o, "strip_right", true);
    if (n->kind == LM_NORM_PREPEND)
      return copy_text(&n->text, json_object_get(o, "prepend"), "Prepend without a text");
    if (n->kind == LM_NORM_REPLACE)
      return read_matcher(&n->match, o) ||
             copy_text(&n->text, json_object_get(o, "content"), "Replace without content");
    return 0;
  }
  return unsupported("normalizer", type);
}

/* ---- pre-tokenizers ---- */

static int read_behavior(const json_t *o, lm_behavior otherwise, lm_behavior *out) {
  static const char *const names[] = {[LM_REMOVED] = "Removed",
                                      [LM_ISOLATED] = "Isolated",
                                      [LM_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
                                      [LM_MERGED_WITH_NEXT] = "MergedWithNext",
                                      [LM_CONTIGUOUS] = "Contiguous"};
  const char *name = string_of(o, "behavior");
  *out = otherwise;
  if (!name) return 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i], name)) {
      *out = (lm_behavior)i;
      return 0;
    }
  return unsupported("split behavior", name);
}

static int add_class(lm_tokenizer *t, bool (*is_member)(uint32_t), lm_behavior behavior) {
  lm_pre *p = lm_tok_add_pre(t, LM_PRE_SPLIT);
  if (!p) return 1;
  p->match.kind = LM_MATCH_CLASS;
  p->match.is_member = is_member;
  p->behavior = behavior;
  return 0;
}

static int read_split(lm_tokenizer *t, const json_t *o) {
  lm_pre *p = lm_tok_add_pre(t, LM_PRE_SPLIT);
  if (!p) return 1;
  p->invert = flag(o, "invert", false);
  return read_behavior(o, LM_ISOLATED, &p->behavior) || read_matcher(&p->match, o);
}

static int read_delimiter(lm_tokenizer *t, const json_t *o) {
  lm_pre *p = lm_tok_add_pre(t, LM_PRE_SPLIT);
  if (!p) return 1;
  p->behavior = LM_REMOVED;
  p->match.kind = LM_MATCH_TEXT;
  if (!json_string_length(json_object_get(o, "delimiter")))
    return damaged("CharDelimiterSplit without a delimiter");
  return copy_text(&p->match.text, json_object_get(o, "delimiter"), "delimiter");
}

static int read_byte_level(lm_tokenizer *t, const json_t *o) {
  if (flag(o, "add_prefix_space", false) && !lm_tok_add_pre(t, LM_PRE_PREFIX_SPACE)) return 1;
  if (flag(o, "use_regex", true) && lm_tok_add_split(t, LM_PATTERN_GPT2, LM_ISOLATED, false))
    return 1;
  return !lm_tok_add_pre(t, LM_PRE_BYTE_MAP);
}

static int read_scheme(const json_t *o, lm_prepend *out) {
  const char *name = string_of(o, "prepend_scheme");
  if (!name)
    *out = flag(o, "add_prefix_space", true) ? LM_PREPEND_ALWAYS : LM_PREPEND_NEVER;
  else if (!strcmp(name, "always"))
    *out = LM_PREPEND_ALWAYS;
  else if (!strcmp(name, "first"))
    *out = LM_PREPEND_FIRST;
  else if (!strcmp(name, "never"))
    *out = LM_PREPEND_NEVER;
  else
    return unsupported("prepend_scheme", name);
  return 0;
}

static int read_metaspace(lm_tokenizer *t, const json_t *o) {
  const json_t *mark = json_object_get(o, "replacement");
  if (!json_string_length(mark)) return damaged("Metaspace without a replacement");
  lm_pre *p = lm_tok_add_pre(t, LM_PRE_METASPACE);
  if (!p || copy_text(&p->text, mark, "replacement") || read_scheme(o, &p->prepend)) return 1;
  if (!flag(o, "split", true)) return 0;
  if (!(p = lm_tok_add_pre(t, LM_PRE_SPLIT))) return 1;
  p->match.kind = LM_MATCH_TEXT;
  p->behavior = LM_MERGED_WITH_NEXT;
  return copy_text(&p->match.text, mark, "replacement");
}

static int read_pretokenizer(lm_tokenizer *t, const json_t *o, int depth) {
  const char *type = type_of(o);
  lm_behavior behavior;
  if (!o || json_is_null(o)) return 0;
  if (!strcmp(type, "Sequence"))
    return read_list(t, json_object_get(o, "pretokenizers"), read_pretokenizer, depth);
  if (!strcmp(type, "ByteLevel")) return read_byte_level(t, o);
  if (!strcmp(type, "Split")) return read_split(t, o);
  if (!strcmp(type, "Digits"))
    return add_class(t, lm_char_is_numeric,
                     flag(o, "individual_digits", false) ? LM_ISOLATED : LM_CONTIGUOUS);
  if (!strcmp(type, "Punctuation"))
    return read_behavior(o, LM_ISOLATED, &behavior) ||
           add_class(t, lm_char_is_punctuation, behavior);
  if (!strcmp(type, "Whitespace")) return lm_tok_add_split(t, WHITESPACE_PATTERN, LM_REMOVED, true);
  if (!strcmp(type, "WhitespaceSplit")) return add_class(t, lm_char_is_space, LM_REMOVED);
  if (!strcmp(type, "BertPreTokenizer"))
    return add_class(t, lm_char_is_space, LM_REMOVED) ||
           add_class(t, lm_char_is_punctuation, LM_ISOLATED);
  if (!strcmp(type, "CharDelimiterSplit")) return read_delimiter(t, o);
  if (!strcmp(type, "Metaspace")) return read_metaspace(t, o);
  return unsupported("pre-tokenizer", type);
}

/* ---- decoders ---- */

static int read_strip(lm_dec *d, const json_t *o) {
  const json_t *content = json_object_get(o, "content"), *left = json_object_get(o, "start");
  const json_t *right = json_object_get(o, "stop");
  const char *s = json_string_value(content);
  size_t len = json_string_length(content);
  if (!len || (size_t)lm_utf8_next(s, len, &d->strip) != len)
    return damaged("Strip without one character");
  if (!json_is_integer(left) || !json_is_integer(right) || json_integer_value(left) < 0 ||
      json_integer_value(right) < 0)
    return damaged("Strip without counts");
  d->left = (size_t)json_integer_value(left);
  d->right = (size_t)json_integer_value(right);
  return 0;
}

static int read_decoder(lm_tokenizer *t, const json_t *o, int depth) {
  static const struct {
    const char *name;
    lm_dec_kind kind;
  } kinds[] = {{"ByteLevel", LM_DEC_BYTE_LEVEL},
               {"ByteFallback", LM_DEC_BYTE_FALLBACK},
               {"Fuse", LM_DEC_FUSE},
               {"Strip", LM_DEC_STRIP},
               {"Replace", LM_DEC_REPLACE},
               {"Metaspace", LM_DEC_METASPACE}};
  const char *type = type_of(o);
  if (!strcmp(type, "Sequence"))
    return read_list(t, json_object_get(o, "decoders"), read_decoder, depth);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(type, kinds[i].name)) continue;
    lm_prepend scheme;
    lm_dec *d = lm_tok_add_dec(t, kinds[i].kind);
    if (!d) return 1;
    if (d->kind == LM_DEC_STRIP) return read_strip(d, o);
    if (d->kind == LM_DEC_REPLACE)
      return read_matcher(&d->match, o) ||
             copy_text(&d->text, json_object_get(o, "content"), "Replace without content");
    if (d->kind != LM_DEC_METASPACE) return 0;
    if (read_scheme(o, &scheme) ||
        copy_text(&d->text, json_object_get(o, "replacement"), "Metaspace"))
      return 1;
    d->drop_first = scheme != LM_PREPEND_NEVER;
    return d->text.len ? 0 : damaged("Metaspace without a replacement");
  }
  return unsupported("decoder", type);
}

/* ---- model ---- */

static int id_of(const json_t *v, size_t limit, uint32_t *id) {
  *id = 0;
  if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) >= limit)
    return damaged("a token id is not a number, or far beyond the vocabulary's size");
  *id = (uint32_t)json_integer_value(v);
  return 0;
}

static int read_vocab(lm_tokenizer *t, json_t *vocab) {
  if (!json_is_object(vocab)) return damaged("no vocab");
  size_t count = json_object_size(vocab), size = 0;
  void *at;
  for (at = json_object_iter(vocab); at; at = json_object_iter_next(vocab, at)) {
    uint32_t id;
    if (id_of(json_object_iter_value(at), count + MAX_ID_GAP, &id)) return 1;
    size = id >= size ? id + (size_t)1 : size;
  }
  if (lm_tok_resize(t, size) || lm_index_init(&t->model, count)) return 1;
  for (at = json_object_iter(vocab); at; at = json_object_iter_next(vocab, at)) {
    const char *key = json_object_iter_key(at);
    uint32_t id = (uint32_t)json_integer_value(json_object_iter_value(at));
    if (t->tokens[id].present) return lm_fail(LM_DAMAGED, "[tokenizer] id %u has two tokens", id);
    if (lm_tok_set(t, id, key, strlen(key)) || lm_index_set(t, &t->model, key, strlen(key), id))
      return 1;
  }
  lm_tok_finish_model(t);
  return 0;
}

/* "a b" or ["a", "b"] */
static int read_merge(lm_tokenizer *t, const json_t *m, uint32_t rank) {
  const json_t *a = json_array_get(m, 0), *b = json_array_get(m, 1);
  if (json_is_string(a) && json_is_string(b) && json_array_size(m) == 2)
    return lm_tok_merge(t, json_string_value(a), json_string_length(a), json_string_value(b),
                        json_string_length(b), rank);
  const char *s = json_string_value(m);
  size_t len = json_string_length(m);
  const char *gap = s ? memchr(s, ' ', len) : NULL;
  if (!gap || memchr(gap + 1, ' ', len - (size_t)(gap - s) - 1))
    return lm_fail(LM_DAMAGED, "[tokenizer] merge %u is not a pair", rank);
  return lm_tok_merge(t, s, (size_t)(gap - s), gap + 1, len - (size_t)(gap - s) - 1, rank);
}

static int read_affix(lm_buf *out, const json_t *o, const char *key) {
  const json_t *v = json_object_get(o, key);
  return !v || json_is_null(v) ? 0 : copy_text(out, v, key);
}

static int read_model(lm_tokenizer *t, const json_t *model) {
  const json_t *merges = json_object_get(model, "merges"),
               *unk = json_object_get(model, "unk_token"), *m;
  const char *type = string_of(model, "type");
  if (!json_is_object(model)) return damaged("no model");
  if (type ? strcmp(type, "BPE") != 0 : !merges)
    return unsupported("model type", type ? type : "not given");
  if (json_number_value(json_object_get(model, "dropout")) != 0)
    return unsupported("model", "with dropout");
  t->byte_fallback = flag(model, "byte_fallback", false);
  t->fuse_unk = flag(model, "fuse_unk", false);
  t->ignore_merges = flag(model, "ignore_merges", false);
  if (read_affix(&t->word_prefix, model, "continuing_subword_prefix") ||
      read_affix(&t->word_suffix, model, "end_of_word_suffix") ||
      read_vocab(t, json_object_get(model, "vocab")))
    return 1;
  if (json_is_string(unk))
    t->unk = t->model_unk =
        lm_index_get(t, &t->model, json_string_value(unk), json_string_length(unk));
  if ((merges && !json_is_array(merges)) || lm_merges_init(&t->merges, json_array_size(merges)))
    return merges && !json_is_array(merges) ? damaged("merges are not a list") : 1;
  size_t i;
  json_array_foreach(merges, i, m) if (read_merge(t, m, (uint32_t)i)) return 1;
  return 0;
}

/* ---- added tokens ---- */

static int read_added(lm_tokenizer *t, const json_t *o, uint32_t id, bool override) {
  const json_t *content = json_object_get(o, "content");
  const char *s = json_string_value(content);
  size_t len = json_string_length(content);
  if (!s) return damaged("an added token without content");
  if (!override && lm_index_get(t, &t->extra, s, len) >= 0) return 0;
  lm_added how = {.id = (int32_t)id,
                  .special = flag(o, "special", false),
                  .lstrip = flag(o, "lstrip", false),
                  .rstrip = flag(o, "rstrip", false),
                  .single_word = flag(o, "single_word", false)};
  how.normalized = flag(o, "normalized", !how.special);
  return lm_tok_resize(t, (size_t)id + 1) || lm_added_add(t, s, len, &how);
}

/* A token that the config names, such as eos_token: a string, or an object with its content. */
static int read_named(lm_tokenizer *t, const json_t *v, int32_t *id) {
  if (json_is_object(v)) v = json_object_get(v, "content");
  const char *s = json_string_value(v);
  size_t len = json_string_length(v);
  int32_t found = s ? lm_tokenizer_id(t, s, len) : -1;
  if (found < 0) return 0;
  *id = found;
  t->tokens[found].special = true;
  for (size_t i = 0; i < t->added_count; i++)
    if (t->added[i].id == found) {
      t->added[i].special = true;
      return 0;
    }
  lm_added how = {.id = found, .special = true};
  return lm_added_add(t, s, len, &how);
}

static int read_config_tokens(lm_tokenizer *t, const json_t *config, size_t limit) {
  const char *key;
  json_t *decoder = json_object_get(config, "added_tokens_decoder"), *o;
  json_object_foreach(decoder, key, o) {
    char *end;
    unsigned long id = strtoul(key, &end, 10);
    if (*end || end == key || id >= limit)
      return lm_fail(LM_DAMAGED, "[tokenizer] tokenizer_config.json: id %.32s of an added token",
                     key);
    if (read_added(t, o, (uint32_t)id, false)) return 1;
  }
  int32_t ids[5] = {-1, -1, t->unk, -1, -1};
  static const char *const names[] = {"bos_token", "eos_token", "unk_token", "pad_token"};
  for (int i = 0; i < 4; i++)
    if (read_named(t, json_object_get(config, names[i]), ids + i)) return 1;
  json_t *more = json_object_get(config, "additional_special_tokens");
  size_t i;
  json_array_foreach(more, i, o) if (read_named(t, o, ids + 4)) return 1;
  t->bos = ids[0];
  t->unk = ids[2];
  t->pad = ids[3];
  return lm_tokenizer_set_eos(t, ids + 1, ids[1] >= 0);
}

static int read_added_tokens(lm_tokenizer *t, const json_t *root, const json_t *config) {
  const json_t *list = json_object_get(root, "added_tokens"), *o;
  size_t more = json_object_size(json_object_get(config, "added_tokens_decoder"));
  more += json_array_size(json_object_get(config, "additional_special_tokens")) + 4;
  size_t count = json_array_size(list) + more, limit = t->size + count + MAX_ID_GAP, i;
  if (lm_index_init(&t->extra, count)) return 1;
  json_array_foreach(list, i, o) {
    uint32_t id;
    if (id_of(json_object_get(o, "id"), limit, &id) || read_added(t, o, id, true)) return 1;
  }
  return config ? read_config_tokens(t, config, limit) : 0;
}

/* ---- what is put around a text ---- */

static int put_id(int32_t **list, size_t *count, int32_t id) {
  int32_t *p = realloc(*list, (*count + 1) * sizeof *p);
  if (!p) return lm_nomem("tokenizer");
  p[(*count)++] = id;
  *list = p;
  return 0;
}

static int put_ids(lm_tokenizer *t, bool behind, const json_t *ids) {
  const json_t *v;
  size_t i;
  if (!json_is_array(ids)) return damaged("a template names a special token without ids");
  json_array_foreach(ids, i, v) {
    uint32_t id;
    if (id_of(v, t->size, &id) || (behind ? put_id(&t->after, &t->after_count, (int32_t)id)
                                          : put_id(&t->before, &t->before_count, (int32_t)id)))
      return 1;
  }
  return 0;
}

static int read_template(lm_tokenizer *t, const json_t *o) {
  const json_t *single = json_object_get(o, "single"),
               *special = json_object_get(o, "special_tokens"), *part;
  bool behind = false;
  size_t i;
  if (t->before_count || t->after_count) return unsupported("post-processor", "with two templates");
  json_array_foreach(single, i, part) {
    const json_t *name = json_object_get(json_object_get(part, "SpecialToken"), "id");
    if (json_object_get(part, "Sequence") && !behind) {
      behind = true;
      continue;
    }
    if (!json_is_string(name))
      return unsupported("post-processor template", "with two texts or an unknown part");
    if (put_ids(t, behind,
                json_object_get(json_object_get(special, json_string_value(name)), "ids")))
      return 1;
  }
  return behind ? 0 : damaged("a template without the text");
}

static int read_processor(lm_tokenizer *t, const json_t *o, int depth) {
  const char *type = type_of(o);
  if (!o || json_is_null(o) || !strcmp(type, "ByteLevel")) return 0;
  if (!strcmp(type, "Sequence"))
    return read_list(t, json_object_get(o, "processors"), read_processor, depth);
  if (!strcmp(type, "TemplateProcessing")) return read_template(t, o);
  if (!strcmp(type, "BertProcessing") || !strcmp(type, "RobertaProcessing")) {
    uint32_t first, last;
    return id_of(json_array_get(json_object_get(o, "cls"), 1), t->size, &first) ||
           id_of(json_array_get(json_object_get(o, "sep"), 1), t->size, &last) ||
           put_id(&t->before, &t->before_count, (int32_t)first) ||
           put_id(&t->after, &t->after_count, (int32_t)last);
  }
  return unsupported("post-processor", type);
}

/* Where the config says whether BOS or EOS are added, its word replaces the post-processor. */
static int read_around(lm_tokenizer *t, const json_t *root, const json_t *config) {
  bool says = json_is_boolean(json_object_get(config, "add_bos_token")) ||
              json_is_boolean(json_object_get(config, "add_eos_token"));
  if (!says) return read_processor(t, json_object_get(root, "post_processor"), 0);
  if (flag(config, "add_bos_token", false) && t->bos >= 0 &&
      put_id(&t->before, &t->before_count, t->bos))
    return 1;
  return flag(config, "add_eos_token", false) && t->eos_count &&
         put_id(&t->after, &t->after_count, t->eos[0]);
}

/* ---- the files ---- */

static int open_object(lm_json **out, const char *text, size_t len, const char *name) {
  if (lm_json_open(out, text, len, name)) return 1;
  return json_is_object(lm_json_root(*out)) ? 0 : lm_fail(LM_DAMAGED, "[%s] not an object", name);
}

static int load(lm_tokenizer *t, const json_t *root, const json_t *config) {
  const json_t *decoder = json_object_get(root, "decoder");
  t->join_with_space = !decoder || json_is_null(decoder);
  return read_model(t, json_object_get(root, "model")) ||
         read_normalizer(t, json_object_get(root, "normalizer"), 0) ||
         read_pretokenizer(t, json_object_get(root, "pre_tokenizer"), 0) ||
         (!t->join_with_space && read_decoder(t, decoder, 0)) ||
         read_added_tokens(t, root, config) || read_around(t, root, config) || lm_tok_finish(t);
}

int lm_tokenizer_from_json(lm_tokenizer **out, const char *text, size_t len,
                           const char *config_text, size_t config_len) {
  lm_json *root = NULL, *config = NULL;
  lm_tokenizer *t = calloc(1, sizeof *t);
  int fail = t ? 0 : lm_nomem("tokenizer");
  if (t) t->bos = t->unk = t->pad = t->model_unk = -1;
  fail = fail || open_object(&root, text, len, "tokenizer.json") ||
         (config_text && open_object(&config, config_text, config_len, "tokenizer_config.json")) ||
         load(t, lm_json_root(root), config ? lm_json_root(config) : NULL);
  lm_json_close(root);
  lm_json_close(config);
  if (fail) {
    lm_tokenizer_free(t);
    return 1;
  }
  *out = t;
  return 0;
}
