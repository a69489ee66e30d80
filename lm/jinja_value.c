/* The arena, the limits, and the making, comparing and walking of template values.
   Every allocation passes lm_j_arena_alloc or lm_j_put, where the budgets are kept. */
#include "jinja_value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16384, SMALL_DICT = 8 };

struct lm_jchunk {
  lm_jchunk *next;
  _Alignas(16) char data[];
};

void lm_j_arena_init(lm_jarena *a, size_t max) {
  *a = (lm_jarena){.max = max};
}

void *lm_j_arena_alloc(lm_jarena *a, size_t size) {
  if (size > a->max - a->used) {
    lm_fail(LM_FAILED, "[chat template] more than %zu bytes of memory are needed", a->max);
    return NULL;
  }
  size = (size + 15) & ~(size_t)15;
  if ((size_t)(a->end - a->at) < size) {
    size_t room = size > CHUNK / 4 ? size : CHUNK;
    lm_jchunk *c = calloc(1, sizeof *c + room);
    if (!c) {
      lm_nomem("chat template");
      return NULL;
    }
    c->next = a->chunks;
    a->chunks = c;
    if (room == size) {
      a->used += size < a->max - a->used ? size : a->max - a->used;
      return c->data;
    }
    a->at = c->data;
    a->end = c->data + room;
  }
  void *p = a->at;
  a->at += size;
  a->used += size < a->max - a->used ? size : a->max - a->used;
  return p;
}

void lm_j_arena_free(lm_jarena *a) {
  for (lm_jchunk *c = a->chunks; c;) {
    lm_jchunk *next = c->next;
    free(c);
    c = next;
  }
  *a = (lm_jarena){0};
}

/* --- errors and limits --- */

void lm_j_record(lm_jrun *r, lm_kind kind, const char *fmt, ...) {
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  lm_fail(kind, "[chat template] line %d: %s", r->line, text);
}

int lm_j_spend(lm_jrun *r, int64_t steps) {
  if (steps > r->steps) {
    r->steps = 0;
    return lm_j_raise(r, "the template takes too many steps");
  }
  r->steps -= steps;
  return 0;
}

int lm_j_enter(lm_jrun *r) {
  if (r->depth >= r->depth_max) return lm_j_raise(r, "nested too deep");
  r->depth++;
  return 0;
}

void *lm_j_new(lm_jrun *r, size_t n, size_t size) {
  if (size && n > SIZE_MAX / 2 / size) {
    lm_j_record(r, LM_FAILED, "a value is too large");
    return NULL;
  }
  return lm_j_arena_alloc(&r->arena, n * size);
}

/* --- text at the end of the output --- */

int lm_j_put(lm_jrun *r, const char *p, size_t len) {
  if (len > r->out_max - r->out_len)
    return lm_j_raise(r, "the output exceeds %zu bytes", r->out_max);
  if (lm_j_spend(r, (int64_t)(len / 16))) return 1;
  if (r->out_cap - r->out_len <= len) {
    size_t cap = r->out_cap < 4096 ? 4096 : r->out_cap;
    while (cap - r->out_len <= len) cap *= 2;
    char *grown = realloc(r->out, cap);
    if (!grown) return lm_nomem("chat template");
    r->out = grown;
    r->out_cap = cap;
  }
  if (len) memcpy(r->out + r->out_len, p, len);
  r->out_len += len;
  return 0;
}

int lm_j_puts(lm_jrun *r, const char *p) {
  return lm_j_put(r, p, strlen(p));
}

int lm_j_put_cp(lm_jrun *r, int32_t cp) {
  char buf[4];
  return lm_j_put(r, buf, (size_t)lm_j_encode(cp, buf));
}

int lm_j_cut(lm_jrun *r, size_t mark, lm_jval *out) {
  size_t len = r->out_len - mark;
  r->out_len = mark;
  return lm_j_str(r, len ? r->out + mark : "", (int64_t)len, out);
}

/* --- making values --- */

