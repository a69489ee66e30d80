/* The lexer: Jinja's own rules with trim_blocks and lstrip_blocks on. One pass over a copy of the
   template whose line ends are all "\n"; `line` is the line of `at` whenever a token is made. */
#include "jinja_lex.h"

#include <stdlib.h>
#include <string.h>

typedef struct lexer {
  lm_jarena *arena;
  lm_jtokens *out;
  const char *at, *end;
  int line;
  bool line_starting; /* the last match ended in a newline, or nothing was matched yet */
  char *brackets;     /* what closes those that are open */
  int n_brackets, cap_brackets;
} lexer;

static const struct {
  const char *sign;
  lm_jtok type;
} signs[] = {{"//", LM_T_FLOORDIV}, {"**", LM_T_POW},     {"==", LM_T_EQ},    {"!=", LM_T_NE},
             {">=", LM_T_GE},       {"<=", LM_T_LE},      {"+", LM_T_ADD},    {"-", LM_T_SUB},
             {"/", LM_T_DIV},       {"*", LM_T_MUL},      {"%", LM_T_MOD},    {"~", LM_T_TILDE},
             {"[", LM_T_LBRACKET},  {"]", LM_T_RBRACKET}, {"(", LM_T_LPAREN}, {")", LM_T_RPAREN},
             {"{", LM_T_LBRACE},    {"}", LM_T_RBRACE},   {">", LM_T_GT},     {"<", LM_T_LT},
             {"=", LM_T_ASSIGN},    {".", LM_T_DOT},      {":", LM_T_COLON},  {"|", LM_T_PIPE},
             {",", LM_T_COMMA},     {";", LM_T_SEMICOLON}};

const char *lm_j_token_name(lm_jtok type) {
  static const char *const names[] = {"end of template",
                                      "template data / text",
                                      "begin of print statement",
                                      "end of print statement",
                                      "begin of statement block",
                                      "end of statement block",
                                      "name",
                                      "string",
                                      "integer",
                                      "float"};
  if ((size_t)type < sizeof names / sizeof *names) return names[type];
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (signs[i].type == type) return signs[i].sign;
  return "token";
}

static int syntax(const lexer *x, const char *what) {
  return lm_fail(LM_DAMAGED, "[chat template] line %d: %s", x->line, what);
}

static lm_jtoken *add(lexer *x, lm_jtok type) {
  lm_jtokens *t = x->out;
  if (t->n == t->cap) {
    int cap = t->cap ? t->cap * 2 : 256;
    lm_jtoken *grown = realloc(t->v, (size_t)cap * sizeof *grown);
    if (!grown) {
      lm_nomem("chat template");
      return NULL;
    }
    t->v = grown;
    t->cap = cap;
  }
  t->v[t->n] = (lm_jtoken){.type = type, .line = x->line};
  return &t->v[t->n++];
}

static int add_text(lexer *x, lm_jtok type, const char *p, int64_t len) {
  lm_jstr *s = lm_j_arena_alloc(x->arena, sizeof *s);
  lm_jtoken *t = add(x, type);
  if (!s || !t) return 1;
  *s = (lm_jstr){p, len, lm_j_count_cps(p, len)};
  t->text = s;
  return 0;
}

/* Moves on, keeping count of lines. */
static void advance(lexer *x, const char *to) {
  for (const char *p = x->at; p < to; p++) x->line += *p == '\n';
  if (to > x->at) x->line_starting = to[-1] == '\n';
  x->at = to;
}

static const char *skip_space(const char *p, const char *end) {
  while (p < end) {
    int32_t cp;
    int n = lm_j_decode(p, end, &cp);
    if (!lm_j_is_space(cp)) break;
    p += n;
  }
  return p;
}

static bool all_space(const char *p, const char *end) {
  return p < end && skip_space(p, end) == end;
}

/* The end of text before a tag whose sign is `sign`: "-" strips all blanks, otherwise a tag (but no
   variable) alone at the start of its line takes the blanks before it. */
static const char *trim_before(const lexer *x, const char *p, char sign, bool variable) {
  if (sign == '-') {
    lm_jstr s = {x->at, p - x->at, 0};
    const char *b, *e;
    lm_j_strip_range(&s, NULL, 2, &b, &e);
    return e;
  }
  if (sign == '+' || variable) return p;
  const char *line = p;
  while (line > x->at && line[-1] != '\n') line--;
  if ((line > x->at || x->line_starting) && all_space(line, p)) return line;
  return p;
}

static bool starts(const char *p, const char *end, const char *with) {
  size_t n = strlen(with);
  return (size_t)(end - p) >= n && !memcmp(p, with, n);
}

