/* The interpreter: walks a template's nodes, writing to the end of the output. Names resolve
   through scopes as they were written (a macro keeps the scope of its definition), then the
   context, then the built-in functions. A loop's body gets a fresh scope each turn, so assignments
   in it do not last. */
#include <stdlib.h>
#include <string.h>

#include "jinja.h"
#include "jinja_ast.h"

typedef struct binding {
  int id;
  lm_jval value;
} binding;

typedef struct scope scope;
struct scope {
  scope *parent;
  int n, cap;
  bool kept; /* a macro may come back to it */
  binding *v;
};

struct lm_jmacro {
  const lm_jmacrodef *def;
  scope *home;
};

struct lm_jloop {
  lm_jiter source;
  lm_jlist *rest; /* what the source still had, once the length was asked of a generator */
  int64_t rest_at, index0;
  int64_t length;                 /* -1 until asked */
  lm_jval before, current, after; /* `after`: looked at, not yet taken */
  const lm_jnode *node;
  scope *outer, *test; /* around the loop; of its condition */
};

/* How a statement ended. */
enum { DONE, FAILED, BROKE, CONTINUED };

static int eval(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out);
static int exec(lm_jrun *r, scope *s, const lm_jnode *n);

/* --- names --- */

static scope *new_scope(lm_jrun *r, scope *parent) {
  scope *s = lm_j_new(r, 1, sizeof *s);
  if (s) s->parent = parent;
  return s;
}

/* A fresh scope for a loop's next turn: the last one where nothing holds it. */
static scope *next_scope(lm_jrun *r, scope *last, scope *parent) {
  if (!last || last->kept) return new_scope(r, parent);
  last->n = 0;
  return last;
}

static int bind_name(lm_jrun *r, scope *s, int id, lm_jval v) {
  for (int i = 0; i < s->n; i++) {
    if (s->v[i].id != id) continue;
    s->v[i].value = v;
    return 0;
  }
  if (s->n == s->cap) {
    int cap = s->cap ? s->cap * 2 : 4;
    binding *grown = lm_j_new(r, (size_t)cap, sizeof *grown);
    if (!grown) return 1;
    if (s->n) memcpy(grown, s->v, (size_t)s->n * sizeof *grown);
    s->v = grown;
    s->cap = cap;
  }
  s->v[s->n++] = (binding){id, v};
  return lm_j_spend(r, 1 + s->n / 16);
}

static int look_up(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  for (; s; s = s->parent) {
    if (lm_j_spend(r, 1 + s->n / 16)) return 1;
    for (int i = 0; i < s->n; i++)
      if (s->v[i].id == n->id) {
        *out = s->v[i].value;
        return 0;
      }
  }
  *out = r->globals[n->id];
  if (out->t != LM_J_MISSING) return 0;
  return lm_j_undef(r, *out, lm_j_of(r->tpl->names[n->id]), out);
}

static int assign(lm_jrun *r, scope *s, const lm_jnode *to, lm_jval v);

static int assign_attr(lm_jrun *r, scope *s, const lm_jnode *to, lm_jval v) {
  lm_jval ns;
  if (look_up(r, s, to, &ns)) return 1;
  if (ns.t != LM_J_NS) return lm_j_raise(r, "cannot assign attribute on non-namespace object");
  if (to->text->p[0] == '_')
    return lm_j_raise(r,
                      "Chat templates cannot store underscore-prefixed attributes on a namespace");
  return lm_j_dict_set(r, ns.u.d, lm_j_of(to->text), v);
}

static int unpack(lm_jrun *r, scope *s, const lm_jnode *to, lm_jval v) {
  lm_jiter it;
  lm_jval item;
  int more = 0, i = 0;
  if (v.t != LM_J_UNDEF && !lm_j_iterable(v))
    return lm_j_raise(r, "cannot unpack non-iterable %s object", lm_j_type_name(v));
  if (lm_j_iter(r, v, &it)) return 1;
  for (; i < to->n && (more = lm_j_next(r, &it, &item)) == 1; i++)
    if (assign(r, s, to->kids[i], item)) return 1;
  if (more < 0) return 1;
  if (i < to->n)
    return lm_j_raise(r, "not enough values to unpack (expected %d, got %d)", to->n, i);
  more = lm_j_next(r, &it, &item);
  if (more == 1) return lm_j_raise(r, "too many values to unpack (expected %d)", to->n);
  return more < 0;
}

