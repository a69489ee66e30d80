// Arrays and graphs: a least-squares fit by the normal equations, built lazily and computed once.
#include <mlx/c/mlx.h>
#include <stdio.h>

// 100 points of y = 2 + 3 x with a little noise.
static int points(mlx_array* x, mlx_array* y, mlx_stream s) {
  int shape[] = {100};
  mlx_array slope = mlx_array_new_float(3), offset = mlx_array_new_float(2);
  mlx_array noise = mlx_array_new(), key = mlx_array_new();
  int bad = mlx_random_key(&key, 7) || mlx_linspace(x, -1, 1, 100, MLX_FLOAT32, s) ||
            mlx_random_normal(&noise, shape, 1, MLX_FLOAT32, 0, 0.01f, key, s) ||
            mlx_multiply(y, *x, slope, s) || mlx_add(y, *y, offset, s) || mlx_add(y, *y, noise, s);
  mlx_array_free(key);
  mlx_array_free(offset);
  mlx_array_free(slope);
  mlx_array_free(noise);
  return bad;
}

// solve(A^T A, A^T y) with A = [1, x]. Nothing is computed here.
static int fit(mlx_array* coefficients, mlx_array x, mlx_array y, mlx_stream s) {
  mlx_array ones = mlx_array_new(), a = mlx_array_new(), at = mlx_array_new();
  mlx_array left = mlx_array_new(), right = mlx_array_new();
  mlx_vector_array columns = mlx_vector_array_new();
  int bad = mlx_ones_like(&ones, x, s) || mlx_vector_array_append_value(columns, ones) ||
            mlx_vector_array_append_value(columns, x) || mlx_stack_axis(&a, columns, 1, s) ||
            mlx_transpose(&at, a, s) || mlx_matmul(&left, at, a, s) ||
            mlx_matmul(&right, at, y, s) || mlx_linalg_solve(coefficients, left, right, s);
  mlx_vector_array_free(columns);
  mlx_array_free(right);
  mlx_array_free(left);
  mlx_array_free(at);
  mlx_array_free(a);
  mlx_array_free(ones);
  return bad;
}

int main(void) {
  mlx_stream s = mlx_default_cpu_stream_new();
  mlx_array x = mlx_array_new(), y = mlx_array_new(), coefficients = mlx_array_new();
  int bad = points(&x, &y, s) || fit(&coefficients, x, y, s) || mlx_array_eval(coefficients);
  if (!bad) {
    const float* c = mlx_array_data_float32(coefficients);
    printf("y = %.2f + %.2f x\n", c[0], c[1]);
    bad = c[0] < 1.9f || c[0] > 2.1f || c[1] < 2.9f || c[1] > 3.1f;
  }
  mlx_array_free(coefficients);
  mlx_array_free(y);
  mlx_array_free(x);
  mlx_stream_free(s);
  return bad;
}
