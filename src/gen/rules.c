/* Written by tools/opgen.py from src/ops/. Do not edit. */
#include "gen/rules.h"

#include "gen/ops.h"

static int vjp_add(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, g, false))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 1, g, false))
      return 1;
  }
  return 0;
}

static int jvp_add(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, g))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, g))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_subtract(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, g, false))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 1, mx_rule_negative(g, c->s), false))
      return 1;
  }
  return 0;
}

static int jvp_subtract(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, g))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_rule_negative(g, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_multiply(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, b, c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_multiply(g, a, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_multiply(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, b, c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_multiply(g, a, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_divide(const mx_vjp_call *c) {
  mx_array *b = c->in[1];
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, b, c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_divide(mx_multiply(mx_rule_negative(g, c->s), out, c->s), b, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_divide(const mx_jvp_call *c) {
  mx_array *b = c->in[1];
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, b, c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_divide(mx_multiply(mx_rule_negative(g, c->s), out, c->s), b, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_remainder(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, g, false))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_multiply(mx_rule_negative(g, c->s), mx_floor_divide(a, b, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_remainder(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, g))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_multiply(mx_rule_negative(g, c->s), mx_floor_divide(a, b, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_power(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_multiply(g, b, c->s), mx_power(a, mx_subtract(b, mx_number(1, c->out[0]), c->s), c->s), c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_multiply(mx_multiply(g, out, c->s), mx_where(mx_equal(a, mx_number(0, c->out[0]), c->s), mx_number(0, c->out[0]), mx_log(a, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_power(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_multiply(g, b, c->s), mx_power(a, mx_subtract(b, mx_number(1, c->out[0]), c->s), c->s), c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_multiply(mx_multiply(g, out, c->s), mx_where(mx_equal(a, mx_number(0, c->out[0]), c->s), mx_number(0, c->out[0]), mx_log(a, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_maximum(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_where(mx_greater(a, b, c->s), g, mx_number(0, c->out[0]), c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_where(mx_greater(a, b, c->s), mx_number(0, c->out[0]), g, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_maximum(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_where(mx_greater(a, b, c->s), g, mx_number(0, c->out[0]), c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_where(mx_greater(a, b, c->s), mx_number(0, c->out[0]), g, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_minimum(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_where(mx_less(a, b, c->s), g, mx_number(0, c->out[0]), c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_where(mx_less(a, b, c->s), mx_number(0, c->out[0]), g, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_minimum(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_where(mx_less(a, b, c->s), g, mx_number(0, c->out[0]), c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_where(mx_less(a, b, c->s), mx_number(0, c->out[0]), g, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_logaddexp(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_sigmoid(mx_subtract(a, b, c->s), c->s), c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_multiply(g, mx_sigmoid(mx_subtract(b, a, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_logaddexp(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_sigmoid(mx_subtract(a, b, c->s), c->s), c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_multiply(g, mx_sigmoid(mx_subtract(b, a, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arctan2(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(mx_multiply(g, b, c->s), mx_add(mx_square(a, c->s), mx_square(b, c->s), c->s), c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_divide(mx_multiply(mx_rule_negative(g, c->s), a, c->s), mx_add(mx_square(a, c->s), mx_square(b, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arctan2(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(mx_multiply(g, b, c->s), mx_add(mx_square(a, c->s), mx_square(b, c->s), c->s), c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_divide(mx_multiply(mx_rule_negative(g, c->s), a, c->s), mx_add(mx_square(a, c->s), mx_square(b, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_copysign(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_multiply(g, mx_binary(MX_PRIM_COPYSIGN, mx_number(1, c->out[0]), a, c->s), c->s), mx_binary(MX_PRIM_COPYSIGN, mx_number(1, c->out[0]), b, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_copysign(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_multiply(g, mx_binary(MX_PRIM_COPYSIGN, mx_number(1, c->out[0]), a, c->s), c->s), mx_binary(MX_PRIM_COPYSIGN, mx_number(1, c->out[0]), b, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_hypot(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(mx_multiply(g, a, c->s), out, c->s), true))
      return 1;
  }
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_divide(mx_multiply(g, b, c->s), out, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_hypot(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *b = c->in[1];
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(mx_multiply(g, a, c->s), out, c->s)))
      return 1;
  }
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_divide(mx_multiply(g, b, c->s), out, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_nextafter(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, g, false))
      return 1;
  }
  return 0;
}

static int jvp_nextafter(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, g))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_where(const mx_vjp_call *c) {
  mx_array *condition = c->in[0];
  if (c->want[1]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 1, mx_where(condition, g, mx_number(0, c->out[0]), c->s), true))
      return 1;
  }
  if (c->want[2]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 2, mx_where(condition, mx_number(0, c->out[0]), g, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_where(const mx_jvp_call *c) {
  mx_array *condition = c->in[0];
  mx_array *sum = NULL;
  if (c->t[1]) {
    mx_array *g = c->t[1];
    if (mx_rule_tangent(c, 1, &sum, mx_where(condition, g, mx_number(0, c->out[0]), c->s)))
      return 1;
  }
  if (c->t[2]) {
    mx_array *g = c->t[2];
    if (mx_rule_tangent(c, 2, &sum, mx_where(condition, mx_number(0, c->out[0]), g, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_abs(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_sign(a, c->s), c->s), false))
      return 1;
  }
  return 0;
}

static int jvp_abs(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = mx_rule_unit(c, 0);
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_sign(a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_negative(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, mx_rule_negative(g, c->s), false))
      return 1;
  }
  return 0;
}

static int jvp_negative(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_rule_negative(g, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_square(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_multiply(mx_number(2, c->out[0]), a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_square(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_multiply(mx_number(2, c->out[0]), a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_sqrt(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(mx_multiply(g, mx_number(0.5, c->out[0]), c->s), out, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_sqrt(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(mx_multiply(g, mx_number(0.5, c->out[0]), c->s), out, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_rsqrt(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_divide(mx_multiply(mx_number(-0.5, c->out[0]), out, c->s), a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_rsqrt(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_divide(mx_multiply(mx_number(-0.5, c->out[0]), out, c->s), a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_reciprocal(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_rule_negative(g, c->s), mx_square(out, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_reciprocal(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_rule_negative(g, c->s), mx_square(out, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_exp(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, out, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_exp(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, out, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_expm1(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_add(out, mx_number(1, c->out[0]), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_expm1(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_add(out, mx_number(1, c->out[0]), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_log(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, a, c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_log(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, a, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_log2(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, mx_multiply(a, mx_number(0.6931471805599453, c->out[0]), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_log2(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, mx_multiply(a, mx_number(0.6931471805599453, c->out[0]), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_log10(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, mx_multiply(a, mx_number(2.302585092994046, c->out[0]), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_log10(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, mx_multiply(a, mx_number(2.302585092994046, c->out[0]), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_log1p(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, mx_add(mx_number(1, c->out[0]), a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_log1p(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, mx_add(mx_number(1, c->out[0]), a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_sin(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_cos(a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_sin(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_cos(a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_cos(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_rule_negative(g, c->s), mx_sin(a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_cos(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_rule_negative(g, c->s), mx_sin(a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_tan(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, mx_square(mx_cos(a, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_tan(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, mx_square(mx_cos(a, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arcsin(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_rsqrt(mx_subtract(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arcsin(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_rsqrt(mx_subtract(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arccos(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_rule_negative(g, c->s), mx_rsqrt(mx_subtract(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arccos(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_rule_negative(g, c->s), mx_rsqrt(mx_subtract(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arctan(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, mx_add(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arctan(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, mx_add(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_sinh(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_cosh(a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_sinh(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_cosh(a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_cosh(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_sinh(a, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_cosh(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_sinh(a, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_tanh(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_subtract(mx_number(1, c->out[0]), mx_square(out, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_tanh(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_subtract(mx_number(1, c->out[0]), mx_square(out, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arcsinh(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_rsqrt(mx_add(mx_square(a, c->s), mx_number(1, c->out[0]), c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arcsinh(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_rsqrt(mx_add(mx_square(a, c->s), mx_number(1, c->out[0]), c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arccosh(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_rsqrt(mx_subtract(mx_square(a, c->s), mx_number(1, c->out[0]), c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arccosh(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_rsqrt(mx_subtract(mx_square(a, c->s), mx_number(1, c->out[0]), c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_arctanh(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_divide(g, mx_subtract(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_arctanh(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_divide(g, mx_subtract(mx_number(1, c->out[0]), mx_square(a, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_sigmoid(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_multiply(g, out, c->s), mx_subtract(mx_number(1, c->out[0]), out, c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_sigmoid(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_multiply(g, out, c->s), mx_subtract(mx_number(1, c->out[0]), out, c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_erf(const mx_vjp_call *c) {
  mx_array *a = c->in[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_multiply(g, mx_number(1.1283791670955126, c->out[0]), c->s), mx_exp(mx_rule_negative(mx_square(a, c->s), c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_erf(const mx_jvp_call *c) {
  mx_array *a = c->in[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_multiply(g, mx_number(1.1283791670955126, c->out[0]), c->s), mx_exp(mx_rule_negative(mx_square(a, c->s), c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_erfinv(const mx_vjp_call *c) {
  mx_array *out = c->out[0];
  if (c->want[0]) {
    mx_array *g = mx_rule_conjugate(c->g[0], c->s);
    if (mx_rule_grad(c, 0, mx_multiply(mx_multiply(g, mx_number(0.8862269254527579, c->out[0]), c->s), mx_exp(mx_square(out, c->s), c->s), c->s), true))
      return 1;
  }
  return 0;
}

static int jvp_erfinv(const mx_jvp_call *c) {
  mx_array *out = c->out[0];
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(mx_multiply(g, mx_number(0.8862269254527579, c->out[0]), c->s), mx_exp(mx_square(out, c->s), c->s), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_real(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, g, false))
      return 1;
  }
  return 0;
}

static int jvp_real(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = mx_rule_unit(c, 0);
    if (mx_rule_tangent(c, 0, &sum, g))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_imag(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, mx_multiply(g, mx_imaginary_unit(), c->s), false))
      return 1;
  }
  return 0;
}

static int jvp_imag(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = mx_rule_unit(c, 0);
    if (mx_rule_tangent(c, 0, &sum, mx_multiply(g, mx_imaginary_unit(), c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_conjugate(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, mx_conjugate(g, c->s), false))
      return 1;
  }
  return 0;
}

static int jvp_conjugate(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, mx_conjugate(g, c->s)))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

static int vjp_astype(const mx_vjp_call *c) {
  if (c->want[0]) {
    mx_array *g = c->g[0];
    if (mx_rule_grad(c, 0, g, false))
      return 1;
  }
  return 0;
}

static int jvp_astype(const mx_jvp_call *c) {
  mx_array *sum = NULL;
  if (c->t[0]) {
    mx_array *g = c->t[0];
    if (mx_rule_tangent(c, 0, &sum, g))
      return 1;
  }
  return mx_rule_tangent_done(c, sum);
}

const mx_rules mx_prim_rules[MX_PRIM_COUNT] = {
  [MX_PRIM_ADD] = {.vjp = vjp_add, .jvp = jvp_add, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SUBTRACT] = {.vjp = vjp_subtract, .jvp = jvp_subtract, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MULTIPLY] = {.vjp = vjp_multiply, .jvp = jvp_multiply, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_DIVIDE] = {.vjp = vjp_divide, .jvp = jvp_divide, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_FLOOR_DIVIDE] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_REMAINDER] = {.vjp = vjp_remainder, .jvp = jvp_remainder, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_POWER] = {.vjp = vjp_power, .jvp = jvp_power, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MAXIMUM] = {.vjp = vjp_maximum, .jvp = jvp_maximum, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MINIMUM] = {.vjp = vjp_minimum, .jvp = jvp_minimum, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LOGADDEXP] = {.vjp = vjp_logaddexp, .jvp = jvp_logaddexp, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCTAN2] = {.vjp = vjp_arctan2, .jvp = jvp_arctan2, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_EQUAL] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_NOT_EQUAL] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_GREATER] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_GREATER_EQUAL] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LESS] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LESS_EQUAL] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LOGICAL_AND] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LOGICAL_OR] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LOGICAL_XOR] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_BITWISE_AND] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_BITWISE_OR] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_BITWISE_XOR] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LEFT_SHIFT] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_RIGHT_SHIFT] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_COPYSIGN] = {.vjp = vjp_copysign, .jvp = jvp_copysign, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_HYPOT] = {.vjp = vjp_hypot, .jvp = jvp_hypot, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_NEXTAFTER] = {.vjp = vjp_nextafter, .jvp = jvp_nextafter, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_WHERE] = {.vjp = vjp_where, .jvp = jvp_where, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ABS] = {.vjp = vjp_abs, .jvp = jvp_abs, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_NEGATIVE] = {.vjp = vjp_negative, .jvp = jvp_negative, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SIGN] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_SQUARE] = {.vjp = vjp_square, .jvp = jvp_square, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SQRT] = {.vjp = vjp_sqrt, .jvp = jvp_sqrt, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_RSQRT] = {.vjp = vjp_rsqrt, .jvp = jvp_rsqrt, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_RECIPROCAL] = {.vjp = vjp_reciprocal, .jvp = jvp_reciprocal, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_EXP] = {.vjp = vjp_exp, .jvp = jvp_exp, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_EXPM1] = {.vjp = vjp_expm1, .jvp = jvp_expm1, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LOG] = {.vjp = vjp_log, .jvp = jvp_log, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LOG2] = {.vjp = vjp_log2, .jvp = jvp_log2, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LOG10] = {.vjp = vjp_log10, .jvp = jvp_log10, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LOG1P] = {.vjp = vjp_log1p, .jvp = jvp_log1p, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SIN] = {.vjp = vjp_sin, .jvp = jvp_sin, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_COS] = {.vjp = vjp_cos, .jvp = jvp_cos, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_TAN] = {.vjp = vjp_tan, .jvp = jvp_tan, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCSIN] = {.vjp = vjp_arcsin, .jvp = jvp_arcsin, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCCOS] = {.vjp = vjp_arccos, .jvp = jvp_arccos, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCTAN] = {.vjp = vjp_arctan, .jvp = jvp_arctan, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SINH] = {.vjp = vjp_sinh, .jvp = jvp_sinh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_COSH] = {.vjp = vjp_cosh, .jvp = jvp_cosh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_TANH] = {.vjp = vjp_tanh, .jvp = jvp_tanh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCSINH] = {.vjp = vjp_arcsinh, .jvp = jvp_arcsinh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCCOSH] = {.vjp = vjp_arccosh, .jvp = jvp_arccosh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARCTANH] = {.vjp = vjp_arctanh, .jvp = jvp_arctanh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SIGMOID] = {.vjp = vjp_sigmoid, .jvp = jvp_sigmoid, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ERF] = {.vjp = vjp_erf, .jvp = jvp_erf, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ERFINV] = {.vjp = vjp_erfinv, .jvp = jvp_erfinv, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_FLOOR] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_CEIL] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_TRUNC] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ROUND] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ISNAN] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ISINF] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ISFINITE] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ISPOSINF] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ISNEGINF] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_SIGNBIT] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LOGICAL_NOT] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_BITWISE_INVERT] = {.vjp_state = MX_VJP_ZERO},
  [MX_PRIM_REAL] = {.vjp = vjp_real, .jvp = jvp_real, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_IMAG] = {.vjp = vjp_imag, .jvp = jvp_imag, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CONJUGATE] = {.vjp = vjp_conjugate, .jvp = jvp_conjugate, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ASTYPE] = {.vjp = vjp_astype, .jvp = jvp_astype, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CONV_GENERAL] = {.vjp = mx_vjp_conv_general, .jvp = mx_jvp_conv_general, .vmap = mx_vmap_conv_general, .remake = mx_remake_conv_general, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CONV_WEIGHT] = {.vjp = mx_vjp_conv_weight, .jvp = mx_jvp_conv_weight, .vmap = mx_vmap_conv_weight, .remake = mx_remake_conv_weight, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARANGE] = {.remake = mx_remake_arange, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_RMS_NORM] = {.vjp = mx_vjp_rms_norm, .vmap = mx_vmap_rms_norm, .remake = mx_remake_rms_norm, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LAYER_NORM] = {.vjp = mx_vjp_layer_norm, .vmap = mx_vmap_layer_norm, .remake = mx_remake_layer_norm, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ROPE] = {.vjp = mx_vjp_rope, .vmap = mx_vmap_rope, .remake = mx_remake_rope, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SCALED_DOT_PRODUCT_ATTENTION] = {.vjp = mx_vjp_scaled_dot_product_attention, .vmap = mx_vmap_scaled_dot_product_attention, .remake = mx_remake_scaled_dot_product_attention, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CROSS_ENTROPY] = {.vjp = mx_vjp_cross_entropy, .vmap = mx_vmap_cross_entropy, .remake = mx_remake_cross_entropy, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_GATED_DELTA_UPDATE] = {.vjp = mx_vjp_gated_delta_update, .vmap = mx_vmap_gated_delta_update, .remake = mx_remake_gated_delta_update, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_FFT] = {.vjp = mx_vjp_fft, .jvp = mx_jvp_fft, .vmap = mx_vmap_fft, .remake = mx_remake_fft, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_GATHER] = {.vjp = mx_vjp_gather, .vmap = mx_vmap_gather, .remake = mx_remake_gather, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_TAKE] = {.vjp = mx_vjp_take, .vmap = mx_vmap_take, .remake = mx_remake_take, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_TAKE_ALONG_AXIS] = {.vjp = mx_vjp_take_along_axis, .vmap = mx_vmap_take_along_axis, .remake = mx_remake_take_along_axis, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_PUT_ALONG_AXIS] = {.vjp = mx_vjp_put_along_axis, .vmap = mx_vmap_put_along_axis, .remake = mx_remake_put_along_axis, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SCATTER_ADD_AXIS] = {.vjp = mx_vjp_scatter_add_axis, .vmap = mx_vmap_scatter_add_axis, .remake = mx_remake_scatter_add_axis, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SCATTER] = {.vjp = mx_vjp_scatter, .vmap = mx_vmap_scatter, .remake = mx_remake_scatter, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SLICE_UPDATE] = {.vjp = mx_vjp_slice_update, .jvp = mx_jvp_slice_update, .vmap = mx_vmap_slice_update, .remake = mx_remake_slice_update, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SLICE_DYNAMIC] = {.vjp = mx_vjp_slice_dynamic, .vmap = mx_vmap_slice_dynamic, .remake = mx_remake_slice_dynamic, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SLICE_UPDATE_DYNAMIC] = {.vjp = mx_vjp_slice_update_dynamic, .vmap = mx_vmap_slice_update_dynamic, .remake = mx_remake_slice_update_dynamic, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MASKED_SCATTER] = {.vjp = mx_vjp_masked_scatter, .vmap = mx_vmap_masked_scatter, .remake = mx_remake_masked_scatter, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SEARCHSORTED] = {.vmap = mx_vmap_searchsorted, .remake = mx_remake_searchsorted, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_UNIQUE] = {.vjp = mx_vjp_unique, .remake = mx_remake_unique, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CONCATENATE] = {.vjp = mx_vjp_concatenate, .jvp = mx_jvp_concatenate, .vmap = mx_vmap_concatenate, .remake = mx_remake_concatenate, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CHOLESKY] = {.vjp = mx_vjp_cholesky, .vmap = mx_vmap_cholesky, .remake = mx_remake_cholesky, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_INVERSE] = {.vjp = mx_vjp_inverse, .vmap = mx_vmap_inverse, .remake = mx_remake_inverse, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LU_FACTOR] = {.vjp = mx_vjp_lu_factor, .vmap = mx_vmap_lu_factor, .remake = mx_remake_lu_factor, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SOLVE] = {.vjp = mx_vjp_solve, .vmap = mx_vmap_solve, .remake = mx_remake_solve, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SOLVE_TRIANGULAR] = {.vjp = mx_vjp_solve_triangular, .vmap = mx_vmap_solve_triangular, .remake = mx_remake_solve_triangular, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_QR] = {.vjp = mx_vjp_qr, .vmap = mx_vmap_qr, .remake = mx_remake_qr, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SVD] = {.vjp = mx_vjp_svd, .vmap = mx_vmap_svd, .remake = mx_remake_svd, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_EIGH] = {.vjp = mx_vjp_eigh, .vmap = mx_vmap_eigh, .remake = mx_remake_eigh, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_EIG] = {.vjp = mx_vjp_eig, .vmap = mx_vmap_eig, .remake = mx_remake_eig, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MATMUL] = {.vjp = mx_vjp_matmul, .jvp = mx_jvp_matmul, .vmap = mx_vmap_matmul, .remake = mx_remake_matmul, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ADDMM] = {.vjp = mx_vjp_addmm, .jvp = mx_jvp_addmm, .vmap = mx_vmap_addmm, .remake = mx_remake_addmm, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_GATHER_MM] = {.vjp = mx_vjp_gather_mm, .vmap = mx_vmap_gather_mm, .remake = mx_remake_gather_mm, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SEGMENTED_MM] = {.vjp = mx_vjp_segmented_mm, .vmap = mx_vmap_segmented_mm, .remake = mx_remake_segmented_mm, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_HADAMARD_TRANSFORM] = {.vjp = mx_vjp_hadamard_transform, .vmap = mx_vmap_hadamard_transform, .remake = mx_remake_hadamard_transform, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_STOP_GRADIENT] = {.vmap = mx_vmap_stop_gradient, .remake = mx_remake_stop_gradient, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_DEPENDS] = {.vjp = mx_vjp_depends, .jvp = mx_jvp_depends, .vmap = mx_vmap_depends, .remake = mx_remake_depends, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CUSTOM_FUNCTION] = {.vjp = mx_vjp_custom_function, .jvp = mx_jvp_custom_function, .vmap = mx_vmap_custom_function, .remake = mx_remake_custom_function, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_FUSED] = {.vjp_state = MX_VJP_LACKS},
  [MX_PRIM_QUANTIZE] = {.vjp = mx_vjp_quantize, .vmap = mx_vmap_quantize, .remake = mx_remake_quantize, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_DEQUANTIZE] = {.vjp = mx_vjp_dequantize, .vmap = mx_vmap_dequantize, .remake = mx_remake_dequantize, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_QUANTIZED_MATMUL] = {.vjp = mx_vjp_quantized_matmul, .vmap = mx_vmap_quantized_matmul, .remake = mx_remake_quantized_matmul, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_GATHER_QMM] = {.vjp = mx_vjp_gather_qmm, .vmap = mx_vmap_gather_qmm, .remake = mx_remake_gather_qmm, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_TO_FP8] = {.vmap = mx_vmap_to_fp8, .remake = mx_remake_to_fp8, .vjp_state = MX_VJP_LACKS},
  [MX_PRIM_FROM_FP8] = {.vmap = mx_vmap_from_fp8, .remake = mx_remake_from_fp8, .vjp_state = MX_VJP_LACKS},
  [MX_PRIM_RANDOM_BITS] = {.vmap = mx_vmap_random_bits, .remake = mx_remake_random_bits, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_RANDOM_ERF] = {.vjp = mx_vjp_random_erf, .vmap = mx_vmap_random_erf, .remake = mx_remake_random_erf, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SUM] = {.vjp = mx_vjp_sum, .vmap = mx_vmap_sum, .remake = mx_remake_sum, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_PROD] = {.vjp = mx_vjp_prod, .vmap = mx_vmap_prod, .remake = mx_remake_prod, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MIN] = {.vjp = mx_vjp_min, .vmap = mx_vmap_min, .remake = mx_remake_min, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_MAX] = {.vjp = mx_vjp_max, .vmap = mx_vmap_max, .remake = mx_remake_max, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SHARE_EXTREME] = {.vjp = mx_vjp_share_extreme, .jvp = mx_jvp_share_extreme, .vmap = mx_vmap_share_extreme, .remake = mx_remake_share_extreme, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ALL] = {.vmap = mx_vmap_all, .remake = mx_remake_all, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ANY] = {.vmap = mx_vmap_any, .remake = mx_remake_any, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ARGMIN] = {.vmap = mx_vmap_argmin, .remake = mx_remake_argmin, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_ARGMAX] = {.vmap = mx_vmap_argmax, .remake = mx_remake_argmax, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_LOGSUMEXP] = {.vjp = mx_vjp_logsumexp, .vmap = mx_vmap_logsumexp, .remake = mx_remake_logsumexp, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SOFTMAX] = {.vjp = mx_vjp_softmax, .vmap = mx_vmap_softmax, .remake = mx_remake_softmax, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_NUMBER_OF_ELEMENTS] = {.vmap = mx_vmap_number_of_elements, .remake = mx_remake_number_of_elements, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_CUMSUM] = {.vjp = mx_vjp_cumsum, .vmap = mx_vmap_cumsum, .remake = mx_remake_cumsum, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CUMPROD] = {.vjp = mx_vjp_cumprod, .vmap = mx_vmap_cumprod, .remake = mx_remake_cumprod, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CUMMAX] = {.vjp = mx_vjp_cummax, .vmap = mx_vmap_cummax, .remake = mx_remake_cummax, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CUMMIN] = {.vjp = mx_vjp_cummin, .vmap = mx_vmap_cummin, .remake = mx_remake_cummin, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_LOGCUMSUMEXP] = {.vjp = mx_vjp_logcumsumexp, .vmap = mx_vmap_logcumsumexp, .remake = mx_remake_logcumsumexp, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_RESHAPE] = {.vjp = mx_vjp_reshape, .vmap = mx_vmap_reshape, .remake = mx_remake_reshape, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SQUEEZE] = {.vjp = mx_vjp_squeeze, .vmap = mx_vmap_squeeze, .remake = mx_remake_squeeze, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_EXPAND_DIMS] = {.vjp = mx_vjp_expand_dims, .vmap = mx_vmap_expand_dims, .remake = mx_remake_expand_dims, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_TRANSPOSE] = {.vjp = mx_vjp_transpose, .vmap = mx_vmap_transpose, .remake = mx_remake_transpose, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_BROADCAST_TO] = {.vjp = mx_vjp_broadcast_to, .vmap = mx_vmap_broadcast_to, .remake = mx_remake_broadcast_to, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SLICE] = {.vjp = mx_vjp_slice, .vmap = mx_vmap_slice, .remake = mx_remake_slice, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_AS_STRIDED] = {.vjp = mx_vjp_as_strided, .vmap = mx_vmap_as_strided, .remake = mx_remake_as_strided, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SPREAD_STRIDED] = {.vjp = mx_vjp_spread_strided, .jvp = mx_jvp_spread_strided, .vmap = mx_vmap_spread_strided, .remake = mx_remake_spread_strided, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_DIAGONAL] = {.vjp = mx_vjp_diagonal, .vmap = mx_vmap_diagonal, .remake = mx_remake_diagonal, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_VIEW] = {.vjp = mx_vjp_view, .vmap = mx_vmap_view, .remake = mx_remake_view, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_CONTIGUOUS] = {.vjp = mx_vjp_contiguous, .vmap = mx_vmap_contiguous, .remake = mx_remake_contiguous, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_SORT] = {.vjp = mx_vjp_sort, .vmap = mx_vmap_sort, .remake = mx_remake_sort, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARGSORT] = {.vmap = mx_vmap_argsort, .remake = mx_remake_argsort, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_PARTITION] = {.vjp = mx_vjp_partition, .vmap = mx_vmap_partition, .remake = mx_remake_partition, .vjp_state = MX_VJP_RULE},
  [MX_PRIM_ARGPARTITION] = {.vmap = mx_vmap_argpartition, .remake = mx_remake_argpartition, .vjp_state = MX_VJP_ZERO},
  [MX_PRIM_INTEGER_MATMUL] = {.vjp = mx_vjp_integer_matmul, .jvp = mx_jvp_integer_matmul, .vmap = mx_vmap_integer_matmul, .remake = mx_remake_integer_matmul, .vjp_state = MX_VJP_RULE},
};
