/* Tensor types of gguf: block layouts and what each is turned into.
 * A block is `values` consecutive elements of the last axis in `bytes` bytes. */
#ifndef MX_IO_GGUF_TYPES_H
#define MX_IO_GGUF_TYPES_H

#include <stdint.h>

#include "mlx/c/array.h"

typedef struct mx_gguf_type {
  const char *name;
  uint32_t id;
  uint16_t values, bytes;
  mlx_dtype dtype; /* of the array it becomes */
  uint8_t bits;    /* of a code, where it stays quantized */
  /* Blocks to floats. NULL where the file's bytes are the array's, or where it stays quantized. */
  void (*decode)(const uint8_t *src, int64_t blocks, float *dst);
  /* Blocks to codes (values * bits / 8 bytes each), float16 scales and biases. */
  void (*repack)(const uint8_t *src, int64_t blocks, uint8_t *codes, uint16_t *scales,
                 uint16_t *biases);
} mx_gguf_type;

/* NULL when unknown or not supported. */
const mx_gguf_type *mx_gguf_type_by_id(uint32_t id);
/* The type that holds a dtype as it is; NULL when there is none. */
const mx_gguf_type *mx_gguf_type_of(mlx_dtype dtype);

/* Decodes blocks to float16. */
void mx_gguf_decode(const mx_gguf_type *type, const uint8_t *src, int64_t blocks, uint16_t *dst);

#endif