/* After "%}" or "#}": one newline goes with it. */
static const char *take_newline(const char *p, const char *end) {
  return p < end && *p == '\n' ? p + 1 : p;
}

static int lex_comment(lexer *x, const char *p) {
  const char *close = lm_j_find(p, x->end - p, "#}", 2);
  if (!close) return syntax(x, "Missing end of comment tag");
  const char *after = close + 2;
  if (close > p && close[-1] == '-')
    after = skip_space(after, x->end);
  else if (close == p || close[-1] != '+')
    after = take_newline(after, x->end);
  advance(x, after);
  return 0;
}

/* "{% raw %}" at p, whose sign is already passed: gives where its text starts, or NULL. */
static const char *raw_begin(const char *p, const char *end) {
  p = skip_space(p, end);
  if (!starts(p, end, "raw")) return NULL;
  p = skip_space(p + 3, end);
  if (starts(p, end, "-%}")) return skip_space(p + 3, end);
  return starts(p, end, "%}") ? p + 2 : NULL;
}

static const char *raw_end(const char *p, const char *end, char *sign) {
  *sign = p < end && (*p == '-' || *p == '+') ? *p : 0;
  p = skip_space(p + (*sign != 0), end);
  if (!starts(p, end, "endraw")) return NULL;
  p = skip_space(p + 6, end);
  if (starts(p, end, "+%}")) return p + 3;
  if (starts(p, end, "-%}")) return skip_space(p + 3, end);
  return starts(p, end, "%}") ? take_newline(p + 2, end) : NULL;
}

static int lex_raw(lexer *x, const char *text) {
  advance(x, text);
  for (const char *p = x->at; (p = lm_j_find(p, x->end - p, "{%", 2)); p += 2) {
    char sign;
    const char *after = raw_end(p + 2, x->end, &sign);
    if (!after) continue;
    const char *stop = trim_before(x, p, sign, false);
    if (stop > x->at && add_text(x, LM_T_DATA, x->at, stop - x->at)) return 1;
    advance(x, after);
    return 0;
  }
  return syntax(x, "Missing end of raw directive");
}

/* --- inside tags --- */

static int hex_digits(lexer *x, const char *p, const char *end, int n, int32_t *cp) {
  uint32_t v = 0;
  for (int i = 0; i < n; i++) {
    char c = p + i < end ? (char)(p[i] | 32) : 0;
    int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (d < 0) return syntax(x, "truncated escape in a string");
    v = v << 4 | (uint32_t)d;
  }
  if (v > 0x10ffff) return syntax(x, "illegal Unicode character in a string");
  if (v >= 0xd800 && v < 0xe000)
    return lm_fail(LM_UNSUPPORTED, "[chat template] line %d: a surrogate in a string", x->line);
  *cp = (int32_t)v;
  return 0;
}

/* Python re-reads a letter beyond ASCII as its escape, so a backslash before one shows that escape.
 */
static char *put_escaped_letter(char *to, int32_t cp) {
  static const char hex[] = "0123456789abcdef";
  int n = cp < 0x100 ? 2 : cp < 0x10000 ? 4 : 8;
  *to++ = '\\';
  *to++ = n == 2 ? 'x' : n == 4 ? 'u' : 'U';
  for (int i = n - 1; i >= 0; i--) *to++ = hex[cp >> (4 * i) & 15];
  return to;
}

/* One escape at p, after the backslash; gives the place after it, or NULL after an error. */
static const char *unescape(lexer *x, const char *p, const char *end, char **to) {
  static const char from[] = "abfnrtv\\'\"", into[] = "\a\b\f\n\r\t\v\\'\"";
  int32_t cp = 0;
  const char *hit = strchr(from, *p);
  if (*p && hit) {
    *(*to)++ = into[hit - from];
    return p + 1;
  }
  if (*p == '\n') return p + 1;
  if (*p >= '0' && *p <= '7') {
    int n = 0;
    for (; n < 3 && p < end && *p >= '0' && *p <= '7'; n++) cp = cp * 8 + (*p++ - '0');
    *to += lm_j_encode(cp, *to);
    return p;
  }
  int digits = *p == 'x' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
  if (digits) {
    if (hex_digits(x, p + 1, end, digits, &cp)) return NULL;
    *to += lm_j_encode(cp, *to);
    return p + 1 + digits;
  }
  if (*p == 'N') {
    lm_fail(LM_UNSUPPORTED, "[chat template] line %d: \\N in a string", x->line);
    return NULL;
  }
  if ((unsigned char)*p >= 0x80) {
    p += lm_j_decode(p, end, &cp);
    *to = put_escaped_letter(*to, cp);
    return p;
  }
  *(*to)++ = '\\';
  return p;
}

