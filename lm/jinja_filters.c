/* The filters, each with Jinja's parameter names and Python's errors. What Jinja gives as a
   generator is made whole at once and handed on as one (LM_J_ITER). */
#define _GNU_SOURCE
#include <math.h>
#include <string.h>

#include "jinja_value.h"

typedef struct filter {
  const char *name;
  lm_jfn fn; /* NULL: Jinja's but not ours */
} filter;

/* --- attribute paths: "a.b.0" --- */

typedef struct path {
  lm_jlist *parts;
} path;

static int path_part(lm_jrun *r, lm_jlist *l, const char *p, const char *end) {
  const char *q = p;
  lm_jval v;
  int64_t i;
  while (q < end && *q >= '0' && *q <= '9') q++;
  if (q == end && p < end && lm_j_parse_int(p, end - p, 10, &i) == LM_PARSE_OK)
    v = lm_j_int(i);
  else if (lm_j_str_borrow(r, p, end - p, &v))
    return 1;
  return lm_j_push(r, l, v);
}

static int split_path(lm_jrun *r, const char *p, const char *end, path *out) {
  if (lm_j_list_new(r, 2, &out->parts)) return 1;
  for (;;) {
    const char *dot = memchr(p, '.', (size_t)(end - p));
    if (path_part(r, out->parts, p, dot ? dot : end)) return 1;
    if (!dot) return 0;
    p = dot + 1;
  }
}

static int make_path(lm_jrun *r, lm_jval attr, path *out) {
  if (attr.t == LM_J_STR) return split_path(r, attr.u.s->p, attr.u.s->p + attr.u.s->len, out);
  if (lm_j_list_new(r, 1, &out->parts)) return 1;
  if (attr.t == LM_J_MISSING || attr.t == LM_J_NONE) return 0;
  return lm_j_push(r, out->parts, attr);
}

static int follow(lm_jrun *r, const path *p, lm_jval v, lm_jval standin, lm_jval *out) {
  for (int64_t i = 0; i < p->parts->n; i++) {
    if (lm_j_getitem(r, v, p->parts->v[i], &v)) return 1;
    if (v.t == LM_J_UNDEF && standin.t != LM_J_MISSING && standin.t != LM_J_NONE) v = standin;
  }
  *out = v;
  return 0;
}

static int fold(lm_jrun *r, bool case_sensitive, lm_jval *v) {
  return v->t == LM_J_STR && !case_sensitive ? lm_j_case(r, v->u.s, LM_CASE_LOWER, v) : 0;
}

static const lm_jval missing_value = {.t = LM_J_MISSING};

/* --- text --- */

static int to_text(lm_jrun *r, lm_jval v, const lm_jstr **s) {
  return lm_j_to_str(r, v, s);
}

