/* Functions in files: traces of a function, each for one kind of arguments, written as operations
 * by name and read as what nobody vouches for.
 *
 *   uint64 length and the library's version string; "CMLXFUN1"; then traces and at most one text; a
 * zero byte text: a byte 2, u32 length, bytes: what the writer says about the functions trace: a
 * byte 1, uint64 bytes of description, uint64 place where the trace ends, description, constants
 *   description:
 *     byte shapeless; u32 arguments, u32 keywords and their names; a spec each
 *     u32 constants: a spec and uint64 place in the file each (multiples of 64)
 *     u32 operations: name, byte device, inputs (u32 count, i32 values; -1 absent), parameters (u32
 *       count, words), outputs (u32 count, specs)
 *     u32 outputs: i32 values
 *   name: u32 length, bytes.  spec: name of the dtype, u32 dimensions, int64 lengths
 * Numbers are little endian. Values are numbered: arguments, constants, outputs of operations. */
#ifndef MX_TRANSFORMS_EXPORT_H
#define MX_TRANSFORMS_EXPORT_H

#include "base/text.h"
#include "transforms/trace.h"

#define MX_EXPORT_MAGIC "CMLXFUN1"

/* The arguments of a call: positional ones, then keywords in the order of their names. */
typedef struct mx_call_args {
  mx_vec v;
  size_t n_names;
  const char *const *names;
} mx_call_args;

typedef struct mx_exporter mx_exporter;
mx_exporter *mx_exporter_open(const char *path, bool shapeless);
/* Traces f over arguments like these and writes the trace. */
int mx_exporter_add(mx_exporter *x, mx_fun f, const mx_call_args *args);
/* A text to go with the functions; once, before they are closed. */
int mx_exporter_set_metadata(mx_exporter *x, const char *text);
int mx_exporter_close(mx_exporter *x); /* nothing can be added after; a second call does nothing */
void mx_exporter_free(mx_exporter *x); /* closes; NULL is fine */

typedef struct mx_imported mx_imported;
mx_imported *mx_import_file(const char *path);
/* Of a copy of the bytes. */
mx_imported *mx_import_bytes(const void *data, size_t n);
void mx_imported_free(mx_imported *f); /* NULL is fine */
const char *mx_imported_metadata(const mx_imported *f); /* "" when there is none */
int mx_imported_call(mx_imported *f, const mx_call_args *args, mx_vec *out);

/* For messages: "1 positional inputs and 0 keyword inputs:\n   1: (2,3) float32\n". */
void mx_describe_call(mx_text *t, const char *indent, const mx_call_args *args);

#endif