static int assign(lm_jrun *r, scope *s, const lm_jnode *to, lm_jval v) {
  if (to->kind == LM_N_NAME) return bind_name(r, s, to->id, v);
  return to->kind == LM_N_NSREF ? assign_attr(r, s, to, v) : unpack(r, s, to, v);
}

/* --- calls --- */

static int count_dynamic(lm_jrun *r, lm_jval star, lm_jval dstar, lm_jlist **more, int *n,
                         int *nkw) {
  *more = NULL;
  if (star.t != LM_J_MISSING && lm_j_to_list(r, star, more)) return 1;
  int64_t extra = *more ? (*more)->n : 0, extra_kw = 0;
  if (dstar.t != LM_J_MISSING && dstar.t != LM_J_DICT)
    return lm_j_raise(r, "argument after ** must be a mapping, not %s", lm_j_type_name(dstar));
  if (dstar.t == LM_J_DICT) extra_kw = dstar.u.d->n;
  if (extra > 100000 || extra_kw > 100000) return lm_j_raise(r, "too many arguments");
  *n += (int)extra;
  *nkw += (int)extra_kw;
  return 0;
}

/* Evaluates the arguments of a call; `caller` (or MISSING) joins the keywords. */
static int make_args(lm_jrun *r, scope *s, const lm_jcall *c, lm_jval caller, lm_jargs *out) {
  lm_jval star = {.t = LM_J_MISSING}, dstar = star;
  int n = c->n, nkw = c->nkw + (caller.t != LM_J_MISSING), at = 0;
  lm_jlist *more;
  if (c->n + nkw == 0 && !c->star && !c->dstar) {
    *out = (lm_jargs){0};
    return 0;
  }
  lm_jval *fixed = lm_j_new(r, (size_t)(c->n + c->nkw), sizeof *fixed);
  if (!fixed) return 1;
  for (int i = 0; i < c->n; i++)
    if (eval(r, s, c->pos[i], &fixed[i])) return 1;
  for (int i = 0; i < c->nkw; i++)
    if (eval(r, s, c->kw[i], &fixed[c->n + i])) return 1;
  if ((c->star && eval(r, s, c->star, &star)) || (c->dstar && eval(r, s, c->dstar, &dstar)))
    return 1;
  if (count_dynamic(r, star, dstar, &more, &n, &nkw)) return 1;
  lm_jval *pos = lm_j_new(r, (size_t)n, sizeof *pos), *kw = lm_j_new(r, (size_t)nkw, sizeof *kw);
  const lm_jstr **names = lm_j_new(r, (size_t)nkw, sizeof *names);
  if (!pos || !kw || !names) return 1;
  if (c->n) memcpy(pos, fixed, (size_t)c->n * sizeof *pos);
  for (int i = c->n; i < n; i++) pos[i] = more->v[i - c->n];
  for (; at < c->nkw; at++) {
    names[at] = c->names[at];
    kw[at] = fixed[c->n + at];
  }
  if (caller.t != LM_J_MISSING) {
    names[at] = r->tpl->names[r->tpl->id_caller];
    kw[at++] = caller;
  }
  for (int i = 0; at < nkw; i++, at++) {
    const lm_jpair *e = &dstar.u.d->e[i];
    if (e->key.t != LM_J_STR) return lm_j_raise(r, "keywords must be strings");
    names[at] = e->key.u.s;
    kw[at] = e->value;
  }
  *out = (lm_jargs){pos, n, names, kw, nkw};
  return 0;
}