static int lex_string(lexer *x) {
  char quote = *x->at;
  const char *p = x->at + 1, *close = p;
  while (close < x->end && *close != quote) close += *close == '\\' ? 2 : 1;
  if (close >= x->end) {
    char text[] = "unexpected char ' '";
    text[17] = quote;
    return syntax(x, text);
  }
  /* An escaped letter may take five times its bytes; all else shrinks. */
  char *text = lm_j_arena_alloc(x->arena, (size_t)(close - p) * 4 + 16), *to = text;
  if (!text) return 1;
  while (p < close) {
    if (*p != '\\') {
      *to++ = *p++;
      continue;
    }
    p = unescape(x, p + 1, close, &to);
    if (!p) return 1;
  }
  if (add_text(x, LM_T_STRING, text, to - text)) return 1;
  advance(x, close + 1);
  return 0;
}

static const char *digits(const char *p, const char *end) {
  const char *start = p;
  while (p < end && ((*p >= '0' && *p <= '9') || (*p == '_' && p > start && p + 1 < end &&
                                                  p[1] >= '0' && p[1] <= '9' && p[-1] != '_')))
    p++;
  return p;
}

/* The end of a float at `at`, or NULL where there is none. */
static const char *float_end(const lexer *x, const char *begin) {
  if (x->at > begin && x->at[-1] == '.') return NULL;
  const char *whole = digits(x->at, x->end), *p = whole, *best = NULL;
  if (p + 1 < x->end && *p == '.' && p[1] >= '0' && p[1] <= '9') best = p = digits(p + 1, x->end);
  if (p < x->end && (*p | 32) == 'e') {
    const char *q = p + 1;
    if (q < x->end && (*q == '+' || *q == '-')) q++;
    const char *after = digits(q, x->end);
    if (after > q) best = after;
  }
  return best;
}

static const char *int_end(const lexer *x, int *base) {
  const char *p = x->at;
  *base = 10;
  if (*p == '0' && p + 1 < x->end) {
    char mark = (char)(p[1] | 32);
    int with = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    const char *q = p + 2, *last = NULL;
    while (with && q < x->end) {
      const char *d = *q == '_' && q + 1 < x->end ? q + 1 : q;
      int v = *d >= '0' && *d <= '9'                 ? *d - '0'
              : (*d | 32) >= 'a' && (*d | 32) <= 'f' ? (*d | 32) - 'a' + 10
                                                     : 99;
      if (v >= with) break;
      last = q = d + 1;
    }
    if (last) {
      *base = with;
      return last;
    }
  }
  if (*p != '0') return digits(p, x->end);
  while (p < x->end && (*p == '0' || (*p == '_' && p + 1 < x->end && p[1] == '0'))) p++;
  return p;
}

static int lex_number(lexer *x, const char *begin) {
  const char *stop = float_end(x, begin);
  int base;
  lm_jval v;
  lm_jtok type = stop ? LM_T_FLOAT : LM_T_INT;
  if (stop) {
    double f;
    if (lm_j_parse_float(x->at, stop - x->at, &f) != LM_PARSE_OK)
      return syntax(x, "a malformed number");
    v = lm_j_float(f);
  } else {
    int64_t i;
    stop = int_end(x, &base);
    lm_jparse how = lm_j_parse_int(x->at, stop - x->at, base, &i);
    if (how == LM_PARSE_BIG)
      return lm_fail(LM_UNSUPPORTED, "[chat template] line %d: an integer exceeds 64 bits",
                     x->line);
    if (how != LM_PARSE_OK) return syntax(x, "a malformed number");
    v = lm_j_int(i);
  }
  lm_jtoken *t = add(x, type);
  if (!t) return 1;
  t->value = v;
  advance(x, stop);
  return 0;
}

static int open_bracket(lexer *x, char closing) {
  if (x->n_brackets == x->cap_brackets) {
    int cap = x->cap_brackets ? x->cap_brackets * 2 : 64;
    char *grown = realloc(x->brackets, (size_t)cap);
    if (!grown) return lm_nomem("chat template");
    x->brackets = grown;
    x->cap_brackets = cap;
  }
  x->brackets[x->n_brackets++] = closing;
  return 0;
}

