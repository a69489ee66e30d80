/* The handle of a gguf file's contents: ctx is an mx_gguf. */
#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"
#include "capi/io.h"
#include "io/gguf.h"
#include "mlx/c/io.h"

mlx_io_gguf mlx_io_gguf_new(void) {
  mx_gguf *g = calloc(1, sizeof *g);
  if (!g)
    mx_nomem("io_gguf"), mx_report();
  return (mlx_io_gguf){g};
}

int mlx_io_gguf_free(mlx_io_gguf io) {
  if (io.ctx)
    mx_gguf_free(io.ctx);
  free(io.ctx);
  return 0;
}

int mlx_load_gguf(mlx_io_gguf *gguf, const char *file, const mlx_stream s) {
  mx_source src;
  mx_gguf *g = NULL;
  (void)s;
  int bad = gguf ? 0 : mx_fail(MX_VALUE, "[load_gguf] no place for the result");
  if (!bad && !(g = calloc(1, sizeof *g)))
    bad = mx_nomem("load_gguf");
  if (!bad) {
    bad = mx_capi_source(&src, "load_gguf", file) || mx_load_gguf(g, &src);
    mx_source_close(&src);
  }
  if (bad) {
    free(g);
    return mx_report();
  }
  mlx_io_gguf_free(*gguf);
  gguf->ctx = g;
  return 0;
}

int mlx_save_gguf(const char *file, mlx_io_gguf gguf) {
  mx_sink out = {0};
  mx_scope scope = mx_scope_open();
  int bad = gguf.ctx ? 0 : mx_fail(MX_VALUE, "[save_gguf] an empty handle");
  bad = bad || mx_capi_sink(&out, "save_gguf", file, ".gguf") || mx_save_gguf(&out, gguf.ctx);
  bad = mx_sink_close(&out, bad);
  mx_scope_close(scope, NULL);
  return bad ? mx_report() : 0;
}

/* ---- reading ---- */

enum kind { ARRAY, METADATA_ARRAY, STRING, STRINGS, ANY_STRINGS };

static const mx_entry *find(enum kind kind, mlx_io_gguf io, const char *key) {
  const mx_gguf *g = io.ctx;
  if (!g || !key)
    return NULL;
  const mx_entry *e = mx_table_find(kind == ARRAY ? &g->arrays : &g->metadata, key);
  if (!e)
    return NULL;
  bool fits = kind <= METADATA_ARRAY ? e->array != NULL
                                     : e->strings && (kind == ANY_STRINGS ||
                                                      e->strings->single == (kind == STRING));
  return fits ? e : NULL;
}

/* Without reporting: a caller may ask for a key to learn whether there is one. The calls below then
 * return 2. */
static const mx_entry *need(enum kind kind, mlx_io_gguf io, const char *key) {
  static const char *const names[] = {"array", "metadata array", "metadata string",
                                      "list of metadata strings", "metadata strings"};
  const mx_entry *e = find(kind, io, key);
  if (!e)
    mx_fail(MX_VALUE, "[io_gguf] there is no %s '%s'", names[kind], key ? key : "(none)");
  return e;
}

static int has(bool *flag, enum kind kind, mlx_io_gguf io, const char *key) {
  if (!flag)
    return mx_fail(MX_VALUE, "[io_gguf] no place for the result"), mx_report();
  *flag = find(kind, io, key) != NULL;
  return 0;
}

/* Public handles report their own errors. */
static int get_names(mlx_vector_string *keys, const mx_table *t) {
  mlx_vector_string v = mlx_vector_string_new();
  int bad = !v.ctx || !keys;
  for (size_t i = 0; t && i < t->n && !bad; i++)
    bad = mlx_vector_string_append_value(v, t->entries[i].name);
  if (bad) {
    mlx_vector_string_free(v);
    return 1;
  }
  mlx_vector_string_free(*keys);
  *keys = v;
  return 0;
}

int mlx_io_gguf_get_keys(mlx_vector_string *keys, mlx_io_gguf io) {
  const mx_gguf *g = io.ctx;
  return get_names(keys, g ? &g->arrays : NULL);
}

int mlx_io_gguf_get_metadata_keys(mlx_vector_string *keys, mlx_io_gguf io) {
  const mx_gguf *g = io.ctx;
  return get_names(keys, g ? &g->metadata : NULL);
}

int mlx_io_gguf_get_array(mlx_array *arr, mlx_io_gguf io, const char *key) {
  const mx_entry *e = need(ARRAY, io, key);
  return e ? mlx_array_set(arr, (mlx_array){e->array}) : 2;
}

int mlx_io_gguf_get_metadata_array(mlx_array *arr, mlx_io_gguf io, const char *key) {
  const mx_entry *e = need(METADATA_ARRAY, io, key);
  return e ? mlx_array_set(arr, (mlx_array){e->array}) : 2;
}

