/* The error handler: called with every error message. Same names, types and prototypes as mlx-c. */
#ifndef MLX_ERROR_H
#define MLX_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef void (*mlx_error_handler_func)(const char* msg, void* data);

void mlx_set_error_handler(mlx_error_handler_func handler, void* data, void (*dtor)(void*));
void _mlx_error(const char* file, const int line, const char* fmt, ...);
/* The calling thread's last error: its text, and its kind (0 none, 1 value, 2 index, 3 type,
 * 4 runtime, 5 memory). Beyond mlx-c. */
const char* mlx_last_error(void);
int mlx_last_error_kind(void);
#define mlx_error(...) _mlx_error(__FILE__, __LINE__, __VA_ARGS__)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