int lm_j_str_borrow(lm_jrun *r, const char *p, int64_t len, lm_jval *out) {
  if (lm_j_spend(r, 1 + len / 16)) return 1;
  lm_jstr *s = lm_j_new(r, 1, sizeof *s);
  if (!s) return 1;
  *s = (lm_jstr){p, len, lm_j_count_cps(p, len)};
  *out = lm_j_of(s);
  return 0;
}

int lm_j_str(lm_jrun *r, const char *p, int64_t len, lm_jval *out) {
  char *copy = lm_j_new(r, (size_t)len, 1);
  if (!copy) return 1;
  if (len) memcpy(copy, p, (size_t)len);
  return lm_j_str_borrow(r, copy, len, out);
}

int lm_j_undef(lm_jrun *r, lm_jval obj, lm_jval name, lm_jval *out) {
  lm_jundef *u = lm_j_new(r, 1, sizeof *u);
  if (!u) return 1;
  *u = (lm_jundef){.obj = obj, .name = name};
  *out = (lm_jval){.t = LM_J_UNDEF, .u.undef = u};
  return 0;
}

int lm_j_undef_hint(lm_jrun *r, const char *hint, lm_jval *out) {
  lm_jundef *u = lm_j_new(r, 1, sizeof *u);
  if (!u) return 1;
  *u = (lm_jundef){.hint = hint};
  *out = (lm_jval){.t = LM_J_UNDEF, .u.undef = u};
  return 0;
}

int lm_j_undef_raise(lm_jrun *r, lm_jval v) {
  const lm_jundef *u = v.u.undef;
  if (u->hint) return lm_j_raise(r, "%s", u->hint);
  size_t mark = r->out_len;
  lm_jval text;
  if (lm_j_put_repr(r, u->name) || lm_j_cut(r, mark, &text)) return 1;
  int shown = text.u.s->len > 100 ? 100 : (int)text.u.s->len;
  if (u->obj.t == LM_J_MISSING) return lm_j_raise(r, "%.*s is undefined", shown, text.u.s->p);
  return lm_j_raise(r, "'%s object' has no %s %.*s", lm_j_type_name(u->obj),
                    u->name.t == LM_J_STR ? "attribute" : "element", shown, text.u.s->p);
}

int lm_j_list_new(lm_jrun *r, int64_t cap, lm_jlist **out) {
  lm_jlist *l = lm_j_new(r, 1, sizeof *l);
  if (!l) return 1;
  if (cap) {
    l->v = lm_j_new(r, (size_t)cap, sizeof *l->v);
    if (!l->v) return 1;
    l->cap = cap;
  }
  *out = l;
  return 0;
}

int lm_j_push(lm_jrun *r, lm_jlist *l, lm_jval v) {
  if (lm_j_spend(r, 1)) return 1;
  if (l->n == l->cap) {
    int64_t cap = l->cap ? l->cap * 2 : 4;
    lm_jval *grown = lm_j_new(r, (size_t)cap, sizeof *grown);
    if (!grown) return 1;
    if (l->n) memcpy(grown, l->v, (size_t)l->n * sizeof *grown);
    l->v = grown;
    l->cap = cap;
  }
  l->v[l->n++] = v;
  return 0;
}

int lm_j_gen(lm_jrun *r, lm_jlist *items, lm_jval *out) {
  lm_jgen *g = lm_j_new(r, 1, sizeof *g);
  if (!g) return 1;
  g->items = items;
  *out = (lm_jval){.t = LM_J_ITER, .u.gen = g};
  return 0;
}

/* --- dictionaries: insertion order, an index over more than a few entries --- */

int lm_j_dict_new(lm_jrun *r, lm_jdict **out) {
  *out = lm_j_new(r, 1, sizeof **out);
  return !*out;
}

static uint64_t hash_bytes(const char *p, int64_t len) {
  uint64_t h = 0xcbf29ce484222325u;
  for (int64_t i = 0; i < len; i++) h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
  return h ^ h >> 29;
}

static uint64_t hash_number(double f, int64_t i, bool integral) {
  uint64_t bits = (uint64_t)i;
  if (!integral) memcpy(&bits, &f, sizeof bits);
  bits *= 0x9e3779b97f4a7c15u;
  return bits ^ bits >> 31;
}