int lm_j_call(lm_jrun *r, lm_jval f, const lm_jargs *a, lm_jval *out) {
  if (lm_j_spend(r, 1)) return 1;
  switch (f.t) {
  case LM_J_FUNC:
    return lm_j_builtin_call(r, f.u.func, a, out);
  case LM_J_METHOD:
    if (!f.u.bound->fn)
      return lm_j_unsupported(r, "the method '%s' of '%s'", f.u.bound->name,
                              lm_j_type_name(f.u.bound->self));
    return f.u.bound->fn(r, f.u.bound->self, a, out);
  case LM_J_MACRO:
    return lm_j_macro_call(r, f.u.macro, a, out);
  case LM_J_JOINER:
    if (a->n || a->nkw) return lm_j_raise(r, "a joiner takes no arguments");
    if (f.u.cycler->at++) {
      *out = f.u.cycler->items->v[0];
      return 0;
    }
    return lm_j_str_borrow(r, "", 0, out);
  case LM_J_LOOP:
    return lm_j_raise(r, "The loop must have the 'recursive' marker to be called recursively.");
  case LM_J_UNDEF:
    return lm_j_undef_raise(r, f);
  default:
    return lm_j_raise(r, "'%s' object is not callable", lm_j_type_name(f));
  }
}

/* --- macros --- */

static int macro_value(lm_jrun *r, const lm_jmacrodef *def, scope *home, lm_jval *out) {
  lm_jmacro *m = lm_j_new(r, 1, sizeof *m);
  if (!m) return 1;
  *m = (lm_jmacro){def, home};
  for (scope *s = home; s && !s->kept; s = s->parent) s->kept = true;
  *out = (lm_jval){.t = LM_J_MACRO, .u.macro = m};
  return 0;
}

static int name_of(const lm_jmacrodef *d, const char **p) {
  *p = d->name ? d->name->p : "caller";
  return d->name ? d->name->len < 60 ? (int)d->name->len : 60 : 6;
}

/* Takes the keyword `name` of the arguments; `taken` marks those used. */
static lm_jval take_keyword(const lm_jargs *a, const lm_jstr *name, bool *taken) {
  for (int i = 0; i < a->nkw; i++)
    if (!taken[i] && lm_j_same(a->names[i], name)) {
      taken[i] = true;
      return a->kw[i];
    }
  return (lm_jval){.t = LM_J_MISSING};
}

static int bind_params(lm_jrun *r, scope *s, const lm_jmacrodef *d, const lm_jargs *a,
                       bool *taken) {
  for (int i = 0; i < d->n; i++) {
    lm_jval v = i < a->n ? a->pos[i] : take_keyword(a, d->params[i], taken);
    if (v.t == LM_J_MISSING && d->defaults[i] && eval(r, s, d->defaults[i], &v)) return 1;
    if (v.t == LM_J_MISSING && lm_j_undef_hint(r, "a parameter was not provided", &v)) return 1;
    if (bind_name(r, s, d->ids[i], v)) return 1;
  }
  return 0;
}

/* The special names caller, kwargs and varargs, where the body reads them. */
static int bind_special(lm_jrun *r, scope *s, const lm_jmacrodef *d, const lm_jargs *a,
                        bool *taken) {
  const lm_jinja *t = r->tpl;
  const char *name;
  int len = name_of(d, &name);
  if (d->caller && !d->explicit_caller) {
    lm_jval v = take_keyword(a, t->names[t->id_caller], taken);
    if (v.t == LM_J_MISSING && lm_j_undef_hint(r, "No caller defined", &v)) return 1;
    if (bind_name(r, s, t->id_caller, v)) return 1;
  }
  lm_jdict *kwargs;
  lm_jlist *varargs;
  if (lm_j_dict_new(r, &kwargs) || lm_j_list_new(r, 0, &varargs)) return 1;
  for (int i = 0; i < a->nkw; i++) {
    if (taken[i]) continue;
    int shown = a->names[i]->len < 60 ? (int)a->names[i]->len : 60;
    if (!d->kwargs)
      return lm_j_raise(r, "macro '%.*s' takes no keyword argument '%.*s'", len, name, shown,
                        a->names[i]->p);
    if (lm_j_dict_set(r, kwargs, lm_j_of(a->names[i]), a->kw[i])) return 1;
  }
  if (a->n > d->n && !d->varargs)
    return lm_j_raise(r, "macro '%.*s' takes not more than %d argument(s)", len, name, d->n);
  for (int i = d->n; i < a->n; i++)
    if (lm_j_push(r, varargs, a->pos[i])) return 1;
  if (d->kwargs && bind_name(r, s, t->id_kwargs, (lm_jval){.t = LM_J_DICT, .u.d = kwargs}))
    return 1;
  return d->varargs && bind_name(r, s, t->id_varargs, (lm_jval){.t = LM_J_TUPLE, .u.l = varargs});
}