#define TEXT_FILTER(name, how)                                                                     \
  static int name(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {                        \
    const lm_jstr *s;                                                                              \
    return lm_j_bind(r, #name, a, "", 0, NULL) || to_text(r, v, &s) || lm_j_case(r, s, how, out);  \
  }
TEXT_FILTER(f_upper, LM_CASE_UPPER)
TEXT_FILTER(f_lower, LM_CASE_LOWER)
TEXT_FILTER(f_title, LM_CASE_JINJA_TITLE)
TEXT_FILTER(f_capitalize, LM_CASE_CAPITALIZE)

static int f_string(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  const lm_jstr *s;
  if (lm_j_bind(r, "string", a, "", 0, NULL) || to_text(r, v, &s)) return 1;
  *out = lm_j_of(s);
  return 0;
}

static int f_trim(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[1];
  const lm_jstr *s, *chars = NULL;
  if (lm_j_bind(r, "trim", a, "chars", 0, b) || to_text(r, v, &s)) return 1;
  if (b[0].t != LM_J_MISSING && b[0].t != LM_J_NONE && lm_j_str_arg(r, "trim", b[0], &chars))
    return 1;
  return lm_j_strip(r, s, chars, 3, out);
}

static int f_replace(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[3];
  const lm_jstr *s, *from, *to;
  int64_t count;
  if (lm_j_bind(r, "replace", a, "old,new,count", 2, b) || to_text(r, v, &s)) return 1;
  if (to_text(r, b[0], &from) || to_text(r, b[1], &to)) return 1;
  if (b[2].t == LM_J_NONE) b[2] = missing_value;
  if (lm_j_int_arg(r, "replace", b[2], -1, &count)) return 1;
  return lm_j_replace(r, s, from, to, count, out);
}

static int f_escape(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  const lm_jstr *s;
  size_t mark = r->out_len;
  if (lm_j_bind(r, "escape", a, "", 0, NULL) || to_text(r, v, &s)) return 1;
  for (const char *p = s->p, *end = p + s->len; p < end; p++) {
    const char *with = *p == '&'    ? "&amp;"
                       : *p == '<'  ? "&lt;"
                       : *p == '>'  ? "&gt;"
                       : *p == '"'  ? "&#34;"
                       : *p == '\'' ? "&#39;"
                                    : NULL;
    if (with ? lm_j_puts(r, with) : lm_j_put(r, p, 1)) return 1;
  }
  return lm_j_spend(r, s->len / 8) || lm_j_cut(r, mark, out);
}

static int f_indent(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[3], pad, text;
  lm_jlist *lines;
  size_t mark = r->out_len;
  if (lm_j_bind(r, "indent", a, "width,first,blank", 0, b)) return 1;
  if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
  if (v.t != LM_J_STR) return lm_j_raise(r, "indent: expected str, got %s", lm_j_type_name(v));
  pad = b[0];
  if (pad.t != LM_J_STR) {
    int64_t width;
    if (lm_j_int_arg(r, "indent", pad, 4, &width)) return 1;
    for (int64_t i = 0; i < width; i++)
      if (lm_j_puts(r, " ") || lm_j_spend(r, 1)) return 1;
    if (lm_j_cut(r, mark, &pad)) return 1;
  }
  if (lm_j_put_str(r, v) || lm_j_puts(r, "\n") || lm_j_cut(r, mark, &text)) return 1;
  if (lm_j_split_lines(r, text.u.s, false, &lines)) return 1;
  bool blank = lm_j_truth(b[2]);
  for (int64_t i = 0; i < lines->n; i++) {
    bool pads = i == 0 ? lm_j_truth(b[1]) : blank || lines->v[i].u.s->len;
    if ((i && lm_j_puts(r, "\n")) || (pads && lm_j_put_str(r, pad)) || lm_j_put_str(r, lines->v[i]))
      return 1;
  }
  return lm_j_cut(r, mark, out);
}

static int f_join(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2], item;
  const lm_jstr *sep = NULL;
  lm_jiter it;
  path p;
  size_t mark = r->out_len;
  int more;
  if (lm_j_bind(r, "join", a, "d,attribute", 0, b) || make_path(r, b[1], &p)) return 1;
  if ((b[0].t != LM_J_MISSING && to_text(r, b[0], &sep)) || lm_j_iter(r, v, &it)) return 1;
  for (int64_t i = 0; (more = lm_j_next(r, &it, &item)) == 1; i++) {
    if (i && sep && lm_j_put(r, sep->p, (size_t)sep->len)) return 1;
    if (follow(r, &p, item, missing_value, &item) || lm_j_put_str(r, item)) return 1;
  }
  return more < 0 || lm_j_cut(r, mark, out);
}

static int f_format(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  const lm_jstr *s;
  lm_jlist *l;
  lm_jdict *d;
  if (a->n && a->nkw)
    return lm_j_raise(r, "can't handle positional and keyword arguments at the same time");
  if (to_text(r, v, &s) || lm_j_list_new(r, a->n, &l) || lm_j_dict_new(r, &d)) return 1;
  for (int i = 0; i < a->n; i++)
    if (lm_j_push(r, l, a->pos[i])) return 1;
  for (int i = 0; i < a->nkw; i++)
    if (lm_j_dict_set(r, d, lm_j_of(a->names[i]), a->kw[i])) return 1;
  lm_jval args =
      a->nkw ? (lm_jval){.t = LM_J_DICT, .u.d = d} : (lm_jval){.t = LM_J_TUPLE, .u.l = l};
  return lm_j_percent(r, s, args, out);
}

/* --- JSON --- */

static int json_style(lm_jrun *r, const lm_jval b[4], lm_jdump *how) {
  lm_jval item, key;
  bool indented = b[1].t != LM_J_MISSING && b[1].t != LM_J_NONE;
  how->ascii = lm_j_truth(b[0]);
  how->sort = lm_j_truth(b[3]);
  if (lm_j_str_borrow(r, indented ? "," : ", ", indented ? 1 : 2, &item)) return 1;
  if (lm_j_str_borrow(r, ": ", 2, &key)) return 1;
  how->item_sep = item.u.s;
  how->key_sep = key.u.s;
  if (b[2].t != LM_J_MISSING && b[2].t != LM_J_NONE) {
    lm_jlist *l;
    if (lm_j_to_list(r, b[2], &l)) return 1;
    if (l->n != 2) return lm_j_raise(r, "tojson: separators must be two strings");
    if (lm_j_str_arg(r, "tojson", l->v[0], &how->item_sep)) return 1;
    if (lm_j_str_arg(r, "tojson", l->v[1], &how->key_sep)) return 1;
  }
  if (!indented) return 0;
  if (b[1].t == LM_J_STR) {
    how->indent = b[1].u.s;
    return 0;
  }
  int64_t width;
  size_t mark = r->out_len;
  if (lm_j_int_arg(r, "tojson", b[1], 0, &width)) return 1;
  if (width > 1000) return lm_j_unsupported(r, "an indent of more than 1000");
  for (int64_t i = 0; i < width; i++)
    if (lm_j_puts(r, " ")) return 1;
  if (lm_j_cut(r, mark, &item)) return 1;
  how->indent = item.u.s;
  return 0;
}

static int f_tojson(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[4];
  lm_jdump how = {0};
  if (lm_j_bind(r, "tojson", a, "ensure_ascii,indent,separators,sort_keys", 0, b)) return 1;
  if (json_style(r, b, &how)) return 1;
  size_t mark = r->out_len;
  return lm_j_put_json(r, v, &how, 0) || lm_j_cut(r, mark, out);
}

/* --- sequences --- */

static int f_length(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  int64_t n;
  if (lm_j_bind(r, "length", a, "", 0, NULL) || lm_j_length(r, v, &n)) return 1;
  *out = lm_j_int(n);
  return 0;
}

static int f_first(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jiter it;
  if (lm_j_bind(r, "first", a, "", 0, NULL) || lm_j_iter(r, v, &it)) return 1;
  int more = lm_j_next(r, &it, out);
  if (more == 0) return lm_j_undef_hint(r, "No first item, sequence was empty.", out);
  return more < 0;
}

static int f_last(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_bind(r, "last", a, "", 0, NULL)) return 1;
  if (v.t == LM_J_ITER || !lm_j_iterable(v))
    return lm_j_raise(r, "'%s' object is not reversible", lm_j_type_name(v));
  if (lm_j_to_list(r, v, &l)) return 1;
  if (!l->n) return lm_j_undef_hint(r, "No last item, sequence was empty.", out);
  *out = l->v[l->n - 1];
  return 0;
}

