/* Files and streams as the formats see them: a source of bytes at offsets, a sink of bytes in turn,
 * a cursor over bytes in memory. Sizes and offsets come from outside: nothing here trusts one.
 *
 * A source over a file is one read-only mapping, a buffer that every array of the file shares, so
 * the mapping goes with the last of them. A sink over a file writes beside it and renames when all
 * is there: who has the old file mapped keeps the old bytes, and a failure leaves it untouched. */
#ifndef MX_IO_FILE_H
#define MX_IO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/array.h"
#include "mlx/c/io_types.h"

/* ---- a caller's reader or writer ---- */

typedef struct mx_io {
  void *desc;
  mlx_io_vtable vt;
} mx_io;

/* The caller's name for it, or a stand-in. */
const char *mx_io_label(const mx_io *io);

/* ---- source ---- */

typedef struct mx_source {
  const char *op;    /* "load_npy": opens every error text */
  const char *label; /* borrowed */
  mx_buffer *map;    /* the bytes, or NULL where io is read */
  bool paged;        /* map is a file's mapping: pages given back come again */
  mx_io *io;
  uint64_t base; /* byte 0 of the source: in the map, or as a position of io */
  uint64_t size; /* bytes from there to the end */
} mx_source;

int mx_source_file(mx_source *src, const char *op, const char *path);
int mx_source_io(mx_source *src, const char *op, mx_io *io);
void mx_source_close(mx_source *src);
/* Bytes [off, off + n) of a source as one of its own; to be closed too. */
int mx_source_part(mx_source *part, const mx_source *src, uint64_t off, uint64_t n);
/* Copies bytes [off, off + n); outside the source: error. */
int mx_source_read(const mx_source *src, void *dst, uint64_t off, size_t n);
/* Elements of a shape that a file states for `name`, item bytes each; negative with an error
 * recorded where a length is negative or their product is beyond what can be addressed. */
int64_t mx_file_count(const mx_source *src, const char *name, const int64_t *shape, int ndim,
                      size_t item);
/* An array of the file's bytes from `off`, in this machine's byte order: over the mapping where
 * there is one and the offset suits the dtype, else a copy. */
mx_array *mx_source_array(const mx_source *src, mx_spec spec, uint64_t off);

/* ---- sink ---- */

typedef struct mx_sink {
  const char *op;
  const char *label;
  FILE *file;
  char *path, *temp; /* temp is renamed to path at the end; NULL where written in place */
  mx_io *io;
} mx_sink;

int mx_sink_file(mx_sink *out, const char *op, const char *path);
int mx_sink_io(mx_sink *out, const char *op, mx_io *io);
int mx_sink_write(mx_sink *out, const void *data, size_t n);
int mx_sink_zeros(mx_sink *out, size_t n);
/* The elements of an evaluated array in row-major order. */
int mx_sink_array(mx_sink *out, const mx_array *a);
/* Closes it. Keeps the file only where `failed` is zero. Nonzero where there is no file now. */
int mx_sink_close(mx_sink *out, int failed);

/* ---- cursor: reading past the end gives zeros and sets bad, once and for all ---- */

typedef struct mx_cursor {
  const uint8_t *data;
  size_t size, at;
  bool bad;
} mx_cursor;

static inline size_t mx_cursor_left(const mx_cursor *c) {
  return c->size - c->at;
}
/* The next n bytes, or NULL. */
const uint8_t *mx_take_bytes(mx_cursor *c, uint64_t n);
uint8_t mx_take_u8(mx_cursor *c);
uint16_t mx_take_u16(mx_cursor *c);
uint32_t mx_take_u32(mx_cursor *c);
uint64_t mx_take_u64(mx_cursor *c);
float mx_take_f32(mx_cursor *c);
double mx_take_f64(mx_cursor *c);

/* ---- ranges ---- */

typedef struct mx_range {
  uint64_t begin, end;
} mx_range;

/* Sorts; true when two of them share a byte. */
bool mx_ranges_overlap(mx_range *r, size_t n);

#endif
