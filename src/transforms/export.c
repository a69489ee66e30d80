/* Owns the writing of functions to files. Every operation is made again from its own record before
 * it is written, so that what was written can be read. */
#include "transforms/export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/prim.h"
#include "core/stream.h"
#include "transforms/program.h"
#include "transforms/rebuild.h"

struct mx_exporter {
  FILE *file;
  char *path;
  uint64_t at; /* bytes written */
  bool shapeless, described;
  char **signatures; /* of the traces that are there */
  size_t n_signatures;
};

static int write_failed(const mx_exporter *x) {
  return mx_fail(MX_RUNTIME, "[export_function] Failed to write %s: %s", x->path, strerror(errno));
}

static int put(mx_exporter *x, const void *p, size_t n) {
  x->at += n;
  return n && fwrite(p, 1, n, x->file) != n ? write_failed(x) : 0;
}

/* ---- a description ---- */

static void u32(mx_text *t, size_t v) {
  uint32_t w = (uint32_t)v;
  mx_text_add(t, (const char *)&w, sizeof w);
}

static void u64(mx_text *t, uint64_t v) {
  mx_text_add(t, (const char *)&v, sizeof v);
}

static void byte(mx_text *t, int v) {
  mx_text_add(t, &(char){(char)v}, 1);
}

static void name(mx_text *t, const char *s) {
  u32(t, strlen(s));
  mx_text_puts(t, s);
}

static void spec(mx_text *t, const mx_array *a) {
  name(t, mx_dtype_name((mlx_dtype)a->dtype));
  u32(t, a->ndim);
  for (int i = 0; i < a->ndim; i++)
    u64(t, (uint64_t)a->shape[i]);
}

/* What a program becomes: values by its numbers, as rebuilt nodes and as numbers of the file. */
typedef struct writing {
  const mx_program *p;
  mx_text text;
  mx_array **values;
  int32_t *numbers;
  mx_array **consts; /* evaluated, in rows */
  size_t *places;    /* where the description says the constants' places */
  size_t n_ops;
  int32_t n_values;
} writing;

enum { RECORD_PARAMS = 2 * MX_MAX_NDIM + 8 };

/* The parameters as a record has them: a view by strides says them. */
static int params_of(const mx_op *op, int64_t *words, const int64_t **params) {
  *params = op->params;
  if (op->prim != MX_PRIM_AS_STRIDED)
    return (int)op->n_params;
  const mx_array *o = op->out[0];
  words[0] = op->params[0];
  for (int i = 0; i < o->ndim; i++)
    words[1 + i] = o->strides[i];
  *params = words;
  return 1 + o->ndim;
}

static int write_record(writing *w, const mx_op_record *r, const int32_t *src) {
  mx_text *t = &w->text;
  name(t, mx_prim_name(r->prim));
  byte(t, r->s->device.type == MLX_GPU);
  u32(t, (size_t)r->n_in);
  for (int k = 0; k < r->n_in; k++)
    u32(t, (uint32_t)(src[k] < 0 ? -1 : w->numbers[src[k]]));
  u32(t, (size_t)r->n_params);
  for (int k = 0; k < r->n_params; k++)
    u64(t, (uint64_t)r->params[k]);
  return 0;
}

static int write_op(writing *w, const mx_op *op, const int32_t *src, size_t value) {
  if (op->prim == MX_PRIM_CUSTOM_FUNCTION) { /* its outputs are its first inputs */
    for (int k = 0; k < op->n_out; k++) {
      w->values[value + (size_t)k] = w->values[src[k]];
      w->numbers[value + (size_t)k] = w->numbers[src[k]];
    }
    return 0;
  }
  int64_t words[RECORD_PARAMS];
  mx_op_record r = {.prim = op->prim, .n_in = op->n_in, .n_out = op->n_out, .s = op->stream};
  mx_array **in = malloc(((size_t)op->n_in + 1) * sizeof *in);
  mx_spec *specs = malloc(op->n_out * sizeof *specs);
  int bad = in && specs ? 0 : mx_nomem("export_function");
  for (int k = 0; k < op->n_in && !bad; k++)
    in[k] = src[k] < 0 ? NULL : w->values[src[k]];
  for (int k = 0; k < op->n_out && !bad; k++)
    specs[k] = (mx_spec){(mlx_dtype)op->out[k]->dtype, op->out[k]->ndim, op->out[k]->shape, NULL};
  r.in = in;
  r.specs = specs;
  r.n_params = params_of(op, words, &r.params);
  bad = bad || mx_rebuild(&r, w->values + value) || write_record(w, &r, src);
  if (!bad) {
    u32(&w->text, op->n_out);
    for (int k = 0; k < op->n_out; k++) {
      spec(&w->text, op->out[k]);
      w->numbers[value + (size_t)k] = w->n_values++;
    }
    w->n_ops++;
  }
  free(in);
  free(specs);
  return bad;
}

