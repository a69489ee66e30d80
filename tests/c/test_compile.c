/* Compiled functions: a call has the bits of the function itself, tracing happens once a kind of
 * arguments, the cache is bounded, threads share it, and running out of memory is an error. */
#include <pthread.h>

#include "allocations.h"
#include "values.h"

#include "core/buffer.h"
#include "graph/plan.h"
#include "transforms/compile.h"

/* ---- functions ---- */

typedef int (*body)(mx_vec in, mx_vec *out);

/* As a caller of the C API would: what lies between goes before the call returns. */
static int call_body(void *ctx, mx_vec in, mx_vec *out) {
  body *f = ctx;
  mx_scope s = mx_scope_open();
  int bad = (*f)(in, out);
  for (size_t i = 0; i < out->n && !bad; i++)
    if (!out->p[i])
      bad = 1;
  for (size_t i = 0; i < out->n && !bad; i++)
    mx_retain(out->p[i]);
  mx_scope_close(s, NULL);
  for (size_t i = 0; i < out->n && !bad; i++)
    bad = !mx_scope_own(out->p[i]);
  if (bad) {
    free(out->p);
    out->p = NULL;
    out->n = 0;
  }
  return bad;
}

static int give(mx_vec *out, mx_array *a, mx_array *b, mx_array *c) {
  mx_array *list[] = {a, b, c};
  size_t n = c ? 3 : b ? 2 : 1;
  if (!a || mx_vec_alloc(out, n, "test"))
    return 1;
  memcpy(out->p, list, n * sizeof *list);
  return 0;
}

static mx_array *num(double v) { return mx_scalar(v, MLX_FLOAT32); }

static int chain(mx_vec in, mx_vec *out) {
  mx_array *x = in.p[0];
  mx_array *y = mx_exp(mx_negative(mx_multiply(x, x, S), S), S);
  y = mx_multiply(y, num(0.5), S);
  y = mx_add(y, mx_multiply(x, num(1.25), S), S);
  return give(out, mx_subtract(y, num(3), S), NULL, NULL);
}

/* Views, a product, reductions, several outputs, an argument given back, a sort. */
static int mixed(mx_vec in, mx_vec *out) {
  mx_array *x = in.p[0], *w = in.p[1];
  mx_array *t = mx_transpose(x, S);
  mx_array *h = mx_matmul(x, w, S);
  h = mx_maximum(mx_add(h, mx_sum_axis(t, 0, true, S), S), num(0), S);
  if (!h)
    return 1;
  h = mx_add(h,
             mx_multiply(mx_reshape(mx_arange(0, (double)h->shape[1], 1, MLX_FLOAT32, S),
                                    MX_INTS(1, -1), S),
                         num(2), S),
             S);
  mx_array *m = mx_softmax_axis(h, -1, false, S);
  return give(out, m, mx_sort_axis(mx_subtract(h, m, S), 0, S), x);
}

static int uses_twice(mx_vec in, mx_vec *out) {
  mx_array *x = in.p[0];
  mx_array *a = mx_exp(mx_multiply(x, num(2), S), S), *b = mx_exp(mx_multiply(x, num(2), S), S);
  return give(out, mx_add(a, b, S), mx_subtract(a, b, S), NULL);
}

static int evaluates(mx_vec in, mx_vec *out) {
  mx_array *y = mx_exp(in.p[0], S);
  return mx_eval1(y) || give(out, y, NULL, NULL);
}

static mx_compiled of(body *f, uint64_t id) {
  return (mx_compiled){.fun = {call_body, f}, .space = 1, .id = id};
}

static uint64_t traces(void) { return mx_compile_stats_now().traces; }

/* Calls both ways over the same arguments; the results have the same bits. */
static void same_both_ways(body f, mx_vec in) {
  mx_vec want = {NULL, 0}, got = {NULL, 0};
  mx_compiled c = of(&f, mx_compile_id());
  for (int round = 0; round < 2; round++) {
    assert_int_equal(call_body(&f, in, &want), 0);
    if (mx_compiled_call(&c, in, &got))
      fail_msg("%s", mx_error_text());
    assert_int_equal(got.n, want.n);
    for (size_t i = 0; i < got.n; i++)
      check_same_bits(mx_row_major(got.p[i], S), mx_row_major(want.p[i], S));
    free(want.p);
    free(got.p);
  }
  mx_compile_erase(1, c.id);
}

