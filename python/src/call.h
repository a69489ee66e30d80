/* The one call path: a table of parameters for each function, one parser for all of them.
 *
 * A generated function is: begin (scope opened, arguments parsed into values), a builder, end
 * (scope closed, result wrapped). Values borrow from the arguments. */
#ifndef MXP_CALL_H
#define MXP_CALL_H

#include "core.h"

typedef enum mxp_kind {
  MXP_P_ARRAY,   /* an array */
  MXP_P_OPERAND, /* an array or a scalar, resolved after parsing */
  MXP_P_ARRAYS,  /* a sequence of arrays */
  MXP_P_SOME,    /* an array or a sequence of arrays */
  MXP_P_VAR,     /* *args: arrays */
  MXP_P_REST,    /* *args: a tuple, for the adapter */
  MXP_P_INT,
  MXP_P_U64,
  MXP_P_FLOAT,
  MXP_P_BOOL,
  MXP_P_STR,
  MXP_P_DTYPE,
  MXP_P_INTS,   /* a sequence of integers */
  MXP_P_AXES,   /* an integer or a sequence of them */
  MXP_P_NORM,   /* "backward", "ortho", "forward" */
  MXP_P_OBJECT, /* for the adapter */
  MXP_P_STREAM
} mxp_kind;

typedef struct mxp_param {
  const char *name;
  unsigned char kind;
  bool required, none; /* none: None is allowed and means absent */
  bool has;            /* has a default other than None */
  double number;       /* the default of a number, bool, dtype or single axis */
  const char *text;    /* the default of a string */
  const int64_t *list; /* the default of a list: its length, then the integers */
} mxp_param;

typedef struct mxp_spec {
  const char *name;
  const mxp_param *params;
  unsigned char n, positional_only, positional; /* positional: how many may be given by place */
  unsigned weak;                                /* operands that are weak beside each other */
} mxp_spec;

#define MXP_MAX_PARAMS 16
#define MXP_FEW 6

typedef struct mxp_value {
  PyObject *o; /* as given; NULL when absent or None */
  bool seen; /* an argument was there, if only None */
  bool given;
  bool single; /* AXES, SOME: it was one, not a sequence */
  union {
    mx_array *a;
    int64_t i;
    double d;
    bool b;
    const char *s;
    mx_vec vec;
    mx_ints ints;
  };
  int64_t few[MXP_FEW];
  void *heap;
  PyObject *owned;
} mxp_value;

typedef struct mxp_call {
  const mxp_spec *spec;
  mx_scope scope;
  mx_stream *s;
  mxp_value v[MXP_MAX_PARAMS];
} mxp_call;

/* self is the first argument of a method, or NULL. Nonzero with an exception set, and nothing to
 * undo. */
int mxp_begin(mxp_call *c, const mxp_spec *spec, PyObject *self, PyObject *const *args,
              Py_ssize_t n, PyObject *names);
/* Each closes the call. */
PyObject *mxp_end(mxp_call *c, mx_array *r);
PyObject *mxp_end_many(mxp_call *c, int bad, mx_array **r, int n, bool tuple);
PyObject *mxp_end_vec(mxp_call *c, int bad, mx_vec *v, bool tuple);
PyObject *mxp_end_none(mxp_call *c, int bad);
PyObject *mxp_end_object(mxp_call *c, PyObject *o);

/* An int, or what can stand for one: of arrays only those without axes. */
bool mxp_is_integer(PyObject *o);
/* Fills an integer list from a sequence or one integer. */
int mxp_ints(mxp_value *v, PyObject *o, const char *fn, const char *param, bool one);
/* Makes value number i, an integer or a list, one of n integers of 32 bits; nonzero with an
 * exception set. */
int mxp_spread(mxp_call *c, int i, int n);
int mxp_int64(PyObject *o, int64_t *out);
PyObject *mxp_sequence(const mx_vec *v, bool tuple);

static inline mlx_optional_int mxp_oint(const mxp_value *v) {
  return (mlx_optional_int){(int)(v->given ? v->i : 0), v->given};
}
static inline mlx_optional_float mxp_ofloat(const mxp_value *v) {
  return (mlx_optional_float){(float)(v->given ? v->d : 0), v->given};
}
static inline mlx_optional_dtype mxp_odtype(const mxp_value *v) {
  return (mlx_optional_dtype){v->given ? (mlx_dtype)v->i : MLX_FLOAT32, v->given};
}

#endif