/* Equal keys (1, 1.0, true) hash alike, as in Python. */
static int hash_value(lm_jrun *r, lm_jval v, uint64_t *out) {
  switch (v.t) {
  case LM_J_STR:
    *out = hash_bytes(v.u.s->p, v.u.s->len);
    return lm_j_spend(r, v.u.s->len / 16);
  case LM_J_BOOL:
  case LM_J_INT:
    *out = hash_number(0, lm_j_as_int(v), true);
    return 0;
  case LM_J_FLOAT: {
    bool integral = v.u.f >= -9e18 && v.u.f <= 9e18 && v.u.f == floor(v.u.f);
    *out = hash_number(v.u.f, integral ? (int64_t)v.u.f : 0, integral);
    return 0;
  }
  case LM_J_TUPLE: {
    uint64_t h = 7;
    if (lm_j_enter(r)) return 1;
    for (int64_t i = 0; i < v.u.l->n; i++) {
      uint64_t one;
      if (lm_j_spend(r, 1) || hash_value(r, v.u.l->v[i], &one)) return 1;
      h = (h ^ one) * 0x100000001b3u;
    }
    lm_j_leave(r);
    *out = h;
    return 0;
  }
  case LM_J_LIST:
  case LM_J_DICT:
    return lm_j_raise(r, "unhashable type: '%s'", lm_j_type_name(v));
  default:
    *out = (uint64_t)v.t;
    return 0;
  }
}

static int find_entry(lm_jrun *r, const lm_jdict *d, lm_jval key, uint64_t hash, int64_t *at) {
  bool same = false;
  *at = -1;
  if (!d->slots) {
    for (int64_t i = 0; i < d->n; i++) {
      if (d->e[i].hash != hash) continue;
      if (lm_j_equal(r, d->e[i].key, key, &same)) return 1;
      if (same) {
        *at = i;
        return 0;
      }
    }
    return 0;
  }
  for (uint32_t s = (uint32_t)hash & d->mask; d->slots[s]; s = (s + 1) & d->mask) {
    int64_t i = (int64_t)d->slots[s] - 1;
    if (lm_j_spend(r, 1)) return 1;
    if (d->e[i].hash != hash) continue;
    if (lm_j_equal(r, d->e[i].key, key, &same)) return 1;
    if (same) {
      *at = i;
      return 0;
    }
  }
  return 0;
}

static void put_slot(lm_jdict *d, int64_t entry) {
  uint32_t s = (uint32_t)d->e[entry].hash & d->mask;
  while (d->slots[s]) s = (s + 1) & d->mask;
  d->slots[s] = (uint32_t)entry + 1;
}

static int grow_dict(lm_jrun *r, lm_jdict *d) {
  int64_t cap = d->cap ? d->cap * 2 : 4;
  if (cap > INT32_MAX) return lm_j_raise(r, "a dictionary is too large");
  lm_jpair *e = lm_j_new(r, (size_t)cap, sizeof *e);
  if (!e) return 1;
  if (d->n) memcpy(e, d->e, (size_t)d->n * sizeof *e);
  if (cap > SMALL_DICT) {
    uint32_t *slots = lm_j_new(r, (size_t)cap * 2, sizeof *slots);
    if (!slots) return 1;
    d->slots = slots;
    d->mask = (uint32_t)cap * 2 - 1;
  }
  d->e = e;
  d->cap = cap;
  for (int64_t i = 0; d->slots && i < d->n; i++) put_slot(d, i);
  return 0;
}

int lm_j_dict_set(lm_jrun *r, lm_jdict *d, lm_jval key, lm_jval value) {
  uint64_t hash;
  int64_t at;
  if (lm_j_spend(r, 1) || hash_value(r, key, &hash) || find_entry(r, d, key, hash, &at)) return 1;
  if (at >= 0) {
    d->e[at].value = value;
    return 0;
  }
  if (d->n == d->cap && grow_dict(r, d)) return 1;
  d->e[d->n] = (lm_jpair){key, value, hash};
  if (d->slots) put_slot(d, d->n);
  d->n++;
  return 0;
}

