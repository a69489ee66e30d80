/* Arithmetic as Python does it, on 64-bit integers (overflow is an error) and doubles; reading and
   rounding numbers, independent of the locale. */
#define _GNU_SOURCE
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jinja_ast.h"

static int overflow(lm_jrun *r) {
  return lm_j_unsupported(r, "an integer exceeds 64 bits");
}

static int64_t floor_div(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static int int_pow(lm_jrun *r, int64_t a, int64_t b, lm_jval *out) {
  if (b < 0) {
    if (a == 0) return lm_j_raise(r, "0.0 cannot be raised to a negative power");
    *out = lm_j_float(pow((double)a, (double)b));
    return 0;
  }
  int64_t x = 1;
  while (b) {
    if ((b & 1) && __builtin_mul_overflow(x, a, &x)) return overflow(r);
    b >>= 1;
    if (b && __builtin_mul_overflow(a, a, &a)) return overflow(r);
  }
  *out = lm_j_int(x);
  return 0;
}

static int int_binary(lm_jrun *r, int op, int64_t a, int64_t b, lm_jval *out) {
  int64_t x = 0;
  bool over = false;
  if ((op == LM_OP_DIV || op == LM_OP_FLOORDIV || op == LM_OP_MOD) && b == 0)
    return lm_j_raise(r,
                      op == LM_OP_DIV ? "division by zero" : "integer division or modulo by zero");
  switch (op) {
  case LM_OP_ADD:
    over = __builtin_add_overflow(a, b, &x);
    break;
  case LM_OP_SUB:
    over = __builtin_sub_overflow(a, b, &x);
    break;
  case LM_OP_MUL:
    over = __builtin_mul_overflow(a, b, &x);
    break;
  case LM_OP_DIV:
    *out = lm_j_float((double)((long double)a / (long double)b));
    return 0;
  case LM_OP_FLOORDIV:
    over = b == -1 && a == INT64_MIN;
    if (!over) x = floor_div(a, b);
    break;
  case LM_OP_MOD:
    x = b == -1 ? 0 : a % b;
    if (x && (x < 0) != (b < 0)) x += b;
    break;
  default:
    return int_pow(r, a, b, out);
  }
  if (over) return overflow(r);
  *out = lm_j_int(x);
  return 0;
}

static double float_mod(double a, double b) {
  double m = fmod(a, b);
  if (m == 0) return copysign(0, b);
  return (m < 0) != (b < 0) ? m + b : m;
}

static double float_floor_div(double a, double b) {
  double m = fmod(a, b), q = (a - m) / b;
  if (m != 0 && (m < 0) != (b < 0)) q -= 1;
  if (q == 0) return copysign(0, a / b);
  double whole = floor(q);
  return q - whole > 0.5 ? whole + 1 : whole;
}

static int float_pow(lm_jrun *r, double a, double b, lm_jval *out) {
  if (a == 0 && b < 0) return lm_j_raise(r, "0.0 cannot be raised to a negative power");
  if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b))
    return lm_j_unsupported(r, "a power gives a complex number");
  double x = pow(a, b);
  if (isinf(x) && isfinite(a) && isfinite(b))
    return lm_j_raise(r, "(34, 'Numerical result out of range')");
  *out = lm_j_float(x);
  return 0;
}

static int float_binary(lm_jrun *r, int op, double a, double b, lm_jval *out) {
  if ((op == LM_OP_DIV || op == LM_OP_FLOORDIV || op == LM_OP_MOD) && b == 0)
    return lm_j_raise(r, "float %s",
                      op == LM_OP_DIV   ? "division by zero"
                      : op == LM_OP_MOD ? "modulo"
                                        : "floor division by zero");
  switch (op) {
  case LM_OP_ADD:
    *out = lm_j_float(a + b);
    return 0;
  case LM_OP_SUB:
    *out = lm_j_float(a - b);
    return 0;
  case LM_OP_MUL:
    *out = lm_j_float(a * b);
    return 0;
  case LM_OP_DIV:
    *out = lm_j_float(a / b);
    return 0;
  case LM_OP_FLOORDIV:
    *out = lm_j_float(float_floor_div(a, b));
    return 0;
  case LM_OP_MOD:
    *out = lm_j_float(float_mod(a, b));
    return 0;
  default:
    return float_pow(r, a, b, out);
  }
}

/* --- sequences --- */

