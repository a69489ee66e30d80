/* LAPACK, opened at run time: the library needs none to be linked or loaded.
 * MLX_LAPACK names a library; else OpenBLAS of the system or of the Python package
 * scipy-openblas32, else any liblapack.so.3. */
#ifndef MX_CPU_LAPACK_H
#define MX_CPU_LAPACK_H

#include "mlx/c/array.h"

enum mx_lapack_routine {
  MX_POTRF, MX_GETRF, MX_GETRI, MX_GETRS, MX_TRTRI, MX_TRTRS, MX_GEQRF, MX_ORGQR, MX_GESDD,
  MX_SYEVD, MX_GEEV, MX_LAPACK_ROUTINES
};

/* To be cast to the routine's own type. */
typedef void (*mx_lapack_fn)(void);

/* The routine for float32, float64 or complex64 (heevd for syevd); NULL after mx_fail where there
 * is no library or it lacks the routine. */
mx_lapack_fn mx_lapack(enum mx_lapack_routine r, mlx_dtype t);

#endif