int lm_j_dict_get(lm_jrun *r, const lm_jdict *d, lm_jval key, lm_jval *out, bool *found) {
  uint64_t hash;
  int64_t at;
  if (hash_value(r, key, &hash) || find_entry(r, d, key, hash, &at)) return 1;
  *found = at >= 0;
  if (*found) *out = d->e[at].value;
  return 0;
}

bool lm_j_dict_lookup(const lm_jdict *d, const char *key, int64_t len, lm_jval *out) {
  for (int64_t i = 0; i < d->n; i++) {
    lm_jval k = d->e[i].key;
    if (k.t == LM_J_STR && k.u.s->len == len && !memcmp(k.u.s->p, key, (size_t)len)) {
      *out = d->e[i].value;
      return true;
    }
  }
  return false;
}

/* --- from JSON; strings stay in the caller's tree --- */

static int json_list(lm_jrun *r, const json_t *j, lm_jval *out) {
  lm_jlist *l;
  size_t n = json_array_size(j);
  if (lm_j_list_new(r, (int64_t)n, &l)) return 1;
  for (size_t i = 0; i < n; i++) {
    lm_jval v;
    if (lm_j_from_json(r, json_array_get(j, i), &v) || lm_j_push(r, l, v)) return 1;
  }
  *out = (lm_jval){.t = LM_J_LIST, .u.l = l};
  return 0;
}

static int json_dict(lm_jrun *r, const json_t *j, lm_jval *out) {
  lm_jdict *d;
  if (lm_j_dict_new(r, &d)) return 1;
  json_t *object =
      (json_t *)(uintptr_t)j; /* jansson's iterators want it writable; nothing is written */
  for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
    lm_jval key, value;
    const char *k = json_object_iter_key(at);
    if (lm_j_str_borrow(r, k, (int64_t)strlen(k), &key)) return 1;
    if (lm_j_from_json(r, json_object_iter_value(at), &value)) return 1;
    if (lm_j_dict_set(r, d, key, value)) return 1;
  }
  *out = (lm_jval){.t = LM_J_DICT, .u.d = d};
  return 0;
}

int lm_j_from_json(lm_jrun *r, const json_t *j, lm_jval *out) {
  int rc = 0;
  if (lm_j_spend(r, 1) || lm_j_enter(r)) return 1;
  switch (json_typeof(j)) {
  case JSON_OBJECT:
    rc = json_dict(r, j, out);
    break;
  case JSON_ARRAY:
    rc = json_list(r, j, out);
    break;
  case JSON_STRING:
    rc = lm_j_str_borrow(r, json_string_value(j), (int64_t)json_string_length(j), out);
    break;
  case JSON_INTEGER:
    *out = lm_j_int(json_integer_value(j));
    break;
  case JSON_REAL:
    *out = lm_j_float(json_real_value(j));
    break;
  case JSON_TRUE:
    *out = lm_j_bool(true);
    break;
  case JSON_FALSE:
    *out = lm_j_bool(false);
    break;
  case JSON_NULL:
    *out = lm_j_none();
    break;
  }
  lm_j_leave(r);
  return rc;
}

/* --- asking values --- */

const char *lm_j_type_name(lm_jval v) {
  switch (v.t) {
  case LM_J_MISSING:
    break;
  case LM_J_UNDEF:
    return "Undefined";
  case LM_J_NONE:
    return "NoneType";
  case LM_J_BOOL:
    return "bool";
  case LM_J_INT:
    return "int";
  case LM_J_FLOAT:
    return "float";
  case LM_J_STR:
    return "str";
  case LM_J_LIST:
    return "list";
  case LM_J_TUPLE:
    return "tuple";
  case LM_J_DICT:
    return "dict";
  case LM_J_RANGE:
    return "range";
  case LM_J_ITER:
    return "generator";
  case LM_J_VIEW:
    return v.u.view->kind == 'k'   ? "dict_keys"
           : v.u.view->kind == 'v' ? "dict_values"
                                   : "dict_items";
  case LM_J_NS:
    return "Namespace";
  case LM_J_LOOP:
    return "LoopContext";
  case LM_J_MACRO:
    return "Macro";
  case LM_J_FUNC:
    return "function";
  case LM_J_METHOD:
    return "builtin_function_or_method";
  case LM_J_CYCLER:
    return "Cycler";
  case LM_J_JOINER:
    return "Joiner";
  }
  return "object";
}

