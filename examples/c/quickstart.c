// The program of the README: one array, one lazy operation, printed.
#include <mlx/c/mlx.h>
#include <stdio.h>

int main(void) {
  mlx_stream s = mlx_default_cpu_stream_new();
  float data[] = {1, 2, 3};
  int shape[] = {3};
  mlx_array x = mlx_array_new_data(data, shape, 1, MLX_FLOAT32), y = mlx_array_new();
  mlx_string text = mlx_string_new();
  mlx_exp(&y, x, s);
  mlx_array_tostring(&text, y);
  puts(mlx_string_data(text));
  mlx_string_free(text);
  mlx_array_free(y);
  mlx_array_free(x);
  mlx_stream_free(s);
  return 0;
}