static int f_list(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_bind(r, "list", a, "", 0, NULL) || lm_j_to_list(r, v, &l)) return 1;
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return 0;
}

static int reverse_str(lm_jrun *r, const lm_jstr *s, lm_jval *out) {
  lm_jval b[3] = {missing_value, missing_value, lm_j_int(-1)};
  return lm_j_slice(r, lm_j_of(s), b, out);
}

static int f_reverse(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_bind(r, "reverse", a, "", 0, NULL)) return 1;
  if (v.t == LM_J_STR) return reverse_str(r, v.u.s, out);
  if (!lm_j_iterable(v)) return lm_j_raise(r, "argument must be iterable");
  if (lm_j_to_list(r, v, &l)) return 1;
  for (int64_t i = 0; i < l->n / 2; i++) {
    lm_jval t = l->v[i];
    l->v[i] = l->v[l->n - 1 - i];
    l->v[l->n - 1 - i] = t;
  }
  if (v.t != LM_J_ITER) return lm_j_gen(r, l, out);
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return 0;
}

static int f_items(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_bind(r, "items", a, "", 0, NULL)) return 1;
  if (v.t != LM_J_DICT && v.t != LM_J_UNDEF)
    return lm_j_raise(r, "Can only get item pairs from a mapping.");
  lm_jview view = {v.t == LM_J_DICT ? v.u.d : NULL, 'i'};
  lm_jval pairs = v.t == LM_J_DICT ? (lm_jval){.t = LM_J_VIEW, .u.view = &view} : v;
  return lm_j_to_list(r, pairs, &l) || lm_j_gen(r, l, out);
}

