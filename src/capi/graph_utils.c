/* Graphs as text and as Graphviz. A namer remembers names by node; others get A, B, ... */
#include "mlx/c/graph_utils.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"
#include "core/prim.h"
#include "graph/walk.h"

typedef struct name {
  const mx_array *a; /* retained */
  char *text;
} name;

typedef struct namer {
  name *names;
  size_t n, cap;
  size_t *slots; /* open addressing by node, two for each of cap: place in names + 1, 0 is free */
} namer;

/* The slot that holds the node, or the free one where it belongs. */
static size_t *slot_of(const namer *nm, const mx_array *a) {
  size_t at = (size_t)(((uintptr_t)a >> 4) * 0x9E3779B97F4A7C15u >> 20) % (2 * nm->cap);
  while (nm->slots[at] && nm->names[nm->slots[at] - 1].a != a)
    at = at + 1 < 2 * nm->cap ? at + 1 : 0;
  return &nm->slots[at];
}

static const char *find(const namer *nm, const mx_array *a) {
  size_t at = nm->cap ? *slot_of(nm, a) : 0;
  return at ? nm->names[at - 1].text : NULL;
}

static int grow(namer *nm) {
  size_t cap = nm->cap ? nm->cap * 2 : 16;
  size_t *slots = calloc(2 * cap, sizeof *slots);
  name *p = slots ? realloc(nm->names, cap * sizeof *p) : NULL;
  if (!p) {
    free(slots);
    return mx_nomem("node_namer");
  }
  free(nm->slots);
  *nm = (namer){p, nm->n, cap, slots};
  for (size_t i = 0; i < nm->n; i++)
    *slot_of(nm, p[i].a) = i + 1;
  return 0;
}

/* Takes text over; a later name of a node takes the place of an earlier one. */
static int add(namer *nm, const mx_array *a, char *text) {
  if (!text)
    return mx_nomem("node_namer");
  if (nm->n == nm->cap && grow(nm)) {
    free(text);
    return 1;
  }
  *slot_of(nm, a) = nm->n + 1;
  nm->names[nm->n++] = (name){mx_retain((mx_array *)a), text};
  return 0;
}

/* The n-th name: A..Z, AA, AB, ... */
static char *nth(size_t n) {
  char text[24];
  size_t at = sizeof text - 1;
  text[at] = '\0';
  for (n++; n; n /= 26)
    text[--at] = (char)('A' + --n % 26);
  return strdup(text + at);
}

