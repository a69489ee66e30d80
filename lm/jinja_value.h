/* Values of the template interpreter, and one rendering's state. A value is passed by copy; what it
   points to lives in the rendering's (or the template's) arena until the end and, but for
   namespaces, never changes. Functions returning int give 0, or 1 after recording an error. */
#ifndef LM_JINJA_VALUE_H
#define LM_JINJA_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "error.h"

/* --- arena: blocks freed together, their sum bounded --- */
typedef struct lm_jchunk lm_jchunk;
typedef struct lm_jarena {
  lm_jchunk *chunks;
  char *at, *end;
  size_t used, max;
} lm_jarena;
void lm_j_arena_init(lm_jarena *a, size_t max);
void *lm_j_arena_alloc(lm_jarena *a, size_t size); /* zeroed, 16-byte aligned; NULL with an error */
void lm_j_arena_free(lm_jarena *a);

typedef enum lm_jtype {
  LM_J_MISSING, /* an argument that was not given; never seen by a template */
  LM_J_UNDEF,
  LM_J_NONE,
  LM_J_BOOL,
  LM_J_INT,
  LM_J_FLOAT,
  LM_J_STR,
  LM_J_LIST,
  LM_J_TUPLE,
  LM_J_DICT,
  LM_J_RANGE,
  LM_J_ITER,
  LM_J_VIEW,
  LM_J_NS,
  LM_J_LOOP,
  LM_J_MACRO,
  LM_J_FUNC,
  LM_J_METHOD,
  LM_J_CYCLER,
  LM_J_JOINER
} lm_jtype;

typedef struct lm_jstr {
  const char *p; /* valid UTF-8 */
  int64_t len;   /* bytes */
  int64_t cps;   /* code points */
} lm_jstr;

typedef struct lm_jlist lm_jlist;
typedef struct lm_jdict lm_jdict;
typedef struct lm_jrange lm_jrange;
typedef struct lm_jgen lm_jgen;
typedef struct lm_jview lm_jview;
typedef struct lm_jloop lm_jloop;
typedef struct lm_jmacro lm_jmacro;
typedef struct lm_jbound lm_jbound;
typedef struct lm_jcycler lm_jcycler;
typedef struct lm_jundef lm_jundef;
typedef struct lm_jrun lm_jrun;
typedef struct lm_jargs lm_jargs;
struct lm_jinja;

typedef struct lm_jval {
  lm_jtype t;
  union {
    bool b;
    int64_t i;
    double f;
    const lm_jstr *s;
    lm_jlist *l;
    lm_jdict *d; /* DICT and NS */
    const lm_jrange *range;
    lm_jgen *gen;
    const lm_jview *view;
    lm_jloop *loop;
    const lm_jmacro *macro;
    const lm_jbound *bound;
    lm_jcycler *cycler;
    const lm_jundef *undef;
    int func;
  } u;
} lm_jval;

typedef int (*lm_jfn)(lm_jrun *r, lm_jval self, const lm_jargs *args, lm_jval *out);

struct lm_jlist {
  int64_t n, cap;
  lm_jval *v;
};
typedef struct lm_jpair {
  lm_jval key, value;
  uint64_t hash;
} lm_jpair;
struct lm_jdict {
  int64_t n, cap;
  lm_jpair *e;
  uint32_t *slots; /* open addressing, entry + 1; NULL while small */
  uint32_t mask;
};
struct lm_jrange {
  int64_t start, stop, step, n;
};
/* A generator's rest: what filters such as map and select give. It is used up by iterating. */
struct lm_jgen {
  lm_jlist *items;
  int64_t at;
  const char *what;
};
struct lm_jview {
  const lm_jdict *d;
  char kind; /* k v i */
};
struct lm_jbound {
  lm_jval self;
  const char *name;
  lm_jfn fn; /* NULL: a Python method that this runtime does not have */
};
struct lm_jcycler {
  lm_jlist *items; /* joiner: the separator alone */
  int64_t at;
};
struct lm_jundef {
  const char *hint; /* the whole message, or NULL */
  lm_jval obj;      /* what has no such attribute; LM_J_MISSING for a plain name */
  lm_jval name;
};

