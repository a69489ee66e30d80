/* The parser: Jinja's grammar, from tokens to the nodes of jinja_ast.h. A function returns NULL
   after it recorded an error. Nesting is bounded, so the stack is too. */
#include <stdlib.h>
#include <string.h>

#include "jinja.h"
#include "jinja_ast.h"
#include "jinja_lex.h"

enum { MAX_NESTING = 150, MAX_TEMPLATE = 16 << 20 };

typedef struct parser {
  lm_jinja *tpl;
  lm_jtokens tokens;
  int at, depth, loops;
  int cap_names, n_slots;
  int *slots;          /* of names, id + 1 */
  lm_jmacrodef *macro; /* the one whose body is being read */
} parser;

/* A growing list of nodes; it is copied to the arena when complete. */
typedef struct nodes {
  lm_jnode **v;
  int n, cap;
} nodes;

static lm_jnode *expression(parser *p, bool with_cond);
static lm_jnode *tuple(parser *p, bool with_cond, const char *end_name, bool parens);
static lm_jnode *block(parser *p, const char *const *ends);

static lm_jtoken *now(parser *p) {
  return &p->tokens.v[p->at];
}
static lm_jtoken *look(parser *p) {
  return &p->tokens.v[p->at + (p->at + 1 < p->tokens.n ? 1 : 0)];
}
static lm_jtoken *next(parser *p) {
  lm_jtoken *t = now(p);
  if (p->at + 1 < p->tokens.n) p->at++;
  return t;
}

static void *bad(const lm_jtoken *t, const char *what) {
  lm_fail(LM_DAMAGED, "[chat template] line %d: %s", t->line, what);
  return NULL;
}

static void *unexpected(parser *p, const char *wanted) {
  const lm_jtoken *t = now(p);
  int shown = t->text && t->text->len < 60 ? (int)t->text->len : 0;
  if (t->type == LM_T_NAME && shown)
    lm_fail(LM_DAMAGED, "[chat template] line %d: expected %s, got '%.*s'", t->line, wanted, shown,
            t->text->p);
  else
    lm_fail(LM_DAMAGED, "[chat template] line %d: expected %s, got '%s'", t->line, wanted,
            lm_j_token_name(t->type));
  return NULL;
}

static bool is_name(const lm_jtoken *t, const char *name) {
  return t->type == LM_T_NAME && lm_j_is(t->text, name);
}

static bool skip_name(parser *p, const char *name) {
  bool hit = is_name(now(p), name);
  if (hit) next(p);
  return hit;
}

static bool skip(parser *p, lm_jtok type) {
  bool hit = now(p)->type == type;
  if (hit) next(p);
  return hit;
}

static bool expect(parser *p, lm_jtok type) {
  if (skip(p, type)) return true;
  unexpected(p, lm_j_token_name(type));
  return false;
}

static bool enter(parser *p) {
  if (p->depth >= MAX_NESTING) {
    bad(now(p), "nested too deep");
    return false;
  }
  p->depth++;
  return true;
}

static void *take(parser *p, size_t size) {
  return lm_j_arena_alloc(&p->tpl->arena, size);
}

static lm_jnode *make(parser *p, lm_jkind kind, int line) {
  lm_jnode *n = take(p, sizeof *n);
  if (!n) return NULL;
  n->kind = (uint8_t)kind;
  n->line = line;
  return n;
}

static bool push(nodes *l, lm_jnode *n) {
  if (!n) return false;
  if (l->n == l->cap) {
    int cap = l->cap ? l->cap * 2 : 8;
    lm_jnode **grown = realloc(l->v, (size_t)cap * sizeof *grown);
    if (!grown) {
      lm_nomem("chat template");
      return false;
    }
    l->v = grown;
    l->cap = cap;
  }
  l->v[l->n++] = n;
  return true;
}

/* Ends a list: copied to the arena and freed. `ok` false: only freed. */
static bool settle(parser *p, nodes *l, bool ok, lm_jnode ***kids, int *n) {
  if (ok && l->n) {
    *kids = take(p, (size_t)l->n * sizeof **kids);
    ok = *kids != NULL;
    if (ok) memcpy(*kids, l->v, (size_t)l->n * sizeof **kids);
  }
  *n = l->n;
  free(l->v);
  *l = (nodes){0};
  return ok;
}

static lm_jnode *with_kids(parser *p, lm_jkind kind, int line, nodes *l, bool ok) {
  lm_jnode *n = ok ? make(p, kind, line) : NULL;
  lm_jnode **kids = NULL;
  int count;
  if (!settle(p, l, n != NULL, &kids, &count)) return NULL;
  n->kids = kids;
  n->n = count;
  return n;
}

/* --- names get numbers --- */

static uint32_t hash_name(const lm_jstr *s) {
  uint32_t h = 2166136261u;
  for (int64_t i = 0; i < s->len; i++) h = (h ^ (unsigned char)s->p[i]) * 16777619u;
  return h ^ h >> 15;
}