bool lm_j_truth(lm_jval v) {
  switch (v.t) {
  case LM_J_MISSING:
  case LM_J_UNDEF:
  case LM_J_NONE:
    return false;
  case LM_J_BOOL:
    return v.u.b;
  case LM_J_INT:
    return v.u.i != 0;
  case LM_J_FLOAT:
    return v.u.f != 0;
  case LM_J_STR:
    return v.u.s->len != 0;
  case LM_J_LIST:
  case LM_J_TUPLE:
    return v.u.l->n != 0;
  case LM_J_DICT:
    return v.u.d->n != 0;
  case LM_J_RANGE:
    return v.u.range->n != 0;
  case LM_J_VIEW:
    return v.u.view->d->n != 0;
  default:
    return true;
  }
}

bool lm_j_is_callable(lm_jval v) {
  return v.t == LM_J_FUNC || v.t == LM_J_METHOD || v.t == LM_J_MACRO || v.t == LM_J_JOINER ||
         v.t == LM_J_LOOP || v.t == LM_J_UNDEF;
}

/* An integer against a double, exactly. */
static int compare_mixed(int64_t i, double f) {
  if (isnan(f)) return 2;
  if (f >= 9223372036854775808.0) return -1;
  if (f < -9223372036854775808.0) return 1;
  int64_t whole = (int64_t)f;
  if (i != whole) return i < whole ? -1 : 1;
  double rest = f - (double)whole;
  return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

int lm_j_compare_numbers(lm_jval a, lm_jval b) {
  if (a.t == LM_J_FLOAT && b.t == LM_J_FLOAT) {
    if (isnan(a.u.f) || isnan(b.u.f)) return 2;
    return a.u.f < b.u.f ? -1 : a.u.f > b.u.f;
  }
  if (a.t == LM_J_FLOAT) {
    int c = compare_mixed(lm_j_as_int(b), a.u.f);
    return c == 2 ? 2 : -c;
  }
  if (b.t == LM_J_FLOAT) return compare_mixed(lm_j_as_int(a), b.u.f);
  int64_t x = lm_j_as_int(a), y = lm_j_as_int(b);
  return x < y ? -1 : x > y;
}

bool lm_j_same(const lm_jstr *a, const lm_jstr *b) {
  return a->len == b->len && !memcmp(a->p, b->p, (size_t)a->len);
}

bool lm_j_is(const lm_jstr *a, const char *b) {
  return a->len == (int64_t)strlen(b) && !memcmp(a->p, b, (size_t)a->len);
}

static int equal_lists(lm_jrun *r, const lm_jlist *a, const lm_jlist *b, bool *out) {
  *out = a->n == b->n;
  for (int64_t i = 0; *out && i < a->n; i++)
    if (lm_j_equal(r, a->v[i], b->v[i], out)) return 1;
  return 0;
}

static int equal_dicts(lm_jrun *r, const lm_jdict *a, const lm_jdict *b, bool *out) {
  *out = a->n == b->n;
  for (int64_t i = 0; *out && i < a->n; i++) {
    lm_jval other;
    bool found = false;
    if (lm_j_dict_get(r, b, a->e[i].key, &other, &found)) return 1;
    if (!found)
      *out = false;
    else if (lm_j_equal(r, a->e[i].value, other, out))
      return 1;
  }
  return 0;
}

static bool equal_ranges(const lm_jrange *a, const lm_jrange *b) {
  return a->n == b->n && (a->n == 0 || (a->start == b->start && (a->n == 1 || a->step == b->step)));
}

static int equal_same_type(lm_jrun *r, lm_jval a, lm_jval b, bool *out) {
  switch (a.t) {
  case LM_J_NONE:
  case LM_J_UNDEF:
    *out = true;
    return 0;
  case LM_J_STR:
    *out = lm_j_same(a.u.s, b.u.s);
    return lm_j_spend(r, a.u.s->len / 16);
  case LM_J_LIST:
  case LM_J_TUPLE:
    return equal_lists(r, a.u.l, b.u.l, out);
  case LM_J_DICT:
    return equal_dicts(r, a.u.d, b.u.d, out);
  case LM_J_RANGE:
    *out = equal_ranges(a.u.range, b.u.range);
    return 0;
  case LM_J_FUNC:
    *out = a.u.func == b.u.func;
    return 0;
  case LM_J_METHOD:
    *out = a.u.bound->fn == b.u.bound->fn && !strcmp(a.u.bound->name, b.u.bound->name) &&
           a.u.bound->self.t == b.u.bound->self.t && a.u.bound->self.u.l == b.u.bound->self.u.l;
    return 0;
  default:
    *out = a.u.l == b.u.l;
    return 0;
  }
}

int lm_j_equal(lm_jrun *r, lm_jval a, lm_jval b, bool *out) {
  if (lm_j_spend(r, 1)) return 1;
  if (lm_j_is_number(a) && lm_j_is_number(b)) {
    *out = lm_j_compare_numbers(a, b) == 0;
    return 0;
  }
  *out = false;
  if (a.t != b.t) return 0;
  if (lm_j_enter(r)) return 1;
  int rc = equal_same_type(r, a, b, out);
  lm_j_leave(r);
  return rc;
}

static int less_lists(lm_jrun *r, const lm_jlist *a, const lm_jlist *b, const char *op, bool *out) {
  for (int64_t i = 0; i < a->n && i < b->n; i++) {
    bool same;
    if (lm_j_equal(r, a->v[i], b->v[i], &same)) return 1;
    if (!same) return lm_j_less(r, a->v[i], b->v[i], op, out);
  }
  *out = a->n < b->n;
  return 0;
}

int lm_j_less(lm_jrun *r, lm_jval a, lm_jval b, const char *op, bool *out) {
  if (lm_j_spend(r, 1)) return 1;
  if (lm_j_is_number(a) && lm_j_is_number(b)) {
    *out = lm_j_compare_numbers(a, b) == -1;
    return 0;
  }
  if (a.t == LM_J_STR && b.t == LM_J_STR) {
    int64_t n = a.u.s->len < b.u.s->len ? a.u.s->len : b.u.s->len;
    int c = memcmp(a.u.s->p, b.u.s->p, (size_t)n);
    *out = c ? c < 0 : a.u.s->len < b.u.s->len;
    return lm_j_spend(r, n / 16);
  }
  if (a.t == b.t && (a.t == LM_J_LIST || a.t == LM_J_TUPLE)) {
    if (lm_j_enter(r)) return 1;
    int rc = less_lists(r, a.u.l, b.u.l, op, out);
    lm_j_leave(r);
    return rc;
  }
  if (a.t == LM_J_UNDEF) return lm_j_undef_raise(r, a);
  if (b.t == LM_J_UNDEF) return lm_j_undef_raise(r, b);
  bool swapped = op[0] == '>';
  return lm_j_raise(r, "'%s' not supported between instances of '%s' and '%s'", op,
                    lm_j_type_name(swapped ? b : a), lm_j_type_name(swapped ? a : b));
}

int lm_j_contains(lm_jrun *r, lm_jval box, lm_jval item, bool *out) {
  *out = false;
  if (box.t == LM_J_STR) {
    if (item.t != LM_J_STR)
      return lm_j_raise(r, "'in <string>' requires string as left operand, not %s",
                        lm_j_type_name(item));
    if (lm_j_spend(r, box.u.s->len / 16)) return 1;
    *out = lm_j_find(box.u.s->p, box.u.s->len, item.u.s->p, item.u.s->len) != NULL;
    return 0;
  }
  lm_jval ignored;
  if (box.t == LM_J_DICT) return lm_j_dict_get(r, box.u.d, item, &ignored, out);
  if (box.t == LM_J_VIEW && box.u.view->kind == 'k')
    return lm_j_dict_get(r, box.u.view->d, item, &ignored, out);
  if (!lm_j_iterable(box))
    return lm_j_raise(r, "argument of type '%s' is not iterable", lm_j_type_name(box));
  lm_jiter it;
  lm_jval v;
  int more;
  if (lm_j_iter(r, box, &it)) return 1;
  while ((more = lm_j_next(r, &it, &v)) == 1) {
    if (lm_j_equal(r, v, item, out)) return 1;
    if (*out) return 0;
  }
  return more < 0;
}

int lm_j_length(lm_jrun *r, lm_jval v, int64_t *out) {
  switch (v.t) {
  case LM_J_UNDEF:
    *out = 0;
    return 0;
  case LM_J_STR:
    *out = v.u.s->cps;
    return 0;
  case LM_J_LIST:
  case LM_J_TUPLE:
    *out = v.u.l->n;
    return 0;
  case LM_J_DICT:
    *out = v.u.d->n;
    return 0;
  case LM_J_RANGE:
    *out = v.u.range->n;
    return 0;
  case LM_J_VIEW:
    *out = v.u.view->d->n;
    return 0;
  default:
    return lm_j_raise(r, "object of type '%s' has no len()", lm_j_type_name(v));
  }
}

/* --- iteration --- */

bool lm_j_iterable(lm_jval v) {
  return v.t == LM_J_UNDEF || v.t == LM_J_STR || v.t == LM_J_LIST || v.t == LM_J_TUPLE ||
         v.t == LM_J_DICT || v.t == LM_J_RANGE || v.t == LM_J_ITER || v.t == LM_J_VIEW;
}

int lm_j_iter(lm_jrun *r, lm_jval v, lm_jiter *it) {
  if (!lm_j_iterable(v)) return lm_j_raise(r, "'%s' object is not iterable", lm_j_type_name(v));
  *it = (lm_jiter){v, 0};
  return 0;
}

static int pair_tuple(lm_jrun *r, const lm_jpair *p, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_list_new(r, 2, &l)) return 1;
  l->n = 2;
  l->v[0] = p->key;
  l->v[1] = p->value;
  *out = (lm_jval){.t = LM_J_TUPLE, .u.l = l};
  return 0;
}

