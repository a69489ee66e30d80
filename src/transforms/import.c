/* Owns the reading of functions from files, and calls of what was read. Invariant: nothing read
 * from a file is used before it was checked; operations are made by mx_rebuild. Constants stay
 * where the file was read to. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "core/stream.h"
#include "transforms/compile.h"
#include "transforms/export.h"
#include "transforms/rebuild.h"

typedef struct function { /* one trace */
  mx_program *program;
  uint64_t id; /* in the cache of compiled functions */
  bool shapeless;
  size_t n_args, n_names;
  char **names;
} function;

struct mx_imported {
  function *functions;
  size_t n, cap;
  char *metadata; /* NULL: none */
};

typedef struct reader {
  mx_buffer *file;
  const char *p;
  size_t at, end; /* end: of what is being read, the file or a description */
  size_t size;    /* of the file */
} reader;

static int damaged(const reader *r, const char *what) {
  return mx_fail(MX_RUNTIME, "[import_function] the file is damaged: %s near byte %zu", what,
                 r->at);
}

static int take(reader *r, void *to, size_t n) {
  if (r->end - r->at < n)
    return damaged(r, "it ends");
  memcpy(to, r->p + r->at, n);
  r->at += n;
  return 0;
}

static int take_u64(reader *r, uint64_t *v) { return take(r, v, sizeof *v); }

/* A count of things that take at least `least` bytes each, so that no count outruns the file. */
static int take_count(reader *r, size_t least, size_t *n) {
  uint32_t v;
  if (take(r, &v, sizeof v))
    return 1;
  *n = v;
  return v > (r->end - r->at) / least ? damaged(r, "a count") : 0;
}

/* A name of at most `cap` - 1 bytes, without zeros. */
static int take_name(reader *r, char *to, size_t cap) {
  size_t n;
  if (take_count(r, 1, &n))
    return 1;
  if (n >= cap || take(r, to, n) || memchr(to, 0, n))
    return damaged(r, "a name");
  to[n] = '\0';
  return 0;
}

static int take_spec(reader *r, mx_spec *s, int64_t *shape) {
  char dtype[16];
  size_t n;
  if (take_name(r, dtype, sizeof dtype) || take_count(r, sizeof(int64_t), &n))
    return 1;
  int t = 0;
  while (t < MX_DTYPE_COUNT && strcmp(mx_dtype_name((mlx_dtype)t), dtype))
    t++;
  if (t == MX_DTYPE_COUNT || n > MX_MAX_NDIM)
    return damaged(r, "a dtype or rank");
  *s = (mx_spec){(mlx_dtype)t, (int)n, shape, NULL};
  if (n && take(r, shape, n * sizeof *shape))
    return 1;
  if (mx_shape_size("import_function", shape, (int)n, (mlx_dtype)t) < 0)
    return damaged(r, "a shape");
  return 0;
}

/* ---- one trace ---- */

/* Values in the order of their numbers. */
typedef struct values {
  mx_array **p;
  size_t n, cap;
} values;

static int add_value(values *v, mx_array *a) {
  if (v->n == v->cap) {
    size_t cap = v->cap ? v->cap * 2 : 32;
    mx_array **p = realloc(v->p, cap * sizeof *p);
    if (!p)
      return mx_nomem("import_function");
    v->p = p;
    v->cap = cap;
  }
  v->p[v->n++] = a;
  return a ? 0 : 1;
}

static int read_signature(reader *r, function *f, values *v) {
  unsigned char shapeless;
  char name[1024];
  size_t n;
  int64_t shape[MX_MAX_NDIM];
  mx_spec s;
  if (take(r, &shapeless, 1) || shapeless > 1 || take_count(r, 8, &f->n_args) ||
      take_count(r, 4, &n))
    return damaged(r, "a signature");
  f->shapeless = shapeless;
  if (!(f->names = calloc(n + 1, sizeof *f->names)))
    return mx_nomem("import_function");
  for (; f->n_names < n; f->n_names++) {
    if (take_name(r, name, sizeof name))
      return 1;
    if (!(f->names[f->n_names] = strdup(name)))
      return mx_nomem("import_function");
  }
  if (f->n_args + n > INT_MAX / 2)
    return damaged(r, "a signature");
  for (size_t i = 0; i < f->n_args + n; i++)
    if (take_spec(r, &s, shape) || add_value(v, mx_placeholder(s)))
      return 1;
  return 0;
}

