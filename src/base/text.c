/* Owns growing strings. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static bool reserve(mx_text *t, size_t n) {
  if (t->failed)
    return false;
  if (t->cap - t->n > n)
    return true;
  size_t cap = t->cap ? t->cap : 64;
  while (cap - t->n <= n)
    cap *= 2;
  char *p = realloc(t->p, cap);
  if (!p) {
    free(t->p);
    *t = (mx_text){.failed = true};
    return false;
  }
  t->p = p;
  t->cap = cap;
  return true;
}

void mx_text_add(mx_text *t, const char *s, size_t n) {
  if (!reserve(t, n))
    return;
  memcpy(t->p + t->n, s, n);
  t->n += n;
  t->p[t->n] = '\0';
}

void mx_text_puts(mx_text *t, const char *s) {
  mx_text_add(t, s, strlen(s));
}

void mx_text_printf(mx_text *t, const char *fmt, ...) {
  va_list ap, again;
  va_start(ap, fmt);
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, ap);
  va_end(ap);
  if (n >= 0 && reserve(t, (size_t)n)) {
    vsnprintf(t->p + t->n, (size_t)n + 1, fmt, again);
    t->n += (size_t)n;
  }
  va_end(again);
}

char *mx_text_take(mx_text *t, const char *op) {
  if (!t->failed && !t->p)
    mx_text_add(t, "", 0);
  char *p = t->p;
  if (t->failed)
    mx_nomem(op);
  *t = (mx_text){0};
  return p;
}
