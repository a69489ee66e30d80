/* The tokenizer's regular expressions. Patterns are written for Oniguruma, which the reference
 * implementation uses; they are rewritten for PCRE2 where the two differ, and refused where a
 * rewrite would change what they match. Every search is bounded, so hostile patterns and texts end
 * in an error. */
#define _GNU_SOURCE /* memmem */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

#include "lm/error.h"
#include "lm/tokenizer_impl.h"

#define MAX_PATTERN 65536
#define MAX_DEPTH 64
#define STEP_LIMIT 5000000
#define HEAP_LIMIT_KIB 131072
#define JIT_STACK_MAX ((size_t)128 << 20) /* address space; memory only as it is used */

/* PCRE2's own \s and \w differ from Oniguruma's in a few characters. */
#define SPACE                                                                                      \
  "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{"  \
  "205f}\\x{3000}"
#define NOT_SPACE                                                                                  \
  "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"  \
  "\\x{200b}-\\x{2027}"                                                                            \
  "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}"
#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"

struct lm_regex {
  pcre2_code *code;
};

struct lm_scan {
  pcre2_match_data *data;
  pcre2_match_context *context;
  pcre2_jit_stack *stack; /* made when the machine's own stack was too small once */
};

int lm_scan_new(lm_scan **out) {
  lm_scan *s = calloc(1, sizeof *s);
  if (!s) return lm_nomem("tokenizer");
  s->data = pcre2_match_data_create(1, NULL);
  s->context = pcre2_match_context_create(NULL);
  if (!s->data || !s->context) {
    lm_scan_free(s);
    return lm_nomem("tokenizer");
  }
  pcre2_set_match_limit(s->context, STEP_LIMIT);
  pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
  *out = s;
  return 0;
}

void lm_scan_free(lm_scan *s) {
  if (!s) return;
  pcre2_jit_stack_free(s->stack);
  pcre2_match_context_free(s->context);
  pcre2_match_data_free(s->data);
  free(s);
}

/* ---- rewriting ---- */

typedef struct rewrite {
  const char *start, *p, *end;
  int depth;
} rewrite;

/* One side of && inside a class: what stands between the brackets. */
typedef struct class_part {
  lm_buf items;
  bool negated;
} class_part;

static int put(lm_buf *out, const char *text) {
  return lm_buf_add(out, text, strlen(text));
}

static int refuse(const rewrite *r, const char *what) {
  return lm_fail(LM_UNSUPPORTED, "[tokenizer] regular expression: %s at byte %zu of %.*s", what,
                 (size_t)(r->p - r->start),
                 (int)(r->end - r->start > 200 ? 200 : r->end - r->start), r->start);
}

/* "Han" means the script to Oniguruma and script extensions to PCRE2. */
static bool is_script(const char *name, size_t len) {
  char pattern[64] = "\\p{sc:";
  if (len < 3 || len > 40) return false;
  memcpy(pattern + 6, name, len);
  memcpy(pattern + 6 + len, "}", 2);
  int error;
  PCRE2_SIZE offset;
  pcre2_code *code =
      pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &offset, NULL);
  pcre2_code_free(code);
  return code != NULL;
}

static int rewrite_property(rewrite *r, lm_buf *out, char letter) {
  static const char *const names[][2] = {{"Letter", "L"},      {"Mark", "M"},      {"Number", "N"},
                                         {"Punctuation", "P"}, {"Separator", "Z"}, {"Symbol", "S"},
                                         {"Other", "C"}};
  if (r->p == r->end || *r->p != '{') return refuse(r, "a property without braces");
  const char *name = ++r->p, *close = memchr(name, '}', (size_t)(r->end - name));
  if (!close) return refuse(r, "an unclosed property");
  r->p = close + 1;
  const char *hat = *name == '^' ? "^" : "", *prefix = "";
  if (*hat) name++;
  size_t len = (size_t)(close - name);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i][0]) == len && !memcmp(name, names[i][0], len)) {
      name = names[i][1];
      len = 1;
      break;
    }
  if (is_script(name, len)) prefix = "sc:";
  char head[3] = {'\\', letter, '{'};
  return lm_buf_add(out, head, 3) || put(out, hat) || put(out, prefix) ||
         lm_buf_add(out, name, len) || put(out, "}");
}

