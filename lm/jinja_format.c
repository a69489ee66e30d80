/* "%" formatting and str.format, for the conversions that templates use. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "jinja_value.h"

enum { MAX_WIDTH = 10000, MAX_PREC = 1000 };

/* A number or text laid out in a field. */
typedef struct field {
  int32_t fill;
  char align, sign, type; /* align: < > = ^ or 0 */
  bool alternate, comma;
  int width, prec; /* prec -1: none */
} field;

static int pad(lm_jrun *r, int32_t fill, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    if (lm_j_put_cp(r, fill)) return 1;
  return 0;
}

/* The text since `mark` becomes a padded field; `prefix` bytes of it (sign, 0x) stay before "="
 * padding. */
static int lay_out(lm_jrun *r, size_t mark, int prefix, const field *f, char align) {
  lm_jval v;
  if (lm_j_cut(r, mark, &v)) return 1;
  int64_t room = f->width - v.u.s->cps, left = 0, right = 0;
  const char *p = v.u.s->p;
  int64_t len = v.u.s->len;
  if (room < 0) room = 0;
  if (align == '<')
    right = room;
  else if (align == '^')
    left = room / 2, right = room - left;
  else
    left = room;
  if (align == '=') {
    if (lm_j_put(r, p, (size_t)prefix)) return 1;
    p += prefix;
    len -= prefix;
  }
  return pad(r, f->fill, left) || lm_j_put(r, p, (size_t)len) || pad(r, f->fill, right);
}

static int put_sign(lm_jrun *r, bool minus, char sign) {
  if (minus) return lm_j_puts(r, "-");
  return sign == '+' || sign == ' ' ? lm_j_put(r, &sign, 1) : 0;
}

static int put_grouped(lm_jrun *r, const char *text, int n, bool comma) {
  for (int i = 0; i < n; i++)
    if ((comma && i && (n - i) % 3 == 0 && lm_j_puts(r, ",")) || lm_j_put(r, text + i, 1)) return 1;
  return 0;
}

