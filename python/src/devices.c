/* Owns Device, Stream, ThreadLocalStream and StreamContext, and the functions on them. */
#include <string.h>

#include "backend/backend.h"
#include "core.h"
#include "mlx/c/device.h"

typedef struct device_object {
  PyObject_HEAD mx_device d;
} device_object;

typedef struct stream_object {
  PyObject_HEAD mx_stream *s;
} stream_object;

typedef struct context_object {
  PyObject_HEAD mx_stream *s;
  bool whole_device; /* made from a device: only that becomes the default */
  mx_device old_device;
  mx_stream *old;
} context_object;

PyTypeObject *mxp_device_type, *mxp_stream_type;
PyObject *mxp_device_enum;
static PyTypeObject *local_stream_type, *context_type;
static PyObject *members[2];

static void plain_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

/* ---- reading arguments ---- */

int mxp_device(PyObject *o, mx_device *out) {
  if (Py_TYPE(o) == mxp_device_type) {
    *out = ((device_object *)o)->d;
    return 0;
  }
  for (int i = 0; i < 2; i++)
    if (o == members[i]) {
      *out = (mx_device){(mlx_device_type)i, 0};
      return 0;
    }
  return 1;
}

static bool is_stream(PyObject *o) {
  return Py_TYPE(o) == mxp_stream_type || Py_TYPE(o) == local_stream_type;
}

mx_stream *mxp_stream(PyObject *o, const char *fn) {
  mx_device d = mx_default_device();
  if (is_stream(o)) return ((stream_object *)o)->s;
  if (o != Py_None && mxp_device(o, &d)) {
    PyErr_Format(PyExc_TypeError,
                 "%s(): argument 'stream' must be a Stream, Device, DeviceType or None", fn);
    return NULL;
  }
  mx_stream *s = mx_default_stream(d);
  if (!s) mxp_raise();
  return s;
}

static int device_argument(PyObject *o, mx_device *d, const char *fn) {
  if (!mxp_device(o, d)) return 0;
  PyErr_Format(PyExc_TypeError, "%s(): expected a Device or a DeviceType", fn);
  return -1;
}

/* ---- Device ---- */

static PyObject *device_object_new(mx_device d) {
  device_object *o = PyObject_New(device_object, mxp_device_type);
  if (o) o->d = d;
  return (PyObject *)o;
}

static PyObject *device_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  static char *names[] = {"type", "index", NULL};
  PyObject *kind;
  int index = 0;
  mx_device d;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O|i:Device", names, &kind, &index) ||
      device_argument(kind, &d, "Device"))
    return NULL;
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  device_object *o = (device_object *)alloc(type, 0);
  if (o) o->d = (mx_device){d.type, index};
  return (PyObject *)o;
}

static const char *type_name(mx_device d) {
  return d.type == MLX_GPU ? "gpu" : "cpu";
}

static PyObject *device_repr(PyObject *self) {
  mx_device d = ((device_object *)self)->d;
  return PyUnicode_FromFormat("Device(%s, %d)", type_name(d), d.index);
}

