/* A Python object as a place to read from or write to. */
#ifndef MXP_FILES_H
#define MXP_FILES_H

#include "capi/io.h"
#include "core.h"

/* A path or an object with read or write. A failing call of the object leaves its exception set,
 * and the reader or writer bad. */
typedef struct mxp_file {
  PyObject *object; /* borrowed; NULL for a path */
  PyObject *path;   /* bytes, owned; NULL for an object */
  const char *name; /* of the path */
  mx_io io;
  bool failed;
} mxp_file;

/* Nonzero with an exception set where o is neither. */
int mxp_file_open(mxp_file *f, PyObject *o, const char *fn);
void mxp_file_close(mxp_file *f);
int mxp_file_source(mxp_file *f, mx_source *src, const char *op);
int mxp_file_sink(mxp_file *f, mx_sink *out, const char *op, const char *extension);

#endif