static bool grow_names(parser *p) {
  lm_jinja *t = p->tpl;
  int cap = p->cap_names ? p->cap_names * 2 : 64;
  const lm_jstr **names = take(p, (size_t)cap * sizeof *names);
  int *slots = calloc((size_t)cap * 2, sizeof *slots);
  if (!names || !slots) {
    free(slots);
    if (names) lm_nomem("chat template");
    return false;
  }
  if (t->n_names) memcpy(names, t->names, (size_t)t->n_names * sizeof *names);
  free(p->slots);
  p->slots = slots;
  p->n_slots = cap * 2;
  p->cap_names = cap;
  t->names = names;
  for (int i = 0; i < t->n_names; i++) {
    uint32_t s = hash_name(names[i]) & (uint32_t)(p->n_slots - 1);
    while (slots[s]) s = (s + 1) & (uint32_t)(p->n_slots - 1);
    slots[s] = i + 1;
  }
  return true;
}

/* -1 after an error */
static int name_id(parser *p, const lm_jstr *name) {
  lm_jinja *t = p->tpl;
  if (t->n_names == p->cap_names && !grow_names(p)) return -1;
  uint32_t mask = (uint32_t)(p->n_slots - 1), s = hash_name(name) & mask;
  for (; p->slots[s]; s = (s + 1) & mask)
    if (lm_j_same(t->names[p->slots[s] - 1], name)) return p->slots[s] - 1;
  p->slots[s] = t->n_names + 1;
  t->names[t->n_names] = name;
  return t->n_names++;
}

static int literal_id(parser *p, const char *name) {
  lm_jstr *s = take(p, sizeof *s);
  if (!s) return -1;
  *s = (lm_jstr){name, (int64_t)strlen(name), (int64_t)strlen(name)};
  return name_id(p, s);
}

static lm_jnode *name_node(parser *p, const lm_jtoken *t) {
  lm_jnode *n = make(p, LM_N_NAME, t->line);
  if (!n) return NULL;
  n->text = t->text;
  n->id = name_id(p, t->text);
  if (p->macro) {
    p->macro->caller |= n->id == p->tpl->id_caller;
    p->macro->kwargs |= n->id == p->tpl->id_kwargs;
    p->macro->varargs |= n->id == p->tpl->id_varargs;
  }
  return n->id < 0 ? NULL : n;
}

/* --- primary expressions --- */

static lm_jnode *constant(parser *p, int line, lm_jval v) {
  lm_jnode *n = make(p, LM_N_CONST, line);
  if (n) n->value = v;
  return n;
}

static lm_jnode *string_literal(parser *p) {
  const lm_jtoken *t = next(p);
  const lm_jstr *s = t->text;
  int first = p->at;
  int64_t len = s->len, cps = s->cps;
  for (; now(p)->type == LM_T_STRING; next(p)) {
    len += now(p)->text->len;
    cps += now(p)->text->cps;
  }
  if (p->at == first) return constant(p, t->line, lm_j_of(s));
  char *text = take(p, (size_t)len), *to = text;
  lm_jstr *joined = take(p, sizeof *joined);
  if (!text || !joined) return NULL;
  for (int i = first - 1; i < p->at; i++) {
    const lm_jstr *part = p->tokens.v[i].text;
    memcpy(to, part->p, (size_t)part->len);
    to += part->len;
  }
  *joined = (lm_jstr){text, len, cps};
  return constant(p, t->line, lm_j_of(joined));
}

static lm_jnode *list_literal(parser *p) {
  const lm_jtoken *t = next(p);
  nodes l = {0};
  bool ok = true;
  while (ok && now(p)->type != LM_T_RBRACKET) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    if (now(p)->type == LM_T_RBRACKET) break;
    ok = push(&l, expression(p, true));
  }
  ok = ok && expect(p, LM_T_RBRACKET);
  return with_kids(p, LM_N_LIST, t->line, &l, ok);
}

static lm_jnode *dict_literal(parser *p) {
  const lm_jtoken *t = next(p);
  nodes l = {0};
  bool ok = true;
  while (ok && now(p)->type != LM_T_RBRACE) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    if (now(p)->type == LM_T_RBRACE) break;
    ok = push(&l, expression(p, true)) && expect(p, LM_T_COLON) && push(&l, expression(p, true));
  }
  ok = ok && expect(p, LM_T_RBRACE);
  return with_kids(p, LM_N_DICT, t->line, &l, ok);
}

static lm_jnode *name_or_literal(parser *p, bool with_namespace) {
  const lm_jtoken *t = next(p);
  const lm_jstr *s = t->text;
  if (lm_j_is(s, "true") || lm_j_is(s, "True")) return constant(p, t->line, lm_j_bool(true));
  if (lm_j_is(s, "false") || lm_j_is(s, "False")) return constant(p, t->line, lm_j_bool(false));
  if (lm_j_is(s, "none") || lm_j_is(s, "None")) return constant(p, t->line, lm_j_none());
  if (!with_namespace || now(p)->type != LM_T_DOT) return name_node(p, t);
  next(p);
  if (now(p)->type != LM_T_NAME) return unexpected(p, "name");
  lm_jnode *n = name_node(p, t);
  if (!n) return NULL;
  n->kind = LM_N_NSREF;
  n->text = next(p)->text;
  return n;
}

