/* Builder of einsum: subscripts to labels, an order of pairs, each pair one product.
 * Invariant: a term is an array and one distinct label for each of its axes; axes under "..." have
 * labels of their own, counted from the right. */
#include "ops/einsum.h"

#include <stdlib.h>
#include <string.h>

#include "gen/ops.h"

enum { DOTS = 128, LABELS = DOTS + MX_MAX_NDIM };

typedef struct term {
  mx_array *a;
  int n;
  int label[MX_MAX_NDIM];
} term;

typedef struct sums {
  int n;
  term *terms;
  int64_t size[LABELS];
  bool out[LABELS]; /* labels of the result */
  int n_out;
  int out_label[LABELS];
  int dots; /* most axes that "..." stands for */
} sums;

/* ---- subscripts ---- */

/* One list of letters up to a comma or an end: labels into `label`, at which place "..." stands
 * (-1: nowhere). */
static int read_letters(const char **at, const char *end, int *label, int *n, int *dots) {
  *n = 0;
  *dots = -1;
  for (; *at < end && **at != ','; (*at)++) {
    char c = **at;
    if (c == ' ')
      continue;
    if (c == '.' && end - *at >= 3 && !memcmp(*at, "...", 3) && *dots < 0) {
      *dots = *n;
      *at += 2;
      continue;
    }
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
      return mx_fail(MX_VALUE, "[einsum] subscripts must be letters, got '%c'", c);
    if (*n == MX_MAX_NDIM)
      return mx_fail(MX_VALUE, "[einsum] more than %d subscripts", MX_MAX_NDIM);
    label[(*n)++] = c;
  }
  return 0;
}

/* Puts `count` labels of "..." at place `at`. */
static int put_dots(int *label, int *n, int at, int count, int room) {
  if (*n + count > room)
    return mx_fail(MX_VALUE, "[einsum] too many axes");
  memmove(label + at + count, label + at, (size_t)(*n - at) * sizeof *label);
  for (int i = 0; i < count; i++)
    label[at + i] = DOTS + count - 1 - i;
  *n += count;
  return 0;
}

/* The labels of one operand, and what lengths they give. */
static int read_term(sums *e, int i, const char **at, const char *end) {
  char text[200];
  term *t = &e->terms[i];
  int dots;
  if (read_letters(at, end, t->label, &t->n, &dots))
    return 1;
  int under = t->a->ndim - t->n;
  if (under < 0 || (dots < 0 && under > 0))
    return mx_fail(MX_VALUE, "[einsum] %d subscripts for input %d of shape %s", t->n, i,
                   mx_shape_text(text, sizeof text, t->a->shape, t->a->ndim));
  if (dots >= 0 && put_dots(t->label, &t->n, dots, under, MX_MAX_NDIM))
    return 1;
  e->dots = dots >= 0 && under > e->dots ? under : e->dots;
  for (int k = 0; k < t->n; k++) {
    int64_t *size = &e->size[t->label[k]], length = t->a->shape[k];
    if (*size > 1 && length != 1 && length != *size)
      return mx_fail(MX_VALUE, "[einsum] axis %d of input %d of shape %s does not fit length %lld",
                     k, i, mx_shape_text(text, sizeof text, t->a->shape, t->a->ndim),
                     (long long)*size);
    *size = *size < 0 || *size == 1 ? length : *size;
  }
  return 0;
}

/* Without an arrow: the axes under "...", then what appears once, in alphabetical order. */
static void implied_output(sums *e) {
  int count[LABELS] = {0};
  for (int i = 0; i < e->n; i++)
    for (int k = 0; k < e->terms[i].n; k++)
      count[e->terms[i].label[k]]++;
  for (int k = e->dots - 1; k >= 0; k--)
    e->out_label[e->n_out++] = DOTS + k;
  for (int c = 0; c < DOTS; c++)
    if (count[c] == 1)
      e->out_label[e->n_out++] = c;
}

static int read_output(sums *e, const char *arrow) {
  int dots;
  if (!arrow) {
    implied_output(e);
  } else {
    const char *at = arrow + 2, *end = at + strlen(at);
    if (read_letters(&at, end, e->out_label, &e->n_out, &dots))
      return 1;
    if (at < end)
      return mx_fail(MX_VALUE, "[einsum] subscripts must be letters, got ','");
    if (dots >= 0 && put_dots(e->out_label, &e->n_out, dots, e->dots, LABELS))
      return 1;
  }
  for (int k = 0; k < e->n_out; k++) {
    int c = e->out_label[k];
    if (e->out[c] || e->size[c] < 0)
      return mx_fail(MX_VALUE, "[einsum] subscript '%c' of the result %s", c < DOTS ? c : '.',
                     e->out[c] ? "is there twice" : "is in no input");
    e->out[c] = true;
  }
  return 0;
}