static int f_default(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2];
  if (lm_j_bind(r, "default", a, "default_value,boolean", 0, b)) return 1;
  *out = v;
  if (v.t != LM_J_UNDEF && (!lm_j_truth(b[1]) || lm_j_truth(v))) return 0;
  *out = b[0];
  return b[0].t == LM_J_MISSING ? lm_j_str_borrow(r, "", 0, out) : 0;
}

/* --- sorting: stable merge; `keys` and `items` move together --- */

typedef struct sorter {
  lm_jval *keys, *items, *keys2, *items2;
  bool reverse;
} sorter;

/* Whether the later element (right) must go before the earlier one. */
static int goes_first(lm_jrun *r, const sorter *s, lm_jval right, lm_jval left, bool *out) {
  return s->reverse ? lm_j_less(r, left, right, "<", out) : lm_j_less(r, right, left, "<", out);
}

static int merge(lm_jrun *r, sorter *s, int64_t lo, int64_t mid, int64_t hi) {
  int64_t i = lo, j = mid, k = lo;
  while (i < mid || j < hi) {
    bool right = i == mid;
    if (i < mid && j < hi && goes_first(r, s, s->keys[j], s->keys[i], &right)) return 1;
    int64_t from = right ? j++ : i++;
    s->keys2[k] = s->keys[from];
    s->items2[k++] = s->items[from];
  }
  memcpy(s->keys + lo, s->keys2 + lo, (size_t)(hi - lo) * sizeof *s->keys);
  memcpy(s->items + lo, s->items2 + lo, (size_t)(hi - lo) * sizeof *s->items);
  return 0;
}

int lm_j_sort(lm_jrun *r, lm_jval *keys, lm_jval *items, int64_t n, bool reverse) {
  sorter s = {keys, items, NULL, NULL, reverse};
  s.keys2 = lm_j_new(r, (size_t)n, sizeof *keys);
  s.items2 = lm_j_new(r, (size_t)n, sizeof *items);
  if (!s.keys2 || !s.items2) return 1;
  for (int64_t w = 1; w < n; w *= 2)
    for (int64_t lo = 0; lo + w < n; lo += 2 * w)
      if (merge(r, &s, lo, lo + w, lo + 2 * w < n ? lo + 2 * w : n)) return 1;
  return 0;
}

/* sort's key: a list of one value, or of those whose attributes `attr` names, parted by commas.
   Being lists, equal keys need no order. */
static int sort_key(lm_jrun *r, lm_jval attr, bool sensitive, lm_jval item, lm_jval *out) {
  lm_jlist *key;
  if (lm_j_list_new(r, 1, &key)) return 1;
  if (attr.t != LM_J_STR) {
    path p;
    lm_jval v;
    *out = (lm_jval){.t = LM_J_LIST, .u.l = key};
    if (make_path(r, attr, &p) || follow(r, &p, item, missing_value, &v)) return 1;
    return fold(r, sensitive, &v) || lm_j_push(r, key, v);
  }
  const char *at = attr.u.s->p, *end = at + attr.u.s->len;
  for (;;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    path p;
    lm_jval v;
    if (split_path(r, at, comma ? comma : end, &p) || follow(r, &p, item, missing_value, &v))
      return 1;
    if (fold(r, sensitive, &v) || lm_j_push(r, key, v)) return 1;
    if (!comma) break;
    at = comma + 1;
  }
  *out = (lm_jval){.t = LM_J_LIST, .u.l = key};
  return 0;
}