static int rewrite_unicode(rewrite *r, lm_buf *out) {
  if (r->end - r->p < 4) return refuse(r, "a short \\u");
  int fail = put(out, "\\x{") || lm_buf_add(out, r->p, 4) || put(out, "}");
  r->p += 4;
  return fail;
}

/* p is behind the backslash. */
static int rewrite_escape(rewrite *r, lm_buf *out, bool in_class) {
  if (r->p == r->end) return refuse(r, "a backslash at the end");
  char c = *r->p++;
  switch (c) {
  case 's':
    return put(out, in_class ? SPACE : "[" SPACE "]");
  case 'S':
    return put(out, in_class ? NOT_SPACE : "[^" SPACE "]");
  case 'd':
    return put(out, "\\p{Nd}");
  case 'D':
    return put(out, "\\P{Nd}");
  case 'w':
    return put(out, in_class ? WORD : "[" WORD "]");
  case 'W':
    return in_class ? refuse(r, "\\W inside a class") : put(out, "[^" WORD "]");
  case 'h':
    return put(out, in_class ? "0-9a-fA-F" : "[0-9a-fA-F]");
  case 'v':
    return put(out, "\\x{b}");
  case 'p':
  case 'P':
    return rewrite_property(r, out, c);
  case 'u':
    return rewrite_unicode(r, out);
  case 'R':
  case 'X':
  case 'B':
  case 'A':
  case 'Z':
  case 'z':
    if (in_class) return refuse(r, "an escape that a class cannot hold");
    break;
  default:
    if (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) && !strchr("tnrfaebx", c))
      return refuse(r, "an unknown escape");
  }
  char pair[2] = {'\\', c};
  /* a backslash before a letter of another script means nothing */
  return (unsigned char)c < 0x80 ? lm_buf_add(out, pair, 2) : lm_buf_add(out, &c, 1);
}

static int parse_class(rewrite *r, lm_buf *done, class_part *last, bool *outer_not);

static int parse_nested(rewrite *r, class_part *part) {
  class_part inner = {0};
  lm_buf done = {0};
  bool negated = false;
  r->p++;
  int fail = parse_class(r, &done, &inner, &negated);
  bool alone = part->items.len == 0 && r->p < r->end && (*r->p == ']' || *r->p == '&');
  if (!fail && (done.len || inner.negated || part->negated || (negated && !alone)))
    fail = refuse(r, "a class inside a class");
  if (!fail) {
    part->negated = negated;
    fail = lm_buf_add(&part->items, inner.items.data, inner.items.len);
  }
  lm_buf_free(&inner.items);
  lm_buf_free(&done);
  return fail;
}

static int put_part(lm_buf *out, const class_part *part) {
  return put(out, part->negated ? "[^" : "[") ||
         lm_buf_add(out, part->items.data, part->items.len) || put(out, "]");
}

/* p is behind the bracket; leaves it behind the closing one. `done` takes the sides of && but the
 * last as lookaheads. */
static int parse_class(rewrite *r, lm_buf *done, class_part *last, bool *outer_not) {
  if (++r->depth > MAX_DEPTH) return refuse(r, "too deep a nesting");
  *outer_not = r->p < r->end && *r->p == '^';
  if (*outer_not) r->p++;
  for (bool first = true; r->p < r->end; first = false) {
    char c = *r->p;
    int fail;
    if (c == ']' && !first) {
      r->p++;
      r->depth--;
      return 0;
    }
    if (c == '\\') {
      r->p++;
      fail = rewrite_escape(r, &last->items, true);
    } else if (c == '[' && r->end - r->p > 1 && r->p[1] == ':') {
      fail = refuse(r, "a POSIX class");
    } else if (c == '[') {
      fail = parse_nested(r, last);
    } else if (c == '&' && r->end - r->p > 1 && r->p[1] == '&') {
      r->p += 2;
      fail = put(done, "(?=") || put_part(done, last) || put(done, ")");
      last->items.len = 0;
      last->negated = false;
    } else if (last->negated) {
      fail = refuse(r, "a negated class inside a class");
    } else {
      r->p++;
      fail = lm_buf_add(&last->items, c == ']' ? "\\]" : &c, c == ']' ? 2 : 1);
    }
    if (fail) return 1;
  }
  return refuse(r, "an unclosed class");
}