/* Constants as rows of numbers. */
static int ready_constants(writing *w) {
  const mx_program *p = w->p;
  for (size_t i = 0; i < p->n_const; i++) {
    mx_array *c = p->consts[i];
    if (!(w->consts[i] = mx_row_major(c, mx_default_stream(mx_default_device()))))
      return 1;
  }
  return p->n_const ? mx_eval(w->consts, p->n_const) : 0;
}

static void describe_inputs(writing *w, bool shapeless, const mx_call_args *args) {
  const mx_program *p = w->p;
  mx_text *t = &w->text;
  byte(t, shapeless);
  u32(t, args->v.n - args->n_names);
  u32(t, args->n_names);
  for (size_t i = 0; i < args->n_names; i++)
    name(t, args->names[i]);
  for (int i = 0; i < p->n_in; i++)
    spec(t, p->in[i]);
  u32(t, p->n_const);
  for (size_t i = 0; i < p->n_const; i++) {
    spec(t, w->consts[i]);
    w->places[i] = t->n;
    u64(t, 0);
  }
}

static int describe(writing *w, bool shapeless, const mx_call_args *args) {
  const mx_program *p = w->p;
  mx_text *t = &w->text;
  describe_inputs(w, shapeless, args);
  size_t count_at = t->n, value = 0;
  u32(t, 0);
  for (int i = 0; i < p->n_in; i++)
    w->values[value++] = p->in[i];
  for (size_t i = 0; i < p->n_const; i++)
    w->values[value++] = w->consts[i];
  for (size_t i = 0; i < value; i++)
    w->numbers[i] = (int32_t)i;
  w->n_values = (int32_t)value;
  const int32_t *src = p->plain.src;
  for (size_t i = 0; i < p->plain.n_ops; i++) {
    const mx_op *op = p->plain.ops[i];
    if (write_op(w, op, src, value))
      return 1;
    src += op->n_in;
    value += op->n_out;
  }
  u32(t, (size_t)p->n_out);
  for (int i = 0; i < p->n_out; i++)
    u32(t, (uint32_t)w->numbers[p->plain.out[i]]);
  if (t->failed)
    return mx_nomem("export_function");
  uint32_t n = (uint32_t)w->n_ops;
  memcpy(t->p + count_at, &n, sizeof n);
  return 0;
}

/* Now that the description has its length, it can say where constants lie; the end of the last one.
 */
static uint64_t place_constants(writing *w, uint64_t at) {
  for (size_t i = 0; i < w->p->n_const; i++) {
    at = (at + 63) & ~(uint64_t)63;
    memcpy(w->text.p + w->places[i], &at, sizeof at);
    at += mx_nbytes(w->consts[i]);
  }
  return at;
}

static int write_trace(writing *w, mx_exporter *x) {
  static const char zeros[64];
  uint64_t head[2] = {w->text.n};
  head[1] = place_constants(w, x->at + 1 + sizeof head + w->text.n);
  if (put(x, "\1", 1) || put(x, head, sizeof head) || put(x, w->text.p, w->text.n))
    return 1;
  for (size_t i = 0; i < w->p->n_const; i++) {
    const mx_array *c = w->consts[i];
    if (put(x, zeros, (size_t)(-x->at & 63)) || put(x, mx_data(c), mx_nbytes(c)))
      return 1;
  }
  return 0;
}

static int write_program(mx_exporter *x, const mx_program *p, const mx_call_args *args) {
  writing w = {.p = p};
  mx_scope scope = mx_scope_open();
  w.values = malloc((p->plain.n_values + 1) * sizeof *w.values);
  w.numbers = malloc((p->plain.n_values + 1) * sizeof *w.numbers);
  w.consts = malloc((p->n_const + 1) * sizeof *w.consts);
  w.places = malloc((p->n_const + 1) * sizeof *w.places);
  int bad = w.values && w.numbers && w.consts && w.places ? 0 : mx_nomem("export_function");
  bad = bad || ready_constants(&w) || describe(&w, x->shapeless, args) || write_trace(&w, x);
  free(w.text.p);
  free(w.values);
  free(w.numbers);
  free(w.consts);
  free(w.places);
  mx_scope_close(scope, NULL);
  return bad;
}