static int repeat(lm_jrun *r, lm_jval seq, int64_t times, lm_jval *out) {
  if (times < 0) times = 0;
  if (seq.t == LM_J_STR) {
    size_t mark = r->out_len;
    for (int64_t i = 0; seq.u.s->len && i < times; i++)
      if (lm_j_spend(r, 1) || lm_j_put(r, seq.u.s->p, (size_t)seq.u.s->len)) return 1;
    return lm_j_cut(r, mark, out);
  }
  lm_jlist *l;
  if (lm_j_list_new(r, 0, &l)) return 1;
  for (int64_t i = 0; seq.u.l->n && i < times; i++)
    for (int64_t k = 0; k < seq.u.l->n; k++)
      if (lm_j_push(r, l, seq.u.l->v[k])) return 1;
  *out = (lm_jval){.t = seq.t, .u.l = l};
  return 0;
}

static int join_lists(lm_jrun *r, lm_jval a, lm_jval b, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_list_new(r, a.u.l->n + b.u.l->n, &l)) return 1;
  for (int64_t i = 0; i < a.u.l->n; i++)
    if (lm_j_push(r, l, a.u.l->v[i])) return 1;
  for (int64_t i = 0; i < b.u.l->n; i++)
    if (lm_j_push(r, l, b.u.l->v[i])) return 1;
  *out = (lm_jval){.t = a.t, .u.l = l};
  return 0;
}

static bool is_repeatable(lm_jval v) {
  return v.t == LM_J_STR || v.t == LM_J_LIST || v.t == LM_J_TUPLE;
}

int lm_j_binary(lm_jrun *r, int op, lm_jval a, lm_jval b, lm_jval *out) {
  static const char *const signs[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};
  if (lm_j_is_int(a) && lm_j_is_int(b))
    return int_binary(r, op, lm_j_as_int(a), lm_j_as_int(b), out);
  if (lm_j_is_number(a) && lm_j_is_number(b))
    return float_binary(r, op, lm_j_as_float(a), lm_j_as_float(b), out);
  if (op == LM_OP_MOD && a.t == LM_J_STR) return lm_j_percent(r, a.u.s, b, out);
  if (a.t == LM_J_UNDEF) return lm_j_undef_raise(r, a);
  if (b.t == LM_J_UNDEF) return lm_j_undef_raise(r, b);
  if (op == LM_OP_ADD && a.t == LM_J_STR && b.t == LM_J_STR) {
    size_t mark = r->out_len;
    if (lm_j_put(r, a.u.s->p, (size_t)a.u.s->len) || lm_j_put(r, b.u.s->p, (size_t)b.u.s->len))
      return 1;
    return lm_j_cut(r, mark, out);
  }
  if (op == LM_OP_ADD && a.t == b.t && (a.t == LM_J_LIST || a.t == LM_J_TUPLE))
    return join_lists(r, a, b, out);
  if (op == LM_OP_MUL && is_repeatable(a) && lm_j_is_int(b))
    return repeat(r, a, lm_j_as_int(b), out);
  if (op == LM_OP_MUL && is_repeatable(b) && lm_j_is_int(a))
    return repeat(r, b, lm_j_as_int(a), out);
  if (op == LM_OP_ADD && a.t == LM_J_STR)
    return lm_j_raise(r, "can only concatenate str (not \"%s\") to str", lm_j_type_name(b));
  return lm_j_raise(r, "unsupported operand type(s) for %s: '%s' and '%s'", signs[op],
                    lm_j_type_name(a), lm_j_type_name(b));
}

int lm_j_negate(lm_jrun *r, lm_jval v, lm_jval *out) {
  if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
  if (v.t == LM_J_FLOAT) {
    *out = lm_j_float(-v.u.f);
    return 0;
  }
  if (!lm_j_is_int(v))
    return lm_j_raise(r, "bad operand type for unary -: '%s'", lm_j_type_name(v));
  return int_binary(r, LM_OP_SUB, 0, lm_j_as_int(v), out);
}

/* --- reading numbers --- */

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 32);
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

lm_jparse lm_j_parse_int(const char *p, int64_t len, int base, int64_t *out) {
  lm_jstr s = {p, len, len};
  const char *end;
  lm_j_strip_range(&s, NULL, 3, &p, &end);
  bool minus = p < end && *p == '-', under = false, digits = false, big = false;
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (end - p > 2 && p[0] == '0') {
    char mark = (char)(p[1] | 32);
    int with = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (with && (base == with || base == 0)) {
      base = with;
      p += 2;
      if (*p == '_') p++;
    }
  }
  bool zero_only = base == 0 && p < end && *p == '0';
  if (base == 0) base = 10;
  uint64_t x = 0;
  for (; p < end; p++) {
    if (*p == '_' && digits && !under) {
      under = true;
      continue;
    }
    int d = digit_of(*p);
    if (d >= base || (zero_only && d)) return LM_PARSE_BAD;
    under = false;
    digits = true;
    if (x > (UINT64_MAX >> 1) / (uint64_t)base + 1)
      big = true;
    else
      x = x * (uint64_t)base + (uint64_t)d;
    if (x > (uint64_t)INT64_MAX + minus) big = true;
  }
  if (!digits || under) return LM_PARSE_BAD;
  if (big) return LM_PARSE_BIG;
  *out = minus ? (int64_t)(0 - x) : (int64_t)x;
  return LM_PARSE_OK;
}

