/* Owns the thread's last error: a kind and a fixed buffer. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local mx_kind last_kind;
static _Thread_local char last_text[1024];

void mx_record(mx_kind kind, const char *fmt, ...) {
  char text[sizeof last_text]; /* an argument may be the last text itself */
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  mx_error_set(kind, text);
}

mx_kind mx_error_kind(void) {
  return last_kind;
}

const char *mx_error_text(void) {
  return last_text;
}

void mx_error_clear(void) {
  last_kind = MX_OK;
  last_text[0] = '\0';
}

void mx_error_set(mx_kind kind, const char *text) {
  size_t n = strlen(text);
  if (n >= sizeof last_text)
    n = sizeof last_text - 1;
  memmove(last_text, text, n);
  last_text[n] = '\0';
  last_kind = kind;
}
