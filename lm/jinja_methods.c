/* Attributes and items of values, and the methods of str, dict and list, as Python's sandbox shows
   them: an attribute wins over an item after a dot, an item over an attribute in brackets; what
   would change a list or a dictionary is refused. */
#include <string.h>

#include "jinja_value.h"

/* --- arguments --- */

static int name_index(const char *spec, const lm_jstr *name) {
  for (int i = 0;; i++) {
    const char *stop = strchr(spec, ',');
    size_t n = stop ? (size_t)(stop - spec) : strlen(spec);
    if ((size_t)name->len == n && !memcmp(spec, name->p, n) && n) return i;
    if (!stop) return -1;
    spec = stop + 1;
  }
}

static int count_names(const char *spec) {
  int n = *spec != 0;
  for (; *spec; spec++) n += *spec == ',';
  return n;
}

int lm_j_bind(lm_jrun *r, const char *what, const lm_jargs *a, const char *spec, int need,
              lm_jval *out) {
  int n = count_names(spec);
  for (int i = 0; i < n; i++) out[i] = (lm_jval){.t = LM_J_MISSING};
  if (a->n > n) return lm_j_raise(r, "%s() takes at most %d arguments (%d given)", what, n, a->n);
  for (int i = 0; i < a->n; i++) out[i] = a->pos[i];
  for (int i = 0; i < a->nkw; i++) {
    int at = name_index(spec, a->names[i]);
    if (at < 0)
      return lm_j_raise(r, "%s() got an unexpected keyword argument '%.*s'", what,
                        a->names[i]->len > 60 ? 60 : (int)a->names[i]->len, a->names[i]->p);
    if (out[at].t != LM_J_MISSING)
      return lm_j_raise(r, "%s() got multiple values for an argument", what);
    out[at] = a->kw[i];
  }
  for (int i = 0; i < need; i++)
    if (out[i].t == LM_J_MISSING) return lm_j_raise(r, "%s() is missing a required argument", what);
  return 0;
}

int lm_j_int_arg(lm_jrun *r, const char *what, lm_jval v, int64_t missing, int64_t *out) {
  *out = missing;
  if (v.t == LM_J_MISSING) return 0;
  if (!lm_j_is_int(v))
    return lm_j_raise(r, "%s(): '%s' object cannot be interpreted as an integer", what,
                      lm_j_type_name(v));
  *out = lm_j_as_int(v);
  return 0;
}

int lm_j_str_arg(lm_jrun *r, const char *what, lm_jval v, const lm_jstr **out) {
  *out = v.t == LM_J_STR ? v.u.s : NULL;
  return *out ? 0 : lm_j_raise(r, "%s(): expected str, got %s", what, lm_j_type_name(v));
}

/* A string, or NULL for none and a missing one. */
static int optional_str(lm_jrun *r, const char *what, lm_jval v, const lm_jstr **out) {
  *out = NULL;
  return v.t == LM_J_MISSING || v.t == LM_J_NONE ? 0 : lm_j_str_arg(r, what, v, out);
}

static int positional(lm_jrun *r, const char *what, const lm_jargs *a, int need, int max,
                      lm_jval *out) {
  if (a->nkw) return lm_j_raise(r, "%s() takes no keyword arguments", what);
  static const char spec[] = "0,1,2";
  return lm_j_bind(r, what, a, max == 0 ? "" : spec + 2 * (3 - max), need, out);
}

/* --- str --- */

