// Errors: a handler of one's own keeps the program going; a failed call leaves its result as it
// was.
#include <mlx/c/mlx.h>
#include <stdio.h>

static void note(const char* message, void* count) {
  printf("refused: %s\n", message);
  ++*(int*)count;
}

int main(void) {
  int errors = 0, two[] = {2}, three[] = {3};
  mlx_set_error_handler(note, &errors, NULL);
  mlx_stream s = mlx_default_cpu_stream_new();
  mlx_array a = mlx_array_new(), b = mlx_array_new(), sum = mlx_array_new();
  mlx_ones(&a, two, 1, MLX_FLOAT32, s);
  mlx_ones(&b, three, 1, MLX_FLOAT32, s);

  int refused = mlx_add(&sum, a, b, s);           // shapes (2) and (3) do not broadcast
  int untouched = sum.ctx == NULL;
  int again = mlx_add(&sum, a, a, s) || mlx_array_eval(sum);

  mlx_array_free(sum);
  mlx_array_free(b);
  mlx_array_free(a);
  mlx_stream_free(s);
  mlx_set_error_handler(NULL, NULL, NULL);
  return !(refused && untouched && errors == 1 && !again);
}
