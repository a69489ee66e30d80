/* Owns the types of results with names. They print and compare as the tuples that they are.
 * Invariant: a type's tuple has as many items as the type has names. */
#include "named.h"

#include <stdio.h>

#define MXP_MAX_NAMES 4

static const struct {
  const char *name; /* of the type, within mlx.core */
  bool linalg;
  int n;
  const char *items[MXP_MAX_NAMES];
} kinds[MXP_NAMED_TYPES] = {
    [MXP_UNIQUE_ALL] = {"UniqueAllResult",
                        false,
                        4,
                        {"values", "indices", "inverse_indices", "counts"}},
    [MXP_UNIQUE_COUNTS] = {"UniqueCountsResult", false, 2, {"values", "counts"}},
    [MXP_UNIQUE_INVERSE] = {"UniqueInverseResult", false, 2, {"values", "inverse_indices"}},
    [MXP_EIGH] = {"EighResult", true, 2, {"eigenvalues", "eigenvectors"}},
    [MXP_EIG] = {"EigResult", true, 2, {"eigenvalues", "eigenvectors"}},
    [MXP_SLOGDET] = {"SlogdetResult", true, 2, {"sign", "logabsdet"}},
    [MXP_QR] = {"QRResult", true, 2, {"Q", "R"}},
    [MXP_SVD] = {"SVDResult", true, 3, {"U", "S", "Vh"}},
};

static PyObject *types[MXP_NAMED_TYPES];

static PyObject *get_item(PyObject *self, void *place) {
  PyObject *o = PyTuple_GetItem(self, (Py_ssize_t)(intptr_t)place);
  return Py_XNewRef(o);
}

PyObject *mxp_end_named(mxp_call *c, int bad, mx_array **r, enum mxp_named which) {
  mx_vec v = {r, (size_t)kinds[which].n};
  PyObject *tuple = bad ? mxp_raise() : mxp_sequence(&v, true);
  PyObject *out = tuple ? PyObject_CallFunctionObjArgs(types[which], tuple, NULL) : NULL;
  Py_XDECREF(tuple);
  return mxp_end_object(c, out);
}

static PyObject *make_type(PyObject *module, int which) {
  static PyGetSetDef getset[MXP_NAMED_TYPES][MXP_MAX_NAMES + 1];
  char name[64];
  for (int i = 0; i < kinds[which].n; i++)
    getset[which][i] = (PyGetSetDef){.name = kinds[which].items[i],
                                     .get = get_item,
                                     .closure = (void *)(intptr_t)i};
  snprintf(name, sizeof name, "mlx.core.%s%s", kinds[which].linalg ? "linalg." : "",
           kinds[which].name);
  PyType_Slot slots[] = {
      {Py_tp_getset, getset[which]},
      {Py_tp_doc, "A tuple whose items have names."},
      {0, NULL},
  };
  PyType_Spec spec = {name, 0, 0, Py_TPFLAGS_DEFAULT, slots};
  PyObject *base = PyTuple_Pack(1, (PyObject *)&PyTuple_Type);
  PyObject *type = base ? PyType_FromSpecWithBases(&spec, base) : NULL;
  Py_XDECREF(base);
  if (type && PyModule_AddObjectRef(module, kinds[which].name, type)) Py_CLEAR(type);
  return type;
}

int mxp_named_init(PyObject *module, PyObject *linalg) {
  for (int i = 0; i < MXP_NAMED_TYPES; i++)
    if (!(types[i] = make_type(kinds[i].linalg ? linalg : module, i))) return -1;
  return 0;
}