static void changes_no_bit(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *x = noisy(MX_INTS(33, 40), 3, MLX_FLOAT32, 1),
           *w = noisy(MX_INTS(40, 33), 1, MLX_FLOAT32, 2);
  for (int half = 0; half < 3; half++) {
    mlx_dtype t = half == 0 ? MLX_FLOAT32 : half == 1 ? MLX_BFLOAT16 : MLX_FLOAT16;
    mx_array *in[] = {mx_cast(x, t, S), mx_cast(w, t, S)};
    same_both_ways(chain, (mx_vec){in, 1});
    same_both_ways(mixed, (mx_vec){in, 2});
    same_both_ways(uses_twice, (mx_vec){in, 1});
    mx_array *turned[] = {mx_transpose(in[1], S), mx_transpose(in[0], S)};
    same_both_ways(mixed, (mx_vec){turned, 2});
  }
  mx_scope_close(s, NULL);
}

/* A chain that builds and plans as many nodes as it has operations is one node when compiled. */
static void chain_is_one_node(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  body f = chain;
  mx_compiled c = of(&f, mx_compile_id());
  mx_array *x = noisy(MX_INTS(1000), 1, MLX_FLOAT32, 3);
  mx_vec out = {NULL, 0};
  assert_int_equal(mx_compiled_call(&c, (mx_vec){&x, 1}, &out), 0);
  assert_int_equal(out.p[0]->op->prim, MX_PRIM_FUSED);
  assert_ptr_equal(out.p[0]->op->in[0], x);
  mx_graph_stats before = mx_graph_stats_now();
  assert_int_equal(mx_eval1(out.p[0]), 0);
  assert_int_equal(mx_graph_stats_now().steps - before.steps, 1);
  free(out.p);
  mx_compile_erase(1, c.id);
  mx_scope_close(s, NULL);
}

/* Equal operations and equal numbers are computed once; unused ones not at all. */
static void equal_parts_are_merged(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *x = mx_placeholder((mx_spec){MLX_FLOAT32, 0, NULL, NULL});
  mx_vec out = {NULL, 0}, in = {&x, 1};
  body f = uses_twice;
  assert_int_equal(call_body(&f, in, &out), 0);
  mx_program *p = mx_program_make(in, out, MX_PROGRAM_SIMPLIFY | MX_PROGRAM_FUSE);
  assert_int_equal(p->plain.n_ops, 4); /* multiply, exp, add, subtract */
  assert_int_equal(p->n_const, 1);
  assert_int_equal(p->fused.n_ops, 2); /* the second reads what the first leaves */
  mx_program_release(p);
  p = mx_program_make(in, out, 0);
  assert_int_equal(p->plain.n_ops, 6);
  mx_program_release(p);
  free(out.p);
  mx_scope_close(s, NULL);
}

static void call(const mx_compiled *c, mx_array *a, mx_array *b) {
  mx_array *in[] = {a, b};
  mx_vec out = {NULL, 0};
  if (mx_compiled_call(c, (mx_vec){in, b ? 2 : 1}, &out))
    fail_msg("%s", mx_error_text());
  free(out.p);
}

/* A new shape, dtype, rank or number of arguments, or a new constant, is traced; nothing else is.
 */
static void traces_once_a_kind(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  body f = chain;
  mx_compiled c = of(&f, mx_compile_id());
  mx_array *x = noisy(MX_INTS(4, 6), 1, MLX_FLOAT32, 1);
  uint64_t t = traces();
  call(&c, x, NULL);
  call(&c, mx_add(x, x, S), NULL);
  call(&c, mx_transpose(noisy(MX_INTS(6, 4), 1, MLX_FLOAT32, 1), S), NULL);
  assert_int_equal(traces() - t, 1);
  call(&c, mx_transpose(x, S), NULL);
  call(&c, mx_cast(x, MLX_FLOAT16, S), NULL);
  call(&c, mx_reshape(x, MX_INTS(24), S), NULL);
  call(&c, x, x);
  assert_int_equal(traces() - t, 5);
  uint64_t constant[] = {7};
  c.constants = constant;
  c.n_constants = 1;
  call(&c, x, NULL);
  constant[0] = 8;
  call(&c, x, NULL);
  constant[0] = 7;
  call(&c, x, NULL);
  assert_int_equal(traces() - t, 7);
  mx_compile_erase(1, c.id);
  call(&c, x, NULL);
  assert_int_equal(traces() - t, 8);
  mx_compile_erase(1, c.id);
  mx_scope_close(s, NULL);
}

/* A shapeless function is traced once a rank and dtype, and follows the shape. */
static void shapeless_follows_the_shape(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  body f = chain;
  mx_compiled c = of(&f, mx_compile_id());
  c.shapeless = true;
  uint64_t t = traces();
  for (int n = 1; n < 20; n++) {
    mx_array *x = noisy(MX_INTS(n, 2 * n), 1, MLX_FLOAT32, n);
    mx_vec got = {NULL, 0}, want = {NULL, 0};
    assert_int_equal(mx_compiled_call(&c, (mx_vec){&x, 1}, &got), 0);
    assert_int_equal(call_body(&f, (mx_vec){&x, 1}, &want), 0);
    check_same_bits(got.p[0], want.p[0]);
    free(got.p);
    free(want.p);
  }
  assert_int_equal(traces() - t, 1);
  call(&c, noisy(MX_INTS(4), 1, MLX_FLOAT32, 1), NULL);
  call(&c, noisy(MX_INTS(4, 4), 1, MLX_FLOAT16, 1), NULL);
  assert_int_equal(traces() - t, 3);
  mx_compile_erase(1, c.id);
  mx_scope_close(s, NULL);
}

