/* The engines of the CPU backend: one function a row of the op table names.
 * `tape` runs fused groups of elementwise operations. */
#ifndef MX_CPU_ENGINES_H
#define MX_CPU_ENGINES_H

#include "backend/backend.h"

#define MX_ENGINE(name) int mx_cpu_##name(const mx_step *step);
#include "gen/engines.inc"
#undef MX_ENGINE

#endif
