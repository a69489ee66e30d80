/* Handles of caller-written GPU kernels: a program builds its kernels anywhere, and applying one
 * without its hardware is an error. */
#include "mlx/c/fast_kernels.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"

/* ctx of a config: what is asked for is checked, and nothing of it is read, so nothing is kept. */
static void *new_config(void) {
  void *c = malloc(1);
  if (!c)
    mx_nomem("kernel_config"), mx_report();
  return c;
}

static int set(void *ctx) {
  return ctx ? 0 : (mx_fail(MX_VALUE, "[kernel_config] an empty config"), mx_report());
}

static int add_output(void *ctx, const int *shape, size_t n, mlx_dtype dtype) {
  if (ctx && (!mx_dtype_valid(dtype) || (n && !shape)))
    return mx_fail(MX_VALUE, "[kernel_config] an output needs a shape and a dtype"), mx_report();
  return set(ctx);
}

static int add_template(void *ctx, const char *name) {
  if (ctx && !name)
    return mx_fail(MX_VALUE, "[kernel_config] a template argument needs a name"), mx_report();
  return set(ctx);
}

static void *new_kernel(const char *name, const char *source) {
  char *k = name && source ? strdup(name) : NULL;
  if (!name || !source)
    mx_fail(MX_VALUE, "[fast_kernel] a kernel needs a name and a source"), mx_report();
  else if (!k)
    mx_nomem("fast_kernel"), mx_report();
  return k;
}

static int refuse(const char *hardware) {
  mx_fail(MX_RUNTIME, "[%s_kernel] no %s device is available", hardware, hardware);
  return mx_report();
}

#define CONFIG(kind)                                                                              \
  mlx_fast_##kind##_kernel_config mlx_fast_##kind##_kernel_config_new(void) {                     \
    return (mlx_fast_##kind##_kernel_config){new_config()};                                       \
  }                                                                                               \
  void mlx_fast_##kind##_kernel_config_free(mlx_fast_##kind##_kernel_config cls) {                \
    free(cls.ctx);                                                                                \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_add_output_arg(mlx_fast_##kind##_kernel_config cls,         \
                                                     const int *shape, size_t size,               \
                                                     mlx_dtype dtype) {                           \
    return add_output(cls.ctx, shape, size, dtype);                                               \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_grid(mlx_fast_##kind##_kernel_config cls, int grid1,    \
                                               int grid2, int grid3) {                            \
    (void)grid1, (void)grid2, (void)grid3;                                                        \
    return set(cls.ctx);                                                                          \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_thread_group(mlx_fast_##kind##_kernel_config cls,       \
                                                       int thread1, int thread2, int thread3) {   \
    (void)thread1, (void)thread2, (void)thread3;                                                  \
    return set(cls.ctx);                                                                          \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_init_value(mlx_fast_##kind##_kernel_config cls,         \
                                                     float value) {                               \
    (void)value;                                                                                  \
    return set(cls.ctx);                                                                          \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_verbose(mlx_fast_##kind##_kernel_config cls,            \
                                                  bool verbose) {                                 \
    (void)verbose;                                                                                \
    return set(cls.ctx);                                                                          \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_add_template_arg_dtype(                                     \
      mlx_fast_##kind##_kernel_config cls, const char *name, mlx_dtype dtype) {                   \
    (void)dtype;                                                                                  \
    return add_template(cls.ctx, name);                                                           \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_add_template_arg_int(mlx_fast_##kind##_kernel_config cls,   \
                                                           const char *name, int value) {         \
    (void)value;                                                                                  \
    return add_template(cls.ctx, name);                                                           \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_add_template_arg_bool(mlx_fast_##kind##_kernel_config cls,  \
                                                            const char *name, bool value) {       \
    (void)value;                                                                                  \
    return add_template(cls.ctx, name);                                                           \
  }                                                                                               \
  void mlx_fast_##kind##_kernel_free(mlx_fast_##kind##_kernel cls) {                              \
    free(cls.ctx);                                                                                \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_apply(mlx_vector_array *outputs, mlx_fast_##kind##_kernel cls,     \
                                     const mlx_vector_array inputs,                               \
                                     const mlx_fast_##kind##_kernel_config config_,               \
                                     const mlx_stream stream) {                                   \
    (void)outputs;                                                                                \
    (void)cls;                                                                                    \
    (void)inputs;                                                                                 \
    (void)config_;                                                                                \
    (void)stream;                                                                                 \
    return refuse(#kind);                                                                         \
  }
CONFIG(cuda)
CONFIG(metal)

mlx_fast_cuda_kernel mlx_fast_cuda_kernel_new(const char *name, const mlx_vector_string input_names,
                                              const mlx_vector_string output_names,
                                              const char *source, const char *header,
                                              bool ensure_row_contiguous, int shared_memory) {
  (void)input_names;
  (void)output_names;
  (void)header;
  (void)ensure_row_contiguous;
  (void)shared_memory;
  return (mlx_fast_cuda_kernel){new_kernel(name, source)};
}

mlx_fast_metal_kernel mlx_fast_metal_kernel_new(const char *name,
                                                const mlx_vector_string input_names,
                                                const mlx_vector_string output_names,
                                                const char *source, const char *header,
                                                bool ensure_row_contiguous, bool atomic_outputs) {
  (void)input_names;
  (void)output_names;
  (void)header;
  (void)ensure_row_contiguous;
  (void)atomic_outputs;
  return (mlx_fast_metal_kernel){new_kernel(name, source)};
}