static const char *name_of(namer *nm, const mx_array *a) {
  const char *have = find(nm, a);
  if (have)
    return have;
  return add(nm, a, nth(nm->n)) ? NULL : nm->names[nm->n - 1].text;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes" /* mlx-c declares it without one */
mlx_node_namer mlx_node_namer_new(void) {
  namer *nm = calloc(1, sizeof *nm);
  if (!nm)
    mx_nomem("node_namer"), mx_report();
  return (mlx_node_namer){nm};
}
#pragma GCC diagnostic pop

int mlx_node_namer_free(mlx_node_namer handle) {
  namer *nm = handle.ctx;
  for (size_t i = 0; nm && i < nm->n; i++) {
    mx_release((mx_array *)nm->names[i].a);
    free(nm->names[i].text);
  }
  if (nm) {
    free(nm->names);
    free(nm->slots);
  }
  free(nm);
  return 0;
}

static namer *required(const mlx_node_namer handle) {
  if (!handle.ctx)
    mx_fail(MX_VALUE, "[node_namer] an empty namer");
  return handle.ctx;
}

int mlx_node_namer_set_name(mlx_node_namer handle, const mlx_array arr, const char *text) {
  namer *nm = required(handle);
  mx_array *a = nm ? mx_in(arr, "node_namer") : NULL;
  if (!a || (!text && mx_fail(MX_VALUE, "[node_namer] no name")))
    return mx_report();
  return add(nm, a, strdup(text)) ? mx_report() : 0;
}

int mlx_node_namer_get_name(const char **text, mlx_node_namer handle, const mlx_array arr) {
  namer *nm = required(handle);
  mx_array *a = nm ? mx_in(arr, "node_namer") : NULL;
  const char *have = a ? name_of(nm, a) : NULL;
  if (!have)
    return mx_report();
  if (mx_no_place(text, "node_namer"))
    return 1;
  *text = have;
  return 0;
}

/* ---- the two forms ---- */

typedef struct writer {
  FILE *os;
  namer *nm;
  size_t n_ops;
} writer;

static int print_op(void *ctx, const mx_op *op) {
  writer *w = ctx;
  fprintf(w->os, "%s ", mx_prim_title(op->prim).text);
  for (int i = 0; i < op->n_in; i++) {
    const char *text = op->in[i] ? name_of(w->nm, op->in[i]) : "-";
    if (!text)
      return 1;
    fprintf(w->os, i ? ", %s" : "%s", text);
  }
  fputs(" -> ", w->os);
  for (int i = 0; i < op->n_out; i++) {
    const mx_array *a = op->out[i];
    char shape[256];
    const char *text = name_of(w->nm, a);
    if (!text)
      return 1;
    fprintf(w->os, i ? ", %s %s %s" : "%s %s %s", text,
            mx_shape_text(shape, sizeof shape, a->shape, a->ndim),
            mx_dtype_name((mlx_dtype)a->dtype));
  }
  fputc('\n', w->os);
  return 0;
}

/* A name inside a quoted Graphviz string. */
static void quote(FILE *os, const char *text) {
  fputc('"', os);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      fputc('\\', os);
    fputc(*text, os);
  }
  fputc('"', os);
}

static int dot_leaf(void *ctx, const mx_array *a) {
  writer *w = ctx;
  const char *text = name_of(w->nm, a);
  if (!text)
    return 1;
  fputs("  ", w->os);
  quote(w->os, text);
  fputs(" [shape=box]\n", w->os);
  return 0;
}

static int dot_op(void *ctx, const mx_op *op) {
  writer *w = ctx;
  size_t id = w->n_ops++;
  fprintf(w->os, "  op%zu [label=\"%s\", shape=rectangle]\n", id,
          mx_prim_title(op->prim).text);
  for (int i = 0; i < op->n_in + op->n_out; i++) {
    bool in = i < op->n_in;
    const mx_array *a = in ? op->in[i] : op->out[i - op->n_in];
    const char *text = a ? name_of(w->nm, a) : "";
    if (!text)
      return 1;
    if (!a)
      continue;
    fputs("  ", w->os);
    if (!in)
      fprintf(w->os, "op%zu -> ", id);
    quote(w->os, text);
    fprintf(w->os, in ? " -> op%zu\n" : "\n", id);
  }
  return 0;
}

static int write_graph(FILE *os, const mlx_node_namer handle, const mlx_vector_array outputs,
                       bool dot) {
  mlx_node_namer own = {NULL};
  mx_vec v;
  if (!os || mx_in_vector(&v, outputs, "export_to_dot"))
    return os ? mx_report() : (mx_fail(MX_VALUE, "[export_to_dot] no file"), mx_report());
  if (!handle.ctx)
    own = mlx_node_namer_new();
  writer w = {os, handle.ctx ? handle.ctx : own.ctx, 0};
  const mx_walker text = {print_op, NULL, &w}, graph = {dot_op, dot_leaf, &w};
  if (dot)
    fputs("digraph {\n", os);
  int bad = !w.nm || mx_graph_walk(v.p, v.n, dot ? &graph : &text);
  if (dot)
    fputs("}\n", os);
  free(v.p);
  mlx_node_namer_free(own);
  return bad ? mx_report() : 0;
}

int mlx_export_to_dot(FILE *os, const mlx_node_namer handle, const mlx_vector_array outputs) {
  return write_graph(os, handle, outputs, true);
}

int mlx_print_graph(FILE *os, const mlx_node_namer handle, const mlx_vector_array outputs) {
  return write_graph(os, handle, outputs, false);
}
