/* Text by code point: counting, slicing, stripping, splitting, case, classes, as Python's str has
   them. Every lm_jstr is valid UTF-8, so nothing here checks encodings but lm_j_valid_utf8. */
#define _GNU_SOURCE
#include <string.h>
#include <utf8proc.h>

#include "jinja_value.h"

__extension__ typedef unsigned __int128 lm_wide;

/* Letters whose upper or title case is more than one letter (Unicode's SpecialCasing,
 * unconditional). */
static const struct {
  uint16_t cp, upper[3], title[3];
} special_case[] = {
    {0xdf, {0x53, 0x53}, {0x53, 0x73}},
    {0x149, {0x2bc, 0x4e}, {0x2bc, 0x4e}},
    {0x1f0, {0x4a, 0x30c}, {0x4a, 0x30c}},
    {0x390, {0x399, 0x308, 0x301}, {0x399, 0x308, 0x301}},
    {0x3b0, {0x3a5, 0x308, 0x301}, {0x3a5, 0x308, 0x301}},
    {0x587, {0x535, 0x552}, {0x535, 0x582}},
    {0x1e96, {0x48, 0x331}, {0x48, 0x331}},
    {0x1e97, {0x54, 0x308}, {0x54, 0x308}},
    {0x1e98, {0x57, 0x30a}, {0x57, 0x30a}},
    {0x1e99, {0x59, 0x30a}, {0x59, 0x30a}},
    {0x1e9a, {0x41, 0x2be}, {0x41, 0x2be}},
    {0x1f50, {0x3a5, 0x313}, {0x3a5, 0x313}},
    {0x1f52, {0x3a5, 0x313, 0x300}, {0x3a5, 0x313, 0x300}},
    {0x1f54, {0x3a5, 0x313, 0x301}, {0x3a5, 0x313, 0x301}},
    {0x1f56, {0x3a5, 0x313, 0x342}, {0x3a5, 0x313, 0x342}},
    {0x1f80, {0x1f08, 0x399}, {0x1f88}},
    {0x1f81, {0x1f09, 0x399}, {0x1f89}},
    {0x1f82, {0x1f0a, 0x399}, {0x1f8a}},
    {0x1f83, {0x1f0b, 0x399}, {0x1f8b}},
    {0x1f84, {0x1f0c, 0x399}, {0x1f8c}},
    {0x1f85, {0x1f0d, 0x399}, {0x1f8d}},
    {0x1f86, {0x1f0e, 0x399}, {0x1f8e}},
    {0x1f87, {0x1f0f, 0x399}, {0x1f8f}},
    {0x1f88, {0x1f08, 0x399}, {0x1f88}},
    {0x1f89, {0x1f09, 0x399}, {0x1f89}},
    {0x1f8a, {0x1f0a, 0x399}, {0x1f8a}},
    {0x1f8b, {0x1f0b, 0x399}, {0x1f8b}},
    {0x1f8c, {0x1f0c, 0x399}, {0x1f8c}},
    {0x1f8d, {0x1f0d, 0x399}, {0x1f8d}},
    {0x1f8e, {0x1f0e, 0x399}, {0x1f8e}},
    {0x1f8f, {0x1f0f, 0x399}, {0x1f8f}},
    {0x1f90, {0x1f28, 0x399}, {0x1f98}},
    {0x1f91, {0x1f29, 0x399}, {0x1f99}},
    {0x1f92, {0x1f2a, 0x399}, {0x1f9a}},
    {0x1f93, {0x1f2b, 0x399}, {0x1f9b}},
    {0x1f94, {0x1f2c, 0x399}, {0x1f9c}},
    {0x1f95, {0x1f2d, 0x399}, {0x1f9d}},
    {0x1f96, {0x1f2e, 0x399}, {0x1f9e}},
    {0x1f97, {0x1f2f, 0x399}, {0x1f9f}},
    {0x1f98, {0x1f28, 0x399}, {0x1f98}},
    {0x1f99, {0x1f29, 0x399}, {0x1f99}},
    {0x1f9a, {0x1f2a, 0x399}, {0x1f9a}},
    {0x1f9b, {0x1f2b, 0x399}, {0x1f9b}},
    {0x1f9c, {0x1f2c, 0x399}, {0x1f9c}},
    {0x1f9d, {0x1f2d, 0x399}, {0x1f9d}},
    {0x1f9e, {0x1f2e, 0x399}, {0x1f9e}},
    {0x1f9f, {0x1f2f, 0x399}, {0x1f9f}},
    {0x1fa0, {0x1f68, 0x399}, {0x1fa8}},
    {0x1fa1, {0x1f69, 0x399}, {0x1fa9}},
    {0x1fa2, {0x1f6a, 0x399}, {0x1faa}},
    {0x1fa3, {0x1f6b, 0x399}, {0x1fab}},
    {0x1fa4, {0x1f6c, 0x399}, {0x1fac}},
    {0x1fa5, {0x1f6d, 0x399}, {0x1fad}},
    {0x1fa6, {0x1f6e, 0x399}, {0x1fae}},
    {0x1fa7, {0x1f6f, 0x399}, {0x1faf}},
    {0x1fa8, {0x1f68, 0x399}, {0x1fa8}},
    {0x1fa9, {0x1f69, 0x399}, {0x1fa9}},
    {0x1faa, {0x1f6a, 0x399}, {0x1faa}},
    {0x1fab, {0x1f6b, 0x399}, {0x1fab}},
    {0x1fac, {0x1f6c, 0x399}, {0x1fac}},
    {0x1fad, {0x1f6d, 0x399}, {0x1fad}},
    {0x1fae, {0x1f6e, 0x399}, {0x1fae}},
    {0x1faf, {0x1f6f, 0x399}, {0x1faf}},
    {0x1fb2, {0x1fba, 0x399}, {0x1fba, 0x345}},
    {0x1fb3, {0x391, 0x399}, {0x1fbc}},
    {0x1fb4, {0x386, 0x399}, {0x386, 0x345}},
    {0x1fb6, {0x391, 0x342}, {0x391, 0x342}},
    {0x1fb7, {0x391, 0x342, 0x399}, {0x391, 0x342, 0x345}},
    {0x1fbc, {0x391, 0x399}, {0x1fbc}},
    {0x1fc2, {0x1fca, 0x399}, {0x1fca, 0x345}},
    {0x1fc3, {0x397, 0x399}, {0x1fcc}},
    {0x1fc4, {0x389, 0x399}, {0x389, 0x345}},
    {0x1fc6, {0x397, 0x342}, {0x397, 0x342}},
    {0x1fc7, {0x397, 0x342, 0x399}, {0x397, 0x342, 0x345}},
    {0x1fcc, {0x397, 0x399}, {0x1fcc}},
    {0x1fd2, {0x399, 0x308, 0x300}, {0x399, 0x308, 0x300}},
    {0x1fd3, {0x399, 0x308, 0x301}, {0x399, 0x308, 0x301}},
    {0x1fd6, {0x399, 0x342}, {0x399, 0x342}},
    {0x1fd7, {0x399, 0x308, 0x342}, {0x399, 0x308, 0x342}},
    {0x1fe2, {0x3a5, 0x308, 0x300}, {0x3a5, 0x308, 0x300}},
    {0x1fe3, {0x3a5, 0x308, 0x301}, {0x3a5, 0x308, 0x301}},
    {0x1fe4, {0x3a1, 0x313}, {0x3a1, 0x313}},
    {0x1fe6, {0x3a5, 0x342}, {0x3a5, 0x342}},
    {0x1fe7, {0x3a5, 0x308, 0x342}, {0x3a5, 0x308, 0x342}},
    {0x1ff2, {0x1ffa, 0x399}, {0x1ffa, 0x345}},
    {0x1ff3, {0x3a9, 0x399}, {0x1ffc}},
    {0x1ff4, {0x38f, 0x399}, {0x38f, 0x345}},
    {0x1ff6, {0x3a9, 0x342}, {0x3a9, 0x342}},
    {0x1ff7, {0x3a9, 0x342, 0x399}, {0x3a9, 0x342, 0x345}},
    {0x1ffc, {0x3a9, 0x399}, {0x1ffc}},
    {0xfb00, {0x46, 0x46}, {0x46, 0x66}},
    {0xfb01, {0x46, 0x49}, {0x46, 0x69}},
    {0xfb02, {0x46, 0x4c}, {0x46, 0x6c}},
    {0xfb03, {0x46, 0x46, 0x49}, {0x46, 0x66, 0x69}},
    {0xfb04, {0x46, 0x46, 0x4c}, {0x46, 0x66, 0x6c}},
    {0xfb05, {0x53, 0x54}, {0x53, 0x74}},
    {0xfb06, {0x53, 0x54}, {0x53, 0x74}},
    {0xfb13, {0x544, 0x546}, {0x544, 0x576}},
    {0xfb14, {0x544, 0x535}, {0x544, 0x565}},
    {0xfb15, {0x544, 0x53b}, {0x544, 0x56b}},
    {0xfb16, {0x54e, 0x546}, {0x54e, 0x576}},
    {0xfb17, {0x544, 0x53d}, {0x544, 0x56d}},
};