/* A C string of bytes that need not end in NUL. */
static char *c_string(const char *data, size_t len) {
  char *s = malloc(len + 1);
  if (!s) {
    mx_nomem("io_gguf");
    return NULL;
  }
  memcpy(s, data, len);
  s[len] = 0;
  return s;
}

int mlx_io_gguf_get_metadata_string(mlx_string *str, mlx_io_gguf io, const char *key) {
  const mx_entry *e = need(STRING, io, key);
  if (!e)
    return 2;
  char *s = c_string(e->strings->data[0], e->strings->lens[0]);
  int bad = !s || mx_string_set(str, s);
  free(s);
  return bad ? mx_report() : 0;
}

int mlx_io_gguf_get_metadata_vector_string(mlx_vector_string *vstr, mlx_io_gguf io,
                                           const char *key) {
  const mx_entry *e = need(STRINGS, io, key);
  if (!e)
    return 2;
  mlx_vector_string v = mlx_vector_string_new();
  int bad = !v.ctx || !vstr;
  for (size_t i = 0; i < e->strings->n && !bad; i++) {
    char *s = c_string(e->strings->data[i], e->strings->lens[i]);
    bad = s ? mlx_vector_string_append_value(v, s) : mx_report();
    free(s);
  }
  if (bad) {
    mlx_vector_string_free(v);
    return 1;
  }
  mlx_vector_string_free(*vstr);
  *vstr = v;
  return 0;
}

int mlx_io_gguf_get_metadata_strings(const char *const **data, const size_t **lengths, size_t *n,
                                     mlx_io_gguf io, const char *key) {
  const mx_entry *e = need(ANY_STRINGS, io, key);
  if (!e)
    return 2;
  if (!data || !lengths || !n)
    return mx_fail(MX_VALUE, "[io_gguf] no place for the result"), mx_report();
  *data = e->strings->data;
  *lengths = e->strings->lens;
  *n = e->strings->n;
  return 0;
}

int mlx_io_gguf_has_metadata_array(bool *flag, mlx_io_gguf io, const char *key) {
  return has(flag, METADATA_ARRAY, io, key);
}

int mlx_io_gguf_has_metadata_string(bool *flag, mlx_io_gguf io, const char *key) {
  return has(flag, STRING, io, key);
}

int mlx_io_gguf_has_metadata_vector_string(bool *flag, mlx_io_gguf io, const char *key) {
  return has(flag, STRINGS, io, key);
}

/* ---- writing ---- */

static int set_array(mlx_io_gguf io, bool metadata, const char *key, const mlx_array arr) {
  mx_gguf *g = io.ctx;
  mx_array *a = g && key ? mx_in(arr, "io_gguf_set") : NULL;
  if (!g || !key)
    mx_fail(MX_VALUE, "[io_gguf_set] an empty handle or key");
  if (!a || mx_table_set(metadata ? &g->metadata : &g->arrays, "io_gguf_set", key, a, NULL))
    return mx_report();
  return 0;
}

int mlx_io_gguf_set_array(mlx_io_gguf io, const char *key, const mlx_array arr) {
  return set_array(io, false, key, arr);
}

int mlx_io_gguf_set_metadata_array(mlx_io_gguf io, const char *key, const mlx_array marr) {
  return set_array(io, true, key, marr);
}

static int set_strings(mlx_io_gguf io, const char *key, size_t n, const char *const *data,
                       bool single) {
  mx_gguf *g = io.ctx;
  if (!g || !key)
    return mx_fail(MX_VALUE, "[io_gguf_set] an empty handle or key");
  size_t *lens = malloc((n + 1) * sizeof *lens);
  if (!lens)
    return mx_nomem("io_gguf_set");
  for (size_t i = 0; i < n; i++)
    lens[i] = strlen(data[i]);
  mx_strings *s = mx_strings_copy(n, data, lens, single, "io_gguf_set");
  free(lens);
  return !s || mx_table_set(&g->metadata, "io_gguf_set", key, NULL, s);
}

int mlx_io_gguf_set_metadata_string(mlx_io_gguf io, const char *key, const char *mstr) {
  if (!mstr)
    return mx_fail(MX_VALUE, "[io_gguf_set] no string"), mx_report();
  return set_strings(io, key, 1, &mstr, true) ? mx_report() : 0;
}

int mlx_io_gguf_set_metadata_vector_string(mlx_io_gguf io, const char *key,
                                           const mlx_vector_string mvstr) {
  size_t n = mlx_vector_string_size(mvstr);
  char **data = malloc((n + 1) * sizeof *data);
  int bad = data ? 0 : mx_nomem("io_gguf_set");
  for (size_t i = 0; i < n && !bad; i++)
    if (mlx_vector_string_get(&data[i], mvstr, i)) {
      free(data);
      return 1;
    }
  bad = bad || set_strings(io, key, n, (const char *const *)data, false);
  free(data);
  return bad ? mx_report() : 0;
}