struct lm_jargs {
  const lm_jval *pos;
  int n;
  const lm_jstr *const *names;
  const lm_jval *kw;
  int nkw;
};

struct lm_jrun {
  lm_jarena arena;
  const struct lm_jinja *tpl;
  int64_t steps;
  int depth, depth_max, line;
  char *out; /* the text so far; pieces being built lie at its end */
  size_t out_len, out_cap, out_max;
  lm_jval *globals; /* by name id: context and built-in functions */
  lm_jval captured;
  const struct tm *now;
};

/* --- errors, limits, memory --- */
void lm_j_record(lm_jrun *r, lm_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Macros, so that the compiler sees the 1 and what follows from it. */
#define lm_j_raise(r, ...) (lm_j_record(r, LM_FAILED, __VA_ARGS__), 1)
#define lm_j_unsupported(r, ...) (lm_j_record(r, LM_UNSUPPORTED, __VA_ARGS__), 1)
int lm_j_spend(lm_jrun *r, int64_t steps);
int lm_j_enter(lm_jrun *r); /* one level deeper, ended by lm_j_leave where it gave 0 */
static inline void lm_j_leave(lm_jrun *r) {
  r->depth--;
}
void *lm_j_new(lm_jrun *r, size_t n, size_t size);

/* --- text being built at the end of the output --- */
int lm_j_put(lm_jrun *r, const char *p, size_t len);
int lm_j_puts(lm_jrun *r, const char *p);
int lm_j_put_cp(lm_jrun *r, int32_t cp);
int lm_j_cut(lm_jrun *r, size_t mark, lm_jval *out); /* what was put since `mark`, as a string */

/* --- making values --- */
static inline lm_jval lm_j_none(void) {
  return (lm_jval){.t = LM_J_NONE};
}
static inline lm_jval lm_j_bool(bool b) {
  return (lm_jval){.t = LM_J_BOOL, .u.b = b};
}
static inline lm_jval lm_j_int(int64_t i) {
  return (lm_jval){.t = LM_J_INT, .u.i = i};
}
static inline lm_jval lm_j_float(double f) {
  return (lm_jval){.t = LM_J_FLOAT, .u.f = f};
}
static inline lm_jval lm_j_of(const lm_jstr *s) {
  return (lm_jval){.t = LM_J_STR, .u.s = s};
}
int lm_j_str(lm_jrun *r, const char *p, int64_t len, lm_jval *out); /* copies */
int lm_j_str_borrow(lm_jrun *r, const char *p, int64_t len,
                    lm_jval *out); /* p outlives the rendering */
int lm_j_undef(lm_jrun *r, lm_jval obj, lm_jval name, lm_jval *out);
int lm_j_undef_hint(lm_jrun *r, const char *hint, lm_jval *out); /* borrows a lasting hint */
int lm_j_undef_raise(lm_jrun *r, lm_jval v);                     /* the error of using it */
int lm_j_list_new(lm_jrun *r, int64_t cap, lm_jlist **out);
int lm_j_push(lm_jrun *r, lm_jlist *l, lm_jval v);
int lm_j_gen(lm_jrun *r, lm_jlist *items, lm_jval *out);
int lm_j_dict_new(lm_jrun *r, lm_jdict **out);
int lm_j_dict_set(lm_jrun *r, lm_jdict *d, lm_jval key, lm_jval value);
int lm_j_dict_get(lm_jrun *r, const lm_jdict *d, lm_jval key, lm_jval *out, bool *found);
bool lm_j_dict_lookup(const lm_jdict *d, const char *key, int64_t len, lm_jval *out);
int lm_j_from_json(lm_jrun *r, const json_t *j, lm_jval *out);

/* --- asking values --- */
const char *lm_j_type_name(lm_jval v); /* Python's */
bool lm_j_truth(lm_jval v);
int lm_j_equal(lm_jrun *r, lm_jval a, lm_jval b, bool *out);
int lm_j_less(lm_jrun *r, lm_jval a, lm_jval b, const char *op,
              bool *out); /* a < b, op for the error */
int lm_j_contains(lm_jrun *r, lm_jval box, lm_jval item, bool *out);
int lm_j_length(lm_jrun *r, lm_jval v, int64_t *out);
bool lm_j_is_callable(lm_jval v);
static inline bool lm_j_is_int(lm_jval v) {
  return v.t == LM_J_INT || v.t == LM_J_BOOL;
}
static inline int64_t lm_j_as_int(lm_jval v) {
  return v.t == LM_J_BOOL ? v.u.b : v.u.i;
}
static inline bool lm_j_is_number(lm_jval v) {
  return lm_j_is_int(v) || v.t == LM_J_FLOAT;
}
static inline double lm_j_as_float(lm_jval v) {
  return v.t == LM_J_FLOAT ? v.u.f : (double)lm_j_as_int(v);
}
int lm_j_compare_numbers(lm_jval a, lm_jval b); /* -1 0 1, 2 where one is nan */

/* Iteration in Python's order; a generator is used up. lm_j_next: 1 gave one, 0 at the end, -1
 * error. */
typedef struct lm_jiter {
  lm_jval src;
  int64_t at;
} lm_jiter;
bool lm_j_iterable(lm_jval v);
int lm_j_iter(lm_jrun *r, lm_jval v, lm_jiter *it);
int lm_j_next(lm_jrun *r, lm_jiter *it, lm_jval *out);
int lm_j_to_list(lm_jrun *r, lm_jval v, lm_jlist **out); /* a fresh list */

/* --- printing (jinja_print.c) --- */
int lm_j_put_str(lm_jrun *r, lm_jval v);  /* str(v) */
int lm_j_put_repr(lm_jrun *r, lm_jval v); /* repr(v) */
int lm_j_put_float(lm_jrun *r, double f); /* Python's shortest repr */
int lm_j_to_str(lm_jrun *r, lm_jval v, const lm_jstr **out);
int lm_j_put_printf(lm_jrun *r, const char *spec, int prec,
                    double f); /* "%.*f"-like, with a point */
typedef struct lm_jdump {
  const lm_jstr *item_sep, *key_sep;
  const lm_jstr *indent; /* NULL: on one line */
  bool ascii, sort;
} lm_jdump;
int lm_j_put_json(lm_jrun *r, lm_jval v, const lm_jdump *how, int level);

/* --- text (jinja_text.c) --- */
int64_t lm_j_count_cps(const char *p, int64_t len);
const char *lm_j_skip_cps(const lm_jstr *s, int64_t n); /* address of code point n, n <= cps */
int lm_j_decode(const char *p, const char *end, int32_t *cp); /* of valid text; bytes taken */
int lm_j_encode(int32_t cp, char *buf);
bool lm_j_valid_utf8(const char *p, int64_t len);
bool lm_j_is_space(int32_t cp); /* str.isspace */
bool lm_j_is_printable(int32_t cp);
bool lm_j_is_name_char(int32_t cp, bool start);
int lm_j_substr(lm_jrun *r, const lm_jstr *s, int64_t from, int64_t to,
                lm_jval *out); /* code points */
void lm_j_strip_range(const lm_jstr *s, const lm_jstr *chars, int sides, const char **b,
                      const char **e);
int lm_j_strip(lm_jrun *r, const lm_jstr *s, const lm_jstr *chars, int sides, lm_jval *out);
int lm_j_replace(lm_jrun *r, const lm_jstr *s, const lm_jstr *a, const lm_jstr *b, int64_t count,
                 lm_jval *out);
int lm_j_split_lines(lm_jrun *r, const lm_jstr *s, bool keep, lm_jlist **out);
typedef enum lm_jcase {
  LM_CASE_UPPER,
  LM_CASE_LOWER,
  LM_CASE_TITLE,
  LM_CASE_CAPITALIZE,
  LM_CASE_SWAP,
  LM_CASE_JINJA_TITLE
} lm_jcase;
int lm_j_case(lm_jrun *r, const lm_jstr *s, lm_jcase how, lm_jval *out);
bool lm_j_str_is(const lm_jstr *s, const char *what); /* "isdigit", "isalpha", ... */
const char *lm_j_find(const char *hay, int64_t n, const char *needle, int64_t m);
const char *lm_j_rfind(const char *hay, int64_t n, const char *needle, int64_t m);
bool lm_j_same(const lm_jstr *a, const lm_jstr *b);
bool lm_j_is(const lm_jstr *a, const char *b);

/* --- numbers (jinja_number.c) --- */
int lm_j_binary(lm_jrun *r, int op, lm_jval a, lm_jval b, lm_jval *out);
int lm_j_negate(lm_jrun *r, lm_jval v, lm_jval *out);
typedef enum lm_jparse { LM_PARSE_OK, LM_PARSE_BAD, LM_PARSE_BIG } lm_jparse;
lm_jparse lm_j_parse_int(const char *p, int64_t len, int base, int64_t *out);
lm_jparse lm_j_parse_float(const char *p, int64_t len, double *out);
int lm_j_round(lm_jrun *r, lm_jval v, int64_t digits, lm_jval *out);
lm_jparse lm_j_float_to_int(double f, int64_t *out);

/* --- formatting (jinja_format.c) --- */
int lm_j_percent(lm_jrun *r, const lm_jstr *fmt, lm_jval args, lm_jval *out);
int lm_j_format(lm_jrun *r, const lm_jstr *fmt, const lm_jargs *args, lm_jval *out);

/* --- attributes, calls --- */
int lm_j_getattr(lm_jrun *r, lm_jval obj, const lm_jstr *name, lm_jval *out);
int lm_j_getitem(lm_jrun *r, lm_jval obj, lm_jval key, lm_jval *out);
int lm_j_slice(lm_jrun *r, lm_jval obj, const lm_jval bounds[3], lm_jval *out);
/* `spec`: parameter names parted by commas; those not given are LM_J_MISSING. */
int lm_j_bind(lm_jrun *r, const char *what, const lm_jargs *args, const char *spec, int need,
              lm_jval *out);
int lm_j_int_arg(lm_jrun *r, const char *what, lm_jval v, int64_t missing, int64_t *out);
int lm_j_str_arg(lm_jrun *r, const char *what, lm_jval v, const lm_jstr **out);
int lm_j_call(lm_jrun *r, lm_jval f, const lm_jargs *args, lm_jval *out);
int lm_j_builtin_find(const char *name);
int lm_j_builtin_call(lm_jrun *r, int func, const lm_jargs *args, lm_jval *out);
const char *lm_j_builtin_name(int func);

/* --- filters and tests by place in their tables; -1 where there is none --- */
int lm_j_filter_find(const lm_jstr *name);
int lm_j_filter(lm_jrun *r, int index, const lm_jstr *name, lm_jval v, const lm_jargs *a,
                lm_jval *out);
int lm_j_test_find(const lm_jstr *name);
int lm_j_test(lm_jrun *r, int index, const lm_jstr *name, lm_jval v, const lm_jargs *a, bool *out);
int lm_j_sort(lm_jrun *r, lm_jval *keys, lm_jval *items, int64_t n, bool reverse);

/* --- the interpreter's own objects (jinja_run.c) --- */
int lm_j_loop_attr(lm_jrun *r, lm_jloop *loop, const lm_jstr *name, lm_jval *out, bool *found);
int lm_j_loop_method(lm_jrun *r, lm_jval self, const lm_jargs *args, lm_jval *out);
int lm_j_macro_call(lm_jrun *r, const lm_jmacro *m, const lm_jargs *args, lm_jval *out);
int lm_j_macro_attr(lm_jrun *r, const lm_jmacro *m, const lm_jstr *name, lm_jval *out, bool *found);

#endif