static int rewrite_class(rewrite *r, lm_buf *out) {
  class_part last = {0};
  lm_buf done = {0};
  bool negated = false;
  r->p++;
  int fail = parse_class(r, &done, &last, &negated);
  if (!fail && !done.len && !(negated && last.negated)) {
    last.negated |= negated;
    fail = put_part(out, &last);
  } else if (!fail) {
    fail = put(out, negated ? "(?:(?!" : "(?:") || lm_buf_add(out, done.data, done.len) ||
           put_part(out, &last) || (negated && put(out, ")[\\x{0}-\\x{10ffff}]")) || put(out, ")");
  }
  lm_buf_free(&last.items);
  lm_buf_free(&done);
  return fail;
}

/* In Ruby's syntax (?m) means what (?s) means here, a bare (?i) reaches over alternatives to its
 * right only, {n,m}+ repeats instead of being possessive, and {,n} counts from 0. */
static int check_group(rewrite *r) {
  const char *q = r->p + 1;
  if (q < r->end && *q == '*') return refuse(r, "a verb");
  if (q == r->end || *q != '?') return 0;
  for (q++; q < r->end && ((*q >= 'a' && *q <= 'z') || *q == '-'); q++)
    if (*q != 'i' && *q != '-') return refuse(r, "a group option");
  if (q < r->end && *q == ')' && r->p != r->start && r->p[-1] != '|')
    return refuse(r, "an option in the middle of a pattern");
  if (q < r->end && !strchr(":)=!><", *q)) return refuse(r, "a kind of group");
  return 0;
}

static int check_interval(rewrite *r) {
  const char *q = r->p + 1;
  if (q < r->end && *q == ',') return refuse(r, "an interval without a start");
  while (q < r->end && ((*q >= '0' && *q <= '9') || *q == ',')) q++;
  if (r->end - q > 1 && *q == '}' && q[1] == '+') return refuse(r, "a repeated interval");
  return 0;
}

static int rewrite_pattern(const char *pattern, size_t len, lm_buf *out) {
  rewrite r = {pattern, pattern, pattern + len, 0};
  while (r.p < r.end) {
    int fail = 0;
    switch (*r.p) {
    case '\\':
      r.p++;
      fail = rewrite_escape(&r, out, false);
      break;
    case '[':
      fail = rewrite_class(&r, out);
      break;
    case '(':
      fail = check_group(&r) || lm_buf_add(out, r.p++, 1);
      break;
    case '{':
      fail = check_interval(&r) || lm_buf_add(out, r.p++, 1);
      break;
    default:
      fail = lm_buf_add(out, r.p++, 1);
    }
    if (fail) return 1;
  }
  return 0;
}

/* ---- compiling and searching ---- */

