/* Reading the metadata of a gguf file. A key that is absent or of another kind gives the caller's
 * default; running out of memory does, too, and is remembered: ask once at the end. */
#ifndef LM_METADATA_H
#define LM_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lm/tokenizer.h"
#include "mlx/c/array.h"
#include "mlx/c/io_types.h"

typedef struct lm_metadata {
  mlx_io_gguf file;
  bool no_memory;
} lm_metadata;

int64_t lm_metadata_int(lm_metadata *m, const char *key, int64_t otherwise);
double lm_metadata_float(lm_metadata *m, const char *key, double otherwise);
/* The caller frees it; NULL where there is none. */
char *lm_metadata_string(lm_metadata *m, const char *key);
/* Strings of a list, borrowed from the file in an array that the caller frees; NULL where there is
 * none. */
lm_span *lm_metadata_strings(lm_metadata *m, const char *key, size_t *n);
/* A 1-d array of this dtype and length; empty where there is none. The caller frees it. */
mlx_array lm_metadata_array(lm_metadata *m, const char *key, mlx_dtype dtype, size_t n);
/* Nonzero, with the error recorded, when memory ran out. */
int lm_metadata_check(const lm_metadata *m);

#endif
