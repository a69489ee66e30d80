/* The safetensors format. */
#ifndef MX_IO_SAFETENSORS_H
#define MX_IO_SAFETENSORS_H

#include "io/file.h"
#include "io/table.h"

/* Fills two empty tables, seals them: the tensors, evaluated and where possible over the mapping,
 * and the metadata, strings. On failure the tables stay empty. */
int mx_load_safetensors(mx_table *arrays, mx_table *metadata, const mx_source *src);
/* Writes sealed tables; evaluates the arrays first. */
int mx_save_safetensors(mx_sink *out, const mx_table *arrays, const mx_table *metadata);

#endif
