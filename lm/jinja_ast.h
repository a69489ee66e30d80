/* A compiled template: the nodes the parser makes and the interpreter walks. Everything in it
   belongs to the template's arena and is constant after compilation. */
#ifndef LM_JINJA_AST_H
#define LM_JINJA_AST_H

#include "jinja_value.h"

typedef enum lm_jkind {
  LM_N_TEXT,
  LM_N_PRINT,
  LM_N_IF,
  LM_N_BRANCH,
  LM_N_FOR,
  LM_N_BLOCK,
  LM_N_SET,
  LM_N_SETBLOCK,
  LM_N_MACRO,
  LM_N_CALLBLOCK,
  LM_N_FILTERBLOCK,
  LM_N_WITH,
  LM_N_GENERATION,
  LM_N_BREAK,
  LM_N_CONTINUE,
  LM_N_CONST,
  LM_N_NAME,
  LM_N_NSREF,
  LM_N_LIST,
  LM_N_TUPLE,
  LM_N_DICT,
  LM_N_COND,
  LM_N_OR,
  LM_N_AND,
  LM_N_NOT,
  LM_N_COMPARE,
  LM_N_BINARY,
  LM_N_NEG,
  LM_N_POS,
  LM_N_CONCAT,
  LM_N_ATTR,
  LM_N_ITEM,
  LM_N_SLICE,
  LM_N_CALL,
  LM_N_FILTER,
  LM_N_TEST,
  LM_N_CAPTURED
} lm_jkind;

typedef enum lm_jop {
  LM_OP_ADD,
  LM_OP_SUB,
  LM_OP_MUL,
  LM_OP_DIV,
  LM_OP_FLOORDIV,
  LM_OP_MOD,
  LM_OP_POW,
  LM_OP_EQ,
  LM_OP_NE,
  LM_OP_LT,
  LM_OP_LE,
  LM_OP_GT,
  LM_OP_GE,
  LM_OP_IN,
  LM_OP_NOTIN
} lm_jop;

typedef struct lm_jnode lm_jnode;

/* Arguments of a call, a filter or a test. */
typedef struct lm_jcall {
  int n, nkw;
  lm_jnode **pos;
  const lm_jstr **names;
  lm_jnode **kw;
  lm_jnode *star, *dstar; /* *args, **kwargs; or NULL */
} lm_jcall;

/* What a macro or a call block declares. */
typedef struct lm_jmacrodef {
  const lm_jstr *name; /* NULL: a call block's caller */
  int n;
  const lm_jstr **params;
  int *ids;
  lm_jnode **defaults;          /* NULL: none */
  bool caller, kwargs, varargs; /* the body reads these names */
  bool explicit_caller;
  lm_jnode *body; /* LM_N_BLOCK */
} lm_jmacrodef;

/* Which fields hold what, by kind:
   PRINT a | IF kids=BRANCH | BRANCH a=test or NULL, b=body | FOR a=target b=iterable c=test d=body
   e=else SET a=target b=value | SETBLOCK a=target b=filters or NULL d=body | MACRO macro |
   CALLBLOCK macro a=call FILTERBLOCK b=filters d=body | WITH kids=target,value,... d=body |
   GENERATION d=body NSREF id, text=attribute | COND a=test b=then c=else or NULL | COMPARE a, kids
   with kid->op, operand kid->a ATTR a, text | ITEM a b | SLICE a b c | CALL a, args | FILTER a,
   text, index, args | TEST the same CAPTURED: the text just captured, where a filter chain of a
   block starts. */
struct lm_jnode {
  uint8_t kind, op;
  int line;
  int id;    /* NAME, NSREF: number of the name */
  int index; /* FILTER, TEST: place in its table, -1 unknown */
  int n;
  lm_jnode **kids;
  lm_jnode *a, *b, *c, *d, *e;
  const lm_jstr *text;
  lm_jval value;
  lm_jcall *args;
  lm_jmacrodef *macro;
};

struct lm_jinja {
  lm_jarena arena;
  lm_jnode *root;
  int n_names;
  const lm_jstr **names; /* by id */
  int id_loop, id_caller, id_kwargs, id_varargs;
};

#endif
