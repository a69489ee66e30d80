/* The inside of an engine, for the runtime's own files. */
#ifndef LM_ENGINE_H
#define LM_ENGINE_H

#include "lm/jinja.h"
#include "lm/lm.h"
#include "lm/model.h"

struct lm_engine {
  mlx_stream stream;
  lm_model *model;
  lm_tokenizer *tokenizer;
  char *template_text;
  lm_jinja *template; /* compiled when first needed to be known good: with the text */
};

#endif
