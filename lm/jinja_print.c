/* Printing values as Python prints them: str, repr, the shortest float, json.dumps.
   Text goes to the end of the output; numbers never depend on the locale. */
#define _GNU_SOURCE
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jinja_value.h"

/* Digits and decimal exponent of the shortest decimal that reads back as f. */
static int shortest(double f, char digits[20], int *exponent) {
  char text[48];
  for (int prec = 0; prec < 17; prec++) {
    snprintf(text, sizeof text, "%.*e", prec, f);
    if (prec < 16 && strtod(text, NULL) != f) continue;
    break;
  }
  int n = 0;
  const char *p = text;
  for (; *p && *p != 'e'; p++)
    if (*p >= '0' && *p <= '9' && n < 19) digits[n++] = *p;
  *exponent = *p ? atoi(p + 1) : 0;
  while (n > 1 && digits[n - 1] == '0') n--;
  return n;
}

int lm_j_put_float(lm_jrun *r, double f) {
  if (isnan(f)) return lm_j_puts(r, "nan");
  if (isinf(f)) return lm_j_puts(r, f < 0 ? "-inf" : "inf");
  if (signbit(f) && lm_j_puts(r, "-")) return 1;
  f = fabs(f);
  if (f == 0) return lm_j_puts(r, "0.0");
  char digits[20], tail[16];
  int e, n = shortest(f, digits, &e);
  if (e < -4 || e >= 16) {
    snprintf(tail, sizeof tail, "e%c%02d", e < 0 ? '-' : '+', abs(e));
    if (lm_j_put(r, digits, 1)) return 1;
    if (n > 1 && (lm_j_puts(r, ".") || lm_j_put(r, digits + 1, (size_t)n - 1))) return 1;
    return lm_j_puts(r, tail);
  }
  if (e < 0) {
    if (lm_j_puts(r, "0.")) return 1;
    for (int i = -1; i > e; i--)
      if (lm_j_puts(r, "0")) return 1;
    return lm_j_put(r, digits, (size_t)n);
  }
  for (int i = 0; i <= e; i++)
    if (lm_j_put(r, i < n ? digits + i : "0", 1)) return 1;
  if (lm_j_puts(r, ".")) return 1;
  return n > e + 1 ? lm_j_put(r, digits + e + 1, (size_t)(n - e - 1)) : lm_j_puts(r, "0");
}

int lm_j_put_printf(lm_jrun *r, const char *spec, int prec, double f) {
  char small[64], *text = small, *heap = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int n = snprintf(small, sizeof small, spec, prec, f);
  if (n >= (int)sizeof small) {
    heap = text = malloc((size_t)n + 1);
    if (!heap) return lm_nomem("chat template");
    snprintf(heap, (size_t)n + 1, spec, prec, f);
  }
#pragma GCC diagnostic pop
  const char *point = localeconv()->decimal_point;
  char *hit = strcmp(point, ".") && *point ? strstr(text, point) : NULL;
  int rc = hit ? lm_j_put(r, text, (size_t)(hit - text)) || lm_j_puts(r, ".") ||
                     lm_j_puts(r, hit + strlen(point))
               : lm_j_put(r, text, (size_t)n);
  free(heap);
  return rc;
}

static int put_int(lm_jrun *r, int64_t i) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)i);
  return lm_j_puts(r, text);
}

/* --- repr --- */

static int put_escape(lm_jrun *r, int32_t cp, char quote) {
  char text[16];
  if (cp == quote || cp == '\\')
    snprintf(text, sizeof text, "\\%c", (char)cp);
  else if (cp == '\n')
    return lm_j_puts(r, "\\n");
  else if (cp == '\r')
    return lm_j_puts(r, "\\r");
  else if (cp == '\t')
    return lm_j_puts(r, "\\t");
  else if (cp < 0x100)
    snprintf(text, sizeof text, "\\x%02x", (unsigned)cp);
  else if (cp < 0x10000)
    snprintf(text, sizeof text, "\\u%04x", (unsigned)cp);
  else
    snprintf(text, sizeof text, "\\U%08x", (unsigned)cp);
  return lm_j_puts(r, text);
}

static int put_quoted(lm_jrun *r, const lm_jstr *s) {
  bool one = memchr(s->p, '\'', (size_t)s->len), two = memchr(s->p, '"', (size_t)s->len);
  char quote = one && !two ? '"' : '\'';
  const char *p = s->p, *end = s->p + s->len;
  if (lm_j_put(r, &quote, 1)) return 1;
  while (p < end) {
    int32_t cp;
    const char *run = p;
    int n = 0;
    while (p < end) {
      n = lm_j_decode(p, end, &cp);
      if (cp == quote || cp == '\\' || !lm_j_is_printable(cp)) break;
      p += n;
    }
    if (lm_j_put(r, run, (size_t)(p - run))) return 1;
    if (p == end) break;
    if (put_escape(r, cp, quote)) return 1;
    p += n;
  }
  return lm_j_put(r, &quote, 1);
}