static int parse(sums *e, const char *subscripts, mx_vec operands) {
  if (!subscripts || !operands.n)
    return mx_fail(MX_VALUE, "[einsum] at least one operand is required");
  if (operands.n > INT32_MAX / 2)
    return mx_fail(MX_VALUE, "[einsum] too many operands");
  *e = (sums){.n = (int)operands.n};
  e->terms = calloc(operands.n, sizeof *e->terms);
  if (!e->terms)
    return mx_nomem("einsum");
  for (int c = 0; c < LABELS; c++)
    e->size[c] = -1;
  const char *arrow = strstr(subscripts, "->"), *at = subscripts;
  const char *end = arrow ? arrow : at + strlen(at);
  int inputs = 1;
  for (const char *c = at; c < end; c++)
    inputs += *c == ',';
  if (inputs != e->n)
    return mx_fail(MX_VALUE, "[einsum] %d operands for %d lists of subscripts", e->n, inputs);
  for (int i = 0; i < e->n; i++, at++) {
    e->terms[i].a = operands.p[i];
    if (!operands.p[i] || read_term(e, i, &at, end))
      return 1;
  }
  return read_output(e, arrow);
}

/* ---- the order of pairs ---- */

typedef struct label_set {
  bool has[LABELS];
} label_set;

static double size_of(const sums *e, const label_set *s) {
  double n = 1;
  for (int c = 0; c < LABELS; c++)
    n *= s->has[c] ? (double)e->size[c] : 1;
  return n;
}

static int count_of(const label_set *s) {
  int n = 0;
  for (int c = 0; c < LABELS; c++)
    n += s->has[c];
  return n;
}

/* Labels of sets i and j together (j < 0: of i alone), and which of them outlive the contraction.
 */
static void contraction(const sums *e, const label_set *sets, int n, int i, int j, label_set *all,
                        label_set *kept) {
  for (int c = 0; c < LABELS; c++) {
    bool others = e->out[c];
    for (int k = 0; k < n && !others; k++)
      others = k != i && k != j && sets[k].has[c];
    all->has[c] = sets[i].has[c] || (j >= 0 && sets[j].has[c]);
    kept->has[c] = all->has[c] && others;
  }
}

static double flops(const sums *e, const label_set *all, const label_set *kept, int operands) {
  double each = operands > 2 ? operands - 1 : 1;
  return size_of(e, all) * (each + (count_of(all) != count_of(kept)));
}

/* Greedy: the pair that frees most, then that costs least; pairs without a common label only when
 * there are no others. */
static void best_pair(const sums *e, const label_set *sets, int n, int *pair) {
  double best_freed = 0, best_cost = 0;
  bool have = false, have_common = false;
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) {
      label_set all, kept;
      bool common = false;
      for (int c = 0; c < LABELS; c++)
        common = common || (sets[i].has[c] && sets[j].has[c]);
      if (have_common && !common)
        continue;
      contraction(e, sets, n, i, j, &all, &kept);
      double freed = size_of(e, &sets[i]) + size_of(e, &sets[j]) - size_of(e, &kept);
      double cost = flops(e, &all, &kept, 2);
      if (!have || (common && !have_common) || freed > best_freed ||
          (freed == best_freed && cost < best_cost)) {
        pair[0] = i;
        pair[1] = j;
        best_freed = freed;
        best_cost = cost;
        have = true;
      }
      have_common = have_common || common;
    }
}

static void find_path(const sums *e, label_set *sets, mx_einsum_path_info *path) {
  label_set all = {{false}}, kept;
  for (int i = 0; i < e->n; i++)
    for (int k = 0; k < e->terms[i].n; k++)
      all.has[e->terms[i].label[k]] = sets[i].has[e->terms[i].label[k]] = true;
  memcpy(kept.has, e->out, sizeof kept.has);
  path->indices = count_of(&all);
  path->naive = flops(e, &all, &kept, e->n);
  path->optimized = 0;
  path->most_indices = 0;
  path->n = 0;
  for (int n = e->n; n > 1 || path->n == 0; n--) {
    int *pair = path->pairs[path->n++];
    pair[0] = 0;
    pair[1] = -1;
    if (n > 1)
      best_pair(e, sets, n, pair);
    contraction(e, sets, n, pair[0], pair[1], &all, &kept);
    path->optimized += flops(e, &all, &kept, n > 1 ? 2 : 1);
    path->most_indices = count_of(&all) > path->most_indices ? count_of(&all) : path->most_indices;
    if (n == 1)
      return;
    memmove(&sets[pair[1]], &sets[pair[1] + 1], (size_t)(n - pair[1] - 1) * sizeof *sets);
    memmove(&sets[pair[0]], &sets[pair[0] + 1], (size_t)(n - pair[0] - 2) * sizeof *sets);
    sets[n - 2] = kept;
  }
}

