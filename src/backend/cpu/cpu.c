/* The CPU backend's front: hands each step to its engine. */
#include "backend/cpu/engines.h"
#include "base/error.h"

typedef int (*engine)(const mx_step *);

static const engine engines[MX_PRIM_COUNT] = {
#define MX_ENGINE_OF(PRIM, name) [MX_PRIM_##PRIM] = mx_cpu_##name,
#include "gen/engines.inc"
#undef MX_ENGINE_OF
};

static int run(const mx_step *step) {
  if (!step->op)
    return mx_cpu_tape(step);
  engine e = engines[step->op->prim];
  return e ? e(step) : mx_fail(MX_RUNTIME, "[cpu] no engine for primitive %d", step->op->prim);
}

const mx_backend mx_cpu_backend = {"cpu", run};