static int next_char(lm_jrun *r, lm_jiter *it, lm_jval *out) {
  const lm_jstr *s = it->src.u.s;
  if (it->at >= s->len) return 0;
  int32_t cp;
  int n = lm_j_decode(s->p + it->at, s->p + s->len, &cp);
  if (lm_j_str_borrow(r, s->p + it->at, n, out)) return -1;
  it->at += n;
  return 1;
}

int lm_j_next(lm_jrun *r, lm_jiter *it, lm_jval *out) {
  if (lm_j_spend(r, 1)) return -1;
  lm_jval v = it->src;
  switch (v.t) {
  case LM_J_STR:
    return next_char(r, it, out);
  case LM_J_LIST:
  case LM_J_TUPLE:
    if (it->at >= v.u.l->n) return 0;
    *out = v.u.l->v[it->at++];
    return 1;
  case LM_J_DICT:
    if (it->at >= v.u.d->n) return 0;
    *out = v.u.d->e[it->at++].key;
    return 1;
  case LM_J_RANGE:
    if (it->at >= v.u.range->n) return 0;
    *out = lm_j_int(v.u.range->start + it->at++ * v.u.range->step);
    return 1;
  case LM_J_ITER:
    if (v.u.gen->at >= v.u.gen->items->n) return 0;
    *out = v.u.gen->items->v[v.u.gen->at++];
    return 1;
  case LM_J_VIEW: {
    if (it->at >= v.u.view->d->n) return 0;
    const lm_jpair *p = &v.u.view->d->e[it->at++];
    if (v.u.view->kind == 'i') return pair_tuple(r, p, out) ? -1 : 1;
    *out = v.u.view->kind == 'k' ? p->key : p->value;
    return 1;
  }
  default:
    return 0;
  }
}

int lm_j_to_list(lm_jrun *r, lm_jval v, lm_jlist **out) {
  lm_jiter it;
  lm_jval item;
  int more;
  if (lm_j_iter(r, v, &it) || lm_j_list_new(r, 0, out)) return 1;
  while ((more = lm_j_next(r, &it, &item)) == 1)
    if (lm_j_push(r, *out, item)) return 1;
  return more < 0;
}
