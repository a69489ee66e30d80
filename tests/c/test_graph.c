/* The lazy graph: what is scheduled, what is fused, whose memory is reused, and that none of it
 * changes a value. Scheduling is tested on the null backend, values on the CPU's. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "base/pool.h"
#include "core/buffer.h"
#include "gen/ops.h"
#include "graph/plan.h"

static mx_stream *S;

static mx_array *vec(int64_t n, float start) {
  float *v = malloc((size_t)n * sizeof *v);
  assert_non_null(v);
  for (int64_t i = 0; i < n; i++)
    v[i] = start + (float)(i % 97) * 0.25f;
  mx_array *a = mx_from_host(v, &n, 1, MLX_FLOAT32);
  free(v);
  assert_non_null(a);
  return a;
}

static mx_graph_stats since(mx_graph_stats before) {
  mx_graph_stats now = mx_graph_stats_now();
  return (mx_graph_stats){now.plans - before.plans, now.steps - before.steps,
                          now.fused_ops - before.fused_ops, now.views - before.views,
                          now.donated - before.donated};
}

/* A chain of elementwise operations is one step; its intermediates get no memory. */
static void chain_is_one_step(void **state) {
  (void)state;
  mx_backend_select("null");
  mx_scope s = mx_scope_open(), inner = mx_scope_open();
  mx_array *a = mx_scope_close(inner, vec(1000, 1)), *r;
  mx_scope_own(a);
  inner = mx_scope_open();
  mx_array *x = mx_multiply(a, a, S);
  x = mx_negative(x, S);
  x = mx_exp(x, S);
  r = mx_scope_own(mx_scope_close(inner, mx_add(x, a, S)));
  size_t memory = mx_memory_active();
  mx_graph_stats before = mx_graph_stats_now();
  assert_int_equal(mx_eval1(r), 0);
  mx_graph_stats d = since(before);
  assert_int_equal(d.steps, 1);
  assert_int_equal(d.fused_ops, 4);
  assert_true(mx_memory_active() - memory <= 8192);
  mx_scope_close(s, NULL);
  mx_backend_select("cpu");
}

/* An intermediate that somebody holds is written by the same pass. */
static void held_value_is_second_output(void **state) {
  (void)state;
  mx_backend_select("null");
  mx_scope s = mx_scope_open();
  mx_array *a = vec(64, 1);
  mx_array *x = mx_multiply(a, a, S); /* the scope holds it */
  mx_array *y = mx_exp(x, S);
  mx_graph_stats before = mx_graph_stats_now();
  assert_int_equal(mx_eval1(y), 0);
  assert_int_equal(since(before).steps, 1);
  assert_true(mx_ready(x));
  mx_scope_close(s, NULL);
  mx_backend_select("cpu");
}

/* A value with a consumer outside the group is computed on its own, once. */
static void shared_value_runs_once(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *a = vec(64, 1);
  mx_array *x = mx_exp(a, S);
  mx_array *y = mx_add(x, mx_sum_axis(x, 0, true, S), S);
  mx_graph_stats before = mx_graph_stats_now();
  assert_int_equal(mx_eval1(y), 0);
  assert_int_equal(since(before).steps, 3);
  mx_scope_close(s, NULL);
}

/* What nobody asked for does not run. */
static void unused_work_is_dropped(void **state) {
  (void)state;
  mx_backend_select("null");
  mx_scope s = mx_scope_open();
  mx_array *a = vec(64, 1), *unused = mx_exp(a, S), *used = mx_add(a, a, S);
  assert_int_equal(mx_eval1(used), 0);
  assert_false(mx_ready(unused));
  mx_scope_close(s, NULL);
  mx_backend_select("cpu");
}

/* A dying input's memory becomes the output's. */
static void memory_is_handed_on(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_scope inner = mx_scope_open();
  mx_array *x = mx_scope_close(inner, vec(100000, 1));
  assert_int_equal(mx_eval1(x), 0);
  inner = mx_scope_open();
  mx_array *y = mx_scope_close(inner, mx_exp(x, S));
  mx_release(x);
  mx_graph_stats before = mx_graph_stats_now();
  assert_int_equal(mx_eval1(y), 0);
  assert_int_equal(since(before).donated, 1);
  mx_release(y);
  mx_scope_close(s, NULL);
}

/* ... but never that of an array that is still held, nor of lent memory. */
static void held_memory_is_kept(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *x = vec(100000, 1);
  float first = *(float *)mx_data(x);
  mx_array *y = mx_exp(x, S);
  assert_int_equal(mx_eval1(y), 0);
  assert_true(mx_data(x) != mx_data(y));
  assert_true(*(float *)mx_data(x) == first);
  mx_scope_close(s, NULL);
}

/* A million dependent additions evaluate and are freed without deep recursion. */
static void million_additions(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *one = mx_scalar(1, MLX_FLOAT32), *x = mx_retain(one);
  for (int i = 0; i < 1000000; i++) {
    mx_scope inner = mx_scope_open();
    mx_array *next = mx_scope_close(inner, mx_add(x, one, S));
    assert_non_null(next);
    mx_release(x);
    x = next;
  }
  assert_int_equal(mx_eval1(x), 0);
  assert_true(*(float *)mx_data(x) == 1000001.0f);
  mx_release(x);
  x = mx_retain(one); /* and a chain that is never evaluated */
  for (int i = 0; i < 1000000; i++) {
    mx_scope inner = mx_scope_open();
    mx_array *next = mx_scope_close(inner, mx_add(x, one, S));
    mx_release(x);
    x = next;
  }
  mx_release(x);
  mx_scope_close(s, NULL);
}

