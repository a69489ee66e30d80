/* Writing gguf version 3: header, metadata, tensor infos, padding, data; in the tables' order. */
#include <string.h>

#include "base/error.h"
#include "io/gguf.h"
#include "io/gguf_types.h"

static int put_u32(mx_sink *out, uint32_t v) {
  return mx_sink_write(out, &v, sizeof v);
}

static int put_u64(mx_sink *out, uint64_t v) {
  return mx_sink_write(out, &v, sizeof v);
}

static int put_string(mx_sink *out, const char *s, size_t n) {
  return put_u64(out, n) || mx_sink_write(out, s, n);
}

static uint64_t string_size(size_t n) {
  return sizeof(uint64_t) + n;
}

static int value_type(const mx_entry *e, uint32_t *type) {
  static const int8_t of[MX_DTYPE_COUNT] = {
      [MLX_BOOL] = MX_GGUF_BOOL,  [MLX_UINT8] = MX_GGUF_U8,    [MLX_UINT16] = MX_GGUF_U16,
      [MLX_UINT32] = MX_GGUF_U32, [MLX_UINT64] = MX_GGUF_U64,  [MLX_INT8] = MX_GGUF_I8,
      [MLX_INT16] = MX_GGUF_I16,  [MLX_INT32] = MX_GGUF_I32,   [MLX_INT64] = MX_GGUF_I64,
      [MLX_FLOAT16] = -1,         [MLX_FLOAT32] = MX_GGUF_F32, [MLX_FLOAT64] = -1,
      [MLX_BFLOAT16] = -1,        [MLX_COMPLEX64] = -1,
  };
  const mx_array *a = e->array;
  if (!a) {
    *type = MX_GGUF_STRING;
    return 0;
  }
  if (of[a->dtype] < 0)
    return mx_fail(MX_VALUE, "[save_gguf] array type %s is not supported for metadata ('%s')",
                   mx_dtype_name((mlx_dtype)a->dtype), e->name);
  if (a->ndim > 1)
    return mx_fail(MX_RUNTIME, "[save_gguf] metadata '%s' has more than one dimension", e->name);
  if (a->size == 0)
    return mx_fail(MX_RUNTIME, "[save_gguf] metadata '%s' is an empty array", e->name);
  *type = (uint32_t)of[a->dtype];
  return 0;
}

static int put_pair(mx_sink *out, const mx_entry *e) {
  uint32_t type = MX_GGUF_STRING;
  if (value_type(e, &type) || put_string(out, e->name, strlen(e->name)))
    return 1;
  if (e->array ? e->array->ndim == 1 : !e->strings->single) {
    uint64_t n = e->array ? (uint64_t)e->array->size : e->strings->n;
    if (put_u32(out, MX_GGUF_ARRAY) || put_u32(out, type) || put_u64(out, n))
      return 1;
  } else if (put_u32(out, type)) {
    return 1;
  }
  if (e->array)
    return mx_sink_array(out, e->array);
  for (size_t i = 0; i < e->strings->n; i++)
    if (put_string(out, e->strings->data[i], e->strings->lens[i]))
      return 1;
  return 0;
}

/* Bytes that put_pair writes. */
static uint64_t pair_size(const mx_entry *e) {
  uint64_t size = string_size(strlen(e->name)) + sizeof(uint32_t);
  if (e->array ? e->array->ndim == 1 : !e->strings->single)
    size += sizeof(uint32_t) + sizeof(uint64_t);
  if (e->array)
    return size + mx_nbytes(e->array);
  for (size_t i = 0; i < e->strings->n; i++)
    size += string_size(e->strings->lens[i]);
  return size;
}

static int put_info(mx_sink *out, const mx_entry *e, uint64_t offset) {
  const mx_array *a = e->array;
  const mx_gguf_type *type = mx_gguf_type_of((mlx_dtype)a->dtype);
  if (!type)
    return mx_fail(MX_RUNTIME, "[save_gguf] dtype %s is not supported ('%s')",
                   mx_dtype_name((mlx_dtype)a->dtype), e->name);
  if (a->ndim > MX_GGUF_MAX_DIMS)
    return mx_fail(MX_RUNTIME, "[save_gguf] '%s' has %d dimensions, at most %d can be written",
                   e->name, a->ndim, MX_GGUF_MAX_DIMS);
  if (put_string(out, e->name, strlen(e->name)) || put_u32(out, a->ndim))
    return 1;
  for (int d = a->ndim - 1; d >= 0; d--)
    if (put_u64(out, (uint64_t)a->shape[d]))
      return 1;
  return put_u32(out, type->id) || put_u64(out, offset);
}

static uint64_t info_size(const mx_entry *e) {
  return string_size(strlen(e->name)) + 2 * sizeof(uint32_t) +
         ((uint64_t)e->array->ndim + 1) * sizeof(uint64_t);
}

static uint64_t padding(uint64_t at, uint64_t alignment) {
  return -at & (alignment - 1);
}

/* The alignment that the metadata promise. */
static int alignment_of(const mx_gguf *g, uint64_t *alignment) {
  const mx_entry *e = mx_table_find(&g->metadata, "general.alignment");
  *alignment = MX_GGUF_ALIGNMENT;
  if (!e)
    return 0;
  if (e->array && e->array->ndim == 0 && e->array->dtype == MLX_UINT32)
    *alignment = *(const uint32_t *)mx_data(e->array);
  else
    *alignment = 0;
  if (*alignment == 0 || (*alignment & (*alignment - 1)))
    return mx_fail(MX_RUNTIME, "[save_gguf] general.alignment is not a uint32 power of two");
  return 0;
}

static int eval_table(const mx_table *t) {
  for (size_t i = 0; i < t->n; i++)
    if (t->entries[i].array && mx_eval1(t->entries[i].array))
      return 1;
  return 0;
}

static int put_header(mx_sink *out, const mx_gguf *g, uint64_t alignment, uint64_t *size) {
  static const char magic[4] = {'G', 'G', 'U', 'F'};
  *size = sizeof magic + sizeof(uint32_t) + 2 * sizeof(uint64_t);
  if (mx_sink_write(out, magic, sizeof magic) || put_u32(out, 3) || put_u64(out, g->arrays.n) ||
      put_u64(out, g->metadata.n))
    return 1;
  for (size_t i = 0; i < g->metadata.n; i++) {
    if (put_pair(out, &g->metadata.entries[i]))
      return 1;
    *size += pair_size(&g->metadata.entries[i]);
  }
  uint64_t offset = 0;
  for (size_t i = 0; i < g->arrays.n; i++) {
    const mx_entry *e = &g->arrays.entries[i];
    offset += padding(offset, alignment);
    if (put_info(out, e, offset))
      return 1;
    *size += info_size(e);
    offset += mx_nbytes(e->array);
  }
  return 0;
}

int mx_save_gguf(mx_sink *out, const mx_gguf *g) {
  uint64_t alignment = 0, size = 0, offset = 0;
  if (eval_table(&g->metadata) || eval_table(&g->arrays) || alignment_of(g, &alignment) ||
      put_header(out, g, alignment, &size))
    return 1;
  if (g->arrays.n > 0 && mx_sink_zeros(out, (size_t)padding(size, alignment)))
    return 1;
  for (size_t i = 0; i < g->arrays.n; i++) {
    const mx_array *a = g->arrays.entries[i].array;
    uint64_t pad = padding(offset, alignment);
    if (mx_sink_zeros(out, (size_t)pad) || mx_sink_array(out, a))
      return 1;
    offset += pad + mx_nbytes(a);
  }
  return 0;
}