#define CASE_METHOD(name, how)                                                                     \
  static int name(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {                     \
    return positional(r, #name, a, 0, 0, NULL) || lm_j_case(r, self.u.s, how, out);                \
  }
CASE_METHOD(str_upper, LM_CASE_UPPER)
CASE_METHOD(str_lower, LM_CASE_LOWER)
CASE_METHOD(str_title, LM_CASE_TITLE)
CASE_METHOD(str_capitalize, LM_CASE_CAPITALIZE)
CASE_METHOD(str_swapcase, LM_CASE_SWAP)

static int strip_method(lm_jrun *r, lm_jval self, const lm_jargs *a, int sides, lm_jval *out) {
  lm_jval v[1];
  const lm_jstr *chars;
  if (positional(r, "strip", a, 0, 1, v) || optional_str(r, "strip", v[0], &chars)) return 1;
  return lm_j_strip(r, self.u.s, chars, sides, out);
}
static int str_strip(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return strip_method(r, self, a, 3, out);
}
static int str_lstrip(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return strip_method(r, self, a, 1, out);
}
static int str_rstrip(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return strip_method(r, self, a, 2, out);
}

static int push_str(lm_jrun *r, lm_jlist *l, const char *p, const char *end) {
  lm_jval v;
  return lm_j_str_borrow(r, p, end - p, &v) || lm_j_push(r, l, v);
}

static const char *skip_blank(const char *p, const char *end, bool blank) {
  while (p < end) {
    int32_t cp;
    int n = lm_j_decode(p, end, &cp);
    if (lm_j_is_space(cp) != blank) break;
    p += n;
  }
  return p;
}

static int split_blank(lm_jrun *r, const lm_jstr *s, int64_t max, lm_jlist *l) {
  const char *end = s->p + s->len, *p = skip_blank(s->p, end, true);
  for (; p < end && max != 0; max--) {
    const char *stop = skip_blank(p, end, false);
    if (push_str(r, l, p, stop)) return 1;
    p = skip_blank(stop, end, true);
  }
  return p == end ? 0 : push_str(r, l, p, end);
}

static int split_on(lm_jrun *r, const lm_jstr *s, const lm_jstr *sep, int64_t max, lm_jlist *l) {
  const char *p = s->p, *end = s->p + s->len, *hit;
  while (max != 0 && (hit = lm_j_find(p, end - p, sep->p, sep->len))) {
    if (push_str(r, l, p, hit)) return 1;
    p = hit + sep->len;
    max--;
  }
  return push_str(r, l, p, end);
}

static const char *back(const char *start, const char *p) {
  do p--;
  while (p > start && ((unsigned char)*p & 0xc0) == 0x80);
  return p;
}

static int rsplit_blank(lm_jrun *r, const lm_jstr *s, int64_t max, lm_jlist *l) {
  const char *b, *end;
  lm_j_strip_range(s, NULL, 2, &b, &end);
  for (; end > s->p && max != 0; max--) {
    const char *p = end;
    int32_t cp;
    while (p > s->p) {
      const char *q = back(s->p, p);
      lm_j_decode(q, end, &cp);
      if (lm_j_is_space(cp)) break;
      p = q;
    }
    if (push_str(r, l, p, end)) return 1;
    lm_jstr rest = {s->p, p - s->p, 0};
    lm_j_strip_range(&rest, NULL, 2, &b, &end);
  }
  return end == s->p ? 0 : push_str(r, l, s->p, end);
}

static int rsplit_on(lm_jrun *r, const lm_jstr *s, const lm_jstr *sep, int64_t max, lm_jlist *l) {
  const char *end = s->p + s->len, *hit;
  while (max != 0 && (hit = lm_j_rfind(s->p, end - s->p, sep->p, sep->len))) {
    if (push_str(r, l, hit + sep->len, end)) return 1;
    end = hit;
    max--;
  }
  return push_str(r, l, s->p, end);
}

static void reverse_list(lm_jlist *l) {
  for (int64_t i = 0; i < l->n / 2; i++) {
    lm_jval t = l->v[i];
    l->v[i] = l->v[l->n - 1 - i];
    l->v[l->n - 1 - i] = t;
  }
}

static int split_method(lm_jrun *r, lm_jval self, const lm_jargs *a, bool right, lm_jval *out) {
  lm_jval v[2];
  const lm_jstr *sep;
  int64_t max;
  lm_jlist *l;
  if (lm_j_bind(r, "split", a, "sep,maxsplit", 0, v) || optional_str(r, "split", v[0], &sep))
    return 1;
  if (lm_j_int_arg(r, "split", v[1], -1, &max)) return 1;
  if (sep && sep->len == 0) return lm_j_raise(r, "empty separator");
  if (lm_j_spend(r, self.u.s->len / 16) || lm_j_list_new(r, 0, &l)) return 1;
  int rc = !right ? sep ? split_on(r, self.u.s, sep, max, l) : split_blank(r, self.u.s, max, l)
           : sep ? rsplit_on(r, self.u.s, sep, max, l)
                  : rsplit_blank(r, self.u.s, max, l);
  if (right) reverse_list(l);
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return rc;
}
static int str_split(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return split_method(r, self, a, false, out);
}
static int str_rsplit(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return split_method(r, self, a, true, out);
}

static int str_splitlines(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1];
  lm_jlist *l;
  if (lm_j_bind(r, "splitlines", a, "keepends", 0, v)) return 1;
  if (lm_j_split_lines(r, self.u.s, lm_j_truth(v[0]), &l)) return 1;
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return 0;
}

static int partition(lm_jrun *r, lm_jval self, const lm_jargs *a, bool right, lm_jval *out) {
  lm_jval v[1];
  const lm_jstr *s = self.u.s, *sep;
  lm_jlist *l;
  if (positional(r, "partition", a, 1, 1, v) || lm_j_str_arg(r, "partition", v[0], &sep)) return 1;
  if (sep->len == 0) return lm_j_raise(r, "empty separator");
  if (lm_j_spend(r, s->len / 4) || lm_j_list_new(r, 3, &l)) return 1;
  const char *end = s->p + s->len;
  const char *hit = right ? lm_j_rfind(s->p, s->len, sep->p, sep->len)
                          : lm_j_find(s->p, s->len, sep->p, sep->len);
  const char *b = hit ? hit : right ? s->p : end, *e = hit ? hit + sep->len : b;
  if (push_str(r, l, s->p, b) || push_str(r, l, b, e) || push_str(r, l, e, end)) return 1;
  *out = (lm_jval){.t = LM_J_TUPLE, .u.l = l};
  return 0;
}
static int str_partition(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return partition(r, self, a, false, out);
}
static int str_rpartition(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return partition(r, self, a, true, out);
}

/* Python's start and end arguments, clipped to [0, n]. */
static int bounds(lm_jrun *r, const char *what, lm_jval from, lm_jval to, int64_t n,
                  int64_t out[2]) {
  lm_jval missing = {.t = LM_J_MISSING};
  if (lm_j_int_arg(r, what, from.t == LM_J_NONE ? missing : from, 0, &out[0])) return 1;
  if (lm_j_int_arg(r, what, to.t == LM_J_NONE ? missing : to, n, &out[1])) return 1;
  for (int i = 0; i < 2; i++)
    if (out[i] < 0) out[i] = out[i] < -n ? 0 : out[i] + n;
  if (out[1] > n) out[1] = n;
  return 0;
}

typedef struct search {
  const lm_jstr *what;
  const char *p, *end;
  int64_t base; /* code points before p */
  bool possible;
} search;

static int search_args(lm_jrun *r, const char *name, lm_jval self, const lm_jargs *a, search *x) {
  lm_jval v[3];
  int64_t at[2];
  const lm_jstr *s = self.u.s;
  if (positional(r, name, a, 1, 3, v) || lm_j_str_arg(r, name, v[0], &x->what)) return 1;
  if (bounds(r, name, v[1], v[2], s->cps, at) || lm_j_spend(r, s->len / 8)) return 1;
  x->possible = at[0] <= at[1];
  if (!x->possible) at[0] = at[1] = 0;
  x->base = at[0];
  x->p = lm_j_skip_cps(s, at[0]);
  x->end = lm_j_skip_cps(s, at[1]);
  return 0;
}

static int find_method(lm_jrun *r, lm_jval self, const lm_jargs *a, bool right, bool must,
                       lm_jval *out) {
  search x;
  if (search_args(r, "find", self, a, &x)) return 1;
  const char *hit = !x.possible ? NULL
                    : right     ? lm_j_rfind(x.p, x.end - x.p, x.what->p, x.what->len)
                                : lm_j_find(x.p, x.end - x.p, x.what->p, x.what->len);
  if (!hit && must) return lm_j_raise(r, "substring not found");
  *out = lm_j_int(hit ? x.base + lm_j_count_cps(x.p, hit - x.p) : -1);
  return 0;
}
static int str_find(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return find_method(r, self, a, false, false, out);
}
static int str_rfind(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return find_method(r, self, a, true, false, out);
}
static int str_index(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return find_method(r, self, a, false, true, out);
}
static int str_rindex(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return find_method(r, self, a, true, true, out);
}

static int str_count(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  search x;
  int64_t n = 0;
  if (search_args(r, "count", self, a, &x)) return 1;
  if (x.possible && x.what->len == 0) n = lm_j_count_cps(x.p, x.end - x.p) + 1;
  for (const char *hit;
       x.possible && x.what->len && (hit = lm_j_find(x.p, x.end - x.p, x.what->p, x.what->len));
       x.p = hit + x.what->len)
    n++;
  *out = lm_j_int(n);
  return 0;
}

static bool affix(const search *x, const lm_jstr *s, bool right) {
  if (!x->possible || x->end - x->p < s->len) return false;
  return !memcmp(right ? x->end - s->len : x->p, s->p, (size_t)s->len);
}

static int affix_method(lm_jrun *r, lm_jval self, const lm_jargs *a, bool right, lm_jval *out) {
  const char *name = right ? "endswith" : "startswith";
  lm_jval v[3];
  search x;
  if (positional(r, name, a, 1, 3, v)) return 1;
  lm_jval one = v[0], *all = &one;
  int64_t n = 1;
  if (v[0].t == LM_J_TUPLE) {
    n = v[0].u.l->n;
    all = v[0].u.l->v;
    lm_jval empty;
    if (lm_j_str_borrow(r, "", 0, &empty)) return 1;
    v[0] = empty;
  }
  lm_jargs plain = {.pos = v, .n = a->n};
  if (search_args(r, name, self, &plain, &x)) return 1;
  *out = lm_j_bool(false);
  for (int64_t i = 0; i < n; i++) {
    const lm_jstr *s;
    if (lm_j_spend(r, 1) || lm_j_str_arg(r, name, all[i], &s)) return 1;
    if (affix(&x, s, right)) *out = lm_j_bool(true);
  }
  return 0;
}
static int str_startswith(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return affix_method(r, self, a, false, out);
}
static int str_endswith(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return affix_method(r, self, a, true, out);
}

static int remove_affix(lm_jrun *r, lm_jval self, const lm_jargs *a, bool right, lm_jval *out) {
  lm_jval v[1];
  const lm_jstr *s = self.u.s, *x;
  if (positional(r, "removeprefix", a, 1, 1, v) || lm_j_str_arg(r, "removeprefix", v[0], &x))
    return 1;
  *out = self;
  if (x->len > s->len || memcmp(right ? s->p + s->len - x->len : s->p, x->p, (size_t)x->len))
    return 0;
  return lm_j_str_borrow(r, right ? s->p : s->p + x->len, s->len - x->len, out);
}
static int str_removeprefix(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return remove_affix(r, self, a, false, out);
}
static int str_removesuffix(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return remove_affix(r, self, a, true, out);
}

static int str_replace(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[3];
  const lm_jstr *from, *to;
  int64_t count;
  if (positional(r, "replace", a, 2, 3, v) || lm_j_str_arg(r, "replace", v[0], &from)) return 1;
  if (lm_j_str_arg(r, "replace", v[1], &to) || lm_j_int_arg(r, "replace", v[2], -1, &count))
    return 1;
  return lm_j_replace(r, self.u.s, from, to, count, out);
}

static int str_join(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1], item;
  lm_jiter it;
  size_t mark = r->out_len;
  int more;
  if (positional(r, "join", a, 1, 1, v) || lm_j_iter(r, v[0], &it)) return 1;
  for (int64_t i = 0; (more = lm_j_next(r, &it, &item)) == 1; i++) {
    if (item.t != LM_J_STR)
      return lm_j_raise(r, "sequence item %lld: expected str instance, %s found", (long long)i,
                        lm_j_type_name(item));
    if (i && lm_j_put(r, self.u.s->p, (size_t)self.u.s->len)) return 1;
    if (lm_j_put_str(r, item)) return 1;
  }
  return more < 0 || lm_j_cut(r, mark, out);
}

