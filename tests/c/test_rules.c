/* Rules of transformation while memory runs out: whichever allocation fails as a rule builds its
 * part of a graph, the transformation fails with a memory error and nothing leaks. What rules
 * compute is tested by tests/python/rules_*.py. */
#include <stdio.h>

#include "allocations.h"
#include "gradcheck.h"

#include "core/buffer.h"

/* ---- operations over x (3, 4), v (3, 4) and indices i (3, 4) ---- */

#define X in[0]
#define V in[1]
#define IDX in[2]
#define ALL(...) MX_INTS(__VA_ARGS__)
#define OPERATION(name, expr)                                                                      \
  static size_t name(mx_array *const *in, mx_array **out) {                                        \
    (void)in;                                                                                      \
    out[0] = (expr);                                                                               \
    return 1;                                                                                      \
  }
#define FIRST_ROW(a) mx_squeeze_axis(mx_slice(a, ALL(0, 0), ALL(1, 4), ALL(1, 1), S), 0, S)

OPERATION(reshape, mx_reshape(X, ALL(2, 6), S))
OPERATION(squeeze, mx_squeeze_axis(mx_expand_dims(X, 1, S), 1, S))
OPERATION(transpose, mx_transpose(X, S))
OPERATION(broadcast_to, mx_broadcast_to(X, ALL(2, 3, 4), S))
OPERATION(slice, mx_slice(X, ALL(2, 0), ALL(-4, 3), ALL(-1, 2), S))
OPERATION(as_strided, mx_as_strided(X, ALL(3, 2), ALL(2, 1), 1, S))
OPERATION(diagonal, mx_diagonal(X, 1, 0, 1, S))
OPERATION(view, mx_view(X, MLX_FLOAT32, S))
OPERATION(copy, mx_copy(X, S))
OPERATION(gather, mx_gather_single(X, FIRST_ROW(IDX), 0, ALL(1, 4), S))
OPERATION(take, mx_take_axis(X, FIRST_ROW(IDX), 1, S))
OPERATION(take_along_axis, mx_take_along_axis(X, IDX, 0, S))
OPERATION(put_along_axis, mx_put_along_axis(X, IDX, V, 0, S))
OPERATION(scatter_add_axis, mx_scatter_add_axis(X, IDX, V, 0, S))
OPERATION(scatter, mx_scatter_single(X, FIRST_ROW(IDX), mx_reshape(X, ALL(4, 1, 3), S), 0, S))
OPERATION(scatter_add,
          mx_scatter_add_single(X, FIRST_ROW(IDX), mx_reshape(V, ALL(4, 1, 3), S), 0, S))
OPERATION(scatter_prod,
          mx_scatter_prod_single(X, FIRST_ROW(IDX), mx_reshape(V, ALL(4, 1, 3), S), 0, S))
OPERATION(scatter_max,
          mx_scatter_max_single(X, FIRST_ROW(IDX), mx_reshape(V, ALL(4, 1, 3), S), 0, S))
OPERATION(slice_set, mx_slice_update(X, FIRST_ROW(V), ALL(1, 0), ALL(2, 4), ALL(1, 1), S))
OPERATION(slice_add, mx_slice_update_add(X, FIRST_ROW(V), ALL(1, 0), ALL(2, 4), ALL(1, 1), S))
OPERATION(slice_prod, mx_slice_update_prod(X, FIRST_ROW(V), ALL(1, 0), ALL(2, 4), ALL(1, 1), S))
OPERATION(slice_min, mx_slice_update_min(X, FIRST_ROW(V), ALL(1, 0), ALL(2, 4), ALL(1, 1), S))
OPERATION(slice_dynamic, mx_slice_dynamic(X, mx_slice(FIRST_ROW(IDX), ALL(0), ALL(1), ALL(1), S),
                                          ALL(1), ALL(3, 2), S))
OPERATION(slice_update_dynamic,
          mx_slice_update_dynamic(X, mx_slice(V, ALL(0, 0), ALL(3, 2), ALL(1, 1), S),
                                  mx_slice(FIRST_ROW(IDX), ALL(0), ALL(1), ALL(1), S), ALL(1), S))
