/* The tests of "is", and Jinja's built-in functions. */
#include <stdio.h>
#include <string.h>

#include "jinja_ast.h"

typedef struct test {
  const char *name;
  int (*fn)(lm_jrun *r, lm_jval v, lm_jval arg, bool *out);
  int args;
} test;

/* --- tests --- */

static int mod_is(lm_jrun *r, lm_jval v, lm_jval by, int64_t want, bool *out) {
  lm_jval m;
  if (lm_j_binary(r, LM_OP_MOD, v, by, &m)) return 1;
  return lm_j_equal(r, m, lm_j_int(want), out);
}
static int t_odd(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  (void)x;
  return mod_is(r, v, lm_j_int(2), 1, out);
}
static int t_even(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  (void)x;
  return mod_is(r, v, lm_j_int(2), 0, out);
}
static int t_divisible(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return mod_is(r, v, x, 0, out);
}

#define TYPE_TEST(name, condition)                                                                 \
  static int name(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {                                   \
    (void)r, (void)x;                                                                              \
    *out = condition;                                                                              \
    return 0;                                                                                      \
  }
TYPE_TEST(t_defined, v.t != LM_J_UNDEF)
TYPE_TEST(t_undefined, v.t == LM_J_UNDEF)
TYPE_TEST(t_none, v.t == LM_J_NONE)
TYPE_TEST(t_boolean, v.t == LM_J_BOOL)
TYPE_TEST(t_true, v.t == LM_J_BOOL && v.u.b)
TYPE_TEST(t_false, v.t == LM_J_BOOL && !v.u.b)
TYPE_TEST(t_integer, v.t == LM_J_INT)
TYPE_TEST(t_float, v.t == LM_J_FLOAT)
TYPE_TEST(t_number, lm_j_is_number(v))
TYPE_TEST(t_string, v.t == LM_J_STR)
TYPE_TEST(t_mapping, v.t == LM_J_DICT)
TYPE_TEST(t_iterable, lm_j_iterable(v) || v.t == LM_J_LOOP)
TYPE_TEST(t_sequence, v.t == LM_J_UNDEF || v.t == LM_J_STR || v.t == LM_J_LIST ||
                          v.t == LM_J_TUPLE || v.t == LM_J_DICT || v.t == LM_J_RANGE)
TYPE_TEST(t_callable, lm_j_is_callable(v))
TYPE_TEST(t_filter, v.t == LM_J_STR && lm_j_filter_find(v.u.s) >= 0)
TYPE_TEST(t_test, v.t == LM_J_STR && lm_j_test_find(v.u.s) >= 0)

static int cased(lm_jrun *r, lm_jval v, const char *what, bool *out) {
  const lm_jstr *s;
  if (lm_j_to_str(r, v, &s) || lm_j_spend(r, s->len / 8)) return 1;
  *out = lm_j_str_is(s, what);
  return 0;
}
static int t_lower(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  (void)x;
  return cased(r, v, "islower", out);
}
static int t_upper(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  (void)x;
  return cased(r, v, "isupper", out);
}

static int t_eq(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return lm_j_equal(r, v, x, out);
}
static int t_ne(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  if (lm_j_equal(r, v, x, out)) return 1;
  *out = !*out;
  return 0;
}
static int ordered(lm_jrun *r, lm_jval a, lm_jval b, const char *op, bool or_equal, bool *out) {
  if (lm_j_less(r, a, b, op, out)) return 1;
  return *out || !or_equal ? 0 : lm_j_equal(r, a, b, out);
}
static int t_lt(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return ordered(r, v, x, "<", false, out);
}
static int t_le(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return ordered(r, v, x, "<=", true, out);
}
static int t_gt(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return ordered(r, x, v, ">", false, out);
}
static int t_ge(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return ordered(r, x, v, ">=", true, out);
}
static int t_in(lm_jrun *r, lm_jval v, lm_jval x, bool *out) {
  return lm_j_contains(r, x, v, out);
}

static const test tests[] = {{"odd", t_odd, 0},
                             {"even", t_even, 0},
                             {"divisibleby", t_divisible, 1},
                             {"defined", t_defined, 0},
                             {"undefined", t_undefined, 0},
                             {"filter", t_filter, 0},
                             {"test", t_test, 0},
                             {"none", t_none, 0},
                             {"boolean", t_boolean, 0},
                             {"false", t_false, 0},
                             {"true", t_true, 0},
                             {"integer", t_integer, 0},
                             {"float", t_float, 0},
                             {"lower", t_lower, 0},
                             {"upper", t_upper, 0},
                             {"string", t_string, 0},
                             {"mapping", t_mapping, 0},
                             {"number", t_number, 0},
                             {"sequence", t_sequence, 0},
                             {"iterable", t_iterable, 0},
                             {"callable", t_callable, 0},
                             {"in", t_in, 1},
                             {"==", t_eq, 1},
                             {"eq", t_eq, 1},
                             {"equalto", t_eq, 1},
                             {"!=", t_ne, 1},
                             {"ne", t_ne, 1},
                             {">", t_gt, 1},
                             {"gt", t_gt, 1},
                             {"greaterthan", t_gt, 1},
                             {"ge", t_ge, 1},
                             {">=", t_ge, 1},
                             {"<", t_lt, 1},
                             {"lt", t_lt, 1},
                             {"lessthan", t_lt, 1},
                             {"<=", t_le, 1},
                             {"le", t_le, 1},
                             {"sameas", NULL, 1},
                             {"escaped", NULL, 0}};

int lm_j_test_find(const lm_jstr *name) {
  for (int i = 0; i < (int)(sizeof tests / sizeof *tests); i++)
    if (lm_j_is(name, tests[i].name)) return i;
  return -1;
}

int lm_j_test(lm_jrun *r, int index, const lm_jstr *name, lm_jval v, const lm_jargs *a, bool *out) {
  int shown = name->len < 60 ? (int)name->len : 60;
  if (index < 0) return lm_j_raise(r, "No test named '%.*s'.", shown, name->p);
  const test *t = &tests[index];
  if (!t->fn) return lm_j_unsupported(r, "the test '%s'", t->name);
  if (a->n + a->nkw != t->args)
    return lm_j_raise(r, "the test '%s' takes %d argument(s)", t->name, t->args);
  return lm_j_spend(r, 1) || t->fn(r, v, a->n ? a->pos[0] : a->nkw ? a->kw[0] : lm_j_none(), out);
}

/* --- functions --- */

static int b_range(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  int64_t at[3] = {0, 0, 1};
  if (a->nkw || a->n < 1 || a->n > 3)
    return lm_j_raise(r, "range expected 1 to 3 arguments, got %d", a->n);
  for (int i = 0; i < a->n; i++)
    if (lm_j_int_arg(r, "range", a->pos[i], 0, &at[i])) return 1;
  if (a->n == 1) at[1] = at[0], at[0] = 0;
  if (at[2] == 0) return lm_j_raise(r, "range() arg 3 must not be zero");
  lm_jrange *g = lm_j_new(r, 1, sizeof *g);
  if (!g) return 1;
  uint64_t span = at[2] > 0 ? (uint64_t)at[1] - (uint64_t)at[0] : (uint64_t)at[0] - (uint64_t)at[1];
  uint64_t step = at[2] > 0 ? (uint64_t)at[2] : 0 - (uint64_t)at[2];
  bool some = at[2] > 0 ? at[0] < at[1] : at[0] > at[1];
  uint64_t n = some ? (span - 1) / step + 1 : 0;
  if (n > 100000)
    return lm_j_raise(r,
                      "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  *g = (lm_jrange){at[0], at[1], at[2], (int64_t)n};
  *out = (lm_jval){.t = LM_J_RANGE, .u.range = g};
  return 0;
}

/* dict(mapping or pairs, **more), namespace the same */
static int fill_dict(lm_jrun *r, const lm_jargs *a, lm_jdict *d) {
  if (a->n > 1) return lm_j_raise(r, "dict expected at most 1 argument, got %d", a->n);
  if (a->n && a->pos[0].t == LM_J_DICT) {
    const lm_jdict *from = a->pos[0].u.d;
    for (int64_t i = 0; i < from->n; i++)
      if (lm_j_dict_set(r, d, from->e[i].key, from->e[i].value)) return 1;
  } else if (a->n) {
    lm_jiter it;
    lm_jval v;
    int more;
    if (lm_j_iter(r, a->pos[0], &it)) return 1;
    while ((more = lm_j_next(r, &it, &v)) == 1) {
      lm_jlist *pair;
      if (lm_j_to_list(r, v, &pair)) return 1;
      if (pair->n != 2)
        return lm_j_raise(r, "dictionary update sequence element has length %lld; 2 is required",
                          (long long)pair->n);
      if (lm_j_dict_set(r, d, pair->v[0], pair->v[1])) return 1;
    }
    if (more < 0) return 1;
  }
  for (int i = 0; i < a->nkw; i++)
    if (lm_j_dict_set(r, d, lm_j_of(a->names[i]), a->kw[i])) return 1;
  return 0;
}

static int b_dict(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  lm_jdict *d;
  if (lm_j_dict_new(r, &d) || fill_dict(r, a, d)) return 1;
  *out = (lm_jval){.t = LM_J_DICT, .u.d = d};
  return 0;
}

static int b_namespace(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  lm_jdict *d;
  if (lm_j_dict_new(r, &d) || fill_dict(r, a, d)) return 1;
  for (int64_t i = 0; i < d->n; i++)
    if (d->e[i].key.t == LM_J_STR && d->e[i].key.u.s->len && d->e[i].key.u.s->p[0] == '_')
      return lm_j_raise(
          r, "Chat templates cannot store underscore-prefixed attributes on a namespace");
  *out = (lm_jval){.t = LM_J_NS, .u.d = d};
  return 0;
}

static int b_raise(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1];
  const lm_jstr *s;
  (void)out;
  if (lm_j_bind(r, "raise_exception", a, "message", 1, v) || lm_j_to_str(r, v[0], &s)) return 1;
  int shown = s->len < 400 ? (int)s->len : 400;
  while (shown < s->len && shown > 0 && ((unsigned char)s->p[shown] & 0xc0) == 0x80) shown--;
  return lm_j_raise(r, "%.*s", shown, s->p);
}

static int b_strftime(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1];
  const lm_jstr *s;
  char spec[256], text[1024];
  if (lm_j_bind(r, "strftime_now", a, "format", 1, v) || lm_j_str_arg(r, "strftime_now", v[0], &s))
    return 1;
  if (s->len >= (int64_t)sizeof spec - 1 || memchr(s->p, 0, (size_t)s->len))
    return lm_j_unsupported(r, "so long a time format");
  struct tm local, *tm = &local;
  time_t t = time(NULL);
  if (r->now)
    local = *r->now;
  else if (!localtime_r(&t, &local))
    return lm_j_raise(r, "the local time is not known");
  /* A leading sign tells an empty result from one that does not fit. */
  snprintf(spec, sizeof spec, ".%.*s", (int)s->len, s->p);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  size_t n = strftime(text, sizeof text, spec, tm);
#pragma GCC diagnostic pop
  if (n == 0) return lm_j_unsupported(r, "so long a time");
  if (!lm_j_valid_utf8(text, (int64_t)n)) return lm_j_raise(r, "the time is not valid UTF-8");
  return lm_j_str(r, text + 1, (int64_t)n - 1, out);
}

