/* Owns the reading of single values from gguf metadata. */
#include "lm/metadata.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lm/graph.h"
#include "mlx/c/string.h"

/* Notes a call that failed. */
static bool failed(lm_metadata *m, int bad) {
  if (bad && lm_mlx_no_memory())
    m->no_memory = true;
  return bad;
}

static bool number(lm_metadata *m, const char *key, double *value) {
  bool has = false;
  if (mlx_io_gguf_has_metadata_array(&has, m->file, key) || !has)
    return false;
  mlx_array a = mlx_array_new();
  bool ok = !failed(m, mlx_io_gguf_get_metadata_array(&a, m->file, key) ||
                           mlx_array_item_float64(value, a));
  mlx_array_free(a);
  return ok;
}

int64_t lm_metadata_int(lm_metadata *m, const char *key, int64_t otherwise) {
  double v;
  return number(m, key, &v) && fabs(v) < 9e15 ? (int64_t)v : otherwise;
}

double lm_metadata_float(lm_metadata *m, const char *key, double otherwise) {
  double v;
  return number(m, key, &v) ? v : otherwise;
}

char *lm_metadata_string(lm_metadata *m, const char *key) {
  bool has = false;
  char *copy = NULL;
  if (mlx_io_gguf_has_metadata_string(&has, m->file, key) || !has)
    return NULL;
  mlx_string s = mlx_string_new();
  if (!failed(m, mlx_io_gguf_get_metadata_string(&s, m->file, key)) &&
      !(copy = strdup(mlx_string_data(s))))
    m->no_memory = true;
  mlx_string_free(s);
  return copy;
}

lm_span *lm_metadata_strings(lm_metadata *m, const char *key, size_t *n) {
  const char *const *data;
  const size_t *lengths;
  *n = 0;
  if (failed(m, mlx_io_gguf_get_metadata_strings(&data, &lengths, n, m->file, key)))
    return NULL;
  lm_span *spans = malloc((*n ? *n : 1) * sizeof *spans);
  if (!spans) {
    m->no_memory = true;
    *n = 0;
    return NULL;
  }
  for (size_t i = 0; i < *n; i++)
    spans[i] = (lm_span){data[i], lengths[i]};
  return spans;
}

mlx_array lm_metadata_array(lm_metadata *m, const char *key, mlx_dtype dtype, size_t n) {
  bool has = false;
  mlx_array a = mlx_array_new();
  if (mlx_io_gguf_has_metadata_array(&has, m->file, key) || !has ||
      failed(m, mlx_io_gguf_get_metadata_array(&a, m->file, key)) ||
      (mlx_array_dtype(a) == dtype && mlx_array_ndim(a) == 1 && mlx_array_size(a) == n))
    return a;
  mlx_array_free(a);
  return mlx_array_new();
}

int lm_metadata_check(const lm_metadata *m) {
  return m->no_memory ? lm_nomem("metadata of the gguf file") : 0;
}