static lm_jnode *primary(parser *p, bool with_namespace) {
  const lm_jtoken *t = now(p);
  switch (t->type) {
  case LM_T_NAME:
    return name_or_literal(p, with_namespace);
  case LM_T_STRING:
    return string_literal(p);
  case LM_T_INT:
  case LM_T_FLOAT:
    return constant(p, t->line, next(p)->value);
  case LM_T_LPAREN: {
    next(p);
    lm_jnode *n = tuple(p, true, NULL, true);
    return n && expect(p, LM_T_RPAREN) ? n : NULL;
  }
  case LM_T_LBRACKET:
    return list_literal(p);
  case LM_T_LBRACE:
    return dict_literal(p);
  default:
    return unexpected(p, "an expression");
  }
}

/* --- calls, filters, tests, subscripts --- */

typedef struct call_builder {
  nodes pos, kw, names; /* names: NAME nodes' texts ride on CONST nodes */
  lm_jnode *star, *dstar;
} call_builder;

static bool call_arg(parser *p, call_builder *b) {
  const lm_jtoken *t = now(p);
  if (skip(p, LM_T_MUL)) {
    if (b->star || b->dstar) return bad(t, "invalid syntax for function call expression") != NULL;
    return (b->star = expression(p, true)) != NULL;
  }
  if (skip(p, LM_T_POW)) {
    if (b->dstar) return bad(t, "invalid syntax for function call expression") != NULL;
    return (b->dstar = expression(p, true)) != NULL;
  }
  if (t->type == LM_T_NAME && look(p)->type == LM_T_ASSIGN) {
    if (b->dstar) return bad(t, "invalid syntax for function call expression") != NULL;
    lm_jnode *name = constant(p, t->line, lm_j_of(t->text));
    next(p);
    next(p);
    return push(&b->names, name) && push(&b->kw, expression(p, true));
  }
  if (b->star || b->dstar || b->kw.n)
    return bad(t, "invalid syntax for function call expression") != NULL;
  return push(&b->pos, expression(p, true));
}

static lm_jcall *call_args(parser *p) {
  call_builder b = {0};
  bool ok = expect(p, LM_T_LPAREN), more = false;
  while (ok && now(p)->type != LM_T_RPAREN) {
    if (more && !(ok = expect(p, LM_T_COMMA))) break;
    if (more && now(p)->type == LM_T_RPAREN) break;
    ok = call_arg(p, &b);
    more = true;
  }
  ok = ok && expect(p, LM_T_RPAREN);
  lm_jcall *c = ok ? take(p, sizeof *c) : NULL;
  lm_jnode **names = NULL, **pos = NULL, **kw = NULL;
  int n = 0, nkw = 0, n_names = 0;
  ok = settle(p, &b.pos, c != NULL, &pos, &n);
  ok = settle(p, &b.kw, ok, &kw, &nkw);
  ok = settle(p, &b.names, ok, &names, &n_names);
  if (!ok) return NULL;
  *c = (lm_jcall){.n = n, .nkw = nkw, .pos = pos, .kw = kw, .star = b.star, .dstar = b.dstar};
  if (nkw && !(c->names = take(p, (size_t)nkw * sizeof *c->names))) return NULL;
  for (int i = 0; i < nkw; i++) c->names[i] = names[i]->value.u.s;
  return c;
}

static lm_jnode *call(parser *p, lm_jnode *f) {
  lm_jnode *n = make(p, LM_N_CALL, now(p)->line);
  if (!n) return NULL;
  n->a = f;
  n->args = call_args(p);
  return n->args ? n : NULL;
}

static lm_jnode *subscribed(parser *p) {
  int line = now(p)->line;
  lm_jnode *parts[3] = {0};
  if (now(p)->type != LM_T_COLON) {
    parts[0] = expression(p, true);
    if (!parts[0] || now(p)->type != LM_T_COLON) return parts[0];
  }
  for (int i = 1; i < 3 && skip(p, LM_T_COLON); i++) {
    lm_jtok t = now(p)->type;
    if (t == LM_T_COLON || t == LM_T_RBRACKET || t == LM_T_COMMA) continue;
    if (!(parts[i] = expression(p, true))) return NULL;
  }
  lm_jnode *n = make(p, LM_N_SLICE, line);
  if (!n) return NULL;
  n->a = parts[0];
  n->b = parts[1];
  n->c = parts[2];
  return n;
}

static lm_jnode *bracket_item(parser *p, lm_jnode *obj, int line) {
  nodes l = {0};
  bool ok = true;
  while (ok && now(p)->type != LM_T_RBRACKET) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    lm_jnode *part = subscribed(p);
    ok = push(&l, part);
    if (ok && part->kind == LM_N_SLICE && (l.n > 1 || now(p)->type == LM_T_COMMA)) {
      lm_fail(LM_UNSUPPORTED, "[chat template] line %d: a slice among several indexes", line);
      ok = false;
    }
  }
  ok = ok && expect(p, LM_T_RBRACKET);
  lm_jnode *only = ok && l.n == 1 ? l.v[0] : NULL;
  lm_jnode *key = with_kids(p, LM_N_TUPLE, line, &l, ok);
  lm_jnode *n = key ? make(p, LM_N_ITEM, line) : NULL;
  if (!n) return NULL;
  n->a = obj;
  n->b = only ? only : key;
  return n;
}