/* Runs a body and takes what it wrote as a value. */
static int capture(lm_jrun *r, scope *s, const lm_jnode *body, lm_jval *out) {
  size_t mark = r->out_len;
  int how = exec(r, s, body);
  if (how == FAILED) return FAILED;
  if (lm_j_cut(r, mark, out)) return FAILED;
  return how;
}

int lm_j_macro_call(lm_jrun *r, const lm_jmacro *m, const lm_jargs *a, lm_jval *out) {
  const lm_jmacrodef *d = m->def;
  bool *taken = lm_j_new(r, (size_t)a->nkw, sizeof *taken);
  scope *s = new_scope(r, m->home);
  if (!taken || !s || lm_j_enter(r)) return 1;
  if (bind_params(r, s, d, a, taken) || bind_special(r, s, d, a, taken)) return 1;
  if (capture(r, s, d->body, out) == FAILED) return 1;
  lm_j_leave(r);
  return 0;
}

int lm_j_macro_attr(lm_jrun *r, const lm_jmacro *m, const lm_jstr *name, lm_jval *out,
                    bool *found) {
  const lm_jmacrodef *d = m->def;
  *found = true;
  if (lm_j_is(name, "name"))
    *out = d->name ? lm_j_of(d->name) : lm_j_none();
  else if (lm_j_is(name, "catch_kwargs"))
    *out = lm_j_bool(d->kwargs);
  else if (lm_j_is(name, "catch_varargs"))
    *out = lm_j_bool(d->varargs);
  else if (lm_j_is(name, "caller"))
    *out = lm_j_bool(d->caller);
  else if (lm_j_is(name, "arguments")) {
    lm_jlist *l;
    if (lm_j_list_new(r, d->n, &l)) return 1;
    for (int i = 0; i < d->n; i++)
      if (lm_j_push(r, l, lm_j_of(d->params[i]))) return 1;
    *out = (lm_jval){.t = LM_J_TUPLE, .u.l = l};
  } else {
    *found = false;
  }
  return 0;
}

/* --- expressions --- */

static int eval_kids(lm_jrun *r, scope *s, const lm_jnode *n, lm_jtype type, lm_jval *out) {
  lm_jlist *l;
  if (lm_j_list_new(r, n->n, &l)) return 1;
  for (int i = 0; i < n->n; i++) {
    lm_jval v;
    if (eval(r, s, n->kids[i], &v) || lm_j_push(r, l, v)) return 1;
  }
  *out = (lm_jval){.t = type, .u.l = l};
  return 0;
}

static int eval_dict(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  lm_jdict *d;
  if (lm_j_dict_new(r, &d)) return 1;
  for (int i = 0; i < n->n; i += 2) {
    lm_jval k, v;
    if (eval(r, s, n->kids[i], &k) || eval(r, s, n->kids[i + 1], &v) || lm_j_dict_set(r, d, k, v))
      return 1;
  }
  *out = (lm_jval){.t = LM_J_DICT, .u.d = d};
  return 0;
}

static int compare(lm_jrun *r, int op, lm_jval a, lm_jval b, bool *out) {
  int rc;
  switch (op) {
  case LM_OP_EQ:
  case LM_OP_NE:
    rc = lm_j_equal(r, a, b, out);
    break;
  case LM_OP_LT:
    return lm_j_less(r, a, b, "<", out);
  case LM_OP_GT:
    return lm_j_less(r, b, a, ">", out);
  case LM_OP_LE:
    if (lm_j_less(r, a, b, "<=", out)) return 1;
    return *out ? 0 : lm_j_equal(r, a, b, out);
  case LM_OP_GE:
    if (lm_j_less(r, b, a, ">=", out)) return 1;
    return *out ? 0 : lm_j_equal(r, a, b, out);
  default:
    rc = lm_j_contains(r, b, a, out);
    break;
  }
  if (op == LM_OP_NE || op == LM_OP_NOTIN) *out = !*out;
  return rc;
}