static int f_sort(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[3];
  lm_jlist *l;
  if (lm_j_bind(r, "sort", a, "reverse,case_sensitive,attribute", 0, b) || lm_j_to_list(r, v, &l))
    return 1;
  lm_jval *keys = lm_j_new(r, (size_t)l->n, sizeof *keys);
  if (!keys) return 1;
  for (int64_t i = 0; i < l->n; i++)
    if (sort_key(r, b[2], lm_j_truth(b[1]), l->v[i], &keys[i])) return 1;
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return lm_j_sort(r, keys, l->v, l->n, lm_j_truth(b[0]));
}

static int f_dictsort(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[3];
  lm_jlist *l;
  if (lm_j_bind(r, "dictsort", a, "case_sensitive,by,reverse", 0, b)) return 1;
  if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
  if (v.t != LM_J_DICT)
    return lm_j_raise(r, "'%s' object has no attribute 'items'", lm_j_type_name(v));
  bool by_value = b[1].t == LM_J_STR && lm_j_is(b[1].u.s, "value");
  if (b[1].t != LM_J_MISSING && !by_value && !(b[1].t == LM_J_STR && lm_j_is(b[1].u.s, "key")))
    return lm_j_raise(r, "You can only sort by either \"key\" or \"value\"");
  lm_jview view = {v.u.d, 'i'};
  if (lm_j_to_list(r, (lm_jval){.t = LM_J_VIEW, .u.view = &view}, &l)) return 1;
  lm_jval *keys = lm_j_new(r, (size_t)l->n, sizeof *keys);
  if (!keys) return 1;
  for (int64_t i = 0; i < l->n; i++) {
    keys[i] = l->v[i].u.l->v[by_value];
    if (fold(r, lm_j_truth(b[0]), &keys[i])) return 1;
  }
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return lm_j_sort(r, keys, l->v, l->n, lm_j_truth(b[2]));
}

static int f_unique(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2], item, key;
  lm_jdict *seen;
  lm_jlist *l;
  lm_jiter it;
  path p;
  int more;
  if (lm_j_bind(r, "unique", a, "case_sensitive,attribute", 0, b) || make_path(r, b[1], &p))
    return 1;
  if (lm_j_dict_new(r, &seen) || lm_j_list_new(r, 0, &l) || lm_j_iter(r, v, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1) {
    int64_t before = seen->n;
    if (follow(r, &p, item, missing_value, &key) || fold(r, lm_j_truth(b[0]), &key)) return 1;
    if (lm_j_dict_set(r, seen, key, lm_j_none())) return 1;
    if (seen->n > before && lm_j_push(r, l, item)) return 1;
  }
  return more < 0 || lm_j_gen(r, l, out);
}

