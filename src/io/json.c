/* See json.h. Invariant: at never passes end. */
#include "io/json.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64

int mx_json_fail(mx_json *j, const char *fault) {
  if (!j->fault)
    j->fault = fault;
  return 1;
}

/* The next character after white space; 0 at the end. */
static char peek(mx_json *j) {
  while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
    j->at++;
  return j->at < j->end ? *j->at : 0;
}

bool mx_json_take(mx_json *j, char c) {
  if (j->fault || peek(j) != c)
    return false;
  j->at++;
  return true;
}

int mx_json_need(mx_json *j, char c) {
  return mx_json_take(j, c) ? 0 : mx_json_fail(j, "a bracket, comma or colon is missing");
}

int mx_json_end(mx_json *j) {
  peek(j);
  return j->at == j->end ? 0 : mx_json_fail(j, "something follows the object");
}

/* ---- strings ---- */

size_t mx_utf8_length(const unsigned char *s, size_t n) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t len = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
  if (len < 2 || len > n)
    return len == 1;
  uint32_t c = *s & (0x7fu >> len);
  for (size_t i = 1; i < len; i++) {
    if (s[i] >> 6 != 2)
      return 0;
    c = c << 6 | (s[i] & 0x3f);
  }
  return c < least[len] || c > 0x10ffff || c >> 11 == 27 ? 0 : len;
}

static int append(mx_json *j, mx_json_text *t, const char *s, size_t n) {
  if (t->capacity - t->n <= n) {
    size_t capacity = 2 * t->capacity + n + 64;
    char *p = realloc(t->p, capacity);
    if (!p) {
      j->no_memory = true;
      return mx_json_fail(j, "no memory");
    }
    t->p = p;
    t->capacity = capacity;
  }
  memcpy(t->p + t->n, s, n);
  t->n += n;
  t->p[t->n] = 0;
  return 0;
}

/* Four hexadecimal digits; negative where they are not. */
static int32_t hex4(mx_json *j) {
  int32_t v = 0;
  if (j->end - j->at < 4)
    return -1;
  for (int i = 0; i < 4; i++, j->at++) {
    char c = *j->at;
    int digit = c >= '0' && c <= '9'                 ? c - '0'
                : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                     : -1;
    if (digit < 0)
      return -1;
    v = v << 4 | digit;
  }
  return v;
}

/* What follows \u. */
static int code_point(mx_json *j, mx_json_text *t) {
  int32_t c = hex4(j);
  if (c >= 0xd800 && c < 0xdc00) {
    bool pair = j->end - j->at >= 2 && j->at[0] == '\\' && j->at[1] == 'u';
    j->at += pair ? 2 : 0;
    int32_t low = pair ? hex4(j) : -1;
    c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : -1;
  }
  if (c <= 0 || c >> 11 == 27)
    return mx_json_fail(j, "a \\u escape is malformed or gives NUL");
  char s[4];
  size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = n; i-- > 1; c >>= 6)
    s[i] = (char)(0x80 | (c & 0x3f));
  s[0] = (char)(n == 1 ? c : (0xf00 >> n & 0xf0) | c);
  return append(j, t, s, n);
}

static int escape(mx_json *j, mx_json_text *t) {
  static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
  char c = j->at < j->end ? *j->at++ : 0;
  if (c == 'u')
    return code_point(j, t);
  const char *found = c ? strchr(letters, c) : NULL;
  return found ? append(j, t, meaning + (found - letters), 1)
               : mx_json_fail(j, "an unknown escape");
}

int mx_json_string(mx_json *j, mx_json_text *t) {
  t->n = 0;
  if (!mx_json_take(j, '"'))
    return mx_json_fail(j, "a string is missing");
  if (append(j, t, "", 0))
    return 1;
  while (j->at < j->end && *j->at != '"') {
    if (*j->at == '\\') {
      j->at++;
      if (escape(j, t))
        return 1;
      continue;
    }
    const unsigned char *s = (const unsigned char *)j->at;
    size_t n = *s < 0x20 ? 0 : mx_utf8_length(s, (size_t)(j->end - j->at));
    if (n == 0)
      return mx_json_fail(j, "a string has a control character or is not UTF-8");
    if (append(j, t, j->at, n))
      return 1;
    j->at += n;
  }
  return mx_json_need(j, '"');
}

/* ---- other values ---- */

static size_t digits(mx_json *j) {
  const char *from = j->at;
  while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
    j->at++;
  return (size_t)(j->at - from);
}

int mx_json_integer(mx_json *j, int64_t *value) {
  bool negative = mx_json_take(j, '-');
  const char *from = j->at;
  size_t n = digits(j);
  if (n == 0 || (n > 1 && *from == '0') ||
      (j->at < j->end && (*j->at == '.' || (*j->at | 32) == 'e')))
    return mx_json_fail(j, "an integer is missing");
  int64_t v = 0;
  for (size_t i = 0; i < n; i++)
    if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, from[i] - '0', &v))
      return mx_json_fail(j, "an integer is too large");
  *value = negative ? -v : v;
  return 0;
}

static bool word(mx_json *j, const char *w) {
  size_t n = strlen(w);
  peek(j);
  if (j->fault || (size_t)(j->end - j->at) < n || memcmp(j->at, w, n) != 0)
    return false;
  j->at += n;
  return true;
}

bool mx_json_null(mx_json *j) {
  return word(j, "null");
}

static int number(mx_json *j) {
  mx_json_take(j, '-');
  const char *from = j->at;
  size_t n = digits(j);
  bool good = n == 1 || (n > 1 && *from != '0');
  if (good && j->at < j->end && *j->at == '.') {
    j->at++;
    good = digits(j) > 0;
  }
  if (good && j->at < j->end && (*j->at | 32) == 'e') {
    j->at++;
    j->at += j->at < j->end && (*j->at == '+' || *j->at == '-');
    good = digits(j) > 0;
  }
  return good ? 0 : mx_json_fail(j, "a value is malformed");
}

static int skip(mx_json *j, mx_json_text *t, int depth) {
  if (depth > MAX_DEPTH)
    return mx_json_fail(j, "nested too deeply");
  char c = peek(j);
  if (c == '"')
    return mx_json_string(j, t);
  if (c != '{' && c != '[')
    return word(j, "true") || word(j, "false") || word(j, "null") ? 0 : number(j);
  j->at++;
  char close = c == '{' ? '}' : ']';
  if (mx_json_take(j, close))
    return 0;
  do
    if ((c == '{' && (mx_json_string(j, t) || mx_json_need(j, ':'))) || skip(j, t, depth + 1))
      return 1;
  while (mx_json_take(j, ','));
  return mx_json_need(j, close);
}

int mx_json_skip(mx_json *j) {
  mx_json_text t = {0};
  int bad = skip(j, &t, 0);
  free(t.p);
  return bad;
}
