// What the targets of the file formats share: a source over the input, and a reader of all it gave.
#ifndef FUZZ_IO_H
#define FUZZ_IO_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "io/table.h"

static void fuzz_drop(mx_buffer *b) { free(b->host); }

// The bytes stand alone in an allocation of their size, so that the sanitizer sees one too many.
static mx_source fuzz_source(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size ? size : 1);
  if (!copy) abort();
  if (size) memcpy(copy, data, size);
  mx_buffer *map = mx_buffer_wrap(copy, size, false, fuzz_drop, NULL);
  if (!map) abort();
  return (mx_source){.op = "fuzz", .label = "input", .map = map, .size = size};
}

static void fuzz_touch(const mx_table *t) {
  static volatile uint8_t sink;
  for (size_t i = 0; i < t->n; i++) {
    const mx_entry *e = &t->entries[i];
    const uint8_t *p = e->array && e->array->size ? mx_data(e->array) : NULL;
    for (size_t k = 0; p && k < mx_nbytes(e->array); k++) sink = (uint8_t)(sink + p[k]);
    for (size_t k = 0; e->strings && k < e->strings->n; k++)
      for (size_t c = 0; c < e->strings->lens[k]; c++)
        sink = (uint8_t)(sink + e->strings->data[k][c]);
  }
}

#endif