static int eval_compare(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  lm_jval left, right;
  bool yes = true;
  if (eval(r, s, n->a, &left)) return 1;
  for (int i = 0; i < n->n && yes; i++) {
    if (eval(r, s, n->kids[i]->a, &right)) return 1;
    r->line = n->line;
    if (compare(r, n->kids[i]->op, left, right, &yes)) return 1;
    left = right;
  }
  *out = lm_j_bool(yes);
  return 0;
}

static int eval_concat(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  size_t mark;
  lm_jval *v = lm_j_new(r, (size_t)n->n, sizeof *v);
  if (!v) return 1;
  for (int i = 0; i < n->n; i++)
    if (eval(r, s, n->kids[i], &v[i])) return 1;
  mark = r->out_len;
  for (int i = 0; i < n->n; i++)
    if (lm_j_put_str(r, v[i])) return 1;
  return lm_j_cut(r, mark, out);
}

static int eval_item(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  lm_jval obj, key, bounds[3] = {{.t = LM_J_MISSING}, {.t = LM_J_MISSING}, {.t = LM_J_MISSING}};
  if (eval(r, s, n->a, &obj)) return 1;
  if (n->b->kind != LM_N_SLICE) {
    if (eval(r, s, n->b, &key)) return 1;
    r->line = n->line;
    return lm_j_getitem(r, obj, key, out);
  }
  const lm_jnode *parts[3] = {n->b->a, n->b->b, n->b->c};
  for (int i = 0; i < 3; i++)
    if (parts[i] && eval(r, s, parts[i], &bounds[i])) return 1;
  r->line = n->line;
  return lm_j_slice(r, obj, bounds, out);
}

static int eval_call(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval caller, lm_jval *out) {
  lm_jval f;
  lm_jargs args;
  if (eval(r, s, n->a, &f) || make_args(r, s, n->args, caller, &args)) return 1;
  r->line = n->line;
  return lm_j_call(r, f, &args, out);
}

static int eval_filter(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  lm_jval v;
  lm_jargs args;
  bool yes;
  if (eval(r, s, n->a, &v) || make_args(r, s, n->args, (lm_jval){.t = LM_J_MISSING}, &args))
    return 1;
  r->line = n->line;
  if (n->kind == LM_N_FILTER) return lm_j_filter(r, n->index, n->text, v, &args, out);
  if (lm_j_test(r, n->index, n->text, v, &args, &yes)) return 1;
  *out = lm_j_bool(yes);
  return 0;
}

static int eval_unary(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  lm_jval v;
  if (eval(r, s, n->a, &v)) return 1;
  r->line = n->line;
  if (n->kind == LM_N_NOT) {
    *out = lm_j_bool(!lm_j_truth(v));
    return 0;
  }
  if (n->kind == LM_N_NEG) return lm_j_negate(r, v, out);
  if (v.t == LM_J_UNDEF) return lm_j_undef_raise(r, v);
  if (!lm_j_is_number(v))
    return lm_j_raise(r, "bad operand type for unary +: '%s'", lm_j_type_name(v));
  *out = v.t == LM_J_BOOL ? lm_j_int(v.u.b) : v;
  return 0;
}

static int eval_choice(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  if (eval(r, s, n->a, out)) return 1;
  bool yes = lm_j_truth(*out);
  if (n->kind == LM_N_COND) {
    if (yes || n->c) return eval(r, s, yes ? n->b : n->c, out);
    return lm_j_undef_hint(
        r, "the inline if-expression evaluated to false and no else section was defined.", out);
  }
  return yes == (n->kind == LM_N_AND) ? eval(r, s, n->b, out) : 0;
}