/* 10,000 shapes: the cache keeps within its limits, and so does memory. */
static void cache_is_bounded(void **state) {
  (void)state;
  body f = chain;
  mx_compiled c = of(&f, mx_compile_id());
  mx_compile_limits old = mx_compile_set_limits((mx_compile_limits){500, 1 << 20});
  mx_compile_stats before = mx_compile_stats_now();
  size_t memory = mx_memory_active();
  for (int i = 0; i < 10000; i++) {
    mx_scope s = mx_scope_open();
    call(&c, mx_broadcast_to(num(1), MX_INTS(i + 1), S), NULL);
    mx_scope_close(s, NULL);
    mx_compile_stats now = mx_compile_stats_now();
    assert_true(now.entries <= 500 && now.bytes <= 1 << 20);
  }
  mx_compile_stats now = mx_compile_stats_now();
  assert_int_equal(now.traces - before.traces, 10000);
  assert_true(now.evicted - before.evicted >= 9500);
  assert_true(mx_memory_active() - memory < 1 << 20);
  mx_compile_erase(1, c.id);
  assert_int_equal(mx_compile_stats_now().entries, 0);
  assert_int_equal(mx_memory_active(), memory);
  mx_compile_set_limits(old);
}

static void evaluating_an_argument_is_an_error(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  body f = evaluates;
  mx_compiled c = of(&f, mx_compile_id());
  mx_array *x = num(1);
  mx_vec out = {NULL, 0};
  assert_int_not_equal(mx_compiled_call(&c, (mx_vec){&x, 1}, &out), 0);
  assert_int_equal(mx_error_kind(), MX_VALUE);
  assert_int_equal(mx_session_mine(), 0);
  free(out.p);
  mx_scope_close(s, NULL);
}

/* ---- captures ---- */

static mx_array *captured;

static int adds_captured(mx_vec in, mx_vec *out) {
  return give(out, mx_add(in.p[0], captured, S), NULL, NULL);
}

/* A captured array is frozen, and computed once even where it was pending and large. */
static void captured_arrays_are_constants(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  body f = adds_captured;
  mx_compiled c = of(&f, mx_compile_id());
  mx_array *x = noisy(MX_INTS(100000), 1, MLX_FLOAT32, 1), *was;
  was = captured = mx_exp(x, S);
  mx_vec out = {NULL, 0};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(mx_compiled_call(&c, (mx_vec){&x, 1}, &out), 0);
    check_same_bits(out.p[0], mx_add(x, was, S));
    assert_true(mx_ready(was));
    free(out.p);
    captured = x;
  }
  mx_compile_erase(1, c.id);
  mx_scope_close(s, NULL);
}

/* ---- inside other transformations ---- */

static uint64_t inner_id;

static int compiled_square(mx_vec in, mx_vec *out) {
  body f = chain;
  mx_compiled c = of(&f, inner_id);
  mx_vec r = {NULL, 0};
  int bad = mx_compiled_call(&c, in, &r) || give(out, mx_sum(r.p[0], false, S), NULL, NULL);
  free(r.p);
  return bad;
}

static int plain_square(mx_vec in, mx_vec *out) {
  body f = chain;
  mx_vec r = {NULL, 0};
  int bad = call_body(&f, in, &r) || give(out, mx_sum(r.p[0], false, S), NULL, NULL);
  free(r.p);
  return bad;
}

static int gradient(body f, mx_vec in, mx_vec *out) {
  mx_vec value = {NULL, 0};
  int bad = mx_value_and_grad(&value, out, (mx_fun){call_body, &f}, in, (const int[]){0}, 1);
  free(value.p);
  return bad;
}

static int gradient_of_compiled(mx_vec in, mx_vec *out) {
  return gradient(compiled_square, in, out);
}
static int gradient_of_plain(mx_vec in, mx_vec *out) { return gradient(plain_square, in, out); }

/* compile in grad, grad in compile, compile in compile: all give what the plain function gives. */
static void works_inside_and_around(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  inner_id = mx_compile_id();
  mx_array *x = noisy(MX_INTS(50), 2, MLX_FLOAT32, 4);
  mx_vec in = {&x, 1}, want = {NULL, 0}, got = {NULL, 0};
  assert_int_equal(gradient_of_plain(in, &want), 0);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(gradient_of_compiled(in, &got), 0);
    check_same_bits(got.p[0], want.p[0]);
    free(got.p);
  }
  free(want.p);
  same_both_ways(gradient_of_plain, in);
  same_both_ways(gradient_of_compiled, in);
  same_both_ways(compiled_square, in);
  mx_compile_erase(1, inner_id);
  mx_scope_close(s, NULL);
}

