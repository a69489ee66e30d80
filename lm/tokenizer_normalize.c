/* Normalizers: what happens to a text before it is split. Keeps nothing; time is linear in the text
 * but for the sort of combining marks. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

typedef struct mark {
  utf8proc_int32_t c;
  int class;
  size_t at;
} mark;

static int compare_marks(const void *a, const void *b) {
  const mark *x = a, *y = b;
  return x->class != y->class ? (x->class < y->class ? -1 : 1) : x->at < y->at ? -1 : x->at > y->at;
}

/* Canonical order. utf8proc's own way is quadratic in the length of a run. */
static int order_marks(utf8proc_int32_t *text, size_t len) {
  mark *marks = NULL;
  for (size_t i = 0, end; i < len; i = end + 1) {
    bool sorted = true;
    int class = 0, next;
    for (end = i; end < len && (next = utf8proc_get_property(text[end])->combining_class); end++) {
      sorted &= next >= class;
      class = next;
    }
    if (sorted) continue;
    if (!marks && !(marks = malloc(len * sizeof *marks))) return lm_nomem("tokenizer");
    for (size_t k = i; k < end; k++)
      marks[k - i] = (mark){text[k], utf8proc_get_property(text[k])->combining_class, k};
    qsort(marks, end - i, sizeof *marks, compare_marks);
    for (size_t k = i; k < end; k++) text[k] = marks[k - i].c;
  }
  free(marks);
  return 0;
}

static int decompose(const char *p, size_t len, utf8proc_option_t options, lm_buf *text) {
  int boundary = 0;
  for (size_t i = 0; i < len;) {
    uint32_t c;
    utf8proc_int32_t parts[32];
    i += lm_utf8_get(p + i, &c);
    utf8proc_ssize_t n =
        utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32, options, &boundary);
    if (n < 0 || n > 32) return lm_fail(LM_FAILED, "[tokenizer] normalizing U+%04X", (unsigned)c);
    if (lm_buf_add(text, parts, (size_t)n * sizeof *parts)) return 1;
  }
  return 0;
}

static int normal_form(lm_norm_kind kind, const char *p, size_t len, lm_buf *out) {
  bool compose = kind == LM_NORM_NFC || kind == LM_NORM_NFKC,
       compatible = kind == LM_NORM_NFKC || kind == LM_NORM_NFKD;
  int options = UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
                (compatible ? UTF8PROC_COMPAT : 0);
  lm_buf text = {0};
  int fail = decompose(p, len, (utf8proc_option_t)options, &text);
  utf8proc_int32_t *chars = (void *)text.data;
  size_t count = text.len / sizeof *chars;
  fail = fail || order_marks(chars, count);
  if (!fail && compose && count) {
    utf8proc_ssize_t n =
        utf8proc_normalize_utf32(chars, (utf8proc_ssize_t)count, (utf8proc_option_t)options);
    if (n < 0)
      fail = lm_fail(LM_FAILED, "[tokenizer] normalizing a text");
    else
      count = (size_t)n;
  }
  for (size_t i = 0; i < count && !fail; i++) fail = lm_buf_add_char(out, (uint32_t)chars[i]);
  lm_buf_free(&text);
  return fail;
}

static int lowercase(const char *p, size_t len, lm_buf *out) {
  for (size_t i = 0; i < len;) {
    uint32_t c;
    i += lm_utf8_get(p + i, &c);
    /* the one letter whose lower case is two characters */
    if (c == 0x130 ? lm_buf_add(out, "i\xCC\x87", 3)
                   : lm_buf_add_char(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c)))
      return 1;
  }
  return 0;
}

static int strip_accents(const char *p, size_t len, lm_buf *out) {
  for (size_t i = 0, n; i < len; i += n) {
    uint32_t c;
    n = lm_utf8_get(p + i, &c);
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    if (k != UTF8PROC_CATEGORY_MN && k != UTF8PROC_CATEGORY_MC && k != UTF8PROC_CATEGORY_ME &&
        lm_buf_add(out, p + i, n))
      return 1;
  }
  return 0;
}

static int strip(const lm_norm *n, const char *p, size_t len, lm_buf *out) {
  size_t from = 0, to = n->right ? 0 : len;
  bool any = false;
  for (size_t i = 0, size; i < len; i += size) {
    uint32_t c;
    size = lm_utf8_get(p + i, &c);
    if (lm_char_is_space(c)) continue;
    if (!any && n->left) from = i;
    any = true;
    if (n->right) to = i + size;
  }
  return any ? lm_buf_add(out, p + from, to - from) : 0;
}

static int replace(const lm_norm *n, lm_scan *scan, const char *p, size_t len, lm_buf *out) {
  lm_match_iter it = {0};
  size_t done = 0, begin, end;
  for (bool found = true;;) {
    if (lm_matcher_next(&n->match, &it, scan, p, len, &found, &begin, &end)) return 1;
    if (!found) return lm_buf_add(out, p + done, len - done);
    if (lm_buf_add(out, p + done, begin - done) || lm_buf_add(out, n->text.data, n->text.len))
      return 1;
    done = end;
  }
}

static int run(const lm_norm *n, lm_scan *scan, const char *p, size_t len, lm_buf *out) {
  switch (n->kind) {
  case LM_NORM_NFC:
  case LM_NORM_NFD:
  case LM_NORM_NFKC:
  case LM_NORM_NFKD:
    return normal_form(n->kind, p, len, out);
  case LM_NORM_LOWERCASE:
    return lowercase(p, len, out);
  case LM_NORM_STRIP_ACCENTS:
    return strip_accents(p, len, out);
  case LM_NORM_STRIP:
    return strip(n, p, len, out);
  case LM_NORM_PREPEND:
    return (len && lm_buf_add(out, n->text.data, n->text.len)) || lm_buf_add(out, p, len);
  case LM_NORM_REPLACE:
    return replace(n, scan, p, len, out);
  case LM_NORM_BYTE_LEVEL:
    return lm_byte_map(out, p, len);
  }
  return lm_fail(LM_FAILED, "[tokenizer] unknown normalizer");
}

/* Below U+0300 every character is its own NFC; below U+0080 its own of every form. */
bool lm_normalize_keeps(const lm_norm *norms, size_t count, const char *p, size_t len) {
  uint8_t limit = 0xCC;
  for (size_t i = 0; i < count; i++) {
    if (norms[i].kind > LM_NORM_NFKD) return false;
    if (norms[i].kind != LM_NORM_NFC) limit = 0x80;
  }
  for (size_t i = 0; count && i < len; i++)
    if ((uint8_t)p[i] >= limit) return false;
  return true;
}

int lm_normalize(const lm_norm *norms, size_t count, lm_scan *scan, const char *p, size_t len,
                 lm_buf *out) {
  if (count == 0) return lm_buf_add(out, p, len);
  lm_buf now = {0}, next = {0};
  int fail = 0;
  for (size_t i = 0; i < count && !fail; i++) {
    next.len = 0;
    fail = run(norms + i, scan, i ? now.data : p, i ? now.len : len, &next);
    lm_buf swap = now;
    now = next;
    next = swap;
  }
  fail = fail || lm_buf_add(out, now.data, now.len);
  lm_buf_free(&now);
  lm_buf_free(&next);
  return fail;
}

void lm_norm_free(lm_norm *n) {
  lm_matcher_free(&n->match);
  lm_buf_free(&n->text);
}