static lm_jnode *subscript(parser *p, lm_jnode *obj) {
  const lm_jtoken *t = next(p);
  if (t->type == LM_T_LBRACKET) return bracket_item(p, obj, t->line);
  const lm_jtoken *name = now(p);
  if (name->type != LM_T_NAME && name->type != LM_T_INT)
    return bad(name, "expected name or number");
  next(p);
  lm_jnode *n = make(p, name->type == LM_T_NAME ? LM_N_ATTR : LM_N_ITEM, t->line);
  if (!n) return NULL;
  n->a = obj;
  n->text = name->text;
  if (name->type == LM_T_INT && !(n->b = constant(p, name->line, name->value))) return NULL;
  return n;
}

static lm_jnode *postfix(parser *p, lm_jnode *n) {
  while (n) {
    lm_jtok t = now(p)->type;
    if (t == LM_T_DOT || t == LM_T_LBRACKET)
      n = subscript(p, n);
    else if (t == LM_T_LPAREN)
      n = call(p, n);
    else
      break;
  }
  return n;
}

/* `value` NULL: the filters of a block, whose input is the captured text. */
static lm_jnode *filters(parser *p, lm_jnode *value, bool at_name) {
  static const lm_jcall no_args;
  while (at_name || now(p)->type == LM_T_PIPE) {
    if (!at_name) next(p);
    at_name = false;
    const lm_jtoken *t = now(p);
    if (t->type != LM_T_NAME) return unexpected(p, "name");
    next(p);
    lm_jnode *n = make(p, LM_N_FILTER, t->line);
    if (!n) return NULL;
    if (!value && !(value = make(p, LM_N_CAPTURED, t->line))) return NULL;
    n->a = value;
    n->text = t->text;
    n->index = lm_j_filter_find(t->text);
    n->args = (lm_jcall *)(uintptr_t)&no_args; /* nodes are constant once made */
    if (now(p)->type == LM_T_LPAREN && !(n->args = call_args(p))) return NULL;
    value = n;
  }
  return value;
}

/* A test's argument without parentheses: "is divisibleby 3". */
static bool starts_test_arg(parser *p) {
  const lm_jtoken *t = now(p);
  if (is_name(t, "else") || is_name(t, "or") || is_name(t, "and")) return false;
  return t->type == LM_T_NAME || t->type == LM_T_STRING || t->type == LM_T_INT ||
         t->type == LM_T_FLOAT || t->type == LM_T_LBRACKET || t->type == LM_T_LBRACE;
}

static lm_jcall *test_arg(parser *p) {
  lm_jcall *c = take(p, sizeof *c);
  if (!c || !starts_test_arg(p)) return c;
  if (is_name(now(p), "is")) return bad(now(p), "You cannot chain multiple tests with is");
  c->pos = take(p, sizeof *c->pos);
  if (!c->pos) return NULL;
  c->n = 1;
  c->pos[0] = postfix(p, primary(p, false));
  return c->pos[0] ? c : NULL;
}

static lm_jnode *test(parser *p, lm_jnode *value) {
  int line = next(p)->line;
  bool negated = skip_name(p, "not");
  const lm_jtoken *t = now(p);
  if (t->type != LM_T_NAME) return unexpected(p, "name");
  next(p);
  lm_jnode *n = make(p, LM_N_TEST, line);
  if (!n) return NULL;
  n->a = value;
  n->text = t->text;
  n->index = lm_j_test_find(t->text);
  n->args = now(p)->type == LM_T_LPAREN ? call_args(p) : test_arg(p);
  if (!n->args) return NULL;
  if (!negated) return n;
  lm_jnode *not = make(p, LM_N_NOT, line);
  if (not ) not ->a = n;
  return not ;
}

/* --- operators --- */

static lm_jnode *unary(parser *p, bool with_filter) {
  const lm_jtoken *t = now(p);
  lm_jnode *n;
  if (!enter(p)) return NULL;
  if (t->type == LM_T_SUB || t->type == LM_T_ADD) {
    next(p);
    n = make(p, t->type == LM_T_SUB ? LM_N_NEG : LM_N_POS, t->line);
    if (n && !(n->a = unary(p, false))) n = NULL;
  } else {
    n = primary(p, false);
  }
  n = postfix(p, n);
  while (n && with_filter) {
    if (now(p)->type == LM_T_PIPE)
      n = filters(p, n, false);
    else if (is_name(now(p), "is"))
      n = test(p, n);
    else if (now(p)->type == LM_T_LPAREN)
      n = call(p, n);
    else
      break;
  }
  p->depth--;
  return n;
}