/* `least`: the smallest number of digits, "%.5d". */
static int format_int(lm_jrun *r, int64_t i, const field *f, int least) {
  char text[80];
  uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i, base = 10;
  int n = (int)sizeof text;
  const char *prefix = "";
  if (f->type == 'x' || f->type == 'X') base = 16, prefix = f->type == 'x' ? "0x" : "0X";
  if (f->type == 'o') base = 8, prefix = "0o";
  if (f->type == 'b') base = 2, prefix = "0b";
  do {
    text[--n] = (f->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[u % base];
    u /= base;
  } while (u);
  size_t mark = r->out_len;
  if (put_sign(r, i < 0, f->sign) || (f->alternate && lm_j_puts(r, prefix))) return 1;
  int before = (int)(r->out_len - mark);
  if (pad(r, '0', least - ((int)sizeof text - n))) return 1;
  if (put_grouped(r, text + n, (int)sizeof text - n, f->comma)) return 1;
  return lay_out(r, mark, before, f, f->align ? f->align : '>');
}

static int put_digits(lm_jrun *r, double x, const field *f) {
  char spec[] = "%.*f";
  bool upper = f->type == 'E' || f->type == 'G' || f->type == 'F';
  if (!isfinite(x)) return lm_j_puts(r, isnan(x) ? upper ? "NAN" : "nan" : upper ? "INF" : "inf");
  if (f->type == 0 && f->prec < 0) return lm_j_put_float(r, x);
  spec[3] = f->type == '%' ? 'f' : f->type ? f->type : 'g';
  size_t mark = r->out_len;
  if (lm_j_put_printf(r, spec, f->prec < 0 ? 6 : f->prec, f->type == '%' ? x * 100 : x)) return 1;
  if (f->comma) {
    lm_jval v;
    if (lm_j_cut(r, mark, &v)) return 1;
    int whole = 0;
    while (whole < v.u.s->len && v.u.s->p[whole] >= '0' && v.u.s->p[whole] <= '9') whole++;
    if (put_grouped(r, v.u.s->p, whole, true)) return 1;
    if (lm_j_put(r, v.u.s->p + whole, (size_t)(v.u.s->len - whole))) return 1;
  }
  return f->type == '%' ? lm_j_puts(r, "%") : 0;
}

static int format_float(lm_jrun *r, double x, const field *f) {
  size_t mark = r->out_len;
  if (put_sign(r, signbit(x) && !isnan(x), f->sign)) return 1;
  int before = (int)(r->out_len - mark);
  if (put_digits(r, fabs(x), f)) return 1;
  return lay_out(r, mark, before, f, f->align ? f->align : '>');
}

static int format_text(lm_jrun *r, lm_jval v, const field *f) {
  const lm_jstr *s = v.u.s;
  size_t mark = r->out_len;
  const char *end = f->prec >= 0 && f->prec < s->cps ? lm_j_skip_cps(s, f->prec) : s->p + s->len;
  if (lm_j_put(r, s->p, (size_t)(end - s->p))) return 1;
  return lay_out(r, mark, 0, f, f->align ? f->align : '<');
}

/* --- "%" --- */

typedef struct percent {
  const char *p, *end;
  lm_jval args;
  int64_t used, n; /* of a tuple */
} percent;

static int next_arg(lm_jrun *r, percent *x, lm_jval *out) {
  if (x->used >= x->n) return lm_j_raise(r, "not enough arguments for format string");
  *out = x->args.t == LM_J_TUPLE ? x->args.u.l->v[x->used] : x->args;
  x->used++;
  return 0;
}

static int keyed_arg(lm_jrun *r, percent *x, lm_jval *out) {
  const char *close = memchr(x->p, ')', (size_t)(x->end - x->p));
  lm_jval key;
  bool found;
  if (!close) return lm_j_raise(r, "incomplete format key");
  if (x->args.t != LM_J_DICT) return lm_j_raise(r, "format requires a mapping");
  if (lm_j_str_borrow(r, x->p, close - x->p, &key)) return 1;
  if (lm_j_dict_get(r, x->args.u.d, key, out, &found)) return 1;
  if (!found) return lm_j_raise(r, "KeyError: '%.*s'", (int)(close - x->p), x->p);
  x->p = close + 1;
  return 0;
}

static int read_count(lm_jrun *r, percent *x, int max, int *out) {
  int64_t v = 0;
  if (x->p < x->end && *x->p == '*') {
    lm_jval a;
    x->p++;
    if (next_arg(r, x, &a)) return 1;
    if (!lm_j_is_int(a)) return lm_j_raise(r, "* wants int");
    v = lm_j_as_int(a);
  } else {
    for (; x->p < x->end && *x->p >= '0' && *x->p <= '9'; x->p++)
      if (v <= max) v = v * 10 + (*x->p - '0');
  }
  if (v > max || v < -max) return lm_j_raise(r, "a field is too wide");
  *out = (int)v;
  return 0;
}

static int percent_number(lm_jrun *r, lm_jval v, field *f, char conv) {
  int64_t i;
  if (!lm_j_is_number(v)) {
    if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
    return lm_j_raise(r, "%%%c format: a real number is required, not %s", conv, lm_j_type_name(v));
  }
  if (strchr("eEfFgG", conv)) {
    f->type = conv;
    return format_float(r, lm_j_as_float(v), f);
  }
  if (v.t == LM_J_FLOAT) {
    if (strchr("xXo", conv))
      return lm_j_raise(r, "%%%c format: an integer is required, not float", conv);
    lm_jparse how = lm_j_float_to_int(v.u.f, &i);
    if (how == LM_PARSE_BIG && !isinf(v.u.f))
      return lm_j_unsupported(r, "an integer exceeds 64 bits");
    if (how != LM_PARSE_OK) return lm_j_raise(r, "cannot convert float NaN or infinity to integer");
  } else {
    i = lm_j_as_int(v);
  }
  f->type = strchr("di u", conv) ? 'd' : conv;
  int least = f->prec;
  f->prec = -1;
  return format_int(r, i, f, least);
}

static int percent_text(lm_jrun *r, lm_jval v, const field *f, char conv) {
  size_t mark = r->out_len;
  lm_jval text;
  if (conv == 'c') {
    int64_t cp = lm_j_is_int(v) ? lm_j_as_int(v) : -1;
    bool ok = v.t == LM_J_STR ? v.u.s->cps == 1
                              : cp >= 0 && cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff);
    if (!ok) return lm_j_raise(r, "%%c requires int or char");
    if (v.t == LM_J_STR ? lm_j_put_str(r, v) : lm_j_put_cp(r, (int32_t)cp)) return 1;
  } else if (conv == 's' ? lm_j_put_str(r, v) : lm_j_put_repr(r, v)) {
    return 1;
  }
  return lm_j_cut(r, mark, &text) || format_text(r, text, f);
}