static int new_cycler(lm_jrun *r, lm_jtype type, lm_jlist *items, lm_jval *out) {
  lm_jcycler *c = lm_j_new(r, 1, sizeof *c);
  if (!c) return 1;
  c->items = items;
  *out = (lm_jval){.t = type, .u.cycler = c};
  return 0;
}

static int b_cycler(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  lm_jlist *l;
  if (a->nkw || !a->n) return lm_j_raise(r, "at least one item has to be provided");
  if (lm_j_list_new(r, a->n, &l)) return 1;
  for (int i = 0; i < a->n; i++)
    if (lm_j_push(r, l, a->pos[i])) return 1;
  return new_cycler(r, LM_J_CYCLER, l, out);
}

static int b_joiner(lm_jrun *r, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1];
  lm_jlist *l;
  if (lm_j_bind(r, "joiner", a, "sep", 0, v) || lm_j_list_new(r, 1, &l)) return 1;
  if (v[0].t == LM_J_MISSING && lm_j_str_borrow(r, ", ", 2, &v[0])) return 1;
  return lm_j_push(r, l, v[0]) || new_cycler(r, LM_J_JOINER, l, out);
}

static const struct {
  const char *name;
  int (*fn)(lm_jrun *r, const lm_jargs *a, lm_jval *out);
} builtins[] = {{"range", b_range},           {"dict", b_dict},
                {"namespace", b_namespace},   {"raise_exception", b_raise},
                {"strftime_now", b_strftime}, {"cycler", b_cycler},
                {"joiner", b_joiner},         {"lipsum", NULL}};

int lm_j_builtin_find(const char *name) {
  for (int i = 0; i < (int)(sizeof builtins / sizeof *builtins); i++)
    if (!strcmp(name, builtins[i].name)) return i;
  return -1;
}

const char *lm_j_builtin_name(int func) {
  return builtins[func].name;
}

int lm_j_builtin_call(lm_jrun *r, int func, const lm_jargs *a, lm_jval *out) {
  if (!builtins[func].fn) return lm_j_unsupported(r, "the function '%s'", builtins[func].name);
  return builtins[func].fn(r, a, out);
}
