/* What a call costs: a graph of 30 operations on 16 numbers, built by the builders and replayed by
 * compile, without evaluation and with it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/stream.h"
#include "gen/ops.h"
#include "transforms/compile.h"

static mx_stream *S;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* 30 operations, all elementwise. */
static int chain(void *ctx, mx_vec in, mx_vec *out) {
  (void)ctx;
  mx_array *x = in.p[0], *y = in.p[1];
  for (int i = 0; i < 10 && x; i++)
    x = mx_maximum(mx_add(mx_multiply(x, y, S), y, S), x, S);
  if (!x || mx_vec_alloc(out, 1, "bench"))
    return 1;
  out->p[0] = x;
  return 0;
}

/* 30 operations in ten layers: a product, a sum and a maximum each. */
static int layers(void *ctx, mx_vec in, mx_vec *out) {
  (void)ctx;
  mx_array *x = in.p[0], *y = in.p[1];
  for (int i = 0; i < 10 && x; i++)
    x = mx_maximum(mx_add(mx_matmul(x, y, S), y, S), x, S);
  if (!x || mx_vec_alloc(out, 1, "bench"))
    return 1;
  out->p[0] = x;
  return 0;
}

enum { ROUNDS = 20000 };

static double run(const mx_compiled *c, bool compiled, mx_vec in, bool eval) {
  double best = 1e9;
  for (int sample = 0; sample < 5; sample++) {
    double start = now();
    for (int i = 0; i < ROUNDS / 5; i++) {
      mx_scope s = mx_scope_open();
      mx_vec out = {NULL, 0};
      int bad = compiled ? mx_compiled_call(c, in, &out) : c->fun.call(NULL, in, &out);
      if (bad || (eval && mx_eval1(out.p[0])))
        exit(1);
      free(out.p);
      mx_scope_close(s, NULL);
    }
    double t = (now() - start) / (ROUNDS / 5);
    best = t < best ? t : best;
  }
  return best * 1e6;
}

int main(void) {
  S = mx_default_stream(mx_default_device());
  mx_scope s = mx_scope_open();
  mx_array *in[] = {mx_ones(MX_INTS(4, 4), MLX_FLOAT32, S), mx_ones(MX_INTS(4, 4), MLX_FLOAT32, S)};
  mx_vec v = {in, 2};
  mx_eval(in, 2);
  static const struct {
    const char *name;
    int (*f)(void *, mx_vec, mx_vec *);
  } rows[] = {{"elementwise chain", chain}, {"products and sums", layers}};
  printf("us a call of 30 operations    built  replayed  built+eval  replayed+eval\n");
  for (int i = 0; i < 2; i++) {
    mx_compiled c = {.fun = {rows[i].f, NULL}, .space = 1, .id = mx_compile_id()};
    double t[4];
    for (int k = 0; k < 4; k++)
      t[k] = run(&c, k % 2, v, k > 1);
    printf("%-28s %6.2f    %6.2f      %6.2f         %6.2f\n", rows[i].name, t[0], t[1], t[2], t[3]);
  }
  mx_compile_clear();
  mx_scope_close(s, NULL);
  return 0;
}