static int conversion(lm_jrun *r, percent *x) {
  field f = {.fill = ' ', .prec = -1, .align = '>'};
  lm_jval v = {.t = LM_J_MISSING};
  bool zero = false;
  if (x->p < x->end && *x->p == '(') {
    x->p++;
    if (keyed_arg(r, x, &v)) return 1;
  }
  for (; x->p < x->end && strchr("-+ #0", *x->p) && *x->p; x->p++) {
    if (*x->p == '-')
      f.align = '<';
    else if (*x->p == '#')
      f.alternate = true;
    else if (*x->p == '0')
      zero = true;
    else if (f.sign != '+')
      f.sign = *x->p;
  }
  if (read_count(r, x, MAX_WIDTH, &f.width)) return 1;
  if (f.width < 0) f.align = '<', f.width = -f.width;
  if (x->p < x->end && *x->p == '.') {
    x->p++;
    if (read_count(r, x, MAX_PREC, &f.prec)) return 1;
    if (f.prec < 0) f.prec = 0;
  }
  while (x->p < x->end && (*x->p == 'l' || *x->p == 'h' || *x->p == 'L')) x->p++;
  if (x->p >= x->end) return lm_j_raise(r, "incomplete format");
  char conv = *x->p++;
  if (conv == '%') return lm_j_puts(r, "%");
  if (!strchr("diuxXoeEfFgGcrs", conv) || !conv) {
    if (conv == 'a') return lm_j_unsupported(r, "the conversion %%a");
    return lm_j_raise(r, "unsupported format character");
  }
  if (v.t == LM_J_MISSING && next_arg(r, x, &v)) return 1;
  if (conv == 's' || conv == 'r' || conv == 'c') return percent_text(r, v, &f, conv);
  if (zero && f.align == '>') f.align = '=', f.fill = '0';
  return percent_number(r, v, &f, conv);
}

int lm_j_percent(lm_jrun *r, const lm_jstr *fmt, lm_jval args, lm_jval *out) {
  percent x = {.p = fmt->p, .end = fmt->p + fmt->len, .args = args, .n = 1};
  size_t mark = r->out_len;
  if (args.t == LM_J_TUPLE) x.n = args.u.l->n;
  while (x.p < x.end) {
    const char *hit = memchr(x.p, '%', (size_t)(x.end - x.p)), *stop = hit ? hit : x.end;
    if (lm_j_put(r, x.p, (size_t)(stop - x.p))) return 1;
    x.p = stop;
    if (!hit) break;
    x.p++;
    if (conversion(r, &x)) return 1;
  }
  bool takes_any =
      args.t == LM_J_DICT || args.t == LM_J_LIST || args.t == LM_J_RANGE || args.t == LM_J_UNDEF;
  if (x.used < x.n && !takes_any)
    return lm_j_raise(r, "not all arguments converted during string formatting");
  return lm_j_cut(r, mark, out);
}

/* --- str.format --- */

typedef struct braces {
  const char *p, *end;
  const lm_jargs *args;
  int64_t auto_at; /* -1 once a field was numbered by hand */
} braces;

static bool all_digits(const char *p, const char *end) {
  const char *q = p;
  while (q < end && *q >= '0' && *q <= '9') q++;
  return q == end && p < end;
}

static int first_value(lm_jrun *r, braces *x, const char *p, const char *end, lm_jval *out) {
  int64_t at = 0;
  bool numbered = all_digits(p, end);
  if (p < end && !numbered) {
    for (int i = 0; i < x->args->nkw; i++)
      if (x->args->names[i]->len == end - p &&
          !memcmp(x->args->names[i]->p, p, (size_t)(end - p))) {
        *out = x->args->kw[i];
        return 0;
      }
    return lm_j_raise(r, "KeyError: '%.*s'", (int)(end - p > 99 ? 99 : end - p), p);
  }
  if (numbered ? x->auto_at > 0 : x->auto_at < 0)
    return lm_j_raise(
        r, "cannot switch between manual field specification and automatic field numbering");
  if (numbered) {
    if (lm_j_parse_int(p, end - p, 10, &at) != LM_PARSE_OK) at = INT64_MAX;
    x->auto_at = -1;
  } else {
    at = x->auto_at++;
  }
  if (at >= x->args->n)
    return lm_j_raise(r, "Replacement index %lld out of range for positional args tuple",
                      (long long)at);
  *out = x->args->pos[at];
  return 0;
}

static int field_value(lm_jrun *r, braces *x, const char *p, const char *end, lm_jval *out) {
  const char *q = p;
  while (q < end && *q != '.' && *q != '[') q++;
  if (first_value(r, x, p, q, out)) return 1;
  while (q < end) {
    bool item = *q == '[';
    const char *start = ++q;
    lm_jval key;
    while (q < end && (item ? *q != ']' : *q != '.' && *q != '[')) q++;
    if (q == start || (item && q == end)) return lm_j_raise(r, "Empty attribute in format string");
    if (lm_j_str_borrow(r, start, q - start, &key)) return 1;
    if (item && all_digits(start, q)) {
      int64_t at;
      if (lm_j_parse_int(start, q - start, 10, &at) != LM_PARSE_OK)
        return lm_j_raise(r, "Too many decimal digits in format string");
      key = lm_j_int(at);
    }
    if (item ? lm_j_getitem(r, *out, key, out) : lm_j_getattr(r, *out, key.u.s, out)) return 1;
    if (item) q++;
    if (item && q < end && *q != '.' && *q != '[')
      return lm_j_raise(r, "Only '.' or '[' may follow ']' in format field specifier");
  }
  return 0;
}