static int extreme(lm_jrun *r, lm_jval v, const lm_jargs *a, bool max, lm_jval *out) {
  lm_jval b[2], item, key, best = missing_value;
  lm_jiter it;
  path p;
  int more;
  if (lm_j_bind(r, max ? "max" : "min", a, "case_sensitive,attribute", 0, b) ||
      make_path(r, b[1], &p))
    return 1;
  if (lm_j_iter(r, v, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1) {
    bool better = true;
    if (follow(r, &p, item, missing_value, &key) || fold(r, lm_j_truth(b[0]), &key)) return 1;
    if (best.t != LM_J_MISSING &&
        (max ? lm_j_less(r, best, key, ">", &better) : lm_j_less(r, key, best, "<", &better)))
      return 1;
    if (!better) continue;
    best = key;
    *out = item;
  }
  if (more < 0) return 1;
  return best.t == LM_J_MISSING ? lm_j_undef_hint(r, "No aggregated item, sequence was empty.", out)
                                : 0;
}
static int f_min(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  return extreme(r, v, a, false, out);
}
static int f_max(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  return extreme(r, v, a, true, out);
}

static int f_sum(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2], item;
  lm_jiter it;
  path p;
  int more;
  if (lm_j_bind(r, "sum", a, "attribute,start", 0, b) || make_path(r, b[0], &p)) return 1;
  *out = b[1].t == LM_J_MISSING ? lm_j_int(0) : b[1];
  if (out->t == LM_J_STR)
    return lm_j_raise(r, "sum() can't sum strings [use ''.join(seq) instead]");
  if (lm_j_iter(r, v, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1)
    if (follow(r, &p, item, missing_value, &item) || lm_j_binary(r, 0, *out, item, out)) return 1;
  return more < 0;
}

static int f_batch(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2], item;
  lm_jlist *rows, *row = NULL;
  lm_jiter it;
  int64_t width;
  int more;
  if (lm_j_bind(r, "batch", a, "linecount,fill_with", 1, b) ||
      lm_j_int_arg(r, "batch", b[0], 0, &width))
    return 1;
  if (lm_j_list_new(r, 0, &rows) || lm_j_iter(r, v, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1) {
    if (!row || row->n == width) {
      if (lm_j_list_new(r, 0, &row) || lm_j_push(r, rows, (lm_jval){.t = LM_J_LIST, .u.l = row}))
        return 1;
    }
    if (lm_j_push(r, row, item)) return 1;
  }
  bool fills = b[1].t != LM_J_MISSING && b[1].t != LM_J_NONE;
  while (more == 0 && row && fills && row->n < width)
    if (lm_j_push(r, row, b[1])) return 1;
  return more < 0 || lm_j_gen(r, rows, out);
}

/* --- map, select, reject --- */

static int f_map(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2] = {missing_value, missing_value}, item;
  const lm_jstr *name = NULL;
  lm_jlist *l;
  lm_jiter it;
  path p = {NULL};
  int more, index = -1;
  if (lm_j_list_new(r, 0, &l)) return 1;
  if (!lm_j_truth(v)) return lm_j_gen(r, l, out);
  if (!a->n) {
    if (lm_j_bind(r, "map", a, "attribute,default", 1, b) || make_path(r, b[0], &p)) return 1;
  } else {
    if (lm_j_str_arg(r, "map", a->pos[0], &name)) return 1;
    index = lm_j_filter_find(name);
  }
  lm_jargs rest = {a->n ? a->pos + 1 : NULL, a->n - 1, a->names, a->kw, a->nkw};
  if (lm_j_iter(r, v, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1) {
    if (name ? lm_j_filter(r, index, name, item, &rest, &item) : follow(r, &p, item, b[1], &item))
      return 1;
    if (lm_j_push(r, l, item)) return 1;
  }
  return more < 0 || lm_j_gen(r, l, out);
}

static int choose(lm_jrun *r, lm_jval v, const lm_jargs *a, bool keep, bool by_attr, lm_jval *out) {
  const lm_jstr *name = NULL;
  lm_jval item, key;
  lm_jlist *l;
  lm_jiter it;
  path p = {NULL};
  int more, index = -1, at = by_attr;
  if (lm_j_list_new(r, 0, &l)) return 1;
  if (!lm_j_truth(v)) return lm_j_gen(r, l, out);
  if (by_attr && !a->n) return lm_j_raise(r, "Missing parameter for attribute name");
  if (make_path(r, by_attr ? a->pos[0] : missing_value, &p)) return 1;
  if (a->n > at) {
    if (lm_j_str_arg(r, "select", a->pos[at], &name)) return 1;
    index = lm_j_test_find(name);
    at++;
  }
  lm_jargs rest = {a->n > at ? a->pos + at : NULL, a->n - at, a->names, a->kw, a->nkw};
  if (lm_j_iter(r, v, &it)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1) {
    bool yes;
    if (follow(r, &p, item, missing_value, &key)) return 1;
    if (!name)
      yes = lm_j_truth(key);
    else if (lm_j_test(r, index, name, key, &rest, &yes))
      return 1;
    if (yes == keep && lm_j_push(r, l, item)) return 1;
  }
  return more < 0 || lm_j_gen(r, l, out);
}
static int f_select(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  return choose(r, v, a, true, false, out);
}
static int f_reject(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  return choose(r, v, a, false, false, out);
}
static int f_selectattr(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  return choose(r, v, a, true, true, out);
}
static int f_rejectattr(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  return choose(r, v, a, false, true, out);
}

static int f_groupby(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[3], *keys, last = missing_value, pair[2];
  lm_jlist *l, *groups, *members = NULL, *tuple;
  path p;
  if (lm_j_bind(r, "groupby", a, "attribute,default,case_sensitive", 1, b) ||
      make_path(r, b[0], &p))
    return 1;
  if (lm_j_to_list(r, v, &l) || lm_j_list_new(r, 0, &groups)) return 1;
  if (!(keys = lm_j_new(r, (size_t)l->n, sizeof *keys))) return 1;
  for (int64_t i = 0; i < l->n; i++)
    if (follow(r, &p, l->v[i], b[1], &keys[i]) || fold(r, lm_j_truth(b[2]), &keys[i])) return 1;
  if (lm_j_sort(r, keys, l->v, l->n, false)) return 1;
  for (int64_t i = 0; i < l->n; i++) {
    bool same = false;
    if (members && lm_j_equal(r, keys[i], last, &same)) return 1;
    last = keys[i];
    if (!same) {
      if (lm_j_list_new(r, 0, &members) || lm_j_list_new(r, 2, &tuple)) return 1;
      if (follow(r, &p, l->v[i], b[1], &pair[0])) return 1;
      pair[1] = (lm_jval){.t = LM_J_LIST, .u.l = members};
      if (lm_j_push(r, tuple, pair[0]) || lm_j_push(r, tuple, pair[1])) return 1;
      if (lm_j_push(r, groups, (lm_jval){.t = LM_J_TUPLE, .u.l = tuple})) return 1;
    }
    if (lm_j_push(r, members, l->v[i])) return 1;
  }
  *out = (lm_jval){.t = LM_J_LIST, .u.l = groups};
  return 0;
}

/* --- numbers --- */

static int f_int(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2];
  int64_t base, i = 0;
  lm_jparse how = LM_PARSE_BAD;
  double f;
  if (lm_j_bind(r, "int", a, "default,base", 0, b) || lm_j_int_arg(r, "int", b[1], 10, &base))
    return 1;
  if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
  bool has_base = base == 0 || (base >= 2 && base <= 36);
  if (v.t == LM_J_STR && has_base) how = lm_j_parse_int(v.u.s->p, v.u.s->len, (int)base, &i);
  if (lm_j_is_int(v)) i = lm_j_as_int(v), how = LM_PARSE_OK;
  if (v.t == LM_J_FLOAT) {
    how = lm_j_float_to_int(v.u.f, &i);
    if (isinf(v.u.f)) return lm_j_raise(r, "cannot convert float infinity to integer");
  }
  if (how == LM_PARSE_BAD && v.t == LM_J_STR &&
      lm_j_parse_float(v.u.s->p, v.u.s->len, &f) == LM_PARSE_OK && isfinite(f))
    how = lm_j_float_to_int(f, &i);
  if (how == LM_PARSE_BIG) return lm_j_unsupported(r, "an integer exceeds 64 bits");
  *out = how == LM_PARSE_OK ? lm_j_int(i) : b[0].t == LM_J_MISSING ? lm_j_int(0) : b[0];
  return 0;
}

