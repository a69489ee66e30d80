/* Chat templates: an interpreter of the Jinja2 subset that instruct models use, with the settings
   that Hugging Face's transformers gives it (trim_blocks, lstrip_blocks, an immutable sandbox).

   A compiled template is never written again, so any number of threads may render it at once.
   A template and its context are untrusted: a rendering that exceeds a limit is an error value. */
#ifndef LM_JINJA_H
#define LM_JINJA_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct lm_jinja lm_jinja;

/* A zero field means its default. */
typedef struct lm_jinja_limits {
  int64_t steps;        /* nodes visited, elements and 16-byte pieces of text touched; 20 million */
  size_t output_bytes;  /* 16 MiB */
  size_t memory_bytes;  /* values alive until the rendering ends; 256 MiB */
  int depth;            /* nesting of expressions, statements, macro calls and data; 1,000 */
  const struct tm *now; /* what strftime_now prints; NULL is the local time */
} lm_jinja_limits;

/* Errors name the line of the template. A syntax error is LM_DAMAGED, a construct that is Jinja but
   not ours LM_UNSUPPORTED, an error while rendering (raise_exception's too) LM_FAILED. */
int lm_jinja_compile(const char *text, size_t len, lm_jinja **out);
void lm_jinja_free(lm_jinja *tpl);

/* `context` is a JSON object of the template's variables, borrowed. `*out` is malloc'd and ends in
   NUL;
   `*out_len` (may be NULL) is its length without it. `limits` may be NULL. */
int lm_jinja_render(const lm_jinja *tpl, const json_t *context, const lm_jinja_limits *limits,
                    char **out, size_t *out_len);

#endif