static int lex_sign(lexer *x) {
  size_t i = 0, n = sizeof signs / sizeof *signs;
  while (i < n && !starts(x->at, x->end, signs[i].sign)) i++;
  if (i == n) {
    char text[] = "unexpected char ' '";
    if ((unsigned char)*x->at < 0x80) text[17] = *x->at;
    return syntax(x, text);
  }
  char c = *x->at;
  if (c == '{' || c == '(' || c == '[') {
    if (open_bracket(x, c == '{' ? '}' : c == '(' ? ')' : ']')) return 1;
  } else if (c == '}' || c == ')' || c == ']') {
    char text[] = "unexpected ' '";
    text[12] = c;
    if (x->n_brackets == 0 || x->brackets[--x->n_brackets] != c) return syntax(x, text);
  }
  if (!add(x, signs[i].type)) return 1;
  advance(x, x->at + strlen(signs[i].sign));
  return 0;
}

static int lex_name(lexer *x) {
  const char *p = x->at;
  while (p < x->end) {
    int32_t cp;
    int n = lm_j_decode(p, x->end, &cp);
    if (!lm_j_is_name_char(cp, p == x->at)) break;
    p += n;
  }
  if (p == x->at) return lex_sign(x);
  if (add_text(x, LM_T_NAME, x->at, p - x->at)) return 1;
  advance(x, p);
  return 0;
}

/* Where the tag ends at `at`: the place after it and its trimming; NULL: it does not end here. */
static const char *tag_end(const lexer *x, bool block) {
  const char *p = x->at;
  if (x->n_brackets) return NULL;
  if (!block) {
    if (starts(p, x->end, "-}}")) return skip_space(p + 3, x->end);
    return starts(p, x->end, "}}") ? p + 2 : NULL;
  }
  if (starts(p, x->end, "+%}")) return p + 3;
  if (starts(p, x->end, "-%}")) return skip_space(p + 3, x->end);
  return starts(p, x->end, "%}") ? take_newline(p + 2, x->end) : NULL;
}

static int lex_tag(lexer *x, bool block) {
  const char *begin = x->at;
  x->n_brackets = 0;
  while (x->at < x->end) {
    const char *after = tag_end(x, block);
    if (after) {
      if (!add(x, block ? LM_T_BLOCK_END : LM_T_VAR_END)) return 1;
      advance(x, after);
      return 0;
    }
    const char *p = skip_space(x->at, x->end);
    if (p > x->at) {
      advance(x, p);
      continue;
    }
    int rc = *p >= '0' && *p <= '9'    ? lex_number(x, begin)
             : *p == '\'' || *p == '"' ? lex_string(x)
                                       : lex_name(x);
    if (rc) return 1;
  }
  return 0;
}

/* Text up to the next tag, and the tag's begin. */
static int lex_root(lexer *x) {
  const char *p = x->at;
  while (p < x->end &&
         !(*p == '{' && p + 1 < x->end && (p[1] == '%' || p[1] == '{' || p[1] == '#')))
    p++;
  if (p == x->end) {
    if (p > x->at && add_text(x, LM_T_DATA, x->at, p - x->at)) return 1;
    advance(x, p);
    return 0;
  }
  char kind = p[1], sign = p + 2 < x->end && (p[2] == '-' || p[2] == '+') ? p[2] : 0;
  const char *stop = trim_before(x, p, sign, kind == '{'), *inside = p + 2 + (sign != 0);
  if (stop > x->at && add_text(x, LM_T_DATA, x->at, stop - x->at)) return 1;
  advance(x, inside);
  if (kind == '#') return lex_comment(x, inside);
  const char *raw = kind == '%' ? raw_begin(inside, x->end) : NULL;
  if (raw) return lex_raw(x, raw);
  if (!add(x, kind == '%' ? LM_T_BLOCK_BEGIN : LM_T_VAR_BEGIN)) return 1;
  return lex_tag(x, kind == '%');
}

/* A copy with "\n" line ends, less the last one. */
static int normalize(lexer *x, const char *text, size_t len) {
  char *copy = lm_j_arena_alloc(x->arena, len + 1), *to = copy;
  if (!copy) return 1;
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n') continue;
    *to++ = text[i] == '\r' ? '\n' : text[i];
  }
  if (to > copy && to[-1] == '\n') to--;
  x->at = copy;
  x->end = to;
  return 0;
}

int lm_j_lex(lm_jarena *arena, const char *text, size_t len, lm_jtokens *out) {
  lexer x = {.arena = arena, .out = out, .line = 1, .line_starting = true};
  if (!lm_j_valid_utf8(text, (int64_t)len))
    return lm_fail(LM_DAMAGED, "[chat template] not valid UTF-8");
  int rc = normalize(&x, text, len);
  while (!rc && x.at < x.end) rc = lex_root(&x);
  if (!rc && !add(&x, LM_T_EOF)) rc = 1;
  free(x.brackets);
  return rc;
}