static int path_of(const sums *e, mx_einsum_path_info *path) {
  label_set *sets = calloc((size_t)e->n, sizeof *sets);
  path->pairs = calloc((size_t)e->n, sizeof *path->pairs);
  if (sets && path->pairs)
    find_path(e, sets, path);
  else
    mx_nomem("einsum");
  int bad = !sets || !path->pairs;
  free(sets);
  return bad;
}

int mx_einsum_path(mx_einsum_path_info *path, const char *subscripts, mx_vec operands) {
  sums e = {0};
  *path = (mx_einsum_path_info){0};
  int bad = parse(&e, subscripts, operands) || path_of(&e, path);
  free(e.terms);
  return bad;
}

/* ---- terms ---- */

static int find(const term *t, int label) {
  for (int k = 0; k < t->n; k++)
    if (t->label[k] == label)
      return k;
  return -1;
}

/* Axes of one label become their diagonal. */
static int take_diagonals(term *t, mx_stream *s) {
  for (int i = 0; i < t->n; i++)
    for (int j = i + 1; j < t->n; j++) {
      if (t->label[i] != t->label[j])
        continue;
      int label = t->label[i];
      if (t->a->shape[i] != t->a->shape[j])
        return mx_fail(MX_VALUE, "[einsum] axes of subscript '%c' have lengths %lld and %lld",
                       label < DOTS ? label : '.', (long long)t->a->shape[i],
                       (long long)t->a->shape[j]);
      if (!(t->a = mx_diagonal(t->a, 0, i, j, s)))
        return 1;
      memmove(t->label + j, t->label + j + 1, (size_t)(t->n - j - 1) * sizeof *t->label);
      memmove(t->label + i, t->label + i + 1, (size_t)(t->n - i - 2) * sizeof *t->label);
      t->label[t->n - 2] = label;
      t->n--;
      i = -1;
      break;
    }
  return 0;
}

/* Sums over labels that are neither in `other` nor kept. */
static int sum_out(term *t, const term *other, const label_set *kept, mx_stream *s) {
  int64_t axes[MX_MAX_NDIM];
  int n = 0, left = 0, label[MX_MAX_NDIM];
  for (int k = 0; k < t->n; k++) {
    if (kept->has[t->label[k]] || (other && find(other, t->label[k]) >= 0))
      label[left++] = t->label[k];
    else
      axes[n++] = k;
  }
  if (!n)
    return 0;
  memcpy(t->label, label, (size_t)left * sizeof *label);
  t->n = left;
  mlx_dtype type = (mlx_dtype)t->a->dtype;
  t->a = mx_cast(mx_sum_axes(t->a, (mx_ints){axes, n}, false, s), type, s);
  return t->a == NULL;
}

/* t's array with its axes in the order of labels, ones for those it lacks, lengths as they are in
 * all of the expression where `full`. */
static mx_array *arranged(const sums *e, const term *t, const int *label, int n, bool full,
                          mx_stream *s) {
  int64_t order[MX_MAX_NDIM], shape[MX_MAX_NDIM];
  int k = 0;
  if (n > MX_MAX_NDIM) {
    mx_fail(MX_VALUE, "[einsum] a result of more than %d dimensions", MX_MAX_NDIM);
    return NULL;
  }
  for (int i = 0; i < n; i++) {
    int at = find(t, label[i]);
    if (at >= 0)
      order[k++] = at;
    shape[i] = at < 0 ? 1 : t->a->shape[at];
  }
  mx_array *a = mx_transpose_axes(t->a, (mx_ints){order, k}, s);
  a = a ? mx_reshape(a, (mx_ints){shape, n}, s) : NULL;
  for (int i = 0; i < n && full; i++)
    shape[i] = find(t, label[i]) < 0 ? 1 : e->size[label[i]];
  return a ? mx_broadcast_to(a, (mx_ints){shape, n}, s) : NULL;
}

/* Labels of x and y by what becomes of them. */
typedef struct parts {
  int batch[MX_MAX_NDIM], x[MX_MAX_NDIM], y[MX_MAX_NDIM], inner[MX_MAX_NDIM];
  int n_batch, n_x, n_y, n_inner;
} parts;

