/* Owns the error handler. The default prints the message and exits, as mlx-c's does. */
#include "mlx/c/error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "capi/capi.h"

static void print_and_exit(const char *msg, void *data) {
  (void)data;
  printf("MLX error: %s\n", msg);
  fflush(stdout);
  exit(-1);
}

static struct {
  pthread_mutex_t lock;
  mlx_error_handler_func fn;
  void *data;
  void (*dtor)(void *);
} handler = {PTHREAD_MUTEX_INITIALIZER, print_and_exit, NULL, NULL};

void mlx_set_error_handler(mlx_error_handler_func fn, void *data, void (*dtor)(void *)) {
  pthread_mutex_lock(&handler.lock);
  void *old = handler.data;
  void (*old_dtor)(void *) = handler.dtor;
  handler.fn = fn ? fn : print_and_exit;
  handler.data = data;
  handler.dtor = dtor;
  pthread_mutex_unlock(&handler.lock);
  if (old_dtor)
    old_dtor(old);
}

static void call_handler(const char *msg) {
  pthread_mutex_lock(&handler.lock);
  mlx_error_handler_func fn = handler.fn;
  void *data = handler.data;
  pthread_mutex_unlock(&handler.lock);
  fn(msg, data);
}

void _mlx_error(const char *file, const int line, const char *fmt, ...) {
  char text[900], full[1100];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  snprintf(full, sizeof full, "%s at %s:%d", text, file, line);
  call_handler(full);
}

int mx_report(void) {
  if (mx_error_kind() == MX_OK)
    mx_fail(MX_RUNTIME, "unknown error");
  call_handler(mx_error_text());
  return 1;
}

const char *mlx_last_error(void) {
  return mx_error_text();
}

int mlx_last_error_kind(void) {
  return (int)mx_error_kind();
}
