/* mlx_lm.generate: one prompt, one streamed answer, the statistics. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lm/cli/cli.h"

static const char chatml[] =
    "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + "
    "'\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/* All of standard input, for --prompt -. */
static char *read_input(void) {
  size_t n = 0, cap = 4096;
  char *text = malloc(cap);
  while (text) {
    n += fread(text + n, 1, cap - n - 1, stdin);
    if (n < cap - 1)
      break;
    char *more = realloc(text, cap *= 2);
    if (!more)
      free(text);
    text = more;
  }
  if (!text)
    lm_nomem("prompt");
  else
    text[n] = '\0';
  return text;
}

/* The prompt's text as the model gets it: through its template unless told otherwise. */
static int prompt_text(lm_engine *e, const cli_options *o, const char *user, char **text,
                       bool *templated) {
  if (o->default_template && !lm_engine_chat_template(e) && lm_engine_set_chat_template(e, chatml))
    return 1;
  *templated = lm_engine_chat_template(e) && !o->ignore_template;
  if (!*templated) {
    *text = strdup(user);
    return *text ? 0 : lm_nomem("prompt");
  }
  char *messages = cli_messages(o->system_prompt, user), *prompt;
  if (!messages)
    return lm_nomem("prompt");
  int bad = lm_engine_chat_prompt(e, messages, o->template_config, true, &prompt);
  free(messages);
  if (bad)
    return 1;
  const char *begin = o->prefill_response ? o->prefill_response : "";
  *text = malloc(strlen(prompt) + strlen(begin) + 1);
  if (*text)
    strcat(strcpy(*text, prompt), begin);
  free(prompt);
  return *text ? 0 : lm_nomem("prompt");
}

static int make_prompt(lm_engine *e, const cli_options *o, int32_t **ids, size_t *n) {
  char *input = strcmp(o->prompt, "-") == 0 ? read_input() : NULL, *text = NULL;
  bool templated = false;
  if (!input && strcmp(o->prompt, "-") == 0)
    return 1;
  int bad =
      prompt_text(e, o, input ? input : o->prompt, &text, &templated) ||
      lm_tokenizer_encode(lm_engine_tokenizer(e), text, strlen(text), !templated, true, ids, n);
  free(text);
  free(input);
  if (!bad && *n == 0) {
    free(*ids);
    return lm_fail(LM_BAD_ARGUMENT, "the prompt is empty");
  }
  return bad;
}

static int print_text(void *ctx, const char *text, size_t len) {
  (void)ctx;
  fwrite(text, 1, len, stdout);
  fflush(stdout);
  return cli_interrupted();
}

static void rule(const cli_options *o) {
  if (o->verbose)
    puts("==========");
}

static int answer(lm_engine *e, const cli_options *o) {
  int32_t *ids;
  size_t n;
  lm_session *s = NULL;
  lm_progress prefill = {cli_prefill_progress, "Reading the prompt"};
  lm_generation g = {.sampling = o->sampling,
                     .max_tokens = cli_max_tokens(o),
                     .prefill_step = (size_t)o->prefill_step,
                     .prefill = &prefill,
                     .text = print_text};
  lm_statistics stats;
  g.sampling.seed = o->have_seed ? (uint64_t)o->seed : (uint64_t)time(NULL);
  if (cli_add_eos(e, o) || make_prompt(e, o, &ids, &n))
    return 1;
  rule(o);
  int bad = lm_session_new(&s, e) || lm_generate(s, ids, n, &g, &stats);
  if (!bad) {
    puts("");
    rule(o);
    if (stats.generated_tokens == 0 && o->verbose)
      puts("No text generated for this prompt");
    else if (o->verbose)
      cli_print_statistics(&stats);
    if (stats.finish == LM_FINISH_CANCELLED)
      bad = lm_fail(LM_INTERRUPTED, "interrupted");
  }
  lm_session_free(s);
  free(ids);
  return bad;
}

int main(int argc, char **argv) {
  cli_options o;
  int code = cli_parse(&o, false, argc, argv);
  if (code >= 0)
    return code;
  cli_catch_interrupt();
  lm_engine *e = cli_load(&o);
  int bad = !e || answer(e, &o);
  if (!bad && (fflush(stdout) || ferror(stdout)))
    bad = lm_fail(LM_FAILED, "cannot write the text: %s", strerror(errno));
  code = bad ? cli_fail(argv[0]) : CLI_OK;
  lm_engine_free(e);
  return code;
}
