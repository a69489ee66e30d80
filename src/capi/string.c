/* Owns string handles: ctx is a malloc'ed C string. */
#include "mlx/c/string.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"

int mx_string_set(mlx_string *s, const char *text) {
  char *copy = text ? strdup(text) : NULL;
  if (text && !copy)
    return mx_nomem("string");
  if (!s) {
    free(copy);
    return mx_fail(MX_VALUE, "[string] no place for the result");
  }
  free(s->ctx);
  s->ctx = copy;
  return 0;
}

mlx_string mlx_string_new(void) {
  return (mlx_string){NULL};
}

mlx_string mlx_string_new_data(const char *str) {
  mlx_string s = {NULL};
  if (mx_string_set(&s, str))
    mx_report();
  return s;
}

int mlx_string_set(mlx_string *str, const mlx_string src) {
  return mx_string_set(str, src.ctx) ? mx_report() : 0;
}

const char *mlx_string_data(mlx_string str) {
  return str.ctx ? str.ctx : "";
}

int mlx_string_free(mlx_string str) {
  free(str.ctx);
  return 0;
}
