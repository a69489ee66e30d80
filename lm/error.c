/* Owns the thread's last error: a kind and a fixed buffer, always terminated. */
#include "lm/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local lm_kind last_kind;
static _Thread_local char last_text[1024];

int lm_fail(lm_kind kind, const char *fmt, ...) {
  char text[sizeof last_text]; /* an argument may be the last text itself */
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  memcpy(last_text, text, strlen(text) + 1);
  last_kind = kind;
  return 1;
}

int lm_nomem(const char *what) {
  return lm_fail(LM_MEMORY, "[%s] out of memory", what);
}

lm_kind lm_error_kind(void) {
  return last_kind;
}

const char *lm_error_text(void) {
  return last_text;
}

void lm_error_clear(void) {
  last_kind = LM_OK;
  last_text[0] = '\0';
}