static PyObject *device_compare(PyObject *self, PyObject *other, int op) {
  mx_device a = ((device_object *)self)->d, b;
  if (op != Py_EQ && op != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  bool same = !mxp_device(other, &b) && a.type == b.type && a.index == b.index;
  return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t device_hash(PyObject *self) {
  mx_device d = ((device_object *)self)->d;
  return (Py_hash_t)d.type * 1000 + d.index;
}

static PyObject *device_type(PyObject *self, void *unused) {
  (void)unused;
  return Py_NewRef(members[((device_object *)self)->d.type == MLX_GPU]);
}

static PyGetSetDef device_getset[] = {
    {"type", device_type, NULL, "DeviceType.cpu or DeviceType.gpu.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot device_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_new, device_new},
    {Py_tp_repr, device_repr},
    {Py_tp_hash, device_hash},
    {Py_tp_richcompare, device_compare},
    {Py_tp_getset, device_getset},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_doc, "Device(type, index=0)\n--\n\nA device that computes."},
    {0, NULL},
};
static PyType_Spec device_spec = {"mlx.core.Device", sizeof(device_object), 0, Py_TPFLAGS_DEFAULT,
                                  device_slots};

/* ---- Stream ---- */

static PyObject *stream_object_new(PyTypeObject *type, mx_stream *s) {
  if (!s) return mxp_raise();
  stream_object *o = PyObject_New(stream_object, type);
  if (o) o->s = s;
  return (PyObject *)o;
}

PyObject *mxp_stream_object(mx_stream *s) {
  return stream_object_new(mxp_stream_type, s);
}

static PyObject *stream_repr(PyObject *self) {
  mx_stream *s = ((stream_object *)self)->s;
  return PyUnicode_FromFormat("%s(Device(%s, %d), %d)",
                              Py_TYPE(self) == local_stream_type ? "ThreadLocalStream" : "Stream",
                              type_name(s->device), s->device.index, s->index);
}

static PyObject *stream_compare(PyObject *self, PyObject *other, int op) {
  if (op != Py_EQ && op != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  bool same = is_stream(other) && ((stream_object *)self)->s == ((stream_object *)other)->s;
  return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t stream_hash(PyObject *self) {
  return (Py_hash_t)((stream_object *)self)->s->index;
}

static PyObject *stream_device(PyObject *self, void *unused) {
  (void)unused;
  return device_object_new(((stream_object *)self)->s->device);
}

static PyGetSetDef stream_getset[] = {
    {"device", stream_device, NULL, "The device that the stream computes on.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot stream_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_repr, stream_repr},
    {Py_tp_hash, stream_hash},
    {Py_tp_richcompare, stream_compare},
    {Py_tp_getset, stream_getset},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_doc, "Stream()\n--\n\nA queue of work on a device, usable from any thread."},
    {0, NULL},
};
static PyType_Spec stream_spec = {"mlx.core.Stream", sizeof(stream_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                  stream_slots};
static PyType_Slot local_stream_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_repr, stream_repr},
    {Py_tp_hash, stream_hash},
    {Py_tp_richcompare, stream_compare},
    {Py_tp_getset, stream_getset},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_doc, "ThreadLocalStream()\n--\n\nA queue of work on a device, usable from any thread."},
    {0, NULL},
};
static PyType_Spec local_stream_spec = {"mlx.core.ThreadLocalStream", sizeof(stream_object), 0,
                                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                        local_stream_slots};

/* ---- StreamContext ---- */

static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
  static char *names[] = {"s", NULL};
  PyObject *o;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "O:StreamContext", names, &o)) return NULL;
  if (o == Py_None) {
    PyErr_SetString(PyExc_TypeError, "StreamContext(): expected a Stream, Device or DeviceType");
    return NULL;
  }
  mx_stream *s = mxp_stream(o, "stream");
  if (!s) return NULL;
  allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  context_object *c = (context_object *)alloc(type, 0);
  if (c) {
    c->s = s;
    c->whole_device = !is_stream(o);
  }
  return (PyObject *)c;
}

static PyObject *context_enter(PyObject *self, PyObject *unused) {
  context_object *c = (context_object *)self;
  (void)unused;
  c->old_device = mx_default_device();
  c->old = mx_default_stream(c->s->device);
  if (mx_set_default_device(c->s->device) || (!c->whole_device && mx_set_default_stream(c->s)))
    return mxp_raise();
  Py_RETURN_NONE;
}

static PyObject *context_exit(PyObject *self, PyObject *const *args, Py_ssize_t n) {
  context_object *c = (context_object *)self;
  (void)args;
  (void)n;
  if ((!c->whole_device && c->old && mx_set_default_stream(c->old)) ||
      mx_set_default_device(c->old_device))
    return mxp_raise();
  Py_RETURN_NONE;
}

