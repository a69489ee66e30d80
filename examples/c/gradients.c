// Gradients: descends f(x) = sum((x - 3)^2) with the gradient that the library derives.
#include <mlx/c/mlx.h>
#include <stdio.h>

static int f(mlx_vector_array* res, const mlx_vector_array in) {
  mlx_stream s = mlx_default_cpu_stream_new();
  mlx_array x = mlx_array_new(), three = mlx_array_new_float(3);
  int bad = mlx_vector_array_get(&x, in, 0) || mlx_subtract(&x, x, three, s) ||
            mlx_square(&x, x, s) || mlx_sum(&x, x, false, s) ||
            mlx_vector_array_set_value(res, x);
  mlx_array_free(three);
  mlx_array_free(x);
  mlx_stream_free(s);
  return bad;
}

// x -= 0.1 * gradient
static int step(mlx_array* x, mlx_closure_value_and_grad slope, float* value, mlx_stream s) {
  mlx_vector_array in = mlx_vector_array_new_value(*x);
  mlx_vector_array values = mlx_vector_array_new(), grads = mlx_vector_array_new();
  mlx_array loss = mlx_array_new(), g = mlx_array_new(), rate = mlx_array_new_float(0.1f);
  int bad = mlx_closure_value_and_grad_apply(&values, &grads, slope, in) ||
            mlx_vector_array_get(&loss, values, 0) || mlx_vector_array_get(&g, grads, 0) ||
            mlx_multiply(&g, g, rate, s) || mlx_subtract(x, *x, g, s) || mlx_array_eval(*x) ||
            mlx_array_item_float32(value, loss);
  mlx_array_free(rate);
  mlx_array_free(g);
  mlx_array_free(loss);
  mlx_vector_array_free(grads);
  mlx_vector_array_free(values);
  mlx_vector_array_free(in);
  return bad;
}

int main(void) {
  mlx_stream s = mlx_default_cpu_stream_new();
  int shape[] = {4}, argnum = 0, bad = 0;
  float value = 0;
  mlx_array x = mlx_array_new();
  mlx_closure fun = mlx_closure_new_func(f);
  mlx_closure_value_and_grad slope = mlx_closure_value_and_grad_new();
  bad = mlx_zeros(&x, shape, 1, MLX_FLOAT32, s) || mlx_value_and_grad(&slope, fun, &argnum, 1);
  for (int i = 0; i < 50 && !bad; i++) {
    bad = step(&x, slope, &value, s);
    if (!bad && i % 10 == 0) printf("step %2d: %.6f\n", i, value);
  }
  printf("after 50 steps: %.2e\n", value);
  mlx_closure_value_and_grad_free(slope);
  mlx_closure_free(fun);
  mlx_array_free(x);
  mlx_stream_free(s);
  return bad || value > 1e-6f;
}