static int eval_node(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  lm_jval a, b;
  switch (n->kind) {
  case LM_N_CONST:
    *out = n->value;
    return 0;
  case LM_N_NAME:
    return look_up(r, s, n, out);
  case LM_N_LIST:
    return eval_kids(r, s, n, LM_J_LIST, out);
  case LM_N_TUPLE:
    return eval_kids(r, s, n, LM_J_TUPLE, out);
  case LM_N_DICT:
    return eval_dict(r, s, n, out);
  case LM_N_COND:
  case LM_N_OR:
  case LM_N_AND:
    return eval_choice(r, s, n, out);
  case LM_N_NOT:
  case LM_N_NEG:
  case LM_N_POS:
    return eval_unary(r, s, n, out);
  case LM_N_COMPARE:
    return eval_compare(r, s, n, out);
  case LM_N_BINARY:
    if (eval(r, s, n->a, &a) || eval(r, s, n->b, &b)) return 1;
    r->line = n->line;
    return lm_j_binary(r, n->op, a, b, out);
  case LM_N_CONCAT:
    return eval_concat(r, s, n, out);
  case LM_N_ATTR:
    if (eval(r, s, n->a, &a)) return 1;
    r->line = n->line;
    return lm_j_getattr(r, a, n->text, out);
  case LM_N_ITEM:
    return eval_item(r, s, n, out);
  case LM_N_CALL:
    return eval_call(r, s, n, (lm_jval){.t = LM_J_MISSING}, out);
  case LM_N_FILTER:
  case LM_N_TEST:
    return eval_filter(r, s, n, out);
  case LM_N_CAPTURED:
    *out = r->captured;
    return 0;
  default:
    return lm_j_raise(r, "not an expression");
  }
}

static int eval(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *out) {
  r->line = n->line;
  if (lm_j_spend(r, 1) || lm_j_enter(r)) return 1;
  if (eval_node(r, s, n, out)) return 1;
  lm_j_leave(r);
  return 0;
}

/* --- loops --- */

/* The next item that passes the loop's test: 1, 0 at the end, -1 after an error. */
static int draw(lm_jrun *r, lm_jloop *l, lm_jval *out) {
  if (l->rest) {
    if (l->rest_at >= l->rest->n) return 0;
    *out = l->rest->v[l->rest_at++];
    return 1;
  }
  for (;;) {
    int more = lm_j_next(r, &l->source, out);
    if (more != 1 || !l->node->c) return more;
    lm_jval yes;
    scope *s = l->test = next_scope(r, l->test, l->outer);
    if (!s || assign(r, s, l->node->a, *out) || eval(r, s, l->node->c, &yes)) return -1;
    if (lm_j_truth(yes)) return 1;
  }
}

static int peek(lm_jrun *r, lm_jloop *l, bool *some) {
  lm_jval v;
  if (l->after.t == LM_J_MISSING) {
    int more = draw(r, l, &v);
    if (more < 0) return 1;
    if (more) l->after = v;
  }
  *some = l->after.t != LM_J_MISSING;
  return 0;
}

static int loop_length(lm_jrun *r, lm_jloop *l, int64_t *out) {
  if (l->length < 0 && !l->node->c && l->source.src.t != LM_J_ITER) {
    if (lm_j_length(r, l->source.src, &l->length)) return 1;
  } else if (l->length < 0) {
    lm_jlist *rest;
    lm_jval v;
    int more;
    if (lm_j_list_new(r, 0, &rest)) return 1;
    while ((more = draw(r, l, &v)) == 1)
      if (lm_j_push(r, rest, v)) return 1;
    if (more < 0) return 1;
    l->rest = rest;
    l->length = rest->n + l->index0 + 1 + (l->after.t != LM_J_MISSING);
  }
  *out = l->length;
  return 0;
}

static int loop_neighbour(lm_jrun *r, lm_jloop *l, bool next, lm_jval *out) {
  bool some = l->index0 > 0;
  if (next && peek(r, l, &some)) return 1;
  if (!some)
    return lm_j_undef_hint(r, next ? "there is no next item" : "there is no previous item", out);
  *out = next ? l->after : l->before;
  return 0;
}

int lm_j_loop_attr(lm_jrun *r, lm_jloop *l, const lm_jstr *name, lm_jval *out, bool *found) {
  int64_t n;
  bool some;
  *found = true;
  if (lm_j_is(name, "index")) return *out = lm_j_int(l->index0 + 1), 0;
  if (lm_j_is(name, "index0")) return *out = lm_j_int(l->index0), 0;
  if (lm_j_is(name, "first")) return *out = lm_j_bool(l->index0 == 0), 0;
  if (lm_j_is(name, "depth")) return *out = lm_j_int(1), 0;
  if (lm_j_is(name, "depth0")) return *out = lm_j_int(0), 0;
  if (lm_j_is(name, "previtem")) return loop_neighbour(r, l, false, out);
  if (lm_j_is(name, "nextitem")) return loop_neighbour(r, l, true, out);
  if (lm_j_is(name, "last")) {
    if (peek(r, l, &some)) return 1;
    *out = lm_j_bool(!some);
    return 0;
  }
  bool rev = lm_j_is(name, "revindex"), rev0 = lm_j_is(name, "revindex0");
  *found = rev || rev0 || lm_j_is(name, "length");
  if (!*found) return 0;
  if (loop_length(r, l, &n)) return 1;
  *out = lm_j_int(rev ? n - l->index0 : rev0 ? n - l->index0 - 1 : n);
  return 0;
}