static void sort_labels(const term *x, const term *y, const label_set *kept, parts *p) {
  *p = (parts){.n_batch = 0};
  for (int k = 0; k < x->n; k++) {
    int c = x->label[k];
    if (find(y, c) < 0)
      p->x[p->n_x++] = c;
    else if (kept->has[c])
      p->batch[p->n_batch++] = c;
    else
      p->inner[p->n_inner++] = c;
  }
  for (int k = 0; k < y->n; k++)
    if (find(x, y->label[k]) < 0)
      p->y[p->n_y++] = y->label[k];
}

static int append(int *to, int n, const int *from, int count) {
  memcpy(to + n, from, (size_t)count * sizeof *to);
  return n + count;
}

static int64_t length_of(const sums *e, const int *label, int n) {
  int64_t all = 1;
  for (int i = 0; i < n; i++)
    all *= e->size[label[i]];
  return all;
}

/* (batch, rows, cols) of a term, the rows being labels u and the cols v. */
static mx_array *matrix_of(const sums *e, const term *t, const parts *p, const int *u, int n_u,
                           const int *v, int n_v, mx_stream *s) {
  int label[3 * MX_MAX_NDIM], n = append(label, 0, p->batch, p->n_batch);
  n = append(label, n, u, n_u);
  n = append(label, n, v, n_v);
  mx_array *a = arranged(e, t, label, n, true, s);
  int64_t batch = length_of(e, p->batch, p->n_batch), rows = length_of(e, u, n_u);
  return a ? mx_reshape(a, MX_INTS(batch, rows, length_of(e, v, n_v)), s) : NULL;
}

/* x and y become one term; both hold kept or common labels only. */
static int multiply(const sums *e, const term *x, const term *y, const label_set *kept, term *r,
                    mx_stream *s) {
  parts p;
  int64_t shape[3 * MX_MAX_NDIM];
  int label[3 * MX_MAX_NDIM];
  sort_labels(x, y, kept, &p);
  int n = append(label, 0, p.batch, p.n_batch);
  n = append(label, n, p.x, p.n_x);
  n = append(label, n, p.y, p.n_y);
  if (n > MX_MAX_NDIM)
    return mx_fail(MX_VALUE, "[einsum] a result of more than %d dimensions", MX_MAX_NDIM);
  for (int i = 0; i < n; i++)
    shape[i] = e->size[label[i]];
  if (p.n_inner == 0) {
    mx_array *a = arranged(e, x, label, n, false, s), *b = arranged(e, y, label, n, false, s);
    r->a = a && b ? mx_multiply(a, b, s) : NULL;
  } else {
    mx_array *a = matrix_of(e, x, &p, p.x, p.n_x, p.inner, p.n_inner, s);
    mx_array *b = matrix_of(e, y, &p, p.inner, p.n_inner, p.y, p.n_y, s);
    mx_array *m = a && b ? mx_matmul(a, b, s) : NULL;
    r->a = m ? mx_reshape(m, (mx_ints){shape, n}, s) : NULL;
  }
  r->n = n;
  memcpy(r->label, label, (size_t)n * sizeof *label);
  return r->a == NULL;
}

static int contract(sums *e, int i, int j, mx_stream *s) {
  label_set kept;
  term r, *x = &e->terms[i], *y = &e->terms[j];
  for (int c = 0; c < LABELS; c++) {
    kept.has[c] = e->out[c];
    for (int k = 0; k < e->n && !kept.has[c]; k++)
      kept.has[c] = k != i && k != j && find(&e->terms[k], c) >= 0;
  }
  if (sum_out(x, y, &kept, s) || sum_out(y, x, &kept, s) || multiply(e, x, y, &kept, &r, s))
    return 1;
  memmove(y, y + 1, (size_t)(e->n - j - 1) * sizeof *y);
  memmove(x, x + 1, (size_t)(e->n - i - 2) * sizeof *x);
  e->n--;
  e->terms[e->n - 1] = r;
  return 0;
}

static mx_array *result(sums *e, mx_stream *s) {
  label_set kept;
  memcpy(kept.has, e->out, sizeof kept.has);
  term *t = &e->terms[0];
  return sum_out(t, NULL, &kept, s) ? NULL : arranged(e, t, e->out_label, e->n_out, true, s);
}

mx_array *mx_einsum(const char *subscripts, mx_vec operands, mx_stream *s) {
  sums e = {0};
  mx_einsum_path_info path = {0};
  int bad = parse(&e, subscripts, operands);
  for (int i = 0; i < e.n && !bad; i++)
    bad = take_diagonals(&e.terms[i], s);
  bad = bad || path_of(&e, &path);
  for (int i = 0; i < path.n && !bad; i++)
    if (path.pairs[i][1] >= 0)
      bad = contract(&e, path.pairs[i][0], path.pairs[i][1], s);
  mx_array *r = bad ? NULL : result(&e, s);
  free(e.terms);
  free(path.pairs);
  return r;
}