static int put_items(lm_jrun *r, const lm_jlist *l, const char *open, const char *close) {
  if (lm_j_puts(r, open)) return 1;
  for (int64_t i = 0; i < l->n; i++)
    if ((i && lm_j_puts(r, ", ")) || lm_j_put_repr(r, l->v[i])) return 1;
  return lm_j_puts(r, close);
}

static int put_dict(lm_jrun *r, const lm_jdict *d) {
  if (lm_j_puts(r, "{")) return 1;
  for (int64_t i = 0; i < d->n; i++) {
    if (i && lm_j_puts(r, ", ")) return 1;
    if (lm_j_put_repr(r, d->e[i].key) || lm_j_puts(r, ": ") || lm_j_put_repr(r, d->e[i].value))
      return 1;
  }
  return lm_j_puts(r, "}");
}

static int put_range(lm_jrun *r, const lm_jrange *g) {
  char text[96];
  if (g->step == 1)
    snprintf(text, sizeof text, "range(%lld, %lld)", (long long)g->start, (long long)g->stop);
  else
    snprintf(text, sizeof text, "range(%lld, %lld, %lld)", (long long)g->start, (long long)g->stop,
             (long long)g->step);
  return lm_j_puts(r, text);
}

static int put_view(lm_jrun *r, lm_jval v) {
  lm_jlist *l;
  if (lm_j_puts(r, lm_j_type_name(v)) || lm_j_to_list(r, v, &l)) return 1;
  return put_items(r, l, "([", "])");
}

static int put_object(lm_jrun *r, lm_jval v) {
  switch (v.t) {
  case LM_J_LIST:
    return put_items(r, v.u.l, "[", "]");
  case LM_J_TUPLE:
    return put_items(r, v.u.l, "(", v.u.l->n == 1 ? ",)" : ")");
  case LM_J_DICT:
    return put_dict(r, v.u.d);
  case LM_J_NS:
    return lm_j_puts(r, "<Namespace ") || put_dict(r, v.u.d) || lm_j_puts(r, ">");
  case LM_J_RANGE:
    return put_range(r, v.u.range);
  case LM_J_VIEW:
    return put_view(r, v);
  default:
    return lm_j_puts(r, "<") || lm_j_puts(r, lm_j_type_name(v)) || lm_j_puts(r, " object>");
  }
}

int lm_j_put_repr(lm_jrun *r, lm_jval v) {
  if (lm_j_spend(r, 1)) return 1;
  switch (v.t) {
  case LM_J_MISSING:
  case LM_J_UNDEF:
    return lm_j_puts(r, "Undefined");
  case LM_J_NONE:
    return lm_j_puts(r, "None");
  case LM_J_BOOL:
    return lm_j_puts(r, v.u.b ? "True" : "False");
  case LM_J_INT:
    return put_int(r, v.u.i);
  case LM_J_FLOAT:
    return lm_j_put_float(r, v.u.f);
  case LM_J_STR:
    return put_quoted(r, v.u.s);
  default:
    break;
  }
  if (lm_j_enter(r)) return 1;
  int rc = put_object(r, v);
  lm_j_leave(r);
  return rc;
}

int lm_j_put_str(lm_jrun *r, lm_jval v) {
  if (v.t == LM_J_STR) return lm_j_put(r, v.u.s->p, (size_t)v.u.s->len);
  if (v.t == LM_J_UNDEF) return 0;
  return lm_j_put_repr(r, v);
}

int lm_j_to_str(lm_jrun *r, lm_jval v, const lm_jstr **out) {
  if (v.t == LM_J_STR) {
    *out = v.u.s;
    return 0;
  }
  size_t mark = r->out_len;
  lm_jval s;
  if (lm_j_put_str(r, v) || lm_j_cut(r, mark, &s)) return 1;
  *out = s.u.s;
  return 0;
}

/* --- JSON --- */

static int put_unicode_escape(lm_jrun *r, int32_t cp) {
  char text[16];
  if (cp >= 0x10000) {
    cp -= 0x10000;
    snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xd800u + (unsigned)(cp >> 10),
             0xdc00u + ((unsigned)cp & 0x3ffu));
  } else {
    snprintf(text, sizeof text, "\\u%04x", (unsigned)cp);
  }
  return lm_j_puts(r, text);
}

static int put_json_escape(lm_jrun *r, int32_t cp) {
  switch (cp) {
  case '"':
    return lm_j_puts(r, "\\\"");
  case '\\':
    return lm_j_puts(r, "\\\\");
  case '\n':
    return lm_j_puts(r, "\\n");
  case '\r':
    return lm_j_puts(r, "\\r");
  case '\t':
    return lm_j_puts(r, "\\t");
  case '\f':
    return lm_j_puts(r, "\\f");
  case '\b':
    return lm_j_puts(r, "\\b");
  default:
    return put_unicode_escape(r, cp);
  }
}

