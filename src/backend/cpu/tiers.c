/* Owns the choice of the instruction-set tier, made once. */
#include "backend/cpu/tiers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
static const char *const names[] = {"ref", "avx2", "avx512", "avx512bf16"};
#elif defined(__aarch64__)
static const char *const names[] = {"ref", "neon"};
#else
static const char *const names[] = {"ref"};
#endif

static int chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int detect(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi2"))
    return 0;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return 1;
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") ? 3 : 2;
#elif defined(__aarch64__)
  return 1;
#else
  return 0;
#endif
}

static void choose(void) {
  const char *cap = getenv("MLX_CPU_ISA");
  chosen = detect();
  for (int t = 0; cap && t < chosen; t++)
    if (strcmp(cap, names[t]) == 0)
      chosen = t;
}

int mx_cpu_tier(void) {
  pthread_once(&once, choose);
  return chosen;
}

const char *mx_cpu_tier_name(void) {
  return names[mx_cpu_tier()];
}