static mx_array *program(mx_array *a, mx_array *b) {
  mx_array *x = mx_multiply(a, mx_expand_dims(b, 1, S), S);
  x = mx_add(mx_exp(mx_negative(mx_abs(x, S), S), S), mx_transpose(x, S), S);
  mx_array *y = mx_softmax_axis(x, -1, false, S);
  return mx_add(mx_matmul(y, x, S), mx_sigmoid(x, S), S);
}

/* Fused or not, on one thread or two: the same bits. */
static void fusing_changes_no_bit(void **state) {
  (void)state;
  float *first = NULL;
  size_t bytes = 0;
  for (int k = 0; k < 4; k++) {
    mx_graph_set_fusion(k & 1);
    mx_set_thread_count(k & 2 ? 2 : 1);
    mx_scope s = mx_scope_open();
    mx_array *b = vec(120, -3), *a = mx_reshape(vec(120 * 120, -9), MX_INTS(120, 120), S);
    mx_array *r = program(a, b);
    assert_non_null(r);
    assert_int_equal(mx_eval1(r), 0);
    bytes = mx_nbytes(r);
    if (!first) {
      first = malloc(bytes);
      memcpy(first, mx_data(r), bytes);
    }
    assert_memory_equal(first, mx_data(r), bytes);
    mx_scope_close(s, NULL);
  }
  free(first);
  mx_graph_set_fusion(true);
}

/* Running out of memory is an error; the graph is intact and the next evaluation works. */
static void out_of_memory_is_an_error(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *big = mx_broadcast_to(mx_scalar(1, MLX_FLOAT32), MX_INTS(1 << 20), S);
  mx_array *r = mx_exp(big, S);
  size_t old = mx_memory_set_limit(mx_memory_active() + 1000);
  mx_memory_clear_cache();
  assert_int_not_equal(mx_eval1(r), 0);
  assert_int_equal(mx_error_kind(), MX_MEMORY);
  mx_memory_set_limit(old);
  assert_int_equal(mx_eval1(r), 0);
  mx_scope_close(s, NULL);
}

typedef struct race {
  mx_array *shared;
  float result;
} race;

static void *racer(void *arg) {
  race *r = arg;
  for (int i = 0; i < 50; i++) {
    mx_scope s = mx_scope_open();
    mx_array *x = mx_sum(mx_add(r->shared, mx_scalar(i, MLX_FLOAT32), S), false, S);
    if (mx_eval1(x))
      r->result = -1;
    else
      r->result = *(float *)mx_data(x);
    mx_scope_close(s, NULL);
  }
  return NULL;
}

/* Threads may evaluate graphs that share nodes. */
static void threads_share_nodes(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_array *shared = mx_multiply(vec(1000, 1), mx_scalar(2, MLX_FLOAT32), S);
  race r[4];
  pthread_t t[4];
  for (int i = 0; i < 4; i++) {
    r[i] = (race){shared, 0};
    assert_int_equal(pthread_create(&t[i], NULL, racer, &r[i]), 0);
  }
  for (int i = 0; i < 4; i++)
    pthread_join(t[i], NULL);
  for (int i = 1; i < 4; i++)
    assert_true(r[i].result == r[0].result && r[0].result > 0);
  mx_scope_close(s, NULL);
}

/* Work that nobody waits for runs on the stream's own thread; work on two streams is ordered by its data. */
static void streams_and_async(void **state) {
  (void)state;
  mx_scope s = mx_scope_open();
  mx_stream *other = mx_stream_new((mx_device){MLX_CPU, 0});
  mx_array *a = mx_exp(vec(1000, 0), S);
  mx_array *b = mx_add(a, mx_scalar(1, MLX_FLOAT32), other);
  mx_array *c = mx_sum(b, false, S);
  assert_int_equal(mx_eval_hook(&c, 1, false), 0);
  mx_stream_synchronize(S);
  mx_stream_synchronize(other);
  assert_true(mx_ready(c));
  mx_array *d = mx_multiply(mx_add(c, c, other), c, S);
  assert_int_equal(mx_eval1(d), 0);
  float x = *(float *)mx_data(c);
  assert_true(*(float *)mx_data(d) == (x + x) * x);
  mx_scope_close(s, NULL);
}

int main(void) {
  S = mx_default_stream((mx_device){MLX_CPU, 0});
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chain_is_one_step),      cmocka_unit_test(held_value_is_second_output),
      cmocka_unit_test(shared_value_runs_once), cmocka_unit_test(unused_work_is_dropped),
      cmocka_unit_test(memory_is_handed_on),    cmocka_unit_test(held_memory_is_kept),
      cmocka_unit_test(million_additions),      cmocka_unit_test(fusing_changes_no_bit),
      cmocka_unit_test(out_of_memory_is_an_error), cmocka_unit_test(threads_share_nodes),
      cmocka_unit_test(streams_and_async),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