static int read_constants(reader *r, values *v) {
  size_t n;
  int64_t shape[MX_MAX_NDIM];
  mx_spec s;
  uint64_t at;
  if (take_count(r, 16, &n))
    return 1;
  for (size_t i = 0; i < n; i++) {
    if (take_spec(r, &s, shape) || take_u64(r, &at))
      return 1;
    uint64_t bytes = (uint64_t)mx_shape_size("import_function", shape, s.ndim, s.dtype) *
                     (uint64_t)mx_dtype_bytes(s.dtype);
    if (at % 64 || at > r->size || bytes > r->size - at)
      return damaged(r, "a constant's place");
    if (add_value(v, mx_leaf(s, mx_buffer_retain(r->file), (int64_t)at)))
      return 1;
  }
  return 0;
}

/* What the lists of an operation need. */
typedef struct lists {
  mx_array **in, **out;
  mx_spec *specs;
  int64_t *shapes, *params;
} lists;

static void lists_free(lists *l) {
  free(l->in);
  free(l->out);
  free(l->specs);
  free(l->shapes);
  free(l->params);
}

static int read_inputs(reader *r, mx_op_record *op, lists *l, const values *v) {
  size_t n;
  if (take_count(r, sizeof(int32_t), &n) || n > UINT16_MAX)
    return damaged(r, "a number of inputs");
  if (!(l->in = malloc((n + 1) * sizeof *l->in)))
    return mx_nomem("import_function");
  for (size_t i = 0; i < n; i++) {
    int32_t at;
    if (take(r, &at, sizeof at))
      return 1;
    if (at < -1 || (at >= 0 && (size_t)at >= v->n))
      return damaged(r, "an input");
    l->in[i] = at < 0 ? NULL : v->p[at];
  }
  op->n_in = (int)n;
  op->in = l->in;
  return 0;
}

static int read_params(reader *r, mx_op_record *op, lists *l) {
  size_t n;
  if (take_count(r, sizeof(int64_t), &n) || n > 4 * MX_MAX_NDIM)
    return damaged(r, "a number of parameters");
  if (!(l->params = malloc((n + 1) * sizeof *l->params)))
    return mx_nomem("import_function");
  op->n_params = (int)n;
  op->params = l->params;
  return n ? take(r, l->params, n * sizeof *l->params) : 0;
}

static int read_outputs(reader *r, mx_op_record *op, lists *l) {
  size_t n;
  if (take_count(r, 8, &n) || n == 0 || n > UINT16_MAX)
    return damaged(r, "a number of outputs");
  l->specs = malloc(n * sizeof *l->specs);
  l->out = malloc(n * sizeof *l->out);
  l->shapes = malloc(n * MX_MAX_NDIM * sizeof *l->shapes);
  if (!l->specs || !l->out || !l->shapes)
    return mx_nomem("import_function");
  for (size_t i = 0; i < n; i++)
    if (take_spec(r, &l->specs[i], l->shapes + i * MX_MAX_NDIM))
      return 1;
  op->n_out = (int)n;
  op->specs = l->specs;
  return 0;
}

static int read_op(reader *r, values *v) {
  char name[64];
  unsigned char gpu;
  lists l = {0};
  mx_op_record op = {.prim = -1};
  if (take_name(r, name, sizeof name) || take(r, &gpu, 1))
    return 1;
  if ((op.prim = mx_prim_named(name)) < 0 || gpu > 1)
    return damaged(r, "an unknown operation");
  mx_device d = {gpu ? MLX_GPU : MLX_CPU, 0};
  op.s = mx_default_stream(mx_backend_for(d.type) ? d : mx_default_device());
  int bad =
      !op.s || read_inputs(r, &op, &l, v) || read_params(r, &op, &l) || read_outputs(r, &op, &l);
  if (!bad && mx_rebuild(&op, l.out)) {
    char why[200];
    snprintf(why, sizeof why, "%s", mx_error_text());
    bad = mx_error_kind() == MX_MEMORY ? 1 : damaged(r, why);
  }
  for (int i = 0; i < op.n_out && !bad; i++)
    bad = add_value(v, l.out[i]);
  lists_free(&l);
  return bad;
}

