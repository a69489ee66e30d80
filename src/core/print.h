/* Arrays as text, exactly as MLX prints them. */
#ifndef MX_CORE_PRINT_H
#define MX_CORE_PRINT_H

#include "core/array.h"

/* "array([1, 2], dtype=int32)"; evaluates; the caller frees. NULL with an error recorded. */
char *mx_array_text(mx_array *a);

/* Digits after the point of floats, fixed notation; -1 for the default of six significant digits. */
void mx_print_set_precision(int precision);
int mx_print_precision(void);

#endif