static int f_float(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[1];
  double f = 0;
  if (lm_j_bind(r, "float", a, "default", 0, b)) return 1;
  if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
  bool ok = lm_j_is_number(v);
  if (ok)
    f = lm_j_as_float(v);
  else
    ok = v.t == LM_J_STR && lm_j_parse_float(v.u.s->p, v.u.s->len, &f) == LM_PARSE_OK;
  *out = ok ? lm_j_float(f) : b[0].t == LM_J_MISSING ? lm_j_float(0) : b[0];
  return 0;
}

static int f_abs(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  if (lm_j_bind(r, "abs", a, "", 0, NULL)) return 1;
  if (!lm_j_is_number(v))
    return lm_j_raise(r, "bad operand type for abs(): '%s'", lm_j_type_name(v));
  *out = v.t == LM_J_FLOAT ? lm_j_float(fabs(v.u.f)) : lm_j_int(lm_j_as_int(v));
  return v.t != LM_J_FLOAT && lm_j_as_int(v) < 0 ? lm_j_negate(r, v, out) : 0;
}

static int f_round(lm_jrun *r, lm_jval v, const lm_jargs *a, lm_jval *out) {
  lm_jval b[2];
  int64_t digits;
  if (lm_j_bind(r, "round", a, "precision,method", 0, b) ||
      lm_j_int_arg(r, "round", b[0], 0, &digits))
    return 1;
  const lm_jstr *how = NULL;
  if (b[1].t != LM_J_MISSING && lm_j_str_arg(r, "round", b[1], &how)) return 1;
  if (!how || lm_j_is(how, "common")) return lm_j_round(r, v, digits, out);
  bool up = lm_j_is(how, "ceil");
  if (!up && !lm_j_is(how, "floor")) return lm_j_raise(r, "method must be common, ceil or floor");
  lm_jval unit, scaled;
  if (lm_j_binary(r, 6, lm_j_int(10), lm_j_int(digits), &unit)) return 1;
  if (lm_j_binary(r, 2, v, unit, &scaled)) return 1;
  if (!lm_j_is_number(scaled))
    return lm_j_raise(r, "must be real number, not %s", lm_j_type_name(scaled));
  double f = lm_j_as_float(scaled);
  if (!isfinite(f)) return lm_j_raise(r, "cannot convert float NaN or infinity to integer");
  return lm_j_binary(r, 3, lm_j_float((up ? ceil(f) : floor(f)) + 0.0), unit, out); /* no -0 */
}

