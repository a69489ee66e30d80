/* Owns the exceptions: what each kind of recorded error raises. */
#include "core.h"

static PyObject *out_of_range; /* both IndexError and ValueError */

int mxp_errors_init(PyObject *module) {
  PyObject *bases = PyTuple_Pack(2, PyExc_IndexError, PyExc_ValueError);
  out_of_range = bases ? PyErr_NewExceptionWithDoc(
                             "mlx.core.OutOfRangeError",
                             "An axis or index out of range: an IndexError and a ValueError.", bases,
                             NULL)
                       : NULL;
  Py_XDECREF(bases);
  return out_of_range ? PyModule_AddObjectRef(module, "OutOfRangeError", out_of_range) : -1;
}

PyObject *mxp_raise(void) {
  if (PyErr_Occurred())
    return NULL;
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