/* Checks Python's grammar and copies it without underscores; strtod then reads the copy. */
static int clean_float(const char *p, const char *end, char *to, int room) {
  int n = 0, digits = 0, e = 0, dot = 0;
  const char *start = p;
  const char *point = localeconv()->decimal_point;
  for (; p < end; p++) {
    bool was_digit = p > start && p[-1] >= '0' && p[-1] <= '9';
    if (n + 8 > room) return -1;
    if (*p == '_') {
      if (!was_digit || p + 1 == end || p[1] < '0' || p[1] > '9') return -1;
    } else if (*p >= '0' && *p <= '9') {
      digits++;
      to[n++] = *p;
    } else if (*p == '.' && !dot && !e) {
      dot = 1;
      for (const char *q = point; *q; q++) to[n++] = *q;
    } else if ((*p | 32) == 'e' && digits && !e) {
      e = 1;
      digits = 0;
      to[n++] = 'e';
    } else if ((*p == '+' || *p == '-') && (n == 0 || to[n - 1] == 'e')) {
      to[n++] = *p;
    } else {
      return -1;
    }
  }
  to[n] = 0;
  return digits ? n : -1;
}

lm_jparse lm_j_parse_float(const char *p, int64_t len, double *out) {
  static const char *const names[] = {"inf", "infinity", "nan"};
  lm_jstr s = {p, len, len};
  const char *end;
  lm_j_strip_range(&s, NULL, 3, &p, &end);
  bool sign = p < end && (*p == '-' || *p == '+');
  for (int i = 0; i < 3; i++) {
    size_t n = strlen(names[i]);
    if ((size_t)(end - p) != n + sign || strncasecmp(p + sign, names[i], n)) continue;
    double x = i == 2 ? (double)NAN : (double)INFINITY;
    *out = sign && *p == '-' ? -x : x;
    return LM_PARSE_OK;
  }
  char small[512];
  if (clean_float(p, end, small, sizeof small) < 0) return LM_PARSE_BAD;
  *out = strtod(small, NULL);
  return LM_PARSE_OK;
}

lm_jparse lm_j_float_to_int(double f, int64_t *out) {
  if (isnan(f)) return LM_PARSE_BAD;
  if (f >= 9223372036854775808.0 || f < -9223372036854775808.0) return LM_PARSE_BIG;
  *out = (int64_t)f;
  return LM_PARSE_OK;
}

/* --- rounding: half to even of the exact value, as Python's round --- */

static int round_int(lm_jrun *r, int64_t i, int64_t digits, lm_jval *out) {
  int64_t unit = 1;
  *out = lm_j_int(i);
  if (digits >= 0) return 0;
  for (int64_t k = digits; k < 0; k++)
    if (__builtin_mul_overflow(unit, 10, &unit)) {
      *out = lm_j_int(0);
      return 0;
    }
  int64_t q = floor_div(i, unit), rest = i - q * unit;
  if (rest > unit / 2 || (rest == unit / 2 && (q & 1))) q++;
  if (__builtin_mul_overflow(q, unit, &i)) return overflow(r);
  *out = lm_j_int(i);
  return 0;
}

int lm_j_round(lm_jrun *r, lm_jval v, int64_t digits, lm_jval *out) {
  if (lm_j_is_int(v)) return round_int(r, lm_j_as_int(v), digits, out);
  if (v.t != LM_J_FLOAT)
    return lm_j_raise(r, "type %s doesn't define __round__ method", lm_j_type_name(v));
  double f = v.u.f;
  *out = v;
  if (!isfinite(f) || f == 0 || digits > 308) return 0;
  if (digits < -308) {
    *out = lm_j_float(copysign(0, f));
  } else if (digits >= 0) {
    char text[700];
    snprintf(text, sizeof text, "%.*f", (int)digits, f);
    *out = lm_j_float(strtod(text, NULL));
  } else {
    double unit = pow(10, (double)-digits);
    *out = lm_j_float(rint(f / unit) * unit);
  }
  return 0;
}
