/* What is known of each primitive; filled from the op table. */
#ifndef MX_CORE_PRIM_H
#define MX_CORE_PRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/prims.h"

const char *mx_prim_name(int prim);
bool mx_prim_elementwise(int prim);
bool mx_prim_view(int prim);

#endif