/* --- the table --- */

static const filter filters[] = {
    {"abs", f_abs},           {"batch", f_batch},       {"capitalize", f_capitalize},
    {"count", f_length},      {"d", f_default},         {"default", f_default},
    {"dictsort", f_dictsort}, {"e", f_escape},          {"escape", f_escape},
    {"first", f_first},       {"float", f_float},       {"forceescape", f_escape},
    {"format", f_format},     {"groupby", f_groupby},   {"indent", f_indent},
    {"int", f_int},           {"items", f_items},       {"join", f_join},
    {"last", f_last},         {"length", f_length},     {"list", f_list},
    {"lower", f_lower},       {"map", f_map},           {"max", f_max},
    {"min", f_min},           {"reject", f_reject},     {"rejectattr", f_rejectattr},
    {"replace", f_replace},   {"reverse", f_reverse},   {"round", f_round},
    {"safe", f_string},       {"select", f_select},     {"selectattr", f_selectattr},
    {"sort", f_sort},         {"string", f_string},     {"sum", f_sum},
    {"title", f_title},       {"tojson", f_tojson},     {"trim", f_trim},
    {"unique", f_unique},     {"upper", f_upper},       {"attr", NULL},
    {"center", NULL},         {"filesizeformat", NULL}, {"pprint", NULL},
    {"random", NULL},         {"slice", NULL},          {"striptags", NULL},
    {"truncate", NULL},       {"urlencode", NULL},      {"urlize", NULL},
    {"wordcount", NULL},      {"wordwrap", NULL},       {"xmlattr", NULL}};

int lm_j_filter_find(const lm_jstr *name) {
  for (int i = 0; i < (int)(sizeof filters / sizeof *filters); i++)
    if (lm_j_is(name, filters[i].name)) return i;
  return -1;
}

int lm_j_filter(lm_jrun *r, int index, const lm_jstr *name, lm_jval v, const lm_jargs *a,
                lm_jval *out) {
  int shown = name->len < 60 ? (int)name->len : 60;
  if (index < 0) return lm_j_raise(r, "No filter named '%.*s'.", shown, name->p);
  if (!filters[index].fn) return lm_j_unsupported(r, "the filter '%.*s'", shown, name->p);
  if (lm_j_spend(r, 1) || lm_j_enter(r)) return 1;
  int rc = filters[index].fn(r, v, a, out);
  lm_j_leave(r);
  return rc;
}
