/* What fills one tier's part of the row and reduction tables. */
#ifndef MX_CPU_ROWS_SIMD_H
#define MX_CPU_ROWS_SIMD_H

#include "backend/cpu/reduce.h"
#include "backend/cpu/rows.h"
#include "backend/cpu/simd/tier.h"

void MX_SIMD(fill_rows)(mx_rows_kernels *k);
void MX_SIMD(fill_reduce)(mx_reduce_kernels *k);

#endif
