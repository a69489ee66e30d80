/* Owns the flags: MLX-LM's names and defaults. A flag of MLX-LM that this runtime does not carry
 * out yet is refused by name, never ignored. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lm/cli/cli.h"

enum flag {
  MODEL = 256, PROMPT, SYSTEM_PROMPT, PREFILL_RESPONSE, MAX_TOKENS, TEMP, TOP_P, MIN_P, TOP_K,
  XTC_PROBABILITY, XTC_THRESHOLD, MIN_TOKENS_TO_KEEP, SEED, IGNORE_TEMPLATE, DEFAULT_TEMPLATE,
  TEMPLATE_CONFIG, VERBOSE, PREFILL_STEP, EXTRA_EOS, TRUST, REPETITION_PENALTY,
  REPETITION_CONTEXT, LOGIT_BIAS, VERSION, HELP,
  REFUSED /* refused ones follow, in order */
};

enum { GENERATE = 1, CHAT = 2, BOTH = 3 };

static const struct spec {
  const char *name;
  int value; /* takes one */
  enum flag flag;
  int programs;
  const char *what, *help; /* the value, and what the flag does; no help: not shown */
} specs[] = {
    {"model", 1, MODEL, BOTH, "PATH", "a .gguf file, a folder, or a name that the hub cache holds"},
    {"prompt", 1, PROMPT, GENERATE, "TEXT", "the prompt; - reads it from standard input"},
    {"system-prompt", 1, SYSTEM_PROMPT, BOTH, "TEXT", "the system message"},
    {"prefill-response", 1, PREFILL_RESPONSE, GENERATE, "TEXT", "how the answer begins"},
    {"max-tokens", 1, MAX_TOKENS, BOTH, "N",
     "tokens to generate at the most; -1: until the answer ends"},
    {"temp", 1, TEMP, BOTH, "X", "temperature; 0 takes the likeliest token"},
    {"top-p", 1, TOP_P, BOTH, "X", "sample from the likeliest tokens of this share"},
    {"min-p", 1, MIN_P, GENERATE, "X",
     "leave out tokens less likely than this times the likeliest"},
    {"top-k", 1, TOP_K, GENERATE, "N", "sample from the N likeliest tokens"},
    {"xtc-probability", 1, XTC_PROBABILITY, BOTH, "X", "chance of excluding the top choices"},
    {"xtc-threshold", 1, XTC_THRESHOLD, BOTH, "X", "what counts as a top choice"},
    {"min-tokens-to-keep", 1, MIN_TOKENS_TO_KEEP, GENERATE, "N", "that min-p leaves at the least"},
    {"repetition-penalty", 1, REPETITION_PENALTY, BOTH, "X", "makes recent tokens less likely"},
    {"repetition-context-size", 1, REPETITION_CONTEXT, BOTH, "N", "what counts as recent"},
    {"seed", 1, SEED, BOTH, "N", "the same seed gives the same text"},
    {"extra-eos-token", 1, EXTRA_EOS, GENERATE, "TOKEN...", "further tokens that end the answer"},
    {"ignore-chat-template", 0, IGNORE_TEMPLATE, GENERATE, "", "use the prompt as it is"},
    {"use-default-chat-template", 0, DEFAULT_TEMPLATE, GENERATE, "",
     "ChatML where the model has no template"},
    {"chat-template-config", 1, TEMPLATE_CONFIG, GENERATE, "JSON",
     "further variables of the template"},
    {"verbose", 1, VERBOSE, GENERATE, "BOOL", "statistics and rules around the text"},
    {"prefill-step-size", 1, PREFILL_STEP, BOTH, "N", "tokens of the prompt at a time"},
    {"trust-remote-code", 0, TRUST, BOTH, "", "accepted; no code of a model is ever run"},
    {"version", 0, VERSION, BOTH, "", "print the version"},
    {"help", 0, HELP, BOTH, "", "print this"},
    {"adapter-path", 1, REFUSED, BOTH, "", NULL},
    {"image", 1, REFUSED, GENERATE, "", NULL},
    {"max-kv-size", 1, REFUSED, BOTH, "", NULL},
    {"prompt-cache-file", 1, REFUSED, GENERATE, "", NULL},
    {"quantize-activations", 0, REFUSED, GENERATE, "", NULL},
    {"qa", 0, REFUSED, GENERATE, "", NULL},
    {"kv-bits", 1, REFUSED, GENERATE, "", NULL},
    {"kv-group-size", 1, REFUSED, GENERATE, "", NULL},
    {"quantized-kv-start", 1, REFUSED, GENERATE, "", NULL},
    {"draft-model", 1, REFUSED, GENERATE, "", NULL},
    {"num-draft-tokens", 1, REFUSED, GENERATE, "", NULL},
    {"pipeline", 0, REFUSED, CHAT, "", NULL},
};
#define N_SPECS (sizeof specs / sizeof *specs)

