// Files: saves arrays with metadata as safetensors, reads them back, and lists what is there.
//
//   files [FILE]      without FILE, a temporary one
#include <mlx/c/mlx.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int save(const char* path, mlx_stream s) {
  int shape[] = {2, 3};
  mlx_array a = mlx_array_new();
  mlx_map_string_to_array arrays = mlx_map_string_to_array_new();
  mlx_map_string_to_string notes = mlx_map_string_to_string_new();
  int bad = mlx_arange(&a, 0, 6, 1, MLX_FLOAT32, s) || mlx_reshape(&a, a, shape, 2, s) ||
            mlx_map_string_to_array_insert(arrays, "layer.weight", a) ||
            mlx_sum(&a, a, false, s) || mlx_map_string_to_array_insert(arrays, "layer.sum", a) ||
            mlx_map_string_to_string_insert(notes, "made by", "examples/c/files.c") ||
            mlx_save_safetensors(path, arrays, notes);
  mlx_map_string_to_string_free(notes);
  mlx_map_string_to_array_free(arrays);
  mlx_array_free(a);
  return bad;
}

// The arrays are mapped: their numbers are read when somebody needs them.
static int list(const char* path, mlx_stream s) {
  mlx_map_string_to_array arrays = mlx_map_string_to_array_new();
  mlx_map_string_to_string notes = mlx_map_string_to_string_new();
  mlx_array a = mlx_array_new();
  mlx_string text = mlx_string_new();
  const char *name, *value;
  int bad = mlx_load_safetensors(&arrays, &notes, path, s);
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(arrays);
  while (!bad && mlx_map_string_to_array_iterator_next(&name, &a, it) == 0) {
    bad = mlx_array_tostring(&text, a);
    if (!bad) printf("%s = %s\n", name, mlx_string_data(text));
  }
  mlx_map_string_to_array_iterator_free(it);
  if (!bad && mlx_map_string_to_string_get(&value, notes, "made by") == 0)
    printf("made by %s\n", value);
  mlx_string_free(text);
  mlx_array_free(a);
  mlx_map_string_to_string_free(notes);
  mlx_map_string_to_array_free(arrays);
  return bad;
}

int main(int argc, char** argv) {
  char temporary[] = "/tmp/mlx-files-XXXXXX.safetensors";
  const char* path = argc > 1 ? argv[1] : temporary;
  if (argc < 2) {
    int fd = mkstemps(temporary, 12);
    if (fd < 0) return 1;
    close(fd);
  }
  mlx_stream s = mlx_default_cpu_stream_new();
  int bad = save(path, s) || list(path, s);
  mlx_stream_free(s);
  if (argc < 2) unlink(temporary);
  return bad;
}
