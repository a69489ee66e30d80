/* What the command-line programs share: flags, model paths, progress bar, Ctrl-C, statistics. */
#ifndef LM_CLI_H
#define LM_CLI_H

#include <stdbool.h>

#include "lm/lm.h"

/* Exit codes. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

typedef struct cli_options {
  const char *model, *prompt, *system_prompt, *prefill_response, *template_config;
  const char *extra_eos[64];
  int n_extra_eos;
  int64_t max_tokens, prefill_step, seed;
  bool have_seed, ignore_template, default_template, verbose;
  lm_sampler_params sampling;
} cli_options;

/* Parses argv for the program `generate` or `chat`; says what is wrong on stderr. Returns -1 to go
 * on, else the exit code (also after --help). */
int cli_parse(cli_options *o, bool chat, int argc, char **argv);

/* --max-tokens; -1 is no limit. */
size_t cli_max_tokens(const cli_options *o);

/* A local path of --model: a path as it is, or a hub name that the local hub cache holds. */
int cli_resolve_model(const char *name, char *path, size_t n);

/* Loads with a bar on a terminal; reports errors. NULL when it failed. */
lm_engine *cli_load(const cli_options *o);
/* Adds --extra-eos-token to the tokens that end. */
int cli_add_eos(lm_engine *e, const cli_options *o);

/* A bar on stderr, when that is a terminal; label "" clears it. */
void cli_bar(const char *label, double done);
/* lm_progress over a prefill; stops on Ctrl-C. */
int cli_prefill_progress(void *label, double done);

/* First Ctrl-C asks to stop, a second ends the process. */
void cli_catch_interrupt(void);
bool cli_interrupted(void);
void cli_clear_interrupt(void);

/* "program: message" on stderr; the exit code for it. */
int cli_fail(const char *program);

void cli_print_version(const char *program);
/* A line of the user, with editing on a terminal; NULL at the end of input; the caller frees. */
char *cli_read_line(const char *prompt);

void cli_print_statistics(const lm_statistics *s);

/* JSON text of [{role: system, ...}, {role: user, ...}]; the caller frees. NULL: out of memory. */
char *cli_messages(const char *system, const char *user);

#endif