int lm_j_loop_method(lm_jrun *r, lm_jval self, const lm_jargs *a, lm_jval *out) {
  if (!a->n || a->nkw) return lm_j_raise(r, "no items for cycling given");
  *out = a->pos[self.u.loop->index0 % a->n];
  return 0;
}

/* Moves to the next item: 1, 0 at the end, -1 after an error. */
static int turn(lm_jrun *r, lm_jloop *l) {
  lm_jval v = l->after;
  int more = 1;
  l->after.t = LM_J_MISSING;
  if (v.t == LM_J_MISSING) more = draw(r, l, &v);
  if (more != 1) return more;
  l->index0++;
  l->before = l->current;
  l->current = v;
  return 1;
}

static int exec_for(lm_jrun *r, scope *s, const lm_jnode *n) {
  lm_jval over;
  scope *body = NULL;
  int more;
  lm_jloop *l = lm_j_new(r, 1, sizeof *l);
  if (!l || eval(r, s, n->b, &over) || lm_j_iter(r, over, &l->source)) return FAILED;
  l->index0 = -1;
  l->length = -1;
  l->node = n;
  l->outer = s;
  while ((more = turn(r, l)) == 1) {
    body = next_scope(r, body, s);
    r->line = n->line;
    if (!body || bind_name(r, body, r->tpl->id_loop, (lm_jval){.t = LM_J_LOOP, .u.loop = l}))
      return FAILED;
    if (assign(r, body, n->a, l->current)) return FAILED;
    int how = exec(r, body, n->d);
    if (how == FAILED) return FAILED;
    if (how == BROKE) break;
  }
  if (more < 0) return FAILED;
  return l->index0 < 0 && n->e ? exec(r, s, n->e) : DONE;
}

/* --- statements --- */

static int exec_if(lm_jrun *r, scope *s, const lm_jnode *n) {
  for (int i = 0; i < n->n; i++) {
    const lm_jnode *b = n->kids[i];
    lm_jval v = lm_j_bool(true);
    if (b->a && eval(r, s, b->a, &v)) return FAILED;
    if (lm_j_truth(v)) return exec(r, s, b->b);
  }
  return DONE;
}

/* A block's captured text through its filters. */
static int filtered(lm_jrun *r, scope *s, const lm_jnode *n, lm_jval *v) {
  if (!n->b) return 0;
  lm_jval saved = r->captured;
  r->captured = *v;
  if (eval(r, s, n->b, v)) return 1;
  r->captured = saved;
  return 0;
}

static int exec_captured(lm_jrun *r, scope *s, const lm_jnode *n) {
  lm_jval v;
  scope *inner = new_scope(r, s);
  if (!inner) return FAILED;
  int how = capture(r, inner, n->d, &v);
  if (how != DONE) return how;
  if (filtered(r, n->kind == LM_N_SETBLOCK ? s : inner, n, &v)) return FAILED;
  r->line = n->line;
  return n->kind == LM_N_SETBLOCK ? assign(r, s, n->a, v) : lm_j_put_str(r, v);
}

static int exec_callblock(lm_jrun *r, scope *s, const lm_jnode *n) {
  lm_jval caller, v;
  if (macro_value(r, n->macro, s, &caller) || eval_call(r, s, n->a, caller, &v)) return FAILED;
  return lm_j_put_str(r, v);
}

static int exec_with(lm_jrun *r, scope *s, const lm_jnode *n) {
  scope *inner = new_scope(r, s);
  if (!inner) return FAILED;
  for (int i = 0; i < n->n; i += 2) {
    lm_jval v;
    if (eval(r, s, n->kids[i + 1], &v) || assign(r, inner, n->kids[i], v)) return FAILED;
  }
  return exec(r, inner, n->d);
}