static int read_graph(reader *r, values *v, mx_vec *out) {
  size_t n;
  if (take_count(r, 16, &n))
    return 1;
  for (size_t i = 0; i < n; i++)
    if (read_op(r, v))
      return 1;
  if (take_count(r, sizeof(int32_t), &n) || mx_vec_alloc(out, n, "import_function"))
    return 1;
  for (size_t i = 0; i < n; i++) {
    int32_t at;
    if (take(r, &at, sizeof at))
      return 1;
    if (at < 0 || (size_t)at >= v->n)
      return damaged(r, "an output");
    out->p[i] = v->p[at];
  }
  return r->at == r->end ? 0 : damaged(r, "more than a trace");
}

static int read_function(reader *r, function *f) {
  values v = {0};
  mx_vec out = {NULL, 0};
  mx_scope scope = mx_scope_open();
  mx_session_open();
  int bad = read_signature(r, f, &v) || read_constants(r, &v) || read_graph(r, &v, &out);
  if (!bad) {
    f->program = mx_program_make((mx_vec){v.p, f->n_args + f->n_names}, out, MX_PROGRAM_SIMPLIFY);
    bad = !f->program;
  }
  f->id = mx_compile_id();
  mx_session_close();
  mx_scope_close(scope, NULL);
  free(v.p);
  free(out.p);
  return bad;
}

/* ---- a file ---- */

static void free_function(function *f) {
  mx_program_release(f->program);
  for (size_t i = 0; i < f->n_names; i++)
    free(f->names[i]);
  free(f->names);
  if (f->id)
    mx_compile_erase(1, f->id);
}

void mx_imported_free(mx_imported *f) {
  if (!f)
    return;
  for (size_t i = 0; i < f->n; i++)
    free_function(&f->functions[i]);
  free(f->functions);
  free(f->metadata);
  free(f);
}

const char *mx_imported_metadata(const mx_imported *f) { return f->metadata ? f->metadata : ""; }

/* Reads a trace and goes behind its constants. */
static int add_function(reader *r, mx_imported *f) {
  uint64_t n, next;
  function one = {0};
  if (f->n == f->cap) {
    size_t cap = f->cap ? f->cap * 2 : 4;
    function *p = realloc(f->functions, cap * sizeof *p);
    if (!p)
      return mx_nomem("import_function");
    f->functions = p;
    f->cap = cap;
  }
  if (take_u64(r, &n) || take_u64(r, &next))
    return 1;
  if (n > r->size - r->at || next > r->size || next < r->at + n)
    return damaged(r, "the length of a trace");
  r->end = r->at + (size_t)n;
  int bad = read_function(r, &one);
  r->end = r->size;
  r->at = (size_t)next;
  if (bad)
    free_function(&one);
  else
    f->functions[f->n++] = one;
  return bad;
}

static int read_metadata(reader *r, mx_imported *f) {
  size_t n;
  if (f->metadata || take_count(r, 1, &n))
    return damaged(r, "the metadata");
  if (!(f->metadata = malloc(n + 1)))
    return mx_nomem("import_function");
  f->metadata[n] = '\0';
  return take(r, f->metadata, n) || memchr(f->metadata, 0, n) ? damaged(r, "the metadata") : 0;
}

static int read_file(reader *r, mx_imported *f) {
  uint64_t n;
  char magic[sizeof MX_EXPORT_MAGIC - 1];
  if (take_u64(r, &n) || n > 64 || n > r->end - r->at)
    return damaged(r, "the version");
  r->at += (size_t)n;
  if (take(r, magic, sizeof magic) || memcmp(magic, MX_EXPORT_MAGIC, sizeof magic))
    return damaged(r, "no functions of this library");
  for (;;) {
    char more;
    if (take(r, &more, 1))
      return 1;
    if (!more)
      return 0;
    if (more != 1 && more != 2)
      return damaged(r, "no trace");
    if (more == 1 ? add_function(r, f) : read_metadata(r, f))
      return 1;
  }
}