static PyMethodDef context_methods[] = {
    {"__enter__", context_enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nMakes the stream the default."},
    {"__exit__", MXP_FN(context_exit), METH_FASTCALL,
     "__exit__($self, exc_type=None, exc_value=None, traceback=None, /)\n--\n\nMakes the stream "
     "before it the default."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot context_slots[] = {
    {Py_tp_init, mxp_made_by_new},
    {Py_tp_new, context_new},
    {Py_tp_methods, context_methods},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_doc,
     "StreamContext(s)\n--\n\nMakes a device or stream the default within a with block."},
    {0, NULL},
};
static PyType_Spec context_spec = {"mlx.core.StreamContext", sizeof(context_object), 0,
                                   Py_TPFLAGS_DEFAULT, context_slots};

/* ---- functions ---- */

static PyObject *stream_context(PyObject *self, PyObject *o) {
  (void)self;
  return PyObject_CallFunctionObjArgs((PyObject *)context_type, o, NULL);
}

static PyObject *default_device(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return device_object_new(mx_default_device());
}

static PyObject *set_default_device(PyObject *self, PyObject *o) {
  mx_device d;
  (void)self;
  if (device_argument(o, &d, "set_default_device")) return NULL;
  return mx_set_default_device(d) ? mxp_raise() : Py_NewRef(Py_None);
}

static PyObject *default_stream(PyObject *self, PyObject *o) {
  mx_device d;
  (void)self;
  return device_argument(o, &d, "default_stream") ? NULL : mxp_stream_object(mx_default_stream(d));
}

static PyObject *set_default_stream(PyObject *self, PyObject *o) {
  (void)self;
  if (!is_stream(o)) {
    PyErr_SetString(PyExc_TypeError, "set_default_stream(): expected a Stream");
    return NULL;
  }
  return mx_set_default_stream(((stream_object *)o)->s) ? mxp_raise() : Py_NewRef(Py_None);
}

static PyObject *new_stream(PyObject *self, PyObject *o) {
  mx_device d;
  (void)self;
  return device_argument(o, &d, "new_stream") ? NULL : mxp_stream_object(mx_stream_new(d));
}

static PyObject *new_local_stream(PyObject *self, PyObject *o) {
  mx_device d;
  (void)self;
  if (device_argument(o, &d, "new_thread_local_stream")) return NULL;
  return stream_object_new(local_stream_type, mx_stream_new(d));
}

static PyObject *synchronize(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"stream", NULL};
  PyObject *o = Py_None;
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|O:synchronize", names, &o)) return NULL;
  mx_stream *s = mxp_stream(o, "synchronize");
  if (!s) return NULL;
  Py_BEGIN_ALLOW_THREADS mx_stream_synchronize(s);
  Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

static PyObject *clear_streams(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  Py_BEGIN_ALLOW_THREADS for (int i = 0; i < mx_stream_count(); i++)
      mx_stream_synchronize(mx_stream_at(i));
  Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

static PyObject *is_available(PyObject *self, PyObject *o) {
  mx_device d;
  (void)self;
  if (device_argument(o, &d, "is_available")) return NULL;
  return PyBool_FromLong(mx_backend_for(d.type) != NULL && d.index == 0);
}

static PyObject *device_count(PyObject *self, PyObject *o) {
  mx_device d;
  (void)self;
  if (device_argument(o, &d, "device_count")) return NULL;
  return PyLong_FromLong(mx_backend_for(d.type) != NULL);
}

static int put_info(PyObject *out, mlx_device_info info, const char *key) {
  bool string = false;
  const char *text;
  size_t number;
  mlx_device_info_is_string(&string, info, key);
  PyObject *v =
      string ? (mlx_device_info_get_string(&text, info, key) ? NULL : PyUnicode_FromString(text))
             : (mlx_device_info_get_size(&number, info, key) ? NULL : PyLong_FromSize_t(number));
  int bad = !v || PyDict_SetItemString(out, key, v);
  Py_XDECREF(v);
  return bad;
}

static PyObject *device_info(PyObject *self, PyObject *args, PyObject *kw) {
  static char *names[] = {"d", NULL};
  PyObject *o = Py_None;
  mx_device d = mx_default_device();
  (void)self;
  if (!PyArg_ParseTupleAndKeywords(args, kw, "|O:device_info", names, &o) ||
      (o != Py_None && device_argument(o, &d, "device_info")))
    return NULL;
  if (!mx_backend_for(d.type)) return PyDict_New();
  mlx_device handle = mlx_device_new_type(d.type, d.index);
  mlx_device_info info = mlx_device_info_new();
  PyObject *out = PyDict_New();
  if (!out || mlx_device_info_get(&info, handle) || put_info(out, info, "architecture") ||
      put_info(out, info, "device_name") || put_info(out, info, "memory_size"))
    Py_CLEAR(out);
  mlx_device_info_free(info);
  mlx_device_free(handle);
  return out ? out : mxp_raise();
}

MXP_NAMED(stream_context, "s")
MXP_NAMED(set_default_device, "device")
MXP_NAMED(default_stream, "device")
MXP_NAMED(set_default_stream, "stream")
MXP_NAMED(new_stream, "device")
MXP_NAMED(new_local_stream, "device")
MXP_NAMED(is_available, "device")
MXP_NAMED(device_count, "device_type")

static PyMethodDef functions[] = {
    {"stream", MXP_BY_NAME(stream_context),
     "stream($module, /, s)\n--\n\nA context in which a device or stream is the default."},
    {"default_device", default_device, METH_NOARGS,
     "default_device($module, /)\n--\n\nThe device that computes where none is named."},
    {"set_default_device", MXP_BY_NAME(set_default_device),
     "set_default_device($module, /, device)\n--\n\nSets the default device."},
    {"default_stream", MXP_BY_NAME(default_stream),
     "default_stream($module, /, device)\n--\n\nThis thread's default stream of a device."},
    {"set_default_stream", MXP_BY_NAME(set_default_stream),
     "set_default_stream($module, /, stream)\n--\n\nSets this thread's default stream of its "
     "device."},
    {"new_stream", MXP_BY_NAME(new_stream),
     "new_stream($module, /, device)\n--\n\nA new stream on a device."},
    {"new_thread_unsafe_stream", MXP_BY_NAME(new_stream),
     "new_thread_unsafe_stream($module, /, device)\n--\n\nA new stream; any stream is safe to "
     "share."},
    {"new_thread_local_stream", MXP_BY_NAME(new_local_stream),
     "new_thread_local_stream($module, /, device)\n--\n\nA new stream."},
    {"synchronize", MXP_FN(synchronize), METH_VARARGS | METH_KEYWORDS,
     "synchronize($module, /, stream=None)\n--\n\nWaits until a stream has done its work."},
    {"clear_streams", clear_streams, METH_NOARGS,
     "clear_streams($module, /)\n--\n\nWaits until all streams have done their work."},
    {"is_available", MXP_BY_NAME(is_available),
     "is_available($module, /, device)\n--\n\nWhether a device can be used."},
    {"device_count", MXP_BY_NAME(device_count),
     "device_count($module, /, device_type)\n--\n\nHow many devices of a type there are."},
    {"device_info", MXP_FN(device_info), METH_VARARGS | METH_KEYWORDS,
     "device_info($module, /, d=None)\n--\n\nWhat is known of a device."},
    {NULL, NULL, 0, NULL},
};

/* ---- setting up ---- */

/* A DeviceType equals the device 0 of its type. */
static PyObject *type_equal(PyObject *self, PyObject *other) {
  mx_device a, b;
  if (mxp_device(self, &a) || mxp_device(other, &b)) Py_RETURN_NOTIMPLEMENTED;
  return PyBool_FromLong(a.type == b.type && a.index == b.index);
}

static PyMethodDef type_equal_def = {"__eq__", type_equal, METH_O,
                                     "__eq__($self, value, /)\n--\n\nReturn self==value."};

static int add_device_type(PyObject *module) {
  static const char *const names[] = {"cpu", "gpu"};
  mxp_device_enum = mxp_make_enum(module, "DeviceType", names, 2, "Kinds of devices.");
  for (int i = 0; i < 2; i++)
    if (!mxp_device_enum || !(members[i] = PyObject_GetAttrString(mxp_device_enum, names[i])))
      return -1;
  PyObject *equal = PyDescr_NewMethod((PyTypeObject *)mxp_device_enum, &type_equal_def);
  int bad = !equal || PyObject_SetAttrString(mxp_device_enum, "__eq__", equal);
  Py_XDECREF(equal);
  return bad;
}

int mxp_devices_init(PyObject *module) {
  mxp_device_type = mxp_add_type(module, &device_spec, "Device");
  mxp_stream_type = mxp_add_type(module, &stream_spec, "Stream");
  local_stream_type = mxp_add_type(module, &local_stream_spec, "ThreadLocalStream");
  context_type = mxp_add_type(module, &context_spec, "StreamContext");
  if (!mxp_device_type || !mxp_stream_type || !local_stream_type || !context_type) return -1;
  return add_device_type(module) || mxp_add_functions(module, functions) ? -1 : 0;
}
