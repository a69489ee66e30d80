/* Tokens of a template: text between tags with Jinja's whitespace control already applied, and what
   is inside the tags. */
#ifndef LM_JINJA_LEX_H
#define LM_JINJA_LEX_H

#include "jinja_value.h"

typedef enum lm_jtok {
  LM_T_EOF,
  LM_T_DATA,
  LM_T_VAR_BEGIN,
  LM_T_VAR_END,
  LM_T_BLOCK_BEGIN,
  LM_T_BLOCK_END,
  LM_T_NAME,
  LM_T_STRING,
  LM_T_INT,
  LM_T_FLOAT,
  LM_T_ADD,
  LM_T_SUB,
  LM_T_DIV,
  LM_T_FLOORDIV,
  LM_T_MUL,
  LM_T_MOD,
  LM_T_POW,
  LM_T_TILDE,
  LM_T_LBRACKET,
  LM_T_RBRACKET,
  LM_T_LPAREN,
  LM_T_RPAREN,
  LM_T_LBRACE,
  LM_T_RBRACE,
  LM_T_EQ,
  LM_T_NE,
  LM_T_GT,
  LM_T_GE,
  LM_T_LT,
  LM_T_LE,
  LM_T_ASSIGN,
  LM_T_DOT,
  LM_T_COLON,
  LM_T_PIPE,
  LM_T_COMMA,
  LM_T_SEMICOLON
} lm_jtok;

typedef struct lm_jtoken {
  lm_jtok type;
  int line;
  const lm_jstr *text; /* DATA, NAME, STRING */
  lm_jval value;       /* INT, FLOAT */
} lm_jtoken;

typedef struct lm_jtokens {
  lm_jtoken *v; /* malloc'd; the last is LM_T_EOF */
  int n, cap;
} lm_jtokens;

/* The tokens' texts belong to `arena`. The caller frees `out->v`, after a failure too. */
int lm_j_lex(lm_jarena *arena, const char *text, size_t len, lm_jtokens *out);
const char *lm_j_token_name(lm_jtok type);

#endif