/* Takes the buffer over. */
static mx_imported *import(mx_buffer *file, size_t size) {
  mx_imported *f = file ? calloc(1, sizeof *f) : NULL;
  if (!f && file)
    mx_nomem("import_function");
  reader r = {file, file ? file->host : NULL, 0, size, size};
  if (f && read_file(&r, f)) {
    mx_imported_free(f);
    f = NULL;
  }
  mx_buffer_release(file);
  return f;
}

mx_imported *mx_import_bytes(const void *data, size_t n) {
  mx_buffer *b = mx_buffer_new(n);
  if (b && n)
    memcpy(b->host, data, n);
  return import(b, n);
}

mx_imported *mx_import_file(const char *path) {
  FILE *f = path ? fopen(path, "rb") : NULL;
  long n = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;
  mx_buffer *b = NULL;
  if (n < 0 || fseek(f, 0, SEEK_SET))
    mx_fail(MX_RUNTIME, "[import_function] Failed to open %s",
            path ? path : "a file without a name");
  else if ((b = mx_buffer_new((size_t)n)) && fread(b->host, 1, (size_t)n, f) != (size_t)n) {
    mx_fail(MX_RUNTIME, "[import_function] Failed to read %s", path);
    mx_buffer_release(b);
    b = NULL;
  }
  if (f)
    fclose(f);
  return b ? import(b, (size_t)n) : NULL;
}

/* ---- calls ---- */

static bool takes(const function *f, const mx_call_args *args) {
  if (args->n_names != f->n_names || args->v.n != f->n_args + f->n_names)
    return false;
  for (size_t i = 0; i < f->n_names; i++)
    if (strcmp(args->names[i], f->names[i]))
      return false;
  for (size_t i = 0; i < args->v.n; i++) {
    const mx_array *a = args->v.p[i], *b = f->program->in[i];
    if (a->dtype != b->dtype || a->ndim != b->ndim ||
        (!f->shapeless && a->ndim &&
         memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape)))
      return false;
  }
  return true;
}

static int none_takes(const mx_imported *f, const mx_call_args *args) {
  mx_text t = {0};
  mx_text_puts(&t, "[import_function::call] No imported function found which matches the given "
                   "positional and keyword arguments. Possible functions include:\n");
  for (size_t i = 0; i < f->n; i++) {
    const function *g = &f->functions[i];
    mx_call_args like = {{g->program->in, g->n_args + g->n_names}, g->n_names,
                         (const char *const *)g->names};
    mx_text_printf(&t, " %zu. Function with ", i + 1);
    mx_describe_call(&t, "   ", &like);
  }
  mx_text_puts(&t, "\nCalled with ");
  mx_describe_call(&t, "  ", args);
  char *text = mx_text_take(&t, "import_function");
  if (text)
    mx_fail(MX_VALUE, "%s", text);
  free(text);
  return 1;
}

static int remake(void *ctx, mx_vec in, mx_vec *out) {
  const mx_program *p = ctx;
  *out = (mx_vec){NULL, 0};
  if (mx_vec_alloc(out, (size_t)p->n_out, "import_function"))
    return 1;
  if (!mx_program_remake(p, in.p, out->p))
    return 0;
  free(out->p);
  *out = (mx_vec){NULL, 0};
  return 1;
}

int mx_imported_call(mx_imported *f, const mx_call_args *args, mx_vec *out) {
  for (size_t i = 0; i < f->n; i++) {
    function *g = &f->functions[i];
    if (!takes(g, args))
      continue;
    mx_compiled c = {
        .fun = {remake, g->program}, .space = 1, .id = g->id, .shapeless = g->shapeless};
    return mx_compiled_call(&c, args->v, out);
  }
  return none_takes(f, args);
}