static const char *short_name(enum flag flag) {
  return flag == PROMPT ? "-p, " : flag == MAX_TOKENS ? "-m, " : flag == HELP ? "-h, " : "    ";
}

static int usage(const char *program, int which, bool asked) {
  FILE *to = asked ? stdout : stderr;
  fprintf(to, "usage: %s --model PATH [options]\n", program);
  for (size_t i = 0; asked && i < N_SPECS; i++)
    if (specs[i].help && (specs[i].programs & which))
      fprintf(to, "  %s--%s %-*s  %s\n", short_name(specs[i].flag), specs[i].name,
              26 - (int)strlen(specs[i].name), specs[i].what, specs[i].help);
  if (!asked)
    fprintf(to, "%s --help lists the options\n", program);
  return asked ? CLI_OK : CLI_USAGE;
}

static int bad_value(const char *program, const char *name, const char *value) {
  fprintf(stderr, "%s: --%s: '%s' is not a value it takes\n", program, name, value);
  return CLI_USAGE;
}

static bool to_int(const char *text, int64_t low, int64_t high, int64_t *v) {
  char *end;
  errno = 0;
  long long n = strtoll(text, &end, 10);
  *v = n;
  return end != text && !*end && !errno && n >= low && n <= high;
}

static bool to_float(const char *text, double low, double high, float *v) {
  char *end;
  double x = strtod(text, &end);
  *v = (float)x;
  return end != text && !*end && isfinite(x) && x >= low && x <= high;
}

static bool to_bool(const char *text, bool *v) {
  static const char *const yes[] = {"yes", "true", "t", "y", "1"};
  static const char *const no[] = {"no", "false", "f", "n", "0"};
  for (size_t i = 0; i < 5; i++) {
    if (strcasecmp(text, yes[i]) == 0)
      return *v = true;
    if (strcasecmp(text, no[i]) == 0)
      return *v = false, true;
  }
  return false;
}

/* Sets what one flag says; false where the value is not one. */
static bool set(cli_options *o, enum flag flag, const char *v) {
  int64_t n;
  lm_sampler_params *s = &o->sampling;
  switch (flag) {
  case MODEL:
    return o->model = v, true;
  case PROMPT:
    return o->prompt = v, true;
  case SYSTEM_PROMPT:
    return o->system_prompt = v, true;
  case PREFILL_RESPONSE:
    return o->prefill_response = v, true;
  case TEMPLATE_CONFIG:
    return o->template_config = v, true;
  case MAX_TOKENS:
    return to_int(v, -1, INT32_MAX, &o->max_tokens);
  case PREFILL_STEP:
    return to_int(v, 1, INT32_MAX, &o->prefill_step);
  case SEED:
    return o->have_seed = to_int(v, 0, INT64_MAX, &o->seed);
  case TEMP:
    return to_float(v, 0, 1e6, &s->temp);
  case TOP_P:
    return to_float(v, 0, 1, &s->top_p);
  case MIN_P:
    return to_float(v, 0, 1, &s->min_p);
  case TOP_K:
    return to_int(v, 0, INT32_MAX, &n) && (s->top_k = (int)n, true);
  case MIN_TOKENS_TO_KEEP:
    return to_int(v, 1, INT32_MAX, &n) && (s->min_tokens_to_keep = (int)n, true);
  case XTC_PROBABILITY:
    return to_float(v, 0, 1, &s->xtc_probability);
  case XTC_THRESHOLD:
    return to_float(v, 0, 0.5, &s->xtc_threshold);
  case REPETITION_PENALTY:
    return to_float(v, 0, 1e6, &s->repetition_penalty);
  case REPETITION_CONTEXT:
    return to_int(v, 0, INT32_MAX, &n) && (s->repetition_context = (int)n, true);
  case VERBOSE:
    return to_bool(v, &o->verbose);
  case IGNORE_TEMPLATE:
    return o->ignore_template = true;
  case DEFAULT_TEMPLATE:
    return o->default_template = true;
  default:
    return true;
  }
}