static int read_spec(lm_jrun *r, const char *p, const char *end, field *f) {
  int32_t cp;
  int n = p < end ? lm_j_decode(p, end, &cp) : 0;
  if (n && p + n < end && strchr("<>=^", p[n]) && p[n]) {
    f->fill = cp;
    f->align = p[n];
    p += n + 1;
  } else if (p < end && *p && strchr("<>=^", *p)) {
    f->align = *p++;
  }
  if (p < end && (*p == '+' || *p == '-' || *p == ' ')) f->sign = *p++;
  if (p < end && *p == '#') f->alternate = true, p++;
  if (p < end && *p == '0') {
    if (!f->align) f->align = '=', f->fill = '0';
    p++;
  }
  for (; p < end && *p >= '0' && *p <= '9'; p++)
    if ((f->width = f->width * 10 + (*p - '0')) > MAX_WIDTH)
      return lm_j_raise(r, "a field is too wide");
  if (p < end && *p == ',') f->comma = true, p++;
  if (p < end && *p == '.') {
    f->prec = 0;
    if (++p == end || *p < '0' || *p > '9')
      return lm_j_raise(r, "Format specifier missing precision");
    for (; p < end && *p >= '0' && *p <= '9'; p++)
      if ((f->prec = f->prec * 10 + (*p - '0')) > MAX_PREC)
        return lm_j_raise(r, "a field is too wide");
  }
  if (p < end) f->type = *p++;
  return p == end ? 0 : lm_j_raise(r, "Invalid format specifier");
}

static int format_value(lm_jrun *r, lm_jval v, const char *p, const char *end) {
  field f = {.fill = ' ', .prec = -1};
  if (p == end) return lm_j_put_str(r, v);
  if (read_spec(r, p, end, &f)) return 1;
  if (v.t == LM_J_STR) {
    if ((f.type && f.type != 's') || f.align == '=' || f.sign || f.comma)
      return lm_j_raise(r, "Unknown format code for object of type 'str'");
    return format_text(r, v, &f);
  }
  if (lm_j_is_int(v) && (!f.type || (strchr("dxXob", f.type)))) {
    if (f.prec >= 0) return lm_j_raise(r, "Precision not allowed in integer format specifier");
    return format_int(r, lm_j_as_int(v), &f, 0);
  }
  if (lm_j_is_number(v) && (!f.type || strchr("eEfFgG%", f.type))) {
    if (!f.type && f.prec >= 0)
      return lm_j_unsupported(r, "a precision without a type in a format");
    return format_float(r, lm_j_as_float(v), &f);
  }
  if (lm_j_is_number(v)) return lm_j_raise(r, "Unknown format code for a number");
  return lm_j_raise(r, "unsupported format string passed to %s.__format__", lm_j_type_name(v));
}

static int replacement(lm_jrun *r, braces *x) {
  const char *close = memchr(x->p, '}', (size_t)(x->end - x->p));
  if (!close) return lm_j_raise(r, "expected '}' before end of string");
  if (memchr(x->p, '{', (size_t)(close - x->p)))
    return lm_j_unsupported(r, "nested braces in a format string");
  const char *name_end = x->p, *spec;
  while (name_end < close && *name_end != ':' && *name_end != '!') name_end++;
  lm_jval v, text;
  if (field_value(r, x, x->p, name_end, &v)) return 1;
  spec = name_end;
  if (*spec == '!') {
    char conv = spec + 1 < close ? spec[1] : 0;
    if ((conv != 'r' && conv != 's') || (spec + 2 != close && spec[2] != ':'))
      return lm_j_raise(r, "Unknown conversion specifier in a format string");
    size_t mark = r->out_len;
    if ((conv == 'r' ? lm_j_put_repr(r, v) : lm_j_put_str(r, v)) || lm_j_cut(r, mark, &text))
      return 1;
    v = text;
    spec += 2;
  }
  if (*spec == ':') spec++;
  x->p = close + 1;
  return format_value(r, v, spec, close);
}

int lm_j_format(lm_jrun *r, const lm_jstr *fmt, const lm_jargs *args, lm_jval *out) {
  braces x = {.p = fmt->p, .end = fmt->p + fmt->len, .args = args};
  size_t mark = r->out_len;
  while (x.p < x.end) {
    char c = *x.p++;
    bool twice = x.p < x.end && *x.p == c;
    if ((c != '{' && c != '}') || twice) {
      if (lm_j_put(r, &c, 1)) return 1;
      if (c == '{' || c == '}') x.p++;
      continue;
    }
    if (c == '}') return lm_j_raise(r, "Single '}' encountered in format string");
    if (replacement(r, &x)) return 1;
  }
  return lm_j_cut(r, mark, out);
}
