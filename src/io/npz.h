/* The npz format: a zip file of npy files, stored or deflated, of any size (ZIP64). */
#ifndef MX_IO_NPZ_H
#define MX_IO_NPZ_H

#include "io/file.h"
#include "io/table.h"

/* Fills an empty table with the members by name, without ".npy", and seals it; what stands there on
 * failure is to be freed too. Stored members lie over the mapping; every checksum is compared. */
int mx_load_npz(mx_table *t, const mx_source *src);
/* Evaluates the arrays. */
int mx_save_npz(mx_sink *out, const mx_table *t, bool compressed);

#endif
