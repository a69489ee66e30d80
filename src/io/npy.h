/* The npy format: one array. */
#ifndef MX_IO_NPY_H
#define MX_IO_NPY_H

#include "io/file.h"

/* Versions 1 to 3, either byte order and element order. The array belongs to the open scope. */
mx_array *mx_load_npy(const mx_source *src);
/* Evaluates and writes; elements in memory order where that is C or Fortran order. */
int mx_save_npy(mx_sink *out, mx_array *a);

#endif
