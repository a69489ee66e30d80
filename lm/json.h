/* Reading JSON through jansson so that a failed allocation is an error. jansson's own lexer loses
 * bytes of strings, or aborts, when malloc fails under it; here its memory is one arena, which
 * parsing leaves as a whole. */
#ifndef LM_JSON_H
#define LM_JSON_H

#include <jansson.h>
#include <stddef.h>

typedef struct lm_json lm_json;

/* The text must be one JSON value; name is what errors call it. */
int lm_json_open(lm_json **out, const char *text, size_t len, const char *name);
/* For reading alone, until the file is closed: nothing in it may be changed, kept or given to
 * json_decref. */
json_t *lm_json_root(const lm_json *json);
void lm_json_close(lm_json *json);

#endif
