/* Owns the making of the module mlx.core. */
#include "core.h"

PyObject *mxp_module;

int mxp_add_functions(PyObject *module, PyMethodDef *defs) {
  return PyModule_AddFunctions(module, defs);
}

int mxp_made_by_new(PyObject *self, PyObject *args, PyObject *kw) {
  (void)self, (void)args, (void)kw;
  return 0;
}

PyObject *mxp_only(const char *fn, const char *param, PyObject *const *args, Py_ssize_t n,
                   PyObject *names) {
  Py_ssize_t named = names ? PyTuple_Size(names) : 0;
  if (n + named == 1 &&
      (!named || PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, 0), param) == 0))
    return args[0];
  PyErr_Format(PyExc_TypeError, "%s(): takes one argument, '%s'", fn, param);
  return NULL;
}

PyTypeObject *mxp_add_type(PyObject *module, PyType_Spec *spec, const char *name) {
  PyObject *type = PyType_FromSpec(spec);
  return type && !PyModule_AddObjectRef(module, name, type) ? (PyTypeObject *)type : NULL;
}

/* A module below mlx.core, importable by its full name. Borrowed. */
PyObject *mxp_submodule(PyObject *parent, const char *name) {
  PyObject *full = PyUnicode_FromFormat("mlx.core.%s", name);
  const char *text = full ? PyUnicode_AsUTF8AndSize(full, NULL) : NULL;
  PyObject *module = text ? PyImport_AddModule(text) : NULL;
  int bad = !module || PyModule_AddObjectRef(parent, name, module);
  Py_XDECREF(full);
  return bad ? NULL : module;
}

/* An Enum class of mlx.core with members numbered from 0, whose repr is their str. */
PyObject *mxp_make_enum(PyObject *module, const char *name, const char *const *members, int n,
                        const char *what) {
  PyObject *enums = PyImport_ImportModule("enum"), *list = PyList_New(0);
  int bad = !enums || !list;
  for (int i = 0; i < n && !bad; i++) {
    PyObject *pair = Py_BuildValue("(si)", members[i], i);
    bad = !pair || PyList_Append(list, pair);
    Py_XDECREF(pair);
  }
  PyObject *kw = bad ? NULL : Py_BuildValue("{ssss}", "module", "mlx.core", "qualname", name);
  PyObject *fn = kw ? PyObject_GetAttrString(enums, "Enum") : NULL;
  PyObject *args = fn ? Py_BuildValue("(sO)", name, list) : NULL;
  PyObject *made = args ? PyObject_Call(fn, args, kw) : NULL;
  PyObject *str = made ? PyObject_GetAttrString(made, "__str__") : NULL;
  PyObject *doc = PyUnicode_FromString(what);
  if (!str || !doc || PyObject_SetAttrString(made, "__repr__", str) ||
      PyObject_SetAttrString(made, "__doc__", doc) || PyModule_AddObjectRef(module, name, made))
    Py_CLEAR(made);
  Py_XDECREF(doc);
  Py_XDECREF(str);
  Py_XDECREF(args);
  Py_XDECREF(fn);
  Py_XDECREF(kw);
  Py_XDECREF(list);
  Py_XDECREF(enums);
  for (int i = 0; i < n && made; i++) {
    PyObject *member = PyObject_GetAttrString(made, members[i]);
    if (!member || PyModule_AddObjectRef(module, members[i], member)) Py_CLEAR(made);
    Py_XDECREF(member);
  }
  return made;
}

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "mlx.core",
    .m_doc = "Arrays, lazily computed: MLX, in C.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit_core(void);

PyMODINIT_FUNC PyInit_core(void) {
  typedef int init_fn(PyObject *);
  static init_fn *const inits[] = {
      mxp_errors_init, mxp_dtypes_init,    mxp_devices_init,  mxp_array_init,      mxp_index_init,
      mxp_ops_init,    mxp_tree_init,      mxp_info_init,     mxp_memory_init,     mxp_io_init,
      mxp_absent_init, mxp_namespace_init, mxp_function_init, mxp_transforms_init, mxp_vmap_init,
      mxp_custom_init, mxp_compile_init,   mxp_exporter_init,
  };
  mxp_module = PyModule_Create(&definition);
  if (!mxp_module) return NULL;
  for (size_t i = 0; i < sizeof inits / sizeof *inits; i++)
    if (inits[i](mxp_module)) {
      Py_CLEAR(mxp_module);
      return NULL;
    }
  PyObject *random = mxp_submodule(mxp_module, "random");
  PyObject *distributed = mxp_submodule(mxp_module, "distributed");
  if (!random || !distributed || mxp_random_init(random) || mxp_distributed_init(distributed))
    Py_CLEAR(mxp_module);
  return mxp_module;
}
