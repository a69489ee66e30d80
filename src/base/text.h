/* A growing string. After a failed append it stays failed and empty; check once at the end. */
#ifndef MX_BASE_TEXT_H
#define MX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mx_text {
  char *p;
  size_t n, cap;
  bool failed;
} mx_text;

void mx_text_add(mx_text *t, const char *s, size_t n);
void mx_text_puts(mx_text *t, const char *s);
void mx_text_printf(mx_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The string (caller frees), or NULL with an error recorded. */
char *mx_text_take(mx_text *t, const char *op);

#endif
