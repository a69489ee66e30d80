/* Handles of caller-written GPU kernels. They hold what the caller says, so that a program builds its
 * kernels anywhere; applying one without its hardware is an error. */
#include "mlx/c/fast_kernels.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"

/* ctx of a config: what is asked for is checked, then kept as a count. */
typedef struct config {
  size_t outputs, templates;
  int grid[3], group[3];
  float init;
  bool verbose;
} config;

static void *new_config(void) {
  config *c = calloc(1, sizeof *c);
  if (!c)
    mx_nomem("kernel_config"), mx_report();
  return c;
}

static config *config_of(void *ctx) {
  if (!ctx)
    mx_fail(MX_VALUE, "[kernel_config] an empty config");
  return ctx;
}

static int add_output(void *ctx, const int *shape, size_t n, mlx_dtype dtype) {
  config *c = config_of(ctx);
  if (!c)
    return mx_report();
  if (!mx_dtype_valid(dtype) || (n && !shape))
    return mx_fail(MX_VALUE, "[kernel_config] an output needs a shape and a dtype"), mx_report();
  c->outputs++;
  return 0;
}

static int set3(void *ctx, bool grid, int x, int y, int z) {
  config *c = config_of(ctx);
  if (!c)
    return mx_report();
  int *to = grid ? c->grid : c->group;
  to[0] = x;
  to[1] = y;
  to[2] = z;
  return 0;
}

static int add_template(void *ctx, const char *name) {
  config *c = config_of(ctx);
  if (!c || (!name && mx_fail(MX_VALUE, "[kernel_config] a template argument needs a name")))
    return mx_report();
  c->templates++;
  return 0;
}

static int set_init(void *ctx, float value) {
  config *c = config_of(ctx);
  if (!c)
    return mx_report();
  c->init = value;
  return 0;
}

static int set_verbose(void *ctx, bool verbose) {
  config *c = config_of(ctx);
  if (!c)
    return mx_report();
  c->verbose = verbose;
  return 0;
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
    return set3(cls.ctx, true, grid1, grid2, grid3);                                              \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_thread_group(mlx_fast_##kind##_kernel_config cls,       \
                                                       int thread1, int thread2, int thread3) {   \
    return set3(cls.ctx, false, thread1, thread2, thread3);                                       \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_init_value(mlx_fast_##kind##_kernel_config cls,         \
                                                     float value) {                               \
    return set_init(cls.ctx, value);                                                              \
  }                                                                                               \
  int mlx_fast_##kind##_kernel_config_set_verbose(mlx_fast_##kind##_kernel_config cls,            \
                                                  bool verbose) {                                 \
    return set_verbose(cls.ctx, verbose);                                                         \
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