int64_t lm_j_count_cps(const char *p, int64_t len) {
  int64_t n = 0;
  for (int64_t i = 0; i < len; i++) n += ((unsigned char)p[i] & 0xc0) != 0x80;
  return n;
}

const char *lm_j_skip_cps(const lm_jstr *s, int64_t n) {
  if (s->cps == s->len) return s->p + n;
  const char *p = s->p, *end = s->p + s->len;
  while (n-- > 0)
    for (p++; p < end && ((unsigned char)*p & 0xc0) == 0x80;) p++;
  return p;
}

int lm_j_decode(const char *p, const char *end, int32_t *cp) {
  const unsigned char *u = (const unsigned char *)p;
  int64_t left = end - p;
  if (u[0] < 0x80 || left < 2) return *cp = u[0], 1;
  if (u[0] < 0xe0 || left < 3) return *cp = (u[0] & 31) << 6 | (u[1] & 63), 2;
  if (u[0] < 0xf0 || left < 4) return *cp = (u[0] & 15) << 12 | (u[1] & 63) << 6 | (u[2] & 63), 3;
  *cp = (u[0] & 7) << 18 | (u[1] & 63) << 12 | (u[2] & 63) << 6 | (u[3] & 63);
  return 4;
}

int lm_j_encode(int32_t cp, char *buf) {
  return (int)utf8proc_encode_char(cp, (utf8proc_uint8_t *)buf);
}

