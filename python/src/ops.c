/* Owns the functions and methods that the op table gives. */
#include <stdlib.h>

#include "call.h"
#include "gen/adapters.h"
#include "gen/ops.h"
#include "methods.h"
#include "named.h"

#include "gen/ops.inc"

PyMethodDef *mxp_array_methods = generated_methods;

int mxp_ops_init(PyObject *module) {
  static const struct {
    const char *name;
    PyMethodDef *functions;
  } modules[] = {{"random", random_functions},
                 {"fft", fft_functions},
                 {"linalg", linalg_functions},
                 {"fast", fast_functions}};
  if (mxp_add_functions(module, core_functions)) return -1;
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    PyObject *sub = mxp_submodule(module, modules[i].name);
    if (!sub || mxp_add_functions(sub, modules[i].functions)) return -1;
  }
  return mxp_named_init();
}
