/* Owns the types of results with names. They print and compare as the tuples that they are.
 * Invariant: a type's tuple has as many items as the type has names. */
#include "named.h"

#include <stdio.h>
#include <string.h>

#define MXP_MAX_NAMES 4

static const struct {
  const char *module, *name;
  int n;
  const char *items[MXP_MAX_NAMES];
} kinds[MXP_NAMED_TYPES] = {
#define MXP_NAMED_TYPE(id, module, name, n, ...) {module, name, n, {__VA_ARGS__}},
#include "gen/named.inc"
#undef MXP_NAMED_TYPE
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

static PyObject *make_type(int which) {
  static PyGetSetDef getset[MXP_NAMED_TYPES][MXP_MAX_NAMES + 1];
  char name[64];
  for (int i = 0; i < kinds[which].n; i++)
    getset[which][i] = (PyGetSetDef){.name = kinds[which].items[i],
                                     .get = get_item,
                                     .doc = "An item of the tuple.",
                                     .closure = (void *)(intptr_t)i};
  snprintf(name, sizeof name, "%s.%s", kinds[which].module, kinds[which].name);
  PyType_Slot slots[] = {
      {Py_tp_getset, getset[which]},
      {Py_tp_doc, "(items, /)\n--\n\nA tuple whose items have names."},
      {0, NULL},
  };
  PyType_Spec spec = {name, 0, 0, Py_TPFLAGS_DEFAULT, slots};
  PyObject *base = PyTuple_Pack(1, (PyObject *)&PyTuple_Type);
  PyObject *type = base ? PyType_FromSpecWithBases(&spec, base) : NULL;
  Py_XDECREF(base);
  return type;
}

int mxp_named_init(void) {
  for (int i = 0; i < MXP_NAMED_TYPES; i++) {
    bool top = strcmp(kinds[i].module, "mlx.core") == 0;
    PyObject *module = top ? mxp_module : PyImport_AddModule(kinds[i].module);
    types[i] = module ? make_type(i) : NULL;
    if (!types[i] || PyModule_AddObjectRef(module, kinds[i].name, types[i])) return -1;
  }
  return 0;
}