static lm_jnode *binary_node(parser *p, lm_jkind kind, int op, lm_jnode *a, lm_jnode *b, int line) {
  lm_jnode *n = a && b ? make(p, kind, line) : NULL;
  if (!n) return NULL;
  n->op = (uint8_t)op;
  n->a = a;
  n->b = b;
  return n;
}

static lm_jnode *power(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = unary(p, true);
  while (n && skip(p, LM_T_POW))
    n = binary_node(p, LM_N_BINARY, LM_OP_POW, n, unary(p, true), line);
  return n;
}

static lm_jnode *product(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = power(p);
  while (n) {
    lm_jtok t = now(p)->type;
    int op = t == LM_T_MUL        ? LM_OP_MUL
             : t == LM_T_DIV      ? LM_OP_DIV
             : t == LM_T_FLOORDIV ? LM_OP_FLOORDIV
             : t == LM_T_MOD      ? LM_OP_MOD
                                  : -1;
    if (op < 0) break;
    next(p);
    n = binary_node(p, LM_N_BINARY, op, n, power(p), line);
  }
  return n;
}

static lm_jnode *concat(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = product(p);
  if (!n || now(p)->type != LM_T_TILDE) return n;
  nodes l = {0};
  bool ok = push(&l, n);
  while (ok && skip(p, LM_T_TILDE)) ok = push(&l, product(p));
  return with_kids(p, LM_N_CONCAT, line, &l, ok);
}

static lm_jnode *sum(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = concat(p);
  while (n && (now(p)->type == LM_T_ADD || now(p)->type == LM_T_SUB)) {
    int op = next(p)->type == LM_T_ADD ? LM_OP_ADD : LM_OP_SUB;
    n = binary_node(p, LM_N_BINARY, op, n, concat(p), line);
  }
  return n;
}

static int comparison(parser *p) {
  static const struct {
    lm_jtok type;
    int op;
  } table[] = {{LM_T_EQ, LM_OP_EQ}, {LM_T_NE, LM_OP_NE}, {LM_T_LT, LM_OP_LT},
               {LM_T_LE, LM_OP_LE}, {LM_T_GT, LM_OP_GT}, {LM_T_GE, LM_OP_GE}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (skip(p, table[i].type)) return table[i].op;
  if (skip_name(p, "in")) return LM_OP_IN;
  if (!is_name(now(p), "not") || !is_name(look(p), "in")) return -1;
  next(p);
  next(p);
  return LM_OP_NOTIN;
}

static lm_jnode *compare(parser *p) {
  int line = now(p)->line, op;
  lm_jnode *first = sum(p);
  nodes l = {0};
  bool ok = first != NULL;
  while (ok && (op = comparison(p)) >= 0) {
    lm_jnode *right = sum(p);
    ok = push(&l, binary_node(p, LM_N_COMPARE, op, right, right, line));
  }
  if (ok && !l.n) return first;
  lm_jnode *n = with_kids(p, LM_N_COMPARE, line, &l, ok);
  if (n) n->a = first;
  return n;
}

static lm_jnode *negation(parser *p) {
  if (!is_name(now(p), "not")) return compare(p);
  int line = next(p)->line;
  if (!enter(p)) return NULL;
  lm_jnode *a = negation(p), *n = a ? make(p, LM_N_NOT, line) : NULL;
  if (n) n->a = a;
  p->depth--;
  return n;
}

static lm_jnode *conjunction(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = negation(p);
  while (n && skip_name(p, "and")) n = binary_node(p, LM_N_AND, 0, n, negation(p), line);
  return n;
}

static lm_jnode *disjunction(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = conjunction(p);
  while (n && skip_name(p, "or")) n = binary_node(p, LM_N_OR, 0, n, conjunction(p), line);
  return n;
}

static lm_jnode *conditional(parser *p) {
  int line = now(p)->line;
  lm_jnode *n = disjunction(p);
  while (n && skip_name(p, "if")) {
    lm_jnode *cond = make(p, LM_N_COND, line);
    if (!cond) return NULL;
    cond->b = n;
    if (!(cond->a = disjunction(p))) return NULL;
    if (skip_name(p, "else")) {
      if (!enter(p)) return NULL;
      if (!(cond->c = conditional(p))) return NULL;
      p->depth--;
    }
    n = cond;
  }
  return n;
}

static lm_jnode *expression(parser *p, bool with_cond) {
  if (!enter(p)) return NULL;
  lm_jnode *n = with_cond ? conditional(p) : disjunction(p);
  p->depth--;
  return n;
}

static bool ends_tuple(parser *p, const char *end_name) {
  lm_jtok t = now(p)->type;
  return t == LM_T_VAR_END || t == LM_T_BLOCK_END || t == LM_T_RPAREN ||
         (end_name && is_name(now(p), end_name));
}

static lm_jnode *tuple(parser *p, bool with_cond, const char *end_name, bool parens) {
  int line = now(p)->line;
  nodes l = {0};
  bool ok = true, is_tuple = false;
  for (;;) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    if (ends_tuple(p, end_name)) break;
    if (!(ok = push(&l, expression(p, with_cond)))) break;
    if (now(p)->type != LM_T_COMMA) break;
    is_tuple = true;
  }
  if (ok && !is_tuple && l.n == 1) {
    lm_jnode *only = l.v[0];
    free(l.v);
    return only;
  }
  if (ok && !is_tuple && !parens) {
    unexpected(p, "an expression");
    ok = false;
  }
  return with_kids(p, LM_N_TUPLE, line, &l, ok);
}

