/* What people write by hand, evaluated as one graph: a chain and GELU on 8 M floats, softmax and
 * layer norm of 8,192 rows of 1,024, an Adam step of 200,000 parameters, a loss of 8 M. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/stream.h"
#include "gen/ops.h"

static mx_stream *S;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static mx_array *num(double v) { return mx_scalar(v, MLX_FLOAT32); }
#define ADD(a, b) mx_add(a, b, S)
#define SUB(a, b) mx_subtract(a, b, S)
#define MUL(a, b) mx_multiply(a, b, S)
#define DIV(a, b) mx_divide(a, b, S)

typedef int (*body)(mx_array **in, mx_array **out);

static int chain(mx_array **in, mx_array **out) {
  mx_array *x = in[0];
  mx_array *e = mx_exp(mx_negative(MUL(x, x), S), S);
  out[0] = SUB(ADD(MUL(e, num(0.5)), MUL(x, num(1.25))), num(3));
  return 1;
}

static int gelu(mx_array **in, mx_array **out) {
  mx_array *x = in[0], *x3 = MUL(MUL(x, x), x);
  mx_array *t = mx_tanh(MUL(num(0.7978845608), ADD(x, MUL(num(0.044715), x3))), S);
  out[0] = MUL(MUL(num(0.5), x), ADD(num(1), t));
  return 1;
}

static int softmax(mx_array **in, mx_array **out) {
  mx_array *e = mx_exp(SUB(in[0], mx_max_axis(in[0], -1, true, S)), S);
  out[0] = DIV(e, mx_sum_axis(e, -1, true, S));
  return 1;
}

static int layer_norm(mx_array **in, mx_array **out) {
  mx_array *d = SUB(in[0], mx_mean_axis(in[0], -1, true, S));
  mx_array *v = mx_mean_axis(mx_square(d, S), -1, true, S);
  out[0] = MUL(d, mx_rsqrt(ADD(v, num(1e-5)), S));
  return 1;
}

static int adam(mx_array **in, mx_array **out) {
  mx_array *g = in[0], *m = in[1], *v = in[2], *p = in[3];
  out[0] = ADD(MUL(num(0.9), m), MUL(num(0.1), g));
  out[1] = ADD(MUL(num(0.999), v), MUL(num(0.001), mx_square(g, S)));
  out[2] = SUB(p, DIV(MUL(num(1e-3), out[0]), ADD(mx_sqrt(out[1], S), num(1e-8))));
  return 3;
}

static int loss(mx_array **in, mx_array **out) {
  out[0] = mx_mean(mx_square(SUB(in[0], num(0.5)), S), false, S);
  return 1;
}

static double best(body f, mx_array **in, int runs) {
  double least = 1e9;
  for (int i = 0; i < runs; i++) {
    mx_array *out[3];
    mx_scope s = mx_scope_open(), inner = mx_scope_open();
    int n = f(in, out);
    for (int k = 0; k < n; k++)
      mx_retain(out[k]);
    mx_scope_close(inner, NULL);
    double start = now();
    if (mx_eval(out, (size_t)n))
      exit(1);
    double t = now() - start;
    least = t < least ? t : least;
    for (int k = 0; k < n; k++)
      mx_release(out[k]);
    mx_scope_close(s, NULL);
  }
  return least;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    body f;
    int64_t rows, columns;
  } rows[] = {{"chain", chain, 8192, 1024},      {"gelu", gelu, 8192, 1024},
              {"softmax", softmax, 8192, 1024},  {"layer norm", layer_norm, 8192, 1024},
              {"adam 200k", adam, 200, 1000},    {"loss", loss, 8192, 1024}};
  int runs = argc > 1 ? atoi(argv[1]) : 10;
  S = mx_default_stream(mx_default_device());
  for (int i = 0; i < 6; i++) {
    mx_scope s = mx_scope_open();
    int64_t n = rows[i].rows * rows[i].columns;
    mx_array *in[4];
    for (int k = 0; k < 4; k++) {
      in[k] = mx_sin(mx_arange(k, (double)(n + k), 1, MLX_FLOAT32, S), S);
      in[k] = mx_reshape(mx_abs(in[k], S), MX_INTS(rows[i].rows, rows[i].columns), S);
    }
    mx_eval(in, rows[i].f == adam ? 4 : 1);
    printf("%-12s %8.3f ms\n", rows[i].name,
           best(rows[i].f, in, n < 1000000 ? runs * 20 : runs) * 1e3);
    mx_scope_close(s, NULL);
  }
  return 0;
}
