/* What the io files of the C API share. */
#ifndef MX_CAPI_IO_H
#define MX_CAPI_IO_H

#include "io/file.h"
#include "io/table.h"
#include "mlx/c/map.h"

/* A file to read. Close it also when this failed. */
int mx_capi_source(mx_source *src, const char *op, const char *file);
/* A file to write; the extension is put behind a name without it. Close it also when this
 * failed. */
int mx_capi_sink(mx_sink *out, const char *op, const char *file, const char *extension);
/* Puts a map's arrays into an empty table and seals it. */
int mx_capi_read_arrays(mx_table *t, const char *op, const mlx_map_string_to_array map);

#endif