/* --- targets of assignments --- */

static bool can_assign(const lm_jnode *n) {
  if (n->kind == LM_N_NAME || n->kind == LM_N_NSREF) return true;
  if (n->kind != LM_N_TUPLE) return false;
  for (int i = 0; i < n->n; i++)
    if (!can_assign(n->kids[i])) return false;
  return true;
}

static lm_jnode *target(parser *p, const char *end_name, bool with_namespace) {
  int line = now(p)->line;
  const lm_jtoken *first = now(p);
  nodes l = {0};
  bool ok = true, is_tuple = false;
  lm_jmacrodef *macro = p->macro;
  p->macro = NULL; /* writing a name is not reading it */
  for (;;) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    if (ends_tuple(p, end_name)) break;
    if (!(ok = enter(p))) break;
    ok = push(&l, primary(p, with_namespace));
    p->depth--;
    if (!ok || now(p)->type != LM_T_COMMA) break;
    is_tuple = true;
  }
  p->macro = macro;
  lm_jnode *only = ok && !is_tuple && l.n == 1 ? l.v[0] : NULL;
  lm_jnode *n = with_kids(p, LM_N_TUPLE, line, &l, ok);
  if (!n) return NULL;
  if (!n->n) return unexpected(p, "a name to assign to");
  if (only) n = only;
  return can_assign(n) ? n : bad(first, "can't assign to this expression");
}

/* --- statements --- */

static const char *const end_if[] = {"elif", "else", "endif", NULL};
static const char *const end_else[] = {"endif", NULL};
static const char *const end_for[] = {"endfor", "else", NULL};
static const char *const end_for_else[] = {"endfor", NULL};
static const char *const end_set[] = {"endset", NULL};
static const char *const end_macro[] = {"endmacro", NULL};
static const char *const end_call[] = {"endcall", NULL};
static const char *const end_filter[] = {"endfilter", NULL};
static const char *const end_with[] = {"endwith", NULL};
static const char *const end_generation[] = {"endgeneration", NULL};

/* A statement's body; the end's own name stays the current token. */
static lm_jnode *body(parser *p, const char *const *ends) {
  skip(p, LM_T_COLON);
  if (!expect(p, LM_T_BLOCK_END) || !enter(p)) return NULL;
  lm_jnode *n = block(p, ends);
  p->depth--;
  return n;
}

static lm_jnode *body_to(parser *p, const char *const *ends) {
  lm_jnode *n = body(p, ends);
  if (n) next(p);
  return n;
}

/* A body that runs as a function of its own: no break may leave it. */
static lm_jnode *closed_body(parser *p, const char *const *ends) {
  int loops = p->loops;
  p->loops = 0;
  lm_jnode *n = body_to(p, ends);
  p->loops = loops;
  return n;
}

static lm_jnode *if_statement(parser *p) {
  int line = next(p)->line;
  nodes l = {0};
  bool ok = true;
  for (bool more = true; more && ok;) {
    lm_jnode *b = make(p, LM_N_BRANCH, now(p)->line);
    ok = push(&l, b) && (b->a = tuple(p, false, NULL, false)) && (b->b = body(p, end_if));
    if (!ok) break;
    more = skip_name(p, "elif");
    if (!more && skip_name(p, "else")) {
      b = make(p, LM_N_BRANCH, now(p)->line);
      ok = push(&l, b) && (b->b = body(p, end_else));
    }
  }
  if (ok) next(p);
  return with_kids(p, LM_N_IF, line, &l, ok);
}

static lm_jnode *for_statement(parser *p) {
  lm_jnode *n = make(p, LM_N_FOR, next(p)->line);
  if (!n || !(n->a = target(p, "in", false))) return NULL;
  if (!skip_name(p, "in")) return unexpected(p, "'in'");
  if (!(n->b = tuple(p, false, "recursive", false))) return NULL;
  if (skip_name(p, "if") && !(n->c = expression(p, true))) return NULL;
  if (is_name(now(p), "recursive")) {
    lm_fail(LM_UNSUPPORTED, "[chat template] line %d: a recursive loop", n->line);
    return NULL;
  }
  p->loops++;
  n->d = body(p, end_for);
  p->loops--;
  if (!n->d) return NULL;
  if (is_name(next(p), "endfor")) return n;
  return (n->e = body_to(p, end_for_else)) ? n : NULL;
}

static lm_jnode *set_statement(parser *p) {
  lm_jnode *n = make(p, LM_N_SET, next(p)->line);
  if (!n || !(n->a = target(p, NULL, true))) return NULL;
  if (skip(p, LM_T_ASSIGN)) return (n->b = tuple(p, true, NULL, false)) ? n : NULL;
  n->kind = LM_N_SETBLOCK;
  if (now(p)->type == LM_T_PIPE && !(n->b = filters(p, NULL, false))) return NULL;
  return (n->d = body_to(p, end_set)) ? n : NULL;
}

