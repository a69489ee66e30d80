// Promises: every index is visited once, in chunks aligned to the grain; nested and concurrent
// calls work; the thread count can change at any time; a forked child can compute.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pool.h"

typedef struct visit {
  int64_t n, grain;
  _Atomic int bad;
  unsigned char *seen;
  int nest;
} visit;

static void count_one(void *ctx, int64_t begin, int64_t end) {
  atomic_fetch_add((_Atomic int64_t *)ctx, end - begin);
}

static void visit_chunk(void *ctx, int64_t begin, int64_t end) {
  visit *v = ctx;
  if (begin % v->grain || begin >= end || end > v->n) v->bad = 1;
  if (end != v->n && end - begin < v->grain) v->bad = 1;
  for (int64_t i = begin; i < end; i++) v->seen[i]++;
  if (v->nest) {
    _Atomic int64_t sum = 0;
    mx_parallel_for(1000, 7, count_one, &sum);
    if (sum != 1000) v->bad = 1;
  }
}

static int visit_ok(int64_t n, int64_t grain, int nest) {
  visit v = {.n = n, .grain = grain, .nest = nest, .seen = calloc((size_t)n + 1, 1)};
  mx_parallel_for(n, grain, visit_chunk, &v);
  int ok = !v.bad && !v.seen[n];
  for (int64_t i = 0; i < n; i++) ok &= v.seen[i] == 1;
  free(v.seen);
  return ok;
}

static void covers_the_range(void **state) {
  (void)state;
  for (int threads = 1; threads <= 5; threads++) {
    mx_set_thread_count(threads);
    assert_int_equal(mx_thread_count(), threads);
    for (int64_t n = 0; n < 300; n += 13)
      for (int64_t grain = 1; grain < 40; grain += 6) assert_true(visit_ok(n, grain, 0));
    assert_true(visit_ok(100003, 1, 0));
  }
}

static void nested_calls(void **state) {
  (void)state;
  mx_set_thread_count(4);
  for (int i = 0; i < 50; i++) assert_true(visit_ok(64, 1, 1));
}

static void *caller(void *arg) {
  for (int i = 0; i < 200; i++)
    if (!visit_ok(500 + i, 3, i % 16 == 0)) *(int *)arg = 0;
  return NULL;
}

static void concurrent_callers(void **state) {
  (void)state;
  pthread_t t[4];
  int ok[4];
  for (int i = 0; i < 4; i++) {
    ok[i] = 1;
    assert_int_equal(pthread_create(&t[i], NULL, caller, &ok[i]), 0);
  }
  for (int n = 1; n < 40; n++) {
    mx_set_thread_count(1 + n % 5);
    usleep(200);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(t[i], NULL);
    assert_true(ok[i]);
  }
}

static void forked_child_computes(void **state) {
  (void)state;
  mx_set_thread_count(3);
  assert_true(visit_ok(1000, 1, 0));
  pid_t pid = fork();
  if (pid == 0) _exit(visit_ok(1000, 1, 0) && visit_ok(5000, 1, 1) ? 0 : 1);
  int status = 1;
  waitpid(pid, &status, 0);
  assert_int_equal(status, 0);
  assert_true(visit_ok(1000, 1, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(covers_the_range),
      cmocka_unit_test(nested_calls),
      cmocka_unit_test(concurrent_callers),
      cmocka_unit_test(forked_child_computes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