/* ---- exporters ---- */

void mx_describe_call(mx_text *t, const char *indent, const mx_call_args *args) {
  char shape[256];
  size_t n = args->v.n - args->n_names;
  mx_text_printf(t, "%zu positional inputs and %zu keyword inputs:\n", n, args->n_names);
  for (size_t i = 0; i < args->v.n; i++) {
    const mx_array *a = args->v.p[i];
    mx_text_puts(t, indent);
    if (i < n)
      mx_text_printf(t, "%zu: ", i + 1);
    else
      mx_text_printf(t, "\"%s\": ", args->names[i - n]);
    mx_text_printf(t, "%s %s\n", mx_shape_text(shape, sizeof shape, a->shape, a->ndim),
                   mx_dtype_name((mlx_dtype)a->dtype));
  }
}

mx_exporter *mx_exporter_open(const char *path, bool shapeless) {
  if (!path) {
    mx_fail(MX_VALUE, "[export_function] no file name");
    return NULL;
  }
  mx_exporter *x = calloc(1, sizeof *x);
  if (!x || !(x->path = strdup(path))) {
    free(x);
    mx_nomem("export_function");
    return NULL;
  }
  x->shapeless = shapeless;
  if (!(x->file = fopen(path, "wb"))) {
    mx_fail(MX_RUNTIME, "[export_function] Failed to open %s", path);
    mx_exporter_free(x);
    return NULL;
  }
  uint64_t n = strlen(MX_VERSION);
  if (put(x, &n, sizeof n) || put(x, MX_VERSION, n) ||
      put(x, MX_EXPORT_MAGIC, strlen(MX_EXPORT_MAGIC))) {
    mx_exporter_free(x);
    return NULL;
  }
  return x;
}

/* The signature is new and becomes known. */
static int add_signature(mx_exporter *x, const mx_call_args *args) {
  mx_text t = {0};
  mx_describe_call(&t, " ", args);
  char *mine = mx_text_take(&t, "export_function"), **list;
  if (!mine)
    return 1;
  bool known = false;
  for (size_t i = 0; i < x->n_signatures && !known; i++)
    known = !strcmp(x->signatures[i], mine);
  list = known ? NULL : realloc(x->signatures, (x->n_signatures + 1) * sizeof *list);
  if (!list) {
    free(mine);
    return known
               ? mx_fail(MX_RUNTIME, "[export_function] Attempting to export a function twice with "
                                     "the same signature is not allowed.")
               : mx_nomem("export_function");
  }
  x->signatures = list;
  x->signatures[x->n_signatures++] = mine;
  return 0;
}

static mx_program *trace(mx_fun f, mx_vec args) {
  mx_vec in = {NULL, 0}, out = {NULL, 0};
  mx_program *p = NULL;
  mx_session_open();
  if (!mx_trace_fun(&in, &out, f, args))
    p = mx_program_make(in, out, MX_PROGRAM_SIMPLIFY);
  mx_session_close();
  free(in.p);
  free(out.p);
  return p;
}

int mx_exporter_add(mx_exporter *x, mx_fun f, const mx_call_args *args) {
  if (!x->file)
    return mx_fail(MX_RUNTIME, "[export_function] Attempting to write after exporting is closed.");
  mx_scope scope = mx_scope_open();
  bool was = mx_session_set_shapeless(x->shapeless);
  mx_program *p = trace(f, args->v);
  mx_session_set_shapeless(was);
  int bad = !p || add_signature(x, args) || write_program(x, p, args);
  mx_program_release(p);
  mx_scope_close(scope, NULL);
  return bad;
}

int mx_exporter_set_metadata(mx_exporter *x, const char *text) {
  size_t n = text ? strlen(text) : 0;
  uint32_t word = (uint32_t)n;
  if (!text || n > UINT32_MAX / 2 || x->described || !x->file)
    return mx_fail(MX_VALUE,
                   "[export_function] the metadata must be one text, given before the end");
  x->described = true;
  return put(x, "\2", 1) || put(x, &word, sizeof word) || put(x, text, n);
}

int mx_exporter_close(mx_exporter *x) {
  if (!x->file)
    return 0;
  int bad = put(x, "\0", 1);
  if (fclose(x->file) && !bad)
    bad = write_failed(x);
  x->file = NULL;
  return bad;
}

void mx_exporter_free(mx_exporter *x) {
  if (!x)
    return;
  mx_exporter_close(x);
  for (size_t i = 0; i < x->n_signatures; i++)
    free(x->signatures[i]);
  free(x->signatures);
  free(x->path);
  free(x);
}