static bool parameter(parser *p, nodes *names, nodes *defaults, bool *have_default) {
  const lm_jtoken *t = now(p);
  if (t->type != LM_T_NAME) return unexpected(p, "name") != NULL;
  next(p);
  lm_jmacrodef *outer = p->macro;
  p->macro = NULL;
  lm_jnode *name = name_node(p, t), *value = NULL;
  p->macro = outer;
  if (skip(p, LM_T_ASSIGN)) {
    *have_default = true;
    value = expression(p, true);
    if (!value) return false;
  } else if (*have_default) {
    return bad(t, "non-default argument follows default argument") != NULL;
  }
  if (!push(names, name)) return false;
  return push(defaults, value ? value : name); /* the name itself stands for "none" */
}

static bool signature(parser *p, lm_jmacrodef *m) {
  nodes names = {0}, defaults = {0};
  bool ok = expect(p, LM_T_LPAREN), have_default = false;
  while (ok && now(p)->type != LM_T_RPAREN) {
    if (names.n && !(ok = expect(p, LM_T_COMMA))) break;
    ok = parameter(p, &names, &defaults, &have_default);
  }
  ok = ok && expect(p, LM_T_RPAREN);
  lm_jnode **n = NULL, **d = NULL;
  int count = 0, count2 = 0;
  ok = settle(p, &names, ok, &n, &count);
  ok = settle(p, &defaults, ok, &d, &count2);
  if (!ok || !count) return ok;
  m->params = take(p, (size_t)count * sizeof *m->params);
  m->ids = take(p, (size_t)count * sizeof *m->ids);
  m->defaults = d;
  m->n = count;
  if (!m->params || !m->ids) return false;
  for (int i = 0; i < count; i++) {
    m->params[i] = n[i]->text;
    m->ids[i] = n[i]->id;
    if (d[i] == n[i]) d[i] = NULL;
    m->explicit_caller |= m->ids[i] == p->tpl->id_caller;
  }
  return true;
}

/* What a body reads, its inner macros read too. */
static bool macro_body(parser *p, lm_jmacrodef *m, const char *const *ends) {
  lm_jmacrodef *outer = p->macro;
  p->macro = m;
  m->body = closed_body(p, ends);
  p->macro = outer;
  if (outer) {
    outer->caller |= m->caller;
    outer->kwargs |= m->kwargs;
    outer->varargs |= m->varargs;
  }
  return m->body != NULL;
}

static lm_jnode *macro_statement(parser *p) {
  lm_jnode *n = make(p, LM_N_MACRO, next(p)->line);
  if (!n || !(n->macro = take(p, sizeof *n->macro))) return NULL;
  const lm_jtoken *t = now(p);
  if (t->type != LM_T_NAME) return unexpected(p, "name");
  next(p);
  n->macro->name = t->text;
  n->id = name_id(p, t->text);
  return n->id >= 0 && signature(p, n->macro) && macro_body(p, n->macro, end_macro) ? n : NULL;
}

static lm_jnode *call_statement(parser *p) {
  lm_jnode *n = make(p, LM_N_CALLBLOCK, next(p)->line);
  if (!n || !(n->macro = take(p, sizeof *n->macro))) return NULL;
  if (now(p)->type == LM_T_LPAREN && !signature(p, n->macro)) return NULL;
  if (!(n->a = expression(p, true))) return NULL;
  if (n->a->kind != LM_N_CALL) return bad(now(p), "expected call");
  return macro_body(p, n->macro, end_call) ? n : NULL;
}

static lm_jnode *with_statement(parser *p) {
  int line = next(p)->line;
  nodes l = {0};
  bool ok = true;
  while (ok && now(p)->type != LM_T_BLOCK_END) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    lm_jtoken *t = now(p);
    ok = enter(p);
    if (!ok) break;
    lm_jnode *to = primary(p, false);
    p->depth--;
    if (to && !can_assign(to)) to = bad(t, "can't assign to this expression");
    ok = push(&l, to) && expect(p, LM_T_ASSIGN) && push(&l, expression(p, true));
  }
  lm_jnode *n = with_kids(p, LM_N_WITH, line, &l, ok);
  return n && (n->d = body_to(p, end_with)) ? n : NULL;
}

static lm_jnode *print_statement(parser *p) {
  int line = next(p)->line;
  nodes l = {0};
  bool ok = true;
  while (ok && now(p)->type != LM_T_BLOCK_END) {
    if (l.n && !(ok = expect(p, LM_T_COMMA))) break;
    lm_jnode *one = make(p, LM_N_PRINT, line);
    ok = push(&l, one) && (one->a = expression(p, true));
  }
  return with_kids(p, LM_N_BLOCK, line, &l, ok);
}

