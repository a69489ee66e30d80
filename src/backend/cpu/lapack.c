/* Owns the handle of the LAPACK library, opened once and kept. */
#define _GNU_SOURCE
#include "backend/cpu/lapack.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/pool.h"

enum { TYPES = 3 };

static const char *const names[MX_LAPACK_ROUTINES] = {"potrf", "getrf", "getri", "getrs",
                                                      "trtri", "trtrs", "geqrf", "orgqr",
                                                      "gesdd", "syevd", "geev"};
static mx_lapack_fn found[MX_LAPACK_ROUTINES][TYPES];
static char reason[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static mx_lapack_fn symbol(void *library, const char *name) {
  char prefixed[64];
  mx_lapack_fn fn;
  void *p = dlsym(library, name);
  if (!p) {
    snprintf(prefixed, sizeof prefixed, "scipy_%s", name);
    p = dlsym(library, prefixed);
  }
  memcpy(&fn, &p, sizeof fn);
  return fn;
}

static void *open_one(const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *text = dlerror();
    if (!reason[0])
      snprintf(reason, sizeof reason, "%s", text ? text : name);
    return NULL;
  }
  if (symbol(library, "sgetrf_") && symbol(library, "dgetrf_"))
    return library;
  snprintf(reason, sizeof reason, "%s has no sgetrf_", name);
  dlclose(library);
  return NULL;
}

/* The wheel beside the Python package that this code lies in: site-packages/mlx, or mlx/lib. */
static void *open_wheel(void) {
  static const char wheel[] = "scipy_openblas32/lib/libscipy_openblas.so";
  static const char *const above[] = {"..", "../.."};
  char path[4096];
  Dl_info self;
  void *library = NULL;
  if (!dladdr(names, &self) || !self.dli_fname)
    return NULL;
  const char *end = strrchr(self.dli_fname, '/');
  int n = end ? (int)(end - self.dli_fname) : 0;
  for (size_t i = 0; n && !library && i < sizeof above / sizeof *above; i++) {
    int length = snprintf(path, sizeof path, "%.*s/%s/%s", n, self.dli_fname, above[i], wheel);
    if (length > 0 && (size_t)length < sizeof path)
      library = open_one(path);
  }
  return library;
}

static void *open_any(void) {
  const char *chosen = getenv("MLX_LAPACK");
  if (chosen && *chosen)
    return open_one(chosen);
  void *library = open_one("libopenblas.so.0");
  library = library ? library : open_wheel();
  library = library ? library : open_one("libscipy_openblas.so");
  return library ? library : open_one("liblapack.so.3");
}

/* On processors that it does not know, OpenBLAS takes kernels without AVX-512. */
static void choose_kernels(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
#endif
}

static void set_threads(void *library) {
  if (getenv("OPENBLAS_NUM_THREADS"))
    return;
  mx_lapack_fn fn = symbol(library, "openblas_set_num_threads");
  if (fn)
    ((void (*)(int))fn)(mx_thread_count());
}

static void load(void) {
  static const char letters[TYPES] = {'s', 'd', 'c'};
  char name[32];
  choose_kernels();
  void *library = open_any();
  if (!library)
    return;
  set_threads(library);
  for (int r = 0; r < MX_LAPACK_ROUTINES; r++)
    for (int t = 0; t < TYPES; t++) {
      const char *base = letters[t] != 'c' ? names[r]
                         : r == MX_SYEVD   ? "heevd"
                         : r == MX_ORGQR   ? "ungqr"
                                           : names[r];
      snprintf(name, sizeof name, "%c%s_", letters[t], base);
      found[r][t] = symbol(library, name);
    }
  snprintf(reason, sizeof reason, "the library lacks it");
}

mx_lapack_fn mx_lapack(enum mx_lapack_routine r, mlx_dtype t) {
  pthread_once(&once, load);
  int type = t == MLX_COMPLEX64 ? 2 : t == MLX_FLOAT64;
  if (found[r][type])
    return found[r][type];
  mx_fail(
      MX_RUNTIME,
      "[linalg] no LAPACK for %s: install libopenblas0 or the Python package scipy-openblas32, or "
      "name a library in MLX_LAPACK (%s)",
      names[r], reason);
  return NULL;
}