static int exec_node(lm_jrun *r, scope *s, const lm_jnode *n) {
  lm_jval v;
  int how = DONE;
  switch (n->kind) {
  case LM_N_BLOCK:
    for (int i = 0; i < n->n && how == DONE; i++) how = exec(r, s, n->kids[i]);
    return how;
  case LM_N_TEXT:
    return lm_j_put(r, n->text->p, (size_t)n->text->len);
  case LM_N_PRINT:
    return eval(r, s, n->a, &v) || lm_j_put_str(r, v);
  case LM_N_IF:
    return exec_if(r, s, n);
  case LM_N_FOR:
    return exec_for(r, s, n);
  case LM_N_SET:
    if (eval(r, s, n->b, &v)) return FAILED;
    r->line = n->line;
    return assign(r, s, n->a, v);
  case LM_N_SETBLOCK:
  case LM_N_FILTERBLOCK:
    return exec_captured(r, s, n);
  case LM_N_MACRO:
    return macro_value(r, n->macro, s, &v) || bind_name(r, s, n->id, v);
  case LM_N_CALLBLOCK:
    return exec_callblock(r, s, n);
  case LM_N_WITH:
    return exec_with(r, s, n);
  case LM_N_GENERATION: {
    scope *inner = new_scope(r, s);
    return inner ? exec(r, inner, n->d) : FAILED;
  }
  case LM_N_BREAK:
    return BROKE;
  case LM_N_CONTINUE:
    return CONTINUED;
  default:
    return lm_j_raise(r, "not a statement");
  }
}

static int exec(lm_jrun *r, scope *s, const lm_jnode *n) {
  r->line = n->line;
  if (lm_j_spend(r, 1) || lm_j_enter(r)) return FAILED;
  int how = exec_node(r, s, n);
  if (how != FAILED) lm_j_leave(r);
  return how;
}

/* --- a rendering --- */

static int fill_globals(lm_jrun *r, const json_t *context) {
  const lm_jinja *t = r->tpl;
  lm_jval vars;
  if (lm_j_from_json(r, context, &vars)) return 1;
  r->globals = lm_j_new(r, (size_t)t->n_names, sizeof *r->globals);
  if (!r->globals) return 1;
  for (int i = 0; i < t->n_names; i++) {
    bool found = false;
    char name[32];
    if (lm_j_dict_get(r, vars.u.d, lm_j_of(t->names[i]), &r->globals[i], &found)) return 1;
    if (found || t->names[i]->len >= (int64_t)sizeof name) continue;
    memcpy(name, t->names[i]->p, (size_t)t->names[i]->len);
    name[t->names[i]->len] = 0;
    int func = lm_j_builtin_find(name);
    if (func >= 0) r->globals[i] = (lm_jval){.t = LM_J_FUNC, .u.func = func};
  }
  return 0;
}

static int render(lm_jrun *r, const json_t *context) {
  scope *top = new_scope(r, NULL);
  if (!top || fill_globals(r, context)) return 1;
  return exec(r, top, r->tpl->root) == FAILED;
}

int lm_jinja_render(const lm_jinja *tpl, const json_t *context, const lm_jinja_limits *limits,
                    char **out, size_t *out_len) {
  static const lm_jinja_limits defaults;
  const lm_jinja_limits *l = limits ? limits : &defaults;
  *out = NULL;
  if (!tpl || !json_is_object(context))
    return lm_fail(LM_BAD_ARGUMENT, "[chat template] the context must be a JSON object");
  lm_jrun r = {.tpl = tpl, .line = 1, .now = l->now};
  r.steps = l->steps ? l->steps : 20000000;
  r.depth_max = l->depth ? l->depth : 1000;
  r.out_max = l->output_bytes ? l->output_bytes : (size_t)16 << 20;
  lm_j_arena_init(&r.arena, l->memory_bytes ? l->memory_bytes : (size_t)256 << 20);
  int rc = render(&r, context) || lm_j_put(&r, "", 0);
  lm_j_arena_free(&r.arena);
  if (rc) {
    free(r.out);
    return 1;
  }
  r.out[r.out_len] = 0;
  *out = r.out;
  if (out_len) *out_len = r.out_len;
  return 0;
}