static lm_jnode *loop_control(parser *p, lm_jkind kind) {
  const lm_jtoken *t = next(p);
  if (!p->loops)
    return bad(t, kind == LM_N_BREAK ? "'break' outside loop" : "'continue' not properly in loop");
  return make(p, kind, t->line);
}

static lm_jnode *statement(parser *p) {
  static const char *const others[] = {"block",      "extends", "include", "from", "import",
                                       "autoescape", "do",      "trans",   "debug"};
  const lm_jtoken *t = now(p);
  if (t->type != LM_T_NAME) return bad(t, "tag name expected");
  if (is_name(t, "if")) return if_statement(p);
  if (is_name(t, "for")) return for_statement(p);
  if (is_name(t, "set")) return set_statement(p);
  if (is_name(t, "macro")) return macro_statement(p);
  if (is_name(t, "call")) return call_statement(p);
  if (is_name(t, "with")) return with_statement(p);
  if (is_name(t, "print")) return print_statement(p);
  if (is_name(t, "break")) return loop_control(p, LM_N_BREAK);
  if (is_name(t, "continue")) return loop_control(p, LM_N_CONTINUE);
  if (is_name(t, "filter") || is_name(t, "generation")) {
    bool filter = is_name(t, "filter");
    lm_jnode *n = make(p, filter ? LM_N_FILTERBLOCK : LM_N_GENERATION, next(p)->line);
    if (!n || (filter && !(n->b = filters(p, NULL, true)))) return NULL;
    n->d = filter ? body_to(p, end_filter) : closed_body(p, end_generation);
    return n->d ? n : NULL;
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    if (!is_name(t, others[i])) continue;
    lm_fail(LM_UNSUPPORTED, "[chat template] line %d: the tag '%s'", t->line, others[i]);
    return NULL;
  }
  lm_fail(LM_DAMAGED, "[chat template] line %d: Encountered unknown tag '%.*s'", t->line,
          t->text->len < 60 ? (int)t->text->len : 60, t->text->p);
  return NULL;
}

static bool at_end(parser *p, const char *const *ends) {
  for (int i = 0; ends && ends[i]; i++)
    if (is_name(now(p), ends[i])) return true;
  return false;
}

static lm_jnode *block_part(parser *p, const lm_jtoken *t) {
  lm_jnode *n;
  if (t->type == LM_T_DATA) {
    n = make(p, LM_N_TEXT, t->line);
    if (n) n->text = t->text;
    return n;
  }
  if (t->type == LM_T_VAR_BEGIN) {
    n = make(p, LM_N_PRINT, t->line);
    return n && (n->a = tuple(p, true, NULL, false)) && expect(p, LM_T_VAR_END) ? n : NULL;
  }
  n = statement(p);
  return n && expect(p, LM_T_BLOCK_END) ? n : NULL;
}

/* Text and tags up to one of `ends`, whose name becomes the current token; NULL: up to the end. */
static lm_jnode *block(parser *p, const char *const *ends) {
  int line = now(p)->line;
  nodes l = {0};
  bool ok = true, ended = false;
  while (ok && now(p)->type != LM_T_EOF) {
    const lm_jtoken *t = next(p);
    if (t->type == LM_T_BLOCK_BEGIN && at_end(p, ends)) {
      ended = true;
      break;
    }
    ok = push(&l, block_part(p, t));
  }
  if (ok && ends && !ended) {
    lm_fail(LM_DAMAGED, "[chat template] line %d: Unexpected end of template, expected '%s'",
            now(p)->line, ends[0]);
    ok = false;
  }
  return with_kids(p, LM_N_BLOCK, line, &l, ok);
}

static int parse(parser *p, const char *text, size_t len) {
  lm_jinja *t = p->tpl;
  if (lm_j_lex(&t->arena, text, len, &p->tokens)) return 1;
  t->id_loop = literal_id(p, "loop");
  t->id_caller = literal_id(p, "caller");
  t->id_kwargs = literal_id(p, "kwargs");
  t->id_varargs = literal_id(p, "varargs");
  if (t->id_loop < 0 || t->id_caller < 0 || t->id_kwargs < 0 || t->id_varargs < 0) return 1;
  t->root = block(p, NULL);
  return !t->root;
}

int lm_jinja_compile(const char *text, size_t len, lm_jinja **out) {
  *out = NULL;
  if (!text) return lm_fail(LM_BAD_ARGUMENT, "[chat template] no text");
  if (len > MAX_TEMPLATE) return lm_fail(LM_BAD_ARGUMENT, "[chat template] larger than 16 MiB");
  lm_jinja *t = calloc(1, sizeof *t);
  if (!t) return lm_nomem("chat template");
  lm_j_arena_init(&t->arena, (size_t)1 << 32);
  parser p = {.tpl = t};
  int rc = parse(&p, text, len);
  free(p.tokens.v);
  free(p.slots);
  if (rc) {
    lm_jinja_free(t);
    return 1;
  }
  *out = t;
  return 0;
}

void lm_jinja_free(lm_jinja *tpl) {
  if (!tpl) return;
  lm_j_arena_free(&tpl->arena);
  free(tpl);
}