static int compile(lm_regex *re, const lm_buf *text, const char *pattern, size_t len) {
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  if (!context) return lm_nomem("tokenizer");
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  int error;
  PCRE2_SIZE offset;
  re->code = pcre2_compile((PCRE2_SPTR)(text->data ? text->data : ""), text->len,
                           PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C,
                           &error, &offset, context);
  pcre2_compile_context_free(context);
  if (!re->code) {
    if (error == PCRE2_ERROR_HEAP_FAILED) return lm_nomem("tokenizer");
    PCRE2_UCHAR why[128] = "";
    pcre2_get_error_message(error, why, sizeof why);
    return lm_fail(LM_UNSUPPORTED, "[tokenizer] regular expression %.*s: %s",
                   (int)(len > 200 ? 200 : len), pattern, (const char *)why);
  }
  /* where the JIT cannot have executable memory, the interpreter gives the same matches */
  (void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
  return 0;
}

int lm_regex_new(lm_regex **out, const char *pattern, size_t len) {
  if (len > MAX_PATTERN)
    return lm_fail(LM_UNSUPPORTED, "[tokenizer] a regular expression of %zu bytes", len);
  lm_buf text = {0};
  lm_regex *re = calloc(1, sizeof *re);
  if (!re) return lm_nomem("tokenizer");
  int fail = rewrite_pattern(pattern, len, &text) || compile(re, &text, pattern, len);
  lm_buf_free(&text);
  if (fail) {
    lm_regex_free(re);
    return 1;
  }
  *out = re;
  return 0;
}

void lm_regex_free(lm_regex *re) {
  if (!re) return;
  pcre2_code_free(re->code);
  free(re);
}

/* After a match that needed more stack: first with a larger one, then in the interpreter, whose
 * stack is the heap. */
static int match_again(const lm_regex *re, lm_scan *scan, PCRE2_SPTR s, size_t len, size_t from) {
  int rc = PCRE2_ERROR_JIT_STACKLIMIT;
  if (!scan->stack && (scan->stack = pcre2_jit_stack_create(65536, JIT_STACK_MAX, NULL))) {
    pcre2_jit_stack_assign(scan->context, NULL, scan->stack);
    rc = pcre2_match(re->code, s, len, from, PCRE2_NO_UTF_CHECK, scan->data, scan->context);
  }
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
    rc = pcre2_match(re->code, s, len, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, scan->data,
                     scan->context);
  return rc;
}

int lm_regex_find(const lm_regex *re, lm_scan *scan, const char *text, size_t len, size_t from,
                  bool *found, size_t *begin, size_t *end) {
  PCRE2_SPTR s = (PCRE2_SPTR)(len ? text : "");
  int rc = pcre2_match(re->code, s, len, from, PCRE2_NO_UTF_CHECK, scan->data, scan->context);
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT) rc = match_again(re, scan, s, len, from);
  *found = rc >= 0;
  if (rc >= 0) {
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(scan->data);
    *begin = at[0];
    *end = at[1];
    return 0;
  }
  if (rc == PCRE2_ERROR_NOMATCH) return 0;
  if (rc == PCRE2_ERROR_NOMEMORY) return lm_nomem("tokenizer");
  PCRE2_UCHAR why[128] = "";
  pcre2_get_error_message(rc, why, sizeof why);
  return lm_fail(LM_FAILED, "[tokenizer] splitting at byte %zu: %s", from, (const char *)why);
}

/* ---- matchers ---- */

static bool find_text(const lm_matcher *m, const char *text, size_t len, size_t from, size_t *begin,
                      size_t *end) {
  const char *at = memmem(text + from, len - from, m->text.data, m->text.len);
  if (!at) return false;
  *begin = (size_t)(at - text);
  *end = *begin + m->text.len;
  return true;
}

static bool find_class(const lm_matcher *m, const char *text, size_t len, size_t from,
                       size_t *begin, size_t *end) {
  while (from < len) {
    uint32_t c;
    size_t n = lm_utf8_get(text + from, &c);
    if (m->is_member(c)) {
      *begin = from;
      *end = from + n;
      return true;
    }
    from += n;
  }
  return false;
}

/* An empty match right behind the match before it is passed over, as Oniguruma's iterator does. */
int lm_matcher_next(const lm_matcher *m, lm_match_iter *it, lm_scan *scan, const char *text,
                    size_t len, bool *found, size_t *begin, size_t *end) {
  *found = false;
  while (it->from <= len) {
    if (m->kind == LM_MATCH_TEXT)
      *found = find_text(m, text, len, it->from, begin, end);
    else if (m->kind == LM_MATCH_CLASS)
      *found = find_class(m, text, len, it->from, begin, end);
    else if (lm_regex_find(m->regex, scan, text, len, it->from, found, begin, end))
      return 1;
    if (!*found) return 0;
    if (*begin != *end || !it->any || it->last_end != *end) {
      it->from = it->last_end = *end;
      it->any = true;
      return 0;
    }
    *found = false;
    uint32_t c;
    it->from += it->from < len ? lm_utf8_get(text + it->from, &c) : 1;
  }
  return 0;
}

void lm_matcher_free(lm_matcher *m) {
  lm_regex_free(m->regex);
  lm_buf_free(&m->text);
}
