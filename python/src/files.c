/* Owns reading from and writing to Python's file objects, with the interpreter's lock held. */
#include "files.h"

#include <string.h>

static bool good(void *desc) {
  return !((mxp_file *)desc)->failed;
}

/* The result of a call of the object as a number; 0 where it failed or is none. */
static size_t number(mxp_file *f, PyObject *r) {
  size_t n = r && PyLong_Check(r) ? PyLong_AsSize_t(r) : 0;
  if (!r || PyErr_Occurred()) f->failed = true;
  Py_XDECREF(r);
  return n;
}

static size_t tell(void *desc) {
  mxp_file *f = desc;
  return f->failed ? 0 : number(f, PyObject_CallMethod(f->object, "tell", NULL));
}

static void seek(void *desc, int64_t off, int whence) {
  mxp_file *f = desc;
  if (!f->failed) number(f, PyObject_CallMethod(f->object, "seek", "Li", (long long)off, whence));
}

/* Takes the bytes in as many pieces as the object gives them. */
static void read_bytes(void *desc, char *data, size_t n) {
  mxp_file *f = desc;
  while (n && !f->failed) {
    PyObject *piece = PyObject_CallMethod(f->object, "read", "n", (Py_ssize_t)n);
    char *p;
    Py_ssize_t k = 0;
    if (!piece || PyBytes_AsStringAndSize(piece, &p, &k) || k == 0 || (size_t)k > n)
      f->failed = true;
    else {
      memcpy(data, p, (size_t)k);
      data += k;
      n -= (size_t)k;
    }
    Py_XDECREF(piece);
  }
}

static void read_at(void *desc, char *data, size_t n, size_t off) {
  seek(desc, (int64_t)off, SEEK_SET);
  read_bytes(desc, data, n);
}

static void write_bytes(void *desc, const char *data, size_t n) {
  mxp_file *f = desc;
  if (f->failed) return;
  PyObject *view = PyMemoryView_FromMemory((char *)data, (Py_ssize_t)n, PyBUF_READ);
  PyObject *r = view ? PyObject_CallMethod(f->object, "write", "O", view) : NULL;
  PyObject *type, *value, *trace; /* of a write that failed: the view is let go all the same */
  PyErr_Fetch(&type, &value, &trace);
  PyObject *gone = view ? PyObject_CallMethod(view, "release", NULL) : NULL;
  if (!r || !gone) f->failed = true;
  if (type) PyErr_Restore(type, value, trace);
  Py_XDECREF(gone);
  Py_XDECREF(r);
  Py_XDECREF(view);
}

static const char *label(void *desc) {
  (void)desc;
  return "<file object>";
}

int mxp_file_open(mxp_file *f, PyObject *o, const char *fn) {
  *f = (mxp_file){.object = NULL};
  bool object = !PyUnicode_Check(o) && !PyBytes_Check(o) &&
                (PyObject_HasAttrString(o, "read") || PyObject_HasAttrString(o, "write"));
  if (object) {
    f->object = o;
    f->io = (mx_io){f,
                    {.good = good,
                     .tell = tell,
                     .seek = seek,
                     .read = read_bytes,
                     .read_at_offset = read_at,
                     .write = write_bytes,
                     .label = label}};
    return 0;
  }
  PyObject *path = PyOS_FSPath(o);
  if (!path || !PyUnicode_FSConverter(path, &f->path)) {
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError,
                 "[%s] Input must be a file-like object opened in binary mode, or string", fn);
    f->path = NULL;
  }
  Py_XDECREF(path);
  f->name = f->path ? PyBytes_AsString(f->path) : NULL;
  return f->name ? 0 : -1;
}

void mxp_file_close(mxp_file *f) {
  Py_CLEAR(f->path);
}

int mxp_file_source(mxp_file *f, mx_source *src, const char *op) {
  return f->object ? mx_source_io(src, op, &f->io) : mx_capi_source(src, op, f->name);
}

int mxp_file_sink(mxp_file *f, mx_sink *out, const char *op, const char *extension) {
  return f->object ? mx_sink_io(out, op, &f->io) : mx_capi_sink(out, op, f->name, extension);
}
