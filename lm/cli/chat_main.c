/* mlx_lm.chat: a conversation on a terminal. The session keeps what the conversation has fed, so a
 * turn feeds only what is new. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lm/cli/cli.h"

typedef struct chat {
  const cli_options *o;
  lm_engine *engine;
  lm_session *session;
  json_t *messages;
  int32_t *fed; /* what the session holds */
  size_t n_fed;
  char *reply; /* the answer so far */
  size_t reply_len, reply_cap;
} chat;

static const char help[] =
    "q ends, r starts a new conversation, h shows this; Ctrl-C stops an answer";

static int say(chat *c, const char *role, const char *content) {
  json_t *m = json_pack("{s:s, s:s}", "role", role, "content", content);
  if (!m)
    return lm_fail(LM_BAD_ARGUMENT, "the message is not UTF-8 text");
  return json_array_append_new(c->messages, m) ? lm_nomem("conversation") : 0;
}

static int start(chat *c) {
  json_decref(c->messages);
  c->messages = json_array();
  c->n_fed = 0;
  lm_session_free(c->session);
  c->session = NULL;
  if (!c->messages)
    return lm_nomem("conversation");
  if (lm_session_new(&c->session, c->engine))
    return 1;
  return c->o->system_prompt ? say(c, "system", c->o->system_prompt) : 0;
}

static int show(void *ctx, const char *text, size_t len) {
  chat *c = ctx;
  fwrite(text, 1, len, stdout);
  fflush(stdout);
  if (c->reply_len + len + 1 > c->reply_cap) {
    size_t cap = (c->reply_cap + len) * 2 + 256;
    char *more = realloc(c->reply, cap);
    if (!more)
      return 1;
    c->reply = more;
    c->reply_cap = cap;
  }
  memcpy(c->reply + c->reply_len, text, len);
  c->reply_len += len;
  c->reply[c->reply_len] = '\0';
  return cli_interrupted();
}

/* What the session already holds of these tokens; at least one is left to feed. */
static size_t common(const chat *c, const int32_t *ids, size_t n) {
  size_t k = 0, held = lm_session_length(c->session);
  while (k < c->n_fed && k < held && k + 1 < n && c->fed[k] == ids[k])
    k++;
  return k;
}

static int note(void *ctx, int32_t id) {
  chat *c = ctx;
  int32_t *more = realloc(c->fed, (c->n_fed + 1) * sizeof *more);
  if (!more)
    return 1;
  c->fed = more;
  c->fed[c->n_fed++] = id;
  return 0;
}

static int generate(chat *c, const int32_t *ids, size_t n) {
  lm_progress prefill = {cli_prefill_progress, "Reading"};
  lm_generation g = {.sampling = c->o->sampling,
                     .max_tokens = cli_max_tokens(c->o),
                     .prefill_step = (size_t)c->o->prefill_step,
                     .prefill = &prefill,
                     .text = show,
                     .token = note,
                     .ctx = c};
  size_t have = common(c, ids, n);
  g.sampling.seed = (uint64_t)c->o->seed;
  if (lm_session_rewind(c->session, have))
    return 1;
  int32_t *fed = realloc(c->fed, n * sizeof *fed);
  if (!fed)
    return lm_nomem("conversation");
  c->fed = fed;
  memcpy(fed, ids, n * sizeof *fed);
  c->n_fed = n;
  return lm_generate(c->session, ids + have, n - have, &g, NULL);
}

/* The conversation so far as the model reads it. */
static int encode(const chat *c, int32_t **ids, size_t *n) {
  char *messages = json_dumps(c->messages, JSON_COMPACT), *prompt;
  if (!messages)
    return lm_nomem("conversation");
  int bad = lm_engine_chat_prompt(c->engine, messages, NULL, true, &prompt);
  free(messages);
  if (bad)
    return 1;
  bad = lm_tokenizer_encode(lm_engine_tokenizer(c->engine), prompt, strlen(prompt), false, true,
                            ids, n);
  free(prompt);
  return bad;
}

/* A turn that fails leaves the conversation as it was. */
static int turn(chat *c, const char *line) {
  int32_t *ids = NULL;
  size_t n, before = json_array_size(c->messages);
  c->reply_len = 0;
  int bad = say(c, "user", line) || encode(c, &ids, &n) || generate(c, ids, n);
  free(ids);
  puts("");
  bad = bad || say(c, "assistant", c->reply_len ? c->reply : "");
  while (bad && json_array_size(c->messages) > before)
    json_array_remove(c->messages, before);
  return bad;
}

/* What to do with a line; *over when the conversation is. */
static int obey(chat *c, const char *line, bool *over) {
  *over = strcmp(line, "q") == 0;
  if (strcmp(line, "r") == 0)
    return start(c);
  if (strcmp(line, "h") == 0)
    puts(help);
  else if (*line && !*over)
    return turn(c, line);
  return 0;
}

static int converse(chat *c) {
  const char *slash = strrchr(c->o->model, '/');
  printf("Chat with %s\n%s\n", slash && slash[1] ? slash + 1 : c->o->model, help);
  for (bool over = false; !over;) {
    cli_clear_interrupt();
    char *line = cli_read_line(">> ");
    if (!line && cli_interrupted()) { /* drops what was typed */
      if (isatty(STDIN_FILENO))
        continue;
      return lm_fail(LM_INTERRUPTED, "interrupted");
    }
    if (!line)
      return 0;
    int bad = obey(c, line, &over);
    free(line);
    if (bad && lm_error_kind() != LM_INTERRUPTED)
      return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  cli_options o;
  int code = cli_parse(&o, true, argc, argv);
  if (code >= 0)
    return code;
  cli_catch_interrupt();
  chat c = {.o = &o, .engine = cli_load(&o)};
  code = c.engine && !start(&c) && !converse(&c) ? CLI_OK : cli_fail(argv[0]);
  lm_session_free(c.session);
  lm_engine_free(c.engine);
  json_decref(c.messages);
  free(c.fed);
  free(c.reply);
  return code;
}