static int put_json_str(lm_jrun *r, const lm_jstr *s, bool ascii) {
  const char *p = s->p, *end = s->p + s->len;
  if (lm_j_puts(r, "\"")) return 1;
  while (p < end) {
    int32_t cp = 0;
    int n = 0;
    const char *run = p;
    while (p < end) {
      n = lm_j_decode(p, end, &cp);
      if (cp < 0x20 || cp == '"' || cp == '\\' || (ascii && cp >= 0x7f)) break;
      p += n;
    }
    if (lm_j_put(r, run, (size_t)(p - run))) return 1;
    if (p == end) break;
    if (put_json_escape(r, cp)) return 1;
    p += n;
  }
  return lm_j_puts(r, "\"");
}

static int put_newline(lm_jrun *r, const lm_jdump *how, int level) {
  if (!how->indent) return 0;
  if (lm_j_puts(r, "\n")) return 1;
  for (int i = 0; i < level; i++)
    if (lm_j_put(r, how->indent->p, (size_t)how->indent->len)) return 1;
  return 0;
}

static int put_json_list(lm_jrun *r, const lm_jlist *l, const lm_jdump *how, int level) {
  if (l->n == 0) return lm_j_puts(r, "[]");
  if (lm_j_puts(r, "[")) return 1;
  for (int64_t i = 0; i < l->n; i++) {
    if (i && lm_j_put(r, how->item_sep->p, (size_t)how->item_sep->len)) return 1;
    if (put_newline(r, how, level + 1) || lm_j_put_json(r, l->v[i], how, level + 1)) return 1;
  }
  return put_newline(r, how, level) || lm_j_puts(r, "]");
}

static int put_json_number(lm_jrun *r, double f) {
  if (isnan(f)) return lm_j_puts(r, "NaN");
  if (isinf(f)) return lm_j_puts(r, f < 0 ? "-Infinity" : "Infinity");
  return lm_j_put_float(r, f);
}

static int put_json_key(lm_jrun *r, lm_jval k, const lm_jdump *how) {
  if (k.t == LM_J_STR) return put_json_str(r, k.u.s, how->ascii);
  if (k.t != LM_J_INT && k.t != LM_J_FLOAT && k.t != LM_J_BOOL && k.t != LM_J_NONE)
    return lm_j_raise(r, "keys must be str, int, float, bool or None, not %s", lm_j_type_name(k));
  return lm_j_puts(r, "\"") || lm_j_put_json(r, k, how, 0) || lm_j_puts(r, "\"");
}

static int put_json_dict(lm_jrun *r, const lm_jdict *d, const lm_jdump *how, int level) {
  if (d->n == 0) return lm_j_puts(r, "{}");
  lm_jval *keys = lm_j_new(r, (size_t)d->n, sizeof *keys);
  lm_jval *places = lm_j_new(r, (size_t)d->n, sizeof *places);
  if (!keys || !places || lm_j_puts(r, "{")) return 1;
  for (int64_t i = 0; i < d->n; i++) {
    keys[i] = d->e[i].key;
    places[i] = lm_j_int(i);
  }
  if (how->sort && lm_j_sort(r, keys, places, d->n, false)) return 1;
  for (int64_t i = 0; i < d->n; i++) {
    const lm_jpair *e = &d->e[places[i].u.i];
    if (i && lm_j_put(r, how->item_sep->p, (size_t)how->item_sep->len)) return 1;
    if (put_newline(r, how, level + 1) || put_json_key(r, e->key, how)) return 1;
    if (lm_j_put(r, how->key_sep->p, (size_t)how->key_sep->len)) return 1;
    if (lm_j_put_json(r, e->value, how, level + 1)) return 1;
  }
  return put_newline(r, how, level) || lm_j_puts(r, "}");
}

int lm_j_put_json(lm_jrun *r, lm_jval v, const lm_jdump *how, int level) {
  int rc;
  if (lm_j_spend(r, 1)) return 1;
  switch (v.t) {
  case LM_J_NONE:
    return lm_j_puts(r, "null");
  case LM_J_BOOL:
    return lm_j_puts(r, v.u.b ? "true" : "false");
  case LM_J_INT:
    return put_int(r, v.u.i);
  case LM_J_FLOAT:
    return put_json_number(r, v.u.f);
  case LM_J_STR:
    return put_json_str(r, v.u.s, how->ascii);
  case LM_J_LIST:
  case LM_J_TUPLE:
  case LM_J_DICT:
    break;
  default:
    return lm_j_raise(r, "Object of type %s is not JSON serializable", lm_j_type_name(v));
  }
  if (lm_j_enter(r)) return 1;
  rc = v.t == LM_J_DICT ? put_json_dict(r, v.u.d, how, level) : put_json_list(r, v.u.l, how, level);
  lm_j_leave(r);
  return rc;
}