static int str_format(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return lm_j_format(r, self.u.s, a, out);
}

/* center, ljust, rjust: `left` of the padding's 2 halves. */
static int justify(lm_jrun *r, lm_jval self, const lm_jargs *a, char how, lm_jval *out) {
  lm_jval v[2];
  int64_t width;
  size_t mark = r->out_len;
  if (positional(r, "center", a, 1, 2, v) || lm_j_int_arg(r, "center", v[0], 0, &width)) return 1;
  lm_jval fill = v[1];
  if (fill.t == LM_J_MISSING && lm_j_str_borrow(r, " ", 1, &fill)) return 1;
  if (fill.t != LM_J_STR || fill.u.s->cps != 1)
    return lm_j_raise(r, "The fill character must be exactly one character long");
  int64_t room = width - self.u.s->cps, left = 0;
  if (room < 0) room = 0;
  if (how == '>') left = room;
  if (how == '^') left = room / 2 + (room & width & 1);
  for (int64_t i = 0; i < left; i++)
    if (lm_j_spend(r, 1) || lm_j_put_str(r, fill)) return 1;
  if (lm_j_put_str(r, self)) return 1;
  for (int64_t i = left; i < room; i++)
    if (lm_j_spend(r, 1) || lm_j_put_str(r, fill)) return 1;
  return lm_j_cut(r, mark, out);
}
static int str_center(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return justify(r, self, a, '^', out);
}
static int str_ljust(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return justify(r, self, a, '<', out);
}
static int str_rjust(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return justify(r, self, a, '>', out);
}