/* --extra-eos-token takes every word up to the next flag. */
static int take_words(cli_options *o, int argc, char **argv) {
  const int most = (int)(sizeof o->extra_eos / sizeof *o->extra_eos);
  o->extra_eos[o->n_extra_eos < most ? o->n_extra_eos++ : most - 1] = optarg;
  while (optind < argc && argv[optind][0] != '-' && o->n_extra_eos < most)
    o->extra_eos[o->n_extra_eos++] = argv[optind++];
  return -1;
}

static int one_flag(cli_options *o, const struct spec *s, int which, int argc, char **argv) {
  if (!(s->programs & which)) {
    fprintf(stderr, "%s: unknown option --%s\n", argv[0], s->name);
    return CLI_USAGE;
  }
  if (s->flag == REFUSED) {
    fprintf(stderr, "%s: --%s is not supported yet\n", argv[0], s->name);
    return CLI_USAGE;
  }
  if (s->flag == HELP)
    return usage(argv[0], which, true);
  if (s->flag == VERSION)
    return cli_print_version(argv[0]), CLI_OK;
  if (s->flag == EXTRA_EOS)
    return take_words(o, argc, argv);
  return set(o, s->flag, optarg) ? -1 : bad_value(argv[0], s->name, optarg);
}

int cli_parse(cli_options *o, bool chat, int argc, char **argv) {
  const int which = chat ? CHAT : GENERATE;
  char *slash = strrchr(argv[0], '/');
  if (slash)
    argv[0] = slash + 1; /* the name in messages */
  struct option longs[N_SPECS + 1];
  memset(longs, 0, sizeof longs);
  for (size_t i = 0; i < N_SPECS; i++)
    longs[i] = (struct option){specs[i].name, specs[i].value, NULL, 0};
  *o = (cli_options){.prompt = "hello",
                     .max_tokens = chat ? 256 : 100,
                     .prefill_step = 2048,
                     .verbose = true,
                     .have_seed = chat,
                     .sampling = lm_sampler_defaults()};
  for (int c, at = 0;
       (c = getopt_long_only(argc, argv, chat ? "m:h" : "p:m:h", longs, &at)) != -1;) {
    int code = -1;
    if (c == '?')
      return usage(argv[0], which, false);
    if (c == 'h')
      return usage(argv[0], which, true);
    if (c == 'p')
      o->prompt = optarg;
    else if (c == 'm')
      code = set(o, MAX_TOKENS, optarg) ? -1 : bad_value(argv[0], "max-tokens", optarg);
    else
      code = one_flag(o, &specs[at], which, argc, argv);
    if (code >= 0)
      return code;
  }
  if (optind < argc) {
    fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
    return CLI_USAGE;
  }
  if (!o->model) {
    fprintf(stderr, "%s: --model is needed: a .gguf file or a model folder\n", argv[0]);
    return CLI_USAGE;
  }
  return -1;
}