static void modes(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *in[] = {noisy(MX_INTS(9, 7), 1, MLX_FLOAT32, 1),
                    noisy(MX_INTS(7, 9), 1, MLX_FLOAT32, 2)};
  for (int m = MLX_COMPILE_MODE_DISABLED; m <= MLX_COMPILE_MODE_ENABLED; m++) {
    uint64_t t = traces();
    assert_int_equal(mx_compile_set_mode((mlx_compile_mode)m), 0);
    same_both_ways(mixed, (mx_vec){in, 2});
    assert_int_equal(traces() - t, m != MLX_COMPILE_MODE_DISABLED);
  }
  assert_int_not_equal(mx_compile_set_mode((mlx_compile_mode)9), 0);
  mx_scope_close(s, NULL);
}

/* ---- threads ---- */

static atomic_int wrong;

static void *caller(void *arg) {
  mx_compiled *c = arg;
  for (int i = 0; i < 200; i++) {
    mx_scope s = mx_scope_open();
    mx_array *x = mx_broadcast_to(num(i % 7), MX_INTS(i % 13 + 1), S);
    mx_vec got = {NULL, 0}, want = {NULL, 0};
    if (mx_compiled_call(c, (mx_vec){&x, 1}, &got) ||
        c->fun.call(c->fun.ctx, (mx_vec){&x, 1}, &want) || mx_eval1(got.p[0]) ||
        mx_eval1(want.p[0]) || memcmp(mx_data(got.p[0]), mx_data(want.p[0]), mx_nbytes(want.p[0])))
      atomic_store(&wrong, 1);
    free(got.p);
    free(want.p);
    mx_scope_close(s, NULL);
  }
  return NULL;
}

static void threads_share_the_cache(void **state) {
  (void)state;
  body f = chain;
  mx_compiled c = of(&f, mx_compile_id());
  mx_compile_limits old = mx_compile_set_limits((mx_compile_limits){8, 1 << 20});
  pthread_t t[4];
  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&t[i], NULL, caller, &c), 0);
  for (int i = 0; i < 4; i++)
    pthread_join(t[i], NULL);
  assert_int_equal(atomic_load(&wrong), 0);
  mx_compile_erase(1, c.id);
  mx_compile_set_limits(old);
}

/* ---- memory ---- */

static void failed_allocations_are_errors(void **state) {
  (void)state;
#ifdef COUNTS_ALLOCATIONS
  mx_scope s = mx_scope_open();
  mx_array *in[] = {noisy(MX_INTS(9, 7), 1, MLX_FLOAT32, 1),
                    noisy(MX_INTS(7, 9), 1, MLX_FLOAT32, 2)};
  body f = mixed;
  mx_compiled c = of(&f, mx_compile_id());
  mx_vec want = {NULL, 0};
  assert_int_equal(call_body(&f, (mx_vec){in, 2}, &want), 0);
  assert_int_equal(mx_eval(want.p, want.n), 0);
  size_t memory = mx_memory_active();
  long at = 0;
  for (bool failed = true; failed; at++) {
    mx_scope inner = mx_scope_open();
    mx_vec out = {NULL, 0};
    atomic_store(&allocations_left, at);
    failed = mx_compiled_call(&c, (mx_vec){in, 2}, &out) != 0;
    failed = atomic_load(&allocations_left) < 0; /* the cache does without */
    atomic_store(&allocations_left, -1);
    free(out.p);
    mx_scope_close(inner, NULL);
    mx_compile_erase(1, c.id);
    assert_int_equal(mx_memory_active(), memory);
    assert_int_equal(mx_session_mine(), 0);
  }
  assert_true(at > 20);
  free(want.p);
  mx_scope_close(s, NULL);
#endif
}

static int group_open(void **state) {
  (void)state;
  open_stream();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_no_bit),
      cmocka_unit_test(chain_is_one_node),
      cmocka_unit_test(equal_parts_are_merged),
      cmocka_unit_test(traces_once_a_kind),
      cmocka_unit_test(shapeless_follows_the_shape),
      cmocka_unit_test(cache_is_bounded),
      cmocka_unit_test(evaluating_an_argument_is_an_error),
      cmocka_unit_test(captured_arrays_are_constants),
      cmocka_unit_test(works_inside_and_around),
      cmocka_unit_test(modes),
      cmocka_unit_test(threads_share_the_cache),
      cmocka_unit_test(failed_allocations_are_errors),
  };
  return cmocka_run_group_tests(tests, group_open, NULL);
}