bool lm_j_valid_utf8(const char *p, int64_t len) {
  while (len > 0) {
    utf8proc_int32_t cp;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)p, len, &cp);
    if (n <= 0) return false;
    p += n;
    len -= n;
  }
  return true;
}

bool lm_j_is_space(int32_t cp) {
  return (cp >= 9 && cp <= 13) || (cp >= 0x1c && cp <= 0x20) || cp == 0x85 || cp == 0xa0 ||
         cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 ||
         cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

bool lm_j_is_printable(int32_t cp) {
  if (cp < 0x7f) return cp >= 0x20;
  switch (utf8proc_category(cp)) {
  case UTF8PROC_CATEGORY_CC:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_CS:
  case UTF8PROC_CATEGORY_CO:
  case UTF8PROC_CATEGORY_CN:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP:
  case UTF8PROC_CATEGORY_ZS:
    return false;
  default:
    return true;
  }
}

static bool is_letter(int32_t cp) {
  utf8proc_category_t c = utf8proc_category(cp);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool lm_j_is_name_char(int32_t cp, bool start) {
  if (cp < 0x80)
    return cp == '_' || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
           (!start && cp >= '0' && cp <= '9');
  utf8proc_category_t c = utf8proc_category(cp);
  if (is_letter(cp) || c == UTF8PROC_CATEGORY_NL) return true;
  return !start && (c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC ||
                    c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_PC);
}

int lm_j_substr(lm_jrun *r, const lm_jstr *s, int64_t from, int64_t to, lm_jval *out) {
  if (from >= to) return lm_j_str_borrow(r, "", 0, out);
  if (lm_j_spend(r, s->cps == s->len ? 1 : s->len / 16)) return 1;
  const char *b = lm_j_skip_cps(s, from), *e = lm_j_skip_cps(s, to);
  return lm_j_str_borrow(r, b, e - b, out);
}

/* --- stripping --- */

static bool in_set(const lm_jstr *chars, int32_t cp, const char *p, int n) {
  if (!chars) return lm_j_is_space(cp);
  return lm_j_find(chars->p, chars->len, p, n) != NULL;
}

void lm_j_strip_range(const lm_jstr *s, const lm_jstr *chars, int sides, const char **b,
                      const char **e) {
  const char *p = s->p, *end = s->p + s->len;
  int32_t cp;
  while ((sides & 1) && p < end) {
    int n = lm_j_decode(p, end, &cp);
    if (!in_set(chars, cp, p, n)) break;
    p += n;
  }
  while ((sides & 2) && end > p) {
    const char *q = end - 1;
    while (q > p && ((unsigned char)*q & 0xc0) == 0x80) q--;
    int n = lm_j_decode(q, end, &cp);
    if (!in_set(chars, cp, q, n)) break;
    end = q;
  }
  *b = p;
  *e = end;
}

int lm_j_strip(lm_jrun *r, const lm_jstr *s, const lm_jstr *chars, int sides, lm_jval *out) {
  const char *b, *e;
  if (lm_j_spend(r, s->len / 16 * (chars ? 1 + chars->len / 16 : 1))) return 1;
  lm_j_strip_range(s, chars, sides, &b, &e);
  return lm_j_str_borrow(r, b, e - b, out);
}

/* --- searching --- */

const char *lm_j_find(const char *hay, int64_t n, const char *needle, int64_t m) {
  if (m == 0) return hay;
  return m > n ? NULL : memmem(hay, (size_t)n, needle, (size_t)m);
}

/* From the right by a rolling hash, so that a hostile needle costs no more than a pass over the
 * text. */
const char *lm_j_rfind(const char *hay, int64_t n, const char *needle, int64_t m) {
  const uint64_t base = 0x1f3d5b79, prime = ((uint64_t)1 << 61) - 1;
  uint64_t want = 0, got = 0, top = 1;
  if (m > n) return NULL;
  for (int64_t i = m - 1; i >= 0; i--) {
    want = (uint64_t)(((lm_wide)want * base + (unsigned char)needle[i] + 1) % prime);
    got = (uint64_t)(((lm_wide)got * base + (unsigned char)hay[n - m + i] + 1) % prime);
    if (i) top = (uint64_t)((lm_wide)top * base % prime);
  }
  for (int64_t at = n - m;; at--) {
    if (want == got && !memcmp(hay + at, needle, (size_t)m)) return hay + at;
    if (at == 0) return NULL;
    uint64_t out = (uint64_t)((lm_wide)top * ((unsigned char)hay[at + m - 1] + 1u) % prime);
    got = (got + prime - out) % prime;
    got = (uint64_t)(((lm_wide)got * base + (unsigned char)hay[at - 1] + 1) % prime);
  }
}

/* An empty `a` matches before every code point and at the end. */
static int replace_empty(lm_jrun *r, const lm_jstr *s, const lm_jstr *b, int64_t count) {
  const char *p = s->p, *end = s->p + s->len;
  int32_t cp;
  while (count != 0) {
    if (lm_j_spend(r, 1) || lm_j_put(r, b->p, (size_t)b->len)) return 1;
    count--;
    if (p == end) return 0;
    int n = lm_j_decode(p, end, &cp);
    if (lm_j_put(r, p, (size_t)n)) return 1;
    p += n;
  }
  return lm_j_put(r, p, (size_t)(end - p));
}

int lm_j_replace(lm_jrun *r, const lm_jstr *s, const lm_jstr *a, const lm_jstr *b, int64_t count,
                 lm_jval *out) {
  size_t mark = r->out_len;
  const char *p = s->p, *end = s->p + s->len, *hit;
  if (a->len == 0) {
    if (replace_empty(r, s, b, count)) return 1;
    return lm_j_cut(r, mark, out);
  }
  while (count != 0 && (hit = lm_j_find(p, end - p, a->p, a->len))) {
    if (lm_j_spend(r, 1)) return 1;
    if (lm_j_put(r, p, (size_t)(hit - p)) || lm_j_put(r, b->p, (size_t)b->len)) return 1;
    p = hit + a->len;
    count--;
  }
  if (lm_j_put(r, p, (size_t)(end - p))) return 1;
  return lm_j_cut(r, mark, out);
}

static bool is_line_end(int32_t cp) {
  return (cp >= 10 && cp <= 13) || (cp >= 0x1c && cp <= 0x1e) || cp == 0x85 || cp == 0x2028 ||
         cp == 0x2029;
}

int lm_j_split_lines(lm_jrun *r, const lm_jstr *s, bool keep, lm_jlist **out) {
  const char *p = s->p, *end = s->p + s->len, *start = p;
  if (lm_j_spend(r, s->len / 16) || lm_j_list_new(r, 0, out)) return 1;
  while (p < end) {
    int32_t cp;
    const char *stop = p;
    lm_jval line;
    p += lm_j_decode(p, end, &cp);
    if (!is_line_end(cp)) continue;
    if (cp == '\r' && p < end && *p == '\n') p++;
    if (lm_j_str_borrow(r, start, (keep ? p : stop) - start, &line) || lm_j_push(r, *out, line))
      return 1;
    start = p;
  }
  if (start == end) return 0;
  lm_jval line;
  return lm_j_str_borrow(r, start, end - start, &line) || lm_j_push(r, *out, line);
}

/* --- case --- */

static int put_upper(lm_jrun *r, int32_t cp, bool title) {
  size_t lo = 0, hi = sizeof special_case / sizeof *special_case;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (special_case[mid].cp < cp)
      lo = mid + 1;
    else
      hi = mid;
  }
  if (lo == sizeof special_case / sizeof *special_case || special_case[lo].cp != cp)
    return lm_j_put_cp(r, title ? utf8proc_totitle(cp) : utf8proc_toupper(cp));
  const uint16_t *to = title ? special_case[lo].title : special_case[lo].upper;
  for (int i = 0; i < 3 && to[i]; i++)
    if (lm_j_put_cp(r, to[i])) return 1;
  return 0;
}

static bool is_cased(int32_t cp) {
  utf8proc_category_t c = utf8proc_category(cp);
  return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT ||
         utf8proc_islower(cp) || utf8proc_isupper(cp);
}

static bool is_case_ignorable(int32_t cp) {
  if (cp == '\'' || cp == '.' || cp == ':' || cp == '^' || cp == '`' || cp == 0xa8 || cp == 0xad ||
      cp == 0xaf || cp == 0xb4 || cp == 0xb7 || cp == 0xb8 || cp == 0x2018 || cp == 0x2019)
    return true;
  utf8proc_category_t c = utf8proc_category(cp);
  return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_ME || c == UTF8PROC_CATEGORY_CF ||
         c == UTF8PROC_CATEGORY_LM || c == UTF8PROC_CATEGORY_SK;
}

/* A capital sigma at the end of a word is lowered to the final form. */
static bool is_final_sigma(const lm_jstr *s, const char *at) {
  const char *p = at, *end = s->p + s->len;
  int32_t cp = 0;
  bool before = false;
  while (p > s->p) {
    do p--;
    while (p > s->p && ((unsigned char)*p & 0xc0) == 0x80);
    lm_j_decode(p, end, &cp);
    if (is_case_ignorable(cp)) continue;
    before = is_cased(cp);
    break;
  }
  if (!before) return false;
  for (p = at + 2; p < end;) {
    p += lm_j_decode(p, end, &cp);
    if (!is_case_ignorable(cp)) return !is_cased(cp);
  }
  return true;
}

static int put_lower(lm_jrun *r, const lm_jstr *s, const char *at, int32_t cp) {
  if (cp == 0x130) return lm_j_puts(r, "i\xcc\x87");
  if (cp == 0x3a3) {
    if (lm_j_spend(r, 8)) return 1;
    return lm_j_put_cp(r, is_final_sigma(s, at) ? 0x3c2 : 0x3c3);
  }
  return lm_j_put_cp(r, utf8proc_tolower(cp));
}

/* Where Jinja's title filter starts a word: after blanks and opening signs, at most a run of them.
 */
static bool is_jinja_break(int32_t cp) {
  return cp == '-' || cp == '(' || cp == '{' || cp == '[' || cp == '<' || lm_j_is_space(cp);
}

int lm_j_case(lm_jrun *r, const lm_jstr *s, lm_jcase how, lm_jval *out) {
  size_t mark = r->out_len;
  const char *p = s->p, *end = s->p + s->len;
  bool start = true;
  if (lm_j_spend(r, s->len / 4)) return 1;
  while (p < end) {
    int32_t cp;
    int n = lm_j_decode(p, end, &cp), rc;
    switch (how) {
    case LM_CASE_UPPER:
      rc = put_upper(r, cp, false);
      break;
    case LM_CASE_LOWER:
      rc = put_lower(r, s, p, cp);
      break;
    case LM_CASE_SWAP:
      rc = utf8proc_isupper(cp) ? put_lower(r, s, p, cp) : put_upper(r, cp, false);
      break;
    case LM_CASE_TITLE:
      rc = start ? put_upper(r, cp, true) : put_lower(r, s, p, cp);
      start = !is_cased(cp);
      break;
    case LM_CASE_CAPITALIZE:
      rc = start ? put_upper(r, cp, true) : put_lower(r, s, p, cp);
      start = false;
      break;
    default:
      rc = start ? put_upper(r, cp, false) : put_lower(r, s, p, cp);
      start = is_jinja_break(cp);
      break;
    }
    if (rc) return 1;
    p += n;
  }
  return lm_j_cut(r, mark, out);
}

/* --- classes --- */

static bool is_upper(int32_t cp) {
  return utf8proc_isupper(cp) != 0;
}
static bool is_lower(int32_t cp) {
  return utf8proc_islower(cp) != 0;
}

static bool is_cased_str(const lm_jstr *s, bool upper) {
  bool some = false;
  for (const char *p = s->p, *end = s->p + s->len; p < end;) {
    int32_t cp;
    p += lm_j_decode(p, end, &cp);
    if (upper ? is_lower(cp) : is_upper(cp)) return false;
    if (utf8proc_category(cp) == UTF8PROC_CATEGORY_LT) return false;
    some = some || (upper ? is_upper(cp) : is_lower(cp));
  }
  return some;
}

static bool is_title_str(const lm_jstr *s) {
  bool some = false, in_word = false;
  for (const char *p = s->p, *end = s->p + s->len; p < end;) {
    int32_t cp;
    p += lm_j_decode(p, end, &cp);
    bool upper = is_upper(cp) || utf8proc_category(cp) == UTF8PROC_CATEGORY_LT;
    if (upper ? in_word : is_lower(cp) && !in_word) return false;
    in_word = upper || is_lower(cp);
    some = some || in_word;
  }
  return some;
}

static bool char_is(int32_t cp, char what) {
  utf8proc_category_t c = utf8proc_category(cp);
  bool super = cp == 0xb2 || cp == 0xb3 || cp == 0xb9 || cp == 0x2070 ||
               (cp >= 0x2074 && cp <= 0x2079) || (cp >= 0x2080 && cp <= 0x2089);
  switch (what) {
  case 'd':
    return c == UTF8PROC_CATEGORY_ND || super;
  case 'c':
    return c == UTF8PROC_CATEGORY_ND;
  case 'n':
    return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
  case 'a':
    return is_letter(cp);
  case 'w':
    return is_letter(cp) || char_is(cp, 'n');
  case 's':
    return lm_j_is_space(cp);
  case 'p':
    return lm_j_is_printable(cp);
  default:
    return cp < 0x80;
  }
}

bool lm_j_str_is(const lm_jstr *s, const char *what) {
  static const struct {
    const char *name;
    char what;
  } names[] = {{"isdigit", 'd'}, {"isdecimal", 'c'}, {"isnumeric", 'n'},   {"isalpha", 'a'},
               {"isalnum", 'w'}, {"isspace", 's'},   {"isprintable", 'p'}, {"isascii", 'A'}};
  if (!strcmp(what, "isupper")) return is_cased_str(s, true);
  if (!strcmp(what, "islower")) return is_cased_str(s, false);
  if (!strcmp(what, "istitle")) return is_title_str(s);
  char kind = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(what, names[i].name)) kind = names[i].what;
  if (s->len == 0) return kind == 'p' || kind == 'A';
  bool first = true;
  for (const char *p = s->p, *end = s->p + s->len; p < end; first = false) {
    int32_t cp;
    p += lm_j_decode(p, end, &cp);
    if (!kind ? !lm_j_is_name_char(cp, first) : !char_is(cp, kind)) return false;
  }
  return true;
}