OPERATION(masked_scatter, mx_masked_scatter(X, mx_cast(IDX, MLX_BOOL, S), V, S))
OPERATION(searchsorted, mx_searchsorted(FIRST_ROW(X), V, "right", S))
OPERATION(concatenate, mx_concatenate_axis(((mx_vec){(mx_array *[]){X, V, X}, 3}), 1, S))
OPERATION(sum, mx_sum_axis(X, 0, false, S))
OPERATION(prod, mx_prod(X, true, S))
OPERATION(max, mx_max_axis(X, 1, false, S))
OPERATION(any, mx_any_axis(X, 1, false, S))
OPERATION(argmax, mx_argmax_axis(X, 1, true, S))
OPERATION(logsumexp, mx_logsumexp_axis(X, 0, true, S))
OPERATION(softmax, mx_softmax_axis(X, 0, true, S))
OPERATION(cumsum, mx_cumsum(X, 1, true, false, S))
OPERATION(cumprod, mx_cumprod(X, 1, false, false, S))
OPERATION(cummax, mx_cummax(X, 1, true, false, S))
OPERATION(logcumsumexp, mx_logcumsumexp(X, 1, false, true, S))
OPERATION(sort, mx_sort_axis(X, 0, S))
OPERATION(argsort, mx_argsort_axis(X, 1, S))
OPERATION(partition, mx_partition_axis(X, 1, 1, S))

static size_t unique(mx_array *const *in, mx_array **out) {
  mx_vec r = {NULL, 0};
  mx_array *fill = mx_slice(FIRST_ROW(V), ALL(0), ALL(1), ALL(1), S);
  int bad = !fill || mx_unique(&r, X, 5, true, true, true, fill, S);
  for (size_t i = 0; i < r.n && !bad; i++) out[i] = r.p[i];
  free(r.p);
  return bad ? 0 : 4;
}

static size_t random_bits(mx_array *const *in, mx_array **out) {
  mx_array *key = mx_cast(mx_slice(FIRST_ROW(IDX), ALL(0), ALL(2), ALL(1), S), MLX_UINT32, S);
  out[0] = key ? mx_random_bits(ALL(2, 3), 2, key, S) : NULL;
  return 1;
}

