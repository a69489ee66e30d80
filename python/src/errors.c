/* Owns the exceptions: what each kind of recorded error raises. */
#include "core.h"
#include "mlx/c/error.h"

static PyObject *out_of_range; /* both IndexError and ValueError */

/* The C API's own handler would end the process; the error stays recorded for mxp_raise. */
static void keep_quiet(const char *text, void *data) {
  (void)text, (void)data;
}

int mxp_errors_init(PyObject *module) {
  mlx_set_error_handler(keep_quiet, NULL, NULL);
  PyObject *bases = PyTuple_Pack(2, PyExc_IndexError, PyExc_ValueError);
  out_of_range =
      bases ? PyErr_NewExceptionWithDoc(
                  "mlx.core.OutOfRangeError",
                  "An axis or index out of range: an IndexError and a ValueError.", bases, NULL)
            : NULL;
  Py_XDECREF(bases);
  return out_of_range ? PyModule_AddObjectRef(module, "OutOfRangeError", out_of_range) : -1;
}

PyObject *mxp_raise(void) {
  if (PyErr_Occurred()) return NULL;
  PyObject *type = PyExc_RuntimeError;
  switch (mx_error_kind()) {
  case MX_VALUE:
    type = PyExc_ValueError;
    break;
  case MX_INDEX:
    type = out_of_range;
    break;
  case MX_TYPE:
    type = PyExc_TypeError;
    break;
  case MX_MEMORY:
    type = PyExc_MemoryError;
    break;
  default:
    break;
  }
  PyErr_SetString(type, mx_error_text());
  mx_error_clear();
  return NULL;
}