static int str_zfill(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1];
  int64_t width;
  const lm_jstr *s = self.u.s;
  size_t mark = r->out_len, sign = s->len && (s->p[0] == '-' || s->p[0] == '+');
  if (positional(r, "zfill", a, 1, 1, v) || lm_j_int_arg(r, "zfill", v[0], 0, &width)) return 1;
  if (lm_j_put(r, s->p, sign)) return 1;
  for (int64_t i = s->cps; i < width; i++)
    if (lm_j_spend(r, 1) || lm_j_puts(r, "0")) return 1;
  return lm_j_put(r, s->p + sign, (size_t)s->len - sign) || lm_j_cut(r, mark, out);
}

#define CLASS_METHOD(what)                                                                         \
  static int str_##what(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {               \
    *out = lm_j_bool(lm_j_str_is(self.u.s, #what));                                                \
    return positional(r, #what, a, 0, 0, NULL) || lm_j_spend(r, self.u.s->len / 8);                \
  }
CLASS_METHOD(isdigit)
CLASS_METHOD(isdecimal) CLASS_METHOD(isnumeric) CLASS_METHOD(isalpha) CLASS_METHOD(isalnum)
    CLASS_METHOD(isspace) CLASS_METHOD(isprintable) CLASS_METHOD(isascii) CLASS_METHOD(isupper)
        CLASS_METHOD(islower) CLASS_METHOD(istitle) CLASS_METHOD(isidentifier)

    /* --- dict, list, tuple, range --- */

    static int dict_view(lm_jrun *r, lm_jval self, const lm_jargs *a, char kind, lm_jval *out) {
  lm_jview *view = lm_j_new(r, 1, sizeof *view);
  if (!view || positional(r, "items", a, 0, 0, NULL)) return 1;
  *view = (lm_jview){self.u.d, kind};
  *out = (lm_jval){.t = LM_J_VIEW, .u.view = view};
  return 0;
}
static int dict_items(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return dict_view(r, self, a, 'i', out);
}
static int dict_keys(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return dict_view(r, self, a, 'k', out);
}
static int dict_values(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  return dict_view(r, self, a, 'v', out);
}

static int dict_get(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[2];
  bool found;
  if (positional(r, "get", a, 1, 2, v) || lm_j_dict_get(r, self.u.d, v[0], out, &found)) return 1;
  if (!found) *out = v[1].t == LM_J_MISSING ? lm_j_none() : v[1];
  return 0;
}

static int any_copy(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  *out = self;
  return positional(r, "copy", a, 0, 0, NULL);
}

static int seq_count(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[1], item;
  lm_jiter it;
  int64_t n = 0;
  int more;
  if (positional(r, "count", a, 1, 1, v) || lm_j_iter(r, self, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1) {
    bool same;
    if (lm_j_equal(r, item, v[0], &same)) return 1;
    n += same;
  }
  *out = lm_j_int(n);
  return more < 0;
}

static int seq_index(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[3], item;
  lm_jiter it;
  int64_t n, at[2];
  int more;
  if (positional(r, "index", a, 1, 3, v) || lm_j_length(r, self, &n)) return 1;
  if (bounds(r, "index", v[1], v[2], n, at) || lm_j_iter(r, self, &it)) return 1;
  for (int64_t i = 0; (more = lm_j_next(r, &it, &item)) == 1 && i < at[1]; i++) {
    bool same;
    if (i < at[0]) continue;
    if (lm_j_equal(r, item, v[0], &same)) return 1;
    if (!same) continue;
    *out = lm_j_int(i);
    return 0;
  }
  return more < 0 ? 1 : lm_j_raise(r, "the value is not in the %s", lm_j_type_name(self));
}

static int cycler_next(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jcycler *c = self.u.cycler;
  *out = c->items->v[c->at];
  c->at = (c->at + 1) % c->items->n;
  return positional(r, "next", a, 0, 0, NULL);
}

static int cycler_reset(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  self.u.cycler->at = 0;
  *out = lm_j_none();
  return positional(r, "reset", a, 0, 0, NULL);
}

static int dict_fromkeys(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  lm_jval v[2], key;
  lm_jiter it;
  lm_jdict *d;
  int more;
  (void)self;
  if (positional(r, "fromkeys", a, 1, 2, v) || lm_j_iter(r, v[0], &it) || lm_j_dict_new(r, &d))
    return 1;
  if (v[1].t == LM_J_MISSING) v[1] = lm_j_none();
  while ((more = lm_j_next(r, &it, &key)) == 1)
    if (lm_j_dict_set(r, d, key, v[1])) return 1;
  *out = (lm_jval){.t = LM_J_DICT, .u.d = d};
  return more < 0;
}

/* --- the tables; a method without a function is Python's but not ours --- */

typedef struct method {
  const char *name;
  lm_jfn fn;
} method;

static const method str_methods[] = {{"upper", str_upper},
                                     {"lower", str_lower},
                                     {"title", str_title},
                                     {"capitalize", str_capitalize},
                                     {"swapcase", str_swapcase},
                                     {"strip", str_strip},
                                     {"lstrip", str_lstrip},
                                     {"rstrip", str_rstrip},
                                     {"split", str_split},
                                     {"rsplit", str_rsplit},
                                     {"splitlines", str_splitlines},
                                     {"partition", str_partition},
                                     {"rpartition", str_rpartition},
                                     {"find", str_find},
                                     {"rfind", str_rfind},
                                     {"index", str_index},
                                     {"rindex", str_rindex},
                                     {"count", str_count},
                                     {"startswith", str_startswith},
                                     {"endswith", str_endswith},
                                     {"removeprefix", str_removeprefix},
                                     {"removesuffix", str_removesuffix},
                                     {"replace", str_replace},
                                     {"join", str_join},
                                     {"format", str_format},
                                     {"center", str_center},
                                     {"ljust", str_ljust},
                                     {"rjust", str_rjust},
                                     {"zfill", str_zfill},
                                     {"isdigit", str_isdigit},
                                     {"isdecimal", str_isdecimal},
                                     {"isnumeric", str_isnumeric},
                                     {"isalpha", str_isalpha},
                                     {"isalnum", str_isalnum},
                                     {"isspace", str_isspace},
                                     {"isprintable", str_isprintable},
                                     {"isascii", str_isascii},
                                     {"isupper", str_isupper},
                                     {"islower", str_islower},
                                     {"istitle", str_istitle},
                                     {"isidentifier", str_isidentifier},
                                     {"casefold", NULL},
                                     {"encode", NULL},
                                     {"expandtabs", NULL},
                                     {"format_map", NULL},
                                     {"maketrans", NULL},
                                     {"translate", NULL},
                                     {NULL, NULL}};
static const method dict_methods[] = {
    {"items", dict_items}, {"keys", dict_keys}, {"values", dict_values},
    {"get", dict_get},     {"copy", any_copy},  {"fromkeys", dict_fromkeys},
    {NULL, NULL}};
static const method list_methods[] = {
    {"count", seq_count}, {"index", seq_index}, {"copy", any_copy}, {NULL, NULL}};
static const method tuple_methods[] = {{"count", seq_count}, {"index", seq_index}, {NULL, NULL}};
static const method loop_methods[] = {{"cycle", lm_j_loop_method}, {"changed", NULL}, {NULL, NULL}};
static const method cycler_methods[] = {
    {"next", cycler_next}, {"reset", cycler_reset}, {NULL, NULL}};
static const method view_methods[] = {{"isdisjoint", NULL}, {"mapping", NULL}, {NULL, NULL}};
static const method number_methods[] = {
    {"is_integer", NULL}, {"bit_length", NULL}, {"bit_count", NULL},        {"conjugate", NULL},
    {"to_bytes", NULL},   {"from_bytes", NULL}, {"as_integer_ratio", NULL}, {"hex", NULL},
    {"fromhex", NULL},    {NULL, NULL}};

static const method *methods_of(lm_jval v) {
  switch (v.t) {
  case LM_J_STR:
    return str_methods;
  case LM_J_DICT:
    return dict_methods;
  case LM_J_LIST:
    return list_methods;
  case LM_J_TUPLE:
  case LM_J_RANGE:
    return tuple_methods;
  case LM_J_LOOP:
    return loop_methods;
  case LM_J_CYCLER:
    return cycler_methods;
  case LM_J_VIEW:
    return view_methods;
  case LM_J_BOOL:
  case LM_J_INT:
  case LM_J_FLOAT:
    return number_methods;
  default:
    return NULL;
  }
}

static bool mutates(lm_jval v, const lm_jstr *name) {
  static const char *const of_list[] = {"append", "clear",  "pop",    "reverse", "insert",
                                        "sort",   "extend", "remove", NULL};
  static const char *const of_dict[] = {"clear", "pop", "popitem", "setdefault", "update", NULL};
  const char *const *list = v.t == LM_J_LIST ? of_list : v.t == LM_J_DICT ? of_dict : NULL;
  for (; list && *list; list++)
    if (lm_j_is(name, *list)) return true;
  return false;
}

static int unsafe(lm_jrun *r, lm_jval obj, const lm_jstr *name, lm_jval *out) {
  size_t mark = r->out_len;
  lm_jval text;
  if (lm_j_puts(r, "access to attribute ") || lm_j_put_repr(r, lm_j_of(name)) ||
      lm_j_puts(r, " of '") || lm_j_puts(r, lm_j_type_name(obj)) ||
      lm_j_puts(r, "' object is unsafe.") || lm_j_put(r, "", 1))
    return 1;
  if (lm_j_cut(r, mark, &text)) return 1;
  return lm_j_undef_hint(r, text.u.s->p, out);
}

static int bind_method(lm_jrun *r, lm_jval self, const method *m, lm_jval *out) {
  lm_jbound *b = lm_j_new(r, 1, sizeof *b);
  if (!b) return 1;
  *b = (lm_jbound){self, m->name, m->fn};
  *out = (lm_jval){.t = LM_J_METHOD, .u.bound = b};
  return 0;
}

static int number_attr(lm_jval obj, const lm_jstr *name, lm_jval *out, bool *found) {
  *found = true;
  if (lm_j_is(name, "real") || (lm_j_is(name, "numerator") && lm_j_is_int(obj)))
    *out = obj.t == LM_J_BOOL ? lm_j_int(obj.u.b) : obj;
  else if (lm_j_is(name, "imag"))
    *out = obj.t == LM_J_FLOAT ? lm_j_float(0) : lm_j_int(0);
  else if (lm_j_is(name, "denominator") && lm_j_is_int(obj))
    *out = lm_j_int(1);
  else
    *found = false;
  return 0;
}

static int find_method_of(lm_jrun *r, lm_jval obj, const lm_jstr *name, lm_jval *out, bool *found) {
  static const method fromkeys = {"fromkeys", dict_fromkeys};
  for (const method *m = methods_of(obj); m && m->name; m++) {
    if (!lm_j_is(name, m->name)) continue;
    *found = true;
    return bind_method(r, obj, m, out);
  }
  if (obj.t == LM_J_FUNC && !strcmp(lm_j_builtin_name(obj.u.func), "dict") &&
      lm_j_is(name, "fromkeys")) {
    *found = true;
    return bind_method(r, obj, &fromkeys, out);
  }
  if (lm_j_is_number(obj)) return number_attr(obj, name, out, found);
  return 0;
}

/* Python's getattr with the sandbox's verdict; *found false: no such attribute. */
static int attribute(lm_jrun *r, lm_jval obj, const lm_jstr *name, lm_jval *out, bool *found) {
  static const char *const everywhere[] = {"__class__",  "__doc__",  "__init__", "__eq__",
                                           "__hash__",   "__repr__", "__str__",  "__dir__",
                                           "__module__", NULL};
  *found = false;
  if (obj.t == LM_J_UNDEF) return lm_j_undef_raise(r, obj);
  if (obj.t == LM_J_NS) {
    if (lm_j_dict_get(r, obj.u.d, lm_j_of(name), out, found) || *found) return !*found;
  }
  if (obj.t == LM_J_LOOP && (lm_j_loop_attr(r, obj.u.loop, name, out, found) || *found))
    return !*found;
  if (obj.t == LM_J_MACRO && (lm_j_macro_attr(r, obj.u.macro, name, out, found) || *found))
    return !*found;
  if (obj.t == LM_J_CYCLER && lm_j_is(name, "current")) {
    *found = true;
    *out = obj.u.cycler->items->v[obj.u.cycler->at];
    return 0;
  }
  if (find_method_of(r, obj, name, out, found)) return 1;
  if (*found) return 0;
  bool refused = mutates(obj, name);
  for (int i = 0; everywhere[i] && !refused; i++) refused = lm_j_is(name, everywhere[i]);
  *found = refused;
  return refused ? unsafe(r, obj, name, out) : 0;
}

static int index_of(int64_t i, int64_t n, int64_t *out) {
  if (i < 0) i += n;
  *out = i;
  return i >= 0 && i < n;
}

/* Python's obj[key]; *found false: no such item or not possible. */
static int item(lm_jrun *r, lm_jval obj, lm_jval key, lm_jval *out, bool *found) {
  int64_t n, i;
  *found = false;
  if (obj.t == LM_J_UNDEF) return lm_j_undef_raise(r, obj);
  if (obj.t == LM_J_DICT) {
    if (key.t == LM_J_LIST || key.t == LM_J_DICT) return 0;
    return lm_j_dict_get(r, obj.u.d, key, out, found);
  }
  if (!lm_j_is_int(key)) return 0;
  if (obj.t != LM_J_STR && obj.t != LM_J_LIST && obj.t != LM_J_TUPLE && obj.t != LM_J_RANGE)
    return 0;
  if (lm_j_length(r, obj, &n)) return 1;
  if (!index_of(lm_j_as_int(key), n, &i)) return 0;
  *found = true;
  if (obj.t == LM_J_STR) return lm_j_substr(r, obj.u.s, i, i + 1, out);
  *out = obj.t == LM_J_RANGE ? lm_j_int(obj.u.range->start + i * obj.u.range->step) : obj.u.l->v[i];
  return 0;
}

int lm_j_getattr(lm_jrun *r, lm_jval obj, const lm_jstr *name, lm_jval *out) {
  bool found;
  lm_jval key = lm_j_of(name);
  if (attribute(r, obj, name, out, &found)) return 1;
  if (!found && item(r, obj, key, out, &found)) return 1;
  return found ? 0 : lm_j_undef(r, obj, key, out);
}

int lm_j_getitem(lm_jrun *r, lm_jval obj, lm_jval key, lm_jval *out) {
  bool found;
  if (item(r, obj, key, out, &found)) return 1;
  if (!found && key.t == LM_J_STR && attribute(r, obj, key.u.s, out, &found)) return 1;
  return found ? 0 : lm_j_undef(r, obj, key, out);
}

/* --- slices --- */

static int slice_bound(lm_jrun *r, lm_jval v, int64_t n, int64_t low, int64_t missing,
                       int64_t *out) {
  *out = missing;
  if (v.t == LM_J_NONE || v.t == LM_J_MISSING) return 0;
  if (!lm_j_is_int(v))
    return lm_j_raise(r, "slice indices must be integers or None or have an __index__ method");
  int64_t i = lm_j_as_int(v), high = low + n;
  if (i < 0) i = i < -n ? low : i + n;
  *out = i < low ? low : i > high ? high : i;
  return 0;
}

static int slice_str(lm_jrun *r, const lm_jstr *s, int64_t from, int64_t step, int64_t n,
                     lm_jval *out) {
  if (step == 1) return lm_j_substr(r, s, from, from + n, out);
  size_t mark = r->out_len;
  const char **at = lm_j_new(r, (size_t)s->cps + 1, sizeof *at), *p = s->p;
  if (!at || lm_j_spend(r, s->cps)) return 1;
  for (int64_t i = 0; i <= s->cps; i++) {
    int32_t cp;
    at[i] = p;
    if (i < s->cps) p += lm_j_decode(p, s->p + s->len, &cp);
  }
  for (int64_t i = 0; i < n; i++) {
    int64_t k = from + i * step;
    if (lm_j_put(r, at[k], (size_t)(at[k + 1] - at[k]))) return 1;
  }
  return lm_j_cut(r, mark, out);
}

static int slice_range(lm_jrun *r, const lm_jrange *of, int64_t from, int64_t to, int64_t step,
                       int64_t n, lm_jval *out) {
  lm_jrange *g = lm_j_new(r, 1, sizeof *g);
  if (!g) return 1;
  *g = (lm_jrange){.n = n};
  bool over = __builtin_mul_overflow(from, of->step, &g->start) ||
              __builtin_add_overflow(g->start, of->start, &g->start) ||
              __builtin_mul_overflow(to, of->step, &g->stop) ||
              __builtin_add_overflow(g->stop, of->start, &g->stop) ||
              __builtin_mul_overflow(step, of->step, &g->step);
  if (over) return lm_j_unsupported(r, "an integer exceeds 64 bits");
  *out = (lm_jval){.t = LM_J_RANGE, .u.range = g};
  return 0;
}

int lm_j_slice(lm_jrun *r, lm_jval obj, const lm_jval b[3], lm_jval *out) {
  int64_t n, step, from, to, count = 0;
  lm_jval missing = {.t = LM_J_MISSING};
  if (obj.t == LM_J_UNDEF) return lm_j_undef_raise(r, obj);
  if (obj.t != LM_J_STR && obj.t != LM_J_LIST && obj.t != LM_J_TUPLE && obj.t != LM_J_RANGE)
    return lm_j_raise(r, "'%s' object cannot be sliced", lm_j_type_name(obj));
  if (lm_j_length(r, obj, &n)) return 1;
  if (lm_j_int_arg(r, "slice", b[2].t == LM_J_NONE ? missing : b[2], 1, &step)) return 1;
  if (step == 0) return lm_j_raise(r, "slice step cannot be zero");
  if (step < -INT64_MAX) step = -INT64_MAX;
  int64_t low = step < 0 ? -1 : 0;
  if (slice_bound(r, b[0], n, low, step < 0 ? n - 1 : 0, &from)) return 1;
  if (slice_bound(r, b[1], n, low, step < 0 ? -1 : n, &to)) return 1;
  if (step > 0 && from < to) count = (to - from - 1) / step + 1;
  if (step < 0 && from > to) count = (from - to - 1) / -step + 1;
  if (obj.t == LM_J_STR) return slice_str(r, obj.u.s, from, step, count, out);
  if (obj.t == LM_J_RANGE) return slice_range(r, obj.u.range, from, to, step, count, out);
  lm_jlist *l;
  if (lm_j_list_new(r, count, &l)) return 1;
  for (int64_t i = 0; i < count; i++)
    if (lm_j_push(r, l, obj.u.l->v[from + i * step])) return 1;
  *out = (lm_jval){.t = obj.t, .u.l = l};
  return 0;
}
