/* Owns what the programs share beside flags: paths of models, the bar, Ctrl-C, reports. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lm/cli/cli.h"
#include "mlx/c/version.h"

size_t cli_max_tokens(const cli_options *o) {
  return o->max_tokens < 0 ? SIZE_MAX : (size_t)o->max_tokens;
}

/* ---- models ---- */

static bool exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0;
}

/* Where Hugging Face's tools keep downloads. */
static void hub_folder(char *to, size_t n) {
  const char *cache = getenv("HF_HUB_CACHE"), *home = getenv("HF_HOME"), *user = getenv("HOME");
  if (cache)
    snprintf(to, n, "%s", cache);
  else if (home)
    snprintf(to, n, "%s/hub", home);
  else
    snprintf(to, n, "%s/.cache/huggingface/hub", user ? user : "");
}

int cli_resolve_model(const char *name, char *path, size_t n) {
  char hub[2048], ref[3072], revision[80] = "";
  if (exists(name) || name[0] == '/' || name[0] == '.')
    return snprintf(path, n, "%s", name) < (int)n
               ? 0
               : lm_fail(LM_BAD_ARGUMENT, "the path of the model is too long");
  const char *slash = strchr(name, '/');
  hub_folder(hub, sizeof hub);
  if (slash && !strchr(slash + 1, '/') && !strstr(name, "..")) {
    int owner = (int)(slash - name);
    snprintf(ref, sizeof ref, "%s/models--%.*s--%s/refs/main", hub, owner, name, slash + 1);
    FILE *f = fopen(ref, "r");
    if (f) {
      if (fgets(revision, sizeof revision, f))
        revision[strcspn(revision, "\r\n")] = '\0';
      fclose(f);
    }
    snprintf(path, n, "%s/models--%.*s--%s/snapshots/%s", hub, owner, name, slash + 1, revision);
    if (*revision && exists(path))
      return 0;
  }
  return lm_fail(LM_NOT_FOUND, "no model '%s': it is neither a path nor in the hub cache %s", name,
                 hub);
}

static int load_progress(void *ctx, double done) {
  (void)ctx;
  cli_bar(done < 1 ? "Loading" : "", done);
  return cli_interrupted();
}

lm_engine *cli_load(const cli_options *o) {
  char path[4096];
  lm_engine *e = NULL;
  lm_progress progress = {load_progress, NULL};
  if (cli_resolve_model(o->model, path, sizeof path))
    return NULL;
  cli_bar("Loading", 0);
  if (lm_engine_load(&e, path, &progress))
    e = NULL;
  cli_bar("", 1);
  return e;
}

int cli_add_eos(lm_engine *e, const cli_options *o) {
  lm_tokenizer *t = lm_engine_tokenizer(e);
  size_t n;
  const int32_t *have = lm_tokenizer_eos(t, &n);
  if (!o->n_extra_eos)
    return 0;
  int32_t *ids = malloc((n + (size_t)o->n_extra_eos) * sizeof *ids);
  if (!ids)
    return lm_nomem("end tokens");
  if (n)
    memcpy(ids, have, n * sizeof *ids);
  int bad = 0;
  for (int i = 0; i < o->n_extra_eos && !bad; i++) {
    ids[n] = lm_tokenizer_id(t, o->extra_eos[i], strlen(o->extra_eos[i]));
    if (ids[n++] < 0)
      bad = lm_fail(LM_BAD_ARGUMENT, "--extra-eos-token: '%s' is not a token of the model",
                    o->extra_eos[i]);
  }
  bad = bad || lm_tokenizer_set_eos(t, ids, n);
  free(ids);
  return bad;
}

/* ---- terminal ---- */

#define BAR_WIDTH 30

void cli_bar(const char *label, double done) {
  static int terminal = -1;
  if (terminal < 0)
    terminal = isatty(STDERR_FILENO);
  if (!terminal)
    return;
  if (!*label) {
    fputs("\r\033[K", stderr);
  } else {
    int full = (int)(done * BAR_WIDTH);
    fprintf(stderr, "\r%s ", label);
    for (int i = 0; i < BAR_WIDTH; i++)
      fputs(i < full ? "\xe2\x96\x88" : "\xe2\x96\x91", stderr);
    fprintf(stderr, " %3d%%", (int)(done * 100));
  }
  fflush(stderr);
}

int cli_prefill_progress(void *label, double done) {
  cli_bar(done < 1 ? label : "", done);
  return cli_interrupted();
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
  interrupted = 1;
  signal(signal_number, SIG_DFL); /* the next one ends the process */
}

void cli_catch_interrupt(void) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = on_interrupt;
  sigemptyset(&a.sa_mask);
  sigaction(SIGINT, &a, NULL);
}

bool cli_interrupted(void) {
  return interrupted;
}

void cli_clear_interrupt(void) {
  interrupted = 0;
  cli_catch_interrupt();
}

/* ---- reports ---- */

int cli_fail(const char *program) {
  if (lm_error_kind() == LM_INTERRUPTED)
    return CLI_INTERRUPTED;
  fprintf(stderr, "%s: %s\n", program, lm_error_text());
  return CLI_FAILED;
}

void cli_print_version(const char *program) {
  mlx_string v = mlx_string_new();
  if (!mlx_version(&v))
    printf("%s %s\n", program, mlx_string_data(v));
  mlx_string_free(v);
}

static double rate(size_t n, double seconds) {
  return seconds > 0 ? (double)n / seconds : 0;
}

void cli_print_statistics(const lm_statistics *s) {
  printf("Prompt: %zu tokens, %.3f tokens-per-sec\n", s->prompt_tokens,
         rate(s->prompt_tokens, s->prompt_seconds));
  printf("Generation: %zu tokens, %.3f tokens-per-sec\n", s->generated_tokens,
         rate(s->generated_tokens, s->generation_seconds));
  printf("Peak memory: %.3f GB\n", (double)lm_peak_memory() / 1e9);
}

char *cli_messages(const char *system, const char *user) {
  json_t *list = json_array();
  if (system)
    json_array_append_new(list, json_pack("{s:s, s:s}", "role", "system", "content", system));
  json_array_append_new(list, json_pack("{s:s, s:s}", "role", "user", "content", user));
  char *text = json_array_size(list) == (system ? 2u : 1u) ? json_dumps(list, JSON_COMPACT) : NULL;
  json_decref(list);
  return text;
}