static const struct {
  const char *name;
  fun_body body;
} operations[] = {
#define ROW(f)                                                                                     \
  { #f, f }
    ROW(reshape),
    ROW(squeeze),
    ROW(transpose),
    ROW(broadcast_to),
    ROW(slice),
    ROW(as_strided),
    ROW(diagonal),
    ROW(view),
    ROW(copy),
    ROW(gather),
    ROW(take),
    ROW(take_along_axis),
    ROW(put_along_axis),
    ROW(scatter_add_axis),
    ROW(scatter),
    ROW(scatter_add),
    ROW(scatter_prod),
    ROW(scatter_max),
    ROW(slice_set),
    ROW(slice_add),
    ROW(slice_prod),
    ROW(slice_min),
    ROW(slice_dynamic),
    ROW(slice_update_dynamic),
    ROW(masked_scatter),
    ROW(searchsorted),
    ROW(concatenate),
    ROW(sum),
    ROW(prod),
    ROW(max),
    ROW(any),
    ROW(argmax),
    ROW(logsumexp),
    ROW(softmax),
    ROW(cumsum),
    ROW(cumprod),
    ROW(cummax),
    ROW(logcumsumexp),
    ROW(sort),
    ROW(argsort),
    ROW(partition),
    ROW(unique),
    ROW(random_bits),
};

/* ---- the promise ---- */

typedef struct arguments {
  mx_vec in, reals, weights, stacked; /* one run, its real inputs, cotangents, three runs */
} arguments;

/* The operation as a function of its real inputs. */
typedef struct real_fun {
  fun_body body;
  mx_array *indices;
} real_fun;

static int call_reals(void *ctx, mx_vec in, mx_vec *out) {
  real_fun *f = ctx;
  mx_array *all[] = {in.p[0], in.p[1], f->indices};
  return call_fun_body(&f->body, (mx_vec){all, 3}, out);
}

/* Gradients, tangents and maps, none of which is evaluated. */
static int transform(fun_body body, const arguments *a) {
  mx_scope scope = mx_scope_open();
  mx_vec out = {NULL, 0}, more = out;
  real_fun r = {body, a->in.p[2]};
  fun_body own = body;
  mx_fun of_reals = {call_reals, &r}, f = fun_of(&own);
  const int every[] = {0, 1, 0}, last[] = {-1, -1, 1}, zeros[MAX_OUT] = {0};
  int bad = mx_vjp(&out, &more, of_reals, a->reals, a->weights);
  free(out.p);
  free(more.p);
  if (!bad) {
    bad = mx_jvp(&out, &more, of_reals, a->reals, a->reals);
    free(out.p);
    free(more.p);
  }
  for (int i = 0; i < 2 && !bad; i++) {
    mx_vec in = {(mx_array *[]){i ? a->in.p[0] : a->stacked.p[0], i ? a->in.p[1] : a->stacked.p[1],
                                a->stacked.p[2]},
                 3};
    bad = mx_vmap(&out, f, in, i ? last : every, 3, zeros, a->weights.n);
    free(out.p);
  }
  mx_scope_close(scope, NULL);
  return bad;
}

static void run_operation(const char *name, fun_body body, arguments *a) {
  mx_array *y[MAX_OUT], *w[MAX_OUT];
  size_t n = body(a->in.p, y);
  for (size_t i = 0; i < n; i++) {
    assert_non_null(y[i]);
    w[i] = mx_ones((mx_ints){y[i]->shape, y[i]->ndim}, (mlx_dtype)y[i]->dtype, S);
  }
  a->weights = (mx_vec){w, n};
  for (int i = 0; i < 2; i++)
    if (transform(body, a)) fail_msg("%s: %s", name, mx_error_text());
#ifdef COUNTS_ALLOCATIONS
  mx_memory_clear_cache();
  long before = blocks_alive;
  bool done = false;
  for (int k = 0; !done; k++) {
    mx_error_clear();
    allocations_left = k;
    int bad = transform(body, a);
    done = allocations_left >= 0;
    allocations_left = -1;
    if ((bad != 0) == done) fail_msg("%s: allocation %d: %s", name, k, mx_error_text());
    if (bad && mx_error_kind() != MX_MEMORY) fail_msg("%s: %s", name, mx_error_text());
    if (blocks_alive != before)
      fail_msg("%s: allocation %d leaves %ld blocks", name, k, blocks_alive - before);
  }
#endif
}

static void failing_allocations(void **state) {
  (void)state;
  mx_scope scope = mx_scope_open();
  int32_t places[36];
  for (int k = 0; k < 36; k++) places[k] = k * 7 % 3;
  mx_array *x = noisy(ALL(3, 4), 1, MLX_FLOAT32, 1), *v = noisy(ALL(3, 4), 1, MLX_FLOAT32, 2);
  mx_array *i = mx_from_host(places, (const int64_t[]){3, 4}, 2, MLX_INT32);
  mx_array *in[] = {x, v, i};
  mx_array *stacked[] = {noisy(ALL(3, 3, 4), 1, MLX_FLOAT32, 3),
                         noisy(ALL(3, 3, 4), 1, MLX_FLOAT32, 4),
                         mx_from_host(places, (const int64_t[]){3, 3, 4}, 3, MLX_INT32)};
  arguments a = {.in = {in, 3}, .reals = {in, 2}, .stacked = {stacked, 3}};
  for (size_t k = 0; k < sizeof operations / sizeof *operations; k++)
    run_operation(operations[k].name, operations[k].body, &a);
  mx_scope_close(scope, NULL);
}

int main(void) {
  open_stream();
  const struct CMUnitTest tests[] = {cmocka_unit_test(failing_allocations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
