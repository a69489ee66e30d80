/* Owns chat prompts: a model's template rendered over a conversation. */
#include <stdlib.h>
#include <string.h>

#include "lm/engine.h"

/* A template that this interpreter cannot compile is an error only for who wants to chat: its text is kept. */
int lm_engine_set_chat_template(lm_engine *e, const char *text) {
  char *copy = strdup(text);
  if (!copy)
    return lm_nomem("chat template");
  free(e->template_text);
  lm_jinja_free(e->template);
  e->template_text = copy;
  e->template = NULL;
  if (lm_jinja_compile(copy, strlen(copy), &e->template)) {
    e->template = NULL;
    if (lm_error_kind() == LM_MEMORY)
      return 1;
    lm_error_clear();
  }
  return 0;
}

static int add_token(json_t *context, const char *name, const lm_engine *e, int32_t id) {
  size_t len = 0;
  const char *piece = id >= 0 ? lm_tokenizer_piece(e->tokenizer, id, &len) : NULL;
  return json_object_set_new(context, name, json_stringn(piece ? piece : "", len));
}

static json_t *make_context(const lm_engine *e, json_t *messages, json_t *extra,
                            bool add_generation_prompt) {
  size_t n;
  const int32_t *eos = lm_tokenizer_eos(e->tokenizer, &n);
  json_t *context = extra ? json_copy(extra) : json_object();
  if (!context ||
      json_object_set(context, "messages", messages) ||
      json_object_set_new(context, "add_generation_prompt", json_boolean(add_generation_prompt)) ||
      add_token(context, "bos_token", e, lm_tokenizer_bos(e->tokenizer)) ||
      add_token(context, "eos_token", e, n ? eos[0] : -1)) {
    json_decref(context);
    lm_nomem("chat prompt");
    return NULL;
  }
  return context;
}

int lm_engine_chat_prompt(const lm_engine *e, const char *messages, const char *extra,
                          bool add_generation_prompt, char **text) {
  json_error_t why;
  if (!e->template_text)
    return lm_fail(LM_UNSUPPORTED, "the model has no chat template");
  if (!e->template) { /* says why it could not be compiled */
    lm_jinja *t = NULL;
    if (lm_jinja_compile(e->template_text, strlen(e->template_text), &t))
      return 1;
    lm_jinja_free(t);
    return lm_fail(LM_FAILED, "the chat template could not be compiled");
  }
  json_t *list = json_loads(messages, 0, &why);
  json_t *more = extra ? json_loads(extra, 0, &why) : NULL;
  int bad = 0;
  if (!json_is_array(list) || (extra && !json_is_object(more)))
    bad = lm_fail(LM_BAD_ARGUMENT, "the conversation is not valid JSON: %s", why.text);
  json_t *context = bad ? NULL : make_context(e, list, more, add_generation_prompt);
  bad = bad || !context || lm_jinja_render(e->template, context, NULL, text, NULL);
  json_decref(context);
  json_decref(list);
  json_decref(more);
  return bad;
}
