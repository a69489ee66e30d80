/* Owns chat prompts: a model's template rendered over a conversation. */
#include <stdlib.h>
#include <string.h>

#include "lm/engine.h"
#include "lm/json.h"

/* A template that this interpreter cannot compile is an error only for who wants to chat: its text
 * is kept. */
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

/* The template's variables; they refer into messages and extra. NULL: out of memory. */
static json_t *make_context(const lm_engine *e, json_t *messages, json_t *extra,
                            bool add_generation_prompt) {
  size_t n;
  const int32_t *eos = lm_tokenizer_eos(e->tokenizer, &n);
  json_t *context = json_object();
  if (!context || (extra && json_object_update(context, extra)) ||
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

/* Says why the template could not be compiled. */
static int no_template(const lm_engine *e) {
  lm_jinja *t = NULL;
  if (!e->template_text)
    return lm_fail(LM_UNSUPPORTED, "the model has no chat template");
  if (lm_jinja_compile(e->template_text, strlen(e->template_text), &t))
    return 1;
  lm_jinja_free(t);
  return lm_fail(LM_FAILED, "the chat template could not be compiled");
}

static int render(const lm_engine *e, json_t *messages, json_t *extra, bool add_generation_prompt,
                  char **text) {
  if (!json_is_array(messages) || (extra && !json_is_object(extra)))
    return lm_fail(LM_BAD_ARGUMENT,
                   "a conversation is a JSON array, its extra variables an object");
  json_t *context = make_context(e, messages, extra, add_generation_prompt);
  int bad = !context || lm_jinja_render(e->template, context, NULL, text, NULL);
  json_decref(context);
  return bad;
}

int lm_engine_chat_prompt(const lm_engine *e, const char *messages, const char *extra,
                          bool add_generation_prompt, char **text) {
  lm_json *list = NULL, *more = NULL;
  if (!e->template)
    return no_template(e);
  int bad = lm_json_open(&list, messages, strlen(messages), "the conversation") ||
            (extra && lm_json_open(&more, extra, strlen(extra), "the template's variables"));
  bad = bad || render(e, lm_json_root(list), more ? lm_json_root(more) : NULL,
                      add_generation_prompt, text);
  if (more)
    lm_json_close(more);
  if (list)
    lm_json_close(list);
  return bad;
}
