/* Pre-tokenizers: a text becomes words, and each word goes to the model at once. A stage hands its
 * pieces to the stage behind it, so no list of pieces exists. */
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

typedef struct split {
  lm_work *w;
  const lm_pre *pre;
  size_t stage;
  const char *text;
  bool at_start;
  size_t begin, end; /* a piece that the next one may still join */
  bool held, last_matched;
} split;

static int run_stage(lm_work *w, size_t stage, const char *p, size_t len, bool at_start);

static int pass_on(split *s, size_t begin, size_t end) {
  return run_stage(s->w, s->stage + 1, s->text + begin, end - begin, s->at_start && begin == 0);
}

static int flush(split *s) {
  bool held = s->held;
  s->held = false;
  return held ? pass_on(s, s->begin, s->end) : 0;
}

static bool joins(const split *s, bool matched) {
  switch (s->pre->behavior) {
  case LM_CONTIGUOUS:
    return matched == s->last_matched;
  case LM_MERGED_WITH_PREVIOUS:
    return matched && !s->last_matched;
  case LM_MERGED_WITH_NEXT:
    return !matched && s->last_matched;
  default:
    return false;
  }
}

static int event(split *s, size_t begin, size_t end, bool matched) {
  matched ^= s->pre->invert;
  if (s->pre->behavior == LM_REMOVED) return matched ? 0 : pass_on(s, begin, end);
  if (s->pre->behavior == LM_ISOLATED) return pass_on(s, begin, end);
  if (s->held && joins(s, matched)) {
    s->end = end;
  } else {
    if (flush(s)) return 1;
    s->held = true;
    s->begin = begin;
    s->end = end;
  }
  s->last_matched = matched;
  return 0;
}

static int run_split(lm_work *w, size_t stage, const char *p, size_t len, bool at_start) {
  split s = {.w = w, .pre = w->t->pres + stage, .stage = stage, .text = p, .at_start = at_start};
  lm_match_iter it = {0};
  size_t done = 0, begin, end;
  bool found;
  for (;;) {
    if (lm_matcher_next(&s.pre->match, &it, w->scan, p, len, &found, &begin, &end)) return 1;
    if (!found) break;
    if ((done != begin && event(&s, done, begin, false)) || event(&s, begin, end, true)) return 1;
    done = end;
  }
  return (done != len && event(&s, done, len, false)) || flush(&s);
}

static int metaspace(const lm_pre *pre, const char *p, size_t len, bool at_start, lm_buf *out) {
  const lm_buf *mark = &pre->text;
  bool wanted = pre->prepend == LM_PREPEND_ALWAYS || (pre->prepend == LM_PREPEND_FIRST && at_start);
  bool there = *p == ' ' || (len >= mark->len && !memcmp(p, mark->data, mark->len));
  if (wanted && !there && lm_buf_add(out, mark->data, mark->len)) return 1;
  for (size_t i = 0, from = 0; i <= len; i++) {
    if (i < len && p[i] != ' ') continue;
    if (lm_buf_add(out, p + from, i - from) || (i < len && lm_buf_add(out, mark->data, mark->len)))
      return 1;
    from = i + 1;
  }
  return 0;
}

static int run_change(lm_work *w, size_t stage, const char *p, size_t len, bool at_start) {
  const lm_pre *pre = w->t->pres + stage;
  lm_buf text = {0};
  int fail;
  if (pre->kind == LM_PRE_METASPACE)
    fail = metaspace(pre, p, len, at_start, &text);
  else if (pre->kind == LM_PRE_BYTE_MAP)
    fail = lm_byte_map(&text, p, len);
  else
    fail = lm_buf_add(&text, " ", 1) || lm_buf_add(&text, p, len);
  fail = fail || run_stage(w, stage + 1, text.data, text.len, at_start);
  lm_buf_free(&text);
  return fail;
}

static int run_stage(lm_work *w, size_t stage, const char *p, size_t len, bool at_start) {
  if (len == 0) return 0;
  if (stage == w->t->pre_count) return lm_bpe_word(w, p, len);
  lm_pre_kind kind = w->t->pres[stage].kind;
  if (kind == LM_PRE_SPLIT) return run_split(w, stage, p, len, at_start);
  if (kind == LM_PRE_PREFIX_SPACE && *p == ' ') return run_stage(w, stage + 1, p, len, at_start);
  return run_change(w, stage, p, len, at_start);
}

int lm_pretokenize(lm_work *w, const char *p, size_t len, bool at_start) {
  return run_stage(w, 0, p, len, at_start);
}

void lm_pre_free(lm_pre *p) {
  lm_matcher_free(&p->match);
  lm_buf_free(&p->text);
}
