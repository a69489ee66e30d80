/* Reading JSON from memory, value by value, without a tree: a header of any size costs what is kept
 * of it. Strict: the text is checked as it is read, strings are UTF-8, nesting is bounded.
 * Every function skips white space first. A failure is recorded in the reader and stays. */
#ifndef MX_IO_JSON_H
#define MX_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mx_json {
  const char *at, *end;
  const char *fault; /* what is wrong with the text; NULL while nothing is */
  bool no_memory;
} mx_json;

/* A string that grows; free p. */
typedef struct mx_json_text {
  char *p; /* NUL at the end; there is none inside */
  size_t n, capacity;
} mx_json_text;

/* Takes the character where it is next. */
bool mx_json_take(mx_json *j, char c);
/* The functions below return nonzero on failure. */
int mx_json_need(mx_json *j, char c);
int mx_json_string(mx_json *j, mx_json_text *text);
int mx_json_integer(mx_json *j, int64_t *value);
/* Takes a null where one is next. */
bool mx_json_null(mx_json *j);
/* Any value. */
int mx_json_skip(mx_json *j);
/* Nothing but white space may follow. */
int mx_json_end(mx_json *j);
int mx_json_fail(mx_json *j, const char *fault);

/* Bytes of the UTF-8 character at s, of which n are there; 0 where it is none. */
size_t mx_utf8_length(const unsigned char *s, size_t n);

#endif
