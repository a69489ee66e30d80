/* The gguf format: what a file holds, loaded as MLX loads it. */
#ifndef MX_IO_GGUF_H
#define MX_IO_GGUF_H

#include "io/file.h"
#include "io/table.h"

/* Both tables are sealed. The strings of metadata that came from a file point into `map`. */
typedef struct mx_gguf {
  mx_table arrays, metadata;
  mx_buffer *map;
} mx_gguf;

/* Fills an empty one; on failure it stays empty. Plain tensors, if not small, lie over the mapping;
 * Q4_0, Q4_1 and Q8_0 become NAME.weight (packed codes), NAME.scales, NAME.biases, groups of 32;
 * other quantized types float16. */
int mx_load_gguf(mx_gguf *g, const mx_source *src);
/* Evaluates the arrays and writes version 3. */
int mx_save_gguf(mx_sink *out, const mx_gguf *g);
void mx_gguf_free(mx_gguf *g);

/* Types of metadata values, as the file numbers them. */
enum mx_gguf_value {
  MX_GGUF_U8, MX_GGUF_I8, MX_GGUF_U16, MX_GGUF_I16, MX_GGUF_U32, MX_GGUF_I32, MX_GGUF_F32,
  MX_GGUF_BOOL, MX_GGUF_STRING, MX_GGUF_ARRAY, MX_GGUF_U64, MX_GGUF_I64, MX_GGUF_F64,
  MX_GGUF_VALUES
};

#define MX_GGUF_ALIGNMENT 32 /* where general.alignment does not say otherwise */
#define MX_GGUF_MAX_DIMS 8   /* the format says 4, MLX writes up to 8 */

#endif
